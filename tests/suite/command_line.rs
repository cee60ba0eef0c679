//! The command line as a user meets it: the built binary, in folders of its own.
#![cfg(feature = "cli")]

use kutta::data::Trajectories;
use serde_json::Value;
use std::fs;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const DATA: &str = "year,hare,lynx\n1900,30,4\n1901,47,6\n1902,70,10\n1903,77,35\n1904,36,59\n1905,21,42\n";
const QUICK: &str = "--epochs 6 --hidden 4 --substeps 1";

/// A folder with small data in `data.csv`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), DATA).unwrap();
    folder
}

/// Runs `kutta` in a folder with arguments that spaces separate.
fn kutta(folder: &TempDir, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kutta"));
    command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null()).output().unwrap()
}

/// Standard output of a run that succeeds, and has no more to say than where it is and what it has not seen.
fn succeeds(folder: &TempDir, arguments: &str) -> String {
    let output = kutta(folder, arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "kutta {arguments}: {err}");
    let is_expected = |line: &str| line.starts_with("epoch ") || line.starts_with("warning: ");
    assert!(err.lines().all(is_expected), "kutta {arguments}: {err}");
    out
}

/// A run ends with this code, says these words, and prints nothing else.
#[track_caller]
fn fails(folder: &TempDir, arguments: &str, code: i32, words: &[&str]) {
    let output = kutta(folder, arguments);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "kutta {arguments}: {err}");
    assert!(err.starts_with("error: ") && !err.contains("panicked"), "kutta {arguments}: {err}");
    for word in words {
        assert!(err.contains(word), "kutta {arguments}: no `{word}` in {err}");
    }
    assert!(output.stdout.is_empty(), "kutta {arguments}");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn read(folder: &TempDir, file: &str) -> Trajectories {
    Trajectories::from_csv(folder.path().join(file)).unwrap()
}

#[test]
fn every_command_has_help() {
    let folder = folder();
    for (command, words) in [
        ("--help", &["fit", "predict", "schemes", "Usage"][..]),
        (
            "fit --help",
            &[
                "--scheme",
                "--learned-starts",
                "[default: 20,20]",
                "unit of time",
                "--spectrum",
                "--lipschitz",
                "Example",
            ],
        ),
        ("predict --help", &["--start", "--until", "--flow", "Relative tolerance", "Example"]),
        ("schemes --help", &["--json", "gauss_S"]),
        ("verify --help", &["--json", "--order-up-to", "--plot", "exit code 1"]),
    ] {
        let help = succeeds(&folder, command);
        for word in words {
            assert!(help.contains(word), "no `{word}` in {help}");
        }
    }
    assert!(succeeds(&folder, "--version").starts_with("kutta "));
}

#[test]
fn bounded_equations_are_fitted_and_predicted() {
    let folder = folder();
    for bound in ["--spectrum -2,0.5", "--lipschitz 1.5 --time-input"] {
        succeeds(&folder, &format!("fit data.csv {QUICK} {bound} --out model.json"));
        let path = json(&succeeds(&folder, "predict model.json --until 1903 --json"));
        assert_eq!(path["states"].as_array().unwrap().len(), 4, "{bound}");
    }
    // Together with regularisers, which see the bounded equation.
    let options = "--spectrum -2,0.5 --jacobian 0.1 --divergence 0.5";
    let found = json(&succeeds(&folder, &format!("fit data.csv {QUICK} {options} --json")));
    let number = |value: &Value| value.as_f64().unwrap();
    let penalties = &found["penalties"];
    // The mean divergence over two components, weighted by the square of the time, whose mean by the trapezoidal rule of
    // a few steps is between 1/3 and 1/2. In units of time of the deviation of the data's times, 1.7 years.
    assert!(number(&penalties["jacobian"]) > 0.0, "{penalties}");
    let divergence = number(&penalties["divergence"]) / 0.5;
    assert!(divergence < 0.0 && divergence > -2.0 * 1.8 / 2.0, "{penalties}");
    succeeds(&folder, "predict model.json --until 1903");
    fails(&folder, "fit data.csv --spectrum 1,-1", 2, &["--spectrum", "the first less than the second"]);
    fails(&folder, "fit data.csv --lipschitz 0", 2, &["--lipschitz", "a positive number"]);
    fails(&folder, "fit data.csv --lipschitz 1 --spectrum -1,1", 2, &["cannot be used with"]);
}

