//! Explicit schemes up to order 5, with embedded weights.

use super::super::Claims;
use super::super::claims::explicit_pair;
use super::super::listed::Published;

pub(in crate::tableau) static SCHEMES: &[&Published] = &[
    &HEUN_EULER_2_1,
    &BOGACKI_SHAMPINE_3_2,
    &MERSON_4_3,
    &ZONNEVELD_4_3,
    &FEHLBERG_4_3,
    &FEHLBERG_4_5,
    &CASH_KARP_5_4,
    &DORMAND_PRINCE_5_4,
    &TSITOURAS_5_4,
    &BOGACKI_SHAMPINE_5_4,
];

static HEUN_EULER_2_1: Published = Published {
    name: "heun_euler_2_1",
    aliases: &["heun_euler"],
    source: "E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), II.1, II.4",
    claims: || explicit_pair(2, 1),
    a: &[&[], &["1"]],
    b: &["1/2", "1/2"],
    c: &["0", "1"],
    embedded: Some(&["1", "0"]),
};

pub(super) static BOGACKI_SHAMPINE_3_2: Published = Published {
    name: "bogacki_shampine_3_2",
    aliases: &["bogacki_shampine", "bosh3", "bs32", "bs23", "rk23"],
    source: "P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2 (1989) 321–325",
    claims: || Claims {
        first_same_as_last: Some(true),
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit_pair(3, 2)
    },
    a: &[&[], &["1/2"], &["0", "3/4"], &["2/9", "1/3", "4/9"]],
    b: &["2/9", "1/3", "4/9", "0"],
    c: &["0", "1/2", "3/4", "1"],
    embedded: Some(&["7/24", "1/4", "1/3", "1/8"]),
};

static MERSON_4_3: Published = Published {
    name: "merson_4_3",
    aliases: &["merson", "kutta_merson"],
    source: "R. H. Merson, Proc. Symp. Data Processing, Weapons Res. Establ. Salisbury (1957) 110-1–110-25",
    claims: || Claims {
        real_stability_interval: Some(3.548322344234674),
        imaginary_stability_interval: Some(3.4641016151377544),
        ..explicit_pair(4, 3)
    },
    a: &[&[], &["1/3"], &["1/6", "1/6"], &["1/8", "0", "3/8"], &["1/2", "0", "-3/2", "2"]],
    b: &["1/6", "0", "0", "2/3", "1/6"],
    c: &["0", "1/3", "1/3", "1/2", "1"],
    embedded: Some(&["1/10", "0", "3/10", "2/5", "1/5"]),
};

static ZONNEVELD_4_3: Published = Published {
    name: "zonneveld_4_3",
    aliases: &["zonneveld"],
    source: "J. A. Zonneveld, Automatic Integration of Ordinary Differential Equations, Math. Centrum Amsterdam (1963)",
    claims: || explicit_pair(4, 3),
    a: &[&[], &["1/2"], &["0", "1/2"], &["0", "0", "1"], &["5/32", "7/32", "13/32", "-1/32"]],
    b: &["1/6", "1/3", "1/3", "1/6", "0"],
    c: &["0", "1/2", "1/2", "1", "3/4"],
    embedded: Some(&["-1/2", "7/3", "7/3", "13/6", "-16/3"]),
};

static FEHLBERG_4_3: Published = Published {
    name: "fehlberg_4_3",
    aliases: &["rkf43", "fehlberg43"],
    source: "E. Fehlberg, Computing 6 (1970) 61–71",
    claims: || Claims {
        real_stability_interval: Some(4.109222736949076),
        imaginary_stability_interval: Some(3.214458159558173),
        ..explicit_pair(4, 3)
    },
    a: &[&[], &["1/4"], &["4/81", "32/81"], &["57/98", "-432/343", "1053/686"], &["1/6", "0", "27/52", "49/156"]],
    b: &["43/288", "0", "243/416", "343/1872", "1/12"],
    c: &["0", "1/4", "4/9", "6/7", "1"],
    embedded: Some(&["1/6", "0", "27/52", "49/156", "0"]),
};

static FEHLBERG_4_5: Published = Published {
    name: "fehlberg_4_5",
    aliases: &["fehlberg", "rkf45", "fehlberg45"],
    source: "E. Fehlberg, Computing 6 (1970) 61–71",
    claims: || explicit_pair(4, 5),
    a: &[
        &[],
        &["1/4"],
        &["3/32", "9/32"],
        &["1932/2197", "-7200/2197", "7296/2197"],
        &["439/216", "-8", "3680/513", "-845/4104"],
        &["-8/27", "2", "-3544/2565", "1859/4104", "-11/40"],
    ],
    b: &["25/216", "0", "1408/2565", "2197/4104", "-1/5", "0"],
    c: &["0", "1/4", "3/8", "12/13", "1", "1/2"],
    embedded: Some(&["16/135", "0", "6656/12825", "28561/56430", "-9/50", "2/55"]),
};

