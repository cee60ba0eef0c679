//! What was learned of classes.

use super::Attack;
use super::cross_entropy::{rank, softmax};
use super::objective::check_fit;
use super::passes::Passes;
use crate::data::Images;
use crate::field::Purpose;
use crate::network::{Layer, Pass};
use crate::{Error, Real};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A network that tells what images show, with its parameters: see [`Classification`](super::Classification).
pub struct Classifier<'a, T: Real> {
    network: &'a dyn Layer<T>,
    /// Made once: much memory belongs to a pass.
    passes: Mutex<Passes<'a, T>>,
    params: Vec<T>,
}

impl<'a, T: Real> Classifier<'a, T> {
    /// A network with parameters that it learned.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if they are not as many as the network takes, [`Error::NotFinite`] if one is not finite.
    pub fn new(network: &'a dyn Layer<T>, params: Vec<T>) -> Result<Self, Error> {
        Error::check_len("parameters", "entries", params.len(), network.param_count())?;
        match params.iter().all(|param| param.is_finite()) {
            true => Ok(Classifier { network, passes: Mutex::new(Passes::new(network)), params }),
            false => Err(Error::NotFinite { what: "a parameter", location: None }),
        }
    }

    /// The network.
    pub fn network(&self) -> &'a dyn Layer<T> {
        self.network
    }

    /// The learned parameters.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// The probabilities of all classes, image by image: the softmax of the outputs.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] and [`Error::ShapeMismatch`] for images of another size or of other classes; what prevents the
    /// network from giving its outputs, naming the image.
    pub fn probabilities(&self, images: &Images) -> Result<Vec<Vec<f64>>, Error> {
        self.judge(images, |outputs, _| softmax(outputs))?.into_iter().collect()
    }

    /// The place of each image's class among all, by the network's outputs: 0 if it is recognised. Of equal outputs, the class
    /// with the lower number is before the others. An image at which the equations of a layer are not solved is not recognised:
    /// its place is the number of classes, after all of them.
    ///
    /// # Errors
    /// As [`probabilities`](Classifier::probabilities), but for those equations.
    pub fn ranks(&self, images: &Images) -> Result<Vec<usize>, Error> {
        let ranks = self.judge(images, rank)?;
        Ok(ranks.into_iter().map(|rank| rank.unwrap_or(images.classes())).collect())
    }

    /// The share of the images whose class is among the `k` that the network finds likeliest.
    ///
    /// # Errors
    /// As [`ranks`](Classifier::ranks).
    pub fn top_k(&self, images: &Images, k: usize) -> Result<f64, Error> {
        let hits = self.ranks(images)?.into_iter().filter(|&rank| rank < k).count();
        Ok(hits as f64 / images.len() as f64)
    }

    /// The share of the images that are recognised.
    ///
    /// # Errors
    /// As [`ranks`](Classifier::ranks).
    pub fn accuracy(&self, images: &Images) -> Result<f64, Error> {
        self.top_k(images, 1)
    }

    /// The images as an attack on this network changes them.
    ///
    /// # Errors
    /// As [`probabilities`](Classifier::probabilities), and [`Error::InvalidArgument`] for an attack that makes no sense.
    pub fn attacked(&self, images: &Images, by: &Attack) -> Result<Images, Error> {
        check_fit(self.network, images)?;
        by.check()?;
        let mut pixels = Vec::with_capacity(images.pixels().len());
        self.passes().over(images.len(), |pass, range| {
            let (mut x, labels) = (inputs(images, range.clone()), &images.labels()[range.clone()]);
            by.deceive((pass, &self.params, Purpose::Prediction), &mut x, labels, range)?;
            pixels.extend(x.iter().map(|x| x.to_f64() as f32));
            Ok(())
        })?;
        images.with_pixels(pixels)
    }

    fn passes(&self) -> MutexGuard<'_, Passes<'a, T>> {
        // A pass that panicked leaves nothing that the next one reads.
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `by` makes of the outputs and the class of each image; the error of one at which equations are not solved.
    fn judge<R>(&self, images: &Images, by: impl Fn(&[T], usize) -> R) -> Result<Vec<Result<R, Error>>, Error> {
        check_fit(self.network, images)?;
        let mut judged = Vec::with_capacity(images.len());
        self.passes().over(images.len(), |pass, range| {
            let (x, sizes) = (inputs(images, range.clone()), (range.len(), images.classes()));
            let (outputs, errors) = outputs(pass, &self.params, x, sizes)?;
            let rows = outputs.chunks_exact(images.classes()).zip(&images.labels()[range.clone()]).zip(errors);
            let places: Vec<usize> = range.collect();
            judged.extend(rows.map(|((outputs, &label), error)| match error {
                None => Ok(by(outputs, label)),
                Some(error) => Err(error.of_samples(&places)),
            }));
            Ok(())
        })?;
        Ok(judged)
    }
}

/// The outputs for the inputs of some samples. Those at which equations are not solved have an error instead, and do not keep
/// the others from theirs: another sample takes their place.
fn outputs<T: Real>(
    pass: &mut dyn Pass<T>,
    params: &[T],
    mut x: Vec<T>,
    (samples, classes): (usize, usize),
) -> Result<(Vec<T>, Vec<Option<Error>>), Error> {
    let size = x.len() / samples;
    let mut errors: Vec<Option<Error>> = (0..samples).map(|_| None).collect();
    let mut other = None;
    loop {
        let error = match pass.forward(params, &x) {
            Ok(outputs) => return Ok((outputs.to_vec(), errors)),
            Err(error) => error,
        };
        let Some(sample) = error.sample().filter(|&sample| sample < samples) else { return Err(error) };
        // Of one that has taken the place of others, the first place tells.
        let failed = if errors[sample].is_none() { Some(sample) } else { other };
        let Some(failed) = failed.filter(|&failed| errors[failed].is_none()) else { return Err(error) };
        errors[failed] = Some(error);
        other = errors.iter().position(Option::is_none);
        let Some(other) = other else { return Ok((vec![T::zero(); samples * classes], errors)) };
        for place in (0..samples).filter(|&place| errors[place].is_some()) {
            x.copy_within(other * size..(other + 1) * size, place * size);
        }
    }
}

/// The pixels of some images as inputs of a network.
pub(super) fn inputs<T: Real>(images: &Images, range: Range<usize>) -> Vec<T> {
    let size = images.height() * images.width();
    let pixels = &images.pixels()[range.start * size..range.end * size];
    pixels.iter().map(|&pixel| T::constant(f64::from(pixel))).collect()
}
