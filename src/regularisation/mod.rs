//! Regularisers: what training adds to the loss to prefer some fields, and some trajectories, to others.
//!
//! | I want … | by |
//! | --- | --- |
//! | contraction along the trajectories, hence stability | [`Regularisation::divergence`] |
//! | a smooth field | [`Regularisation::jacobian`] |
//! | short, straight trajectories | [`Regularisation::kinetic`] |
//! | parameters that change slowly from step to step | [`Regularisation::variation`] |
//! | anything else along the trajectories | [`Regularisation::and`] a [`Penalty`] of one's own |
//!
//! Give a [`Regularisation`] to [`Trainer::regularised_by`](crate::Trainer::regularised_by) or
//! [`OdeBlock::regularised_by`](crate::OdeBlock::regularised_by).

mod estimate;
mod jacobian;
mod kinetic;
mod local;
mod penalty;
mod probes;
mod regulariser;

pub use estimate::{divergence, jacobian_diagonal, jacobian_norm_squared};
pub(crate) use local::Local;
pub use penalty::{Along, Bars, Penalty};
pub use probes::ProbeKind;
pub(crate) use probes::mixed;
pub use regulariser::Regulariser;
pub(crate) use regulariser::{Further, FurtherAtEither};

use crate::Error;
use serde::{Deserialize, Serialize};

/// The weights of the regulariser
///
/// ```text
/// R(γ) = 1/T Σ'_{t=0..T} [ α_div/d (t/T)^p ∇·F(γ_t, y_t) + α_jac/d² ‖∂F(γ_t, y_t)/∂y_t‖² + α_F ‖F(γ_t, y_t)‖² ]
///        + α_TV/T Σ_t ‖γ_t - γ_{t-1}‖²
/// ```
///
/// of a path of `T` steps through the states `y_0, …, y_T` of `d` components; `Σ'` is the trapezoidal rule, which counts
/// both ends half, and `‖∂F/∂y‖` the Frobenius norm. `γ_t` are the parameters of the step from `y_t`, at the end those of
/// the last step. For several samples, the first sum is the mean over them; in the last one, `T` is the number of sets of
/// parameters. All weights are zero by default.
///
/// The divergence of a field has no lower bound, and a reward for it may drive a network to where its layers lose their
/// solution. With [`divergence_bounded`](Regularisation::divergence_bounded), its part of `R`, which is `α_div D` with the
/// mean `D` over the samples of `1/T Σ' (t/T)^p/d ∇·F`, becomes `α_div σ(D)` with the sigmoid `σ(D) = 1/(1 + exp(-D))`.
///
/// If the field has a [reparameterisation](crate::field::Field::reparameterisation) `γ ↦ γ̃`, it is penalised as it is
/// integrated: divergence, Jacobian and kinetic energy are those of `F(γ̃_t, ·)`. The variation is that of the parameters `γ_t` that
/// are learned. Derivatives are by these.
///
/// Its derivatives are exact: through the trajectories, by the discrete adjoint, and by the second derivatives of the
/// field. If Jacobians are [estimated](Estimator::Hutchinson), they are those of the estimate.
///
/// ```
/// use kutta::Regularisation;
/// let regularisation = Regularisation { divergence: 0.5, jacobian: 0.1, ..Regularisation::default() };
/// assert!(!regularisation.is_none());
/// ```
///
/// *Reference*: Reshniak and Webster, "Robust learning with implicit residual networks", 2021, formula (20), without the
/// kinetic energy; Hutchinson, "A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines", 1989.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Regularisation {
    /// `α_div`, the weight of the divergence. A positive one makes trajectories contract, a negative one spread.
    pub divergence: f64,
    /// Whether the divergence's part is `α_div σ(D)`, between 0 and `α_div`, instead of `α_div D`. Of an
    /// [estimated](Estimator::Hutchinson) `D`, the sigmoid is not the mean sigmoid, but for many samples close to it.
    pub divergence_bounded: bool,
    /// `p ≥ 0`: the greater, the more of the divergence's weight is near the end.
    pub divergence_power: f64,
    /// `α_jac ≥ 0`, the weight of the Jacobian's size.
    pub jacobian: f64,
    /// `α_F ≥ 0`, the weight of the field's size, the kinetic energy of the motion.
    pub kinetic: f64,
    /// `α_TV ≥ 0`, the weight of the parameters' variation from step to step.
    pub variation: f64,
    /// How Jacobians are evaluated.
    pub estimator: Estimator,
    /// What probes are drawn from. Training draws new ones for every batch.
    pub seed: u64,
}

impl Default for Regularisation {
    fn default() -> Self {
        Regularisation {
            divergence: 0.0,
            divergence_bounded: false,
            divergence_power: 2.0,
            jacobian: 0.0,
            kinetic: 0.0,
            variation: 0.0,
            estimator: Estimator::Automatic,
            seed: 0,
        }
    }
}

impl Regularisation {
    /// Whether all weights are zero.
    pub fn is_none(&self) -> bool {
        [self.divergence, self.jacobian, self.kinetic, self.variation] == [0.0; 4]
    }

