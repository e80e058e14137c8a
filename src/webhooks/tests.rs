//! Hooks on a simulated network: what is posted, order, retries, falling behind.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::MessageRow;
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_dns::sim::SimResolver;
use mox_https::{Client, Egress};
use mox_net::Listen;
use mox_net::sim::{Host, SimListener, SimNet};
use mox_telemetry::{Metrics, Outcome};
use mox_tls::RootCertStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::{Hook, LIMITS, WAITS};

fn row(id: i64) -> Arc<MessageRow> {
    Arc::new(MessageRow {
        id,
        account: "mox".into(),
        mailbox: "bob@example.org".into(),
        to: "bob@example.org".into(),
        from: "amy@example.com".into(),
        subject: "hello".into(),
        received: Time(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap()),
        size: 4096,
        flags: Vec::new(),
        tags: Vec::new(),
        uid: 3,
        message_id: None,
        thread: None,
    })
}

/// A hook of `http://localhost:9000/hook?key=secret` that runs, and the server it calls.
struct World {
    clock: SimClock,
    net: SimNet,
    listener: SimListener,
    arrivals: broadcast::Sender<Arc<MessageRow>>,
    metrics: Arc<Metrics>,
    hook: JoinHandle<()>,
}

impl World {
    fn new(backlog: usize) -> World {
        let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap());
        let net = SimNet::new(Arc::new(clock.clone()));
        let client = Client {
            resolver: Arc::new(SimResolver::from_zone("localhost. A 127.0.0.1").unwrap()),
            dial: Arc::new(net.clone()),
            clock: Arc::new(clock.clone()),
            roots: Arc::new(RootCertStore::empty()),
            egress: Egress::Anywhere,
            limits: LIMITS,
            user_agent: "mox/0.1.0".into(),
        };
        let metrics = Arc::new(Metrics::new(Timestamp::from_secs(0)));
        let url = "http://localhost:9000/hook?key=secret".parse().unwrap();
        let hook = Hook::new(url, "http://localhost:1080".into(), client, metrics.clone());
        let (arrivals, heard) = broadcast::channel(backlog);
        let listener = net.listen("127.0.0.1:9000".parse().unwrap()).unwrap();
        World { clock, net, listener, arrivals, metrics, hook: tokio::spawn(hook.run(heard)) }
    }

    /// Takes the next call, answers it, and gives it.
    async fn serve(&mut self, status: &str) -> String {
        let called = tokio::time::timeout(Duration::from_secs(20), self.listener.accept()).await;
        let mut io = called.expect("a call").unwrap().io;
        let mut text = String::new();
        while !text.ends_with("}") {
            let mut piece = [0; 1000];
            let n = io.read(&mut piece).await.unwrap();
            assert!(n > 0, "{text}");
            text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        }
        io.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await.unwrap();
        text
    }

    /// The message a call is about.
    async fn id(&mut self, status: &str) -> i64 {
        let call = self.serve(status).await;
        let body: serde_json::Value = serde_json::from_str(call.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["message"]["id"].as_i64().unwrap()
    }

    /// Waits until somebody sleeps for just this long, then lets the time pass.
    async fn pass(&self, wait: Duration) {
        let waiting = async {
            // Who was woken runs first.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            while self.clock.until_next_sleeper() != Some(wait) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "nobody sleeps for {wait:?}, but for {:?}", self.clock.until_next_sleeper());
        self.clock.advance(wait);
    }

    fn counted(&self, result: &'static str) -> u64 {
        self.metrics.webhook_calls.get_or_create(&Outcome { result }).get()
    }

    /// Lets the hook come to its end.
    async fn end(self) -> Arc<Metrics> {
        drop(self.arrivals);
        self.hook.await.unwrap();
        self.metrics
    }
}

#[tokio::test]
async fn a_message_is_posted_as_json() {
    let mut world = World::new(10);
    world.arrivals.send(row(7)).unwrap();
    let call = world.serve("204 No Content").await;
    let (head, body) = call.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        head,
        format!(
            "POST /hook?key=secret HTTP/1.1\r\nhost: localhost:9000\r\nuser-agent: mox/0.1.0\r\n\
             connection: close\r\ncontent-type: application/json\r\ncontent-length: {}",
            body.len()
        )
    );
    assert_eq!(
        body,
        format!(
            r#"{{"event":"arrived","message":{},"url":"http://localhost:1080/message/7"}}"#,
            serde_json::to_string(&row(7)).unwrap()
        )
    );
    let metrics = world.end().await;
    assert_eq!(metrics.webhook_calls.get_or_create(&Outcome { result: "ok" }).get(), 1);
}

#[tokio::test]
async fn a_call_is_tried_again_before_the_next_and_then_dropped() {
    let mut world = World::new(10);
    world.arrivals.send(row(1)).unwrap();
    world.arrivals.send(row(2)).unwrap();
    for (status, wait) in ["500 Oh", "429 Slow", "503 Down"].into_iter().zip(WAITS) {
        assert_eq!(world.id(status).await, 1);
        world.pass(wait).await;
    }
    assert_eq!(world.id("500 Oh").await, 1);
    assert_eq!(world.id("502 Oh").await, 2);
    world.pass(WAITS[0]).await;
    assert_eq!(world.id("200 OK").await, 2);
    let metrics = world.end().await;
    let counted = |result| metrics.webhook_calls.get_or_create(&Outcome { result }).get();
    assert_eq!((counted("ok"), counted("failed"), counted("missed")), (1, 1, 0));
}

#[tokio::test]
async fn what_will_not_change_is_not_tried_again() {
    let mut world = World::new(10);
    for (id, status) in [(1, "404 Not Found"), (2, "301 Moved"), (3, "400 Bad"), (4, "200 OK")] {
        world.arrivals.send(row(id)).unwrap();
        assert_eq!(world.id(status).await, id);
    }
    let metrics = world.end().await;
    let counted = |result| metrics.webhook_calls.get_or_create(&Outcome { result }).get();
    assert_eq!((counted("ok"), counted("failed")), (1, 3));
}

#[tokio::test]
async fn a_hook_that_is_down_comes_back() {
    let mut world = World::new(10);
    world.net.set_host("127.0.0.1".parse().unwrap(), Host::Refuses);
    world.arrivals.send(row(1)).unwrap();
    world.pass(WAITS[0]).await;
    world.net.set_host("127.0.0.1".parse().unwrap(), Host::BlackHole);
    world.pass(LIMITS.connect).await;
    world.net.set_host("127.0.0.1".parse().unwrap(), Host::Up);
    world.pass(WAITS[1]).await;
    assert_eq!(world.id("200 OK").await, 1);
    let metrics = world.end().await;
    assert_eq!(metrics.webhook_calls.get_or_create(&Outcome { result: "ok" }).get(), 1);
}

#[tokio::test]
async fn who_falls_behind_misses_the_oldest_and_goes_on() {
    let mut world = World::new(4);
    world.arrivals.send(row(0)).unwrap();
    let slow = world.listener.accept().await.unwrap();
    // The sender never waits.
    for id in 1..=10 {
        world.arrivals.send(row(id)).unwrap();
    }
    world.clock.advance(LIMITS.time);
    world.pass(WAITS[0]).await;
    drop(slow);
    assert_eq!(world.id("200 OK").await, 0);
    for id in 7..=10 {
        assert_eq!(world.id("200 OK").await, id);
    }
    assert_eq!(world.counted("missed"), 6);
    world.end().await;
}
