//! `mox dmarc results`: what DMARC was applied to, as far as no report tells of it yet.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{DmarcCollected, DmarcCollectedRow, DmarcResultRow, DmarcResults};
use mox_dmarcrpt::{PolicyPublished, Record};
use serde::Deserialize;

use super::rows;
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
    /// Only sums of each day and domain, with whether there will be a report
    #[arg(long, conflicts_with = "day")]
    sums: bool,
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
                policy(one),
                one.messages.to_string(),
                one.passed.to_string(),
                one.reasons.to_string(),
                match self.iter().any(|other| gives_reason(one, other)) {
                    true => "if still asked for",
                    false => "no reason",
                }
                .to_owned(),
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

fn policy(one: &DmarcResultRow) -> String {
    PolicyPublished::deserialize(&one.policy).map_or_else(|_| "?".to_owned(), |policy| rows::policy(&policy))
}

/// Whether what came under one policy is a reason to report another: a day of a domain is reported whole.
fn gives_reason(one: &DmarcResultRow, other: &DmarcResultRow) -> bool {
    other.reasons > 0 && (&one.day, &one.policy_domain) == (&other.day, &other.policy_domain)
}

/// The rows of one policy, and how many messages no row tells of.
fn show_rows(one: &DmarcResultRow, page: &mut Page) {
    if one.rows.is_empty() {
        return;
    }
    page.line("");
    page.line(format_args!("{}, {}, {}", one.day, one.policy_domain, policy(one)));
    match one.rows.iter().map(Record::deserialize).collect::<Result<Vec<_>, _>>() {
        Ok(records) => rows::table(&records, page),
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

impl Show for Vec<DmarcCollectedRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|one| {
            let report = if one.reportable { "if asked for" } else { one.why.as_str() };
            let numbers =
                [one.messages, one.passed, one.failed, one.reasons].map(|number| number.to_string());
            let names = [one.day.clone(), shorten(&one.policy_domain, 40)];
            names.into_iter().chain(numbers).chain([shorten(report, 80)]).collect()
        });
        page.table(&["DAY", "ABOUT", ">MESSAGES", ">PASSED", ">FAILED", ">REASONS", "REPORT"], rows);
    }
}

/// All pages of what is collected.
fn print_sums(cx: &mut Context, domain: Option<String>) -> Result<Exit, CommandError> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = cx.call(&DmarcCollected { domain: domain.clone(), after, limit: None })?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    cx.print(&rows)?;
    Ok(Exit::Done)
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { day, domain, limit, sums } = args;
    if sums {
        return print_sums(cx, domain.map(ascii));
    }
    let rows = cx.call(&DmarcResults { day, domain: domain.map(ascii), limit: Some(limit) })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
