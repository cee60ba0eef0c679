//! The command line as a user meets it: the built binary, in folders of its own.
#![cfg(feature = "cli")]

mod fits;
#[cfg(all(unix, feature = "plot"))]
mod guide;
mod manual;
mod options;
mod predictions;
mod refusals;
mod schemes;
#[cfg(unix)]
mod stops;
mod structures;
mod targets;

use kutta::data::Trajectories;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const DATA: &str = "year,hare,lynx\n1900,30,4\n1901,47,6\n1902,70,10\n1903,77,35\n1904,36,59\n1905,21,42\n";
const QUICK: &str = "--epochs 6 --hidden 4 --substeps 1 --optimizer adam";

/// A folder with small data in `data.csv`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), DATA).unwrap();
    folder
}

/// The command in a folder, with arguments that spaces separate.
fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kutta"));
    command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

/// A run of it.
fn kutta(folder: &TempDir, arguments: &str) -> Output {
    command(folder.path(), arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard output and error of a run that succeeds.
#[track_caller]
fn outcome(output: Output) -> (String, String) {
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    (text(&output.stdout), err)
}

/// Standard output of a run that succeeds, and has no more to say than where it is and what it has not seen.
#[track_caller]
fn runs(folder: &TempDir, arguments: &str) -> String {
    let (out, err) = outcome(kutta(folder, arguments));
    let is_expected = |line: &str| line.starts_with("epoch ") || line.starts_with("warning: ");
    assert!(err.lines().all(is_expected), "kutta {arguments}: {err}");
    out
}

/// Standard output of a run that succeeds and has nothing to warn of.
#[track_caller]
fn succeeds(folder: &TempDir, arguments: &str) -> String {
    let (out, err) = outcome(kutta(folder, arguments));
    assert!(!err.contains("warning") && !err.contains("error"), "kutta {arguments}: {err}");
    out
}

/// A run ends with this code, says these words, and prints nothing else.
#[track_caller]
fn fails(folder: &TempDir, arguments: &str, code: i32, words: &[&str]) {
    let output = kutta(folder, arguments);
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "kutta {arguments}: {err}");
    assert!(err.starts_with("error: ") && !err.contains("panicked"), "kutta {arguments}: {err}");
    for word in words {
        assert!(err.contains(word), "kutta {arguments}: no `{word}` in {err}");
    }
    assert!(output.stdout.is_empty(), "kutta {arguments}");
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn read(folder: &TempDir, file: &str) -> Trajectories {
    Trajectories::from_csv(folder.path().join(file)).unwrap()
}
