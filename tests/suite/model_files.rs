//! Saved models: what is loaded computes the same bits, and damaged files say what is wrong.

use kutta::data::{Standardisation, Trajectories};
use kutta::field::{Activation, AnyField, Mlp};
use kutta::network::OdeBlock;
use kutta::train::{Adam, Model, Settings, Trainer};
use kutta::{Error, Tableau};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn block() -> OdeBlock<Mlp> {
    let scheme = Tableau::new([[0.5]], [1.0], [0.5]).unwrap().named("implicit_midpoint");
    OdeBlock::new(Mlp::new([2, 5, 2], Activation::Tanh).unwrap(), scheme).step_size(0.5)
}

fn hudson_bay() -> Trajectories {
    Trajectories::from_csv("examples/data/hudson_bay.csv").unwrap()
}

fn trained() -> Model<Mlp> {
    let trainer = Trainer::new(block()).settings(Settings::plain()).optimizer(Adam::new(0.01)).epochs(20);
    let trainer = trainer.standardised(true).learned_starts(true);
    trainer.fit(&hudson_bay()).unwrap().model
}

fn saved(folder: &tempfile::TempDir) -> (PathBuf, String) {
    let path = folder.path().join("model.json");
    trained().save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

fn load(path: &Path) -> Result<Model<Mlp>, Error> {
    Model::load(path)
}

#[test]
fn a_loaded_model_computes_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (model, path) = (trained(), folder.path().join("model.json"));
    model.save(&path).unwrap();
    let back = load(&path).unwrap();
    assert_eq!(back, model);
    let bits = |model: &Model<Mlp>| {
        let predicted = model.predict(1900.0, &[30.0, 4.0], &[1900.0, 1900.3, 1905.0, 1950.0]).unwrap();
        predicted.states().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(bits(&back), bits(&model));
    assert_eq!((back.components(), back.time_name()), (hudson_bay().components(), "year"));
    assert_eq!(back.starts().len(), 1);
    // Saved again, the file is the same.
    let again = folder.path().join("again.json");
    back.save(&again).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), std::fs::read(again).unwrap());
}

#[test]
fn predictions_hold_the_states_at_the_times_asked_for_and_no_others() {
    let model = trained();
    let with = model.predict(1900.0, &[30.0, 4.0], &[1900.0, 1901.0]).unwrap();
    let without = model.predict(1900.0, &[30.0, 4.0], &[1901.0, 1901.0]).unwrap();
    assert_eq!((with.times(), without.times()), ([1900.0, 1901.0].as_slice(), [1901.0, 1901.0].as_slice()));
    assert_eq!((with.state(0), with.state(1)), ([30.0, 4.0].as_slice(), without.state(0)));
    assert_eq!(without.state(0), without.state(1));
    assert!(model.predict(1900.0, &[30.0, 4.0], &[]).unwrap().is_empty());
    assert_eq!(with.work().accepted, 2, "half years");
    // Steps between observations are those of training.
    let followed = model.follow(&hudson_bay()).unwrap();
    let years: Vec<f64> = (1901..=1920).map(f64::from).collect();
    assert_eq!(model.predict(1900.0, &[30.0, 4.0], &years).unwrap().states(), &followed.trajectory(0).states()[2..]);
    assert!(model.predict(0.0, &[1.0], &[1.0]).unwrap_err().to_string().contains("y0 has 1 components, expected 2"));
    for times in [[4.0, 4.5], [6.0, 5.5], [4.0, 6.0], [6.0, 4.0]] {
        assert!(model.predict(5.0, &[1.0, 2.0], &times).unwrap_err().to_string().contains("all ascend from t0 or all"));
    }
    assert!(model.predict(5.0, &[f64::NAN, 2.0], &[6.0]).is_err());
    assert!(
        model.predict(5.0, &[1.0, 2.0], &[f64::NAN]).is_err() && model.predict(f64::NAN, &[1.0, 2.0], &[6.0]).is_err()
    );
}

#[test]
fn models_that_do_not_know_what_they_have_seen_predict_as_before() {
    let model = load(Path::new("tests/fixtures/model_before_ranges.json")).unwrap();
    assert!(model.seen().is_none());
    let predicted = model.predict(1900.0, &[30.0, 4.0], &[1901.0, 1902.0, 1903.0]).unwrap();
    let expected = [
        [33.14154488285715, 9.009052841626605],
        [35.56292922292274, 12.900035772827],
        [37.162213340749275, 15.77816580310365],
    ];
    for (x, y) in predicted.states().iter().zip(expected.as_flattened()) {
        assert!((x - y).abs() < 1e-9, "{x} and {y}");
    }
}

