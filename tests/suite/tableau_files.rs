//! Tableaux as files: what is read, what is refused and how it is said, and that nothing is lost.

use kutta::tableau::{AdditiveTableau, Claims, PartitionedTableau, Scheme};
use kutta::{Error, Tableau};
use proptest::prelude::*;

const RADAU: &str = r#"
name = "Radau IIA"
source = "Ehle"
order = 3
A = [["5/12", "-1/12"], ["3/4", 0.25]]
b = ["3/4", "1/4"]
c = ["1/3", 1]
"#;

fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.expect_err("an error");
    assert!(matches!(error, Error::Parse { .. }), "{error:?}");
    error.to_string()
}

/// The error of `RADAU` with one piece of text changed.
fn changed(from: &str, to: &str) -> String {
    assert!(RADAU.contains(from));
    message(Tableau::from_toml_str(&RADAU.replace(from, to)))
}

#[test]
fn numbers_and_expressions_are_read() {
    let expected = Tableau::new([[5.0 / 12.0, -1.0 / 12.0], [0.75, 0.25]], [0.75, 0.25], [1.0 / 3.0, 1.0])
        .unwrap()
        .named("Radau IIA")
        .from_source("Ehle")
        .of_order(3);
    assert_eq!(Tableau::from_toml_str(RADAU).unwrap(), expected);
    let json = r#"{"name": "Radau IIA", "source": "Ehle", "order": 3,
        "a": [["5/12", "-1/12"], ["3/4", 0.25]], "b": ["3/4", "1/4"], "c": ["1/3", 1]}"#;
    assert_eq!(Tableau::from_json_str(json).unwrap(), expected);
    assert_eq!(serde_json::from_str::<Tableau>(json).unwrap(), expected);
    assert_eq!(toml::from_str::<Tableau>(RADAU).unwrap(), expected);
}

#[test]
fn nodes_default_to_row_sums_and_may_be_free() {
    let text = "a = [[0, 0], [\"2/3\", 0]]\nb = [\"1/4\", \"3/4\"]\n";
    assert_eq!(Tableau::from_toml_str(text).unwrap().c(), [0.0, 2.0 / 3.0]);
    let free = format!("{text}c = [0.5, 0.5]\n");
    assert_eq!(
        message(Tableau::from_toml_str(&free)),
        "TOML text: invalid tableau: c[0] is 0.5, but row 0 of A sums to 0; the two must agree (or declare the nodes free)"
    );
    let free = Tableau::from_toml_str(&format!("{free}free_nodes = true\n")).unwrap();
    assert_eq!(free.c(), [0.5, 0.5]);
    assert_eq!(Tableau::from_json_str(&free.to_json()).unwrap(), free);
    assert_eq!(Tableau::from_toml_str(&free.to_toml()).unwrap(), free);
}

