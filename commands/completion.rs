//! `mox completion`: the completion script of a shell, and how all of them are made.

use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

/// Shells that have a script.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Nushell,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox completion bash > mox.bash",
    about: "Write a script for bash to source",
    needs: Needs::Nothing,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    cx.write(&script(args.shell)?)?;
    Ok(Exit::Done)
}

impl Shell {
    pub(crate) const ALL: [Shell; 5] =
        [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Powershell, Shell::Nushell];

    /// Name of its file in `completions/`, as the shell looks for it.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Shell::Bash => "mox.bash",
            Shell::Zsh => "_mox",
            Shell::Fish => "mox.fish",
            Shell::Powershell => "mox.ps1",
            Shell::Nushell => "mox.nu",
        }
    }
}

/// The script. All but Nushell's ask this program for what fits, live values included.
pub(crate) fn script(shell: Shell) -> Result<Vec<u8>, CommandError> {
    let asking = |completer: &dyn EnvCompleter| {
        let mut script = Vec::new();
        completer.write_registration(complete::VARIABLE, "mox", "mox", "mox", &mut script)?;
        Ok(script)
    };
    match shell {
        Shell::Bash => asking(&Bash),
        Shell::Zsh => asking(&Zsh),
        Shell::Fish => asking(&Fish),
        Shell::Powershell => asking(&Powershell),
        Shell::Nushell => {
            let mut script = Vec::new();
            let mut command = crate::definition();
            clap_complete::generate(clap_complete_nushell::Nushell, &mut command, "mox", &mut script);
            Ok(script)
        }
    }
}
