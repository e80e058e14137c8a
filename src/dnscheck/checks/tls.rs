//! Mail hosts are visited: they answer on port 25, offer STARTTLS, and their certificate is judged by PKIX and by the
//! TLSA records that DNSSEC proves. RFC 3207, RFC 7672, RFC 7671 §8.1 (rollover).

use std::time::Duration;

use mox_dane::{Found, Matching, Record, Selector, Tlsa, Usage};
use mox_dns::BoxFuture;
use mox_smtpclient::{Dane, Options, Session, Timeouts, TlsMode, TlsOutcome, Verify, dial};
use mox_tls::PublicPart;

use crate::Finding;
use crate::ground::{Ground, Host, Mail, all};

/// Port of mail hosts.
const PORT: u16 = 25;
/// Longest wait for each step; the check as a whole has less.
const SOON: Duration = Duration::from_millis(900);

pub(crate) async fn check(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let visits: Vec<BoxFuture<'_, Vec<Finding>>> = mail
        .hosts
        .iter()
        .filter(|host| host.answer().is_some())
        .map(|host| -> BoxFuture<'_, Vec<Finding>> { Box::pin(visit(ground, host)) })
        .collect();
    all(visits).await.into_iter().flatten().collect()
}

async fn visit(ground: &Ground<'_>, host: &Host) -> Vec<Finding> {
    let name = host.name.as_str();
    let (mut findings, records) = tlsa(ground, host).await;
    findings.extend(missing_keys(ground, host, &records));
    let world = ground.world;
    let dialed = dial(&*world.dial, world.clock.clone(), &host.ips(), PORT, &[], SOON).await;
    let Ok(stream) = dialed else {
        let text = "port 25 cannot be reached from here, so TLS was not looked at; many networks block it";
        let fix = format!("look from elsewhere: mox smtp dial {name}");
        findings.push(Finding::info("mx-unreachable", name, text).fix(fix));
        return findings;
    };
    let usable: Vec<Record> = mox_dane::usable(&records).into_iter().cloned().collect();
    let dane = (!usable.is_empty()).then(|| Dane { records: usable, names: vec![name.to_owned()] });
    let options = Options {
        hello: ground.ours.map_or("localhost", |ours| ours.host.ascii()).to_owned(),
        mode: TlsMode::Opportunistic,
        verify: Verify { pkix: true, dane, ignore: true },
        server_name: name.to_owned(),
        roots: world.roots.clone(),
        identity: None,
        login: None,
        pedantic: false,
        timeouts: Timeouts {
            handshake: SOON,
            greeting: SOON,
            command: SOON,
            quit: Duration::from_millis(100),
            ..Timeouts::RFC
        },
        clock: world.clock.clone(),
    };
    let tls = match Session::open(stream, options, &*world.random).await {
        Ok(session) => {
            let tls = session.tls().clone();
            session.quit().await;
            tls
        }
        Err(failed) if matches!(failed.tls.outcome, TlsOutcome::NotTried) => {
            let text = format!("the session failed: {}", failed.error.reason);
            findings.push(Finding::warning("mx-session", name, text).fix("look at the log of the mail host"));
            return findings;
        }
        Err(failed) => failed.tls,
    };
    findings.extend(judge(name, &tls, !records.is_empty()));
    findings
}

fn judge(name: &str, tls: &mox_smtpclient::TlsAttempt, has_tlsa: bool) -> Vec<Finding> {
    let mut findings = vec![match &tls.outcome {
        TlsOutcome::Established { version, cipher } => {
            Finding::ok("tls", name, format!("{version} {cipher}"))
        }
        TlsOutcome::Failed { finding } => {
            let text = format!("the TLS handshake fails: {}", finding.name);
            Finding::error("tls-failed", name, text).fix("mend the TLS settings of the mail host")
        }
        _ => {
            let text = "no STARTTLS: whoever is on the way can read mail";
            let fix = "give the mail host a certificate and STARTTLS";
            match has_tlsa {
                true => Finding::error("tls-missing", name, text).fix(fix),
                false => Finding::warning("tls-missing", name, text).fix(fix),
            }
        }
    }];
    if let Some(Err(finding)) = &tls.proofs.pkix {
        let text = format!(
            "the certificate does not verify ({}): no mail from those who keep to MTA-STS",
            finding.name
        );
        let fix = "a certificate of a public authority that names the host";
        findings.push(match has_tlsa {
            true => Finding::info("tls-certificate", name, text).fix(fix),
            false => Finding::warning("tls-certificate", name, text).fix(fix),
        });
    }
    match &tls.proofs.dane {
        Some(Ok(record)) => {
            findings.push(Finding::ok("dane", name, format!("{record} fits the certificate")))
        }
        Some(Err(_)) => {
            let text = "no TLSA record fits the certificate: no mail from those who keep to DANE";
            let fix = tls.proofs.chain.first().and_then(|der| published(name, der));
            let fix = fix.unwrap_or_else(|| "make the record with `mox dane makerecord`".to_owned());
            findings.push(Finding::error("dane-mismatch", name, text).fix(fix));
        }
        None => {}
    }
    findings
}

/// The record for the key of a certificate: the line to publish.
fn published(name: &str, der: &[u8]) -> Option<String> {
    let part = PublicPart { certificate: Some(der.to_vec()), spki: mox_tls::spki(der)? };
    let record = Record::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &part).ok()?;
    Some(format!("_{PORT}._tcp.{name}. 300 IN TLSA {record}"))
}

