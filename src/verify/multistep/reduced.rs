//! Multistep methods whose polynomials have a common factor.

use num_traits::{One, Zero};

use super::{Characteristics, RecoveredMultistep};
use crate::tableau::{Surd, number};
use crate::verify::exact::polynomial::Polynomial;

/// A method without the common factor of its polynomials. It has the same solutions, if its first steps are those of the method; of
/// these, the factor makes further ones, which do not depend on the field.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    /// What `ρ` and `σ` have in common, its leading coefficient 1.
    pub factor: Polynomial<Surd>,
    /// `ρ` and `σ` without it.
    pub characteristics: Characteristics<Surd>,
}

impl RecoveredMultistep {
    /// The method without the common factor of `ρ` and `σ`, if they have one.
    pub fn reduced(&self) -> Option<Reduced> {
        let [rho, sigma] = [&self.near.rho, &self.near.sigma].map(|p| Polynomial::new(p.clone()));
        let factor = rho.gcd(&sigma);
        let left = self.near.steps().checked_sub(factor.degree()).filter(|_| factor.degree() > 0)?;
        let without = |p: &Polynomial<Surd>| {
            let quotient = p.divided_by(&factor);
            (0..=left).map(|i| quotient.coefficient(i)).collect::<Vec<Surd>>()
        };
        let (rho, sigma, certainty) = (without(&rho), without(&sigma), self.certainty());
        Some(Reduced { characteristics: Characteristics { rho, sigma, certainty }, factor })
    }
}

/// The factor as a polynomial in `ζ`.
impl std::fmt::Display for Reduced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let terms = self.factor.coefficients().iter().enumerate().rev().filter(|(_, c)| !c.is_zero());
        for (place, (k, c)) in terms.enumerate() {
            let (is_negative, size) = (c.is_negative(), c.to_f64().abs());
            let power = match k {
                0 => String::new(),
                1 => "ζ".to_string(),
                k => format!("ζ^{k}"),
            };
            let sign = match (place, is_negative) {
                (0, _) => "",
                (_, false) => " + ",
                (_, true) => " − ",
            };
            let size = if k > 0 && (c.is_one() || (-c.clone()).is_one()) { String::new() } else { number(size) };
            write!(f, "{sign}{size}{}{power}", if size.is_empty() || k == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
