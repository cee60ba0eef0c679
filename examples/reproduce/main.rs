//! Regenerates the figures and tables of Reshniak and Webster, "Robust learning with implicit residual networks", 2021.
//!
//! ```text
//! cargo run --release --example reproduce -- [all|figure-2|figure-3|example-1|example-2|example-3]… [--quick] [--out FOLDER] [--anew]
//! ```
//!
//! Figures go to `paper/figures`, numbers to `paper/results`: a table (CSV) and a summary (JSON) of every part, and a file for
//! every training, with its settings, seed and parameters. What is trained already with the same settings is not trained again,
//! unless `--anew`. Everything but `results/timings.json` is the same bits when made again by the same version on the same
//! kind of processor, whatever the number of threads. `paper/reproduction.md` says what came out, claim by claim.
//!
//! Another part is a module with a function, and a line among [`PARTS`].

mod example_1;
mod example_2;
mod example_3;
mod figure_2;
mod figure_3;
mod outcome;
mod place;
mod progress;
#[cfg(test)]
mod tests;
mod training;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use kutta::Error;
use place::{Effort, Place};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a part makes goes to a place.
type Part = fn(&Place) -> Result<(), Error>;

/// The parts of the source, by name.
const PARTS: [(&str, Part); 5] = [
    ("figure-2", figure_2::run),
    ("figure-3", figure_3::run),
    ("example-1", example_1::run),
    ("example-2", example_2::run),
    ("example-3", example_3::run),
];

const ALL: &str = "all";

/// Regenerates the figures and tables of Reshniak and Webster (2021)
#[derive(Parser)]
#[command(name = "reproduce")]
struct Options {
    /// What to make
    #[arg(value_parser = names(), default_value = ALL, hide_default_value = false)]
    parts: Vec<String>,
    /// Trains for a tenth of the epochs, from one seed, elsewhere, to see that everything runs: no results
    #[arg(long)]
    quick: bool,
    /// Where `figures` and `results` go [default: paper, or target/reproduce-quick with --quick]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Trains what has been trained already, too
    #[arg(long)]
    anew: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new([ALL].into_iter().chain(PARTS.map(|(name, _)| name)))
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Error> {
    let (effort, folder) =
        if options.quick { (Effort::QUICK, "target/reproduce-quick") } else { (Effort::FULL, "paper") };
    let place = Place::new(options.out.clone().unwrap_or_else(|| folder.into()), effort, options.anew)?;
    if options.quick {
        println!("quick: a tenth of the epochs, one seed; these are no results");
    }
    for (name, part) in PARTS {
        if options.parts.iter().any(|asked| asked == name || asked == ALL) {
            println!("{name}");
            part(&place)?;
        }
    }
    println!("figures and results: {}", place.folder().display());
    Ok(())
}
