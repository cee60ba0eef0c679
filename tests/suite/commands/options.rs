//! What the options of `fit` and `predict` do.

use super::*;
use kutta::solve::StageMethod;

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
        let help = runs(&folder, command);
        for word in words {
            assert!(help.contains(word), "no `{word}` in {help}");
        }
    }
    assert!(runs(&folder, "--version").starts_with("kutta "));
}

#[test]
fn bounded_equations_are_fitted_and_predicted() {
    let folder = folder();
    for bound in ["--spectrum -2,0.5", "--lipschitz 1.5 --time-input"] {
        runs(&folder, &format!("fit data.csv {QUICK} {bound} --out model.json"));
        let path = json(&runs(&folder, "predict model.json --until 1903 --json"));
        assert_eq!(path["states"].as_array().unwrap().len(), 4, "{bound}");
    }
    // Together with regularisers, which see the bounded equation.
    let options = "--spectrum -2,0.5 --jacobian 0.1 --divergence 0.5";
    let found = json(&runs(&folder, &format!("fit data.csv {QUICK} {options} --json")));
    let number = |value: &Value| value.as_f64().unwrap();
    let penalties = &found["penalties"];
    // The mean divergence over two components, weighted by the square of the time, whose mean by the trapezoidal rule of
    // a few steps is between 1/3 and 1/2. In units of time of the deviation of the data's times, 1.7 years.
    assert!(number(&penalties["jacobian"]) > 0.0, "{penalties}");
    let divergence = number(&penalties["divergence"]) / 0.5;
    assert!(divergence < 0.0 && divergence > -2.0 * 1.8 / 2.0, "{penalties}");
    runs(&folder, "predict model.json --until 1903");
    fails(&folder, "fit data.csv --spectrum 1,-1", 2, &["--spectrum", "the first less than the second"]);
    fails(&folder, "fit data.csv --lipschitz 0", 2, &["--lipschitz", "a positive number"]);
    fails(&folder, "fit data.csv --lipschitz 1 --spectrum -1,1", 2, &["cannot be used with"]);
}

#[test]
fn bounds_are_told() {
    let folder = folder();
    let number = |value: &Value| value.as_f64().unwrap();
    let fit = |options: &str| runs(&folder, &format!("fit data.csv {QUICK} {options}"));
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
    let object = json(&runs(&folder, &format!("{fit} --json")));
    assert!(object["train_rmse"].is_null() && object["validation_rmse"].is_null(), "{object}");
    let Value::Array(reasons) = &object["unpredicted"] else { panic!("{object}") };
    assert!(reasons.len() == 1 && reasons[0].as_str().unwrap().starts_with("the training data: "), "{object}");
    let text = runs(&folder, fit);
    assert!(text.contains("no prediction of the training data: ") && !text.contains("NaN"), "{text}");
    // Nothing is said of a prediction that works.
    assert!(json(&runs(&folder, &format!("fit data.csv {QUICK} --json"))).get("unpredicted").is_none());
}

