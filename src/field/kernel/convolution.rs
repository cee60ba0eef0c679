//! Convolutions of batches of images in unit-major layout: samples lie in the lanes, so that no image is rearranged.

use super::Kernels;
use super::elementwise::Columns;
use super::matmul::Init;
use super::pack::Pack;
use super::window::{Axis, Reach};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Channels that are computed together.
const BAND: usize = 8;

/// How many channels the images on one side have, and how far apart weights of neighbouring ones are.
#[derive(Clone, Copy)]
pub struct Channels {
    pub count: usize,
    pub step: usize,
}

/// `to = init + Σ w from`: every pixel of `to` is the sum over the channels of `from` and the taps that reach it. A
/// convolution, and its transpose, with rows and columns the other way round.
pub struct Convolve<'a, T> {
    pub init: Init<'a, T>,
    pub weights: &'a [T],
    pub kernel: usize,
    pub rows: &'a Reach,
    pub columns: &'a Reach,
    pub from: &'a [T],
    pub from_channels: Channels,
    /// Pixels of `from` in a row, and in an image.
    pub from_width: usize,
    pub from_pixels: usize,
    pub to: &'a mut [T],
    pub to_channels: Channels,
    pub live: usize,
    pub stride: usize,
    /// Of length [`buffer_len`](Convolve::buffer_len).
    pub buffer: &'a mut [T],
}

impl<T: Kernels> Convolve<'_, T> {
    /// Length of the buffer.
    pub fn buffer_len(from_channels: usize, kernel: usize) -> usize {
        BAND * from_channels * kernel * kernel
    }
}

impl<T: Kernels> WithSimd for Convolve<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let columns = Columns::new::<S, T>(self.live, self.stride);
        let (count, mut channel) = (self.to_channels.count, 0);
        // As many accumulators as there are registers for, and at least enough to hide the latency of an addition.
        if S::REGISTER_COUNT >= 32 || columns.used <= T::lanes::<S>() {
            while count - channel >= BAND {
                self.band::<S, BAND>(simd, channel, columns);
                channel += BAND;
            }
        }
        while count - channel >= 4 {
            self.band::<S, 4>(simd, channel, columns);
            channel += 4;
        }
        while count > channel {
            self.band::<S, 1>(simd, channel, columns);
            channel += 1;
        }
    }
}

impl<T: Kernels> Convolve<'_, T> {
    /// `R` channels of `to`.
    #[inline(always)]
    fn band<S: Simd, const R: usize>(&mut self, simd: S, channel: usize, columns: Columns) {
        self.gather::<R>(channel);
        let lanes = T::lanes::<S>();
        for y in 0..self.rows.len() {
            for x in 0..self.columns.len() {
                let mut column = 0;
                while column < columns.used {
                    if columns.used - column >= 2 * lanes {
                        self.tile::<S, true, R, 2>(simd, channel, (y, x), column);
                        column += 2 * lanes;
                    } else if self.stride - column >= lanes {
                        self.tile::<S, true, R, 1>(simd, channel, (y, x), column);
                        column += lanes;
                    } else {
                        self.tile::<S, false, R, 1>(simd, channel, (y, x), column);
                        column += lanes;
                    }
                }
            }
        }
    }

    /// Weights of `R` channels next to each other, by channel of `from` and tap.
    #[inline(always)]
    fn gather<const R: usize>(&mut self, channel: usize) {
        let (taps, to) = (self.kernel * self.kernel, self.to_channels.step);
        let packed = self.buffer.chunks_exact_mut(taps * R).take(self.from_channels.count);
        for (c, packed) in packed.enumerate() {
            for (tap, packed) in packed.chunks_exact_mut(R).enumerate() {
                let first = channel * to + c * self.from_channels.step + tap;
                packed.iter_mut().enumerate().for_each(|(r, packed)| *packed = self.weights[first + r * to]);
            }
        }
    }

    /// One pixel of `R` channels, `C` vectors of samples, kept in registers.
    #[inline(always)]
    fn tile<S: Simd, const WHOLE: bool, const R: usize, const C: usize>(
        &mut self,
        simd: S,
        channel: usize,
        (y, x): (usize, usize),
        column: usize,
    ) {
        let (lanes, stride, kernel) = (T::lanes::<S>(), self.stride, self.kernel);
        let width = if WHOLE { C * lanes } else { stride - column };
        let pixels = self.rows.len() * self.columns.len();
        let place = |r: usize| ((channel + r) * pixels + y * self.columns.len() + x) * stride + column;
        let mut sum = [[Pack::splat(simd, T::zero()); C]; R];
        match self.init {
            Init::Zero => {}
            Init::Bias(bias) => {
                for (sum, &bias) in sum.iter_mut().zip(&bias[channel..][..R]) {
                    *sum = [Pack::splat(simd, bias); C];
                }
            }
            Init::Accumulate => {
                for (r, sum) in sum.iter_mut().enumerate() {
                    let to = &self.to[place(r)..][..width];
                    for (k, sum) in sum.iter_mut().enumerate() {
                        *sum = Pack::load(simd, &to[k * lanes..]);
                    }
                }
            }
        }
        let (rows, columns) = (self.rows.of(y), self.columns.of(x));
        let planes = self.from.chunks_exact(self.from_pixels * stride);
        let weights = self.buffer.chunks_exact(kernel * kernel * R);
        for (plane, weights) in planes.zip(weights).take(self.from_channels.count) {
            for &(tap_row, row) in rows {
                for &(tap_column, pixel) in columns {
                    let from = &plane[(row * self.from_width + pixel) * stride + column..][..width];
                    let weights = &weights[(tap_row * kernel + tap_column) * R..][..R];
                    let mut factor = [Pack::splat(simd, T::zero()); C];
                    for (k, factor) in factor.iter_mut().enumerate() {
                        *factor = Pack::load(simd, &from[k * lanes..]);
                    }
                    for (sum, &w) in sum.iter_mut().zip(weights) {
                        let w = Pack::splat(simd, w);
                        for (sum, &factor) in sum.iter_mut().zip(&factor) {
                            *sum = w.mul_add(factor, *sum);
                        }
                    }
                }
            }
        }
        for (r, sum) in sum.iter().enumerate() {
            let to = &mut self.to[place(r)..][..width];
            for (k, sum) in sum.iter().enumerate() {
                sum.store(&mut to[k * lanes..]);
            }
        }
    }
}

