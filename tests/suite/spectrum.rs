//! Fields with a controlled spectrum: norms, normalisation, its gradient, and discs of eigenvalues.

use kutta::data::{Standardisation, Trajectories, Trajectory};
use kutta::field::{
    Activation, Bounded, Damped, Dense, Dimensions, Effective, Field, Input, Layered, LinearOperator, Mlp, Normalised,
    Norms, Purpose, Shares, Spectrum, WithInputs, leading_singular_vectors, power_iteration, spectral_norm,
};
use kutta::train::{Adam, Model, Settings, Trainer, Validation};
use kutta::{Error, OdeBlock, Real, Tableau};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn random<T: Real>(len: usize, size: f64, rng: &mut impl Rng) -> Vec<T> {
    (0..len).map(|_| T::constant(rng.random_range(-size..size))).collect()
}

/// A matrix among other parameters, of which some columns may be left out.
fn operator() -> impl Strategy<Value = (Dense, usize)> {
    (0..4_usize, 1..=12_usize, 1..=12_usize, 0..4_usize).prop_map(|(first, rows, columns, out)| {
        let matrix = Dense::new(first, rows, columns).first_columns((columns - out.min(columns - 1)).max(1));
        (matrix, first + rows * columns)
    })
}

fn activation() -> impl Strategy<Value = Activation> {
    proptest::sample::select(Activation::ALL.to_vec())
}

fn split() -> impl Strategy<Value = Shares> {
    prop_oneof![Just(Shares::Even), Just(Shares::Free), Just(Shares::Given(vec![0.3, 1.5, 0.4]))]
}

