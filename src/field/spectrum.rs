//! Discs for the eigenvalues of a field's Jacobian.

use crate::Error;
use serde::{Deserialize, Serialize};

/// The closed disc with the diameter `[α, β]` on the real axis of the complex plane, a bound for the eigenvalues of a
/// Jacobian: centre `(α + β)/2`, radius `(β - α)/2`. Its unit is one over that of time.
///
/// A step of size `h` multiplies the solution of `ẏ = λy` by `R(hλ)`, with the stability function
/// `R(z) = 1 + z bᵀ(I - zA)⁻¹1` of its tableau. Where should the disc lie?
///
/// ```
/// use kutta::{Tableau, field::Spectrum};
/// let wanted = Spectrum::new(-25.0, 1.0)?;
/// // Forward Euler, steps of 0.1: |1 + 0.1 λ| ≤ 1 asks for λ from -20 to 0.
/// let stable = wanted.contractive(&Tableau::forward_euler(), 0.1)?;
/// assert!((stable.alpha() + 20.0).abs() < 1e-6 && stable.beta().abs() < 1e-6);
/// // Backward Euler has a pole at 1/h = 10: here it stays at a distance of twice the radius from the centre.
/// let clear = Spectrum::new(-5.0, 20.0)?.clear_of_poles(&Tableau::backward_euler(), 0.1, 1.0)?;
/// assert!((10.0 - clear.centre() - 2.0 * clear.radius()).abs() < 1e-12);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct Spectrum {
    alpha: f64,
    beta: f64,
}

impl TryFrom<[f64; 2]> for Spectrum {
    type Error = Error;

    fn try_from([alpha, beta]: [f64; 2]) -> Result<Self, Error> {
        Self::new(alpha, beta)
    }
}

impl From<Spectrum> for [f64; 2] {
    fn from(spectrum: Spectrum) -> Self {
        [spectrum.alpha, spectrum.beta]
    }
}

impl Spectrum {
    /// The disc from `α` to `β`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `α < β`, both finite.
    pub fn new(alpha: f64, beta: f64) -> Result<Self, Error> {
        if alpha < beta && (beta - alpha).is_finite() && (alpha + beta).is_finite() {
            return Ok(Spectrum { alpha, beta });
        }
        Err(Error::invalid("spectrum", format!("{alpha},{beta}"), "finite numbers, the first less than the second"))
    }

    /// The left end `α`.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The right end `β`.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// `(α + β)/2`
    pub fn centre(&self) -> f64 {
        0.5 * (self.alpha + self.beta)
    }

    /// `(β - α)/2`
    pub fn radius(&self) -> f64 {
        0.5 * (self.beta - self.alpha)
    }

    /// The same disc for a time that is measured in units of `unit`.
    pub(super) fn in_time_units(self, unit: f64) -> Self {
        Spectrum { alpha: self.alpha * unit, beta: self.beta * unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_that_are_none_are_refused() {
        for (alpha, beta) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (f64::NEG_INFINITY, 0.0), (-1e308, 1.7e308)] {
            let error = Spectrum::new(alpha, beta).unwrap_err().to_string();
            assert!(error.contains("expected finite numbers, the first less than the second"), "{error}");
        }
        assert!(serde_json::from_str::<Spectrum>("[2.0, 1.0]").is_err());
        assert_eq!(serde_json::from_str::<Spectrum>("[-2.0, 1.0]").unwrap(), Spectrum::new(-2.0, 1.0).unwrap());
    }
}
