//! Butcher's effective order: the order of a scheme after a change of variables.

use super::b_series::BSeries;
use crate::tableau::coefficients::Scalar;

impl<T: Scalar> BSeries<T> {
    /// The effective order of a scheme's series `a`: the largest `q`, as far as the series goes, such that
    /// `(β a)(t) = (e β)(t)` for all trees of order up to `q`, with some series `β` of a starting method. The scheme then
    /// integrates, with step size constant, as one of order `q` does: start, step, and undo the start at the end.
    ///
    /// `β(∅) = 1` and `β(τ) = 0`, the latter without loss. The conditions of order `n` are linear in the values of `β` for
    /// trees of order `n − 1`, which they determine if they can be met.
    ///
    /// None if the series is of several colours.
    ///
    /// Source: J. C. Butcher, in: Conference on the Numerical Solution of Differential Equations, Lecture Notes in
    /// Mathematics 109 (1969) 133–139; J. C. Butcher, Numerical Methods for Ordinary Differential Equations (2016), 389.
    pub fn effective_order(&self) -> Option<usize> {
        if self.table.colouring().colours != 1 {
            return None;
        }
        let exact = self.exact();
        let zeros = vec![T::zero(); self.values.len()];
        let mut start = BSeries { empty: T::one(), values: zeros, ..self.clone() };
        for order in 1..=self.order() {
            let unknown = self.table.of_order(order - 1);
            let unknown = if order > 2 { unknown } else { 0..0 };
            let conditions = self.table.of_order(order);
            // The terms with an unknown `β(u)`: `β(u) a(τ)` for `[u]`; `β(u)` for `u` with one more leaf, anywhere.
            let mut system: Vec<Vec<T>> = Vec::with_capacity(conditions.len());
            let pruned = exact.pruned(&self.table);
            let (left, right) = (start.then(self).ok()?, exact.then(&start).ok()?);
            for i in conditions {
                let mut row = vec![T::zero(); unknown.len()];
                if let Some((0, branch)) = self.table.entry(i).product.filter(|_| order > 2) {
                    row[branch - unknown.start] = self.values[0].clone();
                }
                for (k, u) in unknown.clone().enumerate() {
                    if let Some(x) = pruned[i].get(&u) {
                        row[k] = row[k].clone() - x;
                    }
                }
                row.push(right.values[i].clone() - &left.values[i]);
                system.push(row);
            }
            match solved(system, unknown.len(), self.tolerance) {
                Some(values) => start.values[unknown].clone_from_slice(&values),
                None => return Some(order - 1),
            }
        }
        Some(self.order())
    }
}

/// The solution of more linear equations than unknowns, the right side last in each row; none if there is no solution.
/// Unknowns that are not determined are zero.
fn solved<T: Scalar>(mut rows: Vec<Vec<T>>, unknowns: usize, tolerance: f64) -> Option<Vec<T>> {
    let mut pivots = Vec::new();
    for column in 0..unknowns {
        let done = pivots.len();
        let size = |row: &[T]| row[column].to_f64().abs();
        let candidates = (done..rows.len()).filter(|&i| !rows[i][column].vanishes(tolerance));
        let Some(best) = candidates.max_by(|&i, &j| size(&rows[i]).total_cmp(&size(&rows[j]))) else { continue };
        rows.swap(done, best);
        let pivot = rows[done].clone();
        for (i, row) in rows.iter_mut().enumerate() {
            if i != done && !row[column].is_zero() {
                let factor = row[column].clone() / &pivot[column];
                for (x, y) in row.iter_mut().zip(&pivot).skip(column) {
                    *x = x.clone() - factor.clone() * y;
                }
                row[column] = T::zero();
            }
        }
        pivots.push(column);
    }
    if rows[pivots.len()..].iter().any(|row| !row[unknowns].vanishes(tolerance)) {
        return None;
    }
    let mut solution = vec![T::zero(); unknowns];
    for (row, &column) in rows.iter().zip(&pivots) {
        solution[column] = row[unknowns].clone() / &row[column];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::super::test_schemes::*;
    use super::super::weights::SchemeOnTrees;
    use super::*;
    use crate::tableau::coefficients::{Coefficients, Rational};

    fn effective_order<T: Scalar>(scheme: &Coefficients<T>) -> usize {
        BSeries::of_method(&SchemeOnTrees::of(scheme), 6).unwrap().effective_order().unwrap()
    }

    #[test]
    fn a_conjugate_scheme_has_the_effective_order_of_the_scheme() {
        for scheme in [rk4(), heun_3(), bogacki_shampine_3(), lobatto_iiic_3()] {
            let order = SchemeOnTrees::of(&scheme).order().order;
            assert_eq!(effective_order(&scheme), order);
            assert_eq!(effective_order(&in_doubles(&scheme)), order);
            // A step of forward Euler before, and its inverse after: backward Euler with a negative step.
            let third = Rational::ratio(1, 3);
            let whole = Rational::ratio(1, 1);
            let started = composed(&forward_euler(), &scheme, &third, &whole);
            let conjugate = composed(&started, &exact("1", "1"), &whole, &-third);
            assert_eq!(SchemeOnTrees::of(&conjugate).order().order, 2);
            assert_eq!(effective_order(&conjugate), order);
            assert_eq!(effective_order(&in_doubles(&conjugate)), order);
        }
    }

    /// The trapezoidal rule is conjugate to the implicit midpoint rule, which has order 2.
    #[test]
    fn order_that_is_effective_order() {
        assert_eq!(effective_order(&forward_euler()), 1);
        assert_eq!(effective_order(&exact("0; 1/2 1/2", "1/2 1/2")), 2);
        assert_eq!(effective_order(&exact("1/2", "1")), 2);
        assert_eq!(effective_order(&dormand_prince_5()), 5);
    }
}
