//! Numbers of twice the digits.

use kutta::Number;
use kutta::number::Elementary;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// An unevaluated sum of two doubles: some thirty digits, for arithmetic, square roots, sines and cosines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Twice(f64, f64);

impl Twice {
    pub fn to_f64(self) -> f64 {
        self.0 + self.1
    }

    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Twice(s, (a - (s - t)) + (b - t))
    }
}

impl Add for Twice {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (high, low) = (Twice::sum(self.0, other.0), Twice::sum(self.1, other.1));
        let part = Twice::sum(high.0, high.1 + low.0);
        Twice::sum(part.0, part.1 + low.1)
    }
}
impl Neg for Twice {
    type Output = Self;
    fn neg(self) -> Self {
        Twice(-self.0, -self.1)
    }
}
impl Sub for Twice {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}
impl Mul for Twice {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let high = self.0 * other.0;
        let low = self.0.mul_add(other.0, -high) + (self.0 * other.1 + self.1 * other.0);
        Twice::sum(high, low)
    }
}
impl Div for Twice {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.0 / other.0;
        let rest = self - Twice(first, 0.0) * other;
        Twice::sum(first, rest.0 / other.0)
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $op:tt),*) => {
        $(impl $trait for Twice {
            fn $method(&mut self, other: Self) {
                *self = *self $op other;
            }
        })*
    };
}
assign!(AddAssign add_assign +, SubAssign sub_assign -, MulAssign mul_assign *, DivAssign div_assign /);

impl Number for Twice {
    fn constant(x: f64) -> Self {
        Twice(x, 0.0)
    }
    fn apply(self, function: Elementary) -> Self {
        match function {
            Elementary::Recip => Twice(1.0, 0.0) / self,
            // The second half of the argument counts to first order; the function itself has the digits of a double.
            // The second part of a large argument may be of any size.
            Elementary::Sin => Twice::sum(self.0.sin() * self.1.cos(), self.0.cos() * self.1.sin()),
            Elementary::Cos => Twice::sum(self.0.cos() * self.1.cos(), -self.0.sin() * self.1.sin()),
            other => panic!("{other:?} is not to be had with twice the digits"),
        }
    }
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        if self.0 > 0.0 || (self.0 == 0.0 && self.1 > 0.0) { positive } else { otherwise }
    }
}
