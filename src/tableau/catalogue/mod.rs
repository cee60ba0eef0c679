//! What is known by name: the lists of all schemes, and how names are read.

use super::listed::{Family, Listed, Published};
use super::{AdditiveTableau, PartitionedTableau, Tableau};
use super::{additive, collocation, explicit, implicit, partitioned};
use crate::Error;

/// Schemes of one kind, by name.
pub(super) struct Catalogue<L: Listed + 'static> {
    pub single: &'static [&'static [&'static L]],
    pub families: &'static [&'static [Family<L::Made>]],
}

impl<T> Family<T> {
    /// The parameter of the member of that name.
    fn parameter<'a>(&self, name: &'a str, plain: &str) -> Option<&'a str> {
        if let Some((_, parameter)) = self.nicknames.iter().find(|(nickname, _)| *nickname == plain) {
            return Some(parameter);
        }
        std::iter::once(&self.name).chain(self.aliases).find_map(|head| between(name, head, self.suffix))
    }

    /// Names of the listed members.
    fn members(&self) -> impl Iterator<Item = String> {
        self.listed.iter().map(|parameter| format!("{}_{parameter}{}", self.name, self.suffix))
    }
}

impl<L: Listed> Catalogue<L> {
    fn single(&self) -> impl Iterator<Item = &'static L> {
        self.single.iter().copied().flatten().copied()
    }

    fn families(&self) -> impl Iterator<Item = &'static Family<L::Made>> {
        self.families.iter().copied().flatten()
    }

    /// The scheme of that name, if it is the name of one.
    pub(super) fn find(&self, name: &str) -> Option<Result<L::Made, Error>> {
        let (name, plain) = (name.trim(), plain(name));
        let is_named = |listed: &&L| {
            let (first, others) = listed.names();
            first == plain || others.contains(&plain.as_str())
        };
        let family = || self.families().find_map(|f| f.parameter(name, &plain).map(|p| (f.member)(p)));
        self.single().find(is_named).map(|listed| Ok(listed.make())).or_else(family)
    }

    pub(super) fn by_name(&self, name: &str) -> Result<L::Made, Error> {
        self.find(name).unwrap_or_else(|| Err(unknown(name, self.names())))
    }

    pub(super) fn all(&self) -> Vec<L::Made> {
        // The listed members exist: a test counts them.
        let members = self.families().flat_map(|f| f.listed.iter().filter_map(|p| (f.member)(p).ok()));
        self.single().map(L::make).chain(members).collect()
    }

    /// Every name, and those of the listed members of families.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.single().map(L::names);
        let names = names.flat_map(|(name, others)| std::iter::once(name).chain(others.iter().copied()));
        names.map(String::from).chain(self.families().flat_map(Family::members)).collect()
    }
}

pub(super) static TABLEAUX: Catalogue<Published> = Catalogue {
    single: &[
        explicit::low_order::SCHEMES,
        explicit::ssp::SCHEMES,
        explicit::pairs::SCHEMES,
        explicit::high_order::SCHEMES,
        implicit::singly_diagonal::SCHEMES,
        implicit::explicit_first::SCHEMES,
    ],
    families: &[explicit::ssp::FAMILIES, implicit::FAMILIES, collocation::FAMILIES],
};

pub(super) static PAIRS: Catalogue<partitioned::Pair> =
    Catalogue { single: &[partitioned::splitting::SCHEMES], families: &[partitioned::FAMILIES] };

pub(super) static SUMS: Catalogue<additive::Sum> = Catalogue {
    single: &[additive::ascher_ruuth_spiteri::SCHEMES, additive::kennedy_carpenter::SCHEMES],
    families: &[],
};

/// Schemes by name.
impl Tableau {
    /// The scheme of that name. Upper case, hyphens and spaces are as good as lower case and underscores.
    ///
    /// A parameter follows its family's name: `gauss_3` and `lobatto_iiic_5` (stages), `one_leg_theta_0.25`,
    /// `two_leg_theta_1/3`; the strong-stability-preserving families are named by stages and order, `ssp_4_2`, `ssp_9_3`.
    /// Some schemes have further names, such as `euler`, `dopri5` or `crank_nicolson`.
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
        TABLEAUX.by_name(name)
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
        TABLEAUX.all()
    }
}

/// Pairs by name.
impl PartitionedTableau {
    /// The pair of that name; names are read as by [`Tableau::by_name`].
    ///
    /// ```
    /// use kutta::tableau::PartitionedTableau;
    /// assert_eq!(PartitionedTableau::by_name("Störmer-Verlet")?.claims().symplectic, Some(true));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tableau::by_name`].
    pub fn by_name(name: &str) -> Result<Self, Error> {
        PAIRS.by_name(name)
    }

    /// Every partitioned pair of the catalogue, and a few members of each family.
    pub fn catalogue() -> Vec<Self> {
        PAIRS.all()
    }
}

/// Sums by name.
impl AdditiveTableau {
    /// The scheme of that name; names are read as by [`Tableau::by_name`].
    ///
    /// ```
    /// use kutta::tableau::AdditiveTableau;
    /// let scheme = AdditiveTableau::by_name("KenCarp4")?;
    /// assert!(scheme.parts()[0].is_explicit() && scheme.parts()[1].is_diagonally_implicit());
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownName`], with the nearest name if one is near.
    pub fn by_name(name: &str) -> Result<Self, Error> {
        SUMS.by_name(name)
    }

    /// Every additive scheme of the catalogue.
    pub fn catalogue() -> Vec<Self> {
        SUMS.all()
    }
}

pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

/// What stands between head and suffix of a name, if it can be a number.
fn between<'a>(name: &'a str, head: &str, suffix: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(head.len())?;
    let (rest, end) = rest.split_at_checked(rest.len().checked_sub(suffix.len())?)?;
    let rest = rest.strip_prefix(['_', '-', ' ']).unwrap_or(rest);
    let number = rest.starts_with(|c: char| c.is_ascii_digit() || "+-.(".contains(c));
    (number && plain(start) == head && end.to_lowercase().replace(['-', ' '], "_") == suffix).then_some(rest)
}

/// A name with what was asked for as its first or last words is meant before one that is merely spelt alike.
pub(super) fn unknown(name: &str, known: Vec<String>) -> Error {
    const WHAT: &str = "scheme";
    let plain = plain(name);
    let last_words = format!("_{plain}");
    let longer = |k: &&String| plain.len() >= 3 && (k.starts_with(&plain) || k.ends_with(&last_words));
    match known.iter().find(longer).cloned() {
        Some(longer) => Error::UnknownName { what: WHAT, name: name.to_string(), suggestion: Some(longer), known },
        None => Error::unknown(WHAT, name, known.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests;
