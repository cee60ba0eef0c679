//! Where `|R(z)| ≤ 1`: stability on axes, half planes and sectors, decided by the signs of polynomials.

use nalgebra::Complex;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::stability_function::StabilityFunction;
use crate::tableau::coefficients::{Rational, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::quotient::without_vanishing;
use crate::verify::exact::roots::{AlgebraicNumber, first_negative, is_nowhere_negative};
use crate::verify::exact::unit_circle::is_hurwitz;
use crate::verify::exact::verdict::Verdict;

/// Linear stability. Polynomials have whole coefficients, and their real zeros are isolated exactly. Where the
/// coefficients are known up to a radius, those that may be zero count as zero, the others as the largest they may be; what
/// then is negative is so for sure.
impl StabilityFunction {
    /// The coefficients of `E(y) = |Q(iy)|² − |P(iy)|²` as a polynomial in `y²`, the constant one, 0, first. The scheme is
    /// stable on the imaginary axis where `E ≥ 0`.
    pub fn e_polynomial(&self) -> Vec<f64> {
        let mut scale = self.q.coefficient(0).value.pow(2);
        let terms = self.e_of(&self.p, &self.q);
        let terms = terms.coefficients().iter().map(|c| {
            let term = if c.holds_zero() { 0.0 } else { Rational::new_raw(c.value.clone(), scale.clone()).to_f64() };
            scale *= &self.unit * &self.unit;
            term
        });
        terms.collect()
    }

    /// `E`, with zero in place of coefficients that may be zero.
    pub(super) fn e(&self) -> Polynomial<Ball> {
        without_vanishing(&self.e_of(&self.p, &self.q))
    }

    pub(super) fn e_of(&self, p: &Polynomial<Ball>, q: &Polynomial<Ball>) -> Polynomial<Ball> {
        &q.modulus_on_imaginary_axis() - &p.modulus_on_imaginary_axis()
    }

    /// I-stability: `|R(iy)| ≤ 1` for all real `y`.
    pub fn i_stability(&self) -> Verdict {
        match first_negative(&self.e()) {
            None => {
                // Even at the lower ends of the radii?
                let e = self.e_of(&self.p, &self.q);
                let lower = e.coefficients().iter().map(|c| Ball::from(&c.value - &c.radius));
                let is_strict = is_nowhere_negative(&Polynomial::new(lower.collect()));
                let certainty = if is_strict { self.strict } else { self.certainty };
                let reason = "|R(iy)| ≤ 1 for all real y: E(y) = |Q(iy)|² − |P(iy)|² is nowhere negative";
                Verdict { holds: true, certainty, reason: reason.to_string() }
            }
            Some(negative) => {
                // Not far from where it begins, but far enough to be seen.
                let axis = |y: f64| Complex::new(0.0, y);
                let square = Rational::from(self.unit.pow(2));
                let end = negative.from.times(&square).to_f64().sqrt();
                let start = if end > 0.0 { end } else { 1.0 };
                let visible = (0..60).map(|k| start * 2f64.powf(0.5 * f64::from(k)));
                let visible = visible.into_iter().find(|&y| self.eval(axis(y)).norm() > 1.0 + 1e-3);
                let y = visible.unwrap_or_else(|| (negative.witness * square).to_f64().sqrt());
                let reason = self.exceeds("R(iy)", axis(y), format!("y = {y:.4}"));
                // Negative, too, where coefficients that may be zero are the largest they may be?
                let is_strict = !is_nowhere_negative(&self.e_of(&self.p, &self.q));
                let certainty = if is_strict { self.strict } else { self.certainty };
                Verdict { certainty, ..self.verdict(false, reason) }
            }
        }
    }

    /// A-stability: `|R(z)| ≤ 1` wherever `Re z ≤ 0`. By the maximum principle this is I-stability without a pole in the
    /// left half plane.
    pub fn a_stability(&self) -> Verdict {
        let on_axis = self.i_stability();
        if !on_axis.holds {
            return on_axis;
        }
        if self.has_all_poles_on_the_right() {
            let reason = "|R(iy)| ≤ 1 for all real y, and all poles have positive real parts";
            return self.verdict(true, reason);
        }
        let leftmost = self.poles().iter().min_by(|a, b| a.re.total_cmp(&b.re));
        let place = leftmost.map_or(String::new(), |z| format!(" at {}", complex(*z)));
        self.verdict(false, format!("R has a pole{place}, in the left half plane"))
    }

    /// L-stability: A-stability and `R(∞) = 0`.
    pub fn l_stability(&self) -> Verdict {
        let a = self.a_stability();
        if !a.holds {
            return a;
        }
        // The limit may be too small for a double.
        if self.p.degree() < self.q.degree() {
            return self.verdict(true, "A-stable, and R(∞) = 0");
        }
        let limit = match self.at_infinity() {
            0.0 => "below all doubles, but".to_string(),
            limit => format!("{limit},"),
        };
        Verdict { certainty: self.strict, ..self.verdict(false, format!("|R(∞)| = {limit} not 0")) }
    }

    /// Strict stability at infinity: `|R(∞)| < 1`.
    pub fn strict_stability_at_infinity(&self) -> Verdict {
        let holds = match self.p.degree().cmp(&self.q.degree()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => {
                let (p, q) = (self.p.leading(), self.q.leading());
                p.value.abs() + p.radius < q.value.abs() - q.radius
            }
        };
        let verdict = self.verdict(holds, format!("|R(∞)| = {}", self.at_infinity()));
        Verdict { certainty: if holds { self.strict } else { self.certainty }, ..verdict }
    }

    /// The largest `x` such that `|R(t)| ≤ 1` for all `t` in `[−x, 0]`; `None` if there is no largest one.
    pub fn real_interval(&self) -> Option<AlgebraicNumber> {
        let minus = Ball::from(-BigInt::one());
        let (p, q) = (self.p.scaled(&minus), self.q.scaled(&minus));
        let negative = first_negative(&(&(&q - &p) * &(&q + &p)))?;
        Some(negative.from.times(&self.unit.clone().into()))
    }

    /// The largest `y` such that `|R(it)| ≤ 1` for all `t` in `[0, y]`; `None` if there is no largest one.
    pub fn imaginary_interval(&self) -> Option<AlgebraicNumber> {
        let in_square = self.e();
        let zero = |_| Ball::zero();
        let terms = in_square.coefficients().iter().enumerate();
        let terms = terms.flat_map(|(k, c)| (0..usize::from(k > 0)).map(zero).chain([c.clone()]));
        let negative = first_negative(&Polynomial::new(terms.collect()))?;
        Some(negative.from.times(&self.unit.clone().into()))
    }

    fn has_all_poles_on_the_right(&self) -> bool {
        let mirrored = self.q.scaled(&Ball::from(-BigInt::one()));
        is_hurwitz(&Polynomial::new(mirrored.coefficients().iter().map(|c| c.value.clone()).collect()))
    }

    pub(super) fn verdict(&self, holds: bool, reason: impl Into<String>) -> Verdict {
        Verdict { holds, certainty: self.certainty, reason: reason.into() }
    }

    /// By how much `|R(z)|` is more than 1.
    fn exceeds(&self, what: &str, z: Complex<f64>, place: String) -> String {
        let modulus = self.eval(z).norm();
        match modulus - 1.0 {
            excess if excess.abs() < 1e-2 => format!("|{what}| − 1 = {excess:.1e} at {place}"),
            _ => format!("|{what}| = {modulus:.4} at {place}"),
        }
    }
}

fn complex(z: Complex<f64>) -> String {
    let sign = if z.im < 0.0 { '−' } else { '+' };
    if z.im == 0.0 { format!("{:.4}", z.re) } else { format!("{:.4} {sign} {:.4}i", z.re, z.im.abs()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::Recovered;
    use crate::verify::Certainty;
    use proptest::prelude::*;

    fn of(scheme: &Tableau) -> StabilityFunction {
        StabilityFunction::of(&Recovered::of(scheme))
    }

    fn named(name: &str) -> StabilityFunction {
        of(&Tableau::by_name(name).unwrap())
    }

    fn lower<const S: usize>(rows: [&[f64]; S], b: [f64; S]) -> StabilityFunction {
        let a: Vec<Vec<f64>> = rows.iter().map(|r| [r, &vec![0.0; S - r.len()][..]].concat()).collect();
        let c: Vec<f64> = a.iter().map(|r| r.iter().sum()).collect();
        of(&Tableau::new(&a, b, c).unwrap())
    }

    fn is(end: Option<AlgebraicNumber>, expected: f64, tolerance: f64) {
        let found = end.map_or(f64::INFINITY, |x| x.to_f64());
        assert!(found == expected || (found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    /// Intervals: computed with nodepy 1.1.1's coefficients in rational arithmetic, independently of this crate.
    #[test]
    fn intervals_of_explicit_schemes() {
        let ssp3 = lower([&[], &[1.0], &[0.25, 0.25]], [1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0]);
        let ssp43 = lower(
            [&[], &[0.5], &[0.5, 0.5], &[1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0]],
            [1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 0.5],
        );
        let merson = lower(
            [&[], &[1.0 / 3.0], &[1.0 / 6.0, 1.0 / 6.0], &[0.125, 0.0, 0.375], &[0.5, 0.0, -1.5, 2.0]],
            [1.0 / 6.0, 0.0, 0.0, 2.0 / 3.0, 1.0 / 6.0],
        );
        let fehlberg = lower(
            [
                &[],
                &[0.25],
                &[3.0 / 32.0, 9.0 / 32.0],
                &[1932.0 / 2197.0, -7200.0 / 2197.0, 7296.0 / 2197.0],
                &[439.0 / 216.0, -8.0, 3680.0 / 513.0, -845.0 / 4104.0],
                &[-8.0 / 27.0, 2.0, -3544.0 / 2565.0, 1859.0 / 4104.0, -11.0 / 40.0],
            ],
            [16.0 / 135.0, 0.0, 6656.0 / 12825.0, 28561.0 / 56430.0, -9.0 / 50.0, 2.0 / 55.0],
        );
        assert!((fehlberg.numerator()[6] * 2080.0 - 1.0).abs() < 1e-12);
        let cash_karp = lower(
            [
                &[],
                &[0.2],
                &[3.0 / 40.0, 9.0 / 40.0],
                &[0.3, -0.9, 1.2],
                &[-11.0 / 54.0, 2.5, -70.0 / 27.0, 35.0 / 27.0],
                &[1631.0 / 55296.0, 175.0 / 512.0, 575.0 / 13824.0, 44275.0 / 110592.0, 253.0 / 4096.0],
            ],
            [37.0 / 378.0, 0.0, 250.0 / 621.0, 125.0 / 594.0, 0.0, 512.0 / 1771.0],
        );
        assert!((cash_karp.numerator()[6] * 800.0 - 1.0).abs() < 1e-12);
        for (r, imaginary, real) in [
            (named("rk4"), 8f64.sqrt(), 2.78529356341),
            (ssp3, 3f64.sqrt(), 2.51274532662),
            (named("bogacki_shampine_3_2"), 3f64.sqrt(), 2.51274532662),
            (named("forward_euler"), 0.0, 2.0),
            (named("heun"), 0.0, 2.0),
            (named("explicit_midpoint"), 0.0, 2.0),
            (named("dormand_prince_5_4"), 0.997189008633, 3.30656789263),
            (ssp43, 2.15617964, 5.14948614777),
            (merson, 12f64.sqrt(), 3.54832234423),
            (fehlberg, 0.0, 3.67770662132),
            (cash_karp, 0.0, 3.73435960723),
        ] {
            is(r.imaginary_interval(), imaginary, if imaginary == 2.15617964 { 1e-8 } else { 1e-11 });
            is(r.real_interval(), real, 1e-11);
        }
        assert_eq!(named("rk4").imaginary_interval().unwrap().to_f64(), 8f64.sqrt());
    }

    /// SSP104: D. I. Ketcheson, SIAM J. Sci. Comput. 30 (2008) 2113–2136; R and intervals as above. Once with fractions,
    /// once with doubles that are off by rounding.
    #[test]
    fn ten_stages_exact_and_rounded() {
        for noise in [0.0, 1e-16] {
            let (a, b) = ssp104(noise);
            let c: Vec<f64> = a.iter().map(|r| r.iter().sum()).collect();
            let r = of(&Tableau::new(&a, b, c).unwrap());
            assert_eq!(r.is_exact(), noise == 0.0);
            let expected =
                [17.0 / 2160.0, 7.0 / 6480.0, 1.0 / 9720.0, 1.0 / 155520.0, 1.0 / 4199040.0, 1.0 / 251942400.0];
            for (f, e) in r.numerator()[5..].iter().zip(expected) {
                assert!((f - e).abs() < 1e-9 * e);
            }
            is(r.imaginary_interval(), 4.92145307, 1e-8);
            is(r.real_interval(), 13.9170474646, 1e-9);
        }
    }

    fn ssp104(noise: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut a = vec![vec![0.0; 10]; 10];
        for (i, row) in a.iter_mut().enumerate() {
            row[..i].fill(1.0 / 6.0);
            row[..i.min(5)].fill(if i >= 5 { 1.0 / 15.0 } else { 1.0 / 6.0 });
        }
        a[9][3] += noise;
        a[9][2] -= noise;
        (a, vec![0.1; 10])
    }

    #[test]
    fn theta_is_a_stable_from_a_half_and_l_stable_at_one() {
        for (theta, a, l) in
            [(0.0, false, false), (0.25, false, false), (0.5, true, false), (0.75, true, false), (1.0, true, true)]
        {
            for r in [of(&Tableau::one_leg_theta(theta).unwrap()), of(&Tableau::two_leg_theta(theta).unwrap())] {
                let verdicts = [r.a_stability(), r.l_stability(), r.strict_stability_at_infinity()];
                assert_eq!(verdicts.each_ref().map(|v| v.holds), [a, l, theta > 0.5], "{theta}: {verdicts:?}");
                assert!(verdicts.iter().all(|v| v.certainty == Certainty::Recognised));
                // R = −1 at −2/(1 − 2θ).
                is(r.real_interval(), if a { f64::INFINITY } else { 2.0 / (1.0 - 2.0 * theta) }, 1e-15);
                is(r.imaginary_interval(), if a { f64::INFINITY } else { 0.0 }, 0.0);
                assert_eq!(r.sector_angle(), if a { 90.0 } else { 0.0 });
            }
        }
    }

    #[test]
    fn collocation_schemes() {
        for s in 1..=10 {
            let gauss = of(&Tableau::gauss(s).unwrap());
            assert!(gauss.a_stability().holds && !gauss.l_stability().holds && gauss.at_infinity() - 1.0 < 1e-9);
            assert!(!gauss.strict_stability_at_infinity().holds);
            assert!(gauss.e_polynomial().iter().all(|&e| e == 0.0));
            let radau = of(&Tableau::radau_iia(s).unwrap());
            assert!(radau.l_stability().holds, "{s}: {:?}", radau.l_stability());
            assert!(radau.real_interval().is_none() && radau.imaginary_interval().is_none());
        }
        assert!(named("sdirk2").l_stability().holds);
        assert_eq!(named("sdirk2").l_stability().certainty, Certainty::ToTolerance(1e-60));
    }

    #[test]
    fn violations_are_named() {
        let reason = named("forward_euler").a_stability().reason;
        assert!(reason.starts_with("|R(iy)| = 1.4142 at y = 1"), "{reason}");
        // Midpoint steps of −2 and 3: |R(iy)| = 1, and a pole at −1.
        let there_and_back = lower([&[-1.0], &[-2.0, 1.5]], [-2.0, 3.0]);
        assert!(there_and_back.i_stability().holds);
        let verdict = there_and_back.a_stability();
        assert_eq!((verdict.holds, verdict.certainty), (false, Certainty::Recognised));
        assert_eq!(verdict.reason, "R has a pole at -1.0000, in the left half plane");
        assert_eq!(there_and_back.sector_angle(), 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn intervals_hold_where_sampled(entries in proptest::collection::vec(-1.0f64..1.0, 12)) {
            let sum: f64 = entries[9..].iter().sum();
            prop_assume!(sum.abs() > 0.1);
            let b: Vec<f64> = entries[9..].iter().map(|b| b / sum).collect();
            let a: Vec<&[f64]> = entries[..9].chunks(3).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let r = of(&Tableau::new(&a, &b, &c).unwrap());
            for (end, direction) in
                [(r.real_interval(), Complex::new(-1.0, 0.0)), (r.imaginary_interval(), Complex::new(0.0, 1.0))]
            {
                let end = end.map_or(20.0, |x| x.to_f64());
                for k in 1..100 {
                    let t = end.min(20.0) * f64::from(k) / 100.0;
                    prop_assert!(r.eval(direction * t).norm() <= 1.0 + 1e-9, "{} of {end}", t);
                }
                if end > 1e-3 && end < 20.0 {
                    prop_assert!((r.eval(direction * end).norm() - 1.0).abs() < 1e-6 || r.poles().iter().any(|p| (p - direction * end).norm() < 1e-6));
                }
            }
        }

        #[test]
        fn routh_agrees_with_the_poles(entries in proptest::collection::vec(-1.0f64..1.0, 20)) {
            let b: Vec<f64> = entries[16..].iter().map(|b| b / entries[16..].iter().sum::<f64>()).collect();
            prop_assume!(b.iter().all(|b| b.abs() < 10.0));
            let a: Vec<&[f64]> = entries[..16].chunks(4).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let r = of(&Tableau::new(&a, &b, &c).unwrap());
            prop_assume!(r.poles().iter().all(|z| z.re.abs() > 1e-6));
            prop_assert_eq!(r.has_all_poles_on_the_right(), r.poles().iter().all(|z| z.re > 0.0));
        }
    }
}
