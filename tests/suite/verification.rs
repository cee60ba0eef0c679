//! What is claimed of schemes is true, and what is not is found out.

use kutta::properties::{
    collocation, diagonally_implicit, explicit, explicit_of_order, fully_implicit, symmetric, symplectic,
};
use kutta::tableau::{PartitionedTableau, Scheme};
use kutta::verify::{Certainty, Report, verify, verify_up_to};
use kutta::{Error, Tableau};
use nalgebra::Complex;
use proptest::prelude::*;

#[test]
fn every_claim_of_the_catalogue_holds() {
    for scheme in Scheme::catalogue() {
        let report = verify(&scheme).unwrap();
        report.check_claims().unwrap_or_else(|e| panic!("{e}\n{report}"));
        assert!(report.claims().iter().any(|claim| claim.claim == "order"), "{} claims no order", scheme.name());
        assert!(!scheme.source().is_empty(), "{} has no source", scheme.name());
    }
}

/// Facts of collocation families: order, stage order, then A-stable, L-stable, algebraically stable, symplectic, symmetric.
type Facts = (usize, usize, [bool; 5]);

fn facts(report: &Report) -> Facts {
    let verdicts =
        [&report.a_stable, &report.l_stable, &report.algebraically_stable, &report.symplectic, &report.symmetric];
    (report.order, report.stage_order, verdicts.map(|verdict| verdict.holds))
}

/// E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), tables IV.5.13 and IV.12.
#[test]
fn collocation_families_of_up_to_ten_stages() {
    type Family = fn(usize) -> Result<Tableau, Error>;
    type Expected = fn(usize) -> Facts;
    let families: [(Family, usize, Expected); 8] = [
        (Tableau::gauss, 1, |s| (2 * s, s, [true, false, true, true, true])),
        (Tableau::radau_ia, 2, |s| (2 * s - 1, s - 1, [true, true, true, false, false])),
        (Tableau::radau_iia, 1, |s| (2 * s - 1, s, [true, true, true, false, false])),
        (Tableau::lobatto_iiia, 2, |s| (2 * s - 2, s, [true, false, false, false, true])),
        (Tableau::lobatto_iiib, 3, |s| (2 * s - 2, s - 2, [true, false, false, false, true])),
        (Tableau::lobatto_iiic, 2, |s| (2 * s - 2, s - 1, [true, true, true, false, false])),
        (Tableau::lobatto_iiid, 2, |s| (2 * s - 2, s - 1, [true, false, true, false, true])),
        (Tableau::lobatto_iiie, 3, |s| (2 * s - 2, s - 2, [true, false, true, true, true])),
    ];
    for (family, from, expected) in families {
        for s in from..=10 {
            let scheme = family(s).unwrap();
            let report = verify(&scheme);
            let (order, _, verdicts) = facts(&report);
            let (p, q, properties) = expected(s);
            assert_eq!((order, report.order_found.is_known), (p, true), "{}", scheme.name());
            assert_eq!(verdicts[0], properties[0], "{}: {}", scheme.name(), report.a_stable.reason);
            report.check_claims().unwrap_or_else(|e| panic!("{e}"));
            // IIID and IIIE are not collocation; what they are is claimed in the catalogue, and was checked just now.
            if !scheme.name().contains("iiid") && !scheme.name().contains("iiie") {
                assert_eq!(facts(&report), (p, q, properties), "{}", scheme.name());
            }
        }
    }
}

fn file(text: &str) -> Result<Tableau, Error> {
    Tableau::from_toml_str(text)
}

fn refused(text: &str, claim: &str) -> String {
    let report = verify(&file(text).unwrap());
    match report.check_claims() {
        Err(error @ Error::FalseClaim { .. }) => {
            let text = error.to_string();
            assert!(text.contains(claim), "{text}");
            text
        }
        other => panic!("{claim} is not refused: {other:?}\n{report}"),
    }
}

