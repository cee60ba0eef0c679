//! IDX, the format of the MNIST database: an array of bytes after its shape, as it is or compressed by gzip.

use crate::Error;
use flate2::bufread::MultiGzDecoder;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The code of unsigned bytes, which magic numbers hold above the number of axes.
const UNSIGNED_BYTES: u32 = 0x0800;

/// An array of bytes, row by row.
pub(super) struct Idx {
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Idx {
    /// Reads an array of so many axes.
    ///
    /// [`Error::Io`] if the file cannot be read, [`Error::Parse`] if it holds no such array, or not all of it and nothing else.
    pub fn read(path: &Path, axes: usize) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        let read = match bytes.starts_with(&GZIP) {
            true => Self::from_bytes(MultiGzDecoder::new(&bytes[..]), axes),
            false => Self::from_bytes(&bytes[..], axes),
        };
        read.map_err(|reason| unfit(path, reason))
    }

    fn from_bytes(mut input: impl Read, axes: usize) -> Result<Self, String> {
        let [magic, expected] = [word(&mut input, "a magic number")?, UNSIGNED_BYTES + axes as u32];
        if magic != expected {
            return Err(format!(
                "the magic number is {magic:#010x}, expected {expected:#010x}, of unsigned bytes along {axes} axes"
            ));
        }
        let mut length = || word(&mut input, "the lengths of its axes").map(|length| length as usize);
        let shape = (0..axes).map(|_| length()).collect::<Result<Vec<_>, _>>()?;
        let fits =
            |product: usize, &length: &usize| product.checked_mul(length).filter(|&len| len < isize::MAX as usize);
        let count = shape.iter().try_fold(1, fits).ok_or_else(|| format!("the shape is {shape:?}, too large"))?;
        // One byte more would be one too many. What the header says is not believed before it is read.
        let mut bytes = Vec::new();
        input.take(count as u64 + 1).read_to_end(&mut bytes).map_err(|error| told(&error))?;
        match bytes.len() {
            found if found < count => {
                Err(format!("the data end after {found} bytes, expected {count}, of shape {shape:?}"))
            }
            found if found > count => {
                Err(format!("the data go on after {count} bytes, expected no more, of shape {shape:?}"))
            }
            _ => Ok(Idx { shape, bytes }),
        }
    }
}

/// Four bytes, the most significant first.
fn word(input: &mut impl Read, what: &str) -> Result<u32, String> {
    let mut bytes = [0; 4];
    match input.read_exact(&mut bytes) {
        Ok(()) => Ok(u32::from_be_bytes(bytes)),
        // Also where the compression is cut so early.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(format!("the file ends before {what} of IDX")),
        Err(error) => Err(told(&error)),
    }
}

/// What went wrong with the compression: nothing else does with bytes in memory.
fn told(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "the gzip file ends too early, expected all of it: copy it again".into(),
        _ => format!("the gzip file is damaged ({error}), expected all of it: copy it again"),
    }
}

/// The error for a file that does not hold what it should.
pub(super) fn unfit(path: &Path, reason: String) -> Error {
    Error::Parse { path: path.to_path_buf(), line: 0, column: 0, reason }
}
