//! The memory of networks with parameters per step grows as their steps do, not as the square.

use crate::{HELD, MOST};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Mlp};
use kutta::network::OdeBlock;
use kutta::train::{Shooting, Trainer};
use kutta::{Regularisation, Tableau};
use std::sync::atomic::Ordering;

/// The most bytes held during two epochs of multiple shooting through so many observations.
fn most(observations: usize) -> usize {
    let times: Vec<f64> = (0..observations).map(|k| k as f64).collect();
    let states = times.iter().map(|t| (0.1 * t).sin()).collect();
    let data = Trajectories::new(["x"], vec![Trajectory::new("wave", times, states).unwrap()]).unwrap();
    let field = Mlp::new([1, 30, 1], Activation::Tanh).unwrap();
    let block = OdeBlock::new(field, Tableau::forward_euler()).steps(observations - 1).per_step(0.0);
    let strategy = Shooting::MultipleShooting { intervals: 4, epochs: 100, penalty: 1.0 };
    let smooth = Regularisation { jacobian: 1e-3, ..Regularisation::default() };
    let trainer = Trainer::new(block).shooting(strategy).regularised_by(smooth).epochs(2);
    MOST.store(HELD.load(Ordering::Relaxed), Ordering::Relaxed);
    let before = HELD.load(Ordering::Relaxed);
    trainer.fit(&data).unwrap();
    MOST.load(Ordering::Relaxed) - before
}

pub fn memory_is_in_proportion_to_the_steps() {
    let [few, many] = [200, 800].map(most);
    assert!(many < 5 * few, "{few} bytes for 200 steps, {many} for 800");
}
