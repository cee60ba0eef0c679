//! Equations of a known structure, learned from data.

use kutta::data::{Standardisation, Trajectories, Trajectory};
use kutta::field::{
    Activation, AnyField, Dimensions, EnergyGradient, Field, Hamiltonian, InParts, Mlp, Point, PortHamiltonian,
    Scratch, SecondOrder, Separable, StateUnits, WithInputs,
};
use kutta::tableau::{Method, PartitionedTableau};
use kutta::train::{Adam, Model, Trainer, Validation};
use kutta::{Flow, Number, OdeBlock, Tableau, VectorField};
use rand::{Rng, SeedableRng};

/// `q'' = -k sin q - c q'`
#[derive(Debug, Clone)]
struct Swing;

impl VectorField for Swing {
    fn dim(&self) -> usize {
        1
    }
    fn inputs(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        2
    }
    fn eval<S: Number>(&self, p: &[S], _t: S, y: &[S], dy: &mut [S]) {
        dy[0] = -(p[0] * y[0].sin() + p[1] * y[1]);
    }
}

/// Swings from these starts, `points` observations 0.2 apart.
fn swings(starts: &[[f64; 2]], points: usize, params: &[f64]) -> Trajectories {
    let field = SecondOrder::of(Swing).unwrap();
    let one = |(k, start): (usize, &[f64; 2])| {
        let times: Vec<f64> = (0..points).map(|k| 0.2 * k as f64).collect();
        let path = Flow::new(&field, params).tolerance(1e-11, 1e-13).solve(0.0, start, &times).unwrap();
        Trajectory::new(k.to_string(), times, path.states().to_vec()).unwrap()
    };
    Trajectories::new(["q", "p"], starts.iter().enumerate().map(one).collect()).unwrap()
}

/// The first component, in other units and from another zero.
fn positions(of: &Trajectories, zero: f64, unit: f64) -> Trajectories {
    let one = |record: &Trajectory| {
        let states = record.states().iter().step_by(2).map(|q| (q - zero) / unit).collect();
        Trajectory::new(record.id(), record.times().to_vec(), states).unwrap()
    };
    Trajectories::new(["q"], of.iter().map(one).collect()).unwrap()
}

fn slope(field: &AnyField, params: &[f64], y: &[f64]) -> Vec<f64> {
    let mut dy = vec![0.0; y.len()];
    let mut record = vec![0.0; field.record_rows()];
    field.eval_batch(Point::one(params, &0.0, y), &mut dy, &mut record, &mut Scratch::new());
    dy
}

