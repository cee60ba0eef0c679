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

use kutta::plot::{
    Amplification, Complex, Curve, OrbitPanel, Orbits, SchemeView, Stability, amplification, orbit, orbits,
    order_stars, stability_regions,
};
use kutta::tableau::PartitionedTableau;
use kutta::verify::coefficients::Recovered;
use kutta::verify::oscillator::StabilityMatrix;
use kutta::{Error, Tableau};
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
    orbits(folder.join("oscillator.svg"), &oscillator()?)?;
    stability_regions(folder.join("theta.svg"), &theta_schemes()?)?;
    let figure = Stability { schemes: schemes()?, columns: 3, ..Default::default() };
    stability_regions(folder.join("regions.svg"), &figure)?;
    order_stars(folder.join("order_stars.svg"), &figure)?;
    amplification(folder.join("amplification.svg"), &Amplification { schemes: schemes()?, ..Default::default() })?;
    for name in ["oscillator", "theta", "regions", "order_stars", "amplification"] {
        println!("figure: {}", folder.join(name).with_extension("svg").display());
    }
    Ok(())
}

fn oscillator() -> Result<Orbits, Error> {
    let (forward, trapezoidal) = (Tableau::forward_euler(), Tableau::trapezoidal());
    let (backward, verlet) = (Tableau::backward_euler(), PartitionedTableau::by_name("verlet")?);
    let schemes = [
        ("forward Euler", &forward, &forward),
        ("trapezoidal rule", &trapezoidal, &trapezoidal),
        ("backward Euler", &backward, &backward),
        ("Verlet", verlet.first(), verlet.second()),
    ];
    // Each orbit lasts for two periods.
    let panel = |(title, first, second): (&str, &Tableau, &Tableau)| {
        let matrix = StabilityMatrix::of(&Recovered::of(first), &Recovered::of(second))?;
        let curve = |x: f64| {
            let (count, m) = ((2.0 * std::f64::consts::TAU / x).ceil() as usize, matrix.eval(x));
            let points = orbit([[m[(0, 0)], m[(0, 1)]], [m[(1, 0)], m[(1, 1)]]], [1.0, 0.0], count);
            Curve { label: format!("hω = {x}"), points, dashed: false }
        };
        Ok(OrbitPanel { title: title.into(), curves: [0.1, 0.4, 1.5].map(curve).into() })
    };
    let circle = (0..=360).map(|k| f64::from(k).to_radians()).map(|t| [t.cos(), t.sin()]).collect();
    Ok(Orbits {
        title: format!("ẏ = −ω² z, ż = y, ω = {OMEGA}"),
        labels: ["y".into(), "ωz".into()],
        panels: schemes.into_iter().map(panel).collect::<Result<_, Error>>()?,
        exact: circle,
        window: Some([[-2.2; 2], [2.2; 2]]),
        ..Default::default()
    })
}

/// The scheme's stability function under a title.
fn scheme(title: impl Into<String>, tableau: &Tableau) -> SchemeView<'static> {
    let function = tableau.stability_function();
    SchemeView::new(title, move |z| function.eval(z))
}

fn theta_schemes() -> Result<Stability<'static>, Error> {
    let zero = Complex::new(0.0, 0.0);
    let panel = |theta: f64| {
        let scheme = scheme(format!("θ = {theta}"), &Tableau::one_leg_theta(theta)?).disc("unit disc", zero, 1.0);
        Ok(if theta == 0.0 { scheme } else { scheme.disc("contractive, |z| < 1/θ", zero, 1.0 / theta) })
    };
    let schemes = [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().map(panel).collect::<Result<_, Error>>()?;
    Ok(Stability { schemes, columns: 5, panel_width: 170, ..Default::default() })
}

fn schemes() -> Result<Vec<SchemeView<'static>>, Error> {
    let names = ["rk4", "gauss_2", "radau_iia_2", "lobatto_iiic_2", "sdirk2", "radau_iia_3"];
    names.into_iter().map(|name| Ok(scheme(name, &Tableau::by_name(name)?))).collect()
}
