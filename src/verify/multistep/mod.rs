//! Linear multistep methods by their polynomials `ρ` and `σ`.

mod order;
mod reduced;
mod structure;

pub use order::LinearOrder;
pub use reduced::Reduced;
pub(in crate::verify) use structure::near_the_circle;

use num_traits::Zero;
use std::ops::Neg;

use crate::tableau::coefficients::{Certainty, Scalar, Summed, TOLERANCE, nearest, simple};
use crate::tableau::{Entry, Multistep, Surd};
use crate::verify::stability::growth::Growth;

/// `ρ(ζ) = Σ_i a_i ζ^i` and `σ(ζ) = Σ_i b_i ζ^i` over the numbers `T`: the method is
///
/// ```text
/// Σ_{i=0..k} a_i y_{n+i} = h Σ_{i=0..k} b_i F(y_{n+i}) ,     a_k = 1 .
/// ```
///
/// Source: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), III.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Characteristics<T> {
    /// `a_0, …, a_k`.
    pub rho: Vec<T>,
    /// `b_0, …, b_k`.
    pub sigma: Vec<T>,
    /// How surely the numbers are those that were meant.
    pub certainty: Certainty,
}

impl<T: Scalar> Characteristics<T> {
    fn of(alpha: Vec<T>, beta: Vec<T>, certainty: Certainty) -> Self {
        let rho = alpha.into_iter().rev().map(Neg::neg).chain([T::one()]).collect();
        Characteristics { rho, sigma: beta.into_iter().rev().collect(), certainty }
    }

    /// Number `k` of steps.
    pub fn steps(&self) -> usize {
        self.rho.len() - 1
    }
}

/// A multistep method's polynomials as analysis sees them.
#[derive(Debug, Clone)]
pub struct RecoveredMultistep {
    /// As fractions and square roots, if all are written or recognised.
    pub exact: Option<Characteristics<Surd>>,
    /// As doubles.
    pub rounded: Characteristics<Summed>,
    /// As fractions in any case: those that are near, or the doubles, such that the method is consistent.
    pub near: Characteristics<Surd>,
}

/// The same expression for the coefficients of a [`RecoveredMultistep`]: exact ones, if there are.
macro_rules! with_characteristics {
    ($recovered:expr, $coefficients:ident => $result:expr) => {
        match &$recovered.exact {
            Some($coefficients) => $result,
            None => {
                let $coefficients = &$recovered.rounded;
                $result
            }
        }
    };
}
pub(in crate::verify) use with_characteristics;

impl RecoveredMultistep {
    /// The polynomials of a method. Fractions and square roots that were written, in a file or in the catalogue, are taken as they
    /// are, if there are not too many different roots; if all doubles are nearest to fractions with a denominator of at most 20 000, so are these; else doubles are known to a tolerance.
    pub fn of(method: &Multistep) -> Self {
        let all = |read: &dyn Fn(&Entry) -> Option<Surd>, certainty| {
            let [alpha, beta] = method.written().each_ref().map(|v| v.iter().map(read).collect::<Option<Vec<_>>>());
            let found = Characteristics::of(alpha?, beta?, certainty);
            Surd::terms_spanned(found.rho.iter().chain(&found.sigma))?;
            found.is_consistent().then_some(found)
        };
        let written = |entry: &Entry| entry.exact.clone();
        let fraction = |entry: &Entry| simple(entry.value).filter(|_| entry.off == 0.0).map(Surd::from);
        let recognised = |entry: &Entry| written(entry).or_else(|| fraction(entry));
        let exact = all(&written, Certainty::Proved).or_else(|| all(&recognised, Certainty::Recognised));
        let (rounded, off) = rounded(method);
        let rational = |entry: &Entry| entry.exact.as_ref().and_then(|x| x.as_rational().cloned());
        let near = |entry: &Entry| Some(rational(entry).unwrap_or_else(|| nearest(entry.value, off)).into());
        let [alpha, beta] = method.written().each_ref().map(|v| v.iter().filter_map(near).collect());
        let near =
            exact.clone().unwrap_or_else(|| Characteristics::of(alpha, beta, rounded.certainty).made_consistent());
        RecoveredMultistep { exact, rounded, near }
    }

    /// How surely the numbers are those that were meant.
    pub fn certainty(&self) -> Certainty {
        with_characteristics!(self, k => k.certainty)
    }

    /// What a step does to `ẏ = λy`.
    pub fn growth(&self) -> Growth {
        Growth::of_multistep(&self.near.rho, &self.near.sigma, self.certainty())
    }
}

/// The doubles, and how far at most they are off.
fn rounded(method: &Multistep) -> (Characteristics<Summed>, f64) {
    let off = |entry: &Entry| entry.doubt() / entry.value.abs().max(1.0);
    let worst = method.written().iter().flatten().map(off).fold(0.0, f64::max);
    let certainty = match worst > 0.0 {
        true => Certainty::ToDigits(4.0 * worst),
        // Sums of doubles that were given to fewer digits do not come out.
        false => Certainty::ToTolerance(TOLERANCE.max(32.0 * missed(method))),
    };
    let size = |entry: &Entry| entry.value.abs() + if worst > 0.0 { entry.doubt() / (4.0 * worst) } else { 0.0 };
    let number = |entry: &Entry| Summed { value: entry.value, size: size(entry) };
    let [alpha, beta] = method.written().each_ref().map(|v| v.iter().map(number).collect());
    (Characteristics::of(alpha, beta, certainty), certainty.tolerance())
}

/// By how much the conditions of consistency are missed, relative to their terms.
fn missed(method: &Multistep) -> f64 {
    let residual =
        |terms: Vec<f64>| terms.iter().sum::<f64>().abs() / terms.iter().map(|x| x.abs()).sum::<f64>().max(1.0);
    let states = method.alpha().iter().zip(0..).map(|(a, j)| a * f64::from(j));
    let slopes = method.beta().iter().map(|b| -b).chain([1.0]).chain(states);
    residual(method.alpha().iter().map(|a| -a).chain([1.0]).collect()).max(residual(slopes.collect()))
}

impl Characteristics<Surd> {
    /// `ρ(1)`, and `ρ'(1) − σ(1)`.
    fn inconsistency(&self) -> [Surd; 2] {
        let sum = |of: &[Surd]| of.iter().fold(Surd::zero(), |sum, x| sum + x);
        let slopes = self.rho.iter().enumerate().map(|(i, a)| Surd::ratio(i as i64, 1) * a).collect::<Vec<_>>();
        [sum(&self.rho), sum(&slopes) - sum(&self.sigma)]
    }

    fn is_consistent(&self) -> bool {
        self.inconsistency().iter().all(Zero::is_zero)
    }

    /// With the newest of the past states, and the largest of the slopes, such that it is consistent.
    fn made_consistent(mut self) -> Self {
        let k = self.steps();
        let [off, _] = self.inconsistency();
        self.rho[k - 1] = self.rho[k - 1].clone() - off;
        let [_, off] = self.inconsistency();
        let size = |i: &usize| self.sigma[*i].to_f64().abs();
        let largest = (0..=k).max_by(|i, j| size(i).total_cmp(&size(j))).unwrap_or(0);
        self.sigma[largest] = self.sigma[largest].clone() + off;
        self
    }
}

#[cfg(test)]
mod tests;
