//! To which order a scheme conserves what the exact flow of a Hamiltonian system does: the symplectic form, and energy.

use super::b_series::BSeries;
use super::tree_table::TreeTable;
use crate::tableau::coefficients::Scalar;

impl<T: Scalar> BSeries<T> {
    /// The order of symplecticity of a scheme's series: the largest `q`, as far as the series goes, such that
    ///
    /// ```text
    /// a(u ∘ v) + a(v ∘ u) = a(u) a(v)     for all trees with |u| + |v| ≤ q .
    /// ```
    ///
    /// A scheme is symplectic, and conserves quadratic invariants, if this holds for all trees; one of order `p` is
    /// pseudo-symplectic if `q > p`. For a partitioned pair and systems with any Hamiltonian `H(p, q)`, the roots of `u` and
    /// `v` differ in colour, and `a(t)` must not depend on the colour of the root.
    ///
    /// None if the series is of three colours or more.
    ///
    /// Source: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), VI.7.2 and VI.7.3; A. Aubry,
    /// P. Chartier, BIT 38 (1998) 439–461.
    pub fn order_of_symplecticity(&self) -> Option<usize> {
        let (table, colours) = (&self.table, self.table.colouring().colours);
        let equal = |x: T, y: &T| (x - y).vanishes(self.tolerance);
        let keeps_form = |(u, v, t): (usize, usize, usize)| {
            let paired = colours == 1 || table.entry(u).root != table.entry(v).root;
            let other = table.product(v, u).filter(|_| paired);
            let product = || self.values[u].clone() * &self.values[v];
            other.is_none_or(|other| equal(self.values[t].clone() + &self.values[other], &product()))
        };
        let recoloured = |t: usize| table.merged(usize::from(1 - table.entry(t).root), t);
        let ignores_root = |t: usize| {
            colours == 1 || recoloured(t).is_none_or(|other| equal(self.values[t].clone(), &self.values[other]))
        };
        (colours <= 2).then(|| {
            self.longest(|order| splits(table, order).all(keeps_form) && table.of_order(order).all(ignores_root))
        })
    }

    /// The energy-preserving order of a scheme's series: the largest `q`, as far as the series goes, such that a step
    /// changes the energy `H` of every Hamiltonian system `ẏ = J ∇H(y)` by `O(h^{q+1})` only.
    ///
    /// With `b` the modified equation and `F = J ∇H`, the energy changes at the rate `−Σ_t h^{|t|-1} b(t)/σ(t) H(t ∘ τ)`,
    /// where the elementary Hamiltonians satisfy `H(u ∘ v) = −H(v ∘ u)` and are independent otherwise: a tree without root
    /// stands for one of them, or for none if the relation makes it its own negative. The coefficients of each must sum to
    /// zero.
    ///
    /// None if the series is of several colours, or there are too many trees of the next order.
    ///
    /// Source: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), IX.9.2; E. Celledoni,
    /// R. I. McLachlan, B. Owren, G. R. W. Quispel, Found. Comput. Math. 10 (2010) 673–693.
    pub fn energy_preserving_order(&self) -> Option<usize> {
        if self.table.colouring().colours != 1 {
            return None;
        }
        let field = self.modified_equation();
        let mut larger = self.table.clone();
        larger.grow().ok()?;
        Some(self.longest(|order| {
            let unrooted = Unrooted::new(&larger, order + 1);
            let mut sums = vec![T::zero(); unrooted.trees.len()];
            for t in larger.of_order(order) {
                // `τ` is the first tree.
                let Some((k, sign)) = larger.product(t, 0).and_then(|extended| unrooted.class(extended)) else {
                    continue;
                };
                let value = field.values[t].clone() / T::ratio(larger.entry(t).symmetry as i64, 1);
                let value = if sign { value } else { -value };
                sums[k] = sums[k].clone() + value;
            }
            sums.into_iter().all(|sum| sum.vanishes(self.tolerance))
        }))
    }

    /// The largest order up to which something holds.
    fn longest(&self, holds: impl Fn(usize) -> bool) -> usize {
        (1..=self.order()).take_while(|&order| holds(order)).count()
    }
}

/// All pairs of trees whose Butcher product is of this order, with the product.
fn splits(table: &TreeTable, order: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    table.of_order(order).flat_map(|t| table.cuts(t).into_iter().map(move |(u, v)| (u, v, t)))
}

/// The trees of one order, up to the choice of the root and the sign that goes with it.
struct Unrooted {
    start: usize,
    /// For each tree, the first tree met with another root, whether the sign is the same, and whether it is its own negative.
    trees: Vec<Option<(usize, bool)>>,
    /// Classes that are their own negatives.
    zero: Vec<bool>,
}

