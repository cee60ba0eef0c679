//! What samples know beside their states: supplied at the times of the stages, and each sample its own.

use kutta::field::{Input, Signal, Split, WithInputs, signal};
use kutta::network::{OdeBlock, States};
use kutta::solve::StageSolver;
use kutta::tableau::{AdditiveTableau, Method, Multistep};
use kutta::{Error, Flow, Number, Regularisation, Tableau, VectorField};
use std::sync::Arc;

/// `G(γ, t, (y, u, v)) = -γ_0 y + γ_1 u v`.
#[derive(Debug, Clone)]
struct Driven;

impl VectorField for Driven {
    fn dim(&self) -> usize {
        1
    }
    fn inputs(&self) -> usize {
        3
    }
    fn param_count(&self) -> usize {
        2
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        dy[0] = -params[0] * y[0] + params[1] * y[1] * y[2];
    }
}

/// The same with `u = cos(k t)` and `v = m` written into the field.
#[derive(Debug, Clone)]
struct Written {
    k: f64,
    m: f64,
}

impl VectorField for Written {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        2
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy[0] = -params[0] * y[0] + params[1] * (S::constant(self.k) * t).cos() * S::constant(self.m);
    }
}

const SAMPLES: [(f64, f64); 3] = [(1.0, 2.0), (3.0, -1.0), (0.5, 4.0)];
const PARAMS: [f64; 2] = [0.7, 1.3];

fn knowledge() -> Vec<Arc<dyn Signal>> {
    SAMPLES.map(|(k, m)| Arc::new(signal(move |t| [(k * t).cos(), m])) as Arc<dyn Signal>).into()
}

fn driven() -> WithInputs<Driven> {
    WithInputs::new(Driven, [Input::Signal(0), Input::Signal(1)]).unwrap()
}

fn solver() -> StageSolver {
    StageSolver { tolerance: Some(1e-14), ..StageSolver::default() }
}

#[test]
fn every_sample_sees_its_own_at_the_times_of_the_stages() {
    let methods: [Method; 6] = [
        Tableau::rk4().into(),
        Tableau::radau_iia(3).unwrap().into(),
        Tableau::sdirk2().into(),
        Multistep::bdf(2).unwrap().into(),
        Multistep::adams_bashforth(3).unwrap().into(),
        Method::reversible(&Tableau::heun()),
    ];
    for method in methods {
        let block = OdeBlock::new(driven(), method.clone()).steps(8).step_size(0.1).solved_by(solver());
        let grid = block.grid(0.2, 3).unwrap().with_signals(knowledge()).unwrap();
        let starts = [0.3, -0.2, 1.0];
        let mut unrolled = block.unroll::<f64>(&grid).unwrap();
        let path = unrolled.forward(&PARAMS, &starts).unwrap().clone();
        assert_eq!(path, block.forward(&PARAMS, &grid, &starts).unwrap());
        let mut cotangents = States::zeros(1, &grid);
        cotangents.as_mut_slice().fill(1.0);
        let (mut params_bar, mut starts_bar) = ([0.0; 2], [0.0; 3]);
        unrolled.backward(&PARAMS, &cotangents, &mut params_bar, &mut starts_bar).unwrap();
        let mut sum = [0.0; 2];
        for (sample, (&(k, m), &start)) in SAMPLES.iter().zip(&starts).enumerate() {
            let alone = OdeBlock::new(Written { k, m }, method.clone()).steps(8).step_size(0.1).solved_by(solver());
            let gradient = alone
                .value_and_grad_of(&PARAMS, 0.2, &[[start]], |expected, bar| {
                    bar.as_mut_slice().fill(1.0);
                    for (x, y) in path.sample(sample).iter().zip(expected.sample(0)) {
                        assert!((x - y).abs() < 1e-12, "{}: {x} and {y}", method.name());
                    }
                    0.0
                })
                .unwrap();
            sum.iter_mut().zip(&gradient.params).for_each(|(sum, x)| *sum += x);
            assert!((gradient.starts[0] - starts_bar[sample]).abs() < 1e-11);
        }
        for (x, y) in params_bar.iter().zip(&sum) {
            assert!((x - y).abs() < 1e-11 * y.abs().max(1.0), "{}: {x} and {y}", method.name());
        }
    }
}