const GAUSS_2: &str = r#"
    A = [["1/4", "1/4 - sqrt(3)/6"], ["1/4 + sqrt(3)/6", "1/4"]]
    b = ["1/2", "1/2"]
"#;

/// torchdiffeq's `gl4` has the node 1/2 − √3/6 twice.
#[test]
fn wrong_nodes_are_refused_or_found_to_cost_the_order() {
    let nodes = r#"c = ["1/2 - sqrt(3)/6", "1/2 - sqrt(3)/6"]"#;
    let error = file(&format!("{GAUSS_2}{nodes}")).unwrap_err().to_string();
    assert!(error.contains("c[1] is 0.211") && error.contains("row 1 of A sums to 0.788"), "{error}");
    let report = verify(&file(&format!("{GAUSS_2}{nodes}\nfree_nodes = true")).unwrap());
    assert_eq!((report.order, report.autonomous_order), (1, 4));
    refused(&format!("{GAUSS_2}{nodes}\nfree_nodes = true\norder = 4"), "order = 4 is false, it is 1");
    // RungeKutta.jl once had both nodes at one half.
    let halves = verify(&file(&format!("{GAUSS_2}c = [0.5, 0.5]\nfree_nodes = true")).unwrap());
    assert_eq!(halves.order, 2);
}

#[test]
fn orders_that_are_claimed_too_high_are_refused() {
    let text = refused(&format!("{GAUSS_2}order = 5"), "order = 5 is false, it is 4");
    assert!(text.contains("B(5)"), "names the condition: {text}");
    // nodepy's Lambert65, labelled order 5, and SS3, labelled 3(2).
    let lambert = r#"
        A = [[0, 0, 0, 0, 0, 0], ["1/2", 0, 0, 0, 0, 0], ["1/8", "1/8", 0, 0, 0, 0], [0, 0, "1/2", 0, 0, 0],
             [0, "-3/16", "3/8", "9/16", 0, 0], ["1/7", "4/7", "6/7", "-12/7", "8/7", 0]]
        b = ["7/90", 0, "16/45", "2/15", "16/45", "7/90"]
        order = 5"#;
    refused(lambert, "order = 5 is false, it is 2");
    let report = verify(&file(lambert).unwrap());
    let higher = [8.0 / 45.0, 1.0 / 20.0, 1.0 / 96.0, 1.0 / 640.0];
    for (found, expected) in report.stability.numerator()[3..].iter().zip(higher) {
        assert!((found - expected).abs() < 1e-15, "{found}");
    }
    let ss3 = r#"
        A = [[0, 0, 0, 0], ["1/4", 0, 0, 0], ["-387/625", "762/625", 0, 0], ["1/5", "1/5", "3/5", 0]]
        b = ["1/10", "2/5", "1/4", "1/4"]
        embedded = ["-1/90", "8/15", "5/18", "1/5"]
        order = 3"#;
    refused(ss3, "order = 3 is false, it is 2");
    refused(&format!("{ss3}\nembedded_order = 2"), "embedded_order = 2 is false, it is 3");
    assert_eq!(verify(&file(ss3).unwrap()).embedded_order.map(|p| p.order), Some(3));
}

