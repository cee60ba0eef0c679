//! Figures of schemes: where they are stable, and how they compare with the exponential function.
//!
//! ```text
//! cargo run --example stability -- [folder]
//! ```
//!
//! `regions.svg` shows stability regions with contours of `|R|`, `order_stars.svg` and `amplification.svg` compare `R` with
//! the exponential function. For orbits of schemes on an oscillation, and the regions of the θ-schemes with the disc where
//! their stage equations are a contraction, see `figure-2` and `figure-3` of the example `reproduce`.

use kutta::plot::{Amplification, SchemeView, Stability, amplification, order_stars, stability_regions};
use kutta::{Error, Tableau};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_path_buf(), source })?;
    let figure = Stability { schemes: schemes()?, columns: 3, ..Default::default() };
    stability_regions(folder.join("regions.svg"), &figure)?;
    order_stars(folder.join("order_stars.svg"), &figure)?;
    amplification(folder.join("amplification.svg"), &Amplification { schemes: schemes()?, ..Default::default() })?;
    for name in ["regions", "order_stars", "amplification"] {
        println!("figure: {}", folder.join(name).with_extension("svg").display());
    }
    Ok(())
}

/// The scheme's stability function under a title.
fn scheme(title: impl Into<String>, tableau: &Tableau) -> SchemeView<'static> {
    let function = tableau.stability_function();
    SchemeView::new(title, move |z| function.eval(z))
}

fn schemes() -> Result<Vec<SchemeView<'static>>, Error> {
    let names = ["rk4", "gauss_2", "radau_iia_2", "lobatto_iiic_2", "sdirk2", "radau_iia_3"];
    names.into_iter().map(|name| Ok(scheme(name, &Tableau::by_name(name)?))).collect()
}
