//! What the queue does by rule: hold, suppression, transports, memory of what left.

use std::time::Duration;

use mox_admin::ErrorKind;
use mox_admin::ops::{
    HoldRuleAdd, HoldRuleList, HoldRuleRemove, QueueEnd, QueueFail, QueueFilter, QueueRequireTls, QueueShow,
    QueueTransport, QueueUnhold, RetiredList, RetiredShow, SuppressAdd, SuppressList, SuppressRemove,
};
use mox_clock::Clock;

use super::house::{House, options};
use crate::*;

const MX: &str = "192.0.2.1:25";
const DAY: Duration = Duration::from_secs(86_400);

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

async fn suppressed(house: &House) -> Vec<String> {
    let list = house.queue.suppressions(SuppressList::default()).await.unwrap();
    list.into_iter().map(|s| s.base).collect()
}

#[tokio::test]
async fn a_hold_rule_holds_what_is_queued_and_what_comes() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    let before = house.add("alice@here.example", &["bob@there.example", "bob@other.example"], |_| {}).await;
    let add = HoldRuleAdd {
        account: Some("mox".into()),
        from_domain: Some("Here.example".into()),
        to_domain: Some("there.example".into()),
        dry_run: true,
    };
    let planned = house.queue.add_hold_rule(add.clone()).await.unwrap();
    assert_eq!((planned.rule.id, &planned.held), (0, &before[..1].to_vec()));
    assert!(house.rows().await.iter().all(|r| !r.hold));
    let added = house.queue.add_hold_rule(HoldRuleAdd { dry_run: false, ..add.clone() }).await.unwrap();
    assert_eq!(added.held, before[..1]);
    let again = house.queue.add_hold_rule(HoldRuleAdd { dry_run: false, ..add }).await.unwrap();
    assert_eq!((again.rule.id, again.held), (added.rule.id, vec![]), "the same rule twice is one");
    house.start();
    let after = house.add("alice@here.example", &["carol@there.example"], |_| {}).await;
    let other = house.add("alice@elsewhere.example", &["carol@there.example"], |_| {}).await;
    house.until(|rows| rows.len() == 2 && rows.iter().all(|r| r.hold)).await;
    assert!(other[0] > after[0]);
    assert!(house.explain(after[0]).await.contains(&format!("put on hold by rule {}", added.rule.id)));
    let unhold =
        QueueUnhold { filter: QueueFilter { hold: Some(true), ..QueueFilter::default() }, dry_run: false };
    let remove = HoldRuleRemove { id: added.rule.id, dry_run: false };
    house.queue.remove_hold_rule(remove.clone()).await.unwrap();
    assert_eq!(house.queue.hold_rules(HoldRuleList {}).await.unwrap(), []);
    let gone = house.queue.remove_hold_rule(remove).await.map_err(|e| e.kind);
    assert_eq!(gone, Err(ErrorKind::NotFound));
    assert!(house.rows().await.iter().all(|r| r.hold), "what a rule held stays on hold");
    house.queue.unhold(unhold).await.unwrap();
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 4);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn who_refused_for_good_gets_no_more_mail_of_that_account() {
    let mut house = House::new(options());
    let host = house.host(MX, |rcpt| match rcpt {
        "bob@there.example" => "550 5.1.1 no such user".to_owned(),
        "full@there.example" => "552 5.2.2 mailbox full".to_owned(),
        _ => good(rcpt),
    });
    house.start();
    house.add("alice@here.example", &["bob@there.example", "full@there.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(suppressed(&house).await, ["bob@there.example"]);
    let rcpts = host.seen().rcpts;
    let to = &["Bob+News@there.example", "carol@there.example"];
    let ids = house.add("alice@here.example", to, |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().rcpts, rcpts + 1, "the others of the message get it");
    let story = house.explain(ids[0]).await;
    assert!(
        story.contains("bob@there.example is on the suppression list of the account mox since"),
        "{story}"
    );
    assert!(story.contains("(550 5.1.1 no such user)"), "{story}");
    let dsns = house.dsns();
    assert!(dsns.last().unwrap().contains("suppression list"), "{dsns:?}");
    house.add("alice@here.example", &["bob@there.example"], |new| new.account = "other".into()).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().rcpts, rcpts + 2, "the list is the account's own");
    assert_eq!(suppressed(&house).await.len(), 2);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn what_is_kept_for_an_account_goes_with_it() {
    let house = House::new(options());
    for account in ["mox", "other"] {
        let add = |address: &str| SuppressAdd {
            account: account.into(),
            address: address.into(),
            reason: "asked us".into(),
            dry_run: false,
        };
        house.queue.suppress(add("bob@there.example")).await.unwrap();
        let rule =
            HoldRuleAdd { account: Some(account.into()), from_domain: None, to_domain: None, dry_run: false };
        house.queue.add_hold_rule(rule).await.unwrap();
    }
    let waiting = house.add("alice@here.example", &["carol@there.example"], |_| {}).await;
    house.store.write(|_: &mox_store::Store, tx| Queue::forget_account(tx, "mox")).await.unwrap();
    let left = house.queue.suppressions(SuppressList::default()).await.unwrap();
    assert_eq!(left.iter().map(|s| s.account.as_str()).collect::<Vec<_>>(), ["other"]);
    let rules = house.queue.hold_rules(HoldRuleList {}).await.unwrap();
    assert_eq!(rules.iter().map(|r| r.account.as_deref()).collect::<Vec<_>>(), [Some("other")]);
    assert_eq!(
        house.rows().await.iter().map(|r| r.id).collect::<Vec<_>>(),
        waiting,
        "accepted mail goes out"
    );
}

#[tokio::test]
async fn operators_add_look_up_and_remove() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    let add = |dry_run| SuppressAdd {
        account: "mox".into(),
        address: "Bob@There.example".into(),
        reason: "asked us".into(),
        dry_run,
    };
    house.queue.suppress(add(true)).await.unwrap();
    assert_eq!(suppressed(&house).await, [""; 0]);
    assert!(house.queue.suppress(add(false)).await.unwrap().manual);
    let of = |address: &str| SuppressList { address: Some(address.into()), ..SuppressList::default() };
    for (address, found) in [("bob+x@there.example", 1), ("bobx@there.example", 0)] {
        assert_eq!(house.queue.suppressions(of(address)).await.unwrap().len(), found, "{address}");
    }
    house.start();
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().connections, 0);
    let remove =
        |dry_run| SuppressRemove { account: "mox".into(), address: "bob@there.example".into(), dry_run };
    house.queue.unsuppress(remove(true)).await.unwrap();
    assert_eq!(suppressed(&house).await.len(), 1);
    house.queue.unsuppress(remove(false)).await.unwrap();
    let missing = house.queue.unsuppress(remove(false)).await.map_err(|e| e.kind);
    assert_eq!(missing, Err(ErrorKind::NotFound));
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 1);
    let bad = SuppressAdd { address: "nobody".into(), ..add(false) };
    assert_eq!(house.queue.suppress(bad).await.map_err(|e| e.kind), Err(ErrorKind::Usage));
}

