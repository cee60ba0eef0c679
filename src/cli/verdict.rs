//! What a fit is worth, in words, and what to do about it.

use super::fit_options::FitOptions;
use kutta::data::Trajectories;
use kutta::train::{Assessment, Seen, Settings, Validation, Worth};
use serde::Serialize;
use std::fmt;

/// The largest over the least of a component's values, from which its logarithm is the better component.
const ORDERS: f64 = 1e3;

/// A verdict, with advice where it is bad, and notes on what the data and the command tell beforehand.
#[derive(Serialize)]
pub struct Told {
    #[serde(flatten)]
    verdict: Assessment,
    advice: Vec<String>,
    notes: Vec<String>,
}

impl Told {
    pub fn new(verdict: Assessment, options: &FitOptions, data: &Trajectories, settings: &Settings) -> Self {
        let advice = if verdict.overall < Worth::Poor { Vec::new() } else { advice(&verdict, options, data) };
        let mut notes = notes(&verdict, options, data);
        notes.extend(odd(options, data, settings));
        Told { verdict, advice, notes }
    }
}

fn advice(verdict: &Assessment, options: &FitOptions, data: &Trajectories) -> Vec<String> {
    let mut advice = Vec::new();
    if options.training.raw {
        advice.push("leave out --raw: networks learn badly in units that are not of order one".to_string());
    }
    for (name, [least, largest]) in data.components().iter().zip(Seen::of(data).states) {
        if least > 0.0 && largest / least >= ORDERS {
            let orders = (largest / least).log10();
            advice.push(format!(
                "`{name}` spans {orders:.0} orders of magnitude: put its logarithm into the file instead, kutta cannot \
                 take it yet"
            ));
        }
    }
    if let [name] = data.components()
        && !options.time_input
        && data.iter().any(rises_and_falls)
    {
        advice.push(format!(
            "`{name}` rises and falls, which a single component cannot by an equation that does not change with time: give \
             another component, its slope perhaps, or --time-input; hidden states cannot be learned yet"
        ));
    }
    let (bad, rest): (Vec<_>, Vec<_>) = verdict.components.iter().partition(|(_, j)| j.worth >= Worth::Worthless);
    if !bad.is_empty() && rest.iter().any(|(_, j)| j.worth != Worth::Constant) {
        let names = names(bad.iter().map(|(name, _)| *name));
        advice.push(format!(
            "if {names} is imposed from outside, it is an input and no component of the state; inputs cannot be given \
             yet: leave the column out, if the rest can do without it"
        ));
    }
    let mut others = vec!["another --seed", "more --epochs", "a shorter --segment"];
    if options.time_input {
        others.push("larger --hidden layers");
    } else {
        others.push("--time-input, if the equation changes with time");
    }
    if !options.training.learned_starts {
        others.push("--learned-starts, if the data are noisy");
    }
    advice.push(format!("try {}", others.join(", ")));
    advice
}

fn notes(verdict: &Assessment, options: &FitOptions, data: &Trajectories) -> Vec<String> {
    let mut notes = Vec::new();
    let (parameters, numbers) = (verdict.parameters, verdict.numbers);
    if parameters > numbers {
        let check = if options.training.validation.is_none() { ": hold some out with --validation to see" } else { "" };
        notes.push(format!("{parameters} parameters for {numbers} numbers may follow them without any law{check}"));
    }
    for (i, name) in data.components().iter().enumerate() {
        if verdict.components[name].worth == Worth::Constant {
            notes.push(format!("`{name}` never changes, and is held constant"));
        } else if data.iter().all(|record| changes(record, i).all(|change| change == 0.0)) {
            notes.push(format!(
                "`{name}` changes from record to record alone: it is a constant of the record, which cannot be given as \
                 one yet, and is learned as a component"
            ));
        } else if looks_imposed(data, i) {
            notes.push(format!(
                "`{name}` stays and jumps, like an input that is set from outside; inputs cannot be given yet, and it is \
                 learned as a component"
            ));
        }
    }
    let time = data.time_name();
    let is_time = |name: &&String| ["t", "time"].iter().any(|word| name.eq_ignore_ascii_case(word));
    if let Some(name) = data.components().iter().find(is_time).filter(|_| !is_time(&&time.to_string())) {
        notes.push(format!("the time is the first column, `{time}`; `{name}` is learned as a component"));
    }
    notes
}

