//! Explicit schemes without embedded weights.

use super::super::Claims;
use super::super::claims::explicit;
use super::super::listed::Published;

pub(in crate::tableau) static SCHEMES: &[&Published] = &[
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

pub(super) static FORWARD_EULER: Published = Published {
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
    b: &["1"],
    c: &["0"],
    embedded: None,
};

pub(super) static EXPLICIT_MIDPOINT: Published = Published {
    name: "explicit_midpoint",
    aliases: &["modified_euler", "midpoint_2"],
    source: "C. Runge, Math. Ann. 46 (1895) 167–178",
    claims: || Claims {
        real_stability_interval: Some(2.0),
        imaginary_stability_interval: Some(0.0),
        ssp_coefficient: Some(0.0),
        ..explicit(2)
    },
    a: &[&[], &["1/2"]],
    b: &["0", "1"],
    c: &["0", "1/2"],
    embedded: None,
};

pub(super) static HEUN: Published = Published {
    name: "heun",
    aliases: &["heun2", "improved_euler", "explicit_trapezoidal"],
    source: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
    claims: || Claims {
        real_stability_interval: Some(2.0),
        imaginary_stability_interval: Some(0.0),
        ssp_coefficient: Some(1.0),
        ..explicit(2)
    },
    a: &[&[], &["1"]],
    b: &["1/2", "1/2"],
    c: &["0", "1"],
    embedded: None,
};

static RALSTON_2: Published = Published {
    name: "ralston_2",
    aliases: &["ralston"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims { real_stability_interval: Some(2.0), imaginary_stability_interval: Some(0.0), ..explicit(2) },
    a: &[&[], &["2/3"]],
    b: &["1/4", "3/4"],
    c: &["0", "2/3"],
    embedded: None,
};

static HEUN_3: Published = Published {
    name: "heun_3",
    aliases: &["heun3"],
    source: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ssp_coefficient: Some(0.0),
        ..explicit(3)
    },
    a: &[&[], &["1/3"], &["0", "2/3"]],
    b: &["1/4", "0", "3/4"],
    c: &["0", "1/3", "2/3"],
    embedded: None,
};

static KUTTA_3: Published = Published {
    name: "kutta_3",
    aliases: &["rk3", "kutta3"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit(3)
    },
    a: &[&[], &["1/2"], &["-1", "2"]],
    b: &["1/6", "2/3", "1/6"],
    c: &["0", "1/2", "1"],
    embedded: None,
};

static RALSTON_3: Published = Published {
    name: "ralston_3",
    aliases: &["ralston3"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit(3)
    },
    a: &[&[], &["1/2"], &["0", "3/4"]],
    b: &["2/9", "1/3", "4/9"],
    c: &["0", "1/2", "3/4"],
    embedded: None,
};

pub(super) static RK4: Published = Published {
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
    a: &[&[], &["1/2"], &["0", "1/2"], &["0", "0", "1"]],
    b: &["1/6", "1/3", "1/3", "1/6"],
    c: &["0", "1/2", "1/2", "1"],
    embedded: None,
};

static THREE_EIGHTHS: Published = Published {
    name: "three_eighths",
    aliases: &["three_eighths_rule", "rk4_38", "kutta_38", "rk38"],
    source: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
    claims: || Claims {
        real_stability_interval: Some(2.785293563405282),
        imaginary_stability_interval: Some(2.8284271247461903),
        ..explicit(4)
    },
    a: &[&[], &["1/3"], &["-1/3", "1"], &["1", "-1", "1"]],
    b: &["1/8", "3/8", "3/8", "1/8"],
    c: &["0", "1/3", "2/3", "1"],
    embedded: None,
};

static RALSTON_4: Published = Published {
    name: "ralston_4",
    aliases: &["ralston4"],
    source: "A. Ralston, Math. Comp. 16 (1962) 431–437",
    claims: || Claims { real_stability_interval: Some(2.785293563405282), ..explicit(4) },
    a: &[
        &[],
        &["2/5"],
        &["(1428*sqrt(5) - 2889)/1024", "(3785 - 1620*sqrt(5))/1024"],
        &["(2094*sqrt(5) - 3365)/6040", "(-975 - 3046*sqrt(5))/2552", "(467040 + 203968*sqrt(5))/240845"],
    ],
    b: &[
        "(263 + 24*sqrt(5))/1812",
        "(125 - 1000*sqrt(5))/3828",
        "(3426304 + 1661952*sqrt(5))/5924787",
        "(30 - 4*sqrt(5))/123",
    ],
    c: &["0", "2/5", "(14 - 3*sqrt(5))/16", "1"],
    embedded: None,
};

static BUTCHER_5: Published = Published {
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
        &["1/4"],
        &["1/8", "1/8"],
        &["0", "0", "1/2"],
        &["3/16", "-3/8", "3/8", "9/16"],
        &["-3/7", "8/7", "6/7", "-12/7", "8/7"],
    ],
    b: &["7/90", "0", "16/45", "2/15", "16/45", "7/90"],
    c: &["0", "1/4", "1/4", "1/2", "3/4", "1"],
    embedded: None,
};
