//! Training: strategies, resuming, determinism, failures, early stopping.

use crate::common::Smooth;
use crate::setbacks::{Explosive, towards_the_pole};
use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Dimensions, Field, Layered, Mlp};
use kutta::network::{OdeBlock, States};
use kutta::train::{
    Adam, FinalState, Fit, History, Interrupted, Loss, MeanSquare, OnFailure, Schedule, Settings, Sgd, Shooting,
    Trainer, Validation,
};
use kutta::{Error, Number, Tableau, VectorField};
use serde::{Deserialize, Serialize};

/// `ẏ = M y` with the matrix as parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Linear;

impl VectorField for Linear {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        4
    }
    fn eval<S: Number>(&self, m: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = m[0] * y[0] + m[1] * y[1];
        dy[1] = m[2] * y[0] + m[3] * y[1];
    }
}

/// A training that does nothing but what it is told.
pub(crate) fn plain<F: Field<f64>>(block: OdeBlock<F>) -> Trainer<F> {
    Trainer::new(block).settings(Settings::plain())
}

pub(crate) fn midpoint() -> Tableau {
    Tableau::new([[0.5]], [1.0], [0.5]).unwrap().named("implicit_midpoint")
}

/// Damped oscillations `e^{-at}(r cos(wt + φ), -r sin(wt + φ))`, one a phase, every 0.25.
pub(crate) fn oscillations(phases: &[f64], observations: usize) -> Trajectories {
    let (a, w) = (0.1_f64, 1.5_f64);
    let line = |(i, &phase): (usize, &f64)| {
        let times: Vec<f64> = (0..observations).map(|k| 0.25 * k as f64).collect();
        let at = |t: &f64| {
            let size = (-a * t).exp();
            [size * (w * t + phase).cos(), -size * (w * t + phase).sin()]
        };
        Trajectory::new(i.to_string(), times.clone(), times.iter().flat_map(at).collect()).unwrap()
    };
    Trajectories::new(["x", "y"], phases.iter().enumerate().map(line).collect()).unwrap()
}

/// Strategies whose stages change within the first 20 epochs.
fn strategies() -> [Shooting; 3] {
    [
        Shooting::SingleShooting,
        Shooting::GrowingHorizon { intervals: 3, epochs: 16 },
        Shooting::MultipleShooting { intervals: 4, epochs: 14, penalty: 5.0 },
    ]
}

pub(crate) fn smooth(width: usize) -> OdeBlock<SavedSmooth> {
    OdeBlock::new(SavedSmooth { width }, midpoint()).step_size(0.25)
}

/// [`Smooth`] of dimension 2, which can be saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedSmooth {
    width: usize,
}

impl VectorField for SavedSmooth {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        VectorField::param_count(&Smooth { dim: 2, width: self.width })
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        // Autonomous, so that time may be long.
        Smooth { dim: 2, width: self.width }.eval(params, t * S::zero(), y, dy)
    }
}

/// Everything but the clock.
pub(crate) fn bits(record: &History) -> Vec<[Option<u64>; 8]> {
    let bits = |x: f64| Some(x.to_bits());
    let row = |r: &kutta::train::Epoch| {
        [
            Some(r.epoch as u64),
            bits(r.loss),
            r.validation_loss.map(f64::to_bits),
            bits(r.learning_rate),
            bits(r.gradient_norm),
            r.gap.map(f64::to_bits),
            bits(r.mean_iterations),
            Some(r.failed_solves as u64),
        ]
    };
    record.epochs.iter().map(row).collect()
}

#[test]
fn recovers_a_linear_field() {
    let data = oscillations(&[0.0, 2.0], 21);
    let radau = Tableau::new([[5.0 / 12.0, -1.0 / 12.0], [0.75, 0.25]], [0.75, 0.25], [1.0 / 3.0, 1.0]).unwrap();
    let block = OdeBlock::new(Linear, radau).step_size(0.125);
    let fit = plain(block).optimizer(Adam::new(0.03)).epochs(600).fit(&data).unwrap();
    // ẏ = [-a w; -w -a] y, up to the error of the scheme.
    for (found, expected) in fit.model.params().iter().zip([-0.1, 1.5, -1.5, -0.1]) {
        assert!((found - expected).abs() < 1e-3, "{:?}", fit.model.params());
    }
    assert!(fit.summary.train_rmse.as_ref().unwrap().overall < 1e-3);
    assert_eq!((fit.summary.epochs, fit.summary.parameters), (600, 4));
    assert!(fit.summary.mean_iterations > 0.0);
}

