//! Learns the stiff equation `ż = -20 (z - cos t)` by steps of 0.1, far too long for an explicit scheme to follow it.
//!
//! ```text
//! cargo run --release --example stiff -- [figure.svg] [--grid] [--seed N]
//! ```
//!
//! 100 trajectories start at random between 0 and 2 from states between -0.5 and 1.5, and are followed for 2 units of time,
//! by 20 layers each. The field is `F_{-25,-15}` over a network of two hidden layers of width 4, spectrally normalised: its
//! slope is kept between -25 and -15. It does not see the time; instead, every interval of a grid of 0.1 has parameters of
//! its own, and a layer takes those of the interval in which it starts. The loss is the mean square error at 2, 4 or 10
//! points of a trajectory, plus 0.1 times the mean square of the parameters' differences from interval to interval.
//!
//! After Example 2 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021. With `--grid`
//! trajectories start on the grid.
//!
//! What one run gave (seed 1; each of the nine networks trains for 50 epochs of 100 trajectories in a second): root mean
//! square errors on unseen trajectories,
//!
//! | points | θ | network | flow of the field | network, `--grid` | flow, `--grid` |
//! | --- | --- | --- | --- | --- | --- |
//! | 2 | 0 | 0.217 | 0.161 | 0.216 | 0.169 |
//! | 2 | ½ | 0.120 | 0.120 | 0.105 | 0.105 |
//! | 2 | 1 | 0.113 | 0.125 | 0.107 | 0.104 |
//! | 4 | 0 | 0.123 | 0.036 | 0.121 | 0.058 |
//! | 4 | ½ | 0.035 | 0.040 | 0.023 | 0.021 |
//! | 4 | 1 | 0.047 | 0.070 | 0.041 | 0.032 |
//! | 10 | 0 | 0.124 | 0.027 | 0.121 | 0.056 |
//! | 10 | ½ | 0.032 | 0.029 | 0.019 | 0.011 |
//! | 10 | 1 | 0.040 | 0.070 | 0.033 | 0.030 |
//!
//! Explicit layers oscillate, the more the more points they are to meet; implicit ones follow, better with more points, best
//! with `θ = ½`. Parameters that are constant on intervals make a field that is a staircase in time. Layers that start
//! anywhere in an interval, and reach into the next, learn an average over both: a step of 0.1 is off by 0.03 or so. That
//! hides differences between the fields, and the explicit network's comes out as good as any. On the grid the order is
//! as expected: `θ = ½` learns the best field, by far.

use kutta::field::{Bounded, Layered, Normalised};
use kutta::plot::{Curve, OrbitPanel, Orbits, orbits};
use kutta::train::MeanSquareAt;
use kutta::{
    Activation, Adam, Error, Flow, Mlp, Model, Number, OdeBlock, Regularisation, Schedule, Tableau, Trainer,
    Trajectories, Trajectory, VectorField,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::process::ExitCode;

/// `ż = -20 (z - cos t)`: what is to be learned.
struct Stiff;

impl VectorField for Stiff {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _params: &[S], t: S, z: &[S], dz: &mut [S]) {
        dz[0] = S::constant(-20.0) * (z[0] - t.cos());
    }
}

/// A network whose slope is bounded.
type Field = Bounded<Normalised<Mlp>>;

const STEP: f64 = 0.1;
/// Layers of a trajectory.
const LAYERS: usize = 20;
/// Intervals of the grid from 0 to 4.
const INTERVALS: usize = 40;
/// Where the trajectory of the figure starts.
const SHOWN: (f64, f64) = (0.2, -0.5);

fn main() -> ExitCode {
    let (mut figure, mut grid, mut seed) = ("stiff.svg".to_string(), false, 1);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--grid" => grid = true,
            "--seed" => match args.next().and_then(|n| n.parse().ok()) {
                Some(n) => seed = n,
                None => return failed("--seed takes a number"),
            },
            flag if flag.starts_with('-') => return failed(format!("there is no option {flag}")),
            path => figure = path.into(),
        }
    }
    run(&figure, grid, seed).map_or_else(failed, |()| ExitCode::SUCCESS)
}

fn failed(reason: impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {reason}");
    ExitCode::FAILURE
}

