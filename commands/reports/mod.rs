//! `mox reports`: what received reports of both kinds tell together.

mod bars;
pub(crate) mod causes;
pub(crate) mod silent;
pub(crate) mod summary;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show how much mail and how many TLS sessions passed and failed, by who sends and by host
    ///
    /// Of mail with a domain of ours in From: each service that sends it, named by what passed (a signature, the envelope)
    /// or by the confirmed name of its address, then its addresses. Of TLS: the hosts with failures. The trend compares
    /// with as many days before. Names of addresses are looked up now, for two seconds at most.
    Summary(summary::Args),
    /// Tell in sentences why mail and TLS sessions fail, and what mends it, the worst first
    ///
    /// Mail that passes by SPF alone is told of, too, behind what fails: it fails once somebody forwards it. Exit code 3
    /// when there is something to mend.
    Causes(causes::Args),
    /// Name reporters that used to report and fell silent
    ///
    /// That is: on 5 days of 30 or more, and not for the last 3 days. Often their mail goes elsewhere, is refused, or the
    /// address for reports does not work any more. Exit code 3 when there are some.
    Silent(silent::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Summary(args) => summary::run(cx, args),
            Command::Causes(args) => causes::run(cx, args),
            Command::Silent(args) => silent::run(cx, args),
        }
    }
}
