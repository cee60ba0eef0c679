//! Passes forward that keep nothing for derivatives.

use super::chunk::alike;
use super::{AnyBlock, Grid, OdeBlock, States, unrolled};
use crate::field::{Batch, Dimensions, Effective, Field, Purpose};
use crate::step::{Start, Steps, Trace, Workspace};
use crate::{Error, Real};
use rayon::prelude::*;

impl<F: Dimensions> OdeBlock<F> {
    /// The observed states of the samples of a grid, which start from `starts`, one after another: bit for bit those of
    /// [`Unrolled::forward`](super::Unrolled::forward), without the memory that derivatives would need for every step.
    ///
    /// # Errors
    /// As [`unroll`](OdeBlock::unroll) and [`Unrolled::forward`](super::Unrolled::forward).
    pub fn forward<T: Real>(&self, params: &[T], grid: &Grid, starts: &[T]) -> Result<States<T>, Error>
    where
        F: Field<T>,
    {
        forward(self, params, grid, starts)
    }
}

/// [`OdeBlock::forward`].
pub(crate) fn forward<T: Real>(
    block: &AnyBlock<'_, T>,
    params: &[T],
    grid: &Grid,
    starts: &[T],
) -> Result<States<T>, Error> {
    let (field, dim) = (block.field(), block.dim());
    block.check_layers()?;
    let steps = Steps::new(field, block.method(), *block.solver())?;
    (0..grid.samples()).try_for_each(|sample| steps.check_times(grid.times(sample)))?;
    Error::check_len("params", "entries", params.len(), block.param_count())?;
    Error::check_len("starts", "entries", starts.len(), grid.samples() * dim)?;
    let mut effective = Effective::new();
    let params = effective.update(field, params, Purpose::Prediction)?;
    unrolled::check_finite("a start", starts)?;
    let count = field.param_count();
    let chunks = alike(grid, |t| block.layer_at(t));
    let pass = |(layers, samples): &(Vec<usize>, Vec<usize>)| {
        let layer = |n: usize| &params[layers[n] * count..][..count];
        states(&steps, dim, layer, (grid, samples), starts)
    };
    // All of them run to their end, so that the error does not depend on the threads.
    let observed: Vec<_> = match &chunks[..] {
        [one] => vec![pass(one)],
        _ => chunks.par_iter().map(pass).collect(),
    };
    let mut path = States::zeros(dim, grid);
    for (states, (_, samples)) in observed.into_iter().zip(&chunks) {
        for (&sample, states) in samples.iter().zip(states?) {
            path.sample_mut(sample).copy_from_slice(&states);
        }
    }
    Ok(path)
}

