//! Stage equations: what is solved, what cannot be, and who is told.

use crate::common::{Smooth, Structure, tableau};
use kutta::network::OdeBlock;
use kutta::solve::{AdjointMethod, JacobianReuse, LineSearch, Preconditioner, StageMethod, StageSolver, WarmStart};
use kutta::{Error, Number, Tableau, VectorField};
use proptest::prelude::*;

/// All but the automatic choice, which is the first.
const METHODS: &[StageMethod] = StageMethod::ALL.split_at(1).1;

/// `y' = γ + y²`: its backward Euler step `Y = y + h (γ + Y²)` has no solution if `1 - 4 h (y + h γ) < 0`.
struct Blowup;

impl VectorField for Blowup {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = params[0] + y[0].square();
    }
}

/// `z' = -γ (z - cos t)`.
struct Relaxation;

impl VectorField for Relaxation {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy[0] = -params[0] * (y[0] - t.cos());
    }
}

#[test]
fn a_step_without_solution_is_an_error_that_says_where() {
    for &method in METHODS {
        let solver = StageSolver { method, ..StageSolver::default() };
        let block = OdeBlock::new(Blowup, Tableau::backward_euler()).steps(3).step_size(0.25).solved_by(solver);
        // From 0.1 every step can be taken; from 0.7 the first, which leads to 1: 1 - 4·0.25·1 = 0 is the limit.
        let error = block.integrate(&[0.0], 0.0, &[[0.1], [0.95], [0.2]]).unwrap_err();
        let Error::NotConverged { what, location, residual, iterations, tolerance, .. } = &error else {
            panic!("{method}: {error}")
        };
        assert_eq!((*what, location.sample, location.stage, *tolerance), ("stage equations", 1, 0, 1e-9), "{method}");
        assert!(location.step > 0 && *iterations > 0, "{method}: {error}");
        assert!(*residual > 1e-9 || residual.is_nan(), "{method}: {error}");
        let text = error.to_string();
        assert!(text.contains("stage 0, sample 1") && text.contains("reduce the step size"), "{text}");
    }
}

/// `y' = γ y (1 - y) (2 - y) / 2`: at rest at 0, where the slope is `γ`, and at 1, where it is `-γ/2`.
struct Cubic;

impl VectorField for Cubic {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        let y = y[0];
        dy[0] = params[0] * S::constant(0.5) * y * (S::one() - y) * (S::constant(2.0) - y);
    }
}

/// Where `h γ = 1` the stage equations hold at rest, but no derivative exists.
#[test]
fn an_adjoint_without_solution_is_an_error_that_says_where() {
    let starts = [[1.0], [0.0], [1.0]];
    for (adjoint, method) in [
        (AdjointMethod::Automatic, StageMethod::Automatic),
        (AdjointMethod::Automatic, StageMethod::FixedPoint),
        (AdjointMethod::Dense, StageMethod::Newton),
        (AdjointMethod::Gmres, StageMethod::NewtonGmres),
        (AdjointMethod::Neumann, StageMethod::Lbfgs),
    ] {
        let solver = StageSolver { method, adjoint, ..StageSolver::default() };
        let block = OdeBlock::new(Cubic, Tableau::backward_euler()).steps(3).step_size(0.5).solved_by(solver);
        let result = block.value_and_grad_of(&[2.0], 0.0, &starts, |path, gradient| {
            gradient.as_mut_slice().fill(1.0);
            path.as_slice().iter().sum()
        });
        let error = result.map(|gradient| gradient.starts).unwrap_err();
        let location = match &error {
            Error::Singular { what: "adjoint equations", location } => location,
            Error::NotConverged { what: "adjoint equations", location, residual, .. } => {
                assert!(*residual > 1e-9 || residual.is_nan(), "{error}");
                location
            }
            other => panic!("{adjoint} after {method}: {other}"),
        };
        // The way back begins at the last step.
        assert_eq!((location.step, location.stage, location.sample), (2, 0, 1), "{adjoint} after {method}: {error}");
    }
}

