//! The way back: steps that are taken again for their traces, or undone.

use super::{Pass, Trail};
use crate::network::Memory;
use crate::network::course::Course;
use crate::network::schedule::Schedule;
use crate::step::{Start, Trace};
use crate::{Error, Number, Real};
use std::ops::Range;

impl<T: Real> Trail<T> {
    /// Step `n` as it was taken, and its trace: of the run, or of a step back just taken.
    pub fn taken<'s>(&'s mut self, course: Course<'s, T>, n: usize) -> (Start<'s, T>, &'s Trace<T>) {
        let trace = if self.run.contains(&n) { &self.traces[n - self.run.start] } else { &self.passing };
        // The derivative of a step does not read where it started from.
        (course.start(n, &self.states[..self.len], &mut self.moment), trace)
    }

    /// The steps before `end`, the last of those not yet undone, whose traces are at hand; takes them again, if need be.
    pub fn run(&mut self, course: Course<'_, T>, end: usize) -> Result<Range<usize>, Error> {
        if self.run.end != end || self.run.is_empty() {
            let at = self.restore(course, end);
            self.walk(course, Schedule::again, at..end, &mut Pass::Again, &mut |_, _| {})?;
        }
        Ok(self.run.clone())
    }

    /// The steps before `end` that are gone back, from the state that was kept there to another that was.
    pub fn stretch(&mut self, course: Course<'_, T>, end: usize) -> Result<Option<Range<usize>>, Error> {
        if !matches!(self.memory, Memory::Reverse { .. }) || end <= course.steps.starting() {
            return Ok(None);
        }
        if self.checkpoints.last().is_none_or(|last| last.step < end) {
            // There was a way back before.
            let at = self.restore(course, 0);
            self.walk(course, Schedule::first, at..end, &mut Pass::Again, &mut |_, _| {})?;
        }
        let Some(last) = self.checkpoints.pop() else { return Ok(None) };
        let place = self.place(end);
        self.states[place].copy_from_slice(&last.y);
        self.spare.push(last);
        self.run = 0..0;
        self.replay.forget();
        Ok(self.checkpoints.last().map(|start| start.step..end))
    }

    /// Takes step `n` back.
    pub fn take_back(&mut self, course: Course<'_, T>, n: usize) -> Result<(), Error> {
        let (from, to) = (self.place(n + 1), self.place(n));
        let (first, second) = self.states.split_at_mut(self.len);
        let (y, before) = if from.start < to.start { (first, second) } else { (second, first) };
        self.replay.work_mut().recomputed += course.route.batch.live;
        let from = course.start(n, y, &mut self.moment);
        course.steps.take_back(from, before, &mut self.passing, (&mut self.back, &mut self.replay))
    }

    /// Whether steps back have led to the state that was kept before step `n`, the last of those that are, as nearly as they
    /// must.
    pub fn agrees(&self, course: Course<'_, T>, n: usize) -> bool {
        let (Memory::Reverse { drift }, Some(kept)) = (self.memory, self.checkpoints.last()) else { return true };
        let found = &self.states[self.place(n)];
        let stride = course.route.batch.stride;
        (0..course.route.batch.live).all(|q| {
            let column = |of: &dyn Fn(usize) -> T| (q..self.len).step_by(stride).map(of).fold(T::zero(), Number::max);
            let (size, error) = (column(&|k| kept.y[k].abs()), column(&|k| (found[k] - kept.y[k]).abs()));
            // What is not a number differs.
            let finite = (q..self.len).step_by(stride).all(|k| found[k].is_finite());
            finite && error <= T::constant(drift) * size
        })
    }

    /// Counts a stretch that is taken again.
    pub fn fall_back(&mut self, course: Course<'_, T>) {
        self.replay.work_mut().fallbacks += course.route.batch.live;
    }
}
