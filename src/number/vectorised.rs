//! Vector registers of machine reals, for kernels that choose their instructions at run time.

use pulp::Simd;
use std::fmt::Debug;

/// What the kernels need of a real number: its vectors and the constants of its exponential.
///
/// Sealed: implemented for `f32` and `f64` alone.
pub trait Vectorised: Copy + 'static {
    /// A register's worth of numbers.
    type Vector<S: Simd>: Copy + Debug;

    /// `log₂ e`.
    const LOG2_E: Self;
    /// `ln 2` in two parts, the first short enough that its product with an exponent is exact.
    const LN_2: [Self; 2];
    /// Adding this number rounds to an integer and leaves that integer, biased like an exponent, in the low bits.
    const SHIFTER: Self;
    /// `(r coth(r/2) - 2)/r²` as a polynomial in `r²`, for `|r| ≤ ln(2)/2`, lowest power first.
    ///
    /// Interpolated at Chebyshev nodes; the relative error it leaves in `eʳ` is 1.1e-18 (f64), 2.5e-9 (f32).
    const HALF_COTH: &'static [Self];
    /// `(artanh(z)/z - 1)/z²` as a polynomial in `z²`, for `|z| ≤ 1/3`, lowest power first.
    ///
    /// Interpolated at Chebyshev nodes; relative error of `artanh` 5.0e-18 (f64), 1.6e-8 (f32).
    const ARTANH: &'static [Self];
    /// Hyperbolic tangent and logistic function equal their limits beyond this argument, to rounding.
    const SATURATED: Self;
    /// `eˣ` is not a normal number for `x` below.
    const EXP_UNDERFLOW: Self;

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
    /// `2ⁿ` from `n + SHIFTER`.
    fn exp2_of_shifted<S: Simd>(simd: S, x: Self::Vector<S>) -> Self::Vector<S>;
    /// The sum of all lanes.
    fn sum<S: Simd>(simd: S, x: Self::Vector<S>) -> Self;
}

macro_rules! vectorised {
    ($real:ident, $vector:ident, $bits:ident, $lanes:ident, $splat:ident, $splat_bits:ident, $as:ident, $as_mut:ident,
     $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $mul_add:ident, $greater:ident,
     $select:ident, $to_bits:ident, $from_bits:ident, $mul_bits:ident, $sum:ident, $constants:tt) => {
        impl Vectorised for $real {
            type Vector<S: Simd> = S::$vector;
            vectorised!(@ $constants);

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
            fn exp2_of_shifted<S: Simd>(simd: S, x: Self::Vector<S>) -> Self::Vector<S> {
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
    (@ { $($constants:tt)* }) => { $($constants)* };
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
    {
        const LOG2_E: f64 = std::f64::consts::LOG2_E;
        const LN_2: [f64; 2] = [f64::from_bits(0x3FE6_2E42_FEE0_0000), 1.908_214_929_270_587_7e-10];
        const SHIFTER: f64 = 1.5 * (1_u64 << 52) as f64 + 1023.0;
        const HALF_COTH: &'static [f64] = &[
            0.166_666_666_666_666_6,
            -0.002_777_777_777_756_200_5,
            6.613_756_470_428_695e-5,
            -1.653_405_818_128_171_6e-6,
            4.143_678_297_036_722e-8,
        ];
        const ARTANH: &'static [f64] = &[
            0.333_333_333_333_333_3,
            0.200_000_000_000_075_03,
            0.142_857_142_834_983_2,
            0.111_111_113_643_769_15,
            0.090_908_944_336_563_91,
            0.076_927_930_051_863_99,
            0.066_569_415_365_884_14,
            0.060_017_767_389_416_58,
            0.043_940_416_874_791_14,
            0.080_954_236_350_516_28,
        ];
        const SATURATED: f64 = 40.0;
        const EXP_UNDERFLOW: f64 = -708.0;
    }
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
    {
        const LOG2_E: f32 = std::f32::consts::LOG2_E;
        const LN_2: [f32; 2] = [355.0 / 512.0, -0.000_212_194_44];
        const SHIFTER: f32 = 1.5 * (1_u32 << 23) as f32 + 127.0;
        const HALF_COTH: &'static [f32] = &[0.166_666_55, -0.002_769_830_9];
        const ARTANH: &'static [f32] = &[0.333_333_2, 0.200_038_16, 0.141_172_11, 0.134_336_9];
        const SATURATED: f32 = 20.0;
        const EXP_UNDERFLOW: f32 = -87.0;
    }
);
