//! Convolutions and a network of images: kernels alone, and steps of training.
//!
//! `cargo bench --bench convolution`; `convolution/torch_small.py` times the same network in PyTorch.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kutta::field::{
    Activated, Activation, Batch, Conv2d, ConvResidual, Dimensions, Field, Layered, Point, Pool, Rescaled, Scratch,
};
use kutta::network::{Affine, Layer, Map, OdeBlock, Sequential};
use kutta::train::{Adam, Optimizer};
use kutta::{Error, Tableau};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Samples of a chunk, as passes have it.
const SAMPLES: usize = 32;

/// 3 × 3 convolutions as they are in a residual network, in single precision: throughputs are multiplications with an addition
/// a second.
fn kernels(criterion: &mut Criterion) {
    let batch = Batch::padded::<f32>(SAMPLES);
    let mut group = criterion.benchmark_group("convolution");
    for (channels, size) in [(8, 28), (16, 14), (32, 7), (64, 4)] {
        let map = Conv2d::new([channels, size, size], channels, 3).expect("sizes are valid");
        let mut rng = StdRng::seed_from_u64(1);
        let params: Vec<f32> = Field::<f32>::init(&map, &mut rng);
        let y: Vec<f32> = (0..map.inputs() * batch.stride).map(|_| rng.random_range(-1.0..1.0)).collect();
        let (t, mut out, mut bar) = (vec![0.0; batch.stride], y.clone(), vec![0.0; params.len()]);
        let at = Point { params: &params, t: &t, y: &y, batch };
        let mut scratch = Scratch::new();
        let products = map.dim() * channels * 9 * SAMPLES;
        let name = |what: &str| format!("{what}/{channels}x{size}x{size}");
        group.throughput(Throughput::Elements(products as u64));
        group.bench_function(name("forward"), |b| b.iter(|| map.eval_batch(at, &mut out, &mut [], &mut scratch)));
        group.bench_function(name("transposed"), |b| b.iter(|| map.vjp(at, &[], &y, &mut out, None, &mut scratch)));
        group.throughput(Throughput::Elements(2 * products as u64));
        group.bench_function(name("transposed and weights"), |b| {
            b.iter(|| map.vjp(at, &[], &y, &mut out, Some(&mut bar), &mut scratch));
        });
    }
    group.finish();
}

/// Images of 28 × 28 pixels through three residual layers of 8, 16 and 32 channels, each of one step, to ten scores.
fn small(theta: f64) -> Result<Sequential<f32>, Error> {
    let block = |image: [usize; 3]| -> Result<Box<dyn Layer<f32>>, Error> {
        let field = ConvResidual::new(image, 3, Activation::Relu)?.with_spectrum(-3.0, 1.0)?;
        Ok(Box::new(OdeBlock::new(field, Tableau::new([[theta]], [1.0], [theta])?)))
    };
    Sequential::new([
        Box::new(Map(Rescaled::new([1, 28, 28], [0.13], [0.31])?)) as Box<dyn Layer<f32>>,
        Box::new(Map(Conv2d::new([1, 28, 28], 8, 3)?)),
        block([8, 28, 28])?,
        Box::new(Map(Conv2d::new([8, 28, 28], 16, 3)?.with_stride(2)?)),
        block([16, 14, 14])?,
        Box::new(Map(Conv2d::new([16, 14, 14], 32, 3)?.with_stride(2)?)),
        block([32, 7, 7])?,
        Box::new(Map(Activated::new(32 * 49, Activation::Relu))),
        Box::new(Map(Pool::global([32, 7, 7])?)),
        Box::new(Affine::new(32, 10)),
    ])
}

/// Forward, backward and Adam for 128 images, all threads.
fn steps(criterion: &mut Criterion) {
    const IMAGES: usize = 128;
    let mut group = criterion.benchmark_group("small x128");
    group.sample_size(20);
    for theta in [0.0, 0.5, 1.0] {
        let network = small(theta).expect("layers fit");
        let mut rng = StdRng::seed_from_u64(1);
        let mut params: Vec<f32> = network.init(&mut rng);
        // Two classes of strokes, so that there is something to learn.
        let x: Vec<f32> = (0..IMAGES * 784)
            .map(|k| {
                let (image, row, column) = (k / 784, k / 28 % 28, k % 28);
                let along = if image % 2 == 0 { row } else { column };
                if along.abs_diff(10 + image % 7) < 2 { rng.random_range(0.7..1.0) } else { 0.0 }
            })
            .collect();
        let adam = Adam::new(1e-3);
        let mut moments = adam.start(params.len());
        let (mut gradient, mut x_bar) = (vec![0.0; params.len()], vec![0.0; x.len()]);
        let mut pass = network.ready(IMAGES).expect("layers are sound");
        group.bench_function(format!("θ = {theta}"), |b| {
            b.iter(|| {
                let scores = pass.train(&params, &x).expect("stages are solved");
                // The derivative of the squared distance from the class's number.
                let target = |k: usize| if k % 10 == (k / 10) % 2 { 1.0 } else { 0.0 };
                let y_bar: Vec<f32> = scores.iter().enumerate().map(|(k, y)| (y - target(k)) / IMAGES as f32).collect();
                pass.pullback(&params, &y_bar, &mut gradient, &mut x_bar).expect("adjoints are solved");
                adam.update(adam.learning_rate, &mut moments, &mut params, &gradient);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, kernels, steps);
criterion_main!(benches);