#[tokio::test]
async fn reports_and_notifications_are_not_suppressed() {
    let mut house = House::new(options());
    let host = house.host(MX, |rcpt| match rcpt {
        "bob@there.example" => "550 5.1.1 no such user".to_owned(),
        _ => good(rcpt),
    });
    house.start();
    for class in [Class::Dsn, Class::TlsReport, Class::DmarcReport] {
        house.add("alice@here.example", &["bob@there.example"], move |new| new.class = class).await;
    }
    house.until(<[_]>::is_empty).await;
    assert_eq!((host.seen().rcpts, suppressed(&house).await.len()), (3, 0));
    // Nor is anybody told of their failure: neither of a report's nor of a notification's.
    assert_eq!(house.dsns(), [""; 0]);
}

#[tokio::test]
async fn three_failures_in_a_row_suppress_where_the_account_remembers() {
    for (account, expected) in [("keeps", 1), ("mox", 0)] {
        let mut house = House::new(options());
        let _host = house.host(MX, |_| "554 5.7.26 policy".to_owned());
        house.start();
        for n in 0..3 {
            assert_eq!(suppressed(&house).await.len(), 0, "{account} {n}");
            let change = move |new: &mut NewQueued| new.account = account.to_owned();
            house.add("alice@here.example", &["bob@there.example"], change).await;
            house.until(<[_]>::is_empty).await;
            house.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(suppressed(&house).await.len(), expected, "{account}");
    }
}

#[tokio::test]
async fn accounts_say_how_long_messages_are_remembered() {
    let mut house = House::new(options());
    let _host = house.host(MX, good);
    house.start();
    let kept =
        house.add("alice@here.example", &["bob@there.example"], |new| new.account = "keeps".to_owned()).await;
    let other = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    let failed = house.add("alice@here.example", &["bob@null.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    let list =
        |op| async { house.queue.retired(op).await.unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>() };
    assert_eq!(list(RetiredList::default()).await.len(), 3);
    let failures = RetiredList { end: Some(QueueEnd::Failed), ..RetiredList::default() };
    assert_eq!(list(failures).await, failed);
    let of = RetiredList {
        account: Some("keeps".into()),
        to: Some("@there.example".into()),
        ..RetiredList::default()
    };
    assert_eq!(list(of).await, kept);
    let one = house.queue.retired_one(RetiredShow { id: kept[0] }).await.unwrap();
    assert_eq!(one.row.kept_until.unwrap().0.since(house.clock.now()).as_secs(), 30 * 86_400);
    assert_eq!((one.row.end, one.tries.len()), (QueueEnd::Delivered, 1));
    assert_eq!(one.tries[0].tls.as_deref(), Some("none"));
    assert_eq!(one.tries[0].outcome.as_deref(), Some("delivered"));

    let known = |id| house.queue.retired_one(RetiredShow { id });
    while known(other[0]).await.is_ok() {
        house.clock.advance(DAY / 24);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!(known(kept[0]).await.is_ok(), "30 days are not over");
    while known(kept[0]).await.is_ok() {
        house.clock.advance(DAY / 4);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!(house.clock.now().secs() - 1_800_000_000 >= 30 * 86_400);
}

#[tokio::test]
async fn an_operator_chooses_transport_and_tls() {
    let mut house = House::new(options());
    let (_direct, relay) = (house.host(MX, |_| panic!("not direct")), house.host("192.0.2.99:2525", good));
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    let transport = |name: Option<&str>| QueueTransport {
        filter: House::ids(&ids),
        transport: name.map(str::to_owned),
        dry_run: false,
    };
    let unknown = house.queue.transport(transport(Some("nosuch"))).await.map_err(|e| e.kind);
    assert_eq!(unknown, Err(ErrorKind::NotFound));
    house.queue.transport(transport(Some("relay"))).await.unwrap();
    let require = |require| QueueRequireTls { filter: House::ids(&ids), require, dry_run: false };
    for (value, shown) in [(Some(true), "required"), (Some(false), "none"), (None, "opportunistic")] {
        house.queue.require_tls(require(value)).await.unwrap();
        let row = house.queue.show(QueueShow { id: ids[0] }).await.unwrap().row;
        assert_eq!((row.tls.as_str(), row.transport.as_deref()), (shown, Some("relay")));
    }
    let by = |name: &str| QueueFilter { transport: Some(name.to_owned()), ..QueueFilter::default() };
    let dry = |filter| QueueFail { filter, dry_run: true };
    assert_eq!(house.queue.fail(dry(by("relay"))).await.unwrap().ids, ids);
    assert_eq!(house.queue.fail(dry(by(""))).await.unwrap().ids, [0; 0]);
    house.start();
    house.until(<[_]>::is_empty).await;
    assert_eq!(relay.seen().taken.len(), 1);
    let story = house.explain(ids[0]).await;
    assert!(story.contains("the transport relay was chosen by an operator"), "{story}");
}

#[tokio::test]
async fn recipients_of_a_message_with_different_needs_do_not_share_a_transaction() {
    let mut house = House::new(options());
    let (direct, relay) = (house.host(MX, good), house.host("192.0.2.99:2525", good));
    let to = &["a@there.example", "b@there.example", "c@there.example"];
    let ids = house.add("alice@here.example", to, |_| {}).await;
    let op =
        QueueTransport { filter: House::ids(&ids[1..2]), transport: Some("relay".into()), dry_run: false };
    house.queue.transport(op).await.unwrap();
    house.start();
    house.until(<[_]>::is_empty).await;
    assert_eq!(direct.seen().taken[0].1, ["a@there.example", "c@there.example"]);
    assert_eq!(relay.seen().taken[0].1, ["b@there.example"]);
}

#[tokio::test]
async fn attempts_are_counted_by_their_end() {
    let mut house = House::new(options());
    let _host = house.host(MX, |rcpt| match rcpt {
        "bob@there.example" => "550 5.1.1 no such user".to_owned(),
        "full@there.example" => "452 4.2.2 mailbox full".to_owned(),
        _ => good(rcpt),
    });
    house.start();
    let to = &["bob@there.example", "full@there.example", "carol@there.example"];
    house.add("alice@here.example", to, |_| {}).await;
    house
        .until(|rows| rows.len() == 1 && rows.iter().all(|r| r.attempts == 1 && r.last_error.is_some()))
        .await;
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.until(|rows| rows.len() == 1).await;
    let text = mox_telemetry::expose(&house.metrics);
    for (result, count) in [("delivered", 1), ("permanent", 1), ("suppressed", 1), ("temporary", 1)] {
        let line = format!("mox_queue_attempts_total{{result=\"{result}\"}} {count}");
        assert!(text.lines().any(|l| l == line), "{line} in {text}");
    }
}
