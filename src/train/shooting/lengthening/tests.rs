use super::windows::thinned;
use super::*;
use crate::data::{Standardisation, Trajectories, Trajectory};
use crate::field::{Activation, Mlp};
use crate::network::MeanSquare;
use crate::{OdeBlock, Tableau};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn all(samples: &[usize]) -> Minibatch<'_> {
    Minibatch { samples, epoch: 0, first: 0 }
}

/// Two records of unequal length and spacing.
fn data(states: impl Fn(&[f64]) -> Vec<f64>) -> Trajectories {
    let times = [vec![0.0, 0.3, 0.5, 1.1, 1.2], vec![0.0, 0.2, 0.9]];
    let record = |(k, times): (usize, &Vec<f64>)| Trajectory::new(k.to_string(), times.clone(), states(times)).unwrap();
    Trajectories::new(["x", "y"], times.iter().enumerate().map(record).collect()).unwrap()
}

fn network(scheme: Tableau) -> OdeBlock<Mlp> {
    OdeBlock::new(Mlp::new([2, 5, 2], Activation::Tanh).unwrap(), scheme).step_size(0.25)
}

#[test]
fn gradients_are_those_of_the_discrete_adjoint() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let data = data(|times| times.iter().flat_map(|t| [t.cos(), (2.0 * t).sin()]).collect());
    for scheme in [Tableau::heun(), Tableau::radau_iia(2).unwrap(), Tableau::sdirk2(), Tableau::gauss(2).unwrap()] {
        let block = network(scheme);
        let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
        let settings = Settings { shooting: Shooting::SingleShooting, weight_decay: Some(0.0), ..Settings::default() };
        let mut objective = Lengthening::<f64>::new(&settings, &block, &observations, None);
        // As errors count in the mean square itself.
        objective.records.deviations.fill(1.0);
        let params: Vec<f64> = block.init(&mut rng);
        let mut gradient = vec![0.0; params.len()];
        let value = objective.value_and_grad(all(&[0, 1]), &params, &mut gradient).unwrap().total;
        let expected = block.value_and_grad(&params, &data, &MeanSquare).unwrap();
        assert!((value - expected.value).abs() < 1e-12 * value, "{value} and {}", expected.value);
        let most = expected.params.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (found, expected) in gradient.iter().zip(&expected.params) {
            assert!((found - expected).abs() < 1e-10 * most, "{found} and {expected}");
        }
        let squares = objective.squares().unwrap().sum_of_squares(all(&[0, 1]), &params).unwrap();
        assert!((squares - value).abs() < 1e-14);
        let alone = objective.value(all(&[0, 1]), &params).unwrap().total;
        assert!((alone - value).abs() < 1e-14);
    }
}

