//! Results in files and as tables.

use crate::network::Architecture;
use crate::robustness::Robustness;
use kutta::train::History;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// Settings and results of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub architecture: Architecture,
    pub parameters: usize,
    pub epochs: usize,
    pub batch: usize,
    pub learning_rate: f64,
    pub divergence: f64,
    pub seed: u64,
    pub noise_in_training: f64,
    /// Radius of attacks in training; none if it saw none.
    pub adversarial: Option<f64>,
    /// Draws of noise that accuracies are means over.
    pub draws: u64,
    pub threads: usize,
    /// Of the median epoch.
    pub seconds_an_epoch: f64,
    pub training: Robustness,
    pub held_out: Robustness,
    pub history: History,
}

impl Report {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}, expected what --json wrote", path.display()))
    }

    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What it is called beside others.
    pub fn label(&self) -> String {
        let mut label = format!("θ = {}", self.architecture.theta);
        if self.noise_in_training > 0.0 {
            label += &format!(", noise {}", self.noise_in_training);
        }
        if let Some(radius) = self.adversarial {
            label += &format!(", adversarial {radius}");
        }
        label
    }
}

/// Accuracies of several trainings in %, side by side.
pub fn print(reports: &[Report]) {
    for report in reports {
        let Report { parameters, epochs, seed, seconds_an_epoch, threads, history, .. } = report;
        let (model, loss) = (report.architecture.model, history.epochs.last().map_or(f64::NAN, |row| row.loss));
        println!(
            "{}: {model:?}, {parameters} parameters, {epochs} epochs of {seconds_an_epoch:.2} s on {threads} threads, \
             seed {seed}, loss at the end {loss:.4}",
            report.label()
        );
    }
    type Part = fn(&Report) -> &Robustness;
    let parts: [(&str, Part); 2] = [("images trained on", |r| &r.training), ("held-out images", |r| &r.held_out)];
    for (name, part) in parts {
        println!("\naccuracy in %, {name}: top 1 (± deviation of draws) / top 2");
        let columns = reports.iter().map(|report| format!("{:>24}", report.label())).collect::<String>();
        println!("{:<16}{columns}", "");
        let Some(first) = reports.first() else { return };
        for (k, row) in part(first).noise.iter().enumerate() {
            let cell = |report: &Report| {
                part(report).noise.get(k).map_or(String::new(), |row| {
                    let [top1, deviation, top2] = [row.top1, row.top1_deviation, row.top2].map(|x| 100.0 * x);
                    format!("{top1:.1} (± {deviation:.1}) / {top2:.1}")
                })
            };
            let cells: String = reports.iter().map(|report| format!("{:>24}", cell(report))).collect();
            println!("{:<16}{cells}", format!("noise {:.1}", row.sigma));
        }
        for (k, row) in part(first).attacks.iter().enumerate() {
            let cell = |report: &Report| {
                let row = part(report).attacks.get(k);
                row.map_or(String::new(), |row| format!("{:.1} / {:.1}", 100.0 * row.top1, 100.0 * row.top2))
            };
            let cells: String = reports.iter().map(|report| format!("{:>24}", cell(report))).collect();
            println!("{:<16}{cells}", format!("{:?} {}", row.attack, row.radius));
        }
    }
}
