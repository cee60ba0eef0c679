//! Fields evaluated by their terms.

use super::{JvpBars, Point, Scratch, Term};
use crate::Real;
use crate::number::Rounded;
use std::ops::Range;

/// The rows of the state that a part of a field reads, and those that it adds to.
pub(super) struct Span {
    pub reads: Range<usize>,
    pub writes: Range<usize>,
}

/// A term, and which rows of what is put together from several it adds to.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a, T: Real> {
    pub term: Term<'a, T>,
    pub rows: Range<usize>,
    /// Where its times, and the signals after them, begin, in rows.
    pub clock: usize,
}

/// Terms that are evaluated at the same points, in one field of `dim` rows of inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'s, 'a, T: Real> {
    pub placed: &'s [Placed<'a, T>],
    pub inputs: usize,
}

/// Rows of a matrix.
fn rows(range: &Range<usize>, stride: usize) -> Range<usize> {
    range.start * stride..range.end * stride
}

fn overlap(x: &Range<usize>, y: &Range<usize>) -> bool {
    x.start < y.end && y.start < x.end
}

/// Calls `fill` with some rows of a matrix, or adds to them what it fills a buffer with.
fn put<T: Real>(adds: bool, out: &mut [T], scratch: &mut Scratch<T>, fill: impl FnOnce(&mut [T], &mut Scratch<T>)) {
    if !adds {
        return fill(out, scratch);
    }
    let mut part = scratch.take(out.len());
    fill(&mut part, scratch);
    out.iter_mut().zip(&part).for_each(|(out, &x)| *out += x);
    scratch.give(part);
}

impl<'s, 'a, T: Real> Terms<'s, 'a, T> {
    pub fn record_rows(&self) -> usize {
        self.placed.iter().map(|placed| placed.term.record_rows()).sum()
    }

    /// Every term, with its rows of the record, and whether one before it has rows of the output, or of the state, in common.
    fn each(self) -> impl Iterator<Item = (&'s Placed<'a, T>, Range<usize>, bool, bool)> {
        let mut from = 0;
        self.placed.iter().enumerate().map(move |(m, placed)| {
            let record = from..from + placed.term.record_rows();
            from = record.end;
            let before = &self.placed[..m];
            let writes = before.iter().any(|other| overlap(&other.rows, &placed.rows));
            let reads = before.iter().any(|other| overlap(&other.term.reads, &placed.term.reads));
            (placed, record, writes, reads)
        })
    }

    fn point<'b>(placed: &Placed<'_, T>, at: Point<'b, T>) -> Point<'b, T> {
        let stride = at.batch.stride;
        Point { t: &at.t[placed.clock * stride..], y: &at.y[rows(&placed.term.reads, stride)], ..at }
    }

    pub fn eval(self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let stride = at.batch.stride;
        for (placed, kept, adds, _) in self.each() {
            let record = &mut record[rows(&kept, stride)];
            put(adds, &mut dy[rows(&placed.rows, stride)], scratch, |dy, scratch| {
                placed.term.eval(Self::point(placed, at), dy, record, scratch);
            });
        }
    }

    pub fn eval_rounded(self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        let mut part = Vec::new();
        for (placed, _, adds, _) in self.each() {
            let y = &y[placed.term.reads.clone()];
            let dy = &mut dy[placed.rows.clone()];
            if !adds {
                placed.term.eval_rounded(params, t, y, dy);
                continue;
            }
            part.clear();
            part.resize(dy.len(), Rounded::exact(T::zero()));
            placed.term.eval_rounded(params, t, y, &mut part);
            dy.iter_mut().zip(&part).for_each(|(dy, &part)| *dy += part);
        }
    }

    pub fn jvp(
        self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: Option<&[T]>,
        out: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let stride = at.batch.stride;
        for (placed, kept, adds, _) in self.each() {
            let v = &v[rows(&placed.term.reads, stride)];
            put(adds, &mut out[rows(&placed.rows, stride)], scratch, |out, scratch| {
                placed.term.jvp(Self::point(placed, at), &record[rows(&kept, stride)], v, w, out, scratch);
            });
        }
    }

    pub fn vjp(
        self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        mut params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let stride = at.batch.stride;
        y_bar.fill(T::zero());
        for (placed, kept, _, adds) in self.each() {
            let (w, params_bar) = (&w[rows(&placed.rows, stride)], params_bar.as_deref_mut());
            put(adds, &mut y_bar[rows(&placed.term.reads, stride)], scratch, |bar, scratch| {
                placed.term.vjp(Self::point(placed, at), &record[rows(&kept, stride)], w, bar, params_bar, scratch);
            });
        }
    }

