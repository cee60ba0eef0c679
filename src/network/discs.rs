//! What a scheme makes of the disc that the eigenvalues of a Jacobian lie in.

use crate::field::Spectrum;
use crate::linalg::eigenvalues;
use crate::{Error, Tableau};
use nalgebra::{Complex, DMatrix, DVector};
use std::f64::consts::TAU;

/// Points of the disc's upper half circle at which a stability function is looked at.
const POINTS: usize = 256;

/// Points of the real axis at which it is looked at.
const SEARCHED: usize = 2048;

/// What rounding may add to a growth.
const SLACK: f64 = 1e-12;

impl Spectrum {
    /// `max |R(hλ)|` over the disc: what a step of `scheme` multiplies by at most. Infinite if a pole of `R` lies in the
    /// disc, the boundary included.
    ///
    /// A function without a pole is largest on the circle, where it is sampled at 512 points; the maximum between them is
    /// not seen, so that the last digits may be wrong.
    pub fn growth(&self, scheme: &Tableau, h: f64) -> f64 {
        let (centre, radius) = (h * self.centre(), h * self.radius());
        let is_inside = |pole: &Complex<f64>| (pole - centre).norm() <= radius.abs();
        if poles(scheme).map_or(true, |poles| poles.iter().any(is_inside)) {
            return f64::INFINITY;
        }
        // R is real on the real axis: the lower half circle mirrors the upper. Points are counted from the right end, where
        // growth is often 1, and rounding must not make it more.
        let on_circle = |k: usize| {
            let angle = TAU * k as f64 / (2 * POINTS) as f64;
            let z = Complex::new(h * self.beta() - 2.0 * radius * (0.5 * angle).sin().powi(2), radius * angle.sin());
            stability(scheme, z).norm()
        };
        (0..=POINTS).map(on_circle).fold(0.0, |most, r| if r.is_nan() { f64::INFINITY } else { r.max(most) })
    }

    /// The largest part of this disc on which steps of `scheme` do not grow, `|R(hλ)| ≤ 1`; see
    /// [`within_growth`](Spectrum::within_growth).
    ///
    /// # Errors
    /// As [`within_growth`](Spectrum::within_growth).
    pub fn contractive(self, scheme: &Tableau, h: f64) -> Result<Self, Error> {
        self.within_growth(scheme, h, 1.0)
    }

    /// The part `[α', β']` of this disc on which steps of `scheme` multiply by `most` at most, `|R(hλ)| ≤ most`. For A-stable
    /// schemes and `β ≤ 0` that is the disc itself. Otherwise `β'` is the right end of the stretch of the real axis around 0
    /// where this holds (or the first such point left of `β`, if that is negative), cut off at `β`, and `α'` the leftmost
    /// end that is possible then. What is stable beyond a pole of `R` is not looked for.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `h` and `most` are positive and finite, and if no disc is left.
    pub fn within_growth(self, scheme: &Tableau, h: f64, most: f64) -> Result<Self, Error> {
        check_positive("h", h)?;
        check_positive("growth", most)?;
        let limit = most * (1.0 + SLACK);
        if self.growth(scheme, h) <= limit {
            return Ok(self);
        }
        let on_axis = |x: f64| stability(scheme, Complex::new(h * x, 0.0)).norm() <= limit;
        let from = self.beta().min(0.0).max(self.alpha());
        let point = |to: f64, k: usize| from + (to - from) * k as f64 / SEARCHED as f64;
        let beta = if on_axis(from) {
            let bad = (1..=SEARCHED).find(|&k| !on_axis(point(self.beta(), k)));
            Some(bad.map_or(self.beta(), |k| bisect(point(self.beta(), k - 1), point(self.beta(), k), on_axis)))
        } else {
            let good = (1..=SEARCHED).find(|&k| on_axis(point(self.alpha(), k)));
            good.map(|k| bisect(point(self.alpha(), k), point(self.alpha(), k - 1), on_axis))
        };
        let part = beta.and_then(|beta| {
            let disc = |alpha: f64| Spectrum::new(alpha, beta).ok();
            let fits = |alpha: f64| disc(alpha).is_none_or(|disc| disc.growth(scheme, h) <= limit);
            disc(bisect(beta, self.alpha(), fits))
        });
        part.filter(|part| part.radius() > 1e-9 * self.radius()).ok_or_else(|| {
            Error::invalid(
                "spectrum",
                format!("{},{}", self.alpha(), self.beta()),
                format!("a disc of which steps of {h} multiply some part by no more than {most}"),
            )
        })
    }

    /// The largest disc `[α, β']`, `β' ≤ β`, such that the disc of the same centre and `1 + margin` times its radius holds
    /// no point at which the stage equations of `ẏ = λy` are singular: no `1/(hμ)` with an eigenvalue `μ` of `A`, which are
    /// the poles of `R(hλ)`. For the one-leg and two-leg `θ`-methods and no margin that is `β ≤ 1/(θh)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `h` is positive and `margin` not negative, both finite, and if a pole lies at `α`.
    pub fn clear_of_poles(self, scheme: &Tableau, h: f64, margin: f64) -> Result<Self, Error> {
        check_positive("h", h)?;
        if !(margin >= 0.0 && margin.is_finite()) {
            return Err(Error::invalid("margin", margin, "a number that is not negative"));
        }
        // With q = pole - α and radius r: |q - r| = (1 + m) r, or (2m + m²) r² + 2 r Re q = |q|².
        let excess = margin * (2.0 + margin);
        let largest = |pole: &Complex<f64>| {
            let q = pole / h - self.alpha();
            let square = q.norm_sqr();
            let below = q.re + (q.re * q.re + excess * square).sqrt();
            if below > 0.0 { square / below } else { f64::INFINITY }
        };
        let radius = poles(scheme)?.iter().map(largest).fold(self.radius(), f64::min);
        Spectrum::new(self.alpha(), if radius < self.radius() { self.alpha() + 2.0 * radius } else { self.beta() })
    }
}

