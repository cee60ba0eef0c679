//! Verification of schemes: everything about a tableau, a partitioned pair or an additive scheme by one call.
//!
//! [`verify`] gives a [`Report`] that prints as a table, is written as JSON, and holds what is
//! [claimed](crate::tableau::Claims) of the scheme against what is found; a false claim is an [`Error`] that names
//! the violated condition and its residual. The command `kutta verify` does the same for names and files.
//!
//! # Proofs and tolerances
//!
//! A scheme computes with doubles; what they stand for decides how surely something is known of it ([`coefficients`]):
//!
//! | numbers | verdicts are |
//! | --- | --- |
//! | fractions, square roots and short decimals, as they are written in a file or in the catalogue | [proved](Certainty::Proved) |
//! | doubles, each of them nearest to a fraction with a denominator of at most 20 000 | the same for these fractions: [recognised](Certainty::Recognised) |
//! | other doubles | right [to a tolerance](Certainty::ToTolerance), relative to the terms of what is computed |
//! | decimals of more than six digits, taken for roundings | right to [what the digits allow](Certainty::ToDigits) |
//!
//! Decimals of up to six digits are exact; longer ones are known to half a unit of their last digit. For doubles of which no
//! digits are known, the tolerance is 10⁻¹² unless the scheme's sums, or conditions of low order, show that it was given to
//! fewer digits, or to more. The same formulas are used for all: they are generic over a [`Scalar`](scalar::Scalar). Fractions and square
//! roots are exact; a double knows the size of the terms it is the sum of, and a coefficient of a stability function the
//! radius within which it lies ([`ball`]). Where analysis needs the zeros of polynomials with square roots, it uses
//! enclosures of these: what is missed is missed for sure, what is met is met to 10⁻⁶⁰.
//!
//! # Where is what
//!
//! | question | answered in |
//! | --- | --- |
//! | rooted trees, their functions and numbers | [`tree`], [`tree_table`] |
//! | elementary weights and order conditions, for several tableaux too | [`weights`], [`order`] |
//! | simplifying conditions and stage order | [`simplifying`] |
//! | error coefficients by tree, principal error norm | [`error_coefficients`] |
//! | composition, modified equations, conserved and effective orders | [`b_series`] |
//! | the stability function, its poles; A-, I-, L-stability, sectors, intervals | [`stability_function`] |
//! | SSP coefficient, contractivity | [`monotonicity`] |
//! | oscillations: dispersion and dissipation, pairs on the oscillator | [`phase`], [`oscillator`] |
//! | implicit-explicit schemes on stiff terms | [`additive`] |
//! | redundant stages | [`reduction`] |
//! | adjoint, transposed, composed, conjugate schemes | [`Tableau::adjoint`] and its neighbours |
//! | property tests for integrators of any kind | `properties` (feature `proptest`) |
//!
//! # What doubles can tell
//!
//! Collocation schemes of any number of stages are recognised: their order follows from Butcher's simplifying conditions
//! and the number of their nodes, without trees. For ten stages the conditions of order 20 hold to about 10⁻¹⁶, and that of
//! order 21 is missed by 10⁻¹²: it would be told apart still. Schemes without such structure are tried up to order 12.
//!
//! ```
//! use kutta::Tableau;
//! use kutta::verify::{Certainty, verify};
//!
//! // A scheme with a false label.
//! let report = verify(&Tableau::rk4().of_order(5));
//! let error = report.check_claims().unwrap_err().to_string();
//! assert!(error.starts_with("rk4: the claim order = 5 is false, it is 4"), "{error}");
//! assert_eq!(report.a_stable.certainty, Certainty::Proved);
//! # Ok::<(), kutta::Error>(())
//! ```