#[test]
fn single_precision_recovers_it_too() {
    let block = OdeBlock::new(Linear, midpoint()).step_size(0.25);
    let trainer = plain(block).optimizer(Adam::new(0.03)).epochs(600);
    let fit = trainer.fit_in::<f32>(&oscillations(&[0.0, 2.0], 21)).unwrap();
    assert!(fit.summary.train_rmse.as_ref().unwrap().overall < 1e-2, "{:?}", fit.summary);
}

#[test]
fn standardised_training_recovers_it_in_the_units_of_the_data() {
    // x in thousands, time in hundreds.
    let data = oscillations(&[0.0, 2.0], 21);
    let scaled = data.iter().map(|t| {
        let times = t.times().iter().map(|t| 100.0 * t + 7.0).collect();
        let states = t.states().chunks(2).flat_map(|y| [1000.0 * y[0], y[1]]).collect();
        Trajectory::new(t.id(), times, states).unwrap()
    });
    let scaled = Trajectories::new(["x", "y"], scaled.collect()).unwrap();
    let block = OdeBlock::new(SavedSmooth { width: 8 }, midpoint()).step_size(25.0);
    let trainer = plain(block).optimizer(Adam::new(0.02)).epochs(600).standardised(true).seed(3);
    let fit = trainer.fit(&scaled).unwrap();
    assert!((fit.model.step_size() - 25.0).abs() < 1e-12);
    let rmse = &fit.summary.train_rmse.as_ref().unwrap().by_component;
    assert!(rmse["x"] < 50.0 && rmse["y"] < 0.05, "{rmse:?}");
    // The field in the middle of an orbit: ẋ = -a x + w y in thousands and hundreds, so up to 15 in these units.
    let state = scaled.trajectory(0).state(10);
    let expected = [(-0.1 * state[0] + 1500.0 * state[1]) / 100.0, (-1.5e-3 * state[0] - 0.1 * state[1]) / 100.0];
    let slope = fit.model.derivative(7.0, state).unwrap();
    let errors = [slope[0] - expected[0], 1000.0 * (slope[1] - expected[1])];
    assert!(errors.iter().all(|e| e.abs() < 2.0), "{slope:?} and {expected:?}");
}

#[test]
fn every_strategy_reduces_the_loss_and_the_gaps_vanish() {
    let data = oscillations(&[0.0], 41);
    for strategy in [
        Shooting::SingleShooting,
        Shooting::GrowingHorizon { intervals: 4, epochs: 300 },
        Shooting::MultipleShooting { intervals: 8, epochs: 300, penalty: 30.0 },
    ] {
        let trainer = plain(smooth(8)).optimizer(Adam::new(0.01)).shooting(strategy).epochs(500).seed(1);
        let fit = trainer.fit(&data).unwrap();
        let rows = &fit.history.epochs;
        let worst = trainer.clone().epochs(0).fit(&data).unwrap().summary.train_rmse.as_ref().unwrap().overall;
        assert!(fit.summary.train_rmse.as_ref().unwrap().overall < 0.3 * worst, "{strategy:?}: {:?}", fit.summary);
        let gaps: Vec<f64> = rows.iter().filter_map(|row| row.gap).collect();
        match strategy {
            Shooting::MultipleShooting { .. } => {
                assert_eq!(gaps.len(), 300);
                assert!(gaps[299] < 0.02 && gaps[299] < 0.1 * gaps[0], "{} to {}", gaps[0], gaps[299]);
                // Nothing breaks when the segments are joined.
                assert!(rows[300].loss < 3.0 * rows[299].loss, "{} then {}", rows[299].loss, rows[300].loss);
            }
            _ => assert!(gaps.is_empty()),
        }
    }
}

