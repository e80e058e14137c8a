//! Hands reports over: mail to the queue, in one transaction with the state of the destination; https by [`post`].
//!
//! One at a time to a host: another waits until the queue is rid of the one before, [`TURN`] at most.
//! [`post`]: crate::post

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mox_address::{Address, Domain};
use mox_admin::ops::ReportFamily;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_queue::{Class, NewQueued, Queue};
use mox_store::{ContentId, Error, Incoming, Prepared, Store};
use tokio::task::JoinSet;

use crate::Reports;
use crate::decide::suppressed;
use crate::kind::{Kind, Point};
use crate::mail;
use crate::place::Way;
use crate::seal::joined;
use crate::submitter::Submitter;
use crate::tables::destination::{self, Destination, State};
use crate::tables::report::{self, Made};
use crate::tables::suppress;

/// How long a host has for one message before the next one is queued for it.
const TURN: Duration = Duration::from_secs(300);
/// Looked for at once.
const BATCH: usize = 1024;
/// Messages that are composed together and share a transaction.
const TOGETHER: usize = 32;
/// Groups of them at once.
const GROUPS: usize = 4;
/// Handed over at once, a group being one.
const AT_ONCE: usize = 128;

impl Reports {
    /// Hands over what is due; answers when the next one is.
    ///
    /// Part of [`Reports::run`].
    pub async fn hand_over_due(&self) -> Result<Option<Timestamp>, Error> {
        loop {
            self.put_off_excess().await?;
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
        let (mail, web): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|one| one.address.starts_with("mailto:"));
        let (mut tasks, mut progress) = (JoinSet::new(), false);
        let (mut web, mut mail) = (web.into_iter(), mail.into_iter());
        // Mail is composed and queued in groups; an https server keeps nobody waiting but itself.
        let mut composing: usize = 0;
        loop {
            while tasks.len() < AT_ONCE && !self.0.stopping.load(Ordering::Relaxed) {
                let wanted = if composing < GROUPS { TOGETHER } else { 0 };
                let mut some: Vec<_> = mail.by_ref().take(wanted).collect();
                let is_mail = !some.is_empty();
                composing += usize::from(is_mail);
                if !is_mail {
                    some.extend(web.next());
                }
                if some.is_empty() {
                    break;
                }
                let reports = self.clone();
                tasks.spawn(async move { reports.hand_over_some(some).await.map(|went| (went, is_mail)) });
            }
            let Some(done) = tasks.join_next().await else { return Ok(progress) };
            let (went, is_mail) = joined(done)??;
            composing = composing.saturating_sub(usize::from(is_mail));
            progress |= went;
        }
    }

    /// Hands one over; false when somebody else is at it.
    pub(crate) async fn hand_over(&self, one: Destination) -> Result<bool, Error> {
        self.hand_over_some(vec![one]).await
    }

    /// Hands some over; false when somebody else is at all of them.
    async fn hand_over_some(&self, some: Vec<Destination>) -> Result<bool, Error> {
        let (mut turns, mut ids) = (Vec::with_capacity(some.len()), Vec::with_capacity(some.len()));
        for one in some {
            if let Some(turn) = Turn::take(self, &one.host) {
                turns.push(turn);
                ids.push(one.id);
            }
        }
        if turns.is_empty() {
            return Ok(false);
        }
        let mut mails = Vec::new();
        for (made, one) in self.sealed(ids).await? {
            if !self.is_on(made.kind.family()) {
                self.end(one, State::Withheld, "such reports were turned off".to_owned()).await?;
                continue;
            }
            if self.is_too_late(&made, &one) {
                let why = "there was no time to hand it over".to_owned();
                let why = if one.why.is_empty() { why } else { one.why.clone() };
                self.end(one, State::Expired, why).await?;
                continue;
            }
            match Way::of(&one.address) {
                Some(Way::Mail(to)) => mails.push(Mail { made, one, to }),
                Some(Way::Https(url)) => self.post(made, one, url).await?,
                None => self.end(one, State::Withheld, "nothing can be sent there".to_owned()).await?,
            }
        }
        self.queue_mail(mails).await?;
        Ok(true)
    }

