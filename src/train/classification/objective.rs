//! Classification as an objective.

use super::Attack;
use super::cross_entropy::cross_entropy;
use super::passes::Passes;
use crate::data::{Images, Noise};
use crate::network::{Layer, Pass};
use crate::regularisation::mixed;
use crate::train::{Evaluation, Minibatch, Objective, document};
use crate::{Error, Real};
use rand::RngCore;
use std::ops::Range;

/// How well a network tells what images show: the mean of `-ln p(label)` with the softmax `p` of its outputs, one for every
/// class. Its inputs are the pixels; the unknowns are its parameters.
///
/// Samples go through the network on all cores in chunks of fixed size, and gradients are summed in a fixed order: results are
/// the same, bit for bit, whatever the number of threads.
///
/// ```
/// use kutta::data::Images;
/// use kutta::network::Affine;
/// use kutta::train::{Adam, Classification, Classifier, Session, Settings};
/// // Images of two pixels: which of them is the brighter?
/// let images = Images::new([1, 2], vec![0.9, 0.1, 0.2, 0.6, 0.4, 0.3, 0.0, 1.0], vec![0, 1, 0, 1], 2)?;
/// let network = Affine::new(2, 2);
/// let mut objective = Classification::<f32>::new(&network, &images)?;
/// let settings = Settings { optimizer: Adam::new(0.1).into(), batch_size: Some(2), ..Settings::plain() };
/// let mut session = Session::new(&settings, 100, &mut objective)?;
/// while !session.is_over() {
///     session.epoch()?;
/// }
/// let (params, _) = session.finish();
/// assert_eq!(Classifier::new(&network, params)?.accuracy(&images)?, 1.0);
/// # Ok::<(), kutta::Error>(())
/// ```
pub struct Classification<'a, T: Real> {
    passes: Passes<'a, T>,
    images: &'a Images,
    initial: Option<Vec<T>>,
    seed: u64,
    noise: f64,
    attack: Option<Attack>,
}

impl<'a, T: Real> Classification<'a, T> {
    /// Of these images by a network that takes them.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the network has not as many inputs as an image has pixels, and as many outputs as there are
    /// classes.
    pub fn new(network: &'a dyn Layer<T>, images: &'a Images) -> Result<Self, Error> {
        check_fit(network, images)?;
        Ok(Classification { passes: Passes::new(network), images, initial: None, seed: 0, noise: 0.0, attack: None })
    }

    /// From these parameters instead of random ones.
    pub fn starting_from(self, initial: Vec<T>) -> Self {
        Classification { initial: Some(initial), ..self }
    }

    /// With Gaussian noise of deviation `sigma` in every pixel, drawn anew in every epoch: what training sees, not what it is
    /// judged by.
    pub fn noisy(self, sigma: f64) -> Self {
        Classification { noise: sigma, ..self }
    }

    /// Of images that are first changed to deceive the network as it is: what training sees, not what it is judged by.
    ///
    /// *Reference*: Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018.
    pub fn attacked(self, by: Attack) -> Self {
        Classification { attack: Some(by), ..self }
    }

    /// What noise and attacks are drawn from.
    pub fn seeded(self, seed: u64) -> Self {
        Classification { seed, ..self }
    }

    /// The pixels of some images as inputs.
    fn inputs(&self, samples: &[usize]) -> Vec<T> {
        let pixels = samples.iter().flat_map(|&i| self.images.image(i));
        pixels.map(|&pixel| T::constant(f64::from(pixel))).collect()
    }

    /// The inputs of the samples of a batch, as training sees them; `at` is the pass that is to be deceived.
    fn disturbed(
        &self,
        samples: &[usize],
        batch: Minibatch<'_>,
        at: (&mut dyn Pass<T>, &[T]),
    ) -> Result<Vec<T>, Error> {
        let mut x = self.inputs(samples);
        if self.noise != 0.0 {
            let noise = Noise { sigma: self.noise, seed: mixed([self.seed, 0, batch.epoch as u64]) };
            let size = self.images.height() * self.images.width();
            let mut pixels = vec![0.0; size];
            for (&place, x) in samples.iter().zip(x.chunks_exact_mut(size)) {
                pixels.fill(0.0);
                noise.add(place, &mut pixels)?;
                x.iter_mut().zip(&pixels).for_each(|(x, &noise)| *x += T::constant(f64::from(noise)));
            }
        }
        if let Some(attack) = self.attack {
            let attack = Attack { seed: mixed([self.seed, 1, attack.seed, batch.epoch as u64]), ..attack };
            attack.deceive(at, &mut x, &self.labels(samples), samples.iter().copied())?;
        }
        Ok(x)
    }

