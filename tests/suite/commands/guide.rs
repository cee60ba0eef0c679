//! The command lines of the guide and of the README run as they are written.

use super::*;
use std::thread;

/// A fenced block of a text: what is said of it, and its lines.
struct Block {
    info: String,
    lines: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(info) if !is_open => {
                blocks.push(Block { info: info.to_string(), lines: String::new() });
                is_open = true;
            }
            Some(_) => is_open = false,
            None if is_open => blocks.last_mut().unwrap().lines.extend([line, "\n"]),
            None => {}
        }
    }
    blocks
}

/// The exit code that a line of a console block tells, 0 if it tells none.
fn expected(line: &str) -> i32 {
    line.split_once("# exit code ").map_or(0, |(_, code)| code.trim().parse().unwrap())
}

/// Runs the lines of all console blocks in a folder with the example data, where blocks that name a file are written before;
/// gives how many there are.
fn run(chapter: &Path) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, data) = (tempfile::tempdir().unwrap(), root.join("examples/data"));
    for file in fs::read_dir(data).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    let binaries = Path::new(env!("CARGO_BIN_EXE_kutta")).parent().unwrap().to_path_buf();
    let before = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(binaries).chain(std::env::split_paths(&before))).unwrap();
    let mut count = 0;
    for Block { info, lines } in blocks(&fs::read_to_string(chapter).unwrap()) {
        if let [_, file] = info.split(' ').collect::<Vec<_>>()[..] {
            fs::write(folder.path().join(file), lines).unwrap();
        } else if info == "console" {
            for line in lines.lines() {
                let output =
                    Command::new("sh").args(["-c", line]).env("PATH", &path).current_dir(&folder).output().unwrap();
                let (code, err) = (output.status.code(), text(&output.stderr));
                assert_eq!(code, Some(expected(line)), "{}: {line}: {err}", chapter.display());
                assert!(!err.contains("panicked"), "{}: {line}: {err}", chapter.display());
                count += 1;
            }
        }
    }
    count
}

#[test]
fn command_lines_of_the_guide_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapters = fs::read_dir(root.join("src/guide")).unwrap().map(|file| file.unwrap().path());
    let chapters = chapters.filter(|path| path.extension().is_some_and(|e| e == "md"));
    // Chapters side by side.
    let chapters: Vec<_> =
        chapters.chain([root.join("README.md")]).map(|path| thread::spawn(move || run(&path))).collect();
    let count: usize = chapters.into_iter().map(|chapter| chapter.join().unwrap()).sum();
    assert!(count > 40, "only {count} lines were found");
}

#[test]
fn files_and_codes_are_told_by_the_text() {
    let found = blocks("text\n```csv a.csv\nt,x\n```\n```console\nkutta fit a.csv  # exit code 1\n```\n");
    assert_eq!(found.iter().map(|block| block.info.as_str()).collect::<Vec<_>>(), ["csv a.csv", "console"]);
    assert_eq!(found[0].lines, "t,x\n");
    assert_eq!([found[1].lines.trim(), "kutta schemes"].map(expected), [1, 0]);
}