/// `bar += Σ cotangent ⊗ input`, over pixels and live samples: the derivative of a convolution by its weights; likewise by
/// its bias, if that is wanted.
pub struct ConvolveOuter<'a, T> {
    pub rows: &'a Axis,
    pub columns: &'a Axis,
    pub cotangent: &'a [T],
    pub outputs: usize,
    pub input: &'a [T],
    pub inputs: usize,
    pub bar: &'a mut [T],
    pub bias: Option<&'a mut [T]>,
    pub live: usize,
    pub stride: usize,
}

impl<T: Kernels> WithSimd for ConvolveOuter<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut output = 0;
        while output < self.outputs {
            let whole = self.outputs - output >= 4;
            let mut input = 0;
            while input < self.inputs {
                if whole && self.inputs - input >= 2 && S::REGISTER_COUNT >= 32 {
                    self.kernel::<S, 4, 2>(simd, output, input);
                    input += 2;
                } else if whole {
                    self.kernel::<S, 4, 1>(simd, output, input);
                    input += 1;
                } else {
                    self.kernel::<S, 1, 1>(simd, output, input);
                    input += 1;
                }
            }
            output += if whole { 4 } else { 1 };
        }
        self.add_bias(simd);
    }
}

impl<T: Kernels> ConvolveOuter<'_, T> {
    /// The weights between `R` outputs and `Q` inputs.
    #[inline(always)]
    fn kernel<S: Simd, const R: usize, const Q: usize>(&mut self, simd: S, output: usize, input: usize) {
        for tap_row in 0..self.rows.kernel {
            let mut tap = 0;
            while tap < self.columns.kernel {
                if self.columns.kernel - tap >= 3 {
                    self.taps::<S, R, Q, 3>(simd, (output, input), (tap_row, tap));
                    tap += 3;
                } else {
                    self.taps::<S, R, Q, 1>(simd, (output, input), (tap_row, tap));
                    tap += 1;
                }
            }
        }
    }

    /// Those of `K` neighbouring taps: whole vectors of samples first, then what remains.
    #[inline(always)]
    fn taps<S: Simd, const R: usize, const Q: usize, const K: usize>(
        &mut self,
        simd: S,
        channels: (usize, usize),
        (tap_row, tap): (usize, usize),
    ) {
        let lanes = T::lanes::<S>();
        let whole = self.live / lanes * lanes;
        let kernel = self.columns.kernel;
        let place = |r: usize, q: usize, k: usize| {
            ((channels.0 + r) * self.inputs + channels.1 + q) * self.rows.kernel * kernel + tap_row * kernel + tap + k
        };
        if whole > 0 {
            let mut sums = [[[Pack::splat(simd, T::zero()); R]; Q]; K];
            for column in (0..whole).step_by(lanes) {
                self.add::<S, true, R, Q, K>(simd, &mut sums, channels, (tap_row, tap), column);
            }
            for (r, q, k) in (0..R).flat_map(|r| (0..Q).flat_map(move |q| (0..K).map(move |k| (r, q, k)))) {
                self.bar[place(r, q, k)] += sums[k][q][r].sum();
            }
        }
        if whole < self.live {
            let mut sums = [[[Pack::splat(simd, T::zero()); R]; Q]; K];
            self.add::<S, false, R, Q, K>(simd, &mut sums, channels, (tap_row, tap), whole);
            for (r, q, k) in (0..R).flat_map(|r| (0..Q).flat_map(move |q| (0..K).map(move |k| (r, q, k)))) {
                self.bar[place(r, q, k)] += sums[k][q][r].sum_of(self.live - whole);
            }
        }
    }

    /// Adds the products of one vector of samples.
    #[inline(always)]
    fn add<S: Simd, const WHOLE: bool, const R: usize, const Q: usize, const K: usize>(
        &self,
        simd: S,
        sums: &mut [[[Pack<S, T>; R]; Q]; K],
        channels: (usize, usize),
        (tap_row, tap): (usize, usize),
        column: usize,
    ) {
        let first = self.columns.through(tap);
        let (mut any, mut all) = (first.clone(), first);
        for x in (1..K).map(|k| self.columns.through(tap + k)) {
            any = any.start.min(x.start)..any.end.max(x.end);
            all = all.start.max(x.start)..all.end.min(x.end);
        }
        let inner = all.start.min(any.end)..all.end.max(all.start).min(any.end);
        let mut total = *sums;
        for y in self.rows.through(tap_row) {
            let Some(row) = self.rows.input(y, tap_row) else { continue };
            let at = (channels, (y, row), tap, column);
            self.run::<S, WHOLE, true, R, Q, K>(simd, &mut total, at, any.start..inner.start);
            self.run::<S, WHOLE, false, R, Q, K>(simd, &mut total, at, inner.clone());
            self.run::<S, WHOLE, true, R, Q, K>(simd, &mut total, at, inner.end..any.end);
        }
        *sums = total;
    }

    /// The pixels `run` of a row; at an `EDGE` not all taps see one.
    #[inline(always)]
    fn run<S: Simd, const WHOLE: bool, const EDGE: bool, const R: usize, const Q: usize, const K: usize>(
        &self,
        simd: S,
        sums: &mut [[[Pack<S, T>; R]; Q]; K],
        ((output, input), (y, row), tap, column): ((usize, usize), (usize, usize), usize, usize),
        run: Range<usize>,
    ) {
        let (stride, lanes) = (self.stride, T::lanes::<S>());
        let width = if WHOLE { lanes } else { lanes.min(stride - column) };
        let (outputs, inputs) = (self.rows.outputs * self.columns.outputs, self.rows.inputs * self.columns.inputs);
        let mut cotangents: [&[T]; R] = [&[]; R];
        for (r, cotangent) in cotangents.iter_mut().enumerate() {
            let from = ((output + r) * outputs + y * self.columns.outputs) * stride;
            *cotangent = &self.cotangent[from..][..self.columns.outputs * stride];
        }
        let mut images: [&[T]; Q] = [&[]; Q];
        for (q, image) in images.iter_mut().enumerate() {
            let from = ((input + q) * inputs + row * self.columns.inputs) * stride;
            *image = &self.input[from..][..self.columns.inputs * stride];
        }
        for x in run {
            let mut factors = [Pack::splat(simd, T::zero()); R];
            for (factor, cotangent) in factors.iter_mut().zip(&cotangents) {
                *factor = Pack::load(simd, &cotangent[x * stride + column..][..width]);
            }
            for (k, sums) in sums.iter_mut().enumerate() {
                let Some(pixel) = self.columns.input(x, tap + k) else {
                    if EDGE {
                        continue;
                    }
                    return;
                };
                for (image, sums) in images.iter().zip(sums) {
                    let seen = Pack::load(simd, &image[pixel * stride + column..][..width]);
                    for (sum, &factor) in sums.iter_mut().zip(&factors) {
                        *sum = factor.mul_add(seen, *sum);
                    }
                }
            }
        }
    }

    /// `bias += Σ cotangent`
    #[inline(always)]
    fn add_bias<S: Simd>(&mut self, simd: S) {
        let Some(bias) = self.bias.as_deref_mut() else { return };
        let (stride, live, lanes) = (self.stride, self.live, T::lanes::<S>());
        let pixels = self.rows.outputs * self.columns.outputs;
        for (bias, image) in bias.iter_mut().zip(self.cotangent.chunks_exact((pixels * stride).max(1))) {
            for column in (0..live).step_by(lanes) {
                let mut sum = Pack::splat(simd, T::zero());
                for pixel in image.chunks_exact(stride) {
                    sum = sum + Pack::load(simd, &pixel[column..stride.min(column + lanes)]);
                }
                *bias += if live - column >= lanes { sum.sum() } else { sum.sum_of(live - column) };
            }
        }
    }
}
