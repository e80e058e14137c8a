//! `mox lab try`: send a message to a domain of a running lab, or one as that domain does.

use mox_admin::ops::{LabTried, LabTry};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain, one that `mox lab list` has
    domain: String,
    /// Only say what would be sent
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox lab try sts-expired.lab.test",
        about: "A message to a domain whose certificate has expired; `mox queue list` says what becomes of it",
        needs: Needs::Server,
    },
    Example {
        run: "mox lab try dmarc-reject.lab.test",
        about: "A message from a domain that lets nobody send for it",
        needs: Needs::Server,
    },
];

impl Show for LabTried {
    fn show(&self, page: &mut Page) {
        let sent = if self.dry_run { "would be sent" } else { "sent" };
        let signed = self.signed.as_ref().map(|domain| format!(", signed by {domain}")).unwrap_or_default();
        page.line(format_args!("{sent} from {} to {}{signed}", self.from, self.to));
        if self.mail_from != self.from {
            page.line(format_args!("MAIL FROM is {}", self.mail_from));
        }
        page.line(format_args!("to expect: {}", self.expect));
        if !self.dry_run {
            page.line(format_args!("the server says: {}", self.reply));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let tried = cx.call(&LabTry { domain: args.domain, dry_run: args.dry_run })?;
    cx.print(&tried)?;
    Ok(Exit::Done)
}
