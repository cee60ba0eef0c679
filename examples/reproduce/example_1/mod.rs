//! Example 1 with Figures 7 and 8: the sine by five implicit layers, pushed more or less towards dissipation.
//!
//! The input `x` is the first component of the start `(x, 0)`, the output the second of the state after five steps of unit
//! size. The objective is the mean square error plus `0.1/d²` times the mean square of the Jacobian plus `α_div B(D)`, where
//! `D` is the mean over the samples of `1/T Σ' (t/T)²/d ∇·F`.

mod figures;
mod network;

use crate::outcome;
use crate::place::Place;
use crate::training::{Training, learn};
use kutta::network::States;
use kutta::rand::{SeedableRng, rngs::StdRng};
use kutta::train::{Loss, Settings};
use kutta::{
    Activation, Adam, Error, Mlp, OdeBlock, Regularisation, Schedule, Tableau, Trainer, Trajectories, Trajectory,
};
use network::Network;
use rayon::prelude::*;
use serde_json::json;

const THETAS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const DIVERGENCES: [f64; 5] = [0.0, 0.5, 1.0, 2.0, 3.0];
const LAYERS: usize = 5;
const SAMPLES: usize = 20;
const EPOCHS: usize = 3000;
const SEEDS: u64 = 3;
const NAME: &str = "example-1";
/// Three hidden layers of width 10: as many square matrices.
const WIDTHS: [usize; 6] = [2, 10, 10, 10, 10, 2];

/// What the source says, or what its program does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    /// The sigmoid bounds the reward of divergence, `B(D) = 1/(1 + exp(-D))`; learning rates fall by 0.7 on a plateau; initial
    /// matrices are scaled to Frobenius norm 1.
    Program,
    /// `B(D) = D`; learning rates fall tenfold, as by PyTorch's default; Xavier's initial matrices as they are.
    Text,
}

/// What tells one training from another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Case {
    reading: Reading,
    divergence: f64,
    theta: f64,
    seed: u64,
}

pub fn run(place: &Place) -> Result<(), Error> {
    let data = observed(SAMPLES)?;
    let mut cases = Vec::new();
    for reading in [Reading::Program, Reading::Text] {
        for divergence in DIVERGENCES {
            for theta in THETAS {
                cases.extend(place.effort.seeds(SEEDS).map(|seed| Case { reading, divergence, theta, seed }));
            }
        }
    }
    let epochs = place.effort.epochs(EPOCHS);
    let trainings = cases.iter().map(|case| case.training(&data, epochs)).collect::<Result<Vec<_>, _>>()?;
    let learned = learn(place, NAME, &trainings)?;
    let networks: Vec<Network> = cases
        .into_par_iter()
        .zip(learned)
        .map(|(case, learned)| Network::new(case, learned, &data))
        .collect::<Result<_, _>>()?;
    let settings = json!({
        "epochs": epochs, "samples": SAMPLES, "layers": LAYERS, "widths": WIDTHS, "activation": "gelu",
        "seeds": place.effort.seeds(SEEDS).collect::<Vec<_>>(),
    });
    let outcomes: Vec<_> = networks.iter().map(|network| network.outcome.clone()).collect();
    outcome::write(place, NAME, settings, &outcomes)?;
    figures::draw(place, &networks)
}

/// `count` even points of [-5, 5].
fn even(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |k| 10.0 * k as f64 / (count - 1) as f64 - 5.0)
}

/// The sine at even points: the second component counts, the target of the first is never read.
fn observed(count: usize) -> Result<Trajectories, Error> {
    let sample = |x: f64| Trajectory::new(x.to_string(), vec![0.0, LAYERS as f64], vec![x, 0.0, 0.0, x.sin()]);
    Trajectories::new(["y1", "y2"], even(count).map(sample).collect::<Result<_, _>>()?)
}

/// The mean square error of the last component at the end.
fn loss(path: &States<f64>, target: &States<f64>, gradient: &mut States<f64>) -> f64 {
    let count = path.samples() as f64;
    let mut sum = 0.0;
    for i in 0..path.samples() {
        let end = path.len(i) - 1;
        let error = path.last(i)[1] - target.last(i)[1];
        gradient.state_mut(i, end)[1] += 2.0 * error / count;
        sum += error * error / count;
    }
    sum
}

impl Reading {
    fn name(self) -> &'static str {
        match self {
            Reading::Program => "program",
            Reading::Text => "text",
        }
    }
}

impl Case {
    fn name(&self) -> String {
        let Case { reading, divergence, theta, seed } = self;
        format!("{}-divergence_{divergence}-theta_{theta}-seed_{seed}", reading.name()).replace('.', "_")
    }

    fn block(&self) -> Result<OdeBlock<Mlp>, Error> {
        let field = Mlp::new(WIDTHS, Activation::Gelu)?;
        Ok(OdeBlock::new(field, Tableau::one_leg_theta(self.theta)?).steps(LAYERS).step_size(1.0))
    }

    fn training(&self, data: &Trajectories, epochs: usize) -> Result<Training<Mlp, impl Loss<f64> + use<>>, Error> {
        let block = self.block()?;
        let mut initial: Vec<f64> = block.init(&mut StdRng::seed_from_u64(self.seed));
        let is_program = self.reading == Reading::Program;
        if is_program {
            to_unit_norm(&mut initial);
        }
        let factor = if is_program { 0.7 } else { 0.1 };
        let regularisation = Regularisation {
            divergence: self.divergence,
            divergence_bounded: is_program,
            jacobian: 0.1,
            ..Regularisation::default()
        };
        let settings = Settings {
            optimizer: Adam::new(1e-3).into(),
            schedule: Schedule::ReduceOnPlateau { factor, patience: 50, cooldown: 50, min: 1e-6 },
            regularisation,
            standardised: Some(false),
            seed: self.seed,
            ..Settings::plain()
        };
        Ok(Training {
            name: self.name(),
            settings: json!({ "theta": self.theta, "unit_norm": is_program, "epochs": epochs, "training": settings }),
            trainer: Trainer::new(block.clone()).settings(settings).initial(initial).epochs(epochs).loss(loss),
            data: data.clone(),
        })
    }
}

/// Scales the matrices of a network to Frobenius norm 1: fields start out gentle.
fn to_unit_norm(mut params: &mut [f64]) {
    for pair in WIDTHS.windows(2) {
        let (matrix, rest) = params.split_at_mut(pair[0] * pair[1]);
        let norm = matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
        matrix.iter_mut().for_each(|x| *x /= norm);
        // The last layer has no biases.
        let biases = pair[1].min(rest.len());
        params = &mut rest[biases..];
    }
}
