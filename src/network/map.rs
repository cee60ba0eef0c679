//! Maps as layers.

use super::chunk::{CHUNK, tiled};
use super::{Layer, Pass};
use crate::field::{Batch, Effective, Field, Parameter, Point, Purpose, Scratch};
use crate::{Error, Real};
use rand::RngCore;
use rayon::prelude::*;

/// The layer `y = F(γ, x)` of a map that is not integrated: a [`Conv2d`](crate::field::Conv2d), a
/// [`Pool`](crate::field::Pool), an activation, an [`Mlp`](crate::Mlp), or a field, at time 0.
///
/// ```
/// use kutta::field::{Activated, Activation, Conv2d, ConvResidual, Layered, Pool};
/// use kutta::network::{Affine, Layer, Map, OdeBlock, Sequential};
/// use kutta::Tableau;
/// // Images of 28 × 28 pixels to scores of ten classes.
/// let block = |image| -> Result<_, kutta::Error> {
///     let field = ConvResidual::new(image, 3, Activation::Relu)?.with_spectrum(-3.0, 1.0)?;
///     Ok(OdeBlock::new(field, Tableau::implicit_midpoint()))
/// };
/// let network = Sequential::<f32>::new([
///     Box::new(Map(Conv2d::new([1, 28, 28], 8, 3)?)) as Box<dyn Layer<f32>>,
///     Box::new(block([8, 28, 28])?),
///     Box::new(Map(Conv2d::new([8, 28, 28], 16, 3)?.with_stride(2)?)),
///     Box::new(block([16, 14, 14])?),
///     Box::new(Map(Activated::new(16 * 14 * 14, Activation::Relu))),
///     Box::new(Map(Pool::global([16, 14, 14])?)),
///     Box::new(Affine::new(16, 10)),
/// ])?;
/// assert_eq!((network.inputs(), network.outputs()), (784, 10));
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Images need no layer that flattens them: all that passes between layers are vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<F>(pub F);

impl<F: Field<T>, T: Real> Layer<T> for Map<F> {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.dim()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.0.parameters()
    }

    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.0.init(rng)
    }

    fn memory_len(&self) -> usize {
        self.0.reparameterisation().map_or(0, |map| map.memory_len())
    }

    fn ready(&self, samples: usize) -> Result<Box<dyn Pass<T> + '_>, Error> {
        let field: &dyn Field<T> = &self.0;
        if field.signals() > 0 {
            return Err(Error::invalid("the layer", "a map that sees signals", "one that sees its inputs alone"));
        }
        let of_chunk = |first: usize| Chunk::new(field, CHUNK.min(samples - first));
        Ok(Box::new(Mapped {
            field,
            samples,
            effective: Effective::new(),
            chunks: (0..samples).step_by(CHUNK).map(of_chunk).collect(),
            y: vec![T::zero(); samples * field.dim()],
            has_passed: false,
        }))
    }
}

/// Samples that are mapped together, in unit-major layout.
struct Chunk<T: Real> {
    batch: Batch,
    t: Vec<T>,
    x: Vec<T>,
    y: Vec<T>,
    record: Vec<T>,
    params_bar: Vec<T>,
    scratch: Scratch<T>,
}

impl<T: Real> Chunk<T> {
    fn new(field: &dyn Field<T>, samples: usize) -> Self {
        let batch = Batch::padded::<T>(samples);
        let zeros = |rows: usize| vec![T::zero(); rows * batch.stride];
        Chunk {
            batch,
            t: zeros(1),
            x: zeros(field.inputs()),
            y: zeros(field.dim().max(field.inputs())),
            record: zeros(field.record_rows()),
            params_bar: Vec::new(),
            scratch: Scratch::new(),
        }
    }
}

struct Mapped<'a, T: Real> {
    field: &'a dyn Field<T>,
    samples: usize,
    effective: Effective<T>,
    chunks: Vec<Chunk<T>>,
    y: Vec<T>,
    has_passed: bool,
}

impl<T: Real> Mapped<'_, T> {
    fn pass(&mut self, params: &[T], x: &[T], purpose: Purpose) -> Result<&[T], Error> {
        let field = self.field;
        self.has_passed = false;
        Error::check_len("params", "entries", params.len(), field.param_count())?;
        Error::check_len("x", "entries", x.len(), self.samples * field.inputs())?;
        let params = self.effective.update(field, params, purpose)?;
        let (inputs, outputs) = (field.inputs(), field.dim());
        let samples = x.par_chunks((CHUNK * inputs).max(1)).zip(self.y.par_chunks_mut((CHUNK * outputs).max(1)));
        self.chunks.par_iter_mut().zip(samples).for_each(|(chunk, (x, y))| {
            let Chunk { batch, t, x: state, y: value, record, scratch, .. } = chunk;
            to_units(x, state, *batch);
            let at = Point { params, t, y: state, batch: *batch };
            field.eval_batch(at, &mut value[..outputs * batch.stride], record, scratch);
            to_samples(value, y, *batch);
        });
        self.has_passed = self.y.iter().all(|y| y.is_finite());
        match self.has_passed {
            true => Ok(&self.y),
            false => Err(Error::NotFinite { what: "a layer's output", location: None }),
        }
    }
}

