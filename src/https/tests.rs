//! The client on a simulated network: addresses, redirects, limits, TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_dns::sim::SimResolver;
use mox_net::sim::{SimListener, SimNet};
use mox_net::{Io, Listen, accept_tls};
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ServerOptions, server_config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Client, Egress, Error, Limits, Response, Url};

const ZONE: &str = "
    public.example. A 8.8.8.8
    private.example. A 10.0.0.1
    both.example. A 8.8.8.8
    both.example. A 127.0.0.1
    six.example. AAAA ::1
    two.example. AAAA 2a00::1
    two.example. A 8.8.8.8
    down.example. ANY ; servfail
";

struct World {
    clock: SimClock,
    net: SimNet,
    resolver: SimResolver,
    authority: Authority,
    client: Client,
}

impl World {
    fn new() -> World {
        let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap());
        let net = SimNet::new(Arc::new(clock.clone()));
        let resolver = SimResolver::from_zone(ZONE).unwrap();
        let authority = Authority::new();
        let client = Client {
            resolver: Arc::new(resolver.clone()),
            dial: Arc::new(net.clone()),
            clock: Arc::new(clock.clone()),
            roots: authority.roots(),
            egress: Egress::Public { allow: Vec::new() },
            limits: Limits { body: 10, ..Limits::default() },
            user_agent: "mox/test".to_owned(),
        };
        World { clock, net, resolver, authority, client }
    }

    fn listen(&self, address: &str) -> SimListener {
        self.net.listen(address.parse().unwrap()).unwrap()
    }

    async fn get(&self, url: &str) -> Result<Response, Error> {
        self.client.get(&url.parse::<Url>().unwrap()).await
    }

    /// Asks, while a server reads the request and writes this.
    async fn answered(&self, url: &str, answer: &str) -> (Result<Response, Error>, String) {
        let mut listener = self.listen("8.8.8.8:80");
        let server = async {
            let mut io = listener.accept().await.unwrap().io;
            let request = whole_request(&mut io).await;
            io.write_all(answer.as_bytes()).await.unwrap();
            let _ = io.shutdown().await;
            request
        };
        tokio::join!(self.get(url), server)
    }
}

/// Reads a request with a Content-Length or without a body.
async fn whole_request(io: &mut Box<dyn Io>) -> String {
    let mut text = String::new();
    loop {
        let mut piece = [0; 1000];
        let n = io.read(&mut piece).await.unwrap();
        assert!(n > 0, "{text}");
        text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}

#[tokio::test]
async fn a_request_is_as_it_should_be() {
    let world = World::new();
    let (response, request) =
        world.answered("http://public.example/a?b=c#d", "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhello").await;
    let response = response.unwrap();
    assert_eq!((response.status, &response.body[..], response.cut), (200, &b"hello"[..], false));
    assert_eq!(response.headers.get("x-a").unwrap(), "b");
    assert_eq!(
        request,
        "GET /a?b=c HTTP/1.1\r\nhost: public.example\r\nuser-agent: mox/test\r\nconnection: close\r\n\r\n"
    );
    let mut listener = world.listen("8.8.8.8:8080");
    let url: Url = "http://8.8.8.8:8080/".parse().unwrap();
    let server = async {
        let mut io = listener.accept().await.unwrap().io;
        let request = whole_request(&mut io).await;
        io.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        request
    };
    let posted = world.client.post(&url, "application/json", Bytes::from_static(b"{}"));
    let (response, request) = tokio::join!(posted, server);
    assert_eq!(response.unwrap().status, 204);
    assert_eq!(
        request,
        "POST / HTTP/1.1\r\nhost: 8.8.8.8:8080\r\nuser-agent: mox/test\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    );
}

#[tokio::test]
async fn what_is_not_public_is_not_dialed() {
    let mut world = World::new();
    let mut listeners: Vec<SimListener> =
        ["127.0.0.1:80", "10.0.0.1:80", "8.8.8.8:80", "[::1]:80"].map(|a| world.listen(a)).into();
    for (host, ip) in [
        ("private.example", "10.0.0.1"),
        ("both.example", "127.0.0.1"),
        ("six.example", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
    ] {
        let error = world.get(&format!("http://{host}/")).await.unwrap_err();
        assert!(matches!(&error, Error::Refused { ip: refused, .. } if refused.to_string() == ip), "{error}");
        assert!(!error.is_temporary());
    }
    for listener in &mut listeners {
        assert!(at_once(listener.accept()).is_none(), "{}", listener.local());
    }
    world.client.egress = Egress::Public { allow: vec!["10.0.0.0/24".parse().unwrap()] };
    let server = async {
        let mut io = listeners[1].accept().await.unwrap().io;
        whole_request(&mut io).await;
        io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    };
    let (response, ()) = tokio::join!(world.get("http://private.example/"), server);
    assert_eq!(response.unwrap().status, 200);
}

/// What a future gives at once.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_name_that_is_moved_between_two_requests_is_checked_again() {
    let world = World::new();
    let (first, _) = world.answered("http://public.example/", "HTTP/1.1 200 OK\r\n\r\n").await;
    assert_eq!(first.unwrap().status, 200);
    let mut inside = world.listen("127.0.0.1:80");
    world.resolver.remove("public.example");
    world.resolver.add("public.example. A 127.0.0.1").unwrap();
    assert!(matches!(world.get("http://public.example/").await, Err(Error::Refused { .. })));
    assert!(at_once(inside.accept()).is_none());
    // One lookup of each family a request: what was checked is what is dialed.
    assert_eq!(world.resolver.query_count(), 4);
}

#[tokio::test]
async fn redirects_are_answers() {
    let world = World::new();
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n";
    let (response, _) = world.answered("http://public.example/", answer).await;
    assert_eq!(response.unwrap().status, 302);
}

#[tokio::test]
async fn a_large_body_is_cut() {
    let world = World::new();
    for (answer, body, cut) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789", "0123456789", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n0123456789a", "0123456789", true),
        ("HTTP/1.1 200 OK\r\n\r\n0123456789a", "0123456789", true),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n6789ab\r\n0\r\n\r\n",
            "0123456789",
            true,
        ),
    ] {
        let (response, _) = world.answered("http://public.example/", answer).await;
        let response = response.unwrap();
        assert_eq!((&response.body[..], response.cut), (body.as_bytes(), cut), "{answer}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let world = World::new();
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101));
    for (answer, temporary) in [
        ("220 mx.example ESMTP\r\n", false),
        ("", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc", true),
        (&endless, false),
        (&fields, false),
    ] {
        let (response, _) = world.answered("http://public.example/", answer).await;
        let error = response.unwrap_err();
        assert!(matches!(error, Error::Http { .. }), "{error}");
        assert_eq!(error.is_temporary(), temporary, "{error}");
    }
    let error = world.get("http://down.example/").await.unwrap_err();
    assert!(matches!(error, Error::Lookup { .. }) && error.is_temporary(), "{error}");
    let error = world.get("http://no.example/").await.unwrap_err();
    assert!(matches!(error, Error::Lookup { .. }) && !error.is_temporary(), "{error}");
}

