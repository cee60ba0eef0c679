//! One sample at a time, for methods whose course depends on the sample at every turn.

use super::{Buffers, Failure, Layout, Rows, StageSolver, StageSystem, system::Settled};
use crate::Real;
use crate::field::Scratch;

/// Solves the stage equations of every sample by itself. `method` is given a system of one sample, evaluated, and the
/// relative residual there; it leaves the system at what it found, evaluated, and returns the residual and its
/// iterations. Returns the iterations of all samples.
pub(super) fn each_sample<T: Real>(
    system: &mut StageSystem<'_, T>,
    solver: &StageSolver,
    mut method: impl FnMut(&mut StageSystem<'_, T>, T) -> (T, usize),
) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let layout = system.buffers.layout;
    let alone = Layout::new::<T>(layout.rows, layout.stages, 1);
    let mut buffers = Buffers::new();
    let mut scratch = Scratch::new();
    let mut norms = Vec::new();
    let mut total = 0;
    for q in 0..layout.samples {
        let full = &*system.buffers;
        let [known, slopes, record] = [&full.t, &full.f, &full.record].map(|matrix| matrix.len() / layout.stride);
        buffers.resize(alone, Rows { known, slopes, record });
        (buffers.h[0], buffers.size[0]) = (full.h[q], full.size[q]);
        for (to, from) in buffers.t.chunks_exact_mut(alone.stride).zip(full.t.chunks_exact(layout.stride)) {
            (0..layout.stages).for_each(|i| to[i] = from[i * layout.samples + q]);
        }
        for (to, from) in alone.spans().zip(layout.spans()) {
            buffers.base[to.start] = full.base[from.start + q];
            buffers.y[to.start] = full.y[from.start + q];
        }
        let (mut y, mut f) = (vec![T::zero(); alone.len()], vec![T::zero(); buffers.f.len()]);
        let mut record = vec![T::zero(); buffers.record.len()];
        let mut single = StageSystem {
            field: system.field,
            params: system.params,
            coupling: system.coupling,
            tolerance: system.tolerance,
            buffers: &mut buffers,
            solution: Settled { layout: alone, y: &mut y, f: &mut f, record: &mut record },
            scratch: &mut scratch,
            work: &mut *system.work,
        };
        single.evaluate(&mut norms);
        let (residual, iterations) = if norms[0] <= tolerance { (norms[0], 0) } else { method(&mut single, norms[0]) };
        let solved = residual <= tolerance;
        if !solved {
            return Err(Failure { sample: q, residual: residual.to_f64(), iterations, rate: None });
        }
        total += iterations;
        for (one, all) in alone.spans().zip(layout.spans()) {
            system.buffers.y[all.start + q] = buffers.y[one.start];
        }
    }
    // One evaluation of all samples leaves slopes and records at the solutions.
    system.evaluate(&mut norms);
    system.settle(&(0..layout.samples).collect::<Vec<_>>());
    Ok(total)
}
