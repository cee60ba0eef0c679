//! What is said of a scheme, as against what is found of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a scheme is declared to be: its order, its stability, its structure. What is not declared is `None`.
///
/// Claims are carried along, written to files and read from them, and not checked by doing so. The schemes of the
/// catalogue claim what is known of them.
///
/// ```
/// use kutta::Tableau;
/// use kutta::tableau::Claims;
///
/// let scheme = Tableau::new([[0.5]], [1.0], [0.5])?.claiming(Claims {
///     order: Some(2),
///     a_stable: Some(true),
///     ..Claims::default()
/// });
/// assert_eq!(scheme.order(), Some(2));
/// assert_eq!(Tableau::radau_iia(3)?.claims().l_stable, Some(true));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Claims {
    /// Order `p` of the weights `b`, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<usize>,
    /// Order of the embedded weights `b̂`, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedded_order: Option<usize>,
    /// Of a partitioned pair: its order where `ẏ` does not depend on `y` nor `ż` on `z`, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separable_order: Option<usize>,
    /// Stage order: the largest `q ≤ p` with `Σ_j a_ij c_j^{k-1} = c_i^k/k` for all `i` and `k ≤ q`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_order: Option<usize>,
    /// `A` is strictly lower triangular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
    /// `A` is lower triangular, its diagonal not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagonally_implicit: Option<bool>,
    /// The last row of `A` is `b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stiffly_accurate: Option<bool>,
    /// The last stage of a step is the first of the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_same_as_last: Option<bool>,
    /// `|R(z)| ≤ 1` wherever `Re z ≤ 0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_stable: Option<bool>,
    /// `|R(iy)| ≤ 1` for all real `y`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i_stable: Option<bool>,
    /// A-stable, and `R(z) → 0` as `z → ∞`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l_stable: Option<bool>,
    /// `b_i ≥ 0`, and the matrix of `b_i a_ij + b_j a_ji − b_i b_j` is positive semidefinite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algebraically_stable: Option<bool>,
    /// `b_i a_ij + b_j a_ji = b_i b_j`; of a partitioned pair, `b_i â_ij + b̂_j a_ji = b_i b̂_j` and `b = b̂`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symplectic: Option<bool>,
    /// Of a partitioned pair: `b_i â_ij + b̂_j a_ji = b_i b̂_j`, whether or not `b = b̂`. So it is symplectic for Hamiltonians
    /// `T(p) + V(q)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separably_symplectic: Option<bool>,
    /// A step of `-h` undoes a step of `h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symmetric: Option<bool>,
    /// The same of a partitioned pair where `ẏ = Φ1(z)`, `ż = Φ2(y)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separably_symmetric: Option<bool>,
    /// The largest `α`, in degrees, such that `|R(z)| ≤ 1` wherever `|arg(−z)| ≤ α`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_alpha: Option<f64>,
    /// Euclidean norm of the coefficients `(Φ(t) − 1/γ(t))/σ(t)` of the leading error, over the trees of order `p + 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_error_norm: Option<f64>,
    /// Radius of absolute monotonicity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssp_coefficient: Option<f64>,
    /// The largest `x` with `|R| ≤ 1` on `[-x, 0]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real_stability_interval: Option<f64>,
    /// The largest `y` with `|R| ≤ 1` on `[-iy, iy]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imaginary_stability_interval: Option<f64>,
    /// Coefficients of the numerator of `R(z)`, that of `z⁰` first, scaled with the denominator's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stability_numerator: Option<Vec<f64>>,
    /// Coefficients of the denominator of `R(z)`, that of `z⁰` first, which is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stability_denominator: Option<Vec<f64>>,
    /// The keys of those numbers that are not rounded to the digits they have, since a file has them as expressions, such
    /// as `"1/8"`; `stability_numerator[3]` is that of a single coefficient. Files that are written do not tell.
    #[serde(skip)]
    pub exact: BTreeSet<String>,
}

impl Claims {
    /// Without a word on how the numbers were written.
    pub(super) fn as_doubles(&self) -> Self {
        Claims { exact: BTreeSet::new(), ..self.clone() }
    }

    /// Without orders of 0, and without numbers that are not finite: neither says anything, nor can a file hold it.
    pub(super) fn cleaned(mut self) -> Self {
        for order in [&mut self.order, &mut self.embedded_order, &mut self.separable_order] {
            *order = order.filter(|&p| p > 0);
        }
        for number in [
            &mut self.a_alpha,
            &mut self.principal_error_norm,
            &mut self.ssp_coefficient,
            &mut self.real_stability_interval,
            &mut self.imaginary_stability_interval,
        ] {
            *number = number.filter(|x| x.is_finite());
        }
        for polynomial in [&mut self.stability_numerator, &mut self.stability_denominator] {
            *polynomial = polynomial.take().filter(|p| p.iter().all(|x| x.is_finite()));
        }
        self
    }
}

/// An explicit scheme of that order: its polynomial `R` is bounded nowhere far out, its stages are of order 1.
pub(super) fn explicit(order: usize) -> Claims {
    Claims {
        order: Some(order),
        stage_order: Some(1),
        explicit: Some(true),
        diagonally_implicit: Some(false),
        a_stable: Some(false),
        i_stable: Some(false),
        l_stable: Some(false),
        algebraically_stable: Some(false),
        symplectic: Some(false),
        symmetric: Some(false),
        ..Claims::default()
    }
}

/// An explicit scheme with embedded weights.
pub(super) fn explicit_pair(order: usize, embedded: usize) -> Claims {
    Claims { embedded_order: Some(embedded), ..explicit(order) }
}

/// A diagonally implicit scheme, neither symplectic nor symmetric.
pub(super) fn diagonal(order: usize, stage_order: usize) -> Claims {
    Claims {
        order: Some(order),
        stage_order: Some(stage_order),
        explicit: Some(false),
        diagonally_implicit: Some(true),
        symplectic: Some(false),
        symmetric: Some(false),
        ..Claims::default()
    }
}

/// A diagonally implicit, stiffly accurate, L-stable scheme that is not algebraically stable.
pub(super) fn l_stable_diagonal(order: usize, stage_order: usize) -> Claims {
    Claims {
        stiffly_accurate: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        l_stable: Some(true),
        algebraically_stable: Some(false),
        ..diagonal(order, stage_order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned_claims_can_be_written() {
        let empty = Claims {
            order: Some(0),
            ssp_coefficient: Some(f64::INFINITY),
            stability_numerator: Some(vec![1.0, f64::NAN]),
            ..Claims::default()
        };
        assert_eq!(empty.cleaned(), Claims::default());
        let kept = Claims { stage_order: Some(0), a_alpha: Some(90.0), ..explicit_pair(4, 3) };
        assert_eq!(kept.clone().cleaned(), kept);
    }

    #[test]
    fn only_what_is_claimed_is_written() {
        let claims = Claims { order: Some(2), a_stable: Some(true), ..Claims::default() };
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(text, r#"{"order":2,"a_stable":true}"#);
        assert_eq!(serde_json::from_str::<Claims>(&text).unwrap(), claims);
        assert!(serde_json::from_str::<Claims>(r#"{"ordre":2}"#).is_err());
    }
}
