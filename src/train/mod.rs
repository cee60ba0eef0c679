//! Learning parameters from data.
//!
//! | I want to … | by |
//! | --- | --- |
//! | fit a network to recorded trajectories | [`Trainer`] |
//! | use, save and load what was learned | [`Model`] |
//! | say what a good prediction is | [`Loss`]: [`MeanSquare`], [`MeanSquareAt`], [`FinalState`], a closure |
//! | keep the learned field smooth, or stable | [`Regularisation`](crate::Regularisation) |
//! | fit long oscillating records, which flatten otherwise | [`Strategy`] |
//! | keep what was learned when training fails | [`OnFailure`], [`Interrupted`] |
//! | write a training loop of my own | [`OdeBlock::value_and_grad`](crate::network::OdeBlock::value_and_grad), [`Optimizer`], [`Update`] |

mod best;
mod checkpoint;
mod document;
mod duration;
mod fit;
mod join;
mod loss;
mod model;
mod objective;
mod optimizer;
mod progress;
mod record;
mod schedule;
mod session;
mod settings;
mod strategy;
mod trainer;
mod undo;

pub use fit::{Fit, Interrupted, Summary};
pub use loss::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use model::{LearnedStart, Model, Rmse};
pub use optimizer::{Adam, Optimizer, OptimizerState, Sgd};
pub use record::{Record, Row};
pub use schedule::{Schedule, ScheduleState};
pub use settings::{OnFailure, Settings, Validation};
pub use strategy::Strategy;
pub use trainer::Trainer;
pub use undo::Update;
