//! What makes no sense is refused, in words that say what would.

use super::*;

#[test]
fn malformed_data_are_refused() {
    let folder = folder();
    for (text, words) in [
        ("t,x\n0,1\n1,2,3\n", &["bad.csv, line 3"][..]),
        ("t,x\n0,1\n1,two\n", &["line 3, column 2", "`two`"]),
        ("t,x\n0,1\n1,NaN\n", &["line 3, column 2", "NaN"]),
        ("t,x\n0,1\n2,1\n1,1\n", &["line 4"]),
        ("t,x\n0,1\n", &["bad.csv"]),
        ("t,x\n", &["bad.csv"]),
        ("t\n0\n1\n", &["bad.csv"]),
        ("", &["bad.csv"]),
    ] {
        fs::write(folder.path().join("bad.csv"), text).unwrap();
        fails(&folder, "fit bad.csv", 1, words);
    }
    fs::write(folder.path().join("bad.csv"), b"t,x\n0,\xff\n").unwrap();
    fails(&folder, "fit bad.csv", 1, &["line 2", "UTF-8"]);
    fails(&folder, "fit missing.csv", 1, &["missing.csv"]);
    fails(&folder, "fit data.csv --validation 0.2 --validation-kind trajectories", 1, &["at least two"]);
    assert!(!folder.path().join("model.json").exists());
}

#[test]
fn schemes_that_make_no_sense_are_refused() {
    let folder = folder();
    fails(
        &folder,
        "fit data.csv --scheme gaus_2",
        2,
        &["--scheme", "unknown scheme `gaus_2`", "did you mean `gauss_2`"],
    );
    fails(&folder, "fit data.csv --scheme gauss_0", 2, &["--scheme"]);
    for (name, kind) in [("stoermer_verlet", "is partitioned"), ("kencarp_3", "is additive")] {
        fails(&folder, &format!("fit data.csv --scheme {name}"), 2, &[name, kind, "single tableau"]);
    }
    fails(&folder, "fit data.csv --scheme missing.toml", 1, &["missing.toml"]);
    for (file, text, words) in [
        ("a.toml", "A = [[0.5]]\nb = [0.9]\nc = [0.5]\n", &["a.toml", "0.9"][..]),
        ("b.toml", "A = [[0.5]]\nb = [0.5, 0.5]\nc = [0.5]\n", &["b.toml"]),
        ("c.json", "{\"A\": [[0.5]], \"b\": [1], \"c\": [0.25]}", &["c.json"]),
        ("d.json", "{\"A\": [[0.5]], \"b\"", &["d.json", "line 1"]),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
        fails(&folder, &format!("fit data.csv --scheme {file}"), 1, words);
    }
    fs::write(folder.path().join("own.toml"), "A = [[\"1/2\"]]\nb = [1]\nc = [\"1/2\"]\n").unwrap();
    let text = runs(&folder, &format!("fit data.csv {QUICK} --scheme own.toml"));
    assert!(text.contains("own.toml"), "{text}");
}

