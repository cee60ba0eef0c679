//! Regularisers on the command line.

use super::options::{by_name, count, finite, not_negative};
use clap::Args;
use kutta::Regularisation;
use kutta::regularisation::{Estimator, ProbeKind};

/// What is added to the loss.
#[derive(Args)]
pub struct RegularisationOptions {
    /// Weight of the field's divergence along the trajectories: a positive one makes them contract, a negative one
    /// spread
    #[arg(long, default_value = "0", value_parser = finite, value_name = "WEIGHT", help_heading = "Regularisation",
          allow_hyphen_values = true)]
    divergence: f64,
    /// Weight the sigmoid of the divergence's mean along the trajectories instead, which is bounded: a reward without
    /// bound can drive the equation to where steps have no solution
    #[arg(long, help_heading = "Regularisation")]
    divergence_bounded: bool,
    /// Power of the time, from 0 at the start to 1 at the end, that the divergence is weighted by
    #[arg(long, default_value = "2", value_parser = not_negative, value_name = "POWER", help_heading = "Regularisation",
          allow_hyphen_values = true)]
    divergence_power: f64,
    /// Weight of the square of the Jacobian along the trajectories, for a smooth field
    #[arg(long, default_value = "0", value_parser = not_negative, value_name = "WEIGHT",
          help_heading = "Regularisation", allow_hyphen_values = true)]
    jacobian: f64,
    /// Weight of the square of the field along the trajectories, for short and straight ones
    #[arg(long, alias = "speed", default_value = "0", value_parser = not_negative, value_name = "WEIGHT",
          help_heading = "Regularisation", allow_hyphen_values = true)]
    kinetic: f64,
    /// Weight of the square of the parameters' change from step to step
    #[arg(long, default_value = "0", value_parser = not_negative, value_name = "WEIGHT", requires = "per_step",
          help_heading = "Regularisation", allow_hyphen_values = true)]
    variation: f64,
    /// Random probes to estimate divergence and Jacobian by [default: none up to 16 components, 4 beyond]
    #[arg(long, value_parser = count, value_name = "COUNT", help_heading = "Regularisation",
          allow_hyphen_values = true)]
    probes: Option<usize>,
    /// Entries of the probes: rademacher or gaussian
    #[arg(long, default_value = "rademacher", value_parser = by_name::<ProbeKind>, value_name = "NAME",
          requires = "probes", help_heading = "Regularisation")]
    probe_kind: ProbeKind,
}

impl RegularisationOptions {
    pub fn settings(&self) -> Regularisation {
        Regularisation {
            divergence: self.divergence,
            divergence_bounded: self.divergence_bounded,
            divergence_power: self.divergence_power,
            jacobian: self.jacobian,
            kinetic: self.kinetic,
            variation: self.variation,
            estimator: match self.probes {
                Some(probes) => Estimator::Hutchinson { probes, kind: self.probe_kind },
                None => Estimator::Automatic,
            },
            ..Regularisation::default()
        }
    }
    /// Options that weight something, with their numbers.
    pub fn weights(&self) -> [(&'static str, f64); 4] {
        [
            ("--divergence", self.divergence),
            ("--jacobian", self.jacobian),
            ("--kinetic", self.kinetic),
            ("--variation", self.variation),
        ]
    }
}
