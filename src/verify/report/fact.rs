//! What a report states, as a list: printed as a table, written as JSON, and held against claims.

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use super::tableau_report::Report;
use crate::tableau::coefficients::Certainty;
use crate::tableau::{Claims, printable};
use crate::verify::exact::verdict::Verdict;
use crate::{Error, Tableau};

/// One statement about a scheme.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The heading it is printed under.
    pub topic: &'static str,
    /// Its key in JSON, and the key of a claim about it.
    pub key: &'static str,
    /// What is stated.
    pub value: Value,
    /// How surely; `None` for what is read off the tableau.
    pub certainty: Option<Certainty>,
    /// What decided it; may be empty.
    pub reason: String,
}

/// What a [`Fact`] states.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Whether a property holds.
    Flag(bool),
    /// A whole number.
    Count(usize),
    /// A number, possibly infinite.
    Number(f64),
    /// Several numbers, such as the coefficients of a polynomial, constant term first.
    Numbers(Vec<f64>),
    /// Several complex numbers, real part first.
    Points(Vec<[f64; 2]>),
    /// Numbers by name.
    Table(Vec<(String, f64)>),
    /// Something said in words.
    Text(String),
    /// What does not apply to the scheme, or is unknown.
    None,
}

impl From<Option<usize>> for Value {
    fn from(count: Option<usize>) -> Self {
        count.map_or(Value::None, Value::Count)
    }
}

impl Fact {
    /// What is read off the tableau, or needs no further word.
    pub(super) fn plain(topic: &'static str, key: &'static str, value: Value) -> Self {
        Fact { topic, key, value, certainty: None, reason: String::new() }
    }

    /// What was decided, with that certainty.
    pub(super) fn decided(topic: &'static str, key: &'static str, value: Value, certainty: Certainty) -> Self {
        Fact { certainty: Some(certainty), ..Fact::plain(topic, key, value) }
    }

    /// A verdict.
    pub(super) fn verdict(topic: &'static str, key: &'static str, verdict: &Verdict) -> Self {
        Fact {
            topic,
            key,
            value: match verdict.certainty {
                Certainty::Undecided => Value::Text("unknown".to_string()),
                _ => Value::Flag(verdict.holds),
            },
            certainty: Some(verdict.certainty),
            reason: verdict.reason.clone(),
        }
    }

    /// What was not decided, and why.
    pub(super) fn undecided(topic: &'static str, key: &'static str, why: String) -> Self {
        Fact::decided(topic, key, Value::Text("unknown".to_string()), Certainty::Undecided).because(why)
    }

    /// With another value.
    pub(super) fn with(mut self, value: Value) -> Self {
        self.value = value;
        self
    }

    /// With what decided it.
    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

impl Serialize for Value {
    /// Infinite numbers become `null`, as JSON has none.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Flag(holds) => holds.serialize(serializer),
            Value::Count(count) => count.serialize(serializer),
            Value::Number(number) => number.serialize(serializer),
            Value::Numbers(numbers) => numbers.serialize(serializer),
            Value::Points(points) => points.serialize(serializer),
            Value::Table(rows) => serializer.collect_map(rows.iter().map(|(name, number)| (name, number))),
            Value::Text(text) => text.serialize(serializer),
            Value::None => serializer.serialize_none(),
        }
    }
}

/// Numbers to ten digits, without trailing zeros.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| if items.is_empty() { "none".to_string() } else { items.join(", ") };
        f.pad(&match self {
            Value::Flag(true) => "yes".to_string(),
            Value::Flag(false) => "no".to_string(),
            Value::Count(count) => count.to_string(),
            Value::Number(x) => number(*x),
            Value::Numbers(v) => list(v.iter().map(|&x| number(x)).collect()),
            Value::Points(v) => list(v.iter().map(|&[x, y]| point(x, y)).collect()),
            Value::Table(rows) => format!("{} of them", rows.len()),
            Value::Text(text) => text.clone(),
            Value::None => "–".to_string(),
        })
    }
}

fn point(x: f64, y: f64) -> String {
    match y {
        0.0 => number(x),
        y if y < 0.0 => format!("{} − {}i", number(x), number(-y)),
        y => format!("{} + {}i", number(x), number(y)),
    }
}

fn number(x: f64) -> String {
    match x.abs() {
        f64::INFINITY => if x > 0.0 { "∞" } else { "−∞" }.to_string(),
        0.0 => "0".to_string(),
        size if (1e-4..1e7).contains(&size) => {
            let digits = 9 - size.log10().floor() as i32;
            let text = format!("{x:.*}", digits.max(0) as usize);
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
                false => text,
            }
        }
        _ => format!("{x:.6e}"),
    }
}

