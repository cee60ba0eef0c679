//! Learning parameters from data.
//!
//! | I want to … | by |
//! | --- | --- |
//! | fit a network to recorded trajectories | [`Trainer`] |
//! | learn an energy, or an equation of second order | a [`Trainer`] of a [`Hamiltonian`](crate::field::Hamiltonian) or [`SecondOrder`](crate::field::SecondOrder) field, [`hidden_velocities`](Trainer::hidden_velocities) |
//! | know what becomes of a learned energy | [`Model::energies`], [`Model::energy_drift`] |
//! | use, save and load what was learned | [`Model`] |
//! | choose how unknowns are moved | [`LevenbergMarquardt`] (the default, where it can be), [`Lbfgs`], [`Adam`], [`Sgd`] |
//! | say what a good prediction is | [`Loss`]: [`MeanSquare`], [`MeanSquareAt`], [`FinalState`], a closure |
//! | know whether a fit is worth anything | [`Summary::verdict`], [`Model::seen`] |
//! | know whether data can be followed at all | [`Trajectories::contradiction`](crate::data::Trajectories::contradiction) |
//! | stop early, with the best so far | [`Trainer::stop_when`] |
//! | keep the learned field smooth, or stable | [`Regularisation`](crate::Regularisation) |
//! | fit long oscillating records, which flatten otherwise | [`Shooting`] |
//! | keep what was learned when training fails | [`OnFailure`], [`Interrupted`] |
//! | learn what images show | a [`Session`] of a [`Classification`], which gives a [`Classifier`] |
//! | see how little deceives a classifier | [`Attack`], [`Images::with_noise`](crate::data::Images::with_noise) |
//! | minimise something else than errors on trajectories | [`Session`] of an [`Objective`] |
//! | bring an optimiser of my own | [`Optimizer`] |
//! | write a training loop of my own | [`OdeBlock::value_and_grad`](crate::network::OdeBlock::value_and_grad), [`Adam`], [`Update`] |
//!
//! # What the defaults can do
//!
//! A network of two layers of 20 units, by Radau IIA of order 3, standardised, everything else by default, as `kutta fit` does
//! it. The error is the root mean square, along the true trajectory through the time of the data, of the worst component,
//! divided by the component's deviation: the least and the largest of five seeds (of three with a star). A training arrives with
//! 0.1 at most, or 0.125 where the data have noise. Seconds are the median on two cores.
//!
//! | data | error | seconds |
//! | --- | --- | --- |
//! | Lotka–Volterra, 101 observations | 8e-5 to 1e-4 | 2 |
//! | the same with 5 % noise | 0.017 to 0.018 | 3 |
//! | pendulum with 5 % noise, 100 | 0.016 to 0.018 | 1 |
//! | damped pendulum at irregular times, 100 | 1e-4 to 2e-4 | 5 |
//! | double pendulum, 150 | 7e-5 to 1e-4 | 6 |
//! | Kepler's problem, two orbits, 100 | 3e-5 to 8e-5 | 2 |
//! | cubic spiral, 30 | 0.005 to 0.02 | 2 |
//! | FitzHugh–Nagumo, 200 | 1e-4 | 2 |
//! | van der Pol, µ = 2, 100 | 1e-4 to 2e-4 | 3 |
//! | van der Pol, µ = 5, two records of 600 | 0.001 to 0.002 | 20 |
//! | van der Pol, µ = 50, 250 dense at the jumps | 0.02 to 0.3: four of five arrive | 24 |
//! | Robertson's reaction, times from 1e-5 to 1e5 | 1e-4 to 9e-4 | 8 |
//! | linear, 30 components, 100 | 7e-5 to 9e-5 | 44 |
//! | Lorenz, 125 | 3e-4 to 0.002 | 4 |
//! | Rössler, 160 | 0.01 to 0.03 | 6 |
//! | Brusselator, sharp spikes, 150 | 1e-4 to 3e-4 | 2 |
//! | Duffing, two wells, 5 % noise, 120 | 0.03 | 1 |
//! | epidemic (SIR), 60 | 3e-5 to 9e-5 | 1 |
//! | Oregonator, 300 at even times* | 1.0: none arrives | 11 |
//!
//! Beyond the data, predictions hold where the data determine the field: the median of errors over another such time is below
//! 0.001 for the oscillators without noise. Where a trajectory goes on to states that none has come near, as the spiral does, or
//! is chaotic, they do not.

mod best;
mod checkpoint;
mod classification;
mod cover;
mod document;
mod duration;
mod energy;
mod evidence;
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
mod squares;
mod starts;
mod state;
mod sums;
mod trainer;
mod training;
mod undo;
mod verdict;

pub use crate::network::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use classification::{Attack, Classification, Classifier};
pub use cover::Cover;
pub use energy::EnergyDrift;
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
