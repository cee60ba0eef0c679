//! Learns the stiff equation `ż = -20 (z - cos t)` by steps of 0.1, far too long for an explicit scheme to follow it.
//!
//! ```text
//! cargo run --release --example stiff -- [figure.svg] [--anywhere] [--seeds N]
//! ```
//!
//! 100 trajectories start at random between 0 and 2 from states between -0.5 and 1.5, and are followed for 2 units of time,
//! by 20 layers each. The field is `F_{-25,-15}` over a network of two hidden layers of width 4, spectrally normalised: its
//! slope is kept between -25 and -15. It does not see the time; instead, every interval of a grid of 0.1 has parameters of
//! its own, drawn independently, and a layer takes those of the interval in which it starts. (One draw for all intervals
//! would often leave no unit of so small a network active.) The loss is the mean square error at 2, 4 or 10
//! points of a trajectory, plus 0.1 times the mean square of the parameters' differences from interval to interval.
//!
//! Trajectories start on the grid, so that a layer has one interval's field throughout. With `--anywhere` they start between
//! its points too, as in the source; a layer then reaches into the next interval, and learns an average over both.
//!
//! After Example 2 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021.
//!
//! Root mean square errors on unseen trajectories, mean ± standard deviation of five runs (`--seeds 5`), each with its own
//! data and network. A training of 50 epochs of 100 trajectories takes 0.3 s for explicit and 0.5 s for implicit layers.
//!
//! | points | θ | network | flow of the field | network, `--anywhere` | flow, `--anywhere` |
//! | --- | --- | --- | --- | --- | --- |
//! | 2 | 0 | 0.294 ± 0.138 | 0.202 ± 0.101 | 0.274 ± 0.144 | 0.176 ± 0.101 |
//! | 2 | ½ | 0.087 ± 0.010 | 0.087 ± 0.010 | 0.100 ± 0.012 | 0.104 ± 0.011 |
//! | 2 | 1 | 0.087 ± 0.010 | 0.081 ± 0.010 | 0.095 ± 0.010 | 0.112 ± 0.008 |
//! | 4 | 0 | 0.133 ± 0.007 | 0.058 ± 0.004 | 0.136 ± 0.008 | 0.033 ± 0.004 |
//! | 4 | ½ | 0.023 ± 0.001 | 0.017 ± 0.001 | 0.034 ± 0.001 | 0.042 ± 0.004 |
//! | 4 | 1 | 0.039 ± 0.002 | 0.028 ± 0.001 | 0.045 ± 0.002 | 0.077 ± 0.005 |
//! | 10 | 0 | 0.234 ± 0.198 | 0.134 ± 0.147 | 0.216 ± 0.182 | 0.095 ± 0.142 |
//! | 10 | ½ | 0.021 ± 0.001 | 0.013 ± 0.001 | 0.032 ± 0.002 | 0.040 ± 0.006 |
//! | 10 | 1 | 0.035 ± 0.001 | 0.030 ± 0.002 | 0.041 ± 0.002 | 0.079 ± 0.006 |
//!
//! Explicit layers are worst throughout: they oscillate. Implicit ones improve with the number of points, and from 4 points
//! on `θ = ½` learns the best field, by a factor of two. With 2 points, 1 and 2 units of time after the start, `θ = ½` and 1
//! are equal within the spread: no point is near a transient, the fields before `t = 1` are hardly seen (see the figure), and
//! twice the weight of the variation does not change that.
//! Between grid points, parameters that are constant on intervals make a field that is a staircase in time, off by 0.03 or
//! so. With `--anywhere` that hides differences between the fields, and with 4 points the explicit network's is the best.

use kutta::field::{Bounded, Layered, Normalised};
use kutta::flow::Solution;
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
    let (mut figure, mut anywhere, mut seeds) = ("stiff.svg".to_string(), false, 5);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--anywhere" => anywhere = true,
            "--seeds" => match args.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0) {
                Some(n) => seeds = n,
                None => return failed("--seeds takes a number of at least 1"),
            },
            flag if flag.starts_with('-') => return failed(format!("there is no option {flag}")),
            path => figure = path.into(),
        }
    }
    run(&figure, anywhere, seeds).map_or_else(failed, |()| ExitCode::SUCCESS)
}

fn failed(reason: impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {reason}");
    ExitCode::FAILURE
}

