//! Images as training sees them.

use super::Attack;
use super::classifier::inputs;
use crate::data::{Images, Noise};
use crate::field::Purpose;
use crate::network::Pass;
use crate::regularisation::mixed;
use crate::{Error, Real};

/// Images, and what becomes of them anew in every epoch.
pub(super) struct Disturbed<'a> {
    pub images: &'a Images,
    pub seed: u64,
    /// Deviation of the noise in every pixel.
    pub noise: f64,
    pub attack: Option<Attack>,
}

impl Disturbed<'_> {
    /// The pixels of some images as they are.
    pub fn plain<T: Real>(&self, samples: &[usize]) -> Vec<T> {
        samples.iter().flat_map(|&i| inputs(self.images, i..i + 1)).collect()
    }

    /// The pixels of some images with noise, and changed to deceive a network in training.
    pub fn seen<T: Real>(
        &self,
        samples: &[usize],
        epoch: usize,
        by: (&mut dyn Pass<T>, &[T]),
    ) -> Result<Vec<T>, Error> {
        let mut x = self.plain(samples);
        if self.noise != 0.0 {
            let noise = Noise { sigma: self.noise, seed: mixed([self.seed, 0, epoch as u64]) };
            let size = self.images.height() * self.images.width();
            for (&place, x) in samples.iter().zip(x.chunks_exact_mut(size)) {
                let mut added = vec![0.0; size];
                noise.add(place, &mut added)?;
                x.iter_mut().zip(&added).for_each(|(x, &added)| *x += T::constant(f64::from(added)));
            }
        }
        if let Some(attack) = self.attack {
            let attack = Attack { seed: mixed([self.seed, 1, attack.seed, epoch as u64]), ..attack };
            let ((pass, params), labels) = (by, self.labels(samples).collect::<Vec<_>>());
            attack.deceive((pass, params, Purpose::Training), &mut x, &labels, samples.iter().copied())?;
        }
        Ok(x)
    }

    pub fn labels(&self, samples: &[usize]) -> impl ExactSizeIterator<Item = usize> {
        samples.iter().map(|&i| self.images.labels()[i])
    }
}
