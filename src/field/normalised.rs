//! Spectral normalisation: networks with a bound on their Lipschitz constant.

use super::operator::{dot, leading_singular_vectors, power_iteration};
use super::{
    Dimensions, Field, JvpBars, Layered, LinearOperator, Parameter, Point, Purpose, Reparameterisation, Scratch,
};
use crate::number::Rounded;
use crate::{Error, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// How a bound on the Lipschitz constant is shared out to the operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Shares {
    /// `‖A_i‖₂ ≤ α^{1/k}` for each of the `k` operators.
    #[default]
    Even,
    /// `‖A_i‖₂ ≤ α_i`, with `Π α_i` at most the bound.
    Given(Vec<f64>),
    /// `Π ‖A_i‖₂ ≤ α`, and training decides who takes how much: if the product is larger, all operators are scaled by the
    /// same factor.
    Free,
}

/// How norms are found in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norms {
    /// By so many [power iterations](super::power_iteration) a step of training, each time from the singular vectors of the
    /// step before; the first step's are exact.
    PowerIteration(usize),
    /// By a singular value decomposition.
    Exact,
}

impl Default for Norms {
    /// One power iteration.
    fn default() -> Self {
        Norms::PowerIteration(1)
    }
}

/// A field with a bound `α` on its Lipschitz constant with respect to the state: its operators are
/// `γ̃_i = γ_i / max(1, ‖γ_i‖₂/α_i)`, with `Π α_i Π Lip(σ) ≤ α`.
///
/// ```
/// use kutta::field::{Activation, Layered, Mlp, Norms, Shares};
/// let field = Mlp::new([2, 20, 20, 2], Activation::Tanh)?.normalised(1.0)?;
/// // Norms exact in training too, and the bound shared out as training likes.
/// let field = field.with_norms(Norms::Exact).with_shares(Shares::Free)?;
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// The normalisation is a [`Reparameterisation`]: networks, trainers, models and flows apply it to the parameters they are
/// given, once, and their gradients flow through the norms (`∂‖A‖₂/∂A = u vᵀ`). The field's own methods
/// take effective parameters, at the speed of the field inside.
///
/// # What is guaranteed
///
/// - *Predictions*, and everything outside of training (integration, flows, saved models, gradients of a network): norms
///   are exact, so the bound holds to rounding, `α (1 + O(ε))`. It depends on the learned parameters alone.
/// - *In training with [`Norms::Exact`]*: the same, at every step.
/// - *In training with [`Norms::PowerIteration`]*: norms are approached from below, so the bound may be exceeded a little
///   while parameters move. What training gives is a model, to which the first case applies.
///
/// [`Layered::lipschitz_bound`] computes what holds for some effective parameters. Over a map completed by
/// [`WithInputs`](super::WithInputs), `Normalised<WithInputs<_>>` bounds the dependence on the state alone,
/// `WithInputs<Normalised<_>>` that on the appended inputs too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts<F>", bound(serialize = "F: Serialize", deserialize = "F: Layered + Deserialize<'de>"))]
pub struct Normalised<F: Layered> {
    field: F,
    lipschitz: f64,
    #[serde(rename = "split")]
    shares: Shares,
    norms: Norms,
    #[serde(skip)]
    operators: Vec<F::Operator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<F> {
    field: F,
    lipschitz: f64,
    #[serde(rename = "split")]
    shares: Shares,
    norms: Norms,
}

impl<F: Layered> TryFrom<Parts<F>> for Normalised<F> {
    type Error = Error;

    fn try_from(parts: Parts<F>) -> Result<Self, Error> {
        Ok(Self::new(parts.field, parts.lipschitz)?.with_shares(parts.shares)?.with_norms(parts.norms))
    }
}

impl<F: Layered> Normalised<F> {
    /// `field` with the Lipschitz constant `lipschitz` at most, shared out evenly; norms by as many power iterations a step of
    /// training as the field [asks for](Layered::power_iterations).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `lipschitz` is positive and finite, and for a field that has a reparameterisation
    /// of its own.
    pub fn new(field: F, lipschitz: f64) -> Result<Self, Error> {
        if !(lipschitz > 0.0 && lipschitz.is_finite()) {
            return Err(Error::invalid("lipschitz", lipschitz, "a positive number"));
        }
        if Field::<f64>::reparameterisation(&field).is_some() {
            return Err(Error::invalid(
                "field",
                "reparameterised already",
                "a field whose parameters are its effective ones",
            ));
        }
        if !(field.slope() > 0.0 && field.slope().is_finite()) {
            return Err(Error::invalid("the slope of the activations", field.slope(), "a positive number"));
        }
        let operators = field.operators(field.inputs());
        let norms = Norms::PowerIteration(field.power_iterations());
        Ok(Normalised { field, lipschitz, shares: Shares::Even, norms, operators })
    }

