//! Stages that do nothing, and stages that do the same.
//!
//! Sources: G. Dahlquist, R. Jeltsch, Reducibility and contractivity of Runge–Kutta methods revisited, BIT 46 (2006)
//! 567–587; W. H. Hundsdorfer, M. N. Spijker, A note on B-stability of Runge–Kutta methods, Numer. Math. 36 (1981) 319–331.

use super::{Coefficients, Recovered, Scalar};

/// What is left of a scheme without its redundant stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduction<T> {
    /// The irreducible scheme that computes the same steps; it has no embedded weights.
    pub scheme: Coefficients<T>,
    /// For each stage of the scheme that was reduced, the stage it has become, if it is used at all.
    pub becomes: Vec<Option<usize>>,
}

impl Recovered {
    /// The same steps by as few stages as possible.
    pub fn reduced(&self) -> Recovered {
        match self {
            Recovered::Exact(k) => Recovered::Exact(k.reduced().scheme),
            Recovered::Roots(k) => Recovered::Roots(k.reduced().scheme),
            Recovered::Summed(k) => Recovered::Summed(k.reduced().scheme),
        }
    }
}

impl<T: Scalar> Coefficients<T> {
    /// The same steps by as few stages as possible.
    ///
    /// A stage goes if neither the new state nor a stage that stays depends on it (Dahlquist and Jeltsch). Stages that
    /// have the same value whatever the field become one (Hundsdorfer and Spijker): the coarsest partition of the stages
    /// is sought for which `Σ_{k ∈ J} a_ik` is the same for all `i` of a set, for every set `J`.
    pub fn reduced(&self) -> Reduction<T> {
        let mut scheme = Coefficients { embedded: None, ..self.clone() };
        let mut becomes: Vec<Option<usize>> = (0..self.stages()).map(Some).collect();
        loop {
            let used = scheme.used();
            let sets = scheme.equal_stages(&used);
            if sets.len() == scheme.stages() {
                return Reduction { scheme, becomes };
            }
            let set_of = |stage: usize| sets.iter().position(|set| set.contains(&stage));
            for stage in &mut becomes {
                *stage = stage.and_then(set_of);
            }
            scheme = scheme.merged(&sets);
        }
    }

    /// Which stages the new state depends on.
    fn used(&self) -> Vec<bool> {
        let s = self.stages();
        let mut used: Vec<bool> = self.b.iter().map(|b| !b.vanishes(self.tolerance())).collect();
        let mut pending: Vec<usize> = (0..s).filter(|&i| used[i]).collect();
        while let Some(i) = pending.pop() {
            for (j, is_used) in used.iter_mut().enumerate() {
                if !*is_used && !self.a(i, j).vanishes(self.tolerance()) {
                    *is_used = true;
                    pending.push(j);
                }
            }
        }
        used
    }

    /// The sets of used stages that always have the same value, in the order of their first members.
    fn equal_stages(&self, used: &[bool]) -> Vec<Vec<usize>> {
        let alike = |x: &T, y: &T| (x.clone() - y).vanishes(self.tolerance());
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for i in (0..self.stages()).filter(|&i| used[i]) {
            match sets.iter_mut().find(|set| alike(&self.c[set[0]], &self.c[i])) {
                Some(set) => set.push(i),
                None => sets.push(vec![i]),
            }
        }
        loop {
            let sums = |i: usize| -> Vec<T> { sets.iter().map(|set| self.sum_of_row(i, set)).collect() };
            let mut finer: Vec<Vec<usize>> = Vec::new();
            for set in &sets {
                let from = finer.len();
                for &i in set {
                    let row = sums(i);
                    let same = |other: &Vec<usize>| sums(other[0]).iter().zip(&row).all(|(x, y)| alike(x, y));
                    match finer[from..].iter().position(same) {
                        Some(k) => finer[from + k].push(i),
                        None => finer.push(vec![i]),
                    }
                }
            }
            if finer.len() == sets.len() {
                sets.sort();
                return sets;
            }
            sets = finer;
        }
    }

    fn sum_of_row(&self, i: usize, set: &[usize]) -> T {
        set.iter().fold(T::zero(), |sum, &k| sum + self.a(i, k))
    }

    /// The scheme with one stage for each set.
    fn merged(&self, sets: &[Vec<usize>]) -> Self {
        let weight = |set: &Vec<usize>| set.iter().fold(T::zero(), |sum, &k| sum + &self.b[k]);
        Coefficients {
            a: sets.iter().flat_map(|i| sets.iter().map(|j| self.sum_of_row(i[0], j))).collect(),
            b: sets.iter().map(weight).collect(),
            c: sets.iter().map(|set| self.c[set[0]].clone()).collect(),
            embedded: None,
            certainty: self.certainty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Recovered, with_coefficients};
    use crate::Tableau;

    /// The number of stages left, and what has become of each.
    fn reduced(scheme: &Tableau) -> (usize, Vec<Option<usize>>) {
        with_coefficients!(Recovered::of(scheme), k => (k.reduced().scheme.stages(), k.reduced().becomes))
    }

    #[test]
    fn unused_and_equal_stages_go() {
        // Backward Euler by two half steps of which the second is forward: the implicit midpoint rule.
        let twice = Tableau::new([[0.5, 0.0], [0.5, 0.0]], [0.5, 0.5], [0.5, 0.5]).unwrap();
        assert_eq!(reduced(&twice), (1, vec![Some(0), Some(0)]));
        assert_eq!(reduced(&Tableau::two_leg_theta(0.0).unwrap()), (1, vec![Some(0), None]));
        assert_eq!(reduced(&Tableau::two_leg_theta(1.0).unwrap()), (1, vec![None, Some(0)]));
        let irrational = 0.5f64.sqrt();
        let same = Tableau::new(
            [[irrational / 2.0, irrational / 2.0], [irrational, 0.0]],
            [0.25, 0.75],
            [irrational, irrational],
        )
        .unwrap();
        assert_eq!(reduced(&same), (1, vec![Some(0), Some(0)]));
        // A chain of stages that nothing depends on.
        let idle = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        assert_eq!(reduced(&Tableau::new(idle, [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]).unwrap()).0, 1);
    }

    #[test]
    fn schemes_without_redundant_stages_stay() {
        for scheme in Tableau::catalogue().iter().filter(|s| !s.name().contains("theta") && s.embedded().is_none()) {
            assert_eq!(reduced(scheme).0, scheme.stages(), "{scheme}");
        }
    }
}
