//! Everything that is found of a scheme.

use std::fmt;

use serde::{Serialize, Serializer};

use super::fact::{self, Claim, Fact, Value};
use crate::tableau::coefficients::{Certainty, Coefficients, Recovered, Scalar, with_coefficients};
use crate::verify::exact::roots::AlgebraicNumber;
use crate::verify::exact::verdict::Verdict;
use crate::verify::stability::monotonicity::{circle_contractivity_radius, ssp_certainty, ssp_coefficient};
use crate::verify::stability::stability_function::StabilityFunction;
use crate::verify::trees::error_coefficients::ErrorNorm;
use crate::verify::trees::order::{Condition, Order, Violation};
use crate::verify::trees::simplifying::SimplifyingConditions;
use crate::verify::trees::tree::RootedTree;
use crate::verify::trees::weights::{SchemeOnTrees, dot};
use crate::{Error, Tableau};

/// What [`verify`](crate::verify::verify) finds of a tableau.
///
/// `Display` prints a table; serde writes an object with the keys of [`facts`](Report::facts) and, beside them,
/// `certainty`, `reasons` and `claims`. Infinite numbers are null there.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The scheme.
    pub scheme: Tableau,
    /// How surely the numbers of the scheme are those that were meant.
    pub certainty: Certainty,
    /// Whether they are fractions, roots, or doubles.
    arithmetic: &'static str,
    /// Of what is computed from enclosures of them.
    enclosed: Certainty,
    /// Of sums over many trees.
    tree_sums: Certainty,
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
    pub discrete_adjoint_order: Option<Order>,
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
    /// Whether the tableau as it stands, with its redundant stages, is algebraically stable, symplectic, symmetric, if that
    /// differs from what is found of its steps.
    pub tableau_as_it_stands: Option<[Verdict; 3]>,
    /// Whether `b` and `b̂` have the same stability function, if there are embedded weights: then the estimated error is
    /// zero on linear equations.
    pub blind_estimate: Option<Verdict>,
    /// The claims made for the scheme, each with what was found.
    pub claims: Vec<Claim>,
}

/// What is computed alike in exact and in rounded arithmetic.
struct Structure {
    order: Order,
    autonomous_order: usize,
    embedded: Option<Order>,
    simplifying: SimplifyingConditions,
    algebraically_stable: Verdict,
    symplectic: Verdict,
    symmetric: Verdict,
    tableau_as_it_stands: [Verdict; 3],
    blind_estimate: Option<Verdict>,
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
        let order_of = |method: &SchemeOnTrees<'_, T>| order_of(method, up_to);
        let method = SchemeOnTrees::of(k);
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
        Structure {
            autonomous_order: order_of(&method.clone().autonomous()).order.max(order.order),
            embedded: SchemeOnTrees::embedded(k).map(|embedded| order_of(&embedded)),
            simplifying,
            algebraically_stable: k.algebraically_stable(),
            symplectic: k.symplectic(),
            symmetric,
            tableau_as_it_stands: [
                k.has_algebraically_stable_tableau(),
                k.has_symplectic_tableau(),
                k.has_symmetric_tableau(),
            ],
            blind_estimate: k.blind_estimate(),
            stages: k.reduced().scheme.stages(),
            order,
        }
    }
}

/// The order, sought up to a given one, or as far as is reasonable.
pub(super) fn order_of<T: Scalar>(method: &SchemeOnTrees<'_, T>, up_to: Option<usize>) -> Order {
    up_to.map_or_else(|| method.order(), |cap| method.order_up_to(cap))
}

/// Numbers that are sums over many trees.
struct TreeSums {
    principal_error: Option<ErrorNorm>,
    error_coefficients: Vec<(RootedTree, f64)>,
    discrete_adjoint_order: Option<Order>,
    certainty: Certainty,
}

impl TreeSums {
    fn of<T: Scalar>(k: &Coefficients<T>, order: &Order, up_to: Option<usize>) -> Self {
        let method = SchemeOnTrees::of(k);
        let coefficients = order.is_known.then(|| method.error_coefficients(order.order + 1).ok()).flatten();
        let rounded = |(tree, x): (RootedTree, T)| (tree, x.to_f64());
        TreeSums {
            principal_error: order.is_known.then(|| method.error_norm(order.order + 1).ok()).flatten(),
            error_coefficients: coefficients.into_iter().flatten().map(rounded).collect(),
            discrete_adjoint_order: k.discrete_adjoint_order(up_to),
            certainty: k.certainty,
        }
    }
}

