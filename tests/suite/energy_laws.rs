//! What steps over fields of energies conserve, and what they lose.

use crate::common::energies::{Waves, smooth_energy};
use kutta::field::{
    Activation, Antisymmetric, Batch, Dimensions, EnergyGradient, Field, GradientFlow, Hamiltonian, Point,
    PortHamiltonian, Potential, Ridge, ScalarField, Scratch, SecondOrder, Separable,
};
use kutta::properties::{At, assert_symplectic};
use kutta::solve::StageSolver;
use kutta::step::{Start, Step, Trace, Workspace};
use kutta::tableau::{Method, PartitionedTableau};
use kutta::{Error, Mlp, Number, OdeBlock, Tableau};
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A step, and its tangents along the directions.
fn step(
    field: &dyn Field<f64>,
    method: &Method,
    params: &[f64],
    (t, y, h): (f64, &[f64], f64),
    directions: &[Vec<f64>],
) -> Result<(Vec<f64>, Vec<Vec<f64>>), Error> {
    let solver = StageSolver { tolerance: Some(1e-14), max_iterations: 300, ..StageSolver::default() };
    let step = Step::new(field, method, solver)?;
    let from = Start { params, t: &[t], h: &[h], y, batch: Batch::ONE, signals: &[] };
    let (mut next, mut trace, mut ws) = (vec![0.0; y.len()], Trace::new(), Workspace::new());
    step.forward(from, &mut next, &mut trace, &mut ws)?;
    let tangent = |direction: &Vec<f64>| {
        let mut tangent = direction.clone();
        step.pushforward(from, &trace, &mut tangent, None, &mut ws).map(|()| tangent)
    };
    Ok((next, directions.iter().map(tangent).collect::<Result<_, _>>()?))
}

fn params(field: &dyn Field<f64>, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut params = field.init(&mut rng);
    params.iter_mut().for_each(|p| *p += rng.random_range(-0.3..0.3));
    params
}

fn symplectic(field: &dyn Field<f64>, method: &Method, at: &At, seed: u64) -> Result<(), TestCaseError> {
    let params = params(field, seed);
    let tangent = |t: f64, y: &[f64], h: f64, delta: &[f64]| {
        step(field, method, &params, (t, y, h), &[delta.to_vec()]).map(|(_, tangents)| tangents[0].clone())
    };
    assert_symplectic(tangent, at, 1e-11)
}

fn state(dim: usize) -> impl Strategy<Value = At> {
    (prop::collection::vec(-1.0..1.0f64, dim), 0.01..0.1f64).prop_map(|(y, h)| At { t: 0.3, y, h })
}

/// Symplectic on all Hamiltonian fields.
fn symplectic_method() -> impl Strategy<Value = Method> {
    let whole = Tableau::catalogue().into_iter().filter(|t| t.claims().symplectic == Some(true)).map(Method::from);
    let pairs = PartitionedTableau::catalogue().into_iter().filter(|p| p.claims().symplectic == Some(true));
    prop::sample::select(whole.chain(pairs.map(Method::from)).collect::<Vec<_>>())
}

/// Symplectic where momenta and positions are apart.
fn splitting() -> impl Strategy<Value = Method> {
    let pairs = PartitionedTableau::catalogue().into_iter();
    let pairs = pairs.filter(|p| p.claims().separably_symplectic == Some(true)).map(Method::from);
    let random = (prop::collection::vec(-0.5..1.0f64, 3), prop::collection::vec(-0.5..1.0f64, 3)).prop_map(|(a, b)| {
        let whole = |mut x: Vec<f64>| {
            x.push(1.0 - x.iter().sum::<f64>());
            x
        };
        Method::from(PartitionedTableau::kick_drift(whole(a), whole(b)).unwrap())
    });
    prop_oneof![prop::sample::select(pairs.collect::<Vec<_>>()), random]
}

/// `½ yᵀ A Aᵀ y`
#[derive(Debug, Clone)]
struct Quadratic(usize);
impl ScalarField for Quadratic {
    fn dim(&self) -> usize {
        self.0
    }
    fn param_count(&self) -> usize {
        self.0 * self.0
    }
    fn eval<S: Number>(&self, params: &[S], _: S, y: &[S]) -> S {
        let mut energy = S::zero();
        for k in 0..self.0 {
            let mut sum = S::zero();
            y.iter().enumerate().for_each(|(i, &y)| sum += params[i * self.0 + k] * y);
            energy += S::constant(0.5) * sum.square();
        }
        energy
    }
}

