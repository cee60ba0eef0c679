//! Random partitioned pairs.

use super::super::fraction::{Fraction, rounded};
use super::structure::{from_one, matrix, shares, weights};
use crate::Tableau;
use crate::tableau::{Method, PartitionedTableau};
use proptest::prelude::*;
use std::fmt;
use std::ops::{Deref, RangeInclusive};

/// A random [`PartitionedTableau`] whose `Debug` is its two arrays.
#[derive(Clone, PartialEq)]
pub struct RandomPair(pub PartitionedTableau);

impl Deref for RandomPair {
    type Target = PartitionedTableau;
    fn deref(&self) -> &PartitionedTableau {
        &self.0
    }
}

impl From<RandomPair> for Method {
    fn from(pair: RandomPair) -> Self {
        pair.0.into()
    }
}

impl fmt::Debug for RandomPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Symplectic pairs, of order 1 at least: positive weights `b = b̂`, entries of `A` in `[-1/2, 1/2]`, and
/// `â_ij = b_j - b_j a_ji / b_i`, so that `b_i â_ij + b̂_j a_ji = b_i b̂_j`.
///
/// ```
/// use kutta::{field::InParts, properties::*};
/// use proptest::prelude::*;
///
/// proptest! {
/// #   #![proptest_config(ProptestConfig::with_cases(8))]
///     # /*
///     #[test]
///     # */
///     fn pairs_are_symplectic(pair in symplectic_pair(1..=2), field in hamiltonian(1), at in at(2, 0.125)) {
///         let field = InParts::new(field, 1).unwrap();
///         let at = at.shortened_for(pair.first()).shortened_for(pair.second());
///         assert_symplectic(tangent(&pair, &field), &at, 1e-11)?;
///     }
/// }
/// # pairs_are_symplectic();
/// ```
pub fn symplectic_pair(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomPair> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most)).prop_map(|(s, entry, shares)| {
        let b = weights(&shares[..s]);
        let first = |i: usize, j: usize| entry.at(i, j) / 2;
        let second = |i: usize, j: usize| b[j] - b[j] * first(j, i) / b[i];
        let tableau = |entry: &dyn Fn(usize, usize) -> Fraction| {
            let rows: Vec<Vec<Fraction>> = (0..s).map(|i| (0..s).map(|j| entry(i, j)).collect()).collect();
            let c: Vec<f64> = rows.iter().map(|row| rounded(row.iter().sum())).collect();
            let a: Vec<Vec<f64>> = rows.into_iter().map(|row| row.into_iter().map(rounded).collect()).collect();
            Tableau::new(a, b.iter().copied().map(rounded).collect::<Vec<f64>>(), c)
        };
        let pair = tableau(&first).and_then(|first| PartitionedTableau::new(first, tableau(&second)?));
        RandomPair(pair.expect("weights that sum to one").named("symplectic pair"))
    })
}
