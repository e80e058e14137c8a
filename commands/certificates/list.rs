//! `mox certificates list`: names and their certificates.

use mox_admin::Time;
use mox_admin::ops::{
    CertificateList, CertificateRow, FileCertificateList, FileCertificateRow, HostKeyList, HostKeyRow,
    HostKeyUse,
};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Those of files in place of those from authorities
    #[arg(long, conflicts_with = "keys")]
    files: bool,
    /// Private keys of hosts and their TLSA records in place of certificates
    #[arg(long)]
    keys: bool,
}

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

impl Show for Vec<FileCertificateRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            vec![
                row.listener.clone(),
                row.file.clone(),
                shorten(&row.names.join(", "), 60),
                row.not_after.as_ref().map_or_else(|| "-".to_owned(), Time::to_string),
                row.error.clone().unwrap_or_default(),
            ]
        });
        page.table(&["LISTENER", "FILE", "NAMES", "ENDS", "FAILURE"], rows);
    }
}

impl Show for Vec<HostKeyRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            let use_ = if row.use_ == HostKeyUse::Current { "current" } else { "next" };
            vec![row.host.clone(), row.key.clone(), use_.to_owned(), row.file.clone(), row.record.clone()]
        });
        page.table(&["HOST", "KEY", "FOR", "FILE", "RECORD"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, Args { files, keys }: Args) -> Result<Exit, CommandError> {
    if files {
        let rows = cx.call(&FileCertificateList {})?;
        cx.print(&rows)?;
        return Ok(Exit::Done);
    }
    if keys {
        let rows = cx.call(&HostKeyList {})?;
        cx.print(&rows)?;
        return Ok(Exit::Done);
    }
    let rows = cx.call(&CertificateList {})?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no listener has certificates from an authority: see ACME in mox.conf");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
