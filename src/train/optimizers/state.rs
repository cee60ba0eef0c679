//! What optimisers remember.

use super::Optimizer;
use crate::Real;
use serde::{Deserialize, Serialize};

/// What an optimiser remembers from update to update. It is saved in checkpoints, grows and shrinks with the unknowns, and is
/// taken back with an update that failed. [`Optimizer::start`] gives it its moments and numbers: an update changes them, not
/// how many there are, or a checkpoint would not go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Saved<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct OptimizerState<T> {
    /// Updates made, as far as the optimiser counts them.
    pub updates: i32,
    /// Vectors with a number for every unknown, such as mean gradients: zero before the first update, and for unknowns that
    /// are new.
    pub moments: Vec<Vec<T>>,
    /// Other numbers.
    pub numbers: Vec<f64>,
}

/// As in files; those written before there was room for any number of moments have a first and a second one, or none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
struct Saved<T> {
    #[serde(alias = "steps")]
    updates: i32,
    #[serde(default = "Vec::new")]
    moments: Vec<Vec<T>>,
    #[serde(default)]
    numbers: Vec<f64>,
    #[serde(default = "Vec::new")]
    first: Vec<T>,
    #[serde(default = "Vec::new")]
    second: Vec<T>,
}

impl<T> From<Saved<T>> for OptimizerState<T> {
    fn from(saved: Saved<T>) -> Self {
        let Saved { updates, mut moments, numbers, first, second } = saved;
        moments.extend([first, second].into_iter().filter(|moment| !moment.is_empty()));
        OptimizerState { updates, moments, numbers }
    }
}

impl<T: Real> OptimizerState<T> {
    /// So many moments of `count` unknowns, and no other numbers.
    pub fn zeros(moments: usize, count: usize) -> Self {
        OptimizerState { updates: 0, moments: vec![vec![T::zero(); count]; moments], numbers: Vec::new() }
    }

    /// Becomes equal to another state. Allocates nothing if that has the same shape.
    pub(in crate::train) fn copy_from(&mut self, other: &Self) {
        self.updates = other.updates;
        self.moments.clone_from(&other.moments);
        self.numbers.clone_from(&other.numbers);
    }

    /// Forgets what belongs to unknowns from `keep` on, and makes room for `count` unknowns in all.
    pub(in crate::train) fn resize(&mut self, keep: usize, count: usize) {
        for moment in &mut self.moments {
            moment.truncate(keep);
            moment.resize(count, T::zero());
        }
    }

    /// Whether this can be the state of `count` unknowns.
    pub(in crate::train) fn fits(&self, optimizer: &dyn Optimizer<T>, count: usize) -> bool {
        let fresh = optimizer.start(count);
        let sizes = |state: &Self| state.moments.iter().map(Vec::len).collect::<Vec<_>>();
        sizes(self) == sizes(&fresh) && self.numbers.len() == fresh.numbers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Adam, Sgd};

    #[test]
    fn a_state_that_has_grown_is_taken_back() {
        let before = OptimizerState::<f64>::zeros(1, 2);
        let mut state = before.clone();
        state.numbers.push(1.0);
        state.moments[0].push(1.0);
        state.moments.push(vec![2.0]);
        state.copy_from(&before);
        assert_eq!(state, before);
    }

    #[test]
    fn a_resized_state_keeps_what_it_is_told() {
        let optimizer = Adam::new(0.1);
        let mut state = optimizer.start(3);
        optimizer.update(0.1, &mut state, &mut [0.0; 3], &[1.0, 2.0, 3.0]);
        let before = state.clone();
        state.resize(1, 2);
        assert_eq!(state.moments, [[before.moments[0][0], 0.0], [before.moments[1][0], 0.0]]);
        assert!(state.fits(&optimizer, 2) && !state.fits(&optimizer, 3) && !state.fits(&Sgd::new(0.1), 2));
    }

    #[test]
    fn states_of_old_files_are_read() {
        let read = |text: &str| serde_json::from_str::<OptimizerState<f64>>(text).unwrap();
        let adam = read(r#"{"steps": 3, "first": [1.0, 2.0], "second": [3.0, 4.0]}"#);
        assert_eq!((adam.updates, &adam.moments[..]), (3, &[vec![1.0, 2.0], vec![3.0, 4.0]][..]));
        let plain = read(r#"{"steps": 3, "first": [], "second": []}"#);
        assert!(plain.fits(&Sgd::new(0.1), 7));
        assert_eq!(read(&serde_json::to_string(&adam).unwrap()), adam);
    }
}