#[test]
fn properties_that_are_claimed_and_absent_are_refused() {
    let rk4 = r#"
        A = [[0, 0, 0, 0], [0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 1, 0]]
        b = ["1/6", "1/3", "1/3", "1/6"]
    "#;
    let text = refused(&format!("{rk4}symplectic = true"), "symplectic = true is false");
    assert!(text.contains("b_i a_ij + b_j a_ji − b_i b_j is"), "{text}");
    refused(&format!("{rk4}symmetric = true"), "symmetric");
    refused(&format!("{rk4}ssp_coefficient = 1"), "ssp_coefficient");
    refused(&format!("{rk4}real_stability_interval = 2.75"), "real_stability_interval");
    refused(&format!("{rk4}stability_numerator = [1, 1, 0.5, 0.1666]"), "stability_numerator");
    // Stable only in a sector, as backward differentiation formulas of high order are: γ below the range for A-stability.
    let sector = r#"
        A = [[0.2, 0], [0.6, 0.2]]
        b = ["1/2", "1/2"]
        a_stable = true"#;
    let text = refused(sector, "a_stable = true is false");
    assert!(text.contains("|R("), "{text}");
    refused(&format!("{GAUSS_2}l_stable = true"), "l_stable");
    refused("A = [[0, 0], [0.5, 0.5]]\nb = [0.5, 0.5]\nalgebraically_stable = true", "algebraically_stable");
}

#[test]
fn verdicts_are_proofs_for_what_is_known_exactly_only() {
    for exact in [Tableau::radau_iia(2), Tableau::gauss(2), Tableau::radau_iia(3), Tableau::lobatto_iiic(5)] {
        assert_eq!(verify(&exact.unwrap()).a_stable.certainty, Certainty::Proved);
    }
    // The nodes are nested roots.
    assert!(matches!(verify(&Tableau::gauss(4).unwrap()).a_stable.certainty, Certainty::ToTolerance(t) if t <= 1e-12));
}

#[test]
fn reports_are_written_as_json_and_as_tables() {
    let report = verify(&Tableau::backward_euler());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["order"], 1);
    assert_eq!(json["l_stable"], true);
    assert!(json["ssp_coefficient"].is_null() && json["real_stability_interval"].is_null(), "infinite");
    assert_eq!(json["certainty"]["l_stable"], "proved");
    assert!(report.to_string().contains("l stable"));
    assert_eq!(serde_json::to_value(verify_up_to(&Tableau::rk4(), 3)).unwrap()["order"], 3);
}

fn any_scheme() -> impl Strategy<Value = kutta::properties::RandomScheme> {
    prop_oneof![
        explicit(1..=3),
        explicit_of_order(3),
        diagonally_implicit(1..=3),
        fully_implicit(1..=3),
        symmetric(1..=3)
    ]
}

