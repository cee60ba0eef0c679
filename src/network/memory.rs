//! What a chain of steps keeps of its way forward, for the way back.

use super::schedule::Schedule;
use crate::Error;
use serde::{Deserialize, Serialize};

/// What a block keeps of a forward pass for the backward pass. All policies give the same gradient: bit for bit, but for
/// [`Reverse`](Memory::Reverse), whose differs by as much as its states may drift.
///
/// For `T` steps, in numbers of states kept and of steps taken again (a training step by [`StoreAll`](Memory::StoreAll)
/// costs three to four times a pass forward):
///
/// | policy | keeps | takes again |
/// | --- | --- | --- |
/// | `StoreAll` | the states and stages of `T` steps | none |
/// | `Every(k)` | `T/k` states, stages of `k` steps | at most `T` |
/// | `Binomial { slots: m }` | `m` states, stages of one step | `r T - β(m + 1, r - 1)`, `β(m, r) = (m + r)!/(m! r!)`, for the least `r` with `T ≤ β(m, r)` |
/// | `Reverse { .. }` | at most 32 states, stages of one step | `T` steps back |
///
/// Beside the state, a checkpoint of a method with implicit stages holds what their solves remember, so that they find the
/// same bits again; [`WarmStart::LastEpoch`](crate::solve::WarmStart::LastEpoch) remembers the stages of every step.
/// Observed states and the derivatives of a [`Regularisation`](crate::Regularisation) by the states on the way are as many
/// numbers as steps are seen, under any policy: a long chain in little memory has its loss at few of its states.
///
/// ```
/// use kutta::network::{Memory, OdeBlock};
/// use kutta::{Activation, Mlp, Tableau};
/// let block = |memory| {
///     let field = Mlp::new([2, 8, 2], Activation::Tanh)?;
///     Ok::<_, kutta::Error>(OdeBlock::new(field, Tableau::rk4()).steps(1000).step_size(0.01).memory(memory))
/// };
/// let params = vec![0.1; block(Memory::StoreAll)?.param_count()];
/// let gradient = |memory| {
///     block(memory)?.value_and_grad_of(&params, 0.0, &[[1.0, 0.5]], |path, bar| {
///         bar.state_mut(0, 1000)[0] = 1.0;
///         path.last(0)[0]
///     })
/// };
/// // Ten states and one step's stages instead of a thousand.
/// let (all, few) = (gradient(Memory::StoreAll)?, gradient(Memory::Binomial { slots: 10 })?);
/// assert_eq!(all.params, few.params);
/// assert_eq!(Memory::Binomial { slots: 10 }.recomputed(1000), 3636);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Where steps cannot be undone
///
/// Going back through a step undoes what it did to errors, too. A difference that a field shrinks by `e^{-λT}` on the way forward
/// is enlarged by `e^{λT}` on the way back, and rounding errors of 1e-16 of a state with it: `λT = 30` leaves three digits of it,
/// 37 none. So it is for every method, also for those that are undone without solving anything: where two ways run
/// together, the difference between them is lost when the numbers are rounded, and no arithmetic finds it again. Going back is
/// hopeless for what is stiff or strongly dissipative: friction, diffusion, attractors, relaxation towards a limit that is not
/// zero (of `y' = -λ y` alone, rounding errors shrink as the state does). What conserves goes back as well as forward:
/// Hamiltonian fields, rotations, waves; and networks whose weights are small for the time that they take are harmless.
///
/// Methods have limits of their own. BDF2's step has an explicit inverse that is unstable for any field; backward Euler sends
/// back large eigenvalues with `1/R(z)`; and where steps back are implicit, the
/// [tolerance](crate::solve::StageSolver::tolerance) of the stage equations, 1e-9 if none is given, takes the place of rounding.
///
/// [`Reverse`](Memory::Reverse) therefore keeps some of the states, goes back from each to the one before, and compares. If
/// they differ by more than it may, what was derived on that stretch is given up, and the stretch is taken again from the
/// state that is kept; [`Work::fallbacks`](crate::solve::Work::fallbacks) counts these.
///
/// # References
/// Griewank and Walther, *Algorithm 799: revolve*, ACM Trans. Math. Softw. 26 (2000); Gomez, Ren, Urtasun and Grosse, *The
/// reversible residual network*, 2017, arXiv:1707.04585.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Memory {
    /// All states and stages, and what the field recorded there: no step is taken twice.
    #[default]
    StoreAll,
    /// A checkpoint every so many steps, at least 1; the steps between two are taken again, once. `√T` keeps the least.
    Every(usize),
    /// So many checkpoints, at least 1, the start among them, where steps are taken again as seldom as they allow (Griewank
    /// and Walther).
    Binomial {
        /// Number of checkpoints.
        slots: usize,
    },
    /// Goes back by the [inverse](crate::tableau::Method::inverse) of the method. Of use for reversible and symmetric methods.
    Reverse {
        /// By how much a state that going back leads to may differ from the one that was kept, relative to the largest
        /// component of what is carried: a positive number.
        drift: f64,
    },
}

impl Memory {
    /// How many steps a backward pass through so many takes again: the fewest for
    /// [`Binomial`](Memory::Binomial); for [`Reverse`](Memory::Reverse) steps back, if none drifts.
    pub fn recomputed(self, steps: usize) -> usize {
        Schedule::new(self, steps, 0).recomputed()
    }

    /// Refuses a policy that is none.
    pub(super) fn check(self) -> Result<(), Error> {
        let fault = |what, value: String, expected: &str| Err(Error::invalid(what, value, expected));
        match self {
            Memory::Every(0) => fault("the steps between checkpoints", "0".into(), "at least 1"),
            Memory::Binomial { slots: 0 } => fault("the slots for checkpoints", "0".into(), "at least 1"),
            Memory::Reverse { drift } if !(drift > 0.0 && drift.is_finite()) => {
                fault("the drift of steps back", drift.to_string(), "a positive number")
            }
            _ => Ok(()),
        }
    }
}
