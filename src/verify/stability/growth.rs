//! What a step that carries several vectors does to `ẏ = λy`: the growth factors `ζ` of its parts, and for which `z = hλ` none
//! of them grows.

use nalgebra::{Complex, DMatrix, Schur};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

use crate::tableau::Surd;
use crate::tableau::coefficients::{Certainty, Rational, Scalar, nearest};
use crate::verify::exact::interpolated::{determinant, interpolated};
use crate::verify::exact::numbers::{Exact, fractions};
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
    pub(super) coefficients: Coefficients,
    /// The same with these zeros, as doubles over a common factor.
    rounded: Vec<Vec<f64>>,
    pub(super) certainty: Certainty,
    /// Whether equal growth factors may belong to vectors that are independent, and then do not add up.
    pub(super) may_be_independent: bool,
}

/// Polynomials in `z` of either kind of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Coefficients {
    Whole(Vec<Polynomial<BigInt>>),
    Roots(Vec<Polynomial<Surd>>),
}

/// The same expression for either kind.
macro_rules! with_coefficients {
    ($coefficients:expr, $c:ident => $result:expr) => {
        match &$coefficients {
            $crate::verify::stability::growth::Coefficients::Whole($c) => $result,
            $crate::verify::stability::growth::Coefficients::Roots($c) => $result,
        }
    };
}
pub(super) use with_coefficients;

/// Numbers that growth factors are computed from.
pub(super) trait Kind: Exact {
    fn kept(coefficients: Vec<Polynomial<Self>>) -> Coefficients;
}

impl Kind for BigInt {
    fn kept(coefficients: Vec<Polynomial<Self>>) -> Coefficients {
        Coefficients::Whole(coefficients)
    }
}

impl Kind for Surd {
    fn kept(coefficients: Vec<Polynomial<Self>>) -> Coefficients {
        Coefficients::Roots(coefficients)
    }
}

impl Growth {
    /// Of the polynomial whose coefficients of `ζ⁰, ζ¹, …` these are, as polynomials in `z`. Zeros in `z` that all of these have in
    /// common are left out.
    fn new<T: Kind>(coefficients: Vec<Polynomial<T>>, certainty: Certainty) -> Self {
        let common = coefficients.iter().fold(Polynomial::new(Vec::new()), |common, c| common.gcd(c));
        let coefficients: Vec<Polynomial<T>> =
            coefficients.into_iter().map(|c| if common.degree() > 0 { c.divided_by(&common) } else { c }).collect();
        let rounded = T::rounded(&coefficients);
        let coefficients = T::kept(without_idle(coefficients));
        Growth { coefficients, rounded, certainty, may_be_independent: false }
    }

    /// Of a multistep method, by the coefficients of `ρ` and `σ`, the constant ones first.
    pub(in crate::verify) fn of_multistep(rho: &[Surd], sigma: &[Surd], certainty: Certainty) -> Self {
        let n = rho.len();
        match fractions(rho.iter().chain(sigma)) {
            Some(all) => {
                let unit = common_denominator(&all);
                let of = |i: usize| whole(&all[i], &unit);
                Self::new((0..n).map(|i| Polynomial::new(vec![of(i), -of(n + i)])).collect(), certainty)
            }
            None => {
                let pairs = rho.iter().zip(sigma).map(|(r, s)| Polynomial::new(vec![r.clone(), -s.clone()]));
                Self::new(pairs.collect(), certainty)
            }
        }
    }

    /// Of a general linear method of one term, by the rows of its matrices.
    pub(in crate::verify) fn of_general_linear(matrices: [&[Vec<Surd>]; 4], certainty: Certainty) -> Self {
        let found = match fractions(matrices.into_iter().flatten().flatten()) {
            None => Self::new(by_values(matrices, &Surd::one(), |x| x.clone()), certainty),
            Some(all) => {
                let unit = common_denominator(&all);
                let number = |x: &Surd| x.as_rational().map_or_else(BigInt::zero, |x| whole(x, &unit));
                let coefficients = by_values(matrices, &unit, number);
                match certainty.tolerance() {
                    0.0 => Self::new(coefficients, certainty),
                    tolerance => Self::new(recognised(&coefficients, tolerance), certainty),
                }
            }
        };
        Growth { may_be_independent: true, ..found }
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
        with_coefficients!(self.coefficients, c => match far(c) {
            None => f64::INFINITY,
            Some(far) => {
                let leading = far.coefficients().iter().map(|c| Polynomial::constant(c.clone()));
                Growth::new(leading.collect(), self.certainty).largest(Complex::new(0.0, 0.0))
            }
        })
    }

    /// Whether one of them is outside the unit circle as `z → ∞`, in whatever direction.
    pub(super) fn is_outside_at_infinity(&self) -> bool {
        with_coefficients!(self.coefficients, c => far(c).is_none_or(|far| UnitCircle::of(&far).has_outside))
    }

    /// How surely it is the method's.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Whether at a fraction `z` the growth factors at `−z` are the reciprocals of those at `z`, but for a tolerance.
    pub(in crate::verify) fn is_reciprocal_at(&self, z: &Rational, tolerance: f64) -> bool {
        with_coefficients!(self.coefficients, c => is_reversed(&at(c, z), &at(c, &-z), tolerance))
    }
}

