//! How often does training arrive, by default? `cargo bench --bench learning -- --help` tells what can be asked.
//!
//! Data of known systems are fitted as `kutta fit` fits them, from several seeds, and what is learned is held against the
//! truth. `sindy.py` and `diffrax_recipe.py` do the same by other means, on what `--write` has written; `measured.md` has
//! figures.

mod equations;
mod systems;
mod trial;

use clap::Parser;
use kutta::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use systems::{Recorded, System, systems};
use trial::{Outcome, Variant, run};

/// How often training arrives, by default
#[derive(Parser)]
struct Options {
    /// Seeds, from 0 on
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// These data only
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// The data that take long, too
    #[arg(long)]
    long: bool,
    /// Leave out one ingredient after another
    #[arg(long)]
    ablate: bool,
    /// These variants only, with --ablate
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    variants: Vec<String>,
    /// Seconds that a training may take
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    limit: u64,
    /// Write the data, and the truth beside them, and train nothing
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// A line of JSON for each training instead of tables
    #[arg(long)]
    json: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    // A test of all targets is no measurement.
    if !options.bench {
        return Ok(());
    }
    let asked = |system: &System| match options.only.is_empty() {
        true => options.long || !system.long,
        false => options.only.iter().any(|name| name == system.name),
    };
    let systems: Vec<System> = systems().into_iter().filter(asked).collect();
    match &options.write {
        Some(folder) => systems.iter().try_for_each(|system| write(folder, system.name, &system.record()?)),
        None if options.ablate => ablate(&options, &systems),
        None => measure(&options, &systems),
    }
}

fn write(folder: &Path, name: &str, recorded: &Recorded) -> Result<(), Error> {
    recorded.data.write_csv(folder.join(format!("{name}.csv")))?;
    recorded.truth.write_csv(folder.join(format!("{name}-truth.csv")))
}

/// A line for each training, and one for all.
fn measure(options: &Options, systems: &[System]) -> Result<(), Error> {
    let mut all = Vec::new();
    if !options.json {
        println!("data                  seed       s epochs    data    past  future   truth     MiB");
    }
    for system in systems {
        let recorded = system.record()?;
        for seed in 0..options.seeds {
            let outcome = run(system, &recorded, seed, Variant::Default, Duration::from_secs(options.limit));
            if options.json {
                println!("{}", json(&outcome, "default"));
            } else {
                println!("{}", line(&outcome));
            }
            all.push(outcome);
        }
    }
    if !options.json {
        let [seconds, past, future] = medians(&all);
        let (arrived, all) = (arrived(&all), all.len());
        println!("{arrived} of {all} arrive; medians: {seconds:.1} s, past {past:.3}, future {future:.3}");
    }
    Ok(())
}

/// A line for each variant and system.
fn ablate(options: &Options, systems: &[System]) -> Result<(), Error> {
    let asked = |name: &str| options.variants.is_empty() || options.variants.iter().any(|asked| asked == name);
    if !options.json {
        println!("data                 variant            arrive       s    past");
    }
    for system in systems {
        let recorded = system.record()?;
        for (name, variant) in Variant::ABLATIONS.into_iter().filter(|(name, _)| asked(name)) {
            let limit = Duration::from_secs(options.limit);
            let all: Vec<Outcome> =
                (0..options.seeds).map(|seed| run(system, &recorded, seed, variant, limit)).collect();
            if options.json {
                all.iter().for_each(|outcome| println!("{}", json(outcome, name)));
                continue;
            }
            let [seconds, past, _] = medians(&all);
            let (arrived, all) = (arrived(&all), all.len());
            println!("{:21}{name:18}{arrived:3} of {all}{seconds:8.1}{past:8.3}", system.name);
        }
    }
    Ok(())
}

fn line(outcome: &Outcome) -> String {
    let Outcome { data, seed, seconds, epochs, on_data, past, future, from_truth, memory, arrives, ended_by } = outcome;
    let memory = memory.map_or("-".into(), |memory| format!("{memory:.0}"));
    let (arrives, ended_by) = (if *arrives { "arrives" } else { "-" }, ended_by.as_deref().unwrap_or_default());
    let errors: String =
        [on_data, past, future, from_truth].iter().map(|&error| format!("{:>8}", short(*error))).collect();
    format!("{data:21}{seed:5}{seconds:8.1}{epochs:7}{errors}{memory:>8}  {arrives}  {ended_by}").trim_end().to_string()
}

/// As many digits as fit.
fn short(error: f64) -> String {
    if error < 1e-3 || (error >= 1e3 && error.is_finite()) { format!("{error:.1e}") } else { format!("{error:.4}") }
}

/// What is not finite is null.
fn json(outcome: &Outcome, variant: &str) -> String {
    let mut row = serde_json::json!(outcome);
    row["variant"] = variant.into();
    row.to_string()
}

fn arrived(all: &[Outcome]) -> usize {
    all.iter().filter(|outcome| outcome.arrives).count()
}

/// Of seconds, pasts and futures.
fn medians(all: &[Outcome]) -> [f64; 3] {
    let numbers: [fn(&Outcome) -> f64; 3] = [|one| one.seconds, |one| one.past, |one| one.future];
    numbers.map(|number| {
        let mut numbers: Vec<f64> = all.iter().map(number).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
    })
}
