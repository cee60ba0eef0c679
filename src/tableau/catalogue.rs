//! The schemes known by name.
//!
//! A scheme is data: a [`Scheme`] in a list of its kind. A scheme with a parameter is a member of a [`Family`].

use super::{Embedded, Tableau, explicit, expression, implicit};
use crate::Error;

/// The data of one scheme without parameters.
pub(super) struct Scheme {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub source: &'static str,
    pub order: usize,
    /// Rows of `A`; missing entries at the end of a row are zero.
    pub a: &'static [&'static [f64]],
    pub b: &'static [f64],
    pub c: &'static [f64],
    /// Embedded weights and their order.
    pub embedded: Option<(&'static [f64], usize)>,
}

impl Scheme {
    pub(super) fn tableau(&self) -> Tableau {
        let s = self.b.len();
        let mut a = vec![0.0; s * s];
        for (row, entries) in a.chunks_exact_mut(s).zip(self.a) {
            row[..entries.len()].copy_from_slice(entries);
        }
        let mut tableau = Tableau::trusted(self.name, a, self.b.to_vec(), self.c.to_vec())
            .from_source(self.source)
            .of_order(self.order);
        tableau.embedded =
            self.embedded.map(|(weights, order)| Embedded { weights: weights.to_vec(), order: Some(order) });
        tableau
    }
}

/// Schemes with one parameter, which follows the family's name.
struct Family {
    name: &'static str,
    aliases: &'static [&'static str],
    /// Parameters of the members that the catalogue lists.
    listed: &'static [&'static str],
    member: fn(&str) -> Result<Tableau, Error>,
}

static FAMILIES: &[Family] = &[
    Family {
        name: "one_leg_theta",
        aliases: &["one_leg"],
        listed: &["0", "0.25", "0.5", "0.75", "1"],
        member: |p| Tableau::one_leg_theta(real("theta", p)?),
    },
    Family {
        name: "two_leg_theta",
        aliases: &["two_leg"],
        listed: &["0", "0.25", "0.5", "0.75", "1"],
        member: |p| Tableau::two_leg_theta(real("theta", p)?),
    },
    Family {
        name: "gauss",
        aliases: &["gauss_legendre"],
        listed: &["1", "2", "3", "4", "5"],
        member: |p| Tableau::gauss(whole("stages", p)?),
    },
    Family {
        name: "radau_iia",
        aliases: &["radauiia"],
        listed: &["1", "2", "3", "4", "5"],
        member: |p| Tableau::radau_iia(whole("stages", p)?),
    },
];

fn schemes() -> impl Iterator<Item = &'static Scheme> {
    explicit::SCHEMES.iter().chain(implicit::SCHEMES).copied()
}

/// Names of the listed members of all families.
fn members() -> impl Iterator<Item = (&'static Family, &'static str)> {
    FAMILIES.iter().flat_map(|family| family.listed.iter().map(move |&parameter| (family, parameter)))
}

/// Schemes by name.
impl Tableau {
    /// The scheme of that name. Upper case, hyphens and spaces are as good as lower case and underscores.
    ///
    /// A parameter follows its family's name: `gauss_3` and `radau_iia_5` (stages), `one_leg_theta_0.25`,
    /// `two_leg_theta_1/3`. Some schemes have further names, such as `euler`, `dopri5` or `crank_nicolson`.
    ///
    /// ```
    /// use kutta::Tableau;
    /// assert_eq!(Tableau::by_name("Radau-IIA-3")?, Tableau::radau_iia(3)?);
    /// let error = Tableau::by_name("dormand_price").unwrap_err();
    /// assert_eq!(error.to_string(), "unknown scheme `dormand_price`; did you mean `dormand_prince`?");
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownName`], with the nearest name if one is near; [`Error::InvalidArgument`] if the parameter is out of
    /// range.
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let plain = plain(name);
        let found = schemes().find(|s| s.name == plain || s.aliases.contains(&plain.as_str()));
        if let Some(scheme) = found {
            return Ok(scheme.tableau());
        }
        for family in FAMILIES {
            let mut names = std::iter::once(&family.name).chain(family.aliases);
            if let Some(parameter) = names.find_map(|family| parameter(name.trim(), family)) {
                return (family.member)(parameter);
            }
        }
        match plain.as_str() {
            "radau5" => Self::radau_iia(3),
            _ => Err(unknown(name, &plain)),
        }
    }

    /// Every scheme of the catalogue, and a few members of each family. Each has a name, an order and a source, and
    /// [`Tableau::by_name`] finds it.
    ///
    /// ```
    /// for scheme in kutta::Tableau::catalogue() {
    ///     println!("{:24} {:2} {}", scheme.name(), scheme.stages(), scheme.structure());
    /// }
    /// ```
    pub fn catalogue() -> Vec<Self> {
        // The listed members exist: a test counts them.
        schemes().map(Scheme::tableau).chain(members().filter_map(|(family, p)| (family.member)(p).ok())).collect()
    }
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

/// What follows the family's name, if it can be a number.
fn parameter<'a>(name: &'a str, family: &str) -> Option<&'a str> {
    let (head, rest) = name.split_at_checked(family.len())?;
    let rest = rest.strip_prefix(['_', '-', ' ']).unwrap_or(rest);
    (plain(head) == family && rest.starts_with(|c: char| c.is_ascii_digit() || "+-.(".contains(c))).then_some(rest)
}