pub mod additive;
pub mod b_series;
pub mod ball;
pub mod coefficients;
pub mod conserved_order;
mod determinant;
mod digits;
pub mod effective_order;
pub mod error_coefficients;
mod fact;
mod judge;
pub mod monotonicity;
mod operations;
pub mod order;
#[cfg(test)]
mod order_oracles;
pub mod oscillator;
mod pair;
mod pair_report;
#[cfg(test)]
mod partitioned_oracles;
pub mod phase;
pub mod polynomial;
mod quadratic;
mod quotient;
pub mod reduction;
mod region;
mod report;
pub mod roots;
pub mod scalar;
pub mod simplifying;
mod stability;
pub mod stability_function;
mod symmetry;
#[cfg(test)]
mod test_schemes;
pub mod tree;
pub mod tree_table;
mod verdict;
pub mod weights;

pub use fact::{Claim, Fact, Value};
pub use pair_report::{AdditiveReport, PartitionedReport};
pub use report::Report;
pub use verdict::{Certainty, Verdict};

use crate::tableau::{AdditiveTableau, PartitionedTableau, Scheme};
use crate::{Error, Tableau};

/// Everything about a scheme, by one call.
///
/// ```
/// use kutta::Tableau;
/// use kutta::verify::verify;
///
/// let report = verify(&Tableau::radau_iia(3)?);
/// println!("{report}");
/// assert_eq!((report.order, report.stage_order), (5, 3));
/// assert!(report.l_stable.holds && report.algebraically_stable.holds && !report.symmetric.holds);
/// report.check_claims()?;
/// # Ok::<(), kutta::Error>(())
/// ```
pub fn verify<S: Verifiable>(scheme: &S) -> S::Report {
    scheme.report(None)
}

/// As [`verify`], with orders sought up to `order` only, or further than is done by default.
///
/// ```
/// use kutta::Tableau;
/// let report = kutta::verify::verify_up_to(&Tableau::gauss(3)?, 4);
/// assert_eq!((report.order, report.order_found.is_known), (6, true), "known without trees");
/// # Ok::<(), kutta::Error>(())
/// ```
pub fn verify_up_to<S: Verifiable>(scheme: &S, order: usize) -> S::Report {
    scheme.report(Some(order))
}

/// What [`verify`] can be asked about.
pub trait Verifiable {
    /// What is found.
    type Report;

    /// Everything that is found, orders sought up to `order`, or as far as is reasonable.
    fn report(&self, order: Option<usize>) -> Self::Report;
}

impl Verifiable for Tableau {
    type Report = Report;
    fn report(&self, order: Option<usize>) -> Report {
        Report::of(self, order)
    }
}

impl Verifiable for PartitionedTableau {
    type Report = Result<PartitionedReport, Error>;
    fn report(&self, order: Option<usize>) -> Self::Report {
        PartitionedReport::of(self, order)
    }
}

impl Verifiable for AdditiveTableau {
    /// An error if there are more than 254 parts.
    type Report = Result<AdditiveReport, Error>;
    fn report(&self, order: Option<usize>) -> Self::Report {
        AdditiveReport::of(self, order)
    }
}

impl Verifiable for Scheme {
    type Report = Result<AnyReport, Error>;
    fn report(&self, order: Option<usize>) -> Self::Report {
        Ok(match self {
            Scheme::Tableau(scheme) => AnyReport::Tableau(Box::new(scheme.report(order))),
            Scheme::Partitioned(scheme) => AnyReport::Partitioned(Box::new(scheme.report(order)?)),
            Scheme::Additive(scheme) => AnyReport::Additive(Box::new(scheme.report(order)?)),
        })
    }
}

/// The report of a scheme of any kind.
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
}

impl AnyReport {
    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            AnyReport::Tableau(report) => report.facts(),
            AnyReport::Partitioned(report) => report.facts(),
            AnyReport::Additive(report) => report.facts(),
        }
    }

    /// The claims made for the scheme, each with what was found.
    pub fn claims(&self) -> &[Claim] {
        match self {
            AnyReport::Tableau(report) => &report.claims,
            AnyReport::Partitioned(report) => &report.claims,
            AnyReport::Additive(report) => &report.claims,
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
        }
    }
}

impl std::fmt::Display for AnyReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AnyReport::Tableau(report) => report.fmt(f),
            AnyReport::Partitioned(report) => report.fmt(f),
            AnyReport::Additive(report) => report.fmt(f),
        }
    }
}
