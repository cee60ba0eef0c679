//! What the zeros of `A` say about a scheme.

use std::fmt;
use std::ops::Range;

use super::{Tableau, sums_to};

/// Coefficients that differ by no more, relative to those of order one, are the same but for rounding.
const ROUNDING: f64 = 1e-13;

/// The shape of `A`, from the cheapest scheme to the costliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Structure {
    /// Strictly lower triangular: every stage is a formula.
    Explicit,
    /// Lower triangular, every diagonal entry the same nonzero number.
    SinglyDiagonallyImplicit,
    /// Lower triangular, with a diagonal that is neither zero nor constant.
    DiagonallyImplicit,
    /// An entry above the diagonal: some stages are solved together.
    FullyImplicit,
}

impl fmt::Display for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Structure::Explicit => "explicit",
            Structure::SinglyDiagonallyImplicit => "singly diagonally implicit",
            Structure::DiagonallyImplicit => "diagonally implicit",
            Structure::FullyImplicit => "fully implicit",
        })
    }
}

impl Tableau {
    /// The shape of `A`.
    pub fn structure(&self) -> Structure {
        let s = self.stages();
        if (0..s).any(|i| self.row(i)[i + 1..].iter().any(|&a| a != 0.0)) {
            return Structure::FullyImplicit;
        }
        let first = self.a(0, 0);
        match (0..s).all(|i| self.a(i, i) == first) {
            true if first == 0.0 => Structure::Explicit,
            true => Structure::SinglyDiagonallyImplicit,
            false => Structure::DiagonallyImplicit,
        }
    }

    /// Whether `a_ij = 0` for all `j ≥ i`: every stage is a formula, nothing is solved.
    pub fn is_explicit(&self) -> bool {
        self.structure() == Structure::Explicit
    }

    /// Whether `a_ij = 0` for all `j > i` and `a_ii ≠ 0` for at least one `i`: each implicit stage is solved by itself.
    /// The diagonal may have zeros (a trapezoidal rule's first stage) and may be constant.
    pub fn is_diagonally_implicit(&self) -> bool {
        matches!(self.structure(), Structure::DiagonallyImplicit | Structure::SinglyDiagonallyImplicit)
    }

    /// Whether `a_ij = 0` for all `j > i` and all `a_ii` are the same nonzero number, to the last bit: one matrix
    /// `I − h γ J` serves all stages. A scheme with an explicit first stage is not counted here.
    pub fn is_singly_diagonally_implicit(&self) -> bool {
        self.structure() == Structure::SinglyDiagonallyImplicit
    }

    /// Whether `a_ij ≠ 0` for some `j > i`: some stages are solved together; [`blocks`](Tableau::blocks) tells which.
    pub fn is_fully_implicit(&self) -> bool {
        self.structure() == Structure::FullyImplicit
    }

    /// Whether `a_{s-1,j} = b_j` for all `j` and `c_{s-1} = 1`, up to rounding: the last stage value is the new state.
    pub fn is_stiffly_accurate(&self) -> bool {
        let last = self.stages() - 1;
        let same = |a: f64, b: f64| (a - b).abs() <= ROUNDING * b.abs().max(1.0);
        self.row(last).iter().zip(self.b()).all(|(&a, &b)| same(a, b)) && sums_to(&[self.c[last]], 1.0)
    }

    /// Whether the last stage of a step is the first stage of the next, so that its `k` is computed once: the last row
    /// of `A` is `b`, `c_{s-1} = 1`, the first row of `A` is zero, `c_0 = 0`, and there are at least two stages.
    pub fn is_first_same_as_last(&self) -> bool {
        self.stages() > 1 && self.is_stiffly_accurate() && self.c[0] == 0.0 && self.row(0).iter().all(|&a| a == 0.0)
    }

    /// Whether some `c_i` is not the sum of row `i` of `A`, beyond rounding.
    pub fn has_free_nodes(&self) -> bool {
        self.first_free_node().is_some()
    }

    pub(super) fn first_free_node(&self) -> Option<usize> {
        (0..self.stages()).find(|&i| !sums_to(self.row(i), self.c[i]))
    }

