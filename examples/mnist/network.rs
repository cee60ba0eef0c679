//! The networks: convolutions, and residual layers that are implicit.

use clap::ValueEnum;
use kutta::data::Images;
use kutta::field::{Activated, Bounded, Conv2d, ConvResidual, Layered, Normalised, Pool, Rescaled};
use kutta::network::{Affine, Layer, Map, OdeBlock, Sequential};
use kutta::{Activation, Error, Tableau};
use serde::{Deserialize, Serialize};

/// One residual layer, implicit unless θ = 0, of a field whose eigenvalues are kept in a disc.
pub type Residual = OdeBlock<Bounded<Normalised<ConvResidual>>>;

/// How many layers, and how wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Three groups of 8, 16 and 32 channels, one residual layer each
    Small,
    /// Four groups of 8, 16, 32 and 64 channels, two residual layers each
    Resnet18,
}

impl Model {
    fn groups(self) -> (&'static [usize], usize) {
        match self {
            Model::Small => (&[8, 16, 32], 1),
            Model::Resnet18 => (&[8, 16, 32, 64], 2),
        }
    }
}

/// Everything about a network but its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    pub model: Model,
    /// The scheme is `y₁ = y₀ + F((1-θ) y₀ + θ y₁)`.
    pub theta: f64,
    /// Bounds `α`, `β` of the eigenvalues of the field's Jacobian.
    pub spectrum: [f64; 2],
    pub activation: Activation,
    /// Height and width of the images, and number of classes.
    pub size: [usize; 2],
    pub classes: usize,
    /// Mean and deviation of the pixels that it learns from.
    pub shift: f64,
    pub scale: f64,
}

/// A part of a network; images are `[channels, height, width]`.
#[derive(Debug, Clone, Copy)]
enum Part {
    Units([usize; 3]),
    Convolution { from: [usize; 3], channels: usize, stride: usize },
    Residual([usize; 3]),
    Mean([usize; 3]),
    Scores { features: usize },
}

impl Architecture {
    /// For images like these.
    pub fn new(model: Model, theta: f64, spectrum: [f64; 2], activation: Activation, images: &Images) -> Self {
        let pixels = images.pixels();
        let mean = |of: &dyn Fn(f64) -> f64| pixels.iter().map(|&x| of(x.into())).sum::<f64>() / pixels.len() as f64;
        let shift = mean(&|x| x);
        // Images that are all of one grey are left so.
        let scale = Some(mean(&|x| (x - shift).powi(2)).sqrt()).filter(|&scale| scale > 1e-6).unwrap_or(1.0);
        let (size, classes) = ([images.height(), images.width()], images.classes());
        Architecture { model, theta, spectrum, activation, size, classes, shift, scale }
    }

    /// What tells it from others.
    pub fn name(&self) -> String {
        let Architecture { model, theta, spectrum: [alpha, beta], activation, .. } = self;
        let Architecture { size: [height, width], classes, shift, scale, .. } = self;
        format!(
            "{model:?}, θ = {theta}, F of {alpha} to {beta}, {activation}, {height} × {width} pixels, {classes} classes, \
             units {shift:.6} and {scale:.6}"
        )
    }

    fn parts(&self) -> Result<Vec<Part>, Error> {
        let (groups, layers) = self.model.groups();
        let mut image = [1, self.size[0], self.size[1]];
        let mut parts = vec![Part::Units(image)];
        for (k, &channels) in groups.iter().enumerate() {
            let stride = if k == 0 { 1 } else { 2 };
            parts.push(Part::Convolution { from: image, channels, stride });
            image = convolution(image, channels, stride)?.to();
            parts.extend(std::iter::repeat_n(Part::Residual(image), layers));
        }
        parts.extend([Part::Mean(image), Part::Scores { features: image[0] }]);
        Ok(parts)
    }

    fn residual(&self, image: [usize; 3]) -> Result<Residual, Error> {
        let [alpha, beta] = self.spectrum;
        let field = ConvResidual::new(image, 3, self.activation)?.with_spectrum(alpha, beta)?;
        Ok(OdeBlock::new(field, Tableau::by_name(&format!("one_leg_theta_{}", self.theta))?))
    }

    fn layers(&self, part: Part) -> Result<Vec<Box<dyn Layer<f32>>>, Error> {
        Ok(match part {
            Part::Units(image) => vec![Box::new(Map(Rescaled::new(image, [self.shift], [self.scale])?))],
            Part::Convolution { from, channels, stride } => vec![Box::new(Map(convolution(from, channels, stride)?))],
            Part::Residual(image) => vec![Box::new(self.residual(image)?)],
            Part::Mean(image) => vec![
                Box::new(Map(Activated::new(image.iter().product(), self.activation))),
                Box::new(Map(Pool::global(image)?)),
            ],
            Part::Scores { features } => vec![Box::new(Affine::new(features, self.classes))],
        })
    }

    fn chain(&self, parts: &[Part]) -> Result<Sequential<f32>, Error> {
        let layers: Result<Vec<_>, Error> = parts.iter().map(|&part| self.layers(part)).collect();
        Sequential::new(layers?.into_iter().flatten().collect::<Vec<_>>())
    }

    /// The whole network.
    pub fn network(&self) -> Result<Sequential<f32>, Error> {
        self.chain(&self.parts()?)
    }

    /// The last residual layer, and the network before it.
    pub fn last_residual(&self) -> Result<Option<(Sequential<f32>, Residual)>, Error> {
        match &self.parts()?[..] {
            [before @ .., Part::Residual(image), Part::Mean(_), Part::Scores { .. }] => {
                Ok(Some((self.chain(before)?, self.residual(*image)?)))
            }
            _ => Ok(None),
        }
    }
}

/// Of 3 × 3 pixels, padded by one.
fn convolution(from: [usize; 3], channels: usize, stride: usize) -> Result<Conv2d, Error> {
    Conv2d::new(from, channels, 3)?.with_stride(stride)
}
