//! What passes keep: the same gradient under every policy, as often as promised, and steps back that are watched.

use crate::methods::{Kind, SAMPLES, case, reversible, with_block};
use kutta::field::{Activation, Field, InParts, Mlp};
use kutta::network::{Gradient, Grid, Layer, Memory, OdeBlock, States};
use kutta::solve::{JacobianReuse, Reuse, StageMethod, StageSolver, WarmStart};
use kutta::tableau::{Method, Multistep, PartitionedTableau};
use kutta::{Error, Number, Regularisation, Tableau, VectorField};
use proptest::prelude::*;

/// `y' = γ (y - limit)`.
#[derive(Debug, Clone)]
struct Growth {
    limit: f64,
}

impl VectorField for Growth {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = params[0] * (y[0] - S::constant(self.limit));
    }
}

/// What is the same: loss, gradients and tangents of two passes, one after another.
type Outcome = (Vec<Gradient<f64>>, States<f64>);

/// Two epochs of a regularised loss on the states at every third step of a block, from where its samples start.
fn epochs<F: Field<f64>>(block: &OdeBlock<F>, params: &[f64], starts: &[f64]) -> Result<Outcome, Error> {
    let steps = block.step_count();
    let mut grid = Grid::new();
    for sample in 0..starts.len() / block.dim() {
        // The second sample takes fewer steps, and is in a chunk of its own.
        let count = if sample == 1 { steps - steps / 3 } else { steps };
        let times = (0..=count).map(|n| 0.3 + block.step() * n as f64);
        grid.push_observed(times, (0..count).step_by(3).chain([count]))?;
    }
    let mut unrolled = block.unroll(&grid)?;
    let mut gradients = Vec::new();
    for epoch in 0..3 {
        let params: Vec<f64> = params.iter().map(|p| p * (1.0 + 0.01 * f64::from(epoch))).collect();
        let mut bar = unrolled.forward(&params, starts)?.clone();
        bar.as_mut_slice().iter_mut().enumerate().for_each(|(k, bar)| *bar = (1.0 + *bar) * f64::cos(k as f64));
        let penalties = match epoch {
            1 => unrolled.regularise(&params, Regularisation { kinetic: 0.3, variation: 0.1, ..Default::default() })?,
            _ => Default::default(),
        };
        let mut of = Gradient {
            value: penalties.total(),
            penalties,
            params: vec![0.0; params.len()],
            starts: starts.to_vec(),
            work: Default::default(),
        };
        // Once more, from the same pass.
        for _ in 0..if epoch == 2 { 2 } else { 1 } {
            unrolled.backward(&params, &bar, &mut of.params, &mut of.starts)?;
        }
        gradients.push(of);
    }
    let params: Vec<f64> = params.iter().map(|p| p * (1.0 + 0.01 * 2.0)).collect();
    let dot = |count: usize| (0..count).map(|k| f64::sin(k as f64)).collect::<Vec<f64>>();
    Ok((gradients, unrolled.pushforward(&params, &dot(params.len()), &dot(starts.len()))?))
}

fn reuse() -> impl Strategy<Value = Reuse> {
    let start = prop::sample::select(WarmStart::ALL);
    let jacobian = prop::sample::select(JacobianReuse::ALL);
    (start, jacobian).prop_map(|(start, jacobian)| Reuse { start, jacobian, ..Reuse::default() })
}

fn checkpoints() -> impl Strategy<Value = Memory> {
    prop_oneof![(1usize..30).prop_map(Memory::Every), (1usize..8).prop_map(|slots| Memory::Binomial { slots })]
}

