//! Saved files: JSON with a version and a checksum.
//!
//! ```json
//! { "format": "kutta model", "format_version": 1, "checksum": "fnv1a64:…", "contents": { … } }
//! ```
//!
//! The checksum is FNV-1a (64 bits) of the text of the contents without the spaces between its tokens. It tells a damaged
//! or edited file from a saved one: any changed digit changes it. Contents are never held as a tree of values, which would
//! take many times their memory.

use crate::Error;
use crate::file::write_whole;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::ops::RangeInclusive;
use std::path::Path;

/// What to do about a file that was kutta's and is broken.
const DAMAGED: &str = "damaged or edited: fit again, or take a copy";

/// Only what tells whether the rest can be read.
#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u64,
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    format_version: u64,
    checksum: String,
    contents: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "format_version")]
    _version: u64,
    checksum: String,
    #[serde(borrow)]
    contents: &'a RawValue,
}

/// Saves `contents` as a file of a format and version, whole or not at all.
pub(super) fn save(path: &Path, format: &str, format_version: u64, contents: &impl Serialize) -> Result<(), Error> {
    let json = || {
        let contents = RawValue::from_string(serde_json::to_string_pretty(contents)?)?;
        let checksum = checksum(contents.get());
        serde_json::to_string_pretty(&Written { format, format_version, checksum, contents: &contents })
    };
    let mut text = json().map_err(|e| Error::Io { path: path.to_path_buf(), source: e.into() })?;
    text.push('\n');
    write_whole(path, text.as_bytes())
}

/// Loads the contents of a file of a format and one of some versions.
///
/// [`Error::Io`], [`Error::IncompatibleVersion`], and [`Error::Parse`] for everything else.
pub(super) fn load<C: DeserializeOwned>(path: &Path, format: &str, versions: RangeInclusive<u64>) -> Result<C, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
    // Cut amid a number, a file seems to hold a bad one.
    let is_cut = bytes.trim_ascii_end().last() != Some(&b'}');
    let syntax = |e: serde_json::Error| Error::Parse {
        path: path.to_path_buf(),
        line: e.line(),
        column: e.column(),
        reason: format!("{}; {DAMAGED}", reason(&e, is_cut)),
    };
    if bytes.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
        return Err(invalid(path, format!("this is no file of kutta's, expected a `{format}` as saved by kutta")));
    }
    serde_json::from_slice::<IgnoredAny>(&bytes).map_err(syntax)?;
    let head: Head = serde_json::from_slice(&bytes).map_err(|e| {
        invalid(path, format!("{}; expected a `{format}` as saved by kutta; {DAMAGED}", reason(&e, is_cut)))
    })?;
    if head.format != format {
        return Err(invalid(path, format!("this is a `{}`, expected a `{format}`", head.format)));
    }
    if !versions.contains(&head.format_version) {
        let (path, expected) = (path.to_path_buf(), *versions.end());
        return Err(Error::IncompatibleVersion { path, found: head.format_version, expected });
    }
    let document: Document<'_> = serde_json::from_slice(&bytes).map_err(syntax)?;
    let found = checksum(document.contents.get());
    if found != document.checksum {
        let reason = format!("the contents have checksum {found}, not {} as stated; {DAMAGED}", document.checksum);
        return Err(invalid(path, reason));
    }
    let contents = document.contents.get();
    serde_json::from_str(contents).map_err(|e| {
        // Places count from the beginning of the file.
        let before = &bytes[..contents.as_ptr() as usize - bytes.as_ptr() as usize];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + e.line();
        let column = if e.line() == 1 { before.rsplit(|&byte| byte == b'\n').next().map_or(0, <[u8]>::len) } else { 0 };
        Error::Parse {
            path: path.to_path_buf(),
            line: if e.line() > 0 { line } else { 0 },
            column: if e.line() > 0 { column + e.column() } else { 0 },
            reason: format!("{}; {DAMAGED}", reason(&e, false)),
        }
    })
}

/// The error for contents that do not fit together.
pub(super) fn inconsistent(path: &Path, error: &Error) -> Error {
    invalid(path, format!("{error}; {DAMAGED}"))
}

/// The error for contents that make no sense.
pub(super) fn invalid(path: &Path, reason: String) -> Error {
    Error::Parse { path: path.to_path_buf(), line: 0, column: 0, reason }
}

/// The message without its place, which the error has in fields of its own.
fn reason(error: &serde_json::Error, is_cut: bool) -> String {
    let message = error.to_string();
    let reason = match message.rfind(" at line ") {
        Some(place) if error.line() > 0 => &message[..place],
        _ => &message,
    };
    match error.is_eof() || is_cut {
        true => format!("the file ends too early ({reason}): it was not saved completely"),
        false => reason.to_string(),
    }
}

/// Of a text of JSON, without the spaces between its tokens.
fn checksum(contents: &str) -> String {
    let (mut within, mut escaped) = (false, false);
    let token = |&byte: &u8| {
        let space = !within && byte.is_ascii_whitespace();
        within ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        !space
    };
    format!("fnv1a64:{:016x}", fnv1a(contents.bytes().filter(token)))
}

/// *Reference*: Fowler, Noll and Vo, "The FNV non-cryptographic hash algorithm", RFC 9923.
pub(super) fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spaces_between_tokens_do_not_count() {
        let sum = checksum(r#"{"a b":"c \" d","e":[1,2.5]}"#);
        assert_eq!(sum, checksum("{ \"a b\" :\n\"c \\\" d\",\t\"e\": [1, 2.5] }"));
        assert_ne!(sum, checksum(r#"{"a b":"c \"  d","e":[1,2.5]}"#));
    }

    #[test]
    fn a_file_that_was_cut_says_so_wherever_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.json");
        save(&path, "numbers", 1, &[-1.5e-7, 0.25]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(load::<Vec<f64>>(&path, "numbers", 1..=1).unwrap(), [-1.5e-7, 0.25]);
        // The last byte but one ends the text.
        for end in 1..whole.len() - 1 {
            std::fs::write(&path, &whole[..end]).unwrap();
            let message = load::<Vec<f64>>(&path, "numbers", 1..=1).unwrap_err().to_string();
            assert!(message.contains("the file ends too early"), "cut at {end}: {message}");
        }
    }

    #[test]
    fn fnv1a_of_published_vectors() {
        assert_eq!(fnv1a(*b""), 0xcbf29ce484222325);
        assert_eq!(fnv1a(*b"a"), 0xaf63dc4c8601ec8c);
        assert_eq!(fnv1a(*b"foobar"), 0x85944171f73967e8);
    }
}
