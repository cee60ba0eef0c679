//! Learning what images show.

use crate::common::derivative;
use crate::training::bits;
use kutta::data::Images;
use kutta::field::{Activation, Bounded, Field, Layered, Mlp, Normalised};
use kutta::network::{Affine, Layer, OdeBlock, Sequential};
use kutta::regularisation::{Estimator, ProbeKind};
use kutta::solve::StageSolver;
use kutta::train::{Adam, Attack, Classification, Classifier, Minibatch, Objective, Session, Settings};
use kutta::{Error, Number, Real, Regularisation, Tableau, VectorField};
use proptest::prelude::*;

/// By random probes.
const SAMPLED: Estimator = Estimator::Hutchinson { probes: 2, kind: ProbeKind::Rademacher };

/// From two by two pixels to three classes, through implicit steps between, of a field with a bounded spectrum.
fn network<T: Real>(theta: f64) -> Sequential<T>
where
    Bounded<Normalised<Mlp>>: Field<T>,
{
    let scheme = Tableau::by_name(&format!("one_leg_theta_{theta}")).unwrap();
    let solver = StageSolver { tolerance: Some(1e-12f64.max(T::EPSILON.to_f64())), ..StageSolver::default() };
    let field = Mlp::new([3, 4, 3], Activation::Tanh).unwrap().with_spectrum(-3.0, 1.0).unwrap();
    let block = OdeBlock::new(field, scheme).steps(2).step_size(0.5).solved_by(solver);
    Sequential::new([Box::new(Affine::new(4, 3)) as _, Box::new(block) as _, Box::new(Affine::new(3, 3)) as _]).unwrap()
}

/// Images one of whose first three pixels is clearly the brightest, and their class: separable.
fn brightest(count: usize) -> Images {
    let pixel = |k: usize| (0.5 + 0.5 * (12.9898 * (k + 1) as f64).sin()) as f32;
    let image = |n: usize| [0, 1, 2, 3].map(|i| pixel(4 * n + i));
    let order = |image: &[f32; 4]| {
        let mut order = [0, 1, 2];
        order.sort_by(|&i, &j| image[j].total_cmp(&image[i]));
        order
    };
    let is_clear = |image: &[f32; 4]| image[order(image)[0]] - image[order(image)[1]] > 0.1;
    let images: Vec<_> = (0..).map(image).filter(is_clear).take(count).collect();
    let labels = images.iter().map(|image| order(image)[0]).collect();
    Images::new([2, 2], images.concat(), labels, 3).unwrap()
}

fn adam(rate: f64) -> Settings {
    Settings { optimizer: Adam::new(rate).into(), batch_size: Some(16), seed: 3, ..Settings::plain() }
}

fn trained<T: Real>(mut session: Session<'_, T>) -> (Vec<T>, kutta::train::History) {
    while !session.is_over() {
        session.epoch().unwrap();
    }
    session.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_gradient_is_that_of_the_values(
        theta in prop::sample::select(vec![0.0, 0.5, 1.0]), count in 1usize..150, divergence in -0.5..0.5f64,
        estimator in prop::sample::select(vec![Estimator::Exact, SAMPLED]),
        params in prop::collection::vec(-1.0..1.0f64, 60), along in prop::collection::vec(-1.0..1.0f64, 60),
        noise in prop::sample::select(vec![0.0, 0.2]),
    ) {
        let (network, images) = (network::<f64>(theta), brightest(150));
        let (params, along) = (&params[..network.param_count()], &along[..network.param_count()]);
        let regularisation = Regularisation { divergence, jacobian: 0.1, estimator, ..Regularisation::default() };
        let fresh = || {
            let objective = Classification::new(&network, &images).unwrap();
            objective.regularised_by(regularisation).noisy(noise).seeded(5)
        };
        let samples: Vec<usize> = (0..count).map(|k| (7 * k) % 150).collect();
        let batch = Minibatch { samples: &samples, epoch: 2, first: 0 };
        let mut gradient = vec![0.0; params.len()];
        let found = fresh().value_and_grad(batch, params, &mut gradient).unwrap();
        let slope: f64 = gradient.iter().zip(along).map(|(g, a)| g * a).sum();
        let (difference, off) = derivative(|step| {
            let moved: Vec<f64> = params.iter().zip(along).map(|(x, a)| x + step * a).collect();
            fresh().value_and_grad(batch, &moved, &mut moved.clone()).unwrap().total
        });
        prop_assert!((difference - slope).abs() < 1e-7 * slope.abs().max(1.0) + 10.0 * off, "{difference}, {slope}");
        if noise == 0.0 {
            prop_assert_eq!(fresh().value(batch, params).unwrap(), found);
        }
    }
}

