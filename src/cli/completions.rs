//! `kutta completions`

use super::{Failure, print};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print completions of commands and options for a shell
///
/// For bash:  kutta completions bash > ~/.local/share/bash-completion/completions/kutta
/// For fish:  kutta completions fish > ~/.config/fish/completions/kutta.fish
/// For zsh:   kutta completions zsh > _kutta, in a folder of $fpath
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell that is to read them
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Command::command(), "kutta", &mut script);
        print(String::from_utf8_lossy(&script))
    }
}
