//! Training, with checkpoints and something to look at.

use crate::options::Options;
use indicatif::{ProgressBar, ProgressStyle};
use kutta::data::Images;
use kutta::network::Layer;
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::train::{Adam, Attack, Classification, Epoch, History, Session, Settings};
use kutta::{Error, Regularisation};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Time from one checkpoint to the next, and between two lines where there is no bar.
const PERIOD: Duration = Duration::from_secs(20);

/// What came of a training.
pub struct Trained {
    pub params: Vec<f32>,
    pub history: History,
    /// Whether it was asked to stop before its end.
    pub interrupted: bool,
}

/// Trains a network of that name.
pub fn train(options: &Options, (network, name): (&dyn Layer<f32>, String), images: &Images) -> Result<Trained, Error> {
    let regularisation = Regularisation {
        divergence: options.divergence,
        // One probe a state: the mean over a batch is what counts.
        estimator: Estimator::Hutchinson { probes: 1, kind: ProbeKind::Rademacher },
        ..Regularisation::default()
    };
    let objective = Classification::new(network, images)?.regularised_by(regularisation).seeded(options.seed);
    let mut objective = objective.named(name).noisy(options.noise_in_training);
    if options.adversarial {
        objective = objective.attacked(Attack::pgd(options.radius, 3));
    }
    let (optimizer, batch_size, seed) = (Adam::new(options.learning_rate).into(), Some(options.batch), options.seed);
    let settings = Settings { optimizer, batch_size, seed, ..Settings::plain() };
    let mut session = Session::new(&settings, options.epochs, &mut objective)?;
    if let Some(path) = &options.resume {
        session = session.resume(path)?;
    }
    // The first signal asks training to stop; a second one, or one that finds no training any more, ends the program.
    let (stop, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for signal in [SIGINT, SIGTERM] {
        let caught = flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&ends))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .and_then(|_| flag::register(signal, Arc::clone(&ends)));
        caught.map_err(|source| Error::Io { path: "signals".into(), source })?;
    }
    let (mut progress, mut saved) = (Progress::new(options.epochs), Instant::now());
    let mut is_stopped = false;
    while !session.is_over() && !is_stopped {
        session.epoch()?;
        progress.show(session.history());
        is_stopped = stop.load(Ordering::Relaxed);
        if let Some(path) = &options.checkpoint
            && (session.is_over() || is_stopped || saved.elapsed() > PERIOD)
        {
            session.save(path)?;
            saved = Instant::now();
        }
    }
    ends.store(true, Ordering::Relaxed);
    let interrupted = !session.is_over();
    let (params, history) = session.finish();
    Ok(Trained { params, history, interrupted })
}

/// Seconds of the median epoch.
pub fn seconds_an_epoch(history: &History) -> f64 {
    let ends = history.epochs.iter().map(|row| row.seconds);
    let starts = std::iter::once(0.0).chain(history.epochs.iter().map(|row| row.seconds));
    let mut times: Vec<f64> = ends.zip(starts).map(|(end, start)| end - start).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A bar on standard error, or lines where that is no terminal.
struct Progress {
    bar: ProgressBar,
    epochs: usize,
    told: Instant,
}

impl Progress {
    fn new(epochs: usize) -> Self {
        let bar = ProgressBar::new(epochs as u64);
        let template = "{bar:30} epoch {pos}/{len}, {eta} left, {msg}";
        // A template that does not parse would leave the plain bar.
        let bar = ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.clone().with_style(style));
        Progress { bar, epochs, told: Instant::now() }
    }

    fn show(&mut self, history: &History) {
        let Some(Epoch { epoch, loss, penalties, mean_iterations, .. }) = history.epochs.last() else { return };
        let penalty = penalties.map_or(0.0, |penalties| penalties.total());
        let failed: usize = history.epochs.iter().map(|row| row.failed_solves).sum();
        let message = format!(
            "loss {loss:.4} of which penalty {penalty:.4}, {mean_iterations:.1} iterations a solve, {failed} failed"
        );
        self.bar.set_message(message.clone());
        self.bar.set_position(*epoch as u64);
        let is_last = *epoch == self.epochs;
        if self.bar.is_hidden() && (is_last || *epoch == 1 || self.told.elapsed() > PERIOD) {
            eprintln!("epoch {epoch} of {}, {message}", self.epochs);
            self.told = Instant::now();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.abandon();
    }
}
