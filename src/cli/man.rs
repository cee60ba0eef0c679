//! `kutta man`

use super::{Failure, print};
use clap::{Args, CommandFactory};
use std::fs;
use std::path::PathBuf;

/// Print a page of the manual
///
/// To read one:         kutta man fit | man -l -
/// To install them all: kutta man --out ~/.local/share/man/man1
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Man {
    /// The command that the page is about [default: kutta, whose page names the others]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// Write the pages of all commands into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub fn run(&self) -> Result<(), Failure> {
        let mut all = super::Command::command().disable_help_subcommand(true);
        if let Some(folder) = &self.out {
            let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(all, folder));
            return written.map_err(|source| kutta::Error::Io { path: folder.clone(), source }.into());
        }
        // Pages of commands are headed by what is typed, `kutta fit`.
        all.build();
        let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
        let unknown = |name| format!("COMMAND is `{name}`, expected one of {}", known.join(", "));
        let command = match &self.command {
            None => &all,
            Some(name) => all.find_subcommand(name).ok_or_else(|| Failure::Usage(unknown(name)))?,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone()).render(&mut page)?;
        print(String::from_utf8_lossy(&page))
    }
}