/// Power iteration against the exact norm.
fn check_norms<T: Real>(operator: Dense, count: usize, seed: u64, rounding: f64) {
    let mut rng = rng(seed);
    let mut params: Vec<T> = random(count, 2.0, &mut rng);
    let mut v: Vec<T> = random(operator.inputs(), 1.0, &mut rng);
    let mut u = vec![T::zero(); operator.outputs()];
    for iterations in [0, 1, 3] {
        // Without an iteration `v` need not be of norm one.
        let scale = v.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt();
        let scale = if iterations == 0 { scale } else { 1.0 };
        let estimate = power_iteration(&operator, &params, &mut v, &mut u, iterations).to_f64();
        let exact = spectral_norm(&operator, &params).to_f64();
        assert!(estimate <= scale * exact * (1.0 + rounding), "{estimate} of {exact}");
    }
    // Warm-started, while the matrix drifts and then stays, it is reached.
    for n in 0..3000 {
        if n < 50 {
            params.iter_mut().for_each(|p| *p += T::constant(rng.random_range(-1e-3..1e-3)));
        }
        power_iteration(&operator, &params, &mut v, &mut u, 1);
    }
    let estimate = power_iteration(&operator, &params, &mut v, &mut u, 1).to_f64();
    let exact = spectral_norm(&operator, &params).to_f64();
    assert!((estimate - exact).abs() <= 1e-3 * exact, "{estimate} of {exact}");
    // Started from the exact vectors, to rounding.
    let norm = leading_singular_vectors(&operator, &params, &mut v, &mut u).to_f64();
    assert!((norm - exact).abs() <= rounding * exact);
    let again = power_iteration(&operator, &params, &mut v, &mut u, 1).to_f64();
    assert!((again - exact).abs() <= 4.0 * rounding * exact, "{again} of {exact}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn power_iteration_approaches_the_norm_from_below((operator, count) in operator(), seed in any::<u64>()) {
        check_norms::<f64>(operator, count, seed, 1e-13);
        check_norms::<f32>(operator, count, seed, 2e-6);
    }

    /// `⟨u, A v⟩ = ⟨Aᵀ u, v⟩`, its derivative by the parameters, and the matrix column by column.
    #[test]
    fn operators_and_their_transposes_agree((operator, count) in operator(), seed in any::<u64>()) {
        let mut rng = rng(seed);
        let params: Vec<f64> = random(count, 2.0, &mut rng);
        let (v, u): (Vec<f64>, Vec<f64>) = (random(operator.inputs(), 1.0, &mut rng), random(operator.outputs(), 1.0, &mut rng));
        let (mut image, mut back) = (u.clone(), v.clone());
        operator.apply(&params, &v, &mut image);
        operator.apply_transposed(&params, &u, &mut back);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let product = dot(&u, &image);
        prop_assert!((product - dot(&back, &v)).abs() < 1e-12);
        let mut bar = vec![0.0; count];
        operator.add_outer(2.0, &u, &v, &mut bar);
        prop_assert!((2.0 * product - dot(&bar, &params)).abs() < 1e-12);
        let matrix = operator.matrix(&params);
        let column = |j: usize| &matrix[j * operator.outputs()..][..operator.outputs()];
        let by_columns: f64 = v.iter().enumerate().map(|(j, v)| v * dot(&u, column(j))).sum();
        prop_assert!((product - by_columns).abs() < 1e-12);
    }

    #[test]
    fn the_bound_holds(
        activation in activation(), split in split(), lipschitz in 0.2..3.0, size in 0.1..5.0, seed in any::<u64>(),
    ) {
        let field = Mlp::new([2, 6, 5, 2], activation).unwrap().normalised(lipschitz).unwrap();
        let field = match split {
            Shares::Given(bounds) => {
                let scale = (lipschitz / field.inner().slope() / 0.18).powf(1.0 / 3.0);
                field.with_shares(Shares::Given(bounds.iter().map(|b| b * scale * 0.9999).collect())).unwrap()
            }
            split => field.with_shares(split).unwrap(),
        };
        let mut rng = rng(seed);
        let params: Vec<f64> = random(field.param_count(), size, &mut rng);
        let mut effective = Effective::new();
        let bounded = effective.update(&field, &params, Purpose::Prediction).unwrap();
        let before = field.inner().lipschitz_bound(&params).unwrap();
        let after = field.inner().lipschitz_bound(bounded).unwrap();
        prop_assert!(after <= lipschitz * (1.0 + 1e-12), "{after} of {lipschitz}, {before} before");
        if let Shares::Free = field.shares() {
            prop_assert!((after - before.min(lipschitz)).abs() < 1e-12 * lipschitz);
            prop_assert!(before > lipschitz || bounded == params);
        }
        // The field's values differ by no more.
        for _ in 0..20 {
            let (x, y): (Vec<f64>, Vec<f64>) = (random(2, 3.0, &mut rng), random(2, 3.0, &mut rng));
            let (mut fx, mut fy) = ([0.0; 2], [0.0; 2]);
            field.inner().eval(bounded, &x, &mut fx);
            field.inner().eval(bounded, &y, &mut fy);
            let distance = |a: &[f64], b: &[f64]| (a[0] - b[0]).hypot(a[1] - b[1]);
            prop_assert!(distance(&fx, &fy) <= lipschitz * distance(&x, &y) * (1.0 + 1e-12));
        }
    }

    /// `⟨w̄, ∂γ̃ ẇ⟩` both ways, and against central differences.
    #[test]
    fn gradients_flow_through_the_norms(split in split(), lipschitz in 0.2..1.0, seed in any::<u64>()) {
        let split = match split {
            Shares::Given(_) => Shares::Given(vec![lipschitz, 2.0, 0.25]),
            split => split,
        };
        let field = Mlp::new([3, 4, 5, 3], Activation::Tanh).unwrap();
        let field = field.normalised(lipschitz).unwrap().with_shares(split).unwrap();
        let mut rng = rng(seed);
        let params: Vec<f64> = random(field.param_count(), 1.0, &mut rng);
        let dot: Vec<f64> = random(params.len(), 1.0, &mut rng);
        let bar: Vec<f64> = random(params.len(), 1.0, &mut rng);
        let of = |params: &[f64]| Effective::new().update(&field, params, Purpose::Prediction).unwrap().to_vec();
        let mut effective = Effective::new();
        effective.update(&field, &params, Purpose::Prediction).unwrap();
        let (mut pushed, mut pulled) = (dot.clone(), bar.clone());
        effective.push_forward(&field, &params, &mut pushed);
        effective.pull_back(&field, &params, &mut pulled);
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        prop_assert!((inner(&bar, &pushed) - inner(&pulled, &dot)).abs() < 1e-12);
        let step = 1e-6;
        let along = |h: f64| of(&params.iter().zip(&dot).map(|(p, d)| p + h * d).collect::<Vec<_>>());
        for ((up, down), pushed) in along(step).iter().zip(along(-step)).zip(&pushed) {
            prop_assert!(((up - down) / (2.0 * step) - pushed).abs() < 1e-6, "{} and {pushed}", (up - down) / (2.0 * step));
        }
    }

    #[test]
    fn eigenvalues_lie_in_the_disc(
        activation in activation(), alpha in -30.0..1.0, width in 0.1..20.0, size in 0.1..20.0, seed in any::<u64>(),
    ) {
        let inner = Mlp::new([4, 7, 7, 3], activation).unwrap();
        let field = WithInputs::new(inner, [Input::Time]).unwrap().with_spectrum(alpha, alpha + width).unwrap();
        check_disc::<f64, _>(field.clone(), size, seed, 1e-10);
        check_disc::<f32, _>(field, size, seed, 1e-4);
        let field = Mlp::new([3, 9, 3], activation).unwrap().with_spectrum(alpha, alpha + width).unwrap();
        check_disc::<f64, _>(field, size, seed, 1e-10);
    }
}

