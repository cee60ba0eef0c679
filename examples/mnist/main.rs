//! Trains a residual network whose layers are implicit on handwritten digits, and tells how robust it is.
//!
//! ```text
//! cargo run --release --example mnist -- --theta 0.5 --json half.json --out figures
//! cargo run --release --example mnist -- --compare zero.json half.json one.json --out figures
//! cargo run --release --example mnist -- --help
//! ```
//!
//! A training that is cut short goes on by `--resume`, with the same options and to the same bits:
//!
//! ```text
//! cargo run --release --example mnist -- --model resnet18 --theta 0.5 --checkpoint half.ckpt [--resume half.ckpt] \
//!     --json half.json --out figures/half
//! ```
//!
//! Explicit layers (θ = 0) of these fields keep nothing of their inputs: `y₀ + F(y₀) = 2 S(ϑ) ⊙ F̃(y₀)`. With them the small
//! network stays at a loss of `ln 10`, that of a guess, at the learning rate 0.01: the units of its last group fall silent, and all
//! eigenvalues come to lie at -1 (with seeds 0 and 1). `--learning-rate 0.003` begins to train it: a loss of 1.1 after 9 epochs.
//!
//! After Example 4 of Reshniak and Webster, "Robust learning with implicit residual networks", 2021.

mod figures;
mod network;
mod options;
mod report;
mod robustness;
mod training;

use clap::Parser;
use kutta::data::Images;
use kutta::network::Layer;
use kutta::train::Classifier;
use network::Architecture;
use options::Options;
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match options.compare.is_empty() {
        true => run(&options),
        false => compare(&options).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|message| {
        eprintln!("error: {message}");
        ExitCode::FAILURE
    })
}

/// Trains, judges, draws.
fn run(options: &Options) -> Result<ExitCode, String> {
    let &[alpha, beta] = &options.spectrum[..] else {
        return Err(format!("--spectrum has {} numbers, expected two, α and β", options.spectrum.len()));
    };
    let training = images(options.train.as_deref(), "train", options.classes)?;
    let held_out = images(options.test.as_deref(), "test", options.classes)?;
    let architecture = Architecture::new(options.model, options.theta, [alpha, beta], options.activation, &training);
    let network = architecture.network().map_err(told)?;
    let trained = training::train(options, (&network, architecture.name()), &training).map_err(told)?;
    if trained.interrupted {
        let epochs = trained.history.epochs.len();
        match &options.checkpoint {
            Some(path) => eprintln!("interrupted after {epochs} epochs; --resume {} goes on", path.display()),
            None => eprintln!("interrupted after {epochs} epochs, which are lost without --checkpoint"),
        }
        return Ok(ExitCode::from(130));
    }
    let classifier = Classifier::new(&network, trained.params).map_err(told)?;
    let report = Report {
        parameters: network.param_count(),
        epochs: options.epochs,
        batch: options.batch,
        learning_rate: options.learning_rate,
        divergence: options.divergence,
        seed: options.seed,
        noise_in_training: options.noise_in_training,
        adversarial: options.adversarial.then_some(options.radius),
        draws: options.draws,
        threads: rayon::current_num_threads(),
        seconds_an_epoch: training::seconds_an_epoch(&trained.history),
        training: robustness::robustness(options, &classifier, &training).map_err(told)?,
        held_out: robustness::robustness(options, &classifier, &held_out).map_err(told)?,
        history: trained.history,
        architecture,
    };
    report::print(std::slice::from_ref(&report));
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    if let Some(folder) = &options.out {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        draw(folder, &report, &classifier, &held_out).map_err(told)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn draw(
    folder: &Path,
    report: &Report,
    classifier: &Classifier<'_, f32>,
    held_out: &Images,
) -> Result<(), kutta::Error> {
    let architecture = &report.architecture;
    classifier.save(folder.join("classifier.json"), &architecture.name())?;
    figures::misclassified(&folder.join("misclassified.svg"), "held-out images", classifier, held_out)?;
    figures::accuracy(folder, std::slice::from_ref(report))?;
    figures::spectrum(&folder.join("spectrum.svg"), architecture, classifier.params(), held_out)
}

/// Prints and draws results of several trainings together.
fn compare(options: &Options) -> Result<(), String> {
    let reports = options.compare.iter().map(|path| Report::read(path)).collect::<Result<Vec<_>, _>>()?;
    report::print(&reports);
    let Some(folder) = &options.out else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    figures::accuracy(folder, &reports).map_err(told)
}

/// The images of two files, or of those that come with the library.
fn images(files: Option<&[PathBuf]>, part: &str, classes: usize) -> Result<Images, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/mnist");
    let own = |name: &str| folder.join(format!("{part}-1000-{name}-ubyte.gz"));
    let read = match files {
        Some([images, labels]) => Images::from_idx(images, labels, classes),
        _ => Images::from_idx(own("images-idx3"), own("labels-idx1"), classes),
    };
    read.map_err(told)
}

fn told(error: kutta::Error) -> String {
    error.to_string()
}
