//! The order of general linear methods, by rooted trees.

use super::b_series::BSeries;
use super::order::{Condition, Order, Violation};
use super::tree_table::{Colouring, TreeTable};
use crate::Error;
use crate::tableau::Method;
use crate::tableau::coefficients::Scalar;
use crate::verify::exact::elimination::Echelon;
use crate::verify::exact::judge::Judge;
use crate::verify::general_linear::{Matrices, Rows};
use std::collections::BTreeMap;

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
    /// The order of a method with these matrices, sought up to a given one, or as far as is reasonable. Where they are not exact, by
    /// the doubles, with how far they are off.
    pub fn order(&self, method: &Method, up_to: Option<usize>) -> Result<OrderFromStart, Error> {
        match self.certainty.tolerance() {
            0.0 => self.order_by_trees(up_to),
            _ => Matrices::rounded(method).order_by_trees(up_to),
        }
    }
}

impl<T: Scalar> Matrices<T> {
    fn order_by_trees(&self, up_to: Option<usize>) -> Result<OrderFromStart, Error> {
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
        let mut judge = Judge::new(self.certainty);
        let mut series = Series::new(self, table);
        let (mut start_error, mut is_determined) = (None, true);
        let highest = series.solution.table.order();
        for order in 1..=highest {
            let mut worst: Option<(usize, f64)> = None;
            let tolerance = judge.tolerance(order);
            for i in series.solution.table.of_order(order) {
                let (is_unique, residuals) = series.add_tree(i, tolerance);
                is_determined &= is_unique;
                for residual in residuals.iter().filter(|x| !judge.holds(order, *x)).map(Scalar::to_f64) {
                    if worst.is_none_or(|(_, most)| residual.abs() > most.abs()) {
                        worst = Some((i, residual));
                    }
                }
                let mut states = series.vectors[i].iter().zip(&self.start).filter(|(_, q)| !q.is_zero());
                if start_error.is_none() && states.any(|(x, _)| !x.vanishes(tolerance)) {
                    start_error = Some(order);
                }
            }
            if let Some((i, residual)) = worst {
                let condition = Condition::Tree(series.solution.table.tree(i));
                // With vectors that are free, another choice might have served.
                let violation = is_determined.then_some(Violation { condition, residual });
                let order = Order {
                    order: order - 1,
                    is_known: violation.is_some(),
                    certainty: self.certainty.with_tolerance(tolerance),
                    violation,
                };
                return OrderFromStart { start_error: start_error.filter(|&m| m <= order.order), order };
            }
        }
        let certainty = self.certainty.with_tolerance(judge.tolerance(highest));
        OrderFromStart { order: Order { order: highest, is_known: false, certainty, violation: None }, start_error }
    }
}

/// What stands for the vectors of a method, for its stages, and for their slopes, tree by tree.
struct Series<'m, T> {
    method: &'m Matrices<T>,
    solution: BSeries<T>,
    /// Of `S ∘ E`, by tree: the subtrees with its root, with the products of what the solution has for what is cut off.
    pruned: Vec<BTreeMap<usize, T>>,
    vectors: Rows<T>,
    stages: Rows<T>,
    /// The products of the stages' branches.
    slopes: Rows<T>,
}

impl<'m, T: Scalar> Series<'m, T> {
    fn new(method: &'m Matrices<T>, table: TreeTable) -> Self {
        let all = 0..table.of_order(table.order()).end;
        let values = all.map(|i| T::ratio(1, table.entry(i).density as i64)).collect();
        let solution = BSeries { table, empty: T::one(), values, tolerance: 0.0 };
        let pruned = solution.pruned(&solution.table);
        Series { method, solution, pruned, vectors: Rows::new(), stages: Rows::new(), slopes: Rows::new() }
    }

    /// Adds the next tree: whether its equations, `(I − V) S = B (slopes) − (what S ∘ E has of smaller trees)` with `S_1 = 0`, have
    /// one solution at most, and what is left of them.
    fn add_tree(&mut self, i: usize, tolerance: f64) -> (bool, Vec<T>) {
        let Matrices { u, v, terms, start, .. } = self.method;
        let (r, entry) = (v.len(), self.solution.table.entry(i));
        let term = &terms[usize::from(entry.root)];
        let dot = |x: &[T], y: &[T]| x.iter().zip(y).fold(T::zero(), |sum, (x, y)| sum + x.clone() * y);
        let slope: Vec<T> = match entry.product {
            None => vec![T::one(); u.len()],
            Some((stem, branch)) => {
                self.slopes[stem].iter().zip(&self.stages[branch]).map(|(x, y)| x.clone() * y).collect()
            }
        };
        let rows = (0..r).map(|k| {
            let smaller = self.pruned[i].iter().filter(|(smaller, _)| **smaller != i);
            let known = start[k].clone() * &self.solution.values[i];
            let known = smaller.fold(known, |sum, (smaller, x)| sum + x.clone() * &self.vectors[*smaller][k]);
            let slack = (1..r).map(|l| T::ratio(i64::from(k == l), 1) - &v[k][l]);
            slack.chain([dot(&term.b[k], &slope) - known]).collect()
        });
        let solved = Echelon::of(rows.collect(), r, r - 1, tolerance);
        let mut vectors = vec![T::zero(); r];
        // What is zero but for rounding is zero: where `V` forgets slowly, rounding would grow from order to order.
        let settled = |x: &T| if x.vanishes(tolerance) { T::zero() } else { x.clone() };
        solved.solved(r - 1).for_each(|(k, x)| vectors[k + 1] = settled(x));
        let mut stages: Vec<T> = u.iter().zip(&term.a).map(|(u, a)| dot(u, &vectors) + dot(a, &slope)).collect();
        if entry.product.is_none() {
            // Times are known better than the sums of what cancels to them.
            let is_close = |(x, c): &(&mut T, &T)| (T::clone(x) - *c).vanishes(tolerance);
            let times = stages.iter_mut().zip(&term.c).filter(is_close);
            times.for_each(|(x, c)| *x = c.clone());
        }
        self.stages.push(stages);
        self.vectors.push(vectors);
        self.slopes.push(slope);
        (solved.rank() == r - 1, solved.rest().iter().map(|row| row[r - 1].clone()).collect())
    }
}
