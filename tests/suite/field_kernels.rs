//! The matrix kernels of fields against the derivatives that any field has from its `eval`.

use crate::common::formula::Provided;
use crate::common::networks::{activation, batch, dot, mlp};
use kutta::field::{
    Activation, Batch, Bounded, Damped, Dimensions, Field, Input, Layered, Mlp, Point, Scratch, Spectrum, WithInputs,
};
use kutta::{Number, Real, VectorField};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Everything a field computes at one point, live columns only, sample by sample.
struct Results<T> {
    value: Vec<T>,
    tangent: Vec<T>,
    tangent_with_params: Vec<T>,
    y_bar: Vec<T>,
    y_bar_again: Vec<T>,
    params_bar: Vec<T>,
    jacobian: Vec<T>,
}

/// A point with directions, filled from a seed; padding columns hold NaN.
struct Case<T> {
    params: Vec<T>,
    params_direction: Vec<T>,
    t: Vec<T>,
    y: Vec<T>,
    v: Vec<T>,
    w: Vec<T>,
    batch: Batch,
}

fn matrix<T: Real>(rows: usize, batch: Batch, rng: &mut impl Rng) -> Vec<T> {
    (0..rows * batch.stride)
        .map(|k| {
            if k % batch.stride < batch.live { T::constant(rng.random_range(-2.0..2.0)) } else { T::constant(f64::NAN) }
        })
        .collect()
}

impl<T: Real> Case<T> {
    fn new(field: &dyn Field<T>, batch: Batch, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut params: Vec<T> = field.init(&mut rng);
        // Biases too.
        params.iter_mut().for_each(|p| *p += T::constant(rng.random_range(-0.2..0.2)));
        let params_direction = params.iter().map(|_| T::constant(rng.random_range(-0.5..0.5))).collect();
        let (t, y) = (matrix(1, batch, &mut rng), matrix(field.inputs(), batch, &mut rng));
        let (v, w) = (matrix(field.inputs(), batch, &mut rng), matrix(field.dim(), batch, &mut rng));
        Case { params, params_direction, t, y, v, w, batch }
    }

    fn live(&self, matrix: &[T]) -> Vec<T> {
        matrix.chunks_exact(self.batch.stride).flat_map(|row| row[..self.batch.live].to_vec()).collect()
    }

    fn run(&self, field: &dyn Field<T>) -> Results<T> {
        let (d, n, stride) = (field.dim(), field.inputs(), self.batch.stride);
        let nan = T::constant(f64::NAN);
        let at = Point { params: &self.params, t: &self.t, y: &self.y, batch: self.batch };
        let mut scratch = Scratch::new();
        let mut record = vec![nan; field.record_rows() * stride];
        let mut value = vec![nan; d * stride];
        field.eval_batch(at, &mut value, &mut record, &mut scratch);
        let mut tangent = vec![nan; d * stride];
        field.jvp(at, &record, &self.v, None, &mut tangent, &mut scratch);
        let mut tangent_with_params = vec![nan; d * stride];
        let w = Some(&self.params_direction[..]);
        field.jvp(at, &record, &self.v, w, &mut tangent_with_params, &mut scratch);
        let mut y_bar = vec![nan; n * stride];
        field.vjp(at, &record, &self.w, &mut y_bar, None, &mut scratch);
        let mut y_bar_again = vec![nan; n * stride];
        // It is added to.
        let mut params_bar = vec![T::one(); field.param_count()];
        field.vjp(at, &record, &self.w, &mut y_bar_again, Some(&mut params_bar), &mut scratch);
        let mut jacobian = vec![nan; d * n * stride];
        field.jacobian(at, &record, &mut jacobian, &mut scratch);
        Results {
            value: self.live(&value),
            tangent: self.live(&tangent),
            tangent_with_params: self.live(&tangent_with_params),
            y_bar: self.live(&y_bar),
            y_bar_again: self.live(&y_bar_again),
            params_bar,
            jacobian: self.live(&jacobian),
        }
    }
}

/// Equal to `tolerance`, relative to the largest entry.
fn assert_close<T: Real>(what: &str, a: &[T], b: &[T], tolerance: f64) {
    assert_eq!(a.len(), b.len(), "{what}");
    let scale = b.iter().map(|x| x.to_f64().abs()).fold(1e-3, f64::max);
    for (k, (x, y)) in a.iter().zip(b).enumerate() {
        let difference = (x.to_f64() - y.to_f64()).abs();
        // Not `>`: that would let NaN pass.
        assert!(difference <= tolerance * scale, "{what}: entry {k} is {x:e}, expected {y:e}, scale {scale:e}");
    }
}

