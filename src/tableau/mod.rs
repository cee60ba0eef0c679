//! Runge–Kutta tableaux: the numbers `A`, `b`, `c` that define a scheme.
//!
//! A [`Tableau`] comes from one of five places:
//!
//! | from | by |
//! | --- | --- |
//! | your own coefficients | [`Tableau::new`] |
//! | the catalogue | [`Tableau::rk4`], [`Tableau::sdirk2`], …, or [`Tableau::by_name`]; [`Tableau::catalogue`] lists it |
//! | a family, for any number of stages | [`Tableau::gauss`], [`Tableau::radau_iia`], [`Tableau::lobatto_iiic`], …, [`Tableau::ssp_2`] |
//! | a TOML or JSON file | [`Tableau::from_file`], [`Tableau::from_toml_str`], [`Tableau::from_json_str`] |
//! | other schemes | [`Tableau::composed`], [`Tableau::adjoint`], [`Tableau::conjugated`], … |
//!
//! A [`Method`] is what a step is taken by: any of these, or a [`Multistep`] method, or one of your own, [`GeneralLinear`].
//!
//! Systems in two parts `(y, z)` have a [`PartitionedTableau`], sums of fields an [`AdditiveTableau`]; a [`Scheme`] is any
//! of the three. What a scheme is said to be, from its order to its stability, are its [`Claims`].
//!
//! ```
//! use kutta::Tableau;
//!
//! let scheme = Tableau::new([[0.25, -0.25], [0.25, 5.0 / 12.0]], [0.25, 0.75], [0.0, 2.0 / 3.0])?.named("Radau IA");
//! assert!(scheme.is_fully_implicit());
//! println!("{scheme}");
//! # Ok::<(), kutta::Error>(())
//! ```

mod additive;
mod catalogue;
mod check;
mod claims;
pub(crate) mod coefficients;
mod collocation;
mod display;
mod document;
mod double_double;
mod entry;
mod explicit;
mod expression;
mod file;
mod general_linear;
mod implicit;
mod known;
mod listed;
mod method;
mod multistep;
mod operations;
mod partitioned;
mod reversible;
mod scheme;
mod structure;
mod surd;

pub use additive::AdditiveTableau;
pub use claims::Claims;
pub use general_linear::{GeneralLinear, TermCoefficients};
pub use method::Method;
pub use multistep::Multistep;
pub use partitioned::PartitionedTableau;
pub use scheme::Scheme;
pub use structure::Structure;
pub use surd::Surd;

pub(crate) use display::{number, printable};
pub(crate) use entry::{Entry, Written};

use crate::Error;
use check::{check_coefficients, check_len, check_weights, invalid, sums_to};
use entry::values;
use std::sync::Arc;

/// A Runge–Kutta tableau `(A, b, c)` with `s` stages: the step of size `h` from `y_n` at `t_n` is
///
/// ```text
/// k_i = F(t_n + c_i h, y_n + h Σ_j a_ij k_j),    y_{n+1} = y_n + h Σ_i b_i k_i .
/// ```
///
/// Indices count from 0. A tableau is immutable, and always valid: its entries are finite, its sizes agree, its weights
/// sum to one, and `c_i = Σ_j a_ij` unless it was made [`with_free_nodes`](Tableau::with_free_nodes).
///
/// `Display` prints the Butcher array; serde reads and writes the fields of a [file](Tableau::from_toml_str), and
/// checks them when reading.
///
/// Computations are done with doubles. Fractions and square roots that are written in a file, or make a scheme of the
/// catalogue, are kept beside them, so that [`verify`](crate::verify) can prove what it says. Tableaux are equal if their
/// doubles, names and claims are.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "document::Document")]
pub struct Tableau {
    name: String,
    source: String,
    /// Row-major, `s × s`.
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    embedded: Option<Vec<f64>>,
    /// An embedded order only beside embedded weights.
    claims: Claims,
    /// What the doubles stand for, where anything is known of that.
    written: Option<Arc<Written>>,
}

impl PartialEq for Tableau {
    fn eq(&self, other: &Self) -> bool {
        (&self.a, &self.b, &self.c, &self.embedded) == (&other.a, &other.b, &other.c, &other.embedded)
            && (&self.name, &self.source) == (&other.name, &other.source)
            && self.claims.as_doubles() == other.claims.as_doubles()
    }
}

