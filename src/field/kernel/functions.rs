//! Activation functions on vectors, accurate to a few units in the last place.
//!
//! Most rest on one form of the exponential. With `y = n ln 2 + r`, `|r| ≤ ln(2)/2`, and the even function
//! `w(r) = r coth(r/2)`,
//!
//! ```text
//! eʸ = 2ⁿ (w + r)/(w - r)
//! ```
//!
//! so that each is one quotient, in which differences such as `eʸ - 1` appear without cancellation.
//!
//! NaN stays NaN.

use super::Kernels;
use super::coefficients::*;
use super::pack::Pack;
use pulp::Simd;
use std::f64::consts::{FRAC_1_PI, FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LOG2_E};

/// `eʸ = scale (w + r)/(w - r)`.
struct Exponential<P> {
    scale: P,
    w: P,
    r: P,
}

impl<S: Simd, T: Kernels> Pack<S, T> {
    /// A constant that depends on the precision.
    #[inline(always)]
    fn constant(self, x: [f64; 2]) -> Self {
        self.all(T::constant(x[T::PRECISION]))
    }

    /// The polynomial with these coefficients, lowest power first.
    #[inline(always)]
    fn polynomial(self, coefficients: [&[f64]; 2]) -> Self {
        let mut sum = self.all(T::zero());
        for (i, &c) in coefficients[T::PRECISION].iter().rev().enumerate() {
            let c = self.all(T::constant(c));
            sum = if i == 0 { c } else { sum.mul_add(self, c) };
        }
        sum
    }

    /// Splits `eʸ`, for `y` between [`EXP_UNDERFLOW`] and its negative, or NaN.
    #[inline(always)]
    fn exponential(self) -> Exponential<Self> {
        let [high, low] = LN_2[T::PRECISION].map(|part| self.all(T::constant(-part)));
        // Adding this rounds to the integer n, and leaves n, biased as in an exponent, in the low bits.
        let shifter = self.all(T::constant(ROUND[T::PRECISION] + BIAS[T::PRECISION]));
        let shifted = self.mul_add(self.all(T::constant(LOG2_E)), shifter);
        let n = shifted - shifter;
        let r = n.mul_add(low, n.mul_add(high, self));
        let square = r * r;
        let w = square.mul_add(square.polynomial(HALF_COTH), self.all(T::constant(2.0)));
        Exponential { scale: shifted.exp2_of_low_bits(), w, r }
    }

    /// This vector, but no greater than `bound`.
    #[inline(always)]
    fn at_most(self, bound: Self) -> Self {
        self.where_greater(bound, bound, self)
    }

    /// This vector, but no less than `bound`.
    #[inline(always)]
    fn at_least(self, bound: Self) -> Self {
        bound.where_greater(self, bound, self)
    }

    /// `tanh x = (e²ˣ - 1)/(e²ˣ + 1)`
    #[inline(always)]
    pub fn tanh(self) -> Self {
        let (one, bound) = (self.all(T::one()), self.constant(SATURATED));
        let twice = (self + self).at_most(bound).at_least(self.all(T::zero()) - bound);
        let Exponential { scale, w, r } = twice.exponential();
        let (below, above) = (scale - one, scale + one);
        above.mul_add(r, below * w) / below.mul_add(r, above * w)
    }

    /// `1/(1 + e⁻ˣ)`; zero where that is no normal number.
    #[inline(always)]
    pub fn sigmoid(self) -> Self {
        let tiny = self.constant(EXP_UNDERFLOW);
        let Exponential { scale, w, r } = self.at_most(self.constant(SATURATED)).at_least(tiny).exponential();
        let grown = scale * (w + r);
        tiny.where_greater(self, self.all(T::zero()), grown / (grown + (w - r)))
    }

