//! `mox config versions`: earlier texts of domains.conf.

use mox_admin::ops::{ConfigVersion, ConfigVersions};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config versions",
    about: "What changed domains.conf, and when",
    needs: Needs::Config,
}];

impl Show for Vec<ConfigVersion> {
    fn show(&self, page: &mut Page) {
        let rows = self
            .iter()
            .map(|v| vec![v.version.to_string(), v.at.0.rfc3339(), v.size.to_string(), v.change.clone()]);
        page.table(&[">VERSION", "REPLACED AT", ">BYTES", "BY"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let versions = call(cx, &ConfigVersions {})?;
    if versions.is_empty() && !cx.global.json {
        cx.say("no earlier versions: domains.conf was not changed since they are kept");
    } else {
        cx.print(&versions)?;
    }
    Ok(Exit::Done)
}
