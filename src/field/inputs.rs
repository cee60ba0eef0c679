//! Maps of more inputs than outputs, completed to fields.

use super::{Dimensions, Field, JvpBars, Layered, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// Most signals of a sample: more are a slip.
const MOST_SIGNALS: usize = 1 << 16;

/// An input that a map sees after the state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The time `t`.
    Time,
    /// A number that never changes.
    Constant(f64),
    /// A number that the sample knows, by its place among the sample's [signals](super::Signal).
    Signal(usize),
}

/// The field `F(γ, t, y) = G(γ, t, (y, u))` of a map `G` with more inputs than outputs: time, constants, or what the sample
/// knows beside its state, a [`Signal`](super::Signal), are appended to the state it sees.
///
/// A network that depends on time:
///
/// ```
/// use kutta::field::{Activation, Dimensions, Input, Mlp, WithInputs};
/// let field = WithInputs::new(Mlp::new([2, 4, 4, 1], Activation::Relu)?, [Input::Time])?;
/// assert_eq!((field.dim(), field.inputs()), (1, 1));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts<F>", bound(deserialize = "F: Dimensions + Deserialize<'de>"))]
pub struct WithInputs<F> {
    map: F,
    append: Vec<Input>,
    /// Components of the state that is completed, if not those of the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<F> {
    map: F,
    append: Vec<Input>,
    state: Option<usize>,
}

impl<F: Dimensions> TryFrom<Parts<F>> for WithInputs<F> {
    type Error = Error;

    fn try_from(parts: Parts<F>) -> Result<Self, Error> {
        let Parts { map, append, state } = parts;
        WithInputs { map, append, state }.checked()
    }
}

impl<F: Dimensions> WithInputs<F> {
    /// The field of `map` with these inputs after the state.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeMismatch`] if `map` has not as many inputs as outputs and appended inputs together,
    /// [`Error::InvalidArgument`] for a constant that is not finite, and for a signal beyond 65 536.
    pub fn new(map: F, append: impl Into<Vec<Input>>) -> Result<Self, Error> {
        WithInputs { map, append: append.into(), state: None }.checked()
    }

    /// The map from a state of `state` components to those of `map`, as a force that depends on positions and velocities,
    /// with these inputs after the state: for fields that are made of it, such as [`SecondOrder`](super::SecondOrder).
    ///
    /// # Errors
    ///
    /// As [`new`](WithInputs::new), with `state` in place of the outputs.
    pub fn of_state(state: usize, map: F, append: impl Into<Vec<Input>>) -> Result<Self, Error> {
        let state = Some(state).filter(|state| *state != map.dim());
        WithInputs { map, append: append.into(), state }.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let expected = self.inputs().saturating_add(self.append.len());
        Error::check_len("the map", "inputs", self.map.inputs(), expected)?;
        for input in &self.append {
            if let Input::Signal(k) = input
                && *k >= MOST_SIGNALS
            {
                return Err(Error::invalid("signal", k, format!("a place below {MOST_SIGNALS}")));
            }
            if let Input::Constant(c) = input
                && !c.is_finite()
            {
                return Err(Error::invalid("constant input", c, "a finite number"));
            }
        }
        Ok(self)
    }

    /// The map that is completed.
    pub fn map(&self) -> &F {
        &self.map
    }

    /// The inputs after the state.
    pub fn appended(&self) -> &[Input] {
        &self.append
    }

    /// The states with the appended inputs, in a buffer of `scratch`.
    fn complete<T: Real>(&self, at: Point<'_, T>, scratch: &mut Scratch<T>) -> Vec<T> {
        let stride = at.batch.stride;
        let state = self.inputs() * stride;
        let mut y = scratch.take(self.map.inputs() * stride);
        y[..state].copy_from_slice(&at.y[..state]);
        for (row, input) in y[state..].chunks_exact_mut(stride.max(1)).zip(&self.append) {
            match *input {
                Input::Time => row[..at.batch.live].copy_from_slice(&at.t[..at.batch.live]),
                Input::Constant(c) => row.fill(T::constant(c)),
                Input::Signal(k) => {
                    let signal = &at.t[(1 + k) * stride..];
                    row[..at.batch.live].copy_from_slice(&signal[..at.batch.live]);
                }
            }
        }
        y
    }
}

/// Bounds hold for the state, not for what is appended.
impl<F: Layered> Layered for WithInputs<F> {
    type Operator = F::Operator;

    fn operators(&self, inputs: usize) -> Vec<F::Operator> {
        self.map.operators(inputs.min(self.inputs()))
    }

    fn slope(&self) -> f64 {
        self.map.slope()
    }
}

