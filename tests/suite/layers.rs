//! Layers: chains of them have the derivatives that their parts have.

use crate::common::{Smooth, any_tableau, derivative};
use kutta::Error;
use kutta::field::{
    Activation, AnyField, Bounded, Damped, Dimensions, InParts, Input, Layered, Mlp, Parameter, Partitioned, Spectrum,
    Split, WithInputs,
};
use kutta::network::{Affine, Layer, Map, OdeBlock, Pass, Sequential};
use kutta::solve::StageSolver;
use kutta::tableau::{Method, Multistep};
use proptest::prelude::*;

const SAMPLES: usize = 3;

/// From 2 components to 3, two blocks there, and to 1.
fn chain(method: Method, per_step: bool) -> Sequential<f64> {
    let solver = StageSolver { tolerance: Some(1e-13), ..StageSolver::default() };
    let block =
        || OdeBlock::new(Smooth { dim: 3, width: 2 }, method.clone()).steps(4).step_size(0.15).solved_by(solver);
    let second = if per_step { block().per_step(0.0) } else { block() };
    let layers: Vec<Box<dyn Layer<f64>>> =
        vec![Box::new(Affine::new(2, 3)), Box::new(block()), Box::new(second), Box::new(Affine::new(3, 1))];
    Sequential::new(layers).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn derivatives_of_chains_are_those_of_the_chain_rule(
        scheme in any_tableau(), reversible in any::<bool>(), per_step in any::<bool>(),
        numbers in prop::collection::vec(-1.0..1.0f64, 400),
    ) {
        let method = if reversible { Method::reversible(&scheme) } else { scheme.into() };
        let network = chain(method, per_step);
        let count = network.param_count();
        let (params, x) = (&numbers[..count], &numbers[300..300 + 2 * SAMPLES]);
        let (params_dot, x_dot) = (&numbers[150..150 + count], &numbers[320..320 + 2 * SAMPLES]);
        let weights = &numbers[340..340 + SAMPLES];
        let mut pass = network.ready(SAMPLES).unwrap();
        pass.forward(params, x).unwrap();
        let (mut params_bar, mut x_bar, mut y_dot) = (vec![0.0; count], vec![0.0; x.len()], vec![0.0; SAMPLES]);
        pass.pullback(params, weights, &mut params_bar, &mut x_bar).unwrap();
        pass.pushforward(params, params_dot, x_dot, &mut y_dot).unwrap();
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let (back, forth) = (dot(&params_bar, params_dot) + dot(&x_bar, x_dot), dot(weights, &y_dot));
        prop_assert!((back - forth).abs() < 1e-9 * forth.abs().max(1.0), "{back} and {forth}");
        let (difference, off) = derivative(|step| {
            let moved = |x: &[f64], dot: &[f64]| x.iter().zip(dot).map(|(x, d)| x + step * d).collect::<Vec<f64>>();
            let mut pass = network.ready(SAMPLES).unwrap();
            dot(weights, pass.forward(&moved(params, params_dot), &moved(x, x_dot)).unwrap())
        });
        prop_assert!((difference - back).abs() < 1e-7 * back.abs().max(1.0) + 10.0 * off, "{difference} and {back}");
    }
}

#[test]
fn a_block_as_a_layer_ends_where_its_path_ends() {
    let block = OdeBlock::new(Mlp::new([2, 6, 2], Activation::Tanh).unwrap(), Multistep::bdf(2).unwrap())
        .steps(5)
        .step_size(0.1);
    let params: Vec<f64> = (0..block.param_count()).map(|k| (k as f64).sin()).collect();
    let path = block.integrate(&params, 0.0, &[[1.0, 0.5], [-0.3, 0.2]]).unwrap();
    let mut pass = Layer::<f64>::ready(&block, 2).unwrap();
    let ends = pass.forward(&params, &[1.0, 0.5, -0.3, 0.2]).unwrap();
    assert_eq!(ends, [path.last(0), path.last(1)].concat());
}

#[test]
fn parameters_have_names_and_shapes() {
    let names = |layer: &dyn Layer<f64>| {
        layer.parameters().iter().map(|array| format!("{} {:?}", array.name, array.shape)).collect::<Vec<_>>()
    };
    let block = OdeBlock::new(Mlp::new([2, 3, 2], Activation::Tanh).unwrap(), kutta::Tableau::heun()).steps(2);
    assert_eq!(names(&block), ["0.weight [3, 2]", "0.bias [3]", "1.weight [2, 3]"]);
    let network =
        Sequential::<f64>::new([Box::new(Affine::new(1, 2)) as Box<dyn Layer<f64>>, Box::new(block.per_step(0.0))])
            .unwrap();
    let listed = names(&network);
    assert_eq!((listed.len(), network.param_count()), (8, 4 + 2 * 15));
    assert_eq!((&listed[0][..], &listed[7][..]), ("0.weight [2, 1]", "1.1.1.weight [2, 3]"));
}

