//! `GET events`: what arrives, changes and goes, as server-sent events.
//!
//! The first event is `ready`: what happens after it is told. The id of an event is where a client that comes back with
//! `Last-Event-ID` goes on; it may then get some events again. HTML Standard §9.2 (WHATWG).

use std::sync::Arc;
use std::time::Duration;

use mox_admin::Dispatch;
use mox_admin::ops::{MessageEvent, MessageWatch, MessageWatched};
use mox_httpserver::{Ending, Response};
use mox_web::Events;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Api;
use crate::call::{Call, Refused};
use crate::filter::coming;

/// A silent stream says so this often.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What the stream says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// What happens from now on is told.
    Ready,
    /// Some changes are no longer known: list anew.
    Lost,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what is written one by one")]
pub(crate) enum Event {
    /// What happened to a message.
    Message(Box<MessageEvent>),
    /// What the stream says of itself.
    Stream(Notice),
}

pub(crate) async fn events(api: &Api, call: Call) -> Result<Response, Refused> {
    let filter = coming(&call.query);
    call.query.finish()?;
    let watch = MessageWatch { filter, token: Events::last_id(&call.request), timeout_ms: 0 };
    // Trouble is told with a status while that is possible.
    let first = api.dispatch.call(&watch).await?;
    let (events, response) = Events::start();
    let stream = Stream { dispatch: api.dispatch.clone(), events, watch };
    tokio::spawn(stream.run(first, call.request.ending));
    Ok(response)
}

/// A stream that is open.
struct Stream {
    dispatch: Arc<dyn Dispatch>,
    events: Events,
    watch: MessageWatch,
}

impl Stream {
    /// Tells until the client is gone, the connection shall end, or the house does not answer.
    async fn run(mut self, first: MessageWatched, mut ending: Ending) {
        self.watch.timeout_ms = u64::try_from(KEEP_ALIVE.as_millis()).unwrap_or(u64::MAX);
        let mut open = self.events.open().await;
        let mut next = Some(first);
        let mut started = false;
        while open {
            let watched = match next.take() {
                Some(watched) => watched,
                None => tokio::select! {
                    biased;
                    () = self.events.closed() => return,
                    () = ending.ended() => return,
                    watched = self.dispatch.call(&self.watch) => match watched {
                        Ok(watched) => watched,
                        Err(_) => return,
                    },
                },
            };
            open = tokio::select! {
                biased;
                () = ending.ended() => return,
                open = self.tell(watched, started) => open,
            };
            started = true;
        }
    }

    /// Writes what changed; false when the client is gone.
    async fn tell(&mut self, watched: MessageWatched, started: bool) -> bool {
        let before = self.watch.token.replace(watched.token.clone());
        let (before, now) = (before.unwrap_or_else(|| watched.token.clone()), watched.token);
        if watched.lost && !self.events.send(&before, "lost", &Notice::Lost).await {
            return false;
        }
        let mut left = watched.events.len();
        for event in &watched.events {
            left -= 1;
            // Only with the last one is all of this reply told.
            let id = if left == 0 { &now } else { &before };
            if !self.events.send(id, name(event), event).await {
                return false;
            }
        }
        match (started, watched.lost || !watched.events.is_empty()) {
            (false, _) => self.events.send(&now, "ready", &Notice::Ready).await,
            (true, true) => true,
            (true, false) => self.events.keep_alive().await,
        }
    }
}

fn name(event: &MessageEvent) -> &'static str {
    match event {
        MessageEvent::Arrived { .. } => "arrived",
        MessageEvent::Changed { .. } => "changed",
        MessageEvent::Gone { .. } => "gone",
    }
}