impl Tableau {
    /// The scheme with the rows of `A`, the weights `b` and the nodes `c`.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if there is no stage, if `A` is not `s × s` or `b`, `c` do not have `s` entries, if an
    /// entry is not finite, if `Σ b_j ≠ 1`, or if `c_i ≠ Σ_j a_ij` for some `i`. Sums are compared to `10⁻⁹` relative to
    /// the size of their terms (and never below `10⁻⁹`): coefficients published to 10 digits are welcome.
    pub fn new<R: AsRef<[f64]>>(a: impl AsRef<[R]>, b: impl AsRef<[f64]>, c: impl AsRef<[f64]>) -> Result<Self, Error> {
        let scheme = Self::with_free_nodes(a, b, c)?;
        match scheme.first_free_node() {
            None => Ok(scheme),
            Some(i) => Err(invalid(
                "",
                format!(
                    "c[{i}] is {}, but row {i} of A sums to {}; the two must agree (or declare the nodes free)",
                    scheme.c[i],
                    scheme.row(i).iter().sum::<f64>()
                ),
            )),
        }
    }

    /// As [`Tableau::new`], but the nodes need not be the row sums of `A`.
    ///
    /// Such schemes exist. They treat time differently from a further component of the state.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] as [`Tableau::new`], except for the condition `c_i = Σ_j a_ij`.
    pub fn with_free_nodes<R: AsRef<[f64]>>(
        a: impl AsRef<[R]>,
        b: impl AsRef<[f64]>,
        c: impl AsRef<[f64]>,
    ) -> Result<Self, Error> {
        let (rows, b, c) = (a.as_ref(), b.as_ref(), c.as_ref());
        check_coefficients(rows, b, c).map_err(|reason| invalid("", reason))?;
        let a = rows.iter().flat_map(|row| row.as_ref().iter().copied()).collect();
        Ok(Self::trusted(String::new(), a, b.to_vec(), c.to_vec()))
    }

    /// Coefficients that are valid by construction; `a` is row-major.
    pub(crate) fn trusted(name: impl Into<String>, a: Vec<f64>, b: Vec<f64>, c: Vec<f64>) -> Self {
        debug_assert_eq!((a.len(), c.len()), (b.len() * b.len(), b.len()));
        Tableau {
            name: name.into(),
            source: String::new(),
            a,
            b,
            c,
            embedded: None,
            claims: Claims::default(),
            written: None,
        }
    }

    /// Coefficients that are valid by construction, and known exactly or not; `a` is row-major.
    pub(crate) fn of_entries(name: impl Into<String>, a: Vec<Entry>, b: Vec<Entry>, c: Vec<Entry>) -> Self {
        Self::trusted(name, values(&a), values(&b), values(&c)).written_as(a, b, c, None)
    }

    /// With embedded weights that are valid by construction.
    fn with_embedded_entries(mut self, weights: Vec<Entry>) -> Self {
        self.embedded = Some(values(&weights));
        if let Some(written) = &mut self.written {
            Arc::make_mut(written).embedded = Some(weights);
        }
        self
    }

    /// With what the doubles stand for.
    fn written_as(mut self, a: Vec<Entry>, b: Vec<Entry>, c: Vec<Entry>, embedded: Option<Vec<Entry>>) -> Self {
        self.written = Some(Arc::new(Written { a, b, c, embedded }));
        self
    }

    /// What the doubles stand for, where anything is known of that.
    pub(crate) fn written(&self) -> Option<&Written> {
        self.written.as_deref()
    }

    /// The same scheme under another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same scheme with the reference its coefficients are from.
    pub fn from_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same scheme, declared to be what `claims` say, in place of what was declared before. Nothing is checked. Orders
    /// of 0, numbers that are not finite, and an embedded order without embedded weights declare nothing.
    pub fn claiming(mut self, claims: Claims) -> Self {
        self.claims = claims.cleaned();
        if self.embedded.is_none() {
            self.claims.embedded_order = None;
        }
        self
    }

    /// The same scheme, declared to be of order `p`; 0 declares the order unknown. The declaration is not checked.
    pub fn of_order(mut self, p: usize) -> Self {
        self.claims.order = (p > 0).then_some(p);
        self
    }

