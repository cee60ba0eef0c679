//! Port-Hamiltonian fields: energy that is lost.

use super::{Energy, StructureMatrix, Structured, Symplectic};
use crate::field::{Batch, Dimensions, Parameter};
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

/// The port-Hamiltonian field `y' = (J - L Lᵀ) ∂E/∂y` of an energy of `y = (q, p)`, with a learned matrix `L`, the last of
/// the parameters.
///
/// The energy never rises, whatever the parameters: `E' = -‖Lᵀ ∂E/∂y‖²`. Without `L` it is a [`Hamiltonian`](super::Hamiltonian)
/// field.
///
/// ```
/// use kutta::field::{Activation, Dimensions, PortHamiltonian};
/// use kutta::Mlp;
/// // Friction acts on momenta alone: L has a row for each.
/// let field = PortHamiltonian::new(Mlp::new([4, 20, 20, 1], Activation::Tanh)?)?.of_momenta()?;
/// assert_eq!(field.parameters().last().unwrap().shape, [2, 2]);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// In other units the matrix `L Lᵀ` is another of its kind, and what is said of [`Hamiltonian`](super::Hamiltonian#units)
/// fields holds of `J`.
///
/// *Reference*: A. van der Schaft, D. Jeltsema, "Port-Hamiltonian systems theory: an introductory overview", 2014.
pub type PortHamiltonian<G> = Structured<DissipativeMatrix, G>;

/// The matrix `J - R` of a [`PortHamiltonian`] field, with `R = L Lᵀ` in the rows and columns of the last `damped`
/// components, and zero in the others; `L` is square.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DissipativeMatrix {
    conservative: Symplectic,
    damped: usize,
}

impl<G: Dimensions> PortHamiltonian<G> {
    /// The field of `energy`, with losses in all components.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an odd number of components, and as [`Energy::gradient`].
    pub fn new(energy: impl Energy<Gradient = G>) -> Result<Self, Error> {
        Self::with(energy, |dim| Ok(DissipativeMatrix { conservative: Symplectic::new(dim)?, damped: dim }))
    }

    /// The field with losses in momenta alone, as of friction.
    ///
    /// # Errors
    /// None, for a field that [`new`](PortHamiltonian::new) made.
    pub fn of_momenta(self) -> Result<Self, Error> {
        self.restructured(|structure| {
            Ok(DissipativeMatrix { damped: structure.conservative.scales().len(), ..structure })
        })
    }

    /// The field for components that are measured in these units, as [`Hamiltonian::in_units`](super::Hamiltonian::in_units).
    ///
    /// # Errors
    /// As there.
    pub fn in_units(self, units: &[f64]) -> Result<Self, Error> {
        self.restructured(|structure| Ok(DissipativeMatrix { conservative: Symplectic::of_units(units)?, ..structure }))
    }
}

/// Numbers of a row that are multiplied together.
const PIECE: usize = 32;

/// `Σ_i L_ik x_i` of the numbers `piece` of the rows of `x`, for the column `k` of a square matrix.
fn along<S: Number>(matrix: &[S], k: usize, (x, len): (&[S], usize), piece: usize) -> [S; PIECE] {
    let mut sum = [S::zero(); PIECE];
    let column = matrix.iter().skip(k).step_by((x.len() / len).max(1));
    for (&entry, row) in column.zip(x.chunks_exact(len)) {
        sum.iter_mut().zip(&row[piece..]).for_each(|(sum, &x)| *sum += entry * x);
    }
    sum
}

impl DissipativeMatrix {
    /// The last rows of a matrix of all, and their length.
    fn damped<'a, S>(&self, x: &'a [S]) -> (&'a [S], usize) {
        let rows = 2 * self.conservative.scales().len();
        let len = x.len() / rows;
        (&x[(rows - self.damped) * len..], len.max(1))
    }

    /// `out -= (column k of left) product` in the numbers `piece` of the damped rows.
    fn subtract<S: Number>(&self, left: &[S], k: usize, product: &[S; PIECE], out: &mut [S], piece: usize) {
        let (rows, len) = self.damped(out);
        let start = out.len() - rows.len();
        let column = left.iter().skip(k).step_by(self.damped);
        for (&entry, row) in column.zip(out[start..].chunks_exact_mut(len)) {
            row[piece..].iter_mut().zip(product).for_each(|(out, &x)| *out -= entry * x);
        }
    }
}

impl StructureMatrix for DissipativeMatrix {
    fn check(&self, dim: usize) -> Result<(), Error> {
        self.conservative.check(dim)?;
        if self.damped == 0 || self.damped > dim {
            return Err(Error::invalid("the damped components", self.damped, format!("from 1 to {dim}")));
        }
        Ok(())
    }

    fn in_units(self, reads: &[f64], gives: &[f64]) -> Result<Self, Error> {
        Ok(DissipativeMatrix { conservative: self.conservative.in_units(reads, gives)?, ..self })
    }

    fn parts(&self) -> Option<usize> {
        self.conservative.parts()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("damping", [self.damped, self.damped])]
    }

    /// Uniform, a quarter of what Glorot and Bengio draw: little damping, but not none, where its gradient would vanish.
    fn init<T: Real>(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let bound = 0.25 * (3.0 / self.damped as f64).sqrt();
        (0..self.damped * self.damped).map(|_| T::constant(rng.random_range(-bound..=bound))).collect()
    }

    fn apply<S: Number>(&self, params: &[S], transposed: bool, x: &[S], out: &mut [S]) {
        self.conservative.apply(&[], transposed, x, out);
        let x = self.damped(x);
        for piece in (0..x.1).step_by(PIECE) {
            for k in 0..self.damped {
                self.subtract(params, k, &along(params, k, x, piece), out, piece);
            }
        }
    }

    fn add_tangent<T: Real>(&self, params: &[T], dot: &[T], x: &[T], out: &mut [T]) {
        let x = self.damped(x);
        for piece in (0..x.1).step_by(PIECE) {
            for k in 0..self.damped {
                self.subtract(dot, k, &along(params, k, x, piece), out, piece);
                self.subtract(params, k, &along(dot, k, x, piece), out, piece);
            }
        }
    }

    fn add_pullback<T: Real>(&self, params: &[T], (w, x): (&[T], &[T]), batch: Batch, bar: &mut [T]) {
        let (w, x) = (self.damped(w), self.damped(x));
        for start in (0..w.1).step_by(batch.stride.max(1)) {
            for piece in (0..batch.live).step_by(PIECE) {
                let (piece, live) = (start + piece, (batch.live - piece).min(PIECE));
                for k in 0..self.damped {
                    let (wl, xl) = (along(params, k, w, piece), along(params, k, x, piece));
                    let rows = w.0.chunks_exact(w.1).zip(x.0.chunks_exact(x.1));
                    for (bar, (w, x)) in bar.iter_mut().skip(k).step_by(self.damped).zip(rows) {
                        let columns = w[piece..].iter().zip(&x[piece..]).zip(wl.iter().zip(&xl)).take(live);
                        columns.for_each(|((&w, &x), (&wl, &xl))| *bar -= w * xl + x * wl);
                    }
                }
            }
        }
    }
}
