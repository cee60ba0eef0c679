//! Formulas of few nodes, which are square roots: their schemes are known exactly.

use std::ops::{Add, Div, Mul, Neg, Sub};

use num_rational::BigRational;

use super::super::double_double::DoubleDouble;
use super::super::surd::Surd;

/// What coefficients are computed with: twice the precision of f64, or exactly.
pub(super) trait Real:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    fn whole(n: usize) -> Self;
}

impl Real for DoubleDouble {
    fn whole(n: usize) -> Self {
        n.into()
    }
}

impl Real for Surd {
    fn whole(n: usize) -> Self {
        ratio(n as i64, 1)
    }
}

fn ratio(p: i64, q: i64) -> Surd {
    BigRational::new(p.into(), q.into()).into()
}

/// Nodes at ±√(p/q).
fn pair(p: i64, q: i64) -> Option<[Surd; 2]> {
    let root = Surd::sqrt(&BigRational::new(p.into(), q.into()))?;
    Some([-root.clone(), root])
}

/// As [`nodes::gauss`](super::nodes::gauss), of up to three nodes.
pub(super) fn gauss(s: usize) -> Option<Vec<Surd>> {
    match s {
        1 => Some(vec![ratio(0, 1)]),
        2 => pair(1, 3).map(Vec::from),
        3 => pair(3, 5).map(|[left, right]| vec![left, ratio(0, 1), right]),
        _ => None,
    }
}

/// As [`nodes::radau_right`](super::nodes::radau_right), of up to three nodes.
pub(super) fn radau_right(s: usize) -> Option<Vec<Surd>> {
    match s {
        1 => Some(vec![ratio(1, 1)]),
        2 => Some(vec![ratio(-1, 3), ratio(1, 1)]),
        3 => {
            let [left, right] = pair(6, 25)?.map(|root| root - ratio(1, 5));
            Some(vec![left, right, ratio(1, 1)])
        }
        _ => None,
    }
}

/// As [`nodes::radau_left`](super::nodes::radau_left), of up to three nodes.
pub(super) fn radau_left(s: usize) -> Option<Vec<Surd>> {
    radau_right(s).map(|nodes| nodes.into_iter().rev().map(Neg::neg).collect())
}

/// As [`nodes::lobatto`](super::nodes::lobatto), of up to five nodes.
pub(super) fn lobatto(s: usize) -> Option<Vec<Surd>> {
    let inner = match s {
        2 => vec![],
        3 => vec![ratio(0, 1)],
        4 => pair(1, 5)?.to_vec(),
        5 => pair(3, 7).map(|[left, right]| vec![left, ratio(0, 1), right])?,
        _ => return None,
    };
    Some([vec![ratio(-1, 1)], inner, vec![ratio(1, 1)]].concat())
}
