//! `mox config`: check, explain and change the configuration.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod alias;
pub(crate) mod apply;
pub(crate) mod describe;
pub(crate) mod diff;
pub(crate) mod domain;
pub(crate) mod ensureacmehostprivatekeys;
pub(crate) mod example;
mod managed;
pub(crate) mod path;
pub(crate) mod printservice;
pub(crate) mod rollback;
pub(crate) mod show;
pub(crate) mod test;
pub(crate) mod tlspubkey;
pub(crate) mod versions;

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::place::is_there;
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
    /// Add, show, disable and remove accounts
    #[command(subcommand)]
    Account(account::Command),
    /// Add, show and remove addresses of accounts
    #[command(subcommand)]
    Address(address::Command),
    /// Add, show, disable and remove domains
    #[command(subcommand)]
    Domain(domain::Command),
    /// Add, show, change and remove addresses that lead to several others
    #[command(subcommand)]
    Alias(alias::Command),
    /// Add, show and remove TLS client keys that log in
    #[command(subcommand)]
    Tlspubkey(tlspubkey::Command),
    /// Show earlier versions of domains.conf, and what replaced them
    Versions(versions::Args),
    /// Show what changed in domains.conf since a version
    Diff(diff::Args),
    /// Check a whole new domains.conf, show what changes, and put it in effect
    Apply(apply::Args),
    /// Put an earlier version of domains.conf in effect again
    Rollback(rollback::Args),
    /// Print examples of settings, with what they mean
    Example(example::Args),
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
    if is_there(&file) {
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
            Command::Account(command) => command.run(cx),
            Command::Address(command) => command.run(cx),
            Command::Domain(command) => command.run(cx),
            Command::Alias(command) => command.run(cx),
            Command::Tlspubkey(command) => command.run(cx),
            Command::Versions(args) => versions::run(cx, args),
            Command::Diff(args) => diff::run(cx, args),
            Command::Apply(args) => apply::run(cx, args),
            Command::Rollback(args) => rollback::run(cx, args),
            Command::Example(args) => example::run(cx, args),
            Command::Dnscheck(args) => dnscheck::run(cx, args),
            Command::Dnsrecords(args) => dnsrecords::run(cx, args),
            Command::Ensureacmehostprivatekeys(args) => ensureacmehostprivatekeys::run(cx, args),
            Command::DescribeStatic(args) => describe::run_static(cx, args),
            Command::DescribeDomains(args) => describe::run_domains(cx, args),
        }
    }
}
