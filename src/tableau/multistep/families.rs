//! The families of multistep methods, their coefficients as fractions, and what is known of them.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

use super::Multistep;
use crate::Error;
use crate::tableau::Claims;
use crate::tableau::catalogue::Catalogue;
use crate::tableau::entry::Entry;
use crate::tableau::listed::{Family, Listed, whole};

const HNW: &str = "E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), III.1";

/// `α` of A(α)-stability of the backward differentiation formulas: E. Hairer, G. Wanner, Solving Ordinary Differential Equations
/// II (1996), V.2.
const SECTORS: [f64; 6] = [90.0, 90.0, 86.03, 73.35, 51.84, 17.84];

impl Multistep {
    /// The backward differentiation formula of `k` steps: implicit, of order `k`, A-stable for one and two steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`: longer ones are not zero-stable.
    pub fn bdf(k: usize) -> Result<Self, Error> {
        check_steps(k)?;
        // Σ_{j=1..k} ∇^j y_{n+1} / j = h F(y_{n+1}).
        let mut sums = vec![BigRational::zero(); k + 1];
        let mut power = vec![BigInt::one()];
        for j in 1..=k {
            // (1 − x)^j
            let shifted = [vec![BigInt::zero()], power.clone()].concat();
            power.push(BigInt::zero());
            power = power.iter().zip(shifted).map(|(x, y)| x - y).collect();
            for (sum, c) in sums.iter_mut().zip(&power) {
                *sum += BigRational::new(c.clone(), j.into());
            }
        }
        let alpha = sums[1..].iter().map(|x| -x / &sums[0]).collect();
        let beta = [vec![sums[0].recip()], vec![BigRational::zero(); k]].concat();
        Ok(Self::exactly(format!("bdf_{k}"), alpha, beta).claiming(Claims {
            order: Some(k),
            explicit: Some(false),
            a_stable: Some(k <= 2),
            l_stable: Some(k <= 2),
            a_alpha: Some(SECTORS[k - 1]),
            symmetric: Some(false),
            ..Claims::default()
        }))
    }

    /// The method of Adams and Bashforth of `k` steps: explicit, of order `k`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`.
    pub fn adams_bashforth(k: usize) -> Result<Self, Error> {
        check_steps(k)?;
        let beta = [vec![BigRational::zero()], integrals(1, k)].concat();
        Ok(Self::exactly(format!("adams_bashforth_{k}"), adams(k), beta).claiming(Claims {
            order: Some(k),
            explicit: Some(true),
            a_stable: Some(false),
            symmetric: Some(false),
            ..Claims::default()
        }))
    }

    /// The method of Adams and Moulton of `k` steps: implicit, of order `k + 1`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ k ≤ 6`.
    pub fn adams_moulton(k: usize) -> Result<Self, Error> {
        check_steps(k)?;
        Ok(Self::exactly(format!("adams_moulton_{k}"), adams(k), integrals(0, k)).claiming(Claims {
            order: Some(k + 1),
            explicit: Some(false),
            a_stable: Some(k == 1),
            l_stable: Some(false),
            symmetric: Some(k == 1),
            ..Claims::default()
        }))
    }

    /// The two-step midpoint rule, or leapfrog: `y_{n+1} = y_{n-1} + 2 h F(t_n, y_n)`. Explicit, of order 2, symmetric, and
    /// stable for oscillations alone.
    pub fn midpoint() -> Self {
        let number = |x: i64| BigRational::from(BigInt::from(x));
        let (alpha, beta) = ([0, 1].map(number).into(), [0, 2, 0].map(number).into());
        Self::exactly("two_step_midpoint".to_string(), alpha, beta).claiming(Claims {
            order: Some(2),
            explicit: Some(true),
            a_stable: Some(false),
            symmetric: Some(true),
            imaginary_stability_interval: Some(1.0),
            ..Claims::default()
        })
    }

    /// Coefficients that are valid by construction.
    fn exactly(name: String, alpha: Vec<BigRational>, beta: Vec<BigRational>) -> Self {
        let entries = |v: Vec<BigRational>| v.into_iter().map(|x| Entry::exactly(x.into())).collect();
        Self::trusted(entries(alpha), entries(beta)).named(name).from_source(HNW)
    }
}

