//! Figures of schemes.

use super::Failure;
use kutta::Error;
use kutta::plot::{
    Amplification, Complex, Curve, OrbitPanel, Orbits, SchemeView, Stability, amplification, orbit, orbits,
    order_stars, stability_regions,
};
use kutta::tableau::{Method, PartitionedTableau, Scheme, Tableau};
use kutta::verify::coefficients::Recovered;
use kutta::verify::growth::Growth;
use kutta::verify::oscillator::StabilityMatrix;
use kutta::verify::stability_function::StabilityFunction;
use std::path::{Path, PathBuf};

/// Steps `hω` of the oscillator that a pair's orbits are drawn for.
const STEPS: [f64; 3] = [0.1, 0.5, 1.0];

/// The files that [`draw_all`] will write; makes the folder.
///
/// Refuses schemes whose figures would have the same names.
pub fn figures(folder: &Path, schemes: &[Method]) -> Result<Vec<PathBuf>, Failure> {
    for (k, scheme) in schemes.iter().enumerate() {
        if schemes[..k].iter().any(|other| stem(other.name()) == stem(scheme.name())) {
            let message = format!("two schemes are named `{}`, expected names that differ for --plot", scheme.name());
            return Err(Failure::Usage(message));
        }
    }
    std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_path_buf(), source })?;
    let names = |method: &Method| match method.scheme() {
        None => &["region", "amplification"][..],
        Some(Scheme::Tableau(_) | Scheme::Additive(_)) => &["region", "order-star", "amplification"],
        Some(Scheme::Partitioned(_)) => &["orbits"],
    };
    let of = |scheme: &Method| names(scheme).iter().map(|what| figure(folder, scheme.name(), what)).collect::<Vec<_>>();
    Ok(schemes.iter().flat_map(of).collect())
}

fn figure(folder: &Path, name: &str, what: &str) -> PathBuf {
    folder.join(format!("{}-{what}.svg", stem(name)))
}

/// Draws every scheme into `folder`: `NAME-region.svg`, `NAME-order-star.svg`, `NAME-amplification.svg`; for a pair
/// `NAME-orbits.svg`; for a method that carries more than the state no order star.
pub fn draw_all(folder: &Path, schemes: &[Method]) -> Result<(), Failure> {
    for scheme in schemes {
        match scheme.scheme() {
            None => region_of_growth(folder, scheme)?,
            Some(Scheme::Tableau(tableau)) => regions(folder, tableau.name(), &[tableau])?,
            Some(Scheme::Additive(additive)) => {
                regions(folder, additive.name(), &additive.parts().iter().collect::<Vec<_>>())?;
            }
            Some(Scheme::Partitioned(pair)) => orbits_of(folder, pair)?,
        }
    }
    Ok(())
}

fn regions(folder: &Path, name: &str, tableaux: &[&Tableau]) -> Result<(), Failure> {
    let functions: Vec<StabilityFunction> = tableaux.iter().map(|tableau| tableau.stability_function()).collect();
    let panels = || {
        let title = |i: usize| if functions.len() == 1 { name.to_string() } else { format!("{name}, part {i}") };
        functions.iter().enumerate().map(|(i, r)| SchemeView::new(title(i), |z| r.eval(z))).collect()
    };
    let file = |what: &str| figure(folder, name, what);
    let figure = Stability { schemes: panels(), ..Default::default() };
    stability_regions(file("region"), &figure)?;
    order_stars(file("order-star"), &figure)?;
    amplification(file("amplification"), &Amplification { schemes: panels(), ..Default::default() })?;
    Ok(())
}

/// Where the largest growth factor of a step is at most one in size. Which of them is the solution's changes from place to place, so
/// that there is no order star in the plane.
fn region_of_growth(folder: &Path, method: &Method) -> Result<(), Failure> {
    let growth = Growth::of(method);
    let view = || vec![SchemeView::new(method.name(), |z| Complex::new(growth.largest(z), 0.0))];
    let file = |what: &str| figure(folder, method.name(), what);
    stability_regions(file("region"), &Stability { schemes: view(), ..Default::default() })?;
    amplification(file("amplification"), &Amplification { schemes: view(), ..Default::default() })?;
    Ok(())
}

fn orbits_of(folder: &Path, pair: &PartitionedTableau) -> Result<(), Failure> {
    let matrix = StabilityMatrix::of(&Recovered::of(pair.first()), &Recovered::of(pair.second()))?;
    let panel = |x: f64| {
        let m = matrix.eval(x);
        let steps = (4.0 * std::f64::consts::TAU / x).ceil() as usize;
        let points = orbit([[m[(0, 0)], m[(0, 1)]], [m[(1, 0)], m[(1, 1)]]], [1.0, 0.0], steps);
        OrbitPanel { title: format!("hω = {x}"), curves: vec![Curve { points, ..Default::default() }] }
    };
    let figure = Orbits {
        title: pair.name().to_string(),
        labels: ["y".to_string(), "z".to_string()],
        panels: STEPS.map(panel).into(),
        window: Some([[-1.4, -1.4], [1.4, 1.4]]),
        exact: orbit(rotation(std::f64::consts::TAU / 128.0), [1.0, 0.0], 128),
        columns: STEPS.len(),
        ..Default::default()
    };
    orbits(self::figure(folder, pair.name(), "orbits"), &figure)?;
    Ok(())
}

/// The exact step of the scaled oscillator.
fn rotation(x: f64) -> [[f64; 2]; 2] {
    let (sine, cosine) = x.sin_cos();
    [[cosine, -sine], [sine, cosine]]
}

/// A name that can be a file's.
fn stem(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let stem: String = name.chars().map(letter).collect();
    if stem.is_empty() { "scheme".to_string() } else { stem }
}
