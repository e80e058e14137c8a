//! One message, queued or gone: what it is, its attempts with their TLS, what happened and what comes next.

use askama::Template;
use mox_admin::ops::{
    ExplainLine, QueueAttempt, QueueDump, QueueExplain, QueueRow, QueueShow, RetiredRow, RetiredShow,
};
use mox_admin::{ErrorKind, OpError};
use mox_httpserver::Response;
use mox_web::{Page, download};

use super::note;
use crate::At;

#[derive(Template)]
#[template(path = "queue_one.html")]
struct One<'a> {
    page: Page<'a>,
    id: i64,
    /// While it is queued.
    queued: Option<QueueRow>,
    /// After it left.
    retired: Option<RetiredRow>,
    tries: Vec<QueueAttempt>,
    lines: Vec<ExplainLine>,
}

/// `GET queue/ID`
pub(super) async fn page(at: &At, id: i64) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query)?;
    query.finish()?;
    let (queued, retired, tries) = match at.dispatch().call(&QueueShow { id }).await {
        Ok(found) => (Some(found.row), None, found.tries),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let found = at.dispatch().call(&RetiredShow { id }).await.map_err(|gone| match gone.kind {
                ErrorKind::NotFound => OpError::not_found(format!("no message {id} is or lately was queued")),
                _ => gone,
            })?;
            (None, Some(found.row), found.tries)
        }
        Err(error) => return Err(error),
    };
    let lines = at.dispatch().call(&QueueExplain { id }).await?.lines;
    let page = at.page("queue", format!("Queue entry {id}")).notice(notice);
    Ok(at.render(&One { page, id, queued, retired, tries, lines }))
}

/// `GET queue/ID/message`: as it will be sent.
pub(super) async fn message(at: &At, id: i64) -> Result<Response, OpError> {
    at.query().finish()?;
    let bytes = at.dispatch().call_raw(&QueueDump { id }).await?;
    Ok(download::save("message/rfc822", &format!("queue-{id}.eml"), bytes))
}
