//! `mox deliver`: mail to other hosts, tried out.

pub(crate) mod check;
mod ground;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Do what a delivery would do up to MAIL FROM, and tell each step
    ///
    /// Looks for mail hosts, MTA-STS and TLSA records, connects, says EHLO and STARTTLS, verifies what the policies
    /// ask for, says MAIL FROM, takes it back with RSET and says QUIT. The hosts that are tried see that. No
    /// recipient is named and nothing is sent, so whether a mailbox exists is not found out. No server and no
    /// configuration are needed: routes, transports and policies that a server remembers do not count.
    ///
    /// Exit codes: 0 it would be delivered; 3 it would be put off or refused, or delivered although a policy is not
    /// satisfied, as one in mode testing; 1 it cannot be checked.
    Check(check::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Check(args) => check::run(cx, args),
        }
    }
}