    /// The same scheme with embedded weights `b̂`: `ŷ_{n+1} = y_n + h Σ_i b̂_i k_i` uses the same stages, and
    /// `y_{n+1} − ŷ_{n+1}` estimates the error of a step.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if `b̂` does not have `s` entries, if one is not finite, or if `Σ b̂_j ≠ 1`.
    pub fn with_embedded(mut self, weights: impl AsRef<[f64]>) -> Result<Self, Error> {
        let weights = weights.as_ref();
        check_len("the embedded b", weights.len(), self.stages())
            .and_then(|()| check_weights("embedded", weights))
            .map_err(|reason| invalid(&self.name, reason))?;
        self.embedded = Some(weights.to_vec());
        self.claims.embedded_order = None;
        // Of these nothing is known.
        if let Some(written) = &mut self.written {
            Arc::make_mut(written).embedded = Some(weights.iter().copied().map(Entry::double).collect());
        }
        Ok(self)
    }

    /// The same scheme, its embedded weights declared to be of order `p`; 0 declares the order unknown. Without embedded
    /// weights there is nothing to declare, and nothing changes.
    pub fn of_embedded_order(mut self, p: usize) -> Self {
        self.claims.embedded_order = (p > 0 && self.embedded.is_some()).then_some(p);
        self
    }

    /// The name, empty if it has none. A scheme of the catalogue is found by this name with [`Tableau::by_name`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The number of stages `s`, at least 1.
    pub fn stages(&self) -> usize {
        self.b.len()
    }

    /// The entry `a_ij` of `A`.
    ///
    /// # Panics
    /// If `i` or `j` is not below [`stages`](Tableau::stages), as indexing a slice does.
    pub fn a(&self, i: usize, j: usize) -> f64 {
        self.row(i)[j]
    }

    /// Row `i` of `A`, `s` entries.
    ///
    /// # Panics
    /// If `i` is not below [`stages`](Tableau::stages), as indexing a slice does.
    pub fn row(&self, i: usize) -> &[f64] {
        let s = self.stages();
        &self.a[i * s..(i + 1) * s]
    }

    /// The weights `b`, `s` entries.
    pub fn b(&self) -> &[f64] {
        &self.b
    }

    /// The nodes `c`, `s` entries, in units of the step.
    pub fn c(&self) -> &[f64] {
        &self.c
    }

    /// The embedded weights `b̂`, `s` entries, if there are any.
    pub fn embedded(&self) -> Option<&[f64]> {
        self.embedded.as_deref()
    }

    /// What the scheme is declared to be.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The declared order of the scheme, if it is declared; see [`of_order`](Tableau::of_order).
    pub fn order(&self) -> Option<usize> {
        self.claims.order
    }

