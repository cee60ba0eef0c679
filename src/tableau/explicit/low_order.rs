//! Explicit schemes without embedded weights.

use super::super::Claims;
use super::super::catalogue::Coefficients;
use super::super::claims::explicit;

pub(in crate::tableau) static SCHEMES: &[&Coefficients] = &[
    &FORWARD_EULER,
    &EXPLICIT_MIDPOINT,
    &HEUN,
    &RALSTON_2,
    &HEUN_3,
    &KUTTA_3,
    &RALSTON_3,
    &RK4,
    &THREE_EIGHTHS,
    &RALSTON_4,
    &BUTCHER_5,
];

pub(super) static FORWARD_EULER: Coefficients = Coefficients {
    name: "forward_euler",
    aliases: &["euler", "explicit_euler"],
    source: "L. Euler, Institutiones calculi integralis I (1768), §650",
    claims: || Claims {
        real_stability_interval: Some(2.0),
        imaginary_stability_interval: Some(0.0),
        ssp_coefficient: Some(1.0),
        principal_error_norm: Some(0.5),
        ..explicit(1)
    },
    a: &[&[]],
    b: &[1.0],
    c: &[0.0],
    embedded: None,
};

pub(super) static EXPLICIT_MIDPOINT: Coefficients = Coefficients {
    name: "explicit_midpoint",
    aliases: &["modified_euler", "midpoint_2"],
    source: "C. Runge, Math. Ann. 46 (1895) 167–178",
    claims: || Claims {
        real_stability_interval: Some(2.0),
        imaginary_stability_interval: Some(0.0),
        ssp_coefficient: Some(0.0),
        ..explicit(2)
    },
    a: &[&[], &[1.0 / 2.0]],
    b: &[0.0, 1.0],
    c: &[0.0, 1.0 / 2.0],
    embedded: None,
};

pub(super) static HEUN: Coefficients = Coefficients {
    name: "heun",
    aliases: &["heun2", "improved_euler", "explicit_trapezoidal"],
    source: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
    claims: || Claims {
        real_stability_interval: Some(2.0),
        imaginary_stability_interval: Some(0.0),
        ssp_coefficient: Some(1.0),
        ..explicit(2)
    },
    a: &[&[], &[1.0]],
    b: &[1.0 / 2.0, 1.0 / 2.0],
    c: &[0.0, 1.0],
    embedded: None,
};

static RALSTON_2: Coefficients = Coefficients {
    name: "ralston_2",
    aliases: &["ralston"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims { real_stability_interval: Some(2.0), imaginary_stability_interval: Some(0.0), ..explicit(2) },
    a: &[&[], &[2.0 / 3.0]],
    b: &[1.0 / 4.0, 3.0 / 4.0],
    c: &[0.0, 2.0 / 3.0],
    embedded: None,
};

static HEUN_3: Coefficients = Coefficients {
    name: "heun_3",
    aliases: &["heun3"],
    source: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ssp_coefficient: Some(0.0),
        ..explicit(3)
    },
    a: &[&[], &[1.0 / 3.0], &[0.0, 2.0 / 3.0]],
    b: &[1.0 / 4.0, 0.0, 3.0 / 4.0],
    c: &[0.0, 1.0 / 3.0, 2.0 / 3.0],
    embedded: None,
};

static KUTTA_3: Coefficients = Coefficients {
    name: "kutta_3",
    aliases: &["rk3", "kutta3"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit(3)
    },
    a: &[&[], &[1.0 / 2.0], &[-1.0, 2.0]],
    b: &[1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0],
    c: &[0.0, 1.0 / 2.0, 1.0],
    embedded: None,
};

static RALSTON_3: Coefficients = Coefficients {
    name: "ralston_3",
    aliases: &["ralston3"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit(3)
    },
    a: &[&[], &[1.0 / 2.0], &[0.0, 3.0 / 4.0]],
    b: &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0],
    c: &[0.0, 1.0 / 2.0, 3.0 / 4.0],
    embedded: None,
};

pub(super) static RK4: Coefficients = Coefficients {
    name: "rk4",
    aliases: &["classical_rk4", "runge_kutta_4"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    claims: || Claims {
        real_stability_interval: Some(2.785293563405282),
        imaginary_stability_interval: Some(2.8284271247461903),
        ssp_coefficient: Some(0.0),
        principal_error_norm: Some(0.01450458234319821),
        ..explicit(4)
    },
    a: &[&[], &[1.0 / 2.0], &[0.0, 1.0 / 2.0], &[0.0, 0.0, 1.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    c: &[0.0, 1.0 / 2.0, 1.0 / 2.0, 1.0],
    embedded: None,
};

static THREE_EIGHTHS: Coefficients = Coefficients {
    name: "three_eighths",
    aliases: &["three_eighths_rule", "rk4_38", "kutta_38", "rk38"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    claims: || Claims {
        real_stability_interval: Some(2.785293563405282),
        imaginary_stability_interval: Some(2.8284271247461903),
        ..explicit(4)
    },
    a: &[&[], &[1.0 / 3.0], &[-1.0 / 3.0, 1.0], &[1.0, -1.0, 1.0]],
    b: &[1.0 / 8.0, 3.0 / 8.0, 3.0 / 8.0, 1.0 / 8.0],
    c: &[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0],
    embedded: None,
};

static RALSTON_4: Coefficients = Coefficients {
    name: "ralston_4",
    aliases: &["ralston4"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims { real_stability_interval: Some(2.785293563405282), ..explicit(4) },
    a: &[
        &[],
        &[2.0 / 5.0],
        &[0.2969776092477536, 0.15875964497103584],
        &[0.21810038822592046, -3.050965148692931, 3.8328647604670105],
    ],
    b: &[0.17476028226269036, -0.551480662878733, 1.2055355993965235, 0.17118478121951902],
    c: &[0.0, 2.0 / 5.0, 0.4557372542187894, 1.0],
    embedded: None,
};

static BUTCHER_5: Coefficients = Coefficients {
    name: "butcher_5",
    aliases: &["butcher_6_5", "burk65"],
    source: "J. C. Butcher, J. Austral. Math. Soc. 4 (1964) 179–194",
    claims: || Claims {
        real_stability_interval: Some(5.60397240746866),
        imaginary_stability_interval: Some(0.0),
        ..explicit(5)
    },
    a: &[
        &[],
        &[1.0 / 4.0],
        &[1.0 / 8.0, 1.0 / 8.0],
        &[0.0, 0.0, 1.0 / 2.0],
        &[3.0 / 16.0, -3.0 / 8.0, 3.0 / 8.0, 9.0 / 16.0],
        &[-3.0 / 7.0, 8.0 / 7.0, 6.0 / 7.0, -12.0 / 7.0, 8.0 / 7.0],
    ],
    b: &[7.0 / 90.0, 0.0, 16.0 / 45.0, 2.0 / 15.0, 16.0 / 45.0, 7.0 / 90.0],
    c: &[0.0, 1.0 / 4.0, 1.0 / 4.0, 1.0 / 2.0, 3.0 / 4.0, 1.0],
    embedded: None,
};
