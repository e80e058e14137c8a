//! One hook: a POST of JSON for every message, tried again when that may help.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mox_admin::ops::MessageRow;
use mox_https::{Client, Limits, Url};
use mox_telemetry::{Metrics, Outcome};
use serde::Serialize;

use crate::{Arrivals, Heard};

/// Waits before a call that failed is tried again; after the last one it is dropped.
pub const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// What the server of a hook may take. Nothing is done with its answer but to look at the status.
pub const LIMITS: Limits =
    Limits { time: Duration::from_secs(10), connect: Duration::from_secs(5), head: 16 * 1024, body: 1024 };

/// What is posted.
#[derive(Serialize)]
struct Call<'a> {
    event: &'static str,
    message: &'a MessageRow,
    url: String,
}

/// A URL that is told of messages.
pub struct Hook {
    url: Url,
    pages: String,
    client: Client,
    metrics: Arc<Metrics>,
}

/// Why a call was not taken.
enum Failure {
    Error(mox_https::Error),
    Status(u16),
}

impl Failure {
    fn is_temporary(&self) -> bool {
        match self {
            Failure::Error(error) => error.is_temporary(),
            Failure::Status(status) => matches!(status, 429 | 500..),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Status(status) => write!(f, "answered with status {status}"),
        }
    }
}

impl Hook {
    /// A hook that is called by `client`; `pages` is where people see messages, as `http://localhost:1080`.
    pub fn new(url: Url, pages: String, client: Client, metrics: Arc<Metrics>) -> Hook {
        Hook { url, pages, client, metrics }
    }

    /// Calls for every arrival until there are no more.
    pub async fn run(self, mut arrivals: impl Arrivals) {
        while let Some(heard) = arrivals.next().await {
            match heard {
                Heard::Arrived(row) => self.tell(&row).await,
                Heard::Missed(missed) => {
                    tracing::warn!(
                        name = self.name(),
                        count = missed,
                        "webhook is too slow and was not called"
                    );
                    self.count("missed", missed);
                }
            }
        }
    }

    async fn tell(&self, row: &MessageRow) {
        let call = Call { event: "arrived", message: row, url: format!("{}/message/{}", self.pages, row.id) };
        let body = match serde_json::to_vec(&call) {
            Ok(body) => Bytes::from(body),
            Err(error) => return tracing::error!(%error, message_id = row.id, "webhook not called"),
        };
        let mut waits = WAITS.into_iter();
        loop {
            let Err(failure) = self.call(body.clone()).await else { return self.count("ok", 1) };
            match waits.next().filter(|_| failure.is_temporary()) {
                Some(wait) => {
                    tracing::debug!(name = self.name(), message_id = row.id, error = %failure, "webhook will be called again");
                    self.client.clock.sleep(wait).await;
                }
                None => {
                    tracing::warn!(name = self.name(), message_id = row.id, error = %failure, "webhook call dropped");
                    return self.count("failed", 1);
                }
            }
        }
    }

    async fn call(&self, body: Bytes) -> Result<(), Failure> {
        let answer = self.client.post(&self.url, "application/json", body).await.map_err(Failure::Error)?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(Failure::Status(answer.status)) }
    }

    /// The URL for logs, without its query: that may be a secret.
    fn name(&self) -> String {
        let url = self.url.to_string();
        url.split('?').next().unwrap_or_default().to_owned()
    }

    fn count(&self, result: &'static str, by: u64) {
        self.metrics.webhook_calls.get_or_create(&Outcome { result }).inc_by(by);
    }
}
