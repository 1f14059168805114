//! `hale completions`

use clap::Args;
use clap_complete::{Shell, generate};

use super::outcome::Outcome;
use super::output;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale completions bash > ~/.local/share/bash-completion/completions/hale
  hale completions zsh > ~/.zfunc/_hale
  hale completions fish > ~/.config/fish/completions/hale.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn execute(self, command: &mut clap::Command) -> Outcome {
        let mut script = Vec::new();
        generate(self.shell, command, "hale", &mut script);
        output::write(&script)
    }
}
