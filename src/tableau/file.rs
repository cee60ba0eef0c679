//! Schemes as TOML and JSON, by hand or by machine.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::document::Document;
use super::entry::EXACT_DIGITS;
use super::{Method, Scheme, Tableau};
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
        let (format, text) = open(path.as_ref())?;
        format.read(&text, path.as_ref())
    }

    /// Reads a tableau from TOML text. An entry is a number, or a string with an expression of numbers, `+ - * /`,
    /// parentheses and `sqrt(…)`. Fractions, square roots of them, and decimals of up to six digits are kept exactly, beside
    /// the nearest doubles; a longer decimal is taken for a rounding, known to half a unit of its last digit, unless it is a
    /// fraction of so small a denominator as no rounding has, such as `0.6140625`, 393/640.
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `A` (or `a`) | rows of `A` |
    /// | `b` | weights |
    /// | `c` | nodes; row sums of `A` if it is missing |
    /// | `name`, `source` | text (optional) |
    /// | `embedded` | embedded weights (optional) |
    /// | `free_nodes` | `true` if `c` need not be the row sums of `A` (optional) |
    /// | `order`, `a_stable`, … | a field of [`Claims`](super::Claims) (optional) |
    ///
    /// ```
    /// let gauss = kutta::Tableau::from_toml_str(r#"
    ///     name = "Gauss, two stages"
    ///     A = [["1/4", "1/4 - sqrt(3)/6"], ["1/4 + sqrt(3)/6", 0.25]]
    ///     b = [0.5, 0.5]
    ///     order = 4
    ///     symplectic = true
    /// "#)?;
    /// assert_eq!(gauss.c()[0], 0.211_324_865_405_187_1, "the double nearest to 1/2 − √3/6");
    /// assert_eq!(gauss.claims().symplectic, Some(true));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`] if the text is not TOML, has an unknown or a missing key, an entry that is no number, or
    /// coefficients that [`Tableau::new`] refuses.
    pub fn from_toml_str(text: &str) -> Result<Self, Error> {
        Format::Toml.read(text, Path::new("TOML text"))
    }

    /// Reads a tableau from JSON text; an object with the keys of [`from_toml_str`](Tableau::from_toml_str). `null` is as
    /// good as a missing key.
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
        crate::file::write_whole(path, text.as_bytes())
    }

    /// Keys and values, in the notation that TOML and JSON share but for text.
    fn fields(&self, quote: impl Fn(&str) -> String) -> Vec<(String, String)> {
        let list = |v: &[f64]| format!("[{}]", v.iter().map(|x| format!("{x:?}")).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = (0..self.stages()).map(|i| format!("    {}", list(self.row(i)))).collect();
        let mut fields = Vec::new();
        let mut put = |key: &str, value: String| fields.push((key.to_string(), value));
        if !self.name.is_empty() {
            put("name", quote(&self.name));
        }
        if !self.source.is_empty() {
            put("source", quote(&self.source));
        }
        // Claims are counts, numbers, yes and no, and lists of numbers: a line of TOML each.
        let claims = toml::to_string(&self.claims).unwrap_or_default();
        for (key, value) in claims.lines().filter_map(|line| line.split_once(" = ")) {
            put(key, value.to_string());
        }
        if self.has_free_nodes() {
            put("free_nodes", "true".to_string());
        }
        put("A", format!("[\n{}\n]", rows.join(",\n")));
        put("b", list(&self.b));
        put("c", list(&self.c));
        if let Some(weights) = self.embedded() {
            put("embedded", list(weights));
        }
        fields
    }
}

