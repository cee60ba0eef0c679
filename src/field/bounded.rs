//! Fields whose Jacobian has its eigenvalues in a disc.

use super::{Batch, Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch, Spectrum};
use crate::number::Rounded;
use crate::{Number, Real};
use rand::RngCore;
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

impl<F: Dimensions> Bounded<F> {
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

    /// `out += (α+β)/2 w` in the rows of `w`.
    fn add_centre<T: Real>(&self, w: &[T], out: &mut [T], batch: Batch) {
        let centre: T = self.centre();
        out.iter_mut().zip(&w[..self.dim() * batch.stride]).for_each(|(out, &w)| *out += centre * w);
    }

    /// The values of `G`, which come after its own record.
    fn values<'a, T>(&self, record: &'a [T], stride: usize) -> (&'a [T], &'a [T]) {
        record.split_at(self.field.record_rows() * stride)
    }

    /// The derivatives by the parameters of `G`, and by `ϑ`.
    fn split_bar<'a, T>(&self, params_bar: Option<&'a mut [T]>) -> (Option<&'a mut [T]>, Option<&'a mut [T]>) {
        params_bar.map(|bar| bar.split_at_mut(self.field.param_count())).unzip()
    }

    /// `(β-α)/2 S(ϑ) ⊙ w`, where each component has `len` numbers, in a buffer of `scratch`.
    fn scaled<T: Real>(&self, theta: &[T], w: &[T], len: usize, scratch: &mut Scratch<T>) -> Vec<T> {
        let mut scaled = scratch.take(theta.len() * len);
        let components = scaled.chunks_exact_mut(len.max(1)).zip(w.chunks_exact(len.max(1)));
        for ((scaled, w), &theta) in components.zip(theta) {
            let [gain, _] = self.gain(theta);
            scaled.iter_mut().zip(w).for_each(|(scaled, &w)| *scaled = gain * w);
        }
        scaled
    }

    /// Adds the derivatives of `(β-α)/2 Σ S(ϑ) ⊙ w ⊙ x` by `ϑ` to `bar`; each component has `rows` rows in `w` and `x`.
    fn add_theta_bar<T: Real>(&self, theta: &[T], bar: &mut [T], (w, x): (&[T], &[T]), rows: usize, batch: Batch) {
        let (stride, len) = (batch.stride.max(1), (rows * batch.stride).max(1));
        let components = w.chunks_exact(len).zip(x.chunks_exact(len));
        for ((bar, &theta), (w, x)) in bar.iter_mut().zip(theta).zip(components) {
            let [_, slope] = self.gain(theta);
            let live = w.chunks_exact(stride).zip(x.chunks_exact(stride));
            let live = live.flat_map(|(w, x)| w[..batch.live].iter().zip(x));
            *bar += slope * live.map(|(&w, &x)| w * x).sum::<T>();
        }
    }
}

impl<F: Dimensions> Dimensions for Bounded<F> {
    fn dim(&self) -> usize {
        self.field.dim()
    }

    fn inputs(&self) -> usize {
        self.field.inputs()
    }

    fn param_count(&self) -> usize {
        self.field.param_count() + self.dim()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut arrays = self.field.parameters();
        arrays.push(Parameter::new("theta", [self.dim()]));
        arrays
    }

    fn record_rows(&self) -> usize {
        self.field.record_rows() + self.dim()
    }

    fn signals(&self) -> usize {
        self.field.signals()
    }

    fn depends_on_time(&self) -> bool {
        self.field.depends_on_time()
    }

    // The field inside has no unit.
    fn in_time_units(self, unit: f64) -> Self {
        Bounded { spectrum: self.spectrum.in_time_units(unit), ..self }
    }
}

impl<F: Field<T>, T: Real> Field<T> for Bounded<F> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let mut params = self.field.init(rng);
        params.resize(self.param_count(), T::zero());
        params
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.field.reparameterisation()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
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

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let (params, theta) = self.split(params);
        self.field.eval_rounded(params, t, y, dy);
        let centre = Rounded::constant(self.spectrum.centre());
        for (dy, (&y, &theta)) in dy.iter_mut().zip(y.iter().zip(theta)) {
            let [gain, _] = self.gain(theta);
            *dy = centre * y + gain * *dy;
        }
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
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

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let (params, theta) = self.split(at.params);
        let (inner, values) = self.values(record, at.batch.stride);
        let (params_bar, theta_bar) = self.split_bar(params_bar);
        let scaled = self.scaled(theta, w, at.batch.stride, scratch);
        self.field.vjp(Point { params, ..at }, inner, &scaled, y_bar, params_bar, scratch);
        scratch.give(scaled);
        self.add_centre(w, y_bar, at.batch);
        if let Some(theta_bar) = theta_bar {
            self.add_theta_bar(theta, theta_bar, (w, values), 1, at.batch);
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
        // wᵀ(∂F/∂y)v is the sum of (α+β)/2 wᵀv and of the same product of G with a scaled w.
        let (params, theta) = self.split(at.params);
        let (inner, _) = self.values(record, at.batch.stride);
        let at = Point { params, ..at };
        let JvpBars { y, v: mut v_bar, params: params_bar } = bars;
        let (params_bar, theta_bar) = self.split_bar(params_bar);
        let scaled = self.scaled(theta, w, at.batch.stride, scratch);
        let inner_bars = JvpBars { y, v: v_bar.as_deref_mut(), params: params_bar };
        self.field.jvp_pullback(at, inner, v, &scaled, inner_bars, scratch);
        if let Some(v_bar) = v_bar {
            self.add_centre(w, v_bar, at.batch);
        }
        let mut product = scaled;
        if let Some(theta_bar) = theta_bar {
            self.field.jvp(at, inner, v, None, &mut product, scratch);
            self.add_theta_bar(theta, theta_bar, (w, &product), 1, at.batch);
        }
        scratch.give(product);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
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

    fn jacobian_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let (params, theta) = self.split(at.params);
        let (inner, _) = self.values(record, at.batch.stride);
        let (at, inputs) = (Point { params, ..at }, self.inputs());
        let (params_bar, theta_bar) = self.split_bar(params_bar);
        let scaled = self.scaled(theta, w, inputs * at.batch.stride, scratch);
        self.field.jacobian_pullback(at, inner, &scaled, y_bar, params_bar, scratch);
        let mut jacobian = scaled;
        if let Some(theta_bar) = theta_bar {
            self.field.jacobian(at, inner, &mut jacobian, scratch);
            self.add_theta_bar(theta, theta_bar, (w, &jacobian), inputs, at.batch);
        }
        scratch.give(jacobian);
    }
}
