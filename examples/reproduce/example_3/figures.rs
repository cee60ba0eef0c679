//! Figures 10 and 11, of the first seed's networks.

use super::network::Network;
use super::{END, LAYERS, LotkaVolterra, STARTS, STEP, Variant, exact, points, times};
use crate::figure_3::view;
use crate::place::Place;
use kutta::network::OdeBlock;
use kutta::plot::{Complex, Curve, Point, Portrait, Portraits, SchemeView, Stability, portraits, stability_regions};
use kutta::{Error, Tableau, Trajectory};

/// Of which orbit Figure 11 shows the way to the end.
const SHOWN: usize = 2;
const WINDOW: [Point; 2] = [[0.0, 0.0], [2.6, 1.6]];
/// Between states of smooth curves.
const FINE: f64 = 0.05;

pub fn draw(place: &Place, networks: &[Network]) -> Result<(), Error> {
    let [source, smooth] = [Variant::Source, Variant::Smooth]
        .map(|variant| networks.iter().filter(|n| n.case.variant == variant && n.case.seed == 1).collect::<Vec<_>>());
    fields(place, &source)?;
    eigenvalues(place, &source)?;
    extrapolations(place, "figure-11", &source)?;
    extrapolations(place, "figure-11-smooth", &smooth)
}

fn curve(label: &str, points: Vec<Point>) -> Curve {
    Curve { label: label.into(), points, dashed: false }
}

fn title(network: &Network) -> String {
    format!("θ = {}", network.case.theta)
}

/// Figure 10, above: fields and trajectories as far as the data go.
fn fields<'n>(place: &Place, networks: &[&'n Network]) -> Result<(), Error> {
    let end = STEP * LAYERS as f64;
    let orbits = STARTS.iter().map(|start| exact(start, &times(end, STEP))).collect::<Result<Vec<_>, _>>()?;
    let observed: Vec<Point> = orbits.iter().flat_map(points).collect();
    let panel = |&network: &&'n Network| {
        let paths = STARTS.iter().map(|start| network.steps(start, end)).collect::<Result<Vec<_>, _>>()?;
        let slope = move |z: Point| network.model.derivative(0.0, &z).map_or([0.0; 2], |dz| [dz[0], dz[1]]);
        Ok(Portrait {
            title: title(network),
            observed: observed.clone(),
            curves: paths.into_iter().map(|path| curve("network", path)).collect(),
            field: Some(Box::new(slope)),
        })
    };
    let figure = Portraits {
        title: place.title("learned fields, and the networks until t = 10"),
        labels: ["z₁".into(), "z₂".into()],
        panels: networks.iter().map(panel).collect::<Result<_, Error>>()?,
        window: Some(WINDOW),
        panel_width: 260,
        panel_height: 200,
        ..Default::default()
    };
    portraits(place.figure("figure-10-fields"), &figure)
}

/// Figure 10, below: `hλ` for the eigenvalues of the Jacobian along these trajectories.
fn eigenvalues(place: &Place, networks: &[&Network]) -> Result<(), Error> {
    let end = STEP * LAYERS as f64;
    let scaled = |found: Vec<Vec<[f64; 2]>>| {
        found.into_iter().flatten().map(|[re, im]| Complex::new(STEP * re, STEP * im)).collect::<Vec<_>>()
    };
    let along = |path: Vec<Point>| Trajectory::new("", times(end, STEP)[..path.len()].to_vec(), path.concat());
    let truth = OdeBlock::new(LotkaVolterra, Tableau::forward_euler());
    let (mut of_truth, seen) = (Vec::new(), times(end, STEP));
    for start in &STARTS {
        of_truth.extend(scaled(truth.eigenvalues(&[], &seen, exact(start, &seen)?.states())?));
    }
    let scheme = |network: &&Network| -> Result<SchemeView, Error> {
        let mut found = Vec::new();
        for start in &STARTS {
            found.extend(scaled(network.model.eigenvalues(&along(network.steps(start, end)?)?)?));
        }
        let view = view(network.case.theta, title(network))?.points("of the true field", of_truth.clone());
        Ok(view.points("of the learned field", found))
    };
    let figure = Stability {
        title: place.title("hλ along trajectories"),
        schemes: networks.iter().map(scheme).collect::<Result<_, _>>()?,
        window: Some([[-0.55, -0.45], [0.55, 0.45]]),
        levels: vec![0.7, 0.8, 0.9, 1.1, 1.2, 1.4],
        panel_width: 260,
        ..Default::default()
    };
    stability_regions(place.figure("figure-10-eigenvalues"), &figure)
}

/// Figure 11: one orbit until the end, by the networks above and by the flows of their fields below.
fn extrapolations(place: &Place, name: &str, networks: &[&Network]) -> Result<(), Error> {
    let start = &STARTS[SHOWN];
    let period = exact(start, &times(10.0, FINE))?;
    let panel = |title: String, label: &str, path: Vec<Point>| Portrait {
        title,
        curves: vec![curve(label, path), curve("exact", points(&period))],
        ..Default::default()
    };
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for network in networks {
        above.push(panel(format!("network, {}", title(network)), "learned", network.steps(start, END)?));
        below.push(panel(format!("flow of its field, {}", title(network)), "learned", network.flow(start, END, FINE)?));
    }
    let figure = Portraits {
        title: place.title("one orbit until t = 200"),
        labels: ["z₁".into(), "z₂".into()],
        panels: above.into_iter().chain(below).collect(),
        window: Some(WINDOW),
        panel_width: 260,
        panel_height: 200,
        ..Default::default()
    };
    portraits(place.figure(name), &figure)
}
