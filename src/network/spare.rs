//! Memory of a pass, kept for the next.

use super::chunk::Chunk;
use super::{Grid, Memory};
use crate::Real;
use crate::field::Effective;
use std::any::Any;
use std::fmt;
use std::sync::Mutex;

/// The memory of a block's last gradient, for the next one of samples that take the same steps: most of what a small network
/// would cost is to get it anew from the system; and what the last prediction found of its parameters. A copy of a block has none, and no two blocks differ by it.
#[derive(Default)]
pub(super) struct Spare {
    chunks: Slot,
    exact: Slot,
}

/// A place for what is known by its type.
type Slot = Mutex<Option<Box<dyn Any + Send>>>;

fn take<V: 'static>(slot: &Slot) -> Option<V> {
    // Whoever panicked with it has left it as it was, or empty.
    let kept = slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()?;
    kept.downcast().ok().map(|kept| *kept)
}

fn put<V: Send + 'static>(slot: &Slot, value: V) {
    *slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Box::new(value));
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spare")
    }
}

impl Clone for Spare {
    fn clone(&self) -> Self {
        Spare::default()
    }
}

impl PartialEq for Spare {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What, beside the grid, chunks are cut by: rows of what is carried, sets of parameters, where and how far apart these begin,
/// and what is kept of a pass.
pub(super) type Key = (usize, usize, f64, f64, Memory);

struct Kept<T: Real> {
    grid: Grid,
    key: Key,
    chunks: Vec<Chunk<T>>,
}

impl Spare {
    /// Chunks of that grid and key, which remember nothing of their pass, if there are any.
    pub fn take<T: Real>(&self, grid: &Grid, key: Key) -> Option<Vec<Chunk<T>>> {
        let mut kept: Kept<T> = take(&self.chunks)?;
        if kept.key != key || kept.grid != *grid {
            return None;
        }
        kept.chunks.iter_mut().for_each(Chunk::forget);
        Some(kept.chunks)
    }

    /// Keeps the chunks of a grid.
    pub fn give<T: Real>(&self, grid: Grid, key: Key, chunks: Vec<Chunk<T>>) {
        put(&self.chunks, Kept { grid, key, chunks });
    }

    /// The effective parameters of the last prediction, if it was of the same learned ones.
    pub fn known<T: Real>(&self, learned: &[T]) -> Option<Effective<T>> {
        let slot = self.exact.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (of, effective) = slot.as_ref()?.downcast_ref::<(Vec<T>, Effective<T>)>()?;
        (of == learned).then(|| effective.clone())
    }

    /// Keeps these for the next.
    pub fn know<T: Real>(&self, learned: &[T], effective: Effective<T>) {
        put(&self.exact, (learned.to_vec(), effective));
    }
}
