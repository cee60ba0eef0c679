//! Random Runge–Kutta tableaux, pairs and multistep methods, by class. What defines the class holds by construction, for every member. No stages count as
//! one.

mod multistep;
mod order;
mod pair;
mod structure;

pub use multistep::{RandomMultistep, symmetric_multistep, zero_stable};
pub use order::{collocation, explicit_of_order, superconvergent};
pub use pair::{RandomPair, symplectic_pair};
pub use structure::{
    algebraically_stable, diagonally_implicit, explicit, fully_implicit, symmetric, symmetric_diagonally_implicit,
    symplectic, symplectic_diagonally_implicit,
};

use super::fraction::{Fraction, rounded};
use crate::Tableau;
use crate::tableau::Method;
use std::fmt;
use std::ops::Deref;

/// A random scheme: a [`Tableau`] whose `Debug` is its Butcher array, so that a counterexample can be read.
#[derive(Clone, PartialEq)]
pub struct RandomScheme(pub Tableau);

impl Deref for RandomScheme {
    type Target = Tableau;
    fn deref(&self) -> &Tableau {
        &self.0
    }
}

impl From<Tableau> for RandomScheme {
    fn from(tableau: Tableau) -> Self {
        RandomScheme(tableau)
    }
}

impl From<RandomScheme> for Method {
    fn from(scheme: RandomScheme) -> Self {
        scheme.0.into()
    }
}

impl fmt::Debug for RandomScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for RandomScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RandomScheme {
    /// The scheme of exact coefficients; nodes are the row sums.
    fn exact(name: &str, a: Vec<Vec<Fraction>>, b: Vec<Fraction>) -> Self {
        let c = a.iter().map(|row| rounded(row.iter().sum())).collect();
        let a = a.into_iter().map(|row| row.into_iter().map(rounded).collect()).collect();
        Self::of(name, a, b.into_iter().map(rounded).collect(), c)
    }

    fn of(name: &str, a: Vec<Vec<f64>>, b: Vec<f64>, c: Vec<f64>) -> Self {
        RandomScheme(Tableau::new(a, b, c).expect("weights that sum to one, nodes that are row sums").named(name))
    }
}
