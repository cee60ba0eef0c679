//! Machine reals: `f32` and `f64`.

use super::{Elementary, Number};
use crate::linalg::DenseLu;
use nalgebra::Complex;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::{Display, LowerExp};
use std::iter::Sum;

/// `f32` or `f64`: what states and parameters are stored in.
pub trait Real:
    Number
    + PartialOrd
    + Default
    + Display
    + LowerExp
    + Sum
    + Send
    + Sync
    + Serialize
    + DeserializeOwned
    + DenseLu<Self>
    + DenseLu<Complex<Self>>
    + 'static
{
    /// Distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The largest finite number.
    const MAX: Self;
    /// The smallest positive number of full precision.
    const MIN_POSITIVE: Self;
    /// Sums of squares between this number and its inverse have lost nothing to over- or underflow.
    const SAFE_SQUARE: Self;

    /// The number as `f64`, exactly.
    fn to_f64(self) -> f64;

    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
}

macro_rules! real {
    ($type:ident) => {
        impl Number for $type {
            #[inline]
            fn constant(x: f64) -> Self {
                x as $type
            }
            #[inline]
            fn apply(self, function: Elementary) -> Self {
                // These exist at either precision; the rest goes through double precision.
                match function {
                    Elementary::Recip => 1.0 / self,
                    Elementary::Sqrt => self.sqrt(),
                    Elementary::Powi(n) => self.powi(n),
                    Elementary::Exp => self.exp(),
                    Elementary::ExpM1 => self.exp_m1(),
                    Elementary::Ln => self.ln(),
                    Elementary::Ln1p => self.ln_1p(),
                    Elementary::Sin => self.sin(),
                    Elementary::Cos => self.cos(),
                    Elementary::Tan => self.tan(),
                    Elementary::Tanh => self.tanh(),
                    _ => function.value(f64::from(self)) as $type,
                }
            }
            #[inline]
            fn where_positive(self, positive: Self, otherwise: Self) -> Self {
                if self > 0.0 { positive } else { otherwise }
            }
        }

        impl Real for $type {
            const EPSILON: Self = $type::EPSILON;
            const MAX: Self = $type::MAX;
            const MIN_POSITIVE: Self = $type::MIN_POSITIVE;
            const SAFE_SQUARE: Self = $type::MIN_POSITIVE / ($type::EPSILON * $type::EPSILON);
            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline]
            fn is_finite(self) -> bool {
                $type::is_finite(self)
            }
        }
    };
}
real!(f32);
real!(f64);
