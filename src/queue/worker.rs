//! One worker on one destination: takes a message, finds the way, sends it, hands in the outcome, takes the next.
//!
//! The attempt is counted and the next one set in a transaction that is committed before anything is dialed, so
//! that no crash leads to tight retries. The outcome of one message and the taking of the next share a
//! transaction. When a destination cannot be reached at all, everything due there shares the failed attempt.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::Tx;
use mox_smtp::{ForwardPath, MailArgs, RcptArgs};
use mox_store::{Content, Error, Store};
use tokio::sync::watch;

use crate::route::{Leaving, Route};
use crate::schedule::Claim;
use crate::seam::{Confirms, Outcome, Outgoing, Peer, Session, Step, Target, TlsResults, Verdict};
use crate::{Queue, Queued, suppress, tables};

/// Rows that share a failed connection, in one transaction.
const PAGE: u32 = 500;

/// How long a destination rests whose messages could not be taken from the store.
const PAUSE: Duration = Duration::from_secs(5);

/// A message with the recipients that leave in one transaction.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Recipients of one message at one destination; `attempts` counts this one.
    pub(crate) rows: Vec<Queued>,
    pub(crate) started: Timestamp,
    /// Monotonic time of the start.
    pub(crate) began: Duration,
    /// The recipient is suppressed: nothing is sent.
    pub(crate) refused: Option<Verdict>,
}

/// How an attempt went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// One for each row; none: not tried, stays due.
    pub(crate) verdicts: Vec<Option<Verdict>>,
    pub(crate) peer: Peer,
    pub(crate) steps: Vec<Step>,
    pub(crate) tls: Option<TlsResults>,
    /// Who tells the sender of success.
    pub(crate) confirms: Confirms,
}

/// An open session and what it is good for.
struct Open {
    target: Target,
    session: Box<dyn Session>,
    peer: Peer,
}

impl Queue {
    pub(crate) async fn work(self, claim: Claim, shutdown: watch::Receiver<bool>) {
        if let Err(e) = self.serve(&claim, &shutdown).await {
            tracing::error!(domain = claim.domain, error = %e, "queue: delivery stopped by the store");
            // The destination stays due: without a pause the next worker would fail in no time.
            let mut shutdown = shutdown.clone();
            tokio::select! {
                () = self.0.seams.clock.sleep(PAUSE) => {}
                _ = shutdown.wait_for(|stop| *stop) => {}
            }
        }
    }

    async fn serve(&self, claim: &Claim, shutdown: &watch::Receiver<bool>) -> Result<(), Error> {
        let (queue, domain) = (self.clone(), claim.domain.clone());
        let mut batch = self.0.store.write(move |_, tx| queue.take(tx, &domain)).await?;
        claim.started();
        let mut open: Option<Open> = None;
        let mut turns = 0;
        while let Some(taken) = batch.take() {
            turns += 1;
            let (report, down) = match caught(self.attempt(&taken, &mut open)).await {
                Some(attempted) => attempted,
                None => {
                    let verdict = Some(Verdict::temporary("internal error while delivering"));
                    (Report { verdicts: vec![verdict; taken.rows.len()], ..Report::default() }, None)
                }
            };
            if let Some(target) = &down {
                claim.failing(true);
                if let Err(e) = self.share_failure(target, &taken, &report).await {
                    tracing::warn!(domain = claim.domain, error = %e, "queue: others due there are tried by themselves");
                }
            } else if open.is_some() {
                claim.failing(false);
            }
            let more = turns < self.0.options.per_turn && down.is_none() && !*shutdown.borrow();
            let is_report = taken.rows.first().is_some_and(|row| row.class.is_report());
            batch = self.settle(taken, report, more).await?;
            if is_report {
                self.0.seams.faults.reach("report-settled");
            }
        }
        if let Some(open) = open {
            open.session.quit().await;
        }
        Ok(())
    }

    /// Takes the first message that is due at a destination, with all recipients that are.
    pub(crate) fn take(&self, tx: &mut Tx<'_>, domain: &str) -> Result<Option<Batch>, Error> {
        let (now, began) = (self.0.seams.clock.now(), self.0.seams.clock.monotonic());
        let Some(first) = tables::due(tx.conn(), domain, now, 1)?.pop() else {
            tables::refresh(tx.conn(), domain, Timestamp::from_micros(0))?;
            return Ok(None);
        };
        let others = self.0.options.max_recipients.saturating_sub(1);
        let refused = suppress::refusal(tx, &first)?;
        let siblings = if first.base == 0 || refused.is_some() {
            Vec::new()
        } else {
            tables::siblings(tx.conn(), &first, now, others)?
        };
        let mut rows = vec![first];
        for sibling in siblings {
            if suppress::refusal(tx, &sibling)?.is_none() {
                rows.push(sibling);
            }
        }
        for q in &mut rows {
            q.attempts += 1;
            let next = now.plus(self.0.options.retry.wait(q.attempts, &*self.0.seams.random));
            let text = format!("attempt {} began and its outcome is not known yet", q.attempts);
            tables::mark(tx.conn(), q.id, q.attempts, now, next, &text)?;
            tables::attempt::begin(tx.conn(), q.id, q.attempts, now)?;
        }
        tables::refresh(tx.conn(), domain, now)?;
        Ok(Some(Batch { rows, started: now, began, refused }))
    }

