//! The first page: how the server is, the worst first; mail over time, queue, certificates, reports, disk.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    CertificateList, CertificateRow, Doctor, DoctorFinding, Doctored, ReportState, ReportStateRow, Status,
    StatusReport, Traffic, TrafficRow,
};
use mox_httpserver::{Method, Response};
use mox_web::chart::{Bars, Tone};
use mox_web::page::wrong_method;
use mox_web::{Page, Query};

use crate::{At, no_page};

#[cfg(test)]
#[path = "tests/overview.rs"]
mod tests;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days before the end of a certificate at which somebody should act.
const SOON: i64 = 21;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    page: Page<'a>,
    status: StatusReport,
    health: Result<Health, OpError>,
    certificates: Vec<Certificate>,
    charts: [Chart; 2],
    reports: Vec<ReportStateRow>,
}

/// What is wrong, and what is not.
struct Health {
    found: Doctored,
    /// What is to be done or known, the worst first.
    shown: Vec<DoctorFinding>,
    /// What is as it should be.
    fine: Vec<DoctorFinding>,
}

impl Health {
    fn new(mut found: Doctored) -> Health {
        let (fine, shown) = std::mem::take(&mut found.findings).into_iter().partition(|f| f.severity == "ok");
        Health { found, shown, fine }
    }
}

/// A certificate and how long it lasts.
struct Certificate {
    row: CertificateRow,
    days: Option<i64>,
}

/// Mail in and out over time, and its table: what a page compares is there, with names.
struct Chart {
    /// Stands at ids of its elements.
    id: &'static str,
    title: &'static str,
    /// What a row is: `Hour` or `Day`.
    span: &'static str,
    /// None where no mail came or went.
    bars: Option<Bars>,
    rows: Vec<TrafficRow>,
}

impl Chart {
    fn new(id: &'static str, title: &'static str, span: &'static str, rows: Vec<TrafficRow>) -> Chart {
        let came: Vec<u64> = rows.iter().map(|row| row.incoming.saturating_add(row.submitted)).collect();
        let left: Vec<u64> = rows.iter().map(|row| row.delivered).collect();
        let some = came.iter().chain(&left).any(|count| *count > 0);
        let bars = some.then(|| {
            let bars =
                Bars::new(&format!("{id}-bars"), title, rows.iter().map(|row| label(row, span)).collect());
            bars.with("in", Tone::Good, came).with("out", Tone::Soft, left).without_table()
        });
        Chart { id, title, span, bars, rows }
    }
}

/// A day as `2026-11-26`, an hour as `2026-11-26 07:00`, UTC.
fn label(row: &TrafficRow, span: &str) -> String {
    let time = row.start.to_string();
    let length = if span == "Day" { 10 } else { 16 };
    time.chars().take(length).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// The classes of the badge of a severity.
fn badge(severity: &str) -> &'static str {
    match severity {
        "error" => "badge bad",
        "warning" => "badge warn",
        "ok" => "badge good",
        _ => "badge",
    }
}

/// Answers for the path of the pages themselves.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !path.is_empty() || !at.reads() {
        return Err(no_page());
    }
    let query = at.query();
    let notice = note(&query)?;
    query.finish()?;
    let dispatch = at.dispatch();
    let status = dispatch.call(&Status {}).await?;
    let health = dispatch.call(&Doctor { online: false }).await.map(Health::new);
    let traffic = dispatch.call(&Traffic::default()).await?;
    let now = at.shared.clock.now();
    let days = |row: &CertificateRow| Some((row.not_after?.0.secs() - now.secs()).div_euclid(DAY));
    let certificates = dispatch.call(&CertificateList {}).await?;
    let overview = Overview {
        page: at.page("", "Overview").notice(notice),
        status,
        health,
        certificates: certificates.into_iter().map(|row| Certificate { days: days(&row), row }).collect(),
        charts: [
            Chart::new("hours", "Last 24 hours", "Hour", traffic.hours),
            Chart::new("days", "Last 30 days", "Day", traffic.days),
        ],
        reports: dispatch.call(&ReportState {}).await?,
    };
    Ok(at.render(&overview))
}

fn note(query: &Query) -> Result<Option<String>, OpError> {
    match query.get("note") {
        None => Ok(None),
        Some("checked") => Ok(Some("DNS and other hosts were asked.".to_owned())),
        Some(other) => Err(OpError::usage(format!("there is no note {other:?}"))),
    }
}

/// `POST doctor`: asks DNS and other hosts, too.
pub(crate) async fn doctor(at: &At, path: &[&str]) -> Result<Response, OpError> {
    if !path.is_empty() {
        return Err(no_page());
    }
    if at.request.head.method != Method::POST {
        return Ok(wrong_method(&at.site));
    }
    at.form().finish()?;
    at.dispatch().call(&Doctor { online: true }).await?;
    Ok(at.go("?note=checked"))
}
