//! Trains a network whose layers are steps of a scheme of one's own.
//!
//! ```text
//! cargo run --release --example custom_tableau -- [scheme.toml]
//! ```
//!
//! The scheme is typed below: Radau IA of two stages, order 3. A TOML or JSON file takes its place, if one is named.

use kutta::{Activation, Adam, Error, Mlp, OdeBlock, Schedule, Shooting, Tableau, Trainer, Trajectories, Trajectory};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().nth(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: Option<String>) -> Result<(), Error> {
    let scheme = match file {
        Some(path) => Tableau::from_file(path)?,
        // Coefficients: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), table IV.5.3.
        None => Tableau::new([[0.25, -0.25], [0.25, 5.0 / 12.0]], [0.25, 0.75], [0.0, 2.0 / 3.0])?
            .named("Radau IA")
            .of_order(3),
    };
    println!("{scheme}\n");
    println!("stages solved together   {:?}", scheme.blocks());
    println!("stiffly accurate         {}", scheme.is_stiffly_accurate());
    println!("first same as last       {}", scheme.is_first_same_as_last());

    // Two orbits that wind towards the unit circle, from inside and from outside: ẋ = x (1 - r²) - 2y, ẏ = y (1 - r²) + 2x.
    let orbit = |start: f64, t: f64| {
        let r = 1.0 / (1.0 + (1.0 / (start * start) - 1.0) * (-2.0 * t).exp()).sqrt();
        [r * (2.0 * t).cos(), r * (2.0 * t).sin()]
    };
    let times: Vec<f64> = (0..=100).map(|k| 0.2 * f64::from(k)).collect();
    let seen = |start: f64| {
        let states = times[..=25].iter().flat_map(|&t| orbit(start, t)).collect();
        Trajectory::new(format!("from {start}"), times[..=25].to_vec(), states)
    };
    let data = Trajectories::new(["x", "y"], vec![seen(0.3)?, seen(2.0)?])?;

    let block = OdeBlock::new(Mlp::new([2, 16, 16, 2], Activation::Gelu)?, scheme).step_size(0.2);
    let epochs = 4000;
    let fit = Trainer::new(block)
        .shooting(Shooting::GrowingHorizon { intervals: 3, epochs: epochs / 2 })
        .optimizer(Adam::new(5e-3))
        .schedule(Schedule::Cosine { epochs, min: 1e-5 })
        .epochs(epochs)
        .seed(1)
        .fit(&data)?;

    println!("\nepoch         loss  iterations a step");
    for row in fit.history.epochs.iter().filter(|row| row.epoch == 1 || row.epoch % 1000 == 0) {
        println!("{:>5}  {:>11.3e}  {:>17.1}", row.epoch, row.loss, row.mean_iterations);
    }
    println!("\nan unseen orbit, four times as long");
    println!("    t       network          exact orbit       error");
    let forecast = fit.model.predict(0.0, &orbit(0.6, 0.0), &times)?;
    for (k, &t) in forecast.times().iter().enumerate().step_by(20) {
        let (x, y) = (forecast.state(k), orbit(0.6, t));
        let error = (x[0] - y[0]).hypot(x[1] - y[1]);
        println!("{t:>5.1}  {:>7.4} {:>7.4}  {:>7.4} {:>7.4}  {error:.1e}", x[0], x[1], y[0], y[1]);
    }
    println!("\ntrained in {:.2} s", fit.summary.seconds);
    Ok(())
}
