//! `mox message delete`: remove messages for good.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{Changed, MessageDelete, MessageFilter};

use super::Filter;
use crate::arguments::{MAX_ID_FILE, parse_ids};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ids of messages, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    ids: Vec<i64>,
    /// File of ids, separated by NUL bytes or white space; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    id_file: Option<PathBuf>,
    /// Every message of every account
    #[arg(long)]
    all: bool,
    /// Only show what would be deleted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    filter: Filter,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox message delete 7 8", about: "Delete two messages", needs: Needs::Server },
    Example {
        run: "mox message delete --to bob@example.org --dry-run",
        about: "See what would be deleted",
        needs: Needs::Server,
    },
];

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

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut ids = args.ids;
    let from_file = args.id_file.is_some();
    if let Some(file) = args.id_file {
        ids.extend(parse_ids(&cx.read_input(&file, MAX_ID_FILE)?)?);
    }
    let filter = args.filter.resolve(cx);
    let by_filter = filter != MessageFilter::default();
    match (from_file || !ids.is_empty(), by_filter || args.all) {
        (false, false) => {
            return Err(CommandError::usage("which messages?")
                .hint("give ids, a filter such as --to, or --all; --dry-run shows what would be deleted"));
        }
        (true, true) => return Err(CommandError::usage("give either ids or filters, not both")),
        (true, false) if ids.is_empty() => {
            cx.print(&Changed { ids, dry_run: args.dry_run })?;
            return Ok(Exit::Done);
        }
        _ => {}
    }
    let changed = cx.call(&MessageDelete { ids, filter, all: args.all, dry_run: args.dry_run })?;
    cx.print(&changed)?;
    Ok(Exit::Done)
}
