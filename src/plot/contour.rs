//! Level lines and sublevel regions of a function in a rectangle, by marching squares on a grid whose crossings are refined.

use super::Point;
use super::axes::Range;
use std::collections::{BTreeMap, BTreeSet};

/// How far from the level a function may be on its line, and the evaluations at most to come that close.
const TOLERANCE: f64 = 1e-9;
const REFINEMENTS: usize = 40;

/// How much smaller than on average the cells of graded samples are at zero.
const SMALLEST_CELL: f64 = 0.02;

/// A function's values on a grid.
pub(super) struct Samples<'f> {
    function: &'f dyn Fn(Point) -> f64,
    x: Vec<f64>,
    y: Vec<f64>,
    /// Row by row from below.
    values: Vec<f64>,
}

/// An edge between neighbouring nodes: the node at its left or lower end, and whether it is vertical.
type Edge = (usize, usize, bool);

impl<'f> Samples<'f> {
    /// The values of `function` on `cells` equal cells of the rectangle; none of them may be NaN.
    pub(super) fn new(function: &'f dyn Fn(Point) -> f64, [x, y]: [Range; 2], cells: [usize; 2]) -> Self {
        let nodes = |range: Range, cells: usize| (0..=cells).map(|k| range.at(k as f64 / cells as f64)).collect();
        Self::on(function, nodes(x, cells[0]), nodes(y, cells[1]))
    }

    /// The same on cells that are the smaller the nearer they are to zero, where many lines meet. No node lies on an axis.
    pub(super) fn graded(function: &'f dyn Fn(Point) -> f64, [x, y]: [Range; 2], cells: [usize; 2]) -> Self {
        let nodes = |range: Range, cells: usize| {
            let odd = cells | 1;
            let share = |k: usize| 2.0 * k as f64 / odd as f64 - 1.0;
            (0..=odd)
                .map(|k| match share(k) {
                    s if range.low >= 0.0 || range.high <= 0.0 => range.at((s + 1.0) / 2.0),
                    s => {
                        (if s < 0.0 { -range.low } else { range.high })
                            * s
                            * (SMALLEST_CELL + (1.0 - SMALLEST_CELL) * s * s)
                    }
                })
                .collect()
        };
        Self::on(function, nodes(x, cells[0]), nodes(y, cells[1]))
    }

    fn on(function: &'f dyn Fn(Point) -> f64, x: Vec<f64>, y: Vec<f64>) -> Self {
        let values = y.iter().flat_map(|y| x.iter().map(|x| function([*x, *y]))).collect();
        Self { function, x, y, values }
    }

    /// The nodes of a row and of a column.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.x.len(), self.y.len()]
    }

    pub(super) fn point(&self, [i, j]: [usize; 2]) -> Point {
        [self.x[i], self.y[j]]
    }

    pub(super) fn value(&self, [i, j]: [usize; 2]) -> f64 {
        self.values[j * self.x.len() + i]
    }

    /// The lines on which the function is `level`, lower values on their left. A closed line ends where it begins.
    pub(super) fn lines(&self, level: f64) -> Vec<Vec<Point>> {
        self.trace(level, false)
    }

    /// The part of the rectangle where the function is at most `level`, as polygons to be painted one over the other: each
    /// with whether it is filled or, lying in one that is, left out.
    pub(super) fn region(&self, level: f64) -> Vec<(Vec<Point>, bool)> {
        let mut polygons: Vec<_> = self.trace(level, true).into_iter().map(|p| (signed_area(&p), p)).collect();
        polygons.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        polygons.into_iter().map(|(area, polygon)| (polygon, area > 0.0)).collect()
    }

    /// Marching squares; with a `rim`, the function is taken to be infinite just outside of the rectangle, so that all lines
    /// close along its sides.
    fn trace(&self, level: f64, rim: bool) -> Vec<Vec<Point>> {
        let grid = Grid { samples: self, level, rim: usize::from(rim) };
        let mut next: BTreeMap<Edge, Edge> = BTreeMap::new();
        for j in 0..self.y.len() - 1 + 2 * grid.rim {
            for i in 0..self.x.len() - 1 + 2 * grid.rim {
                next.extend(grid.segments(i, j));
            }
        }
        let ends: BTreeSet<Edge> = next.values().copied().collect();
        let mut starts: Vec<Edge> = next.keys().filter(|e| !ends.contains(e)).copied().collect();
        let mut lines = Vec::new();
        while let Some(start) = starts.pop().or_else(|| next.keys().next().copied()) {
            let (mut edge, mut line) = (start, vec![grid.crossing(start)]);
            while let Some(following) = next.remove(&edge) {
                line.push(grid.crossing(following));
                edge = following;
            }
            lines.push(line);
        }
        lines
    }
}

