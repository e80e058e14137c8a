//! `mox message mark`: seen or not, tags.

use mox_admin::ops::{Changed, MessageMark};

use super::select::{Ids, which};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    ids: Ids,
    /// Mark as seen
    #[arg(long, conflicts_with = "unseen")]
    seen: bool,
    /// Mark as not seen
    #[arg(long)]
    unseen: bool,
    /// Give this tag, of letters, digits and `._-`; may be said several times
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Take this tag; may be said several times
    #[arg(long, value_name = "TAG")]
    untag: Vec<String>,
    /// Only show what would be changed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox message mark 7 8 --seen --tag signup", about: "Two messages", needs: Needs::Server },
    Example {
        run: "mox message list --text welcome --ids -0 | mox message mark --id-file - --untag signup",
        about: "What a list chose",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let seen = (args.seen || args.unseen).then_some(args.seen);
    let (tag, untag, dry_run) = (args.tag, args.untag, args.dry_run);
    if seen.is_none() && tag.is_empty() && untag.is_empty() {
        return Err(CommandError::usage("nothing to change").hint("give --seen, --unseen, --tag or --untag"));
    }
    let ids = args.ids.resolve(cx)?.ok_or_else(which)?;
    let changed = match ids.is_empty() {
        true => Changed { ids, dry_run },
        false => cx.call(&MessageMark { ids, seen, tag, untag, dry_run, ..MessageMark::default() })?,
    };
    cx.print(&changed)?;
    Ok(Exit::Done)
}
