//! Elementary weights of schemes: what a scheme's solution has in place of the exact solution's `1/γ(t)`.

use super::tree::TIME;
use super::tree_table::{Colouring, TreeTable};
use crate::Error;
use crate::tableau::coefficients::{Certainty, Coefficients, Scalar};

/// A scheme as the theory of order sees it: one tableau for each component of the problem, all with the same number of
/// stages.
///
/// - A Runge–Kutta scheme has [one](SchemeOnTrees::of).
/// - A [pair or an additive scheme](SchemeOnTrees::additive) has several: for `ẏ_w = F_w(t, y_1, …, y_N)`, or for
///   `ẏ = Σ_w F_w(t, y)`, whose conditions are the same,
///
/// ```text
/// k^w_i = F_w(t_n + c^w_i h, Y_i),   Y_i: stages with Σ_j a^w_ij k^w_j,   step with Σ_i b^w_i k^w_i .
/// ```
///
/// Time is a further component where nodes are free. Where each node `c^w_i` is a row sum of some tableau that acts on
/// `F_w`'s arguments, time goes along with that component, and asks for nothing more.
#[derive(Debug, Clone)]
pub struct SchemeOnTrees<'a, T> {
    pub(super) parts: Vec<Part<'a, T>>,
    separable: bool,
    pub(super) certainty: Certainty,
}

#[derive(Debug, Clone)]
pub(super) struct Part<'a, T> {
    coefficients: &'a Coefficients<T>,
    pub b: &'a [T],
    pub c: Vec<T>,
}

impl<T: Scalar> Part<'_, T> {
    /// `Σ_j a_ij v_j` for all `i`.
    pub fn apply(&self, v: &[T]) -> impl Iterator<Item = T> {
        (0..self.b.len()).map(move |i| dot(self.coefficients.row(i), v))
    }

    /// `Σ_i v_i a_ij` for all `j`.
    pub fn apply_transposed(&self, v: &[T]) -> impl Iterator<Item = T> {
        let s = self.b.len();
        (0..s).map(move |j| sum_of_products((0..s).map(move |i| (&v[i], self.coefficients.a(i, j)))))
    }

    pub fn row_sums(&self) -> Vec<T> {
        self.apply(&vec![T::one(); self.b.len()]).collect()
    }
}

/// `Σ_i u_i v_i`.
pub(in crate::verify) fn dot<T: Scalar>(u: &[T], v: &[T]) -> T {
    sum_of_products(u.iter().zip(v))
}

fn sum_of_products<'v, T: Scalar + 'v>(pairs: impl Iterator<Item = (&'v T, &'v T)>) -> T {
    pairs.filter(|(x, _)| !x.is_zero()).fold(T::zero(), |sum, (x, y)| sum + x.clone() * y)
}

impl<'a, T: Scalar> SchemeOnTrees<'a, T> {
    /// A Runge–Kutta scheme.
    pub fn of(scheme: &'a Coefficients<T>) -> Self {
        Self::joined(vec![(scheme, &scheme.b)])
    }

    /// A Runge–Kutta scheme's embedded one, if it has embedded weights.
    pub fn embedded(scheme: &'a Coefficients<T>) -> Option<Self> {
        Some(Self::joined(vec![(scheme, scheme.embedded.as_ref()?)]))
    }

