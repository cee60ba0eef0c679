//! Zeros of `ρ`, and the symmetry of both polynomials.

use num_traits::Zero;

use super::{Characteristics, RecoveredMultistep, Reduced, with_characteristics};
use crate::tableau::coefficients::{Certainty, Scalar};
use crate::verify::exact::unit_circle::UnitCircle;
use crate::verify::exact::verdict::Verdict;

/// What doubles do not decide.
pub(in crate::verify) fn near_the_circle(of: &str) -> Verdict {
    let reason = format!(
        "not decided: a zero of {of} is so near to the unit circle that doubles do not tell on which side; fractions or roots would"
    );
    Verdict { holds: false, certainty: Certainty::Undecided, reason }
}

impl RecoveredMultistep {
    fn zeros(&self) -> Option<UnitCircle> {
        UnitCircle::of_known_to(&self.near.rho, self.certainty().tolerance())
    }

    /// The root condition on `ρ`: no zero is outside the unit circle, and those on it are simple.
    pub fn zero_stability(&self) -> Verdict {
        let Some(zeros) = self.zeros() else { return near_the_circle("ρ") };
        let reason = match (zeros.has_outside, zeros.are_simple) {
            (true, _) => "a zero of ρ is outside the unit circle".to_string(),
            (_, false) => "a zero of ρ on the unit circle is not simple".to_string(),
            _ => format!("the zeros of ρ are in the unit disc, {} on its edge, simple", zeros.on_it),
        };
        Verdict { holds: zeros.holds_all(), certainty: self.certainty(), reason }
    }

    /// Whether, beside that, 1 is the only zero of `ρ` on the unit circle: then errors of the past are forgotten.
    pub fn strong_stability(&self) -> Verdict {
        let Some(zeros) = self.zeros() else { return near_the_circle("ρ") };
        let holds = zeros.holds_all() && zeros.on_it == 1;
        let reason =
            format!("ρ has {} on the unit circle{}", count(zeros.on_it), if holds { ": 1 itself" } else { "" });
        Verdict { holds, certainty: self.certainty(), reason }
    }

    /// Whether errors do not grow on the way back either: all zeros of `ρ` are simple and on the unit circle.
    pub fn stability_backwards(&self) -> Verdict {
        let Some(zeros) = self.zeros() else { return near_the_circle("ρ") };
        let holds = zeros.holds_all() && zeros.on_it == self.near.steps();
        let reason = match holds {
            true => "all zeros of ρ are simple and on the unit circle".to_string(),
            false => format!("of {} ρ has {} on the unit circle", count(self.near.steps()), zeros.on_it),
        };
        Verdict { holds, certainty: self.certainty(), reason }
    }

    /// A-stability with `R(∞) = 0`: of the growth factors as `z → ∞`, the zeros of `σ`, none is but zero. A common factor of `ρ` and
    /// `σ` is left out.
    pub fn l_stability(&self, a_stable: &Verdict) -> Verdict {
        if !a_stable.holds {
            return a_stable.clone();
        }
        let reduced = self.reduced();
        let of = reduced.as_ref().map_or(&self.near, |reduced| &reduced.characteristics);
        let holds = of.sigma[..of.steps()].iter().all(Zero::is_zero);
        let reason = if holds { "A-stable, and σ(ζ) = b_k ζ^k" } else { "σ has a zero that is not 0" };
        Verdict { holds, certainty: self.certainty(), reason: of_reduced(reason.to_string(), reduced.as_ref()) }
    }

    /// Whether a step back from the newest states is a step with `−h`. A common factor of `ρ` and `σ` is left out.
    pub fn symmetry(&self) -> Verdict {
        match self.reduced() {
            None => with_characteristics!(self, k => k.symmetry()),
            Some(reduced) => {
                let verdict = reduced.characteristics.symmetry();
                Verdict { reason: of_reduced(verdict.reason.clone(), Some(&reduced)), ..verdict }
            }
        }
    }

    /// G-stability of the one-leg twin: there is a positive definite form in `k` successive states that no step on a dissipative
    /// field increases. By Dahlquist's theorem there is one if, and only if, the multistep method is A-stable, for polynomials
    /// without a common zero.
    ///
    /// Source: G. Dahlquist, G-stability is equivalent to A-stability, BIT 18 (1978) 384–401.
    pub fn g_stability(&self, a_stable: &Verdict) -> Verdict {
        if let Some(reduced) = self.reduced() {
            let reason = format!("not decided: ρ and σ have the common factor {reduced}");
            return Verdict { holds: false, certainty: Certainty::Undecided, reason };
        }
        let reason = match a_stable.holds {
            _ if a_stable.certainty == Certainty::Undecided => return a_stable.clone(),
            true => "A-stable, which is equivalent (Dahlquist 1978); the form itself is not computed",
            false => "not A-stable, which is equivalent (Dahlquist 1978)",
        };
        Verdict { reason: reason.to_string(), ..a_stable.clone() }
    }
}

/// A reason, with what it is about if that is not the method itself.
fn of_reduced(reason: String, reduced: Option<&Reduced>) -> String {
    let without = |reduced: &Reduced| format!(", without the common factor {reduced} of ρ and σ");
    reason + &reduced.map_or_else(String::new, without)
}

fn count(zeros: usize) -> String {
    if zeros == 1 { "1 zero".to_string() } else { format!("{zeros} zeros") }
}

impl<T: Scalar> Characteristics<T> {
    /// Whether a step back from the newest states is a step with `−h`: `a_{k−i} = −a_i` and `b_{k−i} = b_i`.
    ///
    /// Source: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), XV.1.3.
    pub fn symmetry(&self) -> Verdict {
        let k = self.steps();
        let residuals = (0..=k).flat_map(|i| {
            let of_rho = self.rho[k - i].clone() + &self.rho[i];
            let of_sigma = self.sigma[k - i].clone() - &self.sigma[i];
            [(format!("a_{} + a_{i}", k - i), of_rho), (format!("b_{} − b_{i}", k - i), of_sigma)]
        });
        let missed = residuals.filter(|(_, x)| !x.vanishes(self.certainty.tolerance()));
        let worst = missed.map(|(what, x)| (what, x.to_f64())).max_by(|x, y| x.1.abs().total_cmp(&y.1.abs()));
        let reason = match &worst {
            None => "a_{k−i} = −a_i and b_{k−i} = b_i".to_string(),
            Some((what, residual)) => format!("{what} is {residual:.3e}"),
        };
        Verdict { holds: worst.is_none(), certainty: self.certainty, reason }
    }
}
