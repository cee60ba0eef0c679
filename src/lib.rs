//! Neural networks whose layers are Runge–Kutta steps, implicit ones included.
//!
//! A residual network is an integrator: with a learned vector field `F`, the layer `y ← y + h F(y)` is a step of forward
//! Euler. Any other scheme makes a layer too. Implicit schemes take long steps through stiff equations, where explicit
//! ones need many short ones or blow up, and good schemes learn a field that is right, not one that makes up for the error
//! of the steps. kutta takes any Runge–Kutta tableau, solves its stage equations, and computes the exact gradient of what
//! was computed, by the discrete adjoint. The idea, and much of the method, is from V. Reshniak and C. G. Webster,
//! "Robust learning with implicit residual networks" (2021), cited as Reshniak and Webster (2021).
//!
//! # A tour
//!
//! A field of one's own is one generic function. Its derivatives follow from it.
//!
//! ```
//! use kutta::{Adam, Flow, Number, OdeBlock, Tableau, Trainer, Trajectories, Trajectory, VectorField};
//!
//! #[derive(Clone)]
//! struct Pendulum;
//! impl VectorField for Pendulum {
//!     fn dim(&self) -> usize { 2 }
//!     fn param_count(&self) -> usize { 1 }
//!     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
//!         dy[0] = y[1];
//!         dy[1] = -params[0] * y[0].sin();
//!     }
//! }
//!
//! // Data: here a swing of a pendulum computed accurately; usually `Trajectories::from_csv("swing.csv")?`.
//! let times: Vec<f64> = (0..=20).map(|k| 0.1 * f64::from(k)).collect();
//! let swing = Flow::new(&Pendulum, &[9.81]).tolerance(1e-9, 1e-9).solve(0.0, &[1.0, 0.0], &times)?;
//! let swing = Trajectory::new("", times, swing.states().to_vec())?;
//! let data = Trajectories::new(["angle", "velocity"], vec![swing])?;
//!
//! // A network: the field and a scheme, by name, or typed in with `Tableau::new(A, b, c)`.
//! let block = OdeBlock::new(Pendulum, Tableau::by_name("gauss_2")?).step_size(0.1);
//!
//! // What was learned: `g/l`, from a first guess of 5.
//! let fit = Trainer::new(block).optimizer(Adam::new(0.1)).initial([5.0]).epochs(400).fit(&data)?;
//! assert!((fit.model.params()[0] - 9.81).abs() < 0.01);
//!
//! // A forecast, by the network's own steps.
//! let forecast = fit.model.predict(0.0, &[0.5, 0.0], &[1.0, 2.0, 3.0])?;
//! println!("angle and velocity at t = 3: {:?}", forecast.state(2));
//! # Ok::<(), kutta::Error>(())
//! ```
//!
//! With [`Mlp`] in place of `Pendulum` nothing need be known of the field. The [`guide`] goes on from here.
//!
//! # Where is what
//!
//! | I want to … | by |
//! | --- | --- |
//! | be shown how, from the start | the [`guide`] |
//! | learn an equation from recorded trajectories | [`Trainer`], which gives a [`Fit`] with the [`Model`] |
//! | read, write, split, standardise trajectories | [`Trajectories`], module [`data`], which describes the CSV format |
//! | write a field of my own | [`VectorField`] for any [`Number`]; [`field::Field`] for what exists in batches alone |
//! | take a field of many parameters | [`Mlp`]; [`WithInputs`] adds the time, [`Damped`] a known damping |
//! | learn an energy that is kept, or lost | [`field::Hamiltonian`], [`field::Separable`], [`field::PortHamiltonian`] |
//! | learn an equation of second order | [`field::SecondOrder`] |
//! | give a field inputs, or constants in which samples differ | [`field::Signal`] |
//! | treat parts or terms of a field differently | [`field::Partitioned`], [`field::InParts`], [`field::Split`] |
//! | keep a field stable, by a bound on its slope or its spectrum | [`Layered::normalised`], [`Layered::with_spectrum`], [`field::Spectrum`] |
//! | see where the eigenvalues of a field's Jacobian lie | [`OdeBlock::eigenvalues`], [`Model::eigenvalues`] |
//! | choose a scheme | [`Tableau::by_name`], [`Tableau::catalogue`], [`Tableau::gauss`], [`Tableau::radau_iia`] |
//! | bring a scheme of my own | [`Tableau::new`], [`Tableau::from_file`] |
//! | step by a partitioned, additive, multistep or reversible method | [`tableau::Method`]: [`OdeBlock::new`] takes any |
//! | know everything about a scheme, and check what is claimed of it | module [`verify`]: [`verify::verify`] |
//! | make a scheme from schemes | [`Tableau::composed`], [`Tableau::adjoint`], … |
//! | build a network, with parameters shared or by step | [`OdeBlock`] |
//! | chain layers | [`network::Layer`], [`network::Sequential`] |
//! | write a training loop of my own, or an optimiser | [`OdeBlock::value_and_grad`], [`train::Optimizer`] |
//! | judge by another loss | [`train::Loss`]: a closure will do |
//! | learn what images show, and how little deceives a network | [`data::Images`], [`train::Classification`], [`train::Attack`] |
//! | minimise something that is not about trajectories | [`train::Session`] of a [`train::Objective`] |
//! | fit long oscillating records | [`Shooting`] |
//! | keep the learned field smooth, or stable | [`Regularisation`], or a [`regularisation::Penalty`] of my own |
//! | use, save and load what was learned | [`Model`] |
//! | integrate a field accurately, learned or not | [`Flow`], [`Model::flow`] |
//! | choose how stage equations are solved | [`StageSolver`], [`OdeBlock::solved_by`] |
//! | take single steps, with adjoint and tangent | module [`step`] |
//! | test an integrator of my own, or a scheme, by its laws | module `properties` (feature `proptest`) |
//! | draw what was learned | module `plot` (feature `plot`) |
//! | know what went wrong | [`Error`] |
//!
//! # Features
//!
//! | feature | gives | default |
//! | --- | --- | --- |
//! | `cli` | the command `kutta` | yes |
//! | `plot` | module `plot`: figures as SVG | yes |
//! | `proptest` | module `properties`: property tests of integrators | no |
//!
//! # Promises
//!
//! - Gradients are those of the computed numbers, not approximations of a continuous adjoint: to rounding for explicit
//!   schemes, to the tolerance of the stage equations for implicit ones.
//! - `Ok` means solved: stage equations that are not solved to the tolerance are an [`Error`] that names step, stage and
//!   sample.
//! - The same seed gives the same results, bit for bit, whatever the number of threads.
//! - Input that makes no sense is an [`Error`], not a panic. Indexing beyond the end panics, as it does for slices.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod data;
pub mod error;
pub mod field;
mod file;
pub mod flow;
pub mod guide;
mod linalg;
pub mod network;
pub mod number;
#[cfg(feature = "plot")]
pub mod plot;
#[cfg(feature = "proptest")]
pub mod properties;
pub mod regularisation;
pub mod solve;
pub mod step;
pub mod tableau;
pub mod train;
pub mod verify;

pub use data::{Trajectories, Trajectory};
pub use error::Error;
pub use field::{Activation, Damped, Layered, Mlp, VectorField, WithInputs};
pub use flow::Flow;
pub use network::OdeBlock;
pub use number::{Number, Real};
/// The random numbers that [`OdeBlock::init`] draws from, in the version that it takes.
pub use rand;
pub use regularisation::Regularisation;
pub use solve::StageSolver;
pub use tableau::Tableau;
pub use train::{Adam, Fit, Model, Schedule, Shooting, Trainer};

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
