//! What a general linear method does to small equations: nothing, and `ẏ = λy`.

use super::{Matrices, Rows};
use crate::tableau::coefficients::Scalar;
use crate::tableau::{Method, Surd};
use crate::verify::exact::elimination::Echelon;
use crate::verify::exact::unit_circle::UnitCircle;
use crate::verify::exact::verdict::Verdict;
use crate::verify::multistep::{RecoveredMultistep, near_the_circle};
use crate::verify::stability::growth::Growth;
use num_traits::{One, Zero};

/// The product of two matrices.
pub(super) fn product(x: &Rows, y: &Rows) -> Rows {
    let columns = y.first().map_or(0, Vec::len);
    let entry =
        |row: &[Surd], j: usize| row.iter().zip(y).fold(Surd::zero(), |sum, (x, other)| sum + x.clone() * &other[j]);
    x.iter().map(|row| (0..columns).map(|j| entry(row, j)).collect()).collect()
}

pub(super) fn identity(n: usize) -> Rows {
    (0..n).map(|i| (0..n).map(|j| Surd::ratio(i64::from(i == j), 1)).collect()).collect()
}

impl Matrices {
    /// The polynomial of least degree that is zero at `V`, the constant coefficient first.
    fn minimal_polynomial(&self) -> Vec<Surd> {
        let mut powers = vec![identity(self.carried())];
        loop {
            let next = product(&powers[powers.len() - 1], &self.v);
            powers.push(next);
            let n = powers.len();
            // An equation for each entry; the last power by the others.
            let entries = self.carried() * self.carried();
            let of = |power: &Rows, e: usize| power[e / self.carried()][e % self.carried()].clone();
            let rows = (0..entries).map(|e| powers.iter().map(|power| of(power, e)).collect()).collect();
            let found = Echelon::of(rows, n, n - 1, 0.0);
            if found.rest().iter().all(|row| row[n - 1].is_zero()) {
                let mut polynomial = vec![Surd::zero(); n];
                polynomial[n - 1] = Surd::one();
                found.solved(n - 1).for_each(|(k, x)| polynomial[k] = -x.clone());
                return polynomial;
            }
        }
    }

    fn zeros(&self, polynomial: &[Surd]) -> Option<UnitCircle> {
        UnitCircle::of_known_to(polynomial, self.certainty.tolerance())
    }

    /// Zero-stability: the powers of `V` are bounded. They are where no zero of its minimal polynomial is outside the unit circle,
    /// and those on it are simple.
    pub fn zero_stability(&self) -> Verdict {
        let Some(zeros) = self.zeros(&self.minimal_polynomial()) else {
            return near_the_circle("V's minimal polynomial");
        };
        let reason = match (zeros.has_outside, zeros.are_simple) {
            (true, _) => "V has an eigenvalue outside the unit circle",
            (_, false) => "V has an eigenvalue on the unit circle with too few eigenvectors",
            _ => "the powers of V are bounded, by its minimal polynomial",
        };
        Verdict { holds: zeros.holds_all(), certainty: self.certainty, reason: reason.to_string() }
    }

    /// Whether the only eigenvalue of `V` on the unit circle is 1, once: errors of the past are forgotten.
    pub fn strong_stability(&self) -> Verdict {
        let Some(zeros) = self.zeros(&self.minimal_polynomial()) else {
            return near_the_circle("V's minimal polynomial");
        };
        let slack = self
            .v
            .iter()
            .zip(identity(self.carried()))
            .map(|(row, one)| row.iter().zip(one).map(|(v, one)| one - v).collect::<Vec<Surd>>());
        let tolerance = self.certainty.tolerance();
        let fixed = self.carried() - Echelon::of(slack.collect(), self.carried(), self.carried(), tolerance).rank();
        let holds = zeros.holds_all() && zeros.on_it == 1 && zeros.has_one && fixed == 1;
        let reason = match (zeros.on_it, fixed) {
            (1, 1) => "1 is the only eigenvalue of V on the unit circle, and simple".to_string(),
            (1, _) => format!("V has {fixed} eigenvectors of the eigenvalue 1"),
            (n, _) => format!("V has {n} different eigenvalues on the unit circle"),
        };
        Verdict { holds, certainty: self.certainty, reason }
    }

    /// Whether errors do not grow on the way back either: also the powers of `V⁻¹` are bounded.
    pub fn stability_backwards(&self) -> Verdict {
        let polynomial = self.minimal_polynomial();
        let Some(zeros) = self.zeros(&polynomial) else { return near_the_circle("V's minimal polynomial") };
        let holds = zeros.holds_all() && zeros.on_it + 1 == polynomial.len();
        let reason = match (holds, polynomial[0].is_zero()) {
            (true, _) => "the powers of V and of its inverse are bounded: its eigenvalues are on the unit circle",
            (_, true) => "V has no inverse",
            _ => "V has an eigenvalue that is not on the unit circle, so that errors grow there or back",
        };
        Verdict { holds, certainty: self.certainty, reason: reason.to_string() }
    }

    /// What a step does to `ẏ = λy`, by all terms alike: the eigenvalues of `M(z) = V + z B (I − zA)⁻¹ U`.
    pub fn growth(&self) -> Growth {
        let sum = |of: &dyn Fn(usize) -> Rows| {
            let mut sum = of(0);
            for m in 1..self.terms.len() {
                for (row, other) in sum.iter_mut().zip(of(m)) {
                    row.iter_mut().zip(other).for_each(|(x, y)| *x = x.clone() + y);
                }
            }
            sum
        };
        let (a, b) = (sum(&|m| self.terms[m].a.clone()), sum(&|m| self.terms[m].b.clone()));
        Growth::of_general_linear([&a, &b, &self.u, &self.v], self.certainty)
    }
}

impl Growth {
    /// Of a method of any kind; terms count alike.
    ///
    /// ```
    /// use kutta::tableau::Multistep;
    /// use kutta::verify::growth::Growth;
    /// // Of leapfrog, y_{n+1} = y_{n−1} + 2z y_n.
    /// let growth = Growth::of(&Multistep::midpoint().into());
    /// assert_eq!(growth.count(), 2);
    /// assert_eq!(growth.imaginary_interval().ok().flatten().map(|y| y.to_f64()), Some(1.0));
    /// ```
    pub fn of(method: &Method) -> Self {
        method.multistep().map_or_else(|| Matrices::of(method).growth(), |m| RecoveredMultistep::of(m).growth())
    }
}
