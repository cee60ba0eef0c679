//! What solves take over from earlier ones changes their cost, not their results.

use kutta::field::{Activation, Damped, Dimensions, Mlp};
use kutta::network::{OdeBlock, States, Work};
use kutta::solve::{AdjointMethod, JacobianReuse, Preconditioner, Reuse, StageMethod, StageSolver, WarmStart};
use kutta::{Number, Tableau, VectorField};

const STARTS: [WarmStart; 3] = [WarmStart::None, WarmStart::PreviousStep, WarmStart::LastEpoch];
const JACOBIANS: [JacobianReuse; 3] = [JacobianReuse::Stage, JacobianReuse::Step, JacobianReuse::Epoch];

/// States and gradients of three passes with parameters that change a little from one to the next, and the last one's
/// work.
fn passes(d: usize, scheme: &Tableau, solver: StageSolver) -> (Vec<f64>, Work) {
    let field = Damped::new(Mlp::new([d, 2 * d, d], Activation::Tanh).unwrap(), 1.0).unwrap();
    let mut params: Vec<f64> = (0..field.param_count()).map(|k| (0.7 * k as f64).sin() / (d as f64).sqrt()).collect();
    let starts: Vec<f64> = (0..9 * d).map(|k| (1.3 * k as f64).cos()).collect();
    let block = OdeBlock::new(field, scheme.clone()).steps(12).step_size(0.1).solved_by(solver);
    let grid = block.grid(0.0, 9).unwrap();
    let mut unrolled = block.unroll(&grid).unwrap();
    let mut cotangents = States::zeros(d, &grid);
    // A cotangent at the end, and one that comes as a surprise.
    for sample in 0..9 {
        (0..d).for_each(|i| cotangents.state_mut(sample, 12)[i] = (i as f64 + 1.0).sin());
        (0..d).for_each(|i| cotangents.state_mut(sample, 5)[i] = (i as f64 + 2.0).cos());
    }
    let (mut params_bar, mut starts_bar) = (vec![0.0; params.len()], vec![0.0; starts.len()]);
    let mut results = Vec::new();
    for _ in 0..3 {
        results.extend_from_slice(unrolled.forward(&params, &starts).unwrap().as_slice());
        unrolled.backward(&params, &cotangents, &mut params_bar, &mut starts_bar).unwrap();
        results.extend(params_bar.iter().chain(&starts_bar));
        params.iter_mut().zip(&params_bar).for_each(|(p, g)| *p -= 1e-4 * g);
    }
    (results, unrolled.work())
}

#[test]
fn policies_agree_within_the_tolerance() {
    for (d, method) in [
        (2, StageMethod::Newton),
        (2, StageMethod::SimplifiedNewton),
        (14, StageMethod::Newton),
        (14, StageMethod::SimplifiedNewton),
        (14, StageMethod::NewtonGmres),
    ] {
        for scheme in [Tableau::implicit_midpoint(), Tableau::sdirk2(), Tableau::radau_iia(2).unwrap()] {
            let exact = StageSolver { method: StageMethod::Newton, tolerance: Some(1e-13), ..StageSolver::default() };
            let (exact, _) = passes(d, &scheme, exact);
            let size = exact.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            for start in STARTS {
                for jacobian in JACOBIANS {
                    let reuse = Reuse { start, jacobian, ..Reuse::default() };
                    let solver = StageSolver { method, reuse, tolerance: Some(1e-9), ..StageSolver::default() };
                    let (found, work) = passes(d, &scheme, solver);
                    let error = found.iter().zip(&exact).fold(0.0, |m: f64, (x, y)| m.max((x - y).abs()));
                    assert!(error < 1e-7 * size, "{method}, {d}, {}, {reuse:?}: {error:e} of {size}", scheme.name());
                    assert!(work.solves > 0 && work.evaluations >= work.solves, "{work:?}");
                }
            }
        }
    }
}

