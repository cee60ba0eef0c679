//! Fields in two parts.

use super::terms::{self, Span, evaluated_by_terms, reparameterised_by_both};
use super::{Dimensions, Field, JvpBars, Parameter, Point, Purpose, Reparameterisation, Scratch, StateUnits, Term};
use crate::number::Rounded;
use crate::{Error, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// A field whose components are two parts, `ẏ = Φ1(t, y, z)`, `ż = Φ2(t, y, z)`, for schemes that treat them differently
/// ([`PartitionedTableau`](crate::tableau::PartitionedTableau)): one field of which each part is a term.
///
/// Each term evaluates the whole field and takes its part.
///
/// ```
/// use kutta::{Number, OdeBlock, VectorField, field::InParts, tableau::PartitionedTableau};
/// /// A pendulum: angle, then velocity.
/// struct Pendulum;
/// impl VectorField for Pendulum {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 0 }
///     fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
///         dy[0] = y[1];
///         dy[1] = -y[0].sin();
///     }
/// }
/// let verlet = PartitionedTableau::by_name("stoermer_verlet")?;
/// let block = OdeBlock::new(InParts::new(Pendulum, 1)?, verlet).steps(1000).step_size(0.1);
/// let path = block.integrate(&[], 0.0, &[[1.0, 0.0]])?;
/// let energy = |y: &[f64]| 0.5 * y[1] * y[1] - y[0].cos();
/// assert!((energy(path.last(0)) - energy(path.state(0, 0))).abs() < 1e-3);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Whole<F>", bound(deserialize = "F: Dimensions + Deserialize<'de>"))]
pub struct InParts<F> {
    field: F,
    first: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<F> {
    field: F,
    first: usize,
}

impl<F: Dimensions> TryFrom<Whole<F>> for InParts<F> {
    type Error = Error;

    fn try_from(whole: Whole<F>) -> Result<Self, Error> {
        InParts::new(whole.field, whole.first)
    }
}

impl<F: Dimensions> InParts<F> {
    /// The field whose first `first` components are one part, and the others another.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless both parts have components, [`Error::ShapeMismatch`] for a map that reads more than
    /// its state.
    pub fn new(field: F, first: usize) -> Result<Self, Error> {
        Error::check_len("the field's input", "components", field.inputs(), field.dim())?;
        if first == 0 || first >= field.dim() {
            let expected = format!("between 0 and the {} of the field", field.dim());
            return Err(Error::invalid("the components of the first part", first, expected));
        }
        Ok(InParts { field, first })
    }

    /// The whole field.
    pub fn inner(&self) -> &F {
        &self.field
    }

    /// Number of components of the first part.
    pub fn first(&self) -> usize {
        self.first
    }
}

impl<F: Dimensions> Dimensions for InParts<F> {
    dimensions_of!(self => self.field);

    fn has_known_rates(&self) -> bool {
        self.field.has_known_rates()
    }

    fn in_time_units(self, unit: f64) -> Self {
        InParts { field: self.field.in_time_units(unit), ..self }
    }

    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
        Ok(InParts { field: self.field.in_state_units(reads, gives)?, ..self })
    }
}

impl<F: Field<T>, T: Real> Field<T> for InParts<F> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.field.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.field.reparameterisation()
    }

    fn terms(&self) -> Vec<Term<'_, T>> {
        let whole = Term::whole(&self.field);
        [0..self.first, self.first..self.dim()].map(|writes| Term { writes, ..whole.clone() }).into()
    }

    evaluated_by!(self => self.field);
}

/// A field in two parts of which each is a field of its own, with parameters of its own: `ẏ = Φ1(t, …)`, `ż = Φ2(t, …)`.
///
/// A part is given the whole state, or the other part alone if it has as many inputs as that: the pair is then separable in
/// it, and a scheme such as Störmer's and Verlet's explicit. Parameters are those of the first part, then the second's.
///
/// ```
/// use kutta::field::{Activation, Dimensions, Mlp, Partitioned};
/// // q' = Φ1(p), p' = Φ2(q), each a network.
/// let part = Mlp::new([3, 16, 3], Activation::Tanh)?;
/// let field = Partitioned::new(part.clone(), part)?;
/// assert_eq!(field.dim(), 6);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "Pair<F, G>",
    bound(deserialize = "F: Dimensions + Deserialize<'de>, G: Dimensions + Deserialize<'de>")
)]
pub struct Partitioned<F, G> {
    first: F,
    second: G,
}

impl<F: Dimensions, G: Dimensions> Partitioned<F, G> {
    /// The field of these parts.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a part whose inputs are neither the whole state nor the other part.
    pub fn new(first: F, second: G) -> Result<Self, Error> {
        let whole = first.dim() + second.dim();
        if first.inputs() != second.dim() {
            Error::check_len("the first part's input", "components", first.inputs(), whole)?;
        }
        if second.inputs() != first.dim() {
            Error::check_len("the second part's input", "components", second.inputs(), whole)?;
        }
        Ok(Partitioned { first, second })
    }

    fn rows(&self) -> usize {
        self.first.dim() + self.second.dim()
    }

    fn spans(&self) -> [Span; 2] {
        let (d, at) = (self.rows(), self.first.dim());
        let reads = |inputs: usize, other: std::ops::Range<usize>| if inputs == d { 0..d } else { other };
        [
            Span { reads: reads(self.first.inputs(), at..d), writes: 0..at },
            Span { reads: reads(self.second.inputs(), 0..at), writes: at..d },
        ]
    }

    fn both<T: Real>(&self) -> [Term<'_, T>; 2]
    where
        F: Field<T>,
        G: Field<T>,
    {
        let count = self.first.param_count();
        let ([first, second], end) = (self.spans(), count + self.second.param_count());
        [
            Term { field: &self.first, params: 0..count, reads: first.reads, writes: first.writes },
            Term { field: &self.second, params: count..end, reads: second.reads, writes: second.writes },
        ]
    }
}

evaluated_by_terms!(Partitioned);
reparameterised_by_both!(Partitioned);
