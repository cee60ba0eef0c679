//! What `kutta fit` says at the end.

use super::energy::EnergyReport;
use super::fit_options::FitOptions;
use super::spectral::{Bound, Bounds, Eigenvalues};
use super::structure::Equation;
use super::verdict::Told;
use super::{Failure, print, print_json};
use kutta::Regularisation;
use kutta::data::{Standardisation, Trajectories};
use kutta::field::AnyField;
use kutta::solve::StageMethod;
use kutta::train::{Model, Rmse, Seen, Settings, Summary};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

/// The outcome of a training, as it is printed.
#[derive(Serialize)]
pub struct FitReport {
    data: String,
    trajectories: usize,
    observations: usize,
    time: String,
    components: Vec<String>,
    /// Of the data, by component; errors are judged against it.
    standard_deviation: BTreeMap<String, f64>,
    step_size: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    /// `τ` of logarithmic time, and its origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    logarithmic_time: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Equation::is_none")]
    structure: Equation,
    widths: Vec<usize>,
    activation: String,
    #[serde(rename = "bound", skip_serializing_if = "Option::is_none")]
    bounds: Option<Bounds>,
    #[serde(skip_serializing_if = "Regularisation::is_none")]
    regularisation: Regularisation,
    #[serde(flatten)]
    summary: Summary,
    /// Epochs that were asked for.
    planned_epochs: usize,
    /// What ended training before its time: a signal, or an error.
    interrupted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    energy: Option<EnergyReport>,
    /// Of the fixed-point iteration, if that solves the stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    contraction: Option<f64>,
    verdict: Told,
    out: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plot: Option<String>,
    #[serde(skip)]
    json: bool,
}

impl FitReport {
    /// `plot`: the figure, if it was drawn.
    pub fn new(
        options: &FitOptions,
        fit: &kutta::train::Fit<AnyField>,
        data: &Trajectories,
        settings: &Settings,
        interrupted: Option<String>,
        plot: Option<&PathBuf>,
    ) -> Result<Self, Failure> {
        let mended = (!fit.summary.outliers.is_empty()).then(|| data.without_outliers());
        let data = mended.as_ref().unwrap_or(data);
        let (standard, seen) = (Standardisation::fit(data)?, Seen::of(data));
        let deviation = |i: usize| if seen.is_constant(i) { 0.0 } else { standard.scale()[i] };
        // Names of files need not be text.
        let name = |path: &Path| path.display().to_string();
        let structure = options.structure.chosen();
        let completed = fit.model.completed(data)?;
        Ok(FitReport {
            data: name(&options.data),
            trajectories: data.len(),
            observations: data.observations(),
            time: data.time_name().to_string(),
            components: data.components().to_vec(),
            standard_deviation: data.components().iter().cloned().zip((0..).map(deviation)).collect(),
            step_size: fit.model.step_size(),
            accuracy: fit.model.block().accuracy_of_steps(),
            logarithmic_time: fit
                .model
                .standardisation()
                .time_offset()
                .map(|offset| [offset, fit.model.standardisation().time_origin()]),
            structure,
            widths: structure.widths(data.dim(), options),
            activation: options.activation.to_string(),
            bounds: Bounds::new(options.spectral.bound(), &fit.model, data)?,
            regularisation: options.regularisation.settings(),
            summary: fit.summary.clone(),
            planned_epochs: options.training.epochs,
            interrupted,
            energy: EnergyReport::new(&fit.model, data),
            contraction: match options.stages.solver {
                StageMethod::FixedPoint => Some(contraction(&fit.model, &completed)?),
                _ => None,
            },
            verdict: Told::new(fit, options, data, settings)?,
            out: name(&options.out),
            record: options.record.as_deref().map(name),
            plot: plot.map(|path| name(path)),
            json: options.json,
        })
    }

    pub fn print(&self) -> Result<(), Failure> {
        if self.json { print_json(self) } else { print(self) }
    }