#[test]
fn reuse_spares_work() {
    let work = |d, method, start, jacobian| {
        let solver = StageSolver {
            method,
            reuse: Reuse { start, jacobian, ..Reuse::default() },
            tolerance: Some(1e-8),
            ..StageSolver::default()
        };
        passes(d, &Tableau::backward_euler(), solver).1
    };
    let krylov = |start| work(30, StageMethod::NewtonGmres, start, JacobianReuse::Step);
    let [none, step, epoch] = STARTS.map(krylov);
    assert!(step.products < none.products && step.evaluations <= none.evaluations, "{none:?} {step:?}");
    assert!(epoch.evaluations <= step.evaluations, "{step:?} {epoch:?}");
    let dense = |jacobian| work(14, StageMethod::Newton, WarmStart::PreviousStep, jacobian);
    let [stage, step, epoch] = JACOBIANS.map(dense);
    assert!(2 * step.jacobians < stage.jacobians, "{stage:?} {step:?}");
    assert!(epoch.factorizations <= step.factorizations, "{step:?} {epoch:?}");
}

/// Three stages, one Jacobian for all, kept over steps and passes; its factors serve the adjoint nearly as well as exact ones.
#[test]
fn decoupled_stages_share_jacobians_and_their_factors() {
    let work = |method, jacobian| {
        let reuse = Reuse { jacobian, ..Reuse::default() };
        let solver = StageSolver {
            method,
            adjoint: AdjointMethod::Gmres,
            reuse,
            tolerance: Some(1e-8),
            ..StageSolver::default()
        };
        passes(14, &Tableau::radau_iia(3).unwrap(), solver).1
    };
    let [stage, step, epoch] = JACOBIANS.map(|jacobian| work(StageMethod::SimplifiedNewton, jacobian));
    assert!(2 * step.jacobians < stage.jacobians, "{stage:?} {step:?}");
    assert!(epoch.jacobians <= step.jacobians, "{step:?} {epoch:?}");
    // A real eigenvalue and a pair.
    assert_eq!(stage.factorizations, 2 * stage.jacobians, "{stage:?}");
    let newton = work(StageMethod::Newton, JacobianReuse::Stage);
    assert!(2 * stage.jacobians < newton.jacobians, "{newton:?} {stage:?}");
    assert!(20 * stage.products <= 21 * newton.products, "{newton:?} {stage:?}");
}

/// `y_i' = -10^i/2 (γ y_i - y_{i+1})`, cyclic: stiff, and linear.
struct Chain;

impl VectorField for Chain {
    fn dim(&self) -> usize {
        8
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        for (i, dy) in dy.iter_mut().enumerate() {
            *dy = S::constant(-(10f64.powf(0.5 * i as f64))) * (params[0] * y[i] - y[(i + 1) % 8]);
        }
    }
}

/// The Jacobian is the same at all stages: the decoupled factors are exact.
#[test]
fn decoupled_factors_precondition_the_adjoint() {
    let starts = [[1.0, -0.5, 0.3, 0.2, 0.8, -0.1, 0.4, 0.6]];
    for scheme in [Tableau::radau_iia(3).unwrap(), Tableau::gauss(2).unwrap(), Tableau::lobatto_iiic(4).unwrap()] {
        let gradient = |method, adjoint, preconditioner| {
            let reuse = Reuse { preconditioner, ..Reuse::default() };
            let solver = StageSolver { method, adjoint, reuse, ..StageSolver::default() };
            let block = OdeBlock::new(Chain, scheme.clone()).steps(5).step_size(0.3).solved_by(solver);
            let grid = block.grid(0.0, 1).unwrap();
            let mut unrolled = block.unroll(&grid).unwrap();
            unrolled.forward(&[1.5], &starts.concat()).unwrap();
            let mut cotangents = States::zeros(8, &grid);
            cotangents.state_mut(0, 5).fill(1.0);
            let (mut params_bar, mut starts_bar) = ([0.0], [0.0; 8]);
            unrolled.backward(&[1.5], &cotangents, &mut params_bar, &mut starts_bar).unwrap();
            (params_bar[0], unrolled.work())
        };
        let (exact, _) = gradient(StageMethod::Newton, AdjointMethod::Dense, Preconditioner::None);
        let [(found, work), (plain, more)] = [Preconditioner::ForwardFactor, Preconditioner::None]
            .map(|preconditioner| gradient(StageMethod::SimplifiedNewton, AdjointMethod::Gmres, preconditioner));
        for found in [found, plain] {
            assert!((found - exact).abs() < 1e-8 * exact.abs(), "{}: {found} and {exact}", scheme.name());
        }
        assert!(work.products <= 3 * scheme.stages() * work.solves, "{}: {work:?}", scheme.name());
        assert!(3 * work.products <= more.products, "{}: {work:?} {more:?}", scheme.name());
    }
}

