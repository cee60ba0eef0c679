//! The largest sector and the largest disc in the stability region.

use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::stability_function::StabilityFunction;
use crate::tableau::coefficients::{Rational, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::roots::is_nowhere_negative;

/// Sectors and discs: whether one is within the stability region is decided as A-stability is; the largest one is found by
/// halving.
impl StabilityFunction {
    /// The largest `α`, in degrees, such that `|R(z)| ≤ 1` in the sector `|arg(−z)| ≤ α`: 90 if A-stable, 0 if there is no
    /// such sector, or it is but the negative axis. A correct bound from below, sharp to 12 digits or so.
    pub fn sector_angle(&self) -> f64 {
        if self.a_stability().holds {
            return 90.0;
        }
        if self.p.degree() > self.q.degree() {
            return 0.0;
        }
        let left = self.poles().iter().filter(|z| z.re < 0.0);
        let pole = left.map(|z| z.im.abs().atan2(-z.re)).fold(std::f64::consts::FRAC_PI_2, f64::min);
        // Halve `tan(α/2)`: by it, the direction of a ray is a fraction.
        let limit = 2f64.powi(BITS as i32);
        let (mut low, mut high) = (0u64, ((pole / 2.0).tan() * limit) as u64 + 1);
        while high - low > 1 {
            let middle = low.midpoint(high);
            match self.is_stable_on_ray(middle) {
                true => low = middle,
                false => high = middle,
            }
        }
        2.0 * (low as f64 / limit).atan().to_degrees()
    }

    /// Whether `|R| ≤ 1` on the ray at the angle `2 atan(tangent / 2^BITS)` from the negative axis.
    fn is_stable_on_ray(&self, tangent: u64) -> bool {
        let (t, one) = (BigInt::from(tangent), BigInt::one() << BITS);
        let direction = (&t * &t - &one * &one, &one * &t * 2u32);
        let modulus = |p: &Polynomial<Ball>| {
            let mut power = (BigInt::one(), BigInt::zero());
            let (mut re, mut im) = (Vec::new(), Vec::new());
            for c in p.coefficients() {
                re.push(c * &Ball::from(power.0.clone()));
                im.push(c * &Ball::from(power.1.clone()));
                power = (
                    &power.0 * &direction.0 - &power.1 * &direction.1,
                    &power.0 * &direction.1 + &power.1 * &direction.0,
                );
            }
            let (re, im) = (Polynomial::new(re), Polynomial::new(im));
            &(&re * &re) + &(&im * &im)
        };
        is_nowhere_negative(&(&modulus(&self.q) - &modulus(&self.p)))
    }

    /// The largest `ρ` such that `|R(z)| ≤ 1` in the disc `|z + ρ| ≤ ρ`; infinite if A-stable. A correct bound from below,
    /// sharp to 12 digits or so, between `10⁻⁶` and `10⁶`; for rounded coefficients to 6 or more.
    pub fn disc_radius(&self) -> f64 {
        if self.a_stability().holds {
            return f64::INFINITY;
        }
        let radius = bisect(|radius| self.is_stable_in_disc(radius), 1e-6, 1e6);
        // Rounding errors weigh less on the real axis, where most discs end.
        self.real_interval().map_or(radius, |interval| radius.min(interval.to_f64() / 2.0))
    }

    /// In `v = 1/z` the disc is the half plane `Re v ≤ −1/(2ρ)`.
    fn is_stable_in_disc(&self, radius: f64) -> bool {
        if self.poles().iter().any(|z| (z + radius).norm() <= radius) {
            return false;
        }
        let Some(radius) = Rational::from_float(radius) else { return false };
        let edge = Rational::from(self.unit.clone()) / (radius * Rational::ratio(2, 1));
        let degree = self.p.degree().max(self.q.degree());
        let moved = |p: &Polynomial<Ball>| {
            let reversed = p.reversed(degree);
            let mut scale = BigInt::one();
            let mut terms: Vec<Ball> = (0..=degree)
                .rev()
                .map(|k| {
                    let term = &reversed.coefficient(k) * &Ball::from(scale.clone());
                    scale *= edge.denom();
                    term
                })
                .collect();
            terms.reverse();
            Polynomial::new(terms).shifted(&Ball::from(-edge.numer().clone()))
        };
        is_nowhere_negative(&self.e_of(&moved(&self.p), &moved(&self.q)))
    }
}

/// Bits of the tangent of half the angle of a ray.
const BITS: u32 = 44;

/// The largest number between `low > 0` and `high` for which `holds`, if it holds up to some number: 0 if not for `low`,
/// infinity if for `high`. To 13 digits, from below.
pub(super) fn bisect(holds: impl Fn(f64) -> bool, low: f64, high: f64) -> f64 {
    debug_assert!(low > 0.0, "multiples of {low} reach nothing");
    if !holds(low) {
        return 0.0;
    }
    let (mut low, mut high, limit) = (low, low, high);
    while holds(high) {
        if high >= limit {
            return f64::INFINITY;
        }
        (low, high) = (high, high * 8.0);
    }
    while high - low > 1e-13 * high {
        let middle = low.midpoint(high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::Recovered;
    use nalgebra::Complex;

    fn of(scheme: &Tableau) -> StabilityFunction {
        StabilityFunction::of(&Recovered::of(scheme))
    }

    fn named(name: &str) -> StabilityFunction {
        of(&Tableau::by_name(name).unwrap())
    }

    /// The (0, 3) Padé approximation is A(α)-stable with α = 88.23° (E. Hairer, G. Wanner, Solving ODEs II (1996), IV.3).
    #[test]
    fn sectors() {
        let a = [[1.0, 0.5, 1.0 / 6.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]];
        let r = of(&Tableau::new(a, [9.0 / 16.0, 5.0 / 16.0, 0.125], [5.0 / 3.0, -1.0, -1.0]).unwrap());
        assert_eq!(r.to_string(), "(1) / (1 − z + 1/2 z^2 − 1/6 z^3)");
        assert!(!r.a_stability().holds);
        let alpha = r.sector_angle();
        assert!((alpha - 88.23).abs() < 0.01, "{alpha}");
        // Sharp: on the ray |R| does not exceed 1, on one a little farther out it does.
        let largest = |degrees: f64| {
            let direction = Complex::from_polar(1.0, std::f64::consts::PI - degrees.to_radians());
            (1..100_000).map(|k| r.eval(direction * (1e-4 * f64::from(k))).norm()).fold(0.0, f64::max)
        };
        assert!(largest(alpha) <= 1.0 + 1e-12 && largest(alpha + 1e-3) > 1.0);
    }

    #[test]
    fn discs_of_stability() {
        let rk4 = named("rk4").real_interval().unwrap().to_f64() / 2.0;
        for (name, radius) in [("forward_euler", 1.0), ("heun", 1.0), ("explicit_midpoint", 1.0), ("rk4", rk4)] {
            let found = named(name).disc_radius();
            assert!((found - radius).abs() < 1e-12 * radius, "{name}: {found}");
        }
        // |R| ≤ 1 for (1 + (1−θ)z)/(1 − θz) is the disc of radius 1/(1 − 2θ).
        let theta = of(&Tableau::one_leg_theta(0.25).unwrap());
        assert!((theta.disc_radius() - 2.0).abs() < 1e-11);
        assert!(named("gauss_3").disc_radius().is_infinite());
    }
}
