//! Parameters that are learned, and parameters that evaluations take.

use super::Field;
use crate::{Error, Real};
use serde::{Deserialize, Serialize};

/// What effective parameters are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A step of training: what was remembered from the step before may save work.
    Training,
    /// A prediction: it depends on the learned parameters alone.
    Prediction,
}

/// A map `γ ↦ γ̃` from the parameters that are learned to those that evaluations of a field take: its *effective*
/// parameters. It is applied once to a set of parameters and a step of training, not once an evaluation.
///
/// It acts on the first of the parameters it is given, and leaves alone what follows them.
pub trait Reparameterisation<T> {
    /// Numbers to remember for the derivatives, and for the next step of training.
    fn memory_len(&self) -> usize;

    /// Turns learned parameters into effective ones. For a [`Purpose::Prediction`] nothing is read from `memory`.
    fn apply(&self, params: &mut [T], memory: &mut [T], purpose: Purpose);

    /// `bar = (∂γ̃/∂γ)ᵀ bar`, where [`apply`](Reparameterisation::apply) turned `learned` into effective parameters and
    /// left `memory`.
    fn pull_back(&self, learned: &[T], memory: &[T], bar: &mut [T]);

    /// `dot = (∂γ̃/∂γ) dot`, as [`pull_back`](Reparameterisation::pull_back).
    fn push_forward(&self, learned: &[T], memory: &[T], dot: &mut [T]);
}

/// Effective parameters of one or more sets of learned ones, and what is remembered of them.
///
/// ```
/// use kutta::field::{Activation, Effective, Field, Layered, Mlp, Purpose};
/// use rand::{SeedableRng, rngs::StdRng};
/// let field = Mlp::new([2, 16, 2], Activation::Tanh)?.normalised(0.5)?;
/// let params: Vec<f64> = field.init(&mut StdRng::seed_from_u64(1));
/// let mut effective = Effective::new();
/// let bound = field.inner().lipschitz_bound(effective.update(&field, &params, Purpose::Prediction)?)?;
/// assert!((bound - 0.5).abs() < 1e-12);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Effective<T> {
    #[serde(skip)]
    params: Vec<T>,
    memory: Vec<T>,
}

impl<T> Effective<T> {
    /// Of nothing yet.
    pub fn new() -> Self {
        Effective { params: Vec::new(), memory: Vec::new() }
    }

    /// Of nothing yet, but with what others remembered.
    pub(crate) fn remembering(memory: Vec<T>) -> Self {
        Effective { params: Vec::new(), memory }
    }

    /// What is remembered.
    pub(crate) fn memory(&self) -> &[T] {
        &self.memory
    }
}

impl<T: Real> Effective<T> {
    /// The effective parameters of `learned`: sets of the field's parameters, one after another.
    ///
    /// The first call is exact; those that follow, for a step of training, use what the one before remembered.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if an effective parameter is not finite.
    pub fn update(&mut self, field: &dyn Field<T>, learned: &[T], purpose: Purpose) -> Result<&[T], Error> {
        self.params.clear();
        self.params.extend_from_slice(learned);
        if let Some(map) = field.reparameterisation() {
            let (count, memory) = (field.param_count().max(1), map.memory_len());
            let sets = learned.len() / count;
            let purpose = if self.memory.len() == sets * memory { purpose } else { Purpose::Prediction };
            self.memory.resize(sets * memory, T::zero());
            for (n, params) in self.params.chunks_exact_mut(count).enumerate() {
                map.apply(params, &mut self.memory[n * memory..][..memory], purpose);
            }
        }
        match self.params.iter().all(|x| x.is_finite()) {
            true => Ok(&self.params),
            false => Err(Error::NotFinite { what: "a parameter", location: None }),
        }
    }

    /// The effective parameters of the last [`update`](Effective::update).
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// Turns the derivative by effective parameters into that by the learned ones of the last
    /// [`update`](Effective::update).
    pub fn pull_back(&self, field: &dyn Field<T>, learned: &[T], bar: &mut [T]) {
        self.each(field, learned, bar, |map, learned, memory, bar| map.pull_back(learned, memory, bar));
    }

    /// Turns a tangent of learned parameters into that of the effective ones.
    pub fn push_forward(&self, field: &dyn Field<T>, learned: &[T], dot: &mut [T]) {
        self.each(field, learned, dot, |map, learned, memory, dot| map.push_forward(learned, memory, dot));
    }

    fn each(
        &self,
        field: &dyn Field<T>,
        learned: &[T],
        out: &mut [T],
        change: impl Fn(&dyn Reparameterisation<T>, &[T], &[T], &mut [T]),
    ) {
        let Some(map) = field.reparameterisation() else { return };
        let (count, memory) = (field.param_count().max(1), map.memory_len());
        for (n, (learned, out)) in learned.chunks_exact(count).zip(out.chunks_exact_mut(count)).enumerate() {
            change(map, learned, &self.memory[n * memory..][..memory], out);
        }
    }

    /// Whether the memory is that of `sets` sets of parameters, or empty.
    pub(crate) fn fits(&self, field: &dyn Field<T>, sets: usize) -> bool {
        let memory = field.reparameterisation().map_or(0, |map| map.memory_len());
        self.memory.is_empty() || self.memory.len() == sets * memory
    }
}
