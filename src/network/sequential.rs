//! Layers one after another.

use super::{Layer, Pass, Work};
use crate::field::Parameter;
use crate::regularisation::{Penalties, Regularisation, Regulariser, mixed};
use crate::{Error, Real};
use rand::RngCore;
use std::fmt;

/// Layers one after another, as a layer. Parameters are those of the layers, in their order; their names begin with the
/// layer's number.
///
/// ```
/// use kutta::network::{Affine, Layer, OdeBlock, Sequential};
/// use kutta::{Activation, Mlp, Tableau};
/// use rand::{SeedableRng, rngs::StdRng};
/// // Two numbers, lifted to a state of five; what becomes of that in time 1; and one number of it.
/// let block = OdeBlock::new(Mlp::new([5, 16, 5], Activation::Tanh)?, Tableau::implicit_midpoint()).steps(10).step_size(0.1);
/// let network = Sequential::<f64>::new([Box::new(Affine::new(2, 5)) as _, Box::new(block) as _, Box::new(Affine::new(5, 1)) as _])?;
/// let params = network.init(&mut StdRng::seed_from_u64(1));
/// let mut pass = network.ready(2)?;
/// assert_eq!(pass.forward(&params, &[0.5, 1.0, -0.5, 2.0])?.len(), 2);
/// let (mut gradient, mut inputs) = (vec![0.0; params.len()], [0.0; 4]);
/// pass.pullback(&params, &[1.0, 1.0], &mut gradient, &mut inputs)?;
/// # Ok::<(), kutta::Error>(())
/// ```
pub struct Sequential<T: Real> {
    layers: Vec<Box<dyn Layer<T>>>,
}

impl<T: Real> fmt::Debug for Sequential<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.layers.iter().map(|layer| layer.outputs());
        f.debug_struct("Sequential")
            .field("widths", &std::iter::once(self.inputs()).chain(widths).collect::<Vec<_>>())
            .finish()
    }
}

impl<T: Real> Sequential<T> {
    /// The chain of these layers.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is none, [`Error::ShapeMismatch`] if one does not take what the one before gives.
    pub fn new(layers: impl Into<Vec<Box<dyn Layer<T>>>>) -> Result<Self, Error> {
        let layers = layers.into();
        if layers.is_empty() {
            return Err(Error::invalid("layers", "none", "at least one"));
        }
        for pair in layers.windows(2) {
            Error::check_len("a layer", "inputs", pair[1].inputs(), pair[0].outputs())?;
        }
        Ok(Sequential { layers })
    }

    /// The layers.
    pub fn layers(&self) -> &[Box<dyn Layer<T>>] {
        &self.layers
    }
}

impl<T: Real> Layer<T> for Sequential<T> {
    fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut arrays = Vec::new();
        for (n, layer) in self.layers.iter().enumerate() {
            arrays.extend(layer.parameters().into_iter().map(|array| array.within(&n.to_string())));
        }
        arrays
    }

    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.layers.iter().flat_map(|layer| layer.init(rng)).collect()
    }

    fn memory_len(&self) -> usize {
        self.layers.iter().map(|layer| layer.memory_len()).sum()
    }

    fn ready(&self, samples: usize) -> Result<Box<dyn Pass<T> + '_>, Error> {
        let mut links = Vec::with_capacity(self.layers.len());
        let mut from = 0;
        for layer in &self.layers {
            let end = from + layer.param_count();
            let (inputs, outputs) = (samples * layer.inputs(), samples * layer.outputs());
            let (pass, memory, x_bar) = (layer.ready(samples)?, layer.memory_len(), vec![T::zero(); inputs]);
            links.push(Link { pass, params: from..end, memory, x_bar, outputs });
            from = end;
        }
        Ok(Box::new(Linked { links, params: from }))
    }

    fn inverse(&self, params: &[T], y: &[T]) -> Result<Vec<T>, Error> {
        Error::check_len("params", "entries", params.len(), self.param_count())?;
        let (mut y, mut end) = (y.to_vec(), params.len());
        for layer in self.layers.iter().rev() {
            let from = end - layer.param_count();
            y = layer.inverse(&params[from..end], &y)?;
            end = from;
        }
        Ok(y)
    }
}

/// A layer of the chain: which parameters are its own, how much it remembers, the cotangents or tangents of its inputs, and the
/// number of its outputs.
struct Link<'a, T: Real> {
    pass: Box<dyn Pass<T> + 'a>,
    params: std::ops::Range<usize>,
    memory: usize,
    x_bar: Vec<T>,
    outputs: usize,
}

