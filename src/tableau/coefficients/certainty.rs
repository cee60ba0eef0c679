//! How surely something is known of a scheme.

use std::fmt;

/// How surely a statement holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Certainty {
    /// Decided in exact arithmetic, for the numbers as they are written.
    Proved,
    /// Decided in exact arithmetic, for the simple fractions that were recognised in doubles.
    Recognised,
    /// Decided in rounded arithmetic: conditions are met, or missed by more than this, relative to the size of their terms.
    ToTolerance(f64),
    /// The same, of decimals that are roundings: to what the digits allow that were written, and doubles.
    ToDigits(f64),
    /// Not decided: the search for an answer was given up.
    Undecided,
}

/// Numbers of which only doubles are known are right to this, if nothing tells otherwise.
pub(crate) const TOLERANCE: f64 = 1e-12;

impl Certainty {
    /// The accuracy of the numbers that statements are about, relative to the terms of any sum they are in; 0 if they are
    /// exact.
    pub fn tolerance(self) -> f64 {
        match self {
            Certainty::Proved | Certainty::Recognised | Certainty::Undecided => 0.0,
            Certainty::ToTolerance(tolerance) => tolerance,
            Certainty::ToDigits(tolerance) => tolerance.max(TOLERANCE),
        }
    }

    /// The certainty of what depends on both.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Certainty::Undecided, _) | (_, Certainty::Undecided) => Certainty::Undecided,
            (Certainty::Proved, least) | (least, Certainty::Proved) => least,
            (Certainty::Recognised, least) | (least, Certainty::Recognised) => least,
            (Certainty::ToTolerance(x), Certainty::ToTolerance(y)) => Certainty::ToTolerance(x.max(y)),
            (
                Certainty::ToTolerance(x) | Certainty::ToDigits(x),
                Certainty::ToTolerance(y) | Certainty::ToDigits(y),
            ) => Certainty::ToDigits(x.max(y)),
        }
    }

    /// The same, but for another tolerance, if there is one.
    pub(crate) fn with_tolerance(self, tolerance: f64) -> Self {
        match self {
            Certainty::ToTolerance(_) | Certainty::ToDigits(_) => Certainty::ToTolerance(tolerance),
            exact => exact,
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Certainty::Proved => f.pad("proved"),
            Certainty::Recognised => f.pad("recognised"),
            Certainty::ToTolerance(_) | Certainty::ToDigits(_) => f.pad(&format!("to {:.0e}", self.tolerance())),
            Certainty::Undecided => f.pad("undecided"),
        }
    }
}
