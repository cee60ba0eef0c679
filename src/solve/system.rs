//! The stage equations of one block, for all samples of a chunk.

use super::{Coupling, Layout, Work};
use crate::field::{Field, Point, Scratch};
use crate::number::Rounded;
use crate::{Number, Real};
use std::ops::Range;

/// A residual within so many units in the last place of the state counts as zero, once a first guess has been corrected.
const ROUNDING: f64 = 8.0;
/// A residual that is more than this fraction of the last has ceased to shrink: rounding errors may be all that is left.
const STALLED: f64 = 0.7;
/// Within so many times what rounding errors were, a residual may have come down to them.
const NEAR: f64 = 1e3;

/// How many rows of numbers belong to the stages of a block, beside those of the unknowns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// Of times and signals.
    pub known: usize,
    /// Of slopes, of all terms.
    pub slopes: usize,
    /// Of what the field records.
    pub record: usize,
}

/// The unknowns of a block of stages and all that belongs to them, for the samples that are still being solved.
#[derive(Debug)]
pub(crate) struct Buffers<T> {
    pub layout: Layout,
    /// Which sample of the chunk each remaining one is.
    pub samples: Vec<usize>,
    /// Stage times, one a column, and signals after them: rows for each term of the field whose times are its own.
    pub t: Vec<T>,
    /// Step sizes, one a sample.
    pub h: Vec<T>,
    /// `‖y_n‖∞`, one a sample.
    pub size: Vec<T>,
    /// What each sample's residual is relative to, at the stages last evaluated.
    pub scale: Vec<T>,
    /// `‖r‖∞` there, one a sample; the largest number before the first evaluation.
    last: Vec<T>,
    /// `‖Y‖∞` there.
    largest: Vec<T>,
    /// How often it did not shrink.
    stalls: Vec<u32>,
    /// Its rounding errors, when last looked at.
    errors: Vec<T>,
    /// `y_n + h Σ a_ij k_j` over stages solved before.
    pub base: Vec<T>,
    /// The stages.
    pub y: Vec<T>,
    /// `F` at the stages.
    pub f: Vec<T>,
    /// What the field recorded there.
    pub record: Vec<T>,
    /// `Y - base - h A F`.
    pub residual: Vec<T>,
    /// The stages before the last correction.
    pub previous: Vec<T>,
    /// The last correction.
    pub correction: Vec<T>,
    product: Vec<T>,
    /// Memory of one evaluation with its errors.
    rounded: Vec<Rounded<T>>,
    keep: Vec<usize>,
}

impl<T: Real> Buffers<T> {
    pub fn new() -> Self {
        Buffers {
            layout: Layout { rows: 0, stages: 0, samples: 0, stride: 0 },
            samples: Vec::new(),
            t: Vec::new(),
            h: Vec::new(),
            size: Vec::new(),
            scale: Vec::new(),
            last: Vec::new(),
            largest: Vec::new(),
            stalls: Vec::new(),
            errors: Vec::new(),
            base: Vec::new(),
            y: Vec::new(),
            f: Vec::new(),
            record: Vec::new(),
            residual: Vec::new(),
            previous: Vec::new(),
            correction: Vec::new(),
            product: Vec::new(),
            rounded: Vec::new(),
            keep: Vec::new(),
        }
    }

    /// Sizes everything for a new block of stages with all samples; contents are arbitrary.
    pub fn resize(&mut self, layout: Layout, Rows { known, slopes, record }: Rows) {
        self.layout = layout;
        self.samples.clear();
        self.samples.extend(0..layout.samples);
        self.t.resize(known * layout.stride, T::zero());
        self.h.resize(layout.samples, T::zero());
        self.size.resize(layout.samples, T::zero());
        self.scale.resize(layout.samples, T::zero());
        self.largest.resize(layout.samples, T::zero());
        self.last.clear();
        self.last.resize(layout.samples, T::MAX);
        self.stalls.clear();
        self.stalls.resize(layout.samples, 0);
        self.errors.clear();
        self.errors.resize(layout.samples, T::zero());
        for matrix in [&mut self.base, &mut self.y, &mut self.residual, &mut self.previous, &mut self.correction] {
            matrix.resize(layout.len(), T::zero());
        }
        for matrix in [&mut self.f, &mut self.product] {
            matrix.resize(slopes * layout.stride, T::zero());
        }
        self.record.resize(record * layout.stride, T::zero());
    }

