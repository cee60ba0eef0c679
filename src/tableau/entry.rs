//! A number as it is written, beside its double.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use serde::{Deserialize, Deserializer, de};

use super::expression;
use super::surd::Surd;

/// A decimal of more significant digits than this is what is left of a longer number.
pub(super) const EXACT_DIGITS: usize = 9;

/// A number of a scheme: the double that is computed with and, if that is known, the number that was meant.
///
/// Fractions and square roots mean what they say, and so do whole numbers and short decimals. A decimal of many digits is
/// a rounding of something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The double; the nearest one, if the number is known exactly.
    pub value: f64,
    /// The number as it was written.
    pub exact: Option<Surd>,
}

impl Entry {
    /// `p / q`.
    pub(super) fn ratio(p: usize, q: usize) -> Self {
        Entry::exactly(BigRational::new(p.into(), q.into()).into())
    }

    pub(super) fn exactly(exact: Surd) -> Self {
        Entry { value: exact.to_f64(), exact: Some(exact) }
    }

    /// A double of which nothing more is known.
    pub(super) fn double(value: f64) -> Self {
        Entry { value, exact: None }
    }

    /// A number written in digits, possibly with a point and an exponent.
    pub(super) fn decimal(text: &str) -> Option<Self> {
        let value = text.parse().ok()?;
        Some(Entry { value, exact: short_decimal(text).map(Surd::from) })
    }

    /// With the double nearest to the number, if that is known.
    pub(super) fn rounded(self) -> Self {
        let value = match &self.exact {
            // A zero keeps its sign.
            Some(exact) if exact.is_zero() => 0f64.copysign(self.value),
            Some(exact) => exact.to_f64(),
            None => self.value,
        };
        Entry { value, ..self }
    }

    /// The square root; an error for a negative number.
    pub(super) fn sqrt(self) -> Result<Self, f64> {
        let is_negative = self.exact.as_ref().map_or(self.value < 0.0, Surd::is_negative);
        if is_negative {
            return Err(self.value);
        }
        let exact = self.exact.as_ref().and_then(Surd::as_rational).and_then(Surd::sqrt);
        Ok(Entry { value: self.value.max(0.0).sqrt(), exact: exact.and_then(Surd::if_manageable) })
    }

    /// Whether it is zero, as far as it is known.
    pub(super) fn is_zero(&self) -> bool {
        self.value == 0.0 || self.exact.as_ref().is_some_and(Zero::is_zero)
    }

    /// The sum of several.
    pub(super) fn sum<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let sum = entries.into_iter().cloned().reduce(Add::add);
        sum.unwrap_or_else(|| Entry::ratio(0, 1)).rounded()
    }
}

/// The value of digits with a point and an exponent, if they are few.
fn short_decimal(text: &str) -> Option<BigRational> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let digits = format!("{whole}{part}");
    let significant = digits.trim_start_matches(['0', '-', '+']).trim_end_matches('0').len();
    // A whole number may have many digits.
    if part.is_empty() && exponent == 0 && digits.len() <= 100 {
        return Some(digits.parse::<BigInt>().ok()?.into());
    }
    let shift = exponent.checked_sub(i32::try_from(part.len()).ok()?)?;
    if significant > EXACT_DIGITS || digits.len() > 100 || shift.abs() > 400 {
        return None;
    }
    let ten = BigInt::from(10).pow(shift.unsigned_abs());
    let digits: BigInt = digits.parse().ok()?;
    Some(if shift < 0 { BigRational::new(digits, ten) } else { (digits * ten).into() })
}

impl Neg for Entry {
    type Output = Self;
    fn neg(self) -> Self {
        Entry { value: -self.value, exact: self.exact.map(Neg::neg) }
    }
}

/// The four operations, on the doubles and on the numbers.
macro_rules! operations {
    ($($name:ident, $method:ident;)*) => {$(
        impl $name for Entry {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                let exact = self.exact.zip(other.exact).and_then(|(x, y)| $name::$method(x, y).if_manageable());
                Entry { value: $name::$method(self.value, other.value), exact }
            }
        }
    )*};
}

operations!(Add, add; Sub, sub; Mul, mul; Div, div;);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Claimed::deserialize(deserializer).map(|claimed| claimed.entry)
    }
}

/// A number that is claimed of a scheme. Decimals are claimed to the digits that they have, expressions exactly.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claimed {
    pub entry: Entry,
    pub is_expression: bool,
}

impl From<Entry> for Claimed {
    fn from(entry: Entry) -> Self {
        Claimed { entry, is_expression: false }
    }
}

impl<'de> Deserialize<'de> for Claimed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Claimed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a string such as \"1/2 - sqrt(3)/6\"")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Claimed, E> {
                // Its shortest decimal is what was written, if that was short.
                Ok(Entry { value, exact: short_decimal(&format!("{value:?}")).map(Surd::from) }.into())
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Claimed, E> {
                Ok(Entry::exactly(BigRational::from(BigInt::from(value)).into()).into())
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Claimed, E> {
                Ok(Entry::exactly(BigRational::from(BigInt::from(value)).into()).into())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Claimed, E> {
                let entry = expression::evaluate(text).map_err(E::custom)?;
                Ok(Claimed { entry, is_expression: text.trim().parse::<f64>().is_err() })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// What the numbers of a tableau stand for, where that is known, in the order of its doubles.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub a: Vec<Option<Surd>>,
    pub b: Vec<Option<Surd>>,
    pub c: Vec<Option<Surd>>,
    pub embedded: Option<Vec<Option<Surd>>>,
}

pub(super) fn values(entries: &[Entry]) -> Vec<f64> {
    entries.iter().map(|entry| entry.value).collect()
}

pub(super) fn exacts(entries: Vec<Entry>) -> Vec<Option<Surd>> {
    entries.into_iter().map(|entry| entry.exact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_exact_and_long_ones_are_not() {
        let fraction = |p: i64, q: i64| Some(BigRational::new(p.into(), q.into()));
        for (text, expected) in [
            ("0.25", fraction(1, 4)),
            ("-0.10", fraction(-1, 10)),
            ("5.", fraction(5, 1)),
            (".5", fraction(1, 2)),
            ("1E+2", fraction(100, 1)),
            ("2.5e-3", fraction(1, 400)),
            ("0.123456789", fraction(123_456_789, 1_000_000_000)),
            ("0.1234567891", None),
            ("0.16666666666666666", None),
            ("1e-999999999", None),
            ("1e99999999999", None),
            ("4055673282236", fraction(4_055_673_282_236, 1)),
            ("inf", None),
        ] {
            assert_eq!(short_decimal(text), expected, "{text}");
        }
    }

    #[test]
    fn sums_are_rounded_once() {
        let third = Entry::ratio(1, 3);
        assert_eq!(Entry::sum([&third, &third, &third]), Entry::ratio(1, 1));
        assert_eq!(Entry::sum([&Entry::double(0.5), &third]).exact, None);
    }
}
