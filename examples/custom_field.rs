//! Recovers the frequency of a pendulum from noisy observations: a field of one's own, with a parameter that is unknown.
//!
//! ```text
//! cargo run --release --example custom_field -- [scheme]
//! ```
//!
//! `scheme` is any name that the catalogue knows (`gauss_2` by default): try `rk4`, `sdirk2`, `radau_iia_3`. The field is
//! one generic function; its derivatives, and with them the gradient of training, follow for every scheme. A scheme that
//! is too crude for steps of 0.1 betrays itself: with `forward_euler` the error on the data stays far above their noise.

use kutta::{Adam, Error, Flow, Number, OdeBlock, Schedule, Tableau, Trainer, Trajectories, Trajectory, VectorField};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::process::ExitCode;

/// `φ̈ = -ω² sin φ`, with `ω²` the parameter and `(φ, φ̇)` the state.
#[derive(Clone)]
struct Pendulum;

impl VectorField for Pendulum {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = y[1];
        dy[1] = -params[0] * y[0].sin();
    }
}

const TRUTH: f64 = 4.0;
const NOISE: f64 = 0.1;

fn main() -> ExitCode {
    let scheme = std::env::args().nth(1).unwrap_or_else(|| "gauss_2".into());
    match run(&scheme) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(scheme: &str) -> Result<(), Error> {
    let scheme = Tableau::by_name(scheme)?;

    // Three swings, each observed 40 times in 8 units of time, with errors of up to ±NOISE in angle and velocity.
    let mut rng = StdRng::seed_from_u64(1);
    let times: Vec<f64> = (0..=40).map(|k| 0.2 * f64::from(k)).collect();
    let mut swings = Vec::new();
    for angle in [0.5, 1.0, 2.0] {
        let exact = Flow::new(&Pendulum, &[TRUTH]).tolerance(1e-9, 1e-9).solve(0.0, &[angle, 0.0], &times)?;
        let noisy = exact.states().iter().map(|y| y + rng.random_range(-NOISE..NOISE)).collect();
        swings.push(Trajectory::new(format!("from {angle}"), times.clone(), noisy)?);
    }
    let data = Trajectories::new(["angle", "velocity"], swings)?;

    // The first observations are as noisy as the others, so the starts are unknowns too.
    let block = OdeBlock::new(Pendulum, scheme).step_size(0.1);
    let epochs = 600;
    let fit = Trainer::new(block)
        .initial([2.0])
        .learned_starts(true)
        .optimizer(Adam::new(0.05))
        .schedule(Schedule::Cosine { epochs, min: 1e-4 })
        .epochs(epochs)
        .fit(&data)?;

    println!("scheme                   {}", fit.summary.scheme);
    println!("training                 {epochs} epochs in {:.2} s", fit.summary.seconds);
    println!("true ω²                  {TRUTH:.4}");
    println!("learned ω²               {:.4}", fit.model.params()[0]);
    println!("error on the data        {:.4}", fit.model.rmse_learned(&data)?.overall);
    println!("noise of the data        {:.4}", NOISE / 3.0_f64.sqrt());
    println!();
    println!("swing       observed start       learned start        exact start");
    for (start, swing) in fit.model.starts().iter().zip(&data) {
        let (seen, learned) = (swing.state(0), &start.state);
        println!(
            "{:<10} ({:>7.4}, {:>7.4})  ({:>7.4}, {:>7.4})  ({:>7}, {:>7})",
            swing.id(),
            seen[0],
            seen[1],
            learned[0],
            learned[1],
            swing.id().trim_start_matches("from "),
            0
        );
    }
    Ok(())
}
