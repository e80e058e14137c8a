//! One message: who, what and when above, and below it one of its views, each an address of its own.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    MessageCat, MessageDetail, MessageEvents, MessageHistory, MessageList, MessageMark, MessageReport,
    MessageShow, MessageTranscript, MethodFinding, TagList, Verdicts,
};
use mox_httpserver::{Method, Request, Response, StatusCode};
use mox_inspect::Report;
use mox_web::page::render;
use mox_web::show::{Piece, pieces};
use mox_web::{Page, Query};

use crate::Pages;
use crate::listing::{Listing, note};
use crate::report::Told;
use crate::view::{SEEN, Side, Steps, seen};

/// Most bytes of the source that a page shows; all of it can be downloaded.
const MAX_SOURCE: usize = 1 << 20;
/// Windows of numbers in which the next newer message is looked for.
const WINDOWS: [u32; 4] = [8, 64, 512, 4096];

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    page: Page<'a>,
    side: Side,
    message: &'a MessageDetail,
    /// The list it was opened from.
    query: &'a str,
    tabs: Vec<Tab>,
    /// Results of the main methods, and where all of them are.
    headlines: Vec<MethodFinding>,
    authentication: String,
    body: Body<'a>,
    newer: Option<i64>,
    older: Option<i64>,
    /// Tags that there are, to choose from.
    tags: Vec<String>,
}

struct Tab {
    label: &'static str,
    href: String,
    here: bool,
    count: usize,
}

/// What is shown of it.
enum Body<'a> {
    Html,
    Text(Vec<Piece<'a>>),
    Headers,
    Files,
    Source { text: String, cut: bool },
    Transcript(Vec<Said>),
    Authentication(Option<&'a Verdicts>),
    Events(MessageHistory),
    Report(Box<Report>),
}

/// A line of a transcript.
struct Said {
    class: &'static str,
    text: String,
}

/// Views by their names in addresses.
const VIEWS: [(&str, &str); 9] = [
    ("html", "HTML"),
    ("text", "Text"),
    ("headers", "Headers"),
    ("attachments", "Attachments"),
    ("source", "Source"),
    ("transcript", "Transcript"),
    ("authentication", "Authentication"),
    ("events", "Events"),
    ("report", "Report"),
];

/// `GET /message/ID`
pub(crate) async fn page(pages: &Pages, id: i64, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing { before: None, ..Listing::read(&query)? };
    let view = query.get("view").map(str::to_owned);
    let notice = note(&query)?;
    query.finish()?;
    let mut message = pages.dispatch.call(&MessageShow { id }).await?;
    let stays_unread = query.get("note") == Some("unseen") || request.head.method == Method::HEAD;
    if !seen(&message.row) && !stays_unread {
        let mark = MessageMark { ids: vec![id], seen: Some(true), ..MessageMark::default() };
        pages.dispatch.call(&mark).await?;
        message.row.flags.push(SEEN.to_owned());
    }
    let first = if message.html { "html" } else { "text" };
    let view = view.as_deref().unwrap_or(first);
    let body = body(pages, &message, view).await?;
    let here = listing.query();
    let (newer, older) = neighbours(pages, id, &listing).await?;
    let tags = pages.dispatch.call(&TagList {}).await?.into_iter().map(|row| row.tag).collect();
    let subject = message.row.subject.clone();
    let title = if subject.is_empty() { "(no subject)".to_owned() } else { subject };
    let shown = Message {
        page: Page::new(&pages.site, "/", title).notice(notice),
        side: Side::load(pages, &listing).await?,
        tabs: tabs(&message, view, &listing),
        headlines: message.verdicts.as_ref().map(Verdicts::headlines).unwrap_or_default(),
        authentication: address(id, "authentication", &listing),
        message: &message,
        query: &here,
        body,
        newer,
        older,
        tags,
    };
    Ok(render(StatusCode::OK, &shown))
}

fn tabs(message: &MessageDetail, view: &str, listing: &Listing) -> Vec<Tab> {
    VIEWS
        .iter()
        .filter(|(name, _)| message.html || *name != "html")
        .map(|(name, label)| Tab {
            label,
            href: address(message.row.id, name, listing),
            here: *name == view,
            count: if *name == "attachments" { files(message).count() } else { 0 },
        })
        .collect()
}

/// Where a view of a message is.
fn address(id: i64, view: &str, listing: &Listing) -> String {
    format!("/message/{id}{}", listing.with(&[("view", view)]))
}

/// Parts that are files rather than text of the message.
fn files(message: &MessageDetail) -> impl Iterator<Item = &mox_admin::ops::PartRow> {
    message.parts.iter().filter(|part| {
        let text = matches!(part.content_type.as_str(), "text/plain" | "text/html");
        part.attachment || part.filename.is_some() || !text
    })
}

async fn body<'a>(pages: &Pages, message: &'a MessageDetail, view: &str) -> Result<Body<'a>, OpError> {
    let id = message.row.id;
    Ok(match view {
        "html" if message.html => Body::Html,
        "text" => Body::Text(message.text.as_deref().map(pieces).unwrap_or_default()),
        "headers" => Body::Headers,
        "attachments" => Body::Files,
        "source" => {
            let raw = pages.dispatch.call_raw(&MessageCat { id }).await?;
            let shown = raw.get(..MAX_SOURCE).unwrap_or(&raw);
            Body::Source { text: String::from_utf8_lossy(shown).into_owned(), cut: shown.len() < raw.len() }
        }
        "transcript" => {
            let text = pages.dispatch.call(&MessageTranscript { id }).await?.text.unwrap_or_default();
            Body::Transcript(text.lines().map(said).collect())
        }
        "authentication" => Body::Authentication(message.verdicts.as_ref()),
        "events" => Body::Events(pages.dispatch.call(&MessageEvents { id }).await?),
        "report" => Body::Report(Box::new(pages.dispatch.call(&MessageReport { id }).await?)),
        other => {
            let error = OpError::not_found(format!("message {id} has no view {other:?}"));
            return Err(error.hint(
                "views are html, text, headers, attachments, source, transcript, authentication, events and report",
            ));
        }
    })
}

fn said(line: &str) -> Said {
    let class = match (line.get(..3), line.as_bytes().get(3)) {
        (Some("C: "), _) => "c",
        (Some("S: "), Some(b'4' | b'5')) => "bad",
        _ => "s",
    };
    Said { class, text: line.to_owned() }
}

/// The numbers of the messages before and after this one in its list.
async fn neighbours(
    pages: &Pages,
    id: i64,
    listing: &Listing,
) -> Result<(Option<i64>, Option<i64>), OpError> {
    let list = |before: i64, limit: u32| MessageList {
        filter: listing.filter.clone(),
        before: Some(before),
        limit: Some(limit),
    };
    let older = pages.dispatch.call(&list(id, 1)).await?.first().map(|row| row.id);
    // Lists begin with the newest: the last of those just above this one is its neighbour.
    for window in WINDOWS {
        let above = pages.dispatch.call(&list(id.saturating_add(i64::from(window) + 1), window)).await?;
        if let Some(newer) = above.iter().rev().find(|row| row.id > id) {
            return Ok((Some(newer.id), older));
        }
    }
    Ok((None, older))
}