struct Linked<'a, T: Real> {
    links: Vec<Link<'a, T>>,
    params: usize,
}

impl<'a, T: Real> Linked<'a, T> {
    /// The outputs of all layers, `y` of each from its pass, its parameters and its inputs.
    fn chain<'s>(
        &'s mut self,
        params: &[T],
        x: &[T],
        y: impl Fn(&'s mut (dyn Pass<T> + 'a), &[T], &[T]) -> Result<&'s [T], Error>,
    ) -> Result<&'s [T], Error> {
        Error::check_len("params", "entries", params.len(), self.params)?;
        Error::check_len("x", "entries", x.len(), self.links[0].x_bar.len())?;
        let mut last = None;
        for Link { pass, params: own, outputs, .. } in &mut self.links {
            let y = y(&mut **pass, &params[own.clone()], last.unwrap_or(x))?;
            Error::check_len("a layer's outputs", "entries", y.len(), *outputs)?;
            last = Some(y);
        }
        Ok(last.unwrap_or_default())
    }

    fn outputs(&self) -> usize {
        self.links[self.links.len() - 1].outputs
    }
}

impl<T: Real> Pass<T> for Linked<'_, T> {
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        self.chain(params, x, |pass, params, x| pass.forward(params, x))
    }

    fn train(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        self.chain(params, x, |pass, params, x| pass.train(params, x))
    }

    fn regularise(&mut self, params: &[T], by: &Regulariser) -> Result<Penalties, Error> {
        Error::check_len("params", "entries", params.len(), self.params)?;
        let mut sum = Penalties::default();
        for (n, link) in self.links.iter_mut().enumerate() {
            // Blocks of one size would draw the same probes.
            let seed = mixed([by.weights.seed, n as u64]);
            let by = Regulariser { weights: Regularisation { seed, ..by.weights }, ..by.clone() };
            sum.add(1.0, &link.pass.regularise(&params[link.params.clone()], &by)?);
        }
        Ok(sum)
    }

    fn memory(&self) -> Vec<T> {
        let (mut memory, mut len) = (Vec::new(), 0);
        for link in &self.links {
            memory.extend(link.pass.memory());
            len += link.memory;
        }
        // A pass that failed has reached a part of them.
        if memory.len() == len { memory } else { Vec::new() }
    }

    fn recall(&mut self, memory: &[T]) -> bool {
        let len: usize = self.links.iter().map(|link| link.memory).sum();
        let fits = memory.is_empty() || memory.len() == len;
        let mut rest = if fits { memory } else { &[] };
        self.links.iter_mut().fold(fits, |fits, link| {
            let (own, others) = rest.split_at(link.memory.min(rest.len()));
            rest = others;
            link.pass.recall(own) && fits
        })
    }

    fn work(&self) -> Work {
        let mut work = Work::default();
        self.links.iter().for_each(|link| work += link.pass.work());
        work
    }

    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error> {
        Error::check_len("params", "entries", params.len(), self.params)?;
        Error::check_len("y_bar", "entries", y_bar.len(), self.outputs())?;
        Error::check_len("params_bar", "entries", params_bar.len(), self.params)?;
        Error::check_len("x_bar", "entries", x_bar.len(), self.links[0].x_bar.len())?;
        for n in (0..self.links.len()).rev() {
            let (done, rest) = self.links.split_at_mut(n + 1);
            let Link { pass, params: own, x_bar: own_bar, .. } = &mut done[n];
            let y_bar = rest.first().map_or(y_bar, |next| &next.x_bar);
            let x_bar = if n == 0 { &mut *x_bar } else { own_bar };
            pass.pullback(&params[own.clone()], y_bar, &mut params_bar[own.clone()], x_bar)?;
        }
        Ok(())
    }

    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error> {
        Error::check_len("params", "entries", params.len(), self.params)?;
        Error::check_len("params_dot", "entries", params_dot.len(), self.params)?;
        Error::check_len("x_dot", "entries", x_dot.len(), self.links[0].x_bar.len())?;
        Error::check_len("y_dot", "entries", y_dot.len(), self.outputs())?;
        for n in 0..self.links.len() {
            let (done, rest) = self.links.split_at_mut(n + 1);
            let Link { pass, params: own, x_bar, .. } = &mut done[n];
            let x_dot = if n == 0 { x_dot } else { x_bar };
            let y_dot = rest.first_mut().map_or(&mut *y_dot, |next| &mut next.x_bar[..]);
            pass.pushforward(&params[own.clone()], &params_dot[own.clone()], x_dot, y_dot)?;
        }
        Ok(())
    }
}
