//! Fully implicit stages decoupled through the eigenvalues of their coefficients.
//!
//! With one Jacobian `J` for all stages, the Newton matrix is `M̃ = I - h A ⊗ J`. If `A = T diag(μ) T⁻¹`,
//!
//! ```text
//! M̃⁻¹ r = (T ⊗ I) diag((I - h μ_k J)⁻¹) (T⁻¹ ⊗ I) r = Σ_k (v_k ⊗ I) (I - h μ_k J)⁻¹ (w_kᵀ ⊗ I) r
//! ```
//!
//! with the columns `v_k` of `T` and the rows `w_kᵀ` of `T⁻¹`: `s` systems of `d` equations instead of one of `s·d`. Those
//! of a complex pair `μ, μ̄` are conjugate, so one of them gives both terms: `2 Re(…)`. An eigenvalue zero needs no system.
//! For the transposed system `v_k` and `w_k` change places.
//!
//! Factorising `s·d` equations costs `⅔ s³d³` operations; decoupled, a real eigenvalue costs `⅔ d³` and a pair four times
//! that. For Gauss and Radau IIA, two stages cost half as much, three a fifth, five a fourteenth; and one Jacobian is
//! computed instead of `s`.
//!
//! # References
//! Butcher, *On the implementation of implicit Runge–Kutta methods*, BIT 16 (1976); Bickart, *An efficient solution
//! process for implicit Runge–Kutta methods*, SIAM J. Numer. Anal. 14 (1977); Hairer and Wanner, *Solving Ordinary
//! Differential Equations II*, section IV.8.

use super::system::Jacobians;
use crate::Real;
use crate::linalg::{LuScratch, Singular};
use faer::MatRef;
use nalgebra::{Complex, DMatrix};
use std::sync::Arc;

/// Eigenvectors with a larger condition number are not used, nor those through which rounding errors grow to more than
/// this fraction of a number.
const LARGEST_CONDITION: f64 = 1e8;
const LARGEST_LOSS: f64 = 1e-3;
/// Eigenvalues below this fraction of the largest are zero.
const NEGLIGIBLE: f64 = 1e-13;

/// Eigenvalues and eigenvectors of the coefficients among the stages of a block.
#[derive(Debug, PartialEq)]
pub(crate) struct Decoupling<T> {
    /// The stage whose Jacobian stands for all.
    pub stage: usize,
    stages: usize,
    /// Those with real eigenvalues first, then one of each pair, then those with eigenvalue zero.
    modes: Vec<Mode<T>>,
    reals: usize,
    pairs: usize,
}

/// An eigenvalue `μ` with its eigenvector `v` and the row `wᵀ` of `T⁻¹`. The row of one of a pair is doubled.
#[derive(Debug, PartialEq)]
struct Mode<T> {
    value: Complex<T>,
    v: Vec<Complex<T>>,
    w: Vec<Complex<T>>,
}

impl<T: Real> Decoupling<T> {
    /// That of the coefficients `a`, row-major, among stages at the nodes `c`; `None` for one stage, which is decoupled as
    /// it is, and for coefficients that have no well-conditioned basis of eigenvectors.
    pub fn new(a: &[f64], c: &[f64]) -> Option<Self> {
        let s = c.len();
        if s < 2 || !a.iter().all(|x| x.is_finite()) {
            return None;
        }
        let eigen = MatRef::from_row_major_slice(a, s, s).eigen().ok()?;
        let values: Vec<Complex<f64>> = eigen.S().column_vector().iter().copied().collect();
        let largest = values.iter().fold(0.0, |m: f64, x| m.max(x.norm()));
        let zero = |k: &usize| values[*k].norm() <= NEGLIGIBLE * largest;
        let select = |wanted: &dyn Fn(&usize) -> bool| (0..s).filter(wanted).collect::<Vec<_>>();
        let reals = select(&|k| values[*k].im == 0.0 && !zero(k));
        let pairs = select(&|k| values[*k].im > 0.0 && !zero(k));
        let zeros = select(&zero);
        let kept: Vec<usize> = reals.iter().chain(&pairs).chain(&zeros).copied().collect();
        // The conjugates come last.
        let column = |k: usize| kept.get(k).copied().unwrap_or_else(|| pairs[k - kept.len()]);
        if kept.len() + pairs.len() != s || zeros.iter().any(|&k| values[k].im != 0.0) {
            return None;
        }
        let basis = DMatrix::from_fn(s, s, |i, k| {
            let x = eigen.U()[(i, column(k))];
            if k < kept.len() { x } else { x.conj() }
        });
        let inverse = basis.clone().try_inverse()?;
        let condition = basis.norm() * inverse.norm();
        if condition.is_nan() || condition > LARGEST_CONDITION.min(LARGEST_LOSS / T::EPSILON.to_f64()) {
            return None;
        }
        let lower = |x: Complex<f64>| Complex { re: T::constant(x.re), im: T::constant(x.im) };
        let modes = kept.iter().enumerate().map(|(k, &from)| {
            let both = if pairs.contains(&from) { 2.0 } else { 1.0 };
            Mode {
                value: lower(values[from]),
                v: (0..s).map(|i| lower(basis[(i, k)])).collect(),
                w: (0..s).map(|i| lower(inverse[(k, i)] * both)).collect(),
            }
        });
        let distance = |i: &usize| (c[*i] - 0.5).abs();
        let stage = (0..s).min_by(|i, j| distance(i).total_cmp(&distance(j)))?;
        Some(Decoupling { stage, stages: s, modes: modes.collect(), reals: reals.len(), pairs: pairs.len() })
    }

