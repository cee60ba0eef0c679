//! A method over a field as a step uses it.

use super::graph::Graph;
use super::together::Together;
use crate::field::{Field, Term};
use crate::solve::{Coupled, Coupling, Decoupling};
use crate::tableau::Method;
use crate::{Error, Real};
use std::ops::Range;
use std::sync::Arc;

/// Inverses of coefficient matrices that are larger, by their entries or by these times those of the matrix, are not used to
/// recover slopes from stages: they would amplify what the tolerance leaves of the residual.
const LARGEST_INVERSE: f64 = 50.0;

/// The coefficients of a method in working precision, the terms of the field that they belong to, and the blocks in which
/// these are evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'a, T: Real> {
    /// Numbers `s` of stages, `r` of carried vectors, `d` of components.
    pub stages: usize,
    pub carried: usize,
    pub dim: usize,
    /// Parameters of the field.
    pub params: usize,
    pub terms: Vec<Planned<'a, T>>,
    pub blocks: Vec<Block<'a, T>>,
    /// Rows of the increments of all terms at all stages.
    pub increments: usize,
    /// Whether any block is implicit.
    pub implicit: bool,
    /// Whether the carried vectors are what they were, but for increments.
    pub keeps_vectors: bool,
    /// Rows of signals that the field sees.
    pub signals: usize,
    u: Vec<T>,
    v: Vec<T>,
}

/// A term of the field with its coefficients.
#[derive(Debug, Clone)]
pub(crate) struct Planned<'a, T: Real> {
    pub term: Term<'a, T>,
    stages: usize,
    /// `s × s` and `r × s`, row-major.
    a: Vec<T>,
    b: Vec<T>,
    /// The first row of its increments among those of all terms.
    from: usize,
}

/// Evaluations that depend on each other, or a single one: terms of the field at stages.
#[derive(Debug, Clone)]
pub(crate) struct Block<'a, T: Real> {
    /// Which of the method's blocks this is.
    pub index: usize,
    /// Ascending.
    pub stages: Vec<usize>,
    /// Ascending: those that are evaluated at the stages.
    pub terms: Vec<usize>,
    /// By term and stage: whether the evaluation is part of the block; others of these terms at these stages are not.
    pub members: Vec<bool>,
    /// By term and stage of the method: whether a block before this one evaluates it.
    before: Vec<bool>,
    /// Nodes of the block's stages: for each term those of its own.
    pub c: Vec<T>,
    /// Whether its evaluations depend on themselves.
    pub implicit: bool,
    /// Rows of what an evaluation records.
    pub record: usize,
    /// Coefficients among the block's stages.
    pub coupling: Coupling<T>,
    /// What is evaluated at the unknowns of an implicit block.
    field: Evaluated<'a, T>,
    /// Inverse of the coefficients of a single term, if it is well conditioned: `h k = A⁻¹ (Y - base)` spares a stiff field's
    /// amplification of the error in `Y`.
    pub inverse: Option<Vec<T>>,
    /// The eigenvalues and eigenvectors of the coefficients of a single term, if they decouple the stages.
    pub decoupling: Option<Arc<Decoupling<T>>>,
    /// Stages that blocks after this one evaluate something at.
    pub later: Vec<usize>,
    /// Whether the implicit block before this one, in a row of steps, has other terms: its matrices are of no use here.
    pub is_another: bool,
}

