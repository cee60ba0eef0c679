//! Training by least squares, as it is by default.

use kutta::data::{Standardisation, Trajectories, Trajectory};
use kutta::field::{Activation, Damped, Mlp, WithInputs};
use kutta::train::{Adam, AnyOptimizer, Lbfgs, LevenbergMarquardt, Settings, Shooting, Trainer};
use kutta::{Fit, Flow, Number, OdeBlock, Tableau, VectorField};
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `ẋ = p x - x y, ẏ = x y - q y`, in logarithms of its rates.
#[derive(Debug, Clone)]
struct Prey;

impl VectorField for Prey {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        2
    }
    fn eval<S: Number>(&self, p: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = p[0].exp() * y[0] - y[0] * y[1];
        dy[1] = y[0] * y[1] - p[1].exp() * y[1];
    }
}

fn record(id: &str, times: Vec<f64>, of: impl Fn(&[f64]) -> Vec<f64>) -> Trajectory {
    let states = of(&times);
    Trajectory::new(id, times, states).unwrap()
}

/// Orbits of predator and prey with relative errors of a given size.
fn orbits(starts: &[[f64; 2]], points: usize, error: f64) -> Trajectories {
    let params = [1.5_f64.ln(), 3.0_f64.ln()];
    let one = |(k, start): (usize, &[f64; 2])| {
        let times: Vec<f64> = (0..points).map(|k| 0.1 * k as f64).collect();
        record(&k.to_string(), times, |times| {
            let path = Flow::new(&Prey, &params).tolerance(1e-10, 1e-12).solve(0.0, start, times).unwrap();
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(k as u64);
            let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
            path.states().iter().map(|y| y * (1.0 + error * normal())).collect()
        })
    };
    Trajectories::new(["x", "y"], starts.iter().enumerate().map(one).collect()).unwrap()
}

