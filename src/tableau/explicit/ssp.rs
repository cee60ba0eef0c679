//! Schemes that preserve strong stability: what a step of forward Euler does not increase, neither do they, at a step
//! longer by the factor `C`, their coefficient.

use super::super::claims::explicit;
use super::super::entry::Entry;
use super::super::listed::{Family, Published, whole};
use super::super::{Claims, Tableau};
use crate::Error;

pub(in crate::tableau) static SCHEMES: &[&Published] = &[&SSP_3_3, &SSP_5_3, &SSP_5_4, &SSP_10_4];

pub(in crate::tableau) static FAMILIES: &[Family<Tableau>] = &[
    Family {
        name: "ssp",
        suffix: "_2",
        aliases: &["ssprk"],
        listed: &["2", "3", "4", "5"],
        nicknames: &[("ssp22", "2"), ("ssprk22", "2")],
        member: |p| Tableau::ssp_2(whole("stages", p)?),
    },
    Family {
        name: "ssp",
        suffix: "_3",
        aliases: &["ssprk"],
        listed: &["4", "9"],
        nicknames: &[("ssp43", "4"), ("ssprk43", "4"), ("ssp93", "9"), ("ssprk93", "9")],
        member: |p| {
            let stages = whole("stages", p)?;
            let n = stages.isqrt();
            if n * n == stages {
                return Tableau::ssp_3(n);
            }
            Err(Error::invalid("stages", stages, "a square of 2, 3, …, 16, or 3 or 5"))
        },
    },
];

static SSP_3_3: Published = Published {
    name: "ssp_3_3",
    aliases: &["ssp33", "ssprk33", "ssprk_3_3", "tvd_rk3"],
    source: "C.-W. Shu, S. Osher, J. Comput. Phys. 77 (1988) 439–471",
    claims: || Claims {
        real_stability_interval: Some(2.5127453266183286),
        imaginary_stability_interval: Some(1.7320508075688772),
        ssp_coefficient: Some(1.0),
        ..explicit(3)
    },
    a: &[&[], &["1"], &["1/4", "1/4"]],
    b: &["1/6", "1/6", "2/3"],
    c: &["0", "1", "1/2"],
    embedded: None,
};

static SSP_5_3: Published = Published {
    name: "ssp_5_3",
    aliases: &["ssp53", "ssprk53", "ssprk_5_3"],
    source: "R. J. Spiteri, S. J. Ruuth, SIAM J. Numer. Anal. 40 (2002) 469–491",
    claims: || Claims { ssp_coefficient: Some(2.650629191439), ..explicit(3) },
    a: &[
        &[],
        &["0.377268915331368"],
        &["0.377268915331368", "0.377268915331368"],
        &["0.24299522053739545", "0.24299522053739545", "0.242995220537396"],
        &["0.15358906769512626", "0.15358906769512626", "0.1535890676951266", "0.23845893284629"],
    ],
    b: &[
        "0.20673402086480427",
        "0.20673402086480427",
        "0.11709725184184414",
        "0.18180256012013943",
        "0.287632146308408",
    ],
    c: &["0", "0.377268915331368", "0.754537830662736", "0.7289856616121869", "0.699226135931669"],
    embedded: None,
};

static SSP_5_4: Published = Published {
    name: "ssp_5_4",
    aliases: &["ssp54", "ssprk54", "ssprk_5_4"],
    source: "J. F. B. M. Kraaijevanger, BIT 31 (1991) 482–528; R. J. Spiteri, S. J. Ruuth, SIAM J. Numer. Anal. 40 (2002) 469–491",
    claims: || Claims { ssp_coefficient: Some(1.50818004919), ..explicit(4) },
    a: &[
        &[],
        &["0.39175222657189"],
        &["0.2176690962611688", "0.368410593050371"],
        &["0.0826920866578106", "0.13995850219189537", "0.251891774271694"],
        &["0.06796628363711477", "0.11503469850463158", "0.20703489859738564", "0.544974750228521"],
    ],
    b: &[
        "0.14681187608478638",
        "0.24848290944497584",
        "0.10425883033198097",
        "0.2744389009013507",
        "0.226007483236906",
    ],
    c: &["0", "0.39175222657189", "0.5860796893115398", "0.47454236312139997", "0.935010630967653"],
    embedded: None,
};

static SSP_10_4: Published = Published {
    name: "ssp_10_4",
    aliases: &["ssp104", "ssprk104", "ssprk_10_4"],
    source: "D. I. Ketcheson, SIAM J. Sci. Comput. 30 (2008) 2113–2136",
    claims: || Claims {
        ssp_coefficient: Some(6.0),
        real_stability_interval: Some(13.917047464637366),
        imaginary_stability_interval: Some(4.921453070732012),
        ..explicit(4)
    },
    a: &[
        &[],
        &["1/6"],
        &["1/6", "1/6"],
        &["1/6", "1/6", "1/6"],
        &["1/6", "1/6", "1/6", "1/6"],
        &["1/15", "1/15", "1/15", "1/15", "1/15"],
        &["1/15", "1/15", "1/15", "1/15", "1/15", "1/6"],
        &["1/15", "1/15", "1/15", "1/15", "1/15", "1/6", "1/6"],
        &["1/15", "1/15", "1/15", "1/15", "1/15", "1/6", "1/6", "1/6"],
        &["1/15", "1/15", "1/15", "1/15", "1/15", "1/6", "1/6", "1/6", "1/6"],
    ],
    b: &["1/10", "1/10", "1/10", "1/10", "1/10", "1/10", "1/10", "1/10", "1/10", "1/10"],
    c: &["0", "1/6", "1/3", "1/2", "2/3", "1/3", "1/2", "2/3", "5/6", "1"],
    embedded: None,
};

