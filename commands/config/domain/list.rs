//! `mox config domain list`: the domains.

use mox_admin::ops::{DomainList, DomainRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config domain list", about: "All domains", needs: Needs::Config },
    Example { run: "mox config domain list --json", about: "The same for scripts", needs: Needs::Config },
];

/// What a domain is here for.
pub(super) fn state(row: &DomainRow) -> &'static str {
    match (row.disabled, row.reports_only) {
        (true, _) => "disabled",
        (_, true) => "reports only",
        _ => "enabled",
    }
}

impl Show for Vec<DomainRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            vec![
                row.domain.clone(),
                state(row).to_owned(),
                row.addresses.to_string(),
                row.aliases.to_string(),
                row.dkim.join(" "),
                row.mtasts.clone(),
            ]
        });
        page.table(&["DOMAIN", "STATE", ">ADDRESSES", ">ALIASES", "DKIM", "MTA-STS"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let domains = call(cx, &DomainList {})?;
    cx.print(&domains)?;
    Ok(Exit::Done)
}
