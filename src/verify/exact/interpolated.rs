//! Determinants of matrices of polynomials, by their values at whole numbers.

use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::polynomial::Polynomial;
use crate::tableau::coefficients::Rational;

/// The determinant of a matrix of whole numbers, row-major, by the elimination of Bareiss: all divisions leave no rest.
pub fn determinant(n: usize, mut matrix: Vec<BigInt>) -> BigInt {
    let (mut last, mut sign) = (BigInt::one(), BigInt::one());
    for k in 0..n {
        let Some(pivot) = (k..n).find(|&i| !matrix[i * n + k].is_zero()) else { return BigInt::zero() };
        if pivot != k {
            (0..n).for_each(|j| matrix.swap(k * n + j, pivot * n + j));
            sign = -sign;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                let minor = &matrix[i * n + j] * &matrix[k * n + k] - &matrix[i * n + k] * &matrix[k * n + j];
                matrix[i * n + j] = minor / &last;
            }
        }
        last = matrix[k * n + k].clone();
    }
    sign * last
}

/// The polynomial of whole coefficients with these values at 0, 1, 2, …, by Newton's differences.
pub fn interpolated(values: Vec<BigInt>) -> Polynomial<BigInt> {
    let (mut differences, mut heads) = (values, Vec::new());
    while let Some(first) = differences.first() {
        heads.push(first.clone());
        differences = differences.windows(2).map(|pair| &pair[1] - &pair[0]).collect();
    }
    // Horner's scheme for Σ_k Δ^k x (x − 1) … (x − k + 1) / k!.
    let mut sum: Vec<Rational> = Vec::new();
    for (k, head) in heads.iter().enumerate().rev() {
        // sum · (x − k) / (k + 1) + head
        let mut next = vec![Rational::from(head.clone())];
        next.resize(sum.len() + 1, Rational::zero());
        let divisor = Rational::from(BigInt::from(k + 1));
        for (i, c) in sum.iter().enumerate() {
            let c = c / &divisor;
            next[i] -= &c * Rational::from(BigInt::from(k));
            next[i + 1] += c;
        }
        sum = next;
    }
    Polynomial::new(sum.iter().map(Rational::to_integer).collect())
}

/// The determinant of a matrix of polynomials, row-major, as one: its degree is at most `degree`.
pub fn determinant_of_polynomials(n: usize, matrix: &[Polynomial<BigInt>], degree: usize) -> Polynomial<BigInt> {
    let at = |x: usize| {
        let x = BigInt::from(x);
        determinant(n, matrix.iter().map(|entry| entry.eval(&x)).collect())
    };
    interpolated((0..=degree).map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(coefficients: &[i64]) -> Polynomial<BigInt> {
        Polynomial::new(coefficients.iter().map(|&c| c.into()).collect())
    }

    proptest! {
        #[test]
        fn polynomials_are_found_by_their_values(c in prop::collection::vec(-50i64..50, 0..9)) {
            let polynomial = of(&c);
            let values = (0..=9).map(|x| polynomial.eval(&BigInt::from(x))).collect();
            prop_assert_eq!(interpolated(values), polynomial);
        }

        #[test]
        fn determinants_are_those_of_products(c in prop::collection::vec(-5i64..5, 18)) {
            let matrix: Vec<_> = c.chunks(2).map(of).collect();
            let minor = |i: usize, j: usize, k: usize, l: usize| &(&matrix[i] * &matrix[j]) - &(&matrix[k] * &matrix[l]);
            let expected = &(&(&matrix[0] * &minor(4, 8, 5, 7)) - &(&matrix[1] * &minor(3, 8, 5, 6)))
                + &(&matrix[2] * &minor(3, 7, 4, 6));
            prop_assert_eq!(determinant_of_polynomials(3, &matrix, 3), expected);
        }
    }
}
