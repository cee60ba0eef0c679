//! Random vector fields with known properties. They have no parameters, and their `Debug` is their formula.

mod affine;
mod conserving;
mod dissipative;
mod hamiltonian;
mod linear;
mod smooth;

pub use affine::{AffineMap, Image, affine_map};
pub use conserving::{LinearInvariant, QuadraticInvariant, linear_invariant_field, quadratic_invariant_field};
pub use dissipative::{Dissipative, dissipative_field};
pub use hamiltonian::{Hamiltonian, hamiltonian, separable_hamiltonian};
pub use linear::{Linear, linear_field};
pub use smooth::{Smooth, forced_field, smooth_field};

use super::fraction::{Fraction, fraction, linear_text, rounded};
use crate::field::{Dimensions, Field, JvpBars, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Number, Tableau};
use proptest::prelude::*;
use rand::RngCore;
use std::fmt;
use std::ops::Deref;

/// The right-hand side as a function of time and state, for integrators that know nothing of [`VectorField`].
///
/// The field must have no parameters; see [`WithParams`].
///
/// ```
/// use kutta::properties::{Linear, rhs};
/// let rotation = Linear::new([[0.0, -1.0], [1.0, 0.0]]);
/// assert_eq!(rhs(&rotation)(0.0, &[1.0, 0.0]), [0.0, 1.0]);
/// ```
pub fn rhs(field: &dyn Field<f64>) -> impl Fn(f64, &[f64]) -> Vec<f64> {
    |t, y| {
        let (mut dy, mut record) = (vec![0.0; field.dim()], vec![0.0; field.record_rows()]);
        field.eval_batch(Point::one(&[], &t, y), &mut dy, &mut record, &mut Scratch::new());
        dy
    }
}

/// A field at fixed parameters: a field without parameters, as the laws want it.
#[derive(Debug, Clone, Copy)]
pub struct WithParams<'a, F> {
    /// The field.
    pub field: &'a F,
    /// Its parameters.
    pub params: &'a [f64],
}

impl<F: Dimensions> Dimensions for WithParams<'_, F> {
    fn dim(&self) -> usize {
        self.field.dim()
    }
    fn inputs(&self) -> usize {
        self.field.inputs()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn record_rows(&self) -> usize {
        self.field.record_rows()
    }
    fn signals(&self) -> usize {
        self.field.signals()
    }

    fn depends_on_time(&self) -> bool {
        self.field.depends_on_time()
    }
    // Laws are tried in the field's own time.
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<F: Field<f64>> Field<f64> for WithParams<'_, F> {
    fn init(&self, _: &mut dyn RngCore) -> Vec<f64> {
        Vec::new()
    }
    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<f64>> {
        None
    }
    fn eval_batch(&self, at: Point<'_, f64>, dy: &mut [f64], record: &mut [f64], scratch: &mut Scratch<f64>) {
        self.field.eval_batch(self.at(at), dy, record, scratch);
    }
    fn eval_rounded(&self, _: &[Rounded<f64>], t: &[Rounded<f64>], y: &[Rounded<f64>], dy: &mut [Rounded<f64>]) {
        let params: Vec<_> = self.params.iter().map(|&x| Rounded::exact(x)).collect();
        self.field.eval_rounded(&params, t, y, dy);
    }
    fn jvp(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        _: Option<&[f64]>,
        out: &mut [f64],
        scratch: &mut Scratch<f64>,
    ) {
        self.field.jvp(self.at(at), record, v, None, out, scratch);
    }
    fn vjp(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        w: &[f64],
        y_bar: &mut [f64],
        _: Option<&mut [f64]>,
        scratch: &mut Scratch<f64>,
    ) {
        self.field.vjp(self.at(at), record, w, y_bar, None, scratch);
    }
    fn jvp_pullback(
        &self,
        at: Point<'_, f64>,
        record: &[f64],
        v: &[f64],
        w: &[f64],
        bars: JvpBars<'_, f64>,
        scratch: &mut Scratch<f64>,
    ) {
        self.field.jvp_pullback(self.at(at), record, v, w, JvpBars { params: None, ..bars }, scratch);
    }
}

impl<F> WithParams<'_, F> {
    fn at<'b>(&'b self, at: Point<'b, f64>) -> Point<'b, f64> {
        Point { params: self.params, ..at }
    }
}

/// Where a step starts, and how long it is.
#[derive(Clone, PartialEq)]
pub struct At {
    /// Start time.
    pub t: f64,
    /// State.
    pub y: Vec<f64>,
    /// Step size.
    pub h: f64,
}