#[test]
fn bounds_are_told() {
    let folder = folder();
    let number = |value: &Value| value.as_f64().unwrap();
    let fit = |options: &str| succeeds(&folder, &format!("fit data.csv {QUICK} {options}"));
    let bound = json(&fit("--spectrum -2,0.5 --json"))["bound"].take();
    assert_eq!((&bound["kind"], &bound["alpha"], &bound["beta"]), (&"spectrum".into(), &(-2.0).into(), &0.5.into()));
    let eigenvalues = &bound["eigenvalues"];
    let [least, largest, imaginary] =
        ["least_real", "largest_real", "largest_imaginary"].map(|name| number(&eigenvalues[name]));
    // In the data's units of time, whatever those of training.
    assert!(-2.0 < least && least <= largest && largest < 0.5 && imaginary < 1.25, "{bound}");
    assert!((least + 0.75).abs() > 1e-3 || (largest + 0.75).abs() > 1e-3, "not the centre alone: {bound}");
    assert_eq!(eigenvalues["states"], 6);
    let share = number(&bound["norms_share"]);
    assert!(share > 0.0 && share <= 1.0 + 1e-12, "{bound}");
    // The first bound is out of reach, the other one is not.
    for (limit, expected) in [(1e6, 0.0..0.01), (1e-3, 1.0 - 1e-9..1.0 + 1e-9)] {
        let bound = json(&fit(&format!("--lipschitz {limit} --json")))["bound"].take();
        assert_eq!((&bound["kind"], &bound["bound"]), (&"lipschitz".into(), &limit.into()));
        let (share, size) = (number(&bound["norms_share"]), number(&bound["eigenvalues"]["largest_real"]).abs());
        assert!(expected.contains(&share) && size <= limit * share * (1.0 + 1e-9), "{bound}");
    }
    for (options, words) in [
        ("--spectrum -2,0.5", "rates in the disc from -2 to 0.5 per year; norms take "),
        ("--lipschitz 0.001", "rates below 0.001 per year; norms take 100 %"),
    ] {
        let text = fit(options);
        assert!(text.contains(words) && text.contains("at 6 observations"), "{text}");
    }
    // Nothing is said of what is not there.
    assert!(json(&fit("--json")).get("bound").is_none() && !fit("").contains("bound"));
}

#[test]
fn data_that_cannot_be_predicted_are_told() {
    let folder = folder();
    // With steps of a thousand the fixed-point iteration is no contraction: only one of the records can be learned.
    let near_and_far = "trajectory,t,x\nnear,0,1\nnear,0.1,1.1\nnear,0.2,1.2\nfar,0,1\nfar,1000,2\nfar,2000,5\n";
    fs::write(folder.path().join("both.csv"), near_and_far).unwrap();
    let fit = "fit both.csv --raw --hidden 4 --activation identity --epochs 20 --lr 0.01 --substeps 1 --solver fixed-point --strategy single \
               --batch 1 --on-failure skip";
    let object = json(&succeeds(&folder, &format!("{fit} --json")));
    assert!(object["train_rmse"].is_null() && object["validation_rmse"].is_null(), "{object}");
    let Value::Array(reasons) = &object["unpredicted"] else { panic!("{object}") };
    assert!(reasons.len() == 1 && reasons[0].as_str().unwrap().starts_with("the training data: "), "{object}");
    let text = succeeds(&folder, fit);
    assert!(text.contains("no prediction of the training data: ") && !text.contains("NaN"), "{text}");
    // Nothing is said of a prediction that works.
    assert!(json(&succeeds(&folder, &format!("fit data.csv {QUICK} --json"))).get("unpredicted").is_none());
}

