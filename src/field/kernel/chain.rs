//! Dense layers one after the other, as kernels know them.

use crate::field::Activation;

/// Where the parameters and hidden units of one layer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub inputs: usize,
    pub outputs: usize,
    /// The layer without activation.
    pub is_last: bool,
    /// Hidden units of all layers before.
    pub first_unit: usize,
    pub first_param: usize,
    pub has_bias: bool,
}

impl Link {
    #[inline(always)]
    pub fn weights<'a, T>(&self, params: &'a [T]) -> &'a [T] {
        &params[self.first_param..][..self.inputs * self.outputs]
    }

    pub fn weights_mut<'a, T>(&self, params: &'a mut [T]) -> &'a mut [T] {
        &mut params[self.first_param..][..self.inputs * self.outputs]
    }

    /// The layer's weights and all parameters after them.
    #[inline(always)]
    pub fn weights_onward<'a, T>(&self, params: &'a mut [T]) -> &'a mut [T] {
        &mut params[self.first_param..]
    }

    #[inline(always)]
    pub fn bias<'a, T>(&self, params: &'a [T]) -> Option<&'a [T]> {
        self.has_bias.then(|| &params[self.first_param + self.inputs * self.outputs..][..self.outputs])
    }

    #[inline(always)]
    pub fn bias_mut<'a, T>(&self, params: &'a mut [T]) -> Option<&'a mut [T]> {
        self.has_bias.then(|| &mut params[self.first_param + self.inputs * self.outputs..][..self.outputs])
    }
}

/// Layers, each of what the one before puts out. The activation follows all but the last.
#[derive(Clone, Copy)]
pub struct Chain<'a> {
    pub layers: &'a [Link],
    pub activation: Activation,
}

impl Chain<'_> {
    /// Units of all hidden layers.
    pub fn hidden_units(self) -> usize {
        self.layers.last().map_or(0, |last| last.first_unit)
    }

    /// Units of the widest hidden layer.
    pub fn widest_hidden(self) -> usize {
        self.layers.iter().filter(|l| !l.is_last).map(|l| l.outputs).max().unwrap_or(0)
    }

    /// Outputs of the widest layer.
    pub fn widest(self) -> usize {
        self.layers.iter().map(|l| l.outputs).max().unwrap_or(0)
    }
}
