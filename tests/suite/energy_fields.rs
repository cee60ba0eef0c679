//! Fields made of gradients of energies, and of tied matrices, against their formulas.

use crate::common::energies::{Matrix, Product, Waves, Written, smooth_energy};
use crate::common::formula::{Formula, Provided};
use crate::common::networks::{activation, batch, mlp};
use crate::field_kernels::assert_computes;
use crate::second_derivatives::assert_bends_as;
use kutta::field::{
    Activation, Antisymmetric, AnyField, Batch, Dimensions, Energy, Field, GradientFlow, Hamiltonian, Input, Parameter,
    Point, PortHamiltonian, Potential, Ridge, ScalarField, Scratch, SecondOrder, Separable, WithInputs,
};
use kutta::{Mlp, Number, VectorField};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

impl Formula for Ridge {
    fn formula<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        let (weights, biases) = params.split_at(self.width() * self.dim());
        dy.fill(S::zero());
        for (row, &bias) in weights.chunks_exact(self.dim()).zip(biases) {
            let mut sum = bias;
            row.iter().zip(y).for_each(|(&w, &y)| sum += w * y);
            let unit = self.activation().apply(sum);
            dy.iter_mut().zip(row).for_each(|(dy, &w)| *dy += w * unit);
        }
    }
}

impl Formula for Antisymmetric {
    fn formula<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        let d = self.dim();
        for (i, dy) in dy.iter_mut().enumerate() {
            let mut sum = params[d * d + i] - S::constant(self.damping()) * y[i];
            (0..d).for_each(|j| sum += (params[i * d + j] - params[j * d + i]) * y[j]);
            *dy = self.activation().apply(sum);
        }
    }
}

/// `q' = v`, `v' = f(q, v)` or `f(q)`, and of the time with it.
struct SecondOrderWritten(Mlp, bool);
impl VectorField for SecondOrderWritten {
    fn dim(&self) -> usize {
        2 * self.0.dim()
    }
    fn param_count(&self) -> usize {
        self.0.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let (dq, dv) = dy.split_at_mut(self.0.dim());
        dq.copy_from_slice(&y[dq.len()..]);
        let mut inputs = y[..self.0.inputs() - usize::from(self.1)].to_vec();
        inputs.resize(self.0.inputs(), t);
        self.0.eval(params, &inputs, dv);
    }
}

