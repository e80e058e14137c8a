//! The operations behind the commands `mox queue ...`: look, wait, change a selection.
//!
//! Limits: [`CHUNK`] rows change in one transaction; a wait lasts at most [`MAX_WAIT`].

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use mox_admin::ops::{
    Changed, QueueDetail, QueueDrop, QueueDump, QueueEnd, QueueFilter, QueueHold, QueueList, QueueOutcome,
    QueueRequireTls, QueueRow, QueueSchedule, QueueShow, QueueTransport, QueueUnhold, QueueWait, QueueWatch,
    QueueWatched, When,
};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_smtp::EnhancedCode;
use mox_store::{Content, Error, MessageId, Store};

use crate::{End, Queue, QueueId, Queued, Verdict, tables};

/// Rows that change in one transaction.
const CHUNK: u32 = 500;
/// Longest wait.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// What is done to a row.
type Change = dyn Fn(&Store, &mut Tx<'_>, &Queued, Timestamp) -> Result<(), Error>;

pub(crate) fn failed(e: Error) -> OpError {
    OpError::failed(e)
}

fn missing(id: i64) -> OpError {
    OpError::not_found(format!("no queued message {id}")).hint("`mox queue list` shows what is queued")
}

/// A row as it is shown.
fn shown(q: &Queued) -> QueueRow {
    QueueRow {
        id: q.id.0,
        account: q.account.clone(),
        from: q.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default(),
        to: q.forward_path.to_string(),
        size: q.size,
        queued: Time(q.queued),
        next_attempt: Time(q.next_attempt),
        attempts: q.attempts,
        max_attempts: q.max_attempts,
        hold: q.hold,
        last_error: q.last_error.clone(),
        last_attempt: q.last_attempt.map(Time),
        tls: match q.require_tls {
            Some(true) => "required",
            Some(false) => "none",
            None => "opportunistic",
        }
        .to_owned(),
        subject: q.subject.clone(),
        message_id: q.message_id.as_ref().map(|id| format!("<{id}>")),
        last_tls: q.last_tls.clone(),
        transport: q.transport.clone(),
    }
}

impl Queue {
    /// What is queued.
    pub async fn list(&self, op: QueueList) -> Result<Vec<QueueRow>, OpError> {
        let limit = op.limit.unwrap_or(QueueList::MAX).min(QueueList::MAX);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            tables::select::list(tx.conn(), &op.filter, op.sort, op.descending, op.after, limit)
        };
        let rows = self.0.store.read(read).await.map_err(failed)?;
        Ok(rows.iter().map(shown).collect())
    }

    /// One queued message and its attempts.
    pub async fn show(&self, op: QueueShow) -> Result<QueueDetail, OpError> {
        let id = QueueId(op.id);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let Some(q) = tables::get(tx.conn(), id)?.filter(|q| q.end.is_none()) else { return Ok(None) };
            let tries = crate::retired::tries(tables::attempt::list(tx.conn(), id)?);
            Ok::<_, Error>(Some(QueueDetail { row: shown(&q), tries }))
        };
        self.0.store.read(read).await.map_err(failed)?.ok_or_else(|| missing(op.id))
    }

    /// Entries of a message that a mailbox here holds, those that ended lately too, at most 1000.
    pub async fn of_copy(&self, copy: MessageId) -> Result<Vec<QueueId>, Error> {
        self.0.store.read(move |_, tx| tables::of_copy(tx.conn(), copy, 1000)).await
    }

    /// Rows of an account, queued or ended, the latest first, at most 1000: those with these ids, and the one with
    /// `from_id` in its reverse-path.
    pub async fn of_account(
        &self,
        account: &str,
        ids: Vec<i64>,
        from_id: Option<String>,
    ) -> Result<Vec<Queued>, Error> {
        let account = account.to_owned();
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            tables::of_account(tx.conn(), &account, &ids, from_id.as_deref(), 1000)
        };
        self.0.store.read(read).await
    }

    /// How many rows are queued, how many of them on hold, how many tried before.
    pub async fn counts(&self) -> Result<(u64, u64, u64), Error> {
        self.0.store.read(|_, tx| tables::select::counts(tx.conn())).await
    }

    /// How many rows wait for nothing but their turn: due before then, and not on hold.
    pub async fn due(&self, before: Timestamp) -> Result<u64, Error> {
        self.0.store.read(move |_, tx| tables::select::due(tx.conn(), before)).await
    }

    /// Messages in the queue, for the metrics; 0 when the database does not answer. Blocks on disk for a moment.
    pub fn length(&self) -> i64 {
        let counts = self.0.store.read_blocking(|_, tx| tables::select::counts(tx.conn()));
        counts.map_or(0, |(total, ..)| i64::try_from(total).unwrap_or(i64::MAX))
    }

    /// The message as it will be sent.
    pub async fn dump(&self, op: QueueDump) -> Result<Vec<u8>, OpError> {
        let row = self.row(op.id).await?;
        let Some((row, content)) = row.and_then(|q| q.content.map(|c| (q, c))) else {
            return Err(missing(op.id));
        };
        let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| {
            Content::load(store, tx, content, row.prefix)?.bytes()
        };
        self.0.store.read(read).await.map_err(failed)
    }

    pub(crate) async fn row(&self, id: i64) -> Result<Option<Queued>, OpError> {
        self.0.store.read(move |_, tx| tables::get(tx.conn(), QueueId(id))).await.map_err(failed)
    }

    /// Puts messages on hold.
    pub async fn hold(&self, op: QueueHold) -> Result<Changed, OpError> {
        self.change(op.filter, op.dry_run, false, |_, tx, q, now| {
            note(tx, q.id, now, "hold", "put on hold by an operator")?;
            tables::set_hold(tx.conn(), q.id, true)
        })
        .await
    }

    /// Releases messages from hold.
    pub async fn unhold(&self, op: QueueUnhold) -> Result<Changed, OpError> {
        self.change(op.filter, op.dry_run, false, |_, tx, q, now| {
            note(tx, q.id, now, "unhold", "released from hold by an operator")?;
            tables::set_hold(tx.conn(), q.id, false)
        })
        .await
    }

    /// Moves the next attempt.
    pub async fn schedule(&self, op: QueueSchedule) -> Result<Changed, OpError> {
        let when = op.when;
        self.change(op.filter, op.dry_run, true, move |_, tx, q, now| {
            let next = match when {
                When::At(at) => at.0,
                When::InMs(ms) => now.plus(Duration::from_millis(ms)),
                When::ByMs(ms) if ms < 0 => q.next_attempt.minus(Duration::from_millis(ms.unsigned_abs())),
                When::ByMs(ms) => q.next_attempt.plus(Duration::from_millis(ms.unsigned_abs())),
            };
            note(tx, q.id, now, "schedule", &format!("next attempt moved to {next} by an operator"))?;
            tables::set_next(tx.conn(), q.id, next)
        })
        .await
    }

    /// Chooses the transport of messages, for the attempts to come.
    pub async fn transport(&self, op: QueueTransport) -> Result<Changed, OpError> {
        if let Some(name) = op.transport.as_deref().filter(|name| !self.0.seams.router.knows(name)) {
            return Err(OpError::not_found(format!("no transport {name:?} in mox.conf"))
                .hint("leave the name out, with --default, to go by routes again"));
        }
        self.change(op.filter, op.dry_run, false, move |_, tx, q, now| {
            let text = match &op.transport {
                Some(name) => format!("the transport {name} was chosen by an operator"),
                None => "routes choose the transport again, says an operator".to_owned(),
            };
            note(tx, q.id, now, "transport", &text)?;
            tables::set_transport(tx.conn(), q.id, op.transport.as_deref())
        })
        .await
    }

    /// Says what TLS messages must have, in the attempts to come.
    pub async fn require_tls(&self, op: QueueRequireTls) -> Result<Changed, OpError> {
        let text = match op.require {
            Some(true) => "REQUIRETLS, says an operator",
            Some(false) => "TLS is not required (TLS-Required: No), says an operator",
            None => "TLS as policies ask for, says an operator",
        };
        self.change(op.filter, op.dry_run, false, move |_, tx, q, now| {
            note(tx, q.id, now, "requiretls", text)?;
            tables::set_require_tls(tx.conn(), q.id, op.require)
        })
        .await
    }

    /// Removes messages without telling the sender.
    pub async fn drop_messages(&self, op: QueueDrop) -> Result<Changed, OpError> {
        let queue = self.clone();
        self.change(op.filter, op.dry_run, true, move |store, tx, q, now| {
            note(tx, q.id, now, "dropped", "removed by an operator; the sender was not told")?;
            if let Some(content) = q.content {
                crate::outcome::release(store, tx, q.id, content)?;
            }
            queue.end_row(tx, q.id, &q.account, End::Dropped, now)?;
            queue.happened(tx, q, crate::Event::Canceled, None, false)?;
            if q.class.is_report() {
                let verdict = Verdict::permanent(EnhancedCode(5, 3, 0), "removed by an operator");
                queue.0.seams.reporting.ended(tx, q, End::Dropped, &verdict)?;
            }
            Ok(())
        })
        .await
    }

    /// Ids that match, ascending. Ids asked for by number must exist.
    pub(crate) async fn select(&self, filter: &QueueFilter) -> Result<Vec<QueueId>, OpError> {
        let asked = filter.clone();
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let missing =
                asked.ids.iter().copied().find_map(|id| match tables::get(tx.conn(), QueueId(id)) {
                    Ok(Some(q)) if q.end.is_none() => None,
                    other => Some(other.map(|_| id)),
                });
            match missing {
                Some(id) => Ok(Err(id?)),
                None => tables::select::ids(tx.conn(), &asked, QueueId(0), u32::MAX).map(Ok),
            }
        };
        self.0.store.read::<Result<_, i64>, Error, _>(read).await.map_err(failed)?.map_err(missing)
    }

    /// Changes what matches, chunk by chunk. `idle`: rows that are being delivered are an error.
    pub(crate) async fn change<F>(
        &self,
        filter: QueueFilter,
        dry_run: bool,
        idle: bool,
        f: F,
    ) -> Result<Changed, OpError>
    where
        F: Fn(&Store, &mut Tx<'_>, &Queued, Timestamp) -> Result<(), Error> + Clone + Send + 'static,
    {
        let ids = self.select(&filter).await?;
        if dry_run {
            return Ok(Changed { ids: ids.iter().map(|id| id.0).collect(), dry_run });
        }
        let mut changed = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK as usize) {
            let (queue, chunk, f) = (self.clone(), chunk.to_vec(), f.clone());
            let write = move |store: &Store, tx: &mut Tx<'_>| queue.change_chunk(store, tx, &chunk, idle, &f);
            changed.extend(self.0.store.write(write).await.map_err(failed)?);
        }
        if idle && changed.len() < ids.len() && !filter.ids.is_empty() {
            let done: HashSet<i64> = changed.iter().copied().collect();
            let left = ids.iter().find(|id| !done.contains(&id.0)).map_or(0, |id| id.0);
            return Err(OpError::conflict(format!("message {left} is being delivered or ended just now"))
                .hint("wait for the attempt with `mox queue watch`, or put the message on hold first"));
        }
        Ok(Changed { ids: changed, dry_run })
    }

    fn change_chunk(
        &self,
        store: &Store,
        tx: &mut Tx<'_>,
        ids: &[QueueId],
        idle: bool,
        f: &Change,
    ) -> Result<Vec<i64>, Error> {
        let now = self.0.seams.clock.now();
        let mut changed = Vec::with_capacity(ids.len());
        let mut domains = HashSet::new();
        for id in ids {
            let Some(q) = tables::get(tx.conn(), *id)?.filter(|q| q.end.is_none()) else { continue };
            if idle && q.busy {
                continue;
            }
            f(store, tx, &q, now)?;
            domains.insert(q.domain().to_string());
            changed.push(id.0);
        }
        for domain in domains {
            tables::refresh(tx.conn(), &domain, Timestamp::from_micros(0))?;
        }
        self.changed(tx);
        Ok(changed)
    }

    /// Waits until a message ended, or the timeout.
    pub async fn wait(&self, op: QueueWait) -> Result<QueueOutcome, OpError> {
        let mut version = self.0.version.subscribe();
        let mut timeout = self.0.seams.clock.sleep(Duration::from_millis(op.timeout_ms).min(MAX_WAIT));
        loop {
            version.mark_unchanged();
            let row = self.row(op.id).await?.ok_or_else(|| missing(op.id))?;
            let outcome = wait_outcome(&row, op.until);
            if outcome.end.is_some() {
                return Ok(outcome);
            }
            tokio::select! {
                biased;
                changed = version.changed() => if changed.is_err() { return Ok(outcome) },
                () = &mut timeout => return Ok(outcome),
            }
        }
    }

    /// Answers once the rows differ from those that `token` stands for, or at the timeout.
    pub async fn watch(&self, op: QueueWatch) -> Result<QueueWatched, OpError> {
        let mut version = self.0.version.subscribe();
        let mut timeout = self.0.seams.clock.sleep(Duration::from_millis(op.timeout_ms).min(MAX_WAIT));
        loop {
            version.mark_unchanged();
            let rows = self.list(QueueList { filter: op.filter.clone(), ..QueueList::default() }).await?;
            let token = token(&rows);
            if op.token.as_deref() != Some(token.as_str()) {
                return Ok(QueueWatched { token, rows });
            }
            tokio::select! {
                biased;
                changed = version.changed() => if changed.is_err() { return Ok(QueueWatched { token, rows }) },
                () = &mut timeout => return Ok(QueueWatched { token, rows }),
            }
        }
    }
}

pub(crate) fn note(tx: &mut Tx<'_>, id: QueueId, at: Timestamp, step: &str, text: &str) -> Result<(), Error> {
    tables::attempt::note(tx.conn(), id, at, step, None, text)
}

fn wait_outcome(row: &Queued, until: QueueEnd) -> QueueOutcome {
    let end = row.end.map(|end| match end {
        End::Delivered => QueueEnd::Delivered,
        End::Failed => QueueEnd::Failed,
        End::Dropped => QueueEnd::Gone,
    });
    let reached = end.is_some_and(|end| until == QueueEnd::Gone || end == until);
    QueueOutcome { id: row.id.0, reached, end, attempts: row.attempts, last_error: row.last_error.clone() }
}

/// Stands for what is shown of the rows.
fn token(rows: &[QueueRow]) -> String {
    let mut hasher = DefaultHasher::new();
    for row in rows {
        let chosen = (&row.tls, &row.transport);
        (row.id, row.attempts, row.hold, row.next_attempt, &row.last_error, chosen).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
