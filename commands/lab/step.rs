//! `mox lab step`: let a domain with a history do what it does next.

use mox_admin::ops::{LabStep, LabStepped};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain, one of those for which `mox lab list` has a line that begins with then
    domain: String,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox lab step sts-gone.lab.test",
    about: "It withdraws its MTA-STS record",
    needs: Needs::Server,
}];

impl Show for LabStepped {
    fn show(&self, page: &mut Page) {
        let from = if self.dry_run { "would do next" } else { "does from now on" };
        page.line(format_args!("{} {from}: {}", self.domain, self.does));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let stepped = cx.call(&LabStep { domain: args.domain, dry_run: args.dry_run })?;
    cx.print(&stepped)?;
    Ok(Exit::Done)
}