fn assert_agree<T: Real>(a: &Results<T>, b: &Results<T>, tolerance: f64) {
    assert_close("eval_batch", &a.value, &b.value, tolerance);
    assert_close("jvp", &a.tangent, &b.tangent, tolerance);
    assert_close("jvp with parameters", &a.tangent_with_params, &b.tangent_with_params, tolerance);
    assert_close("vjp", &a.y_bar, &b.y_bar, tolerance);
    assert_close("vjp with parameters", &a.y_bar_again, &b.y_bar, tolerance);
    assert_close("parameter gradient", &a.params_bar, &b.params_bar, tolerance);
    assert_close("jacobian", &a.jacobian, &b.jacobian, tolerance);
}

/// A field computes, at a random point, what another does.
pub fn assert_computes<T: Real>(field: &dyn Field<T>, other: &dyn Field<T>, batch: Batch, seed: u64, tolerance: f64) {
    let case = Case::new(field, batch, seed);
    assert_agree(&case.run(field), &case.run(other), tolerance);
}

fn mlp_with_inputs() -> impl Strategy<Value = WithInputs<Mlp>> {
    (prop::collection::vec(1..=12_usize, 1..=3), activation(), 0..3_usize).prop_map(|(mut widths, activation, case)| {
        let append: &[Input] = [&[][..], &[Input::Time], &[Input::Constant(1.5), Input::Time]][case];
        widths.insert(0, widths[widths.len() - 1] + append.len());
        WithInputs::new(Mlp::new(widths, activation).unwrap(), append).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn kernels_agree_with_duals_and_tape_in_f64(net in mlp(40), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        assert_agree(&case.run(&net), &case.run(&Provided(&net)), 1e-12);
    }

    #[test]
    fn kernels_agree_with_duals_and_tape_in_f32(net in mlp(40), batch in batch(), seed in any::<u64>()) {
        // Kinks at zero may fall on either side in single precision; they are covered in double.
        prop_assume!(net.activation() != Activation::Relu);
        let case = Case::<f32>::new(&net, batch, seed);
        assert_agree(&case.run(&net), &case.run(&Provided(&net)), 1e-4);
    }

    #[test]
    fn damped_fields_agree_too(
        field in mlp_with_inputs(), rate in -3.0..30.0, batch in batch(), seed in any::<u64>(),
    ) {
        let inner = Damped::new(field.map().clone(), rate).unwrap();
        let field = Damped::new(field, rate).unwrap();
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-12);
        // A map of more inputs than outputs is damped in its outputs.
        let case = Case::<f64>::new(&inner, batch, seed);
        assert_agree(&case.run(&inner), &case.run(&Provided(&inner)), 1e-12);
    }

    #[test]
    fn bounded_fields_agree_too(
        field in mlp_with_inputs(), alpha in -30.0..3.0, width in 0.1..10.0, batch in batch(), seed in any::<u64>(),
    ) {
        let spectrum = Spectrum::new(alpha, alpha + width).unwrap();
        let inner = Bounded::new(field.map().clone(), spectrum);
        let field = Bounded::new(field, spectrum);
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-12);
        // A map of more inputs than outputs is bounded in the inputs that it has as outputs too.
        let case = Case::<f64>::new(&inner, batch, seed);
        assert_agree(&case.run(&inner), &case.run(&Provided(&inner)), 1e-12);
        let normalised = Bounded::new(field.inner().clone().normalised(2.0).unwrap(), spectrum);
        let case = Case::<f64>::new(&normalised, batch, seed);
        assert_agree(&case.run(&normalised), &case.run(&Provided(&normalised)), 1e-12);
    }

    #[test]
    fn appended_inputs_agree_too(field in mlp_with_inputs(), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&field, batch, seed);
        assert_agree(&case.run(&field), &case.run(&Provided(&field)), 1e-12);
    }

    #[test]
    fn a_sample_does_not_depend_on_its_batch(net in mlp(40), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        let together = case.run(&net);
        let column = |m: &[f64], s: usize, stride: usize| m.iter().skip(s).step_by(stride).copied().collect::<Vec<_>>();
        let mut params_bar = vec![1.0; net.param_count()];
        for s in 0..batch.live {
            let alone = Case {
                params: case.params.clone(),
                params_direction: case.params_direction.clone(),
                t: column(&case.t, s, batch.stride),
                y: column(&case.y, s, batch.stride),
                v: column(&case.v, s, batch.stride),
                w: column(&case.w, s, batch.stride),
                batch: Batch { live: 1, stride: 1 },
            };
            let alone = alone.run(&net);
            assert_close("value", &column(&together.value, s, batch.live), &alone.value, 1e-14);
            assert_close("tangent", &column(&together.tangent, s, batch.live), &alone.tangent, 1e-14);
            assert_close("cotangent", &column(&together.y_bar, s, batch.live), &alone.y_bar, 1e-14);
            assert_close("jacobian", &column(&together.jacobian, s, batch.live), &alone.jacobian, 1e-14);
            params_bar.iter_mut().zip(&alone.params_bar).for_each(|(sum, x)| *sum += x - 1.0);
        }
        assert_close("parameter gradient", &together.params_bar, &params_bar, 1e-12);
    }

    /// `⟨w, J (v, γ̇)⟩ = ⟨Jᵀ w, (v, γ̇)⟩`, for the kernels and for the provided methods.
    #[test]
    fn tangents_and_cotangents_are_dual(net in mlp(40), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        let (v, w) = (case.live(&case.v), case.live(&case.w));
        for results in [case.run(&net), case.run(&Provided(&net))] {
            let params_bar: Vec<f64> = results.params_bar.iter().map(|x| x - 1.0).collect();
            let left = dot(&w, &results.tangent_with_params);
            let right = dot(&results.y_bar, &v) + dot(&params_bar, &case.params_direction);
            let scale: f64 = w.iter().zip(&results.tangent_with_params).map(|(a, b)| (a * b).abs()).sum();
            let scale = scale + params_bar.iter().zip(&case.params_direction).map(|(a, b)| (a * b).abs()).sum::<f64>();
            prop_assert!((left - right).abs() <= 1e-13 * scale.max(1.0), "{left} {right}");
        }
    }
}

