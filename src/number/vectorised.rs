//! Vector registers of machine reals, for kernels that choose their instructions at run time.

use pulp::Simd;
use std::fmt::Debug;

/// What the kernels need of a real number: its vectors.
///
/// Sealed: implemented for `f32` and `f64` alone.
pub trait Vectorised: Copy + 'static {
    /// A register's worth of numbers.
    type Vector<S: Simd>: Copy + Debug;

    /// 0 for single, 1 for double precision: which of two constants to take.
    const PRECISION: usize;

    /// Numbers in a vector.
    fn lanes<S: Simd>() -> usize;
    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;
    /// The whole vectors of a slice, and what is left over.
    fn vectors<S: Simd>(from: &[Self]) -> (&[Self::Vector<S>], &[Self]);
    /// The whole vectors of a slice, and what is left over.
    fn vectors_mut<S: Simd>(from: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]);
    /// A slice shorter than a vector, then zeros.
    fn load_part<S: Simd>(simd: S, from: &[Self]) -> Self::Vector<S>;
    /// As many lanes as the slice holds.
    fn store_part<S: Simd>(simd: S, to: &mut [Self], x: Self::Vector<S>);
    /// `a + b`
    fn add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `a - b`
    fn sub<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `a b`
    fn mul<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `a / b`
    fn div<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `a b + c`, rounded once where the processor can.
    fn mul_add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;
    /// `yes` in the lanes where `a > b`, `no` elsewhere.
    fn where_greater<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        yes: Self::Vector<S>,
        no: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// `2ⁿ` from a number whose low bits are those of `n`, biased as in an exponent.
    fn exp2_of_low_bits<S: Simd>(simd: S, x: Self::Vector<S>) -> Self::Vector<S>;
    /// The sum of all lanes.
    fn sum<S: Simd>(simd: S, x: Self::Vector<S>) -> Self;
}

macro_rules! vectorised {
    ($real:ident, $vector:ident, $bits:ident, $lanes:ident, $splat:ident, $splat_bits:ident, $as:ident, $as_mut:ident,
     $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $mul_add:ident, $greater:ident,
     $select:ident, $to_bits:ident, $from_bits:ident, $mul_bits:ident, $sum:ident, $precision:literal) => {
        impl Vectorised for $real {
            type Vector<S: Simd> = S::$vector;
            const PRECISION: usize = $precision;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$lanes
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S> {
                simd.$splat(x)
            }
            #[inline(always)]
            fn vectors<S: Simd>(from: &[Self]) -> (&[Self::Vector<S>], &[Self]) {
                S::$as(from)
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(from: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]) {
                S::$as_mut(from)
            }
            #[inline(always)]
            fn load_part<S: Simd>(simd: S, from: &[Self]) -> Self::Vector<S> {
                simd.$load(from)
            }
            #[inline(always)]
            fn store_part<S: Simd>(simd: S, to: &mut [Self], x: Self::Vector<S>) {
                simd.$store(to, x)
            }
            #[inline(always)]
            fn add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn sub<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$sub(a, b)
            }
            #[inline(always)]
            fn mul<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn div<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$div(a, b)
            }
            #[inline(always)]
            fn mul_add<S: Simd>(
                simd: S,
                a: Self::Vector<S>,
                b: Self::Vector<S>,
                c: Self::Vector<S>,
            ) -> Self::Vector<S> {
                simd.$mul_add(a, b, c)
            }
            #[inline(always)]
            fn where_greater<S: Simd>(
                simd: S,
                a: Self::Vector<S>,
                b: Self::Vector<S>,
                yes: Self::Vector<S>,
                no: Self::Vector<S>,
            ) -> Self::Vector<S> {
                simd.$select(simd.$greater(a, b), yes, no)
            }
            #[inline(always)]
            fn exp2_of_low_bits<S: Simd>(simd: S, x: Self::Vector<S>) -> Self::Vector<S> {
                // A product by a power of two, which compiles to a shift into the exponent's place.
                let place = simd.$splat_bits(1 << ($real::MANTISSA_DIGITS - 1));
                simd.$from_bits(simd.$mul_bits(simd.$to_bits(x), place))
            }
            #[inline(always)]
            fn sum<S: Simd>(simd: S, x: Self::Vector<S>) -> Self {
                simd.$sum(x)
            }
        }
    };
}

vectorised!(
    f64,
    f64s,
    u64,
    F64_LANES,
    splat_f64s,
    splat_u64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    partial_load_f64s,
    partial_store_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    div_f64s,
    mul_add_e_f64s,
    greater_than_f64s,
    select_f64s,
    transmute_u64s_f64s,
    transmute_f64s_u64s,
    mul_u64s,
    reduce_sum_f64s,
    1
);
vectorised!(
    f32,
    f32s,
    u32,
    F32_LANES,
    splat_f32s,
    splat_u32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    partial_load_f32s,
    partial_store_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    div_f32s,
    mul_add_e_f32s,
    greater_than_f32s,
    select_f32s,
    transmute_u32s_f32s,
    transmute_f32s_u32s,
    mul_u32s,
    reduce_sum_f32s,
    0
);
