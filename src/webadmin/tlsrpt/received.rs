//! What others report about TLS with our domains and hosts: how much fails, where, why, and what mends it.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    ReportCause, ReportFamily, ReportSilent, SilentReporter, TlsCauses, TlsDomainRow, TlsDomains,
    TlsReceived, TlsReport, TlsReportDetail, TlsReportRow, TlsTimeline, TlsTimelineDays,
};
use mox_httpserver::Response;
use mox_web::Page;
use mox_web::chart::{BarList, Bars, Tone, percent};

use super::{PLACE, days, needed};
use crate::At;

/// Most policies of a report, and longest document, that a page shows.
const MAX_POLICIES: usize = 200;
const MAX_DOCUMENT: usize = 256 << 10;
/// Reports that the page of a domain lists.
const LATEST: u32 = 20;

#[derive(Template)]
#[template(path = "tlsrpt_overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    tab: &'static str,
    /// Where other periods are, up to their number.
    here: String,
    days: u32,
    chart: Bars,
    causes: Vec<ReportCause>,
    more: bool,
    domains: Vec<TlsDomainRow>,
    next: Option<String>,
}

/// `GET tlsrpt`: all domains together.
pub(super) async fn overview(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "TLS reports");
    let (days, after) = (days(&query)?, query.get("after").map(str::to_owned));
    query.finish()?;
    let timeline = TlsTimeline { days: Some(days), ..TlsTimeline::default() };
    let timeline = at.dispatch().call(&timeline).await?;
    let causes = at.dispatch().call(&TlsCauses { days: Some(days), ..TlsCauses::default() }).await?;
    let domains = at.dispatch().call(&TlsDomains { days: Some(days), after, limit: None }).await?;
    Ok(at.render(&Overview {
        page,
        tab: "received",
        here: at.visit.to("tlsrpt?"),
        days,
        chart: sessions(&timeline),
        causes: causes.causes,
        more: causes.more,
        domains: domains.rows,
        next: domains.next,
    }))
}

/// Sessions by day.
fn sessions(timeline: &TlsTimelineDays) -> Bars {
    let labels = timeline.days.iter().map(|day| day.day.clone()).collect();
    let chart = Bars::new("sessions", "Sessions by day", labels);
    let fine = timeline.days.iter().map(|day| day.successful).collect();
    let failed = timeline.days.iter().map(|day| day.failed).collect();
    let chart = match timeline.fine_known {
        true => chart.with("fine", Tone::Good, fine).fields("day", &["successful", "failed"]),
        false => chart.fields("day", &["failed"]),
    };
    chart.with("failed", Tone::Bad, failed)
}

#[derive(Template)]
#[template(path = "tlsrpt_domain.html")]
struct Domain<'a> {
    page: Page<'a>,
    tab: &'static str,
    name: String,
    /// Where other periods are, up to their number.
    here: String,
    days: u32,
    chart: Bars,
    hosts: BarList,
    causes: Vec<ReportCause>,
    more: bool,
    silent: Vec<SilentReporter>,
    rows: Vec<TlsReportRow>,
}

/// `GET tlsrpt/domain?name=`: one policy domain.
pub(super) async fn domain(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (name, days) = (needed(&query, "name", "domain")?, days(&query)?);
    let page = at.page(PLACE, format!("TLS reports about {name}"));
    query.finish()?;
    let domain = Some(name.clone());
    let timeline = TlsTimeline { domain: domain.clone(), mx: None, days: Some(days) };
    let timeline = at.dispatch().call(&timeline).await?;
    let causes = TlsCauses { domain: domain.clone(), days: Some(days), ..TlsCauses::default() };
    let causes = at.dispatch().call(&causes).await?;
    let latest = TlsReceived { domain, days: Some(days), limit: Some(LATEST), ..TlsReceived::default() };
    let latest = at.dispatch().call(&latest).await?;
    let mut hosts = BarList::new("Failed sessions by mail host").fields("mx", "failed");
    for host in &timeline.hosts {
        hosts = match host.mx.as_str() {
            "" => hosts.with("host not told", host.failed, Tone::Bad),
            mx => hosts.with_link(mx, named(at, "host", mx), host.failed, Tone::Bad),
        };
    }
    Ok(at.render(&Domain {
        page,
        tab: "received",
        here: format!("{}&", named(at, "domain", &name)),
        name,
        days,
        chart: sessions(&timeline),
        hosts,
        causes: causes.causes,
        more: causes.more,
        silent: causes.silent,
        rows: latest.rows,
    }))
}

/// Where a domain or host is shown.
fn named(at: &At, what: &str, name: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish();
    at.visit.to(&format!("tlsrpt/{what}?{query}"))
}

