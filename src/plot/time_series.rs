//! Observations, fit and forecast over time.

use super::axes::{Axes, Range};
use super::canvas::{Anchor, Canvas, draw};
use super::legend::{self, DASHES, Entry, LINE_WIDTH, Mark};
use super::{Colour, INK, Point, check_size, colour, drawable, stretches};
use crate::Error;
use std::path::Path;

/// What is drawn of one component of the state: points `[time, value]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Component {
    /// Its name, with its unit if it has one.
    pub name: String,
    /// Observations, drawn as dots; as circles after the forecast has begun, since they are held out then.
    pub observed: Vec<Point>,
    /// The fitted model where it has seen data, drawn as a line.
    pub fit: Vec<Point>,
    /// The model beyond the data, drawn as a dashed line that a vertical line sets off.
    pub forecast: Vec<Point>,
}

impl Component {
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.observed.iter().chain(&self.fit).chain(&self.forecast).filter(|p| drawable(p))
    }
}

/// How several components share a figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Layout {
    /// Each has a panel of its own, one below the other, with a common time axis.
    #[default]
    Stacked,
    /// All share one panel, whose vertical axis has this label.
    Overlaid(String),
}

/// A figure of components over time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeSeries {
    /// Title above the figure; none if empty.
    pub title: String,
    /// Label of the time axis; `t` by default.
    pub time: String,
    /// What is drawn.
    pub components: Vec<Component>,
    /// One panel for each component, or one for all.
    pub layout: Layout,
    /// Width of the figure in pixels, 80 to 10 000; 640 by default.
    pub width: u32,
    /// Height of the axes of each panel in pixels, 80 to 10 000; 150 by default.
    pub panel_height: u32,
}

impl Default for TimeSeries {
    fn default() -> Self {
        Self {
            title: String::new(),
            time: "t".into(),
            components: Vec::new(),
            layout: Layout::Stacked,
            width: 640,
            panel_height: 150,
        }
    }
}

const GAP: f64 = 16.0;

/// Draws `figure` as an SVG file at `path`.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, or if there is no finite point to draw; [`Error::Io`] if the file
/// cannot be written.
pub fn time_series(path: impl AsRef<Path>, figure: &TimeSeries) -> Result<(), Error> {
    check_size("width", figure.width)?;
    check_size("panel_height", figure.panel_height)?;
    let times = figure.components.iter().flat_map(Component::points).map(|p| p[0]);
    let x = Range::over(times, 0.02)
        .ok_or_else(|| Error::invalid("components", "without a finite point", "at least one point to draw"))?;
    // The components of each panel, by index, and its label.
    let panels: Vec<(std::ops::Range<usize>, &str)> = match &figure.layout {
        Layout::Stacked => figure.components.iter().enumerate().map(|(i, c)| (i..i + 1, c.name.as_str())).collect(),
        Layout::Overlaid(label) => vec![(0..figure.components.len(), label)],
    };
    let height = f64::from(figure.panel_height);
    let ranges: Vec<Range> = panels
        .iter()
        .map(|(members, _)| {
            let values = figure.components[members.clone()].iter().flat_map(Component::points).map(|p| p[1]);
            Range::over(values, 0.06).unwrap_or(Range::UNIT)
        })
        .collect();
    let left = ranges.iter().map(|y| Axes::left_margin(*y, height)).fold(0.0, f64::max);
    let width = (f64::from(figure.width) - left - 16.0).max(1.0);

    let forecast_start = figure.forecast_start();
    let entries = figure.entries(forecast_start);
    let title_height = if figure.title.is_empty() { 0.0 } else { 24.0 };
    let top = 10.0 + title_height + legend::layout(&entries, width).1 + 6.0;
    let total = top + (height + GAP) * panels.len() as f64 - GAP + 44.0;

    draw(path.as_ref(), [f64::from(figure.width), total], |canvas| {
        canvas.text(&figure.title, [left, 20.0], 14.0, INK, Anchor::Left);
        legend::draw(canvas, &entries, [left, 10.0 + title_height], width);
        for (k, ((members, label), y)) in panels.iter().zip(ranges).enumerate() {
            let axes = Axes { left, top: top + (height + GAP) * k as f64, width, height, x, y };
            axes.draw(canvas, [&figure.time, label], k + 1 == panels.len());
            if let Some(start) = forecast_start {
                let x = axes.place([start, 0.0])[0];
                canvas.dashed(&[[x, axes.top], [x, axes.top + height]], [150; 3], 0.8, [2.0, 2.0]);
            }
            for i in members.clone() {
                draw_component(canvas, &axes, &figure.components[i], colour(i), forecast_start);
            }
        }
    })
}

fn draw_component(canvas: &mut Canvas, axes: &Axes, component: &Component, colour: Colour, start: Option<f64>) {
    for stretch in stretches(&component.fit) {
        canvas.line(&axes.places(stretch), colour, LINE_WIDTH);
    }
    for stretch in stretches(&component.forecast) {
        canvas.dashed(&axes.places(stretch), colour, LINE_WIDTH, DASHES);
    }
    let radius = if component.observed.len() > 100 { 1.7 } else { 2.8 };
    for point in component.observed.iter().filter(|p| drawable(p)) {
        if held_out(point, start) {
            canvas.ring(axes.place(*point), radius, colour);
        } else {
            canvas.dot(axes.place(*point), radius, colour);
        }
    }
}

