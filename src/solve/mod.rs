//! Solving for the stages of implicit steps, and for their adjoints.
//!
//! The stages `Y_i` of a block of stages that depend on each other satisfy
//!
//! ```text
//! r_i(Y) = Y_i - base_i - h Σ_j a_ij F(γ, t + c_j h, Y_j) = 0 ,
//! ```
//!
//! one system a sample. Samples are solved together but independently: each has its own iterates, decisions and
//! convergence, and leaves when it is done. The derivative of a step solves a linear system of the same size, with the
//! Jacobians at the solution: no solver's iterations are ever differentiated.
//!
#![doc = include_str!("measured.md")]

mod alone;
mod anderson;
mod broyden;
mod coupling;
mod decoupled;
mod descent;
mod extrapolate;
mod factors;
mod fixed_point;
mod gmres;
mod history;
mod iterate;
mod krylov;
mod layout;
mod newton;
mod operator_norms;
mod orthogonalise;
mod persist;
mod precondition;
mod remembered;
mod reuse;
mod system;
mod work;

pub(crate) use coupling::{Coupled, Coupling};
pub(crate) use decoupled::Decoupling;
pub(crate) use extrapolate::Extrapolation;
pub(crate) use fixed_point::neumann;
pub(crate) use gmres::{Apply, Gmres, Goal, Relaxation};
pub(crate) use layout::Layout;
pub(crate) use newton::Newton;
pub(crate) use operator_norms::{Side, operator_norms};
pub(crate) use persist::{Attempt, Task, persist};
pub(crate) use precondition::precondition_adjoint;
pub(crate) use remembered::Remembered;
pub use reuse::{JacobianReuse, Preconditioner, Reuse, WarmStart};
pub(crate) use system::{Buffers, Rows, Settled, StageSystem};
pub use work::Work;

use crate::{Error, Real};
use newton::Correction;
use persist::DENSE_LIMIT;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How the stage equations of an implicit step are solved, and how exactly.
///
/// ```
/// use kutta::solve::{StageSolver, StageMethod};
/// let solver = StageSolver { method: StageMethod::NewtonGmres, tolerance: Some(1e-12), ..StageSolver::default() };
/// assert_eq!("newton-gmres".parse::<StageMethod>().unwrap(), solver.method);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StageSolver {
    /// Method for the stage equations.
    pub method: StageMethod,
    /// Method for the linear systems of adjoint and tangent.
    pub adjoint: AdjointMethod,
    /// A sample is solved when `‖r‖∞ ≤ tolerance · ‖Y - base‖∞`, relative to the increments of its stages (to
    /// `max(‖Y‖∞, ‖y_n‖∞)` where that is smaller): what the solves of many steps leave adds up to that fraction of the
    /// path, however short the steps. `None`: 1e-9 in f64, 1e-4 in f32.
    ///
    /// Rounding errors are the limit. After the first correction, a residual within `8 ε max(‖Y‖∞, ‖y_n‖∞)`, with the
    /// machine's `ε`, counts as zero; so does one that no longer shrinks and is not larger than its own rounding errors,
    /// found by evaluating the field once more with running errors: where the terms of the field cancel, or a stiff field
    /// amplifies the rounding of the stages. So does, at any time, one below the smallest normal number.
    ///
    /// All this by maximum norms over stages and components: a component that is far smaller than the others is known to
    /// no more than their tolerance. Measure components in units that make them of similar size.
    ///
    /// Iterative solves of adjoint and tangent leave a residual of at most 3 % of that, relative to the right-hand side by
    /// Euclidean norms, in every sample.
    pub tolerance: Option<f64>,
    /// How descent methods choose the length of a step.
    pub line_search: LineSearch,
    /// Iterations after which a solve has failed.
    pub max_iterations: usize,
    /// What solves take over from earlier ones.
    pub reuse: Reuse,
}

impl Default for StageSolver {
    fn default() -> Self {
        StageSolver {
            method: StageMethod::Automatic,
            adjoint: AdjointMethod::Automatic,
            tolerance: None,
            line_search: LineSearch::MoreThuente,
            max_iterations: 100,
            reuse: Reuse::default(),
        }
    }
}

