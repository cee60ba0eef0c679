//! B-series: schemes, exact solutions and modified equations as functions on trees.

use std::collections::BTreeMap;

use super::tree::RootedTree;
use super::tree_table::TreeTable;
use super::weights::{ElementaryWeights, SchemeOnTrees};
use crate::Error;
use crate::tableau::coefficients::Scalar;

/// A B-series up to some order: coefficients `a(∅)` and `a(t)`, standing for
///
/// ```text
/// B(a, y) = a(∅) y + Σ_t h^{|t|} a(t) / σ(t) F(t)(y) ,
/// ```
///
/// where `F(t)` are the elementary differentials of an autonomous `ẏ = F(y)`. For a scheme of several tableaux, trees are
/// coloured and it is a P-series.
///
/// Source: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), III.1, III.2 and IX.9; P. Chartier,
/// E. Hairer, G. Vilmart, Found. Comput. Math. 10 (2010) 407–427.
///
/// ```
/// use kutta::Tableau;
/// use kutta::verify::b_series::BSeries;
/// use kutta::verify::coefficients::Recovered;
/// use kutta::verify::tree::RootedTree;
/// use kutta::verify::weights::SchemeOnTrees;
///
/// // The explicit midpoint rule solves a modified equation exactly.
/// let Recovered::Exact(midpoint) = Recovered::of(&Tableau::explicit_midpoint()) else { unreachable!() };
/// let field = BSeries::of_method(&SchemeOnTrees::of(&midpoint), 5)?.modified_equation();
/// let coefficient = field.coefficient(&RootedTree::from_levels(&[1, 2, 2])?);
/// assert_eq!(coefficient.map(|x| x.to_string()), Some("-1/12".to_string()));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BSeries<T> {
    pub(super) table: TreeTable,
    pub(super) empty: T,
    pub(super) values: Vec<T>,
    pub(super) tolerance: f64,
}

impl<T: Scalar> BSeries<T> {
    /// The series of a scheme's step for autonomous problems: `a(∅) = 1`, and the elementary weights.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there are too many trees up to `order`.
    pub fn of_method(method: &SchemeOnTrees<'_, T>, order: usize) -> Result<Self, Error> {
        let method = method.clone().joint().autonomous();
        let weights = ElementaryWeights::new(&method, order)?;
        let values = (1..=order).flat_map(|p| weights.of_order(p)).map(|i| weights.weight(i)).collect();
        Ok(BSeries { table: weights.table().clone(), empty: T::one(), values, tolerance: method.tolerance() })
    }

    /// The exact solution's series, over the same trees: `e(∅) = 1`, `e(t) = 1/γ(t)`.
    pub fn exact(&self) -> Self {
        let reciprocal = |i: usize| T::ratio(1, self.table.entry(i).density as i64);
        self.with_values(T::one(), (0..self.values.len()).map(reciprocal).collect())
    }

    fn with_values(&self, empty: T, values: Vec<T>) -> Self {
        BSeries { table: self.table.clone(), empty, values, tolerance: self.tolerance }
    }

    /// The order up to which there are coefficients.
    pub fn order(&self) -> usize {
        self.table.order()
    }

    /// The coefficient `a(∅)`.
    pub fn empty(&self) -> &T {
        &self.empty
    }

    /// The coefficient `a(t)`; none if the series does not have the tree.
    pub fn coefficient(&self, tree: &RootedTree) -> Option<&T> {
        self.table.of_order(tree.order()).find(|&i| self.table.tree(i) == *tree).map(|i| &self.values[i])
    }

    /// All trees and their coefficients, by ascending order.
    pub fn coefficients(&self) -> impl Iterator<Item = (RootedTree, &T)> {
        self.values.iter().enumerate().map(|(i, value)| (self.table.tree(i), value))
    }

