//! Flows against exact solutions, tighter runs and themselves.

use crate::common::problems::*;
use kutta::field::{Activation, Field, Mlp};
use kutta::flow::{FlowWork, Solution};
use kutta::solve::{StageMethod, StageSolver};
use kutta::{Error, Flow, Number, Tableau, VectorField};
use rand::{SeedableRng, rngs::StdRng};

fn radau() -> Tableau {
    Tableau::radau_iia(3).unwrap()
}

fn dopri() -> Tableau {
    Tableau::dormand_prince_5_4()
}

/// The state at `t`, and the work.
fn run<F: Field<f64>>(field: &F, scheme: Tableau, tolerance: (f64, f64), y0: &[f64], t: f64) -> (Vec<f64>, FlowWork) {
    let flow = Flow::new(field, &[]).scheme(scheme.clone()).tolerance(tolerance.0, tolerance.1);
    let path = flow.solve(0.0, y0, &[t]).unwrap_or_else(|e| panic!("{}, {tolerance:?}: {e}", scheme.name()));
    (path.last().unwrap().to_vec(), path.work())
}

/// Largest error relative to `absolute + relative |exact|`.
fn excess(y: &[f64], exact: &[f64], (relative, absolute): (f64, f64)) -> f64 {
    let each = y.iter().zip(exact).map(|(y, exact)| (y - exact).abs() / (absolute + relative * exact.abs()));
    each.fold(0.0, f64::max)
}

/// Over tolerances from 1e-3 to 1e-10, the error stays below `most` times the tolerance; and where it is not damped
/// away, it falls with the tolerance without being needlessly small.
fn honours<F: Field<f64>>(
    field: &F,
    scheme: &Tableau,
    floor: f64,
    y0: &[f64],
    t: f64,
    exact: &[f64],
    (least, most): (f64, f64),
) {
    for k in 3..=10 {
        let relative = 10f64.powi(-k);
        let tolerance = (relative, relative * floor);
        let (y, _) = run(field, scheme.clone(), tolerance, y0, t);
        let excess = excess(&y, exact, tolerance);
        assert!(
            (least..=most).contains(&excess),
            "{}: error is {excess:.3} times the tolerance {relative:.0e}",
            scheme.name()
        );
    }
}

#[test]
fn the_oscillator_is_followed_to_tolerance() {
    let exact = [10f64.cos(), -10f64.sin()];
    for scheme in [radau(), dopri(), Tableau::rk4(), Tableau::gauss(2).unwrap()] {
        honours(&Oscillator {}, &scheme, 1.0, &[1.0, 0.0], 10.0, &exact, (0.05, 3.0));
    }
    honours(&Oscillator {}, &Tableau::bogacki_shampine_3_2(), 1.0, &[1.0, 0.0], 10.0, &exact, (1.0, 20.0));
}

#[test]
fn low_order_schemes_keep_the_tolerance_too() {
    let exact = [10f64.cos(), -10f64.sin()];
    for scheme in [Tableau::sdirk2(), Tableau::trapezoidal(), Tableau::heun()] {
        for relative in [1e-3, 1e-4, 1e-5, 1e-6] {
            let (y, _) = run(&Oscillator {}, scheme.clone(), (relative, relative), &[1.0, 0.0], 10.0);
            let excess = excess(&y, &exact, (relative, relative));
            assert!((0.3..3.0).contains(&excess), "{}: {excess} at {relative}", scheme.name());
        }
    }
    for scheme in [Tableau::backward_euler(), Tableau::forward_euler()] {
        for relative in [1e-2, 1e-3] {
            let (y, _) = run(&Bell {}, scheme.clone(), (relative, relative), &[1.0], 2.0);
            let excess = excess(&y, &[0.2], (relative, relative));
            assert!((1e-3..1.0).contains(&excess), "{}: {excess} at {relative}", scheme.name());
        }
    }
}

#[test]
fn explicit_time_is_followed_to_tolerance() {
    let exact = [2.0 + 6f64.sin(), 6f64.cos()];
    for scheme in [radau(), dopri(), Tableau::rk4(), Tableau::gauss(2).unwrap()] {
        honours(&Bell {}, &scheme, 1e-2, &[1.0], 5.0, &[1.0 / 26.0], (0.0, 5.0));
        honours(&Coupled {}, &scheme, 1.0, &[2.0, 1.0], 6.0, &exact, (1e-3, 2.0));
    }
}

