//! Destinations that get no reports for a while, about whatever: add, move the end, remove.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    DmarcSuppressed, DmarcSuppressedPage, ReportSuppressAdd, ReportSuppressExtend, ReportSuppressRemove,
};
use mox_httpserver::Response;
use mox_web::Page;

use super::readiness::day;
use super::{PLACE, note};
use crate::At;

/// Where the list is.
const LIST: &str = "dmarc/suppressed";

#[derive(Template)]
#[template(path = "dmarc_suppressed.html")]
struct Suppressed<'a> {
    page: Page<'a>,
    found: DmarcSuppressedPage,
}

/// `GET dmarc/suppressed`
pub(super) async fn list(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let after = query.get("after").map(str::to_owned);
    let notice = note(&query);
    query.finish()?;
    let found = at.dispatch().call(&DmarcSuppressed { after, limit: None }).await?;
    Ok(at.render(&Suppressed { page: at.page(PLACE, "Suppressed destinations").notice(notice), found }))
}

fn needed(value: Option<&str>, what: &str, next: &str) -> Result<String, OpError> {
    value.map(str::to_owned).ok_or_else(|| OpError::usage(format!("{what} is missing")).hint(next))
}

fn destination(value: Option<&str>) -> Result<String, OpError> {
    needed(value, "the destination", "write it as mailto:reports@example.org")
}

fn end(value: Option<&str>) -> Result<String, OpError> {
    needed(value, "the day until which it is suppressed", "write it as 2026-12-24")
}

/// `POST dmarc/suppress`
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let uri = destination(form.get("uri"))?;
    let until = day(&end(form.get("until"))?)?;
    let comment = form.get("comment").unwrap_or_default().to_owned();
    form.finish()?;
    at.dispatch().call(&ReportSuppressAdd { uri, until, comment, dry_run: false }).await?;
    Ok(at.go(&format!("{LIST}?note=suppressed")))
}

/// `POST dmarc/extend`
pub(super) async fn extend(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let uri = destination(form.get("uri"))?;
    let until = day(&end(form.get("until"))?)?;
    form.finish()?;
    at.dispatch().call(&ReportSuppressExtend { uri, until, dry_run: false }).await?;
    Ok(at.go(&format!("{LIST}?note=extended")))
}

/// `POST dmarc/unsuppress`
pub(super) async fn remove(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let uri = destination(form.get("uri"))?;
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if !confirmed {
        let text = format!("{uri} will get reports again, and its failures so far are forgotten.");
        let fields = vec![("uri", uri)];
        return Ok(at.confirm(PLACE, text, "dmarc/unsuppress", fields, "Remove", LIST));
    }
    at.dispatch().call(&ReportSuppressRemove { uri, dry_run: false }).await?;
    Ok(at.go(&format!("{LIST}?note=removed")))
}
