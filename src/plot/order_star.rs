//! Order stars.

use super::contour::Samples;
use super::legend::{Entry, Mark};
use super::panels::zero_axes;
use super::stability::{AXIS, CELL, CONTOUR_WIDTH, Stability, cells, outline, sampled, shade};
use super::window::{extrema, refined};
use super::{Colour, INK, PALETTE, Point};
use crate::Error;
use nalgebra::Complex;
use std::path::Path;

const STAR: Colour = [190, 205, 220];
/// A difference of logarithms far above rounding.
const VISIBLE: f64 = 1e-12;

/// Draws order stars, the sets where `|R(z)| > |eᶻ|`, shaded, with the poles and zeros of `R`, as an SVG file at `path`.
/// A scheme of order `p` has `p + 1` shaded sectors at zero (Wanner, Hairer and Nørsett, *Order stars and stability
/// theorems*, BIT 18, 1978). Levels, discs and points are left out.
///
/// # Errors
///
/// [`Error::InvalidArgument`] for a size out of bounds, a window that is empty, or no scheme; [`Error::Io`] if the file
/// cannot be written.
pub fn order_stars(path: impl AsRef<Path>, figure: &Stability) -> Result<(), Error> {
    let legend = vec![
        Entry { mark: Mark::Patch, colour: STAR, text: "|R(z)| > |exp z|".into() },
        Entry { mark: Mark::Cross, colour: PALETTE[1], text: "pole".into() },
        Entry { mark: Mark::Ring, colour: PALETTE[0], text: "zero".into() },
    ];
    let window = figure.window(&|scheme, z| scheme.log_modulus(z) - z.re, 0.3)?;
    figure.draw(path.as_ref(), window, legend, |canvas, axes, scheme| {
        let relative = |[x, y]: Point| scheme.log_modulus(Complex::new(x, y)) - x;
        let core = core(&relative, 1e-3 * axes.x.length());
        // Within the core only the sign matters: that of the same direction on its rim.
        let inverse = |p: Point| match p[0].hypot(p[1]) / core {
            share if share < 1.0 => -share * relative(p.map(|x| x / share)),
            _ => -relative(p),
        };
        let samples = Samples::graded(&inverse, [axes.x, axes.y], cells(axes));
        shade(canvas, axes, &samples, STAR);
        zero_axes(canvas, axes, AXIS);
        outline(canvas, axes, &samples, 0.0, INK, CONTOUR_WIDTH);
        let cell = axes.x.length() / axes.width * CELL;
        for extremum in extrema(&sampled(&relative, axes)) {
            let extremum = refined(&relative, extremum, cell);
            let place = axes.place(extremum.at);
            if extremum.pole {
                canvas.cross(place, 3.0, PALETTE[1]);
            } else {
                canvas.ring(place, 2.8, PALETTE[0]);
            }
        }
    })
}

/// The radius around zero, `least` or more, within which rounding hides the difference between `R` and the exponential.
fn core(relative: &dyn Fn(Point) -> f64, least: f64) -> f64 {
    let largest = |radius: f64| {
        (0..24)
            .map(|k| 0.1 + 0.2618 * f64::from(k))
            .map(|a| relative([radius * a.cos(), radius * a.sin()]).abs())
            .fold(0.0, f64::max)
    };
    (0..7).map(|k| least * f64::from(1 << k)).find(|radius| largest(*radius) > VISIBLE).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::super::scheme::SchemeView;
    use super::super::stability::tests::{STARS, points, svg};
    use super::*;

    fn gauss_3<'a>() -> SchemeView<'a> {
        let half = |z: Complex<f64>| 1.0 + z * (0.5 + z * (0.1 + z / 120.0));
        SchemeView::new("Gauss 3", move |z| half(z) / half(-z))
    }

    #[test]
    fn order_stars_have_a_sector_more_than_the_order() {
        // On a small circle the difference of logarithms changes its sign twice for each sector.
        let scheme = gauss_3();
        let relative = |[x, y]: Point| scheme.log_modulus(Complex::new(x, y)) - x;
        let radius = core(&relative, 0.01);
        assert!((0.01..0.5).contains(&radius), "{radius}");
        let signs: Vec<bool> = (0..=1000)
            .map(|k| 0.001 + f64::from(k) * std::f64::consts::TAU / 1000.0)
            .map(|a| relative([radius * a.cos(), radius * a.sin()]) > 0.0)
            .collect();
        assert_eq!(signs.windows(2).filter(|s| s[0] != s[1]).count(), 2 * (6 + 1));
        // Three poles as crosses, three zeros as rings, and the legend.
        let text = svg(STARS, &Stability { schemes: vec![gauss_3()], ..Default::default() }).unwrap();
        assert_eq!(points(&text, "polyline", "#D55E00").len(), 2 * (3 + 1));
        assert_eq!(text.matches("<circle").count(), 2 * (3 + 1));
        // All boundaries lead to zero, which is where the axes cross.
        let axes = points(&text, "polyline", "#8C8C8C");
        let zero = [axes[1][0][0], axes[0][0][1]];
        let boundaries: Vec<_> =
            points(&text, "polyline", "#333333").into_iter().filter(|line| line.len() > 5).collect();
        assert!(boundaries.len() >= 3, "{boundaries:?}");
        for line in boundaries {
            let nearest = line.iter().map(|p| (p[0] - zero[0]).hypot(p[1] - zero[1])).fold(f64::INFINITY, f64::min);
            assert!(nearest < 0.4, "{nearest}");
        }
    }
}
