//! Learns the stiff equation `ż = -20 (z - cos t)` with steps that are too long for explicit schemes, and compares the
//! schemes by the fields that they learn.
//!
//! ```text
//! cargo run --release --example stiff -- [figure.svg]
//! ```
//!
//! 100 trajectories of 20 steps of 0.1 start at times of their own in [0, 2]. Every interval of the grid from 0 to 4 has
//! parameters of its own, so that the network, whose field does not see the time, can follow `cos t`. The field is a small
//! perceptron with linear damping of a known rate. With steps this long, forward Euler carries errors on from step to
//! step, `R(-20 h) = -1`, implicit midpoint damps nothing either, but errs less, and backward Euler damps.
//!
//! Two errors tell the schemes apart: that of the network on the data, and that of the exact flow of its field.

use kutta::plot::{Component, Layout, TimeSeries, time_series};
use kutta::{
    Activation, Adam, Damped, Error, Flow, Mlp, Model, Number, OdeBlock, Schedule, Tableau, Trainer, Trajectories,
    Trajectory, VectorField,
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

const STEP: f64 = 0.1;
/// Intervals of the grid from 0 to 4.
const INTERVALS: usize = 40;

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
    let mut rng = StdRng::seed_from_u64(1);
    let training = observe(100, &mut rng)?;
    let unseen = observe(100, &mut rng)?;

    println!("           network on       network on       field on         training");
    println!("theta      the data         unseen data      unseen data      seconds");
    let mut components = Vec::new();
    for theta in [0.0, 0.5, 1.0] {
        let field = Damped::new(Mlp::new([1, 4, 4, 1], Activation::Tanh)?.with_output_bias(), 20.0)?;
        let block = OdeBlock::new(field, Tableau::one_leg_theta(theta)?).steps(INTERVALS).step_size(STEP).per_step(0.0);
        let epochs = 300;
        let fit = Trainer::new(block)
            .optimizer(Adam::new(2e-2))
            .schedule(Schedule::Cosine { epochs, min: 1e-4 })
            .batch_size(10)
            .epochs(epochs)
            .seed(1)
            .fit(&training)?;
        let model = fit.model;
        let network = model.rmse(&training)?.overall;
        let unseen_network = model.rmse(&unseen)?.overall;
        let flow = flow_error(&model, &unseen)?;
        println!("{theta:<9}  {network:<15.2e}  {unseen_network:<15.2e}  {flow:<15.2e}  {:.1}", fit.summary.seconds);
        components.push(panel(&model, theta, unseen.trajectory(0))?);
    }
    time_series(
        figure,
        &TimeSeries {
            title: "ż = −20 (z − cos t): flows of the learned fields".into(),
            components,
            layout: Layout::Stacked,
            ..Default::default()
        },
    )?;
    println!("\nfigure: {figure}");
    Ok(())
}

/// Exact trajectories with random starts, seen at the end of every step.
fn observe(count: usize, rng: &mut StdRng) -> Result<Trajectories, Error> {
    let exact = Flow::new(&Stiff, &[]).tolerance(1e-10, 1e-12);
    let mut trajectories = Vec::with_capacity(count);
    for k in 0..count {
        let (start, state) = (rng.random_range(0.0..2.0), rng.random_range(-0.5..1.5));
        let times: Vec<f64> = (0..=20).map(|n| start + STEP * f64::from(n)).collect();
        let states = exact.solve(start, &[state], &times)?.states().to_vec();
        trajectories.push(Trajectory::new(k.to_string(), times, states)?);
    }
    Trajectories::new(["z"], trajectories)
}

/// Root mean square error of the flow of the learned field.
fn flow_error(model: &Model<Damped<Mlp>>, data: &Trajectories) -> Result<f64, Error> {
    let (mut sum, mut count) = (0.0, 0);
    for trajectory in data {
        let path = model.flow(trajectory.state(0), trajectory.times()[0], trajectory.times(), 1e-6)?;
        sum += path.states().iter().zip(trajectory.states()).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
        count += trajectory.len() - 1;
    }
    Ok((sum / count as f64).sqrt())
}

/// One trajectory as it is, and by the flow of the learned field.
fn panel(model: &Model<Damped<Mlp>>, theta: f64, exact: &Trajectory) -> Result<Component, Error> {
    let (start, end) = (exact.times()[0], exact.times()[exact.len() - 1]);
    let fine: Vec<f64> = (0..=400).map(|k| start + (end - start) * f64::from(k) / 400.0).collect();
    let points = |path: &Trajectory| path.times().iter().zip(path.states()).map(|(&t, &z)| [t, z]).collect();
    Ok(Component {
        name: format!("z, learned with θ = {theta}"),
        observed: points(exact),
        fit: points(&model.flow(exact.state(0), start, &fine, 1e-6)?),
        forecast: Vec::new(),
    })
}
