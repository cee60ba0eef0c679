//! Trainings in which equations are not solved, or losses are not finite.

use crate::training::{bits, plain, smooth};
use kutta::data::{Trajectories, Trajectory};
use kutta::network::{OdeBlock, States};
use kutta::train::{Adam, AnyOptimizer, Interrupted, Loss, MeanSquare, OnFailure, Sgd, Trainer};
use kutta::{Error, Number, Tableau, VectorField};
use serde::{Deserialize, Serialize};

/// Fails on trajectories that start at `x = 9`.
fn fragile(prediction: &States<f64>, target: &States<f64>, gradient: &mut States<f64>) -> f64 {
    let fails = (0..target.samples()).any(|sample| target.state(sample, 0)[0] == 9.0);
    if fails { f64::NAN } else { MeanSquare.value_and_grad(prediction, target, gradient) }
}

#[test]
fn failed_batches_stop_or_are_skipped_and_counted() {
    let line = |id: &str, x: f64| Trajectory::new(id, vec![0.0, 0.5], vec![x, 0.0, 0.5 * x, 0.0]).unwrap();
    let data = Trajectories::new(["x", "y"], vec![line("good", 1.0), line("bad", 9.0)]).unwrap();
    let trainer = plain(smooth(2)).loss(fragile).epochs(12);
    let error = trainer.clone().on_failure(OnFailure::Stop).batch_size(1).fit(&data).unwrap_err().error;
    assert!(matches!(*error, Error::NotFinite { .. }), "{error}");
    let skipping = trainer.on_failure(OnFailure::SkipBatch);
    let fit = skipping.clone().batch_size(1).fit(&data).unwrap();
    assert_eq!(fit.summary.failed_solves, 12);
    assert!(fit.history.epochs.iter().all(|row| row.failed_solves == 1 && row.loss.is_finite()));
    // With the whole set in one batch nothing is left to learn from.
    let Interrupted { error, fit } = skipping.clone().fit(&data).unwrap_err();
    assert!(fit.is_none(), "nothing was learned");
    assert!(matches!(*error, Error::NotFinite { .. }), "{error}");
    assert!(skipping.epochs(9).fit(&data).is_ok(), "given up after ten epochs, not before");
}

/// `ẏ = p y`: a step of backward Euler divides by `1 - hp`, the pole of its stability function at `hp = 1`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Growth;

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

/// `ẏ = p (y + y²)`: from `x > 0`, a step of backward Euler with `h = 1` ends at a root of `p y² + (p - 1) y + x`. There is
/// none where `(1 - p)² < 4px`: around the pole at `p = 1`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Explosive;

impl VectorField for Explosive {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, p: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = p[0] * (y[0] + y[0] * y[0]);
    }
}

/// To learn `p = 0.75`, from `p = 0`, by one step from every start. An update by 1 has no solution.
pub(crate) fn towards_the_pole(
    starts: &[f64],
    optimizer: impl Into<AnyOptimizer>,
) -> (Trainer<Explosive>, Trajectories) {
    let p = 0.75_f64;
    let line = |(i, &x): (usize, &f64)| {
        let end = (1.0 - p - ((1.0 - p).powi(2) - 4.0 * p * x).sqrt()) / (2.0 * p);
        Trajectory::new(i.to_string(), vec![0.0, 1.0], vec![x, end]).unwrap()
    };
    let data = Trajectories::new(["x"], starts.iter().enumerate().map(line).collect()).unwrap();
    let block = OdeBlock::new(Explosive, Tableau::backward_euler()).step_size(1.0);
    (plain(block).initial([0.0]).optimizer(optimizer), data)
}

#[test]
fn updates_onto_the_pole_are_taken_back() {
    let (trainer, data) = towards_the_pole(&[0.01], Adam::new(1.0));
    let stopped = trainer.clone().on_failure(OnFailure::Stop).epochs(60).fit(&data).unwrap_err();
    assert!(matches!(*stopped.error, Error::NotConverged { .. }), "{}", stopped.error);
    assert_eq!(stopped.fit.unwrap().model.params(), [0.0]);
    let fit = trainer.clone().epochs(60).fit(&data).unwrap();
    let rows = &fit.history.epochs;
    assert_eq!((rows.len(), rows[0].failed_solves), (60, 0));
    // The second epoch met the pole, and went on from half the way; the rate recovers, gradually.
    assert!(rows[1].failed_solves >= 1 && rows[1].learning_rate <= 0.5, "{:?}", rows[1]);
    let recovers = |pair: &[kutta::train::Epoch]| pair[1].learning_rate > pair[0].learning_rate;
    assert!(rows.windows(2).any(recovers));
    assert_eq!(fit.summary.failed_solves, rows.iter().map(|row| row.failed_solves).sum::<usize>());
    assert!(fit.summary.failed_solves < 60, "{}", fit.summary.failed_solves);
    assert!(
        rows.iter().all(|row| row.loss.is_finite()) && fit.summary.train_rmse.as_ref().unwrap().overall < 1e-3,
        "{:?}",
        fit.summary
    );
    // Again the same, to the bit.
    let again = trainer.epochs(60).fit(&data).unwrap();
    assert_eq!((bits(&again.history), again.model.params()), (bits(&fit.history), fit.model.params()));
}

