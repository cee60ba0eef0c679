//! Symmetry: whether a step with `−h` undoes the step with `h`.

use std::collections::BTreeMap;

use num_traits::Zero;

use crate::tableau::Surd;
use crate::tableau::coefficients::{Certainty, Coefficients, Scalar};
use crate::verify::exact::verdict::Verdict;

/// A search for the order of the stages gives up after so many comparisons, and then once more with fewer choices.
const COMPARISONS: usize = 20_000_000;

impl<T: Scalar> Coefficients<T> {
    /// Whether the scheme is its own adjoint: after some reordering `i ↦ i'` of the stages,
    /// `a_{i'j'} + a_ij = b_j`, `b_{j'} = b_j` and `c_{i'} = 1 − c_i`, for the scheme
    /// [without redundant stages](Coefficients::reduced).
    ///
    /// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), V.2.
    pub fn symmetric(&self) -> Verdict {
        self.of_steps(Self::has_symmetric_tableau)
    }

    /// The same of the tableau as it stands: sufficient for [symmetric](Coefficients::symmetric) steps.
    pub fn has_symmetric_tableau(&self) -> Verdict {
        let mirror = self.has_mirror();
        let reason = match mirror {
            Some(true) => "a_ij + a_i'j' = b_j for all i, j, for the mirrored order of its stages".to_string(),
            Some(false) => {
                let (i, j, residual) = self.worst_mirrored();
                format!(
                    "a_ij + a_i'j' − b_j is {residual:.3e} for i = {i}, j = {j}, and no other order of the stages does"
                )
            }
            None => GIVEN_UP.to_string(),
        };
        searched(mirror, self.certainty, reason)
    }

    /// Whether there is a mirrored order of the stages, if that can be told.
    fn has_mirror(&self) -> Option<bool> {
        let (s, holds) = (self.stages(), |residual: T| residual.vanishes(self.tolerance()));
        let halves = self.halves(self.tolerance());
        find_mirror(
            s,
            |i, k| holds(self.b[i].clone() - &self.b[k]) && holds(self.c[i].clone() + &self.c[k] - T::one()),
            |i, j, k, l| halves.cancel(i * s + j, k * s + l),
        )
    }

    /// `a_ij − b_j/2`: stages of equal weights are mirrored if these are opposite.
    pub(super) fn halves(&self, tolerance: f64) -> Opposites<T> {
        let s = self.stages();
        let half = T::ratio(1, 2);
        let numbers = (0..s * s).map(|k| self.a[k].clone() - self.b[k % s].clone() * &half);
        Opposites::of(numbers.collect(), tolerance)
    }

    /// `a_ij + a_i'j' − b_j`.
    fn mirrored(&self, i: usize, j: usize, mirror_i: usize, mirror_j: usize) -> T {
        self.a(i, j).clone() + self.a(mirror_i, mirror_j) - &self.b[j]
    }

    /// The largest residual for the mirrored order.
    fn worst_mirrored(&self) -> (usize, usize, f64) {
        let s = self.stages();
        (0..s)
            .flat_map(|i| (0..s).map(move |j| (i, j)))
            .map(|(i, j)| (i, j, self.mirrored(i, j, s - 1 - i, s - 1 - j).to_f64()))
            .max_by(|x, y| x.2.abs().total_cmp(&y.2.abs()))
            .unwrap_or((0, 0, 0.0))
    }
}

/// Why nothing is said of a symmetry.
pub(super) const GIVEN_UP: &str = "not decided: there are too many orders of the stages to try";

/// What a search for a mirrored order says: nothing, if it was given up.
pub(super) fn searched(found: Option<bool>, certainty: Certainty, reason: String) -> Verdict {
    Verdict { holds: found == Some(true), certainty: found.map_or(Certainty::Undecided, |_| certainty), reason }
}

/// Numbers of which pairs are asked for that sum to zero.
pub(super) struct Opposites<T> {
    numbers: Vec<T>,
    tolerance: f64,
    /// The same integer for equal numbers, its negative for opposite ones, if all are exact.
    classes: Option<Vec<i64>>,
}

impl<T: Scalar> Opposites<T> {
    fn of(numbers: Vec<T>, tolerance: f64) -> Self {
        let mut seen: BTreeMap<u64, Vec<(Surd, i64)>> = BTreeMap::new();
        let mut last = 0;
        let mut class = |x: &T| -> Option<i64> {
            let x = x.exact()?;
            let sign = if x.is_negative() { -1 } else { 1 };
            let size = if x.is_negative() { -x } else { x };
            if size.is_zero() {
                return Some(0);
            }
            let near = seen.entry(size.to_f64().to_bits()).or_default();
            if let Some((_, class)) = near.iter().find(|(other, _)| *other == size) {
                return Some(sign * class);
            }
            last += 1;
            near.push((size, last));
            Some(sign * last)
        };
        let classes = numbers.iter().map(&mut class).collect();
        Opposites { numbers, tolerance, classes }
    }