    fn errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { train_rmse: training, validation_rmse: held_out, unpredicted, .. } = &self.summary;
        unpredicted.iter().try_for_each(|what| writeln!(f, "no prediction of {what}"))?;
        let all = self.components.len() > 1;
        let name = self.components.iter().map(|c| c.chars().count()).fold("root mean square error".len(), usize::max);
        let mut line = |label: &str, cells: &[String]| {
            write!(f, "{label:name$}")?;
            // Errors, each with its R².
            let widths = [18, 8].into_iter().cycle();
            cells.iter().zip(widths).try_for_each(|(cell, width)| write!(f, "  {cell:>width$}"))?;
            writeln!(f)
        };
        let titles: &[&str] = match held_out {
            None => &["training", "R²", "(deviation of data)"],
            Some(_) => &["training", "R²", "held out", "R²", "(deviation of data)"],
        };
        line("root mean square error", &titles.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let mut numbers = |label: &str, of: fn(&Rmse, &str) -> Option<f64>, deviation: Option<&f64>| {
            let cells = |rmse: Option<&Rmse>| {
                let error = rmse.and_then(|rmse| of(rmse, label));
                [number(error.as_ref()), explained(error, deviation)]
            };
            let mut all = cells(training.as_ref()).to_vec();
            all.extend(held_out.iter().flat_map(|rmse| cells(Some(rmse))));
            all.push(format!("({})", number(deviation)));
            line(label, &all)
        };
        for c in &self.components {
            numbers(c, |rmse, c| rmse.by_component.get(c).copied(), self.standard_deviation.get(c))?;
        }
        if all {
            let mean = self.standard_deviation.values().map(|x| x * x).sum::<f64>() / self.components.len() as f64;
            numbers("all", |rmse, _| Some(rmse.overall), Some(&mean.sqrt()))?;
        }
        if held_out.is_some() {
            writeln!(f, "The held-out data chose among the epochs: on data never seen, expect a larger error.")?;
        }
        Ok(())
    }
}

/// `h ‖A ⊗ J‖₂` of the longest step, at most over all states of the data.
fn contraction(model: &Model<AnyField>, data: &Trajectories) -> Result<f64, Failure> {
    let mut most: f64 = 0.0;
    let standard = model.standardisation().apply(data)?;
    for record in standard.iter() {
        for (&t, state) in record.times().iter().zip(record.states().chunks_exact(record.dim())) {
            most = model.block().contraction(model.params(), t, &[state])?.into_iter().fold(most, f64::max);
        }
    }
    Ok(most)
}

impl Bounds {
    fn write(&self, f: &mut fmt::Formatter<'_>, time: &str) -> fmt::Result {
        let number = |x: f64| number(Some(&x));
        match self.bound {
            Bound::Nothing => return Ok(()),
            Bound::Lipschitz { bound } => write!(f, "bound    rates below {bound}")?,
            Bound::Spectrum { alpha, beta } => write!(f, "bound    rates in the disc from {alpha} to {beta}")?,
        }
        writeln!(f, " per {time}; norms take {:.0} % of what that allows", 100.0 * self.norms_share)?;
        let Eigenvalues { least_real, largest_real, largest_imaginary, states } = self.eigenvalues;
        let (least, largest) = (number(least_real), number(largest_real));
        let imaginary = number(largest_imaginary);
        writeln!(f, "         real parts {least} to {largest}, imaginary up to {imaginary} at {states} observations")
    }
}

