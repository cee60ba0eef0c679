//! Random schemes of a given order.

use super::super::fraction::Fraction;
use super::RandomScheme;
use num_traits::{One, Zero};
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// The largest entry of a random scheme of given order.
const LARGEST: i128 = 3;

/// Explicit schemes of order `order`, from 1 to 4, with as many stages: all there are, but for special cases, with nodes
/// that are multiples of 1/12 and no entry beyond 3. They shrink to the simplest nodes.
///
/// Orders 2, 3 and 4 are families of one, two and two parameters, the nodes `c_2, …`. Order 4 has `c_4 = 1`, and a family
/// with `c_2 = c_3 = 1/2` besides, to which the classical scheme belongs.
///
/// Source: J. C. Butcher, Numerical Methods for Ordinary Differential Equations (2016), 232–233.
///
/// # Panics
/// If `order` is not 1, 2, 3 or 4.
pub fn explicit_of_order(order: usize) -> impl Strategy<Value = RandomScheme> {
    let nodes = || (1..=12).map(|k| Fraction::new(k, 12));
    let pairs = || nodes().flat_map(|u| nodes().map(move |v| (u, v)));
    let mut family: Vec<Member> = match order {
        1 => vec![Member { a: vec![vec![Fraction::zero()]], b: vec![Fraction::one()] }],
        2 => nodes().filter_map(second).collect(),
        3 => pairs().filter_map(|(u, v)| third(u, v)).collect(),
        4 => pairs().filter_map(|(u, v)| fourth(u, v)).chain(nodes().filter_map(fourth_twice)).collect(),
        _ => panic!("the order is {order}, expected 1, 2, 3 or 4"),
    };
    family.retain(Member::is_moderate);
    family.sort_by_key(Member::complexity);
    let name = format!("explicit, order {order}");
    prop::sample::select(family).prop_map(move |member| RandomScheme::exact(&name, member.a, member.b))
}

#[derive(Debug, Clone)]
struct Member {
    a: Vec<Vec<Fraction>>,
    b: Vec<Fraction>,
}

impl Member {
    /// With the first column of `A` and the first weight such that `c` are row sums and the weights sum to one.
    fn new(c: &[Fraction], rest: &[&[Fraction]], b: &[Fraction]) -> Option<Self> {
        let s = c.len() + 1;
        let mut a = vec![vec![Fraction::zero(); s]; s];
        for (i, (&node, row)) in c.iter().zip(rest).enumerate() {
            a[i + 1][0] = node - row.iter().sum::<Fraction>();
            a[i + 1][1..=row.len()].copy_from_slice(row);
        }
        let mut weights = vec![Fraction::one() - b.iter().sum::<Fraction>()];
        weights.extend(b);
        Some(Member { a, b: weights })
    }

    fn is_moderate(&self) -> bool {
        self.a.iter().flatten().chain(&self.b).all(|x| num_traits::abs(*x) <= Fraction::from(LARGEST))
    }

    /// The largest denominator, then the sum of all.
    fn complexity(&self) -> (i128, i128) {
        let denominators = || self.a.iter().flatten().chain(&self.b).map(|x| *x.denom());
        (denominators().max().unwrap_or(1), denominators().sum())
    }
}

/// `x/y`, if there is such a number.
fn over(x: Fraction, y: Fraction) -> Option<Fraction> {
    (!y.is_zero()).then(|| x / y)
}

fn whole(n: i128) -> Fraction {
    Fraction::from(n)
}

fn second(u: Fraction) -> Option<Member> {
    Member::new(&[u], &[&[]], &[over(Fraction::one(), u * 2)?])
}

fn third(u: Fraction, v: Fraction) -> Option<Member> {
    let b2 = over(v * 3 - 2, u * (v - u) * 6)?;
    let b3 = over(whole(2) - u * 3, v * (v - u) * 6)?;
    // b_3 a_32 c_2 = 1/6.
    let a32 = over(Fraction::one(), b3 * u * 6)?;
    Member::new(&[u, v], &[&[], &[a32]], &[b2, b3])
}

fn fourth(u: Fraction, v: Fraction) -> Option<Member> {
    let one = Fraction::one();
    let b2 = over(v * 2 - 1, u * (v - u) * (one - u) * 12)?;
    let b3 = over(one - u * 2, v * (v - u) * (one - v) * 12)?;
    let b4 = over(u * v * 6 - (u + v) * 4 + 3, (one - u) * (one - v) * 12)?;
    // Σ_i b_i a_ij = b_j (1 - c_j) for j = 3, 2 and Σ b_i c_i a_ij c_j = 1/8.
    let a43 = over(b3 * (one - v), b4)?;
    let a32 = over(Fraction::new(1, 8) - Fraction::new(1, 6), b3 * (v - one) * u)?;
    let a42 = over(b2 * (one - u) - b3 * a32, b4)?;
    Member::new(&[u, v, one], &[&[], &[a32], &[a42, a43]], &[b2, b3, b4])
}

