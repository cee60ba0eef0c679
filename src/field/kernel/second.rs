//! Second derivatives of a multilayer perceptron: the pullback of its Jacobian–vector products.
//!
//! A direction `v` is carried forward as `ż_l = W_l ȧ_l`, `ȧ_{l+1} = σ'(z_l) ⊙ ż_l`, and a cotangent `w` of the result
//! back, as in any pullback. Slopes depend on the point too: each hidden unit gathers `β = Σ (cotangent of ȧ) ż` over the
//! directions, and `σ'' ⊙ β` are cotangents of the `z_l` at which an ordinary pullback of the network begins.

use super::elementwise::{AddProduct, Columns, Curvature, add_row_sums};
use super::matmul::{Init, Left, MatMul, Matrix};
use super::network::{Record, add_outer, transposed_len};
use crate::Real;
use crate::field::mlp::Layer;
use crate::field::{Activation, Mlp, Point};
use pulp::{Simd, WithSimd};
use std::mem::swap;

/// Which Jacobian–vector products are pulled back.
pub enum Directions<'a, T> {
    /// The one in direction `v`; `v_bar` takes `(∂F/∂y)ᵀ w`.
    One { v: &'a [T], v_bar: Option<&'a mut [T]> },
    /// Those in all directions of the state.
    All,
}

/// Derivatives of `Σ wᵀ (∂F/∂y) v` over some directions `v`: overwrites `y_bar`, adds to `params_bar`. Row `i·k + j` of
/// `w` belongs to output `i` and direction `j` of `k`.
pub struct JvpPullback<'a, T> {
    pub net: &'a Mlp,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub directions: Directions<'a, T>,
    pub w: &'a [T],
    pub y_bar: &'a mut [T],
    pub params_bar: Option<&'a mut [T]>,
    pub buffer: &'a mut [T],
}

impl<T: Real> JvpPullback<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(net: &Mlp, at: Point<'_, T>, with_params: bool) -> usize {
        let transposed = if with_params { transposed_len(net, at.batch.live) } else { 0 };
        (3 * net.hidden_units() + 3 * net.widest_hidden()) * at.batch.stride + net.widest() + transposed
    }
}

/// `c = init + W b` for a layer's weights `W`, or `Wᵀ b`.
#[inline(always)]
fn apply<S: Simd, T: Real>(
    simd: S,
    (layer, params): (&Layer, &[T]),
    left: Left,
    init: Init<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    columns: Columns,
) {
    let (rows, inner) = match left {
        Left::Plain => (layer.outputs, layer.inputs),
        Left::Transposed => (layer.inputs, layer.outputs),
    };
    simd.vectorize(MatMul {
        init,
        left,
        a: Matrix { data: layer.weights(params), stride: layer.inputs },
        b,
        c,
        c_stride: columns.stride,
        rows,
        inner,
        columns: columns.used,
        spill: false,
    });
}