/// To learn as large a `p` as may be, by a slope of -1 from `p = 0`; above 0.6 the loss is not a number.
pub(crate) fn up_to_the_wall(
    optimizer: impl Into<AnyOptimizer>,
) -> (Trainer<Growth, impl Loss<f64> + Clone>, Trajectories) {
    let wall = |path: &States<f64>, _: &States<f64>, gradient: &mut States<f64>| {
        let (end, p) = (path.last(0)[0], 1.0 - 1.0 / path.last(0)[0]);
        gradient.state_mut(0, 1)[0] = -1.0 / (end * end);
        if p > 0.6 { f64::NAN } else { -p }
    };
    let line = Trajectory::new("a", vec![0.0, 1.0], vec![1.0, 0.0]).unwrap();
    let data = Trajectories::new(["x"], vec![line]).unwrap();
    let block = OdeBlock::new(Growth, Tableau::backward_euler()).step_size(1.0);
    (plain(block).loss(wall).initial([0.0]).optimizer(optimizer), data)
}

#[test]
fn a_retry_is_the_same_update_with_half_the_rate() {
    // Of the two, parameters and moments after the failure are those of a training that took the shorter step at once.
    let sgd = |learning_rate| AnyOptimizer::from(Sgd::new(learning_rate).momentum(0.9));
    for (optimizer, shorter) in [(Adam::new(1.0).into(), Adam::new(0.5).into()), (sgd(1.0), sgd(0.5))] {
        let trained = |optimizer| {
            let (trainer, data) = up_to_the_wall(optimizer);
            trainer.epochs(2).fit(&data).unwrap()
        };
        let (retried, direct) = (trained(optimizer), trained(shorter));
        assert_eq!(retried.history.epochs[1].failed_solves, 1);
        assert_eq!(direct.summary.failed_solves, 0);
        assert_eq!(retried.history.epochs[1].loss, direct.history.epochs[1].loss);
        assert!((retried.history.epochs[1].loss + 0.5).abs() < 1e-7);
        assert_eq!(retried.model.params(), direct.model.params());
    }
}

#[test]
fn taking_back_survives_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let (trainer, data) = towards_the_pole(&[0.01, 0.015], Adam::new(1.0));
    let trainer = trainer.batch_size(1).seed(3);
    let whole = trainer.clone().epochs(12).fit(&data).unwrap();
    assert!(whole.summary.failed_solves > 0);
    for half in 1..6 {
        trainer.clone().epochs(half).checkpoint(&path, 1).fit(&data).unwrap();
        let resumed = trainer.clone().epochs(12).resume(&path).fit(&data).unwrap();
        assert_eq!(bits(&resumed.history), bits(&whole.history), "resumed after {half}");
        assert_eq!(resumed.model.params(), whole.model.params());
    }
}

#[test]
fn a_failed_training_keeps_its_network() {
    // With the full batch the best parameters are kept, with single trajectories those before the update that failed.
    let line = |id: &str, x: f64| Trajectory::new(id, vec![0.0, 1.0], vec![x, 10.0 * x]).unwrap();
    let data = Trajectories::new(["x"], vec![line("a", 1.0), line("b", 2.0)]).unwrap();
    let block = OdeBlock::new(Growth, Tableau::backward_euler()).step_size(1.0);
    let trainer = plain(block).initial([0.0]).optimizer(Adam::new(0.1));
    for (trainer, epochs) in [(trainer.clone(), 9), (trainer.batch_size(1), 4)] {
        let trainer = trainer.epochs(200).on_failure(OnFailure::Stop).seed(1);
        let limit = 0.85;
        // Breaks for good from a loss on that only larger parameters reach.
        let wall = move |path: &States<f64>, target: &States<f64>, gradient: &mut States<f64>| {
            let p = 1.0 - path.state(0, 0)[0] / path.state(0, 1)[0];
            if p > limit { f64::NAN } else { MeanSquare.value_and_grad(path, target, gradient) }
        };
        let Interrupted { error, fit } = trainer.clone().loss(wall).fit(&data).unwrap_err();
        assert!(matches!(*error, Error::NotFinite { what: "the loss", .. }), "{error}");
        let fit = fit.unwrap();
        assert!(fit.summary.epochs >= epochs && fit.summary.epochs < 200, "{}", fit.summary.epochs);
        assert_eq!(fit.summary.epochs, fit.history.epochs.len());
        let p = fit.model.params()[0];
        assert!(p > 0.7 && p <= limit && fit.summary.train_rmse.as_ref().unwrap().overall.is_finite(), "{p}");
        // By `?` it is the error alone.
        let as_error = || -> Result<(), Error> {
            trainer.clone().loss(wall).fit(&data)?;
            Ok(())
        };
        assert_eq!(as_error().unwrap_err().to_string(), error.to_string());
    }
}

#[test]
fn retries_are_bounded() {
    // One trajectory is hopeless wherever the parameters are.
    let line = |id: &str, x: f64| Trajectory::new(id, vec![0.0, 0.5], vec![x, 0.0, 0.5 * x, 0.0]).unwrap();
    let data = Trajectories::new(["x", "y"], vec![line("good", 1.0), line("bad", 9.0)]).unwrap();
    let trainer = plain(smooth(2)).loss(fragile).epochs(12).batch_size(1);
    let fits: Vec<bool> = (0..4).map(|seed| trainer.clone().seed(seed).fit(&data).unwrap_err().fit.is_some()).collect();
    // There is a network if the good trajectory came first.
    assert!(fits.contains(&true) && fits.contains(&false), "{fits:?}");
}