/// Families that preserve strong stability.
impl Tableau {
    /// The scheme of order 2 with `stages` stages that preserves strong stability best, `C = s − 1`: `s` steps of forward
    /// Euler of length `h/(s − 1)`, averaged with where they started. Two stages are [Heun's](Tableau::heun).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ stages ≤ 256`.
    pub fn ssp_2(stages: usize) -> Result<Self, Error> {
        let s = check("stages", stages, 2, 256)?;
        let (step, none) = (Entry::ratio(1, s - 1), Entry::ratio(0, 1));
        let a = (0..s * s).map(|k| if k % s < k / s { step.clone() } else { none.clone() }).collect();
        let c = (0..s).map(|i| Entry::ratio(i, s - 1)).collect();
        Ok(Self::of_entries(format!("ssp_{s}_2"), a, vec![Entry::ratio(1, s); s], c)
            .from_source("J. F. B. M. Kraaijevanger, BIT 31 (1991) 482–528; R. J. Spiteri, S. J. Ruuth, SIAM J. Numer. Anal. 40 (2002) 469–491")
            .claiming(Claims { ssp_coefficient: Some((s - 1) as f64), ..explicit(2) }))
    }

    /// The scheme of order 3 with `n²` stages of Ketcheson, `C = n² − n`: steps of forward Euler of length `h/C`, but for
    /// one, after which `n/(2n − 1)` of what was reached `2n − 1` steps before is mixed in. `n = 2` has four stages.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `2 ≤ n ≤ 16`.
    pub fn ssp_3(n: usize) -> Result<Self, Error> {
        let n = check("n", n, 2, 16)?;
        let (s, steps) = (n * n, n * n - n);
        // Steps after which a value is kept, and after which it is mixed in.
        let (kept, mixed) = ((n - 1) * (n - 2) / 2, n * (n + 1) / 2);
        let (none, step, share) =
            (Entry::ratio(0, 1), Entry::ratio(1, steps), Entry::ratio(n - 1, (2 * n - 1) * steps));
        let weight = |i: usize, j: usize| match (j < i, i >= mixed && (kept..mixed).contains(&j)) {
            (false, _) => none.clone(),
            (true, false) => step.clone(),
            (true, true) => share.clone(),
        };
        let a = (0..s * s).map(|k| weight(k / s, k % s)).collect();
        // The mixture is where it was n − 1 steps before the last of the 2n − 1.
        let c = (0..s).map(|i| Entry::ratio(if i < mixed { i } else { i - n }, steps)).collect();
        Ok(Self::of_entries(format!("ssp_{s}_3"), a, (0..s).map(|j| weight(s, j)).collect(), c)
            .from_source("D. I. Ketcheson, SIAM J. Sci. Comput. 30 (2008) 2113–2136")
            .claiming(Claims { ssp_coefficient: Some(steps as f64), ..explicit(3) }))
    }
}

fn check(argument: &'static str, value: usize, least: usize, most: usize) -> Result<usize, Error> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let expected = format!("a whole number from {least} to {most}");
    Err(Error::invalid(argument, value, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_hold_the_schemes_known_by_name() {
        let same = |x: Tableau, y: Tableau| assert_eq!((x.a, x.b, x.c), (y.a, y.b, y.c));
        same(Tableau::ssp_2(2).unwrap(), Tableau::heun());
        let sixth = 1.0 / 6.0;
        let rows = [[0.0; 4], [0.5, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [sixth, sixth, sixth, 0.0]];
        same(Tableau::ssp_3(2).unwrap(), Tableau::new(rows, [sixth, sixth, sixth, 0.5], [0.0, 0.5, 1.0, 0.5]).unwrap());
    }

    #[test]
    fn families_are_of_their_orders() {
        for s in 2..=40 {
            let t = Tableau::ssp_2(s).unwrap();
            let rows: Vec<&[f64]> = (0..s).map(|i| t.row(i)).collect();
            assert!(Tableau::new(rows, t.b(), t.c()).is_ok(), "{s} stages");
        }
        let moment = |w: &[f64], v: &[f64]| -> f64 { w.iter().zip(v).map(|(w, v)| w * v).sum() };
        for n in 2..=16 {
            let t = Tableau::ssp_3(n).unwrap();
            let rows: Vec<&[f64]> = (0..t.stages()).map(|i| t.row(i)).collect();
            assert!(Tableau::new(rows, t.b(), t.c()).is_ok(), "n = {n}");
            let squares: Vec<f64> = t.c().iter().map(|c| c * c).collect();
            let ac: Vec<f64> = (0..t.stages()).map(|i| moment(t.row(i), t.c())).collect();
            for (value, density) in [(t.c(), 2.0), (squares.as_slice(), 3.0), (ac.as_slice(), 6.0)] {
                assert!((moment(t.b(), value) - 1.0 / density).abs() < 1e-14, "n = {n}, {density}");
            }
        }
    }

    #[test]
    fn numbers_of_stages_that_make_no_scheme_are_refused() {
        let message = |r: Result<Tableau, Error>| r.unwrap_err().to_string();
        assert_eq!(message(Tableau::ssp_2(1)), "stages is 1, expected a whole number from 2 to 256");
        assert_eq!(message(Tableau::ssp_3(17)), "n is 17, expected a whole number from 2 to 16");
        assert_eq!(message(Tableau::by_name("ssp_7_3")), "stages is 7, expected a square of 2, 3, …, 16, or 3 or 5");
    }
}
