//! Sessions as a client meets them: the dialogs, logins, one write for pipelined commands, the listener.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncWriteExt as _, duplex};

use mox_net::sim::SimNet;
use mox_net::{Dial as _, Stream, Tap};
use mox_sasl::Mechanism;

use crate::script::{House, PASSWORD, play};
use crate::{Cid, Port, run, serve};

#[tokio::test]
async fn dialogs_go_as_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/dialogs");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "{paths:?}");
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        play(&name, &std::fs::read_to_string(&path).unwrap()).await;
    }
}

#[tokio::test]
async fn no_mechanism_accepts_a_wrong_password_and_each_accepts_the_right_one() {
    for mechanism in Mechanism::ALL {
        if mechanism == Mechanism::External {
            continue;
        }
        for (password, code) in [(PASSWORD, "235 2.7.0"), ("moxmoxmoy", "535 5.7.8")] {
            let text = format!(
                "@port submissions\n@tls\nS: 220 mx.example ESMTP\nC: EHLO client.example\n\
                 S: 250-mx.example\nS: 250-PIPELINING\nS: 250-SIZE 104857600\nS: 250-REQUIRETLS\n\
                 S: 250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN\n\
                 S: 250-FUTURERELEASE...\nS: 250-ENH...\nS: 250-8BIT...\nS: 250-CHUNK...\nS: 250-LIM...\nS: 250 SMTPUTF8\n\
                 @auth {mechanism} mox@localhost {password}\nS: {code}...\n"
            );
            play(mechanism.name(), &text).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn no_input_breaks_a_session(
        picks in prop::collection::vec(prop::sample::select(vec![
            "EHLO x.example\r\n", "HELO x.example\r\n", "MAIL FROM:<a@x.example>\r\n", "MAIL FROM:<> SIZE=5\r\n",
            "RCPT TO:<b@b.example>\r\n", "RCPT TO:<unknown@b.example>\r\n", "DATA\r\n", "BDAT 3\r\n", "BDAT 2 LAST\r\n",
            "abc", ".\r\n", "\r\n.\r\n", "\n", "\r", "RSET\r\n", "NOOP\r\n", "AUTH CRAM-MD5\r\n", "*\r\n",
            "STARTTLS\r\n", "\0", "ü", "BDAT 18446744073709551615\r\n", "x: y\r\n\r\nz\r\n.\r\n",
        ]), 0..60),
        submission in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut house = House::new(if submission { Port::Submission } else { Port::Mx });
            house.limits.slow_after = u32::MAX;
            let (mut io, session) = house.connect_io();
            io.write_all(picks.concat().as_bytes()).await.unwrap();
            io.shutdown().await.unwrap();
            let end = tokio::time::timeout(Duration::from_secs(30), session).await;
            assert!(matches!(end, Ok(Ok(_))), "{end:?}");
            for (_, _, body) in &*house.handler.taken.lock().unwrap() {
                let text = String::from_utf8_lossy(body).replace("\r\n", "");
                assert!(!text.contains(['\r', '\n']), "{text:?}");
            }
        });
    }
}

/// Says all of `text`, a line at a time, and hears a reply to each; lines of message data get none but the last.
async fn say(peer: &mut crate::script::Peer, text: &str) {
    let mut data = false;
    for line in text.lines() {
        peer.send(format!("{line}\r\n").as_bytes()).await;
        if data && line != "." {
            continue;
        }
        let mut reply = peer.line().await.unwrap();
        while reply.get(3..4) == Some("-") {
            reply = peer.line().await.unwrap();
        }
        data = line == "DATA" && reply.starts_with("354");
    }
}

