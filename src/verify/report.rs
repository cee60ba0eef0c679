//! Everything that is found of a scheme.

use std::fmt;

use serde::{Serialize, Serializer};

use super::coefficients::{Coefficients, Recovered};
use super::error_coefficients::ErrorNorm;
use super::fact::{self, Claim, Fact, Value};
use super::monotonicity::{circle_contractivity_radius, ssp_coefficient, ssp_tolerance};
use super::order::{Condition, Order, Violation};
use super::roots::AlgebraicNumber;
use super::scalar::Scalar;
use super::simplifying::SimplifyingConditions;
use super::stability_function::StabilityFunction;
use super::tree::RootedTree;
use super::verdict::Verdict;
use super::weights::Method;
use crate::{Error, Tableau};

/// What [`verify`](super::verify) finds of a tableau.
///
/// `Display` prints a table; serde writes an object with the keys of [`facts`](Report::facts) and, beside them,
/// `certainty`, `reasons` and `claims`. Infinite numbers are null there.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The scheme.
    pub scheme: Tableau,
    /// Whether the coefficients were recovered as fractions, so that verdicts are proofs.
    pub exact: bool,
    /// What numbers of the scheme are taken to be accurate to, relative to the terms of any sum they are in; 0 if exact.
    pub tolerance: f64,
    /// The number of stages that could be left out or merged without changing a step.
    pub redundant_stages: usize,
    /// The order `p`: the error of one step is `O(h^{p+1})`, for problems that may depend on time.
    pub order: usize,
    /// How surely, and the first condition that is violated.
    pub order_found: Order,
    /// The order for problems that do not depend on time; the same unless nodes are free.
    pub autonomous_order: usize,
    /// The order of the embedded weights, if there are any.
    pub embedded_order: Option<Order>,
    /// The stage order, the largest `q` with `B(q)` and `C(q)`.
    pub stage_order: usize,
    /// How far Butcher's simplifying conditions `B`, `C`, `D` reach.
    pub simplifying: SimplifyingConditions,
    /// The Euclidean norm of the error coefficients of order `p + 1`, with the largest of them.
    pub principal_error: Option<ErrorNorm>,
    /// The error coefficients of order `p + 1`, `(Φ(t) − 1/γ(t)) / σ(t)`, by tree.
    pub error_coefficients: Vec<(RootedTree, f64)>,
    /// The order of the pair of the scheme and its [discrete adjoint](Tableau::discrete_adjoint), if there is one.
    pub discrete_adjoint_order: Option<usize>,
    /// The stability function.
    pub stability: StabilityFunction,
    /// Stability on the imaginary axis.
    pub i_stable: Verdict,
    /// Stability in the left half plane.
    pub a_stable: Verdict,
    /// A-stability with `R(∞) = 0`.
    pub l_stable: Verdict,
    /// `|R(∞)| < 1`.
    pub strictly_stable_at_infinity: Verdict,
    /// Half the angle of the largest sector of stability about the negative axis, in degrees.
    pub a_alpha: f64,
    /// The largest `x` with `|R| ≤ 1` on `[−x, 0]`.
    pub real_stability_interval: f64,
    /// The largest `y` with `|R| ≤ 1` on `[0, iy]`.
    pub imaginary_stability_interval: f64,
    /// The largest `ρ` with `|R| ≤ 1` in the disc `|z + ρ| ≤ ρ`.
    pub stability_disc_radius: f64,
    /// `b ≥ 0` and `diag(b) A + Aᵀ diag(b) − b bᵀ ≥ 0`: B-stability.
    pub algebraically_stable: Verdict,
    /// The largest `r` such that steps contract where the field does in the disc `|z + r/h| ≤ r/h`.
    pub contractivity_radius: f64,
    /// The SSP coefficient, the radius of absolute monotonicity.
    pub ssp_coefficient: f64,
    /// The same for linear fields: the threshold factor of the stability function.
    pub linear_monotonicity_radius: f64,
    /// Whether symplectic.
    pub symplectic: Verdict,
    /// Whether its own adjoint.
    pub symmetric: Verdict,
    /// The claims made for the scheme, each with what was found.
    pub claims: Vec<Claim>,
}

