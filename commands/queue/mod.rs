//! `mox queue`: messages that wait to be sent.

pub(crate) mod drop;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod fail;
pub(crate) mod hold;
pub(crate) mod holdrules;
pub(crate) mod list;
pub(crate) mod requiretls;
pub(crate) mod retired;
pub(crate) mod schedule;
mod select;
pub(crate) mod show;
pub(crate) mod suppress;
pub(crate) mod transport;
pub(crate) mod unhold;
pub(crate) mod wait;
pub(crate) mod watch;
pub(crate) mod webhook;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List queued messages
    List(list::Args),
    /// Show one queued message
    Show(show::Args),
    /// Explain step by step what happened to a message and what comes next
    Explain(explain::Args),
    /// Put messages on hold
    Hold(hold::Args),
    /// Release messages from hold
    Unhold(unhold::Args),
    /// Move the next attempt of messages
    Schedule(schedule::Args),
    /// Give messages up now and tell their senders
    Fail(fail::Args),
    /// Remove messages without telling anybody
    Drop(drop::Args),
    /// Choose the transport of messages
    Transport(transport::Args),
    /// Say what TLS messages must have
    #[command(name = "requiretls")]
    RequireTls(requiretls::Args),
    /// Print a queued message as it will be sent
    Dump(dump::Args),
    /// Show the queue again whenever it changes
    Watch(watch::Args),
    /// Wait until a message is delivered, failed or gone
    Wait(wait::Args),
    /// Rules that put new messages on hold
    #[command(subcommand, name = "holdrules")]
    HoldRules(holdrules::Command),
    /// Recipients that an account sends nothing more to
    #[command(subcommand)]
    Suppress(suppress::Command),
    /// Messages that left the queue
    #[command(subcommand)]
    Retired(retired::Command),
    /// Calls of webhooks of accounts
    #[command(subcommand)]
    Webhook(webhook::Command),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Explain(args) => explain::run(cx, args),
            Command::Hold(args) => hold::run(cx, args),
            Command::Unhold(args) => unhold::run(cx, args),
            Command::Schedule(args) => schedule::run(cx, args),
            Command::Fail(args) => fail::run(cx, args),
            Command::Drop(args) => drop::run(cx, args),
            Command::Dump(args) => dump::run(cx, args),
            Command::Watch(args) => watch::run(cx, args),
            Command::Wait(args) => wait::run(cx, args),
            Command::Transport(args) => transport::run(cx, args),
            Command::RequireTls(args) => requiretls::run(cx, args),
            Command::HoldRules(command) => command.run(cx),
            Command::Suppress(command) => command.run(cx),
            Command::Retired(command) => command.run(cx),
            Command::Webhook(command) => command.run(cx),
        }
    }
}
