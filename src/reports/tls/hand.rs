//! Hands reports over: mail to the queue, in one transaction with the state of the destination; https by [`post`].
//!
//! One at a time to a host: another waits until the queue is rid of the one before, [`TURN`] at most.
//! [`post`]: super::post

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mox_address::Address;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_queue::{Class, NewQueued, Queue};
use mox_store::{Error, Incoming, Prepared, Store};
use mox_tlsrpt::{Target, Uri};
use tokio::task::JoinSet;

use super::decide::suppressed;
use super::mail::{self, Composed};
use super::submitter::Submitter;
use crate::Reports;
use crate::tables::destination::{self, Destination, State};
use crate::tables::report::{self, Made};
use crate::tables::suppress;

/// How long a host has for one message before the next one is queued for it.
const TURN: Duration = Duration::from_secs(300);
/// Looked for at once.
const BATCH: u32 = 1024;
/// Handed over at once.
const AT_ONCE: usize = 128;

impl Reports {
    /// Hands over what is due; answers when the next one is.
    pub(crate) async fn hand_over_due(&self) -> Result<Option<Timestamp>, Error> {
        loop {
            let now = self.0.seams.clock.now();
            let busy = now.minus(TURN);
            let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
                let due = destination::due(tx.conn(), now, busy, BATCH)?;
                Ok::<_, Error>((due, destination::next(tx.conn(), now)?))
            };
            let (due, next) = self.0.store.read(read).await?;
            if due.is_empty() || self.0.stopping.load(Ordering::Relaxed) {
                return Ok(next);
            }
            if !self.hand_over_all(due).await? {
                return Ok(next);
            }
        }
    }

    /// Hands over some at a time; false when all of them have to wait.
    async fn hand_over_all(&self, due: Vec<Destination>) -> Result<bool, Error> {
        let (mut tasks, mut due, mut progress) = (JoinSet::new(), due.into_iter(), false);
        loop {
            while tasks.len() < AT_ONCE && !self.0.stopping.load(Ordering::Relaxed) {
                let Some(one) = due.next() else { break };
                let reports = self.clone();
                tasks.spawn(async move { reports.hand_over(one).await });
            }
            match tasks.join_next().await {
                None => return Ok(progress),
                Some(Ok(done)) => progress |= done?,
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        }
    }

    /// Hands one over; false when somebody else is at it.
    pub(crate) async fn hand_over(&self, one: Destination) -> Result<bool, Error> {
        let Some(_turn) = Turn::take(self, &one.host) else { return Ok(false) };
        let id = one.report;
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            Ok::<_, Error>((report::get(tx.conn(), id)?, destination::get(tx.conn(), one.id)?))
        };
        let (Some(made), Some(one)) = self.0.store.read(read).await? else { return Ok(true) };
        if one.state != State::Sealed {
            return Ok(true);
        }
        if self.is_too_late(&made, &one) {
            let why = "there was no time to hand it over".to_owned();
            let why = if one.why.is_empty() { why } else { one.why.clone() };
            self.end(one, State::Expired, why).await?;
            return Ok(true);
        }
        match one.uri.parse::<Uri>().map(|uri| uri.target) {
            Ok(Target::Mail(address)) => self.queue_mail(made, one, address).await?,
            Ok(Target::Https(url)) => self.post(made, one, url).await?,
            Ok(Target::Unsupported) | Err(_) => {
                self.end(one, State::Withheld, "nothing can be sent there".to_owned()).await?;
            }
        }
        Ok(true)
    }

    /// Whether attempts have gone on for too long, or the report is too old for a first one.
    fn is_too_late(&self, made: &Made, one: &Destination) -> bool {
        let now = self.0.seams.clock.now();
        match one.first_attempt {
            Some(first) => now.since(first) > self.0.options.give_up,
            None => now.since(made.due) > self.0.options.stale,
        }
    }

    /// Queues a message.
    async fn queue_mail(&self, made: Made, one: Destination, to: Address) -> Result<(), Error> {
        let Some(queue) = self.0.queue.get().cloned() else {
            return self.postpone(one, "mail cannot be queued yet").await;
        };
        let config = self.0.options.config.load();
        let keys = mox_address::Domain::parse(&made.submitter).map(|d| (config.signers(&d), d));
        let Some((keys, domain)) = keys.ok().filter(|(keys, _)| !keys.is_empty()) else {
            return self.postpone(one, &format!("{} has no DKIM key to sign with", made.submitter)).await;
        };
        let submitter = Submitter { domain, keys };
        let account = config.server.postmaster.account.clone();
        let (store, number, address) = (self.0.store.clone(), one.id, to.clone());
        let work = move || {
            let composed = mail::compose(&made, number, &address, &submitter).map_err(Unfit::Message)?;
            let mut incoming = Incoming::new(&store);
            incoming.write(&composed.bytes)?;
            Ok::<_, Unfit>((incoming.finish()?, composed, submitter))
        };
        let worked = tokio::task::spawn_blocking(work).await;
        let (content, composed, submitter) = match worked {
            Ok(Ok(ready)) => ready,
            Ok(Err(Unfit::Store(error))) => return Err(error),
            Ok(Err(Unfit::Message(why))) => return self.end(one, State::Failed, why).await,
            Err(_) => return Err(Error::Damaged("a report could not be written".to_owned())),
        };
        let letter = Letter { content, composed, account, from: submitter.domain.ascii().to_owned(), to };
        self.commit_mail(queue, one, letter).await
    }

    /// The transaction: the message is in the queue, and the destination knows it.
    async fn commit_mail(&self, queue: Queue, one: Destination, mut letter: Letter) -> Result<(), Error> {
        let (reports, now) = (self.clone(), self.0.seams.clock.now());
        self.0.seams.faults.reach("tlsrpt-composed");
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let current = destination::get(tx.conn(), one.id)?;
            if current.is_none_or(|current| current.state != State::Sealed) {
                return Ok(());
            }
            if let Some(found) = suppress::active(tx.conn(), &one.address, now)? {
                destination::end(tx.conn(), one.id, State::Suppressed, &suppressed(&found), now)?;
                tx.on_commit(move || reports.count("suppressed"));
                return Ok(());
            }
            let content = letter.content.insert(tx, 1)?;
            let new = letter.queued(content)?;
            let id = queue.add(store, tx, &new)?.first().map_or(0, |id| id.0);
            destination::queued(tx.conn(), one.id, id, now)?;
            tx.on_commit(move || reports.count("queued"));
            Ok::<_, Error>(())
        };
        self.0.store.write(write).await?;
        self.0.seams.faults.reach("tlsrpt-queued");
        Ok(())
    }

    pub(crate) async fn postpone(&self, one: Destination, why: &str) -> Result<(), Error> {
        let (next, why) = (self.0.seams.clock.now().plus(self.0.options.again), why.to_owned());
        let write = move |_: &Store, tx: &mut Tx<'_>| destination::postpone(tx.conn(), one.id, next, &why);
        self.0.store.write(write).await
    }

    /// Ends a destination that is still open.
    pub(crate) async fn end(&self, one: Destination, state: State, why: String) -> Result<(), Error> {
        let (reports, now) = (self.clone(), self.0.seams.clock.now());
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            destination::end(tx.conn(), one.id, state, &why, now)?;
            if state == State::Delivered {
                suppress::forgive(tx.conn(), &one.address)?;
            }
            tracing::info!(address = one.address, result = state.as_str(), reason = why, "tls report");
            tx.on_commit(move || reports.count(state.as_str()));
            Ok::<_, Error>(())
        };
        self.0.store.write(write).await
    }
}

