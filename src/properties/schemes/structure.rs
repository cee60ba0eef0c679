//! Random schemes of a given structure.

use super::super::fraction::{Fraction, fraction, fractions};
use super::RandomScheme;
use num_traits::Zero;
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// A random matrix, drawn at full size: a scheme takes its leading part, so that stages and entries shrink by themselves.
#[derive(Debug)]
pub(super) struct Entries {
    most: usize,
    entries: Vec<Fraction>,
}

impl Entries {
    pub fn at(&self, i: usize, j: usize) -> Fraction {
        self.entries[i * self.most + j]
    }
}

pub(super) fn matrix(most: usize) -> impl Strategy<Value = Entries> {
    fractions(1, most * most).prop_map(move |entries| Entries { most, entries })
}

/// The numbers of stages, none of them zero, and the largest.
pub(super) fn from_one(stages: RangeInclusive<usize>) -> (RangeInclusive<usize>, usize) {
    let (fewest, most) = (stages.start().max(&1), stages.end().max(&1));
    (*fewest..=*most, *most)
}

/// Numbers 1 to 4, of which the first `s` are made to weights.
pub(super) fn shares(most: usize) -> impl Strategy<Value = Vec<i128>> {
    prop::collection::vec(1..=4i128, most)
}

/// Positive weights in the ratio of these shares.
pub(super) fn weights(shares: &[i128]) -> Vec<Fraction> {
    let total: i128 = shares.iter().sum();
    shares.iter().map(|&n| Fraction::new(n, total)).collect()
}

/// As [`weights`], the same from either end: the latter half of the shares is not used.
fn palindromic(shares: &[i128]) -> Vec<Fraction> {
    let s = shares.len();
    weights(&(0..s).map(|i| shares[i.min(s - 1 - i)]).collect::<Vec<_>>())
}

/// The scheme with these weights and the entries `entry(i, j)`.
fn scheme(name: &str, b: Vec<Fraction>, entry: impl Fn(usize, usize) -> Fraction) -> RandomScheme {
    let s = b.len();
    RandomScheme::exact(name, (0..s).map(|i| (0..s).map(|j| entry(i, j)).collect()).collect(), b)
}

fn zero() -> Fraction {
    Fraction::zero()
}

fn half() -> Fraction {
    Fraction::new(1, 2)
}

/// Explicit schemes: entries in `[-1, 1]` below the diagonal, positive weights. Order 1 at least.
///
/// Like all of this module's strategies it shrinks to few stages and simple fractions.
pub fn explicit(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most)).prop_map(|(s, entry, shares)| {
        scheme("explicit", weights(&shares[..s]), |i, j| if j < i { entry.at(i, j) } else { zero() })
    })
}

/// Diagonally implicit schemes: entries in `[-1, 1]` below the diagonal, in `[1/12, 1]` on it, positive weights. Order 1
/// at least.
pub fn diagonally_implicit(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most)).prop_map(|(s, entry, shares)| {
        scheme("diagonally implicit", weights(&shares[..s]), |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Less => zero(),
            std::cmp::Ordering::Equal => num_traits::abs(entry.at(i, i)).max(Fraction::new(1, 12)),
            std::cmp::Ordering::Greater => entry.at(i, j),
        })
    })
}

/// Fully implicit schemes: entries in `[-1/2, 1/2]`, positive weights. Order 1 at least.
pub fn fully_implicit(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most))
        .prop_map(|(s, entry, shares)| scheme("fully implicit", weights(&shares[..s]), |i, j| half() * entry.at(i, j)))
}

/// Symmetric (self-adjoint) schemes: a step with `-h` undoes a step with `h`, and the order is even.
///
/// `a_ij = b_j/2 + d_ij` with `d_{s+1-i,s+1-j} = -d_ij` and `b_{s+1-j} = b_j`, so that `a_{s+1-i,s+1-j} + a_ij = b_j`.
pub fn symmetric(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most)).prop_map(|(s, entry, shares)| {
        let b = palindromic(&shares[..s]);
        let odd = |i: usize, j: usize| (entry.at(i, j) - entry.at(s - 1 - i, s - 1 - j)) / 4;
        scheme("symmetric", b.clone(), |i, j| b[j] * half() + odd(i, j))
    })
}

