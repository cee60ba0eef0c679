//! All rooted trees up to an order, each from smaller ones.

use std::cmp::Reverse;

use super::tree::{RootedTree, TIME};
use crate::Error;

/// The most trees that a table holds.
pub const MAX_TREES: usize = 1_000_000;

/// The highest order of a table: densities are at most `20! < 2^63`.
const MAX_ORDER: usize = 20;

/// Which trees there are: colours of vertices, and which colour may be a child of which.
///
/// One colour gives the trees of Runge–Kutta schemes; `N` colours those of partitioned and additive schemes with `N`
/// tableaux (P-series: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), III.2). In a separable
/// problem, neighbours differ in colour. Where time is a component on its own, it is a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colouring {
    /// The number of colours, from 1 to 254; [`TIME`] is not counted.
    pub colours: u8,
    /// Whether a vertex and its child differ in colour.
    pub separable: bool,
    /// Whether leaves other than the root may be [`TIME`].
    pub time: bool,
}

impl Colouring {
    /// One colour: the trees of a Runge–Kutta scheme and an autonomous problem.
    pub const PLAIN: Colouring = Colouring { colours: 1, separable: false, time: false };

    /// All colours of vertices.
    fn all(self) -> impl Iterator<Item = u8> {
        (0..self.colours).chain(self.time.then_some(TIME))
    }

    /// Whether a vertex of colour `child` may be above one of colour `parent`.
    pub(super) fn joins(self, parent: u8, child: u8) -> bool {
        parent != TIME && (child == TIME || !self.separable || parent != child)
    }

    /// The numbers of trees of order 1, 2, …, `order`; a number is `None` if it does not fit.
    ///
    /// Forests are counted from trees by the Euler transform, `n f_n = Σ_k f_{n-k} Σ_{d|k} d t_d`; a tree is a vertex
    /// with a forest. For one colour, numbers fit up to order 88.
    ///
    /// ```
    /// use kutta::verify::tree_table::Colouring;
    ///
    /// let counts = Colouring::PLAIN.count_trees(8);
    /// assert_eq!(counts, [1, 1, 2, 4, 9, 20, 48, 115].map(Some));
    /// ```
    pub fn count_trees(self, order: usize) -> Vec<Option<u128>> {
        let colours: Vec<u8> = self.all().collect();
        // trees[w][n]: with root of colour w and n + 1 vertices; also the number of forests of n vertices above w.
        let mut trees: Vec<Vec<Option<u128>>> = vec![Vec::with_capacity(order); colours.len()];
        let mut summed: Vec<Vec<Option<u128>>> = vec![Vec::with_capacity(order); colours.len()];
        for n in 0..order {
            for (w, &parent) in colours.iter().enumerate() {
                if n > 0 {
                    let above = |d: usize| {
                        let children = colours.iter().zip(&trees).filter(|(child, _)| self.joins(parent, **child));
                        children.map(|(_, t)| t[d - 1]).try_fold(0u128, |sum, t| sum.checked_add(t?))
                    };
                    let divisors = (1..=n).filter(|d| n % d == 0);
                    let sum = divisors.map(|d| above(d)?.checked_mul(d as u128));
                    summed[w].push(sum.checked_sum());
                }
            }
            for w in 0..colours.len() {
                let forests = match n {
                    0 => Some(1),
                    _ => (1..=n)
                        .map(|k| trees[w][n - k]?.checked_mul(summed[w][k - 1]?))
                        .checked_sum()
                        .map(|total| total / n as u128),
                };
                trees[w].push(forests);
            }
        }
        let rooted = |n: usize| trees[..usize::from(self.colours)].iter().map(move |t| t[n]).checked_sum();
        (0..order).map(rooted).collect()
    }