    /// The declared order of the embedded weights, if it is declared.
    pub fn embedded_order(&self) -> Option<usize> {
        self.claims.embedded_order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(result: Result<Tableau, Error>) -> String {
        result.expect_err("an error").to_string()
    }

    #[test]
    fn keeps_what_it_was_given() {
        let t = Tableau::new([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5], [0.0, 1.0])
            .and_then(|t| t.with_embedded([1.0, 0.0]))
            .unwrap()
            .named("Heun")
            .from_source("Heun (1900)")
            .of_order(2)
            .of_embedded_order(1);
        assert_eq!((t.name(), t.source(), t.stages()), ("Heun", "Heun (1900)", 2));
        assert_eq!((t.a(1, 0), t.row(1), t.b(), t.c()), (1.0, &[1.0, 0.0][..], &[0.5, 0.5][..], &[0.0, 1.0][..]));
        assert_eq!((t.embedded(), t.order(), t.embedded_order()), (Some(&[1.0, 0.0][..]), Some(2), Some(1)));
        assert_eq!((t.clone().of_order(0).order(), t.of_embedded_order(0).embedded_order()), (None, None));
        assert_eq!(Tableau::rk4().of_embedded_order(3).embedded_order(), None);
    }

    #[test]
    fn refuses_an_empty_scheme_and_wrong_sizes() {
        let none: [[f64; 0]; 0] = [];
        assert_eq!(reason(Tableau::new(none, [], [])), "invalid tableau: it has no stages, expected at least one");
        assert_eq!(
            reason(Tableau::new([[0.5]], [0.5, 0.5], [0.5])),
            "invalid tableau: b has 2 entries, expected 1, one for each row of A"
        );
        assert_eq!(
            reason(Tableau::new([[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5], [1.0])),
            "invalid tableau: c has 1 entry, expected 2, one for each row of A"
        );
        assert_eq!(
            reason(Tableau::new([vec![1.0, 0.0], vec![0.5, 0.5, 0.0]], [0.5, 0.5], [1.0, 1.0])),
            "invalid tableau: row 1 of A has 3 entries, expected 2, since A has 2 rows"
        );
        assert_eq!(
            reason(Tableau::rk4().with_embedded([1.0])),
            "invalid tableau `rk4`: the embedded b has 1 entry, expected 4, one for each row of A"
        );
    }

    #[test]
    fn refuses_what_is_not_finite() {
        assert_eq!(
            reason(Tableau::new([[0.0, 0.0], [f64::NAN, 0.0]], [0.5, 0.5], [0.0, 1.0])),
            "invalid tableau: a[1][0] is NaN, expected a finite number"
        );
        assert_eq!(
            reason(Tableau::new([[0.0]], [f64::INFINITY], [0.0])),
            "invalid tableau: b[0] is inf, expected a finite number"
        );
        assert_eq!(
            reason(Tableau::with_free_nodes([[0.0]], [1.0], [f64::NEG_INFINITY])),
            "invalid tableau: c[0] is -inf, expected a finite number"
        );
        assert_eq!(
            reason(Tableau::backward_euler().with_embedded([f64::NAN])),
            "invalid tableau `backward_euler`: embedded[0] is NaN, expected a finite number"
        );
    }

    #[test]
    fn refuses_sums_that_are_off() {
        assert_eq!(
            reason(Tableau::new([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.25], [0.0, 1.0])),
            "invalid tableau: the entries of b sum to 0.75, expected 1 (off by -2.5e-1)"
        );
        assert_eq!(
            reason(Tableau::new([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5], [0.0, 0.5])),
            "invalid tableau: c[1] is 0.5, but row 1 of A sums to 1; the two must agree (or declare the nodes free)"
        );
        assert_eq!(
            reason(Tableau::heun().with_embedded([0.5, 0.0])),
            "invalid tableau `heun`: the entries of embedded sum to 0.5, expected 1 (off by -5.0e-1)"
        );
        let huge = f64::MAX;
        assert!(reason(Tableau::new([[0.0; 2]; 2], [huge, huge], [0.0; 2])).contains("sum to inf, expected 1"));
        assert!(reason(Tableau::new([[0.0; 2]; 2], [1e30, -1e30], [0.0; 2])).contains("sum to 0, expected 1"));
    }

    #[test]
    fn free_nodes_are_an_explicit_choice() {
        let (a, b, c) = ([[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5], [0.25, 0.75]);
        assert!(Tableau::new(a, b, c).is_err());
        let t = Tableau::with_free_nodes(a, b, c).unwrap();
        assert_eq!(t.c(), c);
        assert!(t.has_free_nodes());
        assert!(!Tableau::heun().has_free_nodes());
    }

    #[test]
    fn claims_are_kept_where_they_make_sense() {
        let claims = Claims { order: Some(4), embedded_order: Some(3), a_alpha: Some(f64::NAN), ..Claims::default() };
        let scheme = Tableau::rk4().claiming(claims.clone());
        assert_eq!(scheme.claims(), &Claims { order: Some(4), ..Claims::default() });
        let pair = scheme.with_embedded([0.25; 4]).unwrap().claiming(claims);
        assert_eq!((pair.order(), pair.embedded_order()), (Some(4), Some(3)));
        assert_eq!(pair.with_embedded([0.25; 4]).unwrap().embedded_order(), None);
    }

    #[test]
    fn published_digits_are_accepted_but_not_few_of_them() {
        let sixth = 0.1666666667;
        assert!(Tableau::new([[sixth]], [1.0], [1.0 / 6.0]).is_ok());
        assert!(Tableau::new([[0.0; 3]; 3], [sixth, 0.6666666666, sixth], [0.0; 3]).is_ok());
        assert!(Tableau::new([[0.16666667]], [1.0], [1.0 / 6.0]).is_err());
    }
}