#[test]
fn the_invariant_of_lotka_and_volterra_is_kept_to_tolerance() {
    let start = [1.5, 0.8];
    for (scheme, most) in [(radau(), 2.0), (dopri(), 30.0), (Tableau::gauss(3).unwrap(), 2.0)] {
        for k in 3..=10 {
            let relative = 10f64.powi(-k);
            let (y, _) = run(&LotkaVolterra {}, scheme.clone(), (relative, relative), &start, 20.0);
            let drift = (LotkaVolterra::invariant(&y) - LotkaVolterra::invariant(&start)).abs() / relative;
            assert!(drift < most, "{}: {drift} at {relative:.0e}", scheme.name());
        }
    }
}

#[test]
fn stiff_linear_problems_are_followed_to_tolerance() {
    let forced = Forced { rate: 2000.0 };
    for scheme in [radau(), Tableau::radau_iia(5).unwrap(), Tableau::gauss(4).unwrap()] {
        honours(&forced, &scheme, 1.0, &[0.0], 1.5, &[forced.exact(1.5, 0.0)], (0.0, 1.0));
        // Within the transient of a component of rate -10⁶, and long after it.
        let fast = Decay { rate: 1e6 };
        honours(&fast, &scheme, 1e-3, &[1.0], 3e-6, &[(-3f64).exp()], (0.0, 1.0));
        honours(&fast, &scheme, 1.0, &[1.0], 1.0, &[0.0], (0.0, 1.0));
    }
}

#[test]
fn van_der_pol_is_followed_to_tolerance_through_its_jumps() {
    for epsilon in [1e-3, 1e-6] {
        let field = VanDerPol { epsilon };
        let start = [2.0, -0.66];
        let (reference, _) = run(&field, Tableau::radau_iia(5).unwrap(), (1e-12, 1e-12), &start, 2.0);
        honours(&field, &radau(), 1.0, &start, 2.0, &reference, (1e-3, 1.0));
    }
    // The same in its own time, with damping 10³, where a period takes about 1.6·10³.
    struct Damped;
    impl VectorField for Damped {
        fn dim(&self) -> usize {
            2
        }
        fn param_count(&self) -> usize {
            0
        }
        fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
            dy[0] = y[1];
            dy[1] = S::constant(1e3) * (S::one() - y[0] * y[0]) * y[1] - y[0];
        }
    }
    let (reference, _) = run(&Damped, Tableau::radau_iia(5).unwrap(), (1e-12, 1e-15), &[2.0, 0.0], 1000.0);
    honours(&Damped, &radau(), 1e-3, &[2.0, 0.0], 1000.0, &reference, (0.0, 5.0));
}

/// Reference: F. Mazzia, C. Magherini, Test Set for Initial Value Problem Solvers (2008).
#[test]
fn van_der_pol_agrees_with_the_literature() {
    let (y, _) = run(&VanDerPol { epsilon: 1e-6 }, radau(), (1e-9, 1e-9), &[2.0, 0.0], 2.0);
    assert!(excess(&y, &[1.706167732170483, -0.8928097010247975], (1e-8, 0.0)) < 1.0, "{y:?}");
}

/// Problem: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.1.
#[test]
fn robertson_agrees_with_the_literature() {
    let exact = [0.715827068719394, 9.185534764558e-6, 0.2841637457458413];
    honours(&Robertson {}, &radau(), 1e-6, &[1.0, 0.0, 0.0], 40.0, &exact, (0.0, 1.0));
    // Long after, the sum is conserved, and nothing turns negative and runs off.
    let (y, work) = run(&Robertson {}, radau(), (1e-6, 1e-12), &[1.0, 0.0, 0.0], 1e11);
    assert!((y.iter().sum::<f64>() - 1.0).abs() < 1e-6 && y.iter().all(|&y| y > -1e-12), "{y:?}");
    assert!(work.accepted < 200, "{work:?}");
}

