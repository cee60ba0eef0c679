//! Second derivatives of a multilayer perceptron: the pullback of its Jacobian–vector products.
//!
//! A direction `v` is carried forward as `ż_l = W_l ȧ_l`, `ȧ_{l+1} = σ'(z_l) ⊙ ż_l`, and a cotangent `w` of the result
//! back, as in any pullback. Slopes depend on the point too: each hidden unit gathers `β = Σ (cotangent of ȧ) ż` over the
//! directions, and `σ'' ⊙ β` are cotangents of the `z_l` at which an ordinary pullback of the network begins.

use super::Kernels;
use super::chain::Chain;
use super::elementwise::{AddProduct, Columns, Curvature, add_row_sums};
use super::matmul::{Init, Left, MatMul, Matrix};
use super::network::{Record, add_outer, transposed_len};
use crate::field::{Activation, Point};
use pulp::{Simd, WithSimd};
use std::mem::swap;
use std::ops::Range;

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
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: &'a [T],
    pub directions: Directions<'a, T>,
    pub w: &'a [T],
    pub y_bar: &'a mut [T],
    pub params_bar: Option<&'a mut [T]>,
    pub buffer: &'a mut [T],
}

impl<T: Kernels> JvpPullback<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(net: Chain<'_>, at: Point<'_, T>, with_params: bool) -> usize {
        let transposed = if with_params { transposed_len(net, at.batch.live) } else { 0 };
        (3 * net.hidden_units() + 3 * net.widest_hidden()) * at.batch.stride + net.widest() + transposed
    }
}

/// A direction of the state.
#[derive(Clone, Copy)]
pub(super) enum Direction<'a, T> {
    Along(&'a [T]),
    Unit(usize),
}

/// Parts of the buffer.
pub(super) struct Memory<'a, T> {
    /// `ż` of the hidden units, `β`, and `σ''`.
    pub tangents: &'a mut [T],
    pub bend: &'a mut [T],
    pub curvature: &'a mut [T],
    /// One layer each.
    input: &'a mut [T],
    pub delta: &'a mut [T],
    next: &'a mut [T],
    sums: &'a mut [T],
    transposed: &'a mut [T],
}

impl<'a, T: Kernels> Memory<'a, T> {
    #[inline(always)]
    pub fn new(net: Chain<'_>, stride: usize, buffer: &'a mut [T]) -> Self {
        let (units, widest) = (net.hidden_units() * stride, net.widest_hidden() * stride);
        let (tangents, buffer) = buffer.split_at_mut(units);
        let (bend, buffer) = buffer.split_at_mut(units);
        let (curvature, buffer) = buffer.split_at_mut(units);
        let (input, buffer) = buffer.split_at_mut(widest);
        let (delta, buffer) = buffer.split_at_mut(widest);
        let (next, buffer) = buffer.split_at_mut(widest);
        let (sums, transposed) = buffer.split_at_mut(net.widest());
        bend.fill(T::zero());
        Memory { tangents, bend, curvature, input, delta, next, sums, transposed }
    }
}

/// The network at a point.
#[derive(Clone, Copy)]
pub(super) struct Network<'a, T> {
    pub net: Chain<'a>,
    pub at: Point<'a, T>,
    pub record: Record<'a, T>,
}

