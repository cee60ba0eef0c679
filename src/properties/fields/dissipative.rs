//! Fields whose solutions do not move apart.

use super::super::fraction::{numbers, sum};
use super::{Phase, add_skew, equations, phase, skew_row};
use crate::{Number, VectorField};
use proptest::prelude::*;
use std::fmt;

/// `y' = S y - Σ_k r_k v_k tanh(v_k·y + β_k)` with a skew-symmetric matrix `S` and `r_k ≥ 0`.
///
/// Its one-sided Lipschitz constant is 0 or less, `⟨f(y) - f(z), y - z⟩ ≤ 0`, since `tanh` is increasing: two solutions
/// never move apart.
#[derive(Clone, PartialEq)]
pub struct Dissipative {
    /// Entries of `S` below the diagonal, row by row.
    skew: Vec<f64>,
    friction: Vec<(f64, Phase)>,
    dim: usize,
}

impl VectorField for Dissipative {
    fn dim(&self) -> usize {
        self.dim
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy.fill(S::zero());
        add_skew(&self.skew, S::one(), y, dy);
        for (rate, phase) in &self.friction {
            let force = S::constant(-rate) * phase.at(t, y).tanh();
            for (dy, &w) in dy.iter_mut().zip(&phase.weights) {
                *dy += S::constant(w) * force;
            }
        }
    }
}

impl fmt::Debug for Dissipative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |i: usize| {
            let row = skew_row(&self.skew, self.dim, i);
            let rotation = row.into_iter().enumerate().map(|(j, x)| (x, format!("y{j}")));
            let friction = self.friction.iter().map(|(rate, phase)| {
                let unit = format!("tanh({})", phase.text("y"));
                (-rate * phase.weights[i], unit)
            });
            sum(rotation.chain(friction))
        };
        equations(f, (0..self.dim).map(line))
    }
}

/// Dissipative fields of `dim` components; rates `r_k` up to `stiffness`, a whole number.
pub fn dissipative_field(dim: usize, stiffness: u16) -> impl Strategy<Value = Dissipative> {
    let rate = (0..=12 * u32::from(stiffness)).prop_map(|k| f64::from(k) / 12.0);
    let friction = prop::collection::vec((rate, phase(dim, false)), 1..=3);
    (numbers(1, dim * dim.saturating_sub(1) / 2), friction).prop_map(move |(skew, friction)| Dissipative {
        skew,
        friction,
        dim,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{rhs, state};
    use super::*;

    proptest! {
        #[test]
        fn neighbours_do_not_move_apart(field in dissipative_field(3, 10), y in state(3), z in state(3)) {
            let (f, g) = (rhs(&field)(0.0, &y), rhs(&field)(0.0, &z));
            let product: f64 = (0..3).map(|i| (f[i] - g[i]) * (y[i] - z[i])).sum();
            prop_assert!(product <= 1e-13, "{product}");
        }
    }
}
