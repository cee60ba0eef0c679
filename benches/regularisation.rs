//! What regularisers cost: a training step (forward, regulariser, backward) without and with each of them.
//!
//! Run with `cargo bench --bench regularisation`; one thread suffices, since each problem is a single chunk of samples.

use criterion::{Criterion, criterion_group, criterion_main};
use kutta::field::{Activation, Dimensions, Field, Mlp};
use kutta::network::{OdeBlock, States};
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::{Number, Regularisation, Tableau, VectorField};
use rand::{SeedableRng, rngs::StdRng};
use std::time::Duration;

/// A perceptron without its kernels: its derivatives are those of any field.
struct Provided(Mlp);

impl VectorField for Provided {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn param_count(&self) -> usize {
        self.0.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        self.0.eval(params, y, dy);
    }
}

fn settings() -> Vec<(&'static str, Regularisation)> {
    let none = Regularisation::default();
    let jacobian = Regularisation { divergence: 0.1, jacobian: 0.1, ..none };
    let probes = |probes| Estimator::Hutchinson { probes, kind: ProbeKind::Rademacher };
    vec![
        ("none", none),
        ("kinetic", Regularisation { kinetic: 0.1, ..none }),
        ("variation", Regularisation { variation: 0.1, ..none }),
        ("jacobian_exact", Regularisation { estimator: Estimator::Exact, ..jacobian }),
        ("jacobian_1_probe", Regularisation { estimator: probes(1), ..jacobian }),
        ("jacobian_4_probes", Regularisation { estimator: probes(4), ..jacobian }),
    ]
}

fn training_step<F: Field<f64>>(criterion: &mut Criterion, group: &str, field: F, samples: usize, steps: usize) {
    let d = field.dim();
    let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(steps).step_size(0.1).per_step(0.0);
    let params: Vec<f64> = block.init(&mut StdRng::seed_from_u64(0));
    let starts: Vec<f64> = (0..samples * d).map(|k| (k as f64 * 0.7).sin()).collect();
    let grid = block.grid(0.0, samples).unwrap();
    let mut unrolled = block.unroll(&grid).unwrap();
    let mut cotangents = States::zeros(d, &grid);
    cotangents.as_mut_slice().fill(1.0);
    let (mut gradient, mut start_gradient) = (vec![0.0; params.len()], vec![0.0; starts.len()]);
    let mut group = criterion.benchmark_group(format!("regularisation/{group}"));
    for (name, regularisation) in settings() {
        group.bench_function(name, |b| {
            b.iter(|| {
                unrolled.forward(&params, &starts).unwrap();
                unrolled.regularise(&params, regularisation).unwrap();
                unrolled.backward(&params, &cotangents, &mut gradient, &mut start_gradient).unwrap();
            });
        });
    }
}

fn all(criterion: &mut Criterion) {
    let net = |d: usize, width: usize| Mlp::new([d, width, width, d], Activation::Tanh).unwrap();
    for (d, samples) in [(2, 5), (16, 32), (64, 32)] {
        training_step(criterion, &format!("{d}"), net(d, (4 * d).max(20)), samples, 20);
    }
    for (d, samples) in [(2, 5), (16, 32)] {
        training_step(criterion, &format!("{d}_any_field"), Provided(net(d, 20)), samples, 20);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = all
}
criterion_main!(benches);
