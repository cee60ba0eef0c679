//! Gradient flows.

use super::{Energy, StructureMatrix, Structured};
use crate::field::Dimensions;
use crate::{Error, Number};
use serde::{Deserialize, Serialize};

/// The gradient flow `y' = -∂E/∂y`: the energy falls as fast as it can. The Jacobian is symmetric.
///
/// Over a [`Ridge`](super::Ridge) this is the parabolic field `-Kᵀ σ(K y + b)`, whose Jacobian has no positive eigenvalue if
/// `σ` is increasing: states that move along it come together.
///
/// ```
/// use kutta::field::{Activation, GradientFlow, Ridge};
/// use kutta::{OdeBlock, Tableau};
/// let field = GradientFlow::new(Ridge::new(3, 16, Activation::Tanh)?)?;
/// let block = OdeBlock::new(field, Tableau::backward_euler()).steps(10);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// *Reference*: L. Ruthotto, E. Haber, "Deep neural networks motivated by partial differential equations", 2018,
/// arXiv:1804.04272.
pub type GradientFlow<G> = Structured<Diagonal, G>;

/// A diagonal matrix, known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagonal {
    factors: Vec<f64>,
}

impl<G: Dimensions> GradientFlow<G> {
    /// The gradient flow of `energy`.
    ///
    /// # Errors
    /// As [`Energy::gradient`].
    pub fn new(energy: impl Energy<Gradient = G>) -> Result<Self, Error> {
        Self::with(energy, |dim| Ok(Diagonal::new(vec![-1.0; dim])))
    }

    /// The flow for components that are measured in these units, one each: a gradient flow in other units is
    /// `y_i' = -∂E/∂y_i / s_i²`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of units, [`Error::InvalidArgument`] if the square of one is not positive
    /// and finite.
    pub fn in_units(self, units: &[f64]) -> Result<Self, Error> {
        let dim = self.dim();
        Error::check_len("units", "entries", units.len(), dim)?;
        self.restructured(|_| Ok(Diagonal::new(units.iter().map(|unit| -1.0 / unit.powi(2)).collect())))
    }
}

impl Diagonal {
    /// The matrix of these entries.
    pub fn new(factors: Vec<f64>) -> Self {
        Diagonal { factors }
    }

    /// The entries.
    pub fn factors(&self) -> &[f64] {
        &self.factors
    }
}

impl StructureMatrix for Diagonal {
    fn check(&self, dim: usize) -> Result<(), Error> {
        Error::check_len("the diagonal", "entries", self.factors.len(), dim)?;
        match self.factors.iter().find(|factor| !factor.is_normal()) {
            Some(factor) => Err(Error::invalid("an entry of the diagonal", factor, "a finite number other than zero")),
            None => Ok(()),
        }
    }

    fn in_units(self, reads: &[f64], gives: &[f64]) -> Result<Self, Error> {
        // By logarithms no product over- or underflows.
        let logs: Vec<f64> = reads.iter().zip(gives).map(|(x, y)| x.ln() + y.ln()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len().max(1) as f64;
        Ok(Diagonal::new(self.factors.iter().zip(logs).map(|(factor, log)| factor * (mean - log).exp()).collect()))
    }

    fn apply<S: Number>(&self, _: &[S], _: bool, x: &[S], out: &mut [S]) {
        let len = (x.len() / self.factors.len().max(1)).max(1);
        for ((row, out), &factor) in x.chunks_exact(len).zip(out.chunks_exact_mut(len)).zip(&self.factors) {
            let factor = S::constant(factor);
            out.iter_mut().zip(row).for_each(|(out, &x)| *out = factor * x);
        }
    }
}
