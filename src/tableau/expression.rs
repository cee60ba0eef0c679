//! Coefficients as they are written in books: `1/6`, `1/2 - sqrt(3)/6`.

use super::entry::Entry;

/// The value of an expression of numbers, `+ - * /`, parentheses and `sqrt(…)`, with the usual precedence. It is exact, and
/// its double the nearest one, where all numbers are exact and roots are of fractions.
///
/// An error says what is wrong and at which character.
pub(super) fn evaluate(text: &str) -> Result<Entry, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser
        .sum()
        .and_then(|value| match parser.peek() {
            None => Ok(value.rounded()),
            Some(c) => Err(parser.error(format!("unexpected `{c}`"))),
        })
        .map_err(|e| {
            let place = text[..e.at].chars().count();
            format!("in `{}`, character {}: {}", excerpt(text, place), place + 1, e.reason)
        })
}

/// What is around a character; all of a text that is short.
fn excerpt(text: &str, place: usize) -> String {
    const WIDTH: usize = 40;
    let length = text.chars().count();
    if length <= 2 * WIDTH {
        return text.to_string();
    }
    let (start, end) = (place.saturating_sub(WIDTH), place + WIDTH);
    let middle: String = text.chars().skip(start).take(end - start).collect();
    format!("{}{middle}{}", if start > 0 { "…" } else { "" }, if end < length { "…" } else { "" })
}

/// No expression a person writes nests deeper; recursion is bounded by it.
const MAX_DEPTH: usize = 64;

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of what comes next, always at a character.
    at: usize,
    depth: usize,
}

struct Fault {
    at: usize,
    reason: String,
}

