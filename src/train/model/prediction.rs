//! Predictions by a model, and what they err by.

use super::{LearnedStart, Model};
use crate::data::{Standardisation, Trajectories, Trajectory};
use crate::field::Field;
use crate::flow::{Flow, FlowWork, Solution};
use crate::network::{Grid, Sharing};
use crate::train::Rmse;
use crate::{Error, Real};
use rayon::prelude::*;

/// Most steps of a prediction.
const MOST_STEPS: usize = 1_000_000;

impl<F: Field<T>, T: Real> Model<F, T> {
    /// The states at `times` of the prediction with `y(t0) = y0`, by the network's own steps: between two of the times the
    /// fewest equal ones that are no longer than those of training. Where [accuracy](crate::OdeBlock::accuracy) made the steps, by the
    /// [flow](Model::flow), to the same accuracy.
    ///
    /// The times ascend or descend from `t0`; they may repeat, and may begin with `t0`, where the state is `y0`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a start of another dimension, [`Error::InvalidArgument`] for times that are not finite or
    /// not in order, and the errors of [`OdeBlock::forward`](crate::OdeBlock::forward).
    pub fn predict(&self, t0: f64, y0: &[f64], times: &[f64]) -> Result<Solution<f64>, Error> {
        if let Some(accuracy) = self.block.accuracy_in::<T>() {
            return self.flow(t0, y0, times, accuracy);
        }
        let (mut nodes, places) = self.nodes(t0, y0, times)?;
        let backward = nodes.len() > 1 && nodes[1] < nodes[0];
        // The steps back are those forth.
        if backward {
            nodes.reverse();
        }
        let mut grid = Grid::new();
        self.block.step_through(&mut grid, nodes)?;
        if backward {
            grid = grid.reversed()?;
        }
        let path = self.block.forward(&self.params, &grid, &self.standard_state(y0)?)?;
        let states: Vec<f64> = places.iter().flat_map(|&k| path.state(0, k)).map(|x| x.to_f64()).collect();
        let work = FlowWork { accepted: grid.steps(0), ..FlowWork::default() };
        Ok(Solution::new(y0.len(), times, self.in_units_of_data(y0, states, |k| places[k] == 0)?, work))
    }

    /// As [`predict`](Model::predict), but by accurate integration of the learned field instead of the network's steps: each
    /// step of a [`Flow`] errs by no more than `tolerance`, relative to the state in the units trained in.
    ///
    /// # Errors
    /// As [`Flow::solve`].
    pub fn flow(&self, t0: f64, y0: &[f64], times: &[f64], tolerance: f64) -> Result<Solution<f64>, Error> {
        // Refuses what makes no sense before the work begins.
        let (nodes, places) = self.nodes(t0, y0, times)?;
        let count = self.block.field().param_count();
        let flow = |layer: usize| {
            let params = &self.params[layer * count..][..count];
            Flow::new(self.block.field(), params).tolerance(tolerance, 1e-3 * tolerance).max_steps(MOST_STEPS)
        };
        let located = |error| match error {
            Error::ToleranceNotMet { time, reason } => {
                Error::ToleranceNotMet { time: self.standardisation.invert_time(time), reason }
            }
            other => other,
        };
        let mut states = self.standard_state(y0)?;
        let mut work = FlowWork::default();
        if self.block.sharing() == Sharing::Shared {
            let path = flow(0).solve(nodes[0], &states, &nodes[1..]).map_err(located)?;
            states.extend_from_slice(path.states());
            work = path.work();
        } else {
            let mut state = states.clone();
            for pair in nodes.windows(2) {
                // Where parameters change, the field jumps: integration restarts there.
                let mut from = pair[0];
                for until in self.changes_between(pair[0], pair[1]).into_iter().chain([pair[1]]) {
                    let layer = self.block.layer_at(from.min(until));
                    let path = flow(layer).solve(from, &state, &[until]).map_err(located)?;
                    state.copy_from_slice(path.state(0));
                    work += path.work();
                    from = until;
                }
                states.extend_from_slice(&state);
            }
        }
        let state = |&k: &usize| states[k * y0.len()..][..y0.len()].iter().map(|x| x.to_f64());
        let states = places.iter().flat_map(state).collect();
        Ok(Solution::new(y0.len(), times, self.in_units_of_data(y0, states, |k| places[k] == 0)?, work))
    }

