//! Convolutions on images of one size, as linear operators.

use super::components;
use crate::field::kernel::{Axis, Channels, Convolve, ConvolveOuter, Init, Kernels};
use crate::field::operator::dot;
use crate::field::{Batch, LinearOperator, Scratch};
use crate::{Error, Number, Real};
use pulp::Arch;
use std::ops::Range;

/// The convolution of images of one size with learned kernels, zero beyond their borders:
///
/// ```text
/// y[o, i, j] = Σ_c Σ_k Σ_l w[o, c, k, l] x[c, i s + k - p, j s + l - p]
/// ```
///
/// with stride `s` and padding `p`. Weights are laid out as they are indexed.
///
/// ```
/// use kutta::field::{Convolution, spectral_norm};
/// // The difference of neighbours, on rows of four pixels: its norm is less than the 2 of endless rows.
/// let operator = Convolution::new(0, [1, 1, 4], 1, 3, 1, 1)?;
/// let norm: f64 = spectral_norm(&operator, &[0.0, 0.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0]);
/// assert!((norm - 2.0 * (std::f64::consts::PI / 9.0).cos()).abs() < 1e-12);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    first: usize,
    rows: Axis,
    columns: Axis,
    inputs: usize,
    outputs: usize,
}

impl Convolution {
    /// Of images of `[channels, height, width]` to so many channels, by kernels of `kernel × kernel`; its weights begin with
    /// parameter `first`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for sizes or a stride of zero, padding that is not less than the kernel, and kernels that are
    /// larger than the padded image.
    pub fn new(
        first: usize,
        image: [usize; 3],
        channels: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<Self, Error> {
        components(image)?;
        let [inputs, height, width] = image;
        if stride == 0 {
            return Err(Error::invalid("stride", stride, "at least 1"));
        }
        if padding >= kernel.max(1) {
            return Err(Error::invalid("padding", padding, format!("less than the kernel, which is {kernel}")));
        }
        let axis = |len: usize| Axis::new(len, kernel, stride, padding);
        let (Some(rows), Some(columns)) = (axis(height), axis(width)) else {
            let expected = format!("from 1 to {}, the padded image", height.min(width).saturating_add(2 * padding));
            return Err(Error::invalid("kernel", kernel, expected));
        };
        components([channels, rows.outputs, columns.outputs])?;
        components([channels, inputs, kernel.saturating_mul(kernel)])?;
        Ok(Convolution { first, rows, columns, inputs, outputs: channels })
    }

    /// `[channels, height, width]` of what it reads.
    pub fn from(&self) -> [usize; 3] {
        [self.inputs, self.rows.inputs, self.columns.inputs]
    }

    /// `[channels, height, width]` of what it gives.
    pub fn to(&self) -> [usize; 3] {
        [self.outputs, self.rows.outputs, self.columns.outputs]
    }

    /// `[outputs, inputs, kernel, kernel]`, the shape of the weights.
    pub fn shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel(), self.kernel()]
    }

    /// Number of weights.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Never: there are weights.
    pub fn is_empty(&self) -> bool {
        false
    }

    fn kernel(&self) -> usize {
        self.rows.kernel
    }

    fn place(&self) -> Range<usize> {
        self.first..self.end()
    }

    /// The first parameter after its weights.
    pub(super) fn end(&self) -> usize {
        self.first + self.len()
    }

    /// `√(6/(inputs + outputs))` of a pixel: weights that are uniform between minus this and this keep variances.
    pub(super) fn xavier_bound(&self) -> f64 {
        let taps = (self.kernel() * self.kernel()) as f64;
        (6.0 / (taps * (self.inputs + self.outputs) as f64)).sqrt()
    }

    /// `out += A v` for one image, in any numbers.
    #[inline(always)]
    pub(super) fn add_to<S: Number>(&self, params: &[S], v: &[S], out: &mut [S]) {
        let (kernels, frame) = (&params[self.place()], Frame::new(self));
        let framed = frame.inputs(v);
        let taps = frame.taps();
        let offsets: Vec<usize> = frame.offsets().collect();
        let mut sums = vec![S::zero(); frame.run.next_multiple_of(RUN)];
        for (o, out) in out.chunks_exact_mut(self.rows.outputs * self.columns.outputs).enumerate() {
            let kernels = kernels[o * self.inputs * taps..].chunks_exact(taps).take(self.inputs);
            add_seen(kernels, &framed, frame.padded(), &offsets, &mut sums);
            frame.outputs().zip(out).for_each(|(at, out)| *out += sums[at]);
        }
    }

    /// `to = init + A from` for a batch, whose columns are samples.
    pub(super) fn forward<T: Real + Kernels>(
        &self,
        params: &[T],
        init: Init<'_, T>,
        from: &[T],
        to: &mut [T],
        batch: Batch,
        scratch: &mut Scratch<T>,
    ) {
        if batch.live == 0 {
            return;
        }
        let taps = self.kernel() * self.kernel();
        let mut buffer = scratch.take(Convolve::<T>::buffer_len(self.inputs, self.kernel()));
        T::convolve(Convolve {
            init,
            weights: &params[self.place()],
            kernel: self.kernel(),
            rows: &self.rows.seen,
            columns: &self.columns.seen,
            from,
            from_channels: Channels { count: self.inputs, step: taps },
            from_width: self.columns.inputs,
            from_pixels: self.rows.inputs * self.columns.inputs,
            to,
            to_channels: Channels { count: self.outputs, step: taps * self.inputs },
            live: batch.live,
            stride: batch.stride,
            buffer: &mut buffer,
        });
        scratch.give(buffer);
    }

    /// `to = Aᵀ from`, likewise.
    pub(super) fn backward<T: Real + Kernels>(
        &self,
        params: &[T],
        from: &[T],
        to: &mut [T],
        batch: Batch,
        scratch: &mut Scratch<T>,
    ) {
        if batch.live == 0 {
            return;
        }
        let taps = self.kernel() * self.kernel();
        let mut buffer = scratch.take(Convolve::<T>::buffer_len(self.outputs, self.kernel()));
        T::convolve(Convolve {
            init: Init::Zero,
            weights: &params[self.place()],
            kernel: self.kernel(),
            rows: &self.rows.seeing,
            columns: &self.columns.seeing,
            from,
            from_channels: Channels { count: self.outputs, step: taps * self.inputs },
            from_width: self.columns.outputs,
            from_pixels: self.rows.outputs * self.columns.outputs,
            to,
            to_channels: Channels { count: self.inputs, step: taps },
            live: batch.live,
            stride: batch.stride,
            buffer: &mut buffer,
        });
        scratch.give(buffer);
    }

    /// `bar += ∂(uᵀ (A v + b))/∂(γ, b)`, summed over the live samples; the bias is the range of parameters that is given.
    pub(super) fn add_outer_of<T: Real + Kernels>(
        &self,
        u: &[T],
        v: &[T],
        bar: &mut [T],
        bias: Option<Range<usize>>,
        batch: Batch,
    ) {
        if batch.live == 0 {
            return;
        }
        let (bar, rest) = bar[self.first..].split_at_mut(self.len());
        T::convolve_outer(ConvolveOuter {
            rows: &self.rows,
            columns: &self.columns,
            cotangent: u,
            outputs: self.outputs,
            input: v,
            inputs: self.inputs,
            bar,
            bias: bias.map(|bias| &mut rest[bias.start - self.first - self.len()..][..bias.len()]),
            live: batch.live,
            stride: batch.stride,
        });
    }
}

