//! Fields and maps of images: a vector of `channels × height × width` components, channel by channel, row by row.

mod conv2d;
mod convolution;
mod pointwise;
mod pool;
mod residual;

pub use conv2d::Conv2d;
pub use convolution::Convolution;
pub use pointwise::{Activated, Rescaled};
pub use pool::{Pool, Pooling};
pub use residual::ConvResidual;

use crate::{Error, Number};

/// The number of components of an image of `[channels, height, width]`.
///
/// # Errors
/// [`Error::InvalidArgument`] if it has none, or more than can be addressed.
fn components(image: [usize; 3]) -> Result<usize, Error> {
    let len = image.iter().try_fold(size_of::<f64>(), |product, &n| product.checked_mul(n));
    len.filter(|len| (1..=isize::MAX as usize).contains(len)).map(|len| len / size_of::<f64>()).ok_or_else(|| {
        Error::invalid("image", format!("{image:?}"), "[channels, height, width], all positive, that can be addressed")
    })
}

/// Fills every channel with its bias, or with zero.
fn fill<S: Number>(image: &mut [S], channels: usize, bias: Option<&[S]>) {
    let pixels = image.len() / channels;
    for (c, channel) in image.chunks_exact_mut(pixels).enumerate() {
        channel.fill(bias.map_or(S::zero(), |bias| bias[c]));
    }
}