#[test]
fn work_stays_small() {
    let most = |work: FlowWork, steps: usize, rejected: usize, evaluations: usize, iterations: usize| {
        assert!(
            work.accepted > 0
                && work.accepted <= steps
                && work.rejected <= rejected
                && work.evaluations <= evaluations
                && work.iterations <= iterations,
            "{work:?}"
        );
    };
    let tolerance = (1e-6, 1e-6);
    most(run(&Oscillator {}, dopri(), tolerance, &[1.0, 0.0], 10.0).1, 46, 2, 320, 0);
    most(run(&Oscillator {}, radau(), tolerance, &[1.0, 0.0], 10.0).1, 28, 2, 2, 85);
    most(run(&LotkaVolterra {}, dopri(), tolerance, &[1.5, 0.8], 20.0).1, 62, 8, 460, 0);
    most(run(&Forced { rate: 2000.0 }, radau(), tolerance, &[0.0], 1.5).1, 28, 4, 2, 85);
    most(run(&Decay { rate: 1e6 }, radau(), tolerance, &[1.0], 1.0).1, 28, 4, 2, 80);
    most(run(&VanDerPol { epsilon: 1e-6 }, radau(), tolerance, &[2.0, -0.66], 2.0).1, 310, 115, 2, 4200);
    most(run(&Robertson {}, radau(), (1e-6, 1e-12), &[1.0, 0.0, 0.0], 40.0).1, 44, 2, 2, 380);
}

#[test]
fn times_asked_for_are_hit_and_cost_little() {
    let times: Vec<f64> = (0..=20).map(|k| 0.5 * k as f64).collect();
    let flow = Flow::new(&Oscillator {}, &[] as &[f64]).tolerance(1e-8, 1e-8);
    for scheme in [radau(), dopri()] {
        let flow = flow.clone().scheme(scheme);
        let path = flow.solve(0.0, &[1.0, 0.0], &times).unwrap();
        assert_eq!((path.len(), path.times(), path.state(0)), (21, &times[..], &[1.0, 0.0][..]));
        for (t, y) in path.iter() {
            assert!(excess(y, &[t.cos(), -t.sin()], (1e-8, 1e-8)) < 3.0, "{t}: {y:?}");
        }
        let alone = flow.solve(0.0, &[1.0, 0.0], &[10.0]).unwrap();
        assert!(path.work().accepted <= alone.work().accepted + 21 && path.work().rejected <= 3, "{:?}", path.work());
    }
    // A time close to the one before neither fails nor spoils the steps after it.
    let close = [1.0, 1.0, 1.0 + 1e-13, 1.0 + f64::EPSILON * 1e3, 10.0];
    let path = flow.solve(0.0, &[1.0, 0.0], &close).unwrap();
    assert_eq!(path.state(0), path.state(1));
    assert!(excess(path.state(4), &[10f64.cos(), -10f64.sin()], (1e-8, 1e-8)) < 3.0);
    let alone = flow.solve(0.0, &[1.0, 0.0], &[10.0]).unwrap();
    assert!(path.work().accepted < alone.work().accepted + 8, "{:?}", path.work());
}

#[test]
fn no_times_no_states() {
    let path = Flow::new(&Oscillator {}, &[] as &[f64]).solve(0.0, &[1.0, 0.0], &[]).unwrap();
    assert!(path.is_empty() && path.last().is_none() && path.work() == FlowWork::default());
}

#[test]
fn time_reverses() {
    let start = [1.5, 0.8];
    for scheme in [radau(), dopri(), Tableau::gauss(2).unwrap()] {
        let flow = Flow::new(&LotkaVolterra {}, &[]).scheme(scheme.clone()).tolerance(1e-9, 1e-9);
        let forth = flow.solve(0.0, &start, &[5.0, 10.0]).unwrap();
        let back = flow.solve(10.0, forth.state(1), &[10.0, 5.0, 0.0]).unwrap();
        for (found, expected) in [(back.state(1), forth.state(0)), (back.state(2), &start[..])] {
            assert!(excess(found, expected, (1e-9, 1e-9)) < 30.0, "{}: {found:?}, {expected:?}", scheme.name());
        }
        assert_ne!(back.state(2), start);
    }
    // Time runs backward in the field as well.
    let path = Flow::new(&Bell {}, &[]).solve(2.0, &[0.2], &[1.0, 0.0, -1.0]).unwrap();
    for (found, expected) in path.states().iter().zip([0.5f64, 1.0, 0.5]) {
        assert!((found - expected).abs() < 1e-5, "{found}");
    }
}

