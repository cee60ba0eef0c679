//! The pullback of Jacobian–vector products: kernels against what any field has from its `eval`, and both against nested
//! dual numbers and central differences.

use crate::common::formula::Provided;
use crate::common::networks::{activation, batch, dot, mlp};
use kutta::field::{
    Activation, Batch, Bounded, Damped, Field, Input, JvpBars, Layered, Mlp, Point, Scratch, Spectrum, WithInputs,
};
use kutta::number::Dual;
use kutta::{Number, Real, VectorField};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A field that is curved in everything it depends on.
struct Curved;
impl VectorField for Curved {
    fn dim(&self) -> usize {
        3
    }
    fn param_count(&self) -> usize {
        4
    }
    fn eval<S: Number>(&self, p: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy[0] = (p[0] * y[0]).sin() + y[1].tanh() * t + (y[2] * y[2] + S::one()).sqrt().ln();
        dy[1] = p[1] * (y[0] * y[1]).sin().exp() / (S::one() + y[2].square()) - y[0].gelu() * p[3].softplus();
        dy[2] = p[2].sigmoid() * y[1].atan() * y[0].erf() + (y[1].cos() + S::constant(2.0)).recip().powi(3);
    }
}

/// A point, two directions of the state, one of the parameters, and cotangents of `F` and of its Jacobian; padding
/// columns hold NaN.
struct Case<T> {
    params: Vec<T>,
    params_direction: Vec<T>,
    t: Vec<T>,
    y: Vec<T>,
    v: Vec<T>,
    v_other: Vec<T>,
    w: Vec<T>,
    w_jacobian: Vec<T>,
    batch: Batch,
}

/// Live columns only.
struct Results<T> {
    y_bar: Vec<T>,
    v_bar: Vec<T>,
    params_bar: Vec<T>,
    y_bar_other: Vec<T>,
    y_bar_alone: Vec<T>,
    jacobian_y_bar: Vec<T>,
    jacobian_params_bar: Vec<T>,
    jacobian_y_bar_alone: Vec<T>,
}

impl<T: Real> Case<T> {
    fn new(field: &dyn Field<T>, batch: Batch, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut params: Vec<T> = field.init(&mut rng);
        params.iter_mut().for_each(|p| *p += T::constant(rng.random_range(-0.2..0.2)));
        let params_direction = params.iter().map(|_| T::constant(rng.random_range(-0.5..0.5))).collect();
        let mut matrix = |rows: usize| -> Vec<T> {
            let live = |k: usize| k % batch.stride < batch.live;
            let mut entry = |k| if live(k) { rng.random_range(-2.0..2.0) } else { f64::NAN };
            (0..rows * batch.stride).map(|k| T::constant(entry(k))).collect()
        };
        let (d, n) = (field.dim(), field.inputs());
        let (t, y, v, v_other) = (matrix(1), matrix(n), matrix(n), matrix(n));
        let (w, w_jacobian) = (matrix(d), matrix(d * n));
        Case { params, params_direction, t, y, v, v_other, w, w_jacobian, batch }
    }

    fn live(&self, matrix: &[T]) -> Vec<T> {
        matrix.chunks_exact(self.batch.stride).flat_map(|row| row[..self.batch.live].to_vec()).collect()
    }

    fn at(&self) -> Point<'_, T> {
        Point { params: &self.params, t: &self.t, y: &self.y, batch: self.batch }
    }

    fn run(&self, field: &dyn Field<T>) -> Results<T> {
        let (d, n, stride) = (field.dim(), field.inputs(), self.batch.stride);
        let (at, mut scratch) = (self.at(), Scratch::new());
        let nan = |rows: usize| vec![T::constant(f64::NAN); rows * stride];
        let (mut value, mut record) = (nan(d), nan(field.record_rows()));
        field.eval_batch(at, &mut value, &mut record, &mut scratch);
        let (mut y_bar, mut v_bar, mut y_bar_other, mut y_bar_alone) = (nan(n), nan(n), nan(n), nan(n));
        // Parameters are added to.
        let (mut params_bar, mut jacobian_params_bar) =
            (vec![T::one(); at.params.len()], vec![T::one(); at.params.len()]);
        let bars = JvpBars { y: &mut y_bar, v: Some(&mut v_bar), params: Some(&mut params_bar) };
        field.jvp_pullback(at, &record, &self.v, &self.w, bars, &mut scratch);
        let bars = JvpBars { y: &mut y_bar_other, v: None, params: None };
        field.jvp_pullback(at, &record, &self.v_other, &self.w, bars, &mut scratch);
        let bars = JvpBars { y: &mut y_bar_alone, v: None, params: None };
        field.jvp_pullback(at, &record, &self.v, &self.w, bars, &mut scratch);
        let (mut jacobian_y_bar, mut jacobian_y_bar_alone) = (nan(n), nan(n));
        let w = &self.w_jacobian;
        field.jacobian_pullback(at, &record, w, &mut jacobian_y_bar, Some(&mut jacobian_params_bar), &mut scratch);
        field.jacobian_pullback(at, &record, w, &mut jacobian_y_bar_alone, None, &mut scratch);
        let less_one = |bar: Vec<T>| bar.into_iter().map(|x| x - T::one()).collect();
        Results {
            y_bar: self.live(&y_bar),
            v_bar: self.live(&v_bar),
            params_bar: less_one(params_bar),
            y_bar_other: self.live(&y_bar_other),
            y_bar_alone: self.live(&y_bar_alone),
            jacobian_y_bar: self.live(&jacobian_y_bar),
            jacobian_params_bar: less_one(jacobian_params_bar),
            jacobian_y_bar_alone: self.live(&jacobian_y_bar_alone),
        }
    }
}

