//! `mox dmarc readiness`: what would break under a stricter policy, by what received reports tell.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{DmarcReadiness, Readiness, ReadinessScope, ReadinessSource};

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::reports::summary::name;
use crate::{Example, Needs};

/// Most addresses of a source in text.
const MAX_ADDRESSES: usize = 5;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain as in From
    domain: Domain,
    /// By reports on days from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
    /// By so many rows of reports at most, the latest; the page of the administrator looks at 10000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows: Option<u64>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc readiness example.org",
        about: "Whether p=quarantine or p=reject would hurt, and the record for the next step",
        needs: Needs::World,
    },
    Example {
        run: "mox dmarc readiness example.org --since 90d --json",
        about: "By the reports of three months, for scripts",
        needs: Needs::World,
    },
];

impl Show for Readiness {
    fn show(&self, page: &mut Page) {
        match &self.record {
            Some(record) => page.field("record", format!("{} at {}", record.text, record.name)),
            None => page.field("record", "none"),
        }
        if let Some(problem) = &self.problem {
            page.field("problem", problem);
        }
        let (reports, reporters, days) = (self.reports, self.reporters, self.days);
        page.field("since", self.since.0.day());
        page.field("reports", format!("{reports}, reporters: {reporters}, days with reports: {days}"));
        if !self.missing.is_empty() {
            page.field("too few", self.missing.join(", "));
        }
        if self.cut {
            page.field("cut", "there are more reports than one look takes in: these are the latest");
        }
        for scope in &self.scopes {
            page.line("");
            show_scope(scope, &self.domain, page);
        }
        page.line("");
        page.verdict(Some(self.ready), if self.ready { "ready for reject" } else { "not ready for reject" });
    }
}

fn show_scope(scope: &ReadinessScope, domain: &str, page: &mut Page) {
    let whose = match scope.tag.as_str() {
        "p" => format!("mail of {domain}"),
        "sp" => format!("mail of names below {domain}"),
        _ => format!("mail of names below {domain} that do not exist"),
    };
    let (messages, passed, spf) = (scope.messages, scope.passed, scope.spf_only);
    page.line(format_args!(
        "{}, {whose}: messages: {messages}, passed: {passed}, by SPF alone: {spf}",
        scope.tag
    ));
    if scope.tag != "p" && !scope.domains.is_empty() {
        page.line(format_args!("  {}", shorten(&scope.domains.join(", "), 200)));
    }
    for source in &scope.sources {
        show_source(source, page);
    }
    if scope.unlisted > 0 {
        page.line(format_args!("  failed messages of others: {}", scope.unlisted));
    }
    let rows = scope.ladder.iter().map(|step| {
        vec![
            step.step.clone(),
            if step.current { "now" } else { "" }.to_owned(),
            step.verdict.replace('_', " "),
            step.suffer.to_string(),
            format!("{}", step.percent),
        ]
    });
    page.table(&["POLICY", "", "VERDICT", ">WOULD SUFFER", ">%"], rows);
    for step in &scope.ladder {
        for reason in &step.reasons {
            page.line(format_args!("  {}: {reason}", step.step));
        }
    }
    if let Some(next) = &scope.next {
        page.line(format_args!("  next: {}. TXT \"{}\"", next.name, next.text));
    }
}

fn show_source(source: &ReadinessSource, page: &mut Page) {
    let harmless = matches!(source.kind.as_str(), "forged" | "forwarder");
    page.verdict(
        (!harmless).then_some(false),
        format_args!(
            "{}, {}: failed: {} ({} %), days: {}, reporters: {}",
            source.service, source.kind, source.failed, source.percent, source.days, source.reporters
        ),
    );
    page.line(format_args!("    because: {}", source.because.join("; ")));
    page.line(format_args!("    do:      {}", source.mend));
    for one in source.addresses.iter().take(MAX_ADDRESSES) {
        let address = if one.address.is_empty() { "address not told" } else { &one.address };
        let listed = match one.listed {
            Some(true) => ", in the SPF record",
            Some(false) => ", not in the SPF record",
            None => "",
        };
        let name = name(one.name.as_deref(), &one.name_state);
        page.line(format_args!("    from:    {address}, {name}{listed}, messages: {}", one.failed));
    }
    let more = source.more_addresses + source.addresses.len().saturating_sub(MAX_ADDRESSES) as u64;
    if more > 0 {
        page.line(format_args!("    from:    more addresses: {more}"));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = Some(Time(args.since.ago(cx.now())));
    let found =
        cx.call(&DmarcReadiness { domain: args.domain.ascii().to_owned(), since, rows: args.rows })?;
    if found.reports == 0 {
        cx.say(format_args!("no DMARC reports about mail of {} arrived in that time", args.domain));
    }
    cx.print(&found)?;
    Ok(if found.ready { Exit::Done } else { Exit::Problems })
}
