//! Dense Jacobians and their pullbacks, column by column, from products.

use super::{Field, JvpBars, Point, Scratch};
use crate::Real;

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
