//! Eigenvalues of the Jacobian along trajectories.

use super::OdeBlock;
use crate::field::{Dimensions, Effective, Field, Point, Purpose, Scratch};
use crate::linalg::eigenvalues;
use crate::{Error, Real};

impl<F: Dimensions> OdeBlock<F> {
    /// The eigenvalues of `∂F/∂y` at each of some states: `[real part, imaginary part]`, `dim` of them a state. `states` are
    /// those of a sample, one after another, such as [`States::sample`](super::States::sample), `times` one each, such as
    /// [`Grid::times`](super::Grid::times): they decide which set of parameters counts, and what time the field sees.
    ///
    /// Times the step, they are points of the plane in which a scheme's stability region lies.
    ///
    /// ```
    /// use kutta::field::{Activation, Layered, Mlp};
    /// use kutta::{OdeBlock, Tableau};
    /// use rand::{SeedableRng, rngs::StdRng};
    /// let field = Mlp::new([2, 8, 2], Activation::Tanh)?.with_spectrum(-3.0, 1.0)?;
    /// let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(5);
    /// let params: Vec<f64> = block.init(&mut StdRng::seed_from_u64(1));
    /// let path = block.integrate(&params, 0.0, &[[1.0, 0.5]])?;
    /// for [re, im] in block.eigenvalues(&params, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], path.sample(0))?.concat() {
    ///     assert!((re + 1.0).hypot(im) <= 2.0);
    /// }
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size and a field that sees signals, [`Error::NotFinite`] for parameters or a Jacobian that are
    /// not.
    pub fn eigenvalues<T: Real>(&self, params: &[T], times: &[f64], states: &[T]) -> Result<Vec<Vec<[f64; 2]>>, Error>
    where
        F: Field<T>,
    {
        let (d, field): (usize, &dyn Field<T>) = (self.dim(), self.field());
        Error::check_len("the field", "inputs", field.inputs(), d)?;
        Error::check_len("the field", "signals", field.signals(), 0)?;
        Error::check_len("params", "entries", params.len(), self.param_count())?;
        Error::check_len("states", "entries", states.len(), times.len() * d)?;
        let (mut effective, mut scratch) = (Effective::new(), Scratch::new());
        let params = effective.update(field, params, Purpose::Prediction)?;
        let count = field.param_count();
        let mut record = vec![T::zero(); field.record_rows()];
        let (mut slope, mut jacobian) = (vec![T::zero(); d], vec![T::zero(); d * d]);
        let mut at_state = |(&t, y): (&f64, &[T])| {
            let (params, t) = (&params[self.layer_at(t) * count..][..count], T::constant(t));
            let at = Point::one(params, &t, y);
            field.eval_batch(at, &mut slope, &mut record, &mut scratch);
            field.jacobian(at, &record, &mut jacobian, &mut scratch);
            let entries: Vec<f64> = jacobian.iter().map(|x| x.to_f64()).collect();
            let found = eigenvalues("the Jacobian of the field", &entries, d)?;
            Ok(found.into_iter().map(|x| [x.re, x.im]).collect())
        };
        times.iter().zip(states.chunks_exact(d.max(1))).map(&mut at_state).collect()
    }
}
