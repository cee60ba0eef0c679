//! Learns the Lotka–Volterra equations from five closed orbits seen for 10 units of time, and forecasts to t = 200.
//!
//! ```text
//! cargo run --release --example lotka_volterra -- [theta] [figure.svg]
//! ```
//!
//! `theta` chooses the scheme of the layers: 0 is forward Euler, 0.5 (the default) the implicit midpoint rule, 1 backward
//! Euler. Two forecasts are compared with the exact solution: the network's own, by the steps of training, and the flow
//! of the field it learned, which is free of the error of those steps. The invariant `V`, constant on every orbit, tells
//! whether a forecast stays on its orbit, whatever its phase.
//!
//! Every network forecasts its own way well. But a scheme with an error of first order makes the field learn the
//! opposite error: the flow of the field spirals inwards with `theta` = 0, outwards with 1. Only with 0.5 is it right.

use kutta::plot::{Curve, PhasePortrait, phase_portrait};
use kutta::{
    Activation, Adam, Error, Flow, Mlp, Number, OdeBlock, Schedule, Shooting, Tableau, Trainer, Trajectories,
    Trajectory, VectorField,
};
use std::process::ExitCode;

/// `ż1 = 2/3 z1 - 4/3 z1 z2`, `ż2 = z1 z2 - z2`: what is to be learned.
struct LotkaVolterra;

impl VectorField for LotkaVolterra {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _params: &[S], _t: S, z: &[S], dz: &mut [S]) {
        dz[0] = S::constant(2.0 / 3.0) * z[0] - S::constant(4.0 / 3.0) * z[0] * z[1];
        dz[1] = z[0] * z[1] - z[1];
    }
}

/// Constant along every exact orbit.
fn invariant(z: &[f64]) -> f64 {
    z[0] - z[0].ln() + 4.0 / 3.0 * z[1] - 2.0 / 3.0 * z[1].ln()
}

const STEP: f64 = 0.2;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let theta = args.next().unwrap_or_else(|| "0.5".into());
    let figure = args.next().unwrap_or_else(|| "lotka_volterra.svg".into());
    match run(&theta, &figure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(theta: &str, figure: &str) -> Result<(), Error> {
    let scheme = Tableau::by_name(&format!("one_leg_theta_{theta}"))?;

    // The exact orbits at every step until 200. Training sees the first 51 states of each.
    let truth = Flow::new(&LotkaVolterra, &[]).tolerance(1e-10, 1e-12);
    let times: Vec<f64> = (0..=1000).map(|k| STEP * f64::from(k)).collect();
    let starts: Vec<[f64; 2]> = (0..5).map(|k| [1.0, 0.6 + 0.2 * f64::from(k)]).collect();
    let exact = starts.iter().map(|start| truth.solve(0.0, start, &times)).collect::<Result<Vec<_>, _>>()?;
    let seen = exact.iter().enumerate().map(|(k, orbit)| {
        Trajectory::new(format!("orbit {}", k + 1), times[..51].to_vec(), orbit.states()[..2 * 51].to_vec())
    });
    let data = Trajectories::new(["prey", "predator"], seen.collect::<Result<_, _>>()?)?;

    // A network of 50 such steps, all with the same parameters.
    let field = Mlp::new([2, 20, 20, 20, 2], Activation::Gelu)?;
    let block = OdeBlock::new(field, scheme).steps(50).step_size(STEP);
    let epochs = 6000;
    let fit = Trainer::new(block)
        .shooting(Shooting::GrowingHorizon { intervals: 5, epochs: epochs / 3 })
        .optimizer(Adam::new(5e-3))
        .schedule(Schedule::Cosine { epochs, min: 1e-5 })
        .epochs(epochs)
        .seed(1)
        .progress(true)
        .fit(&data)?;
    let model = &fit.model;
    println!("{}", model.block().method());
    println!(
        "\n{} parameters, {} epochs in {:.1} s, {:.1} iterations a step; error on the data {:.1e}\n",
        fit.summary.parameters,
        fit.summary.epochs,
        fit.summary.seconds,
        fit.summary.mean_iterations,
        model.rmse(&data)?.overall
    );

    // Forecasts far beyond the data.
    println!("root mean square error     until t = 10         until t = 200        drift of V at 200");
    println!("orbit                      network  field       network  field       network   field");
    let mut curves = Vec::new();
    for (k, (start, exact)) in starts.iter().zip(&exact).enumerate() {
        let network = model.predict(0.0, start, &times)?;
        let flow = model.flow(0.0, start, &times, 1e-8)?;
        let row: Vec<f64> = [51, times.len()]
            .iter()
            .flat_map(|n| [network.states(), flow.states()].map(|states| rmse(states, exact.states(), 2 * n)))
            .collect();
        let drift = |states: &[f64]| invariant(&states[2000..]) - invariant(start);
        println!(
            "{:<26} {:.1e}  {:.1e}     {:.1e}  {:.1e}     {:+.1e}  {:+.1e}",
            data.trajectory(k).id(),
            row[0],
            row[1],
            row[2],
            row[3],
            drift(network.states()),
            drift(flow.states())
        );
        let fine: Vec<f64> = (0..=600).map(|k| 0.05 * f64::from(k)).collect();
        let line = points(model.flow(0.0, start, &fine, 1e-6)?.states());
        // What leaves the figure is not drawn.
        let line = line.into_iter().map(|z| if z.iter().all(|x| (0.0..4.0).contains(x)) { z } else { [f64::NAN; 2] });
        curves.push(Curve { label: "learned field, to t = 30".into(), points: line.collect(), dashed: false });
    }

    phase_portrait(
        figure,
        &PhasePortrait {
            title: format!("Lotka–Volterra, learned with θ = {theta}"),
            labels: ["prey".into(), "predator".into()],
            observed: data.iter().flat_map(|orbit| points(orbit.states())).collect(),
            curves,
            field: Some(&|z| model.derivative(0.0, &z).map_or([0.0; 2], |dz| [dz[0], dz[1]])),
            height: 400,
            ..Default::default()
        },
    )?;
    println!("\nphase portrait: {figure}");
    Ok(())
}

/// Over the first `count` entries.
fn rmse(states: &[f64], exact: &[f64], count: usize) -> f64 {
    let squares = states.iter().zip(exact).take(count).map(|(x, y)| (x - y).powi(2));
    (squares.sum::<f64>() / count as f64).sqrt()
}

fn points(states: &[f64]) -> Vec<[f64; 2]> {
    states.chunks_exact(2).map(|z| [z[0], z[1]]).collect()
}