#[test]
fn jacobians_are_those_of_the_residuals() {
    let block = network(Tableau::radau_iia(2).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let params: Vec<f64> = block.init(&mut rng);
    // What the network predicts itself: without residuals, second differences are those of the squares of products with J.
    let observed = data(|times| {
        let mut grid = crate::network::Grid::new();
        block.step_through(&mut grid, times.iter().copied()).unwrap();
        block.forward(&params, &grid, &[0.4, -0.3]).unwrap().sample(0).to_vec()
    });
    let observations = Observations::new(&block, &observed, &Standardisation::identity(2)).unwrap();
    for (shooting, stage) in [(Shooting::SingleShooting, Stage::Last), (Shooting::Lengthening, Stage::Before(2))] {
        let settings =
            Settings { shooting, learned_starts: Some(true), weight_decay: Some(0.0), ..Settings::default() };
        let mut objective = Lengthening::<f64>::new(&settings, &block, &observations, Some(params.clone()));
        let mut unknowns = objective.start(&mut rng).unwrap();
        objective.enter(stage, &mut unknowns);
        let mut equations = NormalEquations::new(unknowns.len());
        objective.normal_equations(all(&[0, 1]), &unknowns, &mut equations).unwrap();
        assert!(equations.sum_of_squares() < 1e-18);
        let diagonal = equations.diagonal();
        for (i, expected) in diagonal.iter().enumerate() {
            let mut at = |difference: f64| {
                let mut moved = unknowns.clone();
                moved[i] += difference;
                objective.sum_of_squares(all(&[0, 1]), &moved).unwrap()
            };
            let found = (at(1e-4) + at(-1e-4) - 2.0 * at(0.0)) / 2e-8;
            assert!((found - expected).abs() < 1e-5 * diagonal[0].max(found), "{i}: {found} and {expected}");
        }
        // Starts are unknowns of whole records alone.
        assert_eq!(diagonal[params.len()..].iter().all(|x| *x > 0.0), stage == Stage::Last);
    }
}

#[test]
fn weights_count_as_much_as_the_data_have_it() {
    let block = network(Tableau::rk4());
    let data = data(|times| times.iter().flat_map(|t| [t.cos(), t * t]).collect());
    let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let params: Vec<f64> = block.init(&mut rng);
    let square: f64 = params.iter().map(|p| p * p).sum();
    let settings = |weight_decay| Settings { weight_decay, ..Settings::default() };
    let evaluated = |weight_decay: Option<f64>| {
        let mut objective = Lengthening::<f64>::new(&settings(weight_decay), &block, &observations, None);
        let mut gradient = vec![0.0; params.len()];
        let value = objective.value_and_grad(all(&[0, 1]), &params, &mut gradient).unwrap();
        let again = objective.sum_of_squares(all(&[0, 1]), &params).unwrap();
        assert!((again - value.total).abs() < 1e-14 * again, "{again} and {}", value.total);
        (value, gradient)
    };
    let (plain, slopes) = evaluated(Some(0.0));
    let (decayed, gradient) = evaluated(Some(0.5));
    assert!((decayed.total - plain.total - 0.5 * square).abs() < 1e-12 * square);
    for ((found, plain), p) in gradient.iter().zip(slopes).zip(&params) {
        assert!((found - plain - p).abs() < 1e-12, "{found} and {plain} + {p}");
    }
    // Twelve numbers cannot determine more unknowns than that.
    let (heard, _) = evaluated(None);
    assert!(heard.total > plain.total);
    assert!((0.0..=12.0).contains(&heard.determined.unwrap()), "{heard:?}");
}

#[test]
fn slopes_are_matched_by_their_derivatives() {
    let block = network(Tableau::rk4());
    let data = data(|times| times.iter().flat_map(|t| [t.cos(), -t.sin()]).collect());
    let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
    let settings = Settings { weight_decay: Some(0.01), ..Settings::default() };
    let mut objective = Lengthening::<f64>::new(&settings, &block, &observations, None);
    objective.stage = MATCHING;
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let params: Vec<f64> = block.init(&mut rng);
    let mut gradient = vec![0.0; params.len()];
    objective.value_and_grad(all(&[0, 1]), &params, &mut gradient).unwrap();
    for i in 0..params.len() {
        let mut at = |difference: f64| {
            let mut moved = params.clone();
            moved[i] += difference;
            objective.sum_of_squares(all(&[0, 1]), &moved).unwrap()
        };
        let found = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((found - gradient[i]).abs() < 1e-8 * (1.0 + found.abs()), "{i}: {found} and {}", gradient[i]);
    }
}

#[test]
fn steps_fit_the_interval_and_the_field() {
    let mut block = network(Tableau::radau_iia(2).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let params: Vec<f64> = (0..27).map(|_| rng.random_range(-2.0..2.0)).collect();
    let data = data(|times| times.iter().flat_map(|t| [t.cos(), -t.sin()]).collect());
    let mut before = 0;
    for accuracy in [1e-2, 1e-4, 1e-6] {
        block = block.accuracy(accuracy);
        let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
        let mut objective = Lengthening::<f64>::new(&Settings::default(), &block, &observations, None);
        assert!(objective.records.steps.iter().flatten().all(|&count| count == 1));
        objective.fit_steps(&params);
        let steps = objective.records.steps.concat();
        let count: usize = steps.iter().sum();
        assert!(count > before, "{steps:?}");
        before = count;
        // Twice as many change the ends of intervals by no more than that.
        let finer = |factor: usize| {
            let mut ends = Vec::new();
            for (trajectory, counts) in objective.records.steps.iter().enumerate() {
                for first in 0..counts.len() {
                    let window =
                        Piece { window: Window { trajectory, first, last: first + 1 }, start: None, next: None };
                    let steps = |_: &Window, j: usize| factor * counts[j];
                    let end = |_, state: &[f64]| ends.extend_from_slice(state);
                    objective.passage(&params).shoot(&[window], None, steps, end).unwrap();
                }
            }
            ends
        };
        let worst = finer(1).iter().zip(finer(2)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1.5 * accuracy, "{worst} of {accuracy}");
    }
}

#[test]
fn few_of_many_are_spread_evenly() {
    let kept = thinned((0..100_000).collect(), 20_000, |_| 1);
    assert!((19_000..=20_001).contains(&kept.len()), "{}", kept.len());
    assert!(kept.windows(2).all(|pair| (4..=6).contains(&(pair[1] - pair[0]))));
    assert_eq!(thinned(vec![7, 8], 20_000, |_| 1), [7, 8]);
}

/// Two records, of 20 and 9 intervals.
fn long_records() -> Trajectories {
    let record = |k: usize, count: usize| {
        let times: Vec<f64> = (0..=count).map(|j| 0.1 * j as f64 + 0.01 * (j * j % 3) as f64).collect();
        let states = times.iter().flat_map(|t| [(3.0 * t).cos(), (k as f64 - 2.0 * t).sin()]).collect();
        Trajectory::new(k.to_string(), times, states).unwrap()
    };
    Trajectories::new(["x", "y"], vec![record(0, 20), record(1, 9)]).unwrap()
}

#[test]
fn windows_double_then_join_then_are_whole() {
    let (block, data) = (network(Tableau::rk4()), long_records());
    let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
    let settings = Settings { shooting: Shooting::Lengthening, ..Settings::default() };
    let objective = Lengthening::<f64>::new(&settings, &block, &observations, None);
    let (mut stages, mut at) = (Vec::new(), Turn { epoch: 0, stage: None, epochs_in_stage: 0, settled: false });
    loop {
        let stage = objective.stage(at);
        at = Turn { epoch: at.epoch + 1, stage: Some(stage), epochs_in_stage: 1, settled: true };
        let Stage::Before(number) = stage else { break };
        stages.push((number, objective.weight_of_gaps(stage)));
    }
    let expected = [0, 1, 2, 4, 8].map(|length| (length, None));
    let joint = [(20, Some(1.0)), (21, Some(10.0)), (22, Some(100.0)), (23, Some(1000.0))];
    assert_eq!(stages, expected.into_iter().chain(joint).collect::<Vec<_>>());
    let most = objective.most_epochs_left(Turn { epoch: 1, stage: Some(MATCHING), epochs_in_stage: 0, settled: false });
    let by_stage = |stage| objective.most_epochs(stage);
    let all = by_stage(MATCHING) + 8 * by_stage(Stage::Before(1)) + by_stage(Stage::Last);
    assert_eq!(most, Some(all));
}

#[test]
fn joined_windows_have_starts_and_gaps() {
    let (block, data) = (network(Tableau::radau_iia(2).unwrap()), long_records());
    let observations = Observations::new(&block, &data, &Standardisation::identity(2)).unwrap();
    for learned in [false, true] {
        let settings = Settings {
            learned_starts: Some(learned),
            weight_decay: Some(0.0),
            shooting: Shooting::Lengthening,
            ..Settings::default()
        };
        let mut objective = Lengthening::<f64>::new(&settings, &block, &observations, None);
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let mut unknowns = objective.start(&mut rng).unwrap();
        let lasting = unknowns.len();
        objective.enter(Stage::Before(21), &mut unknowns);
        let state = |record: usize, k: usize| data.iter().nth(record).unwrap().state(k).to_vec();
        // Two inner starts of the first record, and one of the second, as observed.
        assert_eq!(unknowns[lasting..].to_vec(), [state(0, 8), state(0, 16), state(1, 8)].concat());
        unknowns[lasting..].iter_mut().for_each(|x| *x += rng.random_range(-0.1..0.1));
        let mut gradient = vec![0.0; unknowns.len()];
        let value = objective.value_and_grad(all(&[0, 1]), &unknowns, &mut gradient).unwrap().total;
        let same = objective.sum_of_squares(all(&[0, 1]), &unknowns).unwrap();
        assert!((value - same).abs() < 1e-12 * value);
        for i in 0..unknowns.len() {
            let mut at = |difference: f64| {
                let mut moved = unknowns.clone();
                moved[i] += difference;
                objective.sum_of_squares(all(&[0, 1]), &moved).unwrap()
            };
            let found = (at(1e-6) - at(-1e-6)) / 2e-6;
            let error = (found - gradient[i]).abs();
            assert!(error < 1e-6 * (value + found.abs()), "{i}: {found} and {}", gradient[i]);
        }
        // These starts do not outlast the stage.
        objective.enter(Stage::Last, &mut unknowns);
        assert_eq!(unknowns.len(), lasting);
    }
}
