//! Finds faults in three integrators, and shrinks each to a counterexample that can be read.
//!
//! ```text
//! cargo run --example find_fault
//! ```

use kutta::Tableau;
use kutta::properties::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};
use std::fmt::Debug;

/// The classical scheme with weights `b`, as one writes it for oneself.
fn rk4(b: [f64; 4], f: impl Fn(f64, &[f64]) -> Vec<f64>, t: f64, y: &[f64], h: f64) -> Vec<f64> {
    let moved = |by: f64, k: &[f64]| y.iter().zip(k).map(|(y, k)| y + by * k).collect::<Vec<f64>>();
    let k1 = f(t, y);
    let k2 = f(t + h / 2.0, &moved(h / 2.0, &k1));
    let k3 = f(t + h / 2.0, &moved(h / 2.0, &k2));
    let k4 = f(t + h, &moved(h, &k3));
    (0..y.len()).map(|i| y[i] + h * (b[0] * k1[i] + b[1] * k2[i] + b[2] * k3[i] + b[3] * k4[i])).collect()
}

/// Leapfrog: half a kick, a drift, half a kick; the last one times `sign`, which should be 1.
fn leapfrog(sign: f64, energy: &Hamiltonian, y: &[f64], h: f64) -> Vec<f64> {
    let n = energy.freedom();
    let (mut q, mut p) = (y[..n].to_vec(), y[n..].to_vec());
    let add = |x: &mut [f64], by: f64, v: &[f64]| x.iter_mut().zip(v).for_each(|(x, v)| *x += by * v);
    let force = energy.force(&q, &p);
    add(&mut p, 0.5 * h, &force);
    let velocity = energy.velocity(&q, &p);
    add(&mut q, h, &velocity);
    let force = energy.force(&q, &p);
    add(&mut p, sign * 0.5 * h, &force);
    [q, p].concat()
}

/// Tries a law on 64 random cases, and prints the simplest counterexample.
fn check<S: Strategy>(what: &str, cases: S, law: impl Fn(S::Value) -> TestCaseResult) -> bool
where
    S::Value: Debug,
{
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    match runner.run(&cases, law) {
        Ok(()) => println!("{what}: holds\n"),
        Err(TestError::Fail(reason, case)) => {
            println!("{what}: refuted\n  by {case:?}\n  {}\n", reason.message().replace("; ", "\n  "));
            return false;
        }
        Err(TestError::Abort(reason)) => println!("{what}: too many cases say nothing ({})\n", reason.message()),
    }
    true
}

fn main() -> Result<(), kutta::Error> {
    // Gauss's scheme of order 4, right, and with the second node in the place of the first: a slip that a test with an
    // autonomous field cannot see.
    let right = Tableau::gauss(2)?;
    let rows: Vec<Vec<f64>> = (0..2).map(|i| right.row(i).to_vec()).collect();
    let wrong = Tableau::with_free_nodes(rows, right.b(), [right.c()[0]; 2])?;
    for (name, scheme) in [("right", right), ("wrong node", wrong)] {
        for (kind, field) in [("autonomous", smooth_field(1, 2.0).boxed()), ("forced", forced_field(1, 2.0).boxed())] {
            check(&format!("Gauss, {name}: order 4 on {kind} fields"), (field, state(1)), |(field, y)| {
                let at = At { t: 0.0, y: y.to_vec(), h: 1.0 };
                assert_order_at_least(one_step(&scheme, &field), flow(&field), &at, 4, 1e-14)
            });
        }
    }

    // The classical scheme by hand, two weights exchanged.
    for (name, b) in [("right", [1.0, 2.0, 2.0, 1.0]), ("wrong weights", [1.0, 2.0, 1.0, 2.0])] {
        check(&format!("RK4 by hand, {name}: order 4"), (smooth_field(1, 2.0), state(1)), |(field, y)| {
            let at = At { t: 0.0, y: y.to_vec(), h: 1.0 };
            let step = |t: f64, y: &[f64], h: f64| rk4(b.map(|b| b / 6.0), rhs(&field), t, y, h);
            assert_order_at_least(step, flow(&field), &at, 4, 1e-14)
        });
    }

    // Leapfrog by hand, one sign wrong: still symplectic, but not reversible.
    for (name, sign) in [("right", 1.0), ("wrong sign", -1.0)] {
        check(
            &format!("Leapfrog by hand, {name}: symplectic"),
            (separable_hamiltonian(1), at(2, 1.0)),
            |(energy, at)| {
                assert_symplectic(differences(|_: f64, y: &[f64], h: f64| leapfrog(sign, &energy, y, h)), &at, 1e-9)
            },
        );
        check(
            &format!("Leapfrog by hand, {name}: reversible"),
            (separable_hamiltonian(1), at(2, 1.0)),
            |(energy, at)| assert_reversible(|_: f64, y: &[f64], h: f64| leapfrog(sign, &energy, y, h), &at, 1e-12),
        );
    }
    Ok(())
}
