//! `mox reports summary`: what received reports count, by who sends and by host.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{
    MailSource, ReportSummarized, ReportSummary, SummaryCount, SummaryDmarc, SummaryService, SummaryTls,
};
use serde::Serialize;

use super::bars::{self, Bars};
use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

/// Most days in a line of bars.
const MAX_BARS: usize = 90;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this policy domain alone
    #[arg(long)]
    domain: Option<Domain>,
    /// On days from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox reports summary",
        about: "What others saw of our mail and of our mail hosts in 30 days",
        needs: Needs::Server,
    },
    Example {
        run: "mox reports summary --domain example.org --since 7d --json",
        about: "A week of one domain, for scripts",
        needs: Needs::Server,
    },
];

/// The summary, with the bars that can be shown.
#[derive(Serialize)]
#[serde(transparent)]
struct Told<'a> {
    summary: &'a ReportSummarized,
    #[serde(skip)]
    bars: &'static Bars,
}

impl Show for Told<'_> {
    fn show(&self, page: &mut Page) {
        let (since, until) = (self.summary.since.0.day(), self.summary.until.0.day());
        page.line(format_args!("From {since} to {until}, in brackets against as many days before."));
        for one in &self.summary.domains {
            if let Some(dmarc) = &one.dmarc {
                page.line("");
                self.count(page, &format!("{}, mail (DMARC)", one.domain), "messages", &dmarc.count);
                show_mail(dmarc, page);
            }
            if let Some(tls) = &one.tls {
                page.line("");
                self.count(page, &format!("{}, TLS", one.domain), "sessions", &tls.count);
                show_hosts(tls, page);
            }
        }
        if self.summary.cut {
            page.line("");
            page.line("There is more than one look takes in: services are those of the latest reports. Ask for fewer days.");
        }
    }
}

impl Told<'_> {
    /// How much, how much of it failed, and how that is against the time before.
    fn count(&self, page: &mut Page, title: &str, what: &str, count: &SummaryCount) {
        page.line(format_args!("{title}: reports: {}, reporters: {}", count.reports, count.reporters));
        let share = count.failed as f64 * 100.0 / count.total.max(1) as f64;
        for (name, now, before, part) in [
            (what, count.total, count.total_before, String::new()),
            ("failed", count.failed, count.failed_before, format!(", {share:.1} %")),
        ] {
            let numbers = self.by_day(count, name == "failed");
            let bars = bars::line(&numbers, self.bars);
            let blank = if bars.is_empty() { "" } else { "  " };
            page.field(name, format!("{now}{part}{}{blank}{bars}", bars::trend(now, before)));
        }
    }

    /// A number for each day, the last [`MAX_BARS`] of them.
    fn by_day(&self, count: &SummaryCount, failed: bool) -> Vec<u64> {
        let (mut day, last) = (self.summary.since.0.day(), self.summary.until.0.day());
        let mut known = count.days.iter().peekable();
        let mut numbers = Vec::new();
        while day <= last {
            let text = day.to_string();
            let found = known.next_if(|one| one.day == text);
            numbers.push(found.map_or(0, |one| if failed { one.failed } else { one.total }));
            day = day.next();
        }
        numbers.split_off(numbers.len().saturating_sub(MAX_BARS))
    }
}

fn show_mail(dmarc: &SummaryDmarc, page: &mut Page) {
    let rows = dmarc.services.iter().map(|service| {
        let c = &service.counts;
        let numbers =
            [c.messages, c.both, c.dkim, c.spf, c.failed, c.quarantined, c.rejected, service.reporters];
        let names = [shorten(&service.name, 40), service.named_by.clone()];
        names.into_iter().chain(numbers.map(|number| number.to_string())).collect()
    });
    let columns = [
        "SENT BY",
        "AS OF",
        ">MESSAGES",
        ">DKIM+SPF",
        ">DKIM",
        ">SPF",
        ">FAILED",
        ">QUARANTINED",
        ">REJECTED",
        ">REPORTERS",
    ];
    page.table(&columns, rows);
    let rows =
        dmarc.services.iter().flat_map(|service| service.sources.iter().map(|one| source(service, one)));
    page.table(&["ADDRESS", "NAME", "SENT BY", ">MESSAGES", ">FAILED"], rows);
    let more: u64 = dmarc.services.iter().map(|service| service.more_sources).fold(0, u64::saturating_add);
    if more > 0 {
        page.line(format_args!("more addresses: {more}"));
    }
    if dmarc.unlisted > 0 {
        page.line(format_args!("messages of others: {}", dmarc.unlisted));
    }
}

fn source(service: &SummaryService, source: &MailSource) -> Vec<String> {
    vec![
        if source.address.is_empty() { "not told".to_owned() } else { source.address.clone() },
        name(source.name.as_deref(), &source.name_state),
        shorten(&service.name, 40),
        source.counts.messages.to_string(),
        source.counts.failed.to_string(),
    ]
}

/// The name of an address, and what is wrong with it.
pub(crate) fn name(name: Option<&str>, state: &str) -> String {
    match (name, state) {
        (Some(name), "confirmed") => shorten(name, 50),
        (Some(name), _) => format!("{} (does not lead back)", shorten(name, 50)),
        (None, "missing") => "no name".to_owned(),
        (None, _) => "not known".to_owned(),
    }
}

fn show_hosts(tls: &SummaryTls, page: &mut Page) {
    if tls.hosts.is_empty() {
        return;
    }
    let rows = tls.hosts.iter().map(|host| {
        vec![
            if host.mx.is_empty() { "not told".to_owned() } else { shorten(&host.mx, 50) },
            host.fine.map_or_else(|| "not told".to_owned(), |fine| fine.to_string()),
            host.failed.to_string(),
        ]
    });
    page.table(&["HOST", ">FINE", ">FAILED"], rows);
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = Some(Time(args.since.ago(cx.now())));
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let summary = cx.call(&ReportSummary { domain, since })?;
    if summary.domains.is_empty() && !cx.global.json {
        cx.say("no reports about that arrived in that time");
    } else {
        cx.print(&Told { summary: &summary, bars: bars::of_locale() })?;
    }
    Ok(Exit::Done)
}
