//! Example 2 with Figure 9: the stiff equation `ż = -20 (z - cos t)` by steps of 0.1, from 2, 4 or 10 points of a trajectory.
//!
//! The field is `F_{-25,-15}` over a network of two hidden layers of width 4, spectrally normalised. It does not see the time:
//! every interval of a grid of 0.1 has parameters of its own, drawn independently, and a layer takes those of the interval in
//! which it starts. The loss is the mean square error at the points plus 0.1 times the mean square of the parameters'
//! differences from interval to interval. As in the source's program, learning rates begin at 0.01 and fall to a fifth of it.

mod figures;
mod network;

use crate::outcome;
use crate::place::Place;
use crate::training::{Training, learn};
use kutta::field::{Bounded, Layered, Normalised};
use kutta::train::{MeanSquareAt, Settings};
use kutta::{
    Activation, Adam, Error, Mlp, OdeBlock, Regularisation, Schedule, Tableau, Trainer, Trajectories, Trajectory,
};
use network::Network;
use rand::{Rng, SeedableRng, rngs::StdRng};
use rayon::prelude::*;
use serde_json::json;

const NAME: &str = "example-2";
const THETAS: [f64; 3] = [0.0, 0.5, 1.0];
const POINTS: [usize; 3] = [2, 4, 10];
const STEP: f64 = 0.1;
/// Layers of a trajectory.
const LAYERS: usize = 20;
/// Intervals of the grid from 0 to 4.
const INTERVALS: usize = 40;
const TRAJECTORIES: usize = 100;
const EPOCHS: usize = 50;
const RATE: f64 = 1e-2;
const SEEDS: u64 = 3;

/// A network whose slope is bounded.
type Field = Bounded<Normalised<Mlp>>;

/// Where trajectories start.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Starts {
    /// At any time, as the source's: a layer reaches into the next interval, and learns an average over both fields.
    Anywhere,
    /// On the grid, so that a layer has one interval's field throughout.
    OnGrid,
}

/// What tells one training from another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Case {
    starts: Starts,
    points: usize,
    theta: f64,
    seed: u64,
}

pub fn run(place: &Place) -> Result<(), Error> {
    let mut cases = Vec::new();
    for starts in [Starts::Anywhere, Starts::OnGrid] {
        for points in POINTS {
            for theta in THETAS {
                cases.extend(place.effort.seeds(SEEDS).map(|seed| Case { starts, points, theta, seed }));
            }
        }
    }
    let epochs = place.effort.epochs(EPOCHS);
    let count = TRAJECTORIES.min(place.effort.trajectories);
    let trainings = cases.iter().map(|case| case.training(count, epochs)).collect::<Result<Vec<_>, _>>()?;
    let learned = learn(place, NAME, &trainings)?;
    let networks: Vec<Network> = cases
        .into_par_iter()
        .zip(learned)
        .map(|(case, learned)| Network::new(case, learned, count))
        .collect::<Result<_, _>>()?;
    let settings = json!({
        "epochs": epochs, "trajectories": count, "layers": LAYERS, "step": STEP, "learning_rate": RATE,
        "seeds": place.effort.seeds(SEEDS).collect::<Vec<_>>(),
    });
    let outcomes: Vec<_> = networks.iter().map(|network| network.outcome.clone()).collect();
    outcome::write(place, NAME, settings, &outcomes)?;
    figures::draw(place, &networks)
}

impl Starts {
    fn name(self) -> &'static str {
        match self {
            Starts::Anywhere => "anywhere",
            Starts::OnGrid => "on_grid",
        }
    }
}

impl Case {
    fn name(&self) -> String {
        let Case { starts, points, theta, seed } = self;
        format!("{}-points_{points}-theta_{theta}-seed_{seed}", starts.name()).replace('.', "_")
    }

    /// Trajectories to learn from, and others to judge by. Networks of one seed share them.
    fn data(&self, count: usize) -> Result<[Trajectories; 2], Error> {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let training = observe(count, self.starts, &mut rng)?;
        Ok([training, observe(count, self.starts, &mut rng)?])
    }

    fn block(&self) -> Result<OdeBlock<Field>, Error> {
        // Two hidden layers of width 4: as many square matrices.
        let field = Mlp::new([1, 4, 4, 4, 1], Activation::Relu)?.with_spectrum(-25.0, -15.0)?;
        let block = OdeBlock::new(field, Tableau::one_leg_theta(self.theta)?);
        Ok(block.steps(INTERVALS).step_size(STEP).per_step(0.0))
    }

    fn training(&self, count: usize, epochs: usize) -> Result<Training<Field, MeanSquareAt>, Error> {
        let block = self.block()?;
        // One draw for all intervals would often leave no unit active anywhere.
        let initial: Vec<f64> = block.init_per_step(&mut StdRng::seed_from_u64(self.seed));
        let settings = Settings {
            optimizer: Adam::new(RATE).into(),
            schedule: Schedule::Cosine { epochs, min: 0.2 * RATE },
            regularisation: Regularisation { variation: 0.1, ..Regularisation::default() },
            batch_size: Some(1),
            standardised: Some(false),
            seed: self.seed,
            ..Settings::plain()
        };
        let [data, _] = self.data(count)?;
        let seen = (1..=self.points).map(|j| j * LAYERS / self.points).collect();
        let trainer = Trainer::new(block).settings(settings.clone()).initial(initial).epochs(epochs);
        Ok(Training {
            name: self.name(),
            settings: json!({
                "starts": self.starts.name(), "points": self.points, "theta": self.theta, "epochs": epochs,
                "training": settings,
            }),
            trainer: trainer.loss(MeanSquareAt(seen)),
            data,
        })
    }
}

/// Exact trajectories with random starts, seen at the end of every layer.
fn observe(count: usize, starts: Starts, rng: &mut StdRng) -> Result<Trajectories, Error> {
    let mut trajectories = Vec::with_capacity(count);
    for k in 0..count {
        let (start, state) = (rng.random_range(0.0..=20.0_f64), rng.random_range(-0.5..1.5));
        let start = if starts == Starts::Anywhere { start } else { start.round() };
        let times: Vec<f64> = (0..=LAYERS).map(|n| STEP * (start + n as f64)).collect();
        let states = times.iter().map(|&t| exact((times[0], state), t)).collect();
        trajectories.push(Trajectory::new(k.to_string(), times, states)?);
    }
    Trajectories::new(["z"], trajectories)
}

/// The solution that is `state` at `start`, at time `t`.
fn exact((start, state): (f64, f64), t: f64) -> f64 {
    let slow = |t: f64| (400.0 * t.cos() + 20.0 * t.sin()) / 401.0;
    slow(t) + (state - slow(start)) * (-20.0 * (t - start)).exp()
}
