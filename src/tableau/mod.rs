//! Runge–Kutta tableaux.

use crate::Error;

/// A Runge–Kutta tableau `(A, b, c)`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tableau {
    name: String,
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    embedded: Option<Vec<f64>>,
}

impl Tableau {
    /// From rows of `A`, weights `b` and nodes `c`.
    pub fn new<R: AsRef<[f64]>>(a: impl AsRef<[R]>, b: impl AsRef<[f64]>, c: impl AsRef<[f64]>) -> Result<Self, Error> {
        let a = a.as_ref().iter().flat_map(|r| r.as_ref().iter().copied()).collect();
        Ok(Tableau { name: String::new(), a, b: b.as_ref().to_vec(), c: c.as_ref().to_vec(), embedded: None })
    }
    /// Named.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Number of stages `s`.
    pub fn stages(&self) -> usize {
        self.b.len()
    }
    /// `a_ij`.
    pub fn a(&self, i: usize, j: usize) -> f64 {
        self.a[i * self.b.len() + j]
    }
    /// Weights.
    pub fn b(&self) -> &[f64] {
        &self.b
    }
    /// Nodes.
    pub fn c(&self) -> &[f64] {
        &self.c
    }
    /// Embedded weights.
    pub fn embedded(&self) -> Option<&[f64]> {
        self.embedded.as_deref()
    }
    /// The finest partition of the stages into consecutive ranges such that `A` is block lower triangular.
    pub fn blocks(&self) -> Vec<std::ops::Range<usize>> {
        let s = self.stages();
        let mut blocks = Vec::new();
        let (mut start, mut reach) = (0, 0);
        for i in 0..s {
            reach = reach.max((0..s).rev().find(|&j| self.a(i, j) != 0.0).unwrap_or(0)).max(i);
            if reach == i {
                blocks.push(start..i + 1);
                start = i + 1;
            }
        }
        blocks
    }
}
