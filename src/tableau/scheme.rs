//! A scheme of any kind.

use std::fmt;

use serde::Serialize;

use super::catalogue::{self, PAIRS, SUMS, TABLEAUX};
use super::{AdditiveTableau, Claims, PartitionedTableau, Tableau};
use crate::Error;

/// A Runge–Kutta scheme of any kind: for one field, for a system in two parts, or for a sum of fields.
///
/// Serde tells them apart by their keys: `A`, `partitioned`, `additive`.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
#[serde(untagged, try_from = "super::document::Document")]
pub enum Scheme {
    /// One tableau.
    Tableau(Tableau),
    /// Two tableaux, for `y` and for `z`.
    Partitioned(PartitionedTableau),
    /// Two or more tableaux, one for each term of the field.
    Additive(AdditiveTableau),
}

impl Scheme {
    /// The scheme of that name, of whatever kind; names are read as by [`Tableau::by_name`].
    ///
    /// ```
    /// use kutta::tableau::Scheme;
    /// assert!(matches!(Scheme::by_name("rk4")?, Scheme::Tableau(_)));
    /// assert!(matches!(Scheme::by_name("lobatto_iiia_iiib_3")?, Scheme::Partitioned(_)));
    /// assert!(matches!(Scheme::by_name("kencarp_4")?, Scheme::Additive(_)));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tableau::by_name`].
    pub fn by_name(name: &str) -> Result<Self, Error> {
        let found = TABLEAUX.find(name).map(|t| t.map(Scheme::Tableau));
        let found = found.or_else(|| PAIRS.find(name).map(|p| p.map(Scheme::Partitioned)));
        let found = found.or_else(|| SUMS.find(name).map(|a| a.map(Scheme::Additive)));
        let names = || [TABLEAUX.names(), PAIRS.names(), SUMS.names()].concat();
        found.unwrap_or_else(|| Err(catalogue::unknown(name, names())))
    }

    /// Every scheme of the catalogue: tableaux, then partitioned pairs, then additive schemes.
    pub fn catalogue() -> Vec<Self> {
        let tableaux = Tableau::catalogue().into_iter().map(Scheme::Tableau);
        let pairs = PartitionedTableau::catalogue().into_iter().map(Scheme::Partitioned);
        let sums = AdditiveTableau::catalogue().into_iter().map(Scheme::Additive);
        tableaux.chain(pairs).chain(sums).collect()
    }

    /// The same scheme under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        match self {
            Scheme::Tableau(scheme) => Scheme::Tableau(scheme.named(name)),
            Scheme::Partitioned(scheme) => Scheme::Partitioned(scheme.named(name)),
            Scheme::Additive(scheme) => Scheme::Additive(scheme.named(name)),
        }
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        match self {
            Scheme::Tableau(scheme) => scheme.name(),
            Scheme::Partitioned(scheme) => scheme.name(),
            Scheme::Additive(scheme) => scheme.name(),
        }
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        match self {
            Scheme::Tableau(scheme) => scheme.source(),
            Scheme::Partitioned(scheme) => scheme.source(),
            Scheme::Additive(scheme) => scheme.source(),
        }
    }

    /// What the scheme is declared to be.
    pub fn claims(&self) -> &Claims {
        match self {
            Scheme::Tableau(scheme) => scheme.claims(),
            Scheme::Partitioned(scheme) => scheme.claims(),
            Scheme::Additive(scheme) => scheme.claims(),
        }
    }

    /// The number of stages, at least 1.
    pub fn stages(&self) -> usize {
        match self {
            Scheme::Tableau(scheme) => scheme.stages(),
            Scheme::Partitioned(scheme) => scheme.stages(),
            Scheme::Additive(scheme) => scheme.stages(),
        }
    }

    /// The kind in words: the [`Structure`](super::Structure) of a tableau, "partitioned" or "additive".
    pub fn kind(&self) -> String {
        match self {
            Scheme::Tableau(scheme) => scheme.structure().to_string(),
            Scheme::Partitioned(_) => "partitioned".to_string(),
            Scheme::Additive(_) => "additive".to_string(),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scheme::Tableau(scheme) => scheme.fmt(f),
            Scheme::Partitioned(scheme) => scheme.fmt(f),
            Scheme::Additive(scheme) => scheme.fmt(f),
        }
    }
}

impl From<Tableau> for Scheme {
    fn from(scheme: Tableau) -> Self {
        Scheme::Tableau(scheme)
    }
}

impl From<PartitionedTableau> for Scheme {
    fn from(scheme: PartitionedTableau) -> Self {
        Scheme::Partitioned(scheme)
    }
}

impl From<AdditiveTableau> for Scheme {
    fn from(scheme: AdditiveTableau) -> Self {
        Scheme::Additive(scheme)
    }
}
