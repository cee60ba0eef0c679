//! Orders and error constants that are known from elsewhere.

use proptest::prelude::*;

use super::order::{Condition, Violation};
use super::simplifying::SimplifyingConditions;
use super::test_schemes::*;
use super::tree::RootedTree;
use super::weights::{ElementaryWeights, SchemeOnTrees};
use crate::Tableau;
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Recovered, Scalar, Summed};

/// Name, scheme, order, stage order, principal error norm; norms and stage orders from nodepy 1.1.1.
fn known() -> Vec<(&'static str, Coefficients<Rational>, usize, usize, f64)> {
    vec![
        ("forward Euler", forward_euler(), 1, 1, 0.5),
        ("backward Euler", exact("1", "1"), 1, 1, 0.5),
        ("explicit midpoint", explicit_midpoint(), 2, 1, 0.171796067734069),
        ("SSP33", ssp_3_3(), 3, 1, 0.0721687836487032),
        ("Heun33", heun_3(), 3, 1, 0.0462962962962963),
        ("RK44", rk4(), 4, 1, 0.0145045823431982),
        ("BS3", bogacki_shampine_3(), 3, 1, 0.0418110922874732),
        ("DP5", dormand_prince_5(), 5, 1, 0.000399080160934364),
        ("BS5", bogacki_shampine_5(), 5, 1, 2.21693277847412e-05),
        ("SDIRK54", sdirk_5_4(), 4, 1, 0.00250380577183319),
        ("Radau IIA 2", exact("5/12 -1/12; 3/4 1/4", "3/4 1/4"), 3, 2, 0.0244976973246721),
        ("Lobatto IIIA 3", lobatto_iiia_3(), 4, 3, 0.00570544330734548),
        ("Lobatto IIIC 3", lobatto_iiic_3(), 4, 2, 0.0064959329631492),
        ("TR-BDF2", exact("0; 1/4 1/4; 1/3 1/3 1/3", "1/3 1/3 1/3"), 2, 2, 0.0589255650988789),
    ]
}

fn check<T: Scalar>(name: &str, scheme: &Coefficients<T>, order: usize, stage_order: usize, norm: f64) {
    let method = SchemeOnTrees::of(scheme);
    let found = method.order();
    assert_eq!((found.order, found.is_known), (order, true), "{name}: {found}");
    assert!(found.violation.unwrap().residual != 0.0);
    assert_eq!(SimplifyingConditions::of(&method).stage_order(), stage_order, "{name}");
    let error = method.principal_error().unwrap();
    assert_eq!(error.order, order + 1);
    assert!((error.norm / norm - 1.0).abs() < 1e-9, "{name}: {}, expected {norm}", error.norm);
}

#[test]
fn orders_stage_orders_and_error_norms_of_fractions_and_of_doubles() {
    for (name, scheme, order, stage_order, norm) in known() {
        check(name, &scheme, order, stage_order, norm);
        check(name, &in_doubles(&scheme), order, stage_order, norm);
    }
    let root = 3f64.sqrt();
    let gamma = 0.5 + root / 6.0;
    let sdirk = Tableau::new([[gamma, 0.0], [1.0 - 2.0 * gamma, gamma]], [0.5, 0.5], [gamma, 1.0 - gamma]).unwrap();
    let irrational = [
        (Tableau::gauss(2).unwrap(), 4, 2, 0.0043306219754328),
        (Tableau::gauss(3).unwrap(), 6, 3, 0.000165046690523955),
        (Tableau::radau_iia(3).unwrap(), 5, 3, 0.000989528507253159),
        (sdirk, 3, 1, 0.126966946842856),
    ];
    for (scheme, order, stage_order, norm) in irrational {
        check(scheme.name(), &doubles(&scheme), order, stage_order, norm);
    }
}

/// nodepy's doctests: `error_metrics` and `error_coefficient`.
#[test]
fn error_coefficients_of_the_classical_scheme() {
    let scheme = rk4();
    let method = SchemeOnTrees::of(&scheme);
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-15, "{found}, expected {expected}");
    let (fifth, sixth) = (method.error_norm(5).unwrap(), method.error_norm(6).unwrap());
    close(fifth.norm, 1745f64.sqrt() / 2880.0);
    close(fifth.largest.abs(), 1.0 / 120.0);
    close(sixth.norm, 8531f64.sqrt() / 5760.0);
    close(sixth.largest.abs(), 1.0 / 144.0);
    let coefficients = method.error_coefficients(5).unwrap();
    assert_eq!(coefficients.len(), 9);
    assert!(coefficients.iter().any(|(_, x)| *x == Rational::ratio(-1, 720)));
    assert!(method.error_coefficients(4).unwrap().iter().all(|(_, x)| *x == Rational::ratio(0, 1)));
    assert!(method.error_norm(0).is_err() && method.error_norm(40).is_err());
}

