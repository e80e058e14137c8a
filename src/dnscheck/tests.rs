//! A domain with all its records has no problem; each record removed or broken in turn is named, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_dns::sim::SimResolver;
use mox_https::{HeaderMap, Response, Url};
use mox_net::sim::SimNet;

use super::*;

pub(crate) const POLICY: &str = "version: STSv1\nmode: enforce\nmx: mail.example.org\nmax_age: 2592000\n";
/// What is in DNS beside the records of the domain.
const WORLD: &str = "
    10.89.67.45.in-addr.arpa. PTR mail.example.org.
    5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa. PTR mail.example.org.
    20.89.67.45.in-addr.arpa. PTR mx2.example.org.
    6.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.f.4.0.1.0.a.2.ip6.arpa. PTR mx2.example.org.
    third.example. MX 10 mail.example.org.
    example.org._report._dmarc.third.example. TXT \"v=DMARC1\"
    silent.example. MX 10 mail.example.org.
    nomail.example. MX 0 .
    example.org._report._dmarc.nomail.example. TXT \"v=DMARC1\"
    other.example. A 45.67.89.11
    private.example. A 10.1.2.3
    alias.example. CNAME mail.example.org.
";

pub(crate) struct Canned(pub(crate) &'static str);

impl Fetch for Canned {
    fn get<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<Response, mox_https::Error>> {
        let headers =
            HeaderMap::from_iter([("content-type".parse().unwrap(), "text/plain".parse().unwrap())]);
        let body = Bytes::from_static(self.0.as_bytes());
        Box::pin(async { Ok(Response { status: 200, headers, body, cut: false }) })
    }
}

fn key_of_host(byte: u8) -> mox_dane::Record {
    let data = mox_dns::Record::Tlsa { usage: 3, selector: 1, matching: 1, data: vec![byte; 32] };
    mox_dane::Record::from_dns(&data).unwrap()
}

fn ours() -> Expected {
    let key = mox_dkim::SigningKey::generate_ed25519().unwrap().record().unwrap();
    let service = |name, port| Service { name, port };
    Expected {
        domain: "example.org".parse().unwrap(),
        host: "mail.example.org".parse().unwrap(),
        ips: vec!["45.67.89.10".parse().unwrap(), "2a01:4f8::25".parse().unwrap()],
        keys: vec![("2026a".to_owned(), key)],
        dmarc: Some("dmarc@example.org".parse().unwrap()),
        tls_reports: Some("tls@example.org".parse().unwrap()),
        host_tls_reports: Some("tls@mail.example.org".parse().unwrap()),
        policy_id: Some("1".to_owned()),
        client_host: "mail.example.org".parse().unwrap(),
        services: vec![service("_submissions._tcp", Some(465)), service("_imaps._tcp", None)],
        autoconfig: true,
        tlsa: vec![key_of_host(1), key_of_host(2)],
        issuers: vec![Issuer {
            name: "letsencrypt.org".parse().unwrap(),
            account: Some("https://ca.example/acct/7".to_owned()),
        }],
        further: vec![Further {
            name: "mx2.example.org".parse().unwrap(),
            ips: vec!["45.67.89.20".parse().unwrap(), "2a01:4f8::26".parse().unwrap()],
            tlsa: Vec::new(),
        }],
    }
}

/// The zone that the records make, with those of one name and type replaced.
fn zone(ours: &Expected, name: &str, kind: &str, instead: &str) -> String {
    let rows = ours.records();
    let kept =
        rows.iter().filter(|row| (row.name.as_str(), row.record.kind().to_string().as_str()) != (name, kind));
    let kept: String =
        kept.map(|row| format!("{}. {} {}\n", row.name, row.record.kind(), row.record)).collect();
    let lines = instead.split('\n').filter(|data| !data.is_empty());
    let replaced: String = lines.map(|data| format!("{name}. {kind} {data}\n")).collect();
    format!("{WORLD}{kept}{replaced}")
}

fn world(zone: &str, policy: &'static str) -> World {
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    World {
        resolver: Arc::new(SimResolver::from_zone(zone).unwrap_or_else(|e| panic!("{e}\n{zone}"))),
        dial: Arc::new(SimNet::new(clock.clone())),
        web: Arc::new(Canned(policy)),
        reachable: Vec::new(),
        roots: Arc::new(RootCertStore::empty()),
        clock,
        random: Arc::new(SimRandom::new(1)),
    }
}

pub(crate) fn ids(findings: &[Finding]) -> Vec<&'static str> {
    let problems = findings.iter().filter(|finding| finding.severity.is_problem());
    problems.map(|finding| finding.id).collect::<BTreeSet<_>>().into_iter().collect()
}

