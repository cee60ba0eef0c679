//! A trained network of Example 1, and what is measured of it.

use super::{Case, LAYERS, SAMPLES, even, loss};
use crate::figure_3::stability;
use crate::outcome::Outcome;
use crate::training::{Learned, Recorded};
use kutta::flow::Solution;
use kutta::network::Gradient;
use kutta::plot::Complex;
use kutta::{Error, Mlp, Model, Regularisation, Trajectories, Trajectory};

/// Inputs between the samples.
pub const FINE: usize = 401;
/// How far from the line of inputs starts are for the width of the band that they keep.
pub const BAND: f64 = 0.2;

pub struct Network {
    pub case: Case,
    pub model: Model<Mlp>,
    pub history: Recorded,
    pub outcome: Outcome,
}

/// The states before and after every layer.
pub type Path = Solution<f64>;

impl Network {
    pub fn new(case: Case, learned: Learned, data: &Trajectories) -> Result<Self, Error> {
        let model = learned.model(case.block()?, &["y1", "y2"])?;
        let Case { reading, divergence, theta, seed } = case;
        let named = [("divergence", divergence.into()), ("theta", theta.into()), ("seed", seed.into())];
        let outcome = Outcome {
            case: [("reading", reading.name().into())].into_iter().chain(named).collect(),
            measures: Vec::new(),
        };
        let mut network = Network { case, model, history: learned.history, outcome };
        network.outcome.measures = network.measures(data, learned.retries)?;
        Ok(network)
    }

    fn measures(&self, data: &Trajectories, retries: usize) -> Result<Vec<(&'static str, f64)>, Error> {
        let (block, params) = (self.model.block(), self.model.params());
        // Both penalties, without their weights.
        let penalties = Regularisation { divergence: 1.0, jacobian: 1.0, ..Regularisation::default() };
        let (samples, fine) = (self.paths(even(SAMPLES), 0.0)?, self.paths(even(FINE), 0.0)?);
        // A place at which training arrived, by steps from its last epoch, need not be found from nothing by all samples.
        let mut found = Vec::new();
        for sample in data {
            let one = Trajectories::new(["y1", "y2"], vec![sample.clone()])?;
            match block.regularised_by(penalties).value_and_grad(params, &one, &loss) {
                Err(Error::NotConverged { .. }) => {}
                at => found.push(at?),
            }
        }
        let of = |part: fn(&Gradient<f64>) -> f64| mean(found.iter().map(part));
        let eigenvalues = self.eigenvalues(&samples)?;
        let stable = eigenvalues.iter().filter(|z| stability(self.case.theta, **z).norm() <= 1.0).count();
        let real = |pick: fn(f64, f64) -> f64| eigenvalues.iter().map(|z| z.re).reduce(pick).unwrap_or(f64::NAN);
        Ok(vec![
            ("error", error(&samples)),
            ("error_between", error(&fine)),
            ("divergence_penalty", of(|at| at.penalties.divergence)),
            ("jacobian_penalty", of(|at| at.penalties.jacobian)),
            ("least_real", real(f64::min)),
            ("largest_real", real(f64::max)),
            ("share_stable", stable as f64 / eigenvalues.len() as f64),
            ("iterations", of(|at| at.work.mean_iterations())),
            ("straightness", mean(samples.iter().map(straightness))),
            ("share_reversals", mean(samples.iter().map(share_reversals))),
            ("band", self.band()?),
            ("samples_unsolved", (SAMPLES - samples.len()) as f64),
            ("inputs_unsolved", (FINE - fine.len()) as f64),
            ("retries", retries as f64),
        ])
    }

    /// The paths of inputs, from starts `(x, beside)`; none for an `x` for which a layer's equations have no solution that
    /// is found, as may be between the samples.
    pub fn paths(&self, inputs: impl Iterator<Item = f64>, beside: f64) -> Result<Vec<Path>, Error> {
        let times: Vec<f64> = (0..=LAYERS).map(|n| n as f64).collect();
        inputs
            .map(|x| self.model.predict(0.0, &[x, beside], &times))
            .filter(|path| !matches!(path, Err(Error::NotConverged { .. })))
            .collect()
    }

    /// Eigenvalues of the Jacobian at all states of some paths; the step is 1.
    pub fn eigenvalues(&self, paths: &[Path]) -> Result<Vec<Complex<f64>>, Error> {
        let along =
            |path: &Path| self.model.eigenvalues(&Trajectory::new("", path.times().to_vec(), path.states().to_vec())?);
        let found = paths.iter().map(along).collect::<Result<Vec<_>, _>>()?;
        Ok(found.into_iter().flatten().flatten().map(|[re, im]| Complex::new(re, im)).collect())
    }

    /// The median distance at the end of starts at equal inputs on both sides of the line of inputs, over that at the start:
    /// small if paths come together on a curve.
    fn band(&self) -> Result<f64, Error> {
        let widths = even(SAMPLES).map(|x| {
            let [above, below] = [BAND, -BAND].map(|beside| self.paths([x].into_iter(), beside));
            let ends = above?.into_iter().zip(below?).map(|(a, b)| distance(a.state(LAYERS), b.state(LAYERS)));
            Ok(ends.map(|d| d / (2.0 * BAND)).next())
        });
        let mut widths: Vec<f64> = widths.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect();
        widths.sort_by(f64::total_cmp);
        Ok(widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN))
    }
}

fn error(paths: &[Path]) -> f64 {
    mean(paths.iter().map(|y| (y.state(LAYERS)[1] - y.state(0)[0].sin()).powi(2)))
}

/// The distance from start to end over the way: 1 for a straight line.
fn straightness(path: &Path) -> f64 {
    let way: f64 = (0..LAYERS).map(|n| distance(path.state(n), path.state(n + 1))).sum();
    distance(path.state(0), path.state(LAYERS)) / way
}

/// The share of layers that lead back against the one before: near 1 for a path that oscillates.
fn share_reversals(path: &Path) -> f64 {
    let layer = |n: usize| [0, 1].map(|c| path.state(n + 1)[c] - path.state(n)[c]);
    let back = |n: &usize| {
        let (before, after) = (layer(*n - 1), layer(*n));
        before[0] * after[0] + before[1] * after[1] < 0.0
    };
    (1..LAYERS).filter(back).count() as f64 / (LAYERS - 1) as f64
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), x| (count + 1.0, sum + x));
    sum / count
}
