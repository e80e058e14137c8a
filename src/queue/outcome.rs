//! What an attempt leads to: the end, the next attempt, a DSN, in one transaction.
//!
//! Decisions are made before the transaction, because notifications are composed before it; within it each row is
//! looked at again, and one that somebody else ended or took meanwhile is left alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::OpError;
use mox_admin::ops::{Changed, QueueFail};
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_message::dsn::Action;
use mox_smtp::{Body, EnhancedCode};
use mox_store::{ContentId, Error, Store};
use mox_telemetry::Outcome as Labels;

use crate::dsn::Telling;
use crate::seam::{Confirms, Event, Happened, Notice, Outcome, Peer, Step, TlsResults, Verdict};
use crate::tables::{self, Last};
use crate::worker::{Batch, Report};
use crate::{Class, End, NewQueued, Queue, QueueId, Queued};

/// Wait before an outcome that could not be stored is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Rows that fail by request in one transaction.
const CHUNK: usize = 100;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It ends, delivered.
    Deliver,
    /// It ends, given up.
    Fail,
    /// It is tried again; maybe the sender hears of the delay.
    Retry { tell: bool },
    /// It is tried again at once, without asking for TLS: a notification is not lost by that.
    Relax,
    /// The attempt was none: it is due again.
    Undo,
}

/// A row and what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) row: Queued,
    pub(crate) verdict: Verdict,
    pub(crate) decision: Decision,
    pub(crate) started: Timestamp,
}

/// Who had the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// A worker that took them.
    Worker,
    /// Nobody: another message showed that their destination is down.
    Sharing,
    /// Nobody: an operator gave them up.
    Operator,
}

/// All that goes into the transaction.
struct Plan {
    by: By,
    settled: Vec<Settled>,
    tellings: Vec<Telling>,
    /// Why the sender was not told, where it should have been.
    untold: Option<String>,
    peer: Peer,
    /// A mailbox of ours: no other host took it.
    stays: bool,
    /// The recipient was suppressed: nobody was asked.
    suppressed: bool,
    steps: Vec<Step>,
    tls: Option<TlsResults>,
    duration: Duration,
    /// Take the next message of this destination.
    next: Option<String>,
}

impl Queue {
    /// Stores the outcome of an attempt; with `more`, takes the next message of the destination.
    ///
    /// Keeps trying when the store fails: what a remote host took must not be sent again.
    pub(crate) async fn settle(
        &self,
        batch: Batch,
        report: Report,
        more: bool,
    ) -> Result<Option<Batch>, Error> {
        self.carry_out(By::Worker, batch, report, more).await
    }

    /// The same for rows that no worker took.
    pub(crate) async fn settle_untaken(&self, batch: Batch, report: Report) -> Result<(), Error> {
        self.carry_out(By::Sharing, batch, report, false).await.map(drop)
    }

