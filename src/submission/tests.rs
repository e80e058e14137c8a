//! What a logged-in client is told about its messages, by a handler over a real store and queue.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use mox_address::Domain;
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock as _, Timestamp};
use mox_config::{Config, Handle};
use mox_dkim::{SignOptions, SigningKey};
use mox_inbound::{Configured, Delivery, Keeping, Notices, Recipients};
use mox_queue::{
    BoxFuture, Leaving, NoReporting, OpenFailure, Opened, Options, Outbound, Queue, Route, Router, Seams,
    Target,
};
use mox_smtp::{Command, Envelope, Findings, Syntax};
use mox_smtpserver::{Authenticated, Cid, Handler, Port, Session};
use mox_store::Store;
use tempfile::TempDir;

use crate::*;

const DOMAINS: &str = "\
Domains:
	here.example: nil
Accounts:
	amy:
		Domain: here.example
		Destinations:
			amy@here.example: nil
		MaxOutgoingMessagesPerDay: 3
		MaxFirstTimeRecipientsPerDay: 2
";

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
Listeners:
	local:
		IPs:
			- 127.0.0.1
		Submission:
			Enabled: true
			NoRequireSTARTTLS: true
Postmaster:
	Account: amy
	Mailbox: Inbox
";

const MESSAGE: &str = "From: <amy@here.example>\r\nSubject: hello\r\n\r\nhello\r\n";

/// Nothing leaves.
struct Nowhere;

impl Router for Nowhere {
    fn route(&self, _: &Leaving<'_>) -> Route {
        Route::direct()
    }
}

impl Outbound for Nowhere {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

fn handler(dir: &TempDir) -> SubmissionHandler {
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let random = Arc::new(SimRandom::new(7));
    let config = Config::parse(Path::new("mox.conf"), SERVER, DOMAINS).unwrap();
    let hostname = config.server.hostname.clone();
    let config = Arc::new(Handle::new(config));
    let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config.clone()));
    let store = Store::open(dir.path(), &[mox_queue::SCHEMA], clock.clone(), random.clone()).unwrap();
    let seams = Seams {
        router: Arc::new(Nowhere),
        local: Arc::new(Notices::new(recipients.clone())),
        reporting: Arc::new(NoReporting),
        outbound: Arc::new(Nowhere),
        clock: clock.clone(),
        random: random.clone(),
        faults: std::sync::Arc::new(mox_platform::faults::NoFaults),
        metrics: Arc::new(mox_telemetry::Metrics::new(clock.now())),
    };
    let queue = Queue::new(store.clone(), Options::new(hostname.ascii()), seams);
    SubmissionHandler {
        logins: Logins::new(store.clone(), config),
        recipients,
        delivery: Delivery::new(store, queue, hostname),
        strictness: Strictness::Lawful,
        keys: None,
        authenticator: None,
        random,
        clock,
        lift_for_loopback: false,
        pedantic: false,
    }
}

/// Submits a message of amy's on loopback; the reply.
async fn submit(handler: &SubmissionHandler, recipients: &[&str], message: &str) -> String {
    let session = Session {
        cid: Cid::from_number(1),
        port: Port::Submission,
        remote: "127.0.0.1:4000".parse().unwrap(),
        local: "127.0.0.1:587".parse().unwrap(),
        started: handler.clock.now(),
        hello: Some("laptop.example".into()),
        esmtp: true,
        tls: None,
        account: Some(Authenticated {
            account: "amy".into(),
            login: "amy@here.example".into(),
            mechanism: mox_sasl::Mechanism::Plain,
        }),
        transcript: Some("C: so far\n".into()),
    };
    let Ok(Command::Mail(mail)) = Command::parse(b"MAIL FROM:<amy@here.example>", Syntax::Lenient) else {
        panic!()
    };
    let rcpts = recipients.iter().map(|to| {
        match Command::parse(format!("RCPT TO:<{to}>").as_bytes(), Syntax::Lenient) {
            Ok(Command::Rcpt(rcpt)) => rcpt,
            other => panic!("{other:?}"),
        }
    });
    let envelope = Envelope { mail, rcpts: rcpts.collect() };
    let mut body = handler.begin(&session, &envelope).await.unwrap();
    body.write(message.as_bytes()).unwrap();
    handler.message(&session, envelope, body, Findings::default()).await.to_string()
}

