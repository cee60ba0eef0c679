//! Methods whose steps are undone exactly.

use super::{GeneralLinear, Method, Tableau, TermCoefficients};

/// How McCallum and Foster couple the two states of a reversible method: the value of their experiments.
const COUPLING: f64 = 0.999;
/// What is left to one: as a double nearest to that, so that it is known for what it is.
const REST: f64 = 0.001;

impl Method {
    /// The reversible method of McCallum and Foster around a scheme, with its step `y ↦ y + Ψ_h(y)`: of the same order, and
    /// whatever the scheme, undone exactly by its [inverse](Method::inverse), which is explicit where the scheme is. Two
    /// states go side by side,
    ///
    /// ```text
    /// y' = λ y + (1 - λ) z + Ψ_h(z) ,     z' = z - Ψ_{-h}(y') ,     λ = 0.999 .
    /// ```
    ///
    /// # Reference
    /// McCallum and Foster, *Efficient, accurate and stable gradients for neural ODEs*, 2024, arXiv:2410.11648.
    pub fn reversible(tableau: &Tableau) -> Self {
        let (s, b) = (tableau.stages(), tableau.b());
        let a = |sign: f64, i: usize| tableau.row(i).iter().map(move |&a| sign * a);
        let zeros = || std::iter::repeat_n(0.0, s);
        let first = (0..s).map(|i| a(1.0, i).chain(zeros()).collect::<Vec<f64>>());
        let second = (0..s).map(|i| b.iter().copied().chain(a(-1.0, i)).collect());
        let weights = |first: bool| {
            if first { b.iter().copied().chain(zeros()).collect() } else { zeros().chain(b.iter().copied()).collect() }
        };
        let nodes = tableau.c().iter().copied().chain(tableau.c().iter().map(|c| 1.0 - c));
        let state = vec![COUPLING, REST];
        Self::trusted(GeneralLinear {
            name: format!("reversible {}", tableau.name()).trim_end().to_string(),
            u: [vec![vec![0.0, 1.0]; s], vec![state.clone(); s]].concat(),
            v: vec![state, vec![0.0, 1.0]],
            terms: vec![TermCoefficients {
                a: first.chain(second).collect(),
                b: vec![weights(true), weights(false)],
                c: nodes.collect(),
            }],
            start: None,
            starting: None,
        })
    }

    /// The reversible Heun method: of order 2, with one new evaluation of the field a step, undone exactly by its
    /// [inverse](Method::inverse),
    ///
    /// ```text
    /// z' = 2 y - z + h F(t_n, z) ,     y' = y + h/2 (F(t_n, z) + F(t_n + h, z')) .
    /// ```
    ///
    /// # Reference
    /// Kidger, Foster, Li and Lyons, *Efficient and accurate gradients for neural SDEs*, 2021, arXiv:2105.13493, algorithm 1.
    pub fn reversible_heun() -> Self {
        Self::trusted(GeneralLinear {
            name: "reversible_heun".to_string(),
            u: vec![vec![0.0, 1.0], vec![2.0, -1.0]],
            v: vec![vec![1.0, 0.0], vec![2.0, -1.0]],
            terms: vec![TermCoefficients {
                a: vec![vec![0.0, 0.0], vec![1.0, 0.0]],
                b: vec![vec![0.5, 0.5], vec![1.0, 0.0]],
                c: vec![0.0, 1.0],
            }],
            start: None,
            starting: None,
        })
    }
}
