//! Schemes from quadrature formulas, for any number of stages.
//!
//! Let `P_k` be the Legendre polynomials and `x_i = 2c_i − 1` the nodes in `[-1, 1]`. Where the quadrature formula
//! `(b, c)` integrates polynomials of degree `2s − 3` exactly, the first `s` Legendre polynomials are orthogonal under it.
//! Their squares have the mean `1/(2k + 1)`, the last one's `1/m` with `m = 2s − 1` if degree `2s − 2` is exact too (Gauss,
//! Radau), and `m = s − 1` for Lobatto's formula. Hence `1/b_i = Σ_{k<s-1} (2k + 1) P_k(x_i)² + m P_{s-1}(x_i)²`. The
//! Lagrange polynomials, and their integrals by `2 (2k + 1) ∫ P_k = P_{k+1} − P_{k-1}`, follow likewise:
//!
//! ```text
//! a_ij = b_j/2 (1 + Σ_{k=1}^{s-1} (α_k P_k(x_i) P_{k-1}(x_j) − β_k P_{k-1}(x_i) P_k(x_j)) + η P_{s-1}(x_i) P_{s-1}(x_j)),
//! ```
//!
//! where `α_k = β_k = 1`, but for the last of them, `α` and `β`. A family is its nodes and the numbers `α`, `β` and `η`. No
//! linear system is solved, and all terms are of the order of one. All is computed in twice the precision, then rounded
//! once.
//!
//! | family | nodes | α | β | η |
//! | --- | --- | --- | --- | --- |
//! | Gauss | zeros of `P_s` | 1 | 1 | 0 |
//! | Radau IA | zeros of `P_s + P_{s-1}` | 1 | 1 | 1 |
//! | Radau IIA | zeros of `P_s − P_{s-1}` | 1 | 1 | 1 |
//! | Lobatto IIIA | zeros of `P_s − P_{s-2}` | 1 | 0 | 0 |
//! | Lobatto IIIB | the same | 0 | 1 | 0 |
//! | Lobatto IIIC | the same | 1 | 1 | 1 |
//! | Lobatto IIIC* | the same | 1 | 1 | −1 |
//! | Lobatto IIID | the same | 1 | 1 | 0 |
//! | Lobatto IIIE | the same | 1/2 | 1/2 | 0 |
//!
//! Sources: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5 (W-transformation); L. O. Jay,
//! Lobatto methods, in: Encyclopedia of Applied and Computational Mathematics (2015) 817–826.

use std::sync::Arc;

use super::double_double::DoubleDouble;
use super::entry::{Entry, Written};
use super::listed::{Family, whole};
use super::surd::Surd;
use super::{Claims, Tableau};
use crate::Error;
use exact::Real;
use nodes::legendre;

mod exact;
mod nodes;

/// More stages are of no use, and would take long.
const MAX_STAGES: usize = 256;

const FIVE: &[&str] = &["1", "2", "3", "4", "5"];
const FROM_TWO: &[&str] = &["2", "3", "4", "5"];

const fn family(
    name: &'static str,
    aliases: &'static [&'static str],
    listed: &'static [&'static str],
    nicknames: &'static [(&'static str, &'static str)],
    member: fn(&str) -> Result<Tableau, Error>,
) -> Family<Tableau> {
    Family { name, suffix: "", aliases, listed, nicknames, member }
}

pub(super) static FAMILIES: &[Family<Tableau>] = &[
    family("gauss", &["gauss_legendre"], FIVE, &[], |p| Tableau::gauss(whole("stages", p)?)),
    family("radau_ia", &["radauia"], FIVE, &[], |p| Tableau::radau_ia(whole("stages", p)?)),
    family("radau_iia", &["radauiia"], FIVE, &[("radau5", "3")], |p| Tableau::radau_iia(whole("stages", p)?)),
    family("lobatto_iiia", &["lobattoiiia"], FROM_TWO, &[], |p| Tableau::lobatto_iiia(whole("stages", p)?)),
    family("lobatto_iiib", &["lobattoiiib"], FROM_TWO, &[], |p| Tableau::lobatto_iiib(whole("stages", p)?)),
    family("lobatto_iiic", &["lobattoiiic"], FROM_TWO, &[], |p| Tableau::lobatto_iiic(whole("stages", p)?)),
    family("lobatto_iiic_star", &["lobattoiiicstar", "lobatto_iiic*"], FROM_TWO, &[], |p| {
        Tableau::lobatto_iiic_star(whole("stages", p)?)
    }),
    family("lobatto_iiid", &["lobattoiiid"], FROM_TWO, &[], |p| Tableau::lobatto_iiid(whole("stages", p)?)),
    family("lobatto_iiie", &["lobattoiiie"], FROM_TWO, &[], |p| Tableau::lobatto_iiie(whole("stages", p)?)),
];

