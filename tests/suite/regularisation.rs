//! Regularisers: values by hand, gradients against central differences, estimators, determinism, training.

use crate::common::{Smooth, derivative};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Bounded, Damped, Dimensions, Field, Input, Layered, Mlp, Shares, Spectrum, WithInputs};
use kutta::network::{Gradient, OdeBlock, States};
use kutta::regularisation::{Estimator, ProbeKind, Regulariser, divergence, jacobian_diagonal, jacobian_norm_squared};
use kutta::solve::StageSolver;
use kutta::train::{Adam, MeanSquare, Settings, Shooting, Trainer};
use kutta::{Number, Regularisation, Tableau, VectorField};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// `ẏ = M y` with the matrix as parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Linear;

impl VectorField for Linear {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        4
    }
    fn eval<S: Number>(&self, m: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = m[0] * y[0] + m[1] * y[1];
        dy[1] = m[2] * y[0] + m[3] * y[1];
    }
}

fn nothing(_: &States<f64>, _: &mut States<f64>) -> f64 {
    0.0
}

fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found}, expected {expected}");
}

#[test]
fn the_formula_by_hand() {
    // Two steps of forward Euler with matrices of their own.
    let block = OdeBlock::new(Linear, Tableau::forward_euler()).steps(2).step_size(0.5).per_step(0.0);
    let (m0, m1) = ([-1.0, 2.0, 0.5, 3.0], [0.25, -1.0, 1.0, 0.5]);
    let times = |m: [f64; 4], y: [f64; 2]| [m[0] * y[0] + m[1] * y[1], m[2] * y[0] + m[3] * y[1]];
    let step = |m, y: [f64; 2]| [0, 1].map(|i| y[i] + 0.5 * times(m, y)[i]);
    let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let starts = [[1.0, -0.5], [0.25, 2.0]];
    let regularisation = Regularisation {
        divergence: 0.7,
        divergence_power: 1.0,
        jacobian: 0.3,
        kinetic: 0.2,
        variation: 0.1,
        ..Regularisation::default()
    };
    let params = [m0, m1].concat();
    let gradient = block.regularised_by(regularisation).value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
    // Half of the ends; at the end the last matrix counts. The starts' divergence has no weight.
    let (trace, norm) = (|m: [f64; 4]| m[0] + m[3], |m: [f64; 4]| square(&m));
    assert_near(gradient.penalties.divergence, 0.7 / 2.0 * (0.5 * trace(m1) + 0.5 * trace(m1)) / 2.0, 1e-14);
    assert_near(gradient.penalties.jacobian, 0.3 / 4.0 * (0.5 * norm(m0) + 1.5 * norm(m1)) / 2.0, 1e-14);
    let kinetic = |y0: [f64; 2]| {
        let y1 = step(m0, y0);
        let y2 = step(m1, y1);
        0.2 * (0.5 * square(&times(m0, y0)) + square(&times(m1, y1)) + 0.5 * square(&times(m1, y2))) / 2.0
    };
    assert_near(gradient.penalties.kinetic, (kinetic(starts[0]) + kinetic(starts[1])) / 2.0, 1e-14);
    let change: Vec<f64> = m0.iter().zip(m1).map(|(a, b)| b - a).collect();
    assert_near(gradient.penalties.variation, 0.1 * square(&change) / 2.0, 1e-14);
    assert_near(gradient.value, gradient.penalties.total(), 1e-15);
}

