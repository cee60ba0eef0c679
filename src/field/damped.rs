//! A field with linear damping added.

use super::{Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// The field `F(γ, t, y) = G(γ, t, y) - ρ y` with a fixed rate `ρ`: what is known of a dissipative system need not be
/// learned. Its Jacobian has the eigenvalues of `∂G/∂y`, shifted by `-ρ`.
///
/// ```
/// use kutta::field::{Activation, Damped, Mlp};
/// let field = Damped::new(Mlp::new([2, 16, 2], Activation::Tanh)?, 20.0)?;
/// assert_eq!(field.rate(), 20.0);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damped<F> {
    field: F,
    rate: f64,
}

impl<F: Dimensions> Damped<F> {
    /// `field` damped at `rate`; a negative rate excites.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a rate that is not finite.
    pub fn new(field: F, rate: f64) -> Result<Self, Error> {
        if !rate.is_finite() {
            return Err(Error::invalid("rate", rate, "a finite number"));
        }
        Ok(Damped { field, rate })
    }

    /// The field `G`.
    pub fn inner(&self) -> &F {
        &self.field
    }

    /// The rate `ρ`.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// `out -= ρ x` in the rows that `out` has; both have rows of equal length.
    fn damp<T: Real>(&self, x: &[T], out: &mut [T]) {
        let rate = T::constant(self.rate);
        out.iter_mut().zip(x).for_each(|(out, &x)| *out -= rate * x);
    }
}

impl<F: Dimensions> Dimensions for Damped<F> {
    dimensions_of!(self => self.field);

    fn in_time_units(self, unit: f64) -> Self {
        Damped { field: self.field.in_time_units(unit), rate: self.rate * unit }
    }
}

impl<F: Field<T>, T: Real> Field<T> for Damped<F> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.field.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.field.reparameterisation()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        self.field.eval_batch(at, dy, record, scratch);
        self.damp(at.y, dy);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.field.eval_rounded(params, t, y, dy);
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy -= Rounded::constant(self.rate) * y);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        self.field.jvp(at, record, v, w, out, scratch);
        self.damp(v, out);
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
        self.field.vjp(at, record, w, y_bar, params_bar, scratch);
        self.damp(w, y_bar);
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
        // `-ρ wᵀv` depends on `v` alone.
        let JvpBars { y, v: mut v_bar, params } = bars;
        self.field.jvp_pullback(at, record, v, w, JvpBars { y, v: v_bar.as_deref_mut(), params }, scratch);
        if let Some(v_bar) = v_bar {
            self.damp(w, v_bar);
        }
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        self.field.jacobian(at, record, out, scratch);
        let (stride, inputs) = (at.batch.stride, self.inputs());
        for i in 0..self.dim() {
            let diagonal = &mut out[(i * inputs + i) * stride..][..stride];
            diagonal.iter_mut().for_each(|x| *x -= T::constant(self.rate));
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
        self.field.jacobian_pullback(at, record, w, y_bar, params_bar, scratch);
    }
}
