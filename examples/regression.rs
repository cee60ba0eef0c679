//! Fits the sine by networks of five implicit layers, pushed more or less towards dissipation.
//!
//! ```text
//! cargo run --release --example regression -- [folder] [--quick] [--unbounded] [--seed N]
//! ```
//!
//! The input `x` is the first component of the start `(x, 0)`, the output the second of the state after five steps of size
//! 1, all of which share a network of three hidden layers. The objective, on 20 even points of [-5, 5], is the mean square
//! error plus `0.1/d²` times the mean square of the Jacobian plus `α_div B(D)`, where `D` is the mean over the samples of
//! `1/T Σ' (t/T)²/d ∇·F`: the larger `α_div`, the more the field is rewarded for contracting, most of all at the last
//! layers. Every `α_div` from 0 to 3 is tried with the one-leg schemes of `θ` = 0, ¼, ½, ¾, 1. `--quick` trains for 300
//! epochs instead of 3000.
//!
//! The text of the source has `B(D) = D`; its program bounds the reward by the sigmoid, `B(D) = 1/(1 + exp(-D))`, lets the
//! learning rate fall by 0.7, not tenfold, on a plateau, and scales initial matrices to Frobenius norm 1 or so. This is
//! done here, the bound by [`Regularisation::divergence_bounded`]; `--unbounded` takes `B(D) = D`.
//!
//! One run (seed 1, 17 s on two cores). All 25 networks train to the end. Mean square error on the data:
//!
//! | α_div | θ = 0 | ¼ | ½ | ¾ | 1 |
//! | --- | --- | --- | --- | --- | --- |
//! | 0 | 3.0e-5 | 3.1e-5 | 3.5e-5 | 3.9e-5 | 2.7e-5 |
//! | ½ | 7.6e-5 | 1.1e-4 | 1.6e-4 | 2.0e-4 | 2.4e-4 |
//! | 1 | 1.1e-3 | 7.1e-4 | 1.2e-3 | 1.1e-3 | 1.2e-3 |
//! | 2 | 2.8e-3 | 5.1e-3 | 4.4e-3 | 7.5e-3 | 7.4e-3 |
//! | 3 | 2.1e-3 | 1.4e-2 | 1.0e-2 | 9.9e-3 | 1.1e-2 |
//!
//! Real parts of the eigenvalues of the Jacobian along the samples' paths, least to largest:
//!
//! | α_div | θ = 0 | ¼ | ½ | ¾ | 1 |
//! | --- | --- | --- | --- | --- | --- |
//! | 0 | -0.05 to 0.08 | -0.04 to 0.07 | -0.03 to 0.07 | -0.05 to 0.07 | -0.07 to 0.07 |
//! | ½ | -0.52 to 0.10 | -0.43 to 0.04 | -0.41 to 0.04 | -0.40 to 0.04 | -0.39 to 0.03 |
//! | 1 | -2.19 to 0.55 | -1.74 to 0.76 | -2.02 to 0.36 | -2.20 to 0.50 | -2.21 to 0.52 |
//! | 2 | -3.27 to 1.48 | -3.72 to 0.75 | -4.04 to 0.53 | -3.85 to 1.15 | -3.99 to 0.84 |
//! | 3 | -6.25 to 1.61 | -6.70 to 1.10 | -6.53 to 1.53 | -6.24 to 0.78 | -5.35 to 0.91 |
//!
//! Newton iterations a layer:
//!
//! | α_div | θ = ¼ | ½ | ¾ | 1 |
//! | --- | --- | --- | --- | --- |
//! | 0 | 1.5 | 1.8 | 1.9 | 1.8 |
//! | ½ | 2.8 | 3.2 | 3.4 | 3.4 |
//! | 1 | 4.2 | 4.9 | 5.5 | 5.8 |
//! | 2 | 5.3 | 5.7 | 6.5 | 7.9 |
//! | 3 | 6.0 | 6.1 | 11.0 | 6.0 |
//!
//! So with `α_div = 0` all `θ` are alike, and paths nearly straight. With more, paths come together on an invariant curve,
//! eigenvalues move to the left, the fit is harder and the iterations are more, mostly the more the larger `θ`. From `α_div = 2`
//! on, about half of the explicit network's eigenvalues are outside of its stability region: it oscillates, and its error
//! between the samples is up to ten times that on them.
//!
//! Nothing keeps such a field from expanding along the curve, and where an eigenvalue reaches the pole `1/θ` of the
//! stability function a layer's equations lose their solution. An update that leads there is taken back and made again,
//! shorter ([`Update`]). That happens in four of the 25 trainings, 3 to 123 times in 3000 epochs, at `α_div` = 2 with
//! `θ = 1` and at 3 with `θ` from ½. With `--unbounded` it happens in 12, up to 174 times: the reward grows without bound
//! towards the pole, training creeps along, and errors are 5 to 55 times larger for `α_div` from 1 on (1.5e-2 to 6.6e-2,
//! 3.1e-2 to 0.11 and 0.16 to 0.49 for implicit layers). Tenfold reductions of the learning rate made no difference;
//! with Xavier's larger matrices errors are up to 6 times larger.
//!
//! After Example 1 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021.

