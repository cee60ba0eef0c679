//! Where a sample stands in Newton's method, and what an evaluation means for it.

use super::factors::Form;
use super::krylov;
use crate::Real;

/// New Jacobians, standing for those of all stages, that may contract too little before a sample's stages are coupled again.
const MAX_SLOW: usize = 2;
/// Shortest step that backtracking tries.
const SHORTEST_STEP: f64 = 1e-3;

/// Where one sample stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Iterate<T> {
    pub phase: Phase,
    /// Relative residual at the last accepted stages, and what it is relative to.
    pub norm: T,
    pub scale: T,
    /// The one before.
    pub last_norm: T,
    /// Fraction of the Newton correction being tried.
    pub step: T,
    /// Whether the last correction was accepted in full.
    pub whole: bool,
    /// Whether the correction came from the Jacobian at the stages it corrects.
    pub fresh: bool,
    /// Whether a new Jacobian is wanted before the next correction.
    pub wants_jacobian: bool,
    /// The matrix that is formed of it.
    pub form: Form,
    /// New Jacobians, standing for those of all stages, that contracted too little.
    pub slow: usize,
    /// Whether Newton's own corrections are yet to be tried from the first guess.
    pub untried: bool,
    /// Whether the solve was started anew from the safer start.
    pub restarted: bool,
    pub iterations: usize,
    /// Iterations with one Jacobian for all stages that led nowhere.
    pub vain: usize,
    /// Corrections whose linear system was not solved.
    pub poor: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The first evaluation is to come.
    Start,
    /// A corrected iterate is being tried.
    Trial,
    /// Back at the last accepted iterate, to get a fresh Jacobian.
    Back,
    Done,
}

/// What to do with a sample after an evaluation.
pub(super) enum Verdict {
    Done,
    /// Accepted: correct it again.
    Correct,
    /// Try a shorter step from the last accepted stages.
    Shorten,
    /// Return to the last accepted stages for a fresh Jacobian.
    GoBack,
    /// Start again: from the first guess where that was decoupled, else from the base of the stages.
    Restart,
    Fail,
}

impl<T: Real> Iterate<T> {
    /// At the first guess, its first correction to come from a matrix of that form.
    pub fn new(form: Form) -> Self {
        Iterate {
            phase: Phase::Start,
            norm: T::MAX,
            scale: T::one(),
            last_norm: T::MAX,
            step: T::one(),
            whole: false,
            fresh: false,
            wants_jacobian: true,
            form,
            slow: 0,
            untried: form == Form::Decoupled,
            restarted: false,
            iterations: 0,
            vain: 0,
            poor: 0,
        }
    }

    /// Takes note of the residual at the stages just evaluated, `norm` relative to `scale`, and decides. A Jacobian is
    /// kept while the residual shrinks by the factor `keep` an iteration.
    pub fn judge(&mut self, norm: T, scale: T, tolerance: T, max_iterations: usize, keep: T) -> Verdict {
        if norm <= tolerance {
            return Verdict::Done;
        }
        if self.poor >= krylov::MAX_POOR {
            return Verdict::Fail;
        }
        // Of the residual itself: its scale changes with the stages.
        let factor = (norm / self.norm) * (scale / self.scale);
        let accepted = match self.phase {
            Phase::Start => norm.is_finite(),
            Phase::Back => true,
            // Far from the solution the Jacobian of an earlier step may lead astray, downhill all the same.
            _ if !self.fresh && self.last_norm == T::MAX => factor < keep,
            _ => factor < T::one(),
        };
        let decoupled = self.form == Form::Decoupled;
        if accepted {
            let slow = self.phase == Phase::Trial && factor >= keep;
            self.wants_jacobian |= slow || self.restarted;
            self.slow += usize::from(slow && self.fresh);
            if decoupled && (self.slow >= MAX_SLOW || 2 * self.iterations >= max_iterations) {
                (self.form, self.wants_jacobian) = (Form::Coupled, true);
            }
            (self.last_norm, self.norm, self.scale) = (self.norm, norm, scale);
            self.whole = self.phase == Phase::Trial && self.step == T::one();
            self.step = T::one();
            return match self.iterations < max_iterations {
                true => Verdict::Correct,
                false if self.restarted => Verdict::Fail,
                false => Verdict::Restart,
            };
        }
        let shorter = self.step * T::constant(0.25);
        if self.phase == Phase::Trial && (!self.fresh || decoupled) {
            self.wants_jacobian = true;
            if self.fresh {
                self.form = Form::Coupled;
            }
            Verdict::GoBack
        } else if self.phase == Phase::Trial && shorter >= T::constant(SHORTEST_STEP) {
            self.step = shorter;
            Verdict::Shorten
        } else if self.restarted {
            Verdict::Fail
        } else {
            Verdict::Restart
        }
    }
}
