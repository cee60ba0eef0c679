//! What solves cost.

use std::ops::AddAssign;

/// The work of solving stage equations and, once a backward pass has been taken, those of the adjoint.
///
/// Batches are counted by their samples: what a sample of its own would have cost is what it adds here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Steps forward, one a sample, those that are taken again included.
    pub steps: usize,
    /// Nonlinear iterations, over all stage solves of all samples.
    pub iterations: usize,
    /// Stage systems solved: one a sample, step and block of implicit stages.
    pub solves: usize,
    /// Evaluations of the field by stage solvers, one a sample and stage.
    pub evaluations: usize,
    /// Products of a Jacobian, or of its transpose, with a vector, one a sample and stage.
    pub products: usize,
    /// Dense Jacobians, one a sample and stage.
    pub jacobians: usize,
    /// Factorisations of matrices.
    pub factorizations: usize,
    /// Steps taken again, or back, for want of what a [memory policy](crate::network::Memory) did not keep, one a sample.
    pub recomputed: usize,
    /// Stretches on which steps back drifted too far, so that they were taken again from a checkpoint, one a sample.
    pub fallbacks: usize,
}

impl Work {
    /// Iterations a stage system; zero for explicit methods.
    pub fn mean_iterations(&self) -> f64 {
        if self.solves == 0 { 0.0 } else { self.iterations as f64 / self.solves as f64 }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        self.steps += other.steps;
        self.iterations += other.iterations;
        self.solves += other.solves;
        self.evaluations += other.evaluations;
        self.products += other.products;
        self.jacobians += other.jacobians;
        self.factorizations += other.factorizations;
        self.recomputed += other.recomputed;
        self.fallbacks += other.fallbacks;
    }
}
