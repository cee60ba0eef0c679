//! Whether the fixed-point iteration contracts: the norm of the derivative of `Y ↦ base + h A F(Y)`.

use super::OdeBlock;
use crate::field::{Batch, Dimensions, Effective, Field, Point, Purpose, Scratch};
use crate::solve::{Layout, Side, operator_norms};
use crate::step::Step;
use crate::{Error, Real};

impl<F: Dimensions> OdeBlock<F> {
    /// How fast the fixed-point iteration `Y ← base + h A F(Y)` contracts at given states: `‖h A ⊗ J‖₂ = h ‖A‖₂ ‖J‖₂`
    /// with `J = ∂F/∂y(γ, t, y)`, one number a state; for a one-leg layer `θ h ‖J‖₂`. Of a scheme whose stages are solved
    /// in several blocks, `A` is the block of the largest norm; explicit schemes give 0.
    ///
    /// Below 1 in all states that the stages may visit, the iteration converges, in the Euclidean norm at this rate or
    /// faster, and so does the Neumann series of the adjoint. At 1 or above nothing is promised; the rate is then that of
    /// the spectral radius, which may still be smaller.
    ///
    /// `‖J‖₂` is estimated from below, by power iteration on `JᵀJ`, to about 0.1 % unless the largest singular values
    /// nearly coincide. `params` are the learned ones; with parameters per step, those of the step that starts at `t` count.
    ///
    /// ```
    /// use kutta::{Activation, Mlp, OdeBlock, Tableau};
    /// let linear = Mlp::new([2, 2], Activation::Identity)?;
    /// let block = OdeBlock::new(linear, Tableau::implicit_midpoint()).step_size(0.1);
    /// // y' = [[0, 6], [-2, 0]] y: θ h ‖J‖ = 0.5 · 0.1 · 6.
    /// let rate: f64 = block.contraction(&[0.0, 6.0, -2.0, 0.0], 0.0, &[[1.0, 1.0]])?[0];
    /// assert!((rate - 0.3).abs() < 1e-3);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for parameters or states of the wrong size, or a field that reads more than its state, or
    /// sees signals; [`Error::InvalidArgument`] for a method that couples several terms of the field; [`Error::NotFinite`]
    /// for parameters or states that are not.
    ///
    /// # Reference
    /// Reshniak and Webster (2021), equation (18).
    pub fn contraction<T: Real, S: AsRef<[T]>>(&self, params: &[T], t: f64, states: &[S]) -> Result<Vec<T>, Error>
    where
        F: Field<T>,
    {
        let field: &dyn Field<T> = self.field();
        let step = Step::new(field, self.method(), *self.solver())?;
        let expected = "one that solves equations of a single term of the field";
        let coupling = step.coupling().ok_or_else(|| Error::invalid("the method", self.method().name(), expected))?;
        Error::check_len("params", "entries", params.len(), self.param_count())?;
        Error::check_len("the field", "signals", field.signals(), 0)?;
        let layout = Layout::new::<T>(field.dim(), 1, states.len());
        let mut y = vec![T::zero(); layout.len()];
        for (q, state) in states.iter().enumerate() {
            Error::check_len("a state", "components", state.as_ref().len(), self.dim())?;
            state.as_ref().iter().enumerate().for_each(|(p, &x)| y[layout.span(p, 0).start + q] = x);
        }
        if !y.iter().all(|y| y.is_finite()) {
            return Err(Error::NotFinite { what: "a state", location: None });
        }
        let mut effective = Effective::new();
        let params = effective.update(field, params, Purpose::Prediction)?;
        let params = &params[self.layer_at(t) * field.param_count()..][..field.param_count()];
        let t = vec![T::constant(t); layout.stride];
        let at = Point { params, t: &t, y: &y, batch: Batch { live: states.len(), stride: layout.stride } };
        let mut record = vec![T::zero(); field.record_rows() * layout.stride];
        let (mut slopes, mut scratch) = (vec![T::zero(); layout.len()], Scratch::new());
        field.eval_batch(at, &mut slopes, &mut record, &mut scratch);
        let mut norms = operator_norms(layout, |side, v, out| match side {
            Side::Forward => field.jvp(at, &record, v, None, out, &mut scratch),
            Side::Transposed => field.vjp(at, &record, v, out, None, &mut scratch),
        });
        let factor = T::constant(self.step().abs() * coupling);
        norms.iter_mut().for_each(|norm| *norm *= factor);
        Ok(norms)
    }
}
