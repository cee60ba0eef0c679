//! The one error type of the crate.

use std::fmt::Display;
use std::path::PathBuf;

/// Everything that can go wrong, in variants a caller can act on.
///
/// `Display` names the argument, the value found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A Runge–Kutta tableau that is not one.
    #[error("invalid tableau{}: {reason}", named(.name))]
    InvalidTableau {
        /// Name of the tableau, empty if it has none.
        name: String,
        /// The violated condition, with the values found.
        reason: String,
    },
    /// A name that no entry of the catalogue has.
    #[error("unknown {what} `{name}`{}", suggested(.suggestion, .known))]
    UnknownName {
        /// What was looked up: "scheme", "activation", "solver", …
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The closest name that exists, if any is close.
        suggestion: Option<String>,
        /// The names that exist.
        known: Vec<String>,
    },
    /// Something said of a scheme that is not so.
    #[error(
        "{}: the claim {claim} = {claimed} is false, it is {found}{}",
        scheme_or_it(.scheme), because(.reason)
    )]
    FalseClaim {
        /// Name of the scheme, empty if it has none.
        scheme: String,
        /// What the claim is about: "order", "symplectic", …
        claim: String,
        /// What is claimed.
        claimed: String,
        /// What was found.
        found: String,
        /// The violated condition and its residual.
        reason: String,
    },
    /// Something said of a scheme of which it is not known whether it is so.
    #[error(
        "{}: the claim {claim} = {claimed} is not decided{}",
        scheme_or_it(.scheme), because(.reason)
    )]
    UndecidedClaim {
        /// Name of the scheme, empty if it has none.
        scheme: String,
        /// What the claim is about: "a_stable", "a_alpha", …
        claim: String,
        /// What is claimed.
        claimed: String,
        /// Why it is not decided, and what would decide.
        reason: String,
    },
    /// Two sizes that should agree do not.
    #[error("{argument} has {found} {unit}, expected {expected}")]
    ShapeMismatch {
        /// The argument at fault.
        argument: &'static str,
        /// What is counted: "entries", "components", "samples", …
        unit: &'static str,
        /// The size found.
        found: usize,
        /// The size that would fit.
        expected: usize,
    },
    /// An argument outside the values it may take.
    #[error("{argument} is {value}, expected {expected}")]
    InvalidArgument {
        /// The argument at fault.
        argument: &'static str,
        /// Its value.
        value: String,
        /// The values it may take.
        expected: String,
    },
    /// A number that is NaN or infinite.
    #[error("{what} is not finite{}; reduce the step size, or start from smaller parameters", located(.location))]
    NotFinite {
        /// The quantity.
        what: &'static str,
        /// Step, stage and sample, where they are known.
        location: Option<Location>,
    },
    /// An equation of a step that was not solved to the tolerance.
    #[error(
        "{what} not solved at {location}: {}residual {residual:.3e} after {iterations} iterations, tolerance {tolerance:.1e}; \
         reduce the step size, loosen the tolerance, or choose another solver", contracting(.rate)
    )]
    NotConverged {
        /// Which equations: "stage equations", "adjoint equations", "tangent equations".
        what: &'static str,
        /// Where it happened.
        location: Location,
        /// Residual reached, relative to the size of the state.
        residual: f64,
        /// Iterations spent.
        iterations: usize,
        /// Of the fixed-point iteration, the factor by which the residual changed in an iteration: at 1 or above there is
        /// no contraction, and it was given up early. See [`OdeBlock::contraction`](crate::OdeBlock::contraction).
        rate: Option<f64>,
        /// The tolerance asked for.
        tolerance: f64,
    },
    /// A linear system without a unique solution.
    #[error("the matrix of the {what} is singular at {location}; reduce the step size")]
    Singular {
        /// Which system: "stage equations", "adjoint equations".
        what: &'static str,
        /// Where it happened.
        location: Location,
    },
    /// A step-size controller that cannot meet its tolerance.
    #[error("the tolerance cannot be met at t = {time}: {reason}")]
    ToleranceNotMet {
        /// The time reached.
        time: f64,
        /// What went wrong and what to try.
        reason: String,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file whose contents are not what they should be.
    #[error("{}{}: {reason}", .path.display(), position(*.line, *.column))]
    Parse {
        /// The file, or a name for text that came from elsewhere.
        path: PathBuf,
        /// Line, from 1; 0 if it is unknown.
        line: usize,
        /// Column or field, from 1; 0 if it is unknown.
        column: usize,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// A saved file of a version that this library does not read.
    #[error("{}: format version {found}, this library reads version {expected}", .path.display())]
    IncompatibleVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: u64,
        /// The version understood.
        expected: u64,
    },
}