    /// The composition `B(next, B(self, y))`, one step after the other, if `self` has `a(∅) = 1`:
    /// `Σ_s next(s) Π self(t ∖ s)` over all subtrees `s` that contain the root, or nothing.
    ///
    /// Coefficients beyond the order of either series are left out.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] unless both have the same number of colours; [`Error::InvalidArgument`] unless
    /// `self` has `a(∅) = 1`.
    pub fn then(&self, next: &Self) -> Result<Self, Error> {
        if !(self.empty.clone() - T::one()).vanishes(self.tolerance) {
            return Err(Error::invalid("a(∅) of the first series", self.empty.to_f64(), "1, as for a scheme"));
        }
        let shorter = self.shorter(next)?;
        let pruned = self.pruned(&shorter.table);
        let value = |i: usize| {
            let start = next.empty.clone() * &self.values[i];
            pruned[i].iter().fold(start, |sum, (s, x)| sum + x.clone() * &next.values[*s])
        };
        Ok(shorter.with_values(next.empty.clone(), (0..shorter.values.len()).map(value).collect()))
    }

    /// For each tree, the subtrees with its root, with the product of this series over what was cut off.
    pub(super) fn pruned(&self, table: &TreeTable) -> Vec<BTreeMap<usize, T>> {
        let mut all: Vec<BTreeMap<usize, T>> = Vec::new();
        for i in 0..table.of_order(table.order()).end {
            let mut terms = BTreeMap::new();
            match table.entry(i).product {
                None => add(&mut terms, i, T::one()),
                Some((stem, branch)) => {
                    for (s, x) in &all[stem] {
                        add(&mut terms, *s, x.clone() * &self.values[branch]);
                        for (r, y) in &all[branch] {
                            // The product is no larger than the tree.
                            if let Some(joined) = table.product(*s, *r) {
                                add(&mut terms, joined, x.clone() * y);
                            }
                        }
                    }
                }
            }
            all.push(terms);
        }
        all
    }

    /// The series of lower order, of two with the same colours.
    fn shorter<'s>(&'s self, other: &'s Self) -> Result<&'s Self, Error> {
        let colours = |series: &Self| usize::from(series.table.colouring().colours);
        Error::check_len("series", "colours", colours(other), colours(self))?;
        Ok(if self.order() <= other.order() { self } else { other })
    }

    /// The substitution `self ⋆ outer`: the series `outer` of the field `B(self, ·)/h`, in place of `F`. A partition of a
    /// tree cuts it into connected parts; with the parts contracted, what is left is the skeleton:
    ///
    /// ```text
    /// (b ⋆ a)(t) = Σ_partitions a(skeleton) Π_parts b(part) .
    /// ```
    ///
    /// `self` is taken to be a field: its `b(∅)` counts as 0. Coefficients beyond the order of either series are left out.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] unless both have the same number of colours.
    pub fn substituted_into(&self, outer: &Self) -> Result<Self, Error> {
        let shorter = self.shorter(outer)?;
        let mut partitions = Partitions::default();
        let mut values = Vec::with_capacity(shorter.values.len());
        for i in 0..shorter.values.len() {
            partitions.add_tree(&shorter.table, &self.values);
            let terms = partitions.0[i].iter();
            let value = |((part, skeleton), x): (&(usize, usize), &T)| {
                x.clone() * &self.values[*part] * &outer.values[*skeleton]
            };
            values.push(terms.map(value).fold(T::zero(), |sum, x| sum + x));
        }
        Ok(shorter.with_values(outer.empty.clone(), values))
    }

    /// The modified equation: the field whose exact flow is this series, `b ⋆ e = self`. `h ẏ = B(b, y)`, where
    /// `b(∅) = 0` and `b(τ) = 1` for a consistent scheme.
    pub fn modified_equation(&self) -> Self {
        self.exact().unsubstituted(self)
    }

    /// The modifying integrator: the field which the scheme, applied to it, integrates as the exact solution does that
    /// of `F`: `b ⋆ self = e`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `self(τ) = 0`.
    pub fn modifying_integrator(&self) -> Result<Self, Error> {
        if self.table.of_order(1).any(|i| self.values[i].is_zero()) {
            return Err(Error::invalid("a(τ)", "0", "any other number"));
        }
        Ok(self.unsubstituted(&self.exact()))
    }