/// What is computed alike in exact and in rounded arithmetic.
struct Structure {
    order: Order,
    autonomous_order: usize,
    embedded: Option<Order>,
    simplifying: SimplifyingConditions,
    principal_error: Option<ErrorNorm>,
    error_coefficients: Vec<(RootedTree, f64)>,
    algebraically_stable: Verdict,
    symplectic: Verdict,
    symmetric: Verdict,
    stages: usize,
}

impl<T: Scalar> Coefficients<T> {
    /// `Σ_i b_i c_i^{k-1} − 1/k`.
    fn quadrature_residual(&self, k: usize) -> f64 {
        let power = |c: &T| (1..k).fold(T::one(), |power, _| power * c);
        let sum = self.b.iter().zip(&self.c).fold(T::zero(), |sum, (b, c)| sum + power(c) * b);
        (sum - T::ratio(1, k as i64)).to_f64()
    }
}

impl Structure {
    fn of<T: Scalar>(k: &Coefficients<T>, up_to: Option<usize>) -> Self {
        let order_of = |method: &Method<'_, T>| match up_to {
            Some(cap) => method.order_up_to(cap),
            None => method.order(),
        };
        let method = Method::of(k);
        let (simplifying, symmetric) = (SimplifyingConditions::of(&method), k.symmetric());
        let mut order = order_of(&method);
        if symmetric.holds && !order.is_known && order.order % 2 == 1 {
            // The order of a symmetric scheme is even: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), II.3.
            order.order += 1;
            if order.order == simplifying.quadrature {
                let (condition, residual) =
                    (Condition::Quadrature(order.order + 1), k.quadrature_residual(order.order + 1));
                order = Order { is_known: true, violation: Some(Violation { condition, residual }), ..order };
            }
        }
        let principal = |order: &Order| order.is_known.then(|| method.error_norm(order.order + 1).ok()).flatten();
        let coefficients = |order: &Order| match order.is_known.then(|| method.error_coefficients(order.order + 1)) {
            Some(Ok(all)) => all.into_iter().map(|(tree, x)| (tree, x.to_f64())).collect(),
            _ => Vec::new(),
        };
        Structure {
            autonomous_order: order_of(&method.clone().autonomous()).order.max(order.order),
            embedded: Method::embedded(k).map(|embedded| order_of(&embedded)),
            simplifying,
            principal_error: principal(&order),
            error_coefficients: coefficients(&order),
            algebraically_stable: k.algebraically_stable(),
            symplectic: k.symplectic(),
            symmetric,
            stages: k.reduced().scheme.stages(),
            order,
        }
    }
}

fn number(root: Option<AlgebraicNumber>) -> f64 {
    root.map_or(f64::INFINITY, |root| root.to_f64())
}

impl Report {
    /// The report of `scheme`, its order sought up to `up_to`, or as far as is reasonable.
    pub(super) fn of(scheme: &Tableau, up_to: Option<usize>) -> Self {
        let recovered = Recovered::of(scheme);
        let (structure, tolerance) = match &recovered {
            Recovered::Exact(k) => (Structure::of(k, up_to), 0.0),
            Recovered::Rounded(k) => (Structure::of(k, up_to), k.tolerance),
        };
        let stability = StabilityFunction::of(&recovered);
        let mut report = Report {
            exact: tolerance == 0.0,
            tolerance,
            redundant_stages: scheme.stages() - structure.stages,
            order: structure.order.order,
            autonomous_order: structure.autonomous_order,
            stage_order: structure.simplifying.stage_order(),
            order_found: structure.order,
            embedded_order: structure.embedded,
            simplifying: structure.simplifying,
            principal_error: structure.principal_error,
            error_coefficients: structure.error_coefficients,
            discrete_adjoint_order: discrete_adjoint_order(scheme, up_to),
            i_stable: stability.i_stability(),
            a_stable: stability.a_stability(),
            l_stable: stability.l_stability(),
            strictly_stable_at_infinity: stability.strict_stability_at_infinity(),
            a_alpha: stability.sector_angle(),
            real_stability_interval: number(stability.real_interval()),
            imaginary_stability_interval: number(stability.imaginary_interval()),
            stability_disc_radius: stability.disc_radius(),
            algebraically_stable: structure.algebraically_stable,
            contractivity_radius: circle_contractivity_radius(&recovered),
            ssp_coefficient: number(ssp_coefficient(&recovered)),
            linear_monotonicity_radius: stability.linear_monotonicity_radius(),
            symplectic: structure.symplectic,
            symmetric: structure.symmetric,
            stability,
            scheme: scheme.clone(),
            claims: Vec::new(),
        };
        report.claims = fact::check(scheme.claims(), &report.facts());
        report
    }

