//! Convolutions and pooling: kernels against loops.

use crate::common::formula::Provided;
use crate::common::networks::{activation, batch, dot};
use crate::field_kernels::assert_computes;
use crate::second_derivatives::assert_bends_as;
use kutta::field::{
    Activated, Activation, AnyField, Conv2d, ConvResidual, Convolution, Dimensions, Field, Layered, LinearOperator,
    Pool, Pooling, Rescaled, spectral_norm,
};
use kutta::network::{Layer, Map, OdeBlock};
use kutta::{Number, Tableau, VectorField};
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
