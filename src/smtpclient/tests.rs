//! Sessions against a scripted server over an in-memory pair, on a simulated clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock as _;
use mox_clock::sim::{SimClock, SimRandom};
use mox_net::Stream;
use mox_sasl::{Mechanism, Server, Setup, Verifiers};
use mox_smtp::{Body, EnhancedCode, MailArgs, RcptArgs};
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ServerOptions, server_config};
use tokio::io::duplex;

use crate::*;

const WAIT: Duration = Duration::from_secs(3600);

/// What the server does, one after the other.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Writes this, CRLF added.
    Say(&'static str),
    /// Reads a line that must start with this.
    Hear(&'static str),
    /// Reads lines up to and with the end mark.
    Message,
    /// Reads lines until the client closes.
    Drain,
    /// Does its side of a handshake with a certificate for this name.
    Tls(&'static str),
    /// Writes something that is not TLS.
    Junk,
    /// Closes.
    Close,
    /// Says nothing more, for ever.
    Hang,
}
use Act::*;

const EHLO: [Act; 3] = [
    Say("220 mx.example ESMTP"),
    Hear("EHLO me.example"),
    Say("250-mx.example\r\n250-PIPELINING\r\n250 SIZE 1000"),
];
const EHLO_TLS: [Act; 3] =
    [Say("220 mx.example ESMTP"), Hear("EHLO me.example"), Say("250-mx.example\r\n250 STARTTLS")];

struct World {
    ca: Authority,
    clock: SimClock,
}

impl World {
    fn new() -> World {
        World { ca: Authority::new(), clock: SimClock::new(Authority::START) }
    }

    fn options(&self) -> Options {
        Options {
            hello: "me.example".to_owned(),
            mode: TlsMode::Skip,
            verify: Verify::NONE,
            server_name: "mx.example".to_owned(),
            roots: self.ca.roots(),
            identity: None,
            login: None,
            pedantic: false,
            timeouts: Timeouts::RFC,
            clock: Arc::new(self.clock.clone()),
        }
    }

    fn pair(&self) -> (Stream, Stream) {
        let (near, far) = duplex(1 << 20);
        let address: SocketAddr = "192.0.2.1:25".parse().unwrap();
        let clock = Arc::new(self.clock.clone());
        (
            Stream::new(Box::new(near), clock.clone(), address, address),
            Stream::new(Box::new(far), clock, address, address),
        )
    }

    /// Plays the script; gives all lines heard.
    async fn serve(&self, mut stream: Stream, script: Vec<Act>) -> Vec<String> {
        let mut heard = Vec::new();
        for act in script {
            match act {
                Say(text) => {
                    stream.push(text.as_bytes());
                    stream.push(b"\r\n");
                    if stream.flush(WAIT).await.is_err() {
                        break;
                    }
                }
                Hear(expected) => match stream.read_line(4096, WAIT).await {
                    Ok(line) => {
                        let line = String::from_utf8(line.bytes).unwrap();
                        assert!(line.starts_with(expected), "expected {expected}, got {line}");
                        heard.push(line);
                    }
                    Err(e) => panic!("expected {expected}, got {e}"),
                },
                Message | Drain => {
                    while let Ok(line) = stream.read_line(4096, WAIT).await {
                        let line = String::from_utf8(line.bytes).unwrap();
                        let end = matches!(act, Message) && line == ".";
                        heard.push(line);
                        if end {
                            break;
                        }
                    }
                }
                Tls(name) => {
                    let certificates = Certificates::new(&[self.ca.issue(&[name]).unwrap()]);
                    let clock = Arc::new(self.clock.clone());
                    let config = server_config(certificates, &ServerOptions::default(), clock).unwrap();
                    if stream.start_tls_server(config, WAIT).await.is_err() {
                        heard.push("(handshake failed)".to_owned());
                        break;
                    }
                }
                Junk => {
                    stream.fill(WAIT).await.unwrap();
                    stream.push(b"500 what is this?\r\n");
                    stream.flush(WAIT).await.unwrap();
                }
                Close => break,
                Hang => std::future::pending().await,
            }
        }
        heard
    }

    /// Runs a client against the script. Time moves when both sides are stuck.
    async fn run<T>(&self, script: &[&[Act]], client: impl AsyncFnOnce(Stream) -> T) -> (T, Vec<String>) {
        let (near, far) = self.pair();
        let both = async {
            let mut server = std::pin::pin!(self.serve(far, script.concat()));
            let mut client = std::pin::pin!(client(near));
            tokio::select! {
                biased;
                result = &mut client => {
                    // A server that hangs has heard enough.
                    let heard = tokio::select! { heard = server => heard, () = idle() => Vec::new() };
                    (result, heard)
                }
                heard = &mut server => (client.await, heard),
            }
        };
        let time = async {
            loop {
                idle().await;
                if let Some(next) = self.clock.until_next_sleeper() {
                    self.clock.advance(next);
                }
            }
        };
        tokio::select! { result = both => result, () = time => unreachable!() }
    }

    async fn open(&self, script: &[&[Act]], options: Options) -> (Result<Session, OpenError>, Vec<String>) {
        self.run(script, async |stream| {
            let session = Session::open(stream, options, &SimRandom::new(1)).await;
            // Keep the server from waiting for more.
            match session {
                Ok(mut session) => {
                    session.usable = false;
                    Ok(session)
                }
                failed => failed,
            }
        })
        .await
    }
}

/// Long enough for everything that can go on to go on.
async fn idle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn rcpts(names: &[&str]) -> Vec<RcptArgs> {
    names
        .iter()
        .map(|name| RcptArgs::from(format!("{name}@example.org").parse::<mox_address::Path>().unwrap()))
        .collect()
}

fn mail() -> MailArgs {
    MailArgs { reverse_path: Some("from@me.example".parse().unwrap()), size: Some(20), ..MailArgs::default() }
}

const BODY: &[u8] = b"Subject: x\r\n\r\n.dot\r\n";

/// Opens without TLS and sends one message.
async fn deliver(script: &[&[Act]], rcpts: &[RcptArgs], mail: MailArgs) -> (Vec<Outcome>, bool, Vec<String>) {
    let world = World::new();
    let ((outcomes, usable), heard) = world
        .run(script, async |stream| {
            let mut session = Session::open(stream, world.options(), &SimRandom::new(1)).await.unwrap();
            let outcomes = session.deliver(&mail, rcpts, &mut { BODY }).await;
            let usable = session.is_usable();
            session.quit().await;
            (outcomes, usable)
        })
        .await;
    (outcomes, usable, heard)
}

fn codes(outcomes: &[Outcome]) -> Vec<(&'static str, Option<u16>)> {
    let name = |outcome: &Outcome| match outcome {
        Outcome::Delivered(_) => "delivered",
        Outcome::Refused(_) => "refused",
        Outcome::TooMany(_) => "too many",
        Outcome::Failed(_) => "failed",
    };
    outcomes.iter().map(|outcome| (name(outcome), outcome.code())).collect()
}

/// What a TLS outcome is called in the table below.
fn outcome_name(tls: &TlsAttempt) -> String {
    match &tls.outcome {
        TlsOutcome::NotTried => "not tried".to_owned(),
        TlsOutcome::StartTlsMissing => "missing".to_owned(),
        TlsOutcome::StartTlsRefused { code } => format!("refused {code}"),
        TlsOutcome::Established { version, .. } => match tls.proofs.pkix.as_ref().unwrap() {
            Ok(()) => format!("{version} ok"),
            Err(finding) => format!("{version} {}", finding.name),
        },
        TlsOutcome::Failed { finding } => format!("failed {}", finding.name),
    }
}

#[tokio::test]
async fn tls_modes_against_server_behaviours() {
    use TlsMode::{Immediate, Opportunistic, RequiredStartTls as Required, Skip};
    let again: &[Act] = &[Hear("EHLO me.example"), Say("250 mx.example"), Drain];
    let go: &[Act] = &[Hear("STARTTLS"), Say("220 go")];
    let scripts: [(&str, Vec<&[Act]>); 10] = [
        ("good", vec![&EHLO_TLS, go, &[Tls("mx.example")], again]),
        ("wrong name", vec![&EHLO_TLS, go, &[Tls("other.example")], again]),
        ("missing", vec![&EHLO, &[Drain]]),
        ("454", vec![&EHLO_TLS, &[Hear("STARTTLS"), Say("454 4.7.0 not now"), Drain]]),
        ("421", vec![&EHLO_TLS, &[Hear("STARTTLS"), Say("421 bye")]]),
        (
            "injected",
            vec![&EHLO_TLS, &[Hear("STARTTLS"), Say("220 go\r\n250-mx.example\r\n250 AUTH PLAIN"), Drain]],
        ),
        ("junk", vec![&EHLO_TLS, go, &[Junk]]),
        ("close", vec![&EHLO_TLS, go, &[Close]]),
        ("hang", vec![&EHLO_TLS, go, &[Hang]]),
        ("implicit", vec![&[Tls("mx.example")], &EHLO, &[Drain]]),
    ];
    // (server, mode, verify, session opens, what is recorded)
    let table = [
        ("good", Opportunistic, Verify::NONE, true, "TLSv1.3 ok"),
        ("good", Required, Verify::PKIX, true, "TLSv1.3 ok"),
        ("wrong name", Opportunistic, Verify::NONE, true, "TLSv1.3 certificate-host-mismatch"),
        ("wrong name", Required, Verify::NONE, true, "TLSv1.3 certificate-host-mismatch"),
        ("wrong name", Required, Verify::PKIX, false, "failed certificate-host-mismatch"),
        ("wrong name", Opportunistic, Verify::PKIX, false, "failed certificate-host-mismatch"),
        ("missing", Opportunistic, Verify::NONE, true, "missing"),
        ("missing", Required, Verify::NONE, false, "missing"),
        ("missing", Skip, Verify::NONE, true, "not tried"),
        ("454", Opportunistic, Verify::NONE, true, "refused 454"),
        ("454", Required, Verify::NONE, false, "refused 454"),
        ("421", Opportunistic, Verify::NONE, false, "refused 421"),
        ("injected", Opportunistic, Verify::NONE, false, "failed unexpected-bytes"),
        ("injected", Required, Verify::PKIX, false, "failed unexpected-bytes"),
        ("junk", Opportunistic, Verify::NONE, false, "failed invalid-message"),
        ("junk", Required, Verify::PKIX, false, "failed invalid-message"),
        ("close", Opportunistic, Verify::NONE, false, "failed connection-closed"),
        ("hang", Required, Verify::NONE, false, "failed handshake-timeout"),
        ("implicit", Immediate, Verify::PKIX, true, "TLSv1.3 ok"),
    ];
    for (server, mode, verify, opens, recorded) in table {
        let world = World::new();
        let script = scripts.iter().find(|(name, _)| *name == server).unwrap();
        let options = Options { mode, verify: verify.clone(), ..world.options() };
        let (opened, heard) = world.open(&script.1, options).await;
        let tls = match &opened {
            Ok(session) => session.tls().clone(),
            Err(e) => e.tls.clone(),
        };
        let case = format!("{server} {mode:?} {verify:?}: {opened:?} {heard:?}");
        assert_eq!((opened.is_ok(), outcome_name(&tls).as_str()), (opens, recorded), "{case}");
        if let Err(e) = opened {
            assert!(e.error.temporary && e.error.kind == Kind::Tls, "{case}");
            assert!(!heard.iter().any(|line| line.starts_with("MAIL") || line.starts_with("AUTH")), "{case}");
        }
    }
}

#[tokio::test]
async fn dane_and_pkix_are_judged_each_by_itself() {
    let record = |of: &Authority| {
        let part = mox_tls::PublicPart::from_pem(of.pem().as_bytes()).unwrap();
        mox_dane::Record::make(2.into(), 0.into(), 0.into(), &part).unwrap()
    };
    let stranger = Authority::new();
    // The name in the certificate, a stranger's record, a name DANE accepts, PKIX a must, ignore; opens, what is
    // found by DANE, by PKIX.
    for (name, strange, accepted, pkix, ignore, opens, by_dane, by_pkix) in [
        ("mx.example", false, "mx.example", false, false, true, true, true),
        ("mx.example", false, "mx.example", true, false, true, true, true),
        ("base.example", false, "base.example", false, false, true, true, false),
        ("base.example", false, "base.example", true, false, false, true, false),
        ("base.example", false, "mx.example", false, false, false, false, false),
        ("mx.example", true, "mx.example", false, false, false, false, true),
        ("mx.example", true, "mx.example", true, true, true, false, true),
    ] {
        let world = World::new();
        let records = vec![record(if strange { &stranger } else { &world.ca })];
        let dane = Some(Dane { records, names: vec![accepted.to_owned()] });
        let mode = TlsMode::RequiredStartTls;
        let options = Options { mode, verify: Verify { pkix, dane, ignore }, ..world.options() };
        let name: &'static str = name;
        let script: [&[Act]; 4] = [
            &EHLO_TLS,
            &[Hear("STARTTLS"), Say("220 go"), Tls(name)],
            &[Hear("EHLO"), Say("250 mx.example")],
            &[Drain],
        ];
        let (opened, _) = world.open(&script, options).await;
        let tls = match &opened {
            Ok(session) => session.tls().clone(),
            Err(e) => e.tls.clone(),
        };
        let case = format!("{name} {strange} {accepted} {pkix} {ignore}: {tls:?}");
        assert_eq!(opened.is_ok(), opens, "{case}");
        assert_eq!(tls.proofs.dane.as_ref().map(Result::is_ok), Some(by_dane), "{case}");
        assert_eq!(tls.proofs.pkix.as_ref().map(Result::is_ok), Some(by_pkix), "{case}");
        let expected = match (opens, by_dane) {
            (true, _) => "TLSv1.3",
            (false, true) => "failed certificate-host-mismatch",
            (false, false) => "failed dane-no-match",
        };
        assert!(outcome_name(&tls).starts_with(expected), "{case}");
    }
}

#[tokio::test]
async fn names_no_certificate_can_hold_need_not_be_proved() {
    for (verify, opens) in [(Verify::NONE, true), (Verify::PKIX, false)] {
        let world = World::new();
        let server_name = "not a name".to_owned();
        let options =
            Options { mode: TlsMode::Immediate, verify: verify.clone(), server_name, ..world.options() };
        let script: [&[Act]; 3] = [&[Tls("mx.example")], &EHLO, &[Drain]];
        assert_eq!(world.open(&script, options).await.0.is_ok(), opens, "{verify:?}");
    }
}

#[tokio::test]
#[expect(clippy::type_complexity, reason = "the type of a table")]
async fn greetings() {
    let helo: &[Act] =
        &[Say("220 old"), Hear("EHLO"), Say("502 what?"), Hear("HELO me.example"), Say("250 hi"), Drain];
    // (script, opens, kind, temporary)
    let table: [(&[Act], Option<(Kind, bool)>); 8] = [
        (helo, None),
        (&[Say("220-a\r\n220-b\r\n220 c"), Hear("EHLO"), Say("250 hi"), Drain], None),
        (&[Say("554 5.7.1 go away"), Drain], Some((Kind::Refused, false))),
        (&[Say("421 busy")], Some((Kind::Refused, true))),
        (&[Say("220 x"), Hear("EHLO"), Say("550 5.7.1 blocked"), Drain], Some((Kind::Refused, false))),
        (&[Say("SSH-2.0-OpenSSH_9.2"), Drain], Some((Kind::Protocol, true))),
        (&[Close], Some((Kind::Closed, true))),
        (&[Hang], Some((Kind::Timeout, true))),
    ];
    for (script, expected) in table {
        let world = World::new();
        let before = world.clock.monotonic();
        let (opened, _) = world.open(&[script], world.options()).await;
        let got = opened.as_ref().err().map(|e| (e.error.kind, e.error.temporary));
        assert_eq!(got, expected, "{script:?}");
        if matches!(script, [Hang]) {
            let waited = world.clock.monotonic() - before;
            assert!(waited >= Timeouts::RFC.greeting, "{waited:?}");
        }
    }
}

#[tokio::test]
async fn one_message_to_many_pipelined() {
    let script: [&[Act]; 2] = [
        &EHLO,
        &[
            Hear("MAIL FROM:<from@me.example> SIZE=20"),
            Hear("RCPT TO:<a@example.org>"),
            Hear("RCPT TO:<b@example.org>"),
            Hear("RCPT TO:<c@example.org>"),
            Hear("RCPT TO:<d@example.org>"),
            Hear("DATA"),
            // Replies only now: the client must not have waited for them.
            Say(
                "250 2.1.0 ok\r\n250 2.1.5 ok\r\n550-5.1.1 no such\r\n550 5.1.1 user\r\n250 ok\r\n452 4.5.3 too many\r\n354 go",
            ),
            Message,
            Say("250 2.0.0 queued as 1"),
            Hear("QUIT"),
            Say("221 bye"),
        ],
    ];
    let (outcomes, usable, heard) = deliver(&script, &rcpts(&["a", "b", "c", "d"]), mail()).await;
    assert_eq!(
        codes(&outcomes),
        [("delivered", Some(250)), ("refused", Some(550)), ("delivered", Some(250)), ("too many", Some(452))]
    );
    assert_eq!(
        (outcomes[1].enhanced(), outcomes[1].text().as_str()),
        (Some(EnhancedCode(5, 1, 1)), "no such user")
    );
    assert!(usable);
    assert!(heard.join("\n").contains("DATA\nSubject: x\n\n..dot\n.\nQUIT"), "{heard:?}");
}

#[tokio::test]
async fn a_sender_is_tried_and_taken_back() {
    let full: [Act; 3] = [
        Say("220 mx.example ESMTP"),
        Hear("EHLO me.example"),
        Say("250-mx.example\r\n250-SMTPUTF8\r\n250 SIZE 1000"),
    ];
    // (reply to MAIL, what follows, code)
    let taken: &[Act] = &[Say("250 ok"), Hear("RSET"), Say("250 ok"), Drain];
    let refused: &[Act] = &[Say("550 5.7.1 not you"), Hear("RSET"), Say("250 ok"), Drain];
    let no_reset: &[Act] = &[Say("250 ok"), Hear("RSET"), Close];
    let bye: &[Act] = &[Say("421 4.3.2 closing"), Drain];
    for (name, act, code, quits) in [
        ("taken", taken, 250, true),
        ("refused", refused, 550, true),
        ("closed at RSET", no_reset, 250, false),
        ("goodbye", bye, 421, false),
    ] {
        let world = World::new();
        let script: [&[Act]; 3] = [&full, &[Hear("MAIL FROM:<from@me.example>")], act];
        let (reply, heard) = world
            .run(&script, async |stream| {
                let opened = Session::open(stream, world.options(), &SimRandom::new(1)).await;
                let mut session = opened.unwrap();
                let reply = session.try_mail(&mail()).await;
                session.quit().await;
                reply
            })
            .await;
        assert_eq!(reply.unwrap().code, code, "{name}");
        assert!(!heard.iter().any(|line| line.starts_with("RCPT") || line.starts_with("DATA")), "{name}");
        assert_eq!(heard.last().is_some_and(|line| line == "QUIT"), quits, "{name}: {heard:?}");
    }
}

#[tokio::test]
async fn one_command_at_a_time_without_pipelining() {
    let script: [&[Act]; 1] = [&[
        Say("220 x"),
        Hear("EHLO"),
        Say("250 x"),
        // No SIZE: not offered.
        Hear("MAIL FROM:<from@me.example>"),
        Say("250 ok"),
        Hear("RCPT TO:<a@"),
        Say("451 4.7.1 greylisted"),
        Hear("RCPT TO:<b@"),
        Say("250 ok"),
        Hear("DATA"),
        Say("354 go"),
        Message,
        Say("554 5.7.1 spam"),
        Hear("QUIT"),
        Say("221 bye"),
    ]];
    let (outcomes, usable, heard) = deliver(&script, &rcpts(&["a", "b"]), mail()).await;
    assert_eq!(codes(&outcomes), [("refused", Some(451)), ("refused", Some(554))]);
    assert!(outcomes[0].is_temporary() && !outcomes[1].is_temporary() && usable);
    assert!(heard.contains(&"MAIL FROM:<from@me.example>".to_owned()));
}

#[tokio::test]
#[expect(clippy::type_complexity, reason = "the type of a table")]
async fn refused_envelopes() {
    let end: &[Act] = &[Hear("QUIT"), Say("221 bye")];
    let envelope: &[Act] = &[Hear("MAIL"), Hear("RCPT"), Hear("DATA")];
    // (replies, outcome, usable afterwards)
    let table: [(&[Act], (&str, Option<u16>), bool); 7] = [
        (&[Say("550 5.7.1 no\r\n503 seq\r\n503 seq")], ("refused", Some(550)), true),
        (&[Say("451 later\r\n503 seq\r\n354 odd"), Hear("."), Say("503 none")], ("refused", Some(451)), true),
        (&[Say("250 ok\r\n550 no\r\n503 seq")], ("refused", Some(550)), true),
        (&[Say("250 ok\r\n552 full\r\n354 odd"), Hear("."), Say("554 none")], ("refused", Some(552)), true),
        (&[Say("250 ok\r\n250 ok\r\n452 full")], ("refused", Some(452)), true),
        (&[Say("250 ok\r\n250 ok\r\n250 odd")], ("failed", None), false),
        (&[Say("421 shutting down"), Close], ("failed", Some(421)), false),
    ];
    for (replies, outcome, usable) in table {
        let last = if usable { end } else { &[] };
        let (outcomes, is_usable, _) =
            deliver(&[&EHLO, envelope, replies, last], &rcpts(&["a"]), mail()).await;
        assert_eq!((codes(&outcomes), is_usable), (vec![outcome], usable), "{replies:?}");
    }
}

#[tokio::test]
async fn lost_connections_keep_what_is_known() {
    let start: &[Act] = &[
        Hear("MAIL"),
        Hear("RCPT"),
        Hear("RCPT"),
        Hear("DATA"),
        Say("250 ok\r\n550 5.1.1 no\r\n250 ok\r\n354 go"),
        Message,
    ];
    for (end, kind) in [(Close, Kind::Closed), (Hang, Kind::Timeout)] {
        let (outcomes, usable, _) = deliver(&[&EHLO, start, &[end]], &rcpts(&["a", "b"]), mail()).await;
        assert_eq!(outcomes[0].code(), Some(550));
        let Outcome::Failed(error) = &outcomes[1] else { panic!("{outcomes:?}") };
        assert_eq!((error.kind, error.temporary, usable), (kind, true, false));
    }
}

#[tokio::test]
async fn what_the_server_cannot_carry_is_not_sent() {
    let end: &[Act] = &[Hear("QUIT"), Say("221 bye")];
    let utf8: RcptArgs = "jürgen@example.org".parse::<mox_address::Path>().unwrap().into();
    let plain = rcpts(&["a"]);
    let table = [
        (MailArgs { size: Some(1001), ..mail() }, &plain, EnhancedCode(5, 3, 4)),
        (MailArgs { smtputf8: true, ..mail() }, &plain, EnhancedCode(5, 6, 7)),
        (mail(), &vec![utf8], EnhancedCode(5, 6, 7)),
        (MailArgs { require_tls: true, ..mail() }, &plain, EnhancedCode(5, 7, 10)),
        (MailArgs { body: Body::BinaryMime, ..mail() }, &plain, EnhancedCode(5, 6, 3)),
    ];
    for (mail, rcpts, status) in table {
        let (outcomes, usable, heard) = deliver(&[&EHLO, end], rcpts, mail).await;
        assert_eq!((outcomes[0].enhanced(), outcomes[0].is_temporary(), usable), (Some(status), false, true));
        assert_eq!(heard.len(), 2, "{heard:?}");
    }
}

#[tokio::test]
async fn bare_line_ends_never_leave() {
    for body in [&b"a\r\n\n.\r\nMAIL FROM:<>\r\n"[..], b"a\rb\r\n", b"a\nb", b"a\r"] {
        let world = World::new();
        let script: [&[Act]; 2] =
            [&EHLO, &[Hear("MAIL"), Hear("RCPT"), Hear("DATA"), Say("250 ok\r\n250 ok\r\n354 go"), Drain]];
        let ((outcomes, usable), heard) = world
            .run(&script, async |stream| {
                let mut session = Session::open(stream, world.options(), &SimRandom::new(1)).await.unwrap();
                let mut pieces = body.chunks(1).map(<[u8]>::to_vec);
                let mut content = move || Ok(pieces.next());
                let outcomes = session.deliver(&mail(), &rcpts(&["a"]), &mut content).await;
                let usable = session.is_usable();
                session.quit().await;
                (outcomes, usable)
            })
            .await;
        let Outcome::Failed(error) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert_eq!((error.kind, error.temporary, usable), (Kind::Message, false, false));
        assert!(!heard.contains(&".".to_owned()), "{heard:?}");
    }
}

#[tokio::test]
async fn limits_of_the_server_split_recipients() {
    let script: [&[Act]; 1] = [&[
        Say("220 x"),
        Hear("EHLO"),
        Say("250-x\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=1"),
        Hear("MAIL"),
        Hear("RCPT TO:<a@"),
        Hear("DATA"),
        Say("250 ok\r\n250 ok\r\n354 go"),
        Message,
        Say("250 queued"),
        Hear("MAIL"),
        Hear("RCPT TO:<b@"),
        Hear("DATA"),
        Say("250 ok\r\n550 no\r\n503 none"),
        Hear("RSET"),
        Say("250 ok"),
        Hear("MAIL"),
        Hear("RCPT TO:<c@"),
        Hear("DATA"),
        Say("250 ok\r\n250 ok\r\n354 go"),
        Message,
        Say("250 queued"),
        Hear("QUIT"),
        Say("221 bye"),
    ]];
    let world = World::new();
    let (got, _) = world
        .run(&script, async |stream| {
            let mut session = Session::open(stream, world.options(), &SimRandom::new(1)).await.unwrap();
            let mut got = codes(&session.deliver(&mail(), &rcpts(&["a", "b"]), &mut { BODY }).await);
            got.extend(codes(&session.deliver(&mail(), &rcpts(&["b"]), &mut { BODY }).await));
            got.extend(codes(&session.deliver(&mail(), &rcpts(&["c"]), &mut { BODY }).await));
            session.quit().await;
            got
        })
        .await;
    let (ok, no) = (("delivered", Some(250)), ("refused", Some(550)));
    assert_eq!(got, [ok, ("too many", Some(452)), no, ok]);
}

#[tokio::test]
async fn a_refused_sender_holds_for_recipients_over_the_limit() {
    for (reply, outcome, usable) in
        [("550 5.7.1 no", ("refused", Some(550)), true), ("421 bye", ("failed", Some(421)), false)]
    {
        let start: &[Act] = &[Say("220 x"), Hear("EHLO"), Say("250-x\r\n250 LIMITS RCPTMAX=1"), Hear("MAIL")];
        let end: &[Act] = if usable { &[Hear("QUIT"), Say("221 bye")] } else { &[] };
        let (outcomes, is_usable, _) =
            deliver(&[start, &[Say(reply)], end], &rcpts(&["a", "b"]), mail()).await;
        assert_eq!((codes(&outcomes), is_usable), (vec![outcome, outcome], usable));
    }
}

#[tokio::test]
async fn many_recipients_go_in_groups() {
    let names: Vec<String> = (0..120).map(|n| format!("r{n}")).collect();
    let rcpts = rcpts(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let ok: &'static str = Box::leak("250 ok\r\n".repeat(50).trim_end().to_owned().into_boxed_str());
    let first = [vec![Hear("MAIL")], vec![Hear("RCPT"); 50], vec![Say("250 ok"), Say(ok)]].concat();
    let second = [vec![Hear("RCPT"); 50], vec![Say(ok)]].concat();
    let third = [vec![Hear("RCPT"); 20], vec![Hear("DATA")], vec![Say("250 ok"); 20]].concat();
    let end: &[Act] = &[Say("354 go"), Message, Say("250 queued"), Hear("QUIT"), Say("221 bye")];
    let (outcomes, usable, _) = deliver(&[&EHLO, &first, &second, &third, end], &rcpts, mail()).await;
    assert!(usable && outcomes.iter().all(Outcome::is_delivered));
}

fn login(mechanisms: &[Mechanism]) -> Option<Login> {
    let (username, password) = ("mox@localhost".to_owned(), "moxmoxmox".to_owned());
    Some(Login { username, password, mechanisms: mechanisms.to_vec() })
}

#[tokio::test]
#[expect(clippy::type_complexity, reason = "the type of a table")]
async fn logging_in() {
    const OFFER: Act = Say("250-x\r\n250 AUTH CRAM-MD5 PLAIN LOGIN XODD");
    let start: &[Act] = &[Say("220 x"), Hear("EHLO"), OFFER];
    let tls: &[Act] = &[Tls("mx.example"), Say("220 x"), Hear("EHLO"), OFFER];
    // "\0mox@localhost\0moxmoxmox"
    let plain = Hear("AUTH PLAIN AG1veEBsb2NhbGhvc3QAbW94bW94bW94");
    let cram: &[Act] =
        &[Hear("AUTH CRAM-MD5"), Say("334 PDFAeD4="), Hear("bW94QGxvY2FsaG9zdCA"), Say("235 in"), Drain];
    use Mechanism::*;
    let table: [(&[&[Act]], bool, &[Mechanism], Option<(Kind, bool)>); 8] = [
        (&[start, cram], false, &Mechanism::ALL, None),
        (&[start, &[Drain]], false, &[Plain, Login], Some((Kind::Auth, true))),
        (&[tls, &[plain, Say("235 in"), Drain]], true, &[Plain], None),
        (&[tls, &[plain, Say("535 5.7.8 no"), Drain]], true, &[Plain, Login], Some((Kind::Auth, false))),
        (&[tls, &[plain, Say("454 4.7.0 later"), Drain]], true, &[Plain], Some((Kind::Auth, true))),
        (
            &[
                tls,
                &[
                    Hear("AUTH LOGIN"),
                    Say("334 VXNlcm5hbWU6"),
                    Hear("bW94QGxvY2FsaG9zdA=="),
                    Say("334 UGFzc3dvcmQ6"),
                    Hear("bW94bW94bW94"),
                    Say("235 in"),
                    Drain,
                ],
            ],
            true,
            &[Login],
            None,
        ),
        (
            &[start, &[Hear("AUTH CRAM-MD5"), Say("334 !!!"), Hear("*"), Say("501 cancelled"), Drain]],
            false,
            &Mechanism::ALL,
            Some((Kind::Auth, true)),
        ),
        (
            &[start, &[Hear("AUTH CRAM-MD5"), Say("235 in"), Drain]],
            false,
            &Mechanism::ALL,
            Some((Kind::Auth, true)),
        ),
    ];
    for (script, tls, mechanisms, expected) in table {
        let world = World::new();
        let mode = if tls { TlsMode::Immediate } else { TlsMode::Skip };
        let options = Options { mode, verify: Verify::PKIX, login: login(mechanisms), ..world.options() };
        let (opened, heard) = world.open(script, options).await;
        let got = opened.as_ref().err().map(|e| (e.error.kind, e.error.temporary));
        assert_eq!(got, expected, "{heard:?} {opened:?}");
    }
}

#[tokio::test]
async fn scram_is_bound_to_the_connection() {
    let world = World::new();
    let verifiers = Arc::new(Verifiers::derive("moxmoxmox", &SimRandom::new(5)).unwrap());
    let options = Options {
        mode: TlsMode::Immediate,
        verify: Verify::PKIX,
        login: login(&Mechanism::ALL),
        ..world.options()
    };
    let (near, mut far) = world.pair();
    let random = SimRandom::new(1);
    let client = Session::open(near, options, &random);
    let certificates = Certificates::new(&[world.ca.issue(&["mx.example"]).unwrap()]);
    let config =
        server_config(certificates, &ServerOptions::default(), Arc::new(world.clock.clone())).unwrap();
    let server = async {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let info = far.start_tls_server(config, WAIT).await.unwrap();
        let setup = Setup { channel_binding: Some(&info.exporter), secret: b"s", ..Setup::default() };
        let mut server = Server::new(Mechanism::ScramSha256Plus, setup, &SimRandom::new(2));
        let mut lookup = |_: &str| Some(Box::new(verifiers.clone()) as Box<dyn mox_sasl::Credentials>);
        far.push(b"220 x\r\n");
        far.flush(WAIT).await.unwrap();
        far.read_line(1000, WAIT).await.unwrap();
        far.push(b"250-x\r\n250 AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS\r\n");
        far.flush(WAIT).await.unwrap();
        let line = far.read_line(1000, WAIT).await.unwrap();
        let initial = line.strip_prefix(b"AUTH SCRAM-SHA-256-PLUS ").unwrap();
        let mut step = server.start(Some(&STANDARD.decode(initial).unwrap()), &mut lookup);
        while let mox_sasl::Step::Challenge(challenge) = &step {
            far.push(format!("334 {}\r\n", STANDARD.encode(challenge)).as_bytes());
            far.flush(WAIT).await.unwrap();
            let line = far.read_line(1000, WAIT).await.unwrap();
            step = server.step(&STANDARD.decode(&line.bytes).unwrap(), &mut lookup);
        }
        assert!(matches!(step, mox_sasl::Step::Done(_)), "{step:?}");
        far.push(b"235 in\r\n");
        far.flush(WAIT).await.unwrap();
    };
    let (opened, ()) = tokio::join!(client, server);
    assert!(opened.is_ok(), "{opened:?}");
}

#[tokio::test]
async fn dialing_tries_addresses_in_turn() {
    use mox_net::Listen as _;
    use mox_net::sim::{Host, SimNet};
    let clock = SimClock::new(Authority::START);
    let net = SimNet::new(Arc::new(clock.clone()));
    let ips: Vec<std::net::IpAddr> =
        ["2001:db8::1", "192.0.2.1", "192.0.2.2"].iter().map(|ip| ip.parse().unwrap()).collect();
    net.set_host(ips[0], Host::Refuses);
    net.set_host(ips[1], Host::BlackHole);
    let mut listener = net.listen(SocketAddr::new(ips[2], 25)).unwrap();
    let locals = ["2001:db8::9".parse().unwrap(), "192.0.2.9".parse().unwrap()];
    let wait = Timeouts::RFC.connect;
    let dialed = dial(&net, Arc::new(clock.clone()), &ips, 25, &locals, wait);
    let time = async {
        idle().await;
        clock.advance(wait);
    };
    let (stream, ()) = tokio::join!(dialed, time);
    assert_eq!(stream.unwrap().remote().ip(), ips[2]);
    assert_eq!(listener.accept().await.unwrap().remote.ip(), locals[1]);
    let none = dial(&net, Arc::new(clock.clone()), &ips[..1], 25, &[], wait).await.unwrap_err();
    assert!(
        none.temporary && none.kind == Kind::Connect && none.reason.contains("[2001:db8::1]:25"),
        "{none}"
    );
}
