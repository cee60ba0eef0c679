//! Sums of two fields.

use super::terms::{self, Span, evaluated_by_terms, reparameterised_by_both};
use super::{Dimensions, Field, JvpBars, Parameter, Point, Purpose, Reparameterisation, Scratch, StateUnits, Term};
use crate::number::Rounded;
use crate::{Error, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// The sum `F(t, y) = F_1(t, y) + F_2(t, y)` of two fields, each with parameters of its own, for schemes that treat them
/// differently ([`AdditiveTableau`](crate::tableau::AdditiveTableau)): what is mild by an explicit scheme, what is stiff by an
/// implicit one. Any other scheme takes the sum. Parameters are those of the first field, then the second's.
///
/// ```
/// use kutta::{Mlp, Number, OdeBlock, VectorField, field::{Activation, Split}, tableau::AdditiveTableau};
/// /// What is known, and stiff: y' = -1000 y.
/// struct Decay;
/// impl VectorField for Decay {
///     fn dim(&self) -> usize { 1 }
///     fn param_count(&self) -> usize { 0 }
///     fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
///         dy[0] = S::constant(-1000.0) * y[0];
///     }
/// }
/// let field = Split::new(Mlp::new([1, 8, 1], Activation::Tanh)?, Decay)?;
/// let block = OdeBlock::new(field, AdditiveTableau::by_name("kencarp_3")?).steps(10).step_size(0.1);
/// let path = block.integrate(&vec![0.1; block.param_count()], 0.0, &[[1.0]])?;
/// assert!(path.last(0)[0].abs() < 0.01);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    try_from = "Pair<F, G>",
    bound(deserialize = "F: Dimensions + Deserialize<'de>, G: Dimensions + Deserialize<'de>")
)]
pub struct Split<F, G> {
    first: F,
    second: G,
}

impl<F: Dimensions, G: Dimensions> Split<F, G> {
    /// The sum of two fields.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if their dimensions differ, or one reads more than its state.
    pub fn new(first: F, second: G) -> Result<Self, Error> {
        Error::check_len("the first field's input", "components", first.inputs(), first.dim())?;
        Error::check_len("the second field", "components", second.dim(), first.dim())?;
        Error::check_len("the second field's input", "components", second.inputs(), second.dim())?;
        Ok(Split { first, second })
    }

    fn rows(&self) -> usize {
        self.first.dim()
    }

    fn both<T: Real>(&self) -> [Term<'_, T>; 2]
    where
        F: Field<T>,
        G: Field<T>,
    {
        let (d, count) = (self.rows(), self.first.param_count());
        let end = count + self.second.param_count();
        [
            Term { field: &self.first, params: 0..count, reads: 0..d, writes: 0..d },
            Term { field: &self.second, params: count..end, reads: 0..d, writes: 0..d },
        ]
    }

    fn spans(&self) -> [Span; 2] {
        [(); 2].map(|()| Span { reads: 0..self.rows(), writes: 0..self.rows() })
    }
}

evaluated_by_terms!(Split);
reparameterised_by_both!(Split);