/// Twenty years of hares and lynxes from one start, through both cycles; a flat line errs by about 20 thousand.
#[test]
fn the_hudson_bay_record_is_followed() {
    let data = Trajectories::from_csv("examples/data/hudson_bay.csv").unwrap();
    let field = Mlp::new([2, 20, 20, 2], Activation::Tanh).unwrap();
    let trainer = plain(OdeBlock::new(field, midpoint()).step_size(0.5))
        .optimizer(Adam::new(5e-3))
        .schedule(Schedule::Cosine { epochs: 1200, min: 1e-5 })
        .shooting(Shooting::MultipleShooting { intervals: 5, epochs: 600, penalty: 10.0 })
        .clip(1.0)
        .standardised(true)
        .learned_starts(true)
        .epochs(1200);
    for seed in [1, 2] {
        let rmse = trainer.clone().seed(seed).fit(&data).unwrap().summary.train_rmse.unwrap();
        assert!(rmse.overall < 4.0, "seed {seed}: {rmse:?}");
    }
}

#[test]
fn learned_starts_see_through_a_wrong_first_observation() {
    let exact = oscillations(&[0.0, 2.0], 21);
    let mut lines: Vec<Trajectory> = exact.iter().cloned().collect();
    let mut states = lines[0].states().to_vec();
    states[0] += 0.3;
    lines[0] = Trajectory::new("0", lines[0].times().to_vec(), states).unwrap();
    let data = Trajectories::new(["x", "y"], lines).unwrap();
    let trainer = plain(OdeBlock::new(Linear, midpoint()).step_size(0.25)).optimizer(Adam::new(0.03)).epochs(600);
    let fixed = trainer.clone().fit(&data).unwrap();
    let learned = trainer.learned_starts(true).fit(&data).unwrap();
    let [fixed_rmse, learned_rmse] = [&fixed, &learned].map(|fit| fit.summary.train_rmse.as_ref().unwrap().overall);
    assert!(learned_rmse < 0.3 * fixed_rmse, "{learned_rmse} and {fixed_rmse}");
    // The observation still pulls at the start, as one of 21, and the damping gives way a little.
    let start = &learned.model.starts()[0].state;
    assert!((start[0] - 1.0).abs() < 0.08 && start[1].abs() < 0.02, "{start:?}");
    assert_eq!(fixed.model.starts()[0].state, data.trajectory(0).state(0));
}

#[test]
fn resumed_training_continues_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let data = oscillations(&[0.0, 0.7, 1.4, 2.1, 2.8], 13);
    let schedules = [
        Schedule::Constant,
        Schedule::ReduceOnPlateau { factor: 0.5, patience: 1, cooldown: 1, min: 1e-4 },
        Schedule::Cosine { epochs: 30, min: 1e-4 },
    ];
    for (k, strategy) in strategies().into_iter().enumerate() {
        for batch_size in [None, Some(1), Some(2)] {
            let path = folder.path().join(format!("{k}-{batch_size:?}.json"));
            let settings = Settings {
                shooting: strategy,
                batch_size,
                schedule: schedules[k],
                optimizer: if k == 1 { Sgd::new(0.05).momentum(0.9).into() } else { Adam::new(0.05).into() },
                seed: 11,
                learned_starts: Some(k != 1),
                validation: if k == 2 { Validation::Trajectories(0.2) } else { Validation::None },
                validate_every: 3,
                ..Settings::default()
            };
            let trainer = Trainer::new(smooth(3)).settings(settings);
            // Interrupted in every stage: before and after the strategy's last change.
            for half in [7, 10, 18] {
                let whole = trainer.clone().epochs(2 * half).fit(&data).unwrap();
                trainer.clone().epochs(half).checkpoint(&path, 4).fit(&data).unwrap();
                let resumed = trainer.clone().epochs(2 * half).resume(&path).fit(&data).unwrap();
                assert_eq!(bits(&whole.history), bits(&resumed.history), "{strategy:?}, {batch_size:?}");
                let parts =
                    [&whole, &resumed].map(|fit| fit.model.params().iter().map(|p| p.to_bits()).collect::<Vec<_>>());
                assert_eq!(parts[0], parts[1]);
                assert_eq!(whole.model.starts(), resumed.model.starts());
            }
        }
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let data = oscillations(&[0.0, 1.0], 7);
    let trainer = plain(smooth(3)).epochs(4);
    trainer.clone().checkpoint(&path, 2).fit(&data).unwrap();
    let refusal = |result: Result<Fit<SavedSmooth>, Interrupted<SavedSmooth>>| {
        let error = result.unwrap_err().error;
        assert!(matches!(*error, Error::Parse { .. }), "{error}");
        error.to_string()
    };
    let resumed = || trainer.clone().epochs(8).resume(&path);
    assert!(refusal(resumed().seed(5).fit(&data)).contains("other settings: seed was 0, is now 5"));
    assert!(refusal(resumed().optimizer(Adam::new(0.5)).fit(&data)).contains("learning_rate was"));
    assert!(refusal(resumed().fit(&oscillations(&[0.0, 1.1], 7))).contains("data was"));
    assert!(refusal(resumed().loss(FinalState).fit(&data)).contains("loss was"));
    let other = plain(smooth(3).step_size(0.1)).epochs(8).resume(&path);
    assert!(refusal(other.fit(&data)).contains("step_size was"));
    assert!(resumed().fit(&data).is_ok());
    // Half a file.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert!(refusal(resumed().fit(&data)).contains("the file ends too early"));
}

