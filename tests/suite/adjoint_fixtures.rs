//! Losses, trajectories and gradients against values computed by others' software (JAX).
//!
//! Reads every `tests/fixtures/adjoint*.json`, and the file named by the environment variable `KUTTA_ADJOINT_FIXTURES`
//! when it is set.

use kutta::field::{Activation, Mlp};
use kutta::network::OdeBlock;
use kutta::solve::{AdjointMethod, StageMethod, StageSolver};
use kutta::{Regularisation, Tableau};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tableau: Coefficients,
    widths: Vec<usize>,
    activation: Activation,
    h: f64,
    steps: usize,
    alpha_div: f64,
    alpha_jac: f64,
    p: f64,
    params: Vec<f64>,
    y0: Vec<Vec<f64>>,
    targets: Vec<Vec<Vec<f64>>>,
    loss: f64,
    trajectory: Vec<Vec<Vec<f64>>>,
    grad_params: Vec<f64>,
    grad_y0: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Coefficients {
    #[serde(rename = "A")]
    a: Vec<Vec<f64>>,
    b: Vec<f64>,
    c: Vec<f64>,
}

/// Largest difference, relative to the largest entry expected. Where only zeros are, any other is infinitely far off.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().all(|x| x.is_finite()));
    let largest = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(f64::abs).fold(0.0, f64::max);
    largest(&mut found.iter().zip(expected).map(|(x, y)| x - y))
        / largest(&mut expected.iter().copied()).max(f64::MIN_POSITIVE)
}

fn check(case: &Case, method: StageMethod, adjoint: AdjointMethod) {
    let name = format!("{} by {method}", case.name);
    let tableau = Tableau::new(&case.tableau.a, &case.tableau.b, &case.tableau.c).unwrap();
    let field = Mlp::new(case.widths.clone(), case.activation).unwrap();
    let solver = StageSolver { method, adjoint, tolerance: Some(1e-14), ..StageSolver::default() };
    let block = OdeBlock::new(field, tableau).steps(case.steps).step_size(case.h).solved_by(solver);

    let path = block.integrate(&case.params, 0.0, &case.y0).unwrap();
    let trajectory: Vec<f64> = case.trajectory.iter().flatten().flatten().copied().collect();
    let error = difference(path.as_slice(), &trajectory);
    assert!(error < 1e-9, "{name}: trajectory differs by {error:e}");

    let regularisation = Regularisation {
        divergence: case.alpha_div,
        divergence_power: case.p,
        jacobian: case.alpha_jac,
        ..Regularisation::default()
    };
    let gradient = block
        .regularised_by(regularisation)
        .value_and_grad_of(&case.params, 0.0, &case.y0, |path, gradient| {
            let count = (case.y0.len() * case.steps * block.dim()) as f64;
            let mut sum = 0.0;
            for (sample, targets) in case.targets.iter().enumerate() {
                for (k, target) in targets.iter().enumerate() {
                    for (i, &target) in target.iter().enumerate() {
                        let error = path.state(sample, k + 1)[i] - target;
                        gradient.state_mut(sample, k + 1)[i] = 2.0 * error / count;
                        sum += error * error / count;
                    }
                }
            }
            sum
        })
        .unwrap();
    let error = (gradient.value - case.loss).abs() / case.loss;
    assert!(error < 1e-12, "{name}: loss differs by {error:e}");
    let error = difference(&gradient.params, &case.grad_params);
    assert!(error < 1e-9, "{name}: gradient by the parameters differs by {error:e}");
    let error = difference(&gradient.starts, &case.grad_y0.concat());
    assert!(error < 1e-9, "{name}: gradient by the starts differs by {error:e}");
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("adjoint") && name.ends_with(".json")
        })
        .collect();
    files.sort();
    files.extend(std::env::var_os("KUTTA_ADJOINT_FIXTURES").map(PathBuf::from));
    files
}

#[test]
fn values_and_gradients_agree() {
    let (mut checked, mut regularised) = (0, 0);
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file: File = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for case in &file.cases {
            check(case, StageMethod::Newton, AdjointMethod::Dense);
            check(case, StageMethod::NewtonGmres, AdjointMethod::Gmres);
            checked += 1;
            regularised += usize::from(case.alpha_div != 0.0 && case.alpha_jac != 0.0);
        }
    }
    println!("{checked} cases agree, {regularised} of them regularised");
    assert!(regularised > 0 && checked > regularised, "there should be cases with regularisers and without");
}
