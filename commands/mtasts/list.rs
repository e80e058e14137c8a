//! `mox mtasts list`: policies that the running server remembers.

use mox_admin::ops::{MtastsList, MtastsRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only domains with this in their names
    #[arg(long, value_name = "TEXT")]
    domain: Option<String>,
    /// Only domains behind this one, in order of names
    #[arg(long, value_name = "DOMAIN")]
    after: Option<String>,
    /// So many rows at most
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox mtasts list", about: "Policies that deliveries go by", needs: Needs::Server },
    Example { run: "mox mtasts list --json", about: "The same for programs, in full", needs: Needs::Server },
    Example {
        run: "mox mtasts list --domain example --limit 100 --after mail.example",
        about: "A hundred of those with a word in their names, behind one",
        needs: Needs::Server,
    },
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

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, after, limit } = args;
    let rows = cx.call(&MtastsList { domain, after, limit })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no policies are remembered");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
