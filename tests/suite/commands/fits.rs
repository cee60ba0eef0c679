//! What a fit says of its data and of itself.

use super::*;
use std::f64::consts::PI;

/// A folder with `data.csv` of this text.
fn with(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), text).unwrap();
    folder
}

/// Rows of a time and what is computed from it, under a header.
fn rows(header: &str, count: i32, row: impl Fn(f64) -> Vec<f64>) -> String {
    let line = |k: i32| row(f64::from(k)).iter().map(|x| format!(",{x}")).collect::<String>();
    (0..count).map(|k| format!("{k}{}\n", line(k))).fold(format!("{header}\n"), |text, line| text + &line)
}

fn verdict(folder: &TempDir, options: &str) -> Value {
    json(&succeeds(folder, &format!("fit data.csv {options} --json")))["verdict"].take()
}

fn says(verdict: &Value, list: &str, words: &str) -> bool {
    verdict[list].as_array().unwrap().iter().any(|text| text.as_str().unwrap().contains(words))
}

#[test]
fn a_fit_no_better_than_the_mean_says_so() {
    // Thirteen orders of magnitude, of which a network in the units of the data does not see one.
    let folder = with(&rows("t,x", 31, |t| vec![t.exp()]));
    let options = "--raw --epochs 1 --hidden 4 --lr 1e-9";
    let found = verdict(&folder, options);
    assert_eq!((&found["overall"], &found["components"]["x"]["worth"]), (&"worthless".into(), &"worthless".into()));
    assert!(found["components"]["x"]["error"].as_f64().unwrap() >= 1.0, "{found}");
    assert!(says(&found, "advice", "`x` spans 13 orders of magnitude") && says(&found, "advice", "--seed"), "{found}");
    let text = succeeds(&folder, &format!("fit data.csv {options}"));
    assert!(text.contains("verdict  worthless: `x` is predicted ") && text.contains("\nadvice   "), "{text}");
    assert!(says(&found, "advice", "leave out --raw"), "{found}");
}

#[test]
fn a_training_that_goes_astray_ends_no_worse_than_it_began() {
    let folder = folder();
    let rmse = |options: &str| {
        let output =
            command(folder.path(), &format!("fit data.csv --optimizer sgd --json {options}")).output().unwrap();
        json(&text(&output.stdout))["train_rmse"]["overall"].as_f64().unwrap()
    };
    let start = rmse("--lr 1e-300 --epochs 1");
    let astray = rmse("--lr 1e100 --epochs 50");
    assert!(astray <= start, "{astray} and {start}");
}

#[test]
fn a_good_fit_says_so_and_gives_no_advice() {
    let folder = with(&rows("t,x", 40, |t| vec![(-0.1 * t).exp()]));
    let found = verdict(&folder, "--epochs 400 --hidden 4");
    assert_eq!(found["overall"], "good", "{found}");
    assert!(found["advice"].as_array().unwrap().is_empty() && found["notes"].as_array().unwrap().is_empty(), "{found}");
    let text = succeeds(&folder, "fit data.csv --epochs 400 --hidden 4");
    assert!(text.contains("verdict  good, on what it learned from\n"), "{text}");
}

#[test]
fn more_parameters_than_numbers_are_told() {
    let folder = with("t,x\n0,1\n1,0.367879441\n2,0.135335283\n");
    let found = verdict(&folder, "--epochs 5 --weight-decay 0");
    assert_eq!((found["parameters"].as_u64(), found["numbers"].as_u64()), (Some(480), Some(3)));
    assert!(says(&found, "notes", "480 parameters for 3 numbers"), "{found}");
}

#[test]
fn what_the_data_determine_of_the_parameters_is_told() {
    let folder = with(&rows("t,x", 20, |t| vec![(-0.1 * t).exp()]));
    let told = succeeds(&folder, "fit data.csv --epochs 50");
    assert!(
        told.contains("480 parameters, of which the data determine ") && !told.contains("without any law"),
        "{told}"
    );
    fails(&folder, "fit data.csv --optimizer adam --weight-decay 0.1", 2, &["--weight-decay is for lm"]);
}

