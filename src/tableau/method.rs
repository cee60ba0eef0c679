//! A step of any kind: general linear methods with terms.

use super::check::{check_finite, sums_to};
use super::display::heading;
use super::entry::Entry;
use super::{AdditiveTableau, GeneralLinear, Multistep, PartitionedTableau, Scheme, Tableau, invalid};
use crate::Error;
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A step that carries `r` vectors `y` from one step to the next, computes `s` stages `Y`, and takes each term of the field
/// `F = Σ_m F_m` by coefficients of its own:
///
/// ```text
/// Y_i  = Σ_k u_ik y_k + h Σ_m Σ_j a^m_ij F_m(t_n + c^m_j h, Y_j)
/// y'_k = Σ_l v_kl y_l + h Σ_m Σ_j b^m_kj F_m(t_n + c^m_j h, Y_j)
/// ```
///
/// All that layers are made of is one: a [`Tableau`] has `r = 1` and one term, a [`PartitionedTableau`] a term for each part
/// of the state, an [`AdditiveTableau`] one for each field of a sum; a [`Multistep`] method carries what it knows of earlier
/// steps, and [reversible](Method::reversible) ones a second state. The first of the vectors is the solution. Whatever takes
/// a method takes any of these:
///
/// ```
/// use kutta::tableau::{AdditiveTableau, Method, Multistep, PartitionedTableau, Tableau};
/// let of = |method: Method| (method.carried(), method.terms(), method.stages());
/// assert_eq!(of(Tableau::rk4().into()), (1, 1, 4));
/// assert_eq!(of(PartitionedTableau::by_name("stoermer_verlet")?.into()), (1, 2, 2));
/// assert_eq!(of(AdditiveTableau::by_name("kencarp_3")?.into()), (1, 2, 4));
/// assert_eq!(of(Multistep::bdf(2)?.into()), (2, 1, 1));
/// assert_eq!(of(Method::reversible(&Tableau::rk4())), (2, 1, 8));
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Serde writes a Runge–Kutta scheme as [`Scheme`] does, a multistep method by its `alpha` and `beta`, any other method as
/// [`GeneralLinear`].
///
/// # References
/// Butcher, *On the convergence of numerical solutions to ordinary differential equations*, Math. Comp. 20 (1966); Sandu and
/// Günther, *A generalized-structure approach to additive Runge–Kutta methods*, SIAM J. Numer. Anal. 53 (2015).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "super::document::Document", into = "Made")]
pub struct Method {
    of: Made,
    name: String,
    stages: usize,
    /// `s × r` and `r × r`, row-major.
    u: Vec<f64>,
    v: Vec<f64>,
    terms: Vec<Coefficients>,
    /// By vector: which multiple of the state it is at the start.
    start: Vec<f64>,
    starting: Option<Box<Starting>>,
    /// Whether terms are for different rows of the state.
    is_partitioned: bool,
    /// Whether it is an inverse, which leads back.
    is_inverse: bool,
    /// What the doubles stand for, if that is known, in the order of [`Method::numbers`].
    written: Option<Vec<Entry>>,
}

/// Methods are equal if what they were made from is, as doubles.
impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        (&self.of, &self.name, self.is_inverse) == (&other.of, &other.name, other.is_inverse)
    }
}

/// What a method was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Made {
    GeneralLinear(Box<GeneralLinear>),
    Multistep(Box<Multistep>),
    Scheme(Box<Scheme>),
}

/// The coefficients of one term, row-major.
#[derive(Debug, Clone, PartialEq)]
struct Coefficients {
    /// `s × s`.
    a: Vec<f64>,
    /// `r × s`.
    b: Vec<f64>,
    c: Vec<f64>,
}

/// The steps that a method cannot take itself, for want of a past.
#[derive(Debug, Clone, PartialEq)]
struct Starting {
    steps: usize,
    method: Method,
}

