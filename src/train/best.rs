//! The best unknowns that were seen.

use serde::{Deserialize, Serialize};

/// Unknowns, and the loss that they have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Best<T> {
    /// Epochs that had been done.
    pub epoch: usize,
    pub loss: f64,
    pub unknowns: Vec<T>,
}

impl<T: Copy> Best<T> {
    /// Puts these unknowns in the place of worse ones. A loss that is not a number is worse than any.
    pub fn keep(best: &mut Option<Self>, epoch: usize, loss: f64, unknowns: &[T]) {
        match best {
            None if !loss.is_nan() => *best = Some(Best { epoch, loss, unknowns: unknowns.to_vec() }),
            Some(best) if loss < best.loss => {
                (best.epoch, best.loss) = (epoch, loss);
                best.unknowns.copy_from_slice(unknowns);
            }
            _ => {}
        }
    }
}