#[test]
fn slips_and_jumps_are_told_where_they_are() {
    let slip = |t: f64| if t == 20.0 { 50.0 } else { (0.2 * t).sin() };
    let folder = with(&rows("t,x,y", 60, |t| vec![slip(t), (0.2 * t).cos()]));
    let found = verdict(&folder, "--epochs 30 --hidden 6");
    assert!(says(&found, "notes", "`x` is 50 at t = 20, and -0.75"), "{found}");
    assert!(says(&found, "notes", "by its neighbours: it was left out"), "{found}");
    let found = verdict(&folder, "--epochs 3 --hidden 4 --optimizer adam");
    assert!(says(&found, "notes", "leave it out, if it is a slip"), "{found}");
    let jump = |t: f64| if t < 30.0 { (-0.1 * t).exp() } else { 2.0 * (3.0 - 0.1 * t).exp() };
    let folder = with(&rows("t,x", 60, |t| vec![jump(t)]));
    let found = verdict(&folder, "--epochs 3 --hidden 4");
    assert!(says(&found, "notes", "`x` jumps between t = 29 and 30, as nowhere else"), "{found}");
}

#[test]
fn log_spaced_records_are_advised_to_know_the_time() {
    let times: Vec<f64> = std::iter::once(0.0).chain((0..30).map(|k| 10f64.powf(-3.0 + 0.2 * f64::from(k)))).collect();
    let line = |id: &str, start: f64, t: f64| format!("{id},{t},{}\n", start * (-t).exp() + 1.0 / (1.0 + 0.01 * t));
    let records = [("a", 1.0), ("b", 2.0)];
    let lines = records.iter().flat_map(|(id, start)| times.iter().map(move |&t| line(id, *start, t)));
    let folder = with(&format!("trajectory,t,x\n{}", lines.collect::<String>()));
    let found = verdict(&folder, "--epochs 1 --hidden 2");
    assert!(says(&found, "advice", "try --time log --time-input"), "{found}");
    let found = verdict(&folder, "--epochs 1 --hidden 2 --time log");
    assert!(says(&found, "notes", "several records of one equation may need --time-input with --time log"), "{found}");
    let found = verdict(&folder, "--time log --time-input");
    assert_eq!(found["overall"], "good", "{found}");
}

#[test]
fn what_a_fit_does_in_gaps_of_the_data_is_told() {
    // A circle, seen for a fifth of the time only: near x = 0.
    let burst = |k: usize| (-3..=3).map(move |j| PI * (k as f64 + 0.5) + 0.1 * f64::from(j));
    let line = |t: f64| format!("{t},{},{}\n", t.cos(), -t.sin());
    let told = |times: &mut dyn Iterator<Item = f64>| {
        let folder = with(&format!("t,x,v\n{}", times.map(line).collect::<String>()));
        let found = verdict(&folder, "--hidden 8");
        assert_eq!(found["overall"], "good", "{found}");
        says(&found, "notes", "the data do not tell what happens in their gaps")
    };
    assert!(told(&mut (0..5).flat_map(burst)));
    assert!(!told(&mut (0..40).map(|k| 0.3 * f64::from(k))));
}

#[test]
fn constants_stay_constant_and_have_no_deviation() {
    let folder = with("t,x,c\n0,1,5\n1,0.5,5\n2,0.3,5\n3,0.2,5\n");
    let object = json(&succeeds(&folder, &format!("fit data.csv {QUICK} --json")));
    assert_eq!(object["standard_deviation"]["c"], 0.0);
    assert_eq!(object["train_rmse"]["by_component"]["c"], 0.0);
    assert_eq!(object["verdict"]["components"]["c"]["worth"], "constant");
    assert!(says(&object["verdict"], "notes", "`c` never changes, and is held constant"));
    for options in ["--until 3", "--until 3 --flow", "--until -2"] {
        let output = command(folder.path(), &format!("predict model.json {options} --json")).output().unwrap();
        let path = json(&outcome(output).0);
        assert!(path["states"].as_array().unwrap().iter().all(|state| state[1] == 5.0), "{path}");
    }
}

