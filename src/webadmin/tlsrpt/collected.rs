//! How TLS went with others, as far as no report tells of it yet.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{TlsCollected, TlsCollectedRow};
use mox_httpserver::Response;
use mox_web::Page;

use super::PLACE;
use crate::At;

#[derive(Template)]
#[template(path = "tlsrpt_collected.html")]
struct Collected<'a> {
    page: Page<'a>,
    tab: &'static str,
    day: String,
    domain: String,
    rows: Vec<TlsCollectedRow>,
    next: Option<String>,
}

/// `GET tlsrpt/collected`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Results being collected");
    let ask = TlsCollected {
        day: query.get("day").map(|text| text.trim().to_owned()),
        domain: query.get("domain").map(|text| text.trim().to_owned()),
        after: query.get("after").map(str::to_owned),
        limit: None,
    };
    query.finish()?;
    let found = at.dispatch().call(&ask).await?;
    Ok(at.render(&Collected {
        page,
        tab: "collected",
        day: ask.day.unwrap_or_default(),
        domain: ask.domain.unwrap_or_default(),
        rows: found.rows,
        next: found.next,
    }))
}