impl LinearOperator for Convolution {
    fn inputs(&self) -> usize {
        self.from().iter().product()
    }

    fn outputs(&self) -> usize {
        self.to().iter().product()
    }

    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        std::iter::once(self.place())
    }

    fn apply<T: Real>(&self, params: &[T], v: &[T], out: &mut [T]) {
        out.fill(T::zero());
        Arch::new().dispatch(|| self.add_to(params, v, out));
    }

    fn apply_transposed<T: Real>(&self, params: &[T], u: &[T], out: &mut [T]) {
        let (kernels, frame) = (&params[self.place()], Frame::new(self));
        let framed = frame.framed_outputs(u);
        let taps = frame.taps();
        // What sees a pixel through a tap is as far before it as the tap is from the first.
        let furthest = frame.len - frame.run;
        let offsets: Vec<usize> = frame.offsets().map(|at| furthest - at).collect();
        Arch::new().dispatch(|| {
            let mut sums = vec![T::zero(); frame.len.next_multiple_of(RUN)];
            for (c, out) in out.chunks_exact_mut(self.rows.inputs * self.columns.inputs).enumerate() {
                let kernels = kernels.chunks_exact(taps).skip(c).step_by(self.inputs);
                add_seen(kernels, &framed, frame.padded(), &offsets, &mut sums);
                frame.places().zip(out).for_each(|(at, out)| *out = sums[at]);
            }
        });
    }

    fn add_outer<T: Real>(&self, scale: T, u: &[T], v: &[T], bar: &mut [T]) {
        let frame = Frame::new(self);
        let (outputs, inputs) = (frame.framed_outputs(u), frame.inputs(v));
        let first = frame.len - frame.run;
        Arch::new().dispatch(|| {
            let mut bars = bar[self.place()].chunks_exact_mut(frame.taps());
            for u in outputs.chunks_exact(frame.padded()).map(|u| &u[first..][..frame.run]) {
                for (v, bar) in inputs.chunks_exact(frame.padded()).zip(&mut bars) {
                    for (bar, at) in bar.iter_mut().zip(frame.offsets()) {
                        *bar += scale * dot(u, &v[at..][..frame.run]);
                    }
                }
            }
        });
    }
}