    /// Whether numbers `u` and `v` sum to zero.
    pub fn cancel(&self, u: usize, v: usize) -> bool {
        match &self.classes {
            Some(classes) => classes[u] == -classes[v],
            None => (self.numbers[u].clone() + &self.numbers[v]).vanishes(self.tolerance),
        }
    }
}

/// Whether there is a permutation `i ↦ i'` of `0..n` such that `fits(i, i')` for all `i`, and `agrees(i, j, i', j')` for
/// all `i`, `j`; `None` if that would take too long to tell.
pub(super) fn find_mirror(
    n: usize,
    fits: impl Fn(usize, usize) -> bool,
    agrees: impl Fn(usize, usize, usize, usize) -> bool,
) -> Option<bool> {
    find_mirror_within(COMPARISONS, n, fits, agrees)
}

fn find_mirror_within(
    comparisons: usize,
    n: usize,
    fits: impl Fn(usize, usize) -> bool,
    agrees: impl Fn(usize, usize, usize, usize) -> bool,
) -> Option<bool> {
    // The mirrored order first, then whatever else fits.
    let others = |i: usize| (0..n).map(move |k| (2 * n - 1 - i - k) % n).filter(|&k| fits(i, k)).collect();
    let mut start = Choices { of: (0..n).map(others).collect(), is_fixed: vec![false; n] };
    let mut search = Search { agrees, left: comparisons };
    search.extend(&start).or_else(|| {
        search.left = comparisons;
        // No stage goes where the others cannot follow.
        loop {
            let before = start.count();
            for i in 0..n {
                let mut kept = Vec::new();
                for &k in &start.of[i] {
                    if search.follow(&start, i, k)?.is_some() {
                        kept.push(k);
                    }
                }
                start.of[i] = kept;
            }
            if start.count() == before {
                break;
            }
        }
        if !start.have_representatives() {
            return Some(false);
        }
        search.extend(&start)
    })
}

/// Where each stage may go, and whether that is fixed, and the others are restricted by it.
#[derive(Clone)]
struct Choices {
    of: Vec<Vec<usize>>,
    is_fixed: Vec<bool>,
}

impl Choices {
    fn count(&self) -> usize {
        self.of.iter().map(Vec::len).sum()
    }

    /// Whether all can go to different places, but for anything else that is asked: by augmenting paths.
    fn have_representatives(&self) -> bool {
        fn place(of: &[Vec<usize>], i: usize, tried: &mut [bool], taken_by: &mut [Option<usize>]) -> bool {
            of[i].iter().any(|&k| {
                let is_new = !std::mem::replace(&mut tried[k], true);
                let is_free = is_new && taken_by[k].is_none_or(|other| place(of, other, tried, taken_by));
                if is_free {
                    taken_by[k] = Some(i);
                }
                is_free
            })
        }
        let n = self.of.len();
        let mut taken_by = vec![None; n];
        (0..n).all(|i| place(&self.of, i, &mut vec![false; n], &mut taken_by))
    }
}

/// A search by trial, the stage with the fewest choices first.
struct Search<F> {
    agrees: F,
    /// Comparisons that are left.
    left: usize,
}

impl<F: Fn(usize, usize, usize, usize) -> bool> Search<F> {
    /// Whether these choices leave a permutation; `None` if no comparisons are left.
    fn extend(&mut self, choices: &Choices) -> Option<bool> {
        let open = (0..choices.of.len()).filter(|&i| !choices.is_fixed[i]);
        let Some(i) = open.min_by_key(|&i| choices.of[i].len()) else { return Some(true) };
        for &k in &choices.of[i] {
            if let Some(next) = self.follow(choices, i, k)?
                && self.extend(&next)?
            {
                return Some(true);
            }
        }
        Some(false)
    }