#[test]
fn columns_that_are_no_components_of_a_state_are_told() {
    let heater = |t: f64| if (t / 40.0).fract() < 0.5 { 0.0 } else { 20.0 };
    let folder = with(&rows("t,T,phi", 100, |t| vec![(0.1 * t).sin(), heater(t)]));
    let found = verdict(&folder, "--epochs 1 --hidden 4");
    assert!(says(&found, "notes", "`phi` stays and jumps, like an input"), "{found}");
    assert!(!says(&found, "notes", "`T`"), "{found}");
    let folder = with("trajectory,t,x,k\na,0,1,2\na,1,0.5,2\nb,0,1,3\nb,1,0.3,3\n");
    assert!(says(&verdict(&folder, QUICK), "notes", "`k` changes from record to record alone: it is a constant"));
    let folder = with("index,t,x\n0,0,1\n1,0.1,2\n2,0.2,1\n");
    assert!(says(&verdict(&folder, QUICK), "notes", "the time is the first column, `index`; `t` is learned"));
    let folder = with(&rows("t,heat,y", 8, |t| vec![20.0 + 0.3 * t, (0.3 * t).exp()]));
    let found = verdict(&folder, QUICK);
    assert!(says(&found, "notes", "`heat` changes at a constant rate, like a clock or a ramp"), "{found}");
    assert!(!says(&found, "notes", "`y` changes at"), "{found}");
    let dose = |t: f64| vec![if t == 0.0 { 1.0 } else { 1.0 + 8.0 * (-0.3 * t).exp() }];
    let folder = with(&rows("hour,y", 12, dose));
    let words = "`y` jumps right after hour = 0, and never so again: if something was given there";
    assert!(says(&verdict(&folder, QUICK), "notes", words));
    let folder = with(&rows("hour,y", 12, |t| vec![(-2.0 * t).exp()]));
    assert!(!says(&verdict(&folder, QUICK), "notes", "jumps"), "a decay goes on");
    let help = succeeds(&folder, "fit --help");
    for word in ["cannot be given", "inputs", "constants", "gaps"] {
        assert!(help.contains(word), "no `{word}` in {help}");
    }
}

fn kinds(verdict: &Value) -> Vec<&str> {
    verdict["findings"].as_array().unwrap().iter().map(|finding| finding["kind"].as_str().unwrap()).collect()
}

#[test]
fn what_no_function_of_the_state_can_do_is_found_whatever_the_fit() {
    let folder = with(&rows("t,x", 60, |t| vec![(0.5 * t).sin()]));
    let found = verdict(&folder, QUICK);
    let finding =
        &found["findings"].as_array().unwrap().iter().find(|f| f["kind"] == "not_a_function_of_state").unwrap();
    assert!(finding["text"].as_str().unwrap().contains("`x` rises and falls by 1.9"), "{found}");
    assert_eq!((&finding["evidence"], &finding["component"]), (&"reversal".into(), &"x".into()));
    assert!(says(&found, "notes", "`x` rises and falls by 1.9"), "{found}");
    let slope = "a column `x_slope` with (next x - x before) / (next t - t before) in each row";
    assert!(says(&found, "advice", slope) && says(&found, "advice", "--time-input"), "{found}");
    assert!(!says(&found, "advice", "--seed"), "no training can mend that: {found}");
    // With the time it is one.
    let found = verdict(&folder, &format!("{QUICK} --time-input"));
    assert!(!kinds(&found).contains(&"not_a_function_of_state"), "{found}");
    assert!(!says(&found, "advice", "--time-input") && !says(&found, "advice", "slope"), "{found}");
    // With its slope it is one too.
    let folder = with(&rows("t,x,v", 60, |t| vec![(0.5 * t).sin(), 0.5 * (0.5 * t).cos()]));
    assert!(!kinds(&verdict(&folder, QUICK)).contains(&"not_a_function_of_state"));
    // Driven from outside it is none, though it has its slope.
    let beat = |t: f64| vec![(0.2 * t).sin() + (0.3 * t).sin(), 0.2 * (0.2 * t).cos() + 0.3 * (0.3 * t).cos()];
    let folder = with(&rows("t,x,v", 200, beat));
    let found = verdict(&folder, QUICK);
    assert!(says(&found, "notes", "the state is nearly the same and goes on elsewhere"), "{found}");
    assert!(says(&found, "advice", "a hidden state or an input") && !says(&found, "advice", "slope"), "{found}");
    // A constant of the record is nothing that the rest could do without.
    let dose = |id: i32| {
        (0..15).map(move |k| {
            let t = 0.4 * f64::from(k);
            format!("{id},{t},{},7{id}\n", t * (-t).exp())
        })
    };
    let folder = with(&format!("trajectory,t,y,weight\n{}", (0..2).flat_map(dose).collect::<String>()));
    let found = verdict(&folder, QUICK);
    assert!(says(&found, "notes", "rises and falls") && says(&found, "notes", "while nothing else changes"), "{found}");
    assert!(!says(&found, "advice", "is imposed from outside"), "{found}");
    // Records that differ in what the file does not tell.
    let record = |id: &str, rate: f64| {
        (0..30).map(|k| format!("{id},{k},{}\n", (-rate * f64::from(k)).exp())).collect::<String>()
    };
    let folder = with(&format!("trajectory,t,x\n{}{}", record("slow", 0.05), record("fast", 0.15)));
    let found = verdict(&folder, &format!("{QUICK} --per-step"));
    assert!(!says(&found, "advice", "--time-input"), "{found}");
    let found = verdict(&folder, QUICK);
    assert!(kinds(&found).contains(&"not_a_function_of_state"), "{found}");
    let advice = "the records differ in something that the file does not tell";
    assert!(says(&found, "advice", advice) && !says(&found, "advice", "--time-input"), "{found}");
}

