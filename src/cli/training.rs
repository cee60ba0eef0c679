//! Options of training.

use super::options::{count, decay, fraction, not_negative, positive, seed};
use clap::{Args, ValueEnum};
use kutta::Regularisation;
use kutta::data::Trajectories;
use kutta::train::{
    Adam, AnyOptimizer, Lbfgs, LevenbergMarquardt, OnFailure, Schedule, Settings, Sgd, Shooting, Validation,
};

/// How parameters are learned.
#[derive(Args)]
pub struct TrainingOptions {
    /// Passes over the data, at most
    #[arg(long, default_value_t = Settings::EPOCHS, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    pub epochs: usize,
    /// lm (Levenberg-Marquardt), lbfgs, adam or sgd; auto is lm, but adam where an option asks for what lm has no use for, or
    /// there are more than 25000 parameters
    #[arg(long, default_value = "auto", value_name = "NAME", help_heading = "Training")]
    optimizer: OptimizerName,
    /// Learning rate of adam or sgd [default: 0.005]
    #[arg(long, value_parser = positive, value_name = "RATE", help_heading = "Training", allow_hyphen_values = true)]
    lr: Option<f64>,
    /// Momentum of sgd [default: 0.9]
    #[arg(long, value_parser = decay, value_name = "NUMBER", help_heading = "Training",
          allow_hyphen_values = true)]
    momentum: Option<f64>,
    /// The learning rate over the epochs: constant, cosine (falls to zero at the end) or plateau (falls tenfold
    /// after 50 epochs without progress)
    /// [default: cosine]
    #[arg(long, value_name = "NAME", help_heading = "Training")]
    schedule: Option<ScheduleName>,
    /// How records are shot at: lengthening (windows that lengthen, with lm), single (from the start to the end), growing (a
    /// horizon that grows) or multiple (segments that are doubled and joined by and by); auto is lengthening with lm and
    /// multiple with others
    #[arg(long, default_value = "auto", value_name = "NAME", help_heading = "Training")]
    strategy: StrategyName,
    /// Intervals between observations in the first segments, or in the first horizon [default: 4]
    #[arg(long, value_parser = count, value_name = "INTERVALS", help_heading = "Training", allow_hyphen_values = true)]
    segment: Option<usize>,
    /// Epochs until the strategy has come to whole records [default: nine tenths of all epochs]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    pub warm_up: Option<usize>,
    /// Final weight of the gaps between segments; the loss counts as 1 [default: 10]
    #[arg(long, value_parser = positive, value_name = "WEIGHT", help_heading = "Training", allow_hyphen_values = true)]
    penalty: Option<f64>,
    /// Learn the states that records start from too, for noisy data; lm does where it finds noise
    #[arg(long, help_heading = "Training")]
    pub learned_starts: bool,
    /// What squares of weights count beside the mean square of errors, with lm [default: as the data decide, so that noise is
    /// not followed]
    #[arg(long, value_parser = not_negative, value_name = "NUMBER", help_heading = "Training", allow_hyphen_values = true)]
    weight_decay: Option<f64>,
    /// Train in the data's own units, instead of states of mean 0 and deviation 1
    #[arg(long, help_heading = "Training")]
    pub raw: bool,
    /// Whether times are taken by their logarithm, plain or log; auto is log for a single record that is smoother in it. What
    /// is learned in log holds from the start of the record alone, and for no time before that
    #[arg(long, default_value = "auto", value_name = "NAME", help_heading = "Training")]
    time: TimeName,
    /// Records in a batch, or windows of 16 intervals where there are no more records than that [default: all]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Training", allow_hyphen_values = true)]
    batch: Option<usize>,
    /// Longest gradient of adam or sgd; longer ones are shortened; inf for no bound [default: 0.1]
    #[arg(long, value_parser = norm, value_name = "NORM", help_heading = "Training", allow_hyphen_values = true)]
    clip: Option<f64>,
    /// Stop after so many epochs without a better loss on whole records
    #[arg(long, value_parser = count, value_name = "EPOCHS", help_heading = "Training", allow_hyphen_values = true)]
    patience: Option<usize>,
    /// When the stages of a batch are not solved: backtrack (take the last update of adam or sgd back and make a shorter
    /// one), stop, or skip the batch [default: backtrack]
    #[arg(long, value_name = "WHAT", help_heading = "Training")]
    on_failure: Option<FailureName>,
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
    Auto,
    Lm,
    Lbfgs,
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
enum StrategyName {
    Auto,
    Lengthening,
    Single,
    Growing,
    Multiple,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TimeName {
    Auto,
    Plain,
    Log,
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
    /// Numbers of its own that options give.
    pub fn given(&self) -> [(&'static str, Option<f64>); 2] {
        [("--lr", self.lr), ("--penalty", self.penalty)]
    }

    /// Refuses options that the optimiser has no use for.
    pub fn check(&self) -> Result<(), String> {
        if self.weight_decay.is_some() && self.is_by_gradients() {
            return Err("--weight-decay is for lm: optimisers by gradients have no use for it".to_string());
        }
        let name = match self.optimizer {
            OptimizerName::Auto => "auto",
            OptimizerName::Lm => "lm",
            OptimizerName::Lbfgs => "lbfgs",
            OptimizerName::Adam => "adam",
            OptimizerName::Sgd => return Ok(()),
        };
        if self.momentum.is_some() {
            return Err(format!("--momentum is for sgd: --optimizer {name} has no use for it"));
        }
        let given = [
            ("--lr", self.lr.is_some()),
            ("--clip", self.clip.is_some()),
            ("--schedule", self.schedule.is_some()),
            ("--on-failure", self.on_failure.is_some()),
            ("--batch", self.batch.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if matches!(self.optimizer, OptimizerName::Lm | OptimizerName::Lbfgs) => {
                Err(format!("{option} is for adam and sgd: --optimizer {name} has no use for it"))
            }
            _ => Ok(()),
        }
    }

    /// Whether least squares are kept from training.
    pub fn is_by_gradients(&self) -> bool {
        match self.optimizer {
            OptimizerName::Auto => self.wants_rates() || self.batch.is_some(),
            OptimizerName::Lm => false,
            _ => true,
        }
    }

    /// Whether an option is given that only gradients have a use for.
    fn wants_rates(&self) -> bool {
        self.lr.is_some() || self.schedule.is_some() || self.clip.is_some() || self.on_failure.is_some()
    }

    /// Whether times are taken by their logarithm in any case.
    pub fn is_in_logarithms(&self) -> bool {
        self.time == TimeName::Log
    }

    /// Whether there are no parts of records to warm up by.
    pub fn is_on_whole_records(&self) -> bool {
        self.strategy == StrategyName::Single
    }

    pub fn settings(&self, data: &Trajectories, regularisation: Regularisation) -> Settings {
        let warm_up = self.warm_up.unwrap_or(Shooting::warm_up(self.epochs));
        let rate = self.lr.unwrap_or(Adam::default().learning_rate);
        let intervals = self.segment.unwrap_or(Shooting::INTERVALS);
        let multiple = Shooting::MultipleShooting {
            intervals,
            epochs: warm_up,
            penalty: self.penalty.unwrap_or(Shooting::PENALTY),
        };
        Settings {
            optimizer: match self.optimizer {
                OptimizerName::Auto if self.wants_rates() => Adam::new(rate).into(),
                OptimizerName::Auto => AnyOptimizer::Automatic,
                OptimizerName::Lm => LevenbergMarquardt::default().into(),
                OptimizerName::Lbfgs => Lbfgs::default().into(),
                OptimizerName::Adam => Adam::new(rate).into(),
                OptimizerName::Sgd => Sgd::new(rate).momentum(self.momentum.unwrap_or(0.9)).into(),
            },
            schedule: match self.schedule {
                Some(ScheduleName::Constant) => Schedule::Constant,
                Some(ScheduleName::Cosine) | None => Schedule::Automatic,
                Some(ScheduleName::Plateau) => Schedule::reduce_on_plateau(),
            },
            shooting: match self.strategy {
                StrategyName::Auto if self.segment.or(self.warm_up).is_some() || self.penalty.is_some() => multiple,
                StrategyName::Auto => Shooting::Automatic,
                StrategyName::Lengthening => Shooting::Lengthening,
                StrategyName::Single => Shooting::SingleShooting,
                StrategyName::Growing => Shooting::GrowingHorizon { intervals, epochs: warm_up },
                StrategyName::Multiple => multiple,
            },
            regularisation,
            batch_size: self.batch,
            seed: self.seed,
            learned_starts: self.learned_starts.then_some(true),
            standardised: Some(!self.raw),
            weight_decay: self.weight_decay,
            logarithmic_time: match self.time {
                TimeName::Auto => None,
                TimeName::Plain => Some(false),
                TimeName::Log => Some(true),
            },
            validation: match (self.validation, self.validation_kind) {
                (None, _) => Validation::None,
                (Some(part), Some(ValidationName::Future)) => Validation::Future(part),
                (Some(part), Some(ValidationName::Trajectories)) => Validation::Trajectories(part),
                (Some(part), None) if data.len() == 1 => Validation::Future(part),
                (Some(part), None) => Validation::Trajectories(part),
            },
            patience: self.patience,
            clip: Some(self.clip.unwrap_or(Settings::CLIP)),
            on_failure: match self.on_failure {
                Some(FailureName::Backtrack) | None => OnFailure::Backtrack,
                Some(FailureName::Stop) => OnFailure::Stop,
                Some(FailureName::Skip) => OnFailure::SkipBatch,
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
