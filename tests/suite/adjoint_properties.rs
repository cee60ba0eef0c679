//! The discrete adjoint and the tangent of chains of steps, for random tableaux, fields and states.

use crate::common::{Smooth, any_tableau};
use kutta::network::{OdeBlock, States};
use kutta::solve::{AdjointMethod, StageMethod, StageSolver};
use kutta::{Error, Tableau};
use proptest::prelude::*;

/// A block with everything that its derivatives are taken at.
#[derive(Debug, Clone)]
struct Case {
    block: OdeBlock<Smooth>,
    params: Vec<f64>,
    starts: Vec<Vec<f64>>,
    times: Vec<f64>,
    /// Directions in parameters, starts and states.
    params_dot: Vec<f64>,
    starts_dot: Vec<f64>,
    weights: Vec<f64>,
}

fn solvers() -> impl Strategy<Value = StageSolver> {
    use {AdjointMethod as A, StageMethod as S};
    prop_oneof![
        Just((S::Newton, A::Dense)),
        Just((S::NewtonGmres, A::Gmres)),
        Just((S::FixedPoint, A::Neumann)),
        Just((S::Automatic, A::Automatic)),
        Just((S::Newton, A::Gmres)),
    ]
    .prop_map(|(method, adjoint)| StageSolver {
        method,
        adjoint,
        tolerance: Some(1e-13),
        max_iterations: 300,
        ..StageSolver::default()
    })
}

fn case() -> impl Strategy<Value = Case> {
    let numbers = |count| prop::collection::vec(-1.0..1.0f64, count);
    (1usize..=3, 1usize..=4, 1usize..=5, 1usize..=10, any::<bool>())
        .prop_flat_map(move |(dim, width, steps, samples, per_step)| {
            let count = width * (2 * dim + 2) * if per_step { steps } else { 1 };
            let scheme = (any_tableau(), solvers(), Just((dim, width, steps, per_step)));
            let states = prop::collection::vec(numbers(dim), samples);
            let times = prop::collection::vec(0.0..0.6f64, samples);
            let directions = (numbers(count), numbers(dim * samples), numbers(dim * samples * (steps + 1)));
            (scheme, numbers(count), states, times, directions)
        })
        .prop_map(|(scheme, params, starts, times, (params_dot, starts_dot, weights))| {
            let (tableau, solver, (dim, width, steps, per_step)) = scheme;
            let mut block = OdeBlock::new(Smooth { dim, width }, tableau).steps(steps).step_size(0.2).solved_by(solver);
            if per_step {
                block = block.per_step(0.0);
            }
            Case { block, params, starts, times, params_dot, starts_dot, weights }
        })
}

impl Case {
    /// `Σ w y + ½ w y²` over all states, its gradient and the directional derivative by the tangent.
    fn gradient(&self) -> Result<kutta::network::Gradient<f64>, Error> {
        self.block.value_and_grad_of(&self.params, self.times.clone(), &self.starts, |path, gradient| {
            self.loss(path, Some(gradient))
        })
    }

    fn loss(&self, path: &States<f64>, mut gradient: Option<&mut States<f64>>) -> f64 {
        let mut sum = 0.0;
        for (k, (&y, &w)) in path.as_slice().iter().zip(&self.weights).enumerate() {
            sum += w * (y + 0.5 * y * y);
            if let Some(gradient) = gradient.as_deref_mut() {
                gradient.as_mut_slice()[k] += w * (1.0 + y);
            }
        }
        sum
    }

