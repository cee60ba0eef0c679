//! What a step that carries several vectors does to `ẏ = λy`: the growth factors `ζ` of its parts, and for which `z = hλ` none
//! of them grows.

use nalgebra::{Complex, DMatrix, Schur};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

use crate::tableau::coefficients::{Certainty, Rational, Scalar, nearest};
use crate::verify::exact::interpolated::{determinant, interpolated};
use crate::verify::exact::polynomial::{Polynomial, horner};
use crate::verify::exact::unit_circle::UnitCircle;

/// The growth factors `ζ` of a step on `ẏ = λy`, `z = hλ`: the zeros of a polynomial in `ζ` whose coefficients are polynomials in
/// `z`.
///
/// ```text
/// multistep        Φ(ζ, z) = ρ(ζ) − z σ(ζ)
/// general linear   Φ(ζ, z) = det(I − zA) det(ζI − M(z)) ,     M(z) = V + z B (I − zA)⁻¹ U
/// ```
///
/// A step is stable at `z` if no zero is outside the unit circle, and those on it are simple. Stability is decided along rays from
/// the origin, in whole numbers: the zeros can cross the circle, or meet on it, only where a determinant of their coefficients
/// vanishes (Hurwitz's, as a resultant, or one of its subresultants; the discriminant). Between two such places one look tells of
/// all. A place where zeros meet on the circle, and part again on it, does not end a ray.
///
/// Sectors are decided by the rays at their edges: the largest of `|ζ|` is subharmonic where no `ζ` is infinite, and does not grow
/// faster than a power of `z`.
///
/// Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), V.1; J. C. Butcher, Numerical Methods for
/// Ordinary Differential Equations (2016), chapter 5.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// By powers of `ζ`, polynomials in `z`, without zeros in the unit disc that are the same for all `z`.
    pub(super) coefficients: Vec<Polynomial<BigInt>>,
    /// The same with these zeros, as doubles over a common factor.
    rounded: Vec<Vec<f64>>,
    pub(super) certainty: Certainty,
}

impl Growth {
    /// Of the polynomial whose coefficients of `ζ⁰, ζ¹, …` these are, as polynomials in `z`. Zeros in `z` that all of these have in
    /// common are left out.
    fn new(coefficients: Vec<Polynomial<BigInt>>, certainty: Certainty) -> Self {
        let common = coefficients.iter().fold(Polynomial::new(Vec::new()), |common, c| common.gcd(c));
        let coefficients: Vec<Polynomial<BigInt>> =
            coefficients.into_iter().map(|c| if common.degree() > 0 { c.divided_by(&common) } else { c }).collect();
        let bits = coefficients.iter().flat_map(Polynomial::coefficients).map(BigInt::bits).max().unwrap_or(0);
        let number = |c: &BigInt| Rational::new_raw(c.clone(), BigInt::one() << bits).to_f64();
        let rounded = coefficients.iter().map(|p| p.coefficients().iter().map(number).collect()).collect();
        Growth { coefficients: without_idle(coefficients), rounded, certainty }
    }

    /// Of a multistep method, by the coefficients of `ρ` and `σ`, the constant ones first.
    pub(in crate::verify) fn of_multistep(rho: &[Rational], sigma: &[Rational], certainty: Certainty) -> Self {
        let unit = rho.iter().chain(sigma).fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
        let whole = |x: &Rational| x.numer() * (&unit / x.denom());
        let pairs = rho.iter().zip(sigma).map(|(r, s)| Polynomial::new(vec![whole(r), -whole(s)]));
        Self::new(pairs.collect(), certainty)
    }

    /// Of a general linear method of one term, by the rows of its matrices.
    pub(in crate::verify) fn of_general_linear([a, b, u, v]: [&[Vec<Rational>]; 4], certainty: Certainty) -> Self {
        let all = [a, b, u, v].into_iter().flatten().flatten();
        let unit = all.fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
        let whole = |x: &Rational| x.numer() * (&unit / x.denom());
        let (s, r) = (a.len(), v.len());
        // [[I − zA, −U], [−zB, ζI − V]], times the unit.
        let entry = |i: usize, j: usize, zeta: &BigInt, z: &BigInt| {
            let one = |factor: &BigInt| if i == j { &unit * factor } else { BigInt::zero() };
            match (i < s, j < s) {
                (true, true) => one(&BigInt::one()) - z * whole(&a[i][j]),
                (true, false) => -whole(&u[i][j - s]),
                (false, true) => -z * whole(&b[i - s][j]),
                (false, false) => one(zeta) - whole(&v[i - s][j - s]),
            }
        };
        let n = s + r;
        let at = |zeta: usize, z: usize| {
            let (zeta, z) = (BigInt::from(zeta), BigInt::from(z));
            determinant(n, (0..n * n).map(|k| entry(k / n, k % n, &zeta, &z)).collect())
        };
        // At each z a polynomial in ζ; then each of its coefficients as a polynomial in z.
        let by_z: Vec<Polynomial<BigInt>> =
            (0..=s).map(|z| interpolated((0..=r).map(|zeta| at(zeta, z)).collect())).collect();
        let coefficient = |k: usize| interpolated(by_z.iter().map(|p| p.coefficient(k)).collect());
        let coefficients: Vec<Polynomial<BigInt>> = (0..=r).map(coefficient).collect();
        match certainty.tolerance() {
            0.0 => Self::new(coefficients, certainty),
            tolerance => Self::new(recognised(&coefficients, tolerance), certainty),
        }
    }

