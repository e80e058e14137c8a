//! The running lab as its clients see it: mail hosts, policy hosts, hosts that take reports, time and steps.

mod delivery;
mod pair;
mod reported;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_dns::Resolver;
use mox_https::{Client, Egress, Limits, Url};
use mox_mtasts::RecordLookup;
use mox_net::sim::SimNet;
use mox_net::{BoxFuture, Dial as _, Stream};
use mox_smtp::{MailArgs, RcptArgs};
use mox_smtpclient::{OpenError, Options, Session, Timeouts, TlsAttempt, TlsMode, TlsOutcome, Verify};
use mox_tlsrpt::PolicyType;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::hosts::{Mail, Proof, Tls};
use crate::receivers::{Receiver, all};
use crate::*;

#[derive(Default)]
struct Kept {
    mail: Mutex<Vec<Accepted>>,
    posts: Mutex<Vec<Posted>>,
}

impl Sink for Kept {
    fn mail(&self, accepted: Accepted) -> BoxFuture<'_, Result<(), String>> {
        self.mail.lock().unwrap().push(accepted);
        Box::pin(std::future::ready(Ok(())))
    }
    fn post(&self, posted: Posted) -> BoxFuture<'_, Result<(), String>> {
        self.posts.lock().unwrap().push(posted);
        Box::pin(std::future::ready(Ok(())))
    }
}

struct World {
    sim: SimClock,
    lab: Lab,
    kept: Arc<Kept>,
}

impl World {
    fn new() -> World {
        let sim = SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap());
        let clock: Arc<dyn Clock> = Arc::new(sim.clone());
        let kept = Arc::new(Kept::default());
        let net = Arc::new(SimNet::new(clock.clone()));
        let lab = Lab::start(clock, Arc::new(SimRandom::new(1)), net, kept.clone()).unwrap();
        World { sim, lab, kept }
    }

    fn options(&self, host: &str, mode: TlsMode, verify: Verify) -> Options {
        Options {
            hello: "client.lab.test".to_owned(),
            mode,
            verify,
            server_name: host.to_owned(),
            roots: self.lab.roots.clone(),
            identity: None,
            login: None,
            pedantic: false,
            timeouts: Timeouts { greeting: Duration::from_secs(3), ..Timeouts::RFC },
            clock: self.lab.clock.paced(),
        }
    }

    /// The hosts of a domain with their addresses, the best first.
    async fn hosts(&self, domain: &str) -> Vec<(String, Vec<IpAddr>)> {
        let zones: &dyn Resolver = &*self.lab.resolver;
        let mx = zones.lookup_mx(domain, &SimRandom::new(1)).await;
        let names = mx.map_or_else(
            |_| vec![domain.to_owned()],
            |mx| mx.records.into_iter().map(|mx| mx.host).collect(),
        );
        let mut hosts = Vec::new();
        for name in names {
            if let Ok(found) = zones.lookup_ip(&name).await {
                hosts.push((name, found.records));
            }
        }
        hosts
    }

    /// A session with the first host of a domain that answers.
    async fn open(&self, domain: &str, mode: TlsMode, verify: Verify) -> Result<Session, OpenError> {
        for (host, ips) in self.hosts(domain).await {
            let dialed = mox_smtpclient::dial(
                &*self.lab.dial,
                self.lab.clock.paced(),
                &ips,
                25,
                &[],
                Duration::from_secs(5),
            );
            if let Ok(stream) = dialed.await {
                return self.session(stream, &host, mode, verify).await;
            }
        }
        panic!("{domain}: no host answers")
    }

    async fn session(
        &self,
        stream: Stream,
        host: &str,
        mode: TlsMode,
        verify: Verify,
    ) -> Result<Session, OpenError> {
        Session::open(stream, self.options(host, mode, verify), &SimRandom::new(2)).await
    }

    /// Delivers a message, without asking for proof: the code that ended it, 0 for none.
    async fn deliver(&self, domain: &str, mode: TlsMode) -> Result<(), u16> {
        let opened = self.open(domain, mode, Verify::NONE).await;
        let mut session = opened.map_err(|e| e.error.code.unwrap_or(0))?;
        let outcome = deliver(&mut session, domain, mail()).await;
        session.quit().await;
        outcome
    }

    fn web(&self) -> Client {
        Client {
            resolver: self.lab.resolver.clone(),
            dial: self.lab.dial.clone(),
            clock: self.lab.clock.paced(),
            roots: self.lab.roots.clone(),
            egress: Egress::Public { allow: NETWORKS.map(|network| network.parse().unwrap()).to_vec() },
            limits: Limits::default(),
            user_agent: "mox/test".to_owned(),
        }
    }

    async fn post(&self, url: &str) -> Result<u16, mox_https::Error> {
        let url: Url = url.parse().unwrap();
        let client = self.web();
        let posted = client.post(&url, "application/tlsrpt+gzip", "a report".into());
        posted.await.map(|response| response.status)
    }
}