    /// The highest order such that there are at most `limit` trees up to it.
    pub fn highest_order(self, limit: usize) -> usize {
        let counts = self.count_trees(MAX_ORDER);
        let totals = counts.into_iter().scan(Some(0u128), |total, count| {
            *total = total.and_then(|total| total.checked_add(count?));
            Some(*total)
        });
        totals.take_while(|total| total.is_some_and(|total| total <= limit as u128)).count()
    }
}

/// Sums that may overflow.
trait CheckedSum {
    fn checked_sum(self) -> Option<u128>;
}

impl<I: Iterator<Item = Option<u128>>> CheckedSum for I {
    fn checked_sum(mut self) -> Option<u128> {
        self.try_fold(0u128, |sum, term| sum.checked_add(term?))
    }
}

/// All trees up to some order. A tree of more than one vertex is the Butcher product of two smaller ones of the table, so
/// that whatever is multiplicative is computed by one product a tree.
///
/// ```
/// use kutta::verify::tree_table::{Colouring, TreeTable};
///
/// let table = TreeTable::new(Colouring::PLAIN, 4)?;
/// let trees: Vec<String> = table.of_order(4).map(|i| table.tree(i).to_string()).collect();
/// assert_eq!(trees, ["[[[τ]]]", "[[τ,τ]]", "[τ,[τ]]", "[τ,τ,τ]"]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TreeTable {
    colouring: Colouring,
    entries: Vec<Entry>,
    /// Where the trees of order 1, 2, … start; then the number of trees.
    starts: Vec<usize>,
}

/// A tree of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The number of vertices.
    pub order: usize,
    /// Colour of the root.
    pub root: u8,
    /// The tree as a Butcher product of two trees of the table; none for a single vertex.
    pub product: Option<(usize, usize)>,
    /// How often the last branch occurs at the root.
    multiplicity: u64,
    /// `σ`.
    pub symmetry: u64,
    /// `γ`.
    pub density: u64,
}

impl TreeTable {
    /// All trees up to `order`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `colouring` has no colours or more than 254, or if there are more than [`MAX_TREES`].
    pub fn new(colouring: Colouring, order: usize) -> Result<Self, Error> {
        if colouring.colours == 0 || colouring.colours == TIME {
            return Err(Error::invalid("number of colours", colouring.colours, "from 1 to 254"));
        }
        let mut table = TreeTable { colouring, entries: Vec::new(), starts: vec![0] };
        (0..order).try_for_each(|_| table.grow())?;
        Ok(table)
    }

    /// Adds the trees of one more order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there would be more than [`MAX_TREES`].
    pub fn grow(&mut self) -> Result<(), Error> {
        let order = self.order() + 1;
        let count = self.colouring.count_trees(order).pop().flatten();
        if order > MAX_ORDER || count.is_none_or(|count| self.entries.len() as u128 + count > MAX_TREES as u128) {
            return Err(Error::invalid(
                "order",
                order,
                format!("at most {}, there are too many trees beyond", order - 1),
            ));
        }
        if order == 1 {
            let vertex = |root| Entry { order, root, product: None, multiplicity: 0, symmetry: 1, density: 1 };
            self.entries.extend(self.colouring.all().map(vertex));
        }
        for branch_order in (1..order).rev() {
            let stem_order = order - branch_order;
            for stem in self.of_order(stem_order) {
                // Branches of a root in descending order, so that each tree is met once.
                let last = self.entries[stem].product.map(|(_, branch)| branch);
                let branches = self.of_order(branch_order);
                for branch in branches.start..last.map_or(branches.end, |last| branches.end.min(last + 1)) {
                    let (u, v) = (self.entries[stem], self.entries[branch]);
                    if !self.colouring.joins(u.root, v.root) {
                        continue;
                    }
                    let multiplicity = if last == Some(branch) { u.multiplicity + 1 } else { 1 };
                    self.entries.push(Entry {
                        order,
                        root: u.root,
                        product: Some((stem, branch)),
                        multiplicity,
                        symmetry: u.symmetry * v.symmetry * multiplicity,
                        density: u.density / stem_order as u64 * v.density * order as u64,
                    });
                }
            }
        }
        self.starts.push(self.entries.len());
        Ok(())
    }