/// Reading.
impl Scheme {
    /// Reads a scheme of any kind from a file whose name ends in `.toml` or `.json`: a tableau with the keys of
    /// [`Tableau::from_toml_str`], or in place of `A`, `b`, `c`
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `partitioned` | the two tableaux of a partitioned pair, that for `y` first |
    /// | `additive` | the tableaux of an additive scheme |
    ///
    /// # Errors
    /// As [`Tableau::from_file`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (format, text) = open(path.as_ref())?;
        format.read(&text, path.as_ref())
    }

    /// Reads all schemes of a file whose name ends in `.toml` or `.json`: a JSON array of schemes, a list under the key
    /// `schemes` (`[[schemes]]` in TOML; other keys beside it may hold text, such as a description), or a single scheme.
    ///
    /// # Errors
    /// As [`Tableau::from_file`]; it says which scheme of the file is at fault, counted from 0.
    pub fn all_from_file(path: impl AsRef<Path>) -> Result<Vec<Self>, Error> {
        let (format, text) = open(path.as_ref())?;
        format.read_all(&text, path.as_ref())
    }

    /// Reads all schemes of TOML text, as [`all_from_file`](Scheme::all_from_file) does.
    ///
    /// ```
    /// let schemes = kutta::tableau::Scheme::all_from_toml_str(r#"
    ///     [[schemes]]
    ///     name = "implicit midpoint"
    ///     A = [[0.5]]
    ///     b = [1]
    ///
    ///     [[schemes]]
    ///     name = "symplectic Euler"
    ///     order = 1
    ///     partitioned = [{ A = [[0]], b = [1] }, { A = [[1]], b = [1] }]
    /// "#)?;
    /// assert_eq!(schemes[1].claims().order, Some(1));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`], as [`all_from_file`](Scheme::all_from_file).
    pub fn all_from_toml_str(text: &str) -> Result<Vec<Self>, Error> {
        Format::Toml.read_all(text, Path::new("TOML text"))
    }

    /// Reads all schemes of JSON text, as [`all_from_file`](Scheme::all_from_file) does.
    ///
    /// # Errors
    /// [`Error::Parse`], as [`all_from_file`](Scheme::all_from_file).
    pub fn all_from_json_str(text: &str) -> Result<Vec<Self>, Error> {
        Format::Json.read_all(text, Path::new("JSON text"))
    }
}

