//! Send reports without waiting for their time.

use mox_admin::ops::{ReportPreview, ReportPreviewRow, ReportSendNow, ReportSent};
use serde::Serialize;

use super::preview::show_report;
use super::{about, destination_line};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

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

/// Sends, or shows what would be sent. [`Exit::Problems`] when no report about a domain that is named goes out, or a
/// destination did not take one.
pub(crate) fn run(cx: &mut Context, op: &ReportSendNow) -> Result<Exit, CommandError> {
    let (named, own) = (!op.domains.is_empty(), op.to.is_none() && !op.sample);
    let sent = cx.call(op)?;
    let previews = match op.dry_run && own && !cx.global.json {
        true => {
            let preview = ReportPreview { family: op.family, domain: None, day: op.day.clone() };
            cx.call(&preview)?.reports
        }
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
