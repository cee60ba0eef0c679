//! Panels of curves in the plane.

use super::axes::{Axes, Range, decades};
use super::canvas::Canvas;
use super::contour::simplify;
use super::legend::{DASHES, Entry, Mark};
use super::panels::{Panel, Panels, Scale};
use super::phase_portrait::{Curve, draw_field};
use super::{Colour, INK, Point, check_size, colour, drawable};
use crate::Error;
use std::path::Path;

/// A panel of [`Portraits`].
#[derive(Default)]
pub struct Portrait<'a> {
    /// Its title.
    pub title: String,
    /// Observed states, drawn as dots.
    pub observed: Vec<Point>,
    /// Its curves.
    pub curves: Vec<Curve>,
    /// A vector field, drawn as arrows of its direction.
    pub field: Option<Box<dyn Fn(Point) -> Point + 'a>>,
}

/// A figure of several phase portraits, or of anything else that is lines and dots, with shared axes.
///
/// ```
/// use kutta::plot::{Curve, Portrait, Portraits, portraits};
///
/// // Oscillations with more and more friction.
/// let panel = |friction: f64| Portrait {
///     title: format!("friction {friction}"),
///     curves: vec![Curve { label: "start".into(), points: vec![[1.0, 0.0], [1.0, -0.1]], dashed: false }],
///     field: Some(Box::new(move |[q, p]| [p, -q - friction * p])),
///     ..Default::default()
/// };
/// let folder = tempfile::tempdir()?;
/// let window = Some([[-1.5; 2], [1.5; 2]]);
/// let figure = Portraits { panels: [0.0, 0.5, 1.0].map(panel).into(), window, ..Default::default() };
/// portraits(folder.path().join("oscillators.svg"), &figure)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Portraits<'a> {
    /// Title above the figure; none if empty.
    pub title: String,
    /// Labels of the horizontal and of the vertical axis.
    pub labels: [String; 2],
    /// What is drawn.
    pub panels: Vec<Portrait<'a>>,
    /// The lower left and the upper right corner of what is shown; by default all points of all panels.
    pub window: Option<[Point; 2]>,
    /// Whether the vertical axis shows values by their logarithm; those that are not positive are left out then. Corners of
    /// a window are values, too.
    pub logarithmic: bool,
    /// Panels in a row; 3 by default.
    pub columns: usize,
    /// Width of each panel in pixels, 80 to 10 000; 200 by default.
    pub panel_width: u32,
    /// Height of each panel in pixels, 80 to 10 000; 150 by default.
    pub panel_height: u32,
}

impl Default for Portraits<'_> {
    fn default() -> Self {
        Self {
            title: String::new(),
            labels: ["x".into(), "y".into()],
            panels: Vec::new(),
            window: None,
            logarithmic: false,
            columns: 3,
            panel_width: 200,
            panel_height: 150,
        }
    }
}

const LINE: f64 = 1.1;
/// Of arrows, beside those of a phase portrait of its own.
const ARROWS: f64 = 0.6;
/// Pixels that a line may be off after points that do not matter are left out.
const TOLERANCE: f64 = 0.05;
/// Pixels from tick to tick, about.
const SPACING: f64 = 45.0;

/// Draws `figure` as an SVG file at `path`. What lies outside of the window is cut off.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a window that is empty, or if there is no finite point to draw;
/// [`Error::Io`] if the file cannot be written.
pub fn portraits(path: impl AsRef<Path>, figure: &Portraits) -> Result<(), Error> {
    check_size("panel_width", figure.panel_width)?;
    check_size("panel_height", figure.panel_height)?;
    let size = [figure.panel_width, figure.panel_height].map(f64::from);
    let [x, y] = figure.ranges()?;
    let (labels, legend) = figure.legend();
    let y_ticks = if figure.logarithmic { decades(&y) } else { y.ticks(size[1] / SPACING) };
    let x_scale = || Scale { range: x, ticks: x.ticks(size[0] / SPACING), label: &figure.labels[0] };
    let panels = Panels {
        title: &figure.title,
        legend,
        panels: figure.panels.iter().map(|panel| Panel { title: &panel.title, x: x_scale() }).collect(),
        y: Scale { range: y, ticks: y_ticks, label: &figure.labels[1] },
        columns: figure.columns,
        size,
    };
    panels.draw(path.as_ref(), |canvas, axes, k| figure.draw_panel(canvas, axes, &figure.panels[k], &labels))
}

