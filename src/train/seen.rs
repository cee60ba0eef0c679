//! What a model learned from: beyond it, a prediction is a guess.

use super::Cover;
use crate::data::{Standardisation, Trajectories, Trajectory};
use serde::{Deserialize, Serialize};

/// How far a state may leave what was seen of it before that is worth a word, in parts of its range: observations are few,
/// and seldom hit the extremes of what they observe.
const MARGIN: f64 = 0.1;

/// How far a state may be from all that was seen before that is worth a word, in deviations.
const FAR: f64 = 0.5;

/// The times and states that a model learned from, in the units of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The first and the last time.
    pub times: [f64; 2],
    /// The least and the largest value of each component.
    pub states: Vec<[f64; 2]>,
    /// Where in the space of states that was. Models saved before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
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
    /// The ranges of times and states in `data`.
    pub fn of(data: &Trajectories) -> Self {
        let nothing = [f64::INFINITY, f64::NEG_INFINITY];
        let wider = |[least, largest]: [f64; 2], x: f64| [least.min(x), largest.max(x)];
        let times = data.iter().flat_map(|t| t.times()).fold(nothing, |range, &t| wider(range, t));
        let mut states = vec![nothing; data.dim()];
        for state in data.iter().flat_map(|t| t.states().chunks_exact(data.dim())) {
            states.iter_mut().zip(state).for_each(|(range, &y)| *range = wider(*range, y));
        }
        Seen { times, states, cover: None }
    }

    /// The same, and where in their ranges the states of `data` were.
    pub(super) fn covered(self, data: &Trajectories) -> Self {
        let deviation = |units: Standardisation| {
            let scale = units.scale().iter().enumerate();
            scale.map(|(i, &scale)| if self.is_constant(i) { 0.0 } else { scale }).collect()
        };
        let cover = Standardisation::fit(data).ok().map(|units| Cover::of(data, deviation(units)));
        Seen { cover, ..self }
    }

    /// Whether a component never changed.
    pub fn is_constant(&self, component: usize) -> bool {
        let [least, largest] = self.states[component];
        least == largest
    }

    /// By how much a time is before the first or after the last that was seen, divided by the time between those; 0 between
    /// them.
    pub fn time_beyond(&self, t: f64) -> f64 {
        let [first, last] = self.times;
        // Halves, so that no span overflows.
        let beyond = (0.5 * first - 0.5 * t).max(0.5 * t - 0.5 * last).max(0.0);
        beyond / (0.5 * last - 0.5 * first)
    }

    /// By how much a value of a component is below the least or above the largest that was seen; 0 between them.
    pub fn beyond(&self, component: usize, value: f64) -> f64 {
        let [least, largest] = self.states[component];
        (least - value).max(value - largest).max(0.0)
    }

    /// Each component that leaves, by more than a tenth of its range, what was seen of it: where it is farthest out.
    pub fn departures(&self, path: &Trajectory) -> Vec<Departure> {
        let farthest = |(component, range): (usize, &[f64; 2])| {
            let values = path.states().iter().skip(component).step_by(path.dim()).zip(path.times());
            let (&value, &time) = values.max_by(|a, b| out(range, *a.0).total_cmp(&out(range, *b.0)))?;
            is_out(range, value).then_some(Departure { component, time, value })
        };
        self.states.iter().take(path.dim()).enumerate().filter_map(farthest).collect()
    }

    /// Index of the state that is farthest from all that was seen though each of its components is within its range, and
    /// its distance: if that is more than half a deviation larger than the spacing of what is kept. `None` too if it is not
    /// known where the data were.
    pub fn gap(&self, path: &Trajectory) -> Option<(usize, f64)> {
        let cover = self.cover.as_ref()?;
        let within = |&k: &usize| !self.states.iter().zip(path.state(k)).any(|(range, &y)| is_out(range, y));
        let distances = (0..path.len()).filter(within).map(|k| (k, cover.distance(path.state(k))));
        distances.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, distance)| *distance > cover.spacing + FAR)
    }
}

/// By how much a value is out of a range, halved so that nothing overflows.
fn out([least, largest]: &[f64; 2], value: f64) -> f64 {
    (0.5 * least - 0.5 * value).max(0.5 * value - 0.5 * largest)
}

fn is_out(range: &[f64; 2], value: f64) -> bool {
    out(range, value) > MARGIN * (0.5 * range[1] - 0.5 * range[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn path(states: &[f64]) -> Trajectory {
        let times = (0..states.len() / 2).map(|k| 5.0 + k as f64).collect();
        Trajectory::new("", times, states.to_vec()).unwrap()
    }

    #[test]
    fn departures_are_beyond_what_was_seen() {
        let data = Trajectories::from_csv_str("t,x,c\n0,1,5\n1,3,5\n4,2,5\n", "data").unwrap();
        let seen = Seen::of(&data);
        assert_eq!((seen.times, &seen.states[..]), ([0.0, 4.0], &[[1.0, 3.0], [5.0, 5.0]][..]));
        assert!(seen.is_constant(1) && !seen.is_constant(0));
        assert_eq!([-2.0, 0.0, 4.0, 5.0].map(|t| seen.time_beyond(t)), [0.5, 0.0, 0.0, 0.25]);
        assert_eq!([0.0, 2.0, 7.0].map(|x| seen.beyond(0, x)), [1.0, 0.0, 4.0]);
        assert_eq!(seen.departures(data.trajectory(0)), []);
        assert_eq!(seen.departures(&path(&[0.85, 5.0, 3.15, 5.0, 2.0, 5.0])), [], "a little is not worth a word");
        let out = seen.departures(&path(&[3.3, 5.0, -7.0, 5.0, 9.0, 5.5]));
        let expected = [(0, 6.0, -7.0), (1, 7.0, 5.5)];
        assert_eq!(out, expected.map(|(component, time, value)| Departure { component, time, value }));
    }

    #[test]
    fn a_gap_is_within_all_ranges_and_far_from_all_that_was_seen() {
        // A circle in 25 observations, in units that differ.
        let circle: Vec<f64> =
            (0..25).map(|k| TAU * f64::from(k) / 24.0).flat_map(|a| [a.cos(), 1e3 * a.sin()]).collect();
        let data = Trajectories::new(["x", "y"], vec![path(&circle)]).unwrap();
        let seen = Seen::of(&data).covered(&data);
        let cover = seen.cover.as_ref().unwrap();
        assert!(cover.states.len() <= 200 && cover.spacing < 0.1, "{cover:?}");
        assert!((cover.deviation[1] / cover.deviation[0] / 1e3 - 1.0).abs() < 0.1, "{cover:?}");
        let between = [0.5 * (circle[0] + circle[2]), 0.5 * (circle[1] + circle[3])];
        assert!(cover.distance(&between) <= cover.spacing + 1e-9, "paths lead from observation to observation");
        assert_eq!(seen.gap(data.trajectory(0)), None);
        assert_eq!(
            seen.gap(&path(&[1.1, 0.0, 0.7, 0.0])),
            None,
            "beside the circle, by half a deviation a component at most"
        );
        let (k, distance) = seen.gap(&path(&[0.7, 0.0, 0.1, 0.0, 1.0, 0.0])).unwrap();
        assert!(k == 1 && (0.8..1.1).contains(&distance), "{k}, {distance}");
        assert_eq!(
            seen.gap(&path(&[5.0, 0.0, 5.0, 0.0])),
            None,
            "out of the range of a component, which says so itself"
        );
        assert_eq!(Seen::of(&data).gap(&path(&[0.0, 0.0, 0.0, 0.0])), None, "not known where the data were");
    }
}
