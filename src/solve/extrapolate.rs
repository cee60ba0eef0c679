//! First guesses from what a sequence of solutions has been so far.

use crate::Real;

/// Most differences in use: a polynomial of one degree less goes through so many past values.
const DIFFERENCES: usize = 6;
/// A difference is used if its norm is at most this fraction of the one before.
const SHRINK: f64 = 0.5;

/// Extrapolates a sequence of matrices by one step, every column for itself, by Newton's backward differences:
///
/// ```text
/// x_{n+1} ≈ x_n + ∇x_n + ∇²x_n + … + ∇^p x_n .
/// ```
///
/// The sum ends where differences cease to shrink: where they do not, the sequence is not smooth, or rounding errors and
/// what a tolerance left are all that they hold.
#[derive(Debug)]
pub(crate) struct Extrapolation<T> {
    /// `∇^j x_n`, by `j`.
    differences: [Vec<T>; DIFFERENCES],
    /// How many of these there are.
    known: usize,
    next: Vec<T>,
    carry: Vec<T>,
    /// By column: the squared norms of two differences that follow each other.
    norms: [Vec<T>; 2],
    /// By column: one while differences shrink, then zero.
    weights: Vec<T>,
}

impl<T: Real> Extrapolation<T> {
    pub fn new() -> Self {
        Extrapolation {
            differences: Default::default(),
            known: 0,
            next: Vec::new(),
            carry: Vec::new(),
            norms: Default::default(),
            weights: Vec::new(),
        }
    }

    /// Starts a new sequence.
    pub fn forget(&mut self) {
        self.known = 0;
    }

    /// The matrix that is expected next, once there is one to expect it from.
    pub fn next(&self) -> Option<&[T]> {
        (self.known > 0).then_some(&self.next)
    }

    /// Becomes another sequence as far as it has come.
    pub fn copy_from(&mut self, other: &Self) {
        self.known = other.known;
        // All of them have room at once, for whatever comes to be kept here.
        self.differences.iter_mut().for_each(|own| own.reserve(other.next.len().saturating_sub(own.len())));
        let kept = self.differences.iter_mut().zip(&other.differences).take(other.known);
        kept.for_each(|(own, other)| own.clone_from(other));
        self.next.clone_from(&other.next);
    }

    /// Scales the last matrix, and forgets those before.
    pub fn scale(&mut self, ratio: T) {
        self.known = self.known.min(1);
        self.differences[0].iter_mut().for_each(|x| *x *= ratio);
        self.next.copy_from_slice(&self.differences[0]);
    }

    /// Takes note of the next matrix of the sequence, whose rows are `stride` numbers long.
    pub fn push(&mut self, x: &[T], stride: usize) {
        if x.len() != self.next.len() {
            self.known = 0;
        }
        self.carry.clear();
        self.carry.extend_from_slice(x);
        self.next.clear();
        self.next.extend_from_slice(x);
        let kept = self.known.min(DIFFERENCES - 1);
        for difference in &mut self.differences[..kept] {
            for (old, carry) in difference.iter_mut().zip(&mut self.carry) {
                let new = *carry;
                *carry = new - *old;
                *old = new;
            }
        }
        self.differences[kept].clear();
        self.differences[kept].extend_from_slice(&self.carry);
        self.known = kept + 1;

        self.weights.clear();
        self.weights.resize(stride, T::one());
        let shrink = T::constant(SHRINK * SHRINK);
        for (j, difference) in self.differences[..self.known].iter().enumerate() {
            let [last, norm] = &mut self.norms;
            std::mem::swap(last, norm);
            norm.clear();
            norm.resize(stride, T::zero());
            for row in difference.chunks_exact(stride) {
                norm.iter_mut().zip(row).for_each(|(norm, &x)| *norm += x * x);
            }
            if j == 0 {
                continue;
            }
            for ((weight, &norm), &last) in self.weights.iter_mut().zip(&*norm).zip(&*last) {
                // A NaN shrinks nothing.
                *weight = if norm <= shrink * last { *weight } else { T::zero() };
            }
            for (next, row) in self.next.chunks_exact_mut(stride).zip(difference.chunks_exact(stride)) {
                for ((next, &x), &weight) in next.iter_mut().zip(row).zip(&self.weights) {
                    *next += weight * x;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_continued_and_noise_is_not() {
        let mut sequence = Extrapolation::new();
        let value = |n: usize| {
            let t = 1.0 + 0.01 * n as f64;
            [t * t * t, (1e6 * t).sin()]
        };
        assert!(sequence.next().is_none());
        for n in 0..8 {
            sequence.push(&value(n), 2);
        }
        let next = sequence.next().unwrap();
        assert!((next[0] - value(8)[0]).abs() < 1e-12, "{next:?}");
        assert!(next[1].abs() < 2.0, "{next:?}");
        sequence.scale(0.5);
        assert_eq!(sequence.next().unwrap()[0], 0.5 * value(7)[0]);
        sequence.forget();
        assert!(sequence.next().is_none());
    }

    #[test]
    fn another_size_starts_another_sequence() {
        let mut sequence = Extrapolation::new();
        sequence.push(&[1.0, 2.0], 2);
        sequence.push(&[1.5], 1);
        assert_eq!(sequence.next(), Some(&[1.5][..]));
    }
}
