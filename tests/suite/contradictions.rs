//! Data that are functions of their state, and data that are not.

use crate::common::problems::Robertson;
use kutta::Flow;
use kutta::data::{Contradiction, Crossing, Trajectories, Trajectory};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::f64::consts::PI;

type Path = (Vec<f64>, Vec<Vec<f64>>);

/// Times and states of `y' = f(t, y)` at `count` even times until `end`, by the classical scheme in small steps.
fn path(f: impl Fn(f64, &[f64]) -> Vec<f64>, y0: &[f64], end: f64, count: usize) -> Path {
    let interval = end / (count - 1) as f64;
    let steps = (interval / 0.002).ceil() as usize;
    let h = interval / steps as f64;
    let moved = |y: &[f64], k: &[f64], h: f64| -> Vec<f64> { y.iter().zip(k).map(|(y, k)| y + h * k).collect() };
    let (mut y, mut states) = (y0.to_vec(), vec![y0.to_vec()]);
    for n in 1..count {
        for m in 0..steps {
            let t = interval * (n - 1) as f64 + h * m as f64;
            let a = f(t, &y);
            let b = f(t + 0.5 * h, &moved(&y, &a, 0.5 * h));
            let c = f(t + 0.5 * h, &moved(&y, &b, 0.5 * h));
            let d = f(t + h, &moved(&y, &c, h));
            let slope: Vec<f64> = (0..y.len()).map(|i| (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]) / 6.0).collect();
            y = moved(&y, &slope, h);
        }
        states.push(y.clone());
    }
    ((0..count).map(|n| interval * n as f64).collect(), states)
}

fn set(paths: &[Path]) -> Trajectories {
    let record = |(k, (times, states)): (usize, &Path)| {
        Trajectory::new(format!("r{k}"), times.clone(), states.concat()).unwrap()
    };
    let names = (0..paths[0].1[0].len()).map(|i| format!("x{i}"));
    Trajectories::new(names, paths.iter().enumerate().map(record).collect()).unwrap()
}

/// The same with noise of `share` of each component's deviation.
fn noisy(paths: &[Path], share: f64, seed: u64) -> Vec<Path> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let mut paths = paths.to_vec();
    for (_, states) in &mut paths {
        for i in 0..states[0].len() {
            let mean = states.iter().map(|y| y[i]).sum::<f64>() / states.len() as f64;
            let variance = states.iter().map(|y| (y[i] - mean).powi(2)).sum::<f64>() / states.len() as f64;
            states.iter_mut().for_each(|y| y[i] += share * variance.sqrt() * normal());
        }
    }
    paths
}

/// Some components alone.
fn only(paths: &[Path], components: &[usize]) -> Vec<Path> {
    let part = |y: &Vec<f64>| components.iter().map(|&i| y[i]).collect();
    paths.iter().map(|(times, states)| (times.clone(), states.iter().map(part).collect())).collect()
}

fn van_der_pol(mu: f64) -> impl Fn(f64, &[f64]) -> Vec<f64> {
    move |_, y| vec![y[1], mu * (1.0 - y[0] * y[0]) * y[1] - y[0]]
}
fn lotka_volterra(_: f64, y: &[f64]) -> Vec<f64> {
    vec![1.5 * y[0] - y[0] * y[1], y[0] * y[1] - 3.0 * y[1]]
}
fn kepler(_: f64, y: &[f64]) -> Vec<f64> {
    let r = y[0].hypot(y[1]).powi(3);
    vec![y[2], y[3], -y[0] / r, -y[1] / r]
}
fn fitzhugh_nagumo(_: f64, y: &[f64]) -> Vec<f64> {
    vec![y[0] - y[0].powi(3) / 3.0 - y[1] + 0.5, 0.08 * (y[0] + 0.7 - 0.8 * y[1])]
}
fn pendulum(_: f64, y: &[f64]) -> Vec<f64> {
    vec![y[1], -4.0 * y[0].sin()]
}
fn lorenz(_: f64, y: &[f64]) -> Vec<f64> {
    vec![10.0 * (y[1] - y[0]), y[0] * (28.0 - y[2]) - y[1], y[0] * y[1] - 8.0 / 3.0 * y[2]]
}
fn roessler(_: f64, y: &[f64]) -> Vec<f64> {
    vec![-y[1] - y[2], y[0] + 0.2 * y[1], 0.2 + y[2] * (y[0] - 5.7)]
}
fn double_pendulum(_: f64, y: &[f64]) -> Vec<f64> {
    let (a, b, w, v, g) = (y[0], y[1], y[2], y[3], 9.81);
    let (sin, cos) = (a - b).sin_cos();
    let all = 2.0 - cos * cos;
    let first = -sin * (v * v + w * w * cos) - 2.0 * g * a.sin() + g * b.sin() * cos;
    let second = sin * (2.0 * w * w + v * v * cos) + 2.0 * g * a.sin() * cos - 2.0 * g * b.sin();
    vec![w, v, first / all, second / all]
}
fn driven(t: f64, y: &[f64]) -> Vec<f64> {
    vec![y[1], -y[0] - 0.2 * y[1] + (1.7 * t).cos()]
}

