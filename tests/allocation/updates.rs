//! Updates allocate nothing: neither those that lead on, nor those that are taken back and made again.

use crate::ALLOCATIONS;
use kutta::train::{Adam, Optimizer, Sgd, Update};
use std::sync::atomic::Ordering;

pub fn do_not_allocate() {
    let optimizers: [&dyn Optimizer<f64>; 3] = [&Adam::new(0.1), &Sgd::new(0.1), &Sgd::new(0.1).momentum(0.9)];
    for optimizer in optimizers {
        let (mut unknowns, gradient) = (vec![0.5; 100], vec![0.1; 100]);
        let (mut state, mut update) = (optimizer.start(100), Update::new(optimizer, 100));
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        for _ in 0..50 {
            update.make(optimizer, 0.1, &gradient, &mut state, &mut unknowns);
            assert!(update.make_again(optimizer, &mut state, &mut unknowns));
        }
        update.take_back(&mut state, &mut unknowns);
        assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before, "{optimizer:?}");
    }
}