fn network() -> OdeBlock<Mlp> {
    OdeBlock::new(Mlp::new([2, 10, 10, 2], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap())
}

fn fitted(data: &Trajectories, seed: u64) -> Fit<Mlp> {
    Trainer::new(network()).seed(seed).fit(data).unwrap()
}

fn error(fit: &Fit<Mlp>) -> f64 {
    fit.summary.train_rmse.as_ref().unwrap().overall
}

#[test]
fn a_network_arrives_by_default() {
    let data = orbits(&[[1.0, 1.0]], 80, 0.0);
    for seed in 0..3 {
        let fit = fitted(&data, seed);
        assert!(error(&fit) < 5e-3, "seed {seed}: {}", error(&fit));
        assert!(fit.summary.stopped_early && fit.summary.epochs < 800, "{}", fit.summary.epochs);
        // Beyond the data: the next round of the orbit.
        let times: Vec<f64> = (0..120).map(|k| 0.1 * k as f64).collect();
        let truth = orbits(&[[1.0, 1.0]], 120, 0.0);
        let path = fit.model.predict(0.0, &[1.0, 1.0], &times).unwrap();
        let worst = path.states().iter().zip(truth.trajectory(0).states()).map(|(a, b)| (a - b).abs());
        assert!(worst.fold(0.0, f64::max) < 0.1, "seed {seed}");
    }
}

#[test]
fn rates_are_found_from_far_away() {
    let data = orbits(&[[1.0, 1.0], [2.0, 0.5]], 40, 0.0);
    for start in [[-3.0, 3.0], [3.0, -2.0], [0.0, 0.0]] {
        let fit = Trainer::new(OdeBlock::new(Prey, Tableau::radau_iia(3).unwrap())).initial(start).fit(&data).unwrap();
        let expected = [1.5_f64.ln(), 3.0_f64.ln()];
        for (p, expected) in fit.model.params().iter().zip(expected) {
            assert!((p - expected).abs() < 1e-4, "from {start:?}: {:?}", fit.model.params());
        }
    }
}

/// Robertson's reactions, in logarithms of their rates.
#[derive(Debug, Clone)]
struct Reactions;

impl VectorField for Reactions {
    fn dim(&self) -> usize {
        3
    }
    fn param_count(&self) -> usize {
        3
    }
    fn eval<S: Number>(&self, p: &[S], _t: S, y: &[S], dy: &mut [S]) {
        let [slow, fast, back] = [p[0].exp() * y[0], p[1].exp() * y[1] * y[1], p[2].exp() * y[1] * y[2]];
        dy[0] = back - slow;
        dy[1] = slow - back - fast;
        dy[2] = fast;
    }
}

#[test]
fn stiff_rates_are_found_from_a_hundredfold_off() {
    let truth = [0.04_f64, 3e7, 1e4].map(f64::ln);
    for [from, until] in [[-5.0, 5.0], [-2.0, 3.0]] {
        let decades = (0..39).map(|k| 10f64.powf(from + (until - from) * f64::from(k) / 38.0));
        let data = record("", std::iter::once(0.0).chain(decades).collect(), |times| {
            let flow = Flow::new(&Reactions, &truth).tolerance(1e-10, 1e-14);
            flow.solve(0.0, &[1.0, 0.0, 0.0], times).unwrap().states().to_vec()
        });
        let data = Trajectories::new(["a", "b", "c"], vec![data]).unwrap();
        for corner in 0..8 {
            let off = |i: usize| if corner >> i & 1 == 0 { -(100_f64.ln()) } else { 100_f64.ln() };
            let start: Vec<f64> = (0..3).map(|i| truth[i] + off(i)).collect();
            let block = OdeBlock::new(Reactions, Tableau::radau_iia(3).unwrap());
            let fit = Trainer::new(block).initial(start).fit(&data).unwrap();
            for (p, expected) in fit.model.params().iter().zip(truth) {
                assert!((p - expected).abs() < 1e-4, "from {corner:b} of {from}: {:?}", fit.model.params());
            }
        }
    }
}

#[test]
fn wide_networks_arrive_too() {
    let data = orbits(&[[1.0, 1.0]], 60, 0.0);
    let wide = Mlp::new([2, 60, 60, 2], Activation::Tanh).unwrap();
    let block = OdeBlock::new(wide, Tableau::radau_iia(2).unwrap());
    assert!(block.param_count() > 2500);
    let fit = Trainer::new(block).epochs(60).fit(&data).unwrap();
    assert_eq!(fit.summary.optimizer, "Levenberg-Marquardt");
    assert!(error(&fit) < 0.02, "{}", error(&fit));
}

#[test]
fn long_records_are_batched_by_windows() {
    let data = orbits(&[[1.0, 1.0]], 401, 0.0);
    // In units of the data, which are those of the windows, too.
    let trainer = Trainer::new(network().step_size(0.1)).standardised(false).batch_size(8).epochs(5);
    let fit = trainer.clone().fit(&data).unwrap();
    // 25 windows of 16 intervals.
    let windows = data.windows(16).unwrap();
    assert_eq!((windows.len(), windows.trajectory(24).id()), (25, "0[384]"));
    let same = trainer.clone().shooting(Shooting::SingleShooting).fit(&windows).unwrap();
    assert_eq!(fit.model.params(), same.model.params());
    assert_eq!(fit.model.starts().len(), 1);
    // As many as fill batches are taken as they are.
    let whole = trainer.shooting(Shooting::SingleShooting).fit(&data).unwrap();
    assert_ne!(fit.model.params(), whole.model.params());
}

#[test]
fn where_one_is_not_sure_there_are_several_starts() {
    // A field that is too small for what it has to follow, from most of its starts.
    let data = orbits(&[[1.0, 1.0]], 60, 0.0);
    let small = |seed: u64| {
        let block = OdeBlock::new(Mlp::new([2, 1, 2], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
        Trainer::new(block).seed(seed)
    };
    let fit = small(0).fit(&data).unwrap();
    assert_eq!(fit.summary.starts, 3);
    // Given parameters are one start, and so is what follows the data.
    let given = small(0).initial(fit.model.params()).fit(&data).unwrap();
    assert_eq!(given.summary.starts, 1);
    assert!(error(&given) < 1.01 * error(&fit));
    assert_eq!(fitted(&data, 0).summary.starts, 1);
}

#[test]
fn noise_is_not_followed_and_starts_are_learned() {
    let noisy = orbits(&[[1.0, 1.0]], 80, 0.05);
    let fit = fitted(&noisy, 0);
    let truth = orbits(&[[1.0, 1.0]], 80, 0.0);
    let start = &fit.model.starts()[0].state;
    assert!(start.iter().zip(noisy.trajectory(0).state(0)).all(|(a, b)| a != b), "{start:?}");
    let path = fit.model.predict(0.0, start, truth.trajectory(0).times()).unwrap();
    let squares = path.states().iter().zip(truth.trajectory(0).states()).map(|(a, b)| (a - b) * (a - b));
    let error = (squares.sum::<f64>() / 160.0).sqrt();
    assert!(error < 0.12, "{error}");
    let told = Trainer::new(network()).learned_starts(false).epochs(3).fit(&noisy).unwrap();
    assert_eq!(told.model.starts()[0].state, noisy.trajectory(0).state(0));
}

#[test]
fn times_over_decades_are_taken_by_the_logarithm() {
    // Two reactions, a thousandfold apart in time.
    let times: Vec<f64> = std::iter::once(0.0).chain((0..60).map(|k| 10f64.powf(-4.0 + 0.1 * f64::from(k)))).collect();
    let of = |times: &[f64]| {
        times.iter().flat_map(|t| [(-100.0 * t).exp(), (-0.1 * t).exp() - (-100.0 * t).exp()]).collect()
    };
    let data = Trajectories::new(["a", "b"], vec![record("", times, of)]).unwrap();
    let fit = fitted(&data, 0);
    assert!(fit.model.standardisation().time_offset().is_some());
    assert!(error(&fit) < 0.01, "{}", error(&fit));
    let path = fit.model.predict(0.0, &[1.0, 0.0], &[0.05, 1.0, 40.0]).unwrap();
    for (k, t) in [0.05, 1.0, 40.0_f64].iter().enumerate() {
        assert!((path.state(k)[1] - ((-0.1 * t).exp() - (-100.0 * t).exp())).abs() < 0.03, "at {t}");
    }
    // Slopes are by the time of the data.
    let slope = fit.model.derivative(1.0, &[0.0, (-0.1_f64).exp()]).unwrap()[1];
    assert!((slope + 0.1 * (-0.1_f64).exp()).abs() < 0.02, "{slope}");
    let error = fit.model.predict(0.0, &[1.0, 0.0], &[-1.0]).unwrap_err().to_string();
    assert!(error.contains("the logarithm of time"), "{error}");
}

#[test]
fn training_goes_on_from_a_checkpoint_bit_for_bit() {
    let data = orbits(&[[1.0, 1.0], [2.0, 1.0]], 40, 0.02);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let trainer = Trainer::new(network()).epochs(70);
    let whole = trainer.clone().fit(&data).unwrap();
    for half in [1, 9, 30, 55] {
        trainer.clone().epochs(half).checkpoint(&path, 1).fit(&data).unwrap();
        let resumed = trainer.clone().resume(&path).fit(&data).unwrap();
        assert_eq!(resumed.model.params(), whole.model.params(), "resumed after {half}");
        assert_eq!(resumed.history.epochs.len(), whole.history.epochs.len());
    }
}

#[test]
fn threads_change_no_bit() {
    let data = orbits(&[[1.0, 1.0], [2.0, 1.0], [0.5, 2.0]], 30, 0.0);
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Trainer::new(network()).epochs(40).fit(&data).unwrap().model.params().to_vec())
    };
    assert_eq!(by(1), by(3));
}

#[test]
fn what_least_squares_cannot_do_is_left_to_others_or_refused() {
    let data = orbits(&[[1.0, 1.0]], 20, 0.0);
    // Batches are for Adam.
    let fit = Trainer::new(network()).batch_size(1).epochs(2).fit(&data).unwrap();
    assert_eq!(fit.history.epochs[0].learning_rate, Adam::default().learning_rate);
    let least_squares = Trainer::new(network()).optimizer(LevenbergMarquardt::default());
    let message = least_squares.clone().batch_size(1).fit(&data).unwrap_err().error.to_string();
    assert_eq!(message, "batch size is 1, expected none, for least squares");
    let growing = Shooting::GrowingHorizon { intervals: 2, epochs: 5 };
    let message = least_squares.shooting(growing).fit(&data).unwrap_err().error.to_string();
    assert!(message.contains("expected windows that lengthen or single shooting"), "{message}");
    let message = Trainer::new(network()).optimizer(Adam::default()).shooting(Shooting::Lengthening).fit(&data);
    assert!(message.unwrap_err().error.to_string().contains("Levenberg-Marquardt, to lengthen windows"));
}

#[test]
fn quasi_newton_steps_lead_down() {
    let data = orbits(&[[1.0, 1.0]], 20, 0.0);
    let trainer = Trainer::new(OdeBlock::new(Prey, Tableau::rk4()).step_size(0.05)).initial([0.0, 0.0]);
    let trainer = trainer.shooting(Shooting::SingleShooting);
    let fit = trainer.optimizer(Lbfgs::default()).epochs(200).fit(&data).unwrap();
    assert!((fit.model.params()[0] - 1.5_f64.ln()).abs() < 1e-3, "{:?}", fit.model.params());
    let losses: Vec<f64> = fit.history.epochs.iter().map(|row| row.loss).collect();
    assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]), "{losses:?}");
    assert!(fit.summary.stopped_early && losses.len() < 100);
}

