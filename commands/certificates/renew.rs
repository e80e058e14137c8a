//! `mox certificates renew`: the running server has a new certificate of a name made now.

use mox_address::Domain;
use mox_admin::ops::{CertificateRenew, CertificateRenewed};

use super::list::{COLUMNS, cells};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One of the names that `mox certificates list` shows
    name: Domain,
    /// Only show what would be renewed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox certificates renew mail.example.org",
        about: "Try again now, after what was wrong is mended",
        needs: Needs::World,
    },
    Example {
        run: "mox certificates renew mail.example.org --dry-run",
        about: "See what there is",
        needs: Needs::World,
    },
];

impl Show for CertificateRenewed {
    fn show(&self, page: &mut Page) {
        page.table(COLUMNS, self.certificates.iter().map(cells));
        page.line(match self.dry_run {
            true => "would be asked for anew",
            false => "asked for anew; `mox certificates list` shows what became of it",
        });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let request = CertificateRenew { name: args.name.to_string(), dry_run: args.dry_run };
    let renewed = cx.call(&request)?;
    cx.print(&renewed)?;
    Ok(Exit::Done)
}