/// A field with every elementary operation in it.
struct Everything;
impl VectorField for Everything {
    fn dim(&self) -> usize {
        3
    }
    fn param_count(&self) -> usize {
        4
    }
    fn eval<S: Number>(&self, p: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy[0] = (p[0] * y[0]).sin() + y[1].tanh() * t + (y[2] * y[2] + S::one()).sqrt().ln();
        dy[1] = p[1] * (y[0] * y[1]).sin().exp() / (S::one() + y[2].square()) - y[0].gelu() + p[3].softplus();
        dy[2] = p[2].sigmoid() * y[1].atan() - (y[0].abs() + S::one()).powf(1.5) + y[2].max(y[0])
            - (y[1].cos() + S::constant(2.0)).recip();
    }
}

#[test]
fn provided_derivatives_agree_with_central_differences() {
    let batch = Batch { live: 11, stride: 13 };
    let case = Case::<f64>::new(&Everything, batch, 5);
    let results = case.run(&Everything);
    let shifted = |step: f64| {
        let along = |x: &[f64], d: &[f64]| x.iter().zip(d).map(|(x, d)| x + step * d).collect::<Vec<_>>();
        let params = along(&case.params, &case.params_direction);
        let y = along(&case.y, &case.v);
        let mut dy = vec![0.0; 3 * batch.stride];
        let at = Point { params: &params, t: &case.t, y: &y, batch };
        Everything.eval_batch(at, &mut dy, &mut [], &mut Scratch::new());
        case.live(&dy)
    };
    let step = 1e-5;
    let difference: Vec<f64> =
        shifted(step).iter().zip(shifted(-step)).map(|(up, down)| (up - down) / (2.0 * step)).collect();
    assert_close("jvp", &results.tangent_with_params, &difference, 1e-8);
    // The Jacobian's columns, weighted by the direction, are the Jacobian-vector product.
    for s in 0..batch.live {
        for i in 0..3 {
            let sum: f64 =
                (0..3).map(|j| results.jacobian[(i * 3 + j) * batch.live + s] * case.v[j * batch.stride + s]).sum();
            assert!((sum - results.tangent[i * batch.live + s]).abs() < 1e-13 * (1.0 + sum.abs()));
        }
    }
    let params_bar: Vec<f64> = results.params_bar.iter().map(|x| x - 1.0).collect();
    let left = dot(&case.live(&case.w), &results.tangent_with_params);
    let right = dot(&results.y_bar, &case.live(&case.v)) + dot(&params_bar, &case.params_direction);
    assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{left} {right}");
}

#[test]
fn relu_has_no_slope_at_zero() {
    let net = Mlp::new([1, 1, 1], Activation::Relu).unwrap();
    // The second layer's input is exactly zero.
    let case = Case {
        params: vec![1.0, -0.5, 1.0],
        params_direction: vec![1.0; 3],
        t: vec![0.0],
        y: vec![0.5],
        v: vec![1.0],
        w: vec![1.0],
        batch: Batch { live: 1, stride: 1 },
    };
    for results in [case.run(&net), case.run(&Provided(&net))] {
        assert_eq!(results.value, [0.0]);
        assert_eq!(results.tangent, [0.0]);
        assert_eq!(results.y_bar, [0.0]);
        assert_eq!(results.params_bar, [1.0; 3]);
    }
}

