//! Explicit schemes up to order 5, with embedded weights.

use super::super::Claims;
use super::super::catalogue::Coefficients;
use super::super::claims::explicit_pair;

pub(in crate::tableau) static SCHEMES: &[&Coefficients] = &[
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

static HEUN_EULER_2_1: Coefficients = Coefficients {
    name: "heun_euler_2_1",
    aliases: &["heun_euler"],
    source: "E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993), II.1, II.4",
    claims: || explicit_pair(2, 1),
    a: &[&[], &[1.0]],
    b: &[1.0 / 2.0, 1.0 / 2.0],
    c: &[0.0, 1.0],
    embedded: Some(&[1.0, 0.0]),
};

pub(super) static BOGACKI_SHAMPINE_3_2: Coefficients = Coefficients {
    name: "bogacki_shampine_3_2",
    aliases: &["bogacki_shampine", "bosh3", "bs32", "bs23", "rk23"],
    source: "P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2 (1989) 321–325",
    claims: || Claims {
        first_same_as_last: Some(true),
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ..explicit_pair(3, 2)
    },
    a: &[&[], &[1.0 / 2.0], &[0.0, 3.0 / 4.0], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    b: &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0, 0.0],
    c: &[0.0, 1.0 / 2.0, 3.0 / 4.0, 1.0],
    embedded: Some(&[7.0 / 24.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 8.0]),
};

static MERSON_4_3: Coefficients = Coefficients {
    name: "merson_4_3",
    aliases: &["merson", "kutta_merson"],
    source: "R. H. Merson, Proc. Symp. Data Processing, Weapons Res. Establ. Salisbury (1957) 110-1–110-25",
    claims: || Claims {
        real_stability_interval: Some(3.548322344234674),
        imaginary_stability_interval: Some(3.4641016151377544),
        ..explicit_pair(4, 3)
    },
    a: &[&[], &[1.0 / 3.0], &[1.0 / 6.0, 1.0 / 6.0], &[1.0 / 8.0, 0.0, 3.0 / 8.0], &[1.0 / 2.0, 0.0, -3.0 / 2.0, 2.0]],
    b: &[1.0 / 6.0, 0.0, 0.0, 2.0 / 3.0, 1.0 / 6.0],
    c: &[0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 2.0, 1.0],
    embedded: Some(&[1.0 / 10.0, 0.0, 3.0 / 10.0, 2.0 / 5.0, 1.0 / 5.0]),
};

static ZONNEVELD_4_3: Coefficients = Coefficients {
    name: "zonneveld_4_3",
    aliases: &["zonneveld"],
    source: "J. A. Zonneveld, Automatic Integration of Ordinary Differential Equations, Math. Centrum Amsterdam (1963)",
    claims: || explicit_pair(4, 3),
    a: &[&[], &[1.0 / 2.0], &[0.0, 1.0 / 2.0], &[0.0, 0.0, 1.0], &[5.0 / 32.0, 7.0 / 32.0, 13.0 / 32.0, -1.0 / 32.0]],
    b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0, 0.0],
    c: &[0.0, 1.0 / 2.0, 1.0 / 2.0, 1.0, 3.0 / 4.0],
    embedded: Some(&[-1.0 / 2.0, 7.0 / 3.0, 7.0 / 3.0, 13.0 / 6.0, -16.0 / 3.0]),
};

static FEHLBERG_4_3: Coefficients = Coefficients {
    name: "fehlberg_4_3",
    aliases: &["rkf43", "fehlberg43"],
    source: "E. Fehlberg, Computing 6 (1970) 61–71",
    claims: || Claims {
        real_stability_interval: Some(4.109222736949076),
        imaginary_stability_interval: Some(3.214458159558173),
        ..explicit_pair(4, 3)
    },
    a: &[
        &[],
        &[1.0 / 4.0],
        &[4.0 / 81.0, 32.0 / 81.0],
        &[57.0 / 98.0, -432.0 / 343.0, 1053.0 / 686.0],
        &[1.0 / 6.0, 0.0, 27.0 / 52.0, 49.0 / 156.0],
    ],
    b: &[43.0 / 288.0, 0.0, 243.0 / 416.0, 343.0 / 1872.0, 1.0 / 12.0],
    c: &[0.0, 1.0 / 4.0, 4.0 / 9.0, 6.0 / 7.0, 1.0],
    embedded: Some(&[1.0 / 6.0, 0.0, 27.0 / 52.0, 49.0 / 156.0, 0.0]),
};

