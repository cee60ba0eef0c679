//! The laws hold for random members of the classes that they are laws of, and are refuted for what is not a member.

use kutta::field::Dimensions;
use kutta::properties::*;
use kutta::{Error, Number, Tableau, VectorField};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};

/// What solved stage equations leave, for fields of moderate size.
const SOLVED: f64 = 1e-11;

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// A law is refuted: among random cases there is one against it. Returns the shrunk case and the law's message.
fn refuted<S: Strategy>(cases: S, law: impl Fn(S::Value) -> TestCaseResult) -> (S::Value, String)
where
    S::Value: std::fmt::Debug,
{
    match runner(512).run(&cases, law) {
        Err(TestError::Fail(reason, case)) => (case, reason.message().to_string()),
        other => panic!("the law was not refuted: {other:?}"),
    }
}

/// A scheme with one entry of `A` moved by `by`, in place of its row's last other entry: the nodes stay.
fn perturbed(scheme: &Tableau, i: usize, j: usize, by: f64) -> Tableau {
    let mut a: Vec<Vec<f64>> = (0..scheme.stages()).map(|i| scheme.row(i).to_vec()).collect();
    a[i][j] += by;
    let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
    Tableau::new(a, scheme.b(), c).unwrap()
}

/// Any scheme of random structure.
fn any_scheme() -> impl Strategy<Value = RandomScheme> {
    prop_oneof![explicit(1..=4), diagonally_implicit(1..=4), fully_implicit(1..=3)]
}

proptest! {
    #![proptest_config(Config::with_cases(128))]

    #[test]
    fn symmetric_schemes_reverse(
        scheme in prop_oneof![symmetric(1..=4), symmetric_diagonally_implicit(1..=5)],
        field in forced_field(3, 1.0), at in at(3, 0.5),
    ) {
        let at = at.shortened_for(&scheme);
        assert_reversible(one_step(&scheme, &field), &at, SOLVED)?;
    }

    #[test]
    fn symplectic_schemes_keep_quadratic_invariants(
        scheme in prop_oneof![symplectic(1..=4), symplectic_diagonally_implicit(1..=5)],
        field in quadratic_invariant_field(3), at in at(3, 0.25),
    ) {
        let at = at.shortened_for(&scheme);
        assert_preserves(one_step(&scheme, &field), |y| field.invariant(y), &at, SOLVED)?;
    }

    #[test]
    fn symplectic_schemes_keep_the_form(
        scheme in prop_oneof![symplectic(1..=4), symplectic_diagonally_implicit(1..=5)],
        field in hamiltonian(2), at in at(4, 0.25),
    ) {
        let at = at.shortened_for(&scheme);
        assert_symplectic(tangent(&scheme, &field), &at, SOLVED)?;
        assert_symplectic(differences(one_step(&scheme, &field)), &at, 1e-9)?;
    }

    #[test]
    fn every_scheme_keeps_linear_invariants(
        scheme in any_scheme(), field in linear_invariant_field(3, 1.0), at in at(3, 0.5),
    ) {
        let at = at.shortened_for(&scheme);
        assert_preserves(one_step(&scheme, &field), |y| field.invariant(y), &at, SOLVED)?;
    }

    #[test]
    fn algebraically_stable_schemes_contract(
        scheme in algebraically_stable(1..=4), field in dissipative_field(2, 20), at in at(2, 1.0), other in state(2),
    ) {
        assert_contractive(one_step(&scheme, &field), &at, &other, SOLVED)?;
    }

    #[test]
    fn steps_of_linear_problems_are_the_stability_function(
        scheme in any_scheme(), re in -24..=6i8, im in -12..=12i8,
    ) {
        let z = Complex::new(f64::from(re) / 4.0, f64::from(im) / 4.0);
        let step = |field: &Linear, t: f64, y: &[f64], h: f64| one_step(&scheme, field)(t, y, h);
        assert_stability_function(step, stability_function(&scheme), z, 1e-9)?;
    }

    #[test]
    fn adjoints_are_transposed_tangents(
        scheme in any_scheme(), field in forced_field(3, 1.0), at in at(3, 0.5), lambda in state(3), delta in state(3),
    ) {
        let at = at.shortened_for(&scheme);
        assert_transposed(adjoint(&scheme, &field), tangent(&scheme, &field), &at, &lambda, &delta, SOLVED)?;
        assert_tangent(tangent(&scheme, &field), differences(one_step(&scheme, &field)), &at, &delta, 1e-9)?;
    }

    #[test]
    fn steps_do_not_depend_on_coordinates(
        scheme in any_scheme(), field in forced_field(3, 1.0), map in affine_map(3), at in at(3, 0.25),
    ) {
        let at = at.shortened_for(&scheme);
        let image = map.image(&field);
        assert_equivariant(one_step(&scheme, &field), one_step(&scheme, &image), |y| map.apply(y), &at, SOLVED)?;
    }

    #[test]
    fn the_flow_is_that_of_the_exponential(
        field in linear_field(vec![Complex::new(-0.5, 1.0), Complex::new(0.25, 0.0)]), at in at(3, 1.0),
    ) {
        let matrix = nalgebra::DMatrix::from_fn(3, 3, |i, j| at.h * field.entry(i, j));
        let expected = matrix.exp() * nalgebra::DVector::from_column_slice(&at.y);
        let found = flow(&field)(at.t, &at.y, at.h)?;
        prop_assert!(found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-12), "{found:?} and {expected}");
    }
}

