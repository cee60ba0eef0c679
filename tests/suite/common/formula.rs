//! Built-in fields written out for one sample and any number, as users write theirs: what kernels are held against.

use kutta::field::{Bounded, ConvResidual, Damped, Dimensions, Input, Layered, Mlp, Normalised, WithInputs};
use kutta::{Number, VectorField};

pub trait Formula: Dimensions {
    fn formula<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]);
}

/// The field of a formula: all derivatives are provided.
pub struct Provided<'a, F>(pub &'a F);

impl<F: Formula> VectorField for Provided<'_, F> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn inputs(&self) -> usize {
        self.0.inputs()
    }
    fn param_count(&self) -> usize {
        self.0.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        self.0.formula(params, t, y, dy);
    }
}

impl Formula for Mlp {
    fn formula<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        self.eval(params, y, dy);
    }
}

impl Formula for ConvResidual {
    fn formula<S: Number>(&self, params: &[S], _: S, y: &[S], dy: &mut [S]) {
        self.eval(params, y, dy);
    }
}

impl<F: Formula> Formula for WithInputs<F> {
    fn formula<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let appended = self.appended().iter().map(|input| match *input {
            Input::Time => t,
            Input::Constant(c) => S::constant(c),
            Input::Signal(_) => panic!("no sample knows anything here"),
        });
        let inputs: Vec<S> = y.iter().copied().chain(appended).collect();
        self.map().formula(params, t, &inputs, dy);
    }
}

impl<F: Formula> Formula for Damped<F> {
    fn formula<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        self.inner().formula(params, t, y, dy);
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy -= S::constant(self.rate()) * y);
    }
}

impl<F: Formula> Formula for Bounded<F> {
    fn formula<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        let (params, theta) = params.split_at(self.inner().param_count());
        self.inner().formula(params, t, y, dy);
        let (alpha, beta) = (self.spectrum().alpha(), self.spectrum().beta());
        let (centre, radius) = (S::constant(0.5 * (alpha + beta)), S::constant(0.5 * (beta - alpha)));
        for ((dy, &y), &theta) in dy.iter_mut().zip(y).zip(theta) {
            *dy = centre * y + radius * theta.sigmoid() * *dy;
        }
    }
}

impl<F: Formula + Layered> Formula for Normalised<F> {
    fn formula<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        self.inner().formula(params, t, y, dy);
    }
}