/// Written by format 1, which did not tell kinds of fields, with what the version of then predicted.
#[test]
fn models_of_format_1_predict_the_same_bits() {
    for kind in ["plain", "time", "lipschitz", "spectrum", "per_step"] {
        let folder = Path::new("tests/fixtures/models");
        let model = Model::<AnyField>::load(folder.join(kind).with_extension("json")).unwrap();
        let expected = Trajectories::from_csv(folder.join(kind).with_extension("csv")).unwrap();
        let expected = expected.trajectory(0);
        let found = model.predict(expected.times()[0], expected.state(0), expected.times()).unwrap();
        assert_eq!(found.states(), expected.states(), "{kind}");
        // Saved again, it is told by its kind.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        model.save(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"kind\""));
        assert_eq!(Model::<AnyField>::load(&path).unwrap(), model, "{kind}");
    }
}

#[test]
fn models_know_what_they_have_seen() {
    let seen = trained().seen().unwrap().clone();
    assert_eq!(seen.times, [1900.0, 1920.0]);
    assert!(seen.states[0][0] < 10.0 && seen.states[0][1] > 70.0, "{seen:?}");
}

#[test]
fn a_hindcast_goes_back_by_the_same_steps() {
    let model = trained();
    let there = model.predict(1900.0, &[30.0, 4.0], &[1903.0, 1905.5]).unwrap();
    let back = model.predict(1905.5, there.state(1), &[1903.0, 1900.0]).unwrap();
    assert_eq!(back.times(), [1903.0, 1900.0]);
    // The scheme is symmetric.
    for (x, y) in [there.state(0), &[30.0, 4.0]].concat().iter().zip(back.states()) {
        assert!((x - y).abs() < 1e-6, "{x} and {y}");
    }
}

#[test]
fn the_error_is_that_of_the_prediction() {
    let (model, data) = (trained(), hudson_bay());
    let followed = model.follow(&data).unwrap();
    let square = |i: usize| {
        (1..21).map(|k| (followed.trajectory(0).state(k)[i] - data.trajectory(0).state(k)[i]).powi(2)).sum::<f64>()
    };
    let rmse = model.rmse(&data).unwrap();
    assert!((rmse.by_component["hare"] - (square(0) / 20.0).sqrt()).abs() < 1e-12);
    assert!((rmse.overall - ((square(0) + square(1)) / 40.0).sqrt()).abs() < 1e-12);
}

#[test]
fn damaged_files_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = saved(&folder);
    let refusal = |changed: String| {
        assert_ne!(changed, text);
        std::fs::write(&path, changed).unwrap();
        load(&path).unwrap_err()
    };
    // Cut off: line and column of the end.
    let half = text[..text.len() / 2].to_string();
    let last_line = half.lines().count();
    match refusal(half) {
        Error::Parse { line, reason, .. } => {
            assert_eq!(line, last_line);
            assert!(reason.contains("ends too early") && reason.ends_with("fit again, or take a copy"), "{reason}");
        }
        other => panic!("{other}"),
    }
    assert!(matches!(refusal(String::new()), Error::Parse { .. }));
    // Not JSON, with its place.
    match refusal(text.replacen("\"contents\":", "\"contents\";", 1)) {
        Error::Parse { line, column, .. } => assert!(line > 1 && column > 1),
        other => panic!("{other}"),
    }
    match refusal(text.replacen("\"format_version\": 2", "\"format_version\": 7", 1)) {
        Error::IncompatibleVersion { found: 7, expected: 2, .. } => {}
        other => panic!("{other}"),
    }
    let message = refusal(text.replacen("kutta model", "kutta checkpoint", 1)).to_string();
    assert!(message.contains("this is a `kutta checkpoint`, expected a `kutta model`"), "{message}");
    let message = refusal("{\"a\": 1}".into()).to_string();
    assert!(message.contains("missing field"), "{message}");
    let message = refusal(text.replacen("tanh", "relu", 1)).to_string();
    assert!(message.contains("damaged or edited"), "{message}");
    let message = refusal(text.replacen("\"format_version\"", "\"colour\": 1, \"format_version\"", 1)).to_string();
    assert!(message.contains("unknown field `colour`") && message.ends_with("take a copy"), "{message}");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(load(&path), Err(Error::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any digit of the contents, the checksum included, that makes a number another one.
    #[test]
    fn a_changed_digit_is_found(position in any::<prop::sample::Index>(), by in 1_u8..10) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let params: Vec<f64> = (0..25).map(|k| (k as f64).sin()).collect();
        let names = ["x".to_string(), "y".to_string()];
        Model::new(block(), params.clone(), Standardisation::identity(2), &names, "t").unwrap().save(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let digits: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i].is_ascii_digit()).collect();
        let i = digits[position.index(digits.len())];
        bytes[i] = b'0' + (bytes[i] - b'0' + by) % 10;
        std::fs::write(&path, bytes).unwrap();
        // Another last digit may be the same number still: 0.27941549819892585 and 0.27941549819892588 are.
        if let Ok(model) = load(&path) {
            prop_assert_eq!(model.params(), params);
        }
    }
}