#[tokio::test]
async fn a_message_has_the_beginning_of_its_session_and_what_was_said_since_the_last_one() {
    let mut house = House::new(Port::Submission);
    house.transcripts = true;
    house.limits.tls_required = false;
    let mut peer = house.connect();
    assert!(peer.line().await.is_some());
    say(&mut peer, "EHLO one.example\nSTARTTLS").await;
    peer.start_tls(&house, false).await;
    say(&mut peer, "EHLO two.example").await;
    peer.login(Mechanism::Plain, "mox@localhost", PASSWORD).await;
    assert!(peer.line().await.unwrap().starts_with("235"));
    say(&mut peer, "MAIL FROM:<a@x.example>\nRCPT TO:<b@b.example>\nDATA\nfirst secret\n.").await;
    say(&mut peer, "MAIL FROM:<a@x.example>\nRCPT TO:<unknown@b.example>\nRSET").await;
    say(&mut peer, "MAIL FROM:<b@x.example>\nRCPT TO:<b@b.example>\nDATA\nsecond\n.").await;
    peer.send(b"MAIL FROM:<c@x.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 4 LAST\r\na\r\n\nQUIT\r\n").await;
    while peer.line().await.is_some() {}
    let kept = house.handler.transcripts.lock().unwrap().clone();
    let beginning = kept[0].split("C: MAIL").next().unwrap().to_owned();
    assert!(beginning.starts_with("S: 220 mx.example ESMTP\nC: EHLO one.example\nS: 250-"), "{beginning}");
    let parts = [
        "C: STARTTLS\nS: 220 2.0.0 go ahead\n(TLS handshake: TLSv1.3 TLS13_",
        ")\nC: EHLO two.example\nS: 250-",
        "C: AUTH PLAIN ***\nS: 235 2.7.0 welcome\n",
    ];
    assert!(parts.iter().all(|part| beginning.contains(part)), "{beginning}");
    let own: Vec<&str> = kept.iter().map(|text| text.strip_prefix(beginning.as_str()).unwrap()).collect();
    assert_eq!(
        own[0],
        "C: MAIL FROM:<a@x.example>\nS: 250 2.1.0 ok\nC: RCPT TO:<b@b.example>\nS: 250 2.1.5 ok\n\
         C: DATA\nS: 354 go on, end with CRLF.CRLF\nC: (17 bytes of content)\n"
    );
    assert!(
        own[1].starts_with("(left out here: 1 message earlier in this session)\nC: MAIL FROM:<a@x"),
        "{}",
        own[1]
    );
    assert!(own[1].contains("C: RCPT TO:<unknown@b.example>\nS: 550") && own[1].contains("C: RSET\nS: 250"));
    assert!(own[1].contains("C: MAIL FROM:<b@x") && !own[1].contains("welcome"), "{}", own[1]);
    assert!(!kept.concat().contains("secret"));
    assert_eq!(kept.len(), 2, "a bare LF is refused");
}

#[tokio::test]
async fn nothing_is_noted_unless_asked_for() {
    let house = House::new(Port::Mx);
    let mut peer = house.connect();
    assert!(peer.line().await.is_some());
    say(&mut peer, "EHLO x.example\nMAIL FROM:<a@x.example>\nRCPT TO:<b@b.example>\nDATA\nx\n.").await;
    assert_eq!(house.handler.taken.lock().unwrap().len(), 1);
    assert!(house.handler.transcripts.lock().unwrap().is_empty());
}

/// Counts writes.
struct Writes(Arc<AtomicUsize>);

