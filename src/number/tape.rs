//! A reverse tape: gradients at a small multiple of the cost of one evaluation.

use super::{Elementary, Number};
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// The record of a computation: for every result, which results it came from and its partial derivatives by them.
///
/// ```
/// use kutta::{Number, number::Tape};
/// let tape = Tape::new();
/// let (x, y) = (tape.variable(2.0), tape.variable(3.0));
/// let z = x * y + x.sin();
/// let mut adjoint = vec![0.0; tape.len()];
/// adjoint[z.index()] = 1.0;
/// tape.sweep(&mut adjoint);
/// assert_eq!(adjoint[x.index()], 3.0 + 2.0_f64.cos());
/// assert_eq!(adjoint[y.index()], 2.0);
/// ```
#[derive(Debug, Default)]
pub struct Tape<N> {
    nodes: RefCell<Vec<Node<N>>>,
}

#[derive(Debug, Clone, Copy)]
struct Node<N> {
    parents: [u32; 2],
    partials: [N; 2],
}

/// A number whose computation is recorded on a [`Tape`], or a constant.
#[derive(Debug, Clone, Copy)]
pub struct Var<'t, N> {
    tape: Option<&'t Tape<N>>,
    index: u32,
    value: N,
}

impl<N: Number> Tape<N> {
    /// An empty tape.
    pub fn new() -> Self {
        Tape { nodes: RefCell::new(Vec::new()) }
    }

    /// Forgets everything, but keeps the memory. Takes the tape mutably: no variable of it may be alive.
    pub fn clear(&mut self) {
        self.nodes.get_mut().clear();
    }

    /// Number of results recorded, independent variables included.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new independent variable.
    #[inline]
    pub fn variable(&self, value: N) -> Var<'_, N> {
        self.push([NONE, NONE], [N::zero(), N::zero()], value)
    }

    #[inline]
    fn push(&self, parents: [u32; 2], partials: [N; 2], value: N) -> Var<'_, N> {
        let mut nodes = self.nodes.borrow_mut();
        let index = nodes.len() as u32;
        nodes.push(Node { parents, partials });
        Var { tape: Some(self), index, value }
    }

    /// Propagates adjoints backward through the record: on entry `adjoint` holds the cotangents of results, by
    /// [`Var::index`], and zero elsewhere; on return every entry is complete. Entries beyond the tape are left alone.
    pub fn sweep(&self, adjoint: &mut [N]) {
        for (i, node) in self.nodes.borrow().iter().enumerate().rev() {
            let Some(&bar) = adjoint.get(i) else { continue };
            let [p, q] = node.parents.map(|p| p as usize);
            // Independent variables and constants have the parent `NONE`, which is no earlier node.
            if p < i {
                adjoint[p] += node.partials[0] * bar;
            }
            if q < i {
                adjoint[q] += node.partials[1] * bar;
            }
        }
    }
}

impl<'t, N: Number> Var<'t, N> {
    /// A number that no derivative is taken by.
    pub fn constant_of(value: N) -> Self {
        Var { tape: None, index: NONE, value }
    }

    /// Position on the tape; meaningless for a constant.
    pub fn index(&self) -> usize {
        self.index as usize
    }

    /// The value.
    pub fn value(&self) -> N {
        self.value
    }

    /// Whether no independent variable entered the computation.
    pub fn is_constant(&self) -> bool {
        self.tape.is_none()
    }

    #[inline]
    fn unary(self, value: N, partial: N) -> Self {
        match self.tape {
            None => Var { value, ..self },
            Some(tape) => tape.push([self.index, NONE], [partial, N::zero()], value),
        }
    }

    #[inline]
    fn binary(self, other: Self, value: N, partials: [N; 2]) -> Self {
        match (self.tape, other.tape) {
            (None, None) => Var { value, ..self },
            (Some(tape), None) => tape.push([self.index, NONE], partials, value),
            (None, Some(tape)) => tape.push([NONE, other.index], partials, value),
            (Some(tape), Some(_)) => tape.push([self.index, other.index], partials, value),
        }
    }
}

/// Stands for "no parent".
const NONE: u32 = u32::MAX;

impl<N: Number> Add for Var<'_, N> {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        self.binary(other, self.value + other.value, [N::one(), N::one()])
    }
}
impl<N: Number> Sub for Var<'_, N> {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self.binary(other, self.value - other.value, [N::one(), -N::one()])
    }
}
impl<N: Number> Mul for Var<'_, N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        self.binary(other, self.value * other.value, [other.value, self.value])
    }
}
impl<N: Number> Div for Var<'_, N> {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let partial = other.value.recip();
        self.binary(other, value, [partial, -value * partial])
    }
}
impl<N: Number> Neg for Var<'_, N> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        self.unary(-self.value, -N::one())
    }
}

super::assign_by_operator!(Var<'t>);

impl<N: Number> Number for Var<'_, N> {
    #[inline]
    fn constant(x: f64) -> Self {
        Var::constant_of(N::constant(x))
    }
    #[inline]
    fn apply(self, function: Elementary) -> Self {
        let value = self.value.apply(function);
        self.unary(value, function.derivative(self.value, value))
    }
    #[inline]
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        let value = self.value.where_positive(positive.value, otherwise.value);
        let (one, zero) = (N::one(), N::zero());
        positive.binary(otherwise, value, [self.value.where_positive(one, zero), self.value.where_positive(zero, one)])
    }
}