    /// All facts, in the order in which they are printed.
    pub fn facts(&self) -> Vec<Fact> {
        let scheme = &self.scheme;
        let tolerance = self.tolerance;
        let arithmetic = if self.exact { "fractions" } else { "doubles" };
        let stable = |key, verdict| Fact::verdict(LINEAR, key, verdict);
        let radius = |topic, key, value: f64| Fact::decided(topic, key, Value::Number(value), tolerance);
        let poles = self.stability.poles().iter().map(|z| [z.re, z.im]).collect();
        let mut facts = vec![
            Fact::plain(TABLEAU, "stages", Value::Count(scheme.stages())),
            Fact::plain(TABLEAU, "structure", Value::Text(scheme.structure().to_string())),
            Fact::plain(TABLEAU, "explicit", Value::Flag(scheme.is_explicit())),
            Fact::plain(TABLEAU, "diagonally_implicit", Value::Flag(scheme.is_diagonally_implicit())),
            Fact::plain(TABLEAU, "stiffly_accurate", Value::Flag(scheme.is_stiffly_accurate())),
            Fact::plain(TABLEAU, "first_same_as_last", Value::Flag(scheme.is_first_same_as_last())),
            Fact::plain(TABLEAU, "redundant_stages", Value::Count(self.redundant_stages)),
            Fact::plain(TABLEAU, "arithmetic", Value::Text(arithmetic.to_string())),
            order(ACCURACY, "order", Some(&self.order_found)),
            order(ACCURACY, "embedded_order", self.embedded_order.as_ref()),
        ];
        if self.autonomous_order != self.order {
            facts.push(Fact::decided(ACCURACY, "autonomous_order", Value::Count(self.autonomous_order), tolerance));
        }
        let simplifying = [
            ("stage_order", self.stage_order),
            ("quadrature_order", self.simplifying.quadrature),
            ("stage_conditions", self.simplifying.stages),
            ("adjoint_conditions", self.simplifying.adjoint),
        ];
        facts.extend(simplifying.map(|(key, count)| Fact::decided(ACCURACY, key, Value::Count(count), tolerance)));
        facts.push(principal_error(self.principal_error.as_ref(), tolerance));
        let coefficients = self.error_coefficients.iter().map(|(tree, x)| (tree.to_string(), *x)).collect();
        facts.push(Fact::decided(ACCURACY, "error_coefficients", Value::Table(coefficients), tolerance));
        facts.extend([
            Fact::decided(ACCURACY, "discrete_adjoint_order", self.discrete_adjoint_order.into(), tolerance),
            radius(LINEAR, "stability_numerator", 0.0).with(Value::Numbers(self.stability.numerator())),
            radius(LINEAR, "stability_denominator", 0.0).with(Value::Numbers(self.stability.denominator())),
            radius(LINEAR, "poles", 0.0).with(Value::Points(poles)),
            radius(LINEAR, "e_polynomial", 0.0).with(Value::Numbers(self.stability.e_polynomial())),
            radius(LINEAR, "value_at_infinity", self.stability.at_infinity()),
            stable("i_stable", &self.i_stable),
            stable("a_stable", &self.a_stable),
            stable("l_stable", &self.l_stable),
            stable("strictly_stable_at_infinity", &self.strictly_stable_at_infinity),
            radius(LINEAR, "a_alpha", self.a_alpha),
            radius(LINEAR, "real_stability_interval", self.real_stability_interval),
            radius(LINEAR, "imaginary_stability_interval", self.imaginary_stability_interval),
            radius(LINEAR, "stability_disc_radius", self.stability_disc_radius),
            Fact::verdict(NONLINEAR, "algebraically_stable", &self.algebraically_stable),
            radius(NONLINEAR, "contractivity_radius", self.contractivity_radius),
            Fact::decided(NONLINEAR, "ssp_coefficient", Value::Number(self.ssp_coefficient), ssp_tolerance(tolerance)),
            radius(NONLINEAR, "linear_monotonicity_radius", self.linear_monotonicity_radius),
            Fact::verdict(GEOMETRY, "symplectic", &self.symplectic),
            Fact::verdict(GEOMETRY, "symmetric", &self.symmetric),
        ]);
        for (key, size, term) in [
            ("dispersion_order", "dispersion_coefficient", self.stability.dispersion()),
            ("dissipation_order", "dissipation_coefficient", self.stability.dissipation()),
        ] {
            let power = term.as_ref().map(|term| term.power - 1);
            facts.push(Fact::decided(OSCILLATOR, key, power.into(), tolerance));
            facts.extend(term.map(|term| radius(OSCILLATOR, size, term.coefficient)));
        }
        facts
    }

