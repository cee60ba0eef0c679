//! A number as it is written, beside its double.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, de};

use super::expression;
use super::surd::Surd;

/// A decimal of more significant digits than this is what is left of a longer number.
pub(super) const EXACT_DIGITS: usize = 6;

/// A number of a scheme: the double that is computed with and, if that is known, the number that was meant.
///
/// Fractions and square roots mean what they say, and so do whole numbers and short decimals. A decimal of many digits is
/// a rounding of something, and known to half a unit of its last digit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The double; the nearest one, if the number is known exactly.
    pub value: f64,
    /// The number as it was written.
    pub exact: Option<Surd>,
    /// By how much at most the number that was meant differs, if what was written is a rounding of it; 0 where nothing tells.
    pub off: f64,
}

impl Entry {
    /// `p / q`.
    pub(super) fn ratio(p: usize, q: usize) -> Self {
        Entry::exactly(BigRational::new(p.into(), q.into()).into())
    }

    pub(super) fn exactly(exact: Surd) -> Self {
        Entry { value: exact.to_f64(), exact: Some(exact), off: 0.0 }
    }

    /// A double of which nothing more is known.
    pub(super) fn double(value: f64) -> Self {
        Entry { value, exact: None, off: 0.0 }
    }

    /// A number written in digits, possibly with a point and an exponent.
    pub(super) fn decimal(text: &str) -> Option<Self> {
        let value = text.parse().ok()?;
        Some(Entry::of_digits(value, text))
    }

    /// A double with the digits that it was read from.
    fn of_digits(value: f64, text: &str) -> Self {
        let Some(Digits { number, count, least, unit }) = Digits::of(text) else { return Entry::double(value) };
        let is_short = |count: usize| count <= EXACT_DIGITS;
        // A fraction `p/q` is met by chance within about `1/q²`: one that is hit so much closer is meant.
        let is_fraction = 10.0 * number.denom().to_f64().unwrap_or(f64::INFINITY).powi(2) <= unit.recip();
        let is_double = unit <= 8.0 * f64::EPSILON * value.abs();
        Entry {
            value,
            off: if is_fraction || is_double { 0.0 } else { 0.5 * unit },
            exact: (is_short(count) || is_fraction && is_short(least)).then(|| number.into()),
        }
    }

    /// What is not known of the number.
    pub(crate) fn doubt(&self) -> f64 {
        if self.exact.is_some() { 0.0 } else { self.off }
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
        let value = self.value.max(0.0).sqrt();
        let doubt = self.doubt();
        let off = if doubt == 0.0 { 0.0 } else { doubt / value.max(doubt.sqrt()) };
        Ok(Entry { value, exact: exact.and_then(Surd::if_manageable), off })
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

/// A number as digits tell it.
struct Digits {
    number: BigRational,
    /// How many there are, from the first that is not zero.
    count: usize,
    /// How many, up to the last that is not zero.
    least: usize,
    /// A unit of the last one.
    unit: f64,
}

impl Digits {
    /// `None` for what is no number, or is longer than what a person writes.
    fn of(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i32 = exponent.parse().ok()?;
        let digits = format!("{whole}{part}");
        let significant = digits.trim_start_matches(['0', '-', '+']);
        let (count, least) = (significant.len(), significant.trim_end_matches('0').len());
        let shift = exponent.checked_sub(i32::try_from(part.len()).ok()?)?;
        if digits.len() > 100 || shift.abs() > 400 {
            return None;
        }
        let number: BigInt = digits.parse().ok()?;
        // A whole number may have many digits.
        if part.is_empty() && exponent == 0 {
            return Some(Digits { number: number.into(), count: 0, least: 0, unit: 1.0 });
        }
        let ten = BigInt::from(10).pow(shift.unsigned_abs());
        let number = if shift < 0 { BigRational::new(number, ten) } else { (number * ten).into() };
        Some(Digits { number, count, least, unit: 10f64.powi(shift) })
    }
}

impl Neg for Entry {
    type Output = Self;
    fn neg(self) -> Self {
        Entry { value: -self.value, exact: self.exact.map(Neg::neg), off: self.off }
    }
}

/// A double, and what is not known of it.
type Doubtful = (f64, f64);

fn doubt_of_sum((_, x): Doubtful, (_, y): Doubtful) -> f64 {
    x + y
}

fn doubt_of_product((x, doubt_x): Doubtful, (y, doubt_y): Doubtful) -> f64 {
    x.abs() * doubt_y + doubt_x * (y.abs() + doubt_y)
}

fn doubt_of_quotient((x, doubt_x): Doubtful, (y, doubt_y): Doubtful) -> f64 {
    (doubt_x + (x / y).abs() * doubt_y) / y.abs()
}

/// The four operations, on the doubles, on the numbers, and on what is not known of them.
macro_rules! operations {
    ($($name:ident, $method:ident, $doubt:ident;)*) => {$(
        impl $name for Entry {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                let off = $doubt((self.value, self.doubt()), (other.value, other.doubt()));
                let exact = self.exact.zip(other.exact).and_then(|(x, y)| $name::$method(x, y).if_manageable());
                Entry { value: $name::$method(self.value, other.value), exact, off }
            }
        }
    )*};
}

operations! {
    Add, add, doubt_of_sum;
    Sub, sub, doubt_of_sum;
    Mul, mul, doubt_of_product;
    Div, div, doubt_of_quotient;
}

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
                Ok(Entry::of_digits(value, &format!("{value:?}")).into())
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
    pub a: Vec<Entry>,
    pub b: Vec<Entry>,
    pub c: Vec<Entry>,
    pub embedded: Option<Vec<Entry>>,
}

