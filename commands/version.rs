//! `mox version`: what this program is.

use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, VERSION};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox version --json", about: "For scripts", needs: Needs::Nothing }];

/// What this program is.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    control_protocol: &'static str,
    os: &'static str,
    arch: &'static str,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.line(format_args!("mox {} ({}, {})", self.version, self.os, self.arch));
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    cx.print(&Report { version: VERSION, control_protocol: mox_ctl::PROTOCOL, os, arch })?;
    Ok(Exit::Done)
}