/// Damped rotations in planes that are mixed.
fn linear(dim: usize) -> impl Fn(f64, &[f64]) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(3);
    let size = (dim as f64).sqrt();
    let entries: Vec<f64> = (0..dim * dim).map(|_| (rng.random::<f64>() - 0.5) * 12f64.sqrt() / size).collect();
    move |_, y| {
        let entry = |i: usize, j: usize| entries[i * dim + j] - entries[j * dim + i];
        (0..dim).map(|i| (0..dim).map(|j| entry(i, j) * y[j]).sum::<f64>() - 0.1 * y[i]).collect()
    }
}

fn robertson() -> Path {
    let times: Vec<f64> = (0..100).map(|k| 10f64.powf(-5.0 + 10.0 * f64::from(k) / 99.0)).collect();
    let path = Flow::new(&Robertson {}, &[]).tolerance(1e-8, 1e-12).solve(0.0, &[1.0, 0.0, 0.0], &times).unwrap();
    (times, path.iter().map(|(_, y)| y.to_vec()).collect())
}

#[test]
fn functions_of_the_state_are_not_contradicted() {
    let ten = 10.0;
    let cases: Vec<(&str, Vec<Path>)> = vec![
        ("predator and prey", vec![path(lotka_volterra, &[1.0, 1.0], ten, 101)]),
        (
            "predators and preys",
            [[1.0, 1.0], [3.0, 1.0], [0.5, 2.0]].map(|y| path(lotka_volterra, &y, ten, 51)).to_vec(),
        ),
        ("Van der Pol, 2", vec![path(van_der_pol(2.0), &[2.0, 0.0], 20.0, 100)]),
        ("Van der Pol, 5", [[2.0, 0.0], [0.5, 0.5]].map(|y| path(van_der_pol(5.0), &y, 30.0, 600)).to_vec()),
        ("Van der Pol, 5, few", [[2.0, 0.0], [3.0, -2.0]].map(|y| path(van_der_pol(5.0), &y, 30.0, 100)).to_vec()),
        ("Kepler", vec![path(kepler, &[0.5, 0.0, 0.0, 3f64.sqrt()], 4.0 * PI, 100)]),
        ("FitzHugh and Nagumo", vec![path(fitzhugh_nagumo, &[0.0, 0.0], 100.0, 200)]),
        ("pendulum", vec![path(pendulum, &[2.0, 0.0], ten, 100)]),
        ("pendulums", [[1.0, 0.0], [2.9, 0.0]].map(|y| path(pendulum, &y, 40.0, 1200)).to_vec()),
        ("double pendulum", vec![path(double_pendulum, &[1.0, 0.5, 0.0, 0.0], 5.0, 150)]),
        ("30 components", vec![path(linear(30), &[1.0; 30], ten, 100)]),
        ("Robertson", vec![robertson()]),
        ("Lorenz", vec![path(lorenz, &[1.0, 1.0, 20.0], 20.0, 2000)]),
        ("Lorenz, few", [[1.0, 1.0, 20.0], [-5.0, 3.0, 30.0]].map(|y| path(lorenz, &y, 20.0, 250)).to_vec()),
        ("Rössler", vec![path(roessler, &[1.0, 1.0, 0.0], 100.0, 1000)]),
        ("Rössler, few", vec![path(roessler, &[1.0, 1.0, 0.0], 100.0, 160)]),
        ("approach", [2.0, 0.3, -1.0].map(|y| path(|_, y| vec![-y[0]], &[y], 20.0, 200)).to_vec()),
        ("logistic", [0.01, 0.1, 2.0].map(|y| path(|_, y| vec![y[0] * (1.0 - y[0])], &[y], ten, 60)).to_vec()),
    ];
    for (name, paths) in cases {
        for (share, seed) in [(0.0, 0), (0.02, 1), (0.05, 2), (0.05, 3), (0.2, 4)] {
            let found = set(&noisy(&paths, share, seed)).contradiction(false);
            assert_eq!(found, None, "{name}, with noise of {share} and seed {seed}");
        }
    }
}

