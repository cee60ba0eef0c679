//! Stability regions.

use super::axes::{Axes, Range};
use super::canvas::Canvas;
use super::contour::{Samples, simplify};
use super::legend::{Entry, LINE_WIDTH, Mark};
use super::panels::{Panel, Panels, Scale, zero_axes};
use super::scheme::{Cloud, SchemeView};
use super::window::{Rectangle, extent, grown, ranges, united};
use super::{Colour, INK, PALETTE, Point, check_any, check_size, drawable};
use crate::Error;
use nalgebra::Complex;
use std::collections::HashSet;
use std::path::Path;

/// A figure of stability functions in the complex plane, a panel for each scheme, with shared axes and equal scales.
///
/// ```
/// use kutta::plot::{Complex, SchemeView, Stability, order_stars, stability_regions};
///
/// let unit = Complex::new(1.0, 0.0);
/// let runge_kutta = SchemeView::new("Runge–Kutta", |z| 1.0 + z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0))));
/// let implicit = SchemeView::new("implicit Euler", move |z| unit / (1.0 - z)).disc("contractive", Complex::new(0.0, 0.0), 1.0);
/// let figure = Stability { schemes: vec![runge_kutta, implicit], columns: 2, ..Default::default() };
///
/// let folder = tempfile::tempdir()?;
/// stability_regions(folder.path().join("regions.svg"), &figure)?;
/// order_stars(folder.path().join("stars.svg"), &figure)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Stability<'a> {
    /// Title above the figure; none if empty.
    pub title: String,
    /// What is drawn.
    pub schemes: Vec<SchemeView<'a>>,
    /// Values of `|R|` whose contours are drawn besides that of 1; powers of two from 1/8 to 8 by default.
    pub levels: Vec<f64>,
    /// The lower left and the upper right corner of what is shown. By default all zeros, poles, bounded regions, discs and
    /// points.
    pub window: Option<[Point; 2]>,
    /// Panels in a row; 3 by default.
    pub columns: usize,
    /// Width of each panel in pixels, 80 to 10 000; 240 by default.
    pub panel_width: u32,
}

impl Default for Stability<'_> {
    fn default() -> Self {
        Self {
            title: String::new(),
            schemes: Vec::new(),
            levels: vec![0.125, 0.25, 0.5, 2.0, 4.0, 8.0],
            window: None,
            columns: 3,
            panel_width: 240,
        }
    }
}

const SHADE: Colour = [221, 228, 235];
pub(super) const AXIS: Colour = [140; 3];
/// Dashes and gaps of discs.
const DISC_DASH: f64 = 4.0;
const BOUNDARY_WIDTH: f64 = 1.4;
pub(super) const CONTOUR_WIDTH: f64 = 0.9;
/// Pixels from node to node of the grid on which contours are found, and those that they may be off after simplification.
pub(super) const CELL: f64 = 1.5;
const TOLERANCE: f64 = 0.04;
/// Pixels from tick to tick, about.
const SPACING: f64 = 45.0;
/// What is shown where nothing calls for more or less.
const DEFAULT_WINDOW: Rectangle = [[-4.0; 2], [4.0; 2]];

/// Draws stability regions `|R| ≤ 1`, shaded, and contours of `|R|`, as an SVG file at `path`.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a level that is not positive, a window that is empty, or no scheme;
/// [`Error::Io`] if the file cannot be written.
pub fn stability_regions(path: impl AsRef<Path>, figure: &Stability) -> Result<(), Error> {
    if let Some(level) = figure.levels.iter().find(|level| !(level.is_finite() && **level > 0.0)) {
        return Err(Error::invalid("a level", level, "finite and positive"));
    }
    let labels = labels(figure.schemes.iter().flat_map(|scheme| &scheme.discs).map(|disc| disc.label.as_str()));
    let clouds = figure.cloud_labels();
    let mut legend = vec![Entry { mark: Mark::Patch, colour: SHADE, text: "|R| ≤ 1".into() }];
    let mut levels = figure.levels.clone();
    levels.push(1.0);
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    legend.extend(levels.iter().enumerate().map(|(k, level)| {
        let text = if k == 0 { format!("|R| = {level}") } else { level.to_string() };
        Entry { mark: Mark::Line, colour: level_colour(*level, &levels), text }
    }));
    legend.extend(labels.iter().enumerate().filter(|(_, label)| !label.is_empty()).map(|(k, label)| Entry {
        mark: Mark::Dashes,
        colour: disc_colour(k),
        text: label.to_string(),
    }));
    legend.extend(clouds.iter().enumerate().map(|(k, label)| Entry {
        mark: Mark::Dot,
        colour: cloud_colour(k),
        text: label.to_string(),
    }));

    let window = figure.window(&|scheme, z| scheme.log_modulus(z), 0.1)?;
    figure.draw(path.as_ref(), window, legend, |canvas, axes, scheme| {
        let function = |[x, y]: Point| scheme.log_modulus(Complex::new(x, y));
        let samples = sampled(&function, axes);
        shade(canvas, axes, &samples, SHADE);
        zero_axes(canvas, axes, AXIS);
        for level in &levels {
            let width = if *level == 1.0 { BOUNDARY_WIDTH } else { CONTOUR_WIDTH };
            outline(canvas, axes, &samples, level.ln(), level_colour(*level, &levels), width);
        }
        for disc in scheme.discs.iter().filter(|disc| disc.is_drawn()) {
            let k = labels.iter().position(|l| *l == disc.label).unwrap_or(0);
            let colour = disc_colour(k);
            let circle = circle(disc.centre, disc.radius, k as f64 * DISC_DASH * axes.x.length() / axes.width);
            axes.clip(&circle).iter().for_each(|part| canvas.dashed(part, colour, LINE_WIDTH, [DISC_DASH; 2]));
        }
        for cloud in &scheme.clouds {
            let colour = clouds.iter().position(|label| *label == cloud.label).map_or(INK, cloud_colour);
            draw_cloud(canvas, axes, cloud, colour);
        }
    })
}

