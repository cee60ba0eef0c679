//! What users write: a field for one sample and any number.

use super::{Dimensions, Field, JvpBars, Point, Reparameterisation, Scratch, StateUnits, provided};
use crate::number::{Dependence, Rounded};
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};

/// A vector field `F(γ, t, y): R^d → R^d` with parameters `γ`.
///
/// ```
/// use kutta::{Number, VectorField};
/// /// A pendulum whose stiffness is unknown.
/// struct Pendulum;
/// impl VectorField for Pendulum {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 1 }
///     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
///         dy[0] = y[1];
///         dy[1] = -params[0] * y[0].sin();
///     }
/// }
/// ```
///
/// # Law
///
/// `eval` is a pure function, and writes every entry of `dy`.
pub trait VectorField: Sync {
    /// Number of components of `F`.
    fn dim(&self) -> usize;

    /// Number of parameters.
    fn param_count(&self) -> usize;

    /// `dy = F(γ, t, y)` for one sample.
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]);

    /// Number of components of `y`. It differs from [`dim`](VectorField::dim) only for a map that a wrapper such as
    /// [`WithInputs`](super::WithInputs) completes to a field.
    fn inputs(&self) -> usize {
        self.dim()
    }

    /// Initial parameters. Provided: uniform in `[-0.1, 0.1]`.
    fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T> {
        (0..self.param_count()).map(|_| T::constant(rng.random_range(-0.1..=0.1))).collect()
    }

    /// The same field for a time that is measured in units of `unit`: rates that are known, not learned, are multiplied by
    /// it. Provided: there are none.
    fn in_time_units(self, unit: f64) -> Self
    where
        Self: Sized,
    {
        let _ = unit;
        self
    }

    /// The field for components that are measured in other units, see [`Dimensions::in_state_units`]. Provided: the same
    /// field.
    ///
    /// # Errors
    /// Units that it cannot be in.
    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error>
    where
        Self: Sized,
    {
        let _ = (reads, gives);
        Ok(self)
    }
}

impl<F: VectorField> Dimensions for F {
    fn dim(&self) -> usize {
        VectorField::dim(self)
    }

    fn inputs(&self) -> usize {
        VectorField::inputs(self)
    }

    fn param_count(&self) -> usize {
        VectorField::param_count(self)
    }

    fn record_rows(&self) -> usize {
        0
    }

    fn signals(&self) -> usize {
        0
    }

    fn depends_on_time(&self) -> bool {
        let zero = Dependence(false);
        let mut dy = vec![zero; VectorField::dim(self)];
        self.eval(
            &vec![zero; VectorField::param_count(self)],
            Dependence(true),
            &vec![zero; VectorField::inputs(self)],
            &mut dy,
        );
        dy.contains(&Dependence(true))
    }

    fn in_time_units(self, unit: f64) -> Self {
        VectorField::in_time_units(self, unit)
    }

    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
        VectorField::in_state_units(self, reads, gives)
    }
}

impl<F: VectorField, T: Real> Field<T> for F {
    fn init(&self, mut rng: &mut dyn RngCore) -> Vec<T> {
        VectorField::init(self, &mut rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], _: &mut [T], scratch: &mut Scratch<T>) {
        provided::eval_batch(self, at, dy, scratch);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.eval(params, t[0], y, dy);
    }

    fn jvp(&self, at: Point<'_, T>, _: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        provided::jvp(self, at, v, w, out, scratch);
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        _: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        provided::vjp(self, at, w, y_bar, params_bar, scratch);
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        _: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        provided::jvp_pullback(self, at, v, w, bars, scratch);
    }
}
