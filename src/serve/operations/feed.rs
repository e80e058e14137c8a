//! What changes in the store, told to everybody who waits or watches: one reader of the database for all of them.
//!
//! A task hears of commits, reads what they changed and appends it to a ring of the last [`RING`] changes. Who waits
//! watches an inbox looks at the ring in memory; who falls behind it is told that something was lost and lists anew.
//! Who waits for a message says which one ([`Feed::hear`]): the feed compares it with what arrives, so that nobody is
//! woken for mail of others. Positions count from the start of the process, so a token names the process too.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{MessageEvent, MessageFilter, MessageRow};
use mox_clock::{Clock, Timestamp};
use mox_db::{ReadTx, fold};
use mox_store::{AccountId, Change, Error, Message, Store};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{mpsc, watch};

use super::messages::Names;

/// Changes that are remembered.
const RING: usize = 2000;
/// Changes read from the database at a time.
const BATCH: u32 = 500;
/// Messages that somebody who waits may leave untaken.
const HEARD: usize = 16;
/// Least time between two looks, so that everybody who waits is woken once for many messages that come at a time. The
/// first one after a silence is told at once.
const GATHER: Duration = Duration::from_millis(10);

/// A message as it is now, and the line it has in lists.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) message: Message,
    pub(crate) row: MessageRow,
    /// Where filters look, folded once for all who wait.
    to: [String; 2],
    from: [String; 2],
    subject: [String; 1],
}

impl Shown {
    fn new(message: Message, row: MessageRow) -> Shown {
        let maybe = |text: &Option<String>| text.as_deref().map(fold).unwrap_or_default();
        Shown {
            to: [maybe(&message.rcpt_to), fold(&message.to_text)],
            from: [maybe(&message.mail_from), fold(&message.from_text)],
            subject: [fold(&message.subject)],
            message,
            row,
        }
    }
}

/// A change; cheap to copy.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Arrived(Arc<Shown>),
    Changed(Arc<Shown>),
    /// As it was when it went.
    Gone(Arc<Shown>),
}

impl Event {
    /// As operators see it.
    pub(crate) fn told(&self) -> MessageEvent {
        match self {
            Event::Arrived(shown) => MessageEvent::Arrived { message: shown.row.clone() },
            Event::Changed(shown) => MessageEvent::Changed { message: shown.row.clone() },
            Event::Gone(shown) => MessageEvent::Gone { id: shown.row.id },
        }
    }
}

/// The last changes.
pub(crate) struct Feed {
    ring: Mutex<Ring>,
    /// The position after the newest change; told after it is in the ring.
    end: watch::Sender<u64>,
    started: Timestamp,
    ears: Mutex<Ears>,
}

/// Those who wait for messages.
#[derive(Default)]
struct Ears {
    next: u64,
    all: HashMap<u64, Ear>,
}

struct Ear {
    matcher: Arc<Matcher>,
    tell: mpsc::Sender<Arc<Shown>>,
    missed: Arc<AtomicBool>,
}

/// What somebody who waits hears.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A message that matches arrived.
    Arrived(Arc<Shown>),
    /// More came than were taken: look into the store.
    Missed,
}

/// Hears of messages that match, until dropped.
pub(crate) struct Hearing<'f> {
    feed: &'f Feed,
    id: u64,
    heard: mpsc::Receiver<Arc<Shown>>,
    missed: Arc<AtomicBool>,
}

impl Hearing<'_> {
    /// The next one.
    pub(crate) async fn next(&mut self) -> Heard {
        if let Ok(shown) = self.heard.try_recv() {
            return Heard::Arrived(shown);
        }
        if self.missed.swap(false, Ordering::AcqRel) {
            return Heard::Missed;
        }
        match self.heard.recv().await {
            Some(shown) => Heard::Arrived(shown),
            // The feed lives as long as this borrows it.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        self.feed.ears().all.remove(&self.id);
    }
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Event>,
    /// Position of the oldest event.
    begin: u64,
}

