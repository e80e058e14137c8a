//! `mox dmarc preview`: what would be reported now, to whom, and what is withheld and why.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{DmarcOutlook, ReportFamily, ReportPreview};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: where the record stands
    #[arg(add = ArgValueCompleter::new(complete::dmarc_domains))]
    domain: Option<Domain>,
    /// Of this day (UTC): today, yesterday, 2026-11-26
    #[arg(long)]
    day: Option<String>,
    /// Write each report there, as .xml and .xml.gz; nothing is overwritten
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Only say what becomes of each, and why, without the reports themselves
    #[arg(long, conflicts_with_all = ["domain", "day", "out"])]
    outlook: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox dmarc preview", about: "All reports that wait", needs: Needs::Server },
    Example {
        run: "mox dmarc preview example.org --day yesterday --out reports",
        about: "Read the report about one domain before it goes out",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, day, out, outlook } = args;
    if outlook {
        return outgoing::outlook::run(cx, |cx, after| {
            let page = cx.call(&DmarcOutlook { after, ..DmarcOutlook::default() })?;
            Ok((page.rows, page.next))
        });
    }
    let op = ReportPreview { family: ReportFamily::Dmarc, domain: domain.map(ascii), day };
    outgoing::preview::run(cx, &op, out)
}
