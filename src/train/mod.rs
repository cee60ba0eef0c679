//! Learning parameters from data.
//!
//! | I want to … | by |
//! | --- | --- |
//! | fit a network to recorded trajectories | [`Trainer`] |
//! | use, save and load what was learned | [`Model`] |
//! | choose how unknowns are moved | [`LevenbergMarquardt`] (the default, where it can be), [`Lbfgs`], [`Adam`], [`Sgd`] |
//! | say what a good prediction is | [`Loss`]: [`MeanSquare`], [`MeanSquareAt`], [`FinalState`], a closure |
//! | know whether a fit is worth anything | [`Summary::verdict`], [`Model::seen`] |
//! | know whether data can be followed at all | [`Trajectories::contradiction`](crate::data::Trajectories::contradiction) |
//! | stop early, with the best so far | [`Trainer::stop_when`] |
//! | keep the learned field smooth, or stable | [`Regularisation`](crate::Regularisation) |
//! | fit long oscillating records, which flatten otherwise | [`Shooting`] |
//! | keep what was learned when training fails | [`OnFailure`], [`Interrupted`] |
//! | minimise something else than errors on trajectories | [`Session`] of an [`Objective`] |
//! | bring an optimiser of my own | [`Optimizer`] |
//! | write a training loop of my own | [`OdeBlock::value_and_grad`](crate::network::OdeBlock::value_and_grad), [`Adam`], [`Update`] |
//!
//! # What the defaults can do
//!
//! A network of two layers of 20 units, by Radau IIA of order 3 in four steps an interval, standardised, everything else by
//! default, as `kutta fit` does it. The error is the root mean square, along the true trajectory through the time of the data,
//! of the worst component, divided by the component's deviation: the least and the largest of five seeds (of two with a star).
//! A training arrives with 0.1 at most, or 0.125 where the data have noise.
//!
//! | data | error | arrive |
//! | --- | --- | --- |
//! | Lotka–Volterra, 101 observations | 0.009 to 0.020 | all |
//! | the same with 5 % noise | 0.017 to 0.020 | all |
//! | pendulum with 5 % noise, 100 | 0.017 to 0.018 | all |
//! | damped pendulum at irregular times, 100 | 0.008 to 0.011 | all |
//! | double pendulum, 150 | 0.009 to 0.011 | all |
//! | Kepler's problem, two orbits, 100 | 0.002 to 0.007 | all |
//! | cubic spiral, 30 | 0.04 to 0.08 | all |
//! | FitzHugh–Nagumo, 200 | 0.02 to 0.04 | all |
//! | van der Pol, µ = 2, 100 | 0.02 to 0.06 | all |
//! | linear, 30 components, 100 | 0.009 to 0.010 | all |
//! | Duffing, two wells, 120* | 0.04 | all |
//! | Goodwin, 120* | 0.03 to 0.04 | all |
//! | Rössler, 160* | 0.02 | all |
//! | Lorenz, 125* | 0.05 to 0.08 | all |
//! | predator and prey that saturates, 121* | 0.03 to 0.09 | all |
//! | Brusselator, sharp spikes, 150* | 0.16 to 0.24 | none |
//! | van der Pol, µ = 5, two records of 600 | 0.16 to 1.0 | none |
//! | Robertson's reaction, times from 1e-5 to 1e5 | | none: one step size for all intervals makes for too many steps |

mod best;
mod checkpoint;
mod cover;
mod document;
mod duration;
mod fit;
mod history;
mod join;
mod model;
mod normal_equations;
mod objective;
mod optimizers;
mod progress;
mod rmse;
mod schedule;
mod seen;
mod session;
mod settings;
mod shooting;
mod state;
mod sums;
mod trainer;
mod undo;
mod verdict;

pub use crate::network::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use cover::Cover;
pub use fit::{Fit, Interrupted, Summary};
pub use history::{Epoch, History};
pub use model::{LearnedStart, Model};
pub use normal_equations::NormalEquations;
pub use objective::{Evaluation, Minibatch, Objective, Stage, SumOfSquares, Turn};
pub use optimizers::*;
pub use rmse::Rmse;
pub use schedule::{Schedule, ScheduleState};
pub use seen::{Departure, Seen};
pub use session::Session;
pub use settings::{OnFailure, Settings, Validation};
pub use shooting::Shooting;
pub use trainer::Trainer;
pub use undo::Update;
pub use verdict::{Assessment, Judgement, Worth};