impl Parser<'_> {
    /// `product (('+' | '-') product)*`
    fn sum(&mut self) -> Result<Entry, Fault> {
        let mut value = self.product()?;
        loop {
            match self.peek() {
                Some('+') => {
                    self.skip();
                    value = value + self.product()?;
                }
                Some('-') => {
                    self.skip();
                    value = value - self.product()?;
                }
                _ => return Ok(value),
            }
        }
    }

    /// `factor (('*' | '/') factor)*`
    fn product(&mut self) -> Result<Entry, Fault> {
        let mut value = self.factor()?;
        loop {
            match self.peek() {
                Some('*') => {
                    self.skip();
                    value = value * self.factor()?;
                }
                Some('/') => {
                    self.skip();
                    let start = self.at;
                    let divisor = self.factor()?;
                    if divisor.is_zero() {
                        return Err(Fault { at: start, reason: "division by zero".to_string() });
                    }
                    value = value / divisor;
                }
                _ => return Ok(value),
            }
        }
    }

    /// `('+' | '-')* (number | '(' sum ')' | 'sqrt' '(' sum ')')`
    fn factor(&mut self) -> Result<Entry, Fault> {
        let mut is_negative = false;
        while let Some(c @ ('+' | '-')) = self.peek() {
            self.skip();
            is_negative ^= c == '-';
        }
        let value = match self.peek() {
            Some('(') => self.parenthesised()?,
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_alphabetic() => self.function()?,
            Some(c) => return Err(self.error(format!("unexpected `{c}`, expected a number"))),
            None => return Err(self.error("the text ends, expected a number".to_string())),
        };
        Ok(if is_negative { -value } else { value })
    }

    fn parenthesised(&mut self) -> Result<Entry, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} nested parentheses")));
        }
        self.skip();
        let value = self.sum()?;
        match self.peek() {
            Some(')') => self.skip(),
            Some(c) => return Err(self.error(format!("unexpected `{c}`, expected `)`"))),
            None => return Err(self.error("the text ends, expected `)`".to_string())),
        }
        self.depth -= 1;
        Ok(value)
    }

    fn function(&mut self) -> Result<Entry, Fault> {
        let start = self.at;
        let rest = &self.text[start..];
        let word = &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())];
        if word != "sqrt" {
            return Err(self.error(format!("unknown word `{word}`, expected a number or `sqrt(…)`")));
        }
        self.at += word.len();
        if self.peek() != Some('(') {
            return Err(self.error("expected `(` after `sqrt`".to_string()));
        }
        let root = self.parenthesised()?.sqrt();
        root.map_err(|x| Fault { at: start, reason: format!("square root of the negative number {x}") })
    }

    /// Digits with at most one point, and an exponent.
    fn number(&mut self) -> Result<Entry, Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        let digits = |from: usize| from + rest[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(0);
        if rest.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if let Some(b'e' | b'E') = rest.get(end) {
            let signed = matches!(rest.get(end + 1), Some(b'+' | b'-'));
            end = digits(end + 1 + usize::from(signed));
        }
        let literal = &self.text[self.at..self.at + end];
        let value = Entry::decimal(literal).ok_or_else(|| self.error(format!("`{literal}` is not a number")))?;
        self.at += end;
        Ok(value)
    }

    /// The next character that is not a space, which `at` then points to.
    fn peek(&mut self) -> Option<char> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    /// Past the character at `at`.
    fn skip(&mut self) {
        self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
    }

    fn error(&self, reason: String) -> Fault {
        Fault { at: self.at, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values() {
        let evaluate = |text: &str| evaluate(text).map(|entry| entry.value);
        for (text, value) in [
            ("1/6", 1.0 / 6.0),
            ("sqrt(3)/6", 3f64.sqrt() / 6.0),
            ("1/2 - sqrt(3)/6", 0.211_324_865_405_187_1),
            ("1 - 1/sqrt(2)", 0.292_893_218_813_452_5),
            ("1/3 + 1/3 - 2/3", 0.0),
            ("sqrt(2)*sqrt(3) - sqrt(6)", 0.0),
            ("sqrt(1/3 + 2/3 - 1)", 0.0),
            (" -(1 + 2) * 3e-1 ", -0.9),
            ("8 - 4 - 2", 2.0),
            ("8/4/2", 1.0),
            ("--2", 2.0),
            ("2*-3", -6.0),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1E+2", 100.0),
            ("sqrt ( (16 - 4) / 3 )", 2.0),
            ("-0", -0.0),
        ] {
            assert_eq!(evaluate(text).unwrap().to_bits(), value.to_bits(), "{text}");
        }
    }

    #[test]
    fn faults_say_what_and_where() {
        for (text, reason) in [
            ("", "in ``, character 1: the text ends, expected a number"),
            ("1/", "in `1/`, character 3: the text ends, expected a number"),
            ("1/(2-2)", "in `1/(2-2)`, character 3: division by zero"),
            ("(1", "in `(1`, character 3: the text ends, expected `)`"),
            ("(1]", "in `(1]`, character 3: unexpected `]`, expected `)`"),
            ("1 2", "in `1 2`, character 3: unexpected `2`"),
            ("½", "in `½`, character 1: unexpected `½`, expected a number"),
            ("1+é(2)", "in `1+é(2)`, character 3: unknown word `é`, expected a number or `sqrt(…)`"),
            ("sqr(3)", "in `sqr(3)`, character 1: unknown word `sqr`, expected a number or `sqrt(…)`"),
            ("sqrt 3", "in `sqrt 3`, character 6: expected `(` after `sqrt`"),
            ("1-sqrt(1-2)", "in `1-sqrt(1-2)`, character 3: square root of the negative number -1"),
            (".", "in `.`, character 1: `.` is not a number"),
            ("1e", "in `1e`, character 1: `1e` is not a number"),
            ("NaN", "in `NaN`, character 1: unknown word `NaN`, expected a number or `sqrt(…)`"),
        ] {
            assert_eq!(evaluate(text).unwrap_err(), reason);
        }
    }

    #[test]
    fn depth_is_bounded_and_length_is_not() {
        let nested = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
        let value = |text: &str| evaluate(text).map(|entry| entry.value);
        assert_eq!(value(&nested(MAX_DEPTH)), Ok(1.0));
        assert!(evaluate(&nested(1_000_000)).unwrap_err().contains("more than 64 nested parentheses"));
        assert_eq!(value(&format!("{}1", "-".repeat(1_000_000))), Ok(1.0));
        assert_eq!(value(&format!("1{}", "+1".repeat(1000))), Ok(1001.0));
        // Neither the number nor the message grows with the text.
        let harmonic: String = (2..4000).map(|k| format!("+1/{k}")).collect();
        assert!(
            evaluate(&format!("1{harmonic}")).is_ok_and(|sum| sum.exact.is_none() && (sum.value - 8.87).abs() < 0.01)
        );
        let roots: String = (2..4000).map(|k| format!("*(1+sqrt({k}))")).collect();
        assert!(evaluate(&format!("1{roots}")).is_ok_and(|product| product.exact.is_none()));
        let fault = evaluate(&format!("1{}", "+1".repeat(1000) + "x" + &"+1".repeat(1000))).unwrap_err();
        assert!(fault.starts_with("in `…+1+1") && fault.contains("1x+1") && fault.chars().count() < 200, "{fault}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9.e+*/() a-zé√-]{0,40}") {
            let _ = evaluate(&text);
        }

        #[test]
        fn reads_back_every_float(x in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(evaluate(&format!("{x:?}")).unwrap().value.to_bits(), x.to_bits());
        }

        #[test]
        fn agrees_with_arithmetic(a in 1u32..99, b in 1u32..99, c in 1u32..99) {
            let (x, y, z) = (f64::from(a), f64::from(b), f64::from(c));
            let near = |text: String, expected: f64| {
                let found = evaluate(&text).unwrap();
                found.exact.is_some() && (found.value - expected).abs() <= 1e-13 * (x + y * z)
            };
            let text = format!("{a}-{b}*sqrt({c})/{a}");
            prop_assert!(near(text, x - y * z.sqrt() / x));
            let text = format!("({a}-{b})/({c}+-{a}/{b})");
            // No fraction of these is so nearly zero.
            if (z - x / y).abs() > 1e-6 {
                prop_assert!(near(text, (x - y) / (z - x / y)));
            } else {
                prop_assert!(evaluate(&text).is_err());
            }
        }
    }
}
