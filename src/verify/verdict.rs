//! A statement about a scheme: whether it holds, how surely, and why.

use std::fmt;

/// Whether a property holds, how surely, and what decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether the property holds.
    pub holds: bool,
    /// How surely.
    pub certainty: Certainty,
    /// What decided: the violated condition with its residual, or the condition that holds.
    pub reason: String,
}

/// How surely a statement holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Certainty {
    /// Decided in exact arithmetic.
    Proved,
    /// Decided in rounded arithmetic: conditions are met, or missed by more than this, relative to the size of their terms.
    ToTolerance(f64),
}

impl Certainty {
    /// The certainty of what is decided with numbers accurate to `tolerance`; 0 means exact.
    pub fn of(tolerance: f64) -> Self {
        if tolerance == 0.0 { Certainty::Proved } else { Certainty::ToTolerance(tolerance) }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Certainty::Proved => f.pad("proved"),
            Certainty::ToTolerance(tolerance) => f.pad(&format!("to {tolerance:.0e}")),
        }
    }
}