impl Feed {
    /// An empty one of a house that started then.
    pub(crate) fn new(started: Timestamp) -> Feed {
        Feed { ring: Mutex::default(), end: watch::Sender::new(0), started, ears: Mutex::default() }
    }

    /// Hears of messages that match and arrive from now on.
    pub(crate) fn hear(&self, matcher: Arc<Matcher>) -> Hearing<'_> {
        let (tell, heard) = mpsc::channel(HEARD);
        let missed = Arc::<AtomicBool>::default();
        let mut ears = self.ears();
        let id = ears.next;
        ears.next += 1;
        ears.all.insert(id, Ear { matcher, tell, missed: missed.clone() });
        Hearing { feed: self, id, heard, missed }
    }

    /// Arrivals that match, oldest first; none unless every message that was received at or after `at` and is still
    /// there has its arrival in the ring.
    pub(crate) fn arrived_since(&self, at: Timestamp, matcher: &Matcher) -> Option<Vec<Arc<Shown>>> {
        // One look at one ring: what it knows and what it holds must not change in between.
        let ring = self.ring();
        let mut arrived = ring.events.iter().filter_map(|event| match event {
            Event::Arrived(shown) => Some(shown),
            _ => None,
        });
        // Messages are saved in order, and never before they are received.
        let forgot_none =
            ring.begin == 0 || arrived.clone().next().is_some_and(|shown| shown.message.saved < at);
        let known = at >= self.started && forgot_none;
        known.then(|| arrived.by_ref().filter(|shown| matcher.matches(shown)).cloned().collect())
    }

    fn ears(&self) -> MutexGuard<'_, Ears> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position after the newest change.
    pub(crate) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// The position of the oldest change that is remembered.
    pub(crate) fn oldest(&self) -> u64 {
        self.ring().begin
    }

    /// Hears when the end moves.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// At most `max` events from a position on, and the position after them; none when some are forgotten.
    pub(crate) fn since(&self, position: u64, max: usize) -> Option<(Vec<Event>, u64)> {
        let ring = self.ring();
        let skip = usize::try_from(position.checked_sub(ring.begin)?).ok()?;
        let events: Vec<Event> = ring.events.iter().skip(skip).take(max).cloned().collect();
        let next = position + events.len() as u64;
        Some((events, next))
    }

    /// The token of a position.
    pub(crate) fn token(&self, position: u64) -> String {
        format!("{:x}-{position}", self.started.micros())
    }

    /// The position of a token; none when another process gave it, or nobody did.
    pub(crate) fn position(&self, token: &str) -> Option<u64> {
        let (process, position) = token.split_once('-')?;
        let ours = process == format!("{:x}", self.started.micros());
        position.parse().ok().filter(|position| ours && *position <= self.end())
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        // The ring first: who begins to listen after the telling finds it there.
        let end = {
            let mut ring = self.ring();
            ring.events.extend(events.iter().cloned());
            let surplus = ring.events.len().saturating_sub(RING);
            ring.events.drain(..surplus);
            ring.begin += surplus as u64;
            ring.begin + ring.events.len() as u64
        };
        self.tell(&events);
        self.end.send_replace(end);
    }

    /// Tells those who wait.
    fn tell(&self, events: &[Event]) {
        let ears = self.ears();
        for event in events {
            let Event::Arrived(shown) = event else { continue };
            for ear in ears.all.values().filter(|ear| ear.matcher.matches(shown)) {
                if ear.tell.try_send(shown.clone()).is_err() {
                    ear.missed.store(true, Ordering::Release);
                }
            }
        }
    }

    /// Feeds it for as long as the store tells of changes. `seen` are the modseqs of accounts when the house started.
    pub(crate) async fn run(&self, store: Store, mut seen: HashMap<AccountId, i64>, clock: Arc<dyn Clock>) {
        let mut changes = store.changes().subscribe();
        loop {
            let began = clock.monotonic();
            // What was committed before this task heard of changes is read too.
            loop {
                let known = seen.clone();
                match store.read(move |store, tx| read(store, tx, known)).await {
                    Ok(found) => {
                        seen = found.seen;
                        self.add(found.events);
                        if !found.more {
                            break;
                        }
                    }
                    Err(e) => {
                        tracing::warn!(error = %e, "changes could not be read");
                        break;
                    }
                }
            }
            match changes.recv().await {
                Ok(Change::Appended { .. } | Change::Other { .. }) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
            let since = clock.monotonic().saturating_sub(began);
            if since < GATHER {
                clock.sleep(GATHER - since).await;
            }
            // One look serves all that is told already.
            while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        }
    }
}

