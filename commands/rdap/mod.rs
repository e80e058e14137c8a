//! `mox rdap`: registries of domains.

pub(crate) mod domainage;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Look up when a domain was registered
    Domainage(domainage::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Domainage(args) => domainage::run(cx, args),
        }
    }
}