    /// Which trees there are.
    pub fn colouring(&self) -> Colouring {
        self.colouring
    }

    /// The highest order that the table has.
    pub fn order(&self) -> usize {
        self.starts.len() - 1
    }

    /// The indices of the trees of `order`, empty if the table does not have them. The single [`TIME`] vertex is among
    /// those of order 1.
    pub fn of_order(&self, order: usize) -> std::ops::Range<usize> {
        match (order.checked_sub(1).and_then(|k| self.starts.get(k)), self.starts.get(order)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// The tree of this index.
    ///
    /// # Panics
    /// If the table does not have it, as indexing a slice does.
    pub fn tree(&self, index: usize) -> RootedTree {
        match self.entries[index].product {
            None => RootedTree::vertex(self.entries[index].root),
            Some((stem, branch)) => self.tree(stem).with_branch(&self.tree(branch)),
        }
    }

    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    /// The index of the Butcher product of two trees; none if the table does not have it.
    pub(super) fn product(&self, stem: usize, branch: usize) -> Option<usize> {
        match self.entries[stem].product {
            // Branches are added in descending order.
            Some((lower, last)) if last < branch => self.product(self.product(lower, branch)?, last),
            _ => {
                let place = |stem: usize, branch: usize| (Reverse(self.entries[branch].order), stem, branch);
                let trees = self.of_order(self.entries[stem].order + self.entries[branch].order);
                let found = self.entries[trees.clone()].binary_search_by_key(&Some(place(stem, branch)), |entry| {
                    entry.product.map(|(stem, branch)| place(stem, branch))
                });
                Some(trees.start + found.ok()?)
            }
        }
    }

    /// The index of the tree with the root of `tree` and the branches of both trees; none if the table does not have it.
    pub(super) fn merged(&self, tree: usize, other: usize) -> Option<usize> {
        match self.entries[other].product {
            None => Some(tree),
            Some((stem, branch)) => self.product(self.merged(tree, stem)?, branch),
        }
    }

    /// The branches of a tree's root, and the rest of the tree for each.
    pub(super) fn cuts(&self, tree: usize) -> Vec<(usize, usize)> {
        let Some((stem, branch)) = self.entries[tree].product else { return Vec::new() };
        let further = self.cuts(stem).into_iter().filter_map(|(rest, cut)| Some((self.product(rest, branch)?, cut)));
        std::iter::once((stem, branch)).chain(further).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn coloured(colours: u8) -> Colouring {
        Colouring { colours, ..Colouring::PLAIN }
    }

    /// RootedTrees.jl, `test/rootedtree_tests.jl`; OEIS A000081, A000151, A006964.
    #[test]
    fn counts() {
        let plain = Colouring::PLAIN.count_trees(90);
        let known = [1, 1, 2, 4, 9, 20, 48, 115, 286, 719, 1842, 4766, 12486, 32973, 87811];
        assert_eq!(plain[..15], known.map(Some));
        assert_eq!(plain[39], Some(11_703_780_079_612_453), "order 40");
        assert!(plain[79].is_some());
        assert_eq!(coloured(2).count_trees(9), [2, 4, 14, 52, 214, 916, 4116, 18996, 89894].map(Some));
        assert_eq!(coloured(3).count_trees(5), [3, 9, 45, 246, 1485].map(Some));
        assert!(coloured(200).count_trees(90).last().unwrap().is_none(), "overflow is no number");
        assert_eq!((Colouring::PLAIN.highest_order(200), coloured(2).highest_order(200_000)), (8, 9));
    }

    #[test]
    fn trees_are_as_many_as_counted_and_all_different() {
        let colourings = [(1, false, false), (1, false, true), (2, false, false), (2, true, false), (3, true, true)];
        for (colours, separable, time) in colourings {
            let colouring = Colouring { colours, separable, time };
            let order = if colours == 1 { 9 } else { 5 };
            let table = TreeTable::new(colouring, order).unwrap();
            for (p, count) in (1..=order).zip(colouring.count_trees(order)) {
                let indices = table.of_order(p).filter(|&i| table.entry(i).root != TIME);
                let trees: Vec<RootedTree> = indices.map(|i| table.tree(i)).collect();
                assert_eq!(Some(trees.len() as u128), count, "{colouring:?}, order {p}");
                assert!(trees.iter().all(|t| t.order() == p));
                assert_eq!(trees.iter().collect::<HashSet<_>>().len(), trees.len());
            }
        }
    }

    #[test]
    fn symmetry_and_density_agree_with_those_of_the_trees() {
        for colouring in [Colouring::PLAIN, Colouring { colours: 2, separable: false, time: true }] {
            let order = if colouring.time { 5 } else { 9 };
            let table = TreeTable::new(colouring, order).unwrap();
            for p in 1..=order {
                for i in table.of_order(p) {
                    let (tree, entry) = (table.tree(i), table.entry(i));
                    assert_eq!(
                        (tree.symmetry(), tree.density()),
                        (entry.symmetry.into(), entry.density.into()),
                        "{tree}"
                    );
                    let factorial: u128 = (1..=p as u128).product();
                    assert_eq!(tree.symmetry() * tree.alpha() * tree.density(), factorial, "{tree}");
                }
            }
        }
        // The labellings of all trees: monotonic ones, (p − 1)!; all, p^(p−1).
        let table = TreeTable::new(Colouring::PLAIN, 9).unwrap();
        let sum = |f: fn(&RootedTree) -> u128| table.of_order(9).map(|i| f(&table.tree(i))).sum::<u128>();
        assert_eq!((sum(RootedTree::alpha), sum(RootedTree::beta)), (40320, 9u128.pow(8)));
    }

    #[test]
    fn products_are_those_of_the_trees() {
        for (colours, order) in [(1, 7), (2, 4)] {
            let table = TreeTable::new(coloured(colours), order).unwrap();
            let all = 0..table.of_order(order).end;
            for (u, v) in all.clone().flat_map(|u| all.clone().map(move |v| (u, v))) {
                let found = table.product(u, v);
                let (u, v) = (table.tree(u), table.tree(v));
                assert_eq!(found.is_some(), u.order() + v.order() <= order);
                assert!(found.is_none_or(|i| table.tree(i) == u.butcher_product(&v).unwrap()), "{u} and {v}");
            }
            for tree in all {
                assert_eq!(table.cuts(tree).len(), table.tree(tree).subtrees().len());
                assert!(table.cuts(tree).into_iter().all(|(rest, cut)| table.product(rest, cut) == Some(tree)));
            }
        }
        let table = TreeTable::new(Colouring::PLAIN, 5).unwrap();
        let index = |levels: &[usize]| {
            let tree = RootedTree::from_levels(levels).unwrap();
            table.of_order(levels.len()).find(|&i| table.tree(i) == tree).unwrap()
        };
        assert_eq!(table.merged(index(&[1, 2, 2]), index(&[1, 2, 3])), Some(index(&[1, 2, 2, 2, 3])));
    }

    #[test]
    fn too_many_trees_are_refused() {
        assert_eq!(TreeTable::new(Colouring::PLAIN, 12).unwrap().of_order(12).len(), 4766);
        let error = TreeTable::new(coloured(30), 12).unwrap_err().to_string();
        assert_eq!(error, "order is 4, expected at most 3, there are too many trees beyond");
        assert!(TreeTable::new(coloured(0), 1).unwrap_err().to_string().contains("from 1 to 254"));
        assert!(TreeTable::new(coloured(255), 1).is_err());
        let table = TreeTable::new(Colouring::PLAIN, 3).unwrap();
        assert_eq!((table.of_order(0), table.of_order(4), table.of_order(usize::MAX)), (0..0, 0..0, 0..0));
    }
}
