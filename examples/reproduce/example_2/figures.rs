//! Figure 9, of the first seed's networks.

use super::network::{Network, TOLERANCE};
use super::{LAYERS, POINTS, Starts, exact};
use crate::place::Place;
use kutta::Error;
use kutta::flow::Solution;
use kutta::plot::{Curve, Portrait, Portraits, portraits};

/// Where the trajectory that is shown starts, as the source's.
const SHOWN: (f64, f64) = (0.0, 0.0);

pub fn draw(place: &Place, networks: &[Network]) -> Result<(), Error> {
    for (starts, name) in [(Starts::Anywhere, "figure-9"), (Starts::OnGrid, "figure-9-on-grid")] {
        let first = |n: &&Network| n.case.starts == starts && n.case.seed == 1;
        let networks: Vec<&Network> = networks.iter().filter(first).collect();
        figure(place, name, &networks)?;
    }
    Ok(())
}

/// Networks above, the flows of their fields below, by the number of points.
fn figure(place: &Place, name: &str, networks: &[&Network]) -> Result<(), Error> {
    let times = |count: usize| (0..=count).map(|k| SHOWN.0 + 2.0 * k as f64 / count as f64).collect::<Vec<f64>>();
    let path = |times: Vec<f64>| times.into_iter().map(|t| [t, exact(SHOWN, t)]).collect::<Vec<_>>();
    let truth = Curve { label: "exact".into(), points: path(times(400)), dashed: false };
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for points in POINTS {
        let of_one = || networks.iter().filter(|n| n.case.points == points);
        let panel = |what: &str, curves: Vec<Curve>| Portrait {
            title: format!("{what}, {points} points"),
            observed: path(times(points)),
            curves: [truth.clone()].into_iter().chain(curves).collect(),
            field: None,
        };
        let network = |n: &&Network| -> Result<Curve, Error> {
            Ok(curve(label(n), &n.model.predict(SHOWN.0, &[SHOWN.1], &times(LAYERS))?))
        };
        let flow = |n: &&Network| -> Result<Curve, Error> {
            Ok(curve(label(n), &n.model.flow(SHOWN.0, &[SHOWN.1], &times(200), TOLERANCE)?))
        };
        above.push(panel("network", of_one().map(network).collect::<Result<_, _>>()?));
        below.push(panel("flow of its field", of_one().map(flow).collect::<Result<_, _>>()?));
    }
    let figure = Portraits {
        title: place.title("ż = −20 (z − cos t)"),
        labels: ["t".into(), "z".into()],
        panels: above.into_iter().chain(below).collect(),
        window: Some([[-0.05, -0.7], [2.05, 1.5]]),
        panel_width: 230,
        panel_height: 170,
        ..Default::default()
    };
    portraits(place.figure(name), &figure)
}

fn label(network: &Network) -> String {
    format!("θ = {}", network.case.theta)
}

fn curve(label: String, path: &Solution<f64>) -> Curve {
    Curve { label, points: path.iter().map(|(t, z)| [t, z[0]]).collect(), dashed: false }
}