/// The largest difference, relative to the largest number.
fn difference(x: &[f64], y: &[f64]) -> f64 {
    let size = y.iter().fold(0.0, |size: f64, y| size.max(y.abs()));
    x.iter().zip(y).fold(0.0, |most: f64, (x, y)| most.max((x - y).abs())) / size.max(1e-300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bit for bit, whatever solves remember.
    #[test]
    fn checkpoints_give_the_same_bits(
        case in case(), memory in checkpoints(), reuse in reuse(), steps in 1usize..25, per_step in any::<bool>(),
    ) {
        let solver = StageSolver { reuse, tolerance: None, ..case.solver };
        let outcomes = [Memory::StoreAll, memory].map(|memory| {
            with_block!(case, block => {
                let block = block.steps(steps).step_size(0.1).solved_by(solver).memory(memory);
                let block = if per_step { block.per_step(0.3) } else { block };
                let params = case.params().repeat(if per_step { steps } else { 1 });
                epochs(&block, &params, &case.starts())
            })
        });
        match outcomes {
            [Ok(all), Ok(few)] => prop_assert_eq!(all, few),
            // What fails does so under every policy.
            [all, few] => prop_assert_eq!(all.map_err(|e| e.to_string()).err(), few.map_err(|e| e.to_string()).err()),
        }
    }

    /// To what states may drift.
    #[test]
    fn going_back_gives_the_same_gradient(case in case(), steps in 1usize..60, per_step in any::<bool>()) {
        prop_assume!(case.method.inverse().is_ok());
        let outcomes = [Memory::StoreAll, Memory::Reverse { drift: 1e-11 }].map(|memory| {
            with_block!(case, block => {
                let block = block.steps(steps).step_size(0.05).memory(memory);
                let block = if per_step { block.per_step(0.3) } else { block };
                let params = case.params().repeat(if per_step { steps } else { 1 });
                epochs(&block, &params, &case.starts())
            })
        });
        let [all, back] = outcomes.map(Result::unwrap);
        for (all, back) in all.0.iter().zip(&back.0) {
            prop_assert!(difference(&back.params, &all.params) < 1e-9, "{} and {}", back.params[0], all.params[0]);
            prop_assert!(difference(&back.starts, &all.starts) < 1e-9, "{} and {}", back.starts[0], all.starts[0]);
        }
        prop_assert!(difference(back.1.as_slice(), all.1.as_slice()) < 1e-9);
    }

    /// Reversible and symmetric methods lead back to where they came from, to rounding.
    #[test]
    fn blocks_are_undone(case in reversible(), steps in 1usize..100) {
        let (params, starts) = (case.params(), case.starts());
        let found = with_block!(case, block => {
            let block = block.steps(steps).step_size(0.05);
            let end = Layer::<f64>::ready(&block, SAMPLES).unwrap().forward(&params, &starts).unwrap().to_vec();
            block.inverse(&params, &end).unwrap()
        });
        prop_assert!(difference(&found, &starts) < 1e-9, "{found:?} for {starts:?}");
    }
}

/// Counts of a backward pass: steps that were taken again, and stretches.
fn counts<F: Field<f64>>(block: OdeBlock<F>, params: &[f64], starts: &[f64]) -> (usize, usize, Vec<f64>) {
    let samples = starts.len() / block.dim();
    let mut grid = Grid::new();
    let times = || (0..=block.step_count()).map(|n| n as f64 * block.step());
    (0..samples).for_each(|_| grid.push_observed(times(), (0..=block.step_count()).step_by(10)).unwrap());
    let mut unrolled = block.unroll(&grid).unwrap();
    let bar = unrolled.forward(params, starts).unwrap().clone();
    let (mut gradient, mut starts_bar) = (vec![0.0; params.len()], starts.to_vec());
    unrolled.backward(params, &bar, &mut gradient, &mut starts_bar).unwrap();
    gradient.extend(starts_bar);
    let work = unrolled.work();
    (work.recomputed / samples, work.fallbacks / samples, gradient)
}

fn pendulum() -> (InParts<Pendulum>, Method) {
    (InParts::new(Pendulum, 1).unwrap(), PartitionedTableau::by_name("stoermer_verlet").unwrap().into())
}

#[derive(Debug, Clone)]
struct Pendulum;

impl VectorField for Pendulum {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = y[1];
        dy[1] = -params[0] * y[0].sin();
    }
}

#[test]
fn steps_are_taken_again_as_often_as_promised() {
    for (memory, expected) in [
        (Memory::StoreAll, 0),
        (Memory::Every(32), 992),
        (Memory::Every(2000), 0),
        // With 10 slots β(10, 4) = 1001 steps are those of 4 sweeps: 4 · 1000 - β(11, 3).
        (Memory::Binomial { slots: 10 }, 4000 - 364),
        (Memory::Binomial { slots: 1 }, 1000 * 999 / 2),
        (Memory::Binomial { slots: 1000 }, 999),
        (Memory::Reverse { drift: 1e-9 }, 1000),
    ] {
        let (field, method) = pendulum();
        let block = OdeBlock::new(field, method).steps(1000).step_size(0.01).memory(memory);
        let (recomputed, fallbacks, _) = counts(block, &[1.0], &[1.0, 0.0, 0.5, 0.5]);
        assert_eq!((recomputed, fallbacks), (expected, 0), "{memory:?}");
        assert_eq!(memory.recomputed(1000), expected, "{memory:?}");
    }
}