    pub fn jvp_pullback(
        self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        mut bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let stride = at.batch.stride;
        bars.y.fill(T::zero());
        if let Some(bar) = &mut bars.v {
            bar.fill(T::zero());
        }
        for (placed, kept, ..) in self.each() {
            let (reads, record) = (rows(&placed.term.reads, stride), &record[rows(&kept, stride)]);
            let (mut y_bar, mut v_bar) = (scratch.take(reads.len()), scratch.take(reads.len()));
            let params = bars.params.as_deref_mut();
            let own = JvpBars { y: &mut y_bar, v: bars.v.is_some().then_some(&mut v_bar[..]), params };
            let (v, w) = (&v[reads.clone()], &w[rows(&placed.rows, stride)]);
            placed.term.jvp_pullback(Self::point(placed, at), record, v, w, own, scratch);
            bars.y[reads.clone()].iter_mut().zip(&y_bar).for_each(|(sum, &x)| *sum += x);
            if let Some(bar) = &mut bars.v {
                bar[reads].iter_mut().zip(&v_bar).for_each(|(sum, &x)| *sum += x);
            }
            scratch.give(v_bar);
            scratch.give(y_bar);
        }
    }

    pub fn jacobian(self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let stride = at.batch.stride;
        out.fill(T::zero());
        for (placed, kept, ..) in self.each() {
            let (reads, writes) = (placed.term.reads.clone(), placed.rows.clone());
            let mut block = scratch.take(writes.len() * reads.len() * stride);
            placed.term.jacobian(Self::point(placed, at), &record[rows(&kept, stride)], &mut block, scratch);
            for (row, i) in block.chunks_exact(reads.len() * stride).zip(writes) {
                let out = &mut out[(i * self.inputs + reads.start) * stride..][..row.len()];
                out.iter_mut().zip(row).for_each(|(out, &x)| *out += x);
            }
            scratch.give(block);
        }
    }
}

/// The reparameterisations of two fields whose parameters follow one another, as one.
macro_rules! reparameterised_by_both {
    ($pair:ident) => {
        impl<F: Field<T>, G: Field<T>, T: Real> Reparameterisation<T> for $pair<F, G> {
            fn memory_len(&self) -> usize {
                terms::memory::<T>(&self.first) + terms::memory::<T>(&self.second)
            }

            fn apply(&self, params: &mut [T], memory: &mut [T], purpose: Purpose) {
                let count = self.first.param_count();
                let (first, second) = memory.split_at_mut(terms::memory::<T>(&self.first));
                if let Some(map) = self.first.reparameterisation() {
                    map.apply(&mut params[..count], first, purpose);
                }
                if let Some(map) = self.second.reparameterisation() {
                    map.apply(&mut params[count..], second, purpose);
                }
            }

            fn pull_back(&self, learned: &[T], memory: &[T], bar: &mut [T]) {
                let count = self.first.param_count();
                let (first, second) = memory.split_at(terms::memory::<T>(&self.first));
                if let Some(map) = self.first.reparameterisation() {
                    map.pull_back(&learned[..count], first, &mut bar[..count]);
                }
                if let Some(map) = self.second.reparameterisation() {
                    map.pull_back(&learned[count..], second, &mut bar[count..]);
                }
            }

            fn push_forward(&self, learned: &[T], memory: &[T], dot: &mut [T]) {
                let count = self.first.param_count();
                let (first, second) = memory.split_at(terms::memory::<T>(&self.first));
                if let Some(map) = self.first.reparameterisation() {
                    map.push_forward(&learned[..count], first, &mut dot[..count]);
                }
                if let Some(map) = self.second.reparameterisation() {
                    map.push_forward(&learned[count..], second, &mut dot[count..]);
                }
            }
        }
    };
}
pub(super) use reparameterised_by_both;

/// Numbers that a field's reparameterisation remembers.
pub(super) fn memory<T: Real>(field: &dyn super::Field<T>) -> usize {
    field.reparameterisation().map_or(0, |map| map.memory_len())
}

