//! `|R|` along the axes of the complex plane.

use super::axes::{Range, decades};
use super::legend::{DASHES, Entry, LINE_WIDTH, Mark};
use super::panels::{Panel, Panels, Scale, zero_axes};
use super::scheme::SchemeView;
use super::{Point, check_any, check_size, colour};
use crate::Error;
use nalgebra::Complex;
use std::path::Path;

/// A figure of `|R(x)|` and `|R(iy)|` for real `x` and `y`, on a logarithmic scale, with `|eᶻ|` for comparison: how schemes
/// damp a decaying component, and whether they keep the size of an oscillating one.
///
/// ```
/// use kutta::plot::{Amplification, SchemeView, amplification};
///
/// let figure = Amplification {
///     schemes: vec![
///         SchemeView::new("midpoint rule", |z| (2.0 + z) / (2.0 - z)),
///         SchemeView::new("implicit Euler", |z| 1.0 / (1.0 - z)),
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
    pub schemes: Vec<SchemeView<'a>>,
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
/// How often the place of a zero or pole is narrowed down to two thirds.
const THIRDS: usize = 60;
/// Points on each side of a zero or pole, each half as far from it as the one before.
const HALVINGS: i32 = 16;

/// Draws `figure` as an SVG file at `path`. Of `|R|`, 10⁻⁴ to 100 is shown at most.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a stretch that is empty, or no scheme; [`Error::Io`] if the file
/// cannot be written.
pub fn amplification(path: impl AsRef<Path>, figure: &Amplification) -> Result<(), Error> {
    check_size("panel_width", figure.panel_width)?;
    check_size("panel_height", figure.panel_height)?;
    check_any("schemes", figure.schemes.is_empty())?;
    let [real, imaginary] = [stretch("real", figure.real)?, stretch("imaginary", figure.imaginary)?];
    let size = [f64::from(figure.panel_width), f64::from(figure.panel_height)];
    let cells = figure.panel_width;
    let sampled = |range: Range, value: &dyn Fn(f64) -> f64| sampled(range, cells, value);
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
            axes.clip(&curve[panel]).iter().for_each(|part| canvas.line(part, colour(k), LINE_WIDTH));
        }
        axes.clip(&exact[panel]).iter().for_each(|part| canvas.dashed(part, [0; 3], 1.1, DASHES));
    })
}

/// The decimal logarithms of a modulus whose natural ones are `value`, on `cells` cells of a range, its zeros and poles
/// included: there the logarithm is lower or higher than at both neighbours.
fn sampled(range: Range, cells: u32, value: &dyn Fn(f64) -> f64) -> Vec<Point> {
    let at = |k: u32| range.at(f64::from(k) / f64::from(cells));
    let coarse: Vec<Point> = (0..=cells).map(|k| [at(k), value(at(k))]).collect();
    let mut points = Vec::with_capacity(coarse.len());
    for (k, here) in coarse.iter().enumerate() {
        points.push(*here);
        let Some([before, _, after]) = k.checked_sub(1).and_then(|k| coarse.get(k..k + 3)) else { continue };
        let sign = match (here[1] - before[1], here[1] - after[1]) {
            (a, b) if a > 0.0 && b > 0.0 => 1.0,
            (a, b) if a < 0.0 && b < 0.0 => -1.0,
            _ => continue,
        };
        let (mut low, mut high) = (before[0], after[0]);
        for _ in 0..THIRDS {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if sign * value(a) < sign * value(b) { low = a } else { high = b }
        }
        // A zero is approached in ever shorter steps from both sides.
        let middle = (low + high) / 2.0;
        let step = |j: i32| (after[0] - before[0]) / 2.0 * 0.5_f64.powi(j);
        points.pop();
        points.extend((0..HALVINGS).map(|j| middle - step(j)).filter(|x| *x > before[0]).map(|x| [x, value(x)]));
        points.push([middle, value(middle)]);
        points.extend((0..HALVINGS).rev().map(|j| middle + step(j)).filter(|x| *x < after[0]).map(|x| [x, value(x)]));
    }
    points.into_iter().map(|[x, y]| [x, y / std::f64::consts::LN_10]).collect()
}

