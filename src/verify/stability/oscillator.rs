//! What a partitioned pair does to the oscillator `ẏ = −ω²z`, `ż = y`.

use nalgebra::{DMatrix, Matrix2};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::Error;
use crate::tableau::coefficients::{Rational, Recovered, Scalar};
use crate::verify::exact::ball::Ball;
use crate::verify::exact::determinant::Integers;
use crate::verify::exact::polynomial::Polynomial;
use crate::verify::exact::quotient::without_vanishing;
use crate::verify::exact::roots::{AlgebraicNumber, Negative, positive_roots};

/// The stability matrix `M(x)`, `x = hω`, of a pair: a step takes `(y/ω, z)` to `M(x) (y/ω, z)`, with `y` done by the
/// first scheme, `z` by the second.
///
/// With both schemes' coefficients in `S = [[0, −Â], [A, 0]]`, `B = diag(bᵀ, b̂ᵀ)` and `E = [[0, −1], [1, 0]]`,
/// `M = I + xB (I − xS)⁻¹E`. Trace and determinant are quotients of polynomials in `x²`.
///
/// ```
/// use kutta::{Tableau, verify::coefficients::Recovered, verify::oscillator::StabilityMatrix};
/// // Symplectic Euler: y implicitly, z explicitly; with `ẏ` not depending on `y` nothing is solved.
/// let (y, z) = (Recovered::of(&Tableau::backward_euler()), Recovered::of(&Tableau::forward_euler()));
/// let limit = StabilityMatrix::of(&y, &z)?.limit();
/// assert_eq!(limit.map(|x| x.to_f64()), Some(2.0));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StabilityMatrix {
    /// Common denominator, numerator of the determinant and of the trace, in `x / unit`.
    denominator: Polynomial<Ball>,
    determinant: Polynomial<Ball>,
    trace: Polynomial<Ball>,
    unit: BigInt,
    /// `S`, `B`, `E`.
    stages: DMatrix<f64>,
    weights: DMatrix<f64>,
    start: DMatrix<f64>,
}

impl StabilityMatrix {
    /// The matrix of the pair that does `y` by the first scheme, `z` by the second.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the schemes differ in their numbers of stages.
    pub fn of(first: &Recovered, second: &Recovered) -> Result<Self, Error> {
        let (first, second) = (Integers::of_all(first), Integers::of_all(second));
        let s = first.stages;
        if second.stages != s {
            return Err(Error::ShapeMismatch { argument: "second", unit: "stages", found: second.stages, expected: s });
        }
        // All in halves, for the determinant of `I + M`.
        let unit: BigInt = first.unit.lcm(&second.unit) * 2u32;
        let whole = |x: &BigInt, from: &Integers| x * (&unit / &from.unit);
        let (top, n) = (|k: usize| k < s, 2 * s);
        let stages = |i: usize, j: usize| match (top(i), top(j)) {
            (true, false) => -whole(&second.a[i * s + j - s], &second),
            (false, true) => whole(&first.a[(i - s) * s + j], &first),
            _ => BigInt::zero(),
        };
        let stage_sizes = |i: usize, j: usize| match (top(i), top(j)) {
            (true, false) => whole(&second.a_sizes[i * s + j - s], &second),
            (false, true) => whole(&first.a_sizes[(i - s) * s + j], &first),
            _ => BigInt::zero(),
        };
        let step_sizes = |i: usize, j: usize| match (top(i), top(j)) {
            (true, false) => whole(&second.b_sizes[j - s], &second),
            (false, true) => whole(&first.b_sizes[j], &first),
            _ => BigInt::zero(),
        };
        // `E B`
        let step = |i: usize, j: usize| match (top(i), top(j)) {
            (true, false) => -whole(&second.b[j - s], &second),
            (false, true) => whole(&first.b[j], &first),
            _ => BigInt::zero(),
        };
        let entries = || (0..n * n).map(|k| (k / n, k % n));
        let accuracy = Integers { certainty: first.certainty.and(second.certainty), ..first.clone() };
        // `det(I − x(S − weight/2 E B))`
        let determinant = |weight: u32| {
            let m: Vec<BigInt> = entries().map(|(i, j)| stages(i, j) - step(i, j) * weight / 2u32).collect();
            let sizes: Vec<BigInt> =
                entries().map(|(i, j)| stage_sizes(i, j) + step_sizes(i, j) * weight / 2u32).collect();
            accuracy.determinant(n, &m, |adjugate| {
                entries().map(|(i, j)| &sizes[i * n + j] * adjugate[j * n + i].abs()).sum()
            })
        };
        let (denominator, half, full) = (determinant(0), determinant(1), determinant(2));
        // `det(I + M) = 1 + tr M + det M = 4 det(I + x/2 B(I − xS)⁻¹E)`
        let four = Polynomial::constant(Ball::from(BigInt::from(4)));
        let trace = &(&(&half * &four) - &denominator) - &full;
        let number = |x: BigInt| Rational::new_raw(x, unit.clone()).to_f64();
        let weights = DMatrix::from_fn(2, n, |i, j| match (i, top(j)) {
            (0, true) => number(whole(&first.b[j], &first)),
            (1, false) => number(whole(&second.b[j - s], &second)),
            _ => 0.0,
        });
        let start = DMatrix::from_fn(n, 2, |i, j| match (top(i), j) {
            (true, 1) => -1.0,
            (false, 0) => 1.0,
            _ => 0.0,
        });
        Ok(StabilityMatrix {
            stages: DMatrix::from_fn(n, n, |i, j| number(stages(i, j))),
            weights,
            start,
            denominator: without_vanishing(&denominator),
            determinant: without_vanishing(&full),
            trace: without_vanishing(&trace),
            unit,
        }
        .reduced())
    }