    /// The loss with parameters and starts moved by `step` in the case's direction.
    fn moved(&self, step: f64) -> Result<f64, Error> {
        let params: Vec<f64> = self.params.iter().zip(&self.params_dot).map(|(p, d)| p + step * d).collect();
        let starts: Vec<Vec<f64>> = self
            .starts
            .iter()
            .zip(self.starts_dot.chunks(self.block.dim()))
            .map(|(y, d)| y.iter().zip(d).map(|(y, d)| y + step * d).collect())
            .collect();
        let path = self.block.integrate(&params, self.times.clone(), &starts)?;
        Ok(self.loss(&path, None))
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// ⟨λ_T, δ_T⟩ summed over all states equals ⟨λ_0, δ_0⟩ + ⟨γ̄, γ̇⟩.
    #[test]
    fn adjoint_is_the_transpose_of_the_tangent(case in case()) {
        let gradient = case.gradient().map_err(|e| TestCaseError::fail(e.to_string()))?;
        let grid = case.block.grid(case.times.clone(), case.starts.len()).unwrap();
        let mut unrolled = case.block.unroll::<f64>(&grid).unwrap();
        let path = unrolled.forward(&case.params, &case.starts.concat()).unwrap().clone();
        let tangent = unrolled.pushforward(&case.params, &case.params_dot, &case.starts_dot).unwrap();
        let cotangents: Vec<f64> = path.as_slice().iter().zip(&case.weights).map(|(y, w)| w * (1.0 + y)).collect();
        let forward = dot(&cotangents, tangent.as_slice());
        let backward = dot(&gradient.params, &case.params_dot) + dot(&gradient.starts, &case.starts_dot);
        let size = cotangents.iter().zip(tangent.as_slice()).map(|(x, y)| (x * y).abs()).sum::<f64>().max(1e-3);
        prop_assert!((forward - backward).abs() <= 1e-10 * size, "{forward} and {backward}, size {size}");
    }

    #[test]
    fn gradients_agree_with_central_differences(case in case()) {
        let gradient = case.gradient().map_err(|e| TestCaseError::fail(e.to_string()))?;
        let exact = dot(&gradient.params, &case.params_dot) + dot(&gradient.starts, &case.starts_dot);
        // Richardson's extrapolation of central differences: an error of fourth order.
        let step = 1e-3;
        let central = |h: f64| Ok::<_, Error>((case.moved(h)? - case.moved(-h)?) / (2.0 * h));
        let difference = (4.0 * central(step / 2.0).unwrap() - central(step).unwrap()) / 3.0;
        let size = gradient.params.iter().zip(&case.params_dot).map(|(x, y)| (x * y).abs()).sum::<f64>().max(1.0);
        prop_assert!((exact - difference).abs() <= 1e-8 * size, "{exact} and {difference}");
    }

    #[test]
    fn a_batch_equals_its_samples_one_by_one(case in case()) {
        let together = case.block.integrate(&case.params, case.times.clone(), &case.starts).unwrap();
        let mut params = vec![0.0; case.params.len()];
        for (sample, start) in case.starts.iter().enumerate() {
            let alone = case.block.integrate(&case.params, case.times[sample], &[start]).unwrap();
            for (x, y) in together.sample(sample).iter().zip(alone.sample(0)) {
                prop_assert!((x - y).abs() <= 1e-13 * x.abs().max(1.0), "{x} and {y}");
            }
            let steps = together.len(sample) * case.block.dim();
            let weights = case.weights[sample * steps..(sample + 1) * steps].to_vec();
            let times = vec![case.times[sample]];
            let alone = Case { starts: vec![start.clone()], times, weights, ..case.clone() }.gradient().unwrap();
            params.iter_mut().zip(&alone.params).for_each(|(sum, x)| *sum += x);
        }
        for (x, y) in case.gradient().unwrap().params.iter().zip(&params) {
            prop_assert!((x - y).abs() <= 1e-11 * x.abs().max(1.0), "{x} and {y}");
        }
    }

    /// Bit for bit.
    #[test]
    fn results_do_not_depend_on_the_number_of_threads(
        params in prop::collection::vec(-1.0..1.0f64, 12), tableau in any_tableau(), first in -1.0..1.0f64,
    ) {
        let block = OdeBlock::new(Smooth { dim: 2, width: 2 }, tableau).steps(3).step_size(0.2);
        let starts: Vec<[f64; 2]> = (0..150).map(|k| [first, (k as f64).sin()]).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                block.value_and_grad_of(&params, 0.0, &starts, |path, gradient| {
                    gradient.as_mut_slice().copy_from_slice(path.as_slice());
                    dot(path.as_slice(), path.as_slice()) / 2.0
                })
            })
            .unwrap()
        };
        prop_assert_eq!(run(1), run(3));
    }
}

#[test]
fn lbfgs_finds_the_same_stages_as_newton() {
    let tableau = Tableau::new([[0.25, -0.25], [0.25, 5.0 / 12.0]], [0.25, 0.75], [0.0, 2.0 / 3.0]).unwrap();
    let field = Smooth { dim: 2, width: 3 };
    let params: Vec<f64> = (0..18).map(|k| (k as f64).sin()).collect();
    let solve = |method| {
        let solver = StageSolver { method, tolerance: Some(1e-9), max_iterations: 500, ..StageSolver::default() };
        let block = OdeBlock::new(field.clone(), tableau.clone()).steps(5).step_size(0.3).solved_by(solver);
        block.integrate(&params, 0.0, &[[0.3, -0.8], [1.0, 1.0]]).unwrap()
    };
    let (newton, lbfgs) = (solve(StageMethod::Newton), solve(StageMethod::Lbfgs));
    for (x, y) in newton.as_slice().iter().zip(lbfgs.as_slice()) {
        assert!((x - y).abs() < 1e-8, "{x} and {y}");
    }
}
