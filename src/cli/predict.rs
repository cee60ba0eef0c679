//! `kutta predict`

use super::beyond::{beyond, warnings};
use super::files::Files;
use super::options::{finite, positive, shown};
use super::{Failure, print, print_json, tell};
use clap::Args;
use kutta::Error;
use kutta::data::{Standardisation, Trajectories, Trajectory};
use kutta::field::AnyField;
use kutta::flow::Solution;
use kutta::network::fewest_steps;
use kutta::train::{LearnedStart, Model};
use serde_json::json;
use std::path::PathBuf;

/// The interval between states in units of the mean interval of the data, where time goes by its logarithm.
const A_STEP: f64 = 0.25;
/// States in a prediction, at most.
const MOST_STATES: f64 = 1e7;

/// Predict with a learned model
///
/// Starts, times and states are in the units of the data that the model learned from. The prediction is CSV in the
/// same format as those data. A time to predict until that is before the start gives a hindcast, which ends with the
/// start. Of a model of positions alone (--second-order), a start is positions and then velocities, and a prediction is of
/// positions. Where a prediction leaves what the model has seen, standard error says so: there it is a guess.
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
    /// Time to start at; without --start, in the state that the model predicts for that time from the start of the
    /// training data [default: the start of the training data]
    #[arg(long, value_parser = finite, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<f64>,
    /// Time to predict until; before the start, for a hindcast
    #[arg(long, value_parser = finite, value_name = "TIME", allow_hyphen_values = true)]
    until: f64,
    /// Interval between predicted states [default: the network's step; for models of the logarithm of time, a quarter of
    /// the mean interval in that]
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
        let files = Files::default()
            .json(self.json)
            .read("the model", self.model.as_path())
            .written("--out", self.out.as_deref());
        #[cfg(feature = "plot")]
        let files = files.written("--plot", self.plot.as_deref());
        files.check()?;
        self.predict(&Model::load(&self.model)?)
    }

    fn predict(&self, model: &Model<AnyField>) -> Result<(), Failure> {
        let (start, t0) = self.start(model)?;
        let standard = model.standardisation();
        let times = match standard.time_offset() {
            Some(_) if self.every.is_none() && self.until != t0 => self.times_in_units(t0, standard),
            _ => self.times(t0, model.step_size())?,
        };
        let path = trajectory(&self.integrate(model, t0, &start, &times)?)?;
        #[cfg(feature = "plot")]
        if let Some(file) = &self.plot {
            super::figure::prediction(file, model, &path)?;
        }
        let mut warnings = warnings(model, &path);
        if self.start.is_some() && model.standardisation().time_offset().is_some() {
            let told = "the model is of the logarithm of time: it holds from the start that it learned, and a prediction from \
                        another is a guess";
            warnings.push(told.to_string());
        }
        let observed = model.observed();
        let states: Vec<&[f64]> =
            path.states().chunks_exact(path.dim()).map(|state| &state[..observed.len()]).collect();
        let shown = Trajectory::new("", path.times().to_vec(), states.concat())?;
        let csv = Trajectories::new(observed.to_vec(), vec![shown])?.with_time_name(model.time_name())?;
        if let Some(out) = &self.out {
            csv.write_csv(out)?;
        }
        warnings.iter().for_each(|warning| tell("warning", warning));
        match (self.json, &self.out) {
            (true, _) => print_json(&json!({
                // Names of files need not be text.
                "model": self.model.display().to_string(), "scheme": model.block().method().name(),
                "method": if self.flow { "flow" } else { "network" },
                "time": model.time_name(), "components": observed,
                "times": path.times(), "states": states, "warnings": warnings, "beyond": beyond(model, &path),
            })),
            (false, None) => print(csv.to_csv_string()?),
            (false, Some(out)) => print(format_args!("{} states in {}\n", path.len(), out.display())),
        }
    }

    /// The states at these times from a start, by the method that was asked for.
    fn integrate(
        &self,
        model: &Model<AnyField>,
        t0: f64,
        start: &[f64],
        times: &[f64],
    ) -> Result<Solution<f64>, Failure> {
        if self.flow {
            let until = times.last().copied().unwrap_or(t0);
            let path = model.flow(t0, start, times, self.tolerance);
            return path.map_err(|error| self.not_met(error, until, model.time_name()));
        }
        model.predict(t0, start, times).map_err(|error| match error {
            Error::NotConverged { .. } | Error::NotFinite { .. } | Error::Singular { .. } => {
                Failure::Failed(format!("{error}; or let --flow choose the steps, or predict less far"))
            }
            other => other.into(),
        })
    }

    /// A flow that ended early, in the words of the command line.
    fn not_met(&self, error: Error, until: f64, time_name: &str) -> Failure {
        let Error::ToleranceNotMet { time, .. } = error else { return error.into() };
        let (time, until, tolerance) = (shown(time), shown(until), shown(self.tolerance));
        Failure::Failed(format!(
            "--flow came as far as {time_name} = {time} on the way to {until}: with --tolerance {tolerance} it would take \
             too many steps from there, or what it follows ends; loosen --tolerance, predict less far, or without --flow"
        ))
    }

    /// State and time to start from.
    fn start(&self, model: &Model<AnyField>) -> Result<(Vec<f64>, f64), Failure> {
        let known = model.starts();
        let learned = match &self.trajectory {
            None => known.first(),
            Some(name) => {
                Some(known.iter().find(|s| s.trajectory == *name).ok_or_else(|| Failure::Usage(unknown(name, known)))?)
            }
        };
        let missing = |argument| Failure::Usage(format!("{argument} is missing, and the model knows no start"));
        let start = match (&self.start, learned) {
            (Some(start), _) if start.len() != model.block().dim() => {
                let (found, names) = (start.len(), model.components().join(","));
                let expected = model.block().dim();
                return Err(Failure::Usage(format!("--start has {found} numbers, expected {expected}: {names}")));
            }
            (Some(start), _) => start.clone(),
            (None, Some(learned)) => self.state_at(model, learned, self.from.unwrap_or(learned.time))?,
            (None, None) => return Err(missing("--start")),
        };
        let t0 = self.from.or(learned.map(|s| s.time)).ok_or_else(|| missing("--from"))?;
        Ok((start, t0))
    }

    /// What the model itself predicts for time `t`, before or after the start that it learned.
    fn state_at(&self, model: &Model<AnyField>, learned: &LearnedStart, t: f64) -> Result<Vec<f64>, Failure> {
        if t == learned.time {
            return Ok(learned.state.clone());
        }
        let farthest = MOST_STATES * model.step_size();
        // Halves, so that no two times are too far apart to tell how far.
        if 0.5 * (0.5 * t - 0.5 * learned.time).abs() > 0.25 * farthest {
            let (t, from, farthest) = (shown(t), shown(learned.time), shown(farthest));
            let expected = format!("a time no farther than {farthest} from the start at {from}, or a --start");
            return Err(Failure::Usage(format!("--from is {t}, expected {expected}")));
        }
        Ok(self.integrate(model, learned.time, &learned.state, &[t])?.states().to_vec())
    }

    /// From `t0` to the end, evenly in the units that the model has learned in: for those in which time goes by its logarithm.
    fn times_in_units(&self, t0: f64, standard: &Standardisation) -> Vec<f64> {
        let [from, until] = [t0, self.until].map(|t| standard.apply_time(t));
        // Times that have no logarithm are refused by the model, with the reason.
        let count = if (until - from).is_finite() { fewest_steps((until - from).abs(), A_STEP) } else { 1 };
        let inner = (1..count).map(|k| standard.invert_time(from + (until - from) * k as f64 / count as f64));
        let mut times = vec![t0];
        times.extend(inner);
        times.push(self.until);
        times
    }

    /// `t0`, `t0 ± every`, …, and the end.
    fn times(&self, t0: f64, step: f64) -> Result<Vec<f64>, Failure> {
        let (until, from) = (shown(self.until), shown(t0));
        if self.until == t0 {
            return Err(Failure::Usage(format!("--until is {until}, expected another time than the start at {from}")));
        }
        // Halves, so that no two times are too far apart to tell how far.
        let steps_of = |size: f64| (0.5 * self.until - 0.5 * t0).abs() / (0.5 * size);
        let too_fine = |size: f64| steps_of(size) > MOST_STATES || t0 + size == t0 || self.until - size == self.until;
        // Between states that are asked for, a flow takes steps of its own.
        if !(self.flow && self.every.is_some()) && too_fine(step) {
            let (farthest, step) = (shown(MOST_STATES * step), shown(step));
            let expected = format!("a time no farther than {farthest} from the start at {from}, in steps of {step}");
            let flow = if self.flow { "set --every" } else { "use --flow with --every" };
            return Err(Failure::Usage(format!("--until is {until}, too far: expected {expected}; or {flow}")));
        }
        let every = self.every.unwrap_or(step);
        if too_fine(every) {
            let expected = format!("an interval that leads from {from} to {until} in at most {MOST_STATES:e}");
            return Err(Failure::Usage(format!("--every is {}, expected {expected}", shown(every))));
        }
        let inner = fewest_steps(steps_of(every), 1.0);
        let toward = if self.until < t0 { -every } else { every };
        let mut times: Vec<f64> = (0..inner).map(|k| t0 + k as f64 * toward).collect();
        times.push(self.until);
        Ok(times)
    }
}

