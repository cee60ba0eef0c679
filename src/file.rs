//! Writing files whole or not at all.

use crate::Error;
use std::io::Write;
use std::path::Path;

/// Writes `bytes` to a temporary file in the folder of `path`, then renames it to `path`.
///
/// A reader sees the old file or the new one, never a part. [`Error::Io`] if the folder cannot be written to.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".kutta-");
        // Temporary files are private by default; this one becomes an ordinary file (the user's mask still applies).
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // Whoever reads of a failure knows the file they asked for, not the temporary one.
        let mut file = builder.tempfile_in(folder).map_err(|error| match folder.is_dir() {
            true => std::io::Error::from(error.kind()),
            false => std::io::Error::new(error.kind(), format!("there is no folder {}", folder.display())),
        })?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let error = write_atomically(Path::new("no such folder/a.txt"), b"new").unwrap_err().to_string();
        assert_eq!(error, "no such folder/a.txt: there is no folder no such folder");
    }

    #[test]
    fn replaces_the_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_a_file_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/a.txt");
        let error = write_atomically(&path, b"").unwrap_err();
        assert!(matches!(&error, Error::Io { path: p, .. } if *p == path), "{error}");
    }
}
