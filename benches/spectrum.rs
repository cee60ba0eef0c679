//! What spectral control costs: norms by power iteration and by decomposition, and training steps of the same network
//! without control, normalised, and with the eigenvalues of its Jacobian in a disc.

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{
    Activation, Bounded, Damped, Dense, Effective, Field, Layered, Mlp, Norms, Purpose, Spectrum,
    leading_singular_vectors, power_iteration,
};
use kutta::train::{Adam, Trainer};
use kutta::{OdeBlock, Tableau};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Duration;

fn norms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("norm");
    for n in [4, 20, 64, 256] {
        let operator = Dense::new(0, n, n);
        let mut rng = StdRng::seed_from_u64(1);
        let params: Vec<f64> = (0..n * n).map(|_| rng.random_range(-1.0..1.0)).collect();
        let (mut v, mut u) = (vec![1.0; n], vec![0.0; n]);
        group.bench_function(format!("power/{n}"), |b| {
            b.iter(|| power_iteration(&operator, &params, &mut v, &mut u, 1));
        });
        group.bench_function(format!("exact/{n}"), |b| {
            b.iter(|| leading_singular_vectors(&operator, &params, &mut v, &mut u));
        });
    }
}

/// Spirals in `d` dimensions, 5 of them with 51 points.
fn spirals(d: usize) -> Trajectories {
    let spiral = |k: usize| {
        let state = |n: usize| (0..d).map(move |i| (-0.02 * n as f64).exp() * (0.2 * n as f64 + (k + i) as f64).sin());
        let times = (0..=50).map(|n| 0.2 * n as f64).collect();
        Trajectory::new(k.to_string(), times, (0..=50).flat_map(state).collect()).unwrap()
    };
    let names: Vec<String> = (0..d).map(|i| format!("y{i}")).collect();
    Trajectories::new(names, (0..5).map(spiral).collect()).unwrap()
}

/// Ten epochs of training, full batch.
fn epochs<F: Field<f64> + Clone>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, field: F, data: &Trajectories) {
    for (scheme, tableau) in [("euler", Tableau::forward_euler()), ("midpoint", Tableau::implicit_midpoint())] {
        let block = OdeBlock::new(field.clone(), tableau).step_size(0.2);
        let trainer = Trainer::new(block).optimizer(Adam::new(1e-4)).epochs(10);
        group.bench_function(format!("{scheme}/{name}"), |b| b.iter(|| trainer.fit(data).unwrap()));
    }
}

fn training(criterion: &mut Criterion) {
    for (d, width) in [(2, 20), (16, 64)] {
        let mut group = criterion.benchmark_group(format!("ten epochs, {d}-{width}-{width}-{width}-{width}-{d}"));
        let data = spirals(d);
        let plain = Mlp::new([d, width, width, width, width, d], Activation::Tanh).unwrap();
        let normalised = plain.clone().normalised(1.0).unwrap();
        let spectrum = Spectrum::new(-1.5, 0.5).unwrap();
        epochs(&mut group, "plain", plain.clone(), &data);
        // The same linear part, to tell its effect on the states from the cost of the control.
        epochs(&mut group, "damped", Damped::new(plain, 0.5).unwrap(), &data);
        epochs(&mut group, "power iteration", Damped::new(normalised.clone(), 0.5).unwrap(), &data);
        let exact = normalised.clone().with_norms(Norms::Exact);
        epochs(&mut group, "exact", Damped::new(exact, 0.5).unwrap(), &data);
        epochs(&mut group, "bounded", Bounded::new(normalised, spectrum), &data);
    }
}

/// The reparameterisation alone, forth and back.
fn reparameterisation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forth and back");
    for (d, width) in [(1, 4), (2, 20), (16, 64)] {
        for norms in [Norms::PowerIteration(1), Norms::Exact] {
            let field = Mlp::new([d, width, width, width, width, d], Activation::Tanh).unwrap();
            let field = field.normalised(1.0).unwrap().with_norms(norms);
            let params: Vec<f64> = field.init(&mut StdRng::seed_from_u64(1));
            let (mut bar, mut effective) = (params.clone(), Effective::new());
            group.bench_function(format!("{d}-{width}/{norms:?}"), |b| {
                b.iter(|| {
                    effective.update(&field, &params, Purpose::Training).unwrap();
                    effective.pull_back(&field, &params, &mut bar);
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = norms, reparameterisation, training
}
criterion_main!(benches);
