//! Stability along rays from the origin: on the axes, and at the edges of sectors.

use std::fmt;

use nalgebra::Complex;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::critical::critical;
use super::growth::{Growth, at, with_coefficients};
use crate::tableau::coefficients::{Certainty, Rational, Scalar};
use crate::verify::exact::numbers::Exact;
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::roots::{AlgebraicNumber, sample};
use crate::verify::exact::unit_circle::{UnitCircle, cayley, is_hurwitz};
use crate::verify::exact::verdict::Verdict;

/// Bits of the tangent of half the angle of a ray.
const BITS: u32 = 36;

/// Why nothing is said of stability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// Zeros are alike on the unit circle for all `z`, and may belong to independent vectors, or not.
    Coincidence,
    /// Growth factors are not outside the unit circle by more than the accuracy of the coefficients.
    Rounding,
    /// Proofs would take long: there are too many growth factors, or too many digits.
    Size,
    /// Growth factors are infinite in the left half plane, off the axis: the sector ends before them.
    Pole,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Undecided::Coincidence => "not decided: growth factors coincide on the unit circle for all z",
            Undecided::Rounding => {
                "not decided: growth factors leave the unit circle by less than the coefficients are known to, write these \
                 exactly, as fractions or roots"
            }
            Undecided::Size => "not decided: it would take too long, for so many growth factors and digits",
            Undecided::Pole => "not decided: a growth factor is infinite for some z in the left half plane",
        })
    }
}

impl Growth {
    /// The largest `x` such that a step is stable at all `z` in `(−x, 0)`; `None` if there is no largest one.
    ///
    /// # Errors
    /// [`Undecided`], if it is not known whether growth factors are outside the unit circle.
    pub fn real_interval(&self) -> Result<Option<AlgebraicNumber>, Undecided> {
        self.stretch(&(-BigInt::one(), BigInt::zero()))
    }

    /// The largest `y` such that a step is stable at all `z` in `(0, iy)`; `None` if there is no largest one.
    ///
    /// # Errors
    /// As of [`real_interval`](Growth::real_interval).
    pub fn imaginary_interval(&self) -> Result<Option<AlgebraicNumber>, Undecided> {
        self.stretch(&(BigInt::zero(), BigInt::one()))
    }

    /// Whether a step is stable wherever `Re z < 0`.
    pub fn a_stability(&self) -> Verdict {
        let verdict = |holds, reason: &str| Verdict { holds, certainty: self.certainty, reason: reason.to_string() };
        if !self.has_all_poles_on_the_right() {
            return verdict(false, "a growth factor is infinite for some z with Re z ≤ 0");
        }
        if self.is_surely_outside_at_infinity() {
            let size = self.at_infinity();
            let size = if size.is_finite() { format!("tends to {size:.4}") } else { "grows without bound".to_string() };
            return verdict(false, &format!("the largest growth factor {size} as z → ∞"));
        }
        match self.imaginary_interval() {
            Ok(None) => verdict(
                true,
                "no growth factor is outside the unit circle on the imaginary axis, none infinite left of it",
            ),
            Ok(Some(end)) => {
                // Not far from where it ends, but far enough to be seen.
                let end = end.to_f64();
                let start = if end > 0.0 { end } else { 1e-2 };
                let size = |y: f64| self.largest(Complex::new(0.0, y));
                let seen = (0..60).map(|k| start * 2f64.powf(0.25 * f64::from(k))).find(|&y| size(y) > 1.0 + 1e-3);
                let y = seen.unwrap_or(start * 1.01);
                verdict(false, &format!("a growth factor has the size {:.4} at z = {y:.4}i", size(y)))
            }
            Err(why) => Verdict { certainty: Certainty::Undecided, ..verdict(false, &why.to_string()) },
        }
    }

