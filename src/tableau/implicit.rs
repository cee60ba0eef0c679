//! Coefficients of implicit schemes; those of collocation families are computed, in `collocation.rs`.

use std::f64::consts::FRAC_1_SQRT_2;

use super::Tableau;
use super::catalogue::Scheme;
use crate::Error;

pub(super) static SCHEMES: &[&Scheme] = &[&BACKWARD_EULER, &IMPLICIT_MIDPOINT, &TRAPEZOIDAL, &SDIRK2];

static BACKWARD_EULER: Scheme = Scheme {
    name: "backward_euler",
    aliases: &["implicit_euler"],
    source: "E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.3",
    order: 1,
    a: &[&[1.0]],
    b: &[1.0],
    c: &[1.0],
    embedded: None,
};

static IMPLICIT_MIDPOINT: Scheme = Scheme {
    name: "implicit_midpoint",
    aliases: &[],
    source: "E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), I.1.2",
    order: 2,
    a: &[&[0.5]],
    b: &[1.0],
    c: &[0.5],
    embedded: None,
};

static TRAPEZOIDAL: Scheme = Scheme {
    name: "trapezoidal",
    aliases: &["crank_nicolson", "implicit_trapezoidal", "trapezoidal_rule"],
    source: "J. Crank, P. Nicolson, Math. Proc. Cambridge Philos. Soc. 43 (1947) 50–67",
    order: 2,
    a: &[&[], &[0.5, 0.5]],
    b: &[0.5, 0.5],
    c: &[0.0, 1.0],
    embedded: None,
};

static SDIRK2: Scheme = Scheme {
    name: "sdirk2",
    aliases: &["alexander_2"],
    source: "R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006–1021",
    order: 2,
    a: &[&[1.0 - FRAC_1_SQRT_2], &[FRAC_1_SQRT_2, 1.0 - FRAC_1_SQRT_2]],
    b: &[FRAC_1_SQRT_2, 1.0 - FRAC_1_SQRT_2],
    c: &[1.0 - FRAC_1_SQRT_2, 1.0],
    embedded: None,
};

/// Implicit schemes.
impl Tableau {
    /// Backward Euler, `y_{n+1} = y_n + h F(y_{n+1})`. Order 1, L-stable.
    pub fn backward_euler() -> Self {
        BACKWARD_EULER.tableau()
    }

    /// The implicit midpoint rule, `y_{n+1} = y_n + h F((y_n + y_{n+1})/2)`. Order 2, A-stable, symmetric, symplectic.
    pub fn implicit_midpoint() -> Self {
        IMPLICIT_MIDPOINT.tableau()
    }

    /// The trapezoidal rule, `y_{n+1} = y_n + h/2 (F(y_n) + F(y_{n+1}))`. Order 2, A-stable, symmetric.
    pub fn trapezoidal() -> Self {
        TRAPEZOIDAL.tableau()
    }

    /// The two-stage singly diagonally implicit scheme of Alexander, `γ = 1 − 1/√2`. Order 2, L-stable, stiffly accurate.
    pub fn sdirk2() -> Self {
        SDIRK2.tableau()
    }

    /// The one-leg θ-method, `y_{n+1} = y_n + h F((1 − θ) y_n + θ y_{n+1})`: `A = [θ]`, `b = [1]`, `c = [θ]`.
    ///
    /// `θ = 0` is forward Euler, `θ = 1/2` the implicit midpoint rule (order 2), `θ = 1` backward Euler; A-stable for
    /// `θ ≥ 1/2`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `θ` is not in `[0, 1]`.
    pub fn one_leg_theta(theta: f64) -> Result<Self, Error> {
        let theta = check_theta(theta)?;
        Ok(Self::trusted(format!("one_leg_theta_{theta}"), vec![theta], vec![1.0], vec![theta])
            .from_source("G. Dahlquist, Lecture Notes in Math. 506 (1976) 60–72")
            .of_order(theta_order(theta)))
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
        let theta = check_theta(theta)?;
        let b = vec![1.0 - theta, theta];
        let a = vec![0.0, 0.0, 1.0 - theta, theta];
        Ok(Self::trusted(format!("two_leg_theta_{theta}"), a, b, vec![0.0, 1.0])
            .from_source("E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.3")
            .of_order(theta_order(theta)))
    }
}

fn check_theta(theta: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&theta) {
        // Makes a negative zero positive.
        return Ok(theta + 0.0);
    }
    Err(Error::InvalidArgument {
        argument: "theta",
        value: theta.to_string(),
        expected: "a number from 0 to 1".to_string(),
    })
}

fn theta_order(theta: f64) -> usize {
    if theta == 0.5 { 2 } else { 1 }
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