impl<T: Real> Pass<T> for Mapped<'_, T> {
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        self.pass(params, x, Purpose::Prediction)
    }

    fn train(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        self.pass(params, x, Purpose::Training)
    }

    fn memory(&self) -> Vec<T> {
        self.effective.memory().to_vec()
    }

    fn recall(&mut self, memory: &[T]) -> bool {
        self.has_passed = false;
        self.effective = Effective::remembering(memory.to_vec());
        self.effective.fits(self.field, 1)
    }

    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error> {
        let field = self.field;
        let (inputs, outputs) = (field.inputs(), field.dim());
        Error::check_len("params", "entries", params.len(), field.param_count())?;
        Error::check_len("y_bar", "entries", y_bar.len(), self.samples * outputs)?;
        Error::check_len("params_bar", "entries", params_bar.len(), params.len())?;
        Error::check_len("x_bar", "entries", x_bar.len(), self.samples * inputs)?;
        Error::check_passed(self.has_passed)?;
        let effective = self.effective.params();
        let samples = y_bar.par_chunks((CHUNK * outputs).max(1)).zip(x_bar.par_chunks_mut((CHUNK * inputs).max(1)));
        self.chunks.par_iter_mut().zip(samples).for_each(|(chunk, (y_bar, x_bar))| {
            let Chunk { batch, t, x, y, record, params_bar, scratch } = chunk;
            let at = Point { params: effective, t, y: x, batch: *batch };
            let mut bar = scratch.take(inputs * batch.stride);
            to_units(y_bar, y, *batch);
            params_bar.clear();
            params_bar.resize(effective.len(), T::zero());
            field.vjp(at, record, &y[..outputs * batch.stride], &mut bar, Some(params_bar), scratch);
            to_samples(&bar, x_bar, *batch);
            scratch.give(bar);
        });
        params_bar.fill(T::zero());
        for chunk in &self.chunks {
            params_bar.iter_mut().zip(&chunk.params_bar).for_each(|(sum, &x)| *sum += x);
        }
        self.effective.pull_back(field, params, params_bar);
        Ok(())
    }

    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error> {
        let field = self.field;
        let (inputs, outputs) = (field.inputs(), field.dim());
        Error::check_len("params", "entries", params.len(), field.param_count())?;
        Error::check_len("params_dot", "entries", params_dot.len(), params.len())?;
        Error::check_len("x_dot", "entries", x_dot.len(), self.samples * inputs)?;
        Error::check_len("y_dot", "entries", y_dot.len(), self.samples * outputs)?;
        Error::check_passed(self.has_passed)?;
        let mut params_dot = params_dot.to_vec();
        self.effective.push_forward(field, params, &mut params_dot);
        let effective = self.effective.params();
        let samples = x_dot.par_chunks((CHUNK * inputs).max(1)).zip(y_dot.par_chunks_mut((CHUNK * outputs).max(1)));
        self.chunks.par_iter_mut().zip(samples).for_each(|(chunk, (x_dot, y_dot))| {
            let Chunk { batch, t, x, y, record, scratch, .. } = chunk;
            let at = Point { params: effective, t, y: x, batch: *batch };
            let mut along = scratch.take(inputs * batch.stride);
            to_units(x_dot, &mut along, *batch);
            field.jvp(at, record, &along, Some(&params_dot), &mut y[..outputs * batch.stride], scratch);
            to_samples(y, y_dot, *batch);
            scratch.give(along);
        });
        Ok(())
    }
}

/// Vectors of samples, one after another, as the columns of a unit-major matrix.
fn to_units<T: Real>(samples: &[T], matrix: &mut [T], batch: Batch) {
    let count = samples.len() / batch.live.max(1);
    tiled(count, batch.live, |q, rows| {
        let from = &samples[q * count..][rows.clone()];
        rows.zip(from).for_each(|(i, &x)| matrix[i * batch.stride + q] = x);
    });
}

/// The columns of a unit-major matrix as vectors of samples, one after another.
fn to_samples<T: Real>(matrix: &[T], samples: &mut [T], batch: Batch) {
    let count = samples.len() / batch.live.max(1);
    tiled(count, batch.live, |q, rows| {
        let to = &mut samples[q * count..][rows.clone()];
        to.iter_mut().zip(rows).for_each(|(x, i)| *x = matrix[i * batch.stride + q]);
    });
}