/// The nodes with their rim, and a level.
struct Grid<'a> {
    samples: &'a Samples<'a>,
    level: f64,
    /// The nodes added on each side.
    rim: usize,
}

impl Grid<'_> {
    /// The node of the samples at `(i, j)` of the grid or next to it.
    fn node(&self, i: usize, j: usize) -> [usize; 2] {
        let [columns, rows] = self.samples.size();
        [i.saturating_sub(self.rim).min(columns - 1), j.saturating_sub(self.rim).min(rows - 1)]
    }

    fn on_rim(&self, i: usize, j: usize) -> bool {
        let [columns, rows] = self.samples.size();
        self.rim > 0 && (i == 0 || j == 0 || i > columns || j > rows)
    }

    fn value(&self, i: usize, j: usize) -> f64 {
        if self.on_rim(i, j) { f64::INFINITY } else { self.samples.value(self.node(i, j)) - self.level }
    }

    /// The pieces of lines in the cell above and to the right of node `(i, j)`, from edge to edge.
    fn segments(&self, i: usize, j: usize) -> Vec<(Edge, Edge)> {
        // Corners and edges counterclockwise; edge k leads from corner k to the next.
        let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
        let edges = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)];
        let inside = corners.map(|(i, j)| self.value(i, j) <= 0.0);
        let (before, after) = (|k: usize| (k + 3) % 4, |k: usize| (k + 1) % 4);
        if inside[0] == inside[2] && inside[1] == inside[3] && inside[0] != inside[1] {
            // Two lines; the middle of the cell decides which corners they cut off.
            let middle = corners.map(|(i, j)| self.samples.point(self.node(i, j)));
            let middle = [0, 1].map(|c| middle.iter().map(|p| p[c]).sum::<f64>() / 4.0);
            let rim = corners.iter().any(|(i, j)| self.on_rim(*i, *j));
            let joined = !rim && (self.samples.function)(middle) <= self.level;
            let cut = (0..4).filter(|k| inside[*k] != joined);
            return cut
                .map(|k| if joined { (edges[before(k)], edges[k]) } else { (edges[k], edges[before(k)]) })
                .collect();
        }
        let leaving = (0..4).find(|k| inside[*k] && !inside[after(*k)]);
        let entering = (0..4).find(|k| !inside[*k] && inside[after(*k)]);
        leaving.zip(entering).map(|(l, e)| (edges[l], edges[e])).into_iter().collect()
    }

    /// Where the function takes the level on an edge, by the Illinois variant of regula falsi.
    fn crossing(&self, (i, j, vertical): Edge) -> Point {
        let (k, l) = if vertical { (i, j + 1) } else { (i + 1, j) };
        let (from, to) = (self.samples.point(self.node(i, j)), self.samples.point(self.node(k, l)));
        let at = |share: f64| [0, 1].map(|c| from[c] + share * (to[c] - from[c]));
        if from == to {
            return from;
        }
        let (mut a, mut b) = ((0.0, self.value(i, j)), (1.0, self.value(k, l)));
        for _ in 0..REFINEMENTS {
            let share = (a.0 * b.1 - b.0 * a.1) / (b.1 - a.1);
            let value = (self.samples.function)(at(share)) - self.level;
            if (value <= 0.0) == (b.1 <= 0.0) {
                a.1 /= 2.0;
            } else {
                a = b;
            }
            b = (share, value);
            if value.abs() < TOLERANCE || a.1 == b.1 {
                break;
            }
        }
        at(b.0)
    }
}

