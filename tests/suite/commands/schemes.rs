//! `kutta schemes` and `kutta verify`.

use super::*;

#[test]
fn schemes_as_table_and_json() {
    let folder = folder();
    let table = runs(&folder, "schemes");
    assert!(table.lines().any(|l| l.starts_with("radau_iia_3 ") && l.contains("fully implicit")), "{table}");
    let Value::Array(rows) = json(&runs(&folder, "schemes --json")) else { panic!("not an array") };
    assert_eq!(rows.len() + 1, table.lines().count());
    let rk4 = rows.iter().find(|row| row["name"] == "rk4").unwrap();
    assert_eq!((&rk4["stages"], &rk4["order"], &rk4["structure"]), (&4.into(), &4.into(), &"explicit".into()));
    assert!(rows.iter().all(|row| !row["source"].as_str().unwrap().is_empty()));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kutta"));
    let mut child =
        command.arg("schemes").current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn verify_prints_tables_and_json() {
    let folder = folder();
    let table = runs(&folder, "verify radau_iia_4");
    for words in ["radau_iia_4: 4 stages", "l stable", "yes", "hold to 1e-12", "all 1"] {
        assert!(table.contains(words), "no `{words}` in {table}");
    }
    let report = json(&runs(&folder, "verify rk4 --json --order-up-to 6"));
    assert_eq!(
        (&report["order"], &report["a_stable"], &report["arithmetic"]),
        (&4.into(), &false.into(), &"fractions".into())
    );
    let pair = json(&runs(&folder, "verify verlet --json"));
    assert_eq!((&pair["symplectic"], &pair["oscillator_limit"]), (&true.into(), &2.0.into()));
    let both = json(&runs(&folder, "verify euler kencarp_3 --json"));
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    fs::write(folder.path().join("many.json"), r#"[{"A": [[0.5]], "b": [1], "order": 2, "ssp_coefficient": null}]"#)
        .unwrap();
    let many = json(&runs(&folder, "verify many.json --json"));
    assert_eq!((&many[0]["name"], &many[0]["symplectic"]), (&"many.json[0]".into(), &true.into()));
    fs::write(folder.path().join("one.json"), r#"{"A": [[0.5]], "b": [1]}"#).unwrap();
    assert_eq!(json(&runs(&folder, "verify one.json --json"))["name"], "one.json");
}

#[test]
fn false_claims_end_with_an_error_after_the_report() {
    let folder = folder();
    let schemes = r#"[
        {"name": "first", "A": [[0.5]], "b": [1], "order": 3},
        {"name": "second", "A": [[0.5]], "b": [1], "order": 2},
        {"name": "third", "A": [[1]], "b": [1], "symplectic": true}
    ]"#;
    fs::write(folder.path().join("schemes.json"), schemes).unwrap();
    let output = kutta(&folder, "verify schemes.json --json");
    assert_eq!(output.status.code(), Some(1));
    let reports = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(reports[0]["claims"][0]["holds"], false);
    assert_eq!(reports[1]["claims"][0]["holds"], true);
    let err = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("error: first: the claim order = 3 is false, it is 2"), "{err}");
    assert!(lines[1].starts_with("error: third: the claim symplectic = true is false"), "{err}");
}

#[test]
fn schemes_that_cannot_be_verified_are_refused() {
    let folder = folder();
    fails(&folder, "verify gaus_2", 2, &["did you mean `gauss_2`?", "kutta schemes"]);
    fails(&folder, "verify missing.toml", 1, &["missing.toml"]);
    fails(&folder, "verify rk4 --order-up-to 0", 2, &["at least 1"]);
    // torchdiffeq's `gl4`.
    let wrong = r#"[{"A": [[0.25, "1/4 - sqrt(3)/6"], ["1/4 + sqrt(3)/6", 0.25]], "b": [0.5, 0.5],
        "c": ["1/2 - sqrt(3)/6", "1/2 - sqrt(3)/6"]}]"#;
    fs::write(folder.path().join("wrong.json"), wrong).unwrap();
    fails(&folder, "verify wrong.json", 1, &["schemes[0]", "c[1] is 0.211", "row 1 of A sums to 0.788"]);
}

#[test]
fn what_cannot_be_read_does_not_hide_the_other_reports() {
    let folder = folder();
    fs::write(folder.path().join("wrong.toml"), "alpha = [2, -1]\nbeta = [0, 0, 0]\n").unwrap();
    let output = kutta(&folder, "verify gaus_2 rk4 wrong.toml bdf_2 --json");
    assert_eq!(output.status.code(), Some(2));
    let reports = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((&reports[0]["name"], &reports[1]["name"]), (&"rk4".into(), &"bdf_2".into()));
    let err = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("not zero-stable") && lines[1].contains("gauss_2"), "{err}");
}

#[cfg(feature = "plot")]
#[test]
fn schemes_are_drawn() {
    let folder = folder();
    runs(&folder, "verify sdirk2 verlet --plot figures");
    for name in ["sdirk2-region", "sdirk2-order-star", "sdirk2-amplification", "velocity_verlet-orbits"] {
        let figure = fs::read_to_string(folder.path().join("figures").join(name).with_extension("svg")).unwrap();
        assert!(figure.contains("<svg") && figure.len() > 2000, "{name}");
    }
}

#[test]
fn methods_that_carry_a_past_are_listed_verified_and_drawn() {
    let folder = folder();
    let table = runs(&folder, "schemes --kind multistep");
    assert!(table.lines().any(|l| l.starts_with("bdf_3 ") && l.contains(" 3 ")) && !table.contains("rk4"), "{table}");
    assert!(runs(&folder, "schemes --kind general-linear").contains("reversible_heun"));
    let report = json(&runs(&folder, "verify bdf3 --json"));
    assert_eq!(
        (&report["order"], &report["zero_stable"], &report["certainty"]["a_alpha"]),
        (&3.into(), &true.into(), &"proved".into())
    );
    assert!((report["a_alpha"].as_f64().unwrap() - 86.03).abs() < 0.005, "{report}");
    let both = json(&runs(&folder, "verify leapfrog mccallum_foster_rk4 --json"));
    assert_eq!((&both[0]["symmetric"], &both[1]["order"]), (&true.into(), &4.into()));
    fs::write(folder.path().join("mine.toml"), "alpha = ['4/3', '-1/3']\nbeta = ['2/3', 0, 0]\norder = 3\n").unwrap();
    let false_claim = kutta(&folder, "verify mine.toml");
    assert_eq!(false_claim.status.code(), Some(1));
    let error = String::from_utf8(false_claim.stderr).unwrap();
    assert!(error.starts_with("error: mine.toml: the claim order = 3 is false, it is 2"), "{error}");
    fails(&folder, "verify bdf_7", 2, &["steps is 7, expected a number from 1 to 6"]);
    fails(&folder, "verify leap", 2, &["did you mean `leapfrog`?"]);
    if cfg!(feature = "plot") {
        runs(&folder, "verify bdf_3 reversible_heun --plot figures");
        for name in ["bdf_3-region", "bdf_3-amplification", "reversible_heun-region"] {
            let svg = fs::read_to_string(folder.path().join(format!("figures/{name}.svg"))).unwrap();
            assert!(svg.contains("<svg") && svg.len() > 2000, "{name}");
        }
    }
}
