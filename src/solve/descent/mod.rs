//! Descent on `½‖r‖²` by argmin, one sample at a time: the rows of Table 2 of Reshniak and Webster (2021), and
//! Gauss–Newton.
//!
//! Each method asks a line search for a step along a direction of descent. A line search that finds no decrease ends a
//! run; the next starts afresh from where it got, without memory, until the residual is small enough, the iterations are
//! used up, or a run gets nowhere.
//!
//! # Reference
//! Reshniak and Webster (2021), Table 2; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapters 3, 5, 6, 7 and 10.

mod direction;
mod least_squares;

use direction::{Directed, Direction};
use least_squares::LeastSquares;

use super::alone::each_sample;
use super::{Failure, LineSearch, StageMethod, StageSolver, StageSystem};
use crate::Real;
use argmin::core::{Error, Executor, IterState, Solver as Method, State};
use argmin::solver::linesearch::{HagerZhangLineSearch, MoreThuenteLineSearch};
use argmin::solver::quasinewton::{BFGS, LBFGS};

type Vector = Vec<f64>;
type Matrix = Vec<Vec<f64>>;

/// Correction pairs that L-BFGS keeps.
const MEMORY: usize = 10;
/// Runs that a solve may take.
const RUNS: usize = 5;
/// The Wolfe conditions: sufficient decrease, and curvature for methods that scale their directions, for conjugate
/// gradients, and for a step that nearly minimises along the line.
const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const CONJUGATE_CURVATURE: f64 = 0.1;
const EXACT_CURVATURE: f64 = 1e-3;
/// The method of Hager and Zhang lets a slope be positive up to `1 - 2 δ` of what it was negative, with the decrease `δ`,
/// which may not exceed the curvature: conjugate gradients take this for both.
const CONJUGATE_HAGER_ZHANG: f64 = 0.4;

/// Solves the stage equations of every sample; returns the iterations.
pub(crate) fn solve<T: Real>(
    system: &mut StageSystem<'_, T>,
    method: StageMethod,
    solver: &StageSolver,
) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    each_sample(system, solver, |single, mut residual| {
        let layout = single.buffers.layout;
        let unknowns = || StageSystem::<T>::unknowns(layout, 0);
        let (mut iterations, mut norms) = (0, Vec::new());
        for _ in 0..RUNS {
            let start: Vector = unknowns().map(|k| single.buffers.y[k].to_f64()).collect();
            // ‖r‖∞ ≤ ‖r‖₂: once the cost is below its target, our own residual passes.
            let scale = single.buffers.scale[0];
            let target = 0.5 * (tolerance * scale).to_f64().powi(2);
            let budget = solver.max_iterations - iterations;
            let problem = LeastSquares::new(single);
            let run = Run { problem: &problem, start: start.clone(), target, budget: budget as u64 };
            // A run that ends with an error has tried at least once.
            iterations += run.by(method, solver.line_search).map_or(1, |spent| spent.max(1) as usize);
            let best = problem.best().unwrap_or(start);
            for (k, &y) in unknowns().zip(&best) {
                single.buffers.y[k] = T::constant(y);
            }
            single.evaluate(&mut norms);
            let before = residual * scale;
            residual = norms[0];
            let idle = residual * single.buffers.scale[0] >= before;
            if idle {
                // At the same place again: a residual of rounding size tells itself by not shrinking.
                single.evaluate(&mut norms);
                residual = norms[0];
            }
            if residual <= tolerance || iterations >= solver.max_iterations || idle {
                break;
            }
        }
        (residual, iterations)
    })
}

/// One run of a method.
struct Run<P> {
    problem: P,
    start: Vector,
    /// The cost at which the equations are solved.
    target: f64,
    /// Iterations it may take.
    budget: u64,
}

impl<'r, 'p, 'a, T: Real> Run<&'r LeastSquares<'p, 'a, T>> {
    /// The iterations, if all went well; the problem knows the best point.
    fn by(self, method: StageMethod, search: LineSearch) -> Result<u64, Error> {
        let conjugate =
            matches!(method, StageMethod::FletcherReeves | StageMethod::PolakRibiere | StageMethod::HestenesStiefel);
        let curvature = match search {
            LineSearch::NearExact => EXACT_CURVATURE,
            _ if conjugate => CONJUGATE_CURVATURE,
            _ => CURVATURE,
        };
        match search {
            LineSearch::MoreThuente | LineSearch::NearExact => {
                let search = MoreThuenteLineSearch::new().with_c(DECREASE, curvature)?.with_width_tolerance(1e-14)?;
                match method {
                    StageMethod::Lbfgs => self.run(unending(LBFGS::new(search, MEMORY))?),
                    _ => self.with(method, search),
                }
            }
            LineSearch::HagerZhang => {
                let (decrease, curvature) = match conjugate {
                    true => (CONJUGATE_HAGER_ZHANG, CONJUGATE_HAGER_ZHANG),
                    false => (DECREASE, curvature),
                };
                let search = HagerZhangLineSearch::new().with_delta_sigma(decrease, curvature)?;
                match method {
                    StageMethod::Lbfgs => self.run(unending(LBFGS::new(search, MEMORY))?),
                    _ => self.with(method, search),
                }
            }
        }
    }

    fn with<L>(self, method: StageMethod, search: L) -> Result<u64, Error>
    where
        L: Clone
            + argmin::core::LineSearch<Vector, f64>
            + Method<&'r LeastSquares<'p, 'a, T>, IterState<Vector, Vector, (), (), (), f64>>,
    {
        let direction = match method {
            StageMethod::GaussNewton => Direction::GaussNewton,
            StageMethod::FletcherReeves => Direction::FletcherReeves,
            StageMethod::PolakRibiere => Direction::PolakRibiere,
            StageMethod::HestenesStiefel => Direction::HestenesStiefel,
            StageMethod::Bfgs => return self.bfgs(search),
            _ => Direction::Gradient,
        };
        self.run(Directed::new(search, direction))
    }

    fn run<M>(self, method: M) -> Result<u64, Error>
    where
        M: Method<&'r LeastSquares<'p, 'a, T>, IterState<Vector, Vector, (), (), (), f64>>,
    {
        let Run { problem, start, target, budget } = self;
        let executor =
            Executor::new(problem, method).configure(|s| s.param(start).max_iters(budget).target_cost(target));
        Ok(executor.ctrlc(false).run()?.state().get_iter())
    }

    fn bfgs<L>(self, search: L) -> Result<u64, Error>
    where
        L: Clone
            + argmin::core::LineSearch<Vector, f64>
            + Method<&'r LeastSquares<'p, 'a, T>, IterState<Vector, Vector, (), (), (), f64>>,
    {
        let Run { problem, start, target, budget } = self;
        let n = start.len();
        let identity: Matrix = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        let method = BFGS::new(search).with_tolerance_grad(0.0)?.with_tolerance_cost(0.0)?;
        let executor = Executor::new(problem, method)
            .configure(|s| s.param(start).inv_hessian(identity).max_iters(budget).target_cost(target));
        Ok(executor.ctrlc(false).run()?.state().get_iter())
    }
}

/// Without argmin's own criteria to stop: ours is the residual.
fn unending<L>(method: LBFGS<L, Vector, Vector, f64>) -> Result<LBFGS<L, Vector, Vector, f64>, Error> {
    method.with_tolerance_grad(0.0)?.with_tolerance_cost(0.0)
}