#[test]
fn a_bounded_divergence_by_hand() {
    let block = OdeBlock::new(Linear, Tableau::forward_euler()).steps(2).step_size(0.5);
    let starts = [[1.0, -0.5], [0.25, 2.0]];
    for (a, bounded, power) in [(-1.5, 0.25, 0.0), (3.0, -0.5, 2.0), (-4000.0, 0.5, 0.0)] {
        // The same trace at every state: D = trace/2 times the trapezoidal mean of (t/T)^p.
        let mean = if power == 0.0 { 1.0 } else { (0.25 + 0.5) / 2.0 };
        let divergence = mean * (a + 1.0) / 2.0;
        let settings = Regularisation {
            divergence: bounded,
            divergence_bounded: true,
            divergence_power: power,
            jacobian: 1e-6,
            ..Default::default()
        };
        let params = [a, 2.0, 0.5, 1.0];
        let found = block.regularised_by(settings).value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
        let sigmoid = 1.0 / (1.0 + (-divergence).exp());
        assert_near(found.penalties.divergence, bounded * sigmoid, 1e-14);
        let square = params.iter().map(|x| x * x).sum::<f64>();
        assert_near(found.penalties.jacobian, 1e-6 * square / 4.0, 1e-12);
        let slope = bounded * sigmoid * (1.0 - sigmoid) * mean / 2.0;
        for (i, on_diagonal) in [(0, 1.0), (1, 0.0), (2, 0.0), (3, 1.0)] {
            assert_near(found.params[i], on_diagonal * slope + 2e-6 * params[i] / 4.0, 1e-13);
        }
        // Values without derivatives are the same.
        let grid = block.grid(0.0, 2).unwrap();
        let mut unrolled = block.unroll(&grid).unwrap();
        unrolled.forward(&params, &starts.concat()).unwrap();
        assert_eq!(unrolled.penalties(&params, settings).unwrap(), found.penalties);
    }
}

#[test]
fn no_regulariser_changes_no_bit_and_samples_without_steps_count_nothing() {
    let block = OdeBlock::new(Mlp::new([2, 5, 2], Activation::Tanh).unwrap(), Tableau::backward_euler()).steps(3);
    let params: Vec<f64> = block.init(&mut ChaCha8Rng::seed_from_u64(1));
    let starts = [[0.5, -0.5], [1.0, 0.25]];
    let loss = |path: &States<f64>, gradient: &mut States<f64>| {
        gradient.as_mut_slice().copy_from_slice(path.as_slice());
        path.as_slice().iter().map(|x| 0.5 * x * x).sum()
    };
    let plain = block.value_and_grad_of(&params, 0.0, &starts, loss).unwrap();
    let none = block.regularised_by(Regularisation::default()).value_and_grad_of(&params, 0.0, &starts, loss).unwrap();
    assert_eq!(plain, none);
    let regularisation = Regularisation { jacobian: 1.0, kinetic: 1.0, ..Regularisation::default() };
    let block = block.steps(0);
    let empty = block.regularised_by(regularisation).value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
    assert_eq!((empty.value, empty.penalties.total()), (0.0, 0.0));
    assert!(empty.params.iter().chain(&empty.starts).all(|x| *x == 0.0));
}

/// The derivative of loss and regulariser in a random direction of parameters and starts, against central differences.
pub(crate) fn check_gradient<F: Field<f64>>(block: &OdeBlock<F>, regulariser: impl Into<Regulariser>, seed: u64) {
    let regularised = block.regularised_by(regulariser);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let samples = rng.random_range(1..5_usize);
    let random = |len: usize, size: f64, rng: &mut ChaCha8Rng| -> Vec<f64> {
        (0..len).map(|_| rng.random_range(-size..size)).collect()
    };
    let mut params: Vec<f64> = block.init(&mut rng);
    // Of every step its own.
    params.iter_mut().for_each(|p| *p += rng.random_range(-0.1..0.1));
    let starts = random(samples * block.dim(), 1.0, &mut rng);
    let times = random(samples, 0.3, &mut rng);
    let (params_dot, starts_dot) = (random(params.len(), 1.0, &mut rng), random(starts.len(), 1.0, &mut rng));
    let at = |step: f64| {
        let along = |x: &[f64], d: &[f64]| x.iter().zip(d).map(|(x, d)| x + step * d).collect::<Vec<_>>();
        let (params, starts) = (along(&params, &params_dot), along(&starts, &starts_dot));
        let starts: Vec<&[f64]> = starts.chunks_exact(block.dim()).collect();
        let loss = |path: &States<f64>, gradient: &mut States<f64>| {
            let mut sum = 0.0;
            for (bar, y) in gradient.as_mut_slice().iter_mut().zip(path.as_slice()) {
                sum += 0.1 * y * y;
                *bar = 0.2 * y;
            }
            sum
        };
        regularised.value_and_grad_of(&params, times.clone(), &starts, loss).unwrap()
    };
    let Gradient { params: params_bar, starts: starts_bar, .. } = at(0.0);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let found = dot(&params_bar, &params_dot) + dot(&starts_bar, &starts_dot);
    let (expected, doubt) = derivative(|step| at(step).value);
    let size = expected.abs().max(1.0);
    assert!(doubt < 1e-2 * size, "differences do not agree: {expected} ± {doubt}");
    assert!((found - expected).abs() <= 1e-7 * size + 10.0 * doubt, "{found}, expected {expected} ± {doubt}");
}