    /// How the bound is shared out.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for [`Shares::Given`] with another number of bounds than operators,
    /// [`Error::InvalidArgument`] if one is not positive, or their product times the slope of the activations is larger
    /// than the bound on the field.
    pub fn with_shares(self, shares: Shares) -> Result<Self, Error> {
        if let Shares::Given(bounds) = &shares {
            Error::check_len("shares", "bounds", bounds.len(), self.operators.len())?;
            let budget = self.budget();
            let fits = bounds.iter().product::<f64>() <= budget * (1.0 + 1e-12);
            if !(fits && bounds.iter().all(|&b| b > 0.0 && b.is_finite())) {
                let expected = format!("positive numbers whose product is at most {budget}");
                return Err(Error::invalid("shares", format!("{bounds:?}"), expected));
            }
        }
        Ok(Normalised { shares, ..self })
    }

    /// How norms are found in training.
    pub fn with_norms(self, norms: Norms) -> Self {
        Normalised { norms, ..self }
    }

    /// The field that is normalised.
    pub fn inner(&self) -> &F {
        &self.field
    }

    /// The bound `α`.
    pub fn lipschitz(&self) -> f64 {
        self.lipschitz
    }

    /// How the bound is shared out.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// How norms are found in training.
    pub fn norms(&self) -> Norms {
        self.norms
    }

    /// What is left of the bound for the product of the operators' norms.
    fn budget(&self) -> f64 {
        self.lipschitz / self.field.slope()
    }

    /// `α_i`; for [`Shares::Free`] what an even share would be.
    fn bound(&self, i: usize) -> f64 {
        match &self.shares {
            Shares::Given(bounds) => bounds[i],
            Shares::Even | Shares::Free => self.budget().powf(1.0 / self.operators.len() as f64),
        }
    }

    /// What each operator is remembered by.
    fn remembered<'a, T: Real>(&'a self, memory: &'a [T]) -> impl Iterator<Item = Remembered<'a, F::Operator, T>> {
        let mut rest = memory;
        self.operators.iter().map(move |operator| {
            let (own, others) = rest.split_at(Remembered::<F::Operator, T>::len(operator));
            rest = others;
            let (v, u) = own[2..].split_at(operator.inputs());
            Remembered { operator, norm: own[0], factor: own[1], v, u }
        })
    }

    /// The same for what is to be written: the operator, its norm and factor, and `v` and `u`.
    fn remember<'a, T: Real>(
        &'a self,
        memory: &'a mut [T],
    ) -> impl Iterator<Item = (&'a F::Operator, &'a mut [T], &'a mut [T], &'a mut [T])> {
        let mut rest = memory;
        self.operators.iter().map(move |operator| {
            let (own, others) = std::mem::take(&mut rest).split_at_mut(Remembered::<F::Operator, T>::len(operator));
            rest = others;
            let (scalars, vectors) = own.split_at_mut(2);
            let (v, u) = vectors.split_at_mut(operator.inputs());
            (operator, scalars, v, u)
        })
    }
}

/// What is remembered of an operator: the norm of its learned form, the factor that it was scaled by, and the right and left
/// singular vectors.
struct Remembered<'a, O, T> {
    operator: &'a O,
    norm: T,
    factor: T,
    v: &'a [T],
    u: &'a [T],
}

impl<O: LinearOperator, T: Real> Remembered<'_, O, T> {
    fn len(operator: &O) -> usize {
        2 + operator.inputs() + operator.outputs()
    }

    fn is_scaled(&self) -> bool {
        self.factor != T::one()
    }

    /// `Σ a_i b_i` over the operator's parameters.
    fn inner_product(&self, a: &[T], b: &[T]) -> T {
        self.operator.places().map(|place| dot(&a[place.clone()], &b[place])).sum()
    }

    /// `uᵀ A(dot) v / μ`
    fn rate(&self, tangent: &[T]) -> T {
        let mut image = vec![T::zero(); self.operator.outputs()];
        self.operator.apply(tangent, self.v, &mut image);
        dot(&image, self.u) / self.norm
    }
}

