//! Data that no function of their state can follow.

use super::{Trajectories, crossing, reversal};
use serde::Serialize;

/// Evidence that the state which was observed does not decide its own rate of change: something else does too, that is
/// hidden, imposed from outside, or differs from record to record. No fit to the state alone can follow such data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "evidence", rename_all = "snake_case")]
pub enum Contradiction {
    /// A component that changes alone rises and falls.
    Reversal(Reversal),
    /// Paths cross.
    Crossing(Crossing),
}

/// A component that rises and falls while nothing else changes: the solutions of `x' = f(x)` are monotone, since between a
/// rise and a fall through the same values `f` would have two signs there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reversal {
    /// Identifier of the trajectory.
    pub trajectory: String,
    /// Name of the component.
    pub component: String,
    /// The smaller of its largest rise and its largest fall, in the units of the data.
    pub height: f64,
    /// The standard deviation of the noise, as estimated from the data.
    pub noise: f64,
}

/// Places where paths come as near as neighbours in time, and go on elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crossing {
    /// Pairs of pieces of path that do.
    pub pairs: usize,
    /// Whether it is always one trajectory and another that cross, and none crosses itself: they differ in what was not
    /// observed.
    pub between_trajectories: bool,
    /// One of the pairs, where the velocities differ most for their size.
    pub places: [Place; 2],
}

/// A place on a path between observations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Identifier of the trajectory.
    pub trajectory: String,
    /// The time.
    pub time: f64,
    /// The state.
    pub state: Vec<f64>,
}

impl Trajectories {
    /// What in these data contradicts an equation `y' = f(y)`; with `with_time`, what contradicts `y' = f(t, y)`: paths of
    /// two records that cross at the same time. `None` if nothing does beyond what noise and the distance of observations explain, which is
    /// no proof that there is such an equation.
    ///
    /// A reversal of one component that changes alone counts if it exceeds a tenth of the component's range, and eight times
    /// the noise: among up to hundreds of normal numbers without any trend it stays below six, once the middle of each three
    /// is taken. The noise is what lines or cubics through neighbours miss, whichever is less.
    ///
    /// Paths cross, in units of the deviation of each component, where two pieces of path between observations, which do not
    /// follow each other at once,
    ///
    /// - come nearer than a quarter of the length of the shorter one;
    /// - have velocities there, by differences over neighbours, that differ by half the larger of the two or more,
    /// - and by more than the velocity changes from piece to piece next to either, which both noise and sharp turns do;
    /// - and both are three times longer than what a line through neighbours misses in the median, of the record and of all,
    ///   so that a rest with noise is no path.
    ///
    /// A function with bounded derivatives cannot do that where observations resolve it: near states have near velocities.
    /// Two such pairs are asked for: of 4000 sets of records of thirty systems that are functions of their state, with noise
    /// of up to 30 % of the deviation, one in a thousand had a single pair and none had two. Dense records are averaged over as
    /// many observations as make the path straightest, and over so many that a thousand remain, of a hundred records at
    /// most: work and result depend on nothing else.
    ///
    /// *Reference*: in the manner of Kaplan and Glass, "Direct test for determinism in a time series", Phys. Rev. Lett. 68
    /// (1992), which averages directions in boxes.
    pub fn contradiction(&self, with_time: bool) -> Option<Contradiction> {
        let reversal = || reversal::find(self).filter(|_| !with_time).map(Contradiction::Reversal);
        reversal().or_else(|| crossing::find(self, with_time).map(Contradiction::Crossing))
    }
}
