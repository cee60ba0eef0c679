//! The command line: arguments in, library calls, tables and JSON out.

mod advice;
mod beyond;
mod completions;
mod energy;
#[cfg(feature = "plot")]
mod figure;
mod files;
mod fit;
mod fit_options;
mod man;
mod notes;
mod options;
mod predict;
mod regularisation;
mod report;
#[cfg(feature = "plot")]
mod scheme_figure;
mod schemes;
mod signals;
mod spectral;
mod stages;
mod structure;
mod threads;
mod training;
mod verdict;
mod verify;

use clap::{Parser, Subcommand};
use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Learn ordinary differential equations from data, by networks whose layers are Runge-Kutta steps.
#[derive(Parser)]
#[command(name = "kutta", version, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Fit(Box<fit_options::FitOptions>),
    Predict(predict::Predict),
    Schemes(schemes::Schemes),
    Verify(verify::Verify),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Why a command failed.
#[derive(Debug)]
enum Failure {
    /// An argument does not make sense. Exit code 2.
    Usage(String),
    /// A file or a computation is at fault. Exit code 1.
    Library(kutta::Error),
    /// Training ended with an error; what it had learned is saved. Exit code 1.
    Interrupted { error: String, epochs: usize, out: PathBuf },
    /// Training ended because it was asked to; what it had learned is saved. Exit code as shells have it.
    Stopped { code: u8, message: String },
    /// Anything else. Exit code 1.
    Failed(String),
    /// Standard output could not be written to.
    Output(io::Error),
}

impl From<kutta::Error> for Failure {
    fn from(error: kutta::Error) -> Self {
        Failure::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Output(error.into())
    }
}

/// Runs the command with the arguments of this process.
pub fn run() -> ExitCode {
    let result = match Command::parse().task {
        Task::Fit(fit) => fit.run(),
        Task::Predict(predict) => predict.run(),
        Task::Schemes(schemes) => schemes.run(),
        Task::Verify(verify) => verify.run(),
        Task::Completions(completions) => completions.run(),
        Task::Man(man) => man.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Who closes the pipe has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => fail(1, format_args!("standard output: {error}")),
        Err(Failure::Library(error)) => fail(1, error),
        Err(Failure::Interrupted { error, epochs, out }) => fail(
            1,
            format_args!(
                "training ended after {epochs} epoch{}: {error}\nwhat was learned until then is saved in {}",
                if epochs == 1 { "" } else { "s" },
                out.display()
            ),
        ),
        Err(Failure::Failed(message)) => fail(1, message),
        Err(Failure::Usage(message)) => fail(2, message),
        Err(Failure::Stopped { code, message }) => {
            tell("stopped", message);
            ExitCode::from(code)
        }
    }
}

fn fail(code: u8, message: impl Display) -> ExitCode {
    complain(message);
    ExitCode::from(code)
}

fn complain(message: impl Display) {
    tell("error", message);
}

/// Says something of that kind on standard error.
fn tell(kind: &str, message: impl Display) {
    // If standard error is closed too, the exit code must do.
    let _ = writeln!(io::stderr(), "{kind}: {}", printable(&message.to_string()));
}

/// Text that changes nothing of a terminal: names of files, and what files hold, may be anything.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// Writes to standard output; unlike `print!`, it does not panic when nobody reads.
fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")?;
    Ok(out.flush()?)
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(serde_json::to_string_pretty(value)? + "\n")
}
