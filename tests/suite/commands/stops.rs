//! Being asked to stop, and what is told until then.

use super::*;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr};

/// A training that would take hours, once it has told how far it is; and the rest of its standard error.
fn training(folder: &TempDir, options: &str) -> (Child, BufReader<ChildStderr>) {
    let fit = format!("fit data.csv --hidden 4 --substeps 1 --optimizer adam --epochs 100000000 {options}");
    let mut child =
        command(folder.path(), &fit).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command");
    let (mut err, mut line) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(err.read_line(&mut line).unwrap() > 0, "no line of progress");
    }
    assert!(line.contains(" of 100000000, ") && line.contains(" left, loss "), "{line}");
    (child, err)
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The exit code, standard output, and the rest of standard error.
fn end(mut child: Child, err: BufReader<ChildStderr>) -> (Option<i32>, String, String) {
    let rest: Vec<String> = err.lines().map(|line| line.unwrap()).filter(|line| !line.starts_with("epoch ")).collect();
    let out = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    (child.wait().unwrap().code(), out, rest.join("\n"))
}

#[test]
fn an_interrupted_training_saves_what_it_had() {
    let folder = folder();
    let (child, err) = training(&folder, "--checkpoint state.json --checkpoint-every 100000000 --schedule constant");
    signal(&child, "-INT");
    let (code, out, err) = end(child, err);
    assert_eq!(code, Some(130), "{err}");
    let (answer, end) = err.split_once('\n').unwrap();
    assert_eq!(answer, "ending after this epoch; once more to quit without saving");
    assert!(end.starts_with("stopped: training ended after ") && end.contains("saved in model.json"), "{err}");
    assert!(end.contains("--resume state.json") && end.lines().count() == 1, "{err}");
    assert!(out.contains("root mean square error") && out.contains("verdict  "), "{out}");
    succeeds(&folder, "predict model.json --until 1903");
    // The state of training is whole, and goes on where it was: it needs as many epochs as the interrupted one.
    let state = json(&fs::read_to_string(folder.path().join("state.json")).unwrap());
    assert!(state["contents"]["state"]["epoch"].as_u64().unwrap() > 0);
}

#[test]
fn a_terminated_training_saves_what_it_had_and_prints_json() {
    let folder = folder();
    let (child, err) = training(&folder, "--json");
    signal(&child, "-TERM");
    let (code, out, err) = end(child, err);
    assert_eq!(code, Some(143), "{err}");
    let out = json(&out);
    assert!(out["epochs"].as_u64().unwrap() > 0);
    assert_eq!((&out["interrupted"], &out["planned_epochs"]), (&"SIGTERM".into(), &100_000_000.into()));
    let whole = json(&succeeds(&folder, &format!("fit data.csv {QUICK} --json --out whole.json")));
    assert_eq!((&whole["interrupted"], &whole["planned_epochs"]), (&Value::Null, &6.into()));
    succeeds(&folder, "predict model.json --until 1903");
}

/// Whether this was started to outlive its terminal, by `nohup` say: what it starts does so too, and is to.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}

#[test]
fn a_terminal_that_is_closed_ends_training_too() {
    if hangups_are_ignored() {
        return;
    }
    let folder = folder();
    let (child, err) = training(&folder, "");
    signal(&child, "-HUP");
    let (code, out, err) = end(child, err);
    assert_eq!(code, Some(129), "{err}");
    assert!(out.contains(" of 100000000 epochs of Adam in "), "{out}");
    succeeds(&folder, "predict model.json --until 1903");
}

#[test]
fn after_training_a_signal_ends_what_waits_for_a_reader() {
    let folder = folder();
    if !Command::new("mkfifo").arg(folder.path().join("pipe")).status().is_ok_and(|status| status.success()) {
        return;
    }
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        // The model is saved before the record is, which nobody reads.
        let fit = format!("fit data.csv {QUICK} --out model{code}.json --record pipe");
        let mut child = command(folder.path(), &fit).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !folder.path().join(format!("model{code}.json")).exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    fails(&folder, "fit pipe --record pipe", 2, &["--record is pipe, the same file as the data"]);
}
