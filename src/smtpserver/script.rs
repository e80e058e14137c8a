//! Test only: a handler that remembers, a house for one session, and the reader of `dialogs/*.dlg`.
//!
//! Lines of a dialog: `C: text` sends a line; `X: text` sends the text with `\r \n \0 \\ \xNN` and nothing added;
//! `S: text` expects a line, with `...` at the end for any rest and `CID` for the connection id; `#` is a comment.
//! `@port NAME`, `@limit NAME VALUE` and `@remote IP` come first; then `@advance SECONDS` (over a wait), `@pass SECONDS`, `@tls` or `@tls key` (with a client certificate), `@closed`, `@shutdown`,
//! `@auth MECHANISM USER PASSWORD`, `@messages N`, `@last FROM|RCPTS|BODY` (what the handler took last).

use std::any::Any;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tokio::io::{DuplexStream, duplex};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_net::Stream;
use mox_sasl::{Client, Credential, Credentials, Login, Mechanism, Verifiers};
use mox_smtp::{EnhancedCode, Envelope, Findings, ForwardPath, MailArgs, RcptArgs, Reply, Syntax};
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ClientOptions, ClientVerify, ServerName, ServerOptions};

use crate::{
    Authenticated, Body, BoxFuture, Cid, Context, End, Gate, Handler, Limits, Nobody, Port, Session, run,
};

/// A wait on the client's own clock, which stands still: never over.
const FOREVER: Duration = Duration::from_secs(1);
/// The password of `mox@localhost` and of `disabled@localhost`.
pub(crate) const PASSWORD: &str = "moxmoxmox";

static VERIFIERS: LazyLock<Arc<Verifiers>> =
    LazyLock::new(|| Arc::new(Verifiers::derive(PASSWORD, &SimRandom::new(9)).unwrap()));

/// Takes messages and decides by the texts in them.
#[derive(Default)]
pub(crate) struct Memory {
    /// From, recipients, body.
    pub(crate) taken: Mutex<Vec<(String, String, Vec<u8>)>>,
    /// The protocol of each message.
    pub(crate) protocols: Mutex<Vec<&'static str>>,
    pub(crate) transcripts: Mutex<Vec<String>>,
    /// Some recipients are taken without TLS.
    pub(crate) reports: Mutex<bool>,
}

struct Buffer(Vec<u8>);