#[test]
fn embedded_orders() {
    for (scheme, order) in [(bogacki_shampine_3(), 2), (dormand_prince_5(), 4), (bogacki_shampine_5(), 4)] {
        assert_eq!(SchemeOnTrees::embedded(&scheme).unwrap().order().order, order);
        assert_eq!(SchemeOnTrees::embedded(&in_doubles(&scheme)).unwrap().order().order, order);
    }
    assert!(SchemeOnTrees::embedded(&rk4()).is_none());
}

/// J. C. Butcher, Math. Comp. 18 (1964); E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, table IV.5.13.
#[test]
fn families_by_simplifying_conditions() {
    for s in (1..=12).chain([20, 30]) {
        let (gauss, radau) = (Tableau::gauss(s).unwrap(), Tableau::radau_iia(s).unwrap());
        for (scheme, order, adjoint) in [(gauss, 2 * s, s), (radau, 2 * s - 1, s - 1)] {
            let coefficients = doubles(&scheme);
            let method = SchemeOnTrees::of(&coefficients);
            let conditions = SimplifyingConditions { quadrature: order, stages: s, adjoint };
            if s <= 12 {
                assert_eq!(SimplifyingConditions::of(&method), conditions, "{}", scheme.name());
            }
            let found = method.order();
            assert_eq!((found.order, found.is_known), (order, true), "{}", scheme.name());
            assert_eq!(found.violation.unwrap().condition, Condition::Quadrature(order + 1));
        }
    }
    let cases = [(lobatto_iiia_3(), (4, 3, 1)), (lobatto_iiib_3(), (4, 1, 3)), (lobatto_iiic_3(), (4, 2, 2))];
    for (scheme, (quadrature, stages, adjoint)) in cases {
        let conditions = SimplifyingConditions { quadrature, stages, adjoint };
        assert_eq!(SimplifyingConditions::of(&SchemeOnTrees::of(&scheme)), conditions);
        assert_eq!(conditions.guaranteed_order(), 4);
    }
}

#[test]
fn orders_say_why_and_how_surely() {
    let scheme = rk4();
    let order = SchemeOnTrees::of(&scheme).order();
    assert_eq!(order.certainty, Certainty::Proved);
    assert_eq!(order.violation, Some(Violation { condition: Condition::Quadrature(5), residual: 1.0 / 120.0 }));
    assert_eq!(order.to_string(), "4 (proved; B(5) misses by 8.3e-3)");
    let ssp = ssp_3_3();
    let order = SchemeOnTrees::of(&ssp).order();
    let tree = RootedTree::from_levels(&[1, 2, 3, 3]).unwrap();
    assert_eq!(order.violation, Some(Violation { condition: Condition::Tree(tree), residual: 1.0 / 12.0 }));
    assert_eq!(order.to_string(), "3 (proved; [[τ,τ]] misses by 8.3e-2)");
    let gauss = doubles(&Tableau::gauss(10).unwrap());
    let order = SchemeOnTrees::of(&gauss).order();
    assert!(matches!(order.certainty, Certainty::ToTolerance(t) if t < 1e-12), "{order}");
    assert!(order.to_string().contains("B(21) misses by -1.4e-12"), "{order}");
    // Trees that are cut off leave a lower bound.
    let order = SchemeOnTrees::of(&scheme).order_up_to(3);
    assert_eq!((order.order, order.is_known, &order.violation), (3, false, &None));
    assert_eq!(order.to_string(), "at least 3 (proved)");
    let unscaled = Coefficients { b: vec![Rational::ratio(2, 1)], ..forward_euler() };
    assert_eq!(SchemeOnTrees::of(&unscaled).order().order, 0);
}

/// The nodes that torchdiffeq's `gl4` had: right for autonomous problems only.
#[test]
fn wrong_nodes_are_noticed() {
    let mut gauss = doubles(&Tableau::gauss(2).unwrap());
    gauss.c[1] = gauss.c[0];
    let method = SchemeOnTrees::of(&gauss);
    let order = method.order();
    assert_eq!((order.order, order.is_known), (1, true));
    assert_eq!(order.violation.unwrap().condition.to_string(), "B(2)");
    assert!(method.colouring().time);
    assert_eq!(method.autonomous().order().order, 4);
    // Free nodes that do no harm: a forward Euler step that looks at the time of the step's middle.
    let scheme = Coefficients { c: vec![Rational::ratio(1, 2)], ..forward_euler() };
    let order = SchemeOnTrees::of(&scheme).order();
    assert_eq!((order.order, order.violation.unwrap().condition.to_string()), (1, "[τ]".to_string()));
    // Nodes that are right to order 2 but are no row sums.
    let scheme = Coefficients { c: vec![Rational::ratio(1, 4), Rational::ratio(3, 4)], ..exact("; 1", "1/2 1/2") };
    assert_eq!(SchemeOnTrees::of(&scheme).order().order, 2);
}

