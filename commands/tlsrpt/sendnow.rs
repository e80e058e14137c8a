//! `mox tlsrpt send-now`: send reports without waiting for their time.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportPreview, ReportPreviewRow, ReportSendNow, ReportSent};
use serde::Serialize;

use super::preview::{about, destination_line, show_report};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

/// A day is reported once: what was sent is not sent again, and its id and state are printed. Of today a partial report
/// is sent, marked as such; that of the whole day follows at its time all the same. Exit code 3 when no report about a
/// domain that is named goes out, or a destination did not take one.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domains: domains of recipients, or MX hosts; none for all with results of the day
    #[arg(value_name = "DOMAIN", add = ArgValueCompleter::new(complete::policy_domains))]
    domains: Vec<Domain>,
    /// The day (UTC): yesterday, today, 2026-11-26
    #[arg(long, default_value = "yesterday")]
    day: String,
    /// Only show what would be sent
    #[arg(long)]
    dry_run: bool,
    /// Send a test copy to this mailto: or https: URI, or mail address, and nothing to the published destinations
    #[arg(long, value_name = "URI")]
    to: Option<String>,
    /// Send a made-up report about the domain, which proves that signing and delivery work
    #[arg(long, requires = "domains", conflicts_with = "day")]
    sample: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox tlsrpt send-now --dry-run",
        about: "What would be reported about yesterday",
        needs: Needs::Server,
    },
    Example {
        run: "mox tlsrpt send-now example.org --day today",
        about: "Tell a domain now what failed today",
        needs: Needs::Server,
    },
    Example {
        run: "mox tlsrpt send-now example.org --sample --to me@example.com",
        about: "See a report arrive, without results to report",
        needs: Needs::Server,
    },
];

/// What was done; with a dry run also the reports themselves, for people.
#[derive(Serialize)]
#[serde(transparent)]
struct Told {
    sent: Vec<ReportSent>,
    #[serde(skip)]
    previews: Vec<ReportPreviewRow>,
}

impl Show for Told {
    fn show(&self, page: &mut Page) {
        for sent in &self.sent {
            match self.previews.iter().find(|p| p.report_id == sent.report_id) {
                Some(preview) if sent.state == "would-send" => show_report(preview, page),
                _ => show_sent(sent, page),
            }
        }
    }
}

fn show_sent(sent: &ReportSent, page: &mut Page) {
    let about = about(&sent.policy_domain, &sent.kind);
    let all_well = sent.destinations.iter().all(|d| !refused(&d.state));
    let ok = (!sent.report_id.is_empty()).then_some(all_well);
    let state = match sent.state.as_str() {
        "sealed" => "made and handed over",
        "already-sealed" => "made before, and not sent again",
        "would-send" => "would be sent",
        "withheld" => "not sent",
        "discarded" => "not sent, its results are discarded",
        other => other,
    };
    let why = if sent.why.is_empty() { String::new() } else { format!(": {}", sent.why) };
    page.verdict(ok, format_args!("{}: report about {about}: {state}{why}", sent.day));
    if !sent.report_id.is_empty() {
        page.line(format_args!("    id    {}", sent.report_id));
    }
    for destination in &sent.destinations {
        page.line(format_args!("    to    {}", destination_line(destination)));
    }
}

/// Whether a destination did not take it.
fn refused(state: &str) -> bool {
    matches!(state, "failed" | "expired")
}

fn exit(sent: &[ReportSent], named: bool) -> Exit {
    let silent = |s: &ReportSent| named && s.report_id.is_empty();
    match sent.iter().any(|s| silent(s) || s.destinations.iter().any(|d| refused(&d.state))) {
        true => Exit::Problems,
        false => Exit::Done,
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domains, day, dry_run, to, sample } = args;
    let domains: Vec<String> = domains.into_iter().map(|domain| domain.ascii().to_owned()).collect();
    let (named, own) = (!domains.is_empty(), to.is_none() && !sample);
    let preview = ReportPreview { family: ReportFamily::Tls, domain: None, day: Some(day.clone()) };
    let op = ReportSendNow {
        family: ReportFamily::Tls,
        domains,
        day: (!sample).then_some(day),
        dry_run,
        to,
        sample,
    };
    let sent = cx.call(&op)?;
    let previews = match dry_run && own && !cx.global.json {
        true => cx.call(&preview)?.reports,
        false => Vec::new(),
    };
    let exit = exit(&sent, named);
    if sent.is_empty() && !cx.global.json {
        cx.say("no results of that day wait for a report");
    } else {
        cx.print(&Told { sent, previews })?;
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_about_a_named_domain_is_a_problem() {
        let sent = |id: &str| ReportSent {
            policy_domain: "example.org".into(),
            kind: "domain".into(),
            day: "2026-11-26".into(),
            report_id: id.into(),
            state: "withheld".into(),
            why: String::new(),
            destinations: Vec::new(),
        };
        for (id, named, expected) in
            [("", true, Exit::Problems), ("", false, Exit::Done), ("1", true, Exit::Done)]
        {
            assert_eq!(exit(&[sent(id)], named), expected, "{id} {named}");
        }
    }
}
