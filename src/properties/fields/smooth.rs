//! Smooth fields with a bounded Lipschitz constant.

use super::super::fraction::{fractions, rounded, sum};
use super::{Phase, divided, equations, norm, phase};
use crate::{Number, VectorField};
use proptest::prelude::*;
use std::fmt;

/// `y' = Σ_k w_k sin(v_k·y + ω_k t + β_k)`.
///
/// It prints as `y0' = 1/2 sin(y0 - 1/3 y1) + …`.
#[derive(Clone, PartialEq)]
pub struct Smooth {
    dim: usize,
    units: Vec<Unit>,
}

#[derive(Clone, PartialEq)]
struct Unit {
    weights: Vec<f64>,
    phase: Phase,
}

impl Smooth {
    /// A field without symmetries or invariants, driven by the time: one fixed member for every dimension. What is true
    /// of a scheme in general, such as its exact order, shows on it.
    ///
    /// ```
    /// use kutta::properties::{At, Smooth, assert_order, flow, one_step};
    /// let (field, at) = (Smooth::generic(2), At { t: 0.25, y: vec![0.5, -0.25], h: 0.5 });
    /// assert_order(one_step(&kutta::Tableau::rk4(), &field), flow(&field), &at, 4, 1e-12)?;
    /// # Ok::<(), proptest::test_runner::TestCaseError>(())
    /// ```
    pub fn generic(dim: usize) -> Self {
        // Numbers that are not rationally related to each other.
        let number = |k: usize| ((k + 1) as f64).sqrt().fract() - 0.5;
        let unit = |k: usize| {
            let from = (2 * dim + 2) * k;
            let numbers = |start: usize| (start..start + dim).map(|i| 1.5 * number(i)).collect::<Vec<f64>>();
            let phase = Phase {
                weights: numbers(from + dim).iter().map(|x| 1.5 * x).collect(),
                time: 0.5 + number(from + 2 * dim),
                shift: number(from + 2 * dim + 1),
            };
            Unit { weights: numbers(from), phase }
        };
        Smooth { dim, units: (0..dim + 2).map(unit).collect() }
    }

    /// A bound of its Lipschitz constant: `Σ_k ‖w_k‖ ‖v_k‖`.
    pub fn lipschitz(&self) -> f64 {
        self.units.iter().map(|unit| norm(&unit.weights) * unit.phase.norm()).sum()
    }
}

impl VectorField for Smooth {
    fn dim(&self) -> usize {
        self.dim
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy.fill(S::zero());
        for unit in &self.units {
            let value = unit.phase.at(t, y).sin();
            for (dy, &w) in dy.iter_mut().zip(&unit.weights) {
                *dy += S::constant(w) * value;
            }
        }
    }
}

impl fmt::Debug for Smooth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let term = |unit: &Unit, i: usize| (unit.weights[i], format!("sin({})", unit.phase.text("y")));
        equations(f, (0..self.dim).map(|i| sum(self.units.iter().map(|unit| term(unit, i)))))
    }
}

/// Smooth autonomous fields of `dim` components with a Lipschitz constant of at most `lipschitz`.
pub fn smooth_field(dim: usize, lipschitz: f64) -> impl Strategy<Value = Smooth> {
    sines(dim, lipschitz, false)
}

/// Smooth fields that depend on the time; else as [`smooth_field`].
pub fn forced_field(dim: usize, lipschitz: f64) -> impl Strategy<Value = Smooth> {
    sines(dim, lipschitz, true)
}

fn sines(dim: usize, lipschitz: f64, forced: bool) -> impl Strategy<Value = Smooth> {
    let unit = (fractions(1, dim), phase(dim, forced));
    prop::collection::vec(unit, 1..=3).prop_map(move |units| {
        let size = |(weights, phase): &(Vec<_>, Phase)| {
            norm(&weights.iter().copied().map(rounded).collect::<Vec<_>>()) * phase.norm()
        };
        // Divided by a whole number, fractions stay simple.
        let by = (units.iter().map(size).sum::<f64>() / lipschitz).ceil() as i128;
        let unit = |(weights, phase): (Vec<_>, _)| Unit {
            weights: weights.into_iter().map(|w| divided(w, by)).collect(),
            phase,
        };
        Smooth { dim, units: units.into_iter().map(unit).collect() }
    })
}
