//! The stability function `R(z) = P(z) / Q(z)`: what a step does to the solution of `ẏ = λy`, `z = hλ`.

use std::fmt;

use nalgebra::{Complex, DMatrix, Schur};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use crate::Tableau;
use crate::tableau::Surd;
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Recovered, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::determinant::Integers;
use crate::verify::exact::polynomial::{Polynomial, horner};
use crate::verify::exact::quotient::{cancelled, enclosed, lowest, product, recognised, reduced, rounded};

/// The stability function of a Runge–Kutta scheme,
///
/// ```text
/// R(z) = 1 + z bᵀ (I − zA)⁻¹ 1 = det(I − zA + z 1bᵀ) / det(I − zA) = P(z) / Q(z) ,
/// ```
///
/// with `P` and `Q` without a common factor and `Q(0) = 1`. Stages that the weights do not depend on are left out.
///
/// The determinants are computed exactly. Where they are not fractions, their coefficients carry a radius: the width of an
/// enclosure of square roots, or by how much they change with the doubles of the scheme; what is zero within it counts as
/// zero.
///
/// ```
/// use kutta::{Tableau, verify::coefficients::Recovered, verify::stability_function::StabilityFunction};
/// let r = StabilityFunction::of(&Recovered::of(&Tableau::trapezoidal()));
/// assert_eq!(r.to_string(), "(1 + 1/2 z) / (1 − 1/2 z)");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StabilityFunction {
    /// Whole coefficients, as polynomials in `w = z / unit`; `P(0) = Q(0) > 0`.
    pub(super) p: Polynomial<Ball>,
    pub(super) q: Polynomial<Ball>,
    pub(super) unit: BigInt,
    /// Of what holds within the radii.
    pub(super) certainty: Certainty,
    /// Of what holds for all numbers within the radii.
    pub(super) strict: Certainty,
    poles: Vec<Complex<f64>>,
    zeros: Vec<Complex<f64>>,
}

impl StabilityFunction {
    /// The stability function of a scheme.
    pub fn of(scheme: &Recovered) -> Self {
        let weights = if let Recovered::Roots(k) = scheme { Some((k, &k.b)) } else { None };
        Self::new(Integers::of(scheme), weights)
    }

    /// The stability function with the scheme's embedded weights, if it has some.
    pub fn of_embedded(scheme: &Recovered) -> Option<Self> {
        let weights = if let Recovered::Roots(k) = scheme { Some((k, k.embedded.as_ref()?)) } else { None };
        Some(Self::new(Integers::of_embedded(scheme)?, weights))
    }

    fn new(scheme: Integers, with_roots: Option<(&Coefficients<Surd>, &Vec<Surd>)>) -> Self {
        let components = scheme.components();
        // Enclosures do where roots take long.
        let mut function = with_roots
            .and_then(|(k, weights)| Self::of_roots(k, weights))
            .unwrap_or_else(|| Self::of_integers(scheme.clone(), &components));
        let s = scheme.stages;
        let number = |x: BigInt| Rational::new_raw(x, scheme.unit.clone()).to_f64();
        let a = |i: usize, j: usize| number(scheme.a[i * s + j].clone());
        let of_component =
            |c: &Vec<usize>| reciprocal_eigenvalues(DMatrix::from_fn(c.len(), c.len(), |i, j| a(c[i], c[j])));
        let poles: Vec<_> = components.iter().flat_map(of_component).collect();
        function.poles = best(poles, &function.denominator());
        if function.p.degree() > 0 {
            let m = DMatrix::from_fn(s, s, |i, j| number(&scheme.a[i * s + j] - &scheme.b[j]));
            function.zeros = best(reciprocal_eigenvalues(m), &function.numerator());
        }
        function
    }

    fn without_zeros(p: Polynomial<Ball>, q: Polynomial<Ball>, unit: BigInt, certainty: Certainty) -> Self {
        StabilityFunction { p, q, unit, certainty, strict: certainty, poles: Vec::new(), zeros: Vec::new() }
    }