const BODY: &[u8] = b"Subject: x\r\n\r\n.dot\r\n";

fn mail() -> MailArgs {
    let size = Some(BODY.len() as u64);
    MailArgs { reverse_path: Some("from@client.lab.test".parse().unwrap()), size, ..MailArgs::default() }
}

async fn deliver(session: &mut Session, domain: &str, mail: MailArgs) -> Result<(), u16> {
    let rcpt = RcptArgs::from(format!("you@{domain}").parse::<mox_address::Path>().unwrap());
    let outcome = session.deliver(&mail, &[rcpt], &mut { BODY }).await.remove(0);
    if outcome.is_delivered() { Ok(()) } else { Err(outcome.code().unwrap_or(0)) }
}

/// Long enough for everything that can go on to go on.
async fn idle() {
    for _ in 0..300 {
        tokio::task::yield_now().await;
    }
}

/// Receivers whose hosts can be reached and speak.
fn reached() -> impl Iterator<Item = &'static Receiver> {
    let mute = ["stall", "nullmx", "nodomain", "dead", "mx-bogus", "host-bogus"];
    all().iter().filter(move |receiver| !mute.contains(&receiver.row.name))
}

/// What a client without demands finds of TLS at a host.
fn found(tls: Tls) -> (&'static str, &'static str) {
    match tls {
        Tls::With(Proof::Good | Proof::WithIssuer) => ("established", ""),
        Tls::With(Proof::Expired) => ("established", "certificate-expired"),
        Tls::With(Proof::WrongName) => ("established", "certificate-host-mismatch"),
        Tls::With(Proof::SelfSigned | Proof::UnknownIssuer) => ("established", "certificate-unknown-issuer"),
        Tls::Missing => ("missing", ""),
        Tls::Refused => ("refused", "454"),
        Tls::Injected => ("failed", "unexpected-bytes"),
        Tls::Alert => ("failed", "remote-alert-40-handshake-failure"),
        Tls::LateAlert => ("failed", "remote-alert-116-certificate-required"),
        Tls::Garbage => ("failed", "invalid-message"),
        Tls::Close => ("failed", "connection-closed"),
    }
}

fn described(tls: &TlsAttempt) -> (&'static str, String) {
    match &tls.outcome {
        TlsOutcome::NotTried => ("not-tried", String::new()),
        TlsOutcome::StartTlsMissing => ("missing", String::new()),
        TlsOutcome::StartTlsRefused { code } => ("refused", code.to_string()),
        TlsOutcome::Established { .. } => match tls.proofs.pkix.as_ref().unwrap() {
            Ok(()) => ("established", String::new()),
            Err(finding) => ("established", finding.name.to_string()),
        },
        TlsOutcome::Failed { finding } => ("failed", finding.name.to_string()),
    }
}

