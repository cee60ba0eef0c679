//! Pooling.

use super::components;
use crate::field::kernel::Axis;
use crate::field::{Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// What becomes of the pixels of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Their mean.
    Average,
    /// The largest of them; of equal ones, the derivative is that of the first.
    Max,
}

/// The map of images that puts one pixel in the place of every window of `window × window`, channel by channel.
///
/// ```
/// use kutta::field::{Dimensions, Pool, Pooling};
/// assert_eq!(Pool::new([8, 28, 28], Pooling::Max, 2)?.to(), [8, 14, 14]);
/// assert_eq!(Pool::global([32, 7, 7])?.dim(), 32);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Pool {
    shape: Shape,
    rows: Axis,
    columns: Axis,
}

/// What determines the map, as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    image: [usize; 3],
    pooling: Pooling,
    window: [usize; 2],
    stride: [usize; 2],
}

impl TryFrom<Shape> for Pool {
    type Error = Error;

    fn try_from(shape: Shape) -> Result<Self, Error> {
        components(shape.image)?;
        let [_, height, width] = shape.image;
        if shape.stride.contains(&0) {
            return Err(Error::invalid("stride", 0, "at least 1"));
        }
        let axis = |n: usize, len: usize| Axis::new(len, shape.window[n], shape.stride[n], 0);
        let (Some(rows), Some(columns)) = (axis(0, height), axis(1, width)) else {
            let expected = format!("from 1 to {height} rows and {width} columns, the image");
            return Err(Error::invalid("window", format!("{:?}", shape.window), expected));
        };
        Ok(Pool { shape, rows, columns })
    }
}

impl From<Pool> for Shape {
    fn from(map: Pool) -> Self {
        map.shape
    }
}

impl Pool {
    /// Of windows side by side on images of `[channels, height, width]`; what is left of the image at its end is not seen.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for sizes of zero and windows larger than the image.
    pub fn new(image: [usize; 3], pooling: Pooling, window: usize) -> Result<Self, Error> {
        Shape { image, pooling, window: [window; 2], stride: [window; 2] }.try_into()
    }

    /// The mean of every channel.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for sizes of zero.
    pub fn global(image: [usize; 3]) -> Result<Self, Error> {
        let [_, height, width] = image;
        Shape { image, pooling: Pooling::Average, window: [height, width], stride: [height, width] }.try_into()
    }

    /// With windows that are so far apart.
    ///
    /// # Errors
    /// As [`new`](Pool::new).
    pub fn with_stride(self, stride: usize) -> Result<Self, Error> {
        Shape { stride: [stride; 2], ..self.shape }.try_into()
    }

    /// `[channels, height, width]` of what it gives.
    pub fn to(&self) -> [usize; 3] {
        [self.shape.image[0], self.rows.outputs, self.columns.outputs]
    }

    /// Every output with the inputs of its window, in their order: `visit(output, number, input)`.
    fn windows(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let ([channels, height, width], [_, rows, columns]) = (self.shape.image, self.to());
        for output in 0..channels * rows * columns {
            let (c, y, x) = (output / (rows * columns), output / columns % rows, output % columns);
            let mut number = 0;
            for &(_, row) in self.rows.seen.of(y) {
                for &(_, column) in self.columns.seen.of(x) {
                    visit(output, number, (c * height + row) * width + column);
                    number += 1;
                }
            }
        }
    }

    /// `1/pixels` of a window.
    fn share<S: Number>(&self) -> S {
        S::constant(1.0 / (self.shape.window[0] * self.shape.window[1]) as f64)
    }

