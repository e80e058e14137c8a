//! Machines that tests made up: what is told of each, and what is written.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_config::Config;
use mox_dns::sim::SimResolver;
use mox_net::sim::SimNet;
use mox_platform::faults::NoFaults;
use mox_rdap::{BoxFuture, Fetch};

use super::*;

/// A machine.
#[derive(Clone)]
struct Made {
    ips: Vec<&'static str>,
    hostname: &'static str,
    hosts: &'static str,
    container: Option<&'static str>,
    busy: Vec<u16>,
}

impl Default for Made {
    fn default() -> Made {
        Made {
            ips: vec!["127.0.0.1", "::1", "45.67.89.10", "fe80::1"],
            hostname: "mail.example.org",
            hosts: "127.0.0.1 localhost\n",
            container: None,
            busy: Vec::new(),
        }
    }
}

impl Machine for Made {
    fn interfaces(&self) -> io::Result<Vec<IpAddr>> {
        Ok(self.ips.iter().map(|ip| ip.parse().unwrap()).collect())
    }
    fn hostname(&self) -> Option<String> {
        Some(self.hostname.to_owned())
    }
    fn hosts(&self) -> String {
        self.hosts.to_owned()
    }
    fn container(&self) -> Option<&'static str> {
        self.container
    }
    fn has(&self, ip: IpAddr) -> bool {
        self.ips.contains(&ip.to_string().as_str())
    }
    fn answers(&self, at: SocketAddr) -> bool {
        self.busy.contains(&at.port())
    }
    fn is_root(&self) -> bool {
        false
    }
    fn has_user(&self, _: &str) -> bool {
        false
    }
    fn manager(&self) -> Manager {
        Manager::Systemd
    }
}

/// A registry that knows `example.org` since yesterday.
struct Registry;

impl Fetch for Registry {
    fn get<'a>(
        &'a self,
        url: &'a mox_https::Url,
        _: &'static str,
    ) -> BoxFuture<'a, Result<mox_https::Response, mox_https::Error>> {
        let url = url.to_string();
        let (status, body) = if url.contains("iana") {
            (
                200,
                r#"{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["org"],["https://rdap.example/"]]]}"#,
            )
        } else if url.ends_with("/domain/example.org") {
            (
                200,
                r#"{"objectClassName":"domain","ldhName":"example.org","events":[{"eventAction":"registration","eventDate":"2026-11-25T12:00:00Z"}]}"#,
            )
        } else {
            (404, "{}")
        };
        let headers = mox_https::HeaderMap::from_iter([(
            "content-type".parse().unwrap(),
            "application/rdap+json".parse().unwrap(),
        )]);
        Box::pin(async move { Ok(mox_https::Response { status, headers, body: body.into(), cut: false }) })
    }
}

/// All is well.
const GOOD: &str = "
    com. NS a.gtld-servers.net.
    mail.example.org. A 45.67.89.10
    10.89.67.45.in-addr.arpa. PTR mail.example.org.
    gmail.com. MX 10 mx.gmail.com.
    mx.gmail.com. A 8.8.8.8
";

fn world(machine: Made, zone: &str) -> World {
    let clock = Arc::new(SimClock::new(Timestamp::parse_rfc3339("2026-11-26T12:00:00Z").unwrap()));
    World {
        machine: Arc::new(machine),
        resolver: Arc::new(SimResolver::from_zone(zone).unwrap()),
        dial: Arc::new(SimNet::new(clock.clone())),
        web: Arc::new(Registry),
        clock,
        random: Arc::new(SimRandom::new(7)),
    }
}

fn wishes(dir: &Path) -> Wishes {
    Wishes {
        address: "me@example.org".parse().unwrap(),
        hostname: None,
        ips: Vec::new(),
        nat_ips: Vec::new(),
        existing_webserver: false,
        skip_dial: true,
        acme: Some(Acme { directory: LETS_ENCRYPT.to_owned(), contact: None }),
        ca_file: None,
        user: "mox".to_owned(),
        dir: dir.to_owned(),
        program: "/usr/local/bin/mox".into(),
    }
}

fn looked(world: &World, wishes: &Wishes) -> (Site, Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(look(world, wishes, &mut |_| {}))
}

/// Steps that are neither ok nor skipped.
fn troubles(steps: &[Step]) -> Vec<String> {
    let bad = steps.iter().filter(|step| step.verdict >= Verdict::Warning);
    bad.map(|step| format!("{} {}", step.verdict, step.id)).collect()
}

#[test]
fn on_a_good_machine_nothing_is_missing() {
    let wishes = wishes(Path::new("/srv/mox"));
    let (site, steps) = looked(&world(Made::default(), GOOD), &wishes);
    assert_eq!(troubles(&steps), [""; 0]);
    assert_eq!(site.hostname.to_string(), "mail.example.org");
    assert_eq!(site.ips, ["45.67.89.10".parse::<IpAddr>().unwrap()]);
    assert_eq!((site.nat_ips.len(), site.loopback.len()), (0, 2));
    assert!(steps.iter().all(|step| step.verdict < Verdict::Warning || step.fix.is_some()));
}

