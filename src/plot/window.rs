//! Which part of the complex plane shows a stability function.

use super::axes::Range;
use super::contour::Samples;
use super::{Point, drawable};
use crate::Error;

/// Half-sizes of the squares around zero that are searched.
const SMALLEST: f64 = 4.0;
const LARGEST: f64 = 4096.0;
/// Cells of a searched square: odd, so that no node lies on the axes, where `|R|` may be 1 all along.
const CELLS: usize = 161;
/// Regions of fewer nodes are taken for noise.
const FEWEST: usize = 3;

/// A rectangle, by its lower left and its upper right corner.
pub(super) type Rectangle = [Point; 2];

/// The ranges of a window given by its corners; [`Error::InvalidArgument`] if it is not one.
pub(super) fn ranges(low: Point, high: Point) -> Result<[Range; 2], Error> {
    if [low, high].iter().all(drawable) && low[0] < high[0] && low[1] < high[1] {
        return Ok([0, 1].map(|c| Range::new(low[c], high[c])));
    }
    Err(Error::invalid("window", format!("{low:?} to {high:?}"), "a finite corner and one further right and up"))
}

/// A pole or a zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extremum {
    pub(super) at: Point,
    pub(super) pole: bool,
}

/// Poles and zeros of a rational function in the samples of the logarithm of its modulus: by the maximum principle, that
/// has no other local maxima and minima.
pub(super) fn extrema(samples: &Samples) -> Vec<Extremum> {
    let [columns, rows] = samples.size();
    let mut found = Vec::new();
    for j in 1..rows.saturating_sub(1) {
        for i in 1..columns.saturating_sub(1) {
            let value = samples.value([i, j]);
            let around = (0..9).filter(|k| *k != 4).map(|k| samples.value([i + k % 3 - 1, j + k / 3 - 1]));
            let (low, high) = around.fold((f64::INFINITY, -f64::INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            if value > high || value < low {
                found.push(Extremum { at: samples.point([i, j]), pole: value > high });
            }
        }
    }
    found
}

/// The extremum itself, from the node next to it, by steps along the axes that are halved when none leads further.
pub(super) fn refined(function: &dyn Fn(Point) -> f64, extremum: Extremum, cell: f64) -> Extremum {
    let sign = if extremum.pole { 1.0 } else { -1.0 };
    let height = |p: Point| sign * function(p);
    let (mut at, mut step) = (extremum.at, cell / 2.0);
    while step > 1e-4 * cell {
        let neighbours = [[step, 0.0], [-step, 0.0], [0.0, step], [0.0, -step]].map(|[x, y]| [at[0] + x, at[1] + y]);
        match neighbours.into_iter().find(|p| height(*p) > height(at)) {
            Some(better) => at = better,
            None => step /= 2.0,
        }
    }
    Extremum { at, ..extremum }
}

/// The smallest rectangle around zero, the poles and zeros, and the bounded regions where the logarithm of a modulus is
/// positive or not; `None` if there are none.
pub(super) fn extent(function: &dyn Fn(Point) -> f64) -> Option<Rectangle> {
    let mut size = SMALLEST;
    let mut last = None;
    while size <= LARGEST {
        let found = search(function, [[-size; 2], [size; 2]]);
        // Once a square twice as large holds nothing more, all has been found.
        if let (Some(smaller), Some(larger)) = (last, found) {
            let cell = 2.0 * size / CELLS as f64;
            if contains(grown(smaller, 2.0 * cell), larger) {
                return search(function, grown(smaller, size / 4.0)).or(Some(smaller));
            }
        }
        (last, size) = (found, 2.0 * size);
    }
    None
}

fn search(function: &dyn Fn(Point) -> f64, [low, high]: Rectangle) -> Option<Rectangle> {
    let samples = Samples::new(function, [0, 1].map(|c| Range::new(low[c], high[c])), [CELLS; 2]);
    let points: Vec<Point> =
        extrema(&samples).into_iter().map(|e| e.at).chain(bounded_regions(&samples).into_iter().flatten()).collect();
    (!points.is_empty()).then(|| points.into_iter().fold([[0.0; 2]; 2], |all, p| united(all, [p, p])))
}

/// The rectangles of those regions of one sign that do not touch the border.
fn bounded_regions(samples: &Samples) -> Vec<Rectangle> {
    let [columns, rows] = samples.size();
    let mut seen = vec![false; columns * rows];
    let mut regions = Vec::new();
    for start in 0..columns * rows {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let sign = |node: usize| samples.value([node % columns, node / columns]) <= 0.0;
        let first = samples.point([start % columns, start / columns]);
        let (mut open, mut count, mut bounded, mut rectangle) = (vec![start], 0, true, [first, first]);
        while let Some(node) = open.pop() {
            let (i, j) = (node % columns, node / columns);
            count += 1;
            let point = samples.point([i, j]);
            rectangle = united(rectangle, [point, point]);
            if i == 0 || j == 0 || i + 1 == columns || j + 1 == rows {
                bounded = false;
            }
            let neighbours = [
                (i > 0).then(|| node - 1),
                (i + 1 < columns).then_some(node + 1),
                (j > 0).then(|| node - columns),
                (j + 1 < rows).then_some(node + columns),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                if !seen[neighbour] && sign(neighbour) == sign(start) {
                    seen[neighbour] = true;
                    open.push(neighbour);
                }
            }
        }
        if bounded && count >= FEWEST {
            regions.push(rectangle);
        }
    }
    regions
}

/// The smallest rectangle around two.
pub(super) fn united(a: Rectangle, b: Rectangle) -> Rectangle {
    [[0, 1].map(|c| a[0][c].min(b[0][c])), [0, 1].map(|c| a[1][c].max(b[1][c]))]
}

pub(super) fn grown([low, high]: Rectangle, margin: f64) -> Rectangle {
    [low.map(|x| x - margin), high.map(|x| x + margin)]
}

fn contains(outer: Rectangle, inner: Rectangle) -> bool {
    united(outer, inner) == outer
}

#[cfg(test)]
mod tests {
    use super::super::scheme::log_modulus;
    use super::*;
    use nalgebra::Complex;

    fn extent_of(r: impl Fn(Complex<f64>) -> Complex<f64>) -> Option<Rectangle> {
        extent(&|[x, y]| log_modulus(r(Complex::new(x, y))))
    }

    fn assert_near(found: Option<Rectangle>, expected: Rectangle, tolerance: f64) {
        let found = found.expect("there is something to see");
        for (a, b) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((a - b).abs() < tolerance, "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn bounded_regions_are_found_at_any_size() {
        assert_near(extent_of(|z| z + 1.0), [[-2.0, -1.0], [0.0, 1.0]], 0.05);
        assert_near(extent_of(|z| (1.0 - z).inv()), [[0.0, -1.0], [2.0, 1.0]], 0.05);
        // Forward Euler in 50 steps.
        assert_near(extent_of(|z| (z / 50.0 + 1.0).powu(50)), [[-100.0, -50.0], [0.0, 50.0]], 1.5);
        // Chebyshev polynomial T₆(1 + z/36): [-72, 0], eight high.
        let chebyshev = |z: Complex<f64>| {
            let x = z / 36.0 + 1.0;
            (1..6).fold((Complex::new(1.0, 0.0), x), |(a, b), _| (b, x * b * 2.0 - a)).1
        };
        let [low, high] = extent_of(chebyshev).unwrap();
        assert!((-72.7..-71.3).contains(&low[0]) && (-0.7..0.7).contains(&high[0]), "{low:?} {high:?}");
        assert!((2.0..12.0).contains(&high[1]) && (high[1] + low[1]).abs() < 0.7, "{low:?} {high:?}");
    }

    #[test]
    fn poles_and_zeros_are_found_where_no_region_is_bounded() {
        assert_near(extent_of(|z| (z + 2.0) / (-z + 2.0)), [[-2.0, 0.0], [2.0, 0.0]], 0.05);
        assert_eq!(extent_of(|z| z.exp()), None);
        assert_eq!(extent_of(|_| Complex::new(f64::NAN, 0.0)), None);
    }

    #[test]
    fn poles_and_zeros_are_refined() {
        // Padé (1, 2): zero −3, poles 2 ± i √2.
        let f = |[x, y]: Point| {
            let z = Complex::new(x, y);
            log_modulus((z / 3.0 + 1.0) / (z * z / 6.0 - z * 2.0 / 3.0 + 1.0))
        };
        let samples = Samples::new(&f, [Range::new(-4.1, 4.0); 2], [40; 2]);
        let found: Vec<Extremum> = extrema(&samples).into_iter().map(|e| refined(&f, e, 0.2)).collect();
        let root = 2.0_f64.sqrt();
        let expected = [([2.0, -root], true), ([-3.0, 0.0], false), ([2.0, root], true)];
        assert_eq!(found.len(), 3, "{found:?}");
        for (extremum, (at, pole)) in found.iter().zip(expected) {
            let distance = (extremum.at[0] - at[0]).hypot(extremum.at[1] - at[1]);
            assert!(distance < 1e-3 && extremum.pole == pole, "{extremum:?} is not {at:?}");
        }
    }
}
