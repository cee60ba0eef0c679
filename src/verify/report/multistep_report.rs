//! Everything that is found of a multistep method.

use std::fmt;

use serde::{Serialize, Serializer};

use super::fact::{self, Claim, Fact, Value};
use super::tableau_report::{ACCURACY, GEOMETRY, LINEAR, NONLINEAR, arithmetic};
use crate::Error;
use crate::tableau::Multistep;
use crate::tableau::coefficients::Certainty;
use crate::verify::exact::roots::AlgebraicNumber;
use crate::verify::exact::verdict::Verdict;
use crate::verify::multistep::{LinearOrder, RecoveredMultistep, Reduced, with_characteristics};
use crate::verify::stability::growth::Growth;
use crate::verify::stability::rays::Undecided;

/// What [`verify`](crate::verify::verify) finds of a multistep method. Printed and serialized as a [`Report`](super::Report) is.
#[derive(Debug, Clone, PartialEq)]
pub struct MultistepReport {
    /// The method.
    pub method: Multistep,
    /// How surely its numbers are those that were meant.
    pub certainty: Certainty,
    /// The order.
    pub order: LinearOrder,
    /// The error constant.
    pub error_constant: f64,
    /// The order of the one-leg twin.
    pub one_leg_order: LinearOrder,
    /// The method without the common factor of `ρ` and `σ`, if there is one.
    pub reduced: Option<Reduced>,
    /// The root condition on `ρ`.
    pub zero_stable: Verdict,
    /// Whether `ρ` has no zero on the unit circle but 1.
    pub strongly_stable: Verdict,
    /// Whether all zeros of `ρ` are on the unit circle, so that errors do not grow on the way back.
    pub stable_backwards: Verdict,
    /// What a step does to `ẏ = λy`.
    pub growth: Growth,
    /// Stability in sectors and on the axes, or why nothing is known of it.
    pub linear: LinearStability,
    /// Stability in the left half plane.
    pub a_stable: Verdict,
    /// A-stability, all growth factors zero as `z → ∞`.
    pub l_stable: Verdict,
    /// An enclosure of half the angle of the largest sector of stability about the negative axis, in degrees.
    pub a_alpha: Option<[f64; 2]>,
    /// The largest `x` such that steps are stable on `(−x, 0)`.
    pub real_stability_interval: Option<f64>,
    /// The largest `y` such that steps are stable on `(0, iy)`.
    pub imaginary_stability_interval: Option<f64>,
    /// G-stability of the one-leg twin.
    pub g_stable: Verdict,
    /// Whether its own adjoint.
    pub symmetric: Verdict,
    /// The claims made for the method, each with what was found.
    pub claims: Vec<Claim>,
}

/// What is computed of growth factors: sectors and intervals, or why they are not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearStability {
    /// An enclosure of half the angle of the largest sector of stability about the negative axis, in degrees.
    pub a_alpha: Result<[f64; 2], Undecided>,
    /// The largest `x` such that steps are stable on `(−x, 0)`.
    pub real_interval: Result<f64, Undecided>,
    /// The largest `y` such that steps are stable on `(0, iy)`.
    pub imaginary_interval: Result<f64, Undecided>,
}

impl LinearStability {
    pub(super) fn of(growth: &Growth) -> Self {
        // A length is infinite if there is no end.
        let length = |end: Result<Option<AlgebraicNumber>, Undecided>| {
            end.map(|end| end.map_or(f64::INFINITY, |end| end.to_f64()))
        };
        LinearStability {
            a_alpha: growth.sector_angle(),
            real_interval: length(growth.real_interval()),
            imaginary_interval: length(growth.imaginary_interval()),
        }
    }
}

