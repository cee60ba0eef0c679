//! What arguments may be.

use kutta::tableau::Scheme;
use kutta::{Error, Tableau};
use std::ffi::OsStr;
use std::path::Path;
use std::str::FromStr;

fn number(text: &str) -> Result<f64, String> {
    let x: f64 = text.trim().parse().map_err(|_| "expected a number".to_string())?;
    if x.is_finite() { Ok(x) } else { Err("expected a finite number".to_string()) }
}

pub fn finite(text: &str) -> Result<f64, String> {
    number(text)
}

pub fn positive(text: &str) -> Result<f64, String> {
    number(text).ok().filter(|&x| x > 0.0).ok_or_else(|| "expected a positive number".to_string())
}

pub fn not_negative(text: &str) -> Result<f64, String> {
    number(text).ok().filter(|&x| x >= 0.0).ok_or_else(|| "expected a number, at least 0".to_string())
}

/// A number from 0 to 1, less than 1.
pub fn decay(text: &str) -> Result<f64, String> {
    number(text).ok().filter(|x| (0.0..1.0).contains(x)).ok_or_else(|| "expected a number in [0, 1)".to_string())
}

/// A number strictly between 0 and 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    number(text).ok().filter(|&x| x > 0.0 && x < 1.0).ok_or_else(|| "expected a number between 0 and 1".to_string())
}

pub fn count(text: &str) -> Result<usize, String> {
    let expected = || format!("expected a whole number, at least 1 and at most {}", usize::MAX);
    text.trim().parse().ok().filter(|&n| n > 0).ok_or_else(expected)
}

/// Where random numbers begin.
pub fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// Anything that the library reads by name.
pub fn by_name<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: Error| e.to_string())
}

/// The scheme of that name, or in that file: one of a single tableau, or a pair for positions and what follows, if that will do.
pub fn scheme(text: &OsStr, pairs: bool) -> Result<Scheme, super::Failure> {
    let name = text.to_string_lossy();
    match (Tableau::by_name(&name), scheme_file(text)) {
        (_, Some(path)) => {
            let scheme = Tableau::from_file(path)?;
            Ok(Scheme::Tableau(if scheme.name().is_empty() { scheme.named(name) } else { scheme }))
        }
        (Ok(scheme), None) => Ok(Scheme::Tableau(scheme)),
        (Err(error), None) => {
            let reason = match Scheme::by_name(&name) {
                Ok(scheme @ Scheme::Partitioned(_)) if pairs => return Ok(scheme),
                Ok(scheme) => format!(
                    "`{name}` is {}: a fit takes one of a single tableau, or a partitioned one with --separable and options \
                     like it",
                    scheme.kind()
                ),
                Err(_) => error.to_string(),
            };
            Err(super::Failure::Usage(format!("--scheme: {reason}; `kutta schemes` lists them all")))
        }
    }
}

/// The file that such a text means, unless it is a name.
pub fn scheme_file(text: &OsStr) -> Option<&Path> {
    let path = Path::new(text);
    let is_name = text.to_str().is_some_and(|name| Tableau::by_name(name).is_ok());
    (!is_name && is_file(path)).then_some(path)
}

/// Whether a text that might be a name looks like a file of schemes, or is a file.
pub fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml" || e == "json") || path.exists()
}

/// A number in as few digits as tell it.
pub fn shown(x: f64) -> String {
    if x == 0.0 || (1e-4..1e15).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// Four digits at most.
pub fn digits(x: f64) -> String {
    format!("{x:.3e}").parse().map_or_else(|_| x.to_string(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert_eq!(positive("1e-3"), Ok(1e-3));
        assert_eq!(count("12"), Ok(12));
        for text in ["0", "-1", "nan", "inf", "x", ""] {
            assert!(positive(text).is_err() && fraction(text).is_err() && count(text).is_err(), "{text}");
        }
        assert!(fraction("1").is_err() && count("1.5").is_err() && decay("-0.1").is_err());
        assert!(not_negative("-1e-9").is_err() && not_negative("nan").is_err() && not_negative("0").is_ok());
        assert!(finite("1e999").is_err() && finite("-2").is_ok() && decay("0").is_ok());
    }

    #[test]
    fn numbers_are_shown_in_few_digits() {
        assert_eq!([1905.0, 1e308, -2.5e-7, 0.0, 0.25].map(shown), ["1905", "1e308", "-2.5e-7", "0", "0.25"]);
    }

    #[test]
    fn schemes_are_names_or_files() {
        assert_eq!(scheme("Radau-IIA-2".as_ref(), false).unwrap().stages(), 2);
        assert!(matches!(scheme("stoermer_verlet".as_ref(), true), Ok(Scheme::Partitioned(_))));
        assert!(scheme("stoermer_verlet".as_ref(), false).is_err());
        assert!(
            matches!(scheme("gaus_2".as_ref(), true), Err(super::super::Failure::Usage(m)) if m.contains("did you mean `gauss_2`?"))
        );
        assert!(matches!(
            scheme("missing.toml".as_ref(), false),
            Err(super::super::Failure::Library(Error::Io { .. }))
        ));
    }
}
