//! `mox mtasts forget`: the running server forgets the policy of a domain, and looks anew at the next delivery.

use mox_address::Domain;
use mox_admin::ops::{MtastsForget, MtastsForgotten};

use super::list::{COLUMNS, cells};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of recipients, the part of their addresses after the @
    domain: Domain,
    /// Only show what would be forgotten
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox mtasts forget example.org",
        about: "After a domain broke its own policy and asks for mail",
        needs: Needs::Server,
    },
    Example {
        run: "mox mtasts forget example.org --dry-run",
        about: "See what is remembered of it",
        needs: Needs::Server,
    },
];

impl Show for MtastsForgotten {
    fn show(&self, page: &mut Page) {
        page.table(COLUMNS, [cells(&self.forgotten)]);
        page.line(if self.dry_run { "would be forgotten" } else { "forgotten" });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let request = MtastsForget { domain: args.domain.to_string(), dry_run: args.dry_run };
    let forgotten = cx.call(&request)?;
    cx.print(&forgotten)?;
    Ok(Exit::Done)
}