/// nodepy's tables as it labels them: `SS3` 3(2) and `Lambert65` 5 have order 2; here, one digit of Heun's scheme is wrong.
#[test]
fn a_wrong_digit_is_noticed() {
    let scheme = exact("; 1/3; 1/6 1/2", "1/4 0 3/4");
    let order = SchemeOnTrees::of(&scheme).order();
    assert_eq!((order.order, order.violation.unwrap().condition.to_string()), (2, "[[τ]]".to_string()));
}

#[test]
fn coefficients_of_few_digits_are_judged_by_their_tolerance() {
    let digits = |x: f64| (x * 1e13).round() / 1e13;
    let gauss = Tableau::gauss(4).unwrap();
    let rounded: Vec<f64> = (0..4).flat_map(|i| gauss.row(i).iter().copied().map(digits).collect::<Vec<_>>()).collect();
    let c: Vec<f64> = gauss.c().iter().copied().map(digits).collect();
    let b: Vec<f64> = gauss.b().iter().copied().map(digits).collect();
    let rows: Vec<&[f64]> = rounded.chunks(4).collect();
    let Recovered::Summed(scheme) = Recovered::of(&Tableau::new(rows, b, c).unwrap()) else { panic!("no fractions") };
    assert_eq!(SchemeOnTrees::of(&scheme).order().order, 8);
}

#[test]
fn weights_of_tall_and_bushy_trees() {
    let scheme = bogacki_shampine_5();
    let method = SchemeOnTrees::of(&scheme);
    let weights = ElementaryWeights::new(&method, 7).unwrap();
    let weight = |levels: &[usize]| {
        let tree = RootedTree::from_levels(levels).unwrap();
        let index = weights.of_order(tree.order()).find(|&i| weights.table().tree(i) == tree).unwrap();
        weights.weight(index)
    };
    // Coefficients of the stability function, [nodepy].
    assert_eq!(weight(&[1, 2, 3, 4, 5, 6]), Rational::ratio(17291, 12418560));
    assert_eq!(weight(&[1, 2, 3, 4, 5, 6, 7]), Rational::ratio(269, 1379840));
    let third: Rational = scheme.b.iter().zip(&scheme.c).map(|(b, c)| b * c * c).sum();
    assert_eq!(weight(&[1, 2, 2]), third);
}

fn pool() -> impl Strategy<Value = Coefficients<Rational>> {
    prop::sample::select(
        known().into_iter().map(|(_, scheme, ..)| scheme).filter(|k| k.stages() < 5).collect::<Vec<_>>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_composition_has_the_order_of_its_parts(first in pool(), second in pool(), fraction in 1i64..10) {
        let fraction = Rational::ratio(fraction, 10);
        let composed = composed(&first, &second, &fraction, &(Rational::ratio(1, 1) - &fraction));
        let order = |k: &Coefficients<Rational>| SchemeOnTrees::of(k).order().order;
        prop_assert!(order(&composed) >= order(&first).min(order(&second)));
    }

    #[test]
    fn the_adjoint_has_the_same_order_and_the_same_principal_error_but_for_its_sign(scheme in pool()) {
        let adjoint = adjoint(&scheme);
        let (method, adjoint) = (SchemeOnTrees::of(&scheme), SchemeOnTrees::of(&adjoint));
        let order = method.order().order;
        prop_assert_eq!(adjoint.order().order, order);
        let (ours, theirs) = (method.error_coefficients(order + 1).unwrap(), adjoint.error_coefficients(order + 1).unwrap());
        let sign = Rational::ratio(if order % 2 == 0 { 1 } else { -1 }, 1);
        for ((tree, x), (_, y)) in ours.into_iter().zip(theirs) {
            prop_assert_eq!(x * &sign, y, "{}", tree);
        }
    }

    #[test]
    fn any_tableau_with_weights_that_sum_to_one_has_order_one(a in prop::collection::vec(-3.0f64..3.0, 9), b in -2.0f64..2.0) {
        let c: Vec<f64> = a.chunks(3).map(|row| row.iter().sum()).collect();
        let v = |v: &[f64]| v.iter().copied().map(Summed::from).collect::<Vec<_>>();
        let scheme = Coefficients { a: v(&a), b: v(&[b, 0.25, 0.75 - b]), c: v(&c), embedded: None, certainty: Certainty::ToTolerance(1e-12) };
        let order = SchemeOnTrees::of(&scheme).order();
        prop_assert!(order.order >= 1 && order.is_known);
    }
}
