//! Names and shapes of parameters.

/// One array of a field's or a layer's parameters: they are one slice, array after array, each row by row.
///
/// ```
/// use kutta::field::{Activation, Dimensions, Mlp};
/// let arrays = Mlp::new([2, 20, 2], Activation::Tanh)?.parameters();
/// let listed: Vec<_> = arrays.iter().map(|array| (array.name.as_str(), &array.shape[..])).collect();
/// assert_eq!(listed, [("0.weight", &[20, 2][..]), ("0.bias", &[20]), ("1.weight", &[2, 20])]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, parts of parts with a point between them.
    pub name: String,
    /// The lengths of the array's axes.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// An array of that name and shape.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Parameter { name: name.into(), shape: shape.into() }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |product, &length| product.saturating_mul(length))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same array as a part of `whole`.
    pub fn within(self, whole: &str) -> Self {
        Parameter { name: format!("{whole}.{}", self.name), ..self }
    }
}