#[test]
fn shares_of_the_variance_are_told_on_all_data() {
    let folder = with(&rows("t,x,c", 40, |t| vec![(-0.1 * t).exp(), 5.0]));
    let object = json(&succeeds(&folder, "fit data.csv --epochs 100 --hidden 4 --validation 0.25 --json"));
    let x = &object["verdict"]["components"]["x"];
    for (error, r2) in [("error", "r2"), ("held_out_error", "held_out_r2")] {
        let (error, r2) = (x[error].as_f64().unwrap(), x[r2].as_f64().unwrap());
        assert!((r2 - (1.0 - error * error)).abs() < 1e-12, "{object}");
    }
    assert!(object["verdict"]["components"]["c"]["r2"].is_null());
    let text = succeeds(&folder, "fit data.csv --epochs 100 --hidden 4 --validation 0.25");
    let table: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = |name: &str| table.iter().find(|row| row.first() == Some(&name)).unwrap();
    assert_eq!(&row("root")[4..9], ["training", "R²", "held", "out", "R²"]);
    for (column, r2) in [(2, "r2"), (4, "held_out_r2")] {
        let shown: f64 = row("x")[column].parse().unwrap();
        let r2 = x[r2].as_f64().unwrap();
        assert!(shown <= r2 && r2 < shown + 1.01e-4, "{shown} and {r2}: {text}");
    }
    assert_eq!((row("c")[2], row("c")[4]), ("-", "-"));
}

#[test]
fn a_bad_verdict_comes_first() {
    let folder = with(&rows("t,x", 31, |t| vec![t.exp()]));
    let text = succeeds(&folder, "fit data.csv --raw --epochs 1 --hidden 4 --lr 1e-9");
    assert!(text.starts_with("verdict  worthless: `x` is predicted ") && text.contains("\n\ndata "), "{text}");
    assert_eq!(text.matches("verdict").count(), 1, "{text}");
    let found = verdict(&folder, "--raw --epochs 1 --hidden 4 --lr 1e-9");
    let first = &found["findings"][0];
    assert_eq!((&first["kind"], &first["component"]), (&"no_better_than_mean".into(), &"x".into()));
}

#[test]
fn what_is_done_already_is_not_advised() {
    let folder = with(&rows("t,x", 31, |t| vec![(0.05 * t).exp()]));
    let bad = "--epochs 1 --hidden 4 --lr 1e-9";
    let advice = |options: &str| verdict(&folder, &format!("{bad} {options}"))["advice"].to_string();
    let plain = advice("");
    assert!(
        plain.contains("more --epochs than 1") && plain.contains("--learned-starts") && !plain.contains("--raw"),
        "{plain}"
    );
    assert!(plain.contains("more units than --hidden 4") && !plain.contains("--strategy"), "{plain}");
    assert!(!advice("--learned-starts").contains("--learned-starts"));
    assert!(advice("--strategy single").contains("--strategy multiple"));
    // More units for more parameters than numbers would be none.
    assert!(!verdict(&folder, "--epochs 1 --hidden 20 --lr 1e-9")["advice"].to_string().contains("units"));
}

