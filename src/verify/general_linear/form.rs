//! Quadratic forms of the carried vectors that steps keep.

use super::{Matrices, Rows};
use crate::tableau::coefficients::{Certainty, Scalar};
use crate::tableau::{Method, number};
use crate::verify::exact::elimination::{Echelon, is_zero};
use crate::verify::exact::verdict::Verdict;

/// A form `Σ_kl g_kl yₖᵀ Q y_l` that every step keeps for every quadratic invariant `yᵀ Q y` of the field.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// `G`, symmetric, such that `qᵀ G q = 1` for the start `q`.
    pub g: Vec<Vec<f64>>,
}

impl<T: Scalar> Matrices<T> {
    /// G-symplecticity: a [`Form`] that every step keeps. There is one if a symmetric `G` and a diagonal `D` satisfy
    ///
    /// ```text
    /// G = Vᵀ G V ,     D U = Bᵀ G V ,     D A + Aᵀ D = Bᵀ G B .
    /// ```
    ///
    /// Only for methods of one term. `None` if there is none with `qᵀ G q ≠ 0`, that sees the state at the start.
    ///
    /// Source: J. C. Butcher, Numerical Methods for Ordinary Differential Equations (2016), 572.
    pub fn kept_form(&self) -> Option<Form> {
        let [term] = self.terms.as_slice() else { return None };
        let (r, s) = (self.carried(), self.stages());
        let pairs: Vec<(usize, usize)> = (0..r).flat_map(|k| (0..=k).map(move |l| (k, l))).collect();
        let unknowns = s + pairs.len();
        // xᵀ G y, by the unknowns of G.
        let form = |x: &dyn Fn(usize) -> T, y: &dyn Fn(usize) -> T| -> Vec<T> {
            let entry = |&(k, l): &(usize, usize)| if k == l { x(k) * y(k) } else { x(k) * y(l) + x(l) * y(k) };
            pairs.iter().map(entry).collect()
        };
        let column = |m: &Rows<T>, j: usize| m.iter().map(|row| row[j].clone()).collect::<Vec<T>>();
        let (v, b): (Vec<_>, Vec<_>) =
            ((0..r).map(|l| column(&self.v, l)).collect(), (0..s).map(|j| column(&term.b, j)).collect());
        let mut rows = Vec::new();
        // Weights of D, less what G gives.
        let mut equation = |weights: &[(usize, &T)], of_g: Vec<T>| {
            let mut row = vec![T::zero(); s];
            weights.iter().for_each(|(i, x)| row[*i] = row[*i].clone() + *x);
            row.extend(of_g.into_iter().map(|x| -x));
            rows.push(row);
        };
        for &(k, l) in &pairs {
            let unit = |at: usize| move |i: usize| T::ratio(i64::from(i == at), 1);
            let (kept, moved) = (form(&unit(k), &unit(l)), form(&|i| v[k][i].clone(), &|i| v[l][i].clone()));
            equation(&[], kept.into_iter().zip(&moved).map(|(x, y)| x - y).collect());
        }
        for i in 0..s {
            for (u, v) in self.u[i].iter().zip(&v) {
                equation(&[(i, u)], form(&|l| b[i][l].clone(), &|l| v[l].clone()));
            }
            for j in 0..=i {
                let weights = [(i, &term.a[i][j]), (j, &term.a[j][i])];
                equation(&weights, form(&|l| b[i][l].clone(), &|l| b[j][l].clone()));
            }
        }
        let tolerance = self.tolerance();
        let kernel = Echelon::of(rows, unknowns, unknowns, tolerance).kernel();
        let at_start = form(&|k| self.start[k].clone(), &|k| self.start[k].clone());
        let size = |vector: &[T]| vector[s..].iter().zip(&at_start).fold(T::zero(), |sum, (g, q)| sum + g.clone() * q);
        let found = kernel.iter().find(|vector| !is_zero(&size(vector), tolerance))?;
        let scale = size(found);
        let mut g = vec![vec![0.0; r]; r];
        for (&(k, l), x) in pairs.iter().zip(&found[s..]) {
            let entry = (x.clone() / &scale).to_f64();
            (g[k][l], g[l][k]) = (entry, entry);
        }
        Some(Form { g })
    }
}

impl Matrices {
    /// Whether there is a form that every step keeps, as a verdict.
    pub fn g_symplecticity(&self, method: &Method) -> Verdict {
        let verdict = |holds, certainty, reason| Verdict { holds, certainty, reason };
        if self.terms.len() > 1 {
            return verdict(false, Certainty::Undecided, "not decided: it has several terms".to_string());
        }
        let form = match self.tolerance() {
            0.0 => self.kept_form(),
            // Fractions that stand for doubles would have ever more digits.
            _ => Matrices::rounded(method).kept_form(),
        };
        match form {
            Some(form) => verdict(true, self.certainty, format!("yᵀGy is kept with quadratic invariants, G = {form}")),
            None => {
                verdict(false, self.certainty, "no G and D satisfy G = VᵀGV, DU = BᵀGV, DA + AᵀD = BᵀGB".to_string())
            }
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let row = |row: &Vec<f64>| format!("[{}]", row.iter().map(|&x| number(x)).collect::<Vec<_>>().join(", "));
        write!(f, "[{}]", self.g.iter().map(row).collect::<Vec<_>>().join(", "))
    }
}
