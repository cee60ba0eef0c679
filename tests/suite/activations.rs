//! Activation functions, as the kernels of networks compute them.

use kutta::Real;
use kutta::field::{Activation, Batch, Dimensions, Field, Mlp, Point, Scratch};
use kutta::number::Number;

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