#[test]
fn squares_of_huge_numbers_do_not_overflow() {
    let folder = with(&rows("t,x", 20, |t| vec![1e300 * (-0.1 * t).exp()]));
    let object = json(&succeeds(&folder, "fit data.csv --epochs 50 --hidden 4 --json"));
    assert!(object["train_rmse"]["overall"].as_f64().is_some_and(f64::is_finite), "{object}");
    fails(&folder, "fit data.csv --raw --epochs 5 --optimizer adam", 1, &["not finite", "leave out --raw"]);
    let object = json(&succeeds(&folder, "fit data.csv --raw --epochs 5 --json"));
    assert_eq!(object["verdict"]["overall"], "worthless", "{object}");
}

#[test]
fn a_component_may_be_called_t_and_trajectories_have_a_capital() {
    let folder = with("time,t\n0,20\n1,21\n2,21.5\n3,22\n");
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    assert!(succeeds(&folder, "predict model.json --until 2").starts_with("time,t\n0.0,20.0\n"));
    let folder = with("Trajectory,t,x\n1,0,1\n1,1,2\n2,0,1\n2,1,3\n");
    assert!(succeeds(&folder, &format!("fit data.csv {QUICK}")).contains("4 observations, 2 trajectories"));
}

#[test]
fn more_threads_than_cores_are_not_started() {
    let folder = folder();
    succeeds(&folder, &format!("fit data.csv {QUICK} --threads 1000000000"));
    let mut command = command(folder.path(), &format!("fit data.csv {QUICK}"));
    outcome(command.env("RAYON_NUM_THREADS", "1000000000").output().unwrap());
}

#[test]
fn uneven_times_are_told() {
    let folder = with("t,x\n0,1\n0.001,2\n0.002,1\n0.003,2\n1e6,3\n");
    let words = ["between observations are 0.001 to 1e6, in the median 0.001", "give a longer --step"];
    fails(
        &folder,
        "fit data.csv --substeps 4",
        2,
        &words.map(|word| word.replace("1e6", "1000000")).each_ref().map(|w| &w[..]),
    );
}

#[test]
fn absurd_numbers_are_named() {
    let folder = folder();
    for option in ["--penalty", "--divergence", "--jacobian", "--kinetic", "--lr"] {
        let output = command(folder.path(), &format!("fit data.csv {QUICK} {option} 1e308")).output().unwrap();
        let err = text(&output.stderr);
        assert!(output.status.code() == Some(1) && err.contains(&format!("{option} is 1e308")), "{option}: {err}");
        assert!(!err.contains("smaller parameters"), "{err}");
    }
    for seed in ["-1", "x", "1e3", "18446744073709551616"] {
        let range = "a whole number from 0 to 18446744073709551615";
        fails(&folder, &format!("fit data.csv --seed {seed}"), 2, &["--seed", range]);
    }
}

#[test]
fn options_that_are_hardly_meant_are_noted() {
    let folder = folder();
    let notes = |options: &str| verdict(&folder, &format!("{QUICK} {options}"))["notes"].to_string();
    assert!(notes("--warm-up 500").contains("--warm-up is 500, and --epochs only 6"));
    assert!(!notes("--warm-up 6").contains("--warm-up"));
    assert!(notes("--validation 0.01").contains("--validation 0.01 holds out a single observation"));
    assert!(!notes("--validation 0.5").contains("a single observation"));
}

#[test]
fn control_characters_in_data_do_nothing_to_a_terminal() {
    let folder = with("t,x\n0,\u{1b}[31mred\n");
    let err = text(&command(folder.path(), "fit data.csv").output().unwrap().stderr);
    assert!(err.contains("\\u{1b}[31mred") && !err.contains('\u{1b}'), "{err}");
}