#[test]
fn contents_that_do_not_fit_together_are_refused() {
    let names = ["x".to_string(), "y".to_string()];
    let new = |params: Vec<f64>, names: &[String]| {
        Model::new(block(), params, Standardisation::identity(2), names, "t").unwrap_err().to_string()
    };
    assert_eq!(new(vec![0.0; 24], &names), "parameters has 24 entries, expected 25");
    assert!(new(vec![f64::NAN; 25], &names).starts_with("a parameter is not finite"));
    assert_eq!(new(vec![0.0; 25], &names[..1]), "components has 1 names, expected 2");
    let standing = Model::new(block().step_size(0.0), vec![0.0; 25], Standardisation::identity(2), &names, "t");
    assert!(standing.unwrap_err().to_string().starts_with("step_size is 0"));
}

#[test]
fn another_precision_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let fit = Trainer::new(block()).epochs(2).standardised(true).fit_in::<f32>(&hudson_bay()).unwrap();
    fit.model.save(&path).unwrap();
    assert_eq!(Model::<Mlp, f32>::load(&path).unwrap(), fit.model);
    assert!(load(&path).unwrap_err().to_string().contains("the model computes in f32, expected f64"));
}

#[test]
fn a_failed_save_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let model = trained();
    // A folder in the file's place: nothing is replaced, and no temporary file stays behind.
    let path = folder.path().join("model.json");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("old"), "old").unwrap();
    assert!(matches!(model.save(&path), Err(Error::Io { .. })));
    assert_eq!(std::fs::read_to_string(path.join("old")).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(matches!(model.save(folder.path().join("missing/model.json")), Err(Error::Io { .. })));
}

/// A field that cannot be written out, as if the disk were full half-way.
#[derive(Clone)]
struct Unwritable;

impl kutta::VectorField for Unwritable {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: kutta::Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = params[0] * y[0];
    }
}

impl serde::Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("interrupted"))
    }
}

#[test]
fn an_interrupted_save_leaves_the_old_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let model = trained();
    model.save(&path).unwrap();
    let block = kutta::OdeBlock::new(Unwritable, Tableau::backward_euler());
    let units = kutta::data::Standardisation::identity(1);
    let other = Model::new(block, vec![1.0], units, &["x".to_string()], "t").unwrap();
    assert!(other.save(&path).unwrap_err().to_string().contains("interrupted"));
    assert_eq!(load(&path).unwrap(), model);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_learned_field_has_the_units_of_the_data() {
    let model = trained();
    // A very short step of the network moves along the derivative.
    let (state, t, h) = ([40.0, 20.0], 1905.0, 1e-5);
    let slope = model.derivative(t, &state).unwrap();
    let moved = model.predict(t, &state, &[t + h]).unwrap();
    for i in 0..2 {
        let difference = (moved.state(0)[i] - state[i]) / h;
        assert!((difference - slope[i]).abs() < 1e-3 * slope[i].abs().max(1.0), "{difference} and {}", slope[i]);
    }
}

#[test]
fn the_flow_is_what_short_steps_tend_to() {
    let (model, start, years) = (trained(), [30.0, 4.0], [1903.0, 1907.5]);
    let flow = model.flow(1900.0, &start, &years, 1e-9).unwrap();
    assert_eq!(flow.times(), years);
    assert_eq!(model.flow(1900.0, &start, &[1900.0], 1e-9).unwrap().state(0), start);
    let names = model.components().to_vec();
    let error = |step: f64| {
        let block = block().step_size(step / model.standardisation().time_scale());
        let fine = Model::new(block, model.params().to_vec(), model.standardisation().clone(), &names, "year").unwrap();
        let path = fine.predict(1900.0, &start, &years).unwrap();
        (path.state(1)[0] - flow.state(1)[0]).abs()
    };
    let (coarse, fine) = (error(0.25), error(0.125));
    assert!(fine < 1e-2 && coarse / fine > 3.5, "the midpoint rule is of order 2: {coarse} and {fine}");
    let back = model.flow(1907.5, flow.state(1), &[1903.0, 1900.0], 1e-9).unwrap();
    assert!(back.state(1).iter().zip(start).all(|(x, y)| (x - y).abs() < 1e-4), "{:?}", back.state(1));
    assert!(model.flow(1900.0, &start, &[1899.0, 1901.0], 1e-6).is_err());
}
