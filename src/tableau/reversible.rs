//! Methods whose steps are undone exactly.

use super::entry::{Entry, values};
use super::{GeneralLinear, Method, Tableau, TermCoefficients};

/// How McCallum and Foster couple the two states of a reversible method, in thousandths: the value of their experiments.
const COUPLING: usize = 999;

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
        let s = tableau.stages();
        let doubles = |v: &[f64]| v.iter().map(|&x| Entry::double(x)).collect::<Vec<Entry>>();
        let (a, b, c) = match tableau.written() {
            Some(written) => (written.a.clone(), written.b.clone(), written.c.clone()),
            None => {
                let a = (0..s).flat_map(|i| doubles(tableau.row(i))).collect();
                (a, doubles(tableau.b()), doubles(tableau.c()))
            }
        };
        let (zeros, one) = (vec![Entry::ratio(0, 1); s], Entry::ratio(1, 1));
        let rows = || a.chunks_exact(s).map(<[Entry]>::to_vec);
        let first = rows().map(|row| [row, zeros.clone()].concat());
        let second = rows().map(|row| b.iter().cloned().chain(row.into_iter().map(|a| -a)).collect());
        let nodes = c.iter().cloned().chain(c.iter().map(|c| one.clone() - c.clone())).map(Entry::rounded);
        let coupled = vec![Entry::ratio(COUPLING, 1000), Entry::ratio(1000 - COUPLING, 1000)];
        let other = vec![Entry::ratio(0, 1), one.clone()];
        let u = [vec![other.clone(); s], vec![coupled.clone(); s]].concat();
        let (v, a) = (vec![coupled, other], first.chain(second).collect::<Vec<Vec<Entry>>>());
        let (b, c) = (vec![[b.clone(), zeros.clone()].concat(), [zeros, b].concat()], nodes.collect::<Vec<Entry>>());
        let doubles = |rows: &[Vec<Entry>]| rows.iter().map(|row| values(row)).collect::<Vec<Vec<f64>>>();
        let method = Self::trusted(GeneralLinear {
            name: format!("reversible {}", tableau.name()).trim_end().to_string(),
            u: doubles(&u),
            v: doubles(&v),
            terms: vec![TermCoefficients { a: doubles(&a), b: doubles(&b), c: values(&c) }],
            start: None,
            starting: None,
        });
        let start = vec![one; 2];
        method.written_as([u, v, a, b, vec![c, start]].concat().concat())
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
