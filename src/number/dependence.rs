//! What a result depends on.

use super::{Elementary, Number};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// In place of a number, whether it was made from a certain input. Fields do not branch, so that one evaluation tells for
/// all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dependence(pub bool);

macro_rules! either {
    ($($trait:ident $method:ident, $assign:ident $assign_method:ident);*) => {
        $(impl $trait for Dependence {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Dependence(self.0 || other.0)
            }
        }
        impl $assign for Dependence {
            fn $assign_method(&mut self, other: Self) {
                *self = $trait::$method(*self, other);
            }
        })*
    };
}
either!(Add add, AddAssign add_assign; Sub sub, SubAssign sub_assign; Mul mul, MulAssign mul_assign;
    Div div, DivAssign div_assign);

impl Neg for Dependence {
    type Output = Self;
    fn neg(self) -> Self {
        self
    }
}

impl Number for Dependence {
    fn constant(_: f64) -> Self {
        Dependence(false)
    }
    fn apply(self, _: Elementary) -> Self {
        self
    }
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        self + positive + otherwise
    }
}