    /// Without a factor that all three have.
    fn reduced(mut self) -> Self {
        let whole = |p: &Polynomial<Ball>| Polynomial::new(p.coefficients().iter().map(|c| c.value.clone()).collect());
        let all = [&self.denominator, &self.determinant, &self.trace];
        if all.iter().any(|p| p.coefficients().iter().any(|c| !c.radius.is_zero())) {
            return self;
        }
        let [d, n, t] = all.map(whole);
        let mut common = d.gcd(&n).gcd(&t);
        if common.degree() == 0 {
            return self;
        }
        if common.coefficient(0).is_negative() {
            common = -&common;
        }
        let balls = |p: Polynomial<BigInt>| {
            Polynomial::new(p.divided_by(&common).coefficients().iter().cloned().map(Ball::from).collect())
        };
        (self.denominator, self.determinant, self.trace) = (balls(d), balls(n), balls(t));
        self
    }

    /// `M(x)`; not finite at a pole.
    pub fn eval(&self, x: f64) -> Matrix2<f64> {
        let system = DMatrix::identity(self.stages.nrows(), self.stages.nrows()) - &self.stages * x;
        match system.lu().solve(&self.start) {
            Some(slopes) => {
                let change = &self.weights * slopes * x;
                Matrix2::from_fn(|i, j| change[(i, j)] + f64::from(u8::from(i == j)))
            }
            None => Matrix2::from_element(f64::INFINITY),
        }
    }

    /// The trace of `M` as a quotient of two polynomials in `x²`, the constant coefficient first.
    pub fn trace(&self) -> (Vec<f64>, Vec<f64>) {
        (self.in_square(&self.trace), self.in_square(&self.denominator))
    }

    /// The determinant of `M` as a quotient of two polynomials in `x²`. It is 1 for symplectic pairs.
    pub fn determinant(&self) -> (Vec<f64>, Vec<f64>) {
        (self.in_square(&self.determinant), self.in_square(&self.denominator))
    }

    fn in_square(&self, polynomial: &Polynomial<Ball>) -> Vec<f64> {
        let terms = polynomial.coefficients().iter().enumerate().step_by(2);
        let scale = |k: usize| self.unit.pow(k as u32) * self.denominator.coefficient(0).value;
        terms.map(|(k, c)| Rational::new_raw(c.value.clone(), scale(k)).to_f64()).collect()
    }

    /// The largest `x = hω` such that the oscillations stay bounded for all smaller ones: `|det M| ≤ 1` and
    /// `|tr M| ≤ 1 + det M`, and `M` has no Jordan block to an eigenvalue `±1`. `None` if there is no largest one.
    /// At the end itself `M` may have such a block, as that of Verlet has at 2.
    pub fn limit(&self) -> Option<AlgebraicNumber> {
        let (d, n, t) = (&self.denominator, &self.determinant, &self.trace);
        let both = d + n;
        let conditions = [d.clone(), d - n, both.clone(), &both - t, &both + t];
        let end = Negative::first(conditions.iter().cloned()).map(|negative| negative.from);
        // Where eigenvalues ±1 meet within.
        let double = conditions[3..].iter().flat_map(|p| {
            let value = |c: &Ball| if c.holds_zero() { BigInt::zero() } else { c.value.clone() };
            positive_roots(&Polynomial::new(p.coefficients().iter().map(value).collect()))
        });
        let defective = double.filter(|x| self.is_defective_at(x.clone().times(&self.unit.clone().into()).to_f64()));
        let least = end.into_iter().chain(defective).min_by(|a, b| a.to_f64().total_cmp(&b.to_f64()))?;
        Some(least.times(&self.unit.clone().into()))
    }