/// Options that do what is hardly meant.
fn odd(options: &FitOptions, data: &Trajectories, settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    let epochs = options.training.epochs;
    if let Some(warm_up) = options.training.warm_up.filter(|&w| w > epochs && !options.training.is_on_whole_records()) {
        notes.push(format!("--warm-up is {warm_up}, and --epochs only {epochs}: training ended amid the warm-up"));
    }
    // The first observation of each part is the last one before.
    if let Validation::Future(part) = settings.validation
        && data.split_time(part).is_ok_and(|(_, future)| future.observations() == future.len() + 1)
    {
        notes.push(format!("--validation {part} holds out a single observation, which tells little"));
    }
    notes
}

/// By how much a component changes from observation to observation.
fn changes(record: &kutta::data::Trajectory, component: usize) -> impl Iterator<Item = f64> {
    let values = record.states().iter().skip(component).step_by(record.dim());
    values.clone().skip(1).zip(values).map(|(after, before)| after - before)
}

/// Whether the first component does both.
fn rises_and_falls(record: &kutta::data::Trajectory) -> bool {
    changes(record, 0).any(|change| change > 0.0) && changes(record, 0).any(|change| change < 0.0)
}

/// Whether a component keeps its value for most intervals, and jumps through a good part of its range in one.
fn looks_imposed(data: &Trajectories, component: usize) -> bool {
    let all: Vec<f64> = data.iter().flat_map(|record| changes(record, component)).collect();
    let [least, largest] = Seen::of(data).states[component];
    let still = all.iter().filter(|&&change| change == 0.0).count();
    2 * still > all.len() && all.iter().any(|change| 4.0 * change.abs() >= largest - least)
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

/// A worthless prediction, compared with the mean of the data.
fn against_the_mean(name: &str, error: f64) -> String {
    let worse = |factor| format!("`{name}` is predicted worse than by its mean, by a factor of {factor}");
    match error {
        ..1.0 => format!("`{name}` is predicted hardly better than by its mean"),
        ..2.0 => format!("`{name}` is predicted no better than by its mean"),
        ..1e5 => worse(format!("{error:.1}")),
        _ => worse(format!("{error:.0e}")),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overall = self.verdict.overall;
        let is_seen_alone = self.verdict.components.values().all(|j| j.held_out_error.is_none());
        let on = if is_seen_alone && [Worth::Good, Worth::Fair].contains(&overall) {
            ", on what it learned from"
        } else {
            ""
        };
        write!(f, "verdict  {overall}{on}")?;
        let bad = self.verdict.components.iter().filter(|(_, j)| j.worth == Worth::Worthless);
        let bad: Vec<String> = bad
            .map(|(name, j)| {
                let error = j.error.into_iter().chain(j.held_out_error).fold(0.0, f64::max);
                against_the_mean(name, error)
            })
            .collect();
        writeln!(f, "{}{}", if bad.is_empty() { "" } else { ": " }, bad.join(", "))?;
        self.advice.iter().try_for_each(|advice| writeln!(f, "advice   {advice}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note     {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_few_digits() {
        let told = [0.98, 1.5, 20.25, 7.1e98].map(|error| against_the_mean("x", error));
        assert!(told[0].contains("hardly better") && told[1].contains("no better"), "{told:?}");
        assert!(told[2].ends_with("a factor of 20.2") && told[3].ends_with("a factor of 7e98"), "{told:?}");
    }
}
