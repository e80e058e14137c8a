//! `mox config domain`: domains that mail is received for.

pub(crate) mod add;
pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod list;
pub(crate) mod rm;
pub(crate) mod set;
pub(crate) mod show;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the domains
    List(list::Args),
    /// Show a domain: its settings, addresses and aliases
    Show(show::Args),
    /// Add a domain, with keys to sign with and addresses for reports
    ///
    /// Makes an Ed25519 and an RSA key, a policy that asks for verified TLS (MTA-STS, testing), and addresses for DMARC and
    /// TLS reports. Then publish what `mox dnsrecords` prints.
    Add(add::Args),
    /// Remove a domain that has no addresses any more; key files stay
    Rm(rm::Args),
    /// Change the description of a domain, or how its addresses are looked up
    ///
    /// What is not given stays.
    Set(set::Args),
    /// Refuse mail for and from a domain for the time being
    Disable(disable::Args),
    /// Take mail of a domain again
    Enable(enable::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Rm(args) => rm::run(cx, args),
            Command::Set(args) => set::run(cx, args),
            Command::Disable(args) => disable::run(cx, args),
            Command::Enable(args) => enable::run(cx, args),
        }
    }
}
