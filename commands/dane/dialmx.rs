//! `mox dane dialmx`: every mail host of a domain, compared with its TLSA records as a sender does.

use mox_address::{Domain, IpDomain};
use mox_smtpclient::{NextHops, TlsMode, gather};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::visit::{Demand, Problem, Trip, Visit, VisitOptions, Visitor, exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of recipients, the part of their addresses after the @
    domain: Domain,
    /// Only this one of its mail hosts
    host: Option<Domain>,
    #[command(flatten)]
    visit: VisitOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dane dialmx example.org",
        about: "Whether mail for a domain is protected by DANE, host by host",
        needs: Needs::World,
    },
    Example {
        run: "mox dane dialmx example.org mx2.example.org --json",
        about: "One of its hosts, for a script",
        needs: Needs::World,
    },
];

/// Port of mail hosts.
const PORT: u16 = 25;

/// A domain and its hosts.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    /// Whether DNSSEC proves which hosts it has.
    authentic: bool,
    hosts: Vec<Visit>,
    problems: Vec<Problem>,
}

impl Report {
    async fn of(visitor: &Visitor, domain: &Domain, only: Option<&Domain>) -> Report {
        let mut report =
            Report { domain: domain.clone(), authentic: false, hosts: Vec::new(), problems: Vec::new() };
        let next_hop = IpDomain::Domain(domain.clone());
        let hops = match gather(&*visitor.resolver, &*visitor.random, &next_hop).await {
            Ok(hops) => hops,
            Err(error) => {
                report.problem("no-mail-hosts", error.reason, error.temporary);
                return report;
            }
        };
        report.authentic = hops.authentic;
        if !hops.authentic {
            let text =
                "DNSSEC does not prove which mail hosts the domain has: DANE does not protect its mail";
            report.problem("mx-not-authentic", text, false);
        }
        let proved = proved(&hops);
        for hop in &hops.hosts {
            if only.is_some_and(|only| hop.host.domain() != Some(only)) {
                continue;
            }
            let demand = Demand { tls: true, pkix: false, dane: true };
            let mode = TlsMode::Opportunistic;
            let trip = Trip { host: &hop.host, port: PORT, mode, name: None, proved: &proved, demand };
            let mut visit = visitor.visit(&trip).await;
            visit.preference = hop.preference;
            report.hosts.push(visit);
        }
        if let (Some(only), []) = (only, report.hosts.as_slice()) {
            report.problem("not-a-mail-host", format!("{only} is not a mail host of the domain"), false);
        }
        report
    }

    fn problem(&mut self, code: &'static str, text: impl Into<String>, temporary: bool) {
        self.problems.push(Problem { code, text: text.into(), temporary });
    }

    fn exit(&self) -> Exit {
        exit(self.problems.iter().chain(self.hosts.iter().flat_map(|visit| &visit.problems)))
    }
}

/// Names on the way to the hosts that a certificate below a DANE-TA record may hold. RFC 7672 §3.2.2.
fn proved(hops: &NextHops) -> Vec<String> {
    match hops.authentic && hops.has_mx {
        true => hops.steps.iter().map(|step| step.name.clone()).collect(),
        false => Vec::new(),
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.field("domain", self.domain.unicode());
        page.field(
            "dnssec",
            if self.authentic { "proves its mail hosts" } else { "does not prove its mail hosts" },
        );
        for problem in &self.problems {
            page.verdict(Some(false), &problem.text);
        }
        for visit in &self.hosts {
            page.line("");
            visit.show(page);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let visitor = cx.visitor(&asker, &args.visit)?;
    let report = asker.run(Report::of(&visitor, &args.domain, args.host.as_ref()));
    cx.print(&report)?;
    Ok(report.exit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::tests::{World, spki};

    const ZONE: &str = "
        good.example. MX 10 mx1.example.
        good.example. MX 20 mx2.example.
        half.example. MX 10 mx1.example.
        half.example. MX 20 none.example.
        unproved.example. MX 10 mx1.example. ; insecure
        null.example. MX 0 .
        down.example. MX ; servfail
        alone.example. A 192.0.2.3
        mx1.example. A 192.0.2.1
        mx2.example. A 192.0.2.2
        none.example. A 192.0.2.1";

    #[tokio::test]
    async fn every_host_is_judged_and_so_is_the_way_there() {
        let world = World::new(ZONE);
        let own = world.authority.issue(&["mx1.example"]).unwrap();
        let wrong_name = world.authority.issue(&["elsewhere.example"]).unwrap();
        // Below an authority it is names that count: the domain is one, as DNSSEC proves the way from it.
        let authority = mox_tls::PublicPart::from_pem(world.authority.pem().as_bytes()).unwrap();
        let full: String = authority.certificate.unwrap().iter().map(|b| format!("{b:02x}")).collect();
        let for_domain = world.authority.issue(&["good.example"]).unwrap();
        world.zone(&format!("_25._tcp.mx1.example. TLSA 3 1 1 {}", spki(&own)));
        world.zone(&format!("_25._tcp.mx2.example. TLSA 2 0 0 {full}"));
        world.zone(&format!("_25._tcp.alone.example. TLSA 3 1 1 {}", spki(&wrong_name)));
        world.host("192.0.2.1:25", Some(&own));
        world.host("192.0.2.2:25", Some(&for_domain));
        world.host("192.0.2.3:25", Some(&wrong_name));
        for (domain, only, of_domain, of_hosts, exit) in [
            ("good.example", None, "", &["", ""][..], Exit::Done),
            ("good.example", Some("mx2.example"), "", &[""], Exit::Done),
            ("good.example", Some("mx9.example"), "not-a-mail-host", &[], Exit::Problems),
            ("half.example", None, "", &["", "dane-missing"], Exit::Problems),
            ("unproved.example", None, "mx-not-authentic", &[""], Exit::Problems),
            ("alone.example", None, "", &[""], Exit::Done),
            ("null.example", None, "no-mail-hosts", &[], Exit::Problems),
            ("down.example", None, "no-mail-hosts", &[], Exit::Failed),
        ] {
            let only: Option<Domain> = only.map(|name| name.parse().unwrap());
            let report = Report::of(&world.visitor(), &domain.parse().unwrap(), only.as_ref()).await;
            let codes = |problems: &[Problem]| problems.iter().map(|p| p.code).collect::<Vec<_>>().join(" ");
            assert_eq!(codes(&report.problems), of_domain, "{domain}");
            let found: Vec<String> = report.hosts.iter().map(|visit| codes(&visit.problems)).collect();
            assert_eq!(found, of_hosts, "{domain}");
            assert_eq!(report.exit(), exit, "{domain}");
            let mut page = Page::new(false);
            report.show(&mut page);
            assert!(page.text().starts_with(&format!("domain:        {domain}\n")));
        }
    }
}