fn check_positive(argument: &'static str, x: f64) -> Result<(), Error> {
    match x > 0.0 && x.is_finite() {
        true => Ok(()),
        false => Err(Error::invalid(argument, x, "a positive number")),
    }
}

/// The point nearest to `bad` that is good, if `good` is and nothing beyond the first that is not.
fn bisect(mut good: f64, mut bad: f64, is_good: impl Fn(f64) -> bool) -> f64 {
    if is_good(bad) {
        return bad;
    }
    for _ in 0..60 {
        let middle = 0.5 * (good + bad);
        if is_good(middle) { good = middle } else { bad = middle }
    }
    good
}

/// `R(z) = 1 + z bᵀ(I - zA)⁻¹1`; not a number at a pole.
pub(crate) fn stability(scheme: &Tableau, z: Complex<f64>) -> Complex<f64> {
    let s = scheme.stages();
    let one = Complex::new(1.0, 0.0);
    let matrix = DMatrix::from_fn(s, s, |i, j| if i == j { one } else { Complex::default() } - z * scheme.a(i, j));
    let stages = matrix.lu().solve(&DVector::from_element(s, one));
    let sum = |x: DVector<Complex<f64>>| x.iter().zip(scheme.b()).map(|(x, &b)| x * b).sum::<Complex<f64>>();
    stages.map_or(Complex::new(f64::NAN, 0.0), |x| one + z * sum(x))
}

/// The points `z` at which `I - zA` is singular: the reciprocals of the eigenvalues of `A`.
fn poles(scheme: &Tableau) -> Result<Vec<Complex<f64>>, Error> {
    let s = scheme.stages();
    let rows: Vec<f64> = (0..s).flat_map(|i| scheme.row(i)).copied().collect();
    // Repeated eigenvalues are found to few digits, unless they can be read off.
    let is_triangular = (0..s).all(|i| scheme.row(i)[i + 1..].iter().all(|&x| x == 0.0));
    let found = match is_triangular {
        true => (0..s).map(|i| Complex::new(scheme.a(i, i), 0.0)).collect(),
        false => eigenvalues("A", &rows, s)?,
    };
    let least = 1e-8 * rows.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    Ok(found.iter().filter(|x| x.norm() > least).map(Complex::inv).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(alpha: f64, beta: f64) -> Spectrum {
        Spectrum::new(alpha, beta).unwrap()
    }

    #[test]
    fn the_stability_function_of_known_schemes() {
        let z = Complex::new(-0.7, 1.3);
        let one = Complex::new(1.0, 0.0);
        let close = |scheme: &Tableau, r: Complex<f64>| (stability(scheme, z) - r).norm() < 1e-14;
        assert!(close(&Tableau::forward_euler(), one + z));
        assert!(close(&Tableau::backward_euler(), one / (one - z)));
        assert!(close(&Tableau::implicit_midpoint(), (one + z * 0.5) / (one - z * 0.5)));
        assert!(close(&Tableau::rk4(), one + z + z * z / 2.0 + z * z * z / 6.0 + z * z * z * z / 24.0));
        assert!(stability(&Tableau::backward_euler(), one).is_nan());
    }

    #[test]
    fn poles_of_theta_methods_bound_beta() {
        for theta in [0.25, 0.5, 0.75, 1.0] {
            let one_leg = Tableau::new([[theta]], [1.0], [theta]).unwrap();
            let two_leg = Tableau::new([[0.0, 0.0], [1.0 - theta, theta]], [1.0 - theta, theta], [0.0, 1.0]).unwrap();
            for scheme in [one_leg, two_leg] {
                let clear = disc(-3.0, 1e3).clear_of_poles(&scheme, 0.1, 0.0).unwrap();
                assert!((clear.beta() - 10.0 / theta).abs() < 1e-9, "{clear:?}");
                let wide = disc(-3.0, 1e3).clear_of_poles(&scheme, 0.1, 0.5).unwrap();
                assert!((10.0 / theta - wide.centre() - 1.5 * wide.radius()).abs() < 1e-9, "{wide:?}");
                assert!(wide.growth(&scheme, 0.1).is_finite());
                let left = disc(-3.0, 1.0);
                assert_eq!(left.clear_of_poles(&scheme, 0.1, 0.5).unwrap(), left);
            }
        }
        let explicit = disc(-3.0, 1e3);
        assert_eq!(explicit.clear_of_poles(&Tableau::rk4(), 0.1, 1.0).unwrap(), explicit);
        // Complex poles.
        let gauss = Tableau::gauss(2).unwrap();
        let clear = disc(-1.0, 1e3).clear_of_poles(&gauss, 1.0, 0.25).unwrap();
        let nearest = poles(&gauss).unwrap().iter().map(|p| (p - clear.centre()).norm()).fold(f64::INFINITY, f64::min);
        assert!((nearest - 1.25 * clear.radius()).abs() < 1e-9);
        assert!(explicit.clear_of_poles(&gauss, 1.0, -0.5).is_err());
    }
}
