//! The fixed-point iteration, and what tells whether it contracts.

use kutta::field::{Activation, Layered, Mlp};
use kutta::network::OdeBlock;
use kutta::solve::{StageMethod, StageSolver};
use kutta::{Error, Number, Tableau, VectorField};

/// `y' = γ R y` with a rotation `R` by 1 radian: all singular values of the Jacobian are `γ`.
struct Rotation;

impl VectorField for Rotation {
    fn dim(&self) -> usize {
        2
    }
    fn param_count(&self) -> usize {
        1
    }
    fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
        let (sin, cos) = (S::constant(1.0_f64.sin()), S::constant(1.0_f64.cos()));
        dy[0] = params[0] * (cos * y[0] - sin * y[1]);
        dy[1] = params[0] * (sin * y[0] + cos * y[1]);
    }
}

#[test]
fn the_fixed_point_iteration_converges_at_its_rate_or_refuses() {
    let starts = [[0.3, 1.0], [-1.0, 0.5]];
    for (theta, h, gamma) in [(1.0, 1.0, 0.5), (0.5, 1.0, 1.8), (1.0, 0.1, 9.5), (1.0, 1.0, 1.05), (0.5, 2.0, 1.7)] {
        let expected: f64 = theta * h * gamma;
        let solver = StageSolver { method: StageMethod::FixedPoint, max_iterations: 1000, ..StageSolver::default() };
        let scheme = Tableau::one_leg_theta(theta).unwrap();
        let block = OdeBlock::new(Rotation, scheme).step_size(h).solved_by(solver);
        for rate in block.contraction(&[gamma], 0.0, &starts).unwrap() {
            assert!((rate - expected).abs() < 1e-9, "{rate} and {expected}");
        }
        let grid = block.grid(0.0, 2).unwrap();
        let mut unrolled = block.unroll(&grid).unwrap();
        match unrolled.forward(&[gamma], &starts.concat()).map(drop) {
            Ok(()) => {
                assert!(expected < 1.0, "{expected}");
                // From a residual of order one to 1e-9, at the rate.
                let iterations = unrolled.work().iterations as f64 / 2.0;
                let predicted = 1e-9_f64.ln() / expected.ln();
                assert!((iterations - predicted).abs() < 0.15 * predicted, "{iterations} and {predicted}");
            }
            Err(Error::NotConverged { rate: Some(rate), iterations, location, .. }) => {
                assert!(expected >= 1.0, "{expected}");
                assert!(iterations <= 20 && location.sample == 0, "{iterations}, {location}");
                assert!(rate >= 1.0 && (rate / expected - 1.0).abs() < 0.15, "{rate} and {expected}");
            }
            Err(other) => panic!("{other}"),
        }
    }
    let solver = StageSolver { method: StageMethod::FixedPoint, ..StageSolver::default() };
    let block = OdeBlock::new(Rotation, Tableau::backward_euler()).solved_by(solver);
    let error = block.integrate(&[1.7], 0.0, &starts).unwrap_err().to_string();
    assert!(
        error.contains("the fixed-point iteration does not contract: rate 1.") && error.contains("step 0"),
        "{error}"
    );
    // Slow is not the same as diverging.
    let error = block.integrate(&[0.99], 0.0, &starts).unwrap_err().to_string();
    assert!(error.contains("slow: rate 0.9") && error.contains("after 100 iterations"), "{error}");
}

#[test]
fn contraction_is_that_of_the_stages_solved_together() {
    let rate = |scheme: Tableau| {
        let block = OdeBlock::new(Rotation, scheme).step_size(2.0);
        block.contraction(&[0.5f32], 0.0, &[[1.0f32, 0.0]]).unwrap()[0]
    };
    assert_eq!(rate(Tableau::rk4()), 0.0);
    // One stage after the other: what counts is the diagonal. Of Radau IIA, A = [[5, -1], [9, 3]] / 12.
    assert!((rate(Tableau::sdirk2()) - (1.0 - 0.5_f32.sqrt())).abs() < 1e-5, "{}", rate(Tableau::sdirk2()));
    let (trace, det) = ((25.0 + 1.0 + 81.0 + 9.0) / 144.0, 1.0 / 36.0_f32);
    let norm = (0.5 * (trace + (trace * trace - 4.0 * det).sqrt())).sqrt();
    assert!((rate(Tableau::radau_iia(2).unwrap()) - norm).abs() < 1e-5);
    let block = OdeBlock::new(Rotation, Tableau::backward_euler());
    let error = block.contraction(&[1.0], 0.0, &[[0.0]]).unwrap_err().to_string();
    assert_eq!(error, "a state has 1 components, expected 2");
    assert!(block.contraction::<f64, [f64; 2]>(&[], 0.0, &[]).is_err());
}

/// A bound on the field is one on the rate: `θ h α`.
#[test]
fn contraction_of_a_normalised_field_is_that_of_its_effective_parameters() {
    let field = Mlp::new([2, 2], Activation::Identity).unwrap().normalised(0.5).unwrap();
    let block = OdeBlock::new(field, Tableau::implicit_midpoint());
    let rate = block.contraction(&[0.0, 6.0, -2.0, 0.0], 0.0, &[[1.0, 1.0]]).unwrap()[0];
    assert!((rate - 0.25_f64).abs() < 1e-3, "{rate}");
    assert!(block.contraction(&[f64::NAN; 4], 0.0, &[[1.0, 1.0]]).is_err());
}