#[test]
fn bad_files_say_what_is_wrong_and_where() {
    assert_eq!(
        changed("\"-1/12\"", "\"-1/sqr(12)\""),
        "TOML text, line 5, column 15: in `-1/sqr(12)`, character 4: unknown word `sqr`, expected a number or `sqrt(…)`"
    );
    assert_eq!(
        changed("\"-1/12\"", "true"),
        "TOML text, line 5, column 15: invalid type: boolean `true`, expected a number, or a string such as \"1/2 - sqrt(3)/6\""
    );
    let unknown = changed("source", "sources");
    assert!(unknown.starts_with("TOML text, line 3, column 1: unknown field `sources`, expected one of "), "{unknown}");
    assert!(changed("b =", "embedded =").ends_with(": missing field `b`"));
    let order = changed("order = 3", "order = 0");
    assert!(order.starts_with("TOML text, line 4, column 9: invalid value: integer `0`"), "{order}");
    assert!(changed("order = 3", "order = ").starts_with("TOML text, line 4, column "));
    assert_eq!(
        changed("\"3/4\", 0.25", "\"3/4\""),
        "TOML text: invalid tableau `Radau IIA`: row 1 of A has 1 entry, expected 2, since A has 2 rows"
    );
    assert_eq!(
        changed("b = [\"3/4\"", "b = [\"1/2\""),
        "TOML text: invalid tableau `Radau IIA`: the entries of b sum to 0.75, expected 1 (off by -2.5e-1)"
    );
    assert_eq!(
        changed("0.25", "nan"),
        "TOML text: invalid tableau `Radau IIA`: a[1][1] is NaN, expected a finite number"
    );
    assert_eq!(
        changed("order = 3", "embedded_order = 3"),
        "TOML text: invalid tableau `Radau IIA`: embedded_order is 3, but there are no embedded weights"
    );
    assert_eq!(
        message(Tableau::from_json_str("{\n  \"A\": [[0]],\n  \"b\": [\"1/0\"]\n}")),
        "JSON text, line 3, column 13: in `1/0`, character 3: division by zero"
    );
    assert!(message(Tableau::from_json_str("")).starts_with("JSON text, line 1: EOF while parsing"));
    assert!(message(Tableau::from_json_str(r#"{"A": [[0]], "a": [[0]], "b": [1]}"#)).contains("duplicate field `A`"));
    assert!(serde_json::from_str::<Tableau>(r#"{"A": [[0]], "b": [2]}"#).unwrap_err().to_string().contains("sum to 2"));
}

#[test]
fn claims_are_keys_of_the_scheme() {
    let text = r#"{"name": "Gauss", "A": [["1/4", "1/4-sqrt(3)/6"], ["1/4+sqrt(3)/6", "1/4"]], "b": [0.5, 0.5],
        "order": 4, "stage_order": 2, "symplectic": true, "l_stable": false, "ssp_coefficient": null,
        "principal_error_norm": "sqrt(3)/400", "a_alpha": 90,
        "stability_numerator": [1, "1/2", "1/12"], "stability_denominator": [1, "-1/2", "1/12"]}"#;
    let scheme = Tableau::from_json_str(text).unwrap();
    let expected = Claims {
        order: Some(4),
        stage_order: Some(2),
        symplectic: Some(true),
        l_stable: Some(false),
        a_alpha: Some(90.0),
        principal_error_norm: Some(3f64.sqrt() / 400.0),
        stability_numerator: Some(vec![1.0, 0.5, 1.0 / 12.0]),
        stability_denominator: Some(vec![1.0, -0.5, 1.0 / 12.0]),
        exact: scheme.claims().exact.clone(),
        ..Claims::default()
    };
    assert_eq!(scheme.claims(), &expected);
    assert!(expected.exact.contains("principal_error_norm") && !expected.exact.contains("a_alpha"));
    for copy in [Tableau::from_toml_str(&scheme.to_toml()), Tableau::from_json_str(&scheme.to_json())] {
        assert_eq!(copy.unwrap(), scheme);
    }
    assert_eq!(
        changed("order = 3", "a_alpha = nan"),
        "TOML text: invalid tableau `Radau IIA`: a claim is not finite, expected finite numbers"
    );
    assert_eq!(
        changed("order = 3", "a_stable = 1"),
        "TOML text, line 4, column 12: invalid type: integer `1`, expected a boolean"
    );
}

#[test]
fn partitioned_and_additive_schemes_are_read() {
    let pair = r#"
        name = "Euler, A"
        separable_order = 1
        partitioned = [{ A = [[1]], b = [1] }, { A = [[0]], b = [1] }]
    "#;
    let Scheme::Partitioned(pair) = Scheme::all_from_toml_str(pair).unwrap().remove(0) else { panic!("not a pair") };
    assert_eq!((pair.name(), pair.claims().separable_order), ("Euler, A", Some(1)));
    let (kick, drift) = (pair.second(), pair.first());
    let known = PartitionedTableau::by_name("symplectic_euler").unwrap();
    assert_eq!((drift.a(0, 0), kick.a(0, 0)), (known.first().a(0, 0), known.second().a(0, 0)));

    let sum = r#"{"name": "Euler", "additive": [{"A": [[0, 0], [1, 0]], "b": [1, 0]}, {"A": [[0, 0], [0, 1]], "b": [0, 1]}]}"#;
    let Scheme::Additive(sum) = Scheme::all_from_json_str(sum).unwrap().remove(0) else { panic!("not a sum") };
    assert_eq!(sum.parts()[1].a(1, 1), 1.0);

    for scheme in Scheme::catalogue() {
        let json = serde_json::to_string(&scheme).unwrap();
        assert_eq!(serde_json::from_str::<Scheme>(&json).unwrap(), scheme);
        let toml = toml::to_string(&scheme).unwrap();
        assert_eq!(Scheme::all_from_toml_str(&toml).unwrap(), [scheme]);
    }
}

#[test]
fn faults_of_several_parts_are_named() {
    for (text, reason) in [
        (r#"{"name": "P", "partitioned": [{"A": [[1]], "b": [1]}]}"#, "`P`: `partitioned` has 1 tableaux, expected 2"),
        (
            r#"{"name": "P", "partitioned": [{"A": [[1]], "b": [1]}, {"A": [[0, 0], [0, 0]], "b": [0.5, 0.5]}]}"#,
            "`P`: the second tableau has 2 stages, expected 1, those of the first",
        ),
        (
            r#"{"partitioned": [{"A": [[1]], "b": [1]}, {"A": [[0]], "b": [2]}]}"#,
            ": partitioned[1]: invalid tableau: the entries of b sum to 2, expected 1 (off by 1.0e0)",
        ),
        (
            r#"{"name": "P", "b": [1], "partitioned": []}"#,
            "`P`: it has `partitioned`, so expected its coefficients there alone",
        ),
        (r#"{"name": "S", "additive": [{"A": [[1]], "b": [1]}]}"#, "`S`: it has one part, expected at least two"),
        (
            r#"{"name": "S", "additive": [{"A": [[1]], "b": [1], "embedded": [1]}, {"A": [[0]], "b": [1]}]}"#,
            "`S`: embedded weights belong to all parts or none; parts 0 and 1 differ in that",
        ),
        (
            r#"{"name": "S", "additive": [], "partitioned": []}"#,
            "`S`: it has `partitioned`, so expected its coefficients there alone",
        ),
        (r#"{"name": "S", "b": [1]}"#, "`S`: missing field `A`"),
    ] {
        let found = message(Scheme::all_from_json_str(text));
        assert!(found.starts_with("JSON text: invalid tableau") && found.ends_with(reason), "{found}");
    }
    let pair = r#"{"partitioned": [{"A": [[1]], "b": [1]}, {"A": [[0]], "b": [1]}]}"#;
    assert_eq!(
        message(Tableau::from_json_str(pair)),
        "JSON text: invalid tableau: it has several parts, expected `A`, `b`, `c` of a single tableau"
    );
    assert!(serde_json::from_str::<AdditiveTableau>(pair).is_err());
}

const TWO: &str = r#"{
    "about": "two schemes",
    "schemes": [
        {"name": "FE", "A": [[0.0]], "b": [1.0], "c": [0.0], "order": 1, "ssp_coefficient": null},
        {"name": "BE", "A": [[1.0]], "b": [1.0], "c": [1.0], "order": 1, "l_stable": true}
    ]
}"#;

#[test]
fn files_of_many_schemes_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Scheme::all_from_file(path).unwrap()
    };
    let two = read("two.json", TWO);
    assert_eq!(two.iter().map(Scheme::name).collect::<Vec<_>>(), ["FE", "BE"]);
    assert_eq!((two[0].claims().ssp_coefficient, two[1].claims().l_stable), (None, Some(true)));
    let array = &TWO[TWO.find('[').unwrap()..TWO.len() - 1];
    assert_eq!(read("array.json", array), two);
    let toml = "about = \"two schemes\"\n[[schemes]]\nname = \"FE\"\nA = [[0]]\nb = [1]\norder = 1\n\
        [[schemes]]\nname = \"BE\"\nA = [[1]]\nb = [1]\norder = 1\nl_stable = true\n";
    assert_eq!(read("two.toml", toml), two);
    assert_eq!(read("one.toml", RADAU).len(), 1);
    assert_eq!(Scheme::from_file(folder.path().join("one.toml")).unwrap().name(), "Radau IIA");
    assert!(read("none.json", "[]").is_empty());
    assert!(Scheme::from_file(folder.path().join("two.json")).is_err());
}

#[test]
fn the_scheme_at_fault_is_named() {
    let fault = |from: &str, to: &str| {
        assert!(TWO.contains(from));
        message(Scheme::all_from_json_str(&TWO.replace(from, to)))
    };
    assert_eq!(
        fault("[[1.0]]", "[[2.0]]"),
        "JSON text: schemes[1]: invalid tableau `BE`: c[0] is 1, but row 0 of A sums to 2; the two must agree (or declare the nodes free)"
    );
    let unknown = fault("\"l_stable\"", "\"el_stable\"");
    assert!(unknown.starts_with("JSON text, line 5, column "), "{unknown}");
    assert!(unknown.contains(": schemes[1] `BE`: unknown field `el_stable`, expected one of "), "{unknown}");
    let nameless = fault("\"name\": \"FE\", \"A\": [[0.0]]", "\"A\": [[true]]");
    assert!(nameless.contains(": schemes[0]: invalid type: boolean `true`"), "{nameless}");
    let other = fault("\"two schemes\"", "2");
    assert!(other.contains("invalid type: integer `2`, expected a string"), "{other}");
    assert!(!other.contains("schemes["), "{other}");
    let toml = "[[schemes]]\nA = [[0]]\nb = [1]\n[[schemes]]\nname = \"x\"\nA = [[0]]\nb = [\"1/0\"]\n";
    assert_eq!(
        message(Scheme::all_from_toml_str(toml)),
        "TOML text, line 7, column 6: schemes[1] `x`: in `1/0`, character 3: division by zero"
    );
}

#[test]
fn deep_nesting_is_an_error_not_an_overflow() {
    let brackets = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    message(Tableau::from_json_str(&format!("{{\"A\": {brackets}, \"b\": [1]}}")));
    message(Tableau::from_toml_str(&format!("A = {brackets}\nb = [1]\n")));
    let parentheses = format!("\"{}1{}\"", "(".repeat(100_000), ")".repeat(100_000));
    message(Tableau::from_toml_str(&format!("A = [[{parentheses}]]\nb = [1]\n")));
}

#[test]
fn the_catalogue_survives_files() {
    let folder = tempfile::tempdir().unwrap();
    for scheme in Tableau::catalogue() {
        for ending in ["toml", "json", "JSON"] {
            let path = folder.path().join(format!("{}.{ending}", scheme.name()));
            scheme.save(&path).unwrap();
            assert_eq!(Tableau::from_file(&path).unwrap(), scheme);
        }
    }
}

#[test]
fn files_are_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheme.toml");
    Tableau::dormand_prince_5_4().save(&path).unwrap();
    let claims = Claims { order: Some(2), ssp_coefficient: Some(1.0), a_stable: Some(false), ..Claims::default() };
    Tableau::heun().claiming(claims).save(&path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "name = \"heun\"\nsource = \"K. Heun, Z. Math. Phys. 45 (1900) 23–38\"\norder = 2\na_stable = false\nssp_coefficient = 1.0\n\
         A = [\n    [0.0, 0.0],\n    [1.0, 0.0]\n]\nb = [0.5, 0.5]\nc = [0.0, 1.0]\n"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn paths_are_named_in_errors() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = Tableau::from_file(&missing).unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if *path == missing), "{error:?}");
    assert!(matches!(Tableau::rk4().save(folder.path().join("no/such.json")), Err(Error::Io { .. })));

    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "A = [[0]]\nb = [1, x]\n").unwrap();
    match Tableau::from_file(&bad).unwrap_err() {
        Error::Parse { path, line, column, .. } => assert_eq!((path, line, column), (bad, 2, 9)),
        other => panic!("{other:?}"),
    }

    for result in [Tableau::from_file("scheme.yaml").map(drop), Tableau::rk4().save("scheme")] {
        let text = result.unwrap_err().to_string();
        assert!(text.starts_with("path is `scheme"), "{text}");
        assert!(text.ends_with("`, expected a file name that ends in .toml or .json"), "{text}");
    }
}

/// Valid tableaux: any finite `A` of moderate size, `c` its row sums or free, weights that sum to one.
fn tableaux() -> impl Strategy<Value = Tableau> {
    let entry =
        prop_oneof![Just(0.0), Just(-0.0), -10.0..10.0, Just(1e-300), Just(f64::MIN_POSITIVE / 8.0), Just(1e22)];
    let declared = (any::<String>(), any::<String>(), 0usize..9, 0usize..9);
    (1usize..6, declared).prop_flat_map(move |(s, (name, source, order, embedded_order))| {
        let weights = prop::collection::vec(0.1..1.0, s).prop_map(|w| {
            let sum: f64 = w.iter().sum();
            w.iter().map(|x| x / sum).collect::<Vec<f64>>()
        });
        let rows = prop::collection::vec(prop::collection::vec(entry.clone(), s), s);
        let free = prop::option::of(prop::collection::vec(-1e3..1e3, s));
        (rows, weights.clone(), free, prop::option::of(weights)).prop_map(move |(a, b, free, embedded)| {
            let tableau = match free {
                Some(c) => Tableau::with_free_nodes(&a, b, c),
                None => Tableau::new(&a, b, a.iter().map(|row| row.iter().sum()).collect::<Vec<f64>>()),
            };
            let tableau = match embedded {
                Some(weights) => tableau.and_then(|t| t.with_embedded(weights)),
                None => tableau,
            };
            let tableau = tableau.expect("a valid tableau").named(&name).from_source(&source);
            tableau.of_order(order).of_embedded_order(embedded_order)
        })
    })
}

fn bits(t: &Tableau) -> Vec<u64> {
    let rows = (0..t.stages()).flat_map(|i| t.row(i));
    rows.chain(t.b()).chain(t.c()).chain(t.embedded().into_iter().flatten()).map(|x| x.to_bits()).collect()
}

proptest! {
    #[test]
    fn round_trips_keep_every_bit(t in tableaux()) {
        let copies = [
            Tableau::from_toml_str(&t.to_toml()).unwrap(),
            Tableau::from_json_str(&t.to_json()).unwrap(),
            serde_json::from_str(&serde_json::to_string(&t).unwrap()).unwrap(),
            toml::from_str(&toml::to_string(&t).unwrap()).unwrap(),
        ];
        for copy in copies {
            prop_assert_eq!(&copy, &t);
            prop_assert_eq!(bits(&copy), bits(&t));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}AbcNname=:,.\"0-9/ \n-]{0,60}") {
        let _ = Tableau::from_toml_str(&text);
        let _ = Tableau::from_json_str(&text);
        let _ = Scheme::all_from_json_str(&text);
        let _ = Scheme::all_from_toml_str(&text);
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let marked = |text: &str| format!("\u{feff}{text}");
    assert_eq!(Tableau::from_toml_str(&marked(RADAU)).unwrap(), Tableau::from_toml_str(RADAU).unwrap());
    assert_eq!(Scheme::all_from_json_str(&marked(TWO)).unwrap(), Scheme::all_from_json_str(TWO).unwrap());
    let array = &TWO[TWO.find('[').unwrap()..TWO.len() - 1];
    assert_eq!(Scheme::all_from_json_str(&marked(array)).unwrap().len(), 2);
}

#[test]
fn names_with_control_characters_are_spelt_out() {
    let scheme = Tableau::rk4().named("a\u{1b}[31m\nb");
    assert!(scheme.to_string().starts_with("a\\u{1b}[31m\\nb: 4 stages"));
    let error = kutta::verify::verify(&scheme.of_order(5)).check_claims().unwrap_err().to_string();
    assert!(!error.contains('\u{1b}') && error.contains("\\u{1b}"), "{error}");
    let error = message(Tableau::from_json_str(r#"{"name": "a\u0007", "A": [[1]], "b": [2]}"#));
    assert!(error.contains("`a\\u{7}`"), "{error}");
}

#[test]
fn an_empty_list_has_nothing_to_verify() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.json");
    std::fs::write(&path, "[]").unwrap();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_kutta")).arg("verify").arg(&path).output().unwrap();
    let error = String::from_utf8(run.stderr).unwrap();
    assert!(!run.status.success() && error.contains("expected at least one scheme"), "{error}");
}

/// The double nearest to 0.50000000000000000001 is 0.5, which is not what is written.
#[test]
fn bare_numbers_of_many_digits_are_roundings() {
    let certainty = |number: &str| {
        let toml =
            format!("# 0.12345678901234 \"\nname = '0.1234567890123'\nA = [[0, 0], [{number}, 0]]\nb = [0, 1]\n");
        let json = format!(r#"{{"name": "\" 0.1234567890123", "A": [[0, 0], [{number}, 0]], "b": [0, 1]}}"#);
        let (toml, json) = (Tableau::from_toml_str(&toml).unwrap(), Tableau::from_json_str(&json).unwrap());
        assert_eq!((toml.name(), json.name()), ("0.1234567890123", "\" 0.1234567890123"));
        let of = |scheme: &Tableau| kutta::verify::verify(scheme).certainty;
        assert_eq!((toml.row(1), of(&toml)), (json.row(1), of(&json)));
        of(&toml)
    };
    use kutta::verify::Certainty::{Proved, Recognised};
    for number in ["0.5", "5e-1", "0.500000000"] {
        assert_eq!(certainty(number), Proved, "{number}");
    }
    for number in ["0.50000000000000000001", "0.30000000000000001", "5.0000000000000000001e-1"] {
        assert_eq!(certainty(number), Recognised, "{number}");
    }
}
