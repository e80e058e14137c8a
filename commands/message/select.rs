//! Choosing stored messages: by filters, by id, by a file of ids, or all.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::{Changed, MessageFilter};

use crate::arguments::{MAX_ID_FILE, Moment, parse_ids};
use crate::complete;
use crate::context::Context;
use crate::error::CommandError;
use crate::output::{Page, Show};

/// Options that choose messages by what they are; all must match.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Which messages")]
pub(crate) struct Which {
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
    /// With all these words in the subject, addresses, text or names of attachments
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// With this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

impl Which {
    pub(crate) fn since(self, since: Option<Time>) -> MessageFilter {
        let Which { account, mailbox, to, from, subject, text, tag } = self;
        MessageFilter { account, mailbox, to, from, subject, text, tag, since }
    }
}

/// Options that choose messages; all must match.
#[derive(clap::Args, Default)]
pub(crate) struct Filter {
    #[command(flatten)]
    which: Which,
    /// Received since: a time like 2026-11-22T10:20:30Z, a date, or how long ago, like 2h
    #[arg(long, value_name = "TIME", help_heading = "Which messages")]
    since: Option<Moment>,
}

impl Filter {
    pub(crate) fn resolve(self, cx: &Context) -> MessageFilter {
        self.which.since(self.since.map(|moment| Time(moment.ago(cx.now()))))
    }
}

/// Messages that are named.
#[derive(clap::Args)]
pub(crate) struct Ids {
    /// Ids of messages, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    ids: Vec<i64>,
    /// File of ids, separated by NUL bytes or white space; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    id_file: Option<PathBuf>,
}

impl Ids {
    /// The ids, perhaps of an empty file; none when nothing was named.
    pub(crate) fn resolve(self, cx: &mut Context) -> Result<Option<Vec<i64>>, CommandError> {
        let mut ids = self.ids;
        let named = self.id_file.is_some() || !ids.is_empty();
        if let Some(file) = self.id_file {
            ids.extend(parse_ids(&cx.read_input(&file, MAX_ID_FILE)?)?);
        }
        Ok(named.then_some(ids))
    }
}

/// Messages to change.
#[derive(clap::Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    ids: Ids,
    /// Every message of every account
    #[arg(long)]
    all: bool,
    /// Only show what would be changed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    filter: Filter,
}

/// What was chosen.
pub(crate) struct Selected {
    pub(crate) ids: Vec<i64>,
    pub(crate) filter: MessageFilter,
    pub(crate) all: bool,
}

impl Selection {
    /// Which messages; none when a file of ids is empty, so that nothing is to do.
    pub(crate) fn resolve(self, cx: &mut Context) -> Result<Option<Selected>, CommandError> {
        let ids = self.ids.resolve(cx)?;
        let filter = self.filter.resolve(cx);
        let by_filter = self.all || filter != MessageFilter::default();
        match ids {
            None if by_filter => Ok(Some(Selected { ids: Vec::new(), filter, all: self.all })),
            None => Err(CommandError::usage("which messages?")
                .hint("give ids, a filter such as --to, or --all; --dry-run shows what would be changed")),
            Some(_) if by_filter => Err(CommandError::usage("give either ids or filters, not both")),
            Some(ids) if ids.is_empty() => Ok(None),
            Some(ids) => Ok(Some(Selected { ids, filter, all: false })),
        }
    }
}

/// Nothing was chosen.
pub(crate) fn which() -> CommandError {
    CommandError::usage("which messages?").hint("give ids from `mox message list`")
}

impl Show for Changed {
    fn show(&self, page: &mut Page) {
        let what = if self.dry_run { "would change" } else { "changed" };
        let ids: Vec<String> = self.ids.iter().map(ToString::to_string).collect();
        match ids.len() {
            0 => page.line("nothing matched"),
            count => page.line(format_args!("{what} {count}: {}", ids.join(" "))),
        }
    }
}