impl Method {
    /// The method with these coefficients.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if sizes do not agree, for entries that are not finite, and for a method that is not
    /// consistent: with the multiples `q` of the state that the carried vectors are at the start, `U q = 1` and `V q = q`;
    /// and for some `p`, `Σ_j b_kj = q_k + p_k - Σ_l v_kl p_l`, for each term.
    pub fn new(general: GeneralLinear) -> Result<Self, Error> {
        let fault = |reason: &str| Err(invalid(&general.name, reason.to_string()));
        let starts = general.start.as_deref().unwrap_or_default();
        let is_increment = |q: &f64| *q == 0.0;
        if starts.iter().any(is_increment) && general.starting.is_none() {
            return fault("a vector starts as 0, expected `starting`, a scheme whose steps fill it");
        }
        if starts.iter().skip_while(|q| !is_increment(q)).any(|q| !is_increment(q)) {
            return fault(
                "a state follows an increment among the vectors, expected increments, which start as 0, after states",
            );
        }
        let fault = |reason: String| invalid(&general.name, reason);
        let (s, r) = (general.u.len(), general.v.len());
        if s == 0 || r == 0 || general.terms.is_empty() {
            return Err(fault("it has no stages, no vectors or no terms, expected at least one of each".to_string()));
        }
        let start = general.start.clone().unwrap_or_else(|| vec![1.0; r]);
        let sized = |what: &str, rows: &[Vec<f64>], count: usize, columns: usize| {
            if rows.len() != count || rows.iter().any(|row| row.len() != columns) {
                return Err(fault(format!("{what} is not a matrix of {count} × {columns} entries")));
            }
            rows.iter().try_for_each(|row| check_finite(what, row)).map_err(fault)
        };
        sized("U", &general.u, s, r)?;
        sized("V", &general.v, r, r)?;
        sized("start", std::slice::from_ref(&start), 1, r)?;
        for (m, term) in general.terms.iter().enumerate() {
            sized(&format!("A of term {m}"), &term.a, s, s)?;
            sized(&format!("B of term {m}"), &term.b, r, s)?;
            sized(&format!("c of term {m}"), std::slice::from_ref(&term.c), 1, s)?;
        }
        if general.starting.is_some() && r == 1 {
            return Err(fault("it carries one vector, and has nothing to start by another scheme".into()));
        }
        let method = Self::trusted(general);
        method.check_consistent().map_err(|reason| invalid(&method.name, reason))?;
        Ok(method)
    }

    /// The same method with what its doubles stand for, in the order of [`Method::numbers`].
    pub(super) fn written_as(self, numbers: Vec<Entry>) -> Self {
        Method { written: Some(numbers), ..self }
    }

    /// Coefficients that are valid by construction.
    pub(super) fn trusted(general: GeneralLinear) -> Self {
        let flat = |rows: &[Vec<f64>]| rows.concat();
        let of_term =
            |term: &super::TermCoefficients| Coefficients { a: flat(&term.a), b: flat(&term.b), c: term.c.clone() };
        let start = general.start.clone().unwrap_or_else(|| vec![1.0; general.v.len()]);
        let starting = general.starting.as_ref();
        let starting = starting.map(|scheme| Starting { steps: general.past(), method: embedded(scheme, &start) });
        Method {
            name: general.name.clone(),
            stages: general.u.len(),
            u: flat(&general.u),
            v: flat(&general.v),
            terms: general.terms.iter().map(of_term).collect(),
            start,
            starting: starting.map(Box::new),
            is_partitioned: false,
            is_inverse: false,
            written: None,
            of: Made::GeneralLinear(Box::new(general)),
        }
    }

    fn check_consistent(&self) -> Result<(), String> {
        let r = self.carried();
        let product = |row: &[f64]| row.iter().zip(&self.start).map(|(x, q)| x * q).collect::<Vec<f64>>();
        if !(0..self.stages).all(|i| sums_to(&product(&self.u[i * r..][..r]), 1.0)) {
            return Err("U does not reproduce constant solutions, expected U q = 1 for the start q".to_string());
        }
        if !(0..r).all(|k| sums_to(&product(&self.v[k * r..][..r]), self.start[k])) {
            return Err("V does not reproduce constant solutions, expected V q = q for the start q".to_string());
        }
        if self.start[0] != 1.0 {
            return Err(format!("the first vector starts as {} times the state, expected 1", self.start[0]));
        }
        let slack = DMatrix::identity(r, r) - DMatrix::from_row_slice(r, r, &self.v);
        let s = self.stages;
        let needed =
            |term: &Coefficients| DVector::from_fn(r, |k, _| term.b[k * s..][..s].iter().sum::<f64>() - self.start[k]);
        let needed: Vec<DVector<f64>> = self.terms.iter().map(needed).collect();
        let found = slack.clone().svd(true, true).solve(&needed[0], 1e-9).map_err(str::to_string)?;
        match needed.iter().all(|needed| (&slack * &found - needed).amax() <= 1e-9 * (1.0 + needed.amax())) {
            true => Ok(()),
            false => Err("a step does not reproduce linear solutions, of all terms alike (vectors that are carried belong to the whole \
                          field): it is not consistent"
                .to_string()),
        }
    }