fn real(argument: &'static str, text: &str) -> Result<f64, Error> {
    expression::evaluate(text).map_err(|reason| Error::InvalidArgument {
        argument,
        value: format!("`{text}`"),
        expected: format!("a number ({reason})"),
    })
}

fn whole(argument: &'static str, text: &str) -> Result<usize, Error> {
    text.parse().map_err(|_| Error::InvalidArgument {
        argument,
        value: format!("`{text}`"),
        expected: "a whole number".to_string(),
    })
}

/// A name that contains what was asked for is meant before one that is merely spelt alike.
fn unknown(name: &str, plain: &str) -> Error {
    const WHAT: &str = "scheme";
    let mut known: Vec<String> =
        schemes().flat_map(|s| [s.name].into_iter().chain(s.aliases.iter().copied())).map(String::from).collect();
    known.extend(members().map(|(family, parameter)| format!("{}_{parameter}", family.name)));
    match known.iter().find(|k| plain.len() >= 3 && k.contains(plain)).cloned() {
        Some(longer) => Error::UnknownName { what: WHAT, name: name.to_string(), suggestion: Some(longer), known },
        None => Error::unknown(WHAT, name, known.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(w: &[f64], v: &[f64]) -> f64 {
        w.iter().zip(v).map(|(w, v)| w * v).sum()
    }

    /// Whether the weights `w`, on the stages of `t`, satisfy the conditions of order 1 to `p`, `p ≤ 5`.
    fn has_order(t: &Tableau, w: &[f64], p: usize) -> bool {
        let times = |u: &[f64], v: &[f64]| -> Vec<f64> { u.iter().zip(v).map(|(u, v)| u * v).collect() };
        let a = |v: &[f64]| -> Vec<f64> { (0..t.stages()).map(|i| dot(t.row(i), v)).collect() };
        let c1 = t.c().to_vec();
        let c2 = times(&c1, &c1);
        let c3 = times(&c1, &c2);
        let (ac1, ac2) = (a(&c1), a(&c2));
        let aac1 = a(&ac1);
        let conditions = [
            vec![(vec![1.0; t.stages()], 1.0)],
            vec![(c1.clone(), 2.0)],
            vec![(c2.clone(), 3.0), (ac1.clone(), 6.0)],
            vec![(c3.clone(), 4.0), (times(&c1, &ac1), 8.0), (ac2.clone(), 12.0), (aac1.clone(), 24.0)],
            vec![
                (times(&c1, &c3), 5.0),
                (times(&c2, &ac1), 10.0),
                (times(&ac1, &ac1), 20.0),
                (times(&c1, &ac2), 15.0),
                (a(&c3), 20.0),
                (times(&c1, &aac1), 30.0),
                (a(&times(&c1, &ac1)), 40.0),
                (a(&ac2), 60.0),
                (a(&aac1), 120.0),
            ],
        ];
        conditions.iter().take(p).flatten().all(|(v, density)| (dot(w, v) - 1.0 / density).abs() < 1e-14)
    }

    #[test]
    fn every_scheme_has_its_order_and_no_more() {
        for t in Tableau::catalogue() {
            let p = t.order().unwrap();
            assert!(has_order(&t, t.b(), p.min(5)), "{t}");
            assert!(p >= 5 || !has_order(&t, t.b(), p + 1), "{t}");
            if let Some(weights) = t.embedded() {
                let p = t.embedded_order().unwrap();
                assert!(has_order(&t, weights, p) && !has_order(&t, weights, p + 1), "{t}");
            }
        }
    }

    #[test]
    fn dormand_prince_is_a_quadrature_formula_of_order_five() {
        let t = Tableau::dormand_prince_5_4();
        for q in 0..5 {
            let moment: f64 = t.b().iter().zip(t.c()).map(|(b, c)| b * c.powi(q)).sum();
            assert!((moment - 1.0 / f64::from(q + 1)).abs() < 1e-15, "degree {q}: {moment}");
        }
    }

    #[test]
    fn every_scheme_is_valid_named_sourced_and_found() {
        let catalogue = Tableau::catalogue();
        assert_eq!(catalogue.len(), schemes().count() + members().count());
        for t in &catalogue {
            let rows: Vec<&[f64]> = (0..t.stages()).map(|i| t.row(i)).collect();
            let again = Tableau::new(rows, t.b(), t.c()).unwrap().named(t.name()).from_source(t.source());
            let mut again = again.of_order(t.order().unwrap());
            if let Some(weights) = t.embedded() {
                again = again.with_embedded(weights).unwrap().of_embedded_order(t.embedded_order().unwrap());
            }
            assert_eq!(&again, t);
            assert!(!t.source().is_empty() && t.name() == plain(t.name()), "{t}");
            assert_eq!(&Tableau::by_name(t.name()).unwrap(), t);
            assert_eq!(&Tableau::by_name(&t.name().to_uppercase().replace('_', "-")).unwrap(), t);
        }
        let mut names: Vec<&str> = schemes().flat_map(|s| [&[s.name], s.aliases].concat()).collect();
        names.extend(FAMILIES.iter().flat_map(|f| [&[f.name], f.aliases].concat()));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name is used twice");
    }

    #[test]
    fn data_has_no_entry_too_many() {
        for scheme in schemes() {
            assert_eq!(scheme.a.len(), scheme.b.len(), "{}", scheme.name);
            assert!(scheme.a.iter().all(|row| row.len() <= scheme.b.len()), "{}", scheme.name);
        }
    }

    #[test]
    fn names_are_read_generously() {
        for (name, expected) in [
            ("euler", "forward_euler"),
            ("Implicit Euler", "backward_euler"),
            ("DOPRI5", "dormand_prince_5_4"),
            ("Crank-Nicolson", "trapezoidal"),
            (" RK4 ", "rk4"),
            ("Gauss-Legendre 4", "gauss_4"),
            ("gauss12", "gauss_12"),
            ("RadauIIA-5", "radau_iia_5"),
            ("radau5", "radau_iia_3"),
            ("one-leg-theta-0.25", "one_leg_theta_0.25"),
            ("two_leg_1/4", "two_leg_theta_0.25"),
            ("one_leg_theta_.5", "one_leg_theta_0.5"),
        ] {
            assert_eq!(Tableau::by_name(name).unwrap().name(), expected);
        }
    }

    #[test]
    fn unknown_names_are_refused_with_a_suggestion() {
        for (name, message) in [
            ("rk5", "unknown scheme `rk5`; did you mean `rk4`?"),
            ("Bakward-Euler", "unknown scheme `Bakward-Euler`; did you mean `backward_euler`?"),
            ("midpoint", "unknown scheme `midpoint`; did you mean `explicit_midpoint`?"),
            ("gauss", "unknown scheme `gauss`; did you mean `gauss_1`?"),
            ("radau_iia_", "unknown scheme `radau_iia_`; did you mean `radau_iia_1`?"),
            ("", "unknown scheme ``; there are forward_euler, euler, "),
            ("quite another thing", "unknown scheme `quite another thing`; there are forward_euler, euler, "),
            ("🦀", "unknown scheme `🦀`; there are forward_euler, euler, "),
        ] {
            let found = Tableau::by_name(name).unwrap_err().to_string();
            assert!(found.starts_with(message), "{found}");
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        for (name, message) in [
            ("gauss_0", "stages is 0, expected a whole number from 1 to 256"),
            ("gauss_2.5", "stages is `2.5`, expected a whole number"),
            ("radau_iia_-1", "stages is `-1`, expected a whole number"),
            ("radau_iia_1000000000", "stages is 1000000000, expected a whole number from 1 to 256"),
            ("gauss_99999999999999999999", "stages is `99999999999999999999`, expected a whole number"),
            ("one_leg_theta_-0.5", "theta is -0.5, expected a number from 0 to 1"),
            ("two_leg_theta_2", "theta is 2, expected a number from 0 to 1"),
            ("one_leg_theta_1e", "theta is `1e`, expected a number (in `1e`, character 1: `1e` is not a number)"),
        ] {
            let found = Tableau::by_name(name).unwrap_err().to_string();
            assert!(found.starts_with(message), "{found}");
        }
    }
}
