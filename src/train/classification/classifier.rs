//! What was learned of classes.

use super::Attack;
use super::cross_entropy::{rank, softmax};
use super::objective::check_fit;
use super::passes::Passes;
use crate::data::Images;
use crate::field::Purpose;
use crate::network::Layer;
use crate::{Error, Real};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A network that tells what images show, with its parameters: see [`Classification`](super::Classification).
pub struct Classifier<'a, T: Real> {
    network: &'a dyn Layer<T>,
    /// Norms of operators that one prediction has found are those of the next.
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
    /// network from giving its outputs.
    pub fn probabilities(&self, images: &Images) -> Result<Vec<Vec<f64>>, Error> {
        self.judge(images, |outputs, _| softmax(outputs))
    }

    /// The place of each image's class among all, by the network's outputs: 0 if it is recognised. Of equal outputs, the class
    /// with the lower number is before the others.
    ///
    /// # Errors
    /// As [`probabilities`](Classifier::probabilities).
    pub fn ranks(&self, images: &Images) -> Result<Vec<usize>, Error> {
        self.judge(images, rank)
    }

    /// The share of the images whose class is among the `k` that the network finds likeliest.
    ///
    /// # Errors
    /// As [`probabilities`](Classifier::probabilities).
    pub fn top_k(&self, images: &Images, k: usize) -> Result<f64, Error> {
        let hits = self.ranks(images)?.into_iter().filter(|&rank| rank < k).count();
        Ok(hits as f64 / images.len() as f64)
    }

    /// The share of the images that are recognised.
    ///
    /// # Errors
    /// As [`probabilities`](Classifier::probabilities).
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

    /// What `by` makes of the outputs and the class of each image.
    fn judge<R>(&self, images: &Images, by: impl Fn(&[T], usize) -> R) -> Result<Vec<R>, Error> {
        check_fit(self.network, images)?;
        let mut judged = Vec::with_capacity(images.len());
        self.passes().over(images.len(), |pass, range| {
            let outputs = pass.forward(&self.params, &inputs(images, range.clone()))?;
            let rows = outputs.chunks_exact(images.classes()).zip(&images.labels()[range]);
            judged.extend(rows.map(|(outputs, &label)| by(outputs, label)));
            Ok(())
        })?;
        Ok(judged)
    }
}

/// The pixels of some images as inputs of a network.
pub(super) fn inputs<T: Real>(images: &Images, range: Range<usize>) -> Vec<T> {
    let size = images.height() * images.width();
    let pixels = &images.pixels()[range.start * size..range.end * size];
    pixels.iter().map(|&pixel| T::constant(f64::from(pixel))).collect()
}
