//! Grey images in rows.

use super::canvas::{Anchor, Canvas, draw, text_width};
use super::{Colour, INK, check_any, check_size};
use crate::Error;
use std::path::Path;

/// A grey image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// What stands below it.
    pub caption: String,
    /// Pixels of a row.
    pub width: usize,
    /// Its pixels, row by row, from 0, which is black, to 1, which is white; those beyond are drawn as these.
    pub pixels: Vec<f32>,
}

/// A figure of images.
///
/// ```
/// use kutta::plot::{Picture, Pictures, pictures};
/// let slope = Picture { caption: "slope".into(), width: 2, pixels: vec![0.0, 0.3, 0.6, 0.9] };
/// let folder = tempfile::tempdir()?;
/// pictures(folder.path().join("slope.svg"), &Pictures { pictures: vec![slope], ..Default::default() })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// Title above the figure; none if empty.
    pub title: String,
    /// The images.
    pub pictures: Vec<Picture>,
    /// Images in a row, at least one; 8 by default.
    pub columns: usize,
    /// Width of the images in pixels of the figure, 80 to 10 000; 84 by default.
    pub size: u32,
}

impl Default for Pictures {
    fn default() -> Self {
        Pictures { title: String::new(), pictures: Vec::new(), columns: 8, size: 84 }
    }
}

const GAP: f64 = 12.0;
const MARGIN: f64 = 12.0;
const CAPTION: f64 = 11.0;
const CAPTION_HEIGHT: f64 = 18.0;

/// Draws `figure` as an SVG file at `path`.
///
/// # Errors
/// [`Error::InvalidArgument`] for a size out of bounds, or if there is nothing to draw; [`Error::ShapeMismatch`] for an image
/// with a row that is not full; [`Error::Io`] if the file cannot be written.
pub fn pictures(path: impl AsRef<Path>, figure: &Pictures) -> Result<(), Error> {
    check_size("size", figure.size)?;
    check_any("pictures", figure.pictures.is_empty())?;
    for picture in &figure.pictures {
        check_any("a picture", picture.width == 0 || picture.pixels.is_empty())?;
        let full = picture.pixels.len().next_multiple_of(picture.width);
        Error::check_len("a picture", "pixels", picture.pixels.len(), full)?;
    }
    let size = f64::from(figure.size);
    let height = |picture: &Picture| size * (picture.pixels.len() / picture.width) as f64 / picture.width as f64;
    let row_height = figure.pictures.iter().map(height).fold(0.0, f64::max) + CAPTION_HEIGHT + GAP;
    let columns = figure.columns.clamp(1, figure.pictures.len());
    let top = MARGIN + if figure.title.is_empty() { 0.0 } else { 24.0 };
    let width = (columns as f64 * (size + GAP) - GAP).max(text_width(&figure.title, 14.0)) + 2.0 * MARGIN;
    let total = top + row_height * figure.pictures.len().div_ceil(columns) as f64 - GAP + MARGIN;
    draw(path.as_ref(), [width, total], |canvas| {
        canvas.text(&figure.title, [MARGIN, 20.0], 14.0, INK, Anchor::Left);
        for (k, picture) in figure.pictures.iter().enumerate() {
            let [x, y] = [MARGIN + (k % columns) as f64 * (size + GAP), top + (k / columns) as f64 * row_height];
            paint(canvas, picture, [x, y], size / picture.width as f64);
            let below = [x + size / 2.0, y + height(picture) + CAPTION_HEIGHT / 2.0];
            canvas.text(&picture.caption, below, CAPTION, INK, Anchor::Middle);
        }
    })
}

/// Draws an image with its first pixel at a place, runs of equal pixels at once, on black.
fn paint(canvas: &mut Canvas, picture: &Picture, [left, top]: [f64; 2], pixel: f64) {
    let mut rectangle = |[x, y]: [usize; 2], [width, height]: [usize; 2], colour: Colour| {
        let ([x, y], [width, height]) = ([x, y].map(|i| i as f64 * pixel), [width, height].map(|n| n as f64 * pixel));
        let [x, y] = [left + x, top + y];
        canvas.polygon(&[[x, y], [x + width, y], [x + width, y + height], [x, y + height]], colour);
    };
    // What is not a number is black too.
    let grey = |pixel: &f32| (255.0 * pixel.clamp(0.0, 1.0)).round() as u8;
    rectangle([0, 0], [picture.width, picture.pixels.len() / picture.width], [0; 3]);
    for (y, row) in picture.pixels.chunks_exact(picture.width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| grey(a) == grey(b)) {
            match grey(&run[0]) {
                0 => {}
                level => rectangle([x, y], [run.len(), 1], [level; 3]),
            }
            x += run.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(figure: &Pictures) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        pictures(&path, figure).map(|()| std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn runs_of_equal_pixels_are_drawn_at_once() {
        let picture = Picture { caption: "three".into(), width: 4, pixels: [0.0, 0.5, 0.5, 1.0].repeat(2) };
        let figure = Pictures { pictures: vec![picture], size: 80, ..Default::default() };
        let text = svg(&figure).unwrap();
        // The ground, and two runs a row.
        assert_eq!(text.matches("<polygon").count(), 5, "{text}");
        assert!(text.contains("#808080") && text.contains("#FFFFFF") && text.contains("three"), "{text}");
        let strange = [f32::NAN, -3.0, 7.0, f32::INFINITY].to_vec();
        let figure =
            Pictures { pictures: vec![Picture { caption: String::new(), width: 2, pixels: strange }], ..figure };
        assert_eq!(svg(&figure).unwrap().matches("<polygon").count(), 2);
    }

    #[test]
    fn refuses_what_it_cannot_draw() {
        let refusal = |width, pixels: &[f32]| {
            let picture = Picture { caption: String::new(), width, pixels: pixels.to_vec() };
            svg(&Pictures { pictures: vec![picture], ..Default::default() }).unwrap_err().to_string()
        };
        assert_eq!(refusal(0, &[0.5]), "a picture is empty, expected at least one to draw");
        assert_eq!(refusal(2, &[]), "a picture is empty, expected at least one to draw");
        assert_eq!(refusal(2, &[0.5; 3]), "a picture has 3 pixels, expected 4");
        assert!(svg(&Pictures::default()).unwrap_err().to_string().starts_with("pictures is empty"));
    }
}