#[test]
fn the_seed_decides_and_threads_do_not() {
    let phases: Vec<f64> = (0..70).map(|k| 0.1 * k as f64).collect();
    let data = oscillations(&phases, 5);
    let trainer = plain(smooth(3)).optimizer(Adam::new(0.02)).batch_size(40).epochs(5);
    let run = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fit = pool.install(|| trainer.clone().seed(seed).fit(&data)).unwrap();
        (bits(&fit.history), fit.model.params().to_vec())
    };
    assert_eq!(run(7, 1), run(7, 1));
    assert_eq!(run(7, 1), run(7, 3));
    assert_ne!(run(7, 1), run(8, 1));
}

#[test]
fn early_stopping_restores_the_best() {
    // Far too large steps: the validation loss rises and falls.
    let data = oscillations(&[0.0, 0.5, 1.0, 1.5], 9);
    let trainer = plain(smooth(6)).optimizer(Adam::new(0.2)).validation(Validation::Trajectories(0.25)).seed(2);
    let fit = trainer.clone().epochs(4000).patience(20).fit(&data).unwrap();
    let losses: Vec<f64> = fit.history.epochs.iter().map(|row| row.validation_loss.unwrap()).collect();
    let best = (0..losses.len()).min_by(|&i, &j| losses[i].total_cmp(&losses[j])).unwrap();
    assert!(fit.summary.stopped_early && fit.summary.epochs == losses.len());
    assert_eq!(losses.len() - (best + 1), 21, "20 epochs without a better one are tolerated");
    // The same training, stopped right there.
    let there = trainer.epochs(best + 1).fit(&data).unwrap();
    assert_eq!(fit.model.params(), there.model.params());
    let (_, held_out) = data.split(0.25, 2).unwrap();
    let rmse = fit.model.rmse(&held_out).unwrap().overall;
    assert!((rmse * rmse - losses[best]).abs() < 1e-12 * losses[best].max(1.0));
}

#[test]
fn without_validation_the_least_training_loss_wins() {
    let data = oscillations(&[0.0, 1.0], 9);
    let fit = plain(smooth(4)).optimizer(Adam::new(0.3)).epochs(60).fit(&data).unwrap();
    let least = fit.history.epochs.iter().map(|row| row.loss).fold(f64::INFINITY, f64::min);
    assert!(fit.summary.train_rmse.as_ref().unwrap().overall.powi(2) <= least * (1.0 + 1e-12));
}

#[test]
fn the_best_and_the_last_are_compared_at_exact_norms() {
    // Far too large steps, so that one power iteration a step lags behind.
    let data = oscillations(&[0.0, 1.0], 9);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let field = Mlp::new([2, 6, 2], Activation::Tanh).unwrap().normalised(1.0).unwrap();
    let block = OdeBlock::new(field, midpoint()).step_size(0.25);
    let loss = |params: &[f64]| block.value_and_grad(params, &data, &MeanSquare).unwrap().value;
    let (mut misled, mut inexact) = (0, 0);
    for epochs in 10..50 {
        let trainer = plain(block.clone()).optimizer(Adam::new(0.3)).epochs(epochs).checkpoint(&path, epochs);
        let fit = trainer.fit(&data).unwrap();
        let saved: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let state = &saved["contents"]["state"];
        let numbers =
            |x: &serde_json::Value| x.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
        let (best, last) = (numbers(&state["best"]["unknowns"]), numbers(&state["unknowns"]));
        let (of_best, of_last, recorded) = (loss(&best), loss(&last), state["best"]["loss"].as_f64().unwrap());
        assert_eq!(fit.model.params(), if of_last < of_best { last } else { best });
        misled += usize::from((of_last < of_best) != (of_last < recorded));
        inexact += usize::from((recorded - of_best).abs() > 1e-12);
    }
    assert!(inexact > 0, "losses recorded are exact");
    assert!(misled > 0, "the losses recorded never mislead");
}

