//! Reports at the MX port, by a handler over a real store, with keys in simulated DNS: those about TLS that arrive here,
//! those about DMARC in [`dmarc`], and what DMARC reports will tell in [`evaluations`].

mod dmarc;
mod evaluations;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_config::{Config, Handle};
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_dns::sim::SimResolver;
use mox_message::body::encode_base64;
use mox_queue::{
    BoxFuture, Leaving, NoReporting, OpenFailure, Opened, Options, Outbound, Queue, Route, Router, Seams,
    Target,
};
use mox_reports::Reports;
use mox_reports::receive::Receiver;
use mox_smtp::{Command, Envelope, Findings, ForwardPath, Syntax};
use mox_smtpserver::{Cid, Handler, Port, Session};
use mox_store::Store;
use mox_telemetry::Metrics;
use tempfile::TempDir;

use crate::*;

mod returned;
mod strangers;

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
HostTLSRPT:
	Account: amy
	Mailbox: HostReports
	Localpart: tls-host
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
	here.example:
		TLSRPT:
			Localpart: tlsreports
			Account: amy
			Mailbox: TLSRPT
		DMARC:
			Localpart: dmarcreports
			Account: amy
			Mailbox: DMARC
Accounts:
	amy:
		Domain: here.example
		Destinations:
			amy@here.example: nil
";

const NOW: Timestamp = Timestamp::from_secs(1_795_694_400);

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

/// A report engine that sends nothing.
fn engine(store: &Store, config: &Arc<Handle>, clock: &Arc<SimClock>, metrics: &Arc<Metrics>) -> Reports {
    let random = Arc::new(SimRandom::new(8));
    let web = mox_https::Client {
        resolver: Arc::new(SimResolver::default()),
        dial: Arc::new(mox_net::sim::SimNet::new(clock.clone())),
        clock: clock.clone(),
        roots: Arc::new(mox_tls::RootCertStore::empty()),
        egress: mox_https::Egress::Public { allow: Vec::new() },
        limits: mox_https::Limits::default(),
        user_agent: "mox/test".to_owned(),
    };
    let seams = mox_reports::Seams {
        resolver: web.resolver.clone(),
        web,
        clock: clock.clone(),
        random,
        faults: Arc::new(mox_platform::faults::NoFaults),
        metrics: metrics.clone(),
    };
    Reports::new(store.clone(), seams, mox_reports::Options::new(config.clone()))
}

/// A server, and the keys of those who write to it.
struct Scene {
    handler: MxHandler,
    key: Arc<SigningKey>,
    _dir: TempDir,
}

impl Scene {
    fn new() -> Scene {
        Scene::with(SERVER, DOMAINS, "")
    }

