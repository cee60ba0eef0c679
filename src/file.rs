//! Writing files whole or not at all.

use crate::Error;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Temporary files bear this prefix and suffix around so many letters and digits, which nobody calls a file of theirs; and
/// their writer holds a lock on them.
const PREFIX: &str = ".kutta-partial-";
const SUFFIX: &str = ".tmp";
const LETTERS: usize = 16;

/// Writes `bytes` to `path`: a reader sees the old file or the new one, never a part.
///
/// A regular file is replaced by a temporary one from its own folder, which takes over its permissions, and as far as
/// possible its owner; symbolic links to it stay, another name of it (a hard link) keeps the old one. What is no regular file, a pipe or a device, is written to as it is.
///
/// [`Error::Io`] if the folder or the file cannot be written to, which holds for files without permission to be written,
/// whoever asks.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder")),
        Ok(found) => match standard_stream(&found) {
            Some(mut stream) => stream.write_all(bytes),
            None if found.is_file() => replace(&fs::canonicalize(path)?, Some(&found), bytes),
            None => OpenOptions::new().write(true).open(path)?.write_all(bytes),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(&end_of_links(path)?, None, bytes),
        Err(error) => Err(error),
    };
    write().map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// Puts a new file where the old one, if there is one, was.
fn replace(path: &Path, old: Option<&Metadata>, bytes: &[u8]) -> io::Result<()> {
    if let Some(old) = old {
        if old.permissions().readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        OpenOptions::new().write(true).open(path)?;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = remove_abandoned(folder);
    // Whoever reads of a failure knows the file they asked for, not the temporary one.
    let mut file = temporary(folder).map_err(|error| match folder.is_dir() {
        true => io::Error::from(error.kind()),
        false => io::Error::new(error.kind(), format!("there is no folder {}", folder.display())),
    })?;
    if let Some(old) = old {
        // The owner first: to change it may take permissions away. Only the superuser may give files away.
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let _ = fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    // Not by the temporary file itself, whose errors tell its name.
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// A temporary file with a lock on it, which ends with its writer.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(LETTERS);
    // Temporary files are private by default; this one becomes an ordinary file (the user's mask still applies).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let file = builder.tempfile_in(folder)?;
        // Where there are no locks, nothing is removed either.
        let _ = file.as_file().lock();
        // Before the lock, it may have been taken for abandoned.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes temporary files whose writers are dead.
fn remove_abandoned(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let letters = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
        let is_ours = letters.is_some_and(|letters| {
            letters.len() == LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// The name that a chain of links, the last of which leads nowhere yet, ends with.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut end = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&end) else { return Ok(end) };
        end = end.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many links"))
}

/// Standard output or error, if that is the file: opened again, it would be written from its beginning.
#[cfg(unix)]
fn standard_stream(found: &Metadata) -> Option<File> {
    use std::os::{fd::AsFd, unix::fs::MetadataExt};
    let (out, err) = (io::stdout(), io::stderr());
    let streams = [out.as_fd(), err.as_fd()].into_iter().filter_map(|fd| fd.try_clone_to_owned().ok());
    streams.map(File::from).find(|file| {
        let same = |stream: Metadata| (stream.dev(), stream.ino()) == (found.dev(), found.ino());
        file.metadata().is_ok_and(same)
    })
}

#[cfg(not(unix))]
fn standard_stream(_found: &Metadata) -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let error = write_whole(Path::new("no such folder/a.txt"), b"new").unwrap_err().to_string();
        assert_eq!(error, "no such folder/a.txt: there is no folder no such folder");
    }

    #[test]
    fn replaces_the_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_a_file_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("missing/a.txt"), folder.path().to_path_buf()] {
            let error = write_whole(&path, b"").unwrap_err();
            assert!(matches!(&error, Error::Io { path: p, .. } if *p == path), "{error}");
        }
    }

    #[test]
    fn read_only_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(write_whole(&path, b"new").unwrap_err().to_string().ends_with("the file is read-only"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn temporary_files_of_the_dead_are_removed_and_those_of_the_living_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(".kutta-partial-0123456789abcdef.tmp");
        fs::write(&dead, "half").unwrap();
        for name in [".kutta-notes.tmp", ".kutta-partial-notes.tmp"] {
            fs::write(folder.path().join(name), "a file of someone else").unwrap();
        }
        let living = temporary(folder.path()).unwrap();
        write_whole(&folder.path().join("a.txt"), b"new").unwrap();
        assert!(!dead.exists() && living.path().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_what_they_lead_to_is_replaced_with_its_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [file, first, second, open] = ["a.txt", "first", "second", "open"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.txt", &first).unwrap();
        symlink(&first, &second).unwrap();
        symlink("new.txt", &open).unwrap();
        write_whole(&second, b"new").unwrap();
        write_whole(&open, b"new").unwrap();
        assert!(second.is_symlink() && first.is_symlink() && open.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read(folder.path().join("new.txt")).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to_and_stay() {
        use std::os::unix::fs::FileTypeExt;
        write_whole(Path::new("/dev/null"), b"new").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        if Path::new("/dev/full").exists() {
            assert!(matches!(write_whole(Path::new("/dev/full"), b"new"), Err(Error::Io { .. })));
            assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
        }
    }
}
