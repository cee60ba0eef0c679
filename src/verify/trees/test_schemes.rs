//! Schemes that tests of verification share.

use crate::Tableau;
use crate::tableau::coefficients::{Certainty, Coefficients, Rational, Scalar, Summed};

/// A scheme from fractions: rows of `A` separated by semicolons, zeros at the end of a row left out.
pub fn exact(a: &str, b: &str) -> Coefficients<Rational> {
    let numbers = |text: &str| text.split_whitespace().map(|x| x.parse::<Rational>().unwrap()).collect::<Vec<_>>();
    let b = numbers(b);
    let rows: Vec<Vec<Rational>> = a.split(';').map(numbers).collect();
    assert_eq!(rows.len(), b.len());
    let c = rows.iter().map(|row| row.iter().sum()).collect();
    let padded = rows.into_iter().flat_map(|mut row| {
        row.resize(b.len(), Rational::ratio(0, 1));
        row
    });
    Coefficients { a: padded.collect(), b, c, embedded: None, certainty: Certainty::Proved }
}

pub fn with_embedded(mut scheme: Coefficients<Rational>, weights: &str) -> Coefficients<Rational> {
    scheme.embedded = Some(weights.split_whitespace().map(|x| x.parse().unwrap()).collect());
    scheme
}

/// The same scheme in doubles.
pub fn in_doubles(scheme: &Coefficients<Rational>) -> Coefficients<Summed> {
    let rounded = |v: &[Rational]| v.iter().map(|x| Summed::from(x.to_f64())).collect::<Vec<_>>();
    Coefficients {
        a: rounded(&scheme.a),
        b: rounded(&scheme.b),
        c: rounded(&scheme.c),
        embedded: scheme.embedded.as_deref().map(rounded),
        certainty: Certainty::ToTolerance(1e-12),
    }
}

/// A tableau's doubles, without recovery of fractions.
pub fn doubles(scheme: &Tableau) -> Coefficients<Summed> {
    let rounded = |v: &[f64]| v.iter().copied().map(Summed::from).collect::<Vec<_>>();
    Coefficients {
        a: (0..scheme.stages()).flat_map(|i| rounded(scheme.row(i))).collect(),
        b: rounded(scheme.b()),
        c: rounded(scheme.c()),
        embedded: scheme.embedded().map(rounded),
        certainty: Certainty::ToTolerance(1e-12),
    }
}

pub fn forward_euler() -> Coefficients<Rational> {
    exact("0", "1")
}

pub fn explicit_midpoint() -> Coefficients<Rational> {
    exact("; 1/2", "0 1")
}

pub fn ssp_3_3() -> Coefficients<Rational> {
    exact("; 1; 1/4 1/4", "1/6 1/6 2/3")
}

pub fn heun_3() -> Coefficients<Rational> {
    exact("; 1/3; 0 2/3", "1/4 0 3/4")
}

pub fn rk4() -> Coefficients<Rational> {
    exact("; 1/2; 0 1/2; 0 0 1", "1/6 1/3 1/3 1/6")
}

/// P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2 (1989) 321–325.
pub fn bogacki_shampine_3() -> Coefficients<Rational> {
    with_embedded(exact("; 1/2; 0 3/4; 2/9 1/3 4/9", "2/9 1/3 4/9 0"), "7/24 1/4 1/3 1/8")
}

/// J. R. Dormand, P. J. Prince, J. Comput. Appl. Math. 6 (1980) 19–26.
pub fn dormand_prince_5() -> Coefficients<Rational> {
    let a = "; 1/5; 3/40 9/40; 44/45 -56/15 32/9; 19372/6561 -25360/2187 64448/6561 -212/729; \
             9017/3168 -355/33 46732/5247 49/176 -5103/18656; 35/384 0 500/1113 125/192 -2187/6784 11/84";
    let b = "35/384 0 500/1113 125/192 -2187/6784 11/84 0";
    with_embedded(exact(a, b), "5179/57600 0 7571/16695 393/640 -92097/339200 187/2100 1/40")
}

/// P. Bogacki, L. F. Shampine, Comput. Math. Appl. 32 (1996) 15–28.
pub fn bogacki_shampine_5() -> Coefficients<Rational> {
    let a = "; 1/6; 2/27 4/27; 183/1372 -162/343 1053/1372; 68/297 -4/11 42/143 1960/3861; \
             597/22528 81/352 63099/585728 58653/366080 4617/20480; \
             174197/959244 -30942/79937 8152137/19744439 666106/1039181 -29421/29068 482048/414219; \
             587/8064 0 4440339/15491840 24353/124800 387/44800 2152/5985 7267/94080";
    let b = "587/8064 0 4440339/15491840 24353/124800 387/44800 2152/5985 7267/94080 0";
    let embedded = "2479/34992 0 123/416 612941/3411720 43/1440 2272/6561 79937/1113912 3293/556956";
    with_embedded(exact(a, b), embedded)
}

/// E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.6: order 4, L-stable.
pub fn sdirk_5_4() -> Coefficients<Rational> {
    exact(
        "1/4; 1/2 1/4; 17/50 -1/25 1/4; 371/1360 -137/2720 15/544 1/4; 25/24 -49/48 125/16 -85/12 1/4",
        "25/24 -49/48 125/16 -85/12 1/4",
    )
}

pub fn lobatto_iiia_3() -> Coefficients<Rational> {
    exact("0; 5/24 1/3 -1/24; 1/6 2/3 1/6", "1/6 2/3 1/6")
}

pub fn lobatto_iiib_3() -> Coefficients<Rational> {
    exact("1/6 -1/6; 1/6 1/3; 1/6 5/6", "1/6 2/3 1/6")
}

pub fn lobatto_iiic_3() -> Coefficients<Rational> {
    exact("1/6 -1/3 1/6; 1/6 5/12 -1/12; 1/6 2/3 1/6", "1/6 2/3 1/6")
}

/// One scheme after the other, with steps of these fractions.
pub fn composed(
    first: &Coefficients<Rational>,
    second: &Coefficients<Rational>,
    fraction: &Rational,
    rest: &Rational,
) -> Coefficients<Rational> {
    let (s, n) = (first.stages(), first.stages() + second.stages());
    let b: Vec<Rational> = first.b.iter().map(|b| b * fraction).chain(second.b.iter().map(|b| b * rest)).collect();
    let entry = |i: usize, j: usize| match (i < s, j < s) {
        (true, true) => first.a(i, j) * fraction,
        (true, false) => Rational::ratio(0, 1),
        (false, true) => b[j].clone(),
        (false, false) => second.a(i - s, j - s) * rest,
    };
    let a: Vec<Rational> = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    let c = a.chunks_exact(n).map(|row| row.iter().sum()).collect();
    Coefficients { a, b, c, embedded: None, certainty: Certainty::Proved }
}

/// The scheme whose step undoes that of `scheme`: `a*_ij = b_j − a_ij`, `b* = b`.
pub fn adjoint(scheme: &Coefficients<Rational>) -> Coefficients<Rational> {
    let s = scheme.stages();
    let a: Vec<Rational> = scheme.a.iter().enumerate().map(|(k, a)| &scheme.b[k % s] - a).collect();
    let c = a.chunks_exact(s).map(|row| row.iter().sum()).collect();
    Coefficients { a, b: scheme.b.clone(), c, embedded: None, certainty: Certainty::Proved }
}
