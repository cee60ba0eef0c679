//! What a file holds of a scheme, before it is checked.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize, Serializer};

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

impl TryFrom<Document> for Tableau {
    type Error = Error;

    fn try_from(mut document: Document) -> Result<Self, Error> {
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
    let name = document.name.unwrap_or_default();
    let (of_single, parts) = match key {
        "partitioned" => (document.additive.is_some(), document.partitioned),
        _ => (document.partitioned.is_some(), document.additive),
    };
    let single = [document.b, document.c, document.embedded].iter().any(Option::is_some);
    if of_single || single || document.a.is_some() || document.free_nodes.is_some() {
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
        if document.partitioned.is_some() {
            document.try_into().map(Scheme::Partitioned)
        } else if document.additive.is_some() {
            document.try_into().map(Scheme::Additive)
        } else {
            document.try_into().map(Scheme::Tableau)
        }
    }
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

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(flatten)]
    claims: &'a Claims,
    #[serde(flatten)]
    coefficients: Coefficients<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Coefficients<'a> {
    Single {
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        free_nodes: bool,
        #[serde(rename = "A")]
        a: Vec<&'a [f64]>,
        b: &'a [f64],
        c: &'a [f64],
        #[serde(skip_serializing_if = "Option::is_none")]
        embedded: Option<&'a [f64]>,
    },
    Partitioned {
        partitioned: [&'a Tableau; 2],
    },
    Additive {
        additive: &'a [Tableau],
    },
}

impl Serialize for Tableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Single {
            free_nodes: self.has_free_nodes(),
            a: (0..self.stages()).map(|i| self.row(i)).collect(),
            b: self.b(),
            c: self.c(),
            embedded: self.embedded(),
        };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}

impl Serialize for PartitionedTableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Partitioned { partitioned: [self.first(), self.second()] };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
    }
}

impl Serialize for AdditiveTableau {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coefficients = Coefficients::Additive { additive: self.parts() };
        Written { name: self.name(), source: self.source(), claims: self.claims(), coefficients }.serialize(serializer)
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