static CASH_KARP_5_4: Published = Published {
    name: "cash_karp_5_4",
    aliases: &["cash_karp", "ck54", "ck5", "rkck"],
    source: "J. R. Cash, A. H. Karp, ACM Trans. Math. Software 16 (1990) 201–222",
    claims: || Claims {
        real_stability_interval: Some(3.734359607234723),
        imaginary_stability_interval: Some(0.0),
        ..explicit_pair(5, 4)
    },
    a: &[
        &[],
        &["1/5"],
        &["3/40", "9/40"],
        &["3/10", "-9/10", "6/5"],
        &["-11/54", "5/2", "-70/27", "35/27"],
        &["1631/55296", "175/512", "575/13824", "44275/110592", "253/4096"],
    ],
    b: &["37/378", "0", "250/621", "125/594", "0", "512/1771"],
    c: &["0", "1/5", "3/10", "3/5", "1", "7/8"],
    embedded: Some(&["2825/27648", "0", "18575/48384", "13525/55296", "277/14336", "1/4"]),
};

pub(super) static DORMAND_PRINCE_5_4: Published = Published {
    name: "dormand_prince_5_4",
    aliases: &["dormand_prince", "dopri5", "dp54", "dp5"],
    source: "J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19–26",
    claims: || Claims {
        first_same_as_last: Some(true),
        principal_error_norm: Some(3.990801609343624e-4),
        real_stability_interval: Some(3.306567892634946),
        imaginary_stability_interval: Some(0.997189008631943),
        stability_numerator: Some(vec![1.0, 1.0, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 600.0]),
        stability_denominator: Some(vec![1.0]),
        ..explicit_pair(5, 4)
    },
    a: &[
        &[],
        &["1/5"],
        &["3/40", "9/40"],
        &["44/45", "-56/15", "32/9"],
        &["19372/6561", "-25360/2187", "64448/6561", "-212/729"],
        &["9017/3168", "-355/33", "46732/5247", "49/176", "-5103/18656"],
        &["35/384", "0", "500/1113", "125/192", "-2187/6784", "11/84"],
    ],
    b: &["35/384", "0", "500/1113", "125/192", "-2187/6784", "11/84", "0"],
    c: &["0", "1/5", "3/10", "4/5", "8/9", "1", "1"],
    embedded: Some(&["5179/57600", "0", "7571/16695", "393/640", "-92097/339200", "187/2100", "1/40"]),
};

static TSITOURAS_5_4: Published = Published {
    name: "tsitouras_5_4",
    aliases: &["tsitouras", "tsit5", "tsit54"],
    source: "Ch. Tsitouras, Comput. Math. Appl. 62 (2011) 770–775",
    claims: || Claims {
        first_same_as_last: Some(true),
        real_stability_interval: Some(3.5068469938049476),
        ..explicit_pair(5, 4)
    },
    a: &[
        &[],
        &["161/1000"],
        &["-0.008480655492356989", "0.335480655492357"],
        &["2.8971530571054935", "-6.359448489975075", "4.3622954328695815"],
        &["5.325864828439257", "-11.748883564062828", "7.4955393428898365", "-0.09249506636175525"],
        &["5.86145544294642", "-12.92096931784711", "8.159367898576159", "-0.071584973281401", "-0.028269050394068383"],
        &[
            "0.09646076681806523",
            "1/100",
            "0.4798896504144996",
            "1.379008574103742",
            "-3.290069515436081",
            "2.324710524099774",
        ],
    ],
    b: &[
        "0.09646076681806523",
        "1/100",
        "0.4798896504144996",
        "1.379008574103742",
        "-3.290069515436081",
        "2.324710524099774",
        "0",
    ],
    c: &["0", "161/1000", "327/1000", "9/10", "0.9800255409045097", "1", "1"],
    embedded: Some(&[
        "0.09468075576583945",
        "0.009183565540343254",
        "0.4877705284247616",
        "1.234297566930479",
        "-2.7077123499835256",
        "1.866628418170587",
        "0.015151515151515152",
    ]),
};

static BOGACKI_SHAMPINE_5_4: Published = Published {
    name: "bogacki_shampine_5_4",
    aliases: &["bs54", "bs5"],
    source: "P. Bogacki, L. F. Shampine, Comput. Math. Appl. 32 (1996) 15–28",
    claims: || Claims {
        first_same_as_last: Some(true),
        principal_error_norm: Some(2.216932778474226e-5),
        real_stability_interval: Some(3.987927198726133),
        imaginary_stability_interval: Some(1.6643168882207354),
        ..explicit_pair(5, 4)
    },
    a: &[
        &[],
        &["1/6"],
        &["2/27", "4/27"],
        &["183/1372", "-162/343", "1053/1372"],
        &["68/297", "-4/11", "42/143", "1960/3861"],
        &["597/22528", "81/352", "63099/585728", "58653/366080", "4617/20480"],
        &["174197/959244", "-30942/79937", "8152137/19744439", "666106/1039181", "-29421/29068", "482048/414219"],
        &["587/8064", "0", "4440339/15491840", "24353/124800", "387/44800", "2152/5985", "7267/94080"],
    ],
    b: &["587/8064", "0", "4440339/15491840", "24353/124800", "387/44800", "2152/5985", "7267/94080", "0"],
    c: &["0", "1/6", "2/9", "3/7", "2/3", "3/4", "1", "1"],
    embedded: Some(&[
        "2479/34992",
        "0",
        "123/416",
        "612941/3411720",
        "43/1440",
        "2272/6561",
        "79937/1113912",
        "3293/556956",
    ]),
};
