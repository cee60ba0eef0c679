//! Second derivatives of a multilayer perceptron by its state: the Hessian of `wᵀ F`.
//!
//! Where the hidden units have the tangents `ż_j` in the directions `j` of the state, and the cotangents `c` of their values,
//! it is `Σ σ'' c ż_i ż_j` over all of them: one pass back, and one forward in all directions at once.

use super::Kernels;
use super::chain::Chain;
use super::elementwise::{Broadcast, Columns};
use super::matmul::{Init, Left, MatMul, Matrix};
use super::network::Record;
use super::pack::Pack;
use super::second::{Direction, JvpPullback, Memory, Network};
use crate::field::Point;
use pulp::{Simd, WithSimd};
use std::mem::swap;

/// `out = ∂²(wᵀ F)/∂y²`: row `i·n + j` is its entry `(i, j)`.
pub struct Hessian<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub w: &'a [T],
    pub out: &'a mut [T],
    pub buffer: &'a mut [T],
}

impl<T: Kernels> Hessian<'_, T> {
    fn tangents_len(net: Chain<'_>, stride: usize) -> usize {
        net.layers[0].inputs * net.widest_hidden() * stride
    }

    /// Length of the buffer.
    pub fn buffer_len(net: Chain<'_>, at: Point<'_, T>) -> usize {
        2 * Self::tangents_len(net, at.batch.stride) + JvpPullback::buffer_len(net, at, false)
    }
}

impl<T: Kernels> WithSimd for Hessian<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Hessian { net, at, record, w, out, buffer } = self;
        let (inputs, stride) = (net.layers[0].inputs, at.batch.stride);
        let columns = Columns::new::<S, T>(at.batch.live, stride);
        out.fill(T::zero());
        if net.hidden_units() == 0 || !net.activation.is_curved() {
            return;
        }
        let record = Record { net, record, columns };
        let network = Network { net, at, record };
        let len = Self::tangents_len(net, stride);
        let (mut tangent, buffer) = buffer.split_at_mut(len);
        let (mut next, buffer) = buffer.split_at_mut(len);
        let mut memory = Memory::new(net, stride, buffer);
        // Along tangents of one, what bends is the cotangents themselves.
        memory.tangents.fill(T::one());
        network.pull_back(simd, Direction::Along(at.y), Matrix { data: w, stride }, &mut memory, None, None);
        network.curvature(simd, &mut memory);
        for (l, layer) in net.layers.iter().enumerate().filter(|(_, layer)| !layer.is_last) {
            let rows = if l == 0 { layer.outputs } else { layer.inputs };
            let factor = &mut memory.delta[..rows * stride];
            factor.fill(T::one());
            if l > 0 {
                record.scale(simd, l - 1, factor);
                let product = &mut tangent[..layer.inputs * inputs * stride];
                simd.vectorize(Broadcast { factor, weights: None, product, tangents: inputs, columns });
                simd.vectorize(MatMul {
                    init: Init::Zero,
                    left: Left::Plain,
                    a: Matrix { data: layer.weights(at.params), stride: layer.inputs },
                    b: Matrix { data: tangent, stride: inputs * stride },
                    c: next,
                    c_stride: inputs * stride,
                    rows: layer.outputs,
                    inner: layer.inputs,
                    columns: inputs * stride,
                    spill: false,
                });
            } else {
                let (weights, product) = (Some(layer.weights(at.params)), &mut next[..layer.outputs * inputs * stride]);
                simd.vectorize(Broadcast { factor, weights, product, tangents: inputs, columns });
            }
            let units = network.units(l);
            let (curvature, bend) = (&memory.curvature[units.clone()], &memory.bend[units]);
            simd.vectorize(AddSquares { curvature, bend, tangents: next, inputs, out, columns });
            swap(&mut tangent, &mut next);
        }
        for i in 1..inputs {
            for j in 0..i {
                out.copy_within((j * inputs + i) * stride..(j * inputs + i + 1) * stride, (i * inputs + j) * stride);
            }
        }
    }
}

/// `out_ij += Σ σ'' c ż_i ż_j` over the units of a layer, for `i ≤ j`.
struct AddSquares<'a, T> {
    curvature: &'a [T],
    bend: &'a [T],
    tangents: &'a [T],
    inputs: usize,
    out: &'a mut [T],
    columns: Columns,
}

impl<T: Kernels> WithSimd for AddSquares<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, Columns { stride, used }) = (T::lanes::<S>(), self.columns);
        let weights = self.curvature.chunks_exact(stride).zip(self.bend.chunks_exact(stride));
        for ((curvature, bend), tangents) in weights.zip(self.tangents.chunks_exact(self.inputs * stride)) {
            for (i, first) in tangents.chunks_exact(stride).enumerate() {
                for (j, second) in tangents.chunks_exact(stride).enumerate().skip(i) {
                    let out = &mut self.out[(i * self.inputs + j) * stride..][..used];
                    for (k, out) in out.chunks_mut(lanes).enumerate() {
                        let part = k * lanes..used.min((k + 1) * lanes);
                        let load = |row: &[T]| Pack::load(simd, &row[part.clone()]);
                        let weight = load(curvature) * load(bend);
                        (weight * load(first)).mul_add(load(second), Pack::load(simd, out)).store(out);
                    }
                }
            }
        }
    }
}