pub(crate) fn regularisation() -> impl Strategy<Value = Regularisation> {
    let estimator = prop_oneof![
        Just(Estimator::Automatic),
        (1..4_usize, prop::sample::select(ProbeKind::ALL.to_vec()))
            .prop_map(|(probes, kind)| Estimator::Hutchinson { probes, kind })
    ];
    let weights = prop::array::uniform4(prop_oneof![Just(0.0), 0.1..1.0]);
    (weights, any::<bool>(), 0.5..3.0, -1.0..1.0, estimator, any::<u64>()).prop_map(
        |([divergence, jacobian, kinetic, variation], divergence_bounded, divergence_power, sign, estimator, seed)| {
            Regularisation {
                divergence: divergence * f64::signum(sign),
                divergence_bounded,
                divergence_power,
                jacobian,
                kinetic,
                variation,
                estimator,
                seed,
            }
        },
    )
}

pub(crate) fn block<F: Field<f64>>(field: F, scheme: &str, per_step: bool) -> OdeBlock<F> {
    let solver = StageSolver { tolerance: Some(1e-14), ..StageSolver::default() };
    let block = OdeBlock::new(field, Tableau::by_name(scheme).unwrap()).steps(4).step_size(0.2).solved_by(solver);
    if per_step { block.per_step(-0.2) } else { block }
}

pub(crate) fn scheme() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["forward_euler", "implicit_midpoint", "radau_iia_2", "sdirk2"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn gradients_for_a_field_of_ones_own(
        dim in 1..4_usize, settings in regularisation(), scheme in scheme(), per_step: bool, seed: u64,
    ) {
        check_gradient(&block(Smooth { dim, width: 3 }, scheme, per_step), settings, seed);
    }

    #[test]
    fn gradients_for_networks(
        dim in 1..4_usize, settings in regularisation(), scheme in scheme(), per_step: bool, seed: u64,
        activation in prop::sample::select(vec![
            Activation::Tanh, Activation::Gelu, Activation::Softplus, Activation::Sigmoid, Activation::Sin,
        ]),
    ) {
        let map = Mlp::new([dim + 1, 6, 5, dim], activation).unwrap();
        let field = Damped::new(WithInputs::new(map, [Input::Time]).unwrap(), 0.5).unwrap();
        check_gradient(&block(field, scheme, per_step), settings, seed);
    }

    /// Through the norms, by which every matrix is divided here.
    #[test]
    fn gradients_for_fields_with_a_controlled_spectrum(
        dim in 1..4_usize, settings in regularisation(), scheme in scheme(), per_step: bool, seed: u64,
        split in prop::sample::select(vec![Shares::Even, Shares::Free]),
    ) {
        let map = Mlp::new([dim + 1, 6, 5, dim], Activation::Tanh).unwrap();
        let field = WithInputs::new(map, [Input::Time]).unwrap().normalised(0.01).unwrap().with_shares(split).unwrap();
        let field = Bounded::new(field, Spectrum::new(-300.0, 200.0).unwrap());
        check_gradient(&block(field, scheme, per_step), settings, seed);
    }
}

