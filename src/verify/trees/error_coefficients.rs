//! The leading terms of the error of a step.

use super::tree::RootedTree;
use super::weights::{ElementaryWeights, SchemeOnTrees};
use crate::Error;
use crate::tableau::coefficients::Scalar;

/// The size of a scheme's error coefficients of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorNorm {
    /// The order of the trees.
    pub order: usize,
    /// The Euclidean norm of the vector of error coefficients.
    pub norm: f64,
    /// The largest error coefficient, with its sign.
    pub largest: f64,
    /// Its tree.
    pub tree: RootedTree,
}

impl<T: Scalar> SchemeOnTrees<'_, T> {
    /// The error coefficients `(Φ(t) − 1/γ(t)) / σ(t)` for all trees of `order`: the terms of order `h^{|t|}` in a
    /// step's error are these, times the elementary differentials `F(t)(y)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there are too many trees.
    pub fn error_coefficients(&self, order: usize) -> Result<Vec<(RootedTree, T)>, Error> {
        let weights = ElementaryWeights::new(self, order)?;
        Ok(weights.of_order(order).map(|i| (weights.table().tree(i), weights.error_coefficient(i))).collect())
    }

    /// The size of the [error coefficients](SchemeOnTrees::error_coefficients) of `order`.
    ///
    /// With `p` the scheme's order, the norms for `p + 1` and `p + 2` are `A^{(p+1)}` and `A^{(p+2)}` of C. A. Kennedy,
    /// M. H. Carpenter, R. M. Lewis, Appl. Numer. Math. 35 (2000) 177–219.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `order` is 0 or there are too many trees.
    pub fn error_norm(&self, order: usize) -> Result<ErrorNorm, Error> {
        let weights = ElementaryWeights::new(self, order)?;
        let coefficients = || weights.of_order(order).map(|i| (i, weights.error_coefficient(i)));
        let squares = coefficients().fold(T::zero(), |sum, (_, x)| sum + x.clone() * &x);
        let sizes = coefficients().map(|(i, x)| (i, x.to_f64()));
        let Some((i, largest)) = sizes.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) else {
            return Err(Error::invalid("order", order, "at least 1"));
        };
        Ok(ErrorNorm { order, norm: squares.to_f64().sqrt(), largest, tree: weights.table().tree(i) })
    }

    /// The [size of the error coefficients](SchemeOnTrees::error_norm) of order `p + 1`, where `p` is the scheme's order: the
    /// principal error norm. None if `p` is not known, or there are too many trees.
    pub fn principal_error(&self) -> Option<ErrorNorm> {
        let order = self.order();
        order.is_known.then(|| self.error_norm(order.order + 1).ok()).flatten()
    }
}
