//! Multistep methods as general linear ones, with a start.

use super::Multistep;
use crate::tableau::{GeneralLinear, Tableau, TermCoefficients};

impl Multistep {
    /// As a general linear method: it carries the states that it needs, then increments `h F` of earlier steps.
    pub(in crate::tableau) fn general_linear(&self) -> GeneralLinear {
        let last = |x: &[f64]| x.iter().rposition(|&x| x != 0.0).map_or(0, |j| j + 1);
        // States y_n, y_{n-1}, …, and increments h F(y_{n-1}), ….
        let states = last(&self.alpha).max(1);
        let slopes = last(&self.beta).max(2) - 2;
        let r = states + slopes;
        let implicit = !self.is_explicit();
        // Of y_n the slope is needed where it has a weight, or will have.
        let evaluates = self.beta[1] != 0.0 || slopes > 0;
        let unit = |k: usize, n: usize| (0..n).map(|l| f64::from(u8::from(l == k))).collect::<Vec<f64>>();
        let formula: Vec<f64> =
            self.alpha[..states].iter().copied().chain(self.beta[2..2 + slopes].iter().copied()).collect();
        let (mut u, mut c, mut a) = (Vec::new(), Vec::new(), Vec::new());
        let s = usize::from(evaluates) + usize::from(implicit);
        let mut weights = vec![0.0; s];
        if evaluates {
            u.push(unit(0, r));
            c.push(0.0);
            a.push(vec![0.0; s]);
            weights[0] = self.beta[1];
        }
        if implicit {
            weights[s - 1] = self.beta[0];
            u.push(formula.clone());
            c.push(1.0);
            a.push(weights.clone());
        }
        let (mut v, mut b) = (vec![formula], vec![weights]);
        for k in 1..r {
            let newest = k == states;
            v.push(if newest { vec![0.0; r] } else { unit(k - 1, r) });
            b.push(if newest { unit(0, s) } else { vec![0.0; s] });
        }
        let start = (0..r).map(|k| if k < states { 1.0 } else { 0.0 }).collect();
        let starting = (r > 1).then(|| self.starting());
        GeneralLinear {
            name: self.name.clone(),
            u,
            v,
            terms: vec![TermCoefficients { a, b, c }],
            start: Some(start),
            starting,
        }
    }

    /// A scheme of at least the same order, explicit if the method is and there is one.
    fn starting(&self) -> Tableau {
        let order = self.order();
        let named = match order {
            _ if !self.is_explicit() => None,
            0..=2 => Some("heun"),
            3..=4 => Some("rk4"),
            5..=6 => Some("verner_6_5"),
            7..=8 => Some("dormand_prince_8_5"),
            _ => None,
        };
        let explicit = named.and_then(|name| Tableau::by_name(name).ok());
        explicit.or_else(|| Tableau::radau_iia(order / 2 + 1).ok()).unwrap_or_else(Tableau::backward_euler)
    }
}
