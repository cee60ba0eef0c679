//! The memory of networks with parameters per step grows as their steps do, not as the square.

use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Mlp};
use kutta::network::OdeBlock;
use kutta::train::{Strategy, Trainer};
use kutta::{Regularisation, Tableau};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, counting bytes.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes held during two epochs of multiple shooting through so many observations.
fn most(observations: usize) -> usize {
    let times: Vec<f64> = (0..observations).map(|k| k as f64).collect();
    let states = times.iter().map(|t| (0.1 * t).sin()).collect();
    let data = Trajectories::new(["x"], vec![Trajectory::new("wave", times, states).unwrap()]).unwrap();
    let field = Mlp::new([1, 30, 1], Activation::Tanh).unwrap();
    let block = OdeBlock::new(field, Tableau::forward_euler()).steps(observations - 1).per_step(0.0);
    let strategy = Strategy::MultipleShooting { intervals: 4, epochs: 100, penalty: 1.0 };
    let smooth = Regularisation { jacobian: 1e-3, ..Regularisation::default() };
    let trainer = Trainer::new(block).strategy(strategy).regularised_by(smooth).epochs(2);
    MOST.store(HELD.load(Ordering::Relaxed), Ordering::Relaxed);
    let before = HELD.load(Ordering::Relaxed);
    trainer.fit(&data).unwrap();
    MOST.load(Ordering::Relaxed) - before
}

#[test]
fn memory_is_in_proportion_to_the_steps() {
    // One test function: the counter is shared by all threads of this binary.
    let [few, many] = [200, 800].map(most);
    assert!(many < 5 * few, "{few} bytes for 200 steps, {many} for 800");
}
