//! The part of a regulariser that is a sum over states, on a batch of them.

use super::jacobian::DivergenceAndJacobian;
use super::kinetic::KineticEnergy;
use super::{Along, Bars, Further, Penalties, Penalty, Regularisation};
use crate::Real;
use crate::field::{Field, Point, Scratch};

/// The memory of evaluations.
#[derive(Debug, Default)]
pub(crate) struct Local<T: Real> {
    scratch: Scratch<T>,
    value: Vec<T>,
    record: Vec<T>,
    /// By column, what [`Along`] has of it.
    pub weights: Vec<f64>,
    pub positions: Vec<f64>,
}

impl<T: Real> Local<T> {
    /// The weighted sum over the states of a batch, whose weights and positions are known. Derivatives, if asked for, are
    /// overwritten by the states and added by the parameters. Random numbers are drawn from `seed(column)`.
    pub fn evaluate(
        &mut self,
        (field, at): (&dyn Field<T>, Point<'_, T>),
        (of, further): (&Regularisation, &Further<T>),
        seed: &dyn Fn(usize) -> u64,
        mut bars: Option<Bars<'_, T>>,
    ) -> Penalties {
        let (d, stride) = (field.dim(), at.batch.stride);
        let Local { scratch, value, record, weights, positions } = self;
        value.resize(d * stride, T::zero());
        record.resize(field.record_rows() * stride, T::zero());
        field.eval_batch(at, value, record, scratch);
        if let Some(bars) = &mut bars {
            bars.y[..d * stride].fill(T::zero());
        }
        let along = Along { field, at, value, record, weights, positions, seed };
        let mut sum = Penalties::default();
        let mut add = |penalty: &dyn Penalty<T>| {
            sum.add(1.0, &penalty.evaluate(along, bars.as_mut().map(Bars::reborrow), scratch));
        };
        if of.kinetic != 0.0 {
            add(&KineticEnergy { weight: of.kinetic });
        }
        if of.divergence != 0.0 || of.jacobian != 0.0 {
            add(&DivergenceAndJacobian::from(of));
        }
        further.iter().for_each(|penalty| add(&**penalty));
        sum
    }
}