    /// Gives messages up now: the sender gets a DSN.
    pub async fn fail(&self, op: QueueFail) -> Result<Changed, OpError> {
        let ids = self.select(&op.filter).await?;
        let all = ids.iter().map(|id| id.0).collect();
        if op.dry_run {
            return Ok(Changed { ids: all, dry_run: true });
        }
        for chunk in ids.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
                let rows = chunk.iter().filter_map(|id| tables::get(tx.conn(), *id).transpose());
                rows.collect::<Result<Vec<Queued>, Error>>()
            };
            let mut rows = self.0.store.read(read).await.map_err(OpError::failed)?;
            rows.retain(|q| q.end.is_none());
            if let Some(busy) = rows.iter().find(|q| q.busy) {
                return Err(OpError::conflict(format!("message {} is being delivered just now", busy.id))
                    .hint("wait for the attempt with `mox queue watch`, or put the message on hold first"));
            }
            let verdict = Verdict::permanent(EnhancedCode(5, 3, 0), "given up by an operator of this server");
            let report = Report { verdicts: vec![Some(verdict); rows.len()], ..Report::default() };
            let clock = &self.0.seams.clock;
            let batch = Batch { rows, started: clock.now(), began: clock.monotonic(), refused: None };
            self.carry_out(By::Operator, batch, report, false).await.map_err(OpError::failed)?;
        }
        Ok(Changed { ids: all, dry_run: false })
    }

    fn decide(&self, q: &Queued, verdict: &Verdict) -> Decision {
        let relaxes = q.class == Class::Dsn && q.require_tls == Some(true);
        let hard = matches!(verdict.enhanced, Some(EnhancedCode(5, 7, _)));
        match verdict.outcome {
            Outcome::Delivered => Decision::Deliver,
            Outcome::Permanent if relaxes && hard && q.attempts < q.max_attempts => Decision::Relax,
            Outcome::Temporary if relaxes && q.attempts == q.max_attempts / 2 => Decision::Relax,
            Outcome::Temporary if q.attempts < q.max_attempts => {
                Decision::Retry { tell: self.0.options.delay_dsn_after == Some(q.attempts) }
            }
            Outcome::Temporary | Outcome::Permanent => Decision::Fail,
        }
    }

    async fn carry_out(
        &self,
        by: By,
        batch: Batch,
        report: Report,
        more: bool,
    ) -> Result<Option<Batch>, Error> {
        let next = batch.rows.first().filter(|_| more).map(|q| q.domain().to_string());
        let (started, suppressed) = (batch.started, batch.refused.is_some());
        let settled: Vec<Settled> = batch
            .rows
            .into_iter()
            .zip(report.verdicts)
            .map(|(row, verdict)| match verdict {
                Some(verdict) => Settled { decision: self.decide(&row, &verdict), row, verdict, started },
                None => Settled { decision: Decision::Undo, row, verdict: Verdict::temporary(""), started },
            })
            .collect();
        let duration = self.0.seams.clock.monotonic().saturating_sub(batch.began);
        let (tellings, untold) = loop {
            match self.tellings(&settled, &report.peer, report.confirms).await {
                Ok(tellings) => break (tellings, None),
                // No room, say: it does not end before its sender can be told.
                Err(e) if is_passing(&e) && by == By::Worker => {
                    tracing::error!(error = %e, "queue: a notification cannot be written");
                    self.0.seams.clock.sleep(AGAIN).await;
                }
                Err(e) if is_passing(&e) => return Err(e),
                Err(e) => break (Vec::new(), Some(e.to_string())),
            }
        };
        let (peer, steps, tls) = (report.peer, report.steps, report.tls);
        let stays = report.confirms == Confirms::Mailbox;
        let plan =
            Plan { by, settled, tellings, untold, peer, stays, suppressed, steps, tls, duration, next };
        let plan = Arc::new(Mutex::new(plan));
        loop {
            let (queue, inner) = (self.clone(), plan.clone());
            let write = move |store: &Store, tx: &mut Tx<'_>| {
                let mut plan = inner.lock().unwrap_or_else(PoisonError::into_inner);
                queue.apply(store, tx, &mut plan)
            };
            let error = match self.0.store.write(write).await {
                Ok(next) => return Ok(next),
                Err(e) => e,
            };
            tracing::error!(error = %error, "queue: outcome of an attempt cannot be stored");
            // If it is the next message that cannot be taken, that must not keep this outcome from being stored.
            plan.lock().unwrap_or_else(PoisonError::into_inner).next = None;
            if by != By::Worker && !give_up_telling(&plan, &error) {
                return Err(error);
            }
            if by == By::Worker && !give_up_telling(&plan, &error) {
                self.0.seams.clock.sleep(AGAIN).await;
            }
        }
    }

    fn apply(&self, store: &Store, tx: &mut Tx<'_>, plan: &mut Plan) -> Result<Option<Batch>, Error> {
        let now = self.0.seams.clock.now();
        let mut domains: Vec<String> = Vec::new();
        let mut applied = vec![false; plan.settled.len()];
        for (one, applied) in plan.settled.iter().zip(&mut applied) {
            *applied = self.apply_row(store, tx, plan, one, now)?;
            let domain = one.row.domain().to_string();
            if *applied && domains.last() != Some(&domain) {
                domains.push(domain);
            }
        }
        for telling in &mut plan.tellings {
            if telling.about.iter().any(|at| applied.get(*at) == Some(&true)) {
                self.tell(store, tx, telling, &plan.settled, now)?;
            }
        }
        if let Some(results) = &plan.tls {
            self.0.seams.reporting.tls(tx, results)?;
        }
        domains.sort();
        domains.dedup();
        // Taking the next message of a destination looks again at when it is due.
        for domain in domains.iter().filter(|domain| plan.next.as_ref() != Some(domain)) {
            tables::refresh(tx.conn(), domain, Timestamp::from_micros(0))?;
        }
        self.changed(tx);
        match &plan.next {
            Some(domain) => self.take(tx, domain),
            None => Ok(None),
        }
    }

    /// Applies the decision to one row; false when it is not ours any more.
    fn apply_row(
        &self,
        store: &Store,
        tx: &mut Tx<'_>,
        plan: &Plan,
        one: &Settled,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (q, verdict) = (&one.row, &one.verdict);
        let Some(current) = tables::get(tx.conn(), q.id)?.filter(|c| c.end.is_none()) else {
            return Ok(false);
        };
        let ours = match plan.by {
            By::Worker => current.busy && current.attempts == q.attempts,
            By::Sharing => !current.busy && !current.hold && current.attempts + 1 == q.attempts,
            By::Operator => !current.busy,
        };
        if !ours {
            return Ok(false);
        }
        if one.decision == Decision::Undo {
            tables::unmark(tx.conn(), q, now)?;
            return Ok(true);
        }
        if plan.by == By::Sharing {
            let next = now.plus(self.0.options.retry.wait(q.attempts, &*self.0.seams.random));
            tables::mark(tx.conn(), q.id, q.attempts, now, next, "")?;
            tables::attempt::begin(tx.conn(), q.id, q.attempts, now)?;
        }
        let error = verdict.to_string();
        if plan.by != By::Operator {
            tables::attempt::finish(
                tx.conn(),
                q.id,
                q.attempts,
                plan.duration,
                verdict,
                &plan.peer,
                &plan.steps,
            )?;
            self.count_attempt(tx, plan.suppressed, verdict.outcome);
        }
        let delivered = one.decision == Decision::Deliver;
        let last = Last {
            error: Some(error.as_str()).filter(|_| !delivered),
            code: verdict.code,
            enhanced: verdict.enhanced.map(|e| e.to_string()),
            host: &plan.peer.host,
            tls: &plan.peer.tls,
        };
        tables::set_last(tx.conn(), q.id, &last)?;
        let end = match one.decision {
            Decision::Deliver => End::Delivered,
            Decision::Fail => End::Failed,
            Decision::Relax => {
                let text = "a notification is not lost for want of TLS: REQUIRETLS is dropped";
                tables::attempt::note(tx.conn(), q.id, now, "requiretls", None, text)?;
                tables::set_require_tls(tx.conn(), q.id, None)?;
                tables::set_next(tx.conn(), q.id, now)?;
                return Ok(true);
            }
            Decision::Retry { .. } => {
                self.happened(tx, q, Event::Delayed, Some(verdict), false)?;
                return Ok(true);
            }
            Decision::Undo => return Ok(true),
        };
        if end == End::Failed {
            let why = if verdict.outcome == Outcome::Permanent { "for good" } else { "no attempts are left" };
            let text = format!("given up ({why}): {error}");
            tables::attempt::note(tx.conn(), q.id, now, "failed", Some(false), &text)?;
            if let Some(untold) = &plan.untold {
                let text = format!("the sender could not be told: {untold}");
                tables::attempt::note(tx.conn(), q.id, now, "dsn", Some(false), &text)?;
            }
        }
        let learns = end == End::Failed && plan.by == By::Worker;
        let suppressing = learns && crate::suppress::learn(tx, q, verdict, &plan.peer, now)?;
        self.end_row(tx, q.id, &q.account, end, now)?;
        if q.class.is_report() {
            self.0.seams.reporting.ended(tx, q, end, verdict)?;
        }
        if end == End::Delivered && q.class == Class::Normal && !plan.stays {
            self.0.seams.reporting.delivered(tx, q)?;
        }
        let event = match end {
            End::Delivered => Event::Delivered,
            _ if plan.suppressed => Event::Suppressed,
            _ => Event::Failed,
        };
        self.happened(tx, q, event, Some(verdict), suppressing)?;
        if let Some(content) = current.content {
            release(store, tx, q.id, content)?;
        }
        Ok(true)
    }

    /// Counts an attempt once its outcome is stored.
    fn count_attempt(&self, tx: &mut Tx<'_>, suppressed: bool, outcome: Outcome) {
        let result = match outcome {
            _ if suppressed => "suppressed",
            Outcome::Delivered => "delivered",
            Outcome::Temporary => "temporary",
            Outcome::Permanent => "permanent",
        };
        let metrics = self.0.seams.metrics.clone();
        tx.on_commit(move || {
            metrics.queue_attempts.get_or_create(&Labels { result }).inc();
        });
    }

    /// Tells who wants to hear what happens to somebody's mail.
    pub(crate) fn happened(
        &self,
        tx: &mut Tx<'_>,
        q: &Queued,
        event: Event,
        verdict: Option<&Verdict>,
        suppressing: bool,
    ) -> Result<(), Error> {
        match q.class {
            Class::Normal => {
                self.0.seams.reporting.happened(tx, q, &Happened { event, verdict, suppressing })
            }
            _ => Ok(()),
        }
    }

    /// Puts a notification into the sender's mailbox, or on its way there.
    fn tell(
        &self,
        store: &Store,
        tx: &mut Tx<'_>,
        telling: &mut Telling,
        settled: &[Settled],
        now: Timestamp,
    ) -> Result<(), Error> {
        let content_size = telling.content.size();
        let content = telling.content.insert(tx, 1)?;
        let notice = Notice {
            account: &telling.account,
            to: &telling.to,
            content,
            content_size,
            digest: &telling.digest,
            smtputf8: telling.smtputf8,
            received: now,
        };
        let id = telling.digest.header_id.clone().unwrap_or_default();
        let what = match telling.action {
            Action::Failed => "failure",
            Action::Delayed => "delay",
            Action::Delivered | Action::Relayed | Action::Expanded => "success",
        };
        let way = if self.0.seams.local.deliver(store, tx, &notice)? {
            format!("delivered to the account {}", telling.account)
        } else {
            let new = NewQueued {
                smtputf8: telling.smtputf8,
                body: if telling.eight_bit { Body::EightBitMime } else { Body::SevenBit },
                subject: telling.digest.subject.clone(),
                message_id: telling.digest.header_id.clone(),
                class: Class::Dsn,
                require_tls: telling.require_tls.then_some(true),
                ..NewQueued::new(
                    telling.account.clone(),
                    None,
                    vec![telling.to.clone().into()],
                    content,
                    content_size,
                )
            };
            let ids = self.add(store, tx, &new)?;
            format!("queued as {}", ids.first().map(ToString::to_string).unwrap_or_default())
        };
        let text = format!("the sender {} is told of the {what}: DSN <{id}>, {way}", telling.to);
        for one in telling.about.iter().filter_map(|at| settled.get(*at)) {
            tables::attempt::note(tx.conn(), one.row.id, now, "dsn", Some(true), &text)?;
        }
        Ok(())
    }
}

/// For a session that puts a message into a mailbox of this store: says so within the same transaction, so that a
/// crash before the queue has stored the outcome does not lead to a second copy.
pub fn arrived(tx: &mut Tx<'_>, id: QueueId) -> Result<(), Error> {
    tables::attempt::arrived(tx.conn(), id)
}

/// Gives the reference to content back. Content that is missing is for the checker of the store to tell of: it does
/// not keep a message from ending.
pub(crate) fn release(store: &Store, tx: &mut Tx<'_>, id: QueueId, content: ContentId) -> Result<(), Error> {
    match store.release(tx, content) {
        Err(Error::Damaged(what)) => {
            tracing::error!(queue_id = id.0, what, "content of an ended message");
            Ok(())
        }
        other => other,
    }
}

/// Whether it is the database or the disk that fails, and not something about the message.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Db(_) | Error::File { .. })
}

/// When it is the DSN that cannot be stored for good, the outcome is stored without it.
fn give_up_telling(plan: &Mutex<Plan>, error: &Error) -> bool {
    let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
    if plan.tellings.is_empty() || is_passing(error) {
        return false;
    }
    plan.tellings.clear();
    plan.untold = Some(error.to_string());
    true
}
