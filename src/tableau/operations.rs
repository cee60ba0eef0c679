//! Schemes made of schemes.
//!
//! | operation | the step it takes |
//! | --- | --- |
//! | [`Tableau::adjoint`] | `Φ*_h = Φ_{-h}⁻¹`: undoes a step with `−h` |
//! | [`Tableau::reflected`] | the same, its stages in the order of the scheme's |
//! | [`Tableau::transposed`] | `B⁻¹ Aᵀ B` for `A`; no meaning of its own |
//! | [`Tableau::discrete_adjoint`] | what the gradient of a network of such steps does to the adjoint variable |
//! | [`Tableau::composed`], [`Tableau::power`] | several steps, one after the other |
//! | [`Tableau::conjugated`] | `χ_{-h}… Φ χ`: a step in other coordinates |
//! | [`Tableau::reduced`] | the same step by fewer stages |
//!
//! Where coefficients are fractions the result is computed exactly and rounded once, so that what was exact stays exact.

use num_traits::{One, Zero};

use super::coefficients::recovered::simple;
use super::coefficients::{Certainty, Coefficients, Rational, Recovered, Scalar, Summed, with_coefficients};
use super::{Entry, Surd, Tableau};
use crate::Error;

/// Schemes made of schemes.
impl Tableau {
    /// The adjoint scheme `Φ*_h = Φ_{-h}⁻¹`: `a*_ij = b_{s-1-j} − a_{s-1-i,s-1-j}`, `b*_j = b_{s-1-j}`,
    /// `c*_i = 1 − c_{s-1-i}`. Its adjoint is the scheme itself; its order is the same.
    ///
    /// Not to be confused with the [discrete adjoint](Tableau::discrete_adjoint), which propagates gradients.
    ///
    /// Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I (1993), II.8.
    ///
    /// ```
    /// use kutta::Tableau;
    /// let backward = Tableau::forward_euler().adjoint();
    /// assert_eq!((backward.row(0), backward.b(), backward.c()), (&[1.0][..], &[1.0][..], &[1.0][..]));
    /// ```
    pub fn adjoint(&self) -> Tableau {
        fn of<T: Scalar>(k: &Coefficients<T>) -> Coefficients<T> {
            let last = k.stages() - 1;
            k.like(
                |i, j| k.b[last - j].clone() - k.a(last - i, last - j),
                |j| k.b[last - j].clone(),
                |i| T::one() - &k.c[last - i],
            )
        }
        let made = with_coefficients!(Recovered::of(self), k => of(&k).trusted());
        named(made, self, |name| format!("adjoint of {name}"))
    }

    /// The reflected scheme: `a'_ij = b_j − a_ij`, the same `b`, `c'_i = 1 − c_i`. It is the [adjoint](Tableau::adjoint)
    /// scheme with its stages in reverse order.
    ///
    /// Source: R. Scherer, H. Türke, Reflected and transposed Runge–Kutta methods, BIT 23 (1983) 262–266.
    pub fn reflected(&self) -> Tableau {
        fn of<T: Scalar>(k: &Coefficients<T>) -> Coefficients<T> {
            k.like(|i, j| k.b[j].clone() - k.a(i, j), |j| k.b[j].clone(), |i| T::one() - &k.c[i])
        }
        let made = with_coefficients!(Recovered::of(self), k => of(&k).trusted());
        named(made, self, |name| format!("{name}, reflected"))
    }

    /// The transposed scheme: `a'_ij = b_j a_ji / b_i`, the same `b`, nodes the row sums of `A'`.
    ///
    /// Source: R. Scherer, H. Türke, Reflected and transposed Runge–Kutta methods, BIT 23 (1983) 262–266.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if a weight is zero: then there is no such scheme.
    pub fn transposed(&self) -> Result<Tableau, Error> {
        fn of<T: Scalar>(k: &Coefficients<T>) -> Coefficients<T> {
            let a = |i: usize, j: usize| k.b[j].clone() * k.a(j, i) / &k.b[i];
            k.like(a, |j| k.b[j].clone(), |i| (0..k.stages()).fold(T::zero(), |sum, j| sum + a(i, j)))
        }
        self.check_weights()?;
        let made = with_coefficients!(Recovered::of(self), k => of(&k).to_tableau()?);
        Ok(named(made, self, |name| format!("{name}, transposed")))
    }

