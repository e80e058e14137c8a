//! `mox lab`: the small internet of mail domains that localserve knows.

pub(crate) mod advance;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod send;
pub(crate) mod show;
pub(crate) mod step;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the domains of the lab: what each does, and what to expect
    List(list::Args),
    /// Show the running lab: its time, and what each domain does now
    Show(show::Args),
    /// Send a message to a domain of a running lab, or one as that domain does
    Try(send::Args),
    /// Print the private key with which mail from the lab's domains can be signed
    Key(key::Args),
    /// Move the time of a running lab on
    Advance(advance::Args),
    /// Let a domain with a history do what it does next
    Step(step::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Try(args) => send::run(cx, args),
            Command::Key(args) => key::run(cx, args),
            Command::Advance(args) => advance::run(cx, args),
            Command::Step(args) => step::run(cx, args),
        }
    }
}
