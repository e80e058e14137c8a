//! `mox message release`: copies of messages go on to real recipients.

use mox_admin::ops::{MessageRelease, Released};

use super::select::{Ids, which};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    ids: Ids,
    /// Recipient; may be given several times [default: that of the message]
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Only show what would go where
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox message release 7 --to amy@example.com",
        about: "Through the relay that the server was started with",
        needs: Needs::Server,
    },
    Example { run: "mox message release 7 --dry-run", about: "See where it would go", needs: Needs::Server },
];

impl Show for Released {
    fn show(&self, page: &mut Page) {
        let rows = self.plan.iter().map(|row| vec![row.id.to_string(), row.to.clone(), row.route.clone()]);
        page.table(&[">ID", "TO", "ROUTE"], rows);
        if !self.queued.is_empty() {
            let ids: Vec<String> = self.queued.iter().map(ToString::to_string).collect();
            page.line(format_args!("queued {}: {}", ids.len(), ids.join(" ")));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let ids = args.ids.resolve(cx)?.ok_or_else(which)?;
    let dry_run = args.dry_run;
    let released = match ids.is_empty() {
        true => Released { queued: Vec::new(), plan: Vec::new(), dry_run },
        false => cx.call(&MessageRelease { ids, to: args.to, dry_run })?,
    };
    cx.print(&released)?;
    Ok(Exit::Done)
}
