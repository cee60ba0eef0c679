//! Where, along a ray, zeros of a polynomial can cross the unit circle, or meet on it.

use num_bigint::BigInt;

use crate::verify::exact::interpolated::determinant_of_polynomials;
use crate::verify::exact::numbers::Exact;
use crate::verify::exact::polynomial::Polynomial;

/// Eliminations are not carried out that take more than this, in nanoseconds or so.
const WORK: f64 = 5e9;

/// A polynomial that vanishes at all places where the number of zeros inside, on, or outside the unit circle can change, for a
/// polynomial in `ζ` by its coefficients, which are polynomials in `t`: `along` itself, and `moved` as one in `w`,
/// `ζ = (1 + w)/(1 − w)`. `None` if it would take long.
///
/// With `E` and `O`, the even and the odd part in `w`, zeros on the circle are common zeros of `E` and `O`, as are pairs `±w`. If there
/// are none for most `t`, then only where the resultant of both vanishes. If there are `j` for most `t`, further ones need the
/// subresultant of index `j` to vanish, and those there are leave the circle where they meet others only: where there are fewer
/// different zeros, and a subresultant of the polynomial and its derivative vanishes, the first that does not vanish for all `t`.
pub fn critical<T: Exact>(along: &[Polynomial<T>], moved: &[Polynomial<T>]) -> Option<Polynomial<T>> {
    let part = |first: usize| -> Vec<Polynomial<T>> {
        let mut part: Vec<_> = moved.iter().skip(first).step_by(2).cloned().collect();
        while part.last().is_some_and(Polynomial::is_zero) {
            part.pop();
        }
        part
    };
    let (even, odd) = (part(0), part(1));
    // Where ζ is infinite, 1 or −1; in that order.
    let is_there = |end: &&Polynomial<T>| !end.is_zero();
    let ends = [along.last(), moved.iter().find(is_there), moved.iter().rfind(is_there)];
    let ends = ends.into_iter().flatten().fold(one(), |all, end| product(&all, end));
    let (index, others) = first_subresultant(&even, &odd)?;
    let all = product(&ends, &others);
    Some(if index == 0 { all } else { product(&all, &first_subresultant(along, &derivative(along))?.1) })
}

fn one<T: Exact>() -> Polynomial<T> {
    Polynomial::constant(T::one())
}

/// A polynomial with the zeros of both.
fn product<T: Exact>(first: &Polynomial<T>, second: &Polynomial<T>) -> Polynomial<T> {
    &first.primitive() * &second.primitive()
}

/// The first of the principal subresultants that is not zero for all `t`, and its index; 1 and an index that is not zero if there is
/// none. `None` if it would take long.
fn first_subresultant<T: Exact>(p: &[Polynomial<T>], q: &[Polynomial<T>]) -> Option<(usize, Polynomial<T>)> {
    let least = p.len().min(q.len());
    for j in 0..least {
        if work(p, q, j) > WORK {
            return None;
        }
        let found = subresultant(p, q, j);
        if !found.is_zero() {
            return Some((j, found));
        }
    }
    Some((least.max(1), one()))
}

/// What [`subresultant`] takes: eliminations of numbers that grow by their length in every step.
fn work<T: Exact>(p: &[Polynomial<T>], q: &[Polynomial<T>], j: usize) -> f64 {
    let (m, n) = (p.len() - 1, q.len() - 1);
    let size = m + n - 2 * j;
    let count = degree(p) * (n - j) + degree(q) * (m - j) + 1;
    let length = |of: &[Polynomial<T>]| of.iter().flat_map(Polynomial::coefficients).map(T::length).max().unwrap_or(0);
    // Values at whole numbers up to the count are longer.
    let values = degree(p).max(degree(q)) as f64 * (count as f64).log2();
    let length = (length(p).max(length(q)) as f64 + values) * size as f64;
    (size as f64).powi(3) / 3.0 * count as f64 * (1.0 + length / 64.0).powf(1.6)
}

fn degree<T: Exact>(of: &[Polynomial<T>]) -> usize {
    of.iter().map(Polynomial::degree).max().unwrap_or(0)
}

/// The principal subresultant of index `j` of two polynomials by their coefficients: zero where they have more than `j` zeros in
/// common.
fn subresultant<T: Exact>(p: &[Polynomial<T>], q: &[Polynomial<T>], j: usize) -> Polynomial<T> {
    let (m, n) = (p.len() - 1, q.len() - 1);
    let size = m + n - 2 * j;
    // Rows are multiples by powers; columns belong to powers, the highest first.
    let row = |of: &[Polynomial<T>], shift: usize| -> Vec<Polynomial<T>> {
        let entry = |column: usize| {
            let power = (m + n - j - 1).checked_sub(column + shift);
            power.and_then(|power| of.get(power)).cloned().unwrap_or_else(|| Polynomial::new(Vec::new()))
        };
        (0..size).map(entry).collect()
    };
    let rows = (0..n - j).rev().map(|k| row(p, k)).chain((0..m - j).rev().map(|k| row(q, k)));
    let matrix: Vec<Polynomial<T>> = rows.flatten().collect();
    determinant_of_polynomials(size, &matrix, degree(p) * (n - j) + degree(q) * (m - j))
}

fn derivative<T: Exact>(p: &[Polynomial<T>]) -> Vec<Polynomial<T>> {
    let terms = p.iter().enumerate().skip(1);
    terms.map(|(k, c)| c * &Polynomial::constant(T::from(BigInt::from(k)))).collect()
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
        let p = [of(&[1]), of(&[0, 1]), of(&[1])];
        assert_eq!(subresultant(&p, &derivative(&p), 0).primitive(), of(&[-4, 0, 1]));
        // (x − t)² (x − 1) has two different zeros, but for t = 1.
        let p = [of(&[0, 0, -1]), of(&[0, 2, 1]), of(&[-1, -2]), of(&[1])];
        let (index, found) = first_subresultant(&p, &derivative(&p)).unwrap();
        assert_eq!((index, found.square_free().primitive()), (1, of(&[-1, 1])));
    }
}