/// The outcome of a session, open or not.
async fn outcome(opened: Result<Session, OpenError>) -> TlsAttempt {
    match opened {
        Ok(session) => {
            let tls = session.tls().clone();
            session.quit().await;
            tls
        }
        Err(failed) => failed.tls,
    }
}

#[tokio::test]
async fn every_host_does_with_tls_what_its_row_says() {
    let world = World::new();
    for receiver in reached() {
        let (name, tls) = (&receiver.name, receiver.row.host.tls);
        let opened = world.open(name, TlsMode::Opportunistic, Verify::NONE).await;
        let outcome = outcome(opened).await;
        let (what, detail) = described(&outcome);
        assert_eq!((what, detail.as_str()), found(tls), "{name}");
        let verified = world.open(name, TlsMode::RequiredStartTls, Verify::PKIX).await;
        let good = matches!(tls, Tls::With(Proof::Good | Proof::WithIssuer));
        assert_eq!(verified.is_ok(), good, "{name}");
    }
}

#[tokio::test]
async fn every_host_does_with_mail_what_its_row_says() {
    let world = World::new();
    for receiver in reached() {
        let (name, host) = (&receiver.name, receiver.row.host);
        let want = match host.mail {
            Mail::Accept => Ok(()),
            Mail::Greylist => Err(451),
            Mail::Defer => Err(450),
            Mail::Reject => Err(550),
            Mail::Stall | Mail::DropMidData => Err(0),
        };
        assert_eq!(world.deliver(name, TlsMode::Skip).await, want, "{name} without TLS");
        if matches!(host.tls, Tls::With(_)) {
            assert_eq!(world.deliver(name, TlsMode::RequiredStartTls).await, want, "{name} with TLS");
        }
    }
    let mail = world.kept.mail.lock().unwrap();
    let first = mail.first().unwrap();
    assert_eq!((first.host.as_str(), first.tls.as_deref()), ("dane-ok.lab.test", None));
    assert_eq!((first.mail_from.as_str(), &first.bytes[..]), ("from@client.lab.test", BODY));
    assert_eq!(first.rcpts, ["you@dane-ok.lab.test"]);
    assert_eq!(mail.get(1).unwrap().tls.as_deref(), Some("TLSv1.3"));
}

#[tokio::test]
async fn hosts_that_are_not_there() {
    let world = World::new();
    let lookup = async |name: &str| {
        let zones: &dyn Resolver = &*world.lab.resolver;
        zones.lookup_mx(name, &SimRandom::new(1)).await
    };
    assert!(mox_dns::is_null_mx(&lookup("nullmx.lab.test").await.unwrap().records));
    assert!(lookup("nodomain.lab.test").await.unwrap_err().is_no_records());
    assert!(lookup("mx-bogus.lab.test").await.unwrap_err().is_temporary());
    assert!(world.hosts("host-bogus.lab.test").await.is_empty());
    for address in ["198.51.100.3:25", "198.51.100.2:25", "198.51.100.10:443", "[2001:db8:1ab::99:10]:25"] {
        let dialed = world.lab.dial.dial(address.parse().unwrap(), None, Duration::from_secs(1)).await;
        assert_eq!(dialed.err().map(|e| e.kind()), Some(std::io::ErrorKind::ConnectionRefused), "{address}");
    }
    // Two more than there may be: a permit comes back where nobody listens.
    for _ in 0..300 {
        let dialed = world.lab.dial.dial("198.51.100.3:25".parse().unwrap(), None, Duration::ZERO).await;
        assert_eq!(dialed.err().map(|e| e.kind()), Some(std::io::ErrorKind::ConnectionRefused));
    }
}

#[tokio::test]
async fn a_host_that_stalls_is_given_up() {
    let world = World::new();
    let stalled = world.open("stall.lab.test", TlsMode::Opportunistic, Verify::NONE);
    let time = async {
        loop {
            idle().await;
            world.sim.advance(Duration::from_secs(3));
        }
    };
    let stalled = tokio::select! { stalled = stalled => stalled, () = time => unreachable!() };
    let failed = stalled.unwrap_err();
    assert_eq!(
        (failed.error.kind, failed.tls.outcome),
        (mox_smtpclient::Kind::Timeout, TlsOutcome::NotTried)
    );
}

