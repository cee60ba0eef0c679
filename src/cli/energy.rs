//! What a learned energy does.

use super::options::digits;
use kutta::data::Trajectories;
use kutta::field::AnyField;
use kutta::train::{EnergyDrift, Model};
use serde::Serialize;

/// Records that are looked at, and how many times as long as they are.
const RECORDS: usize = 8;
const LONG: f64 = 10.0;
/// A rise that rounding and the errors of steps do not make.
const RISE: f64 = 1e-4;

/// The drift of a learned energy along predictions from the starts of the records, the largest; in units of what it changes by
/// when the state moves by one deviation of the data across its levels.
#[derive(Serialize)]
pub struct EnergyReport {
    /// Whether it may be lost.
    dissipated: bool,
    over_the_data: Option<EnergyDrift>,
    /// Where a prediction so far fails, none.
    ten_times_as_long: Option<EnergyDrift>,
}

impl EnergyReport {
    /// `None` for a model without an energy.
    pub fn new(model: &Model<AnyField>, data: &Trajectories) -> Option<Self> {
        let potential = model.block().field().potential()?;
        let of = |times_as_long: f64| {
            let each = data.iter().take(RECORDS).map(|record| model.energy_drift(potential, record, times_as_long));
            let all = each.collect::<Result<Vec<_>, _>>().ok()?;
            let rise = all.iter().map(|drift| drift.rise).fold(0.0, f64::max);
            let worst = all.into_iter().max_by(|a, b| a.drift.total_cmp(&b.drift))?;
            Some(EnergyDrift { rise, ..worst })
        };
        let dissipated = matches!(model.block().field(), AnyField::PortHamiltonian(_));
        Some(EnergyReport { dissipated, over_the_data: of(1.0), ten_times_as_long: of(LONG) })
    }

    /// In words, of which there are two lines at most.
    pub fn told(&self) -> String {
        let number = |drift: &Option<EnergyDrift>, of: fn(&EnergyDrift) -> f64| {
            drift.as_ref().map_or_else(|| "unknown".to_string(), |drift| digits(of(drift)))
        };
        let unit = "in units of what moving by one deviation changes it by";
        if !self.dissipated {
            let [data, long] = [&self.over_the_data, &self.ten_times_as_long].map(|drift| number(drift, |d| d.drift));
            return format!("the learned one drifts by {data} over the data, by {long} over ten times as long, {unit}");
        }
        let [data, long] = [&self.over_the_data, &self.ten_times_as_long].map(|drift| number(drift, |d| d.change));
        let rise = self.over_the_data.iter().chain(&self.ten_times_as_long).map(|drift| drift.rise).fold(0.0, f64::max);
        let rises =
            if rise <= RISE { "and never rises".to_string() } else { format!("and rises by up to {}", digits(rise)) };
        format!("the learned one changes by {data} over the data, by {long} over ten times as long, {rises}, {unit}")
    }
}
