//! The list of the queue: by filter, in order, page by page.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{QueueList, QueueRow, QueueSort};
use mox_httpserver::Response;
use mox_web::Page;

use super::filter::{Listing, key_text};
use super::{ROWS, cut, note};
use crate::At;

#[derive(Template)]
#[template(path = "queue_list.html")]
struct List<'a> {
    page: Page<'a>,
    listing: Listing,
    rows: Vec<QueueRow>,
    /// The page after this one.
    next: Option<String>,
    /// The first page, from others.
    first: Option<String>,
}

/// `GET queue`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let listing = Listing::read(&query)?;
    let notice = note(&query)?;
    query.finish()?;
    let list = QueueList {
        filter: listing.filter.clone(),
        sort: listing.sort,
        descending: listing.descending,
        after: listing.after,
        limit: Some(ROWS + 1),
    };
    let mut rows = at.dispatch().call(&list).await?;
    let more = cut(&mut rows);
    let last = rows.last().filter(|_| more).map(|row| match listing.sort {
        QueueSort::NextAttempt => key_text(&row.next_attempt, row.id),
        QueueSort::Queued => key_text(&row.queued, row.id),
    });
    let next = last.map(|key| at.visit.to(&listing.path(&[("after", &key)])));
    let first = listing.after.map(|_| at.visit.to(&listing.path(&[])));
    let page = at.page("queue", "Queue").notice(notice);
    Ok(at.render(&List { page, listing, rows, next, first }))
}