    /// An enclosure `low ≤ α ≤ high` of the largest `α`, in degrees, such that a step is stable in the sector
    /// `|arg(−z)| < α`: both 90 if A-stable, both 0 if there is no such sector.
    ///
    /// # Errors
    /// [`Undecided`], as of [`real_interval`](Growth::real_interval), or if a growth factor is infinite in the left half plane.
    pub fn sector_angle(&self) -> Result<[f64; 2], Undecided> {
        if self.is_surely_outside_at_infinity() || self.real_interval()?.is_some() {
            return Ok([0.0; 2]);
        }
        if !self.has_all_poles_on_the_right() {
            return Err(Undecided::Pole);
        }
        if self.imaginary_interval()?.is_none() {
            return Ok([90.0; 2]);
        }
        let limit = 1u64 << BITS;
        let degrees = |tangent: u64| 2.0 * (tangent as f64 / limit as f64).atan().to_degrees();
        if !self.is_stable_on_ray(1)? {
            return Ok([0.0; 2]);
        }
        // What is seen to grow need not be proved to, until the end.
        let (mut low, mut high, mut is_seen) = (1, limit, false);
        while high - low > 1 {
            let middle = low.midpoint(high);
            let grows = self.is_seen_to_grow(middle);
            match !grows && self.is_stable_on_ray(middle)? {
                true => low = middle,
                false => (high, is_seen) = (middle, grows),
            }
        }
        if is_seen && self.is_stable_on_ray(high)? {
            return Err(Undecided::Rounding);
        }
        Ok([degrees(low), degrees(high)])
    }

    /// A direction, of whole parts, at the angle `2 atan(tangent / 2^BITS)` from the negative axis.
    fn direction(tangent: u64) -> (BigInt, BigInt) {
        let (t, one) = (BigInt::from(tangent), BigInt::one() << BITS);
        (&t * &t - &one * &one, &one * &t * 2u32)
    }

    fn is_stable_on_ray(&self, tangent: u64) -> Result<bool, Undecided> {
        self.stretch(&Self::direction(tangent)).map(|end| end.is_none())
    }

    /// Whether a growth factor is clearly outside the unit circle somewhere on the ray.
    fn is_seen_to_grow(&self, tangent: u64) -> bool {
        let angle = 2.0 * (tangent as f64 / 2f64.powi(BITS as i32)).atan();
        let on_ray = |k: i32| Complex::from_polar(2f64.powf(0.125 * f64::from(k)), std::f64::consts::PI - angle);
        (-40..60).any(|k| self.largest(on_ray(k)) > 1.0 + 1e-6)
    }

    /// By how much sizes of growth factors are off, if the coefficients are: double ones by about the root of that.
    fn margin(&self) -> f64 {
        self.certainty.tolerance().sqrt()
    }

    fn is_surely_outside_at_infinity(&self) -> bool {
        self.is_outside_at_infinity() && (self.margin() == 0.0 || self.at_infinity() > 1.0 + self.margin())
    }

    /// Whether no growth factor is infinite in the left half plane, its edge included.
    fn has_all_poles_on_the_right(&self) -> bool {
        with_coefficients!(self.coefficients, c => c.last().is_none_or(|leading| is_hurwitz(&mirrored(leading))))
    }

    /// The largest `t` such that a step is stable at all `z` between zero and `t` times a direction of whole parts.
    fn stretch(&self, direction: &(BigInt, BigInt)) -> Result<Option<AlgebraicNumber>, Undecided> {
        let Some((end, state, next)) = with_coefficients!(self.coefficients, c => stretch(c, direction))? else {
            return Ok(None);
        };
        if !state.has_outside && self.may_be_independent {
            return Err(Undecided::Coincidence);
        }
        if self.margin() > 0.0 && !self.is_seen_outside(direction, end.to_f64(), next.map(|next| next.to_f64())) {
            return Err(Undecided::Rounding);
        }
        let (re, im) = direction;
        let is_rounding = end.to_f64() * Rational::from(re.abs() + im.abs()).to_f64() <= self.certainty.tolerance();
        Ok(Some(if is_rounding { AlgebraicNumber::rational(Rational::zero()) } else { end }))
    }