#[test]
fn terms_flows_and_penalties_see_them_too() {
    let zero = WithInputs::new(Driven, [Input::Constant(0.0), Input::Time]).unwrap();
    let sum = Split::new(driven(), zero).unwrap();
    let params = [0.7, 1.3, 0.0, 0.0];
    let imex = AdditiveTableau::by_name("kencarp_4").unwrap();
    let block = OdeBlock::new(sum, imex).steps(20).step_size(0.05).solved_by(solver());
    let grid = block.grid(0.2, 3).unwrap().with_signals(knowledge()).unwrap();
    let path = block.forward(&params, &grid, &[0.3, -0.2, 1.0]).unwrap();
    let field = driven();
    for (sample, signals) in knowledge().into_iter().enumerate() {
        let flow = Flow::new(&field, &PARAMS).signals(signals).tolerance(1e-10, 1e-12);
        let exact = flow.solve(0.2, path.state(sample, 0), &[1.2]).unwrap();
        assert!((exact.state(0)[0] - path.last(sample)[0]).abs() < 1e-6);
    }
    // The kinetic penalty: the mean square of the slope along the path.
    let block = OdeBlock::new(driven(), Tableau::rk4()).steps(4).step_size(0.1);
    let grid = block.grid(0.2, 3).unwrap().with_signals(knowledge()).unwrap();
    let mut unrolled = block.unroll::<f64>(&grid).unwrap();
    let path = unrolled.forward(&PARAMS, &[0.3, -0.2, 1.0]).unwrap().clone();
    let kinetic = Regularisation { kinetic: 1.0, ..Regularisation::default() };
    let found = unrolled.penalties(&PARAMS, kinetic).unwrap().total();
    let slope = |sample: usize, n: usize| {
        let ((k, m), t) = (SAMPLES[sample], 0.2 + 0.1 * n as f64);
        -PARAMS[0] * path.state(sample, n)[0] + PARAMS[1] * (k * t).cos() * m
    };
    let share = |n: usize| if n == 0 || n == 4 { 0.5 } else { 1.0 } / 12.0;
    let expected: f64 =
        (0..3).flat_map(|q| (0..=4).map(move |n| (q, n))).map(|(q, n)| share(n) * slope(q, n).powi(2)).sum();
    assert!((found - expected).abs() < 1e-12 * expected, "{found} and {expected}");
}

#[test]
fn missing_knowledge_is_an_error() {
    let block = OdeBlock::new(driven(), Tableau::rk4()).steps(2);
    let message = |error: Error| error.to_string();
    let grid = block.grid(0.0, 2).unwrap();
    assert_eq!(message(block.forward(&PARAMS, &grid, &[0.0; 2]).unwrap_err()), "signals has 0 entries, expected 2");
    let few: Vec<Arc<dyn Signal>> = vec![Arc::new([1.0])];
    assert_eq!(message(grid.clone().with_signals(few).unwrap_err()), "signals has 1 entries, expected 2");
    let narrow: Vec<Arc<dyn Signal>> = vec![Arc::new([1.0]), Arc::new(vec![1.0])];
    let grid = grid.with_signals(narrow).unwrap();
    assert_eq!(
        message(block.forward(&PARAMS, &grid, &[0.0; 2]).unwrap_err()),
        "a sample's signals has 1 rows, expected 2"
    );
    let field = driven();
    let flow = Flow::new(&field, &PARAMS).solve(0.0, &[0.0], &[1.0]);
    assert_eq!(message(flow.unwrap_err()), "signals has 0 rows, expected 2");
    assert!(block.eigenvalues(&PARAMS, &[0.0], &[1.0]).is_err());
    assert!(block.contraction(&PARAMS, 0.0, &[[1.0]]).is_err());
}

#[test]
fn measures_of_fields_that_see_signals_are_refused() {
    use kutta::regularisation::{Estimator, divergence, jacobian_norm_squared};
    let field = driven();
    assert!(matches!(divergence(&field, &PARAMS, 0.0, &[1.0], Estimator::Exact, 0), Err(Error::ShapeMismatch { .. })));
    assert!(jacobian_norm_squared(&field, &PARAMS, 0.0, &[1.0], Estimator::Exact, 0).is_err());
    let error = WithInputs::new(Driven, [Input::Signal(usize::MAX), Input::Time]).unwrap_err().to_string();
    assert!(error.contains("a place below 65536"), "{error}");
}
