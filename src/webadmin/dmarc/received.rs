//! What others report: all domains, one domain with its sources, the reports, one report.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    DmarcDay, DmarcDays, DmarcDomains, DmarcDomainsPage, DmarcReceived, DmarcReceivedPage, DmarcReportCause,
    DmarcReportPage, DmarcReportPaged, DmarcReportRecord, DmarcSourceList, DmarcSources,
};
use mox_clock::Day;
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::chart::{BarList, Bars, Tone};

use super::{Filter, PLACE, note};
use crate::At;

/// Most days between the first and the last of a chart.
const MAX_DAYS: i64 = 500;

/// Sources that the chart of them shows; the table shows all.
const BARS: usize = 10;

#[derive(Template)]
#[template(path = "dmarc_overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    filter: Filter,
    charts: [Bars; 2],
    found: DmarcDomainsPage,
}

/// `GET dmarc`
pub(super) async fn overview(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter { days: query.value("days")?, domain: None };
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let days = at.dispatch().call(&DmarcDays { domain: None, days: filter.days }).await?;
    let found = at.dispatch().call(&DmarcDomains { days: filter.days, after, limit: None }).await?;
    let page = at.page(PLACE, "DMARC");
    Ok(at.render(&Overview { page, filter, charts: charts(&days), found }))
}

/// Days with how many messages were aligned, and with what was done.
fn charts(days: &[DmarcDay]) -> [Bars; 2] {
    let all = spread(days);
    let labels = || all.iter().map(|one| one.day.clone()).collect::<Vec<_>>();
    let values = |of: fn(&DmarcDay) -> u64| all.iter().map(of).collect::<Vec<_>>();
    let taken = |one: &DmarcDay| {
        one.sums.messages.saturating_sub(one.sums.quarantined).saturating_sub(one.sums.rejected)
    };
    [
        Bars::new("aligned", "Messages by day, aligned or not", labels())
            .with("aligned", Tone::Good, values(|one| one.sums.passed))
            .with("not aligned", Tone::Bad, values(|one| one.sums.failed))
            .fields("day", &["passed", "failed"]),
        Bars::new("dispositions", "Messages by day, by what was done with them", labels())
            .with("taken", Tone::Soft, values(taken))
            .with("quarantined", Tone::Warn, values(|one| one.sums.quarantined))
            .with("rejected", Tone::Bad, values(|one| one.sums.rejected))
            .fields("day", &["", "quarantined", "rejected"]),
    ]
}

/// The same days with those between that have no reports.
fn spread(days: &[DmarcDay]) -> Vec<DmarcDay> {
    let day = |one: Option<&DmarcDay>| one.and_then(|one| one.day.parse::<Day>().ok()).map(Day::number);
    let (Some(first), Some(last)) = (day(days.first()), day(days.last())) else { return days.to_vec() };
    let mut known = days.iter().peekable();
    let fill = |number: i64| {
        let day = Day::from_number(number).to_string();
        let found = known.next_if(|one| one.day == day).cloned();
        found.unwrap_or(DmarcDay { day, ..DmarcDay::default() })
    };
    (first..=last.min(first.saturating_add(MAX_DAYS))).map(fill).collect()
}

#[derive(Template)]
#[template(path = "dmarc_domain.html")]
struct Domain<'a> {
    page: Page<'a>,
    domain: &'a str,
    filter: Filter,
    charts: [Bars; 2],
    days: Vec<DmarcDay>,
    sources: DmarcSourceList,
    bars: BarList,
}

/// `GET dmarc/domain/DOMAIN`
pub(super) async fn domain(at: &At, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter { days: query.value("days")?, domain: None };
    query.finish()?;
    let name = domain.to_owned();
    let days = at.dispatch().call(&DmarcDays { domain: Some(name.clone()), days: filter.days }).await?;
    let sources = at.dispatch().call(&DmarcSources { domain: name, days: filter.days }).await?;
    let bars = sources.services.iter().take(BARS).fold(
        BarList::new("Messages by source").fields("name", "messages"),
        |bars, one| {
            let tone = if one.counts.failed > 0 { Tone::Warn } else { Tone::Good };
            bars.with(one.name.clone(), one.counts.messages, tone)
        },
    );
    let page = at.page(PLACE, format!("DMARC of {domain}"));
    Ok(at.render(&Domain { page, domain, filter, charts: charts(&days), days, sources, bars }))
}

#[derive(Template)]
#[template(path = "dmarc_reports.html")]
struct Reports<'a> {
    page: Page<'a>,
    filter: Filter,
    found: DmarcReceivedPage,
}

/// `GET dmarc/reports`
pub(super) async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter::of(&query)?;
    let before = query.value("before")?;
    query.finish()?;
    let op = DmarcReceived { domain: filter.domain.clone(), days: filter.days, before, limit: None };
    let found = at.dispatch().call(&op).await?;
    Ok(at.render(&Reports { page: at.page(PLACE, "Received DMARC reports"), filter, found }))
}

#[derive(Template)]
#[template(path = "dmarc_report.html")]
struct Report<'a> {
    page: Page<'a>,
    found: DmarcReportPaged,
    policy: Vec<(String, String)>,
    causes: Vec<DmarcReportCause>,
}

impl Report<'_> {
    /// The records.
    fn records(&self) -> &[DmarcReportRecord] {
        &self.found.report.records
    }
}

/// `GET dmarc/report/ID`
pub(super) async fn report(at: &At, id: i64) -> Result<Response, OpError> {
    let query = at.query();
    let after = query.value("after")?;
    let notice = note(&query);
    query.finish()?;
    let found = at.dispatch().call(&DmarcReportPage { id, after, limit: None }).await?;
    let policy = policy(&found.report.policy);
    let causes = causes(found.report.records.iter());
    let page = at.page(PLACE, format!("DMARC report {id}")).notice(notice);
    Ok(at.render(&Report { page, found, policy, causes }))
}

/// The causes of records, each once.
pub(super) fn causes<'a>(records: impl Iterator<Item = &'a DmarcReportRecord>) -> Vec<DmarcReportCause> {
    let mut told: Vec<DmarcReportCause> = Vec::new();
    for cause in records.filter_map(|record| record.cause.as_ref()) {
        if !told.contains(cause) {
            told.push(cause.clone());
        }
    }
    told
}

/// A policy as names and values; what is not told is left out.
pub(super) fn policy(policy: &serde_json::Value) -> Vec<(String, String)> {
    let fields = policy.as_object().into_iter().flatten();
    let told = fields.filter(|(_, value)| !value.is_null());
    let pair = |(name, value): (&String, &serde_json::Value)| {
        (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    told.map(pair).filter(|(_, value)| !value.is_empty()).collect()
}
