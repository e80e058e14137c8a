//! Hands a report to an https destination: the attempt is recorded, made, and its outcome stored.
//!
//! 2xx is acceptance; anything else, redirects too, is tried again with growing waits, for a day. A kill after the server
//! accepted and before that is stored leads to the same bytes once more. RFC 8460 §5.4.

use std::time::Duration;

use bytes::Bytes;
use mox_clock::Backoff;
use mox_db::Tx;
use mox_https::Url;
use mox_store::{Error, Store};

use crate::Reports;
use crate::decide::suppressed;
use crate::mail::MEDIA_TYPE;
use crate::tables::destination::{self, Destination, State};
use crate::tables::report::{self, Document, Made};
use crate::tables::suppress;

const WAITS: Backoff = Backoff {
    first: Duration::from_secs(15 * 60),
    longest: Duration::from_secs(4 * 3600),
    jitter_percent: 10,
};

impl Reports {
    pub(crate) async fn post(&self, made: Made, one: Destination, url: Url) -> Result<(), Error> {
        if !self.record(&one).await? {
            return Ok(());
        }
        self.0.seams.faults.reach("tlsrpt-post-recorded");
        let body = made.document.as_ref().map(Document::packed).unwrap_or_default();
        let answer = self.0.seams.web.post(&url, MEDIA_TYPE, Bytes::from(body)).await;
        self.0.seams.faults.reach("tlsrpt-posted");
        let why = match answer {
            Ok(response) if (200..300).contains(&response.status) => {
                self.end(one, State::Delivered, String::new()).await?;
                self.0.seams.faults.reach("tlsrpt-acknowledged");
                return Ok(());
            }
            Ok(response) => format!("the server answered {}", response.status),
            Err(error) => error.to_string(),
        };
        self.refused(one, why).await
    }

    /// Commits that an attempt is about to be made, and when the next one would be; false when there is to be none.
    async fn record(&self, one: &Destination) -> Result<bool, Error> {
        let (reports, now) = (self.clone(), self.0.seams.clock.now());
        let next = now.plus(WAITS.wait(one.attempts.saturating_add(1), &*self.0.seams.random));
        let one = one.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let current = destination::get(tx.conn(), one.id)?;
            if current.is_none_or(|c| c.state != State::Sealed || c.attempts != one.attempts) {
                return Ok(false);
            }
            if let Some(found) = suppress::active(tx.conn(), &one.address, now)? {
                destination::end(tx.conn(), one.id, State::Suppressed, &suppressed(&found), now)?;
                let kind = report::kind(tx.conn(), one.report)?;
                tx.on_commit(move || reports.count(kind, "suppressed"));
                return Ok(false);
            }
            if !reports.begin(tx, &one, now)? {
                return Ok(false);
            }
            destination::attempt(tx.conn(), one.id, now, next)?;
            Ok::<_, Error>(true)
        };
        self.0.store.write(write).await
    }

    /// Stores why it was not accepted; gives up when the next attempt would be too late.
    async fn refused(&self, one: Destination, why: String) -> Result<(), Error> {
        tracing::info!(address = one.address, reason = why, "report was not accepted");
        let (now, give_up) = (self.0.seams.clock.now(), self.0.options.give_up);
        let id = one.id;
        let text = why.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let Some(current) = destination::get(tx.conn(), id)? else { return Ok(None) };
            destination::postpone(tx.conn(), id, current.next, &text)?;
            let first = current.first_attempt.unwrap_or(now);
            Ok::<_, Error>((current.next.since(first) > give_up).then_some(current))
        };
        match self.0.store.write(write).await? {
            Some(current) => self.end(current, State::Expired, why).await,
            None => Ok(()),
        }
    }
}
