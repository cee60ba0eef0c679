//! Networks as energies.

use super::{Energy, EnergyGradient, Potential, ScalarField};
use crate::field::kernel::Kernels;
use crate::field::{Dimensions, Field, JvpBars, Mlp, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real, VectorField};
use rand::RngCore;

/// A network of one output. Its activation should be smooth: the gradient has the slopes of the activation in it.
impl Energy for Mlp {
    type Gradient = EnergyGradient<Mlp>;

    fn gradient(self) -> Result<EnergyGradient<Mlp>, Error> {
        Error::check_len("the network of an energy", "outputs", self.dim(), 1)?;
        Ok(EnergyGradient { energy: self })
    }
}

/// A network's energy written out: what has no kernels follows from it.
struct Written<'a>(&'a Mlp);

impl ScalarField for Written<'_> {
    fn dim(&self) -> usize {
        self.0.inputs()
    }

    fn param_count(&self) -> usize {
        self.0.param_count()
    }

    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S]) -> S {
        let mut energy = [S::zero()];
        self.0.eval(params, y, &mut energy);
        energy[0]
    }
}

impl EnergyGradient<Mlp> {
    fn written(&self) -> EnergyGradient<Written<'_>> {
        EnergyGradient { energy: Written(&self.energy) }
    }
}

/// Calls `with` with a row of ones.
fn with_ones<T: Real>(stride: usize, scratch: &mut Scratch<T>, with: impl FnOnce(&[T], &mut Scratch<T>)) {
    let mut ones = scratch.take(stride);
    ones.fill(T::one());
    with(&ones, scratch);
    scratch.give(ones);
}

impl Dimensions for EnergyGradient<Mlp> {
    fn dim(&self) -> usize {
        self.energy.inputs()
    }

    fn inputs(&self) -> usize {
        self.energy.inputs()
    }

    fn param_count(&self) -> usize {
        self.energy.param_count()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.energy.parameters()
    }

    fn record_rows(&self) -> usize {
        self.energy.record_rows()
    }

    fn signals(&self) -> usize {
        0
    }

    fn depends_on_time(&self) -> bool {
        false
    }

    fn has_known_rates(&self) -> bool {
        false
    }

    fn in_time_units(self, unit: f64) -> Self {
        EnergyGradient { energy: self.energy.in_time_units(unit) }
    }
}

/// Evaluation is a pass of the network and a pass back, its derivative by the state and the parameters the pullback of a
/// Jacobian–vector product.
impl<T: Real + Kernels> Field<T> for EnergyGradient<Mlp> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.energy.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let mut energy = scratch.take(at.batch.stride);
        self.energy.eval_batch(at, &mut energy, record, scratch);
        energy.fill(T::one());
        self.energy.vjp(at, record, &energy, dy, None, scratch);
        scratch.give(energy);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.written().eval(params, t[0], y, dy);
    }

    /// By kernels along the state, by dual numbers along the parameters.
    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        match w {
            Some(_) => self.written().jvp(at, &[], v, w, out, scratch),
            // The Hessian is symmetric.
            None => self.vjp(at, record, v, out, None, scratch),
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
        with_ones(at.batch.stride, scratch, |ones, scratch| {
            let bars = JvpBars { y: y_bar, v: None, params: params_bar };
            self.energy.jvp_pullback(at, record, w, ones, bars, scratch);
        });
    }

    /// By dual numbers: third derivatives have no kernels.
    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        _: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        self.written().jvp_pullback(at, &[], v, w, bars, scratch);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        with_ones(at.batch.stride, scratch, |ones, scratch| self.energy.hessian(at, record, ones, out, scratch));
    }
}

impl<T: Real + Kernels> Potential<T> for EnergyGradient<Mlp> {
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>) {
        let mut record = scratch.take(self.energy.record_rows() * at.batch.stride);
        self.energy.eval_batch(at, energy, &mut record, scratch);
        scratch.give(record);
    }
}
