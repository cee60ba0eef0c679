//! Networks of images, against central differences.

use crate::common::networks::dot;
use kutta::field::{Activated, Activation, Conv2d, ConvResidual, Field, Layered, Pool, Pooling, Rescaled};
use kutta::network::{Affine, Layer, Map, OdeBlock, Sequential};
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::solve::StageSolver;
use kutta::{Regularisation, Tableau};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Two groups on images of 5 × 4 pixels: all kinds of layers that a network of images has.
fn network<T: kutta::Real>(theta: f64) -> Sequential<T>
where
    ConvResidual: Field<T>,
    Conv2d: Field<T>,
    Activated: Field<T>,
{
    let solver = StageSolver { tolerance: (size_of::<T>() == 8).then_some(1e-13), ..StageSolver::default() };
    let block = |image: [usize; 3], steps: usize| {
        let field = ConvResidual::new(image, 3, Activation::Tanh).unwrap().with_spectrum(-3.0, 1.0).unwrap();
        let scheme = Tableau::new([[theta]], [1.0], [theta]).unwrap();
        OdeBlock::new(field, scheme).steps(steps).step_size(1.0 / steps as f64).solved_by(solver)
    };
    let first = Conv2d::new([1, 5, 4], 2, 3).unwrap();
    let down = Conv2d::new([2, 5, 4], 3, 3).unwrap().with_stride(2).unwrap().normalised(2.0).unwrap();
    let layers: Vec<Box<dyn Layer<T>>> = vec![
        Box::new(Map(Rescaled::new([1, 5, 4], [0.1], [0.5]).unwrap())),
        Box::new(Map(first)),
        Box::new(block([2, 5, 4], 2)),
        Box::new(Map(down)),
        Box::new(block([3, 3, 2], 1)),
        Box::new(Map(Activated::new(18, Activation::Gelu))),
        Box::new(Map(Pool::new([3, 3, 2], Pooling::Max, 2).unwrap().with_stride(1).unwrap())),
        Box::new(Map(Pool::global([3, 2, 1]).unwrap())),
        Box::new(Affine::new(3, 4)),
    ];
    Sequential::new(layers).unwrap()
}

/// So large that operators are scaled, and no bias or gain where it began.
fn params_of(network: &Sequential<f64>) -> Vec<f64> {
    let initial: Vec<f64> = network.init(&mut ChaCha8Rng::seed_from_u64(3));
    initial.iter().zip(numbers(initial.len(), 1)).map(|(p, x)| 1.5 * p + 0.2 * x).collect()
}

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The derivative of `f` at 0 by four differences, to the fourth order.
fn difference(f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1e-3;
    (8.0 * (f(STEP) - f(-STEP)) - (f(2.0 * STEP) - f(-2.0 * STEP))) / (12.0 * STEP)
}

#[test]
fn gradients_of_networks_of_images_are_those_of_central_differences() {
    const SAMPLES: usize = 2;
    let penalty = Regularisation {
        divergence: 0.3,
        jacobian: 0.2,
        estimator: Estimator::Hutchinson { probes: 1, kind: ProbeKind::Rademacher },
        seed: 5,
        ..Regularisation::default()
    };
    for theta in [0.0, 0.5, 1.0] {
        let network = network::<f64>(theta);
        let params = params_of(&network);
        let (x, weights) = (numbers(SAMPLES * 20, 2), numbers(SAMPLES * 4, 4));
        let loss = |params: &[f64], x: &[f64]| {
            let mut pass = network.ready(SAMPLES).unwrap();
            let value = dot(pass.forward(params, x).unwrap(), &weights);
            value + pass.regularise(params, &penalty.into()).unwrap().total()
        };
        let mut pass = network.ready(SAMPLES).unwrap();
        pass.forward(&params, &x).unwrap();
        let penalties = pass.regularise(&params, &penalty.into()).unwrap();
        assert!(penalties.divergence != 0.0 && penalties.jacobian > 0.0, "{penalties:?}");
        let (mut params_bar, mut x_bar) = (vec![0.0; params.len()], vec![0.0; x.len()]);
        pass.pullback(&params, &weights, &mut params_bar, &mut x_bar).unwrap();
        let moved = |from: &[f64], k: usize, step: f64| {
            let mut moved = from.to_vec();
            moved[k] += step;
            moved
        };
        for (k, &found) in params_bar.iter().enumerate() {
            let expected = difference(|step| loss(&moved(&params, k, step), &x));
            assert!((found - expected).abs() < 1e-8, "θ = {theta}, parameter {k}: {found}, expected {expected}");
        }
        for (k, &found) in x_bar.iter().enumerate() {
            let expected = difference(|step| loss(&params, &moved(&x, k, step)));
            assert!((found - expected).abs() < 1e-8, "θ = {theta}, input {k}: {found}, expected {expected}");
        }
    }
}