    /// The scheme by which the discrete adjoint of this one integrates the adjoint equation `λ̇ = −Jᵀ λ` forward in time,
    /// from `λ_n` to `λ_{n+1}`: `ā_ij = b_j − b_j a_ji / b_i`, the same `b` and `c`.
    ///
    /// The pair of both conserves `λ·δ`, as the exact solutions of the adjoint and the variational equation do; it is a
    /// symplectic partitioned scheme. A symplectic scheme is its own discrete adjoint. The order of the pair, which may be
    /// below that of the scheme, is the order with which controls that are eliminated by the adjoint variable converge.
    ///
    /// Sources: W. W. Hager, Numer. Math. 87 (2000) 247–282; J. M. Sanz-Serna, SIAM Rev. 58 (2016) 3–33.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if a weight of a stage that is used is zero: the discrete adjoint then is not a
    /// Runge–Kutta scheme. Stages that are [not used](Tableau::reduced) do not count, and are left out.
    pub fn discrete_adjoint(&self) -> Result<Tableau, Error> {
        let used = if self.b().contains(&0.0) { self.reduced() } else { self.clone() };
        used.check_weights()?;
        let made = with_coefficients!(Recovered::of(&used), k => k.discrete_adjoint().to_tableau()?);
        Ok(named(made, self, |name| format!("discrete adjoint of {name}")))
    }

    /// One scheme after the other: for each `(γ, scheme)` in turn a step of size `γ h`, as one scheme with all their
    /// stages. The fractions sum to one; they may be negative.
    ///
    /// With `R` the stability functions, `R(z) = Π R_k(γ_k z)`. The order is at least the least of the parts.
    ///
    /// ```
    /// use kutta::Tableau;
    /// // Yoshida's triple jump: order 4 from order 2.
    /// let jump = 1.0 / (2.0 - 2f64.cbrt());
    /// let midpoint = Tableau::implicit_midpoint();
    /// let scheme = Tableau::composed(&[(jump, &midpoint), (1.0 - 2.0 * jump, &midpoint), (jump, &midpoint)])?;
    /// assert_eq!(scheme.stages(), 3);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no part, or if the fractions are not finite numbers that sum to one.
    pub fn composed(parts: &[(f64, &Tableau)]) -> Result<Tableau, Error> {
        let sum: f64 = parts.iter().map(|(fraction, _)| fraction).sum();
        let size: f64 = parts.iter().map(|(fraction, _)| fraction.abs()).sum();
        if parts.is_empty() || !(size.is_finite() && (sum - 1.0).abs() <= 1e-12 * size) {
            return Err(Error::invalid(
                "the fractions of a composition",
                format!("{:?}", parts.iter().map(|part| part.0).collect::<Vec<_>>()),
                "numbers that sum to 1",
            ));
        }
        let exact = parts.iter().map(|(fraction, _)| simple(*fraction)).collect::<Option<Vec<Rational>>>();
        let exact = exact.filter(|all| all.iter().fold(Rational::zero(), |sum, x| sum + x).is_one());
        composed(parts, exact.map(|fractions| (fractions, Certainty::Recognised)))
    }

    /// `times` steps of size `h / times` as one scheme. It has the same order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `times` is 0.
    pub fn power(&self, times: usize) -> Result<Tableau, Error> {
        if times == 0 {
            return Tableau::composed(&[]);
        }
        let fraction = Rational::new(1.into(), times.into());
        let parts = vec![(1.0 / times as f64, self); times];
        let power = composed(&parts, Some((vec![fraction; times], Certainty::Proved)))?;
        Ok(named(power, self, |name| format!("{name}, {times} times")))
    }

    /// The conjugate scheme `χ⁻¹ ∘ Φ_h ∘ χ`, where `χ` is a step of `by` of size `fraction · h`: in the long run it
    /// behaves as this one does. The trapezoidal rule is conjugate to the midpoint rule by half a step of forward Euler.
    ///
    /// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), VI.8.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `fraction` is not finite.
    pub fn conjugated(&self, by: &Tableau, fraction: f64) -> Result<Tableau, Error> {
        let conjugate = Tableau::composed(&[(fraction, by), (1.0, self), (-fraction, &by.adjoint())])?;
        Ok(named(conjugate, self, |name| format!("{name}, conjugated by {}", by.name())))
    }

