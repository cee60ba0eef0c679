//! Fields evaluated as networks whose parameters are made from fewer.

use super::{Dimensions, Mlp, Scratch};
use crate::{Number, Real};

/// A field that is a network with the parameters `A γ + c`.
pub(super) trait Tied: Dimensions {
    /// The network.
    fn network(&self) -> &Mlp;

    /// `network = A γ + c one`
    fn expand<S: Number>(&self, params: &[S], one: S, network: &mut [S]);

    /// `bar += Aᵀ network_bar`
    fn fold<T: Real>(&self, network_bar: &[T], bar: &mut [T]);
}

/// Calls `with` with the network's parameters.
pub(super) fn expanded<T: Real, R>(
    field: &impl Tied,
    params: &[T],
    scratch: &mut Scratch<T>,
    with: impl FnOnce(&[T], &mut Scratch<T>) -> R,
) -> R {
    let mut network = scratch.take(field.network().param_count());
    field.expand(params, T::one(), &mut network);
    let result = with(&network, scratch);
    scratch.give(network);
    result
}

/// Calls `with` with the network's parameters and the place of their derivatives, if wanted.
pub(super) fn folded<T: Real>(
    field: &impl Tied,
    params: &[T],
    params_bar: Option<&mut [T]>,
    scratch: &mut Scratch<T>,
    with: impl FnOnce(&[T], Option<&mut [T]>, &mut Scratch<T>),
) {
    expanded(field, params, scratch, |network, scratch| match params_bar {
        None => with(network, None, scratch),
        Some(bar) => {
            let mut network_bar = scratch.take(network.len());
            network_bar.fill(T::zero());
            with(network, Some(&mut network_bar), scratch);
            field.fold(&network_bar, bar);
            scratch.give(network_bar);
        }
    });
}

/// The evaluation of a [`Tied`] field and its derivatives, at the speed of its network.
macro_rules! evaluated_as_network {
    () => {
        fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
            None
        }

        fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
            tied::expanded(self, at.params, scratch, |params, scratch| {
                self.network().eval_batch(Point { params, ..at }, dy, record, scratch);
            });
        }

        fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
            let mut network = vec![Rounded::exact(T::zero()); self.network().param_count()];
            self.expand(params, Rounded::exact(T::one()), &mut network);
            self.network().eval_rounded(&network, t, y, dy);
        }

        fn jvp(
            &self,
            at: Point<'_, T>,
            record: &[T],
            v: &[T],
            w: Option<&[T]>,
            out: &mut [T],
            scratch: &mut Scratch<T>,
        ) {
            tied::expanded(self, at.params, scratch, |params, scratch| {
                let direction = w.map(|w| {
                    let mut direction = scratch.take(params.len());
                    self.expand(w, T::zero(), &mut direction);
                    direction
                });
                self.network().jvp(Point { params, ..at }, record, v, direction.as_deref(), out, scratch);
                if let Some(direction) = direction {
                    scratch.give(direction);
                }
            });
        }

        fn vjp(
            &self,
            at: Point<'_, T>,
            record: &[T],
            w: &[T],
            y_bar: &mut [T],
            params_bar: Option<&mut [T]>,
            scratch: &mut Scratch<T>,
        ) {
            tied::folded(self, at.params, params_bar, scratch, |params, bar, scratch| {
                self.network().vjp(Point { params, ..at }, record, w, y_bar, bar, scratch);
            });
        }

        fn jvp_pullback(
            &self,
            at: Point<'_, T>,
            record: &[T],
            v: &[T],
            w: &[T],
            bars: JvpBars<'_, T>,
            scratch: &mut Scratch<T>,
        ) {
            let JvpBars { y, v: v_bar, params } = bars;
            tied::folded(self, at.params, params, scratch, |params, bar, scratch| {
                let bars = JvpBars { y, v: v_bar, params: bar };
                self.network().jvp_pullback(Point { params, ..at }, record, v, w, bars, scratch);
            });
        }

        fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
            tied::expanded(self, at.params, scratch, |params, scratch| {
                self.network().jacobian(Point { params, ..at }, record, out, scratch);
            });
        }

        fn jacobian_pullback(
            &self,
            at: Point<'_, T>,
            record: &[T],
            w: &[T],
            y_bar: &mut [T],
            params_bar: Option<&mut [T]>,
            scratch: &mut Scratch<T>,
        ) {
            tied::folded(self, at.params, params_bar, scratch, |params, bar, scratch| {
                self.network().jacobian_pullback(Point { params, ..at }, record, w, y_bar, bar, scratch);
            });
        }
    };
}
pub(super) use evaluated_as_network;
