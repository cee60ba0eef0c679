//! Figures as SVG: time series, phase portraits, one ([`phase_portrait`]) or several ([`portraits`]), grey images
//! ([`pictures`]), and what schemes are like, by their stability functions
//! ([`stability_regions`], [`order_stars`], [`amplification`]) and by their steps ([`orbits`]); in colours that colour-blind readers can tell apart.
//!
//! A figure is a plain struct of points and labels; a function draws it to a file, which appears whole or not at all.
//! Points that are not finite, or beyond `1e300`, are left out and interrupt their line. Legends stand above the axes, so
//! that they cover no data. Text is set in the viewer's sans-serif face.
//!
//! ```
//! use kutta::plot::{Component, TimeSeries, time_series};
//!
//! let curve = |from: usize, to: usize| (from..=to).map(|k| k as f64 / 10.0).map(|t| [t, t.cos()]).collect();
//! let component = Component {
//!     name: "x".into(),
//!     observed: (0..40).map(|k| k as f64 / 4.0).map(|t| [t, t.cos() + 0.05 * (9.0 * t).sin()]).collect(),
//!     fit: curve(0, 70),
//!     forecast: curve(70, 100),
//! };
//! let folder = tempfile::tempdir()?;
//! time_series(folder.path().join("cosine.svg"), &TimeSeries { components: vec![component], ..Default::default() })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amplification;
mod axes;
mod canvas;
mod contour;
mod legend;
mod orbits;
mod order_star;
mod panels;
mod phase_portrait;
mod pictures;
mod portraits;
mod scheme;
mod stability;
mod time_series;
mod window;

pub use amplification::{Amplification, amplification};
/// The complex numbers that stability functions take.
pub use nalgebra::Complex;
pub use orbits::{OrbitPanel, Orbits, orbit, orbits};
pub use order_star::order_stars;
pub use phase_portrait::{Curve, PhasePortrait, phase_portrait};
pub use pictures::{Picture, Pictures, pictures};
pub use portraits::{Portrait, Portraits, portraits};
pub use scheme::{Cloud, Disc, SchemeView};
pub use stability::{Stability, stability_regions};
pub use time_series::{Component, Layout, TimeSeries, time_series};

use crate::Error;

/// A point: time and value, or two components of a state.
pub type Point = [f64; 2];

/// Red, green, blue.
type Colour = [u8; 3];

/// Colours of series, in order of use: the palette of Okabe and Ito (*Color Universal Design*, 2008) without its
/// yellow, which is too faint for lines on white, and with black last.
pub const PALETTE: [[u8; 3]; 7] = [
    [0, 114, 178],   // blue
    [213, 94, 0],    // vermilion
    [0, 158, 115],   // bluish green
    [204, 121, 167], // reddish purple
    [230, 159, 0],   // orange
    [86, 180, 233],  // sky blue
    [0, 0, 0],       // black
];

const INK: Colour = [51, 51, 51];

/// The colour of series `i`.
fn colour(i: usize) -> Colour {
    PALETTE[i % PALETTE.len()]
}

/// Whether a point can be drawn.
fn drawable(point: &Point) -> bool {
    point.iter().all(|x| x.abs() < 1e300)
}

/// The stretches of a line between points that cannot be drawn.
fn stretches(line: &[Point]) -> impl Iterator<Item = &[Point]> {
    line.split(|p| !drawable(p)).filter(|stretch| !stretch.is_empty())
}

/// `Ok` for a length in pixels that makes a figure.
fn check_size(argument: &'static str, pixels: u32) -> Result<(), Error> {
    if (80..=10_000).contains(&pixels) {
        return Ok(());
    }
    Err(Error::invalid(argument, pixels, "between 80 and 10000 pixels"))
}

/// `Ok` unless an argument is empty of which a figure shows each entry.
fn check_any(argument: &'static str, empty: bool) -> Result<(), Error> {
    if !empty {
        return Ok(());
    }
    Err(Error::invalid(argument, "empty", "at least one to draw"))
}
