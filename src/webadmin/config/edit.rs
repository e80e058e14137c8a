//! An edit of `domains.conf`: checked by line, compared, put in its place. A text that began as an older file than the one
//! on disk is not put over it, and is not lost.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ConfigApply, ConfigCheck, ConfigChecked, ConfigProblem, ConfigText};
use mox_httpserver::{Response, StatusCode};
use mox_web::Page;
use mox_web::page::render;

use super::{Line, PLACE, notice, numbered};
use crate::At;
use crate::domains::change;

/// Longest text, in bytes: that of `mox config apply`.
const MAX_TEXT: usize = 512 << 10;

#[derive(Template)]
#[template(path = "config_edit.html")]
struct Edit<'a> {
    page: Page<'a>,
    text: &'a str,
    /// What the text began as.
    base: &'a str,
    checked: Option<&'a ConfigChecked>,
    /// It was not put in place for another reason.
    error: Option<&'a OpError>,
    diff: Vec<change::Line<'a>>,
    lines: Vec<Line<'a>>,
}

impl Edit<'_> {
    /// The line that a problem is about.
    fn line_of(&self, problem: &ConfigProblem) -> &str {
        let found = self.lines.iter().find(|line| Some(line.number) == problem.line);
        found.map_or("", |line| line.text.trim())
    }
}

/// `GET config/edit`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = notice(&query);
    query.finish()?;
    let file = at.dispatch().call(&ConfigText {}).await?.domains;
    let page = at.page(PLACE, "Edit domains.conf").notice(notice);
    let edit = Edit {
        page,
        text: &file.text,
        base: &file.base,
        checked: None,
        error: None,
        diff: Vec::new(),
        lines: Vec::new(),
    };
    Ok(at.render(&edit))
}

/// `POST config/edit`: only checked, or with `action=apply` put in place.
pub(super) async fn edited(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let text = form.get("text").unwrap_or_default().to_owned();
    let base = form.get("base").unwrap_or_default().to_owned();
    let apply = match form.get("action") {
        Some("check") | None => false,
        Some("apply") => true,
        Some(other) => return Err(OpError::usage(format!("there is no action {other:?}"))),
    };
    form.finish()?;
    if text.len() > MAX_TEXT {
        return Err(OpError::usage(format!("the text is longer than {} kB", MAX_TEXT >> 10))
            .hint("edit the file on the server: it is read when it changes"));
    }
    let checked = at.dispatch().call(&ConfigCheck { text: text.clone(), base: base.clone() }).await?;
    if !apply || checked.stale || !checked.valid {
        let status = match (apply, checked.stale) {
            (false, _) => StatusCode::OK,
            (true, true) => StatusCode::CONFLICT,
            (true, false) => StatusCode::BAD_REQUEST,
        };
        return Ok(again(at, status, &text, &checked, None));
    }
    let apply = ConfigApply { text: text.clone(), base: Some(base), dry_run: false };
    match at.dispatch().call(&apply).await {
        Ok(changed) if changed.changed => Ok(at.go("config?note=applied")),
        Ok(_) => Ok(at.go("config?note=same")),
        Err(error) => Ok(again(at, StatusCode::CONFLICT, &text, &checked, Some(&error))),
    }
}

/// The text once more, with what became of it.
fn again(
    at: &At,
    status: StatusCode,
    text: &str,
    checked: &ConfigChecked,
    error: Option<&OpError>,
) -> Response {
    let edit = Edit {
        page: at.page(PLACE, "Edit domains.conf"),
        text,
        // Who sees what the text would undo may put it over that.
        base: &checked.base,
        diff: change::lines(&checked.diff),
        lines: numbered(text, checked.errors.iter()),
        checked: Some(checked),
        error,
    };
    render(status, &edit)
}