#[test]
fn schemes_as_table_and_json() {
    let folder = folder();
    let table = succeeds(&folder, "schemes");
    assert!(table.lines().any(|l| l.starts_with("radau_iia_3 ") && l.contains("fully implicit")), "{table}");
    let Value::Array(rows) = json(&succeeds(&folder, "schemes --json")) else { panic!("not an array") };
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
fn fit_then_predict() {
    let folder = folder();
    let text = succeeds(&folder, &format!("fit data.csv {QUICK} --record record.csv"));
    for word in ["6 observations", "2-4-2 tanh", "radau_iia_2", "hare", "lynx", "training", "model.json", "record.csv"]
    {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("record.csv")).unwrap().lines().count(), 7);

    // By its own steps, from the start of the data, to standard output: the format that was read.
    let csv = succeeds(&folder, "predict model.json --until 1903");
    let path = Trajectories::from_csv_str(&csv, "standard output").unwrap();
    assert_eq!((path.time_name(), path.components()), ("year", &["hare".to_string(), "lynx".to_string()][..]));
    assert_eq!(path.trajectory(0).times(), [1900.0, 1901.0, 1902.0, 1903.0]);
    assert_eq!(path.trajectory(0).state(0), [30.0, 4.0]);

    // Accurately: near the former, the same at a finer interval, and from elsewhere.
    succeeds(&folder, "predict model.json --until 1903 --flow --tolerance 1e-8 --every 0.5 --out flow.csv");
    let flow = read(&folder, "flow.csv");
    assert_eq!(flow.trajectory(0).times(), [1900.0, 1900.5, 1901.0, 1901.5, 1902.0, 1902.5, 1903.0]);
    for (x, y) in path.trajectory(0).state(3).iter().zip(flow.trajectory(0).state(6)) {
        assert!((x - y).abs() < 1.0, "{x} and {y}");
    }
    succeeds(&folder, "predict model.json --start 50,20 --from -3 --until -1.5 --every 1 --out other.csv");
    let other = read(&folder, "other.csv");
    assert_eq!(
        (other.trajectory(0).times(), other.trajectory(0).state(0)),
        (&[-3.0, -2.0, -1.5][..], &[50.0, 20.0][..])
    );

    let object = json(&succeeds(&folder, "predict model.json --until 1903 --json"));
    assert_eq!((object["method"].as_str(), object["scheme"].as_str()), (Some("network"), Some("radau_iia_2")));
    assert_eq!(object["times"].as_array().unwrap().len(), 4);
    assert_eq!(object["states"][3][1].as_f64(), Some(path.trajectory(0).state(3)[1]));
}

#[test]
fn fit_prints_one_json_object() {
    let folder = folder();
    let object = json(&succeeds(&folder, &format!("fit data.csv {QUICK} --validation 0.4 --scheme rk4 --json")));
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!((object["scheme"].as_str(), object["epochs"].as_u64()), (Some("rk4"), Some(6)));
    assert_eq!(object["parameters"].as_u64(), Some(2 * 4 + 4 + 4 * 2));
    assert_eq!((number(&object["failed_solves"]), number(&object["mean_iterations"])), (0.0, 0.0));
    assert!(number(&object["seconds"]) >= 0.0 && number(&object["standard_deviation"]["lynx"]) > 10.0);
    for rmse in [&object["train_rmse"], &object["validation_rmse"]] {
        let [all, hare, lynx] =
            [&rmse["overall"], &rmse["by_component"]["hare"], &rmse["by_component"]["lynx"]].map(number);
        assert!((all * all - (hare * hare + lynx * lynx) / 2.0).abs() < 1e-9 * all * all, "{rmse}");
    }
}

#[test]
fn several_records_batches_and_time() {
    let folder = folder();
    let mut text = "t,trajectory,x\n".to_string();
    for (name, start) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)] {
        (0..5).for_each(|k| text += &format!("{k},{name},{}\n", start * 0.8_f64.powi(k)));
    }
    fs::write(folder.path().join("many.csv"), text).unwrap();
    let options = "--time-input --learned-starts --strategy growing --schedule plateau --batch 2 --validation 0.25 \
                   --optimizer sgd --lr 0.01 --clip 1 --patience 3 --on-failure skip --solver newton-gmres --threads 2";
    let text = succeeds(&folder, &format!("fit many.csv {QUICK} {options}"));
    assert!(text.contains("4 trajectories") && text.contains("held out") && text.contains("2-4-1 tanh"), "{text}");
    // Each training record has its start.
    let starts: Vec<f64> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| kutta(&folder, &format!("predict model.json --until 2 --trajectory {name}")))
        .filter(|output| output.status.success())
        .map(|output| Trajectories::from_csv_str(&String::from_utf8(output.stdout).unwrap(), "out").unwrap())
        .map(|path| path.trajectory(0).state(0)[0])
        .collect();
    assert!(starts.len() == 3 && starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
    fails(&folder, "predict model.json --until 2 --trajectory z", 2, &["--trajectory is `z`, expected one of"]);
}