/// For random parameters and states, of three steps with parameters of their own.
fn check_disc<T: Real, F: Layered + Field<T>>(field: Bounded<Normalised<F>>, size: f64, seed: u64, rounding: f64) {
    let disc = field.spectrum();
    let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(3).per_step(0.0);
    let mut rng = rng(seed);
    let params: Vec<T> = random(block.param_count(), size, &mut rng);
    let states: Vec<T> = random(3 * 3, size, &mut rng);
    for [re, im] in block.eigenvalues(&params, &[0.5, 1.5, 2.5], &states).unwrap().concat() {
        let distance = (re - disc.centre()).hypot(im);
        let slack = rounding * (disc.radius() + disc.centre().abs());
        assert!(distance <= disc.radius() + slack, "{distance} of {}", disc.radius());
    }
}

#[test]
fn the_disc_is_filled_to_its_edge() {
    // A rotation through a linear network: G = R, S nearly one, eigenvalues -20 ± 5i.
    let field = Mlp::new([2, 2], Activation::Identity).unwrap().with_spectrum(-25.0, -15.0).unwrap();
    let block = OdeBlock::new(field, Tableau::backward_euler());
    let found = block.eigenvalues(&[0.0, -7.0, 7.0, 0.0, 40.0, 40.0], &[0.0], &[1.0, 1.0]).unwrap().concat();
    for [re, im] in found {
        assert!((re + 20.0).abs() < 1e-12 && (im.abs() - 5.0).abs() < 1e-12, "{re} {im}");
    }
}

#[test]
fn norms_of_known_matrices() {
    let norm = |rows: usize, columns: usize, entries: &[f64]| spectral_norm(&Dense::new(0, rows, columns), entries);
    assert_eq!(norm(1, 1, &[-2.5]), 2.5);
    assert!((norm(1, 4, &[1.0, 1.0, 1.0, 1.0]) - 2.0).abs() < 1e-15);
    // The golden ratio.
    assert!((norm(2, 2, &[1.0, 1.0, 1.0, 0.0]) - 0.5 * (1.0 + 5_f64.sqrt())).abs() < 1e-15);
    assert_eq!(norm(2, 3, &[0.0; 6]), 0.0);
    assert!((norm(2, 2, &[3e300, 0.0, 0.0, 1e300]) / 3e300 - 1.0).abs() < 1e-15);
    assert!((norm(2, 2, &[3e-310, 0.0, 0.0, 1e-310]) / 3e-310 - 1.0).abs() < 1e-12);
    assert!(norm(2, 2, &[1.0, f64::NAN, 0.0, 0.0]).is_nan());
    assert!(norm(1, 2, &[f64::INFINITY, 0.0]).is_nan());
    // A direction that the matrix sends to zero is no dead end.
    let (mut v, mut u) = ([0.0, 1.0], [0.0; 2]);
    assert_eq!(power_iteration(&Dense::new(0, 2, 2), &[2.0, 0.0, 0.0, 0.0], &mut v, &mut u, 1), 2.0);
    // A zero matrix is left alone, and has a gradient.
    let field = Mlp::new([2, 3, 2], Activation::Tanh).unwrap().normalised(1.0).unwrap();
    let (zeros, mut effective) = ([0.0; 15], Effective::new());
    for split in [Shares::Even, Shares::Free] {
        let field = field.clone().with_shares(split).unwrap();
        for purpose in [Purpose::Prediction, Purpose::Training] {
            assert_eq!(effective.update(&field, &zeros, purpose).unwrap(), zeros);
        }
        let mut bar = [1.0; 15];
        effective.pull_back(&field, &zeros, &mut bar);
        assert_eq!(bar, [1.0; 15]);
    }
}

