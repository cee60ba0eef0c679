//! Every scheme converges with its order, by fixed steps through a block.

use crate::common::problems::{Bell, Coupled};
use kutta::Tableau;
use kutta::field::Field;
use kutta::network::OdeBlock;
use kutta::solve::StageSolver;

const END: f64 = 3.0;

/// Summed error at the end of two nonlinear problems that depend on time.
fn error(scheme: &Tableau, steps: usize) -> f64 {
    let bell = end(&Bell {}, scheme, steps, &[1.0]);
    let coupled = end(&Coupled {}, scheme, steps, &[2.0, 1.0]);
    let exact = [1.0 / (1.0 + END * END), 2.0 + END.sin(), END.cos()];
    bell.iter().chain(&coupled).zip(exact).map(|(y, exact)| (y - exact).abs()).sum()
}

fn end<F: Field<f64> + Copy>(field: &F, scheme: &Tableau, steps: usize, start: &[f64]) -> Vec<f64> {
    let solver = StageSolver { tolerance: Some(1e-15), ..StageSolver::default() };
    let block = OdeBlock::new(*field, scheme.clone()).steps(steps).step_size(END / steps as f64).solved_by(solver);
    block
        .integrate(&[], 0.0, &[start])
        .unwrap_or_else(|e| panic!("{}, {steps} steps: {e}", scheme.name()))
        .last(0)
        .to_vec()
}

/// Slope of the regression of `ln error` on `ln h`.
fn observed_order(scheme: &Tableau, steps: &[usize]) -> f64 {
    let points: Vec<(f64, f64)> = steps.iter().map(|&n| (-(n as f64).ln(), error(scheme, n).ln())).collect();
    let count = points.len() as f64;
    let (mx, my) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / count, y + p.1 / count));
    let covariance: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum();
    covariance / variance
}

/// Numbers of steps small enough for errors well above rounding, large enough for the leading term to show.
fn steps(order: usize) -> &'static [usize] {
    match order {
        ..=3 => &[128, 192, 256, 384],
        4 => &[32, 48, 64, 96],
        5 => &[24, 32, 48, 64],
        6 => &[8, 12, 16, 24],
        7 => &[6, 8, 12, 16],
        8 => &[5, 6, 8, 12],
        9 => &[3, 4, 6, 8],
        _ => &[4, 5, 6],
    }
}

fn assert_order(scheme: &Tableau, order: usize) {
    let observed = observed_order(scheme, steps(order));
    assert!((observed - order as f64).abs() < 0.2, "{}: order {observed:.3}, nominal {order}", scheme.name());
}

/// On these problems, a scheme of a small leading error may look better than it is. That it is no better is a matter of
/// order conditions, which the catalogue's own tests evaluate.
fn assert_order_at_least(scheme: &Tableau, order: usize) {
    let observed = observed_order(scheme, steps(order));
    assert!(observed > order as f64 - 0.25, "{}: order {observed:.3}, nominal {order}", scheme.name());
}

#[test]
fn every_scheme_of_the_catalogue_has_its_order() {
    for scheme in Tableau::catalogue() {
        assert_order_at_least(&scheme, scheme.order().expect("a declared order"));
    }
}

#[test]
fn members_of_the_families_have_their_order() {
    for s in 1..=4 {
        assert_order(&Tableau::gauss(s).unwrap(), 2 * s);
        assert_order(&Tableau::radau_iia(s).unwrap(), 2 * s - 1);
    }
    for theta in [0.1, 1.0 / 3.0, 0.5, 0.6, 0.9] {
        let order = if theta == 0.5 { 2 } else { 1 };
        assert_order(&Tableau::one_leg_theta(theta).unwrap(), order);
        assert_order(&Tableau::two_leg_theta(theta).unwrap(), order);
    }
}

#[test]
fn embedded_weights_have_their_order() {
    let mut count = 0;
    for scheme in Tableau::catalogue() {
        let Some(weights) = scheme.embedded() else { continue };
        let rows: Vec<&[f64]> = (0..scheme.stages()).map(|i| scheme.row(i)).collect();
        let companion = Tableau::new(rows, weights, scheme.c()).unwrap().named(format!("{}, embedded", scheme.name()));
        assert_order_at_least(&companion, scheme.embedded_order().expect("a declared order"));
        count += 1;
    }
    assert!(count >= 2);
}

/// The measurement tells orders apart: one entry off, and the order falls.
#[test]
fn a_wrong_coefficient_costs_the_order() {
    let third = 1.0 / 3.0;
    let rk4 = [[0.0; 4], [0.5, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let wrong =
        Tableau::new(rk4, [0.5 * third, third + 1e-2, third - 1e-2, 0.5 * third], [0.0, 0.5, 0.5, 1.0]).unwrap();
    let observed = observed_order(&wrong, steps(4));
    assert!((1.8..3.2).contains(&observed), "{observed}");
    let mut gauss: Vec<Vec<f64>> = (0..2).map(|i| Tableau::gauss(2).unwrap().row(i).to_vec()).collect();
    gauss[0][0] += 1e-2;
    let c: Vec<f64> = gauss.iter().map(|row| row.iter().sum()).collect();
    let observed = observed_order(&Tableau::new(gauss, [0.5, 0.5], c).unwrap(), steps(4));
    assert!((0.8..3.2).contains(&observed), "{observed}");
}
