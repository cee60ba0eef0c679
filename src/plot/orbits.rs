//! Orbits of linear steps in the plane.

use super::axes::Range;
use super::legend::{DASHES, Entry, Mark};
use super::panels::{Panel, Panels, Scale, zero_axes};
use super::phase_portrait::Curve;
use super::{Colour, Point, check_size, colour, drawable};
use crate::Error;
use std::path::Path;

/// A panel of [`Orbits`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrbitPanel {
    /// Its title.
    pub title: String,
    /// Its trajectories, drawn as lines with a dot at each step.
    pub curves: Vec<Curve>,
}

/// A figure of discrete trajectories in the plane, a panel for each scheme, with shared axes and equal scales, over an exact
/// orbit.
///
/// ```
/// use kutta::plot::{Curve, OrbitPanel, Orbits, orbit, orbits};
///
/// // ẏ = -z, ż = y by forward Euler and by Störmer and Verlet's scheme, with steps of 0.5.
/// let h = 0.5;
/// let schemes = [
///     ("forward Euler", [[1.0, -h], [h, 1.0]]),
///     ("Verlet", [[1.0 - h * h / 2.0, -h * (1.0 - h * h / 4.0)], [h, 1.0 - h * h / 2.0]]),
/// ];
/// let panel = |(name, step): (&str, [[f64; 2]; 2])| OrbitPanel {
///     title: name.into(),
///     curves: vec![Curve { label: "h = 0.5".into(), points: orbit(step, [1.0, 0.0], 12), dashed: false }],
/// };
/// let circle = (0..=100).map(|k| 0.0628 * k as f64).map(|t: f64| [t.cos(), t.sin()]).collect();
/// let folder = tempfile::tempdir()?;
/// orbits(
///     folder.path().join("oscillator.svg"),
///     &Orbits { panels: schemes.map(panel).into(), exact: circle, ..Default::default() },
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Orbits {
    /// Title above the figure; none if empty.
    pub title: String,
    /// Labels of the horizontal and of the vertical axis.
    pub labels: [String; 2],
    /// What is drawn.
    pub panels: Vec<OrbitPanel>,
    /// The exact orbit, drawn grey in every panel; none if empty.
    pub exact: Vec<Point>,
    /// The lower left and the upper right corner of what is shown. By default the exact orbit and as much again around it,
    /// or, without one, all trajectories.
    pub window: Option<[Point; 2]>,
    /// Panels in a row; 4 by default.
    pub columns: usize,
    /// Width of each panel in pixels, 80 to 10 000; 200 by default.
    pub panel_width: u32,
}

impl Default for Orbits {
    fn default() -> Self {
        Self {
            title: String::new(),
            labels: ["y".into(), "z".into()],
            panels: Vec::new(),
            exact: Vec::new(),
            window: None,
            columns: 4,
            panel_width: 200,
        }
    }
}

const EXACT: Colour = [205; 3];
const EXACT_WIDTH: f64 = 4.0;
const LINE: f64 = 0.9;
const DOT: f64 = 1.7;

/// The states `x, Mx, M²x, …` of a linear scheme whose step is the matrix `M`, given by rows: `steps + 1` of them.
pub fn orbit(step: [[f64; 2]; 2], start: Point, steps: usize) -> Vec<Point> {
    let next = |x: &Point| Some(step.map(|row| row[0] * x[0] + row[1] * x[1]));
    std::iter::successors(Some(start), next).take(steps.saturating_add(1)).collect()
}

/// Draws `figure` as an SVG file at `path`. What lies outside of the window is cut off.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a window that is empty, or if there is no finite point to draw;
/// [`Error::Io`] if the file cannot be written.
pub fn orbits(path: impl AsRef<Path>, figure: &Orbits) -> Result<(), Error> {
    check_size("panel_width", figure.panel_width)?;
    let [x, y] = figure.window()?;
    let width = f64::from(figure.panel_width);
    let size = [width, (width * y.length() / x.length()).min(1e6)];
    let labels = figure.curve_labels();
    let mut legend: Vec<Entry> = labels
        .iter()
        .enumerate()
        .filter(|(_, label)| !label.is_empty())
        .map(|(k, label)| Entry { mark: Mark::Line, colour: colour(k), text: label.to_string() })
        .collect();
    if figure.exact.iter().any(drawable) {
        legend.push(Entry { mark: Mark::Line, colour: EXACT, text: "exact".into() });
    }
    let scale = |range: Range, length: f64, label| Scale { range, ticks: range.ticks(length / 45.0), label };
    let panels = Panels {
        title: &figure.title,
        legend,
        panels: figure
            .panels
            .iter()
            .map(|panel| Panel { title: &panel.title, x: scale(x, size[0], &figure.labels[0]) })
            .collect(),
        y: scale(y, size[1], &figure.labels[1]),
        columns: figure.columns,
        size,
    };
    panels.draw(path.as_ref(), |canvas, axes, k| {
        zero_axes(canvas, axes, [190; 3]);
        axes.clip(&figure.exact).iter().for_each(|part| canvas.line(part, EXACT, EXACT_WIDTH));
        for curve in &figure.panels[k].curves {
            let colour = colour(labels.iter().position(|l| *l == curve.label).unwrap_or(0));
            for part in axes.clip(&curve.points) {
                match curve.dashed {
                    true => canvas.dashed(&part, colour, LINE, DASHES),
                    false => canvas.line(&part, colour, LINE),
                }
            }
            for point in curve.points.iter().filter(|p| axes.contains(**p)) {
                canvas.dot(axes.place(*point), DOT, colour);
            }
        }
    })
}

