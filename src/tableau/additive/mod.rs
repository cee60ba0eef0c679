//! Several tableaux for a sum of fields.

use std::fmt;

use super::display::heading;
use super::listed::{Listed, Published};
use super::{Claims, Tableau, invalid};
use crate::Error;

pub(super) mod ascher_ruuth_spiteri;
pub(super) mod kennedy_carpenter;

/// Two or more tableaux of `s` stages for `ẏ = F_1(t, y) + F_2(t, y) + …`, each for its part of the field:
///
/// ```text
/// Y_i = y_n + h Σ_m Σ_j a^m_ij F_m(t_n + c^m_j h, Y_j),    y_{n+1} = y_n + h Σ_m Σ_i b^m_i F_m(t_n + c^m_i h, Y_i) .
/// ```
///
/// An explicit tableau for what is cheap and an implicit one for what is stiff make an implicit-explicit (IMEX) scheme;
/// those of the catalogue have the explicit part first. Embedded weights belong to all parts or none. Serde reads and
/// writes a table with the key `additive` in place of `A`, `b`, `c`: a list of the tableaux.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(try_from = "super::document::Document")]
pub struct AdditiveTableau {
    name: String,
    source: String,
    claims: Claims,
    parts: Vec<Tableau>,
}

impl AdditiveTableau {
    /// The scheme of these parts.
    ///
    /// # Errors
    /// [`Error::InvalidTableau`] if there are fewer than two parts, if their numbers of stages differ, or if some have
    /// embedded weights and others have not.
    pub fn new(parts: impl Into<Vec<Tableau>>) -> Result<Self, Error> {
        let parts = parts.into();
        let [first, others @ ..] = parts.as_slice() else {
            return Err(invalid("", "it has no parts, expected at least two".to_string()));
        };
        if others.is_empty() {
            return Err(invalid("", "it has one part, expected at least two".to_string()));
        }
        for (i, part) in (1..).zip(others) {
            let (s, found) = (first.stages(), part.stages());
            if found != s {
                return Err(invalid("", format!("part {i} has {found} stages, expected {s}, those of part 0")));
            }
            if part.embedded().is_some() != first.embedded().is_some() {
                let reason = format!("embedded weights belong to all parts or none; parts 0 and {i} differ in that");
                return Err(invalid("", reason));
            }
        }
        Ok(AdditiveTableau { name: String::new(), source: String::new(), claims: Claims::default(), parts })
    }

    /// The same scheme under another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same scheme with the reference its coefficients are from.
    pub fn from_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same scheme, declared to be what `claims` say, as by [`Tableau::claiming`]. Orders are those of the whole.
    pub fn claiming(mut self, claims: Claims) -> Self {
        self.claims = claims.cleaned();
        if self.parts[0].embedded().is_none() {
            self.claims.embedded_order = None;
        }
        self
    }

    /// The name, empty if it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reference the coefficients are from, empty if none is given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the scheme is declared to be.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The number of stages `s`, at least 1.
    pub fn stages(&self) -> usize {
        self.parts[0].stages()
    }

    /// The tableaux, one for each part of the field, at least two.
    pub fn parts(&self) -> &[Tableau] {
        &self.parts
    }
}

/// The data of an implicit-explicit scheme.
pub(super) struct Sum {
    name: &'static str,
    aliases: &'static [&'static str],
    source: &'static str,
    order: usize,
    embedded_order: Option<usize>,
    explicit: &'static Published,
    implicit: &'static Published,
}

impl Listed for Sum {
    type Made = AdditiveTableau;

    fn names(&self) -> (&'static str, &'static [&'static str]) {
        (self.name, self.aliases)
    }

    fn make(&self) -> AdditiveTableau {
        AdditiveTableau {
            name: self.name.to_string(),
            source: self.source.to_string(),
            claims: Claims { order: Some(self.order), embedded_order: self.embedded_order, ..Claims::default() },
            parts: vec![self.explicit.make(), self.implicit.make()],
        }
    }
}

impl fmt::Display for AdditiveTableau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = heading(&self.name);
        let s = self.stages();
        write!(f, "{name}: additive, {s} stage{}", if s == 1 { "" } else { "s" })?;
        if let Some(order) = self.claims.order {
            write!(f, ", order {order}")?;
        }
        if let Some(order) = self.claims.embedded_order {
            write!(f, " ({order})")?;
        }
        for (i, part) in self.parts.iter().enumerate() {
            write!(f, "\npart {i}\n{}", part.array())?;
        }
        Ok(())
    }
}