fn check_steps(k: usize) -> Result<(), Error> {
    match (1..=6).contains(&k) {
        true => Ok(()),
        false => Err(Error::invalid("steps", k, "a number from 1 to 6")),
    }
}

/// `α` of a method of Adams: `y_n` alone.
fn adams(k: usize) -> Vec<BigRational> {
    let mut alpha = vec![BigRational::zero(); k];
    alpha[0] = BigRational::one();
    alpha
}

/// `∫_0^1` of the Lagrange polynomials for the nodes `1 - j`, `j` from `first` to `last`.
fn integrals(first: usize, last: usize) -> Vec<BigRational> {
    let nodes: Vec<BigRational> = (first..=last).map(|j| BigRational::from(BigInt::from(1 - j as i64))).collect();
    let integral = |j: usize| {
        // Coefficients of Π (t - node), lowest first.
        let (mut polynomial, mut scale) = (vec![BigRational::one()], BigRational::one());
        for node in nodes.iter().enumerate().filter(|&(i, _)| i != j).map(|(_, node)| node) {
            let shifted = [vec![BigRational::zero()], polynomial.clone()].concat();
            polynomial.push(BigRational::zero());
            polynomial = shifted.iter().zip(&polynomial).map(|(x, y)| x - node * y).collect();
            scale *= &nodes[j] - node;
        }
        let terms = polynomial.iter().zip(1..).map(|(x, power)| x / BigRational::from(BigInt::from(power)));
        terms.sum::<BigRational>() / scale
    };
    (0..nodes.len()).map(integral).collect()
}

/// A method without parameters.
pub(in crate::tableau) struct Single {
    names: (&'static str, &'static [&'static str]),
    make: fn() -> Multistep,
}

impl Listed for Single {
    type Made = Multistep;

    fn names(&self) -> (&'static str, &'static [&'static str]) {
        self.names
    }

    fn make(&self) -> Multistep {
        (self.make)()
    }
}

const ALL: &[&str] = &["1", "2", "3", "4", "5", "6"];

const fn family(
    name: &'static str,
    aliases: &'static [&'static str],
    member: fn(&str) -> Result<Multistep, Error>,
) -> Family<Multistep> {
    Family { name, suffix: "", aliases, listed: ALL, nicknames: &[], member }
}

pub(in crate::tableau) static MULTISTEP: Catalogue<Single> = Catalogue {
    single: &[&[&Single { names: ("two_step_midpoint", &["leapfrog"]), make: Multistep::midpoint }]],
    families: &[&[
        family("bdf", &[], |p| Multistep::bdf(whole("steps", p)?)),
        family("adams_bashforth", &["ab"], |p| Multistep::adams_bashforth(whole("steps", p)?)),
        family("adams_moulton", &["am"], |p| Multistep::adams_moulton(whole("steps", p)?)),
    ]],
};

/// Methods by name.
impl Multistep {
    /// The method of that name; names are read as by [`Tableau::by_name`](crate::Tableau::by_name): `bdf_3`, `adams_bashforth_4`,
    /// `adams_moulton_2`, by their steps, and `two_step_midpoint`, or `leapfrog`.
    ///
    /// ```
    /// use kutta::tableau::Multistep;
    /// assert_eq!(Multistep::by_name("BDF3")?, Multistep::bdf(3)?);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tableau::by_name`](crate::Tableau::by_name).
    pub fn by_name(name: &str) -> Result<Self, Error> {
        MULTISTEP.by_name(name)
    }

    /// Every method that is known by name.
    pub fn catalogue() -> Vec<Self> {
        MULTISTEP.all()
    }
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
    fn all_are_what_new_accepts_and_are_found_by_name() {
        assert_eq!(Multistep::catalogue().len(), 19);
        for method in Multistep::catalogue() {
            Multistep::new(method.alpha(), method.beta()).unwrap();
            crate::tableau::Method::new(method.general_linear()).unwrap();
            assert_eq!(Multistep::by_name(method.name()).unwrap(), method);
        }
        for name in ["leapfrog", "ab2", "AM-3", "bdf 6"] {
            Multistep::by_name(name).unwrap();
        }
        assert!(Multistep::bdf(7).unwrap_err().to_string().contains("from 1 to 6"));
    }
}
