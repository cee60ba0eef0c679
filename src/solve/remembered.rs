//! What solves take over from those before them: all of it, and who writes and who reads it.
//!
//! | what | is written by | is read by |
//! | --- | --- | --- |
//! | `slopes` | a step, when it is taken | the first guess of the next, unless [`WarmStart::None`](super::WarmStart::None) |
//! | `newton.factors` | Newton's solves with LU | later ones, as [`JacobianReuse`](super::JacobianReuse) says; GMRES of the adjoint, as [`Preconditioner`](super::Preconditioner) says |
//! | `newton` relaxations | GMRES of a solve | later ones; what `slopes` is told of the increments |
//! | `cotangents` | GMRES of a block's adjoint | that of the same block in the step before, which comes next |
//! | `relaxations` | GMRES of an adjoint | later ones; whether cotangents are looked at once more |
//! | `defeats_krylov` | a solve that LU ended where GMRES did not | later solves, and adjoints: which of the two comes first |
//!
//! Beside this, the trace of a step keeps what its stages were beyond the first guess, for the same step of the next pass
//! ([`WarmStart::LastEpoch`](super::WarmStart::LastEpoch)). A checkpoint keeps what steps forward read. A pass begins by [`forget`](Remembered::forget), its way back by
//! [`forget_adjoint`](Remembered::forget_adjoint).

use super::{Extrapolation, Newton, Relaxation};
use crate::Real;

#[derive(Debug)]
pub(crate) struct Remembered<T: Real> {
    /// `h k_i` of the steps so far.
    pub slopes: Extrapolation<T>,
    pub newton: Newton<T>,
    /// `κ - μ` of the steps so far, backwards, by block.
    pub cotangents: Vec<Extrapolation<T>>,
    /// By sample: how the operator of the adjoint is relaxed.
    pub relaxations: Vec<Relaxation<T>>,
    /// Whether GMRES failed on these samples where LU did not.
    pub defeats_krylov: bool,
}

impl<T: Real> Remembered<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Remembered {
            slopes: Extrapolation::new(),
            newton: Newton::new(),
            cotangents: Vec::new(),
            relaxations: Vec::new(),
            defeats_krylov: false,
        }
    }

    /// Forgets everything; factors of Jacobians if `factors` says so.
    pub fn forget(&mut self, factors: bool) {
        self.slopes.forget();
        self.newton.forget(factors);
        self.forget_adjoint();
        self.defeats_krylov = false;
    }

    /// Becomes what another remembers of steps forward, without factors of Jacobians unless `factors` says so: the next step is
    /// solved as after those.
    pub fn copy_from(&mut self, other: &Self, factors: bool) {
        self.slopes.copy_from(&other.slopes);
        self.newton.copy_from(&other.newton, factors);
        self.defeats_krylov = other.defeats_krylov;
    }

    /// Forgets what adjoints taught.
    pub fn forget_adjoint(&mut self) {
        self.cotangents.iter_mut().for_each(Extrapolation::forget);
        self.relaxations.clear();
    }
}
