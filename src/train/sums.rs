//! What an epoch comes to.

use super::{Epoch, Evaluation};
use crate::network::Work;
use crate::regularisation::Penalties;

/// Sums over the batches of an epoch.
#[derive(Default)]
pub(super) struct Sums {
    pub weight: f64,
    total: f64,
    norm: f64,
    penalties: Option<Penalties>,
    gap: Option<f64>,
    determined: Option<f64>,
    work: Work,
    pub failed: usize,
}

impl Sums {
    pub fn add(&mut self, value: Evaluation, norm: f64, trajectories: usize) {
        let weight = trajectories as f64;
        self.weight += weight;
        self.total += weight * value.total;
        self.norm += weight * norm;
        if let Some(penalties) = &value.penalties {
            self.penalties.get_or_insert_default().add(weight, penalties);
        }
        self.gap = value.gap.map(|gap| self.gap.unwrap_or(0.0) + weight * gap).or(self.gap);
        self.determined = value.determined.or(self.determined);
        self.work += value.work;
    }

    /// NaN if no batch worked.
    pub fn loss(&self) -> f64 {
        self.total / self.weight
    }

    pub fn row(&self, epoch: usize, validation_loss: Option<f64>, learning_rate: f64, seconds: f64) -> Epoch {
        Epoch {
            epoch,
            loss: self.loss(),
            validation_loss,
            learning_rate,
            gradient_norm: self.norm / self.weight,
            penalties: self.penalties.map(|sums| {
                let mut mean = Penalties::default();
                mean.add(1.0 / self.weight, &sums);
                mean
            }),
            gap: self.gap.map(|gap| (gap / self.weight).sqrt()),
            determined: self.determined,
            steps: self.work.steps,
            mean_iterations: self.work.mean_iterations(),
            fallbacks: self.work.fallbacks,
            failed_solves: self.failed,
            seconds,
        }
    }
}