    /// The field `b` with `b ⋆ self = target`, where `self(τ)` is not zero.
    fn unsubstituted(&self, target: &Self) -> Self {
        let mut partitions = Partitions::default();
        let mut values: Vec<T> = Vec::with_capacity(self.values.len());
        for i in 0..self.values.len() {
            partitions.add_tree(&self.table, &values);
            // All but the whole as one part is known; the skeleton is a vertex of the root's colour then.
            let known = partitions.0[i].iter().filter(|((part, _), _)| *part != i);
            let value =
                |((part, skeleton), x): (&(usize, usize), &T)| x.clone() * &values[*part] * &self.values[*skeleton];
            let rest = known.map(value).fold(T::zero(), |sum, x| sum + x);
            values.push((target.values[i].clone() - rest) / &self.values[usize::from(self.table.entry(i).root)]);
        }
        self.with_values(T::zero(), values)
    }
}

/// For each tree, its partitions by the part that contains the root and the skeleton, with the product over all other
/// parts.
#[derive(Debug)]
struct Partitions<T>(Vec<BTreeMap<(usize, usize), T>>);

impl<T> Default for Partitions<T> {
    fn default() -> Self {
        Partitions(Vec::new())
    }
}

impl<T: Scalar> Partitions<T> {
    /// Adds the next tree of the table; `series` has the values of all smaller ones.
    fn add_tree(&mut self, table: &TreeTable, series: &[T]) {
        let i = self.0.len();
        let mut terms = BTreeMap::new();
        match table.entry(i).product {
            // A single vertex is its own part; the skeleton is of the same colour.
            None => add(&mut terms, (i, i), T::one()),
            Some((stem, branch)) => {
                for ((part, skeleton), x) in &self.0[stem] {
                    for ((upper, above), y) in &self.0[branch] {
                        // No product is larger than the tree.
                        if let Some(cut) = table.product(*skeleton, *above) {
                            add(&mut terms, (*part, cut), x.clone() * y * &series[*upper]);
                        }
                        if let (Some(kept), Some(merged)) =
                            (table.product(*part, *upper), table.merged(*skeleton, *above))
                        {
                            add(&mut terms, (kept, merged), x.clone() * y);
                        }
                    }
                }
            }
        }
        self.0.push(terms);
    }
}

fn add<K: Ord, T: Scalar>(terms: &mut BTreeMap<K, T>, key: K, value: T) {
    let sum = match terms.remove(&key) {
        Some(present) => present + value,
        None => value,
    };
    terms.insert(key, sum);
}

#[cfg(test)]
mod tests {
    use super::super::test_schemes::*;
    use super::*;
    use crate::tableau::coefficients::{Coefficients, Rational};

    fn series(scheme: &Coefficients<Rational>, order: usize) -> BSeries<Rational> {
        BSeries::of_method(&SchemeOnTrees::of(scheme), order).unwrap()
    }

    fn at(series: &BSeries<Rational>, levels: &[usize]) -> Rational {
        series.coefficient(&RootedTree::from_levels(levels).unwrap()).unwrap().clone()
    }

    /// BSeries.jl, `test/runtests.jl`; the trees in the order of Geometric Numerical Integration, table III.1.1.
    #[test]
    fn modified_equations() {
        let field = series(&explicit_midpoint(), 5).modified_equation();
        let cases: [(&[usize], (i64, i64)); 17] = [
            (&[1], (1, 1)),
            (&[1, 2], (0, 1)),
            (&[1, 2, 2], (-1, 12)),
            (&[1, 2, 3], (-1, 6)),
            (&[1, 2, 2, 2], (0, 1)),
            (&[1, 2, 2, 3], (0, 1)),
            (&[1, 2, 3, 3], (1, 8)),
            (&[1, 2, 3, 4], (1, 8)),
            (&[1, 2, 2, 2, 2], (7, 240)),
            (&[1, 2, 2, 2, 3], (1, 40)),
            (&[1, 2, 2, 3, 3], (3, 80)),
            (&[1, 2, 2, 3, 4], (7, 240)),
            (&[1, 2, 3, 2, 3], (1, 30)),
            (&[1, 2, 3, 3, 3], (-7, 240)),
            (&[1, 2, 3, 3, 4], (-1, 40)),
            (&[1, 2, 3, 4, 4], (-19, 240)),
            (&[1, 2, 3, 4, 5], (-1, 20)),
        ];
        for (levels, (p, q)) in cases {
            assert_eq!(at(&field, levels), Rational::ratio(p, q), "{levels:?}");
        }
        let field = series(&ssp_3_3(), 4).modified_equation();
        let fourth: Vec<Rational> =
            [&[1, 2, 2, 2], &[1, 2, 2, 3], &[1, 2, 3, 3], &[1, 2, 3, 4]].map(|t| at(&field, t)).to_vec();
        assert_eq!(fourth, [(0, 1), (-1, 24), (1, 12), (-1, 24)].map(|(p, q)| Rational::ratio(p, q)));
    }