/// The modseqs of all accounts.
pub(crate) fn modseqs(store: &Store) -> Result<HashMap<AccountId, i64>, Error> {
    store.read_blocking(|store, tx| Ok(store.accounts(tx)?.into_iter().map(|a| (a.id, a.modseq)).collect()))
}

/// Makes an event of a message.
type Make = fn(Arc<Shown>) -> Event;

struct Found {
    events: Vec<Event>,
    seen: HashMap<AccountId, i64>,
    more: bool,
}

fn read(store: &Store, tx: &ReadTx<'_>, mut seen: HashMap<AccountId, i64>) -> Result<Found, Error> {
    let (mut found, mut more) = (Vec::<(Make, Message)>::new(), false);
    for account in store.accounts(tx)? {
        let before = seen.get(&account.id).copied().unwrap_or(0);
        if account.modseq <= before {
            continue;
        }
        let changed = store.changed_since(tx, account.id, before, BATCH)?;
        let full = changed.len() == BATCH as usize;
        let last = changed.last().map_or(account.modseq, |c| c.modseq);
        seen.insert(account.id, if full { last } else { account.modseq });
        more |= full;
        for change in changed {
            match (change.expunged, change.created > before) {
                // It came and went in between: nobody saw it.
                (true, true) => {}
                (true, false) => {
                    if let Some(left) = store.tombstone(tx, account.id, change.id)? {
                        found.push((Event::Gone as Make, left));
                    }
                }
                (false, true) => found.push((Event::Arrived, store.message(tx, change.id)?)),
                (false, false) => found.push((Event::Changed, store.message(tx, change.id)?)),
            }
        }
    }
    let names = Names::of(store, tx, found.iter().map(|(_, message)| message))?;
    let event = |(make, message): (Make, Message)| {
        let row = names.row(&message);
        make(Arc::new(Shown::new(message, row)))
    };
    Ok(Found { events: found.into_iter().map(event).collect(), seen, more })
}

/// A filter as it is applied to messages in memory; the same as what the store selects, but for `text`, which needs
/// the store.
#[derive(Debug)]
pub(crate) struct Matcher {
    filter: MessageFilter,
}

impl Matcher {
    pub(crate) fn new(filter: &MessageFilter) -> Matcher {
        let folded = |text: &Option<String>| text.as_deref().map(fold);
        let filter = MessageFilter {
            to: folded(&filter.to),
            from: folded(&filter.from),
            subject: folded(&filter.subject),
            tag: folded(&filter.tag),
            ..filter.clone()
        };
        Matcher { filter }
    }

    pub(crate) fn matches(&self, shown: &Shown) -> bool {
        let (m, f) = (&shown.message, &self.filter);
        let has = |part: &Option<String>, texts: &[String]| {
            part.as_ref().is_none_or(|part| texts.iter().any(|text| text.contains(part)))
        };
        f.account.as_ref().is_none_or(|name| *name == shown.row.account)
            && f.mailbox.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&shown.row.mailbox))
            && f.since.is_none_or(|Time(at)| m.received >= at)
            && f.tag.as_ref().is_none_or(|tag| m.keywords.contains(tag))
            && has(&f.to, &shown.to)
            && has(&f.from, &shown.from)
            && has(&f.subject, &shown.subject)
    }
}