    /// Whether a growth factor is outside the unit circle, by more than a margin, at some of the `t` between these, times a direction.
    fn is_seen_outside(&self, (re, im): &(BigInt, BigInt), from: f64, to: Option<f64>) -> bool {
        let number = |x: &BigInt| Rational::from(x.clone()).to_f64();
        let direction = Complex::new(number(re), number(im));
        let to = to.unwrap_or(8.0 * from + 8.0 / direction.norm());
        let at = |k: u32| direction * (from + (to - from) * f64::from(k) / 32.0);
        (1..32).any(|k| self.largest(at(k)) > 1.0 + self.margin())
    }
}

/// What [`stretch`] finds: where a stretch ends, what is wrong after that, and up to where.
type End = (AlgebraicNumber, UnitCircle, Option<AlgebraicNumber>);

/// The first `t` after which, times a direction, zeros are outside the unit circle, or not simple on it.
fn stretch<T: Exact>(coefficients: &[Polynomial<T>], direction: &(BigInt, BigInt)) -> Result<Option<End>, Undecided> {
    let parts = parts(coefficients, direction);
    let along = squares(&parts);
    let n = along.len().saturating_sub(1);
    if n == 0 {
        return Ok(None);
    }
    let moved = cayley(n).into_iter().zip(&along).fold(vec![Polynomial::new(Vec::new()); n + 1], |sum, (power, c)| {
        let term = |k: usize| c * &Polynomial::constant(T::from(power.coefficient(k)));
        sum.iter().enumerate().map(|(k, x)| x + &term(k)).collect()
    });
    let places = T::places(&critical(&along, &moved).ok_or(Undecided::Size)?);
    let state = |gap: usize| {
        let t = sample(&places, gap);
        let part = |k: usize| at(&parts.iter().map(|part| part[k].clone()).collect::<Vec<_>>(), &t);
        // What the zeros at z have in common with those at the conjugate is there twice.
        let (re, im) = (part(0), part(1));
        let common = if im.is_zero() { Polynomial::constant(T::one()) } else { re.gcd(&im) };
        UnitCircle::of(&at(&along, &t).divided_by(&common))
    };
    let end = (0..=places.len()).map(|gap| (gap, state(gap))).find(|(_, state)| !state.holds_all());
    Ok(end.map(|(gap, state)| {
        let from =
            gap.checked_sub(1).map_or_else(|| AlgebraicNumber::rational(Rational::zero()), |k| places[k].clone());
        (from, state, places.get(gap).cloned())
    }))
}

/// The real and the imaginary parts of coefficients at `t` times a direction, as polynomials in `t`.
fn parts<T: Exact>(coefficients: &[Polynomial<T>], (re, im): &(BigInt, BigInt)) -> Vec<[Polynomial<T>; 2]> {
    let parts = coefficients.iter().map(|c| {
        let (mut power, mut parts) = ((BigInt::one(), BigInt::zero()), (Vec::new(), Vec::new()));
        for c in c.coefficients() {
            parts.0.push(c.clone() * T::from(power.0.clone()));
            parts.1.push(c.clone() * T::from(power.1.clone()));
            power = (&power.0 * re - &power.1 * im, &power.0 * im + &power.1 * re);
        }
        [Polynomial::new(parts.0), Polynomial::new(parts.1)]
    });
    parts.collect()
}

/// A real polynomial in `ζ`, its coefficients polynomials in `t`, with the zeros of one that has these parts; if it is not real, also
/// with their conjugates.
fn squares<T: Exact>(parts: &[[Polynomial<T>; 2]]) -> Vec<Polynomial<T>> {
    if parts.iter().all(|part| part[1].is_zero()) {
        return parts.iter().map(|part| part[0].clone()).collect();
    }
    let mut squares = vec![Polynomial::new(Vec::new()); 2 * parts.len() - 1];
    for (i, x) in parts.iter().enumerate() {
        for (j, y) in parts.iter().enumerate() {
            squares[i + j] = &squares[i + j] + &(&(&x[0] * &y[0]) + &(&x[1] * &y[1]));
        }
    }
    squares
}

/// `p(−z)`.
fn mirrored<T: Exact>(p: &Polynomial<T>) -> Polynomial<T> {
    p.scaled(&-T::one())
}
