//! Everything that is found of a general linear method.

use std::fmt;

use serde::{Serialize, Serializer};

use super::fact::{self, Claim, Fact, Value};
use super::multistep_report::{LinearStability, facts_of_growth};
use super::tableau_report::{ACCURACY, GEOMETRY, LINEAR, arithmetic, order};
use crate::Error;
use crate::tableau::Method;
use crate::tableau::coefficients::Certainty;
use crate::verify::exact::verdict::Verdict;
use crate::verify::general_linear::Matrices;
use crate::verify::stability::growth::Growth;
use crate::verify::trees::general_linear::OrderFromStart;

/// What [`verify`](crate::verify::verify) finds of a method that carries several vectors. Printed and serialized as a
/// [`Report`](super::Report) is.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneralLinearReport {
    /// The method.
    pub method: Method,
    /// How surely its numbers are those that were meant.
    pub certainty: Certainty,
    /// The order, from vectors that are what they stand for, and how these differ from those at the start.
    pub order: OrderFromStart,
    /// Whether the stages' times are those that an additional component would have.
    pub nodes_agree: Verdict,
    /// Whether the powers of `V` are bounded.
    pub zero_stable: Verdict,
    /// Whether `V` has no eigenvalue on the unit circle but a simple 1.
    pub strongly_stable: Verdict,
    /// Whether the powers of `V⁻¹` are bounded, too.
    pub stable_backwards: Verdict,
    /// What a step does to `ẏ = λy`, by all terms alike.
    pub growth: Growth,
    /// Stability in sectors and on the axes, or why nothing is known of it.
    pub linear: LinearStability,
    /// Stability in the left half plane.
    pub a_stable: Verdict,
    /// An enclosure of half the angle of the largest sector of stability about the negative axis, in degrees.
    pub a_alpha: Option<[f64; 2]>,
    /// The largest `x` such that steps are stable on `(−x, 0)`.
    pub real_stability_interval: Option<f64>,
    /// The largest `y` such that steps are stable on `(0, iy)`.
    pub imaginary_stability_interval: Option<f64>,
    /// Whether a step can be undone.
    pub invertible: Verdict,
    /// Whether a step with `−h` undoes it.
    pub symmetric: Verdict,
    /// Whether a form of the vectors is kept with every quadratic invariant.
    pub g_symplectic: Verdict,
}

impl GeneralLinearReport {
    pub(in crate::verify) fn of(method: &Method, up_to: Option<usize>) -> Result<Self, Error> {
        let matrices = Matrices::of(method);
        let growth = matrices.growth();
        let linear = LinearStability::of(&growth);
        Ok(GeneralLinearReport {
            certainty: matrices.certainty,
            order: matrices.order(method, up_to)?,
            nodes_agree: matrices.node_agreement(method),
            zero_stable: matrices.zero_stability(),
            strongly_stable: matrices.strong_stability(),
            stable_backwards: matrices.stability_backwards(),
            a_stable: growth.a_stability(),
            a_alpha: linear.a_alpha.ok(),
            real_stability_interval: linear.real_interval.ok(),
            imaginary_stability_interval: linear.imaginary_interval.ok(),
            linear,
            invertible: matrices.invertibility(),
            symmetric: matrices.symmetry(&growth),
            g_symplectic: matrices.g_symplecticity(method),
            growth,
            method: method.clone(),
        })
    }

    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        let count = |key, n: usize| Fact::plain("Method", key, Value::Count(n));
        let mut facts = vec![
            count("stages", self.method.stages()),
            count("carried", self.method.carried()),
            count("terms", self.method.terms()),
            Fact::plain("Method", "arithmetic", Value::Text(arithmetic(self.certainty).to_string())),
            order(ACCURACY, "order", Some(&self.order.order)),
        ];
        if self.method.starting().is_none() {
            let power = self.order.start_error;
            let reason = "of h, by which vectors that start as multiples of the state differ from what they stand for";
            facts.push(Fact::decided(ACCURACY, "start_error", power.into(), self.certainty).because(reason));
        }
        facts.extend([
            Fact::verdict(ACCURACY, "nodes_agree", &self.nodes_agree),
            Fact::verdict(LINEAR, "zero_stable", &self.zero_stable),
            Fact::verdict(LINEAR, "strongly_stable", &self.strongly_stable),
            Fact::verdict(LINEAR, "a_stable", &self.a_stable),
        ]);
        facts.extend(facts_of_growth(&self.growth, &self.linear));
        facts.extend([
            Fact::verdict(GEOMETRY, "invertible", &self.invertible),
            Fact::verdict(GEOMETRY, "stable_backwards", &self.stable_backwards),
            Fact::verdict(GEOMETRY, "symmetric", &self.symmetric),
            Fact::verdict(GEOMETRY, "g_symplectic", &self.g_symplectic),
        ]);
        facts
    }

    /// The claims made for the method: none.
    pub(super) fn claims(&self) -> &[Claim] {
        &[]
    }
}

impl Serialize for GeneralLinearReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.method.name(), &self.facts(), self.claims(), serializer)
    }
}

impl fmt::Display for GeneralLinearReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.method.to_string(), self.certainty, &self.facts(), self.claims())
    }
}
