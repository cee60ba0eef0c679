//! What can be trained by least squares, and the steps of what is not.

use super::{LevenbergMarquardt, Loss, Settings};
use crate::data::Trajectories;
use crate::field::Dimensions;
use crate::network::{AnyBlock, OdeBlock, Sharing};
use crate::regularisation::FurtherAtEither;
use crate::{Error, Real, Tableau};

/// Steps through the median interval, where neither a step size is given nor their error can decide.
const STEPS: f64 = 4.0;
/// The least order of schemes whose steps are fitted to their error.
const LEAST_ORDER: usize = 3;
/// More of these can hardly be kept.
const MOST_STEPS: f64 = 1e7;

/// Refuses what cannot be taken as a sum of squares.
pub(super) fn check<T: Real>(
    block: &AnyBlock<'_, T>,
    loss: &dyn Loss<T>,
    settings: &Settings,
    penalties: &FurtherAtEither,
) -> Result<(), Error> {
    let (field, method) = (block.field(), block.method());
    let refuse = |argument, value: String, expected| Err(Error::invalid(argument, value, expected));
    if !loss.is_mean_square() {
        return refuse("the loss", loss.description(), "MeanSquare, for least squares");
    }
    if !settings.regularisation.is_none() || !penalties.descriptions().is_empty() {
        return refuse("the regulariser", "given".into(), "none, for least squares");
    }
    if let Some(size) = settings.batch_size {
        return refuse("batch size", size.to_string(), "none, for least squares");
    }
    if block.sharing() == Sharing::PerStep || field.reparameterisation().is_some() {
        return refuse("the network", "one of reparameterised or many fields".into(), "one field, for least squares");
    }
    if method.carried() != 1 || method.is_inverse() {
        return refuse("the method", method.name().to_string(), "one that carries one state, for least squares");
    }
    match field.param_count() <= LevenbergMarquardt::MOST_UNKNOWNS {
        true => Ok(()),
        false => refuse("parameters", field.param_count().to_string(), "at most 25000, for least squares"),
    }
}

/// Whether steps are fitted to their error: where no step size is given, and the order is one at which errors fall fast
/// enough for that.
pub(super) fn fits_steps<F: Dimensions>(block: &OdeBlock<F>) -> bool {
    let order = block.method().tableau().and_then(Tableau::order).unwrap_or(0);
    block.accuracy_of_steps().is_some() && order >= LEAST_ORDER
}

/// The block with steps through `data` where it was given none: a quarter of the median interval, kept beside its accuracy if
/// steps are fitted to that, for who wants to look at predictions as often.
pub(super) fn with_steps<F: Dimensions>(
    block: OdeBlock<F>,
    data: &Trajectories,
    fitted: bool,
) -> Result<OdeBlock<F>, Error> {
    let step = if block.sharing() == Sharing::PerStep { block.step() } else { median_interval(data) / STEPS };
    let span: f64 = data.iter().map(|t| t.times()[t.len() - 1] - t.times()[0]).sum();
    if !fitted && span / step > MOST_STEPS {
        let expected =
            format!("at most {MOST_STEPS:e}; a quarter of the median interval is {step}: give a longer step size");
        return Err(Error::invalid("the number of steps through the data", span / step, expected));
    }
    if let Some(accuracy) = block.accuracy_of_steps().filter(|&accuracy| !fitted && accuracy != OdeBlock::<F>::ACCURACY)
    {
        let expected = format!("a step size: steps are fitted by least squares alone, and from order {LEAST_ORDER} on");
        return Err(Error::invalid("accuracy", accuracy, expected));
    }
    let accuracy = block.accuracy_of_steps().filter(|_| fitted);
    let block = block.step_size(step);
    Ok(accuracy.into_iter().fold(block, OdeBlock::accuracy))
}

/// The median interval between observations; the upper one, if there are two.
fn median_interval(data: &Trajectories) -> f64 {
    let mut intervals: Vec<f64> =
        data.iter().flat_map(|t| t.times().windows(2).map(|ends| ends[1] - ends[0])).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    intervals[intervals.len() / 2]
}
