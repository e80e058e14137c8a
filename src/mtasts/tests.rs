//! Record and policy found, or not, and how that is told: on a simulated network with real TLS.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use mox_address::Domain;
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_dns::sim::SimResolver;
use mox_https::{Client, Egress, Error, HeaderMap, Limits, Response, Url};
use mox_net::sim::SimNet;
use mox_net::{Listen, accept_tls};
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ServerOptions, server_config};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::*;

const POLICY: &str = "version: STSv1\nmode: testing\nmx: mx.good.example\nmax_age: 86400\n";

const ZONE: &str = "
    _mta-sts.good.example. TXT \"v=STSv1; \" \"id=1;\"
    _mta-sts.alias.example. CNAME _mta-sts.good.example.
    _mta-sts.beside.example. TXT \"v=spf1 -all\"
    _mta-sts.beside.example. TXT \"v=STSv10; id=2\"
    _mta-sts.beside.example. TXT \"v=STSv1; id=3\" ; insecure
    _mta-sts.two.example. TXT \"v=STSv1; id=1\"
    _mta-sts.two.example. TXT \"v=STSv1; id=2\"
    _mta-sts.half.example. TXT \"v=STSv1; id=1\"
    _mta-sts.half.example. TXT \"v=STSv1; nothing\"
    _mta-sts.broken.example. TXT \"v=STSv1; id=a-b\"
    _mta-sts.typo.example. TXT \"v=STSv1 id=1\"
    _mta-sts.almost.example. TXT \"v=STSv1 id=1\"
    _mta-sts.almost.example. TXT \"v=STSv1; id=4\"
    _mta-sts.other.example. TXT \"hello\"
    _mta-sts.down.example. TXT ; servfail
    _mta-sts.forged.example. TXT \"v=STSv1; id=1\" ; bogus
    _mta-sts.empty.example. A 192.0.2.1
    *.wild.example. TXT \"v=STSv1; id=9\"
    mta-sts.good.example. A 8.8.8.8
    mta-sts.inside.example. A 10.0.0.1
    mta-sts.down.example. ANY ; servfail
    mta-sts.forged.example. A 8.8.8.8 ; bogus
    mta-sts.closed.example. A 8.8.4.4
";

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

fn resolver() -> SimResolver {
    SimResolver::from_zone(ZONE).unwrap()
}

/// Gives one answer, and notes what was asked for.
struct Canned {
    answer: Response,
    asked: Mutex<Vec<String>>,
}

impl Canned {
    fn new(status: u16, content_type: &str, body: &str) -> Canned {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert("content-type", content_type.parse().unwrap());
        }
        headers.insert("location", "https://elsewhere.example/".parse().unwrap());
        let body = Bytes::copy_from_slice(body.as_bytes());
        Canned { answer: Response { status, headers, body, cut: false }, asked: Mutex::default() }
    }
}

impl Fetch for Canned {
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Response, Error>> {
        self.asked.lock().unwrap().push(url.to_string());
        Box::pin(async { Ok(self.answer.clone()) })
    }
}

#[tokio::test]
async fn records_are_found_or_not_and_temporary_is_not_absent() {
    let resolver = resolver();
    for (name, code, id) in [
        ("good.example", None, "1"),
        ("alias.example", None, "1"),
        ("beside.example", None, "3"),
        ("deep.wild.example", None, "9"),
        ("two.example", Some("multiple-mta-sts-records"), ""),
        ("half.example", Some("multiple-mta-sts-records"), ""),
        ("broken.example", Some("record-syntax-error"), ""),
        ("typo.example", Some("record-syntax-error"), ""),
        ("almost.example", None, "4"),
        ("other.example", Some("no-mta-sts-dns-txt-record"), ""),
        ("empty.example", Some("no-mta-sts-dns-txt-record"), ""),
        ("nowhere.example", Some("no-mta-sts-dns-txt-record"), ""),
        ("below.good.example", Some("no-mta-sts-dns-txt-record"), ""),
        ("down.example", Some("dns-lookup"), ""),
        ("forged.example", Some("dns-lookup"), ""),
    ] {
        let found = lookup_record(&resolver, &domain(name)).await;
        assert_eq!(found.reason_code(), code, "{name}: {found:?}");
        assert_eq!(found.record().map_or("", |record| &record.id), id, "{name}");
        assert_eq!(found.is_temporary(), code == Some("dns-lookup"), "{name}");
    }
    let beside = lookup_record(&resolver, &domain("beside.example")).await;
    assert!(matches!(beside, RecordLookup::Found { authentic: false, .. }));
    let long = domain(&format!("{}example", "abcdefgh.".repeat(27)));
    assert!(matches!(lookup_record(&resolver, &long).await, RecordLookup::Absent { .. }));
    assert_eq!(policy_url(&long), None);
}

