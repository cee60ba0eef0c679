//! Classification as an objective.

use super::Attack;
use super::cross_entropy::cross_entropy;
use super::disturbed::Disturbed;
use super::passes::Passes;
use crate::data::Images;
use crate::field::Parameter;
use crate::network::Layer;
use crate::regularisation::{Penalties, Regularisation, Regulariser, mixed};
use crate::train::{Evaluation, Minibatch, Objective, document};
use crate::{Error, Real};
use rand::RngCore;

/// How well a network tells what images show: the mean of `-ln p(label)` with the softmax `p` of its outputs, one for every
/// class, and the mean of a regulariser along the trajectories of its blocks. Its inputs are the pixels; the unknowns are its
/// parameters.
///
/// Gradients are summed in a fixed order: results are the same, bit for bit, whatever the number of threads.
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
    /// What steps of training remember.
    memory: Vec<T>,
    initial: Option<Vec<T>>,
    name: String,
    shown: Disturbed<'a>,
    regulariser: Regulariser,
}

impl<'a, T: Real> Classification<'a, T> {
    /// Of these images by a network that takes them.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the network has not as many inputs as an image has pixels, [`Error::ShapeMismatch`] if it
    /// has not as many outputs as there are classes.
    pub fn new(network: &'a dyn Layer<T>, images: &'a Images) -> Result<Self, Error> {
        check_fit(network, images)?;
        let shown = Disturbed { images, seed: 0, noise: 0.0, attack: None };
        let regulariser = Regularisation::default().into();
        let (passes, name) = (Passes::new(network), String::new());
        Ok(Classification { passes, memory: Vec::new(), initial: None, name, shown, regulariser })
    }

    /// With a name for the network, which tells it from others with the same arrays of parameters in checkpoints.
    pub fn named(self, network: impl Into<String>) -> Self {
        Classification { name: network.into(), ..self }
    }

    /// From these parameters instead of random ones.
    pub fn starting_from(self, initial: Vec<T>) -> Self {
        Classification { initial: Some(initial), ..self }
    }

    /// With this regulariser of every block, whose probes are drawn anew for every batch.
    pub fn regularised_by(self, regulariser: impl Into<Regulariser>) -> Self {
        Classification { regulariser: regulariser.into(), ..self }
    }

    /// With Gaussian noise of deviation `sigma` in every pixel, drawn anew in every epoch: what training sees, not what it is
    /// judged by.
    pub fn noisy(mut self, sigma: f64) -> Self {
        self.shown.noise = sigma;
        self
    }

    /// Of images that are first changed to deceive the network as it is: what training sees, not what it is judged by.
    ///
    /// *Reference*: Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018.
    pub fn attacked(mut self, by: Attack) -> Self {
        self.shown.attack = Some(by);
        self
    }

