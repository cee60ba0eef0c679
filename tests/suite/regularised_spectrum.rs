//! Regularisers of fields with a controlled spectrum: the field is penalised as it is integrated, with its effective
//! parameters, and the variation is that of the learned ones.

use kutta::data::{Trajectories, Trajectory};
use kutta::field::{Activation, Bounded, Dimensions, Field, Layered, Mlp, Normalised, Norms, Shares, Spectrum};
use kutta::network::{OdeBlock, States};
use kutta::regularisation::{Estimator, Penalties, ProbeKind};
use kutta::train::{Adam, MeanSquare, Model, Settings, Trainer, Validation};
use kutta::{Error, Regularisation, Tableau};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Bound = Bounded<Normalised<Mlp>>;

fn field(split: Shares, norms: Norms) -> Bound {
    let net = Mlp::new([2, 4, 4, 2], Activation::Tanh).unwrap();
    let inner = net.normalised(1.0).unwrap().with_shares(split).unwrap().with_norms(norms);
    Bounded::new(inner, Spectrum::new(-25.0, -15.0).unwrap())
}

fn block<F: Field<f64>>(field: F, scheme: Tableau) -> OdeBlock<F> {
    OdeBlock::new(field, scheme).steps(3).step_size(0.1).per_step(0.0)
}

/// Everything at once, of like size.
fn everything(estimator: Estimator) -> Regularisation {
    Regularisation { divergence: 0.02, jacobian: 3e-3, kinetic: 1e-3, variation: 0.05, estimator, ..Default::default() }
}

const ESTIMATORS: [Estimator; 2] = [Estimator::Exact, Estimator::Hutchinson { probes: 2, kind: ProbeKind::Gaussian }];

const STARTS: [[f64; 2]; 3] = [[0.8, -0.3], [0.1, 1.2], [-0.5, 0.4]];

/// Large enough for all norms to be scaled.
fn learned(count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    (0..count).map(|_| rng.random_range(-1.5..1.5)).collect()
}

fn squares(path: &States<f64>, bar: &mut States<f64>) -> f64 {
    bar.as_mut_slice().iter_mut().zip(path.as_slice()).for_each(|(bar, y)| *bar = 2.0 * y);
    path.as_slice().iter().map(|y| y * y).sum()
}

