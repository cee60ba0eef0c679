//! Tableaux as TOML and JSON, by hand or by machine.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Tableau, expression, invalid};
use crate::Error;

/// Reading and writing.
impl Tableau {
    /// Reads a tableau from a file whose name ends in `.toml` or `.json`. Its fields are those of
    /// [`from_toml_str`](Tableau::from_toml_str).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for another ending, [`Error::Io`] if the file cannot be read, [`Error::Parse`] if it
    /// does not hold a valid tableau.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let format = Format::of(path)?;
        let text = std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        format.read(&text, path)
    }

    /// Reads a tableau from TOML text. An entry is a number, or a string with an expression of numbers, `+ - * /`,
    /// parentheses and `sqrt(…)`.
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `A` (or `a`) | rows of `A` |
    /// | `b` | weights |
    /// | `c` | nodes; row sums of `A` if it is missing |
    /// | `name`, `source` | text (optional) |
    /// | `order` | declared order, at least 1 (optional) |
    /// | `embedded`, `embedded_order` | embedded weights and their declared order (optional) |
    /// | `free_nodes` | `true` if `c` need not be the row sums of `A` (optional) |
    ///
    /// ```
    /// let gauss = kutta::Tableau::from_toml_str(r#"
    ///     name = "Gauss, two stages"
    ///     A = [["1/4", "1/4 - sqrt(3)/6"], ["1/4 + sqrt(3)/6", 0.25]]
    ///     b = [0.5, 0.5]
    /// "#)?;
    /// assert_eq!(gauss.c()[0], 0.25 + (0.25 - 3f64.sqrt() / 6.0));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`] if the text is not TOML, has an unknown or a missing key, an entry that is no number, or
    /// coefficients that [`Tableau::new`] refuses.
    pub fn from_toml_str(text: &str) -> Result<Self, Error> {
        Format::Toml.read(text, Path::new("TOML text"))
    }

    /// Reads a tableau from JSON text; an object with the keys of [`from_toml_str`](Tableau::from_toml_str).
    ///
    /// # Errors
    /// [`Error::Parse`], as for TOML.
    pub fn from_json_str(text: &str) -> Result<Self, Error> {
        Format::Json.read(text, Path::new("JSON text"))
    }

    /// The tableau as TOML text; reading it gives the same tableau to the last bit.
    pub fn to_toml(&self) -> String {
        let quote = |text: &str| toml::Value::String(text.to_string()).to_string();
        self.fields(quote).iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
    }

    /// The tableau as JSON text; reading it gives the same tableau to the last bit.
    pub fn to_json(&self) -> String {
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        let fields: Vec<String> =
            self.fields(quote).iter().map(|(key, value)| format!("  \"{key}\": {value}")).collect();
        format!("{{\n{}\n}}\n", fields.join(",\n"))
    }

    /// Writes the tableau to a file whose name ends in `.toml` or `.json`. The file appears complete or not at all.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for another ending, [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let text = match Format::of(path)? {
            Format::Toml => self.to_toml(),
            Format::Json => self.to_json(),
        };
        crate::file::write_atomically(path, text.as_bytes())
    }

    /// Keys and values, in the notation that TOML and JSON share but for text.
    fn fields(&self, quote: impl Fn(&str) -> String) -> Vec<(&'static str, String)> {
        let list = |v: &[f64]| format!("[{}]", v.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = (0..self.stages()).map(|i| format!("    {}", list(self.row(i)))).collect();
        let mut fields = Vec::new();
        if !self.name.is_empty() {
            fields.push(("name", quote(&self.name)));
        }
        if !self.source.is_empty() {
            fields.push(("source", quote(&self.source)));
        }
        fields.extend(self.order.map(|p| ("order", p.to_string())));
        if self.has_free_nodes() {
            fields.push(("free_nodes", "true".to_string()));
        }
        fields.push(("A", format!("[\n{}\n]", rows.join(",\n"))));
        fields.push(("b", list(&self.b)));
        fields.push(("c", list(&self.c)));
        fields.extend(self.embedded().map(|weights| ("embedded", list(weights))));
        fields.extend(self.embedded_order().map(|p| ("embedded_order", p.to_string())));
        fields
    }
}

