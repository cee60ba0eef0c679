//! One training step (forward, backward, Adam) of the problems that `lv_diffrax.py` and `scaling.py` time for the peers.
//!
//! Run with `cargo bench --bench training_step`; one thread suffices, since each problem is a single chunk of samples.

use criterion::{Criterion, criterion_group, criterion_main};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Damped, Field, Hamiltonian, Mlp, Separable};
use kutta::network::{OdeBlock, States, Work};
use kutta::solve::{JacobianReuse, Preconditioner, Reuse, StageMethod, StageSolver, WarmStart};
use kutta::tableau::{Method, PartitionedTableau};
use kutta::train::{Adam, Loss, MeanSquare, Optimizer};
use kutta::{Real, Tableau};
use rand::{SeedableRng, rngs::StdRng};
use std::time::Duration;

/// Everything that a training step reuses.
fn training_step<F: Field<T>, T: Real>(
    block: &OdeBlock<F>,
    mut params: Vec<T>,
    data: &Trajectories,
    rate: f64,
    mut loss: impl FnMut(&States<T>, &States<T>, &mut States<T>) -> T,
    mut time: impl FnMut(&mut dyn FnMut()),
) -> Work {
    let cast = |states: &[f64]| states.iter().map(|&x| T::constant(x)).collect::<Vec<T>>();
    let grid = block.grid_through(data).unwrap();
    let target = States::from_states(block.dim(), data.iter().map(|trajectory| cast(trajectory.states())));
    let starts: Vec<T> = data.iter().flat_map(|trajectory| cast(trajectory.state(0))).collect();
    let adam = Adam::new(rate);
    let mut moments = adam.start(params.len());
    let mut unrolled = block.unroll(&grid).unwrap();
    let mut cotangents = States::zeros(block.dim(), &grid);
    let mut gradient = vec![T::zero(); params.len()];
    let mut start_gradient = vec![T::zero(); starts.len()];
    time(&mut || {
        cotangents.as_mut_slice().fill(T::zero());
        loss(unrolled.forward(&params, &starts).unwrap(), &target, &mut cotangents);
        unrolled.backward(&params, &cotangents, &mut gradient, &mut start_gradient).unwrap();
        adam.update(adam.learning_rate, &mut moments, &mut params, &gradient);
    });
    unrolled.work()
}

fn init<F: Field<T>, T: Real>(block: &OdeBlock<F>) -> Vec<T> {
    block.init(&mut StdRng::seed_from_u64(0))
}

/// Five orbits of Lotka–Volterra with 51 points on [0, 10], by the classical method with small steps.
fn orbits() -> Trajectories {
    let field = |z: [f64; 2]| [2.0 / 3.0 * z[0] - 4.0 / 3.0 * z[0] * z[1], z[0] * z[1] - z[1]];
    let step = |z: [f64; 2], h: f64| {
        let along = |k: [f64; 2], h: f64| [z[0] + h * k[0], z[1] + h * k[1]];
        let k1 = field(z);
        let k2 = field(along(k1, h / 2.0));
        let k3 = field(along(k2, h / 2.0));
        let k4 = field(along(k3, h));
        std::array::from_fn(|i| z[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]))
    };
    let orbit = |k: usize| {
        let mut z = [1.0, 0.6 + 0.2 * k as f64];
        let mut states = z.to_vec();
        for _ in 0..50 {
            z = (0..200).fold(z, |z, _| step(z, 1e-3));
            states.extend(z);
        }
        Trajectory::new(k.to_string(), (0..=50).map(|n| 0.2 * n as f64).collect(), states).unwrap()
    };
    Trajectories::new(["prey", "predator"], (0..5).map(orbit).collect()).unwrap()
}

/// Tolerance of the stages: 1e-7 of their increments in f64, 1e-4 in f32; a tenth of that of the states, with these steps.
fn solver<T: Real>() -> StageSolver {
    StageSolver { tolerance: Some(if size_of::<T>() == 8 { 1e-7 } else { 1e-4 }), ..StageSolver::default() }
}