fn run(figure: &str, anywhere: bool, seeds: u64) -> Result<(), Error> {
    let times = |count: usize| (0..=count).map(|k| SHOWN.0 + 2.0 * k as f64 / count as f64).collect::<Vec<f64>>();
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12).solve(SHOWN.0, &[SHOWN.1], &times(400))?;
    // For every seed, data to learn from and others to judge by.
    let data = |seed: u64| {
        let mut rng = StdRng::seed_from_u64(seed);
        Ok((observe(100, anywhere, &mut rng)?, observe(100, anywhere, &mut rng)?))
    };
    let data: Vec<(Trajectories, Trajectories)> = (1..=seeds).map(data).collect::<Result<_, Error>>()?;

    println!(
        "root mean square errors on unseen trajectories and slopes of the field, mean ± deviation of {seeds} runs\n"
    );
    println!("points  θ      network            flow of the field  slope           seconds");
    let (mut networks, mut flows) = (Vec::new(), Vec::new());
    for points in [2, 4, 10] {
        let panel = |what: &str| OrbitPanel { title: format!("{what}, {points} points"), curves: Vec::new() };
        let (mut network, mut flow) = (panel("network"), panel("learned field"));
        for theta in [0.0, 0.5, 1.0] {
            let one = |(seed, (training, unseen)): (u64, &(Trajectories, Trajectories))| {
                let (model, seconds) = train(training, points, theta, seed)?;
                let of = [model.rmse(unseen)?.overall, flow_error(&model, unseen)?, slope(&model, unseen)?, seconds];
                Ok((model, of))
            };
            let runs: Vec<_> = (1..).zip(&data).map(one).collect::<Result<_, Error>>()?;
            let all = |k: usize| Spread::of(runs.iter().map(|(_, of)| of[k]));
            println!(
                "{points:<6}  {theta:<5}  {:<17.4}  {:<17.4}  {:<14.1}  {:.2}",
                all(0),
                all(1),
                all(2),
                all(3).mean
            );
            let curve = |path: Solution<f64>| Curve {
                label: format!("θ = {theta}"),
                points: path.times().iter().zip(path.states()).map(|(&t, &z)| [t, z]).collect(),
                dashed: false,
            };
            let model = &runs[0].0;
            network.curves.push(curve(model.predict(SHOWN.0, &[SHOWN.1], &times(LAYERS))?));
            flow.curves.push(curve(model.flow(SHOWN.0, &[SHOWN.1], &times(100), 1e-6)?));
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

/// Mean and standard deviation of several runs.
struct Spread {
    mean: f64,
    deviation: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|x| (x - mean).powi(2)).sum();
        Spread { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(3);
        let text = format!("{:.digits$} ± {:.digits$}", self.mean, self.deviation);
        write!(f, "{text:<width$}", width = f.width().unwrap_or(0))
    }
}

/// A network trained on so many points of every trajectory, and the seconds that it took.
fn train(data: &Trajectories, points: usize, theta: f64, seed: u64) -> Result<(Model<Field>, f64), Error> {
    // Two hidden layers of width 4: as many square matrices.
    let field = Mlp::new([1, 4, 4, 4, 1], Activation::Relu)?.with_spectrum(-25.0, -15.0)?;
    let scheme = Tableau::by_name(&format!("one_leg_theta_{theta}"))?;
    let block = OdeBlock::new(field, scheme).steps(INTERVALS).step_size(STEP).per_step(0.0);
    // One draw for all intervals would often leave no unit active anywhere.
    let initial: Vec<f64> = block.init_per_step(&mut StdRng::seed_from_u64(seed));
    let epochs = 50;
    let rate = 1e-2;
    let fit = Trainer::new(block)
        .initial(initial)
        .loss(MeanSquareAt((1..=points).map(|j| j * LAYERS / points).collect()))
        .regularised_by(Regularisation { variation: 0.1, ..Regularisation::default() })
        .optimizer(Adam::new(rate))
        .schedule(Schedule::Cosine { epochs, min: 0.2 * rate })
        .clip(f64::INFINITY)
        .batch_size(1)
        .epochs(epochs)
        .seed(seed)
        .fit(data)?;
    Ok((fit.model, fit.summary.seconds))
}

/// Exact trajectories with random starts, seen at the end of every layer.
fn observe(count: usize, anywhere: bool, rng: &mut StdRng) -> Result<Trajectories, Error> {
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12);
    let mut trajectories = Vec::with_capacity(count);
    for k in 0..count {
        let (start, state) = (rng.random_range(0.0..=20.0_f64), rng.random_range(-0.5..1.5));
        let start = if anywhere { start } else { start.round() };
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
        let path = model.flow(trajectory.times()[0], trajectory.state(0), trajectory.times(), 1e-6)?;
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
