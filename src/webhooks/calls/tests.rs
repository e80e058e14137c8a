//! Calls over a real store: what is kept, in which order it is called, and how it ends.

use std::path::Path;
use std::sync::Arc;

use mox_admin::ops::{HookCancel, HookList, HookRetired, HookSchedule, HookShow, HookState, HookTest};
use mox_clock::Timestamp;
use mox_clock::sim::SimRandom;
use mox_config::{Config, Handle};
use mox_dns::sim::SimResolver;
use mox_https::{Client, Egress, Limits};
use mox_net::TcpDial;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
Listeners:
	local:
		IPs:
			- 127.0.0.1
Postmaster:
	Account: amy
	Mailbox: Inbox
";

/// A server that answers what it is told, and remembers what it was asked.
struct Target {
    url: String,
    heard: watch::Receiver<Vec<String>>,
}

impl Target {
    async fn new(statuses: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (all, heard) = watch::channel(Vec::new());
        tokio::spawn(async move {
            for n in 0.. {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let mut piece = [0; 4096];
                while !complete(&bytes) {
                    let n = socket.read(&mut piece).await.unwrap();
                    bytes.extend_from_slice(&piece[..n]);
                }
                all.send_modify(|all| all.push(String::from_utf8(bytes).unwrap()));
                let status = statuses.get(n).copied().unwrap_or("200 OK");
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 600\r\n\r\n{}", "x".repeat(600));
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Target { url, heard }
    }

    async fn heard(&self, count: usize) -> Vec<String> {
        self.heard.clone().wait_for(|heard| heard.len() >= count).await.unwrap().clone()
    }
}

fn complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

struct House {
    calls: Calls,
    store: Store,
    _dir: TempDir,
}

fn house(url: &str, more: &str, egress: Egress) -> House {
    let dir = TempDir::new().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(mox_platform::SystemClock);
    let store = Store::open(dir.path(), &[SCHEMA], clock.clone(), Arc::new(SimRandom::new(7))).unwrap();
    let domains = format!(
        "Domains:\n\there.example: nil\nAccounts:\n\tamy:\n\t\tDomain: here.example\n\t\tDestinations:\n\t\t\tamy@here.example: nil\n\
         \t\tOutgoingWebhook:\n\t\t\tURL: {url}\n\t\t\tAuthorization: Bearer s3cret\n{more}\t\tIncomingWebhook:\n\t\t\tURL: {url}\n\
         \t\tKeepRetiredWebhookPeriod: 24h\n"
    );
    let config = Arc::new(Handle::new(Config::parse(Path::new("mox.conf"), SERVER, &domains).unwrap()));
    let client = Client {
        resolver: Arc::new(SimResolver::from_zone("").unwrap()),
        dial: Arc::new(TcpDial::new(clock.clone())),
        clock: clock.clone(),
        roots: Arc::new(mox_tls::RootCertStore::empty()),
        egress,
        limits: Limits::default(),
        user_agent: "mox/test".into(),
    };
    let metrics = Arc::new(Metrics::new(Timestamp::from_secs(0)));
    House { calls: Calls::new(store.clone(), config, client, clock, metrics), store, _dir: dir }
}

impl House {
    async fn outgoing(&self, queue_id: i64, event: OutgoingEvent) {
        let calls = self.calls.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let about =
                About { queue_id, message_id: "1@x", extra: Some("{\"a\":\"b\"}"), ..About::default() };
            calls.outgoing(tx, "amy", event, &about)?;
            calls.outgoing(tx, "nobody", event, &about)
        };
        self.store.write(write).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_is_made_until_it_is_taken_and_kept_for_a_while() {
    let target = Target::new(&["500 no", "201 odd"]).await;
    let house = house(&target.url, "", Egress::Anywhere);
    house.outgoing(4, OutgoingEvent::Delivered).await;
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(house.calls.clone().run(stopping));
    for attempt in 1..=2 {
        target.heard(attempt).await;
        let waiting = loop {
            let rows = house.calls.list(HookList::default()).await.unwrap();
            if rows[0].state == HookState::Pending {
                break rows;
            }
        };
        assert_eq!((waiting.len(), waiting[0].attempts as usize), (1, attempt));
        assert_eq!(waiting[0].last_answer.as_deref(), Some("x".repeat(512).as_str()));
        house.calls.schedule(HookSchedule { ids: vec![1], in_ms: 0, dry_run: false }).await.unwrap();
    }
    let heard = target.heard(3).await;
    let ended = loop {
        let rows = house.calls.retired(HookRetired::default()).await.unwrap();
        if !rows.is_empty() {
            break rows;
        }
    };
    assert_eq!((ended[0].state, ended[0].last_status), (HookState::Taken, Some(200)));
    let last = heard[2].to_ascii_lowercase();
    for field in [
        "post /hook ",
        "x-mox-webhook-id: 1\r\n",
        "x-mox-webhook-attempt: 3\r\n",
        "authorization: bearer s3cret",
    ] {
        assert!(last.contains(field), "{field} {last}");
    }
    for part in
        ["\"Event\":\"delivered\"", "\"QueueMsgID\":4", "\"MessageID\":\"<1@x>\"", "\"Extra\":{\"a\":\"b\"}"]
    {
        assert!(heard[2].contains(part), "{part} {}", heard[2]);
    }
    stop.send(true).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn newer_events_supersede_and_unwanted_ones_are_not_kept() {
    let house = house(
        "http://127.0.0.1:1/",
        "\t\t\tEvents:\n\t\t\t\t- delayed\n\t\t\t\t- failed\n",
        Egress::Anywhere,
    );
    house.outgoing(4, OutgoingEvent::Delayed).await;
    house.outgoing(5, OutgoingEvent::Delayed).await;
    house.outgoing(5, OutgoingEvent::Delivered).await;
    house.outgoing(4, OutgoingEvent::Failed).await;
    let rows = house.calls.list(HookList::default()).await.unwrap();
    let shown: Vec<_> = rows.iter().map(|r| (r.queue_id.unwrap(), r.event.as_str())).collect();
    assert_eq!(shown, [(4, "failed"), (5, "delayed")]);
    let ended = house.calls.retired(HookRetired::default()).await.unwrap();
    assert_eq!((ended.len(), ended[0].state), (1, HookState::Superseded));
    let ended = |state| house.calls.retired(HookRetired { state: Some(state), ..HookRetired::default() });
    assert_eq!(ended(HookState::Superseded).await.unwrap().len(), 1);
    assert_eq!(ended(HookState::GivenUp).await.unwrap().len(), 0);
    assert!(ended(HookState::Pending).await.is_err());
    house.calls.cancel(HookCancel { ids: vec![rows[0].id], dry_run: false }).await.unwrap();
    assert!(house.calls.cancel(HookCancel { ids: vec![rows[0].id], dry_run: false }).await.is_err());
    assert_eq!(house.calls.show(HookShow { id: rows[0].id }).await.unwrap().row.state, HookState::Canceled);
    assert!(house.calls.show(HookShow { id: 99 }).await.is_err());
}

#[tokio::test]
async fn private_addresses_are_not_called() {
    let target = Target::new(&[]).await;
    let house = house(&target.url, "", Egress::Public { allow: Vec::new() });
    house.outgoing(4, OutgoingEvent::Delivered).await;
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(house.calls.clone().run(stopping));
    loop {
        let rows = house.calls.list(HookList::default()).await.unwrap();
        if rows[0].state == HookState::Pending && rows[0].attempts == 1 {
            assert!(rows[0].last_error.as_ref().unwrap().contains("127.0.0.1"), "{rows:?}");
            break;
        }
    }
    assert_eq!(target.heard.borrow().len(), 0);
}

#[tokio::test]
async fn mail_that_arrives_is_told() {
    let house = house("http://127.0.0.1:1/", "", Egress::Anywhere);
    let calls = house.calls.clone();
    assert!(calls.wants_incoming("amy") && !calls.wants_incoming("bob"));
    let write = move |_: &Store, tx: &mut Tx<'_>| {
        let read = Received::read(b"From: a@b.example\r\nSubject: hi\r\n\r\nhello\r\n");
        let arrived = Arrived { msg_id: 7, mailbox: "Inbox", ..Arrived::default() };
        calls.incoming(tx, "amy", &read, &arrived)
    };
    house.store.write(write).await.unwrap();
    let detail = house.calls.show(HookShow { id: 1 }).await.unwrap();
    assert!(detail.row.incoming);
    let payload: serde_json::Value = serde_json::from_str(&detail.payload).unwrap();
    assert_eq!(payload["Text"].as_str().unwrap().trim(), "hello");
    assert_eq!(
        (&payload["Meta"]["MsgID"], &payload["Subject"]),
        (&serde_json::json!(7), &serde_json::json!("hi"))
    );
    assert_eq!(payload["Structure"]["ContentType"], "text/plain");
}

#[tokio::test]
async fn calls_of_an_account_that_is_removed_are_forgotten() {
    let house = house("http://127.0.0.1:1/", "", Egress::Anywhere);
    for event in [OutgoingEvent::Delayed, OutgoingEvent::Delivered] {
        house.outgoing(4, event).await;
    }
    house.outgoing(5, OutgoingEvent::Delayed).await;
    for (account, waiting, ended) in [("ame", 2, 1), ("amy", 0, 0)] {
        house
            .store
            .write(move |_: &Store, tx: &mut Tx<'_>| Calls::forget_account(tx, account))
            .await
            .unwrap();
        assert_eq!(house.calls.list(HookList::default()).await.unwrap().len(), waiting, "{account}");
        assert_eq!(house.calls.retired(HookRetired::default()).await.unwrap().len(), ended, "{account}");
    }
}

#[tokio::test]
async fn a_call_for_trying_is_made_once_and_not_kept() {
    let target = Target::new(&["200 OK", "503 busy"]).await;
    let house = house(&target.url, "", Egress::Anywhere);
    let test = |account: &str, incoming| house.calls.test(HookTest { account: account.into(), incoming });
    let sent = test("amy", false).await.unwrap();
    assert_eq!((sent.taken, sent.status, sent.error), (true, Some(200), None));
    assert_eq!(sent.answer, "x".repeat(512));
    let arrived = test("amy", true).await.unwrap();
    assert_eq!((arrived.taken, arrived.status), (false, Some(503)));
    assert_eq!(arrived.error.as_deref(), Some("answered with status 503"));
    let heard = target.heard(2).await;
    assert!(heard[0].to_ascii_lowercase().contains("authorization: bearer s3cret"), "{}", heard[0]);
    assert!(heard[0].ends_with(&sent.payload) && sent.payload.contains("\"Event\":\"delivered\""));
    assert!(heard[1].ends_with(&arrived.payload) && arrived.payload.contains("\"MailboxName\":\"Inbox\""));
    assert_eq!(house.calls.list(HookList::default()).await.unwrap(), []);
    assert_eq!(test("nobody", true).await.unwrap_err().kind, mox_admin::ErrorKind::NotFound);
}