fn lotka_volterra<T: Real>(criterion: &mut Criterion, precision: &str)
where
    Mlp: Field<T>,
{
    let data = orbits();
    let schemes = [
        ("forward_euler", Tableau::forward_euler()),
        ("midpoint", Tableau::implicit_midpoint()),
        ("backward_euler", Tableau::backward_euler()),
        ("radau_iia_3", Tableau::radau_iia(3).unwrap()),
    ];
    let mut group = criterion.benchmark_group("lotka_volterra");
    for (name, scheme) in schemes {
        for activation in [Activation::Tanh, Activation::Relu] {
            let field = Mlp::new([2, 20, 20, 20, 20, 2], activation).unwrap();
            let block = OdeBlock::new(field, scheme.clone()).step_size(0.2).solved_by(solver::<T>());
            training_step::<_, T>(
                &block,
                init(&block),
                &data,
                1e-3,
                |path, target, gradient| MeanSquare.value_and_grad(path, target, gradient),
                |step| {
                    group.bench_function(format!("{name}/{precision}/{activation}"), |b| b.iter(&mut *step));
                },
            );
        }
    }
}

/// Fields of energies, of networks as large as that of [`lotka_volterra`], in logarithms: there the equations are those of a
/// sum of two energies.
fn energies(criterion: &mut Criterion) {
    let logs = |orbit: &Trajectory| {
        let states = orbit.states().iter().map(|z| z.ln()).collect();
        Trajectory::new(orbit.id(), orbit.times().to_vec(), states).unwrap()
    };
    let data = Trajectories::new(["prey", "predator"], orbits().iter().map(logs).collect()).unwrap();
    let midpoint = || Method::from(Tableau::implicit_midpoint());
    let verlet = || Method::from(PartitionedTableau::by_name("stoermer_verlet").unwrap());
    let net = |inputs| Mlp::new([inputs, 20, 20, 20, 20, 1], Activation::Tanh).unwrap();
    let separable = || Separable::hamiltonian(net(1), net(1)).unwrap();
    energy(criterion, "hamiltonian/midpoint", Hamiltonian::new(net(2)).unwrap(), midpoint(), &data);
    energy(criterion, "separable/midpoint", separable(), midpoint(), &data);
    energy(criterion, "separable/stoermer_verlet", separable(), verlet(), &data);
}

fn energy<F: Field<f64>>(criterion: &mut Criterion, name: &str, field: F, method: Method, data: &Trajectories) {
    let block = OdeBlock::new(field, method).step_size(0.2).solved_by(solver::<f64>());
    training_step::<_, f64>(
        &block,
        init(&block),
        data,
        1e-3,
        |path, target, gradient| MeanSquare.value_and_grad(path, target, gradient),
        |step| {
            criterion.bench_function(&format!("energies/{name}/f64"), |b| b.iter(&mut *step));
        },
    );
}

fn scaling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scaling");
    for (name, scheme) in [("forward_euler", Tableau::forward_euler()), ("backward_euler", Tableau::backward_euler())] {
        for d in [2, 16, 64, 256] {
            let (field, data) = large(d);
            let block = OdeBlock::new(field, scheme.clone()).step_size(0.1).solved_by(solver::<f32>());
            training_step::<_, f32>(
                &block,
                init(&block),
                &data,
                0.0,
                |path, target, gradient| MeanSquare.value_and_grad(path, target, gradient),
                |step| {
                    group.bench_function(format!("{name}/f32/{d}"), |b| b.iter(&mut *step));
                },
            );
        }
    }
}

/// The problem of `scaling` in `d` dimensions: a network, and data of which only the starts matter.
fn large(d: usize) -> (Damped<Mlp>, Trajectories) {
    let width = (4 * d).min(512);
    let field = Damped::new(Mlp::new([d, width, width, d], Activation::Tanh).unwrap(), 1.0).unwrap();
    let start = |sample: usize| (0..d).map(move |i| ((sample * d + i) as f64 * 0.7).sin());
    // The end is a target of zeros: the loss is the mean square of the final state. Parameters stay what they are,
    // or training would soon have nothing left to do.
    let sample = |q: usize| {
        let states = start(q).chain((0..d).map(|_| 0.0)).collect();
        Trajectory::new(q.to_string(), vec![0.0, 2.0], states).unwrap()
    };
    let components: Vec<String> = (0..d).map(|i| format!("y{i}")).collect();
    (field, Trajectories::new(components, (0..32).map(sample).collect()).unwrap())
}