#[test]
fn single_precision_follows_double() {
    let block = OdeBlock::new(Mlp::new([3, 8, 3], Activation::Gelu).unwrap(), Tableau::sdirk2()).steps(4);
    let params: Vec<f64> = block.init(&mut ChaCha8Rng::seed_from_u64(1));
    let starts = [[0.5, -0.5, 1.0], [1.0, 0.25, 0.0]];
    for estimator in [Estimator::Exact, Estimator::Hutchinson { probes: 2, kind: ProbeKind::Gaussian }] {
        let settings = Regularisation { divergence: 1.0, jacobian: 1.0, kinetic: 0.1, estimator, ..Default::default() };
        let double = block.regularised_by(settings).value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
        let [params, starts] = [&params[..], &starts.concat()].map(|x| x.iter().map(|&x| x as f32).collect::<Vec<_>>());
        let starts: Vec<&[f32]> = starts.chunks_exact(3).collect();
        let single = block.regularised_by(settings).value_and_grad_of(&params, 0.0, &starts, |_, _| 0.0).unwrap();
        assert_near(f64::from(single.value), double.value, 1e-4);
        let scale = double.params.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        for (x, y) in single.params.iter().zip(&double.params) {
            assert!((f64::from(*x) - y).abs() < 1e-4 * scale, "{x} {y}");
        }
    }
}

/// A network whose Jacobian is far from diagonal.
fn network(d: usize) -> (Mlp, Vec<f64>, Vec<f64>) {
    let net = Mlp::new([d, 20, d], Activation::Tanh).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let params = net.init(&mut rng);
    let y = (0..d).map(|_| rng.random_range(-1.0..1.0)).collect();
    (net, params, y)
}

/// The mean over 4000 seeds differs from the exact number by less than five standard errors: an unbiased estimator fails
/// one such comparison with probability 6e-7, and one of all twelve with 7e-6 at most. It would have been noticed had the estimates been off by more than a tenth
/// of their spread.
#[test]
fn estimators_are_unbiased() {
    let (net, params, y) = network(12);
    let count = 4000;
    let compare = |what: String, exact: f64, estimate: &dyn Fn(u64) -> f64| {
        let estimates: Vec<f64> = (0..count).map(estimate).collect();
        let mean = estimates.iter().sum::<f64>() / count as f64;
        let variance = estimates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
        assert!(variance > 1e-6, "{what}: the estimates do not vary");
        let error = (mean - exact).abs() / (variance / count as f64).sqrt();
        assert!(error < 5.0, "{what}: mean {mean}, expected {exact}, off by {error:.1} standard errors");
    };
    let exact_divergence = divergence(&net, &params, 0.0, &y, Estimator::Exact, 0).unwrap();
    let exact_norm = jacobian_norm_squared(&net, &params, 0.0, &y, Estimator::Exact, 0).unwrap();
    for kind in ProbeKind::ALL {
        for probes in [1, 3] {
            let by = Estimator::Hutchinson { probes, kind };
            compare(format!("divergence by {probes} {kind}"), exact_divergence, &|seed| {
                divergence(&net, &params, 0.0, &y, by, seed).unwrap()
            });
            compare(format!("norm by {probes} {kind}"), exact_norm, &|seed| {
                jacobian_norm_squared(&net, &params, 0.0, &y, by, seed).unwrap()
            });
        }
    }
    // The quotients of the diagonal too, by symmetry; with normal entries they have a fourth moment from five probes on.
    let diagonal = exact_diagonal(&net, &params, &y);
    for by in [(2, ProbeKind::Rademacher), (8, ProbeKind::Gaussian)] {
        for i in [0, 7] {
            compare(format!("diagonal {i} by {} {}", by.0, by.1), diagonal[i], &|seed| {
                jacobian_diagonal(&net, &params, 0.0, &y, by, seed).unwrap()[i]
            });
        }
    }
}

fn exact_diagonal(net: &Mlp, params: &[f64], y: &[f64]) -> Vec<f64> {
    let d = y.len();
    let at = kutta::field::Point::one(params, &0.0, y);
    let (mut value, mut record) = (vec![0.0; d], vec![0.0; net.record_rows()]);
    let (mut jacobian, mut scratch) = (vec![0.0; d * d], kutta::field::Scratch::new());
    net.eval_batch(at, &mut value, &mut record, &mut scratch);
    net.jacobian(at, &record, &mut jacobian, &mut scratch);
    (0..d).map(|i| jacobian[i * d + i]).collect()
}

