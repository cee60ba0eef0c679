//! What a fit is worth, in words.

use super::advice::{advice, knows_time};
use super::fit_options::FitOptions;
use super::notes::{left_out, notes, odd};
use super::options::digits;
use super::{Failure, beyond};
use kutta::data::{Contradiction, Crossing, Place, Reversal, Trajectories};
use kutta::field::AnyField;
use kutta::train::{Assessment, Fit, Judgement, Settings, Worth};
use serde::Serialize;
use std::fmt;

/// Deviations by which predictions may change with their accuracy before that is worth a word.
const UNSTABLE: f64 = 0.1;

/// A verdict, with what was found, advice where there is some, and notes on what the data and the command tell beforehand.
#[derive(Serialize)]
pub struct Told {
    #[serde(flatten)]
    verdict: Assessment,
    findings: Vec<Finding>,
    advice: Vec<String>,
    notes: Vec<String>,
}

/// Why a fit is not to be trusted, for a program to act on and for a person to read.
#[derive(Serialize)]
struct Finding {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    text: String,
    #[serde(flatten)]
    evidence: Option<Contradiction>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    NoBetterThanMean,
    NotAFunctionOfState,
    TooUnstable,
    MoreParametersThanNumbers,
}

impl Finding {
    fn new(kind: Kind, text: String) -> Self {
        Finding { kind, component: None, text, evidence: None }
    }
}

impl Told {
    pub fn new(
        fit: &Fit<AnyField>,
        options: &FitOptions,
        data: &Trajectories,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let verdict = fit.summary.verdict(data)?;
        // What is hidden may explain what the state alone contradicts.
        let is_hidden = options.structure.chosen().hides_velocities();
        let contradiction = if is_hidden { None } else { data.contradiction(knows_time(options)) };
        let advice = advice(&verdict, contradiction.as_ref(), options, data);
        let mut findings = Vec::new();
        for (name, judgement) in verdict.components.iter().filter(|(_, j)| j.worth == Worth::Worthless) {
            let finding = Finding::new(Kind::NoBetterThanMean, against_the_mean(name, judgement));
            findings.push(Finding { component: Some(name.clone()), ..finding });
        }
        if let Some(contradiction) = contradiction {
            let text = contradicted(&contradiction, data, knows_time(options));
            findings.push(Finding { evidence: Some(contradiction), ..Finding::new(Kind::NotAFunctionOfState, text) });
        }
        if let Some(change) = fit.summary.refinement.filter(|&change| change > UNSTABLE) {
            let text = format!(
                "predictions of the data change by {} deviations when they are computed ten times as accurately: what was \
                 learned is too unstable to be predicted",
                digits(change)
            );
            findings.push(Finding::new(Kind::TooUnstable, text));
        }
        let (parameters, numbers) = (verdict.parameters, verdict.numbers);
        // A number takes a number to be known, and another to be checked.
        let are_followed = verdict.determined.is_none_or(|determined| 2.0 * determined > numbers as f64);
        if parameters > numbers && are_followed {
            let units = options.hidden.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
            let is_checked = options.training.validation.is_some();
            let check = if is_checked { "" } else { ", or hold some out with --validation to see" };
            let text = format!(
                "{parameters} parameters for {numbers} numbers may follow them without any law: take fewer units than \
                 --hidden {units}{check}"
            );
            findings.push(Finding::new(Kind::MoreParametersThanNumbers, text));
        }
        let told = findings.iter().filter(|finding| finding.kind != Kind::NoBetterThanMean);
        let mut all: Vec<String> = told.map(|finding| finding.text.clone()).collect();
        all.extend(left_out(&fit.summary.outliers, data));
        all.extend(notes(&verdict, data));
        all.extend(odd(options, data, settings));
        if !is_bad(&verdict) {
            all.extend(beyond::in_gaps(&fit.model, data));
            all.extend(beyond::going_on(&fit.model, data));
        }
        Ok(Told { verdict, findings, advice, notes: all })
    }