use indicatif::ProgressBar;
use kutta::data::Standardisation;
use kutta::flow::Solution;
use kutta::network::States;
use kutta::plot::{Complex, Curve, PhasePortrait, SchemeView, Stability, phase_portrait, stability_regions};
use kutta::rand::{SeedableRng, rngs::StdRng};
use kutta::regularisation::Penalties;
use kutta::train::{Optimizer, Update};
use kutta::{
    Activation, Adam, Error, Mlp, Model, OdeBlock, Regularisation, Schedule, Tableau, Trajectories, Trajectory,
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const THETAS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const DIVERGENCES: [f64; 5] = [0.0, 0.5, 1.0, 2.0, 3.0];
const LAYERS: usize = 5;
/// Three hidden layers of width 10: as many square matrices.
const WIDTHS: [usize; 6] = [2, 10, 10, 10, 10, 2];
/// Points of the curves in figures.
const FINE: usize = 401;

fn main() -> ExitCode {
    let (mut folder, mut bounded, mut epochs, mut seed) = (PathBuf::from("regression"), true, 3000, 1);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--unbounded" => bounded = false,
            "--quick" => epochs = 300,
            "--seed" => match args.next().and_then(|n| n.parse().ok()) {
                Some(n) => seed = n,
                None => return failed("--seed takes a number"),
            },
            flag if flag.starts_with('-') => return failed(format!("there is no option {flag}")),
            path => folder = path.into(),
        }
    }
    run(&folder, bounded, epochs, seed).map_or_else(failed, |()| ExitCode::SUCCESS)
}

fn failed(reason: impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {reason}");
    ExitCode::FAILURE
}

fn run(folder: &Path, bounded: bool, epochs: usize, seed: u64) -> Result<(), Error> {
    let cases: Vec<(f64, f64)> = DIVERGENCES.iter().flat_map(|&a| THETAS.map(|theta| (a, theta))).collect();
    // Silent unless standard error is a terminal.
    let bar = ProgressBar::new(cases.len() as u64);
    let one = |&(divergence, theta): &(f64, f64)| {
        let trained = Trained::new(divergence, theta, bounded, epochs, seed);
        bar.inc(1);
        trained
    };
    let all: Vec<Trained> = cases.par_iter().map(one).collect::<Result<_, _>>()?;
    bar.finish_and_clear();

    println!("              mean square error      regulariser            Re λ          |R(hλ)|  iterations   updates");
    println!("α_div  θ      on data   between        div       jac     least  largest       ≤ 1     a layer   retried");
    for trained in &all {
        trained.print()?;
    }
    for of_one in all.chunk_by(|a, b| a.divergence == b.divergence) {
        let folder = folder.join(format!("divergence_{}", of_one[0].divergence));
        std::fs::create_dir_all(&folder).map_err(|source| Error::Io { path: folder.clone(), source })?;
        draw(&folder, of_one)?;
        println!("figures: {}", folder.display());
    }
    Ok(())
}

/// `count` even points of [-5, 5].
fn even(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |k| 10.0 * k as f64 / (count - 1) as f64 - 5.0)
}

/// What a step multiplies the solution of `ẏ = λy` by, where `z = hλ`.
fn stability(theta: f64, z: Complex<f64>) -> Complex<f64> {
    (1.0 + (1.0 - theta) * z) / (1.0 - theta * z)
}

/// Scales the matrices of a network to Frobenius norm 1, as the source's program does: fields start out gentle.
fn to_unit_norm(mut params: &mut [f64]) {
    for pair in WIDTHS.windows(2) {
        let (matrix, rest) = params.split_at_mut(pair[0] * pair[1]);
        let norm = matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
        matrix.iter_mut().for_each(|x| *x /= norm);
        // The last layer has no biases.
        let biases = pair[1].min(rest.len());
        params = &mut rest[biases..];
    }
}

/// A network after training.
struct Trained {
    divergence: f64,
    theta: f64,
    model: Model<Mlp>,
    history: Vec<Epoch>,
    /// Updates that were taken back.
    retries: usize,
}