/// What to say of a name that no training trajectory has.
fn unknown(name: &str, known: &[LearnedStart]) -> String {
    /// Most names that are listed.
    const MOST_LISTED: usize = 12;
    let names: Vec<_> = known.iter().take(MOST_LISTED).map(|s| format!("`{}`", s.trajectory)).collect();
    let rest = if known.len() > MOST_LISTED { format!(", … ({} in all)", known.len()) } else { String::new() };
    match known {
        [] => format!("--trajectory is `{name}`, but the model knows no trajectories; give --start and --from"),
        [one] if one.trajectory.is_empty() => {
            format!("--trajectory is `{name}`, but there is only one, without a name; leave the option out")
        }
        _ => format!("--trajectory is `{name}`, expected one of {}{rest}", names.join(", ")),
    }
}

/// What was predicted, in order of time, and without zeros that have a sign.
fn trajectory(path: &Solution<f64>) -> Result<Trajectory, Error> {
    let mut all: Vec<(f64, &[f64])> = path.iter().collect();
    all.sort_by(|(t, _), (other, _)| t.total_cmp(other));
    let times = all.iter().map(|(t, _)| t + 0.0).collect();
    Trajectory::new("", times, all.iter().flat_map(|(_, state)| *state).map(|y| y + 0.0).collect())
}
