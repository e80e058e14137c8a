//! `GET /events`: what changes while a list is open, as server-sent events whose data is ready to be put into the page.
//!
//! `arrived` and `changed` bring a row, `gone` a number, `side` the mailboxes with their counts, `anew` asks to load the
//! list again. The id of the last event of a batch is the token from which to go on, so a browser that comes back misses
//! nothing.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{MessageEvent, MessageFilter, MessageList, MessageRow, MessageWatch, MessageWatched};
use mox_httpserver::{Method, Request, Response};
use mox_web::{Events, Query};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

use crate::Pages;
use crate::listing::Listing;
use crate::view::{Row, Side};

/// Rest after something was told, so that a flood of mail is put into the page by the screenful: nobody reads faster.
const REST: Duration = Duration::from_millis(200);

/// How long nothing may be said.
const SILENCE_MS: u64 = 25_000;

/// What the page puts into its list.
#[derive(Serialize)]
struct Put<'a> {
    id: i64,
    html: String,
    from: &'a str,
    subject: &'a str,
}

#[derive(Serialize)]
struct Gone {
    id: i64,
}

#[derive(Serialize)]
struct Counts {
    unseen: u64,
    html: String,
}

#[derive(Serialize)]
struct Nothing {}

/// Starts a stream of events.
pub(crate) async fn stream(pages: &Arc<Pages>, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let listing = Listing { before: None, ..Listing::read(&query)? };
    let asked = query.get("token").map(str::to_owned);
    query.finish()?;
    let token = match Events::last_id(request).or(asked) {
        Some(token) => token,
        None => pages.dispatch.call(&MessageWatch::default()).await?.token,
    };
    let (events, response) = Events::start();
    if request.head.method == Method::HEAD {
        return Ok(response);
    }
    let stream = Stream { pages: Arc::clone(pages), query: listing.query(), listing, events };
    let mut ending = request.ending.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stream.run(token) => {}
            () = stream.events.closed() => {}
            () = ending.ended() => {}
        }
    });
    Ok(response)
}

struct Stream {
    pages: Arc<Pages>,
    listing: Listing,
    query: String,
    events: Events,
}

impl Stream {
    /// Tells changes until the client is gone or the house does not answer any more.
    async fn run(&self, mut token: String) {
        if !self.events.open().await {
            return;
        }
        loop {
            // All changes, since the counts of other mailboxes are on the page, too.
            let filter = MessageFilter::default();
            let watch = MessageWatch { filter, token: Some(token), timeout_ms: SILENCE_MS };
            let Ok(watched) = self.pages.dispatch.call(&watch).await else { return };
            if !self.tell(&watched).await {
                return;
            }
            if !watched.events.is_empty() {
                self.pages.clock.sleep(REST).await;
            }
            token = watched.token;
        }
    }

    /// Sends what changed; false when the client is gone.
    async fn tell(&self, watched: &MessageWatched) -> bool {
        let token = watched.token.as_str();
        if watched.lost {
            return self.events.send(token, "anew", &Nothing {}).await;
        }
        if watched.events.is_empty() {
            return self.events.keep_alive().await;
        }
        let Ok(listed) = self.listed(&watched.events).await else { return false };
        for event in &watched.events {
            let sent = match event {
                MessageEvent::Arrived { message } if !listed.contains(&message.id) => true,
                MessageEvent::Arrived { message } => self.put("arrived", message).await,
                MessageEvent::Changed { message } => self.put("changed", message).await,
                MessageEvent::Gone { id } => self.events.send("", "gone", &Gone { id: *id }).await,
            };
            if !sent {
                return false;
            }
        }
        let Ok(side) = Side::load(&self.pages, &self.listing).await else { return false };
        let counts = Counts { unseen: side.unseen, html: side.render().unwrap_or_default() };
        self.events.send(token, "side", &counts).await
    }

    /// Which of those that arrived belong to the list.
    async fn listed(&self, events: &[MessageEvent]) -> Result<Vec<i64>, OpError> {
        let arrived = events.iter().filter_map(|event| match event {
            MessageEvent::Arrived { message } => Some(message.id),
            _ => None,
        });
        let ids: Vec<i64> = arrived.collect();
        let Some(last) = ids.iter().max() else { return Ok(ids) };
        if self.listing.all() {
            return Ok(ids);
        }
        let list = MessageList {
            filter: self.listing.filter.clone(),
            before: Some(last.saturating_add(1)),
            limit: u32::try_from(ids.len()).ok(),
        };
        Ok(self.pages.dispatch.call(&list).await?.iter().map(|row| row.id).collect())
    }

    async fn put(&self, name: &str, message: &MessageRow) -> bool {
        let html = Row::new(message, &self.query).render().unwrap_or_default();
        let put = Put { id: message.id, html, from: &message.from, subject: &message.subject };
        self.events.send("", name, &put).await
    }
}