impl<T: Real> WithSimd for JvpPullback<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let JvpPullback { net, at, record, mut directions, w, y_bar, mut params_bar, buffer } = self;
        let (live, stride, params) = (at.batch.live, at.batch.stride, at.params);
        let columns = Columns::new::<S, T>(live, stride);
        let record = Record { net, record, columns };
        let (units, widest) = (net.hidden_units() * stride, net.widest_hidden() * stride);
        let (tangents, buffer) = buffer.split_at_mut(units);
        let (bend, buffer) = buffer.split_at_mut(units);
        let (curvature, buffer) = buffer.split_at_mut(units);
        let (input, buffer) = buffer.split_at_mut(widest);
        let (mut delta, buffer) = buffer.split_at_mut(widest);
        let (mut next, buffer) = buffer.split_at_mut(widest);
        let (sums, transposed) = buffer.split_at_mut(net.widest());
        // The hidden units that layer `l` puts out.
        let of = |l: usize| {
            net.layers()[l].first_unit * stride..(net.layers()[l].first_unit + net.layers()[l].outputs) * stride
        };
        let curved = net.activation().is_curved();
        bend.fill(T::zero());
        let count = match directions {
            Directions::One { .. } => 1,
            Directions::All => net.layers()[0].inputs,
        };
        for k in 0..count {
            for (l, layer) in net.layers().iter().enumerate().filter(|(_, layer)| !layer.is_last) {
                let (before, out) = tangents.split_at_mut(of(l).start);
                let out = &mut out[..layer.outputs * stride];
                match (l.checked_sub(1), &directions) {
                    (Some(before_l), _) => {
                        let input = &mut input[..layer.inputs * stride];
                        input.copy_from_slice(&before[of(before_l)]);
                        record.scale(simd, before_l, input);
                        let b = Matrix { data: input, stride };
                        apply(simd, (layer, params), Left::Plain, Init::Zero, b, out, columns);
                    }
                    (None, Directions::One { v, .. }) => {
                        let b = Matrix { data: *v, stride };
                        apply(simd, (layer, params), Left::Plain, Init::Zero, b, out, columns);
                    }
                    (None, Directions::All) => {
                        let weights = layer.weights(params).chunks_exact(layer.inputs);
                        out.chunks_exact_mut(stride).zip(weights).for_each(|(row, weights)| row.fill(weights[k]));
                    }
                }
            }
            for (l, layer) in net.layers().iter().enumerate().rev() {
                let cotangent = match layer.is_last {
                    true => Matrix { data: &w[k * stride..], stride: count * stride },
                    false => Matrix { data: delta, stride },
                };
                if let Some(bar) = params_bar.as_deref_mut() {
                    match (l.checked_sub(1), &directions) {
                        (Some(before), _) => {
                            let input = &mut input[..layer.inputs * stride];
                            input.copy_from_slice(&tangents[of(before)]);
                            record.scale(simd, before, input);
                            add_outer(simd, layer, cotangent, (input, stride, live), transposed, bar);
                        }
                        (None, Directions::One { v, .. }) => {
                            let v = &v[..layer.inputs * stride];
                            add_outer(simd, layer, cotangent, (v, stride, live), transposed, bar);
                        }
                        (None, Directions::All) => {
                            let sums = &mut sums[..layer.outputs];
                            sums.fill(T::zero());
                            add_row_sums(simd, cotangent.data, cotangent.stride, live, sums);
                            let weights = layer.weights_onward(bar).iter_mut().skip(k).step_by(layer.inputs);
                            weights.zip(&*sums).for_each(|(bar, &sum)| *bar += sum);
                        }
                    }
                }
                match (l.checked_sub(1), &mut directions) {
                    (Some(before), _) => {
                        let next = &mut next[..layer.inputs * stride];
                        apply(simd, (layer, params), Left::Transposed, Init::Zero, cotangent, next, columns);
                        if curved {
                            let (a, b, sum) = (&*next, &tangents[of(before)], &mut bend[of(before)]);
                            simd.vectorize(AddProduct { a, b, sum, columns });
                        }
                        record.scale(simd, before, next);
                    }
                    (None, Directions::One { v_bar: Some(v_bar), .. }) => {
                        apply(simd, (layer, params), Left::Transposed, Init::Zero, cotangent, v_bar, columns);
                    }
                    (None, _) => {}
                }
                swap(&mut delta, &mut next);
            }
        }
        let hidden = net.layers().len() - 1;
        if hidden == 0 || !curved {
            y_bar[..net.layers()[0].inputs * stride].fill(T::zero());
            return;
        }
        for (l, layer) in net.layers()[..hidden].iter().enumerate() {
            let out = &mut curvature[of(l)];
            let record = match net.activation() {
                Activation::Gelu => {
                    let (bias, b) = (layer.bias(params), Matrix { data: record.input(l, at.y), stride });
                    apply(simd, (layer, params), Left::Plain, bias.map_or(Init::Zero, Init::Bias), b, next, columns);
                    &next[..layer.outputs * stride]
                }
                Activation::Sin => record.input(l + 1, at.y),
                _ => record.slopes(l),
            };
            simd.vectorize(Curvature { activation: net.activation(), record, out, columns });
        }
        delta.fill(T::zero());
        for (l, layer) in net.layers()[..hidden].iter().enumerate().rev() {
            let sum = &mut delta[..layer.outputs * stride];
            simd.vectorize(AddProduct { a: &curvature[of(l)], b: &bend[of(l)], sum, columns });
            let cotangent = Matrix { data: &*delta, stride };
            if let Some(bar) = params_bar.as_deref_mut() {
                add_outer(simd, layer, cotangent, (record.input(l, at.y), stride, live), transposed, bar);
                if let Some(bar) = layer.bias_mut(bar) {
                    add_row_sums(simd, delta, stride, live, bar);
                }
            }
            let c = if l == 0 { &mut *y_bar } else { &mut *next };
            apply(simd, (layer, params), Left::Transposed, Init::Zero, cotangent, c, columns);
            if let Some(before) = l.checked_sub(1) {
                record.scale(simd, before, c);
            }
            swap(&mut delta, &mut next);
        }
    }
}