/// Symmetric schemes that are diagonally implicit, and symplectic: steps of the implicit midpoint rule, of lengths that
/// are the same from either end.
pub fn symmetric_diagonally_implicit(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, shares(most)).prop_map(|(s, shares)| midpoints("symmetric, of midpoint rules", palindromic(&shares[..s])))
}

/// Symplectic schemes: they keep quadratic invariants, and the symplectic form of Hamiltonian fields.
///
/// `a_ij = b_j/2 + s_ij/b_i` with a skew-symmetric matrix `s`, so that `b_i a_ij + b_j a_ji = b_i b_j`.
pub fn symplectic(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, matrix(most), shares(most)).prop_map(|(s, entry, shares)| {
        let b = weights(&shares[..s]);
        let skew = |i: usize, j: usize| (entry.at(i, j) - entry.at(j, i)) / 8;
        scheme("symplectic", b.clone(), |i, j| b[j] * half() + skew(i, j) / b[i])
    })
}

/// Symplectic schemes that are diagonally implicit: steps of the implicit midpoint rule of lengths `b_1 h, b_2 h, …`, of
/// which one may be negative. `a_ij = b_j` below the diagonal, `b_i/2` on it.
pub fn symplectic_diagonally_implicit(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    (stages, shares(most), any::<bool>()).prop_map(|(s, mut shares, backward)| {
        // One length backward, shorter than the sum of the others.
        if backward && s > 2 {
            shares[1] *= -1;
            shares[0] = 5;
        }
        midpoints("symplectic, of midpoint rules", weights(&shares[..s]))
    })
}

fn midpoints(name: &str, b: Vec<Fraction>) -> RandomScheme {
    scheme(name, b.clone(), |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Less => zero(),
        std::cmp::Ordering::Equal => b[j] * half(),
        std::cmp::Ordering::Greater => b[j],
    })
}

/// Algebraically stable schemes: steps on a field of one-sided Lipschitz constant 0 or less bring states no further
/// apart, whatever the step size.
///
/// `a_ij = b_j/2 + (s_ij + g_i g_j)/b_i` with a skew-symmetric matrix `s` and a vector `g`, so that
/// `b_i a_ij + b_j a_ji - b_i b_j = 2 g_i g_j` is positive semidefinite, and `b_i > 0`.
pub fn algebraically_stable(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let (stages, most) = from_one(stages);
    let damping = prop::collection::vec(fraction(1), most);
    (stages, matrix(most), shares(most), damping).prop_map(|(s, entry, shares, g)| {
        let b = weights(&shares[..s]);
        let skew = |i: usize, j: usize| (entry.at(i, j) - entry.at(j, i)) / 8;
        scheme("algebraically stable", b.clone(), |i, j| b[j] * half() + (skew(i, j) + g[i] * g[j] / 4) / b[i])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        /// The algebra of every class, on the numbers that the tableau has.
        #[test]
        fn structure_is_what_the_class_says(
            e in explicit(1..=5), d in diagonally_implicit(1..=5), r in symmetric(1..=5),
            rd in symmetric_diagonally_implicit(1..=5), q in symplectic(1..=5),
            qd in symplectic_diagonally_implicit(1..=5), k in algebraically_stable(1..=5),
        ) {
            prop_assert!(e.is_explicit() && d.is_diagonally_implicit(), "{e} {d}");
            prop_assert!(rd.is_diagonally_implicit() && qd.is_diagonally_implicit(), "{rd} {qd}");
            for t in [r, rd.clone()] {
                let s = t.stages();
                for (i, j) in (0..s * s).map(|k| (k / s, k % s)) {
                    let sum = t.a(i, j) + t.a(s - 1 - i, s - 1 - j);
                    prop_assert!((sum - t.b()[j]).abs() < 1e-15, "{t}");
                }
            }
            let form = |t: &RandomScheme, i: usize, j: usize| {
                t.b()[i] * t.a(i, j) + t.b()[j] * t.a(j, i) - t.b()[i] * t.b()[j]
            };
            for t in [q, qd, rd] {
                let s = t.stages();
                prop_assert!((0..s * s).all(|k| form(&t, k / s, k % s).abs() < 1e-15), "{t}");
            }
            let s = k.stages();
            let m = nalgebra::DMatrix::from_fn(s, s, |i, j| form(&k, i, j));
            prop_assert!(m.symmetric_eigenvalues().iter().all(|&x| x > -1e-14), "{k}");
        }
    }
}
