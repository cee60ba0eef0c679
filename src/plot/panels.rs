//! Panels of equal size in rows, under one title and one legend.

use super::axes::{Axes, LABEL_SIZE, Range, TICK_SIZE};
use super::canvas::{Anchor, Canvas, draw, text_width};
use super::legend::{self, Entry};
use super::{Colour, INK, check_any, check_size};
use crate::Error;
use std::path::Path;

/// The values that an axis shows, its ticks and its label.
pub(super) struct Scale<'a> {
    pub(super) range: Range,
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) label: &'a str,
}

pub(super) struct Panel<'a> {
    pub(super) title: &'a str,
    pub(super) x: Scale<'a>,
}

/// Panels that share their vertical axis.
pub(super) struct Panels<'a> {
    pub(super) title: &'a str,
    pub(super) legend: Vec<Entry>,
    pub(super) panels: Vec<Panel<'a>>,
    pub(super) y: Scale<'a>,
    /// Panels in a row, at least one.
    pub(super) columns: usize,
    /// Pixels of each panel.
    pub(super) size: [f64; 2],
}

const GAP: f64 = 18.0;
/// Pixels below a panel that its tick labels and its axis label take.
const BELOW: [f64; 2] = [20.0, 24.0];
const TITLE_SIZE: f64 = 12.0;
const TITLE_HEIGHT: f64 = 20.0;
/// Length of the ticks, which point inwards.
const TICK: f64 = 4.0;

impl Panels<'_> {
    /// Draws the figure to `path`; `contents` draws what panel `k` shows, before its frame.
    ///
    /// [`Error::InvalidArgument`] if the whole would be wider or higher than a figure may be, or without panels.
    pub(super) fn draw(&self, path: &Path, contents: impl Fn(&mut Canvas, &Axes, usize)) -> Result<(), Error> {
        check_any("panels", self.panels.is_empty())?;
        let columns = self.columns.clamp(1, self.panels.len());
        let rows = self.panels.len().div_ceil(columns);
        let [width, height] = self.size;
        let widest = self.y.ticks.iter().map(|(_, l)| text_width(l, TICK_SIZE)).fold(0.0, f64::max);
        let left = widest + LABEL_SIZE + 20.0;
        let row_width = columns as f64 * (width + GAP) - GAP;
        let title_height = if self.title.is_empty() { 0.0 } else { 24.0 };
        let names = if self.panels.iter().all(|p| p.title.is_empty()) { 0.0 } else { TITLE_HEIGHT };
        let top = 10.0 + title_height + legend::layout(&self.legend, row_width).1 + 6.0;
        let row_height = names + height + GAP;
        let title_width = text_width(self.title, 14.0);
        let total =
            [left + row_width.max(title_width) + 14.0, top + row_height * rows as f64 - GAP + BELOW[0] + BELOW[1]];
        check_size("the width of the figure", total[0].ceil() as u32)?;
        check_size("the height of the figure", total[1].ceil() as u32)?;

        draw(path, total, |canvas| {
            canvas.text(self.title, [left, 20.0], 14.0, INK, Anchor::Left);
            legend::draw(canvas, &self.legend, [left, 10.0 + title_height], row_width);
            for (k, panel) in self.panels.iter().enumerate() {
                let (column, row) = (k % columns, k / columns);
                let axes = Axes {
                    left: left + (width + GAP) * column as f64,
                    top: top + names + row_height * row as f64,
                    width,
                    height,
                    x: panel.x.range,
                    y: self.y.range,
                };
                contents(canvas, &axes, k);
                let middle = axes.left + width / 2.0;
                canvas.text(panel.title, [middle, axes.top - TITLE_HEIGHT / 2.0], TITLE_SIZE, INK, Anchor::Middle);
                self.frame(canvas, &axes, panel, [k + columns >= self.panels.len(), column == 0]);
            }
        })
    }

    /// A box with ticks at its four sides; labels below and at the left where they are wanted.
    fn frame(&self, canvas: &mut Canvas, axes: &Axes, panel: &Panel, labelled: [bool; 2]) {
        let (right, bottom) = (axes.left + axes.width, axes.top + axes.height);
        let corners = [[axes.left, axes.top], [right, axes.top], [right, bottom], [axes.left, bottom]];
        let mut ruler = |from: [f64; 2], to: [f64; 2]| canvas.line(&[from, to], INK, 0.8);
        (0..4).for_each(|k| ruler(corners[k], corners[(k + 1) % 4]));
        for (tick, _) in &panel.x.ticks {
            let x = axes.left + axes.width * axes.x.share(*tick);
            ruler([x, bottom], [x, bottom - TICK]);
            ruler([x, axes.top], [x, axes.top + TICK]);
        }
        for (tick, _) in &self.y.ticks {
            let y = axes.top + axes.height * (1.0 - axes.y.share(*tick));
            ruler([axes.left, y], [axes.left + TICK, y]);
            ruler([right, y], [right - TICK, y]);
        }
        if labelled[0] {
            for (tick, label) in &panel.x.ticks {
                let x = axes.left + axes.width * axes.x.share(*tick);
                canvas.text(label, [x, bottom + 11.0], TICK_SIZE, INK, Anchor::Middle);
            }
            let middle = axes.left + axes.width / 2.0;
            canvas.text(panel.x.label, [middle, bottom + BELOW[0] + 9.0], LABEL_SIZE, INK, Anchor::Middle);
        }
        if labelled[1] {
            for (tick, label) in &self.y.ticks {
                let y = axes.top + axes.height * (1.0 - axes.y.share(*tick));
                canvas.text(label, [axes.left - 6.0, y], TICK_SIZE, INK, Anchor::Right);
            }
            canvas.text(self.y.label, [LABEL_SIZE, axes.top + axes.height / 2.0], LABEL_SIZE, INK, Anchor::Upward);
        }
    }
}

/// Thin lines through zero, where it is in the rectangle.
pub(super) fn zero_axes(canvas: &mut Canvas, axes: &Axes, colour: Colour) {
    for line in [[[axes.x.low, 0.0], [axes.x.high, 0.0]], [[0.0, axes.y.low], [0.0, axes.y.high]]] {
        for part in axes.clip(&line) {
            canvas.line(&part, colour, 0.6);
        }
    }
}
