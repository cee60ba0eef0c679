//! Evaluation and derivatives of multilayer perceptrons, small and large, and of fields made of them.

use criterion::{Criterion, criterion_group, criterion_main};
use kutta::Real;
use kutta::field::{Activation, Batch, Field, Hamiltonian, Mlp, Point, PortHamiltonian, Ridge, Scratch, Separable};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn measure<T: Real>(criterion: &mut Criterion, name: &str, widths: &[usize], activation: Activation, samples: usize)
where
    Mlp: Field<T>,
{
    let net = Mlp::new(widths, activation).expect("widths are valid");
    measure_field(criterion, &format!("{name} x{samples}/{activation}"), &net, samples);
}

fn measure_field<T: Real>(criterion: &mut Criterion, name: &str, net: &dyn Field<T>, samples: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let params: Vec<T> = net.init(&mut rng);
    let batch = Batch::padded::<T>(samples);
    let (d, n) = (net.dim() * batch.stride, net.inputs() * batch.stride);
    let (t, w) = (vec![T::zero(); batch.stride], vec![T::one(); d]);
    let y: Vec<T> = (0..n).map(|_| T::constant(rng.random_range(-1.0..1.0))).collect();
    let at = Point { params: &params, t: &t, y: &y, batch };
    let mut scratch = Scratch::new();
    let mut record = vec![T::zero(); net.record_rows() * batch.stride];
    let (mut dy, mut y_bar, mut params_bar) =
        (vec![T::zero(); d], vec![T::zero(); n], vec![T::zero(); net.param_count()]);
    let mut jacobian = vec![T::zero(); d * net.inputs()];

    let precision = size_of::<T>() * 8;
    let mut group = criterion.benchmark_group(format!("{name}/f{precision}"));
    group.bench_function("eval", |b| b.iter(|| net.eval_batch(at, &mut dy, &mut record, &mut scratch)));
    group.bench_function("vjp", |b| b.iter(|| net.vjp(at, &record, &w, &mut y_bar, None, &mut scratch)));
    group.bench_function("vjp_params", |b| {
        b.iter(|| net.vjp(at, &record, &w, &mut y_bar, Some(&mut params_bar), &mut scratch));
    });
    group.bench_function("jvp", |b| b.iter(|| net.jvp(at, &record, &y, None, &mut dy, &mut scratch)));
    if n <= 64 {
        group.bench_function("jacobian", |b| b.iter(|| net.jacobian(at, &record, &mut jacobian, &mut scratch)));
    }
    group.finish();
}

fn networks(criterion: &mut Criterion) {
    for activation in Activation::ALL {
        measure::<f32>(criterion, "2-20-20-20-20-2", &[2, 20, 20, 20, 20, 2], activation, 5);
        measure::<f64>(criterion, "2-20-20-20-20-2", &[2, 20, 20, 20, 20, 2], activation, 5);
    }
    measure::<f32>(criterion, "256-512-512-256", &[256, 512, 512, 256], Activation::Tanh, 32);
    measure::<f64>(criterion, "256-512-512-256", &[256, 512, 512, 256], Activation::Tanh, 32);
}

/// The field of an energy beside a network of its size: evaluation is a pass and one back, its derivative three passes.
fn energies(criterion: &mut Criterion) {
    let net = |widths: &[usize]| Mlp::new(widths, Activation::Tanh).expect("widths are valid");
    let energy = || net(&[2, 20, 20, 1]);
    for samples in [5, 256] {
        let mut measure = |name: &str, field: &dyn Field<f64>| {
            measure_field(criterion, &format!("{name} x{samples}"), field, samples)
        };
        measure("2-20-20-2", &net(&[2, 20, 20, 2]));
        measure("hamiltonian of 2-20-20-1", &Hamiltonian::new(energy()).expect("two components"));
        measure("port-hamiltonian of 2-20-20-1", &PortHamiltonian::new(energy()).expect("two components"));
        let part = || net(&[1, 20, 20, 1]);
        measure("separable of 1-20-20-1", &Separable::hamiltonian(part(), part()).expect("one component each"));
        let ridge = || Ridge::new(1, 20, Activation::Tanh).expect("one component");
        measure("two-layer 1-20-1", &Separable::hamiltonian(ridge(), ridge()).expect("one component each"));
    }
}

criterion_group!(benches, networks, energies);
criterion_main!(benches);