/// Equal to `tolerance`, relative to the largest entry.
fn assert_close<T: Real>(what: &str, a: &[T], b: &[T], tolerance: f64) {
    assert_eq!(a.len(), b.len(), "{what}");
    let scale = b.iter().map(|x| x.to_f64().abs()).fold(1e-1, f64::max);
    for (k, (x, y)) in a.iter().zip(b).enumerate() {
        let difference = (x.to_f64() - y.to_f64()).abs();
        // Not `>`: that would let NaN pass.
        assert!(difference <= tolerance * scale, "{what}: entry {k} is {x:e}, expected {y:e}, scale {scale:e}");
    }
}

fn assert_agree<T: Real>(a: &Results<T>, b: &Results<T>, tolerance: f64) {
    assert_close("by the state", &a.y_bar, &b.y_bar, tolerance);
    assert_close("by the state alone", &a.y_bar_alone, &b.y_bar, tolerance);
    assert_close("by the direction", &a.v_bar, &b.v_bar, tolerance);
    assert_close("by the parameters", &a.params_bar, &b.params_bar, tolerance);
    assert_close("all columns, by the state", &a.jacobian_y_bar, &b.jacobian_y_bar, tolerance);
    assert_close("all columns, by the state alone", &a.jacobian_y_bar_alone, &b.jacobian_y_bar, tolerance);
    assert_close("all columns, by the parameters", &a.jacobian_params_bar, &b.jacobian_params_bar, tolerance);
}

fn size<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x.to_f64() * y.to_f64()).abs()).sum()
}

/// The derivative of `wᵀ(∂F/∂y)v` along `(v_other, params_direction)`, by dual numbers of dual numbers, and a scale.
fn along(case: &Case<f64>, field: &impl VectorField) -> (f64, f64) {
    let (mut sum, mut scale) = (0.0, 0.0);
    let stride = case.batch.stride;
    let nested = |value: f64, v: f64, other: f64| Dual {
        value: Dual { value, tangent: v },
        tangent: Dual { value: other, tangent: 0.0 },
    };
    let params: Vec<_> = case.params.iter().zip(&case.params_direction).map(|(&p, &d)| nested(p, 0.0, d)).collect();
    for s in 0..case.batch.live {
        let y: Vec<_> = (0..field.inputs())
            .map(|i| i * stride + s)
            .map(|k| nested(case.y[k], case.v[k], case.v_other[k]))
            .collect();
        let mut dy = vec![nested(0.0, 0.0, 0.0); field.dim()];
        field.eval(&params, nested(case.t[s], 0.0, 0.0), &y, &mut dy);
        for (i, dy) in dy.iter().enumerate() {
            let term = case.w[i * stride + s] * dy.tangent.tangent;
            sum += term;
            scale += term.abs();
        }
    }
    (sum, scale)
}

fn assert_identities(case: &Case<f64>, field: &dyn Field<f64>, formula: &impl VectorField) {
    let results = case.run(field);
    let (v, v_other) = (case.live(&case.v), case.live(&case.v_other));
    // The dot-product identity.
    let (expected, scale) = along(case, formula);
    let found = dot(&results.y_bar, &v_other) + dot(&results.params_bar, &case.params_direction);
    let scale = scale + size(&results.y_bar, &v_other) + size(&results.params_bar, &case.params_direction);
    assert!((found - expected).abs() <= 1e-13 * scale.max(1.0), "{found} {expected}");
    // Second derivatives are symmetric.
    let (left, right) = (dot(&results.y_bar, &v_other), dot(&results.y_bar_other, &v));
    let scale = size(&results.y_bar, &v_other) + size(&results.y_bar_other, &v);
    assert!((left - right).abs() <= 1e-12 * scale.max(1.0), "{left} {right}");
}

