//! `mox config`: check and explain the configuration.

pub(crate) mod describe;
pub(crate) mod ensureacmehostprivatekeys;
pub(crate) mod path;
pub(crate) mod printservice;
pub(crate) mod show;
pub(crate) mod test;

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{dnscheck, dnsrecords};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Check the config files
    Test(test::Args),
    /// Print the config as it is understood, without comments and passwords
    Show(show::Args),
    /// Show which files and folders are used
    Path(path::Args),
    /// Print what a service manager has to know to run the server
    Printservice(printservice::Args),
    /// Check the records of a domain for mail, as `mox dnscheck` does
    Dnscheck(dnscheck::Args),
    /// Print the records that a domain should have, as `mox dnsrecords` does
    Dnsrecords(dnsrecords::Args),
    /// Make private keys of hosts, so that DANE records stay when certificates are renewed
    Ensureacmehostprivatekeys(ensureacmehostprivatekeys::Args),
    /// Print every field of mox.conf with its documentation
    DescribeStatic(describe::StaticArgs),
    /// Print every field of domains.conf with its documentation
    DescribeDomains(describe::DomainsArgs),
}

/// The config file that is meant; an error when there is none.
fn existing(cx: &Context) -> Result<PathBuf, CommandError> {
    let file = cx.place()?.config;
    if file.is_file() {
        return Ok(file);
    }
    Err(CommandError::not_found(format!("there is no config file {}", file.display()))
        .hint("name one with --config; `mox config path` shows where it is looked for"))
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Test(args) => test::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Path(args) => path::run(cx, args),
            Command::Printservice(args) => printservice::run(cx, args),
            Command::Dnscheck(args) => dnscheck::run(cx, args),
            Command::Dnsrecords(args) => dnsrecords::run(cx, args),
            Command::Ensureacmehostprivatekeys(args) => ensureacmehostprivatekeys::run(cx, args),
            Command::DescribeStatic(args) => describe::run_static(cx, args),
            Command::DescribeDomains(args) => describe::run_domains(cx, args),
        }
    }
}
