//! Steps that are undone.

use super::plan::{Block, Plan};
use super::{Start, Step, Trace, Workspace};
use crate::field::Field;
use crate::solve::StageSolver;
use crate::tableau::Method;
use crate::{Error, Real};

/// The step back of a [`Step`], by the [inverse](Method::inverse) of its method.
///
/// The stages of both are at the same states, so that what the step back evaluates there serves the derivatives of the step
/// forward. Where the two do not evaluate the same together, the step is taken once more.
#[derive(Debug)]
pub(crate) struct Back<'a, T: Real> {
    step: Step<'a, T>,
    /// By block of the step forward: the block of the step back that evaluates the same.
    blocks: Option<Vec<usize>>,
}

/// Memory of steps back.
#[derive(Debug)]
pub(crate) struct BackWorkspace<T: Real> {
    trace: Trace<T>,
    again: Vec<T>,
}

impl<T: Real> BackWorkspace<T> {
    pub fn new() -> Self {
        BackWorkspace { trace: Trace::new(), again: Vec::new() }
    }
}

impl<'a, T: Real> Back<'a, T> {
    /// That of `forward`, a step of `method` over `field`.
    pub fn new(
        field: &'a dyn Field<T>,
        method: &Method,
        solver: StageSolver,
        forward: &Step<'a, T>,
    ) -> Result<Self, Error> {
        let step = Step::new(field, &method.inverse()?, solver)?;
        let (there, back) = (&forward.scheme, &step.scheme);
        let twin = |block: &Block<'_, T>| back.blocks.iter().position(|other| are_alike(there, block, other));
        let blocks = there.blocks.iter().map(twin).collect();
        Ok(Back { step, blocks })
    }

    /// From `from.y = y_{n+1}`, at the `t` and `h` of the step forward, computes `y_n` in `before`, and leaves in `trace` what
    /// that step would have.
    pub fn take(
        &self,
        forward: &Step<'a, T>,
        from: Start<'_, T>,
        before: &mut [T],
        trace: &mut Trace<T>,
        (own, ws): (&mut BackWorkspace<T>, &mut Workspace<T>),
    ) -> Result<(), Error> {
        own.trace.forget();
        self.step.forward(from, before, &mut own.trace, ws)?;
        trace.forget();
        let Some(blocks) = &self.blocks else {
            own.again.resize(before.len(), T::zero());
            return forward.forward(Start { y: before, ..from }, &mut own.again, trace, ws).map(|_| ());
        };
        forward.make_room(from.batch, trace);
        for (block, &twin) in trace.blocks.iter_mut().zip(blocks) {
            std::mem::swap(block, &mut own.trace.blocks[twin]);
        }
        Ok(())
    }
}

/// Whether blocks of two plans of the same field leave the same traces: evaluations of the same terms at the same stages, as
/// many rows of them.
fn are_alike<T: Real>(plan: &Plan<'_, T>, block: &Block<'_, T>, other: &Block<'_, T>) -> bool {
    let reads_all = plan.terms[block.terms[0]].term.reads == (0..plan.dim);
    (&block.stages, &block.terms, &block.members) == (&other.stages, &other.terms, &other.members)
        && (block.implicit == other.implicit || (block.stages.len() == 1 && block.terms.len() == 1 && reads_all))
}
