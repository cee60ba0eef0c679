//! Whole numbers known up to a radius.

use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// A whole number between `value − radius` and `value + radius`. Radius 0 is an exact number, and stays exact.
///
/// Operations give a ball that holds every result of numbers in the operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ball {
    /// The centre.
    pub value: BigInt,
    /// What the centre may be off by, `≥ 0`.
    pub radius: BigInt,
}

impl Ball {
    /// The ball about `value` of a radius, which is not negative.
    pub fn new(value: BigInt, radius: BigInt) -> Self {
        Ball { value, radius }
    }

    /// Whether zero is in the ball.
    pub fn holds_zero(&self) -> bool {
        self.value.magnitude() <= self.radius.magnitude()
    }

    /// The largest number in the ball.
    pub fn upper(&self) -> BigInt {
        &self.value + &self.radius
    }
}

impl From<BigInt> for Ball {
    fn from(value: BigInt) -> Self {
        Ball { value, radius: BigInt::zero() }
    }
}

impl Zero for Ball {
    fn zero() -> Self {
        BigInt::zero().into()
    }

    /// Zero exactly; see [`Ball::holds_zero`].
    fn is_zero(&self) -> bool {
        self.value.is_zero() && self.radius.is_zero()
    }
}

impl One for Ball {
    fn one() -> Self {
        BigInt::one().into()
    }
}

impl Add for Ball {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Ball { value: self.value + other.value, radius: self.radius + other.radius }
    }
}

impl Sub for Ball {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Ball { value: self.value - other.value, radius: self.radius + other.radius }
    }
}

impl Neg for Ball {
    type Output = Self;
    fn neg(self) -> Self {
        Ball { value: -self.value, radius: self.radius }
    }
}

impl Mul for Ball {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        &self * &other
    }
}

impl<'a> Mul<&'a Ball> for &Ball {
    type Output = Ball;
    fn mul(self, other: &'a Ball) -> Ball {
        let mut radius = BigInt::zero();
        if !self.radius.is_zero() {
            radius += &self.radius * (other.value.abs() + &other.radius);
        }
        if !other.radius.is_zero() {
            radius += self.value.abs() * &other.radius;
        }
        Ball { value: &self.value * &other.value, radius }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ball() -> impl Strategy<Value = (Ball, i64)> {
        (-100i64..100, 0i64..20).prop_flat_map(|(value, radius)| {
            (value - radius..=value + radius).prop_map(move |x| (Ball::new(value.into(), radius.into()), x))
        })
    }

    fn holds(ball: Ball, x: i64) -> bool {
        (ball.value - BigInt::from(x)).abs() <= ball.radius
    }

    proptest! {
        #[test]
        fn results_of_what_they_hold_are_held((a, x) in ball(), (b, y) in ball()) {
            prop_assert!(holds(a.clone() + b.clone(), x + y));
            prop_assert!(holds(a.clone() - b.clone(), x - y));
            prop_assert!(holds(&a * &b, x * y));
            prop_assert!(holds(-a.clone(), -x));
            prop_assert_eq!(a.holds_zero(), a.upper() >= BigInt::zero() && &a.value - &a.radius <= BigInt::zero());
        }
    }
}
