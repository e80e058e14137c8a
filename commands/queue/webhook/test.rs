//! `mox queue webhook test`: one call with made-up content.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{HookTest, HookTested};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Account whose webhook is called
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// Call the URL for mail that arrives instead of that for mail that was sent
    #[arg(long)]
    incoming: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue webhook test mox",
    about: "Whether the URL takes calls; exit code 3 if not",
    needs: Needs::Server,
}];

impl Show for HookTested {
    fn show(&self, page: &mut Page) {
        page.field("url", &self.url);
        page.field("taken", if self.taken { "yes" } else { "no" });
        if let Some(status) = self.status {
            page.field("status", status);
        }
        if let Some(error) = &self.error {
            page.field("error", error);
        }
        page.field("took", format_args!("{} ms", self.took_ms));
        if !self.answer.is_empty() {
            page.field("answer", &self.answer);
        }
        page.field("payload", &self.payload);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let tested = cx.call(&HookTest { account: args.account, incoming: args.incoming })?;
    cx.print(&tested)?;
    Ok(if tested.taken { Exit::Done } else { Exit::Problems })
}