#[test]
fn a_sample_in_trouble_costs_the_others_nothing() {
    for &method in METHODS {
        let solver = StageSolver { method, ..StageSolver::default() };
        let block = OdeBlock::new(Blowup, Tableau::backward_euler()).steps(1).step_size(0.25).solved_by(solver);
        let work = |starts: &[[f64; 1]]| {
            let grid = block.grid(0.0, starts.len()).unwrap();
            let mut unrolled = block.unroll(&grid).unwrap();
            unrolled.forward(&[0.0], &starts.concat()).unwrap();
            unrolled.work().iterations
        };
        let starts = [[0.1], [0.9], [-0.3], [0.0], [0.5]];
        let alone: usize = starts.iter().map(|&start| work(&[start])).sum();
        assert_eq!(work(&starts), alone, "{method}");
        // In one dimension a line search may find the solution whatever the distance.
        if matches!(
            method,
            StageMethod::Newton | StageMethod::SimplifiedNewton | StageMethod::NewtonGmres | StageMethod::FixedPoint
        ) {
            assert!(work(&[[0.9]]) > work(&[[0.1]]), "{method}: the hard sample is not hard");
        }
    }
}

/// `y' = γ (tanh 1 - tanh(1 + y))`: near zero, terms of order `γ` cancel.
struct Cancelling;

impl VectorField for Cancelling {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = params[0] * (S::one().tanh() - (S::one() + y[0]).tanh());
    }
}

#[test]
fn states_that_vanish_do_not_ask_for_more_than_rounding_allows() {
    for &method in METHODS {
        let solver = StageSolver { method, ..StageSolver::default() };
        let block = OdeBlock::new(Cancelling, Tableau::backward_euler()).steps(400).step_size(0.1).solved_by(solver);
        let single = block.integrate(&[3.0f32], 0.0, &[[0.5f32]]).unwrap_or_else(|e| panic!("{method}: {e}"));
        assert!(single.last(0)[0].abs() < 1e-5, "{method}: {}", single.last(0)[0]);
        let double = block.integrate(&[3.0], 0.0, &[[0.5]]).unwrap_or_else(|e| panic!("{method}: {e}"));
        assert!(double.last(0)[0].abs() < 1e-13, "{method}: {}", double.last(0)[0]);
    }
}

#[test]
fn an_overflowing_state_is_an_error_and_not_a_nan() {
    let block = OdeBlock::new(Blowup, Tableau::forward_euler()).steps(30).step_size(1.0);
    let error = block.integrate(&[0.0], 0.0, &[[0.0], [2.0]]).unwrap_err();
    let Error::NotFinite { location: Some(location), .. } = error else { panic!("{error}") };
    assert_eq!(location.sample, 1);
    assert!(location.step > 3);
}

#[test]
fn very_stiff_steps_are_solved() {
    for stiffness in [1e2, 1e5, 1e8, 1e11] {
        for method in [StageMethod::Newton, StageMethod::SimplifiedNewton, StageMethod::NewtonGmres] {
            for scheme in [Tableau::backward_euler(), Tableau::sdirk2(), Tableau::radau_iia(3).unwrap()] {
                let solver = StageSolver { method, ..StageSolver::default() };
                let name = format!("{} by {method}, stiffness {stiffness}", scheme.name());
                let block = OdeBlock::new(Relaxation, scheme).steps(20).step_size(0.1).solved_by(solver);
                let path = block.integrate(&[stiffness], 0.0, &[[0.0]]).unwrap_or_else(|e| panic!("{name}: {e}"));
                let exact = (stiffness * 2f64.cos() + 2f64.sin()) / (stiffness + 1.0 / stiffness);
                assert!((path.last(0)[0] - exact).abs() < 2e-3, "{name}: {} and {exact}", path.last(0)[0]);
            }
        }
    }
}