    /// The finest partition of the stages `0..s` into consecutive ranges such that `A` is block lower triangular:
    /// `a_ij = 0` whenever stage `j` lies in a later range than stage `i`.
    ///
    /// It decides how a step is solved, since the ranges can be done one after the other, each from the `k_j` of those
    /// before it:
    ///
    /// - a range of one stage with `a_ii = 0` is explicit: `k_i` is evaluated;
    /// - a range of one stage with `a_ii ≠ 0` is one system of the dimension `d` of the state;
    /// - a range of `m > 1` stages is one coupled system of dimension `m d`.
    ///
    /// So an explicit or diagonally implicit scheme has `s` ranges, and Gauss and Radau schemes have one. Stages are never
    /// reordered: a scheme that is triangular only after a permutation of its stages has longer ranges than it might.
    ///
    /// ```
    /// use kutta::Tableau;
    /// assert_eq!(Tableau::trapezoidal().blocks(), [0..1, 1..2]);
    /// assert_eq!(Tableau::gauss(3)?.blocks().len(), 1);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    pub fn blocks(&self) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        // `reach`: the last stage that any stage since `start` depends on.
        let (mut start, mut reach) = (0, 0);
        for i in 0..self.stages() {
            let last = self.row(i).iter().rposition(|&a| a != 0.0).unwrap_or(0);
            reach = reach.max(last).max(i);
            if reach == i {
                blocks.push(start..i + 1);
                start = i + 1;
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tableau of the given `A`, with nodes and weights that make it valid.
    fn of<const S: usize>(a: [[f64; S]; S]) -> Tableau {
        let c = a.map(|row| row.iter().sum::<f64>());
        Tableau::new(a, [1.0 / S as f64; S], c).unwrap()
    }

    #[test]
    fn structures_of_the_catalogue() {
        use Structure::*;
        for (scheme, expected) in [
            (Tableau::forward_euler(), Explicit),
            (Tableau::rk4(), Explicit),
            (Tableau::dormand_prince_5_4(), Explicit),
            (Tableau::backward_euler(), SinglyDiagonallyImplicit),
            (Tableau::sdirk2(), SinglyDiagonallyImplicit),
            (Tableau::trapezoidal(), DiagonallyImplicit),
            (Tableau::gauss(2).unwrap(), FullyImplicit),
            (Tableau::one_leg_theta(0.0).unwrap(), Explicit),
            (Tableau::two_leg_theta(0.0).unwrap(), Explicit),
            (Tableau::two_leg_theta(1.0).unwrap(), DiagonallyImplicit),
        ] {
            assert_eq!(scheme.structure(), expected, "{scheme}");
            let flags = [
                scheme.is_explicit(),
                scheme.is_singly_diagonally_implicit(),
                scheme.is_diagonally_implicit(),
                scheme.is_fully_implicit(),
            ];
            let one_of = [
                expected == Explicit,
                expected == SinglyDiagonallyImplicit,
                matches!(expected, SinglyDiagonallyImplicit | DiagonallyImplicit),
                expected == FullyImplicit,
            ];
            assert_eq!(flags, one_of, "{scheme}");
        }
    }

    #[test]
    fn stiffly_accurate_and_first_same_as_last() {
        for (scheme, stiffly, first_last) in [
            (Tableau::dormand_prince_5_4(), true, true),
            (Tableau::bogacki_shampine_3_2(), true, true),
            (Tableau::trapezoidal(), true, true),
            (Tableau::backward_euler(), true, false),
            (Tableau::radau_iia(4).unwrap(), true, false),
            (Tableau::sdirk2(), true, false),
            (Tableau::rk4(), false, false),
            (Tableau::gauss(2).unwrap(), false, false),
            (Tableau::implicit_midpoint(), false, false),
        ] {
            assert_eq!(
                (scheme.is_stiffly_accurate(), scheme.is_first_same_as_last()),
                (stiffly, first_last),
                "{scheme}"
            );
        }
        let early = Tableau::with_free_nodes([[1.0]], [1.0], [0.5]).unwrap();
        assert!(!early.is_stiffly_accurate());
        // Computed coefficients may differ in their last digits.
        let off = |by: f64| Tableau::new([[0.25, -0.25], [0.25 + by, 0.75 - by]], [0.25, 0.75], [0.0, 1.0]).unwrap();
        assert!(off(1e-16).is_stiffly_accurate() && !off(1e-9).is_stiffly_accurate());
    }

    #[test]
    fn blocks_are_the_finest() {
        let ends = |t: Tableau| t.blocks().iter().map(|r| r.end).collect::<Vec<_>>();
        assert_eq!(Tableau::rk4().blocks(), [0..1, 1..2, 2..3, 3..4]);
        assert_eq!(of([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]).blocks(), [0..2, 2..3]);
        assert_eq!(of([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]).blocks(), [0..1, 1..3]);
        assert_eq!(ends(of([[0.0]])), [1]);
        assert_eq!(ends(of([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])), [3]);
        assert_eq!(ends(of([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])), [3]);
    }

    proptest::proptest! {
        #[test]
        fn blocks_partition_and_no_cut_is_missed(zeros in proptest::collection::vec(proptest::bool::weighted(0.2), 36)) {
            let s = 6;
            let a: Vec<Vec<f64>> = zeros.chunks(s).map(|r| r.iter().map(|&z| f64::from(u8::from(z))).collect()).collect();
            let c: Vec<f64> = a.iter().map(|r| r.iter().sum()).collect();
            let scheme = Tableau::new(&a, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0], &c).unwrap();
            // A cut before stage k is allowed if no stage before k depends on k or later.
            let allowed = |k: usize| (0..k).all(|i| (k..s).all(|j| a[i][j] == 0.0));
            let blocks = scheme.blocks();
            let starts: Vec<usize> = blocks.iter().map(|r| r.start).collect();
            let cuts: Vec<usize> = blocks.iter().map(|r| r.end).collect();
            proptest::prop_assert_eq!(starts, [&[0], &cuts[..cuts.len() - 1]].concat());
            let expected: Vec<usize> = (1..=s).filter(|&k| allowed(k)).collect();
            proptest::prop_assert_eq!(cuts, expected);
        }
    }
}
