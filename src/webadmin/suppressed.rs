//! Destinations that get no reports for a while: the list, and its changes. It is one list for reports of both kinds,
//! which the pages of both show.

use askama::Template;
use mox_admin::ops::{
    ReportSuppressAdd, ReportSuppressExtend, ReportSuppressRemove, ReportSuppressRow, ReportSuppressed,
};
use mox_admin::{OpError, Time};
use mox_clock::Day;
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::At;
use crate::tlsrpt::needed;

/// Longest comment, in characters.
const MAX_COMMENT: usize = 500;

/// Pages that show the list, and the paths that they have for it.
pub(crate) struct Shown {
    /// The place that the list stands at, and the name of its tab there.
    pub(crate) place: &'static str,
    pub(crate) tab: &'static str,
    pub(crate) list: &'static str,
    pub(crate) add: &'static str,
    pub(crate) extend: &'static str,
    pub(crate) remove: &'static str,
}

#[derive(Template)]
#[template(path = "suppressed.html")]
struct List<'a> {
    page: Page<'a>,
    shown: &'a Shown,
    tab: &'static str,
    rows: Vec<ReportSuppressRow>,
    next: Option<String>,
}

/// What a form did, as the list says it afterwards.
fn note(query: &Query) -> Option<String> {
    let text = match query.get("note")? {
        "suppressed" => "The destination gets no reports until then",
        "extended" => "The end of the suppression was moved",
        "removed" => "The destination gets reports again",
        _ => return None,
    };
    Some(text.to_owned())
}

impl Shown {
    /// `GET` of the list.
    pub(crate) async fn page(&self, at: &At) -> Result<Response, OpError> {
        let query = at.query();
        let page = at.page(self.place, "Suppressed destinations").notice(note(&query));
        let after = query.get("after").map(str::to_owned);
        query.finish()?;
        let found = at.dispatch().call(&ReportSuppressed { after, limit: None }).await?;
        let list = List { page, shown: self, tab: self.tab, rows: found.rows, next: found.next };
        Ok(at.render(&list))
    }

    /// A form that suppresses a destination.
    pub(crate) async fn add(&self, at: &At) -> Result<Response, OpError> {
        let form = at.form();
        let (uri, until) = (needed(&form, "uri", "destination")?, until(&form)?);
        let comment = form.get("comment").unwrap_or_default().trim().to_owned();
        form.finish()?;
        if comment.chars().count() > MAX_COMMENT {
            let error = OpError::usage(format!("the comment is longer than {MAX_COMMENT} characters"));
            return Err(error.hint("shorten it"));
        }
        at.dispatch().call(&ReportSuppressAdd { uri, until, comment, dry_run: false }).await?;
        Ok(at.go(&format!("{}?note=suppressed", self.list)))
    }

    /// A form that moves the end of a suppression.
    pub(crate) async fn extend(&self, at: &At) -> Result<Response, OpError> {
        let form = at.form();
        let (uri, until) = (needed(&form, "uri", "destination")?, until(&form)?);
        form.finish()?;
        at.dispatch().call(&ReportSuppressExtend { uri, until, dry_run: false }).await?;
        Ok(at.go(&format!("{}?note=extended", self.list)))
    }

    /// A form that ends a suppression; it asks first.
    pub(crate) async fn remove(&self, at: &At) -> Result<Response, OpError> {
        let form = at.form();
        let uri = needed(&form, "uri", "destination")?;
        let confirmed = form.get("confirm").is_some();
        form.finish()?;
        if !confirmed {
            let text = format!("{uri} will get reports again, and what failed before is forgotten.");
            let fields = vec![("uri", uri)];
            let button = "Send reports again";
            return Ok(at.confirm(self.place, text, self.remove, fields, button, self.list));
        }
        at.dispatch().call(&ReportSuppressRemove { uri, dry_run: false }).await?;
        Ok(at.go(&format!("{}?note=removed", self.list)))
    }
}

/// The time in a form: the begin of a day, UTC.
fn until(form: &Query) -> Result<Time, OpError> {
    let text = needed(form, "until", "day it lasts until")?;
    let day: Result<Day, ()> = text.parse();
    let wrong = |()| OpError::usage(format!("until: {text:?} is not a day")).hint("write it as 2026-12-31");
    Ok(Time(day.map_err(wrong)?.start()))
}
