//! Options for the stage equations.

use super::options::{by_name, fraction};
use clap::Args;
use kutta::solve::{JacobianReuse, LineSearch, Preconditioner, Reuse, StageMethod, StageSolver, WarmStart};

/// How stage equations are solved.
#[derive(Args)]
pub struct StageOptions {
    #[arg(long, help = methods(), default_value = "automatic", value_parser = by_name::<StageMethod>, value_name = "NAME",
          help_heading = "Network")]
    pub solver: StageMethod,
    /// How descent methods choose the length of a step: more-thuente, hager-zhang or near-exact
    #[arg(long, default_value = "more-thuente", value_parser = by_name::<LineSearch>, value_name = "NAME",
          help_heading = "Network")]
    line_search: LineSearch,
    /// Where iterations for the stages start: none (at the state before the step), previous-step (where the steps before
    /// lead) or last-epoch (there, corrected by what the last epoch found)
    #[arg(long, default_value = "previous-step", value_parser = by_name::<WarmStart>, value_name = "NAME",
          help_heading = "Network")]
    warm_start: WarmStart,
    /// How long Newton's methods keep a Jacobian: stage, step (later steps too), epoch (later epochs too) or automatic
    #[arg(long, default_value = "automatic", value_parser = by_name::<JacobianReuse>, value_name = "NAME",
          help_heading = "Network")]
    jacobian_reuse: JacobianReuse,
    /// What preconditions GMRES on the adjoint: none or forward-factor (the factors that Newton's methods used last)
    #[arg(long, default_value = "forward-factor", value_parser = by_name::<Preconditioner>, value_name = "NAME",
          help_heading = "Network")]
    preconditioner: Preconditioner,
    /// Relative tolerance of the stages
    #[arg(long, default_value = "1e-9", value_parser = fraction, value_name = "SIZE", help_heading = "Network", allow_hyphen_values = true)]
    tolerance: f64,
}

impl StageOptions {
    pub fn solver(&self) -> StageSolver {
        StageSolver {
            method: self.solver,
            tolerance: Some(self.tolerance),
            line_search: self.line_search,
            reuse: Reuse { start: self.warm_start, jacobian: self.jacobian_reuse, preconditioner: self.preconditioner },
            ..StageSolver::default()
        }
    }
}

fn methods() -> String {
    let names: Vec<String> = StageMethod::ALL.iter().map(ToString::to_string).collect();
    format!("How stages are solved: {}; gradient-descent to gauss-newton are by descent", names.join(", "))
}
