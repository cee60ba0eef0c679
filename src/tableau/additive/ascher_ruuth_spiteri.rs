//! The schemes of Ascher, Ruuth and Spiteri: an explicit scheme beside an SDIRK scheme with a stage of zeros before it.

use super::super::Claims;
use super::super::listed::Published;
use super::Sum;

pub(in crate::tableau) static SCHEMES: &[&Sum] = &[
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

static IMEX_EULER_EXPLICIT: Published = Published {
    name: "imex_euler_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["1"]],
    b: &["1", "0"],
    c: &["0", "1"],
    embedded: None,
};

static IMEX_EULER_IMPLICIT: Published = Published {
    name: "imex_euler_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["0", "1"]],
    b: &["0", "1"],
    c: &["0", "1"],
    embedded: None,
};

static ARS_2_2_2_EXPLICIT: Published = Published {
    name: "ars_2_2_2_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["1 - sqrt(2)/2"], &["-sqrt(2)/2", "1 + sqrt(2)/2"]],
    b: &["-sqrt(2)/2", "1 + sqrt(2)/2", "0"],
    c: &["0", "1 - sqrt(2)/2", "1"],
    embedded: None,
};

static ARS_2_2_2_IMPLICIT: Published = Published {
    name: "ars_2_2_2_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["0", "1 - sqrt(2)/2"], &["0", "sqrt(2)/2", "1 - sqrt(2)/2"]],
    b: &["0", "sqrt(2)/2", "1 - sqrt(2)/2"],
    c: &["0", "1 - sqrt(2)/2", "1"],
    embedded: None,
};

static ARS_2_3_2_EXPLICIT: Published = Published {
    name: "ars_2_3_2_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["1 - sqrt(2)/2"], &["-2*sqrt(2)/3", "1 + 2*sqrt(2)/3"]],
    b: &["0", "sqrt(2)/2", "1 - sqrt(2)/2"],
    c: &["0", "1 - sqrt(2)/2", "1"],
    embedded: None,
};

static ARS_2_3_2_IMPLICIT: Published = Published {
    name: "ars_2_3_2_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["0", "1 - sqrt(2)/2"], &["0", "sqrt(2)/2", "1 - sqrt(2)/2"]],
    b: &["0", "sqrt(2)/2", "1 - sqrt(2)/2"],
    c: &["0", "1 - sqrt(2)/2", "1"],
    embedded: None,
};

static ARS_3_4_3_EXPLICIT: Published = Published {
    name: "ars_3_4_3_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &["0.435866521508459"],
        &["0.32127888627204226", "0.39665437448218727"],
        &["-0.1058582958", "0.5529291479", "0.5529291479"],
    ],
    b: &["0", "1.20849664917601", "-0.644363170684469", "0.435866521508459"],
    c: &["0", "0.435866521508459", "0.7179332607542295", "1"],
    embedded: None,
};

static ARS_3_4_3_IMPLICIT: Published = Published {
    name: "ars_3_4_3_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[
        &[],
        &["0", "0.435866521508459"],
        &["0", "0.2820667392457705", "0.435866521508459"],
        &["0", "1.20849664917601", "-0.644363170684469", "0.435866521508459"],
    ],
    b: &["0", "1.20849664917601", "-0.644363170684469", "0.435866521508459"],
    c: &["0", "0.435866521508459", "0.7179332607542295", "1"],
    embedded: None,
};

static ARS_4_4_3_EXPLICIT: Published = Published {
    name: "ars_4_4_3_explicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["1/2"], &["11/18", "1/18"], &["5/6", "-5/6", "1/2"], &["1/4", "7/4", "3/4", "-7/4"]],
    b: &["1/4", "7/4", "3/4", "-7/4", "0"],
    c: &["0", "1/2", "2/3", "1/2", "1"],
    embedded: None,
};

static ARS_4_4_3_IMPLICIT: Published = Published {
    name: "ars_4_4_3_implicit",
    aliases: &[],
    source: "U. M. Ascher, S. J. Ruuth, R. J. Spiteri, Appl. Numer. Math. 25 (1997) 151–167",
    claims: Claims::default,
    a: &[&[], &["0", "1/2"], &["0", "1/6", "1/2"], &["0", "-1/2", "1/2", "1/2"], &["0", "3/2", "-3/2", "1/2", "1/2"]],
    b: &["0", "3/2", "-3/2", "1/2", "1/2"],
    c: &["0", "1/2", "2/3", "1/2", "1"],
    embedded: None,
};
