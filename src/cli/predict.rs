//! `kutta predict`

use super::options::{finite, positive};
use super::{Failure, check_writable, print, print_json};
use clap::Args;
use kutta::VectorField;
use kutta::data::Trajectories;
use kutta::field::{Bounded, Mlp, Normalised, WithInputs};
use kutta::train::Model;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::PathBuf;

/// States in a prediction, at most.
const MOST_STATES: f64 = 1e7;

/// Predict with a learned model
///
/// Starts, times and states are in the units of the data that the model learned from. The prediction is CSV in the
/// same format as those data.
///
/// Example: kutta predict model.json --until 1940 --every 0.1 --out path.csv
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Predict {
    /// The model, as `kutta fit` saves it
    model: PathBuf,

    /// State to start from, one number for each component [default: the start of the training data]
    #[arg(long, value_delimiter = ',', value_parser = finite, value_name = "NUMBERS", allow_hyphen_values = true)]
    start: Option<Vec<f64>>,
    /// Start from that of this training trajectory [default: the first]
    #[arg(long, value_name = "NAME", conflicts_with = "start")]
    trajectory: Option<String>,
    /// Time to start at [default: the start of the training data]
    #[arg(long, value_parser = finite, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<f64>,
    /// Time to predict until
    #[arg(long, value_parser = finite, value_name = "TIME", allow_hyphen_values = true)]
    until: f64,
    /// Interval between predicted states [default: the network's step]
    #[arg(long, value_parser = positive, value_name = "INTERVAL", allow_hyphen_values = true)]
    every: Option<f64>,
    /// Integrate the learned equation accurately, instead of with the network's own steps
    #[arg(long)]
    flow: bool,
    /// Relative tolerance of --flow
    #[arg(long, default_value = "1e-6", value_parser = tolerance, value_name = "SIZE", requires = "flow",
          allow_hyphen_values = true)]
    tolerance: f64,

    /// Where the prediction goes [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Draw the prediction as SVG
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    plot: Option<PathBuf>,
    /// Print the prediction as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// What accurate integration in double precision can meet.
fn tolerance(text: &str) -> Result<f64, String> {
    let expected = || "expected a number from 1e-14 to 1, less than 1".to_string();
    text.parse().ok().filter(|x| (1e-14..1.0).contains(x)).ok_or_else(expected)
}

impl Predict {
    pub fn run(&self) -> Result<(), Failure> {
        check_writable(&self.out)?;
        #[cfg(feature = "plot")]
        check_writable(&self.plot)?;
        // Fields that depend on time, or are bounded, are saved as other types.
        let plain = match Model::<Mlp>::load(&self.model) {
            Ok(model) => return self.predict(&model),
            Err(error) => error,
        };
        if let Ok(model) = Model::<WithInputs<Mlp>>::load(&self.model) {
            return self.predict(&model);
        }
        if let Ok(model) = Model::<Normalised<WithInputs<Mlp>>>::load(&self.model) {
            return self.predict(&model);
        }
        if let Ok(model) = Model::<Bounded<Normalised<WithInputs<Mlp>>>>::load(&self.model) {
            return self.predict(&model);
        }
        Err(plain.into())
    }

    fn predict<F: VectorField + DeserializeOwned>(&self, model: &Model<F>) -> Result<(), Failure> {
        let (start, t0) = self.start(model)?;
        let times = self.times(t0, model.step_size())?;
        let path = if self.flow {
            model.flow(&start, t0, &times, self.tolerance)?
        } else {
            model.predict(&start, t0, &times)?
        };
        #[cfg(feature = "plot")]
        if let Some(file) = &self.plot {
            super::figure::prediction(file, model, &path)?;
        }
        let states: Vec<&[f64]> = path.states().chunks_exact(path.dim()).collect();
        let object = json!({
            "model": self.model, "scheme": model.block().tableau().name(),
            "method": if self.flow { "flow" } else { "network" },
            "time": model.time_name(), "components": model.components(),
            "times": path.times(), "states": states,
        });
        let csv =
            Trajectories::new(model.components().to_vec(), vec![path.clone()])?.with_time_name(model.time_name())?;
        if let Some(out) = &self.out {
            csv.write_csv(out)?;
        }
        match (self.json, &self.out) {
            (true, _) => print_json(&object),
            (false, None) => print(csv.to_csv_string()?),
            (false, Some(out)) => print(format_args!("{} states in {}\n", path.len(), out.display())),
        }
    }

    /// State and time to start from.
    fn start<F: VectorField>(&self, model: &Model<F>) -> Result<(Vec<f64>, f64), Failure> {
        let known = model.starts();
        let learned = match &self.trajectory {
            None => known.first(),
            Some(name) => Some(known.iter().find(|s| s.trajectory == *name).ok_or_else(|| {
                let names: Vec<_> = known.iter().map(|s| format!("`{}`", s.trajectory)).collect();
                Failure::Usage(format!("--trajectory is `{name}`, expected one of {}", names.join(", ")))
            })?),
        };
        let missing = |argument| Failure::Usage(format!("{argument} is missing, and the model knows no start"));
        let start = match (&self.start, learned) {
            (Some(start), _) if start.len() != model.block().dim() => {
                let (found, names) = (start.len(), model.components().join(","));
                let expected = model.block().dim();
                return Err(Failure::Usage(format!("--start has {found} numbers, expected {expected}: {names}")));
            }
            (Some(start), _) => start.clone(),
            (None, Some(learned)) => learned.state.clone(),
            (None, None) => return Err(missing("--start")),
        };
        let t0 = self.from.or(learned.map(|s| s.time)).ok_or_else(|| missing("--from"))?;
        Ok((start, t0))
    }

    /// `t0`, `t0 + every`, …, and the end.
    fn times(&self, t0: f64, step: f64) -> Result<Vec<f64>, Failure> {
        let (until, every) = (self.until, self.every.unwrap_or(step));
        if until <= t0 {
            return Err(Failure::Usage(format!("--until is {until}, expected a time after the start at {t0}")));
        }
        let count = (until - t0) / every;
        if count > MOST_STATES || t0 + every == t0 || until - every == until {
            let expected = format!("an interval that leads from {t0} to {until} in at most {MOST_STATES:e}");
            return Err(Failure::Usage(format!("--every is {every}, expected {expected}")));
        }
        if !self.flow && (until - t0) / step > MOST_STATES {
            let expected = format!("at most {MOST_STATES:e} steps of {step} from {t0}");
            return Err(Failure::Usage(format!("--until is {until}, expected {expected}; or use --flow")));
        }
        // An end that is missed by rounding only is not told apart.
        let inner = (count - 1e-6).ceil().max(1.0) as usize;
        let mut times: Vec<f64> = (0..inner).map(|k| t0 + k as f64 * every).collect();
        times.push(until);
        Ok(times)
    }
}
