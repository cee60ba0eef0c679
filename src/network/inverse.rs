//! Blocks, from their outputs back to their inputs.

use super::chunk::alike;
use super::clock::Moment;
use super::course::{Course, Route};
use super::unrolled::check_finite;
use super::{AnyBlock, Grid};
use crate::field::{Effective, Purpose};
use crate::step::{BackWorkspace, Steps, Trace, Workspace};
use crate::{Error, Real};

/// The starts from which the samples of a grid come to `ends`, one after another.
pub(super) fn starts<T: Real>(block: &AnyBlock<'_, T>, params: &[T], grid: &Grid, ends: &[T]) -> Result<Vec<T>, Error> {
    let (field, dim, method) = (block.field(), block.dim(), block.method());
    if method.carried() > 1 {
        let expected = "one that carries the state alone: of what others carry beside it, their ends do not tell";
        return Err(Error::invalid("the method", method.name(), expected));
    }
    block.check_layers()?;
    let steps = &Steps::there_and_back(field, method, *block.solver())?;
    Error::check_len("params", "entries", params.len(), block.param_count())?;
    Error::check_len("y", "entries", ends.len(), grid.samples() * dim)?;
    check_finite("an output", ends)?;
    let mut effective = Effective::new();
    let params = effective.update(field, params, Purpose::Prediction)?;
    let mut starts = ends.to_vec();
    for (layers, samples) in alike(grid, |t| block.layer_at(t)) {
        let route = &Route::new::<T>(grid, samples, layers);
        let course = Course { route, steps, params, layer_params: field.param_count() };
        let stride = route.batch.stride;
        let mut y = vec![T::zero(); dim * stride];
        let mut before = y.clone();
        let places = || route.samples.iter().enumerate().flat_map(|(q, &sample)| (0..dim).map(move |i| (q, sample, i)));
        places().for_each(|(q, sample, i)| y[i * stride + q] = ends[sample * dim + i]);
        let (mut trace, mut moment) = (Trace::new(), Moment::new(route.batch));
        let (mut back, mut ws) = (BackWorkspace::new(), Workspace::new());
        for n in (0..course.len()).rev() {
            let from = course.start(n, &y, &mut moment);
            let taken = steps.take_back(from, &mut before, &mut trace, (&mut back, &mut ws));
            taken.map_err(course.relocated(n))?;
            std::mem::swap(&mut y, &mut before);
        }
        places().for_each(|(q, sample, i)| starts[sample * dim + i] = y[i * stride + q]);
    }
    Ok(starts)
}