enum Format {
    Toml,
    Json,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Error> {
        match path.extension().map(|e| e.to_ascii_lowercase()) {
            Some(e) if e == "toml" => Ok(Format::Toml),
            Some(e) if e == "json" => Ok(Format::Json),
            _ => Err(Error::InvalidArgument {
                argument: "path",
                value: format!("`{}`", path.display()),
                expected: "a file name that ends in .toml or .json".to_string(),
            }),
        }
    }

    /// `path` names the text in errors.
    fn read(&self, text: &str, path: &Path) -> Result<Tableau, Error> {
        let fault = |(line, column), reason| Error::Parse { path: path.to_path_buf(), line, column, reason };
        let document: Document = match self {
            Format::Toml => toml::from_str(text).map_err(|e| {
                let place = e.span().map_or((0, 0), |span| line_and_column(text, span.start));
                fault(place, e.message().to_string())
            }),
            Format::Json => serde_json::from_str(text).map_err(|e| {
                let full = e.to_string();
                let place = format!(" at line {} column {}", e.line(), e.column());
                fault((e.line(), e.column()), full.strip_suffix(&place).unwrap_or(&full).to_string())
            }),
        }?;
        Tableau::try_from(document).map_err(|e| fault((0, 0), e.to_string()))
    }
}

/// Both from 1, the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// What a file holds, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<NonZeroUsize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    free_nodes: bool,
    #[serde(rename = "A", alias = "a")]
    a: Vec<Vec<Entry>>,
    b: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<Vec<Entry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embedded: Option<Vec<Entry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embedded_order: Option<NonZeroUsize>,
}

impl TryFrom<Document> for Tableau {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        let Document { name, source, order, free_nodes, a, b, c, embedded, embedded_order } = document;
        let a: Vec<Vec<f64>> = a.iter().map(|row| numbers(row)).collect();
        let c = c.map_or_else(|| a.iter().map(|row| row.iter().sum()).collect(), |c| numbers(&c));
        let make = if free_nodes { Tableau::with_free_nodes } else { Tableau::new };
        let tableau = make(a, numbers(&b), c).map_err(|e| match e {
            Error::InvalidTableau { reason, .. } => invalid(&name, reason),
            other => other,
        })?;
        let tableau = tableau.named(name).from_source(source).of_order(order.map_or(0, NonZeroUsize::get));
        match (embedded, embedded_order) {
            (Some(weights), order) => {
                Ok(tableau.with_embedded(numbers(&weights))?.of_embedded_order(order.map_or(0, NonZeroUsize::get)))
            }
            (None, None) => Ok(tableau),
            (None, Some(p)) => {
                Err(invalid(&tableau.name, format!("embedded_order is {p}, but there are no embedded weights")))
            }
        }
    }
}

impl From<Tableau> for Document {
    fn from(t: Tableau) -> Self {
        let entries = |v: &[f64]| v.iter().map(|&x| Entry(x)).collect();
        Document {
            order: t.order().and_then(NonZeroUsize::new),
            free_nodes: t.has_free_nodes(),
            a: (0..t.stages()).map(|i| entries(t.row(i))).collect(),
            b: entries(t.b()),
            c: Some(entries(t.c())),
            embedded: t.embedded().map(entries),
            embedded_order: t.embedded_order().and_then(NonZeroUsize::new),
            name: t.name,
            source: t.source,
        }
    }
}

/// A number, or an expression that has been evaluated.
struct Entry(f64);

fn numbers(entries: &[Entry]) -> Vec<f64> {
    entries.iter().map(|entry| entry.0).collect()
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a string such as \"1/2 - sqrt(3)/6\"")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Entry, E> {
                Ok(Entry(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Entry, E> {
                Ok(Entry(value as f64))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Entry, E> {
                Ok(Entry(value as f64))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
                expression::evaluate(text).map(Entry).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