/// The terms of a block as one field.
#[derive(Debug, Clone)]
enum Evaluated<'a, T: Real> {
    /// A single term that reads and gives all.
    Alone(&'a dyn Field<T>),
    Together(Together<'a, T>),
}

/// Whether rows have any in common.
pub(super) fn overlap(x: &Range<usize>, y: &Range<usize>) -> bool {
    x.start < y.end && y.start < x.end
}

impl<'a, T: Real> Plan<'a, T> {
    pub fn new(field: &'a dyn Field<T>, method: &Method) -> Result<Self, Error> {
        let (s, r, dim) = (method.stages(), method.carried(), field.dim());
        let terms = terms(field, method)?;
        let cast = |n: usize, of: &dyn Fn(usize) -> f64| (0..n).map(|k| T::constant(of(k))).collect::<Vec<T>>();
        let mut from = 0;
        let mut planned = Vec::new();
        for (m, term) in terms.into_iter().enumerate() {
            let rows = s * term.writes.len();
            let a = cast(s * s, &|k| method.a(m, k / s, k % s));
            let b = cast(r * s, &|k| method.b(m, k / s, k % s));
            planned.push(Planned { stages: s, a, b, from, term });
            from += rows;
        }
        let order = Graph::new(method, &planned).blocks();
        let mut blocks: Vec<Block<'a, T>> = Vec::new();
        for (index, nodes) in order.iter().enumerate() {
            blocks.push(Block::new(index, nodes, (field, &planned), method));
        }
        for index in 0..blocks.len() {
            let evaluated = |k: usize| order[..index].iter().any(|nodes| nodes.contains(&(k / s, k % s)));
            blocks[index].before = (0..planned.len() * s).map(evaluated).collect();
            let is_later = |i: &usize| blocks[index + 1..].iter().any(|block| block.stages.contains(i));
            blocks[index].later = (0..s).filter(is_later).collect();
        }
        let solved: Vec<usize> = (0..blocks.len()).filter(|&index| blocks[index].implicit).collect();
        for (k, &index) in solved.iter().enumerate() {
            let before = solved[(k + solved.len() - 1) % solved.len()];
            blocks[index].is_another = blocks[before].terms != blocks[index].terms;
        }
        Ok(Plan {
            stages: s,
            carried: r,
            dim,
            params: field.param_count(),
            implicit: !solved.is_empty(),
            keeps_vectors: (0..r * r).all(|k| method.v(k / r, k % r) == f64::from(u8::from(k / r == k % r))),
            signals: field.signals(),
            blocks,
            terms: planned,
            increments: from,
            u: cast(s * r, &|k| method.u(k / r, k % r)),
            v: cast(r * r, &|k| method.v(k / r, k % r)),
        })
    }

    /// `u_ik`, for all `k`.
    pub fn u(&self, i: usize) -> &[T] {
        &self.u[i * self.carried..(i + 1) * self.carried]
    }

    /// `v_kl`, for all `l`.
    pub fn v(&self, k: usize) -> &[T] {
        &self.v[k * self.carried..(k + 1) * self.carried]
    }
}

impl<T: Real> Planned<'_, T> {
    /// `a_ij` of `s` stages.
    pub fn a(&self, i: usize, j: usize) -> T {
        self.a[i * self.stages + j]
    }

    /// `b_kj`.
    pub fn b(&self, k: usize, j: usize) -> T {
        self.b[k * self.stages + j]
    }

    /// Rows of its increments at stage `j`, among those of all.
    pub fn slot(&self, j: usize) -> Range<usize> {
        let rows = self.term.writes.len();
        self.from + j * rows..self.from + (j + 1) * rows
    }

    /// What rows of the state have in common with those that it adds to: the rows, and where its increments at stage `j` have
    /// them.
    pub fn shared(&self, rows: &Range<usize>, j: usize) -> Option<(Range<usize>, Range<usize>)> {
        let writes = &self.term.writes;
        if !overlap(rows, writes) {
            return None;
        }
        let common = rows.start.max(writes.start)..rows.end.min(writes.end);
        let from = self.slot(j).start + common.start - writes.start;
        Some((common.clone(), from..from + common.len()))
    }
}