/// A change of the good machine, its zone, and the steps that tell of trouble.
type Case = (fn(&mut Made), String, Vec<&'static str>);

#[test]
fn each_trouble_is_told_by_its_step() {
    let zone = |from: &str, to: &str| GOOD.replace(from, to);
    let host = |change: fn(&mut Made)| {
        let mut made = Made::default();
        change(&mut made);
        made
    };
    let same: fn(&mut Made) = |_| {};
    let lists = "10.89.67.45.bl.spamcop.net. A 127.0.0.2\n";
    let cases: Vec<Case> = vec![
        (
            same,
            zone("com. NS a.gtld-servers.net.", "com. NS a.gtld-servers.net. ; insecure"),
            vec!["warning dns"],
        ),
        (
            same,
            zone("com. NS a.gtld-servers.net.", "com. NS a.gtld-servers.net. ; servfail"),
            vec!["failed dns"],
        ),
        (same, zone("mail.example.org. A 45.67.89.10", ""), vec!["warning forward-dns"]),
        (
            same,
            zone("mail.example.org. A 45.67.89.10", "mail.example.org. A 45.67.89.11"),
            vec!["warning forward-dns"],
        ),
        (same, zone("PTR mail.example.org.", "PTR other.example.org."), vec!["warning reverse-dns"]),
        (same, zone("\n    10.89", "\n    11.89"), vec!["warning reverse-dns"]),
        (same, format!("{GOOD}{lists}"), vec!["warning block-lists"]),
        (
            |made| made.hostname = "box",
            zone("10.89.67.45.in-addr.arpa. PTR mail.example.org.", ""),
            vec!["warning hostname", "warning forward-dns", "warning reverse-dns"],
        ),
        (|made| made.hostname = "box", GOOD.to_owned(), vec![]),
        (
            |made| made.hosts = "127.0.1.1 mail.example.org mail\n",
            GOOD.to_owned(),
            vec!["warning hosts-file"],
        ),
        (|made| made.busy = vec![25], GOOD.to_owned(), vec!["failed mail-ports"]),
        (|made| made.busy = vec![443], GOOD.to_owned(), vec!["failed web-ports"]),
        (|made| made.ips = vec!["127.0.0.1", "10.0.0.5"], GOOD.to_owned(), vec![]),
        (
            |made| made.ips = vec!["127.0.0.1", "10.0.0.5"],
            zone("mail.example.org. A 45.67.89.10", ""),
            vec!["warning nat", "warning forward-dns", "warning reverse-dns"],
        ),
        (|made| made.ips = vec!["127.0.0.1"], GOOD.to_owned(), vec!["failed interfaces"]),
        (
            |made| made.ips = vec!["45.67.89.10", "45.67.89.12"],
            GOOD.to_owned(),
            vec!["warning interfaces", "warning forward-dns", "warning reverse-dns"],
        ),
        (
            |made| {
                made.ips = vec!["127.0.0.1", "172.17.0.2"];
                made.container = Some("docker");
            },
            GOOD.to_owned(),
            vec!["warning interfaces"],
        ),
    ];
    let wishes = wishes(Path::new("/srv/mox"));
    for (number, (change, zone, expected)) in cases.into_iter().enumerate() {
        let (_, steps) = looked(&world(host(change), &zone), &wishes);
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(troubles(&steps), expected, "case {number}: {steps:#?}");
        assert!(steps.iter().all(|step| step.verdict < Verdict::Warning || step.fix.is_some()));
    }
}

#[test]
fn behind_a_router_the_outer_address_counts() {
    let machine = Made { ips: vec!["127.0.0.1", "10.0.0.5"], ..Made::default() };
    let (site, steps) = looked(&world(machine.clone(), GOOD), &wishes(Path::new("/srv/mox")));
    assert_eq!(site.public(), ["45.67.89.10".parse::<IpAddr>().unwrap()], "{steps:?}");
    let told = Wishes { ips: vec!["10.0.0.5".parse().unwrap()], ..wishes(Path::new("/srv/mox")) };
    let (site, _) = looked(&world(machine.clone(), GOOD), &told);
    assert_eq!(site.public(), told.ips, "who names an address means it");
    let missing = Wishes { ips: vec!["10.0.0.6".parse().unwrap()], ..wishes(Path::new("/srv/mox")) };
    let (_, steps) = looked(&world(machine, GOOD), &missing);
    assert!(troubles(&steps).contains(&"failed interfaces".to_owned()));
}

#[test]
fn a_closed_port_and_a_young_domain_are_told() {
    let wishes = Wishes { skip_dial: false, ..wishes(Path::new("/srv/mox")) };
    let (_, steps) = looked(&world(Made::default(), GOOD), &wishes);
    assert_eq!(troubles(&steps), ["failed outgoing-port", "warning domain-age"]);
    let age = steps.iter().find(|step| step.id == "domain-age").unwrap();
    assert!(
        age.evidence.starts_with("example.org was registered 1 days ago") || age.evidence.contains("0 days"),
        "{age:?}"
    );
}

#[test]
fn what_cannot_be_written_is_refused() {
    for address in
        ["a+b@example.org", "\"a b\"@example.org", "tlsreports@example.org", "DMARCreports@example.org"]
    {
        let wishes = Wishes { address: address.parse().unwrap(), ..wishes(Path::new("/srv/mox")) };
        assert!(wishes.check().is_err(), "{address}");
    }
    for user in ["", "-x", "a b", "a\nb"] {
        let wishes = Wishes { user: user.to_owned(), ..wishes(Path::new("/srv/mox")) };
        assert!(wishes.check().is_err(), "{user:?}");
    }
    let acme = Some(Acme { directory: "http://ca.example/".to_owned(), contact: None });
    assert!(Wishes { acme, ..wishes(Path::new("/srv/mox")) }.check().is_err());
    assert!(wishes(Path::new("/srv/mox")).check().is_ok());
}

/// Makes it, and gives the bytes of every file.
fn made(world: &World, wishes: &Wishes) -> (make::Made, Vec<File>) {
    let (site, _) = looked(world, wishes);
    let begun = begin(&wishes.dir, &wishes.address, wishes.hostname.as_ref()).unwrap();
    let mut files = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let made = runtime.block_on(make(world, wishes, &site, &begun, &NoFaults, &mut files)).unwrap();
    (made, files)
}

fn bytes(files: &[File]) -> BTreeMap<String, Vec<u8>> {
    let texts = files.iter().filter(|file| !file.path.ends_with("mox.db"));
    texts.map(|file| (file.path.display().to_string(), std::fs::read(&file.path).unwrap())).collect()
}

#[test]
fn every_kind_of_setup_loads_without_a_word() {
    let changes: [fn(&mut Wishes); 4] = [
        |_| {},
        |wishes| wishes.acme = None,
        |wishes| wishes.existing_webserver = true,
        |wishes| {
            wishes.nat_ips = vec!["45.67.89.10".parse().unwrap(), "2a01:4f8::25".parse().unwrap()];
            wishes.address = "jürgen@münchen.example".parse().unwrap();
            wishes.hostname = Some("mx.münchen.example".parse().unwrap());
            wishes.acme = Some(Acme { directory: "https://pebble.test:14000/dir".into(), contact: None });
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let mut wishes = wishes(dir.path());
        change(&mut wishes);
        let world = world(Made::default(), GOOD);
        let (made, files) = made(&world, &wishes);
        let (config, warnings) = Config::load(&dir.path().join("config/mox.conf")).unwrap();
        assert!(warnings.is_empty(), "case {number}: {warnings:?}");
        assert_eq!(troubles(&made.steps), [""; 0], "case {number}");
        assert!(config.account_of(&wishes.address).is_some(), "case {number}");
        assert_eq!(config.signers(&wishes.address.domain).len(), 2, "case {number}");
        let expected = mox_dnscheck::Expected::of(&config, &wishes.address.domain).unwrap();
        assert_eq!((expected.keys.len(), expected.tlsa.len(), expected.autoconfig), (3, 2, false));
        assert!(expected.policy_id.is_some() && expected.host_tls_reports.is_some());
        let tls = config.server.listeners.values().find_map(|listener| listener.tls.as_ref()).unwrap();
        if let Some(pair) = tls.key_certs.first() {
            let read = |path: &Path| std::fs::read(config.path(path)).unwrap();
            let own = mox_tls::Certificate::from_pem(&read(&pair.cert_file), &read(&pair.key_file)).unwrap();
            let pins: Vec<Vec<u8>> = expected.tlsa.iter().map(|record| record.data.clone()).collect();
            assert!(pins.contains(&own.spki_sha256().to_vec()), "the own certificate is one that DANE names");
        }
        assert!(files.iter().all(|file| file.state == State::Written && file.path.is_file()));
        let (planned, _) = plan(&world, &wishes, &looked(&world, &wishes).0, &Begun::Fresh).unwrap();
        let paths =
            |files: &[File]| files.iter().map(|f| f.path.clone()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(paths(&planned), paths(&files), "a dry run names every file");
    }
}

#[test]
fn a_second_run_keeps_everything_until_the_first_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let (world, wishes) = (world(Made::default(), GOOD), wishes(dir.path()));
    let (first, files) = made(&world, &wishes);
    let before = bytes(&files);
    let (second, files) = made(&world, &wishes);
    assert_eq!(second.passwords, first.passwords);
    assert!(files.iter().all(|file| file.state == State::Kept), "{files:?}");
    assert_eq!(bytes(&files), before);
    let other = begin(dir.path(), &"you@example.org".parse().unwrap(), None);
    assert!(matches!(other, Err(Error::Another { .. })));
    Unfinished::forget(dir.path()).unwrap();
    assert!(matches!(begin(dir.path(), &wishes.address, None), Err(Error::Exists(_))));
}
