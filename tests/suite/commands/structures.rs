//! Equations of a known structure.

use super::*;
use std::f64::consts::TAU;

/// A folder with a pendulum, or a damped one, in `data.csv`: angles and velocities, and in `angles.csv` the former alone.
fn pendulum(damping: f64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let slope = |[q, p]: [f64; 2]| [p, -q.sin() - damping * p];
    let moved = |y: [f64; 2], by: [f64; 2], h: f64| [y[0] + h * by[0], y[1] + h * by[1]];
    let step = |y: [f64; 2], h: f64| {
        let a = slope(y);
        let b = slope(moved(y, a, 0.5 * h));
        let c = slope(moved(y, b, 0.5 * h));
        let d = slope(moved(y, c, h));
        [0, 1].map(|i| y[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]))
    };
    let (mut y, mut both, mut angles) = ([1.2, 0.0], "t,q,p\n".to_string(), "t,q\n".to_string());
    for k in 0..60 {
        let t = 0.25 * f64::from(k);
        both += &format!("{t},{},{}\n", y[0], y[1]);
        angles += &format!("{t},{}\n", y[0]);
        y = (0..50).fold(y, |y, _| step(y, 0.005));
    }
    fs::write(folder.path().join("data.csv"), both).unwrap();
    fs::write(folder.path().join("angles.csv"), angles).unwrap();
    folder
}

fn r2(report: &Value, component: &str) -> f64 {
    report["verdict"]["components"][component]["r2"].as_f64().unwrap()
}

#[test]
fn energies_are_learned_and_kept() {
    let folder = pendulum(0.0);
    for (options, structure, widths) in [
        ("--hamiltonian", "hamiltonian", [2, 8, 1]),
        ("--separable", "separable", [1, 8, 1]),
        ("--separable --scheme stoermer_verlet --substeps 4", "separable", [1, 8, 1]),
        ("--hamiltonian --scheme gauss_1 --substeps 4", "hamiltonian", [2, 8, 1]),
    ] {
        let report = json(&succeeds(&folder, &format!("fit data.csv --hidden 8 --json {options}")));
        assert_eq!((&report["structure"], &report["widths"]), (&structure.into(), &widths.to_vec().into()));
        assert!(r2(&report, "q") > 0.999 && r2(&report, "p") > 0.999, "{options}: {report}");
        let energy = &report["energy"];
        assert_eq!(energy["dissipated"], false);
        for so_long in ["over_the_data", "ten_times_as_long"] {
            let drift = energy[so_long]["drift"].as_f64().unwrap();
            assert!(drift < if options.contains("scheme") { 0.03 } else { 1e-5 }, "{options}: {energy}");
        }
        // A hundred times as long, the orbit is the same.
        let far = runs(&folder, "predict model.json --until 1475 --every 0.5");
        let far = Trajectories::from_csv_str(&far, "out").unwrap();
        let largest = far.trajectory(0).states().iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!((largest - 1.2).abs() < 0.1, "{options}: {largest}");
    }
    let told = succeeds(&folder, "fit data.csv --hidden 8 --hamiltonian");
    assert!(
        told.contains("network  energy 2-8-1 tanh, ") && told.contains("energy   the learned one drifts by "),
        "{told}"
    );
}

#[test]
fn what_is_damped_never_rises() {
    let folder = pendulum(0.15);
    let report = json(&succeeds(&folder, "fit data.csv --hidden 8 --dissipative --json"));
    assert_eq!((&report["structure"], &report["energy"]["dissipated"]), (&"dissipative".into(), &true.into()));
    assert!(r2(&report, "q") > 0.999, "{report}");
    let long = &report["energy"]["ten_times_as_long"];
    assert!(long["change"].as_f64().unwrap() < -0.1 && long["rise"].as_f64().unwrap() < 1e-5, "{report}");
    let told = succeeds(&folder, "fit data.csv --hidden 8 --dissipative");
    assert!(told.contains(", and never rises, "), "{told}");
}

