//! Linear equations over numbers that are exact, or known to a tolerance.

use crate::tableau::coefficients::Scalar;

/// A matrix in reduced echelon form: rows whose first entry is one, in a column where the others have none.
pub struct Echelon<T> {
    rows: Vec<Vec<T>>,
    pivots: Vec<usize>,
    columns: usize,
}

impl<T: Scalar> Echelon<T> {
    /// Of a matrix of so many columns, of which the first `sought` may have pivots. What is no larger than `tolerance` counts as
    /// zero.
    pub fn of(mut matrix: Vec<Vec<T>>, columns: usize, sought: usize, tolerance: f64) -> Self {
        let (mut pivots, mut done) = (Vec::new(), 0);
        for column in 0..sought {
            let candidates = (done..matrix.len()).filter(|&i| !is_zero(&matrix[i][column], tolerance));
            let size = |i: usize| matrix[i][column].to_f64().abs();
            let Some(pivot) = candidates.max_by(|&i, &j| size(i).total_cmp(&size(j))) else { continue };
            matrix.swap(done, pivot);
            let (row, head) = (matrix[done].clone(), matrix[done][column].clone());
            for (i, other) in matrix.iter_mut().enumerate() {
                let factor = other[column].clone();
                if i != done && !factor.is_zero() {
                    for (x, y) in other.iter_mut().zip(&row).filter(|(_, y)| !y.is_zero()) {
                        *x = x.eliminated(&factor, y, &head);
                    }
                    other[column] = T::zero();
                }
            }
            matrix[done] = row.into_iter().map(|x| x / &head).collect();
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
    pub fn rest(&self) -> &[Vec<T>] {
        &self.rows[self.rank()..]
    }

    /// The unknowns of the pivots, with what the row has in a column on the right; other unknowns are zero.
    pub fn solved(&self, column: usize) -> impl Iterator<Item = (usize, &T)> {
        self.pivots.iter().zip(&self.rows).map(move |(&pivot, row)| (pivot, &row[column]))
    }

    /// A basis of the vectors that the matrix takes to zero.
    pub fn kernel(&self) -> Vec<Vec<T>> {
        let free = (0..self.columns).filter(|&column| !self.is_pivot(column));
        free.map(|column| {
            let mut vector = vec![T::zero(); self.columns];
            vector[column] = T::one();
            for (pivot, x) in self.solved(column) {
                vector[pivot] = -x.clone();
            }
            vector
        })
        .collect()
    }
}

/// Whether a number is zero but for a tolerance; a fraction that stands for a double, whether it is no larger than that.
pub fn is_zero<T: Scalar>(x: &T, tolerance: f64) -> bool {
    x.vanishes(tolerance) || tolerance > 0.0 && x.exact().is_some() && x.to_f64().abs() <= tolerance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tableau::coefficients::Rational;

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
