//! Completions and pages of the manual follow from the definition of the flags.

use super::*;

const COMMANDS: [&str; 6] = ["fit", "predict", "schemes", "verify", "completions", "man"];

/// The long options that `--help` of a command tells.
fn options(folder: &TempDir, name: &str) -> Vec<String> {
    let help = succeeds(folder, &format!("{name} --help"));
    let first = |line: &str| line.trim_start().strip_prefix("-h, ").unwrap_or(line.trim_start()).to_string();
    let found = help.lines().map(first).filter(|line| line.starts_with("--"));
    found.map(|line| line.split([' ', '\n']).next().unwrap().to_string()).collect()
}

#[test]
fn shells_complete_all_options() {
    let folder = folder();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeeds(&folder, &format!("completions {shell}"));
        for name in COMMANDS {
            assert!(script.contains(name), "{shell}: {name}");
            for option in options(&folder, name) {
                // Fish names an option without its dashes.
                let told = if shell == "fish" { format!("-l {}", &option[2..]) } else { option };
                assert!(script.contains(&told), "{shell}: {name} {told}");
            }
        }
    }
    assert!(options(&folder, "fit").len() > 40);
    fails(&folder, "completions tcsh", 2, &["tcsh", "bash"]);
}

#[test]
fn pages_tell_all_options() {
    let folder = folder();
    succeeds(&folder, "man --out pages/man1");
    let pages = fs::read_dir(folder.path().join("pages/man1")).unwrap();
    assert_eq!(pages.count(), 1 + COMMANDS.len());
    for name in COMMANDS {
        let page = succeeds(&folder, &format!("man {name}"));
        assert!(page.contains(&format!(".TH kutta-{name} 1")), "{name}: {page}");
        let written = fs::read_to_string(folder.path().join(format!("pages/man1/kutta-{name}.1"))).unwrap();
        assert_eq!(page, written, "{name}");
        for option in options(&folder, name) {
            assert!(page.contains(&option.replace('-', "\\-")), "{name}: {option}");
        }
    }
    let page = succeeds(&folder, "man");
    assert!(page.contains(".TH kutta 1") && page.contains("kutta\\-fit(1)"), "{page}");
    fails(&folder, "man fitt", 2, &["COMMAND is `fitt`", "fit, predict"]);
    fails(&folder, "man fit --out pages", 2, &["--out"]);
    fails(&folder, "man --out data.csv", 1, &["data.csv"]);
}