#[test]
fn positions_are_enough_for_an_equation_of_second_order() {
    let folder = pendulum(0.05);
    let told = succeeds(&folder, "fit angles.csv --epochs 3");
    assert!(told.contains("of second order, try --second-order, or add the slope"), "{told}");
    let report = json(&succeeds(&folder, "fit angles.csv --hidden 8 --second-order --json"));
    assert_eq!((&report["structure"], &report["widths"]), (&"second_order".into(), &vec![2, 8, 1].into()));
    assert_eq!((&report["components"], report["numbers"].as_u64()), (&vec!["q"].into(), Some(60)));
    assert!(r2(&report, "q") > 0.9999 && report["verdict"]["findings"].as_array().unwrap().is_empty(), "{report}");
    let measured = read(&folder, "data.csv");
    runs(&folder, "predict model.json --until 14.75 --every 0.25 --out path.csv");
    let path = read(&folder, "path.csv");
    assert_eq!(path.components(), ["q"]);
    for (k, q) in path.trajectory(0).states().iter().enumerate() {
        assert!((q - measured.trajectory(0).state(k)[0]).abs() < 0.01, "{q} at {k}");
    }
    // From a state of its own: positions, then velocities.
    let told = runs(&folder, "predict model.json --start 0,0.5 --from 0 --until 0.01 --every 0.01 --json");
    let states = json(&told)["states"].take();
    assert!(
        (states[1][0].as_f64().unwrap() - 0.005).abs() < 1e-4 && states[1].as_array().unwrap().len() == 1,
        "{states}"
    );
    fails(&folder, "predict model.json --start 0 --until 1", 2, &["--start has 1 numbers, expected 2: q,q'"]);
    // Velocities that are measured are columns, and count.
    let report = json(&succeeds(&folder, "fit data.csv --hidden 8 --second-order --velocities --json"));
    assert!(r2(&report, "q") > 0.9999 && r2(&report, "p") > 0.9999, "{report}");
}

#[test]
fn records_are_held_out_and_drawn_by_their_positions() {
    let folder = tempfile::tempdir().unwrap();
    let row = |k: i32, id: char, phase: f64| {
        let t = 0.2 * f64::from(k);
        format!("{t},{id},{}\n", (TAU * 0.2 * t + phase).cos())
    };
    let rows = |(id, phase): (char, f64)| (0..40).map(|k| row(k, id, phase)).collect::<String>();
    let text: String = [('a', 0.0), ('b', 1.0), ('c', 2.5)].map(rows).concat();
    fs::write(folder.path().join("data.csv"), format!("t,trajectory,x\n{text}")).unwrap();
    for kind in ["future", "trajectories"] {
        let plot = if cfg!(feature = "plot") { "--plot fit.svg --forecast 12" } else { "" };
        let options = format!("--hidden 6 --second-order --validation 0.34 --validation-kind {kind} {plot}");
        let report = json(&succeeds(&folder, &format!("fit data.csv {options} --json")));
        let held_out = report["verdict"]["components"]["x"]["held_out_r2"].as_f64().unwrap();
        assert!(held_out > 0.99, "{kind}: {report}");
        assert_eq!(folder.path().join("fit.svg").exists(), cfg!(feature = "plot"));
    }
}

#[test]
fn structures_that_make_no_sense_are_refused() {
    let folder = pendulum(0.0);
    for (options, words) in [
        ("angles.csv --hamiltonian", ["--hamiltonian is for positions and as many momenta", "not 1: q"]),
        ("angles.csv --separable", ["--separable is for", "an even number of columns"]),
        ("angles.csv --dissipative", ["--dissipative is for", "an even number of columns"]),
        ("angles.csv --second-order --velocities", ["as many velocities", "not 1: q"]),
        ("data.csv --hamiltonian --separable", ["--hamiltonian", "cannot be used with"]),
        ("data.csv --dissipative --second-order", ["--second-order", "cannot be used with"]),
        ("data.csv --velocities", ["--second-order", "required"]),
        ("data.csv --hamiltonian --time-input", ["--hamiltonian has no use for --time-input", "leave"]),
        ("data.csv --separable --lipschitz 2", ["--separable has no use for --lipschitz", "leave"]),
        ("data.csv --second-order --per-step", ["--second-order has no use for --per-step", "leave"]),
        ("data.csv --hamiltonian --time log", ["--hamiltonian has no use for --time log", "leave"]),
        ("data.csv --hamiltonian --activation relu", ["--activation relu", "smooth"]),
        ("angles.csv --second-order --optimizer adam", ["--optimizer lm", "--velocities"]),
        ("angles.csv --second-order --jacobian 0.1", ["--optimizer lm", "--velocities"]),
        ("data.csv --scheme stoermer_verlet", ["is partitioned", "--separable"]),
        ("data.csv --separable --scheme kencarp_3", ["is additive", "--separable"]),
    ] {
        fails(&folder, &format!("fit {options}"), 2, &words);
    }
}