#[test]
fn paths_that_cross_contradict() {
    let orbit = [path(kepler, &[0.5, 0.0, 0.0, 3f64.sqrt()], 4.0 * PI, 100)];
    let double = [path(double_pendulum, &[1.0, 0.5, 0.0, 0.0], 5.0, 150)];
    let inputs =
        |f: fn(f64, &[f64]) -> Vec<f64>, y0: &[f64]| [1.0, 2.0].map(|u| path(|_, y| f(u, y), y0, 8.0, 100)).to_vec();
    let mut cases = vec![
        ("x and vy of an orbit".to_string(), only(&orbit, &[0, 3]), 0.05),
        ("y and vx of an orbit".to_string(), only(&orbit, &[1, 2]), 0.0),
        ("a driven oscillator".to_string(), vec![path(driven, &[1.0, 0.0], 40.0, 200)], 0.01),
        ("two inputs".to_string(), inputs(|u, y| vec![u - y[0]], &[0.0]), 0.02),
        ("inputs of an oscillator".to_string(), inputs(|u, y| vec![y[1], u - y[0] - 0.3 * y[1]], &[0.0, 0.0]), 0.02),
    ];
    for pair in [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]] {
        cases.push((format!("{pair:?} of a double pendulum"), only(&double, &pair), 0.02));
    }
    for (name, paths, share) in cases {
        for share in [0.0, share] {
            let found = set(&noisy(&paths, share, 5)).contradiction(false);
            let Some(Contradiction::Crossing(Crossing { pairs, places: [a, b], between_trajectories })) = found else {
                panic!("{name}, with noise of {share}: {found:?}");
            };
            assert!(pairs > 1 && between_trajectories == (a.trajectory != b.trajectory), "{name}: {a:?} and {b:?}");
            // As near as neighbours, in parts of the range.
            for i in 0..a.state.len() {
                let values = || paths.iter().flat_map(|(_, states)| states.iter().map(|y| y[i]));
                let range = values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min);
                assert!((a.state[i] - b.state[i]).abs() < 0.2 * range, "{name}: {a:?} and {b:?}");
            }
        }
    }
}

#[test]
fn what_rises_and_falls_alone_contradicts() {
    for (share, count) in [(0.0, 25), (0.0, 1200), (0.05, 100), (0.05, 1200)] {
        let angle = only(&[path(pendulum, &[2.0, 0.0], 10.0, count)], &[0]);
        let found = set(&noisy(&angle, share, 7)).contradiction(false);
        let Some(Contradiction::Reversal(reversal)) = found else { panic!("{count}, {share}: {found:?}") };
        assert!((3.5..5.0).contains(&reversal.height), "{reversal:?}");
        assert!(share == 0.0 || (0.05..0.1).contains(&reversal.noise), "{reversal:?}");
    }
    // A dose, then its decay, beside a weight that is the record's.
    let dose = |k: usize| {
        let (times, states) = path(|t, y| vec![5.0 * (-t).exp() - y[0], 0.0], &[0.0, 70.0 + k as f64], 6.0, 15);
        (times, states)
    };
    let found = set(&[dose(0), dose(1)]).contradiction(false);
    assert!(matches!(found, Some(Contradiction::Reversal(r)) if r.component == "x0"), "a dose");
}

