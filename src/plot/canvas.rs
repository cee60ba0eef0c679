//! Lines, dots and text in pixels, on plotters' SVG backend.

use super::Colour;
use crate::Error;
use crate::file::write_whole;
use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// The backend counts in integers, we count in pixels: it draws larger by this factor, and the figure is shown smaller.
const SUBPIXELS: f64 = 10.0;

/// The backend divides font sizes by this number.
const FONT_SCALE: f64 = 1.24;

/// Where the given position lies on a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
    /// In the middle of a text that reads upwards.
    Upward,
}

pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    /// The first failure of the backend.
    failure: Option<String>,
}

/// Draws a figure of `width × height` pixels on white and writes it to `path`.
pub(super) fn draw(path: &Path, [width, height]: [f64; 2], figure: impl FnOnce(&mut Canvas)) -> Result<(), Error> {
    let mut svg = String::new();
    let size = [width, height].map(|length| (length * SUBPIXELS).round() as u32);
    let mut canvas = Canvas { backend: SVGBackend::with_string(&mut svg, (size[0], size[1])), failure: None };
    let background = RGBColor(255, 255, 255);
    let drawn = canvas.backend.draw_rect((0, 0), (size[0] as i32, size[1] as i32), &background, true);
    canvas.keep(drawn);
    figure(&mut canvas);
    let drawn = canvas.backend.present();
    canvas.keep(drawn);
    if let Some(failure) = canvas.failure.take() {
        return Err(Error::Io { path: path.to_path_buf(), source: std::io::Error::other(failure) });
    }
    drop(canvas);
    let drawn_size = format!("width=\"{}\" height=\"{}\"", size[0], size[1]);
    let shown_size = format!("width=\"{width:.0}\" height=\"{height:.0}\" stroke-linejoin=\"round\"");
    write_whole(path, svg.replacen(&drawn_size, &shown_size, 1).as_bytes())
}

impl Canvas<'_> {
    fn keep<E: std::fmt::Display>(&mut self, drawn: Result<(), E>) {
        if let Err(failure) = drawn {
            self.failure.get_or_insert(failure.to_string());
        }
    }

    /// A line through `points`, `width` pixels thick.
    pub(super) fn line(&mut self, points: &[[f64; 2]], colour: Colour, width: f64) {
        let mut points: Vec<_> = points.iter().map(|p| place(*p)).collect();
        points.dedup();
        if points.len() > 1 {
            let drawn = self.backend.draw_path(points, &stroke(colour, width));
            self.keep(drawn);
        }
    }

    /// A line of dashes and gaps of the given lengths.
    pub(super) fn dashed(&mut self, points: &[[f64; 2]], colour: Colour, width: f64, [dash, gap]: [f64; 2]) {
        // Walks along the line; `left` is what remains of the dash or gap under way.
        let (mut on, mut left) = (true, dash);
        let mut piece: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let (mut from, to) = (pair[0], pair[1]);
            loop {
                let length = (to[0] - from[0]).hypot(to[1] - from[1]);
                if length < left {
                    left -= length;
                    piece.push(to);
                    break;
                }
                let share = left / length;
                from = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
                piece.push(from);
                if on {
                    self.line(&piece, colour, width);
                }
                on = !on;
                left = if on { dash } else { gap };
                piece = vec![from];
            }
        }
        if on {
            self.line(&piece, colour, width);
        }
    }

    /// A filled circle.
    pub(super) fn dot(&mut self, centre: [f64; 2], radius: f64, colour: Colour) {
        let drawn =
            self.backend.draw_circle(place(centre), (radius * SUBPIXELS).round() as u32, &stroke(colour, 0.0), true);
        self.keep(drawn);
    }

    /// A circle filled with white.
    pub(super) fn ring(&mut self, centre: [f64; 2], radius: f64, colour: Colour) {
        self.dot(centre, radius + 0.5, colour);
        self.dot(centre, radius - 0.6, [255; 3]);
    }

    /// A diagonal cross.
    pub(super) fn cross(&mut self, [x, y]: [f64; 2], radius: f64, colour: Colour) {
        for r in [radius, -radius] {
            self.line(&[[x - radius, y - r], [x + radius, y + r]], colour, 1.2);
        }
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, corners: &[[f64; 2]], colour: Colour) {
        let drawn = self.backend.fill_polygon(corners.iter().map(|p| place(*p)), &stroke(colour, 0.0));
        self.keep(drawn);
    }

    /// A text, centred vertically at `at`.
    pub(super) fn text(&mut self, text: &str, at: [f64; 2], size: f64, colour: Colour, anchor: Anchor) {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let (h_pos, transform) = match anchor {
            Anchor::Left => (HPos::Left, FontTransform::None),
            Anchor::Middle => (HPos::Center, FontTransform::None),
            Anchor::Right => (HPos::Right, FontTransform::None),
            Anchor::Upward => (HPos::Center, FontTransform::Rotate270),
        };
        let font = FontDesc::new(FontFamily::SansSerif, size * SUBPIXELS * FONT_SCALE, FontStyle::Normal);
        let [r, g, b] = colour;
        let colour = RGBColor(r, g, b);
        let style = TextStyle::from(font.transform(transform)).color(&colour).pos(Pos::new(h_pos, VPos::Center));
        let drawn = self.backend.draw_text(&text, &style, place(at));
        self.keep(drawn);
    }
}

/// The width of a text, estimated: the face is the viewer's.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    0.56 * size * text.chars().count() as f64
}

fn place([x, y]: [f64; 2]) -> (i32, i32) {
    ((x * SUBPIXELS).round() as i32, (y * SUBPIXELS).round() as i32)
}

fn stroke([r, g, b]: Colour, width: f64) -> ShapeStyle {
    ShapeStyle { color: RGBColor(r, g, b).to_rgba(), filled: true, stroke_width: (width * SUBPIXELS).round() as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        // 100 pixels in steps that do not divide the pattern: ten dashes of 6 and gaps of 4.
        let points: Vec<_> = (0..=40).map(|k| [2.5 * k as f64, 5.0]).collect();
        draw(&path, [100.0, 10.0], |canvas| canvas.dashed(&points, [0; 3], 1.0, [6.0, 4.0])).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        assert!(svg.starts_with("<svg width=\"100\" height=\"10\""), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 10);
        assert!(svg.contains("points=\"100,50 125,50 150,50 160,50 \""), "{svg}");
    }
}
