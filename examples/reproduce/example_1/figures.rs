//! Figures 7 and 8, of the first seed's networks trained as the source's program does.

use super::network::{BAND, FINE, Network};
use super::{DIVERGENCES, LAYERS, Reading, SAMPLES, even};
use crate::figure_3::view;
use crate::place::Place;
use crate::training::Recorded;
use kutta::Error;
use kutta::plot::{Curve, Portrait, Portraits, SchemeView, Stability, portraits, stability_regions};

/// Of which networks Figure 8 shows fields and eigenvalues.
const SHOWN: ([f64; 3], [f64; 3]) = ([0.0, 1.0, 3.0], [0.0, 0.5, 1.0]);
/// What part of the plane it shows.
const WINDOW: [[f64; 2]; 2] = [[-7.0, -2.0], [7.0, 2.0]];
/// Inputs beyond the data, for eigenvalues elsewhere: from -6 to 6.
const ELSEWHERE: usize = 31;

pub fn draw(place: &Place, networks: &[Network]) -> Result<(), Error> {
    let first = |n: &&Network| n.case.reading == Reading::Program && n.case.seed == 1;
    let networks: Vec<&Network> = networks.iter().filter(first).collect();
    histories(place, &networks)?;
    iterations(place, &networks)?;
    let shown = |n: &&&Network| SHOWN.0.contains(&n.case.divergence) && SHOWN.1.contains(&n.case.theta);
    let shown: Vec<&Network> = networks.iter().filter(shown).copied().collect();
    fields(place, &shown)?;
    eigenvalues(place, &shown)
}