/// Messages in mailboxes, entries of the queue.
fn accepted(handler: &SubmissionHandler) -> (i64, i64) {
    let count = |sql| {
        let store = handler.delivery.store();
        store.read_blocking(|_, tx| Ok::<i64, mox_store::Error>(tx.conn().query_row(sql, [], |r| r.get(0))?))
    };
    (count("SELECT count(*) FROM message").unwrap(), count("SELECT count(*) FROM queue").unwrap())
}

#[tokio::test]
async fn beyond_the_limits_of_an_account_nothing_is_accepted() {
    let dir = TempDir::new().unwrap();
    let mut handler = handler(&dir);
    let ok = submit(&handler, &["amy@here.example", "bob@there.example"], MESSAGE).await;
    assert!(ok.starts_with("250 "), "{ok}");
    let before = accepted(&handler);
    for (recipients, expected) in [
        (&["amy@here.example", "carol@there.example"][..], "451 4.7.1 too many messages"),
        (&["carol@there.example"], "451 4.7.1 too many first-time recipients"),
    ] {
        let refused = submit(&handler, recipients, MESSAGE).await;
        assert!(refused.starts_with(expected), "{refused}");
        assert_eq!(accepted(&handler), before);
    }
    handler.lift_for_loopback = true;
    let lifted = submit(&handler, &["amy@here.example", "carol@there.example"], MESSAGE).await;
    assert!(lifted.starts_with("250 "), "{lifted}");
    assert_eq!(accepted(&handler), (before.0 + 1, before.1 + 1));
}

#[tokio::test]
async fn malformed_messages_are_refused_when_pedantic() {
    let dir = TempDir::new().unwrap();
    let mut handler = handler(&dir);
    let malformed = "From: <amy@here.example>\r\nno field\r\n\r\nhello\r\n";
    for (pedantic, message, expected) in [
        (false, malformed, "250 "),
        (true, MESSAGE, "250 "),
        (true, malformed, "554 5.6.0 the message is malformed"),
        (true, "From: <amy@here.example>\r\n", "554 5.6.0 the message is malformed"),
        (true, "\r\nhello\r\n", "554 5.6.0 a message needs one From"),
    ] {
        handler.pedantic = pedantic;
        let reply = submit(&handler, &["amy@here.example"], message).await;
        assert!(reply.starts_with(expected), "{message:?}: {reply}");
    }
}

/// One key for here.example.
struct OneKey(Arc<SigningKey>);

impl Keys for OneKey {
    fn of(&self, domain: &Domain) -> Vec<(SignOptions, Arc<SigningKey>)> {
        let here = (domain.ascii() == "here.example")
            .then(|| (SignOptions::new(domain.clone(), "sel"), self.0.clone()));
        here.into_iter().collect()
    }
}

