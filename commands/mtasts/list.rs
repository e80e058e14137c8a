//! `mox mtasts list`: policies that the running server remembers.

use mox_admin::ops::{MtastsList, MtastsRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox mtasts list", about: "Policies that deliveries go by", needs: Needs::Server },
    Example { run: "mox mtasts list --json", about: "The same for programs, in full", needs: Needs::Server },
];

/// As a line of a table.
pub(super) fn cells(row: &MtastsRow) -> Vec<String> {
    vec![
        row.domain.clone(),
        row.mode.clone().unwrap_or_else(|| "-".to_owned()),
        row.fetched.to_string(),
        row.expires.to_string(),
        shorten(&row.mx.join(" "), 40),
        row.failure.clone().unwrap_or_default(),
    ]
}

pub(super) const COLUMNS: &[&str] = &["DOMAIN", "MODE", "FETCHED", "EXPIRES", "MX", "FAILURE"];

impl Show for Vec<MtastsRow> {
    fn show(&self, page: &mut Page) {
        page.table(COLUMNS, self.iter().map(cells));
    }
}

pub(crate) fn run(cx: &mut Context, _: Args) -> Result<Exit, CommandError> {
    let rows = cx.call(&MtastsList {})?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no policies are remembered");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