const LOBATTO: &str = "E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5";
const JAY: &str = "L. O. Jay, Lobatto methods, Encyclopedia of Applied and Computational Mathematics (2015) 817–826";

/// Families on the nodes of Gauss, Radau and Lobatto.
impl Tableau {
    /// The Gauss collocation scheme of `stages` stages: nodes at the zeros of the shifted Legendre polynomial. Order `2s`,
    /// A-stable, symmetric, symplectic. One stage is the implicit midpoint rule.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ stages ≤ 256`.
    pub fn gauss(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 1)?;
        let (a, b, c) = coefficients(&nodes::gauss(s), 2 * s - 1, [2, 2, 0]);
        Ok(Self::trusted(format!("gauss_{s}"), a, b, c)
            .of_formula(exact::gauss(s), 2 * s - 1, [2, 2, 0])
            .from_source("J. C. Butcher, Math. Comp. 18 (1964) 50–64")
            .claiming(Claims {
                l_stable: Some(false),
                algebraically_stable: Some(true),
                symplectic: Some(true),
                symmetric: Some(true),
                ..a_stable(2 * s, s)
            }))
    }

    /// The Radau IA scheme of `stages` stages: nodes at the zeros of `P_s + P_{s-1}` (shifted Legendre), the first at 0.
    /// Order `2s − 1`, L-stable, algebraically stable. Its stages are of order `s − 1` only, and for one stage its node is
    /// not the sum of its row.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ stages ≤ 256`.
    pub fn radau_ia(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 1)?;
        let (mut a, b, c) = coefficients(&nodes::radau_left(s), 2 * s - 1, [2, 2, 2]);
        set_column(&mut a, 0, b[0]);
        Ok(Self::trusted(format!("radau_ia_{s}"), a, b, c)
            .of_formula(exact::radau_left(s), 2 * s - 1, [2, 2, 2])
            .from_source("B. L. Ehle, BIT 8 (1968) 276–278")
            .claiming(Claims { stiffly_accurate: Some(false), ..dissipative(2 * s - 1, s - 1) }))
    }

    /// The Radau IIA collocation scheme of `stages` stages: nodes at the zeros of `P_s − P_{s-1}` (shifted Legendre), the
    /// last at 1. Order `2s − 1`, L-stable, stiffly accurate to the last bit. One stage is backward Euler; three are the
    /// scheme of the code RADAU5.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ stages ≤ 256`.
    pub fn radau_iia(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 1)?;
        let (mut a, b, c) = coefficients(&nodes::radau_right(s), 2 * s - 1, [2, 2, 2]);
        a[(s - 1) * s..].copy_from_slice(&b);
        Ok(Self::trusted(format!("radau_iia_{s}"), a, b, c)
            .of_formula(exact::radau_right(s), 2 * s - 1, [2, 2, 2])
            .from_source("B. L. Ehle, BIT 8 (1968) 276–278; O. Axelsson, BIT 9 (1969) 185–199")
            .claiming(Claims { stiffly_accurate: Some(true), ..dissipative(2 * s - 1, s) }))
    }

    /// The Lobatto IIIA collocation scheme of `stages` stages: nodes at the zeros of `P_s − P_{s-2}` (shifted Legendre),
    /// the first at 0 and the last at 1. Order `2s − 2`, A-stable, symmetric, stiffly accurate, its first stage explicit,
    /// all to the last bit. Two stages are the trapezoidal rule.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiia(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (mut a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [2, 0, 0]);
        a[..s].fill(0.0);
        a[(s - 1) * s..].copy_from_slice(&b);
        Ok(Self::trusted(format!("lobatto_iiia_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [2, 0, 0])
            .from_source(LOBATTO)
            .claiming(Claims {
                stiffly_accurate: Some(true),
                first_same_as_last: Some(true),
                l_stable: Some(false),
                algebraically_stable: Some(false),
                symplectic: Some(false),
                symmetric: Some(true),
                ..a_stable(2 * s - 2, s)
            }))
    }

    /// The Lobatto IIIB scheme of `stages` stages, on the nodes of [IIIA](Tableau::lobatto_iiia): the last column of `A` is
    /// zero, the first `b_1`. Order `2s − 2`, A-stable, symmetric; with IIIA it makes a symplectic
    /// [pair](super::PartitionedTableau::lobatto_iiia_iiib). Its stages are of order `s − 2` only, and for two stages its
    /// nodes are not the sums of its rows.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiib(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (mut a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [0, 2, 0]);
        set_column(&mut a, 0, b[0]);
        set_column(&mut a, s - 1, 0.0);
        Ok(Self::trusted(format!("lobatto_iiib_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [0, 2, 0])
            .from_source(LOBATTO)
            .claiming(Claims {
                stiffly_accurate: Some(false),
                l_stable: Some(false),
                algebraically_stable: Some(false),
                symplectic: Some(false),
                symmetric: Some(true),
                ..a_stable(2 * s - 2, s - 2)
            }))
    }

    /// The Lobatto IIIC scheme of `stages` stages, on the nodes of [IIIA](Tableau::lobatto_iiia): the first column of `A`
    /// is `b_1`, the last row `b`. Order `2s − 2`, L-stable, algebraically stable, stiffly accurate to the last bit.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiic(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (mut a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [2, 2, 2]);
        set_column(&mut a, 0, b[0]);
        a[(s - 1) * s..].copy_from_slice(&b);
        Ok(Self::trusted(format!("lobatto_iiic_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [2, 2, 2])
            .from_source("F. H. Chipman, BIT 11 (1971) 384–388")
            .claiming(Claims { stiffly_accurate: Some(true), ..dissipative(2 * s - 2, s - 1) }))
    }

    /// The Lobatto IIIC* scheme of `stages` stages, also known as Lobatto III, on the nodes of
    /// [IIIA](Tableau::lobatto_iiia): the first row and the last column of `A` are zero. Order `2s − 2`, not A-stable; with
    /// IIIC it makes a symplectic pair. Two stages are the explicit trapezoidal rule.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiic_star(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (mut a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [2, 2, -2]);
        a[..s].fill(0.0);
        set_column(&mut a, s - 1, 0.0);
        Ok(Self::trusted(format!("lobatto_iiic_star_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [2, 2, -2])
            .from_source(JAY)
            .claiming(Claims {
                order: Some(2 * s - 2),
                stage_order: Some(s - 1),
                stiffly_accurate: Some(false),
                a_stable: Some(false),
                i_stable: Some(false),
                l_stable: Some(false),
                algebraically_stable: Some(false),
                symplectic: Some(false),
                symmetric: Some(false),
                ..Claims::default()
            }))
    }

    /// The Lobatto IIID scheme of `stages` stages, on the nodes of [IIIA](Tableau::lobatto_iiia): its `A` is the mean of
    /// those of [IIIC](Tableau::lobatto_iiic) and [IIIC*](Tableau::lobatto_iiic_star). Order `2s − 2`, A-stable, symmetric,
    /// symplectic.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiid(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [2, 2, 0]);
        Ok(Self::trusted(format!("lobatto_iiid_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [2, 2, 0])
            .from_source(format!("S. P. Nørsett, G. Wanner, Numer. Math. 38 (1981) 193–208; {JAY}"))
            .claiming(conservative_lobatto(s, s - 1)))
    }

    /// The Lobatto IIIE scheme of `stages` stages, on the nodes of [IIIA](Tableau::lobatto_iiia): its `A` is the mean of
    /// those of [IIIA](Tableau::lobatto_iiia) and [IIIB](Tableau::lobatto_iiib). Order `2s − 2`, A-stable, symmetric,
    /// symplectic. For two stages its nodes are not the sums of its rows.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn lobatto_iiie(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages, 2)?;
        let (a, b, c) = coefficients(&nodes::lobatto(s), s - 1, [1, 1, 0]);
        Ok(Self::trusted(format!("lobatto_iiie_{s}"), a, b, c)
            .of_formula(exact::lobatto(s), s - 1, [1, 1, 0])
            .from_source(format!("R. P. K. Chan, Computing 45 (1990) 301–309; {JAY}"))
            .claiming(conservative_lobatto(s, s - 2)))
    }
}

impl Tableau {
    /// With the numbers that the doubles stand for, if the nodes are known exactly.
    fn of_formula(mut self, nodes: Option<Vec<Surd>>, m: usize, last: Halves) -> Self {
        self.written = nodes.map(|nodes| {
            let known = |numbers: Vec<Surd>| numbers.into_iter().map(Entry::exactly).collect();
            let [a, b, c] = formulas(&nodes, m, last).map(known);
            Arc::new(Written { a, b, c, embedded: None })
        });
        self
    }
}

fn a_stable(order: usize, stage_order: usize) -> Claims {
    Claims {
        order: Some(order),
        stage_order: Some(stage_order),
        explicit: Some(false),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..Claims::default()
    }
}

fn dissipative(order: usize, stage_order: usize) -> Claims {
    Claims {
        l_stable: Some(true),
        algebraically_stable: Some(true),
        symplectic: Some(false),
        symmetric: Some(false),
        ..a_stable(order, stage_order)
    }
}

fn conservative_lobatto(s: usize, stage_order: usize) -> Claims {
    Claims {
        stiffly_accurate: Some(false),
        l_stable: Some(false),
        algebraically_stable: Some(true),
        symplectic: Some(true),
        symmetric: Some(true),
        ..a_stable(2 * s - 2, stage_order)
    }
}

fn check_stages(stages: usize, least: usize) -> Result<usize, Error> {
    if (least..=MAX_STAGES).contains(&stages) {
        return Ok(stages);
    }
    Err(Error::invalid("stages", stages, format!("a whole number from {least} to {MAX_STAGES}")))
}

/// Sets a column of `A` to what it is but for rounding.
fn set_column(a: &mut [f64], j: usize, value: f64) {
    let s = a.len().isqrt();
    a.iter_mut().skip(j).step_by(s).for_each(|entry| *entry = value);
}

/// Row-major `A`, then `b` and `c`, rounded; see [`formulas`].
fn coefficients(nodes: &[DoubleDouble], m: usize, last: Halves) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let [a, b, c] = formulas(nodes, m, last);
    let rounded = |numbers: Vec<DoubleDouble>| numbers.into_iter().map(DoubleDouble::round).collect();
    (rounded(a), rounded(b), rounded(c))
}

/// `α`, `β` and `η`, in halves.
type Halves = [i8; 3];

/// Row-major `A`, then `b` and `c`, from nodes in `[-1, 1]`, `m`, and `α`, `β`, `η`; see the head of this file.
fn formulas<T: Real>(nodes: &[T], m: usize, last: Halves) -> [Vec<T>; 3] {
    let s = nodes.len();
    let one = || T::whole(1);
    let half = one() / T::whole(2);
    let [alpha, beta, eta] = last.map(|halves| {
        let size = T::whole(usize::from(halves.unsigned_abs())) * half.clone();
        if halves < 0 { -size } else { size }
    });
    let values: Vec<Vec<T>> = nodes.iter().map(|x| legendre(s - 1, x).0).collect();
    let reciprocal = |p: &Vec<T>| {
        let factor = |k| T::whole(if k + 1 == s { m } else { 2 * k + 1 });
        let terms = p.iter().enumerate().map(|(k, p)| factor(k) * p.clone() * p.clone());
        one() / terms.fold(T::whole(0), |sum, term| sum + term)
    };
    let b: Vec<T> = values.iter().map(reciprocal).collect();
    let mut a = Vec::with_capacity(s * s);
    for p in &values {
        for (q, weight) in values.iter().zip(&b) {
            let product = |k: usize, l: usize| p[k].clone() * q[l].clone();
            let mut sum = one() + eta.clone() * product(s - 1, s - 1);
            for k in 1..s {
                let (up, down) = (product(k, k - 1), product(k - 1, k));
                let is_last = k + 1 == s;
                sum = sum + if is_last { alpha.clone() * up - beta.clone() * down } else { up - down };
            }
            a.push(half.clone() * weight.clone() * sum);
        }
    }
    let c = nodes.iter().map(|x| half.clone() * (one() + x.clone())).collect();
    [a, b, c]
}

#[cfg(test)]
mod tests;
