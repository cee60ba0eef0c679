//! Stability along rays from the origin: on the axes, and at the edges of sectors.

use nalgebra::Complex;
use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::critical::critical;
use super::growth::{Growth, at};
use crate::tableau::coefficients::{Certainty, Rational};
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::roots::{AlgebraicNumber, positive_roots, sample};
use crate::verify::exact::unit_circle::{UnitCircle, cayley, is_hurwitz};
use crate::verify::exact::verdict::Verdict;

/// Bits of the tangent of half the angle of a ray.
const BITS: u32 = 36;

/// Zeros are alike on the unit circle for all `z`, so that it is not decided where they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

/// Why nothing is said of stability.
pub(in crate::verify) const UNDECIDED: &str = "not decided: growth factors coincide for all z";

impl Growth {
    /// The largest `x` such that a step is stable at all `z` in `(−x, 0)`; `None` if there is no largest one.
    pub fn real_interval(&self) -> Result<Option<AlgebraicNumber>, Undecided> {
        self.stretch(&(-BigInt::one(), BigInt::zero()))
    }

    /// The largest `y` such that a step is stable at all `z` in `(0, iy)`; `None` if there is no largest one.
    pub fn imaginary_interval(&self) -> Result<Option<AlgebraicNumber>, Undecided> {
        self.stretch(&(BigInt::zero(), BigInt::one()))
    }

    /// Whether a step is stable wherever `Re z < 0`.
    pub fn a_stability(&self) -> Verdict {
        let verdict = |holds, reason: &str| Verdict { holds, certainty: self.certainty, reason: reason.to_string() };
        if !self.has_all_poles_on_the_right() {
            return verdict(false, "a growth factor is infinite for some z with Re z ≤ 0");
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
            Err(Undecided) => Verdict { certainty: Certainty::Undecided, ..verdict(false, UNDECIDED) },
        }
    }

    /// An enclosure `low ≤ α ≤ high` of the largest `α`, in degrees, such that a step is stable in the sector
    /// `|arg(−z)| < α`: both 90 if A-stable, both 0 if there is no such sector.
    ///
    /// # Errors
    /// [`Undecided`], if zeros cannot be told apart on the unit circle, or a growth factor is infinite in the left half plane.
    pub fn sector_angle(&self) -> Result<[f64; 2], Undecided> {
        let a = self.a_stability();
        match (a.holds, a.certainty) {
            (_, Certainty::Undecided) => return Err(Undecided),
            (true, _) => return Ok([90.0; 2]),
            _ if !self.has_all_poles_on_the_right() => return Err(Undecided),
            _ => {}
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
            return Err(Undecided);
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

    /// Whether no growth factor is infinite in the left half plane, its edge included.
    fn has_all_poles_on_the_right(&self) -> bool {
        let Some(leading) = self.coefficients.last() else { return true };
        is_hurwitz(&leading.scaled(&-BigInt::one()))
    }

    /// The largest `t` such that a step is stable at all `z` between zero and `t` times a direction of whole parts.
    fn stretch(&self, direction: &(BigInt, BigInt)) -> Result<Option<AlgebraicNumber>, Undecided> {
        let along = self.along(direction);
        let n = along.len().saturating_sub(1);
        if n == 0 {
            return Ok(None);
        }
        let moved =
            cayley(n).into_iter().zip(&along).fold(vec![Polynomial::new(Vec::new()); n + 1], |sum, (power, c)| {
                let term = |k: usize| c * &Polynomial::constant(power.coefficient(k));
                sum.iter().enumerate().map(|(k, x)| x + &term(k)).collect()
            });
        let places = positive_roots(&critical(&along, &moved).ok_or(Undecided)?);
        let is_stable = |gap: usize| UnitCircle::of(&at(&along, &sample(&places, gap))).holds_all();
        let end = (0..=places.len()).find(|&gap| !is_stable(gap));
        Ok(end.map(|gap| match gap {
            0 => AlgebraicNumber::rational(Rational::zero()),
            _ => places[gap - 1].clone(),
        }))
    }

    /// A real polynomial in `ζ`, its coefficients polynomials in `t`, with the growth factors at `t` times a direction; off the
    /// real axis also those at the conjugate.
    fn along(&self, (re, im): &(BigInt, BigInt)) -> Vec<Polynomial<BigInt>> {
        if im.is_zero() {
            return self.coefficients.iter().map(|c| c.scaled(re)).collect();
        }
        let parts = self.coefficients.iter().map(|c| {
            let (mut power, mut parts) = ((BigInt::one(), BigInt::zero()), (Vec::new(), Vec::new()));
            for c in c.coefficients() {
                parts.0.push(c * &power.0);
                parts.1.push(c * &power.1);
                power = (&power.0 * re - &power.1 * im, &power.0 * im + &power.1 * re);
            }
            [Polynomial::new(parts.0), Polynomial::new(parts.1)]
        });
        let parts: Vec<[Polynomial<BigInt>; 2]> = parts.collect();
        let mut squares = vec![Polynomial::new(Vec::new()); 2 * parts.len() - 1];
        for (i, x) in parts.iter().enumerate() {
            for (j, y) in parts.iter().enumerate() {
                squares[i + j] = &squares[i + j] + &(&(&x[0] * &y[0]) + &(&x[1] * &y[1]));
            }
        }
        squares
    }
}