proptest! {
    // Orders are measured by many steps.
    #![proptest_config(Config::with_cases(24))]

    #[test]
    fn schemes_have_their_order_on_every_field(
        (order, scheme) in (1..=4usize).prop_flat_map(|p| (Just(p), explicit_of_order(p))),
        collocated in collocation(1..=4), field in forced_field(2, 2.0), at in at(2, 0.5),
    ) {
        assert_order_at_least(one_step(&scheme, &field), flow(&field), &At { h: 0.5, ..at.clone() }, order, 1e-14)?;
        let stages = collocated.stages();
        assert_order_at_least(one_step(&collocated, &field), flow(&field), &At { h: 0.5, ..at }, stages, 1e-13)?;
    }

    #[test]
    fn superconvergent_schemes_have_their_order(scheme in superconvergent(1..=3), at in at(2, 1.0)) {
        let field = Smooth::generic(2);
        let order = 2 * scheme.stages() - 1;
        assert_order_at_least(one_step(&scheme, &field), flow(&field), &At { h: 1.0, ..at }, order, 1e-13)?;
    }

    #[test]
    fn symmetric_schemes_have_even_order(
        scheme in prop_oneof![symmetric(1..=4), symmetric_diagonally_implicit(1..=4)], at in at(2, 0.5),
    ) {
        let field = Smooth::generic(2);
        let order = observed_order(one_step(&scheme, &field), flow(&field), &At { h: 0.5, ..at }, 1e-13)?;
        prop_assert!(order.round() % 2.0 == 0.0, "{order}");
    }
}

/// The order that is observed is at least the one that is stated, for the whole catalogue; that it is no higher is proved
/// by the order conditions.
#[test]
fn catalogue_has_its_order() {
    let field = Smooth::generic(2);
    for scheme in Tableau::catalogue() {
        let Some(order) = scheme.order() else { continue };
        // Between rounding and the convergence of the series there is no room for more, nor for an error whose leading
        // term is made so small that it does not lead before rounding sets in.
        if order > 5 || scheme.name() == "bogacki_shampine_5_4" {
            continue;
        }
        let at = At { t: 0.25, y: vec![0.5, -0.25], h: 1.0 };
        assert_order_at_least(one_step(&scheme, &field), flow(&field), &at, order, 1e-14)
            .unwrap_or_else(|e| panic!("{}: {e}", scheme.name()));
    }
}

#[test]
fn gauss_and_radau_contract_where_the_trapezoidal_rule_does_not() {
    let cases = || (dissipative_field(2, 50), at(2, 1.0), state(2));
    let law = |scheme: Tableau| {
        move |(field, at, other): (Dissipative, At, State)| {
            assert_contractive(one_step(&scheme, &field), &at, &other, SOLVED)
        }
    };
    for scheme in [Tableau::gauss(2), Tableau::gauss(3), Tableau::radau_iia(2), Tableau::radau_iia(3)] {
        runner(128).run(&cases(), law(scheme.unwrap())).unwrap();
    }
    refuted(cases(), law(Tableau::rk4()));
    // The trapezoidal rule, A-stable, first takes half a step of forward Euler, on the steep side.
    let at = At { t: 0.0, y: vec![0.2], h: 1.0 };
    let contracts = |scheme: &Tableau| assert_contractive(one_step(scheme, &Hinge), &at, &[0.1], SOLVED);
    assert!(contracts(&Tableau::implicit_midpoint()).is_ok());
    assert!(contracts(&Tableau::trapezoidal()).is_err());
}

/// `y' = -50 max(y, 0)`.
#[derive(Debug)]
struct Hinge;
impl VectorField for Hinge {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
        dy[0] = S::constant(-50.0) * y[0].max(S::zero());
    }
}