impl<T: Kernels> Network<'_, T> {
    /// Where the hidden units that layer `l` puts out are among all.
    #[inline(always)]
    pub fn units(self, l: usize) -> Range<usize> {
        let (layer, stride) = (&self.net.layers[l], self.at.batch.stride);
        layer.first_unit * stride..(layer.first_unit + layer.outputs) * stride
    }

    /// `c = init + W b` for the weights `W` of layer `l`, or `Wᵀ b`.
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, l: usize, left: Left, init: Init<'_, T>, b: Matrix<'_, T>, c: &mut [T]) {
        let (layer, columns) = (&self.net.layers[l], self.record.columns);
        let (rows, inner) = match left {
            Left::Plain => (layer.outputs, layer.inputs),
            Left::Transposed => (layer.inputs, layer.outputs),
        };
        let a = Matrix { data: layer.weights(self.at.params), stride: layer.inputs };
        let (c_stride, columns) = (columns.stride, columns.used);
        simd.vectorize(MatMul { init, left, a, b, c, c_stride, rows, inner, columns, spill: false });
    }

    /// The tangents `ȧ_l = σ' ⊙ ż_{l-1}` that layer `l > 0` sees, in `memory.input`.
    #[inline(always)]
    fn see<S: Simd>(self, simd: S, l: usize, memory: &mut Memory<'_, T>) {
        let units = self.units(l - 1);
        let input = &mut memory.input[..units.len()];
        input.copy_from_slice(&memory.tangents[units]);
        self.record.scale(simd, l - 1, input);
    }

    /// The tangents of all hidden units.
    #[inline(always)]
    fn push_forward<S: Simd>(self, simd: S, direction: Direction<'_, T>, memory: &mut Memory<'_, T>) {
        let stride = self.at.batch.stride;
        for (l, layer) in self.net.layers.iter().enumerate().filter(|(_, layer)| !layer.is_last) {
            let units = self.units(l);
            if l > 0 {
                self.see(simd, l, memory);
                let b = Matrix { data: &*memory.input, stride };
                self.apply(simd, l, Left::Plain, Init::Zero, b, &mut memory.tangents[units]);
                continue;
            }
            let out = &mut memory.tangents[units];
            match direction {
                Direction::Along(v) => {
                    self.apply(simd, l, Left::Plain, Init::Zero, Matrix { data: v, stride }, out);
                }
                Direction::Unit(j) => {
                    let weights = layer.weights(self.at.params).chunks_exact(layer.inputs);
                    out.chunks_exact_mut(stride).zip(weights).for_each(|(row, weights)| row.fill(weights[j]));
                }
            }
        }
    }

    /// Pulls the cotangent `w` of one Jacobian–vector product back, as far as slopes count for constant; the rest is left
    /// in `memory.bend`.
    #[inline(always)]
    pub fn pull_back<S: Simd>(
        self,
        simd: S,
        direction: Direction<'_, T>,
        w: Matrix<'_, T>,
        memory: &mut Memory<'_, T>,
        mut v_bar: Option<&mut [T]>,
        mut params_bar: Option<&mut [T]>,
    ) {
        let (live, stride, columns) = (self.at.batch.live, self.at.batch.stride, self.record.columns);
        for (l, layer) in self.net.layers.iter().enumerate().rev() {
            if l > 0 && params_bar.is_some() {
                self.see(simd, l, memory);
            }
            let cotangent = if layer.is_last { w } else { Matrix { data: &*memory.delta, stride } };
            if let Some(bar) = params_bar.as_deref_mut() {
                match direction {
                    Direction::Unit(j) if l == 0 => {
                        let sums = &mut memory.sums[..layer.outputs];
                        sums.fill(T::zero());
                        add_row_sums(simd, cotangent.data, cotangent.stride, live, sums);
                        let weights = layer.weights_onward(bar).iter_mut().skip(j).step_by(layer.inputs);
                        weights.zip(&*sums).for_each(|(bar, &sum)| *bar += sum);
                    }
                    Direction::Along(v) if l == 0 => {
                        let v = &v[..layer.inputs * stride];
                        add_outer(simd, layer, cotangent, (v, stride, live), memory.transposed, bar);
                    }
                    _ => {
                        let input = &memory.input[..layer.inputs * stride];
                        add_outer(simd, layer, cotangent, (input, stride, live), memory.transposed, bar);
                    }
                }
            }
            if l > 0 {
                let units = self.units(l - 1);
                let next = &mut memory.next[..units.len()];
                self.apply(simd, l, Left::Transposed, Init::Zero, cotangent, next);
                if self.net.activation.is_curved() {
                    let (b, sum) = (&memory.tangents[units.clone()], &mut memory.bend[units]);
                    simd.vectorize(AddProduct { a: next, b, sum, columns });
                }
                self.record.scale(simd, l - 1, next);
            } else if let Some(v_bar) = v_bar.as_deref_mut() {
                self.apply(simd, l, Left::Transposed, Init::Zero, cotangent, v_bar);
            }
            swap(&mut memory.delta, &mut memory.next);
        }
    }

    /// `σ''` at all hidden units.
    #[inline(always)]
    pub fn curvature<S: Simd>(self, simd: S, memory: &mut Memory<'_, T>) {
        let (activation, columns) = (self.net.activation, self.record.columns);
        for (l, layer) in self.net.layers.iter().enumerate().filter(|(_, layer)| !layer.is_last) {
            let units = self.units(l);
            let record = match activation {
                Activation::Gelu => {
                    let init = layer.bias(self.at.params).map_or(Init::Zero, Init::Bias);
                    let b = Matrix { data: self.record.input(l, self.at.y), stride: self.at.batch.stride };
                    self.apply(simd, l, Left::Plain, init, b, memory.next);
                    &memory.next[..units.len()]
                }
                Activation::Sin => self.record.input(l + 1, self.at.y),
                _ => self.record.slopes(l),
            };
            simd.vectorize(Curvature { activation, record, out: &mut memory.curvature[units], columns });
        }
    }

    /// Pulls `σ'' ⊙ β` back through the hidden layers.
    #[inline(always)]
    fn unbend<S: Simd>(self, simd: S, memory: &mut Memory<'_, T>, y_bar: &mut [T], mut params_bar: Option<&mut [T]>) {
        let (live, stride, columns) = (self.at.batch.live, self.at.batch.stride, self.record.columns);
        memory.delta.fill(T::zero());
        for (l, layer) in self.net.layers.iter().enumerate().rev().filter(|(_, layer)| !layer.is_last) {
            let (a, b) = (&memory.curvature[self.units(l)], &memory.bend[self.units(l)]);
            simd.vectorize(AddProduct { a, b, sum: &mut memory.delta[..a.len()], columns });
            let cotangent = Matrix { data: &*memory.delta, stride };
            if let Some(bar) = params_bar.as_deref_mut() {
                let input = (self.record.input(l, self.at.y), stride, live);
                add_outer(simd, layer, cotangent, input, memory.transposed, bar);
                if let Some(bar) = layer.bias_mut(bar) {
                    add_row_sums(simd, cotangent.data, stride, live, bar);
                }
            }
            if l > 0 {
                self.apply(simd, l, Left::Transposed, Init::Zero, cotangent, memory.next);
                self.record.scale(simd, l - 1, memory.next);
            } else {
                self.apply(simd, l, Left::Transposed, Init::Zero, cotangent, y_bar);
            }
            swap(&mut memory.delta, &mut memory.next);
        }
    }
}

