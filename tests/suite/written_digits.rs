//! Decimals are known to the digits that are written: a scheme is not refused for the rounding of its coefficients, and is
//! for more than that.

use kutta::Tableau;
use kutta::verify::{Certainty, Report, verify};
use proptest::prelude::*;

/// A scheme by the rows of `A`, then `b`, and what is claimed of it.
#[derive(Debug)]
struct Member {
    name: String,
    rows: Vec<Vec<f64>>,
    claims: &'static str,
    /// The entry without which the claimed order is lost.
    decisive: (usize, usize),
}

/// Kutta's third-order schemes of three stages: all have `R(z) = 1 + z + z²/2 + z³/6`.
fn kutta(c2: f64, c3: f64) -> Member {
    let b2 = (3.0 * c3 - 2.0) / (6.0 * c2 * (c3 - c2));
    let b3 = (2.0 - 3.0 * c2) / (6.0 * c3 * (c3 - c2));
    let a32 = c3 * (c3 - c2) / (c2 * (2.0 - 3.0 * c2));
    Member {
        name: format!("Kutta {c2} {c3}"),
        rows: vec![vec![0.0; 3], vec![c2, 0.0, 0.0], vec![c3 - a32, a32, 0.0], vec![1.0 - b2 - b3, b2, b3]],
        claims: "order = 3\na_stable = false\nreal_stability_interval = 2.5127453\n\
            imaginary_stability_interval = 1.7320508\nstability_numerator = [1, 1, '1/2', '1/6']",
        decisive: (2, 1),
    }
}

/// Crouzeix's schemes of two stages: order 2 for every `γ`, A-stable from 1/4 on.
fn symmetric_diagonal(gamma: f64) -> Member {
    Member {
        name: format!("two stages {gamma}"),
        rows: vec![vec![gamma, 0.0], vec![1.0 - 2.0 * gamma, gamma], vec![0.5, 0.5]],
        claims: "order = 2\na_stable = true\nl_stable = false\nexplicit = false",
        decisive: (0, 0),
    }
}

fn fixed_members() -> Vec<Member> {
    let member =
        |name: &str, rows: Vec<Vec<f64>>, decisive, claims| Member { name: name.into(), rows, claims, decisive };
    let (r2, r3, r15) = (2f64.sqrt(), 3f64.sqrt(), 15f64.sqrt());
    let (gauss_2, sdirk_2) = ([0.25 - r3 / 6.0, 0.25 + r3 / 6.0], 1.0 - r2 / 2.0);
    let gauss_3 = vec![
        vec![5.0 / 36.0, 2.0 / 9.0 - r15 / 15.0, 5.0 / 36.0 - r15 / 30.0],
        vec![5.0 / 36.0 + r15 / 24.0, 2.0 / 9.0, 5.0 / 36.0 - r15 / 24.0],
        vec![5.0 / 36.0 + r15 / 30.0, 2.0 / 9.0 + r15 / 15.0, 5.0 / 36.0],
        vec![5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0],
    ];
    // The zero of γ³ − 3γ² + 3γ/2 − 1/6 between 1/3 and 1/2: Alexander's.
    let g = 0.435_866_521_508_459;
    let last = vec![-(6.0 * g * g - 16.0 * g + 1.0) / 4.0, (6.0 * g * g - 20.0 * g + 5.0) / 4.0, g];
    let alexander = vec![vec![g, 0.0, 0.0], vec![(1.0 - g) / 2.0, g, 0.0], last.clone(), last];
    let crouzeix = (3.0 + r3) / 6.0;
    let gauss = "symplectic = true\nsymmetric = true\na_stable = true\nalgebraically_stable = true\nl_stable = false\n";
    let stiff = "stiffly_accurate = true\na_stable = true\nl_stable = true\n";
    let claims = |order: usize, others: &str| -> &'static str { format!("{others}order = {order}").leak() };
    vec![
        member("Gauss 2", vec![vec![0.25, gauss_2[0]], vec![gauss_2[1], 0.25], vec![0.5; 2]], (0, 1), claims(4, gauss)),
        member("Gauss 3", gauss_3, (0, 2), claims(6, gauss)),
        member(
            "L-stable, two stages",
            vec![vec![sdirk_2, 0.0], vec![1.0 - sdirk_2, sdirk_2], vec![1.0 - sdirk_2, sdirk_2]],
            (0, 0),
            claims(2, stiff),
        ),
        member("Alexander", alexander, (1, 0), claims(3, stiff)),
        member(
            "Crouzeix",
            vec![vec![crouzeix, 0.0], vec![1.0 - 2.0 * crouzeix, crouzeix], vec![0.5; 2]],
            (1, 0),
            claims(3, "a_stable = true\nalgebraically_stable = true\n"),
        ),
    ]
}

