//! Trajectories in the plane of two components.

use super::axes::{Axes, Range};
use super::canvas::{Anchor, Canvas, draw};
use super::legend::{self, DASHES, Entry, LINE_WIDTH, Mark};
use super::{Colour, INK, Point, check_size, colour, drawable, stretches};
use crate::Error;
use std::path::Path;

/// A predicted trajectory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Its entry in the legend; none if empty. Curves with the same label share one entry and one colour.
    pub label: String,
    /// Its points in order.
    pub points: Vec<Point>,
    /// Whether it is dashed. Dashes close up where a curve runs over itself, as on a closed orbit.
    pub dashed: bool,
}

/// A figure of states in the plane.
///
/// ```
/// use kutta::plot::{Curve, PhasePortrait, phase_portrait};
///
/// let circle = (0..=100).map(|k| 0.0628 * k as f64).map(|t: f64| [t.cos(), -t.sin()]).collect();
/// let folder = tempfile::tempdir()?;
/// phase_portrait(
///     folder.path().join("oscillator.svg"),
///     &PhasePortrait {
///         labels: ["q".into(), "p".into()],
///         curves: vec![Curve { label: "exact".into(), points: circle, dashed: false }],
///         field: Some(&|[q, p]| [p, -q]),
///         ..Default::default()
///     },
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PhasePortrait<'a> {
    /// Title above the figure; none if empty.
    pub title: String,
    /// Labels of the horizontal and of the vertical axis.
    pub labels: [String; 2],
    /// Observed states, drawn as dots.
    pub observed: Vec<Point>,
    /// Predicted trajectories, drawn as lines.
    pub curves: Vec<Curve>,
    /// A vector field, drawn as arrows of its direction.
    pub field: Option<&'a dyn Fn(Point) -> Point>,
    /// Width of the figure in pixels, 80 to 10 000; 480 by default.
    pub width: u32,
    /// Height of the axes in pixels, 80 to 10 000; 360 by default.
    pub height: u32,
}

impl Default for PhasePortrait<'_> {
    fn default() -> Self {
        Self {
            title: String::new(),
            labels: ["x".into(), "y".into()],
            observed: Vec::new(),
            curves: Vec::new(),
            field: None,
            width: 480,
            height: 360,
        }
    }
}

const ARROW_COLOUR: Colour = [190, 190, 190];
const ARROW_LENGTH: f64 = 14.0;
const ARROW_SPACING: f64 = 27.0;

/// Draws `figure` as an SVG file at `path`.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, or if there is no finite point to draw; [`Error::Io`] if the file
/// cannot be written.
pub fn phase_portrait(path: impl AsRef<Path>, figure: &PhasePortrait) -> Result<(), Error> {
    check_size("width", figure.width)?;
    check_size("height", figure.height)?;
    let points = figure.curves.iter().flat_map(|c| &c.points).chain(&figure.observed).filter(|p| drawable(p));
    let range = |i: usize| Range::over(points.clone().map(|p| p[i]), 0.05);
    let (Some(x), Some(y)) = (range(0), range(1)) else {
        return Err(Error::invalid("observed and curves", "without a finite point", "at least one point to draw"));
    };
    let height = f64::from(figure.height);
    let left = Axes::left_margin(y, height);
    let width = (f64::from(figure.width) - left - 16.0).max(1.0);
    let (colours, entries) = figure.legend();
    let title_height = if figure.title.is_empty() { 0.0 } else { 24.0 };
    let top = 10.0 + title_height + legend::layout(&entries, width).1 + 6.0;
    let axes = Axes { left, top, width, height, x, y };

    draw(path.as_ref(), [f64::from(figure.width), top + height + 44.0], |canvas| {
        canvas.text(&figure.title, [left, 20.0], 14.0, INK, Anchor::Left);
        legend::draw(canvas, &entries, [left, 10.0 + title_height], width);
        axes.draw(canvas, [&figure.labels[0], &figure.labels[1]], true);
        if let Some(field) = figure.field {
            draw_field(canvas, &axes, field, 1.0);
        }
        for (curve, colour) in figure.curves.iter().zip(colours) {
            for stretch in stretches(&curve.points) {
                let places = axes.places(stretch);
                if curve.dashed {
                    canvas.dashed(&places, colour, LINE_WIDTH, DASHES);
                } else {
                    canvas.line(&places, colour, LINE_WIDTH);
                }
            }
        }
        let radius = if figure.observed.len() > 200 { 1.7 } else { 2.8 };
        for point in figure.observed.iter().filter(|p| drawable(p)) {
            canvas.dot(axes.place(*point), radius, INK);
        }
    })
}

