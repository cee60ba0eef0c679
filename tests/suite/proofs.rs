//! No proof is false: families whose members are irrational, written as expressions, as decimals and as doubles.

use kutta::Tableau;
use kutta::verify::{Certainty, Report, verify};
use proptest::prelude::*;

/// `p/q √d`: what a parameter is.
#[derive(Debug, Clone, Copy)]
struct Parameter {
    p: i32,
    q: i32,
    d: i32,
}

impl Parameter {
    fn text(self) -> String {
        format!("({}/{}*sqrt({}))", self.p, self.q, self.d)
    }

    /// Whether it is `n/m`.
    fn is(self, n: i32, m: i32) -> bool {
        let (left, right) = (self.p * m, n * self.q);
        left.signum() == right.signum() && left * left * self.d == right * right
    }
}

fn parameter() -> impl Strategy<Value = Parameter> {
    let some = prop_oneof![1 => Just(1), 4 => prop::sample::select(vec![2, 3, 5, 6, 7, 10, 13, 21])];
    (prop::sample::select(vec![-5, -3, -2, -1, 1, 2, 3, 4, 7]), 2..30, some).prop_map(|(p, q, d)| Parameter { p, q, d })
}

/// A scheme in `x` by its rows, then `b` last; and what is true of it.
#[derive(Debug)]
struct Member {
    rows: Vec<Vec<String>>,
    order: usize,
    /// Where it is known.
    a_stable: Option<bool>,
    symmetric: bool,
    symplectic: bool,
}

/// `a_ij + a_{3−i,3−j} = b_j` for every `x`; `Q(z) = 1 − z/2 + x z² = P(−z)`, so that it is A-stable for `x ≥ 0` alone.
fn symmetric(x: Parameter) -> Member {
    let t = x.text();
    let rows = vec![vec![t.clone(), format!("-{t}")], vec![format!("1/2+{t}"), format!("1/2-{t}")]];
    let weights = vec!["1/2".to_string(), "1/2".to_string()];
    Member {
        rows: [rows, vec![weights]].concat(),
        order: 2,
        a_stable: Some(x.p > 0),
        symmetric: true,
        symplectic: x.is(1, 4),
    }
}

/// Kutta's family with `c₂ = c₃ = 2/3`: order 3 for every `b₃`.
fn kutta(x: Parameter) -> Member {
    let t = x.text();
    let zero = || "0".to_string();
    let rows = vec![
        vec![zero(), zero(), zero()],
        vec!["2/3".into(), zero(), zero()],
        vec![format!("2/3-1/(4*{t})"), format!("1/(4*{t})"), zero()],
        vec!["1/4".into(), format!("3/4-{t}"), t],
    ];
    Member { rows, order: 3, a_stable: Some(false), symmetric: false, symplectic: false }
}

/// Two stages of the same `γ = 1 − x`, stiffly accurate: order 2 for `x = ±√(1/2)` alone.
fn stiffly_accurate(x: Parameter) -> Member {
    let t = x.text();
    let row = vec![t.clone(), format!("1-{t}")];
    let rows = vec![vec![format!("1-{t}"), "0".into()], row.clone(), row];
    let order = if 2 * x.p * x.p * x.d == x.q * x.q { 2 } else { 1 };
    Member { rows, order, a_stable: None, symmetric: false, symplectic: false }
}

fn file(rows: &[Vec<String>]) -> Tableau {
    let list = |row: &Vec<String>| {
        let entries = row.iter().map(|x| format!("\"{x}\"")).collect::<Vec<_>>();
        format!("[{}]", entries.join(", "))
    };
    let (b, a) = rows.split_last().unwrap();
    let a = a.iter().map(list).collect::<Vec<_>>().join(", ");
    Tableau::from_toml_str(&format!("A = [{a}]\nb = {}\n", list(b))).unwrap()
}

/// The doubles of a scheme, as one has them who computes coefficients.
fn doubles(scheme: &Tableau) -> Vec<Vec<f64>> {
    (0..scheme.stages()).map(|i| scheme.row(i).to_vec()).chain([scheme.b().to_vec()]).collect()
}

fn agrees(member: &Member, report: &Report) -> Result<(), TestCaseError> {
    prop_assert_eq!(report.order, member.order, "{}", report);
    prop_assert_eq!(report.symmetric.holds, member.symmetric, "{}", report);
    prop_assert_eq!(report.symplectic.holds, member.symplectic, "{}", report);
    prop_assert!(member.a_stable.is_none_or(|a_stable| a_stable == report.a_stable.holds), "{}", report);
    Ok(())
}