impl At {
    /// The same place, with a step so much shorter as the coefficients of `scheme` are larger than 1: by `‖A‖∞`.
    ///
    /// Stage equations of a long step need not have a solution, and then no law is about them. They have one where
    /// `h ‖A‖∞ L < 1`, with the Lipschitz constant `L` of the field; random implicit schemes have coefficients of any size.
    ///
    /// ```
    /// use kutta::{Tableau, properties::At};
    /// let at = At { t: 0.0, y: vec![1.0], h: 0.5 };
    /// assert_eq!(at.clone().shortened_for(&Tableau::backward_euler()), at);
    /// let wide = Tableau::new([[-1.0, 3.0], [1.0, 0.0]], [0.5, 0.5], [2.0, 1.0])?;
    /// assert_eq!(at.shortened_for(&wide).h, 0.125);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    pub fn shortened_for(self, scheme: &Tableau) -> Self {
        let size = |i: usize| scheme.row(i).iter().map(|a| a.abs()).sum::<f64>();
        At { h: self.h / (0..scheme.stages()).map(size).fold(1.0, f64::max), ..self }
    }
}

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use super::fraction::{list, text};
        write!(f, "t = {}, y = {}, h = {}", text(self.t), list(&self.y), text(self.h))
    }
}

/// A state whose `Debug` is `[1/2, -1]`; it is used as a slice.
#[derive(Clone, PartialEq)]
pub struct State(pub Vec<f64>);

impl Deref for State {
    type Target = [f64];
    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::fraction::list(&self.0))
    }
}

/// States of `dim` components in `[-1, 1]`; they shrink towards zero.
pub fn state(dim: usize) -> impl Strategy<Value = State> {
    super::fraction::numbers(1, dim).prop_map(State)
}

/// Starts of steps: times in `[0, 1]`, states as [`state`], positive step sizes up to `longest`.
pub fn at(dim: usize, longest: f64) -> impl Strategy<Value = At> {
    (0..=12u8, state(dim), 1..=12u8).prop_map(move |(t, y, h)| At {
        t: f64::from(t) / 12.0,
        y: y.0,
        h: longest * (f64::from(h) / 12.0),
    })
}

/// `v·y + ω t + β`: what a nonlinear function is taken of.
#[derive(Debug, Clone, PartialEq)]
struct Phase {
    weights: Vec<f64>,
    time: f64,
    shift: f64,
}

impl Phase {
    fn at<S: Number>(&self, t: S, y: &[S]) -> S {
        let mut sum = S::constant(self.time) * t + S::constant(self.shift);
        for (&w, &y) in self.weights.iter().zip(y) {
            sum += S::constant(w) * y;
        }
        sum
    }

    fn norm(&self) -> f64 {
        norm(&self.weights)
    }

    fn text(&self, name: &str) -> String {
        linear_text(name, &self.weights, self.time, self.shift)
    }
}

/// Phases of `dim` variables, without time unless `forced`.
fn phase(dim: usize, forced: bool) -> impl Strategy<Value = Phase> {
    let bound = i128::from(forced);
    (super::fraction::numbers(1, dim), fraction(bound), fraction(1)).prop_map(|(weights, time, shift)| Phase {
        weights,
        time: rounded(time),
        shift: rounded(shift),
    })
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A skew-symmetric matrix from its entries below the diagonal, row by row: adds `factor · S y` to `out`.
fn add_skew<S: Number>(below: &[f64], factor: S, y: &[S], out: &mut [S]) {
    let mut entries = below.iter();
    for i in 1..y.len() {
        for (j, &entry) in (0..i).zip(entries.by_ref()) {
            let entry = factor * S::constant(entry);
            out[i] += entry * y[j];
            out[j] += -entry * y[i];
        }
    }
}

/// The row `i` of a skew-symmetric matrix from its entries below the diagonal.
fn skew_row(below: &[f64], dim: usize, i: usize) -> Vec<f64> {
    let entry = |i: usize, j: usize| below[i * (i - 1) / 2 + j];
    (0..dim)
        .map(|j| match i.cmp(&j) {
            std::cmp::Ordering::Less => -entry(j, i),
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => entry(i, j),
        })
        .collect()
}

/// `y0' = …, y1' = …`.
fn equations(f: &mut fmt::Formatter<'_>, right: impl IntoIterator<Item = String>) -> fmt::Result {
    let lines: Vec<String> = right.into_iter().enumerate().map(|(i, text)| format!("y{i}' = {text}")).collect();
    f.write_str(&lines.join(", "))
}

/// An exact fraction times a whole number's inverse, rounded once.
fn divided(x: Fraction, by: i128) -> f64 {
    rounded(x / by.max(1))
}