#[test]
fn the_diagonal_converges_and_is_exact_for_diagonal_matrices() {
    let (net, params, y) = network(6);
    let exact = exact_diagonal(&net, &params, &y);
    for kind in ProbeKind::ALL {
        let error = |probes: usize| -> f64 {
            let found = jacobian_diagonal(&net, &params, 0.0, &y, (probes, kind), 1).unwrap();
            found.iter().zip(&exact).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
        };
        // The error falls with the root of the number of probes: to a hundredth here, within a factor of 5.
        assert!(error(40_000) < 0.05 * error(4).max(0.1), "{kind}: {} {}", error(4), error(40_000));
        let diagonal = jacobian_diagonal(&Linear, &[2.0, 0.0, 0.0, -3.0], 0.0, &[1.0, 1.0], (1, kind), 5).unwrap();
        assert!((diagonal[0] - 2.0).abs() < 1e-12 && (diagonal[1] + 3.0).abs() < 1e-12, "{kind}: {diagonal:?}");
    }
    let error = jacobian_diagonal(&net, &params, 0.0, &y, (0, ProbeKind::Gaussian), 1).unwrap_err().to_string();
    assert!(error.contains("probes is 0"), "{error}");
    let error = divergence(&net, &params, 0.0, &y[1..], Estimator::Exact, 1).unwrap_err().to_string();
    assert!(error.contains("y has 5 components, expected 6"), "{error}");
}

#[test]
fn the_automatic_choice_is_exact_for_few_components() {
    for d in [Estimator::EXACT_UP_TO, Estimator::EXACT_UP_TO + 1] {
        let (net, params, y) = network(d);
        let by = |estimator| divergence(&net, &params, 0.0, &y, estimator, 9).unwrap();
        let (probes, kind) = (Estimator::AUTOMATIC_PROBES, ProbeKind::Rademacher);
        let expected = match d == Estimator::EXACT_UP_TO {
            true => by(Estimator::Exact),
            false => by(Estimator::Hutchinson { probes, kind }),
        };
        assert_eq!(by(Estimator::Automatic), expected);
    }
}

#[test]
fn the_seed_decides_and_threads_do_not() {
    // Several chunks of samples, some of other lengths.
    let block = OdeBlock::new(Mlp::new([3, 9, 3], Activation::Tanh).unwrap(), Tableau::implicit_midpoint());
    let block = block.steps(6).step_size(0.1).per_step(0.0);
    let params: Vec<f64> = block.init(&mut ChaCha8Rng::seed_from_u64(1));
    let starts: Vec<[f64; 3]> = (0..90).map(|q| [0, 1, 2].map(|i| f64::from(3 * q + i).sin())).collect();
    let run = |threads: usize, seed: u64| {
        let estimator = Estimator::Hutchinson { probes: 2, kind: ProbeKind::Gaussian };
        let weights =
            Regularisation { divergence: 1.0, jacobian: 1.0, kinetic: 0.1, variation: 1.0, ..Default::default() };
        let settings = Regularisation { estimator, seed, divergence_bounded: seed == 5, ..weights };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = || block.regularised_by(settings).value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
        pool.install(run)
    };
    let one = run(1, 5);
    assert_eq!(one, run(2, 5));
    assert_eq!(one, run(5, 5));
    assert_ne!(one.value, run(1, 6).value);
}

/// Rotations that neither grow nor decay, with noise.
pub(crate) fn circles() -> Trajectories {
    let circle = |k: usize| {
        let times: Vec<f64> = (0..12).map(|n| 0.25 * n as f64).collect();
        let states = times.iter().enumerate().flat_map(|(n, t)| {
            let noise = 0.05 * ((7 * n + k) as f64).sin();
            [(t + k as f64).cos() + noise, (t + k as f64).sin() - noise]
        });
        Trajectory::new(k.to_string(), times.clone(), states.collect()).unwrap()
    };
    Trajectories::new(["x", "y"], (0..3).map(circle).collect()).unwrap()
}

pub(crate) fn trainer(regularisation: impl Into<Regulariser>) -> Trainer<Mlp> {
    let block = OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh).unwrap(), Tableau::implicit_midpoint());
    Trainer::new(block.step_size(0.25))
        .settings(Settings::plain())
        .optimizer(Adam::new(0.01))
        .epochs(40)
        .regularised_by(regularisation)
        .standardised(false)
}

