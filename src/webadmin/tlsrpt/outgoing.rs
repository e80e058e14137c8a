//! What will be sent and why not; one policy domain in whole; sending without waiting for the time.

use std::collections::BTreeSet;

use askama::Template;
use mox_admin::ops::{
    ReportExplain, ReportFamily, ReportPreview, ReportPreviewRow, ReportPreviewed, ReportSendNow, ReportSent,
    ReportStep, ReportWithheld, TlsOutlook, TlsOutlookRow, TlsSent, TlsSentRow,
};
use mox_admin::{ErrorKind, OpError};
use mox_httpserver::Response;
use mox_web::Page;

use super::{PLACE, needed};
use crate::At;

/// Most reports that a page shows in whole, and longest document.
const MAX_SHOWN: usize = 10;
const MAX_DOCUMENT: usize = 128 << 10;
/// Most lines of what was done.
const MAX_SENT: usize = 500;
/// Reports of before that the page of a domain lists.
const BEFORE: u32 = 10;

#[derive(Template)]
#[template(path = "tlsrpt_outgoing.html")]
struct Outgoing<'a> {
    page: Page<'a>,
    tab: &'static str,
    rows: Vec<TlsOutlookRow>,
    next: Option<String>,
    /// Of which something would be sent.
    days: BTreeSet<String>,
}

/// `GET tlsrpt/outgoing`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Reports to send");
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let found = at.dispatch().call(&TlsOutlook { after, limit: None }).await?;
    let sent = found.rows.iter().filter(|row| row.state == "will-send");
    let days = sent.map(|row| row.day.clone()).collect();
    Ok(at.render(&Outgoing { page, tab: "outgoing", rows: found.rows, next: found.next, days }))
}

/// A report as it would be made now.
struct Shown {
    row: ReportPreviewRow,
    /// None where it is too long for a page.
    text: Option<String>,
}

#[derive(Template)]
#[template(path = "tlsrpt_about.html")]
struct About<'a> {
    page: Page<'a>,
    tab: &'static str,
    domain: String,
    steps: Vec<ReportStep>,
    reports: Vec<Shown>,
    hidden: usize,
    /// Of which something would be sent.
    days: BTreeSet<String>,
    /// What would not, and why.
    withheld: Vec<ReportWithheld>,
    before: Vec<TlsSentRow>,
}

/// `GET tlsrpt/about?domain=`: all that decides about the reports of one policy domain.
pub(super) async fn about(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let domain = needed(&query, "domain", "domain")?;
    let page = at.page(PLACE, format!("Reports to {domain}"));
    query.finish()?;
    let family = ReportFamily::Tls;
    let explain = ReportExplain { family, domain: domain.clone() };
    let steps = at.dispatch().call(&explain).await?.steps;
    let preview = ReportPreview { family, domain: Some(domain.clone()), day: None };
    let ReportPreviewed { mut reports, withheld } = match at.dispatch().call(&preview).await {
        Ok(previewed) => previewed,
        // Nothing waits: the steps say so.
        Err(error) if error.kind == ErrorKind::NotFound => ReportPreviewed::default(),
        Err(error) => return Err(error),
    };
    let days = reports.iter().map(|row| row.day.clone()).collect();
    let hidden = reports.len().saturating_sub(MAX_SHOWN);
    reports.truncate(MAX_SHOWN);
    let reports = reports.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let before = TlsSent { domain: Some(domain.clone()), before: None, limit: Some(BEFORE) };
    let before = at.dispatch().call(&before).await?.rows;
    let tab = "outgoing";
    Ok(at.render(&About { page, tab, domain, steps, reports, hidden, days, withheld, before }))
}

fn shown(row: ReportPreviewRow) -> Result<Shown, OpError> {
    let text = serde_json::to_string_pretty(&row.document).map_err(OpError::failed)?;
    Ok(Shown { row, text: (text.len() <= MAX_DOCUMENT).then_some(text) })
}

#[derive(Template)]
#[template(path = "tlsrpt_done.html")]
struct Told<'a> {
    page: Page<'a>,
    tab: &'static str,
    dry_run: bool,
    sent: Vec<ReportSent>,
    more: usize,
}

/// `POST tlsrpt/send`: sends now, or says what would be sent. The answer tells of each report; to send again is
/// harmless, for a day is reported once.
pub(super) async fn send(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let [domain, day, to] =
        ["domain", "day", "to"].map(|name| form.get(name).unwrap_or_default().trim().to_owned());
    let (sample, dry_run) = (form.flag("sample")?, form.flag("dry_run")?);
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if !confirmed && !dry_run {
        return Ok(ask(at, domain, day, to, sample));
    }
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let op = ReportSendNow {
        family: ReportFamily::Tls,
        domains: some(&domain).into_iter().collect(),
        day: some(&day),
        dry_run,
        to: some(&to),
        sample,
    };
    let mut sent = at.dispatch().call(&op).await?;
    let more = sent.len().saturating_sub(MAX_SENT);
    sent.truncate(MAX_SENT);
    let title = if dry_run { "What would be sent" } else { "What was sent" };
    let page = at.page("tlsrpt", title);
    Ok(at.render(&Told { page, tab: "outgoing", dry_run, sent, more }))
}

/// Asks before something leaves that cannot be called back.
fn ask(at: &At, domain: String, day: String, to: String, sample: bool) -> Response {
    let what = match (sample, domain.as_str()) {
        (true, domain) => format!("A made-up report about {domain}"),
        (false, "") => "The reports about all domains and hosts with results".to_owned(),
        (false, domain) => format!("The report about {domain}"),
    };
    let day_text = if day.is_empty() { "yesterday" } else { &day };
    let of = if sample { String::new() } else { format!(" of {day_text}") };
    let where_to = match to.as_str() {
        "" => "where the domains publish".to_owned(),
        to => format!("{to}, and nowhere else"),
    };
    let text = format!("{what}{of} will be sent now to: {where_to}. What is sent cannot be called back.");
    let back = match domain.as_str() {
        "" => "tlsrpt/outgoing".to_owned(),
        domain => {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("domain", domain).finish();
            format!("tlsrpt/about?{query}")
        }
    };
    let mut fields = vec![("domain", domain), ("day", day), ("to", to)];
    if sample {
        fields.push(("sample", "true".to_owned()));
    }
    at.confirm("tlsrpt", text, "tlsrpt/send", fields, "Send now", &back)
}
