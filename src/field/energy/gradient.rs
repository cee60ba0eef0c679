//! Energies that users write, and their gradients.

use super::{Energy, Potential};
use crate::field::{Field, Point, Scratch};
use crate::number::{Tape, Var};
use crate::{Error, Number, Real, VectorField};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A function `E(γ, t, y): R^d → R` with parameters `γ`, for one sample and any number: an energy of one's own.
///
/// ```
/// use kutta::field::{Hamiltonian, ScalarField};
/// use kutta::{Number, OdeBlock, tableau::PartitionedTableau};
/// /// A pendulum of unknown stiffness: angle, then momentum.
/// struct Pendulum;
/// impl ScalarField for Pendulum {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 1 }
///     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S]) -> S {
///         S::constant(0.5) * y[1].square() - params[0] * y[0].cos()
///     }
/// }
/// let block = OdeBlock::new(Hamiltonian::new(Pendulum)?, PartitionedTableau::by_name("stoermer_verlet")?)
///     .steps(1000)
///     .step_size(0.1);
/// let path = block.integrate(&[1.0], 0.0, &[[1.0, 0.0]])?;
/// let energy = |y: &[f64]| 0.5 * y[1] * y[1] - y[0].cos();
/// assert!((energy(path.last(0)) - energy(path.state(0, 0))).abs() < 1e-3);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Law
///
/// `eval` is a pure function.
pub trait ScalarField: Sync {
    /// Number of components of `y`.
    fn dim(&self) -> usize;

    /// Number of parameters.
    fn param_count(&self) -> usize;

    /// `E(γ, t, y)` for one sample.
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S]) -> S;

    /// Initial parameters. Provided: uniform in `[-0.1, 0.1]`.
    fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T> {
        (0..self.param_count()).map(|_| T::constant(rng.random_range(-0.1..=0.1))).collect()
    }

    /// The energy of the same field for a time that is measured in units of `unit`: what is known of it, not learned, is
    /// multiplied by it. Provided: nothing is.
    fn in_time_units(self, unit: f64) -> Self
    where
        Self: Sized,
    {
        let _ = unit;
        self
    }
}

/// The gradient `∂E/∂y` of an energy, see [`Energy::gradient`].
///
/// ```
/// use kutta::field::{Energy, Field, Point, ScalarField, Scratch};
/// use kutta::Number;
/// struct Well;
/// impl ScalarField for Well {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 0 }
///     fn eval<S: Number>(&self, _: &[S], _: S, y: &[S]) -> S { (y[0].square() - S::one()).square() + y[1].square() }
/// }
/// let mut slope = [0.0_f64; 2];
/// Well.gradient()?.eval_batch(Point::one(&[], &0.0, &[2.0, 3.0]), &mut slope, &mut [], &mut Scratch::new());
/// assert_eq!(slope, [24.0, 6.0]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Of<E>", bound(deserialize = "E: Energy<Gradient = EnergyGradient<E>> + Deserialize<'de>"))]
pub struct EnergyGradient<E> {
    pub(super) energy: E,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of<E> {
    energy: E,
}

impl<E: Energy<Gradient = EnergyGradient<E>>> TryFrom<Of<E>> for EnergyGradient<E> {
    type Error = Error;

    fn try_from(of: Of<E>) -> Result<Self, Error> {
        of.energy.gradient()
    }
}

impl<E> EnergyGradient<E> {
    /// The energy.
    pub fn inner(&self) -> &E {
        &self.energy
    }
}

impl<E: ScalarField> Energy for E {
    type Gradient = EnergyGradient<E>;

    fn gradient(self) -> Result<EnergyGradient<E>, Error> {
        Ok(EnergyGradient { energy: self })
    }
}

impl<E: ScalarField> VectorField for EnergyGradient<E> {
    fn dim(&self) -> usize {
        self.energy.dim()
    }

    fn param_count(&self) -> usize {
        self.energy.param_count()
    }

    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let tape = Tape::new();
        let y: Vec<Var<'_, S>> = y.iter().map(|&y| tape.variable(y)).collect();
        let params: Vec<Var<'_, S>> = params.iter().map(|&p| Var::constant_of(p)).collect();
        let energy = self.energy.eval(&params, Var::constant_of(t), &y);
        let mut adjoint = vec![S::zero(); tape.len()];
        if !energy.is_constant() {
            adjoint[energy.index()] = S::one();
        }
        tape.sweep(&mut adjoint);
        dy.copy_from_slice(&adjoint[..y.len()]);
    }

    fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T> {
        self.energy.init(rng)
    }

    fn in_time_units(self, unit: f64) -> Self {
        EnergyGradient { energy: self.energy.in_time_units(unit) }
    }
}

/// The energy as a map to one number, for its evaluation in batches.
struct Value<'a, E>(&'a E);

impl<E: ScalarField> VectorField for Value<'_, E> {
    fn dim(&self) -> usize {
        1
    }

    fn inputs(&self) -> usize {
        self.0.dim()
    }

    fn param_count(&self) -> usize {
        self.0.param_count()
    }

    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], energy: &mut [S]) {
        energy[0] = self.0.eval(params, t, y);
    }
}

impl<E: ScalarField, T: Real> Potential<T> for EnergyGradient<E> {
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>) {
        Value(&self.energy).eval_batch(at, energy, &mut [], scratch);
    }
}
