//! Passes of a network over many samples.

use crate::network::{Layer, Pass};
use crate::{Error, Real};
use std::ops::Range;

/// Most samples that go through the network together: what a pass keeps of all of them has to fit the memory. The layers share
/// them out to all cores.
const CHUNK: usize = 128;

/// A network with passes that are used again, one for each number of samples.
pub(super) struct Passes<'a, T: Real> {
    network: &'a dyn Layer<T>,
    kept: Vec<(usize, Box<dyn Pass<T> + 'a>)>,
}

impl<'a, T: Real> Passes<'a, T> {
    pub fn new(network: &'a dyn Layer<T>) -> Self {
        Passes { network, kept: Vec::new() }
    }

    pub fn network(&self) -> &'a dyn Layer<T> {
        self.network
    }

    /// Gives a pass to `visit`, chunk by chunk, with the range of samples that it is for. Errors tell a sample's place among all.
    pub fn over(
        &mut self,
        samples: usize,
        mut visit: impl FnMut(&mut dyn Pass<T>, Range<usize>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // Chunks of about equal size: one pass may do for all.
        let chunk = samples.div_ceil(samples.div_ceil(CHUNK).max(1)).max(1);
        for from in (0..samples).step_by(chunk) {
            let range = from..samples.min(from + chunk);
            let pass = self.of(range.len())?;
            visit(pass, range.clone()).map_err(|error| error.of_samples(&range.collect::<Vec<_>>()))?;
        }
        Ok(())
    }

    /// A pass for so many samples. Two are kept: batches are of one size, but for the last of an epoch.
    fn of(&mut self, samples: usize) -> Result<&mut (dyn Pass<T> + 'a), Error> {
        let place = match self.kept.iter().position(|(size, _)| *size == samples) {
            Some(place) => place,
            None => {
                self.kept.truncate(1);
                self.kept.push((samples, self.network.ready(samples)?));
                self.kept.len() - 1
            }
        };
        Ok(&mut *self.kept[place].1)
    }
}
