//! What a chain of steps keeps of its way forward, for the way back.

use serde::{Deserialize, Serialize};

/// What a block keeps of a forward pass for the backward pass. All policies give the same gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Memory {
    /// All states and stages, and what the field recorded there: no step is taken twice.
    #[default]
    StoreAll,
}
