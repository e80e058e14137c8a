//! `mox dmarc results`: what DMARC was applied to, as far as no report tells of it yet.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{DmarcResultRow, DmarcResults};
use mox_dmarc::Alignment;
use mox_dmarcrpt::{PolicyPublished, Record};
use serde::Deserialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::ascii;
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this day (UTC): today, yesterday, 2026-11-26
    #[arg(long)]
    day: Option<String>,
    /// Of this policy domain
    #[arg(long, add = ArgValueCompleter::new(complete::dmarc_domains))]
    domain: Option<Domain>,
    /// At most so many rows of messages, over all policies; 0 for counts alone
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox dmarc results", about: "All that waits for a report", needs: Needs::Server },
    Example {
        run: "mox dmarc results --day today --domain example.org --json",
        about: "What came in the name of one domain today, for scripts",
        needs: Needs::Server,
    },
];

impl Show for Vec<DmarcResultRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|one| {
            vec![
                one.day.clone(),
                shorten(&one.policy_domain, 40),
                policy_text(&one.policy),
                one.messages.to_string(),
                one.passed.to_string(),
                one.reasons.to_string(),
                if one.reasons > 0 { "if the domain asks" } else { "no reason" }.to_owned(),
            ]
        });
        page.table(&["DAY", "ABOUT", "POLICY", ">MESSAGES", ">PASSED", ">REASONS", "REPORT"], rows);
        for one in self {
            show_rows(one, page);
        }
        let hidden: u64 = self.iter().map(hidden).sum();
        if hidden > 0 && self.iter().any(|one| !one.rows.is_empty()) {
            page.line("");
            page.line(format_args!(
                "messages in rows that are not shown: {hidden}; a greater --limit shows them"
            ));
        }
    }
}

/// The rows of one policy, and how many messages no row tells of.
fn show_rows(one: &DmarcResultRow, page: &mut Page) {
    if one.rows.is_empty() {
        return;
    }
    page.line("");
    page.line(format_args!("{}, {}, {}", one.day, one.policy_domain, policy_text(&one.policy)));
    match one.rows.iter().map(Record::deserialize).collect::<Result<Vec<_>, _>>() {
        Ok(records) => {
            let columns = ["SOURCE", ">COUNT", "FROM", "DKIM", "SPF", "DONE", "WHY"];
            page.table(&columns, records.iter().map(cells));
        }
        Err(error) => page.line(format_args!("what this version of mox cannot read: {error}")),
    }
    if one.unlisted > 0 {
        page.line(format_args!("messages without a row, for which a report has no room: {}", one.unlisted));
    }
}

/// Messages in rows that are not in the reply.
fn hidden(one: &DmarcResultRow) -> u64 {
    let listed: u64 = one.rows.iter().filter_map(|row| row.get("count")?.as_u64()).sum();
    one.messages.saturating_sub(listed).saturating_sub(one.unlisted)
}

fn cells(record: &Record) -> Vec<String> {
    let dkim: Vec<String> =
        record.dkim_results.iter().map(|one| format!("{} {}", one.domain, one.result.keyword())).collect();
    let spf: Vec<String> =
        record.spf_results.iter().map(|one| format!("{} {}", one.domain, one.result.keyword())).collect();
    let why: Vec<String> = record
        .reasons
        .iter()
        .map(|one| match one.comment.as_str() {
            "" => one.kind.keyword().to_owned(),
            comment => format!("{}: {comment}", one.kind.keyword()),
        })
        .collect();
    vec![
        record.source_ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string()),
        record.count.to_string(),
        shorten(&record.header_from, 40),
        proof(record.dkim, &dkim),
        proof(record.spf, &spf),
        record.disposition.keyword().to_owned(),
        shorten(&why.join(", "), 60),
    ]
}

/// Whether it proves the domain in From; where not, what was found.
fn proof(aligned: bool, found: &[String]) -> String {
    match (aligned, found) {
        (true, _) => "pass".to_owned(),
        (false, []) => "fail".to_owned(),
        (false, found) => shorten(&format!("fail ({})", found.join(", ")), 50),
    }
}

/// A policy as far as it is not what goes without saying.
fn policy_text(policy: &serde_json::Value) -> String {
    let Ok(policy) = PolicyPublished::deserialize(policy) else { return "?".to_owned() };
    let mut tags: Vec<String> = Vec::new();
    for (tag, value) in [("p", policy.p), ("sp", policy.sp), ("np", policy.np)] {
        if let Some(value) = value.filter(|value| tag == "p" || Some(*value) != policy.p) {
            tags.push(format!("{tag}={value}"));
        }
    }
    for (tag, value) in [("adkim", policy.adkim), ("aspf", policy.aspf)] {
        if value == Some(Alignment::Strict) {
            tags.push(format!("{tag}=s"));
        }
    }
    if policy.testing == Some(true) {
        tags.push("t=y".to_owned());
    }
    tags.join(" ")
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { day, domain, limit } = args;
    let rows = cx.call(&DmarcResults { day, domain: domain.map(ascii), limit: Some(limit) })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_short() {
        for (policy, expected) in [
            (r#"{"domain":"a","fo":"","discovery_method":""}"#, ""),
            (r#"{"domain":"a","p":"none","sp":"none","np":"none","fo":"","discovery_method":""}"#, "p=none"),
            (
                r#"{"domain":"a","p":"none","sp":"reject","np":"none","adkim":"strict","aspf":"relaxed",
                    "testing":true,"fo":"0","discovery_method":"psl"}"#,
                "p=none sp=reject adkim=s t=y",
            ),
            ("7", "?"),
        ] {
            assert_eq!(policy_text(&serde_json::from_str(policy).unwrap()), expected, "{policy}");
        }
    }

    #[test]
    fn what_does_not_prove_the_domain_is_told() {
        let found = ["lists.example pass".to_owned(), "a.example fail".to_owned()];
        assert_eq!(proof(true, &found), "pass");
        assert_eq!(proof(false, &found), "fail (lists.example pass, a.example fail)");
        assert_eq!(proof(false, &[]), "fail");
    }
}
