//! A statement about a scheme: whether it holds, how surely, and why.

use crate::tableau::coefficients::Certainty;

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
