//! A server on a simulated network and clock.

use mox_clock::sim::SimClock;
use mox_net::sim::SimNet;
use mox_net::{BoxFuture, Dial, Io, connect_tls};
use mox_tls::sim::Authority;
use mox_tls::{
    Certificates, ClientOptions, ClientVerify, ServerName, ServerOptions, client_config, server_config,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::{HostCheck, Hosts, MetricsService, OriginCheck, Routes, text};

const WAIT: Duration = Duration::from_secs(30);

/// Answers with what it was asked; panics and waits on request.
struct Echo;

impl Service for Echo {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            match request.head.uri.path() {
                "/echo/panic" => panic!("as asked"),
                "/echo/never" => std::future::pending().await,
                _ => text(StatusCode::OK, request.body),
            }
        })
    }
}

/// Says how much came.
struct Counting;

impl Service for Counting {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let body = request.incoming.unwrap().whole(usize::MAX).await.unwrap();
            text(StatusCode::OK, format!("{} bytes", body.len()))
        })
    }

    fn streams(&self) -> bool {
        true
    }
}

struct House {
    net: SimNet,
    clock: SimClock,
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl House {
    fn new(limits: Limits, tls: Option<Arc<ServerConfig>>) -> House {
        House::serving(Routes::new().at("/echo/", Echo), limits, tls)
    }

    fn serving(routes: Routes, limits: Limits, tls: Option<Arc<ServerConfig>>) -> House {
        let clock = SimClock::new(Authority::START);
        let net = SimNet::new(Arc::new(clock.clone()));
        let metrics = Arc::new(Metrics::new(clock.now()));
        let routes = routes.at("/metrics", MetricsService::new(metrics.clone()));
        let service = Arc::new(HostCheck::new(Hosts::loopback(), routes));
        let mut server = Server::new(service, limits, Arc::new(clock.clone()), metrics.clone());
        if let Some(tls) = tls {
            server = server.with_tls(tls);
        }
        let address = "192.0.2.1:80".parse().unwrap();
        let listener = Box::new(net.listen(address).unwrap());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(Arc::new(server).run(listener, async {
            let _ = stopped.await;
        }));
        House { net, clock, address, metrics, stop, running }
    }

    async fn dial(&self) -> Box<dyn Io> {
        self.net.dial(self.address, None, WAIT).await.unwrap().io
    }

    /// Sends bytes and returns all that comes back until the server closes.
    async fn ask(&self, bytes: &[u8]) -> String {
        let mut io = self.dial().await;
        // The server may answer and close before it has read all.
        let _ = io.write_all(bytes).await;
        read(&mut io).await
    }
}

async fn read(io: &mut Box<dyn Io>) -> String {
    let mut all = Vec::new();
    let _ = io.read_to_end(&mut all).await;
    String::from_utf8(all).unwrap()
}

/// Lets all tasks go as far as they can without time passing.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn requests_are_routed_and_counted() {
    let house = House::new(Limits::default(), None);
    let head = "Host: localhost\r\nConnection: close\r\n";
    for (request, status, body) in [
        (format!("GET /metrics HTTP/1.1\r\n{head}\r\n"), "200 OK", "# EOF\n"),
        (format!("POST /metrics HTTP/1.1\r\n{head}\r\n"), "405 Method Not Allowed", "only GET\n"),
        (format!("GET /metricsx HTTP/1.1\r\n{head}\r\n"), "404 Not Found", "not found\n"),
        (format!("POST /echo/ HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\nhi"), "200 OK", "hi"),
        (
            "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
            "421 Misdirected Request",
            "this host is not served here\n",
        ),
    ] {
        let answer = house.ask(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}\n{answer}");
        assert!(answer.ends_with(body), "{request}\n{answer}");
    }
    let text = mox_telemetry::expose(&house.metrics);
    assert!(text.contains("mox_httpserver_requests_total{result=\"4xx\"} 3\n"), "{text}");
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let limits = Limits { body_bytes: 10, headers: 5, ..Limits::default() };
    let house = House::new(limits, None);
    let head = "POST /echo/ HTTP/1.1\r\nHost: localhost\r\n";
    let long =
        format!("GET /echo/ HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(limits.head_bytes * 2));
    let many = format!("{head}A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n");
    for (request, status) in [
        (format!("{head}Content-Length: 11\r\n\r\n"), "413"),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"), "413"),
        (long, "431"),
        (many, "431"),
        (format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), "400"),
    ] {
        let answer = house.ask(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
}

#[tokio::test]
async fn whole_bodies_are_bounded_beside_services_that_stream() {
    let routes = Routes::new().at("/echo/", Echo).at("/count/", OriginCheck::new(Counting));
    let house = House::serving(routes, Limits::default(), None);
    let most = Limits::default().body_bytes;
    let post = |path: &str, length: usize| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        format!("{head}Content-Length: {length}\r\n\r\n{}", "x".repeat(length))
    };
    let counted = house.ask(post("/count/", 3 * most).as_bytes()).await;
    assert!(counted.ends_with(&format!("{} bytes", 3 * most)), "{counted}");
    let whole = house.ask(post("/echo/", 5).as_bytes()).await;
    assert!(whole.ends_with("\r\n\r\nxxxxx"), "{whole}");
    let head = format!("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", most + 1);
    let refused = house.ask(head.as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
}

#[tokio::test]
async fn slow_clients_are_let_go() {
    let limits = Limits::default();
    let head = "POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow";
    for (sent, time, status) in [
        ("", limits.head_time, ""),
        ("GET / HTTP/1.1\r\nHost: loc", limits.head_time, ""),
        (head, limits.body_time, "HTTP/1.1 408 "),
    ] {
        let house = House::new(limits, None);
        let mut io = house.dial().await;
        io.write_all(sent.as_bytes()).await.unwrap();
        settle().await;
        house.clock.advance(time);
        let answer = read(&mut io).await;
        assert!(answer.starts_with(status) && (status.is_empty() == answer.is_empty()), "{sent}: {answer}");
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let house = House::new(Limits::default(), None);
    assert_eq!(house.ask(b"GET /echo/panic HTTP/1.1\r\nHost: localhost\r\n\r\n").await, "");
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = house.ask(request).await;
    assert!(answer.contains("mox_panics_total{room=\"httpserver\"} 1\n"), "{answer}");
}

#[tokio::test]
async fn one_network_does_not_keep_the_others_out() {
    let house = House::new(Limits { connections_of_network: [1, 2, 3], ..Limits::default() }, None);
    let from =
        async |ip: &str| house.net.dial(house.address, Some(ip.parse().unwrap()), WAIT).await.unwrap().io;
    let answered = async |io: &mut Box<dyn Io>| {
        let _ = io.write_all(b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
        !read(io).await.is_empty()
    };
    let idle = from("198.51.100.1").await;
    settle().await;
    for (ip, want) in [("198.51.100.1", false), ("203.0.113.1", true), ("10.0.0.1", true)] {
        let mut io = from(ip).await;
        assert_eq!(answered(&mut io).await, want, "{ip}");
    }
    let private = [from("10.0.0.1").await, from("10.0.0.1").await];
    assert!(answered(&mut from("10.0.0.1").await).await, "a proxy brings many");
    drop((idle, private));
    settle().await;
    assert!(answered(&mut from("198.51.100.1").await).await, "the place is free again");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let house = House::new(Limits { connections: 1, ..Limits::default() }, None);
    let first = house.dial().await;
    settle().await;
    let mut second = house.dial().await;
    let request = b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    second.write_all(request).await.unwrap();
    settle().await;
    let mut byte = [0];
    let mut waiting = Box::pin(second.read(&mut byte));
    assert!(futures_pending(&mut waiting));
    drop(first);
    assert_eq!(waiting.await.unwrap(), 1);
}

fn futures_pending<F: Future + Unpin>(future: &mut F) -> bool {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(future).poll(&mut cx).is_pending()
}

#[tokio::test]
async fn stopping_lets_requests_finish_for_a_while() {
    let house = House::new(Limits::default(), None);
    let mut idle = house.dial().await;
    let mut busy = house.dial().await;
    busy.write_all(b"GET /echo/never HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    settle().await;
    house.stop.send(()).unwrap();
    assert_eq!(read(&mut idle).await, "");
    settle().await;
    assert!(!house.running.is_finished());
    house.clock.advance(Limits::default().drain_time);
    house.running.await.unwrap();
    assert_eq!(read(&mut busy).await, "");
    assert!(house.net.dial(house.address, None, WAIT).await.is_err());
}

#[tokio::test]
async fn tls_is_served() {
    let ca = Authority::new();
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Authority::START));
    let certificates = Certificates::new(&[ca.issue(&["localhost"]).unwrap()]);
    let tls = server_config(certificates, &ServerOptions::default(), clock.clone()).unwrap();
    let house = House::new(Limits::default(), Some(tls));
    let options = ClientOptions { verify: ClientVerify::Pkix, identity: None, alpn: Vec::new() };
    let config = client_config(ca.roots(), options, clock.clone()).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let (mut io, _) = connect_tls(house.dial().await, config, name, &*clock, WAIT).await.unwrap();
    let request = b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    io.write_all(request).await.unwrap();
    assert!(read(&mut io).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn clients_that_take_nothing_are_let_go() {
    let limits = Limits { body_bytes: 16 << 20, ..Limits::default() };
    let house = House::new(limits, None);
    let mut io = house.dial().await;
    let body = vec![b'x'; 8 << 20];
    let head = format!("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    io.write_all(head.as_bytes()).await.unwrap();
    io.write_all(&body).await.unwrap();
    settle().await;
    house.clock.advance(limits.write_time);
    settle().await;
    let mut all = Vec::new();
    let _ = io.read_to_end(&mut all).await;
    assert!(all.len() < body.len(), "cut off after {} bytes", all.len());
}

#[tokio::test]
async fn other_protocols_are_handed_over() {
    let ca = Authority::new();
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Authority::START));
    let certificates = Certificates::new(&[ca.issue(&["localhost"]).unwrap()]);
    let alpn = vec![b"http/1.1".to_vec(), b"smtp".to_vec()];
    let tls = server_config(certificates, &ServerOptions { alpn, ..ServerOptions::default() }, clock.clone());
    let net = SimNet::new(clock.clone());
    let metrics = Arc::new(Metrics::new(clock.now()));
    let server = Server::new(Arc::new(Echo), Limits::default(), clock.clone(), metrics)
        .with_tls(tls.unwrap())
        .on_alpn(b"smtp", |mut handover| {
            Box::pin(async move {
                let name = handover.tls.sni.unwrap_or_default();
                let _ = handover.io.write_all(format!("220 {name}\r\n").as_bytes()).await;
                let _ = handover.io.shutdown().await;
            })
        });
    let address = "192.0.2.1:443".parse().unwrap();
    tokio::spawn(Arc::new(server).run(Box::new(net.listen(address).unwrap()), std::future::pending()));
    for (asked, want) in [(&b"smtp"[..], "220 localhost\r\n"), (b"http/1.1", "HTTP/1.1 200 OK")] {
        let options =
            ClientOptions { verify: ClientVerify::Pkix, identity: None, alpn: vec![asked.to_vec()] };
        let config = client_config(ca.roots(), options, clock.clone()).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let io = net.dial(address, None, WAIT).await.unwrap().io;
        let (mut io, _) = connect_tls(io, config, name, &*clock, WAIT).await.unwrap();
        let _ = io.write_all(b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
        let answer = read(&mut io).await;
        assert!(answer.starts_with(want), "{answer}");
    }
}