/// Keys of this host that have no record: a certificate for one would fit none.
fn missing_keys(ground: &Ground<'_>, host: &Host, records: &[Record]) -> Vec<Finding> {
    let own = ground.ours.and_then(|ours| ours.own(&host.name)).map(|(_, keys)| keys).unwrap_or_default();
    let Some(name) = host.domain().filter(|_| !own.is_empty()) else { return Vec::new() };
    if !host.answer().is_some_and(|answer| answer.authentic) {
        return Vec::new();
    }
    let subject = mox_dane::tlsa_name(&name, PORT);
    let missing = own.iter().filter(|record| !records.contains(record)).map(|record| {
        let text =
            format!("{record} of a key of this host is not published: a certificate for it would not fit");
        Finding::warning("dane-not-ours", &subject, text).fix(format!("{subject}. 300 IN TLSA {record}"))
    });
    missing.collect()
}

/// The TLSA records of a host that DNSSEC proves, and what there is to say of them.
async fn tlsa(ground: &Ground<'_>, host: &Host) -> (Vec<Finding>, Vec<Record>) {
    let (Some(name), Some(answer)) = (host.domain(), host.answer()) else { return Default::default() };
    let expanded = answer.expanded_name.parse().unwrap_or_else(|_| name.clone());
    let found = Found { expanded: &expanded, authentic: answer.authentic };
    let (base, records) = match mox_dane::lookup(ground.resolver, &name, found, PORT).await {
        Tlsa::Records { base, records } => (base, records),
        Tlsa::Failed { base, error } => return (vec![Finding::unanswered(base.ascii(), &error)], Vec::new()),
        Tlsa::None { .. } if answer.authentic => {
            let text = "no TLSA record, although DNSSEC is there for it";
            let fix = "make one with `mox dane makerecord` from the key of the host";
            return (vec![Finding::info("dane-missing", &host.name, text).fix(fix)], Vec::new());
        }
        Tlsa::None { .. } => return Default::default(),
    };
    let subject = mox_dane::tlsa_name(&base, PORT);
    let mut findings = Vec::new();
    for (record, why) in records.iter().filter_map(|record| Some((record, record.check().err()?))) {
        let text = format!("{record} does not count: {why}");
        findings.push(Finding::warning("dane-unusable", &subject, text).fix("publish 3 1 1 of the key"));
    }
    if mox_dane::usable(&records).len() == 1 {
        let text = "one TLSA record: a new key needs a second one, published before it is used";
        findings.push(
            Finding::info("dane-rollover", &subject, text).fix("publish the record of the next key, too"),
        );
    }
    (findings, records)
}
