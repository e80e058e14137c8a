//! The way in on a message of every sender: what is counted for its DMARC report is what the table says, on a server
//! that follows policies and on one that only records.

use std::path::Path;

use mox_config::{Config, Handle};
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_dmarc::{Destination, Wanted, destinations, discover};
use mox_dmarcrpt::Record;
use mox_inbound::{Authenticator, Blocklists, Configured, Delivery, MxHandler, Notices, Rates, Recipients};
use mox_queue::{Leaving, NoReporting, OpenFailure, Opened, Outbound, Queue, Route, Router, Seams, Target};
use mox_reports::Reports;
use mox_smtp::{Command, Envelope, Findings, Syntax};
use mox_smtpserver::{Cid, Handler, Port};
use mox_store::Store;
use mox_telemetry::Metrics;

use super::*;

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
Listeners:
	local:
		IPs:
			- 127.0.0.1
Postmaster:
	Account: amy
	Mailbox: Inbox
";

const DOMAINS: &str = "\
Domains:
	here.example: nil
Accounts:
	amy:
		Domain: here.example
		Destinations:
			amy@here.example: nil
";

/// Nothing leaves.
struct Nowhere;

impl Router for Nowhere {
    fn route(&self, _: &Leaving<'_>) -> Route {
        Route::Direct(mox_queue::DirectOptions::default())
    }
}

impl Outbound for Nowhere {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

/// A server that asks the lab for names.
struct Server {
    handler: MxHandler,
    now: Timestamp,
    _dir: tempfile::TempDir,
}

impl Server {
    fn new(world: &World, enforce: bool) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(world.sim.clone());
        let random = Arc::new(SimRandom::new(3));
        let metrics = Arc::new(Metrics::new(clock.now()));
        let config = Config::parse(Path::new("mox.conf"), SERVER, DOMAINS).unwrap();
        let hostname = config.server.hostname.clone();
        let rates = Rates::new(&config.server.limits, clock.clone());
        let config = Arc::new(Handle::new(config));
        let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config.clone()));
        let schemas = [mox_queue::SCHEMA, mox_reports::SCHEMA];
        let store = Store::open(dir.path(), &schemas, clock.clone(), random.clone()).unwrap();
        let seams = Seams {
            router: Arc::new(Nowhere),
            local: Arc::new(Notices::new(recipients.clone())),
            reporting: Arc::new(NoReporting),
            outbound: Arc::new(Nowhere),
            clock: clock.clone(),
            random: random.clone(),
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: metrics.clone(),
        };
        let queue = Queue::new(store.clone(), mox_queue::Options::new(hostname.ascii()), seams);
        let seams = mox_reports::Seams {
            resolver: world.lab.resolver.clone(),
            web: world.web(),
            clock: clock.clone(),
            random: random.clone(),
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: metrics.clone(),
        };
        let reports = Reports::new(store.clone(), seams, mox_reports::Options::new(config));
        let authenticator = Authenticator {
            resolver: world.lab.resolver.clone(),
            dns: None,
            clock: clock.clone(),
            hostname: hostname.clone(),
            client_ip: None,
            patience: Duration::from_secs(60),
            blocklists: Blocklists::default(),
            metrics,
        };
        let now = clock.now();
        let handler = MxHandler {
            recipients,
            delivery: Delivery::new(store, queue, hostname),
            rates,
            resolver: None,
            authenticator: Some(Arc::new(authenticator)),
            reports: None,
            engine: Some(reports),
            strangers: mox_inbound::Strangers::default(),
            enforce,
            random,
            clock,
            received_max: 50,
            lift_for_loopback: true,
            pedantic: false,
        };
        Server { handler, now, _dir: dir }
    }

    /// Brings a message of a sender; the code of the reply.
    async fn bring(&self, name: &str, sending: &Sending) -> String {
        let session = mox_smtpserver::Session {
            cid: Cid::from_number(1),
            port: Port::Mx,
            remote: "127.0.0.1:4000".parse().unwrap(),
            local: "127.0.0.1:25".parse().unwrap(),
            started: self.now,
            hello: Some("client.lab.test".into()),
            esmtp: true,
            tls: None,
            account: None,
            transcript: None,
        };
        let mail = format!("MAIL FROM:<amy@{}>", sending.mail_from.unwrap_or(name));
        let Ok(Command::Mail(mail)) = Command::parse(mail.as_bytes(), Syntax::Lenient) else { panic!() };
        let rcpt = Command::parse(b"RCPT TO:<amy@here.example>", Syntax::Lenient);
        let Ok(Command::Rcpt(rcpt)) = rcpt else { panic!() };
        let envelope = Envelope { mail, rcpts: vec![rcpt] };
        let mut message = format!("From: <amy@{name}>\r\nSubject: {name}\r\n\r\nhello\r\n");
        if let Some(domain) = sending.signed {
            let key = SigningKey::from_pem(DKIM_KEY.as_bytes()).unwrap();
            let options = SignOptions::new(domain.parse().unwrap(), SELECTOR);
            let mut signer = Signer::new(vec![(options, Arc::new(key))]);
            signer.write(message.as_bytes());
            message.insert_str(0, &signer.finish(self.now).unwrap());
        }
        let mut body = self.handler.begin(&session, &envelope).await.unwrap();
        body.write(message.as_bytes()).unwrap();
        let reply = self.handler.message(&session, envelope, body, Findings::default()).await.to_string();
        reply.chars().take(3).collect()
    }

    /// What is counted, with the policy domains, and then forgotten.
    async fn take_rows(&self) -> Vec<(String, Record)> {
        let store = self.handler.delivery.store();
        let read = |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let sql = "SELECT policy_domain, record FROM dmarc_row JOIN dmarc_policy USING (policy_id)";
            let mut statement = tx.conn().prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            Ok::<_, mox_store::Error>(rows.collect::<Result<Vec<(String, String)>, _>>()?)
        };
        let rows = store.read_blocking(read).unwrap();
        let forget = store.write(|_, tx| {
            tx.conn().execute_batch("DELETE FROM dmarc_row; DELETE FROM dmarc_policy")?;
            Ok::<_, mox_store::Error>(())
        });
        forget.await.unwrap();
        rows.into_iter().map(|(domain, json)| (domain, serde_json::from_str(&json).unwrap())).collect()
    }
}

