//! Long records are not copied over and over on their way from a file to the kernels.

use crate::ALLOCATED;
use kutta::data::{Trajectories, Trajectory};
use kutta::train::{Adam, Shooting, Trainer};
use kutta::{Number, OdeBlock, Tableau, VectorField};
use std::sync::atomic::Ordering;

/// `y' = γ y` with eight components.
#[derive(Debug, Clone)]
struct Growth;

impl VectorField for Growth {
    fn dim(&self) -> usize {
        8
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy = params[0] * y);
    }
}

/// Bytes that are allocated for a training without epochs on a record of 50 000 points, by bytes of its states.
fn allocated() -> f64 {
    let (points, name) = (50_000, |i: usize| format!("x{i}"));
    let times: Vec<f64> = (0..points).map(|k| k as f64).collect();
    let states = (0..8 * points).map(|k| (0.1 * k as f64).sin()).collect();
    let data = Trajectories::new((0..8).map(name), vec![Trajectory::new("", times, states).unwrap()]).unwrap();
    let trainer = Trainer::new(OdeBlock::new(Growth, Tableau::forward_euler()).step_size(1.0)).standardised(true);
    let trainer = trainer.shooting(Shooting::SingleShooting).optimizer(Adam::default()).initial([0.0]).epochs(0);
    let before = ALLOCATED.load(Ordering::Relaxed);
    trainer.fit(&data).unwrap();
    (ALLOCATED.load(Ordering::Relaxed) - before) as f64 / (8 * 8 * points) as f64
}

pub fn are_copied_once() {
    // One for the states in standard units; the others are of the prediction by which training is judged at the end.
    // Times, and the steps that are observed, count an eighth each.
    let allocated = allocated();
    assert!(allocated < 7.0, "{allocated} times the bytes of the states");
}
