//! `mox tlsrpt history`: reports that were made, and what became of them.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportHistory};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

/// Each report with its destinations, the latest first; results that were discarded say why. History is kept for 90 days.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Option<Domain>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox tlsrpt history", about: "The latest 100 reports", needs: Needs::Server },
    Example {
        run: "mox tlsrpt history example.org --limit 1 --json",
        about: "The last report about a domain, for scripts",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, limit } = args;
    let op = ReportHistory { family: ReportFamily::Tls, domain: domain.map(ascii), limit: Some(limit) };
    outgoing::history::run(cx, &op)
}
