//! Penalties of one's own.

use crate::common::Smooth;
use crate::regularisation::{block, check_gradient, circles, regularisation, scheme, trainer};
use crate::training::bits;
use kutta::field::{Activation, Bounded, Input, Layered, Mlp, Scratch, Spectrum, WithInputs};
use kutta::network::States;
use kutta::regularisation::{Along, Bars, Estimator, Penalties, Penalty, ProbeKind};
use kutta::train::Shooting;
use kutta::{Error, OdeBlock, Real, Regularisation, Tableau};
use proptest::prelude::*;

/// `weight s r (y·F)²` at position `s` of a trajectory, with a random number `r` in `[0, 1)`.
#[derive(Debug, Clone)]
struct Radial {
    weight: f64,
}

impl<T: Real> Penalty<T> for Radial {
    fn check(&self) -> Result<(), Error> {
        match self.weight >= 0.0 {
            true => Ok(()),
            false => Err(Error::InvalidArgument {
                argument: "radial weight",
                value: self.weight.to_string(),
                expected: "at least 0".into(),
            }),
        }
    }

    fn evaluate(&self, along: Along<'_, T>, bars: Option<Bars<'_, T>>, scratch: &mut Scratch<T>) -> Penalties {
        let (y, f, stride) = (along.at.y, along.value, along.at.batch.stride);
        let mut slopes = vec![T::zero(); y.len()];
        let mut cotangent = vec![T::zero(); y.len()];
        let mut sum = 0.0;
        for (column, (share, position)) in along.weights.iter().zip(along.positions).enumerate() {
            let random = (along.seed(column) >> 11) as f64 / (1_u64 << 53) as f64;
            let weight = T::constant(self.weight * share * position * random);
            let rows = || (column..y.len()).step_by(stride);
            let product: T = rows().map(|k| y[k] * f[k]).sum();
            sum += (weight * product * product).to_f64();
            for k in rows() {
                slopes[k] = T::constant(2.0) * weight * product * f[k];
                cotangent[k] = T::constant(2.0) * weight * product * y[k];
            }
        }
        if let Some(bars) = bars {
            let mut pulled = vec![T::zero(); y.len()];
            along.field.vjp(along.at, along.record, &cotangent, &mut pulled, Some(bars.params), scratch);
            for (column, _) in along.weights.iter().enumerate() {
                (column..y.len()).step_by(stride).for_each(|k| bars.y[k] += slopes[k] + pulled[k]);
            }
        }
        sum.into()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_with_those_of_the_library(
        dim in 1..4_usize, weights in regularisation(), scheme in scheme(), per_step: bool, seed: u64,
    ) {
        let block = block(Smooth { dim, width: 3 }, scheme, per_step);
        check_gradient(&block, weights.and(Radial { weight: 0.7 }), seed);
    }

    #[test]
    fn gradients_through_a_reparameterisation(dim in 1..4_usize, scheme in scheme(), per_step: bool, seed: u64) {
        let map = Mlp::new([dim + 1, 6, dim], Activation::Tanh).unwrap();
        let field = WithInputs::new(map, [Input::Time]).unwrap().normalised(0.01).unwrap();
        let field = Bounded::new(field, Spectrum::new(-3.0, 2.0).unwrap());
        let twice = Regularisation::default().and(Radial { weight: 0.5 }).and(Radial { weight: 2.0 });
        check_gradient(&block(field, scheme, per_step), twice, seed);
    }
}

/// `weight ‖F‖²`, as the library has it.
#[derive(Debug, Clone)]
struct Kinetic {
    weight: f64,
}

impl<T: Real> Penalty<T> for Kinetic {
    fn evaluate(&self, along: Along<'_, T>, bars: Option<Bars<'_, T>>, scratch: &mut Scratch<T>) -> Penalties {
        let stride = along.at.batch.stride;
        let (mut cotangent, mut pulled) = (scratch.take(along.value.len()), scratch.take(along.at.y.len()));
        let mut sum = 0.0;
        for (row, bar) in along.value.chunks_exact(stride).zip(cotangent.chunks_exact_mut(stride)) {
            for ((bar, &x), share) in bar.iter_mut().zip(row).zip(along.weights) {
                let weight = T::constant(share * self.weight);
                sum += (weight * x * x).to_f64();
                *bar = T::constant(2.0) * weight * x;
            }
        }
        if let Some(bars) = bars {
            along.field.vjp(along.at, along.record, &cotangent, &mut pulled, Some(bars.params), scratch);
            bars.y.iter_mut().zip(&pulled).for_each(|(bar, &x)| *bar += x);
        }
        scratch.give(pulled);
        scratch.give(cotangent);
        sum.into()
    }
}

#[test]
fn one_that_the_library_has_too_gives_the_same_bits() {
    let field = Mlp::new([2, 8, 2], Activation::Tanh).unwrap();
    let block = OdeBlock::new(field, Tableau::radau_iia(2).unwrap()).steps(7).step_size(0.2);
    let params: Vec<f64> = (0..40).map(|k| (k as f64).sin()).collect();
    let starts: Vec<[f64; 2]> = (0..40).map(|k| [(k as f64).cos(), 0.1 * k as f64]).collect();
    let nothing = |_: &States<f64>, _: &mut States<f64>| 0.0;
    let none = Regularisation::default();
    let theirs = block.regularised_by(Regularisation { kinetic: 0.3, ..none });
    let theirs = theirs.value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
    let own = block.regularised_by(none.and(Kinetic { weight: 0.3 }));
    let own = own.value_and_grad_of(&params, 0.0, &starts, nothing).unwrap();
    assert_eq!(own.penalties, Penalties { further: theirs.penalties.kinetic, ..Penalties::default() });
    assert_eq!((own.value, own.params, own.starts), (theirs.value, theirs.params, theirs.starts));
    // In training, too, and in single precision.
    let data = circles();
    let theirs = trainer(Regularisation { kinetic: 0.3, ..none }).fit_in::<f32>(&data).unwrap();
    let own = trainer(none.and(Kinetic { weight: 0.3 })).fit_in::<f32>(&data).unwrap();
    assert_eq!(bits(&own.history), bits(&theirs.history));
    assert_eq!(own.model.params(), theirs.model.params());
    let recorded = own.summary.penalties.unwrap();
    assert_eq!(recorded.further, theirs.summary.penalties.unwrap().kinetic);
    let text = serde_json::to_string(&recorded).unwrap();
    assert_eq!(serde_json::from_str::<Penalties>(&text).unwrap(), recorded);
}

#[test]
fn checkpoints_know_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let estimator = Estimator::Hutchinson { probes: 1, kind: ProbeKind::Rademacher };
    let weights = Regularisation { divergence: 0.5, divergence_bounded: true, estimator, ..Default::default() };
    let trainer = |own: Radial| {
        let strategy = Shooting::MultipleShooting { intervals: 3, epochs: 20, penalty: 5.0 };
        trainer(weights.and(own)).shooting(strategy).batch_size(2)
    };
    let (own, data) = (Radial { weight: 0.4 }, circles());
    let whole = trainer(own.clone()).fit(&data).unwrap();
    trainer(own.clone()).epochs(15).checkpoint(&path, 15).fit(&data).unwrap();
    let resumed = trainer(own.clone()).resume(&path).fit(&data).unwrap();
    assert_eq!(bits(&resumed.history), bits(&whole.history));
    assert_eq!(resumed.model.params(), whole.model.params());
    let error = |trainer: kutta::Trainer<Mlp>| trainer.resume(&path).fit(&data).unwrap_err().to_string();
    let other = error(trainer(Radial { weight: 0.5 }));
    assert!(other.contains(r#"penalties was ["Radial { weight: 0.4 }"], is now"#), "{other}");
    let none = error(trainer(own).regularised_by(weights));
    assert!(none.contains("is now null"), "{none}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let bad = Regularisation::default().and(Radial { weight: -1.0 });
    let error = trainer(bad.clone()).fit(&circles()).unwrap_err().to_string();
    assert_eq!(error, "radial weight is -1, expected at least 0");
    let block = OdeBlock::new(Mlp::new([1, 1], Activation::Identity).unwrap(), Tableau::forward_euler());
    let error = block.regularised_by(bad).value_and_grad_of(&[1.0], 0.0, &[[1.0]], |_, _| 0.0).unwrap_err();
    assert_eq!(error.to_string(), "radial weight is -1, expected at least 0");
}
