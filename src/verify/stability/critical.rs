//! Where, along a ray, zeros of a polynomial can cross the unit circle, or meet on it.

use num_bigint::BigInt;

use crate::verify::exact::interpolated::determinant_of_polynomials;
use crate::verify::exact::polynomial::Polynomial;

/// A polynomial that vanishes at all places where the number of zeros inside, on, or outside the unit circle can change, for a
/// polynomial in `ζ` by its coefficients, which are polynomials in `t`: `along` itself, and `moved` as one in `w`,
/// `ζ = (1 + w)/(1 − w)`. `None` if zeros coincide for all `t`.
///
/// With `E` and `O`, the even and the odd part in `w`, zeros on the circle are common zeros of `E` and `O`, as are pairs `±w`. If there
/// are none for most `t`, then only where the resultant of both vanishes. If there are `j` for most `t`, further ones need the
/// subresultant of index `j` to vanish, and those there are leave the circle where they meet only, zeros of the discriminant.
pub fn critical(along: &[Polynomial<BigInt>], moved: &[Polynomial<BigInt>]) -> Option<Polynomial<BigInt>> {
    let part = |first: usize| -> Vec<Polynomial<BigInt>> {
        let mut part: Vec<_> = moved.iter().skip(first).step_by(2).cloned().collect();
        while part.last().is_some_and(Polynomial::is_zero) {
            part.pop();
        }
        part
    };
    let (even, odd) = (part(0), part(1));
    let least = even.len().min(odd.len());
    let found = (0..least).map(|j| (j, subresultant(&even, &odd, j))).find(|(_, x)| !x.is_zero());
    // Where ζ is infinite, 1 or −1; in that order.
    let is_there = |end: &&Polynomial<BigInt>| !end.is_zero();
    let ends = [along.last()?, moved.iter().find(is_there)?, moved.iter().rfind(is_there)?];
    let ends = ends.into_iter().fold(one(), |all, end| product(&all, end));
    match found {
        Some((0, resultant)) => Some(product(&ends, &resultant)),
        found => {
            let discriminant = discriminant(along);
            let others = found.map_or_else(one, |(_, x)| x);
            (!discriminant.is_zero()).then(|| product(&product(&ends, &others), &discriminant))
        }
    }
}

fn one() -> Polynomial<BigInt> {
    Polynomial::constant(1.into())
}

/// A polynomial with the zeros of both.
fn product(first: &Polynomial<BigInt>, second: &Polynomial<BigInt>) -> Polynomial<BigInt> {
    &first.primitive() * &second.primitive()
}

/// The principal subresultant of index `j` of two polynomials by their coefficients: zero where they have more than `j` zeros in
/// common.
fn subresultant(p: &[Polynomial<BigInt>], q: &[Polynomial<BigInt>], j: usize) -> Polynomial<BigInt> {
    let (m, n) = (p.len() - 1, q.len() - 1);
    let size = m + n - 2 * j;
    // Rows are multiples by powers; columns belong to powers, the highest first.
    let row = |of: &[Polynomial<BigInt>], shift: usize| -> Vec<Polynomial<BigInt>> {
        let entry = |column: usize| {
            let power = (m + n - j - 1).checked_sub(column + shift);
            power.and_then(|power| of.get(power)).cloned().unwrap_or_else(|| Polynomial::new(Vec::new()))
        };
        (0..size).map(entry).collect()
    };
    let rows = (0..n - j).rev().map(|k| row(p, k)).chain((0..m - j).rev().map(|k| row(q, k)));
    let matrix: Vec<Polynomial<BigInt>> = rows.flatten().collect();
    let degree = |of: &[Polynomial<BigInt>]| of.iter().map(Polynomial::degree).max().unwrap_or(0);
    determinant_of_polynomials(size, &matrix, degree(p) * (n - j) + degree(q) * (m - j))
}

/// The resultant of a polynomial and its derivative.
fn discriminant(p: &[Polynomial<BigInt>]) -> Polynomial<BigInt> {
    let derivative: Vec<Polynomial<BigInt>> =
        p.iter().enumerate().skip(1).map(|(k, c)| c * &Polynomial::constant(BigInt::from(k))).collect();
    subresultant(p, &derivative, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(coefficients: &[i64]) -> Polynomial<BigInt> {
        Polynomial::new(coefficients.iter().map(|&c| c.into()).collect())
    }

    #[test]
    fn common_zeros_make_subresultants_vanish() {
        // x² − t and x − 1: common where t = 1.
        let (p, q) = ([of(&[0, -1]), of(&[]), of(&[1])], [of(&[-1]), of(&[1])]);
        let resultant = subresultant(&p, &q, 0);
        assert_eq!(resultant.primitive(), of(&[-1, 1]));
        // (x − 1)(x − t) and (x − 1)(x + t): always one, two where t = 0.
        let (p, q) = ([of(&[0, 1]), of(&[-1, -1]), of(&[1])], [of(&[0, -1]), of(&[-1, 1]), of(&[1])]);
        assert!(subresultant(&p, &q, 0).is_zero());
        assert_eq!(subresultant(&p, &q, 1).primitive(), of(&[0, 1]));
        // x² + t x + 1
        assert_eq!(discriminant(&[of(&[1]), of(&[0, 1]), of(&[1])]).primitive(), of(&[-4, 0, 1]));
    }
}
