//! How the error of a step is estimated, and of which order the estimate is.

use crate::{Error, Real, Tableau};

/// Differences of two half steps and a whole one are divided by at most this.
const LARGEST_DIVISOR: f64 = 1023.0;
/// Sums that are a smaller fraction of their terms are zero, but for the digits that weights are published with.
const NEGLIGIBLE: f64 = 1e-6;

/// The error estimate that a tableau allows; see the [module](super).
#[derive(Debug, Clone)]
pub(super) struct Estimate<T> {
    pub kind: Kind<T>,
    /// `q`, where the estimate is `O(h^q)`.
    pub order: usize,
    /// `p`, the order of the state that is kept.
    scheme_order: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<T> {
    /// `Σ_i w_i h k_i` with `w = b - b̂`.
    Embedded(Vec<T>),
    /// The difference of one step and two of half the size, divided by this.
    Doubling(T),
}

impl<T: Real> Estimate<T> {
    pub fn new(tableau: &Tableau) -> Result<Self, Error> {
        let known = |order: Option<usize>| {
            order.ok_or_else(|| {
                Error::invalid(
                    "scheme",
                    format!("`{}`, of unknown order", tableau.name()),
                    "a tableau whose order is declared; declare it by `.of_order(p)`",
                )
            })
        };
        if let Some(weights) = tableau.embedded().filter(|weights| sees_linear_equations(tableau, weights)) {
            // Of a pair, either order tells the other.
            let companion = tableau.embedded_order().or(tableau.order().map(|p| p.saturating_sub(1)));
            let companion = known(companion)?;
            let scheme_order = tableau.order().unwrap_or(companion + 1);
            let difference = tableau.b().iter().zip(weights).map(|(b, w)| T::constant(b - w)).collect();
            return Ok(Estimate {
                kind: Kind::Embedded(difference),
                order: companion.min(scheme_order) + 1,
                scheme_order,
            });
        }
        let scheme_order = known(tableau.order())?;
        let effective = if tableau.is_explicit() { scheme_order } else { scheme_order.min(stage_order(tableau) + 1) };
        let divisor = (2.0_f64.powf(effective as f64) - 1.0).clamp(1.0, LARGEST_DIVISOR);
        Ok(Estimate { kind: Kind::Doubling(T::constant(divisor)), order: scheme_order + 1, scheme_order })
    }

    /// The factor on the tolerance of one step that makes the error after many proportional to the tolerance.
    pub fn tightening(&self, relative: f64) -> f64 {
        let excess = (self.order - self.scheme_order.min(self.order)) as f64;
        relative.powf(excess / self.scheme_order.max(1) as f64)
    }
}

/// Whether the estimate of a pair sees the errors on linear equations: `(b - b̂)ᵀ Aᵏ 1 ≠ 0` for some `k < s`. If not, `b` and
/// `b̂` have the same stability function, and on `y' = λ y` the estimate is zero whatever the step.
fn sees_linear_equations(tableau: &Tableau, weights: &[f64]) -> bool {
    let s = tableau.stages();
    let mut powers = vec![1.0; s];
    for _ in 0..s {
        let terms = || tableau.b().iter().zip(weights).zip(&powers).map(|((b, w), x)| (b - w) * x);
        if terms().sum::<f64>().abs() > NEGLIGIBLE * terms().map(f64::abs).sum::<f64>() {
            return true;
        }
        powers = (0..s).map(|i| (0..s).map(|j| tableau.a(i, j) * powers[j]).sum()).collect();
    }
    false
}

/// The largest `η` for which `Σ_j a_ij c_j^{k-1} = c_i^k / k` for all `i` and `k ≤ η`: stages are of that order.
fn stage_order(tableau: &Tableau) -> usize {
    let (s, c) = (tableau.stages(), tableau.c());
    let holds = |k: usize| {
        (0..s).all(|i| {
            let sum: f64 = (0..s).map(|j| tableau.a(i, j) * c[j].powi(k as i32 - 1)).sum();
            (sum - c[i].powi(k as i32) / k as f64).abs() < 1e-10
        })
    };
    (1..=s).take_while(|&k| holds(k)).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_orders() {
        for (scheme, order) in [
            (Tableau::radau_iia(3).unwrap(), 3),
            (Tableau::gauss(4).unwrap(), 4),
            (Tableau::backward_euler(), 1),
            (Tableau::trapezoidal(), 2),
            (Tableau::sdirk2(), 1),
            (Tableau::rk4(), 1),
        ] {
            assert_eq!(stage_order(&scheme), order, "{}", scheme.name());
        }
    }

    #[test]
    fn pairs_that_do_not_see_linear_equations_are_not_relied_on() {
        // The classical method, and a fifth stage that adds nothing on linear equations.
        let a = [
            [0.0; 5],
            [0.5, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.5, 0.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0, 0.0],
            [0.25, 0.25, 0.25, 0.0, 0.0],
        ];
        let b = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0, 0.0];
        let pair = Tableau::new(a, b, [0.0, 0.5, 0.5, 1.0, 0.75]).unwrap().of_order(4);
        let weights = [23.0 / 120.0, 17.0 / 60.0, 17.0 / 60.0, 17.0 / 120.0, 0.1];
        let blind = pair.with_embedded(weights).unwrap().of_embedded_order(3);
        assert!(matches!(Estimate::<f64>::new(&blind).unwrap().kind, Kind::Doubling(_)));
        let rounded = weights.map(|w| (w * 1e8).round() / 1e8);
        let rounded = blind.with_embedded(rounded.map(|w| w / rounded.iter().sum::<f64>())).unwrap();
        assert!(matches!(Estimate::<f64>::new(&rounded).unwrap().kind, Kind::Doubling(_)));
        for scheme in Tableau::catalogue().iter().filter(|scheme| scheme.embedded().is_some()) {
            let kind = Estimate::<f64>::new(scheme).unwrap().kind;
            assert!(matches!(kind, Kind::Embedded(_)), "{}", scheme.name());
        }
    }

    #[test]
    fn orders_come_from_the_tableau() {
        let order = |t: Tableau| Estimate::<f64>::new(&t).map(|e| (e.order, e.scheme_order));
        assert_eq!(order(Tableau::dormand_prince_5_4()).unwrap(), (5, 5));
        assert_eq!(order(Tableau::dormand_prince_5_4().of_embedded_order(0)).unwrap(), (5, 5));
        assert_eq!(order(Tableau::dormand_prince_5_4().of_order(0)).unwrap(), (5, 5));
        assert_eq!(order(Tableau::radau_iia(3).unwrap()).unwrap(), (6, 5));
        let error = order(Tableau::rk4().of_order(0)).unwrap_err().to_string();
        assert_eq!(
            error,
            "scheme is `rk4`, of unknown order, expected a tableau whose order is declared; declare it by `.of_order(p)`"
        );
        assert!(order(Tableau::dormand_prince_5_4().of_order(0).of_embedded_order(0)).is_err());
    }

    #[test]
    fn divisors_stay_finite() {
        for scheme in [Tableau::rk4().of_order(100_000), Tableau::gauss(64).unwrap()] {
            let Kind::Doubling(divisor) = Estimate::<f32>::new(&scheme).unwrap().kind else { panic!("a pair") };
            assert_eq!(divisor, 1023.0);
        }
    }
}