#[test]
fn what_cannot_be_predicted_has_no_error_but_a_reason() {
    // A step from the second start has a solution only as long as next to nothing is learned.
    let (trainer, data) = towards_the_pole(&[0.01], Adam::new(0.1));
    let far = Trajectory::new("far", vec![0.0, 1.0], vec![100.0, 200.0]).unwrap();
    let both = Trajectories::new(["x"], vec![data.trajectory(0).clone(), far]).unwrap();
    let trainer = trainer.on_failure(OnFailure::SkipBatch).batch_size(1).epochs(30);
    let fit = trainer.clone().fit(&both).unwrap();
    assert!(fit.model.rmse(&both).is_err());
    assert_eq!(fit.summary.train_rmse, None);
    let [reason] = &fit.summary.unpredicted[..] else { panic!("{:?}", fit.summary) };
    assert!(reason.starts_with("the training data: "), "{reason}");
    assert!(serde_json::to_value(&fit.summary).unwrap()["train_rmse"].is_null());
    let fit = trainer.fit(&data).unwrap();
    assert!(fit.summary.train_rmse.is_some() && fit.summary.unpredicted.is_empty());
    // Held out: the far one only if the seed says so.
    let held_out = |seed: u64| {
        let fit = towards_the_pole(&[0.01], Adam::new(0.1)).0.validation(Validation::Trajectories(0.5)).seed(seed);
        fit.on_failure(OnFailure::SkipBatch).epochs(9).fit(&both)
    };
    let fits: Vec<_> = (0..8).filter_map(|seed| held_out(seed).ok()).collect();
    let is_told = |fit: &Fit<Explosive>| {
        fit.summary.validation_rmse.is_none() && fit.summary.unpredicted[0].starts_with("the held-out data: ")
    };
    assert!(fits.iter().any(is_told));
}

#[test]
fn steps_may_start_from_draws_of_their_own() {
    use rand::SeedableRng;
    let rng = || rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let field = || Mlp::new([2, 3, 2], Activation::Tanh).unwrap();
    let count = field().param_count();
    let block = OdeBlock::new(field(), midpoint()).steps(4).step_size(0.25);
    let shared: Vec<f64> = block.init_per_step(&mut rng());
    assert_eq!(shared, block.init::<f64>(&mut rng()));
    let block = block.per_step(0.0);
    let (apart, equal): (Vec<f64>, Vec<f64>) = (block.init_per_step(&mut rng()), block.init(&mut rng()));
    assert_eq!((apart.len(), equal.len()), (block.param_count(), block.param_count()));
    assert_eq!(apart[..count], equal[..count]);
    let sets: Vec<&[f64]> = apart.chunks(count).collect();
    assert!(
        (0..4).all(|i| (0..i).all(|j| sets[i] != sets[j])) && equal.chunks(count).all(|set| set == &equal[..count])
    );
    // One generator goes through them all.
    let mut own = rng();
    assert_eq!(apart, (0..4).flat_map(|_| Field::<f64>::init(&field(), &mut own)).collect::<Vec<_>>());
    let fit = plain(block).initial(apart.clone()).epochs(0).fit(&oscillations(&[0.0], 5)).unwrap();
    assert_eq!(fit.model.params(), apart);
}

#[test]
fn gradients_are_clipped() {
    let data = oscillations(&[0.0], 5);
    let start = vec![0.5; 18];
    let trainer = plain(smooth(3)).optimizer(Sgd::new(1.0)).initial(start.clone()).clip(1e-3);
    // Validation on the future keeps the parameters of the last epoch, its only one.
    let fit = trainer.validation(Validation::Future(0.25)).epochs(1).fit(&data).unwrap();
    let moved: f64 = fit.model.params().iter().zip(&start).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
    assert!(fit.history.epochs[0].gradient_norm > 1e-2, "the recorded norm is that before clipping");
    assert!((moved - 1e-3).abs() < 1e-9, "{moved}");
}

