//! What was measured, as a table and as a summary over seeds.

use crate::place::{Place, write_whole};
use kutta::Error;
use serde_json::{Map, Value, json};
use std::io;

/// A case, by the names and values that tell it from others, and what was measured of it; NaN where there is nothing to
/// measure.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub case: Vec<(&'static str, Value)>,
    pub measures: Vec<(&'static str, f64)>,
}

const SEED: &str = "seed";

impl Outcome {
    pub fn measure(&self, name: &str) -> f64 {
        self.measures.iter().find(|(own, _)| *own == name).map_or(f64::NAN, |(_, x)| *x)
    }

    /// The case without its seed.
    fn group(&self) -> Vec<&(&'static str, Value)> {
        self.case.iter().filter(|(name, _)| *name != SEED).collect()
    }
}

/// Writes a table with a row for each case (CSV), and the settings with mean, deviation and range of every measure over the
/// seeds (JSON), a line for each case.
pub fn write(place: &Place, name: &str, settings: Value, outcomes: &[Outcome]) -> Result<(), Error> {
    let path = place.result(name).with_extension("csv");
    let failed = |error: csv::Error| Error::Io { path: path.clone(), source: io::Error::other(error) };
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(first) = outcomes.first() {
        let measures = first.measures.iter().map(|(name, _)| name);
        writer
            .write_record(["run"].iter().chain(first.case.iter().map(|(name, _)| name)).chain(measures))
            .map_err(failed)?;
    }
    for outcome in outcomes {
        let case = outcome.case.iter().map(|(_, value)| value.as_str().map_or(value.to_string(), str::to_string));
        let run = std::iter::once(place.effort.name.to_string());
        writer.write_record(run.chain(case).chain(outcome.measures.iter().map(|(_, x)| text(*x)))).map_err(failed)?;
    }
    write_whole(&path, &writer.into_inner().map_err(|error| failed(error.into_error().into()))?)?;

    // Cases that differ by their seeds alone, in the order of the first of each.
    let mut groups: Vec<Vec<&Outcome>> = Vec::new();
    for outcome in outcomes {
        match groups.iter_mut().find(|group| group[0].group() == outcome.group()) {
            Some(group) => group.push(outcome),
            None => groups.push(vec![outcome]),
        }
    }
    let summary: Vec<String> = groups.iter().map(|group| summarised(group).to_string()).collect();
    let (run, kutta) = (place.effort.name, env!("CARGO_PKG_VERSION"));
    let head = format!(r#""run":"{run}","kutta":"{kutta}","settings":{settings}"#);
    let text = format!("{{{head},\n\"summary\":[\n{}\n]}}\n", summary.join(",\n"));
    write_whole(&place.result(name).with_extension("json"), text.as_bytes())
}

fn summarised(seeds: &[&Outcome]) -> Value {
    let mut summary: Map<String, Value> =
        seeds[0].group().into_iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    summary.insert("seeds".into(), seeds.len().into());
    for (name, _) in &seeds[0].measures {
        summary.insert(name.to_string(), spread(seeds.iter().map(|outcome| outcome.measure(name))));
    }
    Value::Object(summary)
}

/// `[mean, standard deviation, least, largest]` of what was measured, and of how many; of one value, that value.
fn spread(values: impl Iterator<Item = f64>) -> Value {
    let values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    match values[..] {
        [] => Value::Null,
        [one] => json!(rounded(one)),
        _ => json!({
            "count": values.len(),
            "mean": rounded(mean),
            "deviation": rounded((squares / (count - 1.0)).sqrt()),
            "least": rounded(values.iter().copied().fold(f64::INFINITY, f64::min)),
            "largest": rounded(values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        }),
    }
}

/// To six digits.
fn rounded(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

fn text(x: f64) -> String {
    if x.is_finite() { rounded(x).to_string() } else { String::new() }
}