    /// Matrices to factorise.
    fn systems(&self) -> usize {
        self.reals + self.pairs
    }
}

/// Factors of `I - h μ_k J` for the samples of a batch, and memory for solving with them.
#[derive(Debug)]
pub(super) struct DecoupledFactors<T> {
    decoupling: Arc<Decoupling<T>>,
    rows: usize,
    samples: usize,
    real: Vec<T>,
    complex: Vec<Complex<T>>,
    pivots: Vec<usize>,
    part: Vec<T>,
    complex_part: Vec<Complex<T>>,
    sum: Vec<T>,
}

impl<T: Real> DecoupledFactors<T> {
    /// Room for the factors of so many samples, with `rows` components a stage.
    pub fn new(decoupling: Arc<Decoupling<T>>, rows: usize, samples: usize) -> Self {
        let zero = Complex { re: T::zero(), im: T::zero() };
        DecoupledFactors {
            rows,
            samples,
            real: vec![T::zero(); samples * decoupling.reals * rows * rows],
            complex: vec![zero; samples * decoupling.pairs * rows * rows],
            pivots: vec![0; samples * decoupling.systems() * 2 * rows],
            part: vec![T::zero(); rows],
            complex_part: vec![zero; rows],
            sum: vec![T::zero(); decoupling.stages * rows],
            decoupling,
        }
    }

    /// Whether this is room for such factors.
    pub fn fits(&self, decoupling: &Arc<Decoupling<T>>, rows: usize, samples: usize) -> bool {
        (self.rows, self.samples) == (rows, samples) && self.decoupling == *decoupling
    }

    /// Room for as many factors.
    pub fn empty(&self) -> Self {
        Self::new(self.decoupling.clone(), self.rows, self.samples)
    }

    /// Whether others are of the same matrices.
    pub fn is_like(&self, other: &Self) -> bool {
        other.fits(&self.decoupling, self.rows, self.samples)
    }

    /// Becomes the factors of others, which fit the same matrices.
    pub fn copy_from(&mut self, other: &Self) {
        self.real.clone_from(&other.real);
        self.complex.clone_from(&other.complex);
        self.pivots.clone_from(&other.pivots);
    }

    /// The stage whose Jacobian stands for all.
    pub fn stage(&self) -> usize {
        self.decoupling.stage
    }

    /// Matrices a sample.
    pub fn systems(&self) -> usize {
        self.decoupling.systems()
    }

    /// Factorises the matrices of a sample with step size `h`, whose Jacobian is the only one of `jacobians` in column
    /// `column`.
    pub fn factor(
        &mut self,
        sample: usize,
        h: T,
        jacobians: &Jacobians<T>,
        column: usize,
        lu: &mut LuScratch,
    ) -> Result<(), Singular> {
        let (d, modes) = (self.rows, &self.decoupling.modes[..self.decoupling.systems()]);
        let (reals, pairs) = modes.split_at(self.decoupling.reals);
        let real = &mut self.real[sample * reals.len() * d * d..][..reals.len() * d * d];
        let complex = &mut self.complex[sample * pairs.len() * d * d..][..pairs.len() * d * d];
        for p in 0..d {
            for r in 0..d {
                let entry = -h * jacobians.at(p, r, 0, column);
                let identity = if p == r { T::one() } else { T::zero() };
                for (matrix, mode) in real.chunks_exact_mut(d * d).zip(reals) {
                    matrix[p * d + r] = identity + mode.value.re * entry;
                }
                for (matrix, mode) in complex.chunks_exact_mut(d * d).zip(pairs) {
                    matrix[p * d + r] = Complex { re: identity + mode.value.re * entry, im: mode.value.im * entry };
                }
            }
        }
        let mut pivots = self.pivots[sample * modes.len() * 2 * d..].chunks_exact_mut(2 * d);
        for (matrix, pivots) in real.chunks_exact_mut(d * d).zip(&mut pivots) {
            T::factor(matrix, pivots, lu)?;
        }
        for (matrix, pivots) in complex.chunks_exact_mut(d * d).zip(&mut pivots) {
            T::factor(matrix, pivots, lu)?;
        }
        Ok(())
    }

