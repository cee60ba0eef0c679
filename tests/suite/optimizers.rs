//! Optimisers of one's own in training.

use crate::setbacks::up_to_the_wall;
use crate::training::{bits, oscillations, plain, smooth};
use kutta::train::{AnyOptimizer, Optimizer, OptimizerState, Schedule, Sgd, Shooting, Validation};
use kutta::{Error, Real};

/// Gradient descent with momentum, which counts its updates in a number of its own.
#[derive(Debug, Clone)]
struct Heavy {
    learning_rate: f64,
    momentum: f64,
}

impl<T: Real> Optimizer<T> for Heavy {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
    fn check(&self) -> Result<(), Error> {
        match self.momentum < 1.0 {
            true => Ok(()),
            false => Err(Error::InvalidArgument {
                argument: "momentum",
                value: self.momentum.to_string(),
                expected: "less than 1".into(),
            }),
        }
    }
    fn start(&self, count: usize) -> OptimizerState<T> {
        OptimizerState { numbers: vec![0.0], ..OptimizerState::zeros(1, count) }
    }
    fn update(&self, learning_rate: f64, state: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
        state.numbers[0] += 1.0;
        for ((p, &g), v) in unknowns.iter_mut().zip(gradient).zip(&mut state.moments[0]) {
            *v = T::constant(self.momentum) * *v + g;
            *p -= T::constant(learning_rate) * *v;
        }
    }
}

fn heavy(learning_rate: f64) -> Heavy {
    Heavy { learning_rate, momentum: 0.9 }
}

#[test]
fn it_is_treated_as_those_of_the_library_are() {
    let data = oscillations(&[0.0, 0.7, 1.4], 13);
    for shooting in [
        Shooting::GrowingHorizon { intervals: 3, epochs: 16 },
        Shooting::MultipleShooting { intervals: 4, epochs: 14, penalty: 5.0 },
    ] {
        let trainer = plain(smooth(3)).shooting(shooting).learned_starts(true).clip(0.5).epochs(30);
        let trainer = trainer.schedule(Schedule::Cosine { epochs: 30, min: 1e-4 }).batch_size(2);
        let theirs = trainer.clone().optimizer(Sgd::new(0.05).momentum(0.9)).fit(&data).unwrap();
        let own = trainer.optimizer(heavy(0.05)).fit(&data).unwrap();
        assert_eq!(bits(&own.history), bits(&theirs.history), "{shooting:?}");
        assert_eq!((own.model.params(), own.model.starts()), (theirs.model.params(), theirs.model.starts()));
    }
    // Updates that are taken back and made again.
    let [own, theirs] = [heavy(0.5).into(), AnyOptimizer::from(Sgd::new(0.5).momentum(0.9))].map(|optimizer| {
        let (trainer, data) = up_to_the_wall(optimizer);
        trainer.epochs(30).fit(&data).unwrap()
    });
    assert!(own.summary.failed_solves > 0);
    assert_eq!(bits(&own.history), bits(&theirs.history));
}

#[test]
fn its_state_is_saved_and_training_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let data = oscillations(&[0.0, 0.7, 1.4, 2.1], 13);
    let shooting = Shooting::MultipleShooting { intervals: 4, epochs: 14, penalty: 5.0 };
    let trainer = plain(smooth(3)).optimizer(heavy(0.05)).shooting(shooting).batch_size(1).seed(5);
    let trainer = trainer.validation(Validation::Trajectories(0.25));
    let whole = trainer.clone().epochs(24).fit(&data).unwrap();
    for half in [6, 13, 18] {
        trainer.clone().epochs(half).checkpoint(&path, 5).fit(&data).unwrap();
        let resumed = trainer.clone().epochs(24).resume(&path).fit(&data).unwrap();
        assert_eq!(bits(&resumed.history), bits(&whole.history), "resumed after {half}");
        assert_eq!(resumed.model.params(), whole.model.params());
    }
    let other = Heavy { momentum: 0.8, ..heavy(0.05) };
    let error = trainer.epochs(24).optimizer(other).resume(&path).fit(&data).unwrap_err().to_string();
    assert!(error.contains("optimizer: other was") && error.contains("momentum: 0.8"), "{error}");
}

#[test]
fn its_settings_are_looked_at() {
    let data = oscillations(&[0.0], 5);
    let refusal = |own: Heavy| plain(smooth(3)).optimizer(own).epochs(1).fit(&data).unwrap_err().to_string();
    assert_eq!(refusal(heavy(0.0)), "learning rate is 0, expected a positive number");
    assert_eq!(refusal(Heavy { momentum: 1.5, ..heavy(0.1) }), "momentum is 1.5, expected less than 1");
}
