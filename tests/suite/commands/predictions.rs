//! Predictions: back in time, too far, beyond what was seen.

use super::*;
use kutta::data::Trajectories;

/// Saves an edited model. Its checksum is found by the error that tells it.
fn resealed(folder: &TempDir, mut model: Value) {
    let save = |model: &Value| fs::write(folder.path().join("model.json"), model.to_string()).unwrap();
    save(&model);
    let error = text(&command(folder.path(), "predict model.json --until 1901").output().unwrap().stderr);
    let checksum = error.split_whitespace().find(|word| word.starts_with("fnv1a64:")).unwrap();
    model["checksum"] = checksum.trim_end_matches(',').into();
    save(&model);
}

#[test]
fn hindcasts_lead_back_and_end_with_the_start() {
    let folder = folder();
    succeeds(&folder, "fit data.csv --epochs 50 --hidden 4 --scheme gauss_1 --tolerance 1e-12");
    let predict = |options: &str| {
        let output = command(folder.path(), &format!("predict model.json {options}")).output().unwrap();
        outcome(output).0
    };
    let there = Trajectories::from_csv_str(&predict("--until 1905"), "out").unwrap();
    let there = there.trajectory(0);
    let end = there.state(there.len() - 1);
    for options in ["", "--flow --tolerance 1e-10"] {
        let back = predict(&format!("--start {},{} --from 1905 --until 1900 {options}", end[0], end[1]));
        let back = Trajectories::from_csv_str(&back, "out").unwrap();
        let back = back.trajectory(0);
        assert_eq!(back.times(), there.times());
        assert_eq!(back.state(back.len() - 1), end);
        // A symmetric scheme leads back to where it came from; the flow does, but for what the scheme errs.
        let allowed = if options.is_empty() { 1e-6 } else { 1.0 };
        for (x, y) in back.states().iter().zip(there.states()) {
            assert!((x - y).abs() < allowed, "{x} and {y}");
        }
    }
    let early = json(&predict("--until 1898.5 --every 1 --json"));
    assert_eq!(early["times"], serde_json::json!([1898.5, 1899.0, 1900.0]));
    assert_eq!(early["states"][2], serde_json::json!([30.0, 4.0]));
}

#[test]
fn a_later_start_is_where_the_model_is_by_then() {
    let folder = folder();
    let two = "trajectory,t,x,y\na,0,1,2\na,1,3,1\na,2,2,0\nb,0,2,2\nb,1,1,1\nb,2,0,3\n";
    fs::write(folder.path().join("data.csv"), two).unwrap();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let states = |options: &str| {
        let output = command(folder.path(), &format!("predict model.json --json {options}")).output().unwrap();
        serde_json::from_value::<Vec<[f64; 2]>>(json(&outcome(output).0)["states"].take()).unwrap()
    };
    let close = |a: &[[f64; 2]], b: &[[f64; 2]]| {
        assert_eq!(a.len(), b.len());
        a.iter().flatten().zip(b.iter().flatten()).for_each(|(x, y)| assert!((x - y).abs() < 1e-6, "{x} and {y}"));
    };
    for more in ["", "--trajectory b", "--flow --tolerance 1e-10", "--trajectory b --flow --tolerance 1e-10"] {
        close(&states(&format!("--from 1 --until 3 {more}")), &states(&format!("--until 3 {more}"))[1..]);
        let before = states(&format!("--until -1 {more}"));
        close(&states(&format!("--from -1 --until 0 {more}"))[..1], &before[..1]);
    }
    assert_eq!(states("--from 0 --until 1")[0], [1.0, 2.0]);
    assert_eq!(states("--start 5,6 --from 1 --until 2")[0], [5.0, 6.0]);
    fails(&folder, "predict model.json --from 1e300 --until 1e301", 2, &["--from is 1e300", "or a --start"]);
    assert!(succeeds(&folder, "predict --help").contains("without --start, in the state that the model predicts"));
}

#[test]
fn zeros_have_no_sign() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let arguments = "predict model.json --start=-0,-0 --from=-0 --until 1";
    let (path, _) = outcome(command(folder.path(), arguments).output().unwrap());
    assert_eq!(path.lines().nth(1), Some("0.0,0.0,0.0"));
}