#[test]
fn a_stopped_training_has_the_best_of_whole_records() {
    let data = orbits(&[[1.0, 1.0]], 60, 0.0);
    let stop = Arc::new(AtomicBool::new(false));
    stop.store(true, Ordering::Relaxed);
    let fit = Trainer::new(network()).stop_when(stop).fit(&data).unwrap();
    assert_eq!(fit.summary.epochs, 0);
    // Soon there is something: nothing is kept that is worse than what was there before.
    let early = Trainer::new(network()).epochs(25).fit(&data).unwrap();
    assert!(error(&early) < error(&fit), "{} and {}", error(&early), error(&fit));
}

#[test]
fn settings_are_saved_by_name() {
    let settings = Settings { optimizer: LevenbergMarquardt::default().into(), ..Settings::default() };
    let text = serde_json::to_string(&settings).unwrap();
    assert!(text.contains(r#""optimizer":{"levenberg_marquardt":{"#), "{text}");
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    let automatic = serde_json::to_string(&AnyOptimizer::default()).unwrap();
    assert_eq!(automatic, r#""automatic""#);
}

#[test]
fn single_precision_arrives_as_far_as_it_can() {
    let data = orbits(&[[1.0, 1.0]], 60, 0.0);
    let fit = Trainer::new(network()).fit_in::<f32>(&data).unwrap();
    let error = fit.summary.train_rmse.as_ref().unwrap().overall;
    assert!(error < 0.05, "{error}");
    assert!(fit.model.predict(0.0, &[1.0, 1.0], &[1.0]).unwrap().state(0).iter().all(|y| y.is_finite()));
}

#[test]
fn known_rates_stay_those_of_plain_time() {
    // Decay at a known rate, looked at over decades.
    let times: Vec<f64> = std::iter::once(0.0).chain((0..50).map(|k| 10f64.powf(-3.0 + 0.1 * f64::from(k)))).collect();
    let of = |times: &[f64]| times.iter().map(|t| (-0.5 * t).exp()).collect();
    let data = Trajectories::new(["x"], vec![record("", times, of)]).unwrap();
    let mlp = || WithInputs::new(Mlp::new([1, 4, 1], Activation::Tanh).unwrap(), []).unwrap();
    let units = |fit: &Standardisation| fit.time_offset();
    let radau = || Tableau::radau_iia(2).unwrap();
    let damped = OdeBlock::new(Damped::new(mlp(), 0.5).unwrap(), radau());
    let fit = Trainer::new(damped).standardised(true).epochs(30).fit(&data).unwrap();
    assert!(units(fit.model.standardisation()).is_none());
    let learned = Trainer::new(OdeBlock::new(mlp(), radau())).standardised(true).epochs(30).fit(&data).unwrap();
    assert!(units(learned.model.standardisation()).is_some());
}

#[test]
fn an_accuracy_that_is_none_is_refused() {
    let data = orbits(&[[1.0, 1.0]], 12, 0.0);
    for accuracy in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = Trainer::new(network().accuracy(accuracy)).fit(&data).unwrap_err().error.to_string();
        assert_eq!(message, format!("accuracy is {accuracy}, expected a number between 0 and 1"));
    }
}

#[test]
fn several_records_stay_in_plain_time_and_the_choice_can_be_made() {
    let times =
        || std::iter::once(0.0).chain((0..40).map(|k| 10f64.powf(-3.0 + 0.12 * f64::from(k)))).collect::<Vec<_>>();
    let decay = |id: &str, start: f64| record(id, times(), |times| times.iter().map(|t| start * (-t).exp()).collect());
    let block = || OdeBlock::new(Mlp::new([1, 6, 1], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
    let two = Trajectories::new(["x"], vec![decay("a", 1.0), decay("b", 2.0)]).unwrap();
    let trainer = || Trainer::new(block()).epochs(60);
    // An equation that does not change with time is one of time, not of its logarithm, from more than one start.
    assert!(trainer().fit(&two).unwrap().model.standardisation().time_offset().is_none());
    let one = Trajectories::new(["x"], vec![decay("a", 1.0)]).unwrap();
    let offset = |trainer: Trainer<Mlp>| trainer.fit(&one).unwrap().model.standardisation().time_offset();
    assert!(offset(trainer()).is_some() && offset(trainer().logarithmic_time(false)).is_none());
    let refused =
        Trainer::new(block()).standardised(false).logarithmic_time(true).fit(&one).unwrap_err().error.to_string();
    assert!(refused.starts_with("logarithmic time is asked for, expected standardised data"), "{refused}");
}

#[test]
fn low_orders_take_steps_of_given_length() {
    let data = orbits(&[[1.0, 1.0]], 20, 0.0);
    let euler = || OdeBlock::new(Prey, Tableau::forward_euler());
    let fit = Trainer::new(euler()).initial([0.3, 1.0]).epochs(20).fit(&data).unwrap();
    assert!(fit.model.block().accuracy_of_steps().is_none());
    assert!((fit.model.step_size() - 0.025).abs() < 1e-12);
    let refused = Trainer::new(euler().accuracy(1e-4)).fit(&data).unwrap_err().error.to_string();
    assert!(refused.contains("from order 3 on"), "{refused}");
}

#[test]
fn what_another_accuracy_would_change_is_told() {
    let data = orbits(&[[1.0, 1.0]], 40, 0.0);
    let stable = fitted(&data, 0).summary;
    assert!(stable.refinement.is_some_and(|change| change < 1e-3), "{:?}", stable.refinement);
    let assessed = kutta::train::Summary { refinement: Some(0.7), ..stable }.verdict(&data).unwrap();
    assert_eq!(assessed.overall, kutta::train::Worth::Poor);
}

/// A damped oscillator from so many random starts, eight observations each, with errors of a twentieth of the deviation.
fn short_noisy_records(records: usize) -> Trajectories {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut normal = move || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let times: Vec<f64> = (0..8).map(|k| 6.0 * f64::from(k) / 7.0).collect();
    let one = |k: usize| {
        let path = Flow::new(&Oscillator, &[]).solve(0.0, &[2.0 * normal(), 2.0 * normal()], &times).unwrap();
        let states = path.states().iter().map(|y| y + 0.07 * normal()).collect();
        Trajectory::new(k.to_string(), times.clone(), states).unwrap()
    };
    let mut one = one;
    Trajectories::new(["x", "v"], (0..records).map(&mut one).collect()).unwrap()
}

/// `ẍ = -x - 0.3 ẋ`
#[derive(Debug, Clone)]
struct Oscillator;

impl VectorField for Oscillator {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = y[1];
        dy[1] = -y[0] - S::constant(0.3) * y[1];
    }
}

#[test]
fn many_parameters_do_not_follow_the_noise_of_few_records() {
    let data = short_noisy_records(8);
    let block = || OdeBlock::new(Mlp::new([2, 20, 20, 2], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
    let worst = |fit: &Fit<Mlp>| {
        let times: Vec<f64> = (0..25).map(|k| 0.25 * f64::from(k)).collect();
        let of = |start: &[f64; 2]| {
            let truth = Flow::new(&Oscillator, &[]).solve(0.0, start, &times).unwrap();
            let path = fit.model.predict(0.0, start, &times).unwrap();
            path.states().iter().zip(truth.states()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        [[1.0, 0.0], [0.0, 2.0], [-2.0, 1.0]].iter().map(of).fold(0.0, f64::max)
    };
    let fit = Trainer::new(block()).fit(&data).unwrap();
    let determined = fit.summary.determined.unwrap();
    assert!(fit.summary.parameters == 520 && (4.0..60.0).contains(&determined), "{determined}");
    let followed = Trainer::new(block()).weight_decay(0.0).epochs(60).fit(&data).unwrap();
    assert!(worst(&fit) < 0.3 && worst(&followed) > 2.0 * worst(&fit), "{} and {}", worst(&fit), worst(&followed));
}

#[test]
fn weight_decay_is_for_least_squares_and_not_negative() {
    let data = orbits(&[[1.0, 1.0]], 12, 0.0);
    let message = |trainer: Trainer<Mlp>| trainer.fit(&data).unwrap_err().error.to_string();
    let negative = message(Trainer::new(network()).weight_decay(-1.0));
    assert_eq!(negative, "weight_decay is -1, expected a number that is not negative");
    let adam = message(Trainer::new(network()).optimizer(Adam::new(0.01)).weight_decay(0.1));
    assert!(adam.starts_with("weight_decay is 0.1, expected none, but for least squares"), "{adam}");
}

#[test]
fn a_slip_of_the_pen_is_left_out_and_told() {
    let clean = orbits(&[[1.0, 1.0]], 60, 0.0);
    let mut states = clean.trajectory(0).states().to_vec();
    states[2 * 33] = 60.0;
    let record = Trajectory::new("", clean.trajectory(0).times().to_vec(), states).unwrap();
    let data = Trajectories::new(["x", "y"], vec![record]).unwrap();
    let fit = fitted(&data, 0);
    assert_eq!((fit.summary.outliers.len(), fit.summary.outliers[0].value), (1, 60.0));
    assert!(error(&fit) < 0.02, "{}", error(&fit));
    assert_eq!(fit.summary.verdict(&data).unwrap().overall, kutta::train::Worth::Good);
    let times: Vec<f64> = clean.trajectory(0).times().to_vec();
    let path = fit.model.predict(0.0, &[1.0, 1.0], &times).unwrap();
    let off = path.states().iter().zip(clean.trajectory(0).states()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < 0.1, "{off}");
}

#[test]
fn what_never_changes_does_not_act() {
    let clean = orbits(&[[1.0, 1.0]], 40, 0.0);
    let states = clean.trajectory(0).states().chunks_exact(2).flat_map(|y| [7.0, y[0], y[1]]).collect();
    let record = Trajectory::new("", clean.trajectory(0).times().to_vec(), states).unwrap();
    let data = Trajectories::new(["c", "x", "y"], vec![record]).unwrap();
    let block = OdeBlock::new(Mlp::new([3, 10, 10, 3], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
    let model = Trainer::new(block).fit(&data).unwrap().model;
    let slopes = |c: f64| model.derivative(0.0, &[c, 1.0, 2.0]).unwrap();
    let (seen, other) = (slopes(7.0), slopes(700.0));
    assert!(seen.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-9), "{seen:?} and {other:?}");
    assert!(seen[0].abs() < 1e-3, "{seen:?}");
}

#[test]
fn short_exact_records_are_followed() {
    let decay = |seed| {
        let times: Vec<f64> = (0..5).map(|k| 0.5 * f64::from(k)).collect();
        let data = Trajectories::new(["x"], vec![record("", times, |t| t.iter().map(|t| (-t).exp()).collect())]);
        let block = OdeBlock::new(Mlp::new([1, 20, 20, 1], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
        let fit = Trainer::new(block).seed(seed).fit(&data.unwrap()).unwrap();
        error(&fit)
    };
    let few = orbits(&[[1.0, 1.0]], 30, 0.0);
    let few = Trajectories::new(
        ["x", "y"],
        vec![{
            let all = few.trajectory(0);
            let kept = |k: &usize| k.is_multiple_of(2);
            let times = (0..all.len()).filter(kept).map(|k| all.times()[k]).collect();
            Trajectory::new("", times, (0..all.len()).filter(kept).flat_map(|k| all.state(k).to_vec()).collect())
                .unwrap()
        }],
    )
    .unwrap();
    for seed in 0..4 {
        assert!(decay(seed) < 0.01, "seed {seed}: {}", decay(seed));
        let wide = OdeBlock::new(Mlp::new([2, 20, 20, 2], Activation::Tanh).unwrap(), Tableau::radau_iia(2).unwrap());
        let fit = Trainer::new(wide).seed(seed).fit(&few).unwrap();
        assert!(error(&fit) < 0.05, "seed {seed}: {}", error(&fit));
    }
}
