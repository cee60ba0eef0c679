//! Linear multistep methods.

mod display;
mod families;
mod general;
mod root_condition;

pub(super) use families::MULTISTEP;

use super::check::{check_finite, sums_to};
use super::coefficients::simple;
use super::entry::{Entry, values};
use super::{Claims, Surd, invalid};
use crate::Error;
use crate::linalg::eigenvalues;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::ops::Neg;

/// A linear multistep method of `k` steps,
///
/// ```text
/// y_{n+1} = Σ_{j=1..k} α_j y_{n+1-j} + h Σ_{j=0..k} β_j F(t_{n+1-j}, y_{n+1-j}) ,
/// ```
///
/// explicit if `β_0 = 0`. Its steps are of equal length; the first `k - 1` are taken by a Runge–Kutta scheme of at least its
/// order, an L-stable one if it is implicit.
///
/// ```
/// use kutta::{Activation, Mlp, OdeBlock, tableau::Multistep};
/// let bdf = Multistep::bdf(2)?;
/// assert_eq!((bdf.steps(), bdf.order()), (2, 2));
/// let block = OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh)?, bdf).steps(20).step_size(0.1);
/// let path = block.integrate(&vec![0.1; block.param_count()], 0.0, &[[1.0, 0.0]])?;
/// assert_eq!(path.len(0), 21);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Fractions that are written in a file, or make a method of the catalogue, are kept beside the doubles, as those of a
/// [`Tableau`](super::Tableau) are. Methods are equal if their doubles, names and claims are.
///
/// # Reference
/// Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, chapter III.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "super::document::Document")]
pub struct Multistep {
    name: String,
    source: String,
    /// `α_1` to `α_k`.
    alpha: Vec<f64>,
    /// `β_0` to `β_k`.
    beta: Vec<f64>,
    claims: Claims,
    /// What the doubles stand for: as many as there are.
    written: [Vec<Entry>; 2],
}

impl PartialEq for Multistep {
    fn eq(&self, other: &Self) -> bool {
        (&self.alpha, &self.beta, &self.name, &self.source) == (&other.alpha, &other.beta, &other.name, &other.source)
            && self.claims.as_doubles() == other.claims.as_doubles()
    }
}

impl Multistep {
    /// The method with the coefficients `α_1, …, α_k` and `β_0, …, β_k`.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] unless there is one `β` more than there are `α`, all are finite, the method is consistent
    /// (`Σ α_j = 1`, `Σ β_j = 1 + Σ (j - 1) α_j`), and it is zero-stable: errors of the past do not grow on their own.
    pub fn new(alpha: impl Into<Vec<f64>>, beta: impl Into<Vec<f64>>) -> Result<Self, Error> {
        let entries = |v: Vec<f64>| v.into_iter().map(Entry::double).collect();
        Self::of_entries(entries(alpha.into()), entries(beta.into())).map_err(|reason| invalid("", reason))
    }

    /// The same of numbers that are known exactly or not.
    pub(super) fn of_entries(alpha: Vec<Entry>, beta: Vec<Entry>) -> Result<Self, String> {
        let method = Self::trusted(alpha, beta);
        method.check().map(|()| method)
    }

    /// Coefficients that are valid by construction.
    fn trusted(alpha: Vec<Entry>, beta: Vec<Entry>) -> Self {
        Multistep {
            name: String::new(),
            source: String::new(),
            alpha: values(&alpha),
            beta: values(&beta),
            claims: Claims::default(),
            written: [alpha, beta],
        }
    }

    fn check(&self) -> Result<(), String> {
        let k = self.steps();
        if k == 0 || self.beta.len() != k + 1 {
            let (alphas, betas) = (k, self.beta.len());
            return Err(format!("there are {alphas} α and {betas} β, expected at least one α, and one β more"));
        }
        check_finite("α", &self.alpha)?;
        check_finite("β", &self.beta)?;
        if !sums_to(&self.alpha, 1.0) {
            return Err(format!("the α sum to {}, expected 1", self.alpha.iter().sum::<f64>()));
        }
        let expected = 1.0 + (0..k).map(|j| j as f64 * self.alpha[j]).sum::<f64>();
        if !sums_to(&self.beta, expected) {
            return Err(format!("the β sum to {}, expected {expected}", self.beta.iter().sum::<f64>()));
        }
        if self.is_surely_unstable() {
            let roots = self.roots().map_err(|error| error.to_string())?;
            let largest = roots.iter().max_by(|x, y| x.norm().total_cmp(&y.norm()));
            let root = largest.map_or_else(String::new, |root| format!(", by the root {root:.4}"));
            return Err(format!("errors of the past grow on their own{root}: it is not zero-stable"));
        }
        Ok(())
    }

