//! Methods that carry more than the state, as files have them.

use super::{Document, Kind, Term, check_finite};
use crate::Error;
use crate::tableau::entry::{Entry, values};
use crate::tableau::{Claims, GeneralLinear, Method, Multistep, Scheme, Tableau, TermCoefficients, invalid};

impl TryFrom<Document> for Multistep {
    type Error = Error;

    fn try_from(mut document: Document) -> Result<Self, Error> {
        let (claims, foreign) = (document.claims(), document.foreign(Kind::Multistep));
        let name = document.name.unwrap_or_default();
        if let Some(key) = foreign {
            return Err(invalid(&name, format!("it has `{key}`, expected `alpha` and `beta` alone of coefficients")));
        }
        let missing = |key: &str| invalid(&name, format!("missing field `{key}`"));
        let (alpha, beta) =
            (document.alpha.ok_or_else(|| missing("alpha"))?, document.beta.ok_or_else(|| missing("beta"))?);
        check_finite(&claims).map_err(|reason| invalid(&name, reason))?;
        let method = Multistep::of_entries(alpha, beta).map_err(|reason| invalid(&name, reason))?;
        Ok(method.named(name).from_source(document.source.unwrap_or_default()).claiming(claims))
    }
}

impl TryFrom<Document> for Method {
    type Error = Error;

    fn try_from(mut document: Document) -> Result<Self, Error> {
        match document.kind() {
            Some(Kind::Multistep) => Multistep::try_from(document).map(Method::from),
            Some(Kind::GeneralLinear) => {
                let (claims, foreign) = (document.claims(), document.foreign(Kind::GeneralLinear));
                let name = document.name.unwrap_or_default();
                if claims != Claims::default() {
                    return Err(invalid(
                        &name,
                        "it has claims, expected none: of general linear methods none are checked".into(),
                    ));
                }
                if let Some(key) = foreign {
                    let expected = "expected `U`, `V`, `terms`, and possibly `start` and `starting`";
                    return Err(invalid(&name, format!("it has `{key}`, {expected}")));
                }
                let missing = |key: &str| invalid(&name, format!("missing field `{key}`"));
                let (u, v) = (document.u.ok_or_else(|| missing("U"))?, document.v.ok_or_else(|| missing("V"))?);
                let terms = document.terms.ok_or_else(|| missing("terms"))?;
                let rows = |rows: &[Vec<Entry>]| rows.iter().map(|row| values(row)).collect::<Vec<Vec<f64>>>();
                let term = |t: &Term| TermCoefficients { a: rows(&t.a), b: rows(&t.b), c: values(&t.c) };
                let method = Method::new(GeneralLinear {
                    u: rows(&u),
                    v: rows(&v),
                    terms: terms.iter().map(term).collect(),
                    start: document.start.as_deref().map(values),
                    starting: document.starting.map(|scheme| Tableau::try_from(*scheme)).transpose()?,
                    name,
                })?;
                let start = document.start.unwrap_or_else(|| vec![Entry::ratio(1, 1); v.len()]);
                let terms = terms.into_iter().flat_map(|t| t.a.into_iter().chain(t.b).chain([t.c]));
                Ok(method.written_as(u.into_iter().chain(v).chain(terms).chain([start]).flatten().collect()))
            }
            _ => Scheme::try_from(document).map(Method::from),
        }
    }
}
