//! Server-sent events: a response that goes on. HTML Standard §9.2 (WHATWG).
//!
//! A stream ends when its client goes, when its connection had its time or when the house stops; a browser then comes
//! back by itself with the id of the last event it got.

use std::fmt::Write as _;

use bytes::Bytes;
use mox_httpserver::{Body, Request, Response, StatusCode, Writer};
use serde::Serialize;

use crate::answer::{DATA_POLICY, stream};

/// Milliseconds after which a browser comes back.
const RETRY_MS: u32 = 1000;

/// The writing end of a stream of events.
#[derive(Debug)]
pub struct Events(Writer);

impl Events {
    /// A response and what writes it.
    pub fn start() -> (Events, Response) {
        let (writer, body) = Body::stream();
        (Events(writer), stream(StatusCode::OK, "text/event-stream", DATA_POLICY, body))
    }

    /// The id of the last event that the client got before it came back.
    pub fn last_id(request: &Request) -> Option<String> {
        let id = request.head.headers.get("last-event-id")?.to_str().ok()?;
        (!id.is_empty() && id.len() <= 200).then(|| id.to_owned())
    }

    /// Says how soon to come back; the first bytes, so that the client knows that it is connected.
    pub async fn open(&self) -> bool {
        self.0.send(format!("retry: {RETRY_MS}\n\n")).await
    }

    /// Sends an event; false when the client is gone. An empty id is none: who comes back after it names the one before.
    pub async fn send<T: Serialize + ?Sized>(&self, id: &str, name: &str, data: &T) -> bool {
        match serde_json::to_string(data) {
            Ok(data) => self.0.send(event(id, name, &data)).await,
            Err(_) => true,
        }
    }

    /// Says that nothing happened, so that somebody on the way does not close a silent connection.
    pub async fn keep_alive(&self) -> bool {
        self.0.send(":\n\n").await
    }

    /// Waits until the client is gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// One event as it goes over the wire. `id` and `name` are ours and hold no line ends.
fn event(id: &str, name: &str, data: &str) -> Bytes {
    let mut text = String::with_capacity(data.len() + id.len() + name.len() + 24);
    if !id.is_empty() {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = writeln!(text, "event: {name}");
    for line in data.split(['\r', '\n']) {
        let _ = writeln!(text, "data: {line}");
    }
    text.push('\n');
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_lines() {
        assert_eq!(event("7", "gone", "{\"id\":1}"), "id: 7\nevent: gone\ndata: {\"id\":1}\n\n");
        assert_eq!(event("", "gone", "1"), "event: gone\ndata: 1\n\n");
        assert_eq!(event("7", "x", "a\nevent: b"), "id: 7\nevent: x\ndata: a\ndata: event: b\n\n");
    }
}