    /// The same step by as few stages as possible: stages that are not used go, stages that always have the same value
    /// become one. Embedded weights are lost.
    pub fn reduced(&self) -> Tableau {
        let made = with_coefficients!(Recovered::of(self), k => k.reduced().scheme.trusted());
        named(made, self, |name| name.to_string())
    }

    fn check_weights(&self) -> Result<(), Error> {
        match self.b().iter().position(|&b| b == 0.0) {
            None => Ok(()),
            Some(i) => Err(Error::invalid(
                "b",
                format!("0 at stage {i}"),
                "weights that are not zero, since the transposed scheme divides by them",
            )),
        }
    }
}

fn named(made: Tableau, scheme: &Tableau, name: impl Fn(&str) -> String) -> Tableau {
    if scheme.name().is_empty() { made.named("") } else { made.named(name(scheme.name())) }
}

/// The parts one after the other, exactly if they and their fractions are exact.
fn composed(parts: &[(f64, &Tableau)], exact: Option<(Vec<Rational>, Certainty)>) -> Result<Tableau, Error> {
    let name = parts.iter().map(|(_, scheme)| scheme.name()).collect::<Vec<_>>().join(", then ");
    let roots = |(_, scheme): &(f64, &Tableau)| match Recovered::of(scheme) {
        Recovered::Exact(k) => Some(k.map(|x| Surd::from(x.clone()))),
        Recovered::Roots(k) => Some(k),
        Recovered::Summed(_) => None,
    };
    let made = match (exact, parts.iter().map(roots).collect::<Option<Vec<_>>>()) {
        (Some((fractions, certainty)), Some(schemes)) => {
            let fractions: Vec<Surd> = fractions.into_iter().map(Surd::from).collect();
            chain(&schemes, &fractions, certainty).to_tableau()?
        }
        _ => {
            let schemes: Vec<_> = parts.iter().map(|(_, scheme)| Coefficients::rounded(scheme)).collect();
            let fractions: Vec<_> = parts.iter().map(|(fraction, _)| Summed::from(*fraction)).collect();
            chain(&schemes, &fractions, Certainty::Proved).to_tableau()?
        }
    };
    Ok(made.named(name))
}

/// Steps of the sizes `fractions`, which are of this certainty, one after the other.
fn chain<T: Scalar>(parts: &[Coefficients<T>], fractions: &[T], certainty: Certainty) -> Coefficients<T> {
    let s: usize = parts.iter().map(Coefficients::stages).sum();
    let (mut a, mut b, mut c) = (Vec::with_capacity(s * s), Vec::with_capacity(s), Vec::with_capacity(s));
    let mut start = T::zero();
    for (part, fraction) in parts.iter().zip(fractions) {
        for i in 0..part.stages() {
            let row = part.row(i).iter().map(|x| fraction.clone() * x);
            let entries = b.iter().cloned().chain(row);
            a.extend(entries.chain(std::iter::repeat_n(T::zero(), s)).take(s));
            c.push(start.clone() + fraction.clone() * &part.c[i]);
        }
        b.extend(part.b.iter().map(|x| fraction.clone() * x));
        start = start + fraction;
    }
    let certainty = parts.iter().fold(certainty, |all, part| all.and(part.certainty));
    Coefficients { a, b, c, embedded: None, certainty }
}

impl<T: Scalar> Coefficients<T> {
    /// A scheme of as many stages, from formulas for its coefficients.
    fn like(&self, a: impl Fn(usize, usize) -> T, b: impl Fn(usize) -> T, c: impl Fn(usize) -> T) -> Self {
        let s = self.stages();
        Coefficients {
            a: (0..s * s).map(|k| a(k / s, k % s)).collect(),
            b: (0..s).map(b).collect(),
            c: (0..s).map(c).collect(),
            embedded: None,
            certainty: self.certainty,
        }
    }

    /// The scheme of [`Tableau::discrete_adjoint`]; no weight is zero.
    pub(crate) fn discrete_adjoint(&self) -> Self {
        let a = |i: usize, j: usize| self.b[j].clone() - self.b[j].clone() * self.a(j, i) / &self.b[i];
        self.like(a, |j| self.b[j].clone(), |i| self.c[i].clone())
    }

    /// The scheme as a tableau, without a name; an error if a coefficient overflows. What is proved of these coefficients
    /// is proved of the tableau.
    fn to_tableau(&self) -> Result<Tableau, Error> {
        let made = self.trusted();
        let rows: Vec<&[f64]> = (0..made.stages()).map(|i| made.row(i)).collect();
        Tableau::with_free_nodes(rows, made.b(), made.c()).map(|_| made)
    }

