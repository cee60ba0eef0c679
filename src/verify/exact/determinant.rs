//! Determinants of `I − wM` for matrices of whole numbers, with what an error of the scheme's coefficients does to them.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::ball::Ball;
use super::judge::Judge;
use super::polynomial::Polynomial;
use crate::tableau::Surd;
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Recovered, Scalar, Summed, with_coefficients};

/// `A` and `b` times a common denominator, without the stages that the weights do not need.
#[derive(Debug, Clone, PartialEq)]
pub struct Integers {
    pub stages: usize,
    /// Row-major.
    pub a: Vec<BigInt>,
    pub b: Vec<BigInt>,
    /// The sizes of both: what is not known of them is relative to that.
    pub a_sizes: Vec<BigInt>,
    pub b_sizes: Vec<BigInt>,
    /// The common denominator.
    pub unit: BigInt,
    /// Of what is computed from them.
    pub certainty: Certainty,
}

/// A number as a fraction, if need be a near one.
trait Fraction {
    fn fraction(&self) -> Rational;
}

impl Fraction for Rational {
    fn fraction(&self) -> Rational {
        self.clone()
    }
}

impl Fraction for Surd {
    fn fraction(&self) -> Rational {
        /// Far more than what enclosures are said to be accurate to.
        const BITS: u32 = 300;
        let near = || Rational::new(self.enclosure(BITS).0, BigInt::one() << BITS);
        self.as_rational().cloned().unwrap_or_else(near)
    }
}

impl Fraction for Summed {
    fn fraction(&self) -> Rational {
        // A tableau's entries are finite.
        Rational::from_float(self.value).unwrap_or_else(Rational::zero)
    }
}

impl Integers {
    /// Those of a scheme; doubles are taken for the fractions that they are.
    pub fn of(scheme: &Recovered) -> Self {
        Self::of_all(scheme).without_unused()
    }

    /// Those of a scheme with its embedded weights.
    pub fn of_embedded(scheme: &Recovered) -> Option<Self> {
        let certainty = scheme.certainty_enclosed();
        let all = with_coefficients!(scheme, k => Self::with_weights(k, k.embedded.as_ref()?, certainty));
        Some(all.without_unused())
    }

    /// Those of a scheme with all its stages.
    pub fn of_all(scheme: &Recovered) -> Self {
        with_coefficients!(scheme, k => Self::with_weights(k, &k.b, scheme.certainty_enclosed()))
    }

    pub fn tolerance(&self) -> f64 {
        self.certainty.tolerance()
    }

    fn with_weights<T: Fraction + Scalar>(scheme: &Coefficients<T>, weights: &[T], certainty: Certainty) -> Self {
        let a: Vec<Rational> = scheme.a.iter().map(T::fraction).collect();
        let b: Vec<Rational> = weights.iter().map(T::fraction).collect();
        let unit = a.iter().chain(&b).fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
        let whole = |x: &Rational| x.numer() * (&unit / x.denom());
        // Its own size, or a larger one that is known as a double.
        let size = |(number, whole): (&T, &BigInt)| {
            let size = Rational::from_float(number.size()).unwrap_or_else(Rational::zero);
            (size * &unit).ceil().to_integer().max(whole.abs())
        };
        let (a, b): (Vec<BigInt>, Vec<BigInt>) = (a.iter().map(whole).collect(), b.iter().map(whole).collect());
        Integers {
            a_sizes: scheme.a.iter().zip(&a).map(size).collect(),
            b_sizes: weights.iter().zip(&b).map(size).collect(),
            stages: scheme.stages(),
            a,
            b,
            certainty,
            unit,
        }
    }