#[test]
fn the_start_is_what_was_asked_for() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    // Numbers that standard units and back would change in the last digit.
    for start in ["1,-1", "0.1,0.7", "1e-300,-0.3"] {
        for options in ["", "--flow"] {
            let arguments = format!("predict model.json --start {start} --until 1900.5 --every 0.5 {options} --json");
            let (out, _) = outcome(command(folder.path(), &arguments).output().unwrap());
            let expected: Vec<f64> = start.split(',').map(|x| x.parse().unwrap()).collect();
            assert_eq!(json(&out)["states"][0], serde_json::json!(expected));
        }
    }
}

#[test]
fn too_far_is_said_in_years_and_few_digits() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    for until in ["1e308", "-1e308", "1e300"] {
        for options in ["", "--flow", "--every 1e300"] {
            let arguments = format!("predict model.json --until {until} {options}");
            fails(&folder, &arguments, 2, &[&format!("--until is {until}, too far: expected")]);
            let err = text(&command(folder.path(), &arguments).output().unwrap().stderr);
            assert!(err.len() < 250, "{err}");
        }
    }
    fails(&folder, "predict model.json --until 1905 --every 1e-300", 2, &["--every is 1e-300"]);
}

#[test]
fn a_flow_that_ends_early_is_told_in_the_words_of_the_command() {
    let folder = folder();
    // Identity units make a linear field, whose growth overflows.
    let fit = "fit data.csv --raw --hidden 4 --activation identity --epochs 1 --lr 0.5 --scheme euler --seed";
    let ended = (0..20).find_map(|seed| {
        outcome(command(folder.path(), &format!("{fit} {seed}")).output().unwrap());
        let arguments = "predict model.json --flow --until 1e6 --every 1e5";
        let output = command(folder.path(), arguments).output().unwrap();
        let err = text(&output.stderr);
        (output.status.code() == Some(1) && err.contains("--flow came as far as")).then_some(err)
    });
    let err = ended.expect("one of these grows without bound");
    assert!(err.contains("year = ") && err.contains("--tolerance") && !err.contains("max_steps"), "{err}");
}

#[test]
fn many_states_of_a_flow_are_no_reason_to_give_up() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let arguments = "predict model.json --flow --every 1e-5 --until 1901.2";
    let (path, _) = outcome(command(folder.path(), arguments).output().unwrap());
    assert_eq!(path.lines().count(), 120_002);
}

#[test]
fn what_is_outside_of_what_was_seen_is_said() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let warnings = |arguments: &str| {
        let (out, err) = outcome(command(folder.path(), &format!("predict model.json {arguments}")).output().unwrap());
        let Value::Array(listed) = json(&out)["warnings"].take() else { panic!("{out}") };
        let told: String = listed.iter().map(|text| format!("warning: {}\n", text.as_str().unwrap())).collect();
        assert_eq!(told, err);
        err
    };
    assert_eq!(warnings("--until 1900.01 --json"), "");
    let far = warnings("--start 30,200 --until 1900.5 --json");
    assert!(far.contains("`lynx` leaves what was seen, 4 to 59: it reaches 20"), "{far}");
    let negative = warnings("--start -30,4 --until 1900.5 --json");
    assert!(negative.contains("`hare` leaves") && negative.contains("cannot be imposed yet"), "{negative}");
    let late = warnings("--until 1930 --json");
    assert!(late.contains("beyond the data from year = 1900 to 1905, by 5 times their length"), "{late}");
    let a_little = warnings("--until 1905.5 --json");
    assert!(a_little.contains("beyond the data from year = 1900 to 1905, by 0.1 times their length"), "{a_little}");
    // A model of before that was kept.
    let model = fs::read_to_string(folder.path().join("model.json")).unwrap();
    let mut model = json(&model);
    model["contents"].as_object_mut().unwrap().remove("seen");
    resealed(&folder, model);
    assert!(warnings("--until 1901 --json").contains("whether the prediction leaves them is not known"));
    // An equation that changes with time knows nothing of other times.
    succeeds(&folder, &format!("fit data.csv {QUICK} --time-input"));
    let late = warnings("--until 1906 --json");
    assert!(
        late.contains("the equation changes with time, and was learned from data from year = 1900 to 1905"),
        "{late}"
    );
}