#[test]
fn mini_batches_visit_every_trajectory_every_epoch() {
    use std::sync::Mutex;
    let seen = Mutex::new(Vec::new());
    let data = oscillations(&[0.0, 0.4, 0.8, 1.2, 1.6], 4);
    let watching = |prediction: &States<f64>, target: &States<f64>, gradient: &mut States<f64>| {
        let starts: Vec<u64> = (0..target.samples()).map(|sample| target.state(sample, 0)[0].to_bits()).collect();
        seen.lock().unwrap().push(starts);
        MeanSquare.value_and_grad(prediction, target, gradient)
    };
    plain(smooth(2)).loss(watching).batch_size(2).epochs(6).fit(&data).unwrap();
    let mut seen = seen.into_inner().unwrap();
    assert_eq!(seen.pop().unwrap().len(), 5, "the last parameters are tried out on all");
    let epochs: Vec<Vec<u64>> = seen.chunks(3).map(|batches| batches.concat()).collect();
    let sorted = |epoch: &Vec<u64>| {
        let mut epoch = epoch.clone();
        epoch.sort();
        epoch
    };
    assert_eq!(epochs.len(), 6);
    assert!(seen.iter().all(|batch| batch.len() <= 2));
    assert!(epochs.iter().all(|epoch| sorted(epoch) == sorted(&epochs[0]) && epoch.len() == 5));
    assert!(epochs.iter().any(|epoch| *epoch != epochs[0]), "shuffled");
}

#[test]
fn parameters_per_step_are_trained_too() {
    let data = oscillations(&[0.0, 1.0], 9);
    let block = smooth(3).steps(8).per_step(0.0);
    for standardised in [false, true] {
        let trainer = plain(block.clone()).optimizer(Adam::new(0.05)).epochs(300).standardised(standardised);
        let fit = trainer.fit(&data).unwrap();
        assert_eq!(fit.model.params().len(), 8 * 18);
        let layers: Vec<_> = fit.model.params().chunks(18).collect();
        assert!(layers.windows(2).all(|pair| pair[0] != pair[1]), "every step has learned by itself");
        assert!(fit.summary.train_rmse.as_ref().unwrap().overall < 0.1, "{:?}", fit.summary.train_rmse);
        // The flow of the learned field changes its parameters where the network does.
        let line = data.trajectory(0);
        let flow = fit.model.flow(0.0, line.state(0), line.times(), 1e-8).unwrap();
        let followed = fit.model.follow(&data).unwrap();
        let end = flow.state(8).iter().zip(followed.trajectory(0).state(8)).map(|(x, y)| x - y);
        assert!(end.map(f64::abs).fold(0.0, f64::max) < 0.1);
    }
}

#[test]
fn refuses_settings_that_make_no_sense() {
    let data = oscillations(&[0.0, 1.0], 5);
    let trainer = || plain(smooth(2)).epochs(1);
    let message = |trainer: Trainer<SavedSmooth>| trainer.fit(&data).unwrap_err().to_string();
    assert_eq!(message(trainer().batch_size(0)), "batch size is 0, expected at least 1");
    assert_eq!(message(trainer().optimizer(Adam::new(0.0))), "learning rate is 0, expected a positive number");
    assert!(message(trainer().clip(f64::NAN)).starts_with("clip is NaN"));
    assert!(message(trainer().validate_every(0)).starts_with("validate_every is 0"));
    assert!(message(trainer().batch_size(1).patience(3)).starts_with("patience is 3, expected a validation set"));
    assert!(message(trainer().validation(Validation::Trajectories(1.5))).starts_with("fraction is 1.5"));
    assert!(message(trainer().initial([1.0])).starts_with("initial parameters has 1 entries, expected 12"));
    let strategy = Shooting::MultipleShooting { intervals: 0, epochs: 1, penalty: 1.0 };
    assert_eq!(message(trainer().shooting(strategy)), "shooting intervals is 0, expected at least 1");
    let one = Trajectories::from_csv_str("t,x\n0,1\n1,2\n", "one").unwrap();
    assert!(trainer().fit(&one).unwrap_err().to_string().starts_with("data has 1 components, expected 2"));
}

#[test]
fn the_record_is_written_as_csv() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.csv");
    let fit = plain(smooth(2)).epochs(3).fit(&oscillations(&[0.0, 1.0], 5)).unwrap();
    fit.history.write_csv(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("epoch,loss,validation_loss,learning_rate,"));
    let first = text.lines().nth(1).unwrap().split(',').nth(1).unwrap().parse::<f64>().unwrap();
    assert_eq!(first, fit.history.epochs[0].loss);
}
