//! `Ok` means solved: residuals of stage equations, recomputed in higher precision.

use crate::common::twice::Twice;
use kutta::field::Batch;
use kutta::network::OdeBlock;
use kutta::solve::{StageMethod, StageSolver};
use kutta::step::{Start, Step, Trace, Workspace};
use kutta::{Error, Number, Real, Tableau, VectorField};
use proptest::prelude::*;

const METHODS: &[StageMethod] = StageMethod::ALL;

/// Scalar equations `y_i' = f(y_i)`, `dim` of them side by side, that are hard for one reason each.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    /// `a |y| + b`
    Kinked,
    /// `a sin(b y) - y`
    Oscillating,
    /// `-a y`
    Linear,
    /// `a (b - (b + y))`
    Cancelling,
    /// `a (1 - (y/b)²) y`
    Cubic,
}

#[derive(Debug, Clone)]
struct Hard {
    shape: Shape,
    dim: usize,
    a: f64,
    b: f64,
}

impl VectorField for Hard {
    fn dim(&self) -> usize {
        self.dim
    }
    fn param_count(&self) -> usize {
        2
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        let (a, b) = (params[0], params[1]);
        for (dy, &y) in dy.iter_mut().zip(y) {
            *dy = match self.shape {
                Shape::Kinked => a * y.abs() + b,
                Shape::Oscillating => a * (b * y).sin() - y,
                Shape::Linear => -a * y,
                Shape::Cancelling => a * (b - (b + y)),
                Shape::Cubic => a * (S::one() - (y / b).square()) * y,
            };
        }
    }
}

impl Hard {
    /// The sum of the sizes of the terms of `f(y)`, and `|f'(y)|` times the size of a state: what rounding errors are
    /// relative to.
    fn sizes(&self, y: f64, state: f64) -> f64 {
        let (a, b, y) = (self.a.abs(), self.b.abs(), y.abs());
        match self.shape {
            Shape::Kinked => a * y + b + a * state,
            Shape::Oscillating => a + y + state,
            Shape::Linear => a * y + a * state,
            Shape::Cancelling => a * (2.0 * b + y) + a * state,
            Shape::Cubic => a * y * (1.0 + (y / b).powi(2)) + a * (1.0 + 3.0 * (y / b).powi(2)) * state,
        }
    }

