//! What solves take over from those before.

use serde::{Deserialize, Serialize};

/// What solves of stage equations and their adjoints take over from earlier ones.
///
/// Nothing here changes what is solved, or how exactly: results differ within the solver's tolerance, and a Jacobian that
/// no longer serves is replaced. They depend on the number of threads under no policy. [`WarmStart::LastEpoch`] and
/// [`JacobianReuse::Epoch`] make them depend, within the tolerance, on the passes taken before: a training run that is
/// repeated from its start gives the same bits, one that is taken up in the middle need not.
///
/// ```
/// use kutta::solve::{JacobianReuse, Reuse, StageSolver, WarmStart};
/// let reuse = Reuse { start: WarmStart::LastEpoch, jacobian: JacobianReuse::Step, ..Reuse::default() };
/// let solver = StageSolver { reuse, ..StageSolver::default() };
/// assert_eq!(StageSolver::default().reuse.start, WarmStart::PreviousStep);
/// # assert_ne!(solver, StageSolver::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Reuse {
    /// Where iterations for the stages start.
    pub start: WarmStart,
    /// How long the Jacobians and factorisations of [`StageMethod::Newton`](super::StageMethod::Newton) and
    /// [`StageMethod::SimplifiedNewton`](super::StageMethod::SimplifiedNewton) serve.
    pub jacobian: JacobianReuse,
    /// What preconditions [`AdjointMethod::Gmres`](super::AdjointMethod::Gmres).
    pub preconditioner: Preconditioner,
}

/// Where iterations for the stages start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum WarmStart {
    /// At the state before the step.
    None,
    /// Where the slopes of the steps before lead, extrapolated by as many differences as shrink; cotangents in backward
    /// passes likewise.
    #[default]
    PreviousStep,
    /// There as well, plus what this was wrong by at the same step of the same samples in the last pass.
    LastEpoch,
}

/// How long a Jacobian and its factorisation serve.
///
/// # Reference
/// Hairer and Wanner, *Solving Ordinary Differential Equations II*, section IV.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum JacobianReuse {
    /// [`Stage`](JacobianReuse::Stage) for small systems, whose Jacobians cost no more than the iterations that an old one
    /// adds, [`Step`](JacobianReuse::Step) beyond.
    #[default]
    Automatic,
    /// For the iterations of one solve, while they contract well.
    Stage,
    /// For later stages and steps too, while iterations contract well.
    Step,
    /// For later passes too.
    Epoch,
}

/// What preconditions GMRES on the adjoint equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Preconditioner {
    /// Nothing.
    None,
    /// Where the stage equations were solved with factors of a Newton matrix, `M ≈ I - h (A ⊗ I) diag(J_j)`, those of its
    /// last Jacobian: they solve the transposed system as well, up to what the Jacobian has changed since.
    #[default]
    ForwardFactor,
}
