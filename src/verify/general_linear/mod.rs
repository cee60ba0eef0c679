//! General linear methods: their matrices as analysis sees them.

mod form;
mod stability;
mod structure;

pub use form::Form;

use crate::tableau::Method;
use crate::tableau::coefficients::{Certainty, Rational, TOLERANCE, nearest, simple};
use crate::verify::exact::elimination;
use num_traits::Zero;

/// Rows of a matrix.
pub type Rows = Vec<Vec<Rational>>;

/// The matrices of a [`Method`], as fractions.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrices {
    /// `U`, by stage.
    pub u: Rows,
    /// `V`, by carried vector.
    pub v: Rows,
    /// `A`, `B` and `c` of each term.
    pub terms: Vec<TermMatrices>,
    /// Which multiples of the state the vectors are at the start.
    pub start: Vec<Rational>,
    /// How surely the numbers are those that were meant.
    pub certainty: Certainty,
}

/// The coefficients of one term.
#[derive(Debug, Clone, PartialEq)]
pub struct TermMatrices {
    /// `A`, by stage.
    pub a: Rows,
    /// `B`, by carried vector.
    pub b: Rows,
    /// The stages' times.
    pub c: Vec<Rational>,
}

impl Matrices {
    /// Those of a method. If all of its doubles are nearest to fractions with a denominator of at most 20 000, these are taken, as
    /// recognised; else those that are near and simple, and other doubles as they are, known to a tolerance.
    pub fn of(method: &Method) -> Self {
        let all = [method.start(), &method.entries()].concat();
        match all.iter().all(|&x| simple(x).is_some()) {
            true => Self::read(method, Certainty::Recognised, |x| simple(x).unwrap_or_else(Rational::zero)),
            false => Self::read(method, Certainty::ToTolerance(TOLERANCE), |x| nearest(x, TOLERANCE)),
        }
    }

    fn read(method: &Method, certainty: Certainty, read: impl Fn(f64) -> Rational) -> Self {
        let (s, r) = (method.stages(), method.carried());
        let rows = |n: usize, m: usize, entry: &dyn Fn(usize, usize) -> f64| -> Rows {
            (0..n).map(|i| (0..m).map(|j| read(entry(i, j))).collect()).collect()
        };
        let term = |m: usize| TermMatrices {
            a: rows(s, s, &|i, j| method.a(m, i, j)),
            b: rows(r, s, &|k, j| method.b(m, k, j)),
            c: (0..s).map(|j| read(method.c(m, j))).collect(),
        };
        Matrices {
            u: rows(s, r, &|i, k| method.u(i, k)),
            v: rows(r, r, &|k, l| method.v(k, l)),
            terms: (0..method.terms()).map(term).collect(),
            start: method.start().iter().map(|&q| read(q)).collect(),
            certainty,
        }
    }

    /// The number `r` of carried vectors.
    pub fn carried(&self) -> usize {
        self.v.len()
    }

    /// The number `s` of stages.
    pub fn stages(&self) -> usize {
        self.u.len()
    }

    fn tolerance(&self) -> f64 {
        self.certainty.tolerance()
    }

    /// Whether two numbers are equal, as far as they are known.
    fn agree(&self, x: &Rational, y: &Rational) -> bool {
        elimination::is_zero(&(x - y), self.tolerance())
    }
}

#[cfg(test)]
mod tests;
