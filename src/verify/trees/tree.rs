//! Rooted trees, the index set of order conditions.

use std::fmt;

use crate::Error;

/// The most vertices that a [`RootedTree`] may have: `34!` is the largest factorial below `2^128`.
pub const MAX_VERTICES: usize = 34;

/// The colour of a leaf that stands for time, the component `ṫ = 1` of a problem made autonomous.
pub const TIME: u8 = u8::MAX;

/// A rooted tree without order among siblings, its vertices coloured if the problem has several components.
///
/// A tree is kept as its level sequence: the vertices in depth-first order, each with its distance from the root, counted
/// from 1, the largest of such sequences in lexicographic order. Two trees are equal if and only if these are.
///
/// `Display` prints nested brackets of a vertex's children, `τ` for a leaf, `t` for a leaf that is [`TIME`]; if a colour is
/// not 0, colours are subscripts.
///
/// Source: T. Beyer, S. M. Hedetniemi, SIAM J. Comput. 9 (1980) 706–712; E. Hairer, S. P. Nørsett, G. Wanner, Solving
/// Ordinary Differential Equations I (1993), II.2.
///
/// ```
/// use kutta::verify::tree::RootedTree;
///
/// let tree = RootedTree::from_levels(&[1, 2, 2, 3])?;
/// assert_eq!(tree.levels(), [1, 2, 3, 2]);
/// assert_eq!(tree.to_string(), "[τ,[τ]]");
/// assert_eq!((tree.order(), tree.symmetry(), tree.density(), tree.alpha()), (4, 1, 8, 3));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootedTree {
    vertices: Vec<Vertex>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Vertex {
    level: u8,
    colour: u8,
}

impl RootedTree {
    /// The tree of one vertex, of colour 0.
    pub fn single() -> Self {
        Self::vertex(0)
    }

    /// The tree of one vertex of this colour.
    pub fn vertex(colour: u8) -> Self {
        RootedTree { vertices: vec![Vertex { level: 1, colour }] }
    }

    /// The tree with this level sequence, which need not be the canonical one; all colours are 0.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the sequence starts with 1, goes on with levels from 2 to one above the one before,
    /// and has at most [`MAX_VERTICES`].
    pub fn from_levels(levels: &[usize]) -> Result<Self, Error> {
        Self::coloured(levels, &vec![0; levels.len()])
    }

    /// The tree with this level sequence, the vertices in that sequence coloured.
    ///
    /// # Errors
    /// As [`RootedTree::from_levels`]; [`Error::ShapeMismatch`] unless there are as many colours as levels.
    pub fn coloured(levels: &[usize], colours: &[u8]) -> Result<Self, Error> {
        Error::check_len("colours", "entries", colours.len(), levels.len())?;
        let valid = levels.first() == Some(&1)
            && levels.len() <= MAX_VERTICES
            && levels.windows(2).all(|pair| (2..=pair[0] + 1).contains(&pair[1]));
        if !valid {
            return Err(Error::invalid(
                "level sequence",
                format!("{levels:?}"),
                format!("1, then levels from 2 to one above the level before, at most {MAX_VERTICES} levels in all"),
            ));
        }
        // A level is at most `MAX_VERTICES`.
        let vertices: Vec<_> =
            levels.iter().zip(colours).map(|(&level, &colour)| Vertex { level: level as u8, colour }).collect();
        Ok(RootedTree { vertices: canonical(&vertices) })
    }

    /// The canonical level sequence.
    pub fn levels(&self) -> Vec<usize> {
        self.vertices.iter().map(|v| usize::from(v.level)).collect()
    }

    /// The colours of the vertices, in the order of the [level sequence](RootedTree::levels).
    pub fn colours(&self) -> Vec<u8> {
        self.vertices.iter().map(|v| v.colour).collect()
    }

    /// The number of vertices `|t|`.
    pub fn order(&self) -> usize {
        self.vertices.len()
    }

    /// The number of symmetries `σ(t)`: `σ([t_1^{m_1}, …, t_k^{m_k}]) = Π m_i! σ(t_i)^{m_i}`.
    pub fn symmetry(&self) -> u128 {
        symmetry(&self.vertices)
    }

    /// The density `γ(t)`: `γ([t_1, …, t_k]) = |t| Π γ(t_i)`. The exact solution's elementary weight is `1/γ(t)`.
    pub fn density(&self) -> u128 {
        density(&self.vertices)
    }

    /// The number of monotonic labellings `α(t) = |t|! / (σ(t) γ(t))`.
    pub fn alpha(&self) -> u128 {
        factorial(self.order()) / (self.symmetry() * self.density())
    }