#[test]
fn a_failed_training_is_told_and_its_network_saved() {
    let folder = folder();
    fs::write(folder.path().join("steep.csv"), "t,x\n0,0.01\n1,0.04648\n2,0.3\n3,5\n").unwrap();
    let fit = "fit steep.csv --scheme backward_euler --solver newton --substeps 1 --raw --strategy single --lr 0.5 --hidden 4 --epochs 60";
    let output = kutta(&folder, &format!("{fit} --on-failure stop"));
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(
        err.starts_with("error: training ended after 1 epoch: ") && err.contains("is saved in model.json"),
        "{err}"
    );
    assert!(out.contains("root mean square error"), "{out}");
    succeeds(&folder, "predict model.json --start 0.01 --until 1");
    // By default the update that led there is taken back.
    let text = succeeds(&folder, fit);
    assert!(text.contains("60 epochs") && text.contains("1 attempt failed"), "{text}");
}

#[test]
fn every_stage_solver_has_a_name() {
    let folder = folder();
    let quick = "--raw --hidden 4 --epochs 1 --substeps 20 --scheme backward_euler --lr 1e-6 --tolerance 1e-6 --strategy single";
    fs::write(folder.path().join("slow.csv"), "t,x,y\n0,0.1,0.2\n0.1,0.1,0.2\n").unwrap();
    for solver in [
        "automatic",
        "newton",
        "simplified-newton",
        "newton-gmres",
        "fixed-point",
        "anderson",
        "broyden",
        "gradient-descent",
        "bfgs",
        "lbfgs",
        "fletcher-reeves",
        "polak-ribiere",
        "hestenes-stiefel",
        "gauss-newton",
    ] {
        succeeds(&folder, &format!("fit slow.csv {quick} --solver {solver}"));
        let model = fs::read_to_string(folder.path().join("model.json")).unwrap();
        assert!(model.contains(&format!("\"{solver}\"")), "{solver}: {model}");
    }
    for search in ["more-thuente", "hager-zhang", "near-exact"] {
        succeeds(&folder, &format!("fit slow.csv {quick} --solver polak-ribiere --line-search {search}"));
        let model = fs::read_to_string(folder.path().join("model.json")).unwrap();
        assert!(model.contains(&format!("\"{search}\"")), "{search}: {model}");
    }
    let help = succeeds(&folder, "fit --help");
    assert!(help.contains("--line-search") && help.contains("hestenes-stiefel"), "{help}");
}

#[test]
fn reuse_is_chosen_by_name() {
    let folder = folder();
    for (start, jacobian) in [("none", "stage"), ("previous-step", "step"), ("last-epoch", "epoch")] {
        let reuse = format!("--solver simplified-newton --warm-start {start} --jacobian-reuse {jacobian}");
        succeeds(&folder, &format!("fit data.csv {QUICK} {reuse}"));
        let model = json(&fs::read_to_string(folder.path().join("model.json")).unwrap());
        let found = &model["contents"]["block"]["solver"]["reuse"];
        assert_eq!((found["start"].as_str(), found["jacobian"].as_str()), (Some(start), Some(jacobian)), "{model}");
    }
    fails(&folder, "fit data.csv --warm-start last-step", 2, &["--warm-start", "previous-step"]);
    fails(&folder, "fit data.csv --jacobian-reuse steps", 2, &["--jacobian-reuse", "did you mean `step`?"]);
}

#[test]
fn the_fixed_point_iteration_tells_how_it_contracts() {
    let folder = folder();
    let fit = format!("fit data.csv {QUICK} --scheme backward_euler --raw --lr 1e-6 --lipschitz");
    let contraction = |bound: &str| {
        let found = json(&succeeds(&folder, &format!("{fit} {bound} --solver fixed-point --json")));
        found["contraction"].as_f64().unwrap()
    };
    // Steps of one year.
    let rate = contraction("0.4");
    assert!(rate > 0.0 && rate <= 0.4 + 1e-9, "{rate}");
    assert!(
        succeeds(&folder, &format!("{fit} 0.4 --solver fixed-point"))
            .contains("fixed-point iteration contracts: factor")
    );
    let found = json(&succeeds(&folder, &format!("{fit} 0.4 --json")));
    assert!(found.get("contraction").is_none());
    // Two stages together: the norm of their coefficients is 0.88, the spectral radius 0.41. It converges, and is told.
    let slow = format!("fit data.csv {QUICK} --scheme radau_iia_2 --raw --lr 1e-6 --spectrum -1.6,-1.5");
    let text = succeeds(&folder, &format!("{slow} --solver fixed-point"));
    assert!(text.contains("warning  the fixed-point iteration need not contract: factor 1.3"), "{text}");
}

