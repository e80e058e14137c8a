//! `mox dmarc send-now`: send reports without waiting for their time.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportSendNow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domains, where the records stand; none for all with results of the day
    #[arg(value_name = "DOMAIN", add = ArgValueCompleter::new(complete::dmarc_domains))]
    domains: Vec<Domain>,
    /// The day (UTC): yesterday, today, 2026-11-26
    #[arg(long, default_value = "yesterday")]
    day: String,
    /// Only show what would be sent
    #[arg(long)]
    dry_run: bool,
    /// Send a test copy to this mailto: URI, or mail address, and nothing to the published destinations
    #[arg(long, value_name = "URI")]
    to: Option<String>,
    /// Send a made-up report about the domain, which proves that signing and delivery work
    #[arg(long, requires = "domains", conflicts_with = "day")]
    sample: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc send-now --dry-run",
        about: "What would be reported about yesterday",
        needs: Needs::Server,
    },
    Example {
        run: "mox dmarc send-now example.org --day today",
        about: "Tell a domain now what came in its name today",
        needs: Needs::Server,
    },
    Example {
        run: "mox dmarc send-now example.org --sample --to me@example.com",
        about: "See a report arrive, without results to report",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domains, day, dry_run, to, sample } = args;
    let domains = domains.into_iter().map(ascii).collect();
    let day = (!sample).then_some(day);
    let op = ReportSendNow { family: ReportFamily::Dmarc, domains, day, dry_run, to, sample };
    outgoing::sendnow::run(cx, &op)
}
