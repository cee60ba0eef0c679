//! Shooting as an objective.

use super::observations::{Layout, Observations};
use super::pass::{Pass, Terms};
use super::{Shooting, Window};
use crate::field::Effective;
use crate::network::{AnyBlock, Loss};
use crate::regularisation::{Penalty, Regularisation, mixed};
use crate::train::{Evaluation, Minibatch, Objective, Settings, Stage, Turn};
use crate::{Error, Real};
use rand::RngCore;
use std::collections::HashMap;
use std::sync::Arc;

/// Most batches that are kept ready to be used again.
const KEPT: usize = 256;

/// How well a block follows recorded trajectories, with what is added to that. The unknowns are the block's parameters, then
/// learned starts of the trajectories, then, before the last stage, those of inner segments.
pub(in crate::train) struct Following<'a, T: Real> {
    block: &'a AnyBlock<'a, T>,
    data: &'a Observations<T>,
    loss: &'a dyn Loss<T>,
    shooting: Shooting,
    regularisation: Regularisation,
    further: Vec<Arc<dyn Penalty<T>>>,
    seed: u64,
    initial: Option<Vec<T>>,
    layout: Layout,
    stage: Stage,
    batches: Batches<'a, T>,
    /// Whole records, to judge parts by.
    whole: Batches<'a, T>,
    /// What a reparameterisation remembers from step to step.
    effective: Effective<T>,
}

impl<'a, T: Real> Following<'a, T> {
    /// By the strategy, the regulariser and the learned starts of `settings`.
    pub fn new(
        settings: &Settings,
        loss: &'a dyn Loss<T>,
        block: &'a AnyBlock<'a, T>,
        data: &'a Observations<T>,
    ) -> Self {
        let layout = Layout {
            params: block.param_count(),
            dim: block.dim(),
            learned_starts: settings.learned_starts == Some(true),
        };
        let whole = || Batches::new(block, data, layout.windows(&settings.shooting, Stage::Last, data));
        Following {
            block,
            data,
            loss,
            shooting: settings.shooting,
            regularisation: settings.regularisation,
            further: Vec::new(),
            seed: settings.seed,
            initial: None,
            layout,
            stage: Stage::Last,
            batches: whole(),
            whole: whole(),
            effective: Effective::new(),
        }
    }

    /// From these parameters instead of random ones.
    pub fn starting_from(self, initial: Option<Vec<T>>) -> Self {
        Following { initial, ..self }
    }

    /// With these penalties as well.
    pub fn penalised_by(self, further: Vec<Arc<dyn Penalty<T>>>) -> Self {
        Following { further, ..self }
    }

    /// The regulariser for a batch, with probes of its own.
    fn regularisation(&self, batch: Minibatch<'_>) -> Regularisation {
        let seeds = [self.seed, self.regularisation.seed, batch.epoch as u64, batch.first as u64];
        Regularisation { seed: mixed(seeds), ..self.regularisation }
    }
}