    fn without_unused(self) -> Self {
        let s = self.stages;
        let reach = reachable(s, |i, j| !self.a[i * s + j].is_zero());
        let is_used = |j: usize| (0..s).any(|i| !self.b[i].is_zero() && (i == j || reach[i * s + j]));
        let used: Vec<usize> = (0..s).filter(|&j| is_used(j)).collect();
        let pairs: Vec<usize> = used.iter().flat_map(|&i| used.iter().map(move |&j| i * s + j)).collect();
        let chosen = |v: &[BigInt], places: &[usize]| places.iter().map(|&k| v[k].clone()).collect();
        Integers {
            stages: used.len(),
            a: chosen(&self.a, &pairs),
            b: chosen(&self.b, &used),
            a_sizes: chosen(&self.a_sizes, &pairs),
            b_sizes: chosen(&self.b_sizes, &used),
            ..self
        }
    }

    /// Sets of stages that depend on each other.
    pub fn components(&self) -> Vec<Vec<usize>> {
        let s = self.stages;
        let reach = reachable(s, |i, j| !self.a[i * s + j].is_zero());
        let together = |i: usize, j: usize| i == j || reach[i * s + j] && reach[j * s + i];
        let first = (0..s).filter(|&i| (0..i).all(|j| !together(i, j)));
        first.map(|i| (i..s).filter(|&j| together(i, j)).collect()).collect()
    }

    /// The same, with the tolerance by which conditions of order five and more are [judged](super::judge): how nearly those
    /// up to order four are met, `bᵀ A^{k−1} 1 = 1/k!`, tells how accurate the coefficients are.
    pub fn judged(mut self) -> Self {
        const LOW_ORDER: usize = 4;
        let mut judge = Judge::new(self.certainty);
        let one = || (BigInt::one(), BigInt::one());
        let mut v = vec![one(); self.stages];
        let (mut scale, mut factorial) = (BigInt::one(), BigInt::one());
        for k in 1..=LOW_ORDER {
            scale *= &self.unit;
            factorial *= BigInt::from(k);
            let (value, size) = dot((&self.b, &self.b_sizes), &v);
            let number = |x: BigInt| Scalar::to_f64(&Rational::new_raw(x, &scale * &factorial));
            let residual = Summed { value: number(value * &factorial - &scale), size: number(size * &factorial) };
            if !judge.holds(k, &residual) {
                return self;
            }
            v = self.times(&v);
        }
        self.certainty = self.certainty.with_tolerance(judge.tolerance(LOW_ORDER + 1));
        self
    }