    fn is_defective_at(&self, x: f64) -> bool {
        let m = self.eval(x);
        (m.determinant() - 1.0).abs() < 1e-9 && m.m12.abs().max(m.m21.abs()) > 1e-6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use nalgebra::Complex;

    fn pair<const S: usize>(a: [[f64; S]; S], b: [f64; S], c: [[f64; S]; S], d: [f64; S]) -> StabilityMatrix {
        let of = |a: [[f64; S]; S], b| Recovered::of(&Tableau::new(a, b, a.map(|r| r.iter().sum::<f64>())).unwrap());
        StabilityMatrix::of(&of(a, b), &of(c, d)).unwrap()
    }

    fn verlet() -> StabilityMatrix {
        pair([[0.0, 0.0], [0.5, 0.5]], [0.5, 0.5], [[0.5, 0.0], [0.5, 0.0]], [0.5, 0.5])
    }

    /// `λ² − (2 − x²) λ + 1 = 0`.
    #[test]
    fn verlet_is_stable_up_to_two() {
        let verlet = verlet();
        assert_eq!(verlet.trace(), (vec![2.0, -1.0], vec![1.0]));
        assert_eq!(verlet.determinant(), (vec![1.0], vec![1.0]));
        assert_eq!(verlet.limit().unwrap().to_f64(), 2.0);
        let m = verlet.eval(1.5);
        assert!((m.trace() - (2.0 - 2.25)).abs() < 1e-14 && (m.determinant() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_scheme_with_itself_has_its_stability_function() {
        for (name, limit) in [
            ("forward_euler", Some(0.0)),
            ("heun", Some(0.0)),
            ("rk4", Some(8f64.sqrt())),
            ("trapezoidal", None),
            ("backward_euler", None),
            ("gauss_2", None),
            ("gauss_4", None),
            ("radau_iia_3", None),
            ("sdirk2", None),
        ] {
            let scheme = Recovered::of(&Tableau::by_name(name).unwrap());
            let matrix = StabilityMatrix::of(&scheme, &scheme).unwrap();
            assert_eq!(matrix.limit().map(|x| x.to_f64()), limit, "{name}");
            let r = crate::verify::stability_function::StabilityFunction::of(&scheme);
            for x in [0.1, 1.0, 3.0] {
                let z = r.eval(Complex::new(0.0, x));
                let m = matrix.eval(x);
                assert!(
                    (m.m11 - z.re).abs() + (m.m22 - z.re).abs() + (m.m21 - z.im).abs() + (m.m12 + z.im).abs() < 1e-12
                );
                let value = |(p, q): (Vec<f64>, Vec<f64>)| {
                    let at = |c: &[f64]| c.iter().rev().fold(0.0, |s, c| s * x * x + c);
                    at(&p) / at(&q)
                };
                assert!((value(matrix.trace()) - m.trace()).abs() < 1e-10, "{name}");
                assert!((value(matrix.determinant()) - m.determinant()).abs() < 1e-10, "{name}");
            }
        }
    }

    /// Two Verlet steps of a half each: the trace touches −2 at `x = 2√2`, where `M = −I`, and is beyond 2 after 4.
    #[test]
    fn touching_does_not_end_what_stays_bounded() {
        let (q, h) = (0.25, 0.5f64);
        let a = [[0.0; 4], [q, q, 0.0, 0.0], [q, q, 0.0, 0.0], [q, q, q, q]];
        let c = [[q, 0.0, 0.0, 0.0], [q, 0.0, 0.0, 0.0], [q, q, q, 0.0], [q, q, q, 0.0]];
        let twice = pair(a, [q; 4], c, [q; 4]);
        let (trace, _) = twice.trace();
        assert_eq!(trace, [2.0, -4.0 * h * h, h.powi(4)]);
        assert_eq!(twice.limit().unwrap().to_f64(), 4.0);
    }

    #[test]
    fn schemes_of_different_sizes_are_refused() {
        let of = |name| Recovered::of(&Tableau::by_name(name).unwrap());
        let error = StabilityMatrix::of(&of("rk4"), &of("heun")).unwrap_err();
        assert_eq!(error.to_string(), "second has 2 stages, expected 4");
    }
}