/// One wrong coefficient, and each law that depends on it fails.
#[test]
fn perturbed_schemes_are_refuted() {
    let entry = (0..2usize, 0..2usize, prop_oneof![Just(-0.125), Just(0.125)]);
    let (case, message) = refuted((symmetric(2..=2), entry.clone(), smooth_field(2, 1.0), at(2, 0.5)), |case| {
        let (scheme, (i, j, by), field, at) = case;
        assert_reversible(one_step(&perturbed(&scheme, i, j, by), &field), &at, SOLVED)
    });
    assert!(message.starts_with("there and back again: expected ["), "{message} for {case:?}");
    refuted((symplectic(2..=2), entry.clone(), quadratic_invariant_field(2), at(2, 0.5)), |case| {
        let (scheme, (i, j, by), field, at) = case;
        assert_preserves(one_step(&perturbed(&scheme, i, j, by), &field), |y| field.invariant(y), &at, SOLVED)
    });
    refuted((symplectic(2..=2), entry, hamiltonian(1), at(2, 0.5)), |case| {
        let (scheme, (i, j, by), field, at) = case;
        assert_symplectic(differences(one_step(&perturbed(&scheme, i, j, by), &field)), &at, 1e-9)
    });
    let (case, message) = refuted((explicit_of_order(3), forced_field(2, 2.0), at(2, 0.5)), |(scheme, field, at)| {
        let at = At { h: 0.5, ..at };
        assert_order_at_least(one_step(&perturbed(&scheme, 2, 1, 0.125), &field), flow(&field), &at, 3, 1e-14)
    });
    assert!(message.contains("expected 3 or more; errors of a step: "), "{message} for {case:?}");
}

#[test]
fn an_order_too_high_or_too_low_is_not_exact() {
    let (field, at) = (Smooth::generic(2), At { t: 0.0, y: vec![0.5, 0.25], h: 0.5 });
    let rk4 = Tableau::rk4();
    for (order, right) in [(3, false), (4, true), (5, false)] {
        let law = assert_order(one_step(&rk4, &field), flow(&field), &at, order, 1e-14);
        assert_eq!(law.is_ok(), right, "{order}: {law:?}");
    }
    assert!(assert_order_at_least(one_step(&rk4, &field), flow(&field), &at, 3, 1e-14).is_ok());
    // Nothing to measure: a rejected case, neither right nor wrong.
    let still = Linear::new([[0.0]]);
    let at = At { t: 0.0, y: vec![1.0], h: 0.5 };
    let law = assert_order(one_step(&rk4, &still), flow(&still), &at, 4, 1e-14);
    assert!(matches!(law, Err(TestCaseError::Reject(_))), "{law:?}");
}

/// A scheme that takes its slopes at the wrong times is right for autonomous fields.
#[test]
fn wrong_nodes_show_on_forced_fields_only() {
    let rk4 = Tableau::rk4();
    let a: Vec<Vec<f64>> = (0..4).map(|i| rk4.row(i).to_vec()).collect();
    let wrong = Tableau::with_free_nodes(a, rk4.b(), [0.0, 0.5, 0.5, 0.5]).unwrap();
    let law = |(field, at): (Smooth, At)| {
        assert_order_at_least(one_step(&wrong, &field), flow(&field), &At { h: 0.5, ..at }, 4, 1e-14)
    };
    runner(16).run(&(smooth_field(2, 1.0), at(2, 0.5)), law).unwrap();
    refuted((forced_field(2, 1.0), at(2, 0.5)), law);
}

#[test]
fn wrong_adjoints_stability_functions_and_coordinates_are_refuted() {
    let scheme = Tableau::radau_iia(2).unwrap();
    let twice = |v: Vec<f64>| v.into_iter().map(|x| 1.01 * x).collect::<Vec<_>>();
    refuted((smooth_field(2, 1.0), at(2, 0.5), state(2), state(2)), |(field, at, lambda, delta)| {
        let tangent = tangent(&scheme, &field);
        let wrong = |t: f64, y: &[f64], h: f64, delta: &[f64]| Ok::<_, Error>(twice(tangent(t, y, h, delta)?));
        assert_transposed(adjoint(&scheme, &field), wrong, &at, &lambda, &delta, SOLVED)
    });
    refuted((smooth_field(2, 1.0), at(2, 0.5), state(2)), |(field, at, delta)| {
        let tangent = tangent(&scheme, &field);
        let wrong = |t: f64, y: &[f64], h: f64, delta: &[f64]| Ok::<_, Error>(twice(tangent(t, y, h, delta)?));
        assert_tangent(wrong, differences(one_step(&scheme, &field)), &at, &delta, 1e-9)
    });
    let gauss = Tableau::gauss(2).unwrap();
    let other = stability_function(&gauss);
    refuted(-12..=12i8, |k| {
        let step = |field: &Linear, t: f64, y: &[f64], h: f64| one_step(&scheme, field)(t, y, h);
        assert_stability_function(step, &other, Complex::new(f64::from(k) / 12.0, 0.0), SOLVED)
    });
    refuted((affine_map(2), smooth_field(2, 1.0), at(2, 0.5)), |(map, field, at)| {
        // The field in the old coordinates.
        assert_equivariant(one_step(&scheme, &field), one_step(&scheme, &field), |y| map.apply(y), &at, SOLVED)
    });
}

