//! General linear methods: their matrices as analysis sees them.

mod form;
mod stability;
mod structure;

pub use form::Form;

use crate::tableau::coefficients::{Certainty, Scalar, Summed, TOLERANCE, nearest, simple};
use crate::tableau::{Entry, Method, Surd};
use crate::verify::exact::elimination::{self, Echelon};
use num_traits::Zero;

/// Rows of a matrix.
pub type Rows<T = Surd> = Vec<Vec<T>>;

/// The matrices of a [`Method`] over the numbers `T`: as fractions and square roots, or doubles that know their size.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrices<T = Surd> {
    /// `U`, by stage.
    pub u: Rows<T>,
    /// `V`, by carried vector.
    pub v: Rows<T>,
    /// `A`, `B` and `c` of each term.
    pub terms: Vec<TermMatrices<T>>,
    /// Which multiples of the state the vectors are at the start.
    pub start: Vec<T>,
    /// How surely the numbers are those that were meant.
    pub certainty: Certainty,
}

/// The coefficients of one term.
#[derive(Debug, Clone, PartialEq)]
pub struct TermMatrices<T = Surd> {
    /// `A`, by stage.
    pub a: Rows<T>,
    /// `B`, by carried vector.
    pub b: Rows<T>,
    /// The stages' times.
    pub c: Vec<T>,
}

impl Matrices {
    /// Those of a method. Fractions and square roots that were written, in a file or in the catalogue, are taken as they are, if
    /// there are not too many different roots; if all other numbers are doubles nearest to fractions with a denominator of at most
    /// 20 000, so are these, as recognised. Else fractions that are near and simple are taken, and other doubles as they are, known
    /// to a tolerance.
    pub fn of(method: &Method) -> Self {
        let numbers = method.numbers();
        let written = |entry: &Entry| entry.exact.clone();
        let fraction = |entry: &Entry| simple(entry.value).filter(|_| entry.off == 0.0).map(Surd::from);
        let exact = |read: &dyn Fn(&Entry) -> Option<Surd>, certainty| {
            let all = numbers.iter().map(read).collect::<Option<Vec<Surd>>>()?;
            Surd::terms_spanned(all.iter())?;
            Some(Matrices::filled(method, certainty, all)).filter(Matrices::is_consistent)
        };
        let found = exact(&written, Certainty::Proved);
        let found = found.or_else(|| exact(&|entry| written(entry).or_else(|| fraction(entry)), Certainty::Recognised));
        found.unwrap_or_else(|| {
            let certainty = known_to(&numbers);
            let rational = |entry: &Entry| entry.exact.as_ref().and_then(|x| x.as_rational().cloned());
            let near = |entry: &Entry| rational(entry).unwrap_or_else(|| nearest(entry.value, certainty.tolerance()));
            Matrices::filled(method, certainty, numbers.iter().map(|entry| near(entry).into()).collect())
        })
    }

    /// Whether constants and linear solutions are reproduced: `U q = 1` and `V q = q` for the start `q`, and `B 1 − q` is in the range of
    /// `I − V`. Fractions of many digits that stand for other numbers nearly do, or have nodes that are nearly those of their rows.
    fn is_consistent(&self) -> bool {
        let r = self.carried();
        let sum = |row: &[Surd]| row.iter().fold(Surd::zero(), |sum, x| sum + x);
        let takes_slopes = |term: &TermMatrices| {
            let rows = (0..r).map(|k| {
                let slack = (0..r).map(|l| Surd::ratio(i64::from(k == l), 1) - &self.v[k][l]);
                slack.chain([sum(&term.b[k]) - &self.start[k]]).collect()
            });
            let solved = Echelon::of(rows.collect(), r + 1, r, 0.0);
            solved.rest().iter().all(|row| row[r].is_zero())
        };
        let is_rounding = |x: &Surd| !x.is_zero() && x.to_f64().abs() < TOLERANCE;
        self.keeps_constants()
            && self.terms.iter().all(takes_slopes)
            && !self.nodes_off().iter().any(|(.., x)| is_rounding(x))
    }

    fn keeps_constants(&self) -> bool {
        let kept = |row: &Vec<Surd>| row.iter().zip(&self.start).fold(Surd::zero(), |sum, (x, q)| sum + x.clone() * q);
        self.u.iter().all(|row| kept(row) == Surd::ratio(1, 1))
            && self.v.iter().zip(&self.start).all(|(row, q)| kept(row) == *q)
    }
}

impl Matrices<Summed> {
    /// The doubles of a method, whether or not fractions are behind them.
    pub fn rounded(method: &Method) -> Self {
        let numbers = method.numbers();
        let certainty = known_to(&numbers);
        // What is not known of a number is no more than the tolerance times its size.
        let size = |entry: &Entry| entry.value.abs() + entry.doubt() / certainty.tolerance();
        let all = numbers.iter().map(|entry| Summed { value: entry.value, size: size(entry) });
        Matrices::filled(method, certainty, all.collect())
    }
}

/// How surely numbers are known of which some are not known exactly.
fn known_to(numbers: &[Entry]) -> Certainty {
    let off = |entry: &Entry| entry.doubt() / entry.value.abs().max(1.0);
    match numbers.iter().map(off).fold(0.0, f64::max) {
        0.0 => Certainty::ToTolerance(TOLERANCE),
        worst => Certainty::ToDigits(4.0 * worst),
    }
}

impl<T: Scalar> Matrices<T> {
    /// With the numbers of a method in their order.
    fn filled(method: &Method, certainty: Certainty, numbers: Vec<T>) -> Self {
        let (s, r) = (method.stages(), method.carried());
        let mut numbers = numbers.into_iter();
        let mut row = |n: usize| numbers.by_ref().take(n).collect::<Vec<T>>();
        let mut rows = |n: usize, m: usize| (0..n).map(|_| row(m)).collect::<Rows<T>>();
        let (u, v) = (rows(s, r), rows(r, r));
        let terms = (0..method.terms()).map(|_| {
            let (a, b) = (rows(s, s), rows(r, s));
            TermMatrices { a, b, c: rows(1, s).concat() }
        });
        Matrices { u, v, terms: terms.collect(), start: rows(1, r).concat(), certainty }
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
    fn agree(&self, x: &T, y: &T) -> bool {
        elimination::is_zero(&(x.clone() - y), self.tolerance())
    }
}

#[cfg(test)]
mod tests;