    fn labels(&self, samples: &[usize]) -> Vec<usize> {
        samples.iter().map(|&i| self.images.labels()[i]).collect()
    }

    /// The outputs of a pass, and what they add to the mean over `count` samples; its derivatives by them.
    fn loss(&self, outputs: &[T], samples: &[usize], count: usize) -> (f64, Vec<T>) {
        let (classes, share) = (self.images.classes(), 1.0 / count as f64);
        let mut y_bar = vec![T::zero(); outputs.len()];
        let rows = outputs.chunks_exact(classes).zip(y_bar.chunks_exact_mut(classes)).zip(samples);
        let loss = rows.map(|((outputs, bar), &i)| cross_entropy(outputs, self.images.labels()[i], share, bar));
        (loss.map(|loss| share * loss).sum(), y_bar)
    }
}

/// Refuses images that are not what a network takes, or not of as many classes as it has outputs.
pub(super) fn check_fit<T: Real>(network: &dyn Layer<T>, images: &Images) -> Result<(), Error> {
    let (height, width) = (images.height(), images.width());
    if height * width != network.inputs() {
        let expected = format!("{} pixels, as many as the network has inputs", network.inputs());
        return Err(Error::invalid("the size of the images", format!("{height} × {width}"), expected));
    }
    Error::check_len("the network", "outputs", network.outputs(), images.classes())
}

impl<T: Real> Objective<T> for Classification<'_, T> {
    fn samples(&self) -> usize {
        self.images.len()
    }

    fn start(&mut self, rng: &mut dyn RngCore) -> Result<Vec<T>, Error> {
        if let Some(attack) = &self.attack {
            attack.check()?;
        }
        let network = self.passes.network();
        let Some(initial) = self.initial.take() else { return Ok(network.init(rng)) };
        Error::check_len("initial parameters", "entries", initial.len(), network.param_count())?;
        Ok(initial)
    }

    fn value_and_grad(
        &mut self,
        batch: Minibatch<'_>,
        unknowns: &[T],
        gradient: &mut [T],
    ) -> Result<Evaluation, Error> {
        let count = batch.samples.len();
        let chunk = |pass: &mut dyn Pass<T>, range: Range<usize>| {
            let samples = &batch.samples[range];
            let x = self.disturbed(samples, batch, (&mut *pass, unknowns))?;
            let (value, y_bar) = self.loss(pass.forward(unknowns, &x)?, samples, count);
            let (mut params_bar, mut x_bar) = (vec![T::zero(); unknowns.len()], x);
            pass.pullback(unknowns, &y_bar, &mut params_bar, &mut x_bar)?;
            Ok((value, params_bar))
        };
        let chunks = self.passes.over(count, chunk)?;
        gradient.fill(T::zero());
        let mut total = 0.0;
        for (value, params_bar) in &chunks {
            total += value;
            gradient.iter_mut().zip(params_bar).for_each(|(sum, &bar)| *sum += bar);
        }
        Ok(total.into())
    }

    fn value(&mut self, batch: Minibatch<'_>, unknowns: &[T]) -> Result<Evaluation, Error> {
        let count = batch.samples.len();
        let chunk = |pass: &mut dyn Pass<T>, range: Range<usize>| {
            let samples = &batch.samples[range];
            Ok(self.loss(pass.forward(unknowns, &self.inputs(samples))?, samples, count).0)
        };
        Ok(self.passes.over(count, chunk)?.into_iter().sum::<f64>().into())
    }

    fn description(&self) -> String {
        let parameters: Vec<_> = self.passes.network().parameters();
        let pixels = self.images.pixels().iter().flat_map(|pixel| pixel.to_le_bytes());
        let labels = self.images.labels().iter().flat_map(|label| label.to_le_bytes());
        let data = document::fnv1a(pixels.chain(labels));
        let arrays: Vec<_> = parameters.iter().map(|array| format!("{} {:?}", array.name, array.shape)).collect();
        let (arrays, seed, noise, attack) = (arrays.join(", "), self.seed, self.noise, self.attack);
        format!(
            "classification of images {data:016x}; noise {noise}, attack {attack:?}, seed {seed}; parameters {arrays}"
        )
    }
}
