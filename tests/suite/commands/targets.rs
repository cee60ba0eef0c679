//! Files that are read and written.

use super::*;

#[test]
fn files_are_never_overwritten_by_each_other() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let model = fs::read(path("model.json")).unwrap();
    fs::copy(path("model.json"), path("own.toml")).unwrap();
    fs::create_dir(path("sub")).unwrap();
    // Training first would be noticed.
    let long = "fit data.csv --epochs 100000000";
    for (arguments, words) in [
        (format!("{long} --out data.csv"), ["--out is data.csv", "the data"]),
        (format!("{long} --record data.csv"), ["--record is data.csv", "the data"]),
        (format!("{long} --checkpoint ./sub/../data.csv"), ["--checkpoint", "the data"]),
        (format!("{long} --out X --record X"), ["--record is X", "--out"]),
        (format!("{long} --record X --checkpoint X"), ["--checkpoint is X", "--record"]),
        (format!("{long} --checkpoint model.json"), ["--checkpoint is model.json", "--out"]),
        (format!("{long} --resume model.json"), ["--out is model.json", "--resume"]),
        (format!("{long} --scheme own.toml --out own.toml"), ["--out is own.toml", "--scheme"]),
        (format!("{long} --out sub/new.json --record ./sub/../sub/new.json"), ["--record", "--out"]),
        ("predict model.json --until 1903 --out model.json".into(), ["--out is model.json", "the model"]),
    ] {
        fails(&folder, &arguments, 2, &[&words[..], &["same file", "expected files that differ"]].concat());
    }
    assert_eq!(fs::read_to_string(path("data.csv")).unwrap(), DATA);
    assert_eq!(fs::read(path("model.json")).unwrap(), model);
    // What goes on from a checkpoint may save the next ones there.
    let steady = "--hidden 4 --substeps 1 --schedule constant --warm-up 2 --checkpoint state.json";
    succeeds(&folder, &format!("fit data.csv {steady} --epochs 4"));
    succeeds(&folder, &format!("fit data.csv {steady} --epochs 8 --resume state.json"));
    fails(&folder, &format!("{long} --out {}", "x".repeat(300)), 1, &["xxx: "]);
    fails(&folder, &format!("{long} --out new/"), 1, &["new/: its folder does not exist"]);
    let output = command(folder.path(), "fit data.csv").args(["--out", ""]).output().unwrap();
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("--out"));
}

