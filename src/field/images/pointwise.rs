//! Maps of every component by itself.

use super::components;
use crate::field::kernel::{Activate, Columns, Curvature, Kernels, ScaleBySlope};
use crate::field::{Activation, Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// The map `y = σ(x)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activated {
    dim: usize,
    activation: Activation,
}

impl Activated {
    /// Of vectors of so many components.
    pub fn new(dim: usize, activation: Activation) -> Self {
        Activated { dim, activation }
    }
}

/// The map `y = (x - shift)/scale` of images, with numbers for every channel that are known and not learned: it gives images
/// of mean 0 and deviation 1 if these are the means and deviations of the data.
///
/// ```
/// use kutta::field::Rescaled;
/// use kutta::network::{Layer, Map};
/// let layer = Map(Rescaled::new([1, 1, 2], [0.5], [0.25])?);
/// assert_eq!(layer.ready(1)?.forward(&[], &[0.0, 1.0])?, [-2.0, 2.0]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Units", into = "Units")]
pub struct Rescaled(Units);

/// What determines the map, as it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    image: [usize; 3],
    shifts: Vec<f64>,
    scales: Vec<f64>,
}

impl TryFrom<Units> for Rescaled {
    type Error = Error;

    fn try_from(units: Units) -> Result<Self, Error> {
        components(units.image)?;
        Error::check_len("shifts", "entries", units.shifts.len(), units.image[0])?;
        Error::check_len("scales", "entries", units.scales.len(), units.image[0])?;
        if let Some(shift) = units.shifts.iter().find(|shift| !shift.is_finite()) {
            return Err(Error::invalid("a shift", shift, "a finite number"));
        }
        match units.scales.iter().find(|scale| !(scale.is_normal() && **scale > 0.0 && scale.recip().is_normal())) {
            None => Ok(Rescaled(units)),
            Some(scale) => Err(Error::invalid("a scale", scale, "a positive number")),
        }
    }
}

impl From<Rescaled> for Units {
    fn from(map: Rescaled) -> Self {
        map.0
    }
}

impl Rescaled {
    /// Of images of `[channels, height, width]`, with a shift and a scale for every channel.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of shifts or scales than channels, [`Error::InvalidArgument`] for shifts that
    /// are not finite and scales that are not positive.
    pub fn new(image: [usize; 3], shifts: impl Into<Vec<f64>>, scales: impl Into<Vec<f64>>) -> Result<Self, Error> {
        Units { image, shifts: shifts.into(), scales: scales.into() }.try_into()
    }

    /// `y = (x - shift)/scale`, without the shift if it is not wanted; each component has so many numbers.
    fn map<T: Real>(&self, x: &[T], y: &mut [T], stride: usize, is_shifted: bool) {
        let [_, height, width] = self.0.image;
        let len = height * width * stride;
        let units = self.0.shifts.iter().zip(&self.0.scales);
        for ((x, y), (&shift, &scale)) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)).zip(units) {
            let shift = T::constant(if is_shifted { shift } else { 0.0 });
            let factor = T::constant(scale.recip());
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - shift) * factor);
        }
    }
}

/// What a map without parameters that keeps the number of components is, whatever it does.
macro_rules! of_components {
    ($map:ty: $dim:expr, $record_rows:expr) => {
        impl Dimensions for $map {
            fn dim(&self) -> usize {
                $dim(self)
            }

            fn inputs(&self) -> usize {
                $dim(self)
            }

            fn param_count(&self) -> usize {
                0
            }

            fn parameters(&self) -> Vec<Parameter> {
                Vec::new()
            }

            fn record_rows(&self) -> usize {
                $record_rows(self)
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
    };
}

of_components!(Rescaled: |map: &Rescaled| map.0.image.iter().product(), |_| 0);
of_components!(Activated: |map: &Activated| map.dim, |map: &Activated| {
    map.dim * if map.activation.records_slope() { 2 } else { 1 }
});

impl<T: Real> Field<T> for Rescaled {
    fn init(&self, _: &mut dyn RngCore) -> Vec<T> {
        Vec::new()
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], _: &mut [T], _: &mut Scratch<T>) {
        self.map(at.y, dy, at.batch.stride, true);
    }

    fn eval_rounded(&self, _: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let pixels = y.len() / self.0.image[0];
        for (i, (dy, &y)) in dy.iter_mut().zip(y).enumerate() {
            let [shift, scale] = [self.0.shifts[i / pixels], self.0.scales[i / pixels].recip()].map(Rounded::constant);
            *dy = (y - shift) * scale;
        }
    }

    fn jvp(&self, at: Point<'_, T>, _: &[T], v: &[T], _: Option<&[T]>, out: &mut [T], _: &mut Scratch<T>) {
        self.map(v, out, at.batch.stride, false);
    }

    fn vjp(&self, at: Point<'_, T>, _: &[T], w: &[T], y_bar: &mut [T], _: Option<&mut [T]>, _: &mut Scratch<T>) {
        self.map(w, y_bar, at.batch.stride, false);
    }

    fn jvp_pullback(&self, at: Point<'_, T>, _: &[T], _: &[T], w: &[T], bars: JvpBars<'_, T>, _: &mut Scratch<T>) {
        bars.y.fill(T::zero());
        if let Some(bar) = bars.v {
            self.map(w, bar, at.batch.stride, false);
        }
    }
}

impl Activated {
    /// `out = σ' ⊙ x`
    fn scale<T: Kernels>(&self, record: &[T], x: &[T], out: &mut [T], stride: usize) {
        let len = self.dim * stride;
        out[..len].copy_from_slice(&x[..len]);
        let columns = Columns { stride, used: stride };
        let record = &record[record.len() - len..];
        T::scale_by_slope(ScaleBySlope { activation: self.activation, record, delta: &mut out[..len], columns });
    }
}

impl<T: Real + Kernels> Field<T> for Activated {
    fn init(&self, _: &mut dyn RngCore) -> Vec<T> {
        Vec::new()
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], _: &mut Scratch<T>) {
        let (stride, len) = (at.batch.stride, self.dim * at.batch.stride);
        let (z, slope) = record.split_at_mut(len);
        z.copy_from_slice(&at.y[..len]);
        let columns = Columns { stride, used: stride };
        T::activate(Activate { activation: self.activation, z, slope, columns });
        dy[..len].copy_from_slice(z);
    }

    fn eval_rounded(&self, _: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy = self.activation.apply(y));
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], _: Option<&[T]>, out: &mut [T], _: &mut Scratch<T>) {
        self.scale(record, v, out, at.batch.stride);
    }

    fn vjp(&self, at: Point<'_, T>, record: &[T], w: &[T], y_bar: &mut [T], _: Option<&mut [T]>, _: &mut Scratch<T>) {
        self.scale(record, w, y_bar, at.batch.stride);
    }

    fn jvp_pullback(&self, at: Point<'_, T>, record: &[T], v: &[T], w: &[T], bars: JvpBars<'_, T>, _: &mut Scratch<T>) {
        let (stride, len) = (at.batch.stride, self.dim * at.batch.stride);
        let read = match self.activation {
            Activation::Gelu => at.y,
            Activation::Sin => record,
            _ => &record[record.len() - len..],
        };
        let columns = Columns { stride, used: stride };
        let y_bar = &mut bars.y[..len];
        T::curvature(Curvature { activation: self.activation, record: &read[..len], out: y_bar, columns });
        y_bar.iter_mut().zip(v).zip(w).for_each(|((bar, &v), &w)| *bar *= v * w);
        if let Some(bar) = bars.v {
            self.scale(record, w, bar, stride);
        }
    }
}