    /// The method of these tableaux, one for each term.
    fn of_terms(scheme: Scheme, terms: &[Tableau]) -> Self {
        let stages = scheme.stages();
        let rows = |t: &Tableau| (0..stages).flat_map(|i| t.row(i).to_vec()).collect();
        let terms = terms.iter().map(|t| Coefficients { a: rows(t), b: t.b().to_vec(), c: t.c().to_vec() }).collect();
        Method {
            name: scheme.name().to_string(),
            stages,
            u: vec![1.0; stages],
            v: vec![1.0],
            terms,
            start: vec![1.0],
            starting: None,
            is_partitioned: matches!(scheme, Scheme::Partitioned(_)),
            is_inverse: false,
            written: None,
            of: Made::Scheme(Box::new(scheme)),
        }
    }

    /// The step back: from what a step ends with to what it started from, at the same `t_n` and `h`. Again of this form,
    ///
    /// ```text
    /// U V⁻¹ ,     A_m - U V⁻¹ B_m ,     V⁻¹ ,     -V⁻¹ B_m ,
    /// ```
    ///
    /// and explicit where its stages do not depend on each other in a circle, as those of reversible methods do not. A
    /// [`Step`](crate::step::Step) takes it, a block does not, nor do files. That it undoes one step does not make many steps back stable: BDF2 has an
    /// explicit inverse whose errors grow.
    ///
    /// ```
    /// use kutta::tableau::{Method, Tableau};
    /// // The inverse of the explicit Euler step is an implicit one.
    /// let back = Method::from(Tableau::forward_euler()).inverse()?;
    /// assert_eq!((back.a(0, 0, 0), back.b(0, 0, 0)), (-1.0, -1.0));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if `V` is singular: the method forgets.
    pub fn inverse(&self) -> Result<Self, Error> {
        let (s, r) = (self.stages, self.carried());
        let u = DMatrix::from_row_slice(s, r, &self.u);
        let v = DMatrix::from_row_slice(r, r, &self.v).try_inverse().filter(|v| v.amax() <= 1e9);
        let forgets = || invalid(&self.name, "V is singular: what a step forgets no step brings back".to_string());
        let v = v.ok_or_else(forgets)?;
        let flat = |matrix: &DMatrix<f64>| matrix.transpose().as_slice().to_vec();
        // What cancels but for rounding would make a circle of what is none.
        let cleaned = |x: f64, size: f64| if x.abs() <= 1e-13 * size { 0.0 } else { x };
        let terms = self.terms.iter().map(|term| {
            let (a, b) = (DMatrix::from_row_slice(s, s, &term.a), DMatrix::from_row_slice(r, s, &term.b));
            let back = &u * &v * &b;
            let size = |i: usize, j: usize| a[(i, j)].abs().max(back[(i, j)].abs());
            let a = DMatrix::from_fn(s, s, |i, j| cleaned(a[(i, j)] - back[(i, j)], size(i, j)));
            Coefficients { a: flat(&a), b: flat(&(-&v * &b)), c: term.c.clone() }
        });
        let (terms, u, v) = (terms.collect(), flat(&(&u * &v)), flat(&v));
        let general = GeneralLinear { name: format!("inverse of {}", self.name), ..GeneralLinear::default() };
        let mut inverse = Method {
            name: general.name.clone(),
            u,
            v,
            terms,
            starting: None,
            is_inverse: !self.is_inverse,
            written: None,
            ..self.clone()
        };
        inverse.of = Made::GeneralLinear(Box::new(inverse.as_general_linear(general)));
        Ok(inverse)
    }