/// Some points of the left half plane, clear of most poles.
const POINTS: [(f64, f64); 4] = [(-0.3, 0.2), (-1.1, 0.7), (0.1, -0.4), (-0.05, 1.3)];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_composition_has_at_least_the_lower_order_and_the_product_for_its_stability_function(
        first in any_scheme(), second in any_scheme(), fraction in prop::sample::select(vec![0.5, 0.25, 1.0 / 3.0, 1.5]),
    ) {
        let both = Tableau::composed(&[(fraction, &first), (1.0 - fraction, &second)]).unwrap();
        let (p, q, pq) = (verify(&first.0), verify(&second.0), verify(&both));
        prop_assert!(pq.order >= p.order.min(q.order), "{} from {} and {}", pq.order, p.order, q.order);
        for (x, y) in POINTS {
            let z = Complex::new(x, y);
            let product = p.stability.eval(z * fraction) * q.stability.eval(z * (1.0 - fraction));
            let found = pq.stability.eval(z);
            // At a pole there is nothing to compare.
            if product.norm() < 1e6 {
                prop_assert!((found - product).norm() <= 1e-9 * (1.0 + product.norm()), "{found} and {product}");
            }
        }
    }

    #[test]
    fn the_adjoint_of_the_adjoint_is_the_scheme(scheme in any_scheme()) {
        let back = scheme.adjoint().adjoint();
        let all = |t: &Tableau| (0..t.stages()).flat_map(|i| t.row(i).to_vec()).chain(t.b().to_vec()).collect::<Vec<_>>();
        for (x, y) in all(&back).iter().zip(all(&scheme)) {
            prop_assert!((x - y).abs() <= 1e-13, "{x} and {y}");
        }
        // It undoes a step with −h.
        for (x, y) in POINTS {
            let z = Complex::new(x, y);
            let product = scheme.stability_function().eval(-z) * scheme.adjoint().stability_function().eval(z);
            prop_assert!(!product.is_finite() || (product - 1.0).norm() < 1e-9, "{product}");
        }
    }

    #[test]
    fn a_symmetric_scheme_is_recognised_and_its_order_is_even(scheme in symmetric(1..=4)) {
        let report = verify(&scheme.0);
        prop_assert!(report.symmetric.holds, "{}", report.symmetric.reason);
        prop_assert!(report.order % 2 == 0, "{}", report.order);
    }

    #[test]
    fn a_symplectic_scheme_is_recognised(scheme in symplectic(1..=4)) {
        let report = verify(&scheme.0);
        prop_assert!(report.symplectic.holds, "{}", report.symplectic.reason);
    }

    #[test]
    fn perturbed_schemes_are_refused(
        scheme in prop_oneof![symplectic(2..=3), symmetric(2..=3)], by in prop::sample::select(vec![1e-3, -1e-6, 1e-9]),
    ) {
        let before = verify(&scheme.0);
        let mut a: Vec<Vec<f64>> = (0..scheme.stages()).map(|i| scheme.row(i).to_vec()).collect();
        // The first entry is in a diagonal entry of the symplectic condition, and in one pair of the symmetric one.
        a[0][0] += by;
        let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
        let altered = verify(&Tableau::new(a, scheme.b(), c).unwrap());
        // A weight of zero hides what its stage does.
        prop_assume!(scheme.b()[0].abs() > 1e-3 && before.redundant_stages == 0);
        prop_assert!(!(before.symplectic.holds && altered.symplectic.holds), "symplectic in spite of {by}");
        prop_assert!(!(before.symmetric.holds && altered.symmetric.holds), "symmetric in spite of {by}");
    }

    /// The adjoint variable by the discrete adjoint, the variation by the scheme.
    #[test]
    fn a_scheme_and_its_discrete_adjoint_conserve_the_product_of_cotangent_and_tangent(scheme in any_scheme()) {
        let Ok(adjoint) = scheme.discrete_adjoint() else {
            prop_assert!(scheme.b().contains(&0.0));
            return Ok(());
        };
        prop_assume!(adjoint.stages() == scheme.stages());
        let pair = PartitionedTableau::new(scheme.0.clone(), adjoint.clone()).unwrap();
        let report = verify_up_to(&pair, 4).unwrap();
        prop_assert!(report.separably_symplectic.holds, "{}", report.separably_symplectic.reason);
        // On a linear problem: λ R̄(−z) · R(z) δ = λ δ.
        for (x, y) in POINTS {
            let z = Complex::new(x, y);
            let product = scheme.stability_function().eval(z) * adjoint.stability_function().eval(-z);
            prop_assert!(!product.is_finite() || (product - 1.0).norm() < 1e-8, "{product}");
        }
    }

    #[test]
    fn collocation_has_the_order_of_its_stages(scheme in collocation(1..=4)) {
        let report = verify(&scheme.0);
        prop_assert!(report.order >= scheme.stages() && report.stage_order >= scheme.stages());
    }
}

#[test]
fn claims_of_parts_are_checked() {
    let pair = r#"{"name": "pair", "partitioned": [
        {"A": [[0]], "b": [1], "order": 1, "explicit": true}, {"A": [[1]], "b": [1], "symplectic": true, "order": 1}]}"#;
    let sum = r#"{"name": "sum", "order": 1, "additive": [
        {"A": [[0, 0], [1, 0]], "b": [1, 0], "order": 1}, {"A": [[0, 0], [0, 1]], "b": [0, 1], "order": 2}]}"#;
    for (text, false_claim) in [(pair, "partitioned[1].symplectic"), (sum, "additive[1].order")] {
        let scheme = Scheme::all_from_json_str(text).unwrap().remove(0);
        let report = verify(&scheme).unwrap();
        let found: Vec<&str> = report.claims().iter().filter(|c| !c.holds).map(|c| c.claim.as_str()).collect();
        assert_eq!(found, [false_claim]);
        assert!(report.check_claims().unwrap_err().to_string().contains(false_claim));
    }
}

