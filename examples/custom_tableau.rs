//! Trains a network whose layers are steps of a scheme of one's own.
//!
//! ```text
//! cargo run --release --example custom_tableau -- [scheme.toml]
//! ```
//!
//! The scheme is typed below: Radau IA of two stages, order 3. A TOML or JSON file takes its place, if one is named.

use kutta::{Activation, Adam, Error, Mlp, OdeBlock, Schedule, Strategy, Tableau, Trainer, Trajectories, Trajectory};
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

    // An orbit that winds out of the origin towards the unit circle, seen for 6 units of time:
    // ẋ = x (1 - r²) - 2y, ẏ = y (1 - r²) + 2x.
    let orbit = |t: f64| {
        let r = 1.0 / (1.0 + 24.0 * (-2.0 * t).exp()).sqrt();
        [r * (2.0 * t).cos(), r * (2.0 * t).sin()]
    };
    let times = |from: i32, to: i32| (from..=to).map(|k| 0.2 * f64::from(k)).collect::<Vec<_>>();
    let seen = Trajectory::new("", times(0, 30), times(0, 30).into_iter().flat_map(orbit).collect())?;
    let data = Trajectories::new(["x", "y"], vec![seen])?;

    let block = OdeBlock::new(Mlp::new([2, 16, 16, 2], Activation::Tanh)?, scheme).step_size(0.2);
    let epochs = 3000;
    let fit = Trainer::new(block)
        .strategy(Strategy::GrowingHorizon { intervals: 3, epochs: epochs / 2 })
        .optimizer(Adam::new(1e-2))
        .schedule(Schedule::Cosine { epochs, min: 1e-5 })
        .epochs(epochs)
        .seed(1)
        .fit(&data)?;

    println!("\nepoch         loss  iterations a step");
    for row in fit.record.rows.iter().filter(|row| row.epoch == 1 || row.epoch % 500 == 0) {
        println!("{:>5}  {:>11.3e}  {:>17.1}", row.epoch, row.loss, row.mean_iterations);
    }
    println!("\n    t       network          exact orbit       error");
    let forecast = fit.model.predict(&orbit(6.0), 6.0, &times(31, 130))?;
    for (k, &t) in forecast.times().iter().enumerate().step_by(20) {
        let (x, y) = (forecast.state(k), orbit(t));
        let error = (x[0] - y[0]).hypot(x[1] - y[1]);
        println!("{t:>5.1}  {:>7.4} {:>7.4}  {:>7.4} {:>7.4}  {error:.1e}", x[0], x[1], y[0], y[1]);
    }
    println!("\ntrained in {:.2} s", fit.summary.seconds);
    Ok(())
}
