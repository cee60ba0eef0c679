//! Options of training.

use super::options::{count, decay, fraction, positive, seed};
use clap::{Args, ValueEnum};
use kutta::Regularisation;
use kutta::data::Trajectories;
use kutta::train::{Adam, OnFailure, Schedule, Settings, Sgd, Shooting, Validation};

/// How parameters are learned.
#[derive(Args)]
pub struct TrainingOptions {
    /// Passes over the data
    #[arg(long, default_value_t = Settings::EPOCHS, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    pub epochs: usize,
    /// adam or sgd
    #[arg(long, default_value = "adam", value_name = "NAME", help_heading = "Training")]
    optimizer: OptimizerName,
    /// Learning rate
    #[arg(long, default_value_t = Adam::default().learning_rate, value_parser = positive, value_name = "RATE", help_heading = "Training",
          allow_hyphen_values = true)]
    pub lr: f64,
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
    pub penalty: f64,
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
    pub threads: Option<usize>,

    /// Hold out this part of the data, between 0 and 1, and keep the parameters that predict it best
    #[arg(long, value_parser = fraction, value_name = "PART", help_heading = "Validation", allow_hyphen_values = true)]
    pub validation: Option<f64>,
    /// What is held out: future (the end of every record) or trajectories (whole records) [default: trajectories if
    /// there are several records]
    #[arg(long, value_name = "NAME", requires = "validation", help_heading = "Validation")]
    validation_kind: Option<ValidationName>,
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

impl TrainingOptions {
    pub fn settings(&self, data: &Trajectories, regularisation: Regularisation) -> Settings {
        let warm_up = self.warm_up.unwrap_or(Shooting::warm_up(self.epochs));
        Settings {
            optimizer: match self.optimizer {
                OptimizerName::Adam => Adam::new(self.lr).into(),
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
            regularisation,
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
}

/// A positive number, or infinity.
fn norm(text: &str) -> Result<f64, String> {
    match text.trim() {
        "inf" => Ok(f64::INFINITY),
        number => positive(number).map_err(|expected| format!("{expected}, or inf")),
    }
}
