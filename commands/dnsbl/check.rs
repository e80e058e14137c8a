//! `mox dnsbl check`: is an address on a block list.

use std::net::IpAddr;

use mox_address::Domain;
use mox_remoteip::{DnsblOutcome, DnsblResult};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of the list
    zone: Domain,
    /// Address to ask about
    ip: IpAddr,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dnsbl check bl.example.org 192.0.2.1",
    about: "Is it listed, and why?",
    needs: Needs::World,
}];

impl Show for DnsblOutcome {
    fn show(&self, page: &mut Page) {
        page.verdict(Some(self.result == DnsblResult::Clear), self.result);
        page.field("list", &self.zone);
        page.field("ip", self.ip);
        if !self.codes.is_empty() {
            let codes: Vec<String> = self.codes.iter().map(ToString::to_string).collect();
            page.field("codes", codes.join(" "));
        }
        for (label, value) in [("explanation", &self.explanation), ("problem", &self.problem)] {
            if let Some(value) = value {
                page.field(label, value);
            }
        }
        page.field("authentic", if self.authentic { "yes" } else { "no" });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let outcome = asker.run(mox_remoteip::dnsbl(&*resolver, &args.zone, args.ip));
    cx.print(&outcome)?;
    Ok(match outcome.result {
        DnsblResult::Clear => Exit::Done,
        DnsblResult::Listed => Exit::Problems,
        DnsblResult::TempError => Exit::Failed,
    })
}