#[test]
fn chains_that_do_not_fit_are_refused() {
    let error = |layers: Vec<Box<dyn Layer<f64>>>| Sequential::new(layers).unwrap_err().to_string();
    assert!(error(Vec::new()).contains("at least one"));
    assert_eq!(
        error(vec![Box::new(Affine::new(1, 2)), Box::new(Affine::new(3, 1))]),
        "a layer has 3 inputs, expected 2"
    );
    let network = chain(kutta::Tableau::heun().into(), false);
    let mut pass = network.ready(1).unwrap();
    assert!(pass.forward(&[0.0], &[0.0; 2]).is_err());
    let params = vec![0.1; network.param_count()];
    assert!(pass.forward(&params, &[0.0; 3]).is_err());
    pass.forward(&params, &[0.0; 2]).unwrap();
    assert!(pass.pullback(&params, &[0.0; 2], &mut params.clone(), &mut [0.0; 2]).is_err());
}

#[test]
fn affine_layers_without_inputs_are_their_bias() {
    let layer = Affine::new(0, 2);
    let mut pass = Layer::<f64>::ready(&layer, 3).unwrap();
    assert_eq!(pass.forward(&[3.0, 4.0], &[]).unwrap(), [3.0, 4.0, 3.0, 4.0, 3.0, 4.0]);
    let mut bar = [0.0; 2];
    pass.pullback(&[3.0, 4.0], &[1.0, 0.0, 1.0, 2.0, 1.0, 0.0], &mut bar, &mut []).unwrap();
    assert_eq!(bar, [3.0, 2.0]);
}

#[test]
fn passes_that_were_not_made_have_no_derivatives() {
    let layer = Affine::new(1, 1);
    let mut pass = Layer::<f64>::ready(&layer, 1).unwrap();
    assert!(pass.pullback(&[1.0, 0.0], &[1.0], &mut [0.0; 2], &mut [0.0]).is_err());
    assert!(pass.forward(&[f64::NAN, 0.0], &[1.0]).is_err());
    assert!(pass.pushforward(&[1.0, 0.0], &[0.0; 2], &[1.0], &mut [0.0]).is_err());
    pass.forward(&[1.0, 0.0], &[1.0]).unwrap();
    pass.pullback(&[1.0, 0.0], &[1.0], &mut [0.0; 2], &mut [0.0]).unwrap();
    assert!(Layer::<f64>::ready(&Affine::new(1 << 62, 1), 4).is_err());
    assert_eq!(Layer::<f64>::param_count(&Affine::new(1 << 40, 1 << 40)), usize::MAX);
}

/// A layer that gives one number more than it says.
struct Liar(Vec<f64>);

impl Layer<f64> for Liar {
    fn inputs(&self) -> usize {
        1
    }
    fn outputs(&self) -> usize {
        1
    }
    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }
    fn init(&self, _: &mut dyn rand::RngCore) -> Vec<f64> {
        Vec::new()
    }
    fn ready(&self, _: usize) -> Result<Box<dyn Pass<f64> + '_>, Error> {
        Ok(Box::new(Liar(vec![0.0; 2])))
    }
}

