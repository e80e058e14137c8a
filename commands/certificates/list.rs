//! `mox certificates list`: names and their certificates.

use mox_admin::Time;
use mox_admin::ops::{CertificateList, CertificateRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox certificates list",
        about: "What is there, what is renewed when, what failed",
        needs: Needs::Server,
    },
    Example {
        run: "mox certificates list --json",
        about: "The same for programs, with what TLSA records hold",
        needs: Needs::Server,
    },
];

/// As a line of a table.
pub(super) fn cells(row: &CertificateRow) -> Vec<String> {
    let time = |time: &Option<Time>| time.as_ref().map_or_else(|| "-".to_owned(), Time::to_string);
    vec![
        row.name.clone(),
        row.key.clone(),
        row.authority.clone(),
        time(&row.not_after),
        time(&row.renew_at),
        time(&row.next_try),
        row.error.clone().unwrap_or_default(),
    ]
}

pub(super) const COLUMNS: &[&str] = &["NAME", "KEY", "AUTHORITY", "ENDS", "RENEWED", "NEXT TRY", "FAILURE"];

impl Show for Vec<CertificateRow> {
    fn show(&self, page: &mut Page) {
        page.table(COLUMNS, self.iter().map(cells));
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let rows = cx.call(&CertificateList {})?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no listener has certificates from an authority: see ACME in mox.conf");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
