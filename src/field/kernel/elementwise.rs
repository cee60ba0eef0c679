//! Activations, their slopes, transposes and sums over the rows of unit-major matrices.

use super::Kernels;
use super::coefficients::SIN_BOUND;
use super::pack::Pack;
use crate::field::Activation;
use crate::number::Vectorised;
use pulp::{Simd, WithSimd};

/// The columns of a unit-major matrix that a kernel works on.
#[derive(Clone, Copy)]
pub struct Columns {
    /// Length of a row.
    pub stride: usize,
    /// How many columns to compute: the live ones and what fills their last vector.
    pub used: usize,
}

impl Columns {
    /// Of a batch of `live` samples with rows of `stride` numbers.
    #[inline(always)]
    pub fn new<S: Simd, T: Kernels>(live: usize, stride: usize) -> Self {
        Columns { stride, used: live.next_multiple_of(T::lanes::<S>()).min(stride) }
    }

    /// Length of the contiguous pieces to work on, and how much of each to use. A matrix used in full is one piece.
    #[inline(always)]
    fn pieces(self, len: usize) -> (usize, usize) {
        if self.used == self.stride { (len.max(1), len) } else { (self.stride, self.used) }
    }
}

/// Replaces `z` by `σ(z)`, and stores `σ'(z)` for the activations that [record it](Activation::records_slope).
pub struct Activate<'a, T> {
    pub activation: Activation,
    pub z: &'a mut [T],
    pub slope: &'a mut [T],
    pub columns: Columns,
}

impl<T: Kernels> WithSimd for Activate<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (piece, used) = self.columns.pieces(self.z.len());
        let lanes = T::lanes::<S>();
        // Macros, since closures would be compiled without the instructions chosen.
        macro_rules! map {
            (|$z:ident| $value:expr) => {
                for row in self.z.chunks_mut(piece) {
                    for z in row[..used].chunks_mut(lanes) {
                        let $z = Pack::load(simd, z);
                        $value.store(z);
                    }
                }
            };
        }
        macro_rules! map_with_slope {
            (|$z:ident, $entries:ident| $pair:expr) => {
                for (row, slopes) in self.z.chunks_mut(piece).zip(self.slope.chunks_mut(piece)) {
                    for ($entries, slope) in row[..used].chunks_mut(lanes).zip(slopes[..used].chunks_mut(lanes)) {
                        let $z = Pack::load(simd, $entries);
                        let [value, derivative] = $pair;
                        value.store($entries);
                        derivative.store(slope);
                    }
                }
            };
        }
        match self.activation {
            Activation::Tanh => map!(|z| z.tanh()),
            Activation::Relu => map!(|z| z.relu()),
            Activation::Sigmoid => map!(|z| z.sigmoid()),
            Activation::Elu => map!(|z| z.elu()),
            Activation::Softplus => map_with_slope!(|z, _entries| z.softplus()),
            Activation::Gelu => map_with_slope!(|z, _entries| z.gelu()),
            Activation::Sin => map_with_slope!(|z, entries| {
                let pair = z.sin_cos();
                let bound = T::constant(SIN_BOUND[T::PRECISION]);
                if entries.iter().all(|x| -bound <= *x && *x <= bound) {
                    pair
                } else {
                    // Lane by lane, so that no sample depends on its neighbours, or on padding, even by rounding.
                    let mut corrected = pair;
                    for (function, result) in [T::sin, T::cos].into_iter().zip(&mut corrected) {
                        let mut lane = [T::zero(); MAX_LANES];
                        result.store(&mut lane[..lanes]);
                        for (lane, x) in
                            lane.iter_mut().zip(&*entries).filter(|(_, x)| !(-bound <= **x && **x <= bound))
                        {
                            *lane = function(*x);
                        }
                        *result = Pack::load(simd, &lane[..lanes]);
                    }
                    corrected
                }
            }),
            Activation::Identity => {}
        }
    }
}

