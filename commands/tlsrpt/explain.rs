//! `mox tlsrpt explain`: all that decides whether a report about a domain goes out, and to whom.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportExplain, ReportFamily};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

/// In the order in which it is asked; the last lines say what will happen when. Exit code 3 when nothing goes out for a
/// reason that is to be mended here: reports are off, or there is no domain with a key to sign them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox tlsrpt explain example.org",
    about: "Why a report goes out, or not",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let op = ReportExplain { family: ReportFamily::Tls, domain: ascii(args.domain) };
    outgoing::explain::run(cx, &op)
}
