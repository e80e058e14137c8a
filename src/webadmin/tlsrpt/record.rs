//! The TLSRPT record of a domain, looked up now. RFC 8460 §3.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{TlsRecord, TlsRecordFound};
use mox_httpserver::Response;
use mox_web::Page;

use super::PLACE;
use crate::At;

#[derive(Template)]
#[template(path = "tlsrpt_record.html")]
struct Record<'a> {
    page: Page<'a>,
    tab: &'static str,
    domain: String,
    found: Option<TlsRecordFound>,
}

/// `GET tlsrpt/lookup`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = at.page(PLACE, "Look up a TLSRPT record");
    let domain = query.get("domain").map(|text| text.trim().to_owned()).unwrap_or_default();
    query.finish()?;
    let found = match domain.is_empty() {
        true => None,
        false => Some(at.dispatch().call(&TlsRecord { domain: domain.clone() }).await?),
    };
    Ok(at.render(&Record { page, tab: "lookup", domain, found }))
}
