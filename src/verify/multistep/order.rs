//! The order of a multistep method, and of its one-leg twin.

use super::Characteristics;
use crate::tableau::coefficients::{Certainty, Scalar};
use crate::verify::exact::judge::Judge;

/// The order of a multistep method, or of a one-leg method, and the condition that limits it.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearOrder {
    /// The order `p`: polynomials of degree `p` are integrated exactly.
    pub order: usize,
    /// How surely.
    pub certainty: Certainty,
    /// The condition of order `p + 1` that is missed.
    pub condition: String,
    /// By how much, in units of `σ(1)`: of a multistep method `(p + 1)!` times the [error constant](Characteristics::error_constant).
    pub residual: f64,
}

impl<T: Scalar> Characteristics<T> {
    /// The order: the largest `p` such that for `q = 0, …, p`
    ///
    /// ```text
    /// Σ_i a_i i^q = q Σ_i b_i i^{q−1} .
    /// ```
    ///
    /// Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), III.2, (2.6).
    pub fn order(&self) -> LinearOrder {
        self.longest(|q| (vec![self.residual(q)], format!("Σ a_i i^{q} = {q} Σ b_i i^{}", q - 1)))
    }

    /// The error constant `C = (Σ_i a_i i^{p+1} − (p + 1) Σ_i b_i i^p) / ((p + 1)! σ(1))`: the error of a step is, to leading
    /// order, `C σ(1) h^{p+1} y^{(p+1)}`; the global one tends to that of `ẏ` disturbed by `C h^p y^{(p+1)}`. HNW, III.2, (2.13).
    pub fn error_constant(&self, order: usize) -> f64 {
        let factorial = (1..=order + 1).map(|k| k as f64).product::<f64>();
        self.residual(order + 1).to_f64() / factorial
    }

    /// The order of the one-leg method `Σ_i a_i y_{n+i} = h σ(1) F(Σ_i b_i/σ(1) y_{n+i})`, for nonlinear equations: with
    /// `m = Σ b_i i / σ(1)`, the largest `p` such that
    ///
    /// ```text
    /// Σ_i a_i i^q / σ(1) = q m^{q−1}    for q ≤ p ,        Σ_i b_i i^q / σ(1) = m^q    for q ≤ p − 1 .
    /// ```
    ///
    /// Source: G. Dahlquist, On one-leg multistep methods, SIAM J. Numer. Anal. 20 (1983) 1130–1138.
    pub fn one_leg_order(&self) -> LinearOrder {
        let moment = |q: usize| self.moment(&self.sigma, q);
        let power = |x: T, q: usize| (0..q).fold(T::one(), |power, _| power * &x);
        self.longest(|q| {
            let differentiated = self.moment(&self.rho, q) - T::ratio(q as i64, 1) * power(moment(1), q - 1);
            let interpolated = moment(q - 1) - power(moment(1), q - 1);
            let condition = match interpolated.vanishes(self.certainty.tolerance()) {
                true => format!("Σ a_i i^{q} = {q} m^{}, in units of σ(1)", q - 1),
                false => format!("Σ b_i i^{} = m^{}, in units of σ(1)", q - 1, q - 1),
            };
            (vec![interpolated, differentiated], condition)
        })
    }

    /// What is left of the condition of order `q`, in units of `σ(1)`.
    fn residual(&self, q: usize) -> T {
        self.moment(&self.rho, q) - T::ratio(q as i64, 1) * self.moment(&self.sigma, q - 1)
    }

    /// `Σ_i v_i i^q / σ(1)`; a consistent method that is zero-stable has `σ(1) ≠ 0`.
    fn moment(&self, v: &[T], q: usize) -> T {
        let power = |i: usize| (0..q).fold(T::one(), |power, _| power * T::ratio(i as i64, 1));
        let sum = v.iter().enumerate().fold(T::zero(), |sum, (i, x)| sum + power(i) * x);
        sum / self.sigma.iter().fold(T::zero(), |sum, x| sum + x)
    }

    fn longest(&self, conditions: impl Fn(usize) -> (Vec<T>, String)) -> LinearOrder {
        let mut judge = Judge::new(self.certainty);
        // None of k steps has an order beyond 2k.
        let highest = 2 * self.steps() + 1;
        let order = judge.longest(highest, |q| conditions(q).0);
        let (residuals, condition) = conditions(order + 1);
        let residual = residuals
            .iter()
            .map(Scalar::to_f64)
            .fold(0.0, |worst: f64, x| if x.abs() > worst.abs() { x } else { worst });
        let certainty = self.certainty.with_tolerance(judge.tolerance(order + 1));
        LinearOrder { order, certainty, condition, residual }
    }
}