#[test]
fn the_effective_field_is_penalised_and_the_variation_of_what_is_learned() {
    let normalised = block(field(Shares::Even, Norms::Exact), Tableau::implicit_midpoint());
    let inside = Bounded::new(normalised.field().inner().inner().clone(), normalised.field().spectrum());
    let plain = block(inside, Tableau::implicit_midpoint());
    let params = learned(normalised.param_count());
    let effective = normalised.effective(&params).unwrap();
    assert_ne!(effective, params);
    for estimator in ESTIMATORS {
        let of = everything(estimator);
        let found = normalised.regularised_by(of).value_and_grad_of(&params, 0.0, &STARTS, squares).unwrap();
        let inside = plain.regularised_by(of).value_and_grad_of(&effective, 0.0, &STARTS, squares).unwrap();
        let sets: Vec<&[f64]> = params.chunks_exact(normalised.field().param_count()).collect();
        let change = |pair: &[&[f64]]| pair[0].iter().zip(pair[1]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let variation = 0.05 / 3.0 * sets.windows(2).map(change).sum::<f64>();
        assert!((found.penalties.variation - variation).abs() < 1e-14 * variation, "{variation}");
        assert!((inside.penalties.variation - variation).abs() > 0.1 * variation);
        // The rest is that of the field inside, bit for bit.
        let rest = |penalties: &Penalties| Penalties { variation: 0.0, ..*penalties };
        assert_eq!(rest(&found.penalties), rest(&inside.penalties));
        assert_eq!(found.starts, inside.starts);
    }
}

/// Every component of the gradient, with parameters of every step, against central differences.
#[test]
fn gradients_of_a_regularised_loss() {
    for split in [Shares::Even, Shares::Free] {
        for (scheme, estimator) in [Tableau::implicit_midpoint(), Tableau::sdirk2()].into_iter().zip(ESTIMATORS) {
            let block = block(field(split.clone(), Norms::Exact), scheme);
            let block = block.regularised_by(everything(estimator));
            let at = |params: &[f64]| block.value_and_grad_of(params, 0.0, &STARTS, squares).unwrap();
            let params = learned(3 * 42);
            let gradient = at(&params);
            let parts = gradient.penalties;
            for part in [parts.divergence.abs(), parts.jacobian, parts.kinetic, parts.variation] {
                assert!(part > 1e-3 * gradient.value.abs(), "{parts:?} of {}", gradient.value);
            }
            for k in 0..params.len() {
                let difference = |h: f64| {
                    let shifted = |h: f64| {
                        let mut params = params.clone();
                        params[k] += h;
                        at(&params).value
                    };
                    (shifted(h) - shifted(-h)) / (2.0 * h)
                };
                let expected = (4.0 * difference(5e-5) - difference(1e-4)) / 3.0;
                assert!((expected - gradient.params[k]).abs() < 1e-8, "{k}: {expected} and {}", gradient.params[k]);
            }
        }
    }
}

/// `z' = -20 (z - cos t)` with a second, slower component; 8 trajectories.
fn records() -> Trajectories {
    let record = |k: usize| {
        let (mut y, h) = ([k as f64 / 4.0 - 0.5, 1.0], 1e-3);
        let mut states = y.to_vec();
        for n in 0..300 {
            let t = h * n as f64;
            y = [y[0] - h * 20.0 * (y[0] - t.cos()), y[1] - h * 17.0 * (y[1] - 0.5 * y[0])];
            if n % 100 == 99 {
                states.extend(y);
            }
        }
        Trajectory::new(k.to_string(), vec![0.0, 0.1, 0.2, 0.3], states).unwrap()
    };
    Trajectories::new(["fast", "slow"], (0..8).map(record).collect()).unwrap()
}

fn trainer(norms: Norms, estimator: Estimator) -> Trainer<Bound, MeanSquare> {
    let block = block(field(Shares::Even, norms), Tableau::implicit_midpoint());
    Trainer::new(block).settings(Settings::plain()).optimizer(Adam::new(0.02)).regularised_by(everything(estimator))
}

#[test]
fn a_model_so_trained_is_saved_and_predicts_the_same_bits() {
    let data = records();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    // Power iteration lags behind parameters that move, so that training sees fields a little too steep.
    for (norms, tolerance) in [(Norms::Exact, 1e-12), (Norms::PowerIteration(1), 0.02)] {
        let fit = trainer(norms, Estimator::Exact).epochs(120).fit(&data).unwrap();
        let rows = &fit.history.epochs;
        assert!(rows[119].loss < rows[0].loss, "{} to {}", rows[0].loss, rows[119].loss);
        assert!(rows.iter().all(|row| row.penalties.is_some_and(|parts| parts.jacobian > 0.0)));
        // What training minimised is what the network's regularised loss says of the model.
        let of_model = fit.model.block().regularised_by(everything(Estimator::Exact));
        let value = of_model.value_and_grad(fit.model.params(), &data, &MeanSquare).unwrap().value;
        let least = rows.iter().map(|row| row.loss).fold(f64::INFINITY, f64::min);
        assert!(value <= least + tolerance * least.abs(), "{norms:?}: {value} and {least}");
        for [re, im] in fit.model.eigenvalues(data.trajectory(3)).unwrap().concat() {
            assert!((re + 20.0).hypot(im) <= 5.0 + 1e-9, "{re} {im}");
        }
        fit.model.save(&path).unwrap();
        let back = Model::<Bound>::load(&path).unwrap();
        assert_eq!(back, fit.model);
        let bits = |model: &Model<Bound>| {
            let path = model.predict(0.0, &[0.4, 0.6], &[0.1, 0.25, 0.3]).unwrap();
            let flow = model.flow(0.0, &[0.4, 0.6], &[0.3], 1e-6).unwrap();
            let all = [path.states(), flow.states(), &model.derivative(0.05, &[0.1, 0.2]).unwrap()].concat();
            all.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&back), bits(&fit.model));
    }
}

/// Norms that are remembered from step to step, and probes that are drawn anew for each.
#[test]
fn training_resumes_bit_for_bit() {
    let data = records();
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("checkpoint.json");
    let trainer = || {
        let trainer = trainer(Norms::PowerIteration(1), ESTIMATORS[1]).batch_size(3).seed(2);
        trainer.validation(Validation::Trajectories(0.25)).validate_every(3)
    };
    let whole = trainer().epochs(20).fit(&data).unwrap();
    trainer().epochs(9).checkpoint(&checkpoint, 100).fit(&data).unwrap();
    let resumed = trainer().epochs(20).resume(&checkpoint).fit(&data).unwrap();
    assert_eq!(resumed.model, whole.model);
    let other = trainer().regularised_by(Regularisation::default()).resume(&checkpoint).fit(&data);
    assert!(matches!(other.map_err(Error::from), Err(Error::InvalidArgument { .. } | Error::Parse { .. })));
}

#[test]
fn a_pass_back_needs_a_pass_forward() {
    let block = block(field(Shares::Even, Norms::Exact), Tableau::implicit_midpoint());
    let params = learned(block.param_count());
    let mut unrolled = block.unroll::<f64>(&block.grid(0.0, 1).unwrap()).unwrap();
    let error = unrolled.regularise(&params, everything(Estimator::Exact)).unwrap_err().to_string();
    assert_eq!(error, "the forward pass has 0 parameters, expected 126");
    assert!(unrolled.forward(&[f64::NAN; 126], &[0.5, 0.5]).is_err());
}