    /// The choices that are left if `i` goes to `k`, and every stage with a single choice there; none, if a stage has no
    /// choice. `None` if no comparisons are left.
    fn follow(&mut self, choices: &Choices, i: usize, k: usize) -> Option<Option<Choices>> {
        let mut next = choices.clone();
        next.of[i] = vec![k];
        next.is_fixed[i] = true;
        let mut pending = vec![(i, k)];
        while let Some((i, k)) = pending.pop() {
            if !(self.agrees)(i, i, k, k) {
                return Some(None);
            }
            for j in (0..next.of.len()).filter(|&j| j != i) {
                self.left = self.left.checked_sub(next.of[j].len())?;
                let agrees = &self.agrees;
                next.of[j].retain(|&l| l != k && agrees(i, j, k, l) && agrees(j, i, l, k));
                match next.of[j].as_slice() {
                    [] => return Some(None),
                    &[l] if !next.is_fixed[j] => {
                        next.is_fixed[j] = true;
                        pending.push((j, l));
                    }
                    _ => {}
                }
            }
        }
        Some(Some(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::{Recovered, with_coefficients};

    fn symmetric(scheme: &Tableau) -> Verdict {
        with_coefficients!(Recovered::of(scheme), k => k.symmetric())
    }

    #[test]
    fn gauss_and_the_trapezoidal_rule_are_symmetric() {
        for s in 1..=10 {
            assert!(symmetric(&Tableau::gauss(s).unwrap()).holds);
            assert!(!symmetric(&Tableau::radau_iia(s).unwrap()).holds);
        }
        assert!(symmetric(&Tableau::trapezoidal()).holds);
        for scheme in [Tableau::rk4(), Tableau::forward_euler(), Tableau::sdirk2()] {
            let verdict = symmetric(&scheme);
            assert!(!verdict.holds && verdict.reason.contains("for i = "), "{verdict:?}");
        }
    }

    #[test]
    fn the_order_of_the_stages_does_not_matter() {
        let gauss = Tableau::gauss(4).unwrap();
        let order = [2, 0, 3, 1];
        let pick = |v: &[f64]| order.map(|j| v[j]);
        let shuffled = Tableau::new(order.map(|i| pick(gauss.row(i))), pick(gauss.b()), pick(gauss.c())).unwrap();
        assert!(symmetric(&shuffled).holds);
        assert!(symmetric(&Tableau::new([[0.5, 0.0], [0.5, 0.0]], [0.5, 0.5], [0.5, 0.5]).unwrap()).holds);
    }

    /// Cycles of stages, in all of which `a_ij − b_j/2` is 1/4, or in all of which it is −1/4, for the stage `j` after `i`;
    /// stage `i` of the cycles is stage `7i + 3 mod n` of the scheme.
    fn cycles(lengths: &[(usize, i64)]) -> Tableau {
        let n: usize = lengths.iter().map(|(length, _)| length).sum();
        let entry = |p: i64| format!("{p}/{}", 4 * n);
        let mut rows = vec![vec![entry(2); n]; n];
        let place = |i: usize| (7 * i + 3) % n;
        let mut first = 0;
        for &(length, sign) in lengths {
            for k in 0..length {
                rows[place(first + k)][place(first + (k + 1) % length)] = entry(2 + sign * n as i64);
            }
            first += length;
        }
        let b = vec![format!("1/{n}"); n];
        Tableau::from_json_str(&serde_json::json!({"A": rows, "b": b}).to_string()).unwrap()
    }

    #[test]
    fn a_hidden_order_of_many_stages_is_found_and_its_absence_is_proved() {
        let as_it_stands = |scheme: &Tableau| with_coefficients!(Recovered::of(scheme), k => k.has_symmetric_tableau());
        let hidden = cycles(&[(5, 1), (3, 1), (2, 1), (3, -1), (2, -1), (5, -1)]);
        let verdict = as_it_stands(&hidden);
        assert!(verdict.holds && verdict.certainty == Certainty::Proved, "{verdict:?}");
        // Cycles that have no counterpart.
        for lengths in
            [[(5, 1), (3, 1), (2, 1), (4, -1), (2, -1), (4, -1)], [(3, 1), (3, 1), (4, 1), (2, -1), (4, -1), (4, -1)]]
        {
            let verdict = as_it_stands(&cycles(&lengths));
            assert!(!verdict.holds && verdict.certainty == Certainty::Proved, "{verdict:?}");
        }
    }

    #[test]
    fn a_search_that_is_given_up_says_nothing() {
        let cycle = |i: usize, j: usize| (i + 1) % 9 == j;
        let agrees = |i, j, k, l| cycle(i, j) == cycle(l, k);
        assert_eq!(find_mirror_within(1000, 9, |_, _| true, agrees), Some(true));
        assert_eq!(find_mirror_within(20, 9, |_, _| true, agrees), None);
        let verdict = searched(None, Certainty::Proved, String::new());
        assert!(!verdict.holds && verdict.certainty == Certainty::Undecided);
    }
}