    /// Whether the field enters, and not the parameters alone.
    pub(crate) fn is_local(&self) -> bool {
        [self.divergence, self.jacobian, self.kinetic] != [0.0; 3]
    }

    /// Refuses what makes no sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.divergence.is_finite() {
            return Err(Error::invalid("divergence weight", self.divergence, "a finite number"));
        }
        for (argument, x) in [
            ("divergence power", self.divergence_power),
            ("jacobian weight", self.jacobian),
            ("kinetic weight", self.kinetic),
            ("variation weight", self.variation),
        ] {
            if !(x >= 0.0 && x.is_finite()) {
                return Err(Error::invalid(argument, x, "a finite number, at least 0"));
            }
        }
        self.estimator.check()
    }
}

/// How the divergence `∇·F` and the square of the Jacobian's Frobenius norm are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Estimator {
    /// Exactly up to [`EXACT_UP_TO`](Estimator::EXACT_UP_TO) components, by Rademacher probes beyond.
    #[default]
    Automatic,
    /// From the whole Jacobian; the cost grows with the number of components.
    Exact,
    /// From products of the Jacobian `J` with random probes `z`, since `∇·F = E[zᵀJz]` and `‖J‖² = E[‖Jz‖²]` if the
    /// entries of `z` are independent with mean 0 and variance 1: the mean over so many probes, drawn anew for every
    /// state.
    Hutchinson {
        /// Number of probes, at least 1.
        probes: usize,
        /// What their entries are.
        kind: ProbeKind,
    },
}

impl Estimator {
    /// Components up to which [`Automatic`](Estimator::Automatic) is exact.
    pub const EXACT_UP_TO: usize = 16;
    /// Probes that [`Automatic`](Estimator::Automatic) takes beyond.
    pub const AUTOMATIC_PROBES: usize = 4;

    fn check(self) -> Result<(), Error> {
        match self {
            Estimator::Hutchinson { probes: 0, .. } => Err(Error::invalid("probes", "0", "at least 1")),
            _ => Ok(()),
        }
    }

    /// The probes to take in `d` dimensions; `None` if the whole Jacobian is.
    pub(crate) fn probes(self, d: usize) -> Option<(usize, ProbeKind)> {
        match self {
            Estimator::Automatic if d > Self::EXACT_UP_TO => Some((Self::AUTOMATIC_PROBES, ProbeKind::Rademacher)),
            Estimator::Automatic | Estimator::Exact => None,
            Estimator::Hutchinson { probes, kind } => Some((probes, kind)),
        }
    }
}

/// The parts of a regulariser's value, weights included: they add up to `R`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Penalties {
    /// Of the divergence.
    pub divergence: f64,
    /// Of the Jacobian's size.
    pub jacobian: f64,
    /// Of the field's size.
    pub kinetic: f64,
    /// Of the parameters' variation.
    pub variation: f64,
    /// Of penalties of one's own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub further: f64,
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// The value of a penalty of one's own.
impl From<f64> for Penalties {
    fn from(further: f64) -> Self {
        Penalties { further, ..Penalties::default() }
    }
}

impl Penalties {
    /// Their sum, `R`.
    pub fn total(&self) -> f64 {
        self.divergence + self.jacobian + self.kinetic + self.variation + self.further
    }

    /// Adds `weight` times other ones.
    pub(crate) fn add(&mut self, weight: f64, other: &Penalties) {
        self.divergence += weight * other.divergence;
        self.jacobian += weight * other.jacobian;
        self.kinetic += weight * other.kinetic;
        self.variation += weight * other.variation;
        self.further += weight * other.further;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused() {
        let default = Regularisation::default();
        assert!(default.is_none() && default.check().is_ok());
        assert!(Regularisation { divergence: -1.0, ..default }.check().is_ok());
        for (bad, argument) in [
            (Regularisation { divergence: f64::NAN, ..default }, "divergence weight"),
            (Regularisation { divergence_power: -1.0, ..default }, "divergence power"),
            (Regularisation { jacobian: -0.1, ..default }, "jacobian weight"),
            (Regularisation { kinetic: f64::INFINITY, ..default }, "kinetic weight"),
            (Regularisation { variation: f64::NAN, ..default }, "variation weight"),
            (
                Regularisation { estimator: Estimator::Hutchinson { probes: 0, kind: ProbeKind::Gaussian }, ..default },
                "probes",
            ),
        ] {
            let error = bad.check().unwrap_err().to_string();
            assert!(error.starts_with(argument), "{error}");
        }
    }

    #[test]
    fn settings_are_read_as_written() {
        let estimator = Estimator::Hutchinson { probes: 3, kind: ProbeKind::Gaussian };
        let settings = Regularisation { divergence: 0.5, estimator, seed: 7, ..Regularisation::default() };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Regularisation>(&text).unwrap(), settings);
        assert_eq!(serde_json::from_str::<Regularisation>("{}").unwrap(), Regularisation::default());
        assert!(serde_json::from_str::<Regularisation>(r#"{"divergense": 1}"#).is_err());
    }
}
