//! `mox message`: stored messages.

pub(crate) mod cat;
pub(crate) mod delete;
pub(crate) mod events;
pub(crate) mod html;
pub(crate) mod list;
pub(crate) mod mailboxes;
pub(crate) mod mark;
pub(crate) mod parse;
pub(crate) mod part;
pub(crate) mod release;
pub(crate) mod report;
mod select;
pub(crate) mod show;
pub(crate) mod tags;
pub(crate) mod transcript;
pub(crate) mod watch;

pub(crate) use select::{Filter, Which};

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
    /// Print the HTML of one message, made safe to show
    Html(html::Args),
    /// Print one part of a message, decoded
    Part(part::Args),
    /// Show the SMTP exchange that brought a message
    Transcript(transcript::Args),
    /// Show what happened to a message
    Events(events::Args),
    /// Show how mail programs will take a message
    Report(report::Args),
    /// Take a message file apart, without a server
    Parse(parse::Args),
    /// Print what arrives, changes and goes, as it happens
    Watch(watch::Args),
    /// Mark messages as seen or not, give and take tags
    Mark(mark::Args),
    /// Send copies of messages on to real recipients, through a relay
    Release(release::Args),
    /// Delete messages for good
    Delete(delete::Args),
    /// List mailboxes: one for every address that mail came for
    Mailboxes(mailboxes::Args),
    /// List the tags that messages have
    Tags(tags::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Cat(args) => cat::run(cx, args),
            Command::Html(args) => html::run(cx, args),
            Command::Part(args) => part::run(cx, args),
            Command::Transcript(args) => transcript::run(cx, args),
            Command::Events(args) => events::run(cx, args),
            Command::Report(args) => report::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
            Command::Watch(args) => watch::run(cx, args),
            Command::Mark(args) => mark::run(cx, args),
            Command::Release(args) => release::run(cx, args),
            Command::Delete(args) => delete::run(cx, args),
            Command::Mailboxes(args) => mailboxes::run(cx, args),
            Command::Tags(args) => tags::run(cx, args),
        }
    }
}