#[test]
fn numbers_out_of_range_are_refused() {
    let folder = folder();
    for (option, value) in [
        ("--lr", "-1"),
        ("--lr", "nan"),
        ("--epochs", "0"),
        ("--epochs", "1.5"),
        ("--hidden", "4,0"),
        ("--hidden", "4000000,4000000"),
        ("--substeps", "0"),
        ("--substeps", "1000000000"),
        ("--step", "0"),
        ("--step", "inf"),
        ("--step", "1e-300"),
        ("--tolerance", "2"),
        ("--validation", "1"),
        ("--clip", "-2"),
        ("--batch", "0"),
        ("--segment", "0"),
        ("--threads", "0"),
        ("--seed", "-1"),
        ("--activation", "tan"),
        ("--solver", "newtn"),
        ("--line-search", "more"),
        ("--strategy", "several"),
        ("--momentum", "1.5"),
    ] {
        fails(&folder, &format!("fit data.csv {option} {value}"), 2, &[option]);
    }
    fails(&folder, "fit data.csv --activation tan", 2, &["did you mean `tanh`"]);
    fails(&folder, "fit data.csv --step 1 --substeps 2", 2, &["--step", "--substeps"]);
    fails(&folder, "fit", 2, &["DATA"]);
    fails(&folder, "fti", 2, &["fti"]);
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_training() {
    let folder = folder();
    // Long enough that training first would be noticed.
    for option in ["--out", "--record", "--checkpoint"] {
        fails(
            &folder,
            &format!("fit data.csv --epochs 100000000 {option} missing/file"),
            1,
            &["missing/file", "folder"],
        );
        fails(&folder, &format!("fit data.csv --epochs 100000000 {option} ."), 1, &["this is a folder"]);
    }
    fails(&folder, "fit data.csv --epochs 100000000 --resume missing.json", 1, &["missing.json"]);
    fails(&folder, "predict data.csv --until 1 --out missing/path.csv", 1, &["missing/path.csv"]);
}

#[test]
fn predictions_that_make_no_sense_are_refused() {
    let folder = folder();
    runs(&folder, &format!("fit data.csv {QUICK}"));
    for (options, words) in [
        ("--until 1905 --start 1,2,3", &["--start has 3 numbers, expected 2", "hare,lynx"][..]),
        ("--until 1905 --start 1,x", &["--start"]),
        ("--until 1905 --start 1,inf", &["--start"]),
        ("--until 1900", &["--until is 1900", "1900"]),
        ("--until 1905 --from 1905", &["--until is 1905", "another time"]),
        ("--until nan", &["--until"]),
        ("--until 1905 --every -1", &["--every"]),
        ("--until 1905 --every 1e-300", &["--every is"]),
        ("--until 1e300", &["--until is 1e300", "too far"]),
        ("--until 1905 --flow --tolerance 1e-20", &["--tolerance"]),
        ("--until 1905 --tolerance 1e-5", &["--flow"]),
        ("", &["--until"]),
    ] {
        fails(&folder, &format!("predict model.json {options}"), 2, words);
    }
}

#[test]
fn broken_models_are_refused() {
    let folder = folder();
    runs(&folder, &format!("fit data.csv {QUICK}"));
    let text = fs::read_to_string(folder.path().join("model.json")).unwrap();
    let broken = |text: &str, words: &[&str]| {
        fs::write(folder.path().join("broken.json"), text).unwrap();
        fails(&folder, "predict broken.json --until 1905", 1, &[&["broken.json"], words].concat());
    };
    broken(&text[..text.len() / 2], &["too early"]);
    broken(&text.replacen("1900.0", "1901.0", 1), &["damaged or edited"]);
    broken(&text.replacen("\"format_version\": 2", "\"format_version\": 9", 1), &["version 9"]);
    broken("[1, 2]", &["kutta model"]);
    broken("", &["too early"]);
    fails(&folder, "predict data.csv --until 1905", 1, &["data.csv"]);
    fails(&folder, "predict missing.json --until 1905", 1, &["missing.json"]);
}

#[test]
fn stages_without_a_solution_are_an_error_that_says_what_to_do() {
    let folder = folder();
    // With steps of a thousand the fixed-point iteration is no contraction.
    let text = "t,x\n0,1\n1000,2\n2000,5\n";
    fs::write(folder.path().join("far.csv"), text).unwrap();
    let options = "--raw --hidden 4 --epochs 50 --lr 1 --substeps 1 --solver fixed-point --strategy single";
    let output = kutta(&folder, &format!("fit far.csv {options} --on-failure stop"));
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.starts_with("error: ") && err.contains("reduce the step size"), "{err}");
    assert!(err.contains("or leave out --raw"), "{err}");
    // There is a model if and only if it is said so.
    assert_eq!(folder.path().join("model.json").exists(), err.contains("is saved in model.json"), "{err}");
}