/// `y_i' = -γ_i (y_i - sin y_{i+1})`, with rates over six orders of magnitude.
struct Cascade(usize);

impl VectorField for Cascade {
    fn dim(&self) -> usize {
        self.0
    }
    fn param_count(&self) -> usize {
        self.0
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        for (i, dy) in dy.iter_mut().enumerate() {
            *dy = -params[i] * (y[i] - y[(i + 1) % y.len()].sin());
        }
    }
}

/// GMRES alone needs as many iterations as there are rates, beyond its restart; its gradients have no easier systems.
#[test]
fn the_automatic_choice_survives_stiff_systems_of_moderate_size() {
    let rates: Vec<f64> = (0..48).map(|i| 10f64.powf(i as f64 / 8.0)).collect();
    let starts: Vec<Vec<f64>> = (0..3).map(|q| (0..48).map(|i| ((i + 7 * q) as f64).sin()).collect()).collect();
    let gradient = |solver| {
        let block = OdeBlock::new(Cascade(48), Tableau::sdirk2()).steps(4).step_size(1.0).solved_by(solver);
        block.value_and_grad_of(&rates, 0.0, &starts, |path, gradient| {
            gradient.as_mut_slice().fill(1.0);
            path.as_slice().iter().sum()
        })
    };
    let automatic = gradient(StageSolver::default()).unwrap();
    let dense = StageSolver { method: StageMethod::Newton, adjoint: AdjointMethod::Dense, ..StageSolver::default() };
    let dense = gradient(dense).unwrap();
    for (x, y) in automatic.starts.iter().zip(&dense.starts) {
        assert!((x - y).abs() < 1e-7, "{x} and {y}");
    }
    assert!(gradient(StageSolver { method: StageMethod::NewtonGmres, ..StageSolver::default() }).is_err());
}

#[test]
fn arguments_of_the_wrong_size_are_named() {
    let block = OdeBlock::new(Relaxation, Tableau::backward_euler()).steps(2);
    let message = |result: Result<_, Error>| result.map(|_: kutta::network::States<f64>| ()).unwrap_err().to_string();
    assert_eq!(message(block.integrate(&[1.0, 2.0], 0.0, &[[0.0]])), "params has 2 entries, expected 1");
    assert_eq!(message(block.integrate(&[1.0], 0.0, &[[0.0, 1.0]])), "a start has 2 components, expected 1");
    assert_eq!(message(block.integrate(&[1.0], vec![0.0], &[[0.0], [1.0]])), "start times has 1 entries, expected 2");
    assert!(message(block.integrate(&[f64::NAN], 0.0, &[[0.0]])).starts_with("a parameter is not finite"));
    assert!(message(block.integrate(&[1.0], 0.0, &[[f64::INFINITY]])).starts_with("a start is not finite"));
    let loose = StageSolver { tolerance: Some(-1.0), ..StageSolver::default() };
    let block = OdeBlock::new(Relaxation, Tableau::backward_euler()).solved_by(loose);
    let error = block.integrate(&[1.0], 0.0, &[[0.0]]).unwrap_err().to_string();
    assert_eq!(error, "solver.tolerance is -1, expected a number between 0 and 1");
}

