//! The arguments of `kutta fit`.

use super::options::{by_name, count, fraction, positive};
use super::regularisation::RegularisationOptions;
use super::spectral::Spectral;
use super::stages::StageOptions;
use super::structure::StructureOptions;
use super::training::TrainingOptions;
use clap::Args;
use kutta::field::Activation;
use std::ffi::OsString;
use std::path::PathBuf;

/// Learn a differential equation from recorded trajectories
///
/// The right-hand side is a multilayer perceptron, integrated from observation to observation by the steps of a
/// Runge-Kutta scheme. The data are a CSV file with a header: a column of times, one column for each component,
/// and a column `trajectory` if there are several records. Training is reproducible: the same data, options and
/// seed give the same model.
///
/// What is known of the equation narrows it down: an energy that is kept (--hamiltonian, --separable) or lost
/// (--dissipative), or second order (--second-order), for which positions are enough.
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
pub struct FitOptions {
    /// The data, a CSV file
    pub data: PathBuf,

    #[command(flatten)]
    pub structure: StructureOptions,

    /// Name of a scheme (see `kutta schemes`), or a TOML or JSON file with A, b and c
    #[arg(long, default_value = "radau_iia_2", help_heading = "Network")]
    pub scheme: OsString,
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
    /// Estimated error of the steps through an interval between observations, relative to the deviation of the data: as many
    /// steps are taken as that needs, revised in training [default: 1e-6]
    #[arg(long, value_parser = fraction, value_name = "ERROR", conflicts_with_all = ["substeps", "step"], help_heading = "Network", allow_hyphen_values = true)]
    pub accuracy: Option<f64>,
    /// Steps in the median interval between observations, instead of --accuracy; 4 where errors cannot decide, as with adam
    #[arg(long, value_parser = count, value_name = "STEPS", help_heading = "Network", allow_hyphen_values = true)]
    pub substeps: Option<usize>,
    /// Longest step, in the data's unit of time, instead of --substeps
    #[arg(long, value_parser = positive, value_name = "SIZE", conflicts_with = "substeps", help_heading = "Network", allow_hyphen_values = true)]
    pub step: Option<f64>,
    /// Give every step of the time that the data span parameters of its own; a forecast keeps the last
    #[arg(long, help_heading = "Network")]
    pub per_step: bool,
    #[command(flatten)]
    pub stages: StageOptions,

    #[command(flatten)]
    pub training: TrainingOptions,

    #[command(flatten)]
    pub regularisation: RegularisationOptions,

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
    pub checkpoint: Option<PathBuf>,
    /// Epochs from one checkpoint to the next
    #[arg(long, default_value = "500", value_parser = count, value_name = "EPOCHS", help_heading = "Output", allow_hyphen_values = true)]
    pub checkpoint_every: usize,
    /// Continue from a checkpoint; the other options must be those it was made with, --epochs may be larger unless
    /// it enters --schedule cosine or --warm-up
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub resume: Option<PathBuf>,
    /// Print the outcome as one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}
