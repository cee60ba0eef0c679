//! Published of diagonally implicit schemes; those on the nodes of quadrature formulas are computed, in `collocation`.

use super::Tableau;
use super::claims::{Claims, diagonal, explicit};
use super::entry::Entry;
use super::listed::{Family, Listed, real};
use crate::Error;

pub(super) mod explicit_first;
pub(super) mod singly_diagonal;

const QUARTERS: &[&str] = &["0", "0.25", "0.5", "0.75", "1"];

pub(super) static FAMILIES: &[Family<Tableau>] = &[
    Family {
        name: "one_leg_theta",
        suffix: "",
        aliases: &["one_leg"],
        listed: QUARTERS,
        nicknames: &[],
        member: |p| one_leg(real("theta", p)?),
    },
    Family {
        name: "two_leg_theta",
        suffix: "",
        aliases: &["two_leg"],
        listed: QUARTERS,
        nicknames: &[],
        member: |p| two_leg(real("theta", p)?),
    },
];

/// Implicit schemes.
impl Tableau {
    /// Backward Euler, `y_{n+1} = y_n + h F(y_{n+1})`. Order 1, L-stable.
    pub fn backward_euler() -> Self {
        singly_diagonal::BACKWARD_EULER.make()
    }

    /// The implicit midpoint rule, `y_{n+1} = y_n + h F((y_n + y_{n+1})/2)`. Order 2, A-stable, symmetric, symplectic.
    pub fn implicit_midpoint() -> Self {
        singly_diagonal::IMPLICIT_MIDPOINT.make()
    }

    /// The trapezoidal rule, `y_{n+1} = y_n + h/2 (F(y_n) + F(y_{n+1}))`. Order 2, A-stable, symmetric.
    pub fn trapezoidal() -> Self {
        singly_diagonal::TRAPEZOIDAL.make()
    }

    /// The two-stage singly diagonally implicit scheme of Alexander, `γ = 1 − 1/√2`. Order 2, L-stable, stiffly accurate.
    pub fn sdirk2() -> Self {
        singly_diagonal::SDIRK2.make()
    }

    /// The one-leg θ-method, `y_{n+1} = y_n + h F((1 − θ) y_n + θ y_{n+1})`: `A = [θ]`, `b = [1]`, `c = [θ]`.
    ///
    /// `θ = 0` is forward Euler, `θ = 1/2` the implicit midpoint rule (order 2), `θ = 1` backward Euler; A-stable for
    /// `θ ≥ 1/2`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `θ` is not in `[0, 1]`.
    pub fn one_leg_theta(theta: f64) -> Result<Self, Error> {
        one_leg(Entry::double(theta))
    }

    /// The two-leg θ-method, `y_{n+1} = y_n + h ((1 − θ) F(y_n) + θ F(y_{n+1}))`: `A = [[0, 0], [1 − θ, θ]]`,
    /// `b = [1 − θ, θ]`, `c = [0, 1]`.
    ///
    /// `θ = 0` is forward Euler, `θ = 1/2` the trapezoidal rule (order 2), `θ = 1` backward Euler, the first and the last
    /// with a stage more than they need; A-stable for `θ ≥ 1/2`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `θ` is not in `[0, 1]`.
    pub fn two_leg_theta(theta: f64) -> Result<Self, Error> {
        two_leg(Entry::double(theta))
    }
}

fn one_leg(theta: Entry) -> Result<Tableau, Error> {
    let theta = check_theta(theta)?;
    let x = theta.value;
    Ok(Tableau::of_entries(format!("one_leg_theta_{x}"), vec![theta.clone()], vec![Entry::ratio(1, 1)], vec![theta])
        .from_source("G. Dahlquist, Lecture Notes in Math. 506 (1976) 60–72")
        .claiming(Claims {
            algebraically_stable: Some(x >= 0.5),
            stiffly_accurate: Some(x == 1.0),
            symplectic: Some(x == 0.5),
            ..theta_claims(x)
        }))
}

fn two_leg(theta: Entry) -> Result<Tableau, Error> {
    let theta = check_theta(theta)?;
    let x = theta.value;
    let (zero, one) = (Entry::ratio(0, 1), Entry::ratio(1, 1));
    let rest = (one.clone() - theta.clone()).rounded();
    let b = vec![rest.clone(), theta.clone()];
    let a = vec![zero.clone(), zero.clone(), rest, theta];
    Ok(Tableau::of_entries(format!("two_leg_theta_{x}"), a, b, vec![zero, one])
        .from_source("E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.3")
        .claiming(Claims {
            stage_order: Some(if x == 0.5 { 2 } else { 1 }),
            algebraically_stable: Some(x == 1.0),
            stiffly_accurate: Some(true),
            first_same_as_last: Some(true),
            symplectic: Some(false),
            ..theta_claims(x)
        }))
}

fn check_theta(theta: Entry) -> Result<Entry, Error> {
    if (0.0..=1.0).contains(&theta.value) {
        // Makes a negative zero positive.
        return Ok(Entry { value: theta.value + 0.0, ..theta });
    }
    Err(Error::invalid("theta", theta.value, "a number from 0 to 1"))
}

/// What both forms have in common, `R(z) = (1 + (1 − θ) z)/(1 − θ z)`.
fn theta_claims(theta: f64) -> Claims {
    let shape = if theta == 0.0 { explicit(1) } else { diagonal(if theta == 0.5 { 2 } else { 1 }, 1) };
    Claims {
        a_stable: Some(theta >= 0.5),
        i_stable: Some(theta >= 0.5),
        l_stable: Some(theta == 1.0),
        symmetric: Some(theta == 0.5),
        stability_numerator: Some(vec![1.0, 1.0 - theta]),
        stability_denominator: Some(vec![1.0, -theta]),
        ..shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theta_methods_at_the_ends_and_in_the_middle() {
        let coefficients =
            |t: Tableau| ((0..t.stages()).map(|i| t.row(i).to_vec()).collect::<Vec<_>>(), t.b().to_vec());
        for (theta, scheme) in
            [(0.0, Tableau::forward_euler()), (0.5, Tableau::implicit_midpoint()), (1.0, Tableau::backward_euler())]
        {
            assert_eq!(coefficients(Tableau::one_leg_theta(theta).unwrap()), coefficients(scheme));
        }
        assert_eq!(coefficients(Tableau::two_leg_theta(0.5).unwrap()), coefficients(Tableau::trapezoidal()));
        for theta in [0.0, -0.0, 0.1, 0.25, 1.0 / 3.0, 0.7, 1.0 - f64::EPSILON, 1.0] {
            for scheme in [Tableau::one_leg_theta(theta).unwrap(), Tableau::two_leg_theta(theta).unwrap()] {
                let rows: Vec<&[f64]> = (0..scheme.stages()).map(|i| scheme.row(i)).collect();
                assert!(Tableau::new(rows, scheme.b(), scheme.c()).is_ok(), "{scheme}");
                assert_eq!(scheme.order(), Some(1));
            }
        }
    }

    #[test]
    fn theta_outside_the_unit_interval_is_refused() {
        for (theta, text) in [(-0.1, "-0.1"), (1.5, "1.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            for result in [Tableau::one_leg_theta(theta), Tableau::two_leg_theta(theta)] {
                assert_eq!(result.unwrap_err().to_string(), format!("theta is {text}, expected a number from 0 to 1"));
            }
        }
    }
}
