//! Figure 2: what four schemes do to an oscillation, `ẏ = -ω² z`, `ż = y`.

use crate::outcome::{self, Outcome};
use crate::place::Place;
use kutta::plot::{Curve, OrbitPanel, Orbits, orbit, orbits};
use kutta::tableau::PartitionedTableau;
use kutta::verify::coefficients::Recovered;
use kutta::verify::oscillator::StabilityMatrix;
use kutta::{Error, Tableau};
use serde_json::json;

const OMEGA: f64 = 50.0;
/// `hω` of the orbits that are drawn. The schemes see nothing of `ω` but this product.
const PRODUCTS: [f64; 3] = [0.1, 0.4, 1.5];
/// Of those in the table, with Verlet's limit of 2 among them.
const TABLE: [f64; 6] = [0.1, 0.4, 1.5, 1.99, 2.01, 2.5];
const PERIODS: f64 = 2.0;

pub fn run(place: &Place) -> Result<(), Error> {
    let (forward, trapezoidal) = (Tableau::forward_euler(), Tableau::trapezoidal());
    let (backward, verlet) = (Tableau::backward_euler(), PartitionedTableau::by_name("verlet")?);
    let schemes = [
        ("forward Euler", &forward, &forward),
        ("trapezoidal rule", &trapezoidal, &trapezoidal),
        ("backward Euler", &backward, &backward),
        ("Verlet", verlet.first(), verlet.second()),
    ];
    let (mut outcomes, mut panels) = (Vec::new(), Vec::new());
    for (scheme, first, second) in schemes {
        let matrix = StabilityMatrix::of(&Recovered::of(first), &Recovered::of(second))?;
        let step = |x: f64| {
            let m = matrix.eval(x);
            [[m[(0, 0)], m[(0, 1)]], [m[(1, 0)], m[(1, 1)]]]
        };
        let path = |x: f64| orbit(step(x), [1.0, 0.0], (PERIODS * std::f64::consts::TAU / x).ceil() as usize);
        let curve = |x: f64| Curve { label: format!("hω = {x}"), points: path(x), dashed: false };
        panels.push(OrbitPanel { title: scheme.into(), curves: PRODUCTS.map(curve).into() });
        outcomes.extend(TABLE.map(|x| {
            let end = path(x).last().map_or(f64::NAN, |p| p[0].hypot(p[1]));
            Outcome {
                case: vec![("scheme", scheme.into()), ("h_omega", x.into())],
                // Of the stability matrix: above 1 orbits grow, below they shrink; and what is left of (1, 0) at the end.
                measures: vec![("spectral_radius", spectral_radius(step(x))), ("final_norm", end)],
            }
        }));
    }
    let settings = json!({ "omega": OMEGA, "periods": PERIODS, "start": [1.0, 0.0] });
    outcome::write(place, "figure-2", settings, &outcomes)?;
    let circle = (0..=360).map(|k| f64::from(k).to_radians()).map(|t| [t.cos(), t.sin()]).collect();
    let figure = Orbits {
        title: place.title(&format!("ẏ = −ω² z, ż = y, ω = {OMEGA}")),
        labels: ["y".into(), "ωz".into()],
        panels,
        exact: circle,
        window: Some([[-2.2; 2], [2.2; 2]]),
        ..Default::default()
    };
    orbits(place.figure("figure-2"), &figure)
}

fn spectral_radius([[a, b], [c, d]]: [[f64; 2]; 2]) -> f64 {
    let (half, determinant) = ((a + d) / 2.0, a * d - b * c);
    match half * half - determinant {
        under if under < 0.0 => determinant.sqrt(),
        under => half.abs() + under.sqrt(),
    }
}
