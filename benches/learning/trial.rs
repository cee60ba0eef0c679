//! One training, and how far what it learned is from the truth.

use crate::systems::{Recorded, System, deviations};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::Activation;
use kutta::rand::{SeedableRng, rngs::StdRng};
use kutta::train::{Interrupted, Lbfgs, Settings, Shooting};
use kutta::{Adam, Error, Mlp, Model, OdeBlock, Tableau, Trainer};
use serde::Serialize;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, atomic::Ordering, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// An error that is as good as none, in terms of the deviation; of noisy data, in terms of the noise.
const SMALL: f64 = 0.1;
const OF_NOISE: f64 = 2.5;
/// Steps that a record may be cut into where their size is given.
const MOST_STEPS: f64 = 1e6;

/// The default with one ingredient left out, or whole.
#[derive(Clone, Copy, PartialEq)]
pub enum Variant {
    Default,
    Adam,
    Lbfgs,
    /// No windows that lengthen.
    WholeRecords,
    /// Random parameters instead of those that match slopes.
    NoMatching,
    /// A quarter of the median interval, and time as it is.
    FixedSteps,
    NoLearnedStarts,
    /// Weights as large as they come.
    NoPrior,
}

impl Variant {
    pub const ABLATIONS: [(&'static str, Variant); 8] = [
        ("default", Variant::Default),
        ("adam", Variant::Adam),
        ("l-bfgs", Variant::Lbfgs),
        ("whole records", Variant::WholeRecords),
        ("no matching", Variant::NoMatching),
        ("fixed steps", Variant::FixedSteps),
        ("no learned starts", Variant::NoLearnedStarts),
        ("no prior on weights", Variant::NoPrior),
    ];
}

/// What came of a training. Errors are root mean squares in terms of the deviation, of the worst component.
#[derive(Serialize)]
pub struct Outcome {
    pub data: &'static str,
    pub seed: u64,
    pub seconds: f64,
    pub epochs: usize,
    /// On the observations, from the first of them or from a start that was learned.
    pub on_data: f64,
    /// Along the true trajectory through the time of the data, and beyond, from the first observation or the start that was
    /// learned, as `kutta predict` goes. Infinite where there is no prediction.
    pub past: f64,
    pub future: f64,
    /// Through the time of the data, from the true start.
    pub from_truth: f64,
    /// Of the process, at its peak, in MiB; where that can be told.
    pub memory: Option<f64>,
    pub arrives: bool,
    /// What ended training before its time.
    pub ended_by: Option<String>,
}

/// Trains for so long at most; the limit is looked at between epochs.
pub fn run(system: &System, recorded: &Recorded, seed: u64, variant: Variant, limit: Duration) -> Outcome {
    forget_peak_memory();
    let begin = Instant::now();
    let fitted = fit(&recorded.data, seed, variant, limit);
    let mut outcome = Outcome {
        data: system.name,
        seed,
        seconds: begin.elapsed().as_secs_f64(),
        epochs: 0,
        on_data: f64::INFINITY,
        past: f64::INFINITY,
        future: f64::INFINITY,
        from_truth: f64::INFINITY,
        memory: peak_memory(),
        arrives: false,
        ended_by: None,
    };
    let fit = match fitted {
        Ok(fit) => fit,
        Err(Interrupted { error, fit }) => {
            outcome.ended_by = Some(error.to_string());
            let Some(fit) = fit else { return outcome };
            *fit
        }
    };
    if outcome.seconds >= limit.as_secs_f64() {
        outcome.ended_by = Some("the time limit".into());
    }
    let deviations = deviations(&recorded.data);
    outcome.epochs = fit.summary.epochs;
    if let Some(rmse) = &fit.summary.train_rmse {
        let errors = recorded.data.components().iter().map(|name| rmse.by_component[name]);
        outcome.on_data = errors.zip(&deviations).map(|(error, sd)| error / sd).fold(0.0, f64::max);
    }
    let mut judged = [0.0_f64; 3];
    for ((truth, record), learned) in recorded.truth.iter().zip(&recorded.data).zip(fit.model.starts()) {
        let errors = |start: &[f64]| errors(&fit.model, start, truth, record.times()[record.len() - 1], &deviations);
        let ([past, future], [from_truth, _]) = (errors(&learned.state), errors(truth.state(0)));
        judged.iter_mut().zip([past, future, from_truth]).for_each(|(worst, error)| *worst = worst.max(error));
    }
    [outcome.past, outcome.future, outcome.from_truth] = judged;
    outcome.arrives = outcome.past <= SMALL.max(OF_NOISE * system.noise);
    outcome
}

fn fit(data: &Trajectories, seed: u64, variant: Variant, limit: Duration) -> Result<kutta::Fit<Mlp>, Interrupted<Mlp>> {
    let field = Mlp::new([data.dim(), 20, 20, data.dim()], Activation::Tanh)?;
    let mut block = OdeBlock::new(field, Tableau::radau_iia(2)?);
    // Other optimisers take these steps of themselves.
    if matches!(variant, Variant::FixedSteps | Variant::Adam | Variant::Lbfgs) {
        block = block.step_size(step_size(data)?);
    }
    let initial = block.init::<f64>(&mut StdRng::seed_from_u64(seed));
    let stop = Arc::new(AtomicBool::new(false));
    let settings = Settings { seed, ..Settings::default() };
    let trainer = Trainer::new(block).settings(settings).stop_when(Arc::clone(&stop));
    let trainer = match variant {
        Variant::Default | Variant::FixedSteps => trainer,
        Variant::Adam => trainer.optimizer(Adam::default()),
        Variant::Lbfgs => trainer.optimizer(Lbfgs::default()),
        Variant::WholeRecords => trainer.shooting(Shooting::SingleShooting),
        Variant::NoMatching => trainer.initial(initial),
        Variant::NoLearnedStarts => trainer.learned_starts(false),
        Variant::NoPrior => trainer.weight_decay(0.0),
    };
    let (trained, over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let over = over;
            if over.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                stop.store(true, Ordering::Relaxed);
            }
        });
        let fit = trainer.fit(data);
        drop(trained);
        fit
    })
}