/// A place in a chain of steps. All indices count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Step of the block.
    pub step: usize,
    /// Stage of the scheme; the first of them for stages solved together.
    pub stage: usize,
    /// Sample of the batch.
    pub sample: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}, stage {}, sample {}", self.step, self.stage, self.sample)
    }
}

/// Most names that a message lists.
const MOST_LISTED: usize = 12;

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" `{name}`") }
}

fn scheme_or_it(name: &str) -> &str {
    if name.is_empty() { "the scheme" } else { name }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn suggested(suggestion: &Option<String>, known: &[String]) -> String {
    match suggestion {
        Some(suggestion) => format!("; did you mean `{suggestion}`?"),
        None if known.len() <= MOST_LISTED => format!("; there are {}", known.join(", ")),
        None => format!("; there are {}, … ({} in all)", known[..MOST_LISTED].join(", "), known.len()),
    }
}

fn contracting(rate: &Option<f64>) -> String {
    match rate {
        None => String::new(),
        Some(rate) if *rate < 1.0 => format!("the fixed-point iteration is slow: rate {rate:.3}; "),
        Some(rate) => format!("the fixed-point iteration does not contract: rate {rate:.3}; "),
    }
}

fn located(location: &Option<Location>) -> String {
    location.map_or_else(String::new, |l| format!(" at {l}"))
}

fn position(line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!(", line {line}"),
        (line, column) => format!(", line {line}, column {column}"),
    }
}

impl Error {
    /// The error of an unknown name, with the closest of `known` as a suggestion.
    pub(crate) fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let suggestion = known
            .iter()
            .map(|k| (strsim::damerau_levenshtein(&name.to_lowercase(), &k.to_lowercase()), *k))
            .min()
            .filter(|(distance, k)| *distance <= 1 + k.len().max(name.len()) / 3)
            .map(|(_, k)| k.to_string());
        let known = known.into_iter().map(str::to_string).collect();
        Error::UnknownName { what, name: name.to_string(), suggestion, known }
    }

    /// Whether other parameters might do better.
    pub(crate) fn is_of_parameters(&self) -> bool {
        matches!(self, Error::NotConverged { .. } | Error::NotFinite { .. } | Error::Singular { .. })
    }

    /// The same error, for step `step` of a chain and the samples that a chunk's columns stand for.
    pub(crate) fn relocated(mut self, step: usize, samples: &[usize]) -> Self {
        if let Some(location) = self.location() {
            location.step = step;
        }
        self.of_samples(samples)
    }

    /// The same error, of these samples instead of the first ones.
    pub(crate) fn of_samples(mut self, samples: &[usize]) -> Self {
        if let Some(location) = self.location() {
            location.sample = samples.get(location.sample).copied().unwrap_or(location.sample);
        }
        self
    }

    /// The sample whose equations are at fault, if that is known.
    pub(crate) fn sample(&self) -> Option<usize> {
        match self {
            Error::NotConverged { location, .. }
            | Error::Singular { location, .. }
            | Error::NotFinite { location: Some(location), .. } => Some(location.sample),
            _ => None,
        }
    }

    /// Where it happened, if that is known.
    fn location(&mut self) -> Option<&mut Location> {
        match self {
            Error::NotConverged { location, .. }
            | Error::Singular { location, .. }
            | Error::NotFinite { location: Some(location), .. } => Some(location),
            _ => None,
        }
    }

    /// An argument outside the values it may take.
    pub(crate) fn invalid(argument: &'static str, value: impl Display, expected: impl Into<String>) -> Self {
        Error::InvalidArgument { argument, value: value.to_string(), expected: expected.into() }
    }

    /// Refuses derivatives of a forward pass that did not come to its end.
    pub(crate) fn check_passed(has_passed: bool) -> Result<(), Error> {
        match has_passed {
            true => Ok(()),
            false => {
                Err(Error::invalid("the last forward pass", "none, or one that failed", "one that came to its end"))
            }
        }
    }

    /// `Ok` if the two sizes agree.
    pub(crate) fn check_len(
        argument: &'static str,
        unit: &'static str,
        found: usize,
        expected: usize,
    ) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Error::ShapeMismatch { argument, unit, found, expected }) }
    }
}
