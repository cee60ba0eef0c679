//! Convolutions on images of one size, as linear operators.

use super::components;
use crate::field::kernel::{Axis, Channels, Convolve, ConvolveOuter, Init, Kernels};
use crate::field::operator::dot;
use crate::field::{Batch, LinearOperator, Scratch};
use crate::{Error, Number, Real};
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
    pub(super) fn add_to<S: Number>(&self, params: &[S], v: &[S], out: &mut [S]) {
        let weights = &params[self.place()];
        self.rows_of_taps(|w, from, to, step| {
            let from = v[from].iter().step_by(step);
            out[to].iter_mut().zip(from).for_each(|(out, &v)| *out += weights[w] * v);
        });
    }

    /// Every weight with each row of pixels that it leads from, and to; the first `step` apart.
    fn rows_of_taps(&self, mut visit: impl FnMut(usize, Range<usize>, Range<usize>, usize)) {
        let (rows, columns, kernel) = (&self.rows, &self.columns, self.kernel());
        for (to, from) in (0..self.outputs).flat_map(|to| (0..self.inputs).map(move |from| (to, from))) {
            for (k, l) in (0..kernel).flat_map(|k| (0..kernel).map(move |l| (k, l))) {
                let run = columns.through(l);
                let Some(first) = columns.input(run.start, l).filter(|_| !run.is_empty()) else { continue };
                for (y, row) in rows.through(k).filter_map(|y| rows.input(y, k).map(|row| (y, row))) {
                    let from = (from * rows.inputs + row) * columns.inputs + first;
                    let to = (to * rows.outputs + y) * columns.outputs + run.start;
                    let weight = ((to / (rows.outputs * columns.outputs)) * self.inputs
                        + from / (rows.inputs * columns.inputs))
                        * kernel
                        * kernel
                        + k * kernel
                        + l;
                    let len = (run.len() - 1) * columns.stride + 1;
                    visit(weight, from..from + len, to..to + run.len(), columns.stride);
                }
            }
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
        self.add_to(params, v, out);
    }

    fn apply_transposed<T: Real>(&self, params: &[T], u: &[T], out: &mut [T]) {
        let weights = &params[self.place()];
        out.fill(T::zero());
        self.rows_of_taps(|w, from, to, step| {
            let w = weights[w];
            out[from].iter_mut().step_by(step).zip(&u[to]).for_each(|(out, &u)| *out += w * u);
        });
    }

    fn add_outer<T: Real>(&self, scale: T, u: &[T], v: &[T], bar: &mut [T]) {
        let bar = &mut bar[self.place()];
        self.rows_of_taps(|w, from, to, step| {
            let product = match step {
                1 => dot(&u[to], &v[from]),
                _ => v[from].iter().step_by(step).zip(&u[to]).map(|(&v, &u)| u * v).sum(),
            };
            bar[w] += scale * product;
        });
    }
}
