//! The join: how a training on parts of the records becomes one on whole records.
//!
//! What fits every part need not fit the whole, and what an optimiser remembers of one objective misleads it on another:
//! taken over as they are, they destroy within a few updates what the parts have taught. So whole records are looked at
//! beforehand, too, the step onto them is made from the best place known, with nothing remembered and carefully, and is
//! taken back whenever it leads away.

use super::best::Best;
use serde::{Deserialize, Serialize};

/// Epochs from one look at whole records to the next, while parts are trained on.
const LOOKS_EVERY: usize = 25;
/// What the learning rate is multiplied by at the join; as after a failure, it recovers over 20 updates a halving.
pub(super) const CAUTION: f64 = 1.0 / 32.0;
/// The same where the objective had risen.
pub(super) const MORE_CAUTION: f64 = 0.5;
/// What an objective above the least must exceed, in terms of that, to have risen.
const RISE: f64 = 1.5;

/// Where a training stands between parts and whole records.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join<T> {
    /// The least training objective on whole records.
    pub best: Option<Best<T>>,
    /// Epochs before the join, if it has come.
    pub since: Option<usize>,
    /// Epochs before the last return to the best.
    returned: Option<usize>,
}

impl<T> Join<T> {
    pub fn new() -> Self {
        Join { best: None, since: None, returned: None }
    }

    /// Whether a training on parts looks at whole records after so many epochs, as it does before the `last_stage` too.
    pub fn looks(epochs: usize, last_stage: bool) -> bool {
        last_stage || epochs.is_multiple_of(LOOKS_EVERY)
    }

    /// Whether the objective of whole records has risen so far above the least, after the join, that training has to
    /// return: once an epoch at most, since a regulariser with probes may differ at the same place.
    pub fn returns(&mut self, epochs: usize, objective: f64) -> bool {
        let rises = self.best.as_ref().is_some_and(|best| objective - best.loss > (RISE - 1.0) * best.loss.abs());
        let returns = self.since.is_some() && rises && self.returned != Some(epochs);
        if returns {
            self.returned = Some(epochs);
        }
        returns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_from_a_rise_after_the_join_once_an_epoch() {
        let mut join = Join::new();
        Best::keep(&mut join.best, 5, 2.0, &[1.0]);
        assert!(!join.returns(7, 9.0), "not joined yet");
        join.since = Some(8);
        assert!(!join.returns(8, 2.9));
        assert!(join.returns(8, 3.1));
        assert!(!join.returns(8, 3.1));
        assert!(join.returns(9, 3.1));
    }

    #[test]
    fn objectives_may_be_negative() {
        let mut join = Join { since: Some(0), ..Join::new() };
        Best::keep(&mut join.best, 0, -2.0, &[1.0]);
        assert!(!join.returns(1, -1.1));
        assert!(join.returns(1, -0.9));
    }
}
