//! Every instruction set gives what the best one gives.

use super::*;
use crate::field::Batch;
use pulp::Simd;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

struct Case<T> {
    net: Mlp,
    params: Vec<T>,
    direction: Vec<T>,
    y: Vec<T>,
    w: Vec<T>,
    batch: Batch,
}

fn numbers<T: Kernels>(len: usize, rng: &mut impl Rng) -> Vec<T> {
    (0..len).map(|_| T::constant(rng.random_range(-1.0..1.0))).collect()
}

impl<T: Kernels> Case<T> {
    fn new(widths: &[usize], activation: Activation, batch: Batch) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let net = Mlp::new(widths, activation).unwrap();
        let count = net.param_count();
        let (params, direction) = (numbers(count, &mut rng), numbers(count, &mut rng));
        let (y, w) = (numbers(net.inputs() * batch.stride, &mut rng), numbers(net.dim() * batch.stride, &mut rng));
        Case { net, params, direction, y, w, batch }
    }

    fn at(&self) -> Point<'_, T> {
        Point { params: &self.params, t: &self.y, y: &self.y, batch: self.batch }
    }

    fn live(&self, mut matrix: Vec<T>) -> Vec<T> {
        let mut k = 0;
        matrix.retain(|_| {
            k += 1;
            (k - 1) % self.batch.stride < self.batch.live
        });
        matrix
    }

    /// Value, Jacobian-vector product, vector-Jacobian product, parameter gradient, Jacobian and the product's pullback.
    fn with<S: Simd>(&self, simd: S) -> [Vec<T>; 7] {
        let (at, stride) = (self.at(), self.batch.stride);
        let zeros = |len: usize| vec![T::zero(); len];
        let (mut value, mut record) = (zeros(self.net.dim() * stride), zeros(self.net.record_rows() * stride));
        let net = self.net.chain();
        simd.vectorize(Evaluate { net, at, dy: &mut value, record: &mut record });
        let (mut tangent, mut buffer) = (value.clone(), zeros(Pushforward::<T>::buffer_len(net, stride)));
        let (record, w, direction) = (&record[..], &self.w[..], Some(&self.direction[..]));
        let [out, buffer] = [&mut tangent, &mut buffer];
        simd.vectorize(Pushforward { net, at, record, v: &self.y, w: direction, out, buffer });
        let (mut y_bar, mut params_bar) = (self.y.clone(), zeros(self.net.param_count()));
        let mut buffer = zeros(Pullback::buffer_len(net, at, true));
        let params = Some(&mut params_bar[..]);
        simd.vectorize(Pullback { net, at, record, w, y_bar: &mut y_bar, params_bar: params, buffer: &mut buffer });
        let mut jacobian = zeros(self.net.dim() * self.net.inputs() * stride);
        let mut buffer = zeros(Jacobian::<T>::buffer_len(net, stride));
        simd.vectorize(Jacobian { net, at, record, out: &mut jacobian, buffer: &mut buffer });
        let (mut bent, mut bent_params) = (self.y.clone(), zeros(self.net.param_count()));
        let mut buffer = zeros(JvpPullback::buffer_len(net, at, true));
        let (directions, bar) = (Directions::One { v: &self.y, v_bar: None }, Some(&mut bent_params[..]));
        let [y, buffer] = [&mut bent, &mut buffer];
        simd.vectorize(JvpPullback { net, at, record, directions, w, y_bar: y, params_bar: bar, buffer });
        let [value, tangent, y_bar, jacobian, bent] = [value, tangent, y_bar, jacobian, bent].map(|m| self.live(m));
        [value, tangent, y_bar, params_bar, jacobian, bent, bent_params]
    }

    /// The same by the methods that choose the instructions.
    fn dispatched(&self) -> [Vec<T>; 7] {
        let (net, at, stride, mut scratch) = (&self.net, self.at(), self.batch.stride, Scratch::new());
        let zeros = |len: usize| vec![T::zero(); len];
        let (mut value, mut record) = (zeros(net.dim() * stride), zeros(net.record_rows() * stride));
        net.eval_batch(at, &mut value, &mut record, &mut scratch);
        let mut tangent = value.clone();
        net.jvp(at, &record, &self.y, Some(&self.direction), &mut tangent, &mut scratch);
        let (mut y_bar, mut params_bar) = (self.y.clone(), zeros(net.param_count()));
        net.vjp(at, &record, &self.w, &mut y_bar, Some(&mut params_bar), &mut scratch);
        let mut jacobian = zeros(net.dim() * net.inputs() * stride);
        net.jacobian(at, &record, &mut jacobian, &mut scratch);
        let (mut bent, mut bent_params) = (self.y.clone(), zeros(net.param_count()));
        let bars = JvpBars { y: &mut bent, v: None, params: Some(&mut bent_params) };
        net.jvp_pullback(at, &record, &self.y, &self.w, bars, &mut scratch);
        let [value, tangent, y_bar, jacobian, bent] = [value, tangent, y_bar, jacobian, bent].map(|m| self.live(m));
        [value, tangent, y_bar, params_bar, jacobian, bent, bent_params]
    }
}

fn check<T: Kernels>(tolerance: f64) {
    let widths: [&[usize]; 3] = [&[2, 20, 20, 2], &[3, 7, 33, 1], &[5, 4]];
    let batches = [Batch::padded::<T>(5), Batch { live: 13, stride: 13 }, Batch { live: 1, stride: 2 }];
    for activation in Activation::ALL {
        for (widths, batch) in widths.into_iter().flat_map(|w| batches.map(|b| (w, b))) {
            let case = Case::<T>::new(widths, activation, batch);
            let best = case.dispatched();
            let mut others = vec![case.with(pulp::Scalar::new())];
            #[cfg(target_arch = "x86_64")]
            others.extend(pulp::x86::V3::try_new().map(|v3| case.with(v3)));
            for (a, b) in others.iter().flatten().zip(best.iter().cycle()) {
                let scale = b.iter().map(|x| x.to_f64().abs()).fold(1e-2, f64::max);
                assert_eq!(a.len(), b.len());
                for (x, y) in a.iter().zip(b) {
                    let difference = (x.to_f64() - y.to_f64()).abs();
                    assert!(difference <= tolerance * scale, "{activation} {widths:?} {batch:?}: {x} and {y}");
                }
            }
        }
    }
}

#[test]
fn instruction_sets_agree() {
    check::<f64>(1e-13);
    check::<f32>(1e-4);
}
