//! What random parameters are made to be.

use crate::Real;
use crate::field::{Field, Parameter};

/// What random weights of the last layer are multiplied by: a field that is weak in directions of which the data know nothing
/// does not lead predictions away in them.
const GENTLE: f64 = 0.1;

/// Makes the last layer of a network small, if it is one.
pub(super) fn soften<T: Real>(field: &dyn Field<T>, params: &mut [T]) {
    let arrays = field.parameters();
    let Some(last) = arrays.iter().rposition(|array| array.shape.len() == 2) else { return };
    let first: usize = arrays[..last].iter().map(Parameter::len).sum();
    params[first..].iter_mut().for_each(|p| *p *= T::constant(GENTLE));
}

/// Makes a network blind to components that never change, and leaves these as they are, if it is one: of what they do
/// nothing can be learned.
pub(super) fn ignore_constants<T: Real>(field: &dyn Field<T>, constants: &[bool], params: &mut [T]) {
    let arrays = field.parameters();
    let matrices = || (0..arrays.len()).filter(|&k| arrays[k].shape.len() == 2);
    let (Some(first), Some(last)) = (matrices().next(), matrices().next_back()) else { return };
    let places = |k: usize| {
        let from: usize = arrays[..k].iter().map(Parameter::len).sum();
        from..from + arrays[k].len()
    };
    let (columns, rows) = (arrays[first].shape[1], arrays[last].shape[0]);
    let constant = || (0..constants.len()).filter(|&i| constants[i]);
    if columns >= constants.len() {
        let of_row = |row: &mut [T]| constant().for_each(|i| row[i] = T::zero());
        params[places(first)].chunks_exact_mut(columns).for_each(of_row);
    }
    if rows == constants.len() && first != last {
        let width = arrays[last].shape[1];
        constant().for_each(|i| params[places(last)][i * width..][..width].fill(T::zero()));
        if let Some(biases) = arrays.get(last + 1).filter(|biases| biases.len() == rows) {
            let from = places(last + 1).start;
            constant().take(biases.len()).for_each(|i| params[from + i] = T::zero());
        }
    }
}
