//! What a chunk keeps of its way, and how it finds the rest again.

mod back;
mod visit;

use super::clock::Moment;
use super::course::Course;
use super::schedule::{Next, Schedule};
use super::{Memory, Work};
use crate::solve::Remembered;
use crate::step::{BackWorkspace, Trace, Workspace};
use crate::{Error, Real};
use std::ops::Range;

/// The carried vectors before a step, and what solves of implicit stages remembered there.
#[derive(Debug)]
struct Checkpoint<T: Real> {
    step: usize,
    y: Vec<T>,
    remembered: Option<Box<Remembered<T>>>,
}

/// States, checkpoints and traces of the last pass forward, as a memory policy says.
#[derive(Debug)]
pub(super) struct Trail<T: Real> {
    memory: Memory,
    /// Carried vectors, one matrix after another: before and after all steps, or of two in turn.
    states: Vec<T>,
    /// Length of one matrix of them.
    len: usize,
    checkpoints: Vec<Checkpoint<T>>,
    /// Memory of checkpoints that are no more.
    spare: Vec<Checkpoint<T>>,
    /// The steps whose traces are at hand.
    run: Range<usize>,
    traces: Vec<Trace<T>>,
    /// Trace of a step that leaves none.
    passing: Trace<T>,
    /// By step: what the last pass and this one found, where the next one starts from that; of this one so many.
    epochs: [Vec<Trace<T>>; 2],
    learned: usize,
    /// Of steps that are taken again.
    replay: Workspace<T>,
    back: BackWorkspace<T>,
    moment: Moment<T>,
    /// Carried vectors of all steps, where they were asked for.
    path: Vec<T>,
}

/// What steps are taken with: the first time with the memory of the pass.
enum Pass<'w, T: Real> {
    First(&'w mut Workspace<T>),
    Again,
}

impl<T: Real> Trail<T> {
    /// Memory for so many steps with `len` numbers carried between them.
    pub fn new(memory: Memory, steps: usize, len: usize, moment: Moment<T>) -> Self {
        let matrices = if memory == Memory::StoreAll { steps + 1 } else { 2 };
        Trail {
            memory,
            states: vec![T::zero(); matrices * len],
            len,
            checkpoints: Vec::new(),
            spare: Vec::new(),
            run: 0..0,
            traces: Vec::new(),
            passing: Trace::new(),
            epochs: [Vec::new(), Vec::new()],
            learned: 0,
            replay: Workspace::new(),
            back: BackWorkspace::new(),
            moment,
            path: Vec::new(),
        }
    }

    /// Forgets what passes taught.
    pub fn forget(&mut self) {
        self.traces.iter_mut().chain(self.epochs.iter_mut().flatten()).for_each(Trace::forget);
        self.replay.start();
    }

    /// What steps that were taken again have cost since the last pass forward.
    pub fn work(&self) -> Work {
        self.replay.work()
    }

    /// The carried vectors that the way starts from, to be written.
    pub fn start(&mut self) -> &mut [T] {
        &mut self.states[..self.len]
    }

    /// Where the carried vectors before step `n` are.
    fn place(&self, n: usize) -> Range<usize> {
        let n = if self.memory == Memory::StoreAll { n } else { n % 2 };
        n * self.len..(n + 1) * self.len
    }

    /// Takes all steps; `seen` is shown the carried vectors before each, and after the last.
    pub fn forward(
        &mut self,
        course: Course<'_, T>,
        ws: &mut Workspace<T>,
        mut seen: impl FnMut(usize, &[T]),
    ) -> Result<(), Error> {
        self.replay.start();
        self.spare.append(&mut self.checkpoints);
        self.path.clear();
        self.run = 0..0;
        let [last, this] = &mut self.epochs;
        last[..self.learned].swap_with_slice(&mut this[..self.learned]);
        self.learned = 0;
        if self.memory == Memory::StoreAll && self.traces.is_empty() {
            self.traces.resize_with(course.len(), Trace::new);
            // The last first: memory is handed out upwards, and read fastest upwards, which counts on the way back, where the
            // traces of many samples are no longer in the cache.
            for (n, trace) in self.traces.iter_mut().enumerate().rev() {
                course.steps.at(n).make_room(course.route.batch, trace);
            }
        }
        seen(0, &self.states[..self.len]);
        let mut pass = Pass::First(ws);
        self.keep(course, 0, &pass);
        self.walk(course, Schedule::first, 0..course.len(), &mut pass, &mut seen)
    }

