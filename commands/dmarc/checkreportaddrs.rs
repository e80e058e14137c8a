//! `mox dmarc checkreportaddrs`: which of the addresses that a domain names for reports get them.

use serde::Serialize;

use mox_address::Domain;
use mox_dmarc::{Consent, Destination, Status, destinations, discover};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// An address at another organization gets reports only when that one agreed to it by a record of its own.
///
/// Exit code 3 when an address gets none or there is nothing to check, 1 when DNS does not answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain as in From
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dmarc checkreportaddrs example.org",
    about: "Whether reports arrive at all addresses of rua and ruf",
    needs: Needs::World,
}];

/// What was found.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    policy_domain: Option<Domain>,
    destinations: Vec<Destination>,
    /// URIs in the record that are none.
    invalid: Vec<String>,
    problem: Option<String>,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for destination in &self.destinations {
            let (ok, text) = told(&destination.consent);
            page.verdict(ok, format!("{} {}: {text}", destination.tag.tag(), destination.uri));
            for other in destination.send_to.iter().filter(|other| **other != destination.uri) {
                page.field("    instead", other);
            }
        }
        for uri in &self.invalid {
            page.verdict(Some(false), format!("{uri}: not a valid URI"));
        }
        if let Some(problem) = &self.problem {
            page.field("problem", problem);
        }
    }
}

fn told(consent: &Consent) -> (Option<bool>, String) {
    match consent {
        Consent::NotNeeded => (Some(true), "of the same organization".to_owned()),
        Consent::Given { name, replaced: false } => (Some(true), format!("agreed at {name}")),
        Consent::Given { name, replaced: true } => {
            (Some(true), format!("agreed at {name}, which replaces it"))
        }
        Consent::Missing { name, reason } => {
            (Some(false), format!("did not agree: {name} should be \"v=DMARC1\" ({reason})"))
        }
        Consent::Elsewhere { name, uri } => {
            (Some(false), format!("{name} leads to another host, {uri}: nobody gets reports"))
        }
        Consent::NoHost => (Some(false), "no host that could agree".to_owned()),
        Consent::Unknown { reason } => (None, format!("not known: {reason}")),
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let report = asker.run(async {
        let found = discover(resolver.as_ref(), &args.domain).await;
        let mut report = Report {
            domain: args.domain.clone(),
            policy_domain: found.policy_domain,
            destinations: Vec::new(),
            invalid: Vec::new(),
            problem: found.problem,
        };
        if let (Some(published), Some(domain)) = (&found.record, &report.policy_domain) {
            report.destinations = destinations(resolver.as_ref(), domain, &published.record).await;
            let uris = published.record.ignored.iter().filter(|i| matches!(i.tag.as_str(), "rua" | "ruf"));
            report.invalid = uris.map(|ignored| ignored.value.clone()).collect();
        }
        (found.status, report)
    });
    let (status, mut report) = report;
    if report.destinations.is_empty() && report.problem.is_none() {
        report.problem = Some("no addresses for reports are published".to_owned());
    }
    let exit = exit(status, &report);
    cx.print(&report)?;
    Ok(exit)
}

fn exit(status: Status, report: &Report) -> Exit {
    let consents = || report.destinations.iter().map(|destination| &destination.consent);
    let good =
        |c: &Consent| matches!(c, Consent::NotNeeded | Consent::Given { .. } | Consent::Unknown { .. });
    if status == Status::TempError {
        Exit::Failed
    } else if report.destinations.is_empty() || !report.invalid.is_empty() || !consents().all(good) {
        Exit::Problems
    } else if consents().any(|consent| matches!(consent, Consent::Unknown { .. })) {
        Exit::Failed
    } else {
        Exit::Done
    }
}