/// Pixels that are summed together, in registers.
const RUN: usize = 64;

/// `sums[i] = Σ_c Σ_l w[c, l] x[c, i + offset_l]`, for images of `len` pixels.
#[inline(always)]
fn add_seen<'w, S: Number + 'w>(
    kernels: impl Iterator<Item = &'w [S]> + Clone,
    images: &[S],
    len: usize,
    offsets: &[usize],
    sums: &mut [S],
) {
    for (n, sums) in sums.chunks_exact_mut(RUN).enumerate() {
        let mut sum = [S::zero(); RUN];
        for (weights, image) in kernels.clone().zip(images.chunks_exact(len)) {
            for (&w, &at) in weights.iter().zip(offsets) {
                let seen = &image[n * RUN + at..][..RUN];
                for (sum, &x) in sum.iter_mut().zip(seen) {
                    *sum += w * x;
                }
            }
        }
        sums.copy_from_slice(&sum);
    }
}

/// Images in a frame of zeros, row after row: what a tap sees of one, through windows that move by one pixel, is a run of
/// pixels.
struct Frame<'a> {
    operator: &'a Convolution,
    width: usize,
    /// Pixels of an image with its frame.
    len: usize,
    /// Pixels from the first that a tap sees to the last.
    run: usize,
}

impl<'a> Frame<'a> {
    fn new(operator: &'a Convolution) -> Self {
        let (rows, columns) = (&operator.rows, &operator.columns);
        let (height, width) = (rows.inputs + 2 * rows.padding, columns.inputs + 2 * columns.padding);
        let run = (height - rows.kernel) * width + width - columns.kernel + 1;
        Frame { operator, width, len: height * width, run }
    }

    fn taps(&self) -> usize {
        self.operator.kernel() * self.operator.kernel()
    }

    /// Length of an image that whole [`RUN`]s are read of, from any tap on.
    fn padded(&self) -> usize {
        2 * self.len - self.run + RUN
    }

    /// Where the pixels of an image are in the frame.
    fn places(&self) -> impl Iterator<Item = usize> {
        let (rows, columns, width) = (&self.operator.rows, &self.operator.columns, self.width);
        let first = move |y: usize| (y + rows.padding) * width + columns.padding;
        (0..rows.inputs).flat_map(move |y| first(y)..first(y) + columns.inputs)
    }

    /// Where the pixels of a result are among those of a run.
    fn outputs(&self) -> impl Iterator<Item = usize> {
        let (rows, columns, width) = (&self.operator.rows, &self.operator.columns, self.width);
        (0..rows.outputs)
            .flat_map(move |y| (0..columns.outputs).map(move |x| y * rows.stride * width + x * columns.stride))
    }

    /// Where the run of each tap begins.
    fn offsets(&self) -> impl Iterator<Item = usize> {
        let (kernel, width) = (self.operator.kernel(), self.width);
        (0..kernel).flat_map(move |k| k * width..k * width + kernel)
    }

    fn inputs<S: Number>(&self, v: &[S]) -> Vec<S> {
        let mut framed = vec![S::zero(); self.operator.inputs * self.padded()];
        let images = v.chunks_exact(self.operator.rows.inputs * self.operator.columns.inputs);
        for (image, framed) in images.zip(framed.chunks_exact_mut(self.padded())) {
            self.places().zip(image).for_each(|(at, &x)| framed[at] = x);
        }
        framed
    }

    /// Results after as many zeros as the last tap is from the first.
    fn framed_outputs<S: Number>(&self, u: &[S]) -> Vec<S> {
        let mut framed = vec![S::zero(); self.operator.outputs * self.padded()];
        let images = u.chunks_exact(self.operator.rows.outputs * self.operator.columns.outputs);
        for (image, framed) in images.zip(framed.chunks_exact_mut(self.padded())) {
            self.outputs().zip(image).for_each(|(at, &x)| framed[self.len - self.run + at] = x);
        }
        framed
    }
}
