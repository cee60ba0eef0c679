//! What a sample knows beside its state.

use crate::Real;
use std::fmt;
use std::sync::Arc;

/// Numbers that a field sees beside the state of a sample, as functions of time: inputs that were measured, a control, or
/// constants in which samples differ, such as a mass.
///
/// A map sees them as [`Input::Signal`](super::Input::Signal), by [`WithInputs`](super::WithInputs); a sample is given its own
/// by [`Grid::with_signals`](crate::network::Grid::with_signals), and steps supply them at the times of their stages.
/// Constants are signals as they are, functions of time by [`signal`].
pub trait Signal: fmt::Debug + Send + Sync {
    /// How many numbers there are.
    fn rows(&self) -> usize;

    /// Writes the numbers at time `t` to `out`, [`rows`](Signal::rows) of them.
    fn write(&self, t: f64, out: &mut [f64]);
}

/// Constants.
impl Signal for Vec<f64> {
    fn rows(&self) -> usize {
        self.len()
    }

    fn write(&self, _: f64, out: &mut [f64]) {
        out.copy_from_slice(self);
    }
}

/// Constants.
impl<const N: usize> Signal for [f64; N] {
    fn rows(&self) -> usize {
        N
    }

    fn write(&self, _: f64, out: &mut [f64]) {
        out.copy_from_slice(self);
    }
}

struct Function<const N: usize, F>(F);

impl<const N: usize, F> fmt::Debug for Function<N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} functions of time")
    }
}

impl<const N: usize, F: Fn(f64) -> [f64; N] + Send + Sync> Signal for Function<N, F> {
    fn rows(&self) -> usize {
        N
    }

    fn write(&self, t: f64, out: &mut [f64]) {
        out.copy_from_slice(&(self.0)(t));
    }
}

/// Functions of time as a signal.
///
/// A driven pendulum, each sample by a force of its own:
///
/// ```
/// use kutta::{Number, OdeBlock, Tableau, VectorField};
/// use kutta::field::{Input, Signal, WithInputs, signal};
/// use std::sync::Arc;
/// struct Driven;
/// impl VectorField for Driven {
///     fn dim(&self) -> usize { 2 }
///     fn inputs(&self) -> usize { 3 }
///     fn param_count(&self) -> usize { 0 }
///     fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
///         dy[0] = y[1];
///         dy[1] = y[2] - y[0].sin();
///     }
/// }
/// let block = OdeBlock::new(WithInputs::new(Driven, [Input::Signal(0)])?, Tableau::rk4()).steps(10).step_size(0.1);
/// let forces: [Arc<dyn Signal>; 2] = [Arc::new([0.0]), Arc::new(signal(|t| [t.cos()]))];
/// let grid = block.grid(0.0, 2)?.with_signals(forces)?;
/// let path = block.forward(&[], &grid, &[0.0, 0.0, 0.0, 0.0])?;
/// assert_eq!(path.last(0), [0.0, 0.0]);
/// assert!((path.last(1)[0] - 0.5 * 1f64.sin()).abs() < 0.02);
/// # Ok::<(), kutta::Error>(())
/// ```
pub fn signal<const N: usize>(of_time: impl Fn(f64) -> [f64; N] + Send + Sync + 'static) -> impl Signal {
    Function(of_time)
}

/// Fills the rows after the first, which holds times, with the signals at these times; `of` gives those of a column.
pub(crate) fn write_signals<'s, T: Real>(
    known: &mut [T],
    stride: usize,
    columns: usize,
    of: impl Fn(usize) -> &'s Arc<dyn Signal>,
) {
    let (times, rows) = known.split_at_mut(stride);
    let mut numbers = Vec::new();
    for (column, t) in times[..columns].iter().enumerate() {
        let signal = of(column);
        numbers.resize(signal.rows(), 0.0);
        signal.write(t.to_f64(), &mut numbers);
        rows.chunks_exact_mut(stride).zip(&numbers).for_each(|(row, &x)| row[column] = T::constant(x));
    }
}