#[test]
fn training_records_the_parts_and_lessens_them() {
    let data = circles();
    let weights = Regularisation { divergence: 0.5, jacobian: 0.2, kinetic: 0.01, ..Default::default() };
    let fit = trainer(weights).fit(&data).unwrap();
    let first = &fit.history.epochs[0];
    let penalties = first.penalties.unwrap();
    let block = OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh).unwrap(), Tableau::implicit_midpoint());
    let block = block.step_size(0.25);
    // The first row is of the initial parameters.
    let params: Vec<f64> = block.init(&mut ChaCha8Rng::seed_from_u64(0));
    let gradient = block.regularised_by(weights).value_and_grad(&params, &data, &MeanSquare).unwrap();
    assert_near(penalties.divergence, gradient.penalties.divergence, 1e-15);
    assert_near(penalties.jacobian, gradient.penalties.jacobian, 1e-15);
    assert_near(penalties.kinetic, gradient.penalties.kinetic, 1e-15);
    assert_near(first.loss, gradient.value, 1e-15);
    let plain = block.value_and_grad(&params, &data, &MeanSquare).unwrap();
    assert_near(first.loss - penalties.total(), plain.value, 1e-12);
    // Against training without.
    let free = trainer(Regularisation::default()).fit(&data).unwrap();
    assert!(free.history.epochs.iter().all(|row| row.penalties.is_none()) && free.summary.penalties.is_none());
    let of = |params: &[f64]| block.regularised_by(weights).value_and_grad(params, &data, &MeanSquare).unwrap();
    let (with, without) = (of(fit.model.params()), of(free.model.params()));
    assert!(with.penalties.total() < without.penalties.total(), "{with:?} {without:?}");
    assert_eq!(fit.summary.penalties, fit.history.epochs.last().unwrap().penalties);
}

#[test]
fn resumed_training_draws_the_same_probes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let estimator = Estimator::Hutchinson { probes: 1, kind: ProbeKind::Rademacher };
    let weights = Regularisation { divergence: 0.5, jacobian: 0.2, estimator, ..Default::default() };
    for strategy in [Shooting::SingleShooting, Shooting::MultipleShooting { intervals: 3, epochs: 20, penalty: 5.0 }] {
        let trainer = trainer(weights).shooting(strategy).batch_size(2);
        let data = circles();
        let whole = trainer.clone().fit(&data).unwrap();
        trainer.clone().epochs(15).checkpoint(&path, 15).fit(&data).unwrap();
        let resumed = trainer.clone().resume(&path).fit(&data).unwrap();
        let parts =
            |fit: &kutta::Fit<Mlp>| fit.history.epochs.iter().map(|row| (row.loss, row.penalties)).collect::<Vec<_>>();
        assert_eq!(parts(&whole), parts(&resumed));
        assert_eq!(whole.model.params(), resumed.model.params());
        let other = trainer.regularised_by(Regularisation { seed: 3, ..weights }).resume(&path).fit(&data).unwrap_err();
        assert!(other.to_string().contains("regularisation: seed was 0, is now 3"), "{other}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let bad = Regularisation { jacobian: -1.0, ..Default::default() };
    let error = trainer(bad).fit(&circles()).unwrap_err().to_string();
    assert_eq!(error, "jacobian weight is -1, expected a finite number, at least 0");
    let block = OdeBlock::new(Linear, Tableau::forward_euler());
    let error = block.regularised_by(bad).value_and_grad_of(&[0.0; 4], 0.0, &[[1.0, 1.0]], nothing).unwrap_err();
    assert!(error.to_string().contains("jacobian weight"), "{error}");
    // A value that overflows.
    let huge = Regularisation { kinetic: 1e300, ..Default::default() };
    let error = block.regularised_by(huge).value_and_grad_of(&[1e100; 4], 0.0, &[[1.0, 1.0]], nothing).unwrap_err();
    assert!(error.to_string().contains("the regulariser is not finite"), "{error}");
}
