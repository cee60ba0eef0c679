//! The part of a regulariser that is a sum over states, on a batch of them.

use super::{Penalties, ProbeKind, Regularisation, mixed};
use crate::Real;
use crate::field::{Batch, Field, JvpBars, Point, Scratch};

/// The weights of `∇·F`, `‖∂F/∂y‖²` and `‖F‖²` at every state of a batch.
#[derive(Debug, Default)]
pub(crate) struct Weights<T> {
    pub divergence: Vec<T>,
    pub jacobian: Vec<T>,
    pub kinetic: Vec<T>,
}

impl<T: Real> Weights<T> {
    pub fn clear(&mut self) {
        self.divergence.clear();
        self.jacobian.clear();
        self.kinetic.clear();
    }

    /// The weights of a state of `d` components at position `time` of its path, between 0 and 1, that counts with `share`.
    pub fn push(&mut self, of: &Regularisation, d: usize, time: f64, share: f64) {
        let d = d as f64;
        self.divergence.push(T::constant(share * of.divergence / d * time.powf(of.divergence_power)));
        self.jacobian.push(T::constant(share * of.jacobian / (d * d)));
        self.kinetic.push(T::constant(share * of.kinetic));
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
    pub fn evaluate(
        &mut self,
        (field, at): (&dyn Field<T>, Point<'_, T>),
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
        if regularisation.kinetic != 0.0 {
            penalties.kinetic = self.kinetic(field, at, weights, bars.as_mut());
        }
        if regularisation.divergence != 0.0 || regularisation.jacobian != 0.0 {
            match regularisation.estimator.probes(d) {
                None => self.exact(field, at, weights, bars.as_mut(), &mut penalties),
                Some((count, kind)) => {
                    for k in 0..count as u64 {
                        self.draw(kind, (d, at.batch), |column| mixed([key(column), k]));
                        self.probed(field, at, weights, 1.0 / count as f64, bars.as_mut(), &mut penalties);
                    }
                }
            }
        }
        penalties
    }

    /// `Σ a ‖F‖²`
    fn kinetic(
        &mut self,
        field: &dyn Field<T>,
        at: Point<'_, T>,
        weights: &Weights<T>,
        bars: Option<&mut Bars<'_, T>>,
    ) -> f64 {
        let stride = at.batch.stride;
        let two = T::constant(2.0);
        self.cotangent.resize(self.value.len(), T::zero());
        let mut sum = 0.0;
        for (row, bar) in self.value.chunks_exact(stride).zip(self.cotangent.chunks_exact_mut(stride)) {
            for ((bar, &x), &weight) in bar.iter_mut().zip(row).zip(&weights.kinetic) {
                sum += (weight * x * x).to_f64();
                *bar = two * weight * x;
            }
        }
        if let Some(bars) = bars {
            let params = Some(&mut *bars.params);
            field.vjp(at, &self.record, &self.cotangent, &mut self.pulled, params, &mut self.scratch);
            add(bars.y, &self.pulled);
        }
        sum
    }

    /// `Σ a ∇·F + b ‖J‖²` from the whole Jacobian.
    fn exact(
        &mut self,
        field: &dyn Field<T>,
        at: Point<'_, T>,
        weights: &Weights<T>,
        bars: Option<&mut Bars<'_, T>>,
        penalties: &mut Penalties,
    ) {
        let (d, stride) = (field.dim(), at.batch.stride);
        let two = T::constant(2.0);
        self.jacobian.resize(d * d * stride, T::zero());
        self.cotangent.resize(d * d * stride, T::zero());
        field.jacobian(at, &self.record, &mut self.jacobian, &mut self.scratch);
        let rows = self.jacobian.chunks_exact(stride).zip(self.cotangent.chunks_exact_mut(stride));
        for (entry, (row, bar)) in rows.enumerate() {
            let on_diagonal = T::constant(if entry % (d + 1) == 0 { 1.0 } else { 0.0 });
            let columns = bar.iter_mut().zip(row).zip(weights.divergence.iter().zip(&weights.jacobian));
            for ((bar, &x), (&divergence, &jacobian)) in columns {
                let divergence = on_diagonal * divergence;
                penalties.divergence += (divergence * x).to_f64();
                penalties.jacobian += (jacobian * x * x).to_f64();
                *bar = divergence + two * jacobian * x;
            }
        }
        if let Some(bars) = bars {
            let params = Some(&mut *bars.params);
            field.jacobian_pullback(at, &self.record, &self.cotangent, &mut self.pulled, params, &mut self.scratch);
            add(bars.y, &self.pulled);
        }
    }

    /// Draws a probe for every column.
    fn draw(&mut self, kind: ProbeKind, (d, batch): (usize, Batch), key: impl Fn(usize) -> u64) {
        self.probe.clear();
        self.probe.resize(d * batch.stride, T::zero());
        (0..batch.live).for_each(|column| kind.fill(key(column), &mut self.probe, batch.stride, column));
    }

    /// `share Σ a zᵀJz + b ‖Jz‖²` for the probe drawn.
    fn probed(
        &mut self,
        field: &dyn Field<T>,
        at: Point<'_, T>,
        weights: &Weights<T>,
        share: f64,
        bars: Option<&mut Bars<'_, T>>,
        penalties: &mut Penalties,
    ) {
        let (d, stride) = (field.dim(), at.batch.stride);
        let (two, share) = (T::constant(2.0), T::constant(share));
        self.jacobian.resize(d * stride, T::zero());
        self.cotangent.resize(d * stride, T::zero());
        field.jvp(at, &self.record, &self.probe, None, &mut self.jacobian, &mut self.scratch);
        let rows = self.probe.chunks_exact(stride).zip(self.jacobian.chunks_exact(stride));
        for ((z, product), bar) in rows.zip(self.cotangent.chunks_exact_mut(stride)) {
            let columns = weights.divergence.iter().zip(&weights.jacobian).zip(z.iter().zip(product)).zip(bar);
            for (((&divergence, &jacobian), (&z, &x)), bar) in columns {
                let (divergence, jacobian) = (share * divergence, share * jacobian);
                penalties.divergence += (divergence * z * x).to_f64();
                penalties.jacobian += (jacobian * x * x).to_f64();
                *bar = divergence * z + two * jacobian * x;
            }
        }
        if let Some(bars) = bars {
            let all = JvpBars { y: &mut self.pulled, v: None, params: Some(&mut *bars.params) };
            field.jvp_pullback(at, &self.record, &self.probe, &self.cotangent, all, &mut self.scratch);
            add(bars.y, &self.pulled);
        }
    }
}

fn add<T: Real>(sum: &mut [T], x: &[T]) {
    sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
}