/// Facts as an object: `key: value`, and beside them, by key, `certainty` and `reasons`.
pub(super) fn serialize<S: Serializer>(
    name: &str,
    facts: &[Fact],
    claims: &[Claim],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("name", name)?;
    for fact in facts {
        map.serialize_entry(fact.key, &fact.value)?;
    }
    let certainty: serde_json::Map<String, Json> =
        facts.iter().filter_map(|fact| Some((fact.key.to_string(), Json::from(fact.certainty?.to_string())))).collect();
    let reasons: serde_json::Map<String, Json> = facts
        .iter()
        .filter(|fact| !fact.reason.is_empty())
        .map(|fact| (fact.key.to_string(), Json::from(fact.reason.as_str())))
        .collect();
    map.serialize_entry("certainty", &certainty)?;
    map.serialize_entry("reasons", &reasons)?;
    map.serialize_entry("claims", claims)?;
    map.end()
}

/// Facts as a table.
pub(super) fn print(
    f: &mut fmt::Formatter<'_>,
    scheme: &str,
    certainty: Certainty,
    facts: &[Fact],
    claims: &[Claim],
) -> fmt::Result {
    /// Longer values and reasons have a line of their own.
    const WIDEST: usize = 24;
    match certainty {
        Certainty::Proved | Certainty::Undecided => writeln!(
            f,
            "{scheme}\n\nAll coefficients are known exactly: verdicts are proofs where they are said to be."
        )?,
        Certainty::Recognised => writeln!(
            f,
            "{scheme}\n\nAll coefficients are doubles in which simple fractions were recognised: verdicts hold for these."
        )?,
        Certainty::ToTolerance(tolerance) => {
            writeln!(f, "{scheme}\n\nNot all coefficients are known exactly: verdicts hold to {tolerance:.0e}.")?;
        }
        Certainty::ToDigits(_) => writeln!(
            f,
            "{scheme}\n\nDecimals of more than six digits are known to the digits written: verdicts hold to {:.0e}.",
            certainty.tolerance()
        )?,
    }
    let label = |key: &str| key.replace('_', " ");
    let width = |text: &str| text.chars().count();
    let labels = facts.iter().map(|fact| width(fact.key)).max().unwrap_or(0);
    let mut topic = "";
    for fact in facts.iter().filter(|fact| fact.value != Value::None) {
        if fact.topic != topic {
            topic = fact.topic;
            writeln!(f, "\n{topic}")?;
        }
        let certainty = fact.certainty.map_or_else(String::new, |c| c.to_string());
        let value = fact.value.to_string();
        let line = match width(&value) <= WIDEST {
            true => format!("  {:labels$}  {value:WIDEST$}  {certainty:10}  {}", label(fact.key), fact.reason),
            false => format!("  {:labels$}  {value}  {certainty}  {}", label(fact.key), fact.reason),
        };
        writeln!(f, "{}", line.trim_end())?;
    }
    if !claims.is_empty() {
        writeln!(f, "\nClaims")?;
        for claim in claims.iter().filter(|claim| !claim.holds) {
            writeln!(f, "  {claim}")?;
        }
        let held: Vec<&str> = claims.iter().filter(|claim| claim.holds).map(|claim| claim.claim.as_str()).collect();
        match held.len() {
            0 => {}
            n if n == claims.len() => writeln!(f, "  all {n} hold: {}", held.join(", "))?,
            n => writeln!(f, "  {n} hold: {}", held.join(", "))?,
        }
    }
    Ok(())
}

/// A claim made for a scheme, and what was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Claim {
    /// The key of the fact it is about.
    pub claim: String,
    /// What is claimed.
    pub claimed: Json,
    /// What was found.
    pub found: Json,
    /// Whether both agree.
    pub holds: bool,
    /// Whether that is known.
    pub decided: bool,
    /// What decided it, or why it is not decided; for a false claim the violated condition and its residual.
    pub reason: String,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim { claim, claimed, found, holds, decided, reason } = self;
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        match holds {
            true => write!(f, "{claim} = {claimed} holds"),
            false if !decided => write!(f, "{claim} = {claimed} is undecided{because}"),
            false => write!(f, "{claim} = {claimed} is FALSE, it is {found}{because}"),
        }
    }
}

/// Holds claims against facts of the same keys.
pub(super) fn check(claims: &Claims, facts: &[Fact]) -> Vec<Claim> {
    let Ok(Json::Object(made)) = serde_json::to_value(claims) else { return Vec::new() };
    check_json(made, &claims.exact, facts)
}