fn check(field: &dyn Field<f64>, formula: &impl VectorField, batch: Batch, seed: u64) {
    assert_computes(field, formula, batch, seed, 1e-11);
    assert_bends_as(field, formula, batch, seed, 1e-10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn gradients_of_networks_are_those_of_their_formula(net in mlp(9), batch in batch(), seed in any::<u64>()) {
        let widths = [net.widths(), &[1]].concat();
        let net = Mlp::new(widths, net.activation()).unwrap();
        check(&net.clone().gradient().unwrap(), &Product(Written(net), Matrix::One), batch, seed);
    }

    #[test]
    fn single_precision_too(net in smooth_energy(4), batch in batch(), seed in any::<u64>()) {
        let agree = |field: &dyn Field<f32>, matrix: Matrix| {
            assert_computes::<f32>(field, &Product(Written(net.clone()), matrix), batch, seed, 1e-3);
        };
        agree(&net.clone().gradient().unwrap(), Matrix::One);
        agree(&Hamiltonian::new(net.clone()).unwrap(), Matrix::Port(vec![1.0; 2], 0));
        agree(&PortHamiltonian::new(net.clone()).unwrap(), Matrix::Port(vec![1.0; 2], 4));
        agree(&GradientFlow::new(net.clone()).unwrap(), Matrix::Diagonal(vec![-1.0; 4]));
        let ridge = Ridge::new(4, 5, Activation::Tanh).unwrap();
        assert_computes::<f32>(&ridge, &Provided(&ridge), batch, seed, 1e-3);
        let force = Mlp::new([1, 7, 1], Activation::Tanh).unwrap();
        let field = SecondOrder::of(force.clone()).unwrap();
        assert_computes::<f32>(&field, &SecondOrderWritten(force, false), batch, seed, 1e-3);
    }

    #[test]
    fn gradients_of_energies_of_ones_own(dim in 1..=4_usize, count in 1..=3_usize, batch in batch(), seed in any::<u64>()) {
        let waves = Waves { dim, count, moves: true };
        check(&waves.clone().gradient().unwrap(), &Product(waves, Matrix::One), batch, seed);
    }

    #[test]
    fn hamiltonian_fields(
        net in smooth_energy(4), units in prop::array::uniform4(0.1..10.0f64), batch in batch(), seed in any::<u64>(),
    ) {
        let field = Hamiltonian::new(net.clone()).unwrap();
        check(&field, &Product(Written(net.clone()), Matrix::Port(vec![1.0; 2], 0)), batch, seed);
        let products = [units[0] * units[2], units[1] * units[3]];
        let mean = (products[0] * products[1]).sqrt();
        let scales = products.map(|product| mean / product).to_vec();
        let field = field.in_units(&units).unwrap();
        check(&field, &Product(Written(net), Matrix::Port(scales, 0)), batch, seed);
    }

    #[test]
    fn port_hamiltonian_fields(
        net in smooth_energy(4), all in any::<bool>(), batch in batch(), seed in any::<u64>(),
    ) {
        let field = PortHamiltonian::new(net.clone()).unwrap();
        let (field, damped) = if all { (field, 4) } else { (field.of_momenta().unwrap(), 2) };
        check(&field, &Product(Written(net), Matrix::Port(vec![1.0; 2], damped)), batch, seed);
        let waves = Waves { dim: 4, count: 2, moves: true };
        let field = PortHamiltonian::new(waves.clone()).unwrap();
        check(&field, &Product(waves, Matrix::Port(vec![1.0; 2], 4)), batch, seed);
    }

    #[test]
    fn gradient_flows(net in smooth_energy(3), unit in 0.1..10.0f64, batch in batch(), seed in any::<u64>()) {
        let field = GradientFlow::new(net.clone()).unwrap();
        check(&field, &Product(Written(net.clone()), Matrix::Diagonal(vec![-1.0; 3])), batch, seed);
        let factors = vec![-1.0, -1.0 / (unit * unit), -1.0];
        let field = field.in_units(&[1.0, unit, 1.0]).unwrap();
        check(&field, &Product(Written(net), Matrix::Diagonal(factors)), batch, seed);
    }

    #[test]
    fn tied_fields(dim in 1..=6_usize, width in 1..=9_usize, sigma in activation(), batch in batch(), seed in any::<u64>()) {
        let field = Ridge::new(dim, width, sigma).unwrap();
        check(&field, &Provided(&field), batch, seed);
        let field = Antisymmetric::new(dim, 0.3, sigma).unwrap();
        check(&field, &Provided(&field), batch, seed);
    }

    #[test]
    fn equations_of_second_order(
        reads_velocities in any::<bool>(), freedom in 1..=3_usize, batch in batch(), seed in any::<u64>(),
    ) {
        let inputs = if reads_velocities { 2 * freedom } else { freedom };
        let force = |inputs| Mlp::new([inputs, 7, freedom], Activation::Softplus).unwrap();
        check(&SecondOrder::of(force(inputs)).unwrap(), &SecondOrderWritten(force(inputs), false), batch, seed);
        let driven = WithInputs::of_state(inputs, force(inputs + 1), [Input::Time]).unwrap();
        check(&driven, &Provided(&driven), batch, seed);
        check(&SecondOrder::of(driven).unwrap(), &SecondOrderWritten(force(inputs + 1), true), batch, seed);
    }

    /// The sum of two energies is separable, and the same field otherwise.
    #[test]
    fn separable_fields(
        kinetic in smooth_energy(2), potential in smooth_energy(2), units in prop::array::uniform4(0.1..10.0f64),
        batch in batch(), seed in any::<u64>(),
    ) {
        let field = Separable::hamiltonian(kinetic.clone(), potential.clone()).unwrap();
        let sum = Sum(Written(kinetic), Written(potential));
        check(&field, &Product(sum.clone(), Matrix::Port(vec![1.0; 2], 0)), batch, seed);
        let whole = Hamiltonian::new(sum.clone()).unwrap().in_units(&units).unwrap();
        let scales = whole.structure().scales().to_vec();
        check(&field.in_units(&units).unwrap(), &Product(sum, Matrix::Port(scales, 0)), batch, seed);
    }

    /// A primitive of the field along a line is the change of the energy.
    #[test]
    fn energies_are_those_of_the_gradients(
        net in smooth_energy(4), sigma in activation(), width in 1..=9_usize, seed in any::<u64>(),
    ) {
        let waves = Waves { dim: 4, count: 2, moves: true };
        let sum = Separable::hamiltonian(net.clone(), Ridge::new(4, width, sigma).unwrap()).unwrap();
        let port = PortHamiltonian::new(net.clone()).unwrap();
        assert_tells(&net.gradient().unwrap(), 4, |y| y.to_vec(), seed);
        assert_tells(&Ridge::new(3, width, sigma).unwrap(), 3, |y| y.to_vec(), seed);
        assert_tells(&waves.gradient().unwrap(), 4, |y| y.to_vec(), seed);
        let turned = |dy: &[f64]| {
            let (q, p) = dy.split_at(dy.len() / 2);
            p.iter().map(|x| -x).chain(q.iter().copied()).collect::<Vec<_>>()
        };
        assert_tells(&sum, 8, turned, seed);
        assert_eq!(port.param_count(), port.gradient().param_count() + 16);
    }
}

/// `T(p) + V(q)`, of one's own.
#[derive(Debug, Clone)]
struct Sum(Written, Written);
impl ScalarField for Sum {
    fn dim(&self) -> usize {
        2 * self.0.dim()
    }
    fn param_count(&self) -> usize {
        self.0.param_count() + self.1.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S]) -> S {
        let (kinetic, potential) = params.split_at(self.0.param_count());
        let (q, p) = y.split_at(self.0.dim());
        self.0.eval(kinetic, t, p) + self.1.eval(potential, t, q)
    }
}

