//! `mox tlsrpt preview`: what would be reported now, to whom, and what is withheld and why.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportPreview, TlsOutlook};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

/// The same is decided as when reports are sent, and nothing is sent or changed. A day that is not over is shown as its
/// report would be now; that of the whole day says more.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Option<Domain>,
    /// Of this day (UTC): today, yesterday, 2026-11-26
    #[arg(long)]
    day: Option<String>,
    /// Write each report there, as .json and .json.gz; nothing is overwritten
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Only say what becomes of each, and why, without the reports themselves
    #[arg(long, conflicts_with_all = ["domain", "day", "out"])]
    outlook: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox tlsrpt preview", about: "All reports that wait", needs: Needs::Server },
    Example {
        run: "mox tlsrpt preview example.org --day yesterday --out reports",
        about: "Read the report about one domain before it goes out",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, day, out, outlook } = args;
    if outlook {
        return outgoing::outlook::run(cx, |cx, after| {
            let page = cx.call(&TlsOutlook { after, ..TlsOutlook::default() })?;
            Ok((page.rows, page.next))
        });
    }
    let op = ReportPreview { family: ReportFamily::Tls, domain: domain.map(ascii), day };
    outgoing::preview::run(cx, &op, out)
}
