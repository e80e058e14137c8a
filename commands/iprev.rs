//! `mox iprev`: does an address have a name that leads back to it.

use std::net::IpAddr;

use mox_remoteip::{IprevOutcome, IprevResult};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address whose names to look up
    ip: IpAddr,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox iprev 192.0.2.1", about: "Its verified name", needs: Needs::World },
    Example { run: "mox iprev 2001:db8::1 --json", about: "For programs", needs: Needs::World },
];

impl Show for IprevOutcome {
    fn show(&self, page: &mut Page) {
        page.verdict(Some(self.result == IprevResult::Pass), self.result);
        page.field("ip", self.ip);
        for (label, value) in [("name", &self.name), ("problem", &self.problem)] {
            if let Some(value) = value {
                page.field(label, value);
            }
        }
        if !self.names.is_empty() {
            page.field("names", self.names.join(" "));
        }
        page.field("authentic", if self.authentic { "yes" } else { "no" });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let outcome = asker.run(mox_remoteip::iprev(&*resolver, args.ip));
    cx.print(&outcome)?;
    Ok(match outcome.result {
        IprevResult::Pass => Exit::Done,
        IprevResult::Fail | IprevResult::PermError => Exit::Problems,
        IprevResult::TempError => Exit::Failed,
    })
}