#[test]
fn fit_then_predict() {
    let folder = folder();
    let text = runs(&folder, &format!("fit data.csv {QUICK} --record record.csv"));
    for word in ["6 observations", "2-4-2 tanh", "radau_iia_2", "hare", "lynx", "training", "model.json", "record.csv"]
    {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("record.csv")).unwrap().lines().count(), 7);

    // By its own steps, from the start of the data, to standard output: the format that was read.
    let csv = runs(&folder, "predict model.json --until 1903");
    let path = Trajectories::from_csv_str(&csv, "standard output").unwrap();
    assert_eq!((path.time_name(), path.components()), ("year", &["hare".to_string(), "lynx".to_string()][..]));
    assert_eq!(path.trajectory(0).times(), [1900.0, 1901.0, 1902.0, 1903.0]);
    assert_eq!(path.trajectory(0).state(0), [30.0, 4.0]);

    // Accurately: near the former, the same at a finer interval, and from elsewhere.
    runs(&folder, "predict model.json --until 1903 --flow --tolerance 1e-8 --every 0.5 --out flow.csv");
    let flow = read(&folder, "flow.csv");
    assert_eq!(flow.trajectory(0).times(), [1900.0, 1900.5, 1901.0, 1901.5, 1902.0, 1902.5, 1903.0]);
    for (x, y) in path.trajectory(0).state(3).iter().zip(flow.trajectory(0).state(6)) {
        assert!((x - y).abs() < 1.0, "{x} and {y}");
    }
    runs(&folder, "predict model.json --start 50,20 --from -3 --until -1.5 --every 1 --out other.csv");
    let other = read(&folder, "other.csv");
    assert_eq!(
        (other.trajectory(0).times(), other.trajectory(0).state(0)),
        (&[-3.0, -2.0, -1.5][..], &[50.0, 20.0][..])
    );

    let object = json(&runs(&folder, "predict model.json --until 1903 --json"));
    assert_eq!((object["method"].as_str(), object["scheme"].as_str()), (Some("network"), Some("radau_iia_2")));
    assert_eq!(object["times"].as_array().unwrap().len(), 4);
    assert_eq!(object["states"][3][1].as_f64(), Some(path.trajectory(0).state(3)[1]));
}

#[test]
fn fit_prints_one_json_object() {
    let folder = folder();
    let object = json(&runs(&folder, &format!("fit data.csv {QUICK} --validation 0.4 --scheme rk4 --json")));
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
    let text = runs(&folder, &format!("fit many.csv --epochs 6 --hidden 4 --substeps 1 {options}"));
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
    runs(&folder, "predict model.json --start 0.01 --until 1");
    // By default the update that led there is taken back.
    let text = runs(&folder, fit);
    assert!(text.contains("60 epochs") && text.contains("1 attempt failed"), "{text}");
}

#[test]
fn every_stage_solver_has_a_name() {
    let folder = folder();
    let quick = "--raw --hidden 4 --epochs 1 --substeps 20 --scheme backward_euler --lr 1e-6 --tolerance 1e-6 --strategy single";
    fs::write(folder.path().join("slow.csv"), "t,x,y\n0,0.1,0.2\n0.1,0.1,0.2\n").unwrap();
    for solver in StageMethod::ALL {
        runs(&folder, &format!("fit slow.csv {quick} --solver {solver}"));
        let model = fs::read_to_string(folder.path().join("model.json")).unwrap();
        assert!(model.contains(&format!("\"{solver}\"")), "{solver}: {model}");
    }
    for search in ["more-thuente", "hager-zhang", "near-exact"] {
        runs(&folder, &format!("fit slow.csv {quick} --solver polak-ribiere --line-search {search}"));
        let model = fs::read_to_string(folder.path().join("model.json")).unwrap();
        assert!(model.contains(&format!("\"{search}\"")), "{search}: {model}");
    }
    let help = runs(&folder, "fit --help");
    assert!(help.contains("--line-search") && help.contains("hestenes-stiefel"), "{help}");
}

#[test]
fn reuse_is_chosen_by_name() {
    let folder = folder();
    for (start, jacobian) in [("none", "stage"), ("previous-step", "step"), ("last-epoch", "epoch")] {
        let reuse = format!("--solver simplified-newton --warm-start {start} --jacobian-reuse {jacobian}");
        runs(&folder, &format!("fit data.csv {QUICK} {reuse}"));
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
        let found = json(&runs(&folder, &format!("{fit} {bound} --solver fixed-point --json")));
        found["contraction"].as_f64().unwrap()
    };
    // Steps of one year.
    let rate = contraction("0.4");
    assert!(rate > 0.0 && rate <= 0.4 + 1e-9, "{rate}");
    assert!(
        runs(&folder, &format!("{fit} 0.4 --solver fixed-point")).contains("fixed-point iteration contracts: factor")
    );
    let found = json(&runs(&folder, &format!("{fit} 0.4 --json")));
    assert!(found.get("contraction").is_none());
    // Two stages together: the norm of their coefficients is 0.88, the spectral radius 0.41. It converges, and is told.
    let slow = format!("fit data.csv {QUICK} --scheme radau_iia_2 --raw --lr 1e-6 --spectrum -1.6,-1.5");
    let text = runs(&folder, &format!("{slow} --solver fixed-point"));
    assert!(text.contains("warning  the fixed-point iteration need not contract: factor 1.3"), "{text}");
}