/// With more samples than a chunk holds.
#[test]
fn tangents_and_cotangents_of_networks_of_images_agree() {
    const SAMPLES: usize = 35;
    for theta in [0.0, 0.5, 1.0] {
        let network = network::<f64>(theta);
        let params = params_of(&network);
        let (x, x_dot, weights) = (numbers(SAMPLES * 20, 2), numbers(SAMPLES * 20, 6), numbers(SAMPLES * 4, 4));
        let mut pass = network.ready(SAMPLES).unwrap();
        pass.forward(&params, &x).unwrap();
        let (mut params_bar, mut x_bar) = (vec![0.0; params.len()], vec![0.0; x.len()]);
        pass.pullback(&params, &weights, &mut params_bar, &mut x_bar).unwrap();
        let params_dot = numbers(params.len(), 7);
        let mut y_dot = vec![0.0; weights.len()];
        pass.pushforward(&params, &params_dot, &x_dot, &mut y_dot).unwrap();
        let (back, forth) = (dot(&params_bar, &params_dot) + dot(&x_bar, &x_dot), dot(&weights, &y_dot));
        assert!((back - forth).abs() < 1e-8 * forth.abs().max(1.0), "{back} {forth}");
    }
}

#[test]
fn single_precision_gives_what_double_precision_does() {
    for theta in [0.0, 0.5, 1.0] {
        let (single, double) = (network::<f32>(theta), network::<f64>(theta));
        let params: Vec<f64> = double.init(&mut ChaCha8Rng::seed_from_u64(3));
        let (x, y_bar) = (numbers(5 * 20, 2), numbers(5 * 4, 3));
        let cast = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        let (mut bar, mut x_bar) = (vec![0.0; params.len()], vec![0.0; x.len()]);
        let mut pass = double.ready(5).unwrap();
        let y = pass.forward(&params, &x).unwrap().to_vec();
        pass.pullback(&params, &y_bar, &mut bar, &mut x_bar).unwrap();
        let (mut found_bar, mut found_x_bar) = (vec![0.0_f32; params.len()], vec![0.0_f32; x.len()]);
        let mut pass = single.ready(5).unwrap();
        let found = pass.forward(&cast(&params), &cast(&x)).unwrap().to_vec();
        pass.pullback(&cast(&params), &cast(&y_bar), &mut found_bar, &mut found_x_bar).unwrap();
        for (found, expected) in [(&found, &y), (&found_bar, &bar), (&found_x_bar, &x_bar)] {
            let size = expected.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
            assert!(found.iter().zip(expected).all(|(x, y)| (f64::from(*x) - y).abs() < 2e-3 * size));
        }
    }
}

/// The bound on a field holds for the operators on the images, not for their reshaped kernels.
#[test]
fn steps_of_training_find_the_norms_of_predictions() {
    let network = network::<f64>(0.5);
    let mut params: Vec<f64> = network.init(&mut ChaCha8Rng::seed_from_u64(3));
    params.iter_mut().for_each(|p| *p *= 2.0);
    let x = numbers(20, 2);
    let mut pass = network.ready(1).unwrap();
    pass.train(&params, &x).unwrap();
    params.iter_mut().for_each(|p| *p *= 1.01);
    params.iter_mut().zip(numbers(network.param_count(), 9)).for_each(|(p, x)| *p += 0.02 * x);
    let first = pass.train(&params, &x).unwrap().to_vec();
    for _ in 0..2000 {
        pass.train(&params, &x).unwrap();
    }
    let last = pass.train(&params, &x).unwrap().to_vec();
    let exact = pass.forward(&params, &x).unwrap();
    let off = |y: &[f64]| y.iter().zip(exact).map(|(y, x)| (y - x).abs()).fold(0.0, f64::max);
    assert!(off(&last) < 1e-9 && off(&first) > 10.0 * off(&last), "{} {}", off(&first), off(&last));
}

/// What predictions know of norms they know of the parameters that these were found for alone.
#[test]
fn predictions_do_not_depend_on_those_before() {
    let (network, x) = (network::<f64>(0.5), numbers(20, 2));
    let params = params_of(&network);
    let others: Vec<f64> = params.iter().map(|p| 1.5 * p).collect();
    let mut pass = network.ready(1).unwrap();
    let first = pass.forward(&params, &x).unwrap().to_vec();
    let other = pass.forward(&others, &x).unwrap().to_vec();
    pass.train(&others, &x).unwrap();
    assert_eq!(pass.forward(&others, &x).unwrap(), other);
    assert_eq!(pass.forward(&params, &x).unwrap(), first);
    assert_eq!(network.ready(1).unwrap().forward(&params, &x).unwrap(), first);
    assert_ne!(first, other);
    assert!(pass.forward(&params, &x[1..]).is_err());
}
