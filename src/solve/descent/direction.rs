//! Steps along a direction of descent, of a length that a line search finds.

use super::Vector;
use super::least_squares::LeastSquares;
use crate::Real;
use argmin::core::NLCGBetaUpdate;
use argmin::core::{Error, Executor, IterState, KV, LineSearch, Problem, Solver, TerminationReason, TerminationStatus};
use argmin::solver::conjugategradient::beta::{FletcherReeves, HestenesStiefel, PolakRibierePlus};
use argmin_math::ArgminDot;

/// Where to search at a point with gradient `g`.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    /// `p = −D g + μ p'`, with the direction `p'` before, `D` the reciprocals of the curvatures at the start, `μ = 1/2`.
    Gradient,
    /// `p = −g + β p'`, with the `β` of Fletcher and Reeves.
    FletcherReeves,
    /// … of Polak and Ribière, never negative.
    PolakRibiere,
    /// … of Hestenes and Stiefel.
    HestenesStiefel,
    /// The step that solves the linearised equations.
    GaussNewton,
}

/// The share of the last direction in that of gradient descent.
const MOMENTUM: f64 = 0.5;

/// Descent along a [`Direction`].
///
/// Where a direction does not descend, or the line search finds nothing along it, steepest descent takes its place.
pub(super) struct Directed<L> {
    search: L,
    direction: Direction,
    /// The gradient and the direction before.
    last: Option<(Vector, Vector)>,
    /// The scaling of gradients.
    scaling: Vector,
    stuck: bool,
}

impl<L> Directed<L> {
    pub fn new(search: L, direction: Direction) -> Self {
        Directed { search, direction, last: None, scaling: Vec::new(), stuck: false }
    }

    /// The direction at `y`, where the gradient is `g`, if it descends.
    fn next<T: Real>(&mut self, problem: &LeastSquares<'_, '_, T>, y: &[f64], g: &Vector) -> Option<Vector> {
        let beta = |last: &(Vector, Vector)| match self.direction {
            Direction::FletcherReeves => FletcherReeves::new().update(&last.0, g, &last.1),
            Direction::PolakRibiere => PolakRibierePlus::new().update(&last.0, g, &last.1),
            _ => HestenesStiefel::new().update(&last.0, g, &last.1),
        };
        let direction = match self.direction {
            Direction::GaussNewton => problem.gauss_newton_step(y)?,
            Direction::Gradient => {
                if self.scaling.is_empty() {
                    let reciprocal = |c: &f64| if *c > 0.0 { 1.0 / c } else { 1.0 };
                    self.scaling = problem.curvatures(y).iter().map(reciprocal).collect();
                }
                let scaled = g.iter().zip(&self.scaling).map(|(g, d)| -d * g);
                match &self.last {
                    None => scaled.collect(),
                    Some((_, last)) => scaled.zip(last).map(|(p, last)| p + MOMENTUM * last).collect(),
                }
            }
            _ => match &self.last {
                None => g.iter().map(|g| -g).collect(),
                Some(last) => {
                    let beta: f64 = beta(last);
                    g.iter().zip(&last.1).map(|(g, last)| beta * last - g).collect()
                }
            },
        };
        let slope: f64 = direction.dot(g);
        (slope < 0.0 && slope.is_finite()).then_some(direction)
    }
}

type Iterate = IterState<Vector, Vector, (), (), (), f64>;

impl<'r, 'p, 'a, T, L> Solver<&'r LeastSquares<'p, 'a, T>, Iterate> for Directed<L>
where
    T: Real,
    L: Clone + LineSearch<Vector, f64> + Solver<&'r LeastSquares<'p, 'a, T>, Iterate>,
{
    fn name(&self) -> &str {
        "directed descent"
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<&'r LeastSquares<'p, 'a, T>>,
        mut state: Iterate,
    ) -> Result<(Iterate, Option<KV>), Error> {
        let lost = || Error::msg("the iterate is lost");
        let y = state.take_param().ok_or_else(lost)?;
        let (cost, gradient) = (problem.cost(&y)?, problem.gradient(&y)?);
        let inner = *problem.problem.as_ref().ok_or_else(lost)?;
        let steepest = || Some(gradient.iter().map(|g| -g).collect::<Vector>());
        for direction in [self.next(inner, &y, &gradient), steepest()].into_iter().flatten() {
            self.search.search_direction(direction.clone());
            let searched = Executor::new(inner, self.search.clone())
                .configure(|line| line.param(y.clone()).gradient(gradient.clone()).cost(cost))
                .ctrlc(false)
                .run();
            // A search that finds nothing may say so, or return where it began.
            let found = searched.ok().and_then(|mut line| Some((line.state.take_param()?, line.state.get_cost())));
            if let Some((next, lower)) = found.filter(|found| found.1 < cost) {
                self.last = Some((gradient, direction));
                return Ok((state.param(next).cost(lower), None));
            }
            self.last = None;
        }
        self.stuck = true;
        Ok((state.param(y).cost(cost), None))
    }

    fn terminate(&mut self, _state: &Iterate) -> TerminationStatus {
        match self.stuck {
            true => TerminationStatus::Terminated(TerminationReason::SolverExit("no decrease".to_string())),
            false => TerminationStatus::NotTerminated,
        }
    }
}