    /// Adds the products of inputs with the slopes of their outputs to these.
    fn push_forward<T: Real>(&self, record: &[T], v: &[T], out: &mut [T], stride: usize) {
        let share: T = self.share();
        out[..self.dim() * stride].fill(T::zero());
        self.windows(|output, number, input| {
            let out = &mut out[output * stride..][..stride];
            let v = &v[input * stride..][..stride];
            match self.shape.pooling {
                Pooling::Average => out.iter_mut().zip(v).for_each(|(out, &v)| *out += share * v),
                Pooling::Max => {
                    let (chosen, number) = (&record[output * stride..][..stride], T::constant(number as f64));
                    let live = out.iter_mut().zip(v).zip(chosen).filter(|(_, chosen)| **chosen == number);
                    live.for_each(|((out, &v), _)| *out = v);
                }
            }
        });
    }

    fn pull_back<T: Real>(&self, record: &[T], w: &[T], y_bar: &mut [T], stride: usize) {
        let share: T = self.share();
        y_bar[..self.inputs() * stride].fill(T::zero());
        self.windows(|output, number, input| {
            let w = &w[output * stride..][..stride];
            let bar = &mut y_bar[input * stride..][..stride];
            match self.shape.pooling {
                Pooling::Average => bar.iter_mut().zip(w).for_each(|(bar, &w)| *bar += share * w),
                Pooling::Max => {
                    let (chosen, number) = (&record[output * stride..][..stride], T::constant(number as f64));
                    let live = bar.iter_mut().zip(w).zip(chosen).filter(|(_, chosen)| **chosen == number);
                    live.for_each(|((bar, &w), _)| *bar += w);
                }
            }
        });
    }
}

impl Dimensions for Pool {
    fn dim(&self) -> usize {
        self.to().iter().product()
    }

    fn inputs(&self) -> usize {
        self.shape.image.iter().product()
    }

    fn param_count(&self) -> usize {
        0
    }

    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }

    /// Of maxima, which pixel of the window it was.
    fn record_rows(&self) -> usize {
        if self.shape.pooling == Pooling::Max { self.dim() } else { 0 }
    }

    fn signals(&self) -> usize {
        0
    }

    fn depends_on_time(&self) -> bool {
        false
    }

    fn has_known_rates(&self) -> bool {
        false
    }

    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<T: Real> Field<T> for Pool {
    fn init(&self, _: &mut dyn RngCore) -> Vec<T> {
        Vec::new()
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], _: &mut Scratch<T>) {
        let stride = at.batch.stride;
        if self.shape.pooling == Pooling::Average {
            return self.push_forward(record, at.y, dy, stride);
        }
        self.windows(|output, number, input| {
            let here = at.y[input * stride..][..stride].iter();
            let best = dy[output * stride..][..stride].iter_mut().zip(&mut record[output * stride..][..stride]);
            let number = T::constant(number as f64);
            for ((best, chosen), &x) in best.zip(here) {
                // What is not a number stays, and shows.
                if number == T::zero() || x > *best || x.partial_cmp(&x).is_none() {
                    (*best, *chosen) = (x, number);
                }
            }
        });
    }

    fn eval_rounded(&self, _: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let share: Rounded<T> = self.share();
        self.windows(|output, number, input| {
            let x = y[input];
            dy[output] = match (self.shape.pooling, number) {
                (Pooling::Average, 0) => share * x,
                (Pooling::Average, _) => dy[output] + share * x,
                (Pooling::Max, 0) => x,
                (Pooling::Max, _) => (x - dy[output]).where_positive(x, dy[output]),
            };
        });
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], _: Option<&[T]>, out: &mut [T], _: &mut Scratch<T>) {
        self.push_forward(record, v, out, at.batch.stride);
    }

    fn vjp(&self, at: Point<'_, T>, record: &[T], w: &[T], y_bar: &mut [T], _: Option<&mut [T]>, _: &mut Scratch<T>) {
        self.pull_back(record, w, y_bar, at.batch.stride);
    }

    fn jvp_pullback(&self, at: Point<'_, T>, record: &[T], _: &[T], w: &[T], bars: JvpBars<'_, T>, _: &mut Scratch<T>) {
        bars.y[..self.inputs() * at.batch.stride].fill(T::zero());
        if let Some(bar) = bars.v {
            self.pull_back(record, w, bar, at.batch.stride);
        }
    }
}
