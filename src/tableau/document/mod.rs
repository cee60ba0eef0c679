//! What a file holds of a scheme, before it is checked.

mod methods;
mod writing;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::Deserialize;

use super::entry::{Claimed, Entry, values};
use super::{AdditiveTableau, Claims, PartitionedTableau, Scheme, Tableau, invalid};
use crate::Error;

/// The keys of a scheme are those of its coefficients, and every claim.
macro_rules! document {
    ($($claim:ident: $raw:ty,)*) => {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct Document {
            name: Option<String>,
            source: Option<String>,
            free_nodes: Option<bool>,
            #[serde(rename = "A", alias = "a")]
            a: Option<Vec<Vec<Entry>>>,
            b: Option<Vec<Entry>>,
            c: Option<Vec<Entry>>,
            embedded: Option<Vec<Entry>>,
            partitioned: Option<Vec<Document>>,
            additive: Option<Vec<Document>>,
            alpha: Option<Vec<Entry>>,
            beta: Option<Vec<Entry>>,
            #[serde(rename = "U")]
            u: Option<Vec<Vec<Entry>>>,
            #[serde(rename = "V")]
            v: Option<Vec<Vec<Entry>>>,
            terms: Option<Vec<Term>>,
            start: Option<Vec<Entry>>,
            starting: Option<Box<Document>>,
            $($claim: Option<$raw>,)*
        }

        impl Document {
            fn claims(&mut self) -> Claims {
                let mut exact = BTreeSet::new();
                $(if let Some(claim) = &self.$claim {
                    claim.note_exact(stringify!($claim), &mut exact);
                })*
                Claims { $($claim: self.$claim.take().map(Into::into),)* exact }
            }
        }
    };
}

/// A term of a general linear method.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    #[serde(rename = "A")]
    a: Vec<Vec<Entry>>,
    #[serde(rename = "B")]
    b: Vec<Vec<Entry>>,
    c: Vec<Entry>,
}

document! {
    order: NonZeroUsize,
    embedded_order: NonZeroUsize,
    separable_order: NonZeroUsize,
    stage_order: usize,
    explicit: bool,
    diagonally_implicit: bool,
    stiffly_accurate: bool,
    first_same_as_last: bool,
    a_stable: bool,
    i_stable: bool,
    l_stable: bool,
    algebraically_stable: bool,
    symplectic: bool,
    separably_symplectic: bool,
    symmetric: bool,
    separably_symmetric: bool,
    a_alpha: Claimed,
    principal_error_norm: Claimed,
    ssp_coefficient: Claimed,
    real_stability_interval: Claimed,
    imaginary_stability_interval: Claimed,
    stability_numerator: ClaimedList,
    stability_denominator: ClaimedList,
}

impl Document {
    /// What the coefficients are of, if not of a tableau.
    fn kind(&self) -> Option<Kind> {
        let is_general = self.u.is_some() || self.v.is_some() || self.terms.is_some();
        match () {
            () if self.partitioned.is_some() => Some(Kind::Partitioned),
            () if self.additive.is_some() => Some(Kind::Additive),
            () if self.alpha.is_some() || self.beta.is_some() => Some(Kind::Multistep),
            () if is_general || self.start.is_some() || self.starting.is_some() => Some(Kind::GeneralLinear),
            () => None,
        }
    }

    /// The first of the keys that belong to another kind.
    fn foreign(&self, kind: Kind) -> Option<&'static str> {
        let keys = [
            ("A", self.a.is_some(), None),
            ("b", self.b.is_some(), None),
            ("c", self.c.is_some(), None),
            ("embedded", self.embedded.is_some(), None),
            ("free_nodes", self.free_nodes.is_some(), None),
            ("partitioned", self.partitioned.is_some(), Some(Kind::Partitioned)),
            ("additive", self.additive.is_some(), Some(Kind::Additive)),
            ("alpha", self.alpha.is_some(), Some(Kind::Multistep)),
            ("beta", self.beta.is_some(), Some(Kind::Multistep)),
            ("U", self.u.is_some(), Some(Kind::GeneralLinear)),
            ("V", self.v.is_some(), Some(Kind::GeneralLinear)),
            ("terms", self.terms.is_some(), Some(Kind::GeneralLinear)),
            ("start", self.start.is_some(), Some(Kind::GeneralLinear)),
            ("starting", self.starting.is_some(), Some(Kind::GeneralLinear)),
        ];
        keys.into_iter().find(|(_, is_there, of)| *is_there && *of != Some(kind)).map(|(key, ..)| key)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Partitioned,
    Additive,
    Multistep,
    GeneralLinear,
}

impl TryFrom<Document> for Tableau {
    type Error = Error;