    /// What noise, attacks and probes are drawn from.
    pub fn seeded(mut self, seed: u64) -> Self {
        self.shown.seed = seed;
        self
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

/// The mean of the loss over samples with these outputs and labels, and its derivatives by the outputs.
fn loss<T: Real>(outputs: &[T], labels: impl ExactSizeIterator<Item = usize>) -> (f64, Vec<T>) {
    let (classes, share) = (outputs.len() / labels.len(), 1.0 / labels.len() as f64);
    let mut y_bar = vec![T::zero(); outputs.len()];
    let rows = outputs.chunks_exact(classes).zip(y_bar.chunks_exact_mut(classes)).zip(labels);
    let sum: f64 = rows.map(|((outputs, bar), label)| cross_entropy(outputs, label, share, bar)).sum();
    (share * sum, y_bar)
}

/// The regulariser for the samples of an epoch that begin with this one, with probes of its own; none if there is nothing to add.
fn regulariser_at(of: &Regulariser, seed: u64, batch: Minibatch<'_>, first: usize) -> Option<Regulariser> {
    let seed = mixed([seed, of.weights.seed, batch.epoch as u64, (batch.first + first) as u64]);
    let weights = Regularisation { seed, ..of.weights };
    (!of.is_none()).then(|| Regulariser { weights, ..of.clone() })
}

/// Adds the share that some samples have in the mean over a batch.
fn add(mean: &mut Evaluation, share: f64, loss: f64, penalties: Option<Penalties>) {
    mean.total += share * (loss + penalties.map_or(0.0, |penalties| penalties.total()));
    if let Some(penalties) = &penalties {
        mean.penalties.get_or_insert_default().add(share, penalties);
    }
}

impl<T: Real> Objective<T> for Classification<'_, T> {
    fn samples(&self) -> usize {
        self.shown.images.len()
    }

    fn start(&mut self, rng: &mut dyn RngCore) -> Result<Vec<T>, Error> {
        if let Some(attack) = &self.shown.attack {
            attack.check()?;
        }
        if !(self.shown.noise >= 0.0 && self.shown.noise.is_finite()) {
            return Err(Error::invalid("the noise", self.shown.noise, "a deviation that is finite and not negative"));
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
        let Classification { passes, memory, shown, regulariser, .. } = self;
        let (mut mean, mut bar, mut learned) = (Evaluation::default(), vec![T::zero(); unknowns.len()], Vec::new());
        gradient.fill(T::zero());
        passes.over(batch.samples.len(), |pass, range| {
            // All parts of a batch go on from the same memory, so that they see the same network.
            pass.recall(memory);
            let samples = &batch.samples[range.clone()];
            let mut x = shown.seen(samples, batch.epoch, (&mut *pass, unknowns))?;
            let (loss, y_bar) = loss(pass.train(unknowns, &x)?, shown.labels(samples));
            let by = regulariser_at(regulariser, shown.seed, batch, range.start);
            let penalties = by.map(|by| pass.regularise(unknowns, &by)).transpose()?;
            let share = samples.len() as f64 / batch.samples.len() as f64;
            add(&mut mean, share, loss, penalties);
            mean.work += pass.work();
            // The cotangents of the inputs are not needed, and take their place.
            pass.pullback(unknowns, &y_bar, &mut bar, &mut x)?;
            gradient.iter_mut().zip(&bar).for_each(|(sum, &bar)| *sum += T::constant(share) * bar);
            learned = pass.memory();
            Ok(())
        })?;
        *memory = learned;
        Ok(mean)
    }

    fn value(&mut self, batch: Minibatch<'_>, unknowns: &[T]) -> Result<Evaluation, Error> {
        let Classification { passes, shown, regulariser, .. } = self;
        let mut mean = Evaluation::default();
        passes.over(batch.samples.len(), |pass, range| {
            let samples = &batch.samples[range.clone()];
            let (loss, _) = loss(pass.forward(unknowns, &shown.plain(samples))?, shown.labels(samples));
            let by = regulariser_at(regulariser, shown.seed, batch, range.start);
            let penalties = by.map(|by| pass.regularise(unknowns, &by)).transpose()?;
            add(&mut mean, samples.len() as f64 / batch.samples.len() as f64, loss, penalties);
            mean.work += pass.work();
            Ok(())
        })?;
        Ok(mean)
    }

    fn memory(&self) -> Vec<T> {
        self.memory.clone()
    }

    fn recall(&mut self, memory: Vec<T>) -> bool {
        let fits = memory.is_empty() || memory.len() == self.passes.network().memory_len();
        self.memory = memory;
        fits
    }

    fn description(&self) -> String {
        let Disturbed { images, seed, noise, attack } = &self.shown;
        let pixels = images.pixels().iter().flat_map(|pixel| pixel.to_le_bytes());
        let labels = images.labels().iter().flat_map(|label| label.to_le_bytes());
        let data = document::fnv1a(pixels.chain(labels));
        let array = |array: Parameter| format!("{} {:?}", array.name, array.shape);
        let arrays: Vec<_> = self.passes.network().parameters().into_iter().map(array).collect();
        let (arrays, regulariser, name) = (arrays.join(", "), &self.regulariser, &self.name);
        format!(
            "classification by `{name}` of images {data:016x}; seed {seed}, noise {noise}, attack {attack:?}, {regulariser:?}; \
             parameters {arrays}"
        )
    }
}
