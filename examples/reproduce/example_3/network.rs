//! A trained network of Example 3, and what is measured of it.

use super::{Case, END, LAYERS, STARTS, STEP, points, times};
use crate::outcome::Outcome;
use crate::training::Learned;
use kutta::flow::Solution;
use kutta::plot::Point;
use kutta::train::MeanSquare;
use kutta::{Error, Flow, Mlp, Model, Tableau, Trajectories};

pub struct Network {
    pub case: Case,
    pub model: Model<Mlp>,
    /// One for the network's own steps, one for the flow of its field.
    pub outcomes: Vec<Outcome>,
}

/// A stretch over which `V` is averaged: longer than a period, on which it goes up and down where it is not kept.
const STRETCH: f64 = 10.0;
/// Of the flow of the learned field, which has kinks, so that a scheme of higher order gains little by less.
const TOLERANCE: f64 = 1e-7;

impl Network {
    pub fn new(case: Case, learned: Learned, data: &Trajectories, truth: &[Vec<Point>]) -> Result<Self, Error> {
        let model = learned.model(case.block()?, &["z1", "z2"])?;
        let mut network = Network { case, model, outcomes: Vec::new() };
        let loss = network.model.block().value_and_grad(network.model.params(), data, &MeanSquare)?.value;
        let divergence = network.divergence(data)?;
        for by in ["network", "flow"] {
            let orbits = STARTS.iter().map(|start| match by {
                "network" => network.steps(start, END),
                _ => network.flow(start, END, STEP),
            });
            let mut outcome = Outcome {
                case: vec![
                    ("variant", case.variant.name().into()),
                    ("theta", case.theta.into()),
                    ("by", by.into()),
                    ("seed", case.seed.into()),
                ],
                measures: vec![("loss", loss), ("mean_divergence", divergence)],
            };
            outcome.measures.extend(followed(&orbits.collect::<Result<Vec<_>, _>>()?, truth));
            network.outcomes.push(outcome);
        }
        Ok(network)
    }

    /// The orbit of the network's steps, at every step.
    pub fn steps(&self, start: &Point, end: f64) -> Result<Vec<Point>, Error> {
        as_far_as_it_goes(start, (end, STEP), |y, times| self.model.predict(0.0, y, times))
    }

    /// The orbit of the flow of the learned field, so often.
    pub fn flow(&self, start: &Point, end: f64, every: f64) -> Result<Vec<Point>, Error> {
        let flow = Flow::new(self.model.block().field(), self.model.params())
            .scheme(Tableau::dormand_prince_5_4())
            .tolerance(TOLERANCE, 1e-3 * TOLERANCE);
        as_far_as_it_goes(start, (end, every), |y, times| flow.solve(0.0, y, times))
    }

    /// The mean of `∇·F` along the data: negative where the field contracts areas.
    fn divergence(&self, data: &Trajectories) -> Result<f64, Error> {
        let found = data.iter().map(|orbit| self.model.eigenvalues(orbit)).collect::<Result<Vec<_>, _>>()?.concat();
        Ok(found.iter().flatten().map(|[re, _]| re).sum::<f64>() / found.len() as f64)
    }
}

/// An orbit, stretch by stretch, until the end, until there is none that can be computed, or until it has left the quadrant
/// where `V` is defined, behind which nothing was seen.
fn as_far_as_it_goes(
    start: &Point,
    (end, every): (f64, f64),
    advance: impl Fn(&[f64], &[f64]) -> Result<Solution<f64>, Error>,
) -> Result<Vec<Point>, Error> {
    let mut orbit = vec![*start];
    for _ in 0..(end / STRETCH).round() as usize {
        let last = orbit[orbit.len() - 1];
        if !invariant(&last).is_finite() {
            break;
        }
        match advance(&last, &times(STRETCH, every)[1..]) {
            Ok(stretch) => orbit.extend(points(&stretch)),
            Err(Error::NotConverged { .. } | Error::NotFinite { .. } | Error::ToleranceNotMet { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(orbit)
}

/// What becomes of the orbits until the end.
fn followed(orbits: &[Vec<Point>], truth: &[Vec<Point>]) -> Vec<(&'static str, f64)> {
    let changes: Vec<Change> = orbits.iter().map(|orbit| Change::of(orbit)).collect();
    let mean = |of: fn(&Change) -> f64| changes.iter().map(of).sum::<f64>() / changes.len() as f64;
    let range = |pick: fn(f64, f64) -> f64| changes.iter().map(|c| c.size).reduce(pick).unwrap_or(f64::NAN);
    vec![
        ("rmse_10", rmse(orbits, truth, LAYERS + 1)),
        ("rmse_200", rmse(orbits, truth, truth[0].len())),
        ("drift", mean(|change| change.drift)),
        ("size", mean(|change| change.size)),
        ("least_size", range(f64::min)),
        ("largest_size", range(f64::max)),
        ("followed_until", mean(|change| change.until)),
    ]
}

/// Over so many states of every orbit; NaN if one has fewer.
fn rmse(found: &[Vec<Point>], exact: &[Vec<Point>], count: usize) -> f64 {
    if found.iter().any(|orbit| orbit.len() < count) {
        return f64::NAN;
    }
    let pairs = || found.iter().zip(exact).flat_map(|(a, b)| a.iter().zip(b).take(count));
    let squares = pairs().map(|(a, b)| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2));
    (squares.sum::<f64>() / (2 * pairs().count()) as f64).sqrt()
}

/// What becomes of `V` on an orbit, from its start to its last stretch.
struct Change {
    /// By how much it changes.
    drift: f64,
    /// Its distance from its least value, at the equilibrium, over that at the start: 1 if the orbit is kept, 0 if it has
    /// wound down to the equilibrium, above 1 if it has grown.
    size: f64,
    /// When the orbit leaves the quadrant where `V` is defined, or cannot be computed any more, if that is before the end; the
    /// last stretch ends there.
    until: f64,
}

impl Change {
    fn of(orbit: &[Point]) -> Self {
        let values: Vec<f64> = orbit.iter().map(invariant).take_while(|v| v.is_finite()).collect();
        let last = &values[values.len().saturating_sub((STRETCH / STEP).round() as usize)..];
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        let (start, least) = (values[0], invariant(&[1.0, 0.5]));
        let until = STEP * (values.len() - 1) as f64;
        Change { drift: mean - start, size: (mean - least) / (start - least), until }
    }
}

/// `V = z1 - ln z1 + 4/3 z2 - 2/3 ln z2`, constant along every exact orbit.
fn invariant(z: &Point) -> f64 {
    z[0] - z[0].ln() + 4.0 / 3.0 * z[1] - 2.0 / 3.0 * z[1].ln()
}
