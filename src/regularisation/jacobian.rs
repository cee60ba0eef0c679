//! Divergence and Jacobian of the field.

use super::penalty::add;
use super::{Along, Bars, Estimator, Penalties, Penalty, ProbeKind, Regularisation, mixed};
use crate::field::{JvpBars, Scratch};
use crate::{Error, Real};

/// `α_div/d s^p ∇·F + α_jac/d² ‖∂F/∂y‖²` at position `s` of a trajectory: both at once, since either takes the whole
/// Jacobian, or its products with the same probes.
#[derive(Debug)]
pub(super) struct DivergenceAndJacobian {
    /// `α_div` and `p`.
    pub divergence: f64,
    pub divergence_power: f64,
    /// `α_jac`.
    pub jacobian: f64,
    pub estimator: Estimator,
}

impl From<&Regularisation> for DivergenceAndJacobian {
    fn from(of: &Regularisation) -> Self {
        let Regularisation { divergence, divergence_power, jacobian, estimator, .. } = *of;
        DivergenceAndJacobian { divergence, divergence_power, jacobian, estimator }
    }
}

/// The weights of `∇·F` and `‖∂F/∂y‖²` in every live column.
struct Weights<'a, T> {
    divergence: &'a [T],
    jacobian: &'a [T],
}

impl<T: Real> Penalty<T> for DivergenceAndJacobian {
    fn check(&self) -> Result<(), Error> {
        self.estimator.check()
    }

    fn evaluate(&self, along: Along<'_, T>, mut bars: Option<Bars<'_, T>>, scratch: &mut Scratch<T>) -> Penalties {
        let d = along.field.dim();
        let (mut divergence, mut jacobian) = (scratch.take(along.weights.len()), scratch.take(along.weights.len()));
        let columns = along.weights.iter().zip(along.positions).zip(divergence.iter_mut().zip(&mut jacobian));
        for ((&share, &position), (divergence, jacobian)) in columns {
            let d = d as f64;
            *divergence = T::constant(share * self.divergence / d * position.powf(self.divergence_power));
            *jacobian = T::constant(share * self.jacobian / (d * d));
        }
        let weights = Weights { divergence: &divergence, jacobian: &jacobian };
        let mut penalties = Penalties::default();
        match self.estimator.probes(d) {
            None => exact(along, &weights, bars, scratch, &mut penalties),
            Some((count, kind)) => {
                let mut probe = scratch.take(d * along.at.batch.stride);
                for k in 0..count as u64 {
                    draw(kind, along, k, &mut probe);
                    let share = 1.0 / count as f64;
                    let bars = bars.as_mut().map(Bars::reborrow);
                    probed(along, &weights, (&probe, share), bars, scratch, &mut penalties);
                }
                scratch.give(probe);
            }
        }
        scratch.give(jacobian);
        scratch.give(divergence);
        penalties
    }
}

/// `Σ a ∇·F + b ‖J‖²` from the whole Jacobian.
fn exact<T: Real>(
    along: Along<'_, T>,
    weights: &Weights<'_, T>,
    bars: Option<Bars<'_, T>>,
    scratch: &mut Scratch<T>,
    penalties: &mut Penalties,
) {
    let (field, at, d, stride) = (along.field, along.at, along.field.dim(), along.at.batch.stride);
    let two = T::constant(2.0);
    let mut jacobian = scratch.take(d * d * stride);
    let mut cotangent = scratch.take(d * d * stride);
    field.jacobian(at, along.record, &mut jacobian, scratch);
    let rows = jacobian.chunks_exact(stride).zip(cotangent.chunks_exact_mut(stride));
    for (entry, (row, bar)) in rows.enumerate() {
        let on_diagonal = T::constant(if entry % (d + 1) == 0 { 1.0 } else { 0.0 });
        let columns = bar.iter_mut().zip(row).zip(weights.divergence.iter().zip(weights.jacobian));
        for ((bar, &x), (&divergence, &jacobian)) in columns {
            let divergence = on_diagonal * divergence;
            penalties.divergence += (divergence * x).to_f64();
            penalties.jacobian += (jacobian * x * x).to_f64();
            *bar = divergence + two * jacobian * x;
        }
    }
    if let Some(bars) = bars {
        let mut pulled = scratch.take(d * stride);
        field.jacobian_pullback(at, along.record, &cotangent, &mut pulled, Some(bars.params), scratch);
        add(bars.y, &pulled);
        scratch.give(pulled);
    }
    scratch.give(cotangent);
    scratch.give(jacobian);
}

/// Draws the `k`-th probe for every column.
fn draw<T: Real>(kind: ProbeKind, along: Along<'_, T>, k: u64, probe: &mut [T]) {
    let batch = along.at.batch;
    (0..batch.live).for_each(|column| kind.fill(mixed([along.seed(column), k]), probe, batch.stride, column));
}

/// `share Σ a zᵀJz + b ‖Jz‖²` for a probe.
fn probed<T: Real>(
    along: Along<'_, T>,
    weights: &Weights<'_, T>,
    (probe, share): (&[T], f64),
    bars: Option<Bars<'_, T>>,
    scratch: &mut Scratch<T>,
    penalties: &mut Penalties,
) {
    let (field, at, d, stride) = (along.field, along.at, along.field.dim(), along.at.batch.stride);
    let (two, share) = (T::constant(2.0), T::constant(share));
    let mut product = scratch.take(d * stride);
    let mut cotangent = scratch.take(d * stride);
    field.jvp(at, along.record, probe, None, &mut product, scratch);
    let rows = probe.chunks_exact(stride).zip(product.chunks_exact(stride));
    for ((z, product), bar) in rows.zip(cotangent.chunks_exact_mut(stride)) {
        let columns = weights.divergence.iter().zip(weights.jacobian).zip(z.iter().zip(product)).zip(bar);
        for (((&divergence, &jacobian), (&z, &x)), bar) in columns {
            let (divergence, jacobian) = (share * divergence, share * jacobian);
            penalties.divergence += (divergence * z * x).to_f64();
            penalties.jacobian += (jacobian * x * x).to_f64();
            *bar = divergence * z + two * jacobian * x;
        }
    }
    if let Some(bars) = bars {
        let mut pulled = scratch.take(d * stride);
        let all = JvpBars { y: &mut pulled, v: None, params: Some(bars.params) };
        field.jvp_pullback(at, along.record, probe, &cotangent, all, scratch);
        add(bars.y, &pulled);
        scratch.give(pulled);
    }
    scratch.give(cotangent);
    scratch.give(product);
}
