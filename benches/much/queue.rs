//! A queue: messages for a hundred recipients each, with attempts spread over a day.

use std::time::Duration;

use mox_admin::Operations;
use mox_admin::ops::{QueueExplain, QueueFilter, QueueKey, QueueList, QueueShow};
use mox_clock::Clock;
use mox_queue::{NewQueued, Tx};
use mox_store::{Error, Incoming, Store};

use crate::kit::engine::House;
use crate::kit::pages::Case;

/// Recipients of a message, each a row of the queue.
const RECIPIENTS: usize = 100;
/// Domains that they are at.
const DOMAINS: usize = 500;

pub(crate) async fn fill(house: &House, messages: usize) {
    for first in (0..messages).step_by(RECIPIENTS) {
        let mut incoming = Incoming::new(&house.store);
        incoming.write(b"Subject: x\r\n\r\nx\r\n").unwrap();
        let mut prepared = incoming.finish().unwrap();
        let of = |n: usize| {
            let address = format!("b{n}@d{}.example", n % DOMAINS);
            address.parse::<mox_address::Path>().unwrap().into()
        };
        let recipients: Vec<_> = (first..messages.min(first + RECIPIENTS)).map(of).collect();
        let later = Duration::from_secs((first * 7919 % 86_400) as u64);
        let (queue, not_before) = (house.queue.clone(), Some(house.clock.now().plus(later)));
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let content = prepared.insert(tx, u32::try_from(recipients.len()).unwrap())?;
            let from = "a@mox.bench.example".parse().ok();
            let subject = format!("Message number {first} with a subject of some length");
            let new =
                NewQueued { not_before, subject, ..NewQueued::new("bench", from, recipients, content, 17) };
            queue.add(store, tx, &new)?;
            Ok::<_, Error>(())
        };
        house.store.write(write).await.unwrap();
    }
}

/// What the pages ask.
pub(crate) fn operations(operations: Operations, house: &House) -> Operations {
    macro_rules! to {
        ($method:ident) => {{
            let queue = house.queue.clone();
            move |op| {
                let queue = queue.clone();
                async move { queue.$method(op).await }
            }
        }};
    }
    operations
        .on::<QueueList, _, _>(to!(list))
        .on::<QueueShow, _, _>(to!(show))
        .on::<QueueExplain, _, _>(to!(explain))
}

/// Beginning, middle and end, and filters that find little or nothing.
pub(crate) async fn cases(house: &House, messages: usize) -> Vec<Case> {
    let half = messages / 2;
    let mut after = None;
    // As pages do, as far as one request may go at a time.
    for from in (0..half).step_by(QueueList::MAX as usize) {
        let limit = u32::try_from(half - from).ok();
        let list = QueueList { filter: QueueFilter::default(), after, limit, ..QueueList::default() };
        let rows = house.queue.list(list).await.unwrap();
        after = rows.last().map(|row| QueueKey { at: row.next_attempt, id: row.id }).or(after);
    }
    let QueueKey { at, id } = after.unwrap();
    let row = "<tr data-key=";
    vec![
        Case::new("queue, first page", "queue", row),
        Case::new("queue, middle page", format!("queue?after={at}/{id}"), row),
        Case::new("queue, latest first", "queue?sort=next-desc", row),
        Case::new("queue, by submission", "queue?sort=queued-desc", row),
        Case::new("queue, of a domain", "queue?to=@d7.example", "@d7.example</td>"),
        Case::new("queue, of an address", "queue?to=b7@d7.example", "b7@d7.example</td>"),
        Case::new("queue, nothing found", "queue?to=nobody@d7.example", "No message matches"),
        Case::new("queue, none on hold", "queue?hold=yes", "No message matches"),
        Case::new("queue, of an account", "queue?account=bench", row),
        Case::new("queue, another account", "queue?account=nobody", "No message matches"),
        Case::new("queue, of a sender", "queue?from=nobody@mox.bench.example", "No message matches"),
        Case::new("queue, one message", format!("queue/{id}"), format!("Queue entry {id}")),
    ]
}
