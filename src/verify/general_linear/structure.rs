//! Steps back, and the times of stages.

use super::stability::{identity, product};
use super::{Matrices, Rows, TermMatrices};
use crate::tableau::coefficients::{Certainty, Rational, Scalar};
use crate::tableau::{Method, Surd};
use crate::verify::exact::elimination::{Echelon, is_zero};
use crate::verify::exact::verdict::Verdict;
use crate::verify::stability::growth::Growth;
use num_traits::Zero;

impl Matrices {
    /// The inverse of `V`, if there is one.
    fn back(&self) -> Option<Rows> {
        let r = self.carried();
        let rows = self.v.iter().zip(identity(r)).map(|(row, one)| [row.clone(), one].concat());
        let found = Echelon::of(rows.collect(), 2 * r, r, self.tolerance());
        let mut inverse = vec![vec![Surd::zero(); r]; r];
        (0..r).for_each(|l| found.solved(r + l).for_each(|(k, x)| inverse[k][l] = x.clone()));
        (found.rank() == r).then_some(inverse)
    }

    /// Whether a step can be undone, by an explicit step or an implicit one: `V` has an inverse, and the stages of the step back,
    /// whose matrices are `A − U V⁻¹ B`, do not depend on each other in a circle, or do.
    pub fn invertibility(&self) -> Verdict {
        let verdict = |holds, reason: &str| Verdict { holds, certainty: self.certainty, reason: reason.to_string() };
        let Some(back) = self.back() else { return verdict(false, "V has no inverse: a step forgets") };
        let from = product(&self.u, &back);
        let s = self.stages();
        let depends: Vec<Vec<bool>> = {
            let taken: Vec<Rows> = self.terms.iter().map(|term| product(&from, &term.b)).collect();
            let entry = |i: usize, j: usize| {
                self.terms.iter().zip(&taken).any(|(term, b)| !self.agree(&term.a[i][j], &b[i][j]))
            };
            (0..s).map(|i| (0..s).map(|j| entry(i, j)).collect()).collect()
        };
        // A stage that needs none of those left can be next.
        let mut left: Vec<usize> = (0..s).collect();
        while let Some(place) = left.iter().position(|&i| left.iter().all(|&j| !depends[i][j])) {
            left.remove(place);
        }
        match left.is_empty() {
            true => verdict(true, "V has an inverse, and the step back is explicit"),
            false => verdict(true, "V has an inverse; the step back has stages to solve for"),
        }
    }

    /// Whether a step with `−h` undoes one with `h`: with some order `P` of the stages and some order `L` of the vectors,
    /// `V⁻¹ = L V L⁻¹`, `U V⁻¹ = P U L⁻¹`, `V⁻¹ B = L B P⁻¹` and `U V⁻¹ B − A = P A P⁻¹`. Both orders are sought among the given one
    /// and the reverse. If they do not serve, growth factors may still show that there are none: those of a symmetric method at
    /// `−z` are the reciprocals of those at `z`.
    pub fn symmetry(&self, growth: &Growth) -> Verdict {
        let verdict = |holds, certainty, reason: &str| Verdict { holds, certainty, reason: reason.to_string() };
        let Some(back) = self.back() else { return verdict(false, self.certainty, "V has no inverse") };
        let from = product(&self.u, &back);
        let orders = |n: usize| [(0..n).collect::<Vec<usize>>(), (0..n).rev().collect()];
        for vectors in orders(self.carried()) {
            for stages in orders(self.stages()) {
                let centre = self.terms[0].c[0].clone() + &self.terms[0].c[stages[0]];
                let same = |x: &Rows, y: &Rows, rows: &[usize], columns: &[usize]| {
                    rows.iter().zip(x).all(|(&i, x)| columns.iter().zip(x).all(|(&j, x)| self.agree(x, &y[i][j])))
                };
                let term = |term: &TermMatrices| {
                    let taken = product(&from, &term.b);
                    let difference =
                        |(x, y): (&Vec<Surd>, &Vec<Surd>)| x.iter().zip(y).map(|(x, y)| x.clone() - y).collect();
                    let a = taken.iter().zip(&term.a).map(difference).collect();
                    same(&product(&back, &term.b), &term.b, &vectors, &stages)
                        && same(&a, &term.a, &stages, &stages)
                        && stages.iter().zip(&term.c).all(|(&i, c)| self.agree(&(term.c[i].clone() + c), &centre))
                };
                if same(&back, &self.v, &vectors, &vectors)
                    && same(&from, &self.u, &stages, &vectors)
                    && self.terms.iter().all(term)
                {
                    return verdict(
                        true,
                        self.certainty,
                        "a step with −h is the step back, for one of the orders of stages and vectors",
                    );
                }
            }
        }
        let is_reciprocal = |k: i64| growth.is_reciprocal_at(&Rational::ratio(k, 7), self.tolerance());
        match (1..=3).all(is_reciprocal) {
            false => verdict(false, self.certainty, "growth factors at −z are not the reciprocals of those at z"),
            true => verdict(false, Certainty::Undecided, "not decided: no order of stages and vectors was found"),
        }
    }
}

