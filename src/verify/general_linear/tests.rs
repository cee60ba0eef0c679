//! Methods whose properties are known.

use crate::Tableau;
use crate::tableau::{AdditiveTableau, GeneralLinear, Method, Multistep, TermCoefficients};
use crate::verify::{AnyReport, Certainty, GeneralLinearReport, verify};

fn of(method: &Method) -> GeneralLinearReport {
    GeneralLinearReport::of(method, None).unwrap()
}

/// Kidger, Foster, Li, Lyons: of order 2, stable at `iy` for `|y| < 1` alone. McCallum, Foster: the order of the scheme inside.
#[test]
fn reversible_methods() {
    let heun = of(&Method::reversible_heun());
    assert_eq!((heun.order.order.order, heun.order.start_error, heun.certainty), (2, Some(2), Certainty::Recognised));
    assert_eq!((heun.real_stability_interval, heun.imaginary_stability_interval), (Some(0.0), Some(1.0)));
    let verdicts = [&heun.zero_stable, &heun.invertible, &heun.symmetric, &heun.stable_backwards, &heun.nodes_agree];
    assert!(verdicts.iter().all(|v| v.holds && v.certainty == Certainty::Recognised), "{heun}");
    assert!(heun.invertible.reason.contains("explicit") && !heun.strongly_stable.holds && !heun.a_stable.holds);
    for (inner, order) in [(Tableau::heun(), 2), (Tableau::rk4(), 4), (Tableau::gauss(2).unwrap(), 4)] {
        let report = of(&Method::reversible(&inner));
        assert_eq!(report.order.order.order, order, "{report}");
        assert!(report.order.order.is_known && report.order.start_error.is_none_or(|m| m > order), "{report}");
        assert!(report.zero_stable.holds && report.strongly_stable.holds && report.invertible.holds);
        assert!(!report.symmetric.holds && report.symmetric.certainty != Certainty::Undecided, "{report}");
        assert_eq!(report.invertible.reason.contains("explicit"), inner.is_explicit());
        // The factor of what is forgotten, 0.999, grows on the way back.
        assert!(!report.stable_backwards.holds && !report.g_symplectic.holds);
    }
}

/// What is found of a multistep method as one that carries vectors is what is found of its polynomials.
#[test]
fn multistep_methods_by_either_way() {
    for multistep in Multistep::catalogue().into_iter().filter(|m| m.steps() <= 4) {
        let (report, by_trees) = (verify(&multistep), of(&Method::from(multistep.clone())));
        let name = multistep.name();
        assert_eq!(by_trees.order.order.order, report.order.order, "{by_trees}");
        assert_eq!(by_trees.zero_stable.holds, report.zero_stable.holds, "{name}");
        assert_eq!(by_trees.strongly_stable.holds, report.strongly_stable.holds, "{name}");
        assert_eq!(by_trees.a_stable.holds, report.a_stable.holds, "{name}");
        assert_eq!(by_trees.a_alpha, report.a_alpha, "{name}");
        assert_eq!(by_trees.real_stability_interval, report.real_stability_interval, "{name}");
        assert_eq!(by_trees.imaginary_stability_interval, report.imaginary_stability_interval, "{name}");
    }
    // Leapfrog keeps yₙᵀ Q yₙ₋₁, and as a map of pairs of states it is its own adjoint; the implicit midpoint rule keeps yᵀ Q y.
    let leapfrog = of(&Multistep::midpoint().into());
    assert!(
        leapfrog.symmetric.holds && leapfrog.g_symplectic.reason.ends_with("G = [[0, 1/2], [1/2, 0]]"),
        "{leapfrog}"
    );
}

