//! Example 3 with Figures 10 and 11: the Lotka–Volterra equations from five closed orbits, followed to t = 200.
//!
//! Layers are steps of 0.2 that share a network of four hidden layers of width 20, nothing is normalised or regularised. The
//! source's text leaves learning rates open; its program has them begin at 0.01 and fall to a tenth.

mod figures;
mod network;

use crate::outcome;
use crate::place::{Effort, Place};
use crate::training::{Training, learn};
use kutta::flow::Solution;
use kutta::train::{MeanSquare, Settings};
use kutta::{
    Activation, Adam, Error, Flow, Mlp, Number, OdeBlock, Schedule, Shooting, Tableau, Trainer, Trajectories,
    Trajectory, VectorField,
};
use network::Network;
use rayon::prelude::*;
use serde_json::json;

const NAME: &str = "example-3";
const THETAS: [f64; 3] = [0.0, 0.5, 1.0];
const STEP: f64 = 0.2;
const LAYERS: usize = 50;
/// Until when orbits are followed.
const END: f64 = 200.0;
const EPOCHS: usize = 3000;
const RATE: f64 = 1e-2;
/// Of the source's settings, and of ours.
const SEEDS: [u64; 2] = [5, 3];
/// Four hidden layers of width 20: as many square matrices.
const WIDTHS: [usize; 7] = [2, 20, 20, 20, 20, 20, 2];
/// Starts of the orbits.
const STARTS: [[f64; 2]; 5] = [[1.0, 0.6], [1.0, 0.8], [1.0, 1.0], [1.0, 1.2], [1.0, 1.4]];

/// `ż1 = 2/3 z1 - 4/3 z1 z2`, `ż2 = z1 z2 - z2`: what is to be learned.
struct LotkaVolterra;

impl VectorField for LotkaVolterra {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _params: &[S], _t: S, z: &[S], dz: &mut [S]) {
        dz[0] = S::constant(2.0 / 3.0) * z[0] - S::constant(4.0 / 3.0) * z[0] * z[1];
        dz[1] = z[0] * z[1] - z[1];
    }
}

/// How networks are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Variant {
    /// As the source says.
    Source,
    /// To a smaller error, to see what is left of the scheme's alone: a smooth activation, twice the epochs, on a horizon that
    /// grows.
    Smooth,
}

/// What tells one training from another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Case {
    variant: Variant,
    theta: f64,
    seed: u64,
}

pub fn run(place: &Place) -> Result<(), Error> {
    let mut cases = Vec::new();
    for (variant, seeds) in [Variant::Source, Variant::Smooth].into_iter().zip(SEEDS) {
        for theta in THETAS {
            cases.extend(place.effort.seeds(seeds).map(|seed| Case { variant, theta, seed }));
        }
    }
    let data = observed()?;
    let truth =
        STARTS.iter().map(|start| Ok(points(&exact(start, &times(END, STEP))?))).collect::<Result<Vec<_>, Error>>()?;
    let trainings = cases.iter().map(|case| case.training(&data, place.effort)).collect::<Result<Vec<_>, _>>()?;
    let learned = learn(place, NAME, &trainings)?;
    let networks: Vec<Network> = cases
        .into_par_iter()
        .zip(learned)
        .map(|(case, learned)| Network::new(case, learned, &data, &truth))
        .collect::<Result<_, _>>()?;
    let settings = json!({
        "epochs": place.effort.epochs(EPOCHS), "layers": LAYERS, "step": STEP, "widths": WIDTHS,
        "activation": "relu, smooth variant: gelu", "learning_rate": RATE, "starts": STARTS, "until": END,
        "seeds": SEEDS.map(|seeds| place.effort.seeds(seeds).collect::<Vec<_>>()),
    });
    let outcomes: Vec<_> = networks.iter().flat_map(|network| network.outcomes.clone()).collect();
    outcome::write(place, NAME, settings, &outcomes)?;
    figures::draw(place, &networks)
}

impl Variant {
    fn name(self) -> &'static str {
        match self {
            Variant::Source => "source",
            Variant::Smooth => "smooth",
        }
    }
}

impl Case {
    fn name(&self) -> String {
        let Case { variant, theta, seed } = self;
        format!("{}-theta_{theta}-seed_{seed}", variant.name()).replace('.', "_")
    }

    fn block(&self) -> Result<OdeBlock<Mlp>, Error> {
        let activation = if self.variant == Variant::Source { Activation::Relu } else { Activation::Gelu };
        let field = Mlp::new(WIDTHS, activation)?;
        Ok(OdeBlock::new(field, Tableau::one_leg_theta(self.theta)?).steps(LAYERS).step_size(STEP))
    }

    fn training(&self, data: &Trajectories, effort: Effort) -> Result<Training<Mlp, MeanSquare>, Error> {
        let plain = Settings { standardised: Some(false), seed: self.seed, ..Settings::plain() };
        let (epochs, settings) = match self.variant {
            Variant::Source => {
                let (epochs, optimizer) = (effort.epochs(EPOCHS), Adam::new(RATE).into());
                (epochs, Settings { optimizer, schedule: Schedule::Cosine { epochs, min: 0.1 * RATE }, ..plain })
            }
            Variant::Smooth => {
                let (epochs, optimizer) = (effort.epochs(2 * EPOCHS), Adam::new(RATE / 2.0).into());
                let shooting = Shooting::GrowingHorizon { intervals: 5, epochs: (epochs / 3).max(1) };
                (epochs, Settings { optimizer, schedule: Schedule::Cosine { epochs, min: 1e-5 }, shooting, ..plain })
            }
        };
        Ok(Training {
            name: self.name(),
            settings: json!({ "variant": self.variant.name(), "theta": self.theta, "epochs": epochs, "training": settings }),
            trainer: Trainer::new(self.block()?).settings(settings).epochs(epochs),
            data: data.clone(),
        })
    }
}

/// The orbits as training sees them, at the end of every layer.
fn observed() -> Result<Trajectories, Error> {
    let times = times(STEP * LAYERS as f64, STEP);
    let orbit = |(k, start): (usize, &[f64; 2])| {
        let states = exact(start, &times)?.states().to_vec();
        Trajectory::new(format!("orbit {}", k + 1), times.clone(), states)
    };
    Trajectories::new(["z1", "z2"], STARTS.iter().enumerate().map(orbit).collect::<Result<_, _>>()?)
}

fn exact(start: &[f64; 2], times: &[f64]) -> Result<Solution<f64>, Error> {
    let flow = Flow::new(&LotkaVolterra, &[]).scheme(Tableau::dormand_prince_5_4()).tolerance(1e-10, 1e-12);
    flow.solve(0.0, start, times)
}

fn times(end: f64, every: f64) -> Vec<f64> {
    (0..=(end / every).round() as usize).map(|k| every * k as f64).collect()
}

fn points(path: &Solution<f64>) -> Vec<[f64; 2]> {
    path.states().chunks_exact(2).map(|z| [z[0], z[1]]).collect()
}
