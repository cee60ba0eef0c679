//! Batched evaluation and derivatives of any field from its `eval`: dual numbers forward, a tape in reverse, several
//! samples at a time in the lanes of one number.

use super::{JvpBars, Point, Scratch, VectorField};
use crate::number::{Dual, LANES, Lanes, Number, Real, Tape, Var};

/// Groups of samples of a batch, as ranges of columns.
fn groups(live: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..live).step_by(LANES).map(move |from| from..(from + LANES).min(live))
}

/// The entries of one group in row `row` of a unit-major matrix.
fn load<T: Real>(matrix: &[T], row: usize, stride: usize, group: &std::ops::Range<usize>) -> Lanes<T> {
    Lanes::load(&matrix[row * stride + group.start..row * stride + group.end])
}

fn store<T: Real>(x: Lanes<T>, matrix: &mut [T], row: usize, stride: usize, group: &std::ops::Range<usize>) {
    x.store(&mut matrix[row * stride + group.start..row * stride + group.end]);
}

pub(super) fn eval_batch<F: VectorField, T: Real>(field: &F, at: Point<'_, T>, dy: &mut [T], scratch: &mut Scratch<T>) {
    let (d, inputs, stride) = (field.dim(), field.inputs(), at.batch.stride);
    let lanes = &mut scratch.lanes;
    lanes.clear();
    lanes.extend(at.params.iter().map(|&p| Lanes::splat(p)));
    lanes.resize(at.params.len() + inputs + d, Lanes::zero());
    let (params, rest) = lanes.split_at_mut(at.params.len());
    let (y, out) = rest.split_at_mut(inputs);
    for group in groups(at.batch.live) {
        y.iter_mut().enumerate().for_each(|(i, y)| *y = load(at.y, i, stride, &group));
        field.eval(params, Lanes::load(&at.t[group.clone()]), y, out);
        out.iter().enumerate().for_each(|(i, &x)| store(x, dy, i, stride, &group));
    }
}

pub(super) fn jvp<F: VectorField, T: Real>(
    field: &F,
    at: Point<'_, T>,
    v: &[T],
    w: Option<&[T]>,
    out: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let (d, inputs, stride) = (field.dim(), field.inputs(), at.batch.stride);
    let duals = &mut scratch.duals;
    duals.clear();
    duals.extend(
        at.params
            .iter()
            .enumerate()
            .map(|(k, &p)| Dual { value: Lanes::splat(p), tangent: Lanes::splat(w.map_or(T::zero(), |w| w[k])) }),
    );
    duals.resize(at.params.len() + inputs + d, Dual::zero());
    let (params, rest) = duals.split_at_mut(at.params.len());
    let (y, dy) = rest.split_at_mut(inputs);
    for group in groups(at.batch.live) {
        for (i, y) in y.iter_mut().enumerate() {
            *y = Dual { value: load(at.y, i, stride, &group), tangent: load(v, i, stride, &group) };
        }
        let t = Dual { value: Lanes::load(&at.t[group.clone()]), tangent: Lanes::zero() };
        field.eval(params, t, y, dy);
        dy.iter().enumerate().for_each(|(i, x)| store(x.tangent, out, i, stride, &group));
    }
}

/// Memory of a tape's variable while there is none: of the same layout, but without its reference to the tape, which
/// would bind the memory to one tape and one thread.
#[derive(Debug)]
struct Slot<N> {
    _tape: usize,
    _index: u32,
    _value: N,
}

/// An empty vector in the memory of another whose elements have the same layout. Collecting in place reuses the
/// allocation; should a standard library ever not, this allocates anew and stays correct.
fn recycle<A, B>(mut old: Vec<A>, convert: impl FnMut(A) -> B) -> Vec<B> {
    old.clear();
    old.into_iter().map(convert).collect()
}

/// The memory of evaluations on a tape.
#[derive(Debug)]
pub(super) struct Reverse<N> {
    tape: Tape<N>,
    adjoint: Vec<N>,
    vars: Vec<Slot<N>>,
}

impl<N: Number> Reverse<N> {
    pub fn new() -> Self {
        Reverse { tape: Tape::new(), adjoint: Vec::new(), vars: Vec::new() }
    }