    /// `A v`, with the sizes of its terms.
    fn times<'a>(&'a self, v: &[(BigInt, BigInt)]) -> Vec<(BigInt, BigInt)> {
        let rows = |v: &'a [BigInt]| v.chunks(self.stages.max(1));
        rows(&self.a).zip(rows(&self.a_sizes)).map(|row| dot(row, v)).collect()
    }

    /// The ball about a number that an error of the coefficients changes by up to `tolerance · size`.
    pub fn ball(&self, value: BigInt, size: &BigInt) -> Ball {
        Ball::new(value, portion(size, self.tolerance()))
    }

    /// `det(I − wA)` of the given stages.
    pub fn denominator_of(&self, stages: &[usize]) -> Polynomial<Ball> {
        let n = stages.len();
        let of_stages = |v: &[BigInt]| -> Vec<BigInt> {
            (0..n * n).map(|k| v[stages[k / n] * self.stages + stages[k % n]].clone()).collect()
        };
        let sizes = of_stages(&self.a_sizes);
        self.determinant(n, &of_stages(&self.a), |adjugate| {
            (0..n * n).map(|k| &sizes[k] * adjugate[k % n * n + k / n].abs()).sum()
        })
    }

    /// `det(I − wA + w1bᵀ)`.
    pub fn numerator(&self) -> Polynomial<Ball> {
        let s = self.stages;
        if self.components().iter().all(|c| c.len() == 1 && self.a[c[0] * s + c[0]].is_zero()) {
            return self.explicit_numerator();
        }
        let m: Vec<BigInt> = (0..s * s).map(|k| &self.a[k] - &self.b[k % s]).collect();
        self.determinant(s, &m, |adjugate| {
            let of_a: BigInt = (0..s * s).map(|k| &self.a_sizes[k] * adjugate[k % s * s + k / s].abs()).sum();
            let of_b = (0..s).map(|j| &self.b_sizes[j] * adjugate[j * s..(j + 1) * s].iter().sum::<BigInt>().abs());
            of_a + of_b.sum::<BigInt>()
        })
    }

    /// `1 + Σ_k bᵀ A^k 1 w^{k+1}`, a polynomial if `A` is nilpotent.
    fn explicit_numerator(&self) -> Polynomial<Ball> {
        let s = self.stages;
        let mut coefficients = vec![Ball::one()];
        let mut v = vec![(BigInt::one(), BigInt::one()); s];
        for _ in 0..s {
            let (value, size) = dot((&self.b, &self.b_sizes), &v);
            coefficients.push(self.ball(value, &size));
            v = self.times(&v);
        }
        Polynomial::new(coefficients)
    }

    /// `det(I − wM)` by the recurrence of Faddeev and LeVerrier. `size` tells, from the adjugate of `I − wM`'s coefficient
    /// of `w^k`, by how much the coefficient of `w^{k+1}` changes, relative to a change of the scheme's coefficients.
    pub fn determinant(&self, n: usize, m: &[BigInt], size: impl Fn(&[BigInt]) -> BigInt) -> Polynomial<Ball> {
        let mut adjugate: Vec<BigInt> = (0..n * n).map(|k| BigInt::from(u8::from(k % n == k / n))).collect();
        let mut coefficients = vec![Ball::one()];
        for k in 1..=n {
            let mut product = vec![BigInt::zero(); n * n];
            for i in 0..n {
                for l in (0..n).filter(|&l| !m[i * n + l].is_zero()) {
                    for j in 0..n {
                        product[i * n + j] += &m[i * n + l] * &adjugate[l * n + j];
                    }
                }
            }
            let trace: BigInt = (0..n).map(|i| &product[i * n + i]).sum();
            let c = -trace / BigInt::from(k);
            let size = if self.tolerance() == 0.0 { BigInt::zero() } else { size(&adjugate) };
            for i in 0..n {
                product[i * n + i] += &c;
            }
            coefficients.push(self.ball(c, &size));
            adjugate = product;
        }
        Polynomial::new(coefficients)
    }
}

/// `size · tolerance`, rounded down: in units of the common denominator nothing is smaller than 1.
pub fn portion(size: &BigInt, tolerance: f64) -> BigInt {
    if tolerance == 0.0 || size.is_zero() {
        return BigInt::zero();
    }
    // The tolerance to 60 bits.
    let bits = 60 + (-tolerance.log2()).clamp(0.0, 900.0) as u32;
    let scaled = (tolerance * 2f64.powi(bits as i32)).ceil().to_u128().unwrap_or(u128::MAX);
    (size.abs() * scaled) >> bits
}

/// `Σ_j w_j v_j`, with the size of its terms, of numbers and their sizes.
fn dot((w, sizes): (&[BigInt], &[BigInt]), v: &[(BigInt, BigInt)]) -> (BigInt, BigInt) {
    let terms = w.iter().zip(sizes).zip(v).filter(|((w, _), _)| !w.is_zero());
    terms.fold((BigInt::zero(), BigInt::zero()), |sum, ((w, size), x)| (sum.0 + w * &x.0, sum.1 + size * &x.1))
}

/// Whether there is a way from `i` to `j`, at `i s + j`.
fn reachable(s: usize, edge: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let mut reach: Vec<bool> = (0..s * s).map(|k| edge(k / s, k % s)).collect();
    for via in 0..s {
        for i in (0..s).filter(|i| reach[i * s + via]).collect::<Vec<_>>() {
            for j in 0..s {
                reach[i * s + j] |= reach[via * s + j];
            }
        }
    }
    reach
}