#[test]
fn how_far_beyond_is_told_in_numbers() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let beyond = |arguments: &str| {
        let output = command(folder.path(), &format!("predict model.json --json {arguments}")).output().unwrap();
        json(&outcome(output).0)["beyond"].take()
    };
    let within = beyond("--until 1900.01");
    assert_eq!(within["time"], 0.0, "{within}");
    assert!(within["distance"].as_f64().unwrap() <= within["spacing"].as_f64().unwrap() + 0.05, "{within}");
    assert_eq!(beyond("--until 1915")["time"], 2.0);
    assert_eq!(beyond("--start 30,4 --from 1899 --until 1899.5")["time"], 0.2);
    let far = beyond("--start 30,114 --until 1900.001");
    let lynx = &far["components"]["lynx"];
    assert!(
        lynx["beyond"].as_f64().unwrap() >= 55.0 && (1.0..1.1).contains(&lynx["ranges"].as_f64().unwrap()),
        "{far}"
    );
    assert_eq!(far["components"]["hare"]["beyond"], 0.0, "{far}");
    assert!(far["distance"].as_f64().unwrap() > 1.5, "{far}");
}

#[test]
fn states_in_all_ranges_and_far_from_all_data_are_said() {
    let folder = folder();
    let circle = |k: i32| {
        let angle = f64::from(k) * 0.2;
        format!("{k},{},{}\n", angle.cos(), 100.0 * angle.sin())
    };
    fs::write(folder.path().join("data.csv"), "t,x,y\n".to_string() + &(0..63).map(circle).collect::<String>())
        .unwrap();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let warnings = |start: &str| {
        let arguments = format!("predict model.json --start {start} --until 0.01 --json");
        let (out, err) = outcome(command(folder.path(), &arguments).output().unwrap());
        (json(&out), err)
    };
    let (out, err) = warnings("0,0");
    assert!(
        err.contains("each component stays in its range, but together they leave what was seen: at t = 0 "),
        "{err}"
    );
    let distance = out["beyond"]["distance"].as_f64().unwrap();
    assert!((0.9..1.1).contains(&distance) && err.contains(" deviations away"), "{distance}: {err}");
    assert_eq!(warnings("0.6,80").1, "");
    // A model of before that was kept says no more than it knows.
    let mut model = json(&fs::read_to_string(folder.path().join("model.json")).unwrap());
    let kept = model["contents"]["seen"]["cover"]["states"].as_array().unwrap().len();
    assert!((2..=200).contains(&kept), "{kept}");
    model["contents"]["seen"].as_object_mut().unwrap().remove("cover");
    resealed(&folder, model);
    let (out, err) = warnings("0,0");
    assert!(err.is_empty() && out["beyond"]["distance"].is_null() && out["beyond"]["time"] == 0.0, "{out}, {err}");
}

#[test]
fn names_of_trajectories_are_told() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let only = "--trajectory is `foo`, but there is only one, without a name; leave the option out";
    fails(&folder, "predict model.json --until 1903 --trajectory foo", 2, &[only]);
}

#[test]
fn what_is_no_model_is_told_from_what_is_broken() {
    let folder = folder();
    let expected = "data.csv: this is no file of kutta's, expected a `kutta model` as saved by kutta";
    fails(&folder, "predict data.csv --until 1903", 1, &[expected]);
    fs::write(folder.path().join("bad.json"), "{\"format\": kutta}").unwrap();
    fails(&folder, "predict bad.json --until 1903", 1, &["bad.json, line 1, column 12"]);
}

/// One kilobyte a step would be more than there is.
#[cfg(target_os = "linux")]
#[test]
fn steps_between_predicted_states_leave_nothing_behind() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let predict = "ulimit -v 500000; exec kutta predict model.json --until 601900 --every 600000";
    let line = predict.replace("kutta", env!("CARGO_BIN_EXE_kutta"));
    let (out, _) = outcome(Command::new("sh").current_dir(&folder).args(["-c", &line]).output().unwrap());
    assert_eq!(out.lines().count(), 3);
}

/// What can be read but once is read once, whatever the kind of field.
#[cfg(unix)]
#[test]
fn models_come_through_pipes() {
    let folder = folder();
    for option in ["", "--time-input", "--lipschitz 2"] {
        succeeds(&folder, &format!("fit data.csv {QUICK} {option}"));
        let model = fs::File::open(folder.path().join("model.json")).unwrap();
        let mut cat = Command::new("cat").stdin(model).stdout(Stdio::piped()).spawn().unwrap();
        let piped = cat.stdout.take().unwrap();
        let output = command(folder.path(), "predict /dev/stdin --until 1905").stdin(piped).output().unwrap();
        let (out, _) = outcome(output);
        assert!(out.starts_with("year,hare,lynx\n1900"), "{option}: {out}");
        cat.wait().unwrap();
    }
}
