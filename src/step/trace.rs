//! What a step leaves for its derivatives.

/// The stages of one step, and what the field recorded there.
#[derive(Debug, Clone, Default)]
pub struct Trace<T> {
    pub(super) blocks: Vec<BlockTrace<T>>,
}

/// The stages of one block: matrices whose columns are stages and, within a stage, samples.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockTrace<T> {
    /// Stage times, one a column.
    pub t: Vec<T>,
    pub y: Vec<T>,
    pub record: Vec<T>,
    /// What the stages were beyond what the steps before let expect.
    pub surprise: Vec<T>,
}

impl<T> Trace<T> {
    /// Empty: the first step fills it, later ones reuse its memory.
    pub fn new() -> Self {
        Trace { blocks: Vec::new() }
    }

    /// Becomes, of another, what a pass before found, which the next step there starts from.
    pub(crate) fn learn_from(&mut self, other: &Self)
    where
        T: Clone + Default,
    {
        self.blocks.resize_with(other.blocks.len(), Default::default);
        self.blocks.iter_mut().zip(&other.blocks).for_each(|(own, other)| own.surprise.clone_from(&other.surprise));
    }

    /// Forgets what a pass before this one found, for a step elsewhere.
    pub(crate) fn forget(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.surprise.clear());
    }
}
