//! A tiny run of what is cheap.

use super::*;
use crate::training::{Training, learn};
use kutta::train::Settings;
use kutta::{Activation, Mlp, OdeBlock, Tableau, Trainer, Trajectories};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

const TINY: Effort = Effort { name: "tiny", share: 0.0, seeds: 1, trajectories: 2 };

fn make(folder: &Path, anew: bool, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let place = Place::new(folder.into(), TINY, anew).unwrap();
    pool.install(|| [figure_2::run, example_2::run].into_iter().try_for_each(|part: Part| part(&place))).unwrap();
}

/// All files of a folder with what they hold, but for the timings.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(files(&entry));
        } else if !entry.ends_with("timings.json") {
            all.insert(entry.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&entry).unwrap());
        }
    }
    all
}

#[test]
fn what_is_made_again_is_the_same_bits_whatever_the_threads_and_says_what_run_it_is_of() {
    let [one, other] = [1, 3].map(|threads| {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), false, threads);
        folder
    });
    let made = files(one.path());
    for (name, bytes) in &files(other.path()) {
        assert!(made[name] == *bytes, "{name} differs");
    }
    for name in ["figure-2.svg", "figure-2.csv", "figure-9.svg", "figure-9-on-grid.svg", "example-2.json"] {
        assert!(made.contains_key(name), "no {name}");
    }
    for (name, bytes) in &made {
        assert!(String::from_utf8_lossy(bytes).contains("tiny"), "{name} does not say what run it is of");
    }
}

#[test]
fn a_training_is_made_once_unless_asked_for_anew_or_its_file_is_of_other_settings() {
    let folder = tempfile::tempdir().unwrap();
    let data = Trajectories::from_csv_str("t,x\n0,1\n1,0.5\n", "half-life").unwrap();
    let block = OdeBlock::new(Mlp::new([1, 2, 1], Activation::Tanh).unwrap(), Tableau::backward_euler());
    let run = |anew, epochs: usize| {
        let place = Place::new(folder.path().into(), TINY, anew).unwrap();
        let trainer = Trainer::new(block.clone().step_size(1.0)).settings(Settings::plain()).epochs(epochs);
        let (settings, data) = (json!({ "epochs": epochs, "unset": null }), data.clone());
        let training = Training { name: "decay".into(), settings, trainer, data };
        learn(&place, "part", &[training]).unwrap().remove(0).params
    };
    let path = folder.path().join("results/part/decay.json");
    let written = || -> SystemTime { fs::metadata(&path).unwrap().modified().unwrap() };
    let params = run(false, 3);
    let (text, first) = (fs::read_to_string(&path).unwrap(), written());
    assert_eq!(run(false, 3), params);
    assert_eq!(written(), first, "what is there is not made again");
    run(true, 3);
    assert!(written() > first && fs::read_to_string(&path).unwrap() == text);
    assert_ne!(run(false, 4), params);
    // A file that was cut is none.
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert_eq!(run(false, 3), params);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let parse =
        |arguments: &str| Options::try_parse_from(["reproduce"].into_iter().chain(arguments.split_whitespace()));
    assert_eq!(parse("").ok().map(|options| options.parts), Some(vec![ALL.to_string()]));
    assert!(parse("figure-2 example-3 --quick --out folder --anew").is_ok());
    for (arguments, word) in [("figure-1", "figure-2"), ("--slow", "--slow"), ("--out", "FOLDER")] {
        let message = parse(arguments).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains(word), "{arguments}: {message}");
    }
}