    fn try_from(mut document: Document) -> Result<Self, Error> {
        if let Some(kind @ (Kind::Multistep | Kind::GeneralLinear)) = document.kind() {
            return Err(not_runge_kutta(kind, document.name));
        }
        let claims = document.claims();
        let Document { name, source, free_nodes, a, b, c, embedded, partitioned, additive, .. } = document;
        let name = name.unwrap_or_default();
        if partitioned.is_some() || additive.is_some() {
            return Err(invalid(&name, "it has several parts, expected `A`, `b`, `c` of a single tableau".to_string()));
        }
        let missing = |key: &str| invalid(&name, format!("missing field `{key}`"));
        let a = a.ok_or_else(|| missing("A"))?;
        let b = b.ok_or_else(|| missing("b"))?;
        let c = c.unwrap_or_else(|| a.iter().map(Entry::sum).collect());
        let rows: Vec<Vec<f64>> = a.iter().map(|row| values(row)).collect();
        let make = if free_nodes == Some(true) { Tableau::with_free_nodes } else { Tableau::new };
        let mut tableau = make(rows, values(&b), values(&c))
            .map_err(|e| e.of_tableau(&name))?
            .named(name)
            .from_source(source.unwrap_or_default());
        if let Some(weights) = &embedded {
            tableau = tableau.with_embedded(values(weights))?;
        }
        let tableau = tableau.written_as(a.into_iter().flatten().collect(), b, c, embedded);
        if let (None, Some(p)) = (tableau.embedded(), claims.embedded_order) {
            return Err(invalid(&tableau.name, format!("embedded_order is {p}, but there are no embedded weights")));
        }
        check_finite(&claims).map_err(|reason| invalid(&tableau.name, reason))?;
        Ok(tableau.claiming(claims))
    }
}

/// A file may hold infinite claims only by mistake: they would be lost.
fn check_finite(claims: &Claims) -> Result<(), String> {
    if claims.clone().cleaned() == *claims {
        return Ok(());
    }
    Err("a claim is not finite, expected finite numbers".to_string())
}

/// The name, the source, the claims and the parts of a scheme of several tableaux.
type Parts = (String, String, Claims, Vec<Tableau>);

fn parts(mut document: Document, key: &str) -> Result<Parts, Error> {
    let claims = document.claims();
    let kind = if key == "partitioned" { Kind::Partitioned } else { Kind::Additive };
    let foreign = document.foreign(kind);
    let name = document.name.unwrap_or_default();
    let parts = if kind == Kind::Partitioned { document.partitioned } else { document.additive };
    if foreign.is_some() {
        return Err(invalid(&name, format!("it has `{key}`, so expected its coefficients there alone")));
    }
    check_finite(&claims).map_err(|reason| invalid(&name, reason))?;
    let parts = parts.ok_or_else(|| invalid(&name, format!("missing field `{key}`")))?;
    let read = |(i, part)| Tableau::try_from(part).map_err(|e| invalid(&name, format!("{key}[{i}]: {e}")));
    let parts = parts.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
    Ok((name, document.source.unwrap_or_default(), claims, parts))
}

impl TryFrom<Document> for PartitionedTableau {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        let (name, source, claims, parts) = parts(document, "partitioned")?;
        let [first, second] = <[Tableau; 2]>::try_from(parts)
            .map_err(|parts| invalid(&name, format!("`partitioned` has {} tableaux, expected 2", parts.len())))?;
        let pair = PartitionedTableau::new(first, second).map_err(|e| e.of_tableau(&name))?;
        Ok(pair.named(name).from_source(source).claiming(claims))
    }
}

impl TryFrom<Document> for AdditiveTableau {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        let (name, source, claims, parts) = parts(document, "additive")?;
        let scheme = AdditiveTableau::new(parts).map_err(|e| e.of_tableau(&name))?;
        Ok(scheme.named(name).from_source(source).claiming(claims))
    }
}

impl TryFrom<Document> for Scheme {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        match document.kind() {
            Some(Kind::Partitioned) => document.try_into().map(Scheme::Partitioned),
            Some(Kind::Additive) => document.try_into().map(Scheme::Additive),
            _ => document.try_into().map(Scheme::Tableau),
        }
    }
}

/// Why what carries more than the state is no Runge–Kutta scheme.
fn not_runge_kutta(kind: Kind, name: Option<String>) -> Error {
    let what = if kind == Kind::Multistep { "multistep" } else { "general linear" };
    invalid(&name.unwrap_or_default(), format!("it is a {what} method, expected a Runge–Kutta scheme"))
}

impl Error {
    /// The same error, of the tableau of that name.
    fn of_tableau(self, name: &str) -> Self {
        match self {
            Error::InvalidTableau { reason, .. } => invalid(name, reason),
            other => other,
        }
    }
}

impl From<Claimed> for f64 {
    fn from(claimed: Claimed) -> f64 {
        claimed.entry.value
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct ClaimedList(Vec<Claimed>);

impl From<ClaimedList> for Vec<f64> {
    fn from(list: ClaimedList) -> Vec<f64> {
        list.0.into_iter().map(f64::from).collect()
    }
}

/// Claims of which some are numbers, exact ones or rounded ones.
trait Exactness {
    /// Adds the keys of the numbers that are exact.
    fn note_exact(&self, _key: &str, _exact: &mut BTreeSet<String>) {}
}

impl Exactness for bool {}
impl Exactness for usize {}
impl Exactness for NonZeroUsize {}

impl Exactness for Claimed {
    fn note_exact(&self, key: &str, exact: &mut BTreeSet<String>) {
        if self.is_expression {
            exact.insert(key.to_string());
        }
    }
}

impl Exactness for ClaimedList {
    fn note_exact(&self, key: &str, exact: &mut BTreeSet<String>) {
        self.0.iter().enumerate().for_each(|(k, claimed)| claimed.note_exact(&format!("{key}[{k}]"), exact));
    }
}