/// The same for claims by their keys; `exact` has the keys of numbers that are not rounded.
fn check_json(claims: serde_json::Map<String, Json>, exact: &BTreeSet<String>, facts: &[Fact]) -> Vec<Claim> {
    let made = claims.into_iter().filter(|(_, claimed)| !claimed.is_null());
    made.map(|(claim, claimed)| {
        let fact = facts.iter().find(|fact| fact.key == claim);
        let found = match fact.map(|fact| &fact.value) {
            Some(Value::Number(x)) if x.is_infinite() => Json::from("infinite"),
            value => value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or(Json::Null),
        };
        let reason = match fact {
            Some(fact) => fact.reason.strip_prefix("not decided: ").unwrap_or(&fact.reason).to_string(),
            None => "nothing is computed of this for schemes of its kind".to_string(),
        };
        let decided = fact.is_some_and(|fact| fact.certainty != Some(Certainty::Undecided));
        let slack = match fact.and_then(|fact| fact.certainty) {
            Some(certainty @ (Certainty::ToTolerance(_) | Certainty::ToDigits(_))) => {
                let tolerance = certainty.tolerance();
                Slack { relative: (4.0 * tolerance).max(1e-9), absolute: tolerance.max(1e-12) }
            }
            _ => Slack { relative: 1e-11, absolute: 0.0 },
        };
        let zero = Json::from(0.0);
        let holds = match (&claimed, &found) {
            // Polynomials may have further coefficients that are zero.
            (Json::Array(x), Json::Array(y)) => (0..x.len().max(y.len())).all(|k| {
                let (x, y) = (x.get(k).unwrap_or(&zero), y.get(k).unwrap_or(&zero));
                same(x, y, slack, exact.contains(&format!("{claim}[{k}]")))
            }),
            _ => same(&claimed, &found, slack, exact.contains(&claim)),
        };
        Claim { holds: holds && decided, decided, claim, claimed, found, reason }
    })
    .collect()
}

/// The claims of part `i` of a scheme of several tableaux, held against what is found of that part by itself.
pub(super) fn check_part(key: &str, i: usize, part: &Tableau, up_to: Option<usize>) -> Vec<Claim> {
    if *part.claims() == Claims::default() {
        return Vec::new();
    }
    let claims = Report::of(part, up_to).claims;
    claims.into_iter().map(|claim| Claim { claim: format!("{key}[{i}].{}", claim.claim), ..claim }).collect()
}

/// The error of the first claim that is false; if there is none, of the first that is not decided.
pub(super) fn first_false(scheme: &str, claims: &[Claim]) -> Result<(), Error> {
    let is_open = |claim: &&Claim| !claim.holds;
    match claims.iter().filter(is_open).find(|claim| claim.decided).or_else(|| claims.iter().find(is_open)) {
        None => Ok(()),
        Some(Claim { claim, claimed, reason, decided: false, .. }) => Err(Error::UndecidedClaim {
            scheme: printable(scheme),
            claim: claim.clone(),
            claimed: claimed.to_string(),
            reason: reason.clone(),
        }),
        Some(Claim { claim, claimed, found, reason, .. }) => Err(Error::FalseClaim {
            scheme: printable(scheme),
            claim: claim.clone(),
            claimed: claimed.to_string(),
            found: found.to_string(),
            reason: reason.clone(),
        }),
    }
}

/// How much a number may be off, at least: relative to its size, and whatever its size.
#[derive(Clone, Copy)]
struct Slack {
    relative: f64,
    absolute: f64,
}

/// Numbers are compared to half a unit of the last digit that is written, if they are not exact, but not below the slack.
fn same(claimed: &Json, found: &Json, slack: Slack, is_exact: bool) -> bool {
    match (claimed, found) {
        (Json::Number(x), Json::Number(y)) if !claimed.is_u64() => match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) => {
                let rounding = if is_exact { 0.0 } else { half_a_digit(x) };
                (x - y).abs() <= rounding.max(slack.relative * x.abs()) + slack.absolute
            }
            _ => false,
        },
        _ => claimed == found,
    }
}

