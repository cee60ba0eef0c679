//! Modified Gram–Schmidt for many independent systems at once.

use super::Layout;
use crate::Real;
use pulp::NullaryFnOnce;

/// Columns that are worked on together: their sums stay in registers.
const WIDE: usize = 16;
const NARROW: usize = 4;

/// Terms that are summed one after another, before such sums are: rounding errors of a sum grow with the number of terms.
pub(super) const SUMMANDS: usize = 128;

/// Work that is done on all samples, several columns at once.
trait ByColumns {
    /// Samples `q` to `q + W`; returns `W`.
    fn columns<const W: usize>(&mut self, q: usize) -> usize;

    #[inline(always)]
    fn all_columns(&mut self, samples: usize) {
        let mut q = 0;
        while q < samples {
            match samples - q {
                WIDE.. => q += self.columns::<WIDE>(q),
                NARROW.. => q += self.columns::<NARROW>(q),
                _ => q += self.columns::<1>(q),
            }
        }
    }
}

/// `out_q = ⟨x, y⟩` of every sample, with the best instructions the processor has.
pub(super) struct Products<'a, T> {
    pub layout: Layout,
    pub x: &'a [T],
    pub y: &'a [T],
    pub out: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Products<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        self.all_columns(self.layout.samples);
    }
}

impl<T: Real> ByColumns for Products<'_, T> {
    #[inline(always)]
    fn columns<const W: usize>(&mut self, q: usize) -> usize {
        let mut sum = Sum::<T, W>::new();
        for at in places(self.layout, q) {
            let (x, y) = (load::<T, W>(self.x, at), load::<T, W>(self.y, at));
            sum.add(x, y);
        }
        self.out[q..q + W].copy_from_slice(&sum.total());
        W
    }
}

/// Sums of products of several columns.
struct Sum<T, const W: usize> {
    total: [T; W],
    part: [T; W],
    count: usize,
}

impl<T: Real, const W: usize> Sum<T, W> {
    #[inline(always)]
    fn new() -> Self {
        Sum { total: [T::zero(); W], part: [T::zero(); W], count: 0 }
    }

    #[inline(always)]
    fn add(&mut self, x: [T; W], y: [T; W]) {
        (0..W).for_each(|l| self.part[l] += x[l] * y[l]);
        self.count += 1;
        if self.count == SUMMANDS {
            (0..W).for_each(|l| self.total[l] += self.part[l]);
            (self.part, self.count) = ([T::zero(); W], 0);
        }
    }

    #[inline(always)]
    fn total(self) -> [T; W] {
        let mut total = self.total;
        (0..W).for_each(|l| total[l] += self.part[l]);
        total
    }
}

/// Where the unknowns of sample `q` are.
#[inline(always)]
fn places(layout: Layout, q: usize) -> impl Iterator<Item = usize> {
    let Layout { rows, stages, samples, stride } = layout;
    (0..rows).flat_map(move |p| (0..stages).map(move |i| p * stride + i * samples + q))
}

/// Makes a matrix orthogonal to the orthonormal `basis`, sample by sample, with the best instructions the processor has:
///
/// ```text
/// next ← (I - v_k v_kᵀ) … (I - v_1 v_1ᵀ) next .
/// ```
pub(super) struct Orthogonalise<'a, T> {
    pub layout: Layout,
    /// Matrices `v_1` to `v_k`, one after another; at least one.
    pub basis: &'a [T],
    pub next: &'a mut [T],
    /// By basis vector, then sample: the coefficients `⟨v_i, next⟩` taken away; last `⟨next, next⟩` of what remains.
    pub coefficients: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Orthogonalise<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        self.all_columns(self.layout.samples);
    }
}

