//! The size of the field.

use super::penalty::add;
use super::{Along, Bars, Penalties, Penalty};
use crate::Real;
use crate::field::Scratch;

/// `α_F ‖F‖²`, the kinetic energy of the motion.
#[derive(Debug)]
pub(super) struct KineticEnergy {
    /// `α_F`.
    pub weight: f64,
}

impl<T: Real> Penalty<T> for KineticEnergy {
    fn evaluate(&self, along: Along<'_, T>, bars: Option<Bars<'_, T>>, scratch: &mut Scratch<T>) -> Penalties {
        let (at, stride) = (along.at, along.at.batch.stride);
        let two = T::constant(2.0);
        let mut cotangent = scratch.take(along.value.len());
        let mut sum = 0.0;
        for (row, bar) in along.value.chunks_exact(stride).zip(cotangent.chunks_exact_mut(stride)) {
            for ((bar, &x), &share) in bar.iter_mut().zip(row).zip(along.weights) {
                let weight = T::constant(share * self.weight);
                sum += (weight * x * x).to_f64();
                *bar = two * weight * x;
            }
        }
        if let Some(bars) = bars {
            let mut pulled = scratch.take(at.y.len());
            along.field.vjp(at, along.record, &cotangent, &mut pulled, Some(bars.params), scratch);
            add(bars.y, &pulled);
            scratch.give(pulled);
        }
        scratch.give(cotangent);
        Penalties { kinetic: sum, ..Penalties::default() }
    }
}
