//! Waiting for a message, and watching what changes: both look at the feed, not at the database.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::{MessageFilter, MessageRow, MessageWait, MessageWaited, MessageWatch, MessageWatched};
use mox_admin::{OpError, Operations, Time};
use mox_clock::Clock;
use mox_db::ReadTx;
use mox_store::{Error, MessageId, Store};

use super::feed::{Event, Feed, Heard, Matcher, Shown};
use super::messages::{Names, Slice, select};
use super::{Parts, failed};

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (waiting, watching) = (parts.clone(), parts.clone());
    operations
        .on(move |op: MessageWait| {
            let parts = waiting.clone();
            async move { wait(&parts.store, &parts.feed, &*parts.clock, op).await }
        })
        .on(move |op: MessageWatch| {
            let parts = watching.clone();
            async move { watch(&parts.store, &parts.feed, &*parts.clock, op).await }
        })
}

/// The first message that matches and came at or after `filter.since`, or from now on.
async fn wait(
    store: &Store,
    feed: &Feed,
    clock: &dyn Clock,
    op: MessageWait,
) -> Result<MessageWaited, OpError> {
    let mut filter = op.filter;
    let since = *filter.since.get_or_insert(Time(clock.now()));
    let sought = Sought::new(store, filter);
    let timeout = clock.sleep(Duration::from_millis(op.timeout_ms.min(MessageWait::MAX_MS)));
    tokio::pin!(timeout);
    // Listens before it looks, so that nothing falls in between.
    let mut hearing = feed.hear(sought.matcher.clone());
    let found = match feed.arrived_since(since.0, &sought.matcher) {
        Some(arrived) => sought.first(arrived).await?,
        None => sought.stored().await?,
    };
    if found.is_some() {
        return Ok(MessageWaited { message: found });
    }
    loop {
        let heard = tokio::select! {
            heard = hearing.next() => heard,
            () = &mut timeout => return Ok(MessageWaited { message: None }),
        };
        let found = match heard {
            Heard::Arrived(shown) => sought.first(vec![shown]).await?,
            Heard::Missed => sought.stored().await?,
        };
        if found.is_some() {
            return Ok(MessageWaited { message: found });
        }
    }
}

/// What changed after the token, as soon as there is something.
async fn watch(
    store: &Store,
    feed: &Feed,
    clock: &dyn Clock,
    op: MessageWatch,
) -> Result<MessageWatched, OpError> {
    let answer = |position, events, lost| MessageWatched { token: feed.token(position), events, lost };
    let Some(token) = op.token else { return Ok(answer(feed.end(), Vec::new(), false)) };
    let Some(mut position) = feed.position(&token) else { return Ok(answer(feed.end(), Vec::new(), true)) };
    let sought = Sought::new(store, op.filter);
    let timeout = clock.sleep(Duration::from_millis(op.timeout_ms.min(MessageWait::MAX_MS)));
    tokio::pin!(timeout);
    let mut news = feed.follow();
    loop {
        news.borrow_and_update();
        let Some((events, next)) = feed.since(position, MessageWatched::MAX) else {
            return Ok(answer(feed.end(), Vec::new(), true));
        };
        position = next;
        let mut told = Vec::new();
        for event in events {
            let wanted = match &event {
                Event::Arrived(shown) | Event::Changed(shown) => sought.is(shown).await?,
                // Its words are gone with it.
                Event::Gone(shown) => sought.matcher.matches(shown),
            };
            if wanted {
                told.push(event.told());
            }
        }
        if !told.is_empty() {
            return Ok(answer(position, told, false));
        }
        if position < feed.end() {
            continue;
        }
        tokio::select! {
            told = news.changed() => if told.is_err() {
                return Ok(answer(position, Vec::new(), false));
            },
            () = &mut timeout => return Ok(answer(position, Vec::new(), false)),
        }
    }
}

/// A message that is looked for.
struct Sought<'a> {
    store: &'a Store,
    filter: MessageFilter,
    matcher: Arc<Matcher>,
}