/// The [`Field`](super::Field) of two fields, `first` and `second`, whose terms are `self.placed()`.
macro_rules! evaluated_by_terms {
    ($pair:ident) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Pair<F, G> {
            first: F,
            second: G,
        }

        impl<F: Dimensions, G: Dimensions> TryFrom<Pair<F, G>> for $pair<F, G> {
            type Error = Error;

            fn try_from(pair: Pair<F, G>) -> Result<Self, Error> {
                $pair::new(pair.first, pair.second)
            }
        }

        impl<F, G> $pair<F, G> {
            /// The first field.
            pub fn first(&self) -> &F {
                &self.first
            }

            /// The second field.
            pub fn second(&self) -> &G {
                &self.second
            }

            /// The two fields.
            pub fn into_parts(self) -> (F, G) {
                (self.first, self.second)
            }
        }

        impl<F: Dimensions, G: Dimensions> Dimensions for $pair<F, G> {
            fn dim(&self) -> usize {
                self.rows()
            }

            fn inputs(&self) -> usize {
                self.rows()
            }

            fn param_count(&self) -> usize {
                self.first.param_count() + self.second.param_count()
            }

            fn parameters(&self) -> Vec<Parameter> {
                let of =
                    |arrays: Vec<Parameter>, name: &str| arrays.into_iter().map(|array| array.within(name)).collect();
                let parts: [Vec<Parameter>; 2] =
                    [of(self.first.parameters(), "first"), of(self.second.parameters(), "second")];
                parts.concat()
            }

            fn record_rows(&self) -> usize {
                self.first.record_rows() + self.second.record_rows()
            }

            fn signals(&self) -> usize {
                self.first.signals().max(self.second.signals())
            }

            fn depends_on_time(&self) -> bool {
                self.first.depends_on_time() || self.second.depends_on_time()
            }

            fn has_known_rates(&self) -> bool {
                self.first.has_known_rates() || self.second.has_known_rates()
            }

            fn in_time_units(self, unit: f64) -> Self {
                $pair { first: self.first.in_time_units(unit), second: self.second.in_time_units(unit) }
            }

            fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
                Error::check_len("units", "entries", reads.units.len(), self.rows())?;
                let [first, second] = self.spans();
                Ok($pair {
                    first: self.first.in_state_units(reads.part(first.reads), gives.part(first.writes))?,
                    second: self.second.in_state_units(reads.part(second.reads), gives.part(second.writes))?,
                })
            }
        }

        impl<F: Field<T>, G: Field<T>, T: Real> Field<T> for $pair<F, G> {
            fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
                let first = self.first.init(rng);
                [first, self.second.init(rng)].concat()
            }

            fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
                let (first, second) = (self.first.reparameterisation(), self.second.reparameterisation());
                first.or(second).map(|_| self as &dyn Reparameterisation<T>)
            }

            fn terms(&self) -> Vec<Term<'_, T>> {
                self.both().into()
            }

            fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
                terms::sum(self.both(), |terms| terms.eval(at, dy, record, scratch));
            }

            fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
                terms::sum(self.both(), |terms| terms.eval_rounded(params, t, y, dy));
            }

            fn jvp(
                &self,
                at: Point<'_, T>,
                record: &[T],
                v: &[T],
                w: Option<&[T]>,
                out: &mut [T],
                scratch: &mut Scratch<T>,
            ) {
                terms::sum(self.both(), |terms| terms.jvp(at, record, v, w, out, scratch));
            }

            fn vjp(
                &self,
                at: Point<'_, T>,
                record: &[T],
                w: &[T],
                y_bar: &mut [T],
                params_bar: Option<&mut [T]>,
                scratch: &mut Scratch<T>,
            ) {
                terms::sum(self.both(), |terms| terms.vjp(at, record, w, y_bar, params_bar, scratch));
            }

            fn jvp_pullback(
                &self,
                at: Point<'_, T>,
                record: &[T],
                v: &[T],
                w: &[T],
                bars: JvpBars<'_, T>,
                scratch: &mut Scratch<T>,
            ) {
                terms::sum(self.both(), |terms| terms.jvp_pullback(at, record, v, w, bars, scratch));
            }

            fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
                terms::sum(self.both(), |terms| terms.jacobian(at, record, out, scratch));
            }
        }
    };
}
pub(super) use evaluated_by_terms;

/// Two terms, to be summed.
pub(super) fn sum<'a, T: Real, R>(terms: [Term<'a, T>; 2], of: impl FnOnce(Terms<'_, 'a, T>) -> R) -> R {
    let inputs = terms.iter().map(|term| term.reads.end.max(term.writes.end)).max().unwrap_or(0);
    let placed = terms.map(|term| Placed { rows: term.writes.clone(), term, clock: 0 });
    of(Terms { placed: &placed, inputs })
}