#[test]
fn the_value_is_the_mean_cross_entropy() {
    let (network, images) = (network::<f64>(0.5), brightest(130));
    let params: Vec<f64> = (0..network.param_count()).map(|k| (k as f64).sin()).collect();
    let mut objective = Classification::new(&network, &images).unwrap();
    let samples: Vec<usize> = (0..130).collect();
    let value = objective.value(Minibatch { samples: &samples, epoch: 0, first: 0 }, &params).unwrap().total;
    let classifier = Classifier::new(&network, params).unwrap();
    let probabilities = classifier.probabilities(&images).unwrap();
    assert!(probabilities.iter().all(|p| (p.iter().sum::<f64>() - 1.0).abs() < 1e-14));
    let mean = probabilities.iter().zip(images.labels()).map(|(p, &label)| -p[label].ln()).sum::<f64>() / 130.0;
    assert!((value - mean).abs() < 1e-12, "{value} and {mean}");
    // What a regulariser adds is told.
    let mut objective = objective.regularised_by(Regularisation { jacobian: 2.0, ..Regularisation::default() });
    let found = objective.value(Minibatch { samples: &samples, epoch: 0, first: 0 }, classifier.params()).unwrap();
    let penalties = found.penalties.unwrap();
    assert!(penalties.jacobian > 0.0 && (found.total - mean - penalties.total()).abs() < 1e-12);
    assert_eq!(found.work.solves, 2 * 130);
}

#[test]
fn what_is_separable_is_learned() {
    let images = brightest(100);
    for theta in [0.0, 0.5, 1.0] {
        let network = network::<f32>(theta);
        let mut objective = Classification::new(&network, &images).unwrap();
        let (params, history) = trained(Session::new(&adam(0.03), 300, &mut objective).unwrap());
        let classifier = Classifier::new(&network, params).unwrap();
        assert_eq!(classifier.accuracy(&images).unwrap(), 1.0, "θ = {theta}");
        assert!(history.epochs[299].loss < 0.1 * history.epochs[0].loss);
    }
}

#[test]
fn threads_change_no_bit() {
    let (images, held_out) = (brightest(200), brightest(90));
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let network = network::<f32>(0.5);
            let mut objective =
                Classification::new(&network, &images).unwrap().noisy(0.1).attacked(Attack::pgd(0.05, 2));
            let mut judge = Classification::new(&network, &held_out).unwrap();
            let settings = Settings { batch_size: Some(150), ..adam(0.03) };
            let session = Session::new(&settings, 5, &mut objective).unwrap().judged_by(&mut judge);
            let (params, history) = trained(session);
            let attacked = Classifier::new(&network, params.clone()).unwrap().attacked(&images, &Attack::pgd(0.1, 3));
            (params, bits(&history), attacked.unwrap())
        })
    };
    let one = by(1);
    assert!(one == by(2) && one == by(3));
}

#[test]
fn training_goes_on_from_a_checkpoint_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    let (images, held_out, others) = (brightest(100), brightest(40), brightest(99));
    let (network, narrower) = (network::<f32>(0.5), Affine::new(4, 3));
    let by = Regularisation { divergence: 0.1, estimator: SAMPLED, ..Regularisation::default() };
    let fresh = |images| Classification::new(&network, images).unwrap().regularised_by(by).noisy(0.2).seeded(4);
    let (mut objective, mut judge) = (fresh(&images), fresh(&held_out));
    let (whole, history) = trained(Session::new(&adam(0.03), 8, &mut objective).unwrap().judged_by(&mut judge));
    let (mut objective, mut judge) = (fresh(&images), fresh(&held_out));
    let mut session = Session::new(&adam(0.03), 8, &mut objective).unwrap().judged_by(&mut judge);
    (0..3).for_each(|_| session.epoch().unwrap());
    session.save(&path).unwrap();
    let (mut objective, mut judge) = (fresh(&images), fresh(&held_out));
    let session = Session::new(&adam(0.03), 8, &mut objective).unwrap().judged_by(&mut judge).resume(&path).unwrap();
    let (found, rows) = trained(session);
    assert_eq!((found, bits(&rows)), (whole, bits(&history)));
    // Other noise, other images, another network: another objective.
    for mut other in [
        fresh(&images).noisy(0.1),
        fresh(&images).attacked(Attack::fgsm(0.1)),
        fresh(&others),
        fresh(&images).seeded(5),
        fresh(&images).named("another"),
        fresh(&images).regularised_by(Regularisation::default()),
        Classification::new(&narrower, &images).unwrap().regularised_by(by).noisy(0.2).seeded(4),
    ] {
        let error = Session::new(&adam(0.03), 8, &mut other).unwrap().resume(&path).err().unwrap().to_string();
        assert!(error.contains("objective was"), "{error}");
    }
}

