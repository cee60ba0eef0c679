//! What can be asked for.

use crate::network::Model;
use clap::{Parser, ValueEnum};
use kutta::Activation;
use kutta::train::Attack;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Trains a residual network with implicit layers on handwritten digits, and tells how robust it is.
///
/// Prints the accuracy under noise and under attacks, for the images trained on and for those held out. By default, everything
/// is as in Example 4 of Reshniak and Webster, "Robust learning with implicit residual networks" (2021), but for the size of the
/// network, whose is that of `--model resnet18`.
#[derive(Debug, Parser)]
#[command(name = "mnist", version)]
pub struct Options {
    /// Layers y₁ = y₀ + F((1-θ) y₀ + θ y₁): explicit for 0, implicit midpoint for 0.5, backward Euler for 1
    #[arg(long, value_name = "θ", default_value_t = 0.5, value_parser = fraction)]
    pub theta: f64,
    /// Size of the network
    #[arg(long, value_enum, default_value_t = Model::Small)]
    pub model: Model,
    /// Epochs of training, those before a resumed checkpoint included
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub epochs: usize,
    /// Images in a batch
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub batch: usize,
    /// Learning rate of Adam
    #[arg(long, value_name = "RATE", default_value_t = 1e-2, value_parser = not_negative)]
    pub learning_rate: f64,
    /// Bounds of the eigenvalues of every field's Jacobian
    #[arg(
        long,
        value_name = "α,β",
        default_value = "-3,1",
        value_delimiter = ',',
        num_args = 1,
        allow_hyphen_values = true
    )]
    pub spectrum: Vec<f64>,
    /// Activation: relu, gelu, tanh, …
    #[arg(long, value_name = "NAME", default_value = "relu")]
    pub activation: Activation,
    /// Weight α_div of the mean divergence, which is added to the loss
    #[arg(long, value_name = "α", default_value_t = 0.01, allow_hyphen_values = true)]
    pub divergence: f64,
    /// What weights, batches, noise and attacks are drawn from
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Images and labels to train on, IDX files [default: 1000 digits of MNIST]
    #[arg(long, num_args = 2, value_names = ["IMAGES", "LABELS"])]
    pub train: Option<Vec<PathBuf>>,
    /// Images and labels that are held out, IDX files [default: 1000 others]
    #[arg(long, num_args = 2, value_names = ["IMAGES", "LABELS"])]
    pub test: Option<Vec<PathBuf>>,
    /// Number of classes
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub classes: usize,
    /// Deviation of Gaussian noise that is added to the images in training
    #[arg(long, value_name = "σ", default_value_t = 0.0, value_parser = not_negative)]
    pub noise_in_training: f64,
    /// Train on images that are changed to deceive the network, by three steps of projected gradient descent
    #[arg(long)]
    pub adversarial: bool,
    /// Attacks to try [default: both]
    #[arg(long, value_enum, value_name = "NAME")]
    pub attack: Vec<AttackName>,
    /// Most that an attack changes a pixel by, of 1
    #[arg(long, value_name = "ε", default_value_t = 0.1, value_parser = not_negative)]
    pub radius: f64,
    /// Draws of noise whose mean accuracy is told
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub draws: u64,
    /// Save the state of training to this file now and then, and at its end
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Go on from a checkpoint
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Write settings and results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write figures and the trained network to this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Train nothing: print results that `--json` wrote side by side, and draw them to the folder of `--out`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub compare: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackName {
    /// Fast gradient sign method
    Fgsm,
    /// Projected gradient descent, ten steps from a random place
    Pgd,
}

impl AttackName {
    /// The attack of that name.
    pub fn attack(self, radius: f64, seed: u64) -> Attack {
        let attack = match self {
            AttackName::Fgsm => Attack::fgsm(radius),
            AttackName::Pgd => Attack::pgd(radius, 10),
        };
        Attack { seed, ..attack }
    }
}

impl Options {
    /// The attacks to try, each once.
    pub fn attacks(&self) -> Vec<AttackName> {
        let wanted = |name: &AttackName| self.attack.is_empty() || self.attack.contains(name);
        [AttackName::Fgsm, AttackName::Pgd].into_iter().filter(wanted).collect()
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|x| *x >= 0.0 && x.is_finite()).ok_or_else(|| "expected a number, at least 0".to_string())
}

fn fraction(text: &str) -> Result<f64, String> {
    not_negative(text).ok().filter(|x| *x <= 1.0).ok_or_else(|| "expected a number from 0 to 1".to_string())
}
