//! The schemes of Ascher, Ruuth and Spiteri: an explicit scheme beside an SDIRK scheme with a stage of zeros before it.

use std::f64::consts::FRAC_1_SQRT_2;

use super::super::Claims;
use super::super::catalogue::Coefficients;
use super::Sum;

pub(super) static SCHEMES: &[&Sum] = &[
    &Sum {
        name: "imex_euler",
        aliases: &["ars_1_1_1", "ars111"],
        source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
        order: 1,
        embedded_order: None,
        explicit: &IMEX_EULER_EXPLICIT,
        implicit: &IMEX_EULER_IMPLICIT,
    },
    &Sum {
        name: "ars_2_2_2",
        aliases: &["ars222"],
        source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
        order: 2,
        embedded_order: None,
        explicit: &ARS_2_2_2_EXPLICIT,
        implicit: &ARS_2_2_2_IMPLICIT,
    },
    &Sum {
        name: "ars_2_3_2",
        aliases: &["ars232"],
        source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
        order: 2,
        embedded_order: None,
        explicit: &ARS_2_3_2_EXPLICIT,
        implicit: &ARS_2_3_2_IMPLICIT,
    },
    &Sum {
        name: "ars_3_4_3",
        aliases: &["ars343"],
        source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
        order: 3,
        embedded_order: None,
        explicit: &ARS_3_4_3_EXPLICIT,
        implicit: &ARS_3_4_3_IMPLICIT,
    },
    &Sum {
        name: "ars_4_4_3",
        aliases: &["ars443"],
        source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
        order: 3,
        embedded_order: None,
        explicit: &ARS_4_4_3_EXPLICIT,
        implicit: &ARS_4_4_3_IMPLICIT,
    },
];

static IMEX_EULER_EXPLICIT: Coefficients = Coefficients {
    name: "imex_euler_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[1.0]],
    b: &[1.0, 0.0],
    c: &[0.0, 1.0],
    embedded: None,
};

static IMEX_EULER_IMPLICIT: Coefficients = Coefficients {
    name: "imex_euler_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[0.0, 1.0]],
    b: &[0.0, 1.0],
    c: &[0.0, 1.0],
    embedded: None,
};

static ARS_2_2_2_EXPLICIT: Coefficients = Coefficients {
    name: "ars_2_2_2_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[0.2928932188134525], &[-FRAC_1_SQRT_2, 1.7071067811865475]],
    b: &[-FRAC_1_SQRT_2, 1.7071067811865475, 0.0],
    c: &[0.0, 0.2928932188134525, 1.0],
    embedded: None,
};

static ARS_2_2_2_IMPLICIT: Coefficients = Coefficients {
    name: "ars_2_2_2_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[0.0, 0.2928932188134525], &[0.0, FRAC_1_SQRT_2, 0.2928932188134525]],
    b: &[0.0, FRAC_1_SQRT_2, 0.2928932188134525],
    c: &[0.0, 0.2928932188134525, 1.0],
    embedded: None,
};

static ARS_2_3_2_EXPLICIT: Coefficients = Coefficients {
    name: "ars_2_3_2_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[0.2928932188134525], &[-0.9428090415820634, 1.9428090415820634]],
    b: &[0.0, FRAC_1_SQRT_2, 0.2928932188134525],
    c: &[0.0, 0.2928932188134525, 1.0],
    embedded: None,
};

static ARS_2_3_2_IMPLICIT: Coefficients = Coefficients {
    name: "ars_2_3_2_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &[0.0, 0.2928932188134525], &[0.0, FRAC_1_SQRT_2, 0.2928932188134525]],
    b: &[0.0, FRAC_1_SQRT_2, 0.2928932188134525],
    c: &[0.0, 0.2928932188134525, 1.0],
    embedded: None,
};

static ARS_3_4_3_EXPLICIT: Coefficients = Coefficients {
    name: "ars_3_4_3_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &[0.435866521508459],
        &[0.32127888627204226, 0.39665437448218727],
        &[-0.1058582958, 0.5529291479, 0.5529291479],
    ],
    b: &[0.0, 1.20849664917601, -0.644363170684469, 0.435866521508459],
    c: &[0.0, 0.435866521508459, 0.7179332607542295, 1.0],
    embedded: None,
};

static ARS_3_4_3_IMPLICIT: Coefficients = Coefficients {
    name: "ars_3_4_3_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &[0.0, 0.435866521508459],
        &[0.0, 0.2820667392457705, 0.435866521508459],
        &[0.0, 1.20849664917601, -0.644363170684469, 0.435866521508459],
    ],
    b: &[0.0, 1.20849664917601, -0.644363170684469, 0.435866521508459],
    c: &[0.0, 0.435866521508459, 0.7179332607542295, 1.0],
    embedded: None,
};

static ARS_4_4_3_EXPLICIT: Coefficients = Coefficients {
    name: "ars_4_4_3_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &[1.0 / 2.0],
        &[11.0 / 18.0, 1.0 / 18.0],
        &[5.0 / 6.0, -5.0 / 6.0, 1.0 / 2.0],
        &[1.0 / 4.0, 7.0 / 4.0, 3.0 / 4.0, -7.0 / 4.0],
    ],
    b: &[1.0 / 4.0, 7.0 / 4.0, 3.0 / 4.0, -7.0 / 4.0, 0.0],
    c: &[0.0, 1.0 / 2.0, 2.0 / 3.0, 1.0 / 2.0, 1.0],
    embedded: None,
};

static ARS_4_4_3_IMPLICIT: Coefficients = Coefficients {
    name: "ars_4_4_3_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &[0.0, 1.0 / 2.0],
        &[0.0, 1.0 / 6.0, 1.0 / 2.0],
        &[0.0, -1.0 / 2.0, 1.0 / 2.0, 1.0 / 2.0],
        &[0.0, 3.0 / 2.0, -3.0 / 2.0, 1.0 / 2.0, 1.0 / 2.0],
    ],
    b: &[0.0, 3.0 / 2.0, -3.0 / 2.0, 1.0 / 2.0, 1.0 / 2.0],
    c: &[0.0, 1.0 / 2.0, 2.0 / 3.0, 1.0 / 2.0, 1.0],
    embedded: None,
};