/// The area of a closed polygon, negative if it runs clockwise.
fn signed_area(polygon: &[Point]) -> f64 {
    polygon.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum::<f64>() / 2.0
}

/// The points of a line that matter: the others lie within `tolerance` of the line through these (Ramer, Douglas and
/// Peucker).
pub(super) fn simplify(line: &[Point], tolerance: f64) -> Vec<Point> {
    let mut kept = vec![false; line.len()];
    let mut stack = vec![(0, line.len().saturating_sub(1))];
    while let Some((first, last)) = stack.pop() {
        let Some((from, to)) = line.get(first).zip(line.get(last)) else { continue };
        (kept[first], kept[last]) = (true, true);
        let far = (first + 1..last).map(|k| (distance(line[k], *from, *to), k)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, k)) = far.filter(|(d, _)| *d > tolerance) {
            stack.extend([(first, k), (k, last)]);
        }
    }
    line.iter().zip(kept).filter(|(_, kept)| *kept).map(|(p, _)| *p).collect()
}

/// The distance of a point from a piece of line.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let ([u, v], [x, y]) = ([to[0] - from[0], to[1] - from[1]], [point[0] - from[0], point[1] - from[1]]);
    let square = u * u + v * v;
    let share = if square > 0.0 { ((x * u + y * v) / square).clamp(0.0, 1.0) } else { 0.0 };
    (x - share * u).hypot(y - share * v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn square(half: f64) -> [Range; 2] {
        [Range::new(-half, half); 2]
    }

    proptest! {
        #[test]
        fn a_circle_is_one_closed_line_of_the_right_radius(
            x in -0.5..0.5_f64, y in -0.5..0.5_f64, radius in 0.3..1.0_f64, cells in 20_usize..60
        ) {
            let cone = |p: Point| (p[0] - x).hypot(p[1] - y);
            let samples = Samples::new(&cone, square(2.0), [cells, cells + 7]);
            let lines = samples.lines(radius);
            prop_assert_eq!(lines.len(), 1);
            prop_assert_eq!(lines[0].first(), lines[0].last());
            prop_assert!(lines[0].len() > 10);
            for p in &lines[0] {
                prop_assert!((cone(*p) - radius).abs() < 1e-7, "{:?} is at {}", p, cone(*p));
            }
            // Lower values on the left: counterclockwise around a minimum, clockwise around a maximum.
            prop_assert!(signed_area(&lines[0]) > 0.0);
            let hat = |p: Point| -cone(p);
            prop_assert!(signed_area(&Samples::new(&hat, square(2.0), [cells; 2]).lines(-radius)[0]) < 0.0);
        }
    }

    #[test]
    fn lines_that_leave_the_rectangle_are_open_and_their_regions_are_closed() {
        let x = |p: Point| p[0];
        let samples = Samples::new(&x, square(1.0), [10, 10]);
        let lines = samples.lines(0.25);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|p| (p[0] - 0.25).abs() < 1e-12));
        // Upwards: lower values are on the left.
        assert_eq!((lines[0][0][1], lines[0][10][1], lines[0].len()), (-1.0, 1.0, 11));
        let region = samples.region(0.25);
        assert_eq!(region.len(), 1);
        assert!(region[0].1 && (signed_area(&region[0].0) - 2.5).abs() < 1e-12, "{region:?}");
    }

    #[test]
    fn regions_have_holes_and_may_be_everything_or_nothing() {
        let ring = |p: Point| (p[0].hypot(p[1]) - 0.6).abs();
        let samples = Samples::new(&ring, square(1.0), [60, 60]);
        let region = samples.region(0.2);
        assert_eq!(region.iter().map(|r| r.1).collect::<Vec<_>>(), [true, false]);
        let area: f64 = region.iter().map(|r| signed_area(&r.0)).sum();
        let exact = std::f64::consts::PI * (0.64 - 0.16);
        assert!((area - exact).abs() < 5e-3 * exact, "{area} is not {exact}");
        let all = samples.region(5.0);
        assert!(all.len() == 1 && all[0].1 && (signed_area(&all[0].0) - 4.0).abs() < 1e-12);
        assert!(samples.region(-1.0).is_empty() && samples.lines(5.0).is_empty());
    }

    #[test]
    fn graded_cells_resolve_a_meeting_of_lines_at_zero() {
        // Re z⁶: twelve rays meet; away from a tiny square around zero the lines lie on them.
        let star = |[x, y]: Point| (6.0 * y.atan2(x)).cos() * x.hypot(y);
        let window = [Range::new(-3.0, 2.0), Range::new(-2.5, 2.5)];
        let nearest = |samples: &Samples| {
            let lines = samples.lines(0.0);
            lines.iter().flatten().filter(|p| (6.0 * p[1].atan2(p[0])).cos().abs() > 1e-5).count() == 0
                && lines.iter().filter(|l| l.len() > 10).count() >= 6
        };
        assert!(nearest(&Samples::graded(&star, window, [100; 2])));
        let closest = |samples: Samples| samples.x.iter().map(|x| x.abs()).fold(f64::INFINITY, f64::min);
        let graded = closest(Samples::graded(&star, window, [100; 2]));
        assert!(graded > 0.0 && graded < 1e-3, "{graded}");
        // Where zero is not in the window, cells are equal.
        let beside = Samples::graded(&star, [Range::new(1.0, 2.0), Range::new(-1.0, 1.0)], [3, 3]);
        assert!((beside.x[1] - 4.0 / 3.0).abs() < 1e-12 && beside.y.len() == 4);
    }

    #[test]
    fn the_middle_of_a_cell_decides_how_lines_pass_a_saddle() {
        // One cell whose corners alternate: the lines x y = ±0.04 run along the axis through the lower side.
        let saddle = |p: Point| p[0] * p[1];
        for level in [0.04, -0.04] {
            let lines = Samples::new(&saddle, square(1.0), [1, 1]).lines(level);
            assert_eq!(lines.len(), 2);
            for line in lines {
                assert!(line.iter().all(|p| (saddle(*p) - level).abs() < 1e-8), "{line:?}");
                let [x, y] = [0, 1].map(|c| (line[0][c] + line[1][c]) / 2.0);
                assert!((x * y).signum() == level.signum(), "{line:?}");
                let [u, v] = [0, 1].map(|c| line[1][c] - line[0][c]);
                let left = [x - 0.1 * v, y + 0.1 * u];
                assert!(saddle(left) < saddle([x, y]), "lower values are on the left of {line:?}");
            }
        }
    }

    #[test]
    fn simplified_lines_stay_within_the_tolerance() {
        let circle: Vec<Point> =
            (0..=1000).map(|k| f64::from(k) * std::f64::consts::TAU / 1000.0).map(|a| [a.cos(), a.sin()]).collect();
        let simple = simplify(&circle, 1e-3);
        assert!((20..200).contains(&simple.len()), "{}", simple.len());
        assert_eq!((simple[0], simple[simple.len() - 1]), (circle[0], circle[1000]));
        for p in &circle {
            let nearest = simple.windows(2).map(|s| distance(*p, s[0], s[1])).fold(f64::INFINITY, f64::min);
            assert!(nearest <= 1e-3);
        }
        assert_eq!(simplify(&[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 1e-9), [[0.0, 0.0], [2.0, 2.0]]);
        assert_eq!(simplify(&[[1.0, 2.0]], 1.0), [[1.0, 2.0]]);
        assert!(simplify(&[], 1.0).is_empty());
    }
}