#[tokio::test]
async fn a_greylisted_message_is_taken_later() {
    let world = World::new();
    let name = "greylist.lab.test";
    assert_eq!(world.deliver(name, TlsMode::Opportunistic).await, Err(451));
    world.lab.advance(Duration::from_secs(9)).await;
    assert_eq!(world.deliver(name, TlsMode::Opportunistic).await, Err(451));
    world.lab.advance(Duration::from_secs(1)).await;
    assert_eq!(world.deliver(name, TlsMode::Opportunistic).await, Ok(()));
    assert_eq!(world.lab.step(name), Err(StepError::ByItself(name.to_owned(), 10)));
}

#[tokio::test]
async fn requiretls_is_announced_where_the_row_says() {
    let world = World::new();
    for receiver in reached().filter(|receiver| receiver.row.with_requiretls.is_some()) {
        let name = &receiver.name;
        let mut session = world.open(name, TlsMode::RequiredStartTls, Verify::PKIX).await.unwrap();
        let delivered = deliver(&mut session, name, MailArgs { require_tls: true, ..mail() }).await;
        let want = receiver.row.with_requiretls == Some(Delivery::Delivered);
        assert_eq!(delivered.is_ok(), want, "{name}");
        session.quit().await;
    }
}

#[tokio::test]
async fn tlsa_records_fit_hosts_as_expected() {
    let world = World::new();
    let zones: &dyn Resolver = &*world.lab.resolver;
    for (name, fits) in [
        ("dane-ok", Some(true)),
        ("dane-ta-ok", Some(true)),
        ("dane-rollover", Some(true)),
        ("dane-selfsigned", Some(true)),
        ("dane-mismatch", Some(false)),
        ("cname-mx", Some(true)),
        ("dane-required", None),
    ] {
        let found = zones.lookup_tlsa(&format!("_25._tcp.mx.{name}.lab.test")).await;
        let session = world.open(&format!("{name}.lab.test"), TlsMode::RequiredStartTls, Verify::NONE).await;
        let session = session.unwrap();
        let host = session.stream().tls().unwrap().peer_spki_sha256.unwrap();
        let authority = crate::keys::digest(crate::keys::AUTHORITY);
        let fit = found.ok().map(|found| {
            assert!(found.authentic);
            found.records.iter().any(|record| match record.usage {
                2 => record.data.iter().map(|b| format!("{b:02x}")).collect::<String>() == authority,
                _ => record.data == host,
            })
        });
        assert_eq!(fit, fits, "{name}");
        session.quit().await;
    }
}

/// What the world says of a domain's MTA-STS policy, as reports have it: its text, or type and code of the failure.
async fn policy(world: &World, domain: &str) -> Result<Option<String>, (String, String)> {
    let found = mox_mtasts::lookup(&*world.lab.resolver, &world.web(), &domain.parse().unwrap()).await;
    match (&found.record, found.policy) {
        (RecordLookup::Absent { .. }, _) => Ok(None),
        (_, Some(Ok(fetched))) => Ok(Some(fetched.text.replace("\r\n", "\n"))),
        (_, Some(Err(error))) => Err((error.result_type().as_str().into(), error.reason_code().into())),
        (record, None) => {
            Err(("sts-policy-fetch-error".into(), record.reason_code().unwrap_or_default().into()))
        }
    }
}

/// The same as the table has it.
fn expected_policy(expect: &Expect) -> Result<Option<String>, (String, String)> {
    let Expect::Receiving(receiving) = expect else { return Ok(None) };
    let domain = receiving.results.iter().find(|result| result.kind == ResultKind::Domain);
    let Some(sts) = domain.filter(|result| result.policy_type == PolicyType::Sts) else { return Ok(None) };
    match sts.details.iter().find(|detail| detail.result.as_str().starts_with("sts-")) {
        Some(detail) => Err((detail.result.to_string(), detail.reason.clone())),
        None => Ok(Some(sts.policy_string.join("\n") + "\n")),
    }
}