    /// The number of growth factors.
    pub fn count(&self) -> usize {
        self.rounded.len().saturating_sub(1)
    }

    /// The growth factors at `z`; fewer than their number at a pole.
    pub fn factors(&self, z: Complex<f64>) -> Vec<Complex<f64>> {
        let mut values: Vec<Complex<f64>> = self.rounded.iter().map(|c| horner(c, z)).collect();
        while values.last().is_some_and(|c| c.norm() == 0.0) {
            values.pop();
        }
        let Some(leading) = values.pop() else { return Vec::new() };
        // Factors that are zero would be found to a root of rounding.
        let zeros = values.iter().take_while(|c| c.norm() == 0.0).count();
        let values = &values[zeros..];
        let n = values.len();
        let companion = DMatrix::from_fn(n, n, |i, j| match (i, i == j + 1) {
            (0, _) => -values[n - 1 - j] / leading,
            (_, true) => Complex::new(1.0, 0.0),
            _ => Complex::new(0.0, 0.0),
        });
        let schur = Schur::try_new(companion, f64::EPSILON, 10_000);
        let others = schur.map_or_else(Vec::new, |schur| schur.unpack().1.diagonal().iter().copied().collect());
        [others, vec![Complex::new(0.0, 0.0); zeros]].concat()
    }

    /// The largest of the growth factors' sizes at `z`, infinite at a pole: the spectral radius of `M(z)`.
    pub fn largest(&self, z: Complex<f64>) -> f64 {
        let factors = self.factors(z);
        if factors.len() < self.count() {
            return f64::INFINITY;
        }
        factors.iter().map(|zeta| zeta.norm()).fold(0.0, f64::max)
    }

    /// The largest of the growth factors' sizes as `z → ∞`; infinite if one grows without bound.
    pub fn at_infinity(&self) -> f64 {
        let degree = self.coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
        let leading = self.coefficients.iter().map(|c| Polynomial::constant(c.coefficient(degree)));
        let leading: Vec<Polynomial<BigInt>> = leading.collect();
        match leading.last().is_some_and(Polynomial::is_zero) {
            true => f64::INFINITY,
            false => Growth::new(leading, self.certainty).largest(Complex::new(0.0, 0.0)),
        }
    }

    /// How surely it is the method's.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// The polynomial in `ζ` at a fraction `z`, but for a factor.
    pub(in crate::verify) fn at(&self, z: &Rational) -> Polynomial<BigInt> {
        at(&self.coefficients, z)
    }
}

/// Without the zeros `ζ` that are the same for all `z`, if all of them are inside the unit circle: such a method is reducible, and
/// stable where what it is reduced to is.
fn without_idle(coefficients: Vec<Polynomial<BigInt>>) -> Vec<Polynomial<BigInt>> {
    let degree = coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
    // By powers of z, polynomials in ζ.
    let of_power = |k: usize| Polynomial::new(coefficients.iter().map(|c| c.coefficient(k)).collect());
    let by_power: Vec<Polynomial<BigInt>> = (0..=degree).map(of_power).collect();
    let idle = by_power.iter().fold(Polynomial::new(Vec::new()), |common, c| common.gcd(c));
    if idle.degree() == 0 {
        return coefficients;
    }
    let zeros = UnitCircle::of(&idle);
    if zeros.has_outside || zeros.on_it > 0 {
        return coefficients;
    }
    let by_power: Vec<Polynomial<BigInt>> =
        by_power.iter().map(|c| if c.is_zero() { c.clone() } else { c.divided_by(&idle) }).collect();
    let least = coefficients.len() - idle.degree();
    (0..least).map(|i| Polynomial::new(by_power.iter().map(|c| c.coefficient(i)).collect())).collect()
}

/// The coefficients with simple fractions in place of those that are near to them, relative to the leading one: those of collocation
/// schemes are, though their entries are not.
fn recognised(coefficients: &[Polynomial<BigInt>], tolerance: f64) -> Vec<Polynomial<BigInt>> {
    let scale = coefficients.last().map_or_else(BigInt::zero, |p| p.coefficient(0));
    let near = |c: &BigInt| nearest(Rational::new(c.clone(), scale.clone()).to_f64(), tolerance);
    let rows: Vec<Vec<Rational>> = coefficients.iter().map(|p| p.coefficients().iter().map(near).collect()).collect();
    let unit = rows.iter().flatten().fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
    let whole = |row: &Vec<Rational>| Polynomial::new(row.iter().map(|x| x.numer() * (&unit / x.denom())).collect());
    rows.iter().map(whole).collect()
}

/// The polynomial whose coefficients are the values of these, but for a factor.
pub(super) fn at(coefficients: &[Polynomial<BigInt>], x: &Rational) -> Polynomial<BigInt> {
    let degree = coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
    let value = |p: &Polynomial<BigInt>| {
        let mut scale = BigInt::one();
        let mut sum = BigInt::zero();
        for k in (0..=degree).rev() {
            sum = sum * x.numer() + p.coefficient(k) * &scale;
            scale *= x.denom();
        }
        sum
    };
    Polynomial::new(coefficients.iter().map(value).collect()).primitive()
}
