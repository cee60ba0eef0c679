//! Passes of a network over the samples of a batch, on all cores.

use crate::network::{Layer, Pass};
use crate::{Error, Real};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Most samples that go through the network together. Fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 64;

/// A network with the memory of passes that were made, to be used again: about as many as there are threads.
pub(super) struct Passes<'a, T: Real> {
    network: &'a dyn Layer<T>,
    spare: Mutex<Vec<(usize, Box<dyn Pass<T> + 'a>)>>,
}

impl<'a, T: Real> Passes<'a, T> {
    pub fn new(network: &'a dyn Layer<T>) -> Self {
        Passes { network, spare: Mutex::new(Vec::new()) }
    }

    pub fn network(&self) -> &'a dyn Layer<T> {
        self.network
    }

    /// What `of` makes of the samples, chunk by chunk and in their order: it is given a pass, and which samples it is for. The
    /// first chunk's error is the one reported, with the sample's place among all.
    pub fn over<R: Send>(
        &self,
        samples: usize,
        of: impl Fn(&mut dyn Pass<T>, Range<usize>) -> Result<R, Error> + Sync,
    ) -> Result<Vec<R>, Error> {
        let starts: Vec<usize> = (0..samples).step_by(CHUNK).collect();
        let chunk = |&from: &usize| {
            let range = from..samples.min(from + CHUNK);
            let mut pass = self.take(range.len())?;
            let result = of(&mut *pass, range.clone());
            self.spare().push((range.len(), pass));
            result.map_err(|error| error.of_samples(&range.collect::<Vec<_>>()))
        };
        // All chunks run to their end, so that the error does not depend on the threads either.
        let results: Vec<_> = starts.par_iter().map(chunk).collect();
        results.into_iter().collect()
    }

    /// A pass for so many samples.
    fn take(&self, samples: usize) -> Result<Box<dyn Pass<T> + 'a>, Error> {
        let mut spare = self.spare();
        match spare.iter().position(|(size, _)| *size == samples) {
            Some(k) => Ok(spare.swap_remove(k).1),
            None => {
                drop(spare);
                self.network.ready(samples)
            }
        }
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<(usize, Box<dyn Pass<T> + 'a>)>> {
        // A panic elsewhere leaves the list as it was.
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
