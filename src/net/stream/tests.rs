//! Streams over an in-memory pair: lines, deadlines, TLS, injected bytes.

use std::sync::Mutex;

use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_tls::sim::Authority;
use mox_tls::{
    Certificates, ClientOptions, ClientVerify, Outcome, ServerOptions, client_config, finding, server_config,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;

const WAIT: Duration = Duration::from_secs(30);

fn clock() -> SimClock {
    SimClock::new(Authority::START)
}

fn stream(io: impl Io + 'static, clock: &SimClock) -> Stream {
    let address = "192.0.2.1:25".parse().unwrap();
    Stream::new(Box::new(io), Arc::new(clock.clone()), address, address)
}

fn raw() -> (Stream, DuplexStream, SimClock) {
    let (near, far) = duplex(1 << 20);
    let clock = clock();
    (stream(near, &clock), far, clock)
}

#[tokio::test]
async fn lines_and_their_ends() {
    let (mut stream, mut peer, _) = raw();
    peer.write_all(b"EHLO a\r\nbare\nx\ry\r\n\r\nrest").await.unwrap();
    let line = |bytes: &[u8], bare_lf, bare_cr| Line { bytes: bytes.to_vec(), bare_lf, bare_cr };
    for want in [
        line(b"EHLO a", false, false),
        line(b"bare", true, false),
        line(b"x\ry", false, true),
        line(b"", false, false),
    ] {
        assert_eq!(stream.read_line(100, WAIT).await.unwrap(), want);
    }
    assert_eq!(stream.unread(), b"rest");
    drop(peer);
    assert!(matches!(stream.read_line(100, WAIT).await, Err(Error::Eof)));
    assert_eq!(stream.received(), 24);
}

#[tokio::test]
async fn a_line_may_be_as_long_as_allowed_and_no_longer() {
    for (length, fits) in [(10, true), (11, false), (12, false), (5000, false)] {
        let (mut stream, mut peer, _) = raw();
        peer.write_all(&[b"x".repeat(length), b"\r\n".to_vec()].concat()).await.unwrap();
        let read = stream.read_line(10, WAIT).await;
        assert_eq!(read.is_ok(), fits, "{length}: {read:?}");
        assert!(fits || matches!(read, Err(Error::LineTooLong { max: 10 })));
    }
    let (mut stream, mut peer, _) = raw();
    peer.write_all(&vec![b'x'; MAX_BUFFER + 1]).await.unwrap();
    assert!(matches!(stream.read_line(usize::MAX, WAIT).await, Err(Error::LineTooLong { .. })));
}

#[tokio::test]
async fn a_trickled_line_meets_its_deadline() {
    let (mut stream, mut peer, clock) = raw();
    let trickle = async {
        for _ in 0..3 {
            peer.write_all(b"x").await.unwrap();
            tokio::task::yield_now().await;
            clock.advance(WAIT / 3 + Duration::from_millis(1));
            tokio::task::yield_now().await;
        }
    };
    let (read, ()) = tokio::join!(stream.read_line(100, WAIT), trickle);
    assert!(matches!(read, Err(Error::Timeout)), "{read:?}");
}

#[tokio::test]
async fn no_timer_is_made_when_data_is_there() {
    let (mut stream, mut peer, clock) = raw();
    peer.write_all(b"x\n").await.unwrap();
    let before = Arc::new(Mutex::new(0));
    struct Counting(SimClock, Arc<Mutex<u32>>);
    impl Clock for Counting {
        fn now(&self) -> Timestamp {
            self.0.now()
        }
        fn monotonic(&self) -> Duration {
            self.0.monotonic()
        }
        fn sleep(&self, duration: Duration) -> Sleep {
            *self.1.lock().unwrap() += 1;
            self.0.sleep(duration)
        }
    }
    stream.clock = Arc::new(Counting(clock.clone(), before.clone()));
    stream.read_line(10, WAIT).await.unwrap();
    stream.push(b"reply");
    stream.flush(WAIT).await.unwrap();
    assert_eq!(*before.lock().unwrap(), 0);
    let (read, ()) = tokio::join!(stream.fill(WAIT), async { clock.advance(WAIT) });
    assert!(matches!(read, Err(Error::Timeout)));
    assert_eq!(*before.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_peer_that_does_not_read_meets_the_deadline() {
    let (near, _far) = duplex(16);
    let clock = clock();
    let mut stream = stream(near, &clock);
    stream.push(&[0; 17]);
    let (flushed, ()) = tokio::join!(stream.flush(WAIT), async { clock.advance(WAIT) });
    assert!(matches!(flushed, Err(Error::Timeout)));
    assert_eq!((stream.sent(), stream.pending()), (16, 0));
}

#[tokio::test]
async fn bulk_passes_through_and_the_buffer_shrinks() {
    let (mut stream, mut peer, clock) = raw();
    let sent: Vec<u8> = (0..1_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
    peer.write_all(&sent).await.unwrap();
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let bytes = stream.fill(WAIT).await.unwrap();
        let n = bytes.len().min(1000);
        got.extend_from_slice(&bytes[..n]);
        stream.consume(n);
    }
    assert_eq!(got, sent);
    assert_eq!(stream.input.buffer.len(), MAX_BUFFER);
    let _ = tokio::join!(stream.fill(WAIT), async { clock.advance(WAIT) });
    assert_eq!(stream.input.buffer.len(), MIN_BUFFER);
    peer.write_all(&vec![1; MAX_BUFFER]).await.unwrap();
    while stream.unread().len() < MAX_BUFFER {
        stream.fill_more(WAIT).await.unwrap();
    }
    assert!(matches!(stream.fill_more(WAIT).await, Err(Error::LineTooLong { .. })));
}

#[tokio::test]
async fn a_tap_sees_what_the_session_sees() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Tap for Log {
        fn received(&mut self, bytes: &[u8]) {
            self.0.lock().unwrap().extend([b"<", bytes].concat());
        }
        fn sent(&mut self, bytes: &[u8]) {
            self.0.lock().unwrap().extend([b">", bytes].concat());
        }
    }
    let (mut stream, mut peer, _) = raw();
    let log = Log::default();
    stream.set_tap(Some(Box::new(log.clone())));
    peer.write_all(b"NOOP\r\nQUIT\r\n").await.unwrap();
    stream.read_line(10, WAIT).await.unwrap();
    stream.push(b"250 ok\r\n");
    stream.flush(WAIT).await.unwrap();
    assert_eq!(*log.0.lock().unwrap(), b"<NOOP\r\n>250 ok\r\n");
}

struct Pair {
    server: Stream,
    client: Stream,
    ca: Authority,
    clock: SimClock,
}

impl Pair {
    fn new() -> Pair {
        let (near, far) = duplex(1 << 16);
        let clock = clock();
        Pair { server: stream(near, &clock), client: stream(far, &clock), ca: Authority::new(), clock }
    }

    /// Shakes hands: the server has a certificate for mx.example.
    async fn tls(
        &mut self,
        server: ServerOptions,
        name: &'static str,
        options: ClientOptions,
    ) -> (Result<TlsInfo, Error>, Result<TlsInfo, Error>) {
        let certificates = Certificates::new(&[self.ca.issue(&["mx.example"]).unwrap()]);
        let server = server_config(certificates, &server, Arc::new(self.clock.clone())).unwrap();
        let client = client_config(self.ca.roots(), options, Arc::new(self.clock.clone())).unwrap();
        let name = ServerName::try_from(name).unwrap();
        tokio::join!(
            self.server.start_tls_server(server, WAIT),
            self.client.start_tls_client(client, name, WAIT)
        )
    }
}

fn pkix() -> ClientOptions {
    ClientOptions { verify: ClientVerify::Pkix, identity: None, alpn: Vec::new() }
}

#[tokio::test]
async fn tls_agrees_on_both_sides() {
    let mut pair = Pair::new();
    let identity = pair.ca.issue(&["client.example"]).unwrap();
    let spki = identity.spki_sha256();
    let options = ClientOptions { identity: Some(identity), ..pkix() };
    let asking = ServerOptions { ask_client_key: true, ..ServerOptions::default() };
    let (server, client) = pair.tls(asking, "mx.example", options).await;
    let (server, client) = (server.unwrap(), client.unwrap());
    assert_eq!(server.exporter, client.exporter);
    assert_ne!(server.exporter, [0; 32]);
    assert_eq!(server.channel_binding(), Some(&client.exporter));
    assert_eq!((server.version, client.version), ("TLSv1.3", "TLSv1.3"));
    assert_eq!(server.sni.as_deref(), Some("mx.example"));
    assert_eq!(server.peer_spki_sha256, Some(spki));
    assert!(client.peer_spki_sha256.is_some_and(|peer| peer != spki));
    assert_eq!(pair.server.tls(), Some(&server));

    pair.client.push(b"hello\r\n");
    let (sent, line) = tokio::join!(pair.client.flush(WAIT), pair.server.read_line(100, WAIT));
    sent.unwrap();
    assert_eq!(&*line.unwrap(), b"hello");
    pair.client.close(WAIT).await.unwrap();
    assert!(matches!(pair.server.fill(WAIT).await, Err(Error::Eof)));
}

#[tokio::test]
async fn a_client_needs_no_certificate_where_one_is_asked_for() {
    let mut pair = Pair::new();
    let asking = ServerOptions { ask_client_key: true, ..ServerOptions::default() };
    let (server, client) = pair.tls(asking, "mx.example", pkix()).await;
    client.unwrap();
    assert_eq!(server.unwrap().peer_spki_sha256, None);
}

#[tokio::test]
async fn pkix_refuses_what_recording_only_records() {
    let late = Authority::LIFETIME + Duration::from_secs(86_400 * 2);
    for (name, wait, want) in [
        ("mx.example", Duration::ZERO, None),
        ("other.example", Duration::ZERO, Some("certificate-host-mismatch")),
        ("mx.example", late, Some("certificate-expired")),
    ] {
        let mut pair = Pair::new();
        pair.clock.advance(wait);
        let (_, client) = pair.tls(ServerOptions::default(), name, pkix()).await;
        match (client, want) {
            (Ok(_), None) => {}
            (Err(Error::Tls(e)), Some(want)) => assert_eq!(finding(&e).name, want),
            other => panic!("{name}: {other:?}"),
        }

        let mut pair = Pair::new();
        pair.clock.advance(wait);
        let outcome = Outcome::default();
        let options = ClientOptions { verify: ClientVerify::Recorded(outcome.clone()), ..pkix() };
        let (server, client) = pair.tls(ServerOptions::default(), name, options).await;
        assert!(server.is_ok() && client.is_ok());
        let recorded = outcome.get().unwrap().as_ref().err().map(|e| finding(e).name);
        assert_eq!(recorded.as_deref(), want);
    }
}

#[tokio::test]
async fn bytes_before_tls_are_refused_on_both_sides() {
    let ca = Authority::new();
    let clock = clock();
    let certificates = Certificates::new(&[ca.issue(&["mx.example"]).unwrap()]);
    let server = server_config(certificates, &ServerOptions::default(), Arc::new(clock.clone())).unwrap();
    let client = client_config(ca.roots(), pkix(), Arc::new(clock.clone())).unwrap();

    let (mut stream, mut peer, _) = raw();
    peer.write_all(b"STARTTLS\r\nMAIL FROM:<evil@example>\r\n").await.unwrap();
    stream.read_line(100, WAIT).await.unwrap();
    assert!(matches!(stream.start_tls_server(server, WAIT).await, Err(Error::UnexpectedBytes)));

    let (mut stream, mut peer, _) = raw();
    peer.write_all(b"220 ready\r\n250 injected\r\n").await.unwrap();
    stream.read_line(100, WAIT).await.unwrap();
    let name = ServerName::try_from("mx.example").unwrap();
    assert!(matches!(stream.start_tls_client(client, name, WAIT).await, Err(Error::UnexpectedBytes)));
}

#[tokio::test]
async fn after_a_failed_handshake_there_is_no_plaintext() {
    let ca = Authority::new();
    let clock = clock();
    let certificates = Certificates::new(&[ca.issue(&["mx.example"]).unwrap()]);
    let server = server_config(certificates, &ServerOptions::default(), Arc::new(clock)).unwrap();
    let (mut stream, mut peer, _) = raw();
    peer.write_all(b"MAIL FROM:<a@example>\r\nRCPT TO:<b@example>\r\n").await.unwrap();
    assert!(matches!(stream.start_tls_server(server, WAIT).await, Err(Error::Tls(_))));
    assert!(matches!(stream.fill(WAIT).await, Err(Error::Eof)));
    stream.push(b"220 x\r\n");
    assert!(matches!(stream.flush(WAIT).await, Err(Error::Io(_))));
    let mut alert = Vec::new();
    peer.read_to_end(&mut alert).await.unwrap();
    assert_eq!(alert.first(), Some(&21), "a TLS alert and nothing else");
}

#[tokio::test]
async fn plaintext_after_close_notify() {
    // CVE-2026-45185: a clear byte behind the end of TLS was read into a chunk.
    let ca = Authority::new();
    let clock = clock();
    let certificates = Certificates::new(&[ca.issue(&["mx.example"]).unwrap()]);
    let server = server_config(certificates, &ServerOptions::default(), Arc::new(clock.clone())).unwrap();
    let client = client_config(ca.roots(), pkix(), Arc::new(clock.clone())).unwrap();
    let (near, far) = duplex(1 << 16);
    let mut stream = stream(near, &clock);
    let connector = tokio_rustls::TlsConnector::from(client);
    let connected = connector.connect(ServerName::try_from("mx.example").unwrap(), far);
    let (info, peer) = tokio::join!(stream.start_tls_server(server, WAIT), connected);
    info.unwrap();
    let (mut far, mut tls) = peer.unwrap().into_inner();
    std::io::Write::write_all(&mut tls.writer(), b"BDAT 9\r\nabc").unwrap();
    tls.send_close_notify();
    let mut wire = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut wire).unwrap();
    }
    wire.extend_from_slice(b"d\r\nRSET\r\n");
    far.write_all(&wire).await.unwrap();
    assert_eq!(stream.read_line(100, WAIT).await.unwrap().bytes, b"BDAT 9");
    assert_eq!(stream.fill(WAIT).await.unwrap(), b"abc");
    stream.consume(3);
    for _ in 0..2 {
        assert!(matches!(stream.fill(WAIT).await, Err(Error::Eof)));
    }
}

#[tokio::test]
async fn a_silent_peer_ends_the_handshake() {
    let mut pair = Pair::new();
    let certificates = Certificates::new(&[pair.ca.issue(&["mx.example"]).unwrap()]);
    let config =
        server_config(certificates, &ServerOptions::default(), Arc::new(pair.clock.clone())).unwrap();
    let (done, ()) =
        tokio::join!(pair.server.start_tls_server(config, WAIT), async { pair.clock.advance(WAIT) });
    assert!(matches!(done, Err(Error::Timeout)));
}

#[tokio::test]
async fn tls_is_started_once() {
    let mut pair = Pair::new();
    let (server, client) = pair.tls(ServerOptions::default(), "mx.example", pkix()).await;
    assert!(server.is_ok() && client.is_ok());
    let (server, _) = pair.tls(ServerOptions::default(), "mx.example", pkix()).await;
    assert!(matches!(server, Err(Error::AlreadyTls)));
}
