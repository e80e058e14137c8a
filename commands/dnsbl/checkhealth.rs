//! `mox dnsbl checkhealth`: does a block list work.

use mox_address::Domain;
use mox_remoteip::{DnsblHealth, HealthResult};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of the list
    zone: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dnsbl checkhealth bl.example.org",
    about: "Before it is used",
    needs: Needs::World,
}];

impl Show for DnsblHealth {
    fn show(&self, page: &mut Page) {
        page.verdict(Some(self.result == HealthResult::Healthy), self.result);
        page.field("list", &self.zone);
        let families = [("IPv4", self.ipv4), ("IPv6", self.ipv6)];
        let families: Vec<&str> =
            families.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
        page.field("families", families.join(" "));
        if let Some(problem) = &self.problem {
            page.field("problem", problem);
        }
        page.field("authentic", if self.authentic { "yes" } else { "no" });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let health = asker.run(mox_remoteip::dnsbl_health(&*resolver, &args.zone));
    cx.print(&health)?;
    Ok(match health.result {
        HealthResult::Healthy => Exit::Done,
        HealthResult::Unhealthy => Exit::Problems,
        HealthResult::TempError => Exit::Failed,
    })
}