impl<T: Real> Objective<T> for Following<'_, T> {
    fn samples(&self) -> usize {
        self.data.len()
    }

    fn start(&mut self, mut rng: &mut dyn RngCore) -> Result<Vec<T>, Error> {
        let mut unknowns = self.block.field().init(&mut rng).repeat(self.block.layers());
        if let Some(initial) = self.initial.take() {
            Error::check_len("initial parameters", "entries", initial.len(), unknowns.len())?;
            unknowns = initial;
        }
        if self.layout.learned_starts {
            (0..self.data.len()).for_each(|i| unknowns.extend_from_slice(self.data.state(i, 0)));
        }
        Ok(unknowns)
    }

    fn value_and_grad(
        &mut self,
        batch: Minibatch<'_>,
        unknowns: &[T],
        gradient: &mut [T],
    ) -> Result<Evaluation, Error> {
        let (regularisation, gap_weight) = (self.regularisation(batch), self.shooting.gap_weight(batch.epoch));
        let terms = Terms { loss: self.loss, regularisation, further: &self.further, gap_weight };
        self.batches.get(batch.samples)?.value_and_grad(&terms, unknowns, &mut self.effective, gradient)
    }

    fn value(&mut self, batch: Minibatch<'_>, unknowns: &[T]) -> Result<Evaluation, Error> {
        let regularisation = self.regularisation(batch);
        let terms = Terms { loss: self.loss, regularisation, further: &self.further, gap_weight: 0.0 };
        let batches = if self.stage == Stage::Last { &mut self.batches } else { &mut self.whole };
        batches.get(batch.samples)?.value(&terms, unknowns)
    }

    fn stage(&self, at: Turn) -> Stage {
        self.shooting.stage(at.epoch, self.data.longest())
    }

    /// Starts of inner segments that the new stage has as well stay as learned, others are dropped, and those of new ones
    /// read off the data.
    fn enter(&mut self, stage: Stage, unknowns: &mut Vec<T>) {
        let windows = |stage| self.layout.windows(&self.shooting, stage, self.data);
        let before = windows(self.stage).concat();
        let learned: HashMap<_, _> =
            before.iter().filter_map(|&(window, slot)| Some((window.place(), slot?))).collect();
        self.batches = Batches::new(self.block, self.data, windows(stage));
        let old = unknowns.clone();
        unknowns.truncate(self.layout.lasting(self.data));
        for window in self.batches.inner_windows() {
            let start = match learned.get(&window.place()) {
                Some(&slot) => &old[slot..slot + self.layout.dim],
                None => self.data.state(window.trajectory, window.first),
            };
            unknowns.extend_from_slice(start);
        }
        if stage == Stage::Last {
            // There is nothing more to be judged, and its memory is that of whole records.
            self.whole = Batches::new(self.block, self.data, Vec::new());
        }
        self.stage = stage;
    }

    fn memory(&self) -> Vec<T> {
        self.effective.memory().to_vec()
    }

    fn recall(&mut self, memory: Vec<T>) -> bool {
        self.effective = Effective::remembering(memory);
        self.effective.fits(self.block.field(), self.block.layers())
    }
}

/// The batches of a stage. The whole set and single trajectories are kept ready, since they come again every epoch.
pub(super) struct Batches<'a, T: Real> {
    block: &'a AnyBlock<'a, T>,
    data: &'a Observations<T>,
    windows: Vec<Vec<(Window, Option<usize>)>>,
    kept: HashMap<Vec<usize>, Pass<'a, T>>,
    other: Option<Pass<'a, T>>,
}

impl<'a, T: Real> Batches<'a, T> {
    pub fn new(
        block: &'a AnyBlock<'a, T>,
        data: &'a Observations<T>,
        windows: Vec<Vec<(Window, Option<usize>)>>,
    ) -> Self {
        Batches { block, data, windows, kept: HashMap::new(), other: None }
    }

    /// The segments that do not begin a trajectory, in the order of the places of their starts.
    pub fn inner_windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().flatten().map(|(window, _)| window).filter(|window| window.first > 0)
    }

    /// The batch of these trajectories.
    pub fn get(&mut self, trajectories: &[usize]) -> Result<&mut Pass<'a, T>, Error> {
        let build = || {
            let windows: Vec<_> = trajectories.iter().flat_map(|&i| &self.windows[i]).copied().collect();
            Pass::new(self.block, self.data, &windows)
        };
        let comes_again = trajectories.len() == 1 || trajectories.len() == self.data.len();
        if !comes_again || (self.kept.len() >= KEPT && !self.kept.contains_key(trajectories)) {
            return Ok(self.other.insert(build()?));
        }
        if !self.kept.contains_key(trajectories) {
            let pass = build()?;
            self.kept.insert(trajectories.to_vec(), pass);
        }
        match self.kept.get_mut(trajectories) {
            Some(pass) => Ok(pass),
            None => Err(Error::invalid("batch", format!("{trajectories:?}"), "one that was kept")),
        }
    }
}
