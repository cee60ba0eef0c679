//! Fits the sine by five layers, pushed more or less towards dissipation.
//!
//! ```text
//! cargo run --release --example regression -- [weight] [figure.svg]
//! ```
//!
//! The input `x` is the first component of the start `(x, 0)`, the output the second of the state after five steps of size
//! 1, all of which share a network of three hidden layers. The objective is the mean square error, plus a penalty that keeps
//! Jacobians small, plus one by `weight` (1 by default) that rewards a negative divergence, most of all at the last layers:
//! paths come together on an invariant curve. The larger the weight, the harder the fit; and forward Euler, `θ` = 0, is
//! stable only as long as eigenvalues are above -2.
//!
//! After Example 1 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021, which the example
//! `reproduce` makes again as a whole; `paper/reproduction.md` has what comes of it.

use kutta::network::States;
use kutta::plot::{Curve, Portrait, Portraits, portraits};
use kutta::train::Settings;
use kutta::{
    Activation, Adam, Error, Fit, Mlp, OdeBlock, Regularisation, Schedule, Tableau, Trainer, Trajectories, Trajectory,
};
use std::process::ExitCode;

const LAYERS: usize = 5;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let weight = args.next().unwrap_or_else(|| "1".into());
    let figure = args.next().unwrap_or_else(|| "regression.svg".into());
    let result = match weight.parse() {
        Ok(weight) => run(weight, &figure),
        Err(_) => Err(Error::InvalidArgument { argument: "weight", value: weight, expected: "a number".into() }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(weight: f64, figure: &str) -> Result<(), Error> {
    // The last component counts; the target of the first is never read.
    let inputs: Vec<f64> = (0..20).map(|k| 10.0 * f64::from(k) / 19.0 - 5.0).collect();
    let sample = |x: &f64| Trajectory::new(x.to_string(), vec![0.0, LAYERS as f64], vec![*x, 0.0, 0.0, x.sin()]);
    let data = Trajectories::new(["y1", "y2"], inputs.iter().map(sample).collect::<Result<_, _>>()?)?;
    let times: Vec<f64> = (0..=LAYERS).map(|n| n as f64).collect();

    println!("θ      mean square error  least real part  iterations a layer");
    let mut panels = Vec::new();
    for theta in [0.0, 0.5, 1.0] {
        let Fit { model, history, .. } = train(weight, theta, &data)?;
        let paths = inputs.iter().map(|x| model.predict(0.0, &[*x, 0.0], &times)).collect::<Result<Vec<_>, _>>()?;
        let squares: f64 = paths.iter().zip(&inputs).map(|(y, x)| (y.state(LAYERS)[1] - x.sin()).powi(2)).sum();
        let mut least = f64::INFINITY;
        for path in &paths {
            let path = Trajectory::new("", times.clone(), path.states().to_vec())?;
            least = model.eigenvalues(&path)?.iter().flatten().map(|[re, _]| *re).fold(least, f64::min);
        }
        let iterations = history.epochs.last().map_or(0.0, |epoch| epoch.mean_iterations);
        println!("{theta:<5}  {:<17.1e}  {least:<15.2}  {iterations:.1}", squares / inputs.len() as f64);

        let curve = |path: &kutta::flow::Solution<f64>| Curve {
            label: "samples, layer by layer".into(),
            points: path.states().chunks_exact(2).map(|y| [y[0], y[1]]).collect(),
            dashed: false,
        };
        panels.push(Portrait {
            title: format!("θ = {theta}"),
            observed: paths.iter().map(|path| [path.state(LAYERS)[0], path.state(LAYERS)[1]]).collect(),
            curves: paths.iter().map(curve).collect(),
            field: Some(Box::new(move |y| model.derivative(0.0, &y).map_or([0.0; 2], |dy| [dy[0], dy[1]]))),
        });
    }
    let labels = ["y₁".into(), "y₂".into()];
    portraits(figure, &Portraits { panels, labels, panel_width: 300, panel_height: 220, ..Default::default() })?;
    println!("\nfigure: {figure}");
    Ok(())
}

fn train(weight: f64, theta: f64, data: &Trajectories) -> Result<Fit<Mlp>, Error> {
    let field = Mlp::new([2, 10, 10, 10, 10, 2], Activation::Gelu)?;
    let block = OdeBlock::new(field, Tableau::one_leg_theta(theta)?).steps(LAYERS).step_size(1.0);
    // Of the mean square error, as training sees it.
    let loss = |path: &States<f64>, target: &States<f64>, gradient: &mut States<f64>| {
        let count = path.samples() as f64;
        let mut sum = 0.0;
        for i in 0..path.samples() {
            let error = path.last(i)[1] - target.last(i)[1];
            gradient.state_mut(i, 1)[1] += 2.0 * error / count;
            sum += error * error / count;
        }
        sum
    };
    // A reward without bound would be largest where a layer has no solution.
    let regularisation =
        Regularisation { divergence: weight, divergence_bounded: true, jacobian: 0.1, ..Regularisation::default() };
    let settings = Settings {
        optimizer: Adam::new(1e-3).into(),
        schedule: Schedule::ReduceOnPlateau { factor: 0.7, patience: 50, cooldown: 50, min: 1e-6 },
        regularisation,
        standardised: Some(false),
        seed: 1,
        ..Settings::plain()
    };
    Ok(Trainer::new(block).settings(settings).loss(loss).epochs(3000).progress(true).fit(data)?)
}
