//! The row of marks and their meanings above the axes.

use super::canvas::{Anchor, Canvas, text_width};
use super::{Colour, INK};

const SIZE: f64 = 11.0;
const ROW: f64 = 18.0;
/// The gap between entries.
const GAP: f64 = 14.0;

/// Dashes and gaps in pixels.
pub(super) const DASHES: [f64; 2] = [5.0, 3.0];
pub(super) const LINE_WIDTH: f64 = 1.6;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Dot,
    Ring,
    Line,
    Dashes,
    Patch,
    Cross,
}

impl Mark {
    /// Its width with the gap to the text.
    fn width(self) -> f64 {
        match self {
            Mark::Dot | Mark::Ring | Mark::Cross => 12.0,
            Mark::Line | Mark::Dashes => 27.0,
            Mark::Patch => 22.0,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) colour: Colour,
    pub(super) text: String,
}

/// Places of the entries relative to the first, and the height of all rows.
pub(super) fn layout(entries: &[Entry], width: f64) -> (Vec<[f64; 2]>, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut places = Vec::new();
    for entry in entries {
        let length = entry.mark.width() + text_width(&entry.text, SIZE);
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + ROW);
        }
        places.push([x, y]);
        x += length + GAP;
    }
    (places, if entries.is_empty() { 0.0 } else { y + ROW })
}

/// Draws the entries, the first at `[left, top]`, none further right than `left + width`.
pub(super) fn draw(canvas: &mut Canvas, entries: &[Entry], [left, top]: [f64; 2], width: f64) {
    for (entry, [x, y]) in entries.iter().zip(layout(entries, width).0) {
        let (x, y) = (left + x, top + y + ROW / 2.0);
        let (dot, text) = ([x + 3.0, y], [x + entry.mark.width(), y]);
        let line = [[x, y], [text[0] - 6.0, y]];
        match entry.mark {
            Mark::Dot => canvas.dot(dot, 2.8, entry.colour),
            Mark::Ring => canvas.ring(dot, 2.8, entry.colour),
            Mark::Patch => {
                let (right, [above, below]) = (line[1][0], [y - 5.0, y + 5.0]);
                canvas.polygon(&[[x, above], [right, above], [right, below], [x, below]], entry.colour);
            }
            Mark::Cross => canvas.cross(dot, 2.8, entry.colour),
            Mark::Line => canvas.line(&line, entry.colour, LINE_WIDTH),
            Mark::Dashes => canvas.dashed(&line, entry.colour, LINE_WIDTH, DASHES),
        }
        canvas.text(&entry.text, text, SIZE, INK, Anchor::Left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wrap() {
        let entry = Entry { mark: Mark::Dot, colour: INK, text: "observed".into() };
        let (places, height) = layout(&vec![entry; 5], 250.0);
        assert_eq!(places.iter().map(|p| p[1]).collect::<Vec<_>>(), [0.0, 0.0, 0.0, ROW, ROW]);
        assert_eq!(height, 2.0 * ROW);
        assert_eq!(layout(&[], 100.0).1, 0.0);
    }
}