impl<F: Dimensions> Dimensions for WithInputs<F> {
    fn dim(&self) -> usize {
        self.map.dim()
    }

    fn inputs(&self) -> usize {
        self.state.unwrap_or(self.dim())
    }

    fn param_count(&self) -> usize {
        self.map.param_count()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.map.parameters()
    }

    fn record_rows(&self) -> usize {
        self.map.record_rows()
    }

    fn signals(&self) -> usize {
        let of = |input: &Input| if let Input::Signal(k) = input { k + 1 } else { 0 };
        self.append.iter().map(of).max().unwrap_or(0).max(self.map.signals())
    }

    fn depends_on_time(&self) -> bool {
        self.signals() > 0 || self.append.contains(&Input::Time) || self.map.depends_on_time()
    }

    fn has_known_rates(&self) -> bool {
        self.map.has_known_rates()
    }

    fn is_free_of_units(&self) -> bool {
        self.map.is_free_of_units()
    }

    fn in_time_units(self, unit: f64) -> Self {
        WithInputs { map: self.map.in_time_units(unit), ..self }
    }
}

impl<F: Field<T>, T: Real> Field<T> for WithInputs<F> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.map.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.map.reparameterisation()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let y = self.complete(at, scratch);
        self.map.eval_batch(Point { y: &y, ..at }, dy, record, scratch);
        scratch.give(y);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let mut inputs = y.to_vec();
        inputs.extend(self.append.iter().map(|input| match *input {
            Input::Time => t[0],
            Input::Constant(c) => Rounded::constant(c),
            Input::Signal(k) => t[1 + k],
        }));
        self.map.eval_rounded(params, t, &inputs, dy);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        let y = self.complete(at, scratch);
        let state = self.inputs() * at.batch.stride;
        let mut direction = scratch.take(y.len());
        direction[..state].copy_from_slice(&v[..state]);
        direction[state..].fill(T::zero());
        self.map.jvp(Point { y: &y, ..at }, record, &direction, w, out, scratch);
        scratch.give(direction);
        scratch.give(y);
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let y = self.complete(at, scratch);
        let state = self.inputs() * at.batch.stride;
        let mut inputs_bar = scratch.take(y.len());
        self.map.vjp(Point { y: &y, ..at }, record, w, &mut inputs_bar, params_bar, scratch);
        y_bar[..state].copy_from_slice(&inputs_bar[..state]);
        scratch.give(inputs_bar);
        scratch.give(y);
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let y = self.complete(at, scratch);
        let state = self.inputs() * at.batch.stride;
        let mut direction = scratch.take(y.len());
        direction[..state].copy_from_slice(&v[..state]);
        direction[state..].fill(T::zero());
        let mut y_bar = scratch.take(y.len());
        let mut v_bar = scratch.take(if bars.v.is_some() { y.len() } else { 0 });
        let all = JvpBars { y: &mut y_bar, v: bars.v.is_some().then_some(&mut v_bar[..]), params: bars.params };
        self.map.jvp_pullback(Point { y: &y, ..at }, record, &direction, w, all, scratch);
        bars.y[..state].copy_from_slice(&y_bar[..state]);
        if let Some(bar) = bars.v {
            bar[..state].copy_from_slice(&v_bar[..state]);
        }
        scratch.give(v_bar);
        scratch.give(y_bar);
        scratch.give(direction);
        scratch.give(y);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let y = self.complete(at, scratch);
        let (d, row, all) = (self.dim(), self.inputs() * at.batch.stride, self.map.inputs() * at.batch.stride);
        let mut full = scratch.take(d * all);
        self.map.jacobian(Point { y: &y, ..at }, record, &mut full, scratch);
        for i in 0..d {
            out[i * row..][..row].copy_from_slice(&full[i * all..][..row]);
        }
        scratch.give(full);
        scratch.give(y);
    }

    fn jacobian_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let y = self.complete(at, scratch);
        let (d, row, all) = (self.dim(), self.inputs() * at.batch.stride, self.map.inputs() * at.batch.stride);
        // No weight on derivatives by what is appended.
        let mut full = scratch.take(d * all);
        full.fill(T::zero());
        for i in 0..d {
            full[i * all..][..row].copy_from_slice(&w[i * row..][..row]);
        }
        let mut inputs_bar = scratch.take(y.len());
        self.map.jacobian_pullback(Point { y: &y, ..at }, record, &full, &mut inputs_bar, params_bar, scratch);
        y_bar[..row].copy_from_slice(&inputs_bar[..row]);
        scratch.give(inputs_bar);
        scratch.give(full);
        scratch.give(y);
    }
}