/// Integrators of any kind: leapfrog of a separable Hamiltonian, written by hand.
#[test]
fn leapfrog_obeys_its_laws() {
    let leapfrog = |field: &Hamiltonian, y: &[f64], h: f64, sign: f64| {
        let (q, p) = y.split_at(field.freedom());
        let add = |x: &[f64], h: f64, v: &[f64]| x.iter().zip(v).map(|(x, v)| x + h * v).collect::<Vec<_>>();
        let half = add(p, 0.5 * h, &field.force(q, p));
        let q = add(q, h, &field.velocity(q, &half));
        [q.clone(), add(&half, 0.5 * h * sign, &field.force(&q, &half))].concat()
    };
    let cases = || (separable_hamiltonian(2), at(4, 0.5));
    runner(64)
        .run(&cases(), |(field, at)| {
            let step = |_: f64, y: &[f64], h: f64| leapfrog(&field, y, h, 1.0);
            assert_reversible(step, &at, 1e-13)?;
            assert_symplectic(differences(step), &at, 1e-9)
        })
        .unwrap();
    let at = At { t: 0.0, y: vec![0.5, 0.25, -0.5, 1.0], h: 0.5 };
    runner(8)
        .run(&separable_hamiltonian(2), |field| {
            assert_order(|_: f64, y: &[f64], h: f64| leapfrog(&field, y, h, 1.0), flow(&field), &at, 2, 1e-14)
        })
        .unwrap();
    // A wrong sign is still symplectic, but neither symmetric nor of any order.
    refuted(cases(), |(field, at)| {
        assert_reversible(|_: f64, y: &[f64], h: f64| leapfrog(&field, y, h, -1.0), &at, 1e-13)
    });
    // On a Hamiltonian that is not separable leapfrog is neither.
    refuted((hamiltonian(1), self::at(2, 0.5)), |(field, at)| {
        assert_symplectic(differences(|_: f64, y: &[f64], h: f64| leapfrog(&field, y, h, 1.0)), &at, 1e-9)
    });
}

/// Steps that fail, or that return something else than a state, are failures that say so.
#[test]
fn steps_that_give_no_state_are_failures() {
    let at = At { t: 0.0, y: vec![1.0, 2.0], h: 0.5 };
    let message = |law: TestCaseResult| match law {
        Err(TestCaseError::Fail(reason)) => reason.message().to_string(),
        other => panic!("{other:?}"),
    };
    let none = |_: f64, _: &[f64], _: f64| Err::<Vec<f64>, _>("no pivot");
    assert_eq!(message(assert_reversible(none, &at, 1e-9)), "the step failed: no pivot; t = 0, y = [1, 2], h = 1/2");
    let short = |_: f64, _: &[f64], _: f64| [1.0];
    assert!(message(assert_reversible(short, &at, 1e-9)).starts_with("the step has 1 components, expected 2"));
    let infinite = |_: f64, _: &[f64], _: f64| [1.0, f64::NAN];
    assert!(message(assert_contractive(infinite, &at, &[0.0, 0.0], 1e-9)).starts_with("the step is not finite"));
    let odd = At { t: 0.0, y: vec![1.0], h: 0.5 };
    let step = |_: f64, y: &[f64], _: f64| y.to_vec();
    assert!(message(assert_symplectic(differences(step), &odd, 1e-9)).contains("not positions and momenta"));
    assert!(message(assert_preserves(step, |_| f64::NAN, &at, 1e-9)).starts_with("the invariant is NaN"));
}

/// Steps of a field with parameters, at fixed ones.
#[test]
fn fields_with_parameters_are_taken_at_fixed_ones() {
    let mlp = kutta::Mlp::new([2, 3, 2], kutta::Activation::Tanh).unwrap();
    let params: Vec<f64> = (0..mlp.param_count()).map(|k| (k as f64).sin()).collect();
    let field = WithParams { field: &mlp, params: &params };
    let at = At { t: 0.0, y: vec![0.5, -0.5], h: 0.5 };
    let block = kutta::OdeBlock::new(mlp.clone(), Tableau::rk4()).step_size(0.5);
    let path = block.integrate(&params, 0.0, &[&at.y]).unwrap();
    let step = one_step(&Tableau::rk4(), &field)(0.0, &at.y, 0.5).unwrap();
    assert!(step.iter().zip(path.last(0)).all(|(x, y)| (x - y).abs() < 1e-14));
    assert_reversible(one_step(&Tableau::implicit_midpoint(), &field), &at, SOLVED).unwrap();
}
