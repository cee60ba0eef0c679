//! Which methods are tried on stage equations, one after another.

use super::{Failure, StageMethod, StageSolver};

/// Up to this many equations a sample, dense factorisations are the automatic choice.
pub(super) const DENSE_LIMIT: usize = 12;
/// Up to this many, they take over where GMRES, the automatic choice, fails or would take too long.
const FALLBACK_LIMIT: usize = 1024;
/// A dense Newton costs about so many Jacobian–vector products for every two rows of its matrices, as measured.
const WORTHWHILE: usize = 5;
/// But no fewer than this.
const LEAST_WORTHWHILE: usize = 70;

/// Most equations on which descent is a last resort.
const DESCENT_LIMIT: usize = 64;

/// One way of solving stage equations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub method: StageMethod,
    /// Jacobian–vector products for which GMRES is worth it.
    pub worthwhile: usize,
    /// Whether what earlier solves left is to be forgotten first.
    pub afresh: bool,
}

/// Stage equations as far as the choice of a method goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    pub equations: usize,
    /// Rows of the matrices that a dense method factors first: fewer than equations where stages are decoupled.
    pub rows: usize,
    /// Whether there are Jacobians of earlier solves.
    pub has_past: bool,
}

/// Tries methods on stage equations until `attempt` succeeds with one; `defeats_krylov` says, and learns, whether GMRES has
/// failed on such equations where LU did not. Gives the iterations, or the last failure.
pub(crate) fn persist(
    solver: &StageSolver,
    task: Task,
    defeats_krylov: &mut bool,
    mut attempt: impl FnMut(Attempt) -> Result<usize, Failure>,
) -> Result<usize, Failure> {
    let mut solved = Err(Failure { sample: 0, residual: f64::NAN, iterations: 0, rate: None });
    let attempts = || solver.attempts(task.equations, task.rows);
    let skipped = usize::from(*defeats_krylov).min(attempts().count() - 1);
    for (k, way) in attempts().enumerate().skip(skipped) {
        solved = attempt(way);
        if solved.is_ok() {
            *defeats_krylov |= k == 1;
            return solved;
        }
    }
    if task.has_past {
        // An old Jacobian may have led astray: once more from the first guess, without it.
        if let Some(dense) = attempts().nth(1).or_else(|| attempts().next()) {
            solved = attempt(Attempt { afresh: true, ..dense });
        }
    }
    if solver.method == StageMethod::Automatic {
        // Where Newton's method runs into a dead end, another one may find its way yet.
        for method in last_resorts(task.equations) {
            if solved.is_err() {
                solved = attempt(Attempt { method, worthwhile: usize::MAX, afresh: false }).or(solved);
            }
        }
    }
    solved
}

/// Methods to try where those of Newton's fail, without the last where its iterations would be long.
fn last_resorts(equations: usize) -> impl Iterator<Item = StageMethod> {
    let count = if equations <= DESCENT_LIMIT { 3 } else { 2 };
    [StageMethod::Anderson, StageMethod::Broyden, StageMethod::GaussNewton].into_iter().take(count)
}

impl StageSolver {
    /// What to try on stage equations, one after the other; the second, once it has served where the first did not, from
    /// the beginning.
    fn attempts(&self, equations: usize, rows: usize) -> impl Iterator<Item = Attempt> {
        let chosen = Attempt { method: self.stage_method(equations), worthwhile: usize::MAX, afresh: false };
        let economical = Attempt { worthwhile: (rows * WORTHWHILE / 2).max(LEAST_WORTHWHILE), ..chosen };
        let dense = Attempt { method: StageMethod::SimplifiedNewton, ..chosen };
        let several = self.has_fallback(equations);
        let attempts = if several { [Some(economical), Some(dense), Some(chosen)] } else { [Some(chosen), None, None] };
        attempts.into_iter().flatten()
    }

    /// Whether the automatic choice is GMRES for as long as it is cheap, with an LU to fall back on: for stiff systems of
    /// moderate size.
    pub(super) fn has_fallback(&self, equations: usize) -> bool {
        self.method == StageMethod::Automatic && (DENSE_LIMIT + 1..=FALLBACK_LIMIT).contains(&equations)
    }
}