    fn of_integers(scheme: Integers, components: &[Vec<usize>]) -> Self {
        let factors = |scheme: &Integers| components.iter().map(|c| scheme.denominator_of(c)).collect::<Vec<_>>();
        if scheme.tolerance() == 0.0 {
            let (p, q) = reduced(&scheme.numerator(), &product(&factors(&scheme)));
            return Self::without_zeros(p, q, scheme.unit, scheme.certainty);
        }
        let scheme = scheme.judged();
        let (p, q) = cancelled(scheme.numerator(), factors(&scheme));
        let (p, q, unit) = recognised(rounded(&p, &q, &scheme.unit));
        Self::without_zeros(p, q, unit, scheme.certainty)
    }

    /// Exactly if the roots cancel, else with enclosures of the coefficients; `None` if it would take long.
    fn of_roots(scheme: &Coefficients<Surd>, weights: &[Surd]) -> Option<Self> {
        /// Determinants of roots that take more products than this have common divisors that take long.
        const PRODUCTS: usize = 12_000;
        let s = scheme.stages();
        let terms = Surd::terms_spanned(scheme.a.iter().chain(weights))?;
        let is_explicit = (0..s).all(|i| scheme.row(i)[i..].iter().all(Zero::is_zero));
        if !is_explicit && s.pow(4) * terms.pow(2) > PRODUCTS {
            return None;
        }
        let m: Vec<Surd> = (0..s * s).map(|k| scheme.a[k].clone() - &weights[k % s]).collect();
        let (p, q) = lowest(&determinant(s, &m), &determinant(s, &scheme.a))?;
        let (p, q, is_exact) = enclosed(&p, &q);
        let function = Self::without_zeros(p, q, BigInt::from(1), scheme.certainty);
        let enclosed = Recovered::Roots(scheme.clone()).certainty_enclosed();
        Some(StabilityFunction { certainty: if is_exact { scheme.certainty } else { enclosed }, ..function })
    }

    /// The coefficients of `P`, the constant one, 1, first.
    pub fn numerator(&self) -> Vec<f64> {
        self.fractions(&self.p).iter().map(Scalar::to_f64).collect()
    }

    /// The coefficients of `Q`, the constant one, 1, first.
    pub fn denominator(&self) -> Vec<f64> {
        self.fractions(&self.q).iter().map(Scalar::to_f64).collect()
    }

    /// The coefficients of `P` and of `Q` as fractions in lowest terms, if the scheme's coefficients are fractions.
    pub fn exact(&self) -> Option<(Vec<Rational>, Vec<Rational>)> {
        let lowest =
            |p| self.fractions(p).into_iter().map(|x| Rational::new(x.numer().clone(), x.denom().clone())).collect();
        self.is_exact().then(|| (lowest(&self.p), lowest(&self.q)))
    }

    /// Whether the coefficients are exact.
    pub fn is_exact(&self) -> bool {
        self.certainty.tolerance() == 0.0
    }

    /// How surely the function is the scheme's.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// The degrees of `P` and `Q`.
    pub fn degrees(&self) -> (usize, usize) {
        (self.p.degree(), self.q.degree())
    }

    /// Whether `R` is a polynomial, as it is for explicit schemes.
    pub fn is_polynomial(&self) -> bool {
        self.q.degree() == 0
    }

    /// `R(z)`; not finite at a pole.
    pub fn eval(&self, z: Complex<f64>) -> Complex<f64> {
        let (p, q) = (self.numerator(), self.denominator());
        if z.norm() <= 1.0 {
            return horner(&p, z) / horner(&q, z);
        }
        // No power of a large number.
        let at_inverse = |c: &[f64]| {
            let reversed: Vec<f64> = c.iter().rev().copied().collect();
            horner(&reversed, z.inv())
        };
        at_inverse(&p) / at_inverse(&q) * z.powi(self.p.degree() as i32 - self.q.degree() as i32)
    }

