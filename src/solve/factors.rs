//! Factors of the samples' Newton matrices, coupled or decoupled, those of the last Jacobian that each wanted.

use super::decoupled::{DecoupledFactors, Decoupling};
use super::system::Jacobians;
use super::{Layout, StageSystem};
use crate::Real;
use crate::linalg::LuScratch;
use std::sync::Arc;

/// A Newton matrix, as it is factorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `M = I - h (A ⊗ I) diag(J_j)`, with the Jacobians of all stages.
    Coupled,
    /// `M̃ = I - h A ⊗ J`, with one Jacobian for all stages, by the eigenvalues of `A`.
    Decoupled,
}

/// Factors for the samples of a batch, and memory to compute them.
#[derive(Debug)]
pub(crate) struct Factors<T> {
    /// By sample: the form of its factors, if it has any.
    forms: Vec<Option<Form>>,
    equations: usize,
    coupled: Vec<T>,
    pivots: Vec<usize>,
    decoupled: Option<DecoupledFactors<T>>,
    jacobians: Jacobians<T>,
    lu: LuScratch,
}

impl<T: Real> Factors<T> {
    pub fn new() -> Self {
        Factors {
            forms: Vec::new(),
            equations: 0,
            coupled: Vec::new(),
            pivots: Vec::new(),
            decoupled: None,
            jacobians: Jacobians::new(),
            lu: LuScratch::default(),
        }
    }

    pub fn forget(&mut self) {
        self.forms.clear();
    }

    /// Becomes the factors of others.
    pub fn copy_from(&mut self, other: &Self) {
        self.forms.clone_from(&other.forms);
        self.equations = other.equations;
        let has = |form| other.forms.contains(&Some(form));
        if has(Form::Coupled) {
            self.coupled.clone_from(&other.coupled);
            self.pivots.clone_from(&other.pivots);
        }
        if let Some(theirs) = other.decoupled.as_ref().filter(|_| has(Form::Decoupled)) {
            let own = self.decoupled.take().filter(|own| theirs.is_like(own));
            self.decoupled.insert(own.unwrap_or_else(|| theirs.empty())).copy_from(theirs);
        }
    }

    /// Whether there are factors of matrices of that size for every sample.
    pub fn cover(&self, layout: Layout) -> bool {
        self.equations == layout.equations()
            && self.forms.len() == layout.samples
            && self.forms.iter().all(Option::is_some)
    }

    /// Whether there are factors for any sample.
    pub fn any(&self) -> bool {
        self.forms.iter().any(Option::is_some)
    }

    pub(super) fn has(&self, sample: usize) -> bool {
        self.forms[sample].is_some()
    }

    /// Makes room for the factors of matrices of that size, coupled or by a decoupling; keeps those that are.
    pub(super) fn prepare(&mut self, layout: Layout, decoupling: Option<&Arc<Decoupling<T>>>) {
        if self.equations != layout.equations() || self.forms.len() != layout.samples {
            self.equations = layout.equations();
            self.forms.clear();
            self.forms.resize(layout.samples, None);
        }
        let Some(decoupling) = decoupling else { return };
        let fits = |factors: &DecoupledFactors<T>| factors.fits(decoupling, layout.rows, layout.samples);
        if !self.decoupled.as_ref().is_some_and(fits) {
            self.decoupled = Some(DecoupledFactors::new(decoupling.clone(), layout.rows, layout.samples));
            self.forms.iter_mut().filter(|form| **form == Some(Form::Decoupled)).for_each(|form| *form = None);
        }
    }

    /// Factorises the matrices of the system's samples `wanted` (ascending), at the stages last evaluated. One that is
    /// singular leaves its sample without factors.
    pub(super) fn renew(&mut self, system: &mut StageSystem<'_, T>, form: Form, wanted: &[usize]) {
        if wanted.is_empty() {
            return;
        }
        let (n, stages) = (self.equations, system.buffers.layout.stages);
        match (form, &mut self.decoupled) {
            (Form::Decoupled, Some(decoupled)) => {
                let stage = decoupled.stage();
                system.jacobians(stage..stage + 1, wanted, &mut self.jacobians);
                for (column, &q) in wanted.iter().enumerate() {
                    let (sample, h) = (system.buffers.samples[q], system.buffers.h[q]);
                    let sound = decoupled.factor(sample, h, &self.jacobians, column, &mut self.lu).is_ok();
                    system.work.factorizations += decoupled.systems();
                    self.forms[sample] = sound.then_some(form);
                }
            }
            _ => {
                self.coupled.resize(self.forms.len() * n * n, T::zero());
                self.pivots.resize(self.forms.len() * 2 * n, 0);
                system.jacobians(0..stages, wanted, &mut self.jacobians);
                for (column, &q) in wanted.iter().enumerate() {
                    let sample = system.buffers.samples[q];
                    let matrix = &mut self.coupled[sample * n * n..][..n * n];
                    system.newton_matrix(&self.jacobians, column, q, matrix);
                    let sound = T::factor(matrix, &mut self.pivots[sample * 2 * n..][..2 * n], &mut self.lu).is_ok();
                    system.work.factorizations += 1;
                    self.forms[sample] = sound.then_some(Form::Coupled);
                }
            }
        }
    }

    /// Overwrites `unknowns`, in the order of [`StageSystem::unknowns`], by the solution of `M x = unknowns` for a sample;
    /// by NaN if it has no factors.
    pub(super) fn solve(&mut self, sample: usize, unknowns: &mut [T]) {
        let n = self.equations;
        match (self.forms[sample], &mut self.decoupled) {
            (Some(Form::Decoupled), Some(decoupled)) => decoupled.solve(sample, unknowns, &mut self.lu),
            (Some(_), _) => {
                let (matrix, pivots) = (&self.coupled[sample * n * n..], &self.pivots[sample * 2 * n..]);
                T::solve(&matrix[..n * n], &pivots[..2 * n], unknowns, &mut self.lu);
            }
            (None, _) => unknowns.fill(T::constant(f64::NAN)),
        }
    }

    /// The same for `Mᵀ x = unknowns`.
    pub fn solve_transposed(&mut self, sample: usize, unknowns: &mut [T]) {
        let n = self.equations;
        match (self.forms[sample], &mut self.decoupled) {
            (Some(Form::Decoupled), Some(decoupled)) => decoupled.solve_transposed(sample, unknowns, &mut self.lu),
            (Some(_), _) => {
                let (matrix, pivots) = (&self.coupled[sample * n * n..], &self.pivots[sample * 2 * n..]);
                T::solve_transposed(&matrix[..n * n], &pivots[..2 * n], unknowns, &mut self.lu);
            }
            (None, _) => unknowns.fill(T::constant(f64::NAN)),
        }
    }
}
