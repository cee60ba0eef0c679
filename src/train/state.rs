//! The state of a training, as checkpoints hold it.

use super::best::Best;
use super::join::Join;
use super::{History, OptimizerState, ScheduleState, Stage, Update};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Everything that the future of a training depends on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State<T> {
    /// Epochs done.
    pub epoch: usize,
    pub stage: Stage,
    /// Epochs done in the stage, and whether the optimiser has settled there.
    #[serde(default)]
    pub epochs_in_stage: usize,
    #[serde(default)]
    pub settled: bool,
    pub unknowns: Vec<T>,
    pub optimizer: OptimizerState<T>,
    /// The last update, if there was one.
    #[serde(default = "no_update")]
    pub update: Option<Update<T>>,
    pub schedule: ScheduleState,
    #[serde(default = "Join::new")]
    pub join: Join<T>,
    /// What the objective remembers; in files under the name of what that was first.
    #[serde(rename = "effective", default = "Memory::none")]
    pub objective: Memory<T>,
    pub rng: ChaCha8Rng,
    pub best: Option<Best<T>>,
    pub hopeless_epochs: usize,
    pub stopped_early: bool,
    #[serde(rename = "record")]
    pub history: History,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory<T> {
    pub memory: Vec<T>,
}

impl<T> Memory<T> {
    pub fn none() -> Self {
        Memory { memory: Vec::new() }
    }
}

fn no_update<T>() -> Option<Update<T>> {
    None
}