fn energy(field: &dyn Potential<f64>, params: &[f64], y: &[f64]) -> f64 {
    let mut energy = [f64::NAN];
    field.energy(Point::one(params, &0.3, y), &mut energy, &mut Scratch::new());
    energy[0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn symplectic_schemes_are_so_on_any_energy(
        net in smooth_energy(4), method in symplectic_method(), at in state(4), seed in any::<u64>(),
    ) {
        symplectic(&Hamiltonian::new(net).unwrap(), &method, &at, seed)?;
        symplectic(&Hamiltonian::new(Waves { dim: 4, count: 2, moves: false }).unwrap(), &method, &at, seed)?;
    }

    #[test]
    fn splittings_are_symplectic_and_keep_the_volume_where_energies_are_sums(
        (kinetic, potential) in (smooth_energy(2), smooth_energy(2)), width in 1..=9_usize, method in splitting(),
        at in state(4), seed in any::<u64>(),
    ) {
        let field = Separable::hamiltonian(kinetic, potential).unwrap();
        symplectic(&field, &method, &at, seed)?;
        let ridge = || Ridge::new(2, width, Activation::Tanh).unwrap();
        let field = Separable::hamiltonian(ridge(), ridge()).unwrap();
        symplectic(&field, &method, &at, seed)?;
        let params = params(&field, seed);
        let units: Vec<Vec<f64>> = (0..4).map(|i| (0..4).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        let (_, columns) = step(&field, &method, &params, (at.t, &at.y, at.h), &units).unwrap();
        let jacobian = DMatrix::from_fn(4, 4, |i, j| columns[j][i]);
        prop_assert!((jacobian.determinant() - 1.0).abs() < 1e-11 * jacobian.norm().max(1.0).powi(4));
    }

    /// In other units, the form is another: `D⁻¹ J`.
    #[test]
    fn symplectic_schemes_are_so_in_other_units(
        net in smooth_energy(4), units in prop::array::uniform4(0.3..3.0f64), method in symplectic_method(),
        at in state(4), seed in any::<u64>(),
    ) {
        let field = Hamiltonian::new(net).unwrap().in_units(&units).unwrap();
        let params = params(&field, seed);
        let scales = field.structure().scales();
        let unit = |i: usize| (0..4).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>();
        let (_, columns) = step(&field, &method, &params, (at.t, &at.y, at.h), &[unit(0), unit(1), unit(2), unit(3)]).unwrap();
        let jacobian = DMatrix::from_fn(4, 4, |i, j| columns[j][i]);
        let form = DMatrix::from_fn(4, 4, |i, j| match j as isize - i as isize {
            2 => 1.0 / scales[i],
            -2 => -1.0 / scales[j],
            _ => 0.0,
        });
        let kept = (jacobian.transpose() * &form * &jacobian - &form).norm();
        prop_assert!(kept < 1e-10 * jacobian.norm_squared().max(1.0) * form.norm(), "{kept}");
    }

    #[test]
    fn gauss_keeps_quadratic_energies(stages in 1..=3_usize, at in state(4), h in 0.1..2.0f64, seed in any::<u64>()) {
        let field = Hamiltonian::new(Quadratic(4)).unwrap();
        let params = params(&field, seed);
        let method = Method::from(Tableau::gauss(stages).unwrap());
        let (next, _) = step(&field, &method, &params, (0.0, &at.y, h), &[]).unwrap();
        let (before, after) = (energy(&field, &params, &at.y), energy(&field, &params, &next));
        prop_assert!((after - before).abs() <= 1e-12 * before.max(1e-3), "{before} {after}");
    }

    /// Whatever the damping and the step, where the energy is quadratic.
    #[test]
    fn quadratic_energy_is_never_won(
        name in prop::sample::select(vec!["backward_euler", "implicit_midpoint", "gauss_2", "radau_iia_2", "radau_iia_3", "lobatto_iiic_3"]),
        momenta in any::<bool>(), at in state(4), h in 0.01..5.0f64, seed in any::<u64>(),
    ) {
        let field = PortHamiltonian::new(Quadratic(4)).unwrap();
        let field = if momenta { field.of_momenta().unwrap() } else { field };
        let params = params(&field, seed);
        let method = Method::from(Tableau::by_name(name).unwrap());
        let (next, _) = step(&field, &method, &params, (0.0, &at.y, h), &[]).unwrap();
        let (before, after) = (energy(&field, &params, &at.y), energy(&field, &params, &next));
        prop_assert!(after <= before * (1.0 + 1e-12), "{before} {after}");
    }

    /// Losses in all directions prevail in short steps over any energy.
    #[test]
    fn energy_is_not_won_in_short_steps(
        name in prop::sample::select(vec!["backward_euler", "implicit_midpoint", "gauss_2", "radau_iia_2"]),
        net in smooth_energy(4), at in state(4), seed in any::<u64>(),
    ) {
        let field = PortHamiltonian::new(net).unwrap();
        let mut params = params(&field, seed);
        let first = field.gradient().param_count();
        for (k, entry) in params[first..].iter_mut().enumerate() {
            *entry = 0.1 * *entry + if k % 5 == 0 { 1.0 } else { 0.0 };
        }
        let method = Method::from(Tableau::by_name(name).unwrap());
        let (next, _) = step(&field, &method, &params, (0.0, &at.y, 1e-3), &[]).unwrap();
        let (before, after) = (energy(&field, &params, &at.y), energy(&field, &params, &next));
        prop_assert!(after <= before + 1e-15 * before.abs().max(1.0), "{before} {after}");
    }

    /// `⟨F(y) - F(z), y - z⟩ ≤ 0` of `-Kᵀ σ(K y + b)`; and the real parts of the eigenvalues of an antisymmetric field.
    #[test]
    fn parabolic_fields_contract_and_antisymmetric_ones_rotate(
        dim in 1..=5_usize, y in prop::array::uniform5(-2.0..2.0f64), z in prop::array::uniform5(-2.0..2.0f64),
        damping in 0.0..1.0f64, seed in any::<u64>(),
    ) {
        let (y, z) = (&y[..dim], &z[..dim]);
        let at = |field: &dyn Field<f64>, params: &[f64], y: &[f64]| {
            let (mut dy, mut record) = (vec![0.0; dim], vec![0.0; field.record_rows()]);
            field.eval_batch(Point::one(params, &0.0, y), &mut dy, &mut record, &mut Scratch::new());
            let mut jacobian = vec![0.0; dim * dim];
            field.jacobian(Point::one(params, &0.0, y), &record, &mut jacobian, &mut Scratch::new());
            (dy, DMatrix::from_row_slice(dim, dim, &jacobian))
        };
        let field = GradientFlow::new(Ridge::new(dim, 7, Activation::Tanh).unwrap()).unwrap();
        let params_of = params(&field, seed);
        let ((f, _), (g, _)) = (at(&field, &params_of, y), at(&field, &params_of, z));
        let product: f64 = (0..dim).map(|i| (f[i] - g[i]) * (y[i] - z[i])).sum();
        prop_assert!(product <= 1e-13, "{product}");
        let field = Antisymmetric::new(dim, damping, Activation::Tanh).unwrap();
        let (_, jacobian) = at(&field, &params(&field, seed), y);
        for value in jacobian.complex_eigenvalues().iter() {
            prop_assert!((-damping - 1e-9..=1e-9).contains(&value.re), "{value}");
        }
    }
}

/// The gradient of a loss through steps of every kind agrees with differences of it.
#[test]
fn gradients_through_steps_agree_with_differences() {
    let verlet = || Method::from(PartitionedTableau::by_name("stoermer_verlet").unwrap());
    let midpoint = || Method::from(Tableau::implicit_midpoint());
    let net = || Mlp::new([2, 6, 6, 1], Activation::Tanh).unwrap();
    let ridge = || Ridge::new(1, 6, Activation::Tanh).unwrap();
    let force = |inputs| Mlp::new([inputs, 6, 1], Activation::Tanh).unwrap();
    let well = || Mlp::new([1, 6, 1], Activation::Tanh).unwrap();
    for method in [verlet(), midpoint()] {
        compare(Hamiltonian::new(net()).unwrap(), method.clone());
        compare(Hamiltonian::new(Waves { dim: 2, count: 2, moves: true }).unwrap(), method.clone());
        compare(Separable::hamiltonian(well(), well()).unwrap(), method.clone());
        compare(Separable::hamiltonian(ridge(), ridge()).unwrap(), method.clone());
        compare(PortHamiltonian::new(net()).unwrap(), method.clone());
        compare(SecondOrder::of(force(1)).unwrap(), method.clone());
        compare(SecondOrder::of(force(2)).unwrap(), method);
    }
    compare(GradientFlow::new(net()).unwrap(), midpoint());
    compare(Antisymmetric::new(2, 0.1, Activation::Tanh).unwrap(), midpoint());
}

fn compare<F: Field<f64>>(field: F, method: Method) {
    let params = params(&field, 5);
    let solver = StageSolver { tolerance: Some(1e-13), ..StageSolver::default() };
    let block = OdeBlock::new(field, method).steps(5).step_size(0.2).solved_by(solver);
    let start = [[0.4, -0.3]];
    let loss = |path: &kutta::network::States<f64>| path.last(0).iter().map(|y| (1.3 * y).sin()).sum::<f64>();
    let found = block
        .value_and_grad_of(&params, 0.0, &start, |path, gradient| {
            let last = gradient.as_slice().len() - 2;
            let slopes = gradient.as_mut_slice()[last..].iter_mut().zip(path.last(0));
            slopes.for_each(|(slope, y)| *slope = 1.3 * (1.3 * y).cos());
            loss(path)
        })
        .unwrap();
    let direction: Vec<f64> = (0..params.len()).map(|k| (1.0 + k as f64).sin()).collect();
    let (expected, error) = crate::common::derivative(|by| {
        let moved: Vec<f64> = params.iter().zip(&direction).map(|(p, d)| p + by * d).collect();
        loss(&block.integrate(&moved, 0.0, &start).unwrap())
    });
    let sum: f64 = found.params.iter().zip(&direction).map(|(x, d)| x * d).sum();
    assert!((sum - expected).abs() < 1e-7 * expected.abs().max(1.0) + error, "{sum} {expected} {error}");
}

/// Störmer's and Verlet's scheme is explicit where the parts are apart, and so is one of second order.
#[test]
fn verlet_solves_nothing_where_the_parts_are_apart() {
    let verlet = Method::from(PartitionedTableau::by_name("stoermer_verlet").unwrap());
    let net = |inputs| Mlp::new([inputs, 5, 1], Activation::Tanh).unwrap();
    let iterations = |field: &dyn Field<f64>| {
        let params = params(field, 3);
        let step = Step::new(field, &verlet, StageSolver::default()).unwrap();
        let from = Start { params: &params, t: &[0.0], h: &[0.1], y: &[0.5, 0.2], batch: Batch::ONE, signals: &[] };
        step.forward(from, &mut [0.0; 2], &mut Trace::new(), &mut Workspace::new()).unwrap()
    };
    assert_eq!(iterations(&Separable::hamiltonian(net(1), net(1)).unwrap()), 0);
    assert_eq!(iterations(&SecondOrder::of(net(1)).unwrap()), 0);
    assert!(iterations(&Hamiltonian::new(net(2)).unwrap()) > 0);
}

/// Units of time are those of what is known.
#[test]
fn fields_in_other_units_of_time_are_as_much_faster() {
    fn speed<F: Field<f64> + Clone>(field: F, unit: f64) -> (Vec<f64>, Vec<f64>) {
        let params = params(&field, 7);
        let at = |field: &dyn Field<f64>| {
            let (mut dy, mut record) = (vec![0.0; field.dim()], vec![0.0; field.record_rows()]);
            let y: Vec<f64> = (0..field.dim()).map(|k| 0.2 + 0.1 * k as f64).collect();
            field.eval_batch(Point::one(&params, &0.0, &y), &mut dy, &mut record, &mut Scratch::new());
            dy
        };
        (at(&field), at(&field.clone().in_time_units(unit)))
    }
    let (before, after) = speed(Antisymmetric::new(2, 0.1, Activation::Tanh).unwrap(), 3.0);
    before.iter().zip(&after).for_each(|(x, y)| assert!((3.0 * x - y).abs() < 1e-14));
    let (before, after) = speed(SecondOrder::of(Mlp::new([2, 5, 1], Activation::Tanh).unwrap()).unwrap(), 3.0);
    assert!((3.0 * before[0] - after[0]).abs() < 1e-14 && before[1] == after[1]);
    let field: Hamiltonian<EnergyGradient<Mlp>> =
        Hamiltonian::new(Mlp::new([2, 5, 1], Activation::Tanh).unwrap()).unwrap();
    let (before, after) = speed(field, 3.0);
    assert_eq!(before, after);
}