/// A message that means nothing.
#[cfg(test)]
pub(crate) fn sample(id: i64) -> Arc<Shown> {
    let at = Timestamp::from_secs(5);
    let message = Message {
        account: AccountId(1),
        id: mox_store::MessageId(id),
        mailbox: mox_store::MailboxId(1),
        uid: id,
        email_id: id,
        thread: id,
        created_modseq: id,
        modseq: id,
        content: mox_store::ContentId(0),
        size: 0,
        received: at,
        saved: at,
        flags: mox_store::Flags::NONE,
        keywords: Vec::new(),
        mail_from: None,
        rcpt_to: None,
        remote_ip: None,
        helo: None,
        tls: None,
        header_id: None,
        subject: String::new(),
        from_address: String::new(),
        from_text: String::new(),
        to_text: String::new(),
        sent: None,
    };
    let row = Names::default().row(&message);
    Arc::new(Shown::new(message, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(n: usize) -> Vec<Event> {
        (0..n).map(|id| Event::Gone(sample(id as i64))).collect()
    }

    #[test]
    fn who_falls_behind_is_told() {
        let feed = Feed::new(Timestamp::from_secs(5));
        feed.add(gone(RING - 1));
        assert_eq!(feed.since(0, 10).unwrap().1, 10);
        assert!(feed.since(10, RING).unwrap().0.len() == RING - 11);
        feed.add(gone(2));
        assert!(feed.since(0, 10).is_none());
        assert_eq!(feed.since(1, 10).unwrap().1, 11);
        let end = feed.end();
        let (none, next) = feed.since(end, 10).unwrap();
        assert_eq!((none.len(), next), (0, end));
    }

    #[test]
    fn what_arrived_is_known_until_it_is_forgotten() {
        let start = Timestamp::from_secs(5);
        let feed = Feed::new(start);
        let all = Matcher::new(&MessageFilter::default());
        feed.add(vec![Event::Arrived(sample(1)), Event::Changed(sample(1)), Event::Arrived(sample(2))]);
        let ids =
            |at| feed.arrived_since(at, &all).map(|found| found.iter().map(|s| s.row.id).collect::<Vec<_>>());
        assert_eq!(ids(start), Some(vec![1, 2]));
        assert_eq!(ids(Timestamp::from_secs(4)), None, "before the house");
        feed.add(gone(RING));
        assert_eq!(ids(start), None, "forgotten");
        feed.add(vec![Event::Arrived(sample(3))]);
        assert_eq!(ids(start), None, "one of the same moment may be forgotten");
        assert_eq!(ids(Timestamp::from_secs(6)), Some(vec![3]), "all since then");
    }

    #[tokio::test]
    async fn who_waits_hears_of_what_matches_and_of_what_it_missed() {
        let feed = Feed::new(Timestamp::from_secs(5));
        let everything = Arc::new(Matcher::new(&MessageFilter::default()));
        let nothing = MessageFilter { to: Some("bob@".to_owned()), ..MessageFilter::default() };
        let (mut all, mut none) = (feed.hear(everything), feed.hear(Arc::new(Matcher::new(&nothing))));
        feed.add((0..20).map(|id| Event::Arrived(sample(id))).collect());
        for id in 0..HEARD {
            let Heard::Arrived(shown) = all.next().await else { panic!("missed {id}") };
            assert_eq!(shown.row.id, id as i64);
        }
        assert!(matches!(all.next().await, Heard::Missed));
        feed.add(vec![Event::Arrived(sample(99))]);
        assert!(matches!(all.next().await, Heard::Arrived(shown) if shown.row.id == 99));
        assert!(none.heard.try_recv().is_err());
        drop((all, none));
        assert!(feed.ears().all.is_empty());
    }

    #[test]
    fn tokens_are_of_one_process() {
        let feed = Feed::new(Timestamp::from_secs(5));
        feed.add(gone(3));
        let token = feed.token(2);
        assert_eq!(feed.position(&token), Some(2));
        assert_eq!(feed.position(&feed.token(4)), None, "from the future");
        assert_eq!(Feed::new(Timestamp::from_secs(6)).position(&token), None);
        for bad in ["", "-", "x-1", "4c4b40", "4c4b40-", "4c4b40--1"] {
            assert_eq!(feed.position(bad), None, "{bad}");
        }
    }
}