pub(super) fn sampled<'f>(function: &'f dyn Fn(Point) -> f64, axes: &Axes) -> Samples<'f> {
    Samples::new(function, [axes.x, axes.y], cells(axes))
}

pub(super) fn cells(axes: &Axes) -> [usize; 2] {
    [axes.width, axes.height].map(|length| (length / CELL).ceil() as usize)
}

/// Shades where the samples are not positive.
pub(super) fn shade(canvas: &mut Canvas, axes: &Axes, samples: &Samples, colour: Colour) {
    for (polygon, filled) in samples.region(0.0) {
        canvas.polygon(&simplify(&axes.places(&polygon), TOLERANCE), if filled { colour } else { [255; 3] });
    }
}

pub(super) fn outline(canvas: &mut Canvas, axes: &Axes, samples: &Samples, level: f64, colour: Colour, width: f64) {
    for line in samples.lines(level) {
        canvas.line(&simplify(&axes.places(&line), TOLERANCE), colour, width);
    }
}

/// Dots, those that would cover each other once.
fn draw_cloud(canvas: &mut Canvas, axes: &Axes, cloud: &Cloud, colour: Colour) {
    let radius = if cloud.points.len() > 100 { 1.5 } else { 2.2 };
    let points = cloud.points.iter().map(|z| [z.re, z.im]).filter(|p| drawable(p) && axes.contains(*p));
    let mut drawn = HashSet::new();
    for place in points.map(|p| axes.place(p)) {
        if drawn.insert(place.map(|x| (2.0 * x).round() as i64)) {
            canvas.dot(place, radius, colour);
        }
    }
}

/// A closed circle that begins `along` its line, so that the dashes of one lie in the gaps of another.
fn circle(centre: Complex<f64>, radius: f64, along: f64) -> Vec<Point> {
    let angle = |k: u32| along / radius + f64::from(k).to_radians();
    (0..=360).map(|k| centre + Complex::from_polar(radius, angle(k))).map(|z| [z.re, z.im]).collect()
}

/// Blue below 1 and vermilion above, the stronger the further from 1.
fn level_colour(level: f64, levels: &[f64]) -> Colour {
    let between =
        |other: &&f64| if level < 1.0 { (level..1.0).contains(*other) } else { **other > 1.0 && **other <= level };
    let on_its_side = |other: &&f64| (**other < 1.0) == (level < 1.0) && **other != 1.0;
    let colour = if level < 1.0 { PALETTE[0] } else { PALETTE[1] };
    if level == 1.0 {
        return INK;
    }
    let share = levels.iter().filter(between).count() as f64 / levels.iter().filter(on_its_side).count() as f64;
    let strength = 0.35 + 0.65 * share;
    colour.map(|c| (255.0 - strength * (255.0 - f64::from(c))).round() as u8)
}