/// Members whose nodes and weights are far from zero and from each other.
fn member_of_a_family() -> impl Strategy<Value = Member> {
    prop_oneof![
        (0.25f64..0.6, 0.75f64..0.98).prop_map(|(c2, c3)| kutta(c2, c3)),
        (0.26f64..0.9).prop_map(symmetric_diagonal)
    ]
}

/// Units of the last of so many decimals.
fn units(x: f64, decimals: usize) -> i64 {
    (x * 10f64.powi(decimals as i32)).round() as i64
}

fn decimal(units: i64, decimals: usize) -> String {
    let (unit, sign) = (10u64.pow(decimals as u32), if units < 0 { "-" } else { "" });
    let size = units.unsigned_abs();
    if size == 0 { "0".into() } else { format!("{sign}{}.{:0decimals$}", size / unit, size % unit) }
}

/// The member in so many decimals, the weights such that they sum to one; one entry is off by some units more.
fn file(member: &Member, decimals: usize, off: i64) -> String {
    let mut rows: Vec<Vec<i64>> =
        member.rows.iter().map(|row| row.iter().map(|&x| units(x, decimals)).collect()).collect();
    let s = rows.len() - 1;
    rows[s][0] = units(1.0, decimals) - rows[s][1..].iter().sum::<i64>();
    if member.claims.contains("stiffly_accurate") {
        rows[s - 1] = rows[s].clone();
    }
    rows[member.decisive.0][member.decisive.1] += off;
    let list =
        |row: &Vec<i64>| format!("[{}]", row.iter().map(|&x| decimal(x, decimals)).collect::<Vec<_>>().join(", "));
    let a = rows[..s].iter().map(list).collect::<Vec<_>>().join(", ");
    format!("A = [{a}]\nb = {}\n{}\n", list(&rows[s]), member.claims)
}

fn report(text: &str) -> Report {
    verify(&Tableau::from_toml_str(text).unwrap_or_else(|e| panic!("{e}\n{text}")))
}

/// That claims hold of what the roundings stand for.
fn check_rounded(member: &Member, decimals: usize) -> Result<(), String> {
    let text = file(member, decimals, 0);
    let report = report(&text);
    match (report.check_claims(), report.certainty) {
        (Err(e), _) => Err(format!("{} in {decimals} decimals: {e}\n{text}", member.name)),
        (_, Certainty::Proved | Certainty::Recognised) => Err(format!("proved: {text}")),
        _ => Ok(()),
    }
}

/// That claims do not hold of what is further away than roundings are.
fn check_perturbed(member: &Member, decimals: usize, off: i64) -> Result<(), String> {
    let text = file(member, decimals, off);
    match report(&text).check_claims() {
        Ok(()) => Err(format!("{} in {decimals} decimals, off by {off}:\n{text}", member.name)),
        Err(_) => Ok(()),
    }
}

