//! What we report: evaluations that are collected, what would become of them, sending now, what was sent.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    DmarcCollected, DmarcCollectedDetail, DmarcCollectedPage, DmarcCollectedShow, DmarcOutlook,
    DmarcOutlookPage, DmarcOutlookRow, DmarcReportCause, DmarcSent, DmarcSentPage, ReportExplain,
    ReportExplanation, ReportFamily, ReportPreview, ReportPreviewRow, ReportPreviewed, ReportSendNow,
    ReportSent,
};
use mox_httpserver::Response;
use mox_web::Page;

use super::received::{causes, policy};
use super::{Filter, PLACE, note};
use crate::At;

/// Characters of a document that are shown.
const MAX_DOCUMENT: usize = 65_536;

#[derive(Template)]
#[template(path = "dmarc_collected.html")]
struct Collected<'a> {
    page: Page<'a>,
    filter: Filter,
    found: DmarcCollectedPage,
}

/// `GET dmarc/collected`
pub(super) async fn collected(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter { domain: query.get("domain").map(str::to_owned), days: None };
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let op = DmarcCollected { domain: filter.domain.clone(), after, limit: None };
    let found = at.dispatch().call(&op).await?;
    Ok(at.render(&Collected { page: at.page(PLACE, "Collected evaluations"), filter, found }))
}

#[derive(Template)]
#[template(path = "dmarc_collected_one.html")]
struct CollectedOne<'a> {
    page: Page<'a>,
    found: DmarcCollectedDetail,
    causes: Vec<DmarcReportCause>,
}

impl CollectedOne<'_> {
    /// A policy in one line.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn line(&self, value: &serde_json::Value) -> String {
        let fields = policy(value).into_iter().map(|(name, value)| format!("{name}={value}"));
        fields.collect::<Vec<_>>().join("; ")
    }
}

/// `GET dmarc/collected/DAY/DOMAIN`
pub(super) async fn collected_one(at: &At, day: &str, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let op = DmarcCollectedShow { domain: domain.to_owned(), day: day.to_owned(), after, limit: None };
    let found = at.dispatch().call(&op).await?;
    let causes = causes(found.records.iter().map(|one| &one.record));
    let page = at.page(PLACE, format!("Collected about {domain} on {day}"));
    Ok(at.render(&CollectedOne { page, found, causes }))
}

#[derive(Template)]
#[template(path = "dmarc_outlook.html")]
struct Outlook<'a> {
    page: Page<'a>,
    filter: Filter,
    found: DmarcOutlookPage,
}

/// `GET dmarc/outlook`
pub(super) async fn outlook(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter { domain: query.get("domain").map(str::to_owned), days: None };
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let found =
        at.dispatch().call(&DmarcOutlook { domain: filter.domain.clone(), after, limit: None }).await?;
    Ok(at.render(&Outlook { page: at.page(PLACE, "Reports to send"), filter, found }))
}

#[derive(Template)]
#[template(path = "dmarc_explain.html")]
struct Explain<'a> {
    page: Page<'a>,
    domain: &'a str,
    found: ReportExplanation,
    /// What waits for a report, of each day.
    waiting: Vec<DmarcOutlookRow>,
}

impl Explain<'_> {
    /// What would be sent now, or what would not.
    fn would(&self, send: bool) -> impl Iterator<Item = &DmarcOutlookRow> {
        self.waiting.iter().filter(move |row| (row.state == "will-send") == send)
    }
}

/// `GET dmarc/explain/DOMAIN`
pub(super) async fn explain(at: &At, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query);
    query.finish()?;
    let op = ReportExplain { family: ReportFamily::Dmarc, domain: domain.to_owned() };
    let found = at.dispatch().call(&op).await?;
    let waiting = DmarcOutlook { domain: Some(domain.to_owned()), after: None, limit: None };
    let waiting = at.dispatch().call(&waiting).await?.rows;
    let page = at.page(PLACE, format!("Reports to {domain}")).notice(notice);
    Ok(at.render(&Explain { page, domain, found, waiting }))
}

