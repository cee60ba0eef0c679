//! The files that a command reads and writes: told apart, and checked, before any work is done.

use super::Failure;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A file and what it is for.
struct Use<'a> {
    option: &'static str,
    path: &'a Path,
    written: bool,
}

/// All files of a command.
#[derive(Default)]
pub struct Files<'a> {
    uses: Vec<Use<'a>>,
    json: bool,
}

impl<'a> Files<'a> {
    /// A file that is read; `option` is how a user calls it.
    pub fn read(self, option: &'static str, path: impl Into<Option<&'a Path>>) -> Self {
        self.with(option, path.into(), false)
    }

    /// A file that is written.
    pub fn written(self, option: &'static str, path: impl Into<Option<&'a Path>>) -> Self {
        self.with(option, path.into(), true)
    }

    /// Whether standard output is to hold one JSON object and nothing else.
    pub fn json(self, json: bool) -> Self {
        Files { json, ..self }
    }

    fn with(mut self, option: &'static str, path: Option<&'a Path>, written: bool) -> Self {
        self.uses.extend(path.map(|path| Use { option, path, written }));
        self
    }

    /// Refuses a file that would be overwritten by another one, or while it is still needed, and files that cannot be
    /// written.
    pub fn check(&self) -> Result<(), Failure> {
        for (k, later) in self.uses.iter().enumerate() {
            for earlier in &self.uses[..k] {
                let (a, b) = (earlier.option, later.option);
                // What goes on from a checkpoint may save the next ones there.
                let is_allowed = !(earlier.written || later.written) || (a, b) == ("--resume", "--checkpoint");
                // Who reads a pipe would wait for what they write themselves.
                let is_pipe = earlier.written != later.written && is_same_pipe(earlier.path, later.path);
                let is_same = || identity(earlier.path).is_some_and(|file| identity(later.path) == Some(file));
                if !is_allowed && (is_pipe || is_same()) {
                    let (first, second) = (earlier.path.display(), later.path.display());
                    let message = format!("{b} is {second}, the same file as {a}, {first}; expected files that differ");
                    return Err(Failure::Usage(message));
                }
            }
        }
        for file in self.uses.iter().filter(|file| file.written) {
            let stdout = standard_output();
            let names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
            if self.json && names.iter().any(|name| file.path == Path::new(name)) {
                let (option, path) = (file.option, file.path.display());
                let message = format!("{option} is {path}, where --json prints its object; expected another file");
                return Err(Failure::Usage(message));
            }
            // `--out /dev/stdout` says what it wants.
            if !file.path.starts_with("/dev") && stdout.is_some() && identity(file.path) == stdout {
                let (option, path) = (file.option, file.path.display());
                let message = format!("{option} is {path}, the file that standard output goes to; expected another");
                return Err(Failure::Usage(message));
            }
            let refused = |source| kutta::Error::Io { path: file.path.to_path_buf(), source };
            check_writable(file.path).map_err(refused)?;
        }
        Ok(())
    }
}

/// What makes two paths lead to the same file. `None` where that does no harm: devices and pipes keep nothing.
#[derive(PartialEq)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    Path(PathBuf),
}

fn identity(path: &Path) -> Option<Identity> {
    match fs::metadata(path) {
        Ok(found) => identity_of(&found, || fs::canonicalize(path).ok()),
        Err(_) => {
            let end = end_of_links(path);
            let folder = fs::canonicalize(folder(&end)).ok()?;
            Some(Identity::Path(folder.join(end.file_name()?)))
        }
    }
}

#[cfg(unix)]
fn identity_of(found: &Metadata, _path: impl FnOnce() -> Option<PathBuf>) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    found.is_file().then(|| Identity::Inode(found.dev(), found.ino()))
}

/// Whether both are the same named pipe.
#[cfg(unix)]
fn is_same_pipe(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let pipe = |path| fs::metadata(path).ok().filter(|found| found.file_type().is_fifo());
    pipe(a).zip(pipe(b)).is_some_and(|(a, b)| (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

#[cfg(not(unix))]
fn is_same_pipe(_a: &Path, _b: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn identity_of(found: &Metadata, path: impl FnOnce() -> Option<PathBuf>) -> Option<Identity> {
    path().filter(|_| found.is_file()).map(Identity::Path)
}

/// The file that standard output goes to, if it is one.
#[cfg(unix)]
fn standard_output() -> Option<Identity> {
    use std::os::fd::AsFd;
    let stream = io::stdout().as_fd().try_clone_to_owned().ok()?;
    identity_of(&fs::File::from(stream).metadata().ok()?, || None)
}

#[cfg(not(unix))]
fn standard_output() -> Option<Identity> {
    None
}

/// The name that links lead to, where there is no file yet.
fn end_of_links(path: &Path) -> PathBuf {
    let mut end = path.to_path_buf();
    // As many as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&end) else { break };
        end = folder(&end).join(target);
    }
    end
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn check_writable(path: &Path) -> io::Result<()> {
    let target = match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder, expected a file"));
        }
        // What it takes cannot be known before it is written.
        Ok(found) if !found.is_file() => return Ok(()),
        Ok(found) if found.permissions().readonly() => {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        Ok(_) => {
            fs::OpenOptions::new().write(true).open(path)?;
            fs::canonicalize(path)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => end_of_links(path),
        Err(error) => return Err(error),
    };
    let folder = folder(&target);
    let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if is_folder || !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "its folder does not exist"));
    }
    // Without a name where that can be had, so that nothing stays.
    let file = tempfile::tempfile_in(folder);
    // Nobody has asked for the temporary file that the error names.
    file.map(drop).map_err(|error| error.kind().into())
}
