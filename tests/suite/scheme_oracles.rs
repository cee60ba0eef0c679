//! Numbers of the literature and of others' software about schemes of the catalogue.

use kutta::Tableau;
use kutta::verify::tree::RootedTree;
use kutta::verify::tree_table::{Colouring, TreeTable};
use kutta::verify::{Report, verify};

fn report(name: &str) -> Report {
    verify(&Tableau::by_name(name).unwrap())
}

#[track_caller]
fn close(found: f64, expected: f64, digits: f64, what: &str) {
    assert!((found - expected).abs() <= digits * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

/// Imaginary and real stability intervals: roots of exact polynomials, computed with nodepy 1.1 and numpy.
#[test]
fn stability_intervals() {
    for (name, imaginary, real) in [
        ("rk4", 8f64.sqrt(), 2.78529356341),
        ("ssp_3_3", 3f64.sqrt(), 2.51274532662),
        ("heun_3", 3f64.sqrt(), 2.51274532662),
        ("bogacki_shampine_3_2", 3f64.sqrt(), 2.51274532662),
        ("forward_euler", 0.0, 2.0),
        ("heun", 0.0, 2.0),
        ("explicit_midpoint", 0.0, 2.0),
        ("bogacki_shampine_5_4", 1.66431688822, 3.98792719873),
        ("dormand_prince_5_4", 0.997189008633, 3.30656789263),
        ("cash_karp_5_4", 0.0, 3.73435960723),
        ("fehlberg_4_3", 3.21445815956, 4.10922273695),
        ("merson_4_3", 12f64.sqrt(), 3.54832234423),
        ("butcher_5", 0.0, 5.60397240747),
        ("ssp_4_3", 2.15617964, 5.14948614777),
        ("ssp_5_4", 3.27836, 5.33147),
        ("ssp_10_4", 4.92145307, 13.9170474646),
    ] {
        let report = report(name);
        let digits = if name == "ssp_5_4" { 1e-5 } else { 1e-8 };
        close(report.imaginary_stability_interval, imaginary, digits, name);
        close(report.real_stability_interval, real, digits, name);
    }
    close(report("calvo_montijano_randez_6_5").real_stability_interval, 4.46337701223, 1e-8, "calvo");
    close(report("tsitouras_5_4").real_stability_interval, 3.5068469938, 1e-8, "tsitouras");
}

/// nodepy's unit tests and documentation; OrdinaryDiffEq's table.
#[test]
fn ssp_coefficients() {
    for (name, coefficient) in [
        ("forward_euler", 1.0),
        ("ssp_2_2", 1.0),
        ("ssp_3_3", 1.0),
        ("explicit_midpoint", 0.0),
        ("rk4", 0.0),
        ("butcher_5", 0.0),
        ("ssp_10_4", 6.0),
        ("ssp_4_3", 2.0),
        ("ssp_4_2", 3.0),
        ("trapezoidal", 2.0),
        ("backward_euler", f64::INFINITY),
    ] {
        let found = report(name).ssp_coefficient;
        assert!(found == coefficient || (found - coefficient).abs() < 1e-9, "{name}: {found}");
    }
    close(report("ssp_5_4").ssp_coefficient, 1.508, 1e-3, "ssp_5_4");
    close(report("ssp_5_3").ssp_coefficient, 2.6506, 1e-4, "ssp_5_3");
    for (name, linear) in [("rk4", 1.0), ("ssp_10_4", 6.0), ("butcher_5", 16.0 / 9.0)] {
        close(report(name).linear_monotonicity_radius, linear, 1e-9, name);
    }
    close(report("rk4").contractivity_radius, 1.0, 1e-9, "rk4");
}

/// nodepy's documentation, and runs of it.
#[test]
fn principal_error_norms() {
    for (name, norm) in [
        ("rk4", 1745f64.sqrt() / 2880.0),
        ("dormand_prince_5_4", 3.9908e-4),
        ("bogacki_shampine_5_4", 2.2169e-5),
        ("gauss_2", 4.3306e-3),
        ("gauss_3", 1.6505e-4),
        ("radau_iia_2", 0.0244977),
        ("radau_iia_3", 9.8953e-4),
        ("ssp_3_3", 0.0721688),
        ("heun_3", 0.0462963),
        ("bogacki_shampine_3_2", 0.0418111),
        ("crouzeix_2", 0.126967),
    ] {
        let found = report(name).principal_error.unwrap().norm;
        assert!((found - norm).abs() <= 3e-5 * norm, "{name}: {found}, expected {norm}");
    }
}

/// Exact stability functions, from their rational coefficients.
#[test]
fn stability_functions() {
    for (name, from, coefficients) in [
        ("rk4", 0, &[1.0, 1.0, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0][..]),
        ("dormand_prince_5_4", 5, &[1.0 / 120.0, 1.0 / 600.0]),
        ("bogacki_shampine_5_4", 6, &[17291.0 / 12418560.0, 269.0 / 1379840.0]),
        ("cash_karp_5_4", 6, &[1.0 / 800.0]),
        ("ssp_4_3", 4, &[1.0 / 48.0]),
        ("merson_4_3", 5, &[1.0 / 144.0]),
        ("ssp_3_2", 0, &[1.0, 1.0, 0.5, 1.0 / 12.0]),
        (
            "ssp_10_4",
            5,
            &[17.0 / 2160.0, 7.0 / 6480.0, 1.0 / 9720.0, 1.0 / 155520.0, 1.0 / 4199040.0, 1.0 / 251942400.0],
        ),
    ] {
        let numerator = report(name).stability.numerator();
        assert_eq!(numerator.len(), from + coefficients.len(), "{name}");
        for (found, expected) in numerator[from..].iter().zip(coefficients) {
            assert!((found - expected).abs() <= 1e-15 * expected, "{name}: {found}, expected {expected}");
        }
    }
    for (theta, a, l) in
        [(0.0, false, false), (0.25, false, false), (0.5, true, false), (0.75, true, false), (1.0, true, true)]
    {
        for scheme in [Tableau::one_leg_theta(theta).unwrap(), Tableau::two_leg_theta(theta).unwrap()] {
            let report = verify(&scheme);
            assert_eq!((report.a_stable.holds, report.l_stable.holds), (a, l), "{scheme}");
            let value = report.stability.eval(nalgebra::Complex::new(-0.7, 0.3));
            let z = nalgebra::Complex::new(-0.7, 0.3);
            assert!((value - (1.0 + (1.0 - theta) * z) / (1.0 - theta * z)).norm() < 1e-15, "{scheme}");
        }
    }
}

/// Runs of nodepy's matrices, with eigenvalues.
#[test]
fn algebraic_stability() {
    for name in [
        "backward_euler",
        "gauss_2",
        "gauss_3",
        "radau_iia_2",
        "radau_iia_3",
        "lobatto_iiic_2",
        "lobatto_iiic_3",
        "lobatto_iiic_4",
        "crouzeix_2",
        "crouzeix_3",
    ] {
        assert!(report(name).algebraically_stable.holds, "{name}");
    }
    for name in ["trapezoidal", "lobatto_iiia_3", "sdirk4", "tr_bdf2", "rk4"] {
        assert!(!report(name).algebraically_stable.holds, "{name}");
    }
}

/// RootedTrees.jl's and nodepy's tests; A000081 of the encyclopedia of integer sequences.
#[test]
fn rooted_trees() {
    let counts: Vec<u128> = Colouring::PLAIN.count_trees(15).into_iter().flatten().collect();
    let known = [1, 1, 2, 4, 9, 20, 48, 115, 286, 719, 1842, 4766, 12486, 32973, 87811];
    assert!(counts.ends_with(&known), "{counts:?}");
    let table = TreeTable::new(Colouring::PLAIN, 12).unwrap();
    assert_eq!(table.of_order(12).len(), 4766);
    let factorial = |n: u128| (1..=n).product::<u128>();
    for order in 1..=9 {
        for index in table.of_order(order) {
            let tree = table.tree(index);
            assert_eq!(tree.symmetry() * tree.alpha() * tree.density(), factorial(order as u128), "{tree}");
        }
    }
    let fact = |levels: &[usize]| {
        let tree = RootedTree::from_levels(levels).unwrap();
        (tree.order(), tree.symmetry(), tree.density(), tree.alpha())
    };
    for (levels, expected) in [
        (&[1][..], (1, 1, 1, 1)),
        (&[1, 2, 2], (3, 2, 3, 1)),
        (&[1, 2, 2, 3], (4, 1, 8, 3)),
        (&[1, 2, 3, 3], (4, 2, 12, 1)),
        (&[1, 2, 2, 3, 3], (5, 2, 15, 4)),
        (&[1, 2, 3, 2, 3], (5, 2, 20, 3)),
        (&[1, 2, 3, 4, 4], (5, 2, 60, 1)),
    ] {
        assert_eq!(fact(levels), expected, "{levels:?}");
    }
}

/// SchemeOnTrees labels of nodepy and of the literature: orders and stage orders.
#[test]
fn orders_and_stage_orders() {
    for (name, order, stage_order) in [
        ("forward_euler", 1, 1),
        ("ssp_2_2", 2, 1),
        ("ssp_3_3", 3, 1),
        ("rk4", 4, 1),
        ("ssp_10_4", 4, 1),
        ("butcher_5", 5, 1),
        ("prince_dormand_8_7", 8, 1),
        ("dormand_prince_8_5", 8, 1),
        ("gauss_2", 4, 2),
        ("gauss_3", 6, 3),
        ("radau_iia_2", 3, 2),
        ("radau_iia_3", 5, 3),
        ("lobatto_iiia_3", 4, 3),
        ("lobatto_iiic_3", 4, 2),
        ("lobatto_iiic_4", 6, 3),
        ("tr_bdf2", 2, 2),
    ] {
        let report = report(name);
        assert_eq!((report.order, report.stage_order), (order, stage_order), "{name}");
    }
}
