//! A matrix times a gradient.

use super::{Energy, Potential};
use crate::field::{
    Batch, Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch, StateUnits, Term,
};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// The matrix `M` of a field `M ∂E/∂y`; what it has of learned entries are its parameters.
///
/// Matrices `x` of several columns have `d` rows of equal length, one after another.
pub trait StructureMatrix: Sync {
    /// Refuses a gradient of `dim` components that the matrix does not fit.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::ShapeMismatch`].
    fn check(&self, dim: usize) -> Result<(), Error>;

    /// The components of the first part, if positions and momenta are parts that schemes may treat differently.
    fn parts(&self) -> Option<usize> {
        None
    }

    /// The arrays that its parameters are. Provided: none.
    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }

    /// Initial parameters. Provided: none.
    fn init<T: Real>(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let _ = rng;
        Vec::new()
    }

    /// The matrix for components that are measured in these units, up to a factor, which is one of the energy; `gives` are those
    /// of the field where it is a part of another. Provided: the same.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if an entry is not finite, or vanishes.
    fn in_units(self, reads: &[f64], gives: &[f64]) -> Result<Self, Error>
    where
        Self: Sized,
    {
        let _ = (reads, gives);
        Ok(self)
    }

    /// `out = M x`, or `Mᵀ x` if `transposed`.
    fn apply<S: Number>(&self, params: &[S], transposed: bool, x: &[S], out: &mut [S]);

    /// `out += Ṁ x`, where the parameters move along `dot`. Provided: there are none.
    fn add_tangent<T: Real>(&self, params: &[T], dot: &[T], x: &[T], out: &mut [T]) {
        let _ = (params, dot, x, out);
    }

    /// Adds the derivatives of `Σ wᵀ M x` by the parameters to `bar`; `w` and `x` are matrices of batches, one or several
    /// side by side, whose live columns count. Provided: there are none.
    fn add_pullback<T: Real>(&self, params: &[T], (w, x): (&[T], &[T]), batch: Batch, bar: &mut [T]) {
        let _ = (params, w, x, batch, bar);
    }
}

/// The field `F(γ, t, y) = M(γ) ∂E/∂y(γ, t, y)` of an energy `E`: [`Hamiltonian`](super::Hamiltonian),
/// [`PortHamiltonian`](super::PortHamiltonian), [`GradientFlow`](super::GradientFlow).
///
/// Parameters are those of the energy, then those of the matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "Parts<M, G>",
    bound(deserialize = "M: StructureMatrix + Deserialize<'de>, G: Dimensions + Deserialize<'de>")
)]
pub struct Structured<M, G> {
    structure: M,
    gradient: G,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<M, G> {
    structure: M,
    gradient: G,
}

impl<M: StructureMatrix, G: Dimensions> TryFrom<Parts<M, G>> for Structured<M, G> {
    type Error = Error;

    fn try_from(parts: Parts<M, G>) -> Result<Self, Error> {
        parts.structure.check(parts.gradient.dim())?;
        Ok(Structured { structure: parts.structure, gradient: parts.gradient })
    }
}

impl<M: StructureMatrix, G: Dimensions> Structured<M, G> {
    /// The field of an energy and the matrix that `structure` makes for so many components.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] or [`Error::InvalidArgument`] if they do not fit.
    pub fn with(
        energy: impl Energy<Gradient = G>,
        structure: impl FnOnce(usize) -> Result<M, Error>,
    ) -> Result<Self, Error> {
        let gradient = energy.gradient()?;
        Parts { structure: structure(gradient.dim())?, gradient }.try_into()
    }

    /// The same energy with another matrix.
    pub(super) fn restructured(self, change: impl FnOnce(M) -> Result<M, Error>) -> Result<Self, Error> {
        Parts { structure: change(self.structure)?, gradient: self.gradient }.try_into()
    }

    /// The matrix `M`.
    pub fn structure(&self) -> &M {
        &self.structure
    }

    /// The field `∂E/∂y`.
    pub fn gradient(&self) -> &G {
        &self.gradient
    }

    /// The parameters of the energy, and those of the matrix.
    fn split<'a, S>(&self, params: &'a [S]) -> (&'a [S], &'a [S]) {
        params.split_at(self.gradient.param_count())
    }

    fn split_bar<'a, S>(&self, bar: Option<&'a mut [S]>) -> (Option<&'a mut [S]>, Option<&'a mut [S]>) {
        bar.map(|bar| bar.split_at_mut(self.gradient.param_count())).unzip()
    }

    fn has_params(&self) -> bool {
        !self.structure.parameters().is_empty()
    }

    /// The gradient's own record, and its values, which are kept for derivatives by the matrix.
    fn values<'a, T>(&self, record: &'a [T], stride: usize) -> (&'a [T], &'a [T]) {
        record.split_at(self.gradient.record_rows() * stride)
    }

    /// `Mᵀ w` in a buffer of `scratch`.
    fn turned<T: Real>(&self, params: &[T], w: &[T], scratch: &mut Scratch<T>) -> Vec<T> {
        let mut turned = scratch.take(w.len());
        self.structure.apply(params, true, w, &mut turned);
        turned
    }
}