    /// Moves the samples `keep` (ascending) to the front of every matrix and forgets the others.
    fn compact(&mut self, keep: &[usize]) {
        let (old, new) = (self.layout, Layout::new::<T>(self.layout.rows, self.layout.stages, keep.len()));
        let pack = |matrix: &mut Vec<T>| {
            let rows = matrix.len() / old.stride;
            for row in 0..rows {
                for i in 0..old.stages {
                    for (to, &from) in keep.iter().enumerate() {
                        // Never overtakes what is still to be moved: every target is at or before its source.
                        matrix[row * new.stride + i * new.samples + to] =
                            matrix[row * old.stride + i * old.samples + from];
                    }
                }
            }
            matrix.truncate(rows * new.stride);
        };
        for matrix in [
            &mut self.t,
            &mut self.base,
            &mut self.y,
            &mut self.f,
            &mut self.record,
            &mut self.residual,
            &mut self.previous,
            &mut self.correction,
            &mut self.product,
        ] {
            pack(matrix);
        }
        for (to, &from) in keep.iter().enumerate() {
            self.samples[to] = self.samples[from];
            self.h[to] = self.h[from];
            self.size[to] = self.size[from];
            self.scale[to] = self.scale[from];
            self.last[to] = self.last[from];
            self.stalls[to] = self.stalls[from];
            self.errors[to] = self.errors[from];
        }
        self.samples.truncate(keep.len());
        self.layout = new;
    }
}

/// Dense Jacobians of the field at some stages of some samples: a row for each slope and component.
#[derive(Debug)]
pub(crate) struct Jacobians<T> {
    pub entries: Vec<T>,
    pub layout: Layout,
}

impl<T: Real> Jacobians<T> {
    pub fn new() -> Self {
        Jacobians { entries: Vec::new(), layout: Layout { rows: 0, stages: 0, samples: 0, stride: 0 } }
    }

    /// `∂F_p/∂y_r` at one of the stages, of one of the samples.
    #[inline]
    pub fn at(&self, p: usize, r: usize, stage: usize, sample: usize) -> T {
        let Layout { rows, samples, stride, .. } = self.layout;
        self.entries[(p * rows + r) * stride + stage * samples + sample]
    }
}

/// Where solved samples go: matrices of the block's full layout.
#[derive(Debug)]
pub(crate) struct Settled<'a, T> {
    pub layout: Layout,
    pub y: &'a mut [T],
    pub f: &'a mut [T],
    pub record: &'a mut [T],
}

/// The stage equations `r(Y) = Y - base - h A F(Y) = 0`.
pub(crate) struct StageSystem<'a, T: Real> {
    pub field: &'a dyn Field<T>,
    pub params: &'a [T],
    /// Coefficients among the stages of the block.
    pub coupling: &'a Coupling<T>,
    /// The tolerance of relative residuals.
    pub tolerance: T,
    pub buffers: &'a mut Buffers<T>,
    pub solution: Settled<'a, T>,
    pub scratch: &'a mut Scratch<T>,
    pub work: &'a mut Work,
}