#[derive(Template)]
#[template(path = "tlsrpt_host.html")]
struct Host<'a> {
    page: Page<'a>,
    tab: &'static str,
    name: String,
    /// Where other periods are, up to their number.
    here: String,
    days: u32,
    chart: Bars,
    fine_known: bool,
    causes: Vec<ReportCause>,
    more: bool,
}

/// `GET tlsrpt/host?name=`: one MX host.
pub(super) async fn host(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (name, days) = (needed(&query, "name", "mail host")?, days(&query)?);
    let page = at.page(PLACE, format!("TLS reports about the mail host {name}"));
    query.finish()?;
    let timeline = TlsTimeline { domain: None, mx: Some(name.clone()), days: Some(days) };
    let timeline = at.dispatch().call(&timeline).await?;
    let causes = TlsCauses { mx: Some(name.clone()), days: Some(days), ..TlsCauses::default() };
    let causes = at.dispatch().call(&causes).await?;
    Ok(at.render(&Host {
        page,
        tab: "received",
        here: format!("{}&", named(at, "host", &name)),
        name,
        days,
        chart: sessions(&timeline),
        fine_known: timeline.fine_known,
        causes: causes.causes,
        more: causes.more,
    }))
}

#[derive(Template)]
#[template(path = "tlsrpt_silent.html")]
struct Silent<'a> {
    page: Page<'a>,
    tab: &'static str,
    silent: Vec<SilentReporter>,
    more: usize,
}

/// Most reporters of a page.
const MAX_SILENT: usize = 500;

/// `GET tlsrpt/silent`: reporters that stopped.
pub(super) async fn silent(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Reporters that fell silent");
    query.finish()?;
    let mut silent = at.dispatch().call(&ReportSilent::default()).await?;
    silent.retain(|one| one.family == ReportFamily::Tls);
    let more = silent.len().saturating_sub(MAX_SILENT);
    silent.truncate(MAX_SILENT);
    Ok(at.render(&Silent { page, tab: "silent", silent, more }))
}

#[derive(Template)]
#[template(path = "tlsrpt_reports.html")]
struct Reports<'a> {
    page: Page<'a>,
    tab: &'static str,
    domain: String,
    sender: String,
    day: String,
    failed: bool,
    days: u32,
    rows: Vec<TlsReportRow>,
    /// The address of the next page.
    older: Option<String>,
}

/// `GET tlsrpt/reports`: reports that arrived, by day.
pub(super) async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Received TLS reports");
    let ask = TlsReceived {
        domain: query.get("domain").map(|text| text.trim().to_owned()),
        sender: query.get("sender").map(|text| text.trim().to_owned()),
        day: query.get("day").map(|text| text.trim().to_owned()),
        days: Some(days(&query)?),
        failed: query.flag("failed")?,
        before: query.value("before")?,
        limit: None,
    };
    query.finish()?;
    let found = at.dispatch().call(&ask).await?;
    let older = found.next.map(|next| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("domain", &ask.domain), ("sender", &ask.sender), ("day", &ask.day)] {
            if let Some(value) = value {
                pairs.append_pair(name, value);
            }
        }
        if ask.failed {
            pairs.append_pair("failed", "true");
        }
        pairs.append_pair("days", &ask.days.unwrap_or(30).to_string());
        at.visit.to(&format!("tlsrpt/reports?{}", pairs.append_pair("before", &next.to_string()).finish()))
    });
    Ok(at.render(&Reports {
        page,
        tab: "reports",
        domain: ask.domain.unwrap_or_default(),
        sender: ask.sender.unwrap_or_default(),
        day: ask.day.unwrap_or_default(),
        failed: ask.failed,
        days: ask.days.unwrap_or(30),
        rows: found.rows,
        older,
    }))
}

#[derive(Template)]
#[template(path = "tlsrpt_report.html")]
struct Report<'a> {
    page: Page<'a>,
    tab: &'static str,
    report: TlsReportDetail,
    share: String,
    /// Policies that are not shown.
    hidden: usize,
    /// None where it is too long for a page.
    document: Option<String>,
}

/// `GET tlsrpt/reports/ID`: one report, whole.
pub(super) async fn report(at: &At, id: &str) -> Result<Response, OpError> {
    let id = id.parse().map_err(|_| OpError::not_found(format!("{id:?} is no number of a report")))?;
    let query = at.query();
    let page = at.page(PLACE, format!("TLS report {id}"));
    query.finish()?;
    let mut report = at.dispatch().call(&TlsReport { id }).await?;
    let hidden = report.policies.len().saturating_sub(MAX_POLICIES);
    report.policies.truncate(MAX_POLICIES);
    let document = serde_json::to_string_pretty(&report.document).map_err(OpError::failed)?;
    let all = report.row.successful.saturating_add(report.row.failed);
    let share = percent(report.row.failed, all);
    let document = (document.len() <= MAX_DOCUMENT).then_some(document);
    Ok(at.render(&Report { page, tab: "reports", report, share, hidden, document }))
}