/// Half a unit of the last digit of a number that was rounded; 0 for whole numbers and those of one digit, which mean
/// themselves.
fn half_a_digit(x: f64) -> f64 {
    let text = format!("{x:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return 0.0 };
    let decimals = digits.split_once('.').map_or(0, |(_, part)| part.len());
    match exponent.parse::<i32>() {
        Ok(exponent) if decimals >= 1 && x.fract() != 0.0 => {
            0.5 * (1.0 + 1e-9) * 10f64.powi(exponent - decimals as i32)
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_to_ten_digits() {
        for (value, text) in [
            (Value::Number(2.0), "2"),
            (Value::Number(1.0 / 3.0), "0.3333333333"),
            (Value::Number(-13.917047464637577), "-13.91704746"),
            (Value::Number(1.5e-7), "1.500000e-7"),
            (Value::Number(1234567.0), "1234567"),
            (Value::Number(f64::INFINITY), "∞"),
            (Value::Numbers(vec![1.0, -0.5]), "1, -0.5"),
            (Value::Points(vec![[3.0, -2.0], [1.0, 0.0]]), "3 − 2i, 1"),
            (Value::Flag(true), "yes"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn claimed_numbers_are_as_accurate_as_they_are_written() {
        for (claimed, found, holds) in [
            (2.82843, 8f64.sqrt(), true),
            (2.828, 8f64.sqrt(), true),
            (2.82842, 8f64.sqrt(), false),
            (2.82, 8f64.sqrt(), false),
            (2.8, 8f64.sqrt(), true),
            (2.9, 8f64.sqrt(), false),
            (0.042, 1.0 / 24.0, true),
            (0.041, 1.0 / 24.0, false),
            (1.0 / 24.0 - 1.0 / 30_000_000.0, 1.0 / 24.0, false),
            (1.0 / 24.0, 1.0 / 24.0, true),
            (0.0417, 1.0 / 24.0, true),
            (0.0416, 1.0 / 24.0, false),
            (1.0, 1.3, false),
            (90.0, 89.99, false),
            (0.5, 0.49, false),
            (0.0, 1e-7, false),
            (0.0, 1e-13, false),
            (0.125, 0.1253, true),
            (-1.5e-7, -1.5e-7, true),
        ] {
            let slack = Slack { relative: 1e-11, absolute: 0.0 };
            assert_eq!(same(&Json::from(claimed), &Json::from(found), slack, false), holds, "{claimed} for {found}");
        }
    }

    #[test]
    fn expressions_are_claimed_exactly_and_decimals_to_their_digits() {
        let scheme = |numerator: &str| {
            let text = format!(
                r#"A = [[0, 0, 0], ["1/2", 0, 0], [0, "0.2506", 0]]
                b = [0, 0, 1]
                stability_numerator = {numerator}"#
            );
            crate::verify::verify(&Tableau::from_toml_str(&text).unwrap()).check_claims().is_ok()
        };
        assert!(scheme(r#"[1, 1, "0.2506", "0.1253"]"#) && scheme(r#"[1, 1, "1253/5000", "1253/10000"]"#));
        assert!(scheme("[1, 1, 0.251, 0.125]") && scheme(r#"[1, 1, 0.2506, "0.125"]"#), "to three digits");
        assert!(!scheme(r#"[1, 1, "0.2506", "1/8"]"#) && !scheme(r#"[1, 1, "1/4", 0.125]"#));
    }

    #[test]
    fn claims_are_held_against_facts() {
        let facts = [
            Fact::decided("", "order", Value::Count(2), Certainty::Proved).because("tree [1,2,2] is missed by 1e-2"),
            Fact::plain("", "ssp_coefficient", Value::Number(f64::INFINITY)),
            Fact::plain("", "stability_numerator", Value::Numbers(vec![1.0, 0.5])),
        ];
        let all = |claims: Json| check_json(claims.as_object().unwrap().clone(), &BTreeSet::new(), &facts);
        let check = |claims: Json| all(claims).iter().map(|claim| claim.holds).collect::<Vec<_>>();
        assert_eq!(check(serde_json::json!({"order": 2, "ssp_coefficient": null})), [true]);
        assert_eq!(check(serde_json::json!({"order": 3})), [false]);
        assert_eq!(check(serde_json::json!({"ssp_coefficient": 1.0})), [false]);
        assert_eq!(check(serde_json::json!({"stability_numerator": [1.0, 0.5, 0.0]})), [true]);
        assert_eq!(check(serde_json::json!({"stability_numerator": [1.0, 0.50000001]})), [false]);
        assert_eq!(check(serde_json::json!({"stability_numerator": [1.0, 0.51]})), [false]);
        assert_eq!(check(serde_json::json!({"symplectic": true})), [false]);
        let text = all(serde_json::json!({"order": 3}))[0].to_string();
        assert_eq!(text, "order = 3 is FALSE, it is 2: tree [1,2,2] is missed by 1e-2");
    }
}
