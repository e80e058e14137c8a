//! `mox tlsrpt send-now`: send reports without waiting for their time.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportSendNow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

/// A day is reported once: what was sent is not sent again, and its id and state are printed. Of today a partial report
/// is sent, marked as such; that of the whole day follows at its time all the same. Exit code 3 when no report about a
/// domain that is named goes out, or a destination did not take one.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domains: domains of recipients, or MX hosts; none for all with results of the day
    #[arg(value_name = "DOMAIN", add = ArgValueCompleter::new(complete::policy_domains))]
    domains: Vec<Domain>,
    /// The day (UTC): yesterday, today, 2026-11-26
    #[arg(long, default_value = "yesterday")]
    day: String,
    /// Only show what would be sent
    #[arg(long)]
    dry_run: bool,
    /// Send a test copy to this mailto: or https: URI, or mail address, and nothing to the published destinations
    #[arg(long, value_name = "URI")]
    to: Option<String>,
    /// Send a made-up report about the domain, which proves that signing and delivery work
    #[arg(long, requires = "domains", conflicts_with = "day")]
    sample: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox tlsrpt send-now --dry-run",
        about: "What would be reported about yesterday",
        needs: Needs::Server,
    },
    Example {
        run: "mox tlsrpt send-now example.org --day today",
        about: "Tell a domain now what failed today",
        needs: Needs::Server,
    },
    Example {
        run: "mox tlsrpt send-now example.org --sample --to me@example.com",
        about: "See a report arrive, without results to report",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domains, day, dry_run, to, sample } = args;
    let domains = domains.into_iter().map(ascii).collect();
    let day = (!sample).then_some(day);
    let op = ReportSendNow { family: ReportFamily::Tls, domains, day, dry_run, to, sample };
    outgoing::sendnow::run(cx, &op)
}
