//! A server that is well, and everything that may be wrong with one, each alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{CertificateRow, QueueCounts, ReportFamily, StatusReport};
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_config::Config;
use mox_dns::sim::SimResolver;
use mox_dnscheck::{Severity, World};
use mox_platform::files::{Access, write_durably};

use crate::{Arrived, Examined, Patient, Repair, Running, examine};

const NOW: i64 = 1_800_000_000;

struct Case {
    folder: tempfile::TempDir,
    clock: Arc<SimClock>,
    fresh: bool,
}

impl Case {
    fn new() -> Case {
        let case = Case {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(SimClock::new(Timestamp::from_secs(NOW))),
            fresh: false,
        };
        case.certificate("mail.example.org", 90);
        case
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn certificate(&self, name: &str, days: u64) {
        let lifetime = Duration::from_secs(days * 86_400);
        let made = mox_tls::self_signed(&[name], self.clock.now(), lifetime).unwrap();
        write_durably(&self.path("a.crt"), made.cert_pem.as_bytes(), Access::Private).unwrap();
        write_durably(&self.path("a.key"), made.key_pem.as_bytes(), Access::Private).unwrap();
    }

    fn config(&self) -> Config {
        let server = "DataDir: data\nHostname: mail.example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 192.0.2.1\n\t\tTLS:\n\t\t\tKeyCerts:\n\t\t\t\t-\n\t\t\t\t\tCertFile: a.crt\n\t\t\t\t\tKeyFile: a.key\n\t\tSMTP:\n\t\t\tEnabled: true\nPostmaster:\n\tAccount: amy\n\tMailbox: Inbox\n";
        let dynamic = "Domains:\n\texample.org: nil\nAccounts:\n\tamy:\n\t\tDomain: example.org\n";
        Config::parse(&self.path("mox.conf"), server, dynamic).unwrap_or_else(|e| panic!("{e}"))
    }

    fn world(&self) -> World {
        World {
            resolver: Arc::new(SimResolver::default()),
            dial: Arc::new(mox_net::sim::SimNet::new(self.clock.clone())),
            web: Arc::new(Nowhere),
            reachable: Vec::new(),
            roots: Arc::new(mox_tls::RootCertStore::empty()),
            clock: self.clock.clone(),
            random: Arc::new(SimRandom::new(1)),
        }
    }

    async fn examine(&self, running: Option<&Running>) -> Examined {
        let (world, config) = (self.world(), self.config());
        let patient = Patient {
            config: &config,
            running,
            world: &world,
            online: false,
            version: "1.0",
            fresh: self.fresh,
        };
        examine(&patient).await
    }
}

struct Nowhere;

impl mox_mtasts::Fetch for Nowhere {
    fn get<'a>(
        &'a self,
        _: &'a mox_https::Url,
    ) -> mox_dns::BoxFuture<'a, Result<mox_https::Response, mox_https::Error>> {
        Box::pin(std::future::pending())
    }
}

fn running() -> Running {
    let status = StatusReport {
        version: "1.0".to_owned(),
        pid: 7,
        started: Time(Timestamp::from_secs(NOW)),
        config: None,
        data_dir: String::new(),
        listeners: Vec::new(),
        accounts: 1,
        messages: 0,
        unindexed: 0,
        queue: QueueCounts::default(),
        connections: 0,
        disk_free: None,
        config_error: None,
    };
    Running {
        status,
        queue: Vec::new(),
        history: Vec::new(),
        problems: Vec::new(),
        arrived: Vec::new(),
        certificates: Vec::new(),
    }
}

fn problems(all: &Examined) -> Vec<&'static str> {
    let bad = all.findings.iter().filter(|finding| finding.severity.is_problem());
    bad.map(|finding| finding.id).collect()
}

#[tokio::test]
async fn a_server_that_does_not_run_is_told() {
    let all = Case::new().examine(None).await;
    assert_eq!(problems(&all), ["not-running"], "{:?}", all.findings);
    assert!(all.findings.iter().all(|finding| !finding.severity.is_problem() || finding.fix.is_some()));
}

#[tokio::test]
async fn a_server_that_was_never_started_is_no_problem() {
    let all = Case { fresh: true, ..Case::new() }.examine(None).await;
    assert_eq!(problems(&all), [""; 0], "{:?}", all.findings);
    let told = all.findings.iter().find(|finding| finding.id == "not-running").unwrap();
    assert_eq!(told.severity, Severity::Info);
}

#[tokio::test]
async fn certificates_end_and_are_for_names() {
    let case = Case::new();
    case.certificate("other.example.org", 5);
    assert_eq!(problems(&case.examine(None).await), ["certificate-ends", "certificate-name", "not-running"]);
    case.certificate("*.example.org", 60);
    assert_eq!(problems(&case.examine(None).await), ["not-running"]);
    std::fs::write(case.path("a.key"), "no key").unwrap();
    assert!(problems(&case.examine(None).await).contains(&"certificate-unusable"));
    std::fs::remove_file(case.path("a.key")).unwrap();
    assert!(problems(&case.examine(None).await).contains(&"file-missing"));
}

