//! Small changes of an image that are made to deceive a network.

use super::cross_entropy::cross_entropy;
use crate::field::Purpose;
use crate::network::Pass;
use crate::{Error, Real};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A search for pixels `x + δ`, `|δ_i| ≤ ε`, that a network takes for something else: steps up the sign of the gradient of the
/// cross-entropy, and back into these bounds.
///
/// *References*: Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", 2015; Madry, Makelov, Schmidt,
/// Tsipras and Vladu, "Towards deep learning models resistant to adversarial attacks", 2018.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// `ε`, the most that a pixel is changed by.
    pub radius: f64,
    /// Number of steps.
    pub steps: usize,
    /// How far a step moves every pixel.
    pub step: f64,
    /// Whether the search begins at a random place within the bounds, drawn by the seed and the image's place.
    pub begins_anywhere: bool,
    /// Pixels that can be: none leaves these bounds.
    pub range: [f64; 2],
    /// What random places are drawn from.
    pub seed: u64,
}

impl Attack {
    /// The fast gradient sign method: one step of size `ε` from the image itself, of pixels from 0 to 1.
    pub fn fgsm(radius: f64) -> Self {
        Attack { radius, steps: 1, step: radius, begins_anywhere: false, range: [0.0, 1.0], seed: 0 }
    }

    /// Projected gradient descent, so called: steps of size `2.5 ε/steps` from a random place, of pixels from 0 to 1.
    pub fn pgd(radius: f64, steps: usize) -> Self {
        let step = 2.5 * radius / steps.max(1) as f64;
        Attack { radius, steps, step, begins_anywhere: true, range: [0.0, 1.0], seed: 0 }
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (what, number) in [("an attack's radius", self.radius), ("an attack's step", self.step)] {
            if !(number >= 0.0 && number.is_finite()) {
                return Err(Error::invalid(what, number, "a number that is finite and not negative"));
            }
        }
        match self.range[0] < self.range[1] {
            true => Ok(()),
            false => Err(Error::invalid("an attack's range", format!("{:?}", self.range), "the lesser bound first")),
        }
    }

    /// Changes the inputs `x` of a pass, one for each label, to deceive a network in training or as it predicts; `places` are
    /// the images' among all.
    pub(super) fn deceive<T: Real>(
        &self,
        (pass, params, purpose): (&mut dyn Pass<T>, &[T], Purpose),
        x: &mut [T],
        labels: &[usize],
        places: impl Iterator<Item = usize>,
    ) -> Result<(), Error> {
        let size = x.len() / labels.len().max(1);
        let bounds = |&x: &T| {
            // An image that is out of range already is not pulled into it.
            let [low, high] = [self.range[0].min(x.to_f64()), self.range[1].max(x.to_f64())];
            [low.max(x.to_f64() - self.radius), high.min(x.to_f64() + self.radius)].map(T::constant)
        };
        let bounds: Vec<[T; 2]> = x.iter().map(bounds).collect();
        if self.begins_anywhere {
            for (place, x) in places.zip(x.chunks_exact_mut(size.max(1))) {
                let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                rng.set_stream(place as u64);
                x.iter_mut().for_each(|x| *x += T::constant(self.radius * rng.random_range(-1.0..=1.0)));
            }
            project(x, &bounds);
        }
        let (mut params_bar, mut x_bar) = (vec![T::zero(); params.len()], vec![T::zero(); x.len()]);
        for _ in 0..self.steps {
            let outputs = match purpose {
                Purpose::Training => pass.train(params, x)?,
                Purpose::Prediction => pass.forward(params, x)?,
            };
            let classes = outputs.len() / labels.len().max(1);
            let mut y_bar = vec![T::zero(); outputs.len()];
            let rows = outputs.chunks_exact(classes.max(1)).zip(y_bar.chunks_exact_mut(classes.max(1)));
            rows.zip(labels).for_each(|((outputs, bar), &label)| {
                cross_entropy(outputs, label, 1.0, bar);
            });
            pass.pullback(params, &y_bar, &mut params_bar, &mut x_bar)?;
            for (x, bar) in x.iter_mut().zip(&x_bar) {
                let up = T::constant(self.step);
                *x += if *bar > T::zero() {
                    up
                } else if *bar < T::zero() {
                    -up
                } else {
                    T::zero()
                };
            }
            project(x, &bounds);
        }
        Ok(())
    }
}

/// Moves every entry between its bounds.
fn project<T: Real>(x: &mut [T], bounds: &[[T; 2]]) {
    for (x, &[low, high]) in x.iter_mut().zip(bounds) {
        *x = if *x < low {
            low
        } else if *x > high {
            high
        } else {
            *x
        };
    }
}