    /// Overwrites `unknowns`, by stage, then component, by `M̃⁻¹ unknowns` of a sample.
    pub fn solve(&mut self, sample: usize, unknowns: &mut [T], lu: &mut LuScratch) {
        self.solve_side(sample, false, unknowns, lu);
    }

    /// The same for `M̃⁻ᵀ unknowns`.
    pub fn solve_transposed(&mut self, sample: usize, unknowns: &mut [T], lu: &mut LuScratch) {
        self.solve_side(sample, true, unknowns, lu);
    }

    fn solve_side(&mut self, sample: usize, transposed: bool, unknowns: &mut [T], lu: &mut LuScratch) {
        let Decoupling { modes, reals, pairs, .. } = &*self.decoupling;
        let (d, systems) = (self.rows, reals + pairs);
        self.sum.fill(T::zero());
        for (k, mode) in modes.iter().enumerate() {
            let (onto, back) = if transposed { (&mode.v, &mode.w) } else { (&mode.w, &mode.v) };
            let pivots = self.pivots.get((sample * systems + k) * 2 * d..).unwrap_or_default();
            if (*reals..systems).contains(&k) {
                let part = &mut self.complex_part;
                part.fill(Complex { re: T::zero(), im: T::zero() });
                for (weight, x) in onto.iter().zip(unknowns.chunks_exact(d)) {
                    for (part, &x) in part.iter_mut().zip(x) {
                        part.re += weight.re * x;
                        part.im += weight.im * x;
                    }
                }
                let factors = &self.complex[(sample * pairs + k - reals) * d * d..][..d * d];
                match transposed {
                    false => T::solve(factors, &pivots[..2 * d], part, lu),
                    true => T::solve_transposed(factors, &pivots[..2 * d], part, lu),
                }
                for (weight, sum) in back.iter().zip(self.sum.chunks_exact_mut(d)) {
                    for (sum, part) in sum.iter_mut().zip(&*part) {
                        *sum += weight.re * part.re - weight.im * part.im;
                    }
                }
                continue;
            }
            let part = &mut self.part;
            part.fill(T::zero());
            for (weight, x) in onto.iter().zip(unknowns.chunks_exact(d)) {
                part.iter_mut().zip(x).for_each(|(part, &x)| *part += weight.re * x);
            }
            if k < *reals {
                let factors = &self.real[(sample * reals + k) * d * d..][..d * d];
                match transposed {
                    false => T::solve(factors, &pivots[..2 * d], part, lu),
                    true => T::solve_transposed(factors, &pivots[..2 * d], part, lu),
                }
            }
            for (weight, sum) in back.iter().zip(self.sum.chunks_exact_mut(d)) {
                sum.iter_mut().zip(&*part).for_each(|(sum, &part)| *sum += weight.re * part);
            }
        }
        unknowns.copy_from_slice(&self.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::solve::Layout;
    use proptest::prelude::*;

    fn schemes() -> Vec<Tableau> {
        let families = [Tableau::gauss, Tableau::radau_iia, Tableau::lobatto_iiic];
        families.into_iter().flat_map(|family| (2..=5).map(move |s| family(s).unwrap())).collect()
    }

    fn coefficients(tableau: &Tableau) -> Vec<f64> {
        let s = tableau.stages();
        (0..s * s).map(|k| tableau.a(k / s, k % s)).collect()
    }

    /// What is left of `M̃ x = r` and `M̃ᵀ z = r`, relative to the sizes of what they sum up; `rhs` holds `s·d` numbers.
    fn residual<T: Real>(a: &[f64], c: &[f64], h: f64, jacobian: &[f64], rhs: &[f64]) -> Option<f64> {
        let (s, n) = (c.len(), rhs.len());
        let d = n / s;
        let decoupling = Arc::new(Decoupling::<T>::new(a, c)?);
        let mut factors = DecoupledFactors::new(decoupling, d, 2);
        let layout = Layout { rows: d, stages: 1, samples: 1, stride: 1 };
        let jacobians = Jacobians { entries: jacobian.iter().map(|&x| T::constant(x)).collect(), layout };
        let mut lu = LuScratch::default();
        // The second sample of two: the first is left alone.
        factors.factor(1, T::constant(h), &jacobians, 0, &mut lu).ok()?;
        let mut x: Vec<T> = rhs.iter().map(|&x| T::constant(x)).collect();
        let mut z = x.clone();
        factors.solve(1, &mut x, &mut lu);
        factors.solve_transposed(1, &mut z, &mut lu);
        let matrix = |row: usize, column: usize| {
            let identity = f64::from(u8::from(row == column));
            identity - h * a[(row / d) * s + column / d] * jacobian[(row % d) * d + column % d]
        };
        let left = |k: usize, x: &[T], entry: &dyn Fn(usize, usize) -> f64| {
            let terms = (0..n).map(|j| entry(k, j) * x[j].to_f64());
            let size = terms.clone().fold(rhs[k].abs(), |m, x| m + x.abs());
            ((terms.sum::<f64>() - rhs[k]).abs(), size)
        };
        let both = (0..n).flat_map(|k| [left(k, &x, &matrix), left(k, &z, &|i, j| matrix(j, i))]);
        let (worst, size) = both.fold((0.0, 1.0), |(r, s): (f64, f64), (x, y)| (r.max(x), s.max(y)));
        Some(worst / size)
    }

    #[test]
    fn eigenvectors_restore_the_coefficients() {
        for scheme in schemes() {
            let (s, a) = (scheme.stages(), coefficients(&scheme));
            let Decoupling { modes, reals, pairs, .. } = Decoupling::<f64>::new(&a, scheme.c()).unwrap();
            assert_eq!((reals, pairs), (s % 2, s / 2), "{}", scheme.name());
            for (k, &a) in a.iter().enumerate() {
                let term = |mode: &Mode<f64>| (mode.v[k / s] * mode.value * mode.w[k % s]).re;
                assert!((modes.iter().map(term).sum::<f64>() - a).abs() < 1e-12, "{}", scheme.name());
            }
        }
    }

    #[test]
    fn only_what_eigenvectors_decouple_well_is_decoupled() {
        let decouples = |a: &[f64], c: &[f64]| residual::<f64>(a, c, 0.3, &[-1.0], &vec![1.0; c.len()]);
        assert!(decouples(&[0.5], &[0.5]).is_none());
        // A double eigenvalue with a single eigenvector.
        assert!(decouples(&[0.5, 1.0, 0.0, 0.5], &[0.0, 1.0]).is_none());
        assert!(decouples(&[f64::NAN, 1.0, 0.0, 0.5], &[0.0, 1.0]).is_none());
        // Eigenvalues 2 and 0, and 2, 1 ± i√3/2, 0.
        assert!(decouples(&[1.0, 1.0, 1.0, 1.0], &[0.0, 1.0]).is_some_and(|r| r < 1e-15));
        let circulant = [1.0, 0.5, 0.5, 0.0, 0.0, 1.0, 0.5, 0.5, 0.5, 0.0, 1.0, 0.5, 0.5, 0.5, 0.0, 1.0];
        assert!(decouples(&circulant, &[0.0, 0.3, 0.6, 1.0]).is_some_and(|r| r < 1e-14));
        let zeros = Decoupling::<f64>::new(&[1.0, 1.0, 1.0, 1.0], &[0.0, 1.0]).unwrap();
        assert_eq!((zeros.reals, zeros.pairs, zeros.modes.len()), (1, 0, 2));
    }

    proptest! {
        #[test]
        fn decoupled_systems_are_solved_as_coupled_ones(
            d in 1usize..8, large: bool, h in -2.0..3.0f64, scheme in prop::sample::select(schemes()),
            entries in prop::collection::vec(-1.0..1.0f64, 36 * 36), rhs in prop::collection::vec(-1.0..1.0f64, 5 * 36),
        ) {
            // From 33 equations on, another elimination is at work.
            let d = if large { 28 + d } else { d };
            let (a, n) = (coefficients(&scheme), scheme.stages() * d);
            let h = 10f64.powf(h);
            let double = residual::<f64>(&a, scheme.c(), h, &entries[..d * d], &rhs[..n]);
            prop_assert!(double.is_some_and(|r| r < 1e-10), "{}: {double:?}", scheme.name());
            let single = residual::<f32>(&a, scheme.c(), h, &entries[..d * d], &rhs[..n]);
            prop_assert!(single.is_some_and(|r| r < 1e-2), "{}: {single:?}", scheme.name());
        }
    }
}
