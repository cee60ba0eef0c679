//! The report of a scheme, or a method, of any kind.

use super::{AdditiveReport, Claim, Fact, GeneralLinearReport, MultistepReport, PartitionedReport, Report};
use crate::Error;

/// The report of a scheme, or a method, of any kind.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum AnyReport {
    /// Of a tableau.
    Tableau(Box<Report>),
    /// Of a partitioned pair.
    Partitioned(Box<PartitionedReport>),
    /// Of an additive scheme.
    Additive(Box<AdditiveReport>),
    /// Of a multistep method.
    Multistep(Box<MultistepReport>),
    /// Of another method that carries several vectors.
    GeneralLinear(Box<GeneralLinearReport>),
}

impl AnyReport {
    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            AnyReport::Tableau(report) => report.facts(),
            AnyReport::Partitioned(report) => report.facts(),
            AnyReport::Additive(report) => report.facts(),
            AnyReport::Multistep(report) => report.facts(),
            AnyReport::GeneralLinear(report) => report.facts(),
        }
    }

    /// The claims made for the scheme, each with what was found.
    pub fn claims(&self) -> &[Claim] {
        match self {
            AnyReport::Tableau(report) => &report.claims,
            AnyReport::Partitioned(report) => &report.claims,
            AnyReport::Additive(report) => &report.claims,
            AnyReport::Multistep(report) => &report.claims,
            AnyReport::GeneralLinear(report) => report.claims(),
        }
    }

    /// Whether every claim made for the scheme holds.
    ///
    /// # Errors
    /// [`Error::FalseClaim`] for the first that does not, with the violated condition and its residual.
    pub fn check_claims(&self) -> Result<(), Error> {
        match self {
            AnyReport::Tableau(report) => report.check_claims(),
            AnyReport::Partitioned(report) => report.check_claims(),
            AnyReport::Additive(report) => report.check_claims(),
            AnyReport::Multistep(report) => report.check_claims(),
            AnyReport::GeneralLinear(_) => Ok(()),
        }
    }
}

impl std::fmt::Display for AnyReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AnyReport::Tableau(report) => report.fmt(f),
            AnyReport::Partitioned(report) => report.fmt(f),
            AnyReport::Additive(report) => report.fmt(f),
            AnyReport::Multistep(report) => report.fmt(f),
            AnyReport::GeneralLinear(report) => report.fmt(f),
        }
    }
}