/// While parameters move, exact norms keep the bound, and one power iteration a step all but keeps it.
#[test]
fn the_bound_in_training() {
    let field = Mlp::new([3, 8, 8, 3], Activation::Relu).unwrap().normalised(1.0).unwrap();
    let mut params: Vec<f64> = random(field.param_count(), 1.0, &mut rng(5));
    let mut steps = rng(6);
    let exact = field.clone().with_norms(Norms::Exact);
    let (mut by_power, mut by_decomposition) = (Effective::new(), Effective::new());
    let mut worst: f64 = 0.0;
    for _ in 0..300 {
        params.iter_mut().for_each(|p| *p += steps.random_range(-5e-3..5e-3));
        let bound = |params: &[f64]| field.inner().lipschitz_bound(params).unwrap();
        let kept = bound(by_decomposition.update(&exact, &params, Purpose::Training).unwrap());
        assert!((kept - 1.0).abs() < 1e-12);
        let all_but = bound(by_power.update(&field, &params, Purpose::Training).unwrap());
        assert!(all_but > 1.0 - 1e-12);
        worst = worst.max(all_but);
    }
    assert!(worst < 1.01, "{worst}");
}

#[test]
fn only_the_state_is_bounded() {
    let map = Mlp::new([2, 1], Activation::Identity).unwrap();
    let field = WithInputs::new(map.clone(), [Input::Time]).unwrap().normalised(1.0).unwrap();
    let of = |params: [f64; 2]| Effective::new().update(&field, &params, Purpose::Prediction).unwrap().to_vec();
    assert_eq!(of([4.0, 3.0]), [1.0, 3.0]);
    // Inside out, the time is bounded too.
    let field = WithInputs::new(map.normalised(1.0).unwrap(), [Input::Time]).unwrap();
    let params = Effective::new().update(&field, &[4.0, 3.0], Purpose::Prediction).unwrap().to_vec();
    assert!((params[0] - 0.8_f64).abs() < 1e-15 && (params[1] - 0.6).abs() < 1e-15);
}

fn stiff() -> OdeBlock<Bounded<Normalised<Mlp>>> {
    let field = Mlp::new([2, 4, 4, 2], Activation::Tanh).unwrap().with_spectrum(-25.0, -15.0).unwrap();
    OdeBlock::new(field, Tableau::radau_iia(2).unwrap()).steps(3).step_size(0.1).per_step(0.0)
}

