//! Convolutions, pooling and networks of images: kernels against loops, networks against central differences.

use crate::common::formula::Provided;
use crate::common::networks::{activation, batch, dot};
use crate::field_kernels::assert_computes;
use crate::second_derivatives::assert_bends_as;
use kutta::field::{
    Activated, Activation, AnyField, Conv2d, ConvResidual, Convolution, Dimensions, Field, Layered, LinearOperator,
    Pool, Pooling, Rescaled, spectral_norm,
};
use kutta::network::{Affine, Layer, Map, OdeBlock, Sequential};
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::solve::StageSolver;
use kutta::{Number, Regularisation, Tableau, VectorField};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A convolution with a bias, as its definition has it.
#[derive(Debug, Clone, Copy)]
struct Loops {
    image: [usize; 3],
    channels: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Loops {
    fn to(&self) -> [usize; 3] {
        let size = |n: usize| (n + 2 * self.padding - self.kernel) / self.stride + 1;
        [self.channels, size(self.image[1]), size(self.image[2])]
    }

    fn weights(&self) -> usize {
        self.channels * self.image[0] * self.kernel * self.kernel
    }

    fn map(&self) -> Conv2d {
        let Loops { image, channels, kernel, stride, padding } = *self;
        Conv2d::new(image, channels, kernel).unwrap().with_padding(padding).unwrap().with_stride(stride).unwrap()
    }
}

impl VectorField for Loops {
    fn dim(&self) -> usize {
        self.to().iter().product()
    }
    fn inputs(&self) -> usize {
        self.image.iter().product()
    }
    fn param_count(&self) -> usize {
        self.weights() + self.channels
    }
    fn eval<S: Number>(&self, params: &[S], _: S, x: &[S], y: &mut [S]) {
        let ([channels, height, width], [outputs, rows, columns]) = (self.image, self.to());
        for o in 0..outputs {
            for i in 0..rows {
                for j in 0..columns {
                    let mut sum = params[self.weights() + o];
                    for c in 0..channels {
                        for k in 0..self.kernel {
                            for l in 0..self.kernel {
                                let (row, column) = (i * self.stride + k, j * self.stride + l);
                                let inside = |at: usize, size: usize| (self.padding..size + self.padding).contains(&at);
                                if inside(row, height) && inside(column, width) {
                                    let pixel = (row - self.padding) * width + column - self.padding;
                                    let w = ((o * channels + c) * self.kernel + k) * self.kernel + l;
                                    sum += params[w] * x[c * height * width + pixel];
                                }
                            }
                        }
                    }
                    y[(o * rows + i) * columns + j] = sum;
                }
            }
        }
    }
}

fn loops() -> impl Strategy<Value = Loops> {
    (1..=3_usize, 1..=6_usize, 1..=6_usize, 1..=10_usize, 1..=4_usize, 1..=3_usize, 0..4_usize).prop_map(
        |(inputs, height, width, channels, kernel, stride, padding)| {
            let padding = padding % kernel;
            let image = [inputs, height.max(kernel - 2 * padding.min(kernel / 2)), width.max(kernel)];
            Loops { image, channels, kernel, stride, padding }
        },
    )
}

/// The field of a residual layer over two convolutions as they are defined.
#[derive(Debug)]
struct ResidualLoops(ConvResidual, Loops);

impl VectorField for ResidualLoops {
    fn dim(&self) -> usize {
        VectorField::inputs(&self.1)
    }
    fn param_count(&self) -> usize {
        2 * VectorField::param_count(&self.1)
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let activated = |x: &[S]| x.iter().map(|&x| self.0.activation().apply(x)).collect::<Vec<_>>();
        let (inner, outer) = params.split_at(VectorField::param_count(&self.1));
        let mut hidden = vec![S::zero(); y.len()];
        self.1.eval(inner, t, &activated(y), &mut hidden);
        self.1.eval(outer, t, &activated(&hidden), dy);
    }
}

fn residual() -> impl Strategy<Value = ResidualLoops> {
    (1..=5_usize, 1..=4_usize, 1..=4_usize, any::<bool>(), activation()).prop_map(
        |(channels, height, width, is_wide, activation)| {
            let (image, kernel) = ([channels, height, width], if is_wide { 3 } else { 1 });
            let loops = Loops { image, channels, kernel, stride: 1, padding: kernel / 2 };
            ResidualLoops(ConvResidual::new(image, kernel, activation).unwrap(), loops)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn convolutions_are_what_their_definition_says(loops in loops(), batch in batch(), seed in any::<u64>()) {
        let map = loops.map();
        prop_assert_eq!(map.to(), loops.to());
        assert_computes::<f64>(&map, &loops, batch, seed, 1e-12);
        assert_computes::<f32>(&map, &loops, batch, seed, 1e-4);
    }

    #[test]
    fn residual_fields_are_what_their_definition_says(field in residual(), batch in batch(), seed in any::<u64>()) {
        assert_computes::<f64>(&field.0, &field, batch, seed, 1e-11);
        assert_bends_as(&field.0, &field, batch, seed, 1e-10);
    }

    #[test]
    fn maps_of_pixels_have_the_derivatives_of_their_formulas(
        channels in 1..=3_usize, height in 2..=7_usize, width in 2..=7_usize, window in 1..=2_usize, stride in 1..=3_usize,
        activation in activation(), batch in batch(), seed in any::<u64>(),
    ) {
        let image = [channels, height, width];
        for pooling in [Pooling::Average, Pooling::Max] {
            let map = Pool::new(image, pooling, window).unwrap().with_stride(stride).unwrap();
            let formula = PoolLoops { image, pooling, window, stride };
            prop_assert_eq!(map.dim(), VectorField::dim(&formula));
            assert_computes::<f64>(&map, &formula, batch, seed, 1e-13);
        }
        let map = Activated::new(height, activation);
        assert_computes::<f64>(&map, &Each(height, activation), batch, seed, 1e-12);
        assert_bends_as(&map, &Each(height, activation), batch, seed, 1e-11);
    }

    /// `uᵀ (A v)` in three ways.
    #[test]
    fn operators_their_transposes_and_matrices_agree(loops in loops(), seed in any::<u64>()) {
        let Loops { image, channels, kernel, stride, padding } = loops;
        let operator = Convolution::new(2, image, channels, kernel, stride, padding).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut random = |len: usize| (0..len).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
        let params = random(operator.len() + 2);
        let (n, m) = (operator.inputs(), operator.outputs());
        let (v, u) = (random(n), random(m));
        let (mut image, mut back, mut bar) = (vec![0.0; m], vec![0.0; n], vec![0.0; params.len()]);
        operator.apply(&params, &v, &mut image);
        operator.apply_transposed(&params, &u, &mut back);
        operator.add_outer(0.5, &u, &v, &mut bar);
        let matrix = operator.matrix(&params);
        let by_matrix: f64 = (0..n).map(|j| v[j] * dot(&matrix[j * m..(j + 1) * m], &u)).sum();
        let size = by_matrix.abs().max(1.0);
        for found in [dot(&image, &u), dot(&back, &v), 2.0 * dot(&bar, &params)] {
            prop_assert!((found - by_matrix).abs() < 1e-12 * size * n as f64, "{found} {by_matrix}");
        }
        // By the loops.
        let mut expected = vec![0.0; m];
        let mut with_bias = params[2..].to_vec();
        with_bias.resize(VectorField::param_count(&loops), 0.0);
        loops.eval(&with_bias, 0.0, &v, &mut expected);
        prop_assert!(image.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-12 * n as f64));
    }
}

struct PoolLoops {
    image: [usize; 3],
    pooling: Pooling,
    window: usize,
    stride: usize,
}

impl VectorField for PoolLoops {
    fn dim(&self) -> usize {
        let size = |n: usize| (n - self.window) / self.stride + 1;
        self.image[0] * size(self.image[1]) * size(self.image[2])
    }
    fn inputs(&self) -> usize {
        self.image.iter().product()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, x: &[S], y: &mut [S]) {
        let ([channels, height, width], mut next) = (self.image, 0);
        for c in 0..channels {
            for i in (0..=height - self.window).step_by(self.stride) {
                for j in (0..=width - self.window).step_by(self.stride) {
                    let pixel = |k: usize, l: usize| x[(c * height + i + k) * width + j + l];
                    let all: Vec<S> =
                        (0..self.window).flat_map(|k| (0..self.window).map(move |l| pixel(k, l))).collect();
                    y[next] = match self.pooling {
                        Pooling::Average => {
                            let sum = all.iter().fold(S::zero(), |sum, &x| sum + x);
                            sum / S::constant(all.len() as f64)
                        }
                        Pooling::Max => all[1..].iter().fold(all[0], |max, &x| (x - max).where_positive(x, max)),
                    };
                    next += 1;
                }
            }
        }
    }
}

struct Each(usize, Activation);

impl VectorField for Each {
    fn dim(&self) -> usize {
        self.0
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, x: &[S], y: &mut [S]) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = self.1.apply(x));
    }
}

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
fn residual_fields_are_normalised_by_the_norms_of_their_operators() {
    let image = [4, 9, 8];
    let field = ConvResidual::new(image, 3, Activation::Relu).unwrap();
    let mut params: Vec<f64> = field.init(&mut ChaCha8Rng::seed_from_u64(1));
    params.iter_mut().for_each(|p| *p *= 3.0);
    let bound = field.lipschitz_bound(&params).unwrap();
    let norms = field.operators(field.dim()).iter().map(|operator| spectral_norm(operator, &params)).product::<f64>();
    assert!((bound / norms - 1.0).abs() < 1e-12 && bound > 4.0, "{bound} {norms}");
    let normalised = field.clone().normalised(1.0).unwrap();
    let mut effective = kutta::field::Effective::new();
    let effective = effective.update(&normalised, &params, kutta::field::Purpose::Prediction).unwrap();
    let bound = field.lipschitz_bound(effective).unwrap();
    assert!((bound - 1.0).abs() < 1e-12, "{bound}");
}

