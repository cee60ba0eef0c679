//! How far a prediction leaves what the model has seen, in words and numbers.

use super::options::{digits, shown};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{AnyField, Dimensions};
use kutta::network::Sharing;
use kutta::train::{Departure, Model, Seen};
use serde_json::{Map, Value, json};

/// Records that are looked at beyond their end, and places of each.
const RECORDS: usize = 8;
const STEPS: usize = 100;
/// Intervals that are so many times the usual one are gaps; places that are looked at in one; and how many ranges beyond what
/// was seen is told.
const GAP: f64 = 3.0;
const IN_A_GAP: usize = 16;
const WIDE: f64 = 0.25;

/// Where a prediction is outside of what the model has seen.
pub fn warnings(model: &Model<AnyField>, path: &Trajectory) -> Vec<String> {
    let Some(seen) = model.seen() else {
        let unknown = "the model does not tell the times and states it learned from: whether the prediction leaves them is \
                       not known";
        return vec![unknown.to_string()];
    };
    let name = model.time_name();
    let mut warnings: Vec<String> = Vec::new();
    let [first, last] = seen.times;
    let (from, to) = (path.times()[0], path.times()[path.len() - 1]);
    let beyond = (first - from).max(to - last);
    let sees_time = model.block().field().depends_on_time() || model.block().sharing() == Sharing::PerStep;
    let range = format!("data from {name} = {} to {}", shown(first), shown(last));
    // As much as rounding makes is not beyond.
    let is_beyond = beyond > 1e-9 * (last - first);
    if sees_time && is_beyond {
        warnings.push(format!("the equation changes with time, and was learned from {range}: beyond, it is a guess"));
    } else if is_beyond {
        let share = digits(beyond / (last - first));
        warnings.push(format!("the prediction goes beyond the {range}, by {share} times their length"));
    }
    for departure in seen.departures(path) {
        let component = &model.components()[departure.component];
        let [least, largest] = seen.states[departure.component].map(digits);
        let (value, time) = (digits(departure.value), shown(departure.time));
        let share = match seen.is_constant(departure.component) {
            true => String::new(),
            false => format!(", {} ranges beyond", digits(ranges_beyond(seen, departure.component, departure.value))),
        };
        let sign = if departure.value < 0.0 && seen.states[departure.component][0] >= 0.0 {
            "; that it stays positive, or is conserved, cannot be imposed yet"
        } else {
            ""
        };
        warnings.push(format!(
            "`{component}` leaves what was seen, {least} to {largest}: it reaches {value} at {name} = {time}{share}, \
             where the equation is a guess{sign}"
        ));
    }
    if let (Some((k, distance)), Some(cover)) = (seen.gap(path), &seen.cover) {
        let (distance, spacing, time) = (digits(distance), digits(cover.spacing), shown(path.times()[k]));
        warnings.push(format!(
            "each component stays in its range, but together they leave what was seen: at {name} = {time} the nearest state \
             of the data is {distance} deviations away, against {spacing} along the data; there the equation is a guess"
        ));
    }
    warnings
}

/// What becomes of the records amid the data, where these have gaps, if they leave what was seen there.
pub fn in_gaps(model: &Model<AnyField>, data: &Trajectories) -> Option<String> {
    let (seen, data) = (model.seen()?, model.completed(data).ok()?);
    for record in data.iter().take(RECORDS) {
        let intervals = || record.times().windows(2).map(|ends| ends[1] - ends[0]);
        let mut sorted: Vec<f64> = intervals().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let Some(&usual) = sorted.get(sorted.len() / 2) else { continue };
        let parts = |interval: f64| if interval > GAP * usual { IN_A_GAP } else { 1 };
        let inner = record.times().iter().zip(intervals()).flat_map(|(&t, interval)| {
            (1..=parts(interval)).map(move |k| t + interval * k as f64 / parts(interval) as f64)
        });
        let times: Vec<f64> = record.times().iter().take(1).copied().chain(inner).collect();
        if times.len() == record.len() {
            continue;
        }
        let Ok(path) = model.predict(times[0], record.state(0), &times) else { continue };
        let path = Trajectory::new("", times, path.states().to_vec()).ok()?;
        let of = if record.id().is_empty() { String::new() } else { format!(" of record {}", record.id()) };
        let name = model.time_name();
        let is_wide = |d: &Departure| ranges_beyond(seen, d.component, d.value) > WIDE;
        let is_between = |d: &Departure| !record.times().contains(&d.time);
        if let Some(departure) = seen.departures(&path).into_iter().find(|d| is_wide(d) && is_between(d)) {
            return Some(format!(
                "between observations{of}, `{}` leaves what was seen, to {} at {name} = {}: the data do not tell what happens \
                 in their gaps",
                model.components()[departure.component],
                digits(departure.value),
                shown(departure.time),
            ));
        }
    }
    None
}

