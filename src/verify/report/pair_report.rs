//! Everything that is found of partitioned and additive schemes.

use std::fmt;

use serde::{Serialize, Serializer};

use super::fact::{self, Claim, Fact, Value};
use super::tableau_report::{self, ACCURACY, GEOMETRY, LINEAR, OSCILLATOR, order_of};
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Recovered, Scalar, Summed};
use crate::tableau::{AdditiveTableau, PartitionedTableau};
use crate::verify::exact::roots::AlgebraicNumber;
use crate::verify::exact::verdict::Verdict;
use crate::verify::geometry::pair::Pair;
use crate::verify::stability::additive::AdditiveStability;
use crate::verify::stability::oscillator::StabilityMatrix;
use crate::verify::stability::stability_function::StabilityFunction;
use crate::verify::trees::error_coefficients::ErrorNorm;
use crate::verify::trees::order::Order;
use crate::verify::trees::weights::SchemeOnTrees;
use crate::{Error, Tableau};
use nalgebra::Complex;

/// What [`verify`](crate::verify::verify) finds of a partitioned pair. Printed and serialized as a [`Report`](super::Report) is.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionedReport {
    /// The pair.
    pub scheme: PartitionedTableau,
    /// How surely its numbers are those that were meant.
    pub certainty: Certainty,
    /// Of what is computed from enclosures of them.
    enclosed: Certainty,
    /// The order for any problem in two parts.
    pub order: Order,
    /// The order for separable problems, `ẏ = Φ1(z)`, `ż = Φ2(y)`.
    pub separable_order: Order,
    /// The size of the error coefficients of the next order.
    pub principal_error: Option<ErrorNorm>,
    /// The same for separable problems.
    pub separable_principal_error: Option<ErrorNorm>,
    /// Whether symplectic for every Hamiltonian.
    pub symplectic: Verdict,
    /// Whether symplectic for separable Hamiltonians.
    pub separably_symplectic: Verdict,
    /// Whether its own adjoint.
    pub symmetric: Verdict,
    /// Whether its own adjoint for separable problems.
    pub separably_symmetric: Verdict,
    /// The matrix of a step of the oscillator `ẏ = −ω² z`, `ż = y`.
    pub oscillator: StabilityMatrix,
    /// The largest `|hω|` up to which its oscillations stay bounded.
    pub oscillator_limit: f64,
    /// The claims made for the pair, each with what was found.
    pub claims: Vec<Claim>,
}

/// What [`verify`](crate::verify::verify) finds of an additive scheme. Printed and serialized as a [`Report`](super::Report) is.
#[derive(Debug, Clone, PartialEq)]
pub struct AdditiveReport {
    /// The scheme.
    pub scheme: AdditiveTableau,
    /// How surely its numbers are those that were meant.
    pub certainty: Certainty,
    /// Of what is computed from enclosures of them.
    enclosed: Certainty,
    /// The order of the whole, coupled conditions included.
    pub order: Order,
    /// The order of the embedded weights, if there are any.
    pub embedded_order: Option<Order>,
    /// The size of the error coefficients of the next order.
    pub principal_error: Option<ErrorNorm>,
    /// The order of each part by itself.
    pub part_orders: Vec<Order>,
    /// The stability function of each part by itself.
    pub part_stability: Vec<StabilityFunction>,
    /// `|R(0, z)|` as `z → ∞`, if there are two parts: what becomes of a stiff second part.
    pub stiff_limit: Option<f64>,
    /// The claims made for the scheme, each with what was found.
    pub claims: Vec<Claim>,
}

/// The coefficients of several tableaux: exact if all are fractions. There are so many trees of several colours that square
/// roots would take long.
enum All {
    Exact(Vec<Coefficients<Rational>>),
    Summed(Vec<Coefficients<Summed>>),
}

impl All {
    fn of(parts: &[&Tableau], recovered: &[Recovered]) -> Self {
        let fractions =
            recovered.iter().map(|part| if let Recovered::Exact(k) = part { Some(k.clone()) } else { None });
        if let Some(parts) = fractions.collect() {
            return All::Exact(parts);
        }
        All::Summed(parts.iter().map(|part| Coefficients::rounded(part)).collect())
    }

    fn certainty(&self) -> Certainty {
        fn least<T>(parts: &[Coefficients<T>]) -> Certainty {
            parts.iter().fold(Certainty::Proved, |least, part| least.and(part.certainty))
        }
        match self {
            All::Exact(parts) => least(parts),
            All::Summed(parts) => least(parts),
        }
    }
}