    /// The standard times that a prediction passes through, `t0` first, each once; and which of them each of `times` is.
    fn nodes(&self, t0: f64, y0: &[f64], times: &[f64]) -> Result<(Vec<f64>, Vec<usize>), Error> {
        Error::check_len("y0", "components", y0.len(), self.block.dim())?;
        let backward = times.last().is_some_and(|&last| last < t0);
        let (mut before, mut nodes) = (t0, vec![self.standardisation.apply_time(t0)]);
        let mut places = Vec::with_capacity(times.len());
        for &t in times {
            if !t.is_finite() || !t0.is_finite() {
                return Err(Error::invalid("a time", if t.is_finite() { t0 } else { t }, "a finite number"));
            }
            if (backward && t > before) || (!backward && t < before) {
                let expected = "times that all ascend from t0 or all descend";
                return Err(Error::invalid("a time", format!("{t}, after {before}"), expected));
            }
            if t != before {
                nodes.push(self.standardisation.apply_time(t));
            }
            places.push(nodes.len() - 1);
            before = t;
        }
        if let Some(offset) = self.standardisation.time_offset() {
            let first = self.standardisation.time_origin() - offset;
            if let Some(&t) = times.iter().chain([&t0]).find(|&&t| t <= first) {
                let expected = format!("one after {first}: the model is one of the logarithm of time");
                return Err(Error::invalid("a time", t, expected));
            }
        }
        Ok((nodes, places))
    }

    /// In the units and the precision of the network.
    pub(super) fn standard_state(&self, state: &[f64]) -> Result<Vec<T>, Error> {
        let mut state = state.to_vec();
        self.standardisation.apply_states(&mut state)?;
        Ok(state.into_iter().map(T::constant).collect())
    }

    /// States that were predicted from `y0`, in the units of the data; those that are the start are what that was.
    fn in_units_of_data(
        &self,
        y0: &[f64],
        mut states: Vec<f64>,
        is_start: impl Fn(usize) -> bool,
    ) -> Result<Vec<f64>, Error> {
        if states.is_empty() {
            return Ok(states);
        }
        self.standardisation.invert_states(&mut states)?;
        for (k, state) in states.chunks_exact_mut(y0.len().max(1)).enumerate() {
            for (i, (y, &start)) in state.iter_mut().zip(y0).enumerate() {
                if is_start(k) || self.holds(i) {
                    *y = start;
                }
            }
        }
        match states.iter().all(|y| y.is_finite()) {
            true => Ok(states),
            false => Err(Error::NotFinite { what: "a prediction in the units of the data", location: None }),
        }
    }

    /// Predictions of recorded trajectories from their first observations, at their times. Of hidden velocities there are none:
    /// records start with the slopes of smoothed positions.
    ///
    /// # Errors
    /// As [`predict`](Model::predict).
    pub fn follow(&self, data: &Trajectories) -> Result<Trajectories, Error> {
        let data = self.completed(data)?;
        self.follow_from(&data, |trajectory| trajectory.state(0))
    }

    /// As [`follow`](Model::follow), but trajectories whose start was learned begin there.
    ///
    /// # Errors
    /// As [`predict`](Model::predict).
    pub fn follow_learned(&self, data: &Trajectories) -> Result<Trajectories, Error> {
        let data = self.completed(data)?;
        self.follow_from(&data, |trajectory| self.start_of(trajectory))
    }

    /// Where a trajectory starts: as learned, or else as observed.
    pub(in crate::train) fn start_of<'a>(&'a self, trajectory: &'a Trajectory) -> &'a [f64] {
        let is_its = |s: &&LearnedStart| s.trajectory == trajectory.id() && s.time == trajectory.times()[0];
        self.starts.iter().find(is_its).map_or(trajectory.state(0), |start| &start.state)
    }