    /// `|R(∞)|`; infinite if the degree of `P` is the greater one.
    pub fn at_infinity(&self) -> f64 {
        match self.p.degree().cmp(&self.q.degree()) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Greater => f64::INFINITY,
            std::cmp::Ordering::Equal => {
                let (p, q) = (self.p.leading().value, self.q.leading().value);
                Rational::new_raw(p.abs(), q.abs()).to_f64()
            }
        }
    }

    /// The zeros of `Q`, each as often as its multiplicity says.
    pub fn poles(&self) -> &[Complex<f64>] {
        &self.poles
    }

    /// The zeros of `P`, each as often as its multiplicity says.
    pub fn zeros(&self) -> &[Complex<f64>] {
        &self.zeros
    }

    /// Coefficients with respect to `z`, not in lowest terms.
    fn fractions(&self, polynomial: &Polynomial<Ball>) -> Vec<Rational> {
        let mut scale = self.q.coefficient(0).value;
        let terms = polynomial.coefficients().iter().map(|c| {
            let term = Rational::new_raw(c.value.clone(), scale.clone());
            scale *= &self.unit;
            term
        });
        terms.collect()
    }
}

/// `det(I − zM)` by the recurrence of Faddeev and LeVerrier.
fn determinant(n: usize, m: &[Surd]) -> Polynomial<Surd> {
    let unit = |k: usize| Surd::ratio(i64::from(k % n == k / n), 1);
    let mut adjugate: Vec<Surd> = (0..n * n).map(unit).collect();
    let mut coefficients = vec![Surd::one()];
    for k in 1..=n {
        let entry = |e: usize| {
            let terms = (0..n).filter(|l| !m[e / n * n + l].is_zero() && !adjugate[l * n + e % n].is_zero());
            terms.fold(Surd::zero(), |sum, l| sum + m[e / n * n + l].clone() * &adjugate[l * n + e % n])
        };
        let mut product: Vec<Surd> = (0..n * n).map(entry).collect();
        let trace = (0..n).fold(Surd::zero(), |sum, i| sum + &product[i * n + i]);
        let c = -trace / Surd::ratio(k as i64, 1);
        for i in 0..n {
            product[i * n + i] = product[i * n + i].clone() + &c;
        }
        coefficients.push(c);
        adjugate = product;
    }
    Polynomial::new(coefficients)
}

/// The zeros of `det(I − zM)`.
fn reciprocal_eigenvalues(m: DMatrix<f64>) -> Vec<Complex<f64>> {
    if m.nrows() == 1 {
        return if m[0] == 0.0 { Vec::new() } else { vec![Complex::new(1.0 / m[0], 0.0)] };
    }
    let Some(schur) = Schur::try_new(m, f64::EPSILON, 100_000) else { return Vec::new() };
    schur.complex_eigenvalues().iter().filter(|x| x.norm() > 0.0).map(|x| x.inv()).collect()
}

/// As many of the candidates as the polynomial has zeros: those at which it is smallest, relative to its terms. Newton's
/// iteration makes simple zeros more accurate.
fn best(candidates: Vec<Complex<f64>>, polynomial: &[f64]) -> Vec<Complex<f64>> {
    let absolute: Vec<f64> = polynomial.iter().map(|c| c.abs()).collect();
    let derivative: Vec<f64> = polynomial.iter().enumerate().skip(1).map(|(k, c)| k as f64 * c).collect();
    let residual = |z: Complex<f64>| horner(polynomial, z).norm() / horner(&absolute, z.norm().into()).re;
    let polished = candidates.into_iter().map(|z| {
        let next = z - horner(polynomial, z) / horner(&derivative, z);
        if next.is_finite() && residual(next) < residual(z) { next } else { z }
    });
    let mut rated: Vec<(f64, Complex<f64>)> = polished.map(|z| (residual(z), z)).collect();
    rated.sort_by(|a, b| a.0.total_cmp(&b.0));
    rated.truncate(polynomial.len() - 1);
    let mut zeros: Vec<Complex<f64>> = rated.into_iter().map(|(_, z)| z).collect();
    zeros.sort_by(|a, b| a.re.total_cmp(&b.re).then(a.im.total_cmp(&b.im)));
    zeros
}

/// Linear stability.
impl Tableau {
    /// The stability function, exact if all coefficients are fractions.
    ///
    /// ```
    /// use kutta::Tableau;
    /// let r = Tableau::implicit_midpoint().stability_function();
    /// assert_eq!((r.numerator(), r.denominator()), (vec![1.0, 0.5], vec![1.0, -0.5]));
    /// assert!(r.a_stability().holds && !r.l_stability().holds);
    /// ```
    pub fn stability_function(&self) -> StabilityFunction {
        StabilityFunction::of(&Recovered::of(self))
    }
}

