//! Coefficients of explicit schemes.

use super::Tableau;
use super::catalogue::Scheme;

pub(super) static SCHEMES: &[&Scheme] =
    &[&FORWARD_EULER, &EXPLICIT_MIDPOINT, &HEUN, &RK4, &BOGACKI_SHAMPINE_3_2, &DORMAND_PRINCE_5_4];

static FORWARD_EULER: Scheme = Scheme {
    name: "forward_euler",
    aliases: &["euler", "explicit_euler"],
    source: "L. Euler, Institutiones calculi integralis I (1768), §650",
    order: 1,
    a: &[&[]],
    b: &[1.0],
    c: &[0.0],
    embedded: None,
};

static EXPLICIT_MIDPOINT: Scheme = Scheme {
    name: "explicit_midpoint",
    aliases: &["modified_euler"],
    source: "C. Runge, Math. Ann. 46 (1895) 167–178",
    order: 2,
    a: &[&[], &[0.5]],
    b: &[0.0, 1.0],
    c: &[0.0, 0.5],
    embedded: None,
};

static HEUN: Scheme = Scheme {
    name: "heun",
    aliases: &["heun2", "improved_euler", "explicit_trapezoidal"],
    source: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
    order: 2,
    a: &[&[], &[1.0]],
    b: &[0.5, 0.5],
    c: &[0.0, 1.0],
    embedded: None,
};

static RK4: Scheme = Scheme {
    name: "rk4",
    aliases: &["classical_rk4", "runge_kutta_4"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    order: 4,
    a: &[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    c: &[0.0, 0.5, 0.5, 1.0],
    embedded: None,
};

static BOGACKI_SHAMPINE_3_2: Scheme = Scheme {
    name: "bogacki_shampine_3_2",
    aliases: &["bogacki_shampine", "bosh3", "bs32", "bs23", "rk23"],
    source: "P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2 (1989) 321–325",
    order: 3,
    a: &[&[], &[1.0 / 2.0], &[0.0, 3.0 / 4.0], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    b: &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0, 0.0],
    c: &[0.0, 1.0 / 2.0, 3.0 / 4.0, 1.0],
    embedded: Some((&[7.0 / 24.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 8.0], 2)),
};

static DORMAND_PRINCE_5_4: Scheme = Scheme {
    name: "dormand_prince_5_4",
    aliases: &["dormand_prince", "dopri5", "dp54", "dp5"],
    source: "J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19–26",
    order: 5,
    a: &[
        &[],
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    b: &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
    c: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    embedded: Some((
        &[5179.0 / 57600.0, 0.0, 7571.0 / 16695.0, 393.0 / 640.0, -92097.0 / 339200.0, 187.0 / 2100.0, 1.0 / 40.0],
        4,
    )),
};

/// Explicit schemes.
impl Tableau {
    /// Forward Euler, `y_{n+1} = y_n + h F(y_n)`: a residual network's layer. Order 1.
    pub fn forward_euler() -> Self {
        FORWARD_EULER.tableau()
    }

    /// The explicit midpoint rule of Runge: half a forward Euler step, then a full step with its slope. Order 2.
    pub fn explicit_midpoint() -> Self {
        EXPLICIT_MIDPOINT.tableau()
    }

    /// Heun's method of two stages, the explicit trapezoidal rule. Order 2.
    pub fn heun() -> Self {
        HEUN.tableau()
    }

    /// The classical method of Kutta: four stages, order 4.
    pub fn rk4() -> Self {
        RK4.tableau()
    }

    /// The pair of Bogacki and Shampine: four stages, the last the first of the next step; order 3, embedded order 2.
    pub fn bogacki_shampine_3_2() -> Self {
        BOGACKI_SHAMPINE_3_2.tableau()
    }

    /// The pair of Dormand and Prince: seven stages, the last the first of the next step; order 5, embedded order 4.
    pub fn dormand_prince_5_4() -> Self {
        DORMAND_PRINCE_5_4.tableau()
    }
}
