//! `mox config describe-static` and `describe-domains`: every field with its documentation.

use mox_config::reference::{Which, annotated};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct StaticArgs {}

#[derive(clap::Args)]
pub(crate) struct DomainsArgs {}

pub(crate) const STATIC_EXAMPLES: &[Example] =
    &[Example { run: "mox config describe-static", about: "Every field of mox.conf", needs: Needs::Nothing }];

pub(crate) const DOMAINS_EXAMPLES: &[Example] = &[Example {
    run: "mox config describe-domains",
    about: "Every field of domains.conf",
    needs: Needs::Nothing,
}];

pub(crate) fn run_static(cx: &mut Context, StaticArgs {}: StaticArgs) -> Result<Exit, CommandError> {
    describe(cx, Which::Static)
}

pub(crate) fn run_domains(cx: &mut Context, DomainsArgs {}: DomainsArgs) -> Result<Exit, CommandError> {
    describe(cx, Which::Dynamic)
}

fn describe(cx: &mut Context, which: Which) -> Result<Exit, CommandError> {
    let text = annotated(which);
    if cx.global.json {
        cx.print_json(&text)?;
    } else {
        cx.write(text.as_bytes())?;
    }
    Ok(Exit::Done)
}
