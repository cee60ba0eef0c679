//! Eigenvalues of small real matrices.

use crate::Error;
use faer::MatRef;
use nalgebra::Complex;

/// The eigenvalues of the matrix with these rows, in no particular order; `what` names it in errors.
pub(crate) fn eigenvalues(what: &'static str, rows: &[f64], n: usize) -> Result<Vec<Complex<f64>>, Error> {
    let failed = || Error::NotFinite { what, location: None };
    // What is not finite would have no end of iterations.
    if !rows.iter().all(|x| x.is_finite()) {
        return Err(failed());
    }
    let values = MatRef::from_row_major_slice(rows, n, n).eigenvalues().map_err(|_| failed())?;
    match values.iter().all(|x| x.is_finite()) {
        true => Ok(values),
        false => Err(failed()),
    }
}
