//! The message itself and its parts, as other people wrote them: never as a page of ours.

use mox_admin::OpError;
use mox_admin::ops::{MessageCat, MessageHtml, MessagePart, MessageShow};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::answer::answer;
use mox_web::{Query, download, raw as shown};

use crate::Pages;

/// The policy of HTML of a message: a document of no origin, with its own images and style and nothing else, which only
/// our page may frame. A link that a person follows opens a window of its own, which owes nothing to this one: without
/// scripts nothing else opens any.
const HTML_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                           img-src data:; style-src 'unsafe-inline'; \
                           form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// `GET /message/ID/html`: what the frame of the message shows.
pub(crate) async fn html(pages: &Pages, id: i64) -> Result<Response, OpError> {
    let document = pages.dispatch.call_raw(&MessageHtml { id }).await?;
    Ok(answer(StatusCode::OK, "text/html; charset=utf-8", HTML_POLICY, document.into()))
}

/// `GET /message/ID/raw`: the source; with `download` as a file.
pub(crate) async fn raw(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let save = query.flag("download")?;
    query.finish()?;
    let message = pages.dispatch.call_raw(&MessageCat { id }).await?;
    Ok(if save {
        download::save("message/rfc822", &format!("message-{id}.eml"), message)
    } else {
        shown("text/plain; charset=utf-8", message)
    })
}

/// `GET /message/ID/part/1.2`: a part as a file; with `inline` an image as an image.
pub(crate) async fn part(pages: &Pages, id: i64, part: &str, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let inline = query.flag("inline")?;
    query.finish()?;
    let message = pages.dispatch.call(&MessageShow { id }).await?;
    let row = message.parts.iter().find(|row| row.part == part);
    let row = row.ok_or_else(|| OpError::not_found(format!("message {id} has no such part")))?;
    let bytes = pages.dispatch.call_raw(&MessagePart { id, part: row.part.clone() }).await?;
    let name = row.filename.clone().unwrap_or_else(|| format!("message-{id}-part-{}", row.part));
    Ok(if inline {
        download::show_image(&row.content_type, &name, bytes)
    } else {
        download::save(&row.content_type, &name, bytes)
    })
}