impl Portraits<'_> {
    /// A point as it is on the axes; one that is not drawable if it has no place there.
    fn on_axes(&self, [x, y]: Point) -> Point {
        if self.logarithmic { [x, if y > 0.0 { y.log10() } else { f64::NAN }] } else { [x, y] }
    }

    fn ranges(&self) -> Result<[Range; 2], Error> {
        if let Some([low, high]) = self.window {
            return super::window::ranges(self.on_axes(low), self.on_axes(high));
        }
        let curves = self.panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
        let all = curves.chain(self.panels.iter().flat_map(|panel| &panel.observed));
        let points: Vec<Point> = all.map(|p| self.on_axes(*p)).filter(drawable).collect();
        let range = |i: usize| Range::over(points.iter().map(|p| p[i]), 0.05);
        range(0)
            .zip(range(1))
            .map(|(x, y)| [x, y])
            .ok_or_else(|| Error::invalid("panels", "without a finite point", "at least one point to draw"))
    }

    /// The labels of the curves, each once, in the order of their colours; and the legend.
    fn legend(&self) -> (Vec<&str>, Vec<Entry>) {
        let (mut labels, mut entries) = (Vec::new(), Vec::new());
        if self.panels.iter().flat_map(|panel| &panel.observed).any(drawable) {
            entries.push(Entry { mark: Mark::Dot, colour: INK, text: "observed".into() });
        }
        for curve in self.panels.iter().flat_map(|panel| &panel.curves) {
            if labels.contains(&curve.label.as_str()) {
                continue;
            }
            if !curve.label.is_empty() {
                let mark = if curve.dashed { Mark::Dashes } else { Mark::Line };
                entries.push(Entry { mark, colour: colour(labels.len()), text: curve.label.clone() });
            }
            labels.push(curve.label.as_str());
        }
        (labels, entries)
    }

    fn draw_panel(&self, canvas: &mut Canvas, axes: &Axes, panel: &Portrait, labels: &[&str]) {
        if let Some(field) = &panel.field {
            draw_field(canvas, axes, field, ARROWS);
        }
        for curve in &panel.curves {
            let colour: Colour = colour(labels.iter().position(|label| *label == curve.label).unwrap_or(0));
            let points: Vec<Point> = curve.points.iter().map(|p| self.on_axes(*p)).collect();
            for part in axes.clip(&points).iter().map(|part| simplify(part, TOLERANCE)) {
                match curve.dashed {
                    true => canvas.dashed(&part, colour, LINE, DASHES),
                    false => canvas.line(&part, colour, LINE),
                }
            }
        }
        for point in panel.observed.iter().map(|p| self.on_axes(*p)).filter(|p| axes.contains(*p)) {
            canvas.dot(axes.place(point), 2.2, INK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(figure: &Portraits) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        portraits(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    fn panel<'a>(label: &str, points: &[Point]) -> Portrait<'a> {
        let curves = vec![Curve { label: label.into(), points: points.to_vec(), dashed: false }];
        Portrait { title: "a < b".into(), curves, ..Default::default() }
    }

    #[test]
    fn panels_share_labels_colours_and_axes() {
        let panels = vec![panel("up", &[[0.0, 0.0], [1.0, 1.0]]), panel("down", &[[0.0, 1.0], [1.0, 0.0]])];
        let text = svg(&Portraits { panels, ..Default::default() }).unwrap();
        assert_eq!(text.matches("a &lt; b").count(), 2);
        // In its panel and in the legend.
        for (colour, label) in [("#0072B2", ">\nup\n"), ("#D55E00", ">\ndown\n")] {
            assert_eq!(text.matches(&format!("stroke=\"{colour}\"")).count(), 2, "{text}");
            assert_eq!(text.matches(label).count(), 1, "{text}");
        }
    }

    #[test]
    fn points_on_a_straight_line_are_left_out() {
        let line: Vec<Point> = (0..=1000).map(|k| f64::from(k) / 1000.0).map(|x| [x, 2.0 * x]).collect();
        let all = svg(&Portraits { panels: vec![panel("", &line)], ..Default::default() }).unwrap();
        let ends = [line[0], line[1000]];
        assert_eq!(all, svg(&Portraits { panels: vec![panel("", &ends)], ..Default::default() }).unwrap());
    }

    #[test]
    fn a_logarithmic_axis_shows_powers_of_ten() {
        let decay: Vec<Point> = (0..=6).map(f64::from).map(|k| [k, 10f64.powf(-k)]).chain([[7.0, 0.0]]).collect();
        let figure = Portraits { panels: vec![panel("", &decay)], logarithmic: true, ..Default::default() };
        let text = svg(&figure).unwrap();
        assert!(text.contains("10⁻²") && !text.contains("NaN"), "{text}");
        // A straight line, whose last point has no place.
        let straight = [[0.0, 1.0], [6.0, 1e-6]];
        let same = Portraits { panels: vec![panel("", &straight)], logarithmic: true, ..Default::default() };
        assert_eq!(text, svg(&same).unwrap());
    }

    #[test]
    fn arrows_are_within_every_panel_that_has_a_field() {
        let with_field = || Portrait { field: Some(Box::new(|[x, y]| [y, -x])), ..panel("", &[[-1.0; 2], [1.0; 2]]) };
        let arrows = |panels| svg(&Portraits { panels, ..Default::default() }).unwrap().matches("<polygon").count();
        let one = arrows(vec![with_field(), panel("", &[[0.0; 2]])]);
        assert!(one > 50, "{one}");
        assert_eq!(arrows(vec![with_field(), with_field()]), 2 * one);
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |figure: Portraits| svg(&figure).unwrap_err().to_string();
        let message = "panels is without a finite point, expected at least one point to draw";
        assert_eq!(refusal(Portraits::default()), message);
        let negative = vec![panel("", &[[0.0, -1.0]])];
        assert_eq!(refusal(Portraits { panels: negative, logarithmic: true, ..Default::default() }), message);
        let figure = Portraits { panels: vec![panel("", &[[0.0; 2]])], panel_height: 1, ..Default::default() };
        assert_eq!(refusal(figure), "panel_height is 1, expected between 80 and 10000 pixels");
    }
}