#[test]
fn an_empty_batch_is_no_batch() {
    let net = || Mlp::new([2, 5, 1], Activation::Tanh).unwrap();
    let fields: [Box<dyn Field<f64>>; 4] = [
        Box::new(Hamiltonian::new(net()).unwrap()),
        Box::new(PortHamiltonian::new(net()).unwrap()),
        Box::new(Antisymmetric::new(2, 0.1, Activation::Tanh).unwrap()),
        Box::new(GradientFlow::new(Waves { dim: 2, count: 1, moves: true }).unwrap()),
    ];
    for field in &fields {
        assert_computes::<f64>(&**field, &**field, Batch { live: 0, stride: 8 }, 1, 1e-15);
    }
}

/// The energy's differences are those that `slope` of the field says, by Simpson's rule.
fn assert_tells(field: &dyn Potential<f64>, dim: usize, slope: impl Fn(&[f64]) -> Vec<f64>, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let params = field.init(&mut rng);
    let mut vector = || (0..dim).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
    let (y, v) = (vector(), vector());
    let at = |s: f64| y.iter().zip(&v).map(|(y, v)| y + s * v).collect::<Vec<_>>();
    let energy = |s: f64| {
        let mut energy = [f64::NAN];
        field.energy(Point::one(&params, &0.5, &at(s)), &mut energy, &mut Scratch::new());
        energy[0]
    };
    let rate = |s: f64| {
        let (mut dy, mut record) = (vec![0.0; dim], vec![0.0; field.record_rows()]);
        field.eval_batch(Point::one(&params, &0.5, &at(s)), &mut dy, &mut record, &mut Scratch::new());
        slope(&dy).iter().zip(&v).map(|(x, v)| x * v).sum::<f64>()
    };
    let (found, error) = crate::common::derivative(energy);
    // A rectified slope may have its kink here.
    let (left, right) = (rate(-1e-3), rate(1e-3));
    let allowed = 1e-9 + 10.0 * error.min((left - right).abs());
    assert!((found - rate(0.0)).abs() <= allowed, "{found} {} {error}", rate(0.0));
}

