//! What a model learned from: beyond it, a prediction is a guess.

use crate::data::{Trajectories, Trajectory};
use serde::{Deserialize, Serialize};

/// How far a state may leave what was seen of it before that is worth a word, in parts of its range: observations are few,
/// and seldom hit the extremes of what they observe.
const MARGIN: f64 = 0.1;

/// The times and states that a model learned from, in the units of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The first and the last time.
    pub times: [f64; 2],
    /// The least and the largest value of each component.
    pub states: Vec<[f64; 2]>,
}

/// Where a prediction is farthest from what was seen of a component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Departure {
    /// Index of the component.
    pub component: usize,
    /// The time.
    pub time: f64,
    /// The value of the component.
    pub value: f64,
}

impl Seen {
    /// The range of times and states in `data`.
    pub fn of(data: &Trajectories) -> Self {
        let nothing = [f64::INFINITY, f64::NEG_INFINITY];
        let wider = |[least, largest]: [f64; 2], x: f64| [least.min(x), largest.max(x)];
        let times = data.iter().flat_map(|t| t.times()).fold(nothing, |range, &t| wider(range, t));
        let mut states = vec![nothing; data.dim()];
        for state in data.iter().flat_map(|t| t.states().chunks_exact(data.dim())) {
            states.iter_mut().zip(state).for_each(|(range, &y)| *range = wider(*range, y));
        }
        Seen { times, states }
    }

    /// Whether a component never changed.
    pub fn is_constant(&self, component: usize) -> bool {
        let [least, largest] = self.states[component];
        least == largest
    }

    /// Each component that leaves, by more than a tenth of its range, what was seen of it: where it is farthest out.
    pub fn departures(&self, path: &Trajectory) -> Vec<Departure> {
        let farthest = |(component, &[least, largest]): (usize, &[f64; 2])| {
            // Halves, so that no range overflows.
            let beyond = |y: f64| (0.5 * least - 0.5 * y).max(0.5 * y - 0.5 * largest);
            let values = path.states().iter().skip(component).step_by(path.dim()).zip(path.times());
            let (&value, &time) = values.max_by(|a, b| beyond(*a.0).total_cmp(&beyond(*b.0)))?;
            let is_out = beyond(value) > MARGIN * (0.5 * largest - 0.5 * least);
            is_out.then_some(Departure { component, time, value })
        };
        self.states.iter().take(path.dim()).enumerate().filter_map(farthest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departures_are_beyond_what_was_seen() {
        let data = Trajectories::from_csv_str("t,x,c\n0,1,5\n1,3,5\n4,2,5\n", "data").unwrap();
        let seen = Seen::of(&data);
        assert_eq!((seen.times, &seen.states[..]), ([0.0, 4.0], &[[1.0, 3.0], [5.0, 5.0]][..]));
        assert!(seen.is_constant(1) && !seen.is_constant(0));
        assert_eq!(seen.departures(data.trajectory(0)), []);
        let path = |states: &[f64]| Trajectory::new("", vec![5.0, 6.0, 7.0], states.to_vec()).unwrap();
        assert_eq!(seen.departures(&path(&[0.85, 5.0, 3.15, 5.0, 2.0, 5.0])), [], "a little is not worth a word");
        let out = seen.departures(&path(&[3.3, 5.0, -7.0, 5.0, 9.0, 5.5]));
        let expected = [(0, 6.0, -7.0), (1, 7.0, 5.5)];
        assert_eq!(out, expected.map(|(component, time, value)| Departure { component, time, value }));
    }
}
