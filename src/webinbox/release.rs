//! Releasing a message: a copy goes on to real recipients through a relay that was named at start.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{MessageDetail, MessageRelease, MessageShow, RelayList, RelayRow, ReleaseRow};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::render;
use mox_web::{Page, Query, see_other};

use crate::Pages;
use crate::listing::Listing;

#[derive(Template)]
#[template(path = "release.html")]
struct Release<'a> {
    page: Page<'a>,
    message: &'a MessageDetail,
    relays: Vec<RelayRow>,
    /// One recipient a line.
    to: String,
    /// What would go where; none before that was asked.
    plan: Option<Vec<ReleaseRow>>,
    query: String,
}

/// `GET /message/ID/release`: whom to, and through what.
pub(crate) async fn page(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing { before: None, ..Listing::read(&query)? };
    query.finish()?;
    show(pages, id, &listing, None, None).await
}

async fn show(
    pages: &Pages,
    id: i64,
    listing: &Listing,
    to: Option<String>,
    plan: Option<Vec<ReleaseRow>>,
) -> Result<Response, OpError> {
    let message = pages.dispatch.call(&MessageShow { id }).await?;
    let relays = pages.dispatch.call(&RelayList {}).await?;
    let release = Release {
        page: Page::new(&pages.site, "/", "Release"),
        relays,
        to: to.unwrap_or_else(|| message.row.to.clone()),
        message: &message,
        plan,
        query: listing.query(),
    };
    Ok(render(StatusCode::OK, &release))
}

/// `POST /message/ID/release`: first the plan, then what it says.
pub(crate) async fn release(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let listing = Listing::back(&form);
    let text = form.get("to").unwrap_or_default().to_owned();
    let send = form.get("step") == Some("send");
    form.finish()?;
    let to: Vec<String> = text.split([',', ';', '\n', '\r', ' ']).map(str::trim).map(str::to_owned).collect();
    let to: Vec<String> = to.into_iter().filter(|address| !address.is_empty()).collect();
    if to.is_empty() {
        return Err(OpError::usage("no recipient is named").hint("write one address a line"));
    }
    let release = MessageRelease { ids: vec![id], to, dry_run: !send };
    let released = pages.dispatch.call(&release).await?;
    if !send {
        return show(pages, id, &listing, Some(text), Some(released.plan)).await;
    }
    let count = released.queued.len().to_string();
    let query = listing.with(&[("view", "events"), ("note", "released"), ("count", &count)]);
    Ok(see_other(&format!("/message/{id}{query}")))
}
