//! No allocation in the step loop after warm-up: passes of 10 and of 1000 steps allocate equally often.

use crate::ALLOCATIONS;
use kutta::field::{Activation, Bounded, Field, Input, Layered, Mlp, Spectrum, WithInputs};
use kutta::network::{OdeBlock, States};
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::solve::{AdjointMethod, StageMethod, StageSolver};
use kutta::{Number, Regularisation, Tableau, VectorField};
use std::sync::atomic::Ordering;

/// A field without kernels of its own.
struct Pendulum;

impl VectorField for Pendulum {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = y[1];
        dy[1] = -params[0] * y[0].sin();
    }
}

/// Everything at once.
fn regularisation(estimator: Estimator) -> Regularisation {
    let weights = Regularisation { divergence: 0.1, jacobian: 0.1, kinetic: 0.1, variation: 0.1, ..Default::default() };
    Regularisation { estimator, ..weights }
}

/// Allocations of a forward, a regularised and a backward pass after two passes of warm-up.
fn allocations<F: Field<f64>>(field: F, scheme: &Tableau, solver: StageSolver, steps: usize) -> usize {
    let block = OdeBlock::new(field, scheme.clone()).steps(steps).step_size(0.01).solved_by(solver);
    let starts: Vec<f64> = (0..2 * 9).map(|k| 0.1 + (k as f64).sin()).collect();
    let params: Vec<f64> = (0..block.param_count()).map(|k| 0.5 + 0.3 * (k as f64).cos()).collect();
    let grid = block.grid(0.0, 9).unwrap();
    let mut unrolled = block.unroll(&grid).unwrap();
    let mut cotangents = States::zeros(2, &grid);
    cotangents.as_mut_slice().fill(1.0);
    let (mut gradient, mut start_gradient) = (vec![0.0; params.len()], vec![0.0; starts.len()]);
    let mut pass = || {
        unrolled.forward(&params, &starts).unwrap();
        for estimator in [Estimator::Exact, Estimator::Hutchinson { probes: 2, kind: ProbeKind::Gaussian }] {
            unrolled.regularise(&params, regularisation(estimator)).unwrap();
        }
        unrolled.backward(&params, &cotangents, &mut gradient, &mut start_gradient).unwrap();
    };
    pass();
    pass();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    pass();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

pub fn do_not_allocate() {
    let network = || Mlp::new([2, 8, 8, 2], Activation::Tanh).unwrap();
    let timed = || WithInputs::new(Mlp::new([3, 8, 2], Activation::Gelu).unwrap(), [Input::Time]).unwrap();
    let bounded = || Bounded::new(network(), Spectrum::new(-3.0, 1.0).unwrap());
    let normalised = || network().with_spectrum(-3.0, 1.0).unwrap();
    for scheme in [
        Tableau::forward_euler(),
        Tableau::dormand_prince_5_4(),
        Tableau::backward_euler(),
        Tableau::sdirk2(),
        Tableau::radau_iia(3).unwrap(),
    ] {
        let name = scheme.name().to_string();
        let decoupled = StageSolver {
            method: StageMethod::SimplifiedNewton,
            adjoint: AdjointMethod::Gmres,
            ..StageSolver::default()
        };
        for (solver, steps) in
            [(StageSolver::default(), 10), (StageSolver::default(), 1000), (decoupled, 10), (decoupled, 1000)]
        {
            let name = format!("{name} by {}", solver.method);
            assert_eq!(allocations(network(), &scheme, solver, steps), 0, "{name}, network, {steps} steps");
            assert_eq!(allocations(timed(), &scheme, solver, steps), 0, "{name}, network of time, {steps} steps");
            assert_eq!(allocations(bounded(), &scheme, solver, steps), 0, "{name}, bounded network, {steps} steps");
            assert_eq!(allocations(Pendulum, &scheme, solver, steps), 0, "{name}, pendulum, {steps} steps");
        }
        // Norms take memory, once a pass.
        let [few, many] = [10, 1000].map(|steps| allocations(normalised(), &scheme, StageSolver::default(), steps));
        assert_eq!(few, many, "{name}, normalised network");
    }
}