impl fmt::Display for StabilityFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |coefficients: Vec<Rational>| {
            let mut text = String::new();
            for (k, c) in coefficients.iter().enumerate().filter(|(_, c)| !c.is_zero()) {
                let sign = match (k, c.is_negative()) {
                    (0, _) => "",
                    (_, false) => " + ",
                    (_, true) => " − ",
                };
                let size = c.abs();
                let lowest =
                    self.is_exact().then(|| Rational::new(size.numer().clone(), size.denom().clone()).to_string());
                let number =
                    lowest.filter(|t| t.len() <= 20).unwrap_or_else(|| format!("{}", significant(size.to_f64())));
                let power = match k {
                    0 => String::new(),
                    1 => "z".to_string(),
                    _ => format!("z^{k}"),
                };
                let number = if k > 0 && number == "1" { String::new() } else { number };
                let space = if number.is_empty() || power.is_empty() { "" } else { " " };
                text.push_str(&format!("{sign}{number}{space}{power}"));
            }
            text
        };
        let (p, q) = (text(self.fractions(&self.p)), text(self.fractions(&self.q)));
        f.pad(&if self.is_polynomial() { p } else { format!("({p}) / ({q})") })
    }
}

/// The number to ten significant digits.
fn significant(x: f64) -> f64 {
    format!("{x:.9e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use proptest::prelude::*;

    fn of(scheme: &Tableau) -> StabilityFunction {
        StabilityFunction::of(&Recovered::of(scheme))
    }

    fn named(name: &str) -> StabilityFunction {
        of(&Tableau::by_name(name).unwrap())
    }

    fn close(found: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() <= tolerance * e.abs(), "{found:?} is not {expected:?}");
        }
    }

    /// Coefficients of the diagonal Padé approximation, and the ones next to it: `P_k = m!/(m−k)! (m+n−k)!/(m+n)! / k!`.
    fn pade(m: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
        let part = |m: usize, n: usize, sign: f64| {
            let mut c = vec![1.0];
            for k in 0..m {
                c.push(sign * c[k] * (m - k) as f64 / (((m + n - k) * (k + 1)) as f64));
            }
            c
        };
        (part(m, n, 1.0), part(n, m, -1.0))
    }

    #[test]
    fn explicit_schemes_have_known_polynomials() {
        close(&named("rk4").numerator(), &[1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0], 0.0);
        assert_eq!(named("rk4").to_string(), "1 + z + 1/2 z^2 + 1/6 z^3 + 1/24 z^4");
        let dopri = named("dormand_prince_5_4");
        assert_eq!(dopri.to_string(), "1 + z + 1/2 z^2 + 1/6 z^3 + 1/24 z^4 + 1/120 z^5 + 1/600 z^6");
        assert!(dopri.is_exact() && dopri.is_polynomial() && dopri.at_infinity().is_infinite());
    }

    #[test]
    fn theta_methods_in_both_forms_have_the_same_function() {
        for theta in [0.0, 0.25, 1.0 / 3.0, 0.5, 0.7, 1.0] {
            for scheme in [Tableau::one_leg_theta(theta).unwrap(), Tableau::two_leg_theta(theta).unwrap()] {
                let r = of(&scheme);
                let degree = |x: f64| usize::from(x != 0.0);
                assert_eq!(r.degrees(), (degree(1.0 - theta), degree(theta)), "{scheme}");
                let z = Complex::new(-0.3, 0.8);
                let expected = (1.0 + (1.0 - theta) * z) / (1.0 - theta * z);
                assert!((r.eval(z) - expected).norm() < 1e-15);
            }
        }
    }

    #[test]
    fn gauss_and_radau_are_pade_approximations() {
        for s in 1..=10 {
            for (scheme, m) in [(Tableau::gauss(s).unwrap(), s), (Tableau::radau_iia(s).unwrap(), s - 1)] {
                let (r, (p, q)) = (of(&scheme), pade(m, s));
                close(&r.numerator(), &p, 1e-9);
                close(&r.denominator(), &q, 1e-9);
                assert_eq!((r.poles().len(), r.zeros().len()), (s, m), "{}", scheme.name());
                assert!(r.poles().iter().all(|z| z.re > 0.0) && r.zeros().iter().all(|z| z.re < 0.0));
            }
        }
        let r = of(&Tableau::gauss(20).unwrap());
        assert_eq!(r.degrees(), (20, 20));
        close(&r.denominator(), &pade(20, 20).1, 1e-9);
    }

    #[test]
    fn irrational_coefficients_that_cancel_are_seen_to_cancel() {
        let r = named("sdirk2");
        assert_eq!((r.degrees(), r.at_infinity()), ((1, 2), 0.0));
        // A stage more that changes nothing: Q has a factor (1 − γz) that P has too.
        let g = 1.0 - std::f64::consts::FRAC_1_SQRT_2;
        let a = [[g, 0.0, 0.0], [1.0 - g, g, 0.0], [1.0 - g, 0.0, g]];
        let again = of(&Tableau::new(a, [1.0 - g, g / 2.0, g / 2.0], [g, 1.0, 1.0]).unwrap());
        assert_eq!(again.degrees(), (1, 2));
        close(&again.numerator(), &r.numerator(), 1e-12);
        close(&again.denominator(), &r.denominator(), 1e-12);
        assert!(again.poles().iter().all(|z| (z - 1.0 / g).norm() < 1e-12));
    }

    #[test]
    fn a_factor_of_fractions_is_cancelled() {
        let a = [[0.5, 0.0], [0.0, 0.5]];
        let r = of(&Tableau::new(a, [0.25, 0.75], [0.5, 0.5]).unwrap());
        assert_eq!(r.to_string(), "(1 + 1/2 z) / (1 − 1/2 z)");
    }

    /// The scheme that does a step of `first`, then one of `second`, with the step size of both together.
    fn composed(first: &Tableau, second: &Tableau) -> Tableau {
        let (m, n) = (first.stages(), second.stages());
        let half = |x: &f64| x / 2.0;
        let mut a = Vec::new();
        for i in 0..m {
            a.push(first.row(i).iter().map(half).chain(vec![0.0; n]).collect::<Vec<f64>>());
        }
        for i in 0..n {
            a.push(first.b().iter().chain(second.row(i)).map(half).collect());
        }
        let b: Vec<f64> = first.b().iter().chain(second.b()).map(half).collect();
        let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
        Tableau::new(a, b, c).unwrap()
    }

    #[test]
    fn composition_multiplies() {
        let names =
            ["rk4", "heun", "trapezoidal", "gauss_2", "gauss_3", "sdirk2", "radau_iia_3", "radau_iia_2", "euler"];
        for first in names {
            for second in names {
                let (x, y) = (Tableau::by_name(first).unwrap(), Tableau::by_name(second).unwrap());
                let (r, z) = (of(&composed(&x, &y)), Complex::new(-1.3, 0.7));
                let expected = of(&x).eval(z / 2.0) * of(&y).eval(z / 2.0);
                assert!((r.eval(z) - expected).norm() < 1e-12, "{first}, {second}");
                // `trapezoidal` after `rk4` and the like: nothing cancels.
                assert_eq!(r.degrees().0, of(&x).degrees().0 + of(&y).degrees().0, "{first}, {second}");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_linear_solve(entries in proptest::collection::vec(-1.0f64..1.0, 20), re in -2.0f64..2.0, im in -2.0f64..2.0) {
            let s = 4;
            let sum: f64 = entries[16..].iter().sum();
            prop_assume!(sum.abs() > 0.1);
            let b: Vec<f64> = entries[16..].iter().map(|b| b / sum).collect();
            let a: Vec<&[f64]> = entries[..16].chunks(s).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let r = of(&Tableau::new(&a, &b, &c).unwrap());
            let z = Complex::new(re, im);
            let m = DMatrix::from_fn(s, s, |i, j| Complex::new(f64::from(u8::from(i == j)), 0.0) - z * a[i][j]);
            let lu = m.lu();
            prop_assume!(lu.determinant().norm() > 1e-3);
            let x = lu.solve(&nalgebra::DVector::from_element(s, Complex::new(1.0, 0.0))).unwrap();
            let expected = 1.0 + z * x.iter().zip(&b).map(|(x, b)| x * b).sum::<Complex<f64>>();
            prop_assert!((r.eval(z) - expected).norm() < 1e-9 * expected.norm().max(1.0));
        }
    }
}
