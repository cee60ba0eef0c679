//! The order of general linear methods, by rooted trees.

use super::b_series::BSeries;
use super::order::{Condition, Order, Violation};
use super::tree_table::{Colouring, TreeTable};
use crate::Error;
use crate::tableau::coefficients::{Certainty, Rational, Scalar, nearest};
use crate::verify::exact::elimination::{Echelon, is_zero};
use crate::verify::general_linear::Matrices;
use num_traits::{One, Zero};

/// Highest order that is sought if none is asked for, and most trees that are looked at.
const CAP: usize = 10;
const MANY_TREES: usize = 1500;

/// The order of a general linear method.
///
/// What its vectors stand for are series `S_k` over trees, coloured by terms: with those of the stages `η_i` and of their slopes,
///
/// ```text
/// η = U S + Σ_m A_m (η F_m) ,        S ∘ E = V S + Σ_m B_m (η F_m)   up to order p ,
/// ```
///
/// `E` the exact solution. The first vector is the solution, `S_1` the identity; the others are found tree by tree.
///
/// Source: J. C. Butcher, Numerical Methods for Ordinary Differential Equations (2016), 530–535; E. Hairer, S. P. Nørsett, G. Wanner,
/// Solving Ordinary Differential Equations I (1993), III.8.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderFromStart {
    /// The order `p`: steps from vectors that are what they stand for leave them so but for `O(h^{p+1})`.
    pub order: Order,
    /// The least power of `h` by which what vectors stand for differs from the multiples of the state that they start as; `None` if
    /// it is beyond the order, or they start by steps of another method.
    pub start_error: Option<usize>,
}

impl Matrices {
    /// The order, sought up to a given one, or as far as is reasonable.
    pub fn order(&self, up_to: Option<usize>) -> Result<OrderFromStart, Error> {
        let colours = u8::try_from(self.terms.len()).unwrap_or(u8::MAX);
        let colouring = Colouring { colours, separable: false, time: false };
        let most = up_to.unwrap_or(CAP).min(colouring.highest_order(MANY_TREES)).max(1);
        // Few have a high order: trees are added as they are needed.
        let mut cap = most.min(4);
        loop {
            let found = self.order_by(TreeTable::new(colouring, cap)?);
            if found.order.is_known || cap == most {
                return Ok(found);
            }
            cap = most.min(cap + 2);
        }
    }

    fn order_by(&self, table: TreeTable) -> OrderFromStart {
        let (r, s, tolerance) = (self.carried(), self.stages(), tolerance(self.certainty));
        let all = 0..table.of_order(table.order()).end;
        let exact: Vec<Rational> = all.map(|i| Rational::ratio(1, table.entry(i).density as i64)).collect();
        let solution = BSeries { table: table.clone(), empty: Rational::one(), values: exact.clone(), tolerance };
        let pruned = solution.pruned(&table);
        // By tree: what stands for each vector, each stage, and the product of a stage's branches.
        let (mut vectors, mut stages, mut slopes): (Vec<Vec<Rational>>, Vec<Vec<Rational>>, Vec<Vec<Rational>>) =
            Default::default();
        let (mut start_error, mut is_determined) = (None, true);
        let dot = |x: &[Rational], y: &[Rational]| x.iter().zip(y).map(|(x, y)| x * y).sum::<Rational>();
        let found = |order, violation: Option<Violation>, start_error| OrderFromStart {
            order: Order {
                order,
                is_known: violation.is_some(),
                certainty: self.certainty.with_tolerance(tolerance),
                violation,
            },
            start_error,
        };
        for order in 1..=table.order() {
            let mut worst: Option<(usize, f64)> = None;
            for i in table.of_order(order) {
                let entry = table.entry(i);
                let term = &self.terms[usize::from(entry.root)];
                let slope: Vec<Rational> = match entry.product {
                    None => vec![Rational::one(); s],
                    Some((stem, branch)) => slopes[stem].iter().zip(&stages[branch]).map(|(x, y)| x * y).collect(),
                };
                // (I − V) S = B (slopes) − (what S ∘ E has of smaller trees), with S_1 = 0.
                let rows = (0..r).map(|k| {
                    let known = pruned[i].iter().filter(|(smaller, _)| **smaller != i);
                    let known =
                        known.fold(&self.start[k] * &exact[i], |sum, (smaller, x)| sum + x * &vectors[*smaller][k]);
                    let slack = (1..r).map(|l| Rational::ratio(i64::from(k == l), 1) - &self.v[k][l]);
                    slack.chain([dot(&term.b[k], &slope) - known]).collect()
                });
                let solved = Echelon::of(rows.collect(), r, r - 1, tolerance);
                is_determined &= solved.rank() == r - 1;
                for residual in solved.rest().iter().map(|row| &row[r - 1]) {
                    let size = residual.to_f64();
                    if !is_zero(residual, tolerance) && worst.is_none_or(|(_, most)| size.abs() > most.abs()) {
                        worst = Some((i, size));
                    }
                }
                let mut stands = vec![Rational::zero(); r];
                solved.solved(r - 1).for_each(|(k, x)| stands[k + 1] = settled(x, tolerance));
                let starts_otherwise =
                    stands.iter().zip(&self.start).any(|(x, q)| !q.is_zero() && !is_zero(x, tolerance));
                if starts_otherwise && start_error.is_none() {
                    start_error = Some(order);
                }
                let stage = |j: usize| dot(&self.u[j], &stands) + dot(&term.a[j], &slope);
                stages.push((0..s).map(stage).collect());
                vectors.push(stands);
                slopes.push(slope);
            }
            if let Some((i, residual)) = worst {
                let condition = Condition::Tree(table.tree(i));
                // With vectors that are free, another choice might have served.
                let violation = is_determined.then_some(Violation { condition, residual });
                return found(order - 1, violation, start_error.filter(|&m| m < order));
            }
        }
        found(table.order(), None, start_error)
    }
}

/// A number without the rounding of coefficients, which would grow from order to order.
fn settled(x: &Rational, tolerance: f64) -> Rational {
    if tolerance == 0.0 { x.clone() } else { nearest(x.to_f64(), tolerance) }
}

/// What counts as zero: where `V` forgets slowly, errors of the coefficients are magnified.
fn tolerance(certainty: Certainty) -> f64 {
    100.0 * certainty.tolerance()
}