/// Lanes of the largest vector there is.
pub(super) const MAX_LANES: usize = 16;

/// `delta = delta ⊙ σ'`, with `record` as [`Activate`] left it: `σ'` where that is recorded, `σ` elsewhere.
pub struct ScaleBySlope<'a, T> {
    pub activation: Activation,
    pub record: &'a [T],
    pub delta: &'a mut [T],
    pub columns: Columns,
}

impl<T: Kernels> WithSimd for ScaleBySlope<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let zero = Pack::splat(simd, T::zero());
        let one = Pack::splat(simd, T::one());
        let (piece, used) = self.columns.pieces(self.delta.len());
        macro_rules! map {
            (|$delta:ident, $z:ident| $value:expr) => {
                for (row, record) in self.delta.chunks_mut(piece).zip(self.record.chunks(piece)) {
                    let record = record[..used].chunks(T::lanes::<S>());
                    for (delta, z) in row[..used].chunks_mut(T::lanes::<S>()).zip(record) {
                        let ($delta, $z) = (Pack::load(simd, delta), Pack::load(simd, z));
                        $value.store(delta);
                    }
                }
            };
        }
        match self.activation {
            Activation::Tanh => map!(|d, z| d * (zero - z).mul_add(z, one)),
            Activation::Sigmoid => map!(|d, z| d * (zero - z).mul_add(z, z)),
            Activation::Relu => map!(|d, z| z.where_greater(zero, d, zero)),
            Activation::Elu => map!(|d, z| d * z.where_greater(zero, one, z + one)),
            Activation::Softplus | Activation::Sin | Activation::Gelu => map!(|d, slope| d * slope),
            Activation::Identity => {}
        }
    }
}

/// `out = σ''`, with `record` as [`ScaleBySlope`] reads it, but the argument of GELU and the value of the sine.
pub struct Curvature<'a, T> {
    pub activation: Activation,
    pub record: &'a [T],
    pub out: &'a mut [T],
    pub columns: Columns,
}

impl<T: Kernels> WithSimd for Curvature<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let zero = Pack::splat(simd, T::zero());
        let one = Pack::splat(simd, T::one());
        let (piece, used) = self.columns.pieces(self.out.len());
        macro_rules! map {
            (|$z:ident| $value:expr) => {
                for (row, record) in self.out.chunks_mut(piece).zip(self.record.chunks(piece)) {
                    let record = record[..used].chunks(T::lanes::<S>());
                    for (out, z) in row[..used].chunks_mut(T::lanes::<S>()).zip(record) {
                        let $z = Pack::load(simd, z);
                        $value.store(out);
                    }
                }
            };
        }
        match self.activation {
            Activation::Tanh => map!(|z| (z + z) * z.mul_add(z, zero - one)),
            Activation::Sigmoid => map!(|z| z * (one - z) * (one - (z + z))),
            Activation::Elu => map!(|z| z.where_greater(zero, zero, z + one)),
            Activation::Softplus => map!(|slope| slope * (one - slope)),
            Activation::Sin => map!(|z| zero - z),
            Activation::Gelu => map!(|x| x.gelu_curvature()),
            Activation::Relu | Activation::Identity => map!(|_z| zero),
        }
    }
}

/// `sum += a ⊙ b`
pub struct AddProduct<'a, T> {
    pub a: &'a [T],
    pub b: &'a [T],
    pub sum: &'a mut [T],
    pub columns: Columns,
}

impl<T: Kernels> WithSimd for AddProduct<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (piece, used) = self.columns.pieces(self.sum.len());
        let lanes = T::lanes::<S>();
        for ((sum, a), b) in self.sum.chunks_mut(piece).zip(self.a.chunks(piece)).zip(self.b.chunks(piece)) {
            for ((sum, a), b) in sum[..used].chunks_mut(lanes).zip(a[..used].chunks(lanes)).zip(b[..used].chunks(lanes))
            {
                Pack::load(simd, a).mul_add(Pack::load(simd, b), Pack::load(simd, sum)).store(sum);
            }
        }
    }
}

