//! Learns the stiff equation `ż = -20 (z - cos t)` by steps of 0.1, far too long for an explicit scheme to follow it, and
//! compares what networks of four schemes learn.
//!
//! ```text
//! cargo run --release --example stiff -- [figure.svg]
//! ```
//!
//! 100 trajectories of 20 steps start at times of their own in [0, 2]. The field is affine and does not see the time:
//! `w z + b - 20 z`, with a `w` and a `b` of each interval of the grid from 0 to 4; they start near zero, so the guess that
//! training begins with is the true rate. As `cos t` is a staircase to the network, its error on the data is about 0.02
//! with any scheme.
//!
//! What differs is the field. A step damps by `R(-rate h)`, the data by `exp(-20 h)`; training makes the two agree, by a
//! rate of 8.6 for forward Euler, 15.2 for the implicit midpoint rule, 63.9 for backward Euler. Only a scheme that is
//! accurate where the equation is stiff finds the rate that is in the data.

use kutta::plot::{Component, TimeSeries, time_series};
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

    println!("                    error of the network     error of       rate");
    println!("scheme              on data      unseen      the flow       learned    seconds");
    let mut components = Vec::new();
    for scheme in ["forward_euler", "implicit_midpoint", "backward_euler", "radau_iia_3"] {
        let field = Damped::new(Mlp::new([1, 1], Activation::Identity)?.with_output_bias(), 20.0)?;
        let block = OdeBlock::new(field, Tableau::by_name(scheme)?).steps(INTERVALS).step_size(STEP).per_step(0.0);
        let epochs = 1000;
        let fit = Trainer::new(block)
            .optimizer(Adam::new(5e-2))
            .schedule(Schedule::Cosine { epochs, min: 1e-4 })
            .batch_size(10)
            .epochs(epochs)
            .seed(1)
            .fit(&training)?;
        let model = fit.model;
        println!(
            "{scheme:<18}  {:<11.2e}  {:<10.2e}  {:<13.2e}  {:<9.1}  {:.1}",
            model.rmse(&training)?.overall,
            model.rmse(&unseen)?.overall,
            flow_error(&model, &unseen)?,
            learned_rate(&model, &unseen)?,
            fit.summary.seconds
        );
        components.push(panel(&model, scheme, unseen.trajectory(0))?);
    }
    time_series(
        figure,
        &TimeSeries {
            title: "ż = −20 (z − cos t): flows of the fields learned by four schemes".into(),
            components,
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

/// How fast the learned field returns to `cos t`, by least squares over the starts, where trajectories are far from it.
fn learned_rate(model: &Model<Damped<Mlp>>, data: &Trajectories) -> Result<f64, Error> {
    let (mut products, mut squares) = (0.0, 0.0);
    for trajectory in data {
        let (t, z) = (trajectory.times()[0], trajectory.state(0)[0]);
        let distance = z - t.cos();
        products -= distance * (model.derivative(t, &[z])?[0] - model.derivative(t, &[t.cos()])?[0]);
        squares += distance * distance;
    }
    Ok(products / squares)
}

/// One trajectory as it is, and by the flow of the learned field.
fn panel(model: &Model<Damped<Mlp>>, scheme: &str, exact: &Trajectory) -> Result<Component, Error> {
    let (start, end) = (exact.times()[0], exact.times()[exact.len() - 1]);
    let fine: Vec<f64> = (0..=400).map(|k| start + (end - start) * f64::from(k) / 400.0).collect();
    let points = |path: &Trajectory| path.times().iter().zip(path.states()).map(|(&t, &z)| [t, z]).collect();
    Ok(Component {
        name: format!("z, {}", scheme.replace('_', " ")),
        observed: points(exact),
        fit: points(&model.flow(exact.state(0), start, &fine, 1e-6)?),
        forecast: Vec::new(),
    })
}