#[test]
fn energies_of_any_field_are_saved_and_checked_when_read() {
    let net = || Mlp::new([2, 5, 1], Activation::Tanh).unwrap();
    let ridge = || Ridge::new(2, 5, Activation::Elu).unwrap();
    let tells: [AnyField; 6] = [
        Hamiltonian::new(net()).unwrap().into(),
        Separable::hamiltonian(net(), net()).unwrap().into(),
        Separable::hamiltonian(ridge(), ridge()).unwrap().into(),
        PortHamiltonian::new(net()).unwrap().of_momenta().unwrap().into(),
        GradientFlow::new(net()).unwrap().into(),
        GradientFlow::new(ridge()).unwrap().into(),
    ];
    let others: [AnyField; 2] = [
        Antisymmetric::new(3, 0.1, Activation::Tanh).unwrap().into(),
        SecondOrder::of(
            WithInputs::of_state(2, Mlp::new([3, 5, 1], Activation::Tanh).unwrap(), [Input::Time]).unwrap(),
        )
        .unwrap()
        .into(),
    ];
    for field in &others {
        assert!(field.potential::<f64>().is_none());
    }
    for field in tells.iter().chain(&others) {
        let count: usize = field.parameters().iter().map(Parameter::len).sum();
        assert_eq!(count, field.param_count(), "{:?}", field.parameters());
        let text = serde_json::to_string(field).unwrap();
        assert_eq!(&serde_json::from_str::<AnyField>(&text).unwrap(), field, "{text}");
        let rates = ["antisymmetric", "second_order"];
        let known = rates.iter().any(|kind| text.starts_with(&format!(r#"{{"kind":"{kind}""#)));
        assert_eq!(field.has_known_rates(), known, "{text}");
    }
    for field in &tells {
        let potential = field.potential::<f64>().unwrap();
        let params = potential.init(&mut ChaCha8Rng::seed_from_u64(1));
        let mut energy = [f64::NAN];
        let y = vec![0.3; field.dim()];
        potential.energy(Point::one(&params, &0.0, &y), &mut energy, &mut Scratch::new());
        assert!(energy[0].is_finite());
    }
    let text = serde_json::to_string(&tells[0]).unwrap();
    for (from, to) in [("[2,5,1]", "[2,5,2]"), ("[2,5,1]", "[3,5,1]"), ("[1.0]", "[1.0,1.0]"), ("[1.0]", "[-1.0]")] {
        assert!(text.contains(from), "{text}");
        assert!(serde_json::from_str::<AnyField>(&text.replace(from, to)).is_err(), "{from} {to}");
    }
}

#[test]
fn energies_that_make_no_field_are_refused() {
    let net = |widths: [usize; 3]| Mlp::new(widths, Activation::Tanh).unwrap();
    let text = |error: kutta::Error| error.to_string();
    assert_eq!(text(net([2, 3, 2]).gradient().unwrap_err()), "the network of an energy has 2 outputs, expected 1");
    assert_eq!(
        text(Hamiltonian::new(net([3, 3, 1])).unwrap_err()),
        "the components of the energy is 3, expected an even number: positions and momenta"
    );
    assert!(Separable::hamiltonian(net([1, 3, 1]), net([2, 3, 1])).is_err());
    assert!(Hamiltonian::new(net([4, 3, 1])).unwrap().in_units(&[1.0, 1.0]).is_err());
    assert!(Hamiltonian::new(net([2, 3, 1])).unwrap().in_units(&[1.0, 0.0]).is_err());
    assert!(GradientFlow::new(net([2, 3, 1])).unwrap().in_units(&[1.0, 0.0]).is_err());
    assert!(SecondOrder::of(net([3, 3, 1])).is_err());
    assert!(SecondOrder::of(net([2, 3, 1])).unwrap().in_units(&[1.0, f64::NAN]).is_err());
    assert!(Antisymmetric::new(2, -0.1, Activation::Tanh).is_err());
    assert!(Ridge::new(2, 0, Activation::Tanh).is_err());
}