    /// Takes a step of backward Euler from `y0`, and checks what is called solved against the equation; whether it was.
    fn check<T: Real>(&self, solver: StageSolver, h: f64, y0: &[f64]) -> Result<bool, TestCaseError> {
        let params = [T::constant(self.a), T::constant(self.b)];
        let start: Vec<T> = y0.iter().map(|&y| T::constant(y)).collect();
        let block = OdeBlock::new(self.clone(), Tableau::backward_euler()).steps(1).step_size(h).solved_by(solver);
        let Ok(path) = block.integrate(&params, 0.0, &[&start]) else { return Ok(false) };
        let end: Vec<f64> = path.last(0).iter().map(|y| y.to_f64()).collect();
        let twice = |x: T| Twice::constant(x.to_f64());
        let (y1, mut slope) =
            (end.iter().map(|&y| Twice::constant(y)).collect::<Vec<_>>(), vec![Twice::zero(); self.dim]);
        self.eval(&params.map(twice), Twice::zero(), &y1, &mut slope);
        let step = twice(T::constant(h));
        let tolerance = solver.tolerance.unwrap_or(if size_of::<T>() == 8 { 1e-9 } else { 1e-4 });
        let increment = end.iter().zip(&start).map(|(y, x)| (y - x.to_f64()).abs()).fold(0.0, f64::max);
        let state = end.iter().zip(&start).map(|(y, x)| y.abs().max(x.to_f64().abs())).fold(0.0, f64::max);
        // The new state is that of the stages to the rounding of the old.
        let rounding = 2.0 * T::EPSILON.to_f64() * state;
        let sizes = end.iter().map(|&y| self.sizes(y.abs() + rounding, state)).fold(0.0, f64::max);
        let mut allowed = tolerance * increment.min(state) + 16.0 * T::EPSILON.to_f64() * (state + h * sizes);
        // Below the smallest normal number there is nothing.
        allowed += T::MIN_POSITIVE.to_f64();
        if self.shape == Shape::Oscillating {
            // However far off its argument, a sine is within two of any other: that in the solve, and that here.
            allowed += h * self.a * f64::min(16.0 * T::EPSILON.to_f64() * self.b * state, 4.1);
        }
        for ((&y, &x), &slope) in y1.iter().zip(&start).zip(&slope) {
            let residual = (y - twice(x) - step * slope).to_f64().abs();
            prop_assert!(
                residual <= allowed,
                "{}: residual {residual:e}, allowed {allowed:e}: {self:?}",
                solver.method
            );
        }
        Ok(true)
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    use Shape::{Cancelling, Cubic, Kinked, Linear, Oscillating};
    prop::sample::select(vec![Kinked, Oscillating, Linear, Cancelling, Cubic])
}

/// Powers of ten, with whatever digits.
fn magnitude(exponents: std::ops::Range<f64>) -> impl Strategy<Value = f64> {
    exponents.prop_map(|e| 10f64.powf(e))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Kinked, oscillating, cancelling, stiff, huge and tiny, by every method, in both precisions.
    #[test]
    fn what_is_called_solved_is(
        shape in shape(), dim in prop_oneof![Just(1usize), Just(3), Just(20)], a in magnitude(-3.0..9.0),
        b in magnitude(-2.0..5.0), h in magnitude(-7.0..1.0), scale in magnitude(-12.0..12.0),
        directions in prop::collection::vec(-1.0..1.0f64, 20), tolerance in prop::option::of(magnitude(-11.0..-2.0)),
    ) {
        let y0: Vec<f64> = directions[..dim].iter().map(|x| scale * x).collect();
        // From slow to so fast that the phase is noise.
        let b = if shape == Shape::Oscillating { b.powi(3) } else { b };
        let field = Hard { shape, dim, a, b };
        for &method in METHODS {
            let solver = StageSolver { method, tolerance, ..StageSolver::default() };
            field.check::<f64>(solver, h, &y0)?;
            field.check::<f32>(solver, h, &y0)?;
        }
    }

    /// Linear equations of any size are solved, by the default in both precisions.
    #[test]
    fn the_size_of_the_state_is_no_obstacle(
        dim in prop_oneof![Just(1usize), Just(3), Just(20)], a in magnitude(-3.0..3.0), h in magnitude(-3.0..1.0),
        exponent in -1.0..1.0f64, directions in prop::collection::vec(-1.0..1.0f64, 20),
    ) {
        let field = Hard { shape: Shape::Linear, dim, a, b: 0.0 };
        let at = |scale: f64| directions[..dim].iter().map(|x| scale * x).collect::<Vec<_>>();
        prop_assert!(field.check::<f64>(StageSolver::default(), h, &at(10f64.powf(270.0 * exponent)))?);
        prop_assert!(field.check::<f32>(StageSolver::default(), h, &at(10f64.powf(30.0 * exponent)))?);
    }
}

/// `y' = a |y| + 1`: with `a h > 1`, backward Euler from 1 has no solution, however steep the kink.
#[test]
fn a_kink_without_solution_is_an_error() {
    for &method in METHODS {
        for exponent in 1..14 {
            let field = Hard { shape: Shape::Kinked, dim: 1, a: 10f64.powi(exponent), b: 1.0 };
            for tolerance in [None, Some(1e-3), Some(1e-6)] {
                let solver = StageSolver { method, tolerance, ..StageSolver::default() };
                assert!(!field.check::<f64>(solver, 1.0, &[1.0]).unwrap(), "{method}, {field:?}");
                assert!(!field.check::<f32>(solver, 1.0, &[1.0]).unwrap(), "{method}, {field:?}");
            }
        }
    }
}

/// Iterations that run away from a large state end by overflow at the latest, whatever the tolerance.
#[test]
fn what_runs_away_is_not_solved() {
    for &method in METHODS {
        for tolerance in [None, Some(1e-11), Some(1e-4)] {
            let solver = StageSolver { method, tolerance, ..StageSolver::default() };
            let field = Hard { shape: Shape::Oscillating, dim: 3, a: 173493316.12828597, b: 7.925540003785813 };
            let y0 = [0.0, 0.0, -29192806.0];
            field.check::<f32>(solver, 6.8766259849196985, &y0).unwrap();
            field.check::<f64>(solver, 6.8766259849196985, &y0).unwrap();
        }
    }
}

/// Short steps move, in single precision too: a thousand of a millionth are a thousandth.
#[test]
fn steps_far_below_the_tolerance_add_up() {
    for scheme in [Tableau::backward_euler(), Tableau::radau_iia(3).unwrap(), Tableau::sdirk2()] {
        for method in [StageMethod::Automatic, StageMethod::NewtonGmres, StageMethod::Anderson, StageMethod::FixedPoint]
        {
            let field = Hard { shape: Shape::Linear, dim: 1, a: 1.0, b: 0.0 };
            let solver = StageSolver { method, ..StageSolver::default() };
            let block = || OdeBlock::new(field.clone(), scheme.clone()).solved_by(solver);
            let single = block().steps(1000).step_size(1e-6).integrate(&[1.0f32, 0.0], 0.0, &[[1.0f32]]).unwrap();
            let drop = 1.0 - single.last(0)[0];
            assert!((drop - 1e-3).abs() < 5e-5, "{}, {method}: {drop}", scheme.name());
            let double = block().steps(1000).step_size(1e-12).integrate(&[1.0, 0.0], 0.0, &[[1.0]]).unwrap();
            let drop = 1.0 - double.last(0)[0];
            assert!((drop - 1e-9).abs() < 1e-12, "{}, {method}: {drop}", scheme.name());
        }
    }
}

/// A cotangent whose squares vanish or overflow has the same adjoint, scaled.
#[test]
fn adjoints_do_not_depend_on_the_size_of_the_cotangent() {
    fn pulled<T: Real>(size: f64) -> f64 {
        let field = Hard { shape: Shape::Linear, dim: 20, a: 1.0, b: 0.0 };
        let solver = StageSolver { method: StageMethod::NewtonGmres, ..StageSolver::default() };
        let step = Step::new(&field, &Tableau::backward_euler().into(), solver).unwrap();
        let batch = Batch::padded::<T>(1);
        let y = vec![T::one(); 20 * batch.stride];
        let (mut next, mut trace, mut ws) = (y.clone(), Trace::new(), Workspace::new());
        let params = [T::one(), T::zero()];
        let from = Start { params: &params, t: &[T::zero()], h: &[T::one()], y: &y, batch, signals: &[] };
        step.forward(from, &mut next, &mut trace, &mut ws).unwrap();
        let mut lambda = vec![T::constant(size); y.len()];
        step.pullback(from, &trace, &mut lambda, &mut [T::zero(); 2], &mut ws).unwrap();
        lambda[0].to_f64() / size
    }
    for size in [1e-37, 1e-30, 1e-20, 1.0, 1e20, 1e30] {
        assert!((pulled::<f32>(size) - 0.5).abs() < 1e-4, "{size}: {}", pulled::<f32>(size));
    }
    for size in [1e-300, 1e-160, 1.0, 1e160, 1e300] {
        assert!((pulled::<f64>(size) - 0.5).abs() < 1e-9, "{size}: {}", pulled::<f64>(size));
    }
}

/// `y' = -(y - sin t)`.
struct Driven;

impl VectorField for Driven {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy[0] = t.sin() - y[0];
    }
}

#[test]
fn times_that_a_precision_cannot_tell_apart_are_refused_where_they_matter() {
    let block = OdeBlock::new(Driven, Tableau::backward_euler()).steps(10).step_size(0.1);
    let error = block.integrate(&[] as &[f32], 1.7e9, &[[0.5f32]]).unwrap_err();
    let Error::InvalidArgument { argument: "the time", .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("double precision"), "{error}");
    block.integrate(&[] as &[f64], 1.7e9, &[[0.5]]).unwrap();
    let still = Hard { shape: Shape::Linear, dim: 1, a: 1.0, b: 0.0 };
    let block = OdeBlock::new(still, Tableau::backward_euler()).steps(10).step_size(0.1);
    let far = block.integrate(&[1.0f32, 0.0], 1.7e9, &[[0.5f32]]).unwrap();
    let near = block.integrate(&[1.0f32, 0.0], 0.0, &[[0.5f32]]).unwrap();
    assert!((far.last(0)[0] - near.last(0)[0]).abs() < 1e-5);
}