#[tokio::test]
async fn what_a_running_server_tells_is_judged() {
    let case = Case::new();
    // Nobody answers on the port of the listener.
    assert_eq!(problems(&case.examine(Some(&running())).await), ["port-closed"]);
    let mut old = running();
    old.status.version = "0.9".to_owned();
    old.status.config_error = Some("bad".to_owned());
    let all = case.examine(Some(&old)).await;
    assert_eq!(problems(&all), ["config-not-taken", "port-closed", "version-differs"]);
    assert_eq!(all.findings[0].severity, Severity::Error);
}

fn issued(end: Option<i64>, error: Option<&str>, essential: bool) -> CertificateRow {
    let time = |days: i64| Time(Timestamp::from_secs(NOW + days * 86_400 + 60));
    CertificateRow {
        authority: "letsencrypt".to_owned(),
        name: "mail.example.org".to_owned(),
        key: "ecdsap256".to_owned(),
        essential,
        not_after: end.map(time),
        renew_at: end.map(|days| time(days - 30)),
        error: error.map(str::to_owned),
        ..CertificateRow::default()
    }
}

#[tokio::test]
async fn certificates_of_authorities_are_judged() {
    let case = Case::new();
    for (row, expected) in [
        (issued(Some(60), None, true), &[][..]),
        (issued(Some(60), Some("403"), true), &["certificate-failing"]),
        (issued(Some(5), None, true), &["certificate-ends"]),
        (issued(Some(-1), Some("403"), true), &["certificate-expired"]),
        (issued(None, Some("403"), true), &["certificate-none"]),
        (issued(None, Some("403"), false), &["certificate-failing"]),
        (issued(None, None, true), &[]),
        (issued(None, None, false), &[]),
    ] {
        let server = Running { certificates: vec![row.clone()], ..running() };
        let all = case.examine(Some(&server)).await;
        let found: Vec<_> = problems(&all).into_iter().filter(|id| id.starts_with("certificate")).collect();
        assert_eq!(found, expected, "{row:?}");
        assert!(all.findings.iter().all(|finding| !finding.severity.is_problem() || finding.fix.is_some()));
    }
}

#[tokio::test]
async fn when_others_reported_last_is_told() {
    let case = Case::new();
    let at = Time(Timestamp::from_secs(NOW - 3 * 86_400));
    let last = Arrived { sender: "big.example".to_owned(), domain: "example.org".to_owned(), at };
    let arrived = vec![(ReportFamily::Tls, Some(last)), (ReportFamily::Dmarc, None)];
    let all = case.examine(Some(&Running { arrived, ..running() })).await;
    let told = |id: &str| all.findings.iter().find(|finding| finding.id == id).unwrap();
    assert!(told("reports-arrive").evidence.starts_with("the last 3 days ago, from big.example"));
    assert_eq!(told("reports-none").severity, Severity::Info);
}

#[tokio::test]
async fn block_lists_are_asked_about_our_own_addresses() {
    let case = Case::new();
    let zone = "1.2.0.192.bl.example. A 127.0.0.2\n1.2.0.192.bl.example. TXT \"sent much\"\n\
                1.2.0.192.gone.example. A 203.0.113.9\n";
    for (zones, expected) in [
        (&["bl.example", "clear.example"][..], &["error dnsbl-listed"][..]),
        (&["clear.example"], &["ok dnsbl"]),
        (&["gone.example", "clear.example"], &["info dnsbl-unanswered"]),
        (&[], &[]),
    ] {
        let mut config = case.config();
        config.dynamic.monitor_dnsbls = zones.iter().map(|zone| zone.parse().unwrap()).collect();
        let world = World { resolver: Arc::new(SimResolver::from_zone(zone).unwrap()), ..case.world() };
        let patient = |online| Patient {
            config: &config,
            running: None,
            world: &world,
            online,
            version: "1.0",
            fresh: false,
        };
        let found = crate::blocklists::look(&patient(true)).await;
        let told: Vec<_> = found.iter().map(|found| format!("{} {}", found.severity, found.id)).collect();
        assert_eq!(told, expected, "{found:?}");
        assert!(crate::blocklists::look(&patient(false)).await.is_empty(), "nobody is asked");
    }
}

#[tokio::test]
async fn exposed_secrets_are_mended_on_demand() {
    let case = Case::new();
    expose(&case.path("a.key"));
    let all = case.examine(None).await;
    assert!(problems(&all).contains(&"file-exposed"), "{:?}", all.findings);
    assert_eq!(all.repairs, [Repair::MakePrivate(case.path("a.key"))]);
    all.repairs[0].run().unwrap();
    assert_eq!(problems(&case.examine(None).await), ["not-running"]);
}

/// A file that everybody may read, as an editor would make it.
fn expose(path: &Path) {
    let content = std::fs::read(path).unwrap();
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, content).unwrap();
}