    fn with(server: &str, domains: &str, names: &str) -> Scene {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(SimClock::new(NOW));
        let random = Arc::new(SimRandom::new(7));
        let key = Arc::new(SigningKey::generate_ed25519().unwrap());
        let config = Config::parse(Path::new("mox.conf"), server, domains).unwrap();
        let hostname = config.server.hostname.clone();
        let rates = Rates::new(&config.server.limits, clock.clone());
        let config = Arc::new(Handle::new(config));
        let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config.clone()));
        let schemas = [mox_queue::SCHEMA, mox_reports::SCHEMA, mox_reports::RECEIVED_SCHEMA];
        let store = Store::open(dir.path(), &schemas, clock.clone(), random.clone()).unwrap();
        let metrics = Arc::new(Metrics::new(NOW));
        let seams = Seams {
            router: Arc::new(Nowhere),
            local: Arc::new(Notices::new(recipients.clone())),
            reporting: Arc::new(NoReporting),
            outbound: Arc::new(Nowhere),
            clock: clock.clone(),
            random: random.clone(),
            faults: std::sync::Arc::new(mox_platform::faults::NoFaults),
            metrics: metrics.clone(),
        };
        let queue = Queue::new(store.clone(), Options::new(hostname.ascii()), seams);
        let engine = Some(engine(&store, &config, &clock, &metrics));
        let resolver = zone(&key);
        resolver.add(names).unwrap();
        let authenticator = Authenticator {
            resolver: Arc::new(resolver),
            dns: None,
            clock: clock.clone(),
            hostname: hostname.clone(),
            client_ip: None,
            patience: Duration::from_secs(60),
            blocklists: Blocklists::default(),
            metrics: metrics.clone(),
        };
        let handler = MxHandler {
            recipients,
            delivery: Delivery::new(store, queue, hostname),
            rates,
            resolver: None,
            authenticator: Some(Arc::new(authenticator)),
            reports: Some(Receiver::new(config, metrics)),
            engine,
            strangers: Strangers::default(),
            enforce: true,
            random,
            clock,
            received_max: 50,
            lift_for_loopback: true,
            pedantic: false,
        };
        Scene { handler, key, _dir: dir }
    }

    fn signed(&self, domain: &str, selector: &str, message: &str) -> String {
        let options = SignOptions::new(domain.parse().unwrap(), selector);
        let mut signer = Signer::new(vec![(options, self.key.clone())]);
        signer.write(message.as_bytes());
        format!("{}{message}", signer.finish(NOW).unwrap())
    }

    /// Brings a message; the reply.
    async fn bring(&self, to: &str, message: &str) -> String {
        self.bring_from("127.0.0.1", "tls@sender.example", &[to], message).await
    }

    /// The same from an address, with a reverse-path, to several.
    async fn bring_from(&self, ip: &str, mail_from: &str, to: &[&str], message: &str) -> String {
        let session = Session {
            cid: Cid::from_number(1),
            port: Port::Mx,
            remote: (ip.parse::<std::net::IpAddr>().unwrap(), 4000).into(),
            local: "127.0.0.1:25".parse().unwrap(),
            started: NOW,
            hello: Some("mail.sender.example".into()),
            esmtp: true,
            tls: None,
            account: None,
            transcript: None,
        };
        let mail = match Command::parse(format!("MAIL FROM:<{mail_from}>").as_bytes(), Syntax::Lenient) {
            Ok(Command::Mail(mail)) => mail,
            other => panic!("{other:?}"),
        };
        let rcpt = |to: &&str| match Command::parse(format!("RCPT TO:<{to}>").as_bytes(), Syntax::Lenient) {
            Ok(Command::Rcpt(rcpt)) => rcpt,
            other => panic!("{other:?}"),
        };
        let envelope = Envelope { mail, rcpts: to.iter().map(rcpt).collect() };
        let mut body = self.handler.begin(&session, &envelope).await.unwrap();
        body.write(message.as_bytes()).unwrap();
        self.handler.message(&session, envelope, body, Findings::default()).await.to_string()
    }

    fn texts(&self, sql: &'static str) -> Vec<String> {
        let read = |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let mut statement = tx.conn().prepare(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok::<_, mox_store::Error>(rows.collect::<Result<_, _>>()?)
        };
        self.handler.delivery.store().read_blocking(read).unwrap()
    }

    /// Mailbox of the last message, and what its header says of the report.
    fn last(&self) -> (String, String) {
        let newest = "FROM message m JOIN mailbox b USING (mailbox_id) JOIN trace t USING (message_id)
            ORDER BY m.message_id DESC LIMIT 1";
        let one = |column: &str| {
            let sql: &'static str = match column {
                "name" => Box::leak(format!("SELECT b.name {newest}").into_boxed_str()),
                _ => Box::leak(format!("SELECT CAST(t.prefix AS TEXT) {newest}").into_boxed_str()),
            };
            self.texts(sql).pop().unwrap_or_default()
        };
        let prefix = one("prefix");
        let names = ["X-Mox-TLSReport-Error: ", "X-Mox-DMARCReport-Error: "];
        let told = |line| names.iter().find_map(|name| str::strip_prefix(line, *name));
        let error = prefix.lines().find_map(told);
        (one("name"), error.unwrap_or_default().to_owned())
    }

    fn kept(&self) -> Vec<String> {
        self.texts("SELECT sender || ' ' || policy_domain || ' ' || name FROM report_in ORDER BY report_id")
    }
}

