//! `kutta fit`

use super::files::Files;
use super::fit_options::FitOptions;
use super::options::{digits, scheme, scheme_file, shown};
use super::report::FitReport;
use super::signals::Signals;
use super::{Failure, threads};
use kutta::data::Trajectories;
use kutta::field::{AnyField, Dimensions};
use kutta::network::{OdeBlock, fewest_steps};
use kutta::tableau::Scheme;
use kutta::train::{Interrupted, Model, Settings, Trainer};
use std::sync::Arc;
use std::time::Duration;

/// Bounds that keep a slip of the finger from using up all memory.
const MOST_STEPS: f64 = 1e6;
/// Steps in the median interval, where they must be given.
const SUBSTEPS: usize = 4;
const MOST_PARAMETERS: usize = 100_000_000;

impl FitOptions {
    pub fn run(&self) -> Result<(), Failure> {
        self.files().check()?;
        self.training.check().map_err(Failure::Usage)?;
        let structure = self.structure.chosen();
        let scheme = scheme(&self.scheme, !structure.is_none())?;
        let data = Trajectories::from_csv(&self.data)?;
        threads::start(self.training.threads)?;
        let field = structure.field(self, &data)?;
        let sets = if self.per_step { steps_in(&data, self.step_size(&data)?) } else { 1 };
        let count = field.param_count().saturating_mul(sets);
        if count > MOST_PARAMETERS {
            let options = if self.per_step { "--hidden and --per-step make" } else { "--hidden makes" };
            return Err(Failure::Usage(format!("{options} {count} parameters, expected {MOST_PARAMETERS} at most")));
        }
        self.train(field, scheme, &data)
    }

