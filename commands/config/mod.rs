//! `mox config`: check and explain the configuration.

pub(crate) mod describe;
pub(crate) mod path;
pub(crate) mod show;
pub(crate) mod test;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Check the config files
    Test(test::Args),
    /// Print the config in use, with every default filled in
    Show(show::Args),
    /// Show which files and folders are used
    Path(path::Args),
    /// Print every field of mox.conf with its documentation
    DescribeStatic(describe::StaticArgs),
    /// Print every field of domains.conf with its documentation
    DescribeDomains(describe::DomainsArgs),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Test(args) => test::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Path(args) => path::run(cx, args),
            Command::DescribeStatic(args) => describe::run_static(cx, args),
            Command::DescribeDomains(args) => describe::run_domains(cx, args),
        }
    }
}
