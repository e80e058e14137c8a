//! `mox dmarc explain`: all that decides whether a report about a domain goes out, and to whom.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportExplain, ReportFamily};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::{self, ascii};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: where the record stands
    #[arg(add = ArgValueCompleter::new(complete::dmarc_domains))]
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dmarc explain example.org",
    about: "Why a report goes out, or not",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let op = ReportExplain { family: ReportFamily::Dmarc, domain: ascii(args.domain) };
    outgoing::explain::run(cx, &op)
}
