//! Weights of the penalties that there are, and penalties of one's own.

use super::{Penalty, Regularisation};
use crate::number::AtEither;
use crate::{Error, Real};
use std::sync::Arc;

/// Penalties of one's own at one precision.
pub(crate) type Further<T> = [Arc<dyn Penalty<T>>];

/// A [`Regularisation`] with penalties of one's own. These are not saved in files; checkpoints know what `Debug` shows of
/// them.
#[derive(Debug, Clone, Default)]
pub struct Regulariser {
    pub(crate) weights: Regularisation,
    pub(crate) further: FurtherAtEither,
}

/// Penalties of one's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct FurtherAtEither(Vec<AtEither<dyn Penalty<f32>, dyn Penalty<f64>>>);

impl FurtherAtEither {
    /// They at one precision.
    pub fn at<T: Real>(&self) -> Result<Vec<Arc<dyn Penalty<T>>>, Error> {
        self.0.iter().map(|penalty| penalty.get("a penalty")).collect()
    }

    /// What `Debug` shows of each.
    pub fn descriptions(&self) -> Vec<String> {
        self.0.iter().map(|penalty| format!("{:?}", penalty.double)).collect()
    }
}

impl From<Regularisation> for Regulariser {
    fn from(weights: Regularisation) -> Self {
        Regulariser { weights, further: FurtherAtEither::default() }
    }
}

impl Regularisation {
    /// These penalties and one of one's own, which [`Penalty`] has an example of.
    pub fn and(self, penalty: impl Penalty<f32> + Penalty<f64> + 'static) -> Regulariser {
        Regulariser::from(self).and(penalty)
    }
}

impl Regulariser {
    /// One penalty more.
    pub fn and(mut self, penalty: impl Penalty<f32> + Penalty<f64> + 'static) -> Self {
        let double = Arc::new(penalty);
        self.further.0.push(AtEither { single: double.clone(), double });
        self
    }

    /// Whether there is nothing to add.
    pub fn is_none(&self) -> bool {
        self.weights.is_none() && self.further.0.is_empty()
    }
}