#[test]
fn images_of_another_size_or_of_other_classes_are_refused() {
    let (network, images) = (Affine::new(4, 3), brightest(5));
    let wide = Images::new([1, 5], vec![0.0; 5], vec![0], 3).unwrap();
    let two = Images::new([2, 2], vec![0.0; 4], vec![0], 2).unwrap();
    let told = |images| Classification::<f32>::new(&network, images).err().unwrap().to_string();
    assert_eq!(told(&wide), "the size of the images is 1 × 5, expected 4 pixels, as many as the network has inputs");
    assert_eq!(told(&two), "the network has 3 outputs, expected 2");
    let classifier = Classifier::<f32>::new(&network, vec![0.0; 15]).unwrap();
    assert!(matches!(classifier.accuracy(&wide), Err(Error::InvalidArgument { .. })));
    assert!(matches!(classifier.probabilities(&two), Err(Error::ShapeMismatch { .. })));
    assert!(matches!(Classifier::<f32>::new(&network, vec![0.0; 14]), Err(Error::ShapeMismatch { found: 14, .. })));
    let mut initial = Classification::<f32>::new(&network, &images).unwrap().starting_from(vec![0.0; 14]);
    assert!(Session::new(&adam(0.1), 1, &mut initial).is_err());
    let attack = Attack { radius: f64::NAN, ..Attack::fgsm(0.1) };
    assert!(classifier.attacked(&images, &attack).unwrap_err().to_string().contains("an attack's radius is NaN"));
    let mut attacked = Classification::<f32>::new(&network, &images).unwrap().attacked(attack);
    assert!(Session::new(&adam(0.1), 1, &mut attacked).is_err());
    let mut noisy = Classification::<f32>::new(&network, &images).unwrap().noisy(-1.0);
    assert!(Session::new(&adam(0.1), 1, &mut noisy).is_err());
}

#[test]
fn of_equal_outputs_the_class_that_comes_first_is_first() {
    // All outputs are zero.
    let (network, images) = (Affine::new(4, 3), brightest(60));
    let classifier = Classifier::<f32>::new(&network, vec![0.0; 15]).unwrap();
    assert_eq!(classifier.ranks(&images).unwrap(), images.labels());
    let share = |k: usize| images.labels().iter().filter(|&&label| label < k).count() as f64 / 60.0;
    for k in 0..=4 {
        assert_eq!(classifier.top_k(&images, k).unwrap(), share(k.min(3)));
    }
    assert_eq!(classifier.probabilities(&images).unwrap()[7], [1.0 / 3.0; 3]);
}

#[test]
fn attacks_stay_within_their_bounds_and_deceive() {
    let (network, images) = (network::<f64>(0.5), brightest(100));
    let mut objective = Classification::new(&network, &images).unwrap();
    let (params, _) = trained(Session::new(&adam(0.03), 100, &mut objective).unwrap());
    let classifier = Classifier::new(&network, params).unwrap();
    let clean = classifier.accuracy(&images).unwrap();
    let fooled = |attack: Attack| {
        let changed = classifier.attacked(&images, &attack).unwrap();
        for (new, old) in changed.pixels().iter().zip(images.pixels()) {
            assert!((new - old).abs() <= 0.2 + 1e-6 && (0.0..=1.0).contains(new), "{old} became {new}");
        }
        classifier.accuracy(&changed).unwrap()
    };
    let (fgsm, pgd) = (fooled(Attack::fgsm(0.2)), fooled(Attack::pgd(0.2, 10)));
    assert!(clean > 0.95 && fgsm < clean - 0.1 && pgd <= fgsm + 0.02, "{clean}, {fgsm}, {pgd}");
    // Chance does not deceive as an attack does.
    let shift = |k: usize| if k.is_multiple_of(3) { 0.2 } else { -0.2 };
    let pixels = images.pixels().iter().enumerate().map(|(k, x)| (x + shift(k)).clamp(0.0, 1.0)).collect();
    assert!(classifier.accuracy(&images.with_pixels(pixels).unwrap()).unwrap() > fgsm);
    assert_eq!(classifier.attacked(&images, &Attack::fgsm(0.0)).unwrap(), images);
    // Pixels that are out of range already move inwards, or stay.
    let noisy = images.with_noise(0.5, 1).unwrap();
    let changed = classifier.attacked(&noisy, &Attack::pgd(0.1, 3)).unwrap();
    for (new, old) in changed.pixels().iter().zip(noisy.pixels()) {
        assert!((new - old).abs() <= 0.1 + 1e-6 && *new <= old.max(1.0) && *new >= old.min(0.0), "{old} became {new}");
    }
}