/// Runge–Kutta schemes written as general linear methods.
#[test]
fn schemes_by_either_way() {
    for name in
        ["rk4", "heun", "gauss_2", "radau_iia_2", "implicit_midpoint", "ssp_3_3", "lobatto_iiic_3", "trapezoidal"]
    {
        let scheme = Tableau::by_name(name).unwrap();
        let rows = |t: &Tableau| (0..t.stages()).map(|i| t.row(i).to_vec()).collect();
        let method = Method::new(GeneralLinear {
            u: vec![vec![1.0]; scheme.stages()],
            v: vec![vec![1.0]],
            terms: vec![TermCoefficients { a: rows(&scheme), b: vec![scheme.b().to_vec()], c: scheme.c().to_vec() }],
            ..GeneralLinear::default()
        });
        let (report, expected) = (of(&method.unwrap()), verify(&scheme));
        assert_eq!(report.order.order.order, expected.order, "{name}");
        assert_eq!(report.a_stable.holds, expected.a_stable.holds, "{name}: {report}");
        assert_eq!(report.symmetric.holds, expected.symmetric.holds, "{name}: {report}");
        assert_eq!(report.g_symplectic.holds, expected.symplectic.holds, "{name}: {report}");
        let close = |x: Option<f64>, y: f64| x.is_some_and(|x| x == y || (x - y).abs() < 1e-9);
        assert!(close(report.real_stability_interval, expected.real_stability_interval), "{name}: {report}");
        assert!(close(report.imaginary_stability_interval, expected.imaginary_stability_interval), "{name}: {report}");
    }
}

/// Additive schemes written as general linear methods of several terms, with coupling conditions.
#[test]
fn sums_by_either_way() {
    for sum in AdditiveTableau::catalogue().into_iter().filter(|sum| sum.parts()[0].stages() <= 4) {
        let rows = |t: &Tableau| (0..t.stages()).map(|i| t.row(i).to_vec()).collect();
        let term = |t: &Tableau| TermCoefficients { a: rows(t), b: vec![t.b().to_vec()], c: t.c().to_vec() };
        let method = Method::new(GeneralLinear {
            u: vec![vec![1.0]; sum.parts()[0].stages()],
            v: vec![vec![1.0]],
            terms: sum.parts().iter().map(term).collect(),
            ..GeneralLinear::default()
        });
        let report = of(&method.unwrap());
        assert_eq!(report.order.order.order, sum.claims().order.unwrap(), "{}: {report}", sum.name());
        assert!(report.order.order.is_known && report.nodes_agree.holds, "{report}");
        assert_eq!(report.g_symplectic.certainty, Certainty::Undecided);
    }
}

#[test]
fn what_is_wrong_is_told() {
    let general = |v: Vec<Vec<f64>>, b: Vec<Vec<f64>>, c: f64| {
        let terms = vec![TermCoefficients { a: vec![vec![0.0]], b, c: vec![c] }];
        of(&Method::new(GeneralLinear { u: vec![vec![1.0, 0.0]], v, terms, ..GeneralLinear::default() }).unwrap())
    };
    // The explicit method of two steps and order 3 would need a second slope; this one of order 1 has the root −2.
    let unstable = general(vec![vec![-1.0, 2.0], vec![1.0, 0.0]], vec![vec![3.0], vec![0.0]], 0.0);
    assert!(!unstable.zero_stable.holds && unstable.zero_stable.reason.contains("outside"), "{unstable}");
    // Two copies that know nothing of each other: bounded, though 1 is a double eigenvalue.
    let copies = general(vec![vec![1.0, 0.0], vec![0.0, 1.0]], vec![vec![1.0], vec![1.0]], 0.0);
    assert!(copies.zero_stable.holds && !copies.strongly_stable.holds, "{copies}");
    assert!(
        general(vec![vec![1.0, 0.0], vec![1.0, 0.0]], vec![vec![1.0], vec![0.0]], 0.5)
            .nodes_agree
            .reason
            .contains("off by")
    );
    let AnyReport::GeneralLinear(_) = verify(&Method::reversible_heun()).unwrap() else { panic!("another kind") };
}
