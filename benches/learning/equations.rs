//! Right-hand sides.

use kutta::rand::{Rng, SeedableRng, rngs::StdRng};
use kutta::{Number, VectorField};
use std::f64::consts::TAU;

#[derive(Clone, Copy)]
pub enum Equation {
    LotkaVolterra,
    Spiral,
    VanDerPol(f64),
    Kepler,
    FitzHughNagumo,
    Pendulum {
        friction: f64,
    },
    DoublePendulum,
    Robertson,
    /// Its parameters are a matrix.
    Linear(usize),
    Lorenz,
    Rossler,
    Brusselator,
    /// In two wells.
    Duffing,
    Sir,
}

impl VectorField for Equation {
    fn dim(&self) -> usize {
        match *self {
            Equation::Robertson | Equation::Lorenz | Equation::Rossler | Equation::Sir => 3,
            Equation::Kepler | Equation::DoublePendulum => 4,
            Equation::Linear(dim) => dim,
            _ => 2,
        }
    }

    fn param_count(&self) -> usize {
        if let Equation::Linear(dim) = *self { dim * dim } else { 0 }
    }

    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        let c = S::constant;
        match *self {
            Equation::LotkaVolterra => {
                let meetings = y[0] * y[1];
                dy[0] = c(1.5) * y[0] - meetings;
                dy[1] = meetings - c(3.0) * y[1];
            }
            Equation::Spiral => {
                let [u, v] = [y[0].powi(3), y[1].powi(3)];
                dy[0] = c(-0.1) * u - c(2.0) * v;
                dy[1] = c(2.0) * u - c(0.1) * v;
            }
            Equation::VanDerPol(mu) => {
                dy[0] = y[1];
                dy[1] = c(mu) * (c(1.0) - y[0].square()) * y[1] - y[0];
            }
            Equation::Kepler => {
                let cube = (y[0].square() + y[1].square()).powf(1.5);
                dy.copy_from_slice(&[y[2], y[3], -y[0] / cube, -y[1] / cube]);
            }
            Equation::FitzHughNagumo => {
                dy[0] = y[0] - y[0].powi(3) / c(3.0) - y[1] + c(0.5);
                dy[1] = c(0.08) * (y[0] + c(0.7) - c(0.8) * y[1]);
            }
            Equation::Pendulum { friction } => {
                dy[0] = y[1];
                dy[1] = c(-4.0) * y[0].sin() - c(friction) * y[1];
            }
            Equation::DoublePendulum => {
                let [a, b, w, v] = [y[0], y[1], y[2], y[3]];
                let (g, two) = (c(9.81), c(2.0));
                let (sin, cos) = ((a - b).sin(), (a - b).cos());
                let mass = two - cos.square();
                dy[0] = w;
                dy[1] = v;
                dy[2] = (g * b.sin() * cos - sin * (v * v + w * w * cos) - two * g * a.sin()) / mass;
                dy[3] = (sin * (two * w * w + v * v * cos) + two * g * (a.sin() * cos - b.sin())) / mass;
            }
            Equation::Robertson => {
                let [slow, fast, back] = [c(0.04) * y[0], c(3e7) * y[1].square(), c(1e4) * y[1] * y[2]];
                dy.copy_from_slice(&[back - slow, slow - back - fast, fast]);
            }
            Equation::Linear(dim) => {
                for (row, dy) in params.chunks_exact(dim).zip(dy) {
                    *dy = row.iter().zip(y).fold(S::zero(), |sum, (&a, &y)| sum + a * y);
                }
            }
            Equation::Lorenz => {
                dy[0] = c(10.0) * (y[1] - y[0]);
                dy[1] = y[0] * (c(28.0) - y[2]) - y[1];
                dy[2] = y[0] * y[1] - c(8.0 / 3.0) * y[2];
            }
            Equation::Rossler => {
                dy[0] = -y[1] - y[2];
                dy[1] = y[0] + c(0.2) * y[1];
                dy[2] = c(0.2) + y[2] * (y[0] - c(5.7));
            }
            Equation::Brusselator => {
                let growth = y[0].square() * y[1];
                dy[0] = c(1.0) + growth - c(4.0) * y[0];
                dy[1] = c(3.0) * y[0] - growth;
            }
            Equation::Duffing => {
                dy[0] = y[1];
                dy[1] = y[0] - y[0].powi(3) - c(0.05) * y[1];
            }
            Equation::Sir => {
                let (infections, recoveries) = (c(0.5) * y[0] * y[1], c(0.1) * y[1]);
                dy.copy_from_slice(&[-infections, infections - recoveries, recoveries]);
            }
        }
    }
}

impl Equation {
    pub fn components(self) -> Vec<String> {
        let names: &[&str] = match self {
            Equation::LotkaVolterra => &["prey", "predator"],
            Equation::VanDerPol(_) | Equation::Duffing => &["x", "v"],
            Equation::Kepler => &["x", "y", "vx", "vy"],
            Equation::FitzHughNagumo => &["v", "w"],
            Equation::Pendulum { .. } => &["angle", "velocity"],
            Equation::DoublePendulum => &["a", "b", "wa", "wb"],
            Equation::Robertson => &["A", "B", "C"],
            Equation::Linear(dim) => return (0..dim).map(|i| format!("x{i}")).collect(),
            Equation::Sir => &["S", "I", "R"],
            Equation::Spiral | Equation::Brusselator => &["x", "y"],
            Equation::Lorenz | Equation::Rossler => &["x", "y", "z"],
        };
        names.iter().map(ToString::to_string).collect()
    }

    /// Of the linear equation: rotations in all directions, a little damped.
    pub fn params(self) -> Vec<f64> {
        let Equation::Linear(dim) = self else { return Vec::new() };
        let mut rng = StdRng::seed_from_u64(3);
        let random: Vec<f64> = (0..dim * dim).map(|_| normal(&mut rng) / (dim as f64).sqrt()).collect();
        let entry = |(i, j): (usize, usize)| random[i * dim + j] - random[j * dim + i] - if i == j { 0.1 } else { 0.0 };
        (0..dim).flat_map(|i| (0..dim).map(move |j| (i, j))).map(entry).collect()
    }
}

/// A system by the length of its path. Its states begin with the time.
pub struct ByArc {
    pub equation: Equation,
    pub units: [f64; 3],
}

impl VectorField for ByArc {
    fn dim(&self) -> usize {
        self.equation.dim() + 1
    }

    fn param_count(&self) -> usize {
        self.equation.param_count()
    }

    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        dy[0] = S::one();
        self.equation.eval(params, y[0], &y[1..], &mut dy[1..]);
        let squares = dy.iter().zip(self.units).map(|(&dy, unit)| (dy / S::constant(unit)).square());
        let speed = squares.fold(S::zero(), |sum, square| sum + square).sqrt();
        dy.iter_mut().for_each(|dy| *dy /= speed);
    }
}

/// By Box and Muller.
pub fn normal(rng: &mut StdRng) -> f64 {
    let (radius, angle) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random_range(0.0..TAU));
    (-2.0 * f64::ln(radius)).sqrt() * f64::cos(angle)
}
