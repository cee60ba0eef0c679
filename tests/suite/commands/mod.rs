//! The command line on what goes wrong: files, signals, fits that are worth nothing, predictions beyond what was seen.
#![cfg(feature = "cli")]

mod fits;
mod predictions;
#[cfg(unix)]
mod stops;
mod targets;

use serde_json::Value;
use std::fs;
use std::path::Path;
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

/// The command in a folder, with arguments that spaces separate.
fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kutta"));
    command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null());
    command
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

/// Standard output of a run that succeeds and has nothing to warn of.
#[track_caller]
fn succeeds(folder: &TempDir, arguments: &str) -> String {
    let (out, err) = outcome(command(folder.path(), arguments).output().unwrap());
    assert!(!err.contains("warning") && !err.contains("error"), "kutta {arguments}: {err}");
    out
}

/// A run ends with this code, says these words, and prints nothing else.
#[track_caller]
fn fails(folder: &TempDir, arguments: &str, code: i32, words: &[&str]) {
    let output = command(folder.path(), arguments).output().unwrap();
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
