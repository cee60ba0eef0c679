//! Linear multistep methods.

use super::check::{check_finite, sums_to};
use super::{GeneralLinear, Tableau, TermCoefficients, invalid};
use crate::Error;
use crate::linalg::eigenvalues;

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
/// # Reference
/// Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, chapter III.
#[derive(Debug, Clone, PartialEq)]
pub struct Multistep {
    name: String,
    /// `α_1` to `α_k`.
    alpha: Vec<f64>,
    /// `β_0` to `β_k`.
    beta: Vec<f64>,
}

impl Multistep {
    /// The method with the coefficients `α_1, …, α_k` and `β_0, …, β_k`.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] unless there is one `β` more than there are `α`, all are finite, the method is consistent
    /// (`Σ α_j = 1`, `Σ β_j = 1 + Σ (j - 1) α_j`), and it is zero-stable: errors of the past do not grow on their own.
    pub fn new(alpha: impl Into<Vec<f64>>, beta: impl Into<Vec<f64>>) -> Result<Self, Error> {
        let method = Multistep { name: String::new(), alpha: alpha.into(), beta: beta.into() };
        method.check().map_err(|reason| invalid("", reason))?;
        Ok(method)
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
        let roots = self.roots().map_err(|error| error.to_string())?;
        // Double roots are found to the square root of rounding.
        let on_circle = |x: f64| (x - 1.0).abs() <= 1e-6;
        for (i, root) in roots.iter().enumerate() {
            let size = root.norm();
            let again = roots[..i].iter().any(|other| (other - root).norm() <= 1e-5);
            if size > 1.0 + 1e-6 || (on_circle(size) && again) {
                return Err(format!(
                    "errors of the past grow on their own, by the root {root:.4}: it is not zero-stable"
                ));
            }
        }
        Ok(())
    }

    /// The roots of `ρ(z) = z^k - Σ α_j z^{k-j}`.
    fn roots(&self) -> Result<Vec<nalgebra::Complex<f64>>, Error> {
        let k = self.steps();
        let mut companion = vec![0.0; k * k];
        companion[..k].copy_from_slice(&self.alpha);
        (1..k).for_each(|i| companion[i * k + i - 1] = 1.0);
        eigenvalues("the coefficients", &companion, k)
    }

    fn trusted(name: String, alpha: Vec<f64>, beta: Vec<f64>) -> Self {
        Multistep { name, alpha, beta }
    }

    /// The backward differentiation formula of `k` steps: implicit, of order `k`, A-stable for one and two steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`: longer ones are not zero-stable.
    pub fn bdf(k: usize) -> Result<Self, Error> {
        check_steps(k, 6)?;
        // Σ_{j=1..k} ∇^j y_{n+1} / j = h F(y_{n+1}).
        let mut sums = vec![0.0; k + 1];
        for j in 1..=k {
            (0..=j).for_each(|i| sums[i] += sign(i) * binomial(j, i) / j as f64);
        }
        let alpha = sums[1..].iter().map(|x| -x / sums[0]).collect();
        let mut beta = vec![0.0; k + 1];
        beta[0] = 1.0 / sums[0];
        Ok(Self::trusted(format!("bdf_{k}"), alpha, beta))
    }

    /// The method of Adams and Bashforth of `k` steps: explicit, of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`.
    pub fn adams_bashforth(k: usize) -> Result<Self, Error> {
        check_steps(k, 6)?;
        Ok(Self::trusted(format!("adams_bashforth_{k}"), adams(k), [vec![0.0], integrals(1, k)].concat()))
    }

    /// The method of Adams and Moulton of `k` steps: implicit, of order `k + 1`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`.
    pub fn adams_moulton(k: usize) -> Result<Self, Error> {
        check_steps(k, 6)?;
        Ok(Self::trusted(format!("adams_moulton_{k}"), adams(k), integrals(0, k)))
    }

    /// The two-step midpoint rule, or leapfrog: `y_{n+1} = y_{n-1} + 2 h F(t_n, y_n)`. Explicit, of order 2, symmetric, and
    /// stable for oscillations alone.
    pub fn midpoint() -> Self {
        Self::trusted("two_step_midpoint".to_string(), vec![0.0, 1.0], vec![0.0, 2.0, 0.0])
    }

    /// The same method under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Multistep { name: name.into(), ..self }
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        &self.name
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

    /// As a general linear method: it carries the states that it needs, then increments `h F` of earlier steps.
    pub(super) fn general_linear(&self) -> GeneralLinear {
        let last = |x: &[f64]| x.iter().rposition(|&x| x != 0.0).map_or(0, |j| j + 1);
        // States y_n, y_{n-1}, …, and increments h F(y_{n-1}), ….
        let states = last(&self.alpha).max(1);
        let slopes = last(&self.beta).max(2) - 2;
        let r = states + slopes;
        let implicit = !self.is_explicit();
        // Of y_n the slope is needed where it has a weight, or will have.
        let evaluates = self.beta[1] != 0.0 || slopes > 0;
        let unit = |k: usize, n: usize| (0..n).map(|l| f64::from(u8::from(l == k))).collect::<Vec<f64>>();
        let formula: Vec<f64> =
            self.alpha[..states].iter().copied().chain(self.beta[2..2 + slopes].iter().copied()).collect();
        let (mut u, mut c, mut a) = (Vec::new(), Vec::new(), Vec::new());
        let s = usize::from(evaluates) + usize::from(implicit);
        let mut weights = vec![0.0; s];
        if evaluates {
            u.push(unit(0, r));
            c.push(0.0);
            a.push(vec![0.0; s]);
            weights[0] = self.beta[1];
        }
        if implicit {
            weights[s - 1] = self.beta[0];
            u.push(formula.clone());
            c.push(1.0);
            a.push(weights.clone());
        }
        let (mut v, mut b) = (vec![formula], vec![weights]);
        for k in 1..r {
            let newest = k == states;
            v.push(if newest { vec![0.0; r] } else { unit(k - 1, r) });
            b.push(if newest { unit(0, s) } else { vec![0.0; s] });
        }
        let start = (0..r).map(|k| if k < states { 1.0 } else { 0.0 }).collect();
        let starting = (r > 1).then(|| self.starting());
        GeneralLinear {
            name: self.name.clone(),
            u,
            v,
            terms: vec![TermCoefficients { a, b, c }],
            start: Some(start),
            starting,
        }
    }

