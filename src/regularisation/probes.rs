//! Random probes.
//!
//! Every probe is drawn from a generator of its own, seeded by where it is used. So it does not depend on the order of
//! computations.

use crate::{Error, Real};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

/// What the entries of a probe are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// `±1`, either with probability ½. Of all independent entries these give the divergence with the least variance.
    #[default]
    Rademacher,
    /// Standard normal.
    Gaussian,
}

impl ProbeKind {
    /// Both.
    pub const ALL: [ProbeKind; 2] = [ProbeKind::Rademacher, ProbeKind::Gaussian];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ProbeKind::Rademacher => "rademacher",
            ProbeKind::Gaussian => "gaussian",
        }
    }

    /// An entry.
    fn draw(self, generator: &mut SplitMix) -> f64 {
        match self {
            ProbeKind::Rademacher => 1.0 - 2.0 * (generator.next() >> 63) as f64,
            // Box and Muller; the first number is not zero, the second less than one.
            ProbeKind::Gaussian => {
                let radius = (-2.0 * (generator.uniform() + UNIT).ln()).sqrt();
                radius * (TAU * generator.uniform()).cos()
            }
        }
    }

    /// Fills column `column` of a unit-major matrix with a probe, determined by `key`.
    pub(super) fn fill<T: Real>(self, key: u64, matrix: &mut [T], stride: usize, column: usize) {
        let mut generator = SplitMix(key);
        matrix.iter_mut().skip(column).step_by(stride).for_each(|x| *x = T::constant(self.draw(&mut generator)));
    }
}

impl fmt::Display for ProbeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ProbeKind {
    type Err = Error;

    /// By [name](ProbeKind::name), in letters of either case.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::unknown("kind of probes", name, Self::ALL.map(Self::name)))
    }
}

/// *Reference*: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Distance of two uniform numbers.
const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `[0, 1)`.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 * UNIT
    }
}

/// One seed of several numbers.
pub(crate) fn mixed<const N: usize>(numbers: [u64; N]) -> u64 {
    numbers.iter().fold(0, |seed, &x| SplitMix(SplitMix(seed ^ x).next()).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_numbers() {
        let mut generator = SplitMix(1234567);
        let found: [u64; 3] = std::array::from_fn(|_| generator.next());
        assert_eq!(found, [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    /// Moments of 10⁵ entries. Each is asserted within 5 standard deviations: a correct generator fails one with
    /// probability 6e-7, and seeds are fixed.
    #[test]
    fn entries_have_mean_zero_and_variance_one() {
        let count = 100_000;
        for (kind, fourth) in [(ProbeKind::Rademacher, 1.0), (ProbeKind::Gaussian, 3.0)] {
            let mut entries = vec![0.0_f64; count];
            for (column, key) in (0..10).map(|column| (column, mixed([1, column as u64]))) {
                kind.fill(key, &mut entries, 10, column);
            }
            let mean = |power: i32| entries.iter().map(|x| x.powi(power)).sum::<f64>() / count as f64;
            let bound = |variance: f64| 5.0 * (variance / count as f64).sqrt() + 1e-12;
            assert!(mean(1).abs() < bound(1.0), "{kind}: {}", mean(1));
            assert!((mean(2) - 1.0).abs() < bound(fourth - 1.0), "{kind}: {}", mean(2));
            assert!((mean(4) - fourth).abs() < bound(if fourth > 1.0 { 96.0 } else { 0.0 }), "{kind}: {}", mean(4));
        }
    }

    #[test]
    fn kinds_are_read_by_name() {
        assert_eq!("Gaussian".parse::<ProbeKind>().unwrap(), ProbeKind::Gaussian);
        assert!("gausian".parse::<ProbeKind>().unwrap_err().to_string().contains("did you mean `gaussian`?"));
    }
}