    /// Takes steps, from a checkpoint on, and leaves others and traces as `next` of the schedule has it.
    fn walk(
        &mut self,
        course: Course<'_, T>,
        next: fn(&Schedule, usize, usize, usize) -> Next,
        steps: Range<usize>,
        pass: &mut Pass<'_, T>,
        seen: &mut impl FnMut(usize, &[T]),
    ) -> Result<(), Error> {
        let schedule = Schedule::new(self.memory, course.len(), course.steps.starting());
        let Range { start: mut at, end } = steps;
        loop {
            match next(&schedule, at, end, self.checkpoints.len().saturating_sub(1)) {
                Next::Keep(step) => {
                    self.pass(course, at..step, pass, seen)?;
                    self.keep(course, step, pass);
                    at = step;
                }
                Next::Record(from) => {
                    self.pass(course, at..from, pass, seen)?;
                    return self.record(course, from..end, pass, seen);
                }
            }
        }
    }

    /// Step `n` from where the way has come to.
    fn step(
        &mut self,
        course: Course<'_, T>,
        n: usize,
        trace: Option<usize>,
        pass: &mut Pass<'_, T>,
    ) -> Result<(), Error> {
        let (from, to) = (self.place(n), self.place(n + 1));
        let (y, next) = if from.start < to.start {
            let (before, after) = self.states.split_at_mut(to.start);
            (&before[from], &mut after[..self.len])
        } else {
            let (before, after) = self.states.split_at_mut(from.start);
            (&after[..self.len], &mut before[to])
        };
        let trace = match trace {
            Some(k) => &mut self.traces[k],
            None => &mut self.passing,
        };
        // All traces are there: what a pass taught them is where the next one starts from.
        let learns = self.memory != Memory::StoreAll && course.steps.remembers().is_some_and(|all| all.epochs);
        if learns {
            let [last, this] = &mut self.epochs;
            last.resize_with(course.len(), Trace::new);
            this.resize_with(course.len(), Trace::new);
            trace.learn_from(&last[n]);
        }
        let from = course.start(n, y, &mut self.moment);
        match pass {
            Pass::First(ws) => {
                course.steps.at(n).forward(from, next, trace, ws)?;
                if learns {
                    self.epochs[1][n].learn_from(trace);
                    self.learned = n + 1;
                }
            }
            Pass::Again => {
                self.replay.work_mut().recomputed += course.route.batch.live;
                course.steps.at(n).forward(from, next, trace, &mut self.replay)?;
            }
        }
        Ok(())
    }

    /// Takes steps of which nothing is kept.
    fn pass(
        &mut self,
        course: Course<'_, T>,
        steps: Range<usize>,
        pass: &mut Pass<'_, T>,
        seen: &mut impl FnMut(usize, &[T]),
    ) -> Result<(), Error> {
        for n in steps {
            self.step(course, n, None, pass).map_err(course.relocated(n))?;
            seen(n + 1, &self.states[self.place(n + 1)]);
        }
        Ok(())
    }

    /// Takes steps, and keeps their traces.
    fn record(
        &mut self,
        course: Course<'_, T>,
        steps: Range<usize>,
        pass: &mut Pass<'_, T>,
        seen: &mut impl FnMut(usize, &[T]),
    ) -> Result<(), Error> {
        self.run = 0..0;
        if self.traces.len() < steps.len() {
            self.traces.resize_with(steps.len(), Trace::new);
        }
        for n in steps.clone() {
            self.step(course, n, Some(n - steps.start), pass).map_err(course.relocated(n))?;
            seen(n + 1, &self.states[self.place(n + 1)]);
        }
        self.run = steps;
        Ok(())
    }

    /// Leaves a checkpoint before step `n`, where the way has come to.
    fn keep(&mut self, course: Course<'_, T>, n: usize, pass: &Pass<'_, T>) {
        if self.memory == Memory::StoreAll {
            return;
        }
        let new = || Checkpoint { step: 0, y: Vec::new(), remembered: None };
        let mut checkpoint = self.spare.pop().unwrap_or_else(new);
        checkpoint.step = n;
        checkpoint.y.clear();
        checkpoint.y.extend_from_slice(&self.states[self.place(n)]);
        if let Some(remembers) = course.steps.remembers() {
            let ws = match pass {
                Pass::First(ws) => &**ws,
                Pass::Again => &self.replay,
            };
            let kept = checkpoint.remembered.get_or_insert_with(|| Box::new(Remembered::new()));
            kept.copy_from(ws.remembered(), remembers.factors);
        }
        self.checkpoints.push(checkpoint);
    }

    /// Drops checkpoints from step `end` on, and goes back to the last before it.
    fn restore(&mut self, course: Course<'_, T>, end: usize) -> usize {
        while self.checkpoints.last().is_some_and(|last| last.step >= end && last.step > 0) {
            self.spare.extend(self.checkpoints.pop());
        }
        let Some(last) = self.checkpoints.last() else { return 0 };
        let place = self.place(last.step);
        self.states[place].copy_from_slice(&last.y);
        if let (Some(remembers), Some(kept)) = (course.steps.remembers(), &last.remembered) {
            self.replay.recall(kept, remembers.factors);
        }
        last.step
    }
}
