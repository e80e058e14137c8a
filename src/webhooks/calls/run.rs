//! Makes the calls that are due.

use std::time::Duration;

use bytes::Bytes;
use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};
use mox_https::Url;
use mox_store::{Error, Store};
use mox_telemetry::Outcome;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::table::{self, Due, Ended, Last, State};
use super::{AT_ONCE, Calls, MAX_ANSWER, WAITS};

/// Longest wait before the table is looked at again.
const IDLE: Duration = Duration::from_secs(3600);
/// Wait after the database failed.
const AGAIN: Duration = Duration::from_secs(5);

impl Calls {
    /// Makes calls until the house stops. Those under way then are made again at the next start.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        if let Err(error) = self.0.store.write(|_, tx| table::recover(tx.conn())).await {
            tracing::error!(%error, "webhook calls that were under way cannot be taken up again");
        }
        let mut calls = JoinSet::new();
        while !*stopping.borrow() {
            let wait = self.start(&mut calls).await.unwrap_or_else(|error| {
                tracing::error!(%error, "webhook calls cannot be read");
                AGAIN
            });
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => {}
                () = self.0.wake.notified() => {}
                Some(_) = calls.join_next(), if !calls.is_empty() => {}
                () = self.0.clock.sleep(wait) => {}
            }
        }
    }

    /// Starts what is due; answers how long nothing else will be.
    async fn start(&self, calls: &mut JoinSet<()>) -> Result<Duration, Error> {
        while calls.len() < AT_ONCE {
            let now = self.0.clock.now();
            let take =
                move |_: &Store, tx: &mut Tx<'_>| table::take(tx.conn(), now, |attempt| after(now, attempt));
            // Looking costs no commit, as most of the time there is nothing.
            let look = move |_: &Store, tx: &ReadTx<'_>| {
                Ok::<_, Error>((table::next(tx.conn())?, table::has_old(tx.conn(), now)?))
            };
            let (next, old) = self.0.store.read(look).await?;
            if old {
                self.0.store.write(move |_, tx| table::forget(tx.conn(), now)).await?;
            }
            match next {
                Some(next) if next <= now => {}
                next => return Ok(next.map_or(IDLE, |next| next.since(now)).min(IDLE)),
            }
            match self.0.store.write(take).await? {
                Some(due) => calls.spawn(self.clone().make(due)),
                None => return Ok(AGAIN),
            };
        }
        Ok(IDLE)
    }

    async fn make(self, due: Due) {
        let last = self.call(&due).await;
        let taken = last.status == Some(200);
        let result = if taken { "ok" } else { "failed" };
        self.0.metrics.webhook_calls.get_or_create(&Outcome { result }).inc();
        tracing::info!(
            hook_id = due.id,
            account = due.account,
            attempt = due.attempt,
            status = last.status,
            error = last.error,
            "webhook called"
        );
        loop {
            let (calls, due, last) = (self.clone(), due.clone(), last.clone());
            let write = move |_: &Store, tx: &mut Tx<'_>| calls.settle(tx, &due, &last);
            match self.0.store.write(write).await {
                Ok(()) => break,
                Err(error) => tracing::error!(%error, "the outcome of a webhook call cannot be stored"),
            }
            self.0.clock.sleep(AGAIN).await;
        }
    }

    fn settle(&self, tx: &mut Tx<'_>, due: &Due, last: &Last) -> Result<(), Error> {
        let now = self.0.clock.now();
        table::settle(tx.conn(), due.id, last)?;
        let state = match last.status {
            Some(200) => State::Taken,
            _ if due.attempt as usize > WAITS.len() => State::GivenUp,
            _ => return Ok(()),
        };
        let keep_until = self.keep(&due.account, now);
        table::end(tx.conn(), due.id, &Ended { state, at: now, keep_until })
    }

    pub(super) async fn call(&self, due: &Due) -> Last {
        let failed = |error: String| Last { status: None, error: Some(error), answer: String::new() };
        let url = match due.url.parse::<Url>() {
            Ok(url) => url,
            Err(error) => return failed(format!("{error}")),
        };
        let authorization = self.authorization(due);
        let (id, attempt) = (due.id.to_string(), due.attempt.to_string());
        let mut fields = vec![("X-Mox-Webhook-ID", id.as_str()), ("X-Mox-Webhook-Attempt", attempt.as_str())];
        fields.extend(authorization.as_deref().map(|value| ("Authorization", value)));
        let body = Bytes::from(due.payload.clone());
        match self.0.client.post_with(&url, "application/json", body, &fields).await {
            Ok(answer) => {
                let start = answer.body.get(..answer.body.len().min(MAX_ANSWER)).unwrap_or_default();
                let error = (answer.status != 200).then(|| format!("answered with status {}", answer.status));
                let answer_text = String::from_utf8_lossy(start).into_owned();
                Last { status: Some(answer.status), error, answer: answer_text }
            }
            Err(error) => failed(error.to_string()),
        }
    }

    /// What the configuration says now, if it still names this URL.
    fn authorization(&self, due: &Due) -> Option<String> {
        let config = self.0.config.load();
        let account = config.dynamic.accounts.get(&due.account)?;
        let (url, secret) = match due.incoming {
            true => account.incoming_webhook.as_ref().map(|hook| (&hook.url, &hook.authorization))?,
            false => account.outgoing_webhook.as_ref().map(|hook| (&hook.url, &hook.authorization))?,
        };
        let secret = secret.expose();
        (url.as_str() == due.url && !secret.is_empty()).then(|| secret.to_owned())
    }
}

/// When the attempt behind this one is made.
fn after(now: Timestamp, attempt: u32) -> Timestamp {
    let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    now.plus(WAITS.get(at).copied().unwrap_or(IDLE))
}