#[test]
fn a_reducible_tableau_and_its_steps_are_told_apart() {
    // The midpoint rule by three equal stages.
    let third = r#"A = [["1/2", 0, 0], [0, "1/2", 0], ["1/4", "1/4", 0]]
        b = [3, -1, -1]
        algebraically_stable = true
        symplectic = true
        symmetric = true"#;
    let report = verify(&file(third).unwrap());
    report.check_claims().unwrap();
    let json = serde_json::to_value(&report).unwrap();
    for property in ["algebraically_stable", "symplectic", "symmetric"] {
        let tableau = format!("tableau_{property}");
        assert_eq!((&json[property], &json[&tableau]), (&true.into(), &false.into()), "{property}");
        assert_eq!(json["certainty"][&tableau], "proved");
    }
    assert!(report.contractivity_radius.is_infinite());
    assert!(serde_json::to_value(verify(&Tableau::rk4())).unwrap()["tableau_symplectic"].is_null());
}

#[test]
fn fractions_are_exact_as_written_whatever_their_denominators() {
    let text = r#"A = [[0, 0], ["7/30011", 0]]
        b = ["1/2", "1/2"]"#;
    let report = verify(&file(text).unwrap());
    assert_eq!((report.certainty, report.order), (Certainty::Proved, 1));
    let doubles = Tableau::new([[0.0, 0.0], [7.0 / 30011.0, 0.0]], [0.5, 0.5], [0.0, 7.0 / 30011.0]).unwrap();
    assert!(matches!(verify(&doubles).certainty, Certainty::ToTolerance(_)));
    let simple = verify(&Tableau::new([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5], [0.0, 1.0]).unwrap());
    assert_eq!((simple.certainty, simple.a_stable.certainty), (Certainty::Recognised, Certainty::Recognised));
    assert!(simple.to_string().contains("recognised"));
    assert_eq!(serde_json::to_value(&simple).unwrap()["certainty"]["order"], "recognised");
}

#[test]
fn pairs_that_see_no_error_on_linear_equations_are_named() {
    // Kutta's third order with weights that differ by a multiple of (1, −2, 1) on equal powers of A.
    let blind = r#"A = [[0, 0, 0, 0], ["1/2", 0, 0, 0], [-1, 2, 0, 0], ["1/2", 0, 0, 0]]
        b = ["1/6", "2/3", "1/6", 0]
        embedded = ["1/6", "1/3", "1/6", "1/3"]"#;
    let scheme = file(blind).unwrap();
    assert!(scheme.has_blind_estimate());
    let report = verify(&scheme);
    assert!(report.blind_estimate.as_ref().is_some_and(|v| v.holds && v.certainty == Certainty::Proved));
    assert!(report.to_string().contains("the estimated error is zero on linear equations"));
    for scheme in Tableau::catalogue() {
        assert!(!scheme.has_blind_estimate(), "{}", scheme.name());
    }
}

/// Where amplitudes grow to leading order, the scheme is stable nowhere on the imaginary axis, and where they shrink it is.
#[test]
fn dissipation_and_the_imaginary_interval_agree() {
    for scheme in Tableau::catalogue() {
        let r = scheme.stability_function();
        let term = r.dissipation();
        let grows = term.is_some_and(|term| term.coefficient > 0.0);
        let is_zero = r.imaginary_interval().is_some_and(|y| y.to_f64() == 0.0);
        assert_eq!(is_zero, grows, "{}: {term:?}", scheme.name());
        assert!(r.dispersion().is_some(), "{}", scheme.name());
    }
}
