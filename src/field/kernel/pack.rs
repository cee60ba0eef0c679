//! Vector registers with operators.

use super::Kernels;
use super::elementwise::MAX_LANES;
use crate::number::Vectorised;
use pulp::Simd;
use std::ops::{Add, Div, Mul, Sub};

/// A vector of `T` in the instruction set `S`.
#[derive(Clone, Copy)]
pub struct Pack<S: Simd, T: Kernels> {
    simd: S,
    value: T::Vector<S>,
}

macro_rules! operator {
    ($trait:ident $method:ident) => {
        impl<S: Simd, T: Kernels> $trait for Pack<S, T> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Pack { value: <T as Vectorised>::$method(self.simd, self.value, other.value), ..self }
            }
        }
    };
}
operator!(Add add);
operator!(Sub sub);
operator!(Mul mul);
operator!(Div div);

impl<S: Simd, T: Kernels> Pack<S, T> {
    /// The same number in every lane.
    #[inline(always)]
    pub fn splat(simd: S, x: T) -> Self {
        Pack { simd, value: T::splat(simd, x) }
    }

    /// A vector of the same kind with `x` in every lane.
    #[inline(always)]
    pub fn all(self, x: T) -> Self {
        Pack { value: T::splat(self.simd, x), ..self }
    }

    /// The first numbers of a slice; zeros where it is shorter than a vector.
    #[inline(always)]
    pub fn load(simd: S, from: &[T]) -> Self {
        let value = match T::vectors::<S>(from) {
            ([whole, ..], _) => *whole,
            ([], part) => T::load_part(simd, part),
        };
        Pack { simd, value }
    }

    /// As many lanes as the slice holds.
    #[inline(always)]
    pub fn store(self, to: &mut [T]) {
        match T::vectors_mut::<S>(to) {
            ([whole, ..], _) => *whole = self.value,
            ([], part) => T::store_part(self.simd, part, self.value),
        }
    }

    /// `self · b + c`, rounded once where the processor can.
    #[inline(always)]
    pub fn mul_add(self, b: Self, c: Self) -> Self {
        Pack { value: T::mul_add(self.simd, self.value, b.value, c.value), ..self }
    }

    /// `yes` in the lanes where this vector is greater than `bound`, `no` in the others and where either is NaN.
    #[inline(always)]
    pub fn where_greater(self, bound: Self, yes: Self, no: Self) -> Self {
        Pack { value: T::where_greater(self.simd, self.value, bound.value, yes.value, no.value), ..self }
    }

    /// `2ⁿ` from numbers whose low bits are those of `n`, biased as in an exponent.
    #[inline(always)]
    pub fn exp2_of_low_bits(self) -> Self {
        Pack { value: T::exp2_of_low_bits(self.simd, self.value), ..self }
    }

    /// The sum of all lanes.
    #[inline(always)]
    pub fn sum(self) -> T {
        <T as Vectorised>::sum(self.simd, self.value)
    }

    /// The sum of the first lanes.
    #[inline(always)]
    pub fn sum_of(self, lanes: usize) -> T {
        let mut all = [T::zero(); MAX_LANES];
        self.store(&mut all);
        all[..lanes].iter().copied().sum()
    }
}