/// Of what is computed from enclosures of the numbers of all.
fn enclosed(recovered: &[Recovered]) -> Certainty {
    recovered.iter().fold(Certainty::Proved, |least, part| least.and(part.certainty_enclosed()))
}

fn principal<T: Scalar>(method: &SchemeOnTrees<'_, T>, order: &Order) -> Option<ErrorNorm> {
    order.is_known.then(|| method.error_norm(order.order + 1).ok()).flatten()
}

impl PartitionedReport {
    pub(in crate::verify) fn of(scheme: &PartitionedTableau, up_to: Option<usize>) -> Result<Self, Error> {
        fn fill<T: Scalar>(
            parts: &[Coefficients<T>],
            scheme: &PartitionedTableau,
            oscillator: StabilityMatrix,
            [certainty, enclosed]: [Certainty; 2],
            up_to: Option<usize>,
        ) -> Result<PartitionedReport, Error> {
            let parts: Vec<&Coefficients<T>> = parts.iter().collect();
            let method = SchemeOnTrees::additive(&parts)?;
            let separable = method.clone().separable();
            let pair = Pair { first: parts[0], second: parts[1] };
            let (order, separable_order) = (order_of(&method, up_to), order_of(&separable, up_to));
            Ok(PartitionedReport {
                scheme: scheme.clone(),
                certainty,
                enclosed,
                principal_error: principal(&method, &order),
                separable_principal_error: principal(&separable, &separable_order),
                order,
                separable_order,
                symplectic: pair.symplectic(),
                separably_symplectic: pair.separably_symplectic(),
                symmetric: pair.symmetric(),
                separably_symmetric: pair.separably_symmetric(),
                oscillator_limit: oscillator.limit().map_or(f64::INFINITY, |limit: AlgebraicNumber| limit.to_f64()),
                oscillator,
                claims: Vec::new(),
            })
        }
        let parts = [scheme.first(), scheme.second()];
        let recovered = parts.map(Recovered::of);
        let oscillator = StabilityMatrix::of(&recovered[0], &recovered[1])?;
        let all = All::of(&parts, &recovered);
        let certainties = [all.certainty(), enclosed(&recovered)];
        let mut report = match all {
            All::Exact(parts) => fill(&parts, scheme, oscillator, certainties, up_to)?,
            All::Summed(parts) => fill(&parts, scheme, oscillator, certainties, up_to)?,
        };
        report.claims = fact::check(scheme.claims(), &report.facts());
        let of_parts = parts.iter().enumerate().flat_map(|(i, part)| fact::check_part("partitioned", i, part, up_to));
        report.claims.extend(of_parts);
        Ok(report)
    }

    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        let norm = |key, norm: &Option<ErrorNorm>| Fact {
            key,
            ..tableau_report::principal_error(norm.as_ref(), self.certainty)
        };
        let polynomial = |key, v: Vec<f64>| Fact::decided(OSCILLATOR, key, Value::Numbers(v), self.enclosed);
        let (trace, determinant) = (self.oscillator.trace(), self.oscillator.determinant());
        vec![
            Fact::plain("Tableaux", "stages", Value::Count(self.scheme.stages())),
            tableau_report::order(ACCURACY, "order", Some(&self.order)),
            norm("principal_error_norm", &self.principal_error),
            tableau_report::order(ACCURACY, "separable_order", Some(&self.separable_order)),
            norm("separable_principal_error_norm", &self.separable_principal_error),
            Fact::verdict(GEOMETRY, "symplectic", &self.symplectic),
            Fact::verdict(GEOMETRY, "separably_symplectic", &self.separably_symplectic),
            Fact::verdict(GEOMETRY, "symmetric", &self.symmetric),
            Fact::verdict(GEOMETRY, "separably_symmetric", &self.separably_symmetric),
            Fact::decided(OSCILLATOR, "oscillator_limit", Value::Number(self.oscillator_limit), self.enclosed)
                .because("the largest |hω| for which ẏ = −ω² z, ż = y stays bounded"),
            polynomial("trace_numerator", trace.0),
            polynomial("trace_denominator", trace.1),
            polynomial("determinant_numerator", determinant.0),
            polynomial("determinant_denominator", determinant.1),
        ]
    }

    /// Whether every claim made for the pair holds.
    ///
    /// # Errors
    /// [`Error::FalseClaim`] for the first that does not.
    pub fn check_claims(&self) -> Result<(), Error> {
        fact::first_false(self.scheme.name(), &self.claims)
    }
}