    /// Those of some destinations that are still to be handed over, with their reports.
    async fn sealed(&self, ids: Vec<i64>) -> Result<Vec<(Made, Destination)>, Error> {
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(one) = destination::get(tx.conn(), id)? else { continue };
                if one.state == State::Sealed
                    && let Some(made) = report::get(tx.conn(), one.report)?
                {
                    found.push((made, one));
                }
            }
            Ok::<_, Error>(found)
        };
        self.0.store.read(read).await
    }

    /// Whether attempts have gone on for too long, or the report is too old for a first one.
    fn is_too_late(&self, made: &Made, one: &Destination) -> bool {
        let now = self.0.seams.clock.now();
        match one.first_attempt {
            Some(first) => now.since(first) > self.0.options.give_up,
            None => now.since(made.due) > self.0.options.stale,
        }
    }

    /// Composes messages and queues them.
    async fn queue_mail(&self, mails: Vec<Mail>) -> Result<(), Error> {
        if mails.is_empty() {
            return Ok(());
        }
        let Some(queue) = self.0.queue.get().cloned() else {
            for mail in mails {
                self.postpone(mail.one, "mail cannot be queued yet").await?;
            }
            return Ok(());
        };
        let config = self.0.options.config.load();
        let mut ready = Vec::with_capacity(mails.len());
        for mail in mails {
            let keys = Domain::parse(&mail.made.submitter).map(|d| (config.signers(&d), d));
            match keys.ok().filter(|(keys, _)| !keys.is_empty()) {
                Some((keys, domain)) => ready.push((mail, Submitter { domain, keys })),
                None => {
                    let why = format!("{} has no DKIM key to sign with", mail.made.submitter);
                    self.postpone(mail.one, &why).await?;
                }
            }
        }
        let (store, account) = (self.0.store.clone(), config.server.postmaster.account.clone());
        let reports = self.clone();
        let work = move || {
            let write = |(mail, by): (Mail, Submitter)| {
                let old = mail.made.legacy.is_some() && reports.reads_old_form(&mail.one.host);
                mail.write(&store, &account, &by, old)
            };
            let written = ready.into_iter().map(write);
            written.collect::<Result<Vec<_>, Error>>()
        };
        let written = tokio::task::spawn_blocking(work).await;
        let written = written.map_err(|_| Error::Damaged("a report could not be written".to_owned()))??;
        let mut letters = Vec::with_capacity(written.len());
        for written in written {
            match written {
                Ok(letter) => letters.push(letter),
                Err((one, why)) => self.end(one, State::Failed, why).await?,
            }
        }
        self.commit_mail(queue, letters).await
    }

    /// The transaction: the messages are in the queue, and the destinations know it.
    async fn commit_mail(&self, queue: Queue, letters: Vec<Letter>) -> Result<(), Error> {
        let (reports, now) = (self.clone(), self.0.seams.clock.now());
        let kinds: Vec<Kind> = letters.iter().map(|letter| letter.kind).collect();
        self.reach(&kinds, Point::Composed);
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            letters.into_iter().try_for_each(|letter| reports.commit_one(&queue, store, tx, letter, now))
        };
        self.0.store.write(write).await?;
        self.reach(&kinds, Point::Queued);
        Ok(())
    }

    fn commit_one(
        &self,
        queue: &Queue,
        store: &Store,
        tx: &mut Tx<'_>,
        mut letter: Letter,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (reports, id, kind) = (self.clone(), letter.one.id, letter.kind);
        let current = destination::get(tx.conn(), id)?;
        if current.is_none_or(|current| current.state != State::Sealed) {
            return Ok(());
        }
        if let Some(found) = suppress::active(tx.conn(), &letter.one.address, now)? {
            destination::end(tx.conn(), id, State::Suppressed, &suppressed(&found), now)?;
            tx.on_commit(move || reports.count(kind, "suppressed"));
            return Ok(());
        }
        if !self.begin(tx, &letter.one, now)? {
            return Ok(());
        }
        letter.new.reverse_path = self.return_path(tx, id, letter.new.reverse_path.take())?;
        letter.new.content = letter.content.insert(tx, 1)?;
        let queued = queue.add(store, tx, &letter.new)?.first().map_or(0, |id| id.0);
        destination::queued(tx.conn(), id, queued, now)?;
        tx.on_commit(move || reports.count(kind, "queued"));
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
            let kind = report::kind(tx.conn(), one.report)?;
            destination::end(tx.conn(), one.id, state, &why, now)?;
            if state == State::Delivered {
                suppress::forgive(tx.conn(), &one.address, now)?;
            }
            tracing::info!(address = one.address, result = state.as_str(), reason = why, "report");
            tx.on_commit(move || reports.count(kind, state.as_str()));
            Ok::<_, Error>(())
        };
        self.0.store.write(write).await
    }
}

/// A report for an address.
struct Mail {
    made: Made,
    one: Destination,
    to: Address,
}

/// A message that can be queued.
struct Letter {
    kind: Kind,
    one: Destination,
    content: Prepared,
    /// Its content is not in the database yet.
    new: NewQueued,
}

impl Mail {
    /// Composes it, or says why there is no message.
    fn write(
        self,
        store: &Store,
        account: &str,
        by: &Submitter,
        old_form: bool,
    ) -> Result<Result<Letter, (Destination, String)>, Error> {
        let composed = match mail::compose(&self.made, self.one.id, &self.to, by, old_form) {
            Ok(composed) => composed,
            Err(why) => return Ok(Err((self.one, why))),
        };
        let mut incoming = Incoming::new(store);
        incoming.write(&composed.bytes)?;
        let content = incoming.finish()?;
        let from = format!("postmaster@{}", by.domain.ascii()).parse::<Address>();
        let from = from.map_err(|e| Error::Damaged(e.to_string()))?;
        let to = vec![mox_address::Path::from(self.to).into()];
        let kind = self.made.kind;
        // A report about TLS that fails must arrive in spite of that; one about DMARC need not.
        let (class, require_tls) = match kind.family() {
            ReportFamily::Tls => (Class::TlsReport, Some(false)),
            ReportFamily::Dmarc => (Class::DmarcReport, None),
        };
        let new = NewQueued {
            smtputf8: composed.smtputf8,
            require_tls,
            subject: composed.subject,
            message_id: Some(composed.message_id),
            class,
            ..NewQueued::new(account, Some(from.into()), to, ContentId(0), content.size())
        };
        Ok(Ok(Letter { kind, one: self.one, content, new }))
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
