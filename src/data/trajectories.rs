//! Observed trajectories.

use crate::Error;
use std::collections::HashSet;

/// Column of identifiers in a CSV file, in upper or lower case; no other column may bear this name.
pub(super) const ID_COLUMN: &str = "trajectory";

pub(super) fn is_id_column(name: &str) -> bool {
    name.eq_ignore_ascii_case(ID_COLUMN)
}

/// States observed at strictly increasing times: `n ≥ 2` observations of `d ≥ 1` components, all finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    id: String,
    times: Vec<f64>,
    states: Vec<f64>,
}

impl Trajectory {
    /// The trajectory `id` with states `y(times[k]) = states[k d .. (k + 1) d]`.
    ///
    /// The identifier may be empty for the only trajectory of a set.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for fewer than two times, times that are not strictly increasing, values that are not
    /// finite, an identifier with spaces around it; [`Error::ShapeMismatch`] if the states do not fill their rows.
    pub fn new(id: impl Into<String>, times: Vec<f64>, states: Vec<f64>) -> Result<Self, Error> {
        let id = id.into();
        if id.trim() != id {
            return Err(Error::invalid("id", format!("`{id}`"), "no spaces around it"));
        }
        let of = if id.is_empty() { String::new() } else { format!(" of trajectory `{id}`") };
        if times.len() < 2 {
            return Err(Error::invalid("times", format!("{} long{of}", times.len()), "at least two observations"));
        }
        let dim = states.len() / times.len();
        Error::check_len("states", "entries", states.len(), times.len() * dim.max(1))?;
        let place = |k: usize| format!("in observation {k}{of}");
        if let Some(k) = times.iter().position(|t| !t.is_finite()) {
            return Err(Error::invalid("times", format!("{} {}", times[k], place(k)), "finite numbers"));
        }
        if let Some(k) = times.windows(2).position(|pair| pair[0] >= pair[1]) {
            let value = format!("{} after {} {}", times[k + 1], times[k], place(k + 1));
            return Err(Error::invalid("times", value, "strictly increasing numbers"));
        }
        if let Some(i) = states.iter().position(|y| !y.is_finite()) {
            return Err(Error::invalid("states", format!("{} {}", states[i], place(i / dim)), "finite numbers"));
        }
        Ok(Self { id, times, states })
    }

    /// Identifier, empty if the trajectory has none.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Number of components `d` of a state.
    pub fn dim(&self) -> usize {
        self.states.len() / self.times.len()
    }

    /// Number of observations `n`, at least 2.
    #[expect(clippy::len_without_is_empty, reason = "a trajectory is never empty")]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// The times of observation, strictly increasing.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// All states, row-major `n × d`.
    pub fn states(&self) -> &[f64] {
        &self.states
    }

    /// The state at `times()[k]`. Like slice indexing, it panics unless `k < len()`.
    pub fn state(&self, k: usize) -> &[f64] {
        &self.states[k * self.dim()..][..self.dim()]
    }

    /// Gives a component another value, a finite one.
    pub(super) fn set(&mut self, k: usize, component: usize, value: f64) {
        let at = k * self.dim() + component;
        self.states[at] = value;
    }

    /// Observations `range` of this trajectory, at least two, under the same identifier.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        let states = self.states[range.start * self.dim()..range.end * self.dim()].to_vec();
        Self { id: self.id.clone(), times: self.times[range].to_vec(), states }
    }
}

/// A set of observed trajectories with the same components.
///
/// It has at least one trajectory; identifiers are unique, and not empty if there are several.
///
/// ```
/// use kutta::data::{Trajectories, Trajectory};
///
/// let orbit = Trajectory::new("", vec![0.0, 0.5, 0.7], vec![1.0, 0.0, 0.9, -0.5, 0.8, -0.6])?;
/// let data = Trajectories::new(["x", "y"], vec![orbit])?;
/// assert_eq!(data.trajectory(0).state(1), [0.9, -0.5]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectories {
    components: Vec<String>,
    time_name: String,
    trajectories: Vec<Trajectory>,
}

impl Trajectories {
    /// A set of trajectories whose components have these names. The time is named `t`, or `time` if a component is named
    /// so; see [`Self::with_time_name`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for an empty set, no components, identifiers that repeat or are missing, names that
    /// repeat, are empty, have spaces around them, or are `trajectory`; [`Error::ShapeMismatch`] for a trajectory of
    /// another dimension.
    pub fn new<N: Into<String>>(
        components: impl IntoIterator<Item = N>,
        trajectories: Vec<Trajectory>,
    ) -> Result<Self, Error> {
        let components: Vec<String> = components.into_iter().map(Into::into).collect();
        let mut time_name = "t".to_string();
        while components.contains(&time_name) {
            time_name = if time_name == "t" { "time".into() } else { time_name + "_" };
        }
        Self { components, time_name, trajectories }.validated()
    }

    /// The same set with another name of the time column.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for a name that a component has, that is empty or a number, has spaces around it, or is
    /// `trajectory`.
    pub fn with_time_name(mut self, name: impl Into<String>) -> Result<Self, Error> {
        self.time_name = name.into();
        self.validated()
    }

