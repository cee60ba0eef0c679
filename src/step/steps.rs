//! The steps of a path.

use super::back::{Back, BackWorkspace};
use super::{Remembers, Start, Step, Trace, Workspace};
use crate::field::Field;
use crate::solve::StageSolver;
use crate::tableau::Method;
use crate::{Error, Real};

/// Steps of equal length differ by no more than this from the first, relative to it, beside the rounding of times.
const EQUAL: f64 = 1e-9;

/// The steps of a method from the start of a path on: of one that needs a past, the first are taken by another.
#[derive(Debug)]
pub(crate) struct Steps<'a, T: Real> {
    starting: Option<(usize, Step<'a, T>)>,
    then: Step<'a, T>,
    /// What undoes those of the method itself, if asked for.
    back: Option<Back<'a, T>>,
    /// By carried vector: which multiple of the state it is at the start.
    start: Vec<T>,
    name: String,
}

impl<'a, T: Real> Steps<'a, T> {
    /// Those of `method` over `field`.
    pub fn new(field: &'a dyn Field<T>, method: &Method, solver: StageSolver) -> Result<Self, Error> {
        if method.is_inverse() {
            let expected = "one whose steps go forward; a `Step` takes an inverse";
            return Err(Error::invalid("the method", method.name(), expected));
        }
        let starting = match method.starting() {
            None => None,
            Some((count, method)) => Some((count, Step::new(field, method, solver)?)),
        };
        let then = Step::new(field, method, solver)?;
        let start = method.start().iter().map(|&q| T::constant(q)).collect();
        Ok(Steps { starting, then, back: None, start, name: method.name().to_string() })
    }

    /// Those that can be taken back as well: of a method that needs a past, all but the first.
    ///
    /// # Errors
    /// As [`new`](Steps::new), and [`Error::InvalidTableau`] for a method without an inverse.
    pub fn there_and_back(field: &'a dyn Field<T>, method: &Method, solver: StageSolver) -> Result<Self, Error> {
        let steps = Self::new(field, method, solver)?;
        let back = Some(Back::new(field, method, solver, &steps.then)?);
        Ok(Steps { back, ..steps })
    }

    /// The first steps, which another method takes.
    pub fn starting(&self) -> usize {
        self.starting.as_ref().map_or(0, |(count, _)| *count)
    }

    /// Undoes a step, not one of the first: see [`Back::take`].
    ///
    /// # Errors
    /// Those of a step; [`Error::InvalidArgument`] if these steps are not [`there_and_back`](Steps::there_and_back).
    pub fn take_back(
        &self,
        from: Start<'_, T>,
        before: &mut [T],
        trace: &mut Trace<T>,
        memory: (&mut BackWorkspace<T>, &mut Workspace<T>),
    ) -> Result<(), Error> {
        let no_way = || Error::invalid("the steps", "forward ones", "steps there and back");
        self.back.as_ref().ok_or_else(no_way)?.take(&self.then, from, before, trace, memory)
    }

    /// What solves of implicit stages take over from those before, if there are any.
    pub fn remembers(&self) -> Option<Remembers> {
        let starting = self.starting.as_ref().and_then(|(_, step)| step.remembers());
        self.then.remembers().or(starting)
    }

    /// Step number `n`.
    pub fn at(&self, n: usize) -> &Step<'a, T> {
        match &self.starting {
            Some((count, step)) if n < *count => step,
            _ => &self.then,
        }
    }

    /// Rows of what is carried from step to step.
    pub fn rows(&self) -> usize {
        self.then.rows()
    }

    /// Whether Jacobians of one pass serve in the next.
    pub fn keeps_jacobians(&self) -> bool {
        self.then.keeps_jacobians()
    }

    /// Refuses times of steps that differ in length, if the method needs equal ones.
    pub fn check_times(&self, times: &[f64]) -> Result<(), Error> {
        let lengths = || times.windows(2).map(|ends| ends[1] - ends[0]);
        let (Some(first), Some(_)) = (lengths().next(), &self.starting) else { return Ok(()) };
        let rounding = 4.0 * f64::EPSILON * times.iter().fold(0.0, |most: f64, t| most.max(t.abs()));
        let differs = |h: &f64| (h - first).abs() > EQUAL * first.abs() + rounding;
        match lengths().find(differs) {
            None => Ok(()),
            Some(other) => Err(Error::invalid(
                "the length of steps",
                // Without the rounding of times.
                format!("{}, then {}", first as f32, other as f32),
                format!("the same in all: `{}` goes on from what steps of that length left", self.name),
            )),
        }
    }

    /// Fills the carried vectors, after the first, from that: the state at the start; `len` numbers each.
    pub fn fill_start(&self, vectors: &mut [T], len: usize) {
        let (state, others) = vectors.split_at_mut(len);
        for (vector, &q) in others.chunks_exact_mut(len.max(1)).zip(&self.start[1..]) {
            vector.iter_mut().zip(&*state).for_each(|(x, &y)| *x = q * y);
        }
    }

    /// The transposed of [`fill_start`](Self::fill_start): adds to the first the cotangents of the others.
    pub fn pull_start_back(&self, cotangents: &mut [T], len: usize) {
        let (state, others) = cotangents.split_at_mut(len);
        for (vector, &q) in others.chunks_exact(len.max(1)).zip(&self.start[1..]) {
            state.iter_mut().zip(vector).for_each(|(y, &x)| *y += q * x);
        }
    }
}