impl Matrices {
    /// Whether the stages of a method with these matrices are at the times that a component with the slope 1 would have; where they are
    /// not exact, by the doubles.
    pub fn node_agreement(&self, method: &Method) -> Verdict {
        match self.tolerance() {
            0.0 => self.agreement_of_nodes(),
            _ => Matrices::rounded(method).agreement_of_nodes(),
        }
    }
}

impl<T: Scalar> Matrices<T> {
    /// Whether time may be a further component of the state: `c_j = Σ_k u_jk p_k + Σ_l a_jl` for every term, the vectors being
    /// `q_k t + p_k h` of the time, `(I − V) p = B 1 − q`. The order by trees is that for such problems.
    fn agreement_of_nodes(&self) -> Verdict {
        let missed = self.nodes_off().into_iter().map(|(m, j, x)| (m, j, x.to_f64()));
        let worst = missed.max_by(|x, y| x.2.abs().total_cmp(&y.2.abs()));
        let reason = match worst {
            None => "stages have the times that a component with the slope 1 would have".to_string(),
            Some((m, j, off)) => format!(
                "c of stage {j}, term {m}, is off by {:.3e}: the order is that for fields that do not depend on time",
                -off
            ),
        };
        Verdict { holds: worst.is_none(), certainty: self.certainty, reason }
    }

    /// By how much nodes are off, where they are: by term and stage.
    pub(super) fn nodes_off(&self) -> Vec<(usize, usize, T)> {
        let (r, tolerance) = (self.carried(), self.tolerance());
        let sum = |row: &[T]| row.iter().fold(T::zero(), |sum, x| sum + x);
        let rows = (0..r).map(|k| {
            let slack = (1..r).map(|l| T::ratio(i64::from(k == l), 1) - &self.v[k][l]);
            slack.chain([sum(&self.terms[0].b[k]) - &self.start[k]]).collect::<Vec<T>>()
        });
        let mut ahead = vec![T::zero(); r];
        Echelon::of(rows.collect(), r, r - 1, tolerance).solved(r - 1).for_each(|(k, x)| {
            ahead[k + 1] = if x.vanishes(tolerance) { T::zero() } else { x.clone() };
        });
        let nodes = self.terms.iter().enumerate().flat_map(|(m, term)| (0..self.stages()).map(move |j| (m, term, j)));
        let residuals = nodes.map(|(m, term, j)| {
            let from = self.u[j].iter().zip(&ahead).fold(sum(&term.a[j]), |sum, (u, p)| sum + u.clone() * p);
            (m, j, from - &term.c[j])
        });
        residuals.filter(|(.., x)| !is_zero(x, tolerance)).collect()
    }
}
