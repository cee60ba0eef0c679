//! How long a step may be, relative to forward Euler's, that keeps what forward Euler keeps: positivity, contractivity, a
//! total variation that does not grow.

use nalgebra::{DMatrix, RowDVector};
use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::region::bisect;
use super::stability_function::StabilityFunction;
use crate::tableau::coefficients::{Certainty, Rational, Recovered, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::determinant::{Integers, portion};
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::roots::{AlgebraicNumber, Negative};

/// The strong stability preserving (SSP) coefficient, the radius of absolute monotonicity: the largest `r` such that
///
/// ```text
/// A (I + rA)⁻¹ ≥ 0,   bᵀ (I + rA)⁻¹ ≥ 0,   (I + rA)⁻¹ 1 ≥ 0,   r bᵀ (I + rA)⁻¹ 1 ≤ 1 ,
/// ```
///
/// entry by entry. `None` if all `r` will do. A step of `h ≤ r h₀` is a convex combination of forward Euler steps of `h₀`.
/// Stages that the weights do not depend on are left out.
///
/// The coefficients of optimised schemes, found by iteration, satisfy conditions that are equalities at the optimum to 10
/// or 11 digits only. So coefficients that are not fractions count as accurate to `10⁻¹⁰`.
///
/// Times `det(I + rA)`, all conditions are polynomials in `r`; the number is the least zero at which one changes its sign.
///
/// Source: J. F. B. M. Kraaijevanger, Contractivity of Runge–Kutta methods, BIT 31 (1991) 482–528.
///
/// ```
/// use kutta::{Tableau, verify::coefficients::Recovered, verify::monotonicity::ssp_coefficient};
/// let trapezoidal = Recovered::of(&Tableau::trapezoidal());
/// assert_eq!(ssp_coefficient(&trapezoidal).map(|r| r.to_f64()), Some(2.0));
/// ```
pub fn ssp_coefficient(scheme: &Recovered) -> Option<AlgebraicNumber> {
    let mut scheme = Integers::of(scheme);
    scheme.certainty = ssp_certainty(scheme.certainty);
    if !scheme.is_monotonic_at_zero() {
        return Some(AlgebraicNumber::rational(Rational::zero()));
    }
    let first = Negative::first(scheme.monotonicity_conditions())?;
    let radius = first.from.times(&scheme.unit.clone().into());
    let limit = radius.to_f64();
    if scheme.tolerance() < NEARLY_EXACT || scheme.is_monotonic_at(limit) {
        return Some(radius);
    }
    // The terms of the polynomials may be so much larger than their sums that a negative one goes unseen.
    let seen = Rational::from_float(bisect(|r| r < limit && scheme.is_monotonic_at(r), 1e-9 * limit, limit));
    Some(seen.map_or(radius, AlgebraicNumber::rational))
}

/// No double is accurate to this.
const NEARLY_EXACT: f64 = 1e-30;

/// How surely the SSP coefficient is known where other numbers are known so surely.
pub(in crate::verify) fn ssp_certainty(certainty: Certainty) -> Certainty {
    match certainty.tolerance() {
        tolerance if tolerance < NEARLY_EXACT => certainty,
        tolerance => certainty.with_tolerance(tolerance.max(1e-10)),
    }
}

/// A number and the size of its terms.
type Sized = (BigInt, BigInt);

impl Integers {
    /// `A`, by rows, then `b`, each entry with the size of all its row: what is known of it is relative to that.
    fn rows(&self) -> Vec<Vec<Sized>> {
        let s = self.stages;
        let rows = self.a.chunks(s.max(1)).chain([&self.b[..]]);
        let sizes = self.a_sizes.chunks(s.max(1)).chain([&self.b_sizes[..]]);
        let sized = rows.zip(sizes).map(|(row, sizes)| {
            let size: BigInt = sizes.iter().sum();
            row.iter().map(|x| (x.clone(), if x.is_zero() { BigInt::zero() } else { size.clone() })).collect()
        });
        sized.collect()
    }

    /// Whether no entry of `A` and `b` is negative, and a power of `A` is zero only where the next one is: without this the
    /// coefficient is zero.
    fn is_monotonic_at_zero(&self) -> bool {
        let s = self.stages;
        let rows = self.rows();
        let is_positive = |x: &Sized| x.0 > portion(&x.1, self.tolerance());
        let is_negative = |x: &Sized| -&x.0 > portion(&x.1, self.tolerance());
        let leads_on = |row: &Vec<Sized>, j: usize| (0..s).any(|k| is_positive(&row[k]) && is_positive(&rows[k][j]));
        rows.iter()
            .all(|row| row.iter().all(|x| !is_negative(x)) && (0..s).all(|j| is_positive(&row[j]) || !leads_on(row, j)))
    }

    /// Whether the conditions hold at `r` up to the tolerance, by doubles.
    fn is_monotonic_at(&self, r: f64) -> bool {
        let s = self.stages;
        let number = |x: &BigInt| Rational::new_raw(x.clone(), self.unit.clone()).to_f64();
        let a = DMatrix::from_fn(s, s, |i, j| number(&self.a[i * s + j]));
        let b = RowDVector::from_fn(s, |_, j| number(&self.b[j]));
        let Some(inverse) = (DMatrix::identity(s, s) + &a * r).try_inverse() else { return false };
        let least = -self.tolerance() * a.amax().max(b.amax()).max(1.0);
        let weights = b * &inverse;
        let sums = inverse.column_sum();
        (&a * &inverse).iter().chain(&weights).chain(&sums).all(|&x| x >= least) && 1.0 - r * weights.sum() >= least
    }

    /// Polynomials in `r`, in units of the common denominator: the conditions times `det(I + rA)`, and this itself.
    fn monotonicity_conditions(&self) -> Vec<Polynomial<Ball>> {
        let s = self.stages;
        let (rows, trivial) = (self.rows(), (BigInt::zero(), BigInt::zero()));
        let plus = |x: Sized, y: Sized| (x.0 + y.0, x.1 + y.1);
        let dot = |row: &[Sized], column: &dyn Fn(usize) -> Sized| {
            let terms = row.iter().enumerate().filter(|(_, x)| !x.1.is_zero());
            terms.fold(trivial.clone(), |sum, (k, x)| {
                let y = column(k);
                plus(sum, (&x.0 * y.0, &x.1 * y.1))
            })
        };
        let ball = |x: &Sized| self.ball(x.0.clone(), &x.1);
        // The adjugate of `I − wA`, one power of `w = −r` after the other (Faddeev, LeVerrier).
        let mut adjugate: Vec<Sized> =
            (0..s * s).map(|k| if k % s == k / s { (BigInt::one(), BigInt::one()) } else { trivial.clone() }).collect();
        let mut determinant = vec![Ball::one()];
        // Entries of `A adj` and `bᵀ adj`, of `adj 1`, and `bᵀ adj 1`.
        let mut conditions: Vec<Vec<Ball>> = vec![Vec::new(); (s + 1) * s + s];
        let mut last = vec![];
        for k in 0..s {
            let sign = |b: Ball| if k % 2 == 0 { b } else { -b };
            let products: Vec<Sized> =
                (0..(s + 1) * s).map(|e| dot(&rows[e / s], &|l| adjugate[l * s + e % s].clone())).collect();
            let sum = |entries: &[Sized]| entries.iter().cloned().fold(trivial.clone(), plus);
            for (e, x) in products.iter().enumerate() {
                conditions[e].push(sign(ball(x)));
            }
            for i in 0..s {
                conditions[(s + 1) * s + i].push(sign(ball(&sum(&adjugate[i * s..(i + 1) * s]))));
            }
            last.push(sign(ball(&sum(&products[s * s..]))));
            let trace = (0..s).map(|i| products[i * s + i].clone()).fold(trivial.clone(), plus);
            let c = (-trace.0 / BigInt::from(k + 1), trace.1);
            determinant.push(sign(-ball(&c)));
            adjugate = products[..s * s].to_vec();
            for i in 0..s {
                adjugate[i * s + i] = plus(adjugate[i * s + i].clone(), c.clone());
            }
        }
        let determinant = Polynomial::new(determinant);
        // `det − r bᵀ adj 1`
        last.insert(0, Ball::zero());
        let last = &determinant - &Polynomial::new(last);
        conditions.into_iter().map(Polynomial::new).chain([determinant, last]).collect()
    }
}

/// The radius of circle contractivity: the largest `r` such that `BA + AᵀB − bbᵀ + B/r` is positive semidefinite, with
/// `B = diag(b)`. A step of `h` contracts the distance of any two solutions if the field does within the disc
/// `|z + r/h| ≤ r/h`. Infinite for algebraically stable schemes, 0 if a weight is not positive. Accurate to 10 digits.
///
/// Source: G. Dahlquist, R. Jeltsch, Generalized disks of contractivity for explicit and implicit Runge–Kutta methods,
/// TRITA-NA-7906 (1979).
pub fn circle_contractivity_radius(scheme: &Recovered) -> f64 {
    let scheme = Integers::of(scheme);
    let s = scheme.stages;
    let number = |x: &BigInt| Rational::new_raw(x.clone(), scheme.unit.clone()).to_f64();
    let b: Vec<f64> = scheme.b.iter().map(number).collect();
    if b.iter().any(|&b| b <= 0.0) {
        return 0.0;
    }
    let a = |i: usize, j: usize| number(&scheme.a[i * s + j]);
    let ratio = |i: usize, j: usize| (b[i] / b[j]).sqrt();
    // B^{-1/2} (BA + AᵀB − bbᵀ) B^{-1/2}
    let m = DMatrix::from_fn(s, s, |i, j| a(i, j) * ratio(i, j) + a(j, i) * ratio(j, i) - (b[i] * b[j]).sqrt());
    let size = m.amax().max(1.0);
    let least = m.symmetric_eigenvalues().min();
    if least >= -scheme.tolerance().max(1e-12) * size { f64::INFINITY } else { -1.0 / least }
}

/// Monotonicity for linear problems.
impl StabilityFunction {
    /// The threshold factor, the radius of absolute monotonicity of `R`: the largest `r` such that `R` and all its
    /// derivatives are nonnegative in `[−r, 0]`. What the SSP coefficient is for linear fields, and not less. Exact where
    /// `R` is a polynomial; else, from the first 1000 derivatives, accurate to 10 digits, between `10⁻⁶` and `10⁶`.
    ///
    /// Source: M. N. Spijker, Contractivity in the numerical solution of initial value problems, Numer. Math. 42 (1983)
    /// 271–290.
    pub fn linear_monotonicity_radius(&self) -> f64 {
        if !self.is_polynomial() {
            return bisect(|r| self.has_nonnegative_derivatives_at(-r), 1e-6, 1e6);
        }
        let minus = Ball::from(-BigInt::one());
        let derivatives = std::iter::successors(Some(self.p.clone()), |p| Some(p.derivative()));
        let first = Negative::first(derivatives.take(self.p.degree() + 1).map(|p| p.scaled(&minus)));
        first.map_or(f64::INFINITY, |r| r.from.times(&self.unit.clone().into()).to_f64())
    }

    fn has_nonnegative_derivatives_at(&self, x: f64) -> bool {
        const DERIVATIVES: usize = 1000;
        let (p, q) = (Polynomial::new(self.numerator()).shifted(&x), Polynomial::new(self.denominator()).shifted(&x));
        // Scaled such that the nearest pole has modulus 1: no overflow.
        let nearest = self.poles().iter().map(|z| (z - x).norm()).fold(f64::INFINITY, f64::min);
        if !nearest.is_finite() {
            return false;
        }
        let (p, q) = (p.scaled(&nearest), q.scaled(&nearest));
        let mut series: Vec<f64> = Vec::with_capacity(DERIVATIVES);
        for k in 0..DERIVATIVES {
            let known = (1..=k.min(q.degree())).map(|j| -q.coefficient(j) * series[k - j]);
            let (sum, size) = known.chain([p.coefficient(k)]).fold((0.0, 0.0), |(s, t), x| (s + x, t + x.abs()));
            let term = sum / q.coefficient(0);
            if term < 0.0 && sum.abs() > 1e-11 * size {
                return false;
            }
            series.push(term);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use proptest::prelude::*;

    fn scheme(rows: &[&[f64]], b: &[f64]) -> Recovered {
        let a: Vec<Vec<f64>> = rows.iter().map(|r| [r, &vec![0.0; b.len() - r.len()][..]].concat()).collect();
        let c: Vec<f64> = a.iter().map(|r| r.iter().sum()).collect();
        Recovered::of(&Tableau::new(&a, b, c).unwrap())
    }

    fn named(name: &str) -> Recovered {
        Recovered::of(&Tableau::by_name(name).unwrap())
    }

    fn ssp(scheme: &Recovered) -> f64 {
        ssp_coefficient(scheme).map_or(f64::INFINITY, |r| r.to_f64())
    }

    /// SSPRK(s, 3), s = n²: D. I. Ketcheson, SIAM J. Sci. Comput. 30 (2008) 2113–2136; C = n² − n.
    fn ketcheson_third_order(n: usize) -> Recovered {
        let (s, r) = (n * n, (n * n - n) as f64);
        let mut a = vec![vec![0.0; s]; s];
        let (first, last) = ((n - 1) * (n - 2) / 2, n * (n + 1) / 2);
        let weight = n as f64 / (2 * n - 1) as f64;
        let mut y: Vec<Vec<f64>> = vec![vec![0.0; s]];
        for i in 0..s {
            a[i].clone_from(&y[i]);
            let mut next = y[i].clone();
            next[i] += 1.0 / r;
            if i + 1 == last {
                next = next.iter().zip(&y[first]).map(|(x, f)| (1.0 - weight) * x + weight * f).collect();
            }
            y.push(next);
        }
        let rows: Vec<&[f64]> = a.iter().map(Vec::as_slice).collect();
        scheme(&rows, &y[s])
    }

    /// Coefficients: nodepy 1.1.1 (`unit_tests.py`), and the sources it names.
    #[test]
    fn ssp_coefficients() {
        let third = 1.0 / 3.0;
        let ssp3 = scheme(&[&[], &[1.0], &[0.25, 0.25]], &[1.0 / 6.0, 1.0 / 6.0, 2.0 * third]);
        let sixth = 1.0 / 6.0;
        let ssp43 = scheme(&[&[], &[0.5], &[0.5, 0.5], &[sixth, sixth, sixth]], &[sixth, sixth, sixth, 0.5]);
        for (name, scheme, nonlinear, linear) in [
            ("SSP33", ssp3, 1.0, 1.0),
            ("SSP43", ssp43, 2.0, 2.0),
            ("forward Euler", named("forward_euler"), 1.0, 1.0),
            ("SSP22", named("heun"), 1.0, 1.0),
            ("Mid22", named("explicit_midpoint"), 0.0, 1.0),
            ("RK44", named("rk4"), 0.0, 1.0),
            ("DP5", named("dormand_prince_5_4"), 0.0, f64::NAN),
            ("trapezoid", named("trapezoidal"), 2.0, 2.0),
            ("midpoint", named("implicit_midpoint"), 2.0, 2.0),
            ("backward Euler", named("backward_euler"), f64::INFINITY, f64::INFINITY),
            ("Gauss 2", named("gauss_2"), 0.0, 0.0),
            ("SSP93", ketcheson_third_order(3), 6.0, f64::NAN),
            ("SSPRK2(4)", scheme(&[&[], &[third], &[third, third], &[third, third, third]], &[0.25; 4]), 3.0, 3.0),
            ("θ = 1/4", named("two_leg_theta_0.25"), 4.0 / 3.0, 4.0 / 3.0),
        ] {
            assert_eq!(ssp(&scheme), nonlinear, "{name}");
            let found = StabilityFunction::of(&scheme).linear_monotonicity_radius();
            assert!(linear.is_nan() || found == linear || (found - linear).abs() < 1e-11, "{name}: {found}");
        }
    }

    /// SSPIRK2(4) has 8 (D. I. Ketcheson, C. B. Macdonald, S. Gottlieb, Appl. Numer. Math. 59 (2009) 373–392): four midpoint
    /// steps of a quarter each.
    #[test]
    fn implicit_schemes() {
        let (q, e) = (0.25, 0.125);
        let four = scheme(&[&[e], &[q, e], &[q, q, e], &[q, q, q, e]], &[q; 4]);
        assert_eq!(ssp(&four), 8.0);
        // The optimal of order 3 with two stages: C = 1 + √3, given by doubles.
        let g = (3.0 - 3f64.sqrt()) / 6.0;
        let two = scheme(&[&[g], &[3f64.sqrt() / 3.0, g]], &[0.5, 0.5]);
        assert!((ssp(&two) - (1.0 + 3f64.sqrt())).abs() < 1e-10, "{}", ssp(&two));
    }

    #[test]
    fn doubles_off_by_rounding_change_nothing() {
        let (mut a, b) = (vec![vec![0.0; 10]; 10], [0.1; 10]);
        for (i, row) in a.iter_mut().enumerate() {
            row[..i].fill(1.0 / 6.0);
            row[..i.min(5)].fill(if i >= 5 { 1.0 / 15.0 } else { 1.0 / 6.0 });
        }
        let of = |a: &[Vec<f64>]| scheme(&a.iter().map(Vec::as_slice).collect::<Vec<_>>(), &b);
        assert_eq!(ssp(&of(&a)), 6.0);
        (a[9][3], a[9][2]) = (a[9][3] + 1e-16, a[9][2] - 1e-16);
        a[2][3] = -1e-18;
        let rounded = of(&a);
        assert!(matches!(rounded, Recovered::Summed(_)));
        assert!((ssp(&rounded) - 6.0).abs() < 1e-8, "{}", ssp(&rounded));
    }

    /// SSP(10,4) with one coefficient off by 10⁻⁶, by nodepy 1.1.1 (tolerance 1e-10).
    #[test]
    fn small_faults_are_seen() {
        let named = Tableau::by_name("ssp_10_4").unwrap();
        let mut a: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|j| named.a(i, j)).collect()).collect();
        a[9][0] -= 1e-6;
        let b = named.b().to_vec();
        let found = ssp(&scheme(&a.iter().map(Vec::as_slice).collect::<Vec<_>>(), &b));
        assert!((found - 4.503222559560527).abs() < 1e-8, "{found}");
    }

    /// RK44: 1 (nodepy 1.1.1).
    #[test]
    fn circle_contractivity() {
        for (name, radius) in
            [("rk4", 1.0), ("forward_euler", 1.0), ("gauss_3", f64::INFINITY), ("explicit_midpoint", 0.0)]
        {
            let found = circle_contractivity_radius(&named(name));
            assert!(found == radius || (found - radius).abs() < 1e-12, "{name}: {found}");
        }
    }

    /// A stronger demand allows no longer steps. Within the radius of absolute monotonicity, `|R(z)| ≤ Σ_k R^(k)(−r) |z +
    /// r|^k / k! ≤ R(0) = 1`.
    #[test]
    fn radii_are_in_order() {
        for scheme in Tableau::catalogue() {
            let (name, scheme) = (scheme.name().to_string(), Recovered::of(&scheme));
            let r = StabilityFunction::of(&scheme);
            let (ssp, linear, disc) = (ssp(&scheme), r.linear_monotonicity_radius(), r.disc_radius());
            let circle = circle_contractivity_radius(&scheme);
            let some = 1.0 + 1e-8;
            assert!(ssp <= linear * some && linear <= disc * some, "{name}: {ssp} {linear} {disc}");
            assert!(ssp <= circle * some && circle <= disc * some, "{name}: {ssp} {circle} {disc}");
            let real = r.real_interval().map_or(f64::INFINITY, |x| x.to_f64());
            assert!(2.0 * disc <= real * some, "{name}: {disc} {real}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn every_scheme_can_be_analysed(kinds in proptest::collection::vec((0usize..12, -1.0f64..1.0), 12)) {
            let entry = |&(kind, x): &(usize, f64)| [0.0, 1.0, -1.0, 0.5, 1.0 / 3.0, 1e-9, -3.0, x][kind.min(7)];
            let entries: Vec<f64> = kinds.iter().map(entry).collect();
            let b = [entries[9], entries[10], 1.0 - entries[9] - entries[10]];
            let a: Vec<&[f64]> = entries[..9].chunks(3).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let Ok(scheme) = Tableau::new(&a, b, &c) else { return Ok(()) };
            let scheme = Recovered::of(&scheme);
            let r = StabilityFunction::of(&scheme);
            let (stable, angle, disc) = (r.a_stability().holds, r.sector_angle(), r.disc_radius());
            prop_assert_eq!(stable, angle == 90.0);
            prop_assert_eq!(stable, disc.is_infinite());
            prop_assert!(!r.l_stability().holds || stable && r.strict_stability_at_infinity().holds);
            prop_assert_eq!(r.i_stability().holds, r.imaginary_interval().is_none());
            prop_assert!(angle == 0.0 || r.real_interval().is_none());
            let (ssp, linear) = (ssp(&scheme), r.linear_monotonicity_radius());
            prop_assert!(ssp <= linear * (1.0 + 1e-6) + 1e-6, "{} {}", ssp, linear);
            prop_assert!(r.order().0 >= 1 && r.dispersion().is_none_or(|d| d.power > 1));
        }
    }
}