/// Labels, each once.
fn labels<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut labels: Vec<&str> = Vec::new();
    for label in all {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// The colours that contours do not take.
fn disc_colour(k: usize) -> Colour {
    PALETTE[2 + k % 3]
}

/// The first cloud is most often a background to the second.
fn cloud_colour(k: usize) -> Colour {
    [PALETTE[3], INK, PALETTE[4]][k % 3]
}

impl Stability<'_> {
    /// The labels of clouds, but for empty ones.
    fn cloud_labels(&self) -> Vec<&str> {
        let all = self.schemes.iter().flat_map(|scheme| &scheme.clouds).map(|cloud| cloud.label.as_str());
        labels(all.filter(|label| !label.is_empty()))
    }

    /// The corners of what is shown: those given, or all that `function` and the schemes call for with a margin.
    pub(super) fn window(
        &self,
        function: &dyn Fn(&SchemeView, Complex<f64>) -> f64,
        margin: f64,
    ) -> Result<[Range; 2], Error> {
        if let Some([low, high]) = self.window {
            return ranges(low, high);
        }
        let extents = self.schemes.iter().filter_map(|scheme| extent(&|[x, y]| function(scheme, Complex::new(x, y))));
        let discs = self.schemes.iter().flat_map(|scheme| &scheme.discs).filter(|disc| disc.is_drawn());
        let discs = discs.map(|disc| grown([[disc.centre.re, disc.centre.im]; 2], disc.radius));
        let points = self.schemes.iter().flat_map(|scheme| &scheme.clouds).flat_map(|cloud| &cloud.points);
        let points = points.map(|z| [[z.re, z.im]; 2]);
        let all = extents.chain(discs).chain(points).filter(|corners| corners.iter().all(drawable)).reduce(united);
        let [low, high] = all.unwrap_or(DEFAULT_WINDOW);
        let sides = [0, 1].map(|c| high[c] - low[c]);
        let longer = sides[0].max(sides[1]).max(1e-3);
        // Not too thin, and with a margin.
        let half = sides.map(|side| side.max(longer / 4.0) / 2.0 + margin * longer);
        let middle = [0, 1].map(|c| (low[c] + high[c]) / 2.0);
        Ok([0, 1].map(|c| Range::new(middle[c] - half[c], middle[c] + half[c])))
    }

    /// Panels whose contents `contents` draws, scheme by scheme.
    pub(super) fn draw(
        &self,
        path: &Path,
        [x, y]: [Range; 2],
        legend: Vec<Entry>,
        contents: impl Fn(&mut Canvas, &Axes, &SchemeView),
    ) -> Result<(), Error> {
        check_size("panel_width", self.panel_width)?;
        check_any("schemes", self.schemes.is_empty())?;
        let width = f64::from(self.panel_width);
        let height = (width * y.length() / x.length()).min(1e6);
        let ticks = |range: Range, length: f64| range.ticks(length / SPACING);
        let panels = Panels {
            title: &self.title,
            legend,
            panels: self
                .schemes
                .iter()
                .map(|s| Panel { title: &s.name, x: Scale { range: x, ticks: ticks(x, width), label: "Re z" } })
                .collect(),
            y: Scale { range: y, ticks: ticks(y, height), label: "Im z" },
            columns: self.columns,
            size: [width, height],
        };
        panels.draw(path, |canvas, axes, k| contents(canvas, axes, &self.schemes[k]))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::order_star::order_stars;
    use super::*;

    pub(crate) type Draw = fn(&std::path::PathBuf, &Stability) -> Result<(), Error>;
    const REGIONS: Draw = |path, figure| stability_regions(path, figure);
    pub(crate) const STARS: Draw = |path, figure| order_stars(path, figure);

    pub(crate) fn svg(draw: Draw, figure: &Stability) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        draw(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    fn forward_euler<'a>() -> SchemeView<'a> {
        SchemeView::new("forward Euler", |z| 1.0 + z)
    }

    /// The points of the elements of one kind and colour, in pixels.
    pub(crate) fn points(svg: &str, kind: &str, colour: &str) -> Vec<Vec<Point>> {
        let elements = svg.lines().filter(|l| l.starts_with(&format!("<{kind}")) && l.contains(colour));
        let pair = |p: &str| p.split_once(',').map(|(x, y)| [x, y].map(|c| c.parse::<f64>().unwrap() / 10.0));
        elements.map(|l| l.split("points=\"").nth(1).unwrap().split(['"', ' ']).map_while(pair).collect()).collect()
    }

    #[test]
    fn the_region_of_forward_euler_is_a_disc() {
        let window = Some([[-3.0, -2.0], [1.0, 2.0]]);
        let figure = Stability { schemes: vec![forward_euler()], window, panel_width: 400, ..Default::default() };
        let text = svg(REGIONS, &figure).unwrap();
        // 100 pixels to the unit: a disc of radius 100, twice: shaded and outlined.
        let shaded = points(&text, "polygon", "#DDE4EB").into_iter().max_by_key(Vec::len).unwrap();
        let outline = points(&text, "polyline", "#333333").into_iter().max_by_key(Vec::len).unwrap();
        for disc in [shaded, outline] {
            assert!(disc.len() > 30, "{disc:?}");
            let range = |c: usize| {
                let values = disc.iter().map(|p| p[c]);
                (values.clone().fold(f64::INFINITY, f64::min), values.fold(-f64::INFINITY, f64::max))
            };
            let (x, y) = (range(0), range(1));
            let centre = [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0];
            for p in &disc {
                let radius = (p[0] - centre[0]).hypot(p[1] - centre[1]);
                assert!((radius - 100.0).abs() < 0.3, "{p:?} is {radius} from {centre:?}");
            }
            let area: f64 = disc.windows(2).map(|p| (p[0][0] * p[1][1] - p[1][0] * p[0][1]) / 2.0).sum::<f64>().abs();
            assert!((area / 31_415.9 - 1.0).abs() < 0.002, "{area}");
        }
    }

    #[test]
    fn files_are_small_whole_and_always_the_same() {
        let zero = Complex::new(0.0, 0.0);
        let schemes = || {
            let theta = |theta: f64| {
                SchemeView::new(format!("{theta}"), move |z| (1.0 + (1.0 - theta) * z) / (1.0 - theta * z))
                    .disc("unit <disc>", zero, 1.0)
                    .disc("contractive", zero, 1.0 / theta)
                    .points("train & <test>", [Complex::new(-0.5, 0.2)])
                    .points(
                        "",
                        [
                            Complex::new(0.5, 0.2),
                            Complex::new(0.5, 0.2),
                            Complex::new(f64::NAN, 0.0),
                            Complex::new(99.0, f64::INFINITY),
                        ],
                    )
            };
            [0.0, 0.25, 0.5, 0.75, 1.0].map(theta).into()
        };
        let figure = Stability { schemes: schemes(), columns: 5, ..Default::default() };
        for draw in [REGIONS, STARS] {
            let text = svg(draw, &figure).unwrap();
            assert!((10_000..200_000).contains(&text.len()), "{} bytes", text.len());
            assert!(!text.contains("NaN") && !text.contains("inf") && text.ends_with("</svg>\n"));
            assert_eq!(svg(draw, &Stability { schemes: schemes(), columns: 5, ..Default::default() }).unwrap(), text);
        }
        let text = svg(REGIONS, &figure).unwrap();
        assert_eq!(text.matches("unit &lt;disc&gt;").count(), 1);
        assert_eq!(text.matches("train &amp; &lt;test&gt;").count(), 1);
        assert_eq!(text.matches("<circle").count(), 11, "two finite points in each panel, and one in the legend");
    }

    #[test]
    fn contours_darken_away_from_one() {
        let levels = [0.25, 0.5, 1.0, 2.0, 4.0];
        let colours = levels.map(|level| level_colour(level, &levels));
        assert_eq!((colours[0], colours[2], colours[4]), (PALETTE[0], INK, PALETTE[1]));
        assert!(colours[1][0] > colours[0][0] && colours[3][2] > colours[4][2]);
    }

    #[test]
    fn odd_functions_are_drawn() {
        let schemes = vec![
            SchemeView::new("nowhere", |_| Complex::new(f64::NAN, 0.0)),
            SchemeView::new("zero", |_| Complex::new(0.0, 0.0)),
            SchemeView::new("exp", |z| z.exp()),
            SchemeView::new("disc of no size", |z| z).disc("", Complex::new(0.0, 0.0), -1.0),
        ];
        let figure = Stability { schemes, ..Default::default() };
        for draw in [REGIONS, STARS] {
            assert!(!svg(draw, &figure).unwrap().contains("NaN"));
        }
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |figure: Stability| svg(REGIONS, &figure).unwrap_err().to_string();
        assert_eq!(refusal(Stability::default()), "schemes is empty, expected at least one to draw");
        let figure = Stability { levels: vec![0.5, -1.0], ..Default::default() };
        assert_eq!(refusal(figure), "a level is -1, expected finite and positive");
        let figure = Stability { window: Some([[0.0; 2], [1.0, f64::NAN]]), ..Default::default() };
        assert!(refusal(figure).starts_with("window is [0.0, 0.0] to [1.0, NaN], expected"));
        let figure = Stability { panel_width: 5, ..Default::default() };
        assert!(refusal(figure).starts_with("panel_width is 5"));
        let tall = Some([[0.0; 2], [1.0, 1000.0]]);
        let figure = Stability { schemes: vec![forward_euler()], window: tall, ..Default::default() };
        assert!(refusal(figure).starts_with("the height of the figure is 2"));
        let figure = Stability { schemes: vec![forward_euler()], ..Default::default() };
        assert!(matches!(stability_regions("/no/such/folder/a.svg", &figure), Err(Error::Io { .. })));
    }
}