static FEHLBERG_4_5: Coefficients = Coefficients {
    name: "fehlberg_4_5",
    aliases: &["fehlberg", "rkf45", "fehlberg45"],
    source: "E. Fehlberg, Computing 6 (1970) 61–71",
    claims: || explicit_pair(4, 5),
    a: &[
        &[],
        &[1.0 / 4.0],
        &[3.0 / 32.0, 9.0 / 32.0],
        &[1932.0 / 2197.0, -7200.0 / 2197.0, 7296.0 / 2197.0],
        &[439.0 / 216.0, -8.0, 3680.0 / 513.0, -845.0 / 4104.0],
        &[-8.0 / 27.0, 2.0, -3544.0 / 2565.0, 1859.0 / 4104.0, -11.0 / 40.0],
    ],
    b: &[25.0 / 216.0, 0.0, 1408.0 / 2565.0, 2197.0 / 4104.0, -1.0 / 5.0, 0.0],
    c: &[0.0, 1.0 / 4.0, 3.0 / 8.0, 12.0 / 13.0, 1.0, 1.0 / 2.0],
    embedded: Some(&[16.0 / 135.0, 0.0, 6656.0 / 12825.0, 28561.0 / 56430.0, -9.0 / 50.0, 2.0 / 55.0]),
};

static CASH_KARP_5_4: Coefficients = Coefficients {
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
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[3.0 / 10.0, -9.0 / 10.0, 6.0 / 5.0],
        &[-11.0 / 54.0, 5.0 / 2.0, -70.0 / 27.0, 35.0 / 27.0],
        &[1631.0 / 55296.0, 175.0 / 512.0, 575.0 / 13824.0, 44275.0 / 110592.0, 253.0 / 4096.0],
    ],
    b: &[37.0 / 378.0, 0.0, 250.0 / 621.0, 125.0 / 594.0, 0.0, 512.0 / 1771.0],
    c: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 3.0 / 5.0, 1.0, 7.0 / 8.0],
    embedded: Some(&[2825.0 / 27648.0, 0.0, 18575.0 / 48384.0, 13525.0 / 55296.0, 277.0 / 14336.0, 1.0 / 4.0]),
};

pub(super) static DORMAND_PRINCE_5_4: Coefficients = Coefficients {
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
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    b: &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
    c: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    embedded: Some(&[
        5179.0 / 57600.0,
        0.0,
        7571.0 / 16695.0,
        393.0 / 640.0,
        -92097.0 / 339200.0,
        187.0 / 2100.0,
        1.0 / 40.0,
    ]),
};

static TSITOURAS_5_4: Coefficients = Coefficients {
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
        &[161.0 / 1000.0],
        &[-0.008480655492356989, 0.335480655492357],
        &[2.8971530571054935, -6.359448489975075, 4.3622954328695815],
        &[5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
        &[5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
        &[
            0.09646076681806523,
            1.0 / 100.0,
            0.4798896504144996,
            1.379008574103742,
            -3.290069515436081,
            2.324710524099774,
        ],
    ],
    b: &[
        0.09646076681806523,
        1.0 / 100.0,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
        0.0,
    ],
    c: &[0.0, 161.0 / 1000.0, 327.0 / 1000.0, 9.0 / 10.0, 0.9800255409045097, 1.0, 1.0],
    embedded: Some(&[
        0.09468075576583945,
        0.009183565540343254,
        0.4877705284247616,
        1.234297566930479,
        -2.7077123499835256,
        1.866628418170587,
        0.015151515151515152,
    ]),
};

static BOGACKI_SHAMPINE_5_4: Coefficients = Coefficients {
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
        &[1.0 / 6.0],
        &[2.0 / 27.0, 4.0 / 27.0],
        &[183.0 / 1372.0, -162.0 / 343.0, 1053.0 / 1372.0],
        &[68.0 / 297.0, -4.0 / 11.0, 42.0 / 143.0, 1960.0 / 3861.0],
        &[597.0 / 22528.0, 81.0 / 352.0, 63099.0 / 585728.0, 58653.0 / 366080.0, 4617.0 / 20480.0],
        &[
            174197.0 / 959244.0,
            -30942.0 / 79937.0,
            8152137.0 / 19744439.0,
            666106.0 / 1039181.0,
            -29421.0 / 29068.0,
            482048.0 / 414219.0,
        ],
        &[
            587.0 / 8064.0,
            0.0,
            4440339.0 / 15491840.0,
            24353.0 / 124800.0,
            387.0 / 44800.0,
            2152.0 / 5985.0,
            7267.0 / 94080.0,
        ],
    ],
    b: &[
        587.0 / 8064.0,
        0.0,
        4440339.0 / 15491840.0,
        24353.0 / 124800.0,
        387.0 / 44800.0,
        2152.0 / 5985.0,
        7267.0 / 94080.0,
        0.0,
    ],
    c: &[0.0, 1.0 / 6.0, 2.0 / 9.0, 3.0 / 7.0, 2.0 / 3.0, 3.0 / 4.0, 1.0, 1.0],
    embedded: Some(&[
        2479.0 / 34992.0,
        0.0,
        123.0 / 416.0,
        612941.0 / 3411720.0,
        43.0 / 1440.0,
        2272.0 / 6561.0,
        79937.0 / 1113912.0,
        3293.0 / 556956.0,
    ]),
};
