//! What follows from Jacobian–vector products: dense Jacobians and their pullbacks, column by column, and how errors of the
//! state are carried.

use super::{Batch, Field, JvpBars, Point, Scratch};
use crate::Real;
use crate::number::Rounded;

/// The field with the errors `‖(∂F_i/∂y_j e_j)_j‖₂` that those of the state lead to, and a unit in the last place of the value.
pub(super) fn eval_rounded<T: Real>(
    field: &(impl Field<T> + ?Sized),
    params: &[Rounded<T>],
    t: &[Rounded<T>],
    y: &[Rounded<T>],
    dy: &mut [Rounded<T>],
) {
    let values = |numbers: &[Rounded<T>]| numbers.iter().map(|x| x.value).collect::<Vec<_>>();
    let (params, t, state) = (values(params), values(t), values(y));
    let at = Point { params: &params, t: &t, y: &state, batch: Batch::ONE };
    let mut scratch = Scratch::new();
    let (mut value, mut record) = (vec![T::zero(); dy.len()], vec![T::zero(); field.record_rows()]);
    let mut jacobian = vec![T::zero(); dy.len() * y.len()];
    field.eval_batch(at, &mut value, &mut record, &mut scratch);
    field.jacobian(at, &record, &mut jacobian, &mut scratch);
    for ((dy, &value), row) in dy.iter_mut().zip(&value).zip(jacobian.chunks_exact(y.len().max(1))) {
        let carried = row.iter().zip(y).map(|(&slope, y)| Rounded { value: T::zero(), error: (slope * y.error).abs() });
        *dy = carried.fold(Rounded::nearest(value), |sum, term| sum + term);
    }
}

/// One pullback of a Jacobian–vector product a column.
pub(super) fn jacobian_pullback<T: Real>(
    field: &(impl Field<T> + ?Sized),
    at: Point<'_, T>,
    record: &[T],
    w: &[T],
    y_bar: &mut [T],
    mut params_bar: Option<&mut [T]>,
    scratch: &mut Scratch<T>,
) {
    let (d, inputs, stride) = (field.dim(), field.inputs(), at.batch.stride);
    let mut v = scratch.take(inputs * stride);
    let mut column = scratch.take(d * stride);
    let mut bar = scratch.take(inputs * stride);
    v.fill(T::zero());
    y_bar[..inputs * stride].fill(T::zero());
    for j in 0..inputs {
        v[j * stride..(j + 1) * stride].fill(T::one());
        for (i, row) in column.chunks_exact_mut(stride).enumerate() {
            row.copy_from_slice(&w[(i * inputs + j) * stride..][..stride]);
        }
        let bars = JvpBars { y: &mut bar, v: None, params: params_bar.as_deref_mut() };
        field.jvp_pullback(at, record, &v, &column, bars, scratch);
        y_bar.iter_mut().zip(&bar).for_each(|(sum, &x)| *sum += x);
        v[j * stride..(j + 1) * stride].fill(T::zero());
    }
    scratch.give(bar);
    scratch.give(column);
    scratch.give(v);
}

/// One Jacobian–vector product a column.
pub(super) fn jacobian<T: Real>(
    field: &(impl Field<T> + ?Sized),
    at: Point<'_, T>,
    record: &[T],
    out: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let (d, inputs, stride) = (field.dim(), field.inputs(), at.batch.stride);
    let mut v = scratch.take(inputs * stride);
    let mut column = scratch.take(d * stride);
    v.fill(T::zero());
    for j in 0..inputs {
        v[j * stride..(j + 1) * stride].fill(T::one());
        field.jvp(at, record, &v, None, &mut column, scratch);
        for (i, row) in column.chunks_exact(stride).enumerate() {
            out[(i * inputs + j) * stride..][..stride].copy_from_slice(row);
        }
        v[j * stride..(j + 1) * stride].fill(T::zero());
    }
    scratch.give(column);
    scratch.give(v);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Number, VectorField};

    struct Spring;
    impl VectorField for Spring {
        fn dim(&self) -> usize {
            2
        }
        fn param_count(&self) -> usize {
            1
        }
        fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
            dy[0] = y[1];
            dy[1] = (params[0] * y[0]).sin() - y[1] * t;
        }
    }

    #[test]
    fn errors_of_the_state_are_carried_as_the_formula_carries_them() {
        let y = [3.0, -0.5].map(|value| Rounded { value, error: 1e-10 });
        let (params, t) = ([Rounded::exact(40.0)], [Rounded::exact(2.0)]);
        let (mut found, mut expected) = ([Rounded::<f64>::default(); 2], [Rounded::default(); 2]);
        eval_rounded(&Spring, &params, &t, &y, &mut found);
        Field::<f64>::eval_rounded(&Spring, &params, &t, &y, &mut expected);
        for (x, y) in found.iter().zip(&expected) {
            assert_eq!(x.value, y.value);
            assert!((x.error / y.error - 1.0).abs() < 1e-3, "{x:?} {y:?}");
        }
    }
}