    /// As a file has it.
    fn as_general_linear(&self, rest: GeneralLinear) -> GeneralLinear {
        let (s, r) = (self.stages, self.carried());
        let rows = |flat: &[f64], columns: usize| flat.chunks_exact(columns).map(<[f64]>::to_vec).collect();
        let terms = self.terms.iter();
        let terms = terms.map(|t| super::TermCoefficients { a: rows(&t.a, s), b: rows(&t.b, s), c: t.c.clone() });
        GeneralLinear {
            u: rows(&self.u, r),
            v: rows(&self.v, r),
            terms: terms.collect(),
            start: Some(self.start.clone()),
            ..rest
        }
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same method under another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        match &mut self.of {
            Made::Scheme(scheme) => **scheme = (**scheme).clone().named(&self.name),
            Made::Multistep(multistep) => **multistep = (**multistep).clone().named(&self.name),
            Made::GeneralLinear(general) => general.name = self.name.clone(),
        }
        self
    }

    /// The tableau, if it is one of Runge and Kutta's for a single field.
    pub fn tableau(&self) -> Option<&Tableau> {
        match &self.of {
            Made::Scheme(scheme) => match &**scheme {
                Scheme::Tableau(tableau) => Some(tableau),
                _ => None,
            },
            _ => None,
        }
    }

    /// The Runge–Kutta scheme, of one tableau or several, if it is one.
    pub fn scheme(&self) -> Option<&Scheme> {
        if let Made::Scheme(scheme) = &self.of { Some(scheme) } else { None }
    }

    /// The multistep method, if it was made from one.
    pub fn multistep(&self) -> Option<&Multistep> {
        if let Made::Multistep(multistep) = &self.of { Some(multistep) } else { None }
    }

    /// Number `s` of stages, at least 1.
    pub fn stages(&self) -> usize {
        self.stages
    }

    /// Number `r` of vectors that are carried from step to step, at least 1.
    pub fn carried(&self) -> usize {
        self.start.len()
    }

    /// Number of terms of the field that are treated differently, at least 1.
    pub fn terms(&self) -> usize {
        self.terms.len()
    }

    /// Whether it is an [inverse](Method::inverse): its steps lead back, and no block takes it.
    pub fn is_inverse(&self) -> bool {
        self.is_inverse
    }

    /// Whether the terms are for different parts of the state.
    pub fn is_partitioned(&self) -> bool {
        self.is_partitioned
    }

    /// `u_ik`.
    ///
    /// # Panics
    /// As indexing a slice does, like all that give an entry.
    pub fn u(&self, i: usize, k: usize) -> f64 {
        self.u[i * self.carried() + k]
    }

    /// `v_kl`.
    pub fn v(&self, k: usize, l: usize) -> f64 {
        self.v[k * self.carried() + l]
    }

    /// `a^m_ij`.
    pub fn a(&self, m: usize, i: usize, j: usize) -> f64 {
        self.terms[m].a[i * self.stages + j]
    }

    /// `b^m_kj`.
    pub fn b(&self, m: usize, k: usize, j: usize) -> f64 {
        self.terms[m].b[k * self.stages + j]
    }

    /// `c^m_j`.
    pub fn c(&self, m: usize, j: usize) -> f64 {
        self.terms[m].c[j]
    }

    /// All numbers of `U`, `V`, the terms' `A`, `B` and `c`, and the start, row by row.
    pub(crate) fn numbers(&self) -> Vec<Entry> {
        let terms = self.terms.iter().flat_map(|term| [&term.a, &term.b, &term.c]);
        let doubles = [&self.u, &self.v].into_iter().chain(terms).chain([&self.start]).flatten();
        self.written.clone().unwrap_or_else(|| doubles.map(|&x| Entry::double(x)).collect())
    }

    /// By carried vector: which multiple of the state it is at the start; 0 for what the first steps fill.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// For a method that needs a past: how many steps another one takes before, and which. It has as many vectors, and
    /// leaves in them what the method needs.
    pub fn starting(&self) -> Option<(usize, &Method)> {
        self.starting.as_ref().map(|starting| (starting.steps, &starting.method))
    }
}