fn stretch(argument: &'static str, [low, high]: [f64; 2]) -> Result<Range, Error> {
    if low < high && low.abs() < 1e300 && high.abs() < 1e300 {
        return Ok(Range::new(low, high));
    }
    Err(Error::invalid(argument, format!("{low} to {high}"), "a finite number and a larger one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_poles_between_samples_are_found() {
        for (sign, place) in [(1.0, 0.123_456), (-1.0, -0.777)] {
            let points = sampled(Range::new(-1.0, 1.0), 50, &|x| sign * (x - place).abs().max(1e-300).ln());
            let extreme = points.iter().min_by(|a, b| (sign * a[1]).total_cmp(&(sign * b[1]))).unwrap();
            assert!((extreme[0] - place).abs() < 1e-9, "{extreme:?}");
            assert!(points.windows(2).all(|p| p[0][0] < p[1][0]), "points are in order");
            assert!((points[0][1] - sign * (1.0 + place).log10()).abs() < 1e-12);
        }
        assert_eq!(sampled(Range::new(0.0, 1.0), 4, &|x| x).len(), 5);
    }

    fn svg(figure: &Amplification) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        amplification(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    /// The vertical pixels that the lines of a colour reach.
    fn reach(svg: &str, colour: &str) -> Vec<[f64; 2]> {
        let lines = svg.lines().filter(|l| l.starts_with("<polyline") && l.contains(colour));
        let points =
            lines.filter_map(|l| l.split("points=\"").nth(1)).flat_map(|l| l.split(['"', ' ']).map(str::to_string));
        let pair = |p: String| p.split_once(',').and_then(|(x, y)| Some([x.parse().ok()?, y.parse().ok()?]));
        points.filter_map(pair).collect()
    }

    #[test]
    fn a_scheme_that_is_the_exponential_lies_on_the_reference() {
        let schemes = vec![SchemeView::new("exp & more", |z| z.exp())];
        let text = svg(&Amplification { schemes, ..Default::default() }).unwrap();
        assert!(text.contains("exp &amp; more") && text.contains("|exp z|") && text.contains("10⁻²"));
        let curve = reach(&text, "#0072B2");
        let right_most = |points: &[[f64; 2]]| points.iter().copied().max_by(|a, b| a[0].total_cmp(&b[0])).unwrap();
        let reference = reach(&text, "#000000");
        assert!(curve.len() > 600 && reference.len() > 100);
        let (a, b) = (right_most(&curve), right_most(&reference));
        assert!((a[1] - b[1]).abs() <= 1.0 && b[0] > 0.98 * a[0], "{a:?} {b:?}");
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |figure: Amplification| svg(&figure).unwrap_err().to_string();
        assert_eq!(refusal(Amplification::default()), "schemes is empty, expected at least one to draw");
        let schemes = || vec![SchemeView::new("", |_| Complex::new(f64::NAN, 0.0))];
        let figure = Amplification { schemes: schemes(), real: [1.0, 1.0], ..Default::default() };
        assert_eq!(refusal(figure), "real is 1 to 1, expected a finite number and a larger one");
        let figure = Amplification { schemes: schemes(), imaginary: [0.0, f64::INFINITY], ..Default::default() };
        assert!(refusal(figure).starts_with("imaginary is 0 to inf"));
        let figure = Amplification { schemes: schemes(), panel_height: 1, ..Default::default() };
        assert!(refusal(figure).starts_with("panel_height is 1"));
        // A scheme that is nowhere finite leaves the reference alone.
        assert!(!svg(&Amplification { schemes: schemes(), ..Default::default() }).unwrap().contains("NaN"));
    }
}
