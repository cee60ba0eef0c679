//! Figures of schemes: what they do to an oscillation, and where they are stable.
//!
//! ```text
//! cargo run --example stability -- [folder]
//! ```
//!
//! `oscillator.svg` shows orbits of `ẏ = -ω² z`, `ż = y` by four schemes: forward Euler expands, backward Euler contracts,
//! the trapezoidal rule and Verlet's scheme stay near the exact orbit. `theta.svg` shows the stability regions of the
//! θ-schemes with the disc where their stage equations are a contraction, `|z| < 1/θ`, and the unit disc, which holds the
//! spectrum of a field with Lipschitz constant 1. `order_stars.svg` and `amplification.svg` compare some schemes of higher
//! order with the exponential function.

use kutta::Error;
use kutta::plot::{
    Amplification, Complex, Curve, OrbitPanel, Orbits, Scheme, Stability, amplification, orbit, orbits, order_stars,
    stability_regions,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const OMEGA: f64 = 50.0;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_path_buf(), source })?;
    orbits(folder.join("oscillator.svg"), &oscillator())?;
    stability_regions(folder.join("theta.svg"), &theta_schemes())?;
    let figure = Stability { schemes: schemes(), columns: 3, ..Default::default() };
    stability_regions(folder.join("regions.svg"), &figure)?;
    order_stars(folder.join("order_stars.svg"), &figure)?;
    amplification(folder.join("amplification.svg"), &Amplification { schemes: schemes(), ..Default::default() })?;
    for name in ["oscillator", "theta", "regions", "order_stars", "amplification"] {
        println!("figure: {}", folder.join(name).with_extension("svg").display());
    }
    Ok(())
}

/// The matrix of a step for `(y, ωz)`, whose exact orbits are circles, where `x = hω`.
type Step = fn(f64) -> [[f64; 2]; 2];

fn oscillator() -> Orbits {
    // With J = [[0, -1], [1, 0]], forward Euler is 1 + xJ, backward Euler (1 - xJ)⁻¹ = (1 + xJ) / (1 + x²).
    let steps: [(&str, Step); 4] = [
        ("forward Euler", |x| [[1.0, -x], [x, 1.0]]),
        ("trapezoidal rule", |x| {
            let (square, size) = (x * x / 4.0, 1.0 + x * x / 4.0);
            [[(1.0 - square) / size, -x / size], [x / size, (1.0 - square) / size]]
        }),
        ("backward Euler", |x| {
            let size = 1.0 + x * x;
            [[1.0 / size, -x / size], [x / size, 1.0 / size]]
        }),
        ("Verlet", |x| {
            let square = x * x / 2.0;
            [[1.0 - square, -x * (1.0 - square / 2.0)], [x, 1.0 - square]]
        }),
    ];
    // Each orbit lasts for two periods.
    let panel = |(title, step): (&str, Step)| OrbitPanel {
        title: title.into(),
        curves: [0.1, 0.4, 1.5]
            .map(|x| {
                let count = (2.0 * std::f64::consts::TAU / x).ceil() as usize;
                Curve { label: format!("hω = {x}"), points: orbit(step(x), [1.0, 0.0], count), dashed: false }
            })
            .into(),
    };
    let circle = (0..=360).map(|k| f64::from(k).to_radians()).map(|t| [t.cos(), t.sin()]).collect();
    Orbits {
        title: format!("ẏ = −ω² z, ż = y, ω = {OMEGA}"),
        labels: ["y".into(), "ωz".into()],
        panels: steps.map(panel).into(),
        exact: circle,
        window: Some([[-2.2; 2], [2.2; 2]]),
        ..Default::default()
    }
}

/// `y₁ = y₀ + h F((1 - θ) y₀ + θ y₁)`: `R(z) = (1 + (1 - θ) z) / (1 - θ z)`.
fn theta_schemes() -> Stability<'static> {
    let zero = Complex::new(0.0, 0.0);
    let scheme =
        |theta: f64| {
            let scheme = Scheme::new(format!("θ = {theta}"), move |z| (1.0 + (1.0 - theta) * z) / (1.0 - theta * z))
                .disc("unit disc", zero, 1.0);
            if theta == 0.0 { scheme } else { scheme.disc("contractive, |z| < 1/θ", zero, 1.0 / theta) }
        };
    let schemes = [0.0, 0.25, 0.5, 0.75, 1.0].map(scheme).into();
    Stability { schemes, columns: 5, panel_width: 170, ..Default::default() }
}

/// Stability functions in closed form: a polynomial and five quotients.
fn schemes() -> Vec<Scheme<'static>> {
    vec![
        Scheme::new("Runge–Kutta 4", |z| 1.0 + z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0)))),
        Scheme::new("Gauss 2", |z| (1.0 + z / 2.0 + z * z / 12.0) / (1.0 - z / 2.0 + z * z / 12.0)),
        Scheme::new("Radau IIA 2", |z| (1.0 + z / 3.0) / (1.0 - z * 2.0 / 3.0 + z * z / 6.0)),
        Scheme::new("Lobatto IIIC 2", |z| 1.0 / (1.0 - z + z * z / 2.0)),
        Scheme::new("SDIRK 2", |z| {
            let gamma = 1.0 - 0.5_f64.sqrt();
            (1.0 + (1.0 - 2.0 * gamma) * z) / ((1.0 - gamma * z) * (1.0 - gamma * z))
        }),
        Scheme::new("Radau IIA 3", |z| {
            let top = 1.0 + z * 2.0 / 5.0 + z * z / 20.0;
            top / (1.0 - z * 3.0 / 5.0 + z * z * 3.0 / 20.0 - z * z * z / 60.0)
        }),
    ]
}