impl Orbits {
    /// The labels of the curves, each once.
    fn curve_labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for curve in self.panels.iter().flat_map(|panel| &panel.curves) {
            if !labels.contains(&curve.label.as_str()) {
                labels.push(&curve.label);
            }
        }
        labels
    }

    fn window(&self) -> Result<[Range; 2], Error> {
        if let Some([low, high]) = self.window {
            return super::window::ranges(low, high);
        }
        let curves = || self.panels.iter().flat_map(|p| &p.curves).flat_map(|c| &c.points);
        let exact = self.exact.iter().any(drawable);
        let points: Vec<&Point> = if exact { self.exact.iter().collect() } else { curves().collect() };
        let margin = if exact { 0.5 } else { 0.05 };
        let range = |i: usize| Range::over(points.iter().filter(|p| drawable(p)).map(|p| p[i]), margin / 2.0);
        range(0)
            .zip(range(1))
            .map(|(x, y)| [x, y])
            .ok_or_else(|| Error::invalid("panels", "without a finite point", "at least one point to draw"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(figure: &Orbits) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        orbits(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    fn panel(points: Vec<Point>) -> OrbitPanel {
        OrbitPanel { title: "a < b".into(), curves: vec![Curve { label: "h".into(), points, dashed: false }] }
    }

    #[test]
    fn an_orbit_is_the_powers_of_its_matrix() {
        // A quarter turn, stretched by two.
        let points = orbit([[0.0, -2.0], [2.0, 0.0]], [1.0, 0.0], 4);
        assert_eq!(points, [[1.0, 0.0], [0.0, 2.0], [-4.0, 0.0], [0.0, -8.0], [16.0, 0.0]]);
        assert_eq!(orbit([[1.0; 2]; 2], [3.0, 4.0], 0), [[3.0, 4.0]]);
    }

    #[test]
    fn every_panel_shows_its_steps_in_the_window_and_the_exact_orbit() {
        let circle: Vec<Point> =
            (0..=90).map(|k| (4.0 * f64::from(k)).to_radians()).map(|t| [t.cos(), t.sin()]).collect();
        let growing = orbit([[1.0, -1.0], [1.0, 1.0]], [1.0, 0.0], 20);
        let window = Some([[-3.0; 2], [3.0; 2]]);
        let shown = growing.iter().filter(|p| p[0].abs() <= 3.0 && p[1].abs() <= 3.0).count();
        assert!(shown > 2 && shown < 8);
        let panels = vec![panel(growing), panel(vec![[0.5, 0.0]; 2])];
        let figure = Orbits { panels, exact: circle, window, ..Default::default() };
        let text = svg(&figure).unwrap();
        assert_eq!(text.matches("<circle").count(), shown + 2);
        assert_eq!(text.matches("a &lt; b").count(), 2);
        // In both panels and in the legend.
        assert_eq!(text.matches("stroke=\"#CDCDCD\"").count(), 3);
        assert_eq!(svg(&figure).unwrap(), text, "the same figure gives the same file");
        // No columns are taken for one.
        assert!(svg(&Orbits { panels: vec![panel(vec![[0.0, 1.0]]); 9], columns: 0, ..Default::default() }).is_ok());
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |figure: Orbits| svg(&figure).unwrap_err().to_string();
        let message = "panels is without a finite point, expected at least one point to draw";
        assert_eq!(refusal(Orbits::default()), message);
        assert_eq!(refusal(Orbits { panels: vec![panel(vec![[f64::NAN, 0.0]])], ..Default::default() }), message);
        let flat = Some([[0.0, 0.0], [1.0, 0.0]]);
        let figure = Orbits { panels: vec![panel(vec![[0.0; 2]])], window: flat, ..Default::default() };
        assert!(refusal(figure).starts_with("window is [0.0, 0.0] to [1.0, 0.0]"));
        let figure = Orbits { panels: vec![panel(vec![[0.0; 2]]); 100], columns: 100, ..Default::default() };
        assert!(refusal(figure).starts_with("the width of the figure is 2"));
        let figure = Orbits { exact: vec![[0.0; 2]], ..Default::default() };
        assert_eq!(refusal(figure), "panels is empty, expected at least one to draw");
    }
}
