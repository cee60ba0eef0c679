//! How a training on parts of the records becomes one on whole records, and that a long one is told of.

use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Mlp};
use kutta::network::{OdeBlock, States};
use kutta::train::{Adam, Loss, MeanSquare, OnFailure, Schedule, Shooting, Trainer};
use kutta::{Number, Tableau, VectorField};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn midpoint() -> Tableau {
    Tableau::new([[0.5]], [1.0], [0.5]).unwrap()
}

/// A pendulum through several swings, with errors of measurement.
fn pendulum() -> Trajectories {
    let (mut angle, mut velocity, h) = (2.0_f64, 0.0_f64, 0.001);
    let (mut times, mut states) = (Vec::new(), Vec::new());
    for k in 0..8000 {
        if k % 100 == 0 {
            let noise = |n: f64| 0.05 * (12.9898 * (k as f64 + n)).sin();
            times.push(h * k as f64);
            states.extend([angle + noise(0.0), velocity + 2.0 * noise(7.7)]);
        }
        velocity -= h * 4.0 * angle.sin();
        angle += h * velocity;
    }
    Trajectories::new(["angle", "velocity"], vec![Trajectory::new("swings", times, states).unwrap()]).unwrap()
}

fn network() -> OdeBlock<Mlp> {
    OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh).unwrap(), midpoint()).step_size(0.1)
}

/// The loss of a model on whole records.
fn whole(params: &[f64], data: &Trajectories) -> f64 {
    network().value_and_grad(params, data, &MeanSquare).unwrap().value
}

#[test]
fn what_parts_have_taught_is_not_lost_on_whole_records() {
    let data = pendulum();
    for seed in [1, 2] {
        let epochs = 400;
        let trainer = Trainer::new(network()).optimizer(Adam::default()).standardised(false);
        let fit = trainer.epochs(epochs).seed(seed).fit(&data).unwrap();
        let (parts, joined) = fit.history.epochs.split_at(Shooting::warm_up(epochs));
        assert!(parts.iter().all(|row| row.gap.is_some()) && joined.iter().all(|row| row.gap.is_none()));
        // The first loss is that at the join.
        assert!(joined.iter().all(|row| row.loss <= 1.5 * joined[0].loss), "seed {seed}");
        let least = joined.iter().map(|row| row.loss).fold(f64::INFINITY, f64::min);
        let kept = whole(fit.model.params(), &data);
        assert!(kept <= least * (1.0 + 1e-9), "seed {seed}: {kept} and {least}");
        // The first update is a careful one.
        assert!(joined[0].learning_rate < 0.1 * parts[parts.len() - 1].learning_rate);
    }
}

#[test]
fn the_best_on_whole_records_is_kept_while_parts_are_trained_on() {
    let data = pendulum();
    let strategy = Shooting::MultipleShooting { intervals: 4, epochs: 1000, penalty: 10.0 };
    let trainer = Trainer::new(network())
        .standardised(false)
        .shooting(strategy)
        .schedule(Schedule::Constant)
        .optimizer(Adam::new(0.05));
    // Looked at every 25 epochs, and at the end.
    let losses: Vec<f64> =
        (1..=8).map(|k| whole(trainer.clone().epochs(25 * k).fit(&data).unwrap().model.params(), &data)).collect();
    assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]), "{losses:?}");
    assert!(losses[7] < losses[0], "{losses:?}");
}

/// `ẏ = p y`.
#[derive(Debug, Clone)]
struct Growth;

impl VectorField for Growth {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, p: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = p[0] * y[0];
    }
}

/// `e^{t/2}` at `t = 0, 0.1, …, 1.1`.
fn growing() -> Trajectories {
    let times: Vec<f64> = (0..12).map(|k| 0.1 * k as f64).collect();
    let states = times.iter().map(|t| (0.5 * t).exp()).collect();
    Trajectories::new(["y"], vec![Trajectory::new("growth", times, states).unwrap()]).unwrap()
}

#[test]
fn parts_are_kept_to_until_whole_records_can_be_predicted() {
    // Whole records break while p is below 0.3; parts do not.
    let fragile = |prediction: &States<f64>, target: &States<f64>, gradient: &mut States<f64>| {
        let breaks = prediction.len(0) == 12 && prediction.state(0, 1)[0] / prediction.state(0, 0)[0] < 1.03;
        if breaks { f64::NAN } else { MeanSquare.value_and_grad(prediction, target, gradient) }
    };
    let strategy = Shooting::MultipleShooting { intervals: 4, epochs: 4, penalty: 1.0 };
    let trainer = Trainer::new(OdeBlock::new(Growth, midpoint()).step_size(0.1)).loss(fragile).initial([0.0]);
    let trainer = trainer.shooting(strategy).schedule(Schedule::Constant).epochs(200);
    let fit = trainer.fit(&growing()).unwrap();
    let parts = fit.history.epochs.iter().take_while(|row| row.gap.is_some()).count();
    assert!(parts > 20 && parts < 100, "{parts}");
    assert!(fit.history.epochs[parts..].iter().all(|row| row.gap.is_none() && row.failed_solves == 0));
    assert!((fit.model.params()[0] - 0.5).abs() < 0.01, "{:?}", fit.model.params());
}

#[test]
fn a_loss_on_the_last_state_is_trained_on_whole_records_by_default() {
    let fit = Trainer::new(OdeBlock::new(Growth, midpoint()).step_size(0.1)).optimizer(Adam::default()).epochs(5);
    assert!(fit.fit(&growing()).unwrap().history.epochs[0].gap.is_some());
    assert!(fit.loss(kutta::train::FinalState).fit(&growing()).unwrap().history.epochs[0].gap.is_none());
}

static EXPECTED: AtomicU64 = AtomicU64::new(0);

#[test]
fn a_long_training_is_told_of_when_it_starts() {
    // As slow as a large network; ends as soon as it was told of.
    let slow = |prediction: &States<f64>, target: &States<f64>, gradient: &mut States<f64>| {
        std::thread::sleep(Duration::from_millis(100));
        match EXPECTED.load(Ordering::Relaxed) {
            0 => MeanSquare.value_and_grad(prediction, target, gradient),
            _ => f64::NAN,
        }
    };
    let trainer = Trainer::new(OdeBlock::new(Growth, midpoint()).step_size(0.1)).loss(slow).initial([0.0]);
    let trainer = trainer.when_long(|expected, _| EXPECTED.store(expected.as_secs(), Ordering::Relaxed));
    let trainer = trainer.on_failure(OnFailure::Stop);
    trainer.clone().epochs(15).fit(&growing()).unwrap();
    assert_eq!(EXPECTED.load(Ordering::Relaxed), 0, "a training of seconds");
    let epochs = trainer.epochs(20_000).fit(&growing()).unwrap_err().fit.unwrap().summary.epochs;
    let expected = EXPECTED.load(Ordering::Relaxed);
    assert!(epochs <= 20 && expected >= 2000, "{expected} s, told of after {epochs} epochs");
}
