//! `kutta fit`

use super::files::Files;
use super::options::{by_name, count, decay, digits, fraction, positive, scheme, scheme_file, seed, shown};
use super::regularisation::RegularisationOptions;
use super::report::Report;
use super::signals::Signals;
use super::spectral::{Bound, Spectral};
use super::{Failure, threads};
use clap::{Args, ValueEnum};
use kutta::Tableau;
use kutta::data::Trajectories;
use kutta::field::{Activation, AnyField, Dimensions, Input, Layered, Mlp, WithInputs};
use kutta::network::{OdeBlock, fewest_steps};
use kutta::solve::{JacobianReuse, LineSearch, Preconditioner, Reuse, StageMethod, StageSolver, WarmStart};
use kutta::train::{
    Adam, Interrupted, Model, OnFailure, Optimizer, Schedule, Settings, Sgd, Shooting, Trainer, Validation,
};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bounds that keep a slip of the finger from using up all memory.
const MOST_STEPS: f64 = 1e6;
const MOST_PARAMETERS: usize = 100_000_000;

/// Learn a differential equation from recorded trajectories
///
/// The right-hand side is a multilayer perceptron, integrated from observation to observation by the steps of a
/// Runge-Kutta scheme. The data are a CSV file with a header: a column of times, one column for each component,
/// and a column `trajectory` if there are several records. Training is reproducible: the same data, options and
/// seed give the same model.
///
/// At the end it says how well the data are predicted, and what the fit is worth. SIGINT or SIGTERM end training after
/// the epoch, as does SIGHUP; what was learned is saved, and the exit code is 130, 143 or 129. A second one ends it at
/// once.
///
/// What cannot be given yet: inputs that are measured along with the states (every column is a component of the
/// state), constants that differ from record to record, and gaps (missing values: leave such rows out).
///
/// Example: kutta fit hudson_bay.csv --plot fit.svg --forecast 1930
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Fit {
    /// The data, a CSV file
    pub data: PathBuf,

    /// Name of a scheme (see `kutta schemes`), or a TOML or JSON file with A, b and c
    #[arg(long, default_value = "radau_iia_2", help_heading = "Network")]
    scheme: OsString,
    /// Units of each hidden layer
    #[arg(long, default_value = "20,20", value_delimiter = ',', value_parser = count, value_name = "UNITS",
          help_heading = "Network", allow_hyphen_values = true)]
    pub hidden: Vec<usize>,
    /// tanh, relu, gelu, softplus, sigmoid, elu, sin or identity
    #[arg(long, default_value = "tanh", value_parser = by_name::<Activation>, value_name = "NAME",
          help_heading = "Network")]
    pub activation: Activation,
    /// Let the equation depend on time as well as on the state
    #[arg(long, help_heading = "Network")]
    pub time_input: bool,
    #[command(flatten)]
    pub spectral: Spectral,
    /// Steps in the median interval between observations
    #[arg(long, default_value = "4", value_parser = count, value_name = "STEPS", help_heading = "Network", allow_hyphen_values = true)]
    substeps: usize,
    /// Longest step, in the data's unit of time, instead of --substeps
    #[arg(long, value_parser = positive, value_name = "SIZE", conflicts_with = "substeps", help_heading = "Network", allow_hyphen_values = true)]
    step: Option<f64>,
    /// Give every step of the time that the data span parameters of its own; a forecast keeps the last
    #[arg(long, help_heading = "Network")]
    per_step: bool,
    /// How stages are solved: automatic, newton, simplified-newton, newton-gmres, fixed-point, anderson, broyden, or by
    /// descent: gradient-descent, bfgs, lbfgs, fletcher-reeves, polak-ribiere, hestenes-stiefel, gauss-newton
    #[arg(long, default_value = "automatic", value_parser = by_name::<StageMethod>, value_name = "NAME",
          help_heading = "Network")]
    pub solver: StageMethod,
    /// How descent methods choose the length of a step: more-thuente, hager-zhang or near-exact
    #[arg(long, default_value = "more-thuente", value_parser = by_name::<LineSearch>, value_name = "NAME",
          help_heading = "Network")]
    line_search: LineSearch,
    /// Where iterations for the stages start: none (at the state before the step), previous-step (where the steps before
    /// lead) or last-epoch (there, corrected by what the last epoch found)
    #[arg(long, default_value = "previous-step", value_parser = by_name::<WarmStart>, value_name = "NAME",
          help_heading = "Network")]
    warm_start: WarmStart,
    /// How long Newton's methods keep a Jacobian: stage, step (later steps too), epoch (later epochs too) or automatic
    #[arg(long, default_value = "automatic", value_parser = by_name::<JacobianReuse>, value_name = "NAME",
          help_heading = "Network")]
    jacobian_reuse: JacobianReuse,
    /// What preconditions GMRES on the adjoint: none or forward-factor (the factors that Newton's methods used last)
    #[arg(long, default_value = "forward-factor", value_parser = by_name::<Preconditioner>, value_name = "NAME",
          help_heading = "Network")]
    preconditioner: Preconditioner,
    /// Relative tolerance of the stages
    #[arg(long, default_value = "1e-9", value_parser = fraction, value_name = "SIZE", help_heading = "Network", allow_hyphen_values = true)]
    tolerance: f64,

    /// Passes over the data
    #[arg(long, default_value_t = Settings::EPOCHS, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    pub epochs: usize,
    /// adam or sgd
    #[arg(long, default_value = "adam", value_name = "NAME", help_heading = "Training")]
    optimizer: OptimizerName,
    /// Learning rate
    #[arg(long, default_value_t = Adam::default().rate, value_parser = positive, value_name = "RATE", help_heading = "Training",
          allow_hyphen_values = true)]
    lr: f64,
    /// Momentum of sgd
    #[arg(long, default_value = "0.9", value_parser = decay, value_name = "NUMBER", help_heading = "Training",
          allow_hyphen_values = true)]
    momentum: f64,
    /// The learning rate over the epochs: constant, cosine (falls to zero at the end) or plateau (falls tenfold
    /// after 50 epochs without progress)
    #[arg(long, default_value = "cosine", value_name = "NAME", help_heading = "Training")]
    schedule: ScheduleName,
    /// How records are shot at: single (from the start to the end), growing (a horizon that grows) or multiple
    /// (segments that are doubled and joined by and by); long oscillating records need one of the latter two
    #[arg(long, default_value = "multiple", value_name = "NAME", help_heading = "Training")]
    pub strategy: StrategyName,
    /// Intervals between observations in the first segments, or in the first horizon
    #[arg(long, default_value_t = Shooting::INTERVALS, value_parser = count, value_name = "INTERVALS", help_heading = "Training", allow_hyphen_values = true)]
    segment: usize,
    /// Epochs until the strategy has come to whole records [default: nine tenths of all epochs]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    pub warm_up: Option<usize>,
    /// Final weight of the gaps between segments; the loss counts as 1
    #[arg(long, default_value_t = Shooting::PENALTY, value_parser = positive, value_name = "WEIGHT", help_heading = "Training",
          allow_hyphen_values = true)]
    penalty: f64,
    /// Learn the states that records start from too, for noisy data
    #[arg(long, help_heading = "Training")]
    pub learned_starts: bool,
    /// Train in the data's own units, instead of states of mean 0 and deviation 1
    #[arg(long, help_heading = "Training")]
    pub raw: bool,
    /// Records in a batch [default: all]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    batch: Option<usize>,
    /// Longest gradient; longer ones are shortened; inf for no bound
    #[arg(long, default_value_t = Settings::CLIP, value_parser = norm, value_name = "NORM", help_heading = "Training",
          allow_hyphen_values = true)]
    clip: f64,
    /// Stop after so many epochs without a better loss on whole records
    #[arg(long, value_parser = count, value_name = "EPOCHS", help_heading = "Training", allow_hyphen_values = true)]
    patience: Option<usize>,
    /// When the stages of a batch are not solved: backtrack (take the last update back and make a shorter one), stop, or
    /// skip the batch
    #[arg(long, default_value = "backtrack", value_name = "WHAT", help_heading = "Training")]
    on_failure: FailureName,
    /// What random numbers are drawn from
    #[arg(long, default_value = "0", value_parser = seed, value_name = "NUMBER", help_heading = "Training", allow_hyphen_values = true)]
    seed: u64,
    /// Threads, for several records; no more than there are cores [default: one a core]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    threads: Option<usize>,

    #[command(flatten)]
    pub regularisation: RegularisationOptions,

    /// Hold out this part of the data, between 0 and 1, and keep the parameters that predict it best
    #[arg(long, value_parser = fraction, value_name = "PART", help_heading = "Validation", allow_hyphen_values = true)]
    pub validation: Option<f64>,
    /// What is held out: future (the end of every record) or trajectories (whole records) [default: trajectories if
    /// there are several records]
    #[arg(long, value_name = "NAME", requires = "validation", help_heading = "Validation")]
    validation_kind: Option<ValidationName>,

    /// Where the model goes
    #[arg(long, default_value = "model.json", value_name = "FILE", help_heading = "Output")]
    pub out: PathBuf,
    /// Write loss, learning rate, … of every epoch as CSV
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub record: Option<PathBuf>,
    /// Draw data and fit as SVG
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    /// Continue the figure to this time
    #[cfg(feature = "plot")]
    #[arg(long, value_parser = super::options::finite, value_name = "TIME", requires = "plot", help_heading = "Output",
          allow_hyphen_values = true)]
    pub forecast: Option<f64>,
    /// Save the state of training now and then
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    checkpoint: Option<PathBuf>,
    /// Epochs from one checkpoint to the next
    #[arg(long, default_value = "500", value_parser = count, value_name = "EPOCHS", help_heading = "Output", allow_hyphen_values = true)]
    checkpoint_every: usize,
    /// Continue from a checkpoint; the other options must be those it was made with, --epochs may be larger unless
    /// it enters --schedule cosine or --warm-up
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    resume: Option<PathBuf>,
    /// Print the outcome as one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum OptimizerName {
    Adam,
    Sgd,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScheduleName {
    Constant,
    Cosine,
    Plateau,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StrategyName {
    Single,
    Growing,
    Multiple,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailureName {
    Backtrack,
    Stop,
    Skip,
}

#[derive(Clone, Copy, ValueEnum)]
enum ValidationName {
    Future,
    Trajectories,
}

impl Fit {
    pub fn run(&self) -> Result<(), Failure> {
        self.files().check()?;
        let scheme = scheme(&self.scheme)?;
        let data = Trajectories::from_csv(&self.data)?;
        threads::start(self.threads)?;
        let mut widths = vec![data.dim() + usize::from(self.time_input)];
        widths.extend(&self.hidden);
        widths.push(data.dim());
        let field = Mlp::new(widths, self.activation)?;
        let sets = if self.per_step { steps_in(&data, self.step_size(&data)?) } else { 1 };
        let count = field.param_count().saturating_mul(sets);
        if count > MOST_PARAMETERS {
            let options = if self.per_step { "--hidden and --per-step make" } else { "--hidden makes" };
            return Err(Failure::Usage(format!("{options} {count} parameters, expected {MOST_PARAMETERS} at most")));
        }
        let inputs = if self.time_input { vec![Input::Time] } else { vec![] };
        let field = match self.spectral.bound() {
            Bound::Nothing if inputs.is_empty() => field.into(),
            Bound::Nothing => WithInputs::new(field, inputs)?.into(),
            Bound::Lipschitz { bound } => WithInputs::new(field, inputs)?.normalised(bound)?.into(),
            Bound::Spectrum { alpha, beta } => WithInputs::new(field, inputs)?.with_spectrum(alpha, beta)?.into(),
        };
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

    fn train(&self, field: AnyField, scheme: Tableau, data: &Trajectories) -> Result<(), Failure> {
        let step = self.step_size(data)?;
        #[cfg(feature = "plot")]
        self.check_forecast(data, step)?;
        let solver = StageSolver {
            method: self.solver,
            tolerance: Some(self.tolerance),
            line_search: self.line_search,
            reuse: Reuse { start: self.warm_start, jacobian: self.jacobian_reuse, preconditioner: self.preconditioner },
            ..StageSolver::default()
        };
        let mut block = OdeBlock::new(field, scheme).step_size(step).solved_by(solver);
        if self.per_step {
            block = block.steps(steps_in(data, step)).per_step(span(data).0);
        }
        let settings = self.settings(data);
        let signals =
            Signals::catch().map_err(|error| Failure::Failed(format!("signals cannot be caught: {error}")))?;
        let mut trainer = Trainer::new(block).epochs(self.epochs).settings(settings.clone()).progress(true);
        trainer = trainer.stop_when(Arc::clone(&signals.stop));
        trainer = trainer.when_long(tell_of_a_long_training);
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
        match is_numerical(&error) && self.raw {
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
        let own = [("--lr", self.lr), ("--penalty", self.penalty)];
        own.into_iter().chain(self.regularisation.weights()).filter(|(_, x)| x.abs() > LARGEST)
    }

    fn stopped(&self, code: u8, epochs: usize) -> Failure {
        let (all, out) = (self.epochs, self.out.display());
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
            Report::new(self, fit, data, settings, interrupted, drawn.is_ok().then_some(path))?.print()?;
            return drawn.map_err(saved);
        }
        Report::new(self, fit, data, settings, interrupted, None)?.print()
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

    /// The longest step. Refuses one that makes for more steps than can be kept.
    fn step_size(&self, data: &Trajectories) -> Result<f64, Failure> {
        let intervals = intervals(data);
        // The upper one, if there are two medians.
        let step = self.step.unwrap_or_else(|| intervals[intervals.len() / 2] / self.substeps as f64);
        let span: f64 = data.iter().map(|t| t.times()[t.len() - 1] - t.times()[0]).sum();
        if span / step <= MOST_STEPS {
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
                    self.substeps
                )
            }
        }))
    }

    fn settings(&self, data: &Trajectories) -> Settings {
        let warm_up = self.warm_up.unwrap_or(Shooting::warm_up(self.epochs));
        Settings {
            optimizer: match self.optimizer {
                OptimizerName::Adam => Optimizer::from(Adam::new(self.lr)),
                OptimizerName::Sgd => Sgd::new(self.lr).momentum(self.momentum).into(),
            },
            schedule: match self.schedule {
                ScheduleName::Constant => Schedule::Constant,
                ScheduleName::Cosine => Schedule::Automatic,
                ScheduleName::Plateau => Schedule::reduce_on_plateau(),
            },
            shooting: match self.strategy {
                StrategyName::Single => Shooting::SingleShooting,
                StrategyName::Growing => Shooting::GrowingHorizon { intervals: self.segment, epochs: warm_up },
                StrategyName::Multiple => {
                    Shooting::MultipleShooting { intervals: self.segment, epochs: warm_up, penalty: self.penalty }
                }
            },
            regularisation: self.regularisation.settings(),
            batch_size: self.batch,
            seed: self.seed,
            learned_starts: self.learned_starts,
            standardised: !self.raw,
            validation: match (self.validation, self.validation_kind) {
                (None, _) => Validation::None,
                (Some(part), Some(ValidationName::Future)) => Validation::Future(part),
                (Some(part), Some(ValidationName::Trajectories)) => Validation::Trajectories(part),
                (Some(part), None) if data.len() == 1 => Validation::Future(part),
                (Some(part), None) => Validation::Trajectories(part),
            },
            patience: self.patience,
            clip: Some(self.clip),
            on_failure: match self.on_failure {
                FailureName::Backtrack => OnFailure::Backtrack,
                FailureName::Stop => OnFailure::Stop,
                FailureName::Skip => OnFailure::SkipBatch,
            },
            ..Settings::default()
        }
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

/// A positive number, or infinity.
fn norm(text: &str) -> Result<f64, String> {
    match text.trim() {
        "inf" => Ok(f64::INFINITY),
        number => positive(number).map_err(|expected| format!("{expected}, or inf")),
    }
}

fn tell_of_a_long_training(expected: Duration) {
    let minutes = expected.as_secs_f64() / 60.0;
    let time = if minutes < 120.0 { format!("{minutes:.0} minutes") } else { format!("{:.0} hours", minutes / 60.0) };
    eprintln!(
        "note: this training will take about {time}; fewer --epochs or --substeps, or a longer --step, take less"
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