impl Body for Buffer {
    fn write(&mut self, piece: &[u8]) -> Result<(), Reply> {
        self.0.extend_from_slice(piece);
        let text = String::from_utf8_lossy(&self.0);
        assert!(!text.contains("PANIC"), "the handler is broken");
        if text.contains("DISK FULL") { Err(Reply::new(452, EnhancedCode(4, 3, 1), "full")) } else { Ok(()) }
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Handler for Memory {
    fn hello<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<(), Reply>> {
        let bad = session.hello.as_deref() == Some("bad.example");
        let refusal = Reply::new(550, EnhancedCode(5, 5, 0), "your name has no address");
        Box::pin(ready(if bad { Err(refusal) } else { Ok(()) }))
    }
    fn credentials(&self, username: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        match username {
            "mox@localhost" | "disabled@localhost" | "late@localhost" => {
                Ok(Some(Box::new(VERIFIERS.clone())))
            }
            "broken@localhost" => Err(Reply::new(454, EnhancedCode(4, 3, 0), "no database")),
            _ => Ok(None),
        }
    }
    fn login(&self, login: &Login, _mechanism: Mechanism) -> Result<String, Reply> {
        match login.username.as_str() {
            "disabled@localhost" => Err(Reply::new(525, EnhancedCode(5, 7, 13), "account is disabled")),
            name => Ok(name.split('@').next().unwrap().to_owned()),
        }
    }
    fn identity(&self, _spki_sha256: &[u8; 32]) -> Option<String> {
        Some("mox@localhost".to_owned())
    }
    fn admit<'a>(&'a self, _: &'a Session, account: &'a Authenticated) -> BoxFuture<'a, Result<(), Reply>> {
        let late = account.login == "late@localhost";
        let refusal = Reply::new(454, EnhancedCode(4, 7, 0), "not now");
        Box::pin(ready(if late { Err(refusal) } else { Ok(()) }))
    }
    fn mail<'a>(&'a self, _: &'a Session, mail: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        let bad = mail.reverse_path.as_ref().is_some_and(|p| p.to_string().starts_with("bad@"));
        let refusal = Reply::new(550, EnhancedCode(5, 7, 1), "not you");
        Box::pin(ready(if bad { Err(refusal) } else { Ok(()) }))
    }
    fn takes_without_tls(&self, rcpt: Option<&ForwardPath>) -> bool {
        match rcpt {
            Some(path) => path.to_string().starts_with("reports"),
            None => *self.reports.lock().unwrap(),
        }
    }
    fn rcpt<'a>(
        &'a self,
        _: &'a Session,
        _: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        let bad = rcpt.forward_path.to_string().starts_with("unknown");
        let refusal = Reply::new(550, EnhancedCode(5, 1, 1), "no such user");
        let gone = rcpt.forward_path.to_string().starts_with("gone");
        let closing = Reply::new(421, EnhancedCode(4, 3, 2), "going");
        Box::pin(ready(match (bad, gone) {
            (true, _) => Err(refusal),
            (_, true) => Err(closing),
            _ => Ok(()),
        }))
    }
    fn begin<'a>(
        &'a self,
        _: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let to = |start: &str| envelope.rcpts.iter().any(|r| r.forward_path.to_string().starts_with(start));
        let body: Result<Box<dyn Body>, Reply> = match (to("full"), to("leaving")) {
            (true, _) => Err(Reply::new(452, EnhancedCode(4, 3, 1), "full")),
            (_, true) => Err(Reply::new(421, EnhancedCode(4, 3, 2), "going")),
            _ => Ok(Box::new(Buffer(Vec::new()))),
        };
        Box::pin(ready(body))
    }
    fn message<'a>(
        &'a self,
        session: &'a Session,
        envelope: Envelope,
        body: Box<dyn Body>,
        findings: Findings,
    ) -> BoxFuture<'a, Reply> {
        let body = body.into_any().downcast::<Buffer>().unwrap().0;
        assert_eq!(findings.size, body.len() as u64);
        if String::from_utf8_lossy(&body).contains("SPAM") {
            return Box::pin(ready(Reply::new(451, EnhancedCode(4, 3, 0), "error processing")));
        }
        let from = envelope.mail.reverse_path.map(|p| p.to_string()).unwrap_or_default();
        let rcpts: Vec<String> = envelope.rcpts.iter().map(|r| r.forward_path.to_string()).collect();
        self.taken.lock().unwrap().push((from, rcpts.join(","), body));
        self.transcripts.lock().unwrap().extend(session.transcript.as_deref().map(str::to_owned));
        self.protocols.lock().unwrap().push(session.protocol(envelope.mail.smtputf8));
        Box::pin(ready(Reply::new(250, EnhancedCode(2, 6, 0), "thanks")))
    }
}

/// What a session is given.
pub(crate) struct House {
    pub(crate) handler: Arc<Memory>,
    pub(crate) clock: SimClock,
    pub(crate) port: Port,
    pub(crate) limits: Limits,
    pub(crate) transcripts: bool,
    pub(crate) remote: SocketAddr,
    authority: Authority,
    down: watch::Sender<bool>,
}

