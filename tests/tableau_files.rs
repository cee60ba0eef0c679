//! Tableaux as files: what is read, what is refused and how it is said, and that nothing is lost.

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

fn message(result: Result<Tableau, Error>) -> String {
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
    Tableau::heun().save(&path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "name = \"heun\"\nsource = \"K. Heun, Z. Math. Phys. 45 (1900) 23–38\"\norder = 2\n\
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
    }
}