/// What becomes of the records beyond the data, in as much time again, if they leave what was seen.
pub fn going_on(model: &Model<AnyField>, data: &Trajectories) -> Option<String> {
    let (seen, data) = (model.seen()?, model.completed(data).ok()?);
    let name = model.time_name();
    for record in data.iter().take(RECORDS) {
        let (last, of) = (record.len() - 1, if record.id().is_empty() { "" } else { " of a record" });
        let (from, span) = (record.times()[last], record.times()[last] - record.times()[0]);
        let times: Vec<f64> = (0..=STEPS).map(|k| from + span * k as f64 / STEPS as f64).collect();
        let Ok(path) = model.predict(from, record.state(last), &times) else {
            return Some(format!("beyond the data{of}, a prediction fails before {name} = {}", shown(from + span)));
        };
        let path = Trajectory::new("", times, path.states().to_vec()).ok()?;
        let farthest = seen
            .departures(&path)
            .into_iter()
            .map(|departure| (ranges_beyond(seen, departure.component, departure.value), departure));
        if let Some((ranges, departure)) =
            farthest.filter(|(ranges, _)| *ranges > 1.0).max_by(|a, b| a.0.total_cmp(&b.0))
        {
            return Some(format!(
                "beyond the data{of}, `{}` leaves what was seen, to {} at {name} = {}, {} ranges beyond: a forecast is a \
                 guess there",
                model.components()[departure.component],
                digits(departure.value),
                shown(departure.time),
                digits(ranges)
            ));
        }
    }
    None
}

/// How far a prediction leaves what the model has seen, if that is known: in parts of the time of the data; for each component
/// the most, in its units and in parts of its range; and the largest distance from the nearest state, in deviations.
pub fn beyond(model: &Model<AnyField>, path: &Trajectory) -> Option<Value> {
    let seen = model.seen()?;
    let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, f64::max);
    let component = |(i, name): (usize, &String)| {
        let values = || path.states().iter().skip(i).step_by(path.dim());
        let beyond = most(&mut values().map(|&y| seen.beyond(i, y)));
        let ranges = (!seen.is_constant(i)).then(|| most(&mut values().map(|&y| ranges_beyond(seen, i, y))));
        (name.clone(), json!({ "beyond": beyond, "ranges": ranges }))
    };
    let components: Map<String, Value> = model.components().iter().enumerate().map(component).collect();
    let distance =
        seen.cover.as_ref().map(|cover| most(&mut path.states().chunks_exact(path.dim()).map(|y| cover.distance(y))));
    Some(json!({
        "time": most(&mut path.times().iter().map(|&t| seen.time_beyond(t))),
        "components": components, "distance": distance, "spacing": seen.cover.as_ref().map(|cover| cover.spacing),
    }))
}

/// By how many times its range a component that changes is beyond it.
fn ranges_beyond(seen: &Seen, component: usize, value: f64) -> f64 {
    let [least, largest] = seen.states[component];
    // Halves, so that no range overflows.
    0.5 * seen.beyond(component, value) / (0.5 * largest - 0.5 * least)
}
