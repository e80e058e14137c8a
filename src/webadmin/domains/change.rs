//! Changes of `domains.conf` by forms: first what would change, and when that was seen and confirmed, the change.

use askama::Template;
use mox_admin::ops::ConfigChanged;
use mox_admin::{OpError, Operation};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use crate::At;

/// A change that a form asks for.
pub(crate) struct Ask {
    /// The place of the page.
    pub(crate) place: &'static str,
    /// What it is, as a heading.
    pub(crate) title: String,
    /// What it means.
    pub(crate) text: String,
    /// Path that the form posts to, below the base.
    pub(crate) action: String,
    /// What the form said.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// What the button says.
    pub(crate) button: &'static str,
    /// Whether something is lost by it.
    pub(crate) danger: bool,
    /// Path to go to instead, below the base.
    pub(crate) back: String,
    /// Path to go to afterwards, below the base.
    pub(crate) done: String,
}

/// A line of a unified diff.
pub(crate) struct Line<'a> {
    /// `add`, `del`, `hunk`, or nothing.
    pub(crate) class: &'static str,
    pub(crate) text: &'a str,
}

#[derive(Template)]
#[template(path = "domains_change.html")]
struct Preview<'a> {
    page: Page<'a>,
    ask: &'a Ask,
    changed: &'a ConfigChanged,
    diff: Vec<Line<'a>>,
    action: String,
    back: String,
}

/// Whether a form was confirmed.
pub(crate) fn confirmed(form: &Query) -> bool {
    form.get("confirm") == Some("yes")
}

/// Makes a change that was confirmed; else shows what it would be. `op` makes the operation, dry or not.
pub(crate) async fn make<Op: Operation<Reply = ConfigChanged>>(
    at: &At,
    confirmed: bool,
    ask: Ask,
    op: impl Fn(bool) -> Op,
) -> Result<Response, OpError> {
    if confirmed {
        at.dispatch().call(&op(false)).await?;
        return Ok(at.go(&ask.done));
    }
    let changed = at.dispatch().call(&op(true)).await?;
    let preview = Preview {
        page: at.page(ask.place, ask.title.clone()),
        diff: lines(&changed.diff),
        action: at.visit.to(&ask.action),
        back: at.visit.to(&ask.back),
        changed: &changed,
        ask: &ask,
    };
    Ok(at.render(&preview))
}

/// The lines of a unified diff.
pub(crate) fn lines(diff: &str) -> Vec<Line<'_>> {
    let class = |text: &str| match text.as_bytes().first() {
        _ if text.starts_with("+++") || text.starts_with("---") || text.starts_with("@@") => "hunk",
        Some(b'+') => "add",
        Some(b'-') => "del",
        _ => "",
    };
    diff.lines().map(|text| Line { class: class(text), text }).collect()
}
