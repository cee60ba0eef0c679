//! Energies, and the fields that are made of them written out.

use kutta::field::{Activation, Dimensions, Mlp, ScalarField};
use kutta::number::Dual;
use kutta::{Number, VectorField};
use proptest::prelude::*;

/// A network of one output, as users would write it.
#[derive(Debug, Clone)]
pub struct Written(pub Mlp);

impl ScalarField for Written {
    fn dim(&self) -> usize {
        self.0.inputs()
    }
    fn param_count(&self) -> usize {
        self.0.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S]) -> S {
        let mut energy = [S::zero()];
        self.0.eval(params, y, &mut energy);
        energy[0]
    }
}

/// `Σ_k v_k cos(w_k·y + u_k t) + ½ m·y²`, curved in all that it depends on; without `t` if it does not move.
#[derive(Debug, Clone)]
pub struct Waves {
    pub dim: usize,
    pub count: usize,
    pub moves: bool,
}

impl ScalarField for Waves {
    fn dim(&self) -> usize {
        self.dim
    }
    fn param_count(&self) -> usize {
        self.count * (self.dim + 2) + self.dim
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S]) -> S {
        let (waves, masses) = params.split_at(self.count * (self.dim + 2));
        let mut energy = S::zero();
        for (&m, &y) in masses.iter().zip(y) {
            energy += S::constant(0.5) * m * y.square();
        }
        for wave in waves.chunks_exact(self.dim + 2) {
            let mut phase = if self.moves { wave[1] * t } else { wave[1] };
            wave[2..].iter().zip(y).for_each(|(&w, &y)| phase += w * y);
            energy += wave[0] * phase.cos();
        }
        energy
    }
}

/// What a gradient, found by dual numbers, is multiplied by.
#[derive(Debug, Clone)]
pub enum Matrix {
    One,
    Diagonal(Vec<f64>),
    /// `J` with these factors of pairs, less `L Lᵀ` in so many of the last components.
    Port(Vec<f64>, usize),
}

/// The field of an energy and a matrix, written out.
#[derive(Debug, Clone)]
pub struct Product<E>(pub E, pub Matrix);

impl<E: ScalarField> VectorField for Product<E> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn param_count(&self) -> usize {
        self.0.param_count()
            + match self.1 {
                Matrix::Port(_, damped) => damped * damped,
                _ => 0,
            }
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let (params, matrix) = params.split_at(self.0.param_count());
        let constant = |value| Dual { value, tangent: S::zero() };
        let params: Vec<_> = params.iter().map(|&p| constant(p)).collect();
        let slope = |i: usize| {
            let tangent = |j| if i == j { S::one() } else { S::zero() };
            let y: Vec<_> = y.iter().enumerate().map(|(j, &value)| Dual { value, tangent: tangent(j) }).collect();
            self.0.eval(&params, constant(t), &y).tangent
        };
        let slopes: Vec<S> = (0..y.len()).map(slope).collect();
        match &self.1 {
            Matrix::One => dy.copy_from_slice(&slopes),
            Matrix::Diagonal(factors) => {
                for ((dy, &x), &factor) in dy.iter_mut().zip(&slopes).zip(factors) {
                    *dy = S::constant(factor) * x;
                }
            }
            Matrix::Port(scales, damped) => {
                let n = scales.len();
                for (i, &scale) in scales.iter().enumerate() {
                    dy[i] = S::constant(scale) * slopes[n + i];
                    dy[n + i] = S::constant(-scale) * slopes[i];
                }
                let first = 2 * n - damped;
                for i in 0..*damped {
                    for j in 0..*damped {
                        for k in 0..*damped {
                            dy[first + i] -= matrix[i * damped + k] * matrix[j * damped + k] * slopes[first + j];
                        }
                    }
                }
            }
        }
    }
}

/// Networks of one output and so many inputs, without the activations whose slopes jump.
pub fn smooth_energy(inputs: usize) -> impl Strategy<Value = Mlp> {
    let smooth = Activation::ALL.into_iter().filter(|a| !matches!(a, Activation::Relu | Activation::Identity));
    let activation = proptest::sample::select(smooth.collect::<Vec<_>>());
    (prop::collection::vec(1..=9_usize, 1..=3), activation, any::<bool>()).prop_map(
        move |(hidden, activation, bias)| {
            let net = Mlp::new([vec![inputs], hidden, vec![1]].concat(), activation).unwrap();
            if bias { net.with_output_bias() } else { net }
        },
    )
}