    /// `ln(1 + eˣ)` and its derivative, the logistic function; zero where these are no normal numbers.
    #[inline(always)]
    pub fn softplus(self) -> [Self; 2] {
        let (zero, tiny) = (self.all(T::zero()), self.constant(EXP_UNDERFLOW));
        let opposite = self.where_greater(zero, zero - self, self);
        let Exponential { scale, w, r } = opposite.at_least(tiny).exponential();
        // u = e^-|x| as a quotient; ln(1 + u) = 2 artanh(z) with z = u/(2 + u).
        let (above, below) = (scale * (w + r), w - r);
        let z = above / (below + below + above);
        let square = z * z;
        let half = z.mul_add(square * square.polynomial(ARTANH), z);
        let value = self.where_greater(zero, self, zero) + (half + half);
        let slope = self.where_greater(zero, below, above) / (below + above);
        [value, slope].map(|x| tiny.where_greater(self, zero, x))
    }

    /// `x` if positive, `eˣ - 1` else.
    #[inline(always)]
    pub fn elu(self) -> Self {
        let (zero, one) = (self.all(T::zero()), self.all(T::one()));
        let Exponential { scale, w, r } = self.at_most(zero).at_least(zero - self.constant(SATURATED)).exponential();
        let (below, above) = (scale - one, scale + one);
        self.where_greater(zero, self, above.mul_add(r, below * w) / (w - r))
    }

    /// `x` if positive, zero else.
    #[inline(always)]
    pub fn relu(self) -> Self {
        self.at_least(self.all(T::zero()))
    }

    /// `x Φ(x)` and its derivative `Φ(x) + x φ(x)`.
    #[inline(always)]
    pub fn gelu(self) -> [Self; 2] {
        let (zero, one, bound) = (self.all(T::zero()), self.all(T::one()), self.constant(GAUSS_BOUND));
        let x = self.at_most(bound).at_least(zero - bound);
        // e^(-x²/2), with the rounding error of the square.
        let square = x * x;
        let lost = x.mul_add(x, zero - square);
        let minus_half = self.all(T::constant(-0.5));
        let Exponential { scale, w, r } = (square * minus_half).exponential();
        let bell = scale * (w + r);
        let bell = bell.mul_add(lost * minus_half, bell);
        // Φ(-|x|) is that times a quotient of polynomials; one division serves both.
        let a = x.where_greater(zero, x, zero - x);
        let (above, below) = (a.polynomial(MILLS_ABOVE), a.polynomial(MILLS_BELOW));
        let inverse = one / ((w - r) * below);
        let tail = bell * above * inverse;
        let normal = self.all(T::constant(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2));
        let density = bell * below * inverse * normal;
        let distribution = x.where_greater(zero, one - tail, tail);
        [self.where_greater(zero, self, x) * distribution, x.mul_add(density, distribution)]
    }

    /// The second derivative of `x Φ(x)`: `(2 - x²) φ(x)`.
    #[inline(always)]
    pub fn gelu_curvature(self) -> Self {
        let (zero, bound) = (self.all(T::zero()), self.constant(GAUSS_BOUND));
        let x = self.at_most(bound).at_least(zero - bound);
        let square = x * x;
        let Exponential { scale, w, r } = (square * self.all(T::constant(-0.5))).exponential();
        let normal = self.all(T::constant(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2));
        (self.all(T::constant(2.0)) - square) * normal * scale * ((w + r) / (w - r))
    }

    /// Sine and cosine, for arguments up to [`SIN_BOUND`]; the cosine to absolute accuracy.
    #[inline(always)]
    pub fn sin_cos(self) -> [Self; 2] {
        let (one, round) = (self.all(T::one()), self.constant(ROUND));
        let n = self.mul_add(self.all(T::constant(FRAC_1_PI)), round) - round;
        let [high, middle, low] = PI[T::PRECISION].map(|part| self.all(T::constant(-part)));
        let r = n.mul_add(low, n.mul_add(middle, n.mul_add(high, self)));
        // (-1)ⁿ, from the distance of n to the nearest even number.
        let half = n.mul_add(self.all(T::constant(0.5)), round) - round;
        let odd = n - (half + half);
        let sign = (odd * odd).mul_add(self.all(T::constant(-2.0)), one);
        let square = r * r;
        let sin = (r * square).mul_add(square.polynomial(SIN), r);
        let cos = square.mul_add(square.polynomial(COS), one);
        [sin * sign, cos * sign]
    }
}
