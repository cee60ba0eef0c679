//! Learning parameters from data.
//!
//! | I want to … | by |
//! | --- | --- |
//! | fit a network to recorded trajectories | [`Trainer`] |
//! | use, save and load what was learned | [`Model`] |
//! | say what a good prediction is | [`Loss`]: [`MeanSquare`], [`MeanSquareAt`], [`FinalState`], a closure |
//! | know whether a fit is worth anything | [`Summary::verdict`], [`Model::seen`] |
//! | stop early, with the best so far | [`Trainer::stop_when`] |
//! | keep the learned field smooth, or stable | [`Regularisation`](crate::Regularisation) |
//! | fit long oscillating records, which flatten otherwise | [`Strategy`] |
//! | keep what was learned when training fails | [`OnFailure`], [`Interrupted`] |
//! | write a training loop of my own | [`OdeBlock::value_and_grad`](crate::network::OdeBlock::value_and_grad), [`Optimizer`], [`Update`] |

mod checkpoint;
mod document;
mod fit;
mod loss;
mod model;
mod objective;
mod optimizer;
mod progress;
mod record;
mod rmse;
mod schedule;
mod seen;
mod session;
mod settings;
mod strategy;
mod trainer;
mod undo;
mod verdict;

pub use fit::{Fit, Interrupted, Summary};
pub use loss::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use model::{LearnedStart, Model};
pub use optimizer::{Adam, Optimizer, OptimizerState, Sgd};
pub use record::{Record, Row};
pub use rmse::Rmse;
pub use schedule::{Schedule, ScheduleState};
pub use seen::{Departure, Seen};
pub use settings::{OnFailure, Settings, Validation};
pub use strategy::Strategy;
pub use trainer::Trainer;
pub use undo::Update;
pub use verdict::{Judgement, Verdict, Worth};
