//! How robust a network is: accuracy under noise and under attacks.

use crate::options::{AttackName, Options};
use indicatif::ProgressBar;
use kutta::Error;
use kutta::data::Images;
use kutta::train::Classifier;
use serde::{Deserialize, Serialize};

/// Deviations of the noise, in units of the pixels' range; it is not cut off where pixels leave that.
pub const NOISE: [f64; 6] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];

/// Shares of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    pub noise: Vec<UnderNoise>,
    pub attacks: Vec<UnderAttack>,
}

/// Accuracy under noise of one deviation, the mean over some draws, and how far the draws are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnderNoise {
    pub sigma: f64,
    pub top1: f64,
    pub top1_deviation: f64,
    pub top2: f64,
}

/// Accuracy under an attack.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnderAttack {
    pub attack: AttackName,
    pub radius: f64,
    pub top1: f64,
    pub top2: f64,
}

/// Judges a classifier on some images.
pub fn robustness(options: &Options, classifier: &Classifier<'_, f32>, images: &Images) -> Result<Robustness, Error> {
    let (attacks, draws) = (options.attacks(), options.draws.max(1));
    let bar = ProgressBar::new((NOISE.len() + attacks.len()) as u64);
    let mut noise = Vec::new();
    for (k, sigma) in NOISE.into_iter().enumerate() {
        // Without noise, all draws are the same.
        let draws = if sigma == 0.0 { 1 } else { draws };
        // Draws of other deviations are others.
        let seeds = (0..draws).map(|draw| options.seed.wrapping_add(1000 * (k as u64 + 1) + draw));
        let scores = seeds.map(|seed| scores(classifier, &images.with_noise(sigma, seed)?));
        let scores = scores.collect::<Result<Vec<_>, Error>>()?;
        let mean = |of: &dyn Fn(&[f64; 2]) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        let [top1, top2] = [mean(&|score| score[0]), mean(&|score| score[1])];
        let top1_deviation = mean(&|score| (score[0] - top1).powi(2)).sqrt();
        noise.push(UnderNoise { sigma, top1, top1_deviation, top2 });
        bar.inc(1);
    }
    let mut tried = Vec::new();
    for name in attacks {
        match classifier.attacked(images, &name.attack(options.radius, options.seed)) {
            Ok(attacked) => {
                let [top1, top2] = scores(classifier, &attacked)?;
                tried.push(UnderAttack { attack: name, radius: options.radius, top1, top2 });
            }
            // The other results are not lost with it.
            Err(error) => eprintln!("{name:?} was not carried out: {error}"),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Robustness { noise, attacks: tried })
}

/// Shares of the images whose class is the likeliest, and among the two likeliest.
fn scores(classifier: &Classifier<'_, f32>, images: &Images) -> Result<[f64; 2], Error> {
    let ranks = classifier.ranks(images)?;
    let share = |k: usize| ranks.iter().filter(|&&rank| rank < k).count() as f64 / ranks.len() as f64;
    Ok([share(1), share(2)])
}
