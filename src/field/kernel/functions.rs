//! Activation functions on vectors, accurate to a few units in the last place.
//!
//! All rest on one form of the exponential. With `y = n ln 2 + r`, `|r| ≤ ln(2)/2`, and the even function
//! `w(r) = r coth(r/2)`,
//!
//! ```text
//! eʸ = 2ⁿ (w + r)/(w - r)
//! ```
//!
//! so that every function below is one quotient, in which differences such as `eʸ - 1` appear without cancellation.

use super::pack::Pack;
use crate::Real;
use pulp::Simd;

/// `eʸ = scale (w + r)/(w - r)`.
struct Exponential<P> {
    scale: P,
    w: P,
    r: P,
}

impl<S: Simd, T: Real> Pack<S, T> {
    /// Splits `eʸ`, for `y` between `T::EXP_UNDERFLOW` and its negative, or NaN.
    #[inline(always)]
    fn exponential(self) -> Exponential<Self> {
        let [high, low] = T::LN_2;
        let shifted = self.mul_add(self.all(T::LOG2_E), self.all(T::SHIFTER));
        let n = shifted - self.all(T::SHIFTER);
        let r = n.mul_add(self.all(-low), n.mul_add(self.all(-high), self));
        let square = r * r;
        let w = square.mul_add(square.polynomial(T::HALF_COTH), self.all(T::constant(2.0)));
        Exponential { scale: shifted.exp2_of_shifted(), w, r }
    }

    /// This vector, but no greater than `bound`; NaN stays NaN.
    #[inline(always)]
    fn at_most(self, bound: T) -> Self {
        let bound = self.all(bound);
        self.where_greater(bound, bound, self)
    }

    /// This vector, but no less than `bound`; NaN stays NaN.
    #[inline(always)]
    fn at_least(self, bound: T) -> Self {
        let bound = self.all(bound);
        bound.where_greater(self, bound, self)
    }

    /// `tanh x = (e²ˣ - 1)/(e²ˣ + 1)`
    #[inline(always)]
    pub fn tanh(self) -> Self {
        let Exponential { scale, w, r } = (self + self).at_most(T::SATURATED).at_least(-T::SATURATED).exponential();
        let (below, above) = (scale - self.all(T::one()), scale + self.all(T::one()));
        above.mul_add(r, below * w) / below.mul_add(r, above * w)
    }

    /// `1/(1 + e⁻ˣ)`; zero where that is no normal number.
    #[inline(always)]
    pub fn sigmoid(self) -> Self {
        let Exponential { scale, w, r } = self.at_most(T::SATURATED).at_least(T::EXP_UNDERFLOW).exponential();
        let grown = scale * (w + r);
        let value = grown / (grown + (w - r));
        self.all(T::EXP_UNDERFLOW).where_greater(self, self.all(T::zero()), value)
    }

    /// `ln(1 + eˣ)` and its derivative, the logistic function.
    #[inline(always)]
    pub fn softplus(self) -> [Self; 2] {
        let zero = self.all(T::zero());
        let opposite = self.where_greater(zero, zero - self, self);
        let Exponential { scale, w, r } = opposite.at_least(T::EXP_UNDERFLOW).exponential();
        // u = e^-|x| as a quotient; ln(1 + u) = 2 artanh(z) with z = u/(2 + u).
        let (above, below) = (scale * (w + r), w - r);
        let z = above / (below + below + above);
        let square = z * z;
        let half = z.mul_add(square * square.polynomial(T::ARTANH), z);
        let value = self.where_greater(zero, self, zero) + (half + half);
        let slope = self.where_greater(zero, below, above) / (below + above);
        // Both vanish below all normal numbers.
        let tiny = self.all(T::EXP_UNDERFLOW);
        [tiny.where_greater(self, zero, value), tiny.where_greater(self, zero, slope)]
    }

    /// `x` if positive, `eˣ - 1` else.
    #[inline(always)]
    pub fn elu(self) -> Self {
        let zero = self.all(T::zero());
        let Exponential { scale, w, r } = self.at_most(T::zero()).at_least(-T::SATURATED).exponential();
        let (below, above) = (scale - self.all(T::one()), scale + self.all(T::one()));
        self.where_greater(zero, self, above.mul_add(r, below * w) / (w - r))
    }

    /// `x` if positive, zero else; NaN stays NaN.
    #[inline(always)]
    pub fn relu(self) -> Self {
        self.at_least(T::zero())
    }
}
