//! Where data were, in a few states.

use crate::data::Trajectories;
use serde::{Deserialize, Serialize};

/// States of the data that are kept.
const MOST_KEPT: usize = 200;

/// How far apart the states are that they are chosen among, in deviations.
const INTERVAL: f64 = 0.1;

/// How many those are, about: choosing takes as many distances as this times those that are kept.
const MOST_CANDIDATES: usize = 5000;

/// A few states on the paths of the data, to which all of the paths are near.
///
/// Distances are in deviations: between `x` and `y`, of `d` components with deviations `s`, the distance is
/// `sqrt(Σ ((x_i - y_i) / s_i)² / d)`, over the components that change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// The deviation of each component; 0 for one that never changes.
    pub deviation: Vec<f64>,
    /// The states, 200 at most, each as far from those before as there is one.
    pub states: Vec<Vec<f64>>,
    /// The largest distance from a state on the paths to the nearest of these, about.
    pub spacing: f64,
}

impl Cover {
    /// Of the paths through `data`, straight between observations, whose components have these deviations.
    ///
    /// Those that are kept are chosen one by one, each the farthest from those chosen before.
    pub(super) fn of(data: &Trajectories, deviation: Vec<f64>) -> Self {
        let mut cover = Cover { deviation, states: Vec::new(), spacing: 0.0 };
        let candidates = cover.candidates(data).into_iter();
        let mut candidates: Vec<(Vec<f64>, f64)> = candidates.map(|state| (state, f64::INFINITY)).collect();
        let (mut next, mut farthest) = (0, f64::INFINITY);
        while cover.states.len() < MOST_KEPT && farthest > 0.0 {
            let chosen = candidates[next].0.clone();
            for (state, nearest) in &mut candidates {
                *nearest = nearest.min(cover.between(state, &chosen));
            }
            cover.states.push(chosen);
            let rest = candidates.iter().map(|(_, distance)| *distance).enumerate();
            (next, farthest) = rest.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0));
        }
        cover.spacing = farthest + 0.5 * INTERVAL;
        cover
    }

    /// States on the paths, `INTERVAL` apart, or as far as makes for not too many: such paths fill the space anyway.
    fn candidates(&self, data: &Trajectories) -> Vec<Vec<f64>> {
        let pieces = || data.iter().flat_map(|path| (1..path.len()).map(|k| [path.state(k - 1), path.state(k)]));
        let length: f64 = pieces().map(|[from, to]| self.between(from, to)).sum();
        let interval = f64::max(INTERVAL, length / MOST_CANDIDATES as f64);
        let mut candidates = Vec::new();
        // How far the next one is.
        let mut ahead = interval;
        for path in data {
            candidates.push(path.state(0).to_vec());
            for k in 1..path.len() {
                let (from, to) = (path.state(k - 1), path.state(k));
                let length = self.between(from, to);
                while ahead < length {
                    let share = ahead / length;
                    candidates.push(from.iter().zip(to).map(|(x, y)| (1.0 - share) * x + share * y).collect());
                    ahead += interval;
                }
                ahead -= length;
            }
            candidates.push(path.state(path.len() - 1).to_vec());
        }
        candidates
    }

    fn between(&self, x: &[f64], y: &[f64]) -> f64 {
        let changing = self.deviation.iter().filter(|s| **s > 0.0).count().max(1) as f64;
        let parts = x.iter().zip(y).zip(&self.deviation).filter(|(_, s)| **s > 0.0);
        (parts.map(|((x, y), s)| (x / s - y / s).powi(2)).sum::<f64>() / changing).sqrt()
    }

    /// The distance of a state from the nearest that is kept.
    pub fn distance(&self, state: &[f64]) -> f64 {
        self.states.iter().map(|kept| self.between(kept, state)).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Trajectories, Trajectory};
    use crate::train::Seen;

    #[test]
    fn what_is_kept_is_little_and_near_to_everything() {
        let spiral = |k: i32| [f64::from(k).cos() * f64::from(k), f64::from(k).sin() * f64::from(k)];
        let record = |id: i32| {
            let states: Vec<f64> = (300 * id..300 * (id + 1)).flat_map(spiral).collect();
            Trajectory::new(id.to_string(), (0..300).map(f64::from).collect(), states).unwrap()
        };
        let data = Trajectories::new(["x", "y"], (0..20).map(record).collect()).unwrap();
        let cover = Seen::of(&data).covered(&data).cover.unwrap();
        assert_eq!(cover.states.len(), 200);
        let farthest =
            data.iter().flat_map(|t| t.states().chunks_exact(2)).map(|y| cover.distance(y)).fold(0.0, f64::max);
        assert!(farthest < 2.0 * cover.spacing && cover.spacing < 0.35, "{farthest}, {}", cover.spacing);
    }

    #[test]
    fn what_never_changes_has_no_distance() {
        let data = Trajectories::from_csv_str("t,x,c\n0,1,5\n1,3,5\n4,2,5\n", "data").unwrap();
        let cover = Seen::of(&data).covered(&data).cover.unwrap();
        assert_eq!((cover.deviation[1], cover.distance(&[1.0, 7.0])), (0.0, 0.0));
        let still = Trajectories::from_csv_str("t,c\n0,5\n1,5\n", "data").unwrap();
        let cover = Seen::of(&still).covered(&still).cover.unwrap();
        assert_eq!(cover.states, [[5.0]]);
    }
}
