//! Reports that were sent, and results that were discarded.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{TlsSent, TlsSentRow};
use mox_httpserver::Response;
use mox_web::Page;

use super::PLACE;
use crate::At;

#[derive(Template)]
#[template(path = "tlsrpt_sent.html")]
struct Sent<'a> {
    page: Page<'a>,
    tab: &'static str,
    domain: String,
    rows: Vec<TlsSentRow>,
    next: Option<i64>,
}

/// `GET tlsrpt/sent`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Sent TLS reports");
    let domain = query.get("domain").map(|text| text.trim().to_owned());
    let before = query.value("before")?;
    query.finish()?;
    let found = at.dispatch().call(&TlsSent { domain: domain.clone(), before, limit: None }).await?;
    let domain = domain.unwrap_or_default();
    Ok(at.render(&Sent { page, tab: "sent", domain, rows: found.rows, next: found.next }))
}