    /// A partitioned pair, or an additive scheme of any number of tableaux.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no tableau or there are more than 254; [`Error::ShapeMismatch`] if their
    /// numbers of stages differ.
    pub fn additive(schemes: &[&'a Coefficients<T>]) -> Result<Self, Error> {
        check_parts(schemes)?;
        Ok(Self::joined(schemes.iter().map(|scheme| (*scheme, scheme.b.as_slice())).collect()))
    }

    /// The embedded scheme of a pair or an additive scheme; none unless each tableau has embedded weights.
    ///
    /// # Errors
    /// As [`SchemeOnTrees::additive`].
    pub fn additive_embedded(schemes: &[&'a Coefficients<T>]) -> Result<Option<Self>, Error> {
        check_parts(schemes)?;
        let parts = schemes.iter().map(|scheme| Some((*scheme, scheme.embedded.as_ref()?.as_slice())));
        Ok(parts.collect::<Option<Vec<_>>>().map(Self::joined))
    }

    fn joined(parts: Vec<(&'a Coefficients<T>, &'a [T])>) -> Self {
        let certainty = parts.iter().fold(Certainty::Proved, |all, (k, _)| all.and(k.certainty));
        let part =
            |(coefficients, b): (&'a Coefficients<T>, &'a [T])| Part { coefficients, b, c: coefficients.c.clone() };
        SchemeOnTrees { parts: parts.into_iter().map(part).collect(), separable: false, certainty }
    }

    /// The same scheme for autonomous problems `ẏ = F(y)`, where nodes do not matter.
    pub fn autonomous(mut self) -> Self {
        for part in &mut self.parts {
            part.c = part.row_sums();
        }
        self
    }

    /// The same scheme for autonomous separable problems, where no component's derivative depends on the component
    /// itself: `ẏ = F_1(z)`, `ż = F_2(y)`, Hamilton's equations for `H = T(p) + V(q)`.
    ///
    /// A scheme of one tableau has no such problems: all conditions but `Σ b_i = 1` disappear.
    pub fn separable(mut self) -> Self {
        self = self.autonomous();
        self.separable = true;
        self
    }

    /// The same scheme for problems that are not [separable](SchemeOnTrees::separable).
    pub(super) fn joint(self) -> Self {
        SchemeOnTrees { separable: false, ..self }
    }

    /// The number of stages.
    pub fn stages(&self) -> usize {
        self.parts[0].b.len()
    }

    pub(super) fn tolerance(&self) -> f64 {
        self.certainty.tolerance()
    }

    /// Which trees the scheme has conditions for.
    pub fn colouring(&self) -> Colouring {
        // There are at most 254.
        let colouring = Colouring { colours: self.parts.len() as u8, separable: self.separable, time: false };
        Colouring { time: !self.separable && self.has_free_nodes(), ..colouring }
    }

    fn has_free_nodes(&self) -> bool {
        let sums: Vec<Vec<T>> = self.parts.iter().map(Part::row_sums).collect();
        let agree = |u: &[T], v: &[T]| u.iter().zip(v).all(|(x, y)| (x.clone() - y).vanishes(self.tolerance()));
        self.parts.iter().any(|part| !sums.iter().any(|sums| agree(&part.c, sums)))
    }
}

fn check_parts<T>(schemes: &[&Coefficients<T>]) -> Result<(), Error> {
    if schemes.is_empty() || schemes.len() >= usize::from(TIME) {
        return Err(Error::invalid("number of tableaux", schemes.len(), "from 1 to 254"));
    }
    schemes.iter().try_for_each(|k| Error::check_len("tableau", "stages", k.stages(), schemes[0].stages()))
}

/// The elementary weights of a scheme for all trees up to some order.
///
/// With `g_i(τ) = 1` and `g_i(u ∘ v) = g_i(u) Σ_j a_ij g_j(v)`, the elementary weight is `Φ(t) = Σ_i b_i g_i(t)`; coefficients
/// are those of the colour of the root that they are summed over. The scheme has order `p` if and only if
/// `Φ(t) = 1/γ(t)` for all trees of order up to `p`.
///
/// Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), II.2 and II.15.
#[derive(Debug, Clone)]
pub struct ElementaryWeights<'m, 'a, T> {
    method: &'m SchemeOnTrees<'a, T>,
    table: TreeTable,
    /// `g_i` of each tree, one after the other.
    stages: Vec<T>,
    /// `Σ_j a_ij g_j` of each tree but those of the highest order.
    lifted: Vec<T>,
}

impl<'m, 'a, T: Scalar> ElementaryWeights<'m, 'a, T> {
    /// The weights of `method` for all trees up to `order`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there are too many trees, see [`TreeTable::new`].
    pub fn new(method: &'m SchemeOnTrees<'a, T>, order: usize) -> Result<Self, Error> {
        let table = TreeTable::new(method.colouring(), 0)?;
        let mut weights = ElementaryWeights { method, table, stages: Vec::new(), lifted: Vec::new() };
        (0..order).try_for_each(|_| weights.grow())?;
        Ok(weights)
    }

    /// Adds the trees of one more order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there are too many trees.
    pub fn grow(&mut self) -> Result<(), Error> {
        let s = self.method.stages();
        let below = self.table.of_order(self.table.order());
        self.table.grow()?;
        for i in below {
            let g = &self.stages[i * s..][..s];
            match self.table.entry(i).root {
                // What takes its place is `c`, of the parent's colour.
                TIME => self.lifted.extend_from_slice(g),
                root => self.lifted.extend(self.method.parts[usize::from(root)].apply(g)),
            }
        }
        for i in self.table.of_order(self.table.order()) {
            let entry = self.table.entry(i);
            let Some((stem, branch)) = entry.product else {
                self.stages.extend(std::iter::repeat_n(T::one(), s));
                continue;
            };
            let factor = match self.table.entry(branch).root {
                TIME => &self.method.parts[usize::from(entry.root)].c[..],
                _ => &self.lifted[branch * s..][..s],
            };
            for (k, factor) in factor.iter().enumerate() {
                let product = self.stages[stem * s + k].clone() * factor;
                self.stages.push(product);
            }
        }
        Ok(())
    }

    /// The trees.
    pub fn table(&self) -> &TreeTable {
        &self.table
    }

    /// The indices of the trees of `order` that there is a condition for: all but the single vertex of time.
    pub fn of_order(&self, order: usize) -> impl Iterator<Item = usize> {
        self.table.of_order(order).filter(|&i| self.table.entry(i).root != TIME)
    }

    /// The elementary weight `Φ(t)` of the tree of this index.
    ///
    /// # Panics
    /// If the table does not have the tree, as indexing a slice does.
    pub fn weight(&self, index: usize) -> T {
        let s = self.method.stages();
        match self.table.entry(index).root {
            TIME => T::one(),
            root => dot(self.method.parts[usize::from(root)].b, &self.stages[index * s..][..s]),
        }
    }

    /// The residual `Φ(t) − 1/γ(t)` of the order condition of the tree of this index.
    ///
    /// # Panics
    /// If the table does not have the tree, as indexing a slice does.
    pub fn residual(&self, index: usize) -> T {
        self.weight(index) - reciprocal::<T>(self.table.entry(index).density)
    }

    /// The error coefficient `(Φ(t) − 1/γ(t)) / σ(t)`, the factor of `h^{|t|} F(t)(y)` in the error of a step.
    ///
    /// # Panics
    /// If the table does not have the tree, as indexing a slice does.
    pub fn error_coefficient(&self, index: usize) -> T {
        self.residual(index) * reciprocal::<T>(self.table.entry(index).symmetry)
    }
}

/// `1/n` for `n ≤ 20!`.
fn reciprocal<T: Scalar>(n: u64) -> T {
    T::ratio(1, n as i64)
}