/// A field has, at a random point, the second derivatives of its formula.
pub fn assert_bends_as(field: &dyn Field<f64>, formula: &impl VectorField, batch: Batch, seed: u64, tolerance: f64) {
    let case = Case::<f64>::new(field, batch, seed);
    assert_agree(&case.run(field), &case.run(formula), tolerance);
    assert_identities(&case, field, formula);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn kernels_agree_with_a_tape_of_duals_in_f64(net in mlp(30), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        assert_agree(&case.run(&net), &case.run(&Provided(&net)), 1e-11);
    }

    #[test]
    fn kernels_agree_with_a_tape_of_duals_in_f32(net in mlp(30), batch in batch(), seed in any::<u64>()) {
        // Kinks may fall on either side in single precision; they are covered in double.
        prop_assume!(!matches!(net.activation(), Activation::Relu | Activation::Elu));
        let case = Case::<f32>::new(&net, batch, seed);
        assert_agree(&case.run(&net), &case.run(&Provided(&net)), 1e-3);
    }

    #[test]
    fn wrapped_fields_agree_too(
        widths in prop::collection::vec(1..=9_usize, 1..=3), rate in -3.0..30.0, batch in batch(), seed in any::<u64>(),
    ) {
        let mut widths = widths;
        widths.insert(0, widths[widths.len() - 1] + 2);
        let map = Mlp::new(widths, Activation::Gelu).unwrap();
        let field = WithInputs::new(map, [Input::Constant(1.5), Input::Time]).unwrap();
        let field = Damped::new(field, rate).unwrap();
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-11);
    }

    #[test]
    fn bounded_fields_agree_too(
        widths in prop::collection::vec(1..=9_usize, 1..=3), activation in activation(), alpha in -30.0..3.0,
        width in 0.1..10.0, batch in batch(), seed in any::<u64>(),
    ) {
        let spectrum = Spectrum::new(alpha, alpha + width).unwrap();
        let mut widths = widths;
        widths.insert(0, widths[widths.len() - 1] + 1);
        let map = Mlp::new(widths, activation).unwrap();
        let field = Bounded::new(WithInputs::new(map.clone(), [Input::Time]).unwrap(), spectrum);
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-11);
        assert_identities(&case, &field, &Provided(&field));
        // A map, whose last input has no part in the centre.
        let field = Bounded::new(map.normalised(2.0).unwrap(), spectrum);
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-11);
        assert_identities(&case, &field, &Provided(&field));
    }

    #[test]
    fn second_derivatives_are_dual_and_symmetric(net in mlp(30), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        assert_identities(&case, &net, &Provided(&net));
        assert_identities(&case, &Provided(&net), &Provided(&net));
    }
}

#[test]
fn second_derivatives_of_a_field_of_ones_own() {
    let batch = Batch { live: 11, stride: 13 };
    let case = Case::<f64>::new(&Curved, batch, 5);
    assert_identities(&case, &Curved, &Curved);
    // Against central differences of the Jacobian, all columns at once.
    let results = case.run(&Curved);
    let weighed = |step: f64| {
        let along = |x: &[f64], d: &[f64]| x.iter().zip(d).map(|(x, d)| x + step * d).collect::<Vec<_>>();
        let (params, y) = (along(&case.params, &case.params_direction), along(&case.y, &case.v));
        let mut jacobian = vec![0.0; 9 * batch.stride];
        let at = Point { params: &params, t: &case.t, y: &y, batch };
        Curved.jacobian(at, &[], &mut jacobian, &mut Scratch::new());
        dot(&case.live(&case.w_jacobian), &case.live(&jacobian))
    };
    let expected = (weighed(1e-5) - weighed(-1e-5)) / 2e-5;
    let found =
        dot(&results.jacobian_y_bar, &case.live(&case.v)) + dot(&results.jacobian_params_bar, &case.params_direction);
    assert!((found - expected).abs() < 1e-8 * expected.abs(), "{found} {expected}");
}

#[test]
fn padding_and_an_empty_batch_change_nothing() {
    fn check(name: Activation, net: impl Field<f64>) {
        let mut case = Case::<f64>::new(&net, Batch::padded::<f64>(5), 7);
        let with_nan = case.run(&net);
        for matrix in [&mut case.y, &mut case.v, &mut case.v_other, &mut case.w, &mut case.w_jacobian] {
            matrix.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.25);
        }
        let with_numbers = case.run(&net);
        assert_eq!(with_nan.y_bar, with_numbers.y_bar, "{name}");
        assert_eq!(with_nan.params_bar, with_numbers.params_bar, "{name}");
        assert_eq!(with_nan.jacobian_params_bar, with_numbers.jacobian_params_bar, "{name}");
        let empty = Case::<f64>::new(&net, Batch { live: 0, stride: 8 }, 7).run(&net);
        assert!(empty.params_bar.iter().chain(&empty.jacobian_params_bar).all(|x| *x == 0.0));
    }
    for activation in Activation::ALL {
        let net = Mlp::new([2, 9, 9, 2], activation).unwrap();
        check(activation, net.clone());
        check(activation, net.with_spectrum(-3.0, 1.0).unwrap());
    }
}
