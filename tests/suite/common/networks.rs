//! Random networks and batches.

use kutta::Real;
use kutta::field::{Activation, Batch, Mlp};
use proptest::prelude::*;

pub fn activation() -> impl Strategy<Value = Activation> {
    proptest::sample::select(Activation::ALL.to_vec())
}

/// Padded to whole registers, not at all, or to an odd length.
pub fn batch() -> impl Strategy<Value = Batch> {
    (1..=40_usize, 0..3_usize).prop_map(|(live, padding)| match padding {
        0 => Batch::padded::<f64>(live),
        1 => Batch { live, stride: live },
        _ => Batch { live, stride: live + 3 },
    })
}

pub fn mlp(widest: usize) -> impl Strategy<Value = Mlp> {
    (prop::collection::vec(1..=widest, 2..=5), activation(), any::<bool>()).prop_map(|(widths, activation, bias)| {
        let net = Mlp::new(widths, activation).unwrap();
        if bias { net.with_output_bias() } else { net }
    })
}

pub fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x.to_f64() * y.to_f64()).sum()
}