/// Arrows of equal length on a grid, both in proportion to `size`; none where the field is zero or not finite.
pub(super) fn draw_field(canvas: &mut Canvas, axes: &Axes, field: &dyn Fn(Point) -> Point, size: f64) {
    let count = |length: f64| (length / (size * ARROW_SPACING)).floor().max(1.0) as usize;
    let (columns, rows) = (count(axes.width), count(axes.height));
    for i in 0..columns {
        for j in 0..rows {
            let at = [axes.x.at((i as f64 + 0.5) / columns as f64), axes.y.at((j as f64 + 0.5) / rows as f64)];
            let [u, v] = field(at);
            // The direction in pixels, whose vertical axis points downwards.
            let [u, v] = [
                u / (axes.x.at(1.0) - axes.x.at(0.0)) * axes.width,
                -v / (axes.y.at(1.0) - axes.y.at(0.0)) * axes.height,
            ];
            let speed = u.hypot(v);
            if !(speed > 0.0 && speed.is_finite()) {
                continue;
            }
            let ([u, v], [x, y]) = ([size * u / speed, size * v / speed], axes.place(at));
            let along = |s: f64, across: f64| [x + s * u - across * v, y + s * v + across * u];
            let tip = ARROW_LENGTH / 2.0;
            canvas.line(&[along(-tip, 0.0), along(tip - 3.0, 0.0)], ARROW_COLOUR, 0.9 * size.sqrt());
            canvas.polygon(&[along(tip, 0.0), along(tip - 4.5, 2.0), along(tip - 4.5, -2.0)], ARROW_COLOUR);
        }
    }
}

impl PhasePortrait<'_> {
    /// The colour of each curve, and the legend.
    fn legend(&self) -> (Vec<Colour>, Vec<Entry>) {
        let mut entries = Vec::new();
        if self.observed.iter().any(drawable) {
            entries.push(Entry { mark: Mark::Dot, colour: INK, text: "observed".into() });
        }
        let mut colours: Vec<Colour> = Vec::new();
        let mut used = 0;
        for (i, curve) in self.curves.iter().enumerate() {
            if let Some(same) = self.curves[..i].iter().position(|c| c.label == curve.label) {
                colours.push(colours[same]);
                continue;
            }
            colours.push(colour(used));
            used += 1;
            if !curve.label.is_empty() {
                let mark = if curve.dashed { Mark::Dashes } else { Mark::Line };
                entries.push(Entry { mark, colour: colour(used - 1), text: curve.label.clone() });
            }
        }
        (colours, entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(figure: &PhasePortrait) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        phase_portrait(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    fn curve(label: &str, points: &[Point]) -> Curve {
        Curve { label: label.into(), points: points.to_vec(), dashed: false }
    }

    #[test]
    fn curves_with_one_label_share_entry_and_colour() {
        let line = [[0.0, 0.0], [1.0, 1.0]];
        let curves = vec![curve("a", &line), curve("b", &line), curve("a", &line)];
        let (colours, entries) = PhasePortrait { curves, ..Default::default() }.legend();
        assert_eq!(colours, [colour(0), colour(1), colour(0)]);
        assert_eq!(entries.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn arrows_point_along_the_field() {
        let observed = vec![[0.0, 0.0], [1.0, 1.0]];
        let arrows = |field: &dyn Fn(Point) -> Point| {
            let figure = PhasePortrait { observed: observed.clone(), field: Some(field), ..Default::default() };
            svg(&figure).unwrap().matches("<polygon").count()
        };
        assert!(arrows(&|_| [1.0, 0.0]) > 100);
        assert_eq!(arrows(&|_| [0.0, 0.0]), 0);
        assert_eq!(arrows(&|_| [f64::NAN, f64::INFINITY]), 0);
        let half = arrows(&|[x, _]| [(x - 0.5).sqrt(), 0.0]);
        assert!(half > 50 && half < arrows(&|_| [1.0, 0.0]), "no arrow where the field is not defined");
    }

    #[test]
    fn odd_data_are_drawn_or_refused() {
        for points in [&[[1.0, 1.0]][..], &[[f64::NAN, 0.0], [0.0, 0.0]], &[[1e299, 0.0], [-1e299, 0.0], [0.0, 1e-300]]]
        {
            let figure =
                PhasePortrait { curves: vec![curve("a", points)], observed: points.to_vec(), ..Default::default() };
            let text = svg(&figure).unwrap();
            assert!(text.contains("<circle") && !text.contains("NaN") && !text.contains("inf"), "{points:?}");
        }
        let message = svg(&PhasePortrait::default()).unwrap_err().to_string();
        assert_eq!(message, "observed and curves is without a finite point, expected at least one point to draw");
        let figure = PhasePortrait { observed: vec![[0.0, 0.0]], height: 1, ..Default::default() };
        assert_eq!(svg(&figure).unwrap_err().to_string(), "height is 1, expected between 80 and 10000 pixels");
    }
}