impl AdditiveReport {
    pub(in crate::verify) fn of(scheme: &AdditiveTableau, up_to: Option<usize>) -> Result<Self, Error> {
        type Orders = (Order, Option<Order>, Option<ErrorNorm>, Vec<Order>);
        fn orders<T: Scalar>(parts: &[Coefficients<T>], up_to: Option<usize>) -> Result<Orders, Error> {
            let parts: Vec<&Coefficients<T>> = parts.iter().collect();
            let method = SchemeOnTrees::additive(&parts)?;
            let order = order_of(&method, up_to);
            let embedded = SchemeOnTrees::additive_embedded(&parts)?.map(|embedded| order_of(&embedded, up_to));
            let alone = parts.iter().map(|part| order_of(&SchemeOnTrees::of(part), up_to)).collect();
            Ok((order.clone(), embedded, principal(&method, &order), alone))
        }
        let tableaux: Vec<&Tableau> = scheme.parts().iter().collect();
        let recovered: Vec<Recovered> = tableaux.iter().map(|part| Recovered::of(part)).collect();
        let all = All::of(&tableaux, &recovered);
        let (order, embedded_order, principal_error, part_orders) = match &all {
            All::Exact(parts) => orders(parts, up_to)?,
            All::Summed(parts) => orders(parts, up_to)?,
        };
        let stiff_limit = match recovered.as_slice() {
            [first, second] => Some(AdditiveStability::of(first, second)?.stiff_limit(Complex::new(0.0, 0.0)).norm()),
            _ => None,
        };
        let mut report = AdditiveReport {
            scheme: scheme.clone(),
            certainty: all.certainty(),
            enclosed: enclosed(&recovered),
            order,
            embedded_order,
            principal_error,
            part_orders,
            part_stability: recovered.iter().map(StabilityFunction::of).collect(),
            stiff_limit,
            claims: Vec::new(),
        };
        report.claims = fact::check(scheme.claims(), &report.facts());
        let of_parts = tableaux.iter().enumerate().flat_map(|(i, part)| fact::check_part("additive", i, part, up_to));
        report.claims.extend(of_parts);
        Ok(report)
    }

    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        let list = |text: Vec<String>| Value::Text(text.join(", "));
        let orders = self.part_orders.iter().map(|order| order.order.to_string()).collect();
        let stable = |verdict: fn(&StabilityFunction) -> Verdict| {
            let word = |r: &StabilityFunction| if verdict(r).holds { "yes" } else { "no" }.to_string();
            list(self.part_stability.iter().map(word).collect())
        };
        let linear = |key, value| Fact::decided(LINEAR, key, value, self.enclosed);
        let mut facts = vec![
            Fact::plain("Tableaux", "stages", Value::Count(self.scheme.stages())),
            Fact::plain("Tableaux", "parts", Value::Count(self.scheme.parts().len())),
            tableau_report::order(ACCURACY, "order", Some(&self.order)),
            tableau_report::order(ACCURACY, "embedded_order", self.embedded_order.as_ref()),
            tableau_report::principal_error(self.principal_error.as_ref(), self.certainty),
            Fact::decided(ACCURACY, "part_orders", list(orders), self.certainty),
            linear("parts_a_stable", stable(StabilityFunction::a_stability)),
            linear("parts_l_stable", stable(StabilityFunction::l_stability)),
        ];
        facts.extend(self.stiff_limit.map(|limit| {
            linear("stiff_limit", Value::Number(limit)).because("|R(0, z)| as z → ∞, z for the second part")
        }));
        facts
    }

    /// Whether every claim made for the scheme holds.
    ///
    /// # Errors
    /// [`Error::FalseClaim`] for the first that does not.
    pub fn check_claims(&self) -> Result<(), Error> {
        fact::first_false(self.scheme.name(), &self.claims)
    }
}

impl Serialize for PartitionedReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.scheme.name(), &self.facts(), &self.claims, serializer)
    }
}

impl Serialize for AdditiveReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.scheme.name(), &self.facts(), &self.claims, serializer)
    }
}

impl fmt::Display for PartitionedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.scheme.to_string(), self.certainty, &self.facts(), &self.claims)
    }
}

impl fmt::Display for AdditiveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.scheme.to_string(), self.certainty, &self.facts(), &self.claims)
    }
}
