//! Batches of samples, and where they are evaluated.

use crate::Real;

/// The columns of a batch's matrices.
///
/// A batch of samples is stored unit-major: a matrix of `rows × stride` numbers, row by row, in which row `i` holds
/// component `i` of every sample. Columns from `live` on are padding: kernels may compute on them, and their values are
/// arbitrary, NaN included, but nothing they hold may reach a live column or a parameter's gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Number of samples.
    pub live: usize,
    /// Length of a row, at least `live`.
    pub stride: usize,
}

impl Batch {
    /// A single sample, its components next to each other.
    pub const ONE: Self = Batch { live: 1, stride: 1 };

    /// A batch of `live` samples whose rows are padded to whole vector registers (64 bytes).
    pub fn padded<T: Real>(live: usize) -> Self {
        Batch { live, stride: live.next_multiple_of(64 / size_of::<T>()) }
    }
}

/// Where a batch of samples is evaluated: one set of parameters, and a time and a state for every sample.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a, T> {
    /// Parameters `γ`, [`Dimensions::param_count`](super::Dimensions::param_count) of them, shared by the samples.
    pub params: &'a [T],
    /// Times, one a column; after that row, one for each [signal](super::Signal) that the field sees.
    pub t: &'a [T],
    /// States, [`Dimensions::inputs`](super::Dimensions::inputs) rows.
    pub y: &'a [T],
    /// The columns of all matrices of this evaluation.
    pub batch: Batch,
}

impl<'a, T> Point<'a, T> {
    /// A single sample.
    pub fn one(params: &'a [T], t: &'a T, y: &'a [T]) -> Self {
        Point { params, t: std::slice::from_ref(t), y, batch: Batch::ONE }
    }
}

/// What a [`jvp_pullback`](super::Field::jvp_pullback) gives: the derivatives of `wᵀ(∂F/∂y)v`, where they are wanted.
#[derive(Debug)]
pub struct JvpBars<'a, T> {
    /// By the state, [`Dimensions::inputs`](super::Dimensions::inputs) rows, overwritten.
    pub y: &'a mut [T],
    /// By the direction `v`, which is `(∂F/∂y)ᵀ w`: [`Dimensions::inputs`](super::Dimensions::inputs) rows, overwritten.
    pub v: Option<&'a mut [T]>,
    /// By the parameters, summed over the live samples and added to what is there.
    pub params: Option<&'a mut [T]>,
}