#[test]
fn steps_may_have_parameters_of_their_own() {
    let folder = folder();
    let text = "t,x\n0,1\n1,0.5\n2,0.6\n3,0.2\n";
    fs::write(folder.path().join("short.csv"), text).unwrap();
    let fit = "fit short.csv --hidden 3 --epochs 20 --substeps 2 --strategy single --json";
    let shared = json(&runs(&folder, fit));
    let own = json(&runs(&folder, &format!("{fit} --per-step --variation 0.1 --spectrum -5,1")));
    // Six steps; a matrix of 3 × 1, one of 1 × 3, three biases, and a rate.
    assert_eq!((shared["parameters"].as_u64(), own["parameters"].as_u64()), (Some(9), Some(6 * 10)));
    assert!(own["penalties"]["variation"].as_f64().unwrap() > 0.0);
    let path = json(&runs(&folder, "predict model.json --until 5 --json"));
    assert!(path["states"].as_array().unwrap().len() > 4);
    fails(&folder, "fit short.csv --variation 0.1", 2, &["--per-step"]);
    fails(&folder, "fit short.csv --per-step --step 1e-5 --hidden 1000", 2, &["--hidden and --per-step make"]);
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let folder = folder();
    for (seed, file) in [(3, "a.json"), (3, "b.json"), (4, "c.json")] {
        runs(&folder, &format!("fit data.csv {QUICK} --seed {seed} --out {file}"));
    }
    let [a, b, c] = ["a.json", "b.json", "c.json"].map(|file| fs::read(folder.path().join(file)).unwrap());
    assert!(a == b && a != c);
}

#[test]
fn training_continues_from_a_checkpoint() {
    let folder = folder();
    let options = "--hidden 4 --substeps 1 --schedule constant --warm-up 2";
    runs(&folder, &format!("fit data.csv {options} --epochs 8 --out whole.json"));
    runs(&folder, &format!("fit data.csv {options} --epochs 4 --checkpoint state.json"));
    runs(&folder, &format!("fit data.csv {options} --epochs 8 --resume state.json --out resumed.json"));
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
    let text = runs(&folder, &format!("fit data.csv {QUICK} --validation 0.4 --plot fit.svg --forecast 1910"));
    assert!(text.contains("figure   fit.svg"), "{text}");
    for word in ["observed", "held out", "fit", "forecast", "hare", "lynx", "year", "1910"] {
        assert!(svg("fit.svg").contains(word), "no `{word}`");
    }
    runs(&folder, "predict model.json --until 1905 --plot path.svg --out path.csv");
    assert!(svg("path.svg").contains("lynx"));
    fails(&folder, "fit data.csv --plot a.svg --forecast 1903", 2, &["--forecast is 1903", "1905"]);
    fails(&folder, "fit data.csv --plot a.svg --forecast 1e300", 2, &["--forecast is 1"]);
    fails(&folder, "fit data.csv --forecast 1910", 2, &["--plot"]);
    fails(&folder, "fit data.csv --plot missing/a.svg", 1, &["missing/a.svg", "folder does not exist"]);
}

#[test]
fn regularisers_are_told_and_recorded() {
    let folder = folder();
    let options = "--divergence -0.5 --divergence-power 1 --jacobian 0.1 --kinetic 0.01 --divergence-bounded";
    let found = json(&runs(&folder, &format!("fit data.csv {QUICK} {options} --record record.csv --json")));
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
    let text = runs(&folder, &format!("fit data.csv {QUICK} --jacobian 0.1 --probes 3 --probe-kind gaussian"));
    assert!(text.contains("penalty  Jacobian "), "{text}");
    // Nothing is said of what is not there.
    let found = json(&runs(&folder, &format!("fit data.csv {QUICK} --json")));
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
