//! Learning what images show: networks of layers with an output for every class.
//!
//! | I want to … | by |
//! | --- | --- |
//! | train such a network | a [`Session`](super::Session) of a [`Classification`] |
//! | use, judge, save and load what was learned | [`Classifier`] |
//! | see how little changes its mind | [`Attack`], [`Images::with_noise`](crate::data::Images::with_noise) |

mod attack;
mod classifier;
mod cross_entropy;
mod disturbed;
mod objective;
mod passes;
mod saved;

pub use attack::Attack;
pub use classifier::Classifier;
pub use objective::Classification;
