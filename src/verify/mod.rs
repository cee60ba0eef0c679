//! Verification of schemes: everything about a tableau, a partitioned pair, an additive scheme, a multistep method, or any other
//! [`Method`], by one call.
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
//! | multistep methods: order, one-leg twins, zero-stability, symmetry | [`multistep`] |
//! | general linear methods: zero-stability, the way back, forms that are kept; order | [`general_linear`], [`general_linear_order`] |
//! | growth factors of both: A(α)-stability, intervals | [`growth`] |
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

// One room uses another in this order: exact, then stability and geometry, then multistep, then general_linear, then trees, then
// report.
mod exact;
pub mod general_linear;
mod geometry;
pub mod multistep;
mod report;
mod stability;
mod trees;

pub use crate::tableau::coefficients::{Certainty, recovered as coefficients, reduction, scalar};
pub use exact::verdict::Verdict;
pub use exact::{ball, polynomial, roots};
pub use report::{AdditiveReport, AnyReport, Claim, Fact, GeneralLinearReport, LinearStability, MultistepReport};
pub use report::{PartitionedReport, Report, Value};
pub use stability::rays::Undecided;
pub use stability::{additive, growth, monotonicity, oscillator, phase, stability_function};
pub use trees::{b_series, conserved_order, effective_order, error_coefficients};
pub use trees::{general_linear as general_linear_order, order, simplifying, tree, tree_table, weights};

use crate::tableau::{AdditiveTableau, Method, Multistep, PartitionedTableau, Scheme};
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

impl Verifiable for Multistep {
    type Report = MultistepReport;
    /// The order is known without a search.
    fn report(&self, _: Option<usize>) -> MultistepReport {
        MultistepReport::of(self)
    }
}

impl Verifiable for Method {
    type Report = Result<AnyReport, Error>;
    fn report(&self, order: Option<usize>) -> Self::Report {
        match (self.scheme(), self.multistep()) {
            (Some(scheme), _) => scheme.report(order),
            (_, Some(multistep)) => Ok(AnyReport::Multistep(Box::new(multistep.report(order)))),
            _ => Ok(AnyReport::GeneralLinear(Box::new(GeneralLinearReport::of(self, order)?))),
        }
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
