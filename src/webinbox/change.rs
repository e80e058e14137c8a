//! Forms that change messages: delete, mark, tag; one, those that were ticked, or all of a list.
//!
//! What deletes asks first: by a dialog of the page, or without scripts by a page of its own.

use mox_admin::OpError;
use mox_admin::ops::{MessageDelete, MessageMark, MessageShow};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::{Confirm, render};
use mox_web::{Page, Query, see_other};

use crate::Pages;
use crate::listing::Listing;

/// Most messages that one form may name.
const MAX_SELECTED: usize = 1000;

/// `POST /selected`: what is done with the messages that were ticked.
pub(crate) async fn selected(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let ids = form.values::<i64>("id")?;
    let action = form.get("action").unwrap_or_default().to_owned();
    let tag = form.get("tag").map(str::to_owned);
    let confirmed = form.get("confirm").is_some();
    let listing = Listing::back(&form);
    form.finish()?;
    if ids.is_empty() {
        return Err(OpError::usage("no message is selected").hint("tick the boxes in front of the messages"));
    }
    if ids.len() > MAX_SELECTED {
        return Err(OpError::usage(format!("at most {MAX_SELECTED} messages can be selected")));
    }
    let count = ids.len();
    let mark = MessageMark { ids: ids.clone(), ..MessageMark::default() };
    let note = match action.as_str() {
        "delete" if !confirmed => return Ok(ask_selected(pages, &ids, &listing)),
        "delete" => {
            pages.dispatch.call(&MessageDelete { ids, ..MessageDelete::default() }).await?;
            "deleted"
        }
        "seen" | "unseen" => {
            pages.dispatch.call(&MessageMark { seen: Some(action == "seen"), ..mark }).await?;
            if action == "seen" { "seen" } else { "unseen" }
        }
        "tag" => {
            pages.dispatch.call(&MessageMark { tag: vec![needed(tag)?], ..mark }).await?;
            "tagged"
        }
        "untag" => {
            pages.dispatch.call(&MessageMark { untag: vec![needed(tag)?], ..mark }).await?;
            "untagged"
        }
        other => return Err(OpError::usage(format!("there is no action {other:?}"))),
    };
    Ok(to_list(&listing, note, count))
}

fn needed(tag: Option<String>) -> Result<String, OpError> {
    tag.ok_or_else(|| OpError::usage("no tag is named").hint("write its name beside the button"))
}

fn ask_selected(pages: &Pages, ids: &[i64], listing: &Listing) -> Response {
    let mut fields: Vec<(&'static str, String)> = ids.iter().map(|id| ("id", id.to_string())).collect();
    fields.extend([
        ("action", "delete".to_owned()),
        ("confirm", "yes".to_owned()),
        ("back", listing.query()),
    ]);
    let text = match ids.len() {
        1 => "One message will be deleted for good.".to_owned(),
        n => format!("{n} messages will be deleted for good."),
    };
    confirm(pages, text, "/selected".to_owned(), fields, format!("/{}", listing.query()))
}

fn confirm(
    pages: &Pages,
    text: String,
    action: String,
    fields: Vec<(&'static str, String)>,
    back: String,
) -> Response {
    let page = Page::new(&pages.site, "/", "Delete?");
    render(StatusCode::OK, &Confirm { page, text, action, fields, button: "Delete", back })
}

/// Back to the list, which says what was done.
fn to_list(listing: &Listing, note: &str, count: usize) -> Response {
    see_other(&format!("/{}", listing.with(&[("note", note), ("count", &count.to_string())])))
}

/// The deletion of all messages of a list.
fn deletion(listing: &Listing, dry_run: bool) -> MessageDelete {
    MessageDelete { filter: listing.filter.clone(), all: listing.all(), dry_run, ids: Vec::new() }
}

/// `GET /delete-all`: how many that would be.
pub(crate) async fn ask_all(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing { before: None, ..Listing::read(&query)? };
    query.finish()?;
    let count = pages.dispatch.call(&deletion(&listing, true)).await?.ids.len();
    if count == 0 {
        return Err(OpError::not_found("there is nothing to delete"));
    }
    let which: Vec<String> = listing.set().map(|(name, value)| format!("{name} “{value}”")).collect();
    let text = match (count, which.is_empty()) {
        (1, true) => "The one message that is here will be deleted for good.".to_owned(),
        (n, true) => format!("All {n} messages of all mailboxes will be deleted for good."),
        (1, false) => format!("One message will be deleted for good: the one with {}.", which.join(", ")),
        (n, false) => format!("{n} messages will be deleted for good: all with {}.", which.join(", ")),
    };
    let fields = vec![("confirm", "yes".to_owned()), ("back", listing.query())];
    Ok(confirm(pages, text, "/delete-all".to_owned(), fields, format!("/{}", listing.query())))
}

/// `POST /delete-all`
pub(crate) async fn delete_all(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let listing = Listing::back(&form);
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if !confirmed {
        return Ok(see_other(&format!("/delete-all{}", listing.query())));
    }
    let count = pages.dispatch.call(&deletion(&listing, false)).await?.ids.len();
    Ok(to_list(&Listing::default(), "deleted", count))
}

/// `GET /message/ID/delete`
pub(crate) async fn ask_one(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing { before: None, ..Listing::read(&query)? };
    query.finish()?;
    let subject = pages.dispatch.call(&MessageShow { id }).await?.row.subject;
    let text = format!("The message “{subject}” will be deleted for good.");
    let fields = vec![("confirm", "yes".to_owned()), ("back", listing.query())];
    let back = format!("/message/{id}{}", listing.query());
    Ok(confirm(pages, text, format!("/message/{id}/delete"), fields, back))
}

/// `POST /message/ID/delete`
pub(crate) async fn delete_one(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let listing = Listing::back(&form);
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if !confirmed {
        return Ok(see_other(&format!("/message/{id}/delete{}", listing.query())));
    }
    pages.dispatch.call(&MessageDelete { ids: vec![id], ..MessageDelete::default() }).await?;
    Ok(to_list(&listing, "deleted", 1))
}

/// `POST /message/ID/mark`: seen or not, a tag more or less.
pub(crate) async fn mark(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let listing = Listing::back(&form);
    let seen = form.value::<bool>("seen")?;
    let tag: Vec<String> = form.all("tag").map(str::to_owned).collect();
    let untag: Vec<String> = form.all("untag").map(str::to_owned).collect();
    form.finish()?;
    let note = match (seen, tag.is_empty(), untag.is_empty()) {
        (Some(true), ..) => "seen",
        (Some(false), ..) => "unseen",
        (None, false, _) => "tagged",
        (None, true, false) => "untagged",
        (None, true, true) => return Err(OpError::usage("no tag is named")),
    };
    let mark = MessageMark { ids: vec![id], seen, tag, untag, ..MessageMark::default() };
    pages.dispatch.call(&mark).await?;
    if seen == Some(false) {
        // Its own page would mark it as read again.
        return Ok(to_list(&listing, note, 1));
    }
    Ok(see_other(&format!("/message/{id}{}", listing.with(&[("note", note)]))))
}
