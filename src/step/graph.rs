//! In which order the terms of a field are evaluated at the stages of a step.

use super::plan::{Planned, overlap};
use crate::Real;
use crate::tableau::Method;

/// Evaluations `(term, stage)`, and which of them each depends on: those of terms that add, with a coefficient that is not
/// zero, to rows of its stage that it reads.
pub(super) struct Graph {
    stages: usize,
    needs: Vec<Vec<usize>>,
    /// Evaluations that the step ends with.
    ends: Vec<usize>,
}

impl Graph {
    pub fn new<T: Real>(method: &Method, terms: &[Planned<'_, T>]) -> Self {
        let (s, count) = (method.stages(), terms.len());
        let nodes = || (0..s).flat_map(|j| (0..count).map(move |m| (m, j)));
        let depends = |(m, j): (usize, usize), (n, k): (usize, usize)| {
            method.a(n, j, k) != 0.0 && overlap(&terms[n].term.writes, &terms[m].term.reads)
        };
        let all: Vec<(usize, usize)> = nodes().collect();
        let needs = all.iter().map(|&node| (0..all.len()).filter(|&k| depends(node, all[k])).collect()).collect();
        // Whoever estimates errors may want slopes that the step itself does without; with several terms nobody does.
        let counts = |&k: &usize| count == 1 || (0..method.carried()).any(|l| method.b(all[k].0, l, all[k].1) != 0.0);
        Graph { stages: s, needs, ends: (0..all.len()).filter(counts).collect() }
    }

    /// The strongly connected components, each after those that it depends on; evaluations that nothing depends on are left
    /// out.
    ///
    /// # Reference
    /// Tarjan, *Depth-first search and linear graph algorithms*, SIAM J. Comput. 1 (1972).
    pub fn blocks(&self) -> Vec<Vec<(usize, usize)>> {
        let mut search = Search {
            needs: &self.needs,
            number: vec![None; self.needs.len()],
            lowest: vec![0; self.needs.len()],
            open: Vec::new(),
            is_open: vec![false; self.needs.len()],
            count: 0,
            found: Vec::new(),
        };
        for &end in &self.ends {
            if search.number[end].is_none() {
                search.visit(end);
            }
        }
        let terms = self.needs.len() / self.stages;
        let place = |k: usize| (k % terms, k / terms);
        search.found.into_iter().map(|block| block.into_iter().map(place).collect()).collect()
    }
}

struct Search<'a> {
    needs: &'a [Vec<usize>],
    /// In which order nodes were visited, and the first that each leads back to.
    number: Vec<Option<usize>>,
    lowest: Vec<usize>,
    /// Nodes whose component is not complete.
    open: Vec<usize>,
    is_open: Vec<bool>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) {
        let own = self.count;
        (self.number[node], self.lowest[node]) = (Some(own), own);
        self.count += 1;
        self.open.push(node);
        self.is_open[node] = true;
        for &needed in &self.needs[node] {
            match self.number[needed] {
                None => {
                    self.visit(needed);
                    self.lowest[node] = self.lowest[node].min(self.lowest[needed]);
                }
                Some(number) if self.is_open[needed] => self.lowest[node] = self.lowest[node].min(number),
                Some(_) => {}
            }
        }
        if self.lowest[node] == own {
            let from = self.open.iter().rposition(|&open| open == node).unwrap_or(0);
            let component: Vec<usize> = self.open.drain(from..).collect();
            component.iter().for_each(|&member| self.is_open[member] = false);
            self.found.push(component);
        }
    }
}
