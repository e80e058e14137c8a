//! Certificates by name and kind, without an authority: what a client gets, and when what is tried.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_dns::sim::SimResolver;
use mox_net::{BoxFuture, Dial, Dialed};
use mox_tls::sim::Authority;
use mox_tls::{
    Certificate, ClientOptions, ClientVerify, KeyKind, PrivateKey, ServerName, ServerOptions, TlsInfo,
};

use crate::stored::Stored;
use crate::{Acme, Names, Options, Serving};

/// A chain as PEM.
pub(crate) fn pem(certificate: &Certificate) -> String {
    let block = |der: &[u8]| {
        let text = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    certificate.chain().iter().map(|der| block(der)).collect()
}

/// Nobody is there.
struct Nobody;

impl Dial for Nobody {
    fn dial(
        &self,
        _: SocketAddr,
        _: Option<std::net::IpAddr>,
        _: Duration,
    ) -> BoxFuture<'_, std::io::Result<Dialed>> {
        Box::pin(std::future::ready(Err(std::io::ErrorKind::ConnectionRefused.into())))
    }
}

fn acme(dir: &std::path::Path, clock: &SimClock) -> Arc<Acme> {
    let zone = "ca.example. A 192.0.2.1\nmail.example. A 192.0.2.2\nwww.example. A 192.0.2.2\n";
    let client = mox_https::Client {
        resolver: Arc::new(SimResolver::from_zone(zone).unwrap()),
        dial: Arc::new(Nobody),
        clock: Arc::new(clock.clone()),
        roots: Authority::new().roots(),
        egress: mox_https::Egress::Anywhere,
        limits: mox_https::Limits::default(),
        user_agent: "mox/test".to_owned(),
    };
    let options = Options {
        name: "ca".to_owned(),
        directory: "https://ca.example/dir".to_owned(),
        contact: None,
        binding: None,
        renew_before: Duration::from_secs(30 * 86_400),
        dir: dir.to_owned(),
    };
    Acme::open(options, client, Arc::new(SimRandom::new(1)))
}

const NOW: Timestamp = Authority::START;

/// A certificate of `days` for a key, stored.
fn store(dir: &std::path::Path, name: &str, key: &PrivateKey, given: bool, days: u64) -> Certificate {
    let life = Duration::from_secs(days * 86_400);
    let made = Authority::new().issue_for(&key.to_pem(), &[name], NOW, life).unwrap();
    let own = Some(key).filter(|_| !given);
    Stored(dir.to_owned()).keep_certificate(name, key.kind(), own, &pem(&made)).unwrap();
    made
}

fn names(hosts: &[(&str, Vec<PrivateKey>)], essential: &[&str], allowed: &[&str]) -> Names {
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    Names {
        hosts: hosts.iter().map(|(name, keys)| (name.to_string(), keys.clone())).collect(),
        essential: set(essential),
        allowed: set(allowed),
    }
}

/// The handshake of a client with a listener: what it saw of the server.
async fn handshake(serving: Serving, name: &str, alpn: &[&[u8]]) -> Result<TlsInfo, String> {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new(NOW));
    let alpn: Vec<Vec<u8>> = alpn.iter().map(|one| one.to_vec()).collect();
    let options = ServerOptions { alpn: alpn.clone(), ..ServerOptions::default() };
    let server = mox_tls::server_config(Arc::new(serving), &options, clock.clone()).unwrap();
    let options =
        ClientOptions { verify: ClientVerify::Recorded(mox_tls::Outcome::default()), identity: None, alpn };
    let client = mox_tls::client_config(Authority::new().roots(), options, clock.clone()).unwrap();
    let (a, b) = tokio::io::duplex(65_536);
    let wait = Duration::from_secs(30);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let (served, seen) = tokio::join!(
        mox_net::accept_tls(Box::new(a), server, &*clock, wait),
        mox_net::connect_tls(Box::new(b), client, name, &*clock, wait)
    );
    served.map_err(|e| e.to_string())?;
    seen.map(|(_, info)| info).map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_client_gets_the_name_it_asks_for_else_the_host_else_what_the_host_signed() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), SimClock::new(NOW));
    let keys: Vec<_> =
        [KeyKind::Rsa, KeyKind::Ecdsa].map(|kind| PrivateKey::generate(kind).unwrap()).to_vec();
    let own = keys.clone();
    let www = store(dir.path(), "www.example", &PrivateKey::generate(KeyKind::Ecdsa).unwrap(), false, 90);
    let acme = acme(dir.path(), &clock);
    acme.set_names(names(&[("mail.example", keys)], &["www.example"], &["new.example"]));
    let serving = || Serving::new(acme.clone(), "mail.example").unwrap();
    let spki = |kind| {
        let key: &PrivateKey = own.iter().find(|key| key.kind() == kind).unwrap();
        mox_tls::fingerprint(&key.spki())
    };

    let seen = handshake(serving(), "WWW.example", &[]).await.unwrap();
    assert_eq!(seen.peer_sha256, Some(www.sha256()));
    // Nothing from an authority yet: signed with the host's own key, as DANE records hold it.
    for name in ["mail.example", "stranger.example"] {
        let seen = handshake(serving(), name, &[]).await.unwrap();
        assert_eq!(seen.peer_spki_sha256, Some(spki(KeyKind::Ecdsa)), "{name}");
    }
    // A name that may be had is wanted from now on.
    let wanted = || acme.states().iter().any(|s| s.name == "new.example" && s.next_try.is_some());
    assert!(!wanted());
    handshake(serving(), "new.example", &[]).await.unwrap();
    assert!(wanted());

    let host = own.iter().map(|key| store(dir.path(), "mail.example", key, true, 90)).collect::<Vec<_>>();
    acme.set_names(Names::default());
    acme.set_names(names(&[("mail.example", own.clone())], &[], &[]));
    let seen = handshake(serving(), "stranger.example", &[]).await.unwrap();
    assert_eq!(seen.peer_sha256, Some(host[1].sha256()), "ECDSA for who understands it");
}

