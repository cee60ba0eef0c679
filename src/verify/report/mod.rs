//! All that is found, as reports: by kind of scheme, as a list of facts that is printed, written as JSON and held against
//! claims.

mod any_report;
mod fact;
mod general_linear_report;
mod multistep_report;
mod pair_report;
mod tableau_report;

pub use any_report::AnyReport;
pub use fact::{Claim, Fact, Value};
pub use general_linear_report::GeneralLinearReport;
pub use multistep_report::{LinearStability, MultistepReport};
pub use pair_report::{AdditiveReport, PartitionedReport};
pub use tableau_report::Report;