/// The key of `sender.example` for any service, and for one service alone; and that of somebody else.
fn zone(key: &SigningKey) -> SimResolver {
    let record = key.record().unwrap().to_string();
    let (mail, tls) = (format!("{record}; s=email"), format!("{record}; s=tlsrpt"));
    SimResolver::from_zone(&format!(
        "any._domainkey.sender.example TXT \"{record}\"\n\
         mail._domainkey.sender.example TXT \"{mail}\"\n\
         tls._domainkey.sender.example TXT \"{tls}\"\n\
         any._domainkey.reports.sender.example TXT \"{record}\"\n\
         any._domainkey.other.example TXT \"{record}\"\n\
         _dmarc.sender.example TXT \"v=DMARC1; p=none\"\n"
    ))
    .unwrap()
}

fn document(id: &str, policy_domain: &str) -> String {
    format!(
        r#"{{"organization-name":"Sender","date-range":{{"start-datetime":"2026-11-25T00:00:00Z",
        "end-datetime":"2026-11-25T23:59:59Z"}},"contact-info":"tls@sender.example","report-id":"{id}",
        "policies":[{{"policy":{{"policy-type":"sts","policy-domain":"{policy_domain}"}},
        "summary":{{"total-successful-session-count":1,"total-failure-session-count":0}}}}]}}"#
    )
}

fn message_of(from: &str, document: &str) -> String {
    let part = encode_base64(document.as_bytes());
    format!(
        "From: <{from}>\r\nTo: <tlsreports@here.example>\r\nSubject: report\r\nTLS-Report-Domain: here.example\r\n\
         TLS-Report-Submitter: sender.example\r\nMIME-Version: 1.0\r\nContent-Type: application/tlsrpt+json\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{part}\r\n"
    )
}

