//! Learns the stiff equation `ż = -20 (z - cos t)` by steps of 0.1, far too long for an explicit scheme to follow it.
//!
//! ```text
//! cargo run --release --example stiff -- [figure.svg]
//! ```
//!
//! 100 trajectories start at random between 0 and 2 from states between -0.5 and 1.5, and are followed for 2 units of time,
//! by 20 layers each. The field is `F_{-25,-15}` over a network of two hidden layers of width 4, spectrally normalised: its
//! slope is kept between -25 and -15. It does not see the time; instead, every interval of a grid of 0.1 has parameters of
//! its own, drawn independently, and a layer takes those of the interval in which it starts. (One draw for all intervals
//! would often leave no unit of so small a network active.) The loss is the mean square error at 10 points of a trajectory,
//! plus 0.1 times the mean square of the parameters' differences from interval to interval.
//!
//! Explicit layers oscillate; of the implicit ones `θ = ½` learns the best field.
//!
//! After Example 2 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021, which the example
//! `reproduce` makes again as a whole; `paper/reproduction.md` has what comes of it.

use kutta::field::{Bounded, Layered, Normalised};
use kutta::flow::Solution;
use kutta::plot::{Curve, Portrait, Portraits, portraits};
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
    let figure = std::env::args().nth(1).unwrap_or_else(|| "stiff.svg".into());
    match run(&figure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(figure: &str) -> Result<(), Error> {
    let times = |count: usize| (0..=count).map(|k| SHOWN.0 + 2.0 * k as f64 / count as f64).collect::<Vec<f64>>();
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12).solve(SHOWN.0, &[SHOWN.1], &times(200))?;
    let mut rng = StdRng::seed_from_u64(1);
    let (training, unseen) = (observe(100, &mut rng)?, observe(100, &mut rng)?);

    println!("root mean square errors on unseen trajectories\n\nθ      network  flow of the field");
    let (mut networks, mut flows) = (vec![curve("exact".into(), &exact)], vec![curve("exact".into(), &exact)]);
    for theta in [0.0, 0.5, 1.0] {
        let model = train(&training, theta)?;
        println!("{theta:<5}  {:<7.4}  {:.4}", model.rmse(&unseen)?.overall, flow_error(&model, &unseen)?);
        let label = format!("θ = {theta}");
        networks.push(curve(label.clone(), &model.predict(SHOWN.0, &[SHOWN.1], &times(LAYERS))?));
        flows.push(curve(label, &model.flow(SHOWN.0, &[SHOWN.1], &times(200), 1e-6)?));
    }
    let panel = |(title, curves): (&str, _)| Portrait { title: title.into(), curves, ..Default::default() };
    let panels = [("networks", networks), ("flows of their fields", flows)].map(panel).into();
    let labels = ["t".into(), "z".into()];
    portraits(figure, &Portraits { panels, labels, panel_width: 300, panel_height: 220, ..Default::default() })?;
    println!("\nfigure: {figure}");
    Ok(())
}

fn curve(label: String, path: &Solution<f64>) -> Curve {
    Curve { label, points: path.iter().map(|(t, z)| [t, z[0]]).collect(), dashed: false }
}

/// A network trained on ten points of every trajectory.
fn train(data: &Trajectories, theta: f64) -> Result<Model<Field>, Error> {
    // Two hidden layers of width 4: as many square matrices.
    let field = Mlp::new([1, 4, 4, 4, 1], Activation::Relu)?.with_spectrum(-25.0, -15.0)?;
    let block = OdeBlock::new(field, Tableau::one_leg_theta(theta)?).steps(INTERVALS).step_size(STEP).per_step(0.0);
    let initial: Vec<f64> = block.init_per_step(&mut StdRng::seed_from_u64(1));
    let (epochs, rate) = (50, 1e-2);
    let fit = Trainer::new(block)
        .initial(initial)
        .loss(MeanSquareAt((1..=10).map(|j| j * LAYERS / 10).collect()))
        .regularised_by(Regularisation { variation: 0.1, ..Regularisation::default() })
        .optimizer(Adam::new(rate))
        .schedule(Schedule::Cosine { epochs, min: 0.2 * rate })
        .clip(f64::INFINITY)
        .batch_size(1)
        .epochs(epochs)
        .seed(1)
        .fit(data)?;
    Ok(fit.model)
}

/// Exact trajectories with random starts on the grid, seen at the end of every layer.
fn observe(count: usize, rng: &mut StdRng) -> Result<Trajectories, Error> {
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12);
    let mut trajectories = Vec::with_capacity(count);
    for k in 0..count {
        // A layer has one interval's field throughout.
        let (start, state) = (rng.random_range(0.0..=20.0_f64).round(), rng.random_range(-0.5..1.5));
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