#[test]
fn single_steps_refuse_what_does_not_fit() {
    use kutta::field::Batch;
    use kutta::step::{Start, Step, Trace, Workspace};
    let step = Step::new(&Relaxation, &Tableau::radau_iia(2).unwrap().into(), StageSolver::default()).unwrap();
    let batch = Batch::padded::<f64>(2);
    let y = vec![0.5; batch.stride];
    let (mut next, mut trace, mut ws) = (y.clone(), Trace::new(), Workspace::new());
    let from = Start { params: &[1.0], t: &[0.0; 2], h: &[0.1; 2], y: &y, batch, signals: &[] };
    let mut bar = [0.0];
    // No step was taken yet: there is nothing to pull back through.
    assert!(step.pullback(from, &trace, &mut next, &mut bar, &mut ws).is_err());
    assert!(step.forward(from, &mut next, &mut trace, &mut ws).unwrap() > 0);
    step.pullback(from, &trace, &mut next, &mut bar, &mut ws).unwrap();
    for (from, message) in [
        (Start { params: &[], ..from }, "params has 0 entries, expected 1"),
        (Start { t: &[0.0], ..from }, "t has 1 entries, expected 2"),
        (Start { h: &[], ..from }, "h has 0 entries, expected 2"),
        (Start { y: &y[1..], ..from }, "y has 7 entries, expected 8"),
    ] {
        assert_eq!(step.forward(from, &mut next, &mut trace, &mut ws).unwrap_err().to_string(), message);
        assert_eq!(step.pushforward(from, &trace, &mut next, None, &mut ws).unwrap_err().to_string(), message);
    }
    let error = step.forward(from, &mut [], &mut trace, &mut ws).unwrap_err().to_string();
    assert_eq!(error, "next has 0 entries, expected 8");
}

#[test]
fn solvers_have_names_and_unknown_ones_a_suggestion() {
    for &method in METHODS {
        assert_eq!(method.to_string().parse::<StageMethod>().unwrap(), method);
    }
    let error = "newton-gmers".parse::<StageMethod>().unwrap_err();
    assert_eq!(error.to_string(), "unknown solver `newton-gmers`; did you mean `newton-gmres`?");
    assert_eq!("gmres".parse::<AdjointMethod>().unwrap(), AdjointMethod::Gmres);
    for start in [WarmStart::None, WarmStart::PreviousStep, WarmStart::LastEpoch] {
        assert_eq!(start.to_string().parse::<WarmStart>().unwrap(), start);
        assert_eq!(serde_json::to_string(&start).unwrap(), format!("\"{start}\""));
    }
    for reuse in [JacobianReuse::Automatic, JacobianReuse::Stage, JacobianReuse::Step, JacobianReuse::Epoch] {
        assert_eq!(reuse.to_string().parse::<JacobianReuse>().unwrap(), reuse);
        assert_eq!(serde_json::to_string(&reuse).unwrap(), format!("\"{reuse}\""));
    }
    for preconditioner in [Preconditioner::None, Preconditioner::ForwardFactor] {
        assert_eq!(preconditioner.to_string().parse::<Preconditioner>().unwrap(), preconditioner);
        assert_eq!(serde_json::to_string(&preconditioner).unwrap(), format!("\"{preconditioner}\""));
    }
}

#[test]
fn single_precision_gradients_agree_with_double() {
    let field = Smooth { dim: 2, width: 4 };
    for scheme in [Tableau::rk4(), Tableau::backward_euler(), Tableau::gauss(2).unwrap()] {
        let name = scheme.name().to_string();
        let block = OdeBlock::new(field.clone(), scheme).steps(6).step_size(0.2);
        let params: Vec<f64> = (0..block.param_count()).map(|k| (0.7 * k as f64).sin()).collect();
        let double = block
            .value_and_grad_of(&params, 0.0, &[[0.4, -0.2]], |path, gradient| {
                gradient.state_mut(0, 6)[0] = 1.0;
                path.last(0)[0]
            })
            .unwrap();
        let params: Vec<f32> = params.iter().map(|&p| p as f32).collect();
        let single = block
            .value_and_grad_of(&params, 0.0, &[[0.4f32, -0.2]], |path, gradient| {
                gradient.state_mut(0, 6)[0] = 1.0;
                path.last(0)[0]
            })
            .unwrap();
        for (&x, &y) in single.params.iter().zip(&double.params) {
            assert!((f64::from(x) - y).abs() < 2e-5, "{name}: {x} and {y}");
        }
    }
}

/// Those that ask for a line search.
fn descends(method: StageMethod) -> bool {
    use StageMethod::{Bfgs, FletcherReeves, GaussNewton, GradientDescent, HestenesStiefel, Lbfgs, PolakRibiere};
    matches!(method, GradientDescent | Bfgs | Lbfgs | FletcherReeves | PolakRibiere | HestenesStiefel | GaussNewton)
}