impl House {
    pub(crate) fn new(port: Port) -> House {
        House {
            handler: Arc::default(),
            clock: SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap()),
            port,
            limits: Limits::default(),
            transcripts: false,
            remote: "192.0.2.7:4025".parse().unwrap(),
            authority: Authority::new(),
            down: watch::channel(false).0,
        }
    }

    pub(crate) fn context(&self) -> Arc<Context> {
        let certificates = Certificates::new(&[self.authority.issue(&["mx.example"]).unwrap()]);
        let clock = Arc::new(self.clock.clone());
        let options = ServerOptions { ask_client_key: true, ..ServerOptions::default() };
        Arc::new(Context {
            handler: self.handler.clone(),
            observer: Arc::new(Nobody),
            port: self.port,
            hostname: "mx.example".parse().unwrap(),
            limits: self.limits.clone(),
            tls: mox_tls::server_config(certificates, &options, clock.clone()).ok(),
            gate: Arc::new(Gate::new(clock.clone())),
            clock,
            random: Arc::new(SimRandom::new(1)),
            secret: b"secret".to_vec(),
            verifying: Arc::new(Semaphore::new(2)),
            transcripts: self.transcripts,
            shutdown: self.down.subscribe(),
        })
    }

    pub(crate) fn shut_down(&self) {
        self.down.send_replace(true);
    }

    /// Begins a session; gives the client's end.
    pub(crate) fn connect(&self) -> Peer {
        let (io, session) = self.connect_io();
        self.peer(Box::new(io), session)
    }

    /// The same without a reader of lines.
    pub(crate) fn connect_io(&self) -> (DuplexStream, JoinHandle<End>) {
        let (ours, theirs) = duplex(1 << 16);
        let local = "192.0.2.1:25".parse().unwrap();
        let stream = Stream::new(Box::new(ours), Arc::new(self.clock.clone()), self.remote, local);
        let session = tokio::spawn(run(self.context(), stream, Cid::from_number(0)));
        (theirs, session)
    }

    pub(crate) fn peer(&self, io: Box<dyn mox_net::Io>, session: JoinHandle<End>) -> Peer {
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let stream = Stream::new(io, clock, "192.0.2.1:25".parse().unwrap(), self.remote);
        Peer { stream, session }
    }
}

/// The client's end of a session.
pub(crate) struct Peer {
    pub(crate) stream: Stream,
    pub(crate) session: JoinHandle<End>,
}

impl Peer {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.push(bytes);
        // The session may have closed already; what it says tells.
        let _ = self.stream.flush(FOREVER).await;
    }

    /// The next line; none when the session closed.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let read = self.stream.read_line(4096, FOREVER);
        let line =
            tokio::time::timeout(Duration::from_secs(30), read).await.expect("the session says nothing");
        let line = line.ok()?;
        assert!(!line.bare_lf && !line.bare_cr, "{line:?}");
        Some(String::from_utf8(line.bytes).unwrap().replace("000000000000000", "CID"))
    }

    pub(crate) async fn start_tls(&mut self, house: &House, with_key: bool) {
        let identity = with_key.then(|| house.authority.issue(&["client.example"]).unwrap());
        let options = ClientOptions { verify: ClientVerify::Pkix, identity, alpn: Vec::new() };
        let clock = Arc::new(house.clock.clone());
        let config = mox_tls::client_config(house.authority.roots(), options, clock).unwrap();
        let name = ServerName::try_from("mx.example").unwrap();
        self.stream.start_tls_client(config, name, FOREVER).await.unwrap();
    }

    /// Logs in; the last reply is still to be read.
    pub(crate) async fn login(&mut self, mechanism: Mechanism, username: &str, password: &str) {
        let binding = self.stream.tls().and_then(|t| t.channel_binding()).copied();
        let channel_binding = binding.as_ref().map(<[u8; 32]>::as_slice).filter(|_| mechanism.is_plus());
        let credential = Credential { username, password, channel_binding };
        let mut client = Client::new(mechanism, &credential, false, &SimRandom::new(4)).unwrap();
        let initial = client.initial().map(|i| format!(" {}", BASE64.encode(i))).unwrap_or_default();
        self.send(format!("AUTH {mechanism}{initial}\r\n").as_bytes()).await;
        // CRAM-MD5 is one challenge, and may be answered late; the others are answered at once.
        let mut most = if mechanism == Mechanism::CramMd5 { 1 } else { 3 };
        while most > 0 && self.stream.fill(FOREVER).await.is_ok_and(|unread| unread.starts_with(b"334")) {
            most -= 1;
            let line = self.line().await.unwrap();
            let challenge = BASE64.decode(line.strip_prefix("334 ").unwrap_or_default()).unwrap();
            let answer = BASE64.encode(client.step(&challenge).unwrap());
            self.send(format!("{answer}\r\n").as_bytes()).await;
        }
    }
}

/// Undoes `\r \n \0 \\ \xNN`.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('r')) => out.push(b'\r'),
            ('\\', Some('n')) => out.push(b'\n'),
            ('\\', Some('0')) => out.push(0),
            ('\\', Some('x')) => {
                let hex: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&hex, 16).expect("two hex digits after \\x"));
            }
            ('\\', Some('\\')) => out.push(b'\\'),
            ('\\', other) => panic!("bad escape {other:?}"),
            (c, _) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