/// A quarter of the median interval.
fn step_size(data: &Trajectories) -> Result<f64, Error> {
    let mut intervals: Vec<f64> =
        data.iter().flat_map(|record| record.times().windows(2).map(|ends| ends[1] - ends[0])).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    let step = intervals[intervals.len() / 2] / 4.0;
    let steps = intervals.iter().sum::<f64>() / step;
    if steps > MOST_STEPS {
        let (value, expected) = (format!("{steps:.0}"), format!("at most {MOST_STEPS}"));
        return Err(Error::InvalidArgument { argument: "steps", value, expected });
    }
    Ok(step)
}

/// From a start to `end`, and from where that prediction ends on.
fn errors(model: &Model<Mlp>, start: &[f64], truth: &Trajectory, end: f64, deviations: &[f64]) -> [f64; 2] {
    let times = truth.times();
    let past = times.iter().filter(|&&t| t <= end * (1.0 + 1e-9)).count();
    let (states, dim) = (truth.states(), truth.dim());
    let Ok(path) = model.predict(times[0], start, &times[..past]) else { return [f64::INFINITY; 2] };
    let onwards = model.predict(times[past - 1], path.state(past - 1), &times[past..]);
    let onwards = onwards.map_or(f64::INFINITY, |path| worst(path.states(), &states[past * dim..], deviations));
    [worst(path.states(), &states[..past * dim], deviations), onwards]
}

/// The root mean square error of the worst component, in terms of its deviation.
fn worst(predicted: &[f64], truth: &[f64], deviations: &[f64]) -> f64 {
    let mut squares = vec![0.0; deviations.len()];
    for (predicted, truth) in predicted.chunks_exact(squares.len()).zip(truth.chunks_exact(deviations.len())) {
        let errors = predicted.iter().zip(truth).zip(deviations).map(|((p, t), sd)| (p - t) / sd);
        squares.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error * error);
    }
    let count = (truth.len() / squares.len()) as f64;
    squares.iter().map(|sum| (sum / count).sqrt()).fold(0.0, f64::max)
}

/// Where there is no such file, the peak is not known.
fn forget_peak_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}
