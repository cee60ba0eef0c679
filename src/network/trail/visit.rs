//! All steps of a pass once more, from the first on.

use super::{Pass, Trail};
use crate::network::Memory;
use crate::network::course::Course;
use crate::step::{Start, Trace};
use crate::{Error, Real};

impl<T: Real> Trail<T> {
    /// The carried vectors before and after all steps.
    pub fn path(&mut self, course: Course<'_, T>) -> Result<&[T], Error> {
        if self.memory == Memory::StoreAll {
            return Ok(&self.states);
        }
        if self.path.is_empty() {
            let mut path = std::mem::take(&mut self.path);
            let all = self.again_from_start(course, |trail, n| {
                path.extend_from_slice(&trail.states[trail.place(n)]);
                Ok(())
            });
            self.path = path;
            all?;
            self.path.extend_from_slice(&self.states[self.place(course.len())]);
        }
        Ok(&self.path)
    }

    /// Visits all steps from the first on: `visit(n, step)` with what [`taken`](Self::taken) gives of it, and once more at the
    /// end.
    pub fn visit(
        &mut self,
        course: Course<'_, T>,
        mut visit: impl FnMut(usize, Option<(Start<'_, T>, &Trace<T>)>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self.memory {
            Memory::StoreAll => (0..course.len()).try_for_each(|n| visit(n, Some(self.taken(course, n))))?,
            _ => self.again_from_start(course, |trail, n| {
                let start = course.start(n, &trail.states[..trail.len], &mut trail.moment);
                visit(n, Some((start, &trail.passing)))
            })?,
        }
        visit(course.len(), None)
    }

    /// Takes all steps again, and shows each when it has been taken.
    fn again_from_start(
        &mut self,
        course: Course<'_, T>,
        mut show: impl FnMut(&mut Self, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(first) = self.checkpoints.first() else { return Ok(()) };
        self.states[..self.len].copy_from_slice(&first.y);
        if let (Some(remembers), Some(kept)) = (course.steps.remembers(), &first.remembered) {
            self.replay.recall(kept, remembers.factors);
        }
        for n in 0..course.len() {
            self.step(course, n, None, &mut Pass::Again).map_err(course.relocated(n))?;
            show(self, n)?;
        }
        Ok(())
    }
}
