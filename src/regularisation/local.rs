//! The part of a regulariser that is a sum over states, on a batch of them.

use super::{Penalties, ProbeKind, Regularisation, mixed};
use crate::field::{JvpBars, Point, Scratch};
use crate::{Real, VectorField};

/// The weights of `∇·F`, `‖∂F/∂y‖²` and `‖F‖²` at every state of a batch.
#[derive(Debug, Default)]
pub(crate) struct Weights<T> {
    pub divergence: Vec<T>,
    pub jacobian: Vec<T>,
    pub speed: Vec<T>,
}

impl<T: Real> Weights<T> {
    pub fn clear(&mut self) {
        [&mut self.divergence, &mut self.jacobian, &mut self.speed].map(Vec::clear);
    }

    /// The weights of a state of `d` components at position `time` of its path, between 0 and 1, that counts with `share`.
    pub fn push(&mut self, of: &Regularisation, d: usize, time: f64, share: f64) {
        let d = d as f64;
        self.divergence.push(T::constant(share * of.divergence / d * time.powf(of.divergence_power)));
        self.jacobian.push(T::constant(share * of.jacobian / (d * d)));
        self.speed.push(T::constant(share * of.speed));
    }
}

/// Where derivatives go: by the states, overwritten, and by the parameters, added to.
pub(crate) struct Bars<'a, T> {
    pub y: &'a mut [T],
    pub params: &'a mut [T],
}

/// The memory of evaluations.
#[derive(Debug)]
pub(crate) struct Local<T> {
    scratch: Scratch<T>,
    value: Vec<T>,
    record: Vec<T>,
    /// A probe, the Jacobian or its product with the probe, the cotangent of that, and what is pulled back of it.
    probe: Vec<T>,
    jacobian: Vec<T>,
    cotangent: Vec<T>,
    pulled: Vec<T>,
}

impl<T: Real> Local<T> {
    pub fn new() -> Self {
        let new = Vec::new;
        let (value, record, probe, jacobian, cotangent, pulled) = (new(), new(), new(), new(), new(), new());
        Local { scratch: Scratch::new(), value, record, probe, jacobian, cotangent, pulled }
    }

    /// The weighted sum over the states of a batch, and its derivatives if asked for. Probes are drawn from
    /// `key(column)`.
    pub fn evaluate<F: VectorField>(
        &mut self,
        (field, at): (&F, Point<'_, T>),
        regularisation: &Regularisation,
        weights: &Weights<T>,
        key: impl Fn(usize) -> u64,
        mut bars: Option<Bars<'_, T>>,
    ) -> Penalties {
        let (d, stride) = (field.dim(), at.batch.stride);
        self.value.resize(d * stride, T::zero());
        self.record.resize(field.record_rows() * stride, T::zero());
        self.pulled.resize(d * stride, T::zero());
        field.eval_batch(at, &mut self.value, &mut self.record, &mut self.scratch);
        if let Some(bars) = &mut bars {
            bars.y[..d * stride].fill(T::zero());
        }
        let mut penalties = Penalties::default();
        if regularisation.speed != 0.0 {
            penalties.speed = self.speed(field, at, weights, bars.as_mut());
        }
        if regularisation.divergence != 0.0 || regularisation.jacobian != 0.0 {
            match regularisation.estimator.probes(d) {
                None => self.whole(field, at, weights, &mut penalties, bars.as_mut()),
                Some((count, kind)) => {
                    let mut weights_of = weights.at(at.batch.live);
                    let share = T::constant(1.0 / count as f64);
                    weights_of.share = share;
                    for k in 0..count {
                        self.draw(kind, d, at, |column| mixed([key(column), k as u64]));
                        self.probed(field, at, &weights_of, &mut penalties, bars.as_mut());
                    }
                }
            }
        }
        penalties
    }
}