fn random_params(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn net(inputs: usize, outputs: usize) -> Mlp {
    Mlp::new([inputs, 8, outputs], Activation::Tanh).unwrap()
}

#[test]
fn velocities_are_slopes_of_positions_in_any_units() {
    let field = AnyField::from(SecondOrder::of(WithInputs::of_state(4, net(4, 2), []).unwrap()).unwrap());
    let params = random_params(field.param_count(), 1);
    let (origins, units) = ([3.0, -2.0, 40.0, 0.5], [2.0, 0.1, 5.0, 30.0]);
    let given = StateUnits { origins: &origins, units: &units };
    let other = field.in_state_units(given, given).unwrap().in_time_units(7.0);
    let z = [0.3, -0.4, 1.5, 0.2];
    let found = slope(&other, &params, &z);
    for i in 0..2 {
        let velocity = origins[2 + i] + units[2 + i] * z[2 + i];
        assert!((found[i] * units[i] / 7.0 - velocity).abs() < 1e-12, "{found:?}");
    }
    let text = serde_json::to_string(&other).unwrap();
    assert_eq!(serde_json::from_str::<AnyField>(&text).unwrap(), other);
    let odd = StateUnits { origins: &origins[1..], units: &units[1..] };
    assert!(other.in_state_units(odd, odd).is_err());
}

/// The energy that a field keeps in `z` is one that a field of the same kind keeps in `y = origin + unit z`.
#[test]
fn energies_are_energies_in_any_units() {
    let (origins, units) = ([3.0, -2.0, 4.0, 0.5], [2.0, 0.1, 5.0, 30.0]);
    let given = StateUnits { origins: &origins, units: &units };
    for field in [
        AnyField::from(Hamiltonian::new(net(4, 1)).unwrap()),
        Separable::hamiltonian(net(2, 1), net(2, 1)).unwrap().into(),
        PortHamiltonian::new(net(4, 1)).unwrap().of_momenta().unwrap().into(),
    ] {
        let dissipates = matches!(field, AnyField::PortHamiltonian(_));
        let params = random_params(field.param_count(), 2);
        let field = field.in_state_units(given, given).unwrap();
        // A canonical field in y is K = diag(unit) F with F = M ∂E/∂z: the products of a pair's units are divided out of M.
        let z = [0.3, -0.4, 1.1, 0.2];
        let found: Vec<f64> = slope(&field, &params, &z).iter().zip(&units).map(|(f, unit)| f * unit).collect();
        let energy = |z: &[f64]| {
            let mut energy = [0.0];
            field.potential::<f64>().unwrap().energy(Point::one(&params, &0.0, z), &mut energy, &mut Scratch::new());
            energy[0]
        };
        let by_y: Vec<f64> = (0..4)
            .map(|i| {
                let moved = |by: f64| {
                    let mut z = z;
                    z[i] += by;
                    energy(&z)
                };
                (moved(1e-5) - moved(-1e-5)) / (2e-5 * units[i])
            })
            .collect();
        let factor = found[0] / by_y[2];
        assert!((found[1] / by_y[3] / factor - 1.0).abs() < 1e-6, "{found:?} of {by_y:?}");
        for i in 0..2 {
            let canonical = found[2 + i] + factor * by_y[i];
            assert!(dissipates || canonical.abs() < 1e-6 * found[2 + i].abs(), "{found:?} of {by_y:?}");
        }
    }
    let whole = Hamiltonian::new(net(4, 1)).unwrap();
    let parts = InParts::new(whole.clone(), 2).unwrap().in_state_units(given, given).unwrap();
    assert_eq!(parts.inner(), &whole.in_units(&units).unwrap());
}

#[test]
fn training_takes_structure_into_standard_units() {
    let swings = swings(&[[1.0, 0.2], [0.5, -0.4]], 30, &[1.0, 0.0]);
    let stretched = |record: &Trajectory| {
        let states = record.states().chunks_exact(2).flat_map(|y| [y[0], 1e3 * y[0] * y[0], 50.0 * y[1], y[0] + y[1]]);
        Trajectory::new(record.id(), record.times().to_vec(), states.collect()).unwrap()
    };
    let data = Trajectories::new(["a", "b", "c", "d"], swings.iter().map(stretched).collect()).unwrap();
    let field = Hamiltonian::new(net(4, 1)).unwrap();
    let scheme = Tableau::radau_iia(2).unwrap();
    let trainer = Trainer::new(OdeBlock::new(field.clone(), scheme)).epochs(1);
    let learned =
        |trainer: Trainer<Hamiltonian<EnergyGradient<Mlp>>>| trainer.fit(&data).unwrap().model.block().field().clone();
    let units = Standardisation::fit(&data).unwrap();
    assert_eq!(learned(trainer.clone().standardised(true)), field.clone().in_units(units.scale()).unwrap());
    assert_eq!(learned(trainer), field);
}

#[test]
fn pairs_learn_by_least_squares() {
    let data = swings(&[[1.2, 0.0]], 40, &[1.0, 0.0]);
    let verlet = || PartitionedTableau::by_name("stoermer_verlet").unwrap();
    let energy = || Separable::hamiltonian(net(1, 1), net(1, 1)).unwrap();
    let whole = || Hamiltonian::new(net(2, 1)).unwrap();
    for (field, method) in [
        (AnyField::from(energy()), Method::from(verlet())),
        (whole().into(), verlet().into()),
        (energy().into(), PartitionedTableau::by_name("lobatto_iiia_iiib_3").unwrap().into()),
        (PortHamiltonian::new(net(2, 1)).unwrap().into(), verlet().into()),
    ] {
        let block = OdeBlock::new(field, method).step_size(0.1);
        let fit = Trainer::new(block).standardised(true).fit(&data).unwrap();
        let name = fit.model.block().method().name().to_string();
        assert!(fit.summary.optimizer.contains("Levenberg"), "{}", fit.summary.optimizer);
        let error = fit.summary.train_rmse.as_ref().unwrap().overall;
        assert!(error < 0.01, "{name}: {error}");
    }
}

#[test]
fn a_learned_energy_is_kept_or_lost() {
    let block = |field: AnyField| OdeBlock::new(field, Tableau::radau_iia(2).unwrap());
    let fit = |field, data: &Trajectories| Trainer::new(block(field)).standardised(true).fit(data).unwrap().model;
    let drift = |model: &Model<AnyField>, data: &Trajectories| {
        let potential = model.block().field().potential().unwrap();
        [1.0, 10.0].map(|long| model.energy_drift(potential, data.trajectory(0), long).unwrap())
    };
    let data = swings(&[[1.2, 0.0]], 40, &[1.0, 0.0]);
    let kept = fit(Hamiltonian::new(net(2, 1)).unwrap().into(), &data);
    assert!(drift(&kept, &data).iter().all(|drift| drift.drift < 1e-5), "{:?}", drift(&kept, &data));
    assert!((drift(&kept, &data)[1].time - 78.0).abs() < 1e-9);
    let data = swings(&[[1.2, 0.0]], 80, &[1.0, 0.2]);
    let lost = fit(PortHamiltonian::new(net(2, 1)).unwrap().into(), &data);
    let [short, long] = drift(&lost, &data);
    assert!(
        short.change < -0.3 && long.change <= short.change && short.rise.max(long.rise) < 1e-6,
        "{short:?} {long:?}"
    );
    // A field that is free does not keep an energy that it is judged by.
    let energies = kept.energies(kept.block().field().potential().unwrap(), data.trajectory(0)).unwrap();
    assert!(energies[0] > energies[79], "{energies:?}");
}

#[test]
fn velocities_are_found_from_positions_alone() {
    let truth = swings(&[[0.6, 1.0], [1.4, -0.3]], 50, &[1.5, 0.1]);
    let data = positions(&truth, 0.0, 1.0);
    let field = SecondOrder::of(Swing).unwrap();
    let block = OdeBlock::new(field, Tableau::radau_iia(2).unwrap());
    let trainer = Trainer::new(block).hidden_velocities(true).initial([1.0, 0.0]);
    let fit = trainer.fit(&data).unwrap();
    for (found, expected) in fit.model.params().iter().zip([1.5, 0.1]) {
        assert!((found - expected).abs() < 1e-4, "{:?}", fit.model.params());
    }
    assert_eq!((fit.model.observed(), fit.model.components()), (&["q".into()][..], &["q".into(), "q'".into()][..]));
    for (start, record) in fit.model.starts().iter().zip(&truth) {
        assert!((start.state[1] - record.state(0)[1]).abs() < 1e-3, "{start:?}");
    }
    let summary = &fit.summary;
    assert_eq!((summary.numbers, summary.train_rmse.as_ref().unwrap().by_component.len()), (100, 1));
    // Predictions are of positions, from positions, or from states.
    let completed = data.with_slopes().unwrap();
    let followed = fit.model.follow(&data).unwrap();
    assert_eq!((followed.components(), &followed), (data.components(), &fit.model.follow(&completed).unwrap()));
    assert!(fit.model.rmse_learned(&data).unwrap().overall < 1e-4);
    assert!(fit.model.rmse(&completed).unwrap().overall < 0.1);
    // The same in a saved one.
    let folder = tempfile::tempdir().unwrap();
    let field = AnyField::from(SecondOrder::of(WithInputs::of_state(2, net(2, 1), []).unwrap()).unwrap());
    let block = OdeBlock::new(field, Tableau::radau_iia(2).unwrap());
    let trainer = Trainer::new(block).hidden_velocities(true).standardised(true);
    let held_out = trainer.clone().validation(Validation::Future(0.25)).fit(&data).unwrap();
    assert!(held_out.summary.validation_rmse.as_ref().unwrap().overall < 0.05, "{:?}", held_out.summary);
    held_out.model.save(folder.path().join("model.json")).unwrap();
    assert_eq!(Model::load(folder.path().join("model.json")).unwrap(), held_out.model);
    let refused = trainer.clone().optimizer(Adam::new(0.01)).fit(&data).unwrap_err().to_string();
    assert!(refused.contains("least squares, for hidden velocities"), "{refused}");
    assert_eq!(trainer.fit(&completed).unwrap_err().to_string(), "data has 4 components, expected 2");
}

/// Positions far from zero that move on: the mean velocity is many times its deviation.
#[test]
fn what_moves_on_is_learned_in_standard_units() {
    let swing = swings(&[[0.3, 0.0]], 60, &[4.0, 0.0]);
    let moving = |record: &Trajectory| {
        let states = record.states().iter().step_by(2).zip(record.times()).map(|(q, t)| 1e3 + 5.0 * t + 0.1 * q);
        Trajectory::new("", record.times().to_vec(), states.collect()).unwrap()
    };
    let data = Trajectories::new(["q"], vec![moving(swing.trajectory(0))]).unwrap();
    let field = AnyField::from(SecondOrder::of(WithInputs::of_state(2, net(2, 1), []).unwrap()).unwrap());
    let block = OdeBlock::new(field, Tableau::radau_iia(2).unwrap());
    let model = Trainer::new(block).hidden_velocities(true).standardised(true).fit(&data).unwrap().model;
    let slope = model.derivative(0.0, &[1e3, 5.0]).unwrap();
    assert!((slope[0] - 5.0).abs() < 1e-9, "{slope:?}");
    assert!((model.starts()[0].state[1] - 5.0).abs() < 0.1, "{:?}", model.starts());
}