impl<T: Kernels> WithSimd for JvpPullback<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let JvpPullback { net, at, record, directions, w, y_bar, mut params_bar, buffer } = self;
        let stride = at.batch.stride;
        let columns = Columns::new::<S, T>(at.batch.live, stride);
        let network = Network { net, at, record: Record { net, record, columns } };
        let mut memory = Memory::new(net, stride, buffer);
        match directions {
            Directions::One { v, v_bar } => {
                let (direction, w) = (Direction::Along(v), Matrix { data: w, stride });
                network.push_forward(simd, direction, &mut memory);
                network.pull_back(simd, direction, w, &mut memory, v_bar, params_bar.as_deref_mut());
            }
            Directions::All => {
                let count = net.layers[0].inputs;
                for j in 0..count {
                    let (direction, w) =
                        (Direction::Unit(j), Matrix { data: &w[j * stride..], stride: count * stride });
                    network.push_forward(simd, direction, &mut memory);
                    network.pull_back(simd, direction, w, &mut memory, None, params_bar.as_deref_mut());
                }
            }
        }
        if net.hidden_units() > 0 && net.activation.is_curved() {
            network.curvature(simd, &mut memory);
            network.unbend(simd, &mut memory, y_bar, params_bar);
        } else {
            y_bar[..net.layers[0].inputs * stride].fill(T::zero());
        }
    }
}
