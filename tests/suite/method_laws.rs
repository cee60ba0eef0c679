//! The laws of methods that need a past, and of pairs: they hold for random ones, and fail for wrong ones.

use kutta::field::InParts;
use kutta::properties::*;
use kutta::tableau::{Multistep, PartitionedTableau};
use kutta::verify::growth::Growth;
use kutta::{Error, Tableau};
use proptest::prelude::*;

/// What the solver leaves of stage equations.
const SOLVED: f64 = 1e-11;

fn with_order() -> impl Strategy<Value = (usize, RandomMultistep)> {
    (1..=4usize).prop_flat_map(|order| (Just(order), zero_stable(order)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn zero_stable_methods_keep_linear_invariants((_, method) in with_order(), field in linear_invariant_field(3, 1.0), at in at(3, 0.25)) {
        let step = from_exact_past(method.steps(), multistep_step(&method, &field), flow(&field));
        assert_preserves(step, |y| field.invariant(y), &at, SOLVED)?;
    }

    #[test]
    fn symmetric_methods_reverse(method in symmetric_multistep(0..=2), field in smooth_field(2, 1.0), states in prop::collection::vec(state(2), 7)) {
        let past: Vec<Vec<f64>> = states.iter().take(method.steps()).map(|y| y.to_vec()).collect();
        let size = method.beta()[0].abs().max(1.0);
        assert_reversible_past(multistep_step(&method, &field), 0.0, &past, 0.25 / size, SOLVED)?;
    }

    #[test]
    fn growth_factors_are_those_of_steps((_, method) in with_order(), re in -2.0..0.25f64, im in -2.0..2.0f64) {
        let z = Complex::new(re, im);
        for zeta in Growth::of(&method.0.clone().into()).factors(z) {
            let step = |field: &Linear, t: f64, past: &[Vec<f64>], h: f64| multistep_step(&method, field)(t, past, h);
            match assert_growth_factor(step, method.steps(), z, zeta, 1e-9) {
                // Too small for its powers.
                Err(TestCaseError::Reject(_)) => {}
                law => law?,
            }
        }
    }

    #[test]
    fn symplectic_pairs_are(pair in symplectic_pair(1..=3), field in hamiltonian(2), separable in separable_hamiltonian(2), at in at(4, 0.25)) {
        let at = at.shortened_for(pair.first()).shortened_for(pair.second());
        for field in [field, separable] {
            let field = InParts::new(field, 2).unwrap();
            assert_symplectic(tangent(&pair, &field), &at, SOLVED)?;
            assert_transposed(adjoint(&pair, &field), tangent(&pair, &field), &at, &[1.0, 2.0, -1.0, 0.5], &[0.5; 4], SOLVED)?;
        }
    }
}

// Flows that are near to rounding take long.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn zero_stable_methods_have_their_order((order, method) in with_order(), field in smooth_field(2, 1.0), y in state(2)) {
        let at = At { t: 0.0, y: y.to_vec(), h: 0.25 };
        let step = from_exact_past(method.steps(), multistep_step(&method, &field), flow(&field));
        assert_order_at_least(step, flow(&field), &at, order, 1e-12)?;
    }

    #[test]
    fn zero_stable_methods_forget_their_past((_, method) in with_order(), even in symmetric_multistep(0..=2)) {
        let still = Linear::new([[0.0]]);
        assert_past_forgotten(multistep_step(&method, &still), method.steps())?;
        assert_past_forgotten(multistep_step(&even, &still), even.steps())?;
    }

    #[test]
    fn pairs_of_the_catalogue_have_their_laws(field in separable_hamiltonian(1), at in at(2, 0.5)) {
        let whole = flow(&field);
        let parts = InParts::new(field.clone(), 1).unwrap();
        let verlet = PartitionedTableau::by_name("stoermer_verlet").unwrap();
        assert_reversible(one_step(&verlet, &parts), &at, 1e-12)?;
        let start = At { h: 0.5, ..at };
        match assert_order_at_least(one_step(&PartitionedTableau::by_name("ruth_3").unwrap(), &parts), &whole, &start, 3, 1e-14) {
            Err(TestCaseError::Reject(_)) => {}
            law => law?,
        }
    }
}

/// A step that needs a past.
type Taken<'a> = dyn Fn(f64, &[Vec<f64>], f64) -> Result<Vec<f64>, Error> + 'a;

