//! Fields and schemes that several tests use.

pub mod energies;
pub mod formula;
pub mod networks;
pub mod problems;
pub mod twice;

use kutta::{Number, Tableau, VectorField};
use proptest::prelude::*;

/// `F(γ, t, y) = W₂ tanh(W₁ y + w t + b) - y`, written only as `eval`: everything else is provided.
#[derive(Debug, Clone)]
pub struct Smooth {
    pub dim: usize,
    pub width: usize,
}

impl VectorField for Smooth {
    fn dim(&self) -> usize {
        self.dim
    }
    fn param_count(&self) -> usize {
        self.width * (2 * self.dim + 2)
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let d = self.dim;
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy = -y);
        for row in params.chunks_exact(2 * d + 2) {
            let mut sum = row[2 * d] * t + row[2 * d + 1];
            for (&w, &y) in row.iter().zip(y) {
                sum += w * y;
            }
            let unit = sum.tanh();
            for (dy, &w) in dy.iter_mut().zip(&row[d..]) {
                *dy += w * unit;
            }
        }
    }
}

/// Which entries of `A` a random tableau may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    Explicit,
    DiagonallyImplicit,
    FullyImplicit,
    /// Some stages explicit, some coupled, in any order.
    Mixed,
}

/// Random consistent tableaux of 1 to 4 stages, with entries of moderate size.
pub fn tableau(structure: Structure) -> impl Strategy<Value = Tableau> {
    (1usize..=4)
        .prop_flat_map(move |s| {
            let entries = prop::collection::vec(-0.5..0.5f64, s * s);
            let pattern = prop::collection::vec(any::<bool>(), s * s);
            (Just(s), entries, pattern, prop::collection::vec(0.1..1.0f64, s))
        })
        .prop_map(move |(s, entries, pattern, weights)| {
            let keep = |i: usize, j: usize| match structure {
                Structure::Explicit => j < i,
                Structure::DiagonallyImplicit => j <= i,
                Structure::FullyImplicit => true,
                Structure::Mixed => j < i || pattern[i * s + j],
            };
            let a: Vec<Vec<f64>> =
                (0..s).map(|i| (0..s).map(|j| if keep(i, j) { entries[i * s + j] } else { 0.0 }).collect()).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let total: f64 = weights.iter().sum();
            let b: Vec<f64> = weights.iter().map(|w| w / total).collect();
            Tableau::new(a, b, c).expect("a consistent tableau")
        })
}

/// Random tableaux of every structure.
pub fn any_tableau() -> impl Strategy<Value = Tableau> {
    use Structure::*;
    prop_oneof![Just(Explicit), Just(DiagonallyImplicit), Just(FullyImplicit), Just(Mixed)].prop_flat_map(tableau)
}

/// The derivative of `f` at 0, and how far it may be off: central differences with ever shorter steps, extrapolated as far
/// as that helps. Ridders, *Advances in Engineering Software* 4 (1982).
pub fn derivative(f: impl Fn(f64) -> f64) -> (f64, f64) {
    const SHRINK: f64 = 1.6;
    let mut best = (f64::NAN, f64::INFINITY);
    let mut last: Vec<f64> = Vec::new();
    for k in 0..14 {
        let h = 1e-2 / SHRINK.powi(k);
        let mut row = vec![(f(h) - f(-h)) / (2.0 * h)];
        for (j, &above) in last.iter().enumerate() {
            let factor = SHRINK.powi(2 * (j as i32 + 1));
            row.push((factor * row[j] - above) / (factor - 1.0));
            let error = (row[j + 1] - row[j]).abs().max((row[j + 1] - above).abs());
            if error <= best.1 {
                best = (row[j + 1], error);
            }
        }
        last = row;
    }
    best
}
