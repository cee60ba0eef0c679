//! A whole multilayer perceptron in one dispatch: evaluation and derivatives.

use super::Kernels;
use super::chain::{Chain, Link};
use super::elementwise::{Activate, Broadcast, Columns, ScaleBySlope, add_row_sums, transpose};
use super::matmul::{Init, Left, MatMul, Matrix};
use crate::field::Point;
use pulp::{Simd, WithSimd};
use std::mem::{swap, take};

/// Evaluation: `dy = F(y)`. `record` takes the hidden units' values, then their slopes if the activation records them.
pub struct Evaluate<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub dy: &'a mut [T],
    pub record: &'a mut [T],
}

impl<T: Kernels> WithSimd for Evaluate<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Evaluate { net, at, mut dy, record } = self;
        let stride = at.batch.stride;
        let columns = Columns::new::<S, T>(at.batch.live, stride);
        let (mut values, mut slopes) = record.split_at_mut(net.hidden_units() * stride);
        let mut input = at.y;
        for layer in net.layers {
            let rows = layer.outputs * stride;
            let (c, slope) = if layer.is_last {
                (take(&mut dy), Default::default())
            } else {
                let (z, more) = take(&mut values).split_at_mut(rows);
                values = more;
                let (slope, more) =
                    take(&mut slopes).split_at_mut(if net.activation.records_slope() { rows } else { 0 });
                slopes = more;
                (z, slope)
            };
            simd.vectorize(MatMul {
                init: layer.bias(at.params).map_or(Init::Zero, Init::Bias),
                left: Left::Plain,
                a: Matrix { data: layer.weights(at.params), stride: layer.inputs },
                b: Matrix { data: input, stride },
                c: &mut *c,
                c_stride: stride,
                rows: layer.outputs,
                inner: layer.inputs,
                columns: columns.used,
                spill: false,
            });
            if !layer.is_last {
                simd.vectorize(Activate { activation: net.activation, z: &mut *c, slope, columns });
            }
            input = c;
        }
    }
}

/// What a derivative reads of the hidden layers.
#[derive(Clone, Copy)]
pub(super) struct Record<'a, T> {
    pub net: Chain<'a>,
    pub record: &'a [T],
    pub columns: Columns,
}

impl<'a, T: Kernels> Record<'a, T> {
    /// What layer `l` sees: the state, or the values of the hidden units before it.
    #[inline(always)]
    pub fn input(self, l: usize, y: &'a [T]) -> &'a [T] {
        let stride = self.columns.stride;
        match l.checked_sub(1) {
            None => &y[..self.net.layers[l].inputs * stride],
            Some(before) => {
                &self.record[self.net.layers[before].first_unit * stride..][..self.net.layers[l].inputs * stride]
            }
        }
    }

    /// What the slopes of the hidden units that layer `l` puts out are read from.
    #[inline(always)]
    pub fn slopes(self, l: usize) -> &'a [T] {
        let (layer, stride) = (&self.net.layers[l], self.columns.stride);
        let slopes = if self.net.activation.records_slope() { self.net.hidden_units() } else { 0 };
        &self.record[(slopes + layer.first_unit) * stride..][..layer.outputs * stride]
    }

    /// `delta ⊙ σ'` at the hidden units that layer `l` puts out.
    #[inline(always)]
    pub fn scale<S: Simd>(self, simd: S, l: usize, delta: &mut [T]) {
        let (layer, stride, record) = (&self.net.layers[l], self.columns.stride, self.slopes(l));
        let delta = &mut delta[..layer.outputs * stride];
        simd.vectorize(ScaleBySlope { activation: self.net.activation, record, delta, columns: self.columns });
    }
}

/// `out = (∂F/∂y) v + (∂F/∂γ) w`.
pub struct Pushforward<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub v: &'a [T],
    pub w: Option<&'a [T]>,
    pub out: &'a mut [T],
    pub buffer: &'a mut [T],
}

impl<T: Kernels> Pushforward<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(net: Chain<'_>, stride: usize) -> usize {
        2 * net.widest_hidden() * stride
    }
}

impl<T: Kernels> WithSimd for Pushforward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pushforward { net, at, record, v, w, out, buffer } = self;
        let stride = at.batch.stride;
        let columns = Columns::new::<S, T>(at.batch.live, stride);
        let record = Record { net, record, columns };
        let (mut tangent, mut next) = buffer.split_at_mut(net.widest_hidden() * stride);
        for (l, layer) in net.layers.iter().enumerate() {
            let c = if layer.is_last { &mut *out } else { &mut *next };
            simd.vectorize(MatMul {
                init: w.and_then(|w| layer.bias(w)).map_or(Init::Zero, Init::Bias),
                left: Left::Plain,
                a: Matrix { data: layer.weights(at.params), stride: layer.inputs },
                b: Matrix { data: if l == 0 { v } else { tangent }, stride },
                c: &mut *c,
                c_stride: stride,
                rows: layer.outputs,
                inner: layer.inputs,
                columns: columns.used,
                spill: false,
            });
            if let Some(w) = w {
                simd.vectorize(MatMul {
                    init: Init::Accumulate,
                    left: Left::Plain,
                    a: Matrix { data: layer.weights(w), stride: layer.inputs },
                    b: Matrix { data: record.input(l, at.y), stride },
                    c: &mut *c,
                    c_stride: stride,
                    rows: layer.outputs,
                    inner: layer.inputs,
                    columns: columns.used,
                    spill: false,
                });
            }
            if !layer.is_last {
                record.scale(simd, l, c);
            }
            swap(&mut tangent, &mut next);
        }
    }
}

