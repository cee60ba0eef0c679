//! A trained network of Example 2, and what is measured of it.

use super::{Case, Field};
use crate::outcome::Outcome;
use crate::training::Learned;
use kutta::{Error, Model, Trajectories};

/// Of the flows of learned fields.
pub const TOLERANCE: f64 = 1e-6;

pub struct Network {
    pub case: Case,
    pub model: Model<Field>,
    pub outcome: Outcome,
}

impl Network {
    pub fn new(case: Case, learned: Learned, count: usize) -> Result<Self, Error> {
        let model = learned.model(case.block()?, &["z"])?;
        let [training, unseen] = case.data(count)?;
        let Case { starts, points, theta, seed } = case;
        let outcome = Outcome {
            case: vec![
                ("starts", starts.name().into()),
                ("points", points.into()),
                ("theta", theta.into()),
                ("seed", seed.into()),
            ],
            measures: vec![
                ("rmse_training", rmse(&model.follow(&training)?, &training)),
                ("rmse_network", rmse(&model.follow(&unseen)?, &unseen)),
                ("rmse_flow", rmse(&flows(&model, &unseen)?, &unseen)),
                ("reversals", reversals(&model.follow(&unseen)?)),
                ("slope", slope(&model, &unseen)?),
            ],
        };
        Ok(Network { case, model, outcome })
    }
}

/// The flow of the learned field, from the same starts and at the same times.
fn flows(model: &Model<Field>, data: &Trajectories) -> Result<Trajectories, Error> {
    let flow = |path: &kutta::Trajectory| {
        let times = path.times();
        let flow = model.flow(times[0], path.state(0), times, TOLERANCE)?;
        kutta::Trajectory::new(path.id(), times.to_vec(), flow.states().to_vec())
    };
    Trajectories::new(["z"], data.iter().map(flow).collect::<Result<_, _>>()?)
}

/// Over all observations but the starts.
fn rmse(found: &Trajectories, exact: &Trajectories) -> f64 {
    let pairs = || found.iter().zip(exact).flat_map(|(a, b)| a.states().iter().zip(b.states()).skip(1));
    (pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>() / pairs().count() as f64).sqrt()
}

/// How often a path turns between up and down: the mean over trajectories. An exact one does so twice at most.
fn reversals(paths: &Trajectories) -> f64 {
    let turns = |states: &[f64]| states.windows(3).filter(|z| (z[1] - z[0]) * (z[2] - z[1]) < 0.0).count();
    paths.iter().map(|path| turns(path.states()) as f64).sum::<f64>() / paths.iter().count() as f64
}

/// Mean slope of the learned field along trajectories; that of the true one is -20.
fn slope(model: &Model<Field>, data: &Trajectories) -> Result<f64, Error> {
    let slopes = data.iter().map(|path| model.eigenvalues(path)).collect::<Result<Vec<_>, _>>()?.concat().concat();
    Ok(slopes.iter().map(|[re, _]| re).sum::<f64>() / slopes.len() as f64)
}