    /// As [`to_tableau`](Self::to_tableau), for sums of coefficients, which do not overflow.
    fn trusted(&self) -> Tableau {
        let is_proved = self.certainty == Certainty::Proved;
        let off = |x: &T| match self.certainty {
            Certainty::ToDigits(digits) => digits * (x.size() - x.to_f64().abs()),
            _ => 0.0,
        };
        let entry = |x: &T| Entry { value: x.to_f64(), exact: x.exact().filter(|_| is_proved), off: off(x) };
        let entries = |v: &[T]| v.iter().map(entry).collect::<Vec<_>>();
        Tableau::of_entries("", entries(&self.a), entries(&self.b), entries(&self.c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(x: &Tableau, y: &Tableau) -> f64 {
        assert_eq!(x.stages(), y.stages());
        let all = |t: &Tableau| {
            (0..t.stages())
                .flat_map(|i| t.row(i).to_vec())
                .chain(t.b().to_vec())
                .chain(t.c().to_vec())
                .collect::<Vec<_>>()
        };
        all(x).iter().zip(all(y)).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn the_adjoint_of_the_adjoint_is_the_scheme() {
        for scheme in Tableau::catalogue() {
            assert!(distance(&scheme.adjoint().adjoint(), &scheme) < 1e-14, "{scheme}");
        }
        assert!(distance(&Tableau::gauss(3).unwrap().adjoint(), &Tableau::gauss(3).unwrap()) < 1e-15);
    }

    #[test]
    fn forward_and_backward_euler_compose_to_the_classics() {
        let (forward, backward) = (Tableau::forward_euler(), Tableau::backward_euler());
        let midpoint = Tableau::composed(&[(0.5, &backward), (0.5, &forward)]).unwrap();
        assert_eq!(distance(&midpoint.reduced(), &Tableau::implicit_midpoint()), 0.0);
        let trapezoidal = Tableau::composed(&[(0.5, &forward), (0.5, &backward)]).unwrap();
        assert_eq!(distance(&trapezoidal, &Tableau::trapezoidal()), 0.0);
        let conjugate = Tableau::implicit_midpoint().conjugated(&forward, 0.5).unwrap().reduced();
        assert_eq!(distance(&conjugate, &Tableau::trapezoidal()), 0.0);
        assert_eq!(Tableau::rk4().power(3).unwrap().stages(), 12);
        assert_eq!(Tableau::rk4().power(3).unwrap().b()[0], 1.0 / 18.0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let euler = Tableau::forward_euler();
        for parts in [vec![], vec![(0.5, &euler)], vec![(f64::NAN, &euler)], vec![(f64::INFINITY, &euler)]] {
            assert!(Tableau::composed(&parts).unwrap_err().to_string().contains("numbers that sum to 1"));
        }
        assert!(euler.power(0).is_err() && euler.conjugated(&euler, f64::NAN).is_err());
        assert!(Tableau::explicit_midpoint().transposed().unwrap_err().to_string().contains("0 at stage 0"));
        assert!(Tableau::explicit_midpoint().discrete_adjoint().is_err());
    }

    #[test]
    fn discrete_adjoints() {
        // Symplectic schemes are their own; an unused stage is no obstacle.
        let gauss = Tableau::gauss(3).unwrap();
        assert!(distance(&gauss.discrete_adjoint().unwrap(), &gauss) < 1e-15);
        let euler = Tableau::two_leg_theta(0.0).unwrap().discrete_adjoint().unwrap();
        assert_eq!((euler.row(0), euler.b(), euler.c()), (&[1.0][..], &[1.0][..], &[0.0][..]));
        // Both operations together make the discrete adjoint, but for the nodes.
        let both = Tableau::radau_iia(3).unwrap().transposed().unwrap().reflected();
        let discrete = Tableau::radau_iia(3).unwrap().discrete_adjoint().unwrap();
        assert!((0..3).all(|i| both.row(i).iter().zip(discrete.row(i)).all(|(x, y)| (x - y).abs() < 1e-14)));
        assert!(distance(&gauss.transposed().unwrap(), &gauss.adjoint().transposed().unwrap()) < 1e-14);
    }
}