/// A Runge–Kutta scheme that keeps a past: the first vector is the state, others are multiples `start` of earlier ones; of those
/// that start as 0 the first becomes `h F(t_n, y_n)`, and the others what the one before was.
fn embedded(scheme: &Tableau, start: &[f64]) -> Method {
    let (s, r) = (scheme.stages(), start.len());
    let newest = start.iter().position(|&q| q == 0.0);
    // One stage more, at the state itself, where its slope is asked for.
    let stages = s + usize::from(newest.is_some());
    let padded = |row: &[f64]| row.iter().copied().chain(std::iter::repeat_n(0.0, stages - s)).collect::<Vec<f64>>();
    let unit = |k: usize, n: usize| (0..n).map(|l| f64::from(u8::from(l == k))).collect::<Vec<f64>>();
    let none = vec![0.0; stages];
    let weights = |k: usize| match k {
        0 => padded(scheme.b()),
        _ if newest == Some(k) => unit(s, stages),
        _ => none.clone(),
    };
    let from = |k: usize| match k {
        0 => unit(0, r),
        _ if newest == Some(k) => vec![0.0; r],
        _ if start[k] == 0.0 => unit(k - 1, r),
        _ => unit(k - 1, r).into_iter().map(|x| x * start[k] / start[k - 1]).collect(),
    };
    let mut a: Vec<Vec<f64>> = (0..s).map(|i| padded(scheme.row(i))).collect();
    a.resize(stages, none.clone());
    Method::trusted(GeneralLinear {
        name: format!("{} with a past", scheme.name()),
        u: vec![unit(0, r); stages],
        v: (0..r).map(from).collect(),
        terms: vec![super::TermCoefficients { a, b: (0..r).map(weights).collect(), c: padded(scheme.c()) }],
        start: Some(start.to_vec()),
        starting: None,
    })
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Made::Scheme(scheme) => return scheme.fmt(f),
            Made::Multistep(multistep) => return multistep.fmt(f),
            Made::GeneralLinear(_) => {}
        }
        let (s, r) = (self.stages, self.carried());
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        write!(f, "{}: general linear, {s} stage{}, {r} vector{}", heading(&self.name), plural(s), plural(r))?;
        let sum = |f: &mut fmt::Formatter<'_>, of: &dyn Fn(&Coefficients) -> Vec<f64>| {
            let mut terms = self.terms.iter().enumerate();
            terms.try_for_each(|(m, term)| write!(f, " + h {:?} F{m}", of(term)))
        };
        for i in 0..s {
            write!(f, "\nY{i} = {:?} y", &self.u[i * r..][..r])?;
            sum(f, &|term| term.a[i * s..][..s].to_vec())?;
        }
        for k in 0..r {
            write!(f, "\ny{k}' = {:?} y", &self.v[k * r..][..r])?;
            sum(f, &|term| term.b[k * s..][..s].to_vec())?;
        }
        Ok(())
    }
}

impl From<Tableau> for Method {
    fn from(tableau: Tableau) -> Self {
        Method::of_terms(tableau.clone().into(), &[tableau])
    }
}

impl From<PartitionedTableau> for Method {
    fn from(pair: PartitionedTableau) -> Self {
        let parts = [pair.first().clone(), pair.second().clone()];
        Method::of_terms(pair.into(), &parts)
    }
}

impl From<AdditiveTableau> for Method {
    fn from(sum: AdditiveTableau) -> Self {
        let parts = sum.parts().to_vec();
        Method::of_terms(sum.into(), &parts)
    }
}

impl From<Scheme> for Method {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Tableau(tableau) => tableau.into(),
            Scheme::Partitioned(pair) => pair.into(),
            Scheme::Additive(sum) => sum.into(),
        }
    }
}

impl From<Multistep> for Method {
    fn from(multistep: Multistep) -> Self {
        let method = Method::trusted(multistep.general_linear());
        Method { of: Made::Multistep(Box::new(multistep)), ..method }
    }
}

impl From<Method> for Made {
    fn from(method: Method) -> Self {
        method.of
    }
}
