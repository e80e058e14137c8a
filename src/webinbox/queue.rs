//! The queue: what waits to leave, why, and what can be done about it.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    ExplainLine, QueueDrop, QueueExplain, QueueFail, QueueFilter, QueueHold, QueueList, QueueRow,
    QueueSchedule, QueueUnhold, When,
};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::render;
use mox_web::{Page, Query, see_other};

use crate::Pages;
use crate::listing::note;
use crate::view::Steps;

/// Rows that the page shows.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue<'a> {
    page: Page<'a>,
    rows: Vec<QueueRow>,
    /// There are more than are shown.
    more: bool,
}

#[derive(Template)]
#[template(path = "queued.html")]
struct Queued<'a> {
    page: Page<'a>,
    id: i64,
    /// None when it has left the queue.
    row: Option<QueueRow>,
    lines: Vec<ExplainLine>,
}

/// `GET /queue`
pub(crate) async fn page(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let notice = note(&query)?;
    query.finish()?;
    let mut rows = pages.dispatch.call(&QueueList { limit: Some(ROWS + 1), ..QueueList::default() }).await?;
    let shown = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let page = Page::new(&pages.site, "/queue", "Queue").notice(notice);
    Ok(render(StatusCode::OK, &Queue { page, rows, more }))
}

/// `GET /queue/ID`: what happened to it so far, also some days after it left.
pub(crate) async fn explain(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let notice = note(&query)?;
    query.finish()?;
    let lines = pages.dispatch.call(&QueueExplain { id }).await?.lines;
    let list = QueueList { filter: one(id), limit: Some(1), ..QueueList::default() };
    // Ids that do not exist may be an error: then it has left.
    let row = pages.dispatch.call(&list).await.unwrap_or_default().into_iter().next();
    let page = Page::new(&pages.site, "/queue", format!("Queue entry {id}")).notice(notice);
    Ok(render(StatusCode::OK, &Queued { page, id, row, lines }))
}

fn one(id: i64) -> QueueFilter {
    QueueFilter { ids: vec![id], ..QueueFilter::default() }
}

/// `POST /queue/ID`
pub(crate) async fn change(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let action = form.get("action").unwrap_or_default().to_owned();
    let _ = form.get("confirm");
    form.finish()?;
    let (filter, dry_run) = (one(id), false);
    match action.as_str() {
        "now" => pages.dispatch.call(&QueueSchedule { filter, when: When::InMs(0), dry_run }).await?,
        "hold" => pages.dispatch.call(&QueueHold { filter, dry_run }).await?,
        "unhold" => pages.dispatch.call(&QueueUnhold { filter, dry_run }).await?,
        "fail" => pages.dispatch.call(&QueueFail { filter, dry_run }).await?,
        "drop" => pages.dispatch.call(&QueueDrop { filter, dry_run }).await?,
        other => return Err(OpError::usage(format!("there is no action {other:?}"))),
    };
    Ok(see_other(&match action.as_str() {
        "drop" => "/queue?note=done".to_owned(),
        _ => format!("/queue/{id}?note=done"),
    }))
}
