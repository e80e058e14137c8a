//! Messages that left the queue, the latest first.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{QueueEnd, RetiredList, RetiredRow};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use super::filter::{address, key, key_text, local, moment, text};
use super::{ROWS, cut};
use crate::At;

#[derive(Template)]
#[template(path = "queue_retired.html")]
struct List<'a> {
    page: Page<'a>,
    /// The fields of the form that are set.
    set: Vec<(&'static str, String)>,
    rows: Vec<RetiredRow>,
    next: Option<String>,
    first: Option<String>,
}

impl List<'_> {
    fn text(&self, name: &str) -> &str {
        self.set.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

fn end_text(end: QueueEnd) -> &'static str {
    match end {
        QueueEnd::Delivered => "delivered",
        QueueEnd::Failed => "failed",
        QueueEnd::Gone => "gone",
    }
}

/// The list that an address asks for.
fn read(query: &Query) -> Result<RetiredList, OpError> {
    let text = |name| text(query, name);
    let ends = [QueueEnd::Delivered, QueueEnd::Failed, QueueEnd::Gone];
    let end = query.get("end").map(|wanted| {
        let found = ends.into_iter().find(|end| end_text(*end) == wanted);
        found.ok_or_else(|| OpError::usage("parameter \"end\": expected delivered, failed or gone"))
    });
    Ok(RetiredList {
        account: text("account"),
        from: text("from"),
        to: text("to"),
        end: end.transpose()?,
        ended_before: moment(query, "ended_before")?,
        ended_after: moment(query, "ended_after")?,
        after: key(query)?,
        limit: Some(ROWS + 1),
    })
}

fn pairs(list: &RetiredList) -> Vec<(&'static str, String)> {
    let all = [
        ("account", list.account.clone()),
        ("from", list.from.clone()),
        ("to", list.to.clone()),
        ("end", list.end.map(|end| end_text(end).to_owned())),
        ("ended_before", list.ended_before.as_ref().map(local)),
        ("ended_after", list.ended_after.as_ref().map(local)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `GET queue/retired`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let list = read(&query)?;
    query.finish()?;
    let mut rows = at.dispatch().call(&list).await?;
    let more = cut(&mut rows);
    let set = pairs(&list);
    let path = |more: &[(&str, &str)]| {
        let set = set.iter().map(|(name, value)| (*name, value.as_str()));
        at.visit.to(&address("queue/retired", set.chain(more.iter().copied())))
    };
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| path(&[("after", &key_text(&row.ended, row.id))]));
    let first = list.after.map(|_| path(&[]));
    let page = at.page("queue", "Retired messages");
    Ok(at.render(&List { page, set, rows, next, first }))
}