impl Pass<f64> for Liar {
    fn forward(&mut self, _: &[f64], _: &[f64]) -> Result<&[f64], Error> {
        Ok(&self.0)
    }
    fn pullback(&mut self, _: &[f64], _: &[f64], _: &mut [f64], _: &mut [f64]) -> Result<(), Error> {
        Ok(())
    }
    fn pushforward(&mut self, _: &[f64], _: &[f64], _: &[f64], _: &mut [f64]) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn layers_that_give_other_than_they_say_are_an_error() {
    let network = Sequential::<f64>::new([Box::new(Liar(Vec::new())) as Box<dyn Layer<f64>>]).unwrap();
    let mut pass = network.ready(1).unwrap();
    assert_eq!(pass.forward(&[], &[1.0]).unwrap_err().to_string(), "a layer's outputs has 2 entries, expected 1");
}

/// A chain cuts its parameters by these arrays.
#[test]
fn the_arrays_of_every_kind_of_field_are_all_of_its_parameters() {
    let net = || WithInputs::new(Mlp::new([3, 4, 2], Activation::Tanh).unwrap(), [Input::Time]).unwrap();
    let normalised = || net().normalised(1.0).unwrap();
    let all: [Box<dyn Dimensions>; 8] = [
        Box::new(Mlp::new([2, 4, 2], Activation::Tanh).unwrap().with_output_bias()),
        Box::new(net()),
        Box::new(Damped::new(net(), 1.0).unwrap()),
        Box::new(normalised()),
        Box::new(Bounded::new(normalised(), Spectrum::new(-2.0, 1.0).unwrap())),
        Box::new(AnyField::from(Bounded::new(normalised(), Spectrum::new(-2.0, 1.0).unwrap()))),
        Box::new(Split::new(net(), normalised()).unwrap()),
        Box::new(InParts::new(Partitioned::new(net(), Smooth { dim: 2, width: 3 }).unwrap(), 1).unwrap()),
    ];
    for (k, field) in all.iter().enumerate() {
        let count: usize = field.parameters().iter().map(Parameter::len).sum();
        assert_eq!(count, field.param_count(), "field {k}: {:?}", field.parameters());
    }
    let bounded = Bounded::new(normalised(), Spectrum::new(-2.0, 1.0).unwrap());
    let block = OdeBlock::new(bounded, kutta::Tableau::heun()).steps(3).step_size(0.1);
    let network =
        Sequential::<f64>::new([Box::new(block) as Box<dyn Layer<f64>>, Box::new(Affine::new(2, 1))]).unwrap();
    network.ready(1).unwrap().forward(&vec![0.1; network.param_count()], &[1.0, 0.5]).unwrap();
}

#[test]
fn steps_of_training_go_on_in_passes_of_other_samples() {
    let bounded = |widths: [usize; 3]| Mlp::new(widths, Activation::Tanh).unwrap().with_spectrum(-3.0, 1.0).unwrap();
    let block = OdeBlock::new(bounded([3, 8, 3]), kutta::Tableau::implicit_midpoint()).steps(2).per_step(0.0);
    let map = Map(Mlp::new([3, 4, 2], Activation::Tanh).unwrap().normalised(1.0).unwrap());
    let layers: Vec<Box<dyn Layer<f64>>> = vec![Box::new(Affine::new(2, 3)), Box::new(block), Box::new(map)];
    let network = Sequential::new(layers).unwrap();
    let at = |n: usize| (0..network.param_count()).map(|k| 3.0 * ((k + n) as f64).sin()).collect::<Vec<f64>>();
    let (mut long, mut short) = (network.ready(2).unwrap(), network.ready(1).unwrap());
    assert!(long.memory().is_empty());
    for n in 0..3 {
        long.train(&at(n), &[0.1, 0.2, 0.3, 0.4]).unwrap();
    }
    let memory = long.memory();
    assert_eq!(memory.len(), network.memory_len());
    let next = long.train(&at(3), &[0.1, 0.2, 0.3, 0.4]).unwrap()[..2].to_vec();
    // It depends on what was remembered, and on nothing else.
    assert!(short.recall(&memory));
    assert_eq!(short.train(&at(3), &[0.1, 0.2]).unwrap(), next);
    assert!(short.recall(&[]));
    assert_ne!(short.train(&at(3), &[0.1, 0.2]).unwrap(), next);
    assert_eq!(short.train(&at(3), &[0.1, 0.2]).unwrap().len(), 2);
    assert!(!short.recall(&memory[1..]) && !short.recall(&[memory, vec![0.0]].concat()));
    // Where there is nothing to remember, there is nothing to recall.
    let affine = Affine::new(2, 2);
    let mut pass = Layer::<f64>::ready(&affine, 1).unwrap();
    assert!(pass.recall(&[]) && !pass.recall(&[1.0]) && pass.memory().is_empty());
}

#[test]
fn chains_tell_the_work_of_their_blocks() {
    let network = chain(kutta::Tableau::implicit_midpoint().into(), false);
    let params: Vec<f64> = (0..network.param_count()).map(|k| 0.1 * (k as f64).sin()).collect();
    let mut pass = network.ready(SAMPLES).unwrap();
    pass.forward(&params, &[0.1; 2 * SAMPLES]).unwrap();
    // Two blocks of four steps.
    assert_eq!(pass.work().solves, 8 * SAMPLES);
}

#[test]
fn predictions_depend_on_their_parameters_alone() {
    let field = Mlp::new([3, 8, 3], Activation::Tanh).unwrap().with_spectrum(-3.0, 1.0).unwrap();
    let block = OdeBlock::new(field, kutta::Tableau::implicit_midpoint());
    let map = Map(Mlp::new([3, 4, 2], Activation::Tanh).unwrap().normalised(1.0).unwrap());
    let network = Sequential::<f64>::new([Box::new(block) as Box<dyn Layer<f64>>, Box::new(map)]).unwrap();
    let [p, q] = [1, 2].map(|n| (0..network.param_count()).map(|k| 3.0 * ((n * k) as f64).sin()).collect::<Vec<f64>>());
    let x = [0.1, -0.2, 0.3];
    let fresh = |params: &[f64]| network.ready(1).unwrap().forward(params, &x).unwrap().to_vec();
    let mut pass = network.ready(1).unwrap();
    let of_p = fresh(&p);
    for _ in 0..2 {
        assert_eq!(pass.forward(&p, &x).unwrap(), of_p);
    }
    assert_eq!(pass.forward(&q, &x).unwrap(), fresh(&q));
    // Steps of training come to other norms of the same parameters.
    pass.train(&p, &x).unwrap();
    assert_ne!(pass.train(&p, &x).unwrap(), of_p);
    assert_eq!(pass.forward(&p, &x).unwrap(), of_p);
}