    fn follow_from<'a>(
        &'a self,
        data: &'a Trajectories,
        start: impl Fn(&'a Trajectory) -> &'a [f64],
    ) -> Result<Trajectories, Error> {
        let starts: Vec<&[f64]> = data.iter().map(start).collect();
        let standard: Vec<T> = self.standard_state(&starts.concat())?;
        if let Some(accuracy) = self.block.accuracy_in::<T>() {
            return self.observed_of(self.flow_through(data, &starts, accuracy)?);
        }
        let mut grid = Grid::new();
        for trajectory in data {
            let times = trajectory.times().iter().map(|&t| self.standardisation.apply_time(t));
            self.block.step_through(&mut grid, times)?;
        }
        let path = self.block.forward(&self.params, &grid, &standard)?;
        let predicted = |(sample, (observed, y0)): (usize, (&Trajectory, &[f64]))| {
            let states = path.sample(sample).iter().map(|x| x.to_f64()).collect();
            let states = self.in_units_of_data(y0, states, |k| k == 0)?;
            Trajectory::new(observed.id(), observed.times().to_vec(), states)
        };
        let predicted = data.iter().zip(starts).enumerate().map(predicted).collect::<Result<_, Error>>()?;
        let predicted = Trajectories::new(data.components().to_vec(), predicted)?.with_time_name(data.time_name())?;
        self.observed_of(predicted)
    }

    /// Predictions of recorded trajectories from these starts, at their times, by the [flow](Model::flow).
    fn flow_through(&self, data: &Trajectories, starts: &[&[f64]], tolerance: f64) -> Result<Trajectories, Error> {
        let records: Vec<(&Trajectory, &&[f64])> = data.iter().zip(starts).collect();
        let predicted = records.par_iter().map(|(observed, y0)| {
            let times = observed.times();
            let states = self.flow(times[0], y0, times, tolerance)?.states().to_vec();
            Trajectory::new(observed.id(), times.to_vec(), states)
        });
        // All of them run to their end, so that the error does not depend on the threads.
        let predicted = predicted.collect::<Vec<Result<_, Error>>>().into_iter().collect::<Result<_, _>>()?;
        Trajectories::new(data.components().to_vec(), predicted)?.with_time_name(data.time_name())
    }

    /// What [`Summary::refinement`](super::Summary::refinement) tells.
    pub(in crate::train) fn refinement(&self, data: &Trajectories) -> Result<Option<f64>, Error> {
        let Some(accuracy) = self.block.accuracy_in::<T>() else { return Ok(None) };
        let units = Standardisation::fit(data)?;
        let of = |record: &Trajectory| {
            let (t0, y0, last) = (record.times()[0], self.start_of(record), record.len() - 1);
            // At the quarters alone: steps that do not stop at every observation are others.
            let quarters: Vec<usize> = (1..=4).map(|k| k * last / 4).collect();
            let times: Vec<f64> = quarters.iter().map(|&k| record.times()[k]).collect();
            let (coarse, fine) =
                (self.flow(t0, y0, record.times(), accuracy)?, self.flow(t0, y0, &times, 0.1 * accuracy)?);
            let changes = quarters.iter().enumerate().flat_map(|(k, &at)| {
                let pairs = coarse.state(at).iter().zip(fine.state(k)).zip(units.scale());
                pairs.map(|((coarse, fine), scale)| (coarse - fine).abs() / scale)
            });
            Ok::<_, Error>(changes.fold(0.0, f64::max))
        };
        let changes: Vec<Result<f64, Error>> =
            (0..data.len()).into_par_iter().map(|i| of(data.trajectory(i))).collect();
        changes.into_iter().try_fold(0.0, |most: f64, change| change.map(|change| most.max(change))).map(Some)
    }

    /// Errors of [`follow`](Model::follow).
    ///
    /// # Errors
    /// As [`predict`](Model::predict), and [`Error::NotFinite`] for errors whose squares overflow.
    pub fn rmse(&self, data: &Trajectories) -> Result<Rmse, Error> {
        self.errors(&self.follow(data)?, data)
    }

    /// Errors of [`follow_learned`](Model::follow_learned).
    ///
    /// # Errors
    /// As [`rmse`](Model::rmse).
    pub fn rmse_learned(&self, data: &Trajectories) -> Result<Rmse, Error> {
        self.errors(&self.follow_learned(data)?, data)
    }

    /// The components of a prediction that are observed.
    fn observed_of(&self, predicted: Trajectories) -> Result<Trajectories, Error> {
        if self.hidden == 0 { Ok(predicted) } else { predicted.first_components(self.observed().len()) }
    }

    /// Of what is observed.
    fn errors(&self, predicted: &Trajectories, data: &Trajectories) -> Result<Rmse, Error> {
        match data.dim() > predicted.dim() {
            true => Rmse::between(predicted, &data.first_components(predicted.dim())?),
            false => Rmse::between(predicted, data),
        }
    }
}
