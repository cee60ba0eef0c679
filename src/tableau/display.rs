//! A tableau as a Butcher array.

use std::fmt;

use super::Tableau;

/// A name as it is printed: control characters, which could make a terminal show anything, are spelt out.
pub(crate) fn printable(name: &str) -> String {
    let spelt = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(spelt).collect()
}

/// The name of a scheme at the head of what is printed of it.
pub(super) fn heading(name: &str) -> String {
    if name.is_empty() { "(no name)".to_string() } else { printable(name) }
}

/// The Butcher array: nodes to the left, `A` to the right, below it `b` and, if there are any, the embedded weights.
/// Entries that are fractions with a small denominator are printed as such.
impl fmt::Display for Tableau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = heading(self.name());
        let s = self.stages();
        write!(f, "{name}: {s} stage{}, {}", if s == 1 { "" } else { "s" }, self.structure())?;
        if let Some(order) = self.order() {
            write!(f, ", order {order}")?;
        }
        if let Some(order) = self.embedded_order() {
            write!(f, " ({order})")?;
        }

        write!(f, "\n{}", self.array())
    }
}

/// A Butcher array without a head.
pub(super) struct Array<'a>(&'a Tableau);

impl Tableau {
    pub(super) fn array(&self) -> Array<'_> {
        Array(self)
    }
}

impl fmt::Display for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (t, s) = (self.0, self.0.stages());
        let mut rows: Vec<Vec<String>> = (0..s).map(|i| line(number(t.c()[i]), t.row(i))).collect();
        rows.push(line(String::new(), t.b()));
        rows.extend(t.embedded().map(|weights| line(String::new(), weights)));
        let width = |j: usize| rows.iter().map(|row| row[j].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..=s).map(width).collect();

        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            if i == s {
                let right = widths[1..].iter().map(|w| w + 2).sum::<usize>();
                writeln!(f, " {}─┼{}", "─".repeat(widths[0]), "─".repeat(right))?;
            }
            write!(f, " {:>w$} │", row[0], w = widths[0])?;
            for (entry, w) in row.iter().zip(&widths).skip(1) {
                write!(f, "  {entry:>w$}")?;
            }
        }
        Ok(())
    }
}

fn line(node: String, entries: &[f64]) -> Vec<String> {
    std::iter::once(node).chain(entries.iter().map(|&v| number(v))).collect()
}

/// `x` as a fraction that rounds to it, if there is one with a small denominator; else to ten digits.
pub(crate) fn number(x: f64) -> String {
    match fraction(x.abs()) {
        Some((p, q)) => {
            let sign = if x < 0.0 { "-" } else { "" };
            if q == 1 { format!("{sign}{p}") } else { format!("{sign}{p}/{q}") }
        }
        None if (1e-3..1e6).contains(&x.abs()) => format!("{x:.10}"),
        None => format!("{x:.9e}"),
    }
}

/// The first convergent of the continued fraction of `x ≥ 0` that rounds to `x`. With numerator and denominator below
/// 10⁶ it is hardly ever a coincidence.
fn fraction(x: f64) -> Option<(u64, u64)> {
    const LIMIT: f64 = 1e6;
    let ((mut p0, mut q0), (mut p1, mut q1)) = ((0.0, 1.0), (1.0, 0.0));
    let mut rest = x;
    loop {
        let whole = rest.floor();
        (p0, q0, p1, q1) = (p1, q1, whole * p1 + p0, whole * q1 + q0);
        // Also false for what is not a number.
        if !(p1 < LIMIT && q1 < LIMIT) {
            return None;
        }
        if p1 / q1 == x {
            return Some((p1 as u64, q1 as u64));
        }
        rest = 1.0 / (rest - whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_butcher_array() {
        let expected = "\
radau_iia_2: 2 stages, fully implicit, order 3
 1/3 │  5/12  -1/12
   1 │   3/4    1/4
 ────┼─────────────
     │   3/4    1/4";
        assert_eq!(Tableau::by_name("radau_iia_2").unwrap().to_string(), expected);
        let pair = Tableau::heun().with_embedded([1.0, 0.0]).unwrap().of_embedded_order(1).named("");
        let expected = "\
(no name): 2 stages, explicit, order 2 (1)
 0 │    0    0
 1 │    1    0
 ──┼──────────
   │  1/2  1/2
   │    1    0";
        assert_eq!(pair.to_string(), expected);
    }

    #[test]
    fn numbers_are_fractions_where_they_are_simple() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-1.0, "-1"),
            (1.0 / 3.0, "1/3"),
            (-92097.0 / 339200.0, "-92097/339200"),
            (std::f64::consts::FRAC_1_SQRT_2, "0.7071067812"),
            (-1e-300, "-1.000000000e-300"),
            (1e300, "1.000000000e300"),
            (f64::MIN_POSITIVE, "2.225073859e-308"),
        ] {
            assert_eq!(number(x), text);
        }
    }
}
