//! `|R|` along the axes of the complex plane.

use super::axes::{Range, decades};
use super::legend::{DASHES, Entry, LINE_WIDTH, Mark};
use super::panels::{Panel, Panels, Scale, zero_axes};
use super::scheme::Scheme;
use super::{Point, check_size, colour};
use crate::Error;
use nalgebra::Complex;
use std::path::Path;

/// A figure of `|R(x)|` and `|R(iy)|` for real `x` and `y`, on a logarithmic scale, with `|eᶻ|` for comparison: how schemes
/// damp a decaying component, and whether they keep the size of an oscillating one.
///
/// ```
/// use kutta::plot::{Amplification, Scheme, amplification};
///
/// let figure = Amplification {
///     schemes: vec![
///         Scheme::new("midpoint rule", |z| (2.0 + z) / (2.0 - z)),
///         Scheme::new("implicit Euler", |z| 1.0 / (1.0 - z)),
///     ],
///     ..Default::default()
/// };
/// let folder = tempfile::tempdir()?;
/// amplification(folder.path().join("amplification.svg"), &figure)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Amplification<'a> {
    /// Title above the figure; none if empty.
    pub title: String,
    /// What is drawn; discs and points are left out.
    pub schemes: Vec<Scheme<'a>>,
    /// The ends of the stretch of the real axis; -10 and 2 by default.
    pub real: [f64; 2],
    /// The ends of the stretch of the imaginary axis; 0 and 10 by default.
    pub imaginary: [f64; 2],
    /// Width of each of the two panels in pixels, 80 to 10 000; 330 by default.
    pub panel_width: u32,
    /// Height of the panels in pixels, 80 to 10 000; 240 by default.
    pub panel_height: u32,
}

impl Default for Amplification<'_> {
    fn default() -> Self {
        Self {
            title: String::new(),
            schemes: Vec::new(),
            real: [-10.0, 2.0],
            imaginary: [0.0, 10.0],
            panel_width: 330,
            panel_height: 240,
        }
    }
}

/// Powers of ten that are shown at most.
const LOWEST: f64 = -4.0;
const HIGHEST: f64 = 2.0;
/// Ways to tell lines apart that run over each other: wider ones below.
const WIDENING: f64 = 0.9;

/// Draws `figure` as an SVG file at `path`. Of `|R|`, 10⁻⁴ to 100 is shown at most.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a stretch that is empty, or no scheme; [`Error::Io`] if the file
/// cannot be written.
pub fn amplification(path: impl AsRef<Path>, figure: &Amplification) -> Result<(), Error> {
    check_size("panel_width", figure.panel_width)?;
    check_size("panel_height", figure.panel_height)?;
    if figure.schemes.is_empty() {
        let expected = "at least one scheme to draw".to_string();
        return Err(Error::InvalidArgument { argument: "schemes", value: "empty".into(), expected });
    }
    let [real, imaginary] = [stretch("real", figure.real)?, stretch("imaginary", figure.imaginary)?];
    let size = [f64::from(figure.panel_width), f64::from(figure.panel_height)];
    let count = (2.0 * size[0]) as u32;
    let sampled = |range: Range, value: &dyn Fn(f64) -> f64| -> Vec<Point> {
        let at = |k: u32| range.at(f64::from(k) / f64::from(count));
        (0..=count).map(|k| [at(k), value(at(k)) / std::f64::consts::LN_10]).collect()
    };
    let curves: Vec<[Vec<Point>; 2]> = figure
        .schemes
        .iter()
        .map(|scheme| {
            let on_real = sampled(real, &|x| scheme.log_modulus(Complex::new(x, 0.0)));
            [on_real, sampled(imaginary, &|y| scheme.log_modulus(Complex::new(0.0, y)))]
        })
        .collect();
    let exact = [sampled(real, &|x| x), sampled(imaginary, &|_| 0.0)];

    let exponents = curves.iter().chain([&exact]).flatten().flatten().map(|p| p[1].clamp(LOWEST, HIGHEST));
    let y = Range::over(exponents, 0.03).unwrap_or(Range::UNIT);
    let mut legend: Vec<Entry> = figure
        .schemes
        .iter()
        .enumerate()
        .map(|(k, scheme)| Entry { mark: Mark::Line, colour: colour(k), text: scheme.name.clone() })
        .collect();
    legend.push(Entry { mark: Mark::Dashes, colour: [0; 3], text: "|exp z|".into() });
    let scale = |range: Range, label| Scale { range, ticks: range.ticks(size[0] / 60.0), label };
    let panels = Panels {
        title: &figure.title,
        legend,
        panels: vec![
            Panel { title: "real axis", x: scale(real, "Re z") },
            Panel { title: "imaginary axis", x: scale(imaginary, "Im z") },
        ],
        y: Scale { range: y, ticks: decades(&y), label: "|R(z)|" },
        columns: 2,
        size,
    };
    panels.draw(path.as_ref(), |canvas, axes, panel| {
        zero_axes(canvas, axes, [170; 3]);
        for (k, curve) in curves.iter().enumerate() {
            let width = LINE_WIDTH + WIDENING * (curves.len() - 1 - k) as f64;
            axes.clip(&curve[panel]).iter().for_each(|part| canvas.line(part, colour(k), width));
        }
        axes.clip(&exact[panel]).iter().for_each(|part| canvas.dashed(part, [0; 3], 1.1, DASHES));
    })
}

fn stretch(argument: &'static str, [low, high]: [f64; 2]) -> Result<Range, Error> {
    if low < high && low.abs() < 1e300 && high.abs() < 1e300 {
        return Ok(Range::new(low, high));
    }
    let expected = "a finite number and a larger one".to_string();
    Err(Error::InvalidArgument { argument, value: format!("{low} to {high}"), expected })
}