impl<M: StructureMatrix, G: Dimensions> Dimensions for Structured<M, G> {
    fn dim(&self) -> usize {
        self.gradient.dim()
    }

    fn inputs(&self) -> usize {
        self.gradient.inputs()
    }

    fn param_count(&self) -> usize {
        self.structure.parameters().iter().fold(self.gradient.param_count(), |sum, array| sum + array.len())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut arrays = self.gradient.parameters();
        arrays.extend(self.structure.parameters());
        arrays
    }

    fn record_rows(&self) -> usize {
        self.gradient.record_rows() + if self.has_params() { self.dim() } else { 0 }
    }

    fn signals(&self) -> usize {
        self.gradient.signals()
    }

    fn depends_on_time(&self) -> bool {
        self.gradient.depends_on_time()
    }

    fn has_known_rates(&self) -> bool {
        self.gradient.has_known_rates()
    }

    fn in_time_units(self, unit: f64) -> Self {
        Structured { gradient: self.gradient.in_time_units(unit), ..self }
    }

    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
        Error::check_len("units", "entries", reads.units.len(), self.dim())?;
        self.restructured(|structure| structure.in_units(reads.units, gives.units))
    }
}

impl<M: StructureMatrix, G: Field<T>, T: Real> Field<T> for Structured<M, G> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let energy = self.gradient.init(rng);
        [energy, self.structure.init(rng)].concat()
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.gradient.reparameterisation()
    }

    fn terms(&self) -> Vec<Term<'_, T>> {
        let Some(first) = self.structure.parts() else { return Vec::new() };
        let whole = Term::whole(self);
        [0..first, first..self.dim()].map(|writes| Term { writes, ..whole.clone() }).into()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let (params, own) = self.split(at.params);
        let (inner, values) = record.split_at_mut(self.gradient.record_rows() * at.batch.stride);
        let mut slope = scratch.take(dy.len());
        self.gradient.eval_batch(Point { params, ..at }, &mut slope, inner, scratch);
        self.structure.apply(own, false, &slope, dy);
        if self.has_params() {
            values.copy_from_slice(&slope);
        }
        scratch.give(slope);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let (params, own) = self.split(params);
        let mut slope = dy.to_vec();
        self.gradient.eval_rounded(params, t, y, &mut slope);
        self.structure.apply(own, false, &slope, dy);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        let (params, own) = self.split(at.params);
        let (inner, values) = self.values(record, at.batch.stride);
        let (w, own_dot) = w.map(|w| self.split(w)).unzip();
        let mut tangent = scratch.take(out.len());
        self.gradient.jvp(Point { params, ..at }, inner, v, w, &mut tangent, scratch);
        self.structure.apply(own, false, &tangent, out);
        scratch.give(tangent);
        if let Some(dot) = own_dot {
            self.structure.add_tangent(own, dot, values, out);
        }
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let (params, own) = self.split(at.params);
        let (inner, values) = self.values(record, at.batch.stride);
        let (params_bar, own_bar) = self.split_bar(params_bar);
        let turned = self.turned(own, w, scratch);
        self.gradient.vjp(Point { params, ..at }, inner, &turned, y_bar, params_bar, scratch);
        scratch.give(turned);
        if let Some(bar) = own_bar {
            self.structure.add_pullback(own, (w, values), at.batch, bar);
        }
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let (params, own) = self.split(at.params);
        let (inner, _) = self.values(record, at.batch.stride);
        let at = Point { params, ..at };
        let JvpBars { y, v: v_bar, params: params_bar } = bars;
        let (params_bar, own_bar) = self.split_bar(params_bar);
        let mut turned = self.turned(own, w, scratch);
        self.gradient.jvp_pullback(at, inner, v, &turned, JvpBars { y, v: v_bar, params: params_bar }, scratch);
        if let Some(bar) = own_bar.filter(|bar| !bar.is_empty()) {
            self.gradient.jvp(at, inner, v, None, &mut turned, scratch);
            self.structure.add_pullback(own, (w, &turned), at.batch, bar);
        }
        scratch.give(turned);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let (params, own) = self.split(at.params);
        let (inner, _) = self.values(record, at.batch.stride);
        let mut hessian = scratch.take(out.len());
        self.gradient.jacobian(Point { params, ..at }, inner, &mut hessian, scratch);
        self.structure.apply(own, false, &hessian, out);
        scratch.give(hessian);
    }

    fn jacobian_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let (params, own) = self.split(at.params);
        let (inner, _) = self.values(record, at.batch.stride);
        let at = Point { params, ..at };
        let (params_bar, own_bar) = self.split_bar(params_bar);
        let mut turned = self.turned(own, w, scratch);
        self.gradient.jacobian_pullback(at, inner, &turned, y_bar, params_bar, scratch);
        if let Some(bar) = own_bar.filter(|bar| !bar.is_empty()) {
            self.gradient.jacobian(at, inner, &mut turned, scratch);
            self.structure.add_pullback(own, (w, &turned), at.batch, bar);
        }
        scratch.give(turned);
    }
}

impl<M: StructureMatrix, G: Potential<T>, T: Real> Potential<T> for Structured<M, G> {
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>) {
        let (params, _) = self.split(at.params);
        self.gradient.energy(Point { params, ..at }, energy, scratch);
    }
}
