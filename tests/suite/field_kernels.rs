//! The matrix kernels of fields against the derivatives that any field has from its `eval`.

use crate::common::formula::Provided;
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

fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x.to_f64() * y.to_f64()).sum()
}

fn activation() -> impl Strategy<Value = Activation> {
    proptest::sample::select(Activation::ALL.to_vec())
}

/// Padded to whole registers, not at all, or to an odd length.
fn batch() -> impl Strategy<Value = Batch> {
    (1..=40_usize, 0..3_usize).prop_map(|(live, padding)| match padding {
        0 => Batch::padded::<f64>(live),
        1 => Batch { live, stride: live },
        _ => Batch { live, stride: live + 3 },
    })
}

fn mlp() -> impl Strategy<Value = Mlp> {
    (prop::collection::vec(1..=40_usize, 2..=5), activation(), any::<bool>()).prop_map(|(widths, activation, bias)| {
        let net = Mlp::new(widths, activation).unwrap();
        if bias { net.with_output_bias() } else { net }
    })
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
    fn kernels_agree_with_duals_and_tape_in_f64(net in mlp(), batch in batch(), seed in any::<u64>()) {
        let case = Case::<f64>::new(&net, batch, seed);
        assert_agree(&case.run(&net), &case.run(&Provided(&net)), 1e-12);
    }

    #[test]
    fn kernels_agree_with_duals_and_tape_in_f32(net in mlp(), batch in batch(), seed in any::<u64>()) {
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
    fn a_sample_does_not_depend_on_its_batch(net in mlp(), batch in batch(), seed in any::<u64>()) {
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
    fn tangents_and_cotangents_are_dual(net in mlp(), batch in batch(), seed in any::<u64>()) {
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

/// `σ` and `σ'` at these arguments, by the kernels.
fn on_vectors<T: Real>(activation: Activation, x: &[T]) -> (Vec<T>, Vec<T>)
where
    Mlp: Field<T>,
{
    let net = Mlp::new([1, 1, 1], activation).unwrap();
    let batch = Batch { live: x.len(), stride: x.len() };
    let (t, ones) = (vec![T::zero(); x.len()], vec![T::one(); x.len()]);
    let at = Point { params: &[T::one(), T::zero(), T::one()], t: &t, y: x, batch };
    let mut record = vec![T::zero(); net.record_rows() * x.len()];
    let (mut value, mut slope) = (ones.clone(), ones.clone());
    let mut scratch = Scratch::new();
    net.eval_batch(at, &mut value, &mut record, &mut scratch);
    net.vjp(at, &record, &ones, &mut slope, None, &mut scratch);
    (value, slope)
}

/// From tiny to huge, of either sign, and densely where the functions bend.
fn arguments() -> Vec<f64> {
    let sizes = (-300..=50).map(|e| 10_f64.powf(f64::from(e) / 10.0));
    let dense = (0..60_000).map(|k| f64::from(k) * 7.77e-4);
    sizes.chain(dense).flat_map(|x| [x, -x]).collect()
}

/// The largest error of the kernels in units of the last place; values that all but vanish need only do so too.
fn worst_error<T: Real>(activation: Activation, reference: impl Fn(f64) -> f64) -> f64
where
    Mlp: Field<T>,
{
    let x: Vec<T> = arguments().into_iter().map(T::constant).collect();
    let (value, _) = on_vectors(activation, &x);
    let vanishing = if size_of::<T>() == 4 { 1e-36 } else { 1e-300 };
    let mut worst: f64 = 0.0;
    for (x, value) in x.iter().zip(&value) {
        let (exact, value) = (reference(x.to_f64()), value.to_f64());
        if exact.abs() < vanishing {
            assert!(value.abs() < vanishing, "{activation} of {x:e} is {value:e}, expected {exact:e}");
        } else {
            let error = ((value - exact) / exact).abs() / T::EPSILON.to_f64();
            assert!(error.is_finite(), "{activation} of {x:e} is {value:e}, expected {exact:e}");
            worst = worst.max(error);
        }
    }
    worst
}

#[test]
fn activations_are_accurate_to_a_few_units_in_the_last_place() {
    let sigmoid = |x: f64| if x > 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) };
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let elu = |x: f64| if x > 0.0 { x } else { x.exp_m1() };
    // The complementary error function at a rounded argument is off by about x² units.
    let gelu = |x: f64| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    for (activation, reference, single, double) in [
        (Activation::Tanh, &f64::tanh as &dyn Fn(f64) -> f64, 4.0, 4.0),
        (Activation::Sigmoid, &sigmoid, 4.0, 4.0),
        (Activation::Softplus, &softplus, 4.0, 4.0),
        (Activation::Elu, &elu, 4.0, 4.0),
        (Activation::Gelu, &gelu, 8.0, 1500.0),
        (Activation::Sin, &f64::sin, 4.0, 4.0),
        (Activation::Relu, &|x: f64| x.max(0.0), 0.0, 0.0),
        (Activation::Identity, &|x: f64| x, 0.0, 0.0),
    ] {
        let errors = [worst_error::<f32>(activation, reference), worst_error::<f64>(activation, reference)];
        assert!(errors[0] <= single && errors[1] <= double, "{activation}: {errors:?} units in the last place");
    }
}

#[test]
fn gelu_is_accurate_in_its_tail() {
    // Value and derivative, computed with 40 digits.
    let exact = [
        [-37.0, -2.1184613523340935e-298, -7.838298669418516e-297],
        [-30.0, -1.472014178144456e-196, -4.416031690708495e-195],
        [-20.5, -2.206758018052147e-92, -4.523803306172878e-91],
        [-10.0, -7.619853024160526e-23, -7.618400096464814e-22],
        [-5.25, -3.992604271156575e-07, -2.091397663865862e-06],
        [-1.0, -0.15865525393145705, -0.0833154705876863],
        [-0.75, -0.16997051428265114, 0.0007742782607648957],
        [-0.0009765625, -0.00048790078905392527, 0.4992208161062869],
        [0.3125, 0.1945842870219241, 0.7413980329072283],
        [2.5, 2.4844758366855597, 1.037611085908145],
        [6.0, 5.999999994080474, 1.0000000354687095],
    ];
    let x = exact.map(|[x, _, _]| x);
    let (value, slope) = on_vectors(Activation::Gelu, &x);
    for (k, [x, exact_value, exact_slope]) in exact.into_iter().enumerate() {
        assert!((value[k] / exact_value - 1.0).abs() < 2e-15, "gelu({x}) is {:e}", value[k]);
        assert!((slope[k] - exact_slope).abs() < 1e-15 * (1.0 + exact_slope.abs()), "gelu'({x}) is {:e}", slope[k]);
    }
}

#[test]
fn slopes_agree_with_duals_everywhere() {
    let x = arguments();
    for activation in Activation::ALL {
        let (_, slope) = on_vectors(activation, &x);
        for (&x, slope) in x.iter().zip(slope) {
            let exact = activation.apply(kutta::number::Dual { value: x, tangent: 1.0 }).tangent;
            assert!(
                (slope - exact).abs() <= 2e-15 * (1.0 + exact.abs()),
                "{activation}'({x:e}) = {slope:e}, not {exact:e}"
            );
        }
    }
}

#[test]
fn activations_reach_their_limits() {
    fn check<T: Real>()
    where
        Mlp: Field<T>,
    {
        let x = [f64::NEG_INFINITY, -1e4, 1e4, f64::INFINITY, f64::NAN].map(T::constant);
        for (activation, left, right) in [
            (Activation::Tanh, -1.0, Some(1.0)),
            (Activation::Sigmoid, 0.0, Some(1.0)),
            (Activation::Softplus, 0.0, None),
            (Activation::Elu, -1.0, None),
            (Activation::Gelu, 0.0, None),
            (Activation::Relu, 0.0, None),
        ] {
            let (value, slope) = on_vectors(activation, &x);
            for k in 0..2 {
                assert!((value[k].to_f64() - left).abs() < 1e-30, "{activation}: {value:?}");
                assert!(slope[k].to_f64().abs() < 1e-30, "{activation}: {slope:?}");
            }
            for k in 2..4 {
                assert_eq!(value[k], right.map_or(x[k], T::constant), "{activation}");
                assert_eq!(slope[k].to_f64(), if right.is_some() { 0.0 } else { 1.0 }, "{activation}");
            }
            assert!(value[4].to_f64().is_nan(), "{activation}");
        }
        // A value beyond its bound would make the slope negative.
        let x: Vec<T> = arguments().into_iter().map(T::constant).collect();
        assert!(on_vectors(Activation::Tanh, &x).0.iter().all(|y| y.to_f64().abs() <= 1.0));
        assert!(on_vectors(Activation::Sigmoid, &x).0.iter().all(|y| (0.0..=1.0).contains(&y.to_f64())));
    }
    check::<f32>();
    check::<f64>();
}