    fn files(&self) -> Files<'_> {
        let files = Files::default()
            .json(self.json)
            .read("the data", self.data.as_path())
            .read("--scheme", scheme_file(&self.scheme))
            .read("--resume", self.resume.as_deref())
            .written("--out", self.out.as_path())
            .written("--record", self.record.as_deref())
            .written("--checkpoint", self.checkpoint.as_deref());
        #[cfg(feature = "plot")]
        let files = files.written("--plot", self.plot.as_deref());
        files
    }

    fn train(&self, field: AnyField, scheme: Scheme, data: &Trajectories) -> Result<(), Failure> {
        let step = self.step_size(data)?;
        #[cfg(feature = "plot")]
        self.check_forecast(data, step)?;
        let mut block = OdeBlock::new(field, scheme).solved_by(self.stages.solver());
        if let Some(accuracy) = self.accuracy {
            block = block.accuracy(accuracy);
        }
        if self.gives_steps() {
            block = block.step_size(step);
        }
        if self.per_step {
            block = block.steps(steps_in(data, step)).per_step(span(data).0);
        }
        let mut settings = self.training.settings(data, self.regularisation.settings());
        let structure = self.structure.chosen();
        settings.hidden_velocities = structure.hides_velocities();
        if !structure.is_none() {
            settings.logarithmic_time = Some(false);
        }
        let signals =
            Signals::catch().map_err(|error| Failure::Failed(format!("signals cannot be caught: {error}")))?;
        let mut trainer = Trainer::new(block).epochs(self.training.epochs).settings(settings.clone()).progress(true);
        trainer = trainer.stop_when(Arc::clone(&signals.stop));
        trainer = trainer.when_long(match self.training.is_by_gradients() {
            true => tell_of_a_long_training,
            false => tell_of_most,
        });
        if let Some(path) = &self.checkpoint {
            trainer = trainer.checkpoint(path, self.checkpoint_every);
        }
        if let Some(path) = &self.resume {
            trainer = trainer.resume(path);
        }
        let outcome = trainer.fit(data);
        let signal = signals.training_ended();
        match outcome {
            Ok(fit) => {
                self.save(&fit, data, &settings, signal.map(str::to_string))?;
                signals.code().map_or(Ok(()), |code| Err(self.stopped(code, fit.summary.epochs)))
            }
            Err(Interrupted { error, fit: Some(fit) }) => {
                let error = self.advised(*error);
                self.save(&fit, data, &settings, Some(error.clone()))?;
                let (epochs, out) = (fit.summary.epochs, self.out.clone());
                Err(Failure::Interrupted { error, epochs, out })
            }
            Err(interrupted) => match kutta::Error::from(interrupted) {
                error if is_numerical(&error) => Err(Failure::Failed(self.advised(error))),
                error => Err(error.into()),
            },
        }
    }

    /// An error of training, with the options that are likely to have caused it.
    fn advised(&self, error: kutta::Error) -> String {
        let absurd: Vec<String> = self.absurd().map(|(name, value)| format!("{name} is {}", shown(value))).collect();
        if is_numerical(&error) && !absurd.is_empty() {
            let cause = match error {
                kutta::Error::NotFinite { what, .. } => format!("{what} is not finite"),
                other => other.to_string(),
            };
            return format!("{cause}; {}, far too much: expected a number of order one at most", absurd.join(" and "));
        }
        match is_numerical(&error) && self.training.raw {
            true => format!(
                "{error}; or leave out --raw: numbers that are not of order one, times as well as states, are too steep \
                 for a network, and their squares may overflow"
            ),
            false => error.to_string(),
        }
    }

    /// Numbers that no training survives.
    fn absurd(&self) -> impl Iterator<Item = (&'static str, f64)> {
        /// Sane ones are far below, and far above is where they overflow.
        const LARGEST: f64 = 1e10;
        let own = self.training.given().into_iter().filter_map(|(name, number)| Some((name, number?)));
        own.chain(self.regularisation.weights()).filter(|(_, x)| x.abs() > LARGEST)
    }

    fn stopped(&self, code: u8, epochs: usize) -> Failure {
        let (all, out) = (self.training.epochs, self.out.display());
        let mut message =
            format!("training ended after {epochs} of {all} epochs; what was learned until then is saved in {out}");
        if let Some(path) = &self.checkpoint {
            message += &format!(", and --resume {} goes on from there", path.display());
        }
        Failure::Stopped { code, message }
    }

    /// Writes what was learned, and tells about it.
    ///
    /// `interrupted`: what ended training before its time.
    fn save(
        &self,
        fit: &kutta::Fit<AnyField>,
        data: &Trajectories,
        settings: &Settings,
        interrupted: Option<String>,
    ) -> Result<(), Failure> {
        fit.model.save(&self.out).map_err(|error| Failure::Failed(self.unsaved(&fit.model, error)))?;
        let saved = |error| Failure::Failed(format!("{error}; the model is saved in {}", self.out.display()));
        if let Some(path) = &self.record {
            fit.history.write_csv(path).map_err(saved)?;
        }
        #[cfg(feature = "plot")]
        if let Some(path) = &self.plot {
            let drawn = super::figure::fit(path, &fit.model, data, settings, self.forecast);
            // A forecast may overflow; what was learned is told all the same.
            FitReport::new(self, fit, data, settings, interrupted, drawn.is_ok().then_some(path))?.print()?;
            return drawn.map_err(saved);
        }
        FitReport::new(self, fit, data, settings, interrupted, None)?.print()
    }

    /// What to say if the model cannot go where it should. What training has found is kept all the same.
    fn unsaved(&self, model: &Model<AnyField>, error: kutta::Error) -> String {
        let instead = std::env::temp_dir().join(format!("kutta-model-{}.json", std::process::id()));
        let rest = match (model.save(&instead), &self.checkpoint) {
            (Ok(()), _) => format!(": it is in {} instead", instead.display()),
            (Err(_), Some(path)) => {
                let (instead, path) = (instead.display(), path.display());
                format!(", nor in {instead}: go on from the last checkpoint by --resume {path}, and give another --out")
            }
            (Err(_), None) => format!(", nor in {}: give another --out", instead.display()),
        };
        format!("{error}; the model could not be saved there{rest}")
    }

    /// Whether steps are given, not left to their error.
    fn gives_steps(&self) -> bool {
        self.step.is_some() || self.substeps.is_some() || self.per_step
    }

    /// The longest step. Refuses one that makes for more steps than can be kept.
    fn step_size(&self, data: &Trajectories) -> Result<f64, Failure> {
        let intervals = intervals(data);
        // The upper one, if there are two medians.
        let step =
            self.step.unwrap_or_else(|| intervals[intervals.len() / 2] / self.substeps.unwrap_or(SUBSTEPS) as f64);
        let span: f64 = data.iter().map(|t| t.times()[t.len() - 1] - t.times()[0]).sum();
        if span / step <= MOST_STEPS || !self.gives_steps() {
            return Ok(step);
        }
        let expected = format!("expected at most {MOST_STEPS:e} steps through the data");
        Err(Failure::Usage(match self.step {
            Some(step) => format!("--step is {}, {expected}", shown(step)),
            None => {
                let all = intervals.len();
                let [shortest, median, longest] = [0, all / 2, all - 1].map(|k| digits(intervals[k]));
                format!(
                    "--substeps {} of the median interval make for more steps than can be kept, {expected}: intervals \
                     between observations are {shortest} to {longest}, in the median {median}; give a longer --step",
                    self.substeps.unwrap_or(SUBSTEPS)
                )
            }
        }))
    }

    /// Refuses a forecast to a time before the data end, or too far to draw.
    #[cfg(feature = "plot")]
    fn check_forecast(&self, data: &Trajectories, step: f64) -> Result<(), Failure> {
        let (_, end) = span(data);
        match self.forecast {
            Some(time) if time <= end => {
                let (time, end) = (shown(time), shown(end));
                Err(Failure::Usage(format!("--forecast is {time}, expected a time after the data, which end at {end}")))
            }
            Some(time) if (time - end) / step > MOST_STEPS => Err(Failure::Usage(format!(
                "--forecast is {}, expected at most {MOST_STEPS:e} steps of {step} ahead",
                shown(time)
            ))),
            _ => Ok(()),
        }
    }
}