#[test]
fn steps_may_have_parameters_of_their_own() {
    let folder = folder();
    let text = "t,x\n0,1\n1,0.5\n2,0.6\n3,0.2\n";
    fs::write(folder.path().join("short.csv"), text).unwrap();
    let fit = "fit short.csv --hidden 3 --epochs 20 --substeps 2 --strategy single --json";
    let shared = json(&succeeds(&folder, fit));
    let own = json(&succeeds(&folder, &format!("{fit} --per-step --variation 0.1 --spectrum -5,1")));
    // Six steps; a matrix of 3 × 1, one of 1 × 3, three biases, and a rate.
    assert_eq!((shared["parameters"].as_u64(), own["parameters"].as_u64()), (Some(9), Some(6 * 10)));
    assert!(own["penalties"]["variation"].as_f64().unwrap() > 0.0);
    let path = json(&succeeds(&folder, "predict model.json --until 5 --json"));
    assert!(path["states"].as_array().unwrap().len() > 4);
    fails(&folder, "fit short.csv --variation 0.1", 2, &["--per-step"]);
    fails(&folder, "fit short.csv --per-step --step 1e-5 --hidden 1000", 2, &["--hidden and --per-step make"]);
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let folder = folder();
    for (seed, file) in [(3, "a.json"), (3, "b.json"), (4, "c.json")] {
        succeeds(&folder, &format!("fit data.csv {QUICK} --seed {seed} --out {file}"));
    }
    let [a, b, c] = ["a.json", "b.json", "c.json"].map(|file| fs::read(folder.path().join(file)).unwrap());
    assert!(a == b && a != c);
}

#[test]
fn training_continues_from_a_checkpoint() {
    let folder = folder();
    let options = "--hidden 4 --substeps 1 --schedule constant --warm-up 2";
    succeeds(&folder, &format!("fit data.csv {options} --epochs 8 --out whole.json"));
    succeeds(&folder, &format!("fit data.csv {options} --epochs 4 --checkpoint state.json"));
    succeeds(&folder, &format!("fit data.csv {options} --epochs 8 --resume state.json --out resumed.json"));
    let [whole, resumed] = ["whole.json", "resumed.json"].map(|file| fs::read(folder.path().join(file)).unwrap());
    assert!(whole == resumed);
    let other = format!("fit data.csv {options} --epochs 8 --seed 5 --resume state.json");
    fails(&folder, &other, 1, &["state.json", "seed was 0, is now 5"]);
}

#[cfg(feature = "plot")]
#[test]
fn figures() {
    let folder = folder();
    let svg = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let text = succeeds(&folder, &format!("fit data.csv {QUICK} --validation 0.4 --plot fit.svg --forecast 1910"));
    assert!(text.contains("figure   fit.svg"), "{text}");
    for word in ["observed", "held out", "fit", "forecast", "hare", "lynx", "year", "1910"] {
        assert!(svg("fit.svg").contains(word), "no `{word}`");
    }
    succeeds(&folder, "predict model.json --until 1905 --plot path.svg --out path.csv");
    assert!(svg("path.svg").contains("lynx"));
    fails(&folder, "fit data.csv --plot a.svg --forecast 1903", 2, &["--forecast is 1903", "1905"]);
    fails(&folder, "fit data.csv --plot a.svg --forecast 1e300", 2, &["--forecast is 1"]);
    fails(&folder, "fit data.csv --forecast 1910", 2, &["--plot"]);
    fails(&folder, "fit data.csv --plot missing/a.svg", 1, &["missing/a.svg", "folder does not exist"]);
}

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
    let text = succeeds(&folder, &format!("fit data.csv {QUICK} --scheme own.toml"));
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
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
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
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
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

