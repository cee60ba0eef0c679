//! What passes cost, counted, on fixed problems: a change that makes solvers work more is seen here before it is timed.

use super::common::problems::VanDerPol;
use kutta::field::{Activation, Field, Mlp};
use kutta::network::{OdeBlock, States};
use kutta::solve::Work;
use kutta::{Number, Tableau, VectorField};
use std::fmt::Write;

/// Iterations, solves, evaluations, products, Jacobians, factorisations.
type Counts = [usize; 6];

const COUNTED: [&str; 6] = ["iterations", "solves", "evaluations", "products", "jacobians", "factorizations"];

/// Problem, scheme, counts of a forward pass, and of the backward pass after it.
const EXPECTED: &[(&str, &str, Counts, Counts)] = &[
    ("network", "backward_euler", [100, 60, 192, 0, 60, 60], [0, 0, 0, 0, 60, 60]),
    ("network", "sdirk4", [443, 300, 876, 0, 300, 300], [0, 0, 0, 0, 300, 300]),
    ("network", "lobatto_iiia_3", [90, 60, 348, 0, 120, 60], [0, 0, 0, 0, 120, 60]),
    ("network", "gauss_2", [92, 60, 354, 0, 120, 60], [0, 0, 0, 0, 120, 60]),
    ("network", "radau_iia_3", [95, 60, 468, 0, 180, 60], [0, 0, 0, 0, 180, 60]),
    ("van der Pol", "backward_euler", [194, 60, 276, 0, 60, 60], [0, 0, 0, 0, 60, 60]),
    ("van der Pol", "sdirk4", [638, 300, 993, 0, 300, 300], [0, 0, 0, 0, 300, 300]),
    ("van der Pol", "lobatto_iiia_3", [140, 60, 432, 0, 120, 60], [0, 0, 0, 0, 120, 60]),
    ("van der Pol", "gauss_2", [140, 60, 426, 0, 120, 60], [0, 0, 0, 0, 120, 60]),
    ("van der Pol", "radau_iia_3", [144, 60, 612, 0, 180, 60], [0, 0, 0, 0, 180, 60]),
    ("heat", "backward_euler", [60, 60, 120, 0, 60, 60], [0, 0, 0, 0, 60, 60]),
    ("heat", "sdirk4", [300, 300, 600, 0, 300, 300], [0, 0, 0, 0, 300, 300]),
    ("heat", "lobatto_iiia_3", [60, 60, 246, 18, 3, 3], [0, 0, 0, 120, 0, 0]),
    ("heat", "gauss_2", [60, 60, 246, 18, 3, 3], [0, 0, 0, 120, 0, 0]),
    ("heat", "radau_iia_3", [60, 60, 369, 27, 3, 6], [0, 0, 0, 180, 0, 0]),
    ("mild heat", "gauss_2", [122, 60, 372, 414, 0, 0], [0, 0, 0, 552, 0, 0]),
    ("mild heat", "radau_iia_3", [125, 60, 555, 642, 0, 0], [0, 0, 0, 837, 0, 0]),
];

/// `ẏ_i = λ (y_{i-1} − 2 y_i + y_{i+1})`, zero at both ends: eigenvalues from `−3.9 λ` to `−0.12 λ`.
#[derive(Debug, Clone)]
struct Heat(f64);

impl VectorField for Heat {
    fn dim(&self) -> usize {
        8
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
        let at = |i: usize| y.get(i).copied().unwrap_or(S::zero());
        for (i, dy) in dy.iter_mut().enumerate() {
            *dy = S::constant(self.0) * (at(i.wrapping_sub(1)) - at(i) - at(i) + at(i + 1));
        }
    }
}

fn counts(work: Work) -> Counts {
    [work.iterations, work.solves, work.evaluations, work.products, work.jacobians, work.factorizations]
}

/// A forward pass of 20 steps of three samples, whose starts are off by `shift`, and a backward pass.
fn passes<F: Field<f64>>(field: F, scheme: &str, step: f64, shift: f64) -> [Counts; 2] {
    let (d, samples, steps) = (field.dim(), 3, 20);
    let params: Vec<f64> = (0..field.param_count()).map(|k| (0.7 * k as f64 + 1.0).sin()).collect();
    let starts: Vec<f64> = (0..samples * d).map(|k| 1.5 * (1.3 * k as f64).cos() + shift).collect();
    let block = OdeBlock::new(field, Tableau::by_name(scheme).unwrap()).steps(steps).step_size(step);
    let grid = block.grid(0.0, samples).unwrap();
    let mut unrolled = block.unroll(&grid).unwrap();
    unrolled.forward(&params, &starts).unwrap();
    let forward = counts(unrolled.work());
    let mut cotangents = States::zeros(d, &grid);
    for sample in 0..samples {
        (0..d).for_each(|i| cotangents.state_mut(sample, steps)[i] = (i as f64 + 1.0).sin());
    }
    let (mut params_bar, mut starts_bar) = (vec![0.0; params.len()], vec![0.0; starts.len()]);
    unrolled.backward(&params, &cotangents, &mut params_bar, &mut starts_bar).unwrap();
    let both = counts(unrolled.work());
    [forward, std::array::from_fn(|k| both[k] - forward[k])]
}

fn passes_of(problem: &str, scheme: &str, shift: f64) -> [Counts; 2] {
    match problem {
        "network" => passes(Mlp::new([2, 8, 2], Activation::Tanh).unwrap(), scheme, 0.2, shift),
        "van der Pol" => passes(VanDerPol { epsilon: 0.2 }, scheme, 0.05, shift),
        "heat" => passes(Heat(100.0), scheme, 0.1, shift),
        "mild heat" => passes(Heat(1.0), scheme, 0.1, shift),
        other => unreachable!("{other}"),
    }
}

/// By how much each count differs from what is written down.
fn moved(pass: &str, expected: &Counts, found: &Counts) -> String {
    let differing = COUNTED.iter().zip(expected.iter().zip(found)).filter(|(_, (expected, found))| expected != found);
    let told = differing.map(|(name, (&expected, &found))| {
        format!(", {name} of the {pass} pass {found}, not {expected} ({:+})", found as i64 - expected as i64)
    });
    told.collect()
}

#[test]
fn passes_cost_what_they_did() {
    let mut all = String::new();
    for (problem, scheme, forward, backward) in EXPECTED {
        let found = passes_of(problem, scheme, 0.0);
        let told = moved("forward", forward, &found[0]) + &moved("backward", backward, &found[1]);
        if !told.is_empty() {
            let [forward, backward] = found;
            writeln!(all, "{problem}, {scheme}{told}\n    now: {forward:?}, {backward:?}").unwrap();
        }
        // Else another processor's rounding could move them.
        for shift in [1e-12, -1e-12, 1e-7] {
            assert_eq!(passes_of(problem, scheme, shift), found, "{problem}, {scheme}: the counts hang by a hair");
        }
    }
    assert!(
        all.is_empty(),
        "work has changed; a smaller number is welcome, and to be written down in place of the old one, a larger one is a \
         loss that needs a reason:\n{all}"
    );
}