fn long(time: Duration) -> String {
    let minutes = time.as_secs_f64() / 60.0;
    if minutes < 120.0 { format!("{minutes:.0} minutes") } else { format!("{:.0} hours", minutes / 60.0) }
}

fn tell_of_most(time: Duration, steps: usize) {
    eprintln!(
        "note: this training, {steps} steps an epoch, may take up to {}, though most settle in a fraction of that; end it by Ctrl-C with what it has \
         learned, or take fewer --hidden units, a larger --accuracy, or --batch for windows of long records",
        long(time)
    );
}

fn tell_of_a_long_training(expected: Duration, steps: usize) {
    let time = long(expected);
    eprintln!(
        "note: this training, {steps} steps an epoch, will take about {time}; fewer --epochs or --substeps, or a longer --step, take less"
    );
}

/// The first and the last time in the data.
fn span(data: &Trajectories) -> (f64, f64) {
    let times = data.iter().flat_map(|t| t.times());
    times.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), &t| (from.min(t), to.max(t)))
}

/// Steps that lead through all of the time that the data span.
fn steps_in(data: &Trajectories, step: f64) -> usize {
    let (from, to) = span(data);
    fewest_steps(to - from, step)
}

/// All intervals between observations, from the shortest to the longest.
fn intervals(data: &Trajectories) -> Vec<f64> {
    let mut intervals: Vec<f64> =
        data.iter().flat_map(|t| t.times().windows(2).map(|pair| pair[1] - pair[0])).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    intervals
}

/// Whether a computation is at fault.
fn is_numerical(error: &kutta::Error) -> bool {
    use kutta::Error::{NotConverged, NotFinite, Singular};
    matches!(error, NotFinite { .. } | NotConverged { .. } | Singular { .. })
}
