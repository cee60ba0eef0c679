//! Verification of methods of every kind, by one door: names, files and coefficients of one's own.

use kutta::network::OdeBlock;
use kutta::properties::{Complex, zero_stable};
use kutta::solve::StageSolver;
use kutta::tableau::{GeneralLinear, Method, Multistep, TermCoefficients};
use kutta::verify::{AnyReport, Certainty, Fact, Value, verify};
use kutta::{Number, Tableau, VectorField};
use proptest::prelude::*;

fn fact(report: &AnyReport, key: &str) -> Fact {
    report.facts().into_iter().find(|fact| fact.key == key).unwrap_or_else(|| panic!("no `{key}` in {report}"))
}

fn holds(report: &AnyReport, key: &str) -> bool {
    fact(report, key).value == Value::Flag(true)
}

/// `ẏ = −y + sin t + cos t`, a little nonlinear, with the solution `sin t`.
struct Forced;
impl VectorField for Forced {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        let off = y[0] - t.sin();
        dy[0] = t.cos() - off - off * off * S::constant(0.5) + (y[0] * y[0] - t.sin() * t.sin());
    }
}

fn observed_order(method: &Method) -> f64 {
    let error = |steps: usize| {
        let solver = StageSolver { tolerance: Some(1e-15), ..StageSolver::default() };
        let block = OdeBlock::new(Forced, method.clone()).steps(steps).step_size(1.0 / steps as f64).solved_by(solver);
        (block.integrate(&[], 0.5, &[[f64::sin(0.5)]]).unwrap().last(0)[0] - f64::sin(1.5)).abs()
    };
    (error(40) / error(80)).log2()
}

/// A random-looking two-step method with an off-step point: order 2 by trees.
fn mine() -> GeneralLinear {
    // Y = 3/2 y_n − 1/2 y_{n−1} + …, at t_n + h/2.
    GeneralLinear {
        name: "off-step".to_string(),
        u: vec![vec![1.0, 0.0], vec![1.5, -0.5]],
        v: vec![vec![1.0, 0.0], vec![1.0, 0.0]],
        terms: vec![TermCoefficients {
            a: vec![vec![0.0, 0.0], vec![0.0, 0.0]],
            b: vec![vec![0.0, 1.0], vec![0.0, 0.0]],
            c: vec![0.0, 0.5],
        }],
        starting: Some(Tableau::heun()),
        ..GeneralLinear::default()
    }
}

#[test]
fn orders_that_are_found_are_observed() {
    let mut methods = vec![Method::new(mine()).unwrap(), Method::reversible_heun(), Multistep::midpoint().into()];
    methods.extend(["heun", "rk4", "radau_iia_2"].map(|name| Method::reversible(&Tableau::by_name(name).unwrap())));
    let implicit = Multistep::new([0.5, 0.5], [1.0 / 3.0, 4.0 / 3.0 - 0.5, 1.0 / 3.0]).unwrap();
    methods.extend(
        [Multistep::bdf(3), Multistep::adams_bashforth(2), Multistep::adams_moulton(2), Ok(implicit)]
            .map(|m| m.unwrap().into()),
    );
    for method in methods {
        let report = verify(&method).unwrap();
        let Value::Count(order) = fact(&report, "order").value else { panic!("{report}") };
        let observed = observed_order(&method);
        assert!((observed - order as f64).abs() < 0.35, "{}: {observed}, {report}", method.name());
    }
}

