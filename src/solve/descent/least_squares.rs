//! `½‖r(Y)‖²` of one sample, as argmin asks for it.

use super::super::StageSystem;
use super::super::system::Jacobians;
use super::Vector;
use crate::Real;
use argmin::core::{CostFunction, Error, Gradient};
use nalgebra::{DMatrix, DVector};
use std::cell::{Cell, RefCell};

/// Values and gradients that may be asked for without coming to a lower cost. Line searches of argmin do not end by
/// themselves where rounding hides the decrease that they look for.
const MOST_IDLE: usize = 200;

/// `½‖r(Y)‖²` of one sample, in double precision; value and gradient at the same point share one evaluation.
pub(super) struct LeastSquares<'p, 'a, T: Real> {
    last: RefCell<Point>,
    /// The point of least cost that was asked for: methods that end with an error do not tell.
    best: RefCell<Option<(Vector, f64)>>,
    /// What was asked for since.
    idle: Cell<usize>,
    system: RefCell<&'p mut StageSystem<'a, T>>,
}

#[derive(Default)]
struct Point {
    y: Option<Vector>,
    cost: f64,
    gradient: Vector,
}

impl<'p, 'a, T: Real> LeastSquares<'p, 'a, T> {
    pub fn new(system: &'p mut StageSystem<'a, T>) -> Self {
        LeastSquares {
            last: RefCell::default(),
            best: RefCell::default(),
            idle: Cell::new(0),
            system: RefCell::new(system),
        }
    }

    fn at<R>(&self, y: &[f64], read: impl FnOnce(f64, &[f64]) -> R) -> R {
        let mut last = self.last.borrow_mut();
        if last.y.as_deref() != Some(y) {
            let mut system = self.system.borrow_mut();
            let layout = system.buffers.layout;
            let unknowns = || StageSystem::<T>::unknowns(layout, 0);
            for (k, &y) in unknowns().zip(y) {
                system.buffers.y[k] = T::constant(y);
            }
            system.evaluate(&mut Vec::new());
            let residual = system.buffers.residual.clone();
            let mut gradient = vec![T::zero(); layout.len()];
            system.apply_transposed(&residual, &mut gradient);
            last.cost = 0.5 * unknowns().map(|k| residual[k].to_f64().powi(2)).sum::<f64>();
            last.gradient = unknowns().map(|k| gradient[k].to_f64()).collect();
            last.y = Some(y.to_vec());
            let mut best = self.best.borrow_mut();
            if last.cost.is_finite() && best.as_ref().is_none_or(|best| last.cost < best.1) {
                *best = Some((y.to_vec(), last.cost));
                self.idle.set(0);
            }
        }
        read(last.cost, &last.gradient)
    }

    /// As [`at`](Self::at) for argmin, unless it has been idle for too long.
    fn ask<R>(&self, y: &[f64], read: impl FnOnce(f64, &[f64]) -> R) -> Result<R, Error> {
        self.idle.set(self.idle.get() + 1);
        if self.idle.get() > MOST_IDLE { Err(Error::msg("no decrease")) } else { Ok(self.at(y, read)) }
    }

    /// The point of least cost so far.
    pub fn best(&self) -> Option<Vector> {
        self.best.borrow().as_ref().map(|best| best.0.clone())
    }

    /// The Jacobian `∂r/∂Y` at `y`, and `r`.
    fn linearised(&self, y: &[f64]) -> (DMatrix<f64>, DVector<f64>) {
        self.at(y, |_, _| ());
        let mut system = self.system.borrow_mut();
        let layout = system.buffers.layout;
        let n = layout.equations();
        let (mut jacobians, mut matrix) = (Jacobians::new(), vec![T::zero(); n * n]);
        system.jacobians(0..layout.stages, &[0], &mut jacobians);
        system.newton_matrix(&jacobians, 0, 0, &mut matrix);
        let residual = StageSystem::<T>::unknowns(layout, 0).map(|k| system.buffers.residual[k].to_f64());
        let residual = DVector::from_iterator(n, residual);
        (DMatrix::from_row_iterator(n, n, matrix.iter().map(|x| x.to_f64())), residual)
    }

    /// The squared norms of the columns of `∂r/∂Y`: the diagonal of the Hessian, but for second derivatives.
    pub fn curvatures(&self, y: &[f64]) -> Vector {
        self.linearised(y).0.column_iter().map(|column| column.norm_squared()).collect()
    }

    /// The step that solves the linearised equations; `None` if they are singular.
    pub fn gauss_newton_step(&self, y: &[f64]) -> Option<Vector> {
        let (matrix, residual) = self.linearised(y);
        let step = matrix.lu().solve(&-residual)?;
        step.iter().all(|x| x.is_finite()).then(|| step.as_slice().to_vec())
    }
}

impl<T: Real> CostFunction for &LeastSquares<'_, '_, T> {
    type Param = Vector;
    type Output = f64;
    fn cost(&self, y: &Vector) -> Result<f64, Error> {
        self.ask(y, |cost, _| cost)
    }
}

impl<T: Real> Gradient for &LeastSquares<'_, '_, T> {
    type Param = Vector;
    type Gradient = Vector;
    fn gradient(&self, y: &Vector) -> Result<Vector, Error> {
        self.ask(y, |_, gradient| gradient.to_vec())
    }
}
