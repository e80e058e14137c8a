//! A server in front and one behind: what goes on, what does not, bodies of any length, WebSockets, failures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_httpserver::Server;
use mox_net::{Dial, Io, Listen};
use mox_telemetry::Metrics;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::House;

const WAIT: Duration = Duration::from_secs(30);

const HANDLERS: &str = "WebHandlers:
	-
		Domain: a.example
		PathRegexp: ^/app/
		DontRedirectPlainHTTP: true
		WebForward:
			StripPath: true
			URL: http://behind.example/base
			ResponseHeaders:
				X-Added: yes
	-
		Domain: a.example
		PathRegexp: ^/tls/
		DontRedirectPlainHTTP: true
		WebForward:
			URL: https://behind.example:80
	-
		Domain: a.example
		PathRegexp: ^/
		DontRedirectPlainHTTP: true
		WebForward:
			URL: http://192.0.2.80:80
";

struct Pair {
    house: House,
    front: SocketAddr,
}

impl Pair {
    fn new() -> Pair {
        let house = House::new(HANDLERS);
        let front = "192.0.2.1:80".parse().unwrap();
        let listener = Box::new(house.net.listen(front).unwrap());
        let clock = Arc::new(house.clock.clone());
        let metrics = Arc::new(Metrics::new(super::START));
        let server = Server::new(house.service(80, false), crate::limits(), clock, metrics);
        tokio::spawn(Arc::new(server).run(listener, std::future::pending()));
        Pair { house, front }
    }

    /// A server behind that answers one connection: reads until it saw `until`, writes, closes. Gives what it read.
    fn behind(&self, until: &'static str, answer: &'static [u8]) -> tokio::task::JoinHandle<String> {
        let mut listener = self.house.net.listen("192.0.2.80:80".parse().unwrap()).unwrap();
        tokio::spawn(async move {
            let mut io = listener.accept().await.unwrap().io;
            let got = read_until(&mut io, until).await;
            io.write_all(answer).await.unwrap();
            io.shutdown().await.unwrap();
            got
        })
    }

    async fn connect(&self) -> Box<dyn Io> {
        self.house.net.dial(self.front, None, WAIT).await.unwrap().io
    }

    /// Sends bytes and reads all until the end.
    async fn ask(&self, bytes: &[u8]) -> String {
        let mut io = self.connect().await;
        let _ = io.write_all(bytes).await;
        let mut all = Vec::new();
        let _ = io.read_to_end(&mut all).await;
        String::from_utf8(all).unwrap()
    }
}

