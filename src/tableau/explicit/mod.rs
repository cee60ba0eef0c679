//! Published of explicit schemes.

use super::Tableau;
use super::listed::Listed;

pub(super) mod high_order;
pub(super) mod low_order;
pub(super) mod pairs;
pub(super) mod ssp;

/// Explicit schemes.
impl Tableau {
    /// Forward Euler, `y_{n+1} = y_n + h F(y_n)`: a residual network's layer. Order 1.
    pub fn forward_euler() -> Self {
        low_order::FORWARD_EULER.make()
    }

    /// The explicit midpoint rule of Runge: half a forward Euler step, then a full step with its slope. Order 2.
    pub fn explicit_midpoint() -> Self {
        low_order::EXPLICIT_MIDPOINT.make()
    }

    /// Heun's method of two stages, the explicit trapezoidal rule. Order 2.
    pub fn heun() -> Self {
        low_order::HEUN.make()
    }

    /// The classical method of Kutta: four stages, order 4.
    pub fn rk4() -> Self {
        low_order::RK4.make()
    }

    /// The pair of Bogacki and Shampine: four stages, the last the first of the next step; order 3, embedded order 2.
    pub fn bogacki_shampine_3_2() -> Self {
        pairs::BOGACKI_SHAMPINE_3_2.make()
    }

    /// The pair of Dormand and Prince: seven stages, the last the first of the next step; order 5, embedded order 4.
    pub fn dormand_prince_5_4() -> Self {
        pairs::DORMAND_PRINCE_5_4.make()
    }
}