impl<T: Real> StageSystem<'_, T> {
    /// `F`, its record and the residual at the current stages; `norms` becomes the relative residual of each sample.
    ///
    /// It is relative to the increments, `‖Y - base‖∞`, or the state if that is smaller, or to what makes a residual of
    /// rounding size the tolerance.
    pub fn evaluate(&mut self, norms: &mut Vec<T>) {
        let b = &mut *self.buffers;
        let layout = b.layout;
        let at = Point { params: self.params, t: &b.t, y: &b.y, batch: layout.batch() };
        self.work.evaluations += layout.batch().live;
        self.field.eval_batch(at, &mut b.f, &mut b.record, self.scratch);
        self.coupling.apply(layout, &b.h, &b.f, &mut b.residual);
        for sizes in [&mut *norms, &mut b.largest, &mut b.scale] {
            sizes.clear();
            sizes.resize(layout.samples, T::zero());
        }
        // All in one pass: small systems are solved in little more than the time of a few.
        for span in layout.spans() {
            let unknowns = b.residual[span.clone()].iter_mut().zip(&b.y[span.clone()]).zip(&b.base[span]);
            let sizes = norms.iter_mut().zip(&mut b.largest).zip(&mut b.scale);
            for (((r, &y), &base), ((norm, largest), scale)) in unknowns.zip(sizes) {
                let increment = y - base;
                *r = increment - *r;
                let size = r.abs();
                // What is not finite wins, and stays; where a stage is not, its residual is not.
                if size > *norm || !size.is_finite() {
                    *norm = size;
                }
                *largest = Number::max(*largest, y.abs());
                *scale = Number::max(*scale, increment.abs());
            }
        }
        for (q, norm) in norms.iter_mut().enumerate() {
            let b = &mut *self.buffers;
            let residual = *norm;
            let last = std::mem::replace(&mut b.last[q], residual);
            let guessed = last == T::MAX;
            let state = Number::max(b.largest[q], b.size[q]);
            let units = T::constant(if guessed { 0.0 } else { ROUNDING });
            let increment = Number::min(b.scale[q], state);
            // At the base of the stages the residual is all that is known of the increments.
            let rounding = Number::max(units * T::EPSILON * state, T::MIN_POSITIVE);
            // What a residual is relative to, if it is to pass; an infinite one would let any pass.
            let tolerance = self.tolerance;
            let passing = |residual: T| Number::min(residual / tolerance, T::MAX);
            let mut scale = Number::max(Number::max(increment, residual), passing(rounding));
            if residual > T::constant(STALLED) * last {
                b.stalls[q] += 1;
                // Errors cost more than a residual, and change little. A step that goes astray stalls once; slow methods,
                // always.
                let (stalls, near) = (b.stalls[q], residual <= T::constant(NEAR) * b.errors[q]);
                if residual > self.tolerance * scale && stalls > 1 && (near || stalls.is_power_of_two()) {
                    let rounding = T::constant(Rounded::<T>::MARGIN) * self.rounding(q);
                    if residual <= rounding && rounding.is_finite() {
                        scale = Number::max(scale, passing(rounding));
                    }
                    self.buffers.errors[q] = rounding;
                }
            }
            self.buffers.scale[q] = scale;
            *norm = if residual == T::zero() { residual } else { residual / scale };
        }
    }

    /// The size of rounding errors in sample `q`'s residual at the stages last evaluated: of those of the field, where its
    /// terms cancel and where the rounding of the stages is amplified, and of those of the sum.
    fn rounding(&mut self, q: usize) -> T {
        let b = &mut *self.buffers;
        let Layout { rows: d, stages: s, .. } = b.layout;
        let (h, count, rows) = (b.h[q].abs(), self.params.len(), self.coupling.slopes());
        self.work.evaluations += s;
        b.rounded.clear();
        b.rounded.extend(self.params.iter().map(|&p| Rounded::exact(p)));
        let known = 1 + self.field.signals();
        b.rounded.resize(count + known + d + s * rows, Rounded::exact(T::zero()));
        let (params, rest) = b.rounded.split_at_mut(count);
        let (t, rest) = rest.split_at_mut(known);
        let (y, slopes) = rest.split_at_mut(d);
        for (j, dy) in slopes.chunks_exact_mut(rows).enumerate() {
            let at = |p: usize| b.layout.span(p, j).start + q;
            y.iter_mut().enumerate().for_each(|(p, y)| *y = Rounded::nearest(b.y[at(p)]));
            let rows = b.t.chunks_exact(b.layout.stride);
            t.iter_mut().zip(rows).for_each(|(t, row)| *t = Rounded::exact(row[j * b.layout.samples + q]));
            self.field.eval_rounded(params, t, y, dy);
        }
        let mut largest = T::zero();
        for (k, i) in (0..d).flat_map(|p| (0..s).map(move |i| (p, i))) {
            let at = b.layout.span(k, i).start + q;
            let mut errors = T::EPSILON * (b.y[at].abs() + b.base[at].abs());
            for term in self.coupling.terms.iter().filter(|term| term.rows.contains(&k)) {
                for j in 0..s {
                    let slope = slopes[j * rows + term.from + k - term.rows.start];
                    let a = term.a[i * s + j].abs();
                    if a != T::zero() {
                        errors += h * a * (slope.error + T::EPSILON * slope.value.abs());
                    }
                }
            }
            // What is not a number stays.
            largest = if errors > largest || !errors.is_finite() { errors } else { largest };
        }
        largest
    }

    /// `out = M v`, `M = ∂r/∂Y = I - h (A ⊗ I) diag(J_j)`, at the stages last evaluated.
    pub fn apply(&mut self, v: &[T], out: &mut [T]) {
        let b = &mut *self.buffers;
        let at = Point { params: self.params, t: &b.t, y: &b.y, batch: b.layout.batch() };
        self.work.products += b.layout.batch().live;
        self.field.jvp(at, &b.record, v, None, &mut b.product, self.scratch);
        self.coupling.apply(b.layout, &b.h, &b.product, out);
        b.layout.subtract_from(v, out);
    }

    /// `out = Mᵀ w` at the stages last evaluated.
    pub fn apply_transposed(&mut self, w: &[T], out: &mut [T]) {
        let b = &mut *self.buffers;
        let layout = b.layout;
        self.coupling.apply_transposed(layout, &b.h, w, &mut b.product);
        let at = Point { params: self.params, t: &b.t, y: &b.y, batch: layout.batch() };
        self.work.products += layout.batch().live;
        self.field.vjp(at, &b.record, &b.product, out, None, self.scratch);
        layout.subtract_from(w, out);
    }

    /// Dense Jacobians of the field at the stages last evaluated: those of `stages` of `samples` (ascending).
    pub fn jacobians(&mut self, stages: Range<usize>, samples: &[usize], out: &mut Jacobians<T>) {
        let b = &*self.buffers;
        let from = b.layout;
        let all = (stages.len(), samples.len()) == (from.stages, from.samples);
        out.layout = if all { from } else { Layout::new::<T>(from.rows, stages.len(), samples.len()) };
        out.entries.resize(self.coupling.slopes() * out.layout.len(), T::zero());
        let (to, batch) = (out.layout, out.layout.batch());
        self.work.jacobians += batch.live;
        if all {
            let at = Point { params: self.params, t: &b.t, y: &b.y, batch };
            self.field.jacobian(at, &b.record, &mut out.entries, self.scratch);
            return;
        }
        let gather = |matrix: &[T], scratch: &mut Scratch<T>| {
            let mut columns = scratch.take(matrix.len() / from.stride * to.stride);
            for (source, target) in matrix.chunks_exact(from.stride).zip(columns.chunks_exact_mut(to.stride)) {
                target[batch.live..].fill(T::zero());
                for (stage, target) in stages.clone().zip(target.chunks_exact_mut(to.samples)) {
                    let source = &source[stage * from.samples..][..from.samples];
                    target.iter_mut().zip(samples).for_each(|(target, &q)| *target = source[q]);
                }
            }
            columns
        };
        let [t, y, record] = [&b.t, &b.y, &b.record].map(|matrix| gather(matrix, self.scratch));
        let at = Point { params: self.params, t: &t, y: &y, batch };
        self.field.jacobian(at, &record, &mut out.entries, self.scratch);
        [record, y, t].into_iter().for_each(|columns| self.scratch.give(columns));
    }

    /// `matrix = M` of sample `q`, row-major, unknowns by stage, then component; its Jacobians are those in `column`.
    pub fn newton_matrix(&self, jacobians: &Jacobians<T>, column: usize, q: usize, matrix: &mut [T]) {
        let Layout { rows: d, stages: s, .. } = self.buffers.layout;
        let (n, h) = (s * d, self.buffers.h[q]);
        matrix.fill(T::zero());
        for term in &self.coupling.terms {
            for (i, j) in (0..s).flat_map(|i| (0..s).map(move |j| (i, j))) {
                let ha = h * term.a[i * s + j];
                for (w, p) in (term.from..).zip(term.rows.clone()) {
                    let row = &mut matrix[(i * d + p) * n + j * d..][..d];
                    row.iter_mut().enumerate().for_each(|(r, entry)| *entry -= ha * jacobians.at(w, r, j, column));
                }
            }
        }
        (0..n).for_each(|k| matrix[k * n + k] += T::one());
    }

    /// Copies the current stages, slopes and records of samples `solved` to the solution.
    pub fn settle(&mut self, solved: &[usize]) {
        let b = &*self.buffers;
        let (from, to) = (b.layout, self.solution.layout);
        let all = solved.len() == to.samples && from == to;
        let copy = |source: &[T], target: &mut [T]| {
            if all {
                target.copy_from_slice(source);
                return;
            }
            // By rows: each is read and written once.
            for (source, target) in source.chunks_exact(from.stride).zip(target.chunks_exact_mut(to.stride)) {
                for i in 0..from.stages {
                    for &q in solved {
                        target[i * to.samples + b.samples[q]] = source[i * from.samples + q];
                    }
                }
            }
        };
        copy(&b.y, self.solution.y);
        copy(&b.f, self.solution.f);
        copy(&b.record, self.solution.record);
    }

    /// Drops the samples that `keep` (by sample of the chunk) says no to, if the matrices become narrower for it.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let b = &mut *self.buffers;
        let count = b.samples.iter().filter(|&&sample| keep(sample)).count();
        if Layout::new::<T>(b.layout.rows, b.layout.stages, count).stride < b.layout.stride {
            let mut kept = std::mem::take(&mut b.keep);
            kept.clear();
            kept.extend((0..b.samples.len()).filter(|&q| keep(b.samples[q])));
            b.compact(&kept);
            b.keep = kept;
        }
    }

    /// Visits the unknowns of sample `q` in the order of [`newton_matrix`](Self::newton_matrix): `visit(k, index)`.
    pub fn unknowns(layout: Layout, q: usize) -> impl Iterator<Item = usize> {
        // A nested iterator would be slower than what small systems are solved in.
        let (mut component, mut next) = (0, q);
        (0..layout.equations()).map(move |_| {
            let k = next;
            component += 1;
            next += layout.stride;
            if component == layout.rows {
                (component, next) = (0, next - layout.rows * layout.stride + layout.samples);
            }
            k
        })
    }
}
