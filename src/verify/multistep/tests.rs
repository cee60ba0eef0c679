//! Published values, and what the theory says of all methods.

use crate::tableau::Multistep;
use crate::verify::{Certainty, verify};

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * expected.abs()
}

/// E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), V.1 and V.2; error constants and orders: Solving
/// Ordinary Differential Equations I (1993), III.2.
#[test]
fn backward_differentiation_formulas() {
    for (k, alpha) in (1..).zip([90.0, 90.0, 86.03, 73.35, 51.84, 17.84]) {
        let report = verify(&Multistep::bdf(k).unwrap());
        report.check_claims().unwrap();
        assert_eq!((report.order.order, report.one_leg_order.order, report.certainty), (k, k, Certainty::Proved));
        assert!(close(report.error_constant, -1.0 / (k as f64 + 1.0), 1e-14), "{}", report.error_constant);
        let [low, high] = report.a_alpha.unwrap();
        assert!((low - alpha).abs() < 0.005 && high - low < 1e-8, "{k}: {low} to {high}");
        let verdicts =
            [&report.zero_stable, &report.strongly_stable, &report.a_stable, &report.l_stable, &report.g_stable];
        assert_eq!(verdicts.map(|v| v.holds), [true, true, k <= 2, k <= 2, k <= 2]);
        assert!(verdicts.iter().all(|v| v.certainty == Certainty::Proved));
        assert!(!report.symmetric.holds && report.stable_backwards.holds == (k == 1));
        assert_eq!(report.real_stability_interval, Some(f64::INFINITY), "{k}");
        assert_eq!(report.growth.at_infinity(), 0.0);
    }
}

/// HNW, tables III.1.1 and III.1.2, and the points where `ζ = −1`: `ρ(−1)/σ(−1)`, at which the real intervals of these end.
#[test]
fn methods_of_adams() {
    let explicit = [1.0 / 2.0, 5.0 / 12.0, 3.0 / 8.0, 251.0 / 720.0, 95.0 / 288.0, 19087.0 / 60480.0];
    let reals = [2.0, 1.0, 6.0 / 11.0, 3.0 / 10.0, 90.0 / 551.0, 5.0 / 57.0];
    for k in 1..=6 {
        let report = verify(&Multistep::adams_bashforth(k).unwrap());
        report.check_claims().unwrap();
        assert!(close(report.error_constant, explicit[k - 1], 1e-14));
        assert!(close(report.real_stability_interval.unwrap(), reals[k - 1], 1e-15), "{k}: {report}");
        assert_eq!((report.a_alpha, report.order.order), (Some([0.0; 2]), k));
        assert!(report.strongly_stable.holds && report.growth.at_infinity().is_infinite());
    }
    let implicit = [-1.0 / 12.0, -1.0 / 24.0, -19.0 / 720.0, -3.0 / 160.0, -863.0 / 60480.0, -275.0 / 24192.0];
    let reals = [f64::INFINITY, 6.0, 3.0, 90.0 / 49.0, 45.0 / 38.0];
    for k in 1..=6 {
        let report = verify(&Multistep::adams_moulton(k).unwrap());
        report.check_claims().unwrap();
        assert!(close(report.error_constant, implicit[k - 1], 1e-14));
        assert_eq!(report.order.order, k + 1);
        if let Some(&real) = reals.get(k - 1) {
            assert!(close(report.real_stability_interval.unwrap(), real, 1e-15), "{k}: {report}");
        }
    }
    // The trapezoidal rule, whose twin is the implicit midpoint rule.
    let report = verify(&Multistep::adams_moulton(1).unwrap());
    assert!(report.symmetric.holds && report.a_stable.holds && report.g_stable.holds && !report.l_stable.holds);
    assert_eq!((report.one_leg_order.order, report.imaginary_stability_interval), (2, Some(f64::INFINITY)));
    // Of order 3, but σ is not exact for squares.
    assert_eq!(verify(&Multistep::adams_moulton(2).unwrap()).one_leg_order.order, 2);
}

#[test]
fn leapfrog_is_stable_on_the_imaginary_axis_alone() {
    let report = verify(&Multistep::midpoint());
    report.check_claims().unwrap();
    assert_eq!((report.real_stability_interval, report.imaginary_stability_interval), (Some(0.0), Some(1.0)));
    assert!(report.symmetric.holds && report.stable_backwards.holds && !report.strongly_stable.holds);
    // Milne and Simpson: y_{n+2} = y_n + h/3 (F_{n+2} + 4 F_{n+1} + F_n), of order 4, the highest of two steps.
    let milne = Multistep::new([0.0, 1.0], [1.0 / 3.0, 4.0 / 3.0, 1.0 / 3.0]).unwrap();
    let report = verify(&milne);
    assert_eq!((report.order.order, report.certainty), (4, Certainty::Recognised));
    assert!(close(report.error_constant, -1.0 / 180.0, 1e-14), "{}", report.error_constant);
    assert!(close(report.imaginary_stability_interval.unwrap(), 3f64.sqrt(), 1e-15));
    assert!(report.symmetric.holds && report.real_stability_interval == Some(0.0));
}

#[test]
fn doubles_and_digits_are_known_to_a_tolerance() {
    let digits = Multistep::new([1.333333333, -0.333333333], [0.6666666667, 0.0, 0.0]).unwrap();
    let report = verify(&digits);
    assert!(matches!(report.certainty, Certainty::ToTolerance(x) if x > 1e-10), "{:?}", report.certainty);
    assert_eq!((report.order.order, report.a_stable.holds, report.l_stable.holds), (2, true, true));
    // Dahlquist's second-order family y_{n+1} = …, with an irrational parameter: a step of BDF2 mixed with the trapezoidal rule.
    let x = 1.0 / std::f64::consts::PI;
    let mixed = Multistep::new([1.0 + x / 3.0, -x / 3.0], [0.5 + x / 6.0, 0.5 - x / 2.0, 0.0]).unwrap();
    let report = verify(&mixed);
    assert_eq!((report.order.order, report.certainty), (2, Certainty::ToTolerance(1e-12)));
    assert!(report.zero_stable.holds && report.strongly_stable.holds && report.a_stable.holds);
}

/// The trapezoidal rule, ρ and σ times ζ + 1/4: it is as stable as that rule, though all growth factors but one stay the same.
#[test]
fn common_zeros_in_the_unit_disc_do_not_matter_to_stability() {
    let reducible = Multistep::new([0.75, 0.25], [0.5, 0.625, 0.125]).unwrap();
    let report = verify(&reducible);
    assert!(report.a_stable.holds && report.a_stable.certainty == Certainty::Recognised, "{report}");
    assert_eq!((report.a_alpha, report.growth.count()), (Some([90.0; 2]), 2));
    assert_eq!(report.g_stable.certainty, Certainty::Undecided);
}