impl StageSolver {
    /// The relative tolerance of stage equations.
    pub(crate) fn stage_tolerance<T: Real>(&self) -> T {
        T::constant(self.tolerance.unwrap_or(if size_of::<T>() == 8 { 1e-9 } else { 1e-4 }))
    }

    /// The relative tolerance of linear systems in adjoint and tangent: tighter than that of the stages, so that these
    /// are what limits the accuracy of a gradient.
    pub(crate) fn linear_tolerance<T: Real>(&self) -> T {
        (self.stage_tolerance::<T>() * T::constant(0.03)).max(T::constant(16.0) * T::EPSILON)
    }

    pub(crate) fn stage_method(&self, equations: usize) -> StageMethod {
        match self.method {
            StageMethod::Automatic if equations <= DENSE_LIMIT => StageMethod::Newton,
            StageMethod::Automatic => StageMethod::NewtonGmres,
            chosen => chosen,
        }
    }

    /// Whether to try dense matrices where GMRES fails on an adjoint or a tangent.
    pub(crate) fn adjoint_fallback(&self, equations: usize) -> bool {
        let dense = matches!(self.method, StageMethod::Newton | StageMethod::SimplifiedNewton);
        let automatic = dense || self.has_fallback(equations);
        self.adjoint == AdjointMethod::Automatic && automatic && self.adjoint_method(equations) == AdjointMethod::Gmres
    }

    pub(crate) fn adjoint_method(&self, equations: usize) -> AdjointMethod {
        match self.adjoint {
            AdjointMethod::Automatic => match self.stage_method(equations) {
                StageMethod::FixedPoint => AdjointMethod::Neumann,
                StageMethod::NewtonGmres => AdjointMethod::Gmres,
                _ if equations <= DENSE_LIMIT => AdjointMethod::Dense,
                _ => AdjointMethod::Gmres,
            },
            chosen => chosen,
        }
    }

    /// Refuses a tolerance that is not positive and zero iterations.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.tolerance {
            Some(tol) if !(tol > 0.0 && tol < 1.0) => {
                Err(Error::invalid("solver.tolerance", tol, "a number between 0 and 1"))
            }
            _ if self.max_iterations == 0 => Err(Error::invalid("solver.max_iterations", "0", "at least 1")),
            _ => Ok(()),
        }
    }
}

/// Methods for the stage equations; [the module's table](crate::solve#which-solver-for-what) compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum StageMethod {
    /// Newton with dense LU for small systems, Newton–GMRES for large ones, with LU again where that is cheaper or GMRES
    /// fails; where all of these do, Anderson's iteration, Broyden's, and up to 64 equations Gauss–Newton.
    #[default]
    Automatic,
    /// Newton's method with a dense Jacobian and LU, reused while it contracts, with backtracking.
    Newton,
    /// Newton's method with one Jacobian for all stages of a step, reused while it contracts: fully implicit stages are
    /// decoupled through the eigenvalues of their coefficients, and LU factorises matrices of the field's size, not of all
    /// stages together. A sample for which one Jacobian does not do goes on by [`Newton`](StageMethod::Newton), and so do
    /// all where the stages are not coupled or have no well-conditioned eigenvectors.
    SimplifiedNewton,
    /// Newton's method with GMRES on Jacobian–vector products, with backtracking.
    NewtonGmres,
    /// The fixed-point iteration `Y ← base + h A F(Y)`, for contractive stages. A sample whose residual ceases to shrink
    /// is refused where its estimate of `‖h A ⊗ J‖₂` is 1 or more; [`contraction`](crate::OdeBlock::contraction) tells it.
    FixedPoint,
    /// The fixed-point iteration accelerated by Anderson's method.
    Anderson,
    /// Broyden's good method, from the identity.
    Broyden,
    /// Descent on `½‖r‖²` along the gradient, with diagonal scaling and momentum (Reshniak and Webster 2021,
    /// Table 2, as those below).
    GradientDescent,
    /// Descent by BFGS, with a dense approximation of the inverse Hessian.
    Bfgs,
    /// Descent by L-BFGS.
    Lbfgs,
    /// Descent by the nonlinear conjugate gradients of Fletcher and Reeves.
    FletcherReeves,
    /// Descent by the nonlinear conjugate gradients of Polak and Ribière, its parameter never negative.
    PolakRibiere,
    /// Descent by the nonlinear conjugate gradients of Hestenes and Stiefel.
    HestenesStiefel,
    /// Descent by Gauss–Newton: Newton's direction with a Wolfe line search.
    GaussNewton,
}