#[tokio::test]
async fn reports_are_kept_when_proved_and_all_mail_is_delivered() {
    let scene = Scene::new();
    let report = |id: &str, domain: &str| message_of("tls@sender.example", &document(id, domain));
    let sub = |id: &str| message_of("tls@reports.sender.example", &document(id, "here.example"));
    let (tls, host) = ("tlsreports@here.example", "tls-host@mx.here.example");
    for (name, to, message, kept, mailbox, error) in [
        ("good", tls, scene.signed("sender.example", "any", &report("1", "here.example")), 1, "TLSRPT", ""),
        ("a copy", tls, scene.signed("sender.example", "any", &report("1", "here.example")), 0, "TLSRPT", ""),
        (
            "key for reports",
            tls,
            scene.signed("sender.example", "tls", &report("2", "here.example")),
            1,
            "TLSRPT",
            "",
        ),
        ("organization signs", tls, scene.signed("sender.example", "any", &sub("3")), 1, "TLSRPT", ""),
        ("subdomain signs", tls, scene.signed("reports.sender.example", "any", &sub("4")), 1, "TLSRPT", ""),
        (
            "host",
            host,
            scene.signed("sender.example", "any", &report("5", "mx.here.example")),
            1,
            "HostReports",
            "",
        ),
        (
            "key for mail",
            tls,
            scene.signed("sender.example", "mail", &report("6", "here.example")),
            0,
            "TLSRPT",
            "no DKIM signature passes: permerror",
        ),
        ("unsigned", tls, report("7", "here.example"), 0, "TLSRPT", "the message has no DKIM signature"),
        (
            "somebody else",
            tls,
            scene.signed("other.example", "any", &report("8", "here.example")),
            0,
            "TLSRPT",
            "the DKIM signature is of other.example, and From is of sender.example",
        ),
        (
            "child signs for parent",
            tls,
            scene.signed("reports.sender.example", "any", &report("9", "here.example")),
            0,
            "TLSRPT",
            "the DKIM signature is of reports.sender.example, and From is of sender.example",
        ),
        (
            "stranger's domain",
            tls,
            scene.signed("sender.example", "any", &report("10", "stranger.example")),
            0,
            "TLSRPT",
            "the report is about no domain of this server: stranger.example",
        ),
        (
            "changed on the way",
            tls,
            scene
                .signed("sender.example", "any", &report("11", "here.example"))
                .replace("Subject: r", "Subject: R"),
            0,
            "TLSRPT",
            "no DKIM signature passes: fail",
        ),
        (
            "no report",
            tls,
            scene.signed("sender.example", "any", "From: <a@sender.example>\r\n\r\nhello\r\n"),
            0,
            "TLSRPT",
            "no TLS report in it",
        ),
        (
            "other address",
            "amy@here.example",
            scene.signed("sender.example", "any", &report("12", "here.example")),
            0,
            "Inbox",
            "",
        ),
    ] {
        let before = scene.kept().len();
        let reply = scene.bring(to, &message).await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        let (found, why) = scene.last();
        assert_eq!((scene.kept().len() - before, found.as_str()), (kept, mailbox), "{name}");
        assert!(why.starts_with(error) && why.is_empty() == error.is_empty(), "{name}: {why}");
    }
    assert_eq!(scene.kept()[0], "sender.example here.example 1");
    let named =
        scene.texts("SELECT CAST(r.message_id AS TEXT) FROM report_in r JOIN message USING (message_id)");
    assert_eq!(named.len(), scene.kept().len(), "each names the message that brought it");
}

#[tokio::test]
async fn a_report_is_found_in_mail_of_any_size() {
    let scene = Scene::new();
    // Text that no compressor makes small: the message lies in a file.
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{state:016x}")
    });
    let noise: String = noise.take(30_000).collect();
    let large = document("1", "here.example").replace("Sender", &noise);
    let message = scene.signed("sender.example", "any", &message_of("tls@sender.example", &large));
    assert!(message.len() > 500_000);
    assert!(scene.bring("tlsreports@here.example", &message).await.starts_with("250 "));
    assert_eq!((scene.kept().len(), scene.last().1.as_str()), (1, ""));
}

#[test]
fn reports_are_taken_without_tls() {
    let path = |to: &str| match Command::parse(format!("RCPT TO:<{to}>").as_bytes(), Syntax::Lenient) {
        Ok(Command::Rcpt(rcpt)) => rcpt.forward_path,
        other => panic!("{other:?}"),
    };
    let recipients = |server: &str, domains: &str| {
        Configured::new(Arc::new(Handle::new(Config::parse(Path::new("mox.conf"), server, domains).unwrap())))
    };
    let all = recipients(SERVER, DOMAINS);
    assert!(all.takes_without_tls(None));
    for (to, expected) in [
        ("tlsreports@here.example", true),
        ("tls-host@mx.here.example", true),
        ("amy@here.example", false),
        ("dmarcreports@here.example", false),
        ("nobody@here.example", false),
        ("tlsreports@elsewhere.example", false),
    ] {
        assert_eq!(all.takes_without_tls(Some(&path(to))), expected, "{to}");
    }
    assert!(!all.takes_without_tls(Some(&ForwardPath::Postmaster)));
    let host = "HostTLSRPT:\n\tAccount: amy\n\tMailbox: HostReports\n\tLocalpart: tls-host\n";
    let server = SERVER.replace(host, "");
    let domains = "Domains:\n\there.example: nil\nAccounts:\n\tamy:\n\t\tDomain: here.example\n";
    assert!(!recipients(&server, domains).takes_without_tls(None));
}
