//! What a step does to a rotation: errors of phase and of amplitude on `ẏ = iωy`, `y = hω`.

use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::stability_function::StabilityFunction;
use crate::tableau::coefficients::{Rational, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::polynomial::Polynomial;

/// An error that is `coefficient · y^power` to leading order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeadingTerm {
    /// The power of `y = hω`. The order is one less, since this is the error of one step.
    pub power: usize,
    /// Its coefficient.
    pub coefficient: f64,
}

/// Errors of a rotation, from the power series of `log R(z) − z`: odd powers turn, even ones grow or shrink.
impl StabilityFunction {
    /// The order `p` to which `R` approximates the exponential function, `R(z) − eᶻ = C z^{p+1} + …`, and `C`.
    pub fn order(&self) -> (usize, f64) {
        // No rational function has a greater order than the Padé approximation of its degrees.
        let highest = self.p.degree() + self.q.degree() + 1;
        let mut terms = (1..=highest).zip(self.logarithm());
        let first = terms.find(|(k, l)| *k == highest || !l.holds_zero());
        first.map_or((0, 0.0), |(k, l)| (k - 1, self.coefficient(k, &l)))
    }

    /// The leading term of the phase error `arg R(iy) − y`: dispersion.
    pub fn dispersion(&self) -> Option<LeadingTerm> {
        let mut terms = (1..=self.terms()).zip(self.logarithm()).filter(|(k, _)| k % 2 == 1);
        let (power, l) = terms.find(|(_, l)| !l.holds_zero())?;
        // `i^k` is `±i`.
        let sign = if power / 2 % 2 == 0 { 1.0 } else { -1.0 };
        Some(LeadingTerm { power, coefficient: sign * self.coefficient(power, &l) })
    }

    /// The leading term of the amplification error `|R(iy)| − 1`: dissipation. `None` if `|R(iy)| = 1` for all `y`.
    ///
    /// From `|R|² = 1 − E(y)/|Q|²`, so that it has the sign by which the scheme is stable, or not, for small `y`.
    pub fn dissipation(&self) -> Option<LeadingTerm> {
        // Coefficients may be too small for doubles.
        let first = self.e().coefficients().iter().position(|e| !e.is_zero())?;
        Some(LeadingTerm { power: 2 * first, coefficient: -self.e_polynomial()[first] / 2.0 })
    }

    /// Not all terms up to this power vanish: `R` is no exponential function, nor is `R(z) / R(−z)`.
    fn terms(&self) -> usize {
        2 * (self.p.degree() + self.q.degree()) + 2
    }

    /// The coefficient of `z^k`.
    fn coefficient(&self, k: usize, l: &Ball) -> f64 {
        let scale = (&self.q.coefficient(0).value * &self.unit).pow(k as u32) * BigInt::from(k);
        Rational::new_raw(l.value.clone(), scale).to_f64()
    }

    /// The coefficients of `z, z², …` in `log R(z) − z`, that of `z^k` times `k (unit · P(0))^k`.
    ///
    /// The derivative is `P′/P − Q′/Q − 1`. With the powers of `P(0)` it takes whole numbers only.
    fn logarithm(&self) -> impl Iterator<Item = Ball> {
        let mut parts = [Part::of(&self.p), Part::of(&self.q)];
        let mut exponential = Some(Ball::from(&self.q.coefficient(0).value * &self.unit));
        std::iter::from_fn(move || {
            let [p, q] = &mut parts;
            let difference = p.next_term() - q.next_term();
            Some(difference - exponential.take().unwrap_or_else(Ball::zero))
        })
    }
}

/// The series of `p′/p`: coefficient `k` times `p(0)^{k+1}`.
struct Part {
    polynomial: Polynomial<Ball>,
    /// `p(0)^k`.
    powers: Vec<Ball>,
    series: Vec<Ball>,
}

impl Part {
    fn of(polynomial: &Polynomial<Ball>) -> Self {
        Part { polynomial: polynomial.clone(), powers: vec![Ball::one()], series: Vec::new() }
    }

    fn next_term(&mut self) -> Ball {
        let k = self.series.len();
        let power = &self.powers[k] * &self.polynomial.coefficient(0);
        let first = &(&self.polynomial.coefficient(k + 1) * &self.powers[k]) * &Ball::from(BigInt::from(k + 1));
        let known = (1..=k.min(self.polynomial.degree()))
            .map(|j| &(&self.polynomial.coefficients()[j] * &self.powers[j - 1]) * &self.series[k - j]);
        let term = known.fold(first, |sum, t| sum - t);
        self.powers.push(power);
        self.series.push(term.clone());
        term
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::Recovered;
    use nalgebra::Complex;

    fn named(name: &str) -> StabilityFunction {
        StabilityFunction::of(&Recovered::of(&Tableau::by_name(name).unwrap()))
    }

    fn is(found: Option<LeadingTerm>, power: usize, coefficient: f64) {
        let found = found.unwrap();
        assert_eq!(found.power, power, "{found:?}");
        assert!((found.coefficient - coefficient).abs() < 1e-12 * coefficient.abs(), "{found:?}, not {coefficient}");
    }

    /// By hand: `log(1 + z) = z − z²/2 + z³/3`; `arg R(iy) = 2 atan(y/2) = y − y³/12`; RK4 lacks `z⁵/120 + z⁶/720`.
    #[test]
    fn leading_terms() {
        let euler = named("forward_euler");
        is(euler.dispersion(), 3, -1.0 / 3.0);
        is(euler.dissipation(), 2, 0.5);
        assert_eq!(euler.order(), (1, -0.5));
        let trapezoidal = named("trapezoidal");
        is(trapezoidal.dispersion(), 3, -1.0 / 12.0);
        assert_eq!((trapezoidal.dissipation(), trapezoidal.order()), (None, (2, 1.0 / 12.0)));
        is(named("backward_euler").dissipation(), 2, -0.5);
        let rk4 = named("rk4");
        is(rk4.dispersion(), 5, -1.0 / 120.0);
        is(rk4.dissipation(), 6, -1.0 / 144.0);
        assert_eq!(rk4.order(), (4, -1.0 / 120.0));
    }

    /// The error constant of the (m, n) Padé approximation is `(−1)^n m! n! / ((m + n)! (m + n + 1)!)`, up to sign.
    #[test]
    fn gauss_has_the_order_of_pade() {
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        for s in 1..=5 {
            let (order, constant) = named(&format!("gauss_{s}")).order();
            let expected = factorial(s).powi(2) / (factorial(2 * s) * factorial(2 * s + 1));
            assert_eq!(order, 2 * s);
            assert!((constant.abs() / expected - 1.0).abs() < 1e-3, "{s}: {constant} {expected}");
            assert_eq!(named(&format!("gauss_{s}")).dissipation(), None);
        }
    }

    #[test]
    fn terms_describe_the_function() {
        for name in
            ["rk4", "dormand_prince_5_4", "sdirk2", "radau_iia_3", "radau_iia_2", "heun", "bogacki_shampine_3_2"]
        {
            let (r, y) = (named(name), 0.05);
            let value = r.eval(Complex::new(0.0, y));
            for (found, term) in [(value.arg() - y, r.dispersion()), (value.norm() - 1.0, r.dissipation())] {
                let term = term.unwrap();
                let expected = term.coefficient * y.powi(term.power as i32);
                assert!((found - expected).abs() < 0.05 * expected.abs() + 1e-15, "{name}: {found:e} {expected:e}");
            }
        }
    }
}