#[tokio::test]
async fn the_next_address_is_tried_and_the_last_failure_told() {
    let world = World::new();
    let (response, _) = world.answered("http://two.example/", "HTTP/1.1 200 OK\r\n\r\n").await;
    assert_eq!(response.unwrap().status, 200);
    let error = world.get("http://two.example:81/").await.unwrap_err();
    let last: SocketAddr = "8.8.8.8:81".parse().unwrap();
    assert!(matches!(error, Error::Connect { address, .. } if address == last) && error.is_temporary());
}

#[tokio::test]
async fn slow_servers_are_given_up() {
    let world = World::new();
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"] {
        let mut listener = world.listen("8.8.8.8:80");
        let server = async {
            let mut io = listener.accept().await.unwrap().io;
            whole_request(&mut io).await;
            io.write_all(answer.as_bytes()).await.unwrap();
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            world.clock.advance(Duration::from_secs(31));
            io
        };
        let (response, _io) = tokio::join!(world.get("http://public.example/"), server);
        let error = response.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }) && error.is_temporary(), "{error}");
    }
}

#[tokio::test]
async fn over_tls_the_server_proves_its_name() {
    let world = World::new();
    for (url, names, proven) in [
        ("https://public.example/", ["public.example"], true),
        ("https://public.example/", ["other.example"], false),
        ("https://8.8.8.8/", ["8.8.8.8"], true),
        ("https://8.8.8.8/", ["public.example"], false),
    ] {
        let mut listener = world.listen("8.8.8.8:443");
        let certificates = Certificates::new(&[world.authority.issue(&names).unwrap()]);
        let clock = Arc::new(world.clock.clone());
        let config = server_config(certificates, &ServerOptions::default(), clock).unwrap();
        let server = async {
            let io = listener.accept().await.unwrap().io;
            let Ok((mut io, _)) = accept_tls(io, config, &world.clock, Duration::from_secs(9)).await else {
                return;
            };
            whole_request(&mut io).await;
            io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        let (response, ()) = tokio::join!(world.get(url), server);
        match response {
            Ok(response) => assert!(proven && response.status == 200, "{url} {names:?}"),
            Err(error) => {
                assert!(!proven && matches!(error, Error::Tls { .. }), "{url} {names:?}: {error}");
                assert!(!error.is_temporary());
            }
        }
    }
}
