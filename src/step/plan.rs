//! A tableau as a step uses it.

use crate::solve::Decoupling;
use crate::{Real, Tableau};
use std::ops::Range;
use std::sync::Arc;

/// Inverses of coefficient matrices that are larger, by their entries or by these times those of the matrix, are not used to
/// recover slopes from stages: they would amplify what the tolerance leaves of the residual.
const LARGEST_INVERSE: f64 = 50.0;

/// The coefficients of a tableau in working precision, and the blocks in which its stages are computed.
#[derive(Debug, Clone)]
pub(crate) struct Plan<T> {
    pub stages: usize,
    pub b: Vec<T>,
    pub blocks: Vec<Block<T>>,
    a: Vec<T>,
}

/// Stages that depend on each other, or a single one.
#[derive(Debug, Clone)]
pub(crate) struct Block<T> {
    /// Which of the scheme's blocks this is.
    pub index: usize,
    pub stages: Range<usize>,
    /// Nodes of the block's stages.
    pub c: Vec<T>,
    /// Coefficients among the block's stages, row-major; all zero if the block is explicit.
    pub a: Vec<T>,
    pub implicit: bool,
    /// Inverse of `a`, if it is well conditioned: `h k = A⁻¹ (Y - base)` spares a stiff field's amplification of the
    /// error in `Y`.
    pub inverse: Option<Vec<T>>,
    /// The eigenvalues and eigenvectors of `a`, if they decouple the stages.
    pub decoupling: Option<Arc<Decoupling<T>>>,
}

impl<T: Real> Plan<T> {
    pub fn new(tableau: &Tableau) -> Self {
        let s = tableau.stages();
        let blocks = tableau.blocks().into_iter().enumerate().map(|(index, stages)| {
            let pairs = stages.clone().flat_map(|i| stages.clone().map(move |j| (i, j)));
            let a: Vec<f64> = pairs.map(|(i, j)| tableau.a(i, j)).collect();
            let inverse = nalgebra::DMatrix::from_row_slice(stages.len(), stages.len(), &a)
                .try_inverse()
                .filter(|inverse| {
                    let largest = a.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
                    largest * inverse.amax() <= LARGEST_INVERSE
                })
                .map(|inverse| inverse.transpose().iter().map(|&x| T::constant(x)).collect());
            let c = &tableau.c()[stages.clone()];
            Block {
                index,
                decoupling: Decoupling::new(&a, c).map(Arc::new),
                c: c.iter().map(|&x| T::constant(x)).collect(),
                implicit: a.iter().any(|&x| x != 0.0),
                a: a.into_iter().map(T::constant).collect(),
                inverse,
                stages,
            }
        });
        Plan {
            stages: s,
            b: tableau.b().iter().map(|&x| T::constant(x)).collect(),
            blocks: blocks.collect(),
            a: (0..s * s).map(|k| T::constant(tableau.a(k / s, k % s))).collect(),
        }
    }

    /// `a_ij`.
    pub fn a(&self, i: usize, j: usize) -> T {
        self.a[i * self.stages + j]
    }
}