    /// The cotangents of the state's components, then, if `with_params`, those of the parameters, that the cotangents
    /// `w(i)` of `F_i` lead to.
    fn sweep<F: VectorField>(
        &mut self,
        field: &F,
        (params, with_params): (impl Iterator<Item = N>, bool),
        (t, y): (N, impl Fn(usize) -> N),
        w: impl Fn(usize) -> N,
    ) -> &[N] {
        let (d, inputs, p) = (field.dim(), field.inputs(), field.param_count());
        let Reverse { tape, adjoint, vars: slots } = self;
        tape.clear();
        let mut vars: Vec<Var<'_, N>> = recycle(std::mem::take(slots), |slot| Var::constant_of(slot._value));
        // The state is first on the tape, then, if their gradient is wanted, the parameters.
        vars.extend((0..inputs).map(|i| tape.variable(y(i))));
        vars.extend(params.map(|x| if with_params { tape.variable(x) } else { Var::constant_of(x) }));
        vars.resize(inputs + p + d, Var::zero());
        let (y, rest) = vars.split_at_mut(inputs);
        let (params, dy) = rest.split_at_mut(p);
        field.eval(params, Var::constant_of(t), y, dy);

        adjoint.clear();
        adjoint.resize(tape.len(), N::zero());
        for (i, dy) in dy.iter().enumerate().filter(|(_, dy)| !dy.is_constant()) {
            adjoint[dy.index()] += w(i);
        }
        tape.sweep(adjoint);
        *slots = recycle(vars, |var| Slot { _tape: 0, _index: 0, _value: var.value() });
        &adjoint[..if with_params { inputs + p } else { inputs }]
    }
}

pub(super) fn vjp<F: VectorField, T: Real>(
    field: &F,
    at: Point<'_, T>,
    w: &[T],
    y_bar: &mut [T],
    mut params_bar: Option<&mut [T]>,
    scratch: &mut Scratch<T>,
) {
    let (inputs, stride) = (field.inputs(), at.batch.stride);
    for group in groups(at.batch.live) {
        let bars = scratch.reverse.sweep(
            field,
            (at.params.iter().map(|&p| Lanes::splat(p)), params_bar.is_some()),
            (Lanes::load(&at.t[group.clone()]), |i| load(at.y, i, stride, &group)),
            |i| load(w, i, stride, &group),
        );
        bars[..inputs].iter().enumerate().for_each(|(i, &x)| store(x, y_bar, i, stride, &group));
        for (bar, lanes) in params_bar.iter_mut().flat_map(|bar| bar.iter_mut()).zip(&bars[inputs..]) {
            lanes.0[..group.len()].iter().for_each(|&x| *bar += x);
        }
    }
}

/// The gradient of `wᵀF`, in dual numbers: its derivative in the direction `v` is the gradient of `wᵀ(∂F/∂y)v`, its value
/// by the state is `(∂F/∂y)ᵀw`.
pub(super) fn jvp_pullback<F: VectorField, T: Real>(
    field: &F,
    at: Point<'_, T>,
    v: &[T],
    w: &[T],
    bars: JvpBars<'_, T>,
    scratch: &mut Scratch<T>,
) {
    let (inputs, stride) = (field.inputs(), at.batch.stride);
    let JvpBars { y: y_bar, v: mut v_bar, params: mut params_bar } = bars;
    let constant = |value| Dual { value, tangent: Lanes::zero() };
    for group in groups(at.batch.live) {
        let bars = scratch.dual_reverse.sweep(
            field,
            (at.params.iter().map(|&p| constant(Lanes::splat(p))), params_bar.is_some()),
            (constant(Lanes::load(&at.t[group.clone()])), |i| Dual {
                value: load(at.y, i, stride, &group),
                tangent: load(v, i, stride, &group),
            }),
            |i| constant(load(w, i, stride, &group)),
        );
        for (i, bar) in bars[..inputs].iter().enumerate() {
            store(bar.tangent, y_bar, i, stride, &group);
            if let Some(v_bar) = v_bar.as_deref_mut() {
                store(bar.value, v_bar, i, stride, &group);
            }
        }
        for (bar, lanes) in params_bar.iter_mut().flat_map(|bar| bar.iter_mut()).zip(&bars[inputs..]) {
            lanes.tangent.0[..group.len()].iter().for_each(|&x| *bar += x);
        }
    }
}