impl Tap for Writes {
    fn received(&mut self, _: &[u8]) {}
    fn sent(&mut self, bytes: &[u8]) {
        self.0.fetch_add(usize::from(!bytes.is_empty()), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_one_write() {
    let house = House::new(Port::Mx);
    let (ours, theirs) = duplex(1 << 16);
    let local = "192.0.2.1:25".parse().unwrap();
    let mut stream = Stream::new(Box::new(ours), Arc::new(house.clock.clone()), house.remote, local);
    let writes = Arc::new(AtomicUsize::new(0));
    stream.set_tap(Some(Box::new(Writes(writes.clone()))));
    let session = tokio::spawn(run(house.context(), stream, Cid::from_number(0)));
    let mut peer = house.peer(Box::new(theirs), session);
    peer.send(b"EHLO x.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n").await;
    peer.send(b"x: y\r\n\r\nz\r\n.\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n").await;
    peer.send(b"x: y\r\n\r\nz\r\n.\r\nQUIT\r\n").await;
    while peer.line().await.is_some() {}
    assert!(matches!(peer.session.await, Ok(crate::End::Quit)));
    assert_eq!(house.handler.taken.lock().unwrap().len(), 2);
    assert_eq!(writes.load(Ordering::SeqCst), 2, "the greeting, then all replies at once");
    assert_eq!(*house.handler.protocols.lock().unwrap(), ["ESMTP", "ESMTP"]);
}

#[tokio::test]
async fn a_broken_handler_ends_its_session_only_and_the_listener_drains() {
    let house = House::new(Port::Mx);
    let net = SimNet::new(Arc::new(house.clock.clone()));
    let address = "192.0.2.1:25".parse().unwrap();
    let listener = Box::new(net.listen(address).unwrap());
    let served = tokio::spawn(serve(listener, house.context()));
    let connect = async || {
        let io = net.dial(address, None, Duration::from_secs(1)).await.unwrap().io;
        let mut peer = house.peer(io, tokio::spawn(async { crate::End::Quit }));
        assert_eq!(peer.line().await.as_deref(), Some("220 mx.example ESMTP"));
        peer
    };
    let mut broken = connect().await;
    let mut good = connect().await;
    let begin = b"HELO x.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n";
    broken.send(begin).await;
    broken.send(b"PANIC\r\n.\r\n").await;
    while broken.line().await.is_some() {}
    good.send(begin).await;
    for code in ["250", "250", "250", "354"] {
        assert!(good.line().await.unwrap().starts_with(code));
    }
    good.send(b"fine\r\n.\r\n").await;
    assert!(good.line().await.unwrap().starts_with("250 2.6.0 thanks ("));
    house.shut_down();
    assert!(good.line().await.unwrap().starts_with("421 4.3.2"));
    assert_eq!(good.line().await, None);
    served.await.unwrap();
}

#[tokio::test]
async fn a_network_has_so_many_connections_at_once() {
    let house = House::new(Port::Mx);
    let net = SimNet::new(Arc::new(house.clock.clone()));
    let address = "192.0.2.1:25".parse().unwrap();
    tokio::spawn(serve(Box::new(net.listen(address).unwrap()), house.context()));
    let connect = async || {
        let io = net.dial(address, None, Duration::from_secs(1)).await.unwrap().io;
        let mut peer = house.peer(io, tokio::spawn(async { crate::End::Quit }));
        (peer.line().await.unwrap(), peer)
    };
    let mut held = Vec::new();
    for n in 0..30 {
        let (line, peer) = connect().await;
        assert_eq!(line, "220 mx.example ESMTP", "{n}");
        held.push(peer);
    }
    assert!(connect().await.0.starts_with("421 4.7.0 too many connections ("));
    let mut last = held.pop().unwrap();
    last.send(b"QUIT\r\n").await;
    while last.line().await.is_some() {}
    tokio::task::yield_now().await;
    assert_eq!(connect().await.0, "220 mx.example ESMTP");
}

#[tokio::test]
async fn password_guessing_from_one_network() {
    for (remote, lifted, want) in [
        ("192.0.2.7:4025", true, "421 4.7.0 too many failed logins from your network (CID)"),
        ("127.0.0.1:4025", false, "421 4.7.0 too many failed logins from your network (CID)"),
        ("127.0.0.1:4025", true, "334 "),
    ] {
        let mut house = House::new(Port::Submission);
        house.remote = remote.parse().unwrap();
        house.limits.lift_for_loopback = lifted;
        let context = house.context();
        for _ in 0..10 {
            context.gate.failed_authentication(house.remote.ip());
        }
        let (ours, theirs) = duplex(1 << 16);
        let local = "192.0.2.1:25".parse().unwrap();
        let stream = Stream::new(Box::new(ours), Arc::new(house.clock.clone()), house.remote, local);
        let session = tokio::spawn(run(context, stream, Cid::from_number(0)));
        let mut peer = house.peer(Box::new(theirs), session);
        peer.send(b"EHLO x.example\r\nAUTH CRAM-MD5\r\n").await;
        while peer.line().await.unwrap() != "250 SMTPUTF8" {}
        let line = peer.line().await.unwrap();
        assert!(line.starts_with(want), "{remote} {lifted}: {line}");
    }
}
