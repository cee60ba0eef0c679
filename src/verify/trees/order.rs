//! The order of a scheme.

use std::fmt;

use super::simplifying::{SimplifyingConditions, powers, quadrature_residual};
use super::tree::RootedTree;
use super::tree_table::Colouring;
use super::weights::{ElementaryWeights, SchemeOnTrees};
use crate::tableau::coefficients::{Certainty, Scalar};
use crate::verify::exact::judge::Judge;

/// No order is looked for by trees beyond this, if it is not asked for.
const DEFAULT_CAP: usize = 12;

/// Most trees that are looked at; for one colour, those up to order 15.
const MANY_TREES: usize = 200_000;

/// The order of a scheme, and what limits it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The order `p`: a step's error is `O(h^{p+1})`, for all smooth problems.
    pub order: usize,
    /// Whether `p` is the order, rather than a lower bound with which the search ended.
    pub is_known: bool,
    /// How surely.
    pub certainty: Certainty,
    /// Why the order is no higher; none if that is not known.
    pub violation: Option<Violation>,
}

/// A condition of order `p + 1` that a scheme of order `p` violates.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The condition: of those of its order, the one with the largest residual.
    pub condition: Condition,
    /// Its residual: what the scheme gives, less what the exact solution has.
    pub residual: f64,
}

/// An order condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `Φ(t) = 1/γ(t)`.
    Tree(RootedTree),
    /// `B(k)`: `Σ_i b_i c_i^{k-1} = 1/k`, the condition of the bushy tree.
    Quadrature(usize),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Tree(tree) => write!(f, "{tree}"),
            Condition::Quadrature(k) => write!(f, "B({k})"),
        }
    }
}

/// The order and its certainty, then the violated condition with its residual: `4 (proved; B(5) misses by 8.3e-3)`.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = if self.is_known { "" } else { "at least " };
        write!(f, "{bound}{} ({}", self.order, self.certainty)?;
        match &self.violation {
            Some(Violation { condition, residual }) => write!(f, "; {condition} misses by {residual:.1e})"),
            None => write!(f, ")"),
        }
    }
}

impl<T: Scalar> SchemeOnTrees<'_, T> {
    /// The order, for all problems `ẏ = F(t, y)` that the method is for: autonomous or separable ones only, if
    /// [so declared](SchemeOnTrees::autonomous).
    ///
    /// For one tableau, [simplifying conditions](SimplifyingConditions) bound the order from below by Butcher's theorem, and
    /// from above by the quadrature formula. Only what they leave open is decided by the order conditions of trees, up to
    /// order 12, or as far as there are 200 000 trees. Collocation schemes need no trees.
    ///
    /// In rounded arithmetic a condition holds if its residual is zero relative to the size of its terms. In double
    /// precision, quadrature residuals are lost in rounding beyond order 26 or so. Gauss, Radau and Lobatto schemes are
    /// told from schemes of higher order all the same, since with so many nodes there are none; the residual that is
    /// given as the reason may then be a rounding error.
    ///
    /// ```
    /// use kutta::Tableau;
    /// use kutta::verify::coefficients::Recovered;
    /// use kutta::verify::weights::SchemeOnTrees;
    ///
    /// let Recovered::Exact(rk4) = Recovered::of(&Tableau::rk4()) else { unreachable!() };
    /// let order = SchemeOnTrees::of(&rk4).order();
    /// assert_eq!((order.order, order.is_known), (4, true));
    /// assert_eq!(order.to_string(), "4 (proved; B(5) misses by 8.3e-3)");
    /// # Ok::<(), kutta::Error>(())
    /// ```
    pub fn order(&self) -> Order {
        self.order_up_to(DEFAULT_CAP)
    }

    /// As [`SchemeOnTrees::order`], but trees are searched up to order `cap`.
    pub fn order_up_to(&self, cap: usize) -> Order {
        let mut judge = Judge::new(self.certainty);
        let (lower, upper) = match self.colouring() {
            Colouring { colours: 1, separable: false, .. } => {
                let conditions = SimplifyingConditions::judged(self, &mut judge);
                (conditions.guaranteed_order(), Some(conditions.quadrature))
            }
            _ => (0, None),
        };
        let found = |order, is_known, violation, tolerance| Order {
            order,
            is_known,
            certainty: self.certainty.with_tolerance(tolerance),
            violation,
        };
        let decided_by_quadrature = |order: usize, judge: &Judge| {
            let part = &self.parts[0];
            let residual = quadrature_residual(part, &powers(&part.c, order)[order], order + 1).to_f64();
            let condition = Condition::Quadrature(order + 1);
            found(order, true, Some(Violation { condition, residual }), judge.tolerance(order + 1))
        };
        if upper == Some(lower) {
            return decided_by_quadrature(lower, &judge);
        }
        let cap = cap.min(self.colouring().highest_order(MANY_TREES));
        // There is no table for no colours, and no scheme without tableaux.
        let Ok(mut weights) = ElementaryWeights::new(self, lower.min(cap)) else {
            return found(lower, false, None, self.tolerance());
        };
        for order in lower + 1..=upper.unwrap_or(cap).min(cap) {
            if weights.grow().is_err() {
                return found(order - 1, false, None, judge.tolerance(order));
            }
            let tolerance = judge.tolerance(order);
            let violated = weights.of_order(order).map(|i| (i, weights.residual(i)));
            let violated = violated.filter(|(_, residual)| !judge.holds(order, residual));
            let worst =
                violated.map(|(i, residual)| (i, residual.to_f64())).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
            if let Some((i, residual)) = worst {
                let condition = Condition::Tree(weights.table().tree(i));
                return found(order - 1, true, Some(Violation { condition, residual }), tolerance);
            }
        }
        match upper {
            Some(upper) if upper <= cap => decided_by_quadrature(upper, &judge),
            _ => found(lower.max(cap), false, None, judge.tolerance(cap)),
        }
    }
}
