//! `mox status`: how the running server is.

use mox_admin::Time;
use mox_admin::ops::{ReportState, ReportStateRow, Status, StatusReport};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox status", about: "Listeners, counts, disk, reports", needs: Needs::Server },
    Example { run: "mox status --json", about: "The same for scripts", needs: Needs::Server },
];

/// The server, and where reports about TLS and DMARC are.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    status: StatusReport,
    reports: Vec<ReportStateRow>,
}

impl Show for Told {
    fn show(&self, page: &mut Page) {
        self.status.show(page);
        page.line("");
        let rows = self.reports.iter().map(|row| {
            let time = |time: Option<Time>| time.map(|time| time.to_string()).unwrap_or_default();
            let family = row.family.as_str().to_owned();
            let (last, received) = (time(row.last), time(row.last_received));
            vec![
                family,
                row.next.to_string(),
                last,
                row.outcome.clone(),
                row.received_today.to_string(),
                received,
            ]
        });
        page.table(
            &["REPORTS", "NEXT AFTER", "LAST MADE", "OUTCOME", ">RECEIVED TODAY", "LAST RECEIVED"],
            rows,
        );
    }
}

impl Show for StatusReport {
    fn show(&self, page: &mut Page) {
        page.field("mox", format_args!("{} (pid {})", self.version, self.pid));
        page.field("started", self.started);
        page.field("config", self.config.as_deref().unwrap_or("built in"));
        page.field("data", &self.data_dir);
        page.field("disk free", self.disk_free.map_or_else(|| "unknown".to_owned(), size));
        page.field("accounts", self.accounts);
        page.field("messages", self.messages);
        if self.unindexed > 0 {
            page.field("not searched yet", self.unindexed);
        }
        let queue = self.queue;
        page.field("queue", format_args!("{} ({} due, {} on hold)", queue.total, queue.due, queue.held));
        page.field("sessions", self.connections);
        if let Some(error) = &self.config_error {
            page.verdict(Some(false), format_args!("the config on disk is not in use: {error}"));
        }
        if !self.listeners.is_empty() {
            page.line("");
            let rows = self
                .listeners
                .iter()
                .map(|l| vec![l.listener.clone(), l.service.clone(), l.address.clone(), l.tls.clone()]);
            page.table(&["LISTENER", "SERVICE", "ADDRESS", "TLS"], rows);
        }
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let told = Told { status: cx.call(&Status {})?, reports: cx.call(&ReportState {})? };
    cx.print(&told)?;
    Ok(Exit::Done)
}
