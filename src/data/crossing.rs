//! Paths that cross.

use super::contradiction::{Crossing, Place};
use super::{Standardisation, Trajectories, Trajectory};

/// Nodes of all paths together, about. Pairs of pieces are looked at one by one.
const MOST_NODES: usize = 1000;
/// Records that are looked at, evenly among them: many short ones cannot be averaged to few nodes.
const MOST_RECORDS: usize = 100;
/// Observations that are averaged, in multiples of as many as leave [`MOST_NODES`].
const STRIDES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// How near pieces come, in parts of the length of the shorter one.
const NEAR: f64 = 0.25;
/// By how much velocities differ, in parts of the larger one.
const ELSEWHERE: f64 = 0.5;
/// The least length of a piece, in units of what a line through neighbours misses in the median, of its record or of all.
const RESOLVED: f64 = 3.0;
/// Pairs that are evidence.
const FEWEST: usize = 2;

/// The path between two nodes.
struct Piece {
    record: usize,
    /// Its first node.
    node: usize,
    times: [f64; 2],
    start: Vec<f64>,
    step: Vec<f64>,
    length: f64,
    /// Velocities at the ends, by differences over neighbours.
    velocities: [Vec<f64>; 2],
    /// The larger of the differences between its own velocity and those of the pieces before and after.
    bend: f64,
    /// What a line through neighbours misses in its record, in the median.
    miss: f64,
}

/// The paths of all records, as far as their pieces have neighbours.
struct Paths {
    pieces: Vec<Piece>,
    /// What a line through neighbours misses, in the median of all.
    miss: f64,
    /// Bend for the velocity, in the median.
    roughness: f64,
}

/// Two pieces that come near each other and go on elsewhere.
struct Pair<'a> {
    pieces: [&'a Piece; 2],
    /// Where on each they are nearest, from 0 to 1.
    at: [f64; 2],
    /// Difference of the velocities for the larger one.
    difference: f64,
}

pub(super) fn find(data: &Trajectories, with_time: bool) -> Option<Crossing> {
    let units = Standardisation::fit(data).ok()?;
    let standard = units.apply(data).ok()?;
    let every = data.len().div_ceil(MOST_RECORDS);
    let observations: usize = data.iter().step_by(every).map(Trajectory::len).sum();
    let least = observations.div_ceil(MOST_NODES);
    let candidates = STRIDES.iter().filter_map(|stride| Paths::new(&standard, every, stride * least));
    let paths = candidates.min_by(|a, b| a.roughness.total_cmp(&b.roughness))?;
    let pairs = paths.crossing(with_time);
    let widest = pairs.iter().max_by(|a, b| a.difference.total_cmp(&b.difference)).filter(|_| pairs.len() >= FEWEST)?;
    let place = |k: usize| {
        let (piece, at) = (widest.pieces[k], widest.at[k]);
        let mut state = piece.state(at);
        units.invert_states(&mut state).ok()?;
        let trajectory = data.trajectory(piece.record).id().to_string();
        Some(Place { trajectory, time: units.invert_time(piece.time(at)), state })
    };
    let between_trajectories = pairs.iter().all(|pair| pair.pieces[0].record != pair.pieces[1].record);
    Some(Crossing { pairs: pairs.len(), between_trajectories, places: [place(0)?, place(1)?] })
}

impl Paths {
    /// Of one record in `every`, by nodes of `stride` observations each.
    fn new(data: &Trajectories, every: usize, stride: usize) -> Option<Self> {
        let (mut pieces, mut misses) = (Vec::new(), Vec::new());
        for (record, path) in data.iter().enumerate().step_by(every) {
            let nodes = means(path, stride);
            let velocity = |k: usize| -> Vec<f64> {
                let interval = nodes[k + 1].0 - nodes[k].0;
                nodes[k + 1].1.iter().zip(&nodes[k].1).map(|(after, before)| (after - before) / interval).collect()
            };
            let velocities: Vec<Vec<f64>> = (1..nodes.len()).map(|k| velocity(k - 1)).collect();
            let bends: Vec<f64> = velocities.windows(2).map(|pair| distance(&pair[0], &pair[1])).collect();
            let intervals: Vec<f64> = nodes.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            let share = |k: usize| intervals[k + 1] / (intervals[k] + intervals[k + 1]);
            let missed: Vec<f64> = bends.iter().enumerate().map(|(k, bend)| bend * intervals[k] * share(k)).collect();
            misses.extend(&missed);
            let miss = median(missed).unwrap_or(0.0);
            let at_node = |k: usize| mixed(&velocities[k - 1], &velocities[k], 1.0 - share(k - 1));
            for node in 1..nodes.len().saturating_sub(2) {
                let start = nodes[node].1.clone();
                let step: Vec<f64> =
                    nodes[node + 1].1.iter().zip(&start).map(|(after, before)| after - before).collect();
                pieces.push(Piece {
                    record,
                    node,
                    times: [nodes[node].0, nodes[node + 1].0],
                    start,
                    length: norm(&step),
                    step,
                    velocities: [at_node(node), at_node(node + 1)],
                    bend: bends[node - 1].max(bends[node]),
                    miss,
                });
            }
        }
        pieces.retain(|piece| piece.length > 0.0);
        let rough = |piece: &Piece| piece.bend * piece.interval() / piece.length;
        let roughness = median(pieces.iter().map(rough).collect())?;
        Some(Paths { pieces, miss: median(misses)?, roughness })
    }

