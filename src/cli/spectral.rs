//! Options that bound the learned field, its slope or its spectrum.

use super::Failure;
use super::options::{finite, positive};
use clap::Args;
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{AnyField, Dimensions, Layered, Spectrum};
use kutta::train::Model;
use serde::Serialize;

/// Bounds on the learned equation.
#[derive(Args)]
pub struct Spectral {
    /// Keep the rates of the equation, the eigenvalues of its Jacobian, in the disc of the complex plane that reaches
    /// from ALPHA to BETA, in one over the data's unit of time: -25,-15 for one that is stiff and stable
    #[arg(long, value_parser = spectrum, value_name = "ALPHA,BETA", conflicts_with = "lipschitz", help_heading = "Network",
          allow_hyphen_values = true)]
    spectrum: Option<Spectrum>,
    /// Keep the rates of the equation below this size, in one over the data's unit of time, by a bound on its slope
    #[arg(long, value_parser = positive, value_name = "BOUND", help_heading = "Network", allow_hyphen_values = true)]
    lipschitz: Option<f64>,
}

/// What is bounded, in one over the data's unit of time.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Bound {
    Nothing,
    Lipschitz { bound: f64 },
    Spectrum { alpha: f64, beta: f64 },
}

impl Spectral {
    pub fn bound(&self) -> Bound {
        match (self.spectrum, self.lipschitz) {
            (Some(spectrum), _) => Bound::Spectrum { alpha: spectrum.alpha(), beta: spectrum.beta() },
            (None, Some(bound)) => Bound::Lipschitz { bound },
            (None, None) => Bound::Nothing,
        }
    }
}

/// The product of the norms of a field's operators over what that may be; `None` where nothing is bounded. `params` are
/// effective.
fn share(field: &AnyField, params: &[f64]) -> Result<Option<f64>, Failure> {
    let normalised = match field {
        AnyField::Normalised(normalised) => normalised,
        AnyField::Bounded(bounded) => bounded.inner(),
        _ => return Ok(None),
    };
    let bound = normalised.inner().lipschitz_bound(&params[..normalised.param_count()])?;
    Ok(Some(bound / normalised.lipschitz()))
}

/// A bound on the learned equation, and what the equation makes of it.
#[derive(Serialize)]
pub struct Bounds {
    #[serde(flatten)]
    pub bound: Bound,
    /// The product of the network's norms over what the bound allows: 1 where training would take more.
    pub norms_share: f64,
    pub eigenvalues: Eigenvalues,
}

/// The box that the eigenvalues of the Jacobian at observed states lie in, in one over the data's unit of time.
#[derive(Serialize)]
pub struct Eigenvalues {
    pub states: usize,
    pub least_real: f64,
    pub largest_real: f64,
    pub largest_imaginary: f64,
}

/// What eigenvalues may cost, in cubes of the number of components: seconds at most.
const MOST_WORK: f64 = 1e8;

impl Bounds {
    /// `None` where nothing is bounded.
    pub fn new(bound: Bound, model: &Model<AnyField>, data: &Trajectories) -> Result<Option<Self>, Failure> {
        let params = model.block().effective(model.params())?;
        let share = share(model.block().field(), &params)?;
        let bounds = |norms_share| Ok(Bounds { bound, norms_share, eigenvalues: Eigenvalues::new(model, data)? });
        share.map(bounds).transpose()
    }
}

impl Eigenvalues {
    /// At every observation, or at some in even distances where these would be too many.
    fn new(model: &Model<AnyField>, data: &Trajectories) -> Result<Self, Failure> {
        let most = (MOST_WORK / (data.dim() as f64).powi(3)) as usize;
        let every = data.observations().div_ceil(most.max(1));
        let mut found = Vec::new();
        for trajectory in data {
            // Trajectories have two states at least.
            let every = every.min(trajectory.len() - 1);
            let times = trajectory.times().iter().copied().step_by(every).collect();
            let states = trajectory.states().chunks_exact(data.dim()).step_by(every).collect::<Vec<_>>().concat();
            found.extend(model.eigenvalues(&Trajectory::new(trajectory.id(), times, states)?)?);
        }
        let states = found.len();
        let found = found.concat();
        let real = found.iter().map(|[re, _]| *re);
        Ok(Eigenvalues {
            states,
            least_real: real.clone().fold(f64::INFINITY, f64::min),
            largest_real: real.fold(f64::NEG_INFINITY, f64::max),
            largest_imaginary: found.iter().map(|[_, im]| im.abs()).fold(0.0, f64::max),
        })
    }
}

fn spectrum(text: &str) -> Result<Spectrum, String> {
    let expected = || "expected two numbers, the first less than the second".to_string();
    let (alpha, beta) = text.split_once(',').ok_or_else(expected)?;
    Spectrum::new(finite(alpha)?, finite(beta)?).map_err(|_| expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spectrum_is_two_numbers_in_order() {
        let read = spectrum("-25, -15").unwrap();
        assert_eq!((read.alpha(), read.beta()), (-25.0, -15.0));
        for text in ["-15,-25", "1", "1,1", "1,2,3", "nan,1", "", ",", "-inf,0"] {
            assert!(spectrum(text).is_err(), "{text}");
        }
    }
}