/// Why there is no message.
enum Unfit {
    Store(Error),
    Message(String),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Unfit {
        Unfit::Store(error)
    }
}

/// A message and its envelope.
struct Letter {
    content: Prepared,
    composed: Composed,
    account: String,
    from: String,
    to: Address,
}

impl Letter {
    fn queued(&self, content: mox_store::ContentId) -> Result<NewQueued, Error> {
        let from = format!("postmaster@{}", self.from).parse::<Address>();
        let from = from.map_err(|e| Error::Damaged(e.to_string()))?;
        let to = vec![mox_address::Path::from(self.to.clone()).into()];
        let size = self.content.size();
        Ok(NewQueued {
            smtputf8: self.composed.smtputf8,
            require_tls: Some(false),
            subject: self.composed.subject.clone(),
            message_id: Some(self.composed.message_id.clone()),
            class: Class::TlsReport,
            ..NewQueued::new(self.account.clone(), Some(from.into()), to, content, size)
        })
    }
}

/// The right to hand a report to a host, until dropped.
struct Turn {
    reports: Reports,
    host: String,
}

impl Turn {
    fn take(reports: &Reports, host: &str) -> Option<Turn> {
        let mut hosts = reports.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(host.to_owned()).then(|| Turn { reports: reports.clone(), host: host.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.reports.0.hosts.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.host);
    }
}