    /// Whether it is what a reader must know first.
    pub fn is_bad(&self) -> bool {
        is_bad(&self.verdict)
    }
}

fn is_bad(verdict: &Assessment) -> bool {
    verdict.overall >= Worth::Poor
}

/// That no function of the state gives such data, and where they show it.
fn contradicted(contradiction: &Contradiction, data: &Trajectories, with_time: bool) -> String {
    let which = if data.dim() == 1 { format!("`{}`", data.components()[0]) } else { "these components".to_string() };
    let of = |id: &str| if id.is_empty() { String::new() } else { format!(" of `{id}`") };
    match contradiction {
        Contradiction::Reversal(Reversal { trajectory, component, height, .. }) => {
            let height = digits(*height);
            let alone = if data.dim() > 1 { " while nothing else changes" } else { "" };
            format!(
                "`{component}`{} rises and falls by {height}{alone}, which no equation of {which} alone can do: \
                 from any one value it can only rise, or only fall",
                of(trajectory)
            )
        }
        Contradiction::Crossing(Crossing { pairs, places: [a, b], .. }) => {
            let time = data.time_name();
            let at = |place: &Place| format!("{time} = {}{}", digits(place.time), of(&place.trajectory));
            let (a, b, even) = (at(a), at(b), if with_time { ", though it may change with time" } else { "" });
            format!(
                "at {a} and at {b} the state is nearly the same and goes on elsewhere, as in {pairs} pairs of places: no \
                 equation of {which} alone can do that{even}"
            )
        }
    }
}

/// A worthless prediction, compared with the mean of the data.
fn against_the_mean(name: &str, judgement: &Judgement) -> String {
    let held_out = judgement.held_out_error.filter(|&e| judgement.error.is_none_or(|training| e > training));
    let on = if held_out.is_some() { " on held-out data" } else { "" };
    let worse = |factor| format!("`{name}` is predicted worse than by its mean{on}, by a factor of {factor}");
    match held_out.or(judgement.error).unwrap_or(f64::INFINITY) {
        ..1.0 => format!("`{name}` is predicted hardly better than by its mean{on}"),
        error if error < 2.0 => format!("`{name}` is predicted no better than by its mean{on}"),
        error if error < 1e5 => worse(format!("{error:.1}")),
        error => worse(format!("{error:.0e}")),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overall = self.verdict.overall;
        let is_seen_alone = self.verdict.components.values().all(|j| j.held_out_error.is_none());
        let on = if is_seen_alone && [Worth::Good, Worth::Fair].contains(&overall) {
            ", on what it learned from"
        } else {
            ""
        };
        write!(f, "verdict  {overall}{on}")?;
        let poor = self.verdict.components.iter().filter(|(_, j)| j.worth == Worth::Poor).map(|(name, j)| {
            let least = j.r2.into_iter().chain(j.held_out_r2).fold(f64::INFINITY, f64::min);
            format!("{:.0} % of the variance of `{name}` is explained", 100.0 * least)
        });
        let worthless = self.findings.iter().filter(|finding| finding.kind == Kind::NoBetterThanMean);
        let bad: Vec<String> = worthless.map(|finding| finding.text.clone()).chain(poor).collect();
        writeln!(f, "{}{}", if bad.is_empty() { "" } else { ": " }, bad.join(", "))?;
        self.advice.iter().try_for_each(|advice| writeln!(f, "advice   {advice}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note     {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_few_digits() {
        let judged = |error, held_out_error| {
            let judgement = Judgement { worth: Worth::Worthless, error, r2: None, held_out_error, held_out_r2: None };
            against_the_mean("x", &judgement)
        };
        let told = [0.98, 1.5, 20.25, 7.1e98].map(|error| judged(Some(error), None));
        assert!(told[0].contains("hardly better") && told[1].contains("no better"), "{told:?}");
        assert!(told[2].ends_with("a factor of 20.2") && told[3].ends_with("a factor of 7e98"), "{told:?}");
        assert!(judged(Some(0.1), Some(1.5)).ends_with("no better than by its mean on held-out data"));
    }
}