#[test]
fn single_precision_keeps_its_tolerance() {
    for scheme in [radau(), dopri()] {
        let path = Flow::new(&LotkaVolterra {}, &[] as &[f32]).scheme(scheme).solve(0.0, &[1.5, 0.8], &[10.0]).unwrap();
        let (exact, _) = run(&LotkaVolterra {}, dopri(), (1e-10, 1e-10), &[1.5, 0.8], 10.0);
        let found: Vec<f64> = path.state(0).iter().map(|&y| f64::from(y)).collect();
        assert!(excess(&found, &exact, (1e-4, 1e-6)) < 5.0, "{found:?}, {exact:?}");
    }
    let path =
        Flow::new(&Robertson {}, &[] as &[f32]).tolerance(1e-3, 1e-8).solve(0.0, &[1.0, 0.0, 0.0], &[40.0]).unwrap();
    assert!((path.state(0)[0] - 0.71582707).abs() < 1e-3, "{:?}", path.state(0));
}

#[test]
fn learned_fields_flow_with_every_solver() {
    let field = Mlp::new([3, 16, 3], Activation::Tanh).unwrap();
    let params: Vec<f64> = field.init(&mut StdRng::seed_from_u64(5));
    let start = [0.3, -0.7, 1.1];
    let flow = Flow::new(&field, &params).tolerance(1e-8, 1e-8);
    let reference = flow.clone().scheme(dopri()).tolerance(1e-11, 1e-11).solve(0.0, &start, &[4.0]).unwrap();
    assert!(excess(reference.state(0), &start, (1e-3, 1e-3)) > 1.0, "the field moves");
    for method in [StageMethod::Newton, StageMethod::NewtonGmres, StageMethod::FixedPoint, StageMethod::Lbfgs] {
        let solver = StageSolver { method, max_iterations: 100, ..StageSolver::default() };
        let path = flow.clone().solver(solver).solve(0.0, &start, &[4.0]).unwrap();
        assert!(excess(path.state(0), reference.state(0), (1e-8, 1e-8)) < 3.0, "{method}");
    }
}

