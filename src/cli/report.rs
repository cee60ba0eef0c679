//! What `kutta fit` says at the end.

use super::fit::Fit;
use super::{Failure, print, print_json};
use kutta::VectorField;
use kutta::data::{Standardisation, Trajectories};
use kutta::train::Summary;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::PathBuf;

/// The outcome of a training, as it is printed.
#[derive(Serialize)]
pub struct Report {
    data: PathBuf,
    trajectories: usize,
    observations: usize,
    time: String,
    components: Vec<String>,
    /// Of the data, by component; errors are judged against it.
    standard_deviation: BTreeMap<String, f64>,
    step_size: f64,
    widths: Vec<usize>,
    activation: String,
    #[serde(flatten)]
    summary: Summary,
    out: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plot: Option<PathBuf>,
    #[serde(skip)]
    json: bool,
}

impl Report {
    pub fn new<F>(options: &Fit, fit: &kutta::train::Fit<F>, data: &Trajectories) -> Result<Self, Failure>
    where
        F: VectorField,
    {
        let deviation = Standardisation::fit(data)?;
        let mut widths = vec![data.dim() + usize::from(options.time_input)];
        widths.extend(&options.hidden);
        widths.push(data.dim());
        Ok(Report {
            data: options.data.clone(),
            trajectories: data.len(),
            observations: data.observations(),
            time: data.time_name().to_string(),
            components: data.components().to_vec(),
            standard_deviation: data.components().iter().cloned().zip(deviation.scale().iter().copied()).collect(),
            step_size: fit.model.step_size(),
            widths,
            activation: options.activation.to_string(),
            summary: fit.summary.clone(),
            out: options.out.clone(),
            record: options.record.clone(),
            #[cfg(feature = "plot")]
            plot: options.plot.clone(),
            #[cfg(not(feature = "plot"))]
            plot: None,
            json: options.json,
        })
    }

    pub fn print(&self) -> Result<(), Failure> {
        if self.json { print_json(self) } else { print(self) }
    }

    fn errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let validation = self.summary.validation_rmse.as_ref();
        let name = self.components.iter().map(|c| c.chars().count()).max().unwrap_or(0).max(24);
        let mut line = |name_of: &str, training: &str, held_out: Option<&str>, deviation: &str| {
            write!(f, "{name_of:name$}  {training:>10}")?;
            if let Some(held_out) = held_out {
                write!(f, "  {held_out:>10}")?;
            }
            writeln!(f, "  {deviation:>10}")
        };
        line("root mean square error", "training", validation.map(|_| "held out"), "deviation of the data")?;
        for component in &self.components {
            let held_out = validation.map(|v| number(v.by_component.get(component)));
            let training = number(self.summary.train_rmse.by_component.get(component));
            line(component, &training, held_out.as_deref(), &number(self.standard_deviation.get(component)))?;
        }
        if self.components.len() > 1 {
            let deviation = self.standard_deviation.values().map(|x| x * x / self.components.len() as f64).sum::<f64>();
            let held_out = validation.map(|v| number(Some(&v.overall)));
            let training = number(Some(&self.summary.train_rmse.overall));
            line("all", &training, held_out.as_deref(), &number(Some(&deviation.sqrt())))?;
        }
        Ok(())
    }
}

/// Three digits, in whichever notation is shorter.
fn number(x: Option<&f64>) -> String {
    match x {
        None => "-".to_string(),
        Some(x) if *x == 0.0 || (1e-3..1e5).contains(&x.abs()) => {
            let digits = if *x == 0.0 { 0 } else { (2 - x.abs().log10().floor() as i32).max(0) };
            format!("{x:.*}", digits as usize)
        }
        Some(x) => format!("{x:.2e}"),
    }
}

fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {}", one.replace("trajectory", "trajectorie") + "s") }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { scheme, parameters, epochs, stopped_early, seconds, failed_solves, mean_iterations, .. } =
            &self.summary;
        let (observations, trajectories) =
            (plural(self.observations, "observation"), plural(self.trajectories, "trajectory"));
        writeln!(f, "data     {}: {observations}, {trajectories}", self.data.display())?;
        let widths = self.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
        writeln!(f, "network  {widths} {}, {}", self.activation, plural(*parameters, "parameter"))?;
        writeln!(f, "scheme   {scheme}, steps of at most {} in {}", number(Some(&self.step_size)), self.time)?;
        let mut work = format!("{} in {seconds:.1} s", plural(*epochs, "epoch"));
        if *stopped_early {
            work += ", stopped since the loss no longer fell";
        }
        if *mean_iterations > 0.0 {
            let _ = write!(work, ", {mean_iterations:.1} iterations a stage system");
        }
        if *failed_solves > 0 {
            let _ = write!(work, ", {} skipped because stages were not solved", plural(*failed_solves, "batche"));
        }
        writeln!(f, "training {work}\n")?;
        self.errors(f)?;
        writeln!(f, "\nmodel    {}", self.out.display())?;
        if let Some(path) = &self.record {
            writeln!(f, "record   {}", path.display())?;
        }
        if let Some(path) = &self.plot {
            writeln!(f, "figure   {}", path.display())?;
        }
        Ok(())
    }
}