#[test]
fn noise_alone_does_not_contradict() {
    for seed in 0..40 {
        for count in [8, 10, 14, 30, 100, 1000] {
            let still = (0..count).map(|k| vec![k as f64 / count as f64]).collect();
            let rest = vec![((0..count).map(|k| k as f64).collect::<Vec<f64>>(), still)];
            // Noise beside which the trend is nothing.
            let found = set(&noisy(&rest, 1e3, seed)).contradiction(false);
            assert_eq!(found, None, "{count} numbers, seed {seed}");
        }
    }
}

#[test]
fn a_single_observation_that_is_off_does_not_contradict() {
    let mut decay = path(|_, y| vec![-y[0]], &[1.0], 5.0, 400);
    decay.1[200][0] += 10.0;
    assert_eq!(set(&[decay]).contradiction(false), None);
}

#[test]
fn time_resolves_what_one_record_contradicts_but_not_what_two_do() {
    let driven = set(&[path(driven, &[1.0, 0.0], 40.0, 200)]);
    assert!(driven.contradiction(false).is_some() && driven.contradiction(true).is_none());
    let angle = set(&only(&[path(pendulum, &[2.0, 0.0], 10.0, 100)], &[0]));
    assert!(angle.contradiction(false).is_some() && angle.contradiction(true).is_none());
    // From the same state at the same time, but for one of two that come to meet there.
    let meet = |slope: f64| path(move |t, _| vec![slope * t.cos()], &[0.0], 20.0, 200);
    let two = set(&[meet(1.0), meet(-1.0)]);
    let found = two.contradiction(true);
    assert!(matches!(found, Some(Contradiction::Crossing(Crossing { between_trajectories: true, .. }))), "{found:?}");
}

#[test]
fn many_short_records_are_looked_at() {
    let fall = |k: usize, rate: f64| path(move |_, y| vec![-rate * y[0]], &[1.0 + 0.001 * k as f64], 2.0, 7);
    let same: Vec<Path> = (0..2000).map(|k| fall(k, 1.0)).collect();
    assert_eq!(set(&same).contradiction(false), None);
    let apart: Vec<Path> = (0..2000).map(|k| fall(k, if k < 1000 { 1.0 } else { 0.3 })).collect();
    assert!(set(&apart).contradiction(false).is_some());
}

#[test]
fn units_order_and_extremes_do_not_matter() {
    let driven = path(driven, &[1.0, 0.0], 40.0, 200);
    let scaled = |by: f64, time: f64| {
        let states = driven.1.iter().map(|y| vec![by * y[0], y[1] / by]).collect();
        set(&[(driven.0.iter().map(|t| 1e3 + time * t).collect(), states)]).contradiction(false)
    };
    let pairs = |found: &Option<Contradiction>| match found {
        Some(Contradiction::Crossing(crossing)) => crossing.pairs,
        other => panic!("{other:?}"),
    };
    let expected = pairs(&scaled(1.0, 1.0));
    for (by, time) in [(1e150, 1.0), (1e-9, 1e-6), (1.0, 1e9)] {
        let found = pairs(&scaled(by, time));
        assert!(found.abs_diff(expected) <= 1 + expected / 10, "{found} and {expected} in units of {by} and {time}");
    }
    // Too little to tell, and nothing that moves.
    for text in ["t,x\n0,1\n1,2\n", "t,x\n0,1\n1,2\n2,1\n", "t,x,c\n0,1,1\n1,1,1\n2,1,1\n3,1,1\n4,1,1\n5,1,1\n"] {
        assert_eq!(Trajectories::from_csv_str(text, "data").unwrap().contradiction(false), None, "{text}");
    }
    let wide = Trajectories::from_csv_str("t,x\n0,1.7e308\n1,-1.7e308\n2,1.7e308\n3,0\n4,1\n", "data").unwrap();
    assert_eq!(wide.contradiction(false), None);
}