    /// The number of labellings `β(t) = α(t) γ(t) = |t|! / σ(t)`.
    pub fn beta(&self) -> u128 {
        factorial(self.order()) / self.symmetry()
    }

    /// The subtrees that are left when the root is removed, largest level sequence first.
    pub fn subtrees(&self) -> Vec<RootedTree> {
        let lowered = |child: &[Vertex]| RootedTree { vertices: shifted(child, -1).collect() };
        children(&self.vertices).map(lowered).collect()
    }

    /// The Butcher product `self ∘ branch`: the root of `branch` becomes a child of the root of `self`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the result has more than [`MAX_VERTICES`].
    pub fn butcher_product(&self, branch: &RootedTree) -> Result<RootedTree, Error> {
        let order = self.order() + branch.order();
        if order > MAX_VERTICES {
            return Err(Error::invalid("order of the product", order, format!("at most {MAX_VERTICES}")));
        }
        Ok(self.with_branch(branch))
    }

    /// [`RootedTree::butcher_product`] of trees that are known to be small.
    pub(super) fn with_branch(&self, branch: &RootedTree) -> RootedTree {
        let joined: Vec<_> = self.vertices.iter().copied().chain(shifted(&branch.vertices, 1)).collect();
        RootedTree { vertices: canonical(&joined) }
    }
}

impl fmt::Display for RootedTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coloured = self.vertices.iter().any(|v| v.colour != 0 && v.colour != TIME);
        let mut text = String::new();
        bracket(&self.vertices, coloured, &mut text);
        f.pad(&text)
    }
}

fn bracket(tree: &[Vertex], coloured: bool, text: &mut String) {
    let colour = tree[0].colour;
    match (tree.len(), colour) {
        (1, TIME) => return text.push('t'),
        (1, _) => text.push('τ'),
        _ => {
            // The smallest subtree first, as is usual.
            let subtrees: Vec<_> = children(tree).collect();
            for (k, child) in subtrees.iter().rev().enumerate() {
                text.push(if k == 0 { '[' } else { ',' });
                bracket(child, coloured, text);
            }
            text.push(']');
        }
    }
    if coloured {
        let subscript = |digit: char| char::from_u32('₀' as u32 + digit as u32 - '0' as u32);
        text.extend(colour.to_string().chars().filter_map(subscript));
    }
}

/// The vertices of the subtrees of a tree's root, one slice each.
fn children(tree: &[Vertex]) -> impl Iterator<Item = &[Vertex]> {
    let level = tree[0].level + 1;
    let mut rest = &tree[1..];
    std::iter::from_fn(move || {
        let (_, tail) = rest.split_first()?;
        let end = 1 + tail.iter().position(|v| v.level == level).unwrap_or(tail.len());
        let (child, others) = rest.split_at(end);
        rest = others;
        Some(child)
    })
}

fn canonical(tree: &[Vertex]) -> Vec<Vertex> {
    let mut subtrees: Vec<_> = children(tree).map(canonical).collect();
    subtrees.sort_by(|a, b| b.cmp(a));
    std::iter::once(tree[0]).chain(subtrees.into_iter().flatten()).collect()
}

fn shifted(tree: &[Vertex], by: i8) -> impl Iterator<Item = Vertex> {
    tree.iter().map(move |v| Vertex { level: v.level.saturating_add_signed(by), ..*v })
}

fn symmetry(tree: &[Vertex]) -> u128 {
    let (mut product, mut equal, mut last) = (1, 0, None);
    for child in children(tree) {
        equal = if last == Some(child) { equal + 1 } else { 1 };
        product *= equal * symmetry(child);
        last = Some(child);
    }
    product
}

fn density(tree: &[Vertex]) -> u128 {
    children(tree).map(density).product::<u128>() * tree.len() as u128
}

