//! The coefficients of a general linear method, as they are written.

use super::Tableau;
use serde::{Deserialize, Serialize};

/// A general linear method with terms, to be made a [`Method`](super::Method), whose formula has the letters.
///
/// ```
/// use kutta::tableau::{TermCoefficients, GeneralLinear, Method};
/// // The two-step midpoint rule: y_{n+1} = y_{n-1} + 2 h F(y_n), which carries y_n and y_{n-1}.
/// let midpoint = Method::new(GeneralLinear {
///     name: "two-step midpoint".to_string(),
///     u: vec![vec![1.0, 0.0]],
///     v: vec![vec![0.0, 1.0], vec![1.0, 0.0]],
///     terms: vec![TermCoefficients { a: vec![vec![0.0]], b: vec![vec![2.0], vec![0.0]], c: vec![0.0] }],
///     starting: Some(kutta::Tableau::heun()),
///     ..GeneralLinear::default()
/// })?;
/// assert_eq!(midpoint.carried(), 2);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneralLinear {
    /// The name, or nothing.
    #[serde(default)]
    pub name: String,
    /// `U`, a row a stage.
    #[serde(rename = "U")]
    pub u: Vec<Vec<f64>>,
    /// `V`, a row a carried vector.
    #[serde(rename = "V")]
    pub v: Vec<Vec<f64>>,
    /// `A`, `B`, `c` of every term of the field.
    pub terms: Vec<TermCoefficients>,
    /// By carried vector: which multiple of the state it is at the start. `None`: each is the state. 0 is for increments
    /// `h F(t_k, y_k)` of earlier steps, the latest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Vec<f64>>,
    /// Where the carried vectors are those of earlier steps, the latest first: a scheme that takes the first steps, until there
    /// are enough of them. Steps must then be of equal length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting: Option<Tableau>,
}

/// How one term of the field enters a [`GeneralLinear`] method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermCoefficients {
    /// `A`: from stages to stages.
    #[serde(rename = "A")]
    pub a: Vec<Vec<f64>>,
    /// `B`: from stages to carried vectors.
    #[serde(rename = "B")]
    pub b: Vec<Vec<f64>>,
    /// `c`: the stages' times, in units of the step.
    pub c: Vec<f64>,
}

impl GeneralLinear {
    /// How many steps are taken before there is a past: as many as the oldest vector of a kind is old.
    pub(super) fn past(&self) -> usize {
        let slopes = self.start.iter().flatten().filter(|&&q| q == 0.0).count();
        slopes.max(self.v.len() - slopes - 1)
    }
}