    /// A scheme of at least the same order, explicit if the method is and there is one.
    fn starting(&self) -> Tableau {
        let order = self.order();
        let named = match order {
            _ if !self.is_explicit() => None,
            0..=2 => Some("heun"),
            3..=4 => Some("rk4"),
            5..=6 => Some("verner_6_5"),
            7..=8 => Some("dormand_prince_8_5"),
            _ => None,
        };
        let explicit = named.and_then(|name| Tableau::by_name(name).ok());
        explicit.or_else(|| Tableau::radau_iia(order / 2 + 1).ok()).unwrap_or_else(Tableau::backward_euler)
    }
}

fn check_steps(k: usize, most: usize) -> Result<(), Error> {
    match (1..=most).contains(&k) {
        true => Ok(()),
        false => Err(Error::invalid("steps", k, format!("a number from 1 to {most}"))),
    }
}

/// `α` of a method of Adams: `y_n` alone.
fn adams(k: usize) -> Vec<f64> {
    let mut alpha = vec![0.0; k];
    alpha[0] = 1.0;
    alpha
}

/// `∫_0^1` of the Lagrange polynomials for the nodes `1 - j`, `j` from `first` to `last`.
fn integrals(first: usize, last: usize) -> Vec<f64> {
    let nodes: Vec<f64> = (first..=last).map(|j| 1.0 - j as f64).collect();
    let integral = |j: usize| {
        // TermCoefficients of Π (t - node), lowest first.
        let (mut polynomial, mut scale) = (vec![1.0], 1.0);
        for node in nodes.iter().enumerate().filter(|&(i, _)| i != j).map(|(_, node)| node) {
            let shifted = [vec![0.0], polynomial.clone()].concat();
            polynomial.push(0.0);
            polynomial = shifted.iter().zip(&polynomial).map(|(x, y)| x - node * y).collect();
            scale *= nodes[j] - node;
        }
        polynomial.iter().zip(1..).map(|(x, power)| x / f64::from(power)).sum::<f64>() / scale
    };
    (0..nodes.len()).map(integral).collect()
}

fn sign(i: usize) -> f64 {
    if i.is_multiple_of(2) { 1.0 } else { -1.0 }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_those_of_the_textbooks() {
        let close = |found: &[f64], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-14), "{found:?} and {expected:?}");
        };
        let bdf = Multistep::bdf(3).unwrap();
        close(bdf.alpha(), &[18.0 / 11.0, -9.0 / 11.0, 2.0 / 11.0]);
        close(bdf.beta(), &[6.0 / 11.0, 0.0, 0.0, 0.0]);
        close(Multistep::adams_bashforth(3).unwrap().beta(), &[0.0, 23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0]);
        close(Multistep::adams_moulton(2).unwrap().beta(), &[5.0 / 12.0, 8.0 / 12.0, -1.0 / 12.0]);
    }

    #[test]
    fn orders_are_those_of_the_families() {
        for k in 1..=6 {
            let orders = [Multistep::bdf(k), Multistep::adams_bashforth(k), Multistep::adams_moulton(k)];
            assert_eq!(orders.map(|method| method.unwrap().order()), [k, k, k + 1]);
        }
        assert_eq!(Multistep::midpoint().order(), 2);
    }

    #[test]
    fn all_of_the_families_are_what_new_accepts() {
        for k in 1..=6 {
            for method in [Multistep::bdf(k), Multistep::adams_bashforth(k), Multistep::adams_moulton(k)] {
                let method = method.unwrap();
                Multistep::new(method.alpha(), method.beta()).unwrap();
                super::super::Method::new(method.general_linear()).unwrap();
            }
        }
        Multistep::new([0.0, 1.0], [0.0, 2.0, 0.0]).unwrap();
    }

    #[test]
    fn refuses_what_is_no_method() {
        let reason = |alpha: &[f64], beta: &[f64]| Multistep::new(alpha, beta).unwrap_err().to_string();
        assert!(reason(&[1.0], &[1.0]).contains("1 α and 1 β"));
        assert!(reason(&[0.5], &[0.0, 1.0]).contains("the α sum to 0.5"));
        assert!(reason(&[1.0], &[0.0, 0.5]).contains("the β sum to 0.5"));
        // The explicit two-step method of order 3.
        assert!(reason(&[-4.0, 5.0], &[0.0, 4.0, 2.0]).contains("not zero-stable"));
        assert!(reason(&[2.0, -1.0], &[0.0, 0.0, 0.0]).contains("not zero-stable"));
        assert!(Multistep::bdf(7).unwrap_err().to_string().contains("from 1 to 6"));
    }
}