fn not_met<T>(result: Result<Solution<T>, Error>) -> (f64, String) {
    match result.err() {
        Some(Error::ToleranceNotMet { time, reason }) => (time, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_solution_that_ends_is_reported_where_it_ends() {
    for scheme in [radau(), dopri(), Tableau::rk4()] {
        let (time, reason) = not_met(Flow::new(&BlowUp {}, &[]).scheme(scheme.clone()).solve(0.0, &[1.0], &[0.5, 2.0]));
        assert!((time - 1.0).abs() < 1e-6, "{}: {time}: {reason}", scheme.name());
    }
}

/// `y' = √(1/2 - t)`, which is not a number after `t = 1/2`, or one that is never.
struct Broken(f64);
impl VectorField for Broken {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, _: &[S], dy: &mut [S]) {
        dy[0] = (S::constant(self.0) - t).sqrt();
    }
}

#[test]
fn fields_that_are_not_numbers_are_reported() {
    for scheme in [radau(), dopri(), Tableau::rk4(), Tableau::gauss(2).unwrap()] {
        let flow = |field| Flow::new(field, &[]).scheme(scheme.clone()).solve(0.0, &[1.0], &[1.0]);
        let (time, reason) = not_met(flow(&Broken(0.5)));
        assert!((time - 0.5).abs() < 1e-5 && reason.contains("the step has shrunk"), "{time}: {reason}");
        let (time, reason) = not_met(flow(&Broken(-1.0)));
        assert!(time == 0.0 && reason.contains("the field is not finite here"), "{time}: {reason}");
    }
}

#[test]
fn stiffness_for_an_explicit_scheme_is_reported() {
    let (time, reason) =
        not_met(Flow::new(&Decay { rate: 1e6 }, &[]).scheme(dopri()).max_steps(1000).solve(0.0, &[1.0], &[1.0]));
    assert!(time > 0.0 && time < 0.1);
    assert!(reason.contains("for stiff fields") && reason.contains("max_steps"), "{reason}");
}

#[test]
fn an_unreachable_tolerance_is_reported() {
    let flow = Flow::new(&Coupled {}, &[]).scheme(Tableau::backward_euler()).tolerance(1e-13, 1e-13);
    let (time, _) = not_met(flow.max_steps(2000).solve(0.0, &[2.0, 1.0], &[1.0]));
    assert!(time < 1.0);
}

#[test]
fn bad_arguments_are_refused() {
    let field = Oscillator {};
    let flow = || Flow::new(&field, &[] as &[f64]);
    let start = [1.0, 0.0];
    let message = |result: Result<Solution<f64>, Error>| result.unwrap_err().to_string();
    for (result, expected) in [
        (flow().solve(0.0, &[1.0], &[1.0]), "y0 has 1 components, expected 2"),
        (Flow::new(&field, &[1.0]).solve(0.0, &start, &[1.0]), "params has 1 entries, expected 0"),
        (flow().solve(0.0, &[f64::NAN, 0.0], &[1.0]), "a component of y0 is not finite"),
        (flow().solve(f64::INFINITY, &start, &[1.0]), "a time is inf"),
        (flow().solve(0.0, &start, &[f64::NAN]), "a time is NaN"),
        (flow().solve(0.0, &start, &[1.0, 0.5]), "a time is 0.5, after 1"),
        (flow().solve(0.0, &start, &[-1.0, -0.5]), "a time is -0.5, after -1"),
        (flow().solve(0.0, &start, &[1.0, -1.0]), "a time is 1, after 0"),
        (flow().tolerance(0.0, 1e-9).solve(0.0, &start, &[1.0]), "relative is 0, expected a number from 2.2e-15 to 1"),
        (flow().tolerance(-1e-6, 1e-9).solve(0.0, &start, &[1.0]), "relative is -0.000001"),
        (flow().tolerance(f64::NAN, 1e-9).solve(0.0, &start, &[1.0]), "relative is NaN"),
        (flow().tolerance(1e-6, 0.0).solve(0.0, &start, &[1.0]), "absolute is 0, expected a positive number"),
        (flow().tolerance(1e-6, f64::INFINITY).solve(0.0, &start, &[1.0]), "absolute is inf"),
        (flow().max_steps(0).solve(0.0, &start, &[1.0]), "max_steps is 0"),
        (flow().initial_step(-0.1).solve(0.0, &start, &[1.0]), "initial_step is -0.1"),
        (flow().scheme(Tableau::rk4().of_order(0)).solve(0.0, &start, &[1.0]), "scheme is `rk4`, of unknown order"),
        (
            flow().solver(StageSolver { max_iterations: 0, ..StageSolver::default() }).solve(0.0, &start, &[1.0]),
            "solver.max_iterations",
        ),
    ] {
        let found = message(result);
        assert!(found.starts_with(expected), "{found}");
    }
    let single = Flow::new(&field, &[] as &[f32]).tolerance(1e-8, 1e-8).solve(0.0, &[1.0, 0.0], &[1.0]);
    assert!(single.unwrap_err().to_string().starts_with("relative is 0.00000001, expected a number from 1.2e-6"));
}

#[test]
fn a_first_step_far_too_large_is_corrected() {
    for scheme in [radau(), dopri()] {
        let flow = Flow::new(&LotkaVolterra {}, &[]).scheme(scheme).tolerance(1e-8, 1e-8);
        let reference = flow.solve(0.0, &[1.5, 0.8], &[20.0]).unwrap();
        for h in [1e3, 1e-9] {
            let path = flow.clone().initial_step(h).solve(0.0, &[1.5, 0.8], &[20.0]).unwrap();
            assert!(excess(path.state(0), reference.state(0), (1e-8, 1e-8)) < 20.0, "{h}");
        }
    }
}

/// What stage solves leave adds up to no more, however many times are asked for.
#[test]
fn accuracy_does_not_depend_on_the_times_asked_for() {
    for scheme in [radau(), Tableau::sdirk2(), Tableau::by_name("sdirk4").unwrap(), dopri()] {
        for count in [1, 100, 10_000, 200_000] {
            let times: Vec<f64> = (1..=count).map(|k| f64::from(k) / f64::from(count)).collect();
            let flow = Flow::new(&Decay { rate: 1.0 }, &[] as &[f64]).scheme(scheme.clone()).tolerance(1e-6, 1e-9);
            let path = flow.solve(0.0, &[1.0], &times).unwrap_or_else(|e| panic!("{}, {count}: {e}", scheme.name()));
            let error = (path.state(times.len() - 1)[0] / (-1f64).exp() - 1.0).abs();
            assert!(error < 1e-6, "{}, {count} times: {error:e}", scheme.name());
        }
    }
}

#[test]
fn single_precision_does_not_drift_with_the_times_asked_for() {
    for scheme in [radau(), Tableau::sdirk2(), dopri()] {
        let times: Vec<f64> = (1..=20_000).map(|k| f64::from(k) / 20_000.0).collect();
        let flow = Flow::new(&Decay { rate: 1.0 }, &[] as &[f32]).scheme(scheme.clone());
        let path = flow.solve(0.0, &[1.0], &times).unwrap();
        let error = (path.state(times.len() - 1)[0] / (-1f32).exp() - 1.0).abs();
        // Twenty thousand roundings of the state, all the same way, are 1.2e-3.
        assert!(error < 1.5e-3, "{}: {error:e}", scheme.name());
    }
}

#[test]
fn where_the_field_knows_no_time_every_time_is_as_good() {
    for t0 in [0.0, 1e5, 3.4e7, -1.7e9] {
        let flow = Flow::new(&Decay { rate: 0.1 }, &[] as &[f32]);
        let end = flow.solve(t0, &[1.0], &[t0 + 50.0]).unwrap_or_else(|e| panic!("{t0}: {e}")).state(0)[0];
        assert!((end / (-5f32).exp() - 1.0).abs() < 1e-3, "{t0}: {end}");
    }
    let driven = Flow::new(&Forced { rate: 1.0 }, &[] as &[f32]);
    let (time, reason) = not_met(driven.solve(1.7e9, &[1.0], &[1.7e9 + 50.0]));
    assert!(time == 1.7e9 && reason.contains("closer neighbours"), "{reason}");
}

#[test]
fn a_first_step_below_the_resolution_of_time_is_said_to_be_that() {
    struct Steep;
    impl VectorField for Steep {
        fn dim(&self) -> usize {
            1
        }
        fn param_count(&self) -> usize {
            0
        }
        fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
            dy[0] = S::constant(1e50) / y[0];
        }
    }
    let (time, reason) = not_met(Flow::new(&Steep, &[] as &[f64]).solve(1.0, &[1e6], &[2.0]));
    assert!(time == 1.0 && reason.contains("closer neighbours"), "{reason}");
}

/// A pulse of a twentieth is missed by steps that grow with the smoothness around it, but not by steps that may not.
#[test]
fn the_largest_step_keeps_pulses_from_being_missed() {
    #[derive(Clone)]
    struct Pulse;
    impl VectorField for Pulse {
        fn dim(&self) -> usize {
            1
        }
        fn param_count(&self) -> usize {
            0
        }
        fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
            let c = |x: f64| S::constant(x);
            let on = (t - c(1.0)).where_positive((c(1.05) - t).where_positive(c(20.0), S::zero()), S::zero());
            dy[0] = on - y[0];
        }
    }
    let exact = (-2f64).exp() + 20.0 * ((-0.95f64).exp() - (-1f64).exp());
    let flow = Flow::new(&Pulse, &[]);
    let end = |flow: &Flow<'_, f64>, times: &[f64]| flow.solve(0.0, &[1.0], times).unwrap().last().unwrap()[0];
    let found = end(&flow.clone().max_step(0.01).tolerance(1e-8, 1e-8), &[2.0]);
    assert!((found - exact).abs() < 1e-4, "{found}, {exact}");
    assert!((end(&flow, &[1.0, 1.05, 2.0]) - exact).abs() < 1e-5, "{exact}");
    let error = flow.max_step(0.0).solve(0.0, &[1.0], &[2.0]).unwrap_err().to_string();
    assert_eq!(error, "max_step is 0, expected a positive number");
}