/// The polynomial in `ζ` as `z → ∞`; `None` if a zero is infinite then.
fn far<T: Exact>(coefficients: &[Polynomial<T>]) -> Option<Polynomial<T>> {
    let degree = coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
    let leading: Vec<T> = coefficients.iter().map(|c| c.coefficient(degree)).collect();
    leading.last().is_some_and(|c| !c.is_zero()).then(|| Polynomial::new(leading))
}

/// Whether the zeros of a polynomial are the reciprocals of another one's, but for a tolerance.
fn is_reversed<T: Exact>(p: &Polynomial<T>, q: &Polynomial<T>, tolerance: f64) -> bool {
    let n = p.degree();
    let (p, q) = (p.primitive(), q.reversed(n.max(q.degree())).primitive());
    // Proportional: cross products are equal.
    let cross = |k: usize| [p.coefficient(k) * q.leading(), q.coefficient(k) * p.leading()];
    let agree = |[x, y]: [T; 2]| {
        let both = [vec![x.clone() - y.clone(), x, y]].map(Polynomial::new);
        let [ref sizes] = T::rounded(&both)[..] else { return false };
        let size = |k: usize| sizes.get(k).copied().unwrap_or(0.0).abs();
        size(0) <= 1e3 * tolerance * (size(1) + size(2))
    };
    q.degree() == n && (0..=n).map(cross).all(|[x, y]| x == y || agree([x, y]))
}

/// `det(ζI − M(z)) det(I − zA)` by powers of `ζ`, from its values at whole numbers; `unit` is what `number` makes of 1.
fn by_values<T: Exact>([a, b, u, v]: [&[Vec<Surd>]; 4], unit: &T, number: impl Fn(&Surd) -> T) -> Vec<Polynomial<T>> {
    let rows = |of: &[Vec<Surd>]| of.iter().map(|row| row.iter().map(&number).collect()).collect::<Vec<Vec<T>>>();
    let [a, b, u, v] = [a, b, u, v].map(rows);
    let (s, r) = (a.len(), v.len());
    // [[I − zA, −U], [−zB, ζI − V]], times the unit.
    let entry = |i: usize, j: usize, zeta: &T, z: &T| {
        let one = |factor: &T| if i == j { unit.clone() * factor.clone() } else { T::zero() };
        match (i < s, j < s) {
            (true, true) => one(&T::one()) - z.clone() * a[i][j].clone(),
            (true, false) => -u[i][j - s].clone(),
            (false, true) => -(z.clone() * b[i - s][j].clone()),
            (false, false) => one(zeta) - v[i - s][j - s].clone(),
        }
    };
    let n = s + r;
    let at = |zeta: usize, z: usize| {
        let (zeta, z) = (T::from(zeta.into()), T::from(z.into()));
        determinant(n, (0..n * n).map(|k| entry(k / n, k % n, &zeta, &z)).collect())
    };
    // At each z a polynomial in ζ; then each of its coefficients as a polynomial in z.
    let by_z: Vec<Polynomial<T>> = (0..=s).map(|z| interpolated((0..=r).map(|zeta| at(zeta, z)).collect())).collect();
    (0..=r).map(|k| interpolated(by_z.iter().map(|p| p.coefficient(k)).collect())).collect()
}

fn common_denominator(numbers: &[Rational]) -> BigInt {
    numbers.iter().fold(BigInt::one(), |unit, x| unit.lcm(x.denom()))
}

fn whole(x: &Rational, unit: &BigInt) -> BigInt {
    x.numer() * (unit / x.denom())
}

/// Without the zeros `ζ` that are the same for all `z`, if all of them are inside the unit circle: such a method is reducible, and
/// stable where what it is reduced to is.
fn without_idle<T: Exact>(coefficients: Vec<Polynomial<T>>) -> Vec<Polynomial<T>> {
    let degree = coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
    // By powers of z, polynomials in ζ.
    let of_power = |k: usize| Polynomial::new(coefficients.iter().map(|c| c.coefficient(k)).collect());
    let by_power: Vec<Polynomial<T>> = (0..=degree).map(of_power).collect();
    let idle = by_power.iter().fold(Polynomial::new(Vec::new()), |common, c| common.gcd(c));
    if idle.degree() == 0 {
        return coefficients;
    }
    let zeros = UnitCircle::of(&idle);
    if zeros.has_outside || zeros.on_it > 0 {
        return coefficients;
    }
    let by_power: Vec<Polynomial<T>> =
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
pub(super) fn at<T: Exact>(coefficients: &[Polynomial<T>], x: &Rational) -> Polynomial<T> {
    let degree = coefficients.iter().map(Polynomial::degree).max().unwrap_or(0);
    let value = |p: &Polynomial<T>| {
        let mut scale = BigInt::one();
        let mut sum = T::zero();
        for k in (0..=degree).rev() {
            sum = sum * T::from(x.numer().clone()) + p.coefficient(k) * T::from(scale.clone());
            scale *= x.denom();
        }
        sum
    };
    Polynomial::new(coefficients.iter().map(value).collect()).primitive()
}
