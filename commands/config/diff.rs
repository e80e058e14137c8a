//! `mox config diff`: what changed in domains.conf since a version.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{ConfigDiff, ConfigDiffed};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The version, from `mox config versions`; the newest if none is given
    #[arg(add = ArgValueCompleter::new(complete::config_versions))]
    version: Option<u64>,
    /// Show passwords; else it is only seen that they differ
    #[arg(long)]
    secrets: bool,
    /// Compare with this version, not with the file as it is
    #[arg(long, value_name = "VERSION", requires = "version", add = ArgValueCompleter::new(complete::config_versions))]
    to: Option<u64>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config diff", about: "The last change", needs: Needs::Config },
    Example { run: "mox config diff 3", about: "All since version 3 was replaced", needs: Needs::World },
    Example { run: "mox config diff --secrets", about: "With passwords", needs: Needs::Config },
];

impl Show for ConfigDiffed {
    fn show(&self, page: &mut Page) {
        page.diff(&self.diff);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let compared = call(cx, &ConfigDiff { version: args.version, to: args.to, secrets: args.secrets })?;
    cx.print(&compared)?;
    match (&compared.version, compared.diff.is_empty()) {
        (None, _) => cx.say("no earlier versions: domains.conf was not changed since they are kept"),
        (Some(version), true) => cx.say(format_args!("domains.conf is as version {}", version.version)),
        _ => {}
    }
    Ok(Exit::Done)
}
