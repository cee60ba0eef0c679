//! What the data and the command tell beforehand.

use super::fit_options::FitOptions;
use super::options::digits;
use kutta::data::{Outlier, Trajectories, Trajectory};
use kutta::train::{Assessment, Seen, Settings, Validation, Worth};

/// By how much a ramp may miss a line, in parts of its height.
const EVEN: f64 = 1e-4;

/// By how much a jump exceeds all other changes.
const JUMP: f64 = 3.0;

/// Intervals after a jump from which it is told.
const FEWEST: usize = 5;

/// Columns that are no components of a state.
pub fn notes(verdict: &Assessment, data: &Trajectories) -> Vec<String> {
    let mut notes = Vec::new();
    // `T` is a temperature as a rule.
    let is_time = |name: &String| name == "t" || name.eq_ignore_ascii_case("time");
    for (i, name) in data.components().iter().enumerate() {
        if verdict.components[name].worth == Worth::Constant {
            notes.push(format!("`{name}` never changes, and is held constant"));
        } else if data.iter().all(|record| changes(record, i).all(|change| change == 0.0)) {
            notes.push(format!(
                "`{name}` changes from record to record alone: it is a constant of the record, which cannot be given as \
                 one yet, and is learned as a component"
            ));
        } else if is_ramp(data, i) && !is_time(name) {
            notes.push(format!(
                "`{name}` changes at a constant rate, like a clock or a ramp that is set from outside; inputs cannot be \
                 given yet, and it is learned as a component"
            ));
        } else if looks_imposed(data, i) {
            notes.push(format!(
                "`{name}` stays and jumps, like an input that is set from outside; inputs cannot be given yet, and it is \
                 learned as a component"
            ));
        }
    }
    // What is followed is no jump.
    let is_bad = verdict.overall >= Worth::Poor;
    notes.extend(data.components().iter().enumerate().filter_map(|(i, name)| first_jump(data, i).filter(|_| is_bad).map(|t| {
        format!(
            "`{name}` jumps right after {} = {}, and never so again: if something was given there, a dose, leave that row \
             out: the equation does not know of it",
            data.time_name(),
            digits(t)
        )
    })));
    notes.extend(data.iter().filter(|_| is_bad).flat_map(|record| jumps_amid(record, data)));
    let time = data.time_name();
    if let Some(name) = data.components().iter().find(|name| is_time(name)).filter(|_| !is_time(&time.to_string())) {
        notes.push(format!("the time is the first column, `{time}`; `{name}` is learned as a component"));
    }
    notes
}

/// Observations that stand alone: those that training did without, or else all there are.
pub fn left_out(without: &[Outlier], data: &Trajectories) -> Vec<String> {
    let (outliers, done) = match without {
        [] => (data.outliers(), "leave it out, if it is a slip"),
        without => (without.to_vec(), "it was left out"),
    };
    let told = |Outlier { trajectory, component, time, value, expected }: &Outlier| {
        let of = if trajectory.is_empty() { String::new() } else { format!(" of `{trajectory}`") };
        let [value, expected, time] = [value, expected, time].map(|&x| digits(x));
        format!(
            "`{component}` is {value} at {} = {time}{of}, and {expected} by its neighbours: {done}",
            data.time_name()
        )
    };
    outliers.iter().map(told).collect()
}

/// Options that do what is hardly meant.
pub fn odd(options: &FitOptions, data: &Trajectories, settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    let epochs = options.training.epochs;
    if let Some(warm_up) = options.training.warm_up.filter(|&w| w > epochs && !options.training.is_on_whole_records()) {
        notes.push(format!("--warm-up is {warm_up}, and --epochs only {epochs}: training ended amid the warm-up"));
    }
    if settings.logarithmic_time == Some(true) && data.len() > 1 && !options.time_input {
        let why = "in the logarithm of time an equation changes with time";
        notes.push(format!("{why}: several records of one equation may need --time-input with --time log"));
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
fn changes(record: &Trajectory, component: usize) -> impl Iterator<Item = f64> {
    let values = record.states().iter().skip(component).step_by(record.dim());
    values.clone().skip(1).zip(values).map(|(after, before)| after - before)
}

/// The first time of the first record, if in all of them the component changes at once by [`JUMP`] times what it ever does
/// again, and then goes back.
fn first_jump(data: &Trajectories, component: usize) -> Option<f64> {
    let jumps = |record: &Trajectory| {
        let mut rest: Vec<f64> = changes(record, component).collect();
        let first = rest.remove(0);
        let (back, largest) = (rest.iter().sum::<f64>(), rest.iter().fold(0.0, |most: f64, x| most.max(x.abs())));
        rest.len() >= FEWEST && first * back < 0.0 && first.abs() > JUMP * largest
    };
    data.iter().all(jumps).then(|| data.trajectory(0).times()[0])
}

/// Where components of a record jump, once, by [`JUMP`] times what they change by anywhere else, and are calm around that.
fn jumps_amid(record: &Trajectory, data: &Trajectories) -> Option<String> {
    let jump = |i: usize| {
        let all: Vec<f64> = changes(record, i).map(f64::abs).collect();
        let k = (0..all.len()).max_by(|&a, &b| all[a].total_cmp(&all[b]))?;
        let rest = (0..all.len()).filter(|&j| j != k).map(|j| all[j]).fold(0.0, f64::max);
        let is_amid = (FEWEST..all.len().saturating_sub(FEWEST)).contains(&k);
        (is_amid && all[k] > JUMP * rest).then_some(k)
    };
    let found: Vec<Option<usize>> = (0..data.dim()).map(jump).collect();
    let k = found.iter().flatten().next().copied()?;
    let with = data.components().iter().zip(&found).filter(|(_, at)| **at == Some(k));
    let names: Vec<String> = with.map(|(name, _)| format!("`{name}`")).collect();
    let (time, [from, until]) = (data.time_name(), [k, k + 1].map(|k| digits(record.times()[k])));
    let of = if record.id().is_empty() { String::new() } else { format!(" of `{}`", record.id()) };
    let (names, verb) = (names.join(" and "), if names.len() > 1 { "jump" } else { "jumps" });
    Some(format!(
        "{names} {verb} between {time} = {from} and {until}{of}, as nowhere else: if something was done there, make what \
         follows a record of its own"
    ))
}

/// Whether a component, beside others, changes at the same rate all through each record.
fn is_ramp(data: &Trajectories, component: usize) -> bool {
    let even = |record: &Trajectory| {
        let (times, last) = (record.times(), record.len() - 1);
        let [first, end] = [0, last].map(|k| record.state(k)[component]);
        let rate = (end - first) / (times[last] - times[0]);
        let line = |k: usize| first + rate * (times[k] - times[0]);
        last > 2
            && end != first
            && (0..=last).all(|k| (record.state(k)[component] - line(k)).abs() <= EVEN * (end - first).abs())
    };
    data.dim() > 1 && data.iter().all(even)
}

/// Whether a component keeps its value for most intervals, and jumps through a good part of its range in one.
fn looks_imposed(data: &Trajectories, component: usize) -> bool {
    let all: Vec<f64> = data.iter().flat_map(|record| changes(record, component)).collect();
    let [least, largest] = Seen::of(data).states[component];
    let still = all.iter().filter(|&&change| change == 0.0).count();
    2 * still > all.len() && all.iter().any(|change| 4.0 * change.abs() >= largest - least)
}