    /// The series of a composition is the composition of the series.
    #[test]
    fn composition_of_schemes() {
        let doubled = |series: &BSeries<Rational>| {
            let scaled = |(tree, x): (RootedTree, &Rational)| x * Rational::ratio(1 << tree.order(), 1);
            series.coefficients().map(scaled).collect::<Vec<_>>()
        };
        for (first, second) in [(rk4(), heun_3()), (explicit_midpoint(), lobatto_iiic_3()), (sdirk_5_4(), rk4())] {
            let both = series(&composed(&first, &second, &Rational::ratio(1, 2), &Rational::ratio(1, 2)), 7);
            let product = series(&first, 7).then(&series(&second, 8)).unwrap();
            assert_eq!(product.values, doubled(&both));
            // A step forth and one of the adjoint scheme back.
            let mut back = series(&adjoint(&first), 7);
            let sign = |tree: &RootedTree| Rational::ratio(1 - 2 * (tree.order() as i64 % 2), 1);
            back.values = back.coefficients().map(|(tree, x)| x * sign(&tree)).collect();
            let identity = series(&first, 7).then(&back).unwrap();
            assert!(identity.values.iter().all(|x| *x == Rational::ratio(0, 1)));
        }
        let field = series(&rk4(), 3).modified_equation();
        assert!(field.then(&field).unwrap_err().to_string().contains("a(∅) of the first series is 0, expected 1"));
    }

    #[test]
    fn substitution_undoes_modification() {
        for scheme in [heun_3(), exact("1", "1"), lobatto_iiib_3()] {
            let series = series(&scheme, 6);
            let field = series.modified_equation();
            assert_eq!(field.substituted_into(&series.exact()).unwrap().values, series.values);
            let field = series.modifying_integrator().unwrap();
            assert_eq!(field.substituted_into(&series).unwrap().values, series.exact().values);
        }
        let unscaled = Coefficients { b: vec![Rational::ratio(0, 1)], ..forward_euler() };
        assert!(series(&unscaled, 2).modifying_integrator().is_err());
    }

    /// E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration, IX.10: symplectic Euler and Störmer–Verlet.
    #[test]
    fn modified_equations_of_pairs() {
        let field = |first: &Coefficients<Rational>, second: &Coefficients<Rational>| {
            let method = SchemeOnTrees::additive(&[first, second]).unwrap();
            BSeries::of_method(&method, 3).unwrap().modified_equation()
        };
        let euler = field(&exact("1", "1"), &forward_euler());
        let coefficient = |field: &BSeries<Rational>, levels: &[usize], colours: &[u8]| {
            field.coefficient(&RootedTree::coloured(levels, colours).unwrap()).unwrap().clone()
        };
        let half = Rational::ratio(1, 2);
        assert_eq!(coefficient(&euler, &[1, 2], &[0, 0]), half);
        assert_eq!(coefficient(&euler, &[1, 2], &[1, 0]), half);
        assert_eq!(coefficient(&euler, &[1, 2], &[0, 1]), -half);
        let verlet = field(&exact("0; 1/2 1/2", "1/2 1/2"), &exact("1/2; 1/2", "1/2 1/2"));
        let sixth = Rational::ratio(1, 6);
        assert_eq!(coefficient(&verlet, &[1, 2, 2], &[0, 0, 0]), sixth);
        assert_eq!(coefficient(&verlet, &[1, 2, 2], &[0, 1, 1]), Rational::ratio(-1, 12));
        assert_eq!(coefficient(&verlet, &[1, 2], &[0, 1]), Rational::ratio(0, 1));
    }
}