/// A whole block, with parameters by step, by the adjoint, the tangent, and central differences.
#[test]
fn gradients_flow_through_a_block() {
    for split in [Shares::Even, Shares::Free] {
        let inner = stiff().field().inner().clone().with_shares(split).unwrap();
        let field = Bounded::new(inner, Spectrum::new(-8.0, 3.0).unwrap());
        let block = OdeBlock::new(field, Tableau::radau_iia(2).unwrap()).steps(3).step_size(0.1).per_step(0.0);
        let params: Vec<f64> = random(block.param_count(), 1.5, &mut rng(3));
        let starts = [[0.8, -0.3], [0.1, 1.2]];
        let loss = |path: &kutta::network::States<f64>, bar: &mut kutta::network::States<f64>| {
            bar.as_mut_slice().iter_mut().zip(path.as_slice()).for_each(|(bar, y)| *bar = 2.0 * y);
            path.as_slice().iter().map(|y| y * y).sum()
        };
        let gradient = block.value_and_grad_of(&params, 0.0, &starts, loss).unwrap();
        let value = |params: &[f64]| block.value_and_grad_of(params, 0.0, &starts, loss).unwrap().value;
        for k in 0..params.len() {
            let shifted = |h: f64| {
                let mut params = params.clone();
                params[k] += h;
                value(&params)
            };
            let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            assert!((difference - gradient.params[k]).abs() < 1e-8, "{k}: {difference} and {}", gradient.params[k]);
        }
        let grid = block.grid(0.0, 2).unwrap();
        let mut unrolled = block.unroll(&grid).unwrap();
        let flat = starts.concat();
        let cotangents = {
            let path = unrolled.forward(&params, &flat).unwrap();
            let mut cotangents = path.clone();
            cotangents.as_mut_slice().iter_mut().for_each(|y| *y *= 2.0);
            cotangents
        };
        let dot: Vec<f64> = random(params.len(), 1.0, &mut rng(4));
        let tangents = unrolled.pushforward(&params, &dot, &[0.0; 4]).unwrap();
        let left: f64 = tangents.as_slice().iter().zip(cotangents.as_slice()).map(|(a, b)| a * b).sum();
        let right: f64 = gradient.params.iter().zip(&dot).map(|(a, b)| a * b).sum();
        assert!((left - right).abs() < 1e-9 * left.abs().max(1.0), "{left} {right}");
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

#[test]
fn training_keeps_the_spectrum_and_a_saved_model_predicts_the_same_bits() {
    let data = records();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    for norms in [Norms::PowerIteration(1), Norms::Exact] {
        for standardised in [false, true] {
            let inner = stiff().field().inner().clone().with_norms(norms);
            let field = Bounded::new(inner, stiff().field().spectrum());
            let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(3).step_size(0.1).per_step(0.0);
            let trainer = Trainer::new(block)
                .settings(Settings::plain())
                .optimizer(Adam::new(0.02))
                .epochs(120)
                .standardised(standardised);
            let fit = trainer.fit(&data).unwrap();
            let rows = &fit.history.epochs;
            assert!(rows[119].loss < 0.5 * rows[0].loss, "{} to {}", rows[0].loss, rows[119].loss);
            // The model's loss, with exact norms, is the one that training saw.
            if !standardised {
                let best = rows.iter().map(|row| row.loss).fold(f64::INFINITY, f64::min);
                let rmse = fit.model.rmse(&data).unwrap().overall;
                assert!(rmse * rmse < 1.001 * 4.0 / 3.0 * best, "{} {best}", rmse * rmse);
            }
            let trajectory = data.trajectory(3);
            for [re, im] in fit.model.eigenvalues(trajectory).unwrap().concat() {
                assert!((re + 20.0).hypot(im) <= 5.0 + 1e-9, "{re} {im}");
            }
            fit.model.save(&path).unwrap();
            let back = Model::<Bounded<Normalised<Mlp>>>::load(&path).unwrap();
            assert_eq!(back, fit.model);
            let bits = |model: &Model<_>| {
                let path = model.predict(0.0, &[0.4, 0.6], &[0.1, 0.25, 0.3]).unwrap();
                let flow = model.flow(0.0, &[0.4, 0.6], &[0.3], 1e-6).unwrap();
                let slope = model.derivative(0.05, &[0.1, 0.2]).unwrap();
                let all = [path.states(), flow.states(), &slope].concat();
                all.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            assert_eq!(bits(&back), bits(&fit.model));
            // The flow is that of the normalised field: from its slope, over a short time.
            let (slope, h) = (back.derivative(0.0, &[0.4, 0.6]).unwrap(), 1e-6);
            let moved = back.flow(0.0, &[0.4, 0.6], &[h], 1e-9).unwrap();
            assert!(((moved.state(0)[0] - 0.4) / h - slope[0]).abs() < 1e-3 * slope[0].abs().max(1.0));
        }
    }
}

#[test]
fn training_resumes_bit_for_bit() {
    let data = records();
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("checkpoint.json");
    let trainer = || {
        let trainer =
            Trainer::new(stiff()).settings(Settings::plain()).optimizer(Adam::new(0.05)).seed(2).batch_size(3);
        trainer.validation(Validation::Trajectories(0.25)).validate_every(3)
    };
    let whole = trainer().epochs(20).fit(&data).unwrap();
    trainer().epochs(9).checkpoint(&checkpoint, 100).fit(&data).unwrap();
    let resumed = trainer().epochs(20).resume(&checkpoint).fit(&data).unwrap();
    let losses =
        |record: &kutta::train::History| record.epochs.iter().map(|row| row.loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(losses(&resumed.history), losses(&whole.history));
    assert_eq!(resumed.model, whole.model);
    // What is remembered of another network is refused.
    let wider = Mlp::new([2, 5, 4, 2], Activation::Tanh).unwrap().with_spectrum(-25.0, -15.0).unwrap();
    let other = Trainer::new(OdeBlock::new(wider, Tableau::backward_euler())).resume(&checkpoint).fit(&data);
    assert!(matches!(other.map_err(Error::from), Err(Error::Parse { .. })));
}

#[test]
fn single_precision_trains_too() {
    let fit = Trainer::new(stiff())
        .settings(Settings::plain())
        .optimizer(Adam::new(0.02))
        .epochs(60)
        .fit_in::<f32>(&records())
        .unwrap();
    let rows = &fit.history.epochs;
    assert!(rows[59].loss < 0.7 * rows[0].loss, "{} to {}", rows[0].loss, rows[59].loss);
    for [re, im] in fit.model.eigenvalues(records().trajectory(0)).unwrap().concat() {
        assert!((re + 20.0).hypot(im) <= 5.0 + 1e-4);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mlp = || Mlp::new([2, 4, 2], Activation::Tanh).unwrap();
    for lipschitz in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = mlp().normalised(lipschitz).unwrap_err().to_string();
        assert_eq!(error, format!("lipschitz is {lipschitz}, expected a positive number"));
    }
    for (alpha, beta) in [(1.0, 1.0), (2.0, -1.0), (f64::NAN, 0.0), (f64::NEG_INFINITY, 0.0)] {
        let error = mlp().with_spectrum(alpha, beta).unwrap_err().to_string();
        assert!(error.starts_with(&format!("spectrum is {alpha},{beta}, expected finite numbers")), "{error}");
    }
    let split = |bounds: Vec<f64>| mlp().normalised(1.0).unwrap().with_shares(Shares::Given(bounds));
    assert!(split(vec![0.5, 2.0]).is_ok());
    assert_eq!(split(vec![0.5]).unwrap_err().to_string(), "shares has 1 bounds, expected 2");
    for bounds in [vec![0.5, 2.1], vec![-1.0, -1.0], vec![f64::NAN, 1.0], vec![0.0, f64::INFINITY]] {
        assert!(matches!(split(bounds), Err(Error::InvalidArgument { argument: "shares", .. })));
    }
    let field = mlp().normalised(1.0).unwrap();
    let error = Effective::new().update(&field, &[f64::NAN; 22], Purpose::Training).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }));
    assert!(mlp().lipschitz_bound(&[0.0; 3]).is_err());
    let block = OdeBlock::new(mlp(), Tableau::rk4());
    assert!(block.eigenvalues(&[0.0; 3], &[0.0], &[0.0; 2]).is_err());
    assert!(block.eigenvalues(&[0.0; 22], &[0.0], &[0.0; 3]).is_err());
    assert!(block.eigenvalues(&[f64::NAN; 22], &[0.0], &[0.0; 2]).is_err());
    assert!(block.effective(&[0.0; 3]).is_err());
}

#[test]
fn fields_are_saved_and_checked_when_read() {
    let map = Mlp::new([3, 5, 2], Activation::Gelu).unwrap();
    let inner =
        WithInputs::new(map, [Input::Time]).unwrap().normalised(2.0).unwrap().with_shares(Shares::Free).unwrap();
    let field = Bounded::new(inner, Spectrum::new(-3.0, 1.0).unwrap());
    type Field = Bounded<Normalised<WithInputs<Mlp>>>;
    let text = serde_json::to_string(&field).unwrap();
    assert_eq!(
        text,
        r#"{"field":{"field":{"map":{"widths":[3,5,2],"activation":"gelu","output_bias":false},"append":["time"]},"lipschitz":2.0,"split":"free","norms":{"power_iteration":1}},"spectrum":[-3.0,1.0]}"#
    );
    assert_eq!(serde_json::from_str::<Field>(&text).unwrap(), field);
    for (from, to) in
        [("2.0", "-2.0"), ("[-3.0,1.0]", "[3.0,1.0]"), ("\"free\"", "{\"given\":[1.0]}"), ("\"lip", "\"l")]
    {
        assert!(serde_json::from_str::<Field>(&text.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn known_rates_are_in_the_units_of_the_data() {
    let names = ["x".to_string(), "y".to_string()];
    let field = Mlp::new([2, 2], Activation::Identity).unwrap().with_spectrum(-3.0, -1.0).unwrap();
    let damped = Damped::new(field, 10.0).unwrap();
    let data = records();
    // Without training, the rate is what the field was given: -10 - 2 ± 1.
    let trainer = Trainer::new(OdeBlock::new(damped, Tableau::backward_euler()).step_size(0.1));
    let fit = trainer.epochs(0).standardised(true).fit(&data).unwrap();
    assert!(fit.model.standardisation().time_scale() < 0.11);
    for [re, im] in fit.model.eigenvalues(data.trajectory(0)).unwrap().concat() {
        assert!((re + 12.0).hypot(im) <= 1.0 + 1e-9, "{re} {im}");
    }
    // Nothing is done to a model that is put together by hand.
    let model =
        Model::new(fit.model.block().clone(), fit.model.params().to_vec(), Standardisation::identity(2), &names, "t");
    assert!(model.unwrap().eigenvalues(data.trajectory(0)).unwrap()[0][0][0] > -2.0);
}
