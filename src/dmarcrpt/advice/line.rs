//! A record in one line, and a report in one.

use std::fmt::Write;

use crate::{Action, AuthResult, Feedback, Record};

/// Most signatures that a line names.
const MAX_NAMED: usize = 3;

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

/// A record: how many from where as whom, what DKIM and SPF said, what was done.
pub fn row_line(record: &Record) -> String {
    let from = record.source_ip.map_or_else(|| "an address that is not told".to_owned(), |ip| ip.to_string());
    let were = if record.count == 1 { "was" } else { "were" };
    let done = match record.disposition {
        Action::None | Action::Pass => String::new(),
        Action::Quarantine => format!(" and {were} quarantined"),
        Action::Reject => format!(" and {were} rejected"),
    };
    let word = |passes| if passes { "pass" } else { "fail" };
    let dkim: Vec<_> = record.dkim_results.iter().map(|one| (one.domain.as_str(), one.result)).collect();
    let spf: Vec<_> = record.spf_results.iter().map(|one| (one.domain.as_str(), one.result)).collect();
    let mut line = format!(
        "{} from {from} as {} {}{done}: DKIM {}{}, SPF {}{}",
        messages(record.count),
        record.header_from,
        if record.passes() { "passed" } else { "failed" },
        word(record.dkim),
        results(&dkim),
        word(record.spf),
        results(&spf),
    );
    for (at, reason) in record.reasons.iter().enumerate() {
        let comment =
            if reason.comment.is_empty() { String::new() } else { format!(" ({})", reason.comment) };
        let _ = write!(line, "{} {}{comment}", if at == 0 { "; reason" } else { "," }, reason.kind.keyword());
    }
    line
}

fn results(all: &[(&str, AuthResult)]) -> String {
    if all.is_empty() {
        return " (none)".to_owned();
    }
    let mut named: Vec<String> =
        all.iter().take(MAX_NAMED).map(|(domain, result)| format!("{} {domain}", result.keyword())).collect();
    match all.len().saturating_sub(MAX_NAMED) {
        0 => {}
        more => named.push(format!("{more} more")),
    }
    format!(" ({})", named.join(", "))
}

/// Who reports on which mail, under which policy, and how it went.
pub fn overview(feedback: &Feedback) -> String {
    let (metadata, policy) = (&feedback.metadata, &feedback.policy);
    let who = match (metadata.org_name.as_str(), metadata.email.as_str()) {
        ("", "") => "somebody who is not named".to_owned(),
        ("", email) => email.to_owned(),
        (name, "") => name.to_owned(),
        (name, email) => format!("{name} ({email})"),
    };
    let seconds = metadata.end.since(metadata.begin).as_secs();
    let whole_day = metadata.begin.time_of_day() == (0, 0, 0) && (86_399..=86_400).contains(&seconds);
    let period = match whole_day {
        true => format!("on {}", metadata.begin.day()),
        false => format!("from {} to {}", metadata.begin.rfc3339(), metadata.end.rfc3339()),
    };
    let sum = |passes: bool| {
        let fitting = feedback.records.iter().filter(|record| record.passes() == passes);
        fitting.fold(0_u64, |sum, record| sum.saturating_add(record.count))
    };
    let (passed, failed) = (sum(true), sum(false));
    let under = policy.p.map_or_else(String::new, |p| format!(" under p={p}"));
    format!(
        "{who} reports on {} as {} {period}{under}: {passed} passed, {failed} failed; report {}",
        messages(passed.saturating_add(failed)),
        if policy.domain.is_empty() { "a domain that is not named" } else { &policy.domain },
        metadata.report_id
    )
}