/// `to[s, i] = from[i, s]` for the first `live` columns `s`; rows of `to` are `to_stride` long, a multiple of
/// [`MAX_LANES`], and filled up with zeros.
#[inline(always)]
pub fn transpose<T: Kernels>(from: &[T], stride: usize, live: usize, to: &mut [T], to_stride: usize) {
    for row in to.chunks_exact_mut(to_stride).take(live) {
        row[to_stride - MAX_LANES..].copy_from_slice(&[T::zero(); MAX_LANES]);
    }
    let (rows, mut row) = (from.len() / stride, 0);
    while rows - row >= 8 {
        interleave::<T, 8>(&from[row * stride..], stride, live, &mut to[row..], to_stride);
        row += 8;
    }
    if rows - row >= 4 {
        interleave::<T, 4>(&from[row * stride..], stride, live, &mut to[row..], to_stride);
        row += 4;
    }
    while rows > row {
        interleave::<T, 1>(&from[row * stride..], stride, live, &mut to[row..], to_stride);
        row += 1;
    }
}

/// `to[s, i] = from[i, s]` for `R` rows `i`, whose numbers are written together: as many as there are registers for.
#[inline(always)]
fn interleave<T: Kernels, const R: usize>(from: &[T], stride: usize, live: usize, to: &mut [T], to_stride: usize) {
    let mut rows: [&[T]; R] = [&[]; R];
    for (row, from) in rows.iter_mut().zip(from.chunks(stride)) {
        *row = &from[..live];
    }
    for s in 0..live {
        let mut column = [T::zero(); R];
        for (x, row) in column.iter_mut().zip(&rows) {
            *x = row[s];
        }
        to[s * to_stride..][..R].copy_from_slice(&column);
    }
}

/// `sums[i] += Σ_s delta[i, s]` over the first `live` columns `s`.
#[inline(always)]
pub fn add_row_sums<S: Simd, T: Kernels>(simd: S, delta: &[T], stride: usize, live: usize, sums: &mut [T]) {
    for (sum, row) in sums.iter_mut().zip(delta.chunks(stride)) {
        let (whole, part) = T::vectors::<S>(&row[..live]);
        if let [first, rest @ ..] = whole {
            let mut total = *first;
            for x in rest {
                total = <T as Vectorised>::add(simd, total, *x);
            }
            *sum += <T as Vectorised>::sum(simd, total);
        }
        for &x in part {
            *sum += x;
        }
    }
}

/// `product[u, j, s] = factor[u, s] · weights[u, j]` if there are `weights`, else `product[u, j, s] *= factor[u, s]`;
/// `tangents` is the number of values of `j`.
pub struct Broadcast<'a, T> {
    pub factor: &'a [T],
    pub weights: Option<&'a [T]>,
    pub product: &'a mut [T],
    pub tangents: usize,
    pub columns: Columns,
}

impl<T: Kernels> WithSimd for Broadcast<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = T::lanes::<S>();
        let Columns { stride, used } = self.columns;
        let units = self.factor.chunks_exact(stride).zip(self.product.chunks_exact_mut(stride * self.tangents));
        for (u, (factor, product)) in units.enumerate() {
            for (j, row) in product.chunks_exact_mut(stride).enumerate() {
                let weight = self.weights.map(|w| Pack::splat(simd, w[u * self.tangents + j]));
                for (f, x) in factor[..used].chunks(lanes).zip(row[..used].chunks_mut(lanes)) {
                    let f = Pack::load(simd, f);
                    match weight {
                        Some(weight) => (f * weight).store(x),
                        None => (f * Pack::load(simd, x)).store(x),
                    }
                }
            }
        }
    }
}
