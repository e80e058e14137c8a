//! `mox message`: stored messages.

pub(crate) mod cat;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod parse;
pub(crate) mod show;

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::MessageFilter;

use crate::arguments::Moment;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List messages, newest first
    List(list::Args),
    /// Show one message: facts, header, text
    Show(show::Args),
    /// Print one message as it is stored
    Cat(cat::Args),
    /// Take a message file apart, without a server
    Parse(parse::Args),
    /// Delete messages for good
    Delete(delete::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Cat(args) => cat::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
            Command::Delete(args) => delete::run(cx, args),
        }
    }
}

/// Options that choose messages; all must match.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Which messages")]
pub(crate) struct Filter {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// In this mailbox
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::mailboxes))]
    mailbox: Option<String>,
    /// With this text in a recipient's address
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,
    /// With this text in the sender's address
    #[arg(long, value_name = "TEXT")]
    from: Option<String>,
    /// With this text in the subject
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Received since: a time like 2026-11-22T10:20:30Z, a date, or how long ago, like 2h
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
}

impl Filter {
    pub(crate) fn resolve(self, cx: &Context) -> MessageFilter {
        let since = self.since.map(|moment| Time(moment.ago(cx.now())));
        let Filter { account, mailbox, to, from, subject, since: _ } = self;
        MessageFilter { account, mailbox, to, from, subject, since, ..MessageFilter::default() }
    }
}