#[test]
fn roundings_of_well_known_schemes_are_not_refused_and_a_hundred_units_are() {
    let mut faults = Vec::new();
    for member in fixed_members() {
        faults.extend((7..=15).filter_map(|decimals| check_rounded(&member, decimals).err()));
        for off in [100, -100] {
            faults.extend((7..=12).filter_map(|decimals| check_perturbed(&member, decimals, off).err()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roundings_of_any_member_are_not_refused(member in member_of_a_family(), decimals in 7usize..=15) {
        // Few digits may happen to be those of a simple fraction: all have this divisor.
        let is_meant = |x: f64| [0.0, 0.5].contains(&x) || units(x, decimals) % 125 != 0;
        prop_assume!(member.rows.concat().into_iter().all(is_meant));
        check_rounded(&member, decimals).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_hundred_units_of_the_last_digit_are_no_rounding(
        member in member_of_a_family(), decimals in 7usize..=12, off in prop::sample::select(vec![100, -100]),
    ) {
        check_perturbed(&member, decimals, off).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn published_digits_are_neither_proofs_nor_refused() {
    for text in [
        "A = [['0.25', '-0.038675135'], ['0.538675135', '0.25']]\nb = [0.5, 0.5]\norder = 4",
        "A = [[0.25, -0.0386751346], [0.5386751346, 0.25]]\nb = [0.5, 0.5]\norder = 4\nsymplectic = true",
        "A = [[0.788675135, 0], [-0.577350270, 0.788675135]]\nb = [0.5, 0.5]\norder = 3",
        "A = [[0.29289322, 0], [0.70710678, 0.29289322]]\nb = [0.70710678, 0.29289322]\norder = 2",
        "A = [[0.2928932188, 0], [0.7071067812, 0.2928932188]]\nb = [0.7071067812, 0.2928932188]\nl_stable = true",
    ] {
        let report = report(text);
        report.check_claims().unwrap_or_else(|e| panic!("{e}\n{report}"));
        assert!(report.to_string().contains("known to the digits written"), "{report}");
        let json = serde_json::from_str::<serde_json::Value>(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_ne!(json["certainty"]["order"], "proved");
    }
}

/// A machine writes 341/3200 in seven digits, where it writes others in seventeen.
#[test]
fn doubles_written_by_a_machine_are_doubles() {
    let short = "A = [[0, 0, 0], [0.1065625, 0, 0], [0.2702907288923298, 0.15984375, 0]]\n\
        b = [0.41421356237309515, 0.5857864376269049, 0]";
    assert_eq!(report(short).certainty, Certainty::ToTolerance(1e-12));
    let rounded = "A = [[0, 0], [0.7071067, 0]]\nb = [0.41421356237309515, 0.5857864376269049]";
    assert!(matches!(report(rounded).certainty, Certainty::ToDigits(digits) if (digits / 2e-7 - 1.0).abs() < 1e-9));
}

/// What is made of a rounded scheme is as accurate.
#[test]
fn the_adjoint_is_known_to_the_same_digits() {
    for member in fixed_members() {
        let scheme = Tableau::from_toml_str(&file(&member, 9, 0)).unwrap();
        assert_eq!(verify(&scheme.adjoint()).order, verify(&scheme).order, "{}", member.name);
    }
}

/// Decimals of a fraction with a small denominator are no roundings, nor are those of up to six digits.
#[test]
fn short_decimals_and_simple_fractions_are_meant() {
    let exact = report("A = [[0.125, -0.25], [0.625001, 0.5]]\nb = [0.435, 0.565]");
    assert_eq!((exact.certainty, exact.order), (Certainty::Proved, 1));
    let dyadic = report("A = [[0, 0], [0.0009765625, 0]]\nb = [0.6140625, 0.3859375]");
    assert_eq!((dyadic.certainty, dyadic.order), (Certainty::Recognised, 1));
}

#[test]
fn claimed_decimals_of_two_digits_may_be_rounded() {
    let claims = |claims: &str| {
        let rows = "A = [[0, 0, 0], ['1/2', 0, 0], [-1, 2, 0]]\nb = ['1/6', '2/3', '1/6']";
        report(&format!("{rows}\n{claims}")).check_claims().is_ok()
    };
    assert!(claims("real_stability_interval = 2.5\nimaginary_stability_interval = 1.7"));
    assert!(!claims("real_stability_interval = 2.6") && !claims("imaginary_stability_interval = 1.8"));
    assert!(!claims("real_stability_interval = 3") && !claims("imaginary_stability_interval = '17/10'"));
}