fn set_limit(limits: &mut Limits, name: &str, value: &str) {
    let number = || value.parse::<u32>().unwrap();
    match name {
        "pedantic" => limits.syntax = Syntax::Pedantic,
        "max_rcpts" => limits.max_rcpts = number() as usize,
        "max_line" => limits.max_line = number() as usize,
        "max_refused_rcpts" => limits.max_refused_rcpts = number(),
        "max_message" => limits.max_message = u64::from(number()),
        "max_bad_transactions" => limits.max_bad_transactions = number(),
        "max_bad_commands" => limits.max_bad_commands = number(),
        "max_idle_commands" => limits.max_idle_commands = number(),
        "max_auth_failures" => limits.max_auth_failures = number(),
        "slow_after" => limits.slow_after = number(),
        "tls_required" => limits.tls_required = true,
        "plaintext_auth" => limits.plaintext_auth = true,
        "binary_mime" => limits.binary_mime = true,
        "lift_for_loopback" => limits.lift_for_loopback = true,
        _ => panic!("no limit {name}"),
    }
}

/// Runs a dialog; panics where it goes another way.
pub(crate) async fn play(name: &str, text: &str) {
    let mut house = House::new(Port::Mx);
    let mut peer: Option<Peer> = None;
    for (n, line) in text.lines().enumerate() {
        let at = format!("{name}:{}: {line}", n + 1);
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split(' ').collect();
        match (kind, &*words) {
            ("" | "#", _) => continue,
            ("@reports", _) => *house.handler.reports.lock().unwrap() = true,
            ("@port", ["mx"]) => house.port = Port::Mx,
            ("@port", ["submission"]) => house.port = Port::Submission,
            ("@port", ["submissions"]) => house.port = Port::Submissions,
            ("@remote", [ip]) => house.remote = SocketAddr::new(ip.parse().unwrap(), 4025),
            ("@limit", [name, value]) => set_limit(&mut house.limits, name, value),
            _ => {
                let peer = peer.get_or_insert_with(|| house.connect());
                step(&house, peer, kind, rest, &at).await;
            }
        }
    }
}

async fn step(house: &House, peer: &mut Peer, kind: &str, rest: &str, at: &str) {
    match kind {
        "C:" => peer.send(format!("{rest}\r\n").as_bytes()).await,
        "X:" => peer.send(&unescape(rest)).await,
        "S:" => {
            let got = peer.line().await.unwrap_or_else(|| panic!("{at}\n  the session closed"));
            let right = match rest.strip_suffix("...") {
                Some(start) => got.starts_with(start),
                None => got == rest,
            };
            assert!(right, "{at}\n  got S: {got}");
        }
        "@closed" => assert_eq!(peer.line().await, None, "{at}"),
        "@advance" => advance(&house.clock, Duration::from_secs(rest.parse().unwrap()), at).await,
        "@pass" => house.clock.advance(Duration::from_secs(rest.parse().unwrap())),
        "@tls" => peer.start_tls(house, rest == "key").await,
        "@shutdown" => house.shut_down(),
        "@auth" => {
            let [mechanism, user, password] = rest.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{at}")
            };
            peer.login(mechanism.parse().unwrap(), user, password).await;
        }
        "@messages" => assert_eq!(house.handler.taken.lock().unwrap().len().to_string(), rest, "{at}"),
        "@last" => {
            let taken = house.handler.taken.lock().unwrap();
            let (from, rcpts, body) = taken.last().unwrap_or_else(|| panic!("{at}\n  no message"));
            let [want_from, want_rcpts, want_body] = rest.splitn(3, '|').collect::<Vec<_>>()[..] else {
                panic!("{at}")
            };
            assert_eq!((&**from, &**rcpts), (want_from, want_rcpts), "{at}");
            assert_eq!(
                String::from_utf8_lossy(body),
                String::from_utf8(unescape(want_body)).unwrap(),
                "{at}"
            );
        }
        _ => panic!("{at}\n  no such step"),
    }
}

/// Waits until the session sleeps for at most `by`, then moves its clock on.
async fn advance(clock: &SimClock, by: Duration, at: &str) {
    let waiting = async {
        // What was sent before is to be read first.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        while clock.until_next_sleeper().is_none_or(|until| until > by) {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(waited.is_ok(), "{at}\n  nobody sleeps that long");
    clock.advance(by);
}
