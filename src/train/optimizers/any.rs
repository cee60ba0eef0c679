//! Any optimiser, as settings hold it.

use super::{Adam, Lbfgs, LevenbergMarquardt, Optimizer, Sgd};
use crate::number::AtEither;
use crate::{Error, Real};
use serde::{Deserialize, Serialize, Serializer};
use std::any::Any;
use std::sync::Arc;

/// An optimiser of any kind, made from one by `into`.
///
/// ```
/// use kutta::train::{AnyOptimizer, Sgd};
/// let text = serde_json::to_string(&AnyOptimizer::from(Sgd::new(0.1))).unwrap();
/// assert_eq!(text, r#"{"sgd":{"learning_rate":0.1,"momentum":0.0}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AnyOptimizer {
    /// [`LevenbergMarquardt`] where the objective is a sum of squares with [a few thousand
    /// unknowns](LevenbergMarquardt::MOST_UNKNOWNS) at most, in one batch; otherwise [`Adam`].
    #[default]
    Automatic,
    /// [`LevenbergMarquardt`].
    LevenbergMarquardt(LevenbergMarquardt),
    /// [`Lbfgs`].
    Lbfgs(Lbfgs),
    /// [`Adam`].
    Adam(Adam),
    /// [`Sgd`].
    Sgd(Sgd),
    /// One of one's own. Files tell what its `Debug` shows, and cannot be read back.
    #[serde(skip_deserializing)]
    Other(OtherOptimizer),
}

/// An [`Optimizer`] of one's own, at either precision.
#[derive(Debug, Clone)]
pub struct OtherOptimizer(AtEither<dyn Optimizer<f32>, dyn Optimizer<f64>>);

impl OtherOptimizer {
    fn description(&self) -> String {
        format!("{:?}", self.0.double)
    }
}

/// Equal are those of which `Debug` shows the same, as for checkpoints.
impl PartialEq for OtherOptimizer {
    fn eq(&self, other: &Self) -> bool {
        self.description() == other.description()
    }
}

impl Serialize for OtherOptimizer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.description())
    }
}

impl<O: Optimizer<f32> + Optimizer<f64> + 'static> From<O> for AnyOptimizer {
    /// Those of the library keep their names.
    fn from(optimizer: O) -> Self {
        let any: &dyn Any = &optimizer;
        if let Some(&adam) = any.downcast_ref() {
            return AnyOptimizer::Adam(adam);
        }
        if let Some(&method) = any.downcast_ref() {
            return AnyOptimizer::LevenbergMarquardt(method);
        }
        if let Some(&method) = any.downcast_ref() {
            return AnyOptimizer::Lbfgs(method);
        }
        if let Some(&sgd) = any.downcast_ref() {
            return AnyOptimizer::Sgd(sgd);
        }
        let double = Arc::new(optimizer);
        AnyOptimizer::Other(OtherOptimizer(AtEither { single: double.clone(), double }))
    }
}

impl AnyOptimizer {
    /// In words.
    pub fn name(&self) -> String {
        match self {
            AnyOptimizer::Automatic => "the automatic one".to_string(),
            AnyOptimizer::LevenbergMarquardt(_) => LevenbergMarquardt::NAME.to_string(),
            AnyOptimizer::Lbfgs(_) => "L-BFGS".to_string(),
            AnyOptimizer::Adam(_) => "Adam".to_string(),
            AnyOptimizer::Sgd(_) => "gradient descent".to_string(),
            AnyOptimizer::Other(other) => other.description(),
        }
    }

    /// The automatic choice made, for an objective that can be taken as a sum of squares, or cannot.
    pub(in crate::train) fn laid_out(&self, takes_squares: bool) -> Self {
        match self {
            AnyOptimizer::Automatic if takes_squares => LevenbergMarquardt::default().into(),
            AnyOptimizer::Automatic => Adam::default().into(),
            chosen => chosen.clone(),
        }
    }

    /// The optimiser at one precision, its settings checked.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings out of range.
    pub fn at<T: Real>(&self) -> Result<Arc<dyn Optimizer<T>>, Error> {
        let optimizer: Arc<dyn Optimizer<T>> = match self {
            // What is left where nobody knows of squares.
            AnyOptimizer::Automatic => Arc::new(Adam::default()),
            AnyOptimizer::LevenbergMarquardt(method) => Arc::new(*method),
            AnyOptimizer::Lbfgs(method) => Arc::new(*method),
            AnyOptimizer::Adam(adam) => Arc::new(*adam),
            AnyOptimizer::Sgd(sgd) => Arc::new(*sgd),
            AnyOptimizer::Other(other) => other.0.get("the optimiser")?,
        };
        let rate = optimizer.learning_rate();
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(Error::invalid("learning rate", rate, "a positive number"));
        }
        optimizer.check()?;
        Ok(optimizer)
    }
}
