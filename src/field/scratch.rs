//! Memory that evaluations of a field reuse.

use super::provided::Reverse;
use crate::Real;
use crate::number::{Dual, Lanes};

/// Buffers that field evaluations borrow, so that none allocates after the first.
#[derive(Debug)]
pub struct Scratch<T> {
    free: Vec<Vec<T>>,
    pub(super) lanes: Vec<Lanes<T>>,
    pub(super) duals: Vec<Dual<Lanes<T>>>,
    pub(super) reverse: Reverse<Lanes<T>>,
    pub(super) dual_reverse: Reverse<Dual<Lanes<T>>>,
}

impl<T: Real> Default for Scratch<T> {
    fn default() -> Self {
        Scratch {
            free: Vec::new(),
            lanes: Vec::new(),
            duals: Vec::new(),
            reverse: Reverse::new(),
            dual_reverse: Reverse::new(),
        }
    }
}

impl<T: Real> Scratch<T> {
    /// Empty: the first evaluations fill it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer of `len` numbers of arbitrary value. Give it back with [`give`](Scratch::give), last taken first.
    pub fn take(&mut self, len: usize) -> Vec<T> {
        let mut buffer = self.free.pop().unwrap_or_default();
        buffer.resize(len, T::zero());
        buffer
    }

    /// Returns a buffer for reuse.
    pub fn give(&mut self, buffer: Vec<T>) {
        self.free.push(buffer);
    }
}