impl Unrooted {
    fn new(table: &TreeTable, order: usize) -> Self {
        let range = table.of_order(order);
        let mut classes =
            Unrooted { start: range.start, trees: vec![None; range.len()], zero: vec![false; range.len()] };
        for first in 0..range.len() {
            if classes.trees[first].is_some() {
                continue;
            }
            classes.trees[first] = Some((first, true));
            let mut open = vec![(first, true)];
            while let Some((t, sign)) = open.pop() {
                for (rest, branch) in table.cuts(range.start + t) {
                    let Some(moved) = table.product(branch, rest) else { continue };
                    match classes.trees[moved - range.start] {
                        Some((_, other)) => classes.zero[first] |= other == sign,
                        None => {
                            classes.trees[moved - range.start] = Some((first, !sign));
                            open.push((moved - range.start, !sign));
                        }
                    }
                }
            }
        }
        classes
    }

    /// The class and sign of a tree; none if its elementary Hamiltonian is zero.
    fn class(&self, tree: usize) -> Option<(usize, bool)> {
        self.trees[tree - self.start].filter(|(class, _)| !self.zero[*class])
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_schemes::*;
    use super::super::tree_table::Colouring;
    use super::super::weights::SchemeOnTrees;
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::{Coefficients, Rational};

    fn orders<T: Scalar>(scheme: &Coefficients<T>, order: usize) -> (usize, usize) {
        let series = BSeries::of_method(&SchemeOnTrees::of(scheme), order).unwrap();
        (series.order_of_symplecticity().unwrap(), series.energy_preserving_order().unwrap())
    }

    /// BSeries.jl, `test/runtests.jl`: order of symplecticity and energy-preserving order of RK4 are 4; Gauss schemes are
    /// symplectic, checked to order 9.
    #[test]
    fn symplecticity_and_energy() {
        assert_eq!(orders(&rk4(), 6), (4, 4));
        assert_eq!(orders(&in_doubles(&rk4()), 6), (4, 4));
        assert_eq!(orders(&exact("1/2", "1"), 9).0, 9);
        for s in 2..=3 {
            let gauss = doubles(&Tableau::gauss(s).unwrap());
            let (symplecticity, energy) = orders(&gauss, 9);
            // The modified equation is Hamiltonian, for another Hamiltonian.
            assert_eq!((symplecticity, energy), (9, 2 * s));
        }
        assert_eq!(orders(&forward_euler(), 4), (1, 1));
        assert_eq!(orders(&dormand_prince_5(), 7), (5, 5));
    }

    #[test]
    fn no_order_is_lower_than_the_scheme_s() {
        for scheme in [heun_3(), ssp_3_3(), explicit_midpoint(), lobatto_iiia_3(), lobatto_iiic_3(), sdirk_5_4()] {
            let order = SchemeOnTrees::of(&scheme).order().order;
            let (symplecticity, energy) = orders(&scheme, 7);
            assert!(symplecticity >= order && energy >= order);
            assert!(symplecticity < 7 && energy < 7);
        }
    }

    /// E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), VI.4: symplectic Euler, Störmer–Verlet and Lobatto IIIA–IIIB are symplectic.
    #[test]
    fn symplecticity_of_pairs() {
        let order = |first: &Coefficients<Rational>, second: &Coefficients<Rational>| {
            let method = SchemeOnTrees::additive(&[first, second]).unwrap();
            let series = BSeries::of_method(&method, 6).unwrap();
            assert_eq!(series.energy_preserving_order(), None);
            series.order_of_symplecticity().unwrap()
        };
        assert_eq!(order(&exact("0; 1/2 1/2", "1/2 1/2"), &exact("1/2; 1/2", "1/2 1/2")), 6);
        assert_eq!(order(&lobatto_iiia_3(), &lobatto_iiib_3()), 6);
        assert_eq!(order(&exact("1", "1"), &forward_euler()), 6);
        assert_eq!(order(&lobatto_iiia_3(), &lobatto_iiia_3()), 4);
        assert_eq!(order(&rk4(), &rk4()), 4);
        assert_eq!(order(&exact("; 1", "1/2 1/2"), &exact("; 1", "1 0")), 1);
        let scheme = rk4();
        let three = SchemeOnTrees::additive(&[&scheme; 3]).unwrap();
        assert_eq!(BSeries::of_method(&three, 2).unwrap().order_of_symplecticity(), None);
    }

    /// The trees without root: 1, 1, 1, 2, 3, 6, 11, 23, 47, 106 (OEIS A000055); those that are not symmetric about an edge
    /// leave 1, 0, 1, 1, 3, 4, 11, 19.
    #[test]
    fn trees_without_root() {
        let table = TreeTable::new(Colouring::PLAIN, 8).unwrap();
        let count = |order: usize| {
            let trees = Unrooted::new(&table, order);
            let first = |k: &usize| trees.trees[*k].is_some_and(|(class, _)| class == *k);
            let all = (0..trees.trees.len()).filter(first);
            (all.clone().count(), all.filter(|k| !trees.zero[*k]).count())
        };
        let counts: Vec<_> = (1..=8).map(count).collect();
        assert_eq!(counts, [(1, 1), (1, 0), (1, 1), (2, 1), (3, 3), (6, 4), (11, 11), (23, 19)]);
    }
}