impl Sought<'_> {
    fn new(store: &Store, filter: MessageFilter) -> Sought<'_> {
        Sought { store, matcher: Arc::new(Matcher::new(&filter)), filter }
    }

    /// The oldest one in the store.
    async fn stored(&self) -> Result<Option<MessageRow>, OpError> {
        self.find(Slice { limit: 1, ..Slice::ALL }).await
    }

    /// The first of these, which match but for their text.
    async fn first(&self, found: Vec<Arc<Shown>>) -> Result<Option<MessageRow>, OpError> {
        for shown in found {
            if self.is(&shown).await? {
                return Ok(Some(shown.row.clone()));
            }
        }
        Ok(None)
    }

    /// Whether this is one.
    async fn is(&self, shown: &Arc<Shown>) -> Result<bool, OpError> {
        if !self.matcher.matches(shown) {
            return Ok(false);
        }
        if self.filter.text.is_none() {
            return Ok(true);
        }
        // Only the store knows the words of the text.
        let MessageId(id) = shown.message.id;
        let only = Slice {
            after: Some(MessageId(id - 1)),
            before: Some(MessageId(id + 1)),
            limit: 1,
            oldest_first: true,
        };
        Ok(self.find(only).await?.is_some())
    }

    async fn find(&self, slice: Slice) -> Result<Option<MessageRow>, OpError> {
        let filter = self.filter.clone();
        let read = move |store: &Store, tx: &ReadTx<'_>| {
            let found = select(store, tx, &filter, slice)?;
            let names = Names::of(store, tx, &found)?;
            Ok::<_, Error>(found.first().map(|m| names.row(m)))
        };
        self.store.read(read).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_admin::ops::MessageEvent;
    use mox_clock::Timestamp;
    use mox_clock::sim::{SimClock, SimRandom};
    use mox_store::{Digest, Flags, Incoming, MailboxName, Mark, NewMessage, SmtpEnvelope};

    use crate::operations::feed::modseqs;

    /// A store with its feed on a simulated clock.
    struct House {
        store: Store,
        feed: Arc<Feed>,
        clock: Arc<SimClock>,
        _dir: tempfile::TempDir,
    }

    impl House {
        fn new() -> House {
            let dir = tempfile::tempdir().unwrap();
            let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
            let store = Store::open(dir.path(), &[], clock.clone(), Arc::new(SimRandom::new(1))).unwrap();
            let feed = Arc::new(Feed::new(clock.now()));
            let (seen, fed, feeding) = (modseqs(&store).unwrap(), store.clone(), feed.clone());
            // The feed gathers for a moment of real time: nobody moves the other clock while something arrives.
            let real = Arc::new(mox_platform::SystemClock);
            tokio::spawn(async move { feeding.run(fed, seen, real).await });
            House { store, feed, clock, _dir: dir }
        }

        async fn arrive(&self, to: &str, subject: &str) -> MessageId {
            let mut incoming = Incoming::new(&self.store);
            incoming.write(format!("Subject: {subject}\r\n\r\nhello {subject}\r\n").as_bytes()).unwrap();
            let (size, mut content) = (incoming.size(), incoming.finish().unwrap());
            let (to, subject, at) = (to.to_owned(), subject.to_owned(), self.clock.now());
            let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| -> Result<MessageId, Error> {
                let content = content.insert(tx, 1)?;
                let account = store.open_account(tx, "mox")?;
                let mailbox = store.open_mailbox(tx, account, &MailboxName::inbox())?;
                let envelope = SmtpEnvelope { rcpt_to: Some(to), ..SmtpEnvelope::default() };
                let digest = Digest { subject, ..Digest::default() };
                let new = NewMessage {
                    account,
                    mailbox,
                    content,
                    content_size: size,
                    prefix: b"",
                    received: at,
                    flags: Flags::NONE,
                    keywords: Vec::new(),
                    envelope: &envelope,
                    digest: &digest,
                    verdicts: None,
                    quota: None,
                };
                Ok(store.append(tx, &new)?.id)
            };
            self.store.write(write).await.unwrap()
        }

        async fn wait(&self, to: &str, since: Option<Timestamp>, timeout_ms: u64) -> Option<i64> {
            let filter =
                MessageFilter { to: Some(to.to_owned()), since: since.map(Time), ..MessageFilter::default() };
            let op = MessageWait { filter, timeout_ms };
            wait(&self.store, &self.feed, &*self.clock, op).await.unwrap().message.map(|m| m.id)
        }

        async fn watch(&self, token: Option<&str>) -> MessageWatched {
            let op = MessageWatch {
                token: token.map(str::to_owned),
                timeout_ms: 60_000,
                ..MessageWatch::default()
            };
            watch(&self.store, &self.feed, &*self.clock, op).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_waiter_gets_its_message_whether_it_came_before_or_comes_later() {
        let house = House::new();
        let before = house.arrive("Amy@x.example", "one").await;
        let start = house.clock.now();
        assert_eq!(house.wait("amy@", Some(start), 1000).await, Some(before.0));
        // Longer ago than the house: the store is asked.
        let longer = Timestamp::from_secs(1_700_000_000);
        assert_eq!(house.wait("amy@", Some(longer), 1000).await, Some(before.0));
        let (later, bob) = tokio::join!(house.wait("bob@", None, 60_000), async {
            house.arrive("amy@x.example", "two").await;
            house.arrive("bob@x.example", "three").await
        });
        assert_eq!(later, Some(bob.0));
    }

    #[tokio::test]
    async fn nothing_is_said_when_the_time_is_over() {
        let house = House::new();
        let clock = house.clock.clone();
        let (found, ()) = tokio::join!(house.wait("amy@", None, 1000), async {
            while clock.until_next_sleeper().is_none() {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(2));
        });
        assert_eq!(found, None);
    }

    #[tokio::test]
    async fn who_watches_hears_of_arrivals_changes_and_ends() {
        let house = House::new();
        let first = house.watch(None).await;
        assert!(first.events.is_empty() && !first.lost);
        let id = house.arrive("amy@x.example", "one").await;
        let arrived = house.watch(Some(&first.token)).await;
        let [MessageEvent::Arrived { message }] = &arrived.events[..] else { panic!("{arrived:?}") };
        assert_eq!((message.id, message.subject.as_str()), (id.0, "one"));
        let mark = Mark { set: Flags::SEEN, tag: vec!["red".into()], ..Mark::default() };
        house.store.write(move |store, tx| store.mark(tx, &[id], &mark)).await.unwrap();
        let changed = house.watch(Some(&arrived.token)).await;
        let [MessageEvent::Changed { message }] = &changed.events[..] else { panic!("{changed:?}") };
        assert_eq!(
            (message.flags.as_slice(), message.tags.as_slice()),
            (&["\\Seen".to_owned()][..], &["red".to_owned()][..])
        );
        let expunge = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            let message = store.message(&tx.read(), id)?;
            store.expunge(tx, &[message])
        };
        house.store.write(expunge).await.unwrap();
        let gone = house.watch(Some(&changed.token)).await;
        assert_eq!(gone.events, [MessageEvent::Gone { id: id.0 }]);
        assert!(house.watch(Some("5-7")).await.lost, "a token of another process");
    }

    #[tokio::test]
    async fn a_hundred_waiters_get_each_their_own() {
        let house = Arc::new(House::new());
        let waiters: Vec<_> = (0..100)
            .map(|n| {
                let house = house.clone();
                tokio::spawn(async move { house.wait(&format!("user{n}@x.example"), None, 60_000).await })
            })
            .collect();
        let mut ids = Vec::new();
        for n in 0..300 {
            let id = house.arrive(&format!("user{}@x.example", n % 150), "x").await;
            if n < 100 {
                ids.push(Some(id.0));
            }
        }
        let mut got = Vec::new();
        for waiter in waiters {
            got.push(waiter.await.unwrap());
        }
        assert_eq!(got, ids);
    }
}
