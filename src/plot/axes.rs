//! Ranges, ticks, and the frame that maps values to pixels.

use super::canvas::{Anchor, Canvas, text_width};
use super::{Colour, INK, Point, drawable};

pub(super) const TICK_SIZE: f64 = 11.0;
pub(super) const LABEL_SIZE: f64 = 12.0;
const GRID: Colour = [229, 229, 229];

/// The values an axis shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Range {
    /// What an axis without values shows.
    pub(super) const UNIT: Self = Self { low: 0.0, high: 1.0 };

    pub(super) fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub(super) fn length(&self) -> f64 {
        self.high - self.low
    }

    /// The range of `values` with a margin of `padding` times its length at both ends; `None` if there are no values.
    /// Equal values get a range around them.
    pub(super) fn over(values: impl Iterator<Item = f64>, padding: f64) -> Option<Self> {
        let (low, high) = values.fold((f64::INFINITY, -f64::INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low > high {
            return None;
        }
        let (middle, size) = (low + (high - low) / 2.0, low.abs().max(high.abs()));
        // Below, the ticks would not differ.
        let half = match (high - low) / 2.0 {
            _ if size < 1e-290 => 1.0,
            half if half < 1e-11 * size => 0.1 * size,
            half => half * (1.0 + 2.0 * padding),
        };
        Some(Self { low: middle - half, high: middle + half })
    }

    /// Where `x` lies: 0 at the low end, 1 at the high end.
    pub(super) fn share(&self, x: f64) -> f64 {
        (x - self.low) / (self.high - self.low)
    }

    /// The value at a share of the range.
    pub(super) fn at(&self, share: f64) -> f64 {
        self.low + share * (self.high - self.low)
    }

    /// About `count` round values in the range, at least two, with their labels: multiples of 1, 2 or 5 times a power of ten.
    pub(super) fn ticks(&self, count: f64) -> Vec<(f64, String)> {
        let raw = (self.high - self.low) / count.max(3.0);
        let mut exponent = raw.log10().floor() as i32;
        let factor = match raw / power_of_ten(exponent) {
            f if f < 1.5 => 1.0,
            f if f < 3.5 => 2.0,
            f if f < 7.5 => 5.0,
            _ => 10.0,
        };
        let step = factor * power_of_ten(exponent);
        if factor == 10.0 {
            exponent += 1;
        }
        let (first, last) = ((self.low / step - 1e-9).ceil(), (self.high / step + 1e-9).floor());
        let largest = (first.abs().max(last.abs())) * step;
        (0..=(last - first) as u32)
            .map(|k| {
                let tick = (first + f64::from(k)) * step;
                (tick, label(tick, exponent, largest))
            })
            .collect()
    }
}

/// The labels of the powers of ten in a range of exponents, of several decades each where there are many; between them also
/// 2 and 5 times the powers where there are few.
pub(super) fn decades(range: &Range) -> Vec<(f64, String)> {
    let (first, last) = (range.low.floor() as i32, range.high.ceil() as i32);
    let every = (range.length() / 8.0).ceil().max(1.0) as i32;
    let factors: &[u32] = if range.length() < 2.5 { &[1, 2, 5] } else { &[1] };
    (first..=last)
        .filter(|exponent| exponent % every == 0)
        .flat_map(|exponent| factors.iter().map(move |factor| (*factor, exponent)))
        .map(|(factor, exponent)| {
            let value = f64::from(factor) * power_of_ten(exponent);
            let text = if factors.len() > 1 { label(value, exponent, value) } else { power_label(exponent) };
            (value.log10(), text)
        })
        .filter(|(tick, _)| (range.low - 1e-9..=range.high + 1e-9).contains(tick))
        .collect()
}

fn power_label(exponent: i32) -> String {
    match exponent {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10{}", exponent.to_string().chars().map(superscript).collect::<String>()),
    }
}

fn power_of_ten(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

/// `tick` in decimals down to `10^exponent`, or as a power of ten where `largest` on the axis or the decimals are long.
fn label(tick: f64, exponent: i32, largest: f64) -> String {
    let text = if largest < 1e6 && exponent >= -4 {
        format!("{tick:.*}", exponent.min(0).unsigned_abs() as usize)
    } else if tick == 0.0 {
        "0".to_string()
    } else {
        let digits = (tick.abs().log10().floor() as i32 - exponent).max(0) as usize;
        let text = format!("{tick:.digits$e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        let power: String = power.chars().map(superscript).collect();
        format!("{mantissa}×10{power}")
    };
    text.replace('-', "−")
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        digit => digit.to_digit(10).map_or(digit, |d| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][d as usize]),
    }
}

/// The pixels between ticks, about.
const SPACING: [f64; 2] = [90.0, 44.0];

/// Two axes with their ranges, in a rectangle of pixels.
pub(super) struct Axes {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Range,
    pub(super) y: Range,
}

impl Axes {
    /// The pixels left of the axes that the tick labels of `y` and the axis label take.
    pub(super) fn left_margin(y: Range, height: f64) -> f64 {
        let widest = y.ticks(height / SPACING[1]).iter().map(|(_, l)| text_width(l, TICK_SIZE)).fold(0.0, f64::max);
        widest + LABEL_SIZE + 24.0
    }

    /// The pixel of a point.
    pub(super) fn place(&self, [x, y]: Point) -> [f64; 2] {
        [self.left + self.width * self.x.share(x), self.top + self.height * (1.0 - self.y.share(y))]
    }

    /// The pixels of several points.
    pub(super) fn places(&self, points: &[Point]) -> Vec<[f64; 2]> {
        points.iter().map(|p| self.place(*p)).collect()
    }

    /// The parts of a line that lie in the rectangle, in pixels. Points that cannot be drawn interrupt it.
    pub(super) fn clip(&self, line: &[Point]) -> Vec<Vec<[f64; 2]>> {
        let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
        for pair in line.windows(2).filter(|pair| pair.iter().all(drawable)) {
            let Some([from, to]) = self.inside(pair[0], pair[1]) else { continue };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&from) => part.push(to),
                _ => parts.push(vec![from, to]),
            }
        }
        parts
    }

    /// The pixels of the ends of that part of a piece of line which lies in the rectangle (Liang and Barsky).
    fn inside(&self, from: Point, to: Point) -> Option<[[f64; 2]; 2]> {
        let (mut start, mut end) = (0.0_f64, 1.0_f64);
        for (range, a, b) in [(&self.x, from[0], to[0]), (&self.y, from[1], to[1])] {
            let (a, b) = (range.share(a), range.share(b));
            if a == b {
                if !(0.0..=1.0).contains(&a) {
                    return None;
                }
                continue;
            }
            let (zero, one) = (-a / (b - a), (1.0 - a) / (b - a));
            start = start.max(zero.min(one));
            end = end.min(zero.max(one));
        }
        let at = |s: f64| match s {
            0.0 => from,
            1.0 => to,
            _ => [0, 1].map(|c| from[c] + s * (to[c] - from[c])),
        };
        (start <= end).then(|| [self.place(at(start)), self.place(at(end))])
    }

    /// Whether a point lies in the rectangle.
    pub(super) fn contains(&self, [x, y]: Point) -> bool {
        [self.x.share(x), self.y.share(y)].iter().all(|share| (0.0..=1.0).contains(share))
    }

    /// A light grid, thin axes at the left and below, ticks and labels; those of `x` only `with_x`.
    pub(super) fn draw(&self, canvas: &mut Canvas, [x_label, y_label]: [&str; 2], with_x: bool) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for (x, label) in self.x.ticks(self.width / SPACING[0]) {
            let x = self.left + self.width * self.x.share(x);
            canvas.line(&[[x, self.top], [x, bottom]], GRID, 0.7);
            if with_x {
                canvas.line(&[[x, bottom], [x, bottom + 4.0]], INK, 0.8);
                canvas.text(&label, [x, bottom + 13.0], TICK_SIZE, INK, Anchor::Middle);
            }
        }
        for (y, label) in self.y.ticks(self.height / SPACING[1]) {
            let y = self.top + self.height * (1.0 - self.y.share(y));
            canvas.line(&[[self.left, y], [right, y]], GRID, 0.7);
            canvas.line(&[[self.left - 4.0, y], [self.left, y]], INK, 0.8);
            canvas.text(&label, [self.left - 7.0, y], TICK_SIZE, INK, Anchor::Right);
        }
        canvas.line(&[[self.left, self.top], [self.left, bottom], [right, bottom]], INK, 0.8);
        canvas.text(y_label, [LABEL_SIZE, self.top + self.height / 2.0], LABEL_SIZE, INK, Anchor::Upward);
        if with_x {
            canvas.text(x_label, [self.left + self.width / 2.0, bottom + 32.0], LABEL_SIZE, INK, Anchor::Middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(low: f64, high: f64, count: f64) -> Vec<String> {
        Range { low, high }.ticks(count).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(-0.1, 1.1, 6.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(1899.0, 1921.0, 5.0), ["1900", "1905", "1910", "1915", "1920"]);
        assert_eq!(labels(-12.0, 12.0, 3.0), ["−10", "0", "10"]);
        assert_eq!(labels(0.0, 3.1e6, 3.0), ["0", "1×10⁶", "2×10⁶", "3×10⁶"]);
        assert_eq!(labels(-1.6e-7, 1.1e-7, 6.0), ["−1.5×10⁻⁷", "−1×10⁻⁷", "−5×10⁻⁸", "0", "5×10⁻⁸", "1×10⁻⁷"]);
        assert_eq!(labels(0.0, 1.2, 0.1), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn equal_values_get_a_range() {
        assert_eq!(Range::over([0.0; 2].into_iter(), 0.1), Some(Range { low: -1.0, high: 1.0 }));
        assert_eq!(Range::over([5.0].into_iter(), 0.1), Some(Range { low: 4.5, high: 5.5 }));
        assert_eq!(Range::over([1.0, 3.0].into_iter(), 0.25), Some(Range { low: 0.5, high: 3.5 }));
        assert_eq!(Range::over([].into_iter(), 0.1), None);
    }

    #[test]
    fn powers_of_ten_are_labelled() {
        let labels = |low, high| decades(&Range { low, high }).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(labels(-3.0, 2.0), ["10⁻³", "10⁻²", "10⁻¹", "1", "10", "10²"]);
        assert_eq!(labels(-1.0, 0.5), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(-8.2, 3.0), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "10²"]);
    }

    #[test]
    fn lines_are_clipped_at_the_rectangle() {
        let unit = Range { low: -1.0, high: 1.0 };
        let axes = Axes { left: 0.0, top: 0.0, width: 200.0, height: 100.0, x: unit, y: unit };
        // In, out through the right, back in, across the lower left corner.
        let line = [[0.0, 0.0], [2.0, 0.0], [2.0, 0.5], [0.0, 0.5], [0.0, f64::NAN], [-1.5, 0.0], [0.0, -1.5]];
        let expected =
            [vec![[100.0, 50.0], [200.0, 50.0]], vec![[200.0, 25.0], [100.0, 25.0]], vec![[0.0, 75.0], [50.0, 100.0]]];
        assert_eq!(axes.clip(&line), expected);
        assert!(axes.clip(&[[-3.0, 0.0], [0.0, 3.0]]).is_empty());
        assert!(axes.clip(&[[-3.0, 2.0], [3.0, 2.0]]).is_empty());
        assert!(axes.contains([1.0, -1.0]) && !axes.contains([1.1, 0.0]) && !axes.contains([0.0, f64::NAN]));
    }

    proptest! {
        #[test]
        fn ticks_differ_lie_in_the_range_and_are_not_many(
            size in -300..300, a in -9.99..9.99, difference in prop_oneof![Just(0.0), 1e-15..1.0], count in 1.0..20.0
        ) {
            let a = a * power_of_ten(size);
            let range = Range::over([a, a * (1.0 + difference)].into_iter(), 0.05).unwrap();
            let ticks = range.ticks(count);
            // A step is at least 2 / 3.5 of the range over `count`.
            prop_assert!((2..=36).contains(&ticks.len()), "{} ticks", ticks.len());
            for (tick, _) in &ticks {
                prop_assert!((-1e-6..1.0 + 1e-6).contains(&range.share(*tick)), "{tick} is not in {range:?}");
            }
            for pair in ticks.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{pair:?}");
            }
        }
    }
}
