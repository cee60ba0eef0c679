//! Determinants of matrices of polynomials, by their values at whole numbers.

use num_bigint::BigInt;
use num_traits::One;

use super::numbers::Exact;
use super::polynomial::Polynomial;

/// The determinant of a matrix, row-major, by the elimination of Bareiss: all divisions leave no rest.
pub fn determinant<T: Exact>(n: usize, mut matrix: Vec<T>) -> T {
    let (mut last, mut is_negated) = (T::one(), false);
    for k in 0..n {
        let Some(pivot) = (k..n).find(|&i| !matrix[i * n + k].is_zero()) else { return T::zero() };
        if pivot != k {
            (0..n).for_each(|j| matrix.swap(k * n + j, pivot * n + j));
            is_negated = !is_negated;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                let of = |i: usize, j: usize| &matrix[i * n + j];
                matrix[i * n + j] = T::minor([of(i, j), of(k, k)], [of(i, k), of(k, j)]).quotient(&last);
            }
        }
        last = matrix[k * n + k].clone();
    }
    if is_negated { -last } else { last }
}

/// The polynomial with these values at 0, 1, 2, …, by Newton's differences.
pub fn interpolated<T: Exact>(values: Vec<T>) -> Polynomial<T> {
    let (mut differences, mut heads) = (values, Vec::new());
    while let Some(first) = differences.first() {
        heads.push(first.clone());
        differences = differences.windows(2).map(|pair| pair[1].clone() - pair[0].clone()).collect();
    }
    // Horner's scheme for n! Σ_k Δ^k x (x − 1) … (x − k + 1) / k!.
    let (mut sum, mut factorial): (Vec<T>, BigInt) = (Vec::new(), BigInt::one());
    for (k, head) in heads.iter().enumerate().rev() {
        // sum · (x − k) + head · n!/k!
        let mut next = vec![head.clone() * T::from(factorial.clone())];
        next.resize(sum.len() + 1, T::zero());
        for (i, c) in sum.into_iter().enumerate() {
            next[i] = T::minor([&next[i], &T::one()], [&c, &T::from(k.into())]);
            next[i + 1] = next[i + 1].clone() + c;
        }
        sum = next;
        factorial *= k.max(1);
    }
    let factorial = T::from(factorial);
    Polynomial::new(sum.iter().map(|c| c.quotient(&factorial)).collect())
}

/// The determinant of a matrix of polynomials, row-major, as one: its degree is at most `degree`.
pub fn determinant_of_polynomials<T: Exact>(n: usize, matrix: &[Polynomial<T>], degree: usize) -> Polynomial<T> {
    let at = |x: usize| {
        let x = T::from(x.into());
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
