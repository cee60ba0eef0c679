//! What regularisers measure, at a single state.

use super::{Estimator, Local, Penalties, ProbeKind, Regularisation, mixed};
use crate::field::{Batch, Field, Point, Scratch};
use crate::{Error, Real};

fn check<T: Real>(field: &dyn Field<T>, params: &[T], y: &[T], estimator: Estimator) -> Result<(), Error> {
    estimator.check()?;
    Error::check_len("the field", "inputs", field.inputs(), field.dim())?;
    Error::check_len("the field", "signals", field.signals(), 0)?;
    Error::check_len("params", "entries", params.len(), field.param_count())?;
    Error::check_len("y", "components", y.len(), field.dim())
}

fn measure<T: Real>(
    field: &dyn Field<T>,
    (params, t, y): (&[T], T, &[T]),
    estimator: Estimator,
    seed: u64,
) -> Result<Penalties, Error> {
    check(field, params, y, estimator)?;
    // Weights of one, at the end.
    let d = field.dim() as f64;
    let settings = Regularisation { divergence: d, jacobian: d * d, estimator, ..Regularisation::default() };
    let mut local = Local::default();
    (local.weights, local.positions) = (vec![1.0], vec![1.0]);
    let at = Point { params, t: &[t], y, batch: Batch::ONE };
    Ok(local.evaluate((field, at), (&settings, &[]), &|_| seed, None))
}

/// The divergence `∇·F = Σ_i ∂F_i/∂y_i`. `params` are those that evaluations take, see
/// [`Effective`](crate::field::Effective).
///
/// ```
/// use kutta::field::{Activation, Mlp};
/// use kutta::regularisation::{Estimator, divergence};
/// let rotation = Mlp::new([2, 2], Activation::Identity)?;
/// assert_eq!(divergence(&rotation, &[0.5, -1.0, 1.0, 0.25], 0.0, &[1.0, 2.0], Estimator::Exact, 0)?, 0.75);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Errors
/// [`Error::ShapeMismatch`] for parameters or a state of the wrong size, [`Error::InvalidArgument`] for no probes.
pub fn divergence<T: Real>(
    field: &dyn Field<T>,
    params: &[T],
    t: T,
    y: &[T],
    estimator: Estimator,
    seed: u64,
) -> Result<f64, Error> {
    Ok(measure(field, (params, t, y), estimator, seed)?.divergence)
}

/// The square of the Frobenius norm of the Jacobian, `Σ_ij (∂F_i/∂y_j)²`, at parameters as [`divergence`] takes them.
///
/// # Errors
/// As [`divergence`].
pub fn jacobian_norm_squared<T: Real>(
    field: &dyn Field<T>,
    params: &[T],
    t: T,
    y: &[T],
    estimator: Estimator,
    seed: u64,
) -> Result<f64, Error> {
    Ok(measure(field, (params, t, y), estimator, seed)?.jacobian)
}

/// An estimate of the diagonal of the Jacobian `J`: with probes `v_k`, `Σ_k (J v_k) ⊙ v_k ⊘ Σ_k v_k ⊙ v_k`. Parameters are
/// as [`divergence`] takes them.
///
/// *Reference*: Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix", 2007.
///
/// # Errors
/// As [`divergence`].
pub fn jacobian_diagonal<T: Real>(
    field: &dyn Field<T>,
    params: &[T],
    t: T,
    y: &[T],
    (probes, kind): (usize, ProbeKind),
    seed: u64,
) -> Result<Vec<T>, Error> {
    check(field, params, y, Estimator::Hutchinson { probes, kind })?;
    let d = field.dim();
    let zeros = |len: usize| vec![T::zero(); len];
    let (mut value, mut record, mut scratch) = (zeros(d), zeros(field.record_rows()), Scratch::new());
    let at = Point { params, t: &[t], y, batch: Batch::ONE };
    field.eval_batch(at, &mut value, &mut record, &mut scratch);
    let (mut probe, mut product, mut diagonal, mut squares) = (zeros(d), zeros(d), zeros(d), zeros(d));
    for k in 0..probes as u64 {
        kind.fill(mixed([seed, k]), &mut probe, 1, 0);
        field.jvp(at, &record, &probe, None, &mut product, &mut scratch);
        for (i, &v) in probe.iter().enumerate() {
            diagonal[i] += product[i] * v;
            squares[i] += v * v;
        }
    }
    diagonal.iter_mut().zip(squares).for_each(|(x, square)| *x /= square);
    Ok(diagonal)
}