impl<T: Real> ByColumns for Orthogonalise<'_, T> {
    #[inline(always)]
    fn columns<const W: usize>(&mut self, q: usize) -> usize {
        let (samples, len) = (self.layout.samples, self.layout.len());
        // ⟨v_1, next⟩; then every vector is taken away in the pass that finds the coefficient of the one after it.
        let mut sum = Sum::<T, W>::new();
        for at in places(self.layout, q) {
            sum.add(load::<T, W>(self.basis, at), load::<T, W>(self.next, at));
        }
        let mut coefficient = sum.total();
        let count = self.basis.len() / len;
        for (k, vector) in self.basis.chunks_exact(len).enumerate() {
            self.coefficients[k * samples + q..][..W].copy_from_slice(&coefficient);
            let following = self.basis.get((k + 1) * len..(k + 2) * len);
            let mut sum = Sum::<T, W>::new();
            for at in places(self.layout, q) {
                let (v, mut x) = (load::<T, W>(vector, at), load::<T, W>(self.next, at));
                (0..W).for_each(|l| x[l] -= coefficient[l] * v[l]);
                self.next[at..at + W].copy_from_slice(&x);
                sum.add(following.map_or(x, |following| load::<T, W>(following, at)), x);
            }
            coefficient = sum.total();
        }
        self.coefficients[count * samples + q..][..W].copy_from_slice(&coefficient);
        W
    }
}

#[inline(always)]
fn load<T: Real, const W: usize>(matrix: &[T], at: usize) -> [T; W] {
    let mut x = [T::zero(); W];
    x.copy_from_slice(&matrix[at..at + W]);
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_remains_is_orthogonal_and_all_is_accounted_for(
            rows in 1usize..7,
            stages in 1usize..4,
            samples in 1usize..40,
            entries in prop::collection::vec(-1.0..1.0f64, 211),
        ) {
            let layout = Layout::new::<f64>(rows, stages, samples);
            let count = (rows * stages - 1).min(2);
            prop_assume!(count > 0);
            let fill = |from: usize| (0..layout.len()).map(move |k| (from, k));
            let mut vectors: Vec<f64> = Vec::new();
            let entry = |(from, k): (usize, usize)| entries[(from * 37 + 13 * k) % entries.len()];
            let mut coefficients = vec![0.0; (count + 2) * samples];
            for k in 0..=count {
                let original: Vec<f64> = fill(k).map(entry).collect();
                let mut next = original.clone();
                if k > 0 {
                    let job = Orthogonalise {
                        layout, basis: &vectors, next: &mut next, coefficients: &mut coefficients,
                    };
                    pulp::Arch::new().dispatch(job);
                    for q in 0..samples {
                        let column = |matrix: &[f64]| -> Vec<f64> {
                            layout.spans().map(|span| matrix[span.start + q]).collect()
                        };
                        let left = column(&next);
                        let mut rebuilt = left.clone();
                        for (i, v) in vectors.chunks_exact(layout.len()).enumerate() {
                            let v = column(v);
                            let product: f64 = v.iter().zip(&left).map(|(v, x)| v * x).sum();
                            prop_assert!(product.abs() < 1e-12, "{product}");
                            let h = coefficients[i * samples + q];
                            rebuilt.iter_mut().zip(&v).for_each(|(x, v)| *x += h * v);
                        }
                        let norm: f64 = left.iter().map(|x| x * x).sum();
                        prop_assert!((coefficients[k * samples + q] - norm).abs() < 1e-12);
                        for (a, b) in rebuilt.iter().zip(column(&original)) {
                            prop_assert!((a - b).abs() < 1e-12);
                        }
                    }
                }
                // Normalised, as the next basis vector.
                let mut norms = vec![0.0; samples];
                layout.dot(&next, &next, &mut norms);
                prop_assume!(norms.iter().all(|&norm| norm > 1e-4));
                for span in layout.spans() {
                    next[span].iter_mut().zip(&norms).for_each(|(x, norm)| *x /= norm.sqrt());
                }
                vectors.extend(next);
            }
        }
    }
}