const SEARCHES: [LineSearch; 3] = [LineSearch::MoreThuente, LineSearch::HagerZhang, LineSearch::NearExact];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Every method of descent with every line search: what is called solved is, and for mild equations all succeed.
    #[test]
    fn all_line_searches_find_the_same_stages(
        theta in 0.3..1.0f64, params in prop::collection::vec(-1.0..1.0f64, 3 * 8),
        start in prop::collection::vec(-1.0..1.0f64, 3),
    ) {
        let run = |method, line_search| {
            let solver = StageSolver { method, line_search, max_iterations: 500, ..StageSolver::default() };
            let scheme = Tableau::one_leg_theta(theta).unwrap();
            let block = OdeBlock::new(Smooth { dim: 3, width: 3 }, scheme).step_size(0.1).solved_by(solver);
            block.integrate(&params, 0.5, &[&start])
        };
        let newton = run(StageMethod::Newton, LineSearch::default()).unwrap();
        for method in METHODS.iter().copied().filter(|&method| descends(method)) {
            for search in SEARCHES {
                let path = run(method, search).map_err(|e| TestCaseError::fail(format!("{method}, {search}: {e}")))?;
                for (x, y) in newton.as_slice().iter().zip(path.as_slice()) {
                    prop_assert!((x - y).abs() < 1e-8, "{}, {}: {} and {}", method, search, x, y);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Success is what it says: of a one-leg layer, the stage `(1-θ) y_n + θ y_{n+1}` satisfies its equation to the
    /// tolerance, recomputed from the states alone. Some of these problems defeat some methods; they must say so.
    #[test]
    fn success_meets_the_tolerance(
        theta in 0.2..1.0f64, h in 0.1..2.0f64, tolerance in -11.0..-4.0f64,
        params in prop::collection::vec(-1.5..1.5f64, 3 * 6), start in prop::collection::vec(-2.0..2.0f64, 2),
    ) {
        let (field, tolerance) = (Smooth { dim: 2, width: 3 }, 10f64.powf(tolerance));
        let mut solved = 0;
        for &method in StageMethod::ALL {
            let solver = StageSolver { method, tolerance: Some(tolerance), ..StageSolver::default() };
            let scheme = Tableau::one_leg_theta(theta).unwrap();
            let block = OdeBlock::new(field.clone(), scheme).steps(1).step_size(h).solved_by(solver);
            let Ok(path) = block.integrate(&params, 0.5, &[&start]) else {
                let newton = matches!(method, StageMethod::Newton | StageMethod::SimplifiedNewton);
                prop_assert!(!newton || h > 0.3, "{} fails at h = {}", method, h);
                continue;
            };
            solved += 1;
            let stage: Vec<f64> = start.iter().zip(path.last(0)).map(|(x, y)| (1.0 - theta) * x + theta * y).collect();
            let mut slope = [0.0; 2];
            field.eval(&params, 0.5 + theta * h, &stage, &mut slope);
            let size = stage.iter().chain(&start).fold(0.0_f64, |m, x| m.max(x.abs()));
            for i in 0..2 {
                let residual = (stage[i] - start[i] - theta * h * slope[i]).abs();
                prop_assert!(residual <= tolerance * size + 1e-14, "{}: {:e} of {:e}", method, residual, tolerance * size);
            }
        }
        // Long steps may defeat them all.
        prop_assert!(solved >= 2 || h > 0.3, "only {} methods succeed", solved);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever the method, success means that the stages satisfy their equations; so all agree.
    #[test]
    fn all_methods_find_the_same_stages(
        tableau in prop_oneof![tableau(Structure::DiagonallyImplicit), tableau(Structure::FullyImplicit)],
        params in prop::collection::vec(-1.0..1.0f64, 3 * 6), starts in prop::collection::vec(-1.0..1.0f64, 6),
    ) {
        let field = Smooth { dim: 2, width: 3 };
        let starts: Vec<&[f64]> = starts.chunks(2).collect();
        let run = |method| {
            let solver = StageSolver { method, tolerance: Some(1e-10), max_iterations: 500, ..StageSolver::default() };
            let block = OdeBlock::new(field.clone(), tableau.clone()).steps(3).step_size(0.3).solved_by(solver);
            block.integrate(&params, 0.5, &starts)
        };
        let newton = run(StageMethod::Newton).map_err(|e| TestCaseError::fail(e.to_string()))?;
        for method in &METHODS[1..] {
            let other = run(*method).map_err(|e| TestCaseError::fail(format!("{method}: {e}")))?;
            for (x, y) in newton.as_slice().iter().zip(other.as_slice()) {
                prop_assert!((x - y).abs() < 1e-7, "{}: {} and {}", method, x, y);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// One Jacobian for all stages may not do; then each stage gets its own, from the same first guess.
    #[test]
    fn decoupled_stages_are_solved_wherever_coupled_ones_are(
        scheme in prop::sample::select(vec![
            Tableau::radau_iia(2).unwrap(), Tableau::radau_iia(3).unwrap(), Tableau::gauss(4).unwrap(),
        ]),
        h in 0.1..2.0f64, size in 1.0..8.0f64,
        params in prop::collection::vec(-1.0..1.0f64, 3 * 14), start in prop::collection::vec(-2.0..2.0f64, 6),
    ) {
        let params: Vec<f64> = params.iter().map(|x| size * x).collect();
        let run = |method| {
            let solver = StageSolver { method, ..StageSolver::default() };
            let block = OdeBlock::new(Smooth { dim: 6, width: 3 }, scheme.clone()).step_size(h).solved_by(solver);
            block.integrate(&params, 0.5, &[&start])
        };
        if run(StageMethod::Newton).is_ok() {
            let decoupled = run(StageMethod::SimplifiedNewton);
            prop_assert!(decoupled.is_ok(), "{}", decoupled.unwrap_err());
        }
    }
}

/// `y' = -k w tanh(w·y - c)`, a gradient flow of a convex function: its slope saturates, its Jacobian is at most `-k w wᵀ`
/// and next to nothing away from the hyperplane.
struct Saturating;

impl VectorField for Saturating {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        4
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        let (w, k, c) = ([params[0], params[1]], params[2], params[3]);
        let slope = k * (w[0] * y[0] + w[1] * y[1] - c).tanh();
        (0..2).for_each(|i| dy[i] = -w[i] * slope);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The stage equations of these schemes have one solution, whatever the step, where the field is that of a convex
    /// function (Hairer and Wanner, *Solving Ordinary Differential Equations II*, theorem IV.14.2). Newton's first
    /// correction overshoots by far where the slope saturates; it gets there all the same.
    #[test]
    fn saturated_slopes_are_no_obstacle(
        scheme in prop::sample::select(vec![
            Tableau::backward_euler(), Tableau::gauss(2).unwrap(), Tableau::gauss(3).unwrap(),
            Tableau::radau_iia(2).unwrap(),
        ]),
        w in prop::collection::vec(-1.5..1.5f64, 2), k in 0.1..60.0f64, c in -3.0..3.0f64,
        start in prop::collection::vec(-2.0..2.0f64, 2), h in 0.01..2.0f64,
    ) {
        for method in [StageMethod::Automatic, StageMethod::Newton, StageMethod::SimplifiedNewton] {
            let solver = StageSolver { method, ..StageSolver::default() };
            let block = OdeBlock::new(Saturating, scheme.clone()).step_size(h).solved_by(solver);
            let path = block.integrate(&[w[0], w[1], k, c], 0.0, &[&start]);
            prop_assert!(path.is_ok(), "{}: {}", method, path.unwrap_err());
        }
    }
}
