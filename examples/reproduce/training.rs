//! Trainings that are kept, so that none is made twice.

use crate::place::{Place, read_json, write_json};
use crate::progress::Progress;
use kutta::data::Standardisation;
use kutta::field::Field;
use kutta::train::{History, Interrupted, Loss};
use kutta::{Error, Model, OdeBlock, Trainer, Trajectories};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Instant;

/// A training to be made.
pub struct Training<F, L> {
    /// What its file is called.
    pub name: String,
    /// All that determines it, apart from the program.
    pub settings: Value,
    /// With everything set.
    pub trainer: Trainer<F, L>,
    pub data: Trajectories,
}

/// What a training came to. Numbers are kept in single precision, and parameters are taken as they are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Learned {
    pub params: Vec<f32>,
    pub history: Recorded,
    /// Updates that were taken back and made again.
    pub retries: usize,
    /// Why it ended before its time, if it did.
    pub ended: Option<String>,
}

/// Some epochs in even distances, the first among them, entry by entry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recorded {
    pub epoch: Vec<usize>,
    /// The objective without penalties.
    pub error: Vec<f32>,
    /// What the penalties of divergence and Jacobian added.
    pub divergence: Vec<f32>,
    pub jacobian: Vec<f32>,
}

/// A training as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    run: String,
    kutta: String,
    settings: Value,
    learned: Learned,
}

/// Entries of a history.
const ENTRIES: usize = 75;

/// Trains all of them, as many at a time as there are threads, or reads what they came to before; in the given order.
pub fn learn<F, L>(place: &Place, part: &str, trainings: &[Training<F, L>]) -> Result<Vec<Learned>, Error>
where
    F: Field<f64> + Clone + Send + Sync,
    L: Loss<f64> + Send + Sync,
{
    let folder = place.trainings(part)?;
    let progress = Progress::new(part, trainings.len());
    let one = |training: &Training<F, L>| {
        let path = folder.join(&training.name).with_extension("json");
        let (run, kutta) = (place.effort.name, env!("CARGO_PKG_VERSION"));
        let settings = without_nulls(training.settings.clone());
        let same = |kept: &Kept| kept.run == run && kept.kutta == kutta && kept.settings == settings;
        let found = read_json::<Kept>(&path).filter(|kept| !place.anew && same(kept));
        let (learned, seconds) = match found {
            Some(kept) => (kept.learned, None),
            None => {
                let start = Instant::now();
                let learned = training.make()?;
                let kept = Kept { run: run.into(), kutta: kutta.into(), settings, learned };
                write_json(&path, &kept)?;
                (kept.learned, Some(start.elapsed().as_secs_f64()))
            }
        };
        progress.step();
        Ok((learned, seconds.map(|seconds| (format!("{part}/{}", training.name), seconds))))
    };
    let all: Vec<(Learned, Option<(String, f64)>)> = trainings.par_iter().map(one).collect::<Result<_, Error>>()?;
    progress.end();
    let (learned, seconds): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    place.add_timings(seconds.into_iter().flatten())?;
    Ok(learned)
}

/// Settings that are set.
fn without_nulls(settings: Value) -> Value {
    match settings {
        Value::Object(entries) => {
            let set = entries.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(set.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

impl<F: Field<f64> + Clone, L: Loss<f64>> Training<F, L> {
    fn make(&self) -> Result<Learned, Error> {
        let (fit, ended) = match self.trainer.fit(&self.data) {
            Ok(fit) => (fit, None),
            Err(Interrupted { error, fit: Some(fit) }) => (*fit, Some(error.to_string())),
            Err(other) => return Err(other.into()),
        };
        Ok(Learned {
            params: fit.model.params().iter().map(|&p| p as f32).collect(),
            history: recorded(&fit.history),
            retries: fit.summary.failed_solves,
            ended,
        })
    }
}

fn recorded(history: &History) -> Recorded {
    let every = history.epochs.len().div_ceil(ENTRIES).max(1);
    let mut recorded = Recorded::default();
    // An epoch at which nothing could be evaluated has no loss.
    for epoch in history.epochs.iter().filter(|epoch| epoch.loss.is_finite()).step_by(every) {
        let penalties = epoch.penalties.unwrap_or_default();
        recorded.epoch.push(epoch.epoch);
        recorded.error.push((epoch.loss - penalties.total()) as f32);
        recorded.divergence.push(penalties.divergence as f32);
        recorded.jacobian.push(penalties.jacobian as f32);
    }
    recorded
}

impl Learned {
    /// The network, in the units of its data.
    pub fn model<F: Field<f64>>(&self, block: OdeBlock<F>, components: &[&str]) -> Result<Model<F>, Error> {
        let names: Vec<String> = components.iter().map(|name| name.to_string()).collect();
        let params = self.params.iter().map(|&p| f64::from(p)).collect();
        Model::new(block, params, Standardisation::identity(names.len()), &names, "t")
    }
}
