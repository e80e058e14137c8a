//! The list of messages: newest first, fifty a page, the next page by the number of the last message of this one.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{MessageRow, MessageWatch};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::render;
use mox_web::{Page, Query};

use crate::Pages;
use crate::help::Help;
use crate::listing::{Listing, ROWS, note};
use crate::view::{Row, Side};

#[derive(Template)]
#[template(path = "list.html")]
struct List<'a> {
    page: Page<'a>,
    side: Side,
    listing: &'a Listing,
    query: &'a str,
    /// From where on changes are told.
    token: String,
    rows: Vec<Row<'a>>,
    /// What is filtered for, and the list without that.
    chips: Vec<Chip>,
    /// The page after this one.
    older: Option<String>,
    /// How to send here, while there is nothing.
    help: Option<Help>,
}

struct Chip {
    label: &'static str,
    value: String,
    without: String,
}

/// `GET /`
pub(crate) async fn page(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing::read(&query)?;
    let notice = note(&query)?;
    query.finish()?;
    // Before the list, so that nothing comes between them.
    let token = pages.dispatch.call(&MessageWatch::default()).await?.token;
    let mut messages = pages.dispatch.call(&listing.list()).await?;
    let side = Side::load(pages, &listing).await?;
    let older = older(&listing, &mut messages);
    let here = listing.query();
    let help = match messages.is_empty() && listing.all() && listing.before.is_none() {
        true => Some(Help::load(pages).await?),
        false => None,
    };
    let title = title(&listing);
    let title = if side.unseen > 0 { format!("({}) {title}", side.unseen) } else { title };
    let list = List {
        page: Page::new(&pages.site, "/", title).notice(notice),
        side,
        listing: &listing,
        query: &here,
        token,
        rows: messages.iter().map(|message| Row::new(message, &here)).collect(),
        chips: chips(&listing),
        older,
        help,
    };
    Ok(render(StatusCode::OK, &list))
}

/// The page after this one, when there is one; the row that showed that is taken away.
fn older(listing: &Listing, messages: &mut Vec<MessageRow>) -> Option<String> {
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    if messages.len() <= rows {
        return None;
    }
    messages.truncate(rows);
    let last = messages.last()?.id.to_string();
    Some(format!("/{}", listing.with(&[("before", &last)])))
}

fn title(listing: &Listing) -> String {
    let f = &listing.filter;
    match (&f.text, &f.mailbox, &f.tag) {
        (Some(text), ..) => format!("Search: {text}"),
        (None, Some(mailbox), _) => mailbox.clone(),
        (None, None, Some(tag)) => format!("Tag {tag}"),
        (None, None, None) => "All mail".to_owned(),
    }
}

fn chips(listing: &Listing) -> Vec<Chip> {
    let label = |name| match name {
        "q" => "contains",
        other => other,
    };
    listing
        .set()
        .map(|(name, value)| Chip {
            label: label(name),
            value: value.to_owned(),
            without: format!("/{}", listing.without(name).query()),
        })
        .collect()
}