/// Both inner nodes 1/2, with the third weight `b3`.
fn fourth_twice(b3: Fraction) -> Option<Member> {
    let (half, one) = (Fraction::new(1, 2), Fraction::one());
    let a32 = over(one, b3 * 6)?;
    let b = [Fraction::new(2, 3) - b3, b3, Fraction::new(1, 6)];
    Member::new(&[half, half, one], &[&[], &[a32], &[one - b3 * 3, b3 * 3]], &b)
}

/// Collocation schemes on different nodes that are multiples of 1/12 in `[0, 1]`. With `s` stages the order is `s` at
/// least, and `s + 1` or more for some.
///
/// `a_ij = ∫_0^{c_i} ℓ_j`, `b_j = ∫_0^1 ℓ_j`, with the Lagrange polynomials `ℓ_j` of the nodes. Weights may be negative.
/// There are 13 such nodes, and no more stages; up to 6 are sensible. Nodes so close together that an entry is beyond 3 are
/// left out.
pub fn collocation(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let stages = *stages.start().clamp(&1, &13)..=*stages.end().clamp(&1, &13);
    let nodes = prop::sample::subsequence((0..=12i128).collect::<Vec<_>>(), stages);
    nodes.prop_filter_map("entries beyond 3", |nodes| {
        let c: Vec<Fraction> = nodes.into_iter().map(|k| Fraction::new(k, 12)).collect();
        let (a, b) = collocated(&c);
        let member = Member { a, b };
        member.is_moderate().then(|| RandomScheme::exact("collocation", member.a, member.b))
    })
}

/// Collocation schemes of order `2s - 1` at least: nodes at the zeros of `P_s + α P_{s-1}` (shifted Legendre polynomials),
/// `-1 ≤ α ≤ 1`. `α = 0` gives Gauss, of order `2s`; `α = -1` Radau IIA.
///
/// Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5.
pub fn superconvergent(stages: RangeInclusive<usize>) -> impl Strategy<Value = RandomScheme> {
    let stages = *stages.start().max(&1)..=*stages.end().max(&1);
    (stages, -12..=12i32).prop_map(|(s, k)| {
        let c: Vec<f64> = zeros(s, f64::from(k) / 12.0).into_iter().map(|x| 0.5 + 0.5 * x).collect();
        let (a, b) = collocated(&c);
        RandomScheme::of(&format!("collocation, alpha = {k}/12"), a, b, c)
    })
}

/// `A` and `b` of collocation at the nodes `c`.
fn collocated<N>(c: &[N]) -> (Vec<Vec<N>>, Vec<N>)
where
    N: Copy + num_traits::NumAssign,
{
    let s = c.len();
    // Coefficients of the integral of every Lagrange polynomial, from the power 1 on.
    let integrals: Vec<Vec<N>> = (0..s)
        .map(|j| {
            let mut poly = vec![N::one()];
            for (_, &node) in c.iter().enumerate().filter(|(i, _)| *i != j) {
                // Times (x - node)/(c_j - node).
                poly.push(N::zero());
                for k in (0..poly.len()).rev() {
                    let below = if k > 0 { poly[k - 1] } else { N::zero() };
                    poly[k] = (below - node * poly[k]) / (c[j] - node);
                }
            }
            let mut power = N::zero();
            poly.iter_mut().for_each(|x| {
                power += N::one();
                *x /= power;
            });
            poly
        })
        .collect();
    let at = |x: N| integrals.iter().map(|poly| poly.iter().rev().fold(N::zero(), |sum, &p| (sum + p) * x)).collect();
    (c.iter().map(|&x| at(x)).collect(), at(N::one()))
}