#[tokio::test]
async fn what_leaves_is_signed_with_the_fields_that_were_added() {
    let dir = TempDir::new().unwrap();
    let mut handler = handler(&dir);
    let key = Arc::new(SigningKey::generate_ed25519().unwrap());
    let record = key.record().unwrap();
    handler.keys = Some(Arc::new(OneKey(key)));
    // In pieces that end anywhere.
    let message = "From: <amy@here.example>\r\nSubject: signed\r\n\r\nhello\r\n";
    let reply = submit(&handler, &["amy@here.example"], message).await;
    assert!(reply.starts_with("250 "), "{reply}");
    let stored = handler.delivery.store().read_blocking(|s, tx| {
        let account = s.account(tx, "amy")?.id;
        let all = s.messages(tx, account, &mox_store::Filter { limit: 9, ..Default::default() })?;
        let mut bytes = Vec::new();
        s.content(tx, &all[0])?.reader()?.read_to_end(&mut bytes).unwrap();
        Ok::<_, mox_store::Error>(bytes)
    });
    let stored = stored.unwrap();
    let text = String::from_utf8(stored.clone()).unwrap();
    let zone = format!("sel._domainkey.here.example. TXT \"{record}\"");
    let sim = mox_dns::sim::SimResolver::from_zone(&zone).unwrap();
    let mut verifier = mox_dkim::Verifier::new(mox_dkim::Limits::default());
    verifier.write(&stored);
    let found = verifier.finish(&sim, handler.clock.now()).await;
    assert_eq!(found.len(), 1, "{text}");
    assert_eq!(found[0].result, mox_dkim::DkimResult::Pass, "{found:?}\n{text}");
    let signed = |name: &str| found[0].signed_headers.iter().any(|h| h.eq_ignore_ascii_case(name));
    assert!(signed("message-id") && signed("date") && signed("from"), "{text}");
    assert!(text.find("Received:") < text.find("DKIM-Signature:"), "{text}");
}

#[tokio::test]
async fn transcript_and_tags_are_kept_where_asked_for() {
    let message = "From: <amy@here.example>\r\nX-Tags: One, two\r\n\r\nhello\r\n";
    for (keeping, tags, transcript) in [
        (Keeping::default(), &[][..], None),
        (Keeping { tags: true, ..Keeping::default() }, &["one", "two"], None),
        (
            Keeping { transcripts: true, ..Keeping::default() },
            &[],
            Some("C: so far\nS: 250 2.0.0 accepted, queued as 1 (000000000000001)\n"),
        ),
    ] {
        let dir = TempDir::new().unwrap();
        let mut handler = handler(&dir);
        handler.delivery = handler.delivery.keeping(keeping);
        let reply = submit(&handler, &["amy@here.example", "bob@there.example"], message).await;
        assert!(reply.starts_with("250 2.0.0 accepted, queued as 1"), "{reply}");
        let read = handler.delivery.store().read_blocking(|s, tx| {
            let account = s.account(tx, "amy")?.id;
            let all = s.messages(tx, account, &mox_store::Filter { limit: 9, ..Default::default() })?;
            Ok::<_, mox_store::Error>((all[0].keywords.clone(), s.transcript(tx, &all[0])?))
        });
        let (keywords, kept) = read.unwrap();
        assert_eq!((keywords, kept.as_deref()), (tags.iter().map(|t| (*t).to_owned()).collect(), transcript));
    }
}

#[test]
fn an_app_password_is_for_plain_and_login_alone() {
    let dir = tempfile::tempdir().unwrap();
    let handler = handler(&dir);
    let store = handler.delivery.store().clone();
    let verifiers = mox_sasl::Verifiers::derive("own password", &SimRandom::new(5)).unwrap();
    let added = store.write_blocking(move |store, tx| {
        store.open_account(tx, "amy")?;
        store.set_password(tx, "amy", &verifiers)?;
        store.add_app_password(tx, "amy", "phone", "abcd-efgh-jkmn-pqrs")
    });
    let id = added.unwrap().id;
    let known = || handler.logins.credentials("amy@here.example").ok().flatten().unwrap();
    let check = |password: &str| known().verify_plain(password);
    assert!(check("own password") && check("abcd-efgh-jkmn-pqrs"));
    assert!(!known().verifiers().verify_plain("abcd-efgh-jkmn-pqrs"), "SCRAM and CRAM-MD5 go by the own one");
    assert!(store.write_blocking(move |store, tx| store.remove_app_password(tx, "amy", id)).unwrap());
    assert!(!check("abcd-efgh-jkmn-pqrs") && check("own password"));
}
