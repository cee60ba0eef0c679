//! What was observed, and where unknowns are that belong to it.

use super::{Shooting, Window};
use crate::data::{Standardisation, Trajectories};
use crate::network::{AnyBlock, Grid, States};
use crate::train::Stage;
use crate::{Error, Real};

/// Recorded trajectories as training sees them: the steps through them, and their states.
pub(in crate::train) struct Observations<T> {
    pub(super) grid: Grid,
    pub(super) states: States<T>,
}

impl<T: Real> Observations<T> {
    /// Of `data`, in standard units.
    pub fn new(block: &AnyBlock<'_, T>, data: &Trajectories, standard: &Standardisation) -> Result<Self, Error> {
        let mut grid = Grid::new();
        for trajectory in data {
            let times = trajectory.times().iter().map(|&t| standard.apply_time(t));
            match block.accuracy_of_steps() {
                // How many there are is for the error to decide.
                Some(_) => grid.push_through(times, |_| 1)?,
                None => block.step_through(&mut grid, times)?,
            }
        }
        let mut states = States::zeros(data.dim(), &grid);
        let mut row = vec![0.0; data.dim()];
        let observed = data.iter().flat_map(|trajectory| trajectory.states().chunks_exact(data.dim()));
        for (out, observed) in states.as_mut_slice().chunks_exact_mut(data.dim()).zip(observed) {
            row.copy_from_slice(observed);
            standard.apply_states(&mut row)?;
            out.iter_mut().zip(&row).for_each(|(out, &y)| *out = T::constant(y));
            if let Some(y) = out.iter().find(|y| !y.is_finite()) {
                return Err(Error::invalid("a state in standard units", y, "a finite number"));
            }
        }
        Ok(Observations { grid, states })
    }

    /// Number of trajectories.
    pub fn len(&self) -> usize {
        self.states.samples()
    }

    /// Intervals between the observations of a trajectory.
    pub fn intervals(&self, trajectory: usize) -> usize {
        self.states.len(trajectory) - 1
    }

    /// The most intervals of any.
    pub fn longest(&self) -> usize {
        (0..self.len()).map(|trajectory| self.intervals(trajectory)).max().unwrap_or(0)
    }

    pub fn state(&self, trajectory: usize, k: usize) -> &[T] {
        self.states.state(trajectory, k)
    }
}

/// Where things are among the unknowns: parameters, then learned starts of trajectories, then those of inner segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub params: usize,
    pub dim: usize,
    pub learned_starts: bool,
}

impl Layout {
    /// Unknowns that outlive the stages.
    pub fn lasting<T: Real>(&self, data: &Observations<T>) -> usize {
        self.params + if self.learned_starts { data.len() * self.dim } else { 0 }
    }

    /// The place of the start of a trajectory, if that is learned.
    pub fn start(&self, trajectory: usize) -> Option<usize> {
        self.learned_starts.then_some(self.params + trajectory * self.dim)
    }

    /// The windows of a stage, trajectory by trajectory, each with the place of its start if that is unknown.
    pub fn windows<T: Real>(
        &self,
        shooting: &Shooting,
        stage: Stage,
        data: &Observations<T>,
    ) -> Vec<Vec<(Window, Option<usize>)>> {
        let mut next = self.lasting(data);
        let place = |window: Window| {
            let slot = if window.first == 0 {
                self.start(window.trajectory)
            } else {
                next += self.dim;
                Some(next - self.dim)
            };
            (window, slot)
        };
        let mut place = place;
        (0..data.len()).map(|i| shooting.windows(stage, i, data.intervals(i)).map(&mut place).collect()).collect()
    }
}