#[test]
fn not_a_number_stays_so() {
    for activation in Activation::ALL {
        assert!(activation.apply(f64::NAN).is_nan(), "{activation}");
        let net = Mlp::new([1, 3, 1], activation).unwrap();
        let y = [f64::NAN, 1.0];
        let at = Point { params: &[1.0; 9], t: &[0.0; 2], y: &y, batch: Batch { live: 2, stride: 2 } };
        let (mut dy, mut record) = ([0.0; 2], vec![0.0; net.record_rows() * 2]);
        net.eval_batch(at, &mut dy, &mut record, &mut Scratch::new());
        assert!(dy[0].is_nan() && dy[1].is_finite(), "{activation}: {dy:?}");
    }
}

#[test]
fn padding_changes_no_bit() {
    for activation in Activation::ALL {
        let net = Mlp::new([2, 9, 9, 2], activation).unwrap();
        let mut case = Case::<f64>::new(&net, Batch::padded::<f64>(5), 7);
        let with_nan = case.run(&net);
        for matrix in [&mut case.y, &mut case.v, &mut case.w] {
            matrix.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.25);
        }
        let with_numbers = case.run(&net);
        assert_eq!(with_nan.value, with_numbers.value, "{activation}");
        assert_eq!(with_nan.y_bar, with_numbers.y_bar, "{activation}");
        assert_eq!(with_nan.params_bar, with_numbers.params_bar, "{activation}");
        assert_eq!(with_nan.jacobian, with_numbers.jacobian, "{activation}");
    }
}

#[test]
fn an_empty_batch_changes_nothing() {
    let net = Mlp::new([2, 3, 2], Activation::Tanh).unwrap();
    let field = WithInputs::new(Mlp::new([3, 3, 2], Activation::Tanh).unwrap(), [Input::Time]).unwrap();
    let case = |field: &dyn Fn() -> Results<f64>| assert!(field().params_bar.iter().all(|x| *x == 1.0));
    let batch = Batch { live: 0, stride: 8 };
    case(&|| Case::new(&net, batch, 1).run(&net));
    case(&|| Case::new(&field, batch, 1).run(&field));
}

#[test]
fn bad_widths_and_inputs_are_refused() {
    for widths in [vec![], vec![3], vec![2, 0, 2], vec![usize::MAX, usize::MAX], vec![1 << 31, 1 << 31, 1]] {
        let error = Mlp::new(widths.clone(), Activation::Tanh).unwrap_err().to_string();
        assert!(error.starts_with("widths is"), "{error}");
    }
    let net = Mlp::new([3, 2], Activation::Tanh).unwrap();
    let error = WithInputs::new(net.clone(), []).unwrap_err().to_string();
    assert_eq!(error, "the map has 3 inputs, expected 2");
    assert!(WithInputs::new(net, [Input::Constant(f64::INFINITY)]).is_err());
    let error = "tahn".parse::<Activation>().unwrap_err().to_string();
    assert_eq!(error, "unknown activation `tahn`; did you mean `tanh`?");
}

#[test]
fn fields_are_saved_and_checked_when_read() {
    let net = Mlp::new([3, 5, 1], Activation::Softplus).unwrap().with_output_bias();
    let field = WithInputs::new(net, [Input::Time, Input::Constant(1.5)]).unwrap();
    let text = serde_json::to_string(&field).unwrap();
    assert_eq!(
        text,
        r#"{"map":{"widths":[3,5,1],"activation":"softplus","output_bias":true},"append":["time",{"constant":1.5}]}"#
    );
    assert_eq!(serde_json::from_str::<WithInputs<Mlp>>(&text).unwrap(), field);
    assert!(serde_json::from_str::<Mlp>(r#"{"widths":[3],"activation":"tanh"}"#).is_err());
    assert!(serde_json::from_str::<WithInputs<Mlp>>(&text.replace("\"time\",", "")).is_err());
}

#[test]
fn initial_weights_are_within_their_bound_and_biases_zero() {
    let net = Mlp::new([2, 10, 1], Activation::Tanh).unwrap();
    let params: Vec<f64> = net.init(&mut ChaCha8Rng::seed_from_u64(1));
    let bound = (6.0_f64 / 12.0).sqrt();
    assert!(params[..20].iter().all(|w| w.abs() <= bound) && params[..20].iter().any(|w| w.abs() > 0.8 * bound));
    assert_eq!(params[20..30], [0.0; 10]);
    assert!(params[30..].iter().all(|w| *w != 0.0 && w.abs() <= (6.0_f64 / 11.0).sqrt()));
}