    /// Whether the root condition is violated: for sure, if all coefficients are known exactly or are simple fractions; of others by
    /// more than rounding.
    fn is_surely_unstable(&self) -> bool {
        let exact = |entry: &Entry| {
            let fraction = || simple(entry.value).filter(|_| entry.off == 0.0).map(Surd::from);
            entry.exact.clone().or_else(fraction)
        };
        let polynomial = |alpha: Vec<Surd>| alpha.into_iter().rev().map(Neg::neg).chain([Surd::one()]).collect();
        let alpha = self.written[0].iter().map(exact).collect::<Option<Vec<Surd>>>();
        let alpha = alpha.filter(|alpha| {
            let sum = alpha.iter().fold(Surd::zero(), |sum, x| sum + x);
            Surd::terms_spanned(alpha.iter()).is_some() && sum == Surd::one()
        });
        if let Some(alpha) = alpha {
            let rho: Vec<Surd> = polynomial(alpha);
            return !root_condition::has_bounded_solutions(&rho);
        }
        // Σ β_j = ρ'(1): a double zero at 1.
        let slopes: f64 = self.beta.iter().sum();
        let size: f64 = self.beta.iter().map(|b| b.abs()).sum();
        let double = |x: &f64| Surd::from(BigRational::from_float(*x).unwrap_or_else(BigRational::zero));
        let rho: Vec<Surd> = polynomial(self.alpha.iter().map(double).collect());
        slopes.abs() <= 1e-9 * size
            || !root_condition::is_inside(&rho, &BigRational::new(1_000_001.into(), 1_000_000.into()))
    }

    /// The roots of `ρ(z) = z^k - Σ α_j z^{k-j}`.
    fn roots(&self) -> Result<Vec<nalgebra::Complex<f64>>, Error> {
        let k = self.steps();
        let mut companion = vec![0.0; k * k];
        companion[..k].copy_from_slice(&self.alpha);
        (1..k).for_each(|i| companion[i * k + i - 1] = 1.0);
        eigenvalues("the coefficients", &companion, k)
    }

    /// The same method under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Multistep { name: name.into(), ..self }
    }

    /// The same method with the reference its coefficients are from.
    pub fn from_source(self, source: impl Into<String>) -> Self {
        Multistep { source: source.into(), ..self }
    }

    /// The same method, declared to be what `claims` say, in place of what was declared before. Nothing is checked.
    pub fn claiming(self, claims: Claims) -> Self {
        Multistep { claims: Claims { embedded_order: None, ..claims.cleaned() }, ..self }
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the method is declared to be.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What `α` and `β` stand for.
    pub(crate) fn written(&self) -> &[Vec<Entry>; 2] {
        &self.written
    }

    /// Number `k` of steps.
    pub fn steps(&self) -> usize {
        self.alpha.len()
    }

    /// `α_1, …, α_k`.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// `β_0, …, β_k`.
    pub fn beta(&self) -> &[f64] {
        &self.beta
    }

    /// Whether `β_0 = 0`.
    pub fn is_explicit(&self) -> bool {
        self.beta[0] == 0.0
    }

    /// The order: up to which degree polynomials are integrated exactly, but for rounding.
    pub fn order(&self) -> usize {
        let holds = |p: &usize| {
            // With t_{n+1-j} = 1 - j: 1 = Σ α_j (1-j)^p + p Σ β_j (1-j)^{p-1}.
            let power = |j: usize, p: usize| (1.0 - j as f64).powi(p as i32);
            let states = self.alpha.iter().zip(1..).map(|(a, j)| a * power(j, *p));
            let slopes = self.beta.iter().zip(0..).map(|(b, j)| *p as f64 * b * power(j, p - 1));
            sums_to(&states.chain(slopes).collect::<Vec<f64>>(), 1.0)
        };
        (1..=2 * self.steps()).take_while(holds).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_method() {
        Multistep::new([0.0, 1.0], [0.0, 2.0, 0.0]).unwrap();
        let reason = |alpha: &[f64], beta: &[f64]| Multistep::new(alpha, beta).unwrap_err().to_string();
        assert!(reason(&[1.0], &[1.0]).contains("1 α and 1 β"));
        assert!(reason(&[0.5], &[0.0, 1.0]).contains("the α sum to 0.5"));
        assert!(reason(&[1.0], &[0.0, 0.5]).contains("the β sum to 0.5"));
        // The explicit two-step method of order 3.
        assert!(reason(&[-4.0, 5.0], &[0.0, 4.0, 2.0]).contains("not zero-stable"));
        assert!(reason(&[2.0, -1.0], &[0.0, 0.0, 0.0]).contains("not zero-stable"));
    }
}
