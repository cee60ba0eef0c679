//! Random multistep methods.

use super::super::fraction::{Fraction, fractions, rounded};
use crate::tableau::{Method, Multistep};
use num_traits::{One, Zero};
use proptest::prelude::*;
use std::fmt;
use std::ops::{Deref, RangeInclusive};

/// A random [`Multistep`] method whose `Debug` is its formula.
#[derive(Clone, PartialEq)]
pub struct RandomMultistep(pub Multistep);

impl Deref for RandomMultistep {
    type Target = Multistep;
    fn deref(&self) -> &Multistep {
        &self.0
    }
}

impl From<RandomMultistep> for Method {
    fn from(method: RandomMultistep) -> Self {
        method.0.into()
    }
}

impl fmt::Debug for RandomMultistep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl RandomMultistep {
    /// Of the coefficients of `ρ` and `σ`, the constant ones first; zero-stable and consistent by construction.
    fn of(name: &str, rho: &[Fraction], sigma: &[Fraction]) -> Self {
        let newest = rho[rho.len() - 1];
        let alpha: Vec<f64> = rho.iter().rev().skip(1).map(|a| rounded(-a / newest)).collect();
        let beta: Vec<f64> = sigma.iter().rev().map(|b| rounded(b / newest)).collect();
        RandomMultistep(Multistep::new(alpha, beta).expect("a consistent method, zero-stable").named(name))
    }
}

fn times(p: &[Fraction], factor: &[Fraction]) -> Vec<Fraction> {
    let mut product = vec![Fraction::zero(); p.len() + factor.len() - 1];
    for (i, x) in p.iter().enumerate() {
        for (j, y) in factor.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

fn linear(root: Fraction) -> [Fraction; 2] {
    [-root, Fraction::one()]
}

/// Zero-stable multistep methods of `order` from 1 to 4, or more by chance, with as many steps: explicit ones, and implicit ones with
/// `β_0` in `(0, 1]`. Zeros of `ρ` are 1 and multiples of 1/4 in `(-1, 1)`; the other `β` are what the order asks for.
///
/// Like all of this module's strategies it shrinks to simple fractions, here to methods of Adams.
///
/// # Panics
/// If `order` is not 1, 2, 3 or 4.
pub fn zero_stable(order: usize) -> impl Strategy<Value = RandomMultistep> {
    assert!((1..=4).contains(&order), "the order is {order}, expected 1, 2, 3 or 4");
    let roots = prop::collection::vec(-3..=3i128, order - 1);
    (roots, 0..=12i128).prop_map(move |(roots, newest)| {
        let rho = roots.iter().fold(linear(Fraction::one()).to_vec(), |p, &r| times(&p, &linear(Fraction::new(r, 4))));
        // Σ_j b_j j^{q−1} = Σ_i a_i i^q / q for q = 1, …, k, at places counted from the newest.
        let k = order as i128;
        let newest = Fraction::new(newest, 12);
        let power = |i: i128, q: usize| Fraction::from((i - k).pow(q as u32));
        let right = |q: usize| {
            let states: Fraction = rho.iter().zip(0..).map(|(a, i)| a * power(i, q)).sum();
            states / Fraction::from(q as i128) - newest * power(k, q - 1)
        };
        let matrix: Vec<Vec<Fraction>> = (1..=order).map(|q| (0..k).map(|i| power(i, q - 1)).collect()).collect();
        let mut sigma = solved(matrix, (1..=order).map(right).collect());
        sigma.push(newest);
        RandomMultistep::of(&format!("zero-stable, order {order}"), &rho, &sigma)
    })
}

/// The solution of linear equations with a matrix that has an inverse, all of whose leading minors are not zero.
fn solved(mut matrix: Vec<Vec<Fraction>>, mut right: Vec<Fraction>) -> Vec<Fraction> {
    let n = right.len();
    for k in 0..n {
        let (row, x) = (matrix[k].clone(), right[k]);
        for i in (0..n).filter(|&i| i != k) {
            let factor = matrix[i][k] / row[k];
            matrix[i].iter_mut().zip(&row).for_each(|(entry, pivot)| *entry -= factor * pivot);
            right[i] -= factor * x;
        }
    }
    (0..n).map(|k| right[k] / matrix[k][k]).collect()
}

/// Symmetric multistep methods, of order 2 at least: all zeros of `ρ` are simple and on the unit circle, `a_{k-i} = -a_i`,
/// `b_{k-i} = b_i`. Explicit and implicit ones. Methods of so many pairs of zeros beside 1, and possibly -1.
pub fn symmetric_multistep(pairs: RangeInclusive<usize>) -> impl Strategy<Value = RandomMultistep> {
    let pairs = *pairs.start().min(&7)..=*pairs.end().min(&7);
    let cosines = prop::sample::subsequence((-3..=3i128).collect::<Vec<_>>(), pairs);
    (cosines, any::<bool>(), fractions(1, 9), any::<bool>()).prop_map(|(cosines, minus, free, explicit)| {
        let one = Fraction::one();
        let mut rho = linear(one).to_vec();
        // An explicit method of one step is not symmetric.
        if minus || cosines.is_empty() && explicit {
            rho = times(&rho, &linear(-one));
        }
        for cosine in cosines {
            rho = times(&rho, &[one, Fraction::new(-cosine, 2), one]);
        }
        let k = rho.len() - 1;
        let ends = if explicit { 1..k } else { 0..k + 1 };
        let mut sigma = vec![Fraction::zero(); k + 1];
        ends.clone().for_each(|i| sigma[i] = free[i.min(k - i)]);
        // The same to each, such that σ(1) = ρ'(1).
        let slopes: Fraction = rho.iter().zip(0..).map(|(a, i)| a * Fraction::from(i)).sum();
        let missing = (slopes - sigma.iter().sum::<Fraction>()) / Fraction::from(ends.len() as i128);
        ends.for_each(|i| sigma[i] += missing);
        RandomMultistep::of("symmetric", &rho, &sigma)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::verify;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Dahlquist's barriers beside: HNW, III.3 and V.1.
        #[test]
        fn classes_are_what_they_say((order, method) in (1..=4usize).prop_flat_map(|p| (Just(p), zero_stable(p))), even in symmetric_multistep(0..=2)) {
            let report = verify(&method.0);
            prop_assert!(report.order.order >= order && report.zero_stable.holds && report.strongly_stable.holds, "{report}");
            let k = method.steps();
            let most = if method.is_explicit() { k } else { k + 1 };
            prop_assert!(report.order.order <= most, "{report}");
            prop_assert!(!report.a_stable.holds || report.order.order <= 2 && !method.is_explicit(), "{report}");
            let report = verify(&even.0);
            prop_assert!(report.symmetric.holds && report.stable_backwards.holds, "{report}");
            prop_assert!(report.order.order % 2 == 0 && report.order.order >= 2, "{report}");
            prop_assert!(report.order.order <= even.steps() + 2, "{report}");
        }
    }
}