#[tokio::test]
async fn every_policy_host_serves_what_its_row_says() {
    let world = World::new();
    for receiver in all() {
        let domain = &receiver.domain;
        assert_eq!(policy(&world, &domain.name).await, expected_policy(&domain.expect), "{}", domain.name);
    }
}

#[tokio::test]
async fn steps_change_names_hosts_and_policies() {
    let world = World::new();
    let (changed, gone, silent) = ("sts-changed-id.lab.test", "sts-gone.lab.test", "rua-vanishes.lab.test");
    let step = world.lab.step(changed).unwrap();
    assert_eq!(policy(&world, changed).await, expected_policy(&step.expect));
    assert_eq!(world.hosts(changed).await.first().unwrap().0, "next.sts-changed-id.lab.test");
    assert_eq!(world.deliver(changed, TlsMode::RequiredStartTls).await, Ok(()));
    assert_eq!(world.lab.next_step(gone), world.lab.step(gone));
    assert_eq!(policy(&world, gone).await, Ok(None), "whoever keeps it keeps it");
    let zones: &dyn Resolver = &*world.lab.resolver;
    let record = || zones.lookup_txt("_smtp._tls.rua-vanishes.lab.test");
    assert!(record().await.is_ok());
    world.lab.step(silent).unwrap();
    assert!(record().await.unwrap_err().is_no_records());
    assert_eq!(world.deliver(silent, TlsMode::Opportunistic).await, Ok(()));
    let dmarc = "dmarc-rua-vanishes.lab.test";
    world.lab.step(dmarc).unwrap();
    assert!(zones.lookup_txt(&format!("_dmarc.{dmarc}")).await.unwrap_err().is_no_records());
    assert_eq!((world.lab.steps_made(dmarc), world.lab.steps_made(changed)), (1, 1));
    assert_eq!(world.lab.steps_made("sts-gone-none.lab.test"), 0);
    assert_eq!(world.lab.step(gone), Err(StepError::Last(gone.to_owned())));
    assert_eq!(world.lab.step("x.lab.test"), Err(StepError::Unknown("x.lab.test".to_owned())));
}

#[tokio::test]
async fn reports_are_taken_refused_redirected_or_go_nowhere() {
    let world = World::new();
    assert_eq!(world.post("https://rua.lab.test/tlsrpt").await.unwrap(), 200);
    let url = "https://rua-500.lab.test/tlsrpt";
    assert_eq!(world.post(url).await.unwrap(), 500);
    assert_eq!(world.post(url).await.unwrap(), 200);
    assert_eq!(world.post("https://rua-redirect.lab.test/tlsrpt").await.unwrap(), 307);
    let refused = world.post("https://rua.loopback-rua.lab.test/tlsrpt").await.unwrap_err();
    assert!(matches!(refused, mox_https::Error::Refused { kind: "loopback", .. }), "{refused}");
    let client = Client { egress: Egress::Public { allow: Vec::new() }, ..world.web() };
    let url: Url = "https://rua.lab.test/tlsrpt".parse().unwrap();
    assert!(client.post(&url, "text/plain", "x".into()).await.is_err(), "the guard has to let the lab in");
    assert_eq!(world.web().get(&url).await.unwrap().status, 405);
    let posts = world.kept.posts.lock().unwrap();
    let hosts: Vec<&str> = posts.iter().map(|posted| posted.host.as_str()).collect();
    assert_eq!(hosts, ["rua.lab.test", "rua-500.lab.test"]);
    let first = posts.first().unwrap();
    assert_eq!(
        (first.path.as_str(), first.media_type.as_str(), &first.bytes[..]),
        ("/tlsrpt", "application/tlsrpt+gzip", &b"a report"[..])
    );
}

