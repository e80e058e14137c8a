//! `mox config describe-static` and `describe-domains`: every field with its documentation.

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct StaticArgs {}

#[derive(clap::Args)]
pub(crate) struct DomainsArgs {}

pub(crate) const STATIC_EXAMPLES: &[Example] =
    &[Example { run: "mox config describe-static", about: "Every field of mox.conf", needs: Needs::World }];

pub(crate) const DOMAINS_EXAMPLES: &[Example] = &[Example {
    run: "mox config describe-domains",
    about: "Every field of domains.conf",
    needs: Needs::World,
}];

pub(crate) fn run_static(_cx: &mut Context, StaticArgs {}: StaticArgs) -> Result<Exit, CommandError> {
    Err(CommandError::failed("this build cannot describe the config"))
}

pub(crate) fn run_domains(_cx: &mut Context, DomainsArgs {}: DomainsArgs) -> Result<Exit, CommandError> {
    Err(CommandError::failed("this build cannot describe the config"))
}