fn fails(law: Result<(), TestCaseError>, words: &str) {
    match law {
        Err(TestCaseError::Fail(reason)) => assert!(reason.message().contains(words), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn laws_fail_for_what_is_wrong() {
    let (field, at) = (Smooth::generic(2), At { t: 0.0, y: vec![1.0, 0.5], h: 0.25 });
    let bdf = Multistep::bdf(3).unwrap();
    // A BDF3 step whose oldest state is taken to be one younger.
    let wrong = |t: f64, past: &[Vec<f64>], h: f64| -> Result<Vec<f64>, Error> {
        multistep_step(&bdf, &field)(t, &[past[0].clone(), past[1].clone(), past[1].clone()], h)
    };
    let order = |step: &Taken<'_>, order| {
        assert_order_at_least(from_exact_past(3, step, flow(&field)), flow(&field), &at, order, 1e-13)
    };
    order(&multistep_step(&bdf, &field), 3).unwrap();
    fails(order(&multistep_step(&bdf, &field), 4), "the observed order is");
    fails(order(&wrong, 1), "expected 1 or more");
    let past = [vec![1.0, 0.5], vec![0.75, 0.25], vec![0.5, 0.0]];
    fails(assert_reversible_past(multistep_step(&bdf, &field), 0.0, &past, 0.25, SOLVED), "there and back again");
    // Of order 3 with two explicit steps, and with a double zero: y_{n+1} = 2 y_n − y_{n−1}.
    for a in [[-4.0, 5.0], [2.0, -1.0]] {
        let step = |_: f64, past: &[Vec<f64>], _: f64| [a[0] * past[0][0] + a[1] * past[1][0]];
        fails(assert_past_forgotten(step, 2), "differences in the past grow");
    }
    let z = Complex::new(-1.0, 0.5);
    let zeta = Growth::of(&bdf.clone().into()).factors(z)[0];
    let step = |field: &Linear, t: f64, past: &[Vec<f64>], h: f64| multistep_step(&bdf, field)(t, past, h);
    fails(assert_growth_factor(step, 3, z, zeta * 1.01, 1e-9), "growth factor");
    let invariant = |y: &[f64]| y[0] + y[1];
    let scaled = |t: f64, past: &[Vec<f64>], h: f64| -> Result<Vec<f64>, Error> {
        Ok(multistep_step(&bdf, &Linear::new([[-1.0, 1.0], [1.0, -1.0]]))(t, past, h)?
            .iter()
            .map(|y| 1.001 * y)
            .collect())
    };
    let exchange = Linear::new([[-1.0, 1.0], [1.0, -1.0]]);
    fails(
        assert_preserves(from_exact_past(3, scaled, flow(&exchange)), invariant, &at, SOLVED),
        "the invariant is 1.5",
    );
}

#[test]
fn a_pair_that_is_not_symplectic_is_found_out() {
    // Heun for positions and its second-order twin for momenta, with weights that differ.
    let pair = PartitionedTableau::new(Tableau::heun(), Tableau::explicit_midpoint()).unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let case = (hamiltonian(1), at(2, 0.5));
    let found = runner
        .run(&case, |(field, at)| assert_symplectic(tangent(&pair, &InParts::new(field, 1).unwrap()), &at, SOLVED));
    assert!(found.unwrap_err().to_string().contains("the step is not symplectic"));
}

#[test]
fn steps_with_too_short_a_past_say_so() {
    let field = Linear::new([[-1.0]]);
    let ab = Multistep::adams_bashforth(3).unwrap();
    let error = multistep_step(&ab, &field)(0.0, &[vec![1.0]], 0.1).unwrap_err().to_string();
    assert!(error.contains("the past has 1 states, expected 3"), "{error}");
    // y − h (23 f_0 − 16 f_1 + 5 f_2) / 12 by hand.
    let next = multistep_step(&ab, &field)(0.0, &[vec![1.0], vec![2.0], vec![4.0]], 0.12).unwrap();
    assert!((next[0] - (1.0 - 0.01 * (23.0 - 32.0 + 20.0))).abs() < 1e-15);
    assert!(windows(2, multistep_step(&Multistep::midpoint(), &field))(0.0, &[1.0], 0.1).is_err());
}