fn number(root: Option<AlgebraicNumber>) -> f64 {
    root.map_or(f64::INFINITY, |root| root.to_f64())
}

impl Report {
    /// The report of `scheme`, its order sought up to `up_to`, or as far as is reasonable.
    pub(in crate::verify) fn of(scheme: &Tableau, up_to: Option<usize>) -> Self {
        let recovered = Recovered::of(scheme);
        let structure = with_coefficients!(&recovered, k => Structure::of(k, up_to));
        let sums = match &recovered {
            Recovered::Exact(k) => TreeSums::of(k, &structure.order, up_to),
            // There are so many trees that square roots would take long.
            _ => TreeSums::of(&Coefficients::rounded(scheme), &structure.order, up_to),
        };
        let (steps, redundant_stages) = (recovered.reduced(), scheme.stages() - structure.stages);
        let stability = StabilityFunction::of(&recovered);
        let of_steps = [&structure.algebraically_stable, &structure.symplectic, &structure.symmetric];
        let differ = of_steps.iter().zip(&structure.tableau_as_it_stands).any(|(x, y)| x.holds != y.holds);
        let mut report = Report {
            certainty: recovered.certainty(),
            arithmetic: match &recovered {
                Recovered::Roots(_) => "fractions and roots",
                _ => arithmetic(recovered.certainty()),
            },
            enclosed: recovered.certainty_enclosed(),
            redundant_stages,
            order: structure.order.order,
            autonomous_order: structure.autonomous_order,
            stage_order: structure.simplifying.stage_order(),
            order_found: structure.order,
            embedded_order: structure.embedded,
            simplifying: structure.simplifying,
            principal_error: sums.principal_error,
            error_coefficients: sums.error_coefficients,
            discrete_adjoint_order: sums.discrete_adjoint_order,
            tree_sums: sums.certainty,
            i_stable: stability.i_stability(),
            a_stable: stability.a_stability(),
            l_stable: stability.l_stability(),
            strictly_stable_at_infinity: stability.strict_stability_at_infinity(),
            a_alpha: stability.sector_angle(),
            real_stability_interval: number(stability.real_interval()),
            imaginary_stability_interval: number(stability.imaginary_interval()),
            stability_disc_radius: stability.disc_radius(),
            algebraically_stable: structure.algebraically_stable,
            contractivity_radius: circle_contractivity_radius(&steps),
            ssp_coefficient: number(ssp_coefficient(&steps)),
            linear_monotonicity_radius: stability.linear_monotonicity_radius(),
            symplectic: structure.symplectic,
            symmetric: structure.symmetric,
            tableau_as_it_stands: differ.then_some(structure.tableau_as_it_stands),
            blind_estimate: structure.blind_estimate,
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
        let (certainty, linear, enclosed) = (self.certainty, self.stability.certainty(), self.enclosed);
        let stable = |key, verdict| Fact::verdict(LINEAR, key, verdict);
        let radius = |key, value: f64| Fact::decided(LINEAR, key, Value::Number(value), linear);
        let monotone = |key, value: f64, certainty| Fact::decided(NONLINEAR, key, Value::Number(value), certainty);
        let poles = self.stability.poles().iter().map(|z| [z.re, z.im]).collect();
        let discrete_adjoint = match &self.discrete_adjoint_order {
            Some(order) => {
                Fact::decided(ACCURACY, "discrete_adjoint_order", Value::Count(order.order), order.certainty)
            }
            None => Fact::decided(ACCURACY, "discrete_adjoint_order", Value::None, certainty),
        };
        let mut facts = vec![
            Fact::plain(TABLEAU, "stages", Value::Count(scheme.stages())),
            Fact::plain(TABLEAU, "structure", Value::Text(scheme.structure().to_string())),
            Fact::plain(TABLEAU, "explicit", Value::Flag(scheme.is_explicit())),
            Fact::plain(TABLEAU, "diagonally_implicit", Value::Flag(scheme.is_diagonally_implicit())),
            Fact::plain(TABLEAU, "stiffly_accurate", Value::Flag(scheme.is_stiffly_accurate())),
            Fact::plain(TABLEAU, "first_same_as_last", Value::Flag(scheme.is_first_same_as_last())),
            Fact::plain(TABLEAU, "redundant_stages", Value::Count(self.redundant_stages)),
            Fact::plain(TABLEAU, "arithmetic", Value::Text(self.arithmetic.to_string())),
            order(ACCURACY, "order", Some(&self.order_found)),
            order(ACCURACY, "embedded_order", self.embedded_order.as_ref()),
        ];
        facts.extend(self.blind_estimate.iter().map(|blind| Fact::verdict(ACCURACY, "blind_estimate", blind)));
        if self.autonomous_order != self.order {
            facts.push(Fact::decided(ACCURACY, "autonomous_order", Value::Count(self.autonomous_order), certainty));
        }
        let simplifying = [
            ("stage_order", self.stage_order),
            ("quadrature_order", self.simplifying.quadrature),
            ("stage_conditions", self.simplifying.stages),
            ("adjoint_conditions", self.simplifying.adjoint),
        ];
        facts.extend(simplifying.map(|(key, count)| Fact::decided(ACCURACY, key, Value::Count(count), certainty)));
        facts.push(principal_error(self.principal_error.as_ref(), self.tree_sums));
        let coefficients = self.error_coefficients.iter().map(|(tree, x)| (tree.to_string(), *x)).collect();
        facts.push(Fact::decided(ACCURACY, "error_coefficients", Value::Table(coefficients), self.tree_sums));
        facts.extend([
            discrete_adjoint,
            radius("stability_numerator", 0.0).with(Value::Numbers(self.stability.numerator())),
            radius("stability_denominator", 0.0).with(Value::Numbers(self.stability.denominator())),
            radius("poles", 0.0).with(Value::Points(poles)),
            radius("e_polynomial", 0.0).with(Value::Numbers(self.stability.e_polynomial())),
            radius("value_at_infinity", self.stability.at_infinity()),
            stable("i_stable", &self.i_stable),
            stable("a_stable", &self.a_stable),
            stable("l_stable", &self.l_stable),
            stable("strictly_stable_at_infinity", &self.strictly_stable_at_infinity),
            radius("a_alpha", self.a_alpha),
            radius("real_stability_interval", self.real_stability_interval),
            radius("imaginary_stability_interval", self.imaginary_stability_interval),
            radius("stability_disc_radius", self.stability_disc_radius),
            Fact::verdict(NONLINEAR, "algebraically_stable", &self.algebraically_stable),
            monotone("contractivity_radius", self.contractivity_radius, enclosed),
            monotone("ssp_coefficient", self.ssp_coefficient, ssp_certainty(enclosed)),
            monotone("linear_monotonicity_radius", self.linear_monotonicity_radius, linear),
            Fact::verdict(GEOMETRY, "symplectic", &self.symplectic),
            Fact::verdict(GEOMETRY, "symmetric", &self.symmetric),
        ]);
        if let Some([stable, symplectic, symmetric]) = &self.tableau_as_it_stands {
            facts.extend([
                Fact::verdict(AS_IT_STANDS, "tableau_algebraically_stable", stable),
                Fact::verdict(AS_IT_STANDS, "tableau_symplectic", symplectic),
                Fact::verdict(AS_IT_STANDS, "tableau_symmetric", symmetric),
            ]);
        }
        for (key, size, term) in [
            ("dispersion_order", "dispersion_coefficient", self.stability.dispersion()),
            ("dissipation_order", "dissipation_coefficient", self.stability.dissipation()),
        ] {
            let power = term.as_ref().map(|term| term.power - 1);
            facts.push(Fact::decided(OSCILLATOR, key, power.into(), linear));
            facts.extend(term.map(|term| Fact::decided(OSCILLATOR, size, Value::Number(term.coefficient), linear)));
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
pub(super) const NONLINEAR: &str = "Nonlinear stability";
pub(super) const GEOMETRY: &str = "Geometry";
const AS_IT_STANDS: &str = "The tableau with its redundant stages (all else is said of its steps)";
pub(super) const OSCILLATOR: &str = "Oscillations";

/// What numbers are that are fractions, or doubles.
pub(super) fn arithmetic(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Proved | Certainty::Undecided => "fractions",
        Certainty::Recognised => "recognised fractions",
        Certainty::ToTolerance(_) | Certainty::ToDigits(_) => "doubles",
    }
}

/// The order, and the condition that stops it.
pub(super) fn order(topic: &'static str, key: &'static str, order: Option<&Order>) -> Fact {
    let Some(order) = order else { return Fact::plain(topic, key, Value::None) };
    let reason = match &order.violation {
        Some(violation) => {
            let Violation { condition, residual } = violation;
            let is_exact = order.certainty == Certainty::Proved;
            // Fractions of many digits may stand for other numbers; only who wrote them knows.
            let like =
                if is_exact && residual.abs() < 1e-12 { ", as little as by a rounding of coefficients" } else { "" };
            format!("the condition {condition} is missed by {residual:.3e}{like}")
        }
        None => "at least; conditions of higher order were not tried".to_string(),
    };
    Fact { certainty: Some(order.certainty), ..Fact::plain(topic, key, Value::Count(order.order)) }.because(reason)
}

/// The principal error norm, and what makes it up.
pub(super) fn principal_error(norm: Option<&ErrorNorm>, certainty: Certainty) -> Fact {
    match norm {
        None => Fact::plain(ACCURACY, "principal_error_norm", Value::None),
        Some(norm) => Fact::decided(ACCURACY, "principal_error_norm", Value::Number(norm.norm), certainty)
            .because(format!("the largest coefficient is {:.3e}, of {}", norm.largest, norm.tree)),
    }
}

impl<T: Scalar> Coefficients<T> {
    /// The order of the pair of the scheme and its discrete adjoint, if there is one: see [`Tableau::discrete_adjoint`].
    fn discrete_adjoint_order(&self, up_to: Option<usize>) -> Option<Order> {
        let reduced = self.reduced().scheme;
        let has_zero_weight = |k: &Self| k.b.iter().any(|b| b.vanishes(0.0));
        let used = if has_zero_weight(self) { &reduced } else { self };
        if has_zero_weight(used) {
            return None;
        }
        let adjoint = used.discrete_adjoint();
        Some(order_of(&SchemeOnTrees::additive(&[used, &adjoint]).ok()?, up_to))
    }

    /// Whether `b` and `b̂` have the same stability function, if there is `b̂`: `(b − b̂)ᵀ A^k 1 = 0` for all `k`.
    fn blind_estimate(&self) -> Option<Verdict> {
        let difference: Vec<T> = self.b.iter().zip(self.embedded.as_ref()?).map(|(b, hat)| b.clone() - hat).collect();
        let mut v = vec![T::one(); self.stages()];
        for k in 0..self.stages() {
            let moment = dot(&difference, &v);
            if !moment.vanishes(self.tolerance()) {
                let reason = format!("R and R̂ differ first in z^{}, by {:.3e}", k + 1, moment.to_f64());
                return Some(Verdict { holds: false, certainty: self.certainty, reason });
            }
            v = (0..self.stages()).map(|i| dot(self.row(i), &v)).collect();
        }
        let reason = "b and b̂ have the same stability function: the estimated error is zero on linear equations";
        Some(Verdict { holds: true, certainty: self.certainty, reason: reason.to_string() })
    }
}

impl Tableau {
    /// Whether the embedded weights see no error on linear equations, since both have the same stability function: steps
    /// cannot be chosen by such a pair. `false` without embedded weights.
    pub fn has_blind_estimate(&self) -> bool {
        let blind = with_coefficients!(Recovered::of(self), k => k.blind_estimate());
        blind.is_some_and(|verdict| verdict.holds)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fact::serialize(self.scheme.name(), &self.facts(), &self.claims, serializer)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fact::print(f, &self.scheme.to_string(), self.certainty, &self.facts(), &self.claims)
    }
}
