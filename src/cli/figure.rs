//! Figures of fits and predictions.

use kutta::Error;
use kutta::data::{Trajectories, Trajectory};
use kutta::field::AnyField;
use kutta::network::fewest_steps;
use kutta::plot::{Component, Point, TimeSeries, time_series};
use kutta::train::{Model, Settings, Validation};
use std::path::Path;

/// Records drawn in one figure; more would hide each other.
const MOST_RECORDS: usize = 8;

/// Data and fit. What was held out at the ends of records is forecast from the last observation before, as it is
/// judged; beyond the data, every record is forecast until `until`.
pub fn fit(
    path: &Path,
    model: &Model<AnyField>,
    data: &Trajectories,
    settings: &Settings,
    until: Option<f64>,
) -> Result<(), Error> {
    let data = &model.completed(data)?;
    let (training, future) = match settings.validation {
        Validation::None => (Trajectories::clone(data), None),
        Validation::Trajectories(part) => (data.split(part, settings.seed)?.0, None),
        Validation::Future(part) => data.split_time(part).map(|(past, future)| (past, Some(future)))?,
    };
    let shown = training.len().min(MOST_RECORDS);
    let mut components = components(model);
    for i in 0..shown {
        let record = training.trajectory(i);
        let (t0, end) = (record.times()[0], record.times()[record.len() - 1]);
        let learned = model.starts().iter().find(|s| s.trajectory == record.id() && s.time == t0);
        let start = learned.map_or(record.state(0), |s| &s.state);
        let fitted = model.predict(t0, start, &times(record.times(), model.step_size()))?;
        add(&mut components, |c| &mut c.observed, points(record.times(), record.states()));
        add(&mut components, |c| &mut c.fit, points(fitted.times(), fitted.states()));
        let mut last = fitted.state(fitted.len() - 1).to_vec();
        let mut ahead = vec![end];
        if let Some(future) = &future
            && let Some(held_out) = future.iter().find(|t| t.id() == record.id())
        {
            add(&mut components, |c| &mut c.observed, points(held_out.times(), held_out.states()).skip(1));
            last = held_out.state(0).to_vec();
            ahead = held_out.times().to_vec();
        }
        ahead.extend(until.filter(|&t| t > ahead[ahead.len() - 1]));
        if ahead.len() > 1 {
            let forecast = model.predict(end, &last, &times(&ahead, model.step_size()))?;
            add(&mut components, |c| &mut c.forecast, points(forecast.times(), forecast.states()));
        }
    }
    let title = match shown < training.len() {
        true => format!("The first {shown} of {} trajectories", training.len()),
        false => String::new(),
    };
    time_series(path, &TimeSeries { title, time: model.time_name().into(), components, ..Default::default() })
}

/// One predicted trajectory.
pub fn prediction(path: &Path, model: &Model<AnyField>, predicted: &Trajectory) -> Result<(), Error> {
    let mut components = components(model);
    add(&mut components, |c| &mut c.forecast, points(predicted.times(), predicted.states()));
    time_series(path, &TimeSeries { time: model.time_name().into(), components, ..Default::default() })
}

fn components(model: &Model<AnyField>) -> Vec<Component> {
    model.observed().iter().map(|name| Component { name: name.clone(), ..Default::default() }).collect()
}

/// Every component's points of states at some times, by time.
fn points<'a>(times: &'a [f64], states: &'a [f64]) -> impl Iterator<Item = Vec<Point>> + 'a {
    let dim = states.len() / times.len().max(1);
    times.iter().zip(states.chunks_exact(dim.max(1))).map(|(&t, state)| state.iter().map(|&y| [t, y]).collect())
}

/// Appends points to a line or cloud of each component, set off from what is there.
fn add(
    components: &mut [Component],
    part: fn(&mut Component) -> &mut Vec<Point>,
    points: impl Iterator<Item = Vec<Point>>,
) {
    components.iter_mut().for_each(|c| part(c).push([f64::NAN; 2]));
    for states in points {
        components.iter_mut().zip(states).for_each(|(c, point)| part(c).push(point));
    }
}

/// The times of the network's own steps from each of `times` to the next.
fn times(times: &[f64], step: f64) -> Vec<f64> {
    let mut all = vec![times[0]];
    for pair in times.windows(2) {
        // No more than can be seen.
        let steps = fewest_steps(pair[1] - pair[0], step).min(10_000);
        all.extend((1..steps).map(|k| pair[0] + (pair[1] - pair[0]) * (k as f64 / steps as f64)));
        all.push(pair[1]);
    }
    all
}