/// Going back through decay, errors grow. Where they are too large, what takes their place is what stored states give.
#[test]
fn drift_is_caught_and_the_gradient_stays_right() {
    let loose = StageSolver { method: StageMethod::FixedPoint, ..StageSolver::default() };
    let tight = StageSolver { tolerance: Some(1e-13), ..StageSolver::default() };
    let (rk4, midpoint) = (|| Method::from(Tableau::rk4()), || Method::from(Tableau::implicit_midpoint()));
    for (method, solver, limit, time, falls) in [
        // Of decay to zero rounding errors are a fraction that stays.
        (rk4(), tight, 0.0, 3.0, false),
        (midpoint(), tight, 0.0, 3.0, false),
        (Method::reversible_heun(), tight, 0.0, 3.0, false),
        // They grow by e^2 from one state that is kept to the one before, then by e^20.
        (rk4(), tight, 1.0, 3.0, false),
        (rk4(), tight, 1.0, 30.0, true),
        (midpoint(), tight, 1.0, 30.0, true),
        (Method::reversible(&Tableau::heun()), tight, 1.0, 30.0, true),
        // What is left of stage equations is more than rounding.
        (rk4(), loose, 1.0, 3.0, true),
        // Steps back are unstable for any field.
        (Multistep::bdf(2).unwrap().into(), tight, 0.0, 3.0, true),
    ] {
        let block = |memory| {
            let steps = (100.0 * time) as usize;
            let block = OdeBlock::new(Growth { limit }, method.clone()).steps(steps).step_size(0.01);
            block.solved_by(solver).memory(memory)
        };
        let (_, _, all) = counts(block(Memory::StoreAll), &[-10.0], &[2.0]);
        let (_, fallbacks, back) = counts(block(Memory::Reverse { drift: 1e-11 }), &[-10.0], &[2.0]);
        assert_eq!(fallbacks > 0, falls, "{}, to {limit}, T = {time}: {fallbacks}", method.name());
        assert!(difference(&back, &all) < 1e-9, "{}: {back:?}, {all:?}", method.name());
    }
}

#[test]
fn policies_that_cannot_be_are_refused() {
    let refused = |method: Method, memory: Memory| {
        let block = OdeBlock::new(Growth { limit: 0.0 }, method).steps(4).memory(memory);
        block.unroll::<f64>(&block.grid(0.0, 1).unwrap()).unwrap_err().to_string()
    };
    let rk4 = || Method::from(Tableau::rk4());
    assert_eq!(refused(rk4(), Memory::Every(0)), "the steps between checkpoints is 0, expected at least 1");
    assert_eq!(refused(rk4(), Memory::Binomial { slots: 0 }), "the slots for checkpoints is 0, expected at least 1");
    for drift in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = refused(rk4(), Memory::Reverse { drift });
        assert!(error.starts_with("the drift of steps back is ") && error.ends_with(", expected a positive number"));
    }
    let adams = refused(Multistep::adams_bashforth(3).unwrap().into(), Memory::Reverse { drift: 1e-9 });
    assert_eq!(
        adams,
        "the memory policy is `reverse`, expected one without steps back: `adams_bashforth_3` has none, V is singular: what a step \
         forgets no step brings back"
    );
}

#[test]
fn policies_are_saved_with_the_block() {
    for memory in [Memory::StoreAll, Memory::Every(7), Memory::Binomial { slots: 3 }, Memory::Reverse { drift: 1e-9 }] {
        let block = OdeBlock::new(Mlp::new([1, 2, 1], Activation::Tanh).unwrap(), Tableau::rk4()).memory(memory);
        let text = serde_json::to_string(&block).unwrap();
        let back: OdeBlock<Mlp> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, block, "{text}");
        assert_eq!(back.memory_policy(), memory);
    }
}

#[test]
fn layers_that_lose_something_have_no_inverse() {
    let block = OdeBlock::new(Growth { limit: 0.0 }, Method::reversible_heun()).steps(3);
    let error = Layer::<f64>::inverse(&block, &[1.0], &[1.0]).unwrap_err().to_string();
    assert!(error.starts_with("the method is reversible_heun, expected one that carries the state alone"), "{error}");
}
