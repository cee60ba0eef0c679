//! Hamiltonian fields.

use super::super::fraction::{sum, text};
use super::{Phase, phase};
use crate::{Number, VectorField};
use proptest::prelude::*;
use std::fmt;

/// The field `q' = ∂H/∂p, p' = -∂H/∂q` of a Hamiltonian function of `y = (q, p)`,
///
/// ```text
/// H(y) = Σ_i m_i y_i²/2 + Σ_k a_k cos(v_k·y + β_k) .
/// ```
///
/// It prints as `H = 1/2 (y0² + 2 y1²) - 1/3 cos(y0 + 1/2 y1)`.
#[derive(Clone, PartialEq)]
pub struct Hamiltonian {
    /// `m`, of `q` first.
    squares: Vec<f64>,
    waves: Vec<(f64, Phase)>,
}

impl Hamiltonian {
    /// The degrees of freedom: half the dimension.
    pub fn freedom(&self) -> usize {
        self.squares.len() / 2
    }

    /// `H(y)`, an invariant of the field.
    pub fn energy(&self, y: &[f64]) -> f64 {
        let squares: f64 = self.squares.iter().zip(y).map(|(m, y)| 0.5 * m * y * y).sum();
        squares + self.waves.iter().map(|(a, phase)| a * phase.at(0.0, y).cos()).sum::<f64>()
    }

    /// `∂H/∂p` at `(q, p)`; of a separable function it depends on `p` alone.
    pub fn velocity(&self, q: &[f64], p: &[f64]) -> Vec<f64> {
        self.gradient(&[q, p].concat()).split_off(self.freedom())
    }

    /// `-∂H/∂q` at `(q, p)`; of a separable function it depends on `q` alone.
    pub fn force(&self, q: &[f64], p: &[f64]) -> Vec<f64> {
        let gradient = self.gradient(&[q, p].concat());
        gradient[..self.freedom()].iter().map(|x| -x).collect()
    }

    fn gradient<S: Number>(&self, y: &[S]) -> Vec<S> {
        let mut gradient: Vec<S> = self.squares.iter().zip(y).map(|(&m, &y)| S::constant(m) * y).collect();
        for (a, phase) in &self.waves {
            let slope = S::constant(-a) * phase.at(S::zero(), y).sin();
            for (sum, &w) in gradient.iter_mut().zip(&phase.weights) {
                *sum += S::constant(w) * slope;
            }
        }
        gradient
    }
}

impl VectorField for Hamiltonian {
    fn dim(&self) -> usize {
        self.squares.len()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
        let (gradient, n) = (self.gradient(y), self.freedom());
        for i in 0..n {
            dy[i] = gradient[n + i];
            dy[n + i] = -gradient[i];
        }
    }
}

impl fmt::Debug for Hamiltonian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let squares = sum(self.squares.iter().enumerate().map(|(i, &m)| (m, format!("y{i}²"))));
        write!(f, "H = 1/2 ({squares})")?;
        for (a, phase) in self.waves.iter().filter(|(a, _)| *a != 0.0) {
            let sign = if *a < 0.0 { '-' } else { '+' };
            write!(f, " {sign} {} cos({})", text(a.abs()), phase.text("y"))?;
        }
        Ok(())
    }
}

/// Hamiltonian fields of `2 · freedom` components, in which positions and momenta are coupled.
pub fn hamiltonian(freedom: usize) -> impl Strategy<Value = Hamiltonian> {
    sums(freedom, false)
}

/// Hamiltonian fields with `H = T(p) + V(q)`.
pub fn separable_hamiltonian(freedom: usize) -> impl Strategy<Value = Hamiltonian> {
    sums(freedom, true)
}

fn sums(freedom: usize, separable: bool) -> impl Strategy<Value = Hamiltonian> {
    let squares = prop::collection::vec((1..=4u8).prop_map(|m| f64::from(m) / 2.0), 2 * freedom);
    let amplitude = (-12..=12i8).prop_map(|k| f64::from(k) / 12.0);
    let waves = prop::collection::vec((amplitude, phase(2 * freedom, false), any::<bool>()), 1..=3);
    (squares, waves).prop_map(move |(squares, waves)| {
        let wave = |(a, mut phase, of_momenta): (f64, Phase, bool)| {
            if separable {
                let absent = if of_momenta { 0..freedom } else { freedom..2 * freedom };
                phase.weights[absent].fill(0.0);
            }
            (a, phase)
        };
        Hamiltonian { squares, waves: waves.into_iter().map(wave).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::super::rhs;
    use super::*;

    proptest! {
        #[test]
        fn the_field_is_the_rotated_gradient_of_the_energy(field in hamiltonian(2), y in super::super::state(4)) {
            let slope = rhs(&field)(0.0, &y);
            for i in 0..4 {
                let moved = |by: f64| {
                    let mut y = y.0.clone();
                    y[i] += by;
                    field.energy(&y)
                };
                let derivative = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let expected = if i < 2 { -slope[i + 2] } else { slope[i - 2] };
                prop_assert!((derivative - expected).abs() < 1e-8, "{derivative} and {expected}");
            }
        }

        #[test]
        fn a_separable_one_is_a_sum(field in separable_hamiltonian(2), y in super::super::state(4)) {
            let (q, p) = y.split_at(2);
            prop_assert_eq!(field.velocity(q, p), field.velocity(&[0.3, 0.7], p));
            prop_assert_eq!(field.force(q, p), field.force(q, &[-0.3, 0.9]));
        }
    }
}
