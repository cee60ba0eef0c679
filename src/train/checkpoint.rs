//! Checkpoints: the whole state of a training, with the settings it belongs to.

use super::model::precision;
use super::state::State;
use super::{AnyOptimizer, Settings, document};
use crate::data::{Trajectories, Trajectory};
use crate::{Error, Real};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

const FORMAT: &str = "kutta checkpoint";
const FORMAT_VERSION: u64 = 1;

#[derive(Serialize)]
struct Saved<'a, T: Real> {
    settings: &'a Description,
    state: &'a State<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Real"))]
struct Loaded<T> {
    settings: Description,
    state: State<T>,
}

/// What a checkpoint is compared by.
pub(super) type Description = Map<String, Value>;

/// Settings, and the precision.
pub(super) fn describe<T: Real>(settings: &Settings) -> Description {
    let mut description = match serde_json::to_value(settings) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    description.insert("precision".into(), precision::<T>().into());
    description
}

pub(super) fn save<T: Real>(path: &Path, settings: &Description, state: &State<T>) -> Result<(), Error> {
    document::save(path, FORMAT, FORMAT_VERSION, &Saved { settings, state })
}

/// The state of a training with these settings; [`Error::Parse`] names the first that differs.
pub(super) fn load<T: Real>(path: &Path, settings: &Description) -> Result<State<T>, Error> {
    let loaded: Loaded<T> = document::load(path, FORMAT, FORMAT_VERSION..=FORMAT_VERSION)?;
    for (name, now) in settings {
        let then = match loaded.settings.get(name) {
            Some(then) if name == "optimizer" => &as_written_now(then),
            then => then.unwrap_or(&Value::Null),
        };
        if then != now {
            let (place, then, now) = first_difference(name.clone(), then, now);
            let reason = format!(
                "the checkpoint is of a training with other settings: {place} was {}, is now {}; \
                 resume with the same settings, or start anew",
                shortened(then),
                shortened(now)
            );
            return Err(document::invalid(path, reason));
        }
    }
    Ok(loaded.state)
}

/// Where two settings differ first, as deep inside as that can be told.
fn first_difference<'v>(place: String, then: &'v Value, now: &'v Value) -> (String, &'v Value, &'v Value) {
    if let (Value::Object(old), Value::Object(new)) = (then, now)
        && let Some((name, inner)) = new.iter().find(|(name, inner)| old.get(*name) != Some(inner))
        && let Some(before) = old.get(name)
    {
        return first_difference(format!("{place}: {name}"), before, inner);
    }
    (place, then, now)
}

/// A setting as JSON, without its middle if it is long.
fn shortened(value: &Value) -> String {
    /// Characters that are left at either end.
    const ENDS: usize = 40;
    let text: Vec<char> = value.to_string().chars().collect();
    match text.len() {
        0..=100 => text.into_iter().collect(),
        count => {
            let part = |range: std::ops::Range<usize>| text[range].iter().collect::<String>();
            format!("{} … {}", part(0..ENDS), part(count - ENDS..count))
        }
    }
}

/// An optimiser of a file, with the names that its settings have now.
fn as_written_now(optimizer: &Value) -> Value {
    let read: Result<AnyOptimizer, _> = serde_json::from_value(optimizer.clone());
    read.and_then(serde_json::to_value).unwrap_or_else(|_| optimizer.clone())
}

/// A hash of everything in the data.
pub(super) fn fingerprint(data: &Trajectories) -> String {
    let names = format!("{:?}{}", data.components(), data.time_name());
    let trajectories = data.iter().flat_map(|trajectory| trajectory.id().bytes().chain(numbers(trajectory)));
    format!("fnv1a64:{:016x}", document::fnv1a(names.bytes().chain(trajectories)))
}

/// The bytes of times and states.
fn numbers(of: &Trajectory) -> impl Iterator<Item = u8> {
    of.times().iter().chain(of.states()).flat_map(|x| x.to_le_bytes())
}