/// `y_bar = (∂F/∂y)ᵀ w`, `params_bar += Σ (∂F/∂γ)ᵀ w`.
pub struct Pullback<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub w: &'a [T],
    pub y_bar: &'a mut [T],
    pub params_bar: Option<&'a mut [T]>,
    pub buffer: &'a mut [T],
}

/// Length of a row of a layer's transposed inputs, in whole vectors of any kind.
fn transposed_stride(layer: &Link) -> usize {
    layer.inputs.next_multiple_of(16)
}

/// Length of the memory that [`add_outer`] needs for any layer.
pub(super) fn transposed_len(net: Chain<'_>, live: usize) -> usize {
    net.layers.iter().map(transposed_stride).max().unwrap_or(0) * live
}

/// Adds `Σ cotangent inputᵀ`, over the live columns, to the weights of a layer in `bar`.
#[inline(always)]
pub(super) fn add_outer<S: Simd, T: Kernels>(
    simd: S,
    layer: &Link,
    cotangent: Matrix<'_, T>,
    (input, stride, live): (&[T], usize, usize),
    transposed: &mut [T],
    bar: &mut [T],
) {
    let padded = transposed_stride(layer);
    transpose(input, stride, live, transposed, padded);
    simd.vectorize(MatMul {
        init: Init::Accumulate,
        left: Left::Plain,
        a: cotangent,
        b: Matrix { data: transposed, stride: padded },
        c: layer.weights_onward(bar),
        c_stride: layer.inputs,
        rows: layer.outputs,
        inner: live,
        columns: layer.inputs,
        spill: true,
    });
}

impl<T: Kernels> Pullback<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(net: Chain<'_>, at: Point<'_, T>, with_params: bool) -> usize {
        let transposed = if with_params { transposed_len(net, at.batch.live) } else { 0 };
        2 * net.widest_hidden() * at.batch.stride + transposed
    }
}

impl<T: Kernels> WithSimd for Pullback<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pullback { net, at, record, w, y_bar, mut params_bar, buffer } = self;
        let (live, stride) = (at.batch.live, at.batch.stride);
        let columns = Columns::new::<S, T>(live, stride);
        let record = Record { net, record, columns };
        let (mut delta, buffer) = buffer.split_at_mut(net.widest_hidden() * stride);
        let (mut next, transposed) = buffer.split_at_mut(net.widest_hidden() * stride);
        for (l, layer) in net.layers.iter().enumerate().rev() {
            let cotangent = if layer.is_last { w } else { &*delta };
            let c = if l == 0 { &mut *y_bar } else { &mut *next };
            simd.vectorize(MatMul {
                init: Init::Zero,
                left: Left::Transposed,
                a: Matrix { data: layer.weights(at.params), stride: layer.inputs },
                b: Matrix { data: cotangent, stride },
                c: &mut *c,
                c_stride: stride,
                rows: layer.inputs,
                inner: layer.outputs,
                columns: columns.used,
                spill: false,
            });
            // Reads of the record what the transpose needs next, and row by row, which memory is better at.
            if let Some(before) = l.checked_sub(1) {
                record.scale(simd, before, c);
            }
            if let Some(bar) = params_bar.as_deref_mut() {
                let input = (record.input(l, at.y), stride, live);
                add_outer(simd, layer, Matrix { data: cotangent, stride }, input, transposed, bar);
                if let Some(bar) = layer.bias_mut(bar) {
                    add_row_sums(simd, cotangent, stride, live, bar);
                }
            }
            swap(&mut delta, &mut next);
        }
    }
}

/// `out = ∂F/∂y`, by forward propagation of all directions of `y` at once: the tangents of a hidden unit lie side by
/// side, as a matrix of `inputs × stride`.
pub struct Jacobian<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub out: &'a mut [T],
    pub buffer: &'a mut [T],
}

impl<T: Kernels> Jacobian<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(net: Chain<'_>, stride: usize) -> usize {
        (2 * net.layers[0].inputs * net.widest_hidden() + net.widest()) * stride
    }
}

impl<T: Kernels> WithSimd for Jacobian<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Jacobian { net, at, record, out, buffer } = self;
        let stride = at.batch.stride;
        let columns = Columns::new::<S, T>(at.batch.live, stride);
        let record = Record { net, record, columns };
        let tangents = net.layers[0].inputs;
        let (factor, buffer) = buffer.split_at_mut(net.widest() * stride);
        let (mut tangent, mut next) = buffer.split_at_mut(tangents * net.widest_hidden() * stride);
        for (l, layer) in net.layers.iter().enumerate() {
            let c = if layer.is_last { &mut *out } else { &mut *next };
            if l > 0 {
                simd.vectorize(MatMul {
                    init: Init::Zero,
                    left: Left::Plain,
                    a: Matrix { data: layer.weights(at.params), stride: layer.inputs },
                    b: Matrix { data: tangent, stride: tangents * stride },
                    c: &mut *c,
                    c_stride: tangents * stride,
                    rows: layer.outputs,
                    inner: layer.inputs,
                    columns: tangents * stride,
                    spill: false,
                });
            }
            if l == 0 || !layer.is_last {
                let factor = &mut factor[..layer.outputs * stride];
                factor.fill(T::one());
                if !layer.is_last {
                    record.scale(simd, l, factor);
                }
                let weights = (l == 0).then(|| layer.weights(at.params));
                simd.vectorize(Broadcast { factor, weights, product: c, tangents, columns });
            }
            swap(&mut tangent, &mut next);
        }
    }
}