fn scale<T: Real>(operator: &impl LinearOperator, factor: T, params: &mut [T]) {
    operator.places().for_each(|place| params[place].iter_mut().for_each(|x| *x *= factor));
}

impl<F: Layered, T: Real> Reparameterisation<T> for Normalised<F> {
    fn memory_len(&self) -> usize {
        self.operators.iter().map(Remembered::<F::Operator, T>::len).sum()
    }

    fn apply(&self, params: &mut [T], memory: &mut [T], purpose: Purpose) {
        for (operator, scalars, v, u) in self.remember(memory) {
            scalars[0] = match (purpose, self.norms) {
                (Purpose::Training, Norms::PowerIteration(count)) => power_iteration(operator, params, v, u, count),
                _ => leading_singular_vectors(operator, params, v, u),
            };
        }
        // By logarithms: a product of many norms may overflow.
        let excess = self.remembered(memory).map(|r| r.norm.to_f64().ln()).sum::<f64>() - self.budget().ln();
        let common = (-excess / self.operators.len() as f64).exp();
        for (i, (operator, scalars, ..)) in self.remember(memory).enumerate() {
            let factor = if self.shares == Shares::Free { common } else { self.bound(i) / scalars[0].to_f64() };
            // What is NaN passes, and shows.
            scalars[1] = if factor >= 1.0 { T::one() } else { T::constant(factor) };
            if scalars[1] != T::one() {
                scale(operator, scalars[1], params);
            }
        }
    }

    // What is scaled, γ̃_i = s_i γ_i, has dγ̃_i = s_i (dγ_i - γ_i r_i), with r_i = dμ_i/μ_i where s_i = α_i/μ_i, and
    // r_i = Σ_j dμ_j/(k μ_j) where s_i = (α/Π μ_j)^{1/k}; and dμ_i = u_iᵀ dA_i v_i.

    fn pull_back(&self, learned: &[T], memory: &[T], bar: &mut [T]) {
        let along = |r: &Remembered<'_, F::Operator, T>, bar: &[T]| r.factor * r.inner_product(bar, learned);
        let mean =
            self.remembered(memory).map(|r| along(&r, bar)).sum::<T>() / T::constant(self.operators.len() as f64);
        for r in self.remembered(memory).filter(Remembered::is_scaled) {
            let along = if self.shares == Shares::Free { mean } else { along(&r, bar) };
            scale(r.operator, r.factor, bar);
            r.operator.add_outer(-along / r.norm, r.u, r.v, bar);
        }
    }

    fn push_forward(&self, learned: &[T], memory: &[T], tangent: &mut [T]) {
        let count = T::constant(self.operators.len() as f64);
        let mean = match self.shares {
            Shares::Free => self.remembered(memory).map(|r| r.rate(tangent)).sum::<T>() / count,
            _ => T::zero(),
        };
        for r in self.remembered(memory).filter(Remembered::is_scaled) {
            let rate = if self.shares == Shares::Free { mean } else { r.rate(tangent) };
            for place in r.operator.places() {
                let changes = tangent[place.clone()].iter_mut().zip(&learned[place]);
                changes.for_each(|(dot, &x)| *dot = r.factor * (*dot - rate * x));
            }
        }
    }
}

impl<F: Layered> Dimensions for Normalised<F> {
    dimensions_of!(self => self.field);

    fn in_time_units(self, unit: f64) -> Self {
        // Even shares of a bound that grows by `unit`.
        let share = unit.powf(1.0 / self.operators.len().max(1) as f64);
        let shares = match self.shares {
            Shares::Given(bounds) => Shares::Given(bounds.into_iter().map(|bound| bound * share).collect()),
            shares => shares,
        };
        Normalised { lipschitz: self.lipschitz * unit, shares, field: self.field.in_time_units(unit), ..self }
    }
}

impl<F: Layered + Field<T>, T: Real> Field<T> for Normalised<F> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.field.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        Some(self)
    }

    evaluated_by!(self => self.field);
}
