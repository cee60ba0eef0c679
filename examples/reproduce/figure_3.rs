//! Figure 3: stability regions of the one-leg θ-schemes, and where their layers are contractive.

use crate::outcome::{self, Outcome};
use crate::place::Place;
use kutta::plot::{Complex, SchemeView, Stability, stability_regions};
use kutta::{Error, Tableau};
use serde_json::json;

pub const THETAS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

pub fn run(place: &Place) -> Result<(), Error> {
    let (mut outcomes, mut schemes) = (Vec::new(), Vec::new());
    for theta in THETAS {
        outcomes.push(outcome(theta));
        schemes.push(view(theta, format!("θ = {theta}"))?.disc("unit disc", Complex::new(0.0, 0.0), 1.0));
    }
    outcome::write(place, "figure-3", json!({ "thetas": THETAS }), &outcomes)?;
    let title = place.title("stability regions of the layers");
    let figure = Stability { title, schemes, columns: 5, panel_width: 170, ..Default::default() };
    stability_regions(place.figure("figure-3"), &figure)
}

/// A scheme's stability function under a title, with the disc where the layer is contractive.
pub fn view(theta: f64, title: String) -> Result<SchemeView<'static>, Error> {
    let function = Tableau::one_leg_theta(theta)?.stability_function();
    let view = SchemeView::new(title, move |z| function.eval(z));
    // The explicit scheme is so everywhere: a disc of infinite radius is not drawn.
    Ok(view.disc("contractive, |z| < 1/θ", Complex::new(0.0, 0.0), 1.0 / theta))
}

/// What a step multiplies the solution of `ẏ = λy` by, where `z = hλ`.
pub fn stability(theta: f64, z: Complex<f64>) -> Complex<f64> {
    (1.0 + (1.0 - theta) * z) / (1.0 - theta * z)
}

fn outcome(theta: f64) -> Outcome {
    // In a disc `|R|` is largest on its boundary, if the pole, at `1/θ`, is outside.
    let circle = (0..360).map(|k| Complex::from_polar(1.0, f64::from(k).to_radians()));
    let largest =
        if theta < 1.0 { circle.map(|z| stability(theta, z).norm()).fold(0.0, f64::max) } else { f64::INFINITY };
    let axis = (-30..=60).map(|k| Complex::new(0.0, 10f64.powf(0.1 * f64::from(k))));
    Outcome {
        case: vec![("theta", theta.into())],
        measures: vec![
            ("pole", 1.0 / theta),
            ("at_minus_infinity", (1.0 - theta) / theta),
            ("largest_in_unit_disc", largest),
            ("largest_on_imaginary_axis", axis.map(|z| stability(theta, z).norm()).fold(0.0, f64::max)),
        ],
    }
}
