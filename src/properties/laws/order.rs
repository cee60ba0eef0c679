//! The order of a step, from its errors.

use super::super::{At, Outcome};
use super::{distance, size, taken};
use nalgebra::{DMatrix, DVector};
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// Starts along the solution whose errors are taken together: the error of one may change its sign with `h`, that of all
/// does not vanish.
const STARTS: usize = 4;
/// Step sizes tried, each `1/√2` of the one before, and how many of the smallest that can be measured count.
const SIZES: i32 = 30;
const COUNTED: usize = 5;
const FEWEST: usize = 3;
/// From so many on, the next term of the error is taken into account.
const MANY: usize = 5;

/// Errors below this many times the tolerance are not measured, only rounding.
const MARGIN: f64 = 100.0;

/// The errors of single steps of different sizes.
#[derive(Debug)]
struct Errors(Vec<(f64, f64)>);

impl Errors {
    /// The slope `p + 1` of `ln e = ln C + (p + 1) ln h + c h`, by least squares, less one: the error of a single step is
    /// `C h^{p+1} (1 + c h + …)`. With two columns, without the last term; of the `count` smallest errors.
    fn fitted(&self, columns: usize, count: usize) -> f64 {
        let errors = &self.0[self.0.len() - count..];
        let largest = errors.iter().fold(0.0, |m: f64, (h, _)| m.max(h.abs()));
        let terms = |h: f64| [1.0, h.ln(), h / largest];
        let matrix = DMatrix::from_fn(count, columns, |i, j| terms(errors[i].0.abs())[j]);
        let logarithms = DVector::from_iterator(count, errors.iter().map(|(_, e)| e.ln()));
        let fitted = matrix.svd(true, true).solve(&logarithms, 0.0);
        fitted.map_or(f64::NAN, |coefficients| coefficients[1] - 1.0)
    }

    /// The slope of a line.
    fn order(&self) -> f64 {
        self.fitted(2, self.0.len())
    }

    /// The slopes without and, where there are enough errors, with the next term, of all and of the smallest: far from the
    /// limit one or the other misleads.
    fn orders(&self) -> [f64; 3] {
        match self.0.len() {
            count if count >= MANY => [self.order(), self.fitted(3, count), self.fitted(3, FEWEST)],
            _ => [self.order(); 3],
        }
    }

    fn text(&self) -> String {
        let pairs = self.0.iter().map(|(h, e)| format!("{e:.2e} at h = {h:.2e}"));
        format!("errors of a step: {}", pairs.collect::<Vec<_>>().join(", "))
    }
}

fn errors<O: Outcome, P: Outcome>(
    step: &impl Fn(f64, &[f64], f64) -> O,
    exact: &impl Fn(f64, &[f64], f64) -> P,
    at: &At,
    tolerance: f64,
) -> Result<Errors, TestCaseError> {
    let mut starts = vec![at.clone()];
    for _ in 1..STARTS {
        let last = &starts[starts.len() - 1];
        let y = taken("the exact flow", exact(last.t, &last.y, last.h), last)?;
        starts.push(At { t: last.t + last.h, y, h: last.h });
    }
    let mut measured = Vec::new();
    for k in 0..SIZES {
        let h = at.h * 0.5f64.powf(0.5 * f64::from(k));
        let (mut error, mut scale) = (0.0, 0.0f64);
        for start in &starts {
            let from = At { h, ..start.clone() };
            let expected = taken("the exact flow", exact(from.t, &from.y, h), &from)?;
            let found = taken("the step", step(from.t, &from.y, h), &from)?;
            error += distance(&expected, &found).powi(2);
            scale = scale.max(size(&expected));
        }
        let error = error.sqrt();
        if error <= MARGIN * tolerance * scale {
            break;
        }
        measured.push((h, error));
    }
    let first = measured.len().saturating_sub(COUNTED);
    if measured.len() < FEWEST {
        return Err(TestCaseError::reject("the errors are too small to measure an order: take a larger step"));
    }
    Ok(Errors(measured.split_off(first)))
}

/// The order that the errors of single steps show, against the exact flow (or [`flow`](super::super::flow)), from steps of
/// `at.h` down to where errors come near to rounding: the slope of a line through the smallest five.
///
/// `tolerance` says how exactly steps and flow are computed, relative to the state's size; errors below a hundred times
/// that are left out. `1e-14` suits explicit schemes with an exact flow, `1e-13` to `1e-12` implicit ones.
///
/// # Errors
/// A failure if a step or the flow fails; a rejected case if all errors but two are below that limit: then `at.h` is too
/// small for the order, or the scheme is exact on this field.
pub fn observed_order<O: Outcome, P: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    exact: impl Fn(f64, &[f64], f64) -> P,
    at: &At,
    tolerance: f64,
) -> Result<f64, TestCaseError> {
    Ok(errors(&step, &exact, at, tolerance)?.order())
}

/// The [`observed_order`] is `order`, to the nearest whole number. True on fields that are general enough, such as
/// [`Smooth::generic`](super::super::Smooth::generic).
///
/// # Errors
/// As [`observed_order`], and a failure if the order is another.
pub fn assert_order<O: Outcome, P: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    exact: impl Fn(f64, &[f64], f64) -> P,
    at: &At,
    order: usize,
    tolerance: f64,
) -> TestCaseResult {
    let errors = errors(&step, &exact, at, tolerance)?;
    let found = errors.order();
    if errors.orders().iter().any(|found| (found - order as f64).abs() < 0.5) {
        return Ok(());
    }
    let text = errors.text();
    Err(TestCaseError::fail(format!("the observed order is {found:.2}, expected {order}; {text}; {at:?}")))
}

/// The [`observed_order`] is `order` or more, as it must be on every smooth field.
///
/// # Errors
/// As [`observed_order`], and a failure if the order is less.
pub fn assert_order_at_least<O: Outcome, P: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    exact: impl Fn(f64, &[f64], f64) -> P,
    at: &At,
    order: usize,
    tolerance: f64,
) -> TestCaseResult {
    let errors = errors(&step, &exact, at, tolerance)?;
    let found = errors.order();
    if errors.orders().iter().any(|&found| found > order as f64 - 0.5) {
        return Ok(());
    }
    let text = errors.text();
    Err(TestCaseError::fail(format!("the observed order is {found:.2}, expected {order} or more; {text}; {at:?}")))
}