/// One epoch of a training.
struct Epoch {
    /// The objective.
    value: f64,
    /// What the regulariser added to it.
    penalties: Penalties,
    /// Nonlinear iterations a layer.
    iterations: f64,
}

/// What of an epoch is drawn.
type Quantity = fn(&Epoch) -> f64;

impl Trained {
    fn new(divergence: f64, theta: f64, bounded: bool, epochs: usize, seed: u64) -> Result<Self, Error> {
        // The last component counts; the target of the first is never read.
        let sample = |x: f64| Trajectory::new(x.to_string(), vec![0.0, LAYERS as f64], vec![x, 0.0, 0.0, x.sin()]);
        let data = Trajectories::new(["y1", "y2"], even(20).map(sample).collect::<Result<_, _>>()?)?;
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
        let field = Mlp::new(WIDTHS, Activation::Gelu)?;
        let scheme = Tableau::by_name(&format!("one_leg_theta_{theta}"))?;
        let block = OdeBlock::new(field, scheme).steps(LAYERS);
        let optimizer = Adam::new(1e-3);
        let schedule = Schedule::ReduceOnPlateau { factor: 0.7, patience: 50, cooldown: 50, min: 1e-6 };
        let mut params: Vec<f64> = block.init(&mut StdRng::seed_from_u64(seed));
        to_unit_norm(&mut params);
        let (mut moments, mut plateau) = (optimizer.start(params.len()), schedule.start(optimizer.learning_rate));
        let (mut best, mut history) = ((f64::INFINITY, params.clone()), Vec::with_capacity(epochs));
        let (mut update, mut retries) = (Update::new(&optimizer, params.len()), 0);
        let regularisation =
            Regularisation { divergence, divergence_bounded: bounded, jacobian: 0.1, ..Regularisation::default() };
        while history.len() < epochs {
            let at = match block.regularised_by(regularisation).value_and_grad(&params, &data, &loss) {
                // The update went to where a layer has no solution: a shorter one.
                Err(Error::NotConverged { .. }) if update.make_again(&optimizer, &mut moments, &mut params) => {
                    retries += 1;
                    continue;
                }
                at => at?,
            };
            if at.value < best.0 {
                best = (at.value, params.clone());
            }
            let rate = schedule.rate(&plateau, optimizer.learning_rate, history.len());
            update.make(&optimizer, rate, &at.params, &mut moments, &mut params);
            schedule.observe(&mut plateau, at.value);
            history.push(Epoch { value: at.value, penalties: at.penalties, iterations: at.work.mean_iterations() });
        }
        let names = ["y1".to_string(), "y2".to_string()];
        let model = Model::new(block.clone(), best.1, Standardisation::identity(2), &names, "t")?;
        Ok(Trained { divergence, theta, model, history, retries })
    }

    /// The states before and after every layer, starting from `(x, 0)`; none for an `x` for which Newton's method
    /// finds no solution of a layer's equations. That happens between the samples, to 14 of 401 inputs at most.
    fn paths(&self, inputs: impl Iterator<Item = f64>) -> Result<Vec<Solution<f64>>, Error> {
        let times: Vec<f64> = (0..=LAYERS).map(|n| n as f64).collect();
        inputs
            .map(|x| self.model.predict(0.0, &[x, 0.0], &times))
            .filter(|path| !matches!(path, Err(Error::NotConverged { .. })))
            .collect()
    }

    /// Of the network at even points.
    fn mean_square_error(&self, count: usize) -> Result<f64, Error> {
        let paths = self.paths(even(count))?;
        let squares = paths.iter().map(|y| (y.state(LAYERS)[1] - y.state(0)[0].sin()).powi(2)).sum::<f64>();
        Ok(squares / paths.len() as f64)
    }

    /// Eigenvalues of the Jacobian at all states of the training samples; the step is 1.
    fn eigenvalues(&self) -> Result<Vec<Complex<f64>>, Error> {
        let along = |path: &Solution<f64>| {
            self.model.eigenvalues(&Trajectory::new("", path.times().to_vec(), path.states().to_vec())?)
        };
        let found = self.paths(even(20))?.iter().map(along).collect::<Result<Vec<_>, _>>()?;
        Ok(found.into_iter().flatten().flatten().map(|[re, im]| Complex::new(re, im)).collect())
    }