/// Steps of training follow the norms from step to step, and come to what a prediction finds at once.
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

#[test]
fn layers_of_images_are_refused_where_they_make_no_sense() {
    let told = |error: kutta::Error| error.to_string();
    let image = [2, 5, 4];
    assert!(told(Conv2d::new([0, 5, 4], 1, 3).unwrap_err()).starts_with("image is [0, 5, 4]"));
    assert!(told(Conv2d::new([usize::MAX, 5, 4], 1, 3).unwrap_err()).starts_with("image is"));
    assert_eq!(told(Conv2d::new(image, 1, 0).unwrap_err()), "kernel is 0, expected from 1 to 4, the padded image");
    let unpadded = Conv2d::new(image, 1, 5).unwrap().with_padding(0).unwrap_err();
    assert_eq!(told(unpadded), "kernel is 5, expected from 1 to 4, the padded image");
    assert!(told(Conv2d::new(image, 0, 3).unwrap_err()).starts_with("image is [0, 5, 4]"));
    assert_eq!(told(Conv2d::new(image, 1, 3).unwrap().with_stride(0).unwrap_err()), "stride is 0, expected at least 1");
    let padded = Conv2d::new(image, 1, 3).unwrap().with_padding(3).unwrap_err();
    assert_eq!(told(padded), "padding is 3, expected less than the kernel, which is 3");
    assert!(
        told(ConvResidual::new(image, 2, Activation::Relu).unwrap_err()).starts_with("kernel is 2, expected an odd")
    );
    assert!(told(Pool::new(image, Pooling::Max, 5).unwrap_err()).starts_with("window is [5, 5]"));
    assert!(told(Pool::new(image, Pooling::Max, 2).unwrap().with_stride(0).unwrap_err()).starts_with("stride is 0"));
    assert!(told(Rescaled::new(image, [0.0], [1.0]).unwrap_err()).starts_with("shifts has 1 entries, expected 2"));
    assert!(told(Rescaled::new([1, 1, 1], [0.0], [0.0]).unwrap_err()).starts_with("a scale is 0"));
    assert!(told(Rescaled::new([1, 1, 1], [f64::NAN], [1.0]).unwrap_err()).starts_with("a shift is NaN"));
    let layer = Map(Conv2d::new(image, 1, 3).unwrap());
    let mut pass = Layer::<f64>::ready(&layer, 2).unwrap();
    assert!(pass.pullback(&[0.0; 19], &[0.0; 40], &mut [0.0; 19], &mut [0.0; 80]).is_err());
    assert!(pass.forward(&[0.0; 18], &[0.0; 80]).is_err());
    assert!(pass.forward(&[0.0; 19], &[0.0; 79]).is_err());
    assert!(pass.forward(&[f64::NAN; 19], &[0.0; 80]).is_err());
    assert!(pass.forward(&[0.0; 19], &[f64::INFINITY; 80]).is_err());
    pass.forward(&[0.0; 19], &[0.0; 80]).unwrap();
    assert!(pass.pullback(&[0.0; 19], &[0.0; 39], &mut [0.0; 19], &mut [0.0; 80]).is_err());
}

