//! A scheme, as its stability function and what is marked in the plane of that.

use nalgebra::Complex;

/// A disc in the complex plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Disc {
    /// Its entry in the legend; none if empty. Discs with the same label share one entry and one colour.
    pub label: String,
    /// Its centre.
    pub centre: Complex<f64>,
    /// Its radius; a disc whose radius is not finite and positive is not drawn.
    pub radius: f64,
}

impl Disc {
    pub(super) fn is_drawn(&self) -> bool {
        self.radius.is_finite() && self.radius > 0.0
    }
}

/// Points in the complex plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// Its entry in the legend; none if empty. Clouds with the same label share one entry and one colour.
    pub label: String,
    /// The points; what is not finite is not drawn.
    pub points: Vec<Complex<f64>>,
}

/// A scheme with its stability function `R`: a step of size `h` on `ẏ = λ y` multiplies `y` by `R(hλ)`.
pub struct SchemeView<'a> {
    /// Its name: the title of its panel, or its entry in the legend.
    pub name: String,
    /// The stability function. Where it is not finite it is taken to have a pole.
    pub function: Box<dyn Fn(Complex<f64>) -> Complex<f64> + 'a>,
    /// Discs over its stability region, drawn as dashed circles: a disc that holds the spectrum of a field, or in which the
    /// stage equations are a contraction.
    pub discs: Vec<Disc>,
    /// Points over its stability region, such as eigenvalues `hλ` of a Jacobian, drawn as dots, later ones on top.
    pub clouds: Vec<Cloud>,
}

impl<'a> SchemeView<'a> {
    /// A scheme by its name and its stability function.
    pub fn new(name: impl Into<String>, function: impl Fn(Complex<f64>) -> Complex<f64> + 'a) -> Self {
        Self { name: name.into(), function: Box::new(function), discs: Vec::new(), clouds: Vec::new() }
    }

    /// The same scheme with another disc.
    pub fn disc(mut self, label: impl Into<String>, centre: Complex<f64>, radius: f64) -> Self {
        self.discs.push(Disc { label: label.into(), centre, radius });
        self
    }

    /// The same scheme with more points.
    pub fn points(mut self, label: impl Into<String>, points: impl IntoIterator<Item = Complex<f64>>) -> Self {
        self.clouds.push(Cloud { label: label.into(), points: points.into_iter().collect() });
        self
    }

    /// The logarithm of `|R|`.
    pub(super) fn log_modulus(&self, z: Complex<f64>) -> f64 {
        log_modulus((self.function)(z))
    }
}

/// Stands for the logarithms of zero and of infinity.
const LIMIT: f64 = 700.0;

/// The natural logarithm of `|r|`, never infinite nor NaN; `r` that is not finite is taken for infinity.
pub(super) fn log_modulus(r: Complex<f64>) -> f64 {
    if r.re.is_finite() && r.im.is_finite() { r.re.hypot(r.im).ln().clamp(-LIMIT, LIMIT) } else { LIMIT }
}
