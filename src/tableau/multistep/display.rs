//! A multistep method as a formula.

use std::fmt;

use super::Multistep;
use crate::tableau::display::{heading, number};

/// The formula, its coefficients as fractions where they are simple.
impl fmt::Display for Multistep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, k) = (heading(&self.name), self.steps());
        let kind = if self.is_explicit() { "explicit" } else { "implicit" };
        write!(f, "{name}: {k} step{}, {kind}", if k == 1 { "" } else { "s" })?;
        if let Some(order) = self.claims.order {
            write!(f, ", order {order}")?;
        }
        let place = |j: usize| match j {
            0 => "n+1".to_string(),
            1 => "n".to_string(),
            j => format!("n-{}", j - 1),
        };
        let sum = |of: &[f64], first: usize, letter: &str| {
            let terms = of.iter().enumerate().filter(|(_, x)| **x != 0.0);
            let terms = terms.enumerate().map(|(i, (j, x))| {
                let sign = match (i, *x < 0.0) {
                    (0, false) => "",
                    (0, true) => "-",
                    (_, false) => " + ",
                    (_, true) => " - ",
                };
                let size = if x.abs() == 1.0 { String::new() } else { number(x.abs()) + " " };
                format!("{sign}{size}{letter}_{{{}}}", place(j + first))
            });
            terms.collect::<String>()
        };
        write!(f, "\n y_{{n+1}} = {} + h ({})", sum(&self.alpha, 1, "y"), sum(&self.beta, 0, "F"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_formula() {
        let text = Multistep::bdf(2).unwrap().to_string();
        assert_eq!(text, "bdf_2: 2 steps, implicit, order 2\n y_{n+1} = 4/3 y_{n} - 1/3 y_{n-1} + h (2/3 F_{n+1})");
        let text = Multistep::midpoint().named("").to_string();
        assert_eq!(text, "(no name): 2 steps, explicit, order 2\n y_{n+1} = y_{n-1} + h (2 F_{n})");
    }
}