/// How descent methods choose the length of a step along their direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum LineSearch {
    /// The strong Wolfe conditions, by the method of Moré and Thuente.
    #[default]
    MoreThuente,
    /// The approximate Wolfe conditions, by the method of Hager and Zhang.
    HagerZhang,
    /// Nearly the minimum along the line: Moré and Thuente with a slope reduced a thousandfold.
    NearExact,
}

/// Methods for the linear systems of adjoint and tangent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum AdjointMethod {
    /// What suits the method of the stage equations.
    #[default]
    Automatic,
    /// Dense Jacobians and LU.
    Dense,
    /// Restarted GMRES on vector–Jacobian products, with a [`Preconditioner`].
    Gmres,
    /// Neumann series, for contractive stages.
    Neumann,
}

macro_rules! names {
    ($type:ty, $what:literal, $($variant:ident $name:literal),*) => {
        impl $type {
            /// All of them, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
        impl FromStr for $type {
            type Err = Error;
            fn from_str(name: &str) -> Result<Self, Error> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(Error::unknown($what, name, [$($name),*])),
                }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name),* })
            }
        }
    };
}
names!(StageMethod, "solver", Automatic "automatic", Newton "newton",
    SimplifiedNewton "simplified-newton", NewtonGmres "newton-gmres",
    FixedPoint "fixed-point", Anderson "anderson", Broyden "broyden", GradientDescent "gradient-descent", Bfgs "bfgs", Lbfgs "lbfgs",
    FletcherReeves "fletcher-reeves", PolakRibiere "polak-ribiere", HestenesStiefel "hestenes-stiefel",
    GaussNewton "gauss-newton");
names!(LineSearch, "line search", MoreThuente "more-thuente", HagerZhang "hager-zhang", NearExact "near-exact");
names!(WarmStart, "warm start", None "none", PreviousStep "previous-step", LastEpoch "last-epoch");
names!(JacobianReuse, "Jacobian reuse", Automatic "automatic", Stage "stage", Step "step", Epoch "epoch");
names!(Preconditioner, "preconditioner", None "none", ForwardFactor "forward-factor");
names!(AdjointMethod, "adjoint solver", Automatic "automatic", Dense "dense", Gmres "gmres", Neumann "neumann");

/// Solves stage equations by one method, from the stages in the system's buffers. Gives the iterations of all samples.
pub(crate) fn solve<T: Real>(
    system: &mut StageSystem<'_, T>,
    Attempt { method, worthwhile, .. }: Attempt,
    decoupling: Option<&Arc<Decoupling<T>>>,
    newton: &mut Newton<T>,
    solver: &StageSolver,
) -> Result<usize, Failure> {
    match method {
        StageMethod::FixedPoint => fixed_point::solve(system, solver),
        StageMethod::Anderson => anderson::solve(system, solver),
        StageMethod::Broyden => broyden::solve(system, solver),
        StageMethod::NewtonGmres => newton.solve(system, Correction::Krylov { worthwhile }, solver),
        StageMethod::Newton | StageMethod::Automatic => newton.solve(system, Correction::Dense(None), solver),
        StageMethod::SimplifiedNewton => newton.solve(system, Correction::Dense(decoupling), solver),
        descent => descent::solve(system, descent, solver),
    }
}

/// A solve that failed: which sample of the batch, and how far it got.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub sample: usize,
    pub residual: f64,
    pub iterations: usize,
    /// The factor by which an iteration changed the residual, where it was observed.
    pub rate: Option<f64>,
}
