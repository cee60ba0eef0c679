//! Where a pass leaves checkpoints, and which steps it records for derivatives.

use super::Memory;

/// Stretches of a way that is gone back: at the ends of each a state is kept.
const STRETCHES: usize = 15;
/// States kept on such a way, and where a stretch is taken again.
const SLOTS: usize = 32;

/// What is next on the way to a step whose derivatives are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// To go to this step, and leave a checkpoint there.
    Keep(usize),
    /// To go to this step, and record all from there on.
    Record(usize),
}

/// The plan of a memory policy for a number of steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    memory: Memory,
    steps: usize,
    /// Steps at the start that are not gone back.
    starting: usize,
}

impl Schedule {
    pub fn new(memory: Memory, steps: usize, starting: usize) -> Self {
        Schedule { memory, steps, starting: starting.min(steps) }
    }

    /// On the way forward to the `end` of all steps, from a checkpoint at step `at`, with so many others before. Where it is
    /// gone back, the end has one, too.
    pub fn first(&self, at: usize, end: usize, before: usize) -> Next {
        match self.memory {
            Memory::Reverse { .. } if at < self.starting => Next::Keep(self.starting),
            Memory::Reverse { .. } if at == end => Next::Record(at),
            Memory::Reverse { .. } => Next::Keep((at + (self.steps - self.starting).div_ceil(STRETCHES)).min(end)),
            _ => self.again(at, end, before),
        }
    }

    /// On a way from a checkpoint at step `at`, with so many others before, to `end`.
    pub fn again(&self, at: usize, end: usize, before: usize) -> Next {
        let length = end - at;
        match self.memory {
            Memory::StoreAll => Next::Record(at),
            Memory::Every(k) if length > k => Next::Keep(at + k),
            Memory::Every(_) => Next::Record(at),
            Memory::Binomial { slots } => revolve(at, length, slots.saturating_sub(before)),
            Memory::Reverse { .. } => revolve(at, length, SLOTS.saturating_sub(before)),
        }
    }

    /// How many steps the way back takes again.
    pub fn recomputed(&self) -> usize {
        match self.memory {
            Memory::StoreAll => 0,
            Memory::Every(k) => match self.steps {
                0 => 0,
                steps => (steps - 1) / k.max(1) * k.max(1),
            },
            Memory::Binomial { slots } => {
                let (length, slots) = (self.steps, slots.max(1));
                let sweeps = sweeps(length, slots);
                if sweeps == 0 { 0 } else { sweeps * length - choices(slots + 1, sweeps - 1) }
            }
            Memory::Reverse { .. } => self.steps,
        }
    }
}

/// Griewank and Walther's optimal schedule: through `length` steps from a checkpoint at `at`, with so many slots, that one's
/// among them.
fn revolve(at: usize, length: usize, slots: usize) -> Next {
    if length <= 1 || slots <= 1 {
        return Next::Record(at + length.saturating_sub(1));
    }
    // With r sweeps, β(m, r - 2) steps at least and β(m, r - 1) at most may lie before the next checkpoint, and β(m - 1, r) at
    // most behind it.
    let sweeps = sweeps(length, slots);
    let least = if sweeps < 2 { 1 } else { choices(slots, sweeps - 2) };
    Next::Keep(at + least.max(length.saturating_sub(choices(slots - 1, sweeps))))
}

/// The fewest sweeps `r` for which `length ≤ β(m, r)`: no step is taken more often.
fn sweeps(length: usize, slots: usize) -> usize {
    // β(m, r) > r: this ends.
    (0..).find(|&sweeps| length <= choices(slots, sweeps)).unwrap_or(0)
}

/// `β(m, r) = (m + r)! / (m! r!)`, as far as it can be told.
fn choices(m: usize, r: usize) -> usize {
    let (few, all) = (m.min(r), m.saturating_add(r) as u128);
    let mut product = 1_u128;
    for k in 1..=few as u128 {
        match product.checked_mul(all - few as u128 + k) {
            Some(larger) => product = larger / k,
            None => return usize::MAX,
        }
    }
    usize::try_from(product).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps taken again on a whole way, by doing as the schedule says, and the most checkpoints at a time.
    fn walked(memory: Memory, steps: usize) -> (usize, usize) {
        let schedule = Schedule::new(memory, steps, 0);
        let (mut checkpoints, mut end, mut taken, mut most) = (vec![0], steps, 0, 1);
        while end > 0 {
            checkpoints.retain(|&step| step < end);
            let (mut at, from) = (checkpoints[checkpoints.len() - 1], checkpoints.len() - 1);
            let mut before = from;
            let start = loop {
                match schedule.again(at, end, before) {
                    Next::Record(start) => break start,
                    Next::Keep(step) => {
                        assert!(step > at && step < end);
                        (taken, at) = (taken + step - at, step);
                        checkpoints.push(at);
                        before += 1;
                        most = most.max(checkpoints.len());
                    }
                }
            };
            assert!(at <= start && start < end);
            (taken, end) = (taken + end - at, start);
        }
        (taken - steps, most)
    }

    /// By slots and steps: the fewest taken again, by trying every place of the next checkpoint.
    fn fewest(steps: usize, slots: usize) -> Vec<Vec<usize>> {
        let mut table = vec![vec![0; steps + 1]; slots + 1];
        for length in 2..=steps {
            table[1][length] = length * (length - 1) / 2;
            for m in 2..=slots {
                let placed = |k: usize| k + table[m - 1][length - k] + table[m][k];
                table[m][length] = (1..length).map(placed).min().unwrap();
            }
        }
        table
    }

    #[test]
    fn binomial_checkpoints_are_optimal() {
        let table = fewest(150, 9);
        for (slots, row) in table.iter().enumerate().skip(1) {
            for (steps, &fewest) in row.iter().enumerate().skip(1) {
                let memory = Memory::Binomial { slots };
                let (taken, most) = walked(memory, steps);
                assert_eq!(taken, fewest, "{steps} steps, {slots} slots");
                assert_eq!(taken, memory.recomputed(steps), "{steps} steps, {slots} slots");
                assert!(most <= slots, "{most} checkpoints in {slots} slots");
            }
        }
    }

    #[test]
    fn evenly_spaced_checkpoints_take_each_step_again_once() {
        for (k, steps) in [(1, 7), (3, 7), (7, 7), (8, 7), (10, 1000), (32, 1000)] {
            let (taken, most) = walked(Memory::Every(k), steps);
            assert_eq!(taken, Memory::Every(k).recomputed(steps), "{steps} steps, every {k}");
            assert_eq!(most, steps.div_ceil(k));
        }
        assert_eq!(walked(Memory::StoreAll, 12), (0, 1));
    }

    #[test]
    fn ways_back_have_a_fixed_number_of_stretches() {
        for (steps, starting) in [(1, 0), (14, 0), (1000, 0), (1001, 3), (2, 3)] {
            let schedule = Schedule::new(Memory::Reverse { drift: 1e-9 }, steps, starting);
            let (mut at, mut kept) = (0, 1);
            while let Next::Keep(step) = schedule.first(at, steps, kept - 1) {
                assert!(step > at && step <= steps);
                (at, kept) = (step, kept + 1);
            }
            assert!(at == steps && kept <= STRETCHES + 2 && kept < SLOTS, "{kept}");
        }
    }
}
