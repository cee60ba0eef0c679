//! Implicit schemes of one to five stages, diagonally implicit, and their elders.

use super::super::Claims;
use super::super::claims::{diagonal, l_stable_diagonal};
use super::super::listed::Published;

pub(in crate::tableau) static SCHEMES: &[&Published] = &[
    &BACKWARD_EULER,
    &IMPLICIT_MIDPOINT,
    &TRAPEZOIDAL,
    &SDIRK2,
    &SDIRK3,
    &SDIRK4,
    &CROUZEIX_2,
    &CROUZEIX_3,
    &QIN_ZHANG_2,
    &PARESCHI_RUSSO_2,
];

pub(super) static BACKWARD_EULER: Published = Published {
    name: "backward_euler",
    aliases: &["implicit_euler"],
    source: "E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.3",
    claims: || Claims { algebraically_stable: Some(true), principal_error_norm: Some(0.5), ..l_stable_diagonal(1, 1) },
    a: &[&["1"]],
    b: &["1"],
    c: &["1"],
    embedded: None,
};

pub(super) static IMPLICIT_MIDPOINT: Published = Published {
    name: "implicit_midpoint",
    aliases: &[],
    source: "E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration (2006), I.1.2",
    claims: || Claims {
        l_stable: Some(false),
        algebraically_stable: Some(true),
        symplectic: Some(true),
        symmetric: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..diagonal(2, 1)
    },
    a: &[&["1/2"]],
    b: &["1"],
    c: &["1/2"],
    embedded: None,
};

pub(super) static TRAPEZOIDAL: Published = Published {
    name: "trapezoidal",
    aliases: &["crank_nicolson", "implicit_trapezoidal", "trapezoidal_rule"],
    source: "J. Crank, P. Nicolson, Math. Proc. Cambridge Philos. Soc. 43 (1947) 50–67",
    claims: || Claims {
        l_stable: Some(false),
        algebraically_stable: Some(false),
        symmetric: Some(true),
        first_same_as_last: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..diagonal(2, 2)
    },
    a: &[&[], &["1/2", "1/2"]],
    b: &["1/2", "1/2"],
    c: &["0", "1"],
    embedded: None,
};

pub(super) static SDIRK2: Published = Published {
    name: "sdirk2",
    aliases: &["alexander_2"],
    source: "R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006–1021",
    claims: || l_stable_diagonal(2, 1),
    a: &[&["1 - sqrt(2)/2"], &["sqrt(2)/2", "1 - sqrt(2)/2"]],
    b: &["sqrt(2)/2", "1 - sqrt(2)/2"],
    c: &["1 - sqrt(2)/2", "1"],
    embedded: None,
};

static SDIRK3: Published = Published {
    name: "sdirk3",
    aliases: &["alexander_3"],
    source: "R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006–1021",
    claims: || l_stable_diagonal(3, 1),
    a: &[
        &["0.435866521508459"],
        &["0.2820667392457705", "0.435866521508459"],
        &["1.20849664917601", "-0.644363170684469", "0.435866521508459"],
    ],
    b: &["1.20849664917601", "-0.644363170684469", "0.435866521508459"],
    c: &["0.435866521508459", "0.7179332607542295", "1"],
    embedded: None,
};

static SDIRK4: Published = Published {
    name: "sdirk4",
    aliases: &["hairer_wanner_4", "sdirk_4_3"],
    source: "E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.6",
    claims: || Claims { embedded_order: Some(3), ..l_stable_diagonal(4, 1) },
    a: &[
        &["1/4"],
        &["1/2", "1/4"],
        &["17/50", "-1/25", "1/4"],
        &["371/1360", "-137/2720", "15/544", "1/4"],
        &["25/24", "-49/48", "125/16", "-85/12", "1/4"],
    ],
    b: &["25/24", "-49/48", "125/16", "-85/12", "1/4"],
    c: &["1/4", "3/4", "11/20", "1/2", "1"],
    embedded: Some(&["59/48", "-17/96", "225/32", "-85/12", "0"]),
};

static CROUZEIX_2: Published = Published {
    name: "crouzeix_2",
    aliases: &["norsett_3", "sdirk_2_3", "crouzeix_2_3"],
    source: "M. Crouzeix, Thesis, Université Paris VI (1975); S. P. Nørsett, Report 1/74, University of Trondheim (1974)",
    claims: || Claims {
        l_stable: Some(false),
        algebraically_stable: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..diagonal(3, 1)
    },
    a: &[&["1/2 + sqrt(3)/6"], &["-sqrt(3)/3", "1/2 + sqrt(3)/6"]],
    b: &["1/2", "1/2"],
    c: &["1/2 + sqrt(3)/6", "1/2 - sqrt(3)/6"],
    embedded: None,
};

static CROUZEIX_3: Published = Published {
    name: "crouzeix_3",
    aliases: &["norsett_4", "sdirk_3_4", "crouzeix_3_4"],
    source: "M. Crouzeix, Thesis, Université Paris VI (1975); S. P. Nørsett, Report 1/74, University of Trondheim (1974)",
    claims: || Claims {
        l_stable: Some(false),
        algebraically_stable: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..diagonal(4, 1)
    },
    a: &[
        &["1.0685790213016289"],
        &["-0.5685790213016289", "1.0685790213016289"],
        &["2.1371580426032577", "-3.2743160852065154", "1.0685790213016289"],
    ],
    b: &["0.12888640051572042", "0.7422271989685592", "0.12888640051572042"],
    c: &["1.0685790213016289", "1/2", "-0.06857902130162881"],
    embedded: None,
};

static QIN_ZHANG_2: Published = Published {
    name: "qin_zhang_2",
    aliases: &["qin_zhang"],
    source: "M.-Z. Qin, M.-Q. Zhang, J. Comput. Math. 10 (1992) suppl. 205–215",
    claims: || Claims {
        l_stable: Some(false),
        algebraically_stable: Some(true),
        symplectic: Some(true),
        symmetric: Some(true),
        a_stable: Some(true),
        i_stable: Some(true),
        a_alpha: Some(90.0),
        ..diagonal(2, 1)
    },
    a: &[&["1/4"], &["1/2", "1/4"]],
    b: &["1/2", "1/2"],
    c: &["1/4", "3/4"],
    embedded: None,
};

static PARESCHI_RUSSO_2: Published = Published {
    name: "pareschi_russo_2",
    aliases: &["pareschi_russo"],
    source: "L. Pareschi, G. Russo, J. Sci. Comput. 25 (2005) 129–155",
    claims: || Claims {
        a_stable: Some(true),
        i_stable: Some(true),
        l_stable: Some(true),
        algebraically_stable: Some(true),
        ..diagonal(2, 1)
    },
    a: &[&["1 - sqrt(2)/2"], &["sqrt(2) - 1", "1 - sqrt(2)/2"]],
    b: &["1/2", "1/2"],
    c: &["1 - sqrt(2)/2", "sqrt(2)/2"],
    embedded: None,
};