#[test]
fn parameters_of_images_have_names_and_shapes() {
    let field = ConvResidual::new([4, 6, 5], 3, Activation::Relu).unwrap().with_spectrum(-3.0, 1.0).unwrap();
    let layer = OdeBlock::new(field, Tableau::backward_euler());
    let names = |layer: &dyn Layer<f64>| {
        layer.parameters().iter().map(|array| format!("{} {:?}", array.name, array.shape)).collect::<Vec<_>>()
    };
    assert_eq!(
        names(&layer),
        ["0.weight [4, 4, 3, 3]", "0.bias [4]", "1.weight [4, 4, 3, 3]", "1.bias [4]", "theta [120]"]
    );
    let map = Conv2d::new([1, 6, 5], 4, 5).unwrap();
    assert_eq!(names(&Map(map.clone())), ["weight [4, 1, 5, 5]", "bias [4]"]);
    assert_eq!(names(&Map(map.without_bias())), ["weight [4, 1, 5, 5]"]);
    assert!(names(&Map(Pool::global([4, 6, 5]).unwrap())).is_empty());
}

#[test]
fn fields_of_images_are_saved() {
    let field = ConvResidual::new([2, 3, 4], 3, Activation::Gelu).unwrap();
    let saved = |field: AnyField| {
        let text = serde_json::to_string(&field).unwrap();
        assert_eq!(serde_json::from_str::<AnyField>(&text).unwrap(), field);
        text
    };
    assert_eq!(
        saved(field.clone().into()),
        r#"{"kind":"conv_residual","image":[2,3,4],"kernel":3,"activation":"gelu"}"#
    );
    let text = saved(field.with_spectrum(-3.0, 1.0).unwrap().into());
    assert!(text.starts_with(r#"{"kind":"bounded_conv_residual""#), "{text}");
    let wrong = text.replace("[2,3,4]", "[2,0,4]");
    assert!(serde_json::from_str::<AnyField>(&wrong).is_err());
    let map = Conv2d::new([2, 3, 4], 3, 3).unwrap().with_stride(2).unwrap();
    assert_eq!(serde_json::from_str::<Conv2d>(&serde_json::to_string(&map).unwrap()).unwrap(), map);
}

#[test]
fn a_batch_without_samples_has_no_images() {
    let map = Conv2d::new([1, 3, 3], 2, 3).unwrap();
    let params = vec![0.5; map.param_count()];
    let layer = Map(map);
    let mut pass = Layer::<f64>::ready(&layer, 0).unwrap();
    assert!(pass.forward(&params, &[]).unwrap().is_empty());
    let mut bar = vec![1.0; params.len()];
    pass.pullback(&params, &[], &mut bar, &mut []).unwrap();
    assert!(bar.iter().all(|x| *x == 0.0));
    let field = ConvResidual::new([1, 3, 3], 3, Activation::Tanh).unwrap();
    let empty = kutta::field::Batch { live: 0, stride: 8 };
    assert_computes::<f64>(&field, &Provided(&field), empty, 1, 1e-12);
}