/// The zeros in `[-1, 1]` of `P_s + α P_{s-1}`, ascending. Those of `P_{s-1}` separate them.
fn zeros(s: usize, alpha: f64) -> Vec<f64> {
    if s == 0 {
        return Vec::new();
    }
    let value = |x: f64| {
        let (mut before, mut last) = (0.0, 1.0);
        for k in 0..s {
            let k = k as f64;
            (before, last) = (last, ((2.0 * k + 1.0) * x * last - k * before) / (k + 1.0));
        }
        last + alpha * before
    };
    let mut ends = zeros(s - 1, 0.0);
    ends.insert(0, -1.0);
    ends.push(1.0);
    let zero_between = |low: f64, high: f64| {
        // Radau's nodes are ends themselves.
        for end in [low, high] {
            if end.abs() == 1.0 && value(end) == 0.0 {
                return end;
            }
        }
        let (mut low, mut high, rising) = (low, high, value(high) > 0.0);
        while (high - low) > f64::EPSILON {
            let middle = 0.5 * (low + high);
            if (value(middle) > 0.0) == rising {
                high = middle;
            } else {
                low = middle;
            }
        }
        0.5 * (low + high)
    };
    ends.windows(2).map(|pair| zero_between(pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::fraction::rounded;
    use super::*;
    use crate::Tableau;

    /// The largest error in the conditions of all trees of up to `order ≤ 4` vertices.
    fn defect(t: &Tableau, order: usize) -> f64 {
        let (b, c, s) = (t.b(), t.c(), t.stages());
        let times =
            |x: &[f64]| -> Vec<f64> { (0..s).map(|i| t.row(i).iter().zip(x).map(|(a, x)| a * x).sum()).collect() };
        let power = |k: i32| -> Vec<f64> { c.iter().map(|x| x.powi(k)).collect() };
        let product = |x: &[f64], y: &[f64]| -> Vec<f64> { x.iter().zip(y).map(|(x, y)| x * y).collect() };
        let trees = [
            (1, power(0), 1.0),
            (2, power(1), 2.0),
            (3, power(2), 3.0),
            (3, times(c), 6.0),
            (4, power(3), 4.0),
            (4, product(c, &times(c)), 8.0),
            (4, times(&power(2)), 12.0),
            (4, times(&times(c)), 24.0),
        ];
        let error = |v: &[f64], density: f64| (b.iter().zip(v).map(|(b, v)| b * v).sum::<f64>() - 1.0 / density).abs();
        trees.iter().filter(|(p, ..)| *p <= order).map(|(_, v, density)| error(v, *density)).fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn families_have_their_order(
            second in explicit_of_order(2), third in explicit_of_order(3), fourth in explicit_of_order(4),
            collocated in collocation(1..=4), high in superconvergent(1..=4),
        ) {
            prop_assert!(defect(&second, 2) < 1e-14, "{second}");
            prop_assert!(defect(&third, 3) < 1e-14, "{third}");
            prop_assert!(defect(&fourth, 4) < 1e-13, "{fourth}");
            prop_assert!(defect(&collocated, collocated.stages()) < 1e-12, "{collocated}");
            prop_assert!(defect(&high, 2 * high.stages() - 1) < 1e-13, "{high}");
        }
    }

    #[test]
    fn known_schemes_are_members() {
        let close = |x: &Tableau, y: &Tableau| {
            (0..x.stages()).all(|i| x.row(i).iter().zip(y.row(i)).all(|(x, y)| (x - y).abs() < 1e-14))
        };
        let named = |s: usize, alpha: f64| {
            let c: Vec<f64> = zeros(s, alpha).into_iter().map(|x| 0.5 + 0.5 * x).collect();
            let (a, b) = collocated(&c);
            Tableau::new(a, b, c).unwrap()
        };
        for s in 1..=5 {
            assert!(close(&named(s, 0.0), &Tableau::gauss(s).unwrap()), "Gauss of {s} stages");
            assert!(close(&named(s, -1.0), &Tableau::radau_iia(s).unwrap()), "Radau IIA of {s} stages");
        }
        let classical = fourth_twice(Fraction::new(1, 3)).unwrap();
        let third: Vec<f64> = classical.a[2].iter().copied().map(rounded).collect();
        assert_eq!(third, Tableau::rk4().row(2));
        let kutta = fourth(Fraction::new(1, 3), Fraction::new(2, 3)).unwrap();
        assert_eq!(kutta.b, [1, 3, 3, 1].map(|n| Fraction::new(n, 8)));
        assert_eq!(kutta.a[3][..3], [1, -1, 1].map(whole));
    }

    /// Numbers stay within 128 bits for the most nodes there are.
    #[test]
    fn collocation_is_exact() {
        let c: Vec<Fraction> = (0..=12).map(|k| Fraction::new(k, 12)).collect();
        let (a, b) = collocated(&c);
        assert_eq!(b.iter().sum::<Fraction>(), Fraction::one());
        assert!(a.iter().zip(&c).all(|(row, c)| row.iter().sum::<Fraction>() == *c));
        // Simpson's rule.
        let (_, b) = collocated(&[c[0], c[6], c[12]]);
        assert_eq!(b, [(1, 6), (2, 3), (1, 6)].map(|(p, q)| Fraction::new(p, q)));
    }

    #[test]
    fn families_are_large() {
        let size = |order: usize| {
            let nodes = || (1..=12).map(|k| Fraction::new(k, 12));
            let pairs = nodes().flat_map(|u| nodes().map(move |v| (u, v)));
            match order {
                3 => pairs.filter_map(|(u, v)| third(u, v)).filter(Member::is_moderate).count(),
                _ => pairs.filter_map(|(u, v)| fourth(u, v)).filter(Member::is_moderate).count(),
            }
        };
        assert!(size(3) > 50 && size(4) > 20, "{} and {}", size(3), size(4));
    }
}
