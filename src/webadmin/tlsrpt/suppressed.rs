//! Destinations that get no reports for a while: the list, and its changes. It is one list for reports of both kinds.

use askama::Template;
use mox_admin::ops::{
    ReportSuppressAdd, ReportSuppressExtend, ReportSuppressRemove, ReportSuppressRow, TlsSuppressed,
};
use mox_admin::{OpError, Time};
use mox_clock::Day;
use mox_httpserver::Response;
use mox_web::{Page, Query};

use super::{needed, titled};
use crate::At;

/// Longest comment, in characters.
const MAX_COMMENT: usize = 500;

#[derive(Template)]
#[template(path = "tlsrpt_suppressed.html")]
struct List<'a> {
    page: Page<'a>,
    tab: &'static str,
    rows: Vec<ReportSuppressRow>,
    next: Option<String>,
}

/// `GET tlsrpt/suppressed`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let page = titled(at, &query, "Suppressed destinations");
    let after = query.get("after").map(str::to_owned);
    query.finish()?;
    let found = at.dispatch().call(&TlsSuppressed { after, limit: None }).await?;
    Ok(at.render(&List { page, tab: "suppressed", rows: found.rows, next: found.next }))
}

/// The time in a form: the begin of a day, UTC.
fn until(form: &Query) -> Result<Time, OpError> {
    let text = needed(form, "until", "day it lasts until")?;
    let day: Result<Day, ()> = text.parse();
    let wrong = |()| OpError::usage(format!("until: {text:?} is no day")).hint("write it as 2026-12-31");
    Ok(Time(day.map_err(wrong)?.start()))
}

/// `POST tlsrpt/suppressed/add`
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let (uri, until) = (needed(&form, "uri", "destination")?, until(&form)?);
    let comment = form.get("comment").unwrap_or_default().trim().to_owned();
    form.finish()?;
    if comment.chars().count() > MAX_COMMENT {
        let error = OpError::usage(format!("the comment is longer than {MAX_COMMENT} characters"));
        return Err(error.hint("shorten it"));
    }
    at.dispatch().call(&ReportSuppressAdd { uri, until, comment, dry_run: false }).await?;
    Ok(at.go("tlsrpt/suppressed?note=suppressed"))
}

/// `POST tlsrpt/suppressed/extend`
pub(super) async fn extend(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let (uri, until) = (needed(&form, "uri", "destination")?, until(&form)?);
    form.finish()?;
    at.dispatch().call(&ReportSuppressExtend { uri, until, dry_run: false }).await?;
    Ok(at.go("tlsrpt/suppressed?note=extended"))
}

/// `POST tlsrpt/suppressed/remove`
pub(super) async fn remove(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let uri = needed(&form, "uri", "destination")?;
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if !confirmed {
        let text = format!("{uri} will get reports again, and what failed before is forgotten.");
        let fields = vec![("uri", uri)];
        let (action, back) = ("tlsrpt/suppressed/remove", "tlsrpt/suppressed");
        return Ok(at.confirm("tlsrpt", text, action, fields, "Send reports again", back));
    }
    at.dispatch().call(&ReportSuppressRemove { uri, dry_run: false }).await?;
    Ok(at.go("tlsrpt/suppressed?note=removed"))
}
