//! Messages that left the queue: kept without content for [`Options::keep_ended`], longer where their account asks for
//! it (`KeepRetiredMessagePeriod`), for `retired`, `explain` and the suppression list.
//!
//! [`Options::keep_ended`]: crate::Options::keep_ended

use mox_admin::ops::{QueueAttempt, QueueEnd, RetiredDetail, RetiredList, RetiredRow, RetiredShow};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_store::{Error, Store};

use crate::ops::failed;
use crate::seam::Outcome;
use crate::tables::attempt::Attempt;
use crate::{End, Queue, QueueId, Queued, tables};

/// Rows forgotten in one transaction.
const FORGET: u32 = 500;

fn shown(q: &Queued, kept_until: Option<Timestamp>) -> RetiredRow {
    RetiredRow {
        id: q.id.0,
        account: q.account.clone(),
        from: q.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default(),
        to: q.forward_path.to_string(),
        size: q.size,
        end: match q.end {
            Some(End::Delivered) => QueueEnd::Delivered,
            Some(End::Failed) => QueueEnd::Failed,
            Some(End::Dropped) | None => QueueEnd::Gone,
        },
        queued: Time(q.queued),
        ended: Time(q.ended.unwrap_or(q.queued)),
        kept_until: kept_until.map(Time),
        attempts: q.attempts,
        last_error: q.last_error.clone(),
        host: q.remote_mta.clone(),
        last_tls: q.last_tls.clone(),
        subject: q.subject.clone(),
        message_id: q.message_id.as_ref().map(|id| format!("<{id}>")),
    }
}

/// An attempt as it is shown.
pub(crate) fn tries(attempts: Vec<Attempt>) -> Vec<QueueAttempt> {
    let outcome = |outcome| match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Temporary => "temporary",
        Outcome::Permanent => "permanent",
    };
    let one = |a: Attempt| QueueAttempt {
        n: a.n,
        started: Time(a.started),
        duration_ms: a.duration.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        outcome: a.outcome.map(|o| outcome(o).to_owned()),
        host: a.host,
        ip: a.ip,
        code: a.code,
        enhanced: a.enhanced,
        text: a.text,
        tls: a.tls,
    };
    attempts.into_iter().map(one).collect()
}

impl Queue {
    /// Forgets what is kept for an account that is removed: its suppression list, hold rules about it, and what it
    /// wanted to keep of messages that ended. What waits in the queue is still delivered: it was accepted.
    pub fn forget_account(tx: &mut Tx<'_>, account: &str) -> Result<(), Error> {
        tables::suppression::remove_all(tx.conn(), account)?;
        tables::holdrule::remove_all(tx.conn(), account)?;
        tables::retired::release(tx.conn(), account)
    }

    /// What left the queue, the latest first.
    pub async fn retired(&self, op: RetiredList) -> Result<Vec<RetiredRow>, OpError> {
        let limit = op.limit.unwrap_or(RetiredList::MAX).min(RetiredList::MAX);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let rows = tables::retired::list(tx.conn(), &op, limit)?;
            let until = |q: &Queued| tables::retired::kept_until(tx.conn(), q.id);
            rows.iter().map(|q| Ok(shown(q, until(q)?))).collect::<Result<Vec<_>, Error>>()
        };
        self.0.store.read(read).await.map_err(failed)
    }

    /// One message that left the queue.
    pub async fn retired_one(&self, op: RetiredShow) -> Result<RetiredDetail, OpError> {
        let id = QueueId(op.id);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let Some(q) = tables::get(tx.conn(), id)?.filter(|q| q.end.is_some()) else { return Ok(None) };
            let row = shown(&q, tables::retired::kept_until(tx.conn(), id)?);
            let tries = tries(tables::attempt::list(tx.conn(), id)?);
            Ok::<_, Error>(Some(RetiredDetail { row, tries }))
        };
        self.0.store.read(read).await.map_err(failed)?.ok_or_else(|| {
            OpError::not_found(format!("no retired message {id}"))
                .hint("`mox queue retired list` shows what left the queue")
        })
    }

    /// Ends a row, and says how long it is remembered; its reference to the content is the caller's to release.
    pub(crate) fn end_row(
        &self,
        tx: &mut Tx<'_>,
        id: QueueId,
        account: &str,
        end: End,
        now: Timestamp,
    ) -> Result<(), Error> {
        let wanted = self.0.seams.router.keep_retired(account);
        let keep = (!wanted.is_zero()).then(|| now.plus(wanted.max(self.0.options.keep_ended)));
        let queue = self.clone();
        tx.on_commit(move || queue.0.ended.count(end));
        tables::end(tx.conn(), id, end, now, keep)
    }

    /// Forgets retired messages that are old; answers whether there may be more.
    pub(crate) async fn forget_ended(&self) -> bool {
        let (options, now) = (&self.0.options, self.0.seams.clock.now());
        let (before, keep) = (now.minus(options.keep_ended), options.max_ended);
        let forget =
            move |_: &Store, tx: &mut Tx<'_>| tables::retired::forget(tx.conn(), before, now, keep, FORGET);
        match self.0.store.write(forget).await {
            Ok(gone) => gone >= FORGET as usize,
            Err(e) => {
                tracing::error!(error = %e, "queue records cannot be forgotten");
                false
            }
        }
    }
}