/// A row in the words of the table.
fn told(domain: &str, record: &Record) -> String {
    let word = |passed| if passed { "pass" } else { "fail" };
    let reasons: Vec<&str> = record.reasons.iter().map(|reason| reason.kind.keyword()).collect();
    format!(
        "{domain}: {} for {reasons:?}, dkim {}, spf {}",
        record.disposition,
        word(record.dkim),
        word(record.spf)
    )
}

/// The row that the table promises.
fn expected(report: &Reported, disposed: Disposed) -> String {
    let Reported { policy_domain, dkim, spf, .. } = report;
    format!("{policy_domain}: {} for {:?}, dkim {dkim}, spf {spf}", disposed.disposition, disposed.reasons)
}

/// All senders, and what to expect of each.
fn senders() -> impl Iterator<Item = (&'static str, Sending)> {
    domains().iter().filter_map(|domain| match domain.expect {
        Expect::Sending(sending) => Some((domain.name.as_str(), sending)),
        Expect::Receiving(_) => None,
    })
}

#[tokio::test]
async fn every_sender_is_told_of_as_its_row_says() {
    let world = World::new();
    for enforce in [true, false] {
        let server = Server::new(&world, enforce);
        for (name, sending) in senders() {
            let code = match sending.decision {
                "reject" if enforce => "550",
                "defer" if enforce => "451",
                _ => "250",
            };
            assert_eq!(server.bring(name, &sending).await, code, "{name}, enforced: {enforce}");
            let disposed = |report: &Reported| if enforce { report.enforced } else { Some(report.recorded) };
            let report = sending.report.as_ref();
            let wanted: Vec<String> =
                report.and_then(|report| Some(expected(report, disposed(report)?))).into_iter().collect();
            let rows = server.take_rows().await;
            let rows: Vec<String> = rows.iter().map(|(domain, record)| told(domain, record)).collect();
            assert_eq!(rows, wanted, "{name}, enforced: {enforce}");
        }
    }
}

/// Each way in which a row can end is in the table.
#[test]
fn the_table_has_every_kind_of_row() {
    let reports: Vec<Reported> = senders().filter_map(|(_, sending)| sending.report).collect();
    for disposition in ["none", "pass", "quarantine", "reject"] {
        let has = |report: &Reported| report.enforced.is_some_and(|done| done.disposition == disposition);
        assert!(reports.iter().any(has), "{disposition}");
    }
    for reason in ["local_policy", "policy_test_mode", "other"] {
        assert!(reports.iter().any(|report| report.recorded.reasons.contains(&reason)), "{reason}");
    }
    for (dkim, spf) in [("pass", "fail"), ("fail", "pass"), ("fail", "fail")] {
        assert!(reports.iter().any(|report| (report.dkim, report.spf) == (dkim, spf)), "{dkim} {spf}");
    }
}

/// Who is told of wants reports, and all but those whose point it is get them somewhere in the lab.
#[tokio::test]
async fn reports_about_senders_have_a_destination() {
    let world = World::new();
    let zones: &dyn Resolver = &*world.lab.resolver;
    for (name, sending) in senders() {
        let found = discover(zones, &name.parse().unwrap()).await;
        let wants = found.record.as_ref().is_some_and(|published| !published.record.rua.is_empty());
        assert_eq!(wants, sending.report.is_some(), "{name}");
        let (Some(published), Some(policy_domain)) = (found.record, found.policy_domain) else { continue };
        let all: Vec<Destination> = destinations(zones, &policy_domain, &published.record).await;
        let agreed = all.iter().any(|one| one.tag == Wanted::Rua && !one.send_to.is_empty());
        let refused = ["dmarc-rua-unauthorised.lab.test", "dmarc-rua-gone.lab.test"].contains(&name);
        assert_eq!(agreed, wants && !refused, "{name}");
    }
}
