//! `mox config account`: who has mail here.

pub(crate) mod add;
pub(crate) mod addresses;
pub(crate) mod apppassword;
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
    /// Show the accounts
    List(list::Args),
    /// Show an account: its addresses, what refers to it, what is stored
    Show(show::Args),
    /// Add an account with an address
    ///
    /// Without --password-stdin a password is made, and printed once.
    Add(add::Args),
    /// Remove an account; its mail stays unless --purge is given
    ///
    /// Refused while something needs it: postmaster, addresses for reports, aliases.
    Rm(rm::Args),
    /// Change the name, description, quota or limits of an account
    ///
    /// What is not given stays. `show` says how much of the quota and of the limits is used.
    Set(set::Args),
    /// Let nobody log in to an account; mail is still received
    Disable(disable::Args),
    /// Allow logins to an account again
    Enable(enable::Args),
    /// Show the addresses of an account
    Addresses(addresses::Args),
    /// Add, show and remove passwords of programs, beside that of the account
    #[command(subcommand)]
    Apppassword(apppassword::Command),
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
            Command::Addresses(args) => addresses::run(cx, args),
            Command::Apppassword(command) => command.run(cx),
        }
    }
}
