//! Figures: images that are taken for others, accuracy under noise, spectra.

use crate::network::Architecture;
use crate::report::Report;
use kutta::Error;
use kutta::data::Images;
use kutta::network::{Layer, Sequential};
use kutta::plot::{
    Complex, Curve, PhasePortrait, Picture, Pictures, SchemeView, Stability, phase_portrait, pictures,
    stability_regions,
};
use kutta::train::Classifier;
use std::path::Path;

/// Images in a figure, at most.
const SHOWN: usize = 24;
/// Images at which spectra are computed.
const SAMPLES: usize = 2;

/// Draws images that a network takes for others; nothing if there are none.
pub fn misclassified(path: &Path, title: &str, classifier: &Classifier<'_, f32>, images: &Images) -> Result<(), Error> {
    let likeliest = |p: &Vec<f64>| (0..p.len()).fold(0, |best, i| if p[i] > p[best] { i } else { best });
    let found: Vec<usize> = classifier.probabilities(images)?.iter().map(likeliest).collect();
    let wrong = (0..images.len()).filter(|&i| found[i] != images.labels()[i]);
    let picture = |i: usize| Picture {
        caption: format!("{} taken for {}", images.labels()[i], found[i]),
        width: images.width(),
        pixels: images.image(i).to_vec(),
    };
    let shown: Vec<Picture> = wrong.take(SHOWN).map(picture).collect();
    if shown.is_empty() {
        return Ok(());
    }
    pictures(path, &Pictures { title: title.into(), pictures: shown, ..Pictures::default() })
}

/// Draws accuracy over noise, of several trainings, to two files in a folder.
pub fn accuracy(folder: &Path, reports: &[Report]) -> Result<(), Error> {
    for (name, title) in [("training", "images trained on"), ("held_out", "held-out images")] {
        let curve = |report: &Report| {
            let of = if name == "training" { &report.training } else { &report.held_out };
            let points = of.noise.iter().map(|row| [row.sigma, 100.0 * row.top1]).collect();
            Curve { label: report.label(), points, dashed: false }
        };
        let figure = PhasePortrait {
            title: title.into(),
            labels: ["deviation of the noise".into(), "accuracy in %".into()],
            curves: reports.iter().map(curve).collect(),
            height: 240,
            ..PhasePortrait::default()
        };
        phase_portrait(folder.join(format!("accuracy_{name}.svg")), &figure)?;
    }
    Ok(())
}

/// Draws the eigenvalues of the last residual layer's Jacobian, at the states that some images become before it, over the
/// scheme's region of stability.
pub fn spectrum(path: &Path, architecture: &Architecture, params: &[f32], images: &Images) -> Result<(), Error> {
    let Some((before, block)) = architecture.last_residual()? else { return Ok(()) };
    let (count, size) = (SAMPLES.min(images.len()), images.height() * images.width());
    let first = Layer::<f32>::param_count(&before);
    let states = states(&before, &params[..first], &images.pixels()[..count * size])?;
    let own = &params[first..first + block.param_count()];
    let found = block.eigenvalues(own, &vec![0.0; count], &states)?;
    let theta = architecture.theta;
    let stability = move |z: Complex<f64>| (1.0 + (1.0 - theta) * z) / (1.0 - theta * z);
    let points: Vec<Complex<f64>> = found.into_iter().flatten().map(|[re, im]| Complex::new(re, im)).collect();
    let [alpha, beta] = architecture.spectrum;
    let scheme = SchemeView::new(format!("θ = {theta}"), stability).points("eigenvalues", points);
    let scheme = scheme.disc("where they are kept", Complex::new((alpha + beta) / 2.0, 0.0), (beta - alpha) / 2.0);
    let title = format!("eigenvalues of the last layer, {} components", block.dim());
    stability_regions(path, &Stability { title, schemes: vec![scheme], panel_width: 320, ..Stability::default() })
}

/// What inputs become.
fn states(network: &Sequential<f32>, params: &[f32], inputs: &[f32]) -> Result<Vec<f32>, Error> {
    let samples = inputs.len() / Layer::<f32>::inputs(network);
    Ok(network.ready(samples)?.forward(params, inputs)?.to_vec())
}