    /// Pairs that cross; with `with_time`, only those of two records that do it at the same time.
    fn crossing(&self, with_time: bool) -> Vec<Pair<'_>> {
        let mut pairs = Vec::new();
        let is_resolved = |piece: &&Piece| piece.length >= RESOLVED * piece.miss.max(self.miss);
        let resolved: Vec<&Piece> = self.pieces.iter().filter(is_resolved).collect();
        for (k, a) in resolved.iter().enumerate() {
            let apart = |b: &&&Piece| a.record != b.record || !with_time && a.node.abs_diff(b.node) > 1;
            let others = resolved[k + 1..].iter().filter(apart);
            pairs.extend(
                others.filter_map(|b| Pair::crossing([a, b])).filter(|pair| !with_time || pair.is_simultaneous()),
            );
        }
        pairs
    }
}

impl Piece {
    fn interval(&self) -> f64 {
        self.times[1] - self.times[0]
    }

    /// The time at this part of it.
    fn time(&self, at: f64) -> f64 {
        self.times[0] + at * self.interval()
    }

    /// The state there.
    fn state(&self, at: f64) -> Vec<f64> {
        self.start.iter().zip(&self.step).map(|(x, step)| x + at * step).collect()
    }
}

impl<'a> Pair<'a> {
    fn crossing(pieces: [&'a Piece; 2]) -> Option<Self> {
        let [a, b] = pieces;
        let near = NEAR * a.length.min(b.length);
        // Most are too far apart to come near, wherever they lead.
        if distance(&a.start, &b.start) > a.length + b.length + near {
            return None;
        }
        let at = nearest(a, b);
        if distance(&a.state(at[0]), &b.state(at[1])) > near {
            return None;
        }
        let [v, w] = [(a, at[0]), (b, at[1])].map(|(piece, at)| mixed(&piece.velocities[0], &piece.velocities[1], at));
        let (apart, larger) = (distance(&v, &w), norm(&v).max(norm(&w)));
        let elsewhere = apart >= ELSEWHERE * larger && apart > a.bend + b.bend;
        elsewhere.then(|| Pair { pieces, at, difference: apart / larger })
    }

    /// Whether the times differ by less than [`NEAR`] of the shorter interval.
    fn is_simultaneous(&self) -> bool {
        let [a, b] = self.pieces;
        (a.time(self.at[0]) - b.time(self.at[1])).abs() <= NEAR * a.interval().min(b.interval())
    }
}

/// Where on two pieces of straight path they are nearest to each other, in parts of each.
///
/// *Reference*: Ericson, "Real-Time Collision Detection" (2005), section 5.1.9.
fn nearest(a: &Piece, b: &Piece) -> [f64; 2] {
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
    let between: Vec<f64> = a.start.iter().zip(&b.start).map(|(x, y)| x - y).collect();
    let (aa, ab, bb) = (dot(&a.step, &a.step), dot(&a.step, &b.step), dot(&b.step, &b.step));
    let (ra, rb) = (dot(&between, &a.step), dot(&between, &b.step));
    let determinant = aa * bb - ab * ab;
    // Where they are parallel, any point will do.
    let s = if determinant > 1e-12 * aa * bb { ((ab * rb - ra * bb) / determinant).clamp(0.0, 1.0) } else { 0.0 };
    let free = (ab * s + rb) / bb;
    let t = free.clamp(0.0, 1.0);
    [if t == free { s } else { ((ab * t - ra) / aa).clamp(0.0, 1.0) }, t]
}

/// Times and states of a record, each the mean of `stride` observations.
fn means(path: &Trajectory, stride: usize) -> Vec<(f64, Vec<f64>)> {
    let share = (stride as f64).recip();
    let mean = |(times, states): (&[f64], &[f64])| {
        let component = |i: usize| states.iter().skip(i).step_by(path.dim()).sum::<f64>() * share;
        (times.iter().sum::<f64>() * share, (0..path.dim()).map(component).collect())
    };
    path.times().chunks_exact(stride).zip(path.states().chunks_exact(stride * path.dim())).map(mean).collect()
}

/// `(1 - share) x + share y`.
fn mixed(x: &[f64], y: &[f64], share: f64) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| (1.0 - share) * x + share * y).collect()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