async fn read_until(io: &mut Box<dyn Io>, until: &str) -> String {
    let mut got = Vec::new();
    while !got.ends_with(until.as_bytes()) {
        let mut piece = [0; 1000];
        let n = io.read(&mut piece).await.unwrap();
        assert!(n > 0, "ended after {}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&piece[..n]);
    }
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn what_goes_on_and_what_does_not() {
    let pair = Pair::new();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: x\r\nX-Hop: y\r\nConnection: x-hop\r\nX-Own: z\r\n\r\nok";
    let behind = pair.behind("\r\n\r\n", answer);
    let got = pair
        .ask(
            b"GET /app/x%2Fy?q=1 HTTP/1.1\r\nHost: A.example:8080\r\nConnection: close, X-Secret\r\nX-Secret: s\r\n\
              X-Forwarded-For: 1.2.3.4\r\nX_Forwarded_Proto: https\r\nX-Forwarded-Port: 1\r\nX-Real-IP: 1.2.3.4\r\n\
              Forwarded: for=1.2.3.4\r\nTE: trailers\r\nProxy-Authorization: p\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\
              Cookie: c=1\r\n\r\n",
        )
        .await;
    let seen = behind.await.unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("get /base/x%2fy?q=1 http/1.1\r\n"), "{seen}");
    for there in [
        "\r\nhost: a.example:8080\r\n",
        "\r\nx-forwarded-host: a.example:8080\r\n",
        "\r\nx-forwarded-proto: http\r\n",
        "\r\nvia: 1.1 mail.example.org\r\n",
        "\r\ncookie: c=1\r\n",
        "\r\nconnection: close\r\n",
    ] {
        assert!(seen.contains(there), "{there} in {seen}");
    }
    assert_eq!(seen.matches("x-forwarded-for: ").count(), 1);
    for gone in [
        "1.2.3.4",
        "x-secret",
        "x_forwarded",
        "forwarded-port",
        "x-real",
        "trailers",
        "proxy-",
        "h2c",
        "http2",
    ] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    let got = got.to_ascii_lowercase();
    assert!(got.starts_with("http/1.1 200 ok\r\n") && got.ends_with("\r\n\r\nok"), "{got}");
    assert!(got.contains("\r\nx-own: z\r\n") && got.contains("\r\nx-added: yes\r\n"), "{got}");
    assert!(!got.contains("keep-alive:") && !got.contains("x-hop"), "{got}");
}

#[tokio::test]
async fn both_sides_agree_where_a_body_ends() {
    for (name, request, seen) in [
        (
            "two framings",
            &b"POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a.example\r\n\r\n"[..],
            None,
        ),
        (
            "two lengths",
            b"POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            Some("HTTP/1.1 400"),
        ),
        (
            "chunked in disguise",
            b"POST /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            Some("HTTP/1.1 400"),
        ),
        ("a folded name", b"GET /x HTTP/1.1\r\nHost : a.example\r\n\r\n", Some("HTTP/1.1 400")),
        ("two hosts", b"GET /x HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n", Some("HTTP/1.1 400")),
        ("another host in the target", b"GET http://b.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", Some("HTTP/1.1 400")),
        ("no host", b"GET /x HTTP/1.0\r\n\r\n", Some("HTTP/1.0 400")),
        ("dots", b"GET /app/%2e%2e/admin HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", Some("HTTP/1.1 400")),
        ("a loop", b"GET /x HTTP/1.1\r\nHost: a.example\r\nVia: 1.0 x, 1.1 mail.example.org\r\nConnection: close\r\n\r\n", Some("HTTP/1.1 508")),
    ] {
        let pair = Pair::new();
        let behind = pair.behind("\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n");
        let got = pair.ask(request).await;
        match seen {
            Some(start) => assert!(got.starts_with(start), "{name}: {got}"),
            None => {
                // One request went on, with one framing, or none did.
                assert!(got.matches("HTTP/1.1").count() == 1, "{name}: {got}");
                if behind.is_finished() {
                    let seen = behind.await.unwrap().to_ascii_lowercase();
                    assert!(!seen.contains("admin") && !seen.contains("content-length"), "{name}: {seen}");
                }
            }
        }
    }
    let pair = Pair::new();
    let mut big = b"GET /x HTTP/1.1\r\nHost: a.example\r\nX: ".to_vec();
    big.resize(100_000, b'x');
    assert!(pair.ask(&big).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn bodies_of_any_length() {
    let pair = Pair::new();
    let body = "x".repeat(3_000_000);
    let behind =
        pair.behind("end", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    let head = format!(
        "PUT /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len() + 3
    );
    let got = pair.ask(format!("{head}{body}end").as_bytes()).await;
    assert!(got.contains("3\r\nabc\r\n0\r\n\r\n"), "{got}");
    let seen = behind.await.unwrap();
    assert!(seen.contains("content-length: 3000003\r\n") && seen.ends_with(&format!("{body}end")));
}

#[tokio::test]
async fn a_part_is_not_taken_for_the_whole() {
    let pair = Pair::new();
    let _behind =
        pair.behind("\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab");
    let got = pair.ask(b"GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").await;
    // Maybe nothing comes at all: what was not sent yet goes with the connection.
    assert!(!got.ends_with("0\r\n\r\n"), "{got}");
}

#[tokio::test]
async fn failures() {
    let request = b"GET /x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
    let pair = Pair::new();
    assert!(pair.ask(request).await.starts_with("HTTP/1.1 502"), "nobody listens");
    for answer in [
        &b""[..],
        b"hello\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ] {
        let pair = Pair::new();
        let _behind = pair.behind("\r\n\r\n", answer);
        assert!(pair.ask(request).await.starts_with("HTTP/1.1 502"), "{answer:?}");
    }
    let pair = Pair::new();
    let _behind = pair.behind("", b"no TLS\r\n\r\n");
    assert!(
        pair.ask(b"GET /tls/ HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 502")
    );
    // One that never answers.
    let pair = Pair::new();
    let mut listener = pair.house.net.listen("192.0.2.80:80".parse().unwrap()).unwrap();
    let mut client = pair.connect().await;
    client.write_all(request).await.unwrap();
    let mut io = listener.accept().await.unwrap().io;
    read_until(&mut io, "\r\n\r\n").await;
    // Until the server in front waits for the answer.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    pair.house.clock.advance(Duration::from_secs(61));
    let mut got = Vec::new();
    client.read_to_end(&mut got).await.unwrap();
    assert!(got.starts_with(b"HTTP/1.1 504"), "{}", String::from_utf8_lossy(&got));
}

#[tokio::test]
async fn websockets_are_tunnelled_after_their_handshake() {
    let head = "GET /app/chat HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    for (accept, good) in [("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", true), ("AAAA", false)] {
        let pair = Pair::new();
        let mut listener = pair.house.net.listen("192.0.2.80:80".parse().unwrap()).unwrap();
        let mut client = pair.connect().await;
        client.write_all(head.as_bytes()).await.unwrap();
        let mut behind = listener.accept().await.unwrap().io;
        let seen = read_until(&mut behind, "\r\n\r\n").await.to_ascii_lowercase();
        assert!(
            seen.contains("connection: upgrade\r\n") && seen.contains("upgrade: websocket\r\n"),
            "{seen}"
        );
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        behind.write_all(answer.as_bytes()).await.unwrap();
        if !good {
            let mut got = [0; 12];
            client.read_exact(&mut got).await.unwrap();
            assert_eq!(&got, b"HTTP/1.1 502");
            continue;
        }
        behind.write_all(b"from behind").await.unwrap();
        let got = read_until(&mut client, "from behind").await;
        assert!(got.starts_with("HTTP/1.1 101 ") && got.contains("x-added: yes\r\n"), "{got}");
        client.write_all(b"from the client").await.unwrap();
        assert_eq!(read_until(&mut behind, "from the client").await, "from the client");
        drop(client);
        let mut rest = Vec::new();
        let _ = behind.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    let pair = Pair::new();
    let bad = head.replace("Version: 13", "Version: 8").replace("keep-alive, ", "");
    let mut client = pair.connect().await;
    client.write_all(bad.as_bytes()).await.unwrap();
    let mut got = [0; 12];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"HTTP/1.1 400");
}
