//! What memory policies hold: in proportion to the steps, to checkpoints and the stretches between them, to the slots, or to
//! nothing. And none allocates in the step loop.

use crate::{ALLOCATIONS, HELD, MOST};
use kutta::field::{Activation, Field, Mlp, Partitioned};
use kutta::network::{Grid, Memory, OdeBlock, States};
use kutta::tableau::{Method, PartitionedTableau};
use kutta::{Number, Tableau};
use std::sync::atomic::Ordering;

/// Samples of one chunk.
const SAMPLES: usize = 32;
/// Bytes of the batch's state in the residual network below.
const STATE: usize = 64 * SAMPLES * 8;
/// Bytes, at most, of what a chunk knows of a step: its time, its parameters, whether it is observed.
const OF_A_STEP: usize = 40;
/// The same of a checkpoint beside its states, with room for twice as many.
const OF_A_CHECKPOINT: usize = 120;

/// A reversible residual network: two halves of 32 components, changed in turn.
fn network(steps: usize, memory: Memory) -> OdeBlock<Partitioned<Mlp, Mlp>> {
    let half = || Mlp::new([32, 48, 32], Activation::Tanh).unwrap();
    let halves = Partitioned::new(half(), half()).unwrap();
    let method = PartitionedTableau::by_name("symplectic_euler").unwrap();
    OdeBlock::new(halves, method).steps(steps).step_size(0.01).memory(memory)
}

/// The most bytes held during so many passes that observe the end, and allocations in the last.
fn passes<F: Field<f64>>(block: &OdeBlock<F>, count: usize) -> (usize, usize) {
    let (steps, dim) = (block.step_count(), block.dim());
    let mut grid = Grid::new();
    let times = || (0..=steps).map(|n| n as f64 * block.step());
    (0..SAMPLES).for_each(|_| grid.push_observed(times(), [steps]).unwrap());
    let starts: Vec<f64> = (0..dim * SAMPLES).map(|k| Number::sin(k as f64)).collect();
    let params: Vec<f64> = (0..block.param_count()).map(|k| 0.1 * Number::cos(k as f64)).collect();
    let mut cotangents = States::zeros(dim, &grid);
    cotangents.as_mut_slice().fill(1.0);
    let (mut gradient, mut start_gradient) = (vec![0.0; params.len()], vec![0.0; starts.len()]);
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let mut unrolled = block.unroll(&grid).unwrap();
    let mut pass = || {
        let allocations = ALLOCATIONS.load(Ordering::Relaxed);
        unrolled.forward(&params, &starts).unwrap();
        unrolled.backward(&params, &cotangents, &mut gradient, &mut start_gradient).unwrap();
        ALLOCATIONS.load(Ordering::Relaxed) - allocations
    };
    let allocations = (0..count).map(|_| pass()).last().unwrap();
    (MOST.load(Ordering::Relaxed) - before, allocations)
}

pub fn hold_what_they_promise() {
    let most = |memory, steps| passes(&network(steps, memory), 1).0;
    let grown = |memory, few, many| most(memory, many) - most(memory, few);
    // The state, and what the field recorded at two stages: of all steps.
    let stored = grown(Memory::StoreAll, 100, 1000);
    assert!(stored > 900 * 3 * STATE, "{stored}");
    let again = grown(Memory::StoreAll, 1000, 1900);
    assert!(stored.abs_diff(again) < stored / 100, "{stored}, then {again} bytes");
    let traces = stored / 900 - STATE;
    // T/k states and k steps.
    let spaced = grown(Memory::Every(10), 1000, 2000);
    assert!(spaced.abs_diff(100 * STATE) < 1000 * OF_A_STEP + 100 * OF_A_CHECKPOINT, "{spaced}");
    let wider = most(Memory::Every(50), 1000).abs_diff(most(Memory::Every(10), 1000) + 40 * traces - 80 * STATE);
    assert!(wider < 2 * traces, "{wider} bytes, {traces} a step");
    // The slots, whatever the depth.
    for (few, many) in [(5, 12), (12, 40)] {
        let more = most(Memory::Binomial { slots: many }, 400) - most(Memory::Binomial { slots: few }, 400);
        assert!(more.abs_diff((many - few) * STATE) < STATE, "{more}");
    }
    for memory in [Memory::Binomial { slots: 8 }, Memory::Reverse { drift: 1e-9 }] {
        let [few, more, many] = [100, 500, 2000].map(|steps| most(memory, steps));
        assert!(more <= few + 400 * OF_A_STEP, "{memory:?}: {few}, then {more} bytes");
        assert!(many <= more + 1500 * OF_A_STEP, "{memory:?}: {more}, then {many} bytes");
        assert!(few < 50 * STATE, "{memory:?}: {few} bytes");
    }
}

pub fn do_not_allocate() {
    let policies =
        [Memory::Every(7), Memory::Every(40), Memory::Binomial { slots: 5 }, Memory::Reverse { drift: 1e-9 }];
    for memory in policies {
        for steps in [30, 90] {
            assert_eq!(passes(&network(steps, memory), 3).1, 0, "{memory:?}, {steps} steps");
            for method in [
                Method::from(Tableau::implicit_midpoint()),
                Tableau::radau_iia(2).unwrap().into(),
                Method::reversible(&Tableau::heun()),
            ] {
                let field = Mlp::new([2, 8, 2], Activation::Tanh).unwrap();
                let name = method.name().to_string();
                let block = OdeBlock::new(field, method).steps(steps).step_size(0.01).memory(memory);
                assert_eq!(passes(&block, 3).1, 0, "{name}, {memory:?}, {steps} steps");
            }
        }
    }
}