    fn print(&self) -> Result<(), Error> {
        let eigenvalues = self.eigenvalues()?;
        let stable = eigenvalues.iter().filter(|z| stability(self.theta, **z).norm() <= 1.0).count();
        let real = |pick: fn(f64, f64) -> f64| eigenvalues.iter().map(|z| z.re).reduce(pick).unwrap_or(f64::NAN);
        // The parameters are those of the epoch of least objective.
        let best = self.history.iter().min_by(|a, b| a.value.total_cmp(&b.value));
        let penalties = best.map(|row| row.penalties).unwrap_or_default();
        println!(
            "{:<5}  {:<5}  {:<8.1e}  {:<8.1e}  {:>8.3}  {:>8.3}    {:>6.2}   {:>6.2}    {:>4.0} %   {:>6.1}     {:>6}",
            self.divergence,
            self.theta,
            self.mean_square_error(20)?,
            self.mean_square_error(FINE)?,
            penalties.divergence,
            penalties.jacobian,
            real(f64::min),
            real(f64::max),
            100.0 * stable as f64 / eigenvalues.len() as f64,
            best.map_or(f64::NAN, |row| row.iterations),
            self.retries
        );
        Ok(())
    }

    fn line(&self, points: impl Iterator<Item = [f64; 2]>) -> Curve {
        Curve { label: format!("θ = {}", self.theta), points: points.collect(), dashed: false }
    }
}

/// The figures of the networks with one `α_div`.
fn draw(folder: &Path, networks: &[Trained]) -> Result<(), Error> {
    let title = |what: &str| format!("α_div = {}: {what}", networks[0].divergence);

    // What training saw, a line for each network.
    let histories: [(&str, &str, Quantity); 4] = [
        ("error", "log₁₀ of the mean square error", |row| (row.value - row.penalties.total()).log10()),
        ("divergence", "divergence's part of the objective", |row| row.penalties.divergence),
        ("jacobian", "Jacobian's part of the objective", |row| row.penalties.jacobian),
        ("iterations", "nonlinear iterations a layer", |row| row.iterations),
    ];
    for (name, label, of) in histories {
        let curve = |network: &Trained| {
            let every = network.history.len().div_ceil(500).max(1);
            network.line(network.history.iter().enumerate().step_by(every).map(|(k, row)| [k as f64 + 1.0, of(row)]))
        };
        let figure = PhasePortrait {
            title: title(label),
            labels: ["epoch".into(), label.into()],
            curves: networks.iter().map(curve).collect(),
            height: 220,
            ..Default::default()
        };
        phase_portrait(folder.join(name).with_extension("svg"), &figure)?;
    }

    // What the networks compute.
    let curve = |network: &Trained| {
        let paths = network.paths(even(FINE))?;
        Ok(network.line(paths.iter().map(|path| [path.state(0)[0], path.state(LAYERS)[1]])))
    };
    let figure = PhasePortrait {
        title: title("the fit"),
        labels: ["x".into(), "output".into()],
        observed: even(20).map(|x| [x, x.sin()]).collect(),
        curves: networks.iter().map(curve).collect::<Result<_, Error>>()?,
        height: 220,
        ..Default::default()
    };
    phase_portrait(folder.join("fit.svg"), &figure)?;

    // Their fields, and where they carry the line of inputs.
    for network in networks {
        let fine = network.paths(even(FINE))?;
        let states = |n: usize| fine.iter().map(|path| [path.state(n)[0], path.state(n)[1]]).collect();
        let line = |label: &str, points| Curve { label: label.into(), points, dashed: false };
        let mut curves: Vec<Curve> = network
            .paths(even(20))?
            .iter()
            .map(|path| line("samples, layer by layer", path.states().chunks_exact(2).map(|y| [y[0], y[1]]).collect()))
            .collect();
        curves.extend([line("start", states(0)), line("end", states(LAYERS))]);
        let figure = PhasePortrait {
            title: title(&format!("field for θ = {}", network.theta)),
            labels: ["y₁".into(), "y₂".into()],
            curves,
            field: Some(&|y| network.model.derivative(0.0, &y).map_or([0.0; 2], |dy| [dy[0], dy[1]])),
            ..Default::default()
        };
        phase_portrait(folder.join(format!("field_theta_{}.svg", network.theta)), &figure)?;
    }

    // Eigenvalues over the stability regions.
    let scheme = |network: &Trained| {
        let theta = network.theta;
        let scheme =
            SchemeView::new(format!("θ = {theta}"), move |z| stability(theta, z)).points(network.eigenvalues()?);
        // The explicit scheme has no pole; a disc of infinite radius is not drawn.
        Ok(scheme.disc("|z| = 1/θ", Complex::new(0.0, 0.0), 1.0 / theta))
    };
    let figure = Stability {
        title: title("eigenvalues along the samples"),
        schemes: networks.iter().map(scheme).collect::<Result<_, Error>>()?,
        columns: 5,
        panel_width: 170,
        ..Default::default()
    };
    stability_regions(folder.join("eigenvalues.svg"), &figure)
}