/// `R² = 1 - e²`, with `e` the error for the deviation, to four digits after the point and never more than it is.
fn explained(error: Option<f64>, deviation: Option<&f64>) -> String {
    match (error, deviation) {
        (Some(error), Some(&deviation)) if deviation > 0.0 => match 1.0 - (error / deviation).powi(2) {
            r2 if r2 > -1e3 => format!("{:.4}", (1e4 * r2).floor() / 1e4),
            r2 => format!("{r2:.0e}"),
        },
        _ => "-".to_string(),
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

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

impl fmt::Display for FitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary {
            scheme,
            parameters,
            determined,
            optimizer,
            epochs,
            starts,
            stopped_early,
            seconds,
            failed_solves,
            steps,
            mean_iterations,
            ..
        } = &self.summary;
        let (observations, trajectories) = (
            plural(self.observations, "observation", "observations"),
            plural(self.trajectories, "trajectory", "trajectories"),
        );
        if self.verdict.is_bad() {
            writeln!(f, "{}", self.verdict)?;
        }
        writeln!(f, "data     {}: {observations}, {trajectories}", self.data)?;
        let widths = self.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
        let of_them = determined.map_or(String::new(), |count| format!(", of which the data determine {count:.0}"));
        let parameters = plural(*parameters, "parameter", "parameters");
        let of = self.structure.network();
        writeln!(f, "network  {of}{widths} {}, {parameters}{of_them}", self.activation)?;
        match self.accuracy {
            Some(accuracy) => {
                writeln!(f, "scheme   {scheme}, steps through an interval to {accuracy:e} of the deviation")?
            }
            None => writeln!(f, "scheme   {scheme}, steps of {} {} at most", self.step_size, self.time)?,
        }
        if let Some([offset, origin]) = self.logarithmic_time {
            let (offset, origin, time) = (number(Some(&offset)), number(Some(&origin)), &self.time);
            writeln!(
                f,
                "time     by its logarithm, ln(1 + ({time} - {origin})/{offset}): the equation holds from the start of the \
                 record alone; --time plain for one that does not change with time"
            )?;
        }
        if let Some(bounds) = &self.bounds {
            bounds.write(f, &self.time)?;
        }
        let planned = plural(self.planned_epochs, "epoch", "epochs");
        let trained = match &self.interrupted {
            Some(_) => format!("{epochs} of {planned}"),
            None => plural(*epochs, "epoch", "epochs"),
        };
        let mut work = format!("{trained} of {optimizer} in {seconds:.1} s");
        if *stopped_early {
            work += ", stopped since the loss no longer fell";
        }
        if *starts > 1 {
            let _ = write!(work, ", the best of {starts} starts");
        }
        if *steps > 0 {
            let _ = write!(work, ", {} an epoch", plural(*steps, "step", "steps"));
        }
        if *mean_iterations > 0.0 {
            let _ = write!(work, ", {mean_iterations:.1} iterations a stage system");
        }
        if *failed_solves > 0 {
            let attempts = plural(*failed_solves, "attempt", "attempts");
            let _ = write!(work, ", {attempts} failed at the stages of a batch");
        }
        writeln!(f, "training {work}")?;
        if let Some(energy) = &self.energy {
            writeln!(f, "energy   {}", energy.told())?;
        }
        if let Some(rate) = &self.contraction {
            let rate_is = format!("factor {} at most, at the data", number(Some(rate)));
            match *rate < 1.0 {
                true => writeln!(f, "stages   the fixed-point iteration contracts: {rate_is}")?,
                false => writeln!(
                    f,
                    "warning  the fixed-point iteration need not contract: {rate_is}; take shorter steps, or another --solver"
                )?,
            }
        }
        if let Some(penalties) = &self.summary.penalties {
            let all = [
                ("divergence", penalties.divergence),
                ("Jacobian", penalties.jacobian),
                ("kinetic", penalties.kinetic),
                ("variation", penalties.variation),
            ];
            let parts: Vec<String> =
                all.iter().filter(|(_, x)| *x != 0.0).map(|(name, x)| format!("{name} {}", number(Some(x)))).collect();
            let parts = if parts.is_empty() { "none".to_string() } else { parts.join(", ") };
            writeln!(f, "penalty  {parts} in the last epoch")?;
        }
        writeln!(f)?;
        self.errors(f)?;
        match self.verdict.is_bad() {
            true => writeln!(f)?,
            false => writeln!(f, "\n{}", self.verdict)?,
        }
        writeln!(f, "model    {}", self.out)?;
        if let Some(path) = &self.record {
            writeln!(f, "record   {path}")?;
        }
        if let Some(path) = &self.plot {
            writeln!(f, "figure   {path}")?;
        }
        Ok(())
    }
}
