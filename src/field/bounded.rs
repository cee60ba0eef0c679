//! Fields whose Jacobian has its eigenvalues in a disc.

use super::{Point, Reparameterisation, Scratch, Spectrum, VectorField};
use crate::{Number, Real};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The field `F_{α,β}(γ, t, y) = (α+β)/2 y + (β-α)/2 S(ϑ) ⊙ G(γ, t, y)`, with the sigmoid `S` of learned `ϑ ∈ R^d`, one a
/// component, which are the last of the parameters and start at zero.
///
/// If `G` has a Lipschitz constant of 1 at most with respect to the state, as [`Normalised`](super::Normalised) sees to,
/// then `‖diag(S) ∂G/∂y‖₂ < 1`, and every eigenvalue of `∂F/∂y` lies in the disc of the [`Spectrum`].
///
/// ```
/// use kutta::field::{Activation, Layered, Mlp};
/// use kutta::{OdeBlock, Tableau};
/// // A stiff field: rates from 15 to 25.
/// let field = Mlp::new([1, 4, 4, 1], Activation::Relu)?.with_spectrum(-25.0, -15.0)?;
/// let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(20).step_size(0.1);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded<F> {
    field: F,
    spectrum: Spectrum,
}

impl<F: VectorField> Bounded<F> {
    /// `F_{α,β}` over `field`, with the disc from `α` to `β`.
    pub fn new(field: F, spectrum: Spectrum) -> Self {
        Bounded { field, spectrum }
    }

    /// The field `G`.
    pub fn inner(&self) -> &F {
        &self.field
    }

    /// The disc.
    pub fn spectrum(&self) -> Spectrum {
        self.spectrum
    }

    /// The parameters of `G`, and `ϑ`.
    fn split<'a, T>(&self, params: &'a [T]) -> (&'a [T], &'a [T]) {
        params.split_at(self.field.param_count())
    }

    /// `(β-α)/2 S(ϑ)` and its derivative.
    fn gain<S: Number>(&self, theta: S) -> [S; 2] {
        let (radius, s) = (S::constant(self.spectrum.radius()), theta.sigmoid());
        [radius * s, radius * s * (S::one() - s)]
    }

    fn centre<T: Real>(&self) -> T {
        T::constant(self.spectrum.centre())
    }

    /// The values of `G`, which come after its own record.
    fn values<'a, T>(&self, record: &'a [T], stride: usize) -> (&'a [T], &'a [T]) {
        record.split_at(self.field.record_rows() * stride)
    }
}

impl<F: VectorField> VectorField for Bounded<F> {
    fn dim(&self) -> usize {
        self.field.dim()
    }

    fn inputs(&self) -> usize {
        self.field.inputs()
    }

    fn param_count(&self) -> usize {
        self.field.param_count() + self.dim()
    }

    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let (params, theta) = self.split(params);
        self.field.eval(params, t, y, dy);
        let centre = S::constant(self.spectrum.centre());
        for (dy, (&y, &theta)) in dy.iter_mut().zip(y.iter().zip(theta)) {
            let [gain, _] = self.gain(theta);
            *dy = centre * y + gain * *dy;
        }
    }

    fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T> {
        let mut params = self.field.init(rng);
        params.resize(self.param_count(), T::zero());
        params
    }

    fn reparameterisation<T: Real>(&self) -> Option<&dyn Reparameterisation<T>> {
        self.field.reparameterisation()
    }

    // The field inside has no unit.
    fn in_time_units(self, unit: f64) -> Self {
        Bounded { spectrum: self.spectrum.in_time_units(unit), ..self }
    }

    fn record_rows(&self) -> usize {
        self.field.record_rows() + self.dim()
    }

    fn eval_batch<T: Real>(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let stride = at.batch.stride.max(1);
        let (params, theta) = self.split(at.params);
        let (inner, values) = record.split_at_mut(self.field.record_rows() * at.batch.stride);
        self.field.eval_batch(Point { params, ..at }, dy, inner, scratch);
        let centre: T = self.centre();
        let rows = dy.chunks_exact_mut(stride).zip(values.chunks_exact_mut(stride)).zip(at.y.chunks_exact(stride));
        for (((dy, values), y), &theta) in rows.zip(theta) {
            let [gain, _] = self.gain(theta);
            for ((dy, value), &y) in dy.iter_mut().zip(values).zip(y) {
                *value = *dy;
                *dy = centre * y + gain * *dy;
            }
        }
    }

    fn jvp<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: Option<&[T]>,
        out: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let stride = at.batch.stride.max(1);
        let (params, theta) = self.split(at.params);
        let (inner, values) = self.values(record, at.batch.stride);
        let (w, theta_dot) = w.map(|w| self.split(w)).unzip();
        self.field.jvp(Point { params, ..at }, inner, v, w, out, scratch);
        let centre: T = self.centre();
        let rows = out.chunks_exact_mut(stride).zip(values.chunks_exact(stride)).zip(v.chunks_exact(stride));
        for (i, (((out, values), v), &theta)) in rows.zip(theta).enumerate() {
            let [gain, slope] = self.gain(theta);
            out.iter_mut().zip(v).for_each(|(out, &v)| *out = centre * v + gain * *out);
            if let Some(theta_dot) = theta_dot {
                let rate = slope * theta_dot[i];
                out.iter_mut().zip(values).for_each(|(out, &value)| *out += rate * value);
            }
        }
    }

    fn vjp<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let stride = at.batch.stride.max(1);
        let (params, theta) = self.split(at.params);
        let (inner, values) = self.values(record, at.batch.stride);
        let (params_bar, theta_bar) = params_bar.map(|bar| bar.split_at_mut(self.field.param_count())).unzip();
        let mut scaled = scratch.take(self.dim() * at.batch.stride);
        for ((scaled, w), &theta) in scaled.chunks_exact_mut(stride).zip(w.chunks_exact(stride)).zip(theta) {
            let [gain, _] = self.gain(theta);
            scaled.iter_mut().zip(w).for_each(|(scaled, &w)| *scaled = gain * w);
        }
        self.field.vjp(Point { params, ..at }, inner, &scaled, y_bar, params_bar, scratch);
        scratch.give(scaled);
        let centre: T = self.centre();
        y_bar.iter_mut().zip(&w[..self.dim() * at.batch.stride]).for_each(|(bar, &w)| *bar += centre * w);
        if let Some(theta_bar) = theta_bar {
            let rows = w.chunks_exact(stride).zip(values.chunks_exact(stride));
            for ((bar, &theta), (w, values)) in theta_bar.iter_mut().zip(theta).zip(rows) {
                let [_, slope] = self.gain(theta);
                let live = w[..at.batch.live].iter().zip(values);
                *bar += slope * live.map(|(&w, &value)| w * value).sum::<T>();
            }
        }
    }

    fn jacobian<T: Real>(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let (stride, inputs) = (at.batch.stride, self.inputs());
        let (params, theta) = self.split(at.params);
        let (inner, _) = self.values(record, stride);
        self.field.jacobian(Point { params, ..at }, inner, out, scratch);
        let centre: T = self.centre();
        for (i, (row, &theta)) in out.chunks_exact_mut((inputs * stride).max(1)).zip(theta).enumerate() {
            let [gain, _] = self.gain(theta);
            row.iter_mut().for_each(|x| *x *= gain);
            row[i * stride..][..stride].iter_mut().for_each(|x| *x += centre);
        }
    }
}