#[test]
fn every_method_of_the_catalogue_has_a_report_that_bears_its_claims_out() {
    // Those of more steps are tried beside their published values.
    let is_short = |m: &Method| m.multistep().is_none_or(|m| m.steps() <= 4);
    for method in Method::catalogue().into_iter().filter(|m| m.scheme().is_none() && is_short(m)) {
        let report = verify(&method).unwrap();
        report.check_claims().unwrap();
        assert!(holds(&report, "zero_stable"), "{report}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["name"], method.name());
        assert!(json["certainty"]["a_stable"].is_string() && json["order"].is_u64(), "{json}");
    }
}

#[test]
fn methods_are_read_from_files_with_their_fractions() {
    let text = r#"
        [[schemes]]
        name = "BDF2"
        source = "Curtiss, Hirschfelder"
        alpha = ["4/3", "-1/3"]
        beta = ["2/3", 0, 0]
        order = 2
        a_stable = true

        [[schemes]]
        name = "reversible Heun"
        U = [[0, 1], [2, -1]]
        V = [[1, 0], [2, -1]]
        terms = [{ A = [[0, 0], [1, 0]], B = [["1/2", 0.5], [1, 0]], c = [0, 1] }]

        [[schemes]]
        name = "midpoint"
        A = [[0.5]]
        b = [1]
    "#;
    let methods = Method::all_from_toml_str(text).unwrap();
    let kinds: Vec<String> = methods.iter().map(Method::kind).collect();
    assert_eq!(kinds, ["multistep", "general linear", "singly diagonally implicit"]);
    let report = verify(&methods[0]).unwrap();
    report.check_claims().unwrap();
    assert_eq!(fact(&report, "a_stable").certainty, Some(Certainty::Proved));
    let (read, heun) = (&methods[1], Method::reversible_heun());
    assert_eq!((read.start(), read.u(1, 0), read.b(0, 0, 1)), (heun.start(), heun.u(1, 0), heun.b(0, 0, 1)));
    let json = serde_json::to_string(&methods[0]).unwrap();
    assert!(json.contains(r#""alpha":[1.3333333333333333,-0.3333333333333333]"#) && json.contains("Curtiss"), "{json}");
    assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), methods[0]);
    let reason = |text: &str| Method::all_from_toml_str(text).unwrap_err().to_string();
    assert!(reason("alpha = [1]\nbeta = [0, 1]\nA = [[0]]").contains("it has `A`, expected `alpha` and `beta` alone"));
    assert!(reason("alpha = [1]").contains("missing field `beta`"));
    assert!(reason("name = \"x\"\nalpha = [-4, 5]\nbeta = [0, 4, 2]").contains("`x`: errors of the past grow"));
    assert!(reason("U = [[1]]\nV = [[1]]\nterms = []\nb = [1]").contains("it has `b`, expected `U`, `V`, `terms`"));
    assert!(reason("U = [[1]]\nV = [[1]]").contains("missing field `terms`"));
    assert!(
        reason("U = [[1]]\nV = [[1]]\nterms = [{A = [[0]], B = [[1]], c = [0]}]\norder = 1").contains("it has claims")
    );
    let scheme = kutta::tableau::Scheme::all_from_toml_str("alpha = [1]\nbeta = [0, 1]").unwrap_err().to_string();
    assert!(scheme.contains("it is a multistep method, expected a Runge–Kutta scheme"), "{scheme}");
}

#[test]
fn false_claims_of_multistep_methods_are_told() {
    let text =
        "name = 'mine'\nalpha = ['48/25', '-36/25', '16/25', '-3/25']\nbeta = ['12/25', 0, 0, 0, 0]\na_alpha = 73.4\n";
    let claim = |claims: &str| {
        let method = Method::all_from_toml_str(&format!("{text}{claims}")).unwrap().remove(0);
        verify(&method).unwrap().check_claims().map_err(|e| e.to_string())
    };
    claim("order = 4").unwrap();
    assert!(claim("order = 5").unwrap_err().starts_with("mine: the claim order = 5 is false, it is 4"));
    let error = claim("a_stable = true").unwrap_err();
    assert!(error.contains("a growth factor has the size 1.0"), "{error}");
    let error = claim("symmetric = true").unwrap_err();
    assert!(error.contains("a_2 + a_2 is 2.880e0"), "{error}");
}

#[test]
fn a_step_that_stands_still_or_runs_away_is_told() {
    // Wrong on purpose: a first-order method whose second vector doubles.
    let report = |v: [[f64; 2]; 2]| {
        let general = GeneralLinear {
            u: vec![vec![1.0, 0.0]],
            v: v.map(Vec::from).to_vec(),
            terms: vec![TermCoefficients { a: vec![vec![0.0]], b: vec![vec![1.0], vec![1.0]], c: vec![0.0] }],
            ..GeneralLinear::default()
        };
        verify(&Method::new(general).unwrap()).unwrap()
    };
    let doubled = report([[1.0, 0.0], [-1.0, 2.0]]);
    assert!(!holds(&doubled, "zero_stable") && fact(&doubled, "zero_stable").reason.contains("outside"), "{doubled}");
    let jordan = report([[1.0, 0.0], [0.0, 1.0]]);
    assert!(holds(&jordan, "zero_stable") && !holds(&jordan, "strongly_stable"), "{jordan}");
}

fn read(text: &str) -> Method {
    Method::all_from_toml_str(text).unwrap().remove(0)
}

fn report_of(text: &str) -> AnyReport {
    verify(&read(text)).unwrap()
}

fn number(report: &AnyReport, key: &str) -> f64 {
    match fact(report, key).value {
        Value::Number(x) => x,
        other => panic!("{key} is {other}: {report}"),
    }
}

/// Zeros of ρ at 1 and on the circle at an eighth of a turn, and a common factor ζ − √2/2: doubles know none of it for sure.
#[test]
fn square_roots_are_known_exactly() {
    let circle = report_of(
        r#"alpha = ["1 + sqrt(2)", "-1 - sqrt(2)", "1"]
        beta = [0, "2 - sqrt(2)", 0, 0]"#,
    );
    assert!(holds(&circle, "zero_stable") && holds(&circle, "stable_backwards") && !holds(&circle, "strongly_stable"));
    let reducible = report_of(
        r#"alpha = ["1 + sqrt(2)/2", "-sqrt(2)/2"]
        beta = ["1/2", "1/2 - sqrt(2)/4", "-sqrt(2)/4"]
        order = 2
        a_stable = true
        symmetric = true"#,
    );
    reducible.check_claims().unwrap();
    assert_eq!(number(&reducible, "a_alpha"), 90.0);
    for key in ["zero_stable", "a_stable", "a_alpha", "order", "symmetric"] {
        for report in [&circle, &reducible] {
            assert_eq!(fact(report, key).certainty, Some(Certainty::Proved), "{key}: {report}");
        }
    }
    // Butcher's method of order 4 that keeps a form.
    let kept = report_of(
        r#"U = [[1, "-(3 + 2*sqrt(3))/3"], [1, "(3 + 2*sqrt(3))/3"]]
        V = [[1, 0], [0, -1]]
        start = [1, 0]
        starting = { A = [[0, 0], [1, 0]], b = ["1/2", "1/2"] }
        terms = [{ A = [["(3 + sqrt(3))/6", 0], ["-sqrt(3)/3", "(3 + sqrt(3))/6"]],
                   B = [["1/2", "1/2"], ["1/2", "-1/2"]], c = ["(3 + sqrt(3))/6", "(3 - sqrt(3))/6"] }]"#,
    );
    assert_eq!(fact(&kept, "order").value, Value::Count(4));
    for key in ["order", "zero_stable", "g_symplectic", "symmetric", "a_stable"] {
        let found = fact(&kept, key);
        assert!(found.certainty == Some(Certainty::Proved) && found.value != Value::Flag(false), "{key}: {kept}");
    }
}

#[test]
fn what_is_not_decided_is_not_called_false() {
    // The trapezoidal rule, ρ and σ times ζ − √2/2, by ten digits.
    let rounded = report_of(
        "name = 'ten digits'
        alpha = [1.7071067812, -0.7071067812]
        beta = [0.5, 0.1464466094, -0.3535533906]
        a_stable = true",
    );
    let claim = &rounded.claims()[0];
    assert!(
        !claim.holds && !claim.decided && claim.to_string().starts_with("a_stable = true is undecided: "),
        "{claim}"
    );
    let error = rounded.check_claims().unwrap_err().to_string();
    let told = "ten digits: the claim a_stable = true is not decided: growth factors leave the unit circle by less than the \
                coefficients are known to";
    assert!(error.starts_with(told) && error.contains("fractions or roots"), "{error}");
    // What is false comes first, and what is infinite is said to be.
    let bdf = report_of(
        r#"alpha = ["4/3", "-1/3"]
        beta = ["2/3", 0, 0]
        real_stability_interval = 1000
        stage_order = 2"#,
    );
    let error = bdf.check_claims().unwrap_err().to_string();
    assert!(error.contains(r#"real_stability_interval = 1000.0 is false, it is "infinite""#), "{error}");
    assert!(bdf.claims().iter().any(|claim| claim.claim == "stage_order" && !claim.decided));
}

#[test]
fn zero_stability_is_decided_exactly_when_files_are_read() {
    // Zeros at 1 and twice near −1: on the circle, a millionth of a turn apart; the same twice; six times 0.99.
    let load = |alpha: &str, beta: &str| Method::all_from_toml_str(&format!("alpha = {alpha}\nbeta = {beta}"));
    let close = r#"["-999999999999/1000000000000", "999999999999/1000000000000", 1]"#;
    let beta = r#"[0, "3999999999999/1000000000000", 0, 0]"#;
    let found = verify(&load(close, beta).unwrap()[0]).unwrap();
    assert!(holds(&found, "zero_stable") && holds(&found, "stable_backwards"), "{found}");
    let error = load("[-1, 1, 1]", "[0, 4, 0, 0]").unwrap_err().to_string();
    assert!(error.contains("not zero-stable"), "{error}");
    let (p, q) = (99i64, 100i64);
    // (ζ − 1)(ζ − p/q)⁶, the highest power first.
    let mut rho = vec![1i64, -1];
    for _ in 0..6 {
        let shifted: Vec<i64> = rho.iter().map(|c| -p * c).collect();
        rho = rho.iter().map(|c| c * q).chain([0]).collect();
        rho.iter_mut().skip(1).zip(shifted).for_each(|(x, y)| *x += y);
    }
    let alpha: Vec<String> = rho[1..].iter().map(|c| format!("\"{}/1000000000000\"", -c)).collect();
    let beta: Vec<String> = ["0", "1/1000000000000"].into_iter().chain(["0"; 6]).map(|b| format!("\"{b}\"")).collect();
    let many = load(&format!("[{}]", alpha.join(", ")), &format!("[{}]", beta.join(", "))).unwrap();
    assert!(holds(&verify(&many[0]).unwrap(), "strongly_stable"));
}

#[test]
fn common_factors_are_named_and_left_out() {
    // Backward Euler times ζ − 1/2.
    let euler = report_of("alpha = ['3/2', '-1/2']\nbeta = [1, '-1/2', 0]\nl_stable = true");
    euler.check_claims().unwrap();
    assert_eq!(fact(&euler, "common_factor").value, Value::Text("ζ − 1/2".to_string()));
    assert!(fact(&euler, "l_stable").reason.ends_with("without the common factor ζ − 1/2 of ρ and σ"), "{euler}");
    // The trapezoidal rule times ζ + 1, which is on the circle for all z, but never meets the other factor.
    let trapezoid = report_of("alpha = [0, 1]\nbeta = ['1/2', 1, '1/2']\na_stable = true\nsymmetric = true");
    trapezoid.check_claims().unwrap();
    assert_eq!(
        (number(&trapezoid, "a_alpha"), number(&trapezoid, "imaginary_stability_interval")),
        (90.0, f64::INFINITY)
    );
    let bdf = verify(&Method::by_name("bdf_3").unwrap()).unwrap();
    assert_eq!(fact(&bdf, "common_factor").value, Value::None);
    // A pole on the negative axis: no sector.
    assert_eq!(number(&report_of("alpha = [1]\nbeta = [-1, 2]"), "a_alpha"), 0.0);
}

/// McCallum and Foster: the order of the scheme inside, proved where its coefficients are exact; and with large coefficients known as
/// doubles alone.
#[test]
fn reversible_methods_have_the_order_of_what_is_inside() {
    // Fractions of many digits, which nearly sum to one, stand for other numbers.
    for (name, order, certainty) in [
        ("kencarp_3_implicit", 3, None),
        ("rk4", 4, Some(Certainty::Proved)),
        ("gauss_2", 4, Some(Certainty::Proved)),
        ("verner_6_5", 6, None),
    ] {
        let report = verify(&Method::by_name(&format!("mccallum_foster_{name}")).unwrap()).unwrap();
        let found = fact(&report, "order");
        assert_eq!(found.value, Value::Count(order), "{report}");
        assert!(certainty.is_none() || found.certainty == certainty, "{report}");
        assert!(holds(&report, "zero_stable") && holds(&report, "nodes_agree"), "{report}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Intervals and sectors that are proved are where growth factors are seen to be bounded, and no farther.
    #[test]
    fn what_is_proved_of_growth_is_seen(method in (1..=3usize).prop_flat_map(zero_stable)) {
        let report = verify(&method.0);
        let largest = |z: Complex<f64>| report.growth.largest(z);
        let axes = [
            (report.real_stability_interval, Complex::new(-1.0, 0.0)),
            (report.imaginary_stability_interval, Complex::new(0.0, 1.0)),
        ];
        for (end, direction) in axes {
            prop_assert!(end.is_some(), "{report}");
            let end = end.unwrap();
            for k in 1..200 {
                let t = end.min(30.0) * f64::from(k) / 200.0;
                prop_assert!(largest(direction * t) <= 1.0 + 1e-9, "{t} of {end}: {report}");
            }
            let beyond = |k: i32| largest(direction * (end * (1.0 + 1e-3 * f64::from(k)) + 1e-4 * f64::from(k)));
            prop_assert!(end > 1e6 || (1..100).any(|k| beyond(k) > 1.0), "{end}: {report}");
        }
        let [low, high] = report.a_alpha.unwrap();
        let on_ray = |degrees: f64| {
            let direction = Complex::from_polar(1.0, std::f64::consts::PI - degrees.to_radians());
            (-400..400).map(|k| largest(direction * 10f64.powf(0.01 * f64::from(k)))).fold(0.0, f64::max)
        };
        prop_assert!(low == 0.0 || on_ray(0.999 * low) <= 1.0 + 1e-9, "{report}");
        prop_assert!(high == 90.0 || on_ray(high + 1.0) > 1.0, "{report}");
    }
}