#[tokio::test]
async fn a_check_is_answered_while_it_is_expected() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), SimClock::new(NOW));
    let acme = acme(dir.path(), &clock);
    acme.set_names(names(&[("mail.example", Vec::new())], &[], &[]));
    let serving = || Serving::new(acme.clone(), "mail.example").unwrap();
    let check = || handshake(serving(), "mail.example", &[mox_tls::ACME_ALPN]);
    assert!(check().await.is_err());
    let key = PrivateKey::generate(KeyKind::Ecdsa).unwrap();
    let answer = key.challenge("mail.example", &[1; 32], NOW).unwrap();
    let pending = acme.challenges().expect_alpn("mail.example", answer.clone());
    // The client here does not know the critical extension: it has seen the answer.
    assert!(check().await.unwrap_err().contains("CertificateUnknown"));
    drop(pending);
    assert!(!check().await.unwrap_err().contains("CertificateUnknown"));
}

#[tokio::test]
async fn an_authority_that_is_away_is_left_alone_and_asked_again() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), SimClock::new(NOW));
    let acme = acme(dir.path(), &clock);
    store(dir.path(), "www.example", &PrivateKey::generate(KeyKind::Ecdsa).unwrap(), false, 90);
    acme.set_names(names(&[("mail.example", Vec::new())], &["www.example", "nowhere.example"], &[]));
    let runs = tokio::spawn(acme.clone().run());
    let state = |name: &str| acme.states().into_iter().find(|state| state.name == name).unwrap();
    for _ in 0..10_000 {
        if state("mail.example").error.is_some() && state("nowhere.example").error.is_some() {
            break;
        }
        tokio::task::yield_now().await;
        if let Some(until) = clock.until_next_sleeper() {
            clock.advance(until);
        }
    }
    let away = state("mail.example");
    let error = away.error.unwrap();
    assert!(error.starts_with("the certificate authority cannot be asked: 192.0.2.1:443"), "{error}");
    assert!(away.next_try > Some(NOW) && away.not_after.is_none());
    let nowhere = state("nowhere.example").error.unwrap();
    assert!(nowhere.starts_with("DNS has no addresses for nowhere.example"), "{nowhere}");
    // What is there is not touched.
    let stored = state("www.example");
    assert!(stored.error.is_none() && stored.not_after.is_some(), "{stored:?}");
    assert_eq!(stored.renew_at.map(|at| at.day().to_string()).as_deref(), Some("2026-03-02"));
    // One that is asked for before its time, in vain, is tried again.
    acme.renew("www.example").unwrap();
    for _ in 0..10_000 {
        if state("www.example").error.is_some() {
            break;
        }
        tokio::task::yield_now().await;
        if let Some(until) = clock.until_next_sleeper() {
            clock.advance(until);
        }
    }
    let again = state("www.example").next_try.unwrap().since(clock.now());
    assert!(again > Duration::ZERO && again < Duration::from_secs(86_400), "{again:?}");
    assert_eq!(acme.renew("other.example").unwrap_err().0, "other.example");
    runs.abort();
}
