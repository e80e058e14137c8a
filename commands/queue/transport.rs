//! `mox queue transport`: choose the transport of messages.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::QueueTransport;

use super::select::Change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of a transport in mox.conf; `default` to go by routes again
    name: String,
    /// Ids of messages, from `mox queue list`
    #[arg(value_name = "ID", add = ArgValueCompleter::new(complete::queue_ids))]
    ids: Vec<i64>,
    #[command(flatten)]
    change: Change,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox queue transport smarthost --to @example.org",
        about: "Send what waits for a domain through a smart host",
        needs: Needs::Server,
    },
    Example { run: "mox queue transport default 5", about: "Go by routes again", needs: Needs::Server },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let transport = Some(args.name).filter(|name| name != "default");
    args.change.apply(cx, args.ids, |filter, dry_run| QueueTransport { filter, transport, dry_run })
}