fn held_out(point: &Point, forecast_start: Option<f64>) -> bool {
    forecast_start.is_some_and(|start| point[0] > start)
}

impl TimeSeries {
    /// The time at which the first forecast begins.
    fn forecast_start(&self) -> Option<f64> {
        self.components.iter().flat_map(|c| &c.forecast).filter(|p| drawable(p)).map(|p| p[0]).reduce(f64::min)
    }

    /// The legend: the colours of overlaid components, then the marks that occur.
    fn entries(&self, forecast_start: Option<f64>) -> Vec<Entry> {
        let entry = |mark, colour, text: &str| Entry { mark, colour, text: text.to_string() };
        let mut entries = Vec::new();
        let several = self.components.len() > 1;
        if several && self.layout != Layout::Stacked {
            entries.extend(self.components.iter().enumerate().map(|(i, c)| entry(Mark::Line, colour(i), &c.name)));
        }
        let ink = if several { [110; 3] } else { colour(0) };
        let has = |choose: fn(&Component) -> &[Point]| self.components.iter().any(|c| choose(c).iter().any(drawable));
        let observed = |out: bool| {
            let points = self.components.iter().flat_map(|c| &c.observed);
            points.filter(|p| drawable(p)).any(|p| held_out(p, forecast_start) == out)
        };
        let marks = [
            (observed(false), Mark::Dot, "observed"),
            (observed(true), Mark::Ring, "held out"),
            (has(|c| &c.fit), Mark::Line, "fit"),
            (has(|c| &c.forecast), Mark::Dashes, "forecast"),
        ];
        entries.extend(marks.into_iter().filter(|m| m.0).map(|(_, mark, text)| entry(mark, ink, text)));
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(figure: &TimeSeries) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        time_series(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    fn component(values: &[f64]) -> Component {
        let observed = values.iter().enumerate().map(|(k, y)| [k as f64, *y]).collect();
        Component { name: "x & y".into(), observed, ..Default::default() }
    }

    #[test]
    fn draws_each_kind_of_mark() {
        let mut x = component(&[1.0, 2.0, 3.0, 5.0]);
        x.fit = vec![[0.0, 1.0], [1.0, 2.0], [1.5, f64::NAN], [1.7, 2.5], [2.0, 3.0]];
        x.forecast = vec![[2.0, 3.0], [3.0, 4.0]];
        let mut figure = TimeSeries { components: vec![x.clone()], title: "<A>".into(), ..Default::default() };
        let text = svg(&figure).unwrap();
        for word in ["observed", "held out", "fit", "forecast", "x &amp; y", "&lt;A&gt;", "sans-serif", "#0072B2"] {
            assert!(text.contains(word), "no `{word}` in {text}");
        }
        figure.components = vec![x.clone(), x];
        let stacked = svg(&figure).unwrap();
        assert!(stacked.contains("#D55E00") && stacked.matches("x &amp; y").count() == 2);
        figure.layout = Layout::Overlaid("pelts".into());
        let overlaid = svg(&figure).unwrap();
        assert!(overlaid.contains("pelts") && overlaid.matches("x &amp; y").count() == 2);
    }

    #[test]
    fn odd_data_are_drawn() {
        for values in [&[1.0, 1.0][..], &[0.0], &[f64::NAN, 1.0, f64::INFINITY], &[1e299, -1e299], &[1e-310, 0.0]] {
            let text = svg(&TimeSeries { components: vec![component(values)], ..Default::default() }).unwrap();
            assert!(text.contains("<circle") && !text.contains("NaN") && !text.contains("inf"), "{values:?}: {text}");
        }
        // A panel without points beside one with points.
        let components = vec![component(&[1.0, 2.0]), component(&[])];
        assert!(svg(&TimeSeries { components, ..Default::default() }).is_ok());
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |figure| svg(&figure).unwrap_err().to_string();
        let message = "components is without a finite point, expected at least one point to draw";
        assert_eq!(refusal(TimeSeries::default()), message);
        assert_eq!(refusal(TimeSeries { components: vec![component(&[f64::NAN])], ..Default::default() }), message);
        let flat = TimeSeries { components: vec![component(&[1.0])], panel_height: 0, ..Default::default() };
        assert_eq!(refusal(flat), "panel_height is 0, expected between 80 and 10000 pixels");
        let wide = TimeSeries { components: vec![component(&[1.0])], width: u32::MAX, ..Default::default() };
        assert!(refusal(wide).starts_with("width is 4294967295"));
        let figure = TimeSeries { components: vec![component(&[1.0])], ..Default::default() };
        assert!(matches!(time_series("/no/such/folder/a.svg", &figure), Err(Error::Io { .. })));
    }
}
