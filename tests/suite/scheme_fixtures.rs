//! Facts about schemes that others' software computed. `KUTTA_SCHEME_FIXTURES` names a further file of the same form.

use std::path::{Path, PathBuf};

use kutta::Tableau;
use kutta::verify::verify;
use serde_json::Value;

/// What a case is given by; all else is compared.
const GIVEN: [&str; 7] = ["name", "A", "b", "c", "embedded", "source", "about"];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("schemes") && name.ends_with(".json")
        })
        .collect();
    assert!(!files.is_empty());
    files.extend(std::env::var_os("KUTTA_SCHEME_FIXTURES").map(PathBuf::from));
    files
}

fn cases(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    match serde_json::from_str(&text).unwrap() {
        Value::Array(cases) => cases,
        mut object => match object["schemes"].take() {
            Value::Array(cases) => cases,
            _ => panic!("{}: expected an array of schemes", path.display()),
        },
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn scheme(case: &Value) -> Tableau {
    let rows: Vec<Vec<f64>> = case["A"].as_array().unwrap().iter().map(numbers).collect();
    let scheme = Tableau::with_free_nodes(rows, numbers(&case["b"]), numbers(&case["c"])).unwrap();
    match case.get("embedded") {
        Some(weights) if weights.is_array() => scheme.with_embedded(numbers(weights)).unwrap(),
        _ => scheme,
    }
}

/// Null stands for infinity.
fn number(value: &Value) -> Option<f64> {
    if value.is_null() { Some(f64::INFINITY) } else { value.as_f64() }
}

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

fn product(p: &[f64], q: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; p.len() + q.len() - 1];
    for (i, x) in p.iter().enumerate() {
        for (j, y) in q.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

fn same_polynomial(p: &[f64], q: &[f64]) -> bool {
    let at = |v: &[f64], k: usize| v.get(k).copied().unwrap_or(0.0);
    (0..p.len().max(q.len())).all(|k| close(at(p, k), at(q, k), 1e-9))
}

/// Whether a fact agrees; polynomials are compared in pairs, since a quotient need not be reduced.
fn agrees(key: &str, report: &Value, case: &Value) -> bool {
    let (found, expected) = (&report[key], &case[key]);
    match key {
        "stability_numerator" | "stability_denominator" => {
            let (p, q) = (numbers(&report["stability_numerator"]), numbers(&report["stability_denominator"]));
            let (r, s) = (numbers(&case["stability_numerator"]), numbers(&case["stability_denominator"]));
            same_polynomial(&numbers(found), &numbers(expected)) || same_polynomial(&product(&p, &s), &product(&q, &r))
        }
        _ if expected.is_boolean() || expected.is_u64() => found == expected,
        _ => {
            let tolerance = if key.contains("interval") || key.contains("ssp") { 1e-6 } else { 1e-9 };
            match (number(found), number(expected)) {
                (Some(found), Some(expected)) => close(found, expected, tolerance),
                _ => false,
            }
        }
    }
}

#[test]
fn facts_agree() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for path in files() {
        for case in cases(&path) {
            let report = serde_json::to_value(verify(&scheme(&case))).unwrap();
            for key in case.as_object().unwrap().keys().filter(|key| !GIVEN.contains(&key.as_str())) {
                compared += 1;
                if !agrees(key, &report, &case) {
                    let (found, expected) = (&report[key], &case[key]);
                    wrong.push(format!("{}, {}: {key} is {found}, expected {expected}", path.display(), case["name"]));
                }
            }
        }
    }
    assert!(compared > 200, "only {compared} facts compared");
    assert!(wrong.is_empty(), "{} of {compared} facts differ:\n{}", wrong.len(), wrong.join("\n"));
}
