//! What a fault in one place must not lead to elsewhere: panics, damaged rows, missing content.

use std::time::Duration;

use mox_admin::ops::{QueueDrop, QueueEnd, QueueOutcome, QueueWait};

use super::house::{House, options};
use crate::*;

const MX: &str = "192.0.2.1:25";

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

impl House {
    async fn damage(&self, sql: &'static str) {
        let change = move |_: &Store, tx: &mut Tx<'_>| Ok::<_, Error>(tx.conn().execute(sql, [])?);
        assert_eq!(self.store.write(change).await.unwrap(), 1);
    }

    /// How a message ended, within a while. Time passes slowly, for the disk is not simulated.
    async fn ended(&self, id: i64) -> QueueOutcome {
        for _ in 0..2000 {
            for _ in 0..50 {
                let wait = QueueWait { id, until: QueueEnd::Gone, timeout_ms: 0 };
                let outcome = self.queue.wait(wait).await.unwrap();
                if outcome.reached {
                    return outcome;
                }
            }
            self.clock.advance(Duration::from_millis(500));
        }
        panic!("message {id} does not end")
    }
}

#[tokio::test]
async fn a_panic_over_an_attempt_leads_to_the_next_one() {
    let mut house = House::new(Options { retry: Retry::Waits(vec![Duration::from_secs(5)]), ..options() });
    let host = house.host(MX, good);
    house.start();
    let ids = house.add("alice@here.example", &["bob@panics.example"], |_| {}).await;
    let outcome = house.ended(ids[0]).await;
    assert!(outcome.attempts == 2 && outcome.end == Some(QueueEnd::Delivered), "{outcome:?}");
    assert_eq!(host.seen().taken.len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_destination_that_cannot_be_taken_from_rests() {
    let mut house = House::new(options());
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.damage("UPDATE queue SET rcpt_to = ''").await;
    let before = house.store.db().figures().commits;
    house.start();
    for _ in 0..200 {
        house.store.read(|_, _| Ok::<_, Error>(())).await.unwrap();
    }
    let commits = house.store.db().figures().commits - before;
    assert!(commits < 6, "{commits} commits while time stands still");
    house.stop().await;
}

#[tokio::test]
async fn an_outcome_is_stored_though_the_next_message_is_damaged() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.add("alice@here.example", &["carol@there.example"], |_| {}).await;
    house.damage("UPDATE queue SET rcpt_to = '' WHERE rcpt_to LIKE 'carol%'").await;
    house.start();
    assert_eq!(house.ended(ids[0]).await.end, Some(QueueEnd::Delivered));
    assert_eq!(host.seen().taken.len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_message_whose_content_is_missing_ends_all_the_same() {
    let mut house = House::new(options());
    let ids = house.add("alice@here.example", &["bob@closed.example"], |_| {}).await;
    house.damage("DELETE FROM content").await;
    let dropped = house.add("alice@here.example", &["bob@there.example"], |new| new.hold = true).await;
    house.damage("DELETE FROM content").await;
    house.queue.drop_messages(QueueDrop { filter: House::ids(&dropped), dry_run: false }).await.unwrap();
    house.start();
    assert_eq!(house.ended(ids[0]).await.end, Some(QueueEnd::Failed));
    assert!(house.dsns()[0].contains("Action: failed"), "the sender is told");
    house.stop().await;
}

#[tokio::test]
async fn what_arrived_in_a_mailbox_here_is_not_delivered_again_after_a_crash() {
    let house = House::new(Options { retry: Retry::Waits(vec![Duration::from_secs(5)]), ..options() });
    let ids = house.add("alice@here.example", &["bob@there.example", "eve@there.example"], |_| {}).await;
    let queue = house.queue.clone();
    let crash = move |_: &Store, tx: &mut Tx<'_>| {
        let batch = queue.take(tx, "there.example")?;
        assert_eq!(batch.map(|b| b.rows.len()), Some(2));
        arrived(tx, QueueId(ids[0]))?;
        Ok::<_, Error>(ids)
    };
    let ids = house.store.write(crash).await.unwrap();
    let mut house = house.crash();
    let host = house.host(MX, good);
    house.start();
    for id in ids {
        assert_eq!(house.ended(id).await.end, Some(QueueEnd::Delivered));
    }
    let taken: Vec<_> = host.seen().taken.into_iter().flat_map(|(_, rcpts, _)| rcpts).collect();
    assert_eq!(taken, ["eve@there.example"]);
    assert_eq!(house.problems(), []);
    house.stop().await;
}

#[tokio::test]
async fn a_sender_is_told_though_there_was_no_room_for_the_notification() {
    let mut house = House::new(options());
    let ids = house.add("alice@here.example", &["bob@closed.example"], |new| {
        let mut noise = vec![0; 200_000];
        mox_clock::Random::fill(&mox_clock::sim::SimRandom::new(1), &mut noise);
        let lines = noise.chunks(30).map(|line| {
            let hex: String = line.iter().map(|b| format!("{b:02x}")).collect();
            format!("X-Noise: {hex}\r\n")
        });
        new.ret = Some(mox_smtp::Return::Full);
        new.prefix = lines.collect::<String>().into_bytes();
    });
    let ids = ids.await;
    let (tmp, away) = (house.dir.path().join("tmp"), house.dir.path().join("away"));
    std::fs::rename(&tmp, &away).unwrap();
    house.start();
    for _ in 0..200 {
        house.rows().await;
    }
    assert_eq!(house.rows().await.len(), 1, "the message does not end before its sender can be told");
    std::fs::rename(&away, &tmp).unwrap();
    assert_eq!(house.ended(ids[0]).await.end, Some(QueueEnd::Failed));
    assert!(house.dsns()[0].contains("Action: failed"));
    house.stop().await;
}