    /// Makes one attempt. The target comes back when nobody there could be reached.
    async fn attempt(&self, batch: &Batch, open: &mut Option<Open>) -> (Report, Option<Target>) {
        let Some(first) = batch.rows.first() else { return (Report::default(), None) };
        let mut report = Report::default();
        let all = |verdict: Verdict| vec![Some(verdict); batch.rows.len()];
        if let Some(verdict) = &batch.refused {
            report.steps.push(Step::new("suppressed", false, verdict.text.clone()));
            report.verdicts = all(verdict.clone());
            return (report, None);
        }
        let route = self.route(first);
        report.steps.push(Step::new("route", None, format!("goes {route}")));
        if let Route::Fail { code, enhanced, text } = route {
            let outcome = if code < 500 { Outcome::Temporary } else { Outcome::Permanent };
            let verdict = Verdict { outcome, code: Some(code), enhanced: Some(enhanced), text };
            report.verdicts = all(verdict);
            return (report, None);
        }
        let domain = first.domain().clone();
        let target = Target {
            route,
            domain,
            require_tls: first.require_tls,
            class: first.class,
            attempt: first.attempts,
        };
        if let Some(old) = open.take_if(|old| !old.target.same(&target)) {
            old.session.quit().await;
        }
        let mut current = match open.take() {
            Some(current) => {
                report.steps.push(Step::new("connect", true, "over the connection of the message before"));
                current
            }
            None => match self.0.seams.outbound.open(&target).await {
                Ok(opened) => {
                    report.steps.extend(opened.steps);
                    report.tls = opened.tls;
                    Open { target, session: opened.session, peer: opened.peer }
                }
                Err(failure) => {
                    report.steps.extend(failure.steps);
                    report.tls = failure.tls;
                    report.peer = failure.peer;
                    report.verdicts = all(failure.verdict);
                    return (report, Some(target));
                }
            },
        };
        report.peer = current.peer.clone();
        let outgoing = match self.outgoing(&batch.rows).await {
            Ok(outgoing) => outgoing,
            Err(e) => {
                tracing::error!(queue_id = first.id.0, error = %e, "queued message cannot be read");
                report.verdicts = all(Verdict::temporary(format!("the message cannot be read here: {e}")));
                *open = Some(current);
                return (report, None);
            }
        };
        let sent = current.session.send(&outgoing).await;
        if first.class.is_report() {
            self.0.seams.faults.reach("report-sent");
        }
        report.confirms = current.session.confirms();
        report.verdicts = sent.verdicts;
        report.verdicts.resize(batch.rows.len(), None);
        if report.verdicts.iter().all(Option::is_none) {
            report.verdicts = all(Verdict::temporary("the server took no recipient"));
        }
        if sent.usable {
            *open = Some(current);
        } else {
            current.session.quit().await;
        }
        (report, None)
    }

    fn route(&self, q: &Queued) -> Route {
        self.0.seams.router.route(&Leaving {
            account: &q.account,
            from: &q.reverse_path,
            to: q.domain(),
            attempts: q.attempts.saturating_sub(1),
            copied: q.copy.is_some(),
            transport: q.transport.as_deref(),
        })
    }

    async fn outgoing(&self, rows: &[Queued]) -> Result<Outgoing, Error> {
        let Some((first, content)) = rows.first().and_then(|q| q.content.map(|c| (q, c))) else {
            return Err(Error::Damaged("queued message without content".to_owned()));
        };
        let prefix = first.prefix.clone();
        let load = move |store: &Store, tx: &mox_db::ReadTx<'_>| Content::load(store, tx, content, prefix);
        let content = self.0.store.read(load).await?;
        let mail = MailArgs {
            reverse_path: first.reverse_path.clone(),
            size: Some(content.size()),
            body: first.body,
            smtputf8: first.smtputf8,
            require_tls: first.require_tls == Some(true),
            hold: None,
            ret: first.ret,
            envid: first.envid.clone(),
            auth: None,
        };
        let rcpt = |q: &Queued| RcptArgs {
            forward_path: ForwardPath::Path(q.forward_path.clone()),
            notify: q.notify,
            orcpt: q.orcpt.clone(),
        };
        Ok(Outgoing {
            mail,
            rcpts: rows.iter().map(rcpt).collect(),
            ids: rows.iter().map(|q| q.id).collect(),
            content,
        })
    }

    /// Everything due at a destination that could not be reached has had an attempt by that.
    async fn share_failure(&self, target: &Target, failed: &Batch, report: &Report) -> Result<(), Error> {
        let (Some(Some(verdict)), Some(first)) = (report.verdicts.first(), failed.rows.first()) else {
            return Ok(());
        };
        let now = self.0.seams.clock.now();
        let domain = target.domain.to_string();
        let text = format!("not tried by itself: message {} could not reach {domain} just before", first.id);
        loop {
            let asked = domain.clone();
            let mut rows = self.0.store.read(move |_, tx| tables::due(tx.conn(), &asked, now, PAGE)).await?;
            for q in &mut rows {
                q.attempts += 1;
            }
            // What TLS a host must have is another matter for other classes: what failed for one may work for the next.
            rows.retain(|q| {
                q.require_tls == target.require_tls
                    && q.class == target.class
                    && self.route(q) == target.route
            });
            if rows.is_empty() {
                return Ok(());
            }
            let shared = Report {
                verdicts: vec![Some(verdict.clone()); rows.len()],
                peer: report.peer.clone(),
                steps: vec![Step::new("connect", false, text.clone())],
                ..Report::default()
            };
            let began = self.0.seams.clock.monotonic();
            let batch = Batch { rows, started: now, began, refused: None };
            self.settle_untaken(batch, shared).await?;
        }
    }
}

/// What a future gives; none when it panics. A row must not stay BUSY because of a fault in an attempt.
async fn caught<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

impl Target {
    /// Whether a session for this target is good for the other.
    fn same(&self, other: &Target) -> bool {
        self.route == other.route
            && self.domain == other.domain
            && self.require_tls == other.require_tls
            && self.class == other.class
    }
}
