//! `mox queue explain`: why a message is where it is.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{ExplainLine, QueueExplain, QueueExplanation};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox queue list`
    #[arg(add = ArgValueCompleter::new(complete::queue_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue explain 5", about: "Each step with its verdict", needs: Needs::Server }];

impl Show for QueueExplanation {
    fn show(&self, page: &mut Page) {
        lines(page, &self.lines);
    }
}

/// What happened, step by step.
pub(crate) fn lines(page: &mut Page, lines: &[ExplainLine]) {
    for line in lines {
        let at = line.at.map(|t| t.to_string()).unwrap_or_default();
        page.verdict(line.ok, format_args!("{at:<20}  {:<9}  {}", line.step, line.text));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let explanation = cx.call(&QueueExplain { id: args.id })?;
    cx.print(&explanation)?;
    Ok(Exit::Done)
}