fn curve(label: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> Curve {
    Curve { label: label.into(), points: points.into_iter().collect(), dashed: false }
}

/// Figure 7, above: parts of the objective, without their weights, over the epochs; a panel for each `α_div`.
fn histories(place: &Place, networks: &[&Network]) -> Result<(), Error> {
    type Part = fn(&Recorded, f64) -> Vec<f64>;
    let error: Part = |history, _| scaled(&history.error, 1.0);
    let divergence: Part = |history, weight| scaled(&history.divergence, weight).into_iter().map(unbounded).collect();
    let jacobian: Part = |history, _| scaled(&history.jacobian, 0.1);
    let parts: [(&str, &str, Part, bool); 3] = [
        ("figure-7-error", "mean square error", error, true),
        ("figure-7-divergence", "1/(dT) Σ' (t/T)² ∇·F", divergence, false),
        ("figure-7-jacobian", "1/(d²T) Σ' ‖∂F/∂y‖²", jacobian, true),
    ];
    for (name, label, of, logarithmic) in parts {
        let panel = |divergence: f64| {
            let of_one = networks.iter().filter(|n| n.case.divergence == divergence);
            let history = |n: &&Network| {
                let epochs = n.history.epoch.iter().map(|&epoch| epoch as f64);
                let points = epochs.zip(of(&n.history, divergence)).map(|(epoch, x)| [epoch, x]);
                curve(format!("θ = {}", n.case.theta), points)
            };
            Portrait {
                title: format!("α_div = {divergence}"),
                curves: of_one.map(history).collect(),
                ..Default::default()
            }
        };
        // Without a weight, the divergence is not recorded.
        let weights = DIVERGENCES.into_iter().filter(|&d| d > 0.0 || name != "figure-7-divergence");
        let figure = Portraits {
            title: place.title(label),
            labels: ["epoch".into(), String::new()],
            panels: weights.map(panel).collect(),
            logarithmic,
            columns: 5,
            panel_width: 150,
            panel_height: 140,
            ..Default::default()
        };
        portraits(place.figure(name), &figure)?;
    }
    Ok(())
}

fn scaled(entries: &[f32], weight: f64) -> Vec<f64> {
    entries.iter().map(|&x| f64::from(x) / weight).collect()
}

/// What the sigmoid takes to `x`.
fn unbounded(x: f64) -> f64 {
    (x / (1.0 - x)).ln()
}

/// Figure 7, below: iterations of Newton's method a layer, by `θ`.
fn iterations(place: &Place, networks: &[&Network]) -> Result<(), Error> {
    let curves = DIVERGENCES.map(|divergence| {
        let of_one = networks.iter().filter(|n| n.case.divergence == divergence);
        curve(format!("α_div = {divergence}"), of_one.map(|n| [n.case.theta, n.outcome.measure("iterations")]))
    });
    let figure = Portraits {
        title: place.title("nonlinear iterations a layer"),
        labels: ["θ".into(), "iterations".into()],
        panels: vec![Portrait { curves: curves.into(), ..Default::default() }],
        panel_width: 460,
        panel_height: 240,
        ..Default::default()
    };
    portraits(place.figure("figure-7-iterations"), &figure)
}

fn title(network: &Network) -> String {
    format!("α_div = {}, θ = {}", network.case.divergence, network.case.theta)
}

/// Figure 8, above: fields, the samples' paths, and where the line of inputs goes.
fn fields<'n>(place: &Place, networks: &[&'n Network]) -> Result<(), Error> {
    let panel = |&network: &&'n Network| {
        let fine = network.paths(even(FINE), 0.0)?;
        let states = |n: usize| fine.iter().map(move |path| [path.state(n)[0], path.state(n)[1]]).collect::<Vec<_>>();
        let mut curves = vec![curve("line of inputs", states(0)), curve("where it ends", states(LAYERS))];
        for beside in [BAND, -BAND] {
            let ends = network.paths(even(FINE), beside)?;
            let points = ends.iter().map(|path| [path.state(LAYERS)[0], path.state(LAYERS)[1]]);
            let line = curve(format!("where starts {BAND} beside it end"), points);
            curves.push(Curve { dashed: true, ..line });
        }
        let sample = |path| curve("samples, layer by layer", points(path));
        curves.extend(network.paths(even(SAMPLES), 0.0)?.iter().map(sample));
        let slope = move |y: [f64; 2]| network.model.derivative(0.0, &y).map_or([0.0; 2], |dy| [dy[0], dy[1]]);
        Ok(Portrait { title: title(network), curves, field: Some(Box::new(slope)), ..Default::default() })
    };
    let figure = Portraits {
        title: place.title("learned fields"),
        labels: ["y₁".into(), "y₂".into()],
        panels: networks.iter().map(panel).collect::<Result<_, Error>>()?,
        window: Some(WINDOW),
        panel_width: 240,
        panel_height: 170,
        ..Default::default()
    };
    portraits(place.figure("figure-8-fields"), &figure)
}

fn points(path: &super::network::Path) -> Vec<[f64; 2]> {
    path.states().chunks_exact(2).map(|y| [y[0], y[1]]).collect()
}

/// Figure 8, below: eigenvalues along paths over the stability regions.
fn eigenvalues(place: &Place, networks: &[&Network]) -> Result<(), Error> {
    let scheme = |network: &&Network| -> Result<SchemeView, Error> {
        let elsewhere = (0..ELSEWHERE).map(|k| 12.0 * k as f64 / (ELSEWHERE - 1) as f64 - 6.0);
        let [elsewhere, samples] = [network.paths(elsewhere, 0.0)?, network.paths(even(SAMPLES), 0.0)?];
        let view = view(network.case.theta, title(network))?;
        let view = view.points("along other inputs", network.eigenvalues(&elsewhere)?);
        Ok(view.points("along the samples", network.eigenvalues(&samples)?))
    };
    let figure = Stability {
        title: place.title("eigenvalues along the layers"),
        schemes: networks.iter().map(scheme).collect::<Result<_, _>>()?,
        window: Some([[-7.0, -3.0], [5.0, 3.0]]),
        ..Default::default()
    };
    stability_regions(place.figure("figure-8-eigenvalues"), &figure)
}
