//! Initial value problems with known solutions.

use kutta::{Number, VectorField};

/// A field without parameters, from its dimension and a formula.
macro_rules! field {
    ($(#[$doc:meta])* $name:ident($($setting:ident),*), $dim:literal, |$s:ident, $t:ident, $y:ident| $dy:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name { $(pub $setting: f64),* }
        impl VectorField for $name {
            fn dim(&self) -> usize { $dim }
            fn param_count(&self) -> usize { 0 }
            #[allow(unused_variables, reason = "a formula may leave out time or state")]
            fn eval<S: Number>(&self, _: &[S], $t: S, $y: &[S], dy: &mut [S]) {
                let $s = |x: f64| S::constant(x);
                $(let $setting = S::constant(self.$setting);)*
                dy.copy_from_slice(&$dy);
            }
        }
    };
}

field!(
    /// `x'' = -x`.
    Oscillator(), 2, |c, t, y| [y[1], -y[0]]
);
field!(
    /// Predator and prey; `d ln x - c x + a ln y - b y` is invariant for `a = 2/3, b = 4/3, c = d = 1`.
    LotkaVolterra(), 2, |c, t, y| [
        y[0] * (c(2.0 / 3.0) - c(4.0 / 3.0) * y[1]),
        y[1] * (y[0] - c(1.0)),
    ]
);
field!(
    /// `y' = -2 t y²`: `y = 1/(1 + t²)` from `y(0) = 1`.
    Bell(), 1, |c, t, y| [c(-2.0) * t * y[0] * y[0]]
);
field!(
    /// `z' = -rate (z - cos t)`, a Prothero–Robinson problem with forced transient.
    Forced(rate), 1, |c, t, y| [-rate * (y[0] - t.cos())]
);
field!(
    /// `y' = -rate y`.
    Decay(rate), 1, |c, t, y| [-rate * y[0]]
);
field!(
    /// Van der Pol: `x' = v, v' = ((1 - x²) v - x)/ε`.
    VanDerPol(epsilon), 2, |c, t, y| [y[1], ((c(1.0) - y[0] * y[0]) * y[1] - y[0]) / epsilon]
);
field!(
    /// Robertson's chemical reaction.
    Robertson(), 3, |c, t, y| [
        c(-0.04) * y[0] + c(1e4) * y[1] * y[2],
        c(0.04) * y[0] - c(1e4) * y[1] * y[2] - c(3e7) * y[1] * y[1],
        c(3e7) * y[1] * y[1],
    ]
);
field!(
    /// `y' = y²`: `y = 1/(1 - t)` from `y(0) = 1`, which ends at `t = 1`.
    BlowUp(), 1, |c, t, y| [y[0] * y[0]]
);
field!(
    /// Nonlinear and forced: `x = 2 + sin t, y = cos t` from `(2, 1)`.
    Coupled(), 2, |c, t, y| [
        t.cos() + c(0.5) * (y[0] * y[1] - (t.sin() + c(2.0)) * t.cos()) - (y[0] - t.sin() - c(2.0)),
        -t.sin() + c(0.5) * (y[0] * y[0] - (t.sin() + c(2.0)) * (t.sin() + c(2.0))) * y[1] - (y[1] - t.cos()),
    ]
);

impl Forced {
    pub fn exact(&self, t: f64, z0: f64) -> f64 {
        let k = self.rate;
        // The particular solution (k² cos t + k sin t)/(k² + 1), and its transient.
        let particular = |t: f64| (k * k * t.cos() + k * t.sin()) / (k * k + 1.0);
        particular(t) + (z0 - particular(0.0)) * (-k * t).exp()
    }
}

impl LotkaVolterra {
    pub fn invariant(y: &[f64]) -> f64 {
        y[0].ln() - y[0] + 2.0 / 3.0 * y[1].ln() - 4.0 / 3.0 * y[1]
    }
}