/// `n!` for `n ≤ 34`.
fn factorial(n: usize) -> u128 {
    (1..=n as u128).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(levels: &[usize]) -> RootedTree {
        RootedTree::from_levels(levels).unwrap()
    }

    /// RootedTrees.jl, `test/rootedtree_tests.jl`.
    #[test]
    fn functions_of_small_trees() {
        let cases: [(&[usize], u128, u128, u128); 17] = [
            (&[1], 1, 1, 1),
            (&[1, 2], 1, 2, 1),
            (&[1, 2, 2], 2, 3, 1),
            (&[1, 2, 3], 1, 6, 1),
            (&[1, 2, 2, 2], 6, 4, 1),
            (&[1, 2, 2, 3], 1, 8, 3),
            (&[1, 2, 3, 3], 2, 12, 1),
            (&[1, 2, 3, 4], 1, 24, 1),
            (&[1, 2, 2, 2, 2], 24, 5, 1),
            (&[1, 2, 2, 2, 3], 2, 10, 6),
            (&[1, 2, 2, 3, 3], 2, 15, 4),
            (&[1, 2, 2, 3, 4], 1, 30, 4),
            (&[1, 2, 3, 2, 3], 2, 20, 3),
            (&[1, 2, 3, 3, 3], 6, 20, 1),
            (&[1, 2, 3, 3, 4], 1, 40, 3),
            (&[1, 2, 3, 4, 4], 2, 60, 1),
            (&[1, 2, 3, 4, 5], 1, 120, 1),
        ];
        for (levels, symmetry, density, alpha) in cases {
            let t = tree(levels);
            assert_eq!((t.symmetry(), t.density(), t.alpha()), (symmetry, density, alpha), "{t}");
            assert_eq!(t.beta(), alpha * density, "{t}");
        }
    }

    /// nodepy, `rooted_trees.py`: `{T^2{T{T}}{T}}` and `{T^2{T{T}}}`.
    #[test]
    fn functions_of_larger_trees() {
        let t = tree(&[1, 2, 2, 2, 3, 3, 4, 2, 3]);
        assert_eq!((t.order(), t.density(), t.symmetry()), (9, 144, 2));
        let t = tree(&[1, 2, 2, 2, 3, 3, 4]);
        assert_eq!((t.order(), t.density(), t.symmetry()), (7, 56, 2));
        let bush = tree(&[&[1][..], &[2; 33]].concat());
        assert_eq!(bush.symmetry(), factorial(33));
        assert_eq!(tree(&(1..=34).collect::<Vec<_>>()).density(), factorial(34));
    }

    #[test]
    fn siblings_are_not_ordered() {
        assert_eq!(tree(&[1, 2, 2, 3, 2, 3, 3]), tree(&[1, 2, 3, 3, 2, 3, 2]));
        assert_eq!(tree(&[1, 2, 2, 3]).levels(), [1, 2, 3, 2]);
        let coloured = |colours: &[u8]| RootedTree::coloured(&[1, 2, 2], colours).unwrap();
        assert_eq!(coloured(&[0, 1, 0]), coloured(&[0, 0, 1]));
        assert_eq!((coloured(&[0, 1, 0]).symmetry(), coloured(&[0, 1, 1]).symmetry()), (1, 2));
        assert_ne!(coloured(&[0, 1, 0]), coloured(&[1, 0, 0]));
    }

    #[test]
    fn brackets() {
        let text = |levels: &[usize]| tree(levels).to_string();
        assert_eq!(text(&[1]), "τ");
        assert_eq!(text(&[1, 2, 3, 2]), "[τ,[τ]]");
        assert_eq!(text(&[1, 2, 3, 3, 2, 2]), "[τ,τ,[τ,τ]]");
        let coloured = |colours: &[u8]| RootedTree::coloured(&[1, 2, 3], colours).unwrap().to_string();
        assert_eq!(coloured(&[0, 1, 12]), "[[τ₁₂]₁]₀");
        assert_eq!(coloured(&[0, 0, TIME]), "[[t]]");
        assert_eq!(format!("{:>4}", RootedTree::single()), "   τ");
    }

    #[test]
    fn products_and_subtrees_undo_each_other() {
        let t = tree(&[1, 2, 3, 3, 2, 3, 2]);
        let again = t.subtrees().iter().fold(RootedTree::single(), |t, branch| t.butcher_product(branch).unwrap());
        assert_eq!(again, t);
        assert_eq!(t.subtrees(), [tree(&[1, 2, 2]), tree(&[1, 2]), tree(&[1])]);
        assert_eq!(tree(&[1, 2]).butcher_product(&tree(&[1, 2, 2])).unwrap(), tree(&[1, 2, 3, 3, 2]));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for levels in [&[][..], &[0], &[2], &[1, 1], &[1, 3], &[1, 2, 4], &[1, 2, 0], &[1; 2], &[1, usize::MAX]] {
            let error = RootedTree::from_levels(levels).unwrap_err().to_string();
            assert!(error.starts_with(&format!("level sequence is {levels:?}, expected 1, then")), "{error}");
        }
        let tall: Vec<usize> = (1..=MAX_VERTICES + 1).collect();
        assert!(RootedTree::from_levels(&tall).is_err());
        let tall = tree(&tall[..MAX_VERTICES]);
        assert!(tall.butcher_product(&RootedTree::single()).unwrap_err().to_string().contains("at most 34"));
        assert!(RootedTree::coloured(&[1, 2], &[0]).is_err());
    }
}
