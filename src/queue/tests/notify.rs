//! Who is told of what: success, delay, failure; and what notifications must have.

use std::time::Duration;

use mox_smtp::{Notify, Return};

use super::house::{House, options};
use crate::*;

const MX: &str = "192.0.2.1:25";

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

fn notify(success: bool, failure: bool, delay: bool) -> Option<Notify> {
    Some(Notify { success, failure, delay })
}

#[tokio::test]
async fn success_is_told_by_who_is_last_to_know() {
    for (extensions, asked, told) in
        [(&[][..], true, true), (&[][..], false, false), (&["DSN"][..], true, false)]
    {
        let mut house = House::new(options());
        let host = house.host_offering(MX, extensions, good);
        house.start();
        let to = &["bob@there.example", "carol@there.example"];
        house
            .add("alice@here.example", to, move |new| {
                new.recipients[0].notify = notify(asked, true, false);
                new.envid = Some("e1".to_owned());
                new.ret = Some(Return::Full);
            })
            .await;
        house.until(<[_]>::is_empty).await;
        assert_eq!(host.seen().taken.len(), 1);
        let dsns = house.dsns();
        assert_eq!(dsns.len(), usize::from(told), "{extensions:?} {asked}");
        for dsn in dsns {
            for part in ["Action: relayed", "bob@there.example", "Original-Envelope-Id: e1", "Status: 2.0.0"]
            {
                assert!(dsn.contains(part), "{part} in {dsn}");
            }
            assert!(!dsn.contains("carol") && !dsn.contains("Body text"), "{dsn}");
        }
        assert_eq!(house.problems(), []);
    }
}

#[tokio::test]
async fn a_delay_is_told_where_it_may_be() {
    let delay = |n| Options { delay_dsn_after: Some(1), ..n };
    for (asked, told) in [
        (None, 1),
        (notify(false, false, true), 1),
        (notify(false, true, false), 0),
        (notify(false, false, false), 0),
    ] {
        let mut house = House::new(delay(options()));
        let _host = house.host(MX, |_| "451 4.7.1 later".to_owned());
        house.start();
        house
            .add("alice@here.example", &["bob@there.example"], move |new| new.recipients[0].notify = asked)
            .await;
        house.until(|rows| rows[0].last_error.as_deref() == Some("451 4.7.1 later")).await;
        let dsns = house.dsns();
        assert_eq!(dsns.len(), told, "{asked:?}");
        assert!(dsns.iter().all(|d| d.contains("Action: delayed") && !d.contains("Body text")));
    }
}

#[tokio::test]
async fn of_a_message_that_must_have_tls_the_header_goes_back() {
    for (require, whole) in [(None, true), (Some(false), true), (Some(true), false)] {
        let house = House::new(options());
        let ids = house
            .add("alice@here.example", &["bob@there.example"], move |new| {
                (new.ret, new.require_tls) = (Some(Return::Full), require);
            })
            .await;
        let op = mox_admin::ops::QueueFail { filter: House::ids(&ids), dry_run: false };
        house.queue.fail(op).await.unwrap();
        let dsns = house.dsns();
        assert_eq!((dsns.len(), dsns[0].contains("Body text")), (1, whole), "{require:?}");
    }
}

#[tokio::test]
async fn a_notification_asks_for_tls_and_is_not_lost_by_that() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    let ids = house
        .add("alice@there.example", &["bob@elsewhere.example"], |new| new.require_tls = Some(true))
        .await;
    let op = mox_admin::ops::QueueFail { filter: House::ids(&ids), dry_run: false };
    house.queue.fail(op).await.unwrap();
    let rows = house.rows().await;
    assert_eq!((rows.len(), rows[0].tls.as_str(), rows[0].from.as_str()), (1, "required", ""));
    house.start();
    house.pass_until(Duration::from_secs(600), <[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 1, "it went without TLS in the end");
    let story = house.explain(rows[0].id).await;
    assert!(story.contains("REQUIRETLS is dropped"), "{story}");
    assert_eq!(house.problems(), []);
}
