//! Windows that slide along an axis of an image.

use std::ops::Range;

/// A window of `kernel` taps that moves along an axis by `stride`, from `padding` before the first input on: output `o` sees
/// input `o stride + tap - padding` through each tap for which there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// By output, taps and the inputs that they see.
    pub seen: Reach,
    /// By input, taps and the outputs that see it through them.
    pub seeing: Reach,
}

/// For each place, taps and the places on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    starts: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Reach {
    fn new(places: usize, pairs: impl Fn(usize) -> Vec<(usize, usize)>) -> Self {
        let mut reach = Reach { starts: vec![0], pairs: Vec::new() };
        for place in 0..places {
            reach.pairs.extend(pairs(place));
            reach.starts.push(reach.pairs.len());
        }
        reach
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    #[inline(always)]
    pub fn of(&self, place: usize) -> &[(usize, usize)] {
        &self.pairs[self.starts[place]..self.starts[place + 1]]
    }
}

impl Axis {
    /// Nothing if the window is empty, does not move, or fits in nowhere; a window on the padding alone sees nothing.
    pub fn new(inputs: usize, kernel: usize, stride: usize, padding: usize) -> Option<Self> {
        if kernel == 0 || stride == 0 || padding >= kernel {
            return None;
        }
        let outputs = inputs.checked_add(2 * padding)?.checked_sub(kernel)? / stride + 1;
        let input = |output: usize, tap: usize| (output * stride + tap).checked_sub(padding).filter(|&i| i < inputs);
        let seen = |output| (0..kernel).filter_map(|tap| input(output, tap).map(|i| (tap, i))).collect();
        let seeing = |i: usize| {
            let output =
                |tap: usize| (i + padding).checked_sub(tap).filter(|at| at % stride == 0).map(|at| at / stride);
            (0..kernel).filter_map(|tap| output(tap).filter(|&o| o < outputs).map(|o| (tap, o))).collect()
        };
        let (seen, seeing) = (Reach::new(outputs, seen), Reach::new(inputs, seeing));
        Some(Axis { inputs, outputs, kernel, stride, padding, seen, seeing })
    }

    /// The outputs that see an input through a tap.
    pub fn through(&self, tap: usize) -> Range<usize> {
        let first = self.padding.saturating_sub(tap).div_ceil(self.stride);
        let end = (self.inputs + self.padding).saturating_sub(tap).div_ceil(self.stride).min(self.outputs);
        first..end.max(first)
    }

    /// The input that an output sees through a tap, if there is one.
    #[inline(always)]
    pub fn input(&self, output: usize, tap: usize) -> Option<usize> {
        (output * self.stride + tap).checked_sub(self.padding).filter(|&i| i < self.inputs)
    }
}