#[test]
fn regularisers_are_told_and_recorded() {
    let folder = folder();
    let options = "--divergence -0.5 --divergence-power 1 --jacobian 0.1 --kinetic 0.01 --divergence-bounded";
    let found = json(&succeeds(&folder, &format!("fit data.csv {QUICK} {options} --record record.csv --json")));
    assert_eq!(found["regularisation"]["divergence"], -0.5);
    assert_eq!(found["regularisation"]["estimator"], "automatic");
    let penalties = &found["penalties"];
    let divergence = penalties["divergence"].as_f64().unwrap();
    assert!(-0.5 < divergence && divergence < 0.0, "{penalties}");
    assert!(
        penalties["jacobian"].as_f64().unwrap() > 0.0 && penalties["kinetic"].as_f64().unwrap() > 0.0,
        "{penalties}"
    );
    let record = fs::read_to_string(folder.path().join("record.csv")).unwrap();
    let lines: Vec<Vec<&str>> = record.lines().map(|line| line.split(',').collect()).collect();
    let column = lines[0].iter().position(|name| *name == "jacobian").unwrap();
    assert!(lines[1..].iter().all(|line| line[column].parse::<f64>().unwrap() > 0.0), "{record}");
    let text = succeeds(&folder, &format!("fit data.csv {QUICK} --jacobian 0.1 --probes 3 --probe-kind gaussian"));
    assert!(text.contains("penalty  Jacobian "), "{text}");
    // Nothing is said of what is not there.
    let found = json(&succeeds(&folder, &format!("fit data.csv {QUICK} --json")));
    assert!(found.get("regularisation").is_none() && found.get("penalties").is_none());
    for (option, value) in [
        ("--divergence", "x"),
        ("--divergence-power", "-1"),
        ("--jacobian", "-0.1"),
        ("--kinetic", "inf"),
        ("--variation", "nan"),
        ("--probes", "0"),
        ("--probe-kind", "gaussan"),
    ] {
        let extra = if option == "--probe-kind" { "--probes 2" } else { "" };
        fails(&folder, &format!("fit data.csv {extra} {option} {value}"), 2, &[option, value]);
    }
    fails(&folder, "fit data.csv --probe-kind gaussian", 2, &["--probes"]);
}

#[test]
fn verify_prints_tables_and_json() {
    let folder = folder();
    let table = succeeds(&folder, "verify radau_iia_4");
    for words in ["radau_iia_4: 4 stages", "l stable", "yes", "hold to 1e-12", "all 1"] {
        assert!(table.contains(words), "no `{words}` in {table}");
    }
    let report = json(&succeeds(&folder, "verify rk4 --json --order-up-to 6"));
    assert_eq!(
        (&report["order"], &report["a_stable"], &report["arithmetic"]),
        (&4.into(), &false.into(), &"fractions".into())
    );
    let pair = json(&succeeds(&folder, "verify verlet --json"));
    assert_eq!((&pair["symplectic"], &pair["oscillator_limit"]), (&true.into(), &2.0.into()));
    let both = json(&succeeds(&folder, "verify euler kencarp_3 --json"));
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    fs::write(folder.path().join("many.json"), r#"[{"A": [[0.5]], "b": [1], "order": 2, "ssp_coefficient": null}]"#)
        .unwrap();
    let many = json(&succeeds(&folder, "verify many.json --json"));
    assert_eq!((&many[0]["name"], &many[0]["symplectic"]), (&"many.json[0]".into(), &true.into()));
    fs::write(folder.path().join("one.json"), r#"{"A": [[0.5]], "b": [1]}"#).unwrap();
    assert_eq!(json(&succeeds(&folder, "verify one.json --json"))["name"], "one.json");
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

#[cfg(feature = "plot")]
#[test]
fn schemes_are_drawn() {
    let folder = folder();
    succeeds(&folder, "verify sdirk2 verlet --plot figures");
    for name in ["sdirk2-region", "sdirk2-order-star", "sdirk2-amplification", "velocity_verlet-orbits"] {
        let figure = fs::read_to_string(folder.path().join("figures").join(name).with_extension("svg")).unwrap();
        assert!(figure.contains("<svg") && figure.len() > 2000, "{name}");
    }
}