#[tokio::test]
async fn the_policy_host_is_asked_only_when_there_is_a_record() {
    let resolver = resolver();
    let web = Canned::new(200, "text/plain", POLICY);
    let outcome = lookup(&resolver, &web, &domain("good.example")).await;
    let fetched = outcome.policy.unwrap().unwrap();
    assert_eq!((fetched.policy.mode, fetched.text.as_str()), (Mode::Testing, POLICY));
    for name in ["two.example", "broken.example", "nowhere.example", "down.example"] {
        assert_eq!(lookup(&resolver, &web, &domain(name)).await.policy, None, "{name}");
    }
    let expected = "https://mta-sts.good.example/.well-known/mta-sts.txt";
    assert_eq!(*web.asked.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn answers_become_policies_or_reasons() {
    for (status, content_type, body, result, code, temporary) in [
        (200, "text/plain", POLICY, None, "", false),
        (200, "Text/Plain; charset=utf-8", POLICY, None, "", false),
        (200, "text/html", POLICY, Some("sts-policy-fetch-error"), "media-type-not-text-plain", false),
        (200, "", POLICY, Some("sts-policy-fetch-error"), "media-type-not-text-plain", false),
        (200, "text/plain", "", Some("sts-policy-invalid"), "policy-syntax-error", false),
        (204, "text/plain", POLICY, Some("sts-policy-fetch-error"), "http-status-not-200", false),
        (206, "text/plain", POLICY, Some("sts-policy-fetch-error"), "http-status-not-200", false),
        (301, "text/plain", POLICY, Some("sts-policy-fetch-error"), "redirect-not-followed", false),
        (304, "text/plain", POLICY, Some("sts-policy-fetch-error"), "redirect-not-followed", false),
        (404, "text/plain", POLICY, Some("sts-policy-fetch-error"), "no-policy-served", false),
        (403, "text/plain", POLICY, Some("sts-policy-fetch-error"), "http-status-not-200", false),
        (503, "text/plain", POLICY, Some("sts-policy-fetch-error"), "http-status-not-200", true),
    ] {
        let web = Canned::new(status, content_type, body);
        let found = fetch(&web, &domain("good.example")).await;
        let error = found.err();
        assert_eq!(error.as_ref().map(|e| e.result_type().as_str()), result, "{status} {content_type}");
        assert_eq!(error.as_ref().map_or("", |e| e.reason_code()), code, "{status} {content_type}");
        assert_eq!(error.as_ref().is_some_and(FetchError::is_temporary), temporary, "{status}");
        assert_eq!(error.as_ref().is_some_and(FetchError::is_absent), status == 404);
        assert!(error.is_none_or(|e| !e.reason_code().contains(' ')));
    }
    let mut web = Canned::new(200, "text/plain", POLICY);
    web.answer.cut = true;
    let error = fetch(&web, &domain("good.example")).await.unwrap_err();
    assert_eq!((error.result_type(), error.reason_code()), (ResultType::Invalid, "policy-too-large"));
}

/// A world in which `8.8.8.8:443` shows a certificate for these names and answers with this.
async fn world(ask: &str, names: &[&str], answer: String) -> Result<Fetched, FetchError> {
    let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap());
    let net = SimNet::new(Arc::new(clock.clone()));
    let authority = Authority::new();
    let client = Client {
        resolver: Arc::new(resolver()),
        dial: Arc::new(net.clone()),
        clock: Arc::new(clock.clone()),
        roots: authority.roots(),
        egress: Egress::Public { allow: Vec::new() },
        limits: Limits { body: 10, ..Limits::default() },
        user_agent: "mox/test".to_owned(),
    };
    let mut listener = net.listen("8.8.8.8:443".parse().unwrap()).unwrap();
    let certificates = Certificates::new(&[authority.issue(names).unwrap()]);
    let config = server_config(certificates, &ServerOptions::default(), Arc::new(clock.clone())).unwrap();
    let server = async {
        let io = listener.accept().await.unwrap().io;
        if let Ok((mut io, _)) = accept_tls(io, config, &clock, Duration::from_secs(9)).await {
            let _ = io.read(&mut [0; 4096]).await;
            let _ = io.write_all(answer.as_bytes()).await;
            let _ = io.shutdown().await;
        }
        std::future::pending::<()>().await;
    };
    let name = domain(ask);
    tokio::select! {
        found = fetch(&client, &name) => found,
        () = server => unreachable!(),
    }
}

#[tokio::test]
async fn over_the_network() {
    let served = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let good = ["mta-sts.good.example"];
    let fetched = world("good.example", &good, served(POLICY)).await.unwrap();
    assert!(fetched.policy.matches(&domain("mx.good.example")));
    let wild = world("good.example", &["*.good.example"], served(POLICY)).await;
    assert!(wild.is_ok(), "{wild:?}");
    let long = format!("{POLICY}{}", "x: y\n".repeat(MAX_POLICY / 5));
    for (ask, names, answer, result, code, temporary) in [
        (
            "good.example",
            ["good.example"],
            served(POLICY),
            ResultType::WebPki,
            "certificate-host-mismatch",
            false,
        ),
        ("good.example", good, served(&long), ResultType::Invalid, "policy-too-large", false),
        ("good.example", good, "no http\r\n".into(), ResultType::FetchError, "cannot-fetch-policy", false),
        ("good.example", good, String::new(), ResultType::FetchError, "cannot-fetch-policy", true),
        ("inside.example", good, served(POLICY), ResultType::FetchError, "address-not-public", false),
        ("nowhere.example", good, served(POLICY), ResultType::FetchError, "no-policy-served", false),
        ("down.example", good, served(POLICY), ResultType::FetchError, "dns-lookup", true),
        ("forged.example", good, served(POLICY), ResultType::FetchError, "dns-lookup", true),
        ("closed.example", good, served(POLICY), ResultType::FetchError, "cannot-fetch-policy", true),
    ] {
        let error = world(ask, &names, answer).await.unwrap_err();
        assert_eq!((error.result_type(), error.reason_code()), (result, code), "{ask}: {error}");
        assert_eq!(error.is_temporary(), temporary, "{ask}: {error}");
    }
}