#[test]
fn training_on_attacked_images_makes_attacks_harder() {
    let (network, images) = (network::<f32>(0.5), brightest(100));
    let robust = |attack: Option<Attack>| {
        let objective = Classification::new(&network, &images).unwrap();
        let mut objective = match attack {
            Some(attack) => objective.attacked(attack),
            None => objective,
        };
        let (params, _) = trained(Session::new(&adam(0.03), 60, &mut objective).unwrap());
        let classifier = Classifier::new(&network, params).unwrap();
        let attacked = classifier.attacked(&images, &Attack::pgd(0.1, 10)).unwrap();
        classifier.accuracy(&attacked).unwrap()
    };
    let (with, without) = (robust(Some(Attack::pgd(0.1, 3))), robust(None));
    assert!(with > without, "{with} and {without}");
}

#[test]
fn classifiers_are_saved_and_loaded_with_their_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classifier.json");
    let (network, images) = (network::<f32>(0.5), brightest(20));
    let params: Vec<f32> = (0..network.param_count()).map(|k| (k as f32).sin()).collect();
    let classifier = Classifier::new(&network, params.clone()).unwrap();
    classifier.save(&path, "tiny").unwrap();
    let loaded = Classifier::load(&path, "tiny", &network).unwrap();
    assert_eq!(loaded.params(), params);
    assert_eq!(loaded.probabilities(&images).unwrap(), classifier.probabilities(&images).unwrap());
    let reason = |error: Error| match error {
        Error::Parse { reason, .. } => reason,
        other => panic!("{other}"),
    };
    let other = Classifier::load(&path, "large", &network).err().unwrap();
    assert_eq!(reason(other), "the parameters are of the network `tiny`, expected `large`");
    let affine = Affine::new(4, 3);
    let other = Classifier::<f32>::load(&path, "tiny", &affine).err().unwrap();
    assert!(reason(other).starts_with("the parameters are of the array `0.weight` [3, 4], expected `weight` [3, 4]"));
    let double = self::network::<f64>(0.5);
    let other = Classifier::load(&path, "tiny", &double).err().unwrap();
    assert_eq!(reason(other), "the parameters are of the precision f32, expected f64");
}

/// `ẏ = y²`, whose backward Euler step of size 1 exists from states up to ¼.
#[derive(Debug)]
struct Square;

impl VectorField for Square {
    fn dim(&self) -> usize {
        1
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
        dy[0] = y[0] * y[0];
    }
}

#[test]
fn images_without_a_solution_are_not_recognised_and_keep_no_other_from_it() {
    let block = OdeBlock::new(Square, Tableau::backward_euler());
    let network =
        Sequential::<f64>::new([Box::new(block) as Box<dyn Layer<f64>>, Box::new(Affine::new(1, 2))]).unwrap();
    // The first class is that of small numbers.
    let classifier = Classifier::new(&network, vec![-1.0, 1.0, 0.0977, -0.0977]).unwrap();
    for lost in [vec![], vec![1], vec![0], vec![0, 1, 2, 5], vec![149], (0..150).collect()] {
        let pixel = |k: usize| if lost.contains(&k) { 0.9 } else { 0.001 * k as f32 };
        let images = Images::new([1, 1], (0..150).map(pixel).collect(), vec![0; 150], 2).unwrap();
        let ranks = classifier.ranks(&images).unwrap();
        for (k, rank) in ranks.into_iter().enumerate() {
            let y = (1.0 - (1.0 - 0.004 * k as f64).max(0.0).sqrt()) / 2.0;
            let expected = if lost.contains(&k) { 2 } else { usize::from(y > 0.0977) };
            assert_eq!(rank, expected, "{k} of {lost:?}");
        }
        match classifier.probabilities(&images) {
            Err(Error::NotConverged { location, .. } | Error::Singular { location, .. }) => {
                assert_eq!(Some(&location.sample), lost.first());
            }
            Err(other) => panic!("{other}"),
            Ok(probabilities) => assert!(lost.is_empty() && probabilities.len() == 150),
        }
    }
}