#[derive(Template)]
#[template(path = "dmarc_preview.html")]
struct Preview<'a> {
    page: Page<'a>,
    day: &'a str,
    domain: &'a str,
    found: ReportPreviewed,
}

impl Preview<'_> {
    /// The begin of a document.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn text(&self, row: &ReportPreviewRow) -> String {
        row.document.as_str().unwrap_or_default().chars().take(MAX_DOCUMENT).collect()
    }

    /// Whether there is more of it.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn is_cut(&self, row: &ReportPreviewRow) -> bool {
        row.document.as_str().unwrap_or_default().chars().nth(MAX_DOCUMENT).is_some()
    }
}

/// `GET dmarc/preview/DAY/DOMAIN`
pub(super) async fn preview(at: &At, day: &str, domain: &str) -> Result<Response, OpError> {
    at.query().finish()?;
    let (family, of) = (ReportFamily::Dmarc, domain.to_owned());
    let op = ReportPreview { family, domain: Some(of), day: Some(day.to_owned()) };
    let found = at.dispatch().call(&op).await?;
    let page = at.page(PLACE, format!("Report about {domain} on {day}"));
    Ok(at.render(&Preview { page, day, domain, found }))
}

#[derive(Template)]
#[template(path = "dmarc_sent.html")]
struct Sent<'a> {
    page: Page<'a>,
    filter: Filter,
    found: DmarcSentPage,
}

/// `GET dmarc/sent`
pub(super) async fn sent(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter { domain: query.get("domain").map(str::to_owned), days: None };
    let before = query.value("before")?;
    query.finish()?;
    let found = at.dispatch().call(&DmarcSent { domain: filter.domain.clone(), before, limit: None }).await?;
    Ok(at.render(&Sent { page: at.page(PLACE, "Sent DMARC reports"), filter, found }))
}

/// `POST dmarc/send`: says first what would be done.
pub(super) async fn send(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let domain = form.get("domain").map(str::to_owned);
    let day = form.get("day").map(str::to_owned);
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    let domain =
        domain.ok_or_else(|| OpError::usage("no domain is named").hint("write the policy domain"))?;
    let op = ReportSendNow {
        family: ReportFamily::Dmarc,
        domains: vec![domain.clone()],
        day: day.clone(),
        dry_run: !confirmed,
        ..ReportSendNow::default()
    };
    let done = at.dispatch().call(&op).await?;
    // In the spelling of the reply, which is that of addresses; without one there is nothing to explain.
    let Some(first) = done.first() else {
        let none = OpError::not_found(format!("nothing that is collected about {domain} waits for a report"));
        return Err(none.hint("“Collected” lists what was found out, and of which day"));
    };
    let back = format!("dmarc/explain/{}", first.policy_domain);
    // There is no question to ask where nothing would be sent.
    let sends = done.iter().any(|one| one.state == "would-send");
    if confirmed || !sends {
        let note = if confirmed || first.state == "already-sealed" { &first.state } else { "withheld" };
        return Ok(at.go(&format!("{back}{}", super::query("note", note))));
    }
    let mut fields = vec![("domain", domain)];
    fields.extend(day.map(|day| ("day", day)));
    let text = done.iter().map(would).collect::<Vec<_>>().join(" ");
    Ok(at.confirm(PLACE, text, "dmarc/send", fields, "Send now", &back))
}

/// What would be done, in a sentence.
fn would(one: &ReportSent) -> String {
    let (domain, day) = (&one.policy_domain, &one.day);
    if one.state != "would-send" {
        return format!("No report about {domain} on {day} would be sent ({}): {}.", one.state, one.why);
    }
    let to = one.destinations.iter().filter(|to| to.state == "will-send").map(|to| to.uri.as_str());
    let to = to.collect::<Vec<_>>().join(", ");
    format!("The report about {domain} on {day} will be sent now to: {to}.")
}