/// What each policy of reuse saves: an epoch of Example 3, and a training step in 64 dimensions. Work is printed, a stage
/// system each; the epochs train at a rate at which parameters change as they do in practice.
fn reuse(criterion: &mut Criterion) {
    let policies = [
        ("none", WarmStart::None, JacobianReuse::Stage, Preconditioner::ForwardFactor),
        ("previous_step", WarmStart::PreviousStep, JacobianReuse::Stage, Preconditioner::ForwardFactor),
        ("previous_step+jacobian", WarmStart::PreviousStep, JacobianReuse::Step, Preconditioner::ForwardFactor),
        ("last_epoch", WarmStart::LastEpoch, JacobianReuse::Stage, Preconditioner::ForwardFactor),
        ("last_epoch+jacobian", WarmStart::LastEpoch, JacobianReuse::Step, Preconditioner::ForwardFactor),
        ("last_epoch+jacobians_of_epochs", WarmStart::LastEpoch, JacobianReuse::Epoch, Preconditioner::ForwardFactor),
        ("previous_step,unpreconditioned", WarmStart::PreviousStep, JacobianReuse::Stage, Preconditioner::None),
        ("previous_step+jacobian,unpreconditioned", WarmStart::PreviousStep, JacobianReuse::Step, Preconditioner::None),
    ];
    let mut group = criterion.benchmark_group("reuse");
    let mean_square = |path: &States<_>, target: &States<_>, gradient: &mut States<_>| {
        MeanSquare.value_and_grad(path, target, gradient)
    };
    let report = |name: &str, work: Work| {
        if work.solves == 0 {
            return; // filtered out
        }
        let each = |count: usize| count as f64 / work.solves as f64;
        println!(
            "{name}, a stage system: {:.2} iterations, {:.2} evaluations, {:.2} products, {:.2} Jacobians, {:.2} factorisations",
            each(work.iterations),
            each(work.evaluations),
            each(work.products),
            each(work.jacobians),
            each(work.factorizations),
        );
    };
    for (policy, start, jacobian, preconditioner) in policies {
        let reuse = Reuse { start, jacobian, preconditioner };
        for (scheme, tableau) in
            [("midpoint", Tableau::implicit_midpoint()), ("radau_iia_3", Tableau::radau_iia(3).unwrap())]
        {
            let field = Mlp::new([2, 20, 20, 20, 20, 2], Activation::Tanh).unwrap();
            let solver = StageSolver { reuse, ..solver::<f64>() };
            let block = OdeBlock::new(field, tableau).step_size(0.2).solved_by(solver);
            let name = format!("lotka_volterra/{scheme}/{policy}");
            let work = training_step::<_, f64>(&block, init(&block), &orbits(), 1e-3, mean_square, |step| {
                group.bench_function(&name, |b| b.iter(&mut *step));
            });
            report(&name, work);
        }
        let (field, data) = large(64);
        for method in [StageMethod::NewtonGmres, StageMethod::Newton] {
            let solver = StageSolver { reuse, method, ..solver::<f64>() };
            let block = OdeBlock::new(field.clone(), Tableau::backward_euler()).step_size(0.1).solved_by(solver);
            let name = format!("64/{method}/{policy}");
            let work = training_step::<_, f64>(&block, init(&block), &data, 1e-4, mean_square, |step| {
                group.bench_function(&name, |b| b.iter(&mut *step));
            });
            report(&name, work);
        }
        let (field, params) = stiff(64);
        let solver = StageSolver { reuse, method: StageMethod::Newton, ..solver::<f64>() };
        let block = OdeBlock::new(field, Tableau::backward_euler()).step_size(0.1).solved_by(solver);
        let name = format!("64 stiff/newton/{policy}");
        let work = training_step::<_, f64>(&block, params, &data, 1e-4, mean_square, |step| {
            group.bench_function(&name, |b| b.iter(&mut *step));
        });
        report(&name, work);
    }
}

/// `F(y) = -Q Λ tanh(Q y)` with a reflection `Q` and rates `Λ` from 1 to 10⁴, spread evenly by their logarithms: a network
/// and its parameters.
fn stiff(d: usize) -> (Mlp, Vec<f64>) {
    let normal: Vec<f64> = (0..d).map(|i| 1.0 + 0.5 * (2.3 * i as f64).sin()).collect();
    let size: f64 = normal.iter().map(|x| x * x).sum();
    let q = |i: usize, j: usize| f64::from(i == j) - 2.0 * normal[i] * normal[j] / size;
    let rate = |j: usize| 1e4f64.powf(j as f64 / (d - 1) as f64);
    let entries = || (0..d * d).map(|k| (k / d, k % d));
    let mut params: Vec<f64> = entries().map(|(i, j)| q(i, j)).collect();
    params.extend(vec![0.0; d]);
    params.extend(entries().map(|(i, j)| -q(i, j) * rate(j)));
    (Mlp::new([d, d, d], Activation::Tanh).unwrap(), params)
}

fn all(criterion: &mut Criterion) {
    reuse(criterion);
    lotka_volterra::<f32>(criterion, "f32");
    lotka_volterra::<f64>(criterion, "f64");
    energies(criterion);
    scaling(criterion);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = all
}
criterion_main!(benches);