/// Samples share nothing that a policy keeps: a batch of one gives what it gives in a batch.
#[test]
fn a_samples_results_do_not_depend_on_its_batch() {
    let field = Damped::new(Mlp::new([14, 20, 14], Activation::Tanh).unwrap(), 1.0).unwrap();
    let params: Vec<f64> = (0..field.param_count()).map(|k| 0.3 * (0.7 * k as f64).sin()).collect();
    let starts: Vec<Vec<f64>> = (0..5).map(|q| (0..14).map(|i| ((3 * i + q) as f64).cos()).collect()).collect();
    for jacobian in JACOBIANS {
        for (method, scheme) in [
            (StageMethod::Newton, Tableau::sdirk2()),
            (StageMethod::SimplifiedNewton, Tableau::radau_iia(3).unwrap()),
            (StageMethod::NewtonGmres, Tableau::sdirk2()),
        ] {
            let reuse = Reuse { start: WarmStart::LastEpoch, jacobian, ..Reuse::default() };
            let solver = StageSolver { method, reuse, ..StageSolver::default() };
            let block = OdeBlock::new(field.clone(), scheme).steps(8).step_size(0.1).solved_by(solver);
            let all = block.integrate(&params, 0.0, &starts).unwrap();
            let alone = block.integrate(&params, 0.0, &starts[3..4]).unwrap();
            assert_eq!(all.last(3), alone.last(0), "{method}, {jacobian:?}");
        }
    }
}

/// A block keeps the memory of its last gradient; what it holds does not enter the next.
#[test]
fn a_gradient_does_not_depend_on_those_before() {
    let field = Mlp::new([2, 6, 2], Activation::Tanh).unwrap();
    for scheme in [Tableau::rk4(), Tableau::radau_iia(2).unwrap(), Tableau::sdirk2()] {
        for (start, jacobian) in
            [(WarmStart::LastEpoch, JacobianReuse::Epoch), (WarmStart::PreviousStep, JacobianReuse::Step)]
        {
            let reuse = Reuse { start, jacobian, ..Reuse::default() };
            let solver = StageSolver { method: StageMethod::Newton, reuse, ..StageSolver::default() };
            let block = OdeBlock::new(field.clone(), scheme.clone()).steps(6).step_size(0.3).solved_by(solver);
            let params = |shift: f64| (0..block.param_count()).map(|k| (k as f64 + shift).sin()).collect::<Vec<f64>>();
            let starts: Vec<[f64; 2]> = (0..40).map(|k| [(k as f64).cos(), (k as f64).sin()]).collect();
            let gradient = |block: &OdeBlock<Mlp>, shift: f64, starts: &[[f64; 2]]| {
                let loss = |path: &States<f64>, bar: &mut States<f64>| {
                    bar.as_mut_slice().copy_from_slice(path.as_slice());
                    0.0
                };
                block.value_and_grad_of(&params(shift), 0.0, starts, loss).unwrap()
            };
            let expected = gradient(&block.clone(), 0.0, &starts);
            for (shift, samples) in [(1.0, 40), (0.0, 7), (2.0, 40)] {
                gradient(&block, shift, &starts[..samples]);
                assert_eq!(gradient(&block, 0.0, &starts), expected, "{}", scheme.name());
            }
            // Parameters of every step's own are cut otherwise.
            let apart = block.clone().per_step(0.0);
            let moved = block.clone();
            gradient(&moved, 0.0, &starts);
            let moved = moved.per_step(0.0);
            let sets = |block: &OdeBlock<Mlp>| (0..block.param_count()).map(|k| (k as f64).sin()).collect::<Vec<f64>>();
            let of = |block: &OdeBlock<Mlp>| {
                block
                    .value_and_grad_of(&sets(block), 0.0, &starts, |_, bar| {
                        bar.as_mut_slice().fill(1.0);
                        0.0
                    })
                    .unwrap()
            };
            assert_eq!(of(&moved), of(&apart));
        }
    }
}