    fn validated(self) -> Result<Self, Error> {
        if self.components.is_empty() {
            return Err(Error::invalid("components", "empty", "at least one name"));
        }
        if self.time_name.parse::<f64>().is_ok() {
            // A header that starts with a number is taken for a missing header.
            return Err(Error::invalid("time name", format!("`{}`", self.time_name), "a name that is not a number"));
        }
        let mut seen = HashSet::new();
        for name in std::iter::once(&self.time_name).chain(&self.components) {
            if name.is_empty() || name.trim() != name || is_id_column(name) {
                let expected = format!("a name that is not empty, not `{ID_COLUMN}`, without spaces around it");
                return Err(Error::invalid("column name", format!("`{name}`"), expected));
            }
            if !seen.insert(name) {
                return Err(Error::invalid("column name", format!("`{name}` twice"), "names that differ"));
            }
        }
        if self.trajectories.is_empty() {
            return Err(Error::invalid("trajectories", "empty", "at least one trajectory"));
        }
        let mut seen = HashSet::new();
        for trajectory in &self.trajectories {
            Error::check_len("trajectory", "components", trajectory.dim(), self.dim())?;
            if trajectory.id.is_empty() && self.len() > 1 {
                return Err(Error::invalid("id", "empty", "an identifier for each of several trajectories"));
            }
            if !seen.insert(&trajectory.id) {
                return Err(Error::invalid("id", format!("`{}` twice", trajectory.id), "identifiers that differ"));
            }
        }
        Ok(self)
    }

    /// A set of some of these trajectories, or of parts of them.
    pub(super) fn with(&self, trajectories: Vec<Trajectory>) -> Self {
        Self { components: self.components.clone(), time_name: self.time_name.clone(), trajectories }
    }

    /// The names of the components.
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// The name of the time column.
    pub fn time_name(&self) -> &str {
        &self.time_name
    }

    /// Number of components `d` of a state.
    pub fn dim(&self) -> usize {
        self.components.len()
    }

    /// Number of trajectories, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a set of trajectories is never empty")]
    pub fn len(&self) -> usize {
        self.trajectories.len()
    }

    /// Number of observations in all trajectories together.
    pub fn observations(&self) -> usize {
        self.iter().map(Trajectory::len).sum()
    }

    /// Trajectory `i`. Like slice indexing, it panics unless `i < len()`.
    pub fn trajectory(&self, i: usize) -> &Trajectory {
        &self.trajectories[i]
    }

    /// The trajectories in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Trajectory> {
        self.trajectories.iter()
    }
}

impl<'a> IntoIterator for &'a Trajectories {
    type Item = &'a Trajectory;
    type IntoIter = std::slice::Iter<'a, Trajectory>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_trajectory_gives_back_what_it_was_made_of() {
        let trajectory = Trajectory::new("a", vec![0.0, 0.1, 5.0], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!((trajectory.id(), trajectory.len(), trajectory.dim()), ("a", 3, 2));
        assert_eq!(trajectory.state(2), [5.0, 6.0]);
        assert_eq!(trajectory.part(1..3).states(), [3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn refuses_what_is_not_a_trajectory() {
        let new =
            |id: &str, times: &[f64], states: &[f64]| refusal(Trajectory::new(id, times.to_vec(), states.to_vec()));
        assert_eq!(new("", &[0.0], &[1.0]), "times is 1 long, expected at least two observations");
        assert_eq!(new("", &[0.0, 1.0], &[1.0, 2.0, 3.0]), "states has 3 entries, expected 2");
        assert_eq!(new("", &[0.0, 1.0], &[]), "states has 0 entries, expected 2");
        assert_eq!(
            new("a", &[0.0, 1.0, 1.0], &[1.0, 2.0, 3.0]),
            "times is 1 after 1 in observation 2 of trajectory `a`, expected strictly increasing numbers"
        );
        assert_eq!(
            new("", &[0.0, f64::INFINITY], &[1.0, 2.0]),
            "times is inf in observation 1, expected finite numbers"
        );
        assert_eq!(
            new("", &[0.0, 1.0], &[1.0, 2.0, 3.0, f64::NAN]),
            "states is NaN in observation 1, expected finite numbers"
        );
        assert_eq!(new(" a", &[0.0, 1.0], &[1.0, 2.0]), "id is ` a`, expected no spaces around it");
    }

    #[test]
    fn refuses_what_is_not_a_set() {
        let line = |id: &str| Trajectory::new(id, vec![0.0, 1.0], vec![1.0, 2.0]).unwrap();
        let new = |names: &[&str], lines: &[&str]| {
            Trajectories::new(names.iter().copied(), lines.iter().map(|id| line(id)).collect())
        };
        assert_eq!(refusal(new(&["x"], &[])), "trajectories is empty, expected at least one trajectory");
        assert_eq!(refusal(new(&[], &[""])), "components is empty, expected at least one name");
        assert_eq!(refusal(new(&["x", "y"], &[""])), "trajectory has 1 components, expected 2");
        assert_eq!(refusal(new(&["x"], &["a", "a"])), "id is `a` twice, expected identifiers that differ");
        assert!(refusal(new(&["x"], &["a", ""])).contains("an identifier for each"));
        assert!(refusal(new(&["x"], &[""]).unwrap().with_time_name("x")).contains("`x` twice"));
        assert_eq!(new(&["t"], &[""]).unwrap().time_name(), "time");
        for name in ["", " x", "trajectory", "Trajectory"] {
            assert!(refusal(new(&[name], &[""])).starts_with(&format!("column name is `{name}`")));
        }
        assert!(refusal(new(&["x"], &[""]).unwrap().with_time_name("0.5")).contains("not a number"));
    }
}