impl<'a, T: Real> Block<'a, T> {
    /// The block of evaluations `(term, stage)`.
    fn new(
        index: usize,
        nodes: &[(usize, usize)],
        (whole, planned): (&'a dyn Field<T>, &[Planned<'a, T>]),
        method: &Method,
    ) -> Self {
        let sorted = |mut all: Vec<usize>| {
            all.sort_unstable();
            all.dedup();
            all
        };
        let stages = sorted(nodes.iter().map(|&(_, j)| j).collect());
        let terms = sorted(nodes.iter().map(|&(m, _)| m).collect());
        let pairs = || terms.iter().flat_map(|&m| stages.iter().map(move |&j| (m, j)));
        let members: Vec<bool> = pairs().map(|node| nodes.contains(&node)).collect();
        let (mut from, mut coupled, mut doubles) = (0, Vec::new(), Vec::new());
        for &m in &terms {
            let among = |i: usize, j: usize| if nodes.contains(&(m, j)) { method.a(m, i, j) } else { 0.0 };
            let a: Vec<f64> =
                stages.iter().flat_map(|&i| stages.iter().map(move |&j| (i, j))).map(|(i, j)| among(i, j)).collect();
            let rows = planned[m].term.writes.clone();
            let count = rows.len();
            coupled.push(Coupled { a: a.iter().map(|&x| T::constant(x)).collect(), from, rows });
            doubles.push(a);
            from += count;
        }
        let reads = |m: usize| &planned[m].term.reads;
        let within = |m: usize| terms.iter().any(|&n| overlap(&planned[n].term.writes, reads(m)));
        let implicit = doubles.iter().flatten().any(|&x| x != 0.0) && terms.iter().any(|&m| within(m));
        let single = (implicit && terms.len() == 1).then(|| &doubles[0][..]);
        let c: Vec<f64> = pairs().map(|(m, j)| method.c(m, j)).collect();
        let (coupling, d) = (Coupling { terms: coupled }, whole.dim());
        let field = match &terms[..] {
            [m] if *reads(*m) == (0..d)
                && coupling.whole(d).is_some()
                && planned[*m].term.params.len() == whole.param_count() =>
            {
                Evaluated::Alone(planned[*m].term.field)
            }
            _ => Evaluated::Together(Together::new(whole, terms.iter().map(|&m| planned[m].term.clone()))),
        };
        Block {
            index,
            record: terms.iter().map(|&m| planned[m].term.record_rows()).sum(),
            inverse: single.and_then(|a| inverse(a, stages.len())),
            decoupling: single
                .filter(|_| coupling.whole(d).is_some())
                .and_then(|a| Decoupling::new(a, &c))
                .map(Arc::new),
            stages,
            terms,
            members,
            before: Vec::new(),
            c: c.into_iter().map(T::constant).collect(),
            implicit,
            coupling,
            field,
            later: Vec::new(),
            is_another: false,
        }
    }

    /// The terms of an implicit block as one field: of the whole state, with the slopes of all of them.
    pub fn field(&self) -> &dyn Field<T> {
        match &self.field {
            Evaluated::Alone(field) => *field,
            Evaluated::Together(terms) => terms,
        }
    }

    /// Whether term number `k` of the block at its stage number `i` is part of it.
    pub fn is_member(&self, k: usize, i: usize) -> bool {
        self.members[k * self.stages.len() + i]
    }

    /// Whether a block before this one, of a method of so many stages, evaluates a term at a stage.
    pub fn follows(&self, term: usize, stage: usize, stages: usize) -> bool {
        self.before[term * stages + stage]
    }
}

/// The terms of a field that a method treats differently.
fn terms<'a, T: Real>(field: &'a dyn Field<T>, method: &Method) -> Result<Vec<Term<'a, T>>, Error> {
    if method.terms() == 1 {
        return Ok(vec![Term::whole(field)]);
    }
    let terms = field.terms();
    let count = terms.len().max(1);
    if count != method.terms() {
        let (kind, wrapper) = match method.is_partitioned() {
            true => ("one in two parts", "`InParts` or `Partitioned`"),
            false => ("a sum", "`Split`"),
        };
        let name = match method.name() {
            "" => String::new(),
            name => format!(" of `{name}`"),
        };
        let expected = format!("{}, those{name}: {kind}, made by {wrapper}", method.terms());
        return Err(Error::invalid("the number of terms of the field", count, expected));
    }
    let together =
        terms.iter().enumerate().any(|(m, term)| terms[..m].iter().any(|other| overlap(&other.writes, &term.writes)));
    if method.is_partitioned() && together {
        let expected = "one in two parts, made by `InParts` or `Partitioned`: the scheme is for parts of the state";
        return Err(Error::invalid("the field", "a sum", expected));
    }
    terms.iter().try_for_each(|term| term.check(field.dim(), field.param_count()))?;
    if let Some(row) = (0..field.dim()).find(|row| !terms.iter().any(|term| term.writes.contains(row))) {
        let expected = format!("terms that sum to the field: none adds to component {row}");
        return Err(Error::invalid("the terms of the field", terms.len(), expected));
    }
    Ok(terms)
}

fn inverse<T: Real>(a: &[f64], stages: usize) -> Option<Vec<T>> {
    let largest = a.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    nalgebra::DMatrix::from_row_slice(stages, stages, a)
        .try_inverse()
        .filter(|inverse| largest * inverse.amax() <= LARGEST_INVERSE)
        .map(|inverse| inverse.transpose().iter().map(|&x| T::constant(x)).collect())
}