#[cfg(feature = "plot")]
#[test]
fn figures_overwrite_nothing_else() {
    let folder = folder();
    fails(&folder, "fit data.csv --out X --plot X", 2, &["--plot is X", "--out", "same file"]);
    fails(&folder, "fit data.csv --plot data.csv", 2, &["--plot is data.csv", "the data"]);
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    fails(&folder, "predict model.json --until 1903 --plot model.json", 2, &["--plot is model.json", "the model"]);
    let own = "name = \"mine\"\nA = [[0.5]]\nb = [1]\nc = [0.5]\n";
    ["a.toml", "b.toml"].iter().for_each(|name| fs::write(folder.path().join(name), own).unwrap());
    fails(&folder, "verify a.toml b.toml --plot figures", 2, &["two schemes", "`mine`"]);
    #[cfg(unix)]
    {
        fs::create_dir(folder.path().join("linked")).unwrap();
        std::os::unix::fs::symlink("../a.toml", folder.path().join("linked/mine-region.svg")).unwrap();
        fails(
            &folder,
            "verify a.toml --plot linked",
            2,
            &["a figure of --plot is linked/mine-region.svg", "the scheme"],
        );
        assert_eq!(fs::read_to_string(folder.path().join("a.toml")).unwrap(), own);
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    #[test]
    fn links_are_followed_and_stay() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        symlink("data.csv", path("link.csv")).unwrap();
        symlink("later.json", path("open.json")).unwrap();
        fs::hard_link(path("data.csv"), path("hard.csv")).unwrap();
        let long = "fit data.csv --epochs 100000000";
        for option in ["--out link.csv", "--record hard.csv", "--out later.json --record open.json"] {
            fails(&folder, &format!("{long} {option}"), 2, &["same file"]);
        }
        fails(&folder, "fit link.csv --out data.csv", 2, &["same file"]);
        fs::write(path("old.json"), "old").unwrap();
        fs::set_permissions(path("old.json"), fs::Permissions::from_mode(0o604)).unwrap();
        symlink("old.json", path("model.json")).unwrap();
        succeeds(&folder, &format!("fit data.csv {QUICK} --record open.json"));
        assert!(path("model.json").is_symlink() && path("open.json").is_symlink());
        assert!(fs::read_to_string(path("old.json")).unwrap().contains("kutta model"));
        assert_eq!(fs::metadata(path("old.json")).unwrap().permissions().mode() & 0o777, 0o604);
        assert!(fs::read_to_string(path("later.json")).unwrap().starts_with("epoch,"));
    }

    #[test]
    fn read_only_files_are_refused_before_any_work() {
        let folder = folder();
        fs::write(folder.path().join("kept.json"), "kept").unwrap();
        fs::set_permissions(folder.path().join("kept.json"), fs::Permissions::from_mode(0o444)).unwrap();
        for option in ["--out", "--record", "--checkpoint"] {
            fails(
                &folder,
                &format!("fit data.csv --epochs 100000000 {option} kept.json"),
                1,
                &["kept.json", "read-only"],
            );
        }
        assert_eq!(fs::read_to_string(folder.path().join("kept.json")).unwrap(), "kept");
    }

    #[test]
    fn pipes_and_devices_are_written_to() {
        let folder = folder();
        succeeds(&folder, &format!("fit data.csv {QUICK} --out /dev/null --record /dev/null"));
        if Path::new("/dev/full").exists() {
            let mut command = command(folder.path(), &format!("fit data.csv {QUICK} --out /dev/full"));
            let output = command.env("TMPDIR", folder.path()).output().unwrap();
            let err = text(&output.stderr);
            assert!(output.status.code() == Some(1) && err.starts_with("error: /dev/full: "), "{err}");
            assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
            // What was learned is not lost.
            let instead = err.split("could not be saved there: it is in ").nth(1).unwrap().split(" instead").next();
            let mut predict = super::command(folder.path(), "predict --until 1903");
            outcome(predict.arg(instead.unwrap()).output().unwrap());
            let record = format!("fit data.csv {QUICK} --record /dev/full");
            fails(&folder, &record, 1, &["/dev/full: ", "the model is saved in model.json"]);
            let fit = format!("fit data.csv {QUICK} --checkpoint state.json --out /dev/full");
            let mut fit = super::command(folder.path(), &fit);
            let err = text(&fit.env("TMPDIR", folder.path().join("missing")).output().unwrap().stderr);
            assert!(err.contains("by --resume state.json, and give another --out"), "{err}");
        }
        let pipe = folder.path().join("pipe");
        if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
            return;
        }
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        succeeds(&folder, &format!("fit data.csv {QUICK} --record pipe"));
        assert_eq!(reader.join().unwrap().lines().count(), 7);
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    /// The disk is full as soon as a kilobyte is written.
    #[test]
    fn a_full_disk_is_told_without_names_of_temporary_files() {
        let folder = folder();
        let line = format!("trap '' XFSZ; ulimit -f 1; exec kutta fit data.csv {QUICK}");
        let line = line.replace("kutta", env!("CARGO_BIN_EXE_kutta"));
        let mut shell = Command::new("sh");
        let output = shell.current_dir(&folder).env("TMPDIR", folder.path()).args(["-c", &line]).output().unwrap();
        let err = text(&output.stderr);
        assert!(output.status.code() == Some(1) && err.starts_with("error: model.json: "), "{err}");
        assert!(err.contains("could not be saved there, nor in") && err.contains("give another --out"), "{err}");
        assert!(!err.contains(".kutta-"), "{err}");
    }

    #[test]
    fn standard_output_is_no_file_to_replace() {
        let folder = folder();
        succeeds(&folder, &format!("fit data.csv {QUICK}"));
        let shell = |line: &str| {
            let line = line.replace("kutta", env!("CARGO_BIN_EXE_kutta"));
            Command::new("sh").current_dir(&folder).args(["-c", &line]).output().unwrap()
        };
        outcome(shell("kutta predict model.json --until 1903 --out /dev/stdout > both.txt"));
        let both = fs::read_to_string(folder.path().join("both.txt")).unwrap();
        assert!(both.starts_with("year,hare,lynx\n1900.0,") && both.ends_with("4 states in /dev/stdout\n"), "{both}");
        let output = shell("kutta predict model.json --until 1903 --out both.txt >> both.txt");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("standard output"));
        assert_eq!(fs::read_to_string(folder.path().join("both.txt")).unwrap(), both);
        for arguments in [&format!("fit data.csv {QUICK}"), "predict model.json --until 1903"] {
            fails(&folder, &format!("{arguments} --json --out /dev/stdout"), 2, &["--out is /dev/stdout", "--json"]);
        }
    }

    #[test]
    fn names_need_not_be_text() {
        let folder = folder();
        let strange = |prefix: &[u8]| OsStr::from_bytes(&[prefix, b"\xff\xfe"].concat()).to_os_string();
        let names = [b"data", b"outp", b"recd"].map(|prefix| strange(prefix));
        if fs::copy(folder.path().join("data.csv"), folder.path().join(&names[0])).is_err() {
            return; // Not every file system has such names.
        }
        let [data, out, record] = &names;
        let fit = |more: &[&str]| {
            let mut command = command(folder.path(), "fit");
            command.arg(data).args(QUICK.split_whitespace()).arg("--out").arg(out).arg("--record").arg(record);
            outcome(command.args(more).output().unwrap()).0
        };
        assert!(fit(&[]).contains("model    outp"));
        assert!(json(&fit(&["--json"]))["out"].as_str().unwrap().starts_with("outp"));
        for more in ["--json", "--flow"] {
            let mut command = command(folder.path(), "predict --until 1903");
            outcome(command.arg(more).arg(out).output().unwrap());
        }
        let toml = OsStr::from_bytes(b"own\xff\xfe.toml");
        fs::write(folder.path().join(toml), "A = [[0.5]]\nb = [1]\nc = [0.5]\n").unwrap();
        for arguments in ["verify".into(), format!("fit data.csv {QUICK} --scheme")] {
            outcome(command(folder.path(), &arguments).arg(toml).output().unwrap());
        }
        for arguments in ["predict --until 1903", "verify", "fit --scheme"] {
            let output = command(folder.path(), arguments).arg(data).output().unwrap();
            let code = output.status.code();
            assert!(code == Some(1) || code == Some(2), "{arguments}: {code:?} {}", text(&output.stderr));
        }
    }
}

#[test]
fn what_killed_runs_leave_behind_is_removed() {
    let folder = folder();
    fs::write(folder.path().join(".kutta-partial-0123456789abcdef.tmp"), "half a mod").unwrap();
    succeeds(&folder, &format!("fit data.csv {QUICK}"));
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["data.csv", "model.json"]);
}
