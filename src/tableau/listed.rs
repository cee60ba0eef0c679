//! What the catalogue lists.
//!
//! A scheme is data: a [`Published`] tableau, or what its kind has in place of that, in a list of its kind. A scheme with a
//! parameter is a member of a [`Family`].

use super::entry::Entry;
use super::{Claims, Tableau, expression};
use crate::Error;

/// A scheme without parameters.
pub(super) trait Listed {
    type Made;
    /// The name, then other names.
    fn names(&self) -> (&'static str, &'static [&'static str]);
    fn make(&self) -> Self::Made;
}

/// Schemes with one parameter, which stands between the two parts of the family's name: `gauss_3`, `ssp_4_2`.
pub(super) struct Family<T> {
    pub name: &'static str,
    pub suffix: &'static str,
    pub aliases: &'static [&'static str],
    /// Parameters of the members that the catalogue lists.
    pub listed: &'static [&'static str],
    /// Members with a name of their own: the name and the parameter.
    pub nicknames: &'static [(&'static str, &'static str)],
    pub member: fn(&str) -> Result<T, Error>,
}

/// A tableau without parameters, as it was published.
pub(super) struct Published {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub source: &'static str,
    pub claims: fn() -> Claims,
    /// Rows of `A`; missing entries at the end of a row are zero. Numbers are written as in files.
    pub a: &'static [&'static [&'static str]],
    pub b: &'static [&'static str],
    pub c: &'static [&'static str],
    pub embedded: Option<&'static [&'static str]>,
}

impl Listed for Published {
    type Made = Tableau;

    fn names(&self) -> (&'static str, &'static [&'static str]) {
        (self.name, self.aliases)
    }

    fn make(&self) -> Tableau {
        let s = self.b.len();
        let rows = self.a.iter().flat_map(|row| (0..s).map(|j| row.get(j).copied().unwrap_or("0")));
        let (a, b, c) = (rows.map(entry).collect(), entries(self.b), entries(self.c));
        let tableau = Tableau::of_entries(self.name, a, b, c).from_source(self.source);
        let tableau = match self.embedded {
            Some(weights) => tableau.with_embedded_entries(entries(weights)),
            None => tableau,
        };
        tableau.claiming((self.claims)())
    }
}

/// Numbers from their texts.
pub(super) fn entries(texts: &[&str]) -> Vec<Entry> {
    texts.iter().copied().map(entry).collect()
}

/// The catalogue holds no other texts than numbers: a test reads them all.
fn entry(text: &str) -> Entry {
    expression::evaluate(text).unwrap_or(Entry::double(f64::NAN))
}

pub(super) fn real(argument: &'static str, text: &str) -> Result<Entry, Error> {
    expression::evaluate(text)
        .map_err(|reason| Error::invalid(argument, format!("`{text}`"), format!("a number ({reason})")))
}

pub(super) fn whole(argument: &'static str, text: &str) -> Result<usize, Error> {
    text.parse().map_err(|_| Error::invalid(argument, format!("`{text}`"), "a whole number"))
}