/// The observed states of each of some samples that take their steps together.
fn states<'a, T: Real>(
    chain: &Steps<'_, T>,
    dim: usize,
    params: impl Fn(usize) -> &'a [T],
    (grid, samples): (&Grid, &[usize]),
    starts: &[T],
) -> Result<Vec<Vec<T>>, Error> {
    let batch = Batch::padded::<T>(samples.len());
    let zeros = |len: usize| vec![T::zero(); len];
    let (mut y, mut next) = (zeros(chain.rows() * batch.stride), zeros(chain.rows() * batch.stride));
    let (mut t, mut h) = (zeros(batch.stride), zeros(batch.stride));
    let (mut trace, mut ws) = (Trace::new(), Workspace::new());
    for (q, &sample) in samples.iter().enumerate() {
        (0..dim).for_each(|i| y[i * batch.stride + q] = starts[sample * dim + i]);
    }
    let signals: Vec<_> = samples.iter().filter_map(|&sample| grid.signals().get(sample).cloned()).collect();
    chain.fill_start(&mut y, dim * batch.stride);
    let steps = grid.observed(samples[0]);
    let mut observed = vec![Vec::with_capacity(steps.len() * dim); samples.len()];
    let mut wanted = steps.iter().peekable();
    for n in 0..=grid.steps(samples[0]) {
        if wanted.next_if_eq(&&n).is_some() {
            for (q, states) in observed.iter_mut().enumerate() {
                states.extend((0..dim).map(|i| y[i * batch.stride + q]));
            }
        }
        if n == grid.steps(samples[0]) {
            break;
        }
        for (q, &sample) in samples.iter().enumerate() {
            let times = grid.times(sample);
            (t[q], h[q]) = (T::constant(times[n]), T::constant(times[n + 1] - times[n]));
        }
        trace.forget();
        let from = Start { params: params(n), t: &t, h: &h, y: &y, batch, signals: &signals };
        let taken = chain.at(n).forward(from, &mut next, &mut trace, &mut ws);
        taken.map_err(|error| error.relocated(n, samples))?;
        std::mem::swap(&mut y, &mut next);
    }
    Ok(observed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Activation, Input, Mlp, WithInputs};
    use crate::solve::{JacobianReuse, Reuse, StageMethod, StageSolver, WarmStart};
    use crate::{Number, Tableau};
    use rand::SeedableRng;

    #[test]
    fn states_are_bit_for_bit_those_of_a_pass_with_traces() {
        let mlp = Mlp::new([3, 6, 2], Activation::Tanh).unwrap();
        let field = WithInputs::new(mlp, [Input::Time]).unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        // Groups of samples with other steps, and one that fills more than a chunk.
        let mut grid = Grid::new();
        for sample in 0..40 {
            let (steps, shift) = (if sample % 7 == 0 { 3 } else { 9 }, 0.01 * sample as f64);
            grid.push_observed((0..=steps).map(|n| shift + 0.3 * n as f64), [0, 2, steps]).unwrap();
        }
        for scheme in [Tableau::rk4(), Tableau::radau_iia(2).unwrap(), Tableau::sdirk2()] {
            for method in [StageMethod::Automatic, StageMethod::SimplifiedNewton, StageMethod::Anderson] {
                for (start, jacobian) in [
                    (WarmStart::LastEpoch, JacobianReuse::Epoch),
                    (WarmStart::PreviousStep, JacobianReuse::Step),
                    (WarmStart::None, JacobianReuse::Stage),
                ] {
                    let solver = StageSolver {
                        method,
                        reuse: Reuse { start, jacobian, ..Reuse::default() },
                        ..StageSolver::default()
                    };
                    let block = OdeBlock::new(field.clone(), scheme.clone()).steps(9).step_size(0.3);
                    let block = block.per_step(0.0).solved_by(solver);
                    let params: Vec<f64> = block.init_per_step(&mut rng);
                    let starts: Vec<f64> = (0..80).map(|i| Number::sin(f64::from(i))).collect();
                    let path = block.forward(&params, &grid, &starts).unwrap();
                    let mut unrolled = block.unroll(&grid).unwrap();
                    assert_eq!(&path, unrolled.forward(&params, &starts).unwrap(), "{solver:?}");
                }
            }
        }
    }

    #[test]
    fn steps_back_lead_back_by_the_same_parameters() {
        let field = WithInputs::new(Mlp::new([2, 6, 1], Activation::Tanh).unwrap(), [Input::Time]).unwrap();
        let midpoint = Tableau::new([[0.5]], [1.0], [0.5]).unwrap();
        let block = OdeBlock::new(field, midpoint).steps(8).step_size(0.25).per_step(1.0);
        let params: Vec<f64> = block.init_per_step(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
        let grid = block.grid(1.0, 1).unwrap();
        let there = block.forward(&params, &grid, &[0.7]).unwrap();
        let back = block.forward(&params, &grid.reversed().unwrap(), there.last(0)).unwrap();
        // A symmetric scheme: its step back undoes its step.
        for n in 0..=8 {
            let difference: f64 = there.state(0, n)[0] - back.state(0, 8 - n)[0];
            assert!(difference.abs() < 1e-8, "{difference}");
        }
    }
}