#[tokio::test]
async fn reports_by_mail_arrive() {
    let world = World::new();
    assert_eq!(world.deliver("rua.lab.test", TlsMode::RequiredStartTls).await, Ok(()));
    assert_eq!(world.kept.mail.lock().unwrap().first().unwrap().host, "rua.lab.test");
    let records = all().iter().filter(|receiver| !receiver.row.rua.is_empty());
    for receiver in records {
        let found = mox_tlsrpt::lookup_record(&*world.lab.resolver, &receiver.name.parse().unwrap()).await;
        assert!(found.record().is_some(), "{}: {found:?}", receiver.name);
    }
}

#[tokio::test]
async fn time_moves_when_nobody_is_connected() {
    let world = World::new();
    let session = world.open("nopolicy-plain.lab.test", TlsMode::Opportunistic, Verify::NONE).await.unwrap();
    let before = world.lab.clock.now();
    let advance = world.lab.advance(Duration::from_secs(86_400));
    let end = async {
        idle().await;
        assert_eq!(world.lab.clock.now(), before, "somebody is connected");
        session.quit().await;
    };
    tokio::join!(advance, end);
    assert_eq!(world.lab.clock.now(), before.plus(Duration::from_secs(86_400)));
    // Certificates outlast it.
    world.lab.advance(Duration::from_secs(10 * 365 * 86_400)).await;
    world.open("sts-ok.lab.test", TlsMode::RequiredStartTls, Verify::PKIX).await.unwrap().quit().await;
}

#[tokio::test]
async fn one_stranger_agrees_to_dmarc_reports_and_one_does_not() {
    let world = World::new();
    let zones: &dyn Resolver = &*world.lab.resolver;
    for (from, to, agrees) in [
        ("dmarc-rua-authorised", "rua", true),
        ("dmarc-rua-unauthorised", "stranger", false),
        ("dmarc-loop-a", "dmarc-loop-b", true),
        ("dmarc-loop-b", "dmarc-loop-a", true),
    ] {
        let policy = zones.lookup_txt(&format!("_dmarc.{from}.lab.test")).await.unwrap().records.remove(0);
        assert!(policy.ends_with(&format!("rua=mailto:dmarc@{to}.lab.test")), "{policy}");
        let consent = zones.lookup_txt(&format!("{from}.lab.test._report._dmarc.{to}.lab.test")).await;
        assert_eq!(consent.is_ok(), agrees, "{from}");
        assert!(!world.hosts(&format!("{to}.lab.test")).await.is_empty(), "{to} has a host");
    }
}

/// Sends bytes to whoever listens there, and hears the answer to its end.
async fn say(world: &World, address: &str, bytes: &[u8]) -> Vec<u8> {
    let dialed = world.lab.dial.dial(address.parse().unwrap(), None, Duration::from_secs(1)).await;
    let (mut heard, mut io) = (Vec::new(), dialed.unwrap());
    let (mut read, mut write) = tokio::io::split(&mut io.io);
    let send = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let _ = tokio::join!(send, read.read_to_end(&mut heard));
    heard
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
    #[test]
    fn hosts_answer_whatever_is_said_and_end(
        lines in proptest::collection::vec("(?s)(MAIL FROM:<.*>|RCPT TO:<.*>|DATA|EHLO x|RSET|QUIT|\\.|.*)\r?\n", 0..12),
        host in 10u8..80,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            static LIMIT: usize = 20_000;
            let world = World::new();
            let text: Vec<u8> = lines.concat().into_bytes();
            for address in [format!("198.51.100.{host}:25"), "198.51.100.2:443".to_owned()] {
                let heard = say(&world, &address, &text).await;
                assert!(heard.len() < LIMIT, "{address}: {}", heard.len());
            }
            assert!(world.lab.dial.world.quiet(Duration::from_secs(1)).await.is_some());
        });
    }
}