fn run(figure: &str, grid: bool, seed: u64) -> Result<(), Error> {
    let mut rng = StdRng::seed_from_u64(seed);
    let training = observe(100, grid, &mut rng)?;
    let unseen = observe(100, grid, &mut rng)?;
    let times = |count: usize| (0..=count).map(|k| SHOWN.0 + 2.0 * k as f64 / count as f64).collect::<Vec<f64>>();
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12).solve(SHOWN.0, &[SHOWN.1], &times(400))?;

    println!("               error on the data   error on unseen trajectories");
    println!("points  θ      of the network      of the network   of the flow    slope     seconds");
    let (mut networks, mut flows) = (Vec::new(), Vec::new());
    for points in [2, 4, 10] {
        let panel = |what: &str| OrbitPanel { title: format!("{what}, {points} points"), curves: Vec::new() };
        let (mut network, mut flow) = (panel("network"), panel("learned field"));
        for theta in [0.0, 0.5, 1.0] {
            let (model, seconds) = train(&training, points, theta, seed)?;
            println!(
                "{points:<6}  {theta:<5}  {:<18.4}  {:<15.4}  {:<13.4}  {:<8.1}  {seconds:.2}",
                model.rmse(&training)?.overall,
                model.rmse(&unseen)?.overall,
                flow_error(&model, &unseen)?,
                slope(&model, &unseen)?,
            );
            let curve = |path: Trajectory| Curve {
                label: format!("θ = {theta}"),
                points: path.times().iter().zip(path.states()).map(|(&t, &z)| [t, z]).collect(),
                dashed: false,
            };
            network.curves.push(curve(model.predict(&[SHOWN.1], SHOWN.0, &times(LAYERS))?));
            flow.curves.push(curve(model.flow(&[SHOWN.1], SHOWN.0, &times(100), 1e-6)?));
        }
        networks.push(network);
        flows.push(flow);
    }
    orbits(
        figure,
        &Orbits {
            title: "ż = −20 (z − cos t)".into(),
            labels: ["t".into(), "z".into()],
            panels: networks.into_iter().chain(flows).collect(),
            exact: exact.iter().map(|(t, z)| [t, z[0]]).collect(),
            window: Some([[SHOWN.0 - 0.05, -1.0], [SHOWN.0 + 2.05, 2.0]]),
            columns: 3,
            ..Default::default()
        },
    )?;
    println!("\nfigure: {figure}");
    Ok(())
}

/// A network trained on so many points of every trajectory, and the seconds that it took.
fn train(data: &Trajectories, points: usize, theta: f64, seed: u64) -> Result<(Model<Field>, f64), Error> {
    // Two hidden layers of width 4: as many square matrices.
    let field = Mlp::new([1, 4, 4, 4, 1], Activation::Relu)?.with_spectrum(-25.0, -15.0)?;
    let scheme = Tableau::by_name(&format!("one_leg_theta_{theta}"))?;
    let epochs = 50;
    let rate = 1e-2;
    let fit = Trainer::new(OdeBlock::new(field, scheme).steps(INTERVALS).step_size(STEP).per_step(0.0))
        .loss(MeanSquareAt((1..=points).map(|j| j * LAYERS / points).collect()))
        .regularised_by(Regularisation { variation: 0.1, ..Regularisation::default() })
        .optimizer(Adam::new(rate))
        .schedule(Schedule::Cosine { epochs, min: 0.2 * rate })
        .batch_size(1)
        .epochs(epochs)
        .seed(seed)
        .fit(data)?;
    Ok((fit.model, fit.summary.seconds))
}

/// Exact trajectories with random starts, seen at the end of every layer.
fn observe(count: usize, grid: bool, rng: &mut StdRng) -> Result<Trajectories, Error> {
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12);
    let mut trajectories = Vec::with_capacity(count);
    for k in 0..count {
        let (start, state) = (rng.random_range(0.0..=20.0_f64), rng.random_range(-0.5..1.5));
        let start = if grid { start.round() } else { start };
        let times: Vec<f64> = (0..=LAYERS).map(|n| STEP * (start + n as f64)).collect();
        let states = exact.solve(times[0], &[state], &times)?.states().to_vec();
        trajectories.push(Trajectory::new(k.to_string(), times, states)?);
    }
    Trajectories::new(["z"], trajectories)
}

/// Root mean square error of the flow of the learned field.
fn flow_error(model: &Model<Field>, data: &Trajectories) -> Result<f64, Error> {
    let (mut sum, mut count) = (0.0, 0);
    for trajectory in data {
        let path = model.flow(trajectory.state(0), trajectory.times()[0], trajectory.times(), 1e-6)?;
        sum += path.states().iter().zip(trajectory.states()).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
        count += trajectory.len() - 1;
    }
    Ok((sum / count as f64).sqrt())
}

/// Mean slope of the learned field along the trajectories.
fn slope(model: &Model<Field>, data: &Trajectories) -> Result<f64, Error> {
    let slopes = data.iter().map(|path| model.eigenvalues(path)).collect::<Result<Vec<_>, _>>()?.concat().concat();
    Ok(slopes.iter().map(|[re, _]| re).sum::<f64>() / slopes.len() as f64)
}
