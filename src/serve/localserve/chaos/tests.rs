//! Rules: what is refused, when they fire, and what a session of theirs looks like from outside.

use std::any::Any;
use std::future::ready;
use std::sync::LazyLock;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_net::Stream;
use mox_sasl::{Credentials, Login, Mechanism, Verifiers};
use mox_smtp::{EnhancedCode, Envelope, Findings, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Cid, Context, Gate, Handler, Limits, Nobody, Port, Session, run};
use tokio::io::duplex;
use tokio::sync::{Semaphore, watch};

use super::*;
use crate::localserve::{failing, simulate};

fn rule(json: &str) -> ChaosRule {
    serde_json::from_str(json).unwrap()
}

fn rules(json: &[&str]) -> Rules {
    let rules = json.iter().map(|json| rule(json)).collect();
    Rules::new(Chaos { rules }, Arc::new(SimRandom::new(1))).unwrap()
}

#[test]
fn rules_are_checked() {
    let good = rule(r#"{"stage":"rcpt","code":451}"#);
    let with = |change: &dyn Fn(&mut ChaosRule)| {
        let mut rule = good.clone();
        change(&mut rule);
        check_rule(&rule).map_err(|wrong| wrong.field)
    };
    assert_eq!(with(&|_| {}), Ok(()));
    for probability in [f64::NAN, 0.0, -1.0, 100.1, f64::INFINITY] {
        assert_eq!(with(&|r| r.probability = probability), Err("probability"), "{probability}");
    }
    assert_eq!(with(&|r| r.probability = 0.001), Ok(()));
    for code in [0, 250, 399, 600, u16::MAX] {
        assert_eq!(with(&|r| r.code = Some(code)), Err("code"), "{code}");
    }
    assert_eq!(with(&|r| r.code = None), Err("code"));
    assert_eq!(with(&|r| (r.code, r.delay_ms) = (None, 1)), Ok(()));
    assert_eq!(with(&|r| r.delay_ms = ChaosRule::MAX_DELAY_MS + 1), Err("delay"));
    for text in ["", "a\r\n250 ok", "ü", &"x".repeat(201)] {
        assert_eq!(with(&|r| r.text = Some(text.to_owned())), Err("text"), "{text:?}");
    }
    assert_eq!(with(&|r| (r.code, r.delay_ms, r.text) = (None, 1, Some("x".into()))), Err("text"));
    for filter in ["", &"x".repeat(257)] {
        assert_eq!(with(&|r| r.from = Some(filter.to_owned())), Err("from"));
        assert_eq!(with(&|r| r.to = Some(filter.to_owned())), Err("to"));
    }
    use ChaosStage::{Auth, Data, Hello, Mail, Message, Rcpt};
    for (stage, from, to) in [
        (Hello, Err("from"), Err("to")),
        (Auth, Err("from"), Err("to")),
        (Mail, Ok(()), Err("to")),
        (Rcpt, Ok(()), Ok(())),
        (Data, Ok(()), Ok(())),
        (Message, Ok(()), Ok(())),
    ] {
        assert_eq!(with(&|r| (r.stage, r.from) = (stage, Some("x".into()))), from, "{stage:?}");
        assert_eq!(with(&|r| (r.stage, r.to) = (stage, Some("x".into()))), to, "{stage:?}");
    }
}

#[test]
fn what_is_refused_is_named_and_changes_nothing() {
    let all = rules(&[r#"{"stage":"hello","code":550}"#]);
    let before = all.get();
    let bad = [r#"{"stage":"rcpt","code":451}"#, r#"{"stage":"rcpt","code":250}"#].map(rule);
    let refused = all.set(Chaos { rules: bad.to_vec() }).unwrap_err();
    assert_eq!(refused.to_string(), "rule 2: code: 400 to 599");
    let many = vec![bad[0].clone(); Chaos::MAX + 1];
    assert_eq!(all.set(Chaos { rules: many }).unwrap_err().to_string(), "101 rules: at most 100");
    assert_eq!(all.get(), before);
    all.set(Chaos { rules: vec![bad[0].clone()] }).unwrap();
    assert_eq!(all.get().rules, [bad[0].clone()]);
}

#[test]
fn dice_are_fair_and_repeat() {
    let draws = |probability: &str| -> Vec<bool> {
        let rules = rules(&[&format!(r#"{{"stage":"hello","code":451,"probability":{probability}}}"#)]);
        let hello = Moment { stage: ChaosStage::Hello, mail: None, to: Vec::new() };
        (0..1000).map(|_| rules.choose(&hello).is_some()).collect()
    };
    let fired = |probability: &str| draws(probability).into_iter().filter(|fired| *fired).count();
    // Five standard deviations around what is expected.
    for (probability, low, high) in [("20", 137, 263), ("50", 421, 579), ("1", 0, 25), ("100", 1000, 1000)] {
        let fired = fired(probability);
        assert!((low..=high).contains(&fired), "{probability}: {fired}");
    }
    assert_eq!(draws("20"), draws("20"));
}

#[test]
fn the_first_rule_that_applies_decides() {
    let rules = rules(&[
        r#"{"stage":"message","code":550,"from":"<>"}"#,
        r#"{"stage":"rcpt","code":551,"to":"@example.ORG>"}"#,
        r#"{"stage":"message","code":552,"to":"bob@"}"#,
        r#"{"stage":"mail","code":553,"from":"Amy"}"#,
        r#"{"stage":"rcpt","code":554,"to":"bob"}"#,
        r#"{"stage":"message","code":555,"from":"amy@example.com","to":"carol@"}"#,
    ]);
    use ChaosStage::{Data, Mail, Message, Rcpt};
    for (stage, from, to, code) in [
        (Mail, "amy@example.com", "", Some(553)),
        (Mail, "", "", None),
        (Rcpt, "amy@example.com", "bob@example.org", Some(551)),
        (Rcpt, "amy@example.com", "bob@example.org.example", Some(554)),
        (Rcpt, "bob@example.com", "carol@example.com", None),
        (Data, "amy@example.com", "bob@example.org", None),
        (Message, "amy@example.com", "carol@example.net bob@example.org", Some(552)),
        (Message, "amy@example.com", "carol@example.net", Some(555)),
        (Message, "bob@example.com", "carol@example.net", None),
        (Message, "", "carol@example.net", Some(550)),
    ] {
        let path = (!from.is_empty()).then(|| from.parse().unwrap());
        let mail = MailArgs { reverse_path: path, ..MailArgs::default() };
        let paths: Vec<mox_smtp::ForwardPath> =
            to.split_whitespace().map(|to| mox_smtp::ForwardPath::Path(to.parse().unwrap())).collect();
        let failure = rules.choose(&Moment { stage, mail: Some(&mail), to: paths.iter().collect() });
        assert_eq!(failure.and_then(|f| f.reply).map(|r| r.code), code, "{stage:?} {from} {to}");
    }
}

/// Takes everything.
struct Accepts;

struct Nowhere;

impl Body for Nowhere {
    fn write(&mut self, _: &[u8]) -> Result<(), Reply> {
        Ok(())
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

static VERIFIERS: LazyLock<Arc<Verifiers>> =
    LazyLock::new(|| Arc::new(Verifiers::derive("moxmoxmox", &SimRandom::new(9)).unwrap()));

impl Handler for Accepts {
    fn credentials(&self, _: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        Ok(Some(Box::new(VERIFIERS.clone())))
    }
    fn login(&self, _: &Login, _: Mechanism) -> Result<String, Reply> {
        Ok("mox".to_owned())
    }
    fn mail<'a>(&'a self, _: &'a Session, _: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(ready(Ok(())))
    }
    fn rcpt<'a>(
        &'a self,
        _: &'a Session,
        _: &'a Envelope,
        _: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(ready(Ok(())))
    }
    fn begin<'a>(&'a self, _: &'a Session, _: &'a Envelope) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let body: Box<dyn Body> = Box::new(Nowhere);
        Box::pin(ready(Ok(body)))
    }
    fn message<'a>(
        &'a self,
        _: &'a Session,
        _: Envelope,
        _: Box<dyn Body>,
        _: Findings,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(ready(Reply::new(250, EnhancedCode(2, 6, 0), "thanks")))
    }
}

/// A session of a server with rules, from the client's end.
struct Dialog {
    stream: Stream,
    clock: SimClock,
    _running: watch::Sender<bool>,
}

impl Dialog {
    async fn begin(rules: Rules, port: Port) -> Dialog {
        let clock = SimClock::new(Timestamp::from_secs(1_800_000_000));
        let shared: Arc<dyn mox_clock::Clock> = Arc::new(clock.clone());
        let (running, shutdown) = watch::channel(false);
        let choosers: Vec<Arc<dyn Choose>> = vec![Arc::new(rules), Arc::new(simulate::Localparts)];
        let cx = Context {
            handler: failing::around(Arc::new(Accepts), choosers, shared.clone()),
            observer: Arc::new(Nobody),
            port,
            hostname: "localhost".parse().unwrap(),
            limits: Limits { plaintext_auth: true, tls_required: false, ..Limits::default() },
            tls: None,
            transcripts: false,
            gate: Arc::new(Gate::new(shared.clone())),
            clock: shared.clone(),
            random: Arc::new(SimRandom::new(1)),
            secret: b"secret".to_vec(),
            verifying: Arc::new(Semaphore::new(1)),
            shutdown,
        };
        let (near, far) = duplex(1 << 16);
        let (here, there) = ("127.0.0.1:4025".parse().unwrap(), "127.0.0.1:587".parse().unwrap());
        let server = Stream::new(Box::new(far), shared.clone(), here, there);
        tokio::spawn(run(Arc::new(cx), server, Cid::from_number(0)));
        // The client is patient: its clock stands still.
        let patient = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let mut dialog =
            Dialog { stream: Stream::new(Box::new(near), patient, there, here), clock, _running: running };
        assert_eq!(dialog.reply().await.unwrap(), "220 localhost ESMTP");
        dialog
    }

    /// The last line of the next reply; none when the session is over.
    async fn reply(&mut self) -> Option<String> {
        loop {
            let line = self.stream.read_line(1000, Duration::from_secs(1)).await.ok()?;
            let line = String::from_utf8(line.to_vec()).unwrap();
            if line.as_bytes().get(3) == Some(&b' ') {
                return Some(line);
            }
        }
    }

    async fn send(&mut self, line: &str) {
        self.stream.push(format!("{line}\r\n").as_bytes());
        // Where the server closed, the reply is missing.
        let _ = self.stream.flush(Duration::from_secs(1)).await;
    }

    async fn say(&mut self, line: &str) -> Option<String> {
        self.send(line).await;
        self.reply().await
    }
}

/// What a client says to send a message, the stage each line comes to, and the reply without rules. Logins, which
/// take long, are left out where they are not the matter.
const MESSAGE: [(&str, ChaosStage, &str); 6] = [
    ("EHLO x.example", ChaosStage::Hello, "250 SMTPUTF8"),
    ("AUTH PLAIN AG1veABtb3htb3htb3g=", ChaosStage::Auth, "235 2.7.0 welcome"),
    ("MAIL FROM:<amy@example.com>", ChaosStage::Mail, "250 2.1.0 ok"),
    ("RCPT TO:<bob@example.org>", ChaosStage::Rcpt, "250 2.1.5 ok"),
    ("DATA", ChaosStage::Data, "354 go on, end with CRLF.CRLF"),
    ("Subject: x\r\n\r\nx\r\n.", ChaosStage::Message, "250 2.6.0 thanks"),
];

fn lines(matter: ChaosStage) -> (Port, impl Iterator<Item = (&'static str, &'static str)>) {
    let login = matter == ChaosStage::Auth;
    let wanted = MESSAGE.into_iter().filter(move |(_, stage, _)| login || *stage != ChaosStage::Auth);
    let port = if login { Port::Submission } else { Port::Mx };
    (port, wanted.map(|(line, _, good)| (line, good)))
}

#[tokio::test]
async fn a_rule_answers_at_its_stage_and_the_session_goes_on_or_ends() {
    for (at, stage, _) in MESSAGE {
        for code in [421, 452, 550] {
            let text = serde_json::to_string(&stage).unwrap();
            let (port, lines) = lines(stage);
            let rules = rules(&[&format!(r#"{{"stage":{text},"code":{code}}}"#)]);
            let mut dialog = Dialog::begin(rules, port).await;
            let enhanced = match stage {
                ChaosStage::Hello => String::new(),
                _ => format!("{}.0.0 ", code / 100),
            };
            for (line, good) in lines {
                let got = dialog.say(line).await.unwrap();
                let start = |text: &str| text.split(" (").next().unwrap().to_owned();
                if line != at {
                    assert_eq!(start(&got), start(good), "{stage:?} {line}");
                    continue;
                }
                assert_eq!(start(&got), format!("{code} {enhanced}simulated failure, chaos rule 1"));
                break;
            }
            let after = dialog.say("NOOP").await;
            match code {
                421 => assert_eq!(after, None, "{stage:?}"),
                _ => assert_eq!(after.unwrap(), "250 2.0.0 ok", "{stage:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_rule_may_only_wait() {
    for (at, stage, _) in MESSAGE {
        let text = serde_json::to_string(&stage).unwrap();
        let (port, lines) = lines(stage);
        let rules = rules(&[&format!(r#"{{"stage":{text},"delay_ms":90000}}"#)]);
        let mut dialog = Dialog::begin(rules, port).await;
        for (line, good) in lines {
            dialog.send(line).await;
            if line == at {
                let waits = Duration::from_secs(90);
                while dialog.clock.until_next_sleeper() != Some(waits) {
                    tokio::task::yield_now().await;
                }
                dialog.clock.advance(waits);
            }
            let got = dialog.reply().await.unwrap();
            assert_eq!(got.split(" (").next(), good.split(" (").next(), "{stage:?} {line}");
        }
    }
}

#[tokio::test]
async fn a_rule_that_waits_leaves_localparts_their_say_and_texts_are_as_given() {
    let rules = rules(&[
        r#"{"stage":"mail","code":451,"text":"greylisted, come back","from":"<new@"}"#,
        r#"{"stage":"rcpt","delay_ms":1000}"#,
    ]);
    let mut dialog = Dialog::begin(rules, Port::Mx).await;
    for (line, want) in [
        ("EHLO x.example", "250 SMTPUTF8"),
        ("MAIL FROM:<new@example.com>", "451 4.0.0 greylisted, come back"),
        ("MAIL FROM:<old@example.com>", "250 2.1.0 ok"),
    ] {
        assert_eq!(dialog.say(line).await.unwrap().split(" (").next().unwrap(), want);
    }
    dialog.send("RCPT TO:<rcptto550@example.org>").await;
    while dialog.clock.until_next_sleeper() != Some(Duration::from_secs(1)) {
        tokio::task::yield_now().await;
    }
    dialog.clock.advance(Duration::from_secs(1));
    let got = dialog.reply().await.unwrap();
    assert_eq!(got.split(" (").next().unwrap(), "550 5.0.0 simulated failure, asked for by the address");
}