pub(super) fn values(entries: &[Entry]) -> Vec<f64> {
    entries.iter().map(|entry| entry.value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_exact_and_long_ones_are_known_to_half_a_unit() {
        let fraction = |p: i64, q: i64| Some(BigRational::new(p.into(), q.into()).into());
        for (text, exact) in [
            ("0.25", fraction(1, 4)),
            ("-0.10", fraction(-1, 10)),
            ("5.", fraction(5, 1)),
            (".5", fraction(1, 2)),
            ("1E+2", fraction(100, 1)),
            ("2.5e-3", fraction(1, 400)),
            ("0.123456", fraction(123_456, 1_000_000)),
            ("0.30000000", fraction(3, 10)),
            ("1e-999999999", None),
            ("1e99999999999", None),
            ("4055673282236", fraction(4_055_673_282_236, 1)),
        ] {
            assert_eq!(Entry::decimal(text).unwrap().exact, exact, "{text}");
        }
        assert_eq!(Entry::decimal("inf").unwrap().exact, None);
        for (text, off) in [
            ("0.1234567", 5e-8),
            ("-0.577350270", 5e-10),
            ("0.5773500", 5e-8),
            ("123.45678", 5e-6),
            ("1.2345678e-3", 5e-11),
            ("0.12345678901234", 5e-15),
            // All that a double can tell.
            ("0.16666666666666666", 0.0),
            // 393/640, 1023/25600 and 253/4096.
            ("0.6140625", 0.0),
            ("0.0399609375", 0.0),
            ("0.061767578125", 0.0),
        ] {
            let entry = Entry::decimal(text).unwrap();
            assert!((entry.off - off).abs() <= 1e-15 * off && entry.exact.is_none(), "{entry:?}");
        }
    }

    #[test]
    fn what_is_not_known_goes_along() {
        let long = || Entry::decimal("0.2928932").unwrap();
        let off = |entry: Entry| entry.off / 5e-8;
        for (found, expected) in [
            (off(Entry::ratio(1, 1) - long()), 1.0),
            (off(long() + long()), 2.0),
            (off(long() * Entry::ratio(3, 1)), 3.0),
            (off(Entry::ratio(1, 1) / long()), 1.0 / 0.2928932f64.powi(2)),
            (off(Entry::decimal("0.5").unwrap() * long()), 0.5),
        ] {
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} and {expected}");
        }
        assert!(off(long().sqrt().unwrap()) >= 0.5 / 0.2928932f64.sqrt());
    }

    #[test]
    fn sums_are_rounded_once() {
        let third = Entry::ratio(1, 3);
        assert_eq!(Entry::sum([&third, &third, &third]), Entry::ratio(1, 1));
        assert_eq!(Entry::sum([&Entry::double(0.5), &third]).exact, None);
    }
}