    /// Whether every claim made for the scheme holds.
    ///
    /// # Errors
    /// [`Error::FalseClaim`] for the first that does not, with the violated condition and its residual.
    pub fn check_claims(&self) -> Result<(), Error> {
        fact::first_false(self.scheme.name(), &self.claims)
    }
}

const TABLEAU: &str = "Tableau";
pub(super) const ACCURACY: &str = "Accuracy";
pub(super) const LINEAR: &str = "Linear stability";
const NONLINEAR: &str = "Nonlinear stability";
pub(super) const GEOMETRY: &str = "Geometry";
pub(super) const OSCILLATOR: &str = "Oscillations";

/// The order, and the condition that stops it.
pub(super) fn order(topic: &'static str, key: &'static str, order: Option<&Order>) -> Fact {
    let Some(order) = order else { return Fact::plain(topic, key, Value::None) };
    let reason = match &order.violation {
        Some(violation) => {
            format!("the condition {} is missed by {:.3e}", violation.condition, violation.residual)
        }
        None => "at least; conditions of higher order were not tried".to_string(),
    };
    Fact { certainty: Some(order.certainty), ..Fact::plain(topic, key, Value::Count(order.order)) }.because(reason)
}

/// The principal error norm, and what makes it up.
pub(super) fn principal_error(norm: Option<&ErrorNorm>, tolerance: f64) -> Fact {
    match norm {
        None => Fact::plain(ACCURACY, "principal_error_norm", Value::None),
        Some(norm) => Fact::decided(ACCURACY, "principal_error_norm", Value::Number(norm.norm), tolerance)
            .because(format!("the largest coefficient is {:.3e}, of {}", norm.largest, norm.tree)),
    }
}

fn discrete_adjoint_order(scheme: &Tableau, up_to: Option<usize>) -> Option<usize> {
    fn of<T: Scalar>(parts: [&Coefficients<T>; 2], up_to: Option<usize>) -> Option<usize> {
        let pair = Method::additive(&parts).ok()?;
        Some(up_to.map_or_else(|| pair.order(), |cap| pair.order_up_to(cap)).order)
    }
    let adjoint = scheme.discrete_adjoint().ok()?;
    let scheme = if adjoint.stages() < scheme.stages() { scheme.reduced() } else { scheme.clone() };
    match (Recovered::of(&scheme), Recovered::of(&adjoint)) {
        (Recovered::Exact(k), Recovered::Exact(l)) => of([&k, &l], up_to),
        _ => of([&Coefficients::rounded(&scheme), &Coefficients::rounded(&adjoint)], up_to),
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.scheme.name(), &self.facts(), &self.claims, serializer)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.scheme.to_string(), self.tolerance, &self.facts(), &self.claims)
    }
}
