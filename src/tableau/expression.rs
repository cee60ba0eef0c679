//! Coefficients as they are written in books: `1/6`, `1/2 - sqrt(3)/6`.

/// The value of an expression of numbers, `+ - * /`, parentheses and `sqrt(…)`, with the usual precedence.
///
/// An error says what is wrong and at which character.
pub(super) fn evaluate(text: &str) -> Result<f64, String> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser
        .sum()
        .and_then(|value| match parser.peek() {
            None => Ok(value),
            Some(c) => Err(parser.error(format!("unexpected `{c}`"))),
        })
        .map_err(|e| format!("in `{text}`, character {}: {}", text[..e.at].chars().count() + 1, e.reason))
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
    fn sum(&mut self) -> Result<f64, Fault> {
        let mut value = self.product()?;
        loop {
            match self.peek() {
                Some('+') => {
                    self.skip();
                    value += self.product()?;
                }
                Some('-') => {
                    self.skip();
                    value -= self.product()?;
                }
                _ => return Ok(value),
            }
        }
    }

    /// `factor (('*' | '/') factor)*`
    fn product(&mut self) -> Result<f64, Fault> {
        let mut value = self.factor()?;
        loop {
            match self.peek() {
                Some('*') => {
                    self.skip();
                    value *= self.factor()?;
                }
                Some('/') => {
                    self.skip();
                    let start = self.at;
                    let divisor = self.factor()?;
                    if divisor == 0.0 {
                        return Err(Fault { at: start, reason: "division by zero".to_string() });
                    }
                    value /= divisor;
                }
                _ => return Ok(value),
            }
        }
    }

    /// `('+' | '-')* (number | '(' sum ')' | 'sqrt' '(' sum ')')`
    fn factor(&mut self) -> Result<f64, Fault> {
        let mut sign = 1.0;
        while let Some(c @ ('+' | '-')) = self.peek() {
            self.skip();
            sign = if c == '-' { -sign } else { sign };
        }
        let value = match self.peek() {
            Some('(') => self.parenthesised()?,
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_alphabetic() => self.function()?,
            Some(c) => return Err(self.error(format!("unexpected `{c}`, expected a number"))),
            None => return Err(self.error("the text ends, expected a number".to_string())),
        };
        Ok(sign * value)
    }

    fn parenthesised(&mut self) -> Result<f64, Fault> {
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

    fn function(&mut self) -> Result<f64, Fault> {
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
        let argument = self.parenthesised()?;
        if argument < 0.0 {
            return Err(Fault { at: start, reason: format!("square root of the negative number {argument}") });
        }
        Ok(argument.sqrt())
    }

    /// Digits with at most one point, and an exponent.
    fn number(&mut self) -> Result<f64, Fault> {
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
        let value = literal.parse::<f64>().map_err(|_| self.error(format!("`{literal}` is not a number")))?;
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
        for (text, value) in [
            ("1/6", 1.0 / 6.0),
            ("sqrt(3)/6", 3f64.sqrt() / 6.0),
            ("1/2 - sqrt(3)/6", 0.5 - 3f64.sqrt() / 6.0),
            ("1 - 1/sqrt(2)", 1.0 - 1.0 / 2f64.sqrt()),
            (" -(1 + 2) * 3e-1 ", -3.0 * 0.3),
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
        assert_eq!(evaluate(&nested(MAX_DEPTH)), Ok(1.0));
        assert!(evaluate(&nested(1_000_000)).unwrap_err().contains("more than 64 nested parentheses"));
        assert_eq!(evaluate(&format!("{}1", "-".repeat(1_000_000))), Ok(1.0));
        assert_eq!(evaluate(&format!("1{}", "+1".repeat(1000))), Ok(1001.0));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9.e+*/() a-zé√-]{0,40}") {
            let _ = evaluate(&text);
        }

        #[test]
        fn reads_back_every_float(x in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(evaluate(&format!("{x:?}")).unwrap().to_bits(), x.to_bits());
        }

        #[test]
        fn agrees_with_arithmetic(a in 1u32..99, b in 1u32..99, c in 1u32..99) {
            let (x, y, z) = (f64::from(a), f64::from(b), f64::from(c));
            prop_assert_eq!(evaluate(&format!("{a}-{b}*sqrt({c})/{a}")), Ok(x - y * z.sqrt() / x));
            prop_assert_eq!(evaluate(&format!("({a}-{b})/({c}+-{a}/{b})")).ok(), (z - x / y != 0.0).then(|| (x - y) / (z - x / y)));
        }
    }
}