/// Reading.
impl Method {
    /// Reads a method of any kind from a file whose name ends in `.toml` or `.json`: a scheme with the keys of
    /// [`Scheme::from_file`], or in place of these
    ///
    /// | key | value |
    /// | --- | --- |
    /// | `alpha`, `beta` | `α_1, …, α_k` and `β_0, …, β_k` of a [`Multistep`](super::Multistep) method, its claims beside them |
    /// | `U`, `V`, `terms` | a [`GeneralLinear`](super::GeneralLinear) method: rows of `U` and `V`, and of every term `A`, `B` and `c` |
    /// | `start`, `starting` | how its vectors start (optional) |
    ///
    /// Entries are written as those of [tableaux](Tableau::from_toml_str).
    ///
    /// # Errors
    /// As [`Tableau::from_file`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (format, text) = open(path.as_ref())?;
        format.read(&text, path.as_ref())
    }

    /// Reads all methods of a file, listed as [schemes](Scheme::all_from_file) are.
    ///
    /// # Errors
    /// As [`Tableau::from_file`]; it says which method of the file is at fault, counted from 0.
    pub fn all_from_file(path: impl AsRef<Path>) -> Result<Vec<Self>, Error> {
        let (format, text) = open(path.as_ref())?;
        format.read_all(&text, path.as_ref())
    }

    /// Reads all methods of TOML text, listed as [schemes](Scheme::all_from_toml_str) are.
    ///
    /// ```
    /// let methods = kutta::tableau::Method::all_from_toml_str(r#"
    ///     name = "BDF2"
    ///     alpha = ["4/3", "-1/3"]
    ///     beta = ["2/3", 0, 0]
    ///     order = 2
    /// "#)?;
    /// kutta::verify::verify(&methods[0])?.check_claims()?;
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parse`], as [`all_from_file`](Method::all_from_file).
    pub fn all_from_toml_str(text: &str) -> Result<Vec<Self>, Error> {
        Format::Toml.read_all(text, Path::new("TOML text"))
    }
}

fn open(path: &Path) -> Result<(Format, String), Error> {
    let format = Format::of(path)?;
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
    Ok((format, text))
}

#[derive(Clone, Copy)]
enum Format {
    Toml,
    Json,
}

/// A list of schemes under a key; other keys describe it.
#[derive(Deserialize)]
struct Listing<T> {
    schemes: Vec<T>,
    #[serde(flatten)]
    _description: BTreeMap<String, String>,
}

/// Tells a list of schemes from a single scheme.
#[derive(Deserialize)]
struct Peek {
    schemes: Option<IgnoredAny>,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Error> {
        match path.extension().map(|e| e.to_ascii_lowercase()) {
            Some(e) if e == "toml" => Ok(Format::Toml),
            Some(e) if e == "json" => Ok(Format::Json),
            _ => {
                Err(Error::invalid("path", format!("`{}`", path.display()), "a file name that ends in .toml or .json"))
            }
        }
    }

    /// `path` names the text in errors.
    fn parse<T: DeserializeOwned>(self, text: &str, path: &Path) -> Result<T, Error> {
        let text = without_mark(text);
        let text = &self.with_long_numbers_quoted(text);
        let fault = |(line, column), reason| Error::Parse { path: path.to_path_buf(), line, column, reason };
        match self {
            Format::Toml => toml::from_str(text).map_err(|e| {
                let place = e.span().map_or((0, 0), |span| line_and_column(text, span.start));
                fault(place, e.message().to_string())
            }),
            Format::Json => serde_json::from_str(text).map_err(|e| {
                let full = e.to_string();
                let place = format!(" at line {} column {}", e.line(), e.column());
                fault((e.line(), e.column()), full.strip_suffix(&place).unwrap_or(&full).to_string())
            }),
        }
    }

    /// The text with quotes around numbers of many digits outside of strings and comments: of a number without quotes, a
    /// reader would give the nearest double alone, and that may be a short decimal, or have lost the zeros at its end.
    fn with_long_numbers_quoted(self, text: &str) -> String {
        let mut quoted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = match (self, first) {
                (Format::Toml, '#') => rest.find('\n').unwrap_or(rest.len()),
                (_, '"') | (Format::Toml, '\'') => end_of_string(rest, first, matches!(self, Format::Toml)),
                _ if is_in_number(first) => rest.find(|c| !is_in_number(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            let (token, after) = rest.split_at(end);
            match is_long_number(token) {
                true => quoted.push_str(&format!("\"{}\"", token.replace('_', ""))),
                false => quoted.push_str(token),
            }
            rest = after;
        }
        quoted
    }

    /// The one scheme of a text.
    fn read<T: TryFrom<Document, Error = Error>>(self, text: &str, path: &Path) -> Result<T, Error> {
        T::try_from(self.parse(text, path)?).map_err(|e| refused(path, e.to_string()))
    }

    /// All schemes of a text.
    fn read_all<T: TryFrom<Document, Error = Error>>(self, text: &str, path: &Path) -> Result<Vec<T>, Error> {
        let is_array = matches!(self, Format::Json) && without_mark(text).trim_start().starts_with('[');
        let documents: Vec<Document> = if is_array {
            self.parse(text, path).map_err(|e| at_fault(e, || self.parse(text, path)))?
        } else if self.parse::<Peek>(text, path)?.schemes.is_some() {
            let listing: Result<Listing<Document>, Error> = self.parse(text, path);
            let values = || self.parse(text, path).map(|listing: Listing<serde_json::Value>| listing.schemes);
            listing.map_err(|e| at_fault(e, values))?.schemes
        } else {
            return Ok(vec![self.read(text, path)?]);
        };
        let read = |(i, document)| T::try_from(document).map_err(|e| refused(path, format!("schemes[{i}]: {e}")));
        documents.into_iter().enumerate().map(read).collect()
    }
}

/// Without the byte-order mark that some editors put before a text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Where a string ends that begins with this quote.
fn end_of_string(text: &str, quote: char, has_long: bool) -> usize {
    let triple = quote.to_string().repeat(3);
    let quotes = if has_long && text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = quotes.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(&quotes) {
            return at + quotes.len();
        }
        at += c.len_utf8();
        if c == '\\' && quote == '"' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

/// Digits, letters of exponents and of what is no number, signs, points, and the bars that TOML allows between digits.
fn is_in_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')
}

/// Whether this is a decimal of more digits than are taken at their word.
fn is_long_number(token: &str) -> bool {
    let digits = token.split(['e', 'E']).next().unwrap_or_default();
    let count = digits.chars().filter(char::is_ascii_digit).count();
    let is_fraction = token.contains(['.', 'e', 'E']) || count > 18;
    let starts = token.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    starts && is_fraction && count > EXACT_DIGITS && token.replace('_', "").parse::<f64>().is_ok()
}

fn refused(path: &Path, reason: String) -> Error {
    Error::Parse { path: path.to_path_buf(), line: 0, column: 0, reason }
}

/// The error, with the first scheme of the list that cannot be read, if that is the cause.
fn at_fault(error: Error, values: impl FnOnce() -> Result<Vec<serde_json::Value>, Error>) -> Error {
    let Error::Parse { path, line, column, reason } = error else { return error };
    let values = values().unwrap_or_default();
    let label = values.iter().position(|value| Document::deserialize(value).is_err()).map(|i| {
        let name = values[i].get("name").and_then(serde_json::Value::as_str);
        name.map_or_else(|| format!("schemes[{i}]: "), |name| format!("schemes[{i}] `{name}`: "))
    });
    Error::Parse { path, line, column, reason: label.unwrap_or_default() + &reason }
}

/// Both from 1, the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