async fn problems(zone: &str, policy: &'static str, ours: Option<&Expected>) -> Vec<&'static str> {
    let findings = check(&world(zone, policy), &"example.org".parse().unwrap(), ours).await;
    for finding in findings.iter().filter(|finding| finding.severity.is_problem()) {
        assert!(finding.fix.is_some() || finding.id == "dns-unanswered", "how to mend it: {finding:?}");
    }
    ids(&findings)
}

#[tokio::test]
async fn a_domain_with_its_records_has_no_problem() {
    let ours = ours();
    let zone = zone(&ours, "", "", "");
    assert_eq!(problems(&zone, POLICY, Some(&ours)).await, [""; 0]);
    assert_eq!(problems(&zone, POLICY, None).await, [""; 0], "as one of others");
}

/// Name, type, what stands there instead; and the problems.
const BROKEN: &[(&str, &str, &str, &[&str])] = &[
    ("example.org", "MX", "", &["mx-missing", "spf-not-ours", "spf-voids"]),
    ("example.org", "MX", "0 .", &["mx-null", "spf-not-ours"]),
    ("example.org", "MX", "10 mail.example.org.\n20 other.example.", &["mtasts-mx"]),
    ("example.org", "MX", "10 alias.example.", &["mtasts-mx", "mx-alias", "mx-not-ours"]),
    ("example.org", "MX", "10 mail.example.org.\n20 gone.example.", &["mtasts-mx", "mx-no-address"]),
    ("example.org", "MX", "10 mail.example.org.\n20 private.example.", &["address-not-public", "mtasts-mx"]),
    ("example.org", "MX", "; servfail", &["dns-unanswered"]),
    ("example.org", "MX", "; bogus", &["dns-unanswered", "dnssec-bogus"]),
    ("mail.example.org", "A", "", &["address-missing", "spf-not-ours", "spf-voids"]),
    ("mail.example.org", "A", "45.67.89.10\n45.67.89.99", &["address-not-ours", "ptr-missing"]),
    ("example.org", "TXT", "", &["spf-missing"]),
    ("example.org", "TXT", "\"v=spf1 mx ~all\"\n\"v=spf1 -all\"", &["spf-several"]),
    ("example.org", "TXT", "\"v=spf1 mxx -all\"", &["spf-invalid"]),
    ("example.org", "TXT", "\" v=spf1 mx ~all\"", &["record-leading-blank", "spf-missing"]),
    ("example.org", "TXT", "\"v=spf1 mx a:mx2.example.org ?all\"", &["spf-weak"]),
    ("example.org", "TXT", "\"v=spf1 +all\"", &["spf-open"]),
    ("example.org", "TXT", "\"v=spf1 ip4:1.2.3.4 -all\"", &["spf-not-ours"]),
    ("example.org", "TXT", "\"v=spf1 mx ptr -all\"", &["spf-unwise", "spf-voids"]),
    ("example.org", "TXT", "\"v=spf1 mx a:mx2.example.org a:gone.example -all\"", &["spf-voids"]),
    (
        "example.org",
        "TXT",
        "\"v=spf1 mx a:mx2.example.org a:g1.example a:g2.example a:g3.example -all\"",
        &["spf-voids"],
    ),
    (
        "example.org",
        "TXT",
        "\"v=spf1 mx a:mx2.example.org mx mx mx mx mx mx mx mx mx mx -all\"",
        &["spf-lookups", "spf-permerror"],
    ),
    (
        "example.org",
        "TXT",
        "\"v=spf1 mx a:mx2.example.org ~all\"\n\"v=DMARC1; p=reject\"",
        &["record-wrong-name"],
    ),
    ("mail.example.org", "TXT", "", &["spf-missing"]),
    ("2026a._domainkey.example.org", "TXT", "", &["dkim-missing"]),
    ("2026a._domainkey.example.org", "TXT", "\"v=DKIM1; k=ed25519; p=AAAA\"", &["dkim-differs"]),
    ("2026a._domainkey.example.org", "TXT", "\"nothing\"", &["dkim-invalid"]),
    ("_dmarc.example.org", "TXT", "", &["dmarc-missing"]),
    ("_dmarc.example.org", "TXT", "\"v=DMARC1; p=rejekt\"", &["dmarc-invalid"]),
    ("_dmarc.example.org", "TXT", "\"v=DMARC1; p=none\"\n\"v=DMARC1; p=reject\"", &["dmarc-several"]),
    ("_dmarc.example.org", "TXT", "\"v=DMARC1; p=reject\"", &["dmarc-no-rua"]),
    (
        "_dmarc.example.org",
        "TXT",
        "\"v=DMARC1; p=reject; pct=50; rua=mailto:dmarc@example.org\"",
        &["dmarc-ignored"],
    ),
    (
        "_dmarc.example.org",
        "TXT",
        "\"v=DMARC1; p=reject; rua=mailto:a@third.example\"",
        &["dmarc-rua-not-ours"],
    ),
    (
        "_dmarc.example.org",
        "TXT",
        "\"v=DMARC1; p=reject; rua=mailto:dmarc@example.org,mailto:a@silent.example\"",
        &["dmarc-rua-refused"],
    ),
    (
        "_dmarc.example.org",
        "TXT",
        "\"v=DMARC1; p=reject; rua=mailto:dmarc@example.org,mailto:a@nomail.example\"",
        &["dmarc-rua-unroutable"],
    ),
    ("_dmarc.example.org", "TXT", "; servfail", &["dns-unanswered"]),
    ("_smtp._tls.example.org", "TXT", "", &["tlsrpt-missing"]),
    ("_smtp._tls.example.org", "TXT", "\"v=TLSRPTv1; rua=\"", &["tlsrpt-invalid"]),
    ("_smtp._tls.example.org", "TXT", "\"v=TLSRPTv1; rua=mailto:x@example.org\"", &["tlsrpt-not-ours"]),
    ("_smtp._tls.mail.example.org", "TXT", "", &["tlsrpt-missing"]),
    ("_imaps._tcp.example.org", "SRV", "0 1 993 mail.example.org.", &["srv-differs"]),
    ("_submissions._tcp.example.org", "SRV", "", &["srv-missing"]),
    ("_submissions._tcp.example.org", "SRV", "0 1 587 mail.example.org.", &["srv-differs"]),
    ("example.org", "CAA", "0 issue \"other.example\"", &["caa-not-ours"]),
    ("example.org", "CAA", "0 issue \"letsencrypt.org\"", &[]),
    (
        "example.org",
        "CAA",
        "0 issue \"letsencrypt.org; accounturi=https://ca.example/acct/8\"",
        &["caa-other-account"],
    ),
    (
        "example.org",
        "CAA",
        "0 issue \"LetsEncrypt.org ; accounturi=https://ca.example/acct/8\"\n0 issue \"letsencrypt.org;AccountURI=https://ca.example/acct/7\"",
        &[],
    ),
    ("autoconfig.example.org", "CNAME", "", &["autoconfig-missing"]),
    ("autoconfig.example.org", "CNAME", "other.example.", &["autoconfig-differs"]),
    ("_autodiscover._tcp.example.org", "SRV", "", &["srv-missing"]),
    ("_autodiscover._tcp.example.org", "SRV", "0 1 443 other.example.", &["srv-differs"]),
    ("mx2.example.org", "A", "", &["address-missing", "spf-not-ours", "spf-voids"]),
    ("mx2.example.org", "AAAA", "", &["address-missing", "spf-not-ours"]),
    ("mx2.example.org", "A", "45.67.89.20\n45.67.89.99", &["address-not-ours", "ptr-missing"]),
    ("mx2.example.org", "TXT", "", &["spf-missing"]),
    ("example.org", "TXT", "\"v=spf1 mx ~all\"", &["spf-not-ours"]),
    ("_25._tcp.mail.example.org", "TLSA", "1 1 1 00", &["dane-not-ours", "dane-unusable"]),
    ("_25._tcp.mail.example.org", "TLSA", "", &["dane-not-ours"]),
    ("_mta-sts.example.org", "TXT", "", &["mtasts-missing"]),
    ("_mta-sts.example.org", "TXT", "\"v=STSv1; id=2\"", &["mtasts-id"]),
    ("_mta-sts.example.org", "TXT", "\"v=STSv1;\"", &["mtasts-invalid"]),
];

#[tokio::test]
async fn each_broken_record_is_named_and_nothing_else() {
    let ours = ours();
    let mut wrong = String::new();
    for (name, kind, instead, expected) in BROKEN {
        let found = problems(&zone(&ours, name, kind, instead), POLICY, Some(&ours)).await;
        if found != *expected {
            wrong += &format!("{name} {kind} {instead:?}: {found:?}, not {expected:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn policies_are_compared_with_the_mail_hosts() {
    let ours = ours();
    let zone = zone(&ours, "", "", "");
    for (policy, expected) in [
        ("<html>", &["mtasts-policy"][..]),
        ("version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 2592000\n", &["mtasts-mx"]),
        ("version: STSv1\nmode: enforce\nmx: mail.example.org\nmax_age: 60\n", &["mtasts-max-age"]),
        ("version: STSv1\nmode: testing\nmx: *.example.org\nmax_age: 2592000\n", &[]),
        ("version: STSv1\nmode: none\nmax_age: 60\n", &[]),
    ] {
        assert_eq!(problems(&zone, policy, Some(&ours)).await, expected, "{policy}");
    }
}

#[tokio::test]
async fn a_domain_of_others_is_judged_by_what_is_public() {
    let zone = "
        example.org. MX 10 mx.other.example.
        mx.other.example. A 45.67.89.12
        example.org. TXT \"v=spf1 -all\"
        selector1._domainkey.example.org. TXT \"v=DKIM1; p=\"
        mail._domainkey.example.org. TXT \"v=DKIM1; p=%%%\"
        _dmarc.example.org. TXT \"v=DMARC1; p=none; rua=mailto:a@example.org\"
    ";
    let findings = check(&world(zone, POLICY), &"example.org".parse().unwrap(), None).await;
    assert_eq!(ids(&findings), ["dkim-invalid", "mtasts-missing", "tlsrpt-missing"]);
    for id in ["dmarc-none", "dkim-revoked", "ipv6-missing", "ptr-missing", "mx", "spf"] {
        assert!(findings.iter().any(|finding| finding.id == id), "{id}: {findings:?}");
    }
    assert!(findings.is_sorted_by(|a, b| a.severity >= b.severity));
    let nothing = check(&world("", POLICY), &"example.org".parse().unwrap(), None).await;
    assert_eq!(ids(&nothing), ["dmarc-missing", "mx-missing", "spf-missing", "tlsrpt-missing"]);
}

/// A resolver that says nothing at all.
struct Silent;

impl Resolver for Silent {
    fn lookup(
        &self,
        _: &str,
        _: mox_dns::RecordType,
    ) -> BoxFuture<'_, Result<mox_dns::Answer, mox_dns::Error>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_not_taken_for_good() {
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let world = World { resolver: Arc::new(Silent), clock: clock.clone(), ..world("", POLICY) };
    let domain = "example.org".parse().unwrap();
    let findings = tokio::select! {
        findings = check(&world, &domain, None) => findings,
        () = async { loop { tokio::task::yield_now().await; clock.advance(Duration::from_millis(100)); } } => unreachable!(),
    };
    assert!(findings.iter().all(|finding| finding.severity >= Severity::Info), "{findings:?}");
    let expected: &[&str] = &["dns-unanswered"];
    assert!(ids(&findings).iter().all(|id| expected.contains(id) || *id == "unfinished"), "{findings:?}");
    assert!(clock.now() <= Timestamp::from_secs(1_800_000_003));
}

/// Names of listeners, keys of certificates in files, and the account at the authority are in the records.
#[test]
fn what_a_configuration_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let made = mox_tls::self_signed(&["mail.example.org"], Timestamp::from_secs(0), Duration::from_secs(60))
        .unwrap();
    std::fs::write(folder.path().join("own.pem"), &made.cert_pem).unwrap();
    std::fs::write(folder.path().join("own.key"), &made.key_pem).unwrap();
    let server = "DataDir: data
Hostname: mail.example.org
ACME:
\tletsencrypt:
\t\tDirectoryURL: https://acme-v02.api.letsencrypt.org/directory
\t\tContactEmail: a@example.org
Listeners:
\tfirst:
\t\tIPs:
\t\t\t- 192.0.2.1
\t\tTLS:
\t\t\tKeyCerts:
\t\t\t\t-
\t\t\t\t\tCertFile: own.pem
\t\t\t\t\tKeyFile: own.key
\t\tSMTP:
\t\t\tEnabled: true
\tlocal:
\t\tHostname: inside.example.org
\t\tIPs:
\t\t\t- 127.0.0.1
\t\tSMTP:
\t\t\tEnabled: true
\tsecond:
\t\tHostname: mx2.example.org
\t\tIPs:
\t\t\t- 192.0.2.2
\t\tTLS:
\t\t\tACME: letsencrypt
\t\tSMTP:
\t\t\tEnabled: true
Postmaster:
\tAccount: a
\tMailbox: Inbox
";
    let dynamic = "Domains:\n\texample.org: nil\nAccounts:\n\ta:\n\t\tDomain: example.org\n";
    let config = mox_config::Config::parse(&folder.path().join("mox.conf"), server, dynamic).unwrap();
    let told = || {
        let ours = Expected::of(&config, &"example.org".parse().unwrap()).unwrap();
        zone_text(&ours.records())
    };
    let text = told();
    let pin: String = {
        let own = mox_tls::Certificate::from_pem(made.cert_pem.as_bytes(), made.key_pem.as_bytes()).unwrap();
        own.spki_sha256().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    for line in [
        "mail.example.org. 300 IN A 192.0.2.1",
        "mx2.example.org. 300 IN A 192.0.2.2",
        &format!("_25._tcp.mail.example.org. 300 IN TLSA 3 1 1 {pin}"),
        "example.org. 300 IN TXT \"v=spf1 mx a:mx2.example.org ~all\"",
        "mx2.example.org. 300 IN TXT \"v=spf1 a -all\"",
        "example.org. 300 IN CAA 0 issue \"letsencrypt.org\"",
    ] {
        assert!(text.lines().any(|found| found.eq_ignore_ascii_case(line)), "{line}\n{text}");
    }
    assert!(!text.contains("inside") && !text.contains("_autodiscover"), "{text}");
    let account = config.data_dir.join("acme/letsencrypt/account.json");
    std::fs::create_dir_all(account.parent().unwrap()).unwrap();
    let json = r#"{"directory":"https://acme-v02.api.letsencrypt.org/directory","binding":null,
        "account":{"id":"https://acme-v02.api.letsencrypt.org/acme/acct/7"}}"#;
    std::fs::write(account, json).unwrap();
    let line = "CAA 0 issue \"letsencrypt.org; accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/7\"";
    assert!(told().contains(line), "{}", told());
}

/// What DNS is said to have of each record, where lines of a zone replace those of one name and type.
async fn looked(name: &str, kind: &str, instead: &str) -> Vec<(Row, Published)> {
    let ours = ours();
    let rows = ours.records();
    let zone = format!("{}{instead}\n", zone(&ours, name, kind, ""));
    let found = published(&world(&zone, POLICY), &ours, &rows).await;
    rows.into_iter().zip(found).collect()
}

#[tokio::test]
async fn each_record_is_there_or_another_or_none() {
    for (name, kind, instead, state, found) in [
        ("none.example", "A", "", State::Present, 0),
        ("example.org", "MX", "", State::Missing, 0),
        ("example.org", "MX", "example.org. MX 5 other.example.", State::Differs, 1),
        ("example.org", "MX", "example.org. MX ; servfail", State::Unknown, 0),
        ("_dmarc.example.org", "TXT", "_dmarc.example.org. TXT \"other\"", State::Missing, 0),
        ("_dmarc.example.org", "TXT", "_dmarc.example.org. TXT \"v=DMARC1; p=reject\"", State::Differs, 1),
        ("mta-sts.example.org", "CNAME", "mta-sts.example.org. A 45.67.89.10", State::Present, 1),
        ("mta-sts.example.org", "CNAME", "mta-sts.example.org. A 45.67.89.99", State::Differs, 1),
        ("mta-sts.example.org", "CNAME", "", State::Missing, 0),
        ("example.org", "CAA", "example.org. CAA 0 issue \"other.example\"", State::Differs, 1),
        ("example.org", "CAA", "example.org. CAA 0 iodef \"mailto:a@example.org\"", State::Missing, 0),
    ] {
        for (row, published) in looked(name, kind, instead).await {
            let asked = row.name == name && row.record.kind().name() == kind;
            let want = if asked { (state, found) } else { (State::Present, 0) };
            assert_eq!((published.state, published.found.len()), want, "{row} {instead}: {published:?}");
        }
    }
}

#[tokio::test]
async fn one_of_two_addresses_is_not_in_the_place_of_the_other() {
    let ours =
        Expected { ips: vec!["45.67.89.10".parse().unwrap(), "45.67.89.11".parse().unwrap()], ..ours() };
    let rows = ours.records();
    let there = |ip: &str| vec![mox_dns::Record::A(ip.parse().unwrap())];
    let second = rows.iter().find(|row| row.record == there("45.67.89.11")[0]).unwrap();
    let states = ["45.67.89.11", "45.67.89.10", "45.67.89.12"]
        .map(|ip| crate::published::compare(&rows, second, &there(ip)).state);
    assert_eq!(states, [State::Present, State::Missing, State::Differs]);
}

#[tokio::test]
async fn some_checks_say_what_all_say_of_their_part() {
    let world = world(&zone(&ours(), "", "", ""), POLICY);
    let (domain, ours) = ("example.org".parse().unwrap(), ours());
    let all = check(&world, &domain, Some(&ours)).await;
    let mut parts = Vec::new();
    for name in names() {
        parts.extend(check_some(&world, &domain, Some(&ours), &[name.to_owned()]).await);
    }
    let ids = |findings: &[Finding]| findings.iter().map(|finding| finding.id).collect::<BTreeSet<_>>();
    assert_eq!(ids(&parts), ids(&all));
    let spf = check_some(&world, &domain, Some(&ours), &["spf".to_owned()]).await;
    assert!(!spf.is_empty() && spf.iter().all(|finding| finding.id.starts_with("spf")), "{spf:?}");
}