/// What is computed of growth factors: sectors and intervals.
pub(super) fn facts_of_growth(growth: &Growth, found: &LinearStability) -> Vec<Fact> {
    let decided = |key, value: Result<f64, Undecided>| match value {
        Ok(value) => Fact::decided(LINEAR, key, Value::Number(value), growth.certainty()),
        Err(why) => Fact::undecided(LINEAR, key, why.to_string()),
    };
    let mut sector = decided("a_alpha", found.a_alpha.map(|[low, _]| low));
    if let Ok([low, high]) = found.a_alpha
        && low < high
    {
        sector = sector.because(format!("stable at this angle, and not {:.0e}° farther", high - low));
    }
    vec![
        sector,
        decided("real_stability_interval", found.real_interval),
        decided("imaginary_stability_interval", found.imaginary_interval),
        Fact::decided(LINEAR, "value_at_infinity", Value::Number(growth.at_infinity()), growth.certainty())
            .because("the largest growth factor as z → ∞"),
    ]
}

impl MultistepReport {
    pub(in crate::verify) fn of(method: &Multistep) -> Self {
        let recovered = RecoveredMultistep::of(method);
        let (order, one_leg_order) = with_characteristics!(recovered, k => (k.order(), k.one_leg_order()));
        let growth = recovered.growth();
        let (a_stable, linear) = (growth.a_stability(), LinearStability::of(&growth));
        let mut report = MultistepReport {
            method: method.clone(),
            certainty: recovered.certainty(),
            error_constant: with_characteristics!(recovered, k => k.error_constant(order.order)),
            order,
            one_leg_order,
            reduced: recovered.reduced(),
            zero_stable: recovered.zero_stability(),
            strongly_stable: recovered.strong_stability(),
            stable_backwards: recovered.stability_backwards(),
            l_stable: recovered.l_stability(&a_stable),
            g_stable: recovered.g_stability(&a_stable),
            a_stable,
            a_alpha: linear.a_alpha.ok(),
            real_stability_interval: linear.real_interval.ok(),
            imaginary_stability_interval: linear.imaginary_interval.ok(),
            linear,
            growth,
            symmetric: recovered.symmetry(),
            claims: Vec::new(),
        };
        report.claims = fact::check(method.claims(), &report.facts());
        report
    }

    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        let order = |key, found: &LinearOrder| {
            let reason = format!("the condition {} is missed by {:.3e}", found.condition, found.residual);
            Fact::decided(ACCURACY, key, Value::Count(found.order), found.certainty).because(reason)
        };
        let factor = self.reduced.as_ref().map_or(Value::None, |reduced| Value::Text(reduced.to_string()));
        let mut facts = vec![
            Fact::plain("Method", "steps", Value::Count(self.method.steps())),
            Fact::plain("Method", "explicit", Value::Flag(self.method.is_explicit())),
            Fact::plain("Method", "arithmetic", Value::Text(arithmetic(self.certainty).to_string())),
            Fact::plain("Method", "common_factor", factor),
            order("order", &self.order),
            Fact::decided(ACCURACY, "error_constant", Value::Number(self.error_constant), self.certainty),
            order("one_leg_order", &self.one_leg_order),
            Fact::verdict(LINEAR, "zero_stable", &self.zero_stable),
            Fact::verdict(LINEAR, "strongly_stable", &self.strongly_stable),
            Fact::verdict(LINEAR, "a_stable", &self.a_stable),
            Fact::verdict(LINEAR, "l_stable", &self.l_stable),
        ];
        facts.extend(facts_of_growth(&self.growth, &self.linear));
        facts.extend([
            Fact::verdict(NONLINEAR, "g_stable", &self.g_stable),
            Fact::verdict(GEOMETRY, "symmetric", &self.symmetric),
            Fact::verdict(GEOMETRY, "stable_backwards", &self.stable_backwards),
        ]);
        facts
    }

    /// Whether every claim made for the method holds.
    ///
    /// # Errors
    /// [`Error::FalseClaim`] for the first that does not.
    pub fn check_claims(&self) -> Result<(), Error> {
        fact::first_false(self.method.name(), &self.claims)
    }
}

impl Serialize for MultistepReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.method.name(), &self.facts(), &self.claims, serializer)
    }
}

impl fmt::Display for MultistepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.method.to_string(), self.certainty, &self.facts(), &self.claims)
    }
}
