//! What an additive (implicit-explicit) pair does to `ẏ = λ_E y + λ_I y`.

use nalgebra::{Complex, DMatrix};

use crate::Error;
use crate::tableau::coefficients::{Rational, Recovered, Scalar};
use crate::verify::exact::determinant::Integers;

/// The stability function of a pair with explicit `(A_E, b_E)` for one term and implicit `(A_I, b_I)` for the other,
///
/// ```text
/// R(z_E, z_I) = det(I − z_E (A_E − 1b_Eᵀ) − z_I (A_I − 1b_Iᵀ)) / det(I − z_E A_E − z_I A_I) .
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AdditiveStability {
    explicit: [DMatrix<f64>; 2],
    implicit: [DMatrix<f64>; 2],
}

impl AdditiveStability {
    /// The stability function of the pair that does the first term by `explicit`, the second by `implicit`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the schemes differ in their numbers of stages.
    pub fn of(explicit: &Recovered, implicit: &Recovered) -> Result<Self, Error> {
        let (explicit, implicit) = (Integers::of_all(explicit), Integers::of_all(implicit));
        let (found, expected) = (implicit.stages, explicit.stages);
        if found != expected {
            return Err(Error::ShapeMismatch { argument: "implicit", unit: "stages", found, expected });
        }
        let matrices = |k: &Integers| {
            let s = k.stages;
            let number = |x: &num_bigint::BigInt| Rational::new_raw(x.clone(), k.unit.clone()).to_f64();
            let a = DMatrix::from_fn(s, s, |i, j| number(&k.a[i * s + j]));
            let of_numerator = DMatrix::from_fn(s, s, |i, j| number(&(&k.a[i * s + j] - &k.b[j])));
            [of_numerator, a]
        };
        Ok(AdditiveStability { explicit: matrices(&explicit), implicit: matrices(&implicit) })
    }

    /// `R(z_E, z_I)`; not finite at a pole.
    pub fn eval(&self, z_explicit: Complex<f64>, z_implicit: Complex<f64>) -> Complex<f64> {
        let [p, q] = self.determinants(z_explicit, z_implicit);
        p / q
    }

    /// The limit of `R(z_E, z_I)` as `z_I → ∞`, for a `z_E` that stays; infinite if there is none. A stiff implicit term is
    /// damped if this is 0 for all `z_E`.
    pub fn stiff_limit(&self, z_explicit: Complex<f64>) -> Complex<f64> {
        // Polynomials in `z_I` by their values on a circle where no coefficient drowns.
        let n = self.explicit[0].nrows() + 1;
        let size = self.implicit.iter().map(|m| m.norm()).fold(0.0, f64::max);
        let radius = if size > 0.0 { 1.0 / size } else { 1.0 };
        let turn = |k: usize| Complex::from_polar(1.0, std::f64::consts::TAU * (k % n) as f64 / n as f64);
        let values: Vec<[Complex<f64>; 2]> = (0..n).map(|k| self.determinants(z_explicit, turn(k) * radius)).collect();
        let leading = |part: usize| {
            let coefficient = |j: usize| -> Complex<f64> {
                (0..n).map(|k| values[k][part] * turn((n - j) * k)).sum::<Complex<f64>>() / n as f64
            };
            let all: Vec<_> = (0..n).map(coefficient).collect();
            let largest = all.iter().map(|c| c.norm()).fold(0.0, f64::max);
            let degree = all.iter().rposition(|c| c.norm() > 1e-12 * largest).unwrap_or(0);
            (degree, all[degree])
        };
        let ((m, p), (n, q)) = (leading(0), leading(1));
        match m.cmp(&n) {
            std::cmp::Ordering::Less => Complex::new(0.0, 0.0),
            std::cmp::Ordering::Equal => p / q,
            std::cmp::Ordering::Greater => Complex::new(f64::INFINITY, 0.0),
        }
    }

    fn determinants(&self, z_explicit: Complex<f64>, z_implicit: Complex<f64>) -> [Complex<f64>; 2] {
        [0, 1].map(|k| {
            let (e, i) = (&self.explicit[k], &self.implicit[k]);
            let one = |r, c| Complex::new(f64::from(u8::from(r == c)), 0.0);
            let entry = |r, c| one(r, c) - z_explicit * e[(r, c)] - z_implicit * i[(r, c)];
            DMatrix::from_fn(e.nrows(), e.nrows(), entry).determinant()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::verify::stability::stability_function::StabilityFunction;
    use proptest::prelude::*;

    fn of<const S: usize>(a: [[f64; S]; S], b: [f64; S]) -> Recovered {
        Recovered::of(&Tableau::new(a, b, a.map(|r| r.iter().sum::<f64>())).unwrap())
    }

    fn euler() -> AdditiveStability {
        let explicit = of([[0.0, 0.0], [1.0, 0.0]], [1.0, 0.0]);
        AdditiveStability::of(&explicit, &of([[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0])).unwrap()
    }

    /// ARS(2, 2, 2), γ = 1 − 1/√2: U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167.
    #[test]
    fn stiff_limits() {
        let g = 1.0 - std::f64::consts::FRAC_1_SQRT_2;
        let d = 1.0 - 1.0 / (2.0 * g);
        let explicit = of([[0.0, 0.0, 0.0], [g, 0.0, 0.0], [d, 1.0 - d, 0.0]], [d, 1.0 - d, 0.0]);
        let implicit = of([[0.0, 0.0, 0.0], [0.0, g, 0.0], [0.0, 1.0 - g, g]], [0.0, 1.0 - g, g]);
        let ars = AdditiveStability::of(&explicit, &implicit).unwrap();
        for z in [Complex::new(0.0, 0.0), Complex::new(-1.0, 2.0), Complex::new(0.5, -0.5)] {
            assert!(ars.stiff_limit(z).norm() < 1e-12 && euler().stiff_limit(z).norm() < 1e-12);
            assert!(ars.eval(z, Complex::new(-1e9, 0.0)).norm() < 1e-7);
        }
        // Trapezoidal for the stiff term, forward Euler for the other: R → −1 but for a term in z_E.
        let cnab =
            AdditiveStability::of(&of([[0.0, 0.0], [1.0, 0.0]], [1.0, 0.0]), &of([[0.0, 0.0], [0.5, 0.5]], [0.5, 0.5]));
        let cnab = cnab.unwrap();
        let z = Complex::new(-0.3, 0.4);
        assert!((cnab.stiff_limit(z) + 1.0).norm() < 1e-12);
        assert!((cnab.stiff_limit(z) - cnab.eval(z, Complex::new(-1e8, 0.0))).norm() < 1e-6);
    }

    proptest! {
        #[test]
        fn one_term_alone_is_treated_by_its_scheme(re in -2.0f64..0.5, im in -2.0f64..2.0) {
            let (z, zero) = (Complex::new(re, im), Complex::new(0.0, 0.0));
            prop_assert!((euler().eval(z, zero) - (1.0 + z)).norm() < 1e-12);
            prop_assert!((euler().eval(zero, z) - 1.0 / (1.0 - z)).norm() < 1e-12);
            let (explicit, implicit) = (of([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5]), of([[0.0, 0.0], [0.5, 0.5]], [0.5, 0.5]));
            let both = AdditiveStability::of(&explicit, &implicit).unwrap();
            prop_assert!((both.eval(z, zero) - StabilityFunction::of(&explicit).eval(z)).norm() < 1e-12);
            prop_assert!((both.eval(zero, z) - StabilityFunction::of(&implicit).eval(z)).norm() < 1e-12);
        }
    }
}