fn member() -> impl Strategy<Value = Member> {
    let family = prop::sample::select(vec![symmetric as fn(Parameter) -> Member, kutta, stiffly_accurate]);
    (family, parameter()).prop_map(|(family, x)| family(x))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_are_proved_right(member in member()) {
        let scheme = file(&member.rows);
        let report = verify(&scheme);
        agrees(&member, &report)?;
        for certainty in [report.order_found.certainty, report.symmetric.certainty, report.symplectic.certainty] {
            prop_assert_eq!(certainty, Certainty::Proved, "{}", &report);
        }
        // What is made of it is as exact, and the adjoint has the same order, symmetry and form.
        let adjoint = verify(&scheme.adjoint());
        agrees(&Member { a_stable: None, ..member }, &adjoint)?;
        prop_assert_eq!(adjoint.symmetric.certainty, Certainty::Proved);
    }

    #[test]
    fn roundings_are_never_proved_and_not_mistaken(member in member(), digits in 15usize..18) {
        let doubles = doubles(&file(&member.rows));
        let (b, a) = doubles.split_last().unwrap();
        let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
        let from_api = Tableau::new(a, b, c).unwrap();
        let text = |x: &f64| format!("{x:.digits$}");
        let decimals = file(&doubles.iter().map(|row| row.iter().map(text).collect()).collect::<Vec<_>>());
        let report = verify(&from_api);
        agrees(&member, &report)?;
        prop_assert!(report.certainty != Certainty::Proved, "{}", report);
        // Decimals may be short enough to be exact.
        agrees(&member, &verify(&decimals))?;
    }

    /// A rounding `x` and what is left of a fraction, which sum to it exactly.
    #[test]
    fn mirrored_roundings_are_no_evidence(x in -1.0f64..1.0) {
        prop_assume!(x.abs() > 1e-3);
        let scheme = Tableau::new([[x, -x], [0.5 + x, 0.5 - x]], [0.5, 0.5], [0.0, 1.0]).unwrap();
        let report = verify(&scheme);
        prop_assert!(report.symmetric.holds && report.order == 2 && report.a_stable.holds == (x > 0.0), "{}", report);
        let b = x.abs();
        let rows = [[0.0; 3], [2.0 / 3.0, 0.0, 0.0], [2.0 / 3.0 - 0.25 / b, 0.25 / b, 0.0]];
        let report = verify(&Tableau::new(rows, [0.25, 0.75 - b, b], [0.0, 2.0 / 3.0, 2.0 / 3.0]).unwrap());
        prop_assert_eq!(report.order, 3, "{}", report);
    }
}

/// Nested roots are computed with as doubles are, and nothing is proved of them.
#[test]
fn what_is_no_square_root_of_a_fraction_is_not_proved() {
    let x = "sqrt(2+sqrt(2))/7".to_string();
    let rows = [vec![x.clone(), format!("-{x}")], vec![format!("1/2+{x}"), format!("1/2-{x}")], vec!["1/2".into(); 2]];
    let report = verify(&file(&rows));
    assert!(report.symmetric.holds && report.a_stable.holds && report.order == 2, "{report}");
    assert!(matches!(report.certainty, Certainty::ToTolerance(_)));
}

/// Numbers that are too small for doubles are not zero.
#[test]
fn signs_are_those_of_numbers_and_not_of_their_doubles() {
    let report = |text: &str| verify(&Tableau::from_toml_str(text).unwrap());
    // R(∞) = 1 − 1/(1 + 10⁻³³⁰).
    let euler = report("A = [['1+1e-330']]\nb = ['1']");
    assert!(euler.a_stable.holds && !euler.l_stable.holds, "{:?}", euler.l_stable);
    // M = diag(b) A + Aᵀ diag(b) − b bᵀ has −b₀² < 0 on its diagonal.
    let small = "sqrt(2)/1e170+1/1e170";
    let weights = report(&format!("A = [[0, 0], [0, 1]]\nb = ['{small}', '1-({small})']"));
    assert_eq!((weights.algebraically_stable.holds, weights.certainty), (false, Certainty::Proved));
}

/// A coefficient of 1/15! is not zero.
#[test]
fn a_small_coefficient_is_not_claimed_away() {
    let s = 15;
    let row = |i: usize| (0..s).map(move |j| if j + 1 == i { format!("'1/{}'", s + 1 - i) } else { "0".into() });
    let rows = (0..s).map(|i| format!("[{}]", row(i).collect::<Vec<_>>().join(", ")));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let claim = |last: &str| {
        let factorials = (0..s).map(|k| format!("'1/{}'", (1..=k).product::<usize>())).collect::<Vec<_>>().join(", ");
        let text = format!("A = [{rows}]\nb = [{}1]\nstability_numerator = [{factorials}{last}]", "0, ".repeat(s - 1));
        verify(&Tableau::from_toml_str(&text).unwrap()).check_claims()
    };
    assert!(claim(", '1/1307674368000'").is_ok());
    assert!(claim("").is_err());
}

/// Ten stages and four kinds of numbers: what takes long exactly is done by enclosures.
#[test]
fn many_square_roots_take_no_longer_than_a_few_seconds() {
    let entry = |i: usize, j: usize| match j <= i {
        true => format!("'sqrt({})*{}/{}'", [2, 3, 6][(i + 2 * j) % 3], 1 + (3 * i + j) % 7, 31 + 5 * i + 11 * j),
        false => "0".to_string(),
    };
    let rows = (0..10).map(|i| format!("[{}]", (0..10).map(|j| entry(i, j)).collect::<Vec<_>>().join(", ")));
    let text = format!("A = [{}]\nb = [{}'1/10']", rows.collect::<Vec<_>>().join(", "), "'1/10', ".repeat(9));
    let report = verify(&Tableau::from_toml_str(&text).unwrap());
    assert!(report.stability.certainty() == Certainty::ToTolerance(1e-60), "{:?}", report.stability.certainty());
    assert_eq!((report.certainty, report.order), (Certainty::Proved, 1));
}

/// Classical Runge–Kutta with another fraction, however small, is another scheme.
#[test]
fn what_is_written_is_meant() {
    for (small, residual) in [("1/1e6", 1.0 / 6e6), ("1/1e13", 1.0 / 6e13), ("1/1e30", 1.0 / 6e30)] {
        let text = format!(
            r#"A = [[0, 0, 0, "{small}"], ["1/2", 0, 0, 0], [0, "1/2", 0, 0], [0, 0, 1, 0]]
            b = ["1/6", "1/3", "1/3", "1/6"]"#
        );
        let report = verify(&Tableau::from_toml_str(&text).unwrap().of_order(4));
        assert_eq!((report.order, report.order_found.certainty), (1, Certainty::Proved), "{small}");
        let found = report.order_found.violation.as_ref().unwrap().residual;
        assert!((found / residual - 1.0).abs() < 1e-4, "{found}");
        assert!(report.check_claims().is_err());
    }
}
