//! Linear equations over fractions.

use num_traits::{One, Zero};

use crate::tableau::coefficients::{Rational, Scalar};

/// A matrix in reduced echelon form: rows whose first entry is one, in a column where the others have none.
pub struct Echelon {
    rows: Vec<Vec<Rational>>,
    pivots: Vec<usize>,
    columns: usize,
}

impl Echelon {
    /// Of a matrix of so many columns, of which the first `sought` may have pivots. What is no larger than `tolerance` counts as
    /// zero.
    pub fn of(mut matrix: Vec<Vec<Rational>>, columns: usize, sought: usize, tolerance: f64) -> Self {
        let (mut pivots, mut done) = (Vec::new(), 0);
        for column in 0..sought {
            let candidates = (done..matrix.len()).filter(|&i| !is_zero(&matrix[i][column], tolerance));
            let size = |i: usize| matrix[i][column].to_f64().abs();
            let Some(pivot) = candidates.max_by(|&i, &j| size(i).total_cmp(&size(j))) else { continue };
            matrix.swap(done, pivot);
            let head = matrix[done][column].clone();
            let row: Vec<Rational> = matrix[done].iter().map(|x| x / &head).collect();
            for (i, other) in matrix.iter_mut().enumerate() {
                let factor = other[column].clone();
                if i != done && !factor.is_zero() {
                    other.iter_mut().zip(&row).for_each(|(x, y)| *x -= &factor * y);
                }
            }
            matrix[done] = row;
            pivots.push(column);
            done += 1;
        }
        Echelon { rows: matrix, pivots, columns }
    }

    /// The number of independent rows.
    pub fn rank(&self) -> usize {
        self.pivots.len()
    }

    /// Whether a column has a pivot.
    pub fn is_pivot(&self, column: usize) -> bool {
        self.pivots.contains(&column)
    }

    /// Rows without a pivot: what is left of right-hand sides there has to be zero.
    pub fn rest(&self) -> &[Vec<Rational>] {
        &self.rows[self.rank()..]
    }

    /// The unknowns of the pivots, with what the row has in a column on the right; other unknowns are zero.
    pub fn solved(&self, column: usize) -> impl Iterator<Item = (usize, &Rational)> {
        self.pivots.iter().zip(&self.rows).map(move |(&pivot, row)| (pivot, &row[column]))
    }

    /// A basis of the vectors that the matrix takes to zero.
    pub fn kernel(&self) -> Vec<Vec<Rational>> {
        let free = (0..self.columns).filter(|&column| !self.is_pivot(column));
        free.map(|column| {
            let mut vector = vec![Rational::zero(); self.columns];
            vector[column] = Rational::one();
            for (pivot, x) in self.solved(column) {
                vector[pivot] = -x;
            }
            vector
        })
        .collect()
    }
}

/// Whether a number is no larger than a tolerance.
pub fn is_zero(x: &Rational, tolerance: f64) -> bool {
    x.is_zero() || tolerance > 0.0 && x.to_f64().abs() <= tolerance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[i64]]) -> Vec<Vec<Rational>> {
        rows.iter().map(|row| row.iter().map(|&x| Rational::ratio(x, 1)).collect()).collect()
    }

    #[test]
    fn what_is_taken_to_zero_is_found() {
        let rows = of(&[&[1, 2, 3], &[2, 4, 6], &[1, 0, 1]]);
        let found = Echelon::of(rows.clone(), 3, 3, 0.0);
        assert_eq!(found.rank(), 2);
        let kernel = found.kernel();
        assert_eq!(kernel, of(&[&[-1, -1, 1]]));
        let product = |row: &Vec<Rational>| row.iter().zip(&kernel[0]).map(|(x, y)| x * y).sum::<Rational>();
        assert!(rows.iter().all(|row| product(row) == Rational::ratio(0, 1)));
    }

    #[test]
    fn equations_without_a_solution_leave_something() {
        // x + y = 1, 2x + 2y = c
        let rest = |c: i64| Echelon::of(of(&[&[1, 1, 1], &[2, 2, c]]), 3, 2, 0.0).rest()[0][2].clone();
        // The larger row is the pivot.
        assert_eq!(rest(2), Rational::ratio(0, 1));
        assert_ne!(rest(3), Rational::ratio(0, 1));
    }
}
