//! Images of several classes.

use super::idx::{Idx, unfit};
use crate::Error;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;
use std::path::Path;

/// Grey images of one size, and the class of each.
///
/// ```
/// use kutta::data::Images;
/// let folder = "examples/data/mnist";
/// let file = |name: &str| format!("{folder}/train-1000-{name}-ubyte.gz");
/// let digits = Images::from_idx(file("images-idx3"), file("labels-idx1"), 10)?;
/// assert_eq!((digits.len(), digits.height(), digits.width()), (1000, 28, 28));
/// assert!(digits.image(0).iter().all(|&pixel| (0.0..=1.0).contains(&pixel)));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    height: usize,
    width: usize,
    classes: usize,
    pixels: Vec<f32>,
    labels: Vec<usize>,
}

impl Images {
    /// Images of `[height, width]` pixels, one after another and each row by row, with their classes, which count from 0.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no image, no pixel or no class, or for a class that is not among them;
    /// [`Error::ShapeMismatch`] if pixels and labels are not of as many images; [`Error::NotFinite`] for a pixel that is not.
    pub fn new(
        [height, width]: [usize; 2],
        pixels: Vec<f32>,
        labels: Vec<usize>,
        classes: usize,
    ) -> Result<Self, Error> {
        let positive = [("images", labels.len()), ("height", height), ("width", width), ("classes", classes)];
        if let Some((what, _)) = positive.into_iter().find(|(_, count)| *count == 0) {
            return Err(Error::invalid(what, 0, "at least 1"));
        }
        let expected = height.saturating_mul(width).saturating_mul(labels.len());
        Error::check_len("images", "pixels", pixels.len(), expected)?;
        if let Some(label) = labels.iter().find(|&&label| label >= classes) {
            return Err(Error::invalid("a label", label, format!("a class from 0 to {}", classes - 1)));
        }
        match pixels.iter().all(|pixel| pixel.is_finite()) {
            true => Ok(Images { height, width, classes, pixels, labels }),
            false => Err(Error::NotFinite { what: "a pixel", location: None }),
        }
    }

    /// Reads two files in the IDX format of the MNIST database, compressed by gzip or not: one of images, unsigned bytes
    /// along three axes, and one of their labels. Pixels are then from 0 to 1.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::Parse`] for one that is no IDX of that kind, that ends too early
    /// or too late, for labels of another number of images, and for a label that is no class from 0 to `classes - 1`.
    pub fn from_idx(images: impl AsRef<Path>, labels: impl AsRef<Path>, classes: usize) -> Result<Self, Error> {
        let (images_path, labels_path) = (images.as_ref(), labels.as_ref());
        let (images, labels) = (Idx::read(images_path, 3)?, Idx::read(labels_path, 1)?);
        let (count, found) = (images.shape[0], labels.shape[0]);
        if found != count {
            let images = images_path.display();
            return Err(unfit(
                labels_path,
                format!("{found} labels, expected {count}, one for each image of {images}"),
            ));
        }
        if let Some(k) = labels.bytes.iter().position(|&label| usize::from(label) >= classes) {
            let (label, last) = (labels.bytes[k], classes.saturating_sub(1));
            return Err(unfit(labels_path, format!("label {k} is {label}, expected a class from 0 to {last}")));
        }
        let pixels = images.bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let labels = labels.bytes.iter().map(|&label| usize::from(label)).collect();
        Images::new([images.shape[1], images.shape[2]], pixels, labels, classes)
            .map_err(|error| unfit(images_path, error.to_string()))
    }

    /// Number of images, at least 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never: there is at least one image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The pixels of image `i`, row by row.
    pub fn image(&self, i: usize) -> &[f32] {
        let size = self.height * self.width;
        &self.pixels[i * size..][..size]
    }

    /// The pixels of all images, one after another.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The classes of all images.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Other pixels of the same images.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if they are not as many, [`Error::NotFinite`] if one is not finite.
    pub fn with_pixels(&self, pixels: Vec<f32>) -> Result<Self, Error> {
        Images::new([self.height, self.width], pixels, self.labels.clone(), self.classes)
    }

    /// The same images under Gaussian noise of deviation `sigma`, in every pixel its own, without bounds. An image's noise is
    /// that of the seed and of its place.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a deviation that is negative or not finite.
    pub fn with_noise(&self, sigma: f64, seed: u64) -> Result<Self, Error> {
        let mut noisy = self.clone();
        let size = self.height * self.width;
        for (place, image) in noisy.pixels.chunks_exact_mut(size).enumerate() {
            Noise { sigma, seed }.add(place, image)?;
        }
        Ok(noisy)
    }
}

/// Gaussian noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Noise {
    /// Its deviation.
    pub sigma: f64,
    pub seed: u64,
}

impl Noise {
    /// Adds the noise of a place among the images to the pixels there, those of a `place` being a generator's stream.
    ///
    /// [`Error::InvalidArgument`] for a deviation that is negative or not finite.
    pub fn add(self, place: usize, pixels: &mut [f32]) -> Result<(), Error> {
        if !(self.sigma >= 0.0 && self.sigma.is_finite()) {
            return Err(Error::invalid("the noise", self.sigma, "a deviation that is finite and not negative"));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(place as u64);
        for pixel in pixels {
            // Box and Muller; the first number is not zero.
            let (u, v) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
            *pixel += (self.sigma * (-2.0 * u.ln()).sqrt() * (TAU * v).cos()) as f32;
        }
        Ok(())
    }
}
