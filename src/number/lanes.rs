//! A fixed number of samples in one number.

use super::{Elementary, Number};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Samples in one [`Lanes`].
pub const LANES: usize = 8;

/// [`LANES`] numbers that go through the same computation, one for each of as many samples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct Lanes<N>(pub [N; LANES]);

impl<N: Number> Lanes<N> {
    #[inline]
    fn zip(self, other: Self, f: impl Fn(N, N) -> N) -> Self {
        Lanes(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    /// The same number in every lane.
    #[inline]
    pub fn splat(x: N) -> Self {
        Lanes([x; LANES])
    }

    /// The first numbers of a slice; lanes beyond its end repeat its last number.
    ///
    /// An empty slice gives zeros.
    #[inline]
    pub fn load(from: &[N]) -> Self {
        match from.first_chunk::<LANES>() {
            Some(full) => Lanes(*full),
            None => Lanes(std::array::from_fn(|i| match from.len() {
                0 => N::zero(),
                len => from[i.min(len - 1)],
            })),
        }
    }

    /// Writes the lanes to a slice, as many as it holds.
    #[inline]
    pub fn store(self, to: &mut [N]) {
        match to.first_chunk_mut::<LANES>() {
            Some(full) => *full = self.0,
            None => to.iter_mut().zip(self.0).for_each(|(t, x)| *t = x),
        }
    }
}

impl<N: Number> Add for Lanes<N> {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}
impl<N: Number> Sub for Lanes<N> {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}
impl<N: Number> Mul for Lanes<N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}
impl<N: Number> Div for Lanes<N> {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}
impl<N: Number> Neg for Lanes<N> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Lanes(self.0.map(|x| -x))
    }
}

super::assign_by_operator!(Lanes);

impl<N: Number> Number for Lanes<N> {
    #[inline]
    fn constant(x: f64) -> Self {
        Lanes::splat(N::constant(x))
    }
    #[inline]
    fn apply(self, function: Elementary) -> Self {
        Lanes(self.0.map(|x| x.apply(function)))
    }
    #[inline]
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i].where_positive(positive.0[i], otherwise.0[i])))
    }
}
